/* SPDX-License-Identifier: Apache-2.0 */
#include "page_sheet.h"

#include "base_limits.h"
#include "page_sheet_bytes.h"
#include "text_fold.h"

#include <string.h>

enum { TEXT_MAX = 64 * 1024, LANGUAGE_MAX = 64, DESCRIPTION_MAX = 1024 };

/* e: the first failure. What is read after it is 0, so that loops end. */
struct reader {
	struct slice in;
	struct arena *a;
	struct page_sheet s;
	struct sr_err e;
	size_t parts;    /* so far, of PAGE_PARTS_MAX */
	uint8_t *placed; /* place: it has stood somewhere */
	uint8_t *used;   /* outline: a shape has it */
	uint32_t *end;   /* block: the slot behind its last */
};

static void fail(struct reader *r, struct sr_err e)
{
	if (!sr_bad(r->e))
		r->e = e;
}

static void require(struct reader *r, bool holds)
{
	if (!holds)
		fail(r, sr_fail(SR_E_INPUT, "the stored sheet is damaged"));
}

static uint8_t take_u8(struct reader *r, unsigned max)
{
	uint8_t v = 0;
	require(r, slice_u8(&r->in, &v) && v <= max);
	return sr_bad(r->e) ? 0 : v;
}

/* take_num: seven bits a byte, the lowest first, in as few bytes as possible. */
static uint64_t take_num(struct reader *r, uint64_t max)
{
	uint64_t v = 0;
	uint8_t byte = 0x80;
	for (unsigned shift = 0; byte & 0x80; shift += 7) {
		if (shift >= 63 || !slice_u8(&r->in, &byte) || (shift && !byte)) {
			require(r, false);
			return 0;
		}
		v |= (uint64_t)(byte & 0x7f) << shift;
	}
	require(r, v <= max);
	return sr_bad(r->e) ? 0 : v;
}

static int64_t take_wide(struct reader *r, int64_t min, int64_t max)
{
	uint64_t z = take_num(r, UINT64_MAX >> 1);
	int64_t v = (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
	require(r, v >= min && v <= max);
	return sr_bad(r->e) ? 0 : v;
}

static int32_t take_int(struct reader *r, int32_t min, int32_t max)
{
	return (int32_t)take_wide(r, min, max);
}

static int32_t take_length(struct reader *r)
{
	return take_int(r, 0, PAGE_LENGTH_MAX);
}

/* take_from: a number told by its difference from before. */
static int32_t take_from(struct reader *r, int32_t before)
{
	int64_t v =
		before + take_wide(r, INT64_C(-2) * PAGE_LENGTH_MAX, INT64_C(2) * PAGE_LENGTH_MAX);
	require(r, v >= -PAGE_LENGTH_MAX && v <= PAGE_LENGTH_MAX);
	return sr_bad(r->e) ? 0 : (int32_t)v;
}

static struct slice take_bytes(struct reader *r, size_t max)
{
	struct slice s = {0};
	require(r, slice_take(&r->in, (size_t)take_num(r, max), &s) && !sr_bad(r->e));
	return sr_bad(r->e) ? (struct slice){0} : s;
}

static struct slice take_text(struct reader *r, size_t max)
{
	struct slice s = take_bytes(r, max);
	require(r, text_utf8_bad(s) == s.len);
	return s;
}

/* take_n: how many things of at least len bytes each follow. */
static size_t take_n(struct reader *r, size_t max, size_t len)
{
	size_t n = (size_t)take_num(r, UINT32_MAX);
	if (n > max)
		fail(r, sr_fail(SR_E_LIMIT, "the stored sheet is too large"));
	require(r, n <= r->in.len / len);
	return sr_bad(r->e) ? 0 : n;
}

/* take_parts: likewise, of what PAGE_PARTS_MAX counts. */
static size_t take_parts(struct reader *r, size_t len)
{
	size_t n = take_n(r, PAGE_PARTS_MAX - r->parts, len);
	r->parts += n;
	return n;
}

static void *array(struct reader *r, size_t n, size_t size)
{
	void *p = sr_bad(r->e) ? NULL : arena_alloc(r->a, n, size);
	if (!p)
		fail(r, sr_nomem());
	return p;
}

static bool has_controls(struct slice s, uint8_t from)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < from || s.ptr[i] == 0x7f)
			return true;
	return false;
}

