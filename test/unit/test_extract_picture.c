/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of pictures as seen from subrosa: that one which dies or lies costs its answer and
 * nothing else, and that nothing which cannot be is taken for pages. */
#include "extract_picture.h"
#include "extract_pages.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static size_t open_n(void)
{
	size_t n = 0;
	DIR *d = opendir("/proc/self/fd");
	while (d && readdir(d))
		n++;
	if (d)
		(void)closedir(d);
	return n;
}

static struct sr_err ask(struct arena *a, const char *how, const struct extract_how *x,
			 struct extract_pages *out)
{
	(void)setenv("SUBROSA_FAKE", how, 1);
	return extract_picture(a, SLICE_LIT("a picture"), KIND_PICTURE, x, out);
}

static const struct {
	const char *how;
	enum extract_outcome want;
} lies[] = {
	{"gone", EXTRACT_GARBAGE},
	{"no data", EXTRACT_NO_LANGUAGE},
	{"unconfined", EXTRACT_UNCONFINED},
	{"no memory", EXTRACT_MEMORY},
	{"crash", EXTRACT_CRASHED},
	{"killed", EXTRACT_KILLED},
	{"forbidden", EXTRACT_FORBIDDEN},
	{"rude", EXTRACT_GARBAGE},
	{"goes back", EXTRACT_GARBAGE},
	{"beyond the end", EXTRACT_GARBAGE},
	{"encrypted", EXTRACT_ENCRYPTED},
	{"no such outcome", EXTRACT_GARBAGE},
	{"refuses with text", EXTRACT_GARBAGE},
	{"huge", EXTRACT_GARBAGE},
	{"half", EXTRACT_GARBAGE},
	{"no number", EXTRACT_GARBAGE},
	{"infinitely wide", EXTRACT_GARBAGE},
	{"less than nothing high", EXTRACT_GARBAGE},
	{"far away", EXTRACT_GARBAGE},
	{"far to the left", EXTRACT_GARBAGE},
	{"beyond the text", EXTRACT_GARBAGE},
	{"backwards", EXTRACT_GARBAGE},
	{"two in one", EXTRACT_GARBAGE},
	{"more than sure", EXTRACT_GARBAGE},
	{"a line too many", EXTRACT_GARBAGE},
	{"steers a terminal", EXTRACT_GARBAGE},
	{"not UTF-8", EXTRACT_GARBAGE},
	{"flat", EXTRACT_GARBAGE},
	{"wider than it can be", EXTRACT_GARBAGE},
	{"a page too far", EXTRACT_GARBAGE},
	{"pages turned", EXTRACT_GARBAGE},
	{"chatters", EXTRACT_GARBAGE},
	{"never ends", EXTRACT_GARBAGE},
	{"bad end", EXTRACT_GARBAGE},
};

static void test_lies(void)
{
	const struct extract_how x = {0};
	size_t before = open_n();
	for (size_t i = 0; i < ROWS(lies); i++) {
		struct arena a = {0};
		struct extract_pages p = {.n = 77};
		struct sr_err e = ask(&a, lies[i].how, &x, &p), want = extract_err(lies[i].want);
		CHECK(e.code == want.code && e.what && strcmp(e.what, want.what) == 0, "%s: %s",
		      lies[i].how, e.what);
		CHECK(p.n == 77, "%s: nothing is handed out", lies[i].how);
		CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "%s: a child is left",
		      lies[i].how);
		arena_release(&a);
	}
	CHECK(open_n() == before, "descriptors are left");
}

static void count(void *user, size_t done, size_t total)
{
	size_t *n = user;
	*n += done;
	CHECK(total == 2, "pages in all: %zu", total);
}

static void test_honest(void)
{
	struct arena a = {0};
	size_t n = 0;
	const struct extract_how x = {.progress = count, .user = &n};
	struct extract_pages p = {0};
	struct sr_err e = ask(&a, "honest", &x, &p);
	CHECK(!sr_bad(e), "%s", e.what);
	CHECK(slice_eq(p.text, SLICE_LIT("good words\n")), "the text");
	if (CHECK(p.n == 1 && p.page[0].words_n == 2, "a page of two words")) {
		const struct extract_word *w = &p.page[0].word[1];
		CHECK(slice_eq(w->text, SLICE_LIT("words")) && w->x == 20 && w->h == 5 &&
			      w->off == 5 && w->confidence == 90,
		      "the second word");
		CHECK(p.page[0].w == 40 && p.page[0].gray && p.page[0].gray[399] == 0,
		      "its picture");
	}
	CHECK(n == 3, "progress was told of both pages");
	arena_release(&a);
}

