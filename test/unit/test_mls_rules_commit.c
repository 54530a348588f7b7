/* SPDX-License-Identifier: Apache-2.0 */
/* Commits and their paths (7.5, 7.6, 12.4, 14). */
#include "mls_forge.h"

#include <string.h>

/* ---- Paths: leaf 0 in a tree of three, the path being nodes 1 and 3 ---- */

static struct mls_tree *tree_of(struct forge *f)
{
	return &f->commit->next->tree;
}

static struct slice key_at(struct forge *f, const struct mls_tree *t, uint32_t node)
{
	struct slice key = slice_make(mls_tree_key(t, node), MLS_LEN);
	return slice_make(forge_copy(f, key), MLS_LEN);
}

/* set_path gives the nodes of a path keys, and all on it the parent hashes that go with them. */
static void set_path(struct forge *f, struct mls_leaf *leaf, struct slice low, struct slice high)
{
	struct mls_tree *t = tree_of(f);
	uint8_t *hash = forge_bytes(f, MLS_LEN);
	FORGE_OK(mls_tree_set_parent(t, 3, high.ptr, (struct slice){0}));
	FORGE_OK(mls_tree_parent_hash(f->s, t, 3, 5, hash));
	FORGE_OK(mls_tree_set_parent(t, 1, low.ptr, slice_make(hash, MLS_LEN)));
	FORGE_OK(mls_tree_parent_hash(f->s, t, 1, 2, hash));
	leaf->parent_hash = slice_make(hash, MLS_LEN);
}

static void low_key_made_up(struct forge *f, void *object)
{
	set_path(f, object, forge_draw(f, MLS_LEN), key_at(f, tree_of(f), 3));
}

static void high_key_made_up(struct forge *f, void *object)
{
	set_path(f, object, key_at(f, tree_of(f), 1), forge_draw(f, MLS_LEN));
}

static void key_of_a_leaf(struct forge *f, void *object)
{
	set_path(f, object, key_at(f, tree_of(f), 4), key_at(f, tree_of(f), 3));
}

static void one_key_twice(struct forge *f, void *object)
{
	set_path(f, object, key_at(f, tree_of(f), 1), key_at(f, tree_of(f), 1));
}

static void leaf_key_of_third(struct forge *f, void *object)
{
	((struct mls_leaf *)object)->encryption_key = key_at(f, tree_of(f), 4);
}

static void leaf_key_of_before(struct forge *f, void *object)
{
	((struct mls_leaf *)object)->encryption_key = key_at(f, &f->commit->e->tree, 0);
}

static void leaf_key_of_path(struct forge *f, void *object)
{
	((struct mls_leaf *)object)->encryption_key = key_at(f, tree_of(f), 1);
}

static void signature_key_of_third(struct forge *f, void *object)
{
	((struct mls_leaf *)object)->signature_key = forge_public_key(f, THIRD);
	forge_sign_leaf(f, THIRD, &f->place, MLS_L("LeafNodeTBS"), object);
}

static void other_parent_hash(struct forge *f, void *object)
{
	((struct mls_leaf *)object)->parent_hash = forge_draw(f, MLS_LEN);
}

static void no_parent_hash(struct forge *f, void *object)
{
	(void)f;
	((struct mls_leaf *)object)->parent_hash = (struct slice){0};
}

/* seal_to_victim seals something else than VICTIM's path secret. */
static void seal_to_victim(struct forge *f, struct mls_path *path, struct slice secret)
{
	path->nodes.ptr[0].secrets.ptr[0] =
		forge_encrypt(f, mls_tree_key(tree_of(f), 2), MLS_L("UpdatePathNode"),
			      f->commit->next->context, secret);
}

static void other_secret(struct forge *f, void *object)
{
	seal_to_victim(f, object, forge_draw(f, MLS_LEN));
}

static void secret_short(struct forge *f, void *object)
{
	seal_to_victim(f, object, forge_draw(f, MLS_LEN - 1));
}

static void secret_long(struct forge *f, void *object)
{
	seal_to_victim(f, object, forge_draw(f, MLS_LEN + 1));
}

static void secret_damaged(struct forge *f, void *object)
{
	struct mls_path *path = object;
	struct slice *text = &path->nodes.ptr[0].secrets.ptr[0].text;
	*text = forge_flip(f, *text, 77);
}

