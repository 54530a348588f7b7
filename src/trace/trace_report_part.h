/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the internal report, one file each; only trace_report*.c see this. Each appends its
 * part of the section of one paper. */
#ifndef TRACE_REPORT_PART_H
#define TRACE_REPORT_PART_H

#include "trace_web.h"
#include "trace_report.h"

/* struct report_page: the page being written. */
struct report_page {
	const struct trace_report *r;
	struct build *out;
	struct arena *scratch;
	size_t leak_left; /* bytes of the leak that may still be shown */
};

/* struct report_section: verdict v, section number 1, 2 ... of the page. */
struct report_section {
	struct report_page *page;
	struct build *out; /* of the page */
	const struct trace_verdict *v;
	size_t number;
};

/* report_style is the style sheet, in pieces up to a NULL, without its element. */
extern const char *const report_style[];

/* report_answer says the verdict and what it means, in words. */
void report_answer(const struct report_section *s);

/* report_reader appends a reader's name with id, and house and side below it. */
void report_reader(struct build *out, const struct trace_reader *reader);

/* report_leak shows the passages of the leak with their marks, and why places cannot be used.
 * SR_E_NOMEM. */
SR_MUST struct sr_err report_leak(const struct report_section *s);

/* report_reason returns why a place cannot be used, in words for a person, and its letter. */
const char *report_reason(enum mark_why why, char *letter);

/* report_pictures shows the pages on which positions of words were measured. SR_E_NOMEM. */
SR_MUST struct sr_err report_pictures(const struct report_section *s);

/* report_plot draws the scores of all readers and the bound. */
void report_plot(const struct report_section *s);

/* The tables: readers, layers (of a paper that has several), consistent and excluded ones,
 * propositions, houses (both only if the layers do not disagree), places. */
void report_readers(const struct report_section *s);
void report_layers(const struct report_section *s);
void report_lists(const struct report_section *s);
void report_propositions(const struct report_section *s);
void report_houses(const struct report_section *s);
void report_places(const struct report_section *s);

/* report_searched says what was given, searched and counted. */
void report_searched(const struct report_section *s);

/* report_table_open opens a table with a caption (static words) that scrolls where it is too wide;
 * kind is its class. report_table_close closes it. */
void report_table_open(const struct report_section *s, const char *kind, const char *caption);
void report_table_close(struct build *out);

#endif
