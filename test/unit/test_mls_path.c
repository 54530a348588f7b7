/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto.h"
#include "mls_hpke.h"
#include "mls_path.h"
#include "mls_trees.h"

static const struct mls_suite *suite;

/* A group as all of its members see it together. */
enum { MOST = 16 };

struct group {
	struct mls_tree tree;
	struct mls_keys keys[MOST]; /* n is 0 where there is no member */
	uint64_t state;
};

/* A commit on its way: what its sender staged, and what the others get. */
struct sent {
	struct mls_tree tree; /* with the proposals applied, before the path */
	struct mls_tree after;
	struct mls_keys keys; /* of the sender, after it */
	struct mls_path_in in;
	struct mls_path_made made;
	struct mls_path path;
	uint8_t hash[MLS_LEN]; /* of after: the context */
	struct arena a;
};

static struct sr_err draw(void *user, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)test_random(user);
	return sr_ok();
}

static struct sr_err refuse(void *user, uint8_t *out, size_t len)
{
	(void)user;
	memset(out, 0, len);
	return sr_fail(SR_E_IO, "no randomness");
}

static uint32_t join(struct group *g, struct mls_tree *t, struct arena *a)
{
	uint8_t priv[MLS_LEN], pub[MLS_LEN];
	uint32_t index = 0;
	trees_draw(&g->state, priv);
	OK(suite->dh_public(priv, pub));
	OK(mls_tree_add(t, trees_leaf(&g->state, a, pub, NULL), &index));
	memset(&g->keys[index], 0, sizeof g->keys[index]);
	mls_keys_set(&g->keys[index], 2 * index, priv);
	return index;
}

/* Begins, sets the leaf, and seals; adds new members first. The leaf of sender may be blank. */
static void send(struct group *g, uint32_t sender, int adds, struct sent *s)
{
	uint8_t secret[MLS_LEN];
	struct mls_leaf *leaf = &s->path.leaf;
	s->in.new_leaves.ptr = ARENA_ARRAY(&s->a, MOST, uint32_t);
	while (adds--)
		s->in.new_leaves.ptr[s->in.new_leaves.n++] = join(g, &s->tree, &s->a);
	s->in.sender = sender;
	OK(mls_tree_clone(&s->tree, &s->after));
	trees_draw(&g->state, secret);
	s->keys = g->keys[sender];
	OK(mls_path_begin(suite, &s->after, sender, secret, &s->keys, &s->made));
	struct slice bytes =
		trees_leaf(&g->state, &s->a, s->made.leaf_key,
			   &(struct slice){s->made.parent_hash, s->made.parent_hash_len});
	OK(mls_tree_set_leaf(&s->after, sender, bytes));
	OK(mls_decode(&mls_type_leaf, bytes, &s->a, leaf));
	OK(mls_tree_hash(suite, &s->after, s->hash));
	s->in.context = slice_make(s->hash, MLS_LEN);
	struct sr_mls_platform platform = {.random = draw, .user = &g->state};
	OK(mls_path_seal(suite, &s->after, &s->made, &s->in, &platform, &s->a, &s->path));
}

static void sent_release(struct sent *s)
{
	mls_tree_release(&s->tree);
	mls_tree_release(&s->after);
	arena_release(&s->a);
}

/* The tree invariant (4.2): a member has the keys of its leaf and of those above that are not blank
 * and where it is not unmerged, and no others; and nothing lies behind them. */
static void keys_are(const struct mls_keys *k, const struct mls_tree *t, uint32_t own)
{
	static const struct mls_key none;
	uint32_t n = 1, x = 2 * own;
	while (x != mls_math_root(t->leaves_n)) {
		x = mls_math_parent(x);
		struct slice list = mls_tree_unmerged(t, x);
		size_t i = mls_leaves_before(list, own);
		n += mls_tree_key(t, x) && (4 * i == list.len || mls_leaves_at(list, i) != own);
	}
	CHECK(k->n == n, "leaf %u has %u keys, not %u", own, k->n, n);
	for (uint32_t i = 0; i < k->n; i++) {
		uint8_t pub[MLS_LEN];
		const uint8_t *key = mls_tree_key(t, k->at[i].node);
		OK(suite->dh_public(k->at[i].priv, pub));
		CHECK(key && !memcmp(pub, key, MLS_LEN), "key of node %u", k->at[i].node);
	}
	for (uint32_t i = k->n; i < MLS_PATH_MAX; i++)
		CHECK(!memcmp(&k->at[i], &none, sizeof none), "leaf %u: remains at %u", own, i);
}

