/* SPDX-License-Identifier: Apache-2.0 */
#include "page_plan.h"

#include "page_cut.h"
#include "page_font.h"
#include "page_lay.h"
#include "page_table.h"

#include <assert.h>
#include <string.h>

/* Lengths in hundredths of an em of the text, if nothing else is said. */
enum {
	LEADING = 130,       /* of the block's own size */
	LEADING_LARGE = 120, /* likewise, of headings */
	SPACE_LEAST = 28,    /* a word space at least; likewise */
	BEFORE_TEXT = 50,    /* above a paragraph */
	BEFORE_TIGHT = 12,   /* above an item of a tight list */
	BEFORE_RULE = 110,
	BEFORE_CODE = 70, /* above and below code and tables */
	BEFORE_ROW = 18,
	BEHIND_HEADING = 35,
	INDENT_ITEM = 190,  /* of a list's text at least */
	INDENT_QUOTE = 170, /* at both sides */
	INDENT_CODE = 100,
	MARKER_GAP = 50, /* between a marker and the text */
	NOTE_SIZE = 85,  /* of the text in a footnote */
	SIZE_PT = 11,
};

struct heading {
	int size, before; /* hundredths of an em */
};

static const struct heading headings[] = {{160, 140}, {135, 130}, {115, 110},
					  {100, 90},  {100, 80},  {100, 80}};

/* How far what stands in a frame is from the edges, and where its marker's right edge is. */
struct indent {
	int32_t first, other; /* at the side that lines begin at, and at the other one */
	int32_t marker;
	int32_t size;
};

struct planner {
	struct arena *a, scratch;
	const struct page_options *o;
	const struct sr_sink *sink;
	struct page_draft draft;
	struct page_shaper *shaper;
	struct page_cutter cutter;
	int32_t size, measure;
	struct indent *indent; /* by frame */
	struct page_block *block;
	struct page_flow **flow;
	struct page_sheet s;
};

static int32_t part_of(int32_t size, int hundredths)
{
	return (int32_t)((int64_t)size * hundredths / 100);
}

static void set_paper(struct planner *p)
{
	struct page_sheet *s = &p->s;
	bool letter = p->o->paper == PAGE_LETTER;
	s->width = (int32_t)((letter ? 612.0 : 595.276) * PAGE_PT);
	s->height = (int32_t)((letter ? 792.0 : 841.890) * PAGE_PT);
	s->left = s->right = (letter ? 72 : 71) * PAGE_PT;
	s->top = (letter ? 68 : 71) * PAGE_PT;
	s->bottom = (letter ? 76 : 80) * PAGE_PT;
	s->foot_y = s->height - 42 * PAGE_PT;
	s->named = p->o->named;
	s->title = p->o->title;
	s->language = p->o->language;
	s->created = p->o->created;
	p->measure = s->width - s->left - s->right;
	p->size = p->o->size ? p->o->size : SIZE_PT * PAGE_PT;
}

/* No text is narrower than a third of the page, however deep it stands. */
static void bound_indent(const struct planner *p, struct indent *i, const struct indent *up)
{
	if (i->first + i->other > p->measure * 2 / 3) {
		i->first = up->first;
		i->other = up->other;
	}
}

static struct sr_err indent_item(struct planner *p, const struct page_draft_frame *f,
				 struct indent *i)
{
	struct page_shaped widest;
	const struct page_look look = {i->size, 0};
	SR_TRY(page_shape_text(p->shaper, look, false, f->widest, &widest));
	int32_t least = part_of(p->size, INDENT_ITEM);
	int32_t needed = widest.advance + part_of(p->size, 2 * MARKER_GAP);
	i->first += needed > least ? needed : least;
	return sr_ok();
}

static struct sr_err set_indents(struct planner *p)
{
	p->indent = ARENA_ARRAY(&p->scratch, p->draft.frames_n, struct indent);
	if (!p->indent)
		return sr_nomem();
	for (size_t k = 0; k < p->draft.frames_n; k++) {
		const struct page_draft_frame *f = &p->draft.frame[k];
		const struct indent page = {.size = p->size};
		const struct indent *up = f->up == PAGE_NONE ? &page : &p->indent[f->up];
		struct indent i = *up;
		if (f->note)
			i.size = part_of(p->size, NOTE_SIZE);
		if (f->quote) {
			i.first += part_of(p->size, INDENT_QUOTE);
			i.other += part_of(p->size, INDENT_QUOTE);
		} else {
			SR_TRY(indent_item(p, f, &i));
		}
		bound_indent(p, &i, up);
		i.marker = i.first - part_of(p->size, MARKER_GAP);
		p->indent[k] = i;
	}
	return sr_ok();
}

