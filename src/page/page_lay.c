/* SPDX-License-Identifier: Apache-2.0 */
#include "page_lay.h"

#include "page_break.h"

#include <assert.h>

/* A flow broken into lines; next: the first that no page has yet. */
struct column {
	const struct page_flow *f;
	struct page_run run;
	struct page_line *line;
	size_t lines_n, next;
};

/* A piece of a line, or a space between two; level: as in UAX 9. */
struct element {
	const struct page_item *item; /* NULL: a space */
	uint8_t level;
};

/* Where the next line goes. y: of its top; fresh: nothing is on the page yet. start: the next of
 * the sheet's. */
struct layer {
	const struct page_sheet *s;
	const uint16_t *symbol;
	struct page_laid out;
	struct arena scratch;
	struct element *element; /* for a line */
	size_t elements_cap;
	int32_t y, y_max;
	bool fresh;
	size_t start;
};

static uint8_t level_of(const struct page_sheet *s, const struct page_flow *f,
			const struct page_item *t)
{
	bool backward = s->shape[t->shape].backward;
	if (f->rtl)
		return t->other || !backward ? 2 : 1;
	return t->other ? backward ? 1 : 2 : 0;
}

/* elements_of lists a line in the order of the text. */
static struct sr_err elements_of(struct layer *l, const struct column *c,
				 const struct page_line *line, size_t *n)
{
	const struct page_item *item = &c->run.item[line->first];
	if (2 * line->n > l->elements_cap) {
		l->elements_cap = 4 * line->n;
		l->element = ARENA_ARRAY(&l->scratch, l->elements_cap, struct element);
		if (!l->element)
			return sr_nomem();
	}
	*n = 0;
	for (size_t i = 0; i < line->n; i++) {
		bool other = i && item[i - 1].other && item[i].other;
		if (i && item[i].gap == PAGE_GAP_SPACE)
			l->element[(*n)++] = (struct element){NULL, c->f->rtl ? 1 + other : other};
		l->element[(*n)++] = (struct element){&item[i], level_of(l->s, c->f, &item[i])};
	}
	return sr_ok();
}

/* reorder puts elements as they stand from left to right: UAX 9, rule L2. */
static void reorder(struct element *e, size_t n)
{
	for (uint8_t level = 2; level > 0; level--) {
		for (size_t i = 0, end; i < n; i = end + 1) {
			for (end = i; end < n && e[end].level >= level; end++)
				;
			for (size_t k = 0; k < (end - i) / 2; k++) {
				struct element t = e[i + k];
				e[i + k] = e[end - 1 - k];
				e[end - 1 - k] = t;
			}
		}
	}
}

static int64_t line_indent(const struct page_flow *f, int64_t slack)
{
	if (slack < 0)
		return f->rtl ? slack : 0;
	switch (f->align) {
	case PAGE_JUSTIFIED:
		return f->rtl ? slack : 0;
	case PAGE_LEFT:
		return 0;
	case PAGE_CENTRED:
		return slack / 2;
	case PAGE_RIGHT:
		return slack;
	}
	return 0;
}

/* begin_word begins a word at x. */
static struct page_word *begin_word(struct layer *l, const struct page_flow *f, int64_t x)
{
	struct page_word *w = &l->out.word[l->out.words_n++];
	*w = (struct page_word){.page = l->out.pages_n - 1,
				.line = l->out.lines_n,
				.slot = PAGE_NONE,
				.first = (uint32_t)l->out.shapes_n,
				.x = (int32_t)x,
				.y = l->y + f->ascent};
	return w;
}

static void put_marker(struct layer *l, const struct page_flow *f)
{
	l->out.shapes[l->out.shapes_n] = f->marker;
	l->out.word[l->out.words_n++] =
		(struct page_word){.page = l->out.pages_n - 1,
				   .line = l->out.lines_n,
				   .slot = PAGE_NONE,
				   .first = (uint32_t)l->out.shapes_n++,
				   .n = 1,
				   .x = f->marker_x,
				   .y = l->y + f->ascent,
				   .advance = l->s->shape[f->marker].advance};
}

/* put_words sets the words of a line; the spaces share what there is so that the last word ends
 * exactly where it should. */
