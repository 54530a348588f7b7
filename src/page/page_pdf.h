/* SPDX-License-Identifier: Apache-2.0 */
/* Pages as a PDF (Cairo): real text in embedded fonts, a title and a language, and nothing that
 * differs between copies but what page_lay gives and the footer. */
#ifndef PAGE_PDF_H
#define PAGE_PDF_H

#include "page_lay.h"

struct page_pdf;

/* page_pdf_open finds the fonts of sheet s, which must outlive the result. SR_E_STATE (noted): a
 * font is missing or is another file than the sheet was made with; SR_E_NOMEM. */
SR_MUST struct sr_err page_pdf_open(const struct page_sheet *s, const struct sr_sink *sink,
				    struct page_pdf **out);

/* page_pdf_close frees p; NULL is fine. */
void page_pdf_close(struct page_pdf *p);

/* page_pdf_write replaces what out holds by the PDF of a copy: word i is moved by shift[i] to the
 * right (NULL: none is moved). footer (may be empty; UTF-8, one line, shortened if it does not fit)
 * stands at the left of the foot of every page, the page number at its right if there are several.
 * In the thread that opened p only. SR_E_STATE: this version of Cairo writes PDFs in a
 * way that page_pdf does not know; SR_E_NOMEM. */
SR_MUST struct sr_err page_pdf_write(struct page_pdf *p, const struct page_laid *l,
				     const int32_t *shift, struct slice footer, struct build *out);

#endif
