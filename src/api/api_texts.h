/* SPDX-License-Identifier: Apache-2.0 */
/* Leaks and public texts as files become what trace/ works on. The files are hostile: they are read
 * in the sandbox of extract/, before any secret is in memory. */
#ifndef API_TEXTS_H
#define API_TEXTS_H

#include "commit_tree.h"
#include "extract_page.h"
#include "subrosa.h"
#include "text_fold.h"

/* By file, in the order given: its text, its pages (n is 0 of what is neither a picture nor a PDF),
 * the tokens of its text, and the digest of its bytes. */
struct api_texts {
	struct slice *text;
	struct extract_pages *pages;
	struct text_tokens *tokens;
	struct commit_hash *digest;
	size_t n;
};

/* How files are read: see sr_trace_options. */
struct api_texts_how {
	const char *ocr_language;
	const struct sr_sink *sink;
	const struct sr_progress *progress; /* may be NULL */
};

/* api_texts_file finds the text and pages of a file's bytes, in a; path is its name. What is odd
 * about it is noted to sink. Errors of extract_file. */
SR_MUST struct sr_err api_texts_file(struct arena *a, struct slice bytes, const char *path,
				     const struct api_texts_how *how, const struct sr_sink *sink,
				     struct extract_pages *out);

/* api_texts_read reads n files, "-" being standard input, into a. What is wrong with one is noted
 * with its name. Errors of extract_file and platform_read_file; SR_E_NOMEM. */
SR_MUST struct sr_err api_texts_read(struct arena *a, const char *const *paths, size_t n,
				     const struct api_texts_how *how, struct api_texts *out);

#endif
