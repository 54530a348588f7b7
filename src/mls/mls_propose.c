/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_commit.h"

#include "crypto.h"
#include "mls_hpke.h"

#include <string.h>

/* ---- Key packages ---- */

struct sr_err sr_mls_key_package_make(const struct sr_mls_platform *platform,
				      const struct sr_mls_client *client, uint64_t lifetime_s,
				      struct sr_mls_key_package *out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(build_release) struct build message = {0}, secrets = {.secret = true};
	CRYPTO_WIPED(uint8_t[MLS_LEN], ikm);
	CRYPTO_WIPED(uint8_t[MLS_LEN], init);
	CRYPTO_WIPED(uint8_t[MLS_LEN], leaf);
	uint8_t pub[MLS_LEN], init_key[MLS_LEN], leaf_key[MLS_LEN], ref[MLS_LEN];
	const struct mls_suite *s = mls_suite_find(client->suite);
	struct mls_leaf_plan plan;
	struct mls_key_package kp;
	struct slice bytes;
	if (!s)
		return mls_refuse("a cipher suite that is not known");
	int64_t now = platform->now(platform->user);
	if (now < 0 || lifetime_s > INT64_MAX)
		return mls_refuse("a clock before 1970, or a lifetime without end");
	struct mls_leaf_at at = {.source = MLS_SOURCE_KEY_PACKAGE,
				 .not_before = mls_lifetime_from(now),
				 .not_after = (uint64_t)now + lifetime_s};
	SR_TRY(mls_random(platform, ikm));
	SR_TRY(mls_hpke_derive(s, mls_slice(ikm), init, init_key));
	SR_TRY(mls_random(platform, ikm));
	SR_TRY(mls_hpke_derive(s, mls_slice(ikm), leaf, leaf_key));
	SR_TRY(mls_plan_of(s, client, &a, pub, &plan));
	SR_TRY(mls_key_package_make(s, &plan, &at, mls_slice(init_key), mls_slice(leaf_key),
				    &(struct mls_extensions){0}, &a, &kp));
	SR_TRY(mls_encoded(&mls_type_key_package, &kp, &a, &bytes));
	SR_TRY(mls_ref(s, MLS_REF_KEY_PACKAGE, bytes, ref));
	mls_message_out(MLS_WIRE_KEY_PACKAGE, &message);
	build_slice(&message, bytes);
	struct mls_key_secrets keys = {.key_package = bytes,
				       .init = mls_slice(init),
				       .leaf = mls_slice(leaf),
				       .seed = mls_slice(client->signature_seed)};
	mls_key_secrets_put(&keys, &secrets);
	SR_SCOPED(sr_mls_key_package_free) struct sr_mls_key_package made = {0};
	SR_TRY(mls_give(&message, &made.message));
	SR_TRY(mls_give(&secrets, &made.secrets));
	memcpy(made.ref, ref, MLS_LEN);
	*out = made;
	made = (struct sr_mls_key_package){0};
	return sr_ok();
}

void sr_mls_key_package_free(struct sr_mls_key_package *k)
{
	sr_mls_free(&k->message);
	sr_mls_free(&k->secrets);
}

/* key_package_in decodes and checks a published key package. */
static struct sr_err key_package_in(struct sr_mls_data in, struct arena *a,
				    struct mls_key_package **out, const struct mls_suite **s)
{
	struct mls_message m;
	SR_TRY(mls_message_in(mls_in(in), MLS_WIRE_KEY_PACKAGE, a, &m));
	*s = mls_suite_find(m.key_package->suite);
	if (!*s)
		return mls_refuse("a key package of a cipher suite that is not known");
	*out = m.key_package;
	return mls_key_package_check(*s, m.key_package, NULL);
}

struct sr_err sr_mls_key_package_ref(struct sr_mls_data message, uint8_t out[SR_MLS_LEN])
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct mls_key_package *kp;
	const struct mls_suite *s;
	struct slice bytes;
	SR_TRY(key_package_in(message, &a, &kp, &s));
	SR_TRY(mls_encoded(&mls_type_key_package, kp, &a, &bytes));
	return mls_ref(s, MLS_REF_KEY_PACKAGE, bytes, out);
}

