/* SPDX-License-Identifier: Apache-2.0 */
/* subrosa: mark a paper for its readers, trace a leak to the copy.
 *
 * The idea: a paper has places with interchangeable wordings; each reader's copy takes a wording at
 * each place by a keyed random stream that only the issuer's ledger knows. The wordings survive
 * retyping. Whose symbols a leak repeats can be seen, and how likely somebody uninvolved fits as
 * well can be computed exactly.
 *
 * All functions are blocking and belong to one thread. They write what a person should know to the
 * sink and return a small error for the program; on failure outputs are untouched and no half-made
 * file is left. Paths are as for open(2); "-" is standard input where a file is read, ledgers
 * excepted; named twice in one call it is refused (SR_E_INPUT). */
#ifndef SUBROSA_H
#define SUBROSA_H

#include "subrosa-err.h"

#include <stdbool.h>
#include <stddef.h>

/* SR_MAX_FALSE_DEFAULT: the family-wise chance of naming somebody innocent, unless told otherwise.
 */
#define SR_MAX_FALSE_DEFAULT 1e-6

/* SR_COLLUSION_MAX: the largest design size of a paper's code: for how many readers at most, who
 * put their copies together, it is built. */
#define SR_COLLUSION_MAX 12

/* struct sr_bytes: bytes that the caller frees with sr_bytes_free. A NUL stands behind them. */
struct sr_bytes {
	char *ptr;
	size_t len;
};

/* sr_progress is told how far long work has come: done of total, in units of what. */
struct sr_progress {
	void (*fn)(void *user, const char *what, size_t done, size_t total);
	void *user;
};

/* SR_PASSPHRASE_BYTES: room for a passphrase and its NUL. */
#define SR_PASSPHRASE_BYTES 1024

/* struct sr_passphrase: where the passphrase of sealed ledgers comes from. ask is called once at
 * most, when a sealed ledger is met: it writes the passphrase with a NUL behind it to buf, guarded
 * memory of len bytes (SR_PASSPHRASE_BYTES), and leaves it nowhere else. prompt tells what it is
 * for; twice is true for a new one, which a person had better type again. ask itself tells the
 * person what is wrong; its error is passed on. ask NULL: a sealed ledger is refused. */
struct sr_passphrase {
	struct sr_err (*ask)(void *user, const char *prompt, bool twice, char *buf, size_t len);
	void *user;
};

/* sr_init must succeed once before anything else; it may be called again. */
SR_MUST struct sr_err sr_init(void);

/* sr_version returns the version of the library, a static string. */
const char *sr_version(void);

/* struct sr_library: a library that subrosa uses and the version that is in use now. */
struct sr_library {
	const char *name, *version;
};

/* sr_libraries returns n of them, by name, in static memory. */
const struct sr_library *sr_libraries(size_t *n);

void sr_bytes_free(struct sr_bytes *b);

/* sr_data_path writes the path of a file of the data folder, name being relative to it: below
 * $SUBROSA_DATA if that is set, else the installed folder or that of the source tree, both found
 * from the place of the running program. SR_E_IO if there is no such file, SR_E_LIMIT if buf is too
 * short. */
SR_MUST struct sr_err sr_data_path(const char *name, char *buf, size_t len);

/* Which places are found beside the author's. language: the pack's code, NULL for "en". fixed:
 * NULL, or a file of terms in which nothing changes, one a line (doc/packs.md, "Patterns"). */
struct sr_find_options {
	bool no_auto; /* none */
	const char *language, *fixed;
};

/* Copies on pages, as PDF files beside the others, whose words are marked by where they stand (the
 * layout layer). Chosen when a ledger is made, and kept in it: with an old one what is set must
 * agree. */
struct sr_page_options {
	bool wanted;       /* make them; with an old ledger that has them they are made anyway */
	const char *paper; /* "a4", "letter"; NULL: a4 */
	const char *font;  /* a family, "serif" or "sans"; NULL: serif */
	double size;       /* of the text, in points, 6 to 24; 0: 11 */
	bool ragged;       /* lines are not justified */
	bool footer;       /* the reader's name at the foot of every page */
};

struct sr_mark_options {
	const char *paper;   /* UTF-8 text, Markdown or DOCX, {a|b} for places (doc/FORMAT.md) */
	const char *readers; /* CSV with the columns id, name, house, side */
	const char *out_dir; /* made if it is missing */
	const char *ledger;  /* made if it is missing */
	struct sr_find_options find;
	struct sr_page_options page;
	bool force; /* also a paper without a place, and without pages */
	bool seal;  /* a new ledger is sealed with a passphrase */
	/* NULL, or a sealed ledger whose key, too, a new one is sealed with */
	const char *same_key_as;
	/* design size, 1 .. SR_COLLUSION_MAX; 0: that of the ledger, or for a new one 2, and 5 from
	 * 1,500 places on. It never changes: an old ledger takes no other one */
	unsigned max_collusion;
	bool json; /* the report */
	struct sr_passphrase passphrase;
	struct sr_sink sink;
	struct sr_progress progress;
};

