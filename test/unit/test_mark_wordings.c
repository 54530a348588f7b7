/* SPDX-License-Identifier: Apache-2.0 */
/* mark/: wordings that a picture does not show, found by where it has its words. */
#include "mark_layout_wordings.h"
#include "page_plan.h"
#include "pages.h"
#include "papers.h"

static void must(struct sr_err e)
{
	CHECK(!sr_bad(e), "%s", e.what);
}

static struct pages_leak leak;

static const struct page_options usual = {.title = {(const uint8_t *)"Title", 5},
					  .language = {(const uint8_t *)"en", 2},
					  .created = 1700000000};

static void hear(void *user, const struct sr_note *n)
{
	(void)user;
	(void)n;
}

static const struct sr_sink quiet = {hear, NULL, "paper.md"};

/* A part of the first page, as shares of its width and height, and how many of a hundred words may
 * be misplaced in the end. */
static const struct part {
	const char *why;
	double x0, x1, y0, y1;
	size_t percent;
} parts[] = {
	{"the left half", 0, 0.5, 0, 1, 5},
	/* Where a line begins is not seen. */
	{"the right half", 0.5, 1, 0, 1, 40},
	{"the upper half", 0, 1, 0, 0.5, 5},
	{"a strip", 0.3, 0.7, 0, 1, 5},
};

static bool in_part(const struct part *k, const struct page_sheet *s, const struct page_box *b)
{
	return b->x >= k->x0 * s->width && b->x + b->w <= k->x1 * s->width &&
	       b->y >= k->y0 * s->height && b->y + b->h <= k->y1 * s->height;
}

/* shoot puts the words of the part into the picture, at two pixels a point, with boxes that are off
 * by 0.2 points. */
static void shoot(const struct page_sheet *s, const struct page_laid *l, const struct part *k,
		  uint64_t *seed)
{
	const double scale = 2 / (double)PAGE_PT;
	pages_leak_make(&leak, (uint32_t)(scale * s->width), (uint32_t)(scale * s->height));
	for (uint32_t i = 0; i < l->words_n; i++) {
		const struct page_word *w = &l->word[i];
		struct page_box b = mark_layout_ink(s, l, i);
		char t[32] = "";
		if (w->page || !in_part(k, s, &b))
			continue;
		for (uint32_t j = 0; j < w->n; j++) {
			struct slice text = s->shape[l->shapes[w->first + j]].text;
			size_t len = strlen(t);
			snprintf(t + len, sizeof t - len, "%.*s", (int)text.len,
				 (const char *)text.ptr);
		}
		struct extract_word *x = pages_leak_add(&leak, t, i);
		x->x = (float)(scale * b.x + 0.4 * pages_normal(seed));
		x->y = (float)(scale * b.y + 0.4 * pages_normal(seed));
		x->w = (float)(scale * b.w);
		x->h = (float)(scale * b.h);
		x->line = w->line;
	}
}

/* find_open opens the places of which the picture does not show all words. */
static void find_open(const struct page_sheet *s, const struct page_laid *l, const bool *shown,
		      bool *open)
{
	for (size_t i = 0; i < s->blocks_n; i++)
		for (size_t k = 0; k < s->block[i].flows_n; k++)
			for (size_t j = 0; j < s->block[i].flow[k].atoms_n; j++) {
				const struct page_atom *a = &s->block[i].flow[k].atom[j];
				if (a->place == PAGE_NONE)
					continue;
				open[a->place] = true;
				for (size_t w = 0; w < l->words_n; w++)
					if (l->word[w].slot == a->slot && shown[w])
						open[a->place] = false;
			}
}

/* misplaced counts the words of the picture that a layout has more than 0.7 points from where the
 * true one has them. */
static size_t misplaced(const struct page_laid *l, const struct page_laid *truth)
{
	size_t n = 0;
	for (size_t i = 0; i < leak.page.words_n; i++) {
		const struct page_word *w = &truth->word[leak.truth[i]];
		bool found = false;
		for (size_t k = 0; k < l->words_n && !found; k++) {
			const struct page_word *o = &l->word[k];
			found = o->slot == w->slot && o->page == w->page && o->y == w->y &&
				abs(o->x - w->x) < 7 * PAGE_PT / 10;
		}
		n += !found;
	}
	return n;
}

