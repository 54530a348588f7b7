/* SPDX-License-Identifier: Apache-2.0 */
/* How strong a paper is, paragraph by paragraph, so that its author knows where one more
 * alternative helps most. */
#ifndef API_STRENGTH_H
#define API_STRENGTH_H

#include "trace_out.h"
#include "vary_text.h"

/* A spot where copies differ: the words [from, to) of the paper, and what it is worth in bits. All
 * spots of one place have its number, below places_n; a passage with several is worth one. */
struct api_spot {
	size_t from, to, place;
	double bits;
};

/* A paper as it is looked at, its spots in order. readers: of how many one is to be named. line
 * gives the line of a byte of its text. */
struct api_strength {
	const struct vary_text *text;
	const struct api_spot *spots;
	size_t spots_n, places_n;
	size_t readers;
	uint32_t (*line)(const void *user, size_t off);
	const void *user;
};

/* api_strength_passages writes for each spot how many words the shortest passage has that begins
 * with it, carries so many bits, and has a word to hold it at both ends; 0: the rest of the paper
 * is not enough. SR_E_NOMEM. */
SR_MUST struct sr_err api_strength_passages(struct arena *a, const struct api_strength *s,
					    double bits, size_t *words);

/* api_strength_words appends a table of the paragraphs, and the weakest sentences. SR_E_NOMEM. */
SR_MUST struct sr_err api_strength_words(struct arena *a, const struct api_strength *s,
					 struct build *out);

/* api_strength_json gives the same as an object with paragraphs and weakest; NULL without memory.
 */
json_t *api_strength_json(struct arena *a, const struct api_strength *s);

/* api_strength_levels: the two chances of naming somebody innocent that passages are told for. */
extern const double api_strength_levels[2];

#endif