struct sr_mark_result {
	size_t copies;      /* files that stand in out_dir now */
	size_t new_readers; /* readers added to the ledger */
	size_t places;      /* a group of places that change together is one */
	double bits;
	size_t pages, marks;    /* of a copy on pages, and its words that are marked; 0: none */
	unsigned max_collusion; /* design size */
};

/* sr_mark writes one copy for each reader of the readers' file, and the ledger. Run again with the
 * same paper it adds readers and leaves all copies as they are; a sealed ledger stays sealed. The
 * report tells in words, or as JSON (doc/FORMAT.md), what was made and what the design size costs.
 * SR_E_AUTH: the passphrase is wrong or missing, or a check value of the ledger is wrong;
 * SR_E_INPUT: the paper or the readers' file is not in order, or there is no place and
 * no page wanted, or max_collusion is too large; SR_E_STATE: the ledger belongs to another paper or
 * has another design size, a file in out_dir is in the way, a reader's details differ from the
 * ledger's; SR_E_LIMIT, SR_E_IO, SR_E_NOMEM. */
SR_MUST struct sr_err sr_mark(const struct sr_mark_options *o, struct sr_bytes *report,
			      struct sr_mark_result *out);

/* SR_PROPOSE_TIMEOUT_MAX: the longest time for one answer of a language model, in seconds. */
#define SR_PROPOSE_TIMEOUT_MAX 3600

/* A language model that proposes places: url NULL for none. */
struct sr_propose_options {
	const char *url;    /* of an OpenAI-compatible server: http or https */
	const char *model;  /* what the server calls it */
	const char *key;    /* NULL, or printable ASCII; never noted, and over http only for this
			       machine */
	unsigned timeout_s; /* for one answer; 0: 300 */
};

struct sr_places_options {
	const char *paper;
	const char *write; /* NULL, or a new file for the paper with all places in spin syntax */
	size_t readers;    /* of how many one is to be named; 0: 100 */
	struct sr_find_options find;
	bool json;
	unsigned max_collusion; /* design size that is asked about; 0: what mark would take */
	struct sr_propose_options propose; /* with write only */
	struct sr_sink sink;
	struct sr_progress progress; /* of what is asked of a language model */
};

/* sr_places lists the places of a paper as text or JSON (doc/FORMAT.md), says what a design size
 * costs, and writes the paper with the automatic ones if asked. With a language model it sends to
 * that server, after a note of where that is, the sentences in which nothing is protected, and
 * writes what is left of the proposals as questions {?|..|..}; nothing is written if no request was
 * answered (SR_E_IO). Otherwise errors as for sr_mark. */
SR_MUST struct sr_err sr_places(const struct sr_places_options *o, struct sr_bytes *report);

struct sr_pack_options {
	const char *folder;
	struct sr_sink sink;
};

/* sr_pack_check reads a language pack (doc/packs.md) and runs its test sentences; every bad line
 * and every sentence that fails is noted with file and line. SR_E_INPUT: there is one; SR_E_IO,
 * SR_E_LIMIT, SR_E_NOMEM. */
SR_MUST struct sr_err sr_pack_check(const struct sr_pack_options *o, struct sr_bytes *report);

struct sr_trace_options {
	/* parts of one leak: text, HTML, mail, DOCX, ODT, PDF, pictures */
	const char *const *leaks;
	size_t leaks_n;
	const char *const *ledgers;
	size_t ledgers_n;
	const char *const *publics; /* files that could have supplied what the leak shows */
	size_t publics_n;
	int64_t leaked_by; /* seconds since 1970; copies committed later are left out; INT64_MAX */
	double max_false;  /* family-wise, 0 < max_false < 1 */
	bool json;
	const char *report; /* NULL, or a new file for the internal report, a page for people */
	/* NULL, or a new file for the external verdict, which others can verify; written only if
	 * the wordings alone name somebody */
	const char *verdict;
	const char *ocr_language; /* of pictures, by Tesseract's names joined with +; NULL: eng */
	bool whole_paper;         /* the verdict opens the whole paper, not only what is quoted */
	struct sr_passphrase passphrase; /* one for all ledgers */
	struct sr_sink sink;
	struct sr_progress progress;
};

