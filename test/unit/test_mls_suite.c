/* SPDX-License-Identifier: Apache-2.0 */
/* What the suites refuse, and that they compute what OpenSSL does, by other ways than ours. That
 * this is the right thing is the business of vectors/vec_mls_crypto.c. */
#include "crypto.h"
#include "hex.h"
#include "mls_hpke.h"
#include "mls_label.h"
#include "test.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct mls_suite *const both[] = {&mls_suite_openssl, &mls_suite_sodium};
static uint64_t seed_now = 20261126;

#define EACH_SUITE(s)                                                                              \
	for (const struct mls_suite *const *at_ = both, *s; at_ < both + 2 && (s = *at_, true);    \
	     at_++)

static void fill(uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)test_random(&seed_now);
}

static struct slice all_of(const uint8_t p[MLS_LEN])
{
	return slice_make(p, MLS_LEN);
}

static bool is_all(const uint8_t *p, size_t len, uint8_t byte)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != byte)
			return false;
	return true;
}

/* unhex reads 32 bytes. */
static void unhex(const char *text, uint8_t out[MLS_LEN])
{
	CHECK(hex_read(slice_str(text), out, MLS_LEN), "%s", text);
}

/* point reads 32 bytes of which the highest bit, not part of the number in them, is set or not. */
static void point(const char *text, bool high, uint8_t out[MLS_LEN])
{
	unhex(text, out);
	if (high)
		out[MLS_LEN - 1] |= 0x80;
}

static void found_by_number(void)
{
	for (unsigned id = 0; id <= UINT16_MAX; id++) {
		const struct mls_suite *s = mls_suite_find((uint16_t)id);
		CHECK((s != NULL) == (id == 1 || id == 3), "suite %u", id);
		CHECK(!s || s->id == id, "suite %u", id);
	}
}

static void hashes_agree(void)
{
	uint8_t bytes[400], a[MLS_LEN], b[MLS_LEN], key[200];
	fill(bytes, sizeof bytes);
	fill(key, sizeof key);
	EACH_SUITE(s)
	for (size_t len = 0; len <= sizeof bytes; len++) {
		size_t cut = test_random(&seed_now) % (len + 1), key_len = len % (sizeof key + 1);
		const struct slice whole = {bytes, len};
		const struct slice parts[] = {{bytes, cut}, {NULL, 0}, {bytes + cut, len - cut}};
		const struct slice k = {key_len ? key : NULL, key_len};
		CHECK(EVP_Digest(bytes, len, a, NULL, EVP_sha256(), NULL) == 1 &&
			      !sr_bad(s->hash(parts, 3, b)) && !memcmp(a, b, MLS_LEN) &&
			      !sr_bad(mls_hash(s, whole, b)) && !memcmp(a, b, MLS_LEN),
		      "hash of %zu bytes", len);
		CHECK(HMAC(EVP_sha256(), key, (int)key_len, bytes, len, a, NULL) &&
			      !sr_bad(s->hmac(k, parts, 3, b)) && !memcmp(a, b, MLS_LEN),
		      "HMAC of %zu bytes under %zu", len, key_len);
	}
}

/* RFC 5869, A.2. */
static void hkdf_is_that_of_the_rfc(void)
{
	uint8_t bytes[0x100], want_prk[MLS_LEN], want[82], prk[MLS_LEN], out[82];
	const struct slice info = {bytes + 0xb0, 80},
			   parts[] = {{bytes + 0xb0, 50}, {NULL, 0}, {bytes + 0xb0 + 50, 30}};
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	unhex("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244", want_prk);
	CHECK(hex_read(SLICE_LIT("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
				 "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
				 "cc30c58179ec3e87c14c01d5c1f3434f1d87"),
		       want, sizeof want),
	      "OKM");
	EACH_SUITE(s)
	{
		CHECK(!sr_bad(mls_extract(s, slice_make(bytes + 0x60, 80), slice_make(bytes, 80),
					  prk)) &&
			      !memcmp(prk, want_prk, sizeof prk),
		      "PRK of suite %d", s->id);
		CHECK(!sr_bad(mls_expand(s, prk, &info, 1, out, sizeof out)) &&
			      !memcmp(out, want, sizeof out),
		      "OKM of suite %d", s->id);
		CHECK(!sr_bad(mls_expand(s, prk, parts, 3, out, sizeof out)) &&
			      !memcmp(out, want, sizeof out),
		      "OKM of suite %d by parts", s->id);
	}
}

static void expand_to_any_length(void)
{
	enum { MAX = 255 * MLS_LEN };
	static uint8_t all[MAX], out[MAX + 2];
	const struct slice info = SLICE_LIT("info");
	uint8_t prk[MLS_LEN];
	fill(prk, sizeof prk);
	EACH_SUITE(s)
	{
		CHECK(!sr_bad(mls_expand(s, prk, &info, 1, all, MAX)), "the most");
		for (size_t len = 0; len < MAX; len += len < 100 ? 1 : 997) {
			memset(out, 0xee, len + 1);
			CHECK(!sr_bad(mls_expand(s, prk, &info, 1, out, len)) &&
				      !memcmp(out, all, len) && out[len] == 0xee,
			      "%zu bytes", len);
		}
		memset(out, 0xee, sizeof out);
		struct sr_err e = mls_expand(s, prk, &info, 1, out, MAX + 1);
		CHECK(e.code == SR_E_LIMIT && is_all(out, sizeof out, 0xee), "one too many");
		e = mls_expand_label(s, prk, MLS_L("x"), SLICE_LIT(""), out, MAX + 1);
		CHECK(e.code == SR_E_LIMIT && is_all(out, sizeof out, 0xee), "with a label");
	}
}

