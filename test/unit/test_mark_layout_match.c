/* SPDX-License-Identifier: Apache-2.0 */
/* mark/: which page is in a picture, and where. A wrong page is a defect; a page that is not found
 * is a pity. */
#include "pages.h"

#include <time.h>

static struct pages_language language, foreign;
static struct pages_leak leak;

struct result {
	struct arena a;
	struct mark_pages pages;
	struct mark_match *match;
	size_t n;
	const struct mark_key *laid, *leak;
};

static void match(const struct pages_paper *p, struct result *r)
{
	struct mark_key *found;
	*r = (struct result){0};
	struct sr_err e = mark_pages_make(&r->a, &p->sheet, &p->laid, &r->pages);
	if (!sr_bad(e))
		e = mark_keys_of_leak(&r->a, &leak.page, &found);
	if (!sr_bad(e)) {
		r->laid = r->pages.key;
		r->leak = found;
		e = mark_layout_match(&r->a, &(struct mark_match_of){&r->pages, found, &leak.page},
				      &r->match, &r->n);
	}
	CHECK(!sr_bad(e), "%s", e.what);
}

/* What came of one view: hits that are right and wrong, words that could be found (those that were
 * read to the letter), and the error of the map at all words, points. */
struct score {
	size_t right, wrong, possible, reached;
	double rms;
};

static struct score score(const struct pages_paper *p, const struct result *r,
			  const struct mark_match *x, double scale)
{
	struct score s = {0};
	double sum = 0;
	for (size_t i = 0; i < x->hits_n; i++) {
		bool right = leak.truth[x->hit[i].leak] == x->hit[i].laid;
		s.right += right;
		s.wrong += !right;
		CHECK(!i || x->hit[i - 1].laid < x->hit[i].laid, "hits are in order");
	}
	for (uint32_t j = 0; j < leak.page.words_n; j++) {
		uint32_t i = leak.truth[j];
		if (i == MARK_NONE || p->laid.word[i].page != x->page)
			continue;
		double u, v;
		mark_map_apply(&x->map, r->laid[i].x, r->laid[i].y, &u, &v);
		double off = hypot(u - r->leak[j].x, v - r->leak[j].y) / scale;
		s.reached++;
		sum += off * off;
		s.possible += mark_keys_same(&r->laid[i], &r->leak[j]);
	}
	s.rms = s.reached ? sqrt(sum / (double)s.reached) : 0;
	return s;
}

/* found_same counts the words read to the letter that were found where they are. */
static size_t found_same(const struct result *r, const struct mark_match *x)
{
	size_t n = 0;
	for (size_t i = 0; i < x->hits_n; i++)
		n += leak.truth[x->hit[i].leak] == x->hit[i].laid &&
		     mark_keys_same(&r->laid[x->hit[i].laid], &r->leak[x->hit[i].leak]);
	return n;
}

static const struct pages_camera cameras[] = {
	{"a screenshot", 1.33, 0, 0, 0, 0.1, 0.01, 0, 1, false, 30},
	{"small", 0.8, 0, 0, 0, 0.4, 0.2, 0, 1, false, 10},
	{"a scan", 2.8, 0.7, 0, 0, 0.2, 0.02, 0, 1, false, 0},
	{"a photo", 4.2, 2, 0.06, 0, 0.3, 0.05, 0, 1, false, 60},
	{"a slanted photo", 4.2, -5, 0.10, 1, 0.3, 0.1, 0, 1, false, 60},
	{"turned by 20 degrees", 2.1, 20, 0.03, 0, 0.3, 0.1, 0, 1, false, 60},
	{"turned the other way", 2.1, -20, 0.03, 0, 0.3, 0.1, 0, 1, false, 60},
	{"a curl", 4.2, 1, 0.06, 8.5, 0.4, 0.2, 0, 1, true, 40},
	{"half the words misread", 2.1, 1, 0.05, 2, 0.5, 0.5, 0, 1, false, 60},
	{"half misread, broken lines", 2.1, 3, 0.05, 4, 0.5, 0.5, 0, 1, true, 60},
	{"half a page", 2.1, 1, 0.05, 0, 0.3, 0.1, 0.5, 1, false, 10},
	{"six lines", 1.5, 0, 0, 0, 0.2, 0.05, 0.4, 0.59, false, 5},
	{"six lines of a photo", 3.0, 2, 0.06, 1, 0.3, 0.15, 0.4, 0.59, false, 5},
	{"six lines, half misread", 3.0, 2, 0.06, 1, 0.3, 0.5, 0.4, 0.59, false, 5},
	{"three lines", 1.5, 0, 0, 0, 0.2, 0.02, 0.3, 0.38, false, 3},
	{"three lines of a photo", 3.0, -2, 0.06, 0, 0.3, 0.1, 0.3, 0.38, false, 3},
	{"among much else", 1.5, 1, 0.03, 0, 0.3, 0.1, 0.5, 0.8, false, 800},
};

