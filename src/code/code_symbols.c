/* SPDX-License-Identifier: Apache-2.0 */
#include "code_symbols.h"

#include <assert.h>
#include <string.h>

/* The cipher computes eight blocks at once in the time of two or three single ones, and more at a
 * time save nothing. */
enum { BLOCK_WORDS = 16, DRAW_BLOCKS = CODE_DRAW_WORDS / BLOCK_WORDS, BLOCKS_FEW = 2 };

static_assert(CODE_DRAW_WORDS % BLOCK_WORDS == 0, "whole blocks");
static_assert(LIMIT_WORDINGS <= UINT16_MAX + 1, "a symbol fits 16 bits");

enum crypto_label code_layer_label(enum code_layer layer)
{
	static const enum crypto_label label[CODE_LAYERS] = {
		[CODE_LAYER_WORDS] = CRYPTO_LABEL_SYMBOLS_WORDS,
		[CODE_LAYER_LAYOUT] = CRYPTO_LABEL_SYMBOLS_LAYOUT,
	};
	return label[layer];
}

struct sr_err code_stream_key(const struct code_stream *s, struct slice reader,
			      uint8_t key[CRYPTO_KEY_LEN])
{
	enum { HEAD = 4 + CRYPTO_HASH_LEN };
	uint8_t info[HEAD + LIMIT_ID_BYTES] = {CRYPTO_HASH_LEN};
	if (reader.len > LIMIT_ID_BYTES)
		return sr_fail(SR_E_LIMIT, "a reader's id is too long");
	memcpy(info + 4, s->lattice_hash, CRYPTO_HASH_LEN);
	if (reader.len)
		memcpy(info + HEAD, reader.ptr, reader.len);
	crypto_derive(s->seed, s->label, slice_make(info, HEAD + reader.len), key);
	return sr_ok();
}

struct sr_err code_stream_front(const struct code_stream *s, struct crypto_front *front)
{
	uint8_t info[4 + CRYPTO_HASH_LEN] = {CRYPTO_HASH_LEN};
	memcpy(info + 4, s->lattice_hash, CRYPTO_HASH_LEN);
	return crypto_front_make(front, s->seed, s->label, slice_make(info, sizeof info));
}

struct sr_err code_stream_key_behind(const struct crypto_front *front, struct slice reader,
				     uint8_t key[CRYPTO_KEY_LEN])
{
	if (reader.len > LIMIT_ID_BYTES)
		return sr_fail(SR_E_LIMIT, "a reader's id is too long");
	crypto_front_derive(front, reader, key);
	return sr_ok();
}

struct sr_err code_symbols_all(const struct code_stream *s, struct slice reader,
			       const struct code_bias *bias, size_t n, uint16_t *symbols)
{
	uint8_t key[CRYPTO_KEY_LEN];
	uint32_t words[CODE_DRAW_WORDS];
	SR_TRY(code_stream_key(s, reader, key));
	for (size_t at = 0; at < n;) {
		size_t draw = n - at < CODE_DRAW_WORDS ? n - at : CODE_DRAW_WORDS;
		crypto_stream_words(key, at, draw, words);
		for (size_t i = 0; i < draw; i++, at++)
			symbols[at] = (uint16_t)code_bias_symbol(&bias[at], words[i]);
	}
	crypto_wipe(words, sizeof words);
	crypto_wipe(key, sizeof key);
	return sr_ok();
}

size_t code_draw_end(const uint32_t *place, size_t from, size_t n)
{
	uint32_t block = place[from] / BLOCK_WORDS, last = block, blocks_n = 1;
	size_t same = from + 1, to = from + 1;
	for (; to < n; to++) {
		assert(place[to] > place[to - 1]);
		if (place[to] / BLOCK_WORDS - block >= DRAW_BLOCKS)
			break;
		blocks_n += place[to] / BLOCK_WORDS != last;
		last = place[to] / BLOCK_WORDS;
		same += last == block;
	}
	return blocks_n > BLOCKS_FEW ? to : same;
}

struct sr_err code_symbols_seen(const struct code_stream *s, struct slice reader,
				const uint32_t *place, const struct code_bias *bias, size_t n,
				uint16_t *symbols)
{
	uint8_t key[CRYPTO_KEY_LEN];
	uint32_t words[CODE_DRAW_WORDS];
	SR_TRY(code_stream_key(s, reader, key));
	for (size_t at = 0; at < n;) {
		uint32_t first = place[at];
		size_t end = code_draw_end(place, at, n);
		crypto_stream_words(key, first, place[end - 1] - first + 1, words);
		for (; at < end; at++)
			symbols[at] =
				(uint16_t)code_bias_symbol(&bias[at], words[place[at] - first]);
	}
	crypto_wipe(words, sizeof words);
	crypto_wipe(key, sizeof key);
	return sr_ok();
}

struct sr_err code_symbols_layers(const struct code_stream *stream, struct slice reader,
				  const uint32_t *place, const struct code_bias *bias,
				  const size_t layer_n[CODE_LAYERS], uint16_t *symbols)
{
	size_t at = 0;
	for (int l = 0; l < CODE_LAYERS; at += layer_n[l++])
		if (layer_n[l])
			SR_TRY(code_symbols_seen(&stream[l], reader, place + at, bias + at,
						 layer_n[l], symbols + at));
	return sr_ok();
}
