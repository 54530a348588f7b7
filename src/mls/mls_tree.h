/* SPDX-License-Identifier: Apache-2.0 */
/* The ratchet tree (RFC 9420, 4, 7.7 to 7.9), public part. Nodes are kept in their encoded form and
 * shared between trees by counting, so that a copy of a tree costs a pointer a node and a staged
 * commit leaves the tree it started from alone. Each node is hashed once. */
#ifndef MLS_TREE_H
#define MLS_TREE_H

#include "mls_math.h"
#include "mls_suite.h"
#include "mls_types.h"

/* bytes is a LeafNode at an even place and a ParentNode at an odd one; never changed. Its
 * encryption key, and a leaf's signature key, are MLS_LEN long, a parent's parent hash that or
 * empty: nothing else gets in, and so all of them have a fixed place. number is for who counts
 * nodes, for as long as that takes. */
struct mls_tree_node {
	uint32_t refs, len, number;
	uint8_t bytes[];
};

/* {0} holds nothing and may be released. leaves_n is a power of two, at most MLS_MEMBERS_MAX; a
 * NULL node is blank. The right half is never all blank, but for a tree of one leaf and for what
 * mls_tree_room and mls_tree_blank leave. Unmerged leaves are ascending, below their node, not
 * blank, and unmerged at every parent between. A node is hashed only if those below it are. */
struct mls_tree {
	uint32_t leaves_n, full;      /* no leaf before full is blank */
	struct mls_tree_node **nodes; /* mls_math_width(leaves_n) */
	uint8_t (*hashes)[MLS_LEN];   /* tree hash of a node, if hashed says that it is known */
	uint8_t *hashed;
};

/* struct mls_nodes_found: node numbers; ptr in an arena. */
struct mls_nodes_found {
	uint32_t *ptr;
	size_t n;
};

/* struct mls_route: nodes from a leaf towards the root, lowest first, and for each its child that
 * is not above the leaf. */
enum { MLS_PATH_MAX = 32 };
struct mls_route {
	size_t n;
	uint32_t node[MLS_PATH_MAX], copath[MLS_PATH_MAX];
};

/* mls_tree_node_new makes a node with one reference, NULL if there is no memory; _release gives one
 * back, NULL is allowed: for who keeps nodes beyond their tree (refs is one more then). */
struct mls_tree_node *mls_tree_node_new(struct slice bytes);
void mls_tree_node_release(struct mls_tree_node *n);

/* mls_tree_init makes a tree of one blank leaf; mls_tree_clone an equal one. SR_E_NOMEM. */
SR_MUST struct sr_err mls_tree_init(struct mls_tree *t);
SR_MUST struct sr_err mls_tree_clone(const struct mls_tree *from, struct mls_tree *out);
void mls_tree_release(struct mls_tree *t);

/* mls_tree_decode reads a ratchet_tree (12.4.3.3) into an empty tree, with what 7.1 and 12.4.3.1
 * ask of its shape: kinds of nodes at their places, the last node not blank, unmerged leaves as
 * above, keys of the suites' length. SR_E_INPUT, SR_E_LIMIT, SR_E_NOMEM. mls_tree_encode appends
 * one. */
SR_MUST struct sr_err mls_tree_decode(struct slice in, struct mls_tree *out);
void mls_tree_encode(const struct mls_tree *t, struct build *b);

/* mls_tree_bytes gives a node's encoding, empty if it is blank or beyond the tree; the bytes stay
 * until the node is replaced. mls_tree_leaf_bytes: that of a leaf. mls_tree_leaf decodes one,
 * opaque fields borrowed from the tree: SR_E_INPUT if it is blank. */
struct slice mls_tree_bytes(const struct mls_tree *t, uint32_t node);
struct slice mls_tree_leaf_bytes(const struct mls_tree *t, uint32_t leaf);
SR_MUST struct sr_err mls_tree_leaf(const struct mls_tree *t, uint32_t leaf, struct arena *a,
				    struct mls_leaf *out);

/* mls_tree_key: MLS_LEN bytes of a node's encryption key, NULL if it is blank or beyond the tree.
 * mls_tree_signature_key: of a leaf's signature key. */
const uint8_t *mls_tree_key(const struct mls_tree *t, uint32_t node);
const uint8_t *mls_tree_signature_key(const struct mls_tree *t, uint32_t leaf);

/* mls_tree_front: the key and the parent hash of a parent, encoded; mls_tree_unmerged: its unmerged
 * leaves, 4 bytes each, most significant first. Empty if it is blank. */
struct slice mls_tree_front(const struct mls_tree *t, uint32_t node);
struct slice mls_tree_unmerged(const struct mls_tree *t, uint32_t node);

