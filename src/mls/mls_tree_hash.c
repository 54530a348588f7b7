/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_tree.h"

#include <assert.h>
#include <string.h>

enum { CHILD_LEN = 1 + MLS_LEN }; /* a hash with its length before it */

static struct sr_err hash_leaf(const struct mls_suite *s, uint32_t leaf, struct slice bytes,
			       uint8_t out[MLS_LEN])
{
	const uint8_t front[] = {MLS_NODE_LEAF,        (uint8_t)(leaf >> 24), (uint8_t)(leaf >> 16),
				 (uint8_t)(leaf >> 8), (uint8_t)leaf,         bytes.len != 0};
	const struct slice parts[] = {slice_make(front, sizeof front), bytes};
	return s->hash(parts, 2, out);
}

static struct sr_err hash_parent(const struct mls_suite *s, struct slice bytes,
				 const uint8_t children[2 * CHILD_LEN], uint8_t out[MLS_LEN])
{
	const uint8_t front[] = {MLS_NODE_PARENT, bytes.len != 0};
	const struct slice parts[] = {slice_make(front, sizeof front), bytes,
				      slice_make(children, (size_t)2 * CHILD_LEN)};
	return s->hash(parts, 3, out);
}

/* A parent as it is without the unmerged leaves that are gone, both lists ascending. */
static void put_without(const struct mls_tree *t, uint32_t x, struct slice gone, struct build *b)
{
	struct slice list = mls_tree_unmerged(t, x);
	size_t at = 0;
	build_slice(b, mls_tree_front(t, x));
	size_t start = b->len;
	for (size_t i = 0; i < list.len / 4; i++) {
		uint32_t leaf = mls_leaves_at(list, i);
		while (at < gone.len / 4 && mls_leaves_at(gone, at) < leaf)
			at++;
		if (at == gone.len / 4 || mls_leaves_at(gone, at) != leaf)
			mls_put_u32(b, leaf);
	}
	mls_list_close(b, start);
}

static struct sr_err hash_parent_without(const struct mls_suite *s, const struct mls_tree *t,
					 uint32_t x, struct slice gone,
					 const uint8_t children[2 * CHILD_LEN],
					 uint8_t out[MLS_LEN])
{
	struct slice bytes = mls_tree_bytes(t, x);
	if (!bytes.len || !gone.len)
		return hash_parent(s, bytes, children, out);
	SR_SCOPED(build_release) struct build b = {0};
	put_without(t, x, gone, &b);
	SR_TRY(build_done(&b, &bytes));
	return hash_parent(s, bytes, children, out);
}

/* The tree hash of x if the leaves gone were blank and nowhere unmerged. */
static struct sr_err hash_without(const struct mls_suite *s, struct mls_tree *t, uint32_t x,
				  struct slice gone, uint8_t out[MLS_LEN])
{
	gone = mls_leaves_under(gone, x);
	if (!gone.len && t->hashed[x]) {
		memcpy(out, t->hashes[x], MLS_LEN);
		return sr_ok();
	}
	if (x % 2) {
		uint8_t children[2 * CHILD_LEN] = {MLS_LEN};
		children[CHILD_LEN] = MLS_LEN;
		SR_TRY(hash_without(s, t, mls_math_left(x), gone, children + 1));
		SR_TRY(hash_without(s, t, mls_math_right(x), gone, children + CHILD_LEN + 1));
		SR_TRY(hash_parent_without(s, t, x, gone, children, out));
	} else {
		struct slice leaf = gone.len ? (struct slice){0} : mls_tree_bytes(t, x);
		SR_TRY(hash_leaf(s, x / 2, leaf, out));
	}
	if (!gone.len) {
		memcpy(t->hashes[x], out, MLS_LEN);
		t->hashed[x] = 1;
	}
	return sr_ok();
}

struct sr_err mls_tree_hash_at(const struct mls_suite *s, struct mls_tree *t, uint32_t node,
			       uint8_t out[MLS_LEN])
{
	return hash_without(s, t, node, (struct slice){0}, out);
}

struct sr_err mls_tree_hash(const struct mls_suite *s, struct mls_tree *t, uint8_t out[MLS_LEN])
{
	return mls_tree_hash_at(s, t, mls_math_root(t->leaves_n), out);
}

struct sr_err mls_tree_parent_hash(const struct mls_suite *s, struct mls_tree *t, uint32_t parent,
				   uint32_t other, uint8_t out[MLS_LEN])
{
	assert(t->nodes[parent]);
	uint8_t sibling[CHILD_LEN] = {MLS_LEN};
	SR_TRY(hash_without(s, t, other, mls_tree_unmerged(t, parent), sibling + 1));
	/* A ParentHashInput begins as a ParentNode does. */
	const struct slice parts[] = {mls_tree_front(t, parent),
				      slice_make(sibling, sizeof sibling)};
	return s->hash(parts, 2, out);
}