static void take_head(struct reader *r)
{
	struct page_sheet *s = &r->s;
	s->title = take_text(r, TEXT_MAX);
	s->language = take_bytes(r, LANGUAGE_MAX);
	s->created = take_wide(r, 0, PAGE_CREATED_MAX - 1);
	s->width = take_int(r, 1, PAGE_LENGTH_MAX);
	s->height = take_int(r, 1, PAGE_LENGTH_MAX);
	s->left = take_length(r);
	s->top = take_length(r);
	s->right = take_length(r);
	s->bottom = take_length(r);
	s->foot_y = take_length(r);
	s->foot_font = (uint32_t)take_num(r, PAGE_FONTS_MAX);
	s->named = take_num(r, 1);
	s->digit = (uint32_t)take_num(r, PAGE_SHAPES_MAX);
	s->places_n = (uint32_t)take_num(r, LIMIT_PLACES);
	require(r, page_language_ok(s->language) && s->left + s->right < s->width &&
			   s->top + s->bottom < s->height && s->foot_y <= s->height);
}

static void take_fonts(struct reader *r)
{
	size_t n = take_n(r, PAGE_FONTS_MAX, 2 + CRYPTO_HASH_LEN);
	struct page_font *font = array(r, n, sizeof *font);
	for (size_t i = 0; font && i < n; i++) {
		struct slice file;
		font[i].description = take_text(r, DESCRIPTION_MAX);
		require(r, font[i].description.len && !has_controls(font[i].description, 0x20));
		if (slice_take(&r->in, CRYPTO_HASH_LEN, &file))
			memcpy(font[i].file, file.ptr, CRYPTO_HASH_LEN);
		else
			require(r, false);
		font[i].face = (uint32_t)take_num(r, UINT32_MAX);
	}
	r->s.font = font;
	r->s.fonts_n = n;
	require(r, r->s.foot_font < n);
}

/* points_of returns how many points the kinds have, or SIZE_MAX if their order makes no sense. */
static size_t points_of(struct slice kind)
{
	size_t n = 0;
	bool open = false;
	for (size_t i = 0; i < kind.len; i++) {
		uint8_t k = kind.ptr[i];
		if ((k != 'M' && k != 'L' && k != 'C' && k != 'Z') || open == (k == 'M'))
			return SIZE_MAX;
		n += k == 'C' ? 3 : k != 'Z';
		open = k != 'Z';
	}
	return open ? SIZE_MAX : n;
}

static void take_outline(struct reader *r, struct page_outline *o)
{
	o->font = (uint32_t)take_num(r, UINT32_MAX);
	o->glyph = (uint32_t)take_num(r, UINT32_MAX);
	struct slice kind = take_bytes(r, PAGE_SHEET_BYTES);
	size_t n = points_of(kind);
	require(r, o->font < r->s.fonts_n && n <= r->in.len / 2);
	int32_t *point = array(r, n, 2 * sizeof *point);
	if (!point)
		return;
	for (size_t i = 0; i < n; i++) {
		point[2 * i] = take_from(r, i ? point[2 * i - 2] : 0);
		point[2 * i + 1] = take_from(r, i ? point[2 * i - 1] : 0);
	}
	o->kind = kind.ptr;
	o->kinds_n = kind.len;
	o->point = point;
	o->points_n = n;
}

