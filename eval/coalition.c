/* SPDX-License-Identifier: Apache-2.0 */
#include "coalition.h"

#include "base_parallel.h"
#include "mark_words.h"
#include "sim.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

enum { WORDINGS_MAX = 3, ID_LEN = 11 };

const char *strategy_name(enum strategy_kind kind)
{
	static const char *const name[] = {"interleaving", "majority", "minority", "all ones",
					   "all zeros",    "coin",     "searched"};
	return name[kind];
}

/* struct bench: one trial. x[j] is member j's codeword. */
struct bench {
	struct arena a;
	const struct coalition *c;
	struct sim sim;
	struct crypto_key seed;
	uint8_t lattice_hash[CRYPTO_HASH_LEN];
	struct code_stream stream;
	struct code_bias *bias;
	struct slice *id;
	uint16_t *x[COALITION_MEMBERS_MAX];
	struct code_seen *seen;
	uint32_t *place, *passage;
	size_t n;
};

static struct sr_err make_paper(struct bench *t)
{
	const struct coalition *c = t->c;
	const struct code_design d = {&t->seed, t->lattice_hash, c->design};
	uint32_t *q = ARENA_ARRAY(&t->a, c->places, uint32_t);
	t->bias = ARENA_ARRAY(&t->a, c->places, struct code_bias);
	if (!q || !t->bias)
		return sr_nomem();
	for (size_t i = 0; i < c->places; i++)
		q[i] = i % 2 ? c->wordings_max : 2;
	return code_design_biases(&t->a, &d, CODE_LAYER_WORDS, q, c->places, t->bias);
}

static struct sr_err make_readers(struct bench *t)
{
	const struct coalition *c = t->c;
	char *text = ARENA_ARRAY(&t->a, (size_t)c->readers * ID_LEN + 1, char);
	t->id = ARENA_ARRAY(&t->a, c->readers, struct slice);
	if (!text || !t->id)
		return sr_nomem();
	for (uint32_t r = 0; r < c->readers; r++, text += ID_LEN) {
		(void)snprintf(text, ID_LEN + 1, "r%010u", r);
		t->id[r] = slice_make(text, ID_LEN);
	}
	for (uint32_t j = 0; j < c->members; j++) {
		t->x[j] = ARENA_ARRAY(&t->a, c->places, uint16_t);
		if (!t->x[j])
			return sr_nomem();
		SR_TRY(code_symbols_all(&t->stream, t->id[j], t->bias, c->places, t->x[j]));
	}
	return sr_ok();
}

/* pick returns one of those wordings with votes whose rank is the largest, by lot. */
static uint32_t pick(struct sim *s, const int *rank, const uint32_t *votes)
{
	uint32_t best = 0, ties = 0;
	for (uint32_t k = 0; k < WORDINGS_MAX; k++) {
		if (!votes[k] || (ties && rank[k] < rank[best]))
			continue;
		ties = ties && rank[k] == rank[best] ? ties + 1 : 1;
		if (ties == 1 || sim_below(s, ties) == 0)
			best = k;
	}
	return best;
}

static uint32_t node_at(const struct nodes *nodes, double p)
{
	uint32_t b = 0;
	while (b + 1 < nodes->n && nodes->p[b] < p)
		b++;
	return b;
}

/* write_place returns the wording that the coalition writes at place i. */
static uint32_t write_place(struct bench *t, size_t i)
{
	const struct coalition *c = t->c;
	uint32_t votes[WORDINGS_MAX] = {0};
	int rank[WORDINGS_MAX] = {0};
	for (uint32_t j = 0; j < c->members; j++)
		votes[t->x[j][i]]++;
	if (c->strategy->kind == STRATEGY_TABLE) {
		uint32_t b = node_at(&c->nodes, code_bias_p(&t->bias[i], 0));
		return !sim_chance(&t->sim, c->strategy->first[b][votes[0]]);
	}
	if (c->strategy->kind == STRATEGY_INTERLEAVING)
		return t->x[sim_below(&t->sim, c->members)][i];
	for (int k = 0; k < WORDINGS_MAX; k++) {
		if (c->strategy->kind == STRATEGY_MAJORITY)
			rank[k] = (int)votes[k];
		else if (c->strategy->kind == STRATEGY_MINORITY)
			rank[k] = -(int)votes[k];
		else if (c->strategy->kind != STRATEGY_COIN)
			rank[k] = c->strategy->kind == STRATEGY_ALL_ONES ? k : -k;
	}
	return pick(&t->sim, rank, votes);
}

/* read_place is what trace makes of a place where wording k stands. */
static struct sr_err read_place(struct bench *t, size_t i, uint32_t k)
{
	uint32_t q = t->bias[i].q;
	float *loglik = ARENA_ARRAY(&t->a, q, float);
	if (!loglik)
		return sr_nomem();
	for (uint32_t w = 0; w < q; w++)
		loglik[w] = w == k ? 0 : -MARK_REPLACED_NATS;
	t->seen[t->n] = (struct code_seen){t->bias[i], loglik};
	t->place[t->n] = (uint32_t)i;
	t->passage[t->n++] = CODE_NO_PASSAGE;
	return sr_ok();
}

