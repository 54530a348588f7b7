/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_forge.h"

#include "crypto.h"
#include "mls_hpke.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIFE = 1000000, PADDING = 16 };

bool forge_ok(struct sr_err e, const char *file, int line, const char *text)
{
	return test_check(!sr_bad(e), file, line, text, "%s", e.what ? e.what : "?");
}

/* ---- Bytes ---- */

uint8_t *forge_bytes(struct forge *f, size_t len)
{
	uint8_t *p = arena_alloc(&f->a, len, 1);
	if (!p)
		abort();
	return p;
}

struct slice forge_draw(struct forge *f, size_t len)
{
	uint8_t *p = forge_bytes(f, len);
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)test_random(&f->seed);
	return slice_make(p, len);
}

uint8_t *forge_copy(struct forge *f, struct slice s)
{
	uint8_t *p = forge_bytes(f, s.len);
	if (s.len)
		memcpy(p, s.ptr, s.len);
	return p;
}

struct slice forge_flip(struct forge *f, struct slice s, size_t bit)
{
	uint8_t *p = forge_copy(f, s);
	p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	return slice_make(p, s.len);
}

struct slice forge_longer(struct forge *f, struct slice s)
{
	uint8_t *p = forge_bytes(f, s.len + 1);
	if (s.len)
		memcpy(p, s.ptr, s.len);
	return slice_make(p, s.len + 1);
}

struct slice forge_shorter(struct forge *f, struct slice s)
{
	return slice_make(forge_copy(f, s), s.len - 1);
}

struct slice forge_patch(struct forge *f, struct slice s, struct slice needle, size_t off,
			 uint8_t value)
{
	uint8_t *p = forge_copy(f, s);
	size_t at = s.len - needle.len + 1;
	while (at && memcmp(s.ptr + at - 1, needle.ptr, needle.len) != 0)
		at--;
	if (CHECK(at && at - 1 + off < s.len, "the bytes to be changed are not there"))
		p[at - 1 + off] = value;
	return slice_make(p, s.len);
}

struct slice forge_encoded(struct forge *f, const struct mls_type *type, const void *object)
{
	struct slice out = {0};
	FORGE_OK(mls_encoded(type, object, &f->a, &out));
	return out;
}

struct sr_mls_data forge_data(struct slice s)
{
	return (struct sr_mls_data){s.ptr, s.len};
}

static struct slice kept(struct forge *f, struct build *b)
{
	struct slice out = {0};
	FORGE_OK(build_keep(b, &f->a, &out));
	return out;
}

struct mls_u16_list forge_values(struct forge *f, size_t n, ...)
{
	struct mls_u16_list list = {(uint16_t *)(void *)forge_bytes(f, 2 * n), n};
	va_list ap;
	va_start(ap, n);
	for (size_t i = 0; i < n; i++)
		list.ptr[i] = (uint16_t)va_arg(ap, int);
	va_end(ap);
	return list;
}

struct mls_u16_list forge_lacks(struct forge *f, struct mls_u16_list list, uint16_t value)
{
	struct mls_u16_list out = {(uint16_t *)(void *)forge_bytes(f, 2 * list.n), 0};
	for (size_t i = 0; i < list.n; i++)
		if (list.ptr[i] != value)
			out.ptr[out.n++] = list.ptr[i];
	return out;
}

void forge_extension(struct forge *f, struct mls_extensions *list, uint16_t type, struct slice data)
{
	struct mls_extension *p = ARENA_ARRAY(&f->a, list->n + 1, struct mls_extension);
	if (!p)
		abort();
	if (list->n)
		memcpy(p, list->ptr, list->n * sizeof *p);
	p[list->n] = (struct mls_extension){type, data};
	*list = (struct mls_extensions){p, list->n + 1};
}

void forge_arm(struct forge *f)
{
	f->armed = f->broken;
}

void forge_touch(struct forge *f, enum forge_at at, void *object)
{
	if (!f->armed || f->done || at != f->rule->at)
		return;
	f->done = true;
	f->rule->change(f, object);
}

struct mls_epoch *forge_keep(struct forge *f, struct mls_epoch *e)
{
	CHECK(f->epochs_n < sizeof f->epochs / sizeof *f->epochs, "too many epochs");
	return f->epochs[f->epochs_n++] = e;
}

/* ---- Signatures ---- */

