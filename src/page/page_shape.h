/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes for text, by Pango, and the outlines of their glyphs. */
#ifndef PAGE_SHAPE_H
#define PAGE_SHAPE_H

#include "page_blocks.h"
#include "page_plan.h"

#include <pango/pango.h>

/* How text is to look: bits of enum page_style, and the size of the text around it, which code and
 * raised text are smaller than. */
struct page_look {
	int32_t size;
	unsigned style;
};

/* shape[0, n): the shapes of a text in its order; several if no font has all its characters. */
struct page_shaped {
	const uint32_t *shape;
	size_t n;
	int32_t advance;
};

/* Lengths of a look, in units: above and below the baseline, and the font's own word space. */
struct page_metrics {
	int32_t ascent, descent, space;
};

struct page_shaper;

/* page_shaper_open finds the family of o, and makes the digits of the foot; results live in a.
 * SR_E_INPUT (noted): no such family; SR_E_LIMIT, SR_E_NOMEM. */
SR_MUST struct sr_err page_shaper_open(struct arena *a, const struct page_options *o,
				       const struct sr_sink *sink, struct page_shaper **out);

/* page_shaper_close frees s; NULL is fine. */
void page_shaper_close(struct page_shaper *s);

/* page_shaper_language returns the language that text is in. */
PangoLanguage *page_shaper_language(const struct page_shaper *s);

/* page_shape_text shapes text, which has no white space, in a paragraph from right to left if rtl.
 * The same call gives the same shapes. n may be 0. SR_E_INPUT (noted): no font for code;
 * SR_E_LIMIT: PAGE_SHAPES_MAX, PAGE_FONTS_MAX; SR_E_NOMEM. */
SR_MUST struct sr_err page_shape_text(struct page_shaper *s, struct page_look look, bool rtl,
				      struct slice text, struct page_shaped *out);

/* page_shape_metrics likewise. */
SR_MUST struct sr_err page_shape_metrics(struct page_shaper *s, struct page_look look,
					 struct page_metrics *out);

/* page_shape_get returns shape number i, until the next text is shaped. */
const struct page_shape *page_shape_get(const struct page_shaper *s, uint32_t i);

/* page_shaper_finish puts fonts, shapes and outlines into out, and the number of the first digit.
 * Only shapes i with keep[i] and the digits are taken; number[i] becomes their new number.
 * Characters without a glyph are noted. SR_E_LIMIT, SR_E_NOMEM. */
SR_MUST struct sr_err page_shaper_finish(struct page_shaper *s, const bool *keep, uint32_t *number,
					 struct page_sheet *out);

/* page_shaper_n returns how many shapes there are. */
size_t page_shaper_n(const struct page_shaper *s);

#endif
