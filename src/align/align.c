/* SPDX-License-Identifier: Apache-2.0 */
#include "align.h"

#include "align_band.h"
#include "align_chain.h"

#include <stdlib.h>
#include <string.h>

enum {
	MARGIN = 48,          /* tokens aligned on both sides of a chain */
	SINGLE_SEED_MIN = 50, /* weight of a lone seed's three words that is worth a look */
	TRIES_MAX = 32,       /* chains that end at the same word of the paper, the best ones */
	RUN_MIN = 60,         /* score of a run whose places are read, about four words */
	RIVAL_PERCENT = 85,   /* surroundings this good beside the best make both doubtful */
};

/* All passages found in one text, before it is settled which of them a token serves. */
struct finder {
	struct arena *a;
	const struct align_graph *g;
	const struct text_tokens *text;
	int32_t score_min;
	struct align_local *found;
	size_t found_n, found_cap;
	struct align_taken taken;
	uint8_t *overrun; /* by node: quotations were left out, there were too many */
};

/* To whom a token of the text belongs, whether two passages wanted it equally, and whether it lies
 * in a run of which they wanted a part. */
struct owner {
	uint32_t found; /* index + 1; 0: nobody */
	bool doubtful, tainted;
};

/* keep adds a passage, whose pairs it copies. */
static struct sr_err keep(struct finder *f, const struct align_local *l)
{
	struct align_pair *pairs = ARENA_ARRAY(f->a, l->pairs_n, struct align_pair);
	struct align_local *found =
		arena_grow(f->a, f->found, f->found_n, &f->found_cap, sizeof *found);
	if (!pairs || !found)
		return sr_nomem();
	memcpy(pairs, l->pairs, l->pairs_n * sizeof *pairs);
	f->found = found;
	f->found[f->found_n++] = (struct align_local){pairs, l->pairs_n, l->score};
	return align_take(f->a, &f->taken, l);
}

static size_t seeds_before(const struct align_seed *seeds, size_t n, uint32_t token)
{
	size_t i = 0;
	while (i < n && seeds[i].token < token)
		i++;
	return i;
}

/* find_best finds the best passage among the tokens [from, to) near a chain; *last < *first: there
 * is none. */
static struct sr_err find_best(struct finder *f, const struct align_seed *seeds, size_t n,
			       uint32_t from, uint32_t to, uint32_t *first, uint32_t *last)
{
	struct arena scratch = {0};
	struct align_local l;
	struct sr_err e = align_band(&scratch, f->g, f->text, &f->taken, seeds, n, from, to, &l);
	bool good = !sr_bad(e) && l.pairs_n && l.score >= f->score_min;
	if (good)
		e = keep(f, &l);
	*first = good ? l.pairs[0].token : 1;
	*last = good ? l.pairs[l.pairs_n - 1].token : 0;
	arena_release(&scratch);
	return e;
}

/* search aligns the tokens [from, to) near a chain, then what lies before and after the passage
 * found: a quotation with a long cut in it is several passages. */