struct slice forge_public_key(struct forge *f, enum forge_who who)
{
	uint8_t *pub = forge_bytes(f, MLS_LEN);
	FORGE_OK(f->s->sign_public(f->at[who].client.signature_seed, pub));
	return slice_make(pub, MLS_LEN);
}

struct slice forge_sign(struct forge *f, enum forge_who who, struct slice label, struct slice tbs)
{
	uint8_t *out = forge_bytes(f, MLS_SIGNATURE_LEN);
	FORGE_OK(mls_sign(f->s, f->at[who].client.signature_seed, forge_public_key(f, who).ptr,
			  label, tbs, out));
	return slice_make(out, MLS_SIGNATURE_LEN);
}

void forge_sign_leaf(struct forge *f, enum forge_who who, const struct mls_leaf_at *place,
		     struct slice label, struct mls_leaf *leaf)
{
	struct build b = {0};
	mls_encode(&mls_type_leaf_tbs, leaf, &b);
	if (leaf->source != MLS_SOURCE_KEY_PACKAGE) {
		mls_put_opaque(&b, place->group_id);
		mls_put_u32(&b, place->index);
	}
	leaf->signature = forge_sign(f, who, label, kept(f, &b));
}

void forge_leaf(struct forge *f, enum forge_who who, const struct mls_leaf_at *place,
		struct slice key, struct mls_leaf *out)
{
	struct mls_leaf_plan plan;
	uint8_t *pub = forge_bytes(f, MLS_LEN);
	FORGE_OK(mls_plan_of(f->s, &f->at[who].client, &f->a, pub, &plan));
	*out = (struct mls_leaf){.encryption_key = slice_make(forge_copy(f, key), key.len),
				 .signature_key = slice_make(pub, MLS_LEN),
				 .credential = plan.credential,
				 .capabilities = plan.capabilities,
				 .source = place->source,
				 .not_before = place->not_before,
				 .not_after = place->not_after,
				 .parent_hash = place->parent_hash,
				 .extensions = plan.extensions};
	if (f->at[who].odd)
		f->at[who].odd(f, out);
	f->place = *place;
	forge_touch(f, FORGE_LEAF, out);
	forge_sign_leaf(f, who, &f->place, MLS_L("LeafNodeTBS"), out);
	forge_touch(f, FORGE_LEAF_SIGNED, out);
}

static struct slice key_pair(struct forge *f, uint8_t priv[MLS_LEN])
{
	uint8_t *pub = forge_bytes(f, MLS_LEN);
	FORGE_OK(mls_hpke_derive(f->s, forge_draw(f, MLS_LEN), priv, pub));
	return slice_make(pub, MLS_LEN);
}

void forge_sign_package(struct forge *f, enum forge_who who, struct slice label,
			struct mls_key_package *kp)
{
	kp->signature = forge_sign(f, who, label, forge_encoded(f, &mls_type_key_package_tbs, kp));
}

void forge_package(struct forge *f, enum forge_who who, struct forge_package *out)
{
	struct mls_leaf_at place = {.source = MLS_SOURCE_KEY_PACKAGE,
				    .not_before = (uint64_t)FORGE_TIME - 3600,
				    .not_after = (uint64_t)FORGE_TIME + LIFE};
	struct mls_key_package *kp = &out->kp;
	struct build message = {0}, secrets = {0};
	*kp = (struct mls_key_package){.version = MLS_VERSION_10, .suite = f->s->id};
	kp->init_key = key_pair(f, out->init);
	forge_leaf(f, who, &place, key_pair(f, out->leaf), &kp->leaf);
	forge_touch(f, FORGE_PACKAGE, kp);
	forge_sign_package(f, who, MLS_L("KeyPackageTBS"), kp);
	forge_touch(f, FORGE_PACKAGE_SIGNED, kp);
	out->bytes = forge_encoded(f, &mls_type_key_package, kp);
	mls_message_out(MLS_WIRE_KEY_PACKAGE, &message);
	build_slice(&message, out->bytes);
	out->message = kept(f, &message);
	mls_key_secrets_put(
		&(struct mls_key_secrets){.key_package = out->bytes,
					  .init = mls_slice(out->init),
					  .leaf = mls_slice(out->leaf),
					  .seed = mls_slice(f->at[who].client.signature_seed)},
		&secrets);
	out->secrets = kept(f, &secrets);
}

/* ---- Proposals ---- */

struct mls_item forge_item(struct forge *f, enum forge_who who, const struct mls_proposal *p)
{
	struct mls_item item = {.proposal = *p,
				.bytes = forge_encoded(f, &mls_type_proposal, p),
				.sender = MLS_SENDER_MEMBER};
	if (f->at[who].group)
		item.sender_index = forge_now(f, who)->own;
	return item;
}

