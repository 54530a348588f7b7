/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto.h"
#include "mls_trees.h"

static const struct mls_suite *suite;

/* A ratchet tree as the RFC words it and no cleverer: a node is a range of leaves, len a power of
 * two, and everything is computed anew each time. */
enum { LEAVES = 32, LEAF_LEN = 256 };

struct model {
	uint32_t n;
	struct {
		size_t len; /* 0: blank */
		uint8_t bytes[LEAF_LEN];
	} leaf[LEAVES];
	struct model_parent {
		bool there, unmerged[LEAVES];
		uint8_t key[MLS_LEN], hash[MLS_LEN];
		size_t hash_len;
	} parent[LEAVES];
};

static struct model_parent *parent_at(struct model *m, uint32_t lo, uint32_t len)
{
	return &m->parent[lo + len / 2 - 1];
}

static uint32_t node_at(uint32_t lo, uint32_t len)
{
	return 2 * lo + len - 1;
}

static void put_length(struct build *b, size_t len)
{
	if (len >= 16384)
		build_u8(b, (uint8_t)(0x80 | len >> 24)), build_u8(b, (uint8_t)(len >> 16));
	if (len >= 64)
		build_u8(b, (uint8_t)((len < 16384 ? 0x40 : 0) | len >> 8));
	build_u8(b, (uint8_t)len);
}

static void put_parent(const struct model_parent *p, struct build *b)
{
	size_t n = 0;
	put_length(b, MLS_LEN);
	build_bytes(b, p->key, MLS_LEN);
	put_length(b, p->hash_len);
	build_bytes(b, p->hash, p->hash_len);
	for (uint32_t i = 0; i < LEAVES; i++)
		n += p->unmerged[i];
	put_length(b, 4 * n);
	for (uint32_t i = 0; i < LEAVES; i++)
		if (p->unmerged[i])
			build_bytes(b, (const uint8_t[]){0, 0, 0, (uint8_t)i}, 4);
}

/* 7.8 */
static void model_hash(struct model *m, uint32_t lo, uint32_t len, uint8_t out[MLS_LEN])
{
	struct build b;
	struct slice bytes;
	uint8_t children[2][MLS_LEN];
	build_init(&b, 0);
	build_u8(&b, len == 1 ? 1 : 2);
	if (len == 1) {
		build_bytes(&b, (const uint8_t[]){0, 0, 0, (uint8_t)lo}, 4);
		build_u8(&b, m->leaf[lo].len != 0);
		build_bytes(&b, m->leaf[lo].bytes, m->leaf[lo].len);
	} else {
		model_hash(m, lo, len / 2, children[0]);
		model_hash(m, lo + len / 2, len / 2, children[1]);
		build_u8(&b, parent_at(m, lo, len)->there);
		if (parent_at(m, lo, len)->there)
			put_parent(parent_at(m, lo, len), &b);
		for (int i = 0; i < 2; i++) {
			put_length(&b, MLS_LEN);
			build_bytes(&b, children[i], MLS_LEN);
		}
	}
	OK(build_done(&b, &bytes));
	OK(mls_hash(suite, bytes, out));
	build_release(&b);
}

/* 4.1.1; returns how many were written. */
static size_t model_resolution(struct model *m, uint32_t lo, uint32_t len, uint32_t *out)
{
	size_t n = 0;
	if (len == 1) {
		if (m->leaf[lo].len)
			out[n++] = node_at(lo, 1);
		return n;
	}
	if (!parent_at(m, lo, len)->there) {
		n = model_resolution(m, lo, len / 2, out);
		return n + model_resolution(m, lo + len / 2, len / 2, out + n);
	}
	out[n++] = node_at(lo, len);
	for (uint32_t i = 0; i < LEAVES; i++)
		if (parent_at(m, lo, len)->unmerged[i])
			out[n++] = node_at(i, 1);
	return n;
}

/* 7.9: of the parent above (lo, len), whose other child is at other. */
static void model_parent_hash(const struct model *m, uint32_t lo, uint32_t len, uint32_t other,
			      uint8_t out[MLS_LEN])
{
	static struct model c;
	struct build b;
	struct slice bytes;
	uint8_t hash[MLS_LEN];
	c = *m;
	struct model_parent p = *parent_at(&c, lo, 2 * len);
	for (uint32_t i = 0; i < LEAVES; i++) {
		if (!p.unmerged[i])
			continue;
		c.leaf[i].len = 0;
		for (uint32_t x = 0; x < LEAVES; x++)
			c.parent[x].unmerged[i] = false;
	}
	model_hash(&c, other, len, hash);
	build_init(&b, 0);
	put_length(&b, MLS_LEN);
	build_bytes(&b, p.key, MLS_LEN);
	put_length(&b, p.hash_len);
	build_bytes(&b, p.hash, p.hash_len);
	put_length(&b, MLS_LEN);
	build_bytes(&b, hash, MLS_LEN);
	OK(build_done(&b, &bytes));
	OK(mls_hash(suite, bytes, out));
	build_release(&b);
}

static void model_blank_path(struct model *m, uint32_t leaf)
{
	for (uint32_t len = 2; len <= m->n; len *= 2)
		memset(parent_at(m, leaf / len * len, len), 0, sizeof *m->parent);
}

static void model_set(struct model *m, uint32_t leaf, struct slice bytes)
{
	m->leaf[leaf].len = bytes.len;
	if (CHECK(bytes.len <= LEAF_LEN, "%zu bytes", bytes.len) && bytes.len)
		memcpy(m->leaf[leaf].bytes, bytes.ptr, bytes.len);
}