static struct sr_err search(struct finder *f, const struct align_seed *seeds, size_t n,
			    uint32_t from, uint32_t to)
{
	while (n && from < to) {
		uint32_t first, last;
		SR_TRY(find_best(f, seeds, n, from, to, &first, &last));
		if (last < first)
			return sr_ok();
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

/* find_passages works through the chains, the best first. */
static struct sr_err find_passages(struct finder *f)
{
	struct align_chains c;
	uint8_t *tries = ARENA_ARRAY(f->a, f->g->nodes_n, uint8_t);
	f->taken.first = ARENA_ARRAY(f->a, f->text->n, uint32_t);
	if (!tries || !f->taken.first)
		return sr_nomem();
	SR_TRY(align_chains_find(f->a, f->g, f->text, &c));
	f->overrun = c.overrun;
	for (size_t i = 0; i < c.chains_n; i++) {
		const struct align_seed *seeds = c.seeds + c.chains[i].from;
		size_t n = c.chains[i].to - c.chains[i].from;
		if (!worth_a_look(f, seeds, n))
			continue;
		uint32_t end = seeds[n - 1].node;
		if (tries[end] == TRIES_MAX) {
			f->overrun[end] = 1;
			continue;
		}
		tries[end]++;
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

/* pair_by returns the last pair at or before a token, or the first one. */
static const struct align_pair *pair_by(const struct align_local *l, uint32_t token)
{
	size_t lo = 0, hi = l->pairs_n;
	while (hi - lo > 1) {
		size_t mid = (lo + hi) / 2;
		if (l->pairs[mid].token <= token)
			lo = mid;
		else
			hi = mid;
	}
	return &l->pairs[lo];
}

/* rival_of returns the pair of the owner's passage at a token that l wants as well. */
static const struct align_pair *rival_of(const struct finder *f, const struct owner *owners,
					 const struct align_pair *late)
{
	return pair_by(&f->found[owners[late->token].found - 1], late->token);
}

/* contest looks at the pairs of passage i from p on that one run of its own disputes with one run
 * of an owner, and returns where they end. Where the late run fits nearly as well and the dispute
 * is about a good part of one of them, nobody may read there. What lies beyond a gap does not
 * count: quotations that are strung together were not written so. */
static size_t contest(const struct finder *f, size_t i, size_t p, struct owner *owners)
{
	const struct align_local *l = &f->found[i];
	const struct align_pair *late = &l->pairs[p], *first = rival_of(f, owners, late);
	uint32_t owner = owners[late->token].found;
	int32_t disputed = 0;
	size_t end = p;
	for (; end < l->pairs_n; end++) {
		const struct align_pair *at = &l->pairs[end];
		if (at->first != late->first || owners[at->token].found != owner ||
		    rival_of(f, owners, at)->first != first->first)
			break;
		disputed += at->match ? f->g->nodes[at->node].weight : 0;
	}
	int32_t shorter = late->run < first->run ? late->run : first->run;
	bool equal = (int64_t)late->run * 100 >= (int64_t)first->run * RIVAL_PERCENT;
	for (size_t q = p; q < end && equal && 2 * disputed >= shorter; q++)
		owners[l->pairs[q].token].doubtful = true;
	return end;
}

/* settle gives every token to the best passage that wants it. */
static void settle(const struct finder *f, struct owner *owners)
{
	for (size_t i = 0; i < f->found_n; i++) {
		const struct align_local *l = &f->found[i];
		for (size_t p = 0; p < l->pairs_n;) {
			struct owner *o = &owners[l->pairs[p].token];
			if (o->found) {
				p = contest(f, i, p, owners);
			} else {
				o->found = (uint32_t)i + 1;
				p++;
			}
		}
	}
}

/* taint spreads doubt over whole runs: what is left of a run is no better known than its part. */
static void taint(const struct finder *f, struct owner *owners)
{
	for (size_t i = 0; i < f->found_n; i++) {
		const struct align_local *l = &f->found[i];
		for (size_t from = 0, to; from < l->pairs_n; from = to) {
			bool doubtful = false;
			for (to = from;
			     to < l->pairs_n && l->pairs[to].first == l->pairs[from].first; to++)
				doubtful |= owners[l->pairs[to].token].doubtful;
			for (size_t p = from; p < to; p++)
				owners[l->pairs[p].token].tainted |= doubtful;
		}
	}
}

static bool serves(const struct owner *o, size_t found)
{
	return o->found == found + 1 && !o->tainted;
}

/* anchors tells whether a pair can hold a cell: a word that was read, in a run that says enough,
 * and that serves this passage alone. */
static bool anchors(const struct align_pair *p, const struct owner *owners, size_t found)
{
	return p->match && p->run >= RUN_MIN && serves(&owners[p->token], found);
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
		if (cell == ALIGN_NONE || !anchors(left, owners, i))
			continue;
		size_t q = p + 1;
		while (q < l->pairs_n && l->pairs[q].node < f->g->cells[cell].right)
			q++;
		const struct align_pair *right = q < l->pairs_n ? &l->pairs[q] : NULL;
		if (!right || right->node != f->g->cells[cell].right || !anchors(right, owners, i))
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

static uint32_t cell_begin(const struct align_cell *c)
{
	return c->left == ALIGN_NONE ? 0 : c->left;
}

static uint32_t cell_end(const struct align_graph *g, const struct align_cell *c)
{
	return c->right == ALIGN_NONE ? (uint32_t)g->nodes_n : c->right;
}

/* touch notes which cells lie inside the nodes [from, to] or at their edge. Cells ascend. */
static void touch(const struct align_graph *g, uint32_t from, uint32_t to, bool whole,
		  uint8_t *cells)
{
	size_t lo = 0, hi = g->cells_n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (cell_end(g, &g->cells[mid]) < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t c = lo; c < g->cells_n && cell_begin(&g->cells[c]) <= to; c++) {
		const struct align_cell *cell = &g->cells[c];
		if (whole && from <= cell_begin(cell) && cell_end(g, cell) <= to)
			cells[c] = ALIGN_INSIDE;
		else if (!cells[c])
			cells[c] = ALIGN_EDGE;
	}
}

/* node_before returns a node that can stand before v, the earliest one. */
static uint32_t node_before(const struct align_graph *g, uint32_t v)
{
	uint32_t pred = g->nodes[v].pred;
	if (pred == ALIGN_NONE)
		return v;
	return g->nodes[pred].preds_n ? g->joins[g->nodes[pred].preds] : pred;
}

/* touch_overrun counts quotations that were left out as if they touched what they could have shown:
 * a seed's last word, and what stands before it. */
static void touch_overrun(const struct finder *f, uint8_t *cells)
{
	for (uint32_t v = 0; v < f->g->nodes_n; v++) {
		if (!f->overrun[v])
			continue;
		uint32_t from = v;
		for (uint32_t i = 1; i < ALIGN_SHINGLE; i++)
			from = node_before(f->g, from);
		touch(f->g, from, v, false, cells);
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

static void note_matched(const struct align_local *l, size_t found, const struct owner *owners,
			 struct align_result *out)
{
	for (size_t p = 0; p < l->pairs_n; p++) {
		if (!l->pairs[p].match || owners[l->pairs[p].token].found != found + 1)
			continue;
		out->stands[l->pairs[p].token] = 1;
		out->matched++;
	}
}

static struct sr_err collect(struct finder *f, struct arena *scratch, struct align_result *out)
{
	const struct align_graph *g = f->g;
	struct owner *owners = ARENA_ARRAY(scratch, f->text->n, struct owner);
	uint32_t *cell_left = ARENA_ARRAY(scratch, g->nodes_n, uint32_t);
	uint8_t *cells = ARENA_ARRAY(scratch, g->cells_n, uint8_t);
	out->passages = ARENA_ARRAY(f->a, f->found_n, struct align_passage);
	out->touch = ARENA_ARRAY(f->a, g->places_n, uint8_t);
	out->stands = ARENA_ARRAY(f->a, f->text->n, uint8_t);
	if (!owners || !cell_left || !cells || !out->passages || !out->touch || !out->stands)
		return sr_nomem();
	for (size_t v = 0; v < g->nodes_n; v++)
		cell_left[v] = ALIGN_NONE;
	for (size_t c = 0; c < g->cells_n; c++)
		if (g->cells[c].left != ALIGN_NONE)
			cell_left[g->cells[c].left] = (uint32_t)c;
	touch_overrun(f, cells);
	settle(f, owners);
	taint(f, owners);
	size_t cap = 0;
	for (size_t i = 0; i < f->found_n; i++) {
		out->passages[out->passages_n++] = passage_of(&f->found[i]);
		touch(g, out->passages[i].node_from, out->passages[i].node_to, true, cells);
		SR_TRY(read_cells(f, i, owners, cell_left, out, &cap));
		note_matched(&f->found[i], i, owners, out);
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