static void one_camera(const struct pages_paper *p, const char *paper, const struct pages_camera *c,
		       double wanted)
{
	enum { TRIALS = 4 };
	size_t found = 0, right = 0, wrong = 0, possible = 0, same_n = 0, wrong_pages = 0;
	double rms = 0;
	for (uint64_t t = 0; t < TRIALS; t++) {
		uint64_t seed = 100 + t;
		uint32_t page = (uint32_t)test_random(&seed) % p->laid.pages_n;
		double size = 842 * c->scale;
		struct result r;
		pages_leak_make(&leak, (uint32_t)(2 * size), (uint32_t)(2 * size));
		pages_shoot(&leak, p, page, c, size / 2, size / 2, NULL, &seed);
		pages_spaces(&leak, 0.02, &seed);
		pages_junk(&leak, &foreign, c->junk, &seed);
		match(p, &r);
		for (size_t i = 0; i < r.n; i++) {
			bool is = r.match[i].page == page;
			wrong_pages += !is;
			struct score s = score(p, &r, &r.match[i], c->scale);
			wrong += is ? s.wrong : 0;
			if (!is || i)
				continue;
			found++;
			right += s.right;
			possible += s.possible;
			same_n += found_same(&r, &r.match[i]);
			rms = fmax(rms, s.rms);
		}
		wrong_pages += r.n > 1;
		arena_release(&r.a);
	}
	double recall = possible ? (double)same_n / (double)possible : 0;
	printf("# %s, %s: %zu of %d, %.1f%% of the words that were read, %zu right, %zu wrong, map "
	       "within %.2f pt\n",
	       paper, c->why, found, TRIALS, 100 * recall, right, wrong, rms);
	CHECK(wrong_pages == 0, "%s, %s: %zu wrong pages", paper, c->why, wrong_pages);
	CHECK((double)found >= wanted * TRIALS, "%s, %s: found %zu", paper, c->why, found);
	CHECK(recall >= 0.95, "%s, %s: %.3f of the words", paper, c->why, recall);
	CHECK((double)wrong <= 0.01 * (double)right, "%s, %s: %zu wrong words", paper, c->why,
	      wrong);
}

static void test_cameras(void)
{
	struct pages_paper p;
	pages_paper_make(&p, &language, 30, PAGES_PROSE, 1);
	for (size_t i = 0; i < sizeof cameras / sizeof *cameras; i++)
		one_camera(&p, "prose", &cameras[i], 1);
	arena_release(&p.a);
}

static void test_tables_and_repeated_sentences(void)
{
	struct pages_paper p;
	pages_paper_make(&p, &language, 5, PAGES_TABLE, 2);
	for (size_t i = 0; i < 9; i++)
		one_camera(&p, "a table", &cameras[i], 1);
	arena_release(&p.a);
	pages_paper_make(&p, &language, 5, PAGES_REPEATED, 3);
	for (size_t i = 0; i < 9; i++)
		one_camera(&p, "repeated", &cameras[i], 1);
	arena_release(&p.a);
}

static void test_large_paper(void)
{
	struct pages_paper p;
	pages_paper_make(&p, &language, 250, PAGES_PROSE, 4);
	one_camera(&p, "250 pages", &cameras[3], 1);
	one_camera(&p, "250 pages", &cameras[12], 1);
	arena_release(&p.a);
}

/* Two pages side by side, and the end of one above the beginning of the next. */
static void test_two_pages(void)
{
	struct pages_paper p;
	pages_paper_make(&p, &language, 10, PAGES_PROSE, 5);
	for (uint64_t t = 0; t < 6; t++) {
		uint64_t seed = 300 + t;
		struct pages_camera c = {"", 2.1, 1, 0.03, 2, 0.3, 0.1, 0, 1, false, 0};
		struct result r;
		pages_leak_make(&leak, 3000, 2200);
		if (t % 2) {
			c.from = 0.6;
			pages_shoot(&leak, &p, 3, &c, 100, -1000, NULL, &seed);
			c = (struct pages_camera){"", 2.1, 1, 0.03, 2, 0.3, 0.1, 0, 0.4, false, 0};
			pages_shoot(&leak, &p, 4, &c, 100, 900, NULL, &seed);
		} else {
			pages_shoot(&leak, &p, 3, &c, 50, 100, NULL, &seed);
			pages_shoot(&leak, &p, 4, &c, 1400, 120, NULL, &seed);
		}
		match(&p, &r);
		CHECK(r.n == 2 && r.match[0].page + r.match[1].page == 7 &&
			      (r.match[0].page == 3 || r.match[0].page == 4),
		      "trial %u: %zu views", (unsigned)t, r.n);
		for (size_t i = 0; i < r.n; i++) {
			struct score s = score(&p, &r, &r.match[i], 2.1);
			CHECK((double)s.right >= 0.85 * (double)s.possible && s.wrong <= 2,
			      "%zu of %zu, %zu wrong", s.right, s.possible, s.wrong);
		}
		arena_release(&r.a);
	}
	arena_release(&p.a);
}

