/* SPDX-License-Identifier: Apache-2.0 */
/* Can the marks be seen? Writes pictures of the same words clean (above) and marked (below), at 96,
 * 150 and 300 dpi, to FOLDER/photo-visibility-DPI.png, and prints how far the marks change the
 * spaces between words, over the copies of 1,000 readers of each paper of the corpus.
 *
 * Usage: photo_visibility FOLDER   (run in the source tree)
 * exit 1: a space is changed by more than the cap. */
#include "photo_page.h"
#include "photo_sheet.h"

#include "crypto.h"
#include "mark_layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEED = 20261126, COPIES = 1000, PAPERS = 4 };

static const double cap = .12;

/* What is counted: changes of spaces as shares of themselves, and lines with one above the cap. */
struct tally {
	size_t spaces, lines, lines_above, marked, words;
	double most, sum;
	int32_t most_shift;
};

/* count_line looks at words [a, b) of a line. */
static void count_line(const struct photo_laid *c, size_t a, size_t b, struct tally *t)
{
	bool above = false;
	for (size_t i = a; i < b; i++) {
		int32_t far = abs(c->shift[i]);
		t->words++;
		t->marked += far > 0;
		t->most_shift = far > t->most_shift ? far : t->most_shift;
	}
	for (size_t i = a; i + 1 < b; i++) {
		const struct page_word *w = &c->laid.word[i];
		int32_t gap = w[1].x - w->x - w->advance;
		int32_t change = c->shift[i + 1] - c->shift[i];
		if (gap <= 0) {
			above |= change != 0;
			continue;
		}
		double share = abs(change) / (double)gap;
		t->spaces++;
		t->sum += share;
		t->most = share > t->most ? share : t->most;
		above |= share > cap;
	}
	t->lines++;
	t->lines_above += above;
}

static void count(const struct photo_laid *c, struct tally *t)
{
	const struct page_word *w = c->laid.word;
	for (size_t a = 0, b; a < c->laid.words_n; a = b) {
		for (b = a + 1; b < c->laid.words_n && w[b].line == w[a].line; b++)
			;
		count_line(c, a, b, t);
	}
}

/* spaces prints a row and returns how many lines have a space above the cap. */
static size_t spaces(const char *path)
{
	struct arena a = {0};
	struct sim_paper p;
	struct page_sheet s;
	struct tally t = {0};
	uint64_t dice = SEED;
	sim_paper_read(&a, path, &p);
	photo_sheet_plan(&a, &p.lattice, &s);
	for (int i = 0; i < COPIES; i++) {
		struct arena scratch = {0};
		struct photo_laid c;
		photo_sheet_lay(&scratch, &p.lattice, &s, &dice, &c);
		count(&c, &t);
		arena_release(&scratch);
	}
	(void)printf("%-26s %7zu %7.1f%% %8.3f %9.1f%% %8.1f%% %7zu of %zu\n", path,
		     t.words / COPIES, 100 * (double)t.marked / (double)t.words,
		     t.most_shift / (double)PAGE_PT, 100 * t.most, 100 * t.sum / (double)t.spaces,
		     t.lines_above, t.lines);
	arena_release(&a);
	return t.lines_above;
}

/* crop draws some lines of a page. */
static struct photo_image crop(const char *pdf, int dpi)
{
	const double x = 66, y = 157, w = 464, h = 62; /* pt */
	struct photo_image p = photo_render("pdftoppm", pdf, 1, dpi);
	double k = dpi / 72.;
	struct photo_box box = {(int)(x * k), (int)(y * k), (int)(w * k), (int)(h * k)};
	photo_crop(&p, &box);
	return p;
}

static void picture(const char *folder, const char *clean, const char *marked, int dpi)
{
	enum { BETWEEN = 6 };
	char path[512];
	struct photo_image a = crop(clean, dpi), b = crop(marked, dpi);
	struct photo_image both = photo_image_make(a.w, a.h + b.h + BETWEEN, 128);
	memcpy(both.at, a.at, (size_t)a.w * (size_t)a.h * sizeof *a.at);
	memcpy(both.at + (size_t)(a.h + BETWEEN) * (size_t)a.w, b.at,
	       (size_t)b.w * (size_t)b.h * sizeof *b.at);
	(void)snprintf(path, sizeof path, "%s/photo-visibility-%d.png", folder, dpi);
	photo_image_write(&both, path, 0, false);
	(void)printf("%s: clean above, marked below\n", path);
	photo_image_free(&a);
	photo_image_free(&b);
	photo_image_free(&both);
}

/* One copy, with its marks and without. */
static void pictures(const char *folder)
{
	static const int dpi[] = {96, 150, 300};
	char clean[512], marked[512];
	struct arena a = {0};
	struct sim_paper p;
	struct page_sheet s;
	struct photo_laid c;
	uint64_t dice = SEED;
	photo_scratch(clean, sizeof clean, "-clean.pdf");
	photo_scratch(marked, sizeof marked, "-marked.pdf");
	sim_paper_read(&a, "test/corpus/papers/p1.md", &p);
	photo_sheet_plan(&a, &p.lattice, &s);
	photo_sheet_lay(&a, &p.lattice, &s, &dice, &c);
	photo_sheet_write(&s, &c.laid, NULL, clean);
	photo_sheet_write(&s, &c.laid, c.shift, marked);
	for (size_t i = 0; i < sizeof dpi / sizeof *dpi; i++)
		picture(folder, clean, marked, dpi[i]);
	(void)unlink(clean);
	(void)unlink(marked);
	arena_release(&a);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fprintf(stderr, "usage: photo_visibility FOLDER\n");
		return 2;
	}
	size_t above = 0;
	sim_must(crypto_init());
	(void)printf(
		"seed %d, %d copies of each paper; spaces as shares of themselves, cap %.0f%%\n",
		SEED, COPIES, 100 * cap);
	(void)printf("%-26s %7s %8s %8s %10s %9s %s\n", "paper", "words", "marked", "shift pt",
		     "most", "mean", "lines with a space above the cap");
	for (int i = 1; i <= PAPERS; i++) {
		char path[64];
		(void)snprintf(path, sizeof path, "test/corpus/papers/p%d.md", i);
		above += spaces(path);
	}
	pictures(argv[1]);
	return above ? 1 : 0;
}