static uint32_t model_add(struct model *m, struct slice bytes)
{
	uint32_t i = 0;
	while (i < m->n && m->leaf[i].len)
		i++;
	while (i >= m->n)
		m->n *= 2;
	model_set(m, i, bytes);
	for (uint32_t len = 2; len <= m->n; len *= 2)
		if (parent_at(m, i / len * len, len)->there)
			parent_at(m, i / len * len, len)->unmerged[i] = true;
	return i;
}

static void model_remove(struct model *m, uint32_t leaf)
{
	uint32_t found[2 * LEAVES];
	model_set(m, leaf, (struct slice){0});
	model_blank_path(m, leaf);
	while (m->n > 1 && !model_resolution(m, m->n / 2, m->n / 2, found)) {
		memset(parent_at(m, 0, m->n), 0, sizeof *m->parent);
		m->n /= 2;
	}
}

static struct slice model_bytes(struct model *m, struct arena *a)
{
	struct build all, b;
	struct slice out = {0}, nodes = {0};
	size_t len = 0;
	build_init(&all, 0);
	build_init(&b, 0);
	for (uint32_t x = 0; x < 2 * m->n - 1; x++) {
		bool there = x % 2 ? m->parent[x / 2].there : m->leaf[x / 2].len != 0;
		build_u8(&b, there);
		if (there)
			build_u8(&b, x % 2 ? 2 : 1);
		if (there && x % 2)
			put_parent(&m->parent[x / 2], &b);
		else if (there)
			build_bytes(&b, m->leaf[x / 2].bytes, m->leaf[x / 2].len);
		if (there)
			len = b.len;
	}
	OK(build_done(&b, &nodes));
	put_length(&all, len);
	build_slice(&all, slice_sub(nodes, 0, len));
	OK(build_keep(&all, a, &out));
	build_release(&b);
	return out;
}

/* A commit's path from a leaf, in the model and in the tree; the parent hashes must agree. */
static void both_path(struct model *m, struct mls_tree *t, uint32_t leaf, uint64_t *state,
		      struct arena *a)
{
	uint32_t found[2 * LEAVES];
	struct mls_route route;
	struct slice hash = {0};
	uint8_t theirs[MLS_LEN], ours[MLS_LEN];
	mls_tree_filtered_path(t, leaf, &route);
	mls_tree_blank_path(t, leaf);
	model_blank_path(m, leaf);
	size_t i = route.n;
	for (uint32_t len = m->n / 2; len; len /= 2) {
		uint32_t lo = leaf / len * len, other = lo ^ len, up = lo & ~len;
		if (!model_resolution(m, other, len, found))
			continue;
		if (!CHECK(i > 0 && route.node[i - 1] == node_at(up, 2 * len) &&
				   route.copath[i - 1] == node_at(other, len),
			   "filtered path of %u in %u", leaf, m->n))
			return;
		i--;
		struct model_parent *p = parent_at(m, up, 2 * len);
		p->there = true;
		trees_draw(state, p->key);
		p->hash_len = hash.len;
		if (hash.len)
			memcpy(p->hash, hash.ptr, hash.len);
		OK(mls_tree_set_parent(t, route.node[i], p->key, hash));
		OK(mls_tree_parent_hash(suite, t, route.node[i], route.copath[i], ours));
		model_parent_hash(m, up, len, other, theirs);
		CHECK(!memcmp(ours, theirs, MLS_LEN), "parent hash at %u", route.node[i]);
		hash = slice_make(theirs, MLS_LEN);
	}
	CHECK(i == 0, "%zu nodes too many", i);
	struct slice bytes = trees_leaf(state, a, NULL, &hash);
	model_set(m, leaf, bytes);
	OK(mls_tree_set_leaf(t, leaf, bytes));
}

static void same_views(struct model *m, const struct mls_tree *t, struct arena *a)
{
	uint32_t want[2 * LEAVES];
	for (uint32_t len = 1; len <= m->n; len *= 2)
		for (uint32_t lo = 0; lo < m->n; lo += len) {
			struct mls_nodes_found got;
			size_t n = model_resolution(m, lo, len, want);
			if (OK(mls_tree_resolution(t, node_at(lo, len), a, &got)))
				CHECK(got.n == n && (!n || !memcmp(got.ptr, want, 4 * n)),
				      "resolution of node %u", node_at(lo, len));
		}
}

static void same_hashes(struct model *m, struct mls_tree *t)
{
	uint8_t ours[MLS_LEN], theirs[MLS_LEN];
	for (uint32_t len = m->n; len; len /= 2)
		for (uint32_t lo = 0; lo < m->n; lo += len) {
			uint32_t up = lo & ~len, x = node_at(up, 2 * len);
			OK(mls_tree_hash_at(suite, t, node_at(lo, len), ours));
			model_hash(m, lo, len, theirs);
			CHECK(!memcmp(ours, theirs, MLS_LEN), "hash of node %u of %u",
			      node_at(lo, len), m->n);
			if (len == m->n || !parent_at(m, up, 2 * len)->there)
				continue;
			OK(mls_tree_parent_hash(suite, t, x, node_at(lo, len), ours));
			model_parent_hash(m, up, len, lo, theirs);
			CHECK(!memcmp(ours, theirs, MLS_LEN), "parent hash of %u, but %u", x, lo);
		}
}

