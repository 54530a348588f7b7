/* SPDX-License-Identifier: Apache-2.0 */
#include "code_score.h"

#include "code_law.h"
#include "code_symbols.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* A unit is between 2^-UNIT_LOG_MAX and 2^-UNIT_LOG_MIN nats, the finest with which the score has
 * BINS_WANTED values at most, if there is one; of a coalition's member, also MEMBER_BINS a place:
 * there are many such scores, and 1 in 24 of a place's weight costs no power that can be seen. */
enum { UNIT_LOG_MIN = -1, UNIT_LOG_MAX = 6, BINS_WANTED = 1 << 16, MEMBER_BINS = 24 };

static_assert((CODE_LOGLIK_RANGE << UNIT_LOG_MAX) < UINT16_MAX, "a weight is a small integer");
static_assert((int64_t)CODE_SEEN_MAX * (CODE_LOGLIK_RANGE << UNIT_LOG_MAX) <= INT32_MAX,
	      "the sum of all weights fits 32 bits");

/* Entry first[i] + k of weight and nats belongs to symbol k of seen place i. */
struct code_score {
	size_t n;
	const uint32_t *first; /* n + 1 */
	const uint32_t *weight;
	const double *nats;
	const double *original; /* n + 1: the ratio of a writer who keeps the first i originals */
	int64_t max;
	struct code_tail innocent; /* P(S >= s) */
	struct code_tail leaker;   /* P(max - S >= s); at is NULL if it was not asked for */
};

/* struct draft: a score being built. */
struct draft {
	const struct code_seen *seen;
	size_t n;
	uint32_t *first, *weight;
	double *nats, *original;
};

static struct sr_err seen_check(const struct code_seen *seen, size_t n)
{
	if (n > CODE_SEEN_MAX)
		return sr_fail(SR_E_LIMIT, "too many places in one score");
	for (size_t i = 0; i < n; i++) {
		SR_TRY(code_bias_check(&seen[i].bias));
		for (uint32_t k = 0; k < seen[i].bias.q; k++)
			if (!isfinite(seen[i].loglik[k]))
				return sr_fail(SR_E_INPUT, "a reading is not a finite number");
	}
	return sr_ok();
}

static struct sr_err draft_alloc(struct arena *a, struct draft *d)
{
	d->first = ARENA_ARRAY(a, d->n + 1, uint32_t);
	if (!d->first)
		return sr_nomem();
	for (size_t i = 0; i < d->n; i++)
		d->first[i + 1] = d->first[i] + d->seen[i].bias.q;
	d->weight = ARENA_ARRAY(a, d->first[d->n], uint32_t);
	d->nats = ARENA_ARRAY(a, d->first[d->n], double);
	d->original = ARENA_ARRAY(a, d->n + 1, double);
	return d->weight && d->nats && d->original ? sr_ok() : sr_nomem();
}

/* clamped writes a place's readings to out, the likeliest made 0, and returns the smallest. */
static double clamped(const struct code_seen *seen, double *out)
{
	double top = -INFINITY, least = 0;
	for (uint32_t k = 0; k < seen->bias.q; k++)
		top = fmax(top, (double)seen->loglik[k]);
	for (uint32_t k = 0; k < seen->bias.q; k++) {
		out[k] = fmax((double)seen->loglik[k] - top, -CODE_LOGLIK_RANGE);
		least = fmin(least, out[k]);
	}
	return least;
}

static int unit_log(const struct draft *d, bool single_leaker)
{
	double sum = 0, wanted = BINS_WANTED;
	int log = UNIT_LOG_MAX;
	if (!single_leaker)
		wanted = fmin(wanted, MEMBER_BINS * (double)d->n);
	for (size_t i = 0; i < d->n; i++)
		sum -= clamped(&d->seen[i], d->nats + d->first[i]);
	while (log > UNIT_LOG_MIN && ldexp(sum, log) > wanted)
		log--;
	return log;
}

static double original_p(uint32_t q, uint32_t k)
{
	return k == 0 ? CODE_ORIGINAL : (1 - CODE_ORIGINAL) / (q - 1);
}

/* draft_place fills place i: weights in units of 2^-log nats, ratios in nats. */
static void draft_place(struct draft *d, size_t i, int log_unit)
{
	const struct code_bias *bias = &d->seen[i].bias;
	uint32_t *weight = d->weight + d->first[i];
	double *nats = d->nats + d->first[i];
	double least = clamped(&d->seen[i], nats), drawn = 0, original = 0;
	for (uint32_t k = 0; k < bias->q; k++) {
		weight[k] = (uint32_t)floor(ldexp(nats[k] - least, log_unit) + 0.5);
		drawn += code_bias_p(bias, k) * exp(nats[k]);
		original += original_p(bias->q, k) * exp(nats[k]);
	}
	for (uint32_t k = 0; k < bias->q; k++)
		nats[k] -= log(drawn);
	d->original[i + 1] = d->original[i] + (log(original) - log(drawn));
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t r = a % b;
		a = b;
		b = r;
	}
	return a;
}

static void draft_reduce(struct draft *d)
{
	uint32_t common = 0, len = d->first[d->n];
	for (uint32_t i = 0; i < len; i++)
		common = gcd(common, d->weight[i]);
	for (uint32_t i = 0; common && i < len; i++)
		d->weight[i] /= common;
}

static int atom_order(const void *a, const void *b)
{
	const struct code_atom *x = a, *y = b;
	return (x->value > y->value) - (x->value < y->value);
}

