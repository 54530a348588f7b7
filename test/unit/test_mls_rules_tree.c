/* SPDX-License-Identifier: Apache-2.0 */
/* Ratchet trees that somebody joins by (7.1, 7.9, 12.4.3.1, 12.4.3.3). Which nodes are there:
 * scene_tree in mls_forge.h. */
#include "mls_forge.h"

#include <string.h>

static struct mls_parent *parent_of(void *object, uint32_t node)
{
	return &((struct mls_nodes *)object)->ptr[node]->parent;
}

static void set_unmerged(struct forge *f, void *object, uint32_t node, size_t n,
			 const uint32_t *leaves)
{
	uint32_t *copy = (uint32_t *)(void *)forge_bytes(f, 4 * n);
	memcpy(copy, leaves, 4 * n);
	parent_of(object, node)->unmerged.ptr = copy;
	parent_of(object, node)->unmerged.n = n;
}
#define UNMERGED(node, ...)                                                                        \
	set_unmerged(f, object, (node), sizeof(uint32_t[]){__VA_ARGS__} / 4,                       \
		     (const uint32_t[]){__VA_ARGS__})

/* carried gives the parent hash that the child of parent, beside other, has to have. */
static struct slice carried(struct forge *f, const struct mls_nodes *nodes, uint32_t parent,
			    uint32_t other)
{
	struct mls_tree t;
	uint8_t *hash = forge_bytes(f, MLS_LEN);
	if (FORGE_OK(mls_tree_decode(forge_encoded(f, &mls_type_tree, nodes), &t))) {
		FORGE_OK(mls_tree_parent_hash(f->s, &t, parent, other, hash));
		mls_tree_release(&t);
	}
	return slice_make(hash, MLS_LEN);
}

/* chain makes the parent hashes good again between the root and leaf 0, by which node 3 is
 * vouched for, or leaf 4, by which the root is. */
static void chain(struct forge *f, struct mls_nodes *nodes, enum forge_who who)
{
	struct mls_leaf *leaf = &nodes->ptr[2 * who]->leaf;
	uint32_t top = who == FIFTH ? 11 : 3, sibling = who == FIFTH ? 3 : 11;
	if (who == FIFTH) {
		nodes->ptr[top]->parent.parent_hash = carried(f, nodes, 7, sibling);
		leaf->parent_hash = carried(f, nodes, 11, 13);
	} else {
		nodes->ptr[1]->parent.parent_hash = carried(f, nodes, 3, 5);
		leaf->parent_hash = carried(f, nodes, 1, 2);
	}
	struct mls_leaf_at place = {.group_id = f->group_id, .index = who};
	forge_sign_leaf(f, who, &place, MLS_L("LeafNodeTBS"), leaf);
}

/* chains makes both of them good again. */
static void chains(struct forge *f, struct mls_nodes *nodes)
{
	chain(f, nodes, HOSTILE);
	chain(f, nodes, FIFTH);
}

/* ---- 7.1 ---- */

static void descending(struct forge *f, void *object)
{
	UNMERGED(7, 7, 5);
}

static void twice(struct forge *f, void *object)
{
	UNMERGED(7, 5, 5, 7);
}

static void parent_hash_short(struct forge *f, void *object)
{
	struct slice *hash = &parent_of(object, 11)->parent_hash;
	*hash = forge_shorter(f, *hash);
}

static void parent_hash_long(struct forge *f, void *object)
{
	struct slice *hash = &parent_of(object, 11)->parent_hash;
	*hash = forge_longer(f, *hash);
}

/* ---- 7.9 ---- */

static void root_with_parent_hash(struct forge *f, void *object)
{
	parent_of(object, 7)->parent_hash = forge_draw(f, MLS_LEN);
	chain(f, object, FIFTH);
}

/* A parent that nobody ever made: its key is anybody's, and no node knows of it. */
static void new_parent(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	struct mls_node *node = ARENA_NEW(&f->a, struct mls_node);
	node->type = MLS_NODE_PARENT;
	node->parent.encryption_key = forge_draw(f, MLS_LEN);
	nodes->ptr[5] = node;
	chains(f, nodes);
}

static void other_parent_key(struct forge *f, void *object)
{
	parent_of(object, 3)->encryption_key = forge_draw(f, MLS_LEN);
	chain(f, object, FIFTH);
}

/* Node 1 has another parent hash than that of node 3, and leaf 0 has that of this node 1. */
static void other_parent_hash(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	struct mls_leaf *leaf = &nodes->ptr[0]->leaf;
	struct mls_leaf_at place = {.group_id = f->group_id};
	nodes->ptr[1]->parent.parent_hash = forge_draw(f, MLS_LEN);
	leaf->parent_hash = carried(f, nodes, 1, 2);
	forge_sign_leaf(f, HOSTILE, &place, MLS_L("LeafNodeTBS"), leaf);
	chain(f, nodes, FIFTH);
}

