/* SPDX-License-Identifier: Apache-2.0 */
/* How well a reader's symbols fit what was seen of a leak, and how likely an uninvolved reader fits
 * as well. The p-value needs no model of the leaker, of the channel or of whoever wrote the leak:
 * given what was seen, an uninvolved reader's symbols are independent draws from the biases, so
 * the law of his score is a finite convolution. It holds as long as nothing in struct code_seen
 * was chosen by looking at a reader's symbols. A soft reading that is wrong costs power, never
 * soundness.
 *
 * The best weight of a single leaker's symbol k is log(P(seen | k) / P(seen)) (Neyman and Pearson).
 * Only differences within a place matter for the order of readers and for the law, so a place's
 * smallest weight is made 0 and the others are rounded to whole units. A unit is a power of two
 * of a nat that depends on what was seen alone; then everything is divided by the greatest
 * common divisor. Only subtraction, scaling by a power of two and rounding down are used, so every
 * machine gets the same integers. Of m two-way places read alike, "all agree" has exactly 2^-m. */
#ifndef CODE_SCORE_H
#define CODE_SCORE_H

#include "arena.h"
#include "code_bias.h"

/* CODE_LOGLIK_RANGE: within a place, a wording that is more than this many nats less likely than
 * the likeliest counts as just this much less likely (1.1e-7). */
#define CODE_LOGLIK_RANGE 16

/* struct code_seen: one place that was read. loglik[k], for k < bias.q, is the natural logarithm
 * of the probability of what was seen there if the copy has wording k; any constant may be added;
 * finite. All equal: an erasure, the same as a place that is not listed. Borrowed. */
struct code_seen {
	struct code_bias bias;
	const float *loglik;
};

/* struct code_score: what was seen, made ready for any number of readers. */
struct code_score;

/* code_score_build prepares n seen places, at most CODE_SEEN_MAX, in a. No place twice; several
 * layers are added up by putting their places one behind the other. SR_E_INPUT: a bias that is
 * none, or a loglik that is not finite. SR_E_LIMIT, SR_E_NOMEM; SR_E_STATE as code_law_tail. */
SR_MUST struct sr_err code_score_build(struct arena *a, const struct code_seen *seen, size_t n,
				       const struct code_score **out);

/* code_score_build_member is the same without the law of a leaker's own score, for readings that
 * are those of a member of a coalition (code_coalition.h): code_score_leaker_tail is then not to
 * be asked (asserted). */
SR_MUST struct sr_err code_score_build_member(struct arena *a, const struct code_seen *seen,
					      size_t n, const struct code_score **out);

/* code_score_of returns a reader's score in units, 0 .. code_score_max: the sum over the seen
 * places. symbols[i] belongs to seen[i] and is below its q (asserted). */
int64_t code_score_of(const struct code_score *s, const uint16_t *symbols);

/* code_score_places returns how many seen places there are, code_score_wordings how many wordings
 * place i has, and code_score_weight what its symbol k adds to the score, in units: of what
 * code_score_of is the sum. i and k in range (asserted). */
size_t code_score_places(const struct code_score *s);
uint32_t code_score_wordings(const struct code_score *s, size_t i);
uint32_t code_score_weight(const struct code_score *s, size_t i, uint32_t k);

/* code_score_max returns the best score there is: every place agrees. It fits an int32_t. */
int64_t code_score_max(const struct code_score *s);

/* code_score_tail bounds from above the probability that an uninvolved reader's score is at least
 * this: the p-value of one reader, one score. Above 0, at most 1, and not ascending. */
double code_score_tail(const struct code_score *s, int64_t units);

/* code_score_leaker_tail is the probability that the leaker's own score is at most this, under the
 * soft reading: given what was seen, his symbol at a place is k with a probability proportional to
 * p_k exp(loglik[k]) (Bayes), places being independent. A reader for whom it is below
 * CODE_EXCLUDED is excluded; the others are consistent with the leak. If the readings are
 * calibrated, a leaker is excluded with a probability below CODE_EXCLUDED, whatever was seen.
 * It rests on the readings, unlike code_score_tail, and clears or names nobody by itself. */
double code_score_leaker_tail(const struct code_score *s, int64_t units);
#define CODE_EXCLUDED 0.01

/* code_score_nats returns the log-likelihood ratio, in nats, of what was seen if it comes from the
 * copy with these symbols to what was seen if it comes from wordings drawn afresh from the biases.
 * Not rounded to units. symbols as for code_score_of. */
double code_score_nats(const struct code_score *s, const uint16_t *symbols);

/* code_score_none_nats returns the same ratio for "none of these copies": one half a writer who
 * keeps the original wording (symbol 0) with probability CODE_ORIGINAL at each of the first
 * originals_n places, the rest spread evenly, and draws from the biases at the others, and one half
 * a writer who draws from the biases; a half of whole texts, not of places. originals_n is at most
 * the number of places (asserted). */
double code_score_none_nats(const struct code_score *s, size_t originals_n);
#define CODE_ORIGINAL 0.9

#endif
