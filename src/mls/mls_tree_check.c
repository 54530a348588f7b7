/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_tree.h"

#include <assert.h>
#include <string.h>

/* One unmerged leaf of x: the next parent below x has it as well, and that one's own list says so
 * of the next but one. */
static bool unmerged_ok(const struct mls_tree *t, uint32_t x, uint32_t leaf)
{
	if (leaf >= t->leaves_n || !mls_math_above(x, 2 * leaf) || !mls_tree_key(t, 2 * leaf))
		return false;
	do
		x = 2 * leaf < x ? mls_math_left(x) : mls_math_right(x);
	while (x % 2 && !t->nodes[x]);
	struct slice list = x % 2 ? mls_tree_unmerged(t, x) : (struct slice){0};
	size_t i = mls_leaves_before(list, leaf);
	return x % 2 == 0 || (4 * i < list.len && mls_leaves_at(list, i) == leaf);
}

struct sr_err mls_tree_check_unmerged(const struct mls_tree *t)
{
	for (uint32_t x = 1; x < mls_math_width(t->leaves_n); x += 2) {
		struct slice list = mls_tree_unmerged(t, x);
		for (size_t i = 0; i < list.len / 4; i++) {
			uint32_t leaf = mls_leaves_at(list, i);
			if (i && leaf <= mls_leaves_at(list, i - 1))
				return mls_refuse("unmerged leaves that do not ascend");
			if (!unmerged_ok(t, x, leaf))
				return mls_refuse(
					"an unmerged leaf that is blank, or elsewhere, or "
					"not unmerged at a parent between");
		}
	}
	return sr_ok();
}

/* The parent hash that a node carries; empty if it has none. Decoding a leaf whole would need
 * memory; both kinds of credential are a number and a vector. */
static struct slice carried(const struct mls_tree *t, uint32_t x)
{
	struct slice rest = mls_tree_bytes(t, x), skipped, hash = {0};
	uint64_t number;
	bool ok = mls_next_opaque(&rest, &skipped);
	if (x % 2 == 0) {
		ok = ok && mls_next_opaque(&rest, &skipped) &&
		     mls_next_int(&rest, MLS_U16, &number);
		for (int i = 0; i < 1 + 5; i++) /* the credential and the capabilities */
			ok = ok && mls_next_opaque(&rest, &skipped);
		ok = ok && mls_next_int(&rest, MLS_U8, &number) && number == MLS_SOURCE_COMMIT;
	}
	return ok && mls_next_opaque(&rest, &hash) ? hash : (struct slice){0};
}

/* The only node that can be p's neighbour in an update path through its child c: the resolution of
 * c without the unmerged leaves of p, if nothing else is left and all of them are there. Both are
 * ascending as far as leaves go. false: there is none. */
static bool neighbour(const struct mls_tree *t, uint32_t p, uint32_t c,
		      const struct mls_nodes_found *resolution, uint32_t *out)
{
	struct slice list = mls_leaves_under(mls_tree_unmerged(t, p), c);
	size_t at = 0, left = 0;
	for (size_t i = 0; i < resolution->n; i++) {
		uint32_t x = resolution->ptr[i];
		if (at < list.len / 4 && x == 2 * mls_leaves_at(list, at)) {
			at++;
			continue;
		}
		*out = x;
		left++;
	}
	return at == list.len / 4 && left == 1;
}

static struct sr_err carries(const struct mls_suite *s, struct mls_tree *t, uint32_t p, uint32_t c,
			     bool *yes)
{
	SR_SCOPED(arena_release) struct arena scratch = {0};
	struct mls_nodes_found resolution;
	uint8_t hash[MLS_LEN];
	uint32_t d = c;
	*yes = false;
	SR_TRY(mls_tree_resolution(t, c, &scratch, &resolution));
	if (!neighbour(t, p, c, &resolution, &d) || !carried(t, d).len)
		return sr_ok();
	SR_TRY(mls_tree_parent_hash(s, t, p, mls_math_sibling(c), hash));
	*yes = slice_eq(carried(t, d), mls_slice(hash));
	return sr_ok();
}