static void same(struct model *m, struct mls_tree *t, bool whole)
{
	struct arena a = {0};
	struct mls_tree again = {0};
	struct slice bytes = trees_bytes(t, &a);
	uint32_t members = 0;
	for (uint32_t i = 0; i < m->n; i++)
		members += m->leaf[i].len != 0;
	CHECK(t->leaves_n == m->n && trees_members(t) == members, "%u leaves", t->leaves_n);
	CHECK(slice_eq(bytes, model_bytes(m, &a)), "encoding of %u members", members);
	same_views(m, t, &a);
	same_hashes(m, t);
	if (members && OK(mls_tree_decode(bytes, &again))) {
		CHECK(slice_eq(bytes, trees_bytes(&again, &a)), "decoded and encoded");
		same_hashes(m, &again);
		if (whole)
			OK(mls_tree_check(suite, &again));
		OK(mls_tree_unique(suite, &again, NULL));
		mls_tree_release(&again);
	}
	arena_release(&a);
}

/* One change of both. Without a path a tree is whole, but that after a remove there must be one. */
static void change(struct model *m, struct mls_tree *t, uint64_t *state)
{
	struct arena a = {0};
	uint32_t index = UINT32_MAX, leaf = (uint32_t)(test_random(state) % m->n);
	uint64_t kind = test_random(state) % 8;
	bool there = m->leaf[leaf].len, alone = trees_members(t) == 1;
	if (kind < 3 && trees_members(t) < LEAVES) {
		struct slice bytes = trees_leaf(state, &a, NULL, NULL);
		OK(mls_tree_add(t, bytes, &index));
		CHECK(index == model_add(m, bytes), "added at %u", index);
	} else if (kind < 4 && there) {
		struct slice bytes = trees_leaf(state, &a, NULL, NULL);
		model_set(m, leaf, bytes);
		model_blank_path(m, leaf);
		OK(mls_tree_update(t, leaf, bytes));
	} else if (kind < 6 && there && !alone) {
		OK(mls_tree_remove(t, leaf));
		model_remove(m, leaf);
		same(m, t, false);
		for (leaf = 0; !m->leaf[leaf].len;)
			leaf++;
		both_path(m, t, leaf, state, &a);
	} else if (there) {
		both_path(m, t, leaf, state, &a);
	}
	arena_release(&a);
}

static void random_changes(void)
{
	static struct model m;
	for (uint64_t seed = 1; seed <= test_rounds(16); seed++) {
		uint64_t state = seed;
		struct mls_tree t = {0}, before = {0};
		struct arena a = {0};
		memset(&m, 0, sizeof m);
		m.n = 1;
		if (!OK(mls_tree_init(&t)))
			return;
		uint32_t index;
		struct slice first = trees_leaf(&state, &a, NULL, NULL);
		OK(mls_tree_add(&t, first, &index));
		CHECK(index == model_add(&m, first), "the first one at %u", index);
		for (int step = 0; step < 60; step++) {
			struct slice bytes = trees_bytes(&t, &a), after;
			OK(mls_tree_clone(&t, &before));
			change(&m, &t, &state);
			same(&m, &t, true);
			after = trees_bytes(&before, &a);
			CHECK(slice_eq(bytes, after), "seed %d, step %d: the clone", (int)seed,
			      step);
			mls_tree_release(&before);
		}
		mls_tree_release(&t);
		arena_release(&a);
	}
}

/* A tree of n members, of whom those in commits (ended by -1) have committed, in that order. */
static struct mls_tree built(uint32_t n, const int *commits, struct arena *a)
{
	static struct model m;
	uint64_t state = 7;
	struct mls_tree t = {0};
	memset(&m, 0, sizeof m);
	m.n = 1;
	OK(mls_tree_init(&t));
	for (uint32_t i = 0; i < n; i++) {
		struct slice leaf = trees_leaf(&state, a, NULL, NULL);
		uint32_t index;
		OK(mls_tree_add(&t, leaf, &index));
		(void)model_add(&m, leaf);
	}
	for (; *commits >= 0; commits++)
		both_path(&m, &t, (uint32_t)*commits, &state, a);
	return t;
}

static void clones(void)
{
	struct arena a = {0};
	struct mls_tree t = built(5, (const int[]){0, 3, -1}, &a), c = {0};
	struct slice bytes = trees_bytes(&t, &a);
	uint8_t hash[MLS_LEN], again[MLS_LEN];
	OK(mls_tree_hash(suite, &t, hash));
	OK(mls_tree_clone(&t, &c));
	CHECK(t.nodes[0] == c.nodes[0] && t.nodes[0]->refs == 2, "nodes are shared");
	OK(mls_tree_remove(&t, 4));
	OK(mls_tree_remove(&t, 0));
	OK(mls_tree_hash(suite, &c, again));
	CHECK(!memcmp(hash, again, MLS_LEN) && slice_eq(bytes, trees_bytes(&c, &a)),
	      "the clone is as it was");
	mls_tree_release(&t);
	CHECK(slice_eq(bytes, trees_bytes(&c, &a)) && c.nodes[2]->refs == 1, "and outlives it");
	mls_tree_release(&c);
	mls_tree_release(&c);
	arena_release(&a);
}

