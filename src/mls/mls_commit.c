/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_commit.h"

#include "crypto.h"

#include <stdlib.h>
#include <string.h>

/* ---- A draft ---- */

void mls_draft_release(struct mls_draft *d)
{
	mls_epoch_release(&d->next);
	crypto_wipe(d, sizeof *d);
}

/* set_leaf makes the committer's new leaf with a key from the path and puts it into the tree. */
static struct sr_err set_leaf(struct mls_draft *d, struct arena *a)
{
	struct mls_epoch *next = d->next;
	uint8_t pub[MLS_LEN];
	struct mls_leaf old = {0}, made;
	struct mls_leaf_plan plan;
	struct slice bytes;
	struct mls_leaf_at at = {.source = MLS_SOURCE_COMMIT,
				 .group_id = d->e->group_id,
				 .index = next->own,
				 .parent_hash =
					 slice_make(d->made.parent_hash, d->made.parent_hash_len)};
	if (d->by.sender == MLS_SENDER_MEMBER) {
		SR_TRY(mls_tree_leaf(&next->tree, next->own, a, &old));
		mls_census_remove(&next->census, &old);
	}
	if (d->client)
		SR_TRY(mls_plan_of(next->suite, d->client, a, pub, &plan));
	else
		mls_plan_again(&old, next->vault->seed, &plan);
	SR_TRY(mls_leaf_make(next->suite, &plan, &at, mls_slice(d->made.leaf_key), a, &made));
	SR_TRY(mls_capable(&made.capabilities, &d->effect.needs));
	SR_TRY(mls_encoded(&mls_type_leaf, &made, a, &bytes));
	mls_census_add(&next->census, &made);
	SR_TRY(mls_tree_set_leaf(&next->tree, next->own, bytes));
	if (d->client)
		memcpy(next->vault->seed, d->client->signature_seed, MLS_LEN);
	return sr_ok();
}

static struct sr_err begin_path(struct mls_draft *d, struct arena *a)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], secret);
	SR_TRY(mls_random(d->platform, secret));
	SR_TRY(mls_path_begin(d->next->suite, &d->next->tree, d->next->own, secret,
			      &d->next->vault->keys, &d->made));
	return set_leaf(d, a);
}

static struct sr_err fill_commit(struct mls_draft *d, struct arena *a)
{
	struct mls_commit *c = &d->message.content.commit;
	c->proposals.ptr = ARENA_ARRAY(a, d->items.n, struct mls_proposal_or_ref);
	c->proposals.n = d->items.n;
	if (!c->proposals.ptr)
		return sr_nomem();
	for (size_t i = 0; i < d->items.n; i++) {
		const struct mls_item *item = &d->items.ptr[i];
		struct mls_proposal_or_ref *p = &c->proposals.ptr[i];
		p->type = item->by_reference ? MLS_BY_REFERENCE : MLS_BY_VALUE;
		p->proposal = item->proposal;
		p->ref = item->ref;
	}
	if (!d->path)
		return sr_ok();
	c->path = ARENA_NEW(a, struct mls_path);
	if (!c->path)
		return sr_nomem();
	struct mls_path_in in = {d->next->own, d->effect.added, d->next->context};
	SR_TRY(mls_path_seal(d->next->suite, &d->next->tree, &d->made, &in, d->platform, a,
			     c->path));
	return mls_tree_leaf(&d->next->tree, d->next->own, a, &c->path->leaf);
}

/* sign frames and signs: a member with the key that the others know, a joiner with that in its
 * path. */
static struct sr_err sign(struct mls_draft *d, struct arena *a)
{
	bool member = d->by.sender == MLS_SENDER_MEMBER;
	const struct mls_epoch *from = member ? d->e : d->next;
	uint8_t *signature = arena_alloc(a, MLS_SIGNATURE_LEN, 1);
	if (!signature)
		return sr_nomem();
	d->message.wire_format = d->public ? MLS_WIRE_PUBLIC : MLS_WIRE_PRIVATE;
	struct mls_content *c = &d->message.content;
	c->group_id = d->e->group_id;
	c->epoch = d->e->number;
	c->sender = d->by.sender;
	c->sender_index = d->by.leaf;
	c->authenticated_data = d->authenticated_data;
	c->type = MLS_CONTENT_COMMIT;
	SR_TRY(fill_commit(d, a));
	SR_TRY(mls_frame_sign(d->e->suite, &d->message, d->e->context, from->vault->seed,
			      mls_tree_signature_key(&from->tree, from->own), signature));
	d->message.signature = slice_make(signature, MLS_SIGNATURE_LEN);
	return sr_ok();
}

