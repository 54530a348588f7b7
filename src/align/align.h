/* SPDX-License-Identifier: Apache-2.0 */
/* A leaked text against a paper's lattice: which passages come from the paper, and what stood in
 * the leak between each cell's two anchors.
 *
 * Seeds are shingles of three tokens over every way through the places; chains of them give bands;
 * in each band the best local alignments with affine gaps (Smith and Waterman 1981; Gotoh 1982;
 * against a graph: Lee, Grasso and Sharlow 2002) are taken one after the other. A leaked word
 * serves one passage of the paper only: where two fit it equally well, neither may read it.
 *
 * Only the leak and the lattice go in. No reader's symbols are known here, so that everything
 * chosen here is chosen blindly. */
#ifndef ALIGN_H
#define ALIGN_H

#include "align_graph.h"

/* ALIGN_SCORE_LEAK: the least score of a passage taken for a quotation, about five words.
 * ALIGN_SCORE_PUBLIC: the least score of a passage that could have supplied a wording, three or
 * four words: too much suspected is safe, too little is not. */
enum { ALIGN_SCORE_LEAK = 80, ALIGN_SCORE_PUBLIC = 40 };

/* What stood in the text between the anchors of cell: its tokens [from, to). */
struct align_seen {
	uint32_t cell;
	uint32_t from, to;
};

/* A passage: the text's tokens [from, to) along the nodes [node_from, node_to]. */
struct align_passage {
	uint32_t from, to;
	uint32_t node_from, node_to;
	int32_t score;
};

/* How much of a place a text touches. */
enum align_touch { ALIGN_UNTOUCHED = 0, ALIGN_EDGE, ALIGN_INSIDE };

struct align_result {
	uint32_t text;           /* the caller's number of this text; align_text leaves 0 */
	struct align_seen *seen; /* every cell anchored on both sides, once for each passage */
	size_t seen_n;
	struct align_passage *passages; /* by from */
	size_t passages_n;
	uint8_t *touch;  /* enum align_touch by place: inside a passage, or beside its end */
	size_t matched;  /* words of the text that stand in the paper, once each */
	uint8_t *stands; /* by token: 1 for these words */
};

/* align_text aligns a text's tokens against g; passages of at least score_min count. The result
 * lives in a. SR_E_NOMEM. Cost: linear in the text, and band times passage where it is quoted. */
SR_MUST struct sr_err align_text(struct arena *a, const struct align_graph *g,
				 const struct text_tokens *text, int32_t score_min,
				 struct align_result *out);

#endif
