/* SPDX-License-Identifier: Apache-2.0 */
#include "code_design.h"

#include <assert.h>

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

/* share returns the k-th of n equal parts of total: they differ by 1 at most. */
static uint64_t share(uint64_t total, uint32_t k, uint32_t n)
{
	return (total * (k + 1) + n - 1) / n - (total * k + n - 1) / n;
}

/* thresholds writes those of q wordings, of which those with first[k] have the probability node
 * together; or of equally likely wordings for the one node of small coalitions. */
static void thresholds(const struct nodes *nodes, uint32_t at, uint32_t q, const bool *first,
		       uint64_t *cum)
{
	uint32_t firsts_n = q / 2, firsts = 0, others = 0;
	if (nodes->n == 1) {
		code_bias_uniform(q, cum);
		return;
	}
	cum[0] = 0;
	for (uint32_t k = 0; k < q; k++)
		cum[k + 1] = cum[k] + (first[k] ? share(nodes->node[at], firsts++, firsts_n)
						: share(CODE_BIAS_ONE - nodes->node[at], others++,
							q - firsts_n));
}

uint32_t code_design_collusion(size_t places_n)
{
	return places_n >= CODE_LONG_PLACES ? CODE_COLLUSION_LONG : CODE_COLLUSION_DEFAULT;
}

/* stream_key writes the key of a stream of the design: it is nobody's. */
static struct sr_err stream_key(const struct code_design *d, enum crypto_label label,
				uint8_t key[CRYPTO_KEY_LEN])
{
	const struct code_stream s = {d->seed, label, d->lattice_hash};
	return code_stream_key(&s, SLICE_LIT(""), key);
}

static uint32_t node_drawn(const struct nodes *nodes, uint32_t word)
{
	uint32_t at = 0;
	while (word >= nodes->upto[at])
		at++;
	return at;
}

/* draw_groups draws q / 2 of the q wordings of a place, each set of them with the same chance but
 * for the rounding of 32 bits: one after another, each is taken with the probability that leaves
 * (selection sampling; Knuth, The Art of Computer Programming 2, 3.4.2, Algorithm S). Two
 * wordings need no draw: the nodes come in mirrored pairs. */
static void draw_groups(const uint8_t key[CRYPTO_KEY_LEN], size_t place, uint32_t q, bool *first)
{
	uint32_t words[LIMIT_WORDINGS] = {0}, wanted = q / 2;
	if (q > 2)
		crypto_stream_words(key, (uint64_t)place * LIMIT_WORDINGS, q, words);
	for (uint32_t k = 0; k < q; k++) {
		first[k] = ((uint64_t)words[k] * (q - k) >> 32) < wanted;
		wanted -= first[k];
	}
}

/* struct drawer: the keys of the two streams, and words of the first one. */
struct drawer {
	const struct nodes *nodes;
	uint32_t q_max;
	uint8_t node_key[CRYPTO_KEY_LEN], group_key[CRYPTO_KEY_LEN];
	uint32_t words[DRAW_WORDS];
};

/* drawer_open makes the keys of a layer. Places of the layout have no groups. */
static struct sr_err drawer_open(const struct code_design *d, enum code_layer layer,
				 struct drawer *out)
{
	bool words = layer == CODE_LAYER_WORDS;
	*out = (struct drawer){.nodes = nodes_of(d->collusion),
			       .q_max = words ? LIMIT_WORDINGS : 2};
	if (out->nodes->n == 1)
		return sr_ok();
	SR_TRY(stream_key(d, words ? CRYPTO_LABEL_BIASES_WORDS : CRYPTO_LABEL_BIASES_LAYOUT,
			  out->node_key));
	return words ? stream_key(d, CRYPTO_LABEL_GROUPS_WORDS, out->group_key) : sr_ok();
}

static struct sr_err draw_bias(struct arena *a, struct drawer *d, size_t place, uint32_t q,
			       struct code_bias *out)
{
	bool first[LIMIT_WORDINGS] = {false};
	if (q < 2 || q > d->q_max)
		return sr_fail(SR_E_INPUT, "a place has fewer than 2 or too many wordings");
	uint64_t *cum = ARENA_ARRAY(a, q + 1, uint64_t);
	if (!cum)
		return sr_nomem();
	if (d->nodes->n > 1)
		draw_groups(d->group_key, place, q, first);
	thresholds(d->nodes, node_drawn(d->nodes, d->words[place % DRAW_WORDS]), q, first, cum);
	*out = (struct code_bias){q, cum};
	return sr_ok();
}

struct sr_err code_design_biases(struct arena *a, const struct code_design *d,
				 enum code_layer layer, const uint32_t *q, size_t n,
				 struct code_bias *out)
{
	if (d->collusion < 1 || d->collusion > CODE_COLLUSION_MAX)
		return sr_fail(SR_E_INPUT, "a code is built for coalitions of 1 to 12 readers");
	struct drawer drawer;
	struct sr_err err = drawer_open(d, layer, &drawer);
	for (size_t i = 0; i < n && !sr_bad(err); i++) {
		if (drawer.nodes->n > 1 && i % DRAW_WORDS == 0)
			crypto_stream_words(drawer.node_key, i,
					    n - i < DRAW_WORDS ? n - i : DRAW_WORDS, drawer.words);
		err = draw_bias(a, &drawer, i, q ? q[i] : 2, &out[i]);
	}
	crypto_wipe(&drawer, sizeof drawer);
	return err;
}

double code_design_bits(uint32_t collusion, uint32_t q)
{
	const struct nodes *nodes = nodes_of(collusion);
	uint64_t cum[LIMIT_WORDINGS + 1], below = 0;
	bool first[LIMIT_WORDINGS] = {false};
	double bits = 0;
	assert(q >= 2 && q <= LIMIT_WORDINGS);
	for (uint32_t k = 0; k < q / 2; k++)
		first[k] = true;
	for (uint32_t at = 0; at < nodes->n; at++) {
		const struct code_bias b = {q, cum};
		thresholds(nodes, at, q, first, cum);
		bits += (double)(nodes->upto[at] - below) / (double)CODE_BIAS_ONE *
			code_bias_bits(&b);
		below = nodes->upto[at];
	}
	return bits;
}
