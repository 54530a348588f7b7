/* SPDX-License-Identifier: Apache-2.0 */
#include "photo_page.h"

#include "photo_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INK = 160, BLANK_ROWS = 4, WORD_GAP = 11, PATH_LEN = 512 };

void photo_scratch(char *path, size_t len, const char *ending)
{
	const char *folder = getenv("TMPDIR");
	(void)snprintf(path, len, "%s/photo-%ld%s", folder ? folder : "/tmp", (long)getpid(),
		       ending);
}

/* Each renderer's command; those of poppler add the ending themselves. */
static bool draw(const char *renderer, const char *pdf, int number, int dpi, const char *base,
		 const char *file)
{
	char page[16], res[16], first[32], last[32], gs_res[32], gs_out[PATH_LEN + 16];
	(void)snprintf(page, sizeof page, "%d", number);
	(void)snprintf(res, sizeof res, "%d", dpi);
	(void)snprintf(first, sizeof first, "-dFirstPage=%d", number);
	(void)snprintf(last, sizeof last, "-dLastPage=%d", number);
	(void)snprintf(gs_res, sizeof gs_res, "-r%d", dpi);
	(void)snprintf(gs_out, sizeof gs_out, "-sOutputFile=%s", file);
	const char *ppm[] = {"pdftoppm", "-gray", "-r",          res, "-f", page,
			     "-l",       page,    "-singlefile", pdf, base, NULL};
	const char *cairo[] = {"pdftocairo", "-gray", "-png",        "-r", res,  "-f", page,
			       "-l",         page,    "-singlefile", pdf,  base, NULL};
	const char *mutool[] = {"mutool", "draw", "-q", "-r", res, "-F", "pgm",
				"-c",     "gray", "-o", file, pdf, page, NULL};
	const char *gs[] = {"gs",
			    "-q",
			    "-dNOPAUSE",
			    "-dBATCH",
			    "-dSAFER",
			    "-sDEVICE=pgmraw",
			    first,
			    last,
			    gs_res,
			    "-dTextAlphaBits=4",
			    "-dGraphicsAlphaBits=4",
			    gs_out,
			    pdf,
			    NULL};
	return photo_run(!strcmp(renderer, "mutool")       ? mutool
			 : !strcmp(renderer, "gs")         ? gs
			 : !strcmp(renderer, "pdftocairo") ? cairo
							   : ppm);
}

struct photo_image photo_render(const char *renderer, const char *pdf, int number, int dpi)
{
	char base[PATH_LEN], file[PATH_LEN];
	photo_scratch(base, sizeof base, "-page");
	photo_scratch(file, sizeof file,
		      !strcmp(renderer, "pdftocairo") ? "-page.png" : "-page.pgm");
	if (!draw(renderer, pdf, number, dpi, base, file))
		photo_die("cannot be drawn", pdf);
	struct photo_image p = photo_image_read(file);
	(void)unlink(file);
	return p;
}

/* ink_of_row counts the dark pixels of a row and widens the box of the line to them. */
static int ink_of_row(const struct photo_image *g, int y, int *left, int *right)
{
	const float *row = g->at + (size_t)y * (size_t)g->w;
	int n = 0;
	for (int x = 0; x < g->w; x++)
		if (row[x] < INK) {
			*left = x < *left ? x : *left;
			*right = x > *right ? x : *right;
			n++;
		}
	return n;
}

static void add_line(struct photo_page *p, int top, int bottom, int left, int right)
{
	enum { HEIGHT_MIN = 12 };
	if (bottom - top < HEIGHT_MIN || p->lines_n == PHOTO_LINES_MAX ||
	    bottom > p->grey.h * 93 / 100)
		return;
	p->line[p->lines_n++] = (struct photo_box){left, top, right - left + 1, bottom - top};
}

static void find_lines(struct photo_page *p)
{
	int top = -1, blank = 0, left = p->grey.w, right = 0;
	for (int y = 0; y < p->grey.h; y++) {
		if (ink_of_row(&p->grey, y, &left, &right)) {
			top = top < 0 ? y : top;
			blank = 0;
		} else if (top >= 0 && ++blank == BLANK_ROWS) {
			add_line(p, top, y - blank + 1, left, right);
			top = -1, blank = 0, left = p->grey.w, right = 0;
		}
	}
	int x0 = p->grey.w, x1 = 0;
	for (int i = 0; i < p->lines_n; i++) {
		x0 = p->line[i].x < x0 ? p->line[i].x : x0;
		x1 = p->line[i].x + p->line[i].w > x1 ? p->line[i].x + p->line[i].w : x1;
	}
	if (!p->lines_n)
		photo_die("has no lines of text", p->pdf);
	const struct photo_box *last = &p->line[p->lines_n - 1];
	p->text = (struct photo_box){x0, p->line[0].y, x1 - x0, last->y + last->h - p->line[0].y};
}

void photo_page_of(const char *pdf, int number, struct photo_image grey, struct photo_page *out)
{
	*out = (struct photo_page){.pdf = pdf, .number = number, .grey = grey};
	find_lines(out);
}