/* ---- What a caller proposes ---- */

static struct sr_err add_in(const struct sr_mls_platform *platform, const struct mls_suite *s,
			    const struct sr_mls_proposal *in, struct arena *a,
			    struct mls_proposal *out)
{
	const struct mls_suite *theirs;
	SR_TRY(key_package_in(in->key_package, a, &out->add, &theirs));
	if (theirs != s)
		return mls_refuse("a key package of another cipher suite");
	return platform ? mls_leaf_lifetime(&out->add->leaf, platform->now(platform->user))
			: sr_ok();
}

static struct sr_err psk_in(const struct sr_mls_platform *platform, const struct sr_mls_psk_id *in,
			    struct arena *a, struct mls_psk_id *out)
{
	uint8_t *nonce = arena_alloc(a, MLS_LEN, 1);
	if (!nonce)
		return sr_nomem();
	bool external = in->kind == SR_MLS_PSK_EXTERNAL;
	*out = (struct mls_psk_id){.type = external ? MLS_PSK_EXTERNAL : MLS_PSK_RESUMPTION,
				   .nonce = mls_slice(nonce)};
	if (external) {
		out->id = mls_in(in->id);
	} else {
		out->usage = MLS_USAGE_APPLICATION;
		out->group_id = mls_in(in->id);
		out->epoch = in->epoch;
	}
	return mls_random(platform, nonce);
}

/* update_in makes a leaf of our own with a fresh key. */
static struct sr_err update_in(const struct sr_mls_platform *platform, const struct mls_epoch *e,
			       const struct sr_mls_client *client, struct arena *a,
			       struct mls_proposal *out, struct mls_fresh *fresh)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], ikm);
	uint8_t *key = arena_alloc(a, MLS_LEN, 1), *pub = arena_alloc(a, MLS_LEN, 1);
	struct mls_leaf *old = ARENA_NEW(a, struct mls_leaf);
	struct mls_leaf_plan plan;
	out->update = ARENA_NEW(a, struct mls_leaf);
	if (!key || !pub || !old || !out->update)
		return sr_nomem();
	struct mls_leaf_at at = {
		.source = MLS_SOURCE_UPDATE, .group_id = e->group_id, .index = e->own};
	SR_TRY(mls_random(platform, ikm));
	SR_TRY(mls_hpke_derive(e->suite, mls_slice(ikm), fresh->priv, key));
	SR_TRY(mls_tree_leaf(&e->tree, e->own, a, old));
	memcpy(fresh->seed, client ? client->signature_seed : e->vault->seed, MLS_LEN);
	if (client)
		SR_TRY(mls_plan_of(e->suite, client, a, pub, &plan));
	else
		mls_plan_again(old, e->vault->seed, &plan);
	return mls_leaf_make(e->suite, &plan, &at, mls_slice(key), a, out->update);
}

static void fresh_scoped(struct mls_fresh **fresh)
{
	crypto_guarded_free(*fresh);
}

