/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_commit.h"

#include "crypto.h"
#include "mls_targeted.h"

#include <stdlib.h>
#include <string.h>

/* ---- A commit (12.4.2) ---- */

/* collect resolves a commit's proposals. */
static struct sr_err collect(const struct sr_mls_group *g, const struct mls_content *c,
			     struct arena *a, struct mls_items *out)
{
	const struct mls_commit *commit = &c->commit;
	struct mls_items items = {ARENA_ARRAY(a, commit->proposals.n, struct mls_item), 0};
	if (!items.ptr)
		return sr_nomem();
	for (size_t i = 0; i < commit->proposals.n; i++) {
		const struct mls_proposal_or_ref *p = &commit->proposals.ptr[i];
		struct mls_item *item = &items.ptr[items.n++];
		if (p->type == MLS_BY_REFERENCE) {
			const struct mls_waiting_item *w = mls_waiting_find(&g->waiting, p->ref);
			if (!w)
				return sr_fail(SR_E_STATE, "a commit of a proposal that did not "
							   "come yet, or twice of one");
			*item = w->item;
			continue;
		}
		SR_TRY(mls_item_make(&p->proposal, c->sender, c->sender_index, a, item));
	}
	*out = items;
	return sr_ok();
}

/* check_resync: who joins by an external commit may remove a leaf only if it is his own of before,
 * whose key replaced is (12.2, 12.4.3.2). */
static struct sr_err check_resync(const struct mls_epoch *e, const struct mls_draft *d,
				  const struct mls_leaf *leaf, struct arena *a,
				  struct slice *replaced)
{
	for (size_t i = 0; i < d->items.n; i++) {
		const struct mls_item *item = &d->items.ptr[i];
		struct mls_leaf old;
		struct slice was, is;
		if (item->proposal.type != MLS_PROPOSAL_REMOVE)
			continue;
		SR_TRY(mls_tree_leaf(&e->tree, item->proposal.remove, a, &old));
		SR_TRY(mls_encoded(&mls_type_credential, &old.credential, a, &was));
		SR_TRY(mls_encoded(&mls_type_credential, &leaf->credential, a, &is));
		if (!slice_eq(was, is))
			return mls_refuse("an external commit that removes somebody else");
		*replaced = old.encryption_key;
	}
	return sr_ok();
}

/* apply_path checks the committer's new leaf and puts the path into the tree. */
static struct sr_err apply_path(const struct mls_epoch *e, struct mls_draft *d, struct arena *a)
{
	const struct mls_path *path = d->message.content.commit.path;
	struct mls_epoch *next = d->next;
	struct mls_leaf old;
	struct mls_leaf_at at = {.source = MLS_SOURCE_COMMIT, .group_id = e->group_id};
	if (d->by.sender == MLS_SENDER_NEW_COMMIT) {
		SR_TRY(check_resync(e, d, &path->leaf, a, &at.replaced));
		SR_TRY(mls_tree_room(&next->tree, &d->committer));
	} else {
		SR_TRY(mls_tree_leaf(&next->tree, d->committer, a, &old));
		at.replaced = old.encryption_key;
		mls_census_remove(&next->census, &old);
	}
	at.index = d->committer;
	SR_TRY(mls_leaf_check(e->suite, &path->leaf, &at, &d->effect.needs));
	mls_census_add(&next->census, &path->leaf);
	struct mls_path_in path_in = {.sender = d->committer, .new_leaves = d->effect.added};
	return mls_path_apply(e->suite, &next->tree, path, &path_in);
}

/* open_path decrypts our part of the path. */
static struct sr_err open_path(const struct mls_epoch *e, struct mls_draft *d)
{
	struct mls_path_in path_in = {d->committer, d->effect.added, {0}};
	SR_TRY(mls_epoch_follow(e, &d->effect.needs.extensions, NULL, d->next));
	path_in.context = d->next->context;
	return mls_path_open(e->suite, &d->next->tree, d->next->own, d->message.content.commit.path,
			     &path_in, &d->next->vault->keys, d->made.commit_secret);
}

/* init_of is the init secret that the next epoch comes from (8.3 for an external commit). */
static struct sr_err init_of(const struct mls_draft *d, uint8_t out[MLS_LEN])
{
	const struct mls_secrets *secrets = &d->e->vault->secrets;
	memcpy(out, secrets->init, MLS_LEN);
	return d->effect.external_init
		       ? mls_schedule_external_receive(d->e->suite, secrets->external,
						       d->effect.external_init->proposal.kem_output,
						       out)
		       : sr_ok();
}