void photo_page_open(const char *pdf, int number, struct photo_page *out)
{
	photo_page_of(pdf, number, photo_render("pdftoppm", pdf, number, PHOTO_DPI), out);
}

void photo_page_close(struct photo_page *p)
{
	photo_image_free(&p->grey);
}

/* lines gives the rows from line a up to line b, cut between the lines, as wide as the text and
 * half a margin at each side. */
static struct photo_box lines(const struct photo_page *p, int a, int b)
{
	enum { AROUND = 20 };
	const struct photo_box *l = p->line;
	int top = a ? (l[a].y + l[a - 1].y + l[a - 1].h) / 2 : l[a].y - AROUND;
	int end = l[b - 1].y + l[b - 1].h;
	int bottom = b < p->lines_n ? (end + l[b].y) / 2 : end + AROUND;
	int margin = p->text.x / 2;
	return (struct photo_box){p->text.x - margin, top, p->text.w + 2 * margin, bottom - top};
}

/* full tells whether n lines from a on are text of full lines, all but one of them. */
static bool full(const struct photo_page *p, int a, int n)
{
	int width = 0;
	for (int i = a; i < a + n; i++) {
		width += p->line[i].w;
		if (i > a && p->line[i].y - p->line[i - 1].y > 2 * p->line[i].h + 40)
			return false;
	}
	return width > (n - 1) * p->text.w;
}

/* some draws n lines, full ones if there are any. */
static struct photo_box some(const struct photo_page *p, int n, uint64_t *dice)
{
	enum { TRIES = 200 };
	if (p->lines_n <= n)
		return lines(p, 0, p->lines_n);
	for (int tries = 0;; tries++) {
		int a = (int)photo_uniform(dice, 0, p->lines_n - n + 1);
		if (full(p, a, n) || tries == TRIES)
			return lines(p, a, a + n);
	}
}

struct photo_box photo_page_part(const struct photo_page *p, enum photo_part part, uint64_t *dice)
{
	int half = (p->lines_n + 1) / 2;
	switch (part) {
	case PHOTO_HALF:
		return photo_uniform(dice, 0, 1) < .5 ? lines(p, 0, half)
						      : lines(p, p->lines_n / 2, p->lines_n);
	case PHOTO_SIX_LINES:
		return some(p, 6, dice);
	case PHOTO_FOUR_LINES:
		return some(p, 4, dice);
	case PHOTO_WHOLE:
	case PHOTO_PARTS:
		break;
	}
	return (struct photo_box){0, 0, p->grey.w, p->grey.h};
}

static bool column_has_ink(const struct photo_page *p, const struct photo_box *l, int x)
{
	for (int y = l->y; y < l->y + l->h; y++)
		if (p->grey.at[(size_t)y * (size_t)p->grey.w + (size_t)x] < INK)
			return true;
	return false;
}

int photo_page_words(const struct photo_page *p, int line, struct photo_box *word, int max)
{
	const struct photo_box *l = &p->line[line];
	int n = 0, from = -1, last = -1;
	for (int x = l->x; x <= l->x + l->w + WORD_GAP && n < max; x++) {
		bool ink = x < p->grey.w && x < l->x + l->w && column_has_ink(p, l, x);
		if (ink) {
			from = from < 0 ? x : from;
			last = x;
		} else if (from >= 0 && x - last >= WORD_GAP) {
			word[n++] = (struct photo_box){from, l->y, last - from + 1, l->h};
			from = -1;
		}
	}
	return n;
}

/* move_word draws a word again, moved by dx pixels, on white. */
static void move_word(const struct photo_image *from, const struct photo_box *b, double dx,
		      struct photo_image *to)
{
	enum { SOFT = 3 };
	for (int y = b->y; y < b->y + b->h; y++)
		for (int x = b->x - SOFT; x < b->x + b->w + SOFT; x++) {
			double at = x - dx;
			int a = (int)floor(at);
			if (x < 0 || x >= to->w || a < b->x - SOFT || a + 1 >= b->x + b->w + SOFT ||
			    a < 0 || a + 1 >= from->w)
				continue;
			const float *p = from->at + (size_t)y * (size_t)from->w + a;
			float v = p[0] + (float)(at - a) * (p[1] - p[0]);
			float *q = to->at + (size_t)y * (size_t)to->w + x;
			*q = v < *q ? v : *q;
		}
}

void photo_page_jitter(struct photo_page *p, double sd, uint64_t *dice)
{
	struct photo_image white = photo_image_make(p->grey.w, p->grey.h, 255);
	struct photo_box word[PHOTO_WORDS_MAX];
	for (int i = 0; i < p->lines_n; i++) {
		int n = photo_page_words(p, i, word, PHOTO_WORDS_MAX);
		for (int k = 0; k < n; k++) {
			double sum = 0;
			for (int j = 0; j < 12; j++)
				sum += photo_uniform(dice, -.5, .5);
			move_word(&p->grey, &word[k], sum * sd * PHOTO_DPI / 72, &white);
		}
	}
	photo_image_free(&p->grey);
	p->grey = white;
}
