/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_path.h"

#include "crypto.h"
#include "mls_hpke.h"

#include <assert.h>
#include <string.h>

/* Where a node's key is, k->n if it is not known. */
static uint32_t find(const struct mls_keys *k, uint32_t node)
{
	uint32_t i = 0;
	while (i < k->n && k->at[i].node != node)
		i++;
	return i;
}

const uint8_t *mls_keys_find(const struct mls_keys *k, uint32_t node)
{
	uint32_t i = find(k, node);
	return i < k->n ? k->at[i].priv : NULL;
}

void mls_keys_set(struct mls_keys *k, uint32_t node, const uint8_t priv[MLS_LEN])
{
	uint32_t i = find(k, node);
	assert(i < MLS_PATH_MAX);
	k->n += i == k->n;
	k->at[i].node = node;
	memcpy(k->at[i].priv, priv, MLS_LEN);
}

void mls_keys_prune(struct mls_keys *k, const struct mls_tree *t, uint32_t leaf)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < k->n; i++) {
		uint32_t x = k->at[i].node;
		if (x == 2 * leaf || (x % 2 && mls_math_above(x, 2 * leaf) && mls_tree_key(t, x)))
			k->at[kept++] = k->at[i];
	}
	crypto_wipe(&k->at[kept], (k->n - kept) * sizeof *k->at);
	k->n = kept;
}

static struct sr_err key_pair(const struct mls_suite *s, const uint8_t path_secret[MLS_LEN],
			      uint8_t priv[MLS_LEN], uint8_t pub[MLS_LEN])
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], node_secret);
	SR_TRY(mls_derive_secret(s, path_secret, MLS_L("node"), node_secret));
	return mls_hpke_derive(s, mls_slice(node_secret), priv, pub);
}

/* Puts fresh parents on a leaf's path, from the root down, since each has the hash of the one
 * above; hash is the leaf's. */
static struct sr_err install(const struct mls_suite *s, struct mls_tree *t, uint32_t leaf,
			     const struct mls_route *route, uint8_t (*keys)[MLS_LEN],
			     uint8_t hash[MLS_LEN], size_t *hash_len)
{
	*hash_len = 0;
	mls_tree_blank_path(t, leaf);
	for (size_t i = route->n; i--;) {
		SR_TRY(mls_tree_set_parent(t, route->node[i], keys[i],
					   slice_make(hash, *hash_len)));
		SR_TRY(mls_tree_parent_hash(s, t, route->node[i], route->copath[i], hash));
		*hash_len = MLS_LEN;
	}
	return sr_ok();
}

struct sr_err mls_path_begin(const struct mls_suite *s, struct mls_tree *t, uint32_t leaf,
			     const uint8_t leaf_secret[MLS_LEN], struct mls_keys *keys,
			     struct mls_path_made *out)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], priv);
	uint8_t pub[MLS_PATH_MAX][MLS_LEN];
	const uint8_t *secret = leaf_secret;
	mls_tree_filtered_path(t, leaf, &out->route);
	SR_TRY(key_pair(s, leaf_secret, priv, out->leaf_key));
	mls_keys_set(keys, 2 * leaf, priv);
	for (size_t i = 0; i < out->route.n; i++) {
		SR_TRY(mls_derive_secret(s, secret, MLS_L("path"), out->secret[i]));
		secret = out->secret[i];
		SR_TRY(key_pair(s, secret, priv, pub[i]));
		mls_keys_set(keys, out->route.node[i], priv);
	}
	SR_TRY(mls_derive_secret(s, secret, MLS_L("path"), out->commit_secret));
	SR_TRY(install(s, t, leaf, &out->route, pub, out->parent_hash, &out->parent_hash_len));
	mls_keys_prune(keys, t, leaf);
	return sr_ok();
}

/* The resolution of a node of the copath without those who are new (7.6). */
static struct sr_err recipients(const struct mls_tree *t, uint32_t copath,
				const struct mls_nodes_found *new_leaves, struct arena *a,
				struct mls_nodes_found *out)
{
	SR_TRY(mls_tree_resolution(t, copath, a, out));
	size_t kept = 0, at = 0;
	for (size_t i = 0; i < out->n; i++) {
		uint32_t x = out->ptr[i];
		while (x % 2 == 0 && at < new_leaves->n && 2 * new_leaves->ptr[at] < x)
			at++;
		if (at == new_leaves->n || 2 * new_leaves->ptr[at] != x)
			out->ptr[kept++] = x;
	}
	out->n = kept;
	return sr_ok();
}

