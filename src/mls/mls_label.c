/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_label.h"

#include "crypto.h"
#include "mls_hpke.h"

/* labelled puts a label and text behind what is in b, as a struct of two opaque<V>: SignContent
 * (5.1.2), EncryptContext (5.1.3), the end of KDFLabel (8). */
static struct sr_err labelled(struct build *b, struct slice label, struct slice text,
			      struct slice *out)
{
	mls_put_label(b, label);
	mls_put_opaque(b, text);
	return build_done(b, out);
}

struct sr_err mls_expand_label(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
			       struct slice label, struct slice context, uint8_t *out,
			       size_t out_len)
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice info;
	mls_put_u16(&b, (uint16_t)out_len);
	SR_TRY(labelled(&b, label, context, &info));
	return mls_expand(s, secret, &info, 1, out, out_len);
}

struct sr_err mls_derive_secret(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
				struct slice label, uint8_t out[MLS_LEN])
{
	return mls_expand_label(s, secret, label, SLICE_LIT(""), out, MLS_LEN);
}

struct sr_err mls_derive_tree_secret(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
				     struct slice label, uint32_t generation, uint8_t *out,
				     size_t out_len)
{
	const uint8_t bytes[] = {(uint8_t)(generation >> 24), (uint8_t)(generation >> 16),
				 (uint8_t)(generation >> 8), (uint8_t)generation};
	return mls_expand_label(s, secret, label, slice_make(bytes, sizeof bytes), out, out_len);
}

struct sr_err mls_sign(const struct mls_suite *s, const uint8_t seed[MLS_LEN],
		       const uint8_t pub[MLS_LEN], struct slice label, struct slice text,
		       uint8_t out[MLS_SIGNATURE_LEN])
{
	SR_SCOPED(build_release) struct build b = {.secret = true};
	struct slice all;
	SR_TRY(labelled(&b, label, text, &all));
	return s->sign(seed, pub, all, out);
}

struct sr_err mls_verify(const struct mls_suite *s, struct slice pub, struct slice label,
			 struct slice text, struct slice signature)
{
	SR_SCOPED(build_release) struct build b = {.secret = true};
	struct slice all;
	if (pub.len != MLS_LEN)
		return mls_refuse("a signature key of a wrong length");
	SR_TRY(labelled(&b, label, text, &all));
	return s->verify(pub.ptr, all, signature);
}

struct sr_err mls_seal(const struct mls_suite *s, const struct mls_message_key *k, struct slice aad,
		       struct slice text, struct arena *a, struct slice *out)
{
	uint8_t *bytes = arena_alloc(a, 1, text.len + MLS_TAG_LEN);
	if (!bytes)
		return sr_nomem();
	SR_TRY(s->seal(k->key, k->nonce, aad, text, bytes));
	*out = slice_make(bytes, text.len + MLS_TAG_LEN);
	return sr_ok();
}

struct sr_err mls_open(const struct mls_suite *s, const struct mls_message_key *k, struct slice aad,
		       struct slice sealed, struct arena *a, struct slice *out)
{
	uint8_t *bytes = arena_alloc(a, 1, sealed.len);
	if (!bytes)
		return sr_nomem();
	SR_TRY(s->open(k->key, k->nonce, aad, sealed, bytes));
	*out = slice_make(bytes, sealed.len - MLS_TAG_LEN);
	return sr_ok();
}

struct sr_err mls_encrypt_info(const struct mls_suite *s, struct slice label, struct slice context,
			       uint8_t info_hash[MLS_LEN])
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice info;
	SR_TRY(labelled(&b, label, context, &info));
	return mls_hpke_info(s, info, info_hash);
}

struct sr_err mls_encrypt(const struct mls_suite *s, const uint8_t pub[MLS_LEN],
			  const uint8_t info_hash[MLS_LEN], struct slice text,
			  const uint8_t ikm[MLS_LEN], struct arena *a, struct mls_ciphertext *out)
{
	CRYPTO_WIPED(struct mls_hpke, h);
	uint8_t *enc = arena_alloc(a, 1, MLS_LEN);
	struct slice sealed;
	if (!enc)
		return sr_nomem();
	SR_TRY(mls_hpke_send(s, pub, info_hash, NULL, ikm, enc, &h));
	SR_TRY(mls_seal(s, &h.first, SLICE_LIT(""), text, a, &sealed));
	*out = (struct mls_ciphertext){mls_slice(enc), sealed};
	return sr_ok();
}

struct sr_err mls_decrypt(const struct mls_suite *s, const uint8_t priv[MLS_LEN],
			  const uint8_t pub[MLS_LEN], struct slice label, struct slice context,
			  struct slice enc, struct slice text, uint8_t *out)
{
	CRYPTO_WIPED(struct mls_hpke, h);
	uint8_t info_hash[MLS_LEN];
	SR_TRY(mls_encrypt_info(s, label, context, info_hash));
	SR_TRY(mls_hpke_receive(s, priv, pub, enc, info_hash, NULL, &h));
	return s->open(h.first.key, h.first.nonce, SLICE_LIT(""), text, out);
}

struct sr_err mls_ref(const struct mls_suite *s, struct slice label, struct slice value,
		      uint8_t out[MLS_LEN])
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice all;
	mls_put_opaque(&b, label);
	mls_put_opaque(&b, value);
	SR_TRY(build_done(&b, &all));
	return mls_hash(s, all, out);
}
