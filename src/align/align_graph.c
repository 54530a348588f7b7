/* SPDX-License-Identifier: Apache-2.0 */
#include "align_graph.h"

#include <stdlib.h>
#include <string.h>

struct maker {
	struct arena *a;
	const struct text_lattice *l;
	struct align_graph g;
	size_t nodes_cap, joins_n, joins_cap, cells_cap, items_n, items_cap, shingles_cap;
	uint32_t tip;      /* the node that the next one follows */
	uint32_t anchor;   /* the last fixed word, ALIGN_NONE before the first */
	bool in_cell;      /* a cell is open: it still needs its right anchor */
	struct slice glue; /* letters before the next place that belong to its word */
	uint32_t part;     /* of the lattice, that is being added */
};

/* A run of fixed text between two places: its tokens, and which of them are glued to a place. */
struct run {
	struct text_tokens t;
	bool glued_left, glued_right;
	size_t from, to; /* the free tokens */
};

static uint32_t mix(uint32_t h)
{
	h = (h ^ h >> 16) * UINT32_C(0x7feb352d);
	h = (h ^ h >> 15) * UINT32_C(0x846ca68b);
	return h ^ h >> 16;
}

uint32_t align_shingle_hash(uint32_t first, uint32_t second, uint32_t third)
{
	return mix(mix(mix(first) + second) + third);
}

uint32_t align_ocr_hash(struct slice fold)
{
	uint32_t h = UINT32_C(2166136261);
	for (size_t i = 0; i < fold.len; i++) {
		uint8_t c = fold.ptr[i];
		uint8_t d = i + 1 < fold.len ? fold.ptr[i + 1] : 0;
		if (c == 'r' && d == 'n') {
			c = 'm';
			i++;
		} else if (c == 'v' && d == 'v') {
			c = 'w';
			i++;
		} else if (c == 'c' && d == 'l') {
			c = 'd';
			i++;
		} else if (c == '1' || c == 'i') {
			c = 'l';
		} else if (c == '0') {
			c = 'o';
		} else if (c == '5') {
			c = 's';
		} else if (c == '8') {
			c = 'b';
		}
		h = (h ^ c) * UINT32_C(16777619);
	}
	return h;
}

uint32_t align_letter_set(struct slice fold)
{
	uint32_t set = 0;
	for (size_t i = 0; i < fold.len; i++)
		set |= UINT32_C(1) << (fold.ptr[i] & 31);
	return set;
}

int32_t align_weight(struct slice fold)
{
	return fold.len >= 4 ? 20 : 10;
}

static struct sr_err copy_joined(struct arena *a, struct slice x, struct slice y, struct slice z,
				 struct slice *out)
{
	uint8_t *p = arena_alloc(a, x.len + y.len + z.len, 1);
	if (!p)
		return sr_nomem();
	*out = slice_make(p, x.len + y.len + z.len);
	const struct slice parts[] = {x, y, z};
	for (size_t i = 0; i < 3; i++) {
		if (parts[i].len)
			memcpy(p, parts[i].ptr, parts[i].len);
		p += parts[i].len;
	}
	return sr_ok();
}

static uint32_t hash_fold(struct slice fold)
{
	uint32_t h = UINT32_C(2166136261);
	for (size_t i = 0; i < fold.len; i++)
		h = (h ^ fold.ptr[i]) * UINT32_C(16777619);
	return h;
}

static struct sr_err add_node(struct maker *m, struct align_node node, uint32_t *at)
{
	struct align_node *nodes =
		arena_grow(m->a, m->g.nodes, m->g.nodes_n, &m->nodes_cap, sizeof *nodes);
	if (!nodes)
		return sr_nomem();
	m->g.nodes = nodes;
	*at = (uint32_t)m->g.nodes_n;
	m->g.nodes[m->g.nodes_n++] = node;
	return sr_ok();
}

