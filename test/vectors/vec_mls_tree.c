/* SPDX-License-Identifier: Apache-2.0 */
/* Ratchet trees against the official vectors: arithmetic, operations, validation, and update paths,
 * received and made. */
#include "crypto.h"
#include "mls_hpke.h"
#include "mls_path.h"
#include "vec.h"

#include <string.h>

static struct sr_err draw(void *user, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)test_random(user);
	return sr_ok();
}

static uint64_t seed = 9420;
static const struct sr_mls_platform platform = {.random = draw, .user = &seed};

static const struct mls_suite *suite_of(const struct vec *v)
{
	return mls_suite_find((uint16_t)vec_int(v, "cipher_suite"));
}

/* The bytes of a field that must be a key or a hash. */
static const uint8_t *bytes32(const struct vec *v, const char *name)
{
	static const uint8_t none[MLS_LEN];
	struct slice s = vec_hex(v, name);
	return CHECK(s.len == MLS_LEN, "%s has %zu bytes", name, s.len) ? s.ptr : none;
}

/* Null, or a node number. */
static void node_is(const struct vec *v, const char *name, uint32_t x, bool there, uint32_t got)
{
	const struct vec *want = vec_at(v, name, x);
	CHECK(vec_has(want, NULL) == there, "%s of %u", name, x);
	if (there && vec_has(want, NULL))
		CHECK(got == vec_int(want, NULL), "%s of %u is %u", name, x, got);
}

static void tree_math(const struct vec *v)
{
	uint32_t n = (uint32_t)vec_int(v, "n_leaves"), root = mls_math_root(n);
	CHECK(mls_math_width(n) == vec_int(v, "n_nodes"), "%u leaves", n);
	CHECK(root == vec_int(v, "root"), "%u leaves", n);
	CHECK(vec_n(v, "left") == mls_math_width(n), "%u leaves", n);
	for (uint32_t x = 0; x < mls_math_width(n); x++) {
		node_is(v, "left", x, x % 2, x % 2 ? mls_math_left(x) : 0);
		node_is(v, "right", x, x % 2, x % 2 ? mls_math_right(x) : 0);
		node_is(v, "parent", x, x != root, x != root ? mls_math_parent(x) : 0);
		node_is(v, "sibling", x, x != root, x != root ? mls_math_sibling(x) : 0);
	}
}

static void tree_is(const struct mls_suite *s, struct mls_tree *t, const struct vec *v,
		    const char *bytes, const char *hash)
{
	struct build b;
	struct slice encoded;
	uint8_t got[MLS_LEN];
	build_init(&b, 0);
	mls_tree_encode(t, &b);
	if (VEC_OK(build_keep(&b, vec_arena(), &encoded)))
		VEC_FIELD(v, bytes, encoded);
	if (VEC_OK(mls_tree_hash(s, t, got)))
		VEC_FIELD(v, hash, slice_make(got, MLS_LEN));
}

static void apply(struct mls_tree *t, const struct mls_proposal *p, uint32_t sender)
{
	struct slice leaf;
	uint32_t index;
	if (p->type == MLS_PROPOSAL_ADD) {
		VEC_OK(mls_encoded(&mls_type_leaf, &p->add->leaf, vec_arena(), &leaf));
		VEC_OK(mls_tree_add(t, leaf, &index));
	} else if (p->type == MLS_PROPOSAL_UPDATE) {
		VEC_OK(mls_encoded(&mls_type_leaf, p->update, vec_arena(), &leaf));
		VEC_OK(mls_tree_update(t, sender, leaf));
	} else if (CHECK(p->type == MLS_PROPOSAL_REMOVE, "proposal of type %u", p->type)) {
		VEC_OK(mls_tree_remove(t, p->remove));
	}
}

static void tree_operations(const struct vec *v)
{
	const struct mls_suite *s = suite_of(v);
	struct mls_tree t = {0}, after = {0};
	struct mls_proposal p;
	if (!VEC_OK(mls_tree_decode(vec_hex(v, "tree_before"), &t)) ||
	    !VEC_OK(mls_decode(&mls_type_proposal, vec_hex(v, "proposal"), vec_arena(), &p)))
		goto out;
	tree_is(s, &t, v, "tree_before", "tree_hash_before");
	if (!VEC_OK(mls_tree_clone(&t, &after)))
		goto out;
	apply(&after, &p, (uint32_t)vec_int(v, "proposal_sender"));
	tree_is(s, &after, v, "tree_after", "tree_hash_after");
	tree_is(s, &t, v, "tree_before", "tree_hash_before");
out:
	mls_tree_release(&t);
	mls_tree_release(&after);
}