/* follow applies a commit to a copy of the epoch. */
static struct sr_err follow(struct mls_draft *d, struct arena *a)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], init);
	const struct mls_epoch *e = d->e;
	const struct mls_path *path = d->message.content.commit.path;
	SR_TRY(mls_items_check(e, &d->items, d->by));
	SR_TRY(mls_epoch_next(e, &d->next));
	SR_TRY(mls_items_apply(e, &d->items, d->by, a, d->next, &d->effect));
	if (!path && d->effect.path_required)
		return mls_refuse("a commit without the path that it must have");
	if (path)
		SR_TRY(apply_path(e, d, a));
	SR_TRY(mls_tree_unique(e->suite, &d->next->tree, &e->tree));
	SR_TRY(mls_census_check(&d->next->census));
	if (d->effect.removes_us)
		return sr_ok();
	if (path)
		SR_TRY(open_path(e, d));
	SR_TRY(init_of(d, init));
	d->init = init;
	SR_TRY(mls_draft_start(d, a));
	return mls_epoch_confirm(d->next, d->message.confirmation_tag);
}

/* stage_commit processes a verified commit. */
static struct sr_err stage_commit(struct sr_mls_group *g, const struct mls_authentic *m)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(mls_draft_release)
	struct mls_draft d = {.platform = g->platform,
			      .g = g,
			      .e = g->now,
			      .by = {m->content.sender, m->content.sender_index},
			      .committer = m->content.sender_index,
			      .message = *m};
	if (g->received)
		return sr_fail(SR_E_STATE, "another commit is staged as received");
	SR_TRY(collect(g, &m->content, &a, &d.items));
	SR_TRY(follow(&d, &a));
	return mls_draft_stage(&d, &g->received);
}

/* ---- Who sent it ---- */

/* member_key finds a member's signature key in the present epoch. */
static struct sr_err member_key(const struct mls_epoch *e, uint32_t leaf, struct slice *key)
{
	const uint8_t *pub = mls_tree_signature_key(&e->tree, leaf);
	*key = mls_slice(pub);
	return pub ? sr_ok() : mls_refuse("a message of a leaf where nobody is");
}

/* external_key finds the key of an external sender (12.1.8.1); what is decoded lies in a. */
static struct sr_err external_key(const struct mls_epoch *e, uint32_t index, struct arena *a,
				  struct slice *key)
{
	struct mls_extensions extensions;
	struct mls_external_senders senders;
	SR_TRY(mls_epoch_extensions(e, a, &extensions));
	SR_TRY(mls_external_senders_of(&extensions, a, &senders));
	if (index >= senders.n)
		return mls_refuse("a proposal of an external sender whom the group does not know");
	*key = senders.ptr[index].signature_key;
	return sr_ok();
}

/* sender_key finds the key to verify a message of the present epoch with, and refuses what a kind
 * of sender may not send (6, 12.1.8). */
static struct sr_err sender_key(const struct mls_epoch *e, const struct mls_content *c,
				struct arena *a, struct slice *key)
{
	switch (c->sender) {
	case MLS_SENDER_MEMBER:
		return member_key(e, c->sender_index, key);
	case MLS_SENDER_EXTERNAL:
		if (c->type != MLS_CONTENT_PROPOSAL)
			break;
		return external_key(e, c->sender_index, a, key);
	case MLS_SENDER_NEW_PROPOSAL:
		if (c->type != MLS_CONTENT_PROPOSAL || c->proposal.type != MLS_PROPOSAL_ADD)
			break;
		*key = c->proposal.add->leaf.signature_key;
		return sr_ok();
	default:
		if (c->type != MLS_CONTENT_COMMIT || !c->commit.path)
			break;
		*key = c->commit.path->leaf.signature_key;
		return sr_ok();
	}
	return mls_refuse("a message that its kind of sender may not send");
}

/* ---- What a message of the present epoch does ---- */

static struct sr_err wait_for_commit(struct sr_mls_group *g, const struct mls_authentic *m,
				     uint8_t ref[MLS_LEN])
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct slice whole;
	const struct mls_content *c = &m->content;
	struct mls_item item;
	if (c->proposal.type == MLS_PROPOSAL_SELF_REMOVE && m->wire_format != MLS_WIRE_PUBLIC)
		return mls_refuse("a SelfRemove that is no PublicMessage");
	SR_TRY(mls_item_make(&c->proposal, c->sender, c->sender_index, &a, &item));
	item.by_reference = true;
	SR_TRY(mls_item_check(g->now, &item));
	item.checked = true;
	SR_TRY(mls_encoded(&mls_type_authentic, m, &a, &whole));
	SR_TRY(mls_ref(g->now->suite, MLS_REF_PROPOSAL, whole, ref));
	return mls_waiting_add(&g->waiting, ref, &item, NULL);
}

