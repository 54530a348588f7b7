/* SPDX-License-Identifier: Apache-2.0 */
/* The lattice cut into units that can be opened one by one: its places, and its fixed text in short
 * pieces, so that opening what a leak quotes does not open the page around it. */
#ifndef COMMIT_UNITS_H
#define COMMIT_UNITS_H

#include "code_bias.h"
#include "text_lattice.h"

/* A piece of fixed text ends behind the first blanks from which on it has COMMIT_PIECE_MIN bytes,
 * or before the character that would make it longer than COMMIT_PIECE_MAX. */
enum { COMMIT_PIECE_MIN = 32, COMMIT_PIECE_MAX = 256 };

#define COMMIT_NO_PLACE UINT32_MAX

/* A unit is a piece of text (place is COMMIT_NO_PLACE), or a place: its number, its wordings, as
 * many as its bias has symbols, and the bias; the number of its leader, and how many places its
 * group has: 1, of a place alone. Borrowed. */
struct commit_unit {
	uint32_t place;
	struct slice text;
	const struct slice *wordings;
	struct code_bias bias;
	uint32_t leader, group_n;
};

struct commit_units {
	struct commit_unit *at; /* in the order of the lattice */
	size_t n;               /* at least 1 */
};

/* commit_units_cut cuts l, whose places have the biases bias[0, places_n), into units that live in
 * a and borrow from both; places of a group have the same bias. The text before the first place
 * gives one piece even if it is empty, any other empty text none. SR_E_NOMEM. */
SR_MUST struct sr_err commit_units_cut(struct arena *a, const struct text_lattice *l,
				       const struct code_bias *bias, struct commit_units *out);

#endif
