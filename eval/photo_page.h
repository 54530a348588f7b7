/* SPDX-License-Identifier: Apache-2.0 */
/* A page of a PDF as an attacker has it: a raster of 400 dpi by pdftoppm, its lines and words. */
#ifndef PHOTO_PAGE_H
#define PHOTO_PAGE_H

#include "photo_image.h"

enum { PHOTO_DPI = 400, PHOTO_LINES_MAX = 200, PHOTO_WORDS_MAX = 4000 };

/* line: rows of text from the top, without what stands at the foot; text: the box of them all. */
struct photo_page {
	const char *pdf;
	int number; /* from 1 */
	struct photo_image grey;
	struct photo_box line[PHOTO_LINES_MAX], text;
	int lines_n;
};

/* What of a page is seen: all of it, its upper or lower half, so many lines. */
enum photo_part { PHOTO_WHOLE = 0, PHOTO_HALF, PHOTO_SIX_LINES, PHOTO_FOUR_LINES, PHOTO_PARTS };

/* photo_page_open reads page number of a PDF; pdf must outlive it. photo_page_of takes a raster
 * (owned from then on) that is said to be that page. */
void photo_page_open(const char *pdf, int number, struct photo_page *out);
void photo_page_of(const char *pdf, int number, struct photo_image grey, struct photo_page *out);
void photo_page_close(struct photo_page *p);

/* photo_page_part draws a half, or lines that follow each other, in pixels of the raster. */
struct photo_box photo_page_part(const struct photo_page *p, enum photo_part part, uint64_t *dice);

/* photo_page_words finds the words of a line, from left to right; it returns how many. */
int photo_page_words(const struct photo_page *p, int line, struct photo_box *word, int max);

/* photo_page_jitter moves each word sideways by a Gaussian of sd points. */
void photo_page_jitter(struct photo_page *p, double sd, uint64_t *dice);

/* photo_render has a renderer - "pdftoppm", "pdftocairo", "mutool" or "gs" - draw a page. */
struct photo_image photo_render(const char *renderer, const char *pdf, int number, int dpi);

/* photo_scratch gives the name of a scratch file of this process, with the given ending. */
void photo_scratch(char *path, size_t len, const char *ending);

#endif
