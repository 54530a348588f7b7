/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9420, 5.1 and 5.2, and RFC 9180: what everything else of MLS is computed with. */
#include "crypto.h"
#include "mls_hpke.h"
#include "mls_label.h"
#include "vec.h"

#include <string.h>

/* A field of MLS_LEN bytes; of another length, the case fails and it is all zero. */
static const uint8_t *bytes32(const struct vec *v, const char *name)
{
	static const uint8_t zero[MLS_LEN];
	struct slice s = vec_hex(v, name);
	return CHECK(s.len == MLS_LEN, "%s has %zu bytes", name, s.len) ? s.ptr : zero;
}

static struct slice label_of(const struct vec *v)
{
	return slice_str(vec_str(v, "label"));
}

static void derivations(const struct mls_suite *s, const struct vec *v)
{
	uint8_t out[256];
	const struct vec *c = vec_get(v, "ref_hash");
	VEC_OK(mls_ref(s, label_of(c), vec_hex(c, "value"), out));
	VEC_FIELD(c, "out", slice_make(out, MLS_LEN));

	c = vec_get(v, "expand_with_label");
	size_t len = (size_t)vec_int(c, "length");
	if (CHECK(len <= sizeof out, "%zu bytes", len)) {
		VEC_OK(mls_expand_label(s, bytes32(c, "secret"), label_of(c), vec_hex(c, "context"),
					out, len));
		VEC_FIELD(c, "out", slice_make(out, len));
	}
	c = vec_get(v, "derive_secret");
	VEC_OK(mls_derive_secret(s, bytes32(c, "secret"), label_of(c), out));
	VEC_FIELD(c, "out", slice_make(out, MLS_LEN));

	c = vec_get(v, "derive_tree_secret");
	len = (size_t)vec_int(c, "length");
	uint64_t generation = vec_int(c, "generation");
	if (CHECK(len <= sizeof out && generation <= UINT32_MAX, "%zu bytes", len)) {
		VEC_OK(mls_derive_tree_secret(s, bytes32(c, "secret"), label_of(c),
					      (uint32_t)generation, out, len));
		VEC_FIELD(c, "out", slice_make(out, len));
	}
}

/* Ed25519 is deterministic: our own signature is the one of the file. */
static void signatures(const struct mls_suite *s, const struct vec *v)
{
	const struct vec *c = vec_get(v, "sign_with_label");
	struct slice content = vec_hex(c, "content"), pub = vec_hex(c, "pub");
	uint8_t out[MLS_SIGNATURE_LEN];
	VEC_OK(mls_verify(s, pub, label_of(c), content, vec_hex(c, "signature")));
	VEC_OK(s->sign_public(bytes32(c, "priv"), out));
	VEC_EQ(slice_make(out, MLS_LEN), pub, "public key");
	VEC_OK(mls_sign(s, bytes32(c, "priv"), bytes32(c, "pub"), label_of(c), content, out));
	VEC_FIELD(c, "signature", slice_make(out, sizeof out));
}

static void encryption(const struct mls_suite *s, const struct vec *v)
{
	const struct vec *c = vec_get(v, "encrypt_with_label");
	struct slice text = vec_hex(c, "plaintext"), sealed = vec_hex(c, "ciphertext");
	struct slice context = vec_hex(c, "context");
	const uint8_t *priv = bytes32(c, "priv"), *pub = bytes32(c, "pub");
	uint8_t out[256], hash[MLS_LEN], ikm[MLS_LEN] = {1};
	struct mls_ciphertext ours;
	if (!CHECK(sealed.len == text.len + MLS_TAG_LEN && text.len <= sizeof out, "lengths"))
		return;
	VEC_OK(mls_decrypt(s, priv, pub, label_of(c), context, vec_hex(c, "kem_output"), sealed,
			   out));
	VEC_FIELD(c, "plaintext", slice_make(out, text.len));

	memset(out, 0, sizeof out);
	if (!VEC_OK(mls_encrypt_info(s, label_of(c), context, hash)) ||
	    !VEC_OK(mls_encrypt(s, pub, hash, text, ikm, vec_arena(), &ours)))
		return;
	VEC_OK(mls_decrypt(s, priv, pub, label_of(c), context, ours.kem_output, ours.text, out));
	VEC_FIELD(c, "plaintext", slice_make(out, text.len));
}

static void crypto_basics(const struct vec *v)
{
	const struct mls_suite *s = mls_suite_find((uint16_t)vec_int(v, "cipher_suite"));
	if (!CHECK(s, "no such suite"))
		return;
	derivations(s, v);
	signatures(s, v);
	encryption(s, v);
}

