/* SPDX-License-Identifier: Apache-2.0 */
/* The lattice: a paper with all its places. A copy is fixed[0], a wording of place 0, fixed[1], a
 * wording of place 1, ... fixed[places_n]. Wording 0 is the original one. Its bytes (below) are
 * what the ledger keeps and what its hash, and with it every reader's symbols, is bound to.
 *
 * Places of a group share one symbol: they change together, through the whole paper. The first one
 * leads the group, and whatever belongs to the symbol - its bias, what was read - stands at the
 * leader. A place alone leads itself. */
#ifndef TEXT_LATTICE_H
#define TEXT_LATTICE_H

#include "arena.h"
#include "build.h"
#include "err.h"
#include "slice.h"

enum text_origin { TEXT_ORIGIN_AUTHOR = 0, TEXT_ORIGIN_AUTOMATIC = 1 };

/* 2 <= wordings_n <= LIMIT_WORDINGS; wordings are not empty. leader: the number of the first place
 * of its group, which has as many wordings; its own if it is alone. group: the author's tag,
 * without its sign; empty for none, and in a lattice that was read. */
struct text_place {
	const struct slice *wordings;
	uint32_t wordings_n;
	enum text_origin origin;
	uint32_t leader;
	struct slice group;
};

struct text_lattice {
	const struct slice *fixed; /* places_n + 1 of them; any may be empty */
	const struct text_place *places;
	size_t places_n;
};

/* text_lattice_write appends the lattice's bytes (doc/FORMAT.md, "Lattice"). */
void text_lattice_write(const struct text_lattice *l, struct build *out);

/* text_lattice_read is the inverse. All slices borrow from bytes; arrays live in a. SR_E_INPUT for
 * anything that text_lattice_write could not have written, trailing bytes included; SR_E_NOMEM. */
SR_MUST struct sr_err text_lattice_read(struct arena *a, struct slice bytes,
					struct text_lattice *out);

/* text_groups_find writes to leader[i] the first of n places with the same tag as place i; i itself
 * if its tag is empty. SR_E_NOMEM. */
SR_MUST struct sr_err text_groups_find(const struct slice *tag, size_t n, uint32_t *leader);

/* text_lattice_symbols returns how many symbols a copy has: its places, each group counted once. */
size_t text_lattice_symbols(const struct text_lattice *l);

/* text_lattice_share gives each place what its leader has: values holds a value of size bytes for
 * each place. */
void text_lattice_share(const struct text_lattice *l, void *values, size_t size);

/* text_lattice_sizes writes the number of wordings of each place, places_n of them. */
void text_lattice_sizes(const struct text_lattice *l, uint32_t *q);

/* text_lattice_bits returns the entropy of all symbols, in bits, with every wording as likely as
 * the others of its place. */
double text_lattice_bits(const struct text_lattice *l);

/* text_wordings_check tells whether wordings can share a place. Every problem is written to sink at
 * the given position. SR_E_INPUT: two of them are the same, or become the same under text_fold
 * without spaces, or one has nothing that survives it, or is longer than LIMIT_WORDING_BYTES. A
 * wording contained in another gets a warning only. SR_E_NOMEM. */
SR_MUST struct sr_err text_wordings_check(const struct slice *wordings, size_t n,
					  const struct sr_sink *sink, uint32_t line, uint32_t col);

#endif
