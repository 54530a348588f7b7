/* SPDX-License-Identifier: Apache-2.0 */
/* Wordings that a picture does not show - they are cut off, or could not be read - but that move
 * the words beside them: a line's spaces depend on all that stands on it, and where lines break on
 * all before. Of the wordings of such a place the one is taken that puts the words that are shown
 * nearest to where they are. It looks at the picture and the paper alone, at no reader. */
#ifndef MARK_LAYOUT_WORDINGS_H
#define MARK_LAYOUT_WORDINGS_H

#include "mark_layout.h"
#include "text_lattice.h"

/* mark_layout_wordings changes symbol[i], of all places of the lattice, where open[i] says that the
 * symbol is not known (open is asked of a group's leader), if another wording explains a page
 * better: one page after the other, each with what the ones before it gave; done (may be NULL) is
 * called after each. SR_E_LIMIT: the paper has too many pages, or a text is too long; SR_E_NOMEM.
 * symbol holds wordings of its places then as well. */
SR_MUST struct sr_err mark_layout_wordings(const struct page_sheet *s, const struct text_lattice *l,
					   const struct extract_page *page, size_t pages_n,
					   const bool *open, uint16_t *symbol,
					   void (*done)(void *user), void *user);

#endif
