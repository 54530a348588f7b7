/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-shared keys (8.4), and the groups that continue others by one (11.2, 11.3). */
#include "mls_forge.h"

#include <string.h>

/* ---- Groups that continue others ---- */

/* struct plan: the group that takes the place of HOSTILE's, or branches from it. */
struct plan {
	struct mls_reinit reinit; /* as it is announced */
	bool announced;
	uint16_t suite; /* from here on: what comes then */
	struct slice group_id;
	struct mls_extensions extensions;
	struct mls_psk_id psk;
	bool without_psk, later, without_third, with_joiner, without_from;
};

static void announce(struct forge *f, const struct plan *p)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	struct mls_item item = forge_item(
		f, HOSTILE,
		&(struct mls_proposal){.type = MLS_PROPOSAL_REINIT, .reinit = p->reinit});
	if (p->announced)
		forge_commit_add(c, item);
	forge_commit(f, c);
	FORGE_OK(forge_follow(f, VICTIM, c));
	forge_merge(f, c);
}

static void add(struct forge *f, struct forge_commit *c, enum forge_who who)
{
	forge_package(f, who, &f->at[who].package);
	forge_commit_add(c, forge_add(f, HOSTILE, &f->at[who].package.kp));
}

/* start_from makes a commit start from an epoch. */
static struct forge_commit *start_from(struct forge *f, const struct mls_epoch *e)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	c->e = e;
	c->init = e->vault->secrets.init;
	return c;
}

/* begin makes the new group, with its first commit; f is of its suite then. */
static struct slice begin(struct forge *f, const struct plan *p)
{
	struct mls_epoch *first = NULL;
	f->s = mls_suite_find(p->suite);
	for (int i = 0; i < CLIENTS; i++)
		f->at[i].client.suite = p->suite;
	FORGE_OK(mls_first_epoch(&f->platform, &f->at[HOSTILE].client, p->group_id, &p->extensions,
				 &first));
	struct forge_commit *c = start_from(f, forge_keep(f, first));
	if (p->later) {
		forge_commit(f, c);
		c = start_from(f, c->next);
	}
	add(f, c, VICTIM);
	if (!p->without_third)
		add(f, c, THIRD);
	if (p->with_joiner)
		add(f, c, JOINER);
	if (!p->without_psk)
		forge_commit_add(c, forge_psk_item(f, HOSTILE, p->psk));
	forge_commit(f, c);
	return forge_welcome(f, c, false);
}

static struct plan plan_of(struct forge *f, uint8_t usage)
{
	return (struct plan){
		.reinit = {SLICE_LIT("the group that comes after"), MLS_VERSION_10, f->s->id, {0}},
		.announced = usage == MLS_USAGE_REINIT,
		.suite = f->s->id,
		.group_id = SLICE_LIT("the group that comes after"),
		.psk = {.type = MLS_PSK_RESUMPTION,
			.usage = usage,
			.group_id = f->group_id,
			.epoch = forge_now(f, HOSTILE)->number + 1,
			.nonce = forge_draw(f, MLS_LEN)}};
}

static struct sr_err continued(struct forge *f, uint8_t usage)
{
	forge_group(f, 3);
	struct plan p = plan_of(f, usage);
	forge_arm(f);
	forge_touch(f, FORGE_PLAN, &p);
	announce(f, &p);
	struct slice welcome = begin(f, &p);
	struct sr_mls_group *from = p.without_from ? NULL : f->at[VICTIM].group;
	return forge_join(f, VICTIM, welcome, (struct slice){0}, from);
}

static struct sr_err scene_reinit(struct forge *f)
{
	return continued(f, MLS_USAGE_REINIT);
}

static struct sr_err scene_branch(struct forge *f)
{
	return continued(f, MLS_USAGE_BRANCH);
}

