/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_token.h"

#include "hex.h"

enum { PORTION = 1000, TOKEN_WORDS = WIRE_TOKEN_LEN / 4 };

void relay_token_hash(const uint8_t token[WIRE_TOKEN_LEN], uint8_t out[CRYPTO_HASH_LEN])
{
	struct slice parts[] = {SLICE_LIT("subrosa/1 token"), {token, WIRE_TOKEN_LEN}};
	crypto_digest(parts, sizeof parts / sizeof *parts, out);
}

static struct sr_err make_portion(struct relay_store *s, const uint32_t *words, size_t n,
				  struct build *lines)
{
	uint8_t hashes[PORTION][CRYPTO_HASH_LEN];
	for (size_t i = 0; i < n; i++) {
		const uint8_t *token = (const uint8_t *)(words + i * TOKEN_WORDS);
		relay_token_hash(token, hashes[i]);
		hex_write(lines, slice_make(token, WIRE_TOKEN_LEN));
		build_str(lines, "\n");
	}
	return s->ops->tokens(s, hashes[0], n);
}

static struct sr_err make(struct relay_store *s, const struct crypto_key *key, size_t n,
			  struct build *lines)
{
	CRYPTO_WIPED(uint32_t[PORTION * TOKEN_WORDS], words);
	for (size_t done = 0; done < n;) {
		size_t now = n - done < PORTION ? n - done : PORTION;
		crypto_stream_words(key->bytes, done * TOKEN_WORDS, now * TOKEN_WORDS, words);
		SR_TRY(make_portion(s, words, now, lines));
		done += now;
	}
	return sr_ok();
}

struct sr_err relay_token_make(struct relay_store *s, size_t n, struct build *lines)
{
	struct crypto_key key = {NULL};
	struct slice all;
	if (n > RELAY_TOKENS_MAX)
		return sr_fail(SR_E_LIMIT, "too many tokens at a time");
	SR_TRY(crypto_key_random(&key));
	struct sr_err e = make(s, &key, n, lines);
	crypto_key_release(&key);
	return sr_bad(e) ? e : build_done(lines, &all);
}
