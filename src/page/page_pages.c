/* SPDX-License-Identifier: Apache-2.0 */
/* The breaks of the unmarked layout: of lines, then of pages. */
#include "page_break.h"
#include "page_lay.h"

/* The copies for which a page has to have room: the original, and those with the widest and the
 * narrowest wording everywhere. Lines of a paragraph at a page's edge: neither one alone. */
enum { VARIANTS = 3, LINES_TOGETHER = 2 };

/* A block with the lines of its variants. slot[k]: of the piece that begins line k of the unmarked
 * layout, PAGE_NONE if it is empty; upto[v][k]: how many lines variant v has before that piece.
 * Both are for a block of one flow; height: the most that the whole block takes; rules: how much of
 * it stands between rules and text. */
struct part {
	size_t lines_n;
	uint32_t *slot;
	size_t *upto[VARIANTS];
	int64_t leading, height, rules;
};

struct spot {
	size_t block, line;
};

struct planner {
	struct page_sheet *s;
	struct page_flow **flow;
	const struct sr_sink *sink;
	uint16_t *symbol[VARIANTS]; /* the first is NULL */
	struct part *part;
	int64_t room;
	struct page_start *start;
	size_t starts_n, starts_cap;
};

static void extremes_of(const struct page_sheet *s, const struct page_flow *f,
			const struct page_atom *atom, uint16_t *wide, uint16_t *narrow)
{
	int64_t most = 0, least = 0;
	for (size_t k = 0; k < atom->segments_n; k++) {
		int64_t lo, hi;
		page_segment_widths(s, f, &atom->segment[k], &lo, &hi);
		if (!k || lo > most) {
			most = lo;
			*wide = (uint16_t)k;
		}
		if (!k || hi < least) {
			least = hi;
			*narrow = (uint16_t)k;
		}
	}
}

static struct sr_err symbols_make(struct arena *a, struct planner *p)
{
	const struct page_sheet *s = p->s;
	uint16_t *wide = ARENA_ARRAY(a, s->places_n, uint16_t);
	uint16_t *narrow = ARENA_ARRAY(a, s->places_n, uint16_t);
	if (!wide || !narrow)
		return sr_nomem();
	for (size_t i = 0; i < s->blocks_n; i++) {
		for (size_t j = 0; j < s->block[i].flows_n; j++) {
			const struct page_flow *f = &p->flow[i][j];
			for (size_t k = 0; k < f->atoms_n; k++) {
				uint32_t at = f->atom[k].place;
				if (at != PAGE_NONE)
					extremes_of(s, f, &f->atom[k], &wide[at], &narrow[at]);
			}
		}
	}
	p->symbol[1] = wide;
	p->symbol[2] = narrow;
	return sr_ok();
}

/* freeze_lines breaks the lines of a flow and lists where they begin. slot: one a line, PAGE_NONE
 * for an empty one. */
static struct sr_err freeze_lines(struct arena *a, struct arena *scratch,
				  const struct page_sheet *s, struct page_flow *f, uint32_t **slot,
				  size_t *lines_n)
{
	struct page_run r;
	struct page_line *line;
	size_t n;
	SR_TRY(page_run_make(scratch, s, f, NULL, &r));
	SR_TRY(page_break_plan(scratch, s, f, &r, &line, &n));
	uint32_t *starts = ARENA_ARRAY(a, n, uint32_t), *all = ARENA_ARRAY(scratch, n, uint32_t);
	if (!starts || !all)
		return sr_nomem();
	size_t starts_n = 0;
	for (size_t i = 0; i < n; i++) {
		all[i] = line[i].n ? r.item[line[i].first].slot : PAGE_NONE;
		if (i && line[i].n)
			starts[starts_n++] = all[i];
	}
	f->starts = starts;
	f->starts_n = starts_n;
	*slot = all;
	*lines_n = n;
	return sr_ok();
}

/* upto_of counts, for each line of the unmarked layout, the lines before its first piece. */
static void upto_of(const struct part *t, const struct page_run *r, const struct page_line *line,
		    size_t n, size_t *upto)
{
	size_t at = 0;
	for (size_t k = 0; k < t->lines_n; k++) {
		while (t->slot[k] != PAGE_NONE && at < n &&
		       (!line[at].n || r->item[line[at].first + line[at].n - 1].slot < t->slot[k]))
			at++;
		upto[k] = at;
	}
	upto[0] = 0;
	upto[t->lines_n] = n;
}

static struct sr_err freeze_flow(struct arena *a, struct arena *scratch, struct planner *p,
				 struct page_flow *f, struct part *t)
{
	SR_TRY(freeze_lines(a, scratch, p->s, f, &t->slot, &t->lines_n));
	t->leading = f->leading;
	for (size_t v = 0; v < VARIANTS; v++) {
		struct page_run r;
		struct page_line *line;
		size_t n;
		SR_TRY(page_run_make(scratch, p->s, f, p->symbol[v], &r));
		SR_TRY(page_break_copy(scratch, f, &r, &line, &n));
		t->upto[v] = ARENA_ARRAY(scratch, t->lines_n + 1, size_t);
		if (!t->upto[v])
			return sr_nomem();
		upto_of(t, &r, line, n, t->upto[v]);
		int64_t height = (int64_t)n * f->leading;
		t->height = height > t->height ? height : t->height;
	}
	return sr_ok();
}