static struct indent indent_of(const struct planner *p, uint32_t frame)
{
	return frame == PAGE_NONE ? (struct indent){.size = p->size} : p->indent[frame];
}

/* set_lines sets what depends on the size of the text. */
static struct sr_err set_lines(struct planner *p, struct page_look look, int leading,
			       struct page_flow *f)
{
	struct page_metrics m;
	SR_TRY(page_shape_metrics(p->shaper, look, &m));
	int32_t least = look.style & PAGE_CODE ? 0 : part_of(look.size, SPACE_LEAST);
	f->leading = part_of(look.size, leading);
	f->ascent = (f->leading - m.ascent - m.descent) / 2 + m.ascent;
	f->ascent = f->ascent > 0 ? f->ascent : 0;
	f->space = m.space > least ? m.space : least;
	f->marked = !(look.style & PAGE_CODE);
	f->marker = PAGE_NONE;
	return sr_ok();
}

static struct sr_err set_marker(struct planner *p, uint32_t frame, struct page_flow *f)
{
	if (frame == PAGE_NONE)
		return sr_ok();
	const struct indent *i = &p->indent[frame];
	const struct page_draft_frame *of = &p->draft.frame[frame];
	struct page_shaped marker;
	SR_TRY(page_shape_text(p->shaper, (struct page_look){i->size, 0}, false,
			       f->rtl ? of->marker_rtl : of->marker, &marker));
	if (!marker.n)
		return sr_ok();
	int32_t x = f->rtl ? p->s.width - p->s.right - i->marker
			   : p->s.left + i->marker - marker.advance;
	f->marker = marker.shape[0];
	f->marker_x = x > 0 ? x : 0;
	return sr_ok();
}

/* plan_text makes the flow of a block that is not a table's row. Whether its lines go from right to
 * left, and its indents change sides, shows while it is cut. */
static struct sr_err plan_text(struct planner *p, const struct page_draft_part *part,
			       struct page_flow *f)
{
	struct indent i = indent_of(p, part->frame);
	struct page_look look = {i.size, 0};
	int leading = LEADING;
	if (part->kind == PAGE_HEADING) {
		look = (struct page_look){part_of(i.size, headings[part->level - 1].size),
					  PAGE_BOLD};
		leading = look.size > i.size ? LEADING_LARGE : LEADING;
	} else if (part->kind == PAGE_CODE_TEXT) {
		look.style = PAGE_CODE;
		i.first += part_of(p->size, INDENT_CODE);
	}
	SR_TRY(set_lines(p, look, leading, f));
	f->width = p->measure - i.first - i.other;
	SR_TRY(page_cut_text(&p->cutter, part->cell, look.size, f));
	f->x = p->s.left + (f->rtl ? i.other : i.first);
	bool even = part->kind == PAGE_TEXT && !p->o->ragged;
	f->align = even ? PAGE_JUSTIFIED : f->rtl ? PAGE_RIGHT : PAGE_LEFT;
	return set_marker(p, part->marker, f);
}

static int before_of(const struct page_draft_part *part)
{
	switch (part->kind) {
	case PAGE_TEXT:
		return part->tight ? BEFORE_TIGHT : BEFORE_TEXT;
	case PAGE_HEADING:
		return headings[part->level - 1].before;
	case PAGE_CODE_TEXT:
		return BEFORE_CODE;
	case PAGE_RULE:
		return BEFORE_RULE;
	case PAGE_ROW:
		return part->header ? BEFORE_CODE : BEFORE_ROW;
	}
	return 0;
}

static int behind_of(const struct page_draft_part *part)
{
	switch (part->kind) {
	case PAGE_TEXT:
		return 0;
	case PAGE_HEADING:
		return BEHIND_HEADING;
	case PAGE_CODE_TEXT:
		return BEFORE_CODE;
	case PAGE_RULE:
		return BEFORE_RULE;
	case PAGE_ROW:
		break;
	}
	return BEFORE_CODE;
}

/* space_between: of what two blocks ask for the more counts, but a heading decides what follows it.
 */
static int32_t space_between(const struct planner *p, const struct page_draft_part *part)
{
	const struct page_draft_part *last = part > p->draft.part ? part - 1 : NULL;
	int before = before_of(part);
	if (!last)
		return 0;
	if (last->kind == PAGE_HEADING && part->kind != PAGE_HEADING)
		return part_of(p->size, BEHIND_HEADING);
	if (part->kind == PAGE_ROW && !part->header)
		return part_of(p->size, BEFORE_ROW);
	int behind = behind_of(last);
	return part_of(p->size, before > behind ? before : behind);
}