static void test_missing(void)
{
	struct arena a = {0};
	struct extract_pages p;
	const char *fake = getenv("SUBROSA_PICTURE");
	const struct extract_how x = {0}, bad = {.language = "../etc"};
	char *kept = fake ? strdup(fake) : NULL;
	struct sr_err e = ask(&a, "honest", &bad, &p);
	CHECK(e.code == SR_E_STATE && strstr(e.what, "--ocr-language"), "a path: %s", e.what);
	(void)setenv("SUBROSA_PICTURE", "/nonexistent/subrosa-picture", 1);
	e = ask(&a, "honest", &x, &p);
	CHECK(e.code == SR_E_STATE && strstr(e.what, "apt install subrosa-picture"), "%s", e.what);
	/* What may be executed and is no program. */
	(void)setenv("SUBROSA_PICTURE", "/", 1);
	e = ask(&a, "honest", &x, &p);
	CHECK(e.code == SR_E_IO && e.sys == EACCES, "a folder: %s: %d", e.what, e.sys);
	(void)setenv("SUBROSA_PICTURE", kept ? kept : "", 1);
	free(kept);
	arena_release(&a);
}

static void test_languages(void)
{
	static const struct {
		const char *s;
		bool is;
	} rows[] = {{"eng", true},   {"eng+rus", true}, {"chi_sim", true}, {"Latin", true},
		    {"", false},     {"+", false},      {"eng+", false},   {"+eng", false},
		    {"-v", false},   {"../x", false},   {"e/x", false},    {"eng rus", false},
		    {"1eng", false}, {"eng++x", false}, {"_x", false},     {"eng+-x", false}};
	for (size_t i = 0; i < ROWS(rows); i++)
		CHECK(pages_language_is(rows[i].s) == rows[i].is, "%s", rows[i].s);
}

static void make_pages(struct build *b)
{
	static const uint8_t gray[6] = {1, 2, 3, 4, 5, 6};
	struct extract_word w[] = {{SLICE_LIT("a"), 0, 0, 1, 1, 0, 0, 50},
				   {SLICE_LIT("\xd0\xb6"), -3, 2, 2, 1, 1, 2, 100}};
	struct extract_page page[] = {{0, 3, 2, gray, w, 2}, {4, 595, 842, NULL, NULL, 0}};
	const struct extract_pages p = {SLICE_LIT("a\n\xd0\xb6\n"), page, 2};
	pages_write(&p, b);
}

/* Every prefix is refused, what is left over too, and no changed bit does harm. */
static void test_bounds(void)
{
	struct build b = {0};
	struct slice whole;
	struct extract_pages p;
	make_pages(&b);
	if (!CHECK(!sr_bad(build_done(&b, &whole)), "memory"))
		return;
	for (size_t len = 0; len <= whole.len; len++) {
		struct arena a = {0};
		struct sr_err e = pages_read(&a, slice_sub(whole, 0, len), &p);
		CHECK(sr_bad(e) == (len < whole.len), "%zu of %zu bytes", len, whole.len);
		arena_release(&a);
	}
	for (size_t bit = 0; bit < 8 * whole.len; bit++) {
		struct arena a = {0};
		b.ptr[bit / 8] ^= (uint8_t)(1U << bit % 8);
		struct sr_err e = pages_read(&a, whole, &p);
		CHECK(!sr_bad(e) || e.code == SR_E_INPUT, "bit %zu", bit);
		b.ptr[bit / 8] ^= (uint8_t)(1U << bit % 8);
		arena_release(&a);
	}
	build_u8(&b, 0);
	struct arena a = {0};
	CHECK(pages_read(&a, slice_make(b.ptr, b.len), &p).code == SR_E_INPUT, "a byte is left");
	arena_release(&a);
	build_release(&b);
}

int main(void)
{
	test_run("languages", test_languages);
	test_run("bounds", test_bounds);
	test_run("honest", test_honest);
	test_run("lies", test_lies);
	test_run("missing", test_missing);
	return test_done();
}
