/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle trees in the shape of RFC 6962, section 2.1: the left half of n > 1 leaves is the largest
 * power of two below n, and an inner node is BLAKE2b-256(0x01 || left || right). Leaves are hashed
 * elsewhere (commit_leaf.h), each kind with its own first byte, so that no leaf is a node.
 *
 * Some leaves of a tree are opened together. The proof is the list of the roots of all largest
 * subtrees without an opened leaf, from left to right, and nothing else: there is one proof. */
#ifndef COMMIT_TREE_H
#define COMMIT_TREE_H

#include "arena.h"
#include "crypto.h"
#include "err.h"

struct commit_hash {
	uint8_t at[CRYPTO_HASH_LEN];
};

bool commit_hash_eq(const struct commit_hash *a, const struct commit_hash *b);

/* struct commit_opened: leaf number index, below the number of leaves. */
struct commit_opened {
	uint32_t index;
	struct commit_hash leaf;
};

struct commit_proof {
	struct commit_hash *at;
	size_t n;
};

/* commit_tree_root gives the root of n leaves, n > 0 (asserted). */
void commit_tree_root(const struct commit_hash *leaf, size_t n, struct commit_hash *root);

/* commit_tree_prove gives the proof, in a, for the leaves index[0, opened_n), strictly ascending
 * and below n (asserted). SR_E_NOMEM. */
SR_MUST struct sr_err commit_tree_prove(struct arena *a, const struct commit_hash *leaf, size_t n,
					const uint32_t *index, size_t opened_n,
					struct commit_proof *out);

/* commit_tree_check computes the root that a tree of n leaves has if the opened ones stand where
 * they say and the rest is as the proof says. SR_E_INPUT: n is 0, the indices do not ascend or
 * reach n, or the proof is too short or too long. */
SR_MUST struct sr_err commit_tree_check(size_t n, const struct commit_opened *opened,
					size_t opened_n, const struct commit_proof *proof,
					struct commit_hash *root);

#endif