/* Everybody gets the commit; the group is what it makes of it. */
static void deliver(struct group *g, struct sent *s)
{
	struct mls_tree t = {0};
	uint8_t commit[MLS_LEN];
	struct slice bytes = {0};
	struct mls_path path;
	OK(mls_encoded(&mls_type_path, &s->path, &s->a, &bytes));
	OK(mls_decode(&mls_type_path, bytes, &s->a, &path));
	OK(mls_tree_clone(&s->tree, &t));
	OK(mls_path_apply(suite, &t, &path, &s->in));
	CHECK(slice_eq(trees_bytes(&t, &s->a), trees_bytes(&s->after, &s->a)), "the same tree");
	OK(mls_tree_check(suite, &t));
	for (uint32_t i = 0, at = 0; i < MOST; i++) {
		bool new_one = at < s->in.new_leaves.n && s->in.new_leaves.ptr[at] == i;
		at += new_one;
		if (i == s->in.sender)
			g->keys[i] = s->keys;
		else if (new_one)
			OK(mls_path_join(suite, &t, i, s->in.sender, mls_path_secret(&s->made, i),
					 &g->keys[i]));
		else if (g->keys[i].n &&
			 OK(mls_path_open(suite, &t, i, &path, &s->in, &g->keys[i], commit)))
			CHECK(!memcmp(commit, s->made.commit_secret, MLS_LEN), "leaf %u", i);
		if (g->keys[i].n)
			keys_are(&g->keys[i], &t, i);
	}
	mls_tree_release(&g->tree);
	g->tree = t;
}

static uint32_t any_member(struct group *g)
{
	uint32_t i;
	do
		i = (uint32_t)(test_random(&g->state) % MOST);
	while (!g->keys[i].n);
	return i;
}

static void group_init(struct group *g, uint64_t seed, uint32_t n)
{
	struct arena a = {0};
	memset(g, 0, sizeof *g);
	g->state = seed;
	OK(mls_tree_init(&g->tree));
	while (n--)
		(void)join(g, &g->tree, &a);
	arena_release(&a);
}

static void commit(struct group *g, uint32_t sender, int adds)
{
	struct sent s = {0};
	OK(mls_tree_clone(&g->tree, &s.tree));
	send(g, sender, adds, &s);
	deliver(g, &s);
	sent_release(&s);
}

static void commit_remove(struct group *g, uint32_t who)
{
	struct sent s = {0};
	OK(mls_tree_clone(&g->tree, &s.tree));
	OK(mls_tree_remove(&s.tree, who));
	memset(&g->keys[who], 0, sizeof g->keys[who]);
	for (uint32_t i = 0; i < MOST; i++)
		if (g->keys[i].n)
			mls_keys_prune(&g->keys[i], &s.tree, i);
	send(g, any_member(g), (int)(test_random(&g->state) % 2), &s);
	deliver(g, &s);
	sent_release(&s);
}

/* 12.4.3.2: somebody who joins has no leaf before. */
static void commit_external(struct group *g)
{
	struct sent s = {0};
	uint32_t index = 0;
	OK(mls_tree_clone(&g->tree, &s.tree));
	OK(mls_tree_room(&s.tree, &index));
	send(g, index, 0, &s);
	deliver(g, &s);
	sent_release(&s);
}

static void random_commits(void)
{
	for (uint64_t seed = 1; seed <= test_rounds(12); seed++) {
		static struct group g;
		group_init(&g, seed, 1);
		for (int step = 0; step < 25; step++) {
			uint32_t members = trees_members(&g.tree);
			uint64_t kind = test_random(&g.state) % 8;
			if (kind < 3 && members <= MOST - 3)
				commit(&g, any_member(&g), 1 + (int)(kind % 3));
			else if (kind < 4 && members < MOST)
				commit_external(&g);
			else if (kind < 6 && members > 1)
				commit_remove(&g, any_member(&g));
			else
				commit(&g, any_member(&g), 0);
		}
		mls_tree_release(&g.tree);
	}
}