struct sr_err mls_tree_check(const struct mls_suite *s, struct mls_tree *t)
{
	uint32_t root = mls_math_root(t->leaves_n);
	if (root % 2 && carried(t, root).len)
		return mls_refuse("a ratchet tree whose root has a parent hash");
	for (uint32_t p = 1; p < mls_math_width(t->leaves_n); p += 2) {
		if (!t->nodes[p])
			continue;
		bool left, right;
		SR_TRY(carries(s, t, p, mls_math_left(p), &left));
		SR_TRY(carries(s, t, p, mls_math_right(p), &right));
		if (left == right)
			return mls_refuse("a parent in the ratchet tree that no node "
					  "below vouches for, or two");
	}
	return sr_ok();
}

/* A set of keys; slots is a power of two, of which no more than a quarter are used. Who chooses
 * keys cannot make them collide, since mix is the hash of the tree that has them. */
struct key_set {
	const uint8_t **slots;
	unsigned bits;
	uint64_t mix[4];
};

/* is_new tells whether a key is not in the set; it is then put there if it is to be kept. */
static bool is_new(struct key_set *set, const uint8_t *key, bool keep)
{
	uint64_t words[4], sum = 0;
	static_assert(sizeof words == MLS_LEN, "a key is four words");
	memcpy(words, key, sizeof words);
	for (int i = 0; i < 4; i++)
		sum += words[i] * (set->mix[i] | 1);
	size_t mask = ((size_t)1 << set->bits) - 1, at = sum >> (64 - set->bits);
	for (; set->slots[at]; at = (at + 1) & mask)
		if (!memcmp(set->slots[at], key, MLS_LEN))
			return false;
	if (keep)
		set->slots[at] = key;
	return true;
}

static bool same(const struct mls_tree *t, const struct mls_tree *before, uint32_t x)
{
	return before && x < mls_math_width(before->leaves_n) && t->nodes[x] == before->nodes[x];
}

/* all_differ compares the keys at off in every step-th node. Nodes that are as before differ among
 * themselves, so that only the others go into the set. */
static bool all_differ(const struct mls_tree *t, const struct mls_tree *before, struct key_set *set,
		       uint32_t step, size_t off)
{
	memset(set->slots, 0, ((size_t)1 << set->bits) * sizeof *set->slots);
	for (int old = 0; old <= 1; old++)
		for (uint32_t x = 0; x < mls_math_width(t->leaves_n); x += step)
			if (t->nodes[x] && same(t, before, x) == (old == 1) &&
			    !is_new(set, t->nodes[x]->bytes + off, !old))
				return false;
	return true;
}

struct sr_err mls_tree_unique(const struct mls_suite *s, struct mls_tree *t,
			      const struct mls_tree *before)
{
	SR_SCOPED(arena_release) struct arena scratch = {0};
	struct key_set set = {.bits = 3};
	uint8_t hash[MLS_LEN];
	size_t n = 0;
	for (uint32_t x = 0; x < mls_math_width(t->leaves_n); x++)
		n += t->nodes[x] && !same(t, before, x);
	while ((size_t)1 << set.bits < 4 * n)
		set.bits++;
	SR_TRY(mls_tree_hash(s, t, hash));
	memcpy(set.mix, hash, sizeof set.mix);
	set.slots = ARENA_ARRAY(&scratch, (size_t)1 << set.bits, const uint8_t *);
	if (!set.slots)
		return sr_nomem();
	if (!all_differ(t, before, &set, 1, 1))
		return mls_refuse("two nodes of the ratchet tree with one encryption key");
	if (!all_differ(t, before, &set, 2, 1 + MLS_LEN + 1))
		return mls_refuse("two members with one signature key");
	return sr_ok();
}
