/* SPDX-License-Identifier: Apache-2.0 */
/* A text prepared for packs: its words and the punctuation marks between them, as one row of
 * elements; where sentences and paragraphs begin. */
#ifndef VARY_TEXT_H
#define VARY_TEXT_H

#include "text_fold.h"
#include "text_protect.h"

enum { VARY_CLASSES = 256, VARY_CLASS_WORDS = VARY_CLASSES / 64 };

/* A word (mark 0), or a mark: , ; : - ( stands for every kind of dash), . (ends a sentence), " (a
 * quotation mark), VARY_MARK_BRACKET, or VARY_MARK_END (the paragraph ends here). */
struct vary_element {
	uint32_t off, len; /* bytes of the text */
	uint32_t token;    /* of a word: its number; of a mark: that of the next word */
	uint8_t mark;
	bool starts;  /* a word that begins a sentence */
	bool capital; /* a word with a capital letter in front */
};

enum { VARY_MARK_BRACKET = '(', VARY_MARK_END = '\n' };

struct vary_text {
	struct slice plain;
	struct text_tokens tokens;
	struct vary_element *at; /* begins and ends with VARY_MARK_END */
	size_t n;
	uint32_t *element;                     /* of each token: its number in at */
	uint32_t *sentence, *paragraph;        /* of each token: numbers that ascend */
	uint64_t (*classes)[VARY_CLASS_WORDS]; /* of each token: a bit for each class of the pack */
};

/* vary_text_make prepares plain, which must outlive it; it lives in a. SR_E_NOMEM. */
SR_MUST struct sr_err vary_text_make(struct arena *a, struct slice plain,
				     const struct text_language *lang, struct vary_text *out);

/* vary_text_fold returns the folding of the word at element i. */
struct slice vary_text_fold(const struct vary_text *t, size_t i);

/* vary_text_sentence gives the bytes [*from, *to) of the sentence of a token, from its first word
 * to the end of what ends it. */
void vary_text_sentence(const struct vary_text *t, size_t token, size_t *from, size_t *to);

#endif
