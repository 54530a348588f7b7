/* SPDX-License-Identifier: Apache-2.0 */
#include "code_coalition.h"

#include "code_design.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* The least that a likelihood counts as, below what code_score.h tells apart. */
#define LIKELIHOOD_FLOOR 1e-12

/* How likely a wording is written against a majority: of more than two there may be none. */
#define SLIP 1e-6

uint32_t code_models_n(uint32_t size)
{
	return size == 2 ? CODE_ALL_LAST + 1 : CODE_ATTACKS;
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
	uint32_t partners_n, unknown_n; /* besides the member in question */
};

/* struct view: one place, and with which probability the coalition writes wording k there: own[k]
 * if the member in question has it, others[k] if he has another one; known[k] partners have it. */
struct view {
	double own[LIMIT_WORDINGS], others[LIMIT_WORDINGS];
	uint8_t known[LIMIT_WORDINGS];
};

/* writes returns the probability that a wording is written which k of size members have, for the
 * attacks that do not look at the order of the wordings. */
static double writes(enum code_attack attack, uint32_t k, uint32_t size)
{
	if (k == 0 || k == size)
		return k == size;
	double more = 2 * k > size ? 1 : 2 * k < size ? 0 : 0.5;
	switch (attack) {
	case CODE_INTERLEAVING:
		return (double)k / size;
	case CODE_MAJORITY:
		return more > 0 ? more : SLIP * k / size;
	case CODE_MINORITY:
		return 1 - more;
	case CODE_ALL_FIRST:
	case CODE_ALL_LAST:
	case CODE_COIN:
	case CODE_ATTACKS:
		break;
	}
	return 0.5;
}

/* view_counts fills the view of an attack that goes by how many have a wording: those who are not
 * known are draws from the bias. */
static void view_counts(const struct code_bias *b, const struct coalition *c, struct view *v)
{
	for (uint32_t k = 0; k < b->q; k++) {
		double law[CODE_COLLUSION_MAX + 1] = {1}, p = code_bias_p(b, k);
		for (uint32_t j = 0; j < c->unknown_n; j++)
			for (uint32_t n = j + 2; n-- > 0;)
				law[n] = law[n] * (1 - p) + (n ? law[n - 1] * p : 0);
		v->own[k] = v->others[k] = 0;
		for (uint32_t n = 0; n <= c->unknown_n; n++) {
			uint32_t have = v->known[k] + n;
			v->others[k] += law[n] * writes(c->model->attack, have, c->model->size);
			v->own[k] += law[n] * writes(c->model->attack, have + 1, c->model->size);
		}
	}
}

static double power(double x, uint32_t n)
{
	double product = 1;
	while (n--)
		product *= x;
	return product;
}

/* view_order fills the view of an attack that takes the first wording, or the last, that a member
 * has: k is written if nobody has one before it, and somebody has it. behind is the probability
 * that none of those who are not known has one before k, and further that none has k either. */
static void view_order(const struct code_bias *b, const struct coalition *c, struct view *v)
{
	bool first = c->model->attack == CODE_ALL_FIRST, passed = false;
	for (uint32_t at = 0; at < b->q; at++) {
		uint32_t k = first ? at : b->q - 1 - at;
		uint64_t from = first ? CODE_BIAS_ONE - b->cum[k] : b->cum[k + 1];
		uint64_t past = first ? CODE_BIAS_ONE - b->cum[k + 1] : b->cum[k];
		double behind = power((double)from / (double)CODE_BIAS_ONE, c->unknown_n);
		double further = power((double)past / (double)CODE_BIAS_ONE, c->unknown_n);
		v->own[k] = passed ? 0 : behind;
		v->others[k] = passed ? 0 : v->known[k] ? behind : behind - further;
		passed |= v->known[k] > 0;
	}
}

static void view_make(const struct code_bias *b, size_t i, const struct coalition *c,
		      struct view *v)
{
	memset(v->known, 0, b->q);
	for (uint32_t j = 0; j < c->partners_n; j++) {
		assert(c->partner[j][i] < b->q);
		v->known[c->partner[j][i]]++;
	}
	if (c->model->attack == CODE_ALL_FIRST || c->model->attack == CODE_ALL_LAST)
		view_order(b, c, v);
	else
		view_counts(b, c, v);
}

/* struct sums: over the wordings that the others have, the probabilities of being written, and the
 * same times the likelihoods. */
struct sums {
	double written, lik;
};

/* member_lik returns the likelihood of what was seen if the member has wording k. What is written
 * is his own wording or one of the others'; where the first is written, none behind his own, where
 * the last is, none before it. Of more than two wordings the counting attacks make probabilities
 * that do not add up to 1: the sum is divided out. */
static double member_lik(const struct view *v, enum code_attack attack, const struct sums *before,
			 const struct sums *behind, uint32_t k, double lik)
{
	struct sums sum = {v->own[k], v->own[k] * lik};
	if (attack != CODE_ALL_LAST) {
		sum.written += before->written;
		sum.lik += before->lik;
	}
	if (attack != CODE_ALL_FIRST) {
		sum.written += behind->written;
		sum.lik += behind->lik;
	}
	return fmax(sum.lik / sum.written, LIKELIHOOD_FLOOR);
}

/* member_liks turns the likelihoods of what was written, by wording, into those of the wording that
 * a member has. */
static void member_liks(const struct view *v, enum code_attack attack, uint32_t q, double *lik)
{
	struct sums before = {0, 0}, behind[LIMIT_WORDINGS + 1];
	behind[q] = before;
	for (uint32_t k = q; k-- > 0;)
		behind[k] = (struct sums){behind[k + 1].written + v->others[k],
					  behind[k + 1].lik + v->others[k] * lik[k]};
	for (uint32_t k = 0; k < q; k++) {
		double seen = lik[k];
		lik[k] = member_lik(v, attack, &before, &behind[k + 1], k, seen);
		before.written += v->others[k];
		before.lik += v->others[k] * seen;
	}
}

void code_coalition_loglik(const struct code_seen *seen, size_t n, const struct code_model *m,
			   const uint16_t *const *partner, uint32_t partners_n, float *out)
{
	assert(m->size >= 2 && m->size <= CODE_COLLUSION_MAX);
	assert(partners_n <= CODE_PARTNERS_MAX && partners_n < m->size);
	const struct coalition c = {m, partner, partners_n, m->size - 1 - partners_n};
	struct view v;
	for (size_t i = 0; i < n; i++) {
		const struct code_bias *b = &seen[i].bias;
		double lik[LIMIT_WORDINGS], mean = 0;
		likelihoods(&seen[i], lik);
		view_make(b, i, &c, &v);
		member_liks(&v, m->attack, b->q, lik);
		for (uint32_t k = 0; k < b->q; k++)
			mean += code_bias_p(b, k) * lik[k];
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
