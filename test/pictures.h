/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures for tests: a page of made-up letters, its words moved, put through a lens. What goes
 * wrong here is a fault of the test and ends it. Include it below the modules it uses. */
#ifndef PICTURES_H
#define PICTURES_H

#include "extract_page.h"
#include "mark_layout_map.h"
#include "page_raster.h"
#include "test.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PICTURES_PI 3.14159265358979323846

enum { PICTURES_LETTERS = 12, PICTURES_OUTLINE_MAX = 64 };

/* pictures_normal draws from the normal distribution. */
static inline double pictures_normal(uint64_t *state)
{
	double u = ((double)(test_random(state) >> 11) + 1) / 9007199254740993.0;
	double v = (double)(test_random(state) >> 11) / 9007199254740992.0;
	return sqrt(-2 * log(u)) * cos(2 * PICTURES_PI * v);
}

static inline double pictures_uniform(uint64_t *state, double from, double to)
{
	return from + (to - from) * (double)(test_random(state) >> 11) / 9007199254740992.0;
}

static inline int32_t pictures_unit(double pt)
{
	return (int32_t)lround(pt * PAGE_PT);
}

/* One letter while it is drawn. */
struct pictures_pen {
	uint8_t kind[PICTURES_OUTLINE_MAX];
	int32_t point[2 * PICTURES_OUTLINE_MAX];
	size_t kinds_n, points_n;
};

static inline void pictures_to(struct pictures_pen *p, char kind, double x, double y)
{
	if (kind)
		p->kind[p->kinds_n++] = (uint8_t)kind;
	p->point[2 * p->points_n] = pictures_unit(x);
	p->point[2 * p->points_n++ + 1] = pictures_unit(-y);
	assert(p->kinds_n < PICTURES_OUTLINE_MAX && p->points_n < PICTURES_OUTLINE_MAX);
}

static inline void pictures_bar(struct pictures_pen *p, double x, double y, double w, double h)
{
	pictures_to(p, 'M', x, y);
	pictures_to(p, 'L', x + w, y);
	pictures_to(p, 'L', x + w, y + h);
	pictures_to(p, 'L', x, y + h);
	p->kind[p->kinds_n++] = 'Z';
}

/* pictures_oval draws an ellipse; hole: the other way round. */
static inline void pictures_oval(struct pictures_pen *p, double x, double y, double rx, double ry,
				 bool hole)
{
	double s = hole ? -1 : 1, c = 0.5523;
	pictures_to(p, 'M', x + rx, y);
	pictures_to(p, 'C', x + rx, y + s * c * ry);
	pictures_to(p, 0, x + c * rx, y + s * ry);
	pictures_to(p, 0, x, y + s * ry);
	pictures_to(p, 'C', x - c * rx, y + s * ry);
	pictures_to(p, 0, x - rx, y + s * c * ry);
	pictures_to(p, 0, x - rx, y);
	pictures_to(p, 'C', x - rx, y - s * c * ry);
	pictures_to(p, 0, x - c * rx, y - s * ry);
	pictures_to(p, 0, x, y - s * ry);
	pictures_to(p, 'C', x + c * rx, y - s * ry);
	pictures_to(p, 0, x + rx, y - s * c * ry);
	pictures_to(p, 0, x + rx, y);
	p->kind[p->kinds_n++] = 'Z';
}

static inline void pictures_ring(struct pictures_pen *p, double x)
{
	pictures_oval(p, x + 2.5, 2.45, 2.35, 2.55, false);
	pictures_oval(p, x + 2.5, 2.45, 1.4, 2.1, true);
}

/* pictures_letter draws a letter as tall as in 11 pt type and returns its advance. Contours do not
 * overlap, as in most fonts. */
