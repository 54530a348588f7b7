/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_frame.h"

#include "crypto.h"

#include <assert.h>
#include <string.h>

enum { SENDER_DATA_LEN = 4 + 4 + 4 };

/* check_shape: which content comes from whom, and how (6, 6.1). */
static struct sr_err check_shape(const struct mls_authentic *m)
{
	const struct mls_content *c = &m->content;
	if (m->wire_format != MLS_WIRE_PUBLIC && m->wire_format != MLS_WIRE_PRIVATE)
		return mls_refuse("content in something else than a message");
	if (m->wire_format == MLS_WIRE_PUBLIC && c->type == MLS_CONTENT_APPLICATION)
		return mls_refuse("application data that is not encrypted");
	if (c->sender == MLS_SENDER_MEMBER)
		return sr_ok();
	if (m->wire_format == MLS_WIRE_PRIVATE)
		return mls_refuse("an encrypted message of somebody who is no member");
	if (c->type !=
	    (c->sender == MLS_SENDER_NEW_COMMIT ? MLS_CONTENT_COMMIT : MLS_CONTENT_PROPOSAL))
		return mls_refuse("a sender who may not send this kind of content");
	if (c->sender == MLS_SENDER_NEW_PROPOSAL && c->proposal.type != MLS_PROPOSAL_ADD)
		return mls_refuse("a new member's proposal that adds nobody");
	return sr_ok();
}

/* put_tbs appends a FramedContentTBS; out has what is in b then. */
static struct sr_err put_tbs(const struct mls_authentic *m, struct slice context, struct build *b,
			     struct slice *out)
{
	SR_TRY(check_shape(m));
	mls_message_out(m->wire_format, b);
	mls_encode(&mls_type_content, &m->content, b);
	if (m->content.sender == MLS_SENDER_MEMBER || m->content.sender == MLS_SENDER_NEW_COMMIT)
		build_slice(b, context);
	return build_done(b, out);
}

struct sr_err mls_frame_sign(const struct mls_suite *s, const struct mls_authentic *m,
			     struct slice context, const uint8_t seed[MLS_LEN],
			     const uint8_t pub[MLS_LEN], uint8_t out[MLS_SIGNATURE_LEN])
{
	SR_SCOPED(build_release) struct build b = {.secret = true};
	struct slice tbs;
	SR_TRY(put_tbs(m, context, &b, &tbs));
	return mls_sign(s, seed, pub, MLS_L("FramedContentTBS"), tbs, out);
}

struct sr_err mls_frame_verify(const struct mls_suite *s, const struct mls_authentic *m,
			       struct slice context, const uint8_t pub[MLS_LEN])
{
	SR_SCOPED(build_release) struct build b = {.secret = true};
	struct slice tbs;
	SR_TRY(put_tbs(m, context, &b, &tbs));
	return mls_verify(s, mls_slice(pub), MLS_L("FramedContentTBS"), tbs, m->signature);
}

/* put_tbm appends an AuthenticatedContentTBM. */
static struct sr_err put_tbm(const struct mls_authentic *m, struct slice context, struct build *b,
			     struct slice *out)
{
	if (m->wire_format != MLS_WIRE_PUBLIC || m->content.sender != MLS_SENDER_MEMBER)
		return mls_refuse("a membership tag where none belongs");
	SR_TRY(put_tbs(m, context, b, out));
	mls_put_opaque(b, m->signature);
	if (m->content.type == MLS_CONTENT_COMMIT)
		mls_put_opaque(b, m->confirmation_tag);
	return build_done(b, out);
}

struct sr_err mls_frame_membership(const struct mls_suite *s, const struct mls_authentic *m,
				   struct slice context, const uint8_t key[MLS_LEN],
				   uint8_t out[MLS_LEN])
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice tbm;
	SR_TRY(put_tbm(m, context, &b, &tbm));
	return s->hmac(mls_slice(key), &tbm, 1, out);
}

struct sr_err mls_frame_membership_check(const struct mls_suite *s, const struct mls_authentic *m,
					 struct slice context, const uint8_t key[MLS_LEN])
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice tbm;
	SR_TRY(put_tbm(m, context, &b, &tbm));
	return mls_mac_check(s, key, tbm, m->membership_tag);
}

void mls_frame_public(const struct mls_authentic *m, struct build *b)
{
	assert(m->wire_format == MLS_WIRE_PUBLIC && m->content.type != MLS_CONTENT_APPLICATION);
	mls_message_out(MLS_WIRE_PUBLIC, b);
	mls_encode(&mls_type_public, m, b);
}

static void guard_nonce(struct mls_message_key *k, const struct mls_sender_data *sender)
{
	for (size_t i = 0; i < sizeof sender->reuse_guard; i++)
		k->nonce[i] ^= sender->reuse_guard[i];
}

