/* SPDX-License-Identifier: Apache-2.0 */
/* From a paper's lattice to its sheet: Markdown (cmark-gfm) gives the blocks, Pango the shapes, the
 * line breaker the breaks of the unmarked layout. The only part of page/ that looks at fonts
 * installed on this machine, beside page_pdf.h. */
#ifndef PAGE_PLAN_H
#define PAGE_PLAN_H

#include "page_sheet.h"
#include "text_lattice.h"

enum page_paper { PAGE_A4 = 0, PAGE_LETTER };

enum { PAGE_SIZE_MIN = 6 * PAGE_PT, PAGE_SIZE_MAX = 24 * PAGE_PT };

/* font: a family, or "serif" (or NULL) and "sans" for those that come with subrosa's package.
 * plain: the paper is text without Markdown. ragged: lines are not justified. named, created: as in
 * the sheet. */
struct page_options {
	enum page_paper paper;
	const char *font;
	int32_t size; /* of the text, in units, PAGE_SIZE_MIN to PAGE_SIZE_MAX; 0: 11 pt */
	bool plain, ragged, named;
	struct slice title, language;
	int64_t created;
};

/* page_plan_make makes the sheet of a lattice, in a; it borrows title and language. Places whose
 * words never reach a page (in an HTML comment, say) have no atom. What a person should know - a
 * family that is not installed, characters for which no font has a glyph, a block that does not fit
 * a page - is noted to sink. SR_E_INPUT: no such family, nothing to print, a word or table that no
 * page can hold; SR_E_LIMIT: more than page_sheet.h allows; SR_E_NOMEM. */
SR_MUST struct sr_err page_plan_make(struct arena *a, const struct text_lattice *l,
				     const struct page_options *o, const struct sr_sink *sink,
				     struct page_sheet *out);

/* page_plan_fits tells whether s can be a sheet of l: its places are those of l, and have as many
 * wordings. A sheet from a ledger is asked before copies of l are laid out by it. */
bool page_plan_fits(const struct page_sheet *s, const struct text_lattice *l);

#endif
