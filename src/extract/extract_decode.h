/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes in some encoding -> UTF-8. The encodings form a closed table, whose converters are opened
 * beforehand: iconv_open(3) loads a file for each. Order of evidence: byte order mark, the zeros
 * of UTF-16 and UTF-32, well-formed UTF-8, what the mail says, what the page says, the statistics
 * of uchardet, windows-1252. */
#ifndef EXTRACT_DECODE_H
#define EXTRACT_DECODE_H

#include "build.h"
#include "extract_outcome.h"
#include "slice.h"

#include <iconv.h>

enum { DECODE_N_MAX = 64 };

/* at[i] is the converter of the table's i-th encoding, (iconv_t)-1 where the system has none. */
struct decode_converters {
	iconv_t at[DECODE_N_MAX];
};

void decode_open(struct decode_converters *conv);
void decode_close(struct decode_converters *conv);

/* A way of decoding: an index into the table, and how many bytes of byte order mark to skip. */
struct decode_choice {
	size_t encoding;
	size_t skip_len;
};

/* decode_guess finds out the encoding of bytes; label (may be NULL) is what the mail says that they
 * are in; page tells to believe what an HTML or XML page says about itself. */
struct decode_choice decode_guess(struct slice bytes, const char *label, bool page);

/* decode_label finds a label of the Encoding Standard (its common ones; any case) or of uchardet
 * in the table; false if it has no such. */
bool decode_label(struct slice label, size_t *encoding);

/* decode_text decodes bytes and cleans the result (utf8_clean). text borrows from bytes if they
 * are clean UTF-8 already, else from out, which is emptied first. control_n counts the control
 * characters that became spaces. EXTRACT_OK, _ENCODING, _MEMORY or _LONG. */
struct decode_result {
	struct slice text;
	uint64_t all_n, replaced_n, control_n;
};

enum extract_outcome decode_text(struct slice bytes, struct decode_choice how,
				 const struct decode_converters *conv, struct build *out,
				 struct decode_result *res);

#endif
