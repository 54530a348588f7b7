/* SPDX-License-Identifier: Apache-2.0 */
/* mark/: from a picture of a page, or a PDF, to the soft values of its words. What an unmarked page
 * says must be noise, and what another wording says nothing. */
#include "pages.h"
#include "page_raster.h"

#include <time.h>

static struct pages_language language;
static struct pages_leak leak;

enum { SYMBOLS = 31 * 24 * 3 };

static void random_symbols(uint16_t *symbol, uint64_t *seed)
{
	for (size_t i = 0; i < SYMBOLS; i++)
		symbol[i] = test_random(seed) & 1;
}

/* print_pdf puts page of p into a PDF as another program sees it: scaled and moved, positions off
 * by noise points, each word off by jitter points. */
static void print_pdf(const struct pages_paper *p, uint32_t page, const int32_t *shift,
		      double scale, double noise, double jitter, uint64_t *seed)
{
	pages_leak_make(&leak, 900, 1200);
	leak.page.gray = NULL;
	for (uint32_t i = 0; i < p->laid.words_n; i++) {
		const struct page_word *w = &p->laid.word[i];
		if (w->page != page)
			continue;
		char t[32];
		const struct page_shape *s = &p->sheet.shape[p->laid.shapes[i]];
		snprintf(t, sizeof t, "%.*s", (int)s->text.len, (const char *)s->text.ptr);
		struct extract_word *k = pages_leak_add(&leak, t, i);
		double x = (w->x + (shift ? shift[i] : 0)) / (double)PAGE_PT;
		double y = w->y / (double)PAGE_PT;
		x += jitter * pages_normal(seed);
		k->x = (float)(20 + scale * x + 0.001 * y + noise * pages_normal(seed));
		k->y = (float)(30 + scale * (y - 9));
		k->w = (float)(scale * w->advance / PAGE_PT);
		k->h = (float)(12 * scale);
		k->line = w->line;
		k->confidence = 100;
	}
}

/* What views say of symbols: words with a value, values that are wrong, and the standard score of
 * the symbols (0 for an innocent, on average, with standard deviation 1). */
struct told {
	size_t n, wrong, words;
	double score;
};

static struct told told_of(const struct mark_layout_view *v, const uint16_t *symbol)
{
	struct told t = {.words = v->words_n};
	double sum = 0, power = 0;
	for (size_t i = 0; i < v->words_n; i++) {
		const struct mark_layout_word *w = &v->word[i];
		CHECK(!i || v->word[i - 1].word < w->word, "by word");
		double llr = (double)w->loglik[1] - (double)w->loglik[0];
		CHECK(w->loglik[0] <= 0 && w->loglik[1] <= 0 &&
			      (w->loglik[0] >= 0 || w->loglik[1] >= 0),
		      "the larger one is 0");
		if (llr > 0 || llr < 0) {
			t.n++;
			t.wrong += (llr > 0) != (symbol[w->slot] == 1);
			sum += symbol[w->slot] ? llr : -llr;
			power += llr * llr;
		}
	}
	CHECK(t.n == v->measured_n, "measured_n is %zu, not %zu", v->measured_n, t.n);
	t.score = power > 0 ? sum / sqrt(power) : 0;
	return t;
}

static struct mark_layout_view *read_leak(struct arena *a, const struct pages_paper *p, size_t *n)
{
	struct mark_layout_view *v = NULL;
	struct mark_pages pages;
	*n = 0;
	struct sr_err e = mark_pages_make(a, &p->sheet, &p->laid, &pages);
	if (!sr_bad(e))
		e = mark_layout_read(a, &pages, &leak.page, &v, n);
	CHECK(!sr_bad(e), "%s", e.what);
	return v;
}

static size_t carriers(const struct pages_paper *p, uint32_t page)
{
	size_t n = 0;
	for (size_t i = 0; i < p->laid.words_n; i++)
		n += p->laid.word[i].page == page && mark_layout_reach(&p->laid.word[i]) > 0;
	return n;
}

