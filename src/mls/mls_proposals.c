/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_proposals.h"

#include "crypto.h"

#include <assert.h>
#include <string.h>

/* may_propose tells whether a kind of sender may make a proposal of a type (12.1.8). */
static bool may_propose(uint8_t sender, uint16_t type)
{
	switch (sender) {
	case MLS_SENDER_MEMBER:
		return type != MLS_PROPOSAL_EXTERNAL_INIT;
	case MLS_SENDER_EXTERNAL:
		return type == MLS_PROPOSAL_ADD || type == MLS_PROPOSAL_REMOVE ||
		       type == MLS_PROPOSAL_PSK || type == MLS_PROPOSAL_REINIT ||
		       type == MLS_PROPOSAL_CONTEXT;
	case MLS_SENDER_NEW_PROPOSAL:
		return type == MLS_PROPOSAL_ADD;
	default: /* by value in an external commit, 12.4.3.2 */
		return type == MLS_PROPOSAL_EXTERNAL_INIT || type == MLS_PROPOSAL_REMOVE ||
		       type == MLS_PROPOSAL_PSK;
	}
}

static struct sr_err check_psk(const struct mls_psk_id *id)
{
	if (id->nonce.len != MLS_LEN)
		return mls_refuse("a PreSharedKey proposal with a nonce of a wrong length");
	if (id->type == MLS_PSK_RESUMPTION && id->usage != MLS_USAGE_APPLICATION)
		return mls_refuse(
			"a PreSharedKey proposal for a re-initialisation or a branch, which "
			"only a group's first commit has");
	return sr_ok();
}

/* check_context checks what GroupContextExtensions would put into the group (12.1.7). */
static struct sr_err check_context(const struct mls_epoch *e,
				   const struct mls_extensions *extensions)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct mls_needs needs;
	return mls_needs_of(e->suite->id, extensions, &a, &needs);
}

static struct sr_err check_reinit(const struct mls_reinit *r)
{
	if (r->version < MLS_VERSION_10)
		return mls_refuse("a ReInit to an older version of the protocol");
	return mls_extensions_check(&r->extensions, MLS_IN_CONTEXT);
}

static struct sr_err check_update(const struct mls_epoch *e, const struct mls_item *item)
{
	const uint8_t *old = mls_tree_key(&e->tree, 2 * item->sender_index);
	if (!old)
		return mls_refuse("an Update of a leaf where nobody is");
	struct mls_leaf_at at = {.source = MLS_SOURCE_UPDATE,
				 .group_id = e->group_id,
				 .index = item->sender_index,
				 .replaced = mls_slice(old)};
	return mls_leaf_check(e->suite, item->proposal.update, &at, NULL);
}

struct sr_err mls_item_check(const struct mls_epoch *e, const struct mls_item *item)
{
	const struct mls_proposal *p = &item->proposal;
	if (!may_propose(item->sender, p->type))
		return mls_refuse("a proposal that its sender may not make");
	switch (p->type) {
	case MLS_PROPOSAL_ADD:
		return mls_key_package_check(e->suite, p->add, NULL);
	case MLS_PROPOSAL_UPDATE:
		return check_update(e, item);
	case MLS_PROPOSAL_REMOVE:
		return mls_tree_leaf_bytes(&e->tree, p->remove).len
			       ? sr_ok()
			       : mls_refuse("a Remove of a leaf where nobody is");
	case MLS_PROPOSAL_PSK:
		return check_psk(&p->psk);
	case MLS_PROPOSAL_REINIT:
		return check_reinit(&p->reinit);
	case MLS_PROPOSAL_EXTERNAL_INIT:
		return p->kem_output.len == MLS_LEN
			       ? sr_ok()
			       : mls_refuse("an ExternalInit with a KEM output of a wrong length");
	case MLS_PROPOSAL_CONTEXT:
		return check_context(e, &p->extensions);
	default: /* SelfRemove */
		return item->by_reference ? sr_ok() : mls_refuse("a SelfRemove by value");
	}
}

/* target returns the leaf that a proposal updates or removes, UINT32_MAX for others. */
static uint32_t target(const struct mls_item *item)
{
	switch (item->proposal.type) {
	case MLS_PROPOSAL_UPDATE:
	case MLS_PROPOSAL_SELF_REMOVE:
		return item->sender_index;
	case MLS_PROPOSAL_REMOVE:
		return item->proposal.remove;
	default:
		return UINT32_MAX;
	}
}

bool mls_psk_id_same(const struct mls_psk_id *a, const struct mls_psk_id *b)
{
	return a->type == b->type && slice_eq(a->id, b->id) && a->usage == b->usage &&
	       slice_eq(a->group_id, b->group_id) && a->epoch == b->epoch &&
	       slice_eq(a->nonce, b->nonce);
}

