/* SPDX-License-Identifier: Apache-2.0 */
/* One copy on its pages: where each word stands, before it is moved. A pure function of the sheet
 * and the wordings, in integers, so that issuer and tracer get the same numbers.
 *
 * Lines break where they break in the unmarked layout, unless a copy's wordings would make the
 * word spaces of a line narrower or wider than the eye accepts; then breaks move, as few as
 * possible (Knuth and Plass, Breaking Paragraphs into Lines, 1981, with a price on each break that
 * is not the unmarked one's). Pages break where those of the unmarked layout do. */
#ifndef PAGE_LAY_H
#define PAGE_LAY_H

#include "page_sheet.h"

/* A word space is PAGE_SPACE_MIN to PAGE_SPACE_MAX hundredths of the natural one, and up to
 * PAGE_SPACE_FAR where no other breaks help; a line that cannot keep to that either (a single long
 * word, a narrow column) is set with the natural space, ragged. */
enum { PAGE_SPACE_MIN = 88, PAGE_SPACE_MAX = 160, PAGE_SPACE_FAR = 300 };

/* What moves as one: pieces without white space between them, on one line. Its shapes are
 * shapes[first, first + n) of the layout, side by side from x in visual order. gap_before and
 * gap_after: the spaces to its neighbours on the line; 0 where there is none (the first and last
 * words of a line, single words) or where words may not be moved. slot: the least of its pieces';
 * PAGE_NONE for a list's bullet or number, which stands on its first line. */
struct page_word {
	uint32_t page, line; /* from 0; lines count through the paper */
	uint32_t slot;
	uint32_t first, n;
	int32_t x, y; /* of its origin, from the page's top left corner */
	int32_t advance;
	int32_t gap_before, gap_after;
};

/* A line drawn, PAGE_STROKE_H high, from the page's top left corner; y: of its middle. */
enum { PAGE_STROKE_H = PAGE_PT / 2 };

struct page_stroke {
	uint32_t page;
	int32_t x, y, w;
};

/* words are in the order of pages, lines and (in a line) from left to right; the cells of a row of
 * a table have lines of their own, one cell after the other. */
struct page_laid {
	struct page_word *word;
	size_t words_n;
	uint32_t *shapes;
	size_t shapes_n;
	struct page_stroke *stroke;
	size_t strokes_n;
	uint32_t pages_n, lines_n;
};

/* page_lay_copy lays out the copy with symbol[i] at place i, below its number of segments
 * (asserted); symbol NULL: the original wordings everywhere. The result lives in a. SR_E_LIMIT:
 * more than PAGE_PAGES_MAX pages, or a word that is PAGE_LENGTH_MAX too wide for its line, so that
 * positions stay below 8 * PAGE_LENGTH_MAX, either sign; SR_E_NOMEM. */
SR_MUST struct sr_err page_lay_copy(struct arena *a, const struct page_sheet *s,
				    const uint16_t *symbol, struct page_laid *out);

/* page_rule_room returns the room between a rule of block b and its text. */
int32_t page_rule_room(const struct page_block *b, const struct page_rule *rule);

/* page_lay_plan finds the breaks of the unmarked layout for a sheet that has none, in a, and puts
 * them into s: flow[i] are the flows of block i, s->block[i].flow, for writing. It prefers lines
 * that hold every mixture of the wordings, and leaves room on a page for the lines that wordings
 * may add. What no page can hold uncut is noted. Called by page_plan_make only. SR_E_LIMIT,
 * SR_E_NOMEM. */
SR_MUST struct sr_err page_lay_plan(struct arena *a, struct page_sheet *s, struct page_flow **flow,
				    const struct sr_sink *sink);

#endif
