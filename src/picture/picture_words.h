/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a page while it is read, and how they become pages and the text of the file. */
#ifndef PICTURE_WORDS_H
#define PICTURE_WORDS_H

#include "arena.h"
#include "build.h"
#include "extract_page.h"

/* A word: text borrows; the box is as in struct extract_word. starts_line, starts_block: the first
 * of a text line, of a block of them. */
struct picture_word {
	struct slice text;
	float x, y, w, h;
	uint8_t confidence;
	bool starts_line, starts_block;
};

struct picture_words {
	struct picture_word *at;
	size_t n, cap;
};

/* words_add appends a word, whose text it copies to a. false: there is no memory. */
bool words_add(struct arena *a, struct picture_words *words, const struct picture_word *w);

/* words_page appends the text of words to text and makes page->word of them, in a; behind the first
 * page a form feed goes before it. Boxes are brought to where extract_page.h wants them. false:
 * there is no memory. */
bool words_page(struct arena *a, const struct picture_words *words, struct build *text,
		struct extract_page *page);

#endif
