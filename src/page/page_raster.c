/* SPDX-License-Identifier: Apache-2.0 */
#include "page_raster.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* A curve becomes lines that stay this near to it, in pixels; no more than so many. */
#define CURVE_NEAR 0.01
enum { CURVE_LINES_MAX = 32 };

/* Pixels from x0 to x1 and y0 to y1 (not included): what is drawn at a time. */
struct area {
	int32_t x0, y0, x1, y1;
};

/* What one word's outlines cover. cell: for each pixel of the area, row by row with one more at
 * the end, by how much its coverage differs from that of the pixel to its left; so that coverage is
 * exact, and a word moved by any part of a pixel moves its ink by just that. k: pixels a unit. */
struct pen {
	const struct page_sheet *s;
	struct page_raster *r;
	struct arena *scratch;
	double k;
	struct area area;
	float *cell;
	size_t cells_cap;
};

struct point {
	double x, y;
};

/* area_begin makes the cells of an area, cut to the picture; false: nothing of it is inside. */
static struct sr_err area_begin(struct pen *p, struct point low, struct point high, bool *inside)
{
	double w = p->r->w, h = p->r->h;
	double x0 = fmax(0, floor(low.x)), y0 = fmax(0, floor(low.y));
	double x1 = fmin(w, ceil(high.x)), y1 = fmin(h, ceil(high.y));
	*inside = x0 < x1 && y0 < y1;
	if (!*inside)
		return sr_ok();
	p->area = (struct area){(int32_t)x0, (int32_t)y0, (int32_t)x1, (int32_t)y1};
	size_t n = ((size_t)(x1 - x0) + 2) * (size_t)(y1 - y0);
	if (n > p->cells_cap) {
		p->cell = ARENA_ARRAY(p->scratch, n, float);
		p->cells_cap = n;
	}
	if (!p->cell) {
		p->cells_cap = 0;
		return sr_nomem();
	}
	memset(p->cell, 0, n * sizeof *p->cell);
	return sr_ok();
}

/* add_slope adds to a row what lies to the right of a line in it, which goes from x0 to x1 while it
 * falls by dy; the x count from the row's first pixel. */
static void add_slope(float *row, double width, double x0, double x1, double dy)
{
	double left = fmin(fmax(fmin(x0, x1), 0), width),
	       right = fmin(fmax(fmax(x0, x1), 0), width);
	size_t from = (size_t)left, to = (size_t)right;
	if (from == to) {
		double mean = (left + right) / 2 - (double)from;
		row[from] += (float)(dy * (1 - mean));
		row[from + 1] += (float)(dy * mean);
		return;
	}
	double slope = dy / (right - left);
	for (size_t i = from; i <= to; i++) {
		double a = fmax(left, (double)i), b = fmin(right, (double)i + 1);
		double mean = (a + b) / 2 - (double)i, part = slope * (b - a);
		row[i] += (float)(part * (1 - mean));
		row[i + 1] += (float)(part * mean);
	}
}

/* add_line adds a line to the area. */
static void add_line(struct pen *p, struct point a, struct point b)
{
	const struct area *t = &p->area;
	if (a.y == b.y)
		return;
	double sign = a.y < b.y ? 1 : -1, width = t->x1 - t->x0;
	struct point top = a.y < b.y ? a : b, end = a.y < b.y ? b : a;
	double slope = (end.x - top.x) / (end.y - top.y);
	double from = fmax(top.y, t->y0), to = fmin(end.y, t->y1);
	for (int32_t y = (int32_t)floor(from); y < to; y++) {
		double y0 = fmax(from, y), y1 = fmin(to, y + 1);
		float *row = p->cell + (size_t)(y - t->y0) * ((size_t)width + 2);
		add_slope(row, width, top.x + (y0 - top.y) * slope - t->x0,
			  top.x + (y1 - top.y) * slope - t->x0, sign * (y1 - y0));
	}
}

static struct point on_curve(const struct point q[4], double t)
{
	double u = 1 - t, a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
	return (struct point){a * q[0].x + b * q[1].x + c * q[2].x + d * q[3].x,
			      a * q[0].y + b * q[1].y + c * q[2].y + d * q[3].y};
}

/* add_curve adds a cubic as lines: n of them are off by at most 3/4 m / n^2, where m is the larger
 * of its second differences. */
static void add_curve(struct pen *p, const struct point q[4])
{
	double m = 0;
	for (size_t i = 0; i < 2; i++)
		m = fmax(m, hypot(q[i].x - 2 * q[i + 1].x + q[i + 2].x,
				  q[i].y - 2 * q[i + 1].y + q[i + 2].y));
	double n = fmin(ceil(sqrt(0.75 * m / CURVE_NEAR)), CURVE_LINES_MAX);
	struct point at = q[0];
	for (double i = 1; i < n; i++) {
		struct point next = on_curve(q, i / n);
		add_line(p, at, next);
		at = next;
	}
	add_line(p, at, q[3]);
}

