/* SPDX-License-Identifier: Apache-2.0 */
/* What groups require and extensions say (11.1, 13, 17). */
#include "mls_forge.h"

#include <string.h>

enum { ODD = 0xf005, GREASE = 0x3a3a };

/* ---- Scenes ---- */

/* HOSTILE commits to add JOINER. */
static struct sr_err scene_add_commit(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_arm(f);
	forge_commit_add(c, forge_joiner(f));
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

/* VICTIM takes JOINER's key package from where such are published. */
static struct sr_err scene_published(struct forge *f)
{
	uint8_t ref[MLS_LEN];
	forge_arm(f);
	forge_package(f, JOINER, &f->at[JOINER].package);
	return sr_mls_key_package_ref(forge_data(f->at[JOINER].package.message), ref);
}

/* HOSTILE proposes new extensions, and no more. */
static struct sr_err scene_proposed(struct forge *f)
{
	forge_group(f, 3);
	forge_arm(f);
	struct mls_item item = forge_context(f, HOSTILE, (struct mls_extensions){0});
	return forge_give(f, VICTIM, forge_propose(f, HOSTILE, &item));
}

/* HOSTILE proposes a ReInit. */
static struct sr_err scene_reinit(struct forge *f)
{
	forge_group(f, 3);
	forge_arm(f);
	struct mls_item item = forge_reinit(f, HOSTILE, (struct mls_extensions){0});
	return forge_give(f, VICTIM, forge_propose(f, HOSTILE, &item));
}

static const uint16_t odd[] = {ODD};

static void all_capable(struct forge *f)
{
	for (int i = 0; i < CLIENTS; i++)
		f->at[i].client.extensions = (struct sr_mls_types){odd, 1};
}

static void using_odd(struct forge *f)
{
	all_capable(f);
	forge_extension(f, &f->context, ODD, SLICE_LIT("odd"));
}

/* All but VICTIM say that they know GREASE. */
static void add_grease(struct forge *f, struct mls_leaf *leaf)
{
	leaf->capabilities.extensions = forge_values(f, 1, GREASE);
}

static void all_greased(struct forge *f)
{
	for (int i = 0; i < CLIENTS; i++)
		if (i != VICTIM)
			f->at[i].odd = add_grease;
}

/* ---- Changes ---- */

static struct mls_extensions *proposed(void *object)
{
	return &((struct mls_authentic *)object)->content.proposal.extensions;
}

static struct mls_extensions *committed(void *object)
{
	return &((struct forge_commit *)object)->items[0].proposal.extensions;
}

static struct mls_extensions *of_leaf(void *object)
{
	return &((struct mls_leaf *)object)->extensions;
}

static struct mls_extensions *of_package(void *object)
{
	return &((struct mls_key_package *)object)->extensions;
}

static struct mls_extensions *of_info(void *object)
{
	return &((struct mls_group_info *)object)->extensions;
}

static void require(struct forge *f, struct mls_extensions *x, const struct mls_required *r)
{
	forge_extension(f, x, MLS_EXT_REQUIRED_CAPABILITIES,
			forge_encoded(f, &mls_type_required, r));
}

static void requires_defaults(struct forge *f, void *object)
{
	require(f, proposed(object),
		&(struct mls_required){.extensions = forge_values(f, 5, 1, 2, 3, 4, 5),
				       .proposals = forge_values(f, 7, 1, 2, 3, 4, 5, 6, 7),
				       .credentials = forge_values(f, 2, 1, 2)});
}

static void requires_with_byte(struct forge *f, void *object)
{
	forge_extension(f, proposed(object), MLS_EXT_REQUIRED_CAPABILITIES, SLICE_LIT("\0\0\0\0"));
}

static void requires_too_short(struct forge *f, void *object)
{
	forge_extension(f, proposed(object), MLS_EXT_REQUIRED_CAPABILITIES, SLICE_LIT("\0\0"));
}

static void requires_nothing_at_all(struct forge *f, void *object)
{
	forge_extension(f, proposed(object), MLS_EXT_REQUIRED_CAPABILITIES, SLICE_LIT(""));
}

static void committed_with_byte(struct forge *f, void *object)
{
	forge_extension(f, committed(object), MLS_EXT_REQUIRED_CAPABILITIES, SLICE_LIT("\0\0\0\0"));
}

static void requires_many(struct forge *f, void *object)
{
	struct mls_required r = {0};
	struct mls_u16_list *lists[] = {&r.extensions, &r.proposals, &r.credentials};
	struct mls_u16_list *list = lists[f->rule->arg];
	*list = (struct mls_u16_list){(uint16_t *)(void *)forge_bytes(f, 2 * 1025), 1025};
	for (size_t i = 0; i < list->n; i++)
		list->ptr[i] = 1;
	require(f, proposed(object), &r);
}

/* twice puts an extension there that is there already. */
static void twice(struct forge *f, struct mls_extensions *x)
{
	forge_extension(f, x, ODD, SLICE_LIT("once"));
	forge_extension(f, x, ODD, SLICE_LIT("once more"));
}

static void package_twice(struct forge *f, void *object)
{
	twice(f, of_package(object));
}

static void leaf_twice(struct forge *f, void *object)
{
	twice(f, of_leaf(object));
}

static void info_twice(struct forge *f, void *object)
{
	twice(f, of_info(object));
}

static void committed_twice(struct forge *f, void *object)
{
	twice(f, committed(object));
}

static void proposed_twice(struct forge *f, void *object)
{
	twice(f, proposed(object));
}

static void reinit_twice(struct forge *f, void *object)
{
	twice(f, &((struct mls_authentic *)object)->content.proposal.reinit.extensions);
}

static void not_odd(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->capabilities.extensions = forge_lacks(f, l->capabilities.extensions, ODD);
}

/* ---- GREASE ---- */

static void greased_leaf(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->capabilities.suites = forge_values(f, 3, 1, 3, GREASE);
	l->capabilities.extensions = forge_values(f, 1, GREASE);
	l->capabilities.proposals = forge_values(f, 2, GREASE, MLS_PROPOSAL_SELF_REMOVE);
	l->capabilities.credentials = forge_values(f, 3, 1, GREASE, 2);
	forge_extension(f, &l->extensions, GREASE, SLICE_LIT(""));
}

static void greased_package(struct forge *f, void *object)
{
	forge_extension(f, of_package(object), GREASE, SLICE_LIT("of any content"));
}

static void greased_info(struct forge *f, void *object)
{
	forge_extension(f, of_info(object), GREASE, SLICE_LIT("of any content"));
}

static void grease_not_listed(struct forge *f, void *object)
{
	forge_extension(f, of_leaf(object), GREASE, SLICE_LIT(""));
}

static void grease_used(struct forge *f, void *object)
{
	forge_extension(f, proposed(object), GREASE, SLICE_LIT(""));
}

static void grease_required(struct forge *f, void *object)
{
	require(f, proposed(object),
		&(struct mls_required){.extensions = forge_values(f, 1, GREASE)});
}

/* ---- Where extensions belong: the arg-th type where it does not ---- */

static void put_arg(struct forge *f, struct mls_extensions *x)
{
	forge_extension(f, x, (uint16_t)f->rule->arg, SLICE_LIT("\0\0\0"));
}

static void in_package(struct forge *f, void *object)
{
	put_arg(f, of_package(object));
}

static void in_leaf(struct forge *f, void *object)
{
	put_arg(f, of_leaf(object));
}

static void in_info(struct forge *f, void *object)
{
	put_arg(f, of_info(object));
}

static void in_proposal(struct forge *f, void *object)
{
	put_arg(f, proposed(object));
}

static void in_context(struct forge *f, void *object)
{
	put_arg(f, committed(object));
}

static void in_reinit(struct forge *f, void *object)
{
	put_arg(f, &((struct mls_authentic *)object)->content.proposal.reinit.extensions);
}

static void package_suite_2(struct forge *f, void *object)
{
	(void)f;
	((struct mls_key_package *)object)->suite = 2;
}

static void welcome_suite_2(struct forge *f, void *object)
{
	(void)f;
	((struct mls_welcome *)object)->suite = 2;
}

static void info_suite_2(struct forge *f, void *object)
{
	(void)f;
	((struct mls_group_info *)object)->context.suite = 2;
}

#define PROPOSED scene_context, FORGE_CONTENT
#define COMMITTED scene_context_welcome, FORGE_LIST
#define MISPLACED SR_E_INPUT, "where it does not belong"
static const struct rule rows[] = {
	{"11.1-3", "default types that are required", SR_OK, NULL, PROPOSED, requires_defaults,
	 NULL, 0},
	{"11.1-4", "required capabilities with a byte behind", SR_E_INPUT, "behind the end",
	 PROPOSED, requires_with_byte, NULL, 0},
	{"11.1-4", "... that end too early", SR_E_INPUT, "ends too early", PROPOSED,
	 requires_too_short, NULL, 0},
	{"11.1-4", "... that are empty", SR_E_INPUT, "ends too early", PROPOSED,
	 requires_nothing_at_all, NULL, 0},
	{"11.1-4", "... of a group that is joined", SR_E_INPUT, "behind the end", COMMITTED,
	 committed_with_byte, NULL, 0},
	{"11.1-5", "too many extensions required", SR_E_LIMIT, "too many", PROPOSED, requires_many,
	 NULL, 0},
	{"11.1-5", "... proposals", SR_E_LIMIT, "too many", PROPOSED, requires_many, NULL, 1},
	{"11.1-5", "... credentials", SR_E_LIMIT, "too many", PROPOSED, requires_many, NULL, 2},

	{"13.4-1", "an extension twice in a key package", SR_E_INPUT, "two extensions of one type",
	 scene_published, FORGE_PACKAGE, package_twice, NULL, 0},
	{"13.4-1", "... in an Add", SR_E_INPUT, "two extensions of one type", scene_add,
	 FORGE_PACKAGE, package_twice, NULL, 0},
	{"13.4-2", "... in a leaf", SR_E_INPUT, "two extensions of one type", scene_add, FORGE_LEAF,
	 leaf_twice, all_capable, 0},
	{"13.4-2", "... in a leaf of a tree", SR_E_INPUT, "two extensions of one type",
	 scene_welcome, FORGE_TREE_LEAF, leaf_twice, all_capable, 0},
	{"13.4-3", "... in a GroupInfo", SR_E_INPUT, "two extensions of one type", scene_welcome,
	 FORGE_INFO, info_twice, NULL, 0},
	{"13.4-3", "... from outside", SR_E_INPUT, "two extensions of one type", scene_info,
	 FORGE_INFO, info_twice, NULL, 0},
	{"13.4-4", "... in a GroupContext", SR_E_INPUT, "two extensions of one type", COMMITTED,
	 committed_twice, all_capable, 0},
	{"13.4-5", "... in GroupContextExtensions", SR_E_INPUT, "two extensions of one type",
	 PROPOSED, proposed_twice, all_capable, 0},
	{"13.4-5", "... as they come", SR_E_INPUT, "two extensions of one type", scene_proposed,
	 FORGE_CONTENT, proposed_twice, all_capable, 0},
	{"13.4-6", "... in a ReInit", SR_E_INPUT, "two extensions of one type", scene_reinit,
	 FORGE_CONTENT, reinit_twice, NULL, 0},
	{"13.4-9", "an Add of who does not support an extension in use", SR_E_INPUT,
	 "extension that the group uses", scene_add_commit, FORGE_LEAF, not_odd, using_odd, 0},
	{"13.4-9", "... an Update", SR_E_INPUT, "extension that the group uses", scene_update,
	 FORGE_LEAF, not_odd, using_odd, 0},
	{"13.4-9", "... a path", SR_E_INPUT, "extension that the group uses", scene_commit,
	 FORGE_LEAF, not_odd, using_odd, 0},

	{"13.5-1", "GREASE in a leaf", SR_OK, NULL, scene_add_commit, FORGE_LEAF, greased_leaf,
	 NULL, 0},
	{"13.5-1", "... of an Update", SR_OK, NULL, scene_update, FORGE_LEAF, greased_leaf, NULL,
	 0},
	{"13.5-1", "... of a tree", SR_OK, NULL, scene_welcome, FORGE_TREE_LEAF, greased_leaf, NULL,
	 0},
	{"13.5-1", "... in a key package", SR_OK, NULL, scene_add_commit, FORGE_PACKAGE,
	 greased_package, NULL, 0},
	{"13.5-1", "... in a GroupInfo", SR_OK, NULL, scene_welcome, FORGE_INFO, greased_info, NULL,
	 0},
	{"13.5-2", "a GREASE extension that is not in the capabilities", SR_E_INPUT,
	 "its own extension", scene_add, FORGE_LEAF, grease_not_listed, NULL, 0},
	{"13.5-5", "GREASE in GroupContextExtensions", SR_E_INPUT, "extension that the group uses",
	 PROPOSED, grease_used, all_greased, 0},
	{"13.5-5", "GREASE that is required", SR_E_INPUT, "the group requires", PROPOSED,
	 grease_required, all_greased, 0},

	{"17.1-1", "a key package of suite 2", SR_E_INPUT, "not known", scene_published,
	 FORGE_PACKAGE, package_suite_2, NULL, 0},
	{"17.1-1", "a Welcome of suite 2", SR_E_INPUT, "not known", scene_welcome, FORGE_WELCOME,
	 welcome_suite_2, NULL, 0},
	{"17.1-1", "a GroupInfo of suite 2", SR_E_INPUT, "not known", scene_info, FORGE_INFO,
	 info_suite_2, NULL, 0},
	{"17.3-1", "application_id in a key package", MISPLACED, scene_add, FORGE_PACKAGE,
	 in_package, NULL, MLS_EXT_APPLICATION_ID},
	{"17.3-1", "... in a GroupInfo", MISPLACED, scene_welcome, FORGE_INFO, in_info, NULL,
	 MLS_EXT_APPLICATION_ID},
	{"17.3-1", "... in a proposal", MISPLACED, PROPOSED, in_proposal, NULL,
	 MLS_EXT_APPLICATION_ID},
	{"17.3-1", "... in a GroupContext", MISPLACED, COMMITTED, in_context, NULL,
	 MLS_EXT_APPLICATION_ID},
	{"17.3-1", "... in a ReInit", MISPLACED, scene_reinit, FORGE_CONTENT, in_reinit, NULL,
	 MLS_EXT_APPLICATION_ID},
	{"17.3-2", "ratchet_tree in a key package", MISPLACED, scene_add, FORGE_PACKAGE, in_package,
	 NULL, MLS_EXT_RATCHET_TREE},
	{"17.3-2", "... in a leaf", MISPLACED, scene_add, FORGE_LEAF, in_leaf, NULL,
	 MLS_EXT_RATCHET_TREE},
	{"17.3-2", "... in a proposal", MISPLACED, PROPOSED, in_proposal, NULL,
	 MLS_EXT_RATCHET_TREE},
	{"17.3-2", "external_pub in a leaf of a path", MISPLACED, scene_commit, FORGE_LEAF, in_leaf,
	 NULL, MLS_EXT_EXTERNAL_PUB},
	{"17.3-2", "... in a GroupContext", MISPLACED, COMMITTED, in_context, NULL,
	 MLS_EXT_EXTERNAL_PUB},
	{"17.3-3", "required_capabilities in a leaf", MISPLACED, scene_update, FORGE_LEAF, in_leaf,
	 NULL, MLS_EXT_REQUIRED_CAPABILITIES},
	{"17.3-3", "... in a key package", MISPLACED, scene_add, FORGE_PACKAGE, in_package, NULL,
	 MLS_EXT_REQUIRED_CAPABILITIES},
	{"17.3-3", "external_senders in a GroupInfo", MISPLACED, scene_info, FORGE_INFO, in_info,
	 NULL, MLS_EXT_EXTERNAL_SENDERS},
	{"17.3-3", "... in a leaf of a tree", MISPLACED, scene_welcome, FORGE_TREE_LEAF, in_leaf,
	 NULL, MLS_EXT_EXTERNAL_SENDERS},
};

int main(void)
{
	return forge_main(rows, sizeof rows / sizeof *rows, "11.1 13.4 13.5 17.1 17.3");
}
