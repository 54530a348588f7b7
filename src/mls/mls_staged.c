/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_group.h"

#include "crypto.h"

#include <stdlib.h>
#include <string.h>

struct sr_err mls_staged_new(struct mls_staged **out)
{
	*out = calloc(1, sizeof **out);
	return *out ? sr_ok() : sr_nomem();
}

void mls_staged_release(struct mls_staged **at)
{
	struct mls_staged *staged = *at;
	*at = NULL;
	if (!staged)
		return;
	mls_epoch_release(&staged->next);
	arena_release(&staged->arena);
	free(staged);
}

static struct sr_err keep(struct arena *a, struct slice *s)
{
	const uint8_t *copy = arena_dup(a, s->ptr, s->len);
	if (!copy)
		return sr_nomem();
	*s = slice_make(copy, s->len);
	return sr_ok();
}

struct sr_err mls_staged_keep(struct mls_staged *staged, const struct mls_items *items,
			      struct slice authenticated_data)
{
	struct arena *a = &staged->arena;
	staged->items.ptr = ARENA_ARRAY(a, items->n, struct mls_item);
	if (!staged->items.ptr)
		return sr_nomem();
	for (size_t i = 0; i < items->n; i++) {
		struct mls_item *item = &staged->items.ptr[i];
		*item = items->ptr[i];
		item->fresh = NULL;
		item->ref = (struct slice){0};
		SR_TRY(keep(a, &item->bytes));
		SR_TRY(mls_item_read(item->bytes, a, item));
	}
	staged->items.n = items->n;
	staged->authenticated_data = authenticated_data;
	return keep(a, &staged->authenticated_data);
}

/* ---- What it does ---- */

/* leaf_after is the leaf as it is in the proposal; at the front of a KeyPackage stand version,
 * suite and init_key. */
static void leaf_after(const struct mls_item *item, struct sr_mls_member *out)
{
	struct slice rest = item->bytes, skipped;
	bool add = item->proposal.type == MLS_PROPOSAL_ADD;
	if (!slice_take(&rest, add ? 6 : 2, &skipped) || (add && !mls_next_opaque(&rest, &skipped)))
		return;
	const struct mls_leaf *leaf = add ? &item->proposal.add->leaf : item->proposal.update;
	/* It ends with the signature, wherever what follows it begins. */
	size_t len = (size_t)(leaf->signature.ptr + leaf->signature.len - rest.ptr);
	mls_leaf_member(slice_make(rest.ptr, len), item->leaf, out);
}

void mls_change_of(const struct mls_epoch *now, const struct mls_item *item,
		   struct sr_mls_change *out)
{
	const struct mls_proposal *p = &item->proposal;
	struct sr_mls_change c = {.kind = (enum sr_mls_proposal_kind)p->type,
				  .by = (enum sr_mls_sender)item->sender,
				  .by_index = item->sender_index,
				  .by_reference = item->by_reference,
				  .proposal = mls_data(item->bytes)};
	switch (p->type) {
	case MLS_PROPOSAL_ADD:
		c.has_after = true;
		break;
	case MLS_PROPOSAL_UPDATE:
		c.has_after = true;
		c.has_before = mls_epoch_member(now, item->sender_index, &c.before);
		break;
	case MLS_PROPOSAL_REMOVE:
		c.has_before = mls_epoch_member(now, p->remove, &c.before);
		break;
	case MLS_PROPOSAL_SELF_REMOVE:
		c.has_before = mls_epoch_member(now, item->sender_index, &c.before);
		break;
	case MLS_PROPOSAL_PSK:
		mls_psk_out(&p->psk, &c.psk);
		break;
	default:
		break;
	}
	if (c.has_after)
		leaf_after(item, &c.after);
	*out = c;
}

struct sr_err mls_staged_tell(const struct mls_epoch *now, struct mls_staged *staged)
{
	staged->changes = ARENA_ARRAY(&staged->arena, staged->items.n, struct sr_mls_change);
	if (!staged->changes)
		return sr_nomem();
	for (size_t i = 0; i < staged->items.n; i++)
		mls_change_of(now, &staged->items.ptr[i], &staged->changes[i]);
	return sr_ok();
}

