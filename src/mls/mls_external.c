/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_commit.h"

#include "crypto.h"

#include <string.h>

/* add_self_remove takes a SelfRemove that a member sent. Its membership tag is for members to
 * check: who joins has not the key; its signature is checked. */
static struct sr_err add_self_remove(const struct mls_epoch *e, struct sr_mls_data message,
				     struct arena *a, struct mls_item *item)
{
	struct mls_message m;
	struct slice whole;
	SR_TRY(mls_message_in(mls_in(message), MLS_WIRE_PUBLIC, a, &m));
	const struct mls_content *c = &m.public->content;
	const uint8_t *pub = mls_tree_signature_key(&e->tree, c->sender_index);
	uint8_t *ref = arena_alloc(a, MLS_LEN, 1);
	if (!ref)
		return sr_nomem();
	if (c->sender != MLS_SENDER_MEMBER || !pub || c->type != MLS_CONTENT_PROPOSAL ||
	    c->proposal.type != MLS_PROPOSAL_SELF_REMOVE)
		return mls_refuse("a message that is no SelfRemove of a member");
	if (!slice_eq(c->group_id, e->group_id) || c->epoch != e->number)
		return sr_fail(SR_E_STATE, "a SelfRemove of another group or epoch");
	SR_TRY(mls_frame_verify(e->suite, m.public, e->context, pub));
	SR_TRY(mls_encoded(&mls_type_authentic, m.public, a, &whole));
	SR_TRY(mls_ref(e->suite, MLS_REF_PROPOSAL, whole, ref));
	SR_TRY(mls_item_make(&c->proposal, MLS_SENDER_MEMBER, c->sender_index, a, item));
	item->ref = mls_slice(ref);
	item->by_reference = true;
	return sr_ok();
}

static struct sr_err add_psk(const struct sr_mls_platform *platform, const struct mls_suite *s,
			     const struct sr_mls_psk_id *id, struct arena *a, struct mls_item *item)
{
	struct sr_mls_proposal in = {.kind = SR_MLS_PSK, .psk = *id};
	SR_TRY(mls_proposal_in(platform, s, NULL, &in, a, item, NULL));
	item->sender = MLS_SENDER_NEW_COMMIT;
	return sr_ok();
}

/* collect lists the proposals of an external commit (12.4.3.2). */
static struct sr_err collect(const struct sr_mls_platform *platform, const struct mls_epoch *e,
			     const struct sr_mls_external_options *o, struct slice kem_output,
			     struct arena *a, struct mls_items *items)
{
	struct mls_proposal init = {.type = MLS_PROPOSAL_EXTERNAL_INIT, .kem_output = kem_output};
	struct mls_proposal remove = {.type = MLS_PROPOSAL_REMOVE, .remove = o->resync_leaf};
	items->ptr = ARENA_ARRAY(a, 2 + o->psks_n + o->self_removes_n, struct mls_item);
	if (!items->ptr)
		return sr_nomem();
	struct mls_item *next = items->ptr;
	SR_TRY(mls_item_make(&init, MLS_SENDER_NEW_COMMIT, 0, a, next++));
	if (o->resync)
		SR_TRY(mls_item_make(&remove, MLS_SENDER_NEW_COMMIT, 0, a, next++));
	for (size_t i = 0; i < o->psks_n; i++)
		SR_TRY(add_psk(platform, e->suite, &o->psks[i], a, next++));
	for (size_t i = 0; i < o->self_removes_n; i++)
		SR_TRY(add_self_remove(e, o->self_removes[i], a, next++));
	items->n = (size_t)(next - items->ptr);
	return sr_ok();
}

/* external_pub is the key in a GroupInfo that a joiner encrypts to. */
static struct sr_err external_pub(const struct mls_group_info *info, struct slice *out)
{
	const struct mls_extension *x = mls_extension_find(&info->extensions, MLS_EXT_EXTERNAL_PUB);
	struct slice rest = x ? x->data : (struct slice){0};
	if (!x)
		return sr_fail(SR_E_STATE, "a GroupInfo without the key for external joins");
	if (!mls_next_opaque(&rest, out) || rest.len || out->len != MLS_LEN)
		return mls_refuse("a GroupInfo with a malformed key for external joins");
	return sr_ok();
}

/* adopt makes the epoch that the joiner starts from; without its secrets. */
static struct sr_err adopt(const struct mls_group_info *info, struct slice tree,
			   struct mls_epoch **out)
{
	SR_SCOPED(mls_epoch_release) struct mls_epoch *e = NULL;
	if (info->confirmation_tag.len != MLS_LEN)
		return mls_refuse("a confirmation tag of a wrong length");
	SR_TRY(mls_group_info_adopt(info, tree, &e));
	/* Nobody is the joiner yet. */
	e->own = UINT32_MAX;
	SR_TRY(mls_schedule_interim(e->suite, e->confirmed, info->confirmation_tag, e->interim));
	*out = e;
	e = NULL;
	return sr_ok();
}

static struct sr_err make(struct mls_draft *d, const struct mls_group_info *info,
			  const struct sr_mls_external_options *options, struct arena *a)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], ikm);
	CRYPTO_WIPED(uint8_t[MLS_LEN], init);
	uint8_t *kem_output = arena_alloc(a, MLS_LEN, 1); /* the message borrows it */
	struct slice pub;
	if (!kem_output)
		return sr_nomem();
	SR_TRY(external_pub(info, &pub));
	SR_TRY(mls_random(d->platform, ikm));
	SR_TRY(mls_schedule_external_send(d->e->suite, pub, ikm, kem_output, init));
	SR_TRY(collect(d->platform, d->e, options, mls_slice(kem_output), a, &d->items));
	SR_TRY(mls_items_check(d->e, &d->items, d->by));
	d->init = init;
	return mls_draft_make(d, a);
}

struct sr_err sr_mls_join_external(const struct sr_mls_platform *platform,
				   const struct sr_mls_client *client,
				   struct sr_mls_data group_info,
				   const struct sr_mls_external_options *options,
				   struct sr_mls_bytes *commit, struct sr_mls_group **out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(build_release) struct build b = {.len_max = MLS_MESSAGE_MAX};
	SR_SCOPED(mls_epoch_release) struct mls_epoch *e = NULL;
	SR_SCOPED(mls_draft_release)
	struct mls_draft d = {.platform = platform,
			      .by = {MLS_SENDER_NEW_COMMIT, UINT32_MAX},
			      .client = client,
			      .path = true,
			      .public = true,
			      .authenticated_data = mls_in(options->authenticated_data)};
	SR_SCOPED(mls_group_scoped) struct sr_mls_group *made = NULL;
	struct mls_message m;
	SR_TRY(mls_message_in(mls_in(group_info), MLS_WIRE_GROUP_INFO, &a, &m));
	SR_TRY(adopt(&m.group_info, mls_in(options->tree), &e));
	d.e = e;
	SR_TRY(make(&d, &m.group_info, options, &a));
	mls_frame_public(&d.message, &b);
	SR_TRY(mls_group_new(platform, &options->settings, &d.next, &made));
	SR_TRY(mls_give(&b, commit));
	*out = made;
	made = NULL;
	return sr_ok();
}