/* A paper whose second page says what the first one says: nobody knows which of them it is. */
static void test_ambiguous_pages(void)
{
	struct pages_paper p;
	uint64_t seed = 6;
	struct result r;
	pages_paper_make(&p, &language, 4, PAGES_TWICE, 6);
	pages_leak_make(&leak, 3000, 3000);
	pages_shoot(&leak, &p, 1, &cameras[2], 300, 300, NULL, &seed);
	match(&p, &r);
	CHECK(r.n == 0, "%zu views of a page that is there twice", r.n);
	arena_release(&r.a);
	pages_leak_make(&leak, 3000, 3000);
	pages_shoot(&leak, &p, 2, &cameras[2], 300, 300, NULL, &seed);
	match(&p, &r);
	CHECK(r.n == 1 && r.match[0].page == 2, "another page of it");
	arena_release(&r.a);
	arena_release(&p.a);
}

static void test_foreign_papers(void)
{
	struct pages_paper own, other;
	size_t views = 0;
	for (int kind = 0; kind < 3; kind++) {
		pages_paper_make(&own, &language, 12, (enum pages_kind)kind, 7);
		pages_paper_make(&other, &language, 12, (enum pages_kind)kind, 8);
		for (uint64_t t = 0; t < 12; t++) {
			uint64_t seed = 500 + t;
			struct result r;
			pages_leak_make(&leak, 3000, 3000);
			pages_shoot(&leak, &other, (uint32_t)t, &cameras[t % 11], 300, 300, NULL,
				    &seed);
			pages_junk(&leak, &language, 100, &seed);
			match(&own, &r);
			views += r.n;
			CHECK(!r.n, "kind %d, page %u: a view with %zu words of %zu", kind,
			      (unsigned)t, r.match[0].hits_n, leak.page.words_n);
			arena_release(&r.a);
		}
		arena_release(&own.a);
		arena_release(&other.a);
	}
	CHECK(views == 0, "%zu views", views);
}

/* The own text, in lines of another width: no page of ours. (Of nearly the same width it has lines
 * that are lines of ours.) */
static void test_reflowed_text(void)
{
	struct pages_paper p;
	struct result r;
	pages_paper_make(&p, &language, 3, PAGES_PROSE, 9);
	for (int32_t width = 250; width < 600; width += 25) {
		if (width == 450)
			continue;
		pages_leak_make(&leak, 1200, 4000);
		float x = 50, y = 50;
		for (uint32_t i = 0; i < p.laid.words_n && p.laid.word[i].page == 0; i++) {
			const struct page_shape *s = &p.sheet.shape[p.laid.shapes[i]];
			float w = (float)s->advance / PAGE_PT;
			if (x + w > 50 + (float)width) {
				x = 50;
				y += 14;
			}
			char t[32];
			snprintf(t, sizeof t, "%.*s", (int)s->text.len, (const char *)s->text.ptr);
			struct extract_word *k = pages_leak_add(&leak, t, MARK_NONE);
			k->x = x;
			k->y = y;
			k->w = w;
			k->h = 8;
			k->line = (uint32_t)y;
			x += w + 3;
		}
		match(&p, &r);
		CHECK(r.n == 0, "width %d: %zu views, %zu words", width, r.n,
		      r.n ? r.match[0].hits_n : 0);
		arena_release(&r.a);
	}
	arena_release(&p.a);
}

/* A mirrored or upside-down picture is not one that a camera makes. */
static void test_mirrored(void)
{
	struct pages_paper p;
	struct result r;
	pages_paper_make(&p, &language, 3, PAGES_PROSE, 10);
	for (int how = 0; how < 3; how++) {
		uint64_t seed = 20;
		pages_leak_make(&leak, 2000, 2000);
		pages_shoot(&leak, &p, 0, &cameras[0], 300, 300, NULL, &seed);
		for (size_t i = 0; i < leak.page.words_n; i++) {
			struct extract_word *w = &leak.word[i];
			if (how != 1)
				w->x = 2000 - w->x - w->w;
			if (how != 0)
				w->y = 2000 - w->y - w->h;
		}
		match(&p, &r);
		CHECK(r.n == 0, "way %d", how);
		arena_release(&r.a);
	}
	arena_release(&p.a);
}

