/* SPDX-License-Identifier: Apache-2.0 */
/* What the child does with the bytes, callable in-process for tests: find the kind, decode, take
 * the text out. Nothing in here opens a file once parse_open was called. */
#ifndef EXTRACT_PARSE_H
#define EXTRACT_PARSE_H

#include "build.h"
#include "extract_decode.h"
#include "extract_outcome.h"
#include "slice.h"

/* parse_open opens what extract_parse needs: the converters in conv and the libraries. false: there
 * is no memory for them. The converters are for decode_close, the libraries stay. */
bool parse_open(struct decode_converters *conv);

/* extract_parse finds the text in bytes. out is scratch of the caller, initialised with the bound
 * on the text; found->text borrows from bytes or from out. name may be NULL. found is set for
 * EXTRACT_OK only. */
enum extract_outcome extract_parse(struct slice bytes, const char *name,
				   const struct decode_converters *conv, struct build *out,
				   struct extract_found *found);

/* For the readers of single kinds, which find parts that are files themselves: */

/* What is common to a file and to all that it contains. level: how deep the present part lies. */
struct parse {
	const struct decode_converters *conv;
	unsigned level;
	uint32_t parts_n;
	bool replaced; /* something could not be decoded */
	uint32_t skipped_n[EXTRACT_CHILD_END];
};

/* One file. label is the encoding that the mail says it is in, name its name; both may be NULL.
 * is_text: the mail says that it is text, so that it is not looked at for being a mail. */
struct parse_input {
	struct slice bytes;
	const char *name, *label;
	bool is_text;
};

/* parse_file finds the text of one file; out and text as extract_parse. */
enum extract_outcome parse_file(struct parse *p, const struct parse_input *f, struct build *out,
				struct slice *text);

/* parse_built is build_done with its error as an outcome. */
enum extract_outcome parse_built(const struct build *out, struct slice *text);

#endif
