/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto.h"
#include "mls_suite.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(MLS_LEN == crypto_hash_sha256_BYTES, "hash length");
static_assert(MLS_LEN == crypto_scalarmult_curve25519_BYTES, "X25519 key length");
static_assert(MLS_LEN == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "AEAD key length");
static_assert(MLS_NONCE_LEN == crypto_aead_chacha20poly1305_ietf_NPUBBYTES, "nonce length");
static_assert(MLS_TAG_LEN == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag length");
static_assert(MLS_SIGNATURE_LEN == crypto_sign_ed25519_BYTES, "signature length");
static_assert(2 * MLS_LEN == crypto_sign_ed25519_SECRETKEYBYTES, "a seed and its public key");

static struct sr_err sodium_hash(const struct slice *parts, size_t n, uint8_t out[MLS_LEN])
{
	crypto_hash_sha256_state st;
	(void)crypto_hash_sha256_init(&st);
	for (size_t i = 0; i < n; i++)
		(void)crypto_hash_sha256_update(&st, parts[i].ptr, parts[i].len);
	(void)crypto_hash_sha256_final(&st, out);
	return sr_ok();
}

static struct sr_err sodium_hmac(struct slice key, const struct slice *parts, size_t n,
				 uint8_t out[MLS_LEN])
{
	CRYPTO_WIPED(crypto_auth_hmacsha256_state, st);
	(void)crypto_auth_hmacsha256_init(&st, key.len ? key.ptr : (const uint8_t *)"", key.len);
	for (size_t i = 0; i < n; i++)
		(void)crypto_auth_hmacsha256_update(&st, parts[i].ptr, parts[i].len);
	(void)crypto_auth_hmacsha256_final(&st, out);
	return sr_ok();
}

static struct sr_err sodium_seal(const uint8_t *key, const uint8_t nonce[MLS_NONCE_LEN],
				 struct slice aad, struct slice text, uint8_t *out)
{
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, text.ptr, text.len, aad.ptr,
							aad.len, NULL, nonce, key);
	return sr_ok();
}

static struct sr_err sodium_open(const uint8_t *key, const uint8_t nonce[MLS_NONCE_LEN],
				 struct slice aad, struct slice text, uint8_t *out)
{
	/* The library zeroes out if the tag is wrong. */
	if (text.len < MLS_TAG_LEN ||
	    crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, text.ptr, text.len, aad.ptr,
						      aad.len, nonce, key))
		return sr_fail(SR_E_AUTH, "encrypted bytes are damaged, or for another key");
	return sr_ok();
}

static struct sr_err sodium_dh(const uint8_t priv[MLS_LEN], const uint8_t pub[MLS_LEN],
			       uint8_t out[MLS_LEN])
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], shared);
	if (crypto_scalarmult_curve25519(shared, priv, pub))
		return sr_fail(SR_E_INPUT, "a public key of small order");
	memcpy(out, shared, MLS_LEN);
	return sr_ok();
}

static struct sr_err sodium_dh_public(const uint8_t priv[MLS_LEN], uint8_t out[MLS_LEN])
{
	(void)crypto_scalarmult_curve25519_base(out, priv);
	return sr_ok();
}

static struct sr_err sodium_sign(const uint8_t seed[MLS_LEN], const uint8_t pub[MLS_LEN],
				 struct slice text, uint8_t out[MLS_SIGNATURE_LEN])
{
	CRYPTO_WIPED(uint8_t[2 * MLS_LEN], secret);
	memcpy(secret, seed, MLS_LEN);
	memcpy(secret + MLS_LEN, pub, MLS_LEN);
	(void)crypto_sign_ed25519_detached(out, NULL, text.ptr, text.len, secret);
	return sr_ok();
}

static struct sr_err sodium_sign_public(const uint8_t seed[MLS_LEN], uint8_t out[MLS_LEN])
{
	CRYPTO_WIPED(uint8_t[2 * MLS_LEN], secret);
	(void)crypto_sign_ed25519_seed_keypair(out, secret, seed);
	return sr_ok();
}

static struct sr_err sodium_verify(const uint8_t pub[MLS_LEN], struct slice text,
				   struct slice signature)
{
	if (signature.len != MLS_SIGNATURE_LEN ||
	    crypto_sign_ed25519_verify_detached(signature.ptr, text.ptr, text.len, pub))
		return sr_fail(SR_E_AUTH, "a signature is wrong");
	return sr_ok();
}

/* clang-format off */
#define COMMON \
	.hash = sodium_hash, .hmac = sodium_hmac, .dh = sodium_dh, .dh_public = sodium_dh_public, \
	.sign = sodium_sign, .sign_public = sodium_sign_public, .verify = sodium_verify
/* clang-format on */

const struct mls_suite mls_suite_openssl = {
	.id = 1,
	.hpke_id = {(const uint8_t *)"HPKE\0\x20\0\1\0\1", 10},
	.key_len = 16,
	.seal = mls_gcm_seal,
	.open = mls_gcm_open,
	COMMON,
};

const struct mls_suite mls_suite_sodium = {
	.id = 3,
	.hpke_id = {(const uint8_t *)"HPKE\0\x20\0\1\0\3", 10},
	.key_len = crypto_aead_chacha20poly1305_ietf_KEYBYTES,
	.seal = sodium_seal,
	.open = sodium_open,
	COMMON,
};