/* VICTIM sends something, after a ReInit if broken: data, a proposal, a commit. */
static struct sr_err scene_send(struct forge *f)
{
	struct sr_mls_bytes message = {0};
	forge_group(f, 3);
	struct plan p = plan_of(f, f->broken ? MLS_USAGE_REINIT : MLS_USAGE_BRANCH);
	announce(f, &p);
	struct sr_mls_group *g = f->at[VICTIM].group;
	struct sr_mls_proposal remove = {.kind = SR_MLS_REMOVE, .leaf = 2};
	if (f->rule->arg == MLS_CONTENT_PROPOSAL)
		return forge_try_propose(f, VICTIM, &remove);
	if (f->rule->arg == MLS_CONTENT_COMMIT)
		return forge_try_commit(f, VICTIM, &(struct sr_mls_commit_options){0});
	struct slice before = forge_state(f, g);
	struct sr_err e = f->rule->arg == MLS_WIRE_TARGETED
				  ? sr_mls_protect_to(g, 2, (struct sr_mls_data){0},
						      (struct sr_mls_data){0}, &message)
				  : sr_mls_protect(g, (struct sr_mls_data){0},
						   (struct sr_mls_data){0}, &message);
	if (sr_bad(e))
		CHECK(slice_eq(before, forge_state(f, g)), "the group is not what it was");
	sr_mls_free(&message);
	return e;
}

#define PLAN(name, what)                                                                           \
	static void name(struct forge *f, void *object)                                            \
	{                                                                                          \
		struct plan *p = object;                                                           \
		(void)f;                                                                           \
		what;                                                                              \
	}
PLAN(announced_version, p->reinit.version = 2)
PLAN(other_suite, p->suite ^= 2)
PLAN(announced_suite, p->reinit.suite ^= 2)
PLAN(other_group_id, p->group_id = SLICE_LIT("some other group"))
PLAN(more_extensions,
	forge_extension(f, &p->extensions, MLS_EXT_REQUIRED_CAPABILITIES, SLICE_LIT("\0\0\0")))
PLAN(announced_extensions,
	forge_extension(f, &p->reinit.extensions, MLS_EXT_REQUIRED_CAPABILITIES, SLICE_LIT("\0\0\0")))
PLAN(one_epoch_later, p->later = true)
PLAN(no_psk, p->without_psk = true)
PLAN(psk_of_before, p->psk.epoch--)
PLAN(psk_of_unknown_epoch, p->psk.epoch += 77)
PLAN(psk_of_other_group, p->psk.group_id = SLICE_LIT("a group of others"))
PLAN(psk_of_application, p->psk.usage = MLS_USAGE_APPLICATION)
PLAN(psk_of_known_group, p->psk.group_id = SLICE_LIT("a group of others"); f->others = true)
PLAN(unknown_use, p->psk.usage = 4)
PLAN(no_use, p->psk.usage = 0)
PLAN(not_announced, p->announced = false)
PLAN(a_member_less, p->without_third = true)
PLAN(a_member_more, p->with_joiner = true)
PLAN(no_from, p->without_from = true)

/* JOINER calls himself what VICTIM is called. */
static void a_member_twice(struct forge *f, void *object)
{
	((struct plan *)object)->with_joiner = true;
	f->at[JOINER].client.credential = f->at[VICTIM].client.credential;
}

/* ---- Pre-shared keys ---- */

/* HOSTILE commits two PSKs and to add JOINER, who joins. */
static struct sr_err scene_psks(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_commit_add(c, forge_psk_item(f, HOSTILE, forge_psk(f, "a key")));
	forge_commit_add(c, forge_psk_item(f, HOSTILE, forge_psk(f, "another key")));
	forge_commit_add(c, forge_joiner(f));
	forge_arm(f);
	forge_commit(f, c);
	return forge_join(f, JOINER, forge_welcome(f, c, false), (struct slice){0}, NULL);
}

