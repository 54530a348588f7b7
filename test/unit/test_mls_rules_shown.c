/* SPDX-License-Identifier: Apache-2.0 */
/* What is for the application to approve (5.3.1, 12.1.8): the library shows it before it counts,
 * and what is not approved leaves nothing behind. If broken, somebody shows up under a name that
 * nobody knows, or another than before; that name is what must be shown. */
#include "mls_forge.h"

#include <string.h>

static const struct slice odd_name = {(const uint8_t *)"nobody knows me", 15};

static bool is(const struct sr_mls_data *shown, struct slice name)
{
	return slice_eq(slice_make(shown->ptr, shown->len), name);
}

/* name_of is what a client is called, if it was not changed. */
static struct slice name_of(const struct forge *f, enum forge_who who)
{
	const struct sr_mls_data *d = &f->at[who].client.credential.identity;
	return slice_make(d->ptr, d->len);
}

static void rename_leaf(struct forge *f, void *object)
{
	(void)f;
	((struct mls_leaf *)object)->credential.identity = odd_name;
}

static void odd_third(struct forge *f)
{
	if (f->broken)
		f->at[THIRD].client.credential.identity = forge_data(odd_name);
}

/* waiting gives the only proposal that waits at VICTIM. */
static struct sr_mls_change waiting(struct forge *f, uint8_t ref[MLS_LEN])
{
	struct sr_mls_change c = {0};
	CHECK(sr_mls_waiting(f->at[VICTIM].group, 0, ref, &c), "nothing waits");
	return c;
}

/* forgotten drops it, and the group is as before. */
static struct sr_err forgotten(struct forge *f, const uint8_t ref[MLS_LEN], struct slice before)
{
	struct sr_mls_group *g = f->at[VICTIM].group;
	CHECK(sr_mls_forget(g, ref), "nothing was forgotten");
	CHECK(slice_eq(before, forge_state(f, g)), "a forgotten proposal left something");
	return sr_ok();
}

/* discarded does the same with the commit that was received. */
static struct sr_err discarded(struct forge *f, struct slice before)
{
	struct sr_mls_group *g = f->at[VICTIM].group;
	sr_mls_discard(g, false);
	CHECK(slice_eq(before, forge_state(f, g)), "a discarded commit left something");
	return sr_ok();
}

static struct slice expected(const struct forge *f, enum forge_who who)
{
	return f->broken ? odd_name : name_of(f, who);
}

/* VICTIM proposes JOINER by a key package that was published. */
static struct sr_err scene_own_add(struct forge *f)
{
	uint8_t ref[MLS_LEN];
	forge_group(f, 3);
	forge_arm(f);
	forge_package(f, JOINER, &f->at[JOINER].package);
	struct sr_mls_proposal add = {.kind = SR_MLS_ADD,
				      .key_package = forge_data(f->at[JOINER].package.message)};
	SR_TRY(forge_try_propose(f, VICTIM, &add));
	struct sr_mls_change c = waiting(f, ref);
	CHECK(c.has_after && is(&c.after.credential, expected(f, JOINER)), "not shown");
	CHECK(sr_mls_forget(f->at[VICTIM].group, ref), "nothing was forgotten");
	return sr_ok();
}

static struct sr_err scene_add_shown(struct forge *f)
{
	uint8_t ref[MLS_LEN];
	forge_group(f, 3);
	forge_arm(f);
	struct mls_item item = forge_joiner(f);
	struct slice before = forge_state(f, f->at[VICTIM].group);
	SR_TRY(forge_give(f, VICTIM, forge_propose(f, HOSTILE, &item)));
	struct sr_mls_change c = waiting(f, ref);
	CHECK(c.has_after && !c.has_before && is(&c.after.credential, expected(f, JOINER)) &&
		      c.by == SR_MLS_BY_MEMBER && c.by_index == 0,
	      "not shown");
	return forgotten(f, ref, before);
}

