/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of subrosa.h share: a paper with its lattice, and reports handed out. */
#ifndef API_H
#define API_H

#include "api_form.h"
#include "build.h"
#include "code_design.h"
#include "ledger_keys.h"
#include "subrosa.h"
#include "vary.h"

/* A paper read from a file. source is the file's bytes, found the automatic places. What is written
 * in DOCX has its text in text.source. */
struct api_paper {
	struct slice source;
	struct api_form form;
	struct text_paper text;
	bool ask; /* set it for places to ask the author about as well */
	struct text_language language;
	struct vary_place *found;
	size_t found_n;
	struct text_lattice lattice;
};

/* api_paper_load reads the bytes of path, and nothing more, into a; they are found in out->source.
 */
SR_MUST struct sr_err api_paper_load(struct arena *a, const char *path, const struct sr_sink *sink,
				     struct api_paper *out);

/* api_paper_parse reads what the bytes hold: text and form. Close out with api_paper_close, also
 * after a failure. */
SR_MUST struct sr_err api_paper_parse(struct arena *a, const char *path, const struct sr_sink *sink,
				      struct api_paper *out);

/* api_paper_close frees the form; {0} is fine. */
void api_paper_close(struct api_paper *p);

/* api_paper_read loads and parses path and finds its places; it lives in a. Close out with
 * api_paper_close, also after a failure; out starts as {0}. */
SR_MUST struct sr_err api_paper_read(struct arena *a, const char *path,
				     const struct sr_find_options *find, const struct sr_sink *sink,
				     struct api_paper *out);

struct ledger;
struct ledger_readers;
struct trace_reader;

/* api_ledger_paper loads the paper at path, checks that ledger l, which lies at ledger, was made of
 * it, and reads its lattice, which borrows from l and lives in a. SR_E_STATE: it is another
 * paper's, which is noted. */
SR_MUST struct sr_err api_ledger_paper(struct arena *a, const struct ledger *l, const char *ledger,
				       const char *path, const struct sr_sink *sink,
				       struct api_paper *paper, struct text_lattice *out);

/* api_ledger_design gives the design of a ledger's code; it borrows from l. */
struct code_design api_ledger_design(const struct ledger *l);

/* api_trace_readers gives a ledger's readers, in their order, as trace/ takes them; they live in a
 * and borrow from readers. NULL without memory. */
struct trace_reader *api_trace_readers(struct arena *a, const struct ledger_readers *readers);

/* api_stdin_once notes and refuses (SR_E_INPUT) a second path that is "-"; *taken tells whether
 * there was one, and starts out false. path may be NULL. */
SR_MUST struct sr_err api_stdin_once(const struct sr_sink *sink, const char *path, bool *taken);

/* api_ledgers_once notes and refuses (SR_E_INPUT) a ledger that is given twice, also under two
 * names; a is for scratch. SR_E_NOMEM. */
SR_MUST struct sr_err api_ledgers_once(struct arena *a, const char *const *ledgers, size_t n,
				       const struct sr_sink *sink);

/* api_bytes hands the bytes of b out; b is empty afterwards. */
SR_MUST struct sr_err api_bytes(struct build *b, struct sr_bytes *out);

/* api_explain notes e for the file named in sink, if nobody did so before, and returns e. api_blame
 * does so but for a lack of memory, which is no file's fault. */
struct sr_err api_explain(const struct sr_sink *sink, struct sr_err e);
struct sr_err api_blame(const struct sr_sink *sink, struct sr_err e);

/* api_keys_new makes the keys of sealed ledgers, which ask p when they are needed. */
SR_MUST struct sr_err api_keys_new(const struct sr_passphrase *p, struct ledger_keys **out);

/* api_keys_fresh gets the key ready that path is to be sealed with: that of the sealed ledger like,
 * or a new one if like is NULL. */
SR_MUST struct sr_err api_keys_fresh(struct ledger_keys *k, const char *path, const char *like,
				     const struct sr_sink *sink);

/* api_sink returns sink for another file. */
struct sr_sink api_sink(const struct sr_sink *sink, const char *file);

#endif