static void macs_are_refused(void)
{
	uint8_t key[MLS_LEN], tag[2 * MLS_LEN];
	const struct slice text = SLICE_LIT("text");
	fill(key, sizeof key);
	EACH_SUITE(s)
	{
		CHECK(!sr_bad(s->hmac(all_of(key), &text, 1, tag)), "tag");
		memcpy(tag + MLS_LEN, tag, MLS_LEN);
		for (size_t len = 0; len <= sizeof tag; len++)
			CHECK(mls_mac_check(s, key, text, slice_make(tag, len)).code ==
				      (len == MLS_LEN ? SR_OK : SR_E_AUTH),
			      "the first %zu bytes", len);
		for (size_t bit = 0; bit < 8 * MLS_LEN; bit++) {
			tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK(mls_mac_check(s, key, text, all_of(tag)).code == SR_E_AUTH, "bit %zu",
			      bit);
			tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		CHECK(mls_mac_check(s, key, SLICE_LIT("texu"), all_of(tag)).code == SR_E_AUTH,
		      "another text");
	}
}

static void sealed_of_any_length(void)
{
	uint8_t key[MLS_LEN], nonce[MLS_NONCE_LEN], text[100], aad[100], sealed[120], out[120];
	fill(key, sizeof key);
	fill(nonce, sizeof nonce);
	fill(text, sizeof text);
	fill(aad, sizeof aad);
	EACH_SUITE(s)
	for (size_t len = 0; len <= sizeof text; len++) {
		struct slice in = {len ? text : NULL, len}, with = {len % 7 ? aad : NULL, len % 7};
		memset(sealed, 0xee, sizeof sealed);
		CHECK(!sr_bad(s->seal(key, nonce, with, in, sealed)) &&
			      sealed[len + MLS_TAG_LEN] == 0xee,
		      "seal %zu", len);
		memset(out, 0xee, sizeof out);
		struct slice box = {sealed, len + MLS_TAG_LEN};
		CHECK(!sr_bad(s->open(key, nonce, with, box, out)) && !memcmp(out, text, len) &&
			      out[len] == 0xee,
		      "open %zu", len);
		memcpy(out, text, len);
		CHECK(!sr_bad(s->seal(key, nonce, with, slice_make(out, len), out)) &&
			      !memcmp(out, sealed, box.len),
		      "seal %zu in place", len);
		CHECK(!sr_bad(s->open(key, nonce, with, slice_make(out, box.len), out)) &&
			      !memcmp(out, text, len),
		      "open %zu in place", len);
	}
}

static void refused(const struct mls_suite *s, const uint8_t *key, const uint8_t *nonce,
		    struct slice aad, struct slice box, const char *why)
{
	uint8_t out[64];
	size_t len = box.len < MLS_TAG_LEN ? 0 : box.len - MLS_TAG_LEN;
	memset(out, 0xee, sizeof out);
	CHECK(s->open(key, nonce, aad, box, out).code == SR_E_AUTH, "suite %d: %s", s->id, why);
	CHECK(is_all(out, len, 0) && is_all(out + len, sizeof out - len, 0xee),
	      "suite %d: bytes of what was refused for %s", s->id, why);
}

static void sealed_is_refused(void)
{
	enum { LEN = 40 };
	uint8_t key[MLS_LEN], nonce[MLS_NONCE_LEN], text[LEN], sealed[LEN + MLS_TAG_LEN + 1];
	const struct slice box = {sealed, LEN + MLS_TAG_LEN}, aad = SLICE_LIT("aad");
	fill(key, sizeof key);
	fill(nonce, sizeof nonce);
	fill(text, sizeof text);
	memset(sealed, 0, sizeof sealed);
	EACH_SUITE(s)
	{
		CHECK(!sr_bad(s->seal(key, nonce, aad, slice_make(text, LEN), sealed)), "seal");
		for (size_t len = 0; len <= sizeof sealed; len++)
			if (len != box.len)
				refused(s, key, nonce, aad, slice_make(sealed, len), "its length");
		for (size_t bit = 0; bit < 8 * box.len; bit++) {
			sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
			refused(s, key, nonce, aad, box, "a flipped bit");
			sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		refused(s, key, nonce, SLICE_LIT("aae"), box, "other aad");
		refused(s, key, nonce, SLICE_LIT("aa"), box, "shorter aad");
		refused(s, key, nonce, SLICE_LIT(""), box, "no aad");
		nonce[MLS_NONCE_LEN - 1] ^= 1;
		refused(s, key, nonce, aad, box, "another nonce");
		nonce[MLS_NONCE_LEN - 1] ^= 1;
		key[s->key_len - 1] ^= 1;
		refused(s, key, nonce, aad, box, "another key");
		key[s->key_len - 1] ^= 1;
		refused(s, key, nonce, aad, slice_make(sealed + LEN, MLS_TAG_LEN), "the tag alone");
		CHECK(!sr_bad(s->open(key, nonce, aad, box, text)), "nothing was changed");
	}
}

/* Public keys of X25519 whose product with any private key is zero: RFC 7748 has u modulo 2^255 -
 * 19 and without its highest bit, so that each has more than one form. */
static const char *const small_order_u[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};
enum { SMALL_U_N = sizeof small_order_u / sizeof *small_order_u };

/* openssl_pub and openssl_dh: X25519 or the public key of Ed25519, by OpenSSL. */
static bool openssl_pub(int type, const uint8_t priv[MLS_LEN], uint8_t out[MLS_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(type, NULL, priv, MLS_LEN);
	size_t len = MLS_LEN;
	bool ok = key && EVP_PKEY_get_raw_public_key(key, out, &len);
	EVP_PKEY_free(key);
	return ok;
}

static bool openssl_dh(const uint8_t priv[MLS_LEN], const uint8_t pub[MLS_LEN],
		       uint8_t out[MLS_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, priv, MLS_LEN);
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, pub, MLS_LEN);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	size_t len = MLS_LEN;
	bool ok = peer && c && EVP_PKEY_derive_init(c) > 0 &&
		  EVP_PKEY_derive_set_peer_ex(c, peer, 0) > 0 && EVP_PKEY_derive(c, out, &len) > 0;
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(key);
	EVP_PKEY_free(peer);
	ERR_clear_error();
	return ok;
}

static void dh_agrees(void)
{
	const struct mls_suite *s = both[0];
	for (int round = 0; round < 40; round++) {
		uint8_t priv[MLS_LEN], pub[MLS_LEN], a[MLS_LEN], b[MLS_LEN], peer[MLS_LEN];
		fill(priv, sizeof priv);
		fill(pub, sizeof pub);
		/* Also the forms of u that are not below 2^255 - 19: 2 and more, plus that. */
		if (round >= 30) {
			memset(pub, 0xff, sizeof pub);
			pub[0] = (uint8_t)(0xef + round - 30);
			pub[31] = round % 2 ? 0x7f : 0xff;
		}
		CHECK(openssl_dh(priv, pub, a) && !sr_bad(s->dh(priv, pub, b)) &&
			      !memcmp(a, b, MLS_LEN),
		      "round %d", round);
		CHECK(openssl_pub(EVP_PKEY_X25519, priv, peer) && !sr_bad(s->dh_public(priv, b)) &&
			      !memcmp(peer, b, MLS_LEN),
		      "public key of round %d", round);
		CHECK(!sr_bad(s->dh_public(pub, b)) && !sr_bad(s->dh(priv, b, a)) &&
			      openssl_dh(pub, peer, b) && !memcmp(a, b, MLS_LEN),
		      "both ways in round %d", round);
	}
}

/* hashed is the hash of an info, until the next one. */
static const uint8_t *hashed(const struct mls_suite *s, struct slice info)
{
	static uint8_t hash[MLS_LEN];
	CHECK(!sr_bad(mls_hpke_info(s, info, hash)), "the hash of an info");
	return hash;
}

/* encrypt_to hashes and encrypts. */
static struct sr_err encrypt_to(const struct mls_suite *s, const uint8_t pub[MLS_LEN],
				struct slice label, struct slice context, struct slice text,
				const uint8_t ikm[MLS_LEN], struct arena *a,
				struct mls_ciphertext *out)
{
	uint8_t hash[MLS_LEN];
	SR_TRY(mls_encrypt_info(s, label, context, hash));
	return mls_encrypt(s, pub, hash, text, ikm, a, out);
}

static void dh_of_small_order(void)
{
	uint8_t priv[MLS_LEN], pub[MLS_LEN], out[MLS_LEN], enc[MLS_LEN], key[MLS_LEN];
	struct mls_hpke h;
	struct mls_ciphertext sealed;
	struct arena arena = {0};
	memset(out, 0xee, sizeof out);
	memset(enc, 0xee, sizeof enc);
	fill(priv, sizeof priv);
	EACH_SUITE(s)
	for (size_t i = 0; i < 2 * SMALL_U_N; i++) {
		point(small_order_u[i / 2], i % 2, pub);
		const char *why = small_order_u[i / 2];
		CHECK(s->dh(priv, pub, out).code == SR_E_INPUT && !openssl_dh(priv, pub, key), "%s",
		      why);
		CHECK(mls_key_check(mls_slice(pub)).code == SR_E_INPUT, "%s on arrival", why);
		CHECK(mls_hpke_send(s, pub, hashed(s, SLICE_LIT("info")), NULL, priv, enc, &h)
				      .code == SR_E_INPUT,
		      "HPKE to %s", why);
		CHECK(mls_hpke_receive(s, priv, priv, all_of(pub), hashed(s, SLICE_LIT("info")),
				       NULL, &h)
				      .code == SR_E_INPUT,
		      "HPKE from %s", why);
		CHECK(encrypt_to(s, pub, MLS_L("l"), SLICE_LIT("c"), SLICE_LIT("t"), priv, &arena,
				 &sealed)
				      .code == SR_E_INPUT,
		      "to %s", why);
		CHECK(mls_decrypt(s, priv, priv, MLS_L("l"), SLICE_LIT("c"), all_of(pub),
				  SLICE_LIT("12345678901234567"), out)
				      .code == SR_E_INPUT,
		      "from %s", why);
	}
	CHECK(is_all(out, sizeof out, 0xee) && is_all(enc, sizeof enc, 0xee), "nothing written");
	arena_release(&arena);
}

/* What is refused on arrival is what cannot be encrypted to, and nothing else: every key but one
 * bit from a point of small order, and every first byte in all forms of those. */
static void keys_on_arrival(void)
{
	uint8_t priv[MLS_LEN], pub[MLS_LEN], out[MLS_LEN];
	fill(priv, sizeof priv);
	for (size_t i = 0; i < 2 * SMALL_U_N; i++)
		for (size_t bit = 0; bit < 8 * (size_t)MLS_LEN; bit++) {
			point(small_order_u[i / 2], i % 2, pub);
			pub[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK(mls_key_check(mls_slice(pub)).code ==
				      both[1]->dh(priv, pub, out).code,
			      "%s, bit %zu", small_order_u[i / 2], bit);
		}
	for (int first = 0; first < 0x100; first++)
		for (int rest = 0; rest < 4; rest++) {
			memset(pub, rest % 2 ? 0xff : 0, sizeof pub);
			pub[0] = (uint8_t)first;
			pub[MLS_LEN - 1] ^= rest / 2 ? 0x80 : 0;
			CHECK(mls_key_check(mls_slice(pub)).code ==
				      both[1]->dh(priv, pub, out).code,
			      "%d, %d", first, rest);
		}
	for (size_t len = 0; len < MLS_LEN; len++)
		CHECK(mls_key_check(slice_make(priv, len)).code == SR_E_INPUT, "%zu bytes", len);
	CHECK(!sr_bad(mls_key_check(mls_slice(priv))), "another key");
}

/* verdict: either yes or no, whatever the bytes. */
static bool verdict(const uint8_t pub[MLS_LEN], struct slice text, struct slice signature,
		    const char *what)
{
	enum sr_code code = both[0]->verify(pub, text, signature).code;
	CHECK(code == SR_OK || code == SR_E_AUTH, "%s: %d", what, code);
	return code == SR_OK;
}

/* openssl_verdict: OpenSSL's, which takes keys and R of small order. */
static bool openssl_verdict(const uint8_t pub[MLS_LEN], struct slice text, struct slice signature)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub, MLS_LEN);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = key && c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, key) > 0 &&
		  EVP_DigestVerify(c, signature.ptr, signature.len, text.ptr, text.len) > 0;
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

static bool openssl_sign(const uint8_t seed[MLS_LEN], struct slice text, uint8_t out[64])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, MLS_LEN);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t len = 64;
	bool ok = key && c && EVP_DigestSignInit(c, NULL, NULL, NULL, key) > 0 &&
		  EVP_DigestSign(c, out, &len, text.ptr, text.len) > 0;
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
	return ok;
}