/* LeafNodeTBS (7.2) of the leaf as it is, in the running case's arena. */
static struct slice leaf_tbs(const struct mls_leaf *leaf, struct slice group_id, uint32_t index)
{
	struct build b;
	struct slice out = {0};
	build_init(&b, 0);
	mls_encode(&mls_type_leaf_tbs, leaf, &b);
	if (leaf->source != MLS_SOURCE_KEY_PACKAGE) {
		mls_put_opaque(&b, group_id);
		mls_put_u32(&b, index);
	}
	VEC_OK(build_keep(&b, vec_arena(), &out));
	return out;
}

static void signature_is_good(const struct mls_suite *s, const struct mls_tree *t, uint32_t index,
			      struct slice group_id)
{
	struct mls_leaf leaf;
	if (!mls_tree_leaf_bytes(t, index).len ||
	    !VEC_OK(mls_tree_leaf(t, index, vec_arena(), &leaf)))
		return;
	VEC_OK(mls_verify(s, leaf.signature_key, MLS_L("LeafNodeTBS"),
			  leaf_tbs(&leaf, group_id, index), leaf.signature));
	struct slice other = leaf_tbs(&leaf, group_id, index + 1);
	CHECK(leaf.source == MLS_SOURCE_KEY_PACKAGE ||
		      mls_verify(s, leaf.signature_key, MLS_L("LeafNodeTBS"), other, leaf.signature)
				      .code == SR_E_AUTH,
	      "leaf %u is bound to its place", index);
}

static void resolution_is(const struct mls_tree *t, uint32_t x, const struct vec *want)
{
	struct mls_nodes_found found;
	if (!VEC_OK(mls_tree_resolution(t, x, vec_arena(), &found)))
		return;
	CHECK(found.n == vec_n(want, NULL), "node %u has a resolution of %zu", x, found.n);
	for (size_t i = 0; i < found.n; i++)
		CHECK(found.ptr[i] == vec_int(vec_at(want, NULL, i), NULL), "node %u, %zu", x, i);
}

static void tree_validation(const struct vec *v)
{
	const struct mls_suite *s = suite_of(v);
	struct mls_tree t = {0};
	if (!VEC_OK(mls_tree_decode(vec_hex(v, "tree"), &t)))
		return;
	uint32_t width = mls_math_width(t.leaves_n);
	CHECK(vec_n(v, "tree_hashes") == width && vec_n(v, "resolutions") == width, "%u nodes",
	      width);
	VEC_OK(mls_tree_check(s, &t));
	VEC_OK(mls_tree_unique(s, &t, NULL));
	for (uint32_t x = 0; x < width; x++) {
		uint8_t hash[MLS_LEN];
		VEC_OK(mls_tree_hash_at(s, &t, x, hash));
		VEC_FIELD(vec_at(v, "tree_hashes", x), NULL, slice_make(hash, MLS_LEN));
		resolution_is(&t, x, vec_at(v, "resolutions", x));
	}
	for (uint32_t i = 0; i < t.leaves_n; i++)
		signature_is_good(s, &t, i, vec_hex(v, "group_id"));
	mls_tree_release(&t);
}

/* The private key that a path secret stands for. */
static void node_key(const struct mls_suite *s, const uint8_t path_secret[MLS_LEN],
		     uint8_t priv[MLS_LEN], uint8_t pub[MLS_LEN])
{
	uint8_t secret[MLS_LEN];
	VEC_OK(mls_derive_secret(s, path_secret, MLS_L("node"), secret));
	VEC_OK(mls_hpke_derive(s, slice_make(secret, MLS_LEN), priv, pub));
}

static void key_is_in(const struct mls_tree *t, uint32_t x, const uint8_t pub[MLS_LEN])
{
	const uint8_t *key = mls_tree_key(t, x);
	if (CHECK(key, "node %u is blank", x))
		VEC_EQ(slice_make(pub, MLS_LEN), slice_make(key, MLS_LEN), "public key");
}