static void no_parent_hash(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	struct mls_leaf *leaf = &nodes->ptr[0]->leaf;
	struct mls_leaf_at place = {.group_id = f->group_id};
	nodes->ptr[1]->parent.parent_hash = (struct slice){0};
	leaf->parent_hash = carried(f, nodes, 1, 2);
	forge_sign_leaf(f, HOSTILE, &place, MLS_L("LeafNodeTBS"), leaf);
	chain(f, nodes, FIFTH);
}

/* Leaf 2 is another than when leaf 0 made its path, beside it. */
static void other_leaf_beside(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	struct mls_leaf_at place = {.group_id = f->group_id, .index = 2};
	nodes->ptr[4]->leaf.capabilities.proposals = forge_values(f, 1, 0xf002);
	forge_sign_leaf(f, THIRD, &place, MLS_L("LeafNodeTBS"), &nodes->ptr[4]->leaf);
	chain(f, nodes, FIFTH);
}

/* Leaf 5, beside which leaf 4 made its path, is said to have been there. */
static void merged(struct forge *f, void *object)
{
	UNMERGED(7, 7);
	UNMERGED(11, 7);
}

/* Leaf 6 is said to have come after the path of leaf 4. */
static void unmerged_too_many(struct forge *f, void *object)
{
	UNMERGED(7, 5, 6, 7);
	UNMERGED(11, 5, 6, 7);
}

/* ---- 12.4.3.1 ---- */

/* Leaf 5, where OUTSIDE is, becomes blank. */
static void unmerged_blank(struct forge *f, void *object)
{
	(void)f;
	((struct mls_nodes *)object)->ptr[10] = NULL;
}

static void unmerged_beyond(struct forge *f, void *object)
{
	UNMERGED(7, 5, 7, 8);
}

static void unmerged_elsewhere(struct forge *f, void *object)
{
	UNMERGED(11, 2, 5, 7);
}

static void unmerged_above_only(struct forge *f, void *object)
{
	UNMERGED(11, 5);
}

static void one_key_for_parents(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	nodes->ptr[3]->parent.encryption_key = nodes->ptr[11]->parent.encryption_key;
	chains(f, nodes);
}

static void one_key_for_parent_and_leaf(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	nodes->ptr[3]->parent.encryption_key = nodes->ptr[4]->leaf.encryption_key;
	chains(f, nodes);
}

static void other_tree(struct forge *f, void *object)
{
	struct mls_group_info *info = object;
	struct slice *data = &info->extensions.ptr[0].data;
	struct mls_nodes nodes;
	struct mls_leaf_at place = {.group_id = f->group_id, .index = 2};
	FORGE_OK(mls_decode(&mls_type_tree, *data, &f->a, &nodes));
	nodes.ptr[4]->leaf.capabilities.proposals = forge_values(f, 1, 0xf002);
	forge_sign_leaf(f, THIRD, &place, MLS_L("LeafNodeTBS"), &nodes.ptr[4]->leaf);
	*data = forge_encoded(f, &mls_type_tree, &nodes);
}

static void without_us(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	(void)f;
	nodes->n = 5;
}

static void us_with_another_leaf(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	struct mls_leaf_at place = {.source = MLS_SOURCE_KEY_PACKAGE};
	struct mls_leaf *leaf = &nodes->ptr[6]->leaf;
	leaf->not_after++;
	forge_sign_leaf(f, JOINER, &place, MLS_L("LeafNodeTBS"), leaf);
}

/* ---- 12.4.3.3 ---- */

static void add_nodes(struct forge *f, struct mls_nodes *nodes, size_t n)
{
	struct mls_node **more = ARENA_ARRAY(&f->a, nodes->n + n, struct mls_node *);
	memcpy(more, nodes->ptr, nodes->n * sizeof *more);
	*nodes = (struct mls_nodes){more, nodes->n + n};
}

static void blank_end(struct forge *f, void *object)
{
	add_nodes(f, object, 2);
}

static void even_number(struct forge *f, void *object)
{
	add_nodes(f, object, 1);
}

static void parent_end(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	add_nodes(f, nodes, 1);
	nodes->ptr[nodes->n - 1] = nodes->ptr[1];
}

static void leaf_at_odd(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	(void)f;
	nodes->ptr[5] = nodes->ptr[4];
}

static void parent_at_even(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	(void)f;
	nodes->ptr[4] = nodes->ptr[3];
}

static void no_nodes(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	(void)f;
	nodes->n = 0;
}

/* One leaf more than there may be, all blank but the last. */
static void leaves_too_many(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	size_t n = (size_t)2 * MLS_MEMBERS_MAX + 1;
	struct mls_node *last = nodes->ptr[4];
	add_nodes(f, nodes, n - nodes->n);
	nodes->ptr[n - 1] = last;
}