static void take_outlines(struct reader *r)
{
	size_t n = take_n(r, PAGE_SHAPES_MAX, 3);
	struct page_outline *o = array(r, n, sizeof *o);
	r->used = array(r, n, 1);
	for (size_t i = 0; !sr_bad(r->e) && i < n; i++) {
		take_outline(r, &o[i]);
		require(r, !i || page_outline_order(&o[i - 1], &o[i]) < 0);
	}
	r->s.outline = o;
	r->s.outlines_n = n;
}

static void take_glyphs(struct reader *r, struct page_shape *s)
{
	size_t n = take_n(r, SIZE_MAX, 3);
	struct page_glyph *glyph = array(r, n, sizeof *glyph);
	require(r, n > 0);
	for (size_t i = 0; !sr_bad(r->e) && i < n; i++) {
		glyph[i].id = (uint32_t)take_num(r, UINT32_MAX);
		glyph[i].x = take_from(r, i ? glyph[i - 1].x : 0);
		glyph[i].y = take_int(r, -PAGE_LENGTH_MAX, PAGE_LENGTH_MAX);
		const struct page_outline *o =
			page_outline_find(r->s.outline, r->s.outlines_n, s->font, glyph[i].id);
		require(r, o != NULL);
		if (o)
			r->used[o - r->s.outline] = 1;
	}
	s->glyph = glyph;
	s->glyphs_n = n;
}

/* Clusters divide the text between characters, and the glyphs, without a rest. */
static void take_clusters(struct reader *r, struct page_shape *s)
{
	size_t n = take_n(r, SIZE_MAX, 2), bytes = 0, glyphs = 0;
	struct page_cluster *c = array(r, n, sizeof *c);
	for (size_t i = 0; !sr_bad(r->e) && i < n; i++) {
		c[i].bytes_n = (uint32_t)take_num(r, s->text.len - bytes);
		c[i].glyphs_n = (uint32_t)take_num(r, s->glyphs_n - glyphs);
		require(r, c[i].bytes_n && c[i].glyphs_n);
		bytes += c[i].bytes_n;
		glyphs += c[i].glyphs_n;
		require(r, bytes == s->text.len || (s->text.ptr[bytes] & 0xc0) != 0x80);
	}
	require(r, bytes == s->text.len && glyphs == s->glyphs_n);
	s->cluster = c;
	s->clusters_n = n;
}

static void take_shape(struct reader *r, struct page_shape *s)
{
	uint64_t font = take_num(r, UINT32_MAX);
	s->font = (uint32_t)(font >> 1);
	s->backward = font & 1;
	s->text = take_text(r, TEXT_MAX);
	require(r, s->font < r->s.fonts_n && s->text.len && !has_controls(s->text, 0x21));
	take_glyphs(r, s);
	take_clusters(r, s);
	s->advance = take_length(r);
	s->ink.x = take_int(r, -PAGE_LENGTH_MAX, PAGE_LENGTH_MAX);
	s->ink.y = take_int(r, -PAGE_LENGTH_MAX, PAGE_LENGTH_MAX);
	s->ink.w = take_length(r);
	s->ink.h = take_length(r);
}

static void take_shapes(struct reader *r)
{
	size_t n = take_n(r, PAGE_SHAPES_MAX, 14);
	struct page_shape *s = array(r, n, sizeof *s);
	for (size_t i = 0; !sr_bad(r->e) && i < n; i++)
		take_shape(r, &s[i]);
	r->s.shape = s;
	r->s.shapes_n = n;
	require(r, n >= 10 && r->s.digit <= n - 10);
	for (size_t i = 0; !sr_bad(r->e) && i < 10; i++) {
		const struct page_shape *d = &s[r->s.digit + i];
		require(r,
			d->font == r->s.foot_font && d->text.len == 1 && d->text.ptr[0] == '0' + i);
	}
	for (size_t i = 0; !sr_bad(r->e) && i < r->s.outlines_n; i++)
		require(r, r->used[i]);
}