/* sr_trace reads the leak and the ledgers, all of which stay as they are, and gives the verdict as
 * text or JSON (doc/FORMAT.md); *named tells whether it names somebody. The same inputs give the
 * same bytes. The report, if asked for, appears whole (mode 0600) or not at all, and only with a
 * verdict; SR_E_STATE if something has its name, SR_E_INPUT if that is "-". SR_E_INPUT: a leak in
 * which no text is found, a ledger that is damaged; SR_E_AUTH, SR_E_STATE: a ledger that was
 * tampered with, whose passphrase is another, or that comes from a newer version; SR_E_LIMIT,
 * SR_E_IO, SR_E_NOMEM. */
SR_MUST struct sr_err sr_trace(const struct sr_trace_options *o, struct sr_bytes *report,
			       bool *named);

struct sr_which_options {
	const char *const *copies; /* files, each a question of its own */
	size_t copies_n;
	const char *const *ledgers;
	size_t ledgers_n;
	double max_false;         /* family-wise, for what is told by wordings, 0 < max_false < 1 */
	const char *ocr_language; /* of pictures, by Tesseract's names joined with +; NULL: eng */
	bool json;
	struct sr_passphrase passphrase; /* one for all ledgers */
	struct sr_sink sink;
	struct sr_progress progress;
};

/* sr_which tells whose copy each file is, as text or JSON (doc/FORMAT.md): byte for byte, or else
 * by its wordings if it shows every place that can be read, all as in one reader's copy and not all
 * as in anybody else's. Two are never named. *told: each file is one reader's. Parts of a copy are
 * for sr_trace. Errors as for sr_trace. */
SR_MUST struct sr_err sr_which(const struct sr_which_options *o, struct sr_bytes *report,
			       bool *told);

struct sr_show_options {
	const char *paper;
	const char *reader;          /* id */
	const char *ledger;          /* NULL: a preview of a made-up copy */
	struct sr_find_options find; /* of a preview */
	bool terminal;               /* replace what steers a terminal */
	bool highlight;              /* with terminal: underline the wordings at places */
	struct sr_passphrase passphrase;
	struct sr_sink sink;
};

/* sr_show gives the copy of one reader: with a ledger the bytes that sr_mark gives him, without one
 * a preview, which is noted to the sink. SR_E_STATE: the ledger belongs to another paper or has no
 * such reader; otherwise errors as for sr_mark. */
SR_MUST struct sr_err sr_show(const struct sr_show_options *o, struct sr_bytes *copy);

struct sr_verify_options {
	const char *verdict;      /* an external verdict, as sr_trace writes it */
	const char *const *leaks; /* all parts of the leak, in their order */
	size_t leaks_n;
	const char *commitment;     /* the file that was lodged before the leak */
	const char *const *publics; /* the public texts that the verdict took into account */
	size_t publics_n;
	const char *const *copies; /* texts of the paper: does the verdict keep anything back? */
	size_t copies_n;
	int64_t leaked_by; /* the verdict rests on the last commitment up to then; INT64_MAX: on the
			      last */
	double max_false;  /* the highest level that is accepted, 0 < max_false < 1 */
	const char *ocr_language; /* of pictures, by Tesseract's names joined with +; NULL: eng */
	bool json;
	struct sr_sink sink;
	struct sr_progress progress; /* of reading pictures */
};

/* sr_verify examines whether a verdict follows from the leak and the commitment, and says what it
 * found as text or JSON (doc/FORMAT.md); it needs no secret and believes nobody. A verdict that
 * does not follow is no error: *follows is false. SR_E_INPUT: a file that is not what it should be;
 * SR_E_STATE: one of a newer version; SR_E_LIMIT, SR_E_IO, SR_E_NOMEM. */
SR_MUST struct sr_err sr_verify(const struct sr_verify_options *o, struct sr_bytes *report,
				bool *follows);

/* What the functions below work on. */
struct sr_ledger_options {
	const char *const *ledgers;
	size_t ledgers_n;
	bool json;
	const char *same_key_as; /* sr_ledger_seal: NULL, or a sealed ledger whose key is used */
	const char *commitment;  /* sr_ledger_check: NULL, or the file that was lodged elsewhere */
	struct sr_passphrase passphrase; /* one for all ledgers */
	struct sr_sink sink;
	struct sr_progress progress; /* of sr_ledger_check */
};

/* Each function below may fail as sr_trace does where it reads a ledger. */

/* sr_ledger_info tells of each ledger, as text or JSON (doc/FORMAT.md): title, age, places and
 * bits, layers, how many readers and commitments, whether it is sealed. */
SR_MUST struct sr_err sr_ledger_info(const struct sr_ledger_options *o, struct sr_bytes *report);

/* sr_ledger_check reads all of each ledger, computes its commitments again, and compares them with
 * the file beside it or the one given. It goes on after a
 * ledger that is not in order, and then gives the first error and no report. */
SR_MUST struct sr_err sr_ledger_check(const struct sr_ledger_options *o, struct sr_bytes *report);

