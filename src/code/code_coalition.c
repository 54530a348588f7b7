/* SPDX-License-Identifier: Apache-2.0 */
#include "code_coalition.h"

#include "code_design.h"

#include <assert.h>
#include <math.h>

enum { GROUPS = 2 };

/* The least that a likelihood counts as, below what code_score.h tells apart. */
#define LIKELIHOOD_FLOOR 1e-12

uint32_t code_models_n(uint32_t size)
{
	return size == 2 ? CODE_ALL_LAST + 1 : CODE_ATTACKS;
}

/* writes_first returns the probability that size members, k of whom have a wording of the first
 * group, write one of that group. */
static double writes_first(enum code_attack attack, uint32_t k, uint32_t size)
{
	if (k == 0 || k == size)
		return k == size;
	double side = 2 * k > size ? 1 : 2 * k < size ? 0 : 0.5;
	switch (attack) {
	case CODE_INTERLEAVING:
		return (double)k / size;
	case CODE_ALL_FIRST:
		return 1;
	case CODE_ALL_LAST:
		return 0;
	case CODE_MAJORITY:
		return side;
	case CODE_MINORITY:
		return 1 - side;
	case CODE_COIN:
	case CODE_ATTACKS:
		break;
	}
	return 0.5;
}

/* struct view: one place, and what is known of the coalition there, by group. */
struct view {
	uint32_t split, known[GROUPS];
	double unknown[GROUPS];              /* members expected among those who are not known */
	double lik[GROUPS];                  /* of what was seen, summed over a group's wordings */
	double partners_lik[GROUPS];         /* and over the partners who have one */
	double wordings[GROUPS];             /* how many there are */
	double first[CODE_PARTNERS_MAX + 2]; /* writes_first, by known members of group 0 */
};

/* view_first fills first[0 .. known_n]: the members who are not known are unknown_n draws. */
static void view_first(struct view *v, const struct code_model *m, uint32_t known_n, double p)
{
	double law[CODE_COLLUSION_MAX + 1] = {1};
	uint32_t unknown_n = m->size - known_n;
	for (uint32_t j = 0; j < unknown_n; j++)
		for (uint32_t k = j + 2; k-- > 0;)
			law[k] = law[k] * (1 - p) + (k ? law[k - 1] * p : 0);
	for (uint32_t known = 0; known <= known_n; known++) {
		v->first[known] = 0;
		for (uint32_t k = 0; k <= unknown_n; k++)
			v->first[known] += law[k] * writes_first(m->attack, known + k, m->size);
	}
}

/* likelihoods writes those of what was seen, by wording; the largest is 1. */
static void likelihoods(const struct code_seen *seen, double *out)
{
	double top = -INFINITY;
	for (uint32_t k = 0; k < seen->bias.q; k++)
		top = fmax(top, (double)seen->loglik[k]);
	for (uint32_t k = 0; k < seen->bias.q; k++)
		out[k] = exp((double)seen->loglik[k] - top);
}

/* struct coalition: a model, and the symbols of the members who are known. */
struct coalition {
	const struct code_model *model;
	const uint16_t *const *partner;
	uint32_t partners_n;
};

static void view_make(const struct code_bias *bias, const double *lik, size_t i,
		      const struct coalition *c, struct view *v)
{
	uint32_t q = bias->q, split = code_bias_split(q);
	uint32_t unknown_n = c->model->size - 1 - c->partners_n;
	double p = (double)bias->cum[split] / (double)CODE_BIAS_ONE;
	*v = (struct view){.split = split,
			   .unknown = {unknown_n * p, unknown_n * (1 - p)},
			   .wordings = {split, q - split}};
	for (uint32_t k = 0; k < q; k++)
		v->lik[k >= split] += lik[k];
	for (uint32_t j = 0; j < c->partners_n; j++) {
		uint32_t k = c->partner[j][i];
		assert(k < q);
		v->known[k >= split]++;
		v->partners_lik[k >= split] += lik[k];
	}
	view_first(v, c->model, c->partners_n + 1, p);
}

/* member_lik returns the likelihood of what was seen if the member has wording k, whose own is
 * own: the coalition chooses a group, and within it a member. */
static double member_lik(const struct view *v, uint32_t k, double own)
{
	int mine = k >= v->split;
	double first = v->first[v->known[0] + (mine == 0)], sum = 0;
	for (int g = 0; g < GROUPS; g++) {
		double members = v->known[g] + (g == mine) + v->unknown[g];
		double lik = v->partners_lik[g] + (g == mine ? own : 0) +
			     v->unknown[g] * v->lik[g] / v->wordings[g];
		if (members > 0)
			sum += (g == 0 ? first : 1 - first) * lik / members;
	}
	return fmax(sum, LIKELIHOOD_FLOOR);
}

void code_coalition_loglik(const struct code_seen *seen, size_t n, const struct code_model *m,
			   const uint16_t *const *partner, uint32_t partners_n, float *out)
{
	const struct coalition c = {m, partner, partners_n};
	assert(m->size >= 2 && m->size <= CODE_COLLUSION_MAX);
	assert(partners_n <= CODE_PARTNERS_MAX && partners_n < m->size);
	for (size_t i = 0; i < n; i++) {
		const struct code_bias *b = &seen[i].bias;
		double lik[LIMIT_WORDINGS], mean = 0;
		struct view v;
		likelihoods(&seen[i], lik);
		view_make(b, lik, i, &c, &v);
		for (uint32_t k = 0; k < b->q; k++) {
			lik[k] = member_lik(&v, k, lik[k]);
			mean += code_bias_p(b, k) * lik[k];
		}
		for (uint32_t k = 0; k < b->q; k++)
			*out++ = (float)log(lik[k] / mean);
	}
}

void code_symmetric_loglik(const struct code_seen *seen, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct code_bias *b = &seen[i].bias;
		double written[LIMIT_WORDINGS], sum = 0, others = 0;
		likelihoods(&seen[i], written);
		for (uint32_t k = 0; k < b->q; k++) {
			double p = code_bias_p(b, k);
			written[k] *= p;
			sum += written[k];
			others += written[k] * sqrt(p / (1 - p));
		}
		for (uint32_t k = 0; k < b->q; k++) {
			double p = code_bias_p(b, k), own = 1 / sqrt(p * (1 - p));
			*out++ = (float)((written[k] * own - others) / sum);
		}
	}
}

size_t code_seen_wordings(const struct code_seen *seen, size_t n)
{
	size_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += seen[i].bias.q;
	return sum;
}

void code_seen_with(const struct code_seen *seen, size_t n, const float *loglik,
		    struct code_seen *out)
{
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct code_seen){seen[i].bias, loglik};
		loglik += seen[i].bias.q;
	}
}