/* clash tells why two proposals cannot go together, NULL if they can (12.2). */
static const char *clash(const struct mls_item *a, const struct mls_item *b)
{
	uint16_t type = a->proposal.type;
	uint32_t leaf = target(a);
	if (leaf != UINT32_MAX && leaf == target(b))
		return "a commit with two proposals that update or remove the same member";
	if (type == MLS_PROPOSAL_REINIT || b->proposal.type == MLS_PROPOSAL_REINIT)
		return "a commit with a ReInit and another proposal";
	if (type != b->proposal.type)
		return NULL;
	if (type == MLS_PROPOSAL_CONTEXT)
		return "a commit with two GroupContextExtensions proposals";
	if (type == MLS_PROPOSAL_EXTERNAL_INIT)
		return "an external commit with two ExternalInit proposals";
	if (type == MLS_PROPOSAL_PSK && mls_psk_id_same(&a->proposal.psk, &b->proposal.psk))
		return "a commit with the same pre-shared key twice";
	if (type == MLS_PROPOSAL_ADD &&
	    slice_eq(a->proposal.add->leaf.signature_key, b->proposal.add->leaf.signature_key))
		return "a commit that adds the same client twice";
	return NULL;
}

/* alone tells why a proposal cannot be in a commit by by, NULL if it can. */
static const char *alone(const struct mls_item *item, struct mls_committer by)
{
	uint16_t type = item->proposal.type;
	bool member = by.sender == MLS_SENDER_MEMBER;
	if (member && type == MLS_PROPOSAL_EXTERNAL_INIT)
		return "an ExternalInit in a member's commit";
	if (member && target(item) == by.leaf)
		return "a commit that updates or removes its own committer by a proposal";
	if (!member && item->by_reference != (type == MLS_PROPOSAL_SELF_REMOVE))
		return "an external commit with a proposal by reference that is no SelfRemove";
	return NULL;
}

static size_t count_of(const struct mls_items *items, uint16_t type)
{
	size_t n = 0;
	for (size_t i = 0; i < items->n; i++)
		n += items->ptr[i].proposal.type == type;
	return n;
}

static struct sr_err check_external(const struct mls_items *items)
{
	if (count_of(items, MLS_PROPOSAL_EXTERNAL_INIT) != 1)
		return mls_refuse("an external commit without its ExternalInit");
	if (count_of(items, MLS_PROPOSAL_REMOVE) > 1)
		return mls_refuse("an external commit that removes two members");
	return sr_ok();
}

/* A hash table of what may be there only once, so that a commit of a thousand proposals needs no
 * comparison of all pairs. slots is a power of two. Who chooses keys cannot make them collide,
 * since mix comes from a secret of ours; of others there are few, or each has a leaf of its own. */
struct clashes {
	const struct mls_item **table;
	size_t slots;
	uint64_t mix[4];
};

static struct sr_err clashes_make(const struct mls_epoch *e, const struct mls_items *items,
				  struct arena *a, struct clashes *out)
{
	uint8_t mix[MLS_LEN];
	out->slots = 8;
	while (out->slots < 2 * items->n)
		out->slots *= 2;
	out->table = ARENA_ARRAY(a, out->slots, const struct mls_item *);
	if (!out->table)
		return sr_nomem();
	SR_TRY(mls_derive_secret(e->suite, e->vault->seed, MLS_L("clashes"), mix));
	memcpy(out->mix, mix, sizeof out->mix);
	return sr_ok();
}

static uint64_t kind_hash(const struct clashes *c, const struct mls_item *item)
{
	uint64_t words[4], sum = 0;
	uint32_t leaf = target(item);
	if (leaf != UINT32_MAX)
		return leaf * 2654435761U;
	const struct slice key = item->proposal.type == MLS_PROPOSAL_ADD
					 ? item->proposal.add->leaf.signature_key
					 : (struct slice){0};
	if (key.len != sizeof words)
		return item->proposal.type;
	memcpy(words, key.ptr, sizeof words);
	for (int i = 0; i < 4; i++)
		sum += words[i] * (c->mix[i] | 1);
	return sum >> 32;
}

/* clash_any finds why item cannot go with those in the table, into which it goes otherwise. */
static const char *clash_any(struct clashes *c, const struct mls_item *item)
{
	size_t at = kind_hash(c, item) & (c->slots - 1);
	for (; c->table[at]; at = (at + 1) & (c->slots - 1)) {
		const char *why = clash(c->table[at], item);
		if (why)
			return why;
	}
	c->table[at] = item;
	return NULL;
}

