/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of subrosa.h share: a paper with its lattice, and reports handed out. */
#ifndef API_H
#define API_H

#include "build.h"
#include "subrosa.h"
#include "vary.h"

/* A paper read from a file. source is the file's bytes, found the automatic places. */
struct api_paper {
	struct slice source;
	struct text_paper text;
	struct vary_place *found;
	size_t found_n;
	struct text_lattice lattice;
};

/* api_paper_read reads and parses path and finds its places; it lives in a. */
SR_MUST struct sr_err api_paper_read(struct arena *a, const char *path, bool no_auto,
				     const struct sr_sink *sink, struct api_paper *out);

/* api_bytes hands the bytes of b out; b is empty afterwards. */
SR_MUST struct sr_err api_bytes(struct build *b, struct sr_bytes *out);

/* api_explain notes e for the file named in sink, if nobody did so before, and returns e. */
struct sr_err api_explain(const struct sr_sink *sink, struct sr_err e);

/* api_sink returns sink for another file. */
struct sr_sink api_sink(const struct sr_sink *sink, const char *file);

#endif
