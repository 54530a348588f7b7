/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEY_LEN = 1 + MLS_LEN, /* of a key with its length before it */
	DECODE_STRIDE = 64,    /* nodes that share the scratch memory of decoding */
};

struct mls_tree_node *mls_tree_node_new(struct slice bytes)
{
	struct mls_tree_node *n = malloc(sizeof *n + bytes.len);
	if (!n)
		return NULL;
	n->refs = 1;
	n->len = (uint32_t)bytes.len;
	memcpy(n->bytes, bytes.ptr, bytes.len);
	return n;
}

void mls_tree_node_release(struct mls_tree_node *n)
{
	if (n && !--n->refs)
		free(n);
}

/* put takes over the caller's reference. Above a node that is not hashed none is. */
static void put(struct mls_tree *t, uint32_t x, struct mls_tree_node *n)
{
	mls_tree_node_release(t->nodes[x]);
	t->nodes[x] = n;
	if (x % 2 == 0 && !n && x / 2 < t->full)
		t->full = x / 2;
	uint32_t root = mls_math_root(t->leaves_n);
	while (t->hashed[x]) {
		t->hashed[x] = 0;
		if (x == root)
			return;
		x = mls_math_parent(x);
	}
}

static bool all_blank(const struct mls_tree *t, uint32_t from, uint32_t to)
{
	while (from < to && !t->nodes[from])
		from++;
	return from == to;
}

/* What is there stays; on failure, too, only that some arrays are longer than need be. */
static struct sr_err extend(struct mls_tree *t, uint32_t leaves_n)
{
	size_t old = t->leaves_n ? mls_math_width(t->leaves_n) : 0, n = mls_math_width(leaves_n);
	void *nodes = realloc(t->nodes, n * sizeof(struct mls_tree_node *));
	if (!nodes)
		return sr_nomem();
	t->nodes = nodes;
	void *hashes = realloc(t->hashes, n * sizeof *t->hashes);
	if (!hashes)
		return sr_nomem();
	t->hashes = hashes;
	uint8_t *hashed = realloc(t->hashed, n);
	if (!hashed)
		return sr_nomem();
	t->hashed = hashed;
	memset(t->nodes + old, 0, (n - old) * sizeof(struct mls_tree_node *));
	memset(t->hashed + old, 0, n - old);
	t->leaves_n = leaves_n;
	return sr_ok();
}

static struct sr_err grow(struct mls_tree *t)
{
	return t->leaves_n < MLS_MEMBERS_MAX
		       ? extend(t, 2 * t->leaves_n)
		       : sr_fail(SR_E_LIMIT, "a ratchet tree with too many leaves");
}

struct sr_err mls_tree_init(struct mls_tree *t)
{
	SR_SCOPED(mls_tree_release) struct mls_tree made = {0};
	SR_TRY(extend(&made, 1));
	*t = made;
	made = (struct mls_tree){0};
	return sr_ok();
}

struct sr_err mls_tree_clone(const struct mls_tree *from, struct mls_tree *out)
{
	SR_SCOPED(mls_tree_release) struct mls_tree made = {0};
	uint32_t n = mls_math_width(from->leaves_n);
	SR_TRY(extend(&made, from->leaves_n));
	for (uint32_t x = 0; x < n; x++) {
		made.nodes[x] = from->nodes[x];
		if (made.nodes[x])
			made.nodes[x]->refs++;
	}
	memcpy(made.hashes, from->hashes, n * sizeof *made.hashes);
	memcpy(made.hashed, from->hashed, n);
	made.full = from->full;
	*out = made;
	made = (struct mls_tree){0};
	return sr_ok();
}

void mls_tree_release(struct mls_tree *t)
{
	for (uint32_t x = 0; t->leaves_n && x < mls_math_width(t->leaves_n); x++)
		mls_tree_node_release(t->nodes[x]);
	free(t->nodes);
	free(t->hashes);
	free(t->hashed);
	*t = (struct mls_tree){0};
}

struct slice mls_tree_bytes(const struct mls_tree *t, uint32_t node)
{
	const struct mls_tree_node *n = node < mls_math_width(t->leaves_n) ? t->nodes[node] : NULL;
	return n ? slice_make(n->bytes, n->len) : (struct slice){0};
}

