/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_targeted.h"

#include "crypto.h"
#include "mls_hpke.h"
#include "mls_schedule.h"

#include <string.h>

/* What a message says before anything is sealed, and what the sender adds to it: enough to bind it
 * to its place. */
struct place {
	const struct mls_targeted_epoch *epoch;
	uint32_t sender, recipient;
	struct slice authenticated_data, kem_output;
};

struct sr_err mls_targeted_secrets(const struct mls_suite *s, const uint8_t exporter[MLS_LEN],
				   uint8_t psk[MLS_LEN], uint8_t sender_secret[MLS_LEN])
{
	struct slice label = SLICE_LIT("targeted message");
	SR_TRY(mls_schedule_export(s, exporter, label, SLICE_LIT("psk"), psk, MLS_LEN));
	return mls_schedule_export(s, exporter, label, SLICE_LIT("sender auth data secret"),
				   sender_secret, MLS_LEN);
}

/* ---- What is bound ---- */

static void put_epoch(const struct mls_targeted_epoch *e, struct build *b)
{
	mls_put_opaque(b, e->group_id);
	mls_put_u64(b, e->epoch);
}

/* put_place appends what the signature of both drafts and the content of -01 have in common. */
static void put_place(const struct place *p, struct build *b)
{
	put_epoch(p->epoch, b);
	mls_put_u32(b, p->recipient);
	mls_put_opaque(b, p->authenticated_data);
	mls_put_u32(b, p->sender);
	mls_put_opaque(b, p->kem_output);
}

/* put_tbs appends a TargetedMessageTBS. */
static struct sr_err put_tbs(const struct place *p, struct slice ciphertext, struct build *b)
{
	uint8_t hash[MLS_LEN];
	SR_TRY(mls_hash(p->epoch->suite, ciphertext, hash));
	mls_put_u16(b, MLS_VERSION_10);
	mls_put_u16(b, MLS_WIRE_TARGETED);
	put_place(p, b);
	mls_put_opaque(b, slice_make(hash, MLS_LEN));
	return sr_ok();
}

static void put_info(const struct place *p, struct build *b)
{
	mls_put_label(b, MLS_L("TargetedMessageData"));
	switch (p->epoch->draft) {
	case MLS_TARGETED_01:
		mls_put_opaque(b, SLICE_LIT(""));
		return;
	case MLS_TARGETED_02:
		mls_put_u32(b, p->recipient);
		mls_put_u32(b, p->sender);
		return;
	}
}

/* content_aad gives what the content is sealed with, built in b or borrowed. */
static struct sr_err content_aad(const struct place *p, struct build *b, struct slice *out)
{
	*out = p->authenticated_data;
	if (p->epoch->draft == MLS_TARGETED_02)
		return sr_ok();
	put_place(p, b);
	return build_done(b, out);
}

static void put_psk_id(const struct mls_targeted_epoch *e, struct build *b)
{
	put_epoch(e, b);
	mls_put_label(b, MLS_L("targeted message psk"));
}

/* struct setup: what HPKE is set up with. */
struct setup {
	struct build info_bytes, id_bytes;
	struct slice info;
	struct mls_hpke_psk psk;
};

static void setup_release(struct setup *s)
{
	build_release(&s->info_bytes);
	build_release(&s->id_bytes);
}

static struct sr_err setup_of(const struct place *p, struct setup *out)
{
	put_info(p, &out->info_bytes);
	put_psk_id(p->epoch, &out->id_bytes);
	out->psk.psk = slice_make(p->epoch->psk, MLS_LEN);
	SR_TRY(build_done(&out->id_bytes, &out->psk.id));
	return build_done(&out->info_bytes, &out->info);
}

/* ---- The sender's data ---- */

/* struct cover: what sender data is sealed under: by a sample of the content, as in 6.3.2. */
struct cover {
	uint8_t key[MLS_LEN], nonce[MLS_NONCE_LEN];
};

static struct sr_err cover_of(const struct mls_targeted_epoch *e, struct slice ciphertext,
			      struct cover *out)
{
	struct slice sample =
		slice_sub(ciphertext, 0, ciphertext.len < MLS_LEN ? ciphertext.len : MLS_LEN);
	SR_TRY(mls_expand_label(e->suite, e->sender_secret, MLS_L("key"), sample, out->key,
				e->suite->key_len));
	return mls_expand_label(e->suite, e->sender_secret, MLS_L("nonce"), sample, out->nonce,
				MLS_NONCE_LEN);
}

