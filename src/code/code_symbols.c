/* SPDX-License-Identifier: Apache-2.0 */
#include "code_symbols.h"

#include <assert.h>
#include <string.h>

/* Words drawn at a time, and the gap between two places from which on a new draw is cheaper than
 * drawing the words between. */
enum { DRAW_WORDS = 240, GAP_WORDS = 128 };

static_assert(LIMIT_WORDINGS <= UINT16_MAX + 1, "a symbol fits 16 bits");

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
	uint32_t words[DRAW_WORDS];
	SR_TRY(code_stream_key(s, reader, key));
	for (size_t at = 0; at < n;) {
		size_t draw = n - at < DRAW_WORDS ? n - at : DRAW_WORDS;
		crypto_stream_words(key, at, draw, words);
		for (size_t i = 0; i < draw; i++, at++)
			symbols[at] = (uint16_t)code_bias_symbol(&bias[at], words[i]);
	}
	crypto_wipe(words, sizeof words);
	crypto_wipe(key, sizeof key);
	return sr_ok();
}

/* near_n returns how many of the n places from the first on are drawn together. */
static size_t near_n(const uint32_t *place, size_t n)
{
	size_t k = 1;
	for (; k < n; k++) {
		assert(place[k] > place[k - 1]);
		if (place[k] - place[0] >= DRAW_WORDS || place[k] - place[k - 1] > GAP_WORDS)
			break;
	}
	return k;
}

struct sr_err code_symbols_seen(const struct code_stream *s, struct slice reader,
				const uint32_t *place, const struct code_bias *bias, size_t n,
				uint16_t *symbols)
{
	uint8_t key[CRYPTO_KEY_LEN];
	uint32_t words[DRAW_WORDS];
	SR_TRY(code_stream_key(s, reader, key));
	for (size_t at = 0; at < n;) {
		uint32_t first = place[at];
		size_t end = at + near_n(place + at, n - at);
		crypto_stream_words(key, first, place[end - 1] - first + 1, words);
		for (; at < end; at++)
			symbols[at] =
				(uint16_t)code_bias_symbol(&bias[at], words[place[at] - first]);
	}
	crypto_wipe(words, sizeof words);
	crypto_wipe(key, sizeof key);
	return sr_ok();
}
