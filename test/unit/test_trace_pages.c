/* SPDX-License-Identifier: Apache-2.0 */
/* What several pictures and files show of one page together: each word counts once. */
#include "trace_pages.h"

#include "page_plan.h"
#include "papers.h"

#include <math.h>

enum { WORDS_MAX = 2000, LINES = 10 };

/* A paper, one copy of it, and where the marks put its words. */
struct world {
	struct arena a;
	struct text_lattice l;
	struct page_sheet s;
	uint16_t *symbol, *chip;
	struct page_laid copy;
	int32_t *shift;
	struct mark_place *spots; /* the wordings of the copy, all of them read */
};

/* A page of a PDF: all words of a page of the copy from one line to another (not included). */
struct print {
	struct extract_page page;
	struct extract_word word[WORDS_MAX];
};

static void must(struct sr_err e)
{
	CHECK(!sr_bad(e), "%s", e.what);
	assert(!sr_bad(e));
}

static void set_chips(struct world *w, uint64_t *seed)
{
	for (size_t i = 0; i < w->s.slots_n; i++)
		w->chip[i] = test_random(seed) & 1;
	mark_layout_write(&w->copy, w->chip, w->shift);
}

static void open_world(struct world *w, uint64_t *seed)
{
	const struct page_options o = {.title = SLICE_LIT("Title"), .created = 1700000000};
	*w = (struct world){0};
	papers_lattice(&w->a, papers_file(&w->a, papers_paths[0]), &w->l);
	must(page_plan_make(&w->a, &w->l, &o, NULL, &w->s));
	w->symbol = papers_random(&w->a, &w->l, seed);
	text_lattice_share(&w->l, w->symbol, sizeof *w->symbol);
	must(page_lay_copy(&w->a, &w->s, w->symbol, &w->copy));
	w->chip = ARENA_ARRAY(&w->a, w->s.slots_n, uint16_t);
	w->shift = ARENA_ARRAY(&w->a, w->copy.words_n, int32_t);
	w->spots = ARENA_ARRAY(&w->a, w->l.places_n, struct mark_place);
	assert(w->chip && w->shift && w->spots);
	for (size_t i = 0; i < w->l.places_n; i++)
		w->spots[i] = (struct mark_place){.state = MARK_READ, .symbol = w->symbol[i]};
	set_chips(w, seed);
}

static struct slice text_of(struct world *w, const struct page_word *x)
{
	struct build b = {0};
	struct slice text;
	for (uint32_t i = 0; i < x->n; i++)
		build_slice(&b, w->s.shape[w->copy.shapes[x->first + i]].text);
	must(build_keep(&b, &w->a, &text));
	return text;
}

/* put prints lines [from, to) of page 0; positions are off by noise points. */
static void put(struct world *w, uint32_t from, uint32_t to, double noise, uint64_t *seed,
		struct print *out)
{
	out->page = (struct extract_page){.w = 596, .h = 842, .word = out->word};
	for (size_t i = 0; i < w->copy.words_n; i++) {
		const struct page_word *x = &w->copy.word[i];
		double off = noise * ((double)(test_random(seed) >> 11) * 0x1p-52 - 1);
		if (x->page || x->line < from || x->line >= to)
			continue;
		assert(out->page.words_n < WORDS_MAX);
		out->word[out->page.words_n++] =
			(struct extract_word){text_of(w, x),
					      (float)((x->x + w->shift[i]) / (double)PAGE_PT + off),
					      (float)(x->y / (double)PAGE_PT - 9),
					      (float)(x->advance / (double)PAGE_PT),
					      9,
					      x->line,
					      0,
					      100};
	}
}

static void read_pages(struct world *w, struct arena *a, const struct trace_pages *leak, size_t n,
		       const struct trace_pages *public, size_t publics_n, struct trace_layout *out)
{
	struct trace_views v;
	must(trace_pages_read(a, &w->s, &w->l, w->spots, leak, n, public, publics_n,
			      &(struct trace_progress){0}, &v));
	*out = v.layout;
	for (size_t i = 0; i < out->n; i++)
		CHECK(out->slot[i] < w->s.slots_n && (!i || out->slot[i] > out->slot[i - 1]),
		      "slot %u counts once", out->slot[i]);
}

/* ratio returns the log-likelihood ratio of a slot, 0 if it was not seen. */
static float ratio(const struct trace_layout *t, uint32_t slot)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->slot[i] == slot)
			return t->loglik[i][1] - t->loglik[i][0];
	return 0;
}

/* What is asked of two readings x and y of a slot, of which both make z. */
static bool joined(float x, float y, float z)
{
	float want = x * y < 0 ? x + y : fabsf(x) > fabsf(y) ? x : y;
	return fabsf(want - z) < 1e-6f;
}

static void check_joined(const struct world *w, const char *why, const struct trace_layout *x,
			 const struct trace_layout *y, const struct trace_layout *both)
{
	for (uint32_t i = 0; i < w->s.slots_n; i++)
		CHECK(joined(ratio(x, i), ratio(y, i), ratio(both, i)),
		      "%s: slot %u says %f and %f, together %f", why, i, (double)ratio(x, i),
		      (double)ratio(y, i), (double)ratio(both, i));
}