static struct sr_err seal_one(const struct mls_suite *s, const uint8_t pub[MLS_LEN],
			      const uint8_t info_hash[MLS_LEN], struct slice secret,
			      const struct sr_mls_platform *platform, struct arena *a,
			      struct mls_ciphertext *out)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], ikm);
	SR_TRY(platform->random(platform->user, ikm, MLS_LEN));
	return mls_encrypt(s, pub, info_hash, secret, ikm, a, out);
}

struct sr_err mls_path_seal(const struct mls_suite *s, const struct mls_tree *t,
			    const struct mls_path_made *made, const struct mls_path_in *in,
			    const struct sr_mls_platform *platform, struct arena *a,
			    struct mls_path *out)
{
	uint8_t info_hash[MLS_LEN];
	SR_TRY(mls_encrypt_info(s, MLS_L("UpdatePathNode"), in->context, info_hash));
	struct mls_path_node *nodes = ARENA_ARRAY(a, made->route.n, struct mls_path_node);
	if (!nodes)
		return sr_nomem();
	for (size_t i = 0; i < made->route.n; i++) {
		struct mls_nodes_found to;
		SR_TRY(recipients(t, made->route.copath[i], &in->new_leaves, a, &to));
		const uint8_t *key = arena_dup(a, mls_tree_key(t, made->route.node[i]), MLS_LEN);
		struct mls_ciphertext *secrets = ARENA_ARRAY(a, to.n, struct mls_ciphertext);
		if (!key || !secrets)
			return sr_nomem();
		nodes[i].encryption_key = mls_slice(key);
		nodes[i].secrets.ptr = secrets;
		nodes[i].secrets.n = to.n;
		for (size_t j = 0; j < to.n; j++)
			SR_TRY(seal_one(s, mls_tree_key(t, to.ptr[j]), info_hash,
					mls_slice(made->secret[i]), platform, a, &secrets[j]));
	}
	out->nodes.ptr = nodes;
	out->nodes.n = made->route.n;
	return sr_ok();
}

/* The only node of a route whose other side has the leaf; route->n: there is none. */
static size_t joins(const struct mls_route *route, uint32_t leaf)
{
	size_t i = 0;
	while (i < route->n && !mls_math_above(route->copath[i], 2 * leaf))
		i++;
	return i;
}

const uint8_t *mls_path_secret(const struct mls_path_made *made, uint32_t leaf)
{
	size_t i = joins(&made->route, leaf);
	return i < made->route.n ? made->secret[i] : NULL;
}

static bool lengths_ok(const struct mls_path_node *node)
{
	bool ok = true;
	for (size_t i = 0; i < node->secrets.n; i++)
		ok = ok && node->secrets.ptr[i].kem_output.len == MLS_LEN &&
		     node->secrets.ptr[i].text.len == MLS_LEN + MLS_TAG_LEN;
	return ok;
}

static struct sr_err check_shape(const struct mls_tree *t, const struct mls_route *route,
				 const struct mls_path *path, const struct mls_path_in *in)
{
	if (path->leaf.source != MLS_SOURCE_COMMIT)
		return mls_refuse("an update path whose leaf is not of a commit");
	SR_TRY(mls_key_check(path->leaf.encryption_key));
	if (path->nodes.n != route->n)
		return mls_refuse("an update path with too few or too many nodes");
	SR_SCOPED(arena_release) struct arena scratch = {0};
	for (size_t i = 0; i < route->n; i++) {
		struct mls_nodes_found to;
		SR_TRY(recipients(t, route->copath[i], &in->new_leaves, &scratch, &to));
		if (path->nodes.ptr[i].secrets.n != to.n)
			return mls_refuse("an update path with too few or too many ciphertexts");
		SR_TRY(mls_key_check(path->nodes.ptr[i].encryption_key));
		if (!lengths_ok(&path->nodes.ptr[i]))
			return mls_refuse("an update path with a ciphertext of a wrong length");
	}
	return sr_ok();
}