static void signatures_agree(void)
{
	uint8_t seed[MLS_LEN], pub[MLS_LEN], other[MLS_LEN], text[100], a[64], b[64];
	const struct mls_suite *s = both[0];
	for (size_t len = 0; len < sizeof text; len += 11) {
		fill(seed, sizeof seed);
		fill(text, sizeof text);
		struct slice message = {len ? text : NULL, len};
		CHECK(openssl_pub(EVP_PKEY_ED25519, seed, pub) &&
			      !sr_bad(s->sign_public(seed, other)) && !memcmp(pub, other, MLS_LEN),
		      "public key, %zu", len);
		CHECK(openssl_sign(seed, message, a) && !sr_bad(s->sign(seed, pub, message, b)) &&
			      !memcmp(a, b, sizeof a),
		      "signature of %zu bytes", len);
		CHECK(verdict(pub, message, slice_make(a, sizeof a), "right"), "%zu bytes", len);
	}
}

static void signatures_are_refused(void)
{
	uint8_t seed[MLS_LEN], pub[MLS_LEN], text[8], sig[65] = {0};
	const struct slice message = {text, sizeof text}, whole = {sig, 64};
	fill(seed, sizeof seed);
	fill(text, sizeof text);
	CHECK(!sr_bad(both[1]->sign_public(seed, pub)) &&
		      !sr_bad(both[1]->sign(seed, pub, message, sig)),
	      "sign");
	for (size_t len = 0; len <= sizeof sig; len++)
		CHECK(verdict(pub, message, slice_make(sig, len), "length") == (len == 64), "%zu",
		      len);
	struct {
		uint8_t *bytes;
		size_t len;
	} parts[] = {{sig, 64}, {pub, sizeof pub}, {text, sizeof text}};
	for (size_t part = 0; part < 3; part++)
		for (size_t bit = 0; bit < 8 * parts[part].len; bit++) {
			parts[part].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK(!verdict(pub, message, whole, "flipped"), "%zu, bit %zu", part, bit);
			parts[part].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	CHECK(verdict(pub, message, whole, "right"), "nothing was changed");
}

/* The order of the base point (RFC 8032, 5.1). */
static const uint8_t order[MLS_LEN] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
				       0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
				       0,    0,    0,    0,    0,    0,    0,    0,
				       0,    0,    0,    0,    0,    0,    0,    0x10};