struct mls_item forge_add(struct forge *f, enum forge_who who, struct mls_key_package *kp)
{
	return forge_item(f, who, &(struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = kp});
}

struct mls_item forge_remove(struct forge *f, enum forge_who who, uint32_t leaf)
{
	return forge_item(f, who,
			  &(struct mls_proposal){.type = MLS_PROPOSAL_REMOVE, .remove = leaf});
}

struct mls_item forge_update(struct forge *f, enum forge_who who)
{
	const struct mls_epoch *e = forge_now(f, who);
	uint8_t priv[MLS_LEN];
	struct mls_leaf_at place = {
		.source = MLS_SOURCE_UPDATE, .group_id = e->group_id, .index = e->own};
	struct mls_leaf *leaf = ARENA_NEW(&f->a, struct mls_leaf);
	if (!leaf)
		abort();
	forge_leaf(f, who, &place, key_pair(f, priv), leaf);
	return forge_item(f, who,
			  &(struct mls_proposal){.type = MLS_PROPOSAL_UPDATE, .update = leaf});
}

struct mls_psk_id forge_psk(struct forge *f, const char *name)
{
	return (struct mls_psk_id){
		.type = MLS_PSK_EXTERNAL, .id = slice_str(name), .nonce = forge_draw(f, MLS_LEN)};
}

struct mls_item forge_psk_item(struct forge *f, enum forge_who who, struct mls_psk_id id)
{
	return forge_item(f, who, &(struct mls_proposal){.type = MLS_PROPOSAL_PSK, .psk = id});
}

struct mls_item forge_context(struct forge *f, enum forge_who who, struct mls_extensions x)
{
	return forge_item(f, who,
			  &(struct mls_proposal){.type = MLS_PROPOSAL_CONTEXT, .extensions = x});
}

struct mls_item forge_reinit(struct forge *f, enum forge_who who, struct mls_extensions x)
{
	return forge_item(f, who,
			  &(struct mls_proposal){.type = MLS_PROPOSAL_REINIT,
						 .reinit = {SLICE_LIT("the group that comes after"),
							    MLS_VERSION_10, f->s->id, x}});
}

struct mls_item forge_self_remove(struct forge *f, enum forge_who who)
{
	return forge_item(f, who, &(struct mls_proposal){.type = MLS_PROPOSAL_SELF_REMOVE});
}

/* ---- Messages ---- */

struct mls_authentic forge_content(struct forge *f, enum forge_who who, uint8_t type)
{
	const struct mls_epoch *e = forge_now(f, who);
	return (struct mls_authentic){.wire_format = MLS_WIRE_PUBLIC,
				      .content = {.group_id = e->group_id,
						  .epoch = e->number,
						  .sender = MLS_SENDER_MEMBER,
						  .sender_index = e->own,
						  .authenticated_data = SLICE_LIT("for all to see"),
						  .type = type}};
}

struct mls_authentic forge_outside(struct forge *f, uint8_t sender, uint8_t type)
{
	struct mls_authentic m = forge_content(f, HOSTILE, type);
	m.content.sender = sender;
	m.content.sender_index = 0;
	return m;
}

static struct slice content_tbs(struct forge *f, const struct mls_authentic *m,
				uint16_t wire_format, struct slice context)
{
	struct build b = {0};
	mls_put_u16(&b, MLS_VERSION_10);
	mls_put_u16(&b, wire_format);
	mls_encode(&mls_type_content, &m->content, &b);
	if (m->content.sender == MLS_SENDER_MEMBER || m->content.sender == MLS_SENDER_NEW_COMMIT)
		build_slice(&b, context);
	return kept(f, &b);
}

void forge_sign_content(struct forge *f, enum forge_who who, struct slice label,
			uint16_t wire_format, struct slice context, struct mls_authentic *m)
{
	m->signature = forge_sign(f, who, label, content_tbs(f, m, wire_format, context));
}

struct slice forge_membership(struct forge *f, enum forge_who who, const struct mls_authentic *m)
{
	const struct mls_epoch *e = forge_now(f, who);
	struct build b = {0};
	uint8_t *out = forge_bytes(f, MLS_LEN);
	build_slice(&b, content_tbs(f, m, m->wire_format, e->context));
	mls_put_opaque(&b, m->signature);
	if (m->content.type == MLS_CONTENT_COMMIT)
		mls_put_opaque(&b, m->confirmation_tag);
	struct slice tbm = kept(f, &b);
	FORGE_OK(f->s->hmac(slice_make(e->vault->secrets.membership, MLS_LEN), &tbm, 1, out));
	return slice_make(out, MLS_LEN);
}

