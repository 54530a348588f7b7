/* SPDX-License-Identifier: Apache-2.0 */
/* Where nothing may change unless the author marked it: direct quotations, code, headings,
 * quotation blocks, tables, links, addresses and paths, HTML, front matter. */
#ifndef TEXT_PROTECT_H
#define TEXT_PROTECT_H

#include "arena.h"
#include "err.h"
#include "slice.h"

/* What a text's language brings to this: its quotation marks, and the words whose full stop ends no
 * sentence (with the full stop). A closing mark that is an apostrophe as well is told apart by what
 * stands around it. {0} knows neither. */
struct text_quote {
	struct slice open, close;
};

struct text_language {
	const struct text_quote *quotes;
	size_t quotes_n;
	const struct slice *abbreviations;
	size_t abbreviations_n;
};

/* text_protect returns one byte for each byte of plain, 1 where it is protected; it lives in a. A
 * quotation mark without its partner in the paragraph protects the rest of the paragraph. NULL if
 * there is no memory. */
uint8_t *text_protect(struct arena *a, struct slice plain, const struct text_language *lang);

/* text_ends_sentence tells whether the mark at pos is a full stop, a question or exclamation mark
 * that ends a sentence: not inside a number or a word, and no abbreviation's. */
bool text_ends_sentence(struct slice plain, size_t pos, const struct text_language *lang);

/* text_sentence_starts returns one byte for each byte of plain, 1 where the first letter of a
 * sentence or a paragraph stands; it lives in a. Behind a full stop or a colon a small letter
 * begins no sentence. NULL if there is no memory. */
uint8_t *text_sentence_starts(struct arena *a, struct slice plain,
			      const struct text_language *lang);

#endif
