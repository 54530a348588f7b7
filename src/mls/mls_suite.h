/* SPDX-License-Identifier: Apache-2.0 */
/* The cipher suites (RFC 9420, 17.1), as one table of functions each. Both have X25519, SHA-256 and
 * Ed25519, so that a secret, a key, a hash and a public key are 32 bytes everywhere, and libsodium
 * for them; they differ in the AEAD, which for suite 1 is OpenSSL's. */
#ifndef MLS_SUITE_H
#define MLS_SUITE_H

#include "err.h"
#include "slice.h"

enum {
	MLS_LEN = 32,           /* a hash, a secret, a MAC, a public key, a private key, a seed */
	MLS_NONCE_LEN = 12,     /* Nn of both AEADs */
	MLS_TAG_LEN = 16,       /* Nt of both AEADs */
	MLS_SIGNATURE_LEN = 64, /* Ed25519 */
};

/* struct mls_message_key: a key and a nonce of the AEAD, for one message; wiped by who asked for
 * it.
 */
struct mls_message_key {
	uint8_t key[MLS_LEN]; /* the suite's key_len bytes, then zeros */
	uint8_t nonce[MLS_NONCE_LEN];
};

/* No function but open, dh and verify fails for the sake of its input. Only seal and open of suite
 * 1 fail otherwise: SR_E_NOMEM, and SR_E_LIMIT for a text or aad of 2^31 bytes or more. Outputs
 * never overlap inputs, but seal and open may work in place (out == text.ptr). crypto_init comes
 * first. */
struct mls_suite {
	uint16_t id;          /* 17.1 */
	struct slice hpke_id; /* RFC 9180, 5.1: "HPKE", and the numbers of KEM, KDF and AEAD */
	size_t key_len;       /* Nk of the AEAD: 16 or 32 */

	/* hash writes SHA-256 of the n parts, one behind the other. */
	SR_MUST struct sr_err (*hash)(const struct slice *parts, size_t n, uint8_t out[MLS_LEN]);
	/* hmac writes HMAC-SHA-256 under key of the n parts. */
	SR_MUST struct sr_err (*hmac)(struct slice key, const struct slice *parts, size_t n,
				      uint8_t out[MLS_LEN]);
	/* seal writes text.len + MLS_TAG_LEN bytes; they are undefined on failure. */
	SR_MUST struct sr_err (*seal)(const uint8_t *key, const uint8_t nonce[MLS_NONCE_LEN],
				      struct slice aad, struct slice text, uint8_t *out);
	/* open writes text.len - MLS_TAG_LEN bytes; SR_E_AUTH, and out zeroed, if the tag is wrong
	 * or missing. */
	SR_MUST struct sr_err (*open)(const uint8_t *key, const uint8_t nonce[MLS_NONCE_LEN],
				      struct slice aad, struct slice text, uint8_t *out);
	/* dh: X25519 (RFC 7748); SR_E_INPUT if the result is all zero (RFC 9180, 7.1.4). */
	SR_MUST struct sr_err (*dh)(const uint8_t priv[MLS_LEN], const uint8_t pub[MLS_LEN],
				    uint8_t out[MLS_LEN]);
	SR_MUST struct sr_err (*dh_public)(const uint8_t priv[MLS_LEN], uint8_t out[MLS_LEN]);
	/* sign: Ed25519 with the 32-byte seed (RFC 8032); pub is the seed's public key. */
	SR_MUST struct sr_err (*sign)(const uint8_t seed[MLS_LEN], const uint8_t pub[MLS_LEN],
				      struct slice text, uint8_t out[MLS_SIGNATURE_LEN]);
	SR_MUST struct sr_err (*sign_public)(const uint8_t seed[MLS_LEN], uint8_t out[MLS_LEN]);
	/* verify: SR_E_AUTH if signature is none of text under pub, or has another length. Without
	 * the cofactor (8032, 5.1.7); refused as well are a pub or an R of small order or not in
	 * its only form, since such a pub has signatures of any text. */
	SR_MUST struct sr_err (*verify)(const uint8_t pub[MLS_LEN], struct slice text,
					struct slice signature);
};

extern const struct mls_suite mls_suite_sodium, mls_suite_openssl; /* suites 3 and 1 */

/* mls_gcm_seal, _open: those of suite 1. */
SR_MUST struct sr_err mls_gcm_seal(const uint8_t *key, const uint8_t nonce[MLS_NONCE_LEN],
				   struct slice aad, struct slice text, uint8_t *out);
SR_MUST struct sr_err mls_gcm_open(const uint8_t *key, const uint8_t nonce[MLS_NONCE_LEN],
				   struct slice aad, struct slice text, uint8_t *out);

/* mls_suite_find returns the table of a suite, NULL if there is none. */
const struct mls_suite *mls_suite_find(uint16_t id);

/* mls_slice makes a slice of MLS_LEN bytes. */
static inline struct slice mls_slice(const uint8_t *bytes)
{
	return slice_make(bytes, MLS_LEN);
}

/* mls_hash writes the hash of one piece. */
SR_MUST struct sr_err mls_hash(const struct mls_suite *s, struct slice text, uint8_t out[MLS_LEN]);

/* mls_mac_check: SR_E_AUTH unless tag is the HMAC of text under key, compared in constant time and
 * with its length. */
SR_MUST struct sr_err mls_mac_check(const struct mls_suite *s, const uint8_t key[MLS_LEN],
				    struct slice text, struct slice tag);

/* mls_key_check refuses a public HPKE key that nothing can be encrypted to: of a wrong length, or
 * of small order. SR_E_INPUT. */
SR_MUST struct sr_err mls_key_check(struct slice key);

/* mls_extract and mls_expand: HKDF-SHA-256 (RFC 5869); info in at most MLS_INFO_MAX parts.
 * SR_E_LIMIT: out_len is more than 255 * 32. out may be prk if out_len is at most MLS_LEN; if it is
 * more, out is zeroed on failure. */
enum { MLS_INFO_MAX = 5 };
SR_MUST struct sr_err mls_extract(const struct mls_suite *s, struct slice salt, struct slice key,
				  uint8_t out[MLS_LEN]);
SR_MUST struct sr_err mls_expand(const struct mls_suite *s, const uint8_t prk[MLS_LEN],
				 const struct slice *info, size_t info_n, uint8_t *out,
				 size_t out_len);

#endif