/* seal returns a sealed copy of text. */
static struct slice seal(struct forge *f, const struct mls_message_key *k, struct slice aad,
			 struct slice text)
{
	uint8_t *out = forge_bytes(f, text.len + MLS_TAG_LEN);
	FORGE_OK(f->s->seal(k->key, k->nonce, aad, text, out));
	return slice_make(out, text.len + MLS_TAG_LEN);
}

static struct slice private_aad(struct forge *f, const struct mls_private *p, bool content)
{
	struct build b = {0};
	mls_put_opaque(&b, p->group_id);
	mls_put_u64(&b, p->epoch);
	mls_put_u8(&b, p->type);
	if (content)
		mls_put_opaque(&b, p->authenticated_data);
	return kept(f, &b);
}

/* choose_key gives the key of what the sender data says, as far as it can be had. */
static void choose_key(struct forge *f, enum forge_who who, uint8_t type,
		       struct mls_sender_data *sender, struct mls_message_key *k)
{
	struct mls_secret_tree *t = &f->at[who].group->now->messages;
	enum mls_ratchet which = mls_frame_ratchet(type);
	FORGE_OK(mls_secret_tree_ahead(f->s, t, sender->leaf, which, &sender->generation, k));
	FORGE_OK(mls_secret_tree_use(f->s, t, sender->leaf, which, sender->generation));
	struct mls_sender_data was = *sender;
	if (f->generation)
		sender->generation = f->generation;
	forge_touch(f, FORGE_SENDER, sender);
	if (was.leaf != sender->leaf || was.generation != sender->generation) {
		struct sr_err e =
			mls_secret_tree_peek(f->s, t, sender->leaf, which, sender->generation, k);
		(void)e; /* then it is the wrong one, of a message that goes nowhere */
	}
	for (size_t i = 0; i < sizeof sender->reuse_guard; i++)
		k->nonce[i] ^= sender->reuse_guard[i];
	f->sender = *sender;
	forge_touch(f, FORGE_KEY, k);
}

static struct slice private_plain(struct forge *f, const struct mls_authentic *m)
{
	struct build b = {0};
	mls_encode(&mls_type_private_content, m, &b);
	do
		mls_put_u8(&b, 0);
	while (b.len % PADDING);
	forge_touch(f, FORGE_PLAIN, &b);
	return kept(f, &b);
}

static struct slice seal_sender(struct forge *f, enum forge_who who, struct mls_private *p,
				const struct mls_sender_data *sender)
{
	struct build b = {0};
	struct mls_message_key k;
	struct mls_private with = *p;
	size_t len = p->ciphertext.len;
	struct slice sample = slice_sub(p->ciphertext, 0, len < MLS_LEN ? len : MLS_LEN);
	mls_encode(&mls_type_sender_data, sender, &b);
	forge_touch(f, FORGE_SENDER_PLAIN, &b);
	forge_touch(f, FORGE_SENDER_AAD, &with);
	FORGE_OK(mls_schedule_key(f->s, forge_now(f, who)->vault->secrets.sender_data, sample, &k));
	return seal(f, &k, private_aad(f, &with, false), kept(f, &b));
}

static void put_private(struct forge *f, enum forge_who who, const struct mls_authentic *m,
			struct build *b)
{
	struct mls_sender_data sender = {.leaf = m->content.sender_index};
	struct mls_message_key k;
	struct mls_private p = {.group_id = m->content.group_id,
				.epoch = m->content.epoch,
				.type = m->content.type,
				.authenticated_data = m->content.authenticated_data},
			   with;
	memcpy(sender.reuse_guard, forge_draw(f, 4).ptr, 4);
	choose_key(f, who, p.type, &sender, &k);
	with = p;
	forge_touch(f, FORGE_CONTENT_AAD, &with);
	p.ciphertext = seal(f, &k, private_aad(f, &with, true), private_plain(f, m));
	p.encrypted_sender_data = seal_sender(f, who, &p, &sender);
	forge_touch(f, FORGE_PRIVATE, &p);
	mls_encode(&mls_type_private, &p, b);
}

