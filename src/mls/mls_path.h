/* SPDX-License-Identifier: Apache-2.0 */
/* TreeKEM (RFC 9420, 7.4 to 7.6): fresh keys from a leaf to the root, and their secrets to
 * everybody else. A sender begins, signs its leaf, and seals; a receiver applies, and opens. The
 * tree and the keys are staged copies: on failure they may be half changed, to be thrown away. */
#ifndef MLS_PATH_H
#define MLS_PATH_H

#include "mls_label.h"
#include "mls_tree.h"
#include "subrosa-mls.h"

/* struct mls_keys: the private keys that a member knows, its leaf's among them (node 2 * leaf): of
 * nodes of its direct path only, so that there is room for all. Lies in guarded memory. */
struct mls_keys {
	uint32_t n;
	struct mls_key {
		uint32_t node;
		uint8_t priv[MLS_LEN];
	} at[MLS_PATH_MAX];
};

/* mls_keys_find returns a node's private key, NULL if it is not known; mls_keys_set adds or
 * replaces one; mls_keys_prune wipes those of parents that are blank, out of the tree, or not above
 * the leaf, and of other leaves. */
const uint8_t *mls_keys_find(const struct mls_keys *k, uint32_t node);
void mls_keys_set(struct mls_keys *k, uint32_t node, const uint8_t priv[MLS_LEN]);
void mls_keys_prune(struct mls_keys *k, const struct mls_tree *t, uint32_t leaf);

/* struct mls_path_in: the commit that a path belongs to. */
struct mls_path_in {
	uint32_t sender;                   /* its leaf; in the tree */
	struct mls_nodes_found new_leaves; /* leaves that it adds, ascending */
	struct slice context; /* provisional GroupContext, encoded; for _seal and _open only */
};

/* struct mls_path_made: what a sender keeps between begin and seal; wiped by who made it. */
struct mls_path_made {
	struct mls_route route;                /* the filtered direct path */
	uint8_t secret[MLS_PATH_MAX][MLS_LEN]; /* path_secret of route.node[0 .. n - 1] */
	uint8_t leaf_key[MLS_LEN];             /* public key for the leaf */
	uint8_t parent_hash[MLS_LEN];          /* for the leaf ... */
	size_t parent_hash_len;                /* ... MLS_LEN, or 0 where route.n is 0 */
	uint8_t commit_secret[MLS_LEN];
};

/* mls_path_begin derives the secrets of the filtered path of a leaf from leaf_secret, fresh random
 * bytes, puts the new parents with their hashes into the tree (others on the direct path become
 * blank) and the private keys, the leaf's too, into keys, which loses the old ones. The leaf itself
 * is the caller's to make, with leaf_key and parent_hash, and to set; it may still be blank. */
SR_MUST struct sr_err mls_path_begin(const struct mls_suite *s, struct mls_tree *t, uint32_t leaf,
				     const uint8_t leaf_secret[MLS_LEN], struct mls_keys *keys,
				     struct mls_path_made *out);

/* mls_path_seal encrypts the path secrets to the resolutions of the copath, without the leaves that
 * are new, into out->nodes, in a. Errors of platform's; SR_E_INPUT: a public key of small order. */
SR_MUST struct sr_err mls_path_seal(const struct mls_suite *s, const struct mls_tree *t,
				    const struct mls_path_made *made, const struct mls_path_in *in,
				    const struct sr_mls_platform *platform, struct arena *a,
				    struct mls_path *out);

/* mls_path_secret returns the path secret that a new member at leaf gets in its Welcome (12.4.3.1);
 * NULL for the sender's own leaf, and for one whose side of the tree was empty. */
const uint8_t *mls_path_secret(const struct mls_path_made *made, uint32_t leaf);

/* mls_path_apply puts a received path into the tree, the leaf too, and checks (7.5, 7.6, 12.4.2)
 * the numbers of nodes and of ciphertexts, all lengths, that the keys are new to the tree and
 * differ, that the leaf is of a commit, and its parent hash. The leaf's signature and all the rest
 * of 7.3 is the caller's to check. SR_E_INPUT, SR_E_NOMEM. */
SR_MUST struct sr_err mls_path_apply(const struct mls_suite *s, struct mls_tree *t,
				     const struct mls_path *path, const struct mls_path_in *in);

/* mls_path_open, after mls_path_apply: decrypts the path secret for the member at leaf own, derives
 * those above, checks the public keys in the tree against them, and updates keys, which loses the
 * old ones. SR_E_AUTH: it cannot be decrypted; SR_E_INPUT: a key differs; SR_E_STATE: it is not
 * for own, who is new or the sender. */
SR_MUST struct sr_err mls_path_open(const struct mls_suite *s, const struct mls_tree *t,
				    uint32_t own, const struct mls_path *path,
				    const struct mls_path_in *in, struct mls_keys *keys,
				    uint8_t commit_secret[MLS_LEN]);

/* mls_path_join takes the path secret of a Welcome: for the lowest node above own and signer, and
 * those above it in the signer's filtered path (12.4.3.1). SR_E_INPUT if a public key differs, or
 * signer is own or blank. */
SR_MUST struct sr_err mls_path_join(const struct mls_suite *s, const struct mls_tree *t,
				    uint32_t own, uint32_t signer,
				    const uint8_t path_secret[MLS_LEN], struct mls_keys *keys);

#endif
