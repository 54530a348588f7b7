/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals and lists of them (12.1 to 12.3), and SelfRemove. */
#include "mls_forge.h"

#include <string.h>

enum { ODD = 0xf003 };

/* ---- Who is capable of what ---- */

static const uint16_t odd[] = {ODD};

/* Everybody is capable of an odd extension. */
static void all_capable(struct forge *f)
{
	for (int i = 0; i < CLIENTS; i++)
		f->at[i].client.extensions = (struct sr_mls_types){odd, 1};
}

static void not_odd(struct forge *f, struct mls_leaf *leaf)
{
	leaf->capabilities.extensions = forge_lacks(f, leaf->capabilities.extensions, ODD);
}

static void no_self_remove(struct forge *f, struct mls_leaf *leaf)
{
	leaf->capabilities.proposals =
		forge_lacks(f, leaf->capabilities.proposals, MLS_PROPOSAL_SELF_REMOVE);
}

static void third_incapable(struct forge *f)
{
	all_capable(f);
	f->at[THIRD].odd = not_odd;
}

static void joiner_incapable(struct forge *f)
{
	all_capable(f);
	f->at[JOINER].odd = not_odd;
}

static void fourth_without_self_remove(struct forge *f)
{
	f->at[FOURTH].odd = no_self_remove;
}

static void joiner_without_self_remove(struct forge *f)
{
	f->at[JOINER].odd = no_self_remove;
}

static struct mls_extensions requiring(struct forge *f)
{
	struct mls_required r = {.extensions = forge_values(f, 1, ODD)};
	struct mls_extensions x = {0};
	forge_extension(f, &x, MLS_EXT_REQUIRED_CAPABILITIES,
			forge_encoded(f, &mls_type_required, &r));
	return x;
}

static struct mls_extensions using_it(struct forge *f)
{
	struct mls_extensions x = {0};
	forge_extension(f, &x, ODD, SLICE_LIT("odd"));
	return x;
}

/* ---- Scenes ---- */

/* HOSTILE proposes the arg-th base. */
static struct sr_err scene_propose(struct forge *f)
{
	forge_group(f, 3);
	struct mls_item item = forge_base(f, (enum forge_base)f->rule->arg);
	forge_arm(f);
	return forge_give(f, VICTIM, forge_propose(f, HOSTILE, &item));
}

/* THIRD says that it leaves, as HOSTILE forges it. */
static struct sr_err scene_self_remove(struct forge *f)
{
	forge_group(f, 3);
	struct mls_item item = forge_self_remove(f, THIRD);
	forge_arm(f);
	return forge_give(f, VICTIM, forge_propose(f, THIRD, &item));
}

/* VICTIM says that it leaves, and once more. */
static struct sr_err scene_leave_twice(struct forge *f)
{
	struct sr_mls_proposal p = {.kind = SR_MLS_SELF_REMOVE};
	forge_group(f, 3);
	FORGE_OK(forge_try_propose(f, VICTIM, &p));
	if (f->broken)
		return forge_try_propose(f, VICTIM, &p);
	forge_turn(f, THIRD, (struct sr_mls_commit_options){.take_none = true}, VICTIM, 0);
	return forge_try_propose(f, VICTIM, &p);
}

/* ---- Changes of a proposal ---- */

static struct mls_proposal *proposal(void *object)
{
	return &((struct mls_authentic *)object)->content.proposal;
}

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

static const struct slice removes_third = {(const uint8_t *)"\0\3\0\0\0\2", 6};

static void unknown_proposal(struct forge *f, void *object)
{
	struct slice *message = object;
	*message = forge_patch(f, *message, removes_third, 1, 11);
}

static void grease_proposal(struct forge *f, void *object)
{
	struct slice *message = object;
	*message = forge_patch(f, *message, removes_third, 0, 0x1a);
	*message = forge_patch(f, *message, SLICE_LIT("\x1a\3\0\0\0\2"), 1, 0x1a);
}

static void remove_blank(struct forge *f, void *object)
{
	(void)f;
	proposal(object)->remove = 3;
}

static void remove_beyond(struct forge *f, void *object)
{
	(void)f;
	proposal(object)->remove = UINT32_MAX;
}

