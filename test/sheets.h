/* SPDX-License-Identifier: Apache-2.0 */
/* Sheets for tests, made by hand of a text in which {this|that} is a place, \n ends a line and a
 * hyphen is a spot to break. Letters are slanting boxes, 3 to 8 points wide; capital letters are
 * those of a script that goes from right to left. What goes wrong here is a fault of the test and
 * ends it. */
#ifndef SHEETS_H
#define SHEETS_H

#include "page_lay.h"
#include "test.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SHEETS_BLOCKS = 400, SHEETS_FLOWS = 16, SHEETS_WORDINGS = 16 };

struct sheets {
	struct arena *a;
	struct page_sheet s;
	struct page_block *block;
	struct page_flow **flow;
	struct page_shape *shape;
	size_t shapes_cap;
	void (*real)(struct sheets *m, struct page_shape *s); /* NULL: boxes */
	void *closure;
};

static inline void *sheets_array(struct sheets *m, size_t n, size_t size)
{
	void *p = arena_alloc(m->a, n, size);
	assert(p);
	return p;
}

static inline int32_t sheets_letter(uint8_t c)
{
	return (3 + c * 7 % 6) * PAGE_PT - c * 13 % 97;
}

/* sheets_outlines makes the font: each letter a slanting box on the baseline, of its own height. */
static inline void sheets_outlines(struct sheets *m)
{
	struct page_outline *o = sheets_array(m, 128, sizeof *o);
	for (uint8_t c = 0; c < 128; c++) {
		int32_t *p = sheets_array(m, 8, sizeof *p);
		int32_t h = -(4 + c % 4) * PAGE_PT, w = sheets_letter(c) - PAGE_PT / 2;
		int32_t q[8] = {PAGE_PT / 2, 0, w - PAGE_PT, 0, w, h, 3 * PAGE_PT / 2, h};
		memcpy(p, q, sizeof q);
		o[c] = (struct page_outline){.font = 0,
					     .glyph = c,
					     .kind = (const uint8_t *)"MLLLZ",
					     .kinds_n = 5,
					     .point = p,
					     .points_n = 4};
	}
	m->s.outline = o;
	m->s.outlines_n = 128;
}

/* sheets_boxes shapes a text as boxes. */
static inline void sheets_boxes(struct sheets *m, struct page_shape *s)
{
	struct slice text = s->text;
	struct page_glyph *g = sheets_array(m, text.len, sizeof *g);
	struct page_cluster *c = sheets_array(m, text.len, sizeof *c);
	*s = (struct page_shape){.text = text,
				 .glyph = g,
				 .glyphs_n = text.len,
				 .cluster = c,
				 .clusters_n = text.len,
				 .backward = text.len && text.ptr[0] >= 'A' && text.ptr[0] <= 'Z'};
	for (size_t i = 0; i < text.len; i++) {
		uint8_t letter = text.ptr[s->backward ? text.len - 1 - i : i];
		g[i] = (struct page_glyph){letter, s->advance, 0};
		c[i] = (struct page_cluster){1, 1};
		s->advance += sheets_letter(letter);
	}
	s->ink = (struct page_box){0, -7 * PAGE_PT, s->advance, 7 * PAGE_PT};
}

/* sheets_shape returns the number of a shape of that text. */
static inline uint32_t sheets_shape(struct sheets *m, struct slice text)
{
	m->shape = arena_grow(m->a, m->shape, m->s.shapes_n, &m->shapes_cap, sizeof *m->shape);
	assert(m->shape);
	struct page_shape *s = &m->shape[m->s.shapes_n];
	*s = (struct page_shape){.text = text};
	(m->real ? m->real : sheets_boxes)(m, s);
	m->s.shape = m->shape;
	return (uint32_t)m->s.shapes_n++;
}

/* sheets_begin begins a sheet; real shapes a text with fonts instead of boxes, and sees closure. */
static inline void sheets_begin_real(struct sheets *m, struct arena *a,
				     void (*real)(struct sheets *, struct page_shape *),
				     void *closure)
{
	*m = (struct sheets){.a = a, .real = real, .closure = closure};
	m->s = (struct page_sheet){.title = SLICE_LIT("Title"),
				   .language = SLICE_LIT("en"),
				   .created = 1700000000,
				   .width = 595 * PAGE_PT,
				   .height = 842 * PAGE_PT,
				   .left = 71 * PAGE_PT,
				   .top = 71 * PAGE_PT,
				   .right = 71 * PAGE_PT,
				   .bottom = 71 * PAGE_PT,
				   .foot_y = 800 * PAGE_PT,
				   .fonts_n = 1};
	struct page_font *f = sheets_array(m, 1, sizeof *f);
	f->description = SLICE_LIT("Liberation Serif 11");
	m->s.font = f;
	m->block = sheets_array(m, SHEETS_BLOCKS, sizeof *m->block);
	m->flow = sheets_array(m, SHEETS_BLOCKS, sizeof *m->flow);
	m->s.block = m->block;
	sheets_outlines(m);
	for (size_t i = 0; i < 10; i++)
		(void)sheets_shape(m, slice_make(&"0123456789"[i], 1));
}

static inline void sheets_begin(struct sheets *m, struct arena *a)
{
	sheets_begin_real(m, a, NULL, NULL);
}

