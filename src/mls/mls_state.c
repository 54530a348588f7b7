/* SPDX-License-Identifier: Apache-2.0 */
/* A group as bytes, and back (doc/FORMAT.md, "An MLS group's state"). The bytes are described by
 * tables as messages are. Secrets are never copied on the way: what is put together borrows from
 * the group, and what was read borrows from the bytes. Everything that is read is checked as far as
 * it could do harm; that the bytes are ours is for whoever sealed them to say. */
#include "mls_state.h"

#include "crypto.h"

#include <stdlib.h>
#include <string.h>

static struct sr_err malformed(void)
{
	return mls_refuse("a saved state that is damaged");
}

/* ---- Key packages ---- */

void mls_key_secrets_put(const struct mls_key_secrets *k, struct build *b)
{
	struct mls_key_secrets saved = *k;
	saved.magic = MLS_KEY_MAGIC;
	saved.version = MLS_SAVED_VERSION;
	mls_encode(&mls_type_saved_key, &saved, b);
}

struct sr_err mls_key_secrets_read(struct slice in, struct mls_key_secrets *out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct mls_key_secrets k;
	if (sr_bad(mls_decode(&mls_type_saved_key, in, &a, &k)) || k.magic != MLS_KEY_MAGIC ||
	    k.version != MLS_SAVED_VERSION)
		return mls_refuse("no secrets of a key package, or of another version");
	*out = k;
	return sr_ok();
}

/* ---- Writing ---- */

/* struct saver: what the parts of a state that is put together lie in. */
struct saver {
	struct arena arena;
	struct build secrets[2 * 3 + SR_MLS_PAST_MAX]; /* secret trees */
	size_t secrets_n;
};

static void saver_release(struct saver *s)
{
	arena_release(&s->arena);
	for (size_t i = 0; i < s->secrets_n; i++)
		build_release(&s->secrets[i]);
}

/* list_make makes a list of n objects of a size. */
static struct sr_err list_make(struct saver *s, size_t n, size_t size, void *list)
{
	struct mls_list made = {arena_alloc(&s->arena, n, size), n};
	if (!made.ptr)
		return sr_nomem();
	memcpy(list, &made, sizeof made);
	return sr_ok();
}

/* struct nodes: those of a tree, or the leaves of a past epoch. */
struct nodes {
	struct mls_tree_node *const *ptr;
	size_t n;
};

/* nodes_of lists all nodes of a group and returns the number of lists. */
static size_t nodes_of(const struct sr_mls_group *g, struct nodes out[3 + SR_MLS_PAST_MAX])
{
	const struct mls_epoch *epochs[] = {g->now, g->own ? g->own->next : NULL,
					    g->received ? g->received->next : NULL};
	size_t n = 0;
	for (size_t i = 0; i < 3; i++)
		if (epochs[i])
			out[n++] = (struct nodes){epochs[i]->tree.nodes,
						  mls_math_width(epochs[i]->tree.leaves_n)};
	for (const struct mls_past *p = g->past; p; p = p->older)
		out[n++] = (struct nodes){p->leaves, p->leaves_n};
	return n;
}

/* save_table writes each node once, whatever trees it is in, and numbers it, from 1 on. */
static struct sr_err save_table(struct saver *s, const struct sr_mls_group *g,
				struct mls_slice_list *out)
{
	struct nodes lists[3 + SR_MLS_PAST_MAX];
	size_t lists_n = nodes_of(g, lists), most = 0;
	for (size_t i = 0; i < lists_n; i++)
		for (size_t k = 0; k < lists[i].n; k++)
			if (lists[i].ptr[k]) {
				lists[i].ptr[k]->number = 0;
				most++;
			}
	SR_TRY(list_make(s, most, sizeof *out->ptr, out));
	out->n = 0;
	for (size_t i = 0; i < lists_n; i++)
		for (size_t k = 0; k < lists[i].n; k++) {
			struct mls_tree_node *node = lists[i].ptr[k];
			if (!node || node->number)
				continue;
			out->ptr[out->n++] = slice_make(node->bytes, node->len);
			node->number = (uint32_t)out->n;
		}
	return sr_ok();
}

/* save_nodes lists nodes by number, 0 for a blank one. */
static struct sr_err save_nodes(struct saver *s, struct mls_tree_node *const *nodes, size_t n,
				struct mls_u32_list *out)
{
	SR_TRY(list_make(s, n, sizeof *out->ptr, out));
	for (size_t i = 0; i < n; i++)
		out->ptr[i] = nodes[i] ? nodes[i]->number : 0;
	return sr_ok();
}