/* 6 members, of whom 0, 3 and 5 have committed; then a commit of member 1 that adds a seventh and
 * an eighth, in a tree that is full with them. Same bytes each time. */
static void six(struct group *g, struct sent *s)
{
	group_init(g, 4711, 6);
	commit(g, 0, 0);
	commit(g, 3, 0);
	commit(g, 5, 0);
	*s = (struct sent){0};
	OK(mls_tree_clone(&g->tree, &s->tree));
	send(g, 1, 2, s);
}

static void six_release(struct group *g, struct sent *s)
{
	mls_tree_release(&g->tree);
	sent_release(s);
}

static void new_leaves(void)
{
	static struct group g;
	struct sent s;
	struct mls_nodes_found all;
	six(&g, &s);
	CHECK(s.made.route.n == 3 && s.path.nodes.n == 3, "%zu nodes", s.made.route.n);
	/* The other side of the root, 11, is blank: 12 and 14 are 6 and 7. */
	OK(mls_tree_resolution(&s.after, 11, &s.a, &all));
	CHECK(all.n == 3 && all.ptr[0] == 9 && all.ptr[1] == 12 && all.ptr[2] == 14,
	      "a resolution of %zu", all.n);
	CHECK(s.path.nodes.ptr[2].secrets.n == 1, "%zu ciphertexts", s.path.nodes.ptr[2].secrets.n);
	CHECK(mls_path_secret(&s.made, 6) == s.made.secret[2] &&
		      mls_path_secret(&s.made, 0) == s.made.secret[0] &&
		      mls_path_secret(&s.made, 2) == s.made.secret[1],
	      "path secrets for others");
	CHECK(!mls_path_secret(&s.made, 1), "none for the sender");
	struct mls_keys keys = g.keys[6];
	uint8_t got[MLS_LEN];
	CHECK(mls_path_open(suite, &s.after, 6, &s.path, &s.in, &keys, got).code == SR_E_STATE,
	      "a new member has nothing to open");
	deliver(&g, &s);
	six_release(&g, &s);
	/* It is not blank, and 5, which stands before it, is unmerged there. */
	s = (struct sent){0};
	group_init(&g, 12, 8);
	OK(mls_tree_remove(&g.tree, 5));
	g.keys[5].n = 0;
	commit(&g, 4, 0);
	OK(mls_tree_clone(&g.tree, &s.tree));
	send(&g, 1, 1, &s);
	OK(mls_tree_resolution(&s.after, 11, &s.a, &all));
	CHECK(all.n == 2 && all.ptr[0] == 11 && all.ptr[1] == 10, "a resolution of %zu", all.n);
	CHECK(s.path.nodes.ptr[2].secrets.n == 1, "%zu ciphertexts", s.path.nodes.ptr[2].secrets.n);
	deliver(&g, &s);
	six_release(&g, &s);
}

/* A side of the tree that has new members only: a node, but no ciphertext. */
static void only_new(void)
{
	static struct group g;
	struct sent s = {0};
	group_init(&g, 5, 1);
	OK(mls_tree_clone(&g.tree, &s.tree));
	send(&g, 0, 1, &s);
	CHECK(s.path.nodes.n == 1 && s.path.nodes.ptr[0].secrets.n == 0, "no ciphertext");
	deliver(&g, &s);
	six_release(&g, &s);
	/* Alone: no node, and no parent hash. */
	s = (struct sent){0};
	group_init(&g, 6, 1);
	OK(mls_tree_clone(&g.tree, &s.tree));
	send(&g, 0, 0, &s);
	CHECK(s.path.nodes.n == 0 && s.made.parent_hash_len == 0, "nothing above");
	struct slice some = SLICE_LIT("0123456789abcdef0123456789abcdef");
	deliver(&g, &s);
	struct mls_tree t = {0};
	OK(mls_tree_clone(&s.tree, &t));
	s.path.leaf.parent_hash = some;
	CHECK(mls_path_apply(suite, &t, &s.path, &s.in).code == SR_E_INPUT,
	      "a parent hash of no parent");
	mls_tree_release(&t);
	six_release(&g, &s);
}

