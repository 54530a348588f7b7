/* SPDX-License-Identifier: Apache-2.0 */
/* Any file that a person hands in -> its text. The file is hostile: a child process without files,
 * network or further processes reads it, in bounded memory and time, and the caller gets nothing
 * from it but checked UTF-8. What the child does to itself does not touch the caller. */
#ifndef EXTRACT_H
#define EXTRACT_H

#include "arena.h"
#include "err.h"
#include "slice.h"

/* extract_text finds the text in bytes: plain text and Markdown as they are, of an HTML page the
 * text of its elements in order, one line for each block, of a mail or mailbox that of its parts
 * (extract_mail.h), of a Word or OpenDocument text its paragraphs (extract_office.h). The encoding
 * is found out; what cannot be decoded becomes U+FFFD, and sink gets a warning; control characters
 * become spaces. A mail's parts that are no text are passed over, and sink gets a warning that
 * counts them. name (may be NULL) is looked at for its extension only. The text lies in a, without
 * any NUL, and is empty for an empty file.
 *
 * SR_E_INPUT: no text (a PDF, binary data, an encrypted document, a mail of pictures only ...), or
 * the reader crashed or broke its rules on it; SR_E_LIMIT: more than LIMIT_LEAK_BYTES,
 * LIMIT_MAIL_DEPTH or _PARTS, LIMIT_EXTRACT_S or the memory of EXTRACT_MEMORY_LEN;
 * SR_E_STATE: this system cannot confine the reader, so nothing was read; SR_E_NOMEM, SR_E_IO: this
 * process or the system lacks means. text is untouched on failure.
 *
 * Forks: the caller must not ignore SIGCHLD or reap children that it does not know, and should
 * have one thread only, since the child loads converters. */
SR_MUST struct sr_err extract_text(struct arena *a, struct slice bytes, const char *name,
				   const struct sr_sink *sink, struct slice *text);

#endif
