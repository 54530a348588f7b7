/* SPDX-License-Identifier: Apache-2.0 */
/* Simulated coalitions: readers of one paper who compare their copies and write one text from them,
 * which is then judged by the code that trace uses, readings included. Programs only. */
#ifndef COALITION_H
#define COALITION_H

#include "code_accuse.h"
#include "code_design.h"

enum {
	COALITION_MEMBERS_MAX = 14, /* two more than the largest design */
	COALITION_NODES_MAX = (CODE_COLLUSION_MAX + 1) / 2,
};

/* How a coalition chooses among the wordings that its members have at a place. */
enum strategy_kind {
	STRATEGY_INTERLEAVING, /* that of a member drawn by lot */
	STRATEGY_MAJORITY,     /* that of most members, in a tie any of these */
	STRATEGY_MINORITY,     /* that of fewest, likewise */
	STRATEGY_ALL_ONES,     /* the last one */
	STRATEGY_ALL_ZEROS,    /* the first one */
	STRATEGY_COIN,         /* any of them, with equal chances */
	STRATEGY_NAMED,        /* so many have a name */
	STRATEGY_TABLE = STRATEGY_NAMED
};

const char *strategy_name(enum strategy_kind kind);

/* struct strategy: a kind, or of STRATEGY_TABLE, for places with two wordings: first[b][k] is the
 * probability that the first wording is written where the bias is nodes->p[b] and k members have
 * it. first[b][0] = 0, first[b][members] = 1. Unless a coalition was told the biases, its rows are
 * all the same. */
struct strategy {
	enum strategy_kind kind;
	double first[COALITION_NODES_MAX][COALITION_MEMBERS_MAX + 1];
};

/* struct nodes: the biases of a design's places with two wordings, ascending, and how often each
 * is drawn (counted in a sample). */
struct nodes {
	uint32_t n;
	double p[COALITION_NODES_MAX], share[COALITION_NODES_MAX];
};

SR_MUST struct sr_err nodes_of_design(uint32_t collusion, struct nodes *out);

/* struct coalition: the first members of readers write a text of a paper with so many places, whose
 * code is made for design readers; every second place has wordings_max (2 or 3) wordings, the
 * others 2. A place is not read with probability erased, and read as another one of its wordings
 * with probability wrong. strategy is borrowed. */
struct coalition {
	uint32_t design, members, readers, places, wordings_max;
	double erased, wrong, level;
	const struct strategy *strategy;
	struct nodes nodes;
};

/* struct tally: of how many trials one or more members were caught, that is named at the level, on
 * which kind of score the surest of them; how many members and innocents were named in all, and
 * the sum of the surest members' -log10 p. */
struct tally {
	size_t trials, caught, stage[CODE_STAGES], members, innocents;
	double digits;
};

/* coalition_run does trials on every core. Trial t is a matter of seed + t alone, and so the tally
 * is one of the seed. Errors of code_accuse. */
SR_MUST struct sr_err coalition_run(const struct coalition *c, uint64_t seed, size_t trials,
				    struct tally *out);

#endif