static struct sr_err put_words(struct layer *l, const struct column *c,
			       const struct page_line *line)
{
	struct page_fit fit = page_line_fit(c->f, &c->run, line);
	int64_t x = c->f->x + line_indent(c->f, fit.slack), spaces = 0, done = 0;
	struct page_word *w = NULL;
	size_t n;
	if (fit.slack < -PAGE_LENGTH_MAX)
		return sr_fail(SR_E_LIMIT, "a word of the paper is too long");
	SR_TRY(elements_of(l, c, line, &n));
	reorder(l->element, n);
	for (size_t i = 0; i < n; i++) {
		const struct page_item *t = l->element[i].item;
		if (!t) {
			int64_t upto = fit.width * ++spaces / (int64_t)fit.spaces_n;
			int32_t gap = (int32_t)(upto - done);
			x += gap;
			done = upto;
			w = begin_word(l, c->f, x);
			if (c->f->marked)
				w[-1].gap_after = w->gap_before = gap;
			continue;
		}
		if (!w)
			w = begin_word(l, c->f, x);
		l->out.shapes[l->out.shapes_n++] = t->shape;
		w->n++;
		w->slot = t->slot < w->slot ? t->slot : w->slot;
		w->advance += t->advance;
		x += t->advance;
	}
	return sr_ok();
}

static struct sr_err put_line(struct layer *l, struct column *c)
{
	const struct page_line *line = &c->line[c->next];
	const struct page_flow *f = c->f;
	bool marker = !c->next && f->marker != PAGE_NONE;
	if (marker && f->marker_x <= f->x)
		put_marker(l, f);
	SR_TRY(put_words(l, c, line));
	if (marker && f->marker_x > f->x)
		put_marker(l, f);
	l->out.lines_n++;
	c->next++;
	return sr_ok();
}

static struct sr_err new_page(struct layer *l)
{
	if (l->out.pages_n == PAGE_PAGES_MAX)
		return page_too_many();
	l->out.pages_n++;
	l->y = l->s->top;
	l->fresh = true;
	return sr_ok();
}

int32_t page_rule_room(const struct page_block *b, const struct page_rule *rule)
{
	return rule->w && b->flows_n ? b->flow->leading / 6 : 0;
}

static void put_rule(struct layer *l, const struct page_rule *rule)
{
	if (rule->w)
		l->out.stroke[l->out.strokes_n++] =
			(struct page_stroke){l->out.pages_n - 1, rule->x, l->y, rule->w};
}

/* starts_page tells whether the next line of a block's only flow begins a page. */
static bool starts_page(struct layer *l, size_t block, const struct column *c)
{
	const struct page_line *line = &c->line[c->next];
	if (l->start == l->s->starts_n || l->s->start[l->start].block != block || !line->n ||
	    c->run.item[line->first + line->n - 1].slot < l->s->start[l->start].slot)
		return false;
	l->start++;
	return true;
}

static bool fits(const struct layer *l, int64_t height)
{
	return l->fresh || l->y + height <= l->y_max;
}

/* put_flow sets the lines of one flow, page after page. */
static struct sr_err put_flow(struct layer *l, size_t block, struct column *c)
{
	while (c->next < c->lines_n) {
		if (starts_page(l, block, c) || !fits(l, c->f->leading))
			SR_TRY(new_page(l));
		SR_TRY(put_line(l, c));
		l->y += c->f->leading;
		l->fresh = false;
	}
	return sr_ok();
}

/* put_cells sets as many lines of each of n flows as the page holds; false in more if these are
 * all. */
static struct sr_err put_cells(struct layer *l, struct column *c, size_t n, bool *more)
{
	int32_t top = l->y, bottom = top;
	bool fresh = l->fresh;
	*more = false;
	for (size_t i = 0; i < n; i++) {
		l->y = top;
		l->fresh = fresh;
		while (c[i].next < c[i].lines_n && fits(l, c[i].f->leading)) {
			SR_TRY(put_line(l, &c[i]));
			l->y += c[i].f->leading;
			l->fresh = false;
		}
		bottom = l->y > bottom ? l->y : bottom;
		*more = *more || c[i].next < c[i].lines_n;
	}
	l->y = bottom;
	l->fresh = fresh && bottom == top;
	return sr_ok();
}

