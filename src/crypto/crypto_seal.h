/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes sealed under a key that comes from a passphrase, and guarded memory for the passphrase.
 *
 * Sources: Argon2id version 1.3 with one lane (RFC 9106); XChaCha20-Poly1305
 * (draft-irtf-cfrg-xchacha-03), whose nonces are long enough to be drawn at random. */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "crypto.h"

enum { CRYPTO_SALT_LEN = 16, CRYPTO_NONCE_LEN = 24, CRYPTO_TAG_LEN = 16 };

/* What libsodium calls moderate, and the least that Argon2id takes. */
enum {
	CRYPTO_ARGON_PASSES = 3,
	CRYPTO_ARGON_MEMORY_KIB = 256 * 1024,
	CRYPTO_ARGON_MEMORY_KIB_MIN = 8,
};

/* struct crypto_secret: secret bytes in guarded memory like that of struct crypto_key. */
struct crypto_secret {
	uint8_t *bytes;
	size_t len;
};

/* crypto_secret_alloc fills an empty secret with len zeros; SR_E_NOMEM. */
SR_MUST struct sr_err crypto_secret_alloc(struct crypto_secret *s, size_t len);

/* crypto_secret_release wipes and frees; s is empty. {NULL} is empty as well. */
void crypto_secret_release(struct crypto_secret *s);

/* crypto_random fills len public bytes: salts and nonces. */
void crypto_random(void *ptr, size_t len);

/* crypto_key_from_passphrase fills an empty key with Argon2id of a passphrase. passes is at least
 * 1, memory_kib at least CRYPTO_ARGON_MEMORY_KIB_MIN (asserted); the caller bounds what a file may
 * ask for. SR_E_NOMEM. */
SR_MUST struct sr_err crypto_key_from_passphrase(struct crypto_key *key, struct slice passphrase,
						 const uint8_t salt[CRYPTO_SALT_LEN],
						 uint32_t passes, uint32_t memory_kib);

/* crypto_seal encrypts len bytes in place, writes their tag behind them (CRYPTO_TAG_LEN bytes), and
 * binds both to header, which stays readable. A nonce serves once under a key. */
void crypto_seal(const struct crypto_key *key, const uint8_t nonce[CRYPTO_NONCE_LEN],
		 struct slice header, uint8_t *bytes, size_t len);

/* crypto_unseal writes to out, which has room for len bytes, what len sealed bytes and the tag
 * behind them say: SR_E_AUTH if they, the header, the nonce or the key are others; out is then
 * without meaning. out may be sealed itself. */
SR_MUST struct sr_err crypto_unseal(const struct crypto_key *key,
				    const uint8_t nonce[CRYPTO_NONCE_LEN], struct slice header,
				    const uint8_t *sealed, size_t len, uint8_t *out);

#endif