static struct page_rule rule_of(const struct planner *p, const struct page_draft_part *part)
{
	struct indent i = indent_of(p, part->frame);
	int32_t width = p->measure - i.first - i.other;
	return (struct page_rule){p->s.left + i.first + width / 3, width / 3};
}

static struct sr_err plan_part(struct planner *p, size_t k, struct page_block *b)
{
	const struct page_draft_part *part = &p->draft.part[k];
	struct page_flow *flow = ARENA_ARRAY(p->a, part->cells_n, struct page_flow);
	if (!flow)
		return sr_nomem();
	b->before = space_between(p, part);
	b->keep = part->kind == PAGE_HEADING || part->header;
	b->cut = part->kind == PAGE_TEXT || part->kind == PAGE_CODE_TEXT;
	b->flow = p->flow[k] = flow;
	b->flows_n = part->cells_n;
	if (part->kind == PAGE_RULE)
		b->above = rule_of(p, part);
	return part->kind == PAGE_RULE || part->kind == PAGE_ROW ? sr_ok()
								 : plan_text(p, part, flow);
}

static size_t rows_of(const struct page_draft *d, size_t first)
{
	size_t n = 1;
	while (first + n < d->parts_n && d->part[first + n].kind == PAGE_ROW &&
	       d->part[first + n].table == d->part[first].table)
		n++;
	return n;
}

/* plan_table plans rows first .. first + n - 1, which have their blocks. */
static struct sr_err plan_table(struct planner *p, size_t first, size_t n)
{
	const struct page_draft_part *part = &p->draft.part[first];
	const struct indent i = indent_of(p, part->frame);
	struct page_table t = {.cutter = &p->cutter,
			       .part = part,
			       .flow = &p->flow[first],
			       .rows_n = n,
			       .x = p->s.left + i.first,
			       .x_rtl = p->s.left + i.other,
			       .width = p->measure - i.first - i.other,
			       .size = i.size};
	SR_TRY(set_lines(p, (struct page_look){i.size, 0}, LEADING, &t.lines));
	SR_TRY(page_table_plan(&p->scratch, &t, p->sink));
	struct page_block *b = &p->block[first];
	b[0].above = b[0].below = b[n - 1].below = t.rule;
	return part->cells_n ? set_marker(p, part->marker, &p->flow[first][0]) : sr_ok();
}

static struct sr_err plan_parts(struct planner *p)
{
	size_t n = p->draft.parts_n;
	p->block = ARENA_ARRAY(p->a, n, struct page_block);
	p->flow = ARENA_ARRAY(&p->scratch, n, struct page_flow *);
	if (!p->block || !p->flow)
		return sr_nomem();
	for (size_t k = 0; k < n; k++)
		SR_TRY(plan_part(p, k, &p->block[k]));
	for (size_t k = 0; k < n; k++) {
		if (p->draft.part[k].kind != PAGE_ROW)
			continue;
		size_t rows = rows_of(&p->draft, k);
		SR_TRY(plan_table(p, k, rows));
		k += rows - 1;
	}
	p->s.block = p->block;
	p->s.blocks_n = n;
	return sr_ok();
}

/* The sheet is still ours to change: it says const for those who get it. */
#define MINE(type, p) ((type *)(uintptr_t)(p))

static struct sr_err number_slots(struct planner *p)
{
	size_t slots = 0, markers = 0, parts = p->s.blocks_n + p->cutter.parts_n;
	for (size_t b = 0; b < p->s.blocks_n; b++) {
		parts += p->block[b].flows_n;
		for (size_t i = 0; i < p->block[b].flows_n; i++) {
			const struct page_flow *f = &p->flow[b][i];
			for (size_t k = 0; k < f->atoms_n; k++) {
				MINE(struct page_atom, &f->atom[k])->slot = (uint32_t)slots;
				slots += page_atom_slots(&f->atom[k]);
			}
			markers += f->marker != PAGE_NONE;
		}
	}
	if (slots > PAGE_SLOTS_MAX || parts > PAGE_PARTS_MAX)
		return page_too_long();
	if (!slots && !markers) {
		note(p->sink, SR_ERROR, 0, 0, "there is nothing to print in this paper");
		return sr_fail(SR_E_INPUT, "nothing to print");
	}
	p->s.slots_n = (uint32_t)slots;
	return sr_ok();
}

