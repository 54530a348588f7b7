/* SPDX-License-Identifier: Apache-2.0 */
/* Pages made in this process, for what the program cannot be asked: an unmarked page, one step of
 * the work alone, all spaces of all copies. */
#ifndef PHOTO_SHEET_H
#define PHOTO_SHEET_H

#include "page_pdf.h"
#include "sim.h"

/* photo_sheet_plan plans the pages of a paper as mark does by default (A4, serif), in a. */
void photo_sheet_plan(struct arena *a, const struct text_lattice *l, struct page_sheet *out);

/* A copy on its pages: laid out, with its marks; shift[i] of word i. Symbols are drawn from dice,
 * or are the original wordings if dice is NULL, unmarked. */
struct photo_laid {
	struct page_laid laid;
	int32_t *shift;
};
void photo_sheet_lay(struct arena *a, const struct text_lattice *l, const struct page_sheet *s,
		     uint64_t *dice, struct photo_laid *out);

/* photo_sheet_write writes a copy as a PDF; shift may be NULL. */
void photo_sheet_write(const struct page_sheet *s, const struct page_laid *l, const int32_t *shift,
		       const char *path);

/* photo_sheet_unmarked writes the unmarked pages of the paper whose source is given. */
void photo_sheet_unmarked(const char *source, const char *pdf);

#endif
