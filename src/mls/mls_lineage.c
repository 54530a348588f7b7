/* SPDX-License-Identifier: Apache-2.0 */
/* Groups that continue others: branches (RFC 9420, 11.3) and re-initialisation (11.2). */
#include "mls_commit.h"

#include "crypto.h"

#include <stdlib.h>
#include <string.h>

/* ---- What a first epoch owes ---- */

/* merged_reinit decodes the ReInit that was merged into a group. */
static struct sr_err merged_reinit(const struct sr_mls_group *g, struct arena *a,
				   struct mls_item *out)
{
	if (!g->reinit_ptr)
		return sr_fail(SR_E_STATE, "the group was not re-initialised");
	return mls_item_read(slice_make(g->reinit_ptr, g->reinit_len), a, out);
}

static int by_credential(const void *x, const void *y)
{
	const struct sr_mls_member *a = x, *b = y;
	if (a->credential_type != b->credential_type)
		return a->credential_type < b->credential_type ? -1 : 1;
	if (a->credential.len != b->credential.len)
		return a->credential.len < b->credential.len ? -1 : 1;
	return a->credential.len ? memcmp(a->credential.ptr, b->credential.ptr, a->credential.len)
				 : 0;
}

/* check_subset checks that everybody in part is in whole, too: with the same credential. */
static struct sr_err check_subset(const struct mls_epoch *whole, const struct mls_epoch *part,
				  const char *what)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct sr_mls_member *all = ARENA_ARRAY(&a, whole->tree.leaves_n, struct sr_mls_member), m;
	size_t n = 0;
	if (!all)
		return sr_nomem();
	for (uint32_t i = 0; i < whole->tree.leaves_n; i++)
		n += mls_epoch_member(whole, i, &all[n]);
	qsort(all, n, sizeof *all, by_credential);
	for (uint32_t i = 0; i < part->tree.leaves_n; i++)
		if (mls_epoch_member(part, i, &m) &&
		    !bsearch(&m, all, n, sizeof *all, by_credential))
			return mls_refuse(what);
	return sr_ok();
}

static struct sr_err check_reinit(const struct sr_mls_group *from, const struct mls_epoch *first)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct mls_item item = {0};
	struct slice extensions;
	SR_TRY(merged_reinit(from, &a, &item));
	const struct mls_reinit *r = &item.proposal.reinit;
	SR_TRY(mls_encoded(&mls_type_extensions, &r->extensions, &a, &extensions));
	if (!slice_eq(r->group_id, first->group_id) || r->suite != first->suite->id ||
	    r->version != MLS_VERSION_10 || !slice_eq(extensions, first->extensions_raw))
		return mls_refuse("a group that is not the one the ReInit announced");
	return sr_ok();
}

struct sr_err mls_lineage_check(const struct sr_mls_group *from, const struct mls_psk_ids *psks,
				const struct mls_epoch *first)
{
	const struct mls_psk_id *id = NULL;
	for (size_t i = 0; i < psks->n; i++)
		if (psks->ptr[i].type == MLS_PSK_RESUMPTION &&
		    psks->ptr[i].usage != MLS_USAGE_APPLICATION)
			id = &psks->ptr[i];
	if (!id || !slice_eq(id->group_id, from->now->group_id))
		return mls_refuse("a group that does not continue the one it was to");
	if (first->number != 1)
		return mls_refuse("a group that continues another one, not in its first epoch");
	SR_TRY(check_subset(from->now, first,
			    "a group that continues another one with somebody who was not in it"));
	if (id->usage == MLS_USAGE_REINIT) {
		SR_TRY(check_subset(first, from->now, "a re-initialisation without all members"));
		if (first->census.members != from->now->census.members)
			return mls_refuse("a re-initialisation with more or fewer members");
		if (id->epoch != from->now->number)
			return mls_refuse("a re-initialisation of another epoch");
		return check_reinit(from, first);
	}
	if (first->suite != from->now->suite)
		return mls_refuse("a branch with another cipher suite");
	return sr_ok();
}

/* ---- Making one ---- */

/* struct child: the group that is to come. */
struct child {
	const struct sr_mls_group *from;
	const struct sr_mls_client *client;
	struct slice group_id;
	struct mls_extensions extensions;
	uint8_t usage;
	const struct sr_mls_data *key_packages;
	size_t key_packages_n;
};