/* A signature stays valid in arithmetic if S grows by the order: only one S may be accepted. */
static void s_beyond_the_order(void)
{
	uint8_t seed[MLS_LEN], pub[MLS_LEN], sig[64];
	const struct slice text = SLICE_LIT("text");
	fill(seed, sizeof seed);
	CHECK(!sr_bad(both[1]->sign_public(seed, pub)) &&
		      !sr_bad(both[1]->sign(seed, pub, text, sig)),
	      "sign");
	for (int k = 1; k <= 14; k++) {
		unsigned carry = 0;
		for (size_t i = 0; i < MLS_LEN; i++) {
			carry += sig[32 + i] + order[i];
			sig[32 + i] = (uint8_t)carry;
			carry >>= 8;
		}
		CHECK(!carry, "%d times the order still fits", k);
		CHECK(!verdict(pub, text, slice_make(sig, 64), "S"), "S + %d L", k);
	}
	memcpy(sig + 32, order, MLS_LEN);
	CHECK(!verdict(pub, text, slice_make(sig, 64), "S"), "S = L");
}

/* Points of Ed25519 of order 1, 2, 4 or 8, by y; with x and -x there are eight. The last two are
 * the first ones in a form with y not below p. */
static const char *const small_order_y[] = {
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};
enum { SMALL_Y_N = sizeof small_order_y / sizeof *small_order_y, SMALL_Y_OWN = 5 };

/* challenge: H(R, A, M) of RFC 8032, 5.1.7. */
static void challenge(const uint8_t r[MLS_LEN], const uint8_t pub[MLS_LEN], struct slice text,
		      uint8_t out[MLS_LEN])
{
	uint8_t h[64];
	crypto_hash_sha512_state st;
	(void)crypto_hash_sha512_init(&st);
	(void)crypto_hash_sha512_update(&st, r, MLS_LEN);
	(void)crypto_hash_sha512_update(&st, pub, MLS_LEN);
	(void)crypto_hash_sha512_update(&st, text.ptr, text.len);
	(void)crypto_hash_sha512_final(&st, h);
	crypto_core_ed25519_scalar_reduce(out, h);
}

/* forge signs as somebody who may choose everything: with secret scalar a, nonce scalar r, a public
 * key and an R that need not be theirs. */
static void forge(const uint8_t a[MLS_LEN], const uint8_t r[MLS_LEN], const uint8_t pub[MLS_LEN],
		  const uint8_t point_r[MLS_LEN], struct slice text, uint8_t out[64])
{
	uint8_t h[MLS_LEN];
	challenge(point_r, pub, text, h);
	crypto_core_ed25519_scalar_mul(h, h, a);
	memcpy(out, point_r, MLS_LEN);
	crypto_core_ed25519_scalar_add(out + MLS_LEN, h, r);
}

static void scalar_and_point(uint8_t scalar[MLS_LEN], uint8_t point[MLS_LEN])
{
	uint8_t wide[64];
	fill(wide, sizeof wide);
	crypto_core_ed25519_scalar_reduce(scalar, wide);
	CHECK(!crypto_scalarmult_ed25519_base_noclamp(point, scalar), "a point");
}

/* Under a key of small order R = rB, S = r is a signature of every text, or of one in 2, 4 or 8. */
static void signature_keys_of_small_order(void)
{
	static const uint8_t zero[MLS_LEN];
	uint8_t r[MLS_LEN], point_r[MLS_LEN], pub[MLS_LEN], sig[64], text[1];
	scalar_and_point(r, point_r);
	for (size_t i = 0; i < 2 * SMALL_Y_N; i++) {
		point(small_order_y[i / 2], i % 2, pub);
		for (int n = 0; n < 48; n++) {
			text[0] = (uint8_t)n;
			forge(zero, r, pub, point_r, slice_make(text, 1), sig);
			CHECK(!verdict(pub, slice_make(text, 1), slice_make(sig, 64), "forged"),
			      "%s, %zu, text %d", small_order_y[i / 2], i % 2, n);
		}
	}
	/* Other forms of y that is not below p. */
	memset(pub, 0xff, sizeof pub);
	for (int low = 0xed; low <= 0xff; low++)
		for (int top = 0x7f; top <= 0xff; top += 0x80) {
			pub[0] = (uint8_t)low;
			pub[31] = (uint8_t)top;
			forge(zero, r, pub, point_r, slice_make(text, 1), sig);
			CHECK(!verdict(pub, slice_make(text, 1), slice_make(sig, 64), "y"), "%x",
			      (unsigned)low);
		}
}

