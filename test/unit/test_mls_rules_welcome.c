/* SPDX-License-Identifier: Apache-2.0 */
/* GroupInfo and Welcome (8.1, 12.4.3, 12.4.3.1), but for the tree in them: test_mls_rules_tree.c.
 */
#include "mls_forge.h"

#include <string.h>

enum { ODD = 0xf004 };

/* ---- Scenes ---- */

/* JOINER joins a group in its first epoch. */
static struct sr_err scene_first_epoch(struct forge *f)
{
	struct sr_mls_external_options o = {.settings = f->settings};
	struct slice commit;
	forge_group(f, 1);
	forge_arm(f);
	SR_TRY(forge_join_external(f, JOINER, forge_info(f, HOSTILE, true), &o, &commit));
	return forge_give(f, HOSTILE, commit);
}

/* HOSTILE commits two PSKs and to add JOINER, who does not have one of them if broken. */
static struct sr_err scene_psks(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_commit_add(c, forge_psk_item(f, HOSTILE, forge_psk(f, "a key")));
	forge_commit_add(c, forge_psk_item(f, HOSTILE, forge_psk(f, "?another key")));
	forge_commit_add(c, forge_joiner(f));
	forge_arm(f);
	forge_commit(f, c);
	f->deaf = f->broken && f->rule->at == FORGE_NOWHERE;
	return forge_join(f, JOINER, forge_welcome(f, c, false), (struct slice){0}, NULL);
}

/* JOINER gets a Welcome without the tree; that comes from elsewhere, or not if broken. */
static struct sr_err scene_no_tree(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_commit_add(c, forge_joiner(f));
	forge_commit(f, c);
	struct slice tree = f->broken ? (struct slice){0} : c->tree;
	return forge_join(f, JOINER, forge_welcome(f, c, true), tree, NULL);
}

/* ---- Who is capable of what ---- */

static const uint16_t odd[] = {ODD};

static void all_but_joiner(struct forge *f)
{
	for (int i = 0; i < CLIENTS; i++)
		if (i != JOINER)
			f->at[i].client.extensions = (struct sr_mls_types){odd, 1};
}

/* A group that uses an extension, of which JOINER is capable unless broken. */
static void using_odd(struct forge *f)
{
	all_but_joiner(f);
	if (!f->broken)
		f->at[JOINER].client.extensions = (struct sr_mls_types){odd, 1};
	forge_extension(f, &f->context, ODD, SLICE_LIT("odd"));
}

/* ---- Changes ---- */

static struct mls_context *context(void *object)
{
	return &((struct mls_group_info *)object)->context;
}

static void version_2(struct forge *f, void *object)
{
	(void)f;
	context(object)->version = 2;
}

static void version_0(struct forge *f, void *object)
{
	(void)f;
	context(object)->version = 0;
}

static void tree_hash_short(struct forge *f, void *object)
{
	context(object)->tree_hash = forge_shorter(f, context(object)->tree_hash);
}

static void confirmed_short(struct forge *f, void *object)
{
	struct slice *hash = &context(object)->confirmed_transcript_hash;
	*hash = forge_shorter(f, *hash);
}

static void confirmed_none(struct forge *f, void *object)
{
	(void)f;
	context(object)->confirmed_transcript_hash.len = 0;
}

static void confirmed_some(struct forge *f, void *object)
{
	context(object)->confirmed_transcript_hash = forge_draw(f, (size_t)f->rule->arg);
}

static void odd_extension(struct forge *f, void *object)
{
	forge_extension(f, &((struct mls_group_info *)object)->extensions, ODD, SLICE_LIT("odd"));
}

static void context_odd(struct forge *f, void *object)
{
	struct forge_commit *c = object;
	forge_extension(f, &c->items[0].proposal.extensions, ODD, SLICE_LIT("odd"));
}

static void signed_by_third(struct forge *f, void *object)
{
	forge_sign_info(f, THIRD, MLS_L("GroupInfoTBS"), object);
}

static void then_other_epoch(struct forge *f, void *object)
{
	(void)f;
	context(object)->epoch++;
}

static void then_other_confirmed(struct forge *f, void *object)
{
	struct slice *hash = &context(object)->confirmed_transcript_hash;
	*hash = forge_flip(f, *hash, 0);
}

static void then_other_context(struct forge *f, void *object)
{
	forge_extension(f, &context(object)->extensions, MLS_EXT_REQUIRED_CAPABILITIES,
			SLICE_LIT("\0\0\0"));
}

