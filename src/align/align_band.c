/* SPDX-License-Identifier: Apache-2.0 */
#include "align_band.h"

#include <assert.h>
#include <string.h>

/* Scores are tenths of a short word's match. */
enum {
	SCORE_CLOSE = 12,
	SCORE_DIFFERENT = -15,
	GAP_OPEN = 25,
	GAP_EXTEND = 1,
	BAND_NODES = 128,
	SCORE_NONE = -1000000,
};

/* Where a cell's best score came from. */
enum source { FROM_NOTHING = 0, FROM_PAIR, FROM_SKIP, FROM_EXTRA, FROM_BRANCH };

/* skip: the node has no token; extra: the token has no node. */
struct cell {
	int32_t best, skip, extra;
};

struct trace {
	uint8_t source : 3;
	uint8_t skip_goes_on : 1;
	uint8_t extra_goes_on : 1;
	uint8_t best_branch, skip_branch; /* of a join */
};

/* One token of the text and the nodes it is compared with. */
struct row {
	uint32_t lo, hi;
	uint32_t taken; /* first of its taken pairs, index + 1 */
	size_t trace;   /* index of the first trace */
	struct slice fold;
	uint32_t hash, ocr, letter_set;
};

struct band {
	const struct align_graph *g;
	const struct align_taken *taken;
	uint32_t from, rows_n;
	struct row *rows;
	struct trace *traces;
	uint32_t base;             /* no window begins before this node */
	struct cell *now, *before; /* by node - base */
	int32_t best;
	uint32_t best_row, best_node;
};

uint32_t align_distance(struct slice x, struct slice y, uint32_t max)
{
	enum { LEN_MAX = 4096 };
	if (x.len > y.len) {
		struct slice t = x;
		x = y;
		y = t;
	}
	if (y.len - x.len > max || x.len > LEN_MAX)
		return max + 1;
	uint32_t row[LEN_MAX + 1];
	for (uint32_t i = 0; i <= x.len; i++)
		row[i] = i;
	for (uint32_t j = 1; j <= y.len; j++) {
		uint32_t diagonal = row[0], least = row[0] = j;
		for (uint32_t i = 1; i <= x.len; i++) {
			uint32_t d = diagonal + (x.ptr[i - 1] != y.ptr[j - 1]);
			diagonal = row[i];
			d = row[i] + 1 < d ? row[i] + 1 : d;
			d = row[i - 1] + 1 < d ? row[i - 1] + 1 : d;
			row[i] = d;
			least = d < least ? d : least;
		}
		if (least > max)
			return max + 1;
	}
	return row[x.len] <= max ? row[x.len] : max + 1;
}

enum align_match align_compare(const struct align_node *node, struct slice fold, uint32_t hash,
			       uint32_t ocr, uint32_t letter_set)
{
	if (hash == node->hash && slice_eq(fold, node->fold))
		return ALIGN_SAME;
	size_t longer = fold.len > node->fold.len ? fold.len : node->fold.len;
	size_t shorter = fold.len + node->fold.len - longer;
	if (ocr == node->ocr && shorter > 1)
		return ALIGN_CLOSE;
	if (shorter < 3 || longer < 4 || longer - shorter > 2)
		return ALIGN_DIFFERENT;
	uint32_t slips = shorter >= 7 ? 2 : 1;
	if (__builtin_popcount(letter_set ^ node->letter_set) > (int)(2 * slips))
		return ALIGN_DIFFERENT;
	return align_distance(fold, node->fold, slips) <= slips ? ALIGN_CLOSE : ALIGN_DIFFERENT;
}

static enum align_match match(const struct align_node *n, const struct row *r)
{
	return align_compare(n, r->fold, r->hash, r->ocr, r->letter_set);
}

static int32_t pair_score(const struct align_node *n, enum align_match match)
{
	switch (match) {
	case ALIGN_SAME:
		return n->weight;
	case ALIGN_CLOSE:
		return SCORE_CLOSE;
	case ALIGN_DIFFERENT:
		break;
	}
	return SCORE_DIFFERENT;
}

static const struct cell nowhere = {0, SCORE_NONE, SCORE_NONE};

static const struct cell *cell_at(const struct band *b, const struct cell *cells,
				  const struct row *r, uint32_t node)
{
	bool inside = r && node != ALIGN_NONE && node >= r->lo && node < r->hi;
	return inside ? &cells[node - b->base] : &nowhere;
}

static bool is_taken(const struct align_taken *t, uint32_t i, uint32_t node)
{
	for (; i; i = t->at[i - 1].next)
		if (t->at[i - 1].node == node)
			return true;
	return false;
}