static struct mls_psk_id resumption(struct forge *f, uint8_t usage)
{
	const struct mls_epoch *e = forge_now(f, HOSTILE);
	return (struct mls_psk_id){.type = MLS_PSK_RESUMPTION,
				   .usage = usage,
				   .group_id = e->group_id,
				   .epoch = e->number,
				   .nonce = forge_draw(f, MLS_LEN)};
}

static void psk_for_reinit(struct forge *f, void *object)
{
	proposal(object)->psk = resumption(f, MLS_USAGE_REINIT);
}

static void psk_for_branch(struct forge *f, void *object)
{
	proposal(object)->psk = resumption(f, MLS_USAGE_BRANCH);
}

static void psk_for_application(struct forge *f, void *object)
{
	proposal(object)->psk = resumption(f, MLS_USAGE_APPLICATION);
}

static void nonce_short(struct forge *f, void *object)
{
	struct slice *nonce = &proposal(object)->psk.nonce;
	*nonce = forge_shorter(f, *nonce);
}

static void nonce_none(struct forge *f, void *object)
{
	(void)f;
	proposal(object)->psk.nonce.len = 0;
}

static void older_version(struct forge *f, void *object)
{
	(void)f;
	proposal(object)->reinit.version = 0;
}

static void as_private(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->wire_format = MLS_WIRE_PRIVATE;
}

/* ---- Changes of a list ---- */

static void add_value(void *object, struct mls_item item)
{
	forge_commit_add(object, item);
}

/* add_first puts an item before the others. */
static void add_first(struct forge_commit *c, struct mls_item item)
{
	memmove(c->items + 1, c->items, c->items_n * sizeof *c->items);
	c->items[0] = item;
	c->items_n++;
}

static void with_value_beyond(struct forge *f, void *object)
{
	add_value(object, forge_remove(f, HOSTILE, 4));
}

static void with_psk_for_reinit(struct forge *f, void *object)
{
	add_value(object, forge_psk_item(f, HOSTILE, resumption(f, MLS_USAGE_REINIT)));
}

static void with_psk_for_branch(struct forge *f, void *object)
{
	add_value(object, forge_psk_item(f, HOSTILE, resumption(f, MLS_USAGE_BRANCH)));
}

static void with_own_update(struct forge *f, void *object)
{
	add_value(object, forge_update(f, HOSTILE));
}

static void with_own_update_sent(struct forge *f, void *object)
{
	add_value(object, forge_sent(f, HOSTILE, forge_update(f, HOSTILE)));
}

static void with_own_remove(struct forge *f, void *object)
{
	add_value(object, forge_remove(f, HOSTILE, 0));
}

static void with_own_remove_sent(struct forge *f, void *object)
{
	add_value(object, forge_sent(f, THIRD, forge_remove(f, THIRD, 0)));
}

static void with_update(struct forge *f, void *object)
{
	add_value(object, forge_sent(f, THIRD, forge_update(f, THIRD)));
}

static void with_remove(struct forge *f, void *object)
{
	add_value(object, forge_remove(f, HOSTILE, 2));
}

static void with_remove_sent(struct forge *f, void *object)
{
	add_value(object, forge_sent(f, FOURTH, forge_remove(f, FOURTH, 2)));
}

static void with_joiner(struct forge *f, void *object)
{
	add_value(object, forge_joiner(f));
}

/* with_outside adds OUTSIDE by a key package of a given leaf. */
static void with_outside(struct forge *f, struct forge_commit *c,
			 void (*change)(struct forge *f, struct mls_leaf *leaf))
{
	f->at[OUTSIDE].odd = change;
	forge_package(f, OUTSIDE, &f->at[OUTSIDE].package);
	add_value(c, forge_add(f, HOSTILE, &f->at[OUTSIDE].package.kp));
}

static void key_of_joiner(struct forge *f, struct mls_leaf *leaf)
{
	leaf->encryption_key = f->at[JOINER].package.kp.leaf.encryption_key;
}

static void key_of_third(struct forge *f, struct mls_leaf *leaf)
{
	leaf->encryption_key = f->at[THIRD].package.kp.leaf.encryption_key;
}