static void take_segment(struct reader *r, struct page_segment *s)
{
	uint64_t head = take_num(r, UINT32_MAX);
	size_t n = (size_t)(head >> 1);
	if (n > PAGE_PARTS_MAX - r->parts)
		fail(r, sr_fail(SR_E_LIMIT, "the stored sheet is too large"));
	require(r, n <= r->in.len);
	struct page_piece *piece = array(r, n, sizeof *piece);
	r->parts += sr_bad(r->e) ? 0 : n;
	for (size_t i = 0; !sr_bad(r->e) && i < n; i++) {
		uint64_t v = take_num(r, UINT32_MAX);
		piece[i] = (struct page_piece){(uint32_t)(v >> 2), (enum page_gap)(v & 3)};
		require(r, piece[i].shape < r->s.shapes_n && piece[i].gap <= PAGE_GAP_BREAK);
	}
	*s = (struct page_segment){piece, n, head & 1};
}

static void take_place(struct reader *r, struct page_atom *a)
{
	a->segments_n = 1;
	if (a->place == PAGE_NONE)
		return;
	require(r, a->place < r->s.places_n && !r->placed[a->place]);
	if (!sr_bad(r->e))
		r->placed[a->place] = 1;
	a->segments_n = take_n(r, LIMIT_WORDINGS, 1);
	require(r, a->segments_n >= 2);
}

static void take_atom(struct reader *r, struct page_atom *a)
{
	uint64_t head = take_num(r, UINT32_MAX);
	a->place = (uint32_t)(head >> 1) - 1;
	a->ends_line = head & 1;
	a->slot = r->s.slots_n;
	take_place(r, a);
	r->parts += a->segments_n;
	if (r->parts > PAGE_PARTS_MAX)
		fail(r, sr_fail(SR_E_LIMIT, "the stored sheet is too large"));
	struct page_segment *s = array(r, a->segments_n, sizeof *s);
	for (size_t i = 0; !sr_bad(r->e) && i < a->segments_n; i++)
		take_segment(r, &s[i]);
	if (sr_bad(r->e))
		return;
	a->segment = s;
	if (page_atom_slots(a) > PAGE_SLOTS_MAX - r->s.slots_n)
		fail(r, sr_fail(SR_E_LIMIT, "the stored sheet has too many words"));
	else
		r->s.slots_n += (uint32_t)page_atom_slots(a);
}

static void take_starts(struct reader *r, struct page_flow *f, uint32_t first)
{
	uint32_t slot = first;
	size_t n = take_n(r, PAGE_SLOTS_MAX, 1);
	uint32_t *starts = array(r, n, sizeof *starts);
	for (size_t i = 0; !sr_bad(r->e) && i < n; i++) {
		uint32_t more = (uint32_t)take_num(r, PAGE_SLOTS_MAX);
		slot += more;
		require(r, (more || !i) && slot < r->s.slots_n);
		starts[i] = slot;
	}
	f->starts = starts;
	f->starts_n = n;
}

static void take_flow(struct reader *r, struct page_flow *f)
{
	uint32_t first = r->s.slots_n;
	f->x = take_length(r);
	f->width = take_length(r);
	f->leading = take_int(r, 1, PAGE_LENGTH_MAX);
	f->ascent = take_length(r);
	f->space = take_length(r);
	require(r, f->width && f->x >= r->s.left && f->x + f->width <= r->s.width - r->s.right);
	unsigned flags = take_u8(r, SHEET_ALIGN | SHEET_MARKED | SHEET_RTL);
	f->align = (enum page_align)(flags & SHEET_ALIGN);
	f->marked = flags & SHEET_MARKED;
	f->rtl = flags & SHEET_RTL;
	f->marker = (uint32_t)take_num(r, PAGE_SHAPES_MAX) - 1;
	require(r, f->marker == PAGE_NONE || f->marker < r->s.shapes_n);
	if (f->marker != PAGE_NONE)
		f->marker_x = take_length(r);
	size_t n = take_parts(r, 2);
	struct page_atom *atom = array(r, n, sizeof *atom);
	for (size_t i = 0; !sr_bad(r->e) && i < n; i++)
		take_atom(r, &atom[i]);
	f->atom = atom;
	f->atoms_n = n;
	take_starts(r, f, first);
}