static void one_leaf(void)
{
	struct arena a = {0};
	uint64_t state = 3;
	struct mls_leaf leaf;
	struct mls_tree t = {0};
	struct mls_route route;
	uint32_t index = 77;
	OK(mls_tree_init(&t));
	CHECK(slice_eq(trees_bytes(&t, &a), slice_make("\0", 1)), "an empty tree");
	CHECK(mls_tree_leaf(&t, 0, &a, &leaf).code == SR_E_INPUT, "a blank leaf");
	CHECK(mls_tree_leaf(&t, UINT32_MAX, &a, &leaf).code == SR_E_INPUT, "a leaf outside");
	CHECK(!mls_tree_key(&t, 1) && !mls_tree_signature_key(&t, 0x80000000), "keys outside");
	CHECK(mls_tree_update(&t, 0, trees_leaf(&state, &a, NULL, NULL)).code == SR_E_INPUT &&
		      mls_tree_remove(&t, 0).code == SR_E_INPUT &&
		      mls_tree_remove(&t, 0x80000000).code == SR_E_INPUT,
	      "changes of nobody");
	OK(mls_tree_room(&t, &index));
	CHECK(index == 0 && t.leaves_n == 1, "room at %u of %u", index, t.leaves_n);
	OK(mls_tree_add(&t, trees_leaf(&state, &a, NULL, NULL), &index));
	mls_tree_filtered_path(&t, 0, &route);
	CHECK(index == 0 && route.n == 0, "%u, %zu", index, route.n);
	OK(mls_tree_room(&t, &index));
	CHECK(index == 1 && t.leaves_n == 2, "room at %u of %u", index, t.leaves_n);
	struct slice twice = trees_bytes(&t, &a);
	struct slice bad = trees_leaf(&state, &a, NULL, NULL);
	for (size_t i = 0; i <= 33; i += 33) {
		uint8_t *bytes = arena_dup(&a, bad.ptr, bad.len);
		bytes[i] = 31;
		CHECK(mls_tree_add(&t, slice_make(bytes, bad.len), &index).code == SR_E_INPUT &&
			      mls_tree_set_leaf(&t, 0, slice_make(bytes, bad.len)).code ==
				      SR_E_INPUT &&
			      mls_tree_update(&t, 0, slice_make(bytes, bad.len)).code == SR_E_INPUT,
		      "key %zu of 31 bytes", i / 33);
	}
	for (size_t len = 0; len < 66; len++)
		CHECK(mls_tree_add(&t, slice_make(bad.ptr, len), &index).code == SR_E_INPUT,
		      "a leaf of %zu bytes", len);
	CHECK(slice_eq(twice, trees_bytes(&t, &a)), "nothing has changed");
	mls_tree_release(&t);
	arena_release(&a);
}

/* Malformed trees: written as a list of nodes. L: a good leaf, _: blank, P followed by its unmerged
 * leaves as digits (x: 2^31 + 1): a parent, 2 and 3: an optional byte and a node type out of range;
 * a space ends a node. k, s, p, h: leaf with a short key or signature key, parent with a short key
 * or hash. */
static struct slice written(const char *text, struct arena *a)
{
	struct build b;
	struct slice out = {0};
	uint64_t state = 11;
	build_init(&b, 0);
	for (const char *c = text; *c; c++) {
		if (*c == '_' || *c == '2')
			build_u8(&b, *c == '_' ? 0 : 2);
		if (strchr("_2 ", *c))
			continue;
		struct model_parent p = {.hash_len = *c == 'h' ? 31 : 0};
		struct mls_leaf leaf;
		struct slice bytes = trees_leaf(&state, a, NULL, NULL);
		OK(mls_decode(&mls_type_leaf, bytes, a, &leaf));
		leaf.encryption_key.len -= *c == 'k';
		leaf.signature_key.len -= *c == 's';
		trees_draw(&state, p.key);
		build_u8(&b, 1);
		build_u8(&b, *c == '3' ? 3 : strchr("Pph", *c) ? 2 : 1);
		if (strchr("Ph", *c)) {
			put_parent(&p, &b);
			b.len -= 1; /* the list's own length */
			size_t n = strcspn(c + 1, " ");
			put_length(&b, 4 * n);
			for (size_t i = 1; i <= n; i++) {
				bool far = c[i] == 'x';
				build_bytes(&b,
					    (const uint8_t[]){far ? 0x80 : 0, 0, 0,
							      (uint8_t)(far ? 1 : c[i] - '0')},
					    4);
			}
			c += n;
		} else if (*c == 'p') {
			build_u8(&b, MLS_LEN - 1);
			build_bytes(&b, p.key, MLS_LEN - 1);
			build_u16(&b, 0);
		} else {
			mls_encode(&mls_type_leaf, &leaf, &b);
		}
	}
	mls_list_close(&b, 0);
	OK(build_keep(&b, a, &out));
	return out;
}

