/* SPDX-License-Identifier: Apache-2.0 */
/* Do readers who make one picture of their pages get away? A paper of two pages is marked for
 * 1,000 readers with design size 3; two or three of them draw their pages at 400 dpi and average
 * the pixels, or take each word from one of the copies - any one, or, of three, that which stands
 * apart from the others - and leak both pages at 200 dpi.
 *
 * Usage: photo_collusion SUBROSA [TRIALS [SEED]]   (run in the source tree)
 * exit 1: an innocent was named. */
#include "photo_house.h"
#include "photo_page.h"

#include "instrument.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLLUDERS_MAX = 3, PAGES = 2, WORDS = 1000, EVERY = 12, LEAK_DPI = 200 };

enum strategy { AVERAGE = 0, PICK, APART, STRATEGIES };

static const char *const strategy_names[STRATEGIES] = {"pixels averaged", "each word from one copy",
						       "each word where it stands apart"};

struct gang {
	size_t reader[COLLUDERS_MAX];
	int n;
	uint64_t dice;
};

static struct photo_image average(const struct photo_page *page, int n)
{
	struct photo_image p = photo_image_make(page[0].grey.w, page[0].grey.h, 0);
	for (int k = 0; k < n; k++)
		for (size_t i = 0, all = (size_t)p.w * (size_t)p.h; i < all; i++)
			p.at[i] += page[k].grey.at[i] / (float)n;
	return p;
}

/* paste copies a box, and what lies close beside it, on white. */
static void paste(const struct photo_image *from, const struct photo_box *b, struct photo_image *to)
{
	enum { BESIDE = 4 };
	for (int y = b->y; y < b->y + b->h; y++)
		for (int x = b->x - BESIDE; x < b->x + b->w + BESIDE; x++)
			if (x >= 0 && x < to->w)
				to->at[(size_t)y * (size_t)to->w + (size_t)x] =
					from->at[(size_t)y * (size_t)from->w + (size_t)x];
}

/* apart finds the copy whose word number i stands farthest from those of the others. */
static int apart(struct photo_box word[COLLUDERS_MAX][PHOTO_WORDS_MAX], int n, int i)
{
	int best = 0;
	double most = -1, sum = 0;
	for (int k = 0; k < n; k++)
		sum += word[k][i].x;
	for (int k = 0; k < n; k++)
		if (fabs(word[k][i].x - sum / n) > most) {
			most = fabs(word[k][i].x - sum / n);
			best = k;
		}
	return best;
}

/* pick_line makes a line of words from all copies, or takes it from one if they differ in words. */
static void pick_line(const struct photo_page *page, struct gang *g, enum strategy s, int line,
		      struct photo_image *out)
{
	static struct photo_box word[COLLUDERS_MAX][PHOTO_WORDS_MAX];
	int one = (int)photo_uniform(&g->dice, 0, g->n), n[COLLUDERS_MAX];
	bool alike = true;
	for (int k = 0; k < g->n; k++) {
		n[k] = photo_page_words(&page[k], line, word[k], PHOTO_WORDS_MAX);
		alike = alike && n[k] == n[0];
	}
	for (int i = 0; i < n[one]; i++) {
		int from = !alike       ? one
			   : s == APART ? apart(word, g->n, i)
					: (int)photo_uniform(&g->dice, 0, g->n);
		paste(&page[from].grey, &word[from][i], out);
	}
}

static struct photo_image pick(const struct photo_page *page, struct gang *g, enum strategy s)
{
	bool alike = true;
	for (int k = 1; k < g->n; k++)
		alike = alike && page[k].lines_n == page[0].lines_n;
	if (!alike)
		return photo_image_copy(&page[0].grey);
	struct photo_image p = photo_image_make(page[0].grey.w, page[0].grey.h, 255);
	for (int i = 0; i < page[0].lines_n; i++)
		pick_line(page, g, s, i, &p);
	return p;
}

/* merge makes the picture of one page of all copies. */
static void merge(const struct photo_paper *paper, struct gang *g, enum strategy s, int number,
		  const char *path)
{
	static char pdf[COLLUDERS_MAX][PHOTO_PATH_LEN];
	struct photo_page page[COLLUDERS_MAX];
	for (int k = 0; k < g->n; k++) {
		photo_copy(paper, g->reader[k], pdf[k]);
		photo_page_open(pdf[k], number, &page[k]);
	}
	struct photo_image p = s == AVERAGE ? average(page, g->n) : pick(page, g, s);
	photo_scale(&p, p.w * LEAK_DPI / PHOTO_DPI, p.h * LEAK_DPI / PHOTO_DPI);
	photo_image_write(&p, path, 0, false);
	photo_image_free(&p);
	for (int k = 0; k < g->n; k++)
		photo_page_close(&page[k]);
}

