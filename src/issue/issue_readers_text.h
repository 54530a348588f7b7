/* SPDX-License-Identifier: Apache-2.0 */
/* From a spreadsheet's bytes to UTF-8, and the problems found on the way. */
#ifndef ISSUE_READERS_TEXT_H
#define ISSUE_READERS_TEXT_H

#include "issue_readers.h"

/* struct issue_problems counts what is wrong with a list and notes the first few. */
struct issue_problems {
	const struct sr_sink *sink;
	size_t n;
};

/* issue_problem notes one problem. line and col as in struct sr_note. */
void issue_problem(struct issue_problems *p, uint32_t line, uint32_t col, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* issue_problems_end notes how many more there are. */
void issue_problems_end(const struct issue_problems *p);

/* issue_readers_text turns bytes into UTF-8 without a byte order mark, in a or borrowed from
 * bytes. Control characters (but tab, CR and LF) are problems. SR_E_NOMEM, SR_E_LIMIT; SR_E_INPUT
 * where no text can be made of the bytes, which is a problem as well. */
SR_MUST struct sr_err issue_readers_text(struct arena *a, struct slice bytes,
					 struct issue_problems *p, struct slice *out);

/* issue_line_next cuts one line with its end (CRLF, LF or CR) from the front of text. */
struct slice issue_line_next(struct slice *text);

#endif