struct slice mls_tree_leaf_bytes(const struct mls_tree *t, uint32_t leaf)
{
	return leaf < t->leaves_n ? mls_tree_bytes(t, 2 * leaf) : (struct slice){0};
}

struct sr_err mls_tree_leaf(const struct mls_tree *t, uint32_t leaf, struct arena *a,
			    struct mls_leaf *out)
{
	struct slice bytes = mls_tree_leaf_bytes(t, leaf);
	if (!bytes.len)
		return mls_refuse("a leaf of the tree that is blank");
	return mls_decode(&mls_type_leaf, bytes, a, out);
}

const uint8_t *mls_tree_key(const struct mls_tree *t, uint32_t node)
{
	struct slice bytes = mls_tree_bytes(t, node);
	return bytes.len ? bytes.ptr + 1 : NULL;
}

const uint8_t *mls_tree_signature_key(const struct mls_tree *t, uint32_t leaf)
{
	struct slice bytes = mls_tree_leaf_bytes(t, leaf);
	return bytes.len ? bytes.ptr + KEY_LEN + 1 : NULL;
}

struct slice mls_tree_front(const struct mls_tree *t, uint32_t node)
{
	struct slice bytes = mls_tree_bytes(t, node);
	return bytes.len ? slice_sub(bytes, 0, KEY_LEN + 1U + bytes.ptr[KEY_LEN]) : bytes;
}

struct slice mls_tree_unmerged(const struct mls_tree *t, uint32_t node)
{
	struct slice bytes = mls_tree_bytes(t, node), list = {0};
	size_t front = mls_tree_front(t, node).len;
	struct slice rest = slice_sub(bytes, front, bytes.len - front);
	bool whole = !rest.len || mls_next_opaque(&rest, &list);
	assert(whole);
	(void)whole;
	return list;
}

uint32_t mls_leaves_at(struct slice list, size_t i)
{
	struct slice at = slice_sub(list, 4 * i, 4);
	return (uint32_t)at.ptr[0] << 24 | (uint32_t)at.ptr[1] << 16 | (uint32_t)at.ptr[2] << 8 |
	       at.ptr[3];
}

