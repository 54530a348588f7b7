/* SPDX-License-Identifier: Apache-2.0 */
/* A paper as its author writes it: text in which {a|b|c} is a place with interchangeable wordings,
 * and \{ \| \} \\ are the four signs themselves, everywhere. A place lies inside one paragraph.
 * {#tag|a|b} is a place of the group that has this tag (struct text_place), {?|a|b} a question: a
 * place proposed to the author, who has not said yes; until he takes ?| away it is text in its
 * first wording. A question may have a tag as well: {?|#tag|a|b}. */
#ifndef TEXT_PAPER_H
#define TEXT_PAPER_H

#include "arena.h"
#include "err.h"
#include "slice.h"
#include "text_lattice.h"

/* A tag is TEXT_TAG_SIGN and then 1 to TEXT_TAG_MAX of a-z, 0-9 and -. */
enum { TEXT_TAG_SIGN = '#', TEXT_TAG_MAX = 32 };

/* An author's place or question: its original wording is plain[off, off + len). With its braces it
 * is source[from, to). The leader of a place is a number in places[]; a question has none. */
struct text_paper_place {
	size_t off, len, from, to;
	struct text_place place;
	uint32_t line, col; /* of its brace in the source */
};

/* plain is the paper with every place in its original wording and escapes resolved; src[i] is the
 * offset in the source of the byte plain.ptr[i], src[plain.len] that of the end. */
struct text_paper {
	struct slice source;
	struct slice plain;
	const uint32_t *src;
	const struct text_paper_place *places; /* ascending, disjoint */
	size_t places_n;
	const struct text_paper_place *questions; /* likewise, and disjoint from places */
	size_t questions_n;
};

/* text_paper_parse reads source, which must outlive the result (it lives in a). Every problem is
 * written to sink with line and column. SR_E_INPUT: not UTF-8, a NUL, unbalanced or nested braces,
 * a place or question with one wording, or one that text_wordings_check refuses, or with another
 * number of wordings than the first of its group; SR_E_LIMIT: LIMIT_PAPER_BYTES, LIMIT_PLACES (for
 * places and questions together), LIMIT_WORDINGS; SR_E_NOMEM. */
SR_MUST struct sr_err text_paper_parse(struct arena *a, struct slice source,
				       const struct sr_sink *sink, struct text_paper *out);

/* text_paper_next returns the number of the first of n places, in order, that ends at byte off of
 * the plain text or behind it; n if there is none. */
size_t text_paper_next(const struct text_paper_place *places, size_t n, size_t off);

/* text_paper_title returns the first heading or line of text of plain without its marks, cut at 200
 * bytes; empty if there is none. */
struct slice text_paper_title(struct slice plain);

#endif
