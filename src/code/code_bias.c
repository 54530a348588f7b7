/* SPDX-License-Identifier: Apache-2.0 */
#include "code_bias.h"

#include <assert.h>
#include <math.h>

void code_bias_uniform(uint32_t q, uint64_t *cum)
{
	assert(q >= 2 && q <= LIMIT_WORDINGS);
	for (uint32_t k = 0; k <= q; k++)
		cum[k] = (k * CODE_BIAS_ONE + q - 1) / q;
}

struct sr_err code_bias_check(const struct code_bias *b)
{
	bool good = b->q >= 2 && b->q <= LIMIT_WORDINGS;
	good = good && b->cum[0] == 0 && b->cum[b->q] == CODE_BIAS_ONE;
	for (uint32_t k = 0; good && k < b->q; k++)
		good = b->cum[k] < b->cum[k + 1];
	return good ? sr_ok()
		    : sr_fail(SR_E_INPUT, "a bias is not a table of ascending thresholds");
}

uint32_t code_bias_symbol(const struct code_bias *b, uint32_t u)
{
	/* The first guess is right for a uniform bias and near for a mild one. */
	uint32_t k = (uint32_t)((uint64_t)u * b->q >> 32);
	while (u < b->cum[k])
		k--;
	while (u >= b->cum[k + 1])
		k++;
	return k;
}

double code_bias_p(const struct code_bias *b, uint32_t k)
{
	return (double)(b->cum[k + 1] - b->cum[k]) / (double)CODE_BIAS_ONE;
}

double code_bias_bits(const struct code_bias *b)
{
	double bits = 0;
	for (uint32_t k = 0; k < b->q; k++)
		bits -= code_bias_p(b, k) * log2(code_bias_p(b, k));
	return bits;
}
