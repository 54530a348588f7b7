/* SPDX-License-Identifier: Apache-2.0 */
#include "align_chain.h"

#include <stdlib.h>

enum {
	GAP_TOKENS_MAX = 60, /* between two seeds of a chain, in the text */
	GAP_COLUMNS_MAX = 60, /* and in the paper */
	LOOK_BACK = 96,	     /* seeds tried as a seed's predecessor */
	SEED_SCORE = 10,
	SEEDS_PER_TOKEN_MAX = 64, /* a shingle repeated more often in the paper says nothing */
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

static struct sr_err add_seeds(struct arena *a, const struct align_graph *g, uint32_t hash,
			       uint32_t token, struct seeds *out)
{
	uint32_t low = hash & ((1u << ALIGN_FILTER_BITS) - 1);
	if (!(g->filter[low / 64] >> low % 64 & 1))
		return sr_ok();
	uint32_t b = hash >> (32 - ALIGN_BUCKET_BITS);
	uint32_t made = 0, last = ALIGN_NONE;
	for (uint32_t s = g->bucket[b]; s < g->bucket[b + 1]; s++) {
		if (g->shingles[s].hash != hash || g->shingles[s].node == last)
			continue;
		if (made++ == SEEDS_PER_TOKEN_MAX)
			break;
		last = g->shingles[s].node;
		struct align_seed *at = arena_grow(a, out->at, out->n, &out->cap, sizeof *at);
		if (!at)
			return sr_nomem();
		out->at = at;
		out->at[out->n++] = (struct align_seed){token, last};
	}
	return sr_ok();
}

static struct sr_err find_seeds(struct arena *a, const struct align_graph *g,
				const struct text_tokens *text, struct seeds *out)
{
	for (size_t i = ALIGN_SHINGLE - 1; i < text->n; i++) {
		uint32_t hash = align_shingle_hash(text->at[i - 2].hash, text->at[i - 1].hash,
						   text->at[i].hash);
		SR_TRY(add_seeds(a, g, hash, (uint32_t)i, out));
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

struct sr_err align_chains_find(struct arena *a, const struct align_graph *g,
				const struct text_tokens *text, struct align_chains *out)
{
	*out = (struct align_chains){0};
	struct arena scratch = {0};
	struct seeds s = {0};
	struct sr_err e = find_seeds(&scratch, g, text, &s);
	if (!sr_bad(e) && s.n) {
		struct link *links = ARENA_ARRAY(&scratch, s.n, struct link);
		if (links) {
			link_all(g, &s, links);
			e = take_chains(a, &s, links, &scratch, out);
		} else {
			e = sr_nomem();
		}
	}
	arena_release(&scratch);
	return e;
}
