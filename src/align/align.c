/* SPDX-License-Identifier: Apache-2.0 */
#include "align.h"

#include "align_band.h"
#include "align_chain.h"

#include <stdlib.h>

enum {
	MARGIN = 48,	      /* tokens aligned on both sides of a chain */
	SINGLE_SEED_MIN = 50, /* weight of a lone seed's three words that is worth a look */
	RIVAL_PERCENT = 85,   /* a passage this good beside the best makes both doubtful */
};

/* All passages found in one text, before it is settled which of them a token serves. */
struct finder {
	struct arena *a;
	const struct align_graph *g;
	const struct text_tokens *text;
	int32_t score_min;
	struct align_local *found;
	size_t found_n, found_cap;
};

/* To whom a token of the text belongs, and whether two passages wanted it equally. */
struct owner {
	uint32_t found; /* index + 1; 0: nobody */
	bool doubtful;
};

static struct sr_err keep(struct finder *f, const struct align_local *l)
{
	struct align_local *found =
		arena_grow(f->a, f->found, f->found_n, &f->found_cap, sizeof *found);
	if (!found)
		return sr_nomem();
	f->found = found;
	f->found[f->found_n++] = *l;
	return sr_ok();
}

static size_t seeds_before(const struct align_seed *seeds, size_t n, uint32_t token)
{
	size_t i = 0;
	while (i < n && seeds[i].token < token)
		i++;
	return i;
}

/* search aligns the tokens [from, to) near a chain, then what lies before and after the passage
 * found: a quotation with a long cut in it is several passages. */
static struct sr_err search(struct finder *f, const struct align_seed *seeds, size_t n,
			    uint32_t from, uint32_t to)
{
	while (n && from < to) {
		struct align_local l;
		SR_TRY(align_band(f->a, f->g, f->text, seeds, n, from, to, &l));
		if (!l.pairs_n || l.score < f->score_min)
			return sr_ok();
		SR_TRY(keep(f, &l));
		uint32_t first = l.pairs[0].token, last = l.pairs[l.pairs_n - 1].token;
		SR_TRY(search(f, seeds, seeds_before(seeds, n, first), from, first));
		size_t behind = seeds_before(seeds, n, last + 1);
		seeds += behind;
		n -= behind;
		from = last + 1;
	}
	return sr_ok();
}

static bool worth_a_look(const struct finder *f, const struct align_seed *seeds, size_t n)
{
	if (n > 1)
		return true;
	int32_t weight = 0;
	for (uint32_t i = 0; i < ALIGN_SHINGLE; i++)
		weight += align_weight(text_token_fold(f->text, seeds[0].token - i));
	return weight >= SINGLE_SEED_MIN;
}

static struct sr_err find_passages(struct finder *f)
{
	struct align_chains c;
	SR_TRY(align_chains_find(f->a, f->g, f->text, &c));
	for (size_t i = 0; i < c.chains_n; i++) {
		const struct align_seed *seeds = c.seeds + c.chains[i].from;
		size_t n = c.chains[i].to - c.chains[i].from;
		if (!worth_a_look(f, seeds, n))
			continue;
		uint32_t first = seeds[0].token, last = seeds[n - 1].token;
		uint32_t from = first > MARGIN ? first - MARGIN : 0;
		size_t to = (size_t)last + MARGIN < f->text->n ? last + MARGIN : f->text->n;
		SR_TRY(search(f, seeds, n, from, (uint32_t)to));
	}
	return sr_ok();
}

static int best_first(const void *a, const void *b)
{
	const struct align_local *x = a, *y = b;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->pairs[0].token != y->pairs[0].token)
		return x->pairs[0].token < y->pairs[0].token ? -1 : 1;
	return x->pairs[0].node < y->pairs[0].node ? -1 : x->pairs[0].node > y->pairs[0].node;
}

static const struct align_pair *pair_of(const struct align_local *l, uint32_t token)
{
	size_t lo = 0, hi = l->pairs_n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (l->pairs[mid].token < token)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < l->pairs_n && l->pairs[lo].token == token ? &l->pairs[lo] : NULL;
}

/* settle gives every token to the best passage that wants it. The passage that comes too late
 * loses it; if it is nearly as good and wants it for another spot of the paper, nobody may read
 * there. */
static void settle(const struct finder *f, struct owner *owners)
{
	for (size_t i = 0; i < f->found_n; i++) {
		const struct align_local *l = &f->found[i];
		for (size_t p = 0; p < l->pairs_n; p++) {
			struct owner *o = &owners[l->pairs[p].token];
			if (!o->found) {
				o->found = (uint32_t)i + 1;
				continue;
			}
			const struct align_local *first = &f->found[o->found - 1];
			const struct align_pair *rival = pair_of(first, l->pairs[p].token);
			bool elsewhere = !rival || rival->node != l->pairs[p].node;
			if (elsewhere && (int64_t)l->score * 100 >=
						 (int64_t)first->score * RIVAL_PERCENT)
				o->doubtful = true;
		}
	}
}

static bool serves(const struct owner *o, size_t found)
{
	return o->found == found + 1 && !o->doubtful;
}