static void each_of_atom(const struct page_atom *atom, void (*fn)(uint32_t *shape, void *user),
			 void *user)
{
	for (size_t k = 0; k < atom->segments_n; k++) {
		const struct page_segment *g = &atom->segment[k];
		for (size_t i = 0; i < g->pieces_n; i++)
			fn(&MINE(struct page_piece, &g->piece[i])->shape, user);
	}
}

/* each_shape calls fn with every reference to a shape. */
static void each_shape(struct planner *p, void (*fn)(uint32_t *shape, void *user), void *user)
{
	for (size_t b = 0; b < p->s.blocks_n; b++) {
		for (size_t i = 0; i < p->block[b].flows_n; i++) {
			struct page_flow *f = &p->flow[b][i];
			if (f->marker != PAGE_NONE)
				fn(&f->marker, user);
			for (size_t k = 0; k < f->atoms_n; k++)
				each_of_atom(&f->atom[k], fn, user);
		}
	}
}

static void keep_shape(uint32_t *shape, void *user)
{
	((bool *)user)[*shape] = true;
}

static void renumber_shape(uint32_t *shape, void *user)
{
	*shape = ((const uint32_t *)user)[*shape];
}

/* put_shapes takes over the shapes that are used: some texts were only measured. */
static struct sr_err put_shapes(struct planner *p)
{
	size_t n = page_shaper_n(p->shaper);
	bool *keep = ARENA_ARRAY(&p->scratch, n, bool);
	uint32_t *number = ARENA_ARRAY(&p->scratch, n, uint32_t);
	if (!keep || !number)
		return sr_nomem();
	each_shape(p, keep_shape, keep);
	SR_TRY(page_shaper_finish(p->shaper, keep, number, &p->s));
	each_shape(p, renumber_shape, number);
	return sr_ok();
}

static struct sr_err plan(struct planner *p, const struct text_lattice *l)
{
	set_paper(p);
	if (!p->o->plain)
		SR_TRY(page_title_read(p->a, p->o->title, &p->s.title));
	SR_TRY(page_blocks_read(&p->scratch, l, p->o->plain, &p->draft));
	if (p->draft.html)
		note(p->sink, SR_WARNING, 0, 0,
		     "HTML in the paper is not printed: the pages leave it out");
	if (p->draft.pictures)
		note(p->sink, SR_WARNING, 0, 0,
		     "pictures in the paper are not printed: the pages have their descriptions");
	SR_TRY(page_shaper_open(p->a, p->o, p->sink, &p->shaper));
	p->cutter = (struct page_cutter){.a = p->a,
					 .shaper = p->shaper,
					 .draft = &p->draft,
					 .language = page_shaper_language(p->shaper)};
	SR_TRY(set_indents(p));
	SR_TRY(plan_parts(p));
	SR_TRY(number_slots(p));
	SR_TRY(put_shapes(p));
	p->s.places_n = (uint32_t)l->places_n;
	return page_lay_plan(p->a, &p->s, p->flow, p->sink);
}

struct sr_err page_plan_make(struct arena *a, const struct text_lattice *l,
			     const struct page_options *o, const struct sr_sink *sink,
			     struct page_sheet *out)
{
	struct planner p = {.a = a, .o = o, .sink = sink};
	assert(o->created >= 0 && o->created < PAGE_CREATED_MAX);
	assert(!o->size || (o->size >= PAGE_SIZE_MIN && o->size <= PAGE_SIZE_MAX));
	struct sr_err e = plan(&p, l);
	page_cutter_close(&p.cutter);
	page_shaper_close(p.shaper);
	arena_release(&p.scratch);
	SR_TRY(e);
	*out = p.s;
	return sr_ok();
}

static bool flow_fits(const struct page_flow *f, const struct text_lattice *l)
{
	for (size_t i = 0; i < f->atoms_n; i++) {
		const struct page_atom *atom = &f->atom[i];
		if (atom->place != PAGE_NONE &&
		    (atom->place >= l->places_n ||
		     atom->segments_n != l->places[atom->place].wordings_n))
			return false;
	}
	return true;
}

bool page_plan_fits(const struct page_sheet *s, const struct text_lattice *l)
{
	for (size_t i = 0; i < s->blocks_n; i++)
		for (size_t k = 0; k < s->block[i].flows_n; k++)
			if (!flow_fits(&s->block[i].flow[k], l))
				return false;
	return s->places_n == l->places_n;
}