/* atoms_merge sorts n atoms by value, adds up equal values and returns how many are left. The
 * probabilities of a bias are multiples of 2^-32: their sums are exact. */
static uint32_t atoms_merge(struct code_atom *atom, uint32_t n)
{
	uint32_t last = 0;
	qsort(atom, n, sizeof *atom, atom_order);
	for (uint32_t k = 1; k < n; k++) {
		if (atom[k].value == atom[last].value)
			atom[last].p += atom[k].p;
		else
			atom[++last] = atom[k];
	}
	return last + 1;
}

static uint32_t weight_max(const struct draft *d, size_t i)
{
	uint32_t max = 0;
	for (uint32_t at = d->first[i]; at < d->first[i + 1]; at++)
		max = d->weight[at] > max ? d->weight[at] : max;
	return max;
}

enum side { INNOCENT, LEAKER };

/* place_atoms writes the law of place i: an innocent's weight, or what the leaker lacks to the
 * best one. */
static uint32_t place_atoms(const struct draft *d, size_t i, enum side side, struct code_atom *out)
{
	const struct code_bias *bias = &d->seen[i].bias;
	const uint32_t *weight = d->weight + d->first[i];
	uint32_t max = weight_max(d, i);
	for (uint32_t k = 0; k < bias->q; k++) {
		double p = code_bias_p(bias, k);
		if (side == INNOCENT)
			out[k] = (struct code_atom){weight[k], p};
		else
			out[k] = (struct code_atom){max - weight[k],
						    p * exp(d->nats[d->first[i] + k])};
	}
	return atoms_merge(out, bias->q);
}

static struct sr_err draft_law(struct arena *a, const struct draft *d, enum side side,
			       struct code_tail *out)
{
	struct arena scratch = {0};
	struct code_summand *sum = ARENA_ARRAY(&scratch, d->n, struct code_summand);
	struct code_atom *atom = ARENA_ARRAY(&scratch, d->first[d->n], struct code_atom);
	struct sr_err err = sum && atom ? sr_ok() : sr_nomem();
	for (size_t i = 0; !sr_bad(err) && i < d->n; i++) {
		sum[i].atom = atom + d->first[i];
		sum[i].n = place_atoms(d, i, side, atom + d->first[i]);
	}
	if (!sr_bad(err))
		err = code_law_tail(a, sum, d->n, out);
	arena_release(&scratch);
	return err;
}

/* log_half_sum returns log((1 + exp(x)) / 2). */
static double log_half_sum(double x)
{
	return fmax(x, 0) + log1p(exp(-fabs(x))) - log(2);
}

static struct sr_err build(struct arena *a, const struct code_seen *seen, size_t n,
			   bool single_leaker, const struct code_score **out)
{
	SR_TRY(seen_check(seen, n));
	struct draft d = {.seen = seen, .n = n};
	struct code_score *s = ARENA_NEW(a, struct code_score);
	if (!s)
		return sr_nomem();
	SR_TRY(draft_alloc(a, &d));
	int log_unit = unit_log(&d, single_leaker);
	for (size_t i = 0; i < n; i++)
		draft_place(&d, i, log_unit);
	draft_reduce(&d);
	SR_TRY(draft_law(a, &d, INNOCENT, &s->innocent));
	if (single_leaker)
		SR_TRY(draft_law(a, &d, LEAKER, &s->leaker));
	s->n = n;
	s->first = d.first;
	s->weight = d.weight;
	s->nats = d.nats;
	s->original = d.original;
	for (size_t i = 0; i < n; i++)
		s->max += weight_max(&d, i);
	*out = s;
	return sr_ok();
}

struct sr_err code_score_build(struct arena *a, const struct code_seen *seen, size_t n,
			       const struct code_score **out)
{
	return build(a, seen, n, true, out);
}

struct sr_err code_score_build_member(struct arena *a, const struct code_seen *seen, size_t n,
				      const struct code_score **out)
{
	return build(a, seen, n, false, out);
}

/* entry returns where symbol number i of a reader stands in weight and nats. */
static uint32_t entry(const struct code_score *s, size_t i, uint32_t symbol)
{
	assert(i < s->n && symbol < s->first[i + 1] - s->first[i]);
	return s->first[i] + symbol;
}

size_t code_score_places(const struct code_score *s)
{
	return s->n;
}

uint32_t code_score_wordings(const struct code_score *s, size_t i)
{
	assert(i < s->n);
	return s->first[i + 1] - s->first[i];
}

uint32_t code_score_weight(const struct code_score *s, size_t i, uint32_t k)
{
	return s->weight[entry(s, i, k)];
}

int64_t code_score_of(const struct code_score *s, const uint16_t *symbols)
{
	int64_t sum = 0;
	for (size_t i = 0; i < s->n; i++)
		sum += s->weight[entry(s, i, symbols[i])];
	return sum;
}

int64_t code_score_max(const struct code_score *s)
{
	return s->max;
}

double code_score_tail(const struct code_score *s, int64_t units)
{
	return code_law_at(&s->innocent, units);
}

double code_score_leaker_tail(const struct code_score *s, int64_t units)
{
	assert(s->leaker.at);
	return code_law_at(&s->leaker, units < 0 ? s->max + 1 : s->max - units);
}

double code_score_nats(const struct code_score *s, const uint16_t *symbols)
{
	double sum = 0;
	for (size_t i = 0; i < s->n; i++)
		sum += s->nats[entry(s, i, symbols[i])];
	return sum;
}

double code_score_none_nats(const struct code_score *s, size_t originals_n)
{
	assert(originals_n <= s->n);
	return log_half_sum(s->original[originals_n]);
}