static void with_key_of_joiner(struct forge *f, void *object)
{
	with_outside(f, object, key_of_joiner);
}

static void with_key_of_third(struct forge *f, void *object)
{
	with_outside(f, object, key_of_third);
}

/* with_third adds who is there already, by a new key package. */
static void with_third(struct forge *f, void *object)
{
	struct forge_package *p = ARENA_NEW(&f->a, struct forge_package);
	forge_package(f, THIRD, p);
	add_value(object, forge_add(f, HOSTILE, &p->kp));
}

static void with_psk(struct forge *f, void *object)
{
	add_value(object, forge_psk_item(f, HOSTILE, forge_psk(f, "a key")));
}

/* psk_again is what the commit has already. */
static struct mls_item psk_again(struct forge *f, void *object, enum forge_who who)
{
	return forge_psk_item(f, who, ((struct forge_commit *)object)->items[0].proposal.psk);
}

static void with_psk_again(struct forge *f, void *object)
{
	add_value(object, psk_again(f, object, HOSTILE));
}

static void with_psk_sent(struct forge *f, void *object)
{
	add_value(object, forge_sent(f, THIRD, psk_again(f, object, THIRD)));
}

static void with_context(struct forge *f, void *object)
{
	add_value(object, forge_context(f, HOSTILE, (struct mls_extensions){0}));
}

static void with_reinit(struct forge *f, void *object)
{
	add_value(object, forge_reinit(f, HOSTILE, (struct mls_extensions){0}));
}

static void with_external_init(struct forge *f, void *object)
{
	struct forge_commit *external = forge_external(f, JOINER);
	external->items[0].sender = MLS_SENDER_MEMBER;
	add_value(object, external->items[0]);
}

static void with_self_remove(struct forge *f, void *object)
{
	add_value(object, forge_sent(f, THIRD, forge_self_remove(f, THIRD)));
}

static void with_other_self_remove(struct forge *f, void *object)
{
	struct mls_item item = forge_self_remove(f, THIRD);
	struct mls_authentic m = forge_content(f, THIRD, MLS_CONTENT_PROPOSAL);
	uint8_t *ref = forge_bytes(f, MLS_LEN);
	m.content.proposal = item.proposal;
	m.content.authenticated_data = SLICE_LIT("once more");
	FORGE_OK(forge_give(f, VICTIM, forge_send(f, THIRD, &m)));
	FORGE_OK(mls_ref(f->s, MLS_REF_PROPOSAL, forge_encoded(f, &mls_type_authentic, &m), ref));
	item.ref = slice_make(ref, MLS_LEN);
	item.by_reference = true;
	add_value(object, item);
}

static void with_own_self_remove(struct forge *f, void *object)
{
	add_value(object, forge_self_remove(f, HOSTILE));
}

static void with_own_self_remove_sent(struct forge *f, void *object)
{
	add_value(object, forge_sent(f, HOSTILE, forge_self_remove(f, HOSTILE)));
}

static void with_self_remove_of_fourth(struct forge *f, void *object)
{
	add_value(object, forge_sent(f, FOURTH, forge_self_remove(f, FOURTH)));
}

static void requires_more(struct forge *f, void *object)
{
	add_value(object, forge_context(f, HOSTILE, requiring(f)));
}

static void requires_more_first(struct forge *f, void *object)
{
	add_first(object, forge_context(f, HOSTILE, requiring(f)));
}

static void uses_more(struct forge *f, void *object)
{
	add_value(object, forge_context(f, HOSTILE, using_it(f)));
}

/* JOINER is added by HOSTILE first, and takes the leaf of THIRD, who is removed later in the list.
 */
static struct sr_err scene_turns(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	struct sr_mls_member m = {0};
	forge_group(f, 4);
	forge_commit_add(c, forge_joiner(f));
	if (f->broken)
		forge_commit_add(c, forge_remove(f, HOSTILE, 2));
	forge_commit_add(c, forge_sent(f, FOURTH, forge_update(f, FOURTH)));
	forge_commit(f, c);
	SR_TRY(forge_follow(f, VICTIM, c));
	CHECK(sr_mls_member(f->at[VICTIM].group, f->broken ? 2 : 4, &m) &&
		      !memcmp(m.signature_key.ptr, forge_public_key(f, JOINER).ptr, MLS_LEN),
	      "JOINER is somewhere else");
	return sr_ok();
}

