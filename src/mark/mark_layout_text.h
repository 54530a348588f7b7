/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a layout and of a picture as the matching sees them: folded, with a place. */
#ifndef MARK_LAYOUT_TEXT_H
#define MARK_LAYOUT_TEXT_H

#include "mark_layout.h"

/* fold: all tokens of the word, one behind the other; empty if it has none. x, y: the middle of its
 * ink, in points of its page or pixels of the picture. hash: 0 if fold is empty, never otherwise;
 * letters: characters in fold. */
struct mark_key {
	struct slice fold;
	uint32_t hash;
	uint32_t letters;
	double x, y;
};

/* mark_keys_of_layout and mark_keys_of_leak write an array with a key for each word, in a.
 * SR_E_LIMIT: more than LIMIT_LEAK_BYTES of text; SR_E_NOMEM. */
SR_MUST struct sr_err mark_keys_of_layout(struct arena *a, const struct page_sheet *s,
					  const struct page_laid *l, struct mark_key **out);
SR_MUST struct sr_err mark_keys_of_leak(struct arena *a, const struct extract_page *p,
					struct mark_key **out);

/* mark_layout_ink returns the box around the ink of word i, on its page; h 0: it has none. */
struct page_box mark_layout_ink(const struct page_sheet *s, const struct page_laid *l, size_t i);

bool mark_keys_same(const struct mark_key *x, const struct mark_key *y);

/* mark_keys_differ returns in how many thousandths of the longer word two words differ (by edit
 * distance; 1000: in more than two thirds). */
uint32_t mark_keys_differ(const struct mark_key *x, const struct mark_key *y);

/* Words by their hash; several with the same hash ascend. */
struct mark_index {
	uint32_t *head, *next;
	uint32_t mask, from;
};

#define MARK_NONE UINT32_MAX

/* mark_index_make indexes the n hashes from number `from` on (hash[0] is that of number from);
 * zeros are left out. false: no memory. */
bool mark_index_make(struct arena *a, const uint32_t *hash, uint32_t from, uint32_t n,
		     struct mark_index *out);

/* mark_index_first returns the first number in the bucket of hash, mark_index_next the one behind
 * it; MARK_NONE: no more. Others than those of that hash are among them. */
uint32_t mark_index_first(const struct mark_index *x, uint32_t hash);
uint32_t mark_index_next(const struct mark_index *x, uint32_t number);

#endif