struct sr_err mls_items_check(const struct mls_epoch *e, const struct mls_items *items,
			      struct mls_committer by)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct clashes clashes;
	SR_TRY(clashes_make(e, items, &a, &clashes));
	if (items->n > 1 && count_of(items, MLS_PROPOSAL_REINIT))
		return mls_refuse("a commit with a ReInit and another proposal");
	if (count_of(items, MLS_PROPOSAL_PSK) > MLS_EXTENSIONS_MAX)
		return sr_fail(SR_E_LIMIT, "a commit with too many pre-shared keys");
	for (size_t i = 0; i < items->n; i++) {
		const struct mls_item *item = &items->ptr[i];
		const char *why = alone(item, by);
		if (why || (why = clash_any(&clashes, item)))
			return mls_refuse(why);
		if (!item->checked)
			SR_TRY(mls_item_check(e, item));
	}
	return by.sender == MLS_SENDER_NEW_COMMIT ? check_external(items) : sr_ok();
}

/* settle_reinit keeps either the last ReInit alone, if nothing came after it, or everything else.
 */
static void settle_reinit(struct mls_items *items)
{
	if (items->n && items->ptr[items->n - 1].proposal.type == MLS_PROPOSAL_REINIT) {
		items->ptr[0] = items->ptr[items->n - 1];
		items->n = 1;
		return;
	}
	size_t n = 0;
	for (size_t i = 0; i < items->n; i++)
		if (items->ptr[i].proposal.type != MLS_PROPOSAL_REINIT)
			items->ptr[n++] = items->ptr[i];
	items->n = n;
}

struct sr_err mls_items_choose(const struct mls_epoch *e, struct mls_items *items,
			       struct mls_committer by)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct clashes clashes;
	size_t kept = 0, psks = 0;
	settle_reinit(items);
	SR_TRY(clashes_make(e, items, &a, &clashes));
	struct mls_item *out = ARENA_ARRAY(&a, items->n, struct mls_item);
	if (!out)
		return sr_nomem();
	/* The later one wins, but whoever is to be removed is removed (12.2). */
	for (int removes = 1; removes >= 0; removes--)
		for (size_t i = items->n; i-- > 0;) {
			struct mls_item *item = &items->ptr[i];
			uint16_t type = item->proposal.type;
			bool remove =
				type == MLS_PROPOSAL_REMOVE || type == MLS_PROPOSAL_SELF_REMOVE;
			bool psk = type == MLS_PROPOSAL_PSK;
			if (remove != (removes == 1) || alone(item, by) ||
			    (psk && psks == MLS_EXTENSIONS_MAX))
				continue;
			struct sr_err bad = item->checked ? sr_ok() : mls_item_check(e, item);
			if (bad.code == SR_E_NOMEM)
				return bad;
			if (sr_bad(bad) || clash_any(&clashes, item))
				continue;
			item->leaf = UINT32_MAX;
			psks += psk;
		}
	for (size_t i = 0; i < items->n; i++)
		if (items->ptr[i].leaf == UINT32_MAX)
			out[kept++] = items->ptr[i];
	memcpy(items->ptr, out, kept * sizeof *out);
	items->n = kept;
	return sr_ok();
}

/* ---- What they do ---- */

/* leave counts out the leaf that is at an index now. */
static struct sr_err leave(struct mls_epoch *next, uint32_t index, struct arena *a)
{
	struct mls_leaf old;
	SR_TRY(mls_tree_leaf(&next->tree, index, a, &old));
	mls_census_remove(&next->census, &old);
	return sr_ok();
}

static struct sr_err apply_update(struct mls_item *item, struct arena *a, struct mls_epoch *next,
				  struct mls_effect *out)
{
	struct slice leaf;
	(void)out;
	SR_TRY(mls_encoded(&mls_type_leaf, item->proposal.update, a, &leaf));
	item->leaf = item->sender_index;
	SR_TRY(leave(next, item->leaf, a));
	mls_census_add(&next->census, item->proposal.update);
	SR_TRY(mls_tree_update(&next->tree, item->leaf, leaf));
	if (item->leaf != next->own)
		return sr_ok();
	if (!item->fresh)
		return sr_fail(SR_E_STATE, "an Update of our own whose keys are not here");
	mls_keys_set(&next->vault->keys, 2 * next->own, item->fresh->priv);
	memcpy(next->vault->seed, item->fresh->seed, MLS_LEN);
	return sr_ok();
}

static struct sr_err apply_remove(struct mls_item *item, struct arena *a, struct mls_epoch *next,
				  struct mls_effect *out)
{
	item->leaf = target(item);
	out->removes_us |= item->leaf == next->own;
	SR_TRY(leave(next, item->leaf, a));
	return mls_tree_remove(&next->tree, item->leaf);
}

static struct sr_err apply_add(struct mls_item *item, struct arena *a, struct mls_epoch *next,
			       struct mls_effect *out)
{
	struct slice leaf;
	SR_TRY(mls_encoded(&mls_type_leaf, &item->proposal.add->leaf, a, &leaf));
	mls_census_add(&next->census, &item->proposal.add->leaf);
	SR_TRY(mls_tree_add(&next->tree, leaf, &item->leaf));
	out->added.ptr[out->added.n++] = item->leaf;
	return sr_ok();
}

