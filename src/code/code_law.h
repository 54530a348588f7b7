/* SPDX-License-Identifier: Apache-2.0 */
/* The exact law of a sum of independent integers, bounded rigorously from above: every sum and
 * product is rounded upward (IEEE 754 roundTowardPositive), so that a printed probability is never
 * below the true one. It exceeds it by at most about three units in the last place for each
 * summand, down to 1e-280; further down it stays above the truth and above 0. There is no
 * approximation and no model. */
#ifndef CODE_LAW_H
#define CODE_LAW_H

#include "arena.h"
#include "err.h"

/* CODE_LAW_FLOOR: smaller probabilities count as this much, or with those of a higher sum. A bound
 * is therefore never 0 where the truth is not, and no arithmetic leaves the normal doubles. */
#define CODE_LAW_FLOOR 1e-290

/* struct code_atom: a value a summand takes, and with which probability. */
struct code_atom {
	uint32_t value;
	double p;
};

/* struct code_summand: atoms of ascending value, of which the first is 0; n > 0. */
struct code_summand {
	const struct code_atom *atom;
	uint32_t n;
};

/* struct code_tail: at[i] bounds P(S >= lo + i) from above, 0 <= i <= n; at[0] is 1. Not ascending
 * in i, never above 1. */
struct code_tail {
	int64_t lo;
	size_t n;
	const double *at;
};

/* code_law_tail gives the tail of the sum of n summands, in a; n may be 0. At most max + 1 entries
 * where max is the largest sum. Time: the summands times the width of the law, which is about 70
 * standard deviations. SR_E_NOMEM; SR_E_STATE if this machine cannot round upward (an emulator
 * may not). The rounding mode is as before on return. */
SR_MUST struct sr_err code_law_tail(struct arena *a, const struct code_summand *sum, size_t n,
				    struct code_tail *out);

/* code_law_at returns the bound of P(S >= s) for any s: 1 below the table, and beyond it the
 * smallest entry, which is above 0. */
double code_law_at(const struct code_tail *t, int64_t s);

#endif