static struct sr_err save_secrets(struct saver *s, const struct mls_secret_tree *t,
				  struct slice *out)
{
	struct build *b = &s->secrets[s->secrets_n++];
	build_init_secret(b, 0);
	mls_secret_tree_save(t, b);
	return build_done(b, out);
}

static struct sr_err save_epoch(struct saver *s, const struct mls_epoch *e,
				struct mls_saved_epoch *out)
{
	const struct mls_keys *keys = &e->vault->keys;
	out->own = e->own;
	out->context = e->context;
	out->interim = mls_slice(e->interim);
	out->confirmation_tag = mls_slice(e->confirmation_tag);
	out->secrets = slice_make(&e->vault->secrets, sizeof e->vault->secrets);
	out->seed = mls_slice(e->vault->seed);
	SR_TRY(list_make(s, keys->n, sizeof *out->keys.ptr, &out->keys));
	for (uint32_t i = 0; i < keys->n; i++)
		out->keys.ptr[i] =
			(struct mls_saved_priv){keys->at[i].node, mls_slice(keys->at[i].priv)};
	SR_TRY(save_nodes(s, e->tree.nodes, mls_math_width(e->tree.leaves_n), &out->nodes));
	SR_TRY(save_secrets(s, &e->messages, &out->messages));
	return save_secrets(s, &e->exports, &out->exports);
}

static struct sr_err save_waiting(struct saver *s, const struct mls_waiting *w,
				  struct mls_saved *out)
{
	SR_TRY(list_make(s, w->n, sizeof *out->waiting.ptr, &out->waiting));
	for (size_t i = 0; i < w->n; i++) {
		const struct mls_fresh *fresh = w->ptr[i].fresh;
		out->waiting.ptr[i] = (struct mls_saved_waiting){
			w->ptr[i].item, slice_make(fresh, fresh ? sizeof *fresh : 0)};
	}
	return sr_ok();
}

static struct sr_err save_staged(struct saver *s, const struct mls_staged *staged,
				 struct mls_saved_staged **out)
{
	if (!staged)
		return sr_ok();
	struct mls_saved_staged *to = *out = ARENA_NEW(&s->arena, struct mls_saved_staged);
	if (!to)
		return sr_nomem();
	*to = (struct mls_saved_staged){.sender = staged->sender,
					.committer = staged->committer,
					.has_path = staged->has_path,
					.authenticated_data = staged->authenticated_data,
					.digest = mls_slice(staged->digest),
					.items = staged->items};
	if (!staged->next)
		return sr_ok();
	to->next = ARENA_NEW(&s->arena, struct mls_saved_epoch);
	return to->next ? save_epoch(s, staged->next, to->next) : sr_nomem();
}

static struct sr_err save_past(struct saver *s, const struct mls_past *p, struct mls_saved *out)
{
	SR_TRY(list_make(s, SR_MLS_PAST_MAX, sizeof *out->past.ptr, &out->past));
	for (out->past.n = 0; p; p = p->older) {
		struct mls_saved_past *to = &out->past.ptr[out->past.n++];
		to->own = p->own;
		to->context = p->context;
		to->secrets = slice_make(p->secrets, sizeof *p->secrets);
		SR_TRY(save_nodes(s, p->leaves, p->leaves_n, &to->leaves));
		SR_TRY(save_secrets(s, &p->messages, &to->messages));
	}
	return sr_ok();
}

static struct sr_err save_resumptions(struct saver *s, const struct mls_resumptions *r,
				      struct mls_saved *out)
{
	SR_TRY(list_make(s, r->n, sizeof *out->resumptions.ptr, &out->resumptions));
	for (uint32_t i = 0; i < r->n; i++)
		out->resumptions.ptr[i] =
			(struct mls_saved_resumption){r->at[i].epoch, mls_slice(r->at[i].psk)};
	return sr_ok();
}