static struct page_rule take_rule(struct reader *r)
{
	struct page_rule rule = {.w = take_length(r)};
	if (rule.w)
		rule.x = take_length(r);
	require(r, rule.x + rule.w <= r->s.width);
	return rule;
}

static void take_block(struct reader *r, struct page_block *b)
{
	b->before = take_length(r);
	unsigned flags = take_u8(r, SHEET_KEEP | SHEET_CUT);
	b->keep = flags & SHEET_KEEP;
	b->cut = flags & SHEET_CUT;
	b->above = take_rule(r);
	b->below = take_rule(r);
	size_t n = take_parts(r, 9);
	struct page_flow *flow = array(r, n, sizeof *flow);
	for (size_t i = 0; !sr_bad(r->e) && i < n; i++)
		take_flow(r, &flow[i]);
	b->flow = flow;
	b->flows_n = n;
}

static void take_blocks(struct reader *r)
{
	size_t n = take_parts(r, 5);
	struct page_block *b = array(r, n, sizeof *b);
	r->end = array(r, n, sizeof *r->end);
	r->placed = array(r, r->s.places_n, 1);
	for (size_t i = 0; !sr_bad(r->e) && i < n; i++) {
		take_block(r, &b[i]);
		r->end[i] = r->s.slots_n;
	}
	r->s.block = b;
	r->s.blocks_n = n;
}

/* holds tells whether a page may begin there: with a block, but not the first, or a slot of it. */
static bool holds(const struct reader *r, const struct page_start *s)
{
	uint32_t first = s->block ? r->end[s->block - 1] : 0;
	if (s->slot == PAGE_NONE)
		return s->block > 0;
	return s->slot >= first && s->slot < r->end[s->block];
}

static bool ascend(const struct page_start *x, const struct page_start *y)
{
	return x->block < y->block || (x->block == y->block && y->slot != PAGE_NONE &&
				       (x->slot == PAGE_NONE || x->slot < y->slot));
}

static void take_page_starts(struct reader *r)
{
	size_t n = take_n(r, PAGE_PAGES_MAX - 1, 2);
	struct page_start *start = array(r, n, sizeof *start);
	for (size_t i = 0; !sr_bad(r->e) && i < n; i++) {
		start[i].block = (uint32_t)take_num(r, UINT32_MAX);
		start[i].slot = (uint32_t)take_num(r, UINT32_MAX) - 1;
		require(r, start[i].block < r->s.blocks_n);
		if (!sr_bad(r->e))
			require(r, holds(r, &start[i]) && (!i || ascend(&start[i - 1], &start[i])));
	}
	r->s.start = start;
	r->s.starts_n = n;
}

struct sr_err page_sheet_read(struct arena *a, struct slice bytes, struct page_sheet *out)
{
	struct reader r = {.in = bytes, .a = a};
	struct slice magic;
	uint16_t version = 0;
	if (bytes.len > PAGE_SHEET_BYTES)
		return sr_fail(SR_E_LIMIT, "the stored sheet is too large");
	require(&r, slice_take(&r.in, SHEET_MAGIC_LEN, &magic) &&
			    memcmp(magic.ptr, SHEET_MAGIC, SHEET_MAGIC_LEN) == 0 &&
			    slice_u16(&r.in, &version) && version);
	if (version > PAGE_SHEET_VERSION)
		fail(&r, sr_fail(SR_E_STATE, "the stored sheet is of a newer version"));
	take_head(&r);
	take_fonts(&r);
	take_outlines(&r);
	take_shapes(&r);
	take_blocks(&r);
	take_page_starts(&r);
	require(&r, !r.in.len);
	if (sr_bad(r.e))
		return r.e;
	*out = r.s;
	return sr_ok();
}
