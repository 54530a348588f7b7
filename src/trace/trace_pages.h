/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures and PDFs of a leak -> what the places of its words show. Blind: what a picture is
 * compared with is the page without marks, in the wordings that the leak itself shows. */
#ifndef TRACE_PAGES_H
#define TRACE_PAGES_H

#include "mark_layout.h"
#include "trace.h"

/* The pages of one file of a leak, or of a public text, and what its words alone show of each place
 * (as struct trace_evidence has it). n 0: it has none, and spots are not looked at. */
struct trace_pages {
	const struct extract_page *page;
	size_t n;
	const struct mark_place *spots;
};

/* A page of the paper found in page number page of file number text. */
struct trace_view {
	uint32_t text, page;
	struct mark_layout_view view;
};

/* What was found in all files of a leak. layout: of a slot that is seen twice the surer reading,
 * or, where two readings contradict each other, what is left of the surer one. Slots whose lines
 * a public picture shows, or the ones beside them, are not in it. */
struct trace_views {
	struct trace_layout layout;
	struct trace_view *view;
	size_t n;
};

/* Who is told how many pages of all were compared; fn may be NULL. */
struct trace_progress {
	void (*fn)(void *user, size_t done, size_t total);
	void *user;
};

/* trace_pages_read reads the layout layer of a leak's files and leaves out what the public ones
 * supply. A file's pages are set in the wordings that it shows, where it shows none in those of the
 * leak as a whole (spots), and else in those that put its words where they are. The result lives in
 * a. SR_E_LIMIT: the paper has more than PAGE_PAGES_MAX pages; SR_E_NOMEM. */
SR_MUST struct sr_err
trace_pages_read(struct arena *a, const struct page_sheet *sheet,
		 const struct text_lattice *lattice, const struct mark_place *spots,
		 const struct trace_pages *leaks, size_t leaks_n, const struct trace_pages *publics,
		 size_t publics_n, const struct trace_progress *progress, struct trace_views *out);

#endif