static void test_nothing(void)
{
	struct pages_paper p, none;
	struct result r;
	pages_paper_make(&p, &language, 1, PAGES_PROSE, 11);
	pages_paper_make(&none, &language, 0, PAGES_PROSE, 11);
	pages_leak_make(&leak, 100, 100);
	match(&p, &r);
	CHECK(r.n == 0, "an empty picture");
	arena_release(&r.a);
	match(&none, &r);
	CHECK(r.n == 0, "an empty paper");
	arena_release(&r.a);
	pages_leak_add(&leak, "—", MARK_NONE);
	pages_leak_add(&leak, "", MARK_NONE);
	match(&p, &r);
	CHECK(r.n == 0, "words without letters");
	arena_release(&r.a);
	arena_release(&p.a);
	arena_release(&none.a);
}

static void test_same_answer_twice(void)
{
	struct pages_paper p;
	struct result r[2];
	uint64_t seed = 30;
	pages_paper_make(&p, &language, 10, PAGES_PROSE, 12);
	pages_leak_make(&leak, 6000, 6000);
	pages_shoot(&leak, &p, 4, &cameras[7], 900, 900, NULL, &seed);
	match(&p, &r[0]);
	match(&p, &r[1]);
	CHECK(r[0].n == 1 && r[1].n == 1 && r[0].match->hits_n == r[1].match->hits_n &&
		      !memcmp(r[0].match->map.h, r[1].match->map.h, sizeof r[0].match->map.h),
	      "deterministic");
	arena_release(&r[0].a);
	arena_release(&r[1].a);
	arena_release(&p.a);
}

static void test_without_memory(void)
{
	struct pages_paper p;
	uint64_t seed = 31;
	pages_paper_make(&p, &language, 1, PAGES_PROSE, 13);
	pages_leak_make(&leak, 2000, 2000);
	pages_shoot(&leak, &p, 0, &cameras[11], 300, 300, NULL, &seed);
	for (size_t n = 1;; n += test_stride(4)) {
		struct arena a = {0};
		struct mark_pages pages;
		struct mark_key *found = NULL;
		struct mark_match *m = NULL;
		size_t m_n = 77;
		test_alloc_fail_at(n);
		struct sr_err e = mark_pages_make(&a, &p.sheet, &p.laid, &pages);
		if (!sr_bad(e))
			e = mark_keys_of_leak(&a, &leak.page, &found);
		if (!sr_bad(e))
			e = mark_layout_match(
				&a, &(struct mark_match_of){&pages, found, &leak.page}, &m, &m_n);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(failed ? e.code == SR_E_NOMEM && m_n == 77 : !sr_bad(e) && m_n == 1,
		      "allocation %zu: %zu", n, m_n);
		arena_release(&a);
		if (!failed)
			break;
	}
	arena_release(&p.a);
}

static void test_time(void)
{
	struct pages_paper p;
	struct result r;
	uint64_t seed = 32;
	pages_paper_make(&p, &language, 250, PAGES_PROSE, 14);
	pages_leak_make(&leak, 6000, 6000);
	pages_shoot(&leak, &p, 100, &cameras[7], 900, 900, NULL, &seed);
	pages_junk(&leak, &foreign, 60, &seed);
	clock_t t = clock();
	match(&p, &r);
	printf("# %zu words of 250 pages, %zu of the picture: %.0f ms\n", p.laid.words_n,
	       leak.page.words_n, (double)(clock() - t) * 1000 / CLOCKS_PER_SEC);
	CHECK(r.n == 1 && r.match->page == 100, "found");
	arena_release(&r.a);
	arena_release(&p.a);
}

int main(void)
{
	pages_language_make(&language, 1);
	pages_language_make(&foreign, 2);
	test_run("cameras", test_cameras);
	test_run("tables and repeated sentences", test_tables_and_repeated_sentences);
	test_run("a large paper", test_large_paper);
	test_run("two pages", test_two_pages);
	test_run("ambiguous pages", test_ambiguous_pages);
	test_run("foreign papers", test_foreign_papers);
	test_run("reflowed text", test_reflowed_text);
	test_run("mirrored", test_mirrored);
	test_run("nothing", test_nothing);
	test_run("the same answer twice", test_same_answer_twice);
	test_run("without memory", test_without_memory);
	test_run("time", test_time);
	return test_done();
}
