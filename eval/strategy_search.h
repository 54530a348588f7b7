/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for what a coalition should write to be caught least: for each number of members who have
 * the first wording, how often to write it. That is all that a coalition can go by which does not
 * know the biases; one that was told them may do so for each bias. */
#ifndef STRATEGY_SEARCH_H
#define STRATEGY_SEARCH_H

#include "coalition.h"

enum { STRATEGY_FOUND_MAX = 12 };

/* struct strategy_found: danger is by how many standard deviations the score that suits best is
 * expected to pass its threshold, without noise: less is better for the coalition. */
struct strategy_found {
	struct strategy strategy;
	double danger;
};

/* strategy_search writes the least dangerous tables for c, whose places must have two wordings
 * each, ascending by danger, and how many there are; told: for a coalition that knows the biases.
 * It climbs down from every named strategy and from random tables, one number at a time, in steps
 * that are halved. */
SR_MUST struct sr_err strategy_search(const struct coalition *c, bool told, uint64_t seed,
				      struct strategy_found found[STRATEGY_FOUND_MAX],
				      size_t *found_n);

/* strategy_danger returns that of one table. */
SR_MUST struct sr_err strategy_danger(const struct coalition *c, const struct strategy *s,
				      double *danger);

/* strategy_table writes a named strategy as a table; of majority and minority, ties are even. */
void strategy_table(const struct coalition *c, enum strategy_kind kind, struct strategy *out);

#endif