static struct sr_err add_seen(struct finder *f, struct align_result *out, size_t *cap,
			      struct align_seen seen)
{
	struct align_seen *s = arena_grow(f->a, out->seen, out->seen_n, cap, sizeof *s);
	if (!s)
		return sr_nomem();
	out->seen = s;
	out->seen[out->seen_n++] = seen;
	return sr_ok();
}

/* read_cells notes what stood between the anchors of every cell that passage i crosses. */
static struct sr_err read_cells(struct finder *f, size_t i, const struct owner *owners,
				const uint32_t *cell_left, struct align_result *out, size_t *cap)
{
	const struct align_local *l = &f->found[i];
	for (size_t p = 0; p + 1 < l->pairs_n; p++) {
		const struct align_pair *left = &l->pairs[p];
		uint32_t cell = cell_left[left->node];
		if (cell == ALIGN_NONE || !left->match || !serves(&owners[left->token], i))
			continue;
		size_t q = p + 1;
		while (q < l->pairs_n && l->pairs[q].node < f->g->cells[cell].right)
			q++;
		const struct align_pair *right = q < l->pairs_n ? &l->pairs[q] : NULL;
		if (!right || right->node != f->g->cells[cell].right || !right->match ||
		    !serves(&owners[right->token], i))
			continue;
		bool clear = true;
		for (uint32_t t = left->token + 1; t < right->token; t++)
			clear = clear && (!owners[t].found || serves(&owners[t], i));
		if (clear)
			SR_TRY(add_seen(f, out, cap,
					(struct align_seen){cell, left->token + 1, right->token}));
	}
	return sr_ok();
}

/* touch notes which cells lie inside a passage or at its edge. */
static void touch(const struct finder *f, const struct align_passage *p, uint8_t *cells)
{
	for (size_t c = 0; c < f->g->cells_n; c++) {
		const struct align_cell *cell = &f->g->cells[c];
		uint32_t left = cell->left == ALIGN_NONE ? 0 : cell->left;
		uint32_t right = cell->right == ALIGN_NONE ? (uint32_t)f->g->nodes_n : cell->right;
		bool inside = p->node_from <= left && right <= p->node_to;
		bool edge = p->node_from <= right && left <= p->node_to;
		if (inside)
			cells[c] = ALIGN_INSIDE;
		else if (edge && !cells[c])
			cells[c] = ALIGN_EDGE;
	}
}

static int by_token(const void *a, const void *b)
{
	const struct align_passage *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->node_from < y->node_from ? -1 : x->node_from > y->node_from;
}

static struct align_passage passage_of(const struct align_local *l)
{
	const struct align_pair *first = &l->pairs[0], *last = &l->pairs[l->pairs_n - 1];
	return (struct align_passage){first->token, last->token + 1, first->node, last->node,
				      l->score};
}

static struct sr_err collect(struct finder *f, struct arena *scratch, struct align_result *out)
{
	const struct align_graph *g = f->g;
	struct owner *owners = ARENA_ARRAY(scratch, f->text->n, struct owner);
	uint32_t *cell_left = ARENA_ARRAY(scratch, g->nodes_n, uint32_t);
	uint8_t *cells = ARENA_ARRAY(scratch, g->cells_n, uint8_t);
	out->passages = ARENA_ARRAY(f->a, f->found_n, struct align_passage);
	out->touch = ARENA_ARRAY(f->a, g->places_n, uint8_t);
	if (!owners || !cell_left || !cells || !out->passages || !out->touch)
		return sr_nomem();
	for (size_t v = 0; v < g->nodes_n; v++)
		cell_left[v] = ALIGN_NONE;
	for (size_t c = 0; c < g->cells_n; c++)
		if (g->cells[c].left != ALIGN_NONE)
			cell_left[g->cells[c].left] = (uint32_t)c;
	settle(f, owners);
	size_t cap = 0;
	for (size_t i = 0; i < f->found_n; i++) {
		out->passages[out->passages_n++] = passage_of(&f->found[i]);
		touch(f, &out->passages[i], cells);
		SR_TRY(read_cells(f, i, owners, cell_left, out, &cap));
		const struct align_local *l = &f->found[i];
		for (size_t p = 0; p < l->pairs_n; p++)
			out->matched += l->pairs[p].match &&
					owners[l->pairs[p].token].found == i + 1;
	}
	for (size_t p = 0; p < g->places_n; p++)
		out->touch[p] = cells[g->cell_of[p]];
	if (out->passages_n)
		qsort(out->passages, out->passages_n, sizeof *out->passages, by_token);
	return sr_ok();
}

struct sr_err align_text(struct arena *a, const struct align_graph *g,
			 const struct text_tokens *text, int32_t score_min,
			 struct align_result *out)
{
	*out = (struct align_result){0};
	struct arena scratch = {0};
	struct finder f = {.a = a, .g = g, .text = text, .score_min = score_min};
	struct sr_err e = find_passages(&f);
	if (!sr_bad(e) && f.found_n)
		qsort(f.found, f.found_n, sizeof *f.found, best_first);
	if (!sr_bad(e))
		e = collect(&f, &scratch, out);
	arena_release(&scratch);
	return e;
}
