/* SPDX-License-Identifier: Apache-2.0 */
#include "page_sheet.h"

#include "page_sheet_bytes.h"

#include <assert.h>
#include <stdlib.h>

static_assert(PAGE_SLOTS_MAX == 100 * 1000 && PAGE_PARTS_MAX == 4 * 1000 * 1000 &&
		      PAGE_PAGES_MAX == 2000,
	      "the limits named");

struct sr_err page_too_long(void)
{
	return sr_fail(SR_E_LIMIT, "the paper is too long for pages, which hold 100,000 words and "
				   "4 million pieces of all wordings; mark it in parts, each with "
				   "a ledger of its own, or leave --layers out");
}

struct sr_err page_too_many(void)
{
	return sr_fail(SR_E_LIMIT, "the paper has more than 2,000 pages; mark it in parts, each "
				   "with a ledger of its own");
}

size_t page_atom_slots(const struct page_atom *a)
{
	size_t n = 0;
	for (size_t i = 0; i < a->segments_n; i++)
		n = a->segment[i].pieces_n > n ? a->segment[i].pieces_n : n;
	return n;
}

int page_outline_order(const void *a, const void *b)
{
	const struct page_outline *x = a, *y = b;
	if (x->font != y->font)
		return x->font < y->font ? -1 : 1;
	return (x->glyph > y->glyph) - (x->glyph < y->glyph);
}

const struct page_outline *page_outline_find(const struct page_outline *o, size_t n, uint32_t font,
					     uint32_t glyph)
{
	const struct page_outline key = {.font = font, .glyph = glyph};
	return n ? bsearch(&key, o, n, sizeof key, page_outline_order) : NULL;
}

bool page_language_ok(struct slice language)
{
	for (size_t i = 0; i < language.len; i++) {
		uint8_t c = language.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

static void put_num(struct build *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		build_u8(out, (uint8_t)(v | 0x80));
	build_u8(out, (uint8_t)v);
}

static void put_int(struct build *out, int64_t v)
{
	put_num(out, v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1);
}

static void put_text(struct build *out, struct slice s)
{
	put_num(out, s.len);
	build_slice(out, s);
}

static void put_font(const struct page_font *f, struct build *out)
{
	put_text(out, f->description);
	build_bytes(out, f->file, sizeof f->file);
	put_num(out, f->face);
}

static void put_outline(const struct page_outline *o, struct build *out)
{
	int64_t x = 0, y = 0;
	put_num(out, o->font);
	put_num(out, o->glyph);
	put_text(out, slice_make(o->kind, o->kinds_n));
	for (size_t i = 0; i < o->points_n; i++) {
		put_int(out, o->point[2 * i] - x);
		put_int(out, o->point[2 * i + 1] - y);
		x = o->point[2 * i];
		y = o->point[2 * i + 1];
	}
}

static void put_shape(const struct page_shape *s, struct build *out)
{
	int64_t x = 0;
	put_num(out, (uint64_t)s->font << 1 | s->backward);
	put_text(out, s->text);
	put_num(out, s->glyphs_n);
	for (size_t i = 0; i < s->glyphs_n; i++) {
		put_num(out, s->glyph[i].id);
		put_int(out, s->glyph[i].x - x);
		put_int(out, s->glyph[i].y);
		x = s->glyph[i].x;
	}
	put_num(out, s->clusters_n);
	for (size_t i = 0; i < s->clusters_n; i++) {
		put_num(out, s->cluster[i].bytes_n);
		put_num(out, s->cluster[i].glyphs_n);
	}
	put_int(out, s->advance);
	put_int(out, s->ink.x);
	put_int(out, s->ink.y);
	put_int(out, s->ink.w);
	put_int(out, s->ink.h);
}

static void put_atom(const struct page_atom *a, struct build *out)
{
	put_num(out, (uint64_t)(uint32_t)(a->place + 1) << 1 | a->ends_line);
	if (a->place != PAGE_NONE)
		put_num(out, a->segments_n);
	for (size_t i = 0; i < a->segments_n; i++) {
		const struct page_segment *s = &a->segment[i];
		put_num(out, (uint64_t)s->pieces_n << 1 | s->space);
		for (size_t k = 0; k < s->pieces_n; k++)
			put_num(out, (uint64_t)s->piece[k].shape << 2 | s->piece[k].gap);
	}
}

/* The first slot of a flow is known to who reads it: its breaks are told from there. */
static void put_flow(const struct page_flow *f, struct build *out)
{
	uint32_t slot = f->atoms_n ? f->atom[0].slot : 0;
	put_int(out, f->x);
	put_int(out, f->width);
	put_int(out, f->leading);
	put_int(out, f->ascent);
	put_int(out, f->space);
	build_u8(out, (uint8_t)((unsigned)f->align | (f->marked ? SHEET_MARKED : 0U) |
				(f->rtl ? SHEET_RTL : 0U)));
	put_num(out, (uint32_t)(f->marker + 1));
	if (f->marker != PAGE_NONE)
		put_int(out, f->marker_x);
	put_num(out, f->atoms_n);
	for (size_t i = 0; i < f->atoms_n; i++)
		put_atom(&f->atom[i], out);
	put_num(out, f->starts_n);
	for (size_t i = 0; i < f->starts_n; i++) {
		put_num(out, f->starts[i] - slot);
		slot = f->starts[i];
	}
}

static void put_rule(const struct page_rule *r, struct build *out)
{
	put_int(out, r->w);
	if (r->w)
		put_int(out, r->x);
}

static void put_block(const struct page_block *b, struct build *out)
{
	put_int(out, b->before);
	build_u8(out, (uint8_t)((b->keep ? SHEET_KEEP : 0U) | (b->cut ? SHEET_CUT : 0U)));
	put_rule(&b->above, out);
	put_rule(&b->below, out);
	put_num(out, b->flows_n);
	for (size_t i = 0; i < b->flows_n; i++)
		put_flow(&b->flow[i], out);
}

static void put_head(const struct page_sheet *s, struct build *out)
{
	put_text(out, s->title);
	put_text(out, s->language);
	put_int(out, s->created);
	put_int(out, s->width);
	put_int(out, s->height);
	put_int(out, s->left);
	put_int(out, s->top);
	put_int(out, s->right);
	put_int(out, s->bottom);
	put_int(out, s->foot_y);
	put_num(out, s->foot_font);
	put_num(out, s->named);
	put_num(out, s->digit);
	put_num(out, s->places_n);
}

void page_sheet_write(const struct page_sheet *s, struct build *out)
{
	build_bytes(out, SHEET_MAGIC, SHEET_MAGIC_LEN);
	build_u16(out, PAGE_SHEET_VERSION);
	put_head(s, out);
	put_num(out, s->fonts_n);
	for (size_t i = 0; i < s->fonts_n; i++)
		put_font(&s->font[i], out);
	put_num(out, s->outlines_n);
	for (size_t i = 0; i < s->outlines_n; i++)
		put_outline(&s->outline[i], out);
	put_num(out, s->shapes_n);
	for (size_t i = 0; i < s->shapes_n; i++)
		put_shape(&s->shape[i], out);
	put_num(out, s->blocks_n);
	for (size_t i = 0; i < s->blocks_n; i++)
		put_block(&s->block[i], out);
	put_num(out, s->starts_n);
	for (size_t i = 0; i < s->starts_n; i++) {
		put_num(out, s->start[i].block);
		put_num(out, (uint32_t)(s->start[i].slot + 1));
	}
}