static inline double pictures_letter(struct pictures_pen *p, int letter)
{
	*p = (struct pictures_pen){0};
	switch (letter) {
	case 0: /* l */
		pictures_bar(p, 1, 0.4, 0.9, 7.1);
		pictures_bar(p, 0.3, 0, 2.3, 0.4);
		return 3;
	case 1: /* i */
		pictures_bar(p, 1, 0.4, 0.9, 4.6);
		pictures_bar(p, 0.3, 0, 2.3, 0.4);
		pictures_oval(p, 1.4, 6.7, 0.65, 0.65, false);
		return 3;
	case 2: /* n */
		pictures_bar(p, 0.8, 0, 0.9, 4.9);
		pictures_bar(p, 1.7, 4.1, 2, 0.7);
		pictures_bar(p, 3.7, 0, 0.9, 4.8);
		return 5.4;
	case 3: /* o */
		pictures_ring(p, 0);
		return 5.2;
	case 4: /* e */
		pictures_ring(p, 0);
		pictures_bar(p, 1.15, 2.4, 2.7, 0.5);
		return 5;
	case 5: /* t */
		pictures_bar(p, 1.1, 0.1, 0.9, 6.3);
		pictures_bar(p, 0.2, 4.4, 0.9, 0.5);
		pictures_bar(p, 2, 4.4, 1.1, 0.5);
		return 3.3;
	case 6: /* d */
		pictures_ring(p, 0);
		pictures_bar(p, 4.86, 0, 0.9, 7.5);
		return 6.3;
	case 7: /* p */
		pictures_bar(p, 0.6, -2.4, 0.9, 7.3);
		pictures_ring(p, 1.36);
		return 6.4;
	case 8: /* s */
		pictures_bar(p, 0.5, 0, 3, 0.6);
		pictures_bar(p, 2.7, 0.6, 0.9, 1.6);
		pictures_bar(p, 0.5, 2.2, 3, 0.6);
		pictures_bar(p, 0.4, 2.8, 0.9, 1.5);
		pictures_bar(p, 0.5, 4.3, 3, 0.6);
		return 4.2;
	case 9: /* v */
		pictures_to(p, 'M', 0.2, 4.9);
		pictures_to(p, 'L', 2.2, 0);
		pictures_to(p, 'L', 3, 0);
		pictures_to(p, 'L', 4.9, 4.9);
		pictures_to(p, 'L', 4.2, 4.9);
		pictures_to(p, 'L', 2.8, 1.2);
		pictures_to(p, 'L', 1.3, 4.9);
		p->kind[p->kinds_n++] = 'Z';
		return 5.1;
	case 10: /* m */
		pictures_bar(p, 0.8, 0, 0.9, 4.9);
		pictures_bar(p, 1.7, 4.1, 1.9, 0.7);
		pictures_bar(p, 3.6, 0, 0.9, 4.8);
		pictures_bar(p, 4.5, 4.1, 1.9, 0.7);
		pictures_bar(p, 6.4, 0, 0.9, 4.8);
		return 8.1;
	default: /* r */
		pictures_bar(p, 0.8, 0, 0.9, 4.9);
		pictures_bar(p, 1.7, 4, 1.7, 0.8);
		return 3.7;
	}
}

/* A page of one column of justified lines, A4, and the shift of each word. */
struct pictures_page {
	struct page_sheet sheet;
	struct page_laid laid;
	int32_t *shift;
};

/* pictures_line puts words of random letters on line number line, from word n on, and returns
 * their number; the word spaces are what is left, in equal parts. */
