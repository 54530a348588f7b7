/* SPDX-License-Identifier: Apache-2.0 */
/* Any file that a person hands in -> its text. The file is hostile: a child process without files,
 * network or further processes reads it, in bounded memory and time, and the caller gets nothing
 * from it but checked UTF-8. What the child does to itself does not touch the caller. */
#ifndef EXTRACT_H
#define EXTRACT_H

#include "arena.h"
#include "err.h"
#include "extract_page.h"
#include "slice.h"

/* extract_text finds the text in bytes: plain text and Markdown as they are, of an HTML page the
 * text of its elements in order, one line for each block, of a mail or mailbox that of its parts
 * (extract_mail.h), of a Word or OpenDocument text its paragraphs (extract_office.h). The encoding
 * is found out; what cannot be decoded becomes U+FFFD, and sink gets a warning; control characters
 * become spaces. A mail's parts that are no text are passed over, and sink gets a warning that
 * counts them. name (may be NULL) is looked at for its extension only. The text lies in a, without
 * any NUL, and is empty for an empty file.
 *
 * SR_E_INPUT: no text (a PDF or picture, binary data, an encrypted document, a mail of pictures
 * only ...), or the reader crashed or broke its rules on it; SR_E_LIMIT: more than
 * LIMIT_LEAK_BYTES, LIMIT_MAIL_DEPTH or _PARTS, LIMIT_EXTRACT_S or _PAGES_S or the memory of
 * EXTRACT_MEMORY_LEN; SR_E_STATE: this system cannot confine the reader, so nothing was read;
 * SR_E_NOMEM, SR_E_IO: this process or the system lacks means. text is untouched on failure.
 *
 * Forks: the caller must not ignore SIGCHLD or reap children that it does not know, and should
 * have one thread only, since the child loads converters. */
SR_MUST struct sr_err extract_text(struct arena *a, struct slice bytes, const char *name,
				   const struct sr_sink *sink, struct slice *text);

/* How extract_file goes about it. language (NULL: eng): names of Tesseract's data, joined by +.
 * progress (may be NULL) is told of each page of several. */
struct extract_how {
	const char *language;
	const struct sr_sink *sink;
	void (*progress)(void *user, size_t done, size_t total);
	void *user;
};

/* extract_file finds the text of any file: that of a picture by character recognition, that of a
 * PDF from its pages, or by character recognition where they are pictures, in a program of its own
 * (extract_pages.h); pages come with both. Everything else goes the way of extract_text, and *out
 * has its text and no pages. All of it lies in a. Errors as extract_text, and SR_E_STATE: that
 * program or Tesseract's data for the language is not installed. */
SR_MUST struct sr_err extract_file(struct arena *a, struct slice bytes, const char *name,
				   const struct extract_how *how, struct extract_pages *out);

#endif