static void draw_gang(struct gang *g, int n)
{
	g->n = n;
	for (int k = 0; k < n; k++) {
		bool again = true;
		while (again) {
			g->reader[k] = (size_t)photo_uniform(&g->dice, 0, PHOTO_READERS);
			again = false;
			for (int j = 0; j < k; j++)
				again |= g->reader[j] == g->reader[k];
		}
	}
}

struct tally {
	size_t trials, caught, all, innocent, failed, layout;
	double lg_p;
};

static void trial(const struct photo_house *h, const struct photo_paper *p, enum strategy s, int n,
		  uint64_t seed, struct tally *t)
{
	char path[PAGES][PHOTO_PATH_LEN];
	struct gang g = {.dice = seed};
	struct photo_verdict v;
	draw_gang(&g, n);
	for (int i = 0; i < PAGES; i++) {
		photo_scratch(path[i], PHOTO_PATH_LEN, i ? "-page2.png" : "-page1.png");
		merge(p, &g, s, i + 1, path[i]);
	}
	const char *leak[] = {path[0], path[1], NULL};
	photo_trace(h, p, leak, g.reader[0], &v);
	size_t caught = 0;
	for (size_t i = 0; i < v.named_n; i++) {
		bool one = false;
		for (int k = 0; k < n; k++)
			one |= v.named[i] == g.reader[k];
		caught += one;
		t->innocent += !one;
	}
	t->trials++;
	t->caught += caught > 0;
	t->all += caught == (size_t)n;
	t->failed += v.status != 0 && v.status != 1;
	t->layout += v.layout;
	t->lg_p += v.p > 0 ? log10(v.p) : -300;
	for (int i = 0; i < PAGES; i++)
		(void)unlink(path[i]);
}

/* row prints a line of the table and returns how many innocents were named. */
static size_t row(const struct photo_house *h, const struct photo_paper *p, enum strategy s, int n,
		  uint64_t trials, uint64_t seed)
{
	struct tally t = {0};
	double low, high;
	for (uint64_t i = 0; i < trials; i++) {
		uint64_t dice = seed + (uint64_t)n * 1000003 + (uint64_t)s * 10000019 + i;
		trial(h, p, s, n, instrument_random(&dice), &t);
	}
	instrument_limits(t.caught, t.trials, &low, &high);
	(void)printf("%-33s %7d %6zu %6.1f%% (%5.1f-%5.1f) %6.1f%% %8zu %6zu %6.1f %6zu\n",
		     strategy_names[s], n, t.trials, 100 * (double)t.caught / (double)t.trials,
		     100 * low, 100 * high, 100 * (double)t.all / (double)t.trials, t.innocent,
		     t.failed, t.lg_p / (double)t.trials, t.layout / t.trials);
	(void)fflush(stdout);
	return t.innocent;
}

int main(int argc, char **argv)
{
	uint64_t trials = 20, seed = 20261126;
	if (argc < 2 || argc > 4 || (argc > 2 && !instrument_number(argv[2], &trials)) ||
	    (argc > 3 && !instrument_number(argv[3], &seed)) || !trials) {
		(void)fprintf(stderr, "usage: photo_collusion SUBROSA [TRIALS [SEED]]\n");
		return 2;
	}
	struct photo_house h;
	struct photo_paper p;
	struct photo_cost c;
	size_t innocent = 0;
	photo_house_open(argv[1], PHOTO_READERS, &h);
	photo_paper_make(&h, "paper", "test/corpus/papers/p1.md", WORDS, EVERY, &p);
	photo_paper_mark(&h, &p, "3", &c);
	(void)printf("seed %llu, %d readers, design size 3, %zu words, %zu places, level 1e-6\n",
		     (unsigned long long)seed, PHOTO_READERS, p.words, p.places);
	(void)printf("%-33s %7s %6s %7s %-13s %7s %8s %6s %6s %6s\n", "two pages", "readers",
		     "trials", "one", "(95%)", "all", "innocent", "failed", "lg p", "read");
	for (int s = 0; s < STRATEGIES; s++)
		for (int n = s == APART ? COLLUDERS_MAX : 2; n <= COLLUDERS_MAX; n++)
			innocent += row(&h, &p, (enum strategy)s, n, trials, seed);
	photo_house_close(&h);
	return innocent ? 1 : 0;
}