/* With r = 0 a signer reaches R of small order; the equation holds for the first of these. */
static void signatures_with_r_of_small_order(void)
{
	static const uint8_t zero[MLS_LEN];
	uint8_t a[MLS_LEN], pub[MLS_LEN], point_r[MLS_LEN], sig[64];
	const struct slice text = SLICE_LIT("text");
	scalar_and_point(a, pub);
	for (size_t i = 0; i < 2 * SMALL_Y_N; i++) {
		point(small_order_y[i / 2], i % 2, point_r);
		forge(a, zero, pub, point_r, text, sig);
		CHECK(!verdict(pub, text, slice_make(sig, 64), "R"), "%s", small_order_y[i / 2]);
	}
}

/* A key that is a good one plus a point of small order is not refused as such: without the cofactor
 * the equation holds where the challenge cancels that point. OpenSSL must say so of the same texts.
 */
static void signature_keys_of_mixed_order(void)
{
	uint8_t a[MLS_LEN], r[MLS_LEN], pub[MLS_LEN], point_r[MLS_LEN], t[MLS_LEN], sum[MLS_LEN];
	uint8_t sig[64], text[1];
	scalar_and_point(a, pub);
	scalar_and_point(r, point_r);
	for (size_t i = 0; i < SMALL_Y_OWN; i++) {
		int accepted = 0;
		unhex(small_order_y[i], t);
		CHECK(!crypto_core_ed25519_add(sum, pub, t), "sum");
		for (int n = 0; n < 96; n++) {
			text[0] = (uint8_t)n;
			const struct slice one = {text, 1}, whole = {sig, 64};
			forge(a, r, sum, point_r, one, sig);
			bool yes = verdict(sum, one, whole, "mixed");
			CHECK(yes == openssl_verdict(sum, one, whole), "text %d", n);
			accepted += yes;
		}
		CHECK(accepted > 0 && (accepted < 96) == (i > 0), "%d of 96 with %s", accepted,
		      small_order_y[i]);
		CHECK(!crypto_core_ed25519_add(sum, point_r, t), "sum");
		forge(a, r, pub, sum, slice_make(text, 1), sig);
		CHECK(verdict(pub, slice_make(text, 1), slice_make(sig, 64), "R") == (i == 0),
		      "R with %s", small_order_y[i]);
	}
}

/* The table of points is what it says: eight times each is the neutral one. */
static void points_of_small_order(void)
{
	uint8_t p[MLS_LEN], one[MLS_LEN];
	unhex(small_order_y[0], one);
	for (size_t i = 0; i < 2 * SMALL_Y_OWN; i++) {
		point(small_order_y[i / 2], i > 3 && i % 2, p); /* of the first two, x is 0 */
		for (int twice = 0; twice < 3; twice++)
			CHECK(!crypto_core_ed25519_add(p, p, p), "%s", small_order_y[i / 2]);
		CHECK(!memcmp(p, one, MLS_LEN), "%s", small_order_y[i / 2]);
	}
}

static void hpke_agrees(void)
{
	const struct mls_suite *s = both[0];
	for (size_t round = 0; round < 20; round++) {
		uint8_t ikm[MLS_LEN], priv[MLS_LEN], pub[MLS_LEN], a[MLS_LEN], b[MLS_LEN];
		uint8_t bytes[60];
		struct mls_hpke x, y;
		fill(bytes, sizeof bytes);
		fill(ikm, sizeof ikm);
		const struct slice info = {bytes, round};
		const struct mls_hpke_psk psk = {{bytes, round % 2 ? 40 : 0},
						 {bytes + 40, round % 2 ? 20 : 0}};
		CHECK(!sr_bad(mls_hpke_derive(s, info, a, pub)) &&
			      !sr_bad(mls_hpke_derive(s, info, priv, b)) &&
			      !memcmp(a, priv, MLS_LEN) && !memcmp(b, pub, MLS_LEN),
		      "key pair %zu", round);
		CHECK(!sr_bad(mls_hpke_send(s, pub, hashed(s, info), &psk, ikm, a, &x)) &&
			      !sr_bad(mls_hpke_receive(s, priv, pub, all_of(a), hashed(s, info),
						       &psk, &y)),
		      "round %zu", round);
		CHECK(!memcmp(x.first.key, y.first.key, s->key_len) &&
			      !memcmp(x.first.nonce, y.first.nonce, MLS_NONCE_LEN) &&
			      !memcmp(x.exporter, y.exporter, MLS_LEN),
		      "key schedule %zu", round);
	}
}

static void hpke_refuses(void)
{
	uint8_t ikm[MLS_LEN], priv[MLS_LEN], pub[MLS_LEN], enc[MLS_LEN + 1] = {0};
	const struct slice info = SLICE_LIT("info");
	const struct mls_hpke_psk half[] = {{.psk = SLICE_LIT("psk")}, {.id = SLICE_LIT("id")}};
	struct mls_hpke h;
	fill(ikm, sizeof ikm);
	EACH_SUITE(s)
	{
		CHECK(!sr_bad(mls_hpke_derive(s, all_of(ikm), priv, pub)) &&
			      !sr_bad(mls_hpke_send(s, pub, hashed(s, info), NULL, ikm, enc, &h)),
		      "send");
		for (size_t len = 0; len <= sizeof enc; len++)
			CHECK(mls_hpke_receive(s, priv, pub, slice_make(enc, len), hashed(s, info),
					       NULL, &h)
					      .code == (len == MLS_LEN ? SR_OK : SR_E_INPUT),
			      "enc of %zu bytes", len);
		memset(&h, 0xee, sizeof h);
		memset(enc, 0xee, sizeof enc);
		for (size_t i = 0; i < 2; i++) {
			CHECK(mls_hpke_send(s, pub, hashed(s, info), &half[i], ikm, enc, &h).code ==
				      SR_E_INPUT,
			      "half a key %zu", i);
			CHECK(mls_hpke_receive(s, priv, pub, all_of(pub), hashed(s, info), &half[i],
					       &h)
					      .code == SR_E_INPUT,
			      "half a key %zu", i);
		}
		CHECK(is_all((uint8_t *)&h, sizeof h, 0xee) && is_all(enc, sizeof enc, 0xee),
		      "something was written");
	}
}