/* HOSTILE commits as many PSKs as there may be, or one more. */
static struct sr_err scene_many(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	for (int i = 0; i < MLS_EXTENSIONS_MAX + f->broken; i++)
		forge_commit_add(c, forge_psk_item(f, HOSTILE, forge_psk(f, "a key")));
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

/* HOSTILE proposes a PSK of an earlier epoch. */
static struct sr_err scene_resumption(struct forge *f)
{
	forge_group(f, 3);
	struct plan p = plan_of(f, MLS_USAGE_APPLICATION);
	struct mls_item item = forge_psk_item(f, HOSTILE, p.psk);
	forge_arm(f);
	return forge_give(f, VICTIM, forge_propose(f, HOSTILE, &item));
}

static void turned_round(struct forge *f, void *object)
{
	struct mls_group_secrets *s = object;
	struct mls_psk_id *ids = ARENA_ARRAY(&f->a, 2, struct mls_psk_id);
	ids[0] = s->psks.ptr[1];
	ids[1] = s->psks.ptr[0];
	s->psks.ptr = ids;
}

static void one_less(struct forge *f, void *object)
{
	(void)f;
	((struct mls_group_secrets *)object)->psks.n--;
}

static void other_nonce(struct forge *f, void *object)
{
	struct mls_group_secrets *s = object;
	s->psks.ptr[1].nonce = forge_draw(f, MLS_LEN);
}

static void one_twice(struct forge *f, void *object)
{
	struct mls_group_secrets *s = object;
	(void)f;
	s->psks.ptr[1] = s->psks.ptr[0];
}

static void too_many(struct forge *f, void *object)
{
	struct mls_group_secrets *s = object;
	size_t n = MLS_EXTENSIONS_MAX + 1;
	struct mls_psk_id *ids = ARENA_ARRAY(&f->a, n, struct mls_psk_id);
	for (size_t i = 0; i < n; i++)
		ids[i] = s->psks.ptr[i % 2];
	s->psks.ptr = ids;
	s->psks.n = n;
}

static void proposed_for_unknown_use(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.proposal.psk.usage = 4;
}

static void proposed_for_no_use(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.proposal.psk.usage = 0;
}

static void resumed_for_unknown_use(struct forge *f, void *object)
{
	struct mls_group_secrets *s = object;
	s->psks.ptr[0] = plan_of(f, 4).psk;
}

#define SECRETS scene_psks, FORGE_SECRETS
#define REINIT scene_reinit, FORGE_PLAN
#define BRANCH scene_branch, FORGE_PLAN
static const struct rule rows[] = {
	{"8.4-1", "PSKs in another order", SR_E_AUTH, "encrypted", SECRETS, turned_round, NULL, 0},
	{"8.4-1", "... one less", SR_E_AUTH, "encrypted", SECRETS, one_less, NULL, 0},
	{"8.4-1", "... another nonce", SR_E_AUTH, "encrypted", SECRETS, other_nonce, NULL, 0},
	{"8.4-2", "an unknown use, proposed", SR_E_INPUT, "re-initialisation or a branch",
	 scene_resumption, FORGE_CONTENT, proposed_for_unknown_use, NULL, 0},
	{"8.4-2", "use 0, proposed", SR_E_INPUT, "re-initialisation or a branch", scene_resumption,
	 FORGE_CONTENT, proposed_for_no_use, NULL, 0},
	{"8.4-2", "an unknown use in a Welcome", SR_E_INPUT, "unknown use", SECRETS,
	 resumed_for_unknown_use, NULL, 0},
	{"8.4-2", "... in that of a branch", SR_E_INPUT, "unknown use", BRANCH, unknown_use, NULL,
	 0},
	{"8.4-2", "... use 0", SR_E_INPUT, "unknown use", REINIT, no_use, NULL, 0},
	{"8.4-3", "too many PSKs in a Welcome", SR_E_LIMIT, "too many parts", SECRETS, too_many,
	 NULL, 0},
	{"8.4-3", "... in a commit", SR_E_LIMIT, "too many pre-shared keys", scene_many,
	 FORGE_NOWHERE, NULL, NULL, 0},
	{"8.4-4", "a PSK twice in a Welcome", SR_E_INPUT, "same pre-shared key twice", SECRETS,
	 one_twice, NULL, 0},

	{"11.2-1", "another version than was announced", SR_E_INPUT, "not the one the ReInit",
	 REINIT, announced_version, NULL, 0},
	{"11.2-2", "another suite", SR_E_INPUT, "not the one the ReInit", REINIT, other_suite, NULL,
	 0},
	{"11.2-2", "the suite of before, where another was announced", SR_E_INPUT,
	 "not the one the ReInit", REINIT, announced_suite, NULL, 0},
	{"11.2-3", "another group id", SR_E_INPUT, "not the one the ReInit", REINIT, other_group_id,
	 NULL, 0},
	{"11.2-4", "an extension more", SR_E_INPUT, "not the one the ReInit", REINIT,
	 more_extensions, NULL, 0},
	{"11.2-4", "an extension less", SR_E_INPUT, "not the one the ReInit", REINIT,
	 announced_extensions, NULL, 0},
	{"11.2-5", "a group in epoch 2", SR_E_INPUT, "not in its first epoch", REINIT,
	 one_epoch_later, NULL, 0},
	{"11.2-6", "no PSK", SR_E_INPUT, "does not continue", REINIT, no_psk, NULL, 0},
	{"11.2-6", "a PSK for the application", SR_E_INPUT, "does not continue", REINIT,
	 psk_of_application, NULL, 0},
	{"11.2-6", "a PSK of another group that we know", SR_E_INPUT, "does not continue", REINIT,
	 psk_of_known_group, NULL, 0},
	{"11.2-7", "a PSK of the epoch before", SR_E_INPUT, "of another epoch", REINIT,
	 psk_of_before, NULL, 0},
	{"11.2-8", "no ReInit was announced", SR_E_STATE, "was not re-initialised", REINIT,
	 not_announced, NULL, 0},
	{"11.2-9", "a member less", SR_E_INPUT, "without all members", REINIT, a_member_less, NULL,
	 0},
	{"11.2-13", "a member twice", SR_E_INPUT, "more or fewer members", REINIT, a_member_twice,
	 NULL, 0},
	{"11.2-11", "data after a ReInit", SR_E_STATE, "re-initialised", scene_send, FORGE_NOWHERE,
	 NULL, NULL, MLS_CONTENT_APPLICATION},
	{"11.2-11", "... a proposal", SR_E_STATE, "re-initialised", scene_send, FORGE_NOWHERE, NULL,
	 NULL, MLS_CONTENT_PROPOSAL},
	{"11.2-11", "... a commit", SR_E_STATE, "re-initialised", scene_send, FORGE_NOWHERE, NULL,
	 NULL, MLS_CONTENT_COMMIT},
	{"11.2-11", "... a targeted message", SR_E_STATE, "re-initialised", scene_send,
	 FORGE_NOWHERE, NULL, NULL, MLS_WIRE_TARGETED},
	{"11.2-12", "the old group is not given", SR_E_STATE, "must be given with it", REINIT,
	 no_from, NULL, 0},

	{"11.3-2", "a branch with another suite", SR_E_INPUT, "a branch with another", BRANCH,
	 other_suite, NULL, 0},
	{"11.3-3", "a branch in epoch 2", SR_E_INPUT, "not in its first epoch", BRANCH,
	 one_epoch_later, NULL, 0},
	{"11.3-4", "somebody who was not in the old group", SR_E_INPUT, "who was not in it", BRANCH,
	 a_member_more, NULL, 0},
	{"11.3-5", "a branch of an epoch that is not known", SR_E_STATE, "does not know", BRANCH,
	 psk_of_unknown_epoch, NULL, 0},
	{"11.3-5", "... of another group", SR_E_STATE, "does not know", BRANCH, psk_of_other_group,
	 NULL, 0},
	{"11.3-7", "a branch with some of the members", SR_OK, NULL, BRANCH, a_member_less, NULL,
	 0},
	{"11.3-7", "... of an earlier epoch", SR_OK, NULL, BRANCH, psk_of_before, NULL, 0},
};

int main(void)
{
	return forge_main(rows, sizeof rows / sizeof *rows, "8.4 11.2 11.3");
}
