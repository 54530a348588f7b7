/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_hpke.h"

#include "crypto.h"
#include "mls_codec.h"

#include <string.h>

enum { MODE_BASE, MODE_PSK };

/* Who derives: the KEM (RFC 9180, 4.1) or HPKE itself (5.1), "suite_id" of labels. */
struct user {
	uint8_t id[10];
	size_t len;
};

static const struct user kem = {"KEM\x00\x20", 5};

static struct user hpke(const struct mls_suite *s)
{
	return (struct user){{'H', 'P', 'K', 'E', 0, 0x20, 0, 1, (uint8_t)(s->aead_id >> 8),
			      (uint8_t)s->aead_id},
			     10};
}

/* labeled_extract, labeled_expand: LabeledExtract and LabeledExpand (4). */
static struct sr_err labeled_extract(const struct mls_suite *s, const struct user *user,
				     struct slice salt, struct slice label, struct slice ikm,
				     uint8_t out[MLS_LEN])
{
	const struct slice parts[] = {SLICE_LIT("HPKE-v1"), {user->id, user->len}, label, ikm};
	return s->hmac(salt, parts, 4, out);
}

static struct sr_err labeled_expand(const struct mls_suite *s, const struct user *user,
				    const uint8_t prk[MLS_LEN], struct slice label,
				    struct slice info, uint8_t *out, size_t out_len)
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice all;
	mls_put_u16(&b, (uint16_t)out_len);
	build_slice(&b, SLICE_LIT("HPKE-v1"));
	build_bytes(&b, user->id, user->len);
	build_slice(&b, label);
	build_slice(&b, info);
	SR_TRY(build_done(&b, &all));
	return mls_expand(s, prk, all, out, out_len);
}

struct sr_err mls_hpke_derive(const struct mls_suite *s, struct slice ikm, uint8_t priv[MLS_LEN],
			      uint8_t pub[MLS_LEN])
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], prk);
	CRYPTO_WIPED(uint8_t[MLS_LEN], key);
	SR_TRY(labeled_extract(s, &kem, SLICE_LIT(""), SLICE_LIT("dkp_prk"), ikm, prk));
	SR_TRY(labeled_expand(s, &kem, prk, SLICE_LIT("sk"), SLICE_LIT(""), key, MLS_LEN));
	SR_TRY(s->dh_public(key, pub));
	memcpy(priv, key, MLS_LEN);
	return sr_ok();
}

/* shared_secret: what Encap and Decap (4.1) end with, of our key and the peer's. */
static struct sr_err shared_secret(const struct mls_suite *s, const uint8_t priv[MLS_LEN],
				   const uint8_t peer[MLS_LEN], const uint8_t enc[MLS_LEN],
				   const uint8_t pub[MLS_LEN], uint8_t out[MLS_LEN])
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], dh);
	CRYPTO_WIPED(uint8_t[MLS_LEN], prk);
	uint8_t context[2 * MLS_LEN];
	memcpy(context, enc, MLS_LEN);
	memcpy(context + MLS_LEN, pub, MLS_LEN);
	SR_TRY(s->dh(priv, peer, dh));
	SR_TRY(labeled_extract(s, &kem, SLICE_LIT(""), SLICE_LIT("eae_prk"), mls_slice(dh), prk));
	return labeled_expand(s, &kem, prk, SLICE_LIT("shared_secret"),
			      slice_make(context, sizeof context), out, MLS_LEN);
}

/* schedule: KeySchedule (5.1). */
static struct sr_err schedule(const struct mls_suite *s, const uint8_t shared[MLS_LEN],
			      const uint8_t info_hash[MLS_LEN], const struct mls_hpke_psk *psk,
			      struct mls_hpke *out)
{
	static const struct mls_hpke_psk none;
	const struct user user = hpke(s);
	psk = psk ? psk : &none;
	if (!psk->psk.len != !psk->id.len)
		return sr_fail(SR_E_INPUT, "a pre-shared key without an id, or the reverse");
	CRYPTO_WIPED(uint8_t[MLS_LEN], secret);
	CRYPTO_WIPED(struct mls_hpke, h);
	uint8_t context[1 + 2 * MLS_LEN] = {psk->psk.len ? MODE_PSK : MODE_BASE};
	struct slice all = {context, sizeof context};
	SR_TRY(labeled_extract(s, &user, SLICE_LIT(""), SLICE_LIT("psk_id_hash"), psk->id,
			       context + 1));
	memcpy(context + 1 + MLS_LEN, info_hash, MLS_LEN);
	SR_TRY(labeled_extract(s, &user, mls_slice(shared), SLICE_LIT("secret"), psk->psk, secret));
	SR_TRY(labeled_expand(s, &user, secret, SLICE_LIT("key"), all, h.first.key, s->key_len));
	SR_TRY(labeled_expand(s, &user, secret, SLICE_LIT("base_nonce"), all, h.first.nonce,
			      MLS_NONCE_LEN));
	SR_TRY(labeled_expand(s, &user, secret, SLICE_LIT("exp"), all, h.exporter, MLS_LEN));
	*out = h;
	return sr_ok();
}

struct sr_err mls_hpke_info(const struct mls_suite *s, struct slice info,
			    uint8_t info_hash[MLS_LEN])
{
	const struct user user = hpke(s);
	return labeled_extract(s, &user, SLICE_LIT(""), SLICE_LIT("info_hash"), info, info_hash);
}

struct sr_err mls_hpke_send_under(const struct mls_suite *s, const uint8_t pub[MLS_LEN],
				  const uint8_t info_hash[MLS_LEN], const struct mls_hpke_psk *psk,
				  const uint8_t ikm[MLS_LEN], uint8_t enc[MLS_LEN],
				  struct mls_hpke *out)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], priv);
	CRYPTO_WIPED(uint8_t[MLS_LEN], shared);
	uint8_t own[MLS_LEN];
	SR_TRY(mls_hpke_derive(s, mls_slice(ikm), priv, own));
	SR_TRY(shared_secret(s, priv, pub, own, pub, shared));
	SR_TRY(schedule(s, shared, info_hash, psk, out));
	memcpy(enc, own, MLS_LEN);
	return sr_ok();
}

struct sr_err mls_hpke_send(const struct mls_suite *s, const uint8_t pub[MLS_LEN],
			    struct slice info, const struct mls_hpke_psk *psk,
			    const uint8_t ikm[MLS_LEN], uint8_t enc[MLS_LEN], struct mls_hpke *out)
{
	uint8_t info_hash[MLS_LEN];
	SR_TRY(mls_hpke_info(s, info, info_hash));
	return mls_hpke_send_under(s, pub, info_hash, psk, ikm, enc, out);
}

struct sr_err mls_hpke_receive(const struct mls_suite *s, const uint8_t priv[MLS_LEN],
			       const uint8_t pub[MLS_LEN], struct slice enc, struct slice info,
			       const struct mls_hpke_psk *psk, struct mls_hpke *out)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], shared);
	uint8_t info_hash[MLS_LEN];
	if (enc.len != MLS_LEN)
		return sr_fail(SR_E_INPUT, "a KEM output of a wrong length");
	SR_TRY(mls_hpke_info(s, info, info_hash));
	SR_TRY(shared_secret(s, priv, enc.ptr, enc.ptr, pub, shared));
	return schedule(s, shared, info_hash, psk, out);
}

struct sr_err mls_hpke_export(const struct mls_suite *s, const struct mls_hpke *h,
			      struct slice context, uint8_t *out, size_t out_len)
{
	const struct user user = hpke(s);
	return labeled_expand(s, &user, h->exporter, SLICE_LIT("sec"), context, out, out_len);
}