static void test_pdf(void)
{
	struct pages_paper p;
	uint16_t symbol[SYMBOLS];
	static int32_t shift[SYMBOLS];
	pages_paper_make(&p, &language, 3, PAGES_PROSE, 1);
	assert(p.sheet.slots_n <= SYMBOLS);
	for (uint64_t t = 0; t < 4; t++) {
		uint64_t seed = 10 + t;
		struct arena a = {0};
		size_t n;
		random_symbols(symbol, &seed);
		mark_layout_write(&p.laid, symbol, shift);
		print_pdf(&p, (uint32_t)(t % 3), shift, t ? 0.7 + 0.2 * (double)t : 1, 0.01, 0,
			  &seed);
		struct mark_layout_view *v = read_leak(&a, &p, &n);
		CHECK(n == 1 && v->page == t % 3 && !(v->scale > 0), "trial %u: %zu views",
		      (unsigned)t, n);
		struct told d = n ? told_of(v, symbol) : (struct told){0};
		printf("# PDF: %zu of %zu marks, %zu wrong, score %.1f\n", d.n,
		       carriers(&p, (uint32_t)(t % 3)), d.wrong, d.score);
		CHECK(d.wrong == 0 && (double)d.n > 0.97 * (double)carriers(&p, (uint32_t)(t % 3)),
		      "%zu wrong of %zu", d.wrong, d.n);
		arena_release(&a);
	}
	arena_release(&p.a);
}

/* Unmarked pages, and those whose words somebody moved at random, accuse nobody. */
static void test_innocent_pdfs(void)
{
	struct pages_paper p;
	uint16_t symbol[SYMBOLS];
	pages_paper_make(&p, &language, 1, PAGES_PROSE, 2);
	for (uint64_t t = 0; t < 6; t++) {
		uint64_t seed = 20 + t;
		struct arena a = {0};
		size_t n;
		print_pdf(&p, 0, NULL, 1, 0.01, t < 3 ? 0 : 0.1 * (double)(t - 2), &seed);
		struct mark_layout_view *v = read_leak(&a, &p, &n);
		double most = 0;
		for (int reader = 0; reader < 200 && n == 1; reader++) {
			random_symbols(symbol, &seed);
			most = fmax(most, told_of(v, symbol).score);
		}
		printf("# innocent PDF: %zu views, %zu marks, the highest score of 200 readers is "
		       "%.2f\n",
		       n, n ? v->measured_n : 0, most);
		CHECK(most < 4.5, "trial %u: %.2f", (unsigned)t, most);
		arena_release(&a);
	}
	arena_release(&p.a);
}

/* inverse finds the point of the page that a camera puts at (u, v). */
static void inverse(const struct pages_camera *c, const double h[9], double u, double v, double *x,
		    double *y)
{
	for (int step = 0; step < 12; step++) {
		double u0, v0, u1, v1, u2, v2;
		pages_point(c, h, *x, *y, &u0, &v0);
		pages_point(c, h, *x + 0.1, *y, &u1, &v1);
		pages_point(c, h, *x, *y + 0.1, &u2, &v2);
		double a = (u1 - u0) * 10, b = (u2 - u0) * 10, d = (v1 - v0) * 10;
		double e = (v2 - v0) * 10, det = a * e - b * d;
		double dx = (e * (u - u0) - b * (v - v0)) / det;
		double dy = (a * (v - v0) - d * (u - u0)) / det;
		*x += dx;
		*y += dy;
		if (fabs(dx) + fabs(dy) < 1e-4)
			break;
	}
}

static double ink_at(const struct page_raster *r, double x, double y)
{
	double gx = x * r->scale - 0.5, gy = y * r->scale - 0.5;
	if (!(gx >= 0 && gy >= 0 && gx < r->w - 1 && gy < r->h - 1))
		return 0;
	uint32_t i = (uint32_t)gx, j = (uint32_t)gy;
	double s = gx - i, t = gy - j;
	const uint8_t *p = r->ink + (size_t)j * r->w + i;
	return (1 - t) * ((1 - s) * p[0] + s * p[1]) + t * ((1 - s) * p[r->w] + s * p[r->w + 1]);
}

