/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_lines.h"

#include "test.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { SIDE = 1200, FROM = 380, TO = 820, LINE = 20, HIGH = 9 };

static void dot(PIX *ink, int x, int y)
{
	(void)pixSetPixel(ink, x, y, 1);
}

/* text draws lines of words, a slope down to the right, within a box. */
static void text(PIX *ink, double slope, uint64_t *rng)
{
	for (int y = FROM; y < TO; y += LINE)
		for (int x = FROM; x < TO; x++)
			for (int k = 0; k < HIGH; k++)
				if (x / 8 % 6 && test_random(rng) % 2)
					dot(ink, x, y + k + (int)(slope * (x - SIDE / 2)));
}

/* grain draws the streaks of a desk all around that: sharper than any line of letters. */
static void grain(PIX *ink, uint64_t *rng)
{
	for (int y = 0; y < SIDE; y++) {
		bool streak = test_random(rng) % 3 == 0;
		for (int x = 0; x < SIDE && streak; x++)
			if (x < FROM - 60 || x > TO + 60 || y < FROM - 60 || y > TO + 60)
				dot(ink, x, y);
	}
}

static struct lines *find(struct arena *a, PIX *ink)
{
	struct lines *l = lines_find(a, ink, 1);
	assert(l);
	return l;
}

static bool in_text(const struct lines *l, size_t n)
{
	float x, y;
	lines_clear(l, n, &x, &y);
	return x > FROM && x < TO && y > FROM && y < TO;
}

static void test_page_alone(void)
{
	struct arena a = {0};
	uint64_t rng = 1;
	PIX *ink = pixCreate(SIDE, SIDE, 1);
	text(ink, 0, &rng);
	CHECK(!lines_run_down(&a, ink), "across");
	CHECK(in_text(find(&a, ink), 0), "the clearest place is in the text");
	PIX *turned = pixRotate90(ink, 1);
	CHECK(lines_run_down(&a, turned), "down");
	pixDestroy(&turned);
	pixDestroy(&ink);
	arena_release(&a);
}

static void test_page_on_a_desk(void)
{
	struct arena a = {0};
	uint64_t rng = 2;
	PIX *ink = pixCreate(SIDE, SIDE, 1);
	text(ink, 0, &rng);
	grain(ink, &rng);
	const struct lines *l = find(&a, ink);
	CHECK(!in_text(l, 0), "the grain is clearer than the text (or this test shows nothing)");
	CHECK(in_text(l, 1), "the second place is in the middle");
	for (size_t i = 0; i < LINES_PLACES; i++)
		for (size_t k = 0; k < i; k++) {
			float x[2], y[2];
			lines_clear(l, i, &x[0], &y[0]);
			lines_clear(l, k, &x[1], &y[1]);
			CHECK(fabsf(x[0] - x[1]) > SIDE / 8 || fabsf(y[0] - y[1]) > SIDE / 8,
			      "places %zu and %zu are apart", i, k);
		}
	pixDestroy(&ink);
	arena_release(&a);
}

/* Where a word was read is brought back to where it is in the picture. */
static void test_from_level(void)
{
	struct arena a = {0};
	uint64_t rng = 3;
	const double slope = 0.05;
	PIX *ink = pixCreate(SIDE, SIDE, 1);
	text(ink, slope, &rng);
	const struct lines *l = find(&a, ink);
	float left[2] = {FROM + 40, 600}, right[2] = {TO - 40, 600};
	lines_from_level(l, &left[0], &left[1]);
	lines_from_level(l, &right[0], &right[1]);
	double found = (double)(right[1] - left[1]) / (double)(right[0] - left[0]);
	CHECK(fabs(found - slope) < 0.005, "a level line has the slope %g, not %g", found, slope);
	pixDestroy(&ink);
	arena_release(&a);
}

static void test_nothing(void)
{
	struct arena a = {0};
	PIX *ink = pixCreate(40, 30, 1);
	float x, y;
	const struct lines *l = find(&a, ink);
	for (size_t i = 0; i < LINES_PLACES; i++) {
		lines_clear(l, i, &x, &y);
		CHECK(x > 0 && x < 40 && y > 0 && y < 30, "place %zu is in the picture", i);
	}
	pixDestroy(&ink);
	arena_release(&a);
}

int main(void)
{
	test_run("a page alone", test_page_alone);
	test_run("a page on a desk", test_page_on_a_desk);
	test_run("from level", test_from_level);
	test_run("nothing to see", test_nothing);
	return test_done();
}