#define TREE scene_tree, FORGE_TREE
#define FLAT scene_welcome, FORGE_TREE
static const struct rule rows[] = {
	{"7.1-1", "unmerged leaves that descend", SR_E_INPUT, "do not ascend", TREE, descending,
	 NULL, 0},
	{"7.1-1", "an unmerged leaf twice", SR_E_INPUT, "do not ascend", TREE, twice, NULL, 0},
	{"7.1-2", "a parent hash too short", SR_E_INPUT, "parent hash of a wrong length", TREE,
	 parent_hash_short, NULL, 0},
	{"7.1-2", "... too long", SR_E_INPUT, "parent hash of a wrong length", TREE,
	 parent_hash_long, NULL, 0},
	{"7.9-2", "a root with a parent hash, of which all below it know", SR_E_INPUT,
	 "root has a parent hash", TREE, root_with_parent_hash, NULL, 0},
	{"7.9.2-1", "a parent that was made up", SR_E_INPUT, "no node below vouches for", TREE,
	 new_parent, NULL, 0},
	{"7.9.2-1", "a parent with another key", SR_E_INPUT, "no node below vouches for", TREE,
	 other_parent_key, NULL, 0},
	{"7.9.2-1", "a child with another parent hash", SR_E_INPUT, "no node below vouches for",
	 TREE, other_parent_hash, NULL, 0},
	{"7.9.2-1", "a child with none", SR_E_INPUT, "no node below vouches for", TREE,
	 no_parent_hash, NULL, 0},
	{"7.9.2-1", "another leaf beside the path", SR_E_INPUT, "no node below vouches for", TREE,
	 other_leaf_beside, NULL, 0},
	{"7.9.2-1", "a leaf said to be unmerged that was not", SR_E_INPUT,
	 "no node below vouches for", TREE, unmerged_too_many, NULL, 0},
	{"7.9.2-2", "a leaf said to be merged that was not", SR_E_INPUT,
	 "no node below vouches for", TREE, merged, NULL, 0},

	{"12.4.3.1-12", "a tree with another hash", SR_E_INPUT, "not the one of the GroupInfo",
	 scene_welcome, FORGE_INFO, other_tree, NULL, 0},
	{"12.4.3.1-12", "... from outside", SR_E_INPUT, "not the one of the GroupInfo", scene_info,
	 FORGE_INFO, other_tree, NULL, 0},
	{"12.4.3.1-15", "an unmerged leaf that is blank", SR_E_INPUT, "unmerged leaf that is blank",
	 TREE, unmerged_blank, NULL, 0},
	{"12.4.3.1-15", "... beyond the tree", SR_E_INPUT, "unmerged leaf that is blank", TREE,
	 unmerged_beyond, NULL, 0},
	{"12.4.3.1-16", "an unmerged leaf that is not below", SR_E_INPUT, "or elsewhere", TREE,
	 unmerged_elsewhere, NULL, 0},
	{"12.4.3.1-17", "an unmerged leaf that is merged between", SR_E_INPUT,
	 "not unmerged at a parent between", TREE, unmerged_above_only, NULL, 0},
	{"12.4.3.1-18", "two parents with one key", SR_E_INPUT, "one encryption key", TREE,
	 one_key_for_parents, NULL, 0},
	{"12.4.3.1-18", "a parent and a leaf with one key", SR_E_INPUT, "one encryption key", TREE,
	 one_key_for_parent_and_leaf, NULL, 0},
	{"12.4.3.1-19", "a tree without our leaf", SR_E_INPUT, "we are not in", FLAT, without_us,
	 NULL, 0},
	{"12.4.3.1-19", "a tree with another leaf of ours", SR_E_INPUT, "we are not in", FLAT,
	 us_with_another_leaf, NULL, 0},

	{"12.4.3.3-1", "blank nodes at the end", SR_E_INPUT, "does not end in a leaf", FLAT,
	 blank_end, NULL, 0},
	{"12.4.3.3-1", "a blank parent at the end", SR_E_INPUT, "does not end in a leaf", FLAT,
	 even_number, NULL, 0},
	{"12.4.3.3-1", "a parent at the end", SR_E_INPUT, "does not end in a leaf", TREE,
	 parent_end, NULL, 0},
	{"12.4.3.3-2", "a leaf where a parent belongs", SR_E_INPUT, "a leaf where a parent belongs",
	 FLAT, leaf_at_odd, NULL, 0},
	{"12.4.3.3-2", "a parent where a leaf belongs", SR_E_INPUT, "a leaf where a parent belongs",
	 TREE, parent_at_even, NULL, 0},
	{"12.4.3.3-4", "a tree without nodes", SR_E_INPUT, "does not end in a leaf", FLAT, no_nodes,
	 NULL, 0},
	{"12.4.3.3-5", "a tree with too many leaves", SR_E_LIMIT, "too many leaves", FLAT,
	 leaves_too_many, NULL, 0},
};

int main(void)
{
	return forge_main(rows, sizeof rows / sizeof *rows, "7.1 7.9 7.9.2 12.4.3.3");
}