struct sr_err align_take(struct arena *a, struct align_taken *t, const struct align_local *l)
{
	for (size_t i = 0; i < l->pairs_n; i++) {
		const struct align_pair *p = &l->pairs[i];
		struct align_taken_pair *at = arena_grow(a, t->at, t->n, &t->cap, sizeof *at);
		if (!at)
			return sr_nomem();
		t->at = at;
		t->at[t->n++] = (struct align_taken_pair){p->node, t->first[p->token]};
		t->first[p->token] = (uint32_t)t->n;
	}
	return sr_ok();
}

static void take(struct cell *c, struct trace *t, int32_t score, enum source source)
{
	if (score > c->best) {
		c->best = score;
		t->source = source & 7;
	}
}

/* A join takes over the best of its branches; no token is spent on it. */
static void fill_join(const struct band *b, const struct row *r, const struct align_node *n,
		      struct cell *c, struct trace *t)
{
	for (uint32_t i = 0; i < n->preds_n; i++) {
		const struct cell *p = cell_at(b, b->now, r, b->g->joins[n->preds + i]);
		if (p->best > c->best) {
			c->best = p->best;
			t->source = FROM_BRANCH;
			t->best_branch = (uint8_t)i;
		}
		if (p->skip > c->skip) {
			c->skip = p->skip;
			t->skip_branch = (uint8_t)i;
		}
	}
}

static void fill_token(const struct band *b, const struct row *r, const struct row *above,
		       uint32_t v, struct cell *c, struct trace *t)
{
	const struct align_node *n = &b->g->nodes[v];
	const struct cell *left = cell_at(b, b->now, r, n->pred);
	const struct cell *corner = cell_at(b, b->before, above, n->pred);
	if (!is_taken(b->taken, r->taken, v))
		take(c, t, corner->best + pair_score(n, match(n, r)), FROM_PAIR);
	int32_t opened = left->best - GAP_OPEN, longer = left->skip - GAP_EXTEND;
	c->skip = opened > longer ? opened : longer;
	t->skip_goes_on = longer >= opened;
	take(c, t, c->skip, FROM_SKIP);
}

static void fill_row(struct band *b, uint32_t i)
{
	const struct row *r = &b->rows[i], *above = i ? &b->rows[i - 1] : NULL;
	for (uint32_t v = r->lo; v < r->hi; v++) {
		const struct align_node *n = &b->g->nodes[v];
		struct trace *t = &b->traces[r->trace + v - r->lo];
		struct cell *c = &b->now[v - b->base];
		*c = nowhere;
		*t = (struct trace){0};
		if (n->preds_n)
			fill_join(b, r, n, c, t);
		else
			fill_token(b, r, above, v, c, t);
		const struct cell *up = cell_at(b, b->before, above, v);
		int32_t opened = up->best - GAP_OPEN, longer = up->extra - GAP_EXTEND;
		c->extra = opened > longer ? opened : longer;
		t->extra_goes_on = longer >= opened;
		take(c, t, c->extra, FROM_EXTRA);
		if (c->best > b->best) {
			b->best = c->best;
			b->best_row = i;
			b->best_node = v;
		}
	}
}

/* The way back from the best cell. state is what the present cell is left by. */
static void walk_back(const struct band *b, struct align_local *out)
{
	uint32_t i = b->best_row, v = b->best_node;
	uint32_t gap = 0;
	enum source state = FROM_NOTHING; /* FROM_NOTHING: by its best score */
	for (;;) {
		const struct row *r = &b->rows[i];
		if (v < r->lo || v >= r->hi)
			return;
		const struct trace *t = &b->traces[r->trace + v - r->lo];
		const struct align_node *n = &b->g->nodes[v];
		enum source source = state == FROM_NOTHING ? (enum source)t->source : state;
		switch (source) {
		case FROM_NOTHING:
			return;
		case FROM_PAIR:
			out->pairs[out->pairs_n++] = (struct align_pair){
				.token = b->from + i, .node = v, .gap = gap, .match = match(n, r)};
			gap = 0;
			if (i == 0 || n->pred == ALIGN_NONE)
				return;
			i--;
			v = n->pred;
			state = FROM_NOTHING;
			break;
		case FROM_SKIP:
			if (n->preds_n) {
				v = b->g->joins[n->preds + t->skip_branch];
				state = FROM_SKIP;
			} else {
				if (n->pred == ALIGN_NONE)
					return;
				v = n->pred;
				gap++;
				state = t->skip_goes_on ? FROM_SKIP : FROM_NOTHING;
			}
			break;
		case FROM_EXTRA:
			if (i == 0)
				return;
			i--;
			gap++;
			state = t->extra_goes_on ? FROM_EXTRA : FROM_NOTHING;
			break;
		case FROM_BRANCH:
			v = b->g->joins[n->preds + t->best_branch];
			state = FROM_NOTHING;
			break;
		}
	}
}

