/* SPDX-License-Identifier: Apache-2.0 */
#include "page_raster.h"

#include <assert.h>
#include <cairo.h>
#include <math.h>
#include <string.h>

/* k: pixels a unit. */
struct pen {
	cairo_t *cr;
	const struct page_sheet *s;
	double k;
};

static const struct page_outline *outline_of(const struct page_sheet *s, uint32_t font,
					     uint32_t glyph)
{
	size_t from = 0, to = s->outlines_n;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		const struct page_outline *o = &s->outline[mid];
		if (o->font < font || (o->font == font && o->glyph < glyph))
			from = mid + 1;
		else
			to = mid;
	}
	bool found = from < s->outlines_n && s->outline[from].font == font &&
		     s->outline[from].glyph == glyph;
	return found ? &s->outline[from] : NULL;
}

/* add_outline adds a glyph whose origin is at x, y (units) to the path. */
static void add_outline(const struct pen *p, const struct page_outline *o, double x, double y)
{
	const int32_t *q = o->point;
	double k = p->k;
	for (size_t i = 0; i < o->kinds_n; i++) {
		switch (o->kind[i]) {
		case 'M':
			cairo_move_to(p->cr, k * (x + q[0]), k * (y + q[1]));
			q += 2;
			break;
		case 'L':
			cairo_line_to(p->cr, k * (x + q[0]), k * (y + q[1]));
			q += 2;
			break;
		case 'C':
			cairo_curve_to(p->cr, k * (x + q[0]), k * (y + q[1]), k * (x + q[2]),
				       k * (y + q[3]), k * (x + q[4]), k * (y + q[5]));
			q += 6;
			break;
		default:
			cairo_close_path(p->cr);
			break;
		}
	}
}

static void draw_word(const struct pen *p, const struct page_laid *l, const struct page_word *w,
		      int32_t shift)
{
	double x = (double)w->x + shift, y = w->y;
	for (size_t i = w->first; i < w->first + w->n; i++) {
		const struct page_shape *shape = &p->s->shape[l->shapes[i]];
		for (size_t g = 0; g < shape->glyphs_n; g++) {
			const struct page_glyph *glyph = &shape->glyph[g];
			const struct page_outline *o = outline_of(p->s, shape->font, glyph->id);
			if (o)
				add_outline(p, o, x + glyph->x, y + glyph->y);
		}
		x += shape->advance;
	}
	cairo_fill(p->cr);
}

static void draw_page(const struct pen *p, const struct page_laid *l, uint32_t page,
		      const int32_t *shift)
{
	double k = p->k;
	for (size_t i = 0; i < l->words_n; i++)
		if (l->word[i].page == page)
			draw_word(p, l, &l->word[i], shift ? shift[i] : 0);
	for (size_t i = 0; i < l->strokes_n; i++) {
		const struct page_stroke *t = &l->stroke[i];
		if (t->page == page)
			cairo_rectangle(p->cr, k * t->x, k * (t->y - PAGE_STROKE_H / 2), k * t->w,
					k * PAGE_STROKE_H);
	}
	cairo_fill(p->cr);
}

struct sr_err page_raster_make(struct arena *a, const struct page_sheet *s,
			       const struct page_laid *l, uint32_t page, double scale,
			       const int32_t *shift, struct page_raster *out)
{
	assert(scale >= 0.25 && scale <= 16);
	double k = scale / PAGE_PT;
	double w = ceil(k * s->width), h = ceil(k * s->height);
	if (w * h > PAGE_RASTER_PIXELS_MAX || w > INT16_MAX || h > INT16_MAX)
		return sr_fail(SR_E_LIMIT, "the picture of a page is too large");
	struct page_raster r = {.w = (uint32_t)w, .h = (uint32_t)h, .scale = scale};
	int stride = cairo_format_stride_for_width(CAIRO_FORMAT_A8, (int)w);
	r.ink = ARENA_ARRAY(a, (size_t)stride * r.h, uint8_t);
	if (!r.ink)
		return sr_nomem();
	cairo_surface_t *image =
		cairo_image_surface_create_for_data(r.ink, CAIRO_FORMAT_A8, (int)w, (int)h, stride);
	struct pen p = {cairo_create(image), s, k};
	draw_page(&p, l, page, shift);
	cairo_surface_flush(image);
	bool bad = cairo_status(p.cr) != CAIRO_STATUS_SUCCESS;
	cairo_destroy(p.cr);
	cairo_surface_destroy(image);
	if (bad)
		return sr_nomem();
	for (uint32_t y = 1; y < r.h && (size_t)stride != r.w; y++)
		memmove(r.ink + (size_t)y * r.w, r.ink + (size_t)y * (size_t)stride, r.w);
	*out = r;
	return sr_ok();
}