/* 7.5: a parent on the path that is not in the filtered one becomes blank, and its key is lost.
 * Honest members have none that is not blank already. */
static void not_filtered(void)
{
	static struct group g;
	struct sent s = {0};
	static const uint8_t priv[MLS_LEN] = {5};
	uint8_t pub[MLS_LEN];
	group_init(&g, 13, 5);
	OK(mls_tree_remove(&g.tree, 2));
	OK(mls_tree_remove(&g.tree, 3));
	g.keys[2].n = g.keys[3].n = 0;
	OK(suite->dh_public(priv, pub));
	OK(mls_tree_set_parent(&g.tree, 3, pub, (struct slice){0}));
	mls_keys_set(&g.keys[0], 3, priv);
	mls_keys_set(&g.keys[1], 3, priv);
	OK(mls_tree_clone(&g.tree, &s.tree));
	send(&g, 0, 0, &s);
	CHECK(s.made.route.n == 2 && s.made.route.node[1] == 7, "%zu nodes", s.made.route.n);
	CHECK(!mls_tree_key(&s.after, 3), "node 3 is not blank");
	deliver(&g, &s);
	six_release(&g, &s);
}

/* What a dishonest sender does to a path. key: the one that a field is set to. */
enum field { NODES, SECRETS, KEY, LEAF_KEY, SIGNATURE_KEY, KEM, TEXT, HASH, SOURCE, NEW };

static void spoil(struct sent *s, enum field field, size_t i, int by)
{
	struct mls_path_node *node = &s->path.nodes.ptr[i];
	size_t add = (size_t)by;
	if (field == NODES)
		s->path.nodes.n += add;
	else if (field == SECRETS)
		node->secrets.n += add;
	else if (field == KEY)
		node->encryption_key.len += add;
	else if (field == LEAF_KEY)
		s->path.leaf.encryption_key.len += add;
	else if (field == SIGNATURE_KEY)
		s->path.leaf.signature_key.len += add;
	else if (field == KEM)
		node->secrets.ptr[node->secrets.n - 1].kem_output.len += add;
	else if (field == TEXT)
		node->secrets.ptr[node->secrets.n - 1].text.len += add;
	else if (field == HASH)
		s->path.leaf.parent_hash.len += add;
	else if (field == SOURCE)
		s->path.leaf.source = (uint8_t)by;
	else
		s->in.new_leaves.n += add;
}