static void malformed(void)
{
	static const struct {
		const char *text, *why;
		bool good;
	} rows[] = {
		{"L", "one leaf", true},
		{"L P L", "two leaves and a parent", true},
		{"L _ _ _ L", "the tree ends early", true},
		{"_ _ _ _ _ _ _ _ L", "blanks at first", true},
		{"L P1 L P1 L", "unmerged at both", true},
		{"L _ L P13 L P3 L", "unmerged below a blank", true},
		{"L P1 L P1 L P L P1 L", "unmerged all the way", true},
		{"", "no nodes", false},
		{"_", "one that is blank", false},
		{"L _", "a blank one at the end", false},
		{"L P _", "a blank leaf at the end", false},
		{"L P L _ _", "two blank ones at the end", false},
		{"L P", "an even number of nodes", false},
		{"L P L P", "an even number of nodes", false},
		{"L L L", "a leaf where a parent belongs", false},
		{"P", "a parent where a leaf belongs", false},
		{"P P L", "a parent where a leaf belongs", false},
		{"L P L P P L L", "both", false},
		{"2", "neither there nor blank", false},
		{"L P 2", "neither there nor blank", false},
		{"3", "an unknown kind of node", false},
		{"k", "a short key", false},
		{"s", "a short signature key", false},
		{"L p L", "a short key of a parent", false},
		{"L h L", "a short parent hash", false},
		{"L P11 L", "twice unmerged", false},
		{"L P10 L", "descending", false},
		{"L P0 L P10 L", "descending, though elsewhere", false},
		{"L P2 L", "beyond the tree", false},
		{"L Px L", "beyond any tree", false},
		{"L P2 L _ L", "not below", false},
		{"L _ L P L P1 L", "not below, on the left", false},
		{"_ P0 L", "blank", false},
		{"L _ L P2 _ _ L", "blank, at the root", false},
		{"L P L P1 L", "not at the parent between", false},
		{"L P0 L P1 L", "another one at the parent between", false},
		{"L _ L P123 L P3 L", "one of three not at the parent between", false},
		{"L P L P1 L P L P1 L", "not at the lowest of three", false},
		{"L P1 L P L P L P1 L", "not in the middle of three", false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		struct mls_tree t = {0};
		struct sr_err e = mls_tree_decode(written(rows[i].text, &a), &t);
		CHECK(e.code == (rows[i].good ? SR_OK : SR_E_INPUT), "%s: %s", rows[i].text,
		      rows[i].why);
		CHECK(rows[i].good == (t.leaves_n != 0), "%s: untouched", rows[i].text);
		mls_tree_release(&t);
		arena_release(&a);
	}
}

/* 7.7: a root goes whether or not it is blank. Honest members have no parent with an empty side. */
static void full_root(void)
{
	struct arena a = {0};
	struct mls_tree t = {0};
	uint32_t index;
	OK(mls_tree_decode(written("L P _ _ L", &a), &t));
	struct slice leaf = mls_tree_leaf_bytes(&t, 2);
	leaf = slice_make(arena_dup(&a, leaf.ptr, leaf.len), leaf.len);
	OK(mls_tree_remove(&t, 2));
	CHECK(t.leaves_n == 1 && trees_members(&t) == 1, "%u leaves", t.leaves_n);
	OK(mls_tree_add(&t, leaf, &index));
	CHECK(index == 1 && !mls_tree_key(&t, 1), "a parent is left");
	mls_tree_release(&t);
	arena_release(&a);
}

static void cut_and_flipped(void)
{
	struct arena a = {0};
	struct mls_tree t = built(6, (const int[]){0, 5, 2, -1}, &a), got = {0};
	struct slice whole = trees_bytes(&t, &a);
	uint8_t *bytes = malloc(whole.len + 1);
	uint8_t hash[MLS_LEN], other[MLS_LEN];
	OK(mls_tree_hash(suite, &t, hash));
	memcpy(bytes, whole.ptr, whole.len);
	bytes[whole.len] = 0;
	CHECK(mls_tree_decode(slice_make(bytes, whole.len + 1), &got).code == SR_E_INPUT,
	      "a byte behind the end");
	for (size_t len = 0; len < whole.len; len++)
		CHECK(mls_tree_decode(slice_make(whole.ptr, len), &got).code == SR_E_INPUT,
		      "the first %zu bytes", len);
	for (size_t bit = 0; bit < 8 * whole.len; bit++) {
		struct arena b = {0};
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct sr_err e = mls_tree_decode(slice_make(bytes, whole.len), &got);
		if (sr_bad(e)) {
			CHECK(e.code == SR_E_INPUT, "bit %zu: %s", bit, e.what);
		} else {
			CHECK(slice_eq(trees_bytes(&got, &b), slice_make(bytes, whole.len)),
			      "bit %zu: encoded again", bit);
			OK(mls_tree_hash(suite, &got, other));
			CHECK(memcmp(hash, other, MLS_LEN) != 0, "bit %zu: the hash", bit);
			mls_tree_release(&got);
		}
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		arena_release(&b);
	}
	free(bytes);
	mls_tree_release(&t);
	arena_release(&a);
}

static void too_many(void)
{
	for (size_t extra = 0; extra < 2; extra++) {
		struct arena a = {0};
		struct build b;
		struct slice all = {0};
		struct mls_tree t = {0};
		uint32_t index;
		uint64_t state = 5;
		build_init(&b, 0);
		for (size_t x = 0; x < 2 * (MLS_MEMBERS_MAX - 1 + extra); x++)
			build_u8(&b, 0);
		build_bytes(&b, "\1\1", 2);
		build_slice(&b, trees_leaf(&state, &a, NULL, NULL));
		mls_list_close(&b, 0);
		OK(build_done(&b, &all));
		struct sr_err e = mls_tree_decode(all, &t);
		CHECK(e.code == (extra ? SR_E_LIMIT : SR_OK), "%zu more than allowed: %s", extra,
		      e.what);
		if (!extra) {
			CHECK(t.leaves_n == MLS_MEMBERS_MAX, "%u leaves", t.leaves_n);
			for (uint32_t i = 0; i < MLS_MEMBERS_MAX - 1; i++)
				OK(mls_tree_set_leaf(&t, i,
						     mls_tree_bytes(&t, 2 * t.leaves_n - 2)));
			CHECK(mls_tree_room(&t, &index).code == SR_E_LIMIT &&
				      mls_tree_add(&t, mls_tree_bytes(&t, 0), &index).code ==
					      SR_E_LIMIT,
			      "no room");
		}
		mls_tree_release(&t);
		build_release(&b);
		arena_release(&a);
	}
}

/* Sets node x, whatever is in it, as if it had come from outside. */
static void force(struct mls_tree *t, uint32_t x, struct slice bytes)
{
	struct mls_tree_node *n = mls_tree_node_new(bytes);
	mls_tree_node_release(t->nodes[x]);
	t->nodes[x] = n;
	memset(t->hashed, 0, mls_math_width(t->leaves_n));
}

/* Node x with len bytes at off replaced. */
static void forge(struct mls_tree *t, uint32_t x, size_t off, size_t len, struct slice by)
{
	struct arena a = {0};
	struct slice bytes = mls_tree_bytes(t, x), out = {0};
	struct build b;
	build_init(&b, 0);
	build_slice(&b, slice_sub(bytes, 0, off));
	build_slice(&b, by);
	build_slice(&b, slice_sub(bytes, off + len, bytes.len - off - len));
	OK(build_keep(&b, &a, &out));
	force(t, x, out);
	arena_release(&a);
}

/* Where the parent hash of a commit's leaf begins: its length. */
static size_t leaf_hash_at(const struct mls_tree *t, uint32_t leaf)
{
	struct arena a = {0};
	struct mls_leaf l = {0};
	struct slice bytes = mls_tree_leaf_bytes(t, leaf);
	OK(mls_tree_leaf(t, leaf, &a, &l));
	CHECK(l.source == MLS_SOURCE_COMMIT && l.parent_hash.len == MLS_LEN, "leaf %u", leaf);
	arena_release(&a);
	return (size_t)(l.parent_hash.ptr - bytes.ptr) - 1;
}

enum { FLIP, CUT, OTHER };

/* Node x with a bit of its parent hash flipped, with none, and with one of zeros. */
static void forge_hash(struct mls_tree *t, uint32_t x, int how)
{
	size_t at = x % 2 ? 33 : leaf_hash_at(t, x / 2);
	size_t len = 1U + mls_tree_bytes(t, x).ptr[at];
	uint8_t hash[1 + MLS_LEN] = {MLS_LEN};
	if (how == FLIP && len == sizeof hash)
		memcpy(hash, mls_tree_bytes(t, x).ptr + at, len);
	hash[MLS_LEN] ^= how == FLIP;
	if (how == CUT)
		hash[0] = 0;
	forge(t, x, at, len, slice_make(hash, how == CUT ? 1 : sizeof hash));
}

/* 4 members, 1 and then 2 have committed: leaf 1 carries the hash of node 1, leaf 2 that of 5, and
 * 5 that of the root, 3. What 1 carries is of no use any more but is in its own hash. */
static void forged_hashes(void)
{
	for (int how = FLIP; how <= OTHER; how++)
		for (uint32_t x = 1; x <= 5; x++) {
			struct arena a = {0};
			struct mls_tree t = built(4, (const int[]){1, 2, -1}, &a);
			OK(mls_tree_check(suite, &t));
			forge_hash(&t, x, how);
			bool had_none = how == CUT && x == 3;
			CHECK(mls_tree_check(suite, &t).code == (had_none ? SR_OK : SR_E_INPUT),
			      "way %d, node %u", how, x);
			mls_tree_release(&t);
			arena_release(&a);
		}
}

/* A leaf that is not of a commit vouches for nothing, whatever stands where the hash was. */
static void other_source(void)
{
	for (int source = MLS_SOURCE_KEY_PACKAGE; source <= MLS_SOURCE_COMMIT; source++) {
		uint8_t byte = (uint8_t)source;
		struct arena a = {0};
		struct mls_tree t = built(4, (const int[]){1, 2, -1}, &a);
		forge(&t, 4, leaf_hash_at(&t, 2) - 1, 1, slice_make(&byte, 1));
		CHECK(mls_tree_check(suite, &t).code ==
			      (source == MLS_SOURCE_COMMIT ? SR_OK : SR_E_INPUT),
		      "source %d", source);
		mls_tree_release(&t);
		arena_release(&a);
	}
}

/* A tree is refused after node x has got bytes. */
static void refused(uint32_t x, struct slice bytes, const char *why)
{
	struct arena a = {0};
	struct mls_tree t = built(4, (const int[]){1, 2, -1}, &a);
	struct mls_tree before = {0};
	OK(mls_tree_clone(&t, &before));
	OK(mls_tree_check(suite, &before));
	force(&t, x, bytes.len ? bytes : mls_tree_bytes(&t, x));
	if (!bytes.len)
		forge(&t, x, 1, MLS_LEN, slice_make("another key, another key, anothe", MLS_LEN));
	CHECK(mls_tree_check(suite, &t).code == SR_E_INPUT, "%s", why);
	OK(mls_tree_check(suite, &before));
	mls_tree_release(&before);
	mls_tree_release(&t);
	arena_release(&a);
}

static void forged_nodes(void)
{
	struct arena a = {0};
	uint64_t state = 91;
	refused(1, (struct slice){0}, "another key of a parent");
	refused(3, (struct slice){0}, "another key of the root");
	refused(5, (struct slice){0}, "another key of a parent on the last path");
	refused(0, trees_leaf(&state, &a, NULL, NULL), "another sibling of who committed");
	refused(4, trees_leaf(&state, &a, NULL, NULL), "another leaf for who committed");
	refused(6, trees_leaf(&state, &a, NULL, NULL), "another sibling on the last path");
	arena_release(&a);
}

/* Of four members, who (0 or 1) commits while the other of the two is blank and added again later:
 * its parent is blank, and the root's neighbour is leaf who itself. */
static struct mls_tree with_unmerged(uint32_t who, struct arena *a)
{
	static const uint8_t key[MLS_LEN] = {9};
	uint8_t hash[MLS_LEN];
	uint64_t state = 17;
	uint32_t index = 7;
	struct mls_tree t = built(4, (const int[]){-1}, a);
	OK(mls_tree_remove(&t, 1 - who));
	OK(mls_tree_set_parent(&t, 3, key, (struct slice){0}));
	OK(mls_tree_parent_hash(suite, &t, 3, 5, hash));
	struct slice parent_hash = slice_make(hash, MLS_LEN);
	OK(mls_tree_set_leaf(&t, who, trees_leaf(&state, a, NULL, &parent_hash)));
	OK(mls_tree_check(suite, &t));
	OK(mls_tree_add(&t, trees_leaf(&state, a, NULL, NULL), &index));
	CHECK(index == 1 - who && mls_tree_unmerged(&t, 3).len == 4, "added at %u", index);
	OK(mls_tree_check(suite, &t));
	return t;
}

/* 7.9.2: what is left of the resolution is what is unmerged. The hash that the leaf carries does
 * not cover its own side; only the lists tell. */
static void forged_unmerged(void)
{
	static const struct {
		struct slice list; /* encoded; none: something else than the list */
		const char *why;
	} rows[] = {
		{{(const uint8_t *)"\0", 1}, "one is left out"},
		{{(const uint8_t *)"\x08\0\0\0\0\0\0\0\1", 9}, "the neighbour is unmerged"},
		{{(const uint8_t *)"\x08\0\0\0\1\0\0\0\2", 9}, "one of the other side"},
		{{(const uint8_t *)"\x08\0\0\0\0\0\0\0\2", 9}, "one of the other side"},
		{{NULL, 0}, "one is blank"},
		{{NULL, 0}, "a parent between"},
	};
	for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		uint32_t who = i % 2;
		struct mls_tree t = with_unmerged(who, &a);
		if (rows[i / 2].list.len)
			forge(&t, 3, 34, 5, rows[i / 2].list);
		else if (i / 2 == 4)
			mls_tree_blank(&t, 2 * (1 - who));
		else
			OK(mls_tree_set_parent(&t, 1, mls_tree_key(&t, 6), (struct slice){0}));
		CHECK(mls_tree_check(suite, &t).code == SR_E_INPUT, "leaf %u: %s", who,
		      rows[i / 2].why);
		mls_tree_release(&t);
		arena_release(&a);
	}
}

