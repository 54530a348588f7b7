/* SPDX-License-Identifier: Apache-2.0 */
/* Seeds and chains: where in a long text a paper might be quoted (after minimap2's chaining, Li
 * 2018, section 2.1). */
#ifndef ALIGN_CHAIN_H
#define ALIGN_CHAIN_H

#include "align_graph.h"

/* A seed: the three tokens that end at token `token` of the text end at node `node`. */
struct align_seed {
	uint32_t token, node;
};

/* seeds[from, to) of the chains' array, ascending in both coordinates. */
struct align_chain {
	size_t from, to;
};

/* overrun: by node, 1 where seeds were left out because there would have been too many. */
struct align_chains {
	struct align_seed *seeds;
	struct align_chain *chains;
	size_t chains_n;
	uint8_t *overrun;
};

/* align_chains_find finds the chains of text against g, the best first; they live in a. SR_E_NOMEM.
 */
SR_MUST struct sr_err align_chains_find(struct arena *a, const struct align_graph *g,
					const struct text_tokens *text, struct align_chains *out);

#endif
