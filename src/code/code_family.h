/* SPDX-License-Identifier: Apache-2.0 */
/* From one reader's p-value to the promise about all of them.
 *
 * Convention: the family-wise p-value of a reader is the probability that, if nobody among the N
 * committed readers had a part in the leak, at least one of them would fit it as well as he does,
 * on any of the scores that were made. N counts every committed reader, also those who never
 * opened their copy, and the suspect himself. The readers' symbols are independent, hence
 * 1 - (1 - p)^N is exact for N equal p-values (Sidak 1967); several scores of one reader are not,
 * hence their number multiplies p (Bonferroni). Who is named when this is at most the level is
 * named wrongly with a probability of at most the level, per leak. */
#ifndef CODE_FAMILY_H
#define CODE_FAMILY_H

#include <stdbool.h>
#include <stdint.h>

/* CODE_LEVEL_DEFAULT: the family-wise level at which a reader is named, unless told otherwise. */
#define CODE_LEVEL_DEFAULT 1e-6

/* CODE_NEVER: no number of places is enough. */
#define CODE_NEVER UINT32_MAX

/* code_family_p bounds the family-wise p-value from above: p is a bound for one reader and one
 * score, 0 <= p <= 1 (asserted). Never above 1, nor above readers_n * scores_n * p but for the
 * rounding of that product. 0 readers or scores count as 1. */
double code_family_p(double p, uint64_t readers_n, uint64_t scores_n);

/* The kinds of scores. Each kind has its share of the error budget, and what is scored within it
 * shares that: the sum over all kinds of the probability that anybody is named wrongly stays below
 * the level. */
enum code_stage {
	CODE_STAGE_SINGLE,    /* everything that was seen, as the work of one leaker */
	CODE_STAGE_COALITION, /* the same, as that of a coalition, by each of several models */
	CODE_STAGE_PASSAGE,   /* one passage alone, as the work of one leaker */
	CODE_STAGE_LAYER,     /* one layer alone, likewise */
	CODE_STAGE_PAIR,      /* given one partner */
	CODE_STAGE_TRIPLE,    /* given two */
	CODE_STAGES
};

/* struct code_budget: what decides which kinds of scores a leak has: the design size of the code,
 * and whether places of several layers were seen. */
struct code_budget {
	uint32_t collusion;
	bool layered;
};

/* code_stage_share returns the share of a kind, 0 to 1; they add up to 1. Where a code is designed
 * for one leaker alone, there are no kinds but the first and that of layers. */
double code_stage_share(enum code_stage stage, struct code_budget b);

/* code_stage_p bounds the family-wise p-value of a reader from above, who is scored scores_n times
 * in this kind, when p bounds that of one of them: code_family_p over the share. Of pairs and
 * triples, which have symbols in common, the number of readers multiplies p as well (Bonferroni):
 * their scores are not independent. 1 without a share. */
double code_stage_p(double p, enum code_stage stage, struct code_budget b, uint64_t readers_n,
		    uint64_t scores_n);

/* code_places_needed estimates how many further places, all of which agree with the reader whose
 * p-value is p, bring his family-wise p-value to level: each divides p by 2^bits. 0 if it is
 * there already; CODE_NEVER if bits or level is not above 0. With p = 1: the length of a passage
 * that names one of readers_n. */
uint32_t code_places_needed(double p, uint64_t readers_n, uint64_t scores_n, double level,
			    double bits);

#endif