/* 12.4.2: no key of a path may be in the tree that it is put in, what it replaces included. */
static struct sr_err check_fresh(const struct mls_tree *t, uint8_t (*keys)[MLS_LEN], size_t n)
{
	bool known = false;
	uint64_t first[MLS_PATH_MAX], word; /* most keys differ in their first bytes already */
	for (size_t i = 0; i < n; i++)
		memcpy(&first[i], keys[i], sizeof first[i]);
	for (uint32_t x = 0; x < mls_math_width(t->leaves_n); x++) {
		const uint8_t *key = mls_tree_key(t, x);
		if (!key)
			continue;
		memcpy(&word, key, sizeof word);
		for (size_t i = 0; i < n; i++)
			if (word == first[i])
				known |= !memcmp(key, keys[i], MLS_LEN);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			known |= !memcmp(keys[i], keys[j], MLS_LEN);
	return known ? mls_refuse("an update path with a key that is not new") : sr_ok();
}

struct sr_err mls_path_apply(const struct mls_suite *s, struct mls_tree *t,
			     const struct mls_path *path, const struct mls_path_in *in)
{
	SR_SCOPED(arena_release) struct arena scratch = {0};
	struct mls_route route;
	struct slice leaf;
	uint8_t keys[MLS_PATH_MAX][MLS_LEN], hash[MLS_LEN];
	size_t hash_len;
	mls_tree_filtered_path(t, in->sender, &route);
	SR_TRY(check_shape(t, &route, path, in));
	for (size_t i = 0; i < route.n; i++)
		memcpy(keys[i], path->nodes.ptr[i].encryption_key.ptr, MLS_LEN);
	memcpy(keys[route.n], path->leaf.encryption_key.ptr, MLS_LEN);
	SR_TRY(check_fresh(t, keys, route.n + 1));
	SR_TRY(install(s, t, in->sender, &route, keys, hash, &hash_len));
	if (!slice_eq(path->leaf.parent_hash, slice_make(hash, hash_len)))
		return mls_refuse("an update path whose leaf has a wrong parent hash");
	SR_TRY(mls_encoded(&mls_type_leaf, &path->leaf, &scratch, &leaf));
	return mls_tree_set_leaf(t, in->sender, leaf);
}

/* Keys for the nodes of a route from the i-th on, whose path secret is given; in the end secret is
 * the one behind the last. */
static struct sr_err climb(const struct mls_suite *s, const struct mls_tree *t,
			   const struct mls_route *route, size_t i, uint8_t secret[MLS_LEN],
			   struct mls_keys *keys)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], priv);
	uint8_t pub[MLS_LEN];
	for (; i < route->n; i++) {
		const uint8_t *key = mls_tree_key(t, route->node[i]);
		SR_TRY(key_pair(s, secret, priv, pub));
		if (!key || memcmp(key, pub, MLS_LEN) != 0)
			return mls_refuse("a path secret that gives another key than the tree has");
		mls_keys_set(keys, route->node[i], priv);
		SR_TRY(mls_derive_secret(s, secret, MLS_L("path"), secret));
	}
	return sr_ok();
}

static struct sr_err decrypt(const struct mls_suite *s, const struct mls_tree *t, uint32_t copath,
			     const struct mls_path_node *node, const struct mls_path_in *in,
			     const struct mls_keys *keys, uint8_t secret[MLS_LEN])
{
	SR_SCOPED(arena_release) struct arena scratch = {0};
	struct mls_nodes_found to;
	SR_TRY(recipients(t, copath, &in->new_leaves, &scratch, &to));
	size_t i = 0;
	while (i < to.n && !mls_keys_find(keys, to.ptr[i]))
		i++;
	if (i == to.n)
		return sr_fail(SR_E_STATE, "an update path that has nothing for this member");
	assert(node->secrets.n == to.n && lengths_ok(node));
	return mls_decrypt(s, mls_keys_find(keys, to.ptr[i]), mls_tree_key(t, to.ptr[i]),
			   MLS_L("UpdatePathNode"), in->context, node->secrets.ptr[i].kem_output,
			   node->secrets.ptr[i].text, secret);
}

struct sr_err mls_path_open(const struct mls_suite *s, const struct mls_tree *t, uint32_t own,
			    const struct mls_path *path, const struct mls_path_in *in,
			    struct mls_keys *keys, uint8_t commit_secret[MLS_LEN])
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], secret);
	struct mls_route route;
	mls_tree_filtered_path(t, in->sender, &route);
	size_t i = joins(&route, own);
	if (i == route.n)
		return sr_fail(SR_E_STATE, "an update path of this member's own");
	assert(path->nodes.n == route.n);
	SR_TRY(decrypt(s, t, route.copath[i], &path->nodes.ptr[i], in, keys, secret));
	SR_TRY(climb(s, t, &route, i, secret, keys));
	memcpy(commit_secret, secret, MLS_LEN);
	mls_keys_prune(keys, t, own);
	return sr_ok();
}

struct sr_err mls_path_join(const struct mls_suite *s, const struct mls_tree *t, uint32_t own,
			    uint32_t signer, const uint8_t path_secret[MLS_LEN],
			    struct mls_keys *keys)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], secret);
	struct mls_route route;
	if (own == signer || !mls_tree_leaf_bytes(t, signer).len)
		return mls_refuse("a Welcome signed by nobody, or by who joins");
	mls_tree_filtered_path(t, signer, &route);
	memcpy(secret, path_secret, MLS_LEN);
	return climb(s, t, &route, joins(&route, own), secret, keys);
}
