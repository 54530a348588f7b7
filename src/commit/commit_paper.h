/* SPDX-License-Identifier: Apache-2.0 */
/* What the issuer commits to: from lattice, pages, seed and readers to leaves, roots and entries. A
 * pure function; whoever has the ledger can compute it again at any time, and everything that was
 * changed since shows. */
#ifndef COMMIT_PAPER_H
#define COMMIT_PAPER_H

#include "code_design.h"
#include "code_symbols.h"
#include "commit_entry.h"
#include "commit_leaf.h"

/* struct commit_paper: a paper made ready. Places of a group have the bias and the symbol of their
 * leader. Behind the units stand the slots of the layout layer, behind the places too: the arrays
 * of units have units.n + slots_n entries, those of symbols places_n + slots_n, which are of the
 * reader asked for last. */
struct commit_paper {
	struct commit_secret secret;
	struct code_stream stream[CODE_LAYERS];
	struct text_lattice lattice; /* what it points to is borrowed */
	size_t places_n, slots_n;    /* slots_n is 0 without a layout layer */
	bool has_layout;
	struct commit_layout layout;
	uint32_t collusion; /* of the design */
	struct code_bias *bias, *slot_bias;
	struct commit_units units;
	struct commit_salt *unit_salt;
	struct commit_hash *unit_leaf;
	struct build scratch; /* the caller releases it */
	uint16_t *symbol;
	struct commit_salt *symbol_salt, reader_salt;
	struct commit_hash *symbol_leaf, symbols_root;
};

/* commit_paper_init prepares l in a, which it borrows like what the design points to; layout is
 * NULL for a paper without a layout layer. SR_E_INPUT: a place with too few or too many wordings;
 * SR_E_LIMIT: more slots than LIMIT_PLACES; SR_E_NOMEM. On failure there is nothing to release. */
SR_MUST struct sr_err commit_paper_init(struct arena *a, const struct text_lattice *l,
					const struct code_design *design,
					const struct commit_layout *layout,
					struct commit_paper *out);

/* commit_paper_fork makes, in a, another one of the same paper, for another thread: it borrows from
 * p all that does not depend on a reader, and has symbols and a scratch of its own, which the
 * caller releases. SR_E_NOMEM; then there is nothing to release. */
SR_MUST struct sr_err commit_paper_fork(struct arena *a, const struct commit_paper *p,
					struct commit_paper *out);

/* commit_paper_reader draws a reader's symbols and salts and gives his leaf. SR_E_LIMIT for an id
 * longer than LIMIT_ID_BYTES, SR_E_NOMEM. */
SR_MUST struct sr_err commit_paper_reader(struct commit_paper *p, const struct commit_reader *r,
					  struct commit_hash *leaf);

/* commit_paper_entry appends the entry of n readers, whose leaves are given by number, behind the
 * entry older (NULL: it is the first one; its bytes beside it). Its time is the given one, but
 * neither before that of older nor before 1970. SR_E_NOMEM. */
SR_MUST struct sr_err commit_paper_entry(const struct commit_paper *p,
					 const struct commit_hash *leaf, size_t n, int64_t time,
					 const struct commit_entry *older, struct slice older_bytes,
					 struct build *out);

/* commit_paper_check tells whether each entry of chain is what it would be today. SR_E_AUTH: the
 * lattice, the pages, a bias, a reader or the seed is not what was committed, or fewer than n
 * readers are left; SR_E_NOMEM. */
SR_MUST struct sr_err commit_paper_check(const struct commit_paper *p,
					 const struct commit_hash *leaf, size_t n,
					 const struct commit_chain *chain);

#endif
