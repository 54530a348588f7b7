/* SPDX-License-Identifier: Apache-2.0 */
/* A page as ink: from the outlines in the sheet, never from fonts or their caches, which would put
 * glyphs on whole pixels. */
#ifndef PAGE_RASTER_H
#define PAGE_RASTER_H

#include "page_lay.h"

/* ink[y * w + x]: 0 white, 255 black, by coverage. Pixel (0, 0) begins at the page's top left
 * corner; scale pixels are one point. */
struct page_raster {
	uint8_t *ink;
	uint32_t w, h;
	double scale;
};

enum { PAGE_RASTER_PIXELS_MAX = 64 * 1000 * 1000 };

/* page_raster_make draws the words of one page at their places, unmoved (shift as for
 * page_pdf_write), and its rules, without footer and page number, in a. 0.25 <= scale <= 16
 * (asserted). SR_E_LIMIT: more than PAGE_RASTER_PIXELS_MAX; SR_E_NOMEM. */
SR_MUST struct sr_err page_raster_make(struct arena *a, const struct page_sheet *s,
				       const struct page_laid *l, uint32_t page, double scale,
				       const int32_t *shift, struct page_raster *out);

#endif
