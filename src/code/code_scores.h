/* SPDX-License-Identifier: Apache-2.0 */
/* All the scores that every reader gets for one leak, and what the best of them is worth. Which
 * scores there are depends on the leak and the design alone:
 *
 *	single     1: everything that was seen, as the work of one leaker
 *	coalition  the symmetric score, then one for each model of a coalition of the design size
 *	passage    one for each passage, as the work of one leaker, if there are two or more
 *	layer      one for each layer, likewise, if places of two or more layers were seen
 *
 * Under a design for one leaker there are only the first and those of layers. Pairs and triples
 * come on top (code_joint.h), for those who fit best. */
#ifndef CODE_SCORES_H
#define CODE_SCORES_H

#include "code_coalition.h"
#include "code_family.h"
#include "code_symbols.h"

/* CODE_PASSAGES_MAX: more passages are not scored alone. CODE_SCORES_MAX: scores a reader. */
enum {
	CODE_PASSAGES_MAX = 8,
	CODE_SCORES_MAX = 1 + 1 + CODE_ATTACKS + CODE_PASSAGES_MAX + CODE_LAYERS
};

/* struct code_leak: what was seen at n places of one paper, whose code is designed for collusion
 * readers. The first layer_n[0] are of the first layer, those behind of the next one; they add up
 * to n (asserted). place[i] is the number of seen[i]'s place in its layer, ascending within the
 * layer; passage[i] < passages_n, which is at most CODE_PASSAGES_MAX, the passage that it stands
 * in, or CODE_NO_PASSAGE. Nothing of this was chosen by looking at a reader's symbols. Borrowed. */
struct code_leak {
	const struct code_seen *seen;
	const uint32_t *place;
	const uint32_t *passage;
	size_t n, layer_n[CODE_LAYERS];
	uint32_t passages_n;
	uint32_t collusion;
};
#define CODE_NO_PASSAGE UINT32_MAX

/* code_leak_layer returns which layer seen[i] is of. i < n (asserted). */
enum code_layer code_leak_layer(const struct code_leak *leak, size_t i);

/* struct code_ground: what a reader's p-value rests on: the kind of score, and its number within
 * the kind: coalition: 0 the symmetric score, else the model 1 .. ; passage: the passage; layer:
 * the layer; pair and triple: the model of code_joint_models. */
struct code_ground {
	enum code_stage stage;
	uint32_t number;
};

struct code_scores {
	const struct code_score *score[CODE_SCORES_MAX]; /* score[0] is the single leaker's */
	struct code_ground ground[CODE_SCORES_MAX];
	uint32_t n;
	uint32_t stage_n[CODE_STAGES]; /* how many there are of each kind */
	uint32_t layer[CODE_LAYERS];   /* score[layer[l]] is that of layer l; 0: none is */
	size_t originals_n; /* so many places, the first ones, have an original wording */
	struct code_budget budget;
};

/* code_scores_make makes them in a. Errors of code_score_build. */
SR_MUST struct sr_err code_scores_make(struct arena *a, const struct code_leak *leak,
				       struct code_scores *out);

/* code_scores_none_nats is code_score_none_nats of everything that was seen. */
double code_scores_none_nats(const struct code_scores *s);

/* code_scores_best returns which of the scores speaks most against a reader whose units are given
 * (units[k] of score[k]), the number of scores, the shares and the p-values considered. */
uint32_t code_scores_best(const struct code_scores *s, const int32_t *units);

/* code_scores_p gives the family-wise p-value of score k at so many units, for readers_n readers.
 */
double code_scores_p(const struct code_scores *s, uint32_t k, int64_t units, uint64_t readers_n);

#endif
