/* SPDX-License-Identifier: Apache-2.0 */
/* A flow in one copy as a run of pieces, and where its lines end (Knuth and Plass, Breaking
 * Paragraphs into Lines, 1981): of all ways to break it, that whose lines least exceed
 * the word spaces that the eye accepts; of these, that with the fewest breaks unlike the unmarked
 * layout's; of these, that with the evenest spaces. */
#ifndef PAGE_BREAK_H
#define PAGE_BREAK_H

#include "page_sheet.h"

/* A piece where it stands in a copy; gap: before it, here. other: it goes with text whose direction
 * is not the flow's, and so keeps its order towards its neighbours there (UAX 9: a number is of the
 * direction of the letters before it, rules W7 and N1, and signs are of that of both neighbours).
 */
struct page_item {
	uint32_t shape, slot;
	size_t atom;
	int32_t advance;
	enum page_gap gap;
	bool other;
};

/* end[k]: the number of items up to the end of part k; each part begins a new line, and may be
 * empty. */
struct page_run {
	struct page_item *item;
	size_t items_n;
	size_t *end;
	size_t ends_n;
};

/* Items first .. first + n - 1. last: the line ends its part. */
struct page_line {
	size_t first, n;
	bool last;
};

/* How the spaces of a line are to be set: so many, width together; slack: what is left of the
 * flow's width then, below 0 for a word that is too wide. */
struct page_fit {
	size_t spaces_n;
	int64_t width, slack;
};

/* page_segment_of returns the wording of an atom that a copy has; symbol NULL: the original one. */
const struct page_segment *page_segment_of(const struct page_atom *atom, const uint16_t *symbol);

/* page_run_make lines up the pieces of flow f, in a. SR_E_NOMEM. */
SR_MUST struct sr_err page_run_make(struct arena *a, const struct page_sheet *s,
				    const struct page_flow *f, const uint16_t *symbol,
				    struct page_run *out);

/* page_line_fit tells how a line of r is set. */
struct page_fit page_line_fit(const struct page_flow *f, const struct page_run *r,
			      const struct page_line *line);

/* page_break_copy breaks the run of a copy, in a, keeping to f->starts. SR_E_NOMEM. */
SR_MUST struct sr_err page_break_copy(struct arena *a, const struct page_flow *f,
				      const struct page_run *r, struct page_line **line,
				      size_t *lines_n);

/* page_break_plan breaks the run of the original wordings, in a, with a preference for lines that
 * hold whatever wordings are mixed in them. SR_E_NOMEM. */
SR_MUST struct sr_err page_break_plan(struct arena *a, const struct page_sheet *s,
				      const struct page_flow *f, const struct page_run *r,
				      struct page_line **line, size_t *lines_n);

/* page_segment_widths tells in hundredths of a unit how wide a wording is at least and at most,
 * with the space before its first piece or behind its last if it brings one. */
void page_segment_widths(const struct page_sheet *s, const struct page_flow *f,
			 const struct page_segment *g, int64_t *least, int64_t *most);

#endif