struct sr_err sr_mls_save(const struct sr_mls_group *g, struct sr_mls_bytes *out)
{
	SR_SCOPED(saver_release) struct saver s = {0};
	SR_SCOPED(build_release) struct build b = {.secret = true};
	struct mls_saved saved = {.magic = MLS_STATE_MAGIC,
				  .version = MLS_SAVED_VERSION,
				  .suite = g->now->suite->id,
				  .settings = g->settings,
				  .reinit = slice_make(g->reinit_ptr, g->reinit_len)};
	SR_TRY(save_table(&s, g, &saved.nodes));
	SR_TRY(save_epoch(&s, g->now, &saved.now));
	SR_TRY(save_waiting(&s, &g->waiting, &saved));
	SR_TRY(save_staged(&s, g->own, &saved.own));
	SR_TRY(save_staged(&s, g->received, &saved.received));
	SR_TRY(save_past(&s, g->past, &saved));
	SR_TRY(save_resumptions(&s, g->resumptions, &saved));
	mls_encode(&mls_type_saved, &saved, &b);
	return mls_give(&b, out);
}

/* ---- Reading ---- */

/* The nodes of a state that is being read; the table holds a reference of each. */
struct loaded {
	struct arena arena;
	struct mls_tree_node **ptr;
	size_t n;
};

static void loaded_release(struct loaded *l)
{
	for (size_t i = 0; i < l->n; i++)
		mls_tree_node_release(l->ptr[i]);
	arena_release(&l->arena);
}

static struct sr_err load_table(const struct mls_slice_list *nodes, struct loaded *l)
{
	l->ptr = arena_alloc(&l->arena, nodes->n, sizeof(struct mls_tree_node *));
	if (!l->ptr)
		return sr_nomem();
	for (; l->n < nodes->n; l->n++) {
		l->ptr[l->n] = mls_tree_node_new(nodes->ptr[l->n]);
		if (!l->ptr[l->n])
			return sr_nomem();
	}
	return sr_ok();
}

/* load_tree makes a tree: its nodes are put together as a ratchet_tree, which is then checked as
 * any other is, and shared again. stride is 1, or 2 where there are leaves only. */
static struct sr_err load_tree(const struct mls_u32_list *nodes, const struct loaded *l,
			       uint32_t stride, struct mls_tree *out)
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice all;
	size_t n = nodes->n;
	while (n && !nodes->ptr[n - 1])
		n--;
	for (size_t i = 0; i < n; i++) {
		uint32_t number = nodes->ptr[i];
		if (number > l->n)
			return malformed();
		if (stride == 2 && i)
			mls_put_u8(&b, 0);
		mls_put_u8(&b, number != 0);
		if (!number)
			continue;
		mls_put_u8(&b, i * stride % 2 ? MLS_NODE_PARENT : MLS_NODE_LEAF);
		build_bytes(&b, l->ptr[number - 1]->bytes, l->ptr[number - 1]->len);
	}
	mls_list_close(&b, 0);
	SR_TRY(build_done(&b, &all));
	SR_TRY(mls_tree_decode(all, out));
	for (size_t i = 0; i < n; i++) {
		uint32_t x = (uint32_t)i * stride;
		struct slice there = mls_tree_bytes(out, x);
		if (!nodes->ptr[i])
			continue;
		struct mls_tree_node *node = l->ptr[nodes->ptr[i] - 1];
		/* Bytes that are no nodes may be some when they are put together. */
		if (!there.len || !slice_eq(there, slice_make(node->bytes, node->len)))
			return malformed();
		mls_tree_node_release(out->nodes[x]);
		out->nodes[x] = node;
		node->refs++;
	}
	return sr_ok();
}

static struct sr_err load_secrets(struct slice in, uint32_t leaves_n, struct mls_secret_tree *out)
{
	SR_TRY(mls_secret_tree_load(&in, out));
	return in.len || out->leaves_n != leaves_n ? malformed() : sr_ok();
}

static struct sr_err load_keys(const struct mls_saved_epoch *in, struct mls_epoch *e)
{
	struct mls_keys *keys = &e->vault->keys;
	for (size_t i = 0; i < in->keys.n; i++) {
		const struct mls_saved_priv *k = &in->keys.ptr[i];
		if (k->node >= mls_math_width(e->tree.leaves_n) ||
		    !mls_math_above(k->node, 2 * e->own) || mls_keys_find(keys, k->node))
			return malformed();
		mls_keys_set(keys, k->node, k->priv.ptr);
	}
	return mls_keys_find(keys, 2 * e->own) ? sr_ok() : malformed();
}

/* load_context takes over a context that was saved, which must be of this suite. */
static struct sr_err load_context(struct slice bytes, struct mls_epoch *e)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct mls_context c;
	SR_TRY(mls_decode(&mls_type_context, bytes, &a, &c));
	const struct slice *confirmed = &c.confirmed_transcript_hash;
	if (c.version != MLS_VERSION_10 || c.suite != e->suite->id || c.tree_hash.len != MLS_LEN ||
	    (confirmed->len && confirmed->len != MLS_LEN))
		return malformed();
	return mls_epoch_set_context(e, &c);
}