/* JOINER has the credential of THIRD: that is seen before the commit is merged. */
static void name_of_third(struct forge *f)
{
	f->at[JOINER].client.credential = f->at[THIRD].client.credential;
}

static struct sr_err scene_same_client(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	struct sr_mls_staged staged;
	struct sr_mls_member m;
	if (f->broken)
		name_of_third(f);
	forge_group(f, 4);
	forge_commit_add(c, forge_joiner(f));
	forge_commit(f, c);
	struct sr_mls_group *g = f->at[VICTIM].group;
	struct slice before = forge_state(f, g);
	SR_TRY(forge_give(f, VICTIM, c->message));
	if (!CHECK(sr_mls_staged(g, false, &staged) && staged.changes_n == 1 &&
			   staged.changes[0].has_after && sr_mls_member(g, 2, &m),
		   "nothing is shown"))
		return sr_ok();
	const struct sr_mls_data *a = &staged.changes[0].after.credential, *b = &m.credential;
	CHECK((a->len == b->len && !memcmp(a->ptr, b->ptr, a->len)) == f->broken,
	      "another credential is shown than JOINER has");
	sr_mls_discard(g, false);
	CHECK(slice_eq(before, forge_state(f, g)), "a discarded commit left something");
	return sr_ok();
}

#define LIST scene_list, FORGE_LIST
#define PROPOSE scene_propose, FORGE_CONTENT
static const struct rule rows[] = {
	{"12.1-2", "a proposal of an epoch to come", SR_E_STATE, "epoch to come", scene_proposal,
	 FORGE_CONTENT, epoch_to_come, NULL, 0},
	{"12.1-2", "... of one before", SR_E_STATE, "past epoch", scene_proposal, FORGE_CONTENT,
	 epoch_before, NULL, 0},
	{"12.1-2", "... encrypted", SR_E_STATE, "epoch to come", scene_private_proposal,
	 FORGE_CONTENT, epoch_to_come, NULL, 0},
	{"12.1-3", "a proposal of type 11", SR_E_INPUT, "unknown kind", scene_proposal, FORGE_BYTES,
	 unknown_proposal, NULL, 0},
	{"12.1-3", "... of a GREASE type", SR_E_INPUT, "unknown kind", scene_proposal, FORGE_BYTES,
	 grease_proposal, NULL, 0},
	{"12.1.3-1", "a Remove of a blank leaf", SR_E_INPUT, "nobody is", PROPOSE, remove_blank,
	 NULL, BASE_REMOVE},
	{"12.1.3-2", "a Remove of a leaf beyond the tree", SR_E_INPUT, "nobody is", PROPOSE,
	 remove_beyond, NULL, BASE_REMOVE},
	{"12.1.4-1", "a PSK for a ReInit", SR_E_INPUT, "re-initialisation or a branch", PROPOSE,
	 psk_for_reinit, NULL, BASE_PSK},
	{"12.1.4-1", "... by value", SR_E_INPUT, "re-initialisation or a branch", LIST,
	 with_psk_for_reinit, NULL, BASE_NOTHING},
	{"12.1.4-2", "a PSK for a branch", SR_E_INPUT, "re-initialisation or a branch", PROPOSE,
	 psk_for_branch, NULL, BASE_PSK},
	{"12.1.4-2", "... by value", SR_E_INPUT, "re-initialisation or a branch", LIST,
	 with_psk_for_branch, NULL, BASE_NOTHING},
	{"12.1.4-3", "a nonce too short", SR_E_INPUT, "nonce of a wrong length", PROPOSE,
	 nonce_short, NULL, BASE_PSK},
	{"12.1.4-3", "no nonce", SR_E_INPUT, "nonce of a wrong length", PROPOSE, nonce_none, NULL,
	 BASE_PSK},
	{"12.1.4-4", "a PSK of an earlier epoch for the application", SR_OK, NULL, PROPOSE,
	 psk_for_application, NULL, BASE_PSK},
	{"12.1.5-1", "a ReInit to version 0", SR_E_INPUT, "older version", PROPOSE, older_version,
	 NULL, BASE_REINIT},
	{"12.1.7-1", "new requirements that a member does not meet", SR_E_INPUT,
	 "the group requires", LIST, requires_more, third_incapable, BASE_NOTHING},
	{"12.1.7-2", "... that who is added does not meet", SR_E_INPUT, "the group requires", LIST,
	 requires_more, joiner_incapable, BASE_ADD},
	{"12.1.7-3", "... that who is removed does not meet", SR_OK, NULL, LIST, requires_more,
	 third_incapable, BASE_REMOVE},
	{"12.1.7-4", "a new extension that a member does not support", SR_E_INPUT,
	 "extension that the group uses", LIST, uses_more, third_incapable, BASE_NOTHING},

	{"12.2-1", "a Remove of nobody, by value", SR_E_INPUT, "nobody is", LIST, with_value_beyond,
	 NULL, BASE_NOTHING},
	{"12.2-2", "an Update of the committer, by value", SR_E_INPUT, "its own committer", LIST,
	 with_own_update, NULL, BASE_NOTHING},
	{"12.2-2", "... by reference", SR_E_INPUT, "its own committer", LIST, with_own_update_sent,
	 NULL, BASE_NOTHING},
	{"12.2-3", "a Remove of the committer, by value", SR_E_INPUT, "its own committer", LIST,
	 with_own_remove, NULL, BASE_NOTHING},
	{"12.2-3", "... by reference", SR_E_INPUT, "its own committer", LIST, with_own_remove_sent,
	 NULL, BASE_NOTHING},
	{"12.2-4", "two Updates of a leaf", SR_E_INPUT, "the same member", LIST, with_update, NULL,
	 BASE_UPDATE},
	{"12.2-5", "a Remove and an Update of a leaf", SR_E_INPUT, "the same member", LIST,
	 with_update, NULL, BASE_REMOVE},
	{"12.2-5", "an Update and a Remove of a leaf", SR_E_INPUT, "the same member", LIST,
	 with_remove, NULL, BASE_UPDATE},
	{"12.2-6", "two Removes of a leaf", SR_E_INPUT, "the same member", LIST, with_remove, NULL,
	 BASE_REMOVE},
	{"12.2-6", "... one by reference", SR_E_INPUT, "the same member", LIST, with_remove_sent,
	 NULL, BASE_REMOVE},
	{"12.2-7", "two Adds of a client", SR_E_INPUT, "adds the same client twice", LIST,
	 with_joiner, NULL, BASE_ADD},
	{"12.2-8", "two Adds with an encryption key", SR_E_INPUT, "one encryption key", LIST,
	 with_key_of_joiner, NULL, BASE_ADD},
	{"12.2-9", "an Add of a member", SR_E_INPUT, "one signature key", LIST, with_third, NULL,
	 BASE_NOTHING},
	{"12.2-9", "an Add with a member's encryption key", SR_E_INPUT, "one encryption key", LIST,
	 with_key_of_third, NULL, BASE_NOTHING},
	{"12.2-10", "an Add of a member who is removed", SR_OK, NULL, LIST, with_third, NULL,
	 BASE_REMOVE},
	{"12.2-10", "an Add with the encryption key of one", SR_OK, NULL, LIST, with_key_of_third,
	 NULL, BASE_REMOVE},
	{"12.2-11", "a PSK twice", SR_E_INPUT, "same pre-shared key twice", LIST, with_psk_again,
	 NULL, BASE_PSK},
	{"12.2-11", "... once by reference", SR_E_INPUT, "same pre-shared key twice", LIST,
	 with_psk_sent, NULL, BASE_PSK},
	{"12.2-12", "two GroupContextExtensions", SR_E_INPUT, "two GroupContextExtensions", LIST,
	 with_context, NULL, BASE_CONTEXT},
	{"12.2-13", "a ReInit after something else", SR_E_INPUT, "a ReInit and another", LIST,
	 with_reinit, NULL, BASE_PSK},
	{"12.2-13", "something else after a ReInit", SR_E_INPUT, "a ReInit and another", LIST,
	 with_psk, NULL, BASE_REINIT},
	{"12.2-13", "two ReInits", SR_E_INPUT, "a ReInit and another", LIST, with_reinit, NULL,
	 BASE_REINIT},
	{"12.2-14", "an ExternalInit", SR_E_INPUT, "an ExternalInit in a member's commit", LIST,
	 with_external_init, NULL, BASE_NOTHING},
	{"12.2-15", "a SelfRemove where a member does not support it", SR_E_INPUT,
	 "not every member takes", LIST, with_self_remove, fourth_without_self_remove,
	 BASE_NOTHING},
	{"12.2-16", "... who is removed", SR_OK, NULL, LIST, with_self_remove,
	 fourth_without_self_remove, BASE_REMOVE_FOURTH},
	{"12.2-16", "... who removes itself", SR_OK, NULL, LIST, with_self_remove_of_fourth,
	 fourth_without_self_remove, BASE_NOTHING},
	{"12.2-16", "... who is added", SR_OK, NULL, LIST, with_self_remove,
	 joiner_without_self_remove, BASE_ADD},
	{"12.2-17", "an Update that does not meet new requirements", SR_E_INPUT,
	 "the group requires", LIST, requires_more, third_incapable, BASE_UPDATE},
	{"12.2-27", "a key twice, with two nonces", SR_OK, NULL, LIST, with_psk, NULL, BASE_PSK},
	{"12.2-18", "an Add of somebody with the credential of a member", SR_OK, NULL,
	 scene_same_client, FORGE_NOWHERE, NULL, NULL, 0},

	{"12.3-1", "an Add before the requirements that it does not meet", SR_E_INPUT,
	 "the group requires", LIST, requires_more, joiner_incapable, BASE_ADD},
	{"12.3-1", "... after them", SR_E_INPUT, "the group requires", LIST, requires_more_first,
	 joiner_incapable, BASE_ADD},
	{"12.3-2", "an Add before the Remove that makes room", SR_OK, NULL, scene_turns,
	 FORGE_NOWHERE, NULL, NULL, 0},

	{"SR-1", "a SelfRemove by value", SR_E_INPUT, "its own committer", LIST,
	 with_own_self_remove, NULL, BASE_NOTHING},
	{"SR-3", "an encrypted SelfRemove", SR_E_INPUT, "no PublicMessage", scene_self_remove,
	 FORGE_CONTENT, as_private, NULL, 0},
	{"SR-6", "a SelfRemove and a Remove of a leaf", SR_E_INPUT, "the same member", LIST,
	 with_remove, NULL, BASE_SELF_REMOVE},
	{"SR-6", "a Remove and a SelfRemove of a leaf", SR_E_INPUT, "the same member", LIST,
	 with_self_remove, NULL, BASE_REMOVE},
	{"SR-7", "an Update and a SelfRemove of a leaf", SR_E_INPUT, "the same member", LIST,
	 with_self_remove, NULL, BASE_UPDATE},
	{"SR-8", "two SelfRemoves of a leaf", SR_E_INPUT, "the same member", LIST,
	 with_other_self_remove, NULL, BASE_SELF_REMOVE},
	{"SR-9", "a SelfRemove of the committer", SR_E_INPUT, "its own committer", LIST,
	 with_own_self_remove_sent, NULL, BASE_NOTHING},
	{"SR-11", "a second SelfRemove in an epoch", SR_E_STATE, "SelfRemove", scene_leave_twice,
	 FORGE_NOWHERE, NULL, NULL, 0},
};

int main(void)
{
	return forge_main(rows, sizeof rows / sizeof *rows,
			  "12.1 12.1.3 12.1.4 12.1.5 12.1.7 12.2 12.3 SR !SR-10 !SR-12 !SR-13 "
			  "!SR-14 !12.2-19 !12.2-20 "
			  "!12.2-21 !12.2-22 !12.2-23 !12.2-24 !12.2-25 !12.2-26");
}