static void refused_shapes(void)
{
	static const struct {
		enum field field;
		int by;
		size_t i;
		const char *words;
	} rows[] = {
		{NODES, -1, 0, "nodes"},
		{NODES, -3, 0, "nodes"},
		{SECRETS, -1, 0, "ciphertexts"},
		{SECRETS, -1, 1, "ciphertexts"},
		{SECRETS, -1, 2, "ciphertexts"},
		{NEW, -1, 0, "ciphertexts"},
		{NEW, -2, 0, "ciphertexts"},
		{KEY, -1, 0, "wrong length"},
		{KEY, -32, 2, "wrong length"},
		{LEAF_KEY, -1, 0, "wrong length"},
		{SIGNATURE_KEY, -1, 0, "wrong length"},
		{KEM, -1, 0, "wrong length"},
		{KEM, -32, 2, "wrong length"},
		{TEXT, -1, 1, "wrong length"},
		{TEXT, -48, 1, "wrong length"},
		{HASH, -1, 0, "parent hash"},
		{HASH, -32, 0, "parent hash"},
		{SOURCE, MLS_SOURCE_UPDATE, 0, "not of a commit"},
		{SOURCE, MLS_SOURCE_KEY_PACKAGE, 0, "not of a commit"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static struct group g;
		struct sent s;
		six(&g, &s);
		spoil(&s, rows[i].field, rows[i].i, rows[i].by);
		struct sr_err e = mls_path_apply(suite, &s.tree, &s.path, &s.in);
		CHECK(e.code == SR_E_INPUT && strstr(e.what, rows[i].words), "row %zu: %s", i,
		      e.what);
		six_release(&g, &s);
	}
}

/* One node more, one ciphertext more, lengths one more. */
static void refused_longer(void)
{
	static struct group g;
	struct sent s;
	six(&g, &s);
	struct mls_path_node nodes[4] = {s.path.nodes.ptr[0], s.path.nodes.ptr[1],
					 s.path.nodes.ptr[2], s.path.nodes.ptr[2]};
	struct mls_ciphertext two[2] = {nodes[0].secrets.ptr[0], nodes[0].secrets.ptr[0]};
	uint8_t longer[64] = {0};
	struct slice *lengths[5] = {&nodes[1].encryption_key, &two[0].kem_output, &two[0].text,
				    &s.path.leaf.parent_hash, &s.path.leaf.encryption_key};
	s.path.nodes.ptr = nodes;
	s.path.nodes.n = 4;
	CHECK(mls_path_apply(suite, &s.tree, &s.path, &s.in).code == SR_E_INPUT, "four nodes");
	s.path.nodes.n = 3;
	nodes[0].secrets.ptr = two;
	nodes[0].secrets.n = 2;
	CHECK(mls_path_apply(suite, &s.tree, &s.path, &s.in).code == SR_E_INPUT, "two for one");
	nodes[0].secrets.n = 1;
	for (size_t i = 0; i < 5; i++) {
		struct slice was = *lengths[i];
		struct mls_tree t = {0};
		memcpy(longer, was.ptr, was.len);
		*lengths[i] = slice_make(longer, was.len + 1);
		OK(mls_tree_clone(&s.tree, &t));
		CHECK(mls_path_apply(suite, &t, &s.path, &s.in).code == SR_E_INPUT, "length %zu",
		      i);
		mls_tree_release(&t);
		*lengths[i] = was;
	}
	uint8_t *one = arena_alloc(&s.a, 1, 1);
	struct slice was = s.path.leaf.encryption_key;
	s.path.leaf.encryption_key = slice_make(one, 1);
	CHECK(mls_path_apply(suite, &s.tree, &s.path, &s.in).code == SR_E_INPUT, "a byte");
	s.path.leaf.encryption_key = was;
	OK(mls_path_apply(suite, &s.tree, &s.path, &s.in));
	six_release(&g, &s);
}

/* 12.4.2: keys that are in the tree, what the path replaces included, or twice in the path. */
static void refused_keys(void)
{
	static const struct {
		size_t to;        /* node of the path; 3: the leaf */
		uint32_t from;    /* node of the tree ... */
		const char *what; /* ... or, above its end, of the path */
	} rows[] = {
		{0, 7, "the root's old key"},       {1, 3, "a node's own old key"},
		{2, 4, "another member's key"},     {2, 14, "a new member's key"},
		{3, 2, "the sender's old key"},     {3, 0, "another member's key for the leaf"},
		{0, 16, "one of two in the path"},  {2, 15, "one of two in the path"},
		{3, 15, "the path's for the leaf"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static struct group g;
		struct sent s;
		six(&g, &s);
		struct slice key =
			rows[i].from < 15 ? slice_make(mls_tree_key(&s.tree, rows[i].from), MLS_LEN)
					  : s.path.nodes.ptr[rows[i].from - 15].encryption_key;
		if (rows[i].to < 3)
			s.path.nodes.ptr[rows[i].to].encryption_key = key;
		else
			s.path.leaf.encryption_key = key;
		struct sr_err e = mls_path_apply(suite, &s.tree, &s.path, &s.in);
		CHECK(e.code == SR_E_INPUT && strstr(e.what, "not new"), "%s: %s", rows[i].what,
		      e.what);
		six_release(&g, &s);
	}
}

/* Opens a path for leaf own in a tree where it was applied, with its tree hash as the context. */
static struct sr_err receive(struct group *g, const struct mls_tree *tree, uint32_t own,
			     const struct mls_path *path, struct mls_path_in in,
			     uint8_t commit_secret[MLS_LEN])
{
	struct mls_tree t = {0};
	struct mls_keys keys = g->keys[own];
	uint8_t hash[MLS_LEN];
	OK(mls_tree_clone(tree, &t));
	struct sr_err e = mls_path_apply(suite, &t, path, &in);
	if (!sr_bad(e))
		e = mls_tree_hash(suite, &t, hash);
	in.context = slice_make(hash, MLS_LEN);
	if (!sr_bad(e))
		e = mls_path_open(suite, &t, own, path, &in, &keys, commit_secret);
	mls_tree_release(&t);
	return e;
}

/* Each bit of an encoded path: refused, or one of what is for others. */
static void flipped(void)
{
	static struct group g;
	struct sent s;
	struct slice all;
	uint8_t *bytes, got[MLS_LEN];
	size_t accepted = 0, auth = 0;
	six(&g, &s);
	OK(mls_encoded(&mls_type_path, &s.path, &s.a, &all));
	bytes = arena_dup(&s.a, all.ptr, all.len);
	size_t step = test_stride(5);
	for (size_t bit = 0; bit < 8 * all.len; bit += step) {
		struct arena a = {0};
		struct mls_path path;
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct sr_err e = mls_decode(&mls_type_path, slice_make(bytes, all.len), &a, &path);
		if (!sr_bad(e))
			e = receive(&g, &s.tree, 4, &path, s.in, got);
		CHECK(e.code == SR_OK || e.code == SR_E_INPUT || e.code == SR_E_AUTH, "bit %zu: %s",
		      bit, e.what);
		auth += e.code == SR_E_AUTH;
		if (!sr_bad(e)) {
			accepted++;
			CHECK(!memcmp(got, s.made.commit_secret, MLS_LEN), "bit %zu", bit);
		}
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		arena_release(&a);
	}
	/* Two ciphertexts of three are not for member 4. */
	size_t others = (size_t)2 * 8 * (MLS_LEN + MLS_LEN + MLS_TAG_LEN);
	CHECK(accepted * step >= others - 2 * step && accepted * step <= others + 2 * step,
	      "%zu accepted", accepted);
	CHECK(auth > 0, "none for a wrong tag");
	six_release(&g, &s);
}

static void refused_open(void)
{
	static struct group g;
	struct sent s;
	uint8_t got[MLS_LEN];
	six(&g, &s);
	OK(receive(&g, &s.tree, 4, &s.path, s.in, got));
	CHECK(!memcmp(got, s.made.commit_secret, MLS_LEN), "as it is");
	struct mls_keys keys = g.keys[4];
	s.in.context = SLICE_LIT("another context");
	CHECK(mls_path_open(suite, &s.after, 4, &s.path, &s.in, &keys, got).code == SR_E_AUTH,
	      "another context");
	s.in.context = slice_make(s.hash, MLS_LEN);
	keys = g.keys[4];
	for (uint32_t i = 0; i < keys.n; i++)
		keys.at[i].priv[3] ^= 1;
	CHECK(mls_path_open(suite, &s.after, 4, &s.path, &s.in, &keys, got).code == SR_E_AUTH,
	      "wrong private keys");
	keys = (struct mls_keys){0};
	CHECK(mls_path_open(suite, &s.after, 4, &s.path, &s.in, &keys, got).code == SR_E_STATE,
	      "no private keys");
	keys = g.keys[1];
	CHECK(mls_path_open(suite, &s.after, 1, &s.path, &s.in, &keys, got).code == SR_E_STATE,
	      "the sender's own");
	static const uint8_t zero[MLS_LEN];
	keys = g.keys[4];
	s.path.nodes.ptr[2].secrets.ptr[0].kem_output = slice_make(zero, MLS_LEN);
	CHECK(mls_path_open(suite, &s.after, 4, &s.path, &s.in, &keys, got).code == SR_E_INPUT,
	      "an ephemeral key of small order");
	six_release(&g, &s);
}

/* A sender whose secrets do not give the keys that it published. */
static void refused_secrets(void)
{
	for (size_t i = 0; i < 3; i++) {
		static struct group g;
		struct sent s;
		uint8_t got[MLS_LEN];
		const uint32_t readers[] = {0, 2, 4};
		six(&g, &s);
		struct sr_mls_platform platform = {.random = draw, .user = &g.state};
		s.made.secret[i][0] ^= 1;
		OK(mls_path_seal(suite, &s.after, &s.made, &s.in, &platform, &s.a, &s.path));
		for (size_t j = 0; j < 3; j++) {
			struct sr_err e = receive(&g, &s.tree, readers[j], &s.path, s.in, got);
			CHECK(e.code == (i == j ? SR_E_INPUT : SR_OK), "secret %zu, leaf %u", i,
			      readers[j]);
		}
		struct mls_keys keys = g.keys[6];
		CHECK(mls_path_join(suite, &s.after, 6, 1, s.made.secret[2], &keys).code ==
			      (i == 2 ? SR_E_INPUT : SR_OK),
		      "secret %zu, joining", i);
		six_release(&g, &s);
	}
}

static void refused_joins(void)
{
	static struct group g;
	struct sent s;
	six(&g, &s);
	struct mls_keys keys = g.keys[6];
	const uint8_t *secret = s.made.secret[2];
	CHECK(mls_path_join(suite, &s.after, 6, 6, secret, &keys).code == SR_E_INPUT, "own");
	CHECK(mls_path_join(suite, &s.after, 6, 9, secret, &keys).code == SR_E_INPUT, "outside");
	CHECK(mls_path_join(suite, &s.after, 6, UINT32_MAX, secret, &keys).code == SR_E_INPUT,
	      "far outside");
	CHECK(mls_path_join(suite, &s.after, 6, 1, s.made.secret[1], &keys).code == SR_E_INPUT,
	      "the secret of a node below");
	mls_tree_blank(&s.after, 7);
	CHECK(mls_path_join(suite, &s.after, 6, 1, secret, &keys).code == SR_E_INPUT,
	      "a node that is blank");
	mls_tree_blank(&s.after, 2);
	CHECK(mls_path_join(suite, &s.after, 6, 1, secret, &keys).code == SR_E_INPUT, "blank");
	CHECK(keys.n == 1, "%u keys", keys.n);
	six_release(&g, &s);
}

static void refused_seals(void)
{
	static struct group g;
	static const uint8_t one[MLS_LEN] = {1};
	struct sent s;
	struct mls_path out = {0};
	six(&g, &s);
	struct sr_mls_platform platform = {.random = refuse, .user = &g.state};
	CHECK(mls_path_seal(suite, &s.after, &s.made, &s.in, &platform, &s.a, &out).code == SR_E_IO,
	      "no randomness");
	platform.random = draw;
	OK(mls_tree_set_leaf(&s.after, 0, trees_leaf(&g.state, &s.a, one, NULL)));
	CHECK(mls_path_seal(suite, &s.after, &s.made, &s.in, &platform, &s.a, &out).code ==
		      SR_E_INPUT,
	      "a member's key of small order");
	CHECK(!out.nodes.n, "untouched");
	six_release(&g, &s);
}

static bool holds(const struct mls_keys *k, const uint8_t priv[MLS_LEN])
{
	return memmem(k, sizeof *k, priv, MLS_LEN) != NULL;
}

static void keys_pruned(void)
{
	struct arena a = {0};
	static struct group g;
	struct mls_keys k = {0};
	uint8_t priv[6][MLS_LEN];
	const uint32_t nodes[6] = {4, 3, 7, 0, 5, 1};
	group_init(&g, 77, 5);
	commit(&g, 0, 0);
	for (size_t i = 0; i < 6; i++) {
		trees_draw(&g.state, priv[i]);
		CHECK(!mls_keys_find(&k, nodes[i]), "node %u is not known", nodes[i]);
		mls_keys_set(&k, nodes[i], priv[0]);
		mls_keys_set(&k, nodes[i], priv[i]);
		CHECK(k.n == i + 1 && !memcmp(mls_keys_find(&k, nodes[i]), priv[i], MLS_LEN),
		      "node %u", nodes[i]);
	}
	/* Leaf 2: 3 and 7 are above it; 5 is, but blank; 0 and 1 are others'. */
	mls_keys_prune(&k, &g.tree, 2);
	CHECK(k.n == 3, "%u left", k.n);
	for (size_t i = 0; i < 6; i++)
		CHECK(holds(&k, priv[i]) == (i < 3), "node %u", nodes[i]);
	OK(mls_tree_remove(&g.tree, 4));
	mls_keys_prune(&k, &g.tree, 2);
	CHECK(k.n == 2 && !holds(&k, priv[2]), "7 is out of the tree");
	mls_tree_blank(&g.tree, 4);
	mls_keys_prune(&k, &g.tree, 2);
	CHECK(k.n == 2 && mls_keys_find(&k, 4), "the leaf's own stays");
	mls_tree_release(&g.tree);
	arena_release(&a);
}

/* 7.5: what a path replaces is gone, on both ends. */
static void keys_replaced(void)
{
	static struct group g;
	struct sent s;
	uint8_t got[MLS_LEN];
	six(&g, &s);
	for (uint32_t i = 0; i < g.keys[1].n; i++)
		CHECK(!holds(&s.keys, g.keys[1].at[i].priv), "the sender keeps %u",
		      g.keys[1].at[i].node);
	struct mls_keys keys = g.keys[4];
	OK(mls_path_open(suite, &s.after, 4, &s.path, &s.in, &keys, got));
	for (uint32_t i = 0; i < g.keys[4].n; i++) {
		uint32_t x = g.keys[4].at[i].node;
		CHECK(holds(&keys, g.keys[4].at[i].priv) == (x != 7), "member 4 and node %u", x);
	}
	six_release(&g, &s);
}

/* Every allocation of a commit's way fails once. */
static struct sr_err whole_way(struct group *g, struct sent *s)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(mls_tree_release) struct mls_tree t = {0};
	struct sr_mls_platform platform = {.random = draw, .user = &g->state};
	struct mls_keys keys = g->keys[1], others = g->keys[4], new_ones = g->keys[6];
	struct mls_path_made made;
	struct mls_path path = {.leaf = s->path.leaf};
	uint8_t secret[MLS_LEN] = {1};
	SR_TRY(mls_tree_clone(&s->tree, &t));
	SR_TRY(mls_path_begin(suite, &t, 1, secret, &keys, &made));
	SR_TRY(mls_path_seal(suite, &t, &made, &s->in, &platform, &a, &path));
	SR_TRY(mls_path_join(suite, &s->after, 6, 1, s->made.secret[2], &new_ones));
	mls_tree_release(&t);
	SR_TRY(mls_tree_clone(&s->tree, &t));
	SR_TRY(mls_path_apply(suite, &t, &s->path, &s->in));
	return mls_path_open(suite, &t, 4, &s->path, &s->in, &others, secret);
}

static void starved(void)
{
	static struct group g;
	struct sent s;
	six(&g, &s);
	for (size_t n = 1;; n++) {
		test_alloc_fail_at(n);
		struct sr_err e = whole_way(&g, &s);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "call %zu: %s", n, e.what);
		if (!failed) {
			CHECK(n > 30, "only %zu allocations", n);
			break;
		}
	}
	six_release(&g, &s);
}

