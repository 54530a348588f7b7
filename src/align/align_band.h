/* SPDX-License-Identifier: Apache-2.0 */
/* The best local alignment of a stretch of text to the graph, within a band around a chain. */
#ifndef ALIGN_BAND_H
#define ALIGN_BAND_H

#include "align_chain.h"

/* How a token of the text stands to the node it was put on. */
enum align_match { ALIGN_DIFFERENT = 0, ALIGN_CLOSE, ALIGN_SAME };

/* Token `token` was put on node `node`. gap: words left out or put in between this pair and the
 * next. A run is a stretch without a gap; first: the token with which the pair's run begins; run:
 * its score: what the pair's own surroundings say, however much else the passage holds. */
struct align_pair {
	uint32_t token, node;
	uint32_t gap;
	uint32_t first;
	int32_t run;
	enum align_match match;
};

struct align_local {
	struct align_pair *pairs; /* ascending in both coordinates, never empty */
	size_t pairs_n;
	int32_t score;
};

/* The pairs of the passages found so far: no other passage may use them, so that each search gives
 * the next best one (Waterman and Eggert 1987) and a sentence that stands twice in the paper is
 * found twice. first: by token, the first of its pairs, index + 1; 0: none. */
struct align_taken_pair {
	uint32_t node, next;
};

struct align_taken {
	uint32_t *first;
	struct align_taken_pair *at;
	size_t n, cap;
};

/* align_take adds the pairs of l to t, whose first has an entry for each token; at lives in a.
 * SR_E_NOMEM. */
SR_MUST struct sr_err align_take(struct arena *a, struct align_taken *t,
				 const struct align_local *l);

/* align_band finds the best local alignment of the tokens [from, to) near the chain seeds[0, n),
 * n > 0, that uses no taken pair. Its pairs live in a; out->pairs_n is 0 if nothing scores above 0.
 * SR_E_NOMEM. */
SR_MUST struct sr_err align_band(struct arena *a, const struct align_graph *g,
				 const struct text_tokens *text, const struct align_taken *taken,
				 const struct align_seed *seeds, size_t n, uint32_t from,
				 uint32_t to, struct align_local *out);

/* align_compare tells how a folding of the text stands to a node: the same, or close to it (what
 * character recognition confuses, or one slip of the keyboard in a word of four letters, two in
 * one of eight). */
enum align_match align_compare(const struct align_node *node, struct slice fold, uint32_t hash,
			       uint32_t ocr, uint32_t letter_set);

/* align_distance returns the edit distance (Levenshtein, bytes) of x and y if it is at most max,
 * or max + 1. */
uint32_t align_distance(struct slice x, struct slice y, uint32_t max);

#endif
