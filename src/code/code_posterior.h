/* SPDX-License-Identifier: Apache-2.0 */
/* The opinion beside the p-value: how probable each explanation of what was seen is, after stating
 * how probable it was before. Three propositions: "this copy" (each reader has one), "another
 * issued copy", "none of these copies". No decision ever comes from here.
 *
 * Evidence enters as log-likelihood ratios in nats over one common denominator: code_score_nats
 * for a copy, code_score_none_nats for none of them. All sums are taken in the log domain. */
#ifndef CODE_POSTERIOR_H
#define CODE_POSTERIOR_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

/* CODE_PRIOR_NONE: the prior of "none of these copies", unless told otherwise. */
#define CODE_PRIOR_NONE 0.5

/* struct code_prior: none is the prior of "none of these copies", 0 < none < 1. The readers share
 * the rest in proportion to share[i] >= 0, not all 0, or equally if share is NULL. */
struct code_prior {
	double none;
	const double *share;
};

/* code_posterior writes the posterior of each of n readers and of none of the copies; together
 * they are 1. n may be 0. SR_E_INPUT: a prior that is not as above, or evidence that is not
 * finite. Outputs untouched on failure. */
SR_MUST struct sr_err code_posterior(const struct code_prior *prior, const double *nats, size_t n,
				     double none_nats, double *posterior, double *none);

/* code_likelihood_ratio writes the log-likelihood ratio, in nats, of "copy i" against everything
 * else: the other copies and none of them, in the proportions of their priors. It does not depend
 * on the prior of copy i itself, which must be above 0. Errors as above. */
SR_MUST struct sr_err code_likelihood_ratio(const struct code_prior *prior, const double *nats,
					    size_t n, double none_nats, size_t i, double *out);

/* code_sum_by_group adds up x[0..n) by group[i] < group_n (asserted): posteriors, or priors, by
 * house. */
void code_sum_by_group(const double *x, const uint32_t *group, size_t n, double *sum,
		       size_t group_n);

#endif