size_t mls_leaves_before(struct slice list, uint32_t leaf)
{
	size_t from = 0, to = list.len / 4;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (mls_leaves_at(list, mid) < leaf)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

struct slice mls_leaves_under(struct slice list, uint32_t node)
{
	uint32_t half = (1U << mls_math_level(node)) - 1;
	size_t from = mls_leaves_before(list, (node - half) / 2);
	size_t to = mls_leaves_before(list, (node + half) / 2 + 1);
	return slice_sub(list, 4 * from, 4 * (to - from));
}

/* From outside. */

static struct sr_err check_node(const struct mls_node *node, uint32_t x)
{
	if (node->type != (x % 2 ? MLS_NODE_PARENT : MLS_NODE_LEAF))
		return mls_refuse("a ratchet tree with a leaf where a parent belongs, or "
				  "the other way round");
	bool leaf = node->type == MLS_NODE_LEAF;
	size_t other = leaf ? node->leaf.signature_key.len : node->parent.parent_hash.len;
	if (other != MLS_LEN && (leaf || other))
		return mls_refuse("a ratchet tree with a key or a parent hash of a wrong length");
	return mls_key_check(leaf ? node->leaf.encryption_key : node->parent.encryption_key);
}

/* Cuts optional<Node> from the front of in; *out is NULL if it is blank. */
static struct sr_err next_node(struct slice *in, uint32_t x, struct arena *scratch,
			       struct mls_tree_node **out)
{
	uint64_t present;
	if (!mls_next_int(in, MLS_U8, &present) || present > 1)
		return mls_refuse("a ratchet tree with a node neither there nor blank");
	*out = NULL;
	if (!present)
		return sr_ok();
	struct mls_node node = {0};
	struct slice from = *in;
	SR_TRY(mls_decode_front(&mls_type_node, in, scratch, &node));
	SR_TRY(check_node(&node, x));
	*out = mls_tree_node_new(slice_sub(from, 1, from.len - in->len - 1));
	return *out ? sr_ok() : sr_nomem();
}

static struct sr_err decode_nodes(struct slice list, struct mls_tree *t)
{
	SR_SCOPED(arena_release) struct arena scratch = {0};
	uint32_t x = 0;
	for (; list.len; x++) {
		if (x == mls_math_width(t->leaves_n))
			SR_TRY(grow(t));
		SR_TRY(next_node(&list, x, &scratch, &t->nodes[x]));
		if (x % DECODE_STRIDE == 0)
			arena_release(&scratch);
	}
	if (x % 2 == 0 || !t->nodes[x - 1])
		return mls_refuse("a ratchet tree that does not end in a leaf");
	return sr_ok();
}

struct sr_err mls_tree_decode(struct slice in, struct mls_tree *out)
{
	struct slice list;
	if (!mls_next_opaque(&in, &list) || in.len)
		return mls_refuse("a ratchet tree that is too short or too long");
	SR_SCOPED(mls_tree_release) struct mls_tree made = {0};
	SR_TRY(extend(&made, 1));
	SR_TRY(decode_nodes(list, &made));
	SR_TRY(mls_tree_check_unmerged(&made));
	*out = made;
	made = (struct mls_tree){0};
	return sr_ok();
}

void mls_tree_encode(const struct mls_tree *t, struct build *b)
{
	size_t start = b->len;
	uint32_t n = mls_math_width(t->leaves_n);
	while (n && !t->nodes[n - 1])
		n--;
	for (uint32_t x = 0; x < n; x++) {
		mls_put_u8(b, t->nodes[x] != NULL);
		if (t->nodes[x])
			mls_put_u8(b, x % 2 ? MLS_NODE_PARENT : MLS_NODE_LEAF);
		build_slice(b, mls_tree_bytes(t, x));
	}
	mls_list_close(b, start);
}

/* Changes. */

static struct sr_err leaf_make(struct slice leaf, struct mls_tree_node **out)
{
	if (leaf.len > MLS_MESSAGE_MAX)
		return sr_fail(SR_E_LIMIT, "a leaf that is too large");
	if (leaf.len < (size_t)2 * KEY_LEN || leaf.ptr[0] != MLS_LEN ||
	    leaf.ptr[KEY_LEN] != MLS_LEN)
		return mls_refuse("a leaf with a key of a wrong length");
	*out = mls_tree_node_new(leaf);
	return *out ? sr_ok() : sr_nomem();
}

/* Node x with one more unmerged leaf. */
static struct sr_err unmerged_make(const struct mls_tree *t, uint32_t x, uint32_t leaf,
				   struct mls_tree_node **out)
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice front = mls_tree_front(t, x), list = mls_tree_unmerged(t, x), bytes;
	size_t at = 4 * mls_leaves_before(list, leaf);
	build_slice(&b, front);
	build_slice(&b, slice_sub(list, 0, at));
	mls_put_u32(&b, leaf);
	build_slice(&b, slice_sub(list, at, list.len - at));
	mls_list_close(&b, front.len);
	SR_TRY(build_done(&b, &bytes));
	*out = mls_tree_node_new(bytes);
	return *out ? sr_ok() : sr_nomem();
}

struct sr_err mls_tree_room(struct mls_tree *t, uint32_t *index)
{
	while (t->full < t->leaves_n && t->nodes[2 * t->full])
		t->full++;
	if (t->full == t->leaves_n)
		SR_TRY(grow(t));
	*index = t->full;
	return sr_ok();
}

struct sr_err mls_tree_add(struct mls_tree *t, struct slice leaf, uint32_t *index)
{
	struct mls_tree_node *made[MLS_PATH_MAX] = {0};
	uint32_t at[MLS_PATH_MAX] = {0}, i = 0, n = 1;
	SR_TRY(leaf_make(leaf, &made[0]));
	/* Of a leaf in a tree just extended all ancestors are blank, and nothing fails below. */
	struct sr_err e = mls_tree_room(t, &i);
	at[0] = 2 * i;
	for (uint32_t x = at[0]; !sr_bad(e) && x != mls_math_root(t->leaves_n);) {
		x = mls_math_parent(x);
		at[n] = x;
		if (t->nodes[x])
			e = unmerged_make(t, x, i, &made[n++]);
	}
	while (n--)
		if (sr_bad(e))
			mls_tree_node_release(made[n]);
		else
			put(t, at[n], made[n]);
	SR_TRY(e);
	*index = i;
	return sr_ok();
}