static void root_with_hash(void)
{
	/* 5 members; 0 commits; without 4 the left half is the tree, and its root has a hash. */
	struct arena a = {0};
	struct mls_tree t = built(5, (const int[]){0, -1}, &a);
	OK(mls_tree_check(suite, &t));
	OK(mls_tree_remove(&t, 4));
	CHECK(t.leaves_n == 4 && mls_tree_front(&t, 3).len == 66, "the root");
	CHECK(mls_tree_check(suite, &t).code == SR_E_INPUT, "a root with a parent hash");
	mls_tree_release(&t);
	arena_release(&a);
}

static void unique(void)
{
	static const struct {
		uint32_t from, to; /* nodes */
		size_t from_at, to_at;
		bool good;
		const char *why;
	} rows[] = {
		{0, 2, 1, 1, false, "two leaves with one key"},
		{0, 8, 1, 1, false, "the first and the last leaf"},
		{0, 3, 1, 1, false, "a leaf and a parent"},
		{1, 3, 1, 1, false, "two parents"},
		{2, 6, 34, 34, false, "two leaves with one signature key"},
		{2, 6, 34, 1, true, "a signature key as a key"},
		{2, 2, 34, 1, true, "both of one leaf"},
		{2, 3, 34, 1, true, "a signature key as a parent's key"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		struct mls_tree t = built(5, (const int[]){0, -1}, &a);
		struct mls_tree before;
		OK(mls_tree_unique(suite, &t, NULL));
		OK(mls_tree_clone(&t, &before));
		OK(mls_tree_unique(suite, &t, &before));
		struct slice key =
			slice_sub(mls_tree_bytes(&t, rows[i].from), rows[i].from_at, MLS_LEN);
		uint8_t copy[MLS_LEN];
		memcpy(copy, key.ptr, MLS_LEN);
		forge(&t, rows[i].to, rows[i].to_at, MLS_LEN, slice_make(copy, MLS_LEN));
		enum sr_code want = rows[i].good ? SR_OK : SR_E_INPUT;
		CHECK(mls_tree_unique(suite, &t, NULL).code == want, "%s", rows[i].why);
		CHECK(mls_tree_unique(suite, &t, &before).code == want, "%s, one of them new",
		      rows[i].why);
		forge(&t, rows[i].from, rows[i].from_at, MLS_LEN, slice_make(copy, MLS_LEN));
		CHECK(mls_tree_unique(suite, &t, &before).code == want, "%s, both of them new",
		      rows[i].why);
		mls_tree_release(&before);
		mls_tree_release(&t);
		arena_release(&a);
	}
}

static void unique_when_grown(void)
{
	struct arena a = {0};
	struct mls_tree t = built(4, (const int[]){0, -1}, &a), before;
	uint32_t at;
	OK(mls_tree_clone(&t, &before));
	OK(mls_tree_add(&t, mls_tree_leaf_bytes(&before, 1), &at));
	CHECK(at == 4 && t.leaves_n == 8, "the tree has grown");
	CHECK(mls_tree_unique(suite, &t, &before).code == SR_E_INPUT, "a member twice");
	CHECK(mls_tree_unique(suite, &before, &t).code == SR_OK, "and gone again");
	mls_tree_release(&before);
	mls_tree_release(&t);
	arena_release(&a);
}

/* Runs op with the n-th allocation failing, for every n, on a clone of t: SR_E_NOMEM and an
 * unchanged tree, until it succeeds. */
static void starve(const struct mls_tree *t, struct sr_err (*op)(struct mls_tree *t),
		   const char *what)
{
	for (size_t n = 1;; n++) {
		struct arena a = {0};
		struct mls_tree c = {0};
		OK(mls_tree_clone(t, &c));
		struct slice before = trees_bytes(&c, &a);
		uint32_t leaves_n = c.leaves_n;
		test_alloc_fail_at(n);
		struct sr_err e = op(&c);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "%s, call %zu", what, n);
		CHECK(!failed || (slice_eq(before, trees_bytes(&c, &a)) && leaves_n == c.leaves_n),
		      "%s, call %zu: changed", what, n);
		mls_tree_release(&c);
		arena_release(&a);
		if (!failed) {
			CHECK(n > 1, "%s never allocates", what);
			return;
		}
	}
}