static void then_other_tag(struct forge *f, void *object)
{
	struct slice *tag = &((struct mls_group_info *)object)->confirmation_tag;
	*tag = forge_flip(f, *tag, 0);
}

static void then_other_signer(struct forge *f, void *object)
{
	(void)f;
	((struct mls_group_info *)object)->signer = 2;
}

static void signer_blank(struct forge *f, void *object)
{
	(void)f;
	((struct mls_group_info *)object)->signer = 3;
}

static void signer_beyond(struct forge *f, void *object)
{
	(void)f;
	((struct mls_group_info *)object)->signer = UINT32_MAX;
}

static void signed_by_joiner(struct forge *f, void *object)
{
	((struct mls_group_info *)object)->signer = 3;
	forge_sign_info(f, JOINER, MLS_L("GroupInfoTBS"), object);
}

static void other_suite(struct forge *f, void *object)
{
	context(object)->suite = f->s->id ^ 2;
}

static void for_somebody_else(struct forge *f, void *object)
{
	struct slice *ref = &((struct mls_welcome *)object)->secrets.ptr[0].new_member;
	*ref = forge_flip(f, *ref, 0);
}

static void for_nobody(struct forge *f, void *object)
{
	(void)f;
	((struct mls_welcome *)object)->secrets.n = 0;
}

static void reference_long(struct forge *f, void *object)
{
	struct slice *ref = &((struct mls_welcome *)object)->secrets.ptr[0].new_member;
	*ref = forge_longer(f, *ref);
}

static void welcome_other_suite(struct forge *f, void *object)
{
	((struct mls_welcome *)object)->suite = f->s->id ^ 2;
}

static void secrets_damaged(struct forge *f, void *object)
{
	struct slice *text = &((struct mls_welcome *)object)->secrets.ptr[0].secrets.text;
	*text = forge_flip(f, *text, 0);
}

static void info_damaged(struct forge *f, void *object)
{
	struct slice *text = &((struct mls_welcome *)object)->encrypted_group_info;
	*text = forge_flip(f, *text, 0);
}

static void joiner_short(struct forge *f, void *object)
{
	struct mls_group_secrets *s = object;
	s->joiner_secret = forge_shorter(f, s->joiner_secret);
}

static void path_secret_long(struct forge *f, void *object)
{
	struct mls_group_secrets *s = object;
	*s->path_secret = forge_longer(f, *s->path_secret);
}

static void nonce_short(struct forge *f, void *object)
{
	struct mls_group_secrets *s = object;
	s->psks.ptr[0].nonce = forge_shorter(f, s->psks.ptr[0].nonce);
}

static void secrets_without_tag(struct forge *f, void *object)
{
	(void)f;
	((struct mls_welcome *)object)->secrets.ptr[0].secrets.text.len = MLS_TAG_LEN - 1;
}

/* JOINER's secrets are sealed anew for what is left of the GroupInfo. */
static void info_without_tag(struct forge *f, void *object)
{
	struct mls_welcome *w = object;
	struct mls_group_secrets secrets = {.joiner_secret =
						    slice_make(f->commit->joiner, MLS_LEN)};
	w->encrypted_group_info.len = MLS_TAG_LEN - 1;
	w->secrets.ptr[0].secrets = forge_encrypt(
		f, f->at[JOINER].package.kp.init_key.ptr, MLS_L("Welcome"), w->encrypted_group_info,
		forge_encoded(f, &mls_type_group_secrets, &secrets));
}

static void continues_two(struct forge *f, void *object)
{
	struct mls_group_secrets *s = object;
	for (size_t i = 0; i < 2; i++)
		s->psks.ptr[i] = (struct mls_psk_id){
			.type = MLS_PSK_RESUMPTION,
			.usage = i ? MLS_USAGE_REINIT : MLS_USAGE_BRANCH,
			.group_id = f->group_id,
			.epoch = i,
			.nonce = forge_draw(f, MLS_LEN),
		};
}

static void other_joiner(struct forge *f, void *object)
{
	((struct mls_group_secrets *)object)->joiner_secret = forge_draw(f, MLS_LEN);
}

static void other_path_secret(struct forge *f, void *object)
{
	*((struct mls_group_secrets *)object)->path_secret = forge_draw(f, MLS_LEN);
}