static struct sr_err scene_update_shown(struct forge *f)
{
	uint8_t ref[MLS_LEN];
	forge_group(f, 3);
	forge_arm(f);
	struct mls_item item = forge_update(f, HOSTILE);
	struct slice before = forge_state(f, f->at[VICTIM].group);
	SR_TRY(forge_give(f, VICTIM, forge_propose(f, HOSTILE, &item)));
	struct sr_mls_change c = waiting(f, ref);
	CHECK(c.has_after && is(&c.after.credential, expected(f, HOSTILE)), "not shown");
	CHECK(c.has_before && is(&c.before.credential, name_of(f, HOSTILE)),
	      "what was before is not shown");
	return forgotten(f, ref, before);
}

static struct sr_err scene_path_shown(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	struct sr_mls_staged s = {0};
	forge_group(f, 3);
	forge_arm(f);
	forge_commit(f, c);
	struct slice before = forge_state(f, f->at[VICTIM].group);
	SR_TRY(forge_give(f, VICTIM, c->message));
	CHECK(sr_mls_staged(f->at[VICTIM].group, false, &s) && s.has_after &&
		      is(&s.after.credential, expected(f, HOSTILE)),
	      "not shown");
	CHECK(s.has_before && is(&s.before.credential, name_of(f, HOSTILE)),
	      "what was before is not shown");
	return discarded(f, before);
}

/* JOINER comes from outside; THIRD comes back. */
static struct sr_err scene_external_shown(struct forge *f)
{
	struct sr_mls_staged s = {0};
	forge_group(f, 3);
	struct forge_commit *c = forge_external(f, JOINER);
	forge_arm(f);
	forge_commit(f, c);
	struct slice before = forge_state(f, f->at[VICTIM].group);
	SR_TRY(forge_give(f, VICTIM, c->message));
	CHECK(sr_mls_staged(f->at[VICTIM].group, false, &s) && s.has_after && !s.has_before &&
		      s.by == SR_MLS_BY_JOINER && is(&s.after.credential, expected(f, JOINER)),
	      "not shown");
	return discarded(f, before);
}

static struct sr_err scene_resync_shown(struct forge *f)
{
	struct sr_mls_staged s = {0};
	forge_group(f, 3);
	struct forge_commit *c = forge_external(f, THIRD);
	struct mls_item item = forge_remove(f, THIRD, 2);
	item.sender = MLS_SENDER_NEW_COMMIT;
	forge_commit_add(c, item);
	forge_commit(f, c);
	struct slice before = forge_state(f, f->at[VICTIM].group);
	SR_TRY(forge_give(f, VICTIM, c->message));
	CHECK(sr_mls_staged(f->at[VICTIM].group, false, &s) && s.changes_n == 2 &&
		      s.changes[1].has_before &&
		      is(&s.changes[1].before.credential, expected(f, THIRD)) &&
		      is(&s.after.credential, expected(f, THIRD)),
	      "not shown");
	return discarded(f, before);
}

static struct sr_err members_shown(struct forge *f)
{
	struct sr_mls_facts facts;
	struct sr_mls_member m = {0};
	sr_mls_facts(f->at[JOINER].group, &facts);
	CHECK(facts.members_n == 4 && sr_mls_member(f->at[JOINER].group, 2, &m) &&
		      is(&m.credential, expected(f, THIRD)),
	      "not shown");
	return sr_ok();
}

static struct sr_err scene_welcome_shown(struct forge *f)
{
	SR_TRY(scene_welcome(f));
	return members_shown(f);
}

static struct sr_err scene_info_shown(struct forge *f)
{
	SR_TRY(scene_info(f));
	return members_shown(f);
}

/* finds tells whether some bytes are in others. */
static bool finds(struct sr_mls_data in, struct slice what)
{
	for (size_t i = 0; i + what.len <= in.len; i++)
		if (!memcmp(in.ptr + i, what.ptr, what.len))
			return true;
	return false;
}