/* sheets_segment takes text up to one of the bytes of end. */
static inline struct page_segment sheets_segment(struct sheets *m, const char **at, const char *end)
{
	struct page_piece *p = NULL;
	struct page_segment g = {0};
	size_t cap = 0;
	enum page_gap gap = PAGE_GAP_NONE;
	while (**at && !strchr(end, **at)) {
		if (**at == ' ') {
			gap = PAGE_GAP_SPACE;
			++*at;
			continue;
		}
		size_t n = 0;
		while ((*at)[n] && !strchr(end, (*at)[n]) && (*at)[n] != ' ' &&
		       !(n && (*at)[n - 1] == '-'))
			n++;
		p = arena_grow(m->a, p, g.pieces_n, &cap, sizeof *p);
		assert(p);
		p[g.pieces_n++] = (struct page_piece){sheets_shape(m, slice_make(*at, n)), gap};
		gap = (*at)[n - 1] == '-' ? PAGE_GAP_BREAK : PAGE_GAP_NONE;
		*at += n;
	}
	g.piece = p;
	g.space = gap == PAGE_GAP_SPACE;
	return g;
}

/* sheets_atom takes a place or fixed text; *slot moves on. Long fixed texts are several atoms. */
static inline struct page_atom sheets_atom(struct sheets *m, const char **at)
{
	struct page_segment *g = sheets_array(m, SHEETS_WORDINGS, sizeof *g);
	struct page_atom t = {.place = PAGE_NONE, .segment = g, .slot = m->s.slots_n};
	size_t most = 0;
	if (**at == '{') {
		t.place = m->s.places_n++;
		while (**at != '}') {
			++*at;
			assert(t.segments_n < SHEETS_WORDINGS);
			g[t.segments_n++] = sheets_segment(m, at, "|}");
		}
		++*at;
	} else {
		g[t.segments_n++] = sheets_segment(m, at, "{\n");
	}
	for (size_t i = 0; i < t.segments_n; i++)
		most = g[i].pieces_n > most ? g[i].pieces_n : most;
	m->s.slots_n += (uint32_t)most;
	if (**at == '\n') {
		t.ends_line = true;
		++*at;
	}
	return t;
}

/* sheets_flow puts the text into flow f, which is one of text from margin to margin. */
static inline void sheets_flow(struct sheets *m, struct page_flow *f, const char *text)
{
	struct page_atom *atom = NULL;
	size_t cap = 0;
	*f = (struct page_flow){.x = m->s.left,
				.width = m->s.width - m->s.left - m->s.right,
				.leading = 14 * PAGE_PT,
				.ascent = 10 * PAGE_PT,
				.space = 3 * PAGE_PT + 79,
				.marked = true,
				.marker = PAGE_NONE};
	while (*text) {
		atom = arena_grow(m->a, atom, f->atoms_n, &cap, sizeof *atom);
		assert(atom);
		atom[f->atoms_n++] = sheets_atom(m, &text);
	}
	f->atom = atom;
}

/* sheets_block adds a block of n flows of these texts; the caller may change it and its flows until
 * sheets_end. */
static inline struct page_flow *sheets_block(struct sheets *m, const char *const *text, size_t n)
{
	assert(m->s.blocks_n < SHEETS_BLOCKS && n <= SHEETS_FLOWS);
	struct page_flow *f = sheets_array(m, n, sizeof *f);
	for (size_t i = 0; i < n; i++)
		sheets_flow(m, &f[i], text[i]);
	m->block[m->s.blocks_n] =
		(struct page_block){.before = 6 * PAGE_PT, .cut = n == 1, .flow = f, .flows_n = n};
	m->flow[m->s.blocks_n++] = f;
	return f;
}

static inline struct page_flow *sheets_text(struct sheets *m, const char *text)
{
	return sheets_block(m, &text, 1);
}

/* sheets_end finds the breaks. */
static inline void sheets_end(struct sheets *m)
{
	struct sr_err e = page_lay_plan(m->a, &m->s, m->flow, NULL);
	assert(!sr_bad(e));
}

/* sheets_random writes n random words, every eighth or so a place. */
static inline const char *sheets_random(struct arena *a, uint64_t *state, size_t n)
{
	struct build b = {0};
	for (size_t i = 0; i < n; i++) {
		size_t wordings = test_random(state) % 8 ? 1 : 2 + test_random(state) % 3;
		build_str(&b, i ? " " : "");
		for (size_t k = 0; k < wordings; k++) {
			build_str(&b, wordings == 1 ? "" : k ? "|" : "{");
			size_t words = wordings == 1 ? 1 : test_random(state) % 6;
			for (size_t j = 0; j < (words + 1) / 2; j++) {
				build_str(&b, j ? " " : "");
				for (size_t c = 1 + test_random(state) % 9; c; c--)
					build_u8(&b, (uint8_t)('a' + test_random(state) % 26));
				if (test_random(state) % 24 == 0)
					build_str(&b, "-man");
			}
		}
		build_str(&b, wordings == 1 ? "" : "}");
	}
	struct slice done;
	struct sr_err e = build_done(&b, &done);
	assert(!sr_bad(e));
	const char *out = arena_dup(a, done.ptr, done.len);
	assert(out);
	build_release(&b);
	return out;
}

#endif
