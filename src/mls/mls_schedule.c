/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_schedule.h"

#include "crypto.h"
#include "mls_hpke.h"

#include <string.h>

struct sr_err mls_schedule_key(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
			       struct slice context, struct mls_message_key *out)
{
	CRYPTO_WIPED(struct mls_message_key, k);
	SR_TRY(mls_expand_label(s, secret, MLS_L("key"), context, k.key, s->key_len));
	SR_TRY(mls_expand_label(s, secret, MLS_L("nonce"), context, k.nonce, MLS_NONCE_LEN));
	*out = k;
	return sr_ok();
}

struct sr_err mls_schedule_sender(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
				  struct slice ciphertext, struct mls_message_key *out)
{
	size_t len = ciphertext.len < MLS_LEN ? ciphertext.len : MLS_LEN;
	return mls_schedule_key(s, secret, slice_sub(ciphertext, 0, len), out);
}

struct sr_err mls_schedule_joiner(const struct mls_suite *s, const uint8_t init[MLS_LEN],
				  const uint8_t commit_secret[MLS_LEN], struct slice context,
				  uint8_t out[MLS_LEN])
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], mixed);
	SR_TRY(mls_extract(s, mls_slice(init), mls_slice(commit_secret), mixed));
	return mls_expand_label(s, mixed, MLS_L("joiner"), context, out, MLS_LEN);
}

struct sr_err mls_schedule_welcome(const struct mls_suite *s, const uint8_t joiner[MLS_LEN],
				   const uint8_t psk_secret[MLS_LEN], struct mls_message_key *out)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], welcome);
	SR_TRY(mls_extract(s, mls_slice(joiner), mls_slice(psk_secret), welcome));
	SR_TRY(mls_derive_secret(s, welcome, MLS_L("welcome"), welcome));
	return mls_schedule_key(s, welcome, (struct slice){0}, out);
}

struct sr_err mls_schedule_first(const struct mls_suite *s, const uint8_t epoch_secret[MLS_LEN],
				 struct mls_secrets *out, struct mls_roots *roots)
{
	CRYPTO_WIPED(struct mls_secrets, o);
	CRYPTO_WIPED(struct mls_roots, r);
	const struct {
		struct slice label;
		uint8_t *secret;
	} table[] = {
		{MLS_L("sender data"), o.sender_data},
		{MLS_L("encryption"), r.encryption},
		{MLS_L("exporter"), o.exporter},
		{MLS_L("external"), o.external},
		{MLS_L("confirm"), o.confirmation},
		{MLS_L("membership"), o.membership},
		{MLS_L("resumption"), o.resumption},
		{MLS_L("authentication"), o.authenticator},
		{MLS_L("application_export"), r.application_export},
		{MLS_L("init"), o.init},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		SR_TRY(mls_derive_secret(s, epoch_secret, table[i].label, table[i].secret));
	*out = o;
	*roots = r;
	return sr_ok();
}

struct sr_err mls_schedule_epoch(const struct mls_suite *s, const uint8_t joiner[MLS_LEN],
				 const uint8_t psk_secret[MLS_LEN], struct slice context,
				 struct mls_secrets *out, struct mls_roots *roots)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], epoch);
	SR_TRY(mls_extract(s, mls_slice(joiner), mls_slice(psk_secret), epoch));
	SR_TRY(mls_expand_label(s, epoch, MLS_L("epoch"), context, epoch, MLS_LEN));
	return mls_schedule_first(s, epoch, out, roots);
}

/* psk_input is what one key of n is to the schedule. */
static struct sr_err psk_input(const struct mls_suite *s, const struct mls_psk *psk, size_t index,
			       size_t n, uint8_t out[MLS_LEN])
{
	static const uint8_t zero[MLS_LEN];
	SR_SCOPED(build_release) struct build b = {0};
	CRYPTO_WIPED(uint8_t[MLS_LEN], extracted);
	struct slice label;
	mls_encode(&mls_type_psk_id, &psk->id, &b);
	mls_put_u16(&b, (uint16_t)index);
	mls_put_u16(&b, (uint16_t)n);
	SR_TRY(build_done(&b, &label));
	SR_TRY(mls_extract(s, mls_slice(zero), psk->secret, extracted));
	return mls_expand_label(s, extracted, MLS_L("derived psk"), label, out, MLS_LEN);
}

