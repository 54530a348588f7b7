/* SPDX-License-Identifier: Apache-2.0 */
/* Leaks and public texts as files become what trace/ works on. The files are hostile: they are read
 * in the sandbox of extract/, before any secret is in memory. */
#ifndef API_TEXTS_H
#define API_TEXTS_H

#include "commit_tree.h"
#include "subrosa.h"
#include "text_fold.h"

/* By file, in the order given: its text, the tokens of it, and the digest of its bytes. */
struct api_texts {
	struct slice *text;
	struct text_tokens *tokens;
	struct commit_hash *digest;
	size_t n;
};

/* api_texts_read reads n files, "-" being standard input, into a. What is wrong with one is noted
 * with its name. Errors of extract_text and platform_read_file; SR_E_NOMEM. */
SR_MUST struct sr_err api_texts_read(struct arena *a, const char *const *paths, size_t n,
				     const struct sr_sink *sink, struct api_texts *out);

#endif