static inline size_t pictures_line(struct arena *a, struct pictures_page *p, uint32_t line,
				   double left, double width, double baseline, uint64_t *rng)
{
	struct page_shape *shape = (struct page_shape *)(uintptr_t)p->sheet.shape;
	struct page_word *word = p->laid.word;
	size_t first = p->laid.words_n, n = first;
	double used = 0;
	for (;;) {
		size_t glyphs_n = 1 + test_random(rng) % 10;
		struct page_glyph *g = ARENA_ARRAY(a, glyphs_n, struct page_glyph);
		assert(g);
		struct pictures_pen pen;
		double x = 0;
		for (size_t i = 0; i < glyphs_n; i++) {
			g[i] = (struct page_glyph){(uint32_t)(test_random(rng) % PICTURES_LETTERS),
						   pictures_unit(x), 0};
			x += pictures_letter(&pen, (int)g[i].id);
		}
		double space = n > first ? 2.5 * (double)(n - first) : 0;
		if (used + x + space > width)
			break;
		used += x;
		int32_t w = pictures_unit(x);
		shape[n] =
			(struct page_shape){.glyph = g,
					    .glyphs_n = glyphs_n,
					    .advance = w,
					    .ink = {0, pictures_unit(-7.5), w, pictures_unit(10)}};
		word[n] = (struct page_word){.line = line,
					     .slot = (uint32_t)n,
					     .first = (uint32_t)n,
					     .n = 1,
					     .y = pictures_unit(baseline),
					     .advance = w};
		p->laid.shapes[n] = (uint32_t)n;
		n++;
	}
	int32_t gap = n - first > 1 ? pictures_unit((width - used) / (double)(n - first - 1)) : 0;
	int32_t x = pictures_unit(left);
	for (size_t i = first; i < n; i++) {
		word[i].x = x;
		word[i].gap_before = i > first ? gap : 0;
		word[i].gap_after = i + 1 < n ? gap : 0;
		x += word[i].advance + gap;
	}
	p->laid.words_n = n;
	p->sheet.shapes_n = n;
	return n;
}

/* pictures_page_make sets so many lines, which must fit the page; no word is moved. */
static inline void pictures_page_make(struct arena *a, uint32_t lines_n, uint64_t *rng,
				      struct pictures_page *out)
{
	size_t most = (size_t)lines_n * 60;
	struct page_outline *outline = ARENA_ARRAY(a, PICTURES_LETTERS, struct page_outline);
	*out = (struct pictures_page){0};
	out->sheet = (struct page_sheet){.width = pictures_unit(595.276),
					 .height = pictures_unit(841.89),
					 .slots_n = (uint32_t)most,
					 .outline = outline,
					 .outlines_n = PICTURES_LETTERS,
					 .shape = ARENA_ARRAY(a, most, struct page_shape)};
	out->laid = (struct page_laid){.word = ARENA_ARRAY(a, most, struct page_word),
				       .shapes = ARENA_ARRAY(a, most, uint32_t),
				       .pages_n = 1,
				       .lines_n = lines_n};
	out->shift = ARENA_ARRAY(a, most, int32_t);
	assert(outline && out->sheet.shape && out->laid.word && out->laid.shapes && out->shift);
	for (int i = 0; i < PICTURES_LETTERS; i++) {
		struct pictures_pen pen;
		pictures_letter(&pen, i);
		outline[i] = (struct page_outline){
			.glyph = (uint32_t)i,
			.kind = arena_dup(a, pen.kind, pen.kinds_n),
			.kinds_n = pen.kinds_n,
			.point = arena_dup(a, pen.point, 2 * pen.points_n * sizeof pen.point[0]),
			.points_n = pen.points_n};
		assert(outline[i].kind && outline[i].point);
	}
	for (uint32_t i = 0; i < lines_n; i++)
		pictures_line(a, out, i, 71, 453, 82 + 14.5 * i, rng);
}

/* How a picture was taken. A point (u, v) of the picture shows the page at inverse(u, v) with sines
 * of amplitude curl (points) and length wave added. contrast: of ink. light: how much darker the
 * corner is; blur and shake (to the right only) in pixels; noise: standard deviation of grey
 * values; jpeg: of the quantisation of 8 by 8 blocks, about; 0: none. */
struct pictures_take {
	uint32_t w, h;
	double inverse[9];
	double curl, wave;
	double contrast, light, blur, shake, noise, jpeg;
};

/* pictures_where returns what point of the page is seen at (u, v). */
static inline void pictures_where(const struct pictures_take *t, double u, double v, double *x,
				  double *y)
{
	const double *h = t->inverse;
	double z = h[6] * u + h[7] * v + h[8];
	double px = (h[0] * u + h[1] * v + h[2]) / z, py = (h[3] * u + h[4] * v + h[5]) / z;
	*x = px;
	*y = py;
	if (t->curl > 0) {
		double k = 2 * PICTURES_PI / t->wave;
		*y += t->curl * sin(k * px + 1);
		*x += 0.5 * t->curl * sin(k * px + 2) + 0.3 * t->curl * sin(k * 0.8 * py);
	}
}

