/* SPDX-License-Identifier: Apache-2.0 */
/* mark/: the writer of the layout layer. */
#include "mark_layout.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static void test_reach(void)
{
	static const struct {
		const char *why;
		int32_t before, after, reach;
	} rows[] = {
		{"wide spaces: the full shift", 4000, 4000, MARK_SHIFT},
		{"the smaller space counts", 2000, 9000, 120},
		{"the smaller space counts", 9000, 2000, 120},
		{"just enough", 1000, 5000, MARK_SHIFT_MIN},
		{"too narrow", 999, 5000, 0},
		{"the first of a line", 0, 5000, 0},
		{"the last of a line", 5000, 0, 0},
		{"alone", 0, 0, 0},
		{"overlapping words", -3000, 3000, 0},
		{"a very wide space", PAGE_LENGTH_MAX, PAGE_LENGTH_MAX, MARK_SHIFT},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct page_word w = {.gap_before = rows[i].before, .gap_after = rows[i].after};
		int32_t reach = mark_layout_reach(&w);
		CHECK(reach == rows[i].reach, "%s: %d", rows[i].why, reach);
	}
}

enum { WORDS = 300 };

/* random_page lays words out in lines with spaces of any width, as a page_laid has them. */
static void random_page(uint64_t *seed, struct page_word *w)
{
	int32_t x = 0, gap = 0;
	uint32_t line = 0;
	memset(w, 0, WORDS * sizeof *w);
	for (uint32_t i = 0; i < WORDS; i++) {
		w[i].line = line;
		w[i].slot = i;
		w[i].x = x;
		w[i].advance = 500 + (int32_t)(test_random(seed) % 60000);
		w[i].gap_before = gap;
		bool last = i + 1 == WORDS || test_random(seed) % 12 == 0;
		gap = last ? 0 : 1 + (int32_t)(test_random(seed) % 6000);
		w[i].gap_after = gap;
		x = last ? 0 : x + w[i].advance + gap;
		line += last;
	}
}

static void test_spaces_keep_within_the_cap(void)
{
	uint64_t seed = 3;
	static struct page_word w[WORDS];
	struct page_laid l = {.word = w, .words_n = WORDS};
	uint16_t symbol[WORDS];
	int32_t shift[WORDS];
	size_t moved = 0;
	double most = 0;
	for (int round = 0; round < 200; round++) {
		random_page(&seed, w);
		for (int i = 0; i < WORDS; i++)
			symbol[i] = test_random(&seed) & 1;
		mark_layout_write(&l, symbol, shift);
		for (int i = 0; i < WORDS; i++) {
			int32_t reach = mark_layout_reach(&w[i]);
			CHECK(shift[i] == (symbol[i] ? reach : -reach), "word %d", i);
			moved += shift[i] != 0;
			if (!w[i].gap_after)
				continue;
			int32_t change = abs(shift[i + 1] - shift[i]);
			CHECK(100 * (int64_t)change <= 12 * (int64_t)w[i].gap_after,
			      "space %d changes by %d", w[i].gap_after, change);
			double share = (double)change / w[i].gap_after;
			most = share > most ? share : most;
		}
	}
	CHECK(moved > 100 * WORDS && most > 0.11, "the test has teeth: %zu, %.3f", moved, most);
}

static void test_every_slot_has_its_symbol(void)
{
	uint64_t seed = 4;
	static struct page_word w[WORDS];
	struct page_laid l = {.word = w, .words_n = WORDS};
	uint16_t symbol[3 * WORDS];
	int32_t shift[WORDS];
	random_page(&seed, w);
	for (uint32_t i = 0; i < WORDS; i++)
		w[i].slot = 3 * (WORDS - 1 - i);
	for (int i = 0; i < 3 * WORDS; i++)
		symbol[i] = i % 3 || i % 2;
	mark_layout_write(&l, symbol, shift);
	for (uint32_t i = 0; i < WORDS; i++)
		CHECK(mark_layout_reach(&w[i]) == 0 || (shift[i] > 0) == (w[i].slot % 2 == 1),
		      "word %u", i);
}

int main(void)
{
	test_run("reach", test_reach);
	test_run("spaces keep within the cap", test_spaces_keep_within_the_cap);
	test_run("every slot has its symbol", test_every_slot_has_its_symbol);
	return test_done();
}