static struct sr_err seal_sender(const struct place *p, struct slice signature,
				 struct slice ciphertext, struct arena *a, struct slice *out)
{
	SR_SCOPED(build_release) struct build aad = {0}, b = {0};
	CRYPTO_WIPED(struct cover, cover);
	struct slice text, with;
	put_epoch(p->epoch, &aad);
	mls_put_u32(&aad, p->recipient);
	mls_put_u32(&b, p->sender);
	mls_put_opaque(&b, signature);
	mls_put_opaque(&b, p->kem_output);
	SR_TRY(build_done(&aad, &with));
	SR_TRY(build_done(&b, &text));
	uint8_t *sealed = arena_alloc(a, 1, text.len + MLS_TAG_LEN);
	if (!sealed)
		return sr_nomem();
	SR_TRY(cover_of(p->epoch, ciphertext, &cover));
	SR_TRY(p->epoch->suite->seal(cover.key, cover.nonce, with, text, sealed));
	*out = slice_make(sealed, text.len + MLS_TAG_LEN);
	return sr_ok();
}

static struct sr_err decode_sender(struct slice in, struct mls_targeted_sender *out)
{
	uint64_t leaf;
	struct mls_targeted_sender sender;
	if (!mls_next_int(&in, MLS_U32, &leaf) || !mls_next_opaque(&in, &sender.signature) ||
	    !mls_next_opaque(&in, &sender.kem_output) || in.len)
		return sr_fail(SR_E_INPUT, "a targeted message with malformed sender data");
	sender.leaf = (uint32_t)leaf;
	*out = sender;
	return sr_ok();
}

struct sr_err mls_targeted_from(const struct mls_targeted_epoch *e, uint32_t own,
				const struct mls_targeted *m, struct arena *a,
				struct mls_targeted_sender *out)
{
	SR_SCOPED(build_release) struct build aad = {0};
	CRYPTO_WIPED(struct cover, cover);
	struct slice sealed = m->encrypted_sender_auth_data, with;
	if (!slice_eq(m->group_id, e->group_id) || m->epoch != e->epoch)
		return sr_fail(SR_E_STATE, "a targeted message for another group or epoch");
	if (m->recipient != own)
		return sr_fail(SR_E_STATE, "a targeted message for another member");
	put_epoch(e, &aad);
	mls_put_u32(&aad, m->recipient);
	SR_TRY(build_done(&aad, &with));
	uint8_t *text = arena_alloc(a, 1, sealed.len);
	if (!text)
		return sr_nomem();
	SR_TRY(cover_of(e, m->ciphertext, &cover));
	SR_TRY(e->suite->open(cover.key, cover.nonce, with, sealed, text));
	return decode_sender(slice_make(text, sealed.len - MLS_TAG_LEN), out);
}

/* ---- The content ---- */

static void put_zeros(size_t n, struct build *b)
{
	static const uint8_t zeros[256];
	for (; n > sizeof zeros; n -= sizeof zeros)
		build_bytes(b, zeros, sizeof zeros);
	build_bytes(b, zeros, n);
}

/* seal_content writes the KEM output and seals the content, which goes into a. */
static struct sr_err seal_content(struct place *p, const struct mls_targeted_plan *plan,
				  uint8_t enc[MLS_LEN], struct arena *a, struct slice *out)
{
	SR_SCOPED(build_release) struct build b = {.secret = true}, aad = {0};
	SR_SCOPED(setup_release) struct setup setup = {0};
	CRYPTO_WIPED(struct mls_hpke, h);
	struct slice text, with;
	mls_put_opaque(&b, plan->data);
	put_zeros(plan->zeros, &b);
	SR_TRY(build_done(&b, &text));
	SR_TRY(setup_of(p, &setup));
	SR_TRY(mls_hpke_send(p->epoch->suite, plan->recipient_key, setup.info, &setup.psk,
			     plan->ikm, enc, &h));
	p->kem_output = slice_make(enc, MLS_LEN);
	SR_TRY(content_aad(p, &aad, &with));
	uint8_t *sealed = arena_alloc(a, 1, text.len + MLS_TAG_LEN);
	if (!sealed)
		return sr_nomem();
	SR_TRY(mls_hpke_seal(p->epoch->suite, &h, with, text, sealed));
	*out = slice_make(sealed, text.len + MLS_TAG_LEN);
	return sr_ok();
}

