/* SPDX-License-Identifier: Apache-2.0 */
/* The list of readers as people write it: CSV (RFC 4180) from a spreadsheet, with a header line
 * that names the columns id, name, house and side in any order. An id becomes a file name, so what
 * no file system should be asked to hold is refused here, never mangled. */
#ifndef ISSUE_READERS_H
#define ISSUE_READERS_H

#include "arena.h"
#include "err.h"
#include "slice.h"

/* struct issue_reader: UTF-8 without control characters, blanks at the edges of unquoted fields
 * cut; a line break within name, house or side is a blank. fold is the id as two ids are compared:
 * Unicode case folding and NFC. line counts from 1: where the reader's row begins. */
struct issue_reader {
	struct slice id, name, house, side;
	struct slice fold;
	uint32_t line;
};

/* struct issue_readers: at least one; no two folds are equal; in the order of the file. */
struct issue_readers {
	struct issue_reader *at;
	size_t n;
};

/* issue_readers_parse reads the bytes of a list into a (which may be released with scratch in it
 * on failure). Understood: UTF-8, UTF-16 with a byte order mark as Excel's "Unicode text", and
 * Windows-1252 otherwise (a warning); comma, semicolon or tab, found in the header line or given as
 * Excel's "sep=;"; quoted fields with separators, "" and line breaks; CRLF, LF and CR; empty rows
 * are skipped; other columns are ignored (a warning).
 *
 * SR_E_INPUT: something is wrong with the list; every problem is noted with line and rule, the
 * first 20 of them. SR_E_LIMIT: more than LIMIT_READERS_BYTES or LIMIT_READERS. SR_E_NOMEM. */
SR_MUST struct sr_err issue_readers_parse(struct arena *a, struct slice bytes,
					  const struct sr_sink *sink, struct issue_readers *out);

/* issue_id_rule tells why an id cannot be used as a file name, in words that complete "the id ...";
 * NULL if it can. id is UTF-8. */
const char *issue_id_rule(struct slice id);

/* issue_id_fold writes the folded id into a; SR_E_INPUT if id is not UTF-8. */
SR_MUST struct sr_err issue_id_fold(struct arena *a, struct slice id, struct slice *out);

#endif