/* Proposals are applied by turns (12.3). turn: that of a type; TURNS: it changes no leaf. */
enum turn { UPDATES, REMOVES, ADDS, TURNS };
static struct sr_err (*const apply[TURNS])(struct mls_item *item, struct arena *a,
					   struct mls_epoch *next, struct mls_effect *out) = {
	[UPDATES] = apply_update, [REMOVES] = apply_remove, [ADDS] = apply_add};

static enum turn turn(uint16_t type)
{
	switch (type) {
	case MLS_PROPOSAL_UPDATE:
		return UPDATES;
	case MLS_PROPOSAL_REMOVE:
	case MLS_PROPOSAL_SELF_REMOVE:
		return REMOVES;
	case MLS_PROPOSAL_ADD:
		return ADDS;
	default:
		return TURNS;
	}
}

/* look notes what a list does besides changing the tree; extensions are those of the group. */
static void look(const struct mls_items *items, struct mls_extensions *extensions,
		 struct mls_effect *out)
{
	out->path_required = !items->n;
	for (size_t i = 0; i < items->n; i++) {
		const struct mls_item *item = &items->ptr[i];
		uint16_t type = item->proposal.type;
		if (type == MLS_PROPOSAL_CONTEXT) {
			out->context_changed = true;
			*extensions = item->proposal.extensions;
		}
		if (type == MLS_PROPOSAL_EXTERNAL_INIT)
			out->external_init = item;
		out->path_required |= type != MLS_PROPOSAL_ADD && type != MLS_PROPOSAL_PSK &&
				      type != MLS_PROPOSAL_REINIT;
	}
}

/* check_abilities checks that new leaves take what the group will ask for (7.3). */
static struct sr_err check_abilities(const struct mls_items *items, const struct mls_needs *needs)
{
	for (size_t i = 0; i < items->n; i++) {
		const struct mls_proposal *p = &items->ptr[i].proposal;
		if (p->type == MLS_PROPOSAL_ADD)
			SR_TRY(mls_capable(&p->add->leaf.capabilities, needs));
		if (p->type == MLS_PROPOSAL_UPDATE)
			SR_TRY(mls_capable(&p->update->capabilities, needs));
	}
	return sr_ok();
}

/* check_kinds: proposals of a kind that not all have to take are taken by all who stay (12.2). */
static struct sr_err check_kinds(const struct mls_items *items, const struct mls_census *who_stays)
{
	for (size_t i = 0; i < items->n; i++)
		if (items->ptr[i].proposal.type == MLS_PROPOSAL_SELF_REMOVE &&
		    who_stays->self_remove != who_stays->members)
			return mls_refuse("a proposal of a kind that not every member takes");
	return sr_ok();
}

struct sr_err mls_items_apply(const struct mls_epoch *e, struct mls_items *items,
			      struct mls_committer by, struct arena *a, struct mls_epoch *next,
			      struct mls_effect *out)
{
	struct mls_extensions extensions;
	struct mls_effect effect = {0};
	effect.added.ptr = ARENA_ARRAY(a, items->n, uint32_t);
	if (!effect.added.ptr)
		return sr_nomem();
	SR_TRY(mls_epoch_extensions(e, a, &extensions));
	look(items, &extensions, &effect);
	SR_TRY(mls_needs_of(e->suite->id, &extensions, a, &effect.needs));
	SR_TRY(check_abilities(items, &effect.needs));
	for (enum turn t = UPDATES; t < TURNS; t++) {
		if (t == ADDS)
			SR_TRY(check_kinds(items, &next->census));
		for (size_t i = 0; i < items->n; i++)
			if (turn(items->ptr[i].proposal.type) == t)
				SR_TRY(apply[t](&items->ptr[i], a, next, &effect));
	}
	if (by.sender == MLS_SENDER_MEMBER && !mls_tree_leaf_bytes(&next->tree, by.leaf).len)
		return mls_refuse("a commit that removes its own committer");
	if (effect.context_changed)
		SR_TRY(mls_leaves_capable(&next->tree, &effect.needs));
	*out = effect;
	return sr_ok();
}

struct sr_err mls_psk_ids_of(const struct mls_items *items, struct arena *a,
			     struct mls_psk_ids *out)
{
	struct mls_psk_ids ids = {ARENA_ARRAY(a, items->n, struct mls_psk_id), 0};
	if (!ids.ptr)
		return sr_nomem();
	for (size_t i = 0; i < items->n; i++)
		if (items->ptr[i].proposal.type == MLS_PROPOSAL_PSK)
			ids.ptr[ids.n++] = items->ptr[i].proposal.psk;
	*out = ids;
	return sr_ok();
}
