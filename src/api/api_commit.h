/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger's commitments: computed from what the ledger holds, kept in it, and written to the file
 * beside it that is meant to be lodged elsewhere. What does not agree is refused. */
#ifndef API_COMMIT_H
#define API_COMMIT_H

#include "commit_paper.h"
#include "ledger.h"
#include "subrosa.h"
#include "text_lattice.h"

/* api_commit_path gives the name of the file beside a ledger: LEDGER.commitment; it lives in a,
 * NULL without memory. */
const char *api_commit_path(struct arena *a, const char *ledger);

/* api_commit_load reads the chain that l keeps, into a; n is 0 if it has none (it was made by an
 * older version). Errors of ledger_commitments_load and commit_chain_read, noted. */
SR_MUST struct sr_err api_commit_load(struct arena *a, struct ledger *l, const char *ledger,
				      const struct sr_sink *sink, struct commit_chain *out);

/* api_commit_read reads a file of commitments into a. What is wrong is noted. */
SR_MUST struct sr_err api_commit_read(struct arena *a, const char *path, const struct sr_sink *sink,
				      struct commit_chain *out);

/* api_commit_guard refuses (SR_E_STATE, noted) a file of commitments, if there is one at path, that
 * chain does not begin with: the ledger was made anew or changed since it was written. chain may be
 * empty. *n is how many commitments the file has, 0 if there is none. */
SR_MUST struct sr_err api_commit_guard(struct arena *a, const char *path,
				       const struct commit_chain *chain, const struct sr_sink *sink,
				       size_t *n);

/* api_commit_write replaces the file at path, or what a link there leads to, by the n entries. What
 * goes wrong is noted. */
SR_MUST struct sr_err api_commit_write(const char *path, const struct slice *entry, size_t n,
				       const struct sr_sink *sink);

/* api_commit_layout gives what a layout layer is committed with: the digest of its sheet, and how
 * many slots that has. */
struct commit_layout api_commit_layout(struct slice sheet, uint32_t slots_n);

/* A ledger's readers, by number, with the leaf of each. */
struct api_roll {
	struct commit_paper paper; /* api_roll_release releases its scratch */
	struct commit_reader *reader;
	struct commit_hash *leaf;
	size_t n;
};

/* api_roll_make computes the leaves of n readers, of whom reader[i] has the number i + 1, on every
 * core. layout is NULL for a paper without a layout layer. lattice and what design points to are
 * borrowed, the result lives in a. Errors of commit_paper_init and _reader. */
SR_MUST struct sr_err api_roll_make(struct arena *a, const struct text_lattice *lattice,
				    const struct code_design *design,
				    const struct commit_layout *layout,
				    struct commit_reader *reader, size_t n,
				    const struct sr_progress *progress, struct api_roll *out);
void api_roll_release(struct api_roll *r);

/* api_roll_readers gives the committed readers of a ledger, by number, in a, with room for more
 * behind them; NULL without memory. */
struct commit_reader *api_roll_readers(struct arena *a, const struct ledger_readers *readers,
				       size_t more);

/* What a ledger committed to, computed again. */
struct api_committed {
	struct text_lattice lattice;
	struct code_design design;
	struct commit_chain chain; /* n is 0: nothing was committed */
	struct api_roll roll;      /* api_roll_release releases it */
};

/* api_uncommitted says why a ledger of this version has no commitment, and what to do. */
const char *api_uncommitted(int version);

/* api_committed_load computes all commitments of ledger l, which lies at path, and compares them
 * with those that it keeps and with the file lodged (NULL: the one beside it, if there is one). The
 * result lives in a and borrows from l. SR_E_AUTH: the ledger is not what was committed;
 * SR_E_STATE: lodged has another commitment; both noted. Errors of the ledger. */
SR_MUST struct sr_err api_committed_load(struct arena *a, struct ledger *l, const char *path,
					 const char *lodged, const struct sr_sink *sink,
					 const struct sr_progress *progress,
					 struct api_committed *out);

#endif
