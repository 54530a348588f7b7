/* SPDX-License-Identifier: Apache-2.0 */
/* From what was seen of a leak to the p-value of every reader: all scores for all readers, then
 * pairs and triples among those who fit best. The p-values are family-wise over the readers, the
 * scores and the sets of partners: naming whoever is at or below a level names anybody wrongly
 * with a probability of at most that level. */
#ifndef CODE_ACCUSE_H
#define CODE_ACCUSE_H

#include "code_joint.h"
#include "code_scores.h"
#include "code_symbols.h"

/* struct code_readers: n readers by their ids; stream[l] draws their symbols in layer l, and is not
 * looked at if nothing of it was seen. total is how many the
 * p-values answer for: those of other papers that were scored for the leak as well, and at least
 * n. Borrowed. */
struct code_readers {
	const struct code_stream *stream;
	const struct slice *id;
	size_t n;
	uint64_t total;
};

/* struct code_layer_finding: at how many places of a layer a reader's symbol is the likeliest one;
 * and, of the layer's own score, p_alone and consistent as below, 1 and true if it has none. */
struct code_layer_finding {
	double p_alone;
	uint32_t agree_n;
	bool consistent;
};

/* struct code_finding: a reader's p_value is family-wise; p_alone is that of the one score it rests
 * on, and scores_n how many scores of this kind he is counted with; p_single is that of the single
 * leaker's score. partner: numbers of readers,
 * as many as the kind of score has. nats and consistent, of the single leaker's score:
 * code_score_nats, and whether code_score_leaker_tail is at least CODE_EXCLUDED. layer: by
 * layer. */
struct code_finding {
	double p_value, p_alone, p_single, nats;
	uint64_t scores_n;
	struct code_ground ground;
	uint32_t partner[CODE_PARTNERS_MAX];
	struct code_layer_finding layer[CODE_LAYERS];
	bool consistent;
};

/* code_finding_alone bounds the probability that one uninvolved reader has so small a p_alone by
 * any of the scores that he gets. At most 1. */
double code_finding_alone(const struct code_finding *f, struct code_budget b);

/* code_partners_n returns how many partners a kind of score has. */
uint32_t code_partners_n(enum code_stage stage);

/* code_accuse writes a finding for each reader. scores were made of leak. SR_E_LIMIT: an id is
 * longer than LIMIT_ID_BYTES; SR_E_NOMEM. */
SR_MUST struct sr_err code_accuse(const struct code_leak *leak, const struct code_scores *scores,
				  const struct code_readers *readers, struct code_finding *out);

/* code_accuse_again computes one reader's p-values on a given ground, for whoever has only his
 * symbols, own, and those of his partners: own[i] belongs to seen[i]. SR_E_INPUT: there is no
 * such score; SR_E_NOMEM. */
SR_MUST struct sr_err code_accuse_again(const struct code_leak *leak,
					const struct code_scores *scores,
					const struct code_ground *ground, const uint16_t *own,
					const uint16_t *const *partner, uint64_t total,
					double *p_value);

#endif