/* sr_ledger_readers lists the readers of one ledger as CSV (RFC 4180) or JSON (doc/FORMAT.md). */
SR_MUST struct sr_err sr_ledger_readers(const struct sr_ledger_options *o, struct sr_bytes *report);

/* sr_ledger_backup copies one ledger to the new file to (0600), consistent, whole or not at all. A
 * sealed one stays sealed, and the passphrase is not asked for. SR_E_STATE: to is there already. */
SR_MUST struct sr_err sr_ledger_backup(const struct sr_ledger_options *o, const char *to);

/* sr_ledger_seal seals ledgers with one key, each in place, whole or not at all. Nothing is done if
 * one of them is sealed already or has a second name (SR_E_STATE), is given twice (SR_E_INPUT), or
 * cannot be read; *sealed tells how many were sealed before a failure. Old copies of the plain
 * bytes on the disk are not overwritten. */
SR_MUST struct sr_err sr_ledger_seal(const struct sr_ledger_options *o, size_t *sealed);

/* sr_ledger_unseal makes a plain ledger of one sealed ledger, in place, whole or not at all.
 * SR_E_STATE: it is not sealed. */
SR_MUST struct sr_err sr_ledger_unseal(const struct sr_ledger_options *o);

struct sr_mls_options {
	const char *file;
	struct sr_sink sink;
};

/* sr_mls_show tells what an MLS object (RFC 9420) in a file says: a message, a key package, a
 * ratchet tree and so on, its bytes or their hexadecimal or base64 digits. Nothing is verified or
 * decrypted, no secret is shown, and nothing in the report steers a terminal. SR_E_INPUT: it is
 * none, and the note tells from which byte on; SR_E_LIMIT, SR_E_IO, SR_E_NOMEM. */
SR_MUST struct sr_err sr_mls_show(const struct sr_mls_options *o, struct sr_bytes *report);

/* By hand, a relay can be tried out: cells are not encrypted, but padded with zeros. */
struct sr_wire_options {
	const char *relay; /* its address, http://HOST:PORT#KEY or https://HOST:PORT#KEY.PIN */
	const char *proxy; /* NULL, or socks5h://HOST:PORT */
	const char *key;   /* the line that sr_wire_key wrote: a secret */
	const char *log;   /* file with what is known of the log; made if it is missing */
	const char *token; /* NULL, or a token of admission as 64 hexadecimal digits: a secret */
	const char *file;  /* what a cell is to hold, at most SR_WIRE_BYTES, or evidence */
	unsigned wait_s;   /* sr_wire_read: how long to wait for a cell, at most SR_WIRE_WAIT_S */
	bool skip;         /* go on behind cells that are not kept any more */
	bool json;
	struct sr_sink sink;
};

#define SR_WIRE_BYTES 4094
#define SR_WIRE_WAIT_S 50

/* sr_wire_key writes the new file (0600) with the secret keys of a new log, as one line; its cells
 * are kept for 7, 30, 90 or 400 days. SR_E_INPUT: other days; SR_E_STATE: file is there already. */
SR_MUST struct sr_err sr_wire_key(const char *file, unsigned days, const struct sr_sink *sink);

/* sr_wire_append adds a cell to a log; cells of others that came first are read, and told as
 * sr_wire_read does. sr_wire_read tells the cells behind the last one that is known, as text or
 * JSON (doc/FORMAT.md). sr_wire_head tells how far the log goes. The file log is replaced, whole or
 * not at all, where all went well; until then the same call may be made again, and does not add the
 * cell twice. SR_E_AUTH: the relay's answers contradict what it signed before, and the evidence is
 * in the file log + ".evidence" (a proof is not replaced by less); or they are not the relay's.
 * SR_E_INPUT: something that was given is malformed, or what answers is no relay; SR_E_LIMIT: the
 * relay or its rules refuse; SR_E_IO, SR_E_NOMEM. */
SR_MUST struct sr_err sr_wire_append(const struct sr_wire_options *o, struct sr_bytes *report);
SR_MUST struct sr_err sr_wire_read(const struct sr_wire_options *o, struct sr_bytes *report);
SR_MUST struct sr_err sr_wire_head(const struct sr_wire_options *o, struct sr_bytes *report);

/* sr_wire_evidence checks the evidence of an alarm in o->file, without a network or a secret, and
 * tells as text or JSON what it says; of o only file, json and sink matter. proved: the key in it
 * signed two different logs under one address; whether that key is the relay's, its address tells.
 * A shorter log alone is no proof (doc/PROTOCOL.md). SR_E_INPUT, SR_E_LIMIT: no evidence. */
SR_MUST struct sr_err sr_wire_evidence(const struct sr_wire_options *o, struct sr_bytes *report,
				       bool *proved);

#endif