/* take does what a verified message asks for. */
static struct sr_err take(struct sr_mls_group *g, const struct mls_authentic *m,
			  struct sr_mls_event *out)
{
	switch (m->content.type) {
	case MLS_CONTENT_APPLICATION:
		out->kind = SR_MLS_GOT_DATA;
		return sr_ok();
	case MLS_CONTENT_PROPOSAL:
		out->kind = SR_MLS_GOT_PROPOSAL;
		return wait_for_commit(g, m, out->ref);
	default:
		out->kind = SR_MLS_GOT_COMMIT;
		return stage_commit(g, m);
	}
}

/* ---- Messages ---- */

/* struct scene: the epoch that a message is of: the present one or what is left of a past one. */
struct scene {
	const struct mls_past *past; /* NULL: the present one */
	struct slice context;
	uint32_t own;
	const uint8_t *sender_data;
	struct mls_secret_tree *messages;
};

static struct sr_err find_scene(struct sr_mls_group *g, struct slice group_id, uint64_t epoch,
				struct scene *out)
{
	struct mls_epoch *e = g->now;
	if (!slice_eq(group_id, e->group_id))
		return sr_fail(SR_E_STATE, "a message of another group");
	*out = (struct scene){NULL, e->context, e->own, e->vault->secrets.sender_data,
			      &e->messages};
	if (epoch == e->number)
		return sr_ok();
	if (epoch > e->number)
		return sr_fail(SR_E_STATE, "a message of an epoch to come: a commit is missing");
	struct mls_past *p = mls_past_find(g->past, epoch);
	if (!p)
		return sr_fail(SR_E_STATE, "a message of a past epoch that is not remembered");
	*out = (struct scene){p, p->context, p->own, p->secrets->sender_data, &p->messages};
	return sr_ok();
}

static bool scene_member(const struct sr_mls_group *g, const struct scene *s, uint32_t leaf,
			 struct sr_mls_member *out)
{
	return s->past ? mls_past_member(s->past, leaf, out) : mls_epoch_member(g->now, leaf, out);
}

/* fill copies what an event borrows into memory of its own. */
static struct sr_err fill(struct slice data, struct slice authenticated_data,
			  struct sr_mls_event *out)
{
	SR_SCOPED(build_release) struct build b = {.secret = true};
	build_slice(&b, data);
	build_slice(&b, authenticated_data);
	SR_TRY(mls_give(&b, &out->bytes));
	out->data = (struct sr_mls_data){out->bytes.ptr, data.len};
	out->authenticated_data = (struct sr_mls_data){
		data.len ? out->bytes.ptr + data.len : out->bytes.ptr, authenticated_data.len};
	return sr_ok();
}

void sr_mls_event_free(struct sr_mls_event *e)
{
	sr_mls_free(&e->bytes);
}

static struct sr_err echo(struct sr_mls_event *out, bool own_commit)
{
	out->kind = SR_MLS_GOT_ECHO;
	out->by = SR_MLS_BY_MEMBER;
	out->own_commit = own_commit;
	return sr_ok();
}

static struct sr_err not_staged(void)
{
	return sr_fail(SR_E_STATE, "a commit of our own that is not staged");
}

static struct sr_err receive_public(struct sr_mls_group *g, struct mls_authentic *m,
				    struct sr_mls_event *out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const struct mls_content *c = &m->content;
	struct mls_epoch *e = g->now;
	struct slice key;
	struct scene s;
	SR_TRY(find_scene(g, c->group_id, c->epoch, &s));
	if (s.past)
		return sr_fail(SR_E_STATE, "a proposal or commit of a past epoch");
	bool self_remove =
		c->type == MLS_CONTENT_PROPOSAL && c->proposal.type == MLS_PROPOSAL_SELF_REMOVE;
	if (c->sender == MLS_SENDER_MEMBER && g->settings.private_only && !self_remove)
		return mls_refuse("a PublicMessage in a group that asks for private ones");
	SR_TRY(sender_key(e, c, &a, &key));
	if (key.len != MLS_LEN)
		return mls_refuse("a signature key of a wrong length");
	if (c->sender == MLS_SENDER_MEMBER)
		SR_TRY(mls_frame_membership_check(e->suite, m, e->context,
						  e->vault->secrets.membership));
	SR_TRY(mls_frame_verify(e->suite, m, e->context, key.ptr));
	out->by = (enum sr_mls_sender)c->sender;
	out->by_index = c->sender_index;
	if (c->sender == MLS_SENDER_MEMBER) {
		(void)mls_epoch_member(e, c->sender_index, &out->sender);
		if (c->sender_index == e->own)
			return c->type == MLS_CONTENT_PROPOSAL ? echo(out, false) : not_staged();
	}
	SR_TRY(fill((struct slice){0}, c->authenticated_data, out));
	return take(g, m, out);
}