static struct slice spare_leaf, spare_tree;
static uint8_t spare_hash[MLS_LEN];

static struct sr_err op_clone(struct mls_tree *t)
{
	struct mls_tree c = {0};
	struct sr_err e = mls_tree_clone(t, &c);
	CHECK(sr_bad(e) == !c.leaves_n, "untouched");
	mls_tree_release(&c);
	return e;
}

static struct sr_err op_decode(struct mls_tree *t)
{
	(void)t;
	struct mls_tree c = {0};
	struct sr_err e = mls_tree_decode(spare_tree, &c);
	CHECK(sr_bad(e) == !c.leaves_n, "untouched");
	mls_tree_release(&c);
	return e;
}

static struct sr_err op_add(struct mls_tree *t)
{
	uint32_t index = UINT32_MAX;
	struct sr_err e = mls_tree_add(t, spare_leaf, &index);
	CHECK(sr_bad(e) == (index == UINT32_MAX), "untouched");
	return e;
}

static struct sr_err op_room(struct mls_tree *t)
{
	uint32_t index;
	return mls_tree_room(t, &index);
}

static struct sr_err op_update(struct mls_tree *t)
{
	return mls_tree_update(t, 1, spare_leaf);
}

static struct sr_err op_set_parent(struct mls_tree *t)
{
	return mls_tree_set_parent(t, 1, spare_leaf.ptr, slice_make(spare_leaf.ptr, MLS_LEN));
}

