/* SPDX-License-Identifier: Apache-2.0 */
#include "align_chain.h"

#include <stdlib.h>

enum {
	GAP_TOKENS_MAX = 60,  /* between two seeds of a chain, in the text */
	GAP_COLUMNS_MAX = 60, /* and in the paper */
	LOOK_BACK = 96,       /* seeds tried as a seed's predecessor */
	SEED_SCORE = 10,
	SEEDS_PER_TOKEN_MAX = 16, /* a shingle that the paper repeats more often says nothing */
	SEEDS_PER_NODE_MAX = 256, /* nor does one that the text has repeated so often */
};

/* A seed while chains are made: the best chain that ends with it. */
struct link {
	int32_t score;
	uint32_t before; /* seed, ALIGN_NONE: none */
	bool used;
};

struct seeds {
	struct align_seed *at;
	size_t n, cap;
};

/* first_shingle returns the index of the first shingle with this hash or a higher one. */
static uint32_t first_shingle(const struct align_graph *g, uint32_t hash)
{
	uint32_t lo = g->bucket[hash >> (32 - ALIGN_BUCKET_BITS)];
	uint32_t hi = g->bucket[(hash >> (32 - ALIGN_BUCKET_BITS)) + 1];
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (g->shingles[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool in_filter(const struct align_graph *g, uint32_t hash)
{
	uint32_t low = hash & ((1u << ALIGN_FILTER_BITS) - 1);
	return g->filter[low / 64] >> low % 64 & 1;
}

/* What is kept while seeds are found. hits: seeds so far, by node; tired: shingles, by the first of
 * their range, that the paper repeats too often. */
struct seeker {
	struct arena *scratch;
	const struct align_graph *g;
	uint16_t *hits;
	uint8_t *tired, *overrun;
};

/* shingle_end returns the end of the range that begins at from, or from if it is too long. */
static uint32_t shingle_end(struct seeker *k, uint32_t from)
{
	const struct align_shingle *s = k->g->shingles;
	uint32_t to = from;
	if (from == k->g->shingles_n || k->tired[from])
		return from;
	while (to < k->g->shingles_n && s[to].hash == s[from].hash)
		to++;
	if (to - from <= SEEDS_PER_TOKEN_MAX)
		return to;
	k->tired[from] = 1;
	for (uint32_t i = from; i < to; i++)
		k->overrun[s[i].node] = 1;
	return from;
}

static struct sr_err add_seeds(struct seeker *k, uint32_t hash, uint32_t token, struct seeds *out)
{
	uint32_t from = first_shingle(k->g, hash);
	if (from == k->g->shingles_n || k->g->shingles[from].hash != hash)
		return sr_ok();
	for (uint32_t s = from, to = shingle_end(k, from); s < to; s++) {
		uint32_t node = k->g->shingles[s].node;
		if (k->hits[node] == SEEDS_PER_NODE_MAX) {
			k->overrun[node] = 1;
			continue;
		}
		k->hits[node]++;
		struct align_seed *at =
			arena_grow(k->scratch, out->at, out->n, &out->cap, sizeof *at);
		if (!at)
			return sr_nomem();
		out->at = at;
		out->at[out->n++] = (struct align_seed){token, node};
	}
	return sr_ok();
}

static struct sr_err find_seeds(struct seeker *k, const struct text_tokens *text, struct seeds *out)
{
	const struct text_token *t = text->at;
	for (size_t i = ALIGN_SHINGLE - 1; i < text->n; i++) {
		uint32_t hash = align_shingle_hash(t[i - 2].hash, t[i - 1].hash, t[i].hash);
		if (in_filter(k->g, hash))
			SR_TRY(add_seeds(k, hash, (uint32_t)i, out));
	}
	return sr_ok();
}

/* link_score is what b adds to a chain that ends with a, or 0 if it cannot follow. */
static int32_t link_score(const struct align_graph *g, struct align_seed a, struct align_seed b)
{
	uint32_t ca = g->nodes[a.node].column, cb = g->nodes[b.node].column;
	if (b.token <= a.token || b.node <= a.node || cb <= ca)
		return 0;
	uint32_t dt = b.token - a.token, dc = cb - ca;
	if (dt > GAP_TOKENS_MAX || dc > GAP_COLUMNS_MAX)
		return 0;
	uint32_t skew = dt > dc ? dt - dc : dc - dt;
	int32_t penalty = (int32_t)(skew < 18 ? skew / 2 : 9);
	return SEED_SCORE - penalty;
}

static void link_all(const struct align_graph *g, const struct seeds *s, struct link *links)
{
	for (size_t j = 0; j < s->n; j++) {
		links[j] = (struct link){SEED_SCORE, ALIGN_NONE, false};
		for (size_t i = j; i > 0 && j - i < LOOK_BACK; i--) {
			if (s->at[j].token - s->at[i - 1].token > GAP_TOKENS_MAX)
				break;
			int32_t add = link_score(g, s->at[i - 1], s->at[j]);
			if (add && links[i - 1].score + add > links[j].score) {
				links[j].score = links[i - 1].score + add;
				links[j].before = (uint32_t)(i - 1);
			}
		}
	}
}

struct ranked {
	int32_t score;
	uint32_t seed;
};

static int best_first(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->seed < y->seed ? -1 : x->seed > y->seed;
}

/* take_chain walks back from the last seed over unused ones and writes them in order. */
static size_t take_chain(const struct seeds *s, struct link *links, uint32_t last,
			 struct align_seed *out)
{
	size_t n = 0;
	for (uint32_t i = last; i != ALIGN_NONE && !links[i].used; i = links[i].before) {
		links[i].used = true;
		out[n++] = s->at[i];
	}
	for (size_t i = 0; i < n / 2; i++) {
		struct align_seed t = out[i];
		out[i] = out[n - 1 - i];
		out[n - 1 - i] = t;
	}
	return n;
}

static struct sr_err take_chains(struct arena *a, const struct seeds *s, struct link *links,
				 struct arena *scratch, struct align_chains *out)
{
	struct ranked *order = ARENA_ARRAY(scratch, s->n, struct ranked);
	out->seeds = ARENA_ARRAY(a, s->n, struct align_seed);
	out->chains = ARENA_ARRAY(a, s->n, struct align_chain);
	if (!order || !out->seeds || !out->chains)
		return sr_nomem();
	for (size_t i = 0; i < s->n; i++)
		order[i] = (struct ranked){links[i].score, (uint32_t)i};
	qsort(order, s->n, sizeof *order, best_first);
	size_t used = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (links[order[i].seed].used)
			continue;
		size_t n = take_chain(s, links, order[i].seed, out->seeds + used);
		out->chains[out->chains_n++] = (struct align_chain){used, used + n};
		used += n;
	}
	return sr_ok();
}

static struct sr_err find_chains(struct arena *a, struct seeker *k, const struct text_tokens *text,
				 struct align_chains *out)
{
	struct seeds s = {0};
	out->overrun = ARENA_ARRAY(a, k->g->nodes_n, uint8_t);
	k->hits = ARENA_ARRAY(k->scratch, k->g->nodes_n, uint16_t);
	k->tired = ARENA_ARRAY(k->scratch, k->g->shingles_n, uint8_t);
	k->overrun = out->overrun;
	if (!k->overrun || !k->hits || !k->tired)
		return sr_nomem();
	SR_TRY(find_seeds(k, text, &s));
	if (!s.n)
		return sr_ok();
	struct link *links = ARENA_ARRAY(k->scratch, s.n, struct link);
	if (!links)
		return sr_nomem();
	link_all(k->g, &s, links);
	return take_chains(a, &s, links, k->scratch, out);
}

struct sr_err align_chains_find(struct arena *a, const struct align_graph *g,
				const struct text_tokens *text, struct align_chains *out)
{
	*out = (struct align_chains){0};
	struct arena scratch = {0};
	struct seeker k = {.scratch = &scratch, .g = g};
	struct sr_err e = find_chains(a, &k, text, out);
	arena_release(&scratch);
	return e;
}