static void test_parts(void)
{
	struct arena a = {0};
	struct text_lattice l;
	struct page_sheet s;
	papers_lattice(&a, papers_file(&a, papers_paths[0]), &l);
	must(page_plan_make(&a, &l, &usual, &quiet, &s));
	size_t before = 0, words = 0;
	for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
		struct arena scratch = {0};
		uint64_t seed = k + 1;
		struct page_laid truth, old, new;
		uint16_t *copy = papers_random(&scratch, &l, &seed);
		uint16_t *symbol = ARENA_ARRAY(&scratch, l.places_n, uint16_t);
		bool *open = ARENA_ARRAY(&scratch, l.places_n, bool);
		must(page_lay_copy(&scratch, &s, copy, &truth));
		bool *shown = ARENA_ARRAY(&scratch, truth.words_n, bool);
		assert(symbol && open && shown);
		shoot(&s, &truth, &parts[k], &seed);
		for (size_t i = 0; i < leak.page.words_n; i++)
			shown[leak.truth[i]] = true;
		find_open(&s, &truth, shown, open);
		for (size_t i = 0; i < l.places_n; i++)
			symbol[i] = open[i] ? 0 : copy[i];
		text_lattice_share(&l, symbol, sizeof *symbol);
		must(page_lay_copy(&scratch, &s, symbol, &old));
		must(mark_layout_wordings(&s, &l, &leak.page, 1, open, symbol, NULL, NULL));
		must(page_lay_copy(&scratch, &s, symbol, &new));
		for (size_t i = 0; i < l.places_n; i++)
			CHECK(open[i] || symbol[i] == copy[i], "%s: place %zu was known",
			      parts[k].why, i);
		size_t was = misplaced(&old, &truth), is = misplaced(&new, &truth);
		printf("# %s: %zu words, %zu misplaced, then %zu\n", parts[k].why,
		       leak.page.words_n, was, is);
		CHECK(100 * is <= parts[k].percent * leak.page.words_n, "%s: %zu of %zu misplaced",
		      parts[k].why, is, leak.page.words_n);
		before += was;
		words += leak.page.words_n;
		arena_release(&scratch);
	}
	CHECK(words > 400 && 4 * before > words, "%zu of %zu are misplaced before", before, words);
	arena_release(&a);
}

/* A picture of something else changes nothing. */
static void test_foreign(void)
{
	struct arena a = {0};
	struct text_lattice l;
	struct page_sheet s;
	struct pages_paper p;
	static struct pages_language language;
	uint64_t seed = 9;
	const struct pages_camera c = {.scale = 2, .to = 1};
	papers_lattice(&a, papers_file(&a, papers_paths[0]), &l);
	must(page_plan_make(&a, &l, &usual, &quiet, &s));
	pages_language_make(&language, 1);
	pages_paper_make(&p, &language, 1, PAGES_PROSE, 1);
	pages_leak_make(&leak, 1190, 1684);
	pages_shoot(&leak, &p, 0, &c, 0, 0, NULL, &seed);
	uint16_t *symbol = ARENA_ARRAY(&a, l.places_n, uint16_t);
	bool *open = ARENA_ARRAY(&a, l.places_n, bool);
	assert(symbol && open);
	memset(open, 1, l.places_n);
	must(mark_layout_wordings(&s, &l, &leak.page, 1, open, symbol, NULL, NULL));
	for (size_t i = 0; i < l.places_n; i++)
		CHECK(!symbol[i], "place %zu", i);
	arena_release(&p.a);
	arena_release(&a);
}

static void test_without_memory(void)
{
	struct arena a = {0};
	struct text_lattice l;
	struct page_sheet s;
	struct page_laid laid;
	uint64_t seed = 3;
	papers_lattice(&a, papers_file(&a, papers_paths[0]), &l);
	must(page_plan_make(&a, &l, &usual, &quiet, &s));
	must(page_lay_copy(&a, &s, papers_random(&a, &l, &seed), &laid));
	shoot(&s, &laid, &parts[0], &seed);
	bool *open = ARENA_ARRAY(&a, l.places_n, bool);
	uint16_t *symbol = ARENA_ARRAY(&a, l.places_n, uint16_t);
	assert(open && symbol);
	memset(open, 1, l.places_n);
	size_t n = 1, failed = 0;
	for (bool more = true; more; n = 2 * n + 1) {
		memset(symbol, 0, l.places_n * sizeof *symbol);
		test_alloc_fail_at(n);
		struct sr_err e =
			mark_layout_wordings(&s, &l, &leak.page, 1, open, symbol, NULL, NULL);
		more = test_alloc_failed();
		failed += more;
		CHECK(more == (e.code == SR_E_NOMEM), "allocation %zu: %s", n,
		      sr_bad(e) ? e.what : "no error");
	}
	test_alloc_fail_at(0);
	CHECK(failed > 4, "%zu failures", failed);
	arena_release(&a);
}

int main(void)
{
	test_run("parts of a page", test_parts);
	test_run("another page", test_foreign);
	test_run("without memory", test_without_memory);
	return test_done();
}