/* HOSTILE commits that OUTSIDE becomes an external sender, if broken. */
static struct sr_err scene_senders_shown(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	struct sr_mls_staged s = {0};
	forge_group(f, 3);
	if (f->broken)
		with_sender(f);
	forge_commit_add(c, forge_context(f, HOSTILE, f->context));
	forge_commit(f, c);
	struct slice before = forge_state(f, f->at[VICTIM].group);
	SR_TRY(forge_give(f, VICTIM, c->message));
	CHECK(sr_mls_staged(f->at[VICTIM].group, false, &s) &&
		      finds(s.extensions, forge_public_key(f, OUTSIDE)) == f->broken,
	      "not shown");
	return discarded(f, before);
}

static struct sr_err scene_senders_joined(struct forge *f)
{
	struct sr_mls_data data = {0};
	if (f->broken)
		with_sender(f);
	SR_TRY(scene_welcome(f));
	CHECK(sr_mls_extension(f->at[JOINER].group, MLS_EXT_EXTERNAL_SENDERS, &data) == f->broken &&
		      finds(data, forge_public_key(f, OUTSIDE)) == f->broken,
	      "not shown");
	return sr_ok();
}

/* OUTSIDE proposes to remove THIRD; or that is HOSTILE, if not broken. */
static struct sr_err scene_sender_shown(struct forge *f)
{
	uint8_t ref[MLS_LEN];
	with_sender(f);
	SR_TRY(f->broken ? scene_sender(f) : scene_proposal(f));
	struct sr_mls_change c = waiting(f, ref);
	CHECK(c.by == (f->broken ? SR_MLS_BY_EXTERNAL : SR_MLS_BY_MEMBER) && c.by_index == 0 &&
		      c.kind == SR_MLS_REMOVE && c.has_before && c.before.leaf == 2,
	      "not shown");
	CHECK(sr_mls_forget(f->at[VICTIM].group, ref) &&
		      !sr_mls_waiting(f->at[VICTIM].group, 0, ref, &c),
	      "it waits still");
	return sr_ok();
}

static const struct rule rows[] = {
	{"5.3.1-1", "in a key package that we add", SR_OK, NULL, scene_own_add, FORGE_LEAF,
	 rename_leaf, NULL, 0},
	{"5.3.1-2", "in a group that is joined by a Welcome", SR_OK, NULL, scene_welcome_shown,
	 FORGE_NOWHERE, NULL, odd_third, 0},
	{"5.3.1-3", "... by an external commit", SR_OK, NULL, scene_info_shown, FORGE_NOWHERE, NULL,
	 odd_third, 0},
	{"5.3.1-4", "in an Add", SR_OK, NULL, scene_add_shown, FORGE_LEAF, rename_leaf, NULL, 0},
	{"5.3.1-4", "of who joins by an external commit", SR_OK, NULL, scene_external_shown,
	 FORGE_LEAF, rename_leaf, NULL, 0},
	{"5.3.1-5", "in an Update", SR_OK, NULL, scene_update_shown, FORGE_LEAF, rename_leaf, NULL,
	 0},
	{"5.3.1-6", "in a path", SR_OK, NULL, scene_path_shown, FORGE_LEAF, rename_leaf, NULL, 0},
	{"5.3.1-7", "external senders that are new", SR_OK, NULL, scene_senders_shown,
	 FORGE_NOWHERE, NULL, NULL, 0},
	{"5.3.1-7", "... of a group that is joined", SR_OK, NULL, scene_senders_joined,
	 FORGE_NOWHERE, NULL, NULL, 0},
	{"5.3.1-8", "beside the one of before, in an Update", SR_OK, NULL, scene_update_shown,
	 FORGE_LEAF, rename_leaf, NULL, 0},
	{"5.3.1-8", "... in a path", SR_OK, NULL, scene_path_shown, FORGE_LEAF, rename_leaf, NULL,
	 0},
	{"5.3.1-8", "... of who comes back", SR_OK, NULL, scene_resync_shown, FORGE_NOWHERE, NULL,
	 odd_third, 0},
	{"12.1.8-3", "an external proposal", SR_OK, NULL, scene_sender_shown, FORGE_NOWHERE, NULL,
	 NULL, 0},
};

int main(void)
{
	return forge_main(rows, sizeof rows / sizeof *rows, "5.3.1");
}