/* add_token appends a token node behind pred; fold must live as long as the graph. */
static struct sr_err add_token(struct maker *m, struct slice fold, uint32_t off, uint32_t pred,
			       uint32_t *at)
{
	struct align_node n = {
		.fold = fold,
		.hash = hash_fold(fold),
		.ocr = align_ocr_hash(fold),
		.letter_set = align_letter_set(fold),
		.pred = pred,
		.column = pred == ALIGN_NONE ? 0 : m->g.nodes[pred].column + 1,
		.part = m->part,
		.off = off,
		.weight = align_weight(fold),
	};
	return add_node(m, n, at);
}

static struct sr_err add_join(struct maker *m, const uint32_t *ends, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t *joins =
			arena_grow(m->a, m->g.joins, m->joins_n, &m->joins_cap, sizeof *joins);
		if (!joins)
			return sr_nomem();
		m->g.joins = joins;
		m->g.joins[m->joins_n++] = ends[i];
	}
	uint32_t column = 0;
	for (uint32_t i = 0; i < n; i++)
		if (m->g.nodes[ends[i]].column > column)
			column = m->g.nodes[ends[i]].column;
	struct align_node join = {
		.pred = ALIGN_NONE,
		.preds = (uint32_t)(m->joins_n - n),
		.preds_n = n,
		.column = column,
		.part = m->part,
	};
	return add_node(m, join, &m->tip);
}

static struct sr_err add_item(struct maker *m, struct align_item item)
{
	if (!m->in_cell) {
		struct align_cell *cells =
			arena_grow(m->a, m->g.cells, m->g.cells_n, &m->cells_cap, sizeof *cells);
		if (!cells)
			return sr_nomem();
		m->g.cells = cells;
		m->g.cells[m->g.cells_n++] =
			(struct align_cell){m->anchor, ALIGN_NONE, (uint32_t)m->items_n, 0};
		m->in_cell = true;
	}
	struct align_item *items =
		arena_grow(m->a, m->g.items, m->items_n, &m->items_cap, sizeof *items);
	if (!items)
		return sr_nomem();
	m->g.items = items;
	m->g.items[m->items_n++] = item;
	m->g.cells[m->g.cells_n - 1].items_n++;
	return sr_ok();
}

static struct sr_err add_letters(struct maker *m, struct slice fold)
{
	struct slice *one = ARENA_NEW(m->a, struct slice);
	if (!one)
		return sr_nomem();
	SR_TRY(copy_joined(m->a, fold, (struct slice){0}, (struct slice){0}, one));
	return add_item(m, (struct align_item){ALIGN_NONE, one, 1});
}

/* add_branch appends the tokens of one wording; head and tail are letters glued to it. */
static struct sr_err add_branch(struct maker *m, const struct text_tokens *t, uint32_t from,
				struct slice head, struct slice tail, uint32_t *end)
{
	const struct slice none = {0};
	*end = from;
	for (size_t i = 0; i < t->n; i++) {
		struct slice fold;
		SR_TRY(copy_joined(m->a, i ? none : head, text_token_fold(t, i),
				   i + 1 == t->n ? tail : none, &fold));
		SR_TRY(add_token(m, fold, 0, *end, end));
	}
	return sr_ok();
}

/* add_place appends place i as a fork and a join, and as an item of its cell. */
static struct sr_err add_place(struct maker *m, size_t i, struct slice tail)
{
	const struct text_place *p = &m->l->places[i];
	struct slice *folds = ARENA_ARRAY(m->a, p->wordings_n, struct slice);
	uint32_t *ends = ARENA_ARRAY(m->a, p->wordings_n, uint32_t);
	if (!folds || !ends)
		return sr_nomem();
	uint32_t ends_n = 0;
	for (uint32_t k = 0; k < p->wordings_n; k++) {
		struct text_tokens t;
		SR_TRY(text_tokens_make(m->a, p->wordings[k], &t));
		folds[k] = text_tokens_span(&t, 0, t.n);
		uint32_t end;
		SR_TRY(add_branch(m, &t, m->tip, m->glue, tail, &end));
		if (t.n)
			ends[ends_n++] = end;
	}
	SR_TRY(add_item(m, (struct align_item){(uint32_t)i, folds, p->wordings_n}));
	m->g.cell_of[i] = (uint32_t)(m->g.cells_n - 1);
	m->glue = (struct slice){0};
	return ends_n ? add_join(m, ends, ends_n) : sr_ok();
}

