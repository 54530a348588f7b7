/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is, by its first bytes. */
#ifndef EXTRACT_KIND_H
#define EXTRACT_KIND_H

#include "extract_outcome.h"
#include "slice.h"

enum extract_kind {
	KIND_TEXT, /* text or a page */
	KIND_MAIL, /* a message (RFC 5322) or a mailbox of them (RFC 4155) */
	KIND_DOCX,
	KIND_ODT,
	KIND_FLAT_ODT, /* in one XML file */
	KIND_PDF,
	KIND_PICTURE,
};

/* kind_find tells what bytes are, or with another outcome than EXTRACT_OK why subrosa cannot take
 * their text out; kind is set for EXTRACT_OK only. name (may be NULL) matters in one case: a file
 * *.eml or *.mbox is a mail without any field that only programs write. */
enum extract_outcome kind_find(struct slice bytes, const char *name, enum extract_kind *kind);

/* kind_is_paged tells by the first bytes alone whether a file is a KIND_PDF or KIND_PICTURE. */
bool kind_is_paged(struct slice bytes, enum extract_kind *kind);

/* kind_message returns a mail without what may stand before it: a byte order mark, blank lines, and
 * the line with its length that Apple's .emlx has. */
struct slice kind_message(struct slice bytes);

/* kind_starts_message tells whether s begins with a header field. */
bool kind_starts_message(struct slice s);

/* kind_has_extension looks for the extension of name (may be NULL), in any case, in a list that
 * ends with NULL. */
bool kind_has_extension(const char *name, const char *const *list);

#endif