static void add_node(struct forge *f, void *object)
{
	struct mls_path *path = object;
	struct mls_path_node *more = ARENA_ARRAY(&f->a, 3, struct mls_path_node);
	memcpy(more, path->nodes.ptr, 2 * sizeof *more);
	more[2].encryption_key = forge_draw(f, MLS_LEN);
	path->nodes.ptr = more;
	path->nodes.n = 3;
}

static void drop_node(struct forge *f, void *object)
{
	(void)f;
	((struct mls_path *)object)->nodes.n--;
}

static void add_ciphertext(struct forge *f, void *object)
{
	struct mls_path_node *node = &((struct mls_path *)object)->nodes.ptr[1];
	struct mls_ciphertext *more =
		ARENA_ARRAY(&f->a, node->secrets.n + 1, struct mls_ciphertext);
	memcpy(more, node->secrets.ptr, node->secrets.n * sizeof *more);
	more[node->secrets.n] = more[0];
	node->secrets.ptr = more;
	node->secrets.n++;
}

static void drop_ciphertext(struct forge *f, void *object)
{
	(void)f;
	((struct mls_path *)object)->nodes.ptr[1].secrets.n--;
}

/* JOINER is added at leaf 3, and HOSTILE makes a path. */
static struct sr_err scene_add_and_path(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_commit_add(c, forge_joiner(f));
	forge_arm(f);
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

/* ---- Lists ---- */

static void without_path(struct forge *f, void *object)
{
	(void)f;
	((struct forge_commit *)object)->no_path = true;
}

static void unknown_reference(struct forge *f, void *object)
{
	struct forge_commit *c = object;
	c->items[0].ref = forge_draw(f, MLS_LEN);
}

static void long_reference(struct forge *f, void *object)
{
	struct forge_commit *c = object;
	c->items[0].ref = forge_longer(f, c->items[0].ref);
}

static void no_reference(struct forge *f, void *object)
{
	(void)f;
	((struct forge_commit *)object)->items[0].ref.len = 0;
}

static void referred_twice(struct forge *f, void *object)
{
	struct forge_commit *c = object;
	(void)f;
	forge_commit_add(c, c->items[0]);
}

/* THIRD sends a proposal, and HOSTILE commits it; in an earlier epoch if broken. */
static struct sr_err scene_stale(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 4);
	struct mls_item item = forge_sent(f, THIRD, forge_remove(f, THIRD, 3));
	forge_turn(f, HOSTILE, (struct sr_mls_commit_options){.take_none = true}, VICTIM, 0);
	if (!f->broken)
		item = forge_sent(f, THIRD, forge_remove(f, THIRD, 3));
	forge_commit_add(c, item);
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

/* THIRD sends a PSK, which HOSTILE commits. */
static struct sr_err scene_sent_psk(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_commit_add(c, forge_sent(f, THIRD, forge_psk_item(f, THIRD, forge_psk(f, "a key"))));
	forge_arm(f);
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

/* ---- Commits ---- */

static void epoch_to_come(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.epoch++;
}

static void epoch_before(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.epoch--;
}

/* HOSTILE commits a PSK that it alone knows, if broken. */
static struct sr_err scene_psk(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_commit_add(c, forge_psk_item(f, HOSTILE, forge_psk(f, "a key")));
	forge_commit_add(c, forge_psk_item(f, HOSTILE, forge_psk(f, "?another key")));
	forge_commit(f, c);
	f->deaf = f->broken;
	return forge_follow(f, VICTIM, c);
}

/* retag gives a commit another confirmation tag, and a membership tag with it. */
static void retag(struct forge *f, struct mls_authentic *m, struct slice tag)
{
	m->confirmation_tag = tag;
	m->membership_tag = forge_membership(f, HOSTILE, m);
}

static void tag_damaged(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	retag(f, m, forge_flip(f, m->confirmation_tag, 255));
}

static void tag_short(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	retag(f, m, forge_shorter(f, m->confirmation_tag));
}

static void tag_long(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	retag(f, m, forge_longer(f, m->confirmation_tag));
}

static void tag_none(struct forge *f, void *object)
{
	retag(f, object, (struct slice){0});
}

static void tag_of_before(struct forge *f, void *object)
{
	retag(f, object, slice_make(f->commit->e->confirmation_tag, MLS_LEN));
}

/* HOSTILE commits a ReInit, or something else, and then once more. */
static struct sr_err scene_after_reinit(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	struct sr_mls_proposal p = {.kind = f->broken ? SR_MLS_REINIT : SR_MLS_CONTEXT,
				    .suite = f->s->id};
	forge_group(f, 3);
	forge_turn(f, HOSTILE, (struct sr_mls_commit_options){.proposals = &p, .proposals_n = 1},
		   VICTIM, 0);
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

/* HOSTILE removes VICTIM, or THIRD. */
static struct sr_err scene_removed(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	struct sr_mls_staged staged;
	forge_group(f, 3);
	forge_commit_add(c, forge_remove(f, HOSTILE, f->broken ? 1 : 2));
	forge_commit(f, c);
	struct sr_mls_group *g = f->at[VICTIM].group;
	SR_TRY(forge_give(f, VICTIM, c->message));
	CHECK(sr_mls_staged(g, false, &staged) && staged.removes_us == f->broken,
	      "it is not shown that we are removed");
	struct slice before = forge_state(f, g);
	struct sr_err e = sr_mls_merge(g, false);
	if (sr_bad(e))
		CHECK(slice_eq(before, forge_state(f, g)), "the group is not what it was");
	return e;
}

static void handshakes_in_public(struct forge *f)
{
	f->settings.public_handshake = true;
}

/* A commit of VICTIM's comes back, which was discarded if broken. */
static struct sr_err scene_own(struct forge *f)
{
	struct sr_mls_commit_out out = {0};
	forge_group(f, 3);
	struct sr_mls_group *g = f->at[VICTIM].group;
	FORGE_OK(sr_mls_commit(g, &(struct sr_mls_commit_options){0}, &out));
	if (f->broken)
		sr_mls_discard(g, true);
	struct sr_err e = forge_give(f, VICTIM, slice_make(out.commit.ptr, out.commit.len));
	if (!sr_bad(e))
		CHECK(f->event.kind == SR_MLS_GOT_ECHO && f->event.own_commit, "no echo");
	sr_mls_commit_out_free(&out);
	return e;
}

/* HOSTILE commits; if broken, after THIRD did so; arg: and that was merged. */
static struct sr_err scene_second(struct forge *f)
{
	struct forge_commit *second = forge_commit_new(f, HOSTILE),
			    *first = forge_commit_new(f, THIRD);
	forge_group(f, 3);
	forge_commit(f, second);
	forge_commit(f, first);
	if (f->broken && f->rule->arg)
		FORGE_OK(forge_follow(f, VICTIM, first));
	if (f->broken && !f->rule->arg)
		FORGE_OK(forge_give(f, VICTIM, first->message));
	return forge_follow(f, VICTIM, second);
}

/* HOSTILE commits or proposes something, as PrivateMessage; if broken, VICTIM gets that only in the
 * next epoch, while it keeps the secrets of the one before. */
static struct sr_err scene_late(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	struct mls_authentic m = forge_content(f, HOSTILE, MLS_CONTENT_PROPOSAL);
	m.wire_format = MLS_WIRE_PRIVATE;
	m.content.proposal = forge_remove(f, HOSTILE, 2).proposal;
	c->private = true;
	forge_commit(f, c);
	struct slice proposal = forge_send(f, HOSTILE, &m);
	if (f->broken)
		forge_turn(f, THIRD, (struct sr_mls_commit_options){0}, VICTIM, 0);
	return forge_give(f, VICTIM, f->rule->arg == MLS_CONTENT_PROPOSAL ? proposal : c->message);
}

/* HOSTILE commits after VICTIM did so, if broken. */
static struct sr_err scene_lost_race(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_commit(f, c);
	if (f->broken)
		FORGE_OK(forge_try_commit(f, VICTIM, &(struct sr_mls_commit_options){0}));
	return forge_follow(f, VICTIM, c);
}

#define LIST scene_list, FORGE_LIST
#define LEAF scene_commit, FORGE_LEAF
#define SEALED scene_commit, FORGE_SEALED
#define TAGGED scene_commit, FORGE_TAGGED
static const struct rule rows[] = {
	{"7.5-1", "another parent hash", SR_E_INPUT, "wrong parent hash", LEAF, other_parent_hash,
	 NULL, 0},
	{"7.5-1", "no parent hash", SR_E_INPUT, "wrong parent hash", LEAF, no_parent_hash, NULL, 0},
	{"7.5-2", "another path secret", SR_E_INPUT, "another key than the tree has", SEALED,
	 other_secret, NULL, 0},
	{"7.5-2", "another key at the node with our secret", SR_E_INPUT,
	 "another key than the tree has", LEAF, low_key_made_up, NULL, 0},
	{"7.5-2", "another key above it", SR_E_INPUT, "another key than the tree has", LEAF,
	 high_key_made_up, NULL, 0},
	{"7.6-1", "a node too many", SR_E_INPUT, "too few or too many nodes", SEALED, add_node,
	 NULL, 0},
	{"7.6-1", "a node too few", SR_E_INPUT, "too few or too many nodes", SEALED, drop_node,
	 NULL, 0},
	{"7.6-2", "a ciphertext too many", SR_E_INPUT, "too few or too many ciphertexts", SEALED,
	 add_ciphertext, NULL, 0},
	{"7.6-2", "a ciphertext too few", SR_E_INPUT, "too few or too many ciphertexts", SEALED,
	 drop_ciphertext, NULL, 0},
	{"7.6-2", "a ciphertext for who is added", SR_E_INPUT, "too few or too many ciphertexts",
	 scene_add_and_path, FORGE_SEALED, add_ciphertext, NULL, 0},
	{"7.6-3", "a ciphertext with a bit changed", SR_E_AUTH, "encrypted", SEALED, secret_damaged,
	 NULL, 0},
	{"7.6-4", "a path secret too short", SR_E_INPUT, "wrong length", SEALED, secret_short, NULL,
	 0},
	{"7.6-4", "... too long", SR_E_INPUT, "wrong length", SEALED, secret_long, NULL, 0},

	{"12.4-2", "an Update without a path", SR_E_INPUT, "without the path", LIST, without_path,
	 NULL, BASE_UPDATE},
	{"12.4-3", "a Remove without a path", SR_E_INPUT, "without the path", LIST, without_path,
	 NULL, BASE_REMOVE},
	{"12.4-5", "GroupContextExtensions without a path", SR_E_INPUT, "without the path", LIST,
	 without_path, NULL, BASE_CONTEXT},
	{"12.4-6", "a SelfRemove without a path", SR_E_INPUT, "without the path", LIST,
	 without_path, NULL, BASE_SELF_REMOVE},
	{"12.4-7", "nothing without a path", SR_E_INPUT, "without the path", LIST, without_path,
	 NULL, BASE_NOTHING},
	{"12.4-8", "an Add without a path", SR_OK, NULL, LIST, without_path, NULL, BASE_ADD},
	{"12.4-8", "a PSK without a path", SR_OK, NULL, LIST, without_path, NULL, BASE_PSK},
	{"12.4-8", "a ReInit without a path", SR_OK, NULL, LIST, without_path, NULL, BASE_REINIT},
	{"12.4-9", "a reference to what never came", SR_E_STATE, "did not come yet", LIST,
	 unknown_reference, NULL, BASE_UPDATE},
	{"12.4-9", "... longer than a hash", SR_E_STATE, "did not come yet", LIST, long_reference,
	 NULL, BASE_UPDATE},
	{"12.4-9", "... that is empty", SR_E_STATE, "did not come yet", LIST, no_reference, NULL,
	 BASE_UPDATE},
	{"12.4-10", "a reference to a proposal of before", SR_E_STATE, "did not come yet",
	 scene_stale, FORGE_NOWHERE, NULL, NULL, 0},
	{"12.4-11", "a reference twice, to an Update", SR_E_INPUT, "the same member", LIST,
	 referred_twice, NULL, BASE_UPDATE},
	{"12.4-11", "... to a PSK", SR_E_INPUT, "key twice", scene_sent_psk, FORGE_LIST,
	 referred_twice, NULL, 0},

	{"12.4.2-1", "a commit of an epoch to come", SR_E_STATE, "epoch to come", scene_commit,
	 FORGE_CONTENT, epoch_to_come, NULL, 0},
	{"12.4.2-1", "... of one before", SR_E_STATE, "past epoch", scene_commit, FORGE_CONTENT,
	 epoch_before, NULL, 0},
	{"12.4.2-1", "... encrypted", SR_E_STATE, "epoch to come", scene_private_commit,
	 FORGE_CONTENT, epoch_to_come, NULL, 0},
	{"12.4.2-1", "... of one before that is kept", SR_E_STATE, "past epoch", scene_late,
	 FORGE_NOWHERE, NULL, NULL, MLS_CONTENT_COMMIT},
	{"12.4.2-1", "a proposal of one", SR_E_STATE, "past epoch", scene_late, FORGE_NOWHERE, NULL,
	 NULL, MLS_CONTENT_PROPOSAL},
	{"12.4.2-5", "a PSK that we do not have", SR_E_STATE, "does not know", scene_psk,
	 FORGE_NOWHERE, NULL, NULL, 0},
	{"12.4.2-7", "the leaf's key of before", SR_E_INPUT, "the one it replaces", LEAF,
	 leaf_key_of_before, NULL, 0},
	{"12.4.2-8", "a key of a leaf in a node", SR_E_INPUT, "not new", LEAF, key_of_a_leaf, NULL,
	 0},
	{"12.4.2-8", "a key of another leaf in the leaf", SR_E_INPUT, "not new", LEAF,
	 leaf_key_of_third, NULL, 0},
	{"12.4.2-9", "a key for two nodes", SR_E_INPUT, "not new", LEAF, one_key_twice, NULL, 0},
	{"12.4.2-9", "a key for a node and the leaf", SR_E_INPUT, "not new", LEAF, leaf_key_of_path,
	 NULL, 0},
	{"12.4.2-11", "a signature key of another member", SR_E_INPUT, "one signature key",
	 scene_commit, FORGE_LEAF_SIGNED, signature_key_of_third, NULL, 0},
	{"12.4.2-12", "a confirmation tag with a bit changed", SR_E_AUTH, "confirmation tag",
	 TAGGED, tag_damaged, NULL, 0},
	{"12.4.2-12", "... too short", SR_E_AUTH, "confirmation tag", TAGGED, tag_short, NULL, 0},
	{"12.4.2-12", "... too long", SR_E_AUTH, "confirmation tag", TAGGED, tag_long, NULL, 0},
	{"12.4.2-12", "... that is empty", SR_E_AUTH, "confirmation tag", TAGGED, tag_none, NULL,
	 0},
	{"12.4.2-12", "... of the epoch before", SR_E_AUTH, "confirmation tag", TAGGED,
	 tag_of_before, NULL, 0},
	{"12.4.2-12", "... without a path", SR_E_AUTH, "confirmation tag", scene_sent_psk,
	 FORGE_TAGGED, tag_damaged, NULL, 0},
	{"12.4.2-13", "a commit after a ReInit", SR_E_STATE, "re-initialised", scene_after_reinit,
	 FORGE_NOWHERE, NULL, NULL, 0},
	{"12.4.2-14", "a commit that removes us", SR_E_STATE, "removes us", scene_removed,
	 FORGE_NOWHERE, NULL, NULL, 0},
	{"12.4.2-15", "a commit of our own that was discarded", SR_E_STATE, "of our own", scene_own,
	 FORGE_NOWHERE, NULL, handshakes_in_public, 0},

	{"14-1", "a commit while another one is staged", SR_E_STATE, "another commit", scene_second,
	 FORGE_NOWHERE, NULL, NULL, 0},
	{"14-1", "a commit after another one was merged", SR_E_STATE, "past epoch", scene_second,
	 FORGE_NOWHERE, NULL, NULL, 1},
	{"14-2", "a commit after we made one", SR_OK, NULL, scene_lost_race, FORGE_NOWHERE, NULL,
	 NULL, 0},
};

int main(void)
{
	return forge_main(rows, sizeof rows / sizeof *rows, "7.5 7.6 12.4 12.4.2 14");
}
