/* SPDX-License-Identifier: Apache-2.0 */
#include "code_design.h"

#include <assert.h>
#include <string.h>

enum { NODES_MAX = (CODE_COLLUSION_MAX + 1) / 2, DRAW_WORDS = 240 };

/* struct nodes: node[i] is drawn by the words below upto[i], and at or above upto[i - 1]. In
 * units of 2^-32. */
struct nodes {
	uint32_t n;
	uint64_t node[NODES_MAX], upto[NODES_MAX];
};

static const struct nodes table[NODES_MAX] = {
	{1, {0x80000000}, {CODE_BIAS_ONE}},
	{2, {0x361962ea, 0xc9e69d16}, {0x80000000, CODE_BIAS_ONE}},
	{3, {0x1cda042f, 0x80000000, 0xe325fbd1}, {0x54fed06a, 0xab012f96, CODE_BIAS_ONE}},
	{4,
	 {0x11c6490c, 0x547b804c, 0xab847fb4, 0xee39b6f4},
	 {0x3f928eb7, 0x80000000, 0xc06d7149, CODE_BIAS_ONE}},
	{5,
	 {0x0c024c7f, 0x3b13700a, 0x80000000, 0xc4ec8ff6, 0xf3fdb381},
	 {0x32c331be, 0x663a3fd7, 0x99c5c029, 0xcd3cce42, CODE_BIAS_ONE}},
	{6,
	 {0x08a4d6c6, 0x2b5d7da7, 0x6174ed30, 0x9e8b12d0, 0xd4a28259, 0xf75b293a},
	 {0x2a3eaf35, 0x55148db4, 0x80000000, 0xaaeb724c, 0xd5c150cb, CODE_BIAS_ONE}},
};

static const struct nodes *nodes_of(uint32_t collusion)
{
	assert(collusion >= 1 && collusion <= CODE_COLLUSION_MAX);
	return &table[(collusion - 1) / 2];
}

/* share returns ceil(k / n of total). */
static uint64_t share(uint64_t total, uint32_t k, uint32_t n)
{
	return (total * k + n - 1) / n;
}

/* thresholds writes those of q wordings whose first group has the probability first, or of
 * equally likely wordings for the one node of small coalitions. */
static void thresholds(const struct nodes *nodes, uint32_t at, uint32_t q, uint64_t *cum)
{
	uint32_t split = code_bias_split(q);
	if (nodes->n == 1) {
		code_bias_uniform(q, cum);
		return;
	}
	for (uint32_t k = 0; k <= split; k++)
		cum[k] = share(nodes->node[at], k, split);
	for (uint32_t k = split; k <= q; k++)
		cum[k] = nodes->node[at] +
			 share(CODE_BIAS_ONE - nodes->node[at], k - split, q - split);
}

uint32_t code_design_collusion(size_t places_n)
{
	return places_n >= CODE_LONG_PLACES ? CODE_COLLUSION_LONG : CODE_COLLUSION_DEFAULT;
}

/* struct tables: those made so far, by node and number of wordings. */
struct tables {
	const uint64_t *cum[NODES_MAX][LIMIT_WORDINGS + 1];
};

static struct sr_err bias_give(struct arena *a, struct tables *t, const struct nodes *nodes,
			       uint32_t at, uint32_t q, struct code_bias *out)
{
	if (q < 2 || q > LIMIT_WORDINGS)
		return sr_fail(SR_E_INPUT, "a place has fewer than 2 or too many wordings");
	if (!t->cum[at][q]) {
		uint64_t *cum = ARENA_ARRAY(a, q + 1, uint64_t);
		if (!cum)
			return sr_nomem();
		thresholds(nodes, at, q, cum);
		t->cum[at][q] = cum;
	}
	*out = (struct code_bias){q, t->cum[at][q]};
	return sr_ok();
}

/* bias_key writes the key of the stream whose word number PLACE draws the node of that place. */
static void bias_key(const struct code_design *d, uint8_t key[CRYPTO_KEY_LEN])
{
	uint8_t info[4 + CRYPTO_HASH_LEN] = {CRYPTO_HASH_LEN};
	memcpy(info + 4, d->lattice_hash, CRYPTO_HASH_LEN);
	crypto_derive(d->seed, CRYPTO_LABEL_BIASES_WORDS, slice_make(info, sizeof info), key);
}

static uint32_t node_drawn(const struct nodes *nodes, uint32_t word)
{
	uint32_t at = 0;
	while (word >= nodes->upto[at])
		at++;
	return at;
}

struct sr_err code_design_biases(struct arena *a, const struct code_design *d, const uint32_t *q,
				 size_t n, struct code_bias *out)
{
	if (d->collusion < 1 || d->collusion > CODE_COLLUSION_MAX)
		return sr_fail(SR_E_INPUT, "a code is built for coalitions of 1 to 12 readers");
	const struct nodes *nodes = nodes_of(d->collusion);
	struct tables tables = {0};
	uint8_t key[CRYPTO_KEY_LEN] = {0};
	uint32_t words[DRAW_WORDS] = {0};
	struct sr_err err = sr_ok();
	if (nodes->n > 1)
		bias_key(d, key);
	for (size_t i = 0; i < n && !sr_bad(err); i++) {
		if (nodes->n > 1 && i % DRAW_WORDS == 0)
			crypto_stream_words(key, i, n - i < DRAW_WORDS ? n - i : DRAW_WORDS, words);
		err = bias_give(a, &tables, nodes, node_drawn(nodes, words[i % DRAW_WORDS]), q[i],
				&out[i]);
	}
	crypto_wipe(words, sizeof words);
	crypto_wipe(key, sizeof key);
	return err;
}

double code_design_bits(uint32_t collusion, uint32_t q)
{
	const struct nodes *nodes = nodes_of(collusion);
	uint64_t cum[LIMIT_WORDINGS + 1], below = 0;
	double bits = 0;
	assert(q >= 2 && q <= LIMIT_WORDINGS);
	for (uint32_t at = 0; at < nodes->n; at++) {
		const struct code_bias b = {q, cum};
		thresholds(nodes, at, q, cum);
		bits += (double)(nodes->upto[at] - below) / (double)CODE_BIAS_ONE *
			code_bias_bits(&b);
		below = nodes->upto[at];
	}
	return bits;
}