static struct sr_err check_member(const struct mls_tree *t, uint32_t index)
{
	return mls_tree_leaf_bytes(t, index).len ? sr_ok()
						 : mls_refuse("a change of a leaf that is blank");
}

struct sr_err mls_tree_set_leaf(struct mls_tree *t, uint32_t index, struct slice leaf)
{
	assert(index < t->leaves_n);
	struct mls_tree_node *node;
	SR_TRY(leaf_make(leaf, &node));
	put(t, 2 * index, node);
	return sr_ok();
}

struct sr_err mls_tree_update(struct mls_tree *t, uint32_t index, struct slice leaf)
{
	SR_TRY(check_member(t, index));
	SR_TRY(mls_tree_set_leaf(t, index, leaf));
	mls_tree_blank_path(t, index);
	return sr_ok();
}

struct sr_err mls_tree_remove(struct mls_tree *t, uint32_t index)
{
	SR_TRY(check_member(t, index));
	mls_tree_blank(t, 2 * index);
	mls_tree_blank_path(t, index);
	while (t->leaves_n > 1 && all_blank(t, t->leaves_n, mls_math_width(t->leaves_n))) {
		mls_tree_blank(t, mls_math_root(t->leaves_n));
		t->leaves_n /= 2;
	}
	return sr_ok();
}

struct sr_err mls_tree_set_parent(struct mls_tree *t, uint32_t node, const uint8_t key[MLS_LEN],
				  struct slice parent_hash)
{
	assert(node % 2 && (!parent_hash.len || parent_hash.len == MLS_LEN));
	uint8_t bytes[2 * KEY_LEN + 1] = {MLS_LEN}; /* ends with the length of an empty list */
	memcpy(bytes + 1, key, MLS_LEN);
	bytes[KEY_LEN] = (uint8_t)parent_hash.len;
	if (parent_hash.len)
		memcpy(bytes + KEY_LEN + 1, parent_hash.ptr, MLS_LEN);
	struct mls_tree_node *n =
		mls_tree_node_new(slice_make(bytes, KEY_LEN + 2 + parent_hash.len));
	if (!n)
		return sr_nomem();
	put(t, node, n);
	return sr_ok();
}

void mls_tree_blank(struct mls_tree *t, uint32_t node)
{
	if (t->nodes[node])
		put(t, node, NULL);
}

void mls_tree_blank_path(struct mls_tree *t, uint32_t leaf)
{
	uint32_t root = mls_math_root(t->leaves_n);
	for (uint32_t x = 2 * leaf; x != root;)
		mls_tree_blank(t, x = mls_math_parent(x));
}

/* Views. */

static void resolve(const struct mls_tree *t, uint32_t x, struct mls_nodes_found *out)
{
	if (t->nodes[x]) {
		out->ptr[out->n++] = x;
		struct slice list = x % 2 ? mls_tree_unmerged(t, x) : (struct slice){0};
		for (size_t i = 0; i < list.len / 4; i++)
			out->ptr[out->n++] = 2 * mls_leaves_at(list, i);
	} else if (x % 2) {
		resolve(t, mls_math_left(x), out);
		resolve(t, mls_math_right(x), out);
	}
}

struct sr_err mls_tree_resolution(const struct mls_tree *t, uint32_t node, struct arena *a,
				  struct mls_nodes_found *out)
{
	/* A parent and all the leaves below it are no more than the nodes there. */
	size_t most = ((size_t)2 << mls_math_level(node)) - 1;
	struct mls_nodes_found found = {ARENA_ARRAY(a, most, uint32_t), 0};
	if (!found.ptr)
		return sr_nomem();
	resolve(t, node, &found);
	*out = found;
	return sr_ok();
}

void mls_tree_filtered_path(const struct mls_tree *t, uint32_t leaf, struct mls_route *out)
{
	*out = (struct mls_route){0};
	uint32_t root = mls_math_root(t->leaves_n);
	for (uint32_t x = 2 * leaf; x != root; x = mls_math_parent(x)) {
		uint32_t other = mls_math_sibling(x);
		uint32_t half = (1U << mls_math_level(other)) - 1;
		if (all_blank(t, other - half, other + half + 1))
			continue;
		out->node[out->n] = mls_math_parent(x);
		out->copath[out->n++] = other;
	}
}
