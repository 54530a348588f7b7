/* SPDX-License-Identifier: Apache-2.0 */
/* What pictures and PDFs are to the rest: pages of words with boxes, and, unless the words come
 * from a PDF's own text, the picture itself as 8-bit grey. All of it was made by a child process
 * from hostile bytes and is checked here: sizes are within the limits, texts are UTF-8 without
 * control characters, boxes are finite and lie in the page, grown by its own size. */
#ifndef EXTRACT_PAGE_H
#define EXTRACT_PAGE_H

#include "slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	EXTRACT_PAGES_MAX = 500,            /* in a file */
	EXTRACT_PAGE_WORDS_MAX = 20 * 1000, /* on a page */
	EXTRACT_WORD_BYTES_MAX = 512,       /* a word's text */
	EXTRACT_PIXELS_MAX =
		16 * 1000 * 1000, /* of a page handed on; larger ones are scaled down */
	EXTRACT_PICTURE_PIXELS_MAX = 120 * 1000 * 1000, /* of a picture that is read at all */
	EXTRACT_PICTURE_SIDE_MAX = 20 * 1000,
};

/* x, y: the box's top left corner; in pixels of gray, or, of a PDF's own text, in points. line: the
 * number of the text line that it stands in, on its page. confidence: 0 .. 100, of character
 * recognition; 100 of a PDF's text. off: where its text begins in the text of the file. */
struct extract_word {
	struct slice text;
	float x, y, w, h;
	uint32_t line, off;
	uint8_t confidence;
};

/* gray: w * h bytes, 0 black, upright and with dark text on light ground, or NULL of a PDF's own
 * text; w, h: pixels, or points rounded up. of: the number of the page in the file, from 0 (two
 * pages in one picture are one page here). */
struct extract_page {
	uint32_t of;
	uint32_t w, h;
	const uint8_t *gray;
	struct extract_word *word;
	size_t words_n;
};

/* What was found in a file: pages, n being 0 where it has none, and the text of all of them: lines
 * in reading order, blank lines between blocks, a form feed between pages. */
struct extract_pages {
	struct slice text;
	struct extract_page *page;
	size_t n;
};

#endif
