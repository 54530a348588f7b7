/* SPDX-License-Identifier: Apache-2.0 */
/* The layout layer: a copy carries its symbols as small shifts of its words to the left (symbol 0)
 * and to the right (1). Every word that has a neighbour on both sides of its line carries one. The
 * writer is handed symbols; the reader hands soft values back, and reads blindly: what it compares
 * a picture with is made of the wordings seen, never of a reader's copy. */
#ifndef MARK_LAYOUT_H
#define MARK_LAYOUT_H

#include "extract_page.h"
#include "page_lay.h"

/* MARK_SHIFT: the full shift, in units of page_sheet.h (0.15 pt). MARK_GAP_SHARE: a word is shifted
 * by no more than this share of the smaller space beside it, in thousandths, so that no space
 * changes by more than twice that, 12%. MARK_SHIFT_MIN: a word that could only be shifted by less
 * carries nothing. */
enum { MARK_SHIFT = 154, MARK_GAP_SHARE = 60, MARK_SHIFT_MIN = 60 };

/* mark_layout_reach returns by how much word w is shifted, in units; 0: it carries nothing. */
int32_t mark_layout_reach(const struct page_word *w);

/* mark_layout_write writes the shift of each word of l: symbol[slot] is 0 or 1, for all slots of
 * the sheet. */
void mark_layout_write(const struct page_laid *l, const uint16_t *symbol, int32_t *shift);

/* A word found in a picture: which word of the layout, where it stands (pixels or points of the
 * extract_page), and what its position says. loglik[k]: the natural log-likelihood of what was
 * measured if the copy has symbol k, the larger one 0. shift and noise: what was measured and its
 * standard deviation, in points. loglik both 0: found, but not measured, or it carries nothing. */
struct mark_layout_word {
	uint32_t word, slot;
	float x, y, w, h;
	float loglik[2];
	float shift, noise;
};

/* A page of the paper found in a page of a leak. */
struct mark_layout_view {
	uint32_t page;                 /* of the paper */
	double scale;                  /* pixels a point, about; 0 for a PDF's own text */
	struct mark_layout_word *word; /* by word */
	size_t words_n, measured_n;
};

struct mark_pages;

/* mark_layout_read finds the pages of a paper in one page of a leak and measures their words; there
 * may be none, or two side by side. Views and arrays live in a. It looks at p and pages alone.
 * SR_E_LIMIT: a page is too large to be drawn (page_raster.h), or a text too long
 * (mark_layout_text.h); SR_E_NOMEM. */
SR_MUST struct sr_err mark_layout_read(struct arena *a, const struct mark_pages *pages,
				       const struct extract_page *p, struct mark_layout_view **view,
				       size_t *views_n);

#endif
