/* SPDX-License-Identifier: Apache-2.0 */
/* The lattice as a graph of tokens: fixed text is a chain, a place is a fork whose branches meet
 * again in a join. Beside it the cells: a cell is a run of places with no fixed word of its own
 * between them, held by the fixed words (anchors) on its left and right. What stood in the leak
 * between two anchors is what mark/ reads. Nothing here knows any reader. */
#ifndef ALIGN_GRAPH_H
#define ALIGN_GRAPH_H

#include "arena.h"
#include "err.h"
#include "slice.h"
#include "text_fold.h"
#include "text_lattice.h"

#define ALIGN_NONE UINT32_MAX

/* A token node has one predecessor (ALIGN_NONE: the paper's beginning); a join has preds_n of them
 * at joins[preds]. Predecessors stand before their node. Where it stands in the lattice: part 2i is
 * fixed[i], part 2i + 1 place i; off: the byte of fixed text where its word begins, 0 in a place.
 */
struct align_node {
	struct slice fold; /* empty: a join */
	uint32_t hash, ocr, letter_set;
	uint32_t pred;
	uint32_t preds, preds_n;
	uint32_t column; /* words from the beginning, by the longest way */
	uint32_t part, off;
	int32_t weight; /* score of an exact match, 0 for a join */
};

/* One piece of a cell: a place with its wordings' foldings, or (place ALIGN_NONE) fixed letters
 * that are glued to a place and so are no anchor. */
struct align_item {
	uint32_t place;
	const struct slice *folds;
	uint32_t folds_n;
};

/* left, right: the anchor nodes, ALIGN_NONE at the paper's ends. */
struct align_cell {
	uint32_t left, right;
	uint32_t items, items_n;
};

struct align_shingle {
	uint32_t hash, node; /* of its last token */
};

struct align_graph {
	struct align_node *nodes;
	size_t nodes_n;
	uint32_t *joins;
	struct align_cell *cells;
	size_t cells_n;
	struct align_item *items;
	uint32_t *cell_of; /* by place */
	uint32_t *leader;  /* by place: that of its group (struct text_place) */
	size_t places_n;
	struct align_shingle *shingles; /* by hash, then node; each once */
	size_t shingles_n;
	uint64_t *filter; /* a bit for each value of a hash's low ALIGN_FILTER_BITS bits */
	uint32_t *bucket; /* first shingle with these high ALIGN_BUCKET_BITS bits */
};

enum { ALIGN_SHINGLE = 3, ALIGN_FILTER_BITS = 16, ALIGN_BUCKET_BITS = 12 };

/* align_graph_make builds the graph of l in a; the foldings are copied. SR_E_NOMEM. */
SR_MUST struct sr_err align_graph_make(struct arena *a, const struct text_lattice *l,
				       struct align_graph *out);

/* align_shingle_hash mixes the hashes of three tokens in a row. */
uint32_t align_shingle_hash(uint32_t first, uint32_t second, uint32_t third);

/* align_ocr_hash hashes a folding with the characters that character recognition confuses made
 * one (rn and m, l and 1 and i, 0 and o ...). align_letter_set gives the set of its characters. */
uint32_t align_ocr_hash(struct slice fold);
uint32_t align_letter_set(struct slice fold);

/* align_weight is the score of matching a folding exactly: long words say more. */
int32_t align_weight(struct slice fold);

#endif
