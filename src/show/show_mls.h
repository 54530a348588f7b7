/* SPDX-License-Identifier: Apache-2.0 */
/* What the bytes of an MLS object say, as text for people. The tables of the codec name every field
 * and number, so that one printer serves all objects. Nothing is verified or decrypted, and no
 * field that a table calls secret is shown. */
#ifndef SHOW_MLS_H
#define SHOW_MLS_H

#include "build.h"
#include "mls_types.h"

enum {
	SHOW_IN_MAX = 3 * MLS_MESSAGE_MAX, /* an object, or its digits and their line ends */
	SHOW_OUT_MAX = 256 * 1024 * 1024,  /* its text */
	SHOW_HEX_MAX = 64,                 /* bytes of an opaque field that are shown ... */
	SHOW_TEXT_MAX = 256,               /* ... and of one that is text, in quotes */
	SHOW_NESTED_MAX = 2,               /* extensions within extensions that are decoded */
};

/* struct show_fault: why something is no MLS object. It is most like kind (NULL: like none), and
 * cannot be read as one from byte at on; with digits, of the bytes that the digits stand for. */
struct show_fault {
	const char *kind;
	size_t at;
	bool digits;
};

/* show_mls appends what kind of object in is and "name: value" for each of its fields, a line each;
 * parts are indented by two spaces more. in is an MLSMessage, or the bare bytes of an object that
 * show_find knows, or either in hexadecimal or base64 digits. Nothing in the text steers a
 * terminal. out is at most as large as its own bound. SR_E_INPUT, SR_E_LIMIT: *fault tells more;
 * SR_E_NOMEM. Then out may have grown. */
SR_MUST struct sr_err show_mls(struct slice in, struct build *out, struct show_fault *fault);

#endif