static struct mls_keys keys_of(const struct mls_suite *s, const struct mls_tree *t,
			       const struct vec *leaf)
{
	struct mls_keys keys = {0};
	uint8_t priv[MLS_LEN], pub[MLS_LEN];
	uint32_t index = (uint32_t)vec_int(leaf, "index");
	memcpy(priv, bytes32(leaf, "encryption_priv"), MLS_LEN);
	VEC_OK(s->dh_public(priv, pub));
	key_is_in(t, 2 * index, pub);
	mls_keys_set(&keys, 2 * index, priv);
	for (size_t i = 0; i < vec_n(leaf, "path_secrets"); i++) {
		const struct vec *known = vec_at(leaf, "path_secrets", i);
		uint32_t x = (uint32_t)vec_int(known, "node");
		node_key(s, bytes32(known, "path_secret"), priv, pub);
		key_is_in(t, x, pub);
		mls_keys_set(&keys, x, priv);
	}
	return keys;
}

/* A case of treekem.json. */
struct kem {
	const struct vec *v;
	const struct mls_suite *s;
	struct mls_tree tree;
};

static struct slice context_of(const struct kem *k, const uint8_t tree_hash[MLS_LEN])
{
	struct mls_context c = {.version = MLS_VERSION_10,
				.suite = k->s->id,
				.group_id = vec_hex(k->v, "group_id"),
				.epoch = vec_int(k->v, "epoch"),
				.tree_hash = slice_make(tree_hash, MLS_LEN),
				.confirmed_transcript_hash =
					vec_hex(k->v, "confirmed_transcript_hash")};
	struct slice out = {0};
	VEC_OK(mls_encoded(&mls_type_context, &c, vec_arena(), &out));
	return out;
}

/* Everybody else reads a path that was put into after; secrets: what the vector says they find. */
static void all_open(const struct kem *k, const struct mls_tree *after, const struct mls_path *path,
		     const struct mls_path_in *in, const struct vec *secrets,
		     const uint8_t commit_secret[MLS_LEN])
{
	for (size_t i = 0; i < vec_n(k->v, "leaves_private"); i++) {
		const struct vec *leaf = vec_at(k->v, "leaves_private", i);
		uint32_t own = (uint32_t)vec_int(leaf, "index");
		struct mls_keys keys = keys_of(k->s, &k->tree, leaf);
		uint8_t got[MLS_LEN], priv[MLS_LEN], pub[MLS_LEN];
		struct sr_err e = mls_path_open(k->s, after, own, path, in, &keys, got);
		if (own == in->sender) {
			CHECK(e.code == SR_E_STATE, "the sender's own path");
			continue;
		}
		if (!VEC_OK(e))
			continue;
		VEC_EQ(slice_make(got, MLS_LEN), slice_make(commit_secret, MLS_LEN), "commit");
		if (!secrets)
			continue;
		uint32_t x = 2 * own;
		while (!mls_math_above(x, 2 * in->sender))
			x = mls_math_parent(x);
		node_key(k->s, bytes32(vec_at(secrets, NULL, own), NULL), priv, pub);
		const uint8_t *known = mls_keys_find(&keys, x);
		CHECK(known && !memcmp(known, priv, MLS_LEN), "path secret of leaf %u", own);
	}
}

static void given(const struct kem *k, const struct vec *update)
{
	struct mls_path path;
	struct mls_tree after = {0};
	struct mls_path_in in = {.sender = (uint32_t)vec_int(update, "sender")};
	uint8_t hash[MLS_LEN];
	if (!VEC_OK(mls_decode(&mls_type_path, vec_hex(update, "update_path"), vec_arena(),
			       &path)) ||
	    !VEC_OK(mls_tree_clone(&k->tree, &after)))
		return;
	if (VEC_OK(mls_path_apply(k->s, &after, &path, &in)) &&
	    VEC_OK(mls_tree_hash(k->s, &after, hash))) {
		VEC_FIELD(update, "tree_hash_after", slice_make(hash, MLS_LEN));
		VEC_OK(mls_tree_check(k->s, &after));
		signature_is_good(k->s, &after, in.sender, vec_hex(k->v, "group_id"));
		in.context = context_of(k, hash);
		all_open(k, &after, &path, &in, vec_get(update, "path_secrets"),
			 bytes32(update, "commit_secret"));
	}
	mls_tree_release(&after);
}