static struct slice frame(struct forge *f, enum forge_who who, struct mls_authentic *m)
{
	struct build b = {0};
	mls_message_out(m->wire_format, &b);
	if (m->wire_format == MLS_WIRE_PRIVATE) {
		put_private(f, who, m, &b);
	} else {
		if (m->content.sender == MLS_SENDER_MEMBER)
			m->membership_tag = forge_membership(f, who, m);
		forge_touch(f, FORGE_TAGGED, m);
		mls_encode(&mls_type_public, m, &b);
	}
	struct slice message = kept(f, &b);
	forge_touch(f, FORGE_BYTES, &message);
	return message;
}

struct slice forge_send(struct forge *f, enum forge_who who, struct mls_authentic *m)
{
	struct slice context = {0};
	if (f->at[who].group)
		context = forge_now(f, who)->context;
	forge_touch(f, FORGE_CONTENT, m);
	forge_sign_content(f, who, MLS_L("FramedContentTBS"), m->wire_format, context, m);
	forge_touch(f, FORGE_SIGNED, m);
	return frame(f, who, m);
}

struct slice forge_propose(struct forge *f, enum forge_who who, struct mls_item *item)
{
	struct mls_authentic m = forge_content(f, who, MLS_CONTENT_PROPOSAL);
	uint8_t *ref = forge_bytes(f, MLS_LEN);
	m.content.proposal = item->proposal;
	struct slice message = forge_send(f, who, &m);
	item->proposal = m.content.proposal;
	item->bytes = forge_encoded(f, &mls_type_proposal, &item->proposal);
	FORGE_OK(mls_ref(f->s, MLS_REF_PROPOSAL, forge_encoded(f, &mls_type_authentic, &m), ref));
	item->ref = slice_make(ref, MLS_LEN);
	item->by_reference = true;
	return message;
}

/* ---- Commits ---- */

struct forge_commit *forge_commit_new(struct forge *f, enum forge_who by)
{
	struct forge_commit *c = ARENA_NEW(&f->a, struct forge_commit);
	if (!c)
		abort();
	c->by = by;
	return c;
}

void forge_commit_add(struct forge_commit *c, struct mls_item item)
{
	CHECK(c->items_n < FORGE_ITEMS, "too many items");
	c->items[c->items_n++] = item;
}

/* apply_item does what can be done; what cannot is what is wrong with the commit. */
static void apply_item(struct forge *f, struct forge_commit *c, struct mls_item *item, int turn)
{
	struct mls_tree *t = &c->next->tree;
	const struct mls_proposal *p = &item->proposal;
	struct sr_err e = sr_ok();
	if (turn == 1 && p->type == MLS_PROPOSAL_UPDATE)
		e = mls_tree_update(t, item->sender_index,
				    forge_encoded(f, &mls_type_leaf, p->update));
	if (turn == 2 && p->type == MLS_PROPOSAL_REMOVE)
		e = mls_tree_remove(t, p->remove);
	if (turn == 2 && p->type == MLS_PROPOSAL_SELF_REMOVE)
		e = mls_tree_remove(t, item->sender_index);
	if (turn == 3 && p->type == MLS_PROPOSAL_ADD) {
		e = mls_tree_add(t, forge_encoded(f, &mls_type_leaf, &p->add->leaf), &item->leaf);
		if (!sr_bad(e))
			c->added.ptr[c->added.n++] = item->leaf;
	}
	if (turn == 3 && p->type == MLS_PROPOSAL_CONTEXT)
		c->extensions_raw = forge_encoded(f, &mls_type_extensions, &p->extensions);
}

static void apply(struct forge *f, struct forge_commit *c)
{
	FORGE_OK(mls_epoch_next(c->e, &c->next));
	forge_keep(f, c->next);
	c->extensions_raw = c->e->extensions_raw;
	c->added.ptr = ARENA_ARRAY(&f->a, c->items_n, uint32_t);
	for (int turn = 1; turn <= 3; turn++)
		for (size_t i = 0; i < c->items_n; i++)
			apply_item(f, c, &c->items[i], turn);
	mls_keys_prune(&c->next->vault->keys, &c->next->tree, c->next->own);
	if (c->external)
		FORGE_OK(mls_tree_room(&c->next->tree, &c->next->own));
	if (c->seat)
		c->next->own = c->seat;
	c->leaf = c->next->own;
}

