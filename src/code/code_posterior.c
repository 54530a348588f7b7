/* SPDX-License-Identifier: Apache-2.0 */
#include "code_posterior.h"

#include <assert.h>
#include <math.h>

static double share_of(const struct code_prior *prior, size_t i)
{
	return prior->share ? prior->share[i] : 1;
}

/* prior_check also returns the sum of the shares. */
static struct sr_err prior_check(const struct code_prior *prior, const double *nats, size_t n,
				 double none_nats, double *share_sum)
{
	double sum = 0;
	bool good = prior->none > 0 && prior->none < 1 && isfinite(none_nats);
	for (size_t i = 0; i < n; i++) {
		good = good && share_of(prior, i) >= 0 && isfinite(nats[i]);
		sum += share_of(prior, i);
	}
	if (!good || !isfinite(sum) || (n && !(sum > 0)))
		return sr_fail(SR_E_INPUT, "priors or evidence are not usable numbers");
	*share_sum = sum;
	return sr_ok();
}

/* joint returns log(prior * likelihood) of reader i. */
static double joint(const struct code_prior *prior, const double *nats, size_t i, double share_sum)
{
	return log1p(-prior->none) + log(share_of(prior, i)) - log(share_sum) + nats[i];
}

/* rest_sum returns log of the sum of exp(joint) over none and all readers but without (n: none
 * left out). */
static double rest_sum(const struct code_prior *prior, const double *nats, size_t n,
		       double none_joint, double share_sum, size_t without)
{
	double top = none_joint;
	for (size_t i = 0; i < n; i++)
		if (i != without)
			top = fmax(top, joint(prior, nats, i, share_sum));
	long double sum = expl((long double)none_joint - top);
	for (size_t i = 0; i < n; i++)
		if (i != without)
			sum += (long double)exp(joint(prior, nats, i, share_sum) - top);
	return (double)(top + logl(sum));
}

struct sr_err code_posterior(const struct code_prior *prior, const double *nats, size_t n,
			     double none_nats, double *posterior, double *none)
{
	double share_sum;
	SR_TRY(prior_check(prior, nats, n, none_nats, &share_sum));
	double none_joint = (n ? log(prior->none) : 0) + none_nats;
	double all = rest_sum(prior, nats, n, none_joint, share_sum, n);
	for (size_t i = 0; i < n; i++)
		posterior[i] = exp(joint(prior, nats, i, share_sum) - all);
	*none = exp(none_joint - all);
	return sr_ok();
}

struct sr_err code_likelihood_ratio(const struct code_prior *prior, const double *nats, size_t n,
				    double none_nats, size_t i, double *out)
{
	double share_sum;
	SR_TRY(prior_check(prior, nats, n, none_nats, &share_sum));
	double own = i < n ? (1 - prior->none) * share_of(prior, i) / share_sum : 0;
	if (!(own > 0))
		return sr_fail(SR_E_INPUT, "a copy without a prior has no likelihood ratio");
	double none_joint = log(prior->none) + none_nats;
	double rest = rest_sum(prior, nats, n, none_joint, share_sum, i);
	*out = nats[i] - (rest - log1p(-own));
	return sr_ok();
}

void code_sum_by_group(const double *x, const uint32_t *group, size_t n, double *sum,
		       size_t group_n)
{
	for (size_t g = 0; g < group_n; g++)
		sum[g] = 0;
	for (size_t i = 0; i < n; i++) {
		assert(group[i] < group_n);
		sum[group[i]] += x[i];
	}
}