/* Signs the new leaf of a path and puts it into the tree. */
static void sign_leaf(const struct kem *k, const struct vec *private,
		      const struct mls_path_made *made, struct mls_tree *t, struct mls_leaf *leaf)
{
	static uint8_t signature[MLS_SIGNATURE_LEN];
	uint32_t index = (uint32_t)vec_int(private, "index");
	struct slice bytes;
	VEC_OK(mls_tree_leaf(&k->tree, index, vec_arena(), leaf));
	leaf->encryption_key = slice_make(made->leaf_key, MLS_LEN);
	leaf->source = MLS_SOURCE_COMMIT;
	leaf->parent_hash = slice_make(made->parent_hash, made->parent_hash_len);
	struct slice tbs = leaf_tbs(leaf, vec_hex(k->v, "group_id"), index);
	VEC_OK(mls_sign(k->s, bytes32(private, "signature_priv"), leaf->signature_key.ptr,
			MLS_L("LeafNodeTBS"), tbs, signature));
	leaf->signature = slice_make(signature, sizeof signature);
	VEC_OK(mls_encoded(&mls_type_leaf, leaf, vec_arena(), &bytes));
	VEC_OK(mls_tree_set_leaf(t, index, bytes));
}

static void made_here(const struct kem *k, const struct vec *private)
{
	struct mls_tree mine = {0}, theirs = {0};
	struct mls_keys keys = keys_of(k->s, &k->tree, private);
	struct mls_path_in in = {.sender = (uint32_t)vec_int(private, "index")};
	struct mls_path_made made = {0};
	struct mls_path path = {0}, again;
	struct slice bytes;
	uint8_t secret[MLS_LEN], hash[MLS_LEN], hash_theirs[MLS_LEN];
	VEC_OK(draw(&seed, secret, MLS_LEN));
	if (!VEC_OK(mls_tree_clone(&k->tree, &mine)) ||
	    !VEC_OK(mls_tree_clone(&k->tree, &theirs)) ||
	    !VEC_OK(mls_path_begin(k->s, &mine, in.sender, secret, &keys, &made)))
		goto out;
	sign_leaf(k, private, &made, &mine, &path.leaf);
	VEC_OK(mls_tree_hash(k->s, &mine, hash));
	in.context = context_of(k, hash);
	if (!VEC_OK(mls_path_seal(k->s, &mine, &made, &in, &platform, vec_arena(), &path)) ||
	    !VEC_OK(mls_encoded(&mls_type_path, &path, vec_arena(), &bytes)) ||
	    !VEC_OK(mls_decode(&mls_type_path, bytes, vec_arena(), &again)) ||
	    !VEC_OK(mls_path_apply(k->s, &theirs, &again, &in)))
		goto out;
	VEC_OK(mls_tree_hash(k->s, &theirs, hash_theirs));
	VEC_EQ(slice_make(hash_theirs, MLS_LEN), slice_make(hash, MLS_LEN), "tree hash");
	VEC_OK(mls_tree_check(k->s, &theirs));
	signature_is_good(k->s, &theirs, in.sender, vec_hex(k->v, "group_id"));
	all_open(k, &theirs, &again, &in, NULL, made.commit_secret);
out:
	mls_tree_release(&mine);
	mls_tree_release(&theirs);
}

static void treekem(const struct vec *v)
{
	struct kem k = {v, suite_of(v), {0}};
	if (!VEC_OK(mls_tree_decode(vec_hex(v, "ratchet_tree"), &k.tree)))
		return;
	CHECK(vec_n(v, "update_paths") == vec_n(v, "leaves_private"), "a path of everybody");
	for (size_t i = 0; i < vec_n(v, "update_paths"); i++)
		given(&k, vec_at(v, "update_paths", i));
	for (size_t i = 0; i < vec_n(v, "leaves_private"); i++)
		made_here(&k, vec_at(v, "leaves_private", i));
	mls_tree_release(&k.tree);
}

int main(void)
{
	struct sr_err e = crypto_init();
	if (sr_bad(e))
		return 1;
	vec_file("tree-math.json", 10, tree_math);
	vec_file("tree-operations.json", 5, tree_operations);
	vec_file("tree-validation.json", 28, tree_validation);
	vec_file("treekem.json", 22, treekem);
	return test_done();
}
