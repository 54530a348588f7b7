/* SPDX-License-Identifier: Apache-2.0 */
#include "code_joint.h"

#include <assert.h>
#include <math.h>

uint32_t code_joint_models(uint32_t collusion, uint32_t partners_n, struct code_model *out)
{
	uint32_t just = partners_n + 1, n = 0;
	if (collusion < just)
		return 0;
	for (uint32_t a = 0; a < code_models_n(just); a++)
		out[n++] = (struct code_model){a, just};
	for (uint32_t a = 0; collusion > just && a < code_models_n(collusion); a++)
		out[n++] = (struct code_model){a, collusion};
	return n;
}

/* times returns a * b, or the largest number there is. */
static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;
	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

uint64_t code_joint_searched(uint32_t collusion, uint32_t partners_n, uint64_t readers_n)
{
	struct code_model models[CODE_JOINT_MODELS];
	uint64_t others = readers_n ? readers_n - 1 : 0;
	uint64_t sets = partners_n == 1 ? others : times(others, others ? others - 1 : 0) / 2;
	return times(sets, code_joint_models(collusion, partners_n, models));
}

/* struct search: what the sets of partners are tried with. log_ratio is the log-likelihood ratio
 * of each wording at each place, for the model and the partners at hand; first[i] is where place
 * i begins. */
struct search {
	const struct code_seen *seen;
	size_t n;
	const uint16_t *const *symbols;
	uint32_t suspects_n;
	struct code_model models[CODE_JOINT_MODELS];
	size_t *first;
	float *log_ratio;
	double *best; /* by suspect: the largest sum of log ratios so far */
	struct code_joint *out;
};

static double fit(const struct search *s, const uint16_t *own)
{
	double sum = 0;
	for (size_t i = 0; i < s->n; i++)
		sum += (double)s->log_ratio[s->first[i] + own[i]];
	return sum;
}

/* try_set tries all suspects with the partners set[0 .. partners_n) and model number. */
static void try_set(struct search *s, uint32_t number, const uint32_t *set, uint32_t partners_n)
{
	const uint16_t *partner[CODE_PARTNERS_MAX];
	for (uint32_t j = 0; j < partners_n; j++)
		partner[j] = s->symbols[set[j]];
	code_coalition_loglik(s->seen, s->n, &s->models[number], partner, partners_n, s->log_ratio);
	for (uint32_t i = 0; i < s->suspects_n; i++) {
		if (i == set[0] || (partners_n == 2 && i == set[1]))
			continue;
		double fits = fit(s, s->symbols[i]);
		if (fits <= s->best[i])
			continue;
		s->best[i] = fits;
		s->out[i].number = number;
		for (uint32_t j = 0; j < partners_n; j++)
			s->out[i].partner[j] = set[j];
	}
}

static void try_sets(struct search *s, uint32_t number, uint32_t partners_n)
{
	for (uint32_t a = 0; a < s->suspects_n; a++) {
		if (partners_n == 1)
			try_set(s, number, &a, 1);
		for (uint32_t b = a + 1; partners_n == 2 && b < s->suspects_n; b++)
			try_set(s, number, (uint32_t[]){a, b}, 2);
	}
}

struct sr_err code_joint_p(const struct code_seen *seen, size_t n, const struct code_model *m,
			   const uint16_t *const *partner, uint32_t partners_n, const uint16_t *own,
			   double *p)
{
	struct arena a = {0};
	const struct code_score *score = NULL;
	float *loglik = ARENA_ARRAY(&a, code_seen_wordings(seen, n), float);
	struct code_seen *member = ARENA_ARRAY(&a, n, struct code_seen);
	struct sr_err err = loglik && member ? sr_ok() : sr_nomem();
	if (!sr_bad(err)) {
		code_coalition_loglik(seen, n, m, partner, partners_n, loglik);
		code_seen_with(seen, n, loglik, member);
		err = code_score_build_member(&a, member, n, &score);
	}
	if (!sr_bad(err))
		*p = code_score_tail(score, code_score_of(score, own));
	arena_release(&a);
	return err;
}

/* next_best returns the suspect with the largest fit above least, or suspects_n. */
static uint32_t next_best(const struct search *s, double least)
{
	uint32_t best = s->suspects_n;
	for (uint32_t i = 0; i < s->suspects_n; i++) {
		if (s->best[i] <= least)
			continue;
		least = s->best[i];
		best = i;
	}
	return best;
}

static struct sr_err judge_best(struct search *s, uint32_t partners_n, double least)
{
	for (int laws = 0; laws < CODE_JOINT_LAWS; laws++) {
		uint32_t i = next_best(s, least);
		if (i == s->suspects_n)
			break;
		struct code_joint *j = &s->out[i];
		const uint16_t *partner[CODE_PARTNERS_MAX];
		for (uint32_t k = 0; k < partners_n; k++)
			partner[k] = s->symbols[j->partner[k]];
		SR_TRY(code_joint_p(s->seen, s->n, &s->models[j->number], partner, partners_n,
				    s->symbols[i], &j->p));
		s->best[i] = 0;
	}
	return sr_ok();
}

static struct sr_err search_open(struct arena *a, struct search *s)
{
	s->first = ARENA_ARRAY(a, s->n, size_t);
	s->log_ratio = ARENA_ARRAY(a, code_seen_wordings(s->seen, s->n), float);
	s->best = ARENA_ARRAY(a, s->suspects_n, double);
	if (!s->first || !s->log_ratio || !s->best)
		return sr_nomem();
	for (size_t i = 0, at = 0; i < s->n; at += s->seen[i++].bias.q)
		s->first[i] = at;
	return sr_ok();
}

struct sr_err code_joint_search(const struct code_seen *seen, size_t n, uint32_t collusion,
				uint32_t partners_n, const uint16_t *const *symbols,
				size_t suspects_n, double least_nats, struct code_joint *out)
{
	assert(partners_n >= 1 && partners_n <= CODE_PARTNERS_MAX);
	size_t most = partners_n == 1 ? CODE_PAIR_SUSPECTS : CODE_TRIPLE_SUSPECTS;
	struct arena a = {0};
	struct search s = {.seen = seen,
			   .n = n,
			   .symbols = symbols,
			   .suspects_n = (uint32_t)(suspects_n < most ? suspects_n : most),
			   .out = out};
	uint32_t models_n = code_joint_models(collusion, partners_n, s.models);
	for (size_t i = 0; i < suspects_n; i++)
		out[i] = (struct code_joint){.p = 1};
	struct sr_err err = search_open(&a, &s);
	for (uint32_t m = 0; m < models_n && !sr_bad(err); m++)
		try_sets(&s, m, partners_n);
	if (!sr_bad(err))
		err = judge_best(&s, partners_n, fmax(least_nats, 0));
	arena_release(&a);
	return err;
}