static struct sr_err freeze_block(struct arena *a, struct arena *scratch, struct planner *p,
				  size_t block)
{
	const struct page_block *b = &p->s->block[block];
	struct part *t = &p->part[block];
	for (size_t i = 0; i < b->flows_n; i++)
		SR_TRY(freeze_flow(a, scratch, p, &p->flow[block][i], t));
	t->rules = page_rule_room(b, &b->above) + page_rule_room(b, &b->below);
	t->height += t->rules;
	return sr_ok();
}

/* height_of is the most that lines from .. to of a block's only flow take. */
static int64_t height_of(const struct part *t, size_t from, size_t to)
{
	size_t most = 0;
	for (size_t v = 0; v < VARIANTS; v++) {
		size_t n = t->upto[v][to] - t->upto[v][from];
		most = n > most ? n : most;
	}
	return (int64_t)most * t->leading;
}

/* last_cut finds the last line before which a block may be cut so that the lines from .. fit; from
 * if there is none. free: any line will do. */
static size_t last_cut(const struct part *t, size_t from, int64_t room, bool free)
{
	for (size_t k = t->lines_n; k-- > from + 1;) {
		if (t->slot[k] == PAGE_NONE)
			continue;
		if (!free && (k < LINES_TOGETHER || t->lines_n - k < LINES_TOGETHER))
			continue;
		if (height_of(t, from, k) <= room)
			return k;
	}
	return from;
}

/* overfull finds a place to end a page that nothing fits as it should: before the block that does
 * not fit, or inside it, or behind it, which then goes over several pages. */
static struct spot overfull(const struct planner *p, struct spot from, size_t block)
{
	const struct part *t = &p->part[from.block];
	if (block > from.block)
		return (struct spot){block, 0};
	if (p->s->block[block].flows_n == 1) {
		size_t k = last_cut(t, from.line, p->room - t->rules, true);
		if (k > from.line)
			return (struct spot){block, k};
	}
	note(p->sink, SR_WARNING, 0, 0, "a part of the paper does not fit on a page");
	return (struct spot){block + 1, 0};
}

/* page_end finds where the page that begins at from ends; blocks_n for the paper's end. */
static struct spot page_end(const struct planner *p, struct spot from)
{
	const struct page_sheet *s = p->s;
	struct spot best = from;
	int64_t used = 0;
	for (size_t i = from.block; i < s->blocks_n; i++) {
		const struct page_block *b = &s->block[i];
		const struct part *t = &p->part[i];
		size_t line = i == from.block ? from.line : 0;
		int64_t rest = line ? height_of(t, line, t->lines_n) : t->height;
		used += i == from.block ? 0 : b->before;
		if (used + rest > p->room) {
			size_t k = b->cut && b->flows_n == 1
					   ? last_cut(t, line, p->room - used, false)
					   : line;
			if (k > line)
				return (struct spot){i, k};
			bool none = best.block == from.block && best.line == from.line;
			return none ? overfull(p, from, i) : best;
		}
		used += rest;
		if (!b->keep)
			best = (struct spot){i + 1, 0};
	}
	return (struct spot){s->blocks_n, 0};
}

static struct sr_err plan_pages(struct arena *a, struct planner *p)
{
	struct spot at = page_end(p, (struct spot){0, 0});
	while (at.block < p->s->blocks_n) {
		p->start = arena_grow(a, p->start, p->starts_n, &p->starts_cap, sizeof *p->start);
		if (!p->start)
			return sr_nomem();
		if (p->starts_n + 1 == PAGE_PAGES_MAX)
			return page_too_many();
		p->start[p->starts_n++] = (struct page_start){
			(uint32_t)at.block, at.line ? p->part[at.block].slot[at.line] : PAGE_NONE};
		at = page_end(p, at);
	}
	p->s->start = p->start;
	p->s->starts_n = p->starts_n;
	return sr_ok();
}

/* try_all lays out the variants: their pages may be too many even where planned ones are not. */
static struct sr_err try_all(const struct planner *p)
{
	struct sr_err e = sr_ok();
	for (size_t v = 0; !sr_bad(e) && v < VARIANTS; v++) {
		struct arena scratch = {0};
		struct page_laid l;
		e = page_lay_copy(&scratch, p->s, p->symbol[v], &l);
		arena_release(&scratch);
	}
	return e;
}

struct sr_err page_lay_plan(struct arena *a, struct page_sheet *s, struct page_flow **flow,
			    const struct sr_sink *sink)
{
	struct arena scratch = {0};
	struct planner p = {.s = s,
			    .flow = flow,
			    .sink = sink,
			    .part = ARENA_ARRAY(&scratch, s->blocks_n, struct part),
			    .room = (int64_t)s->height - s->bottom - s->top};
	struct sr_err e = p.part ? symbols_make(&scratch, &p) : sr_nomem();
	for (size_t i = 0; !sr_bad(e) && i < s->blocks_n; i++)
		e = freeze_block(a, &scratch, &p, i);
	if (!sr_bad(e))
		e = plan_pages(a, &p);
	if (!sr_bad(e))
		e = try_all(&p);
	arena_release(&scratch);
	return e;
}