/* Node 3 has another key than comes of JOINER's secret, and leaf 0 and node 1 agree with it. */
static void root_made_up(struct forge *f, void *object)
{
	struct mls_tree *t = &f->commit->next->tree;
	uint8_t *hash = forge_bytes(f, MLS_LEN);
	struct slice low = slice_make(mls_tree_key(t, 1), MLS_LEN);
	low = slice_make(forge_copy(f, low), MLS_LEN);
	FORGE_OK(mls_tree_set_parent(t, 3, forge_draw(f, MLS_LEN).ptr, (struct slice){0}));
	FORGE_OK(mls_tree_parent_hash(f->s, t, 3, 5, hash));
	FORGE_OK(mls_tree_set_parent(t, 1, low.ptr, slice_make(hash, MLS_LEN)));
	FORGE_OK(mls_tree_parent_hash(f->s, t, 1, 2, hash));
	((struct mls_leaf *)object)->parent_hash = slice_make(hash, MLS_LEN);
}

static void other_tag(struct forge *f, void *object)
{
	then_other_tag(f, object);
}

static void tag_short(struct forge *f, void *object)
{
	struct slice *tag = &((struct mls_group_info *)object)->confirmation_tag;
	*tag = forge_shorter(f, *tag);
}

#define INFO scene_welcome, FORGE_INFO
#define PUBLISHED scene_info, FORGE_INFO
#define SIGNED scene_welcome, FORGE_INFO_SIGNED
static const struct rule rows[] = {
	{"8.1-1", "a group of version 2", SR_E_INPUT, "not known", INFO, version_2, NULL, 0},
	{"8.1-1", "... of version 0, from outside", SR_E_INPUT, "not known", PUBLISHED, version_0,
	 NULL, 0},
	{"8.1-2", "a tree hash too short", SR_E_INPUT, "hashes of a wrong length", INFO,
	 tree_hash_short, NULL, 0},
	{"8.1-2", "a transcript hash too short", SR_E_INPUT, "hashes of a wrong length", INFO,
	 confirmed_short, NULL, 0},
	{"8.1-2", "... that is empty, in a later epoch", SR_E_INPUT, "hashes of a wrong length",
	 PUBLISHED, confirmed_none, NULL, 0},
	{"8.1-2", "... of a few bytes in the first epoch", SR_E_INPUT, "hashes of a wrong length",
	 scene_first_epoch, FORGE_INFO, confirmed_some, NULL, 5},
	{"8.1-2", "... that is there in the first epoch", SR_E_INPUT, "hashes of a wrong length",
	 scene_first_epoch, FORGE_INFO, confirmed_some, NULL, MLS_LEN},

	{"12.4.3-1", "an unknown extension", SR_OK, NULL, INFO, odd_extension, NULL, 0},
	{"12.4.3-1", "... from outside", SR_OK, NULL, PUBLISHED, odd_extension, NULL, 0},
	{"12.4.3-2", "an extension of the group that we do not support", SR_E_INPUT,
	 "extension that the group uses", scene_context_welcome, FORGE_LIST, context_odd,
	 all_but_joiner, 0},
	{"12.4.3-2", "... from outside", SR_E_INPUT, "extension that the group uses", scene_info,
	 FORGE_NOWHERE, NULL, using_odd, 0},
	{"12.4.3-4", "a GroupInfo signed by another member", SR_E_AUTH, "signature", SIGNED,
	 signed_by_third, NULL, 0},
	{"12.4.3-4", "... from outside", SR_E_AUTH, "signature", scene_info, FORGE_INFO_SIGNED,
	 signed_by_third, NULL, 0},
	{"12.4.3-4", "another epoch after it was signed", SR_E_AUTH, "signature", SIGNED,
	 then_other_epoch, NULL, 0},
	{"12.4.3-4", "... transcript hash", SR_E_AUTH, "signature", SIGNED, then_other_confirmed,
	 NULL, 0},
	{"12.4.3-4", "... extensions of the group", SR_E_AUTH, "signature", SIGNED,
	 then_other_context, NULL, 0},
	{"12.4.3-4", "... extensions of the GroupInfo", SR_E_AUTH, "signature", SIGNED,
	 odd_extension, NULL, 0},
	{"12.4.3-4", "... confirmation tag", SR_E_AUTH, "signature", SIGNED, then_other_tag, NULL,
	 0},
	{"12.4.3-4", "... signer", SR_E_AUTH, "signature", SIGNED, then_other_signer, NULL, 0},
	{"12.4.3-5", "a signer where nobody is", SR_E_INPUT, "signed by nobody", PUBLISHED,
	 signer_blank, NULL, 0},
	{"12.4.3-5", "... beyond the tree", SR_E_INPUT, "signed by nobody", INFO, signer_beyond,
	 NULL, 0},
	{"12.4.3-6", "a GroupInfo that we are said to have signed", SR_E_INPUT,
	 "its own new member", SIGNED, signed_by_joiner, NULL, 0},

	{"12.4.3.1-1", "a Welcome for somebody else", SR_E_STATE, "none of these key packages",
	 scene_welcome, FORGE_WELCOME, for_somebody_else, NULL, 0},
	{"12.4.3.1-1", "... for nobody", SR_E_STATE, "none of these key packages", scene_welcome,
	 FORGE_WELCOME, for_nobody, NULL, 0},
	{"12.4.3.1-1", "... with a reference too long", SR_E_STATE, "none of these key packages",
	 scene_welcome, FORGE_WELCOME, reference_long, NULL, 0},
	{"12.4.3.1-2", "a Welcome of another suite", SR_E_INPUT,
	 "another cipher suite than its key package", scene_welcome, FORGE_WELCOME,
	 welcome_other_suite, NULL, 0},
	{"12.4.3.1-3", "secrets with a bit changed", SR_E_AUTH, "encrypted", scene_welcome,
	 FORGE_WELCOME, secrets_damaged, NULL, 0},
	{"12.4.3.1-3", "a GroupInfo with a bit changed", SR_E_AUTH, "encrypted", scene_welcome,
	 FORGE_WELCOME, info_damaged, NULL, 0},
	{"12.4.3.1-4", "a joiner secret too short", SR_E_INPUT, "secrets of a wrong length",
	 scene_welcome, FORGE_SECRETS, joiner_short, NULL, 0},
	{"12.4.3.1-4", "a path secret too long", SR_E_INPUT, "secrets of a wrong length",
	 scene_welcome_path, FORGE_SECRETS, path_secret_long, NULL, 0},
	{"12.4.3.1-4", "a nonce too short", SR_E_INPUT, "nonce of a wrong length", scene_psks,
	 FORGE_SECRETS, nonce_short, NULL, 0},
	{"12.4.3.1-4", "secrets shorter than a tag", SR_E_INPUT, "ends too early", scene_welcome,
	 FORGE_WELCOME, secrets_without_tag, NULL, 0},
	{"12.4.3.1-4", "a GroupInfo shorter than a tag", SR_E_INPUT, "ends too early",
	 scene_welcome, FORGE_WELCOME, info_without_tag, NULL, 0},
	{"12.4.3.1-5", "a PSK that we do not have", SR_E_STATE, "does not know", scene_psks,
	 FORGE_NOWHERE, NULL, NULL, 0},
	{"12.4.3.1-6", "a ReInit and a branch at once", SR_E_INPUT, "continues two groups",
	 scene_psks, FORGE_SECRETS, continues_two, NULL, 0},
	{"12.4.3.1-7", "a GroupInfo under another joiner secret", SR_E_AUTH, "encrypted",
	 scene_welcome, FORGE_SECRETS, other_joiner, NULL, 0},
	{"12.4.3.1-10", "a group of another suite", SR_E_INPUT,
	 "another cipher suite than its group", INFO, other_suite, NULL, 0},
	{"12.4.3.1-20", "another path secret", SR_E_INPUT, "another key than the tree has",
	 scene_welcome_path, FORGE_SECRETS, other_path_secret, NULL, 0},
	{"12.4.3.1-20", "another key above its node", SR_E_INPUT, "another key than the tree has",
	 scene_welcome_path, FORGE_LEAF, root_made_up, NULL, 0},
	{"12.4.3.1-21", "another confirmation tag", SR_E_AUTH, "confirmation tag", INFO, other_tag,
	 NULL, 0},
	{"12.4.3.1-21", "... that is too short", SR_E_AUTH, "confirmation tag", INFO, tag_short,
	 NULL, 0},
	{"12.4.3.1-24", "no tree anywhere", SR_E_STATE, "neither in the message nor given",
	 scene_no_tree, FORGE_NOWHERE, NULL, NULL, 0},
};

int main(void)
{
	return forge_main(rows, sizeof rows / sizeof *rows,
			  "8.1 12.4.3 12.4.3.1 !12.4.3.1-12 !12.4.3.1-15 !12.4.3.1-16 "
			  "!12.4.3.1-17 !12.4.3.1-18 !12.4.3.1-19");
}
