/* SPDX-License-Identifier: Apache-2.0 */
/* Which pages of a layout are in a picture, and where: words that are the same on both sides vote
 * for pages, a random sample consensus (Fischler and Bolles 1981) finds how a page lies, and then
 * each word is looked for where it ought to be. A page counts only if many of its words are found
 * there, on several lines, and no other place of the paper explains the same words nearly as well.
 */
#ifndef MARK_LAYOUT_MATCH_H
#define MARK_LAYOUT_MATCH_H

#include "mark_layout_map.h"
#include "mark_layout_pages.h"

/* The word `laid` of the layout was found as the word `leak` of the picture; same: to the letter.
 */
struct mark_hit {
	uint32_t laid, leak;
	bool same;
};

/* hit: by laid; no word of either side twice. map: from the page (points) to the picture. */
struct mark_match {
	uint32_t page;
	struct mark_map map;
	struct mark_hit *hit;
	size_t hits_n;
};

/* What mark_layout_match compares; leak: the keys of the picture's words. */
struct mark_match_of {
	const struct mark_pages *pages;
	const struct mark_key *leak;
	const struct extract_page *p;
};

enum { MARK_MATCHES_MAX = 8 };

/* mark_layout_match writes at most MARK_MATCHES_MAX matches, best first, which live in a. The same
 * page may come twice (two pictures of it in one), each with words of its own. SR_E_NOMEM. */
SR_MUST struct sr_err mark_layout_match(struct arena *a, const struct mark_match_of *of,
					struct mark_match **out, size_t *n);

#endif