/* add_outline adds a glyph whose origin is at x, y (units). */
static void add_outline(struct pen *p, const struct page_outline *o, double x, double y)
{
	struct point first = {0}, q[4] = {0};
	const int32_t *c = o->point;
	for (size_t i = 0; i < o->kinds_n; i++) {
		size_t n = o->kind[i] == 'C' ? 3 : o->kind[i] == 'Z' ? 0 : 1;
		for (size_t k = 1; k <= n; k++, c += 2)
			q[k] = (struct point){p->k * (x + c[0]), p->k * (y + c[1])};
		if (o->kind[i] == 'M')
			first = q[1];
		else if (o->kind[i] == 'L')
			add_line(p, q[0], q[1]);
		else if (o->kind[i] == 'C')
			add_curve(p, q);
		else
			add_line(p, q[0], first);
		q[0] = n ? q[n] : first;
	}
}

/* grow widens the area from low to high so that it holds a glyph. */
static void grow(const struct pen *p, const struct page_outline *o, double x, double y,
		 struct point *low, struct point *high)
{
	for (size_t i = 0; i < o->points_n; i++) {
		double px = p->k * (x + o->point[2 * i]), py = p->k * (y + o->point[2 * i + 1]);
		low->x = fmin(low->x, px);
		low->y = fmin(low->y, py);
		high->x = fmax(high->x, px);
		high->y = fmax(high->y, py);
	}
}

/* ink_area adds what was covered to the picture. */
static void ink_area(struct pen *p)
{
	const struct area *t = &p->area;
	const float *cell = p->cell;
	for (int32_t y = t->y0; y < t->y1; y++, cell += 2) {
		uint8_t *ink = p->r->ink + (size_t)y * p->r->w;
		float sum = 0;
		for (int32_t x = t->x0; x < t->x1; x++) {
			sum += *cell++;
			float covered = fminf(fabsf(sum), 1) * 255 + (float)ink[x] + 0.5F;
			ink[x] = covered < 255 ? (uint8_t)covered : 255;
		}
	}
}

static struct sr_err draw_word(struct pen *p, const struct page_laid *l, const struct page_word *w,
			       int32_t shift)
{
	struct point low = {INFINITY, INFINITY}, high = {-INFINITY, -INFINITY};
	bool inside = true;
	for (int pass = 0; pass < 2 && inside; pass++) {
		double x = (double)w->x + shift, y = w->y;
		for (size_t i = w->first; i < w->first + w->n; i++) {
			const struct page_shape *shape = &p->s->shape[l->shapes[i]];
			for (size_t k = 0; k < shape->glyphs_n; k++) {
				const struct page_glyph *g = &shape->glyph[k];
				const struct page_outline *o = page_outline_find(
					p->s->outline, p->s->outlines_n, shape->font, g->id);
				if (o && pass)
					add_outline(p, o, x + g->x, y + g->y);
				else if (o)
					grow(p, o, x + g->x, y + g->y, &low, &high);
			}
			x += shape->advance;
		}
		if (!pass)
			SR_TRY(area_begin(p, low, high, &inside));
	}
	if (inside)
		ink_area(p);
	return sr_ok();
}

static struct sr_err draw_stroke(struct pen *p, const struct page_stroke *t)
{
	double h = PAGE_STROKE_H / 2.0;
	struct point low = {p->k * t->x, p->k * (t->y - h)};
	struct point high = {p->k * ((double)t->x + t->w), p->k * (t->y + h)};
	bool inside;
	SR_TRY(area_begin(p, low, high, &inside));
	if (inside) {
		add_line(p, low, (struct point){low.x, high.y});
		add_line(p, high, (struct point){high.x, low.y});
		ink_area(p);
	}
	return sr_ok();
}

static struct sr_err draw_page(struct pen *p, const struct page_laid *l, uint32_t page,
			       const int32_t *shift)
{
	for (size_t i = 0; i < l->words_n; i++)
		if (l->word[i].page == page)
			SR_TRY(draw_word(p, l, &l->word[i], shift ? shift[i] : 0));
	for (size_t i = 0; i < l->strokes_n; i++)
		if (l->stroke[i].page == page)
			SR_TRY(draw_stroke(p, &l->stroke[i]));
	return sr_ok();
}

struct sr_err page_raster_make(struct arena *a, const struct page_sheet *s,
			       const struct page_laid *l, uint32_t page, double scale,
			       const int32_t *shift, struct page_raster *out)
{
	assert(scale >= 0.25 && scale <= 16);
	double k = scale / PAGE_PT, w = ceil(k * s->width), h = ceil(k * s->height);
	if (w * h > PAGE_RASTER_PIXELS_MAX)
		return sr_fail(SR_E_LIMIT, "the picture of a page is too large");
	struct page_raster r = {.w = (uint32_t)w, .h = (uint32_t)h, .scale = scale};
	r.ink = ARENA_ARRAY(a, (size_t)r.w * r.h, uint8_t);
	if (!r.ink)
		return sr_nomem();
	struct arena scratch = {0};
	struct pen p = {.s = s, .r = &r, .scratch = &scratch, .k = k};
	struct sr_err e = draw_page(&p, l, page, shift);
	arena_release(&scratch);
	SR_TRY(e);
	*out = r;
	return sr_ok();
}