static void key_pairs(const struct mls_suite *s, const struct vec *setup)
{
	uint8_t priv[MLS_LEN], pub[MLS_LEN];
	VEC_OK(mls_hpke_derive(s, vec_hex(setup, "ikmE"), priv, pub));
	VEC_FIELD(setup, "skEm", slice_make(priv, MLS_LEN));
	VEC_FIELD(setup, "pkEm", slice_make(pub, MLS_LEN));
	VEC_OK(mls_hpke_derive(s, vec_hex(setup, "ikmR"), priv, pub));
	VEC_FIELD(setup, "skRm", slice_make(priv, MLS_LEN));
	VEC_FIELD(setup, "pkRm", slice_make(pub, MLS_LEN));
}

static void schedule_is(const struct mls_suite *s, const struct vec *setup,
			const struct mls_hpke *h)
{
	VEC_FIELD(setup, "key", slice_make(h->first.key, s->key_len));
	VEC_FIELD(setup, "base_nonce", slice_make(h->first.nonce, MLS_NONCE_LEN));
	VEC_FIELD(setup, "exporter_secret", slice_make(h->exporter, MLS_LEN));
}

static void message(const struct mls_suite *s, const struct mls_hpke *h, const struct vec *m)
{
	struct slice text = vec_hex(m, "pt"), sealed = vec_hex(m, "ct"), aad = vec_hex(m, "aad");
	uint64_t seq = vec_int(m, "sequence number");
	uint8_t out[256], nonce[MLS_NONCE_LEN];
	if (!CHECK(sealed.len == text.len + MLS_TAG_LEN && sealed.len <= sizeof out, "lengths"))
		return;
	memcpy(nonce, h->first.nonce, sizeof nonce);
	for (size_t i = 0; i < sizeof seq; i++) /* 5.2 */
		nonce[MLS_NONCE_LEN - 1 - i] ^= (uint8_t)(seq >> 8 * i);
	VEC_FIELD(m, "nonce", slice_make(nonce, sizeof nonce));
	VEC_OK(s->seal(h->first.key, nonce, aad, text, out));
	VEC_EQ(slice_make(out, sealed.len), sealed, "sealed");
	VEC_OK(s->open(h->first.key, nonce, aad, sealed, out));
	VEC_EQ(slice_make(out, text.len), text, "opened");
}

static void export(const struct mls_suite *s, const struct mls_hpke *h, const struct vec *x)
{
	uint8_t out[256];
	size_t len = (size_t)vec_int(x, "L");
	if (!CHECK(len <= sizeof out, "%zu bytes", len))
		return;
	VEC_OK(mls_hpke_export(s, h, vec_hex(x, "exporter_context"), out, len));
	VEC_FIELD(x, "exported_value", slice_make(out, len));
}

static void hpke(const struct vec *v)
{
	const struct vec *setup = vec_get(v, "setup");
	/* Our suites have the numbers of their AEADs. */
	const struct mls_suite *s = mls_suite_find((uint16_t)vec_int(setup, "aead_id"));
	struct mls_hpke_psk psk = {0};
	struct mls_hpke h, again;
	uint8_t enc[MLS_LEN];
	uint64_t mode = vec_int(setup, "mode");
	if (!CHECK(s && mode <= 1, "a suite and a mode of ours"))
		return;
	if (mode)
		psk = (struct mls_hpke_psk){vec_hex(setup, "psk"), vec_hex(setup, "psk_id")};
	key_pairs(s, setup);
	uint8_t info[MLS_LEN];
	if (!VEC_OK(mls_hpke_info(s, vec_hex(setup, "info"), info)) ||
	    !VEC_OK(mls_hpke_send(s, bytes32(setup, "pkRm"), info, mode ? &psk : NULL,
				  bytes32(setup, "ikmE"), enc, &h)) ||
	    !VEC_OK(mls_hpke_receive(s, bytes32(setup, "skRm"), bytes32(setup, "pkRm"),
				     vec_hex(setup, "enc"), info, &psk, &again)))
		return;
	VEC_FIELD(setup, "enc", slice_make(enc, MLS_LEN));
	schedule_is(s, setup, &h);
	schedule_is(s, setup, &again);
	CHECK(vec_n(v, "encryptions") == 6 && vec_n(v, "exports") == 3, "all that the RFC has");
	for (size_t i = 0; i < vec_n(v, "encryptions"); i++)
		message(s, &h, vec_at(v, "encryptions", i));
	for (size_t i = 0; i < vec_n(v, "exports"); i++)
		export(s, &h, vec_at(v, "exports", i));
}

int main(void)
{
	struct sr_err e = crypto_init();
	if (sr_bad(e))
		return 1;
	vec_file("crypto-basics.json", 2, crypto_basics);
	vec_file("hpke-rfc9180-x25519-sha256.json", 4, hpke);
	return test_done();
}