/* Whoever expects another psk, psk id, info or key gets another key, so that the tag is wrong. */
static void hpke_binds(void)
{
	uint8_t ikm[MLS_LEN], priv[MLS_LEN], pub[MLS_LEN], enc[MLS_LEN], box[4 + MLS_TAG_LEN];
	uint8_t out[4];
	const struct {
		const char *why;
		struct mls_hpke_psk psk;
		struct slice info;
		bool ok;
	} rows[] = {
		{"the same", {SLICE_LIT("psk"), SLICE_LIT("id")}, SLICE_LIT("info"), true},
		{"psk", {SLICE_LIT("psk!"), SLICE_LIT("id")}, SLICE_LIT("info"), false},
		{"id", {SLICE_LIT("psk"), SLICE_LIT("id!")}, SLICE_LIT("info"), false},
		{"base mode", {{0}, {0}}, SLICE_LIT("info"), false},
		{"info", {SLICE_LIT("psk"), SLICE_LIT("id")}, SLICE_LIT("inf"), false},
	};
	fill(ikm, sizeof ikm);
	EACH_SUITE(s)
	{
		struct mls_hpke h;
		CHECK(!sr_bad(mls_hpke_derive(s, SLICE_LIT("ikm"), priv, pub)) &&
			      !sr_bad(mls_hpke_send(s, pub, hashed(s, rows[0].info), &rows[0].psk,
						    ikm, enc, &h)) &&
			      !sr_bad(s->seal(h.first.key, h.first.nonce, SLICE_LIT(""),
					      SLICE_LIT("text"), box)),
		      "send");
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			CHECK(!sr_bad(mls_hpke_receive(s, priv, pub, all_of(enc),
						       hashed(s, rows[i].info), &rows[i].psk,
						       &h)) &&
				      !sr_bad(s->open(h.first.key, h.first.nonce, SLICE_LIT(""),
						      slice_make(box, sizeof box), out)) ==
					      rows[i].ok,
			      "suite %d, other %s", s->id, rows[i].why);
	}
}

static void labels_bind(void)
{
	uint8_t priv[MLS_LEN], pub[MLS_LEN], key[MLS_LEN], sig[64], out[8];
	struct arena arena = {0};
	const struct slice l = MLS_L("label"), t = SLICE_LIT("text");
	fill(priv, sizeof priv);
	EACH_SUITE(s)
	{
		struct mls_ciphertext box = {0};
		const struct slice whole = {sig, sizeof sig};
		CHECK(!sr_bad(s->sign_public(priv, pub)) &&
			      !sr_bad(mls_sign(s, priv, pub, l, t, sig)) &&
			      !sr_bad(mls_verify(s, all_of(pub), l, t, whole)),
		      "a signature");
		CHECK(mls_verify(s, all_of(pub), MLS_L("labels"), t, whole).code == SR_E_AUTH &&
			      mls_verify(s, all_of(pub), l, SLICE_LIT("texu"), whole).code ==
				      SR_E_AUTH &&
			      mls_verify(s, all_of(pub), l, t, slice_make(sig, 63)).code ==
				      SR_E_AUTH,
		      "another label, text or length");
		for (size_t len = 0; len < MLS_LEN; len++)
			CHECK(mls_verify(s, slice_make(pub, len), l, t, whole).code == SR_E_INPUT,
			      "a key of %zu bytes", len);

		CHECK(!sr_bad(s->dh_public(priv, key)) &&
			      !sr_bad(encrypt_to(s, key, l, SLICE_LIT("ctx"), t, pub, &arena,
						 &box)) &&
			      !sr_bad(mls_decrypt(s, priv, key, l, SLICE_LIT("ctx"), box.kem_output,
						  box.text, out)),
		      "encryption");
		CHECK(mls_decrypt(s, priv, key, MLS_L("labe"), SLICE_LIT("ctx"), box.kem_output,
				  box.text, out)
					      .code == SR_E_AUTH &&
			      mls_decrypt(s, priv, key, l, SLICE_LIT("ctz"), box.kem_output,
					  box.text, out)
					      .code == SR_E_AUTH &&
			      mls_decrypt(s, priv, key, l, SLICE_LIT("ctx"), all_of(key), box.text,
					  out)
					      .code == SR_E_AUTH,
		      "another label, context or KEM output");
	}
	arena_release(&arena);
}

/* OpenSSL takes its memory here, past the allocations of our own that fail by number (fault.c). */
void *__real_malloc(size_t len);
void *__real_realloc(void *ptr, size_t len);
static size_t openssl_countdown;
static bool openssl_failed;

static bool openssl_fails_now(void)
{
	if (!openssl_countdown || --openssl_countdown)
		return false;
	openssl_failed = true;
	return true;
}

static void *openssl_malloc(size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return openssl_fails_now() ? NULL : __real_malloc(len);
}

static void *openssl_realloc(void *p, size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return openssl_fails_now() ? NULL : __real_realloc(p, len);
}

static void openssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* Inputs and outputs of one call of everything. */
struct work {
	struct arena arena;
	struct mls_ciphertext box;
	uint8_t priv[MLS_LEN], pub[MLS_LEN], seed[MLS_LEN], sign_pub[MLS_LEN];
	uint8_t sig[64], sealed[4 + MLS_TAG_LEN], bad_sealed[4 + MLS_TAG_LEN], out[200];
};

typedef struct sr_err (*work_fn)(const struct mls_suite *s, struct work *w);

static struct sr_err do_hash(const struct mls_suite *s, struct work *w)
{
	return mls_hash(s, all_of(w->priv), w->out);
}

static struct sr_err do_mac(const struct mls_suite *s, struct work *w)
{
	struct slice text = all_of(w->pub);
	return s->hmac(slice_make(w->sig, 64), &text, 1, w->out);
}