/* photograph makes the picture of a page that pages_shoot saw the words of (the same seed). */
static void photograph(struct arena *a, const struct pages_paper *p, uint32_t page,
		       const struct pages_camera *c, double at_x, double at_y, const int32_t *shift,
		       uint64_t seed)
{
	struct page_raster r = {0};
	double h[9];
	pages_camera_map(c, &seed, h);
	struct sr_err e = page_raster_make(a, &p->sheet, &p->laid, page, 2 * c->scale, shift, &r);
	uint8_t *gray = ARENA_ARRAY(a, (size_t)leak.page.w * leak.page.h, uint8_t);
	assert(!sr_bad(e) && gray);
	for (uint32_t j = 0; j < leak.page.h; j++) {
		double x = 0, y = j / c->scale;
		for (uint32_t i = 0; i < leak.page.w; i++) {
			double ink = 0;
			inverse(c, h, i + 0.5 - at_x, j + 0.5 - at_y, &x, &y);
			for (int k = 0; k < 4; k++)
				ink += ink_at(&r, x + (k & 1 ? 0.25 : -0.25) / c->scale,
					      y + (k & 2 ? 0.25 : -0.25) / c->scale) /
				       4;
			double line = floor((y - 75) / 20);
			bool text = line >= c->from * PAGES_LINES && line < c->to * PAGES_LINES;
			double g = 235 - (text ? ink : 0) * 0.8 + 4 * pages_normal(&seed);
			gray[(size_t)j * leak.page.w + i] = (uint8_t)fmin(255, fmax(0, g));
		}
	}
	leak.page.gray = gray;
}

/* cut takes away what lies right of the picture's edge, whole words and ends of words. */
static void cut(void)
{
	size_t n = 0;
	for (size_t i = 0; i < leak.page.words_n; i++) {
		struct extract_word *w = &leak.word[i];
		float left = (float)leak.page.w - w->x;
		if (left < w->w / 4)
			continue;
		if (left < w->w) {
			w->text.len = (size_t)((float)w->text.len * left / w->w);
			w->w = left;
		}
		leak.truth[n] = leak.truth[i];
		leak.word[n++] = *w;
	}
	leak.page.words_n = n;
}

/* take_picture takes a picture of as much of the page's width, in points. */
static void take_picture(struct arena *a, const struct pages_paper *p, uint32_t page,
			 const struct pages_camera *c, double width, const int32_t *shift,
			 uint64_t seed)
{
	uint64_t own = seed;
	double at_y = 25 - (75 + 20 * c->from * PAGES_LINES) * c->scale * (c->from > 0);
	double lines = (c->to - c->from) * PAGES_LINES;
	pages_leak_make(&leak, (uint32_t)(width * c->scale),
			(uint32_t)((lines * 20 + (c->from > 0 ? 90 : 160)) * c->scale));
	pages_shoot(&leak, p, page, c, 25, at_y, shift, &own);
	photograph(a, p, page, c, 25, at_y, shift, seed);
	for (size_t i = 0; i < leak.page.words_n; i++) /* who misreads is not sure */
		if (!slice_eq(leak.word[i].text,
			      p->sheet.shape[p->laid.shapes[leak.truth[i]]].text))
			leak.word[i].confidence = 40;
	cut();
}

static const struct {
	struct pages_camera c;
	size_t wrong_max;
	double share_min;
} pictures[] = {
	{{"a scan, 2 pixels a point", 2, 0.3, 0, 0, 0.3, 0.05, 0, 1, false, 0}, 0, 0.97},
	{{"a photo of ten lines", 2, 2, 0.05, 2, 0.5, 0.2, 0.3, 0.63, false, 0}, 0, 0.95},
	{{"six lines, half misread", 2, 1, 0.04, 0, 0.5, 0.5, 0.5, 0.69, false, 0}, 0, 0.85},
	{{"a small screenshot", 1.33, 0, 0, 0, 0.3, 0.05, 0.2, 0.8, false, 0}, 2, 0.95},
	{{"a curl", 3, -1, 0.04, 6, 0.5, 0.2, 0.3, 0.7, true, 0}, 2, 0.90},
};

static size_t carriers_of(const struct pages_paper *p, uint32_t page, const struct pages_camera *c)
{
	size_t n = 0;
	for (size_t i = 0; i < p->laid.words_n; i++) {
		uint32_t line = p->laid.word[i].line % PAGES_LINES;
		n += p->laid.word[i].page == page && mark_layout_reach(&p->laid.word[i]) > 0 &&
		     line >= c->from * PAGES_LINES && line < c->to * PAGES_LINES;
	}
	return n;
}

