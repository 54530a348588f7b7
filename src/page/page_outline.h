/* SPDX-License-Identifier: Apache-2.0 */
/* The outlines of a font's glyphs, in units, without hinting. */
#ifndef PAGE_OUTLINE_H
#define PAGE_OUTLINE_H

#include "page_sheet.h"

#include <pango/pangocairo.h>

struct page_tracer;

/* page_tracer_new makes what draws the outlines of font; never NULL. page_tracer_free frees it. */
struct page_tracer *page_tracer_new(PangoFont *font);
void page_tracer_free(struct page_tracer *t);

/* page_trace_glyph fills kind and point of o, in a; empty for a glyph that is a picture or has no
 * ink. SR_E_LIMIT: a point is out of range; SR_E_NOMEM. */
SR_MUST struct sr_err page_trace_glyph(struct arena *a, struct page_tracer *t, uint32_t glyph,
				       struct page_outline *o);

/* page_glyph_advance returns the width of a glyph. */
int32_t page_glyph_advance(PangoFont *font, uint32_t glyph);

#endif