static struct sr_err receive_private(struct sr_mls_group *g, const struct mls_private *in,
				     struct sr_mls_event *out)
{
	SR_SCOPED(arena_release) struct arena a = {.secret = true};
	struct mls_sender_data sender;
	struct mls_authentic m = {0};
	struct scene s;
	SR_TRY(find_scene(g, in->group_id, in->epoch, &s));
	if (s.past && in->type != MLS_CONTENT_APPLICATION)
		return sr_fail(SR_E_STATE, "a proposal or commit of a past epoch");
	SR_TRY(mls_frame_sender(g->now->suite, in, s.sender_data, &sender));
	out->by_index = sender.leaf;
	if (!scene_member(g, &s, sender.leaf, &out->sender))
		return mls_refuse("a message of a leaf where nobody is");
	if (sender.leaf == s.own)
		return in->type == MLS_CONTENT_COMMIT ? not_staged() : echo(out, false);
	SR_TRY(mls_frame_open(g->now->suite, in, &sender, s.messages, &a, &m));
	SR_TRY(mls_frame_verify(g->now->suite, &m, s.context, out->sender.signature_key.ptr));
	out->by = SR_MLS_BY_MEMBER;
	SR_TRY(fill(m.content.application_data, in->authenticated_data, out));
	/* A key is used up only when the message did what it was for: a commit that came before a
	 * proposal of its can come again. */
	SR_TRY(take(g, &m, out));
	struct sr_err e = mls_secret_tree_use(g->now->suite, s.messages, sender.leaf,
					      mls_frame_ratchet(in->type), sender.generation);
	if (sr_bad(e) && out->kind == SR_MLS_GOT_COMMIT)
		sr_mls_discard(g, false);
	if (sr_bad(e) && out->kind == SR_MLS_GOT_PROPOSAL)
		(void)sr_mls_forget(g, out->ref);
	return e;
}

static struct sr_err receive_targeted(struct sr_mls_group *g, const struct mls_targeted *in,
				      struct sr_mls_event *out)
{
	SR_SCOPED(arena_release) struct arena a = {.secret = true};
	CRYPTO_WIPED(struct mls_past_secrets, secrets);
	struct mls_epoch *e = g->now;
	struct mls_targeted_sender sender;
	struct sr_mls_member me;
	struct slice data;
	struct scene s;
	SR_TRY(find_scene(g, in->group_id, in->epoch, &s));
	if (s.past)
		secrets = *s.past->secrets;
	else
		SR_TRY(mls_targeted_now(e, &secrets));
	struct mls_targeted_epoch of = {e->suite,
					(enum mls_targeted_draft)g->settings.targeted_draft,
					in->group_id,
					in->epoch,
					secrets.targeted_psk,
					secrets.targeted_sender};
	SR_TRY(mls_targeted_from(&of, in->recipient, in, &a, &sender));
	out->by_index = sender.leaf;
	if (!scene_member(g, &s, sender.leaf, &out->sender) || !scene_member(g, &s, s.own, &me))
		return mls_refuse("a message of a leaf where nobody is");
	if (sender.leaf == s.own)
		return echo(out, false);
	if (in->recipient != s.own)
		return sr_fail(SR_E_STATE, "a targeted message for another member");
	struct slice leaf = slice_make(me.leaf_node.ptr, me.leaf_node.len), key;
	if (!mls_next_opaque(&leaf, &key))
		return mls_refuse("a leaf without a key");
	SR_TRY(mls_targeted_open(&of, in, &sender, mls_slice(out->sender.signature_key.ptr),
				 secrets.leaf, key.ptr, &a, &data));
	out->kind = SR_MLS_GOT_TARGETED;
	out->by = SR_MLS_BY_MEMBER;
	return fill(data, in->authenticated_data, out);
}

