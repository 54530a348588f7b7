/* SPDX-License-Identifier: Apache-2.0 */
/* Copies on pages, as one run of mark makes them. */
#ifndef API_PAGES_H
#define API_PAGES_H

#include "api.h"
#include "issue_page.h"
#include "issue_readers.h"
#include "ledger.h"

/* {0}: there are none. bytes are those of sheet. pages_n and marks_n: of the unmarked layout, its
 * pages and the words that carry a mark. maker: by thread. */
struct api_pages {
	bool wanted;
	struct page_sheet sheet;
	struct slice bytes;
	size_t pages_n, marks_n;
	const struct text_lattice *lattice;
	struct code_design design;
	struct api_pages_maker *maker;
};

/* api_pages_check refuses (SR_E_INPUT, noted) what is no size of paper or text. */
SR_MUST struct sr_err api_pages_check(const struct sr_page_options *o, const struct sr_sink *sink);

/* api_pages_plan makes the sheet of a new ledger, in a, if o wants it: of the paper read from path
 * with its lattice; created as for the ledger. Errors of page_plan_make; SR_E_INPUT (noted): the
 * paper is a Word document. */
SR_MUST struct sr_err api_pages_plan(struct arena *a, const struct sr_mark_options *o,
				     const struct api_paper *paper, const struct text_lattice *l,
				     struct slice title, int64_t created, struct api_pages *out);

/* api_pages_use takes the sheet of the ledger l, if it has one. SR_E_STATE (noted): o wants pages
 * and the ledger has none, or wants them to look otherwise. */
SR_MUST struct sr_err api_pages_use(struct arena *a, const struct sr_mark_options *o,
				    struct ledger *l, const struct api_paper *paper,
				    const struct text_lattice *lattice, struct api_pages *out);

/* api_pages_open gets ready, in a, to make copies of lattice l, which it borrows like what design
 * points to; nothing without pages. sink hears in this thread what is wrong with a font. Errors of
 * issue_pages_open. */
SR_MUST struct sr_err api_pages_open(struct arena *a, const struct text_lattice *l,
				     const struct code_design *design, const struct sr_sink *sink,
				     struct api_pages *p);

void api_pages_close(struct api_pages *p);

/* api_pages_make replaces what out[i] holds by the PDF of reader[i], for n readers, on every core.
 * Errors of issue_pages_copy. */
SR_MUST struct sr_err api_pages_make(struct api_pages *p, const struct issue_reader *reader,
				     size_t n, struct build *out);

#endif