static struct sr_err count_leaves(struct mls_epoch *e)
{
	for (uint32_t i = 0; i < e->tree.leaves_n; i++) {
		SR_SCOPED(arena_release) struct arena a = {0};
		struct mls_leaf leaf;
		if (!mls_tree_leaf_bytes(&e->tree, i).len)
			continue;
		SR_TRY(mls_tree_leaf(&e->tree, i, &a, &leaf));
		mls_census_add(&e->census, &leaf);
	}
	return sr_ok();
}

static struct sr_err load_epoch(const struct mls_saved_epoch *in, const struct loaded *l,
				const struct mls_suite *s, struct mls_epoch **out)
{
	SR_SCOPED(mls_epoch_release) struct mls_epoch *e = NULL;
	SR_TRY(mls_epoch_new(s, &e));
	SR_TRY(load_tree(&in->nodes, l, 1, &e->tree));
	SR_TRY(count_leaves(e));
	e->own = in->own;
	if (!mls_tree_leaf_bytes(&e->tree, e->own).len)
		return malformed();
	memcpy(e->interim, in->interim.ptr, MLS_LEN);
	memcpy(e->confirmation_tag, in->confirmation_tag.ptr, MLS_LEN);
	memcpy(e->vault->seed, in->seed.ptr, MLS_LEN);
	memcpy(&e->vault->secrets, in->secrets.ptr, in->secrets.len);
	SR_TRY(load_context(in->context, e));
	SR_TRY(load_keys(in, e));
	SR_TRY(load_secrets(in->messages, e->tree.leaves_n, &e->messages));
	SR_TRY(load_secrets(in->exports, 1 << 16, &e->exports));
	*out = e;
	e = NULL;
	return sr_ok();
}

static bool sender_ok(uint8_t sender)
{
	return sender >= MLS_SENDER_MEMBER && sender <= MLS_SENDER_NEW_COMMIT;
}

static struct sr_err load_waiting(const struct mls_saved *in, struct mls_waiting *w)
{
	for (size_t i = 0; i < in->waiting.n; i++) {
		struct mls_saved_waiting *from = &in->waiting.ptr[i];
		struct mls_fresh *fresh = NULL;
		if ((from->fresh.len && from->fresh.len != sizeof *fresh) ||
		    !sender_ok(from->item.sender))
			return malformed();
		from->item.checked = true;
		if (from->fresh.len) {
			fresh = crypto_guarded_alloc(sizeof *fresh);
			if (!fresh)
				return sr_nomem();
			memcpy(fresh, from->fresh.ptr, sizeof *fresh);
		}
		struct sr_err e = mls_waiting_add(w, from->item.ref.ptr, &from->item, fresh);
		if (sr_bad(e)) {
			crypto_guarded_free(fresh);
			return e;
		}
	}
	return sr_ok();
}

/* load_next reads the epoch of a staged commit, if we are in it. */
static struct sr_err load_next(const struct mls_saved_staged *in, const struct loaded *l,
			       const struct mls_epoch *now, struct mls_staged *s)
{
	if (!in->next)
		return sr_ok();
	SR_TRY(load_epoch(in->next, l, now->suite, &s->next));
	bool fits =
		s->next->number == now->number + 1 && slice_eq(s->next->group_id, now->group_id);
	return fits ? sr_ok() : malformed();
}

static struct sr_err load_staged(const struct mls_saved_staged *in, const struct loaded *l,
				 const struct mls_epoch *now, struct mls_staged **out)
{
	SR_SCOPED(mls_staged_release) struct mls_staged *s = NULL;
	if (!in)
		return sr_ok();
	if (in->sender != MLS_SENDER_MEMBER && in->sender != MLS_SENDER_NEW_COMMIT)
		return malformed();
	for (size_t i = 0; i < in->items.n; i++)
		if (!sender_ok(in->items.ptr[i].sender))
			return malformed();
	SR_TRY(mls_staged_new(&s));
	s->sender = in->sender;
	s->committer = in->committer;
	s->has_path = in->has_path == 1;
	memcpy(s->digest, in->digest.ptr, MLS_LEN);
	SR_TRY(load_next(in, l, now, s));
	SR_TRY(mls_staged_keep(s, &in->items, in->authenticated_data));
	SR_TRY(mls_staged_tell(now, s));
	*out = s;
	s = NULL;
	return sr_ok();
}