static void begin_path(struct forge *f, struct forge_commit *c)
{
	struct mls_epoch *next = c->next;
	FORGE_OK(mls_path_begin(f->s, &next->tree, c->leaf, forge_draw(f, MLS_LEN).ptr,
				&next->vault->keys, &c->made));
	struct mls_leaf_at place = {
		.source = MLS_SOURCE_COMMIT,
		.group_id = c->e->group_id,
		.index = c->leaf,
		.parent_hash = slice_make(c->made.parent_hash, c->made.parent_hash_len)};
	forge_leaf(f, c->by, &place, slice_make(c->made.leaf_key, MLS_LEN), &c->path.leaf);
	struct sr_err e = mls_tree_set_leaf(&next->tree, c->leaf,
					    forge_encoded(f, &mls_type_leaf, &c->path.leaf));
	(void)e; /* a key of a wrong length */
	memcpy(next->vault->seed, f->at[c->by].client.signature_seed, MLS_LEN);
}

static struct slice tree_bytes(struct forge *f, const struct mls_tree *t)
{
	struct build b = {0};
	mls_tree_encode(t, &b);
	return kept(f, &b);
}

static void touch_third(struct forge *f, const struct forge_commit *c, struct mls_leaf *leaf)
{
	f->place = (struct mls_leaf_at){.group_id = c->e->group_id, .index = 2};
	forge_touch(f, FORGE_TREE_LEAF, leaf);
	forge_sign_leaf(f, THIRD, &f->place, MLS_L("LeafNodeTBS"), leaf);
}

/* touch_tree lets the tree be changed: all hashes and secrets of the new epoch are those of the
 * changed one, if it is a tree at all. */
static void touch_tree(struct forge *f, struct forge_commit *c)
{
	struct mls_nodes nodes;
	struct mls_tree t = {0};
	c->tree = tree_bytes(f, &c->next->tree);
	if (f->rule->at != FORGE_TREE && f->rule->at != FORGE_TREE_LEAF)
		return;
	FORGE_OK(mls_decode(&mls_type_tree, c->tree, &f->a, &nodes));
	forge_touch(f, FORGE_TREE, &nodes);
	if (f->rule->at == FORGE_TREE_LEAF)
		touch_third(f, c, &nodes.ptr[2 * 2]->leaf);
	c->tree = forge_encoded(f, &mls_type_tree, &nodes);
	if (sr_bad(mls_tree_decode(c->tree, &t)))
		return;
	mls_tree_release(&c->next->tree);
	c->next->tree = t;
}

static void set_context(struct forge *f, struct forge_commit *c, const uint8_t *confirmed)
{
	struct mls_extensions extensions;
	FORGE_OK(mls_decode(&mls_type_extensions, c->extensions_raw, &f->a, &extensions));
	FORGE_OK(mls_epoch_follow(c->e, &extensions, confirmed, c->next));
}

static void fill_commit(struct forge *f, struct forge_commit *c)
{
	struct mls_content *content = &c->m.content;
	struct mls_proposal_or_ref *p = ARENA_ARRAY(&f->a, c->items_n, struct mls_proposal_or_ref);
	if (!p)
		abort();
	for (size_t i = 0; i < c->items_n; i++)
		p[i] = (struct mls_proposal_or_ref){c->items[i].by_reference ? MLS_BY_REFERENCE
									     : MLS_BY_VALUE,
						    c->items[i].proposal, c->items[i].ref};
	content->group_id = c->e->group_id;
	content->epoch = c->e->number;
	content->sender = c->external ? MLS_SENDER_NEW_COMMIT : MLS_SENDER_MEMBER;
	content->sender_index = c->external ? 0 : c->e->own;
	content->authenticated_data = SLICE_LIT("of a commit");
	content->type = MLS_CONTENT_COMMIT;
	content->commit.proposals.ptr = p;
	content->commit.proposals.n = c->items_n;
	content->commit.path = c->no_path ? NULL : &c->path;
	c->m.wire_format = c->private ? MLS_WIRE_PRIVATE : MLS_WIRE_PUBLIC;
}

/* start brings the new epoch to life, as far as the forger knows what it needs. */
static void start(struct forge *f, struct forge_commit *c)
{
	const struct sr_mls_group *g = f->at[c->by].group;
	uint8_t confirmed[MLS_LEN];
	struct mls_items items = {c->items, c->items_n};
	FORGE_OK(
		mls_schedule_confirmed(f->s, slice_make(c->e->interim, MLS_LEN), &c->m, confirmed));
	set_context(f, c, confirmed);
	FORGE_OK(mls_psk_ids_of(&items, &f->a, &c->psks));
	struct sr_err e = mls_psks(&f->platform, f->s, g, &c->psks, c->psk_secret);
	(void)e; /* of a key that there is not */
	FORGE_OK(mls_schedule_joiner(f->s, c->init, c->made.commit_secret, c->next->context,
				     c->joiner));
	FORGE_OK(mls_epoch_start(c->next, c->joiner, c->psk_secret));
	c->m.confirmation_tag = slice_make(c->next->confirmation_tag, MLS_LEN);
}