struct sr_err mls_proposal_in(const struct sr_mls_platform *platform, const struct mls_suite *s,
			      const struct mls_epoch *e, const struct sr_mls_proposal *in,
			      struct arena *a, struct mls_item *out, struct mls_fresh **fresh)
{
	SR_SCOPED(fresh_scoped) struct mls_fresh *made = NULL;
	struct mls_proposal p = {.type = (uint16_t)in->kind};
	struct slice bytes;
	switch (in->kind) {
	case SR_MLS_ADD:
		SR_TRY(add_in(platform, s, in, a, &p));
		break;
	case SR_MLS_UPDATE:
		if (!e || !fresh)
			return mls_refuse("an Update can only be proposed by a member");
		made = crypto_guarded_alloc(sizeof *made);
		if (!made)
			return sr_nomem();
		SR_TRY(update_in(platform, e, in->client, a, &p, made));
		break;
	case SR_MLS_REMOVE:
		p.remove = in->leaf;
		break;
	case SR_MLS_PSK:
		SR_TRY(psk_in(platform, &in->psk, a, &p.psk));
		break;
	case SR_MLS_REINIT:
		p.reinit = (struct mls_reinit){.group_id = mls_in(in->group_id),
					       .version = MLS_VERSION_10,
					       .suite = in->suite};
		SR_TRY(mls_extensions_in(in->extensions, in->extensions_n, a,
					 &p.reinit.extensions));
		break;
	case SR_MLS_CONTEXT:
		SR_TRY(mls_extensions_in(in->extensions, in->extensions_n, a, &p.extensions));
		break;
	case SR_MLS_SELF_REMOVE:
		break;
	case SR_MLS_EXTERNAL_INIT:
		return mls_refuse("an ExternalInit is made by sr_mls_join_external");
	}
	SR_TRY(mls_encoded(&mls_type_proposal, &p, a, &bytes));
	*out = (struct mls_item){.proposal = p, .bytes = bytes, .fresh = made};
	if (fresh) {
		*fresh = made;
		made = NULL;
	}
	return sr_ok();
}

/* ---- Proposals as messages ---- */

/* public_only: SelfRemove is always a PublicMessage. */
static bool public_only(const struct mls_item *item)
{
	return item->proposal.type == MLS_PROPOSAL_SELF_REMOVE;
}

/* send signs a proposal, lets it wait, which takes fresh over, and puts it into a message; if that
 * fails, it does not wait. ref names it. */
static struct sr_err send(struct sr_mls_group *g, struct slice authenticated_data,
			  const struct mls_item *item, struct mls_fresh **fresh, struct build *b,
			  uint8_t ref[MLS_LEN])
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const struct mls_epoch *e = g->now;
	bool public = g->settings.public_handshake || public_only(item);
	uint8_t signature[MLS_SIGNATURE_LEN];
	struct slice whole;
	struct mls_authentic m = {
		.wire_format = public ? MLS_WIRE_PUBLIC : MLS_WIRE_PRIVATE,
		.content = {.group_id = e->group_id,
			    .epoch = e->number,
			    .sender = MLS_SENDER_MEMBER,
			    .sender_index = e->own,
			    .authenticated_data = authenticated_data,
			    .type = MLS_CONTENT_PROPOSAL,
			    .proposal = item->proposal},
	};
	SR_TRY(mls_frame_sign(e->suite, &m, e->context, e->vault->seed,
			      mls_tree_signature_key(&e->tree, e->own), signature));
	m.signature = slice_make(signature, sizeof signature);
	SR_TRY(mls_encoded(&mls_type_authentic, &m, &a, &whole));
	SR_TRY(mls_ref(e->suite, MLS_REF_PROPOSAL, whole, ref));
	bool known = mls_waiting_find(&g->waiting, mls_slice(ref));
	SR_TRY(mls_waiting_add(&g->waiting, ref, item, *fresh));
	*fresh = NULL;
	struct sr_err err = mls_group_send(g, &m, b);
	if (sr_bad(err) && !known)
		(void)mls_waiting_forget(&g->waiting, ref);
	return err;
}

/* may_leave: a member sends one SelfRemove an epoch (draft-ietf-mls-extensions). */
static struct sr_err may_leave(const struct sr_mls_group *g)
{
	for (size_t i = 0; i < g->waiting.n; i++) {
		const struct mls_item *item = &g->waiting.ptr[i].item;
		if (item->proposal.type == MLS_PROPOSAL_SELF_REMOVE &&
		    item->sender_index == g->now->own)
			return sr_fail(SR_E_STATE, "a second SelfRemove in one epoch");
	}
	return sr_ok();
}