/* pictures_seen finds where a point of the page is in the picture, by Newton's method. */
static inline void pictures_seen(const struct pictures_take *t, double x, double y, double *u,
				 double *v)
{
	for (int i = 0; i < 40; i++) {
		double x0, y0, x1, y1, x2, y2;
		pictures_where(t, *u, *v, &x0, &y0);
		pictures_where(t, *u + 0.01, *v, &x1, &y1);
		pictures_where(t, *u, *v + 0.01, &x2, &y2);
		double a = (x1 - x0) / 0.01, b = (x2 - x0) / 0.01;
		double c = (y1 - y0) / 0.01, d = (y2 - y0) / 0.01, det = a * d - b * c;
		double du = (d * (x - x0) - b * (y - y0)) / det;
		double dv = (a * (y - y0) - c * (x - x0)) / det;
		double step = hypot(du, dv), most = step > 30 ? 30 / step : 1;
		*u += most * du;
		*v += most * dv;
	}
}

static inline void pictures_invert(const double m[9], double out[9])
{
	for (int r = 0; r < 3; r++)
		for (int c = 0; c < 3; c++) {
			int a = (c + 1) % 3, b = (c + 2) % 3, p = (r + 1) % 3, q = (r + 2) % 3;
			out[3 * r + c] = m[3 * a + p] * m[3 * b + q] - m[3 * a + q] * m[3 * b + p];
		}
}

/* pictures_smear blurs rows (step 1) or columns (step w) by a Gaussian, or a box of that width. */
static inline void pictures_smear(float *px, size_t n, size_t step, size_t lines, size_t next,
				  double sigma, bool box)
{
	int reach = box ? (int)ceil(sigma / 2) : (int)ceil(3.5 * sigma);
	double *tap = calloc(2 * (size_t)reach + 1, sizeof *tap), all = 0;
	float *line = calloc(n, sizeof *line);
	assert(tap && line);
	for (int i = -reach; i <= reach; i++) {
		double d = fabs((double)i), edge = sigma / 2 + 0.5 - d;
		all += tap[i + reach] = box ? (edge > 1   ? 1
					       : edge > 0 ? edge
							  : 0)
					    : exp(-d * d / (2 * sigma * sigma));
	}
	for (size_t l = 0; l < lines; l++) {
		for (size_t i = 0; i < n; i++)
			line[i] = px[l * next + i * step];
		for (size_t i = 0; i < n; i++) {
			double sum = 0;
			for (int k = -reach; k <= reach; k++) {
				long at = (long)i + k;
				at = at < 0 ? 0 : at >= (long)n ? (long)n - 1 : at;
				sum += tap[k + reach] * (double)line[at];
			}
			px[l * next + i * step] = (float)(sum / all);
		}
	}
	free(tap);
	free(line);
}

/* pictures_jpeg quantises the cosine transform of each 8 by 8 block. */
static inline void pictures_jpeg(float *px, uint32_t w, uint32_t h, double step)
{
	double c[8][8];
	for (int k = 0; k < 8; k++)
		for (int i = 0; i < 8; i++)
			c[k][i] = sqrt(k ? 0.25 : 0.125) * cos(PICTURES_PI * (2 * i + 1) * k / 16);
	for (uint32_t y0 = 0; y0 + 8 <= h; y0 += 8)
		for (uint32_t x0 = 0; x0 + 8 <= w; x0 += 8) {
			double t[8][8] = {{0}}, f[8][8] = {{0}};
			for (int y = 0; y < 8; y++)
				for (int k = 0; k < 8; k++)
					for (int x = 0; x < 8; x++)
						t[y][k] +=
							c[k][x] * (double)px[(y0 + (size_t)y) * w +
									     x0 + (size_t)x];
			for (int l = 0; l < 8; l++)
				for (int k = 0; k < 8; k++) {
					for (int y = 0; y < 8; y++)
						f[l][k] += c[l][y] * t[y][k];
					double q = step * (1 + 0.35 * (k + l));
					f[l][k] = q * round(f[l][k] / q);
				}
			memset(t, 0, sizeof t);
			for (int l = 0; l < 8; l++)
				for (int x = 0; x < 8; x++)
					for (int k = 0; k < 8; k++)
						t[l][x] += c[k][x] * f[l][k];
			for (int y = 0; y < 8; y++)
				for (int x = 0; x < 8; x++) {
					double v = 0;
					for (int l = 0; l < 8; l++)
						v += c[l][y] * t[l][x];
					px[(y0 + (size_t)y) * w + x0 + (size_t)x] = (float)v;
				}
		}
}