/* collect lists what the first commit has: everybody, and the old group's resumption_psk. */
static struct sr_err collect(const struct child *c, const struct mls_epoch *first, struct arena *a,
			     struct mls_items *items)
{
	const struct sr_mls_platform *platform = c->from->platform;
	uint8_t *nonce = arena_alloc(a, MLS_LEN, 1);
	items->ptr = ARENA_ARRAY(a, c->key_packages_n + 1, struct mls_item);
	if (!items->ptr || !nonce)
		return sr_nomem();
	for (size_t i = 0; i < c->key_packages_n; i++) {
		struct sr_mls_proposal add = {.kind = SR_MLS_ADD,
					      .key_package = c->key_packages[i]};
		SR_TRY(mls_proposal_in(platform, first->suite, NULL, &add, a, &items->ptr[i],
				       NULL));
		items->n++;
	}
	struct mls_item *psk = &items->ptr[items->n++];
	SR_TRY(mls_random(platform, nonce));
	struct mls_proposal p = {.type = MLS_PROPOSAL_PSK,
				 .psk = {.type = MLS_PSK_RESUMPTION,
					 .usage = c->usage,
					 .group_id = c->from->now->group_id,
					 .epoch = c->from->now->number,
					 .nonce = mls_slice(nonce)}};
	SR_TRY(mls_item_make(&p, MLS_SENDER_MEMBER, 0, a, psk));
	for (size_t i = 0; i < items->n; i++) {
		items->ptr[i].sender = MLS_SENDER_MEMBER;
		/* Made or checked here. */
		items->ptr[i].checked = true;
	}
	return sr_ok();
}

/* begin makes the new group and its first commit, which nobody has to accept: all others join by
 * its Welcome. */
static struct sr_err begin(const struct child *c, struct build *welcome, struct sr_mls_group **out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(mls_epoch_release) struct mls_epoch *first = NULL;
	const struct sr_mls_group *g = c->from;
	SR_TRY(mls_first_epoch(g->platform, c->client, c->group_id, &c->extensions, &first));
	SR_SCOPED(mls_draft_release)
	struct mls_draft d = {.platform = g->platform,
			      .g = g,
			      .e = first,
			      .by = {MLS_SENDER_MEMBER, 0},
			      .init = first->vault->secrets.init,
			      .path = true,
			      .public = true};
	SR_TRY(collect(c, first, &a, &d.items));
	SR_TRY(mls_items_check(first, &d.items, d.by));
	SR_TRY(mls_draft_make(&d, &a));
	SR_TRY(mls_lineage_check(g, &d.psks, d.next));
	SR_TRY(mls_welcome_make(&d, false, welcome));
	return mls_group_new(g->platform, &g->settings, &d.next, out);
}

/* finish begins a child group and hands its Welcome over. */
static struct sr_err finish(const struct child *c, struct sr_mls_bytes *welcome,
			    struct sr_mls_group **out)
{
	SR_SCOPED(build_release) struct build b = {.len_max = MLS_MESSAGE_MAX};
	SR_SCOPED(mls_group_scoped) struct sr_mls_group *made = NULL;
	SR_TRY(begin(c, &b, &made));
	SR_TRY(mls_give(&b, welcome));
	*out = made;
	made = NULL;
	return sr_ok();
}

struct sr_err sr_mls_branch(const struct sr_mls_group *g, const struct sr_mls_client *client,
			    struct sr_mls_data group_id, const struct sr_mls_data *key_packages,
			    size_t key_packages_n, struct sr_mls_bytes *welcome,
			    struct sr_mls_group **out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct child c = {.from = g,
			  .client = client,
			  .group_id = mls_in(group_id),
			  .usage = MLS_USAGE_BRANCH,
			  .key_packages = key_packages,
			  .key_packages_n = key_packages_n};
	SR_TRY(mls_group_usable(g));
	if (slice_eq(c.group_id, g->now->group_id))
		return mls_refuse("a branch with the id of the group it comes from");
	SR_TRY(mls_epoch_extensions(g->now, &a, &c.extensions));
	return finish(&c, welcome, out);
}

struct sr_err sr_mls_reinit(const struct sr_mls_group *g, const struct sr_mls_client *client,
			    const struct sr_mls_data *key_packages, size_t key_packages_n,
			    struct sr_mls_bytes *welcome, struct sr_mls_group **out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct mls_item item = {0};
	SR_TRY(merged_reinit(g, &a, &item));
	const struct mls_reinit *r = &item.proposal.reinit;
	struct child c = {.from = g,
			  .client = client,
			  .group_id = r->group_id,
			  .extensions = r->extensions,
			  .usage = MLS_USAGE_REINIT,
			  .key_packages = key_packages,
			  .key_packages_n = key_packages_n};
	if (client->suite != r->suite)
		return mls_refuse("a client of another cipher suite than the ReInit asks for");
	return finish(&c, welcome, out);
}