static void both_suites(void)
{
	static struct group g;
	suite = mls_suite_find(1);
	group_init(&g, 8, 3);
	for (uint32_t i = 0; i < 3; i++)
		commit(&g, i, i == 1);
	mls_tree_release(&g.tree);
	suite = mls_suite_find(3);
}

int main(void)
{
	if (sr_bad(crypto_init()))
		return 1;
	suite = mls_suite_find(3);
	test_run("7.5: random commits, read by everybody", random_commits);
	test_run("7.6: new leaves are left out", new_leaves);
	test_run("7.6: new leaves only, and nobody", only_new);
	test_run("7.5: the path but for the filtered one", not_filtered);
	test_run("7.6: wrong numbers and lengths", refused_shapes);
	test_run("7.6: something more", refused_longer);
	test_run("12.4.2: keys that are not new", refused_keys);
	test_run("a bit flipped", flipped);
	test_run("7.5: paths that cannot be opened", refused_open);
	test_run("7.5: secrets that give other keys", refused_secrets);
	test_run("12.4.3.1: path secrets of a Welcome", refused_joins);
	test_run("paths that cannot be sealed", refused_seals);
	test_run("keys are pruned", keys_pruned);
	test_run("7.5: keys are replaced", keys_replaced);
	test_run("every allocation fails", starved);
	test_run("suite 1", both_suites);
	return test_done();
}
