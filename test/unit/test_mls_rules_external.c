/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from outside of a group: external proposals (12.1.8) and external commits (12.2,
 * 12.4.3.2, 8.3). */
#include "mls_forge.h"

#include <string.h>

/* ---- Scenes ---- */

/* THIRD, who lost its state, takes the place of its leaf by an external commit. */
static struct sr_err scene_resync(struct forge *f)
{
	forge_group(f, 4);
	struct forge_commit *c = forge_external(f, THIRD);
	struct mls_item item = forge_remove(f, THIRD, 2);
	item.sender = MLS_SENDER_NEW_COMMIT;
	forge_commit_add(c, item);
	forge_arm(f);
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

/* JOINER joins a group of two, whose tree grows by it. */
static struct sr_err scene_growing(struct forge *f)
{
	forge_group(f, 2);
	struct forge_commit *c = forge_external(f, JOINER);
	forge_arm(f);
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

/* JOINER joins and takes along what THIRD says: that it leaves. */
static struct sr_err scene_takes(struct forge *f)
{
	struct slice info, commit;
	forge_group(f, 3);
	info = forge_info(f, HOSTILE, true);
	forge_arm(f);
	struct mls_authentic m = forge_content(f, THIRD, MLS_CONTENT_PROPOSAL);
	m.content.proposal = forge_self_remove(f, THIRD).proposal;
	struct sr_mls_data message = forge_data(forge_send(f, THIRD, &m));
	struct sr_mls_external_options o = {
		.settings = f->settings, .self_removes = &message, .self_removes_n = 1};
	SR_TRY(forge_join_external(f, JOINER, info, &o, &commit));
	FORGE_OK(forge_give(f, VICTIM, slice_make(message.ptr, message.len)));
	return forge_give(f, VICTIM, commit);
}

/* THIRD comes back by the library, to its leaf or to one where nobody is. */
static struct sr_err scene_back(struct forge *f)
{
	struct slice commit;
	forge_group(f, 3);
	struct sr_mls_external_options o = {
		.settings = f->settings, .resync = true, .resync_leaf = f->broken ? 3 : 2};
	SR_TRY(forge_join_external(f, THIRD, forge_info(f, HOSTILE, true), &o, &commit));
	return forge_give(f, VICTIM, commit);
}

/* JOINER joins, of a GroupInfo without the tree, which comes from elsewhere. */
static struct sr_err scene_tree_elsewhere(struct forge *f)
{
	struct build b = {0};
	struct slice tree = {0}, commit;
	forge_group(f, 3);
	mls_tree_encode(&forge_now(f, HOSTILE)->tree, &b);
	FORGE_OK(build_keep(&b, &f->a, &tree));
	if (f->broken)
		tree.len = 0;
	struct sr_mls_external_options o = {.settings = f->settings, .tree = forge_data(tree)};
	return forge_join_external(f, JOINER, forge_info(f, HOSTILE, false), &o, &commit);
}

/* ---- External proposals ---- */

static struct mls_proposal *proposal(void *object)
{
	return &((struct mls_authentic *)object)->content.proposal;
}

static void an_update(struct forge *f, void *object)
{
	*proposal(object) = forge_update(f, HOSTILE).proposal;
}

static void an_external_init(struct forge *f, void *object)
{
	*proposal(object) = forge_external(f, JOINER)->items[0].proposal;
}

static void a_self_remove(struct forge *f, void *object)
{
	*proposal(object) = forge_self_remove(f, HOSTILE).proposal;
}

static void an_add(struct forge *f, void *object)
{
	*proposal(object) = forge_joiner(f).proposal;
}

static void a_psk(struct forge *f, void *object)
{
	*proposal(object) = forge_psk_item(f, HOSTILE, forge_psk(f, "a key")).proposal;
}

static void a_reinit(struct forge *f, void *object)
{
	*proposal(object) = forge_reinit(f, HOSTILE, (struct mls_extensions){0}).proposal;
}

static void a_context(struct forge *f, void *object)
{
	*proposal(object) = forge_context(f, HOSTILE, (struct mls_extensions){0}).proposal;
}

/* set_senders replaces the extension among those proposed. */
static void set_senders(struct forge *f, struct mls_extensions *x, struct slice data)
{
	*x = (struct mls_extensions){0};
	forge_extension(f, x, MLS_EXT_EXTERNAL_SENDERS, data);
}

static struct slice one_sender(struct forge *f)
{
	return senders_of(f, forge_public_key(f, OUTSIDE));
}

static void senders_too_long(struct forge *f, void *object)
{
	set_senders(f, &proposal(object)->extensions, forge_longer(f, one_sender(f)));
}

static void senders_too_short(struct forge *f, void *object)
{
	set_senders(f, &proposal(object)->extensions, forge_shorter(f, one_sender(f)));
}

static void senders_key_short(struct forge *f, void *object)
{
	struct slice key = forge_shorter(f, forge_public_key(f, OUTSIDE));
	set_senders(f, &proposal(object)->extensions, senders_of(f, key));
}

static void senders_without_certificate(struct forge *f, void *object)
{
	struct mls_external_sender sender = {.signature_key = forge_public_key(f, OUTSIDE),
					     .credential = {.type = MLS_CREDENTIAL_X509}};
	set_senders(f, &proposal(object)->extensions,
		    forge_encoded(f, &mls_type_external_senders,
				  &(struct mls_external_senders){&sender, 1}));
}

static void committed_too_long(struct forge *f, void *object)
{
	struct forge_commit *c = object;
	set_senders(f, &c->items[0].proposal.extensions, forge_longer(f, one_sender(f)));
}

static void committed_key_short(struct forge *f, void *object)
{
	struct forge_commit *c = object;
	struct slice key = forge_shorter(f, forge_public_key(f, OUTSIDE));
	set_senders(f, &c->items[0].proposal.extensions, senders_of(f, key));
}

/* ---- External commits ---- */

static void add_own(struct forge_commit *c, struct mls_item item)
{
	item.sender = MLS_SENDER_NEW_COMMIT;
	forge_commit_add(c, item);
}

static void no_external_init(struct forge *f, void *object)
{
	(void)f;
	((struct forge_commit *)object)->items_n = 0;
}

static void two_external_inits(struct forge *f, void *object)
{
	struct forge_commit *c = object;
	(void)f;
	add_own(c, c->items[0]);
}

static void two_removes(struct forge *f, void *object)
{
	add_own(object, forge_remove(f, HOSTILE, 3));
}

static void remove_of_third(struct forge *f, void *object)
{
	add_own(object, forge_remove(f, HOSTILE, 2));
}

static void remove_of_nobody(struct forge *f, void *object)
{
	add_own(object, forge_remove(f, HOSTILE, 3));
}

static void with_psk(struct forge *f, void *object)
{
	add_own(object, forge_psk_item(f, HOSTILE, forge_psk(f, "a key")));
}

static void with_add(struct forge *f, void *object)
{
	forge_package(f, OUTSIDE, &f->at[OUTSIDE].package);
	add_own(object, forge_add(f, HOSTILE, &f->at[OUTSIDE].package.kp));
}

static void with_update(struct forge *f, void *object)
{
	add_own(object, forge_update(f, THIRD));
}

static void with_reinit(struct forge *f, void *object)
{
	add_own(object, forge_reinit(f, HOSTILE, (struct mls_extensions){0}));
}

static void with_context(struct forge *f, void *object)
{
	add_own(object, forge_context(f, HOSTILE, (struct mls_extensions){0}));
}

static void with_self_remove_by_value(struct forge *f, void *object)
{
	add_own(object, forge_self_remove(f, THIRD));
}

static void with_self_remove(struct forge *f, void *object)
{
	forge_commit_add(object, forge_sent(f, THIRD, forge_self_remove(f, THIRD)));
}

static void with_remove_sent(struct forge *f, void *object)
{
	forge_commit_add(object, forge_sent(f, THIRD, forge_remove(f, THIRD, 0)));
}

static void key_of_before(struct forge *f, void *object)
{
	struct slice key = slice_make(mls_tree_key(&f->commit->e->tree, 4), MLS_LEN);
	((struct mls_leaf *)object)->encryption_key = slice_make(forge_copy(f, key), MLS_LEN);
}

static void without_path(struct forge *f, void *object)
{
	(void)f;
	((struct forge_commit *)object)->no_path = true;
}

static void another_seat(struct forge *f, void *object)
{
	(void)f;
	((struct forge_commit *)object)->seat = 3;
}

static void another_init(struct forge *f, void *object)
{
	((struct forge_commit *)object)->init = forge_draw(f, MLS_LEN).ptr;
}

static void kem_short(struct forge *f, void *object)
{
	struct slice *kem = &((struct forge_commit *)object)->items[0].proposal.kem_output;
	*kem = forge_shorter(f, *kem);
}

static void kem_small(struct forge *f, void *object)
{
	struct slice *kem = &((struct forge_commit *)object)->items[0].proposal.kem_output;
	*kem = slice_make(forge_bytes(f, MLS_LEN), MLS_LEN);
}

/* ---- SelfRemoves for who joins ---- */

static void a_remove(struct forge *f, void *object)
{
	*proposal(object) = forge_remove(f, THIRD, 0).proposal;
}

static void of_external_sender(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.sender = MLS_SENDER_EXTERNAL;
}

static void of_blank_leaf(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.sender_index = 3;
}

static void of_epoch_before(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.epoch--;
}

static void of_other_group(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.group_id = SLICE_LIT("another group");
}

static void signed_by_hostile(struct forge *f, void *object)
{
	forge_sign_content(f, HOSTILE, MLS_L("FramedContentTBS"), MLS_WIRE_PUBLIC,
			   forge_now(f, HOSTILE)->context, object);
}

/* ---- GroupInfo ---- */

static void tag_short(struct forge *f, void *object)
{
	struct slice *tag = &((struct mls_group_info *)object)->confirmation_tag;
	*tag = forge_shorter(f, *tag);
}

static struct mls_extension *external_pub(void *object)
{
	struct mls_group_info *info = object;
	return &info->extensions.ptr[info->extensions.n - 1];
}

static void no_external_pub(struct forge *f, void *object)
{
	(void)f;
	((struct mls_group_info *)object)->extensions.n--;
}

static void external_pub_long(struct forge *f, void *object)
{
	external_pub(object)->data = forge_longer(f, external_pub(object)->data);
}

static void external_pub_none(struct forge *f, void *object)
{
	(void)f;
	external_pub(object)->data.len = 0;
}

#define EXTERNAL scene_external, FORGE_LIST
static const struct rule rows[] = {
	{"8.3-1", "a KEM output too short", SR_E_INPUT, "KEM output of a wrong length", EXTERNAL,
	 kem_short, NULL, 0},
	{"8.3-1", "... of small order", SR_E_INPUT, "small order", EXTERNAL, kem_small, NULL, 0},

	{"12.1.8-2", "an Update of an external sender", SR_E_INPUT, "may not make", scene_sender,
	 FORGE_CONTENT, an_update, with_sender, 0},
	{"12.1.8-2", "an ExternalInit of one", SR_E_INPUT, "may not make", scene_sender,
	 FORGE_CONTENT, an_external_init, with_sender, 0},
	{"12.1.8-2", "a SelfRemove of one", SR_E_INPUT, "may not make", scene_sender, FORGE_CONTENT,
	 a_self_remove, with_sender, 0},
	{"12.1.8-4", "an Add of one", SR_OK, NULL, scene_sender, FORGE_CONTENT, an_add, with_sender,
	 0},
	{"12.1.8-4", "a PSK of one", SR_OK, NULL, scene_sender, FORGE_CONTENT, a_psk, with_sender,
	 0},
	{"12.1.8-4", "a ReInit of one", SR_OK, NULL, scene_sender, FORGE_CONTENT, a_reinit,
	 with_sender, 0},
	{"12.1.8-4", "GroupContextExtensions of one", SR_OK, NULL, scene_sender, FORGE_CONTENT,
	 a_context, with_sender, 0},
	{"12.1.8.1-1", "external senders with a byte behind", SR_E_INPUT, "behind the end",
	 scene_context, FORGE_CONTENT, senders_too_long, with_sender, 0},
	{"12.1.8.1-1", "... that end too early", SR_E_INPUT, "ends too early", scene_context,
	 FORGE_CONTENT, senders_too_short, with_sender, 0},
	{"12.1.8.1-1", "... with a key too short", SR_E_INPUT, "key of a wrong length",
	 scene_context, FORGE_CONTENT, senders_key_short, with_sender, 0},
	{"12.1.8.1-1", "... with a chain without certificates", SR_E_INPUT, "without a certificate",
	 scene_context, FORGE_CONTENT, senders_without_certificate, with_sender, 0},
	{"12.1.8.1-1", "... in a group that is joined", SR_E_INPUT, "behind the end",
	 scene_context_welcome, FORGE_LIST, committed_too_long, with_sender, 0},
	{"12.1.8.1-1", "... with a key too short there", SR_E_INPUT, "key of a wrong length",
	 scene_context_welcome, FORGE_LIST, committed_key_short, with_sender, 0},

	{"12.2-19", "no ExternalInit", SR_E_INPUT, "without its ExternalInit", EXTERNAL,
	 no_external_init, NULL, 0},
	{"12.2-20", "two of them", SR_E_INPUT, "two ExternalInit", EXTERNAL, two_external_inits,
	 NULL, 0},
	{"12.2-21", "two Removes", SR_E_INPUT, "removes two members", scene_resync, FORGE_LIST,
	 two_removes, NULL, 0},
	{"12.2-22", "the key of the leaf that is removed", SR_E_INPUT, "the one it replaces",
	 scene_resync, FORGE_LEAF, key_of_before, NULL, 0},
	{"12.2-23", "a Remove of somebody else", SR_E_INPUT, "removes somebody else", EXTERNAL,
	 remove_of_third, NULL, 0},
	{"12.2-24", "a Remove of a leaf where nobody is", SR_E_INPUT, "nobody is", EXTERNAL,
	 remove_of_nobody, NULL, 0},
	{"12.2-24", "... by ourselves", SR_E_INPUT, "nobody is", scene_back, FORGE_NOWHERE, NULL,
	 NULL, 0},
	{"12.2-25", "a PSK", SR_OK, NULL, EXTERNAL, with_psk, NULL, 0},
	{"12.2-26", "an Add", SR_E_INPUT, "may not make", EXTERNAL, with_add, NULL, 0},
	{"12.2-26", "an Update", SR_E_INPUT, "may not make", EXTERNAL, with_update, NULL, 0},
	{"12.2-26", "a ReInit", SR_E_INPUT, "a ReInit and another", EXTERNAL, with_reinit, NULL, 0},
	{"12.2-26", "GroupContextExtensions", SR_E_INPUT, "may not make", EXTERNAL, with_context,
	 NULL, 0},
	{"12.2-26", "a SelfRemove by value", SR_E_INPUT, "an external commit with", EXTERNAL,
	 with_self_remove_by_value, NULL, 0},

	{"12.4.3.2-1", "no path", SR_E_INPUT, "may not send", EXTERNAL, without_path, NULL, 0},
	{"12.4.3.2-2", "a Remove by reference", SR_E_INPUT, "by reference", EXTERNAL,
	 with_remove_sent, NULL, 0},
	{"12.4.3.2-5", "another leaf than the leftmost blank one", SR_E_AUTH, "signature",
	 scene_growing, FORGE_LIST, another_seat, NULL, 0},
	{"12.4.3.2-6", "another init secret", SR_E_AUTH, "confirmation tag", EXTERNAL, another_init,
	 NULL, 0},
	{"12.4.3.2-7", "a GroupInfo without external_pub", SR_E_STATE,
	 "without the key for external joins", scene_info, FORGE_INFO, no_external_pub, NULL, 0},
	{"12.4.3.2-10", "an external_pub with a byte behind", SR_E_INPUT, "malformed key",
	 scene_info, FORGE_INFO, external_pub_long, NULL, 0},
	{"12.4.3.2-10", "an empty one", SR_E_INPUT, "malformed key", scene_info, FORGE_INFO,
	 external_pub_none, NULL, 0},
	{"12.4.3.2-11", "no tree anywhere", SR_E_STATE, "neither in the message nor given",
	 scene_tree_elsewhere, FORGE_NOWHERE, NULL, NULL, 0},
	{"12.4.3.2-12", "a confirmation tag too short", SR_E_INPUT, "tag of a wrong length",
	 scene_info, FORGE_INFO, tag_short, NULL, 0},

	{"SR-10", "a SelfRemove by reference", SR_OK, NULL, EXTERNAL, with_self_remove, NULL, 0},
	{"SR-12", "a SelfRemove that somebody else signed", SR_E_AUTH, "signature", scene_takes,
	 FORGE_SIGNED, signed_by_hostile, NULL, 0},
	{"SR-13", "a Remove for a SelfRemove", SR_E_INPUT, "no SelfRemove of a member", scene_takes,
	 FORGE_CONTENT, a_remove, NULL, 0},
	{"SR-13", "... of an external sender", SR_E_INPUT, "no SelfRemove of a member", scene_takes,
	 FORGE_CONTENT, of_external_sender, NULL, 0},
	{"SR-13", "... of a leaf where nobody is", SR_E_INPUT, "no SelfRemove of a member",
	 scene_takes, FORGE_CONTENT, of_blank_leaf, NULL, 0},
	{"SR-14", "a SelfRemove of an epoch before", SR_E_STATE, "another group or epoch",
	 scene_takes, FORGE_CONTENT, of_epoch_before, NULL, 0},
	{"SR-14", "... of another group", SR_E_STATE, "another group or epoch", scene_takes,
	 FORGE_CONTENT, of_other_group, NULL, 0},
};

int main(void)
{
	return forge_main(rows, sizeof rows / sizeof *rows,
			  "8.3 12.1.8 !12.1.8-3 12.1.8.1 12.4.3.2");
}
