/* SPDX-License-Identifier: Apache-2.0 */
/* Paper, reader and seed -> the reader's copy on pages, as a PDF: his wordings, and his marks in
 * the places of the words. The same things give the same bytes with the same versions of Cairo and
 * Pango. */
#ifndef ISSUE_PAGE_H
#define ISSUE_PAGE_H

#include "issue_copy.h"
#include "page_pdf.h"

/* struct issue_pages: one sheet made ready for any number of copies. Borrows the sheet and what the
 * design points to. */
struct issue_pages {
	const struct page_sheet *sheet;
	struct code_stream stream;
	struct code_bias *bias; /* by slot */
	uint16_t *symbols;      /* likewise, of the reader asked for last */
	struct page_pdf *pdf;
};

/* issue_pages_open prepares out in a. Errors of code_design_biases and page_pdf_open. */
SR_MUST struct sr_err issue_pages_open(struct arena *a, const struct page_sheet *sheet,
				       const struct code_design *design, const struct sr_sink *sink,
				       struct issue_pages *out);

/* issue_pages_close frees what the arena does not; {0} is fine. */
void issue_pages_close(struct issue_pages *p);

/* issue_pages_copy replaces what out holds by the PDF of reader id, whose wordings job draws;
 * footer as for page_pdf_write. SR_E_LIMIT for an id longer than LIMIT_ID_BYTES, errors of
 * page_lay_copy and page_pdf_write. */
SR_MUST struct sr_err issue_pages_copy(struct issue_pages *p, struct issue_job *job,
				       struct slice id, struct slice footer, struct build *out);

#endif