/* Nothing but apostrophes and hyphens: what stands on both sides is one word. */
static bool only_joiners(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'' || s.ptr[i] == '-')
			continue;
		bool curly = s.len - i >= 3 && s.ptr[i] == 0xe2 && s.ptr[i + 1] == 0x80 &&
			     (s.ptr[i + 2] == 0x99 || s.ptr[i + 2] == 0x90 || s.ptr[i + 2] == 0x91);
		if (!curly)
			return false;
		i += 2;
	}
	return true;
}

static struct sr_err read_run(struct maker *m, size_t i, struct run *r)
{
	struct slice fixed = m->l->fixed[i];
	*r = (struct run){0};
	SR_TRY(text_tokens_make(m->a, fixed, &r->t));
	if (!r->t.n)
		return sr_ok();
	const struct text_token *first = &r->t.at[0], *last = &r->t.at[r->t.n - 1];
	size_t end = (size_t)last->off + last->len;
	r->glued_left = i > 0 && only_joiners(slice_sub(fixed, 0, first->off));
	r->glued_right = i < m->l->places_n &&
			 only_joiners(slice_sub(fixed, end, fixed.len - end)) &&
			 !(r->glued_left && r->t.n == 1);
	r->from = r->glued_left;
	r->to = r->t.n - r->glued_right;
	return sr_ok();
}

static struct sr_err add_run(struct maker *m, const struct run *r)
{
	if (r->glued_left)
		SR_TRY(add_letters(m, text_token_fold(&r->t, 0)));
	for (size_t i = r->from; i < r->to; i++) {
		struct slice fold;
		SR_TRY(copy_joined(m->a, text_token_fold(&r->t, i), (struct slice){0},
				   (struct slice){0}, &fold));
		SR_TRY(add_token(m, fold, r->t.at[i].off, m->tip, &m->tip));
		m->anchor = m->tip;
		if (m->in_cell)
			m->g.cells[m->g.cells_n - 1].right = m->tip;
		m->in_cell = false;
	}
	if (r->glued_right) {
		m->glue = text_token_fold(&r->t, r->t.n - 1);
		SR_TRY(add_letters(m, m->glue));
	}
	return sr_ok();
}

/* The shingles that end at a node, over every way through the places before it. */
enum { WAYS_MAX = 64 };

struct ways {
	uint32_t node[WAYS_MAX];
	size_t n;
};

/* tokens_before collects the token nodes that can stand directly before node (or, for a join, in
 * its place). A place with more wordings than WAYS_MAX is a place where seeds are fewer. */
static void tokens_before(const struct align_graph *g, uint32_t node, struct ways *out)
{
	if (node == ALIGN_NONE || out->n == WAYS_MAX)
		return;
	const struct align_node *n = &g->nodes[node];
	if (n->fold.len) {
		out->node[out->n++] = node;
		return;
	}
	for (uint32_t i = 0; i < n->preds_n; i++)
		tokens_before(g, g->joins[n->preds + i], out);
}

static struct sr_err add_shingle(struct maker *m, uint32_t hash, uint32_t node)
{
	struct align_shingle *s =
		arena_grow(m->a, m->g.shingles, m->g.shingles_n, &m->shingles_cap, sizeof *s);
	if (!s)
		return sr_nomem();
	m->g.shingles = s;
	m->g.shingles[m->g.shingles_n++] = (struct align_shingle){hash, node};
	return sr_ok();
}

