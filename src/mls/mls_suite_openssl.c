/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto.h"
#include "mls_suite.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/proverr.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_LEN = 64, /* of SHA-256 */
	KEY_LEN = 16,   /* of AES-128 */
};

/* Looking an algorithm up costs more than using it, so that it is done once. A context of our own
 * is not under the sway of a configuration, and unlike the library's it can be tried again after
 * there was no memory for it. */
struct lib {
	OSSL_LIB_CTX *ctx;
	EVP_MD *sha256;
	EVP_CIPHER *gcm;
};

static void lib_free(struct lib *l)
{
	if (!l)
		return;
	EVP_CIPHER_free(l->gcm);
	EVP_MD_free(l->sha256);
	OSSL_LIB_CTX_free(l->ctx);
	free(l);
}

/* lib returns NULL if there is no memory. Of threads that make one at once, the first is obeyed. */
static const struct lib *lib(void)
{
	static _Atomic(struct lib *) kept;
	struct lib *have = atomic_load(&kept);
	if (have)
		return have;
	struct lib *made = calloc(1, sizeof *made);
	if (made && (made->ctx = OSSL_LIB_CTX_new())) {
		made->sha256 = EVP_MD_fetch(made->ctx, "SHA256", NULL);
		made->gcm = EVP_CIPHER_fetch(made->ctx, "AES-128-GCM", NULL);
	}
	bool whole = made && made->sha256 && made->gcm;
	if (whole && atomic_compare_exchange_strong(&kept, &have, made))
		return made;
	lib_free(made);
	return have;
}

/* outcome also leaves nothing in the library's list of errors. */
static struct sr_err outcome(bool ok)
{
	if (ok)
		return sr_ok();
	ERR_clear_error();
	return sr_nomem();
}

/* digest starts anew in c, so that one context serves both passes of an HMAC. */
static bool digest(EVP_MD_CTX *c, const uint8_t *pad, const struct slice *parts, size_t n,
		   uint8_t out[MLS_LEN])
{
	const struct lib *l = lib();
	bool ok = l && c && EVP_DigestInit_ex2(c, l->sha256, NULL);
	ok = ok && (!pad || EVP_DigestUpdate(c, pad, BLOCK_LEN));
	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(c, parts[i].ptr, parts[i].len);
	return ok && EVP_DigestFinal_ex(c, out, NULL);
}

static struct sr_err openssl_hash(const struct slice *parts, size_t n, uint8_t out[MLS_LEN])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = digest(c, NULL, parts, n, out);
	EVP_MD_CTX_free(c);
	return outcome(ok);
}

/* By hand (RFC 2104): EVP_MAC and HMAC() take three times as long for short texts. */
static struct sr_err openssl_hmac(struct slice key, const struct slice *parts, size_t n,
				  uint8_t out[MLS_LEN])
{
	CRYPTO_WIPED(uint8_t[BLOCK_LEN], pad);
	CRYPTO_WIPED(uint8_t[MLS_LEN], inner);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = true;
	if (key.len > BLOCK_LEN)
		ok = digest(c, NULL, &key, 1, pad);
	else if (key.len)
		memcpy(pad, key.ptr, key.len);
	for (size_t i = 0; i < BLOCK_LEN; i++)
		pad[i] ^= 0x36;
	ok = ok && digest(c, pad, parts, n, inner);
	for (size_t i = 0; i < BLOCK_LEN; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	ok = ok && digest(c, pad, &(struct slice){inner, MLS_LEN}, 1, out);
	EVP_MD_CTX_free(c);
	return outcome(ok);
}

/* gcm does what encryption and decryption share: all but the tag. */
static bool gcm(EVP_CIPHER_CTX *c, bool encrypt, const uint8_t *key, const uint8_t *nonce,
		struct slice aad, struct slice text, uint8_t *out)
{
	const struct lib *l = lib();
	int n;
	return l && c && EVP_CipherInit_ex2(c, l->gcm, key, nonce, encrypt, NULL) &&
	       (!aad.len || EVP_CipherUpdate(c, NULL, &n, aad.ptr, (int)aad.len)) &&
	       (!text.len || EVP_CipherUpdate(c, out, &n, text.ptr, (int)text.len));
}

static struct sr_err check_len(struct slice aad, struct slice text)
{
	bool ok = aad.len <= INT_MAX && text.len <= INT_MAX;
	return ok ? sr_ok() : sr_fail(SR_E_LIMIT, "too many bytes to encrypt or decrypt");
}

static struct sr_err openssl_seal(const uint8_t *key, const uint8_t nonce[MLS_NONCE_LEN],
				  struct slice aad, struct slice text, uint8_t *out)
{
	SR_TRY(check_len(aad, text));
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;
	bool ok = gcm(c, true, key, nonce, aad, text, out) &&
		  EVP_CipherFinal_ex(c, out + text.len, &n) &&
		  EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, MLS_TAG_LEN, out + text.len) > 0;
	EVP_CIPHER_CTX_free(c);
	return outcome(ok);
}