/* is_own_commit tells whether a message is our own staged commit. */
static struct sr_err is_own_commit(const struct sr_mls_group *g, struct slice message, bool *is)
{
	uint8_t digest[MLS_LEN];
	*is = false;
	if (!g->own)
		return sr_ok();
	SR_TRY(mls_hash(g->now->suite, message, digest));
	*is = !memcmp(digest, g->own->digest, MLS_LEN);
	return sr_ok();
}

static struct sr_err dispatch(struct sr_mls_group *g, struct mls_message *m,
			      struct sr_mls_event *out)
{
	switch (m->wire_format) {
	case MLS_WIRE_PUBLIC:
		out->epoch = m->public->content.epoch;
		return receive_public(g, m->public, out);
	case MLS_WIRE_PRIVATE:
		out->epoch = m->private.epoch;
		return receive_private(g, &m->private, out);
	case MLS_WIRE_TARGETED:
		out->epoch = m->targeted.epoch;
		return receive_targeted(g, &m->targeted, out);
	default:
		return mls_refuse("an MLS message that is not sent within a group");
	}
}

struct sr_err sr_mls_receive(struct sr_mls_group *g, struct sr_mls_data message,
			     struct sr_mls_event *out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(sr_mls_event_free) struct sr_mls_event event = {0};
	struct mls_message m;
	bool own;
	SR_TRY(mls_message_in(mls_in(message), 0, &a, &m));
	SR_TRY(mls_group_usable(g));
	SR_TRY(is_own_commit(g, mls_in(message), &own));
	if (own) {
		event.by_index = g->now->own;
		(void)mls_epoch_member(g->now, g->now->own, &event.sender);
	}
	SR_TRY(own ? echo(&event, true) : dispatch(g, &m, &event));
	if (own)
		event.epoch = g->now->number;
	*out = event;
	event.bytes = (struct sr_mls_bytes){0};
	return sr_ok();
}

/* ---- Sending ---- */

struct sr_err sr_mls_protect(struct sr_mls_group *g, struct sr_mls_data authenticated_data,
			     struct sr_mls_data data, struct sr_mls_bytes *message)
{
	SR_SCOPED(build_release) struct build b = {.len_max = MLS_MESSAGE_MAX};
	struct mls_epoch *e = g->now;
	uint8_t signature[MLS_SIGNATURE_LEN];
	struct mls_authentic m = {
		.wire_format = MLS_WIRE_PRIVATE,
		.content = {.group_id = e->group_id,
			    .epoch = e->number,
			    .sender = MLS_SENDER_MEMBER,
			    .sender_index = e->own,
			    .authenticated_data = mls_in(authenticated_data),
			    .type = MLS_CONTENT_APPLICATION,
			    .application_data = mls_in(data)},
	};
	SR_TRY(mls_group_usable(g));
	SR_TRY(mls_frame_sign(e->suite, &m, e->context, e->vault->seed,
			      mls_tree_signature_key(&e->tree, e->own), signature));
	m.signature = slice_make(signature, sizeof signature);
	SR_TRY(mls_group_send(g, &m, &b));
	return mls_give(&b, message);
}

struct sr_err sr_mls_protect_to(struct sr_mls_group *g, uint32_t leaf,
				struct sr_mls_data authenticated_data, struct sr_mls_data data,
				struct sr_mls_bytes *message)
{
	SR_SCOPED(build_release) struct build b = {.len_max = MLS_MESSAGE_MAX};
	CRYPTO_WIPED(struct mls_past_secrets, secrets);
	CRYPTO_WIPED(uint8_t[MLS_LEN], ikm);
	struct mls_epoch *e = g->now;
	SR_TRY(mls_group_usable(g));
	if (!mls_tree_leaf_bytes(&e->tree, leaf).len || leaf == e->own)
		return mls_refuse("a targeted message to nobody else in the group");
	SR_TRY(mls_targeted_now(e, &secrets));
	SR_TRY(mls_random(g->platform, ikm));
	struct mls_targeted_epoch of = {e->suite,
					(enum mls_targeted_draft)g->settings.targeted_draft,
					e->group_id,
					e->number,
					secrets.targeted_psk,
					secrets.targeted_sender};
	struct mls_targeted_plan plan = {.sender = e->own,
					 .recipient = leaf,
					 .seed = e->vault->seed,
					 .pub = mls_tree_signature_key(&e->tree, e->own),
					 .recipient_key = mls_tree_key(&e->tree, 2 * leaf),
					 .authenticated_data = mls_in(authenticated_data),
					 .data = mls_in(data),
					 .padding = g->settings.padding,
					 .ikm = ikm};
	SR_TRY(mls_targeted_make(&of, &plan, &b));
	return mls_give(&b, message);
}