void forge_commit(struct forge *f, struct forge_commit *c)
{
	f->commit = c;
	if (!c->e) {
		c->e = forge_now(f, c->by);
		c->init = c->e->vault->secrets.init;
	}
	forge_touch(f, FORGE_LIST, c);
	apply(f, c);
	if (!c->no_path)
		begin_path(f, c);
	touch_tree(f, c);
	set_context(f, c, NULL);
	if (!c->no_path) {
		struct mls_path_in in = {c->leaf, c->added, c->next->context};
		FORGE_OK(mls_path_seal(f->s, &c->next->tree, &c->made, &in, &f->platform, &f->a,
				       &c->path));
		forge_touch(f, FORGE_SEALED, &c->path);
	}
	fill_commit(f, c);
	forge_touch(f, FORGE_CONTENT, &c->m);
	forge_sign_content(f, c->by, MLS_L("FramedContentTBS"), c->m.wire_format, c->e->context,
			   &c->m);
	forge_touch(f, FORGE_SIGNED, &c->m);
	start(f, c);
	c->message = frame(f, c->by, &c->m);
}

void forge_merge(struct forge *f, struct forge_commit *c)
{
	struct sr_mls_group *g = f->at[c->by].group;
	for (size_t i = 0; i < f->epochs_n; i++)
		if (f->epochs[i] == c->next)
			f->epochs[i] = NULL;
	struct mls_resumption *r = &g->resumptions->at[g->resumptions->n++];
	r->epoch = g->now->number;
	memcpy(r->psk, g->now->vault->secrets.resumption, MLS_LEN);
	mls_epoch_release(&g->now);
	g->now = c->next;
}

struct forge_commit *forge_external(struct forge *f, enum forge_who by)
{
	struct forge_commit *c = forge_commit_new(f, by);
	const struct mls_epoch *from = forge_now(f, HOSTILE);
	struct slice bytes;
	struct mls_group_info info;
	struct mls_epoch *e = NULL;
	uint8_t *init = forge_bytes(f, MLS_LEN), *kem_output = forge_bytes(f, MLS_LEN);
	uint8_t priv[MLS_LEN], pub[MLS_LEN];
	FORGE_OK(mls_group_info_make(from, true, true, &f->a, &bytes));
	FORGE_OK(mls_decode(&mls_type_group_info, bytes, &f->a, &info));
	FORGE_OK(mls_group_info_adopt(&info, (struct slice){0}, &e));
	forge_keep(f, e)->own = UINT32_MAX;
	FORGE_OK(mls_schedule_interim(f->s, e->confirmed, info.confirmation_tag, e->interim));
	FORGE_OK(mls_schedule_external(f->s, from->vault->secrets.external, priv, pub));
	FORGE_OK(mls_schedule_external_send(f->s, slice_make(pub, MLS_LEN),
					    forge_draw(f, MLS_LEN).ptr, kem_output, init));
	c->external = true;
	c->e = e;
	c->init = init;
	struct mls_item item =
		forge_item(f, by,
			   &(struct mls_proposal){.type = MLS_PROPOSAL_EXTERNAL_INIT,
						  .kem_output = {kem_output, MLS_LEN}});
	item.sender = MLS_SENDER_NEW_COMMIT;
	forge_commit_add(c, item);
	return c;
}

/* ---- GroupInfo and Welcome ---- */

void forge_sign_info(struct forge *f, enum forge_who who, struct slice label,
		     struct mls_group_info *info)
{
	info->signature =
		forge_sign(f, who, label, forge_encoded(f, &mls_type_group_info_tbs, info));
}

