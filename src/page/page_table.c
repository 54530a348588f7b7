/* SPDX-License-Identifier: Apache-2.0 */
#include "page_table.h"

/* Hundredths of an em: between columns, and what a column has at least. */
enum { GUTTER = 110, LEAST = 100 };

/* A column: how wide its cells are in one line, how wide the widest of their words, and what it
 * gets; width 0: not yet known. */
struct column {
	int64_t natural, least;
	int32_t x, width;
};

static struct sr_err measure(struct page_table *t, struct column *column)
{
	size_t parts_n = t->cutter->parts_n;
	for (size_t r = 0; r < t->rows_n; r++) {
		for (size_t i = 0; i < t->part[r].cells_n; i++) {
			struct page_flow f = t->lines;
			int64_t natural, least;
			SR_TRY(page_cut_text(t->cutter, &t->part[r].cell[i], t->size, &f));
			page_cut_widths(t->cutter, &f, &natural, &least);
			if (natural > column[i].natural)
				column[i].natural = natural;
			if (least > column[i].least)
				column[i].least = least;
		}
	}
	t->cutter->parts_n = parts_n;
	return sr_ok();
}

/* What columns without a width would like and need. */
struct wishes {
	int64_t natural, least;
	size_t n;
};

static struct wishes wishes_of(const struct column *c, size_t n)
{
	struct wishes w = {0};
	for (size_t i = 0; i < n; i++)
		if (!c[i].width) {
			w.natural += c[i].natural;
			w.least += c[i].least;
			w.n++;
		}
	return w;
}

/* grant gives a column what it would like if that is no more than its even share of the room and
 * leaves the others what they need; false if there is none to give it to. */
static bool grant(struct column *c, size_t n, int64_t *room)
{
	const struct wishes w = wishes_of(c, n);
	for (size_t i = 0; i < n; i++) {
		if (c[i].width || c[i].natural * (int64_t)w.n > *room ||
		    *room - c[i].natural < w.least - c[i].least)
			continue;
		c[i].width = (int32_t)c[i].natural;
		*room -= c[i].natural;
		return true;
	}
	return false;
}

/* squeeze divides room that is too narrow for all words: a column whose words need no more than its
 * even share gets that, and only the others' words are cut. */
static void squeeze(struct column *c, size_t n, int64_t room)
{
	int64_t left = (int64_t)n;
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < n; i++) {
			if (c[i].width || c[i].least * left > room)
				continue;
			c[i].width = (int32_t)c[i].least;
			room -= c[i].least;
			left--;
			more = true;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (!c[i].width)
			c[i].width = (int32_t)(room / left);
}

/* share divides room among the columns: small ones have what they would like, the others what
 * their words need, and of the rest in the measure of what they would like. No column is narrower
 * than floor, of which there is room for n. */
static void share(struct column *c, size_t n, int64_t room, int64_t floor)
{
	for (size_t i = 0; i < n; i++) {
		c[i].least = c[i].least > floor ? c[i].least : floor;
		c[i].natural = c[i].natural > c[i].least ? c[i].natural : c[i].least;
	}
	if (wishes_of(c, n).least > room) {
		squeeze(c, n, room);
		return;
	}
	while (grant(c, n, &room))
		;
	const struct wishes w = wishes_of(c, n);
	int64_t more = w.natural - w.least;
	for (size_t i = 0; i < n; i++) {
		if (c[i].width)
			continue;
		int64_t width = c[i].least;
		if (more)
			width += (room - w.least) * (c[i].natural - c[i].least) / more;
		c[i].width = (int32_t)width;
	}
}

/* A table goes from right to left if the first text of its header does. */
static bool is_rtl(const struct page_table *t)
{
	for (size_t i = 0; i < t->part->cells_n; i++)
		if (t->flow[0][i].atoms_n)
			return t->flow[0][i].rtl;
	return false;
}

static enum page_align align_of(const struct page_draft_part *part, size_t i, bool rtl)
{
	switch (part->align[i]) {
	case 'c':
		return PAGE_CENTRED;
	case 'r':
		return PAGE_RIGHT;
	case 'l':
		return PAGE_LEFT;
	default:
		return rtl ? PAGE_RIGHT : PAGE_LEFT;
	}
}

static struct sr_err cut_cells(struct page_table *t, const struct column *column)
{
	for (size_t r = 0; r < t->rows_n; r++) {
		for (size_t i = 0; i < t->part[r].cells_n; i++) {
			struct page_flow *f = &t->flow[r][i];
			*f = t->lines;
			f->width = column[i].width;
			SR_TRY(page_cut_text(t->cutter, &t->part[r].cell[i], t->size, f));
		}
	}
	return sr_ok();
}

/* place puts the columns side by side, and the rules above and below them. */
static void place(struct page_table *t, struct column *column, int32_t gutter)
{
	size_t n = t->part->cells_n;
	bool rtl = is_rtl(t);
	int32_t all = n ? -gutter : 0, before = 0;
	for (size_t i = 0; i < n; i++)
		all += column[i].width + gutter;
	t->rule = (struct page_rule){rtl ? t->x_rtl + t->width - all : t->x, all};
	for (size_t i = 0; i < n; i++) {
		int32_t from = rtl ? all - before - column[i].width : before;
		column[i].x = t->rule.x + from;
		before += column[i].width + gutter;
	}
	for (size_t r = 0; r < t->rows_n; r++) {
		for (size_t i = 0; i < t->part[r].cells_n; i++) {
			struct page_flow *f = &t->flow[r][i];
			f->x = column[i].x;
			f->align = align_of(&t->part[r], i, rtl || f->rtl);
		}
	}
}

struct sr_err page_table_plan(struct arena *scratch, struct page_table *t,
			      const struct sr_sink *sink)
{
	size_t n = t->part->cells_n;
	int64_t gutter = (int64_t)t->size * GUTTER / 100, floor = (int64_t)t->size * LEAST / 100;
	int64_t room = t->width - gutter * (int64_t)(n ? n - 1 : 0);
	struct column *column = ARENA_ARRAY(scratch, n, struct column);
	if (!column)
		return sr_nomem();
	if (room < (int64_t)n * floor) {
		note(sink, SR_ERROR, 0, 0, "a table has %zu columns: more than a page can hold", n);
		return sr_fail(SR_E_INPUT, "a table that no page can hold");
	}
	SR_TRY(measure(t, column));
	share(column, n, room, floor);
	SR_TRY(cut_cells(t, column));
	place(t, column, (int32_t)gutter);
	return sr_ok();
}
