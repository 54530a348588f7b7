/* SPDX-License-Identifier: Apache-2.0 */
/* page/: ink stands where it should, to a few thousandths of a pixel. */
#include "page_raster.h"
#include "papers.h"
#include "sheets.h"

#include <math.h>

static struct page_raster draw(struct arena *a, const struct page_sheet *s,
			       const struct page_laid *l, uint32_t page, double scale,
			       const int32_t *shift)
{
	struct page_raster r = {0};
	struct sr_err e = page_raster_make(a, s, l, page, scale, shift, &r);
	assert(!sr_bad(e));
	return r;
}

struct mass {
	double ink, x, y;
};

/* mass_of sums up the ink of a picture, and finds its centre. */
static struct mass mass_of(const struct page_raster *r)
{
	struct mass m = {0};
	for (uint32_t y = 0; y < r->h; y++)
		for (uint32_t x = 0; x < r->w; x++) {
			double v = r->ink[(size_t)y * r->w + x] / 255.0;
			m.ink += v;
			m.x += v * (x + 0.5);
			m.y += v * (y + 0.5);
		}
	m.x /= m.ink;
	m.y /= m.ink;
	return m;
}

/* boxes_of sums up the same for a word of boxes, by arithmetic. */
static struct mass boxes_of(const struct page_sheet *s, const struct page_laid *l, size_t word,
			    double scale)
{
	const struct page_word *w = &l->word[word];
	const struct page_shape *shape = &s->shape[l->shapes[w->first]];
	struct mass m = {0};
	for (size_t i = 0; i < shape->glyphs_n; i++) {
		const int32_t *p = s->outline[shape->glyph[i].id].point;
		double x = w->x + shape->glyph[i].x + (p[0] + p[2] + p[4] + p[6]) / 4.0;
		double height = -p[5], area = (p[2] - p[0]) * height * scale * scale;
		area /= (double)PAGE_PT * PAGE_PT;
		m.ink += area;
		m.x += area * x * scale / PAGE_PT;
		m.y += area * (w->y - height / 2) * scale / PAGE_PT;
	}
	m.x /= m.ink;
	m.y /= m.ink;
	return m;
}

static void places(void)
{
	/* What is left is the rounding to 8 bits, which weighs the more the fewer pixels there are.
	 */
	static const struct {
		double scale, within;
	} row[] = {{0.8, 0.006}, {1.33, 0.005}, {2, 0.003}, {2.8, 0.002}, {4.2, 0.002}};
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct arena a = {0};
		struct sheets m;
		sheets_begin(&m, &a);
		struct page_flow *f = sheets_text(&m, "harbs");
		f->x += 333;
		sheets_end(&m);
		struct page_laid l = {0};
		struct sr_err e = page_lay_copy(&a, &m.s, NULL, &l);
		assert(!sr_bad(e));
		struct page_raster r = draw(&a, &m.s, &l, 0, row[i].scale, NULL);
		CHECK(r.w == (uint32_t)ceil(595 * row[i].scale) &&
			      r.h == (uint32_t)ceil(842 * row[i].scale),
		      "%u x %u", r.w, r.h);
		struct mass want = boxes_of(&m.s, &l, 0, row[i].scale), got = mass_of(&r);
		CHECK(fabs(got.ink - want.ink) < 0.005 * want.ink, "ink: %.2f, not %.2f", got.ink,
		      want.ink);
		CHECK(fabs(got.x - want.x) < 2 * row[i].within, "x: %.4f, not %.4f", got.x, want.x);
		CHECK(fabs(got.y - want.y) < 2 * row[i].within, "y: %.4f, not %.4f", got.y, want.y);
		for (int tenths = -10; tenths <= 10; tenths++) {
			int32_t shift = (int32_t)lround(0.1 * tenths * PAGE_PT / row[i].scale);
			double moved = shift * row[i].scale / PAGE_PT;
			r = draw(&a, &m.s, &l, 0, row[i].scale, &shift);
			double dx = mass_of(&r).x - got.x;
			CHECK(fabs(dx - moved) < row[i].within, "%.4f px/pt: %.4f reads %.4f",
			      row[i].scale, moved, dx);
		}
		arena_release(&a);
	}
}

static void pages(void)
{
	struct arena a = {0};
	struct sheets m;
	sheets_begin(&m, &a);
	(void)sheets_text(&m, "aa bb");
	m.block[0].below = (struct page_rule){m.s.left, 100 * PAGE_PT};
	for (size_t i = 0; i < 60; i++)
		(void)sheets_text(&m, "cc dd ee");
	sheets_end(&m);
	struct page_laid l = {0};
	struct sr_err e = page_lay_copy(&a, &m.s, NULL, &l);
	assert(!sr_bad(e) && l.pages_n == 2);
	struct page_raster first = draw(&a, &m.s, &l, 0, 1, NULL), none;
	struct page_raster second = draw(&a, &m.s, &l, 1, 1, NULL);
	double upper = mass_of(&first).ink, lower = mass_of(&second).ink;
	double want[2] = {50, 0};
	for (size_t i = 0; i < l.words_n; i++)
		want[l.word[i].page] += boxes_of(&m.s, &l, i, 1).ink;
	CHECK(fabs(upper - want[0]) < 0.005 * want[0] && fabs(lower - want[1]) < 0.005 * want[1],
	      "each page has its own words: %.1f, %.1f", upper, lower);
	double rule = 0;
	for (uint32_t x = 0; x < first.w; x++)
		rule += first.ink[86 * first.w + x] / 255.0 + first.ink[87 * first.w + x] / 255.0;
	CHECK(fabs(rule - 50) < 1, "the rule: %.2f", rule);
	none = draw(&a, &m.s, &l, 2, 1, NULL);
	CHECK(isnan(mass_of(&none).x), "a page that is not there has no ink");
	m.s.width = m.s.height = 2000 * PAGE_PT;
	e = page_raster_make(&a, &m.s, &l, 0, 4.1, NULL, &none);
	CHECK(e.code == SR_E_LIMIT, "too large");
	size_t n = 0;
	for (bool failed = true; failed;) {
		struct arena scratch = {0};
		test_alloc_fail_at(++n);
		e = page_raster_make(&scratch, &m.s, &l, 0, 0.25, NULL, &none);
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(failed == (e.code == SR_E_NOMEM), "allocation %zu: %d", n, e.code);
		arena_release(&scratch);
	}
	CHECK(n > 2, "%zu allocations", n);
	arena_release(&a);
}

int main(void)
{
	test_run("words stand where they should, and move as they should", places);
	test_run("pages, rules and limits", pages);
	return test_done();
}
