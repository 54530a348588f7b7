/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_hpke.h"

#include "crypto.h"
#include "mls_codec.h"

#include <string.h>

enum { MODE_BASE, MODE_PSK };

/* Who derives, "suite_id" of labels: the KEM (RFC 9180, 4.1), or HPKE itself (s->hpke_id). */
static const struct slice kem = {(const uint8_t *)"KEM\0\x20", 5};

/* labeled_extract, labeled_expand: LabeledExtract and LabeledExpand (4). */
static struct sr_err labeled_extract(const struct mls_suite *s, struct slice user,
				     struct slice salt, struct slice label, struct slice ikm,
				     uint8_t out[MLS_LEN])
{
	const struct slice parts[] = {SLICE_LIT("HPKE-v1"), user, label, ikm};
	return s->hmac(salt, parts, 4, out);
}

static struct sr_err labeled_expand(const struct mls_suite *s, struct slice user,
				    const uint8_t prk[MLS_LEN], struct slice label,
				    struct slice info, uint8_t *out, size_t out_len)
{
	const uint8_t len[] = {(uint8_t)(out_len >> 8), (uint8_t)out_len};
	const struct slice all[] = {{len, sizeof len}, SLICE_LIT("HPKE-v1"), user, label, info};
	return mls_expand(s, prk, all, 5, out, out_len);
}

struct sr_err mls_hpke_derive(const struct mls_suite *s, struct slice ikm, uint8_t priv[MLS_LEN],
			      uint8_t pub[MLS_LEN])
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], prk);
	CRYPTO_WIPED(uint8_t[MLS_LEN], key);
	SR_TRY(labeled_extract(s, kem, SLICE_LIT(""), SLICE_LIT("dkp_prk"), ikm, prk));
	SR_TRY(labeled_expand(s, kem, prk, SLICE_LIT("sk"), SLICE_LIT(""), key, MLS_LEN));
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
	SR_TRY(labeled_extract(s, kem, SLICE_LIT(""), SLICE_LIT("eae_prk"), mls_slice(dh), prk));
	return labeled_expand(s, kem, prk, SLICE_LIT("shared_secret"),
			      slice_make(context, sizeof context), out, MLS_LEN);
}

/* schedule: KeySchedule (5.1). */
static struct sr_err schedule(const struct mls_suite *s, const uint8_t shared[MLS_LEN],
			      const uint8_t info_hash[MLS_LEN], const struct mls_hpke_psk *psk,
			      struct mls_hpke *out)
{
	static const struct mls_hpke_psk none;
	psk = psk ? psk : &none;
	if (!psk->psk.len != !psk->id.len)
		return mls_refuse("a pre-shared key without an id, or the reverse");
	CRYPTO_WIPED(uint8_t[MLS_LEN], secret);
	CRYPTO_WIPED(struct mls_hpke, h);
	uint8_t context[1 + 2 * MLS_LEN] = {psk->psk.len ? MODE_PSK : MODE_BASE};
	struct slice all = {context, sizeof context};
	SR_TRY(labeled_extract(s, s->hpke_id, SLICE_LIT(""), SLICE_LIT("psk_id_hash"), psk->id,
			       context + 1));
	memcpy(context + 1 + MLS_LEN, info_hash, MLS_LEN);
	SR_TRY(labeled_extract(s, s->hpke_id, mls_slice(shared), SLICE_LIT("secret"), psk->psk,
			       secret));
	SR_TRY(labeled_expand(s, s->hpke_id, secret, SLICE_LIT("key"), all, h.first.key,
			      s->key_len));
	SR_TRY(labeled_expand(s, s->hpke_id, secret, SLICE_LIT("base_nonce"), all, h.first.nonce,
			      MLS_NONCE_LEN));
	SR_TRY(labeled_expand(s, s->hpke_id, secret, SLICE_LIT("exp"), all, h.exporter, MLS_LEN));
	*out = h;
	return sr_ok();
}

struct sr_err mls_hpke_info(const struct mls_suite *s, struct slice info,
			    uint8_t info_hash[MLS_LEN])
{
	return labeled_extract(s, s->hpke_id, SLICE_LIT(""), SLICE_LIT("info_hash"), info,
			       info_hash);
}

struct sr_err mls_hpke_send(const struct mls_suite *s, const uint8_t pub[MLS_LEN],
			    const uint8_t info_hash[MLS_LEN], const struct mls_hpke_psk *psk,
			    const uint8_t ikm[MLS_LEN], uint8_t enc[MLS_LEN], struct mls_hpke *out)
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

struct sr_err mls_hpke_receive(const struct mls_suite *s, const uint8_t priv[MLS_LEN],
			       const uint8_t pub[MLS_LEN], struct slice enc,
			       const uint8_t info_hash[MLS_LEN], const struct mls_hpke_psk *psk,
			       struct mls_hpke *out)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], shared);
	if (enc.len != MLS_LEN)
		return mls_refuse("a KEM output of a wrong length");
	SR_TRY(shared_secret(s, priv, enc.ptr, enc.ptr, pub, shared));
	return schedule(s, shared, info_hash, psk, out);
}

struct sr_err mls_hpke_export(const struct mls_suite *s, const struct mls_hpke *h,
			      struct slice context, uint8_t *out, size_t out_len)
{
	return labeled_expand(s, s->hpke_id, h->exporter, SLICE_LIT("sec"), context, out, out_len);
}
