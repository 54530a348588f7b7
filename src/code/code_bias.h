/* SPDX-License-Identifier: Apache-2.0 */
/* The bias of a place: how likely each of its wordings is in a copy. It is a table of thresholds
 * in units of 2^-32 and nothing else: the sampler compares a 32-bit word with it, and the error
 * bound adds up the same integers. So the law that is bounded is the law that was drawn from, to
 * the last bit.
 Which place has which bias is the matter of code_design.h. */
#ifndef CODE_BIAS_H
#define CODE_BIAS_H

#include "err.h"
#include "base_limits.h"

#include <stddef.h>

#define CODE_BIAS_ONE (UINT64_C(1) << 32)

/* struct code_bias: q wordings, symbols 0 .. q-1; symbol k covers the words u with
 * cum[k] <= u < cum[k+1]. 2 <= q <= LIMIT_WORDINGS, cum[0] = 0, cum[q] = CODE_BIAS_ONE, strictly
 * ascending: every symbol can occur. cum is borrowed and has q + 1 entries. */
struct code_bias {
	uint32_t q;
	const uint64_t *cum;
};

/* code_bias_uniform writes the q + 1 thresholds ceil(k * 2^32 / q); q as above (asserted). */
void code_bias_uniform(uint32_t q, uint64_t *cum);

/* code_bias_check returns SR_E_INPUT if the table is not as struct code_bias says. */
SR_MUST struct sr_err code_bias_check(const struct code_bias *b);

/* code_bias_symbol returns the symbol that the word u stands for. */
uint32_t code_bias_symbol(const struct code_bias *b, uint32_t u);

/* code_bias_p returns the probability of symbol k, exact in a double. */
double code_bias_p(const struct code_bias *b, uint32_t k);

/* code_bias_bits returns the entropy of the bias in bits: what a place is worth. */
double code_bias_bits(const struct code_bias *b);

#endif
