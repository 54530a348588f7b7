/* SPDX-License-Identifier: Apache-2.0 */
/* Text with its places cut into pieces: at white space, where Unicode lets a line end (UAX 14, by
 * Pango), where the style changes and at the edges of places. */
#ifndef PAGE_CUT_H
#define PAGE_CUT_H

#include "page_shape.h"

/* parts_n: pieces so far, with atoms and segments, against PAGE_PARTS_MAX. paragraph, word:
 * scratch.
 */
struct page_cutter {
	struct arena *a;
	struct page_shaper *shaper;
	const struct page_draft *draft;
	PangoLanguage *language;
	size_t parts_n;
	struct build paragraph, word;
};

/* page_cut_text gives f its atoms (without slots) and its direction. size: of the text; f->width is
 * known, 0 for as much as the text takes. A word wider than the flow, or than half of it and rather
 * long, may be cut where people cut addresses, or anywhere. SR_E_INPUT: a character wider than the
 * flow; SR_E_LIMIT, SR_E_NOMEM. */
SR_MUST struct sr_err page_cut_text(struct page_cutter *c, const struct page_draft_text *text,
				    int32_t size, struct page_flow *f);

/* page_cut_widths tells how wide the lines of f are, with the widest wordings, if they end only
 * where they must, and how wide the widest part of them that cannot be cut. */
void page_cut_widths(const struct page_cutter *c, const struct page_flow *f, int64_t *natural,
		     int64_t *least);

/* page_cutter_close frees what c has beside the arena's memory. */
void page_cutter_close(struct page_cutter *c);

#endif
