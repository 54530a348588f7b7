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
 * file is left. Paths are as for open(2); "-" is standard input where a file is read. */
#ifndef SUBROSA_H
#define SUBROSA_H

#include "subrosa-err.h"

#include <stdbool.h>
#include <stddef.h>

/* SR_MAX_FALSE_DEFAULT: the family-wise chance of naming somebody innocent, unless told otherwise.
 */
#define SR_MAX_FALSE_DEFAULT 1e-6

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

/* sr_init must succeed once before anything else; it may be called again. */
SR_MUST struct sr_err sr_init(void);

/* sr_version returns the version of the library, a static string. */
const char *sr_version(void);

void sr_bytes_free(struct sr_bytes *b);

/* sr_data_path writes the path of a file of the data folder, name being relative to it: below
 * $SUBROSA_DATA if that is set, else the installed folder or that of the source tree, both found
 * from the place of the running program. SR_E_IO if there is no such file, SR_E_LIMIT if buf is too
 * short. */
SR_MUST struct sr_err sr_data_path(const char *name, char *buf, size_t len);

struct sr_mark_options {
	const char *paper;   /* UTF-8 text, Markdown or DOCX, {a|b} for places */
	const char *readers; /* CSV with the columns id, name, house, side */
	const char *out_dir; /* made if it is missing */
	const char *ledger;  /* made if it is missing */
	bool no_auto;        /* only the author's places */
	bool force;          /* also a paper without a place */
	struct sr_sink sink;
	struct sr_progress progress;
};

struct sr_mark_result {
	size_t copies;      /* files that stand in out_dir now */
	size_t new_readers; /* readers added to the ledger */
	size_t places;
	double bits;
};

/* sr_mark writes one copy for each reader of the readers' file, and the ledger. Run again with the
 * same paper it adds readers and leaves all copies as they are. SR_E_INPUT: the paper or the
 * readers' file is not in order, or there is no place; SR_E_STATE: the ledger belongs to another
 * paper, a file in out_dir is in the way, a reader's details differ from the ledger's; SR_E_LIMIT,
 * SR_E_IO, SR_E_NOMEM. */
SR_MUST struct sr_err sr_mark(const struct sr_mark_options *o, struct sr_mark_result *out);

struct sr_places_options {
	const char *paper;
	const char *write; /* NULL, or a new file for the paper with all places in spin syntax */
	bool no_auto, json;
	struct sr_sink sink;
};

/* sr_places lists the places of a paper as text or JSON (doc/FORMAT.md), and writes the paper with
 * the automatic ones if asked. Errors as for sr_mark. */
SR_MUST struct sr_err sr_places(const struct sr_places_options *o, struct sr_bytes *report);

struct sr_trace_options {
	const char *const *leaks; /* parts of one leak */
	size_t leaks_n;
	const char *const *ledgers;
	size_t ledgers_n;
	const char *const *publics; /* texts that could have supplied a wording */
	size_t publics_n;
	int64_t leaked_by; /* seconds since 1970; copies committed later are left out; INT64_MAX */
	double max_false;  /* family-wise, 0 < max_false < 1 */
	bool json;
	struct sr_sink sink;
	struct sr_progress progress;
};

/* sr_trace reads the leak and the ledgers, all of which stay as they are, and gives the verdict as
 * text or JSON (doc/FORMAT.md); *named tells whether it names somebody. The same inputs give the
 * same bytes. SR_E_INPUT: a leak that is not text, a ledger that is damaged; SR_E_AUTH, SR_E_STATE:
 * a ledger that was tampered with, or comes from a newer version; SR_E_LIMIT, SR_E_IO, SR_E_NOMEM.
 */
SR_MUST struct sr_err sr_trace(const struct sr_trace_options *o, struct sr_bytes *report,
			       bool *named);

#endif
