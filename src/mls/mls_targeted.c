/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_targeted.h"

#include "crypto.h"
#include "mls_hpke.h"
#include "mls_schedule.h"

struct sr_err mls_targeted_secrets(const struct mls_suite *s, const uint8_t exporter[MLS_LEN],
				   uint8_t psk[MLS_LEN], uint8_t sender_secret[MLS_LEN])
{
	struct slice label = SLICE_LIT("targeted message");
	SR_TRY(mls_schedule_export(s, exporter, label, SLICE_LIT("psk"), psk, MLS_LEN));
	return mls_schedule_export(s, exporter, label, SLICE_LIT("sender auth data secret"),
				   sender_secret, MLS_LEN);
}

/* ---- What is bound ---- */

/* put_place appends what the signature of both drafts and the content of -01 have in common. */
static void put_place(const struct mls_targeted *m, const struct mls_targeted_sender *from,
		      struct build *b)
{
	mls_encode(&mls_type_targeted_place, m, b);
	mls_put_u32(b, from->leaf);
	mls_put_opaque(b, from->kem_output);
}

/* tbs_of gives a TargetedMessageTBS; as all that follows, in a. */
static struct sr_err tbs_of(const struct mls_suite *s, const struct mls_targeted *m,
			    const struct mls_targeted_sender *from, struct arena *a,
			    struct slice *out)
{
	struct build b = {0};
	uint8_t hash[MLS_LEN];
	SR_TRY(mls_hash(s, m->ciphertext, hash));
	mls_message_out(MLS_WIRE_TARGETED, &b);
	put_place(m, from, &b);
	mls_put_opaque(&b, mls_slice(hash));
	return build_keep(&b, a, out);
}

/* aad_of gives what the content is sealed with. */
static struct sr_err aad_of(const struct mls_targeted_epoch *e, const struct mls_targeted *m,
			    const struct mls_targeted_sender *from, struct arena *a,
			    struct slice *out)
{
	struct build b = {0};
	if (e->draft == MLS_TARGETED_01)
		put_place(m, from, &b);
	else
		build_slice(&b, m->authenticated_data);
	return build_keep(&b, a, out);
}

/* info_of (hashed) and psk_of give what HPKE is set up with. */
static struct sr_err info_of(const struct mls_targeted_epoch *e, const struct mls_targeted *m,
			     const struct mls_targeted_sender *from, uint8_t info_hash[MLS_LEN])
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice info;
	mls_put_label(&b, MLS_L("TargetedMessageData"));
	if (e->draft == MLS_TARGETED_01) {
		mls_put_opaque(&b, SLICE_LIT(""));
	} else {
		mls_put_u32(&b, m->recipient);
		mls_put_u32(&b, from->leaf);
	}
	SR_TRY(build_done(&b, &info));
	return mls_hpke_info(e->suite, info, info_hash);
}

static struct sr_err psk_of(const struct mls_targeted_epoch *e, struct arena *a,
			    struct mls_hpke_psk *out)
{
	struct build b = {0};
	mls_put_opaque(&b, e->group_id);
	mls_put_u64(&b, e->epoch);
	mls_put_label(&b, MLS_L("targeted message psk"));
	out->psk = mls_slice(e->psk);
	return build_keep(&b, a, &out->id);
}

/* ---- Making one ---- */

/* seal_content fills in the KEM output, which enc is for, and the ciphertext. */
static struct sr_err seal_content(const struct mls_targeted_epoch *e,
				  const struct mls_targeted_plan *plan, uint8_t enc[MLS_LEN],
				  struct arena *a, struct mls_targeted_sender *from,
				  struct mls_targeted *m)
{
	SR_SCOPED(build_release) struct build b = {.secret = true};
	CRYPTO_WIPED(struct mls_hpke, h);
	struct mls_hpke_psk psk;
	uint8_t info[MLS_LEN];
	struct slice text, aad;
	mls_put_opaque(&b, plan->data);
	mls_put_padding(&b, plan->padding);
	SR_TRY(build_done(&b, &text));
	SR_TRY(info_of(e, m, from, info));
	SR_TRY(psk_of(e, a, &psk));
	SR_TRY(mls_hpke_send(e->suite, plan->recipient_key, info, &psk, plan->ikm, enc, &h));
	from->kem_output = mls_slice(enc);
	SR_TRY(aad_of(e, m, from, a, &aad));
	return mls_seal(e->suite, &h.first, aad, text, a, &m->ciphertext);
}