/* seal_content and seal_sender encrypt what is in a PrivateMessage. */
static struct sr_err seal_content(const struct mls_suite *s, const struct mls_authentic *m,
				  const struct mls_message_key *k, size_t padding, struct arena *a,
				  struct mls_private *p)
{
	SR_SCOPED(build_release) struct build b = {.secret = true, .len_max = MLS_MESSAGE_MAX};
	struct slice aad, text;
	mls_encode(&mls_type_private_content, m, &b);
	mls_put_padding(&b, padding);
	SR_TRY(build_done(&b, &text));
	SR_TRY(mls_encoded(&mls_type_private_aad, p, a, &aad));
	return mls_seal(s, k, aad, text, a, &p->ciphertext);
}

static struct sr_err seal_sender(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
				 const struct mls_sender_data *sender, struct arena *a,
				 struct mls_private *p)
{
	CRYPTO_WIPED(struct mls_message_key, k);
	struct slice aad, text;
	SR_TRY(mls_schedule_sender(s, secret, p->ciphertext, &k));
	SR_TRY(mls_encoded(&mls_type_sender_aad, p, a, &aad));
	SR_TRY(mls_encoded(&mls_type_sender_data, sender, a, &text));
	return mls_seal(s, &k, aad, text, a, &p->encrypted_sender_data);
}

struct sr_err mls_frame_private(const struct mls_suite *s, const struct mls_authentic *m,
				const uint8_t sender_data_secret[MLS_LEN],
				struct mls_secret_tree *tree, size_t padding,
				const struct sr_mls_platform *platform, struct build *b)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	CRYPTO_WIPED(struct mls_message_key, k);
	const struct mls_content *c = &m->content;
	const size_t start = b->len;
	enum mls_ratchet which = mls_frame_ratchet(c->type);
	struct mls_sender_data sender = {.leaf = c->sender_index};
	struct mls_private p = {.group_id = c->group_id,
				.epoch = c->epoch,
				.type = c->type,
				.authenticated_data = c->authenticated_data};
	struct slice all;
	assert(m->wire_format == MLS_WIRE_PRIVATE && c->sender == MLS_SENDER_MEMBER);
	SR_TRY(platform->random(platform->user, sender.reuse_guard, sizeof sender.reuse_guard));
	SR_TRY(mls_secret_tree_ahead(s, tree, sender.leaf, which, &sender.generation, &k));
	guard_nonce(&k, &sender);
	SR_TRY(seal_content(s, m, &k, padding, &a, &p));
	SR_TRY(seal_sender(s, sender_data_secret, &sender, &a, &p));
	mls_message_out(MLS_WIRE_PRIVATE, b);
	mls_encode(&mls_type_private, &p, b);
	struct sr_err e = build_done(b, &all);
	if (!sr_bad(e))
		e = mls_secret_tree_use(s, tree, sender.leaf, which, sender.generation);
	if (sr_bad(e))
		b->len = start;
	return e;
}

struct sr_err mls_frame_sender(const struct mls_suite *s, const struct mls_private *in,
			       const uint8_t sender_data_secret[MLS_LEN],
			       struct mls_sender_data *out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	CRYPTO_WIPED(struct mls_message_key, k);
	struct slice aad, text;
	if (in->encrypted_sender_data.len != SENDER_DATA_LEN + MLS_TAG_LEN)
		return mls_refuse("sender data of a wrong length");
	SR_TRY(mls_encoded(&mls_type_sender_aad, in, &a, &aad));
	SR_TRY(mls_schedule_sender(s, sender_data_secret, in->ciphertext, &k));
	SR_TRY(mls_open(s, &k, aad, in->encrypted_sender_data, &a, &text));
	return mls_decode(&mls_type_sender_data, text, &a, out);
}

struct sr_err mls_frame_open(const struct mls_suite *s, const struct mls_private *in,
			     const struct mls_sender_data *sender, struct mls_secret_tree *tree,
			     struct arena *a, struct mls_authentic *out)
{
	CRYPTO_WIPED(struct mls_message_key, k);
	struct slice aad, text;
	if (in->type < MLS_CONTENT_APPLICATION || in->type > MLS_CONTENT_COMMIT)
		return mls_refuse("a message of an unknown kind");
	if (in->ciphertext.len < MLS_TAG_LEN)
		return mls_refuse("a message too short to be encrypted");
	SR_TRY(mls_secret_tree_peek(s, tree, sender->leaf, mls_frame_ratchet(in->type),
				    sender->generation, &k));
	guard_nonce(&k, sender);
	SR_TRY(mls_encoded(&mls_type_private_aad, in, a, &aad));
	SR_TRY(mls_open(s, &k, aad, in->ciphertext, a, &text));
	struct mls_authentic m = {.wire_format = MLS_WIRE_PRIVATE,
				  .content = {.group_id = in->group_id,
					      .epoch = in->epoch,
					      .sender = MLS_SENDER_MEMBER,
					      .sender_index = sender->leaf,
					      .authenticated_data = in->authenticated_data,
					      .type = in->type}};
	SR_TRY(mls_decode_front(&mls_type_private_content, &text, a, &m));
	if (!mls_all_zero(text))
		return mls_refuse("a message filled up with something else than zeros");
	*out = m;
	return sr_ok();
}
