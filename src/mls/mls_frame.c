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
		return sr_fail(SR_E_INPUT, "content in something else than a message");
	if (m->wire_format == MLS_WIRE_PUBLIC && c->type == MLS_CONTENT_APPLICATION)
		return sr_fail(SR_E_INPUT, "application data that is not encrypted");
	if (c->sender == MLS_SENDER_MEMBER)
		return sr_ok();
	if (m->wire_format == MLS_WIRE_PRIVATE)
		return sr_fail(SR_E_INPUT, "an encrypted message of somebody who is no member");
	if (c->type !=
	    (c->sender == MLS_SENDER_NEW_COMMIT ? MLS_CONTENT_COMMIT : MLS_CONTENT_PROPOSAL))
		return sr_fail(SR_E_INPUT, "a sender who may not send this kind of content");
	if (c->sender == MLS_SENDER_NEW_PROPOSAL && c->proposal.type != MLS_PROPOSAL_ADD)
		return sr_fail(SR_E_INPUT, "a new member's proposal that adds nobody");
	return sr_ok();
}

/* put_tbs appends a FramedContentTBS. */
static struct sr_err put_tbs(const struct mls_authentic *m, struct slice context, struct build *b)
{
	SR_TRY(check_shape(m));
	mls_put_u16(b, MLS_VERSION_10);
	mls_put_u16(b, m->wire_format);
	mls_encode(&mls_type_content, &m->content, b);
	if (m->content.sender == MLS_SENDER_MEMBER || m->content.sender == MLS_SENDER_NEW_COMMIT)
		build_slice(b, context);
	return sr_ok();
}

struct sr_err mls_frame_sign(const struct mls_suite *s, const struct mls_authentic *m,
			     struct slice context, const uint8_t seed[MLS_LEN],
			     const uint8_t pub[MLS_LEN], uint8_t out[MLS_SIGNATURE_LEN])
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice tbs;
	SR_TRY(put_tbs(m, context, &b));
	SR_TRY(build_done(&b, &tbs));
	return mls_sign(s, seed, pub, MLS_L("FramedContentTBS"), tbs, out);
}

struct sr_err mls_frame_verify(const struct mls_suite *s, const struct mls_authentic *m,
			       struct slice context, const uint8_t pub[MLS_LEN])
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice tbs;
	SR_TRY(put_tbs(m, context, &b));
	SR_TRY(build_done(&b, &tbs));
	return mls_verify(s, slice_make(pub, MLS_LEN), MLS_L("FramedContentTBS"), tbs,
			  m->signature);
}

/* put_tbm appends an AuthenticatedContentTBM. */
static struct sr_err put_tbm(const struct mls_authentic *m, struct slice context, struct build *b,
			     struct slice *out)
{
	if (m->wire_format != MLS_WIRE_PUBLIC || m->content.sender != MLS_SENDER_MEMBER)
		return sr_fail(SR_E_INPUT, "a membership tag where none belongs");
	SR_TRY(put_tbs(m, context, b));
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
	return s->hmac(slice_make(key, MLS_LEN), &tbm, 1, out);
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
	mls_put_u16(b, MLS_VERSION_10);
	mls_put_u16(b, MLS_WIRE_PUBLIC);
	mls_encode(&mls_type_public, m, b);
}

/* put_sender_aad appends a SenderDataAAD; with authenticated_data it is a PrivateContentAAD, and
 * how a PrivateMessage begins. */
static void put_sender_aad(const struct mls_private *p, struct build *b)
{
	mls_put_opaque(b, p->group_id);
	mls_put_u64(b, p->epoch);
	mls_put_u8(b, p->type);
}

static void put_zeros(struct build *b, size_t n)
{
	static const uint8_t zeros[256];
	for (; n && !b->failed; n -= n < sizeof zeros ? n : sizeof zeros)
		build_bytes(b, zeros, n < sizeof zeros ? n : sizeof zeros);
}

/* sender_key derives key and nonce of the sender data from a sample of the ciphertext. */
static struct sr_err sender_key(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
				struct slice text, struct mls_message_key *out)
{
	return mls_schedule_key(s, secret,
				slice_sub(text, 0, text.len < MLS_LEN ? text.len : MLS_LEN), out);
}

static void guard_nonce(struct mls_message_key *k, const struct mls_sender_data *sender)
{
	for (size_t i = 0; i < sizeof sender->reuse_guard; i++)
		k->nonce[i] ^= sender->reuse_guard[i];
}

/* struct private: a PrivateMessage in the making: where its parts are in the builder. */
struct private
{
	size_t aad, sender_aad_end, aad_end, sender_data, text;
};

/* put_private appends a PrivateMessage that is not encrypted yet, with room for both tags, and
 * without the length of the ciphertext. */
static void put_private(const struct mls_authentic *m, const struct mls_sender_data *sender,
			size_t padding, struct build *b, struct private *p)
{
	const struct mls_content *c = &m->content;
	mls_put_u16(b, MLS_VERSION_10);
	mls_put_u16(b, MLS_WIRE_PRIVATE);
	p->aad = b->len;
	put_sender_aad(
		&(struct mls_private){.group_id = c->group_id, .epoch = c->epoch, .type = c->type},
		b);
	p->sender_aad_end = b->len;
	mls_put_opaque(b, c->authenticated_data);
	p->aad_end = b->len;
	mls_put_u8(b, SENDER_DATA_LEN + MLS_TAG_LEN);
	p->sender_data = b->len;
	mls_encode(&mls_type_sender_data, sender, b);
	put_zeros(b, MLS_TAG_LEN);
	p->text = b->len;
	mls_encode(&mls_type_private_content, m, b);
	if (padding > 1)
		put_zeros(b, (padding - (b->len - p->text) % padding) % padding);
	put_zeros(b, MLS_TAG_LEN);
}