struct sr_err mls_targeted_make(const struct mls_targeted_epoch *e,
				const struct mls_targeted_plan *plan, struct build *b)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(build_release) struct build tbs = {0};
	uint8_t enc[MLS_LEN], signature[MLS_SIGNATURE_LEN];
	struct slice text;
	struct place p = {e, plan->sender, plan->recipient, plan->authenticated_data, {0}};
	struct mls_message m = {.version = MLS_VERSION_10,
				.wire_format = MLS_WIRE_TARGETED,
				.targeted = {.group_id = e->group_id,
					     .epoch = e->epoch,
					     .recipient = plan->recipient,
					     .authenticated_data = plan->authenticated_data}};
	SR_TRY(seal_content(&p, plan, enc, &a, &m.targeted.ciphertext));
	SR_TRY(put_tbs(&p, m.targeted.ciphertext, &tbs));
	SR_TRY(build_done(&tbs, &text));
	SR_TRY(mls_sign(e->suite, plan->seed, plan->pub, MLS_L("TargetedMessageTBS"), text,
			signature));
	SR_TRY(seal_sender(&p, slice_make(signature, sizeof signature), m.targeted.ciphertext, &a,
			   &m.targeted.encrypted_sender_auth_data));
	mls_encode(&mls_type_message, &m, b);
	struct slice all;
	return build_done(b, &all);
}

/* unpad splits a content from its padding, all of which is looked at. */
static struct sr_err unpad(struct slice in, struct slice *data)
{
	uint8_t other = 0;
	if (!mls_next_opaque(&in, data))
		return sr_fail(SR_E_INPUT, "a targeted message with malformed content");
	for (size_t i = 0; i < in.len; i++)
		other |= in.ptr[i];
	return other ? sr_fail(SR_E_INPUT, "a targeted message with padding that is not zero")
		     : sr_ok();
}

static struct sr_err open_content(const struct place *p, struct slice sealed,
				  const uint8_t priv[MLS_LEN], const uint8_t pub[MLS_LEN],
				  uint8_t *text)
{
	SR_SCOPED(build_release) struct build aad = {0};
	SR_SCOPED(setup_release) struct setup setup = {0};
	CRYPTO_WIPED(struct mls_hpke, h);
	struct slice with;
	SR_TRY(setup_of(p, &setup));
	SR_TRY(content_aad(p, &aad, &with));
	SR_TRY(mls_hpke_receive(p->epoch->suite, priv, pub, p->kem_output, setup.info, &setup.psk,
				&h));
	return mls_hpke_open(p->epoch->suite, &h, with, sealed, text);
}

struct sr_err mls_targeted_open(const struct mls_targeted_epoch *e, const struct mls_targeted *m,
				const struct mls_targeted_sender *sender, struct slice sender_key,
				const uint8_t priv[MLS_LEN], const uint8_t pub[MLS_LEN],
				struct arena *a, struct slice *data)
{
	SR_SCOPED(build_release) struct build b = {0};
	struct place p = {e, sender->leaf, m->recipient, m->authenticated_data, sender->kem_output};
	struct slice tbs, content;
	SR_TRY(put_tbs(&p, m->ciphertext, &b));
	SR_TRY(build_done(&b, &tbs));
	SR_TRY(mls_verify(e->suite, sender_key, MLS_L("TargetedMessageTBS"), tbs,
			  sender->signature));
	uint8_t *text = arena_alloc(a, 1, m->ciphertext.len);
	if (!text)
		return sr_nomem();
	SR_TRY(open_content(&p, m->ciphertext, priv, pub, text));
	struct sr_err err = unpad(slice_make(text, m->ciphertext.len - MLS_TAG_LEN), &content);
	if (sr_bad(err))
		crypto_wipe(text, m->ciphertext.len);
	else
		*data = content;
	return err;
}