static struct sr_err op_resolution(struct mls_tree *t)
{
	struct arena a = {0};
	struct mls_nodes_found found;
	struct sr_err e = mls_tree_resolution(t, 1, &a, &found);
	arena_release(&a);
	return e;
}

static struct sr_err op_check(struct mls_tree *t)
{
	return mls_tree_check(suite, t);
}

static struct sr_err op_unique(struct mls_tree *t)
{
	return mls_tree_unique(suite, t, NULL);
}

/* The other child has an unmerged leaf that counts no more. */
static struct sr_err op_parent_hash(struct mls_tree *t)
{
	return mls_tree_parent_hash(suite, t, 3, 1, spare_hash);
}

static void starved(void)
{
	struct arena a = {0};
	uint64_t state = 23;
	spare_leaf = trees_leaf(&state, &a, NULL, NULL);
	struct mls_tree full = built(4, (const int[]){0, 2, -1}, &a);
	struct mls_tree some = built(4, (const int[]){-1}, &a), t = {0};
	spare_tree = trees_bytes(&full, &a);
	starve(&full, op_clone, "clone");
	starve(&full, op_decode, "decode");
	starve(&full, op_add, "add, extending");
	starve(&full, op_room, "room");
	starve(&full, op_update, "update");
	starve(&full, op_set_parent, "set_parent");
	starve(&full, op_resolution, "resolution");
	starve(&full, op_check, "check");
	starve(&full, op_unique, "unique");
	/* A blank leaf below two parents. */
	OK(mls_tree_clone(&some, &t));
	OK(mls_tree_remove(&t, 1));
	OK(mls_tree_set_parent(&t, 1, spare_leaf.ptr + 1, (struct slice){0}));
	OK(mls_tree_set_parent(&t, 3, spare_leaf.ptr + 34, (struct slice){0}));
	starve(&t, op_add, "add, unmerged");
	uint32_t index;
	OK(mls_tree_add(&t, spare_leaf, &index));
	starve(&t, op_parent_hash, "parent_hash");
	mls_tree_release(&t);
	mls_tree_release(&some);
	mls_tree_release(&full);
	for (size_t n = 1; n <= 3; n++) {
		test_alloc_fail_at(n);
		CHECK(mls_tree_init(&t).code == SR_E_NOMEM && !t.leaves_n, "init, call %zu", n);
		test_alloc_fail_at(0);
	}
	arena_release(&a);
}

int main(void)
{
	if (sr_bad(crypto_init()))
		return 1;
	suite = mls_suite_find(3);
	test_run("7.7 and 7.8: random changes against a plain model", random_changes);
	test_run("clones are independent", clones);
	test_run("a tree of one leaf", one_leaf);
	test_run("12.4.3.3: malformed trees", malformed);
	test_run("7.7: a root that is not blank", full_root);
	test_run("trees cut short, and with a bit flipped", cut_and_flipped);
	test_run("too many leaves", too_many);
	test_run("7.9.2: forged parent hashes", forged_hashes);
	test_run("7.9.2: a leaf of another source", other_source);
	test_run("7.9.2: forged nodes", forged_nodes);
	test_run("7.9.2: forged unmerged leaves", forged_unmerged);
	test_run("7.9: a root with a parent hash", root_with_hash);
	test_run("7.3: keys are unique", unique);
	test_run("7.3: keys are unique in a tree that has grown", unique_when_grown);
	test_run("every allocation fails", starved);
	return test_done();
}
