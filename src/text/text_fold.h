/* SPDX-License-Identifier: Apache-2.0 */
/* What survives retyping: the folding of text into tokens.
 *
 * A token is a word without its case, accents, apostrophes, inner hyphens and edge punctuation; a
 * hyphen at the end of a line joins. Signs that are read aloud (% $ & and other currencies) are
 * tokens of their own; every other sign only separates. Scripts without spaces give one token a
 * character. Two texts with the same tokens are the same text to subrosa.
 *
 * Folding is NFKD, full case folding, and removal of combining marks and of default ignorable
 * characters (Unicode 15, by utf8proc). Bytes that are not UTF-8 separate. */
#ifndef TEXT_FOLD_H
#define TEXT_FOLD_H

#include "arena.h"
#include "build.h"
#include "err.h"
#include "slice.h"

/* off, len: the token in the source, bytes; fold, fold_len: its folding in the tokens' buffer,
 * 1 to TEXT_FOLD_MAX bytes of UTF-8 (longer words are cut there, hash and all). */
struct text_token {
	uint32_t off, len;
	uint32_t fold;
	uint32_t hash; /* FNV-1a of the folding: equal foldings have equal hashes */
	uint16_t fold_len;
	uint16_t letters; /* characters in the folding */
};

enum { TEXT_FOLD_MAX = 192 };

struct text_tokens {
	struct text_token *at;
	size_t n;
	const char *fold; /* all foldings, one behind the other, without spaces */
	size_t fold_len;
};

/* text_tokens_make folds text (at most 4 GiB - 1, asserted) into tokens that live in a.
 * SR_E_NOMEM. */
SR_MUST struct sr_err text_tokens_make(struct arena *a, struct slice text, struct text_tokens *out);

/* text_token_fold returns the folding of token i. */
struct slice text_token_fold(const struct text_tokens *t, size_t i);

/* text_tokens_span returns the foldings of the tokens [from, to), one behind the other. */
struct slice text_tokens_span(const struct text_tokens *t, size_t from, size_t to);

/* text_position gives line and column (characters), both from 1, of byte off in text. */
void text_position(struct slice text, size_t off, uint32_t *line, uint32_t *col);

/* text_utf8_bad returns the offset of the first byte that is not UTF-8 (RFC 3629), or text.len. */
size_t text_utf8_bad(struct slice text);

/* text_is_letter tells whether s begins with a letter or a digit; *len is the length of its first
 * character. */
bool text_is_letter(struct slice s, size_t *len);

/* text_is_lower and text_is_upper tell the case of the first character of s. */
bool text_is_lower(struct slice s);
bool text_is_upper(struct slice s);

/* text_same_first tells whether x begins with the character that small begins with, or with that as
 * a capital letter; *x_len and *small_len are their lengths. */
bool text_same_first(struct slice x, struct slice small, size_t *x_len, size_t *small_len);

/* text_put_first appends s, which is UTF-8, with its first character made a capital or a small
 * letter. */
void text_put_first(struct build *out, struct slice s, bool capital);

#endif