/* mls_leaves_at reads one leaf of such a list, mls_leaves_before counts those before leaf, and
 * mls_leaves_under cuts out those below a node. */
uint32_t mls_leaves_at(struct slice list, size_t i);
size_t mls_leaves_before(struct slice list, uint32_t leaf);
struct slice mls_leaves_under(struct slice list, uint32_t node);

/* mls_tree_room (7.7): the leftmost blank leaf, the tree extended if there is none: for an external
 * commit, whose path then fills it (mls_path_apply with that leaf as its sender). SR_E_LIMIT,
 * SR_E_NOMEM. */
SR_MUST struct sr_err mls_tree_room(struct mls_tree *t, uint32_t *index);

/* mls_tree_add (12.1.1): the same leaf, filled; unmerged at its ancestors. leaf is a whole
 * LeafNode, encoded. mls_tree_update (12.1.2) and mls_tree_remove (12.1.3) blank the direct path as
 * well, and _remove cuts what became needless on the right; a leaf that is blank or beyond the tree
 * is SR_E_INPUT. mls_tree_set_leaf only replaces, or fills a blank one (asserted: in the tree). A
 * key of another length than MLS_LEN is SR_E_INPUT. Nothing changed on failure. */
SR_MUST struct sr_err mls_tree_add(struct mls_tree *t, struct slice leaf, uint32_t *index);
SR_MUST struct sr_err mls_tree_update(struct mls_tree *t, uint32_t index, struct slice leaf);
SR_MUST struct sr_err mls_tree_remove(struct mls_tree *t, uint32_t index);
SR_MUST struct sr_err mls_tree_set_leaf(struct mls_tree *t, uint32_t index, struct slice leaf);

/* mls_tree_set_parent replaces a parent node by one without unmerged leaves, SR_E_NOMEM;
 * mls_tree_blank blanks any node, mls_tree_blank_path the direct path of a leaf. parent_hash is
 * empty or MLS_LEN bytes (asserted). */
SR_MUST struct sr_err mls_tree_set_parent(struct mls_tree *t, uint32_t node,
					  const uint8_t key[MLS_LEN], struct slice parent_hash);
void mls_tree_blank(struct mls_tree *t, uint32_t node);
void mls_tree_blank_path(struct mls_tree *t, uint32_t leaf);

/* mls_tree_resolution (4.1.1) of a node, into a; the leaves in it are ascending. SR_E_NOMEM. */
SR_MUST struct sr_err mls_tree_resolution(const struct mls_tree *t, uint32_t node, struct arena *a,
					  struct mls_nodes_found *out);

/* mls_tree_filtered_path (4.1.2) writes the filtered direct path of a leaf in the tree. */
void mls_tree_filtered_path(const struct mls_tree *t, uint32_t leaf, struct mls_route *out);

/* mls_tree_hash (7.8) writes the tree hash of the root; mls_tree_hash_at that of a node. What is
 * hashed is remembered until it changes. */
SR_MUST struct sr_err mls_tree_hash(const struct mls_suite *s, struct mls_tree *t,
				    uint8_t out[MLS_LEN]);
SR_MUST struct sr_err mls_tree_hash_at(const struct mls_suite *s, struct mls_tree *t, uint32_t node,
				       uint8_t out[MLS_LEN]);

/* mls_tree_parent_hash (7.9) writes the parent hash that a child of parent (not blank) carries,
 * other being the parent's other child: over parent's key, its parent hash, and the tree hash of
 * other as it was when parent got its key. */
SR_MUST struct sr_err mls_tree_parent_hash(const struct mls_suite *s, struct mls_tree *t,
					   uint32_t parent, uint32_t other, uint8_t out[MLS_LEN]);

/* mls_tree_check_unmerged checks what is said of unmerged leaves above (7.1, 12.4.3.1), for
 * mls_tree_decode; SR_E_INPUT. */
SR_MUST struct sr_err mls_tree_check_unmerged(const struct mls_tree *t);

/* mls_tree_check (7.9.2) checks that every parent's hash is carried by exactly one node below it,
 * and that the root has none of its own; SR_E_INPUT. */
SR_MUST struct sr_err mls_tree_check(const struct mls_suite *s, struct mls_tree *t);

/* mls_tree_unique: SR_E_INPUT if two nodes have the same encryption key, or two leaves the same
 * signature key (7.3, 12.4.3.1). Linear in the tree, whatever the keys; less work if t began as a
 * clone of a tree that is known to be good, before (or NULL). */
SR_MUST struct sr_err mls_tree_unique(const struct mls_suite *s, struct mls_tree *t,
				      const struct mls_tree *before);

#endif
