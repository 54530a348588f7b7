/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of subrosa.h share: a paper with its lattice, and reports handed out. */
#ifndef API_H
#define API_H

#include "api_form.h"
#include "build.h"
#include "subrosa.h"
#include "vary.h"

/* A paper read from a file. source is the file's bytes, found the automatic places. What is written
 * in DOCX has its text in text.source. */
struct api_paper {
	struct slice source;
	struct api_form form;
	struct text_paper text;
	struct vary_place *found;
	size_t found_n;
	struct text_lattice lattice;
};

/* api_paper_load reads the bytes of path, and nothing more, into a; they are found in out->source.
 */
SR_MUST struct sr_err api_paper_load(struct arena *a, const char *path, const struct sr_sink *sink,
				     struct api_paper *out);

/* api_paper_parse reads what the bytes hold: text and form. Close out with api_paper_close, also
 * after a failure. */
SR_MUST struct sr_err api_paper_parse(struct arena *a, const char *path, const struct sr_sink *sink,
				      struct api_paper *out);

/* api_paper_close frees the form; {0} is fine. */
void api_paper_close(struct api_paper *p);

/* api_paper_read loads and parses path and finds its places; it lives in a. Close out with
 * api_paper_close, also after a failure; out starts as {0}. */
SR_MUST struct sr_err api_paper_read(struct arena *a, const char *path, bool no_auto,
				     const struct sr_sink *sink, struct api_paper *out);

/* api_bytes hands the bytes of b out; b is empty afterwards. */
SR_MUST struct sr_err api_bytes(struct build *b, struct sr_bytes *out);

/* api_explain notes e for the file named in sink, if nobody did so before, and returns e. */
struct sr_err api_explain(const struct sr_sink *sink, struct sr_err e);

/* api_sink returns sink for another file. */
struct sr_sink api_sink(const struct sr_sink *sink, const char *file);

#endif