static struct sr_err do_long_key(const struct mls_suite *s, struct work *w)
{
	struct slice text = all_of(w->pub);
	return s->hmac(slice_make(w->out + 100, 100), &text, 1, w->out);
}

static struct sr_err do_expand(const struct mls_suite *s, struct work *w)
{
	return mls_expand_label(s, w->priv, MLS_L("l"), SLICE_LIT("c"), w->out, 90);
}

static struct sr_err do_tree_secret(const struct mls_suite *s, struct work *w)
{
	return mls_derive_tree_secret(s, w->priv, MLS_L("l"), 7, w->out, 12);
}

static struct sr_err do_seal(const struct mls_suite *s, struct work *w)
{
	return s->seal(w->priv, w->pub, SLICE_LIT("a"), SLICE_LIT("text"), w->out);
}

static struct sr_err do_open(const struct mls_suite *s, struct work *w)
{
	return s->open(w->priv, w->pub, SLICE_LIT("a"), slice_make(w->sealed, sizeof w->sealed),
		       w->out);
}

static struct sr_err do_open_bad(const struct mls_suite *s, struct work *w)
{
	return s->open(w->priv, w->pub, SLICE_LIT("a"),
		       slice_make(w->bad_sealed, sizeof w->bad_sealed), w->out);
}

static struct sr_err do_dh(const struct mls_suite *s, struct work *w)
{
	return s->dh(w->priv, w->pub, w->out);
}

static struct sr_err do_dh_small(const struct mls_suite *s, struct work *w)
{
	static const uint8_t zero[MLS_LEN];
	return s->dh(w->priv, zero, w->out);
}

static struct sr_err do_dh_public(const struct mls_suite *s, struct work *w)
{
	return s->dh_public(w->priv, w->out);
}

static struct sr_err do_sign_public(const struct mls_suite *s, struct work *w)
{
	return s->sign_public(w->priv, w->out);
}

static struct sr_err do_sign(const struct mls_suite *s, struct work *w)
{
	return mls_sign(s, w->seed, w->sign_pub, MLS_L("l"), SLICE_LIT("text"), w->out);
}

static struct sr_err do_verify(const struct mls_suite *s, struct work *w)
{
	return mls_verify(s, all_of(w->sign_pub), MLS_L("l"), SLICE_LIT("text"),
			  slice_make(w->sig, 64));
}

static struct sr_err do_verify_bad(const struct mls_suite *s, struct work *w)
{
	return mls_verify(s, all_of(w->sign_pub), MLS_L("l"), SLICE_LIT("tex"),
			  slice_make(w->sig, 64));
}

static struct sr_err do_encrypt(const struct mls_suite *s, struct work *w)
{
	struct mls_ciphertext box;
	return encrypt_to(s, w->pub, MLS_L("l"), SLICE_LIT("c"), SLICE_LIT("t"), w->seed, &w->arena,
			  &box);
}

static struct sr_err do_decrypt(const struct mls_suite *s, struct work *w)
{
	return mls_decrypt(s, w->priv, w->pub, MLS_L("l"), SLICE_LIT("c"), w->box.kem_output,
			   w->box.text, w->out);
}

static struct sr_err do_ref(const struct mls_suite *s, struct work *w)
{
	return mls_ref(s, MLS_REF_PROPOSAL, all_of(w->pub), w->out);
}

static const struct {
	const char *what;
	work_fn fn;
	enum sr_code code; /* with enough memory */
	bool encrypts;     /* takes OpenSSL's */
} works[] = {
	{"hash", do_hash, SR_OK, false},
	{"hmac", do_mac, SR_OK, false},
	{"hmac under a long key", do_long_key, SR_OK, false},
	{"expand", do_expand, SR_OK, false},
	{"tree secret", do_tree_secret, SR_OK, false},
	{"seal", do_seal, SR_OK, true},
	{"open", do_open, SR_OK, true},
	{"open a wrong one", do_open_bad, SR_E_AUTH, true},
	{"dh", do_dh, SR_OK, false},
	{"dh of small order", do_dh_small, SR_E_INPUT, false},
	{"public key", do_dh_public, SR_OK, false},
	{"public signature key", do_sign_public, SR_OK, false},
	{"sign", do_sign, SR_OK, false},
	{"verify", do_verify, SR_OK, false},
	{"verify a wrong one", do_verify_bad, SR_E_AUTH, false},
	{"encrypt", do_encrypt, SR_OK, true},
	{"decrypt", do_decrypt, SR_OK, true},
	{"reference", do_ref, SR_OK, false},
};

static void prepare(const struct mls_suite *s, struct work *w)
{
	fill(w->priv, MLS_LEN);
	fill(w->seed, MLS_LEN);
	CHECK(!sr_bad(s->dh_public(w->priv, w->pub)) &&
		      !sr_bad(s->sign_public(w->seed, w->sign_pub)) && !sr_bad(do_sign(s, w)) &&
		      !sr_bad(s->seal(w->priv, w->pub, SLICE_LIT("a"), SLICE_LIT("text"),
				      w->sealed)) &&
		      !sr_bad(encrypt_to(s, w->pub, MLS_L("l"), SLICE_LIT("c"), SLICE_LIT("t"),
					 w->seed, &w->arena, &w->box)),
	      "prepare");
	memcpy(w->sig, w->out, 64);
	memcpy(w->bad_sealed, w->sealed, sizeof w->sealed);
	w->bad_sealed[0] ^= 1;
}

/* On failure an output is untouched or zeroed. */
static bool nothing_in(const uint8_t out[200])
{
	for (size_t i = 0; i < 200; i++)
		if (out[i] && out[i] != 0xee)
			return false;
	return true;
}