static void test_pictures(void)
{
	struct pages_paper p;
	uint16_t symbol[SYMBOLS];
	static int32_t shift[SYMBOLS];
	pages_paper_make(&p, &language, 3, PAGES_PROSE, 3);
	for (size_t t = 0; t < sizeof pictures / sizeof *pictures; t++) {
		uint64_t seed = 30 + t;
		struct arena a = {0};
		size_t n, most = carriers_of(&p, 1, &pictures[t].c);
		random_symbols(symbol, &seed);
		mark_layout_write(&p.laid, symbol, shift);
		take_picture(&a, &p, 1, &pictures[t].c, 640, shift, seed);
		clock_t begin = clock();
		struct mark_layout_view *v = read_leak(&a, &p, &n);
		double ms = (double)(clock() - begin) * 1000 / CLOCKS_PER_SEC;
		CHECK(n == 1 && v->page == 1 && fabs(v->scale / pictures[t].c.scale - 1) < 0.15,
		      "%s: %zu views", pictures[t].c.why, n);
		struct told d = n ? told_of(v, symbol) : (struct told){0};
		printf("# %s: %zu of %zu marks, %zu wrong, score %.1f, %.0f ms\n",
		       pictures[t].c.why, d.n, most, d.wrong, d.score, ms);
		CHECK(d.wrong <= pictures[t].wrong_max, "%s: %zu wrong", pictures[t].c.why,
		      d.wrong);
		CHECK((double)d.n >= pictures[t].share_min * (double)most, "%s: %zu of %zu",
		      pictures[t].c.why, d.n, most);
		arena_release(&a);
	}
	arena_release(&p.a);
}

static void test_unmarked_picture(void)
{
	struct pages_paper p;
	uint16_t symbol[SYMBOLS];
	uint64_t seed = 40;
	struct arena a = {0};
	size_t n;
	double most = 0;
	pages_paper_make(&p, &language, 2, PAGES_PROSE, 4);
	take_picture(&a, &p, 0, &pictures[1].c, 640, NULL, seed);
	struct mark_layout_view *v = read_leak(&a, &p, &n);
	CHECK(n == 1, "%zu views", n);
	for (int reader = 0; reader < 200 && n == 1; reader++) {
		random_symbols(symbol, &seed);
		most = fmax(most, told_of(v, symbol).score);
	}
	printf("# unmarked picture: %zu marks, the highest score of 200 readers is %.2f\n",
	       n ? v->measured_n : 0, most);
	CHECK(most < 4.5, "%.2f", most);
	arena_release(&a);
	arena_release(&p.a);
}

/* change_line has line of page 0 of p say other words, of other widths, from its from-th to its
 * to-th (not included). */
static void change_line(struct pages_paper *p, uint32_t line, uint32_t from, uint32_t to)
{
	size_t first = 0, n = 0;
	while (p->laid.word[first].line != line)
		first++;
	while (p->laid.word[first + n].line == line)
		n++;
	for (size_t i = from; i < n && i < to; i++)
		p->laid.shapes[first + i] =
			(p->laid.shapes[first + i] * 37 + 101) % PAGES_VOCABULARY;
	int32_t sum = 0, x = p->laid.word[first].x;
	for (size_t i = 0; i < n; i++)
		sum += p->sheet.shape[p->laid.shapes[first + i]].advance;
	for (size_t i = 0; i < n; i++) {
		p->laid.word[first + i].x = x;
		p->laid.word[first + i].advance = p->sheet.shape[p->laid.shapes[first + i]].advance;
		x += p->laid.word[first + i].advance + (450 * PAGE_PT - sum) / (int32_t)(n - 1);
	}
}