static struct sr_err seal_private(const struct mls_suite *s, const struct private *p,
				  const uint8_t sender_data_secret[MLS_LEN],
				  const struct mls_message_key *key, struct build *b)
{
	struct slice all;
	SR_TRY(build_done(b, &all));
	uint8_t *text = b->ptr + p->text, *sender_data = b->ptr + p->sender_data;
	size_t len = b->len - p->text;
	SR_TRY(s->seal(key->key, key->nonce, slice_sub(all, p->aad, p->aad_end - p->aad),
		       slice_make(text, len - MLS_TAG_LEN), text));
	CRYPTO_WIPED(struct mls_message_key, k);
	SR_TRY(sender_key(s, sender_data_secret, slice_make(text, len), &k));
	SR_TRY(s->seal(k.key, k.nonce, slice_sub(all, p->aad, p->sender_aad_end - p->aad),
		       slice_make(sender_data, SENDER_DATA_LEN), sender_data));
	mls_list_close(b, p->text);
	return build_done(b, &all);
}

struct sr_err mls_frame_private(const struct mls_suite *s, const struct mls_authentic *m,
				const uint8_t sender_data_secret[MLS_LEN],
				struct mls_secret_tree *tree, size_t padding,
				const struct sr_mls_platform *platform, struct build *b)
{
	assert(m->wire_format == MLS_WIRE_PRIVATE && m->content.sender == MLS_SENDER_MEMBER);
	struct mls_sender_data sender = {.leaf = m->content.sender_index};
	enum mls_ratchet which = mls_frame_ratchet(m->content.type);
	struct private p;
	size_t start = b->len;
	CRYPTO_WIPED(struct mls_message_key, k);
	SR_TRY(platform->random(platform->user, sender.reuse_guard, sizeof sender.reuse_guard));
	SR_TRY(mls_secret_tree_ahead(s, tree, sender.leaf, which, &sender.generation, &k));
	guard_nonce(&k, &sender);
	put_private(m, &sender, padding, b, &p);
	struct sr_err e = seal_private(s, &p, sender_data_secret, &k, b);
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
	if (in->encrypted_sender_data.len != SENDER_DATA_LEN + MLS_TAG_LEN)
		return sr_fail(SR_E_INPUT, "sender data of a wrong length");
	SR_SCOPED(build_release) struct build b = {0};
	struct slice aad;
	CRYPTO_WIPED(struct mls_message_key, k);
	uint8_t text[SENDER_DATA_LEN];
	put_sender_aad(in, &b);
	SR_TRY(build_done(&b, &aad));
	SR_TRY(sender_key(s, sender_data_secret, in->ciphertext, &k));
	SR_TRY(s->open(k.key, k.nonce, aad, in->encrypted_sender_data, text));
	return mls_decode(&mls_type_sender_data, slice_make(text, sizeof text), &(struct arena){0},
			  out);
}

/* read_private reads what was decrypted: content, signature, and nothing but zeros behind. */
static struct sr_err read_private(struct slice text, struct arena *a, struct mls_authentic *m)
{
	SR_TRY(mls_decode_front(&mls_type_private_content, &text, a, m));
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i])
			return sr_fail(SR_E_INPUT,
				       "a message filled up with something else than zeros");
	return sr_ok();
}

struct sr_err mls_frame_open(const struct mls_suite *s, const struct mls_private *in,
			     const struct mls_sender_data *sender, struct mls_secret_tree *tree,
			     struct arena *a, struct mls_authentic *out)
{
	if (in->type < MLS_CONTENT_APPLICATION || in->type > MLS_CONTENT_COMMIT)
		return sr_fail(SR_E_INPUT, "a message of an unknown kind");
	if (in->ciphertext.len < MLS_TAG_LEN)
		return sr_fail(SR_E_INPUT, "a message too short to be encrypted");
	SR_SCOPED(build_release) struct build b = {0};
	struct slice aad;
	put_sender_aad(in, &b);
	mls_put_opaque(&b, in->authenticated_data);
	SR_TRY(build_done(&b, &aad));
	size_t len = in->ciphertext.len - MLS_TAG_LEN;
	uint8_t *text = arena_alloc(a, len, 1);
	if (!text)
		return sr_nomem();
	CRYPTO_WIPED(struct mls_message_key, k);
	SR_TRY(mls_secret_tree_peek(s, tree, sender->leaf, mls_frame_ratchet(in->type),
				    sender->generation, &k));
	guard_nonce(&k, sender);
	SR_TRY(s->open(k.key, k.nonce, aad, in->ciphertext, text));
	struct mls_authentic m = {.wire_format = MLS_WIRE_PRIVATE,
				  .content = {.group_id = in->group_id,
					      .epoch = in->epoch,
					      .sender = MLS_SENDER_MEMBER,
					      .sender_index = sender->leaf,
					      .authenticated_data = in->authenticated_data,
					      .type = in->type}};
	SR_TRY(read_private(slice_make(text, len), a, &m));
	*out = m;
	return sr_ok();
}