static inline double pictures_ink(const struct page_raster *r, double x, double y)
{
	double u = x * r->scale - 0.5, v = y * r->scale - 0.5;
	double i = floor(u), j = floor(v), s = u - i, t = v - j;
	if (i < 0 || j < 0 || i + 2 > r->w || j + 2 > r->h)
		return 0;
	const uint8_t *p = r->ink + (size_t)j * r->w + (size_t)i, *q = p + r->w;
	return ((1 - t) * ((1 - s) * p[0] + s * p[1]) + t * ((1 - s) * q[0] + s * q[1])) / 255;
}

/* pictures_take_one takes a picture of the page, its words at their shifts, in a. */
static inline void pictures_take_one(struct arena *a, const struct pictures_page *p,
				     const struct pictures_take *t, uint64_t *rng,
				     struct extract_page *out)
{
	struct arena scratch = {0};
	struct page_raster r;
	double x0, y0, x1, y1;
	pictures_where(t, t->w / 2.0, t->h / 2.0, &x0, &y0);
	pictures_where(t, t->w / 2.0 + 1, t->h / 2.0, &x1, &y1);
	double scale = 2.5 / hypot(x1 - x0, y1 - y0);
	struct sr_err e = page_raster_make(&scratch, &p->sheet, &p->laid, 0, scale < 9 ? scale : 9,
					   p->shift, &r);
	assert(!sr_bad(e));
	float *px = ARENA_ARRAY(&scratch, (size_t)t->w * t->h, float);
	uint8_t *gray = ARENA_ARRAY(a, (size_t)t->w * t->h, uint8_t);
	assert(px && gray);
	for (uint32_t v = 0; v < t->h; v++)
		for (uint32_t u = 0; u < t->w; u++) {
			double ink = 0;
			for (int k = 0; k < 9; k++) {
				double x, y;
				pictures_where(t, u + (k % 3 + 0.5) / 3, v + (k / 3 + 0.5) / 3, &x,
					       &y);
				ink += pictures_ink(&r, x, y) / 9;
			}
			double light = 1 - t->light * (u + v) / (double)(t->w + t->h);
			px[(size_t)v * t->w + u] = (float)(250 * light * (1 - t->contrast * ink));
		}
	if (t->shake > 0)
		pictures_smear(px, t->w, 1, t->h, t->w, t->shake, true);
	if (t->blur > 0) {
		pictures_smear(px, t->w, 1, t->h, t->w, t->blur, false);
		pictures_smear(px, t->h, t->w, t->w, 1, t->blur, false);
	}
	for (size_t i = 0; t->noise > 0 && i < (size_t)t->w * t->h; i++)
		px[i] += (float)(t->noise * pictures_normal(rng));
	if (t->jpeg > 0)
		pictures_jpeg(px, t->w, t->h, t->jpeg);
	for (size_t i = 0; i < (size_t)t->w * t->h; i++)
		gray[i] = px[i] <= 0 ? 0 : px[i] >= 255 ? 255 : (uint8_t)(px[i] + 0.5f);
	arena_release(&scratch);
	*out = (struct extract_page){.w = t->w, .h = t->h, .gray = gray};
}

#endif