static struct sr_err make_leak(struct bench *t)
{
	const struct coalition *c = t->c;
	t->seen = ARENA_ARRAY(&t->a, c->places, struct code_seen);
	t->place = ARENA_ARRAY(&t->a, c->places, uint32_t);
	t->passage = ARENA_ARRAY(&t->a, c->places, uint32_t);
	if (!t->seen || !t->place || !t->passage)
		return sr_nomem();
	for (size_t i = 0; i < c->places; i++) {
		uint32_t q = t->bias[i].q, k = write_place(t, i);
		if (sim_chance(&t->sim, c->erased))
			continue;
		if (sim_chance(&t->sim, c->wrong))
			k = (k + 1 + (uint32_t)sim_below(&t->sim, q - 1)) % q;
		SR_TRY(read_place(t, i, k));
	}
	return sr_ok();
}

static void count(const struct bench *t, const struct code_finding *f, struct tally *out)
{
	const struct code_finding *surest = f;
	*out = (struct tally){.trials = 1};
	for (uint32_t r = 0; r < t->c->readers; r++) {
		bool member = r < t->c->members;
		if (member && f[r].p_value < surest->p_value)
			surest = &f[r];
		if (f[r].p_value <= t->c->level)
			*(member ? &out->members : &out->innocents) += 1;
	}
	out->caught = out->members > 0;
	out->stage[surest->ground.stage] = out->caught;
	out->digits = -log10(surest->p_value);
}

static struct sr_err run_bench(struct bench *t, struct tally *out)
{
	struct code_scores scores;
	const struct code_readers readers = {&t->stream, NULL, t->c->readers, t->c->readers};
	struct code_readers all = readers;
	struct code_finding *f = ARENA_ARRAY(&t->a, t->c->readers, struct code_finding);
	if (!f)
		return sr_nomem();
	SR_TRY(make_paper(t));
	SR_TRY(make_readers(t));
	SR_TRY(make_leak(t));
	const struct code_leak leak = {t->seen, t->place, t->passage,  t->n,
				       {t->n},  0,        t->c->design};
	all.id = t->id;
	SR_TRY(code_scores_make(&t->a, &leak, &scores));
	SR_TRY(code_accuse(&leak, &scores, &all, f));
	count(t, f, out);
	return sr_ok();
}

static struct sr_err trial(const struct coalition *c, uint64_t seed, struct tally *out)
{
	/* Neighbouring seeds give unrelated states. */
	struct sim mix = {seed};
	struct bench t = {.c = c, .sim = {sim_u64(&mix)}};
	t.stream = (struct code_stream){&t.seed, CRYPTO_LABEL_SYMBOLS_WORDS, t.lattice_hash};
	sim_seed(&t.sim, &t.seed);
	struct sr_err err = run_bench(&t, out);
	crypto_key_release(&t.seed);
	arena_release(&t.a);
	return err;
}

struct run {
	const struct coalition *c;
	uint64_t seed;
	struct tally *each;
};

static struct sr_err run_slice(void *user, unsigned thread, size_t from, size_t to)
{
	const struct run *r = user;
	(void)thread;
	for (size_t i = from; i < to; i++)
		SR_TRY(trial(r->c, r->seed + i, &r->each[i]));
	return sr_ok();
}

static void add(struct tally *sum, const struct tally *t)
{
	sum->trials += t->trials;
	sum->caught += t->caught;
	sum->members += t->members;
	sum->innocents += t->innocents;
	sum->digits += t->digits;
	for (int s = 0; s < CODE_STAGES; s++)
		sum->stage[s] += t->stage[s];
}

struct sr_err coalition_run(const struct coalition *c, uint64_t seed, size_t trials,
			    struct tally *out)
{
	struct arena a = {0};
	struct run r = {c, seed, ARENA_ARRAY(&a, trials, struct tally)};
	const struct parallel p = {.n = trials, .slice_n = 1, .run = run_slice, .user = &r};
	assert(c->members <= COALITION_MEMBERS_MAX && c->wordings_max <= WORDINGS_MAX);
	struct sr_err err = r.each ? parallel_run(&p) : sr_nomem();
	*out = (struct tally){0};
	for (size_t i = 0; i < trials && !sr_bad(err); i++)
		add(out, &r.each[i]);
	arena_release(&a);
	return err;
}

static void count_node(struct nodes *out, double p)
{
	uint32_t b = 0;
	while (b < out->n && out->p[b] < p)
		b++;
	if (b == out->n || out->p[b] != p) {
		assert(out->n < COALITION_NODES_MAX);
		for (uint32_t k = out->n++; k > b; k--) {
			out->p[k] = out->p[k - 1];
			out->share[k] = out->share[k - 1];
		}
		out->p[b] = p;
		out->share[b] = 0;
	}
	out->share[b]++;
}

struct sr_err nodes_of_design(uint32_t collusion, struct nodes *out)
{
	enum { SAMPLE = 100 * 1000 };
	struct sim s = {1};
	const struct coalition c = {.design = collusion, .places = SAMPLE, .wordings_max = 2};
	struct bench t = {.c = &c};
	*out = (struct nodes){0};
	sim_seed(&s, &t.seed);
	struct sr_err err = make_paper(&t);
	for (size_t i = 0; i < SAMPLE && !sr_bad(err); i++)
		count_node(out, code_bias_p(&t.bias[i], 0));
	for (uint32_t b = 0; b < out->n; b++)
		out->share[b] /= SAMPLE;
	crypto_key_release(&t.seed);
	arena_release(&t.a);
	return err;
}
