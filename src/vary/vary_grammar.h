/* SPDX-License-Identifier: Apache-2.0 */
/* The seam to a grammar reader: what it makes of a sentence. */
#ifndef VARY_GRAMMAR_H
#define VARY_GRAMMAR_H

#include "arena.h"
#include "err.h"
#include "slice.h"

enum vary_parse_state {
	VARY_PARSE_NONE,     /* not asked, or the grammar reader could not be used */
	VARY_PARSE_WHOLE,    /* a linkage without unused words */
	VARY_PARSE_BROKEN,   /* no such linkage */
	VARY_PARSE_GIVEN_UP, /* too long, or it took too long */
};

/* off, len: bytes of the sentence; len 0 for walls. tag: what stands behind a word's dot. */
struct vary_parse_word {
	uint32_t off, len;
	char tag[12];
};

struct vary_parse_link {
	uint16_t left, right; /* numbers of words */
	char label[12];
};

struct vary_parse {
	enum vary_parse_state state;
	struct vary_parse_word *words;
	size_t words_n;
	struct vary_parse_link *links;
	size_t links_n;
};

/* parse reads n sentences; out[i] lives in a. Errors: SR_E_NOMEM; everything else is a state. */
struct vary_grammar {
	void *context;
	struct sr_err (*parse)(void *context, struct arena *a, const struct slice *sentences,
			       size_t n, struct vary_parse *out);
};

#endif