static struct sr_err openssl_open(const uint8_t *key, const uint8_t nonce[MLS_NONCE_LEN],
				  struct slice aad, struct slice text, uint8_t *out)
{
	if (text.len < MLS_TAG_LEN)
		return sr_fail(SR_E_AUTH, "encrypted bytes are too short");
	SR_TRY(check_len(aad, text));
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t tag[MLS_TAG_LEN], none[1];
	int n;
	text.len -= MLS_TAG_LEN;
	memcpy(tag, text.ptr + text.len, MLS_TAG_LEN);
	bool ready = gcm(c, false, key, nonce, aad, text, out) &&
		     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, MLS_TAG_LEN, tag) > 0;
	bool ok = ready && EVP_CipherFinal_ex(c, none, &n);
	EVP_CIPHER_CTX_free(c);
	if (!ok)
		crypto_wipe(out, text.len);
	struct sr_err e = outcome(ok);
	return ready && !ok ? sr_fail(SR_E_AUTH, "encrypted bytes are damaged, or for another key")
			    : e;
}

/* With both halves given, the library does not compute the public one, which would take as long as
 * what the key is for. */
static EVP_PKEY *key_pair(const char *type, const uint8_t priv[MLS_LEN], const uint8_t pub[MLS_LEN])
{
	const OSSL_PARAM halves[] = {
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)pub, MLS_LEN),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, (void *)priv, MLS_LEN),
		OSSL_PARAM_END};
	const struct lib *l = lib();
	EVP_PKEY_CTX *c = l ? EVP_PKEY_CTX_new_from_name(l->ctx, type, NULL) : NULL;
	EVP_PKEY *key = NULL;
	if (c && EVP_PKEY_fromdata_init(c) > 0)
		(void)EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, (OSSL_PARAM *)halves);
	EVP_PKEY_CTX_free(c);
	return key;
}

static struct sr_err openssl_dh(const uint8_t priv[MLS_LEN], const uint8_t pub[MLS_LEN],
				uint8_t out[MLS_LEN])
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], shared);
	/* Of our key the private half is used, of the peer's the public one: one object has both.
	 */
	EVP_PKEY *key = key_pair("X25519", priv, pub);
	EVP_PKEY_CTX *c = key ? EVP_PKEY_CTX_new_from_pkey(lib()->ctx, key, NULL) : NULL;
	size_t len = MLS_LEN;
	bool ready = c && EVP_PKEY_derive_init(c) > 0 && EVP_PKEY_derive_set_peer_ex(c, key, 0) > 0;
	bool ok = ready && EVP_PKEY_derive(c, shared, &len) > 0;
	bool small = ready && !ok &&
		     ERR_GET_REASON(ERR_peek_last_error()) == PROV_R_FAILED_DURING_DERIVATION;
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(key);
	if (ok)
		memcpy(out, shared, MLS_LEN);
	struct sr_err e = outcome(ok);
	return small ? sr_fail(SR_E_INPUT, "a public key of small order") : e;
}

