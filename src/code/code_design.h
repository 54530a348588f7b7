/* SPDX-License-Identifier: Apache-2.0 */
/* The design of a paper's code: for which number of colluding readers it is built, and hence which
 * bias each place has.
 *
 * The biases are those of Nuida's Gauss-Legendre distribution (Nuida et al., An improvement of
 * discrete Tardos fingerprinting codes, Designs, Codes and Cryptography 52, 2009): for coalitions
 * of up to c readers the k = ceil(c / 2) roots x of the Legendre polynomial P_k, moved to
 * p = (1 + x) / 2, with weights in proportion to (p (1 - p))^-3/2 / P_k'(x)^2. For one and two
 * colluders that is p = 1/2 everywhere. Nodes and weights are rounded to multiples of 2^-32, in
 * mirrored pairs: what is here is what is drawn from and what is bounded.
 *
 * A place with more than two wordings has two groups of them, as equal in number as can be, which
 * are drawn for each place like the node and kept as secret: the node is the probability of the
 * smaller group (of the first one drawn, if they are equal), and within a group every wording is as
 * likely as another. With one and two colluders all wordings are equally likely. Why this and not
 * a distribution over all of them: doc/codes.md.
 *
 * Every layer of a paper has the design of the paper, with nodes of its own. */
#ifndef CODE_DESIGN_H
#define CODE_DESIGN_H

#include "arena.h"
#include "code_symbols.h"

enum {
	CODE_COLLUSION_MAX = 12,
	CODE_COLLUSION_DEFAULT = 2,
	/* From so many places on, a paper is long enough for five. */
	CODE_COLLUSION_LONG = 5,
	CODE_LONG_PLACES = 1500,
};

/* struct code_design: collusion is how many readers' copies may be compared, 1 ..
 * CODE_COLLUSION_MAX; which place has which node and groups is drawn from the seed, so that
 * colluders do not know it. seed and lattice_hash (CRYPTO_HASH_LEN bytes) are borrowed and not
 * looked at for one and two colluders. */
struct code_design {
	const struct crypto_key *seed;
	const uint8_t *lattice_hash;
	uint32_t collusion;
};

/* code_design_collusion is the design size for a paper of so many places, if the issuer names
 * none. */
uint32_t code_design_collusion(size_t places_n);

/* code_design_biases gives out[i] the bias of place i of a layer, which has q[i] wordings; there
 * are n places. q is NULL where all have two; in the layout layer no place has more. Tables live in
 * a. SR_E_INPUT if collusion or a q is out of range, SR_E_NOMEM; out is then undefined. */
SR_MUST struct sr_err code_design_biases(struct arena *a, const struct code_design *d,
					 enum code_layer layer, const uint32_t *q, size_t n,
					 struct code_bias *out);

/* code_design_bits returns what a place with q wordings is worth on average, in bits: the entropy
 * of its bias, over the nodes. collusion and q in range (asserted). */
double code_design_bits(uint32_t collusion, uint32_t q);

#endif