static int64_t height_of(const struct page_block *b, const struct column *c)
{
	int64_t height = 0;
	for (size_t i = 0; i < b->flows_n; i++) {
		int64_t h = (int64_t)c[i].lines_n * c[i].f->leading;
		height = h > height ? h : height;
	}
	return height + page_rule_room(b, &b->above) + page_rule_room(b, &b->below);
}

/* least_of is how much of a block has to follow its top on the same page. */
static int64_t least_of(const struct page_block *b, const struct column *c, int64_t height)
{
	return b->cut && b->flows_n == 1 && c->lines_n ? c->f->leading : height;
}

/* begin_block finds the place of a block's top: a new page if it begins one, or what of it has to
 * stay together has room there only. */
static struct sr_err begin_block(struct layer *l, size_t block, int64_t least)
{
	const struct page_sheet *s = l->s;
	const struct page_block *b = &s->block[block];
	while (l->start < s->starts_n && s->start[l->start].block < block)
		l->start++;
	bool begins = l->start < s->starts_n && s->start[l->start].block == block &&
		      s->start[l->start].slot == PAGE_NONE;
	l->start += begins;
	if (!begins && !l->fresh && l->y + b->before + least > l->y_max)
		begins = least <= l->y_max - s->top;
	if (begins)
		return new_page(l);
	if (!l->fresh)
		l->y += b->before;
	return sr_ok();
}

static struct sr_err put_block(struct layer *l, size_t block)
{
	const struct page_block *b = &l->s->block[block];
	struct column *c = ARENA_ARRAY(&l->scratch, b->flows_n, struct column);
	if (!c)
		return sr_nomem();
	for (size_t i = 0; i < b->flows_n; i++) {
		c[i].f = &b->flow[i];
		SR_TRY(page_run_make(&l->scratch, l->s, c[i].f, l->symbol, &c[i].run));
		SR_TRY(page_break_copy(&l->scratch, c[i].f, &c[i].run, &c[i].line, &c[i].lines_n));
	}
	SR_TRY(begin_block(l, block, least_of(b, c, height_of(b, c))));
	put_rule(l, &b->above);
	l->y += page_rule_room(b, &b->above);
	if (b->flows_n == 1)
		SR_TRY(put_flow(l, block, c));
	bool more = b->flows_n > 1;
	while (more) {
		SR_TRY(put_cells(l, c, b->flows_n, &more));
		if (more)
			SR_TRY(new_page(l));
	}
	l->y += page_rule_room(b, &b->below);
	put_rule(l, &b->below);
	l->fresh = l->fresh && !b->above.w && !b->below.w;
	return sr_ok();
}

/* result_make makes room for all that the copy can have. */
static struct sr_err result_make(struct arena *a, struct layer *l)
{
	const struct page_sheet *s = l->s;
	size_t n = 0;
	for (size_t i = 0; i < s->blocks_n; i++) {
		for (size_t j = 0; j < s->block[i].flows_n; j++) {
			const struct page_flow *f = &s->block[i].flow[j];
			n += f->marker != PAGE_NONE;
			for (size_t k = 0; k < f->atoms_n; k++)
				n += page_segment_of(&f->atom[k], l->symbol)->pieces_n;
		}
	}
	l->out.word = ARENA_ARRAY(a, n, struct page_word);
	l->out.shapes = ARENA_ARRAY(a, n, uint32_t);
	l->out.stroke = ARENA_ARRAY(a, 2 * s->blocks_n, struct page_stroke);
	return l->out.word && l->out.shapes && l->out.stroke ? sr_ok() : sr_nomem();
}

struct sr_err page_lay_copy(struct arena *a, const struct page_sheet *s, const uint16_t *symbol,
			    struct page_laid *out)
{
	struct layer l = {.s = s, .symbol = symbol, .y_max = s->height - s->bottom};
	SR_TRY(result_make(a, &l));
	struct sr_err e = new_page(&l);
	for (size_t i = 0; !sr_bad(e) && i < s->blocks_n; i++)
		e = put_block(&l, i);
	arena_release(&l.scratch);
	SR_TRY(e);
	*out = l.out;
	return sr_ok();
}
