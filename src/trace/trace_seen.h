/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence as code/ takes it: the places that were read, of words and then of the layout, in
 * which passage each stands, and the scores that this gives every reader. From the leak, the
 * lattice and the design alone. */
#ifndef TRACE_SEEN_H
#define TRACE_SEEN_H

#include "code_scores.h"
#include "trace.h"

/* A passage with fewer places is not scored alone: it could name nobody. */
enum { TRACE_PASSAGE_PLACES = 8 };

/* passage[k] is the number in the evidence of the leak's scored passage k: those with the most
 * places, in the order of the leak. bias[i] belongs to leak.place[i]. */
struct trace_seen {
	struct code_leak leak;
	struct code_scores scores;
	struct code_bias *bias;
	uint32_t passage[CODE_PASSAGES_MAX];
};

/* trace_seen_places gathers the places and passages; bias has an entry for each place of the
 * lattice, slots for each slot (NULL where nothing was seen of the layout), collusion is the design
 * size. The result lives in a and borrows from e; it has no scores. SR_E_NOMEM. */
SR_MUST struct sr_err trace_seen_places(struct arena *a, const struct trace_evidence *e,
					const struct code_bias *bias, const struct code_bias *slots,
					uint32_t collusion, struct trace_seen *out);

/* trace_seen_make makes the scores as well, for any number of readers. Errors as
 * code_scores_make. */
SR_MUST struct sr_err trace_seen_make(struct arena *a, const struct trace_evidence *e,
				      const struct code_bias *bias, const struct code_bias *slots,
				      uint32_t collusion, struct trace_seen *out);

/* trace_seen_same_passages tells whether a part of a lattice has its places read in the same
 * passages as the whole has them. The same places were read; leader[i] is the number in the whole
 * of the leader of place i of the part. */
bool trace_seen_same_passages(const struct trace_seen *whole, const struct trace_seen *part,
			      const uint32_t *leader);

#endif
