/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of a paper, in one set of wordings, made ready to be compared with those of a leak:
 * what depends on the paper alone is made once, however many pages it is compared with. */
#ifndef MARK_LAYOUT_PAGES_H
#define MARK_LAYOUT_PAGES_H

#include "mark_layout_text.h"

/* key: of each word of l. page_from: the first word of each page, and the end. hash, pair_hash: of
 * each word; of each word with the next one, 0 where one of the two has none. word, pair: indexes
 * of these. */
struct mark_pages {
	const struct page_sheet *s;
	const struct page_laid *l;
	const struct mark_key *key;
	const uint32_t *page_from, *hash, *pair_hash;
	struct mark_index word, pair;
};

/* mark_pages_make makes the layout l of the sheet s ready. out borrows both; the rest of it lives
 * in a. Errors as mark_keys_of_layout. */
SR_MUST struct sr_err mark_pages_make(struct arena *a, const struct page_sheet *s,
				      const struct page_laid *l, struct mark_pages *out);

/* mark_pair_hash returns the hash of two words in a row; 0: one of them has none. */
uint32_t mark_pair_hash(uint32_t x, uint32_t y);

#endif