struct sr_err mls_schedule_psks(const struct mls_suite *s, const struct mls_psk *psks, size_t n,
				uint8_t out[MLS_LEN])
{
	if (n > UINT16_MAX)
		return sr_fail(SR_E_LIMIT, "too many pre-shared keys");
	CRYPTO_WIPED(uint8_t[MLS_LEN], all);
	CRYPTO_WIPED(uint8_t[MLS_LEN], input);
	CRYPTO_WIPED(uint8_t[MLS_LEN], mixed);
	for (size_t i = 0; i < n; i++) {
		SR_TRY(psk_input(s, &psks[i], i, n, input));
		SR_TRY(mls_extract(s, mls_slice(input), mls_slice(all), mixed));
		memcpy(all, mixed, MLS_LEN);
	}
	memcpy(out, all, MLS_LEN);
	return sr_ok();
}

struct sr_err mls_schedule_confirmed(const struct mls_suite *s, struct slice interim_before,
				     const struct mls_authentic *commit, uint8_t out[MLS_LEN])
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice parts[] = {interim_before, {0}};
	mls_encode(&mls_type_transcript, commit, &b);
	SR_TRY(build_done(&b, &parts[1]));
	return s->hash(parts, 2, out);
}

struct sr_err mls_schedule_interim(const struct mls_suite *s, struct slice confirmed,
				   struct slice confirmation_tag, uint8_t out[MLS_LEN])
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice parts[] = {confirmed, {0}};
	mls_put_opaque(&b, confirmation_tag);
	SR_TRY(build_done(&b, &parts[1]));
	return s->hash(parts, 2, out);
}

struct sr_err mls_schedule_export(const struct mls_suite *s, const uint8_t exporter[MLS_LEN],
				  struct slice label, struct slice context, uint8_t *out,
				  size_t out_len)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], derived);
	uint8_t hash[MLS_LEN];
	SR_TRY(mls_derive_secret(s, exporter, label, derived));
	SR_TRY(mls_hash(s, context, hash));
	return mls_expand_label(s, derived, MLS_L("exported"), mls_slice(hash), out, out_len);
}

struct sr_err mls_schedule_external(const struct mls_suite *s, const uint8_t external[MLS_LEN],
				    uint8_t priv[MLS_LEN], uint8_t pub[MLS_LEN])
{
	return mls_hpke_derive(s, mls_slice(external), priv, pub);
}

static struct sr_err external_init(const struct mls_suite *s, const struct mls_hpke *h,
				   uint8_t init[MLS_LEN])
{
	return mls_hpke_export(s, h, SLICE_LIT("MLS 1.0 external init secret"), init, MLS_LEN);
}

struct sr_err mls_schedule_external_send(const struct mls_suite *s, struct slice external_pub,
					 const uint8_t ikm[MLS_LEN], uint8_t kem_output[MLS_LEN],
					 uint8_t init[MLS_LEN])
{
	if (external_pub.len != MLS_LEN)
		return mls_refuse("an external key of a wrong length");
	uint8_t enc[MLS_LEN], no_info[MLS_LEN];
	CRYPTO_WIPED(struct mls_hpke, h);
	SR_TRY(mls_hpke_info(s, (struct slice){0}, no_info));
	SR_TRY(mls_hpke_send(s, external_pub.ptr, no_info, NULL, ikm, enc, &h));
	SR_TRY(external_init(s, &h, init));
	memcpy(kem_output, enc, MLS_LEN);
	return sr_ok();
}

struct sr_err mls_schedule_external_receive(const struct mls_suite *s,
					    const uint8_t external[MLS_LEN],
					    struct slice kem_output, uint8_t init[MLS_LEN])
{
	uint8_t pub[MLS_LEN], no_info[MLS_LEN];
	CRYPTO_WIPED(uint8_t[MLS_LEN], priv);
	CRYPTO_WIPED(struct mls_hpke, h);
	SR_TRY(mls_hpke_info(s, (struct slice){0}, no_info));
	SR_TRY(mls_schedule_external(s, external, priv, pub));
	SR_TRY(mls_hpke_receive(s, priv, pub, kem_output, no_info, NULL, &h));
	return external_init(s, &h, init);
}