static struct sr_err add_shingles_at(struct maker *m, uint32_t v)
{
	const struct align_node *nodes = m->g.nodes;
	struct ways second = {.n = 0};
	tokens_before(&m->g, nodes[v].pred, &second);
	size_t made = 0;
	for (size_t i = 0; i < second.n; i++) {
		struct ways first = {.n = 0};
		tokens_before(&m->g, nodes[second.node[i]].pred, &first);
		for (size_t j = 0; j < first.n && made < WAYS_MAX; j++, made++)
			SR_TRY(add_shingle(m,
					   align_shingle_hash(nodes[first.node[j]].hash,
							      nodes[second.node[i]].hash,
							      nodes[v].hash),
					   v));
	}
	return sr_ok();
}

static int by_hash(const void *a, const void *b)
{
	const struct align_shingle *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

/* sort_shingles puts them in order, each pair of hash and node once. */
static void sort_shingles(struct align_graph *g)
{
	if (!g->shingles_n)
		return;
	qsort(g->shingles, g->shingles_n, sizeof *g->shingles, by_hash);
	size_t n = 1;
	for (size_t s = 1; s < g->shingles_n; s++)
		if (by_hash(&g->shingles[n - 1], &g->shingles[s]) != 0)
			g->shingles[n++] = g->shingles[s];
	g->shingles_n = n;
}

static struct sr_err index_shingles(struct maker *m)
{
	struct align_graph *g = &m->g;
	for (uint32_t v = 0; v < g->nodes_n; v++)
		if (g->nodes[v].fold.len)
			SR_TRY(add_shingles_at(m, v));
	sort_shingles(g);
	g->filter = ARENA_ARRAY(m->a, (1u << ALIGN_FILTER_BITS) / 64, uint64_t);
	g->bucket = ARENA_ARRAY(m->a, (1u << ALIGN_BUCKET_BITS) + 1, uint32_t);
	if (!g->filter || !g->bucket)
		return sr_nomem();
	size_t s = 0;
	for (uint32_t b = 0; b <= 1u << ALIGN_BUCKET_BITS; b++) {
		while (s < g->shingles_n && g->shingles[s].hash >> (32 - ALIGN_BUCKET_BITS) < b)
			s++;
		g->bucket[b] = (uint32_t)s;
	}
	for (s = 0; s < g->shingles_n; s++) {
		uint32_t low = g->shingles[s].hash & ((1u << ALIGN_FILTER_BITS) - 1);
		g->filter[low / 64] |= UINT64_C(1) << low % 64;
	}
	return sr_ok();
}

struct sr_err align_graph_make(struct arena *a, const struct text_lattice *l,
			       struct align_graph *out)
{
	struct maker m = {.a = a, .l = l, .tip = ALIGN_NONE, .anchor = ALIGN_NONE};
	m.g.places_n = l->places_n;
	m.g.cell_of = ARENA_ARRAY(a, l->places_n, uint32_t);
	m.g.leader = ARENA_ARRAY(a, l->places_n, uint32_t);
	if (!m.g.cell_of || !m.g.leader)
		return sr_nomem();
	for (size_t i = 0; i < l->places_n; i++)
		m.g.leader[i] = l->places[i].leader;
	struct run run, next;
	SR_TRY(read_run(&m, 0, &run));
	SR_TRY(add_run(&m, &run));
	for (size_t i = 0; i < l->places_n; i++) {
		SR_TRY(read_run(&m, i + 1, &next));
		m.part = 2 * (uint32_t)i + 1;
		SR_TRY(add_place(
			&m, i, next.glued_left ? text_token_fold(&next.t, 0) : (struct slice){0}));
		m.part++;
		SR_TRY(add_run(&m, &next));
	}
	SR_TRY(index_shingles(&m));
	*out = m.g;
	return sr_ok();
}
