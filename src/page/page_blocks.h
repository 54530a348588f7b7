/* SPDX-License-Identifier: Apache-2.0 */
/* What a paper says, before it has a shape: the blocks of its Markdown with their text and places.
 *
 * Markdown must not see the wordings, or a copy could have other blocks than the rest. A place
 * stands in the text that is parsed as a token of private-use characters, which Markdown takes for
 * letters; its wordings are parsed by themselves, as text within a line. */
#ifndef PAGE_BLOCKS_H
#define PAGE_BLOCKS_H

#include "page_sheet.h"
#include "text_lattice.h"

enum page_style { PAGE_BOLD = 1, PAGE_ITALIC = 2, PAGE_CODE = 4, PAGE_RAISED = 8 };

/* Bytes of the draft's text in one style (bits of enum page_style). */
struct page_draft_run {
	uint32_t off, len;
	unsigned style;
};

/* run[first, first + n) of the draft: a text whose runs stand side by side. */
struct page_draft_runs {
	uint32_t first, n;
};

/* Fixed text (place is PAGE_NONE, one wording) or a place. A new line begins behind it if
 * ends_line. */
struct page_draft_item {
	uint32_t place;
	struct page_draft_runs *wording;
	size_t wordings_n;
	bool ends_line;
};

struct page_draft_text {
	struct page_draft_item *item;
	size_t items_n, items_cap;
};

/* What a block stands in: a quotation, or an item of a list or a footnote (note), which has a
 * marker. marker_rtl: how that looks beside lines from right to left, listed from left to right.
 * up: what this stands in, or PAGE_NONE; widest: the longest marker of the list. */
struct page_draft_frame {
	uint32_t up;
	bool quote, note;
	struct slice marker, marker_rtl, widest;
};

/* Part is a block of a page or a row of a table. */
enum page_kind { PAGE_TEXT, PAGE_HEADING, PAGE_CODE_TEXT, PAGE_RULE, PAGE_ROW };

/* level: of a heading, 1 to 6. frame: what it stands in; marker: the frame whose marker stands
 * before it; both may be PAGE_NONE. tight: it stands close to the one before. cell: one, or those
 * of a row, each with its alignment ('l', 'c', 'r' or 0); none of a rule. table: rows of one table
 * have one number. header: its first row. */
struct page_draft_part {
	enum page_kind kind;
	unsigned level;
	uint32_t frame, marker;
	bool tight, header;
	uint32_t table;
	struct page_draft_text *cell;
	const uint8_t *align;
	size_t cells_n;
};

struct page_draft {
	struct slice text;
	const struct page_draft_run *run;
	const struct page_draft_part *part;
	size_t parts_n;
	const struct page_draft_frame *frame;
	size_t frames_n;
	bool html, pictures; /* some was left out; of a picture its description is there */
};

/* page_title_read gives a line's words without the marks of Markdown, in a: for a title. A line
 * that is no paragraph stays as it is. SR_E_NOMEM. */
SR_MUST struct sr_err page_title_read(struct arena *a, struct slice title, struct slice *out);

/* page_blocks_read finds the blocks of a lattice's text, all in a; plain: there is no Markdown in
 * it, blank lines divide paragraphs. A place that does not reach the page - in an address, in HTML
 * - is in no item, and none is in two. SR_E_LIMIT: twice LIMIT_PAPER_BYTES for the text with its
 * tokens, a GiB with all wordings; SR_E_NOMEM. */
SR_MUST struct sr_err page_blocks_read(struct arena *a, const struct text_lattice *l, bool plain,
				       struct page_draft *out);

#endif