/* Lines of the copy whose end says something else: nothing of that counts, all else does. */
static void test_other_wordings(void)
{
	struct pages_paper p, copy;
	uint16_t symbol[SYMBOLS];
	static int32_t shift[SYMBOLS];
	static const uint32_t rows[][2] = {{0, 99}, {4, 99}, {8, 99}, {5, 6}, {2, 3}};
	for (size_t t = 0; t < sizeof rows / sizeof *rows; t++) {
		uint32_t from = rows[t][0], to = rows[t][1];
		uint64_t seed = 50 + t;
		struct arena a = {0};
		size_t n, in_line = 0, first[2] = {0, 0};
		pages_paper_make(&p, &language, 1, PAGES_PROSE, 5);
		pages_paper_make(&copy, &language, 1, PAGES_PROSE, 5);
		random_symbols(symbol, &seed);
		mark_layout_write(&copy.laid, symbol, shift);
		for (uint32_t k = 0; k < 2; k++) {
			change_line(&copy, 14 + 2 * k, from, to);
			while (p.laid.word[first[k]].line != 14 + 2 * k)
				first[k]++;
		}
		take_picture(&a, &copy, 0, &pictures[1].c, 640, shift, seed);
		struct mark_layout_view *v = read_leak(&a, &p, &n);
		CHECK(n == 1, "%zu views", n);
		struct told d = n ? told_of(v, symbol) : (struct told){0};
		for (size_t i = 0; n && i < v->words_n; i++) {
			uint32_t line = p.laid.word[v->word[i].word].line;
			bool says = v->word[i].loglik[0] < 0 || v->word[i].loglik[1] < 0;
			in_line += (line == 14 || line == 16) && says &&
				   v->word[i].word >= first[line == 16] + from &&
				   v->word[i].word < first[line == 16] + to;
		}
		printf("# other words, %u to %u: %zu marks, %zu of them there, %zu "
		       "wrong\n",
		       from, to, d.n, in_line, d.wrong);
		CHECK(in_line == 0, "%zu words that say something else", in_line);
		CHECK(d.wrong == 0 && d.n > 60, "%zu wrong of %zu", d.wrong, d.n);
		arena_release(&a);
		arena_release(&p.a);
		arena_release(&copy.a);
	}
}

/* The left part of ten lines: what is left of a word at the edge is no other word. */
static void test_cut_words(void)
{
	struct pages_paper p;
	uint16_t symbol[SYMBOLS];
	static int32_t shift[SYMBOLS];
	struct arena a = {0};
	struct pages_camera c = pictures[1].c;
	uint64_t seed = 58;
	size_t n, most = 0;
	c.errors = 0;
	pages_paper_make(&p, &language, 1, PAGES_PROSE, 8);
	random_symbols(symbol, &seed);
	mark_layout_write(&p.laid, symbol, shift);
	take_picture(&a, &p, 0, &c, 300, shift, seed);
	struct mark_layout_view *v = read_leak(&a, &p, &n);
	CHECK(n == 1, "%zu views", n);
	struct told d = n ? told_of(v, symbol) : (struct told){0};
	for (size_t i = 0; i < leak.page.words_n; i++)
		most += mark_layout_reach(&p.laid.word[leak.truth[i]]) > 0;
	printf("# half of the lines' width: %zu of %zu marks, %zu wrong\n", d.n, most, d.wrong);
	CHECK(d.wrong == 0 && d.n + 12 >= most, "%zu of %zu, %zu wrong", d.n, most, d.wrong);
	arena_release(&a);
	arena_release(&p.a);
}

static void test_without_memory(void)
{
	struct pages_paper p;
	uint64_t seed = 60;
	pages_paper_make(&p, &language, 1, PAGES_PROSE, 6);
	print_pdf(&p, 0, NULL, 1, 0.01, 0, &seed);
	leak.page.words_n = 60;
	for (size_t n = 1;; n += test_stride(4)) {
		struct arena a = {0};
		struct mark_layout_view *v = NULL;
		size_t v_n = 77;
		test_alloc_fail_at(n);
		struct mark_pages pages;
		struct sr_err e = mark_pages_make(&a, &p.sheet, &p.laid, &pages);
		if (!sr_bad(e))
			e = mark_layout_read(&a, &pages, &leak.page, &v, &v_n);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(failed ? e.code == SR_E_NOMEM && v_n == 77 : !sr_bad(e) && v_n == 1,
		      "allocation %zu: %d, %zu", n, e.code, v_n);
		arena_release(&a);
		if (!failed)
			break;
	}
	arena_release(&p.a);
}

int main(void)
{
	pages_language_make(&language, 1);
	test_run("PDFs", test_pdf);
	test_run("innocent PDFs", test_innocent_pdfs);
	test_run("pictures", test_pictures);
	test_run("an unmarked picture", test_unmarked_picture);
	test_run("other wordings", test_other_wordings);
	test_run("cut words", test_cut_words);
	test_run("without memory", test_without_memory);
	return test_done();
}