/* load_past reads a record into *out, which is the caller's even where it is damaged. */
static struct sr_err load_past(const struct mls_saved_past *in, const struct loaded *l,
			       const struct mls_epoch *now, struct mls_past **out)
{
	SR_SCOPED(mls_tree_release) struct mls_tree leaves = {0};
	SR_TRY(load_tree(&in->leaves, l, 2, &leaves));
	if (!mls_tree_leaf_bytes(&leaves, in->own).len)
		return malformed();
	SR_TRY(mls_past_new(leaves.leaves_n, in->context, out));
	struct mls_past *p = *out;
	p->own = in->own;
	for (uint32_t i = 0; i < p->leaves_n; i++) {
		p->leaves[i] = leaves.nodes[2 * i];
		leaves.nodes[2 * i] = NULL;
	}
	if (!slice_eq(p->group_id, now->group_id))
		return malformed();
	memcpy(p->secrets, in->secrets.ptr, in->secrets.len);
	return load_secrets(in->messages, p->leaves_n, &p->messages);
}

/* load_pasts reads the records, the newest first. */
static struct sr_err load_pasts(const struct mls_saved *in, const struct loaded *l,
				struct sr_mls_group *g)
{
	uint64_t before = g->now->number;
	struct mls_past **end = &g->past;
	if (in->past.n > g->settings.past_n)
		return malformed();
	for (size_t i = 0; i < in->past.n; i++, end = &(*end)->older) {
		SR_TRY(load_past(&in->past.ptr[i], l, g->now, end));
		if ((*end)->number >= before)
			return malformed();
		before = (*end)->number;
	}
	return sr_ok();
}

static struct sr_err load_resumptions(const struct mls_saved *in, struct mls_resumptions *r)
{
	if (in->resumptions.n > MLS_RESUMPTIONS)
		return malformed();
	for (; r->n < in->resumptions.n; r->n++) {
		const struct mls_saved_resumption *from = &in->resumptions.ptr[r->n];
		r->at[r->n].epoch = from->epoch;
		memcpy(r->at[r->n].psk, from->psk.ptr, MLS_LEN);
	}
	return sr_ok();
}

static struct sr_err load_reinit(struct slice bytes, struct sr_mls_group *g)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct mls_item item;
	if (!bytes.len)
		return sr_ok();
	SR_TRY(mls_item_read(bytes, &a, &item));
	if (item.proposal.type != MLS_PROPOSAL_REINIT)
		return malformed();
	return mls_group_reinitialised(g, bytes);
}

static struct sr_err load_rest(const struct mls_saved *in, const struct loaded *l,
			       struct sr_mls_group *g)
{
	SR_TRY(load_waiting(in, &g->waiting));
	SR_TRY(load_staged(in->own, l, g->now, &g->own));
	SR_TRY(load_staged(in->received, l, g->now, &g->received));
	SR_TRY(load_pasts(in, l, g));
	SR_TRY(load_resumptions(in, g->resumptions));
	return load_reinit(in->reinit, g);
}

struct sr_err mls_saved_decode(struct slice in, struct arena *a, struct mls_saved *out)
{
	struct slice head = in;
	uint64_t magic, version;
	if (!mls_next_int(&head, MLS_U64, &magic) || magic != MLS_STATE_MAGIC ||
	    !mls_next_int(&head, MLS_U16, &version) || version != MLS_SAVED_VERSION)
		return mls_refuse("no saved MLS group, or one of another version");
	return mls_decode(&mls_type_saved, in, a, out);
}

struct sr_err sr_mls_load(const struct sr_mls_platform *platform, struct sr_mls_data state,
			  struct sr_mls_group **out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(loaded_release) struct loaded l = {0};
	SR_SCOPED(mls_epoch_release) struct mls_epoch *now = NULL;
	SR_SCOPED(mls_group_scoped) struct sr_mls_group *g = NULL;
	struct mls_saved saved;
	SR_TRY(mls_saved_decode(mls_in(state), &a, &saved));
	const struct mls_suite *s = mls_suite_find(saved.suite);
	if (!s || !saved.settings.padding || !saved.settings.targeted_draft)
		return malformed();
	SR_TRY(load_table(&saved.nodes, &l));
	SR_TRY(load_epoch(&saved.now, &l, s, &now));
	SR_TRY(mls_group_new(platform, &saved.settings, &now, &g));
	SR_TRY(load_rest(&saved, &l, g));
	*out = g;
	g = NULL;
	return sr_ok();
}