struct sr_err sr_mls_propose(struct sr_mls_group *g, struct sr_mls_data authenticated_data,
			     const struct sr_mls_proposal *proposal, struct sr_mls_bytes *message,
			     uint8_t *ref)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(build_release) struct build b = {.len_max = MLS_MESSAGE_MAX};
	SR_SCOPED(fresh_scoped) struct mls_fresh *fresh = NULL;
	uint8_t name[MLS_LEN];
	struct mls_item item;
	SR_TRY(mls_group_usable(g));
	if (proposal->kind == SR_MLS_SELF_REMOVE)
		SR_TRY(may_leave(g));
	SR_TRY(mls_proposal_in(g->platform, g->now->suite, g->now, proposal, &a, &item, &fresh));
	item.sender = MLS_SENDER_MEMBER;
	item.sender_index = g->now->own;
	item.by_reference = true;
	SR_TRY(mls_item_check(g->now, &item));
	item.checked = true;
	SR_TRY(send(g, mls_in(authenticated_data), &item, &fresh, &b, name));
	SR_TRY(mls_give(&b, message));
	if (ref)
		memcpy(ref, name, MLS_LEN);
	return sr_ok();
}

/* outside makes a message with a proposal of somebody who is no member; content says of whom. */
static struct sr_err outside(const struct sr_mls_platform *platform,
			     const struct sr_mls_client *client, const struct mls_content *content,
			     const struct sr_mls_proposal *proposal, struct sr_mls_bytes *message)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(build_release) struct build b = {.len_max = MLS_MESSAGE_MAX};
	const struct mls_suite *s = mls_suite_find(client->suite);
	uint8_t pub[MLS_LEN], signature[MLS_SIGNATURE_LEN];
	struct mls_authentic m = {.wire_format = MLS_WIRE_PUBLIC, .content = *content};
	struct mls_item item;
	if (!s)
		return mls_refuse("a cipher suite that is not known");
	SR_TRY(mls_proposal_in(platform, s, NULL, proposal, &a, &item, NULL));
	m.content.type = MLS_CONTENT_PROPOSAL;
	m.content.proposal = item.proposal;
	SR_TRY(s->sign_public(client->signature_seed, pub));
	SR_TRY(mls_frame_sign(s, &m, (struct slice){0}, client->signature_seed, pub, signature));
	m.signature = slice_make(signature, sizeof signature);
	mls_frame_public(&m, &b);
	return mls_give(&b, message);
}

struct sr_err sr_mls_propose_join(const struct sr_mls_client *client, struct sr_mls_data group_id,
				  uint64_t epoch, struct sr_mls_data key_package,
				  struct sr_mls_bytes *message)
{
	struct sr_mls_proposal add = {.kind = SR_MLS_ADD, .key_package = key_package};
	struct mls_content content = {
		.group_id = mls_in(group_id), .epoch = epoch, .sender = MLS_SENDER_NEW_PROPOSAL};
	return outside(NULL, client, &content, &add, message);
}

struct sr_err sr_mls_propose_external(const struct sr_mls_platform *platform,
				      const struct sr_mls_client *client, uint32_t sender,
				      struct sr_mls_data group_id, uint64_t epoch,
				      const struct sr_mls_proposal *proposal,
				      struct sr_mls_bytes *message)
{
	struct mls_content content = {.group_id = mls_in(group_id),
				      .epoch = epoch,
				      .sender = MLS_SENDER_EXTERNAL,
				      .sender_index = sender};
	if (proposal->kind == SR_MLS_SELF_REMOVE)
		return mls_refuse("a SelfRemove can only be proposed by a member");
	return outside(platform, client, &content, proposal, message);
}

/* ---- Those that wait ---- */

bool sr_mls_waiting(const struct sr_mls_group *g, size_t i, uint8_t ref[SR_MLS_LEN],
		    struct sr_mls_change *out)
{
	if (i >= g->waiting.n)
		return false;
	memcpy(ref, g->waiting.ptr[i].item.ref.ptr, MLS_LEN);
	mls_change_of(g->now, &g->waiting.ptr[i].item, out);
	return true;
}

bool sr_mls_forget(struct sr_mls_group *g, const uint8_t ref[SR_MLS_LEN])
{
	return mls_waiting_forget(&g->waiting, ref);
}
