/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_label.h"

#include "crypto.h"
#include "mls_codec.h"
#include "mls_hpke.h"

/* labelled puts a label and text together as a struct of two opaque<V>: SignContent (5.1.2) and
 * EncryptContext (5.1.3). The caller releases b in any case. */
static struct sr_err labelled(struct build *b, struct slice label, struct slice text,
			      struct slice *out)
{
	build_init(b, 0);
	mls_put_label(b, label);
	mls_put_opaque(b, text);
	return build_done(b, out);
}

struct sr_err mls_expand_label(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
			       struct slice label, struct slice context, uint8_t *out,
			       size_t out_len)
{
	struct build b;
	struct slice info;
	build_init(&b, 0);
	mls_put_u16(&b, (uint16_t)out_len);
	mls_put_label(&b, label);
	mls_put_opaque(&b, context);
	struct sr_err e = build_done(&b, &info);
	if (!sr_bad(e))
		e = mls_expand(s, secret, info, out, out_len);
	build_release(&b);
	return e;
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
	struct build b;
	struct slice all;
	struct sr_err e = labelled(&b, label, text, &all);
	if (!sr_bad(e))
		e = s->sign(seed, pub, all, out);
	build_release(&b);
	return e;
}

struct sr_err mls_verify(const struct mls_suite *s, struct slice pub, struct slice label,
			 struct slice text, struct slice signature)
{
	struct build b;
	struct slice all;
	if (pub.len != MLS_LEN)
		return sr_fail(SR_E_INPUT, "a signature key of a wrong length");
	struct sr_err e = labelled(&b, label, text, &all);
	if (!sr_bad(e))
		e = s->verify(pub.ptr, all, signature);
	build_release(&b);
	return e;
}

struct sr_err mls_encrypt_info(const struct mls_suite *s, struct slice label, struct slice context,
			       uint8_t info_hash[MLS_LEN])
{
	struct build b;
	struct slice info;
	struct sr_err e = labelled(&b, label, context, &info);
	if (!sr_bad(e))
		e = mls_hpke_info(s, info, info_hash);
	build_release(&b);
	return e;
}

struct sr_err mls_encrypt_under(const struct mls_suite *s, const uint8_t pub[MLS_LEN],
				const uint8_t info_hash[MLS_LEN], struct slice text,
				const uint8_t ikm[MLS_LEN], struct arena *a, struct mls_sealed *out)
{
	CRYPTO_WIPED(struct mls_hpke, h);
	struct mls_sealed sealed = {.text.len = text.len + MLS_TAG_LEN};
	uint8_t *bytes = arena_alloc(a, sealed.text.len, 1);
	if (!bytes)
		return sr_nomem();
	sealed.text.ptr = bytes;
	SR_TRY(mls_hpke_send_under(s, pub, info_hash, NULL, ikm, sealed.enc, &h));
	SR_TRY(mls_hpke_seal(s, &h, SLICE_LIT(""), text, bytes));
	*out = sealed;
	return sr_ok();
}

struct sr_err mls_encrypt(const struct mls_suite *s, const uint8_t pub[MLS_LEN], struct slice label,
			  struct slice context, struct slice text, const uint8_t ikm[MLS_LEN],
			  struct arena *a, struct mls_sealed *out)
{
	uint8_t info_hash[MLS_LEN];
	SR_TRY(mls_encrypt_info(s, label, context, info_hash));
	return mls_encrypt_under(s, pub, info_hash, text, ikm, a, out);
}

struct sr_err mls_decrypt(const struct mls_suite *s, const uint8_t priv[MLS_LEN],
			  const uint8_t pub[MLS_LEN], struct slice label, struct slice context,
			  struct slice enc, struct slice text, uint8_t *out)
{
	CRYPTO_WIPED(struct mls_hpke, h);
	struct build b;
	struct slice info;
	struct sr_err e = labelled(&b, label, context, &info);
	if (!sr_bad(e))
		e = mls_hpke_receive(s, priv, pub, enc, info, NULL, &h);
	build_release(&b);
	SR_TRY(e);
	return mls_hpke_open(s, &h, SLICE_LIT(""), text, out);
}

struct sr_err mls_ref(const struct mls_suite *s, struct slice label, struct slice value,
		      uint8_t out[MLS_LEN])
{
	struct build b;
	struct slice all;
	build_init(&b, 0);
	mls_put_opaque(&b, label);
	mls_put_opaque(&b, value);
	struct sr_err e = build_done(&b, &all);
	if (!sr_bad(e))
		e = mls_hash(s, all, out);
	build_release(&b);
	return e;
}
