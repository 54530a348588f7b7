/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: columns as wide as their contents ask for, together within the measure; they go in the
 * direction of the header's text. */
#ifndef PAGE_TABLE_H
#define PAGE_TABLE_H

#include "page_cut.h"

/* part: the rows_n rows; flow[i]: an array for the cells of row i. x, width: where the table may
 * be; x_rtl instead of x if its columns go from right to left. lines: leading, ascent and spaces of
 * its text. rule: the line above and below it, a result. */
struct page_table {
	struct page_cutter *cutter;
	const struct page_draft_part *part;
	struct page_flow **flow;
	size_t rows_n;
	int32_t x, x_rtl, width, size;
	struct page_flow lines;
	struct page_rule rule;
};

/* page_table_plan makes the flows of all cells; scratch is for what is not kept. SR_E_INPUT
 * (noted): more columns than fit; as page_cut_text. */
SR_MUST struct sr_err page_table_plan(struct arena *scratch, struct page_table *t,
				      const struct sr_sink *sink);

#endif