/* seal_sender signs, and seals who did. */
static struct sr_err seal_sender(const struct mls_targeted_epoch *e,
				 const struct mls_targeted_plan *plan, struct arena *a,
				 struct mls_targeted_sender *from, struct mls_targeted *m)
{
	CRYPTO_WIPED(struct mls_message_key, k);
	uint8_t signature[MLS_SIGNATURE_LEN];
	struct slice tbs, text, aad;
	SR_TRY(tbs_of(e->suite, m, from, a, &tbs));
	SR_TRY(mls_sign(e->suite, plan->seed, plan->pub, MLS_L("TargetedMessageTBS"), tbs,
			signature));
	from->signature = slice_make(signature, sizeof signature);
	SR_TRY(mls_encoded(&mls_type_targeted_sender, from, a, &text));
	SR_TRY(mls_encoded(&mls_type_targeted_aad, m, a, &aad));
	SR_TRY(mls_schedule_sender(e->suite, e->sender_secret, m->ciphertext, &k));
	return mls_seal(e->suite, &k, aad, text, a, &m->encrypted_sender_auth_data);
}

struct sr_err mls_targeted_make(const struct mls_targeted_epoch *e,
				const struct mls_targeted_plan *plan, struct build *b)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	uint8_t enc[MLS_LEN];
	struct mls_targeted_sender from = {.leaf = plan->sender};
	struct mls_targeted m = {.group_id = e->group_id,
				 .epoch = e->epoch,
				 .recipient = plan->recipient,
				 .authenticated_data = plan->authenticated_data};
	struct slice all;
	SR_TRY(seal_content(e, plan, enc, &a, &from, &m));
	SR_TRY(seal_sender(e, plan, &a, &from, &m));
	mls_message_out(MLS_WIRE_TARGETED, b);
	mls_encode(&mls_type_targeted, &m, b);
	return build_done(b, &all);
}

/* ---- Reading one ---- */

struct sr_err mls_targeted_from(const struct mls_targeted_epoch *e, uint32_t own,
				const struct mls_targeted *m, struct arena *a,
				struct mls_targeted_sender *out)
{
	CRYPTO_WIPED(struct mls_message_key, k);
	struct slice aad, text;
	if (!slice_eq(m->group_id, e->group_id) || m->epoch != e->epoch)
		return sr_fail(SR_E_STATE, "a targeted message for another group or epoch");
	if (m->recipient != own)
		return sr_fail(SR_E_STATE, "a targeted message for another member");
	SR_TRY(mls_encoded(&mls_type_targeted_aad, m, a, &aad));
	SR_TRY(mls_schedule_sender(e->suite, e->sender_secret, m->ciphertext, &k));
	SR_TRY(mls_open(e->suite, &k, aad, m->encrypted_sender_auth_data, a, &text));
	if (sr_bad(mls_decode(&mls_type_targeted_sender, text, a, out)))
		return mls_refuse("a targeted message with malformed sender data");
	return sr_ok();
}

struct sr_err mls_targeted_open(const struct mls_targeted_epoch *e, const struct mls_targeted *m,
				const struct mls_targeted_sender *sender, struct slice sender_key,
				const uint8_t priv[MLS_LEN], const uint8_t pub[MLS_LEN],
				struct arena *a, struct slice *data)
{
	CRYPTO_WIPED(struct mls_hpke, h);
	struct mls_hpke_psk psk;
	uint8_t info[MLS_LEN];
	struct slice tbs, aad, text, content;
	SR_TRY(tbs_of(e->suite, m, sender, a, &tbs));
	SR_TRY(mls_verify(e->suite, sender_key, MLS_L("TargetedMessageTBS"), tbs,
			  sender->signature));
	SR_TRY(info_of(e, m, sender, info));
	SR_TRY(psk_of(e, a, &psk));
	SR_TRY(aad_of(e, m, sender, a, &aad));
	SR_TRY(mls_hpke_receive(e->suite, priv, pub, sender->kem_output, info, &psk, &h));
	SR_TRY(mls_open(e->suite, &h.first, aad, m->ciphertext, a, &text));
	if (!mls_next_opaque(&text, &content))
		return mls_refuse("a targeted message with malformed content");
	if (!mls_all_zero(text))
		return mls_refuse("a targeted message with padding that is not zero");
	*data = content;
	return sr_ok();
}