struct sr_err mls_draft_start(struct mls_draft *d, struct arena *a)
{
	const struct mls_suite *s = d->e->suite;
	uint8_t confirmed[MLS_LEN];
	SR_TRY(mls_schedule_confirmed(s, mls_slice(d->e->interim), &d->message, confirmed));
	SR_TRY(mls_epoch_follow(d->e, &d->effect.needs.extensions, confirmed, d->next));
	SR_TRY(mls_psk_ids_of(&d->items, a, &d->psks));
	SR_TRY(mls_psks(d->platform, s, d->g, &d->psks, d->psk_secret));
	SR_TRY(mls_schedule_joiner(s, d->init, d->made.commit_secret, d->next->context, d->joiner));
	return mls_epoch_start(d->next, d->joiner, d->psk_secret);
}

struct sr_err mls_draft_make(struct mls_draft *d, struct arena *a)
{
	SR_TRY(mls_epoch_next(d->e, &d->next));
	SR_TRY(mls_items_apply(d->e, &d->items, d->by, a, d->next, &d->effect));
	if (d->by.sender == MLS_SENDER_NEW_COMMIT)
		SR_TRY(mls_tree_room(&d->next->tree, &d->next->own));
	d->path |= d->effect.path_required;
	if (d->path)
		SR_TRY(begin_path(d, a));
	SR_TRY(mls_tree_unique(d->next->suite, &d->next->tree, &d->e->tree));
	SR_TRY(mls_census_check(&d->next->census));
	SR_TRY(mls_epoch_follow(d->e, &d->effect.needs.extensions, NULL, d->next));
	SR_TRY(sign(d, a));
	SR_TRY(mls_draft_start(d, a));
	d->message.confirmation_tag = mls_slice(d->next->confirmation_tag);
	return sr_ok();
}

struct sr_err mls_draft_stage(struct mls_draft *d, struct mls_staged **out)
{
	SR_SCOPED(mls_staged_release) struct mls_staged *staged = NULL;
	SR_TRY(mls_staged_new(&staged));
	staged->sender = d->by.sender;
	staged->committer = d->committer;
	staged->has_path = d->message.content.commit.path != NULL;
	SR_TRY(mls_staged_keep(staged, &d->items, d->message.content.authenticated_data));
	SR_TRY(mls_staged_tell(d->e, staged));
	if (!d->effect.removes_us) {
		staged->next = d->next;
		d->next = NULL;
	}
	*out = staged;
	staged = NULL;
	return sr_ok();
}

/* ---- A member's commit ---- */

/* add_waiting puts those that are to be committed from those that wait into items. */
static struct sr_err add_waiting(const struct sr_mls_group *g,
				 const struct sr_mls_commit_options *o, struct mls_items *items)
{
	for (size_t i = 0; o->take && i < o->take_n; i++) {
		const struct mls_waiting_item *w =
			mls_waiting_find(&g->waiting, mls_slice(o->take + i * MLS_LEN));
		if (!w)
			return sr_fail(SR_E_STATE,
				       "a proposal to be committed that is not waiting");
		items->ptr[items->n++] = w->item;
	}
	for (size_t i = 0; !o->take && !o->take_none && i < g->waiting.n; i++)
		if (g->waiting.ptr[i].item.sender != MLS_SENDER_NEW_PROPOSAL)
			items->ptr[items->n++] = g->waiting.ptr[i].item;
	return sr_ok();
}

/* collect lists what a commit will have: of what waits, what goes together; what the caller named,
 * by value or by reference, has to. */