static struct sr_err public_of(const char *type, const uint8_t priv[MLS_LEN], uint8_t out[MLS_LEN])
{
	const struct lib *l = lib();
	EVP_PKEY *key =
		l ? EVP_PKEY_new_raw_private_key_ex(l->ctx, type, NULL, priv, MLS_LEN) : NULL;
	size_t len = MLS_LEN;
	bool ok = key && EVP_PKEY_get_raw_public_key(key, out, &len);
	EVP_PKEY_free(key);
	return outcome(ok);
}

static struct sr_err openssl_dh_public(const uint8_t priv[MLS_LEN], uint8_t out[MLS_LEN])
{
	return public_of("X25519", priv, out);
}

static struct sr_err openssl_sign(const uint8_t seed[MLS_LEN], const uint8_t pub[MLS_LEN],
				  struct slice text, uint8_t out[MLS_SIGNATURE_LEN])
{
	CRYPTO_WIPED(uint8_t[MLS_SIGNATURE_LEN], signature);
	EVP_PKEY *key = key_pair("ED25519", seed, pub);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t len = MLS_SIGNATURE_LEN;
	bool ok = key && c &&
		  EVP_DigestSignInit_ex(c, NULL, NULL, lib()->ctx, NULL, key, NULL) > 0 &&
		  EVP_DigestSign(c, signature, &len, text.ptr, text.len) > 0;
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
	if (ok)
		memcpy(out, signature, MLS_SIGNATURE_LEN);
	return outcome(ok);
}

static struct sr_err openssl_sign_public(const uint8_t seed[MLS_LEN], uint8_t out[MLS_LEN])
{
	return public_of("ED25519", seed, out);
}

/* weak tells whether a point is of small order or its y not below p = 2^255 - 19: what libsodium
 * refuses and OpenSSL does not. Only y counts: x and -x have the same order. */
static bool weak(const uint8_t point[MLS_LEN])
{
	static const uint8_t small[][MLS_LEN] = {
		{0},
		{1},
		{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
		 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
		 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
		{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
		 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
		 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
	};
	uint8_t y[MLS_LEN];
	memcpy(y, point, MLS_LEN);
	y[MLS_LEN - 1] &= 0x7f;
	for (size_t i = 0; i < sizeof small / sizeof *small; i++)
		if (!memcmp(y, small[i], MLS_LEN))
			return true;
	/* small[2] is p - 1: what is larger differs from it in the first byte alone. */
	return y[0] > small[2][0] && !memcmp(y + 1, small[2] + 1, MLS_LEN - 1);
}

static struct sr_err openssl_verify(const uint8_t pub[MLS_LEN], struct slice text,
				    struct slice signature)
{
	struct sr_err wrong = sr_fail(SR_E_AUTH, "a signature is wrong");
	if (signature.len != MLS_SIGNATURE_LEN || weak(pub) || weak(signature.ptr))
		return wrong;
	const struct lib *l = lib();
	EVP_PKEY *key =
		l ? EVP_PKEY_new_raw_public_key_ex(l->ctx, "ED25519", NULL, pub, MLS_LEN) : NULL;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ready =
		key && c && EVP_DigestVerifyInit_ex(c, NULL, NULL, l->ctx, NULL, key, NULL) > 0;
	bool ok =
		ready && EVP_DigestVerify(c, signature.ptr, signature.len, text.ptr, text.len) > 0;
	/* It does not tell a wrong signature from a lack of memory. libsodium needs none. */
	bool refused = ready && !ok && sr_bad(mls_suite_sodium.verify(pub, text, signature));
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
	struct sr_err e = outcome(ok);
	return refused ? wrong : e;
}

const struct mls_suite mls_suite_openssl = {
	.id = 1,
	.aead_id = 1,
	.key_len = KEY_LEN,
	.name = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
	.hash = openssl_hash,
	.hmac = openssl_hmac,
	.seal = openssl_seal,
	.open = openssl_open,
	.dh = openssl_dh,
	.dh_public = openssl_dh_public,
	.sign = openssl_sign,
	.sign_public = openssl_sign_public,
	.verify = openssl_verify,
};
