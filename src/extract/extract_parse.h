/* SPDX-License-Identifier: Apache-2.0 */
/* What the child does with the bytes, callable in-process for tests: find the kind, decode, take
 * the text out. Nothing in here opens a file once the converters are open. */
#ifndef EXTRACT_PARSE_H
#define EXTRACT_PARSE_H

#include "build.h"
#include "extract_decode.h"
#include "extract_outcome.h"
#include "slice.h"

/* extract_parse finds the text in bytes; html_open and decode_open come first. out is scratch of
 * the caller, initialised with the bound on the text; text borrows from bytes or from out. name may
 * be NULL. replaced_n counts the U+FFFD in text if something could not be decoded, else it is 0.
 * text and replaced_n are set for EXTRACT_OK only. */
enum extract_outcome extract_parse(struct slice bytes, const char *name,
				   const struct decode_converters *conv, struct build *out,
				   struct slice *text, uint64_t *replaced_n);

#endif