/* Fails the n-th allocation of OpenSSL or of our own code, for every n. */
static void without_memory(const struct mls_suite *s, bool openssl)
{
	struct work w = {0};
	prepare(s, &w);
	for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
		uint8_t want[sizeof w.out];
		size_t refused_n = 0;
		memset(w.out, 0xee, sizeof w.out);
		CHECK(works[i].fn(s, &w).code == works[i].code, "%s", works[i].what);
		memcpy(want, w.out, sizeof want);
		for (size_t n = 1; n < 1000; n++) {
			memset(w.out, 0xee, sizeof w.out);
			openssl_failed = false;
			openssl_countdown = openssl ? n : 0;
			test_alloc_fail_at(openssl ? 0 : n);
			struct sr_err e = works[i].fn(s, &w);
			bool failed = openssl ? openssl_failed : test_alloc_failed();
			openssl_countdown = 0;
			test_alloc_fail_at(0);
			/* OpenSSL makes do without some of it: its caches. */
			bool same = e.code == works[i].code && (openssl || !failed);
			CHECK(same || (failed && e.code == SR_E_NOMEM),
			      "suite %d, %s, allocation %zu: %d, %s", s->id, works[i].what, n,
			      e.code, e.what ? e.what : "none");
			CHECK(same ? !memcmp(w.out, want, sizeof want) : nothing_in(w.out),
			      "%s, allocation %zu", works[i].what, n);
			CHECK(!sr_bad(e) || !ERR_peek_error(), "an error is left behind");
			ERR_clear_error();
			refused_n += failed && !same;
			if (!failed)
				break;
		}
		CHECK(!openssl || (refused_n > 0) == works[i].encrypts, "%s takes memory %zu times",
		      works[i].what, refused_n);
	}
	arena_release(&w.arena);
}

static void no_memory_of_our_own(void)
{
	EACH_SUITE(s)
	without_memory(s, false);
}

static void no_memory_for_openssl(void)
{
	without_memory(&mls_suite_openssl, true);
}

/* The first calls, which look the algorithms up, in children, for that is done once a process. */
static void no_memory_for_the_first_call(void)
{
	for (size_t n = 1; n < 4000; n += n < 40 ? 1 : 61) {
		pid_t pid = fork();
		if (!pid) {
			uint8_t key[MLS_LEN] = {0}, out[2 * MLS_LEN];
			struct slice text = SLICE_LIT("text");
			openssl_countdown = n;
			struct sr_err e = both[0]->seal(key, key, text, text, out);
			openssl_countdown = 0;
			bool ok = e.code == SR_OK || (openssl_failed && e.code == SR_E_NOMEM);
			/* and it is looked up again */
			e = both[0]->seal(key, key, text, text, out);
			_exit(!ok ? 2 : sr_bad(e) ? 3 : 0);
		}
		int status = -1;
		CHECK(waitpid(pid, &status, 0) == pid && status == 0, "allocation %zu: %x", n,
		      (unsigned)status);
	}
}

/* The stack of a block that was left, read behind the back of compiler and sanitizer. */
__attribute__((noinline, no_sanitize("address"))) static bool is_zero_at(uintptr_t at, size_t len)
{
	const volatile uint8_t *p = (const volatile uint8_t *)at;
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

static struct sr_err fails_within(volatile uintptr_t *at)
{
	CRYPTO_WIPED(uint8_t[100], secret);
	CHECK(is_all(secret, sizeof secret, 0), "zero at first");
	fill(secret, sizeof secret);
	*at = (uintptr_t)secret;
	SR_TRY(sr_fail(SR_E_INPUT, "planted"));
	return sr_ok();
}

static void wiped_at_the_end(void)
{
	volatile uintptr_t at = 0;
	{
		CRYPTO_WIPED(struct mls_hpke, h);
		fill((uint8_t *)&h, sizeof h);
		at = (uintptr_t)&h;
		CHECK(!is_zero_at(at, sizeof h), "in use");
	}
	CHECK(is_zero_at(at, sizeof(struct mls_hpke)), "at the end of the block");
	CHECK(fails_within(&at).code == SR_E_INPUT, "an error inside");
}

static void guarded_memory(void)
{
	static const size_t lens[] = {0, 1, 31, 4095, 4096, 4097, 20000};
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		uint8_t *p = crypto_guarded_alloc(lens[i]);
		if (!CHECK(p && is_all(p, lens[i], 0), "%zu bytes, zeroed", lens[i]))
			continue;
		memset(p, 0xee, lens[i]);
		pid_t pid = fork();
		if (!pid)
			_exit(!is_all(p, lens[i], 0));
		int status = -1;
		CHECK(waitpid(pid, &status, 0) == pid && status == 0, "%zu bytes in a child",
		      lens[i]);
		CHECK(is_all(p, lens[i], 0xee), "and here");
		crypto_guarded_free(p);
	}
	CHECK(!crypto_guarded_alloc(SIZE_MAX) && !crypto_guarded_alloc(SIZE_MAX / 2), "too much");
	crypto_guarded_free(NULL);
}

int main(void)
{
	struct sr_err e = crypto_init();
	if (sr_bad(e) || !CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free))
		return 1;
	test_run("the first call without memory", no_memory_for_the_first_call);
	test_run("suites are found by their number", found_by_number);
	test_run("hash and HMAC agree", hashes_agree);
	test_run("HKDF is that of RFC 5869", hkdf_is_that_of_the_rfc);
	test_run("HKDF to any length", expand_to_any_length);
	test_run("wrong MACs are refused", macs_are_refused);
	test_run("sealed bytes of any length", sealed_of_any_length);
	test_run("wrong sealed bytes are refused", sealed_is_refused);
	test_run("X25519 agrees", dh_agrees);
	test_run("X25519 keys of small order are refused", dh_of_small_order);
	test_run("and on arrival already", keys_on_arrival);
	test_run("Ed25519 agrees", signatures_agree);
	test_run("wrong signatures are refused", signatures_are_refused);
	test_run("S at or above the order is refused", s_beyond_the_order);
	test_run("the points of small order are that", points_of_small_order);
	test_run("signature keys of small order are refused", signature_keys_of_small_order);
	test_run("R of small order is refused", signatures_with_r_of_small_order);
	test_run("signature keys of mixed order", signature_keys_of_mixed_order);
	test_run("HPKE from both sides", hpke_agrees);
	test_run("HPKE refuses", hpke_refuses);
	test_run("HPKE binds psk, id and info", hpke_binds);
	test_run("labels bind", labels_bind);
	test_run("no memory of our own", no_memory_of_our_own);
	test_run("no memory for OpenSSL", no_memory_for_openssl);
	test_run("wiped locals", wiped_at_the_end);
	test_run("guarded memory", guarded_memory);
	return test_done();
}