static struct sr_err collect(const struct sr_mls_group *g, const struct sr_mls_commit_options *o,
			     struct mls_committer by, struct arena *a, struct mls_items *out)
{
	struct mls_items items = {
		ARENA_ARRAY(a, g->waiting.n + o->take_n + o->proposals_n, struct mls_item), 0};
	if (!items.ptr)
		return sr_nomem();
	SR_TRY(add_waiting(g, o, &items));
	if (!o->take)
		SR_TRY(mls_items_choose(g->now, &items, by));
	for (size_t i = 0; i < o->proposals_n; i++) {
		struct mls_item *item = &items.ptr[items.n++];
		SR_TRY(mls_proposal_in(g->platform, g->now->suite, g->now, &o->proposals[i], a,
				       item, NULL));
		item->sender = MLS_SENDER_MEMBER;
		item->sender_index = by.leaf;
		/* Its key package was checked when it came in. */
		item->checked = item->proposal.type == MLS_PROPOSAL_ADD;
	}
	SR_TRY(mls_items_check(g->now, &items, by));
	*out = items;
	return sr_ok();
}

void sr_mls_commit_out_free(struct sr_mls_commit_out *out)
{
	sr_mls_free(&out->commit);
	sr_mls_free(&out->welcome);
	sr_mls_free(&out->group_info);
}

/* Commit, Welcome, GroupInfo. */
struct builds {
	struct build at[3];
};

static void builds_release(struct builds *b)
{
	for (int i = 0; i < 3; i++)
		build_release(&b->at[i]);
}

/* for_others makes what is sent to those who are not in the group. */
static struct sr_err for_others(const struct mls_draft *d, const struct sr_mls_commit_options *o,
				struct build *welcome, struct build *group_info)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct slice info;
	SR_TRY(mls_welcome_make(d, o->no_tree, welcome));
	if (o->group_info) {
		SR_TRY(mls_group_info_make(d->next, !o->no_tree, true, &a, &info));
		mls_message_out(MLS_WIRE_GROUP_INFO, group_info);
		build_slice(group_info, info);
	}
	SR_TRY(build_done(welcome, &info));
	return build_done(group_info, &info);
}

/* hand_over stages a draft and gives its messages, all or nothing: the commit comes last, since it
 * may use up a key. */
static struct sr_err hand_over(struct sr_mls_group *g, struct mls_draft *d, struct build b[3],
			       struct sr_mls_commit_out *out)
{
	SR_SCOPED(mls_staged_release) struct mls_staged *staged = NULL;
	struct slice message;
	SR_TRY(mls_draft_stage(d, &staged));
	SR_TRY(mls_group_send(g, &d->message, &b[0]));
	SR_TRY(build_done(&b[0], &message));
	SR_TRY(mls_hash(g->now->suite, message, staged->digest));
	struct sr_mls_bytes *to[] = {&out->commit, &out->welcome, &out->group_info};
	for (int i = 0; i < 3; i++) {
		struct sr_err cannot_fail = mls_give(&b[i], to[i]);
		(void)cannot_fail;
	}
	mls_staged_release(&g->own);
	g->own = staged;
	staged = NULL;
	return sr_ok();
}

struct sr_err sr_mls_commit(struct sr_mls_group *g, const struct sr_mls_commit_options *options,
			    struct sr_mls_commit_out *out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(builds_release) struct builds b;
	SR_SCOPED(mls_draft_release)
	struct mls_draft d = {.platform = g->platform,
			      .g = g,
			      .e = g->now,
			      .by = {MLS_SENDER_MEMBER, g->now->own},
			      .committer = g->now->own,
			      .client = options->client,
			      .init = g->now->vault->secrets.init,
			      .path = !options->no_path || options->client,
			      .public = g->settings.public_handshake,
			      .authenticated_data = mls_in(options->authenticated_data)};
	for (int i = 0; i < 3; i++)
		build_init(&b.at[i], MLS_MESSAGE_MAX);
	SR_TRY(mls_group_usable(g));
	SR_TRY(collect(g, options, d.by, &a, &d.items));
	SR_TRY(mls_draft_make(&d, &a));
	SR_TRY(for_others(&d, options, &b.at[1], &b.at[2]));
	return hand_over(g, &d, b.at, out);
}