/* The nodes a token may stand on: around the seeds before and after it. */
static void set_window(const struct align_graph *g, struct row *r, uint32_t token,
		       const struct align_seed *before, const struct align_seed *after)
{
	int64_t lo = (int64_t)before->node - BAND_NODES, hi = (int64_t)after->node + BAND_NODES;
	if (token < before->token) /* ahead of the chain: both are its first seed */
		lo -= before->token - token;
	if (token > after->token)
		hi += token - after->token;
	r->lo = lo < 0 ? 0 : (uint32_t)lo;
	r->hi = hi > (int64_t)g->nodes_n ? (uint32_t)g->nodes_n : (uint32_t)hi;
	r->lo = r->lo < r->hi ? r->lo : r->hi;
}

/* make_rows returns the number of traces, and in *nodes how many nodes the windows span. */
static size_t make_rows(struct band *b, const struct text_tokens *text,
			const struct align_seed *seeds, size_t n, size_t *nodes)
{
	uint32_t end = 0;
	b->base = ALIGN_NONE;
	size_t s = 0, traces_n = 0;
	for (uint32_t i = 0; i < b->rows_n; i++) {
		uint32_t token = b->from + i;
		while (s < n && seeds[s].token < token)
			s++;
		const struct align_seed *before = &seeds[s ? s - 1 : 0];
		const struct align_seed *after = &seeds[s < n ? s : n - 1];
		struct row *r = &b->rows[i];
		r->fold = text_token_fold(text, token);
		r->hash = text->at[token].hash;
		r->ocr = align_ocr_hash(r->fold);
		r->letter_set = align_letter_set(r->fold);
		r->taken = b->taken->first[token];
		set_window(b->g, r, token, before, after);
		r->trace = traces_n;
		traces_n += r->hi - r->lo;
		b->base = r->lo < b->base ? r->lo : b->base;
		end = r->hi > end ? r->hi : end;
	}
	*nodes = end > b->base ? end - b->base : 0;
	return traces_n;
}

static void fill(struct band *b)
{
	for (uint32_t i = 0; i < b->rows_n; i++) {
		fill_row(b, i);
		struct cell *t = b->before;
		b->before = b->now;
		b->now = t;
	}
}

static void reverse(struct align_pair *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct align_pair t = p[i];
		p[i] = p[n - 1 - i];
		p[n - 1 - i] = t;
	}
}

/* score_runs cuts the passage at its gaps and writes each stretch's score to its pairs. */
static void score_runs(const struct align_graph *g, struct align_local *l)
{
	for (size_t from = 0, to; from < l->pairs_n; from = to) {
		int32_t score = 0;
		for (to = from; to < l->pairs_n; to++) {
			const struct align_pair *p = &l->pairs[to];
			score += pair_score(&g->nodes[p->node], p->match);
			if (p->gap) {
				to++;
				break;
			}
		}
		for (size_t i = from; i < to; i++) {
			l->pairs[i].first = l->pairs[from].token;
			l->pairs[i].run = score;
		}
	}
}

struct sr_err align_band(struct arena *a, const struct align_graph *g,
			 const struct text_tokens *text, const struct align_taken *taken,
			 const struct align_seed *seeds, size_t n, uint32_t from, uint32_t to,
			 struct align_local *out)
{
	assert(n > 0 && from < to && to <= text->n);
	*out = (struct align_local){0};
	struct arena scratch = {0};
	struct band b = {.g = g, .taken = taken, .from = from, .rows_n = to - from};
	b.rows = ARENA_ARRAY(&scratch, b.rows_n, struct row);
	out->pairs = ARENA_ARRAY(a, b.rows_n, struct align_pair);
	struct sr_err e = b.rows && out->pairs ? sr_ok() : sr_nomem();
	if (!sr_bad(e)) {
		size_t nodes, traces_n = make_rows(&b, text, seeds, n, &nodes);
		b.traces = ARENA_ARRAY(&scratch, traces_n, struct trace);
		b.now = ARENA_ARRAY(&scratch, nodes, struct cell);
		b.before = ARENA_ARRAY(&scratch, nodes, struct cell);
		e = b.traces && b.now && b.before ? sr_ok() : sr_nomem();
	}
	if (!sr_bad(e)) {
		fill(&b);
		if (b.best > 0)
			walk_back(&b, out);
		reverse(out->pairs, out->pairs_n);
		score_runs(g, out);
		out->score = b.best;
	}
	arena_release(&scratch);
	return e;
}
