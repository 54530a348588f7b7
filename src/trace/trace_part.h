/* SPDX-License-Identifier: Apache-2.0 */
/* A part of a lattice: the units that are opened to somebody who may not see the rest, put together
 * as a lattice that a leak can be aligned with. Where units are missing stands a word that the leak
 * cannot have, more often than an alignment leaps over.
 *
 * Whoever opens a part could try to choose, knowing all symbols, where it ends. So a part has to
 * reach beyond each passage that the leak takes from it: what is quoted cannot be cut short. */
#ifndef TRACE_PART_H
#define TRACE_PART_H

#include "arena.h"
#include "commit_units.h"
#include "err.h"
#include "trace.h"

/* TRACE_MARGIN: pieces of text that a part reaches beyond a quoted passage, at both ends, unless
 * the lattice ends there. */
enum { TRACE_MARGIN = 2 };

/* TRACE_GAPS_MAX: places where units are missing, in a part. */
enum { TRACE_GAPS_MAX = 4096 };

/* struct trace_unit: a unit of the lattice and its number. */
struct trace_unit {
	uint32_t index;
	struct commit_unit unit;
};

/* struct trace_part: leader[i] is the number in the whole lattice of the leader of place i of the
 * part, which need not be in the part (there the first place that is leads the group); bias[i] is
 * its bias; missing_n[i] tells how many places of the group that place i leads here the part lacks.
 * unit borrows. */
struct trace_part {
	const struct trace_unit *unit; /* ascending by index */
	size_t units_n, units_all;
	struct text_lattice lattice;
	uint32_t *leader, *missing_n;
	struct code_bias *bias;
	struct trace_spot *spot; /* where in lattice each unit begins */
};

/* trace_part_make puts n units, of a lattice that has all of them, together in a; gap is the word
 * that stands where units are missing. SR_E_INPUT: their indices or the numbers of their places do
 * not ascend, or reach too far, or groups are not what they can be in a lattice; SR_E_LIMIT: more
 * than TRACE_GAPS_MAX gaps; SR_E_NOMEM. */
SR_MUST struct sr_err trace_part_make(struct arena *a, const struct trace_unit *unit, size_t n,
				      size_t all, struct slice gap, struct trace_part *out);

/* trace_part_unit returns the position in unit[] of the unit that a word of the part's lattice
 * stands in. units_n > 0. */
size_t trace_part_unit(const struct trace_part *p, struct trace_spot word);

/* trace_part_reach returns the position of the last unit, going forward (step 1) or backward (-1)
 * from position at without a missing unit, before which margin pieces of text were passed; *whole
 * tells whether there were so many, or the lattice ended. */
size_t trace_part_reach(const struct trace_part *p, size_t at, int step, size_t margin,
			bool *whole);

#endif