static bool reinit_of(const struct mls_staged *staged)
{
	return staged->items.n == 1 && staged->items.ptr[0].proposal.type == MLS_PROPOSAL_REINIT;
}

bool sr_mls_staged(const struct sr_mls_group *g, bool own, struct sr_mls_staged *out)
{
	const struct mls_staged *s = own ? g->own : g->received;
	if (!s)
		return false;
	*out = (struct sr_mls_staged){
		.own = own,
		.by = (enum sr_mls_sender)s->sender,
		.committer = s->committer,
		.authenticated_data = mls_data(s->authenticated_data),
		.changes = s->changes,
		.changes_n = s->items.n,
		.removes_us = !s->next,
		.reinit = reinit_of(s),
		.epoch = g->now->number + 1,
	};
	if (s->sender == MLS_SENDER_MEMBER)
		out->has_before = mls_epoch_member(g->now, s->committer, &out->before);
	if (s->next) {
		out->authenticator =
			(struct sr_mls_data){s->next->vault->secrets.authenticator, MLS_LEN};
		out->extensions = mls_data(s->next->extensions_raw);
		out->has_after =
			s->has_path && mls_epoch_member(s->next, s->committer, &out->after);
	}
	return true;
}

bool sr_mls_staged_member(const struct sr_mls_group *g, bool own, uint32_t leaf,
			  struct sr_mls_member *out)
{
	const struct mls_staged *s = own ? g->own : g->received;
	return s && s->next && mls_epoch_member(s->next, leaf, out);
}

/* ---- Merging ---- */

void sr_mls_discard(struct sr_mls_group *g, bool own)
{
	mls_staged_release(own ? &g->own : &g->received);
}

/* remember keeps an epoch's resumption_psk; the oldest one goes. */
static void remember(struct mls_resumptions *r, const struct mls_epoch *e)
{
	if (r->n == MLS_RESUMPTIONS) {
		memmove(&r->at[0], &r->at[1], sizeof r->at - sizeof r->at[0]);
		r->n--;
	}
	r->at[r->n].epoch = e->number;
	memcpy(r->at[r->n].psk, e->vault->secrets.resumption, MLS_LEN);
	r->n++;
}

/* keep_past makes the record of the epoch that ends, if it is wanted. */
static struct sr_err keep_past(struct sr_mls_group *g, struct mls_past **past)
{
	return g->settings.past_n ? mls_past_of(g->now, past) : sr_ok();
}

struct sr_err mls_group_reinitialised(struct sr_mls_group *g, struct slice proposal)
{
	g->reinit_ptr = malloc(proposal.len);
	if (!g->reinit_ptr)
		return sr_nomem();
	memcpy(g->reinit_ptr, proposal.ptr, proposal.len);
	g->reinit_len = proposal.len;
	return sr_ok();
}

struct sr_err sr_mls_merge(struct sr_mls_group *g, bool own)
{
	struct mls_staged *s = own ? g->own : g->received;
	struct mls_past *past = NULL;
	if (!s)
		return sr_fail(SR_E_STATE, "no commit is staged");
	if (!s->next)
		return sr_fail(SR_E_STATE, "the commit removes us: the group can only be closed");
	if (reinit_of(s))
		SR_TRY(mls_group_reinitialised(g, s->items.ptr[0].bytes));
	struct sr_err e = keep_past(g, &past);
	if (sr_bad(e)) {
		free(g->reinit_ptr);
		g->reinit_ptr = NULL;
		g->reinit_len = 0;
		return e;
	}
	remember(g->resumptions, g->now);
	if (past) {
		past->older = g->past;
		g->past = past;
		mls_past_keep(&g->past, g->settings.past_n);
	}
	mls_epoch_release(&g->now);
	g->now = s->next;
	s->next = NULL;
	sr_mls_discard(g, true);
	sr_mls_discard(g, false);
	mls_waiting_release(&g->waiting);
	return sr_ok();
}