static struct slice info_bytes(struct forge *f, enum forge_who who, const struct mls_epoch *e,
			       struct slice tree, bool external)
{
	struct mls_group_info info = {.confirmation_tag = slice_make(e->confirmation_tag, MLS_LEN),
				      .signer = e->own};
	uint8_t priv[MLS_LEN], pub[MLS_LEN];
	struct build b = {0};
	FORGE_OK(mls_decode(&mls_type_context, e->context, &f->a, &info.context));
	if (tree.len)
		forge_extension(f, &info.extensions, MLS_EXT_RATCHET_TREE, tree);
	if (external) {
		FORGE_OK(mls_schedule_external(f->s, e->vault->secrets.external, priv, pub));
		mls_put_opaque(&b, slice_make(pub, MLS_LEN));
		forge_extension(f, &info.extensions, MLS_EXT_EXTERNAL_PUB, kept(f, &b));
	}
	forge_touch(f, FORGE_INFO, &info);
	forge_sign_info(f, who, MLS_L("GroupInfoTBS"), &info);
	forge_touch(f, FORGE_INFO_SIGNED, &info);
	struct slice out = forge_encoded(f, &mls_type_group_info, &info);
	forge_touch(f, FORGE_INFO_BYTES, &out);
	return out;
}

struct slice forge_info(struct forge *f, enum forge_who who, bool tree)
{
	const struct mls_epoch *e = forge_now(f, who);
	struct slice bytes = tree ? tree_bytes(f, &e->tree) : (struct slice){0};
	struct build b = {0};
	mls_message_out(MLS_WIRE_GROUP_INFO, &b);
	build_slice(&b, info_bytes(f, who, e, bytes, true));
	struct slice message = kept(f, &b);
	forge_touch(f, FORGE_BYTES, &message);
	return message;
}

struct mls_ciphertext forge_encrypt(struct forge *f, const uint8_t pub[MLS_LEN], struct slice label,
				    struct slice context, struct slice text)
{
	struct mls_ciphertext out = {0};
	uint8_t hash[MLS_LEN];
	FORGE_OK(mls_encrypt_info(f->s, label, context, hash));
	FORGE_OK(mls_encrypt(f->s, pub, hash, text, forge_draw(f, MLS_LEN).ptr, &f->a, &out));
	return out;
}

/* seal_secrets makes the entry of a Welcome for one who is added. */
static struct mls_welcome_secrets seal_secrets(struct forge *f, const struct forge_commit *c,
					       const struct mls_item *item,
					       struct slice encrypted_group_info)
{
	const struct mls_key_package *kp = item->proposal.add;
	const uint8_t *secret = c->no_path ? NULL : mls_path_secret(&c->made, item->leaf);
	struct slice path_secret = slice_make(secret, MLS_LEN);
	struct mls_group_secrets secrets = {.joiner_secret = slice_make(c->joiner, MLS_LEN),
					    .path_secret = secret ? &path_secret : NULL,
					    .psks = c->psks};
	uint8_t *ref = forge_bytes(f, MLS_LEN);
	forge_touch(f, FORGE_SECRETS, &secrets);
	struct slice plain = forge_encoded(f, &mls_type_group_secrets, &secrets);
	forge_touch(f, FORGE_SECRETS_BYTES, &plain);
	FORGE_OK(mls_ref(f->s, MLS_REF_KEY_PACKAGE, forge_encoded(f, &mls_type_key_package, kp),
			 ref));
	return (struct mls_welcome_secrets){
		{ref, MLS_LEN},
		forge_encrypt(f, kp->init_key.ptr, MLS_L("Welcome"), encrypted_group_info, plain)};
}

struct slice forge_welcome(struct forge *f, const struct forge_commit *c, bool no_tree)
{
	struct mls_message m = {.version = MLS_VERSION_10, .wire_format = MLS_WIRE_WELCOME};
	struct mls_welcome *w = &m.welcome;
	struct mls_message_key k;
	w->suite = f->s->id;
	w->secrets.ptr = ARENA_ARRAY(&f->a, c->items_n, struct mls_welcome_secrets);
	struct slice info =
		info_bytes(f, c->by, c->next, no_tree ? (struct slice){0} : c->tree, false);
	FORGE_OK(mls_schedule_welcome(f->s, c->joiner, c->psk_secret, &k));
	w->encrypted_group_info = seal(f, &k, (struct slice){0}, info);
	for (size_t i = 0; i < c->items_n; i++)
		if (c->items[i].proposal.type == MLS_PROPOSAL_ADD)
			w->secrets.ptr[w->secrets.n++] =
				seal_secrets(f, c, &c->items[i], w->encrypted_group_info);
	forge_touch(f, FORGE_WELCOME, w);
	struct slice message = forge_encoded(f, &mls_type_message, &m);
	forge_touch(f, FORGE_BYTES, &message);
	return message;
}