static size_t wrong_signs(const struct world *w, const struct trace_layout *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n; i++)
		n += (t->loglik[i][1] > t->loglik[i][0]) != (w->chip[t->slot[i]] == 1);
	return n;
}

static void one_page_twice(void)
{
	static struct print first, second, other;
	uint64_t seed = 1;
	struct world w;
	struct arena a = {0};
	struct trace_layout x, y, z, both;
	open_world(&w, &seed);
	put(&w, 0, LINES, 0.03, &seed, &first);
	put(&w, 0, LINES, 0.06, &seed, &second);
	const struct trace_pages one = {&first.page, 1, w.spots}, two = {&second.page, 1, w.spots};
	const struct extract_page pages[] = {first.page, second.page};
	read_pages(&w, &a, &one, 1, NULL, 0, &x);
	read_pages(&w, &a, &two, 1, NULL, 0, &y);
	CHECK(x.n > 60 && !wrong_signs(&w, &x), "%zu words, %zu wrong", x.n, wrong_signs(&w, &x));
	read_pages(&w, &a, (const struct trace_pages[]){one, one}, 2, NULL, 0, &both);
	CHECK(both.n == x.n && both.marks_n == x.marks_n, "the same file twice: %zu, not %zu",
	      both.n, x.n);
	check_joined(&w, "the same file twice", &x, &x, &both);
	read_pages(&w, &a, (const struct trace_pages[]){one, two}, 2, NULL, 0, &both);
	check_joined(&w, "two pictures", &x, &y, &both);
	read_pages(&w, &a, &(struct trace_pages){pages, 2, w.spots}, 1, NULL, 0, &both);
	check_joined(&w, "two pictures in one file", &x, &y, &both);
	/* A page of another copy contradicts about half of the words. */
	set_chips(&w, &seed);
	put(&w, 0, LINES, 0.03, &seed, &other);
	const struct trace_pages three = {&other.page, 1, w.spots};
	read_pages(&w, &a, &three, 1, NULL, 0, &z);
	read_pages(&w, &a, (const struct trace_pages[]){one, three}, 2, NULL, 0, &both);
	check_joined(&w, "two copies", &x, &z, &both);
	size_t apart = 0;
	for (uint32_t i = 0; i < w.s.slots_n; i++)
		apart += ratio(&x, i) * ratio(&z, i) < 0;
	CHECK(3 * apart > x.n, "%zu of %zu contradict", apart, x.n);
	arena_release(&a);
	arena_release(&w.a);
}

/* Two parts of a page add up; of a part that is public, with the line below it, nothing is left.
 */
static void parts(void)
{
	static struct print upper, lower, all;
	enum { LINE = 8, END = 16 };
	uint64_t seed = 2;
	struct world w;
	struct arena a = {0};
	struct trace_layout x, y, both;
	open_world(&w, &seed);
	put(&w, 0, LINE, 0.03, &seed, &upper);
	put(&w, LINE, END, 0.03, &seed, &lower);
	put(&w, 0, END, 0.03, &seed, &all);
	const struct trace_pages one = {&upper.page, 1, w.spots}, two = {&lower.page, 1, w.spots};
	read_pages(&w, &a, &one, 1, NULL, 0, &x);
	read_pages(&w, &a, &two, 1, NULL, 0, &y);
	CHECK(x.n > 30 && y.n > 30, "%zu and %zu", x.n, y.n);
	read_pages(&w, &a, (const struct trace_pages[]){one, two}, 2, NULL, 0, &both);
	CHECK(both.n == x.n + y.n, "%zu, not %zu", both.n, x.n + y.n);
	check_joined(&w, "parts", &x, &y, &both);
	read_pages(&w, &a, &(struct trace_pages){&all.page, 1, w.spots}, 1, &one, 1, &both);
	CHECK(both.n > 30, "%zu are left", both.n);
	for (size_t i = 0; i < w.copy.words_n; i++) {
		const struct page_word *k = &w.copy.word[i];
		bool is_public = !k->page && k->line <= LINE;
		CHECK(!is_public || !(fabsf(ratio(&both, k->slot)) > 0), "line %u", k->line);
	}
	arena_release(&a);
	arena_release(&w.a);
}

static void no_memory(void)
{
	static struct print few;
	uint64_t seed = 3;
	struct world w;
	open_world(&w, &seed);
	put(&w, 2, 7, 0.03, &seed, &few);
	const struct trace_pages leak = {&few.page, 1, w.spots};
	size_t n = 1, failed_n = 0;
	for (bool failed = true; failed; n = n * 5 / 4 + 1) {
		struct arena a = {0};
		struct trace_views v = {.n = 77};
		test_alloc_fail_at(n);
		struct sr_err e = trace_pages_read(&a, &w.s, &w.l, w.spots, &leak, 1, &leak, 1,
						   &(struct trace_progress){0}, &v);
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(failed ? e.code == SR_E_NOMEM && v.n == 77 : !sr_bad(e) && v.n == 1,
		      "allocation %zu: %d, %zu views", n, e.code, v.n);
		failed_n += failed;
		arena_release(&a);
	}
	CHECK(failed_n > 10, "%zu failures", failed_n);
	arena_release(&w.a);
}

int main(void)
{
	must(crypto_init());
	test_run("a page that is seen twice counts once", one_page_twice);
	test_run("parts of a page", parts);
	test_run("no memory", no_memory);
	return test_done();
}
