/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_group.h"

#include "crypto.h"
#include "mls_hpke.h"

#include <stdlib.h>
#include <string.h>

void sr_mls_free(struct sr_mls_bytes *b)
{
	if (b->ptr)
		crypto_wipe(b->ptr, b->len);
	free(b->ptr);
	*b = (struct sr_mls_bytes){0};
}

struct sr_err mls_give(struct build *b, struct sr_mls_bytes *out)
{
	struct slice all;
	SR_TRY(build_done(b, &all));
	*out = (struct sr_mls_bytes){b->ptr, b->len};
	b->ptr = NULL;
	build_release(b);
	return sr_ok();
}

struct sr_err mls_random(const struct sr_mls_platform *platform, uint8_t out[MLS_LEN])
{
	return platform->random(platform->user, out, MLS_LEN);
}

void mls_group_scoped(struct sr_mls_group **g)
{
	sr_mls_close(*g);
}

struct sr_err mls_group_new(const struct sr_mls_platform *platform,
			    const struct sr_mls_settings *settings, struct mls_epoch **first,
			    struct sr_mls_group **out)
{
	if (settings->past_n > SR_MLS_PAST_MAX || settings->padding > MLS_MESSAGE_MAX ||
	    settings->targeted_draft > 2)
		return sr_fail(SR_E_LIMIT, "settings of a group beyond their limits");
	SR_SCOPED(mls_group_scoped) struct sr_mls_group *g = calloc(1, sizeof *g);
	if (!g)
		return sr_nomem();
	g->resumptions = crypto_guarded_alloc(sizeof *g->resumptions);
	if (!g->resumptions)
		return sr_nomem();
	g->platform = platform;
	g->settings = *settings;
	if (!g->settings.padding)
		g->settings.padding = MLS_PADDING;
	if (!g->settings.targeted_draft)
		g->settings.targeted_draft = 2;
	g->now = *first;
	*first = NULL;
	*out = g;
	g = NULL;
	return sr_ok();
}

struct sr_err mls_group_usable(const struct sr_mls_group *g)
{
	return g->reinit_ptr
		       ? sr_fail(SR_E_STATE, "the group was re-initialised: only the one that "
					     "takes its place can be used")
		       : sr_ok();
}

void sr_mls_close(struct sr_mls_group *g)
{
	if (!g)
		return;
	mls_epoch_release(&g->now);
	mls_waiting_release(&g->waiting);
	mls_staged_release(&g->own);
	mls_staged_release(&g->received);
	mls_past_keep(&g->past, 0);
	crypto_guarded_free(g->resumptions);
	free(g->reinit_ptr);
	free(g);
}

/* first_leaf puts the leaf of whoever begins a group into its tree: it is as from a key package
 * (11). */
static struct sr_err first_leaf(const struct sr_mls_platform *platform,
				const struct sr_mls_client *client,
				const struct mls_extensions *extensions, struct mls_epoch *e)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	CRYPTO_WIPED(uint8_t[MLS_LEN], ikm);
	CRYPTO_WIPED(uint8_t[MLS_LEN], priv);
	uint8_t key[MLS_LEN], pub[MLS_LEN];
	struct mls_leaf_plan plan;
	struct mls_leaf leaf;
	struct mls_needs needs;
	struct slice bytes;
	int64_t now = platform->now(platform->user);
	struct mls_leaf_at at = {.source = MLS_SOURCE_KEY_PACKAGE,
				 .not_before = mls_lifetime_from(now),
				 .not_after = mls_lifetime_from(now) + MLS_LIFETIME};
	SR_TRY(mls_random(platform, ikm));
	SR_TRY(mls_hpke_derive(e->suite, mls_slice(ikm), priv, key));
	SR_TRY(mls_plan_of(e->suite, client, &a, pub, &plan));
	SR_TRY(mls_leaf_make(e->suite, &plan, &at, mls_slice(key), &a, &leaf));
	SR_TRY(mls_needs_of(e->suite->id, extensions, &a, &needs));
	SR_TRY(mls_capable(&leaf.capabilities, &needs));
	SR_TRY(mls_encoded(&mls_type_leaf, &leaf, &a, &bytes));
	SR_TRY(mls_tree_set_leaf(&e->tree, 0, bytes));
	mls_census_add(&e->census, &leaf);
	SR_TRY(mls_census_check(&e->census));
	mls_keys_set(&e->vault->keys, 0, priv);
	memcpy(e->vault->seed, client->signature_seed, MLS_LEN);
	return sr_ok();
}

struct sr_err mls_first_epoch(const struct sr_mls_platform *platform,
			      const struct sr_mls_client *client, struct slice group_id,
			      const struct mls_extensions *extensions, struct mls_epoch **out)
{
	SR_SCOPED(mls_epoch_release) struct mls_epoch *e = NULL;
	CRYPTO_WIPED(uint8_t[MLS_LEN], secret);
	const struct mls_suite *s = mls_suite_find(client->suite);
	uint8_t hash[MLS_LEN];
	if (!s)
		return mls_refuse("a cipher suite that is not known");
	SR_TRY(mls_epoch_new(s, &e));
	SR_TRY(mls_tree_init(&e->tree));
	SR_TRY(first_leaf(platform, client, extensions, e));
	SR_TRY(mls_tree_hash(s, &e->tree, hash));
	struct mls_context c = {.version = MLS_VERSION_10,
				.suite = s->id,
				.group_id = group_id,
				.tree_hash = mls_slice(hash),
				.extensions = *extensions};
	SR_TRY(mls_epoch_set_context(e, &c));
	SR_TRY(mls_random(platform, secret));
	SR_TRY(mls_epoch_begin(e, secret));
	*out = e;
	e = NULL;
	return sr_ok();
}

struct sr_err sr_mls_create(const struct sr_mls_platform *platform,
			    const struct sr_mls_client *client,
			    const struct sr_mls_settings *settings, struct sr_mls_data group_id,
			    const struct sr_mls_extension *extensions, size_t extensions_n,
			    struct sr_mls_group **out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(mls_epoch_release) struct mls_epoch *e = NULL;
	struct mls_extensions list;
	SR_TRY(mls_extensions_in(extensions, extensions_n, &a, &list));
	SR_TRY(mls_first_epoch(platform, client, mls_in(group_id), &list, &e));
	return mls_group_new(platform, settings, &e, out);
}

/* ---- Facts ---- */

void sr_mls_facts(const struct sr_mls_group *g, struct sr_mls_facts *out)
{
	const struct mls_epoch *e = g->now;
	*out = (struct sr_mls_facts){
		.suite = e->suite->id,
		.group_id = mls_data(e->group_id),
		.epoch = e->number,
		.own_leaf = e->own,
		.members_n = e->census.members,
		.leaves_n = e->tree.leaves_n,
		.reinitialised = g->reinit_ptr != NULL,
		.staged_own = g->own != NULL,
		.staged_received = g->received != NULL,
		.authenticator = {e->vault->secrets.authenticator, MLS_LEN},
		.extensions = mls_data(e->extensions_raw),
	};
}

bool sr_mls_member(const struct sr_mls_group *g, uint32_t leaf, struct sr_mls_member *out)
{
	return mls_epoch_member(g->now, leaf, out);
}

bool sr_mls_extension(const struct sr_mls_group *g, uint16_t type, struct sr_mls_data *out)
{
	struct slice rest = g->now->extensions_raw, list, data;
	uint64_t t;
	if (!mls_next_opaque(&rest, &list))
		return false;
	while (mls_next_int(&list, MLS_U16, &t) && mls_next_opaque(&list, &data))
		if (t == type) {
			*out = mls_data(data);
			return true;
		}
	return false;
}

struct sr_err sr_mls_tree(const struct sr_mls_group *g, struct sr_mls_bytes *tree)
{
	SR_SCOPED(build_release) struct build b = {0};
	mls_tree_encode(&g->now->tree, &b);
	return mls_give(&b, tree);
}

/* ---- Exporters ---- */

struct sr_err sr_mls_export(const struct sr_mls_group *g, struct sr_mls_data label,
			    struct sr_mls_data context, uint8_t *out, size_t out_len)
{
	if (out_len > UINT16_MAX)
		return sr_fail(SR_E_LIMIT, "more than 65535 bytes of one export");
	return mls_schedule_export(g->now->suite, g->now->vault->secrets.exporter, mls_in(label),
				   mls_in(context), out, out_len);
}

struct sr_err sr_mls_export_safe(struct sr_mls_group *g, uint16_t component,
				 uint8_t out[SR_MLS_LEN])
{
	return mls_secret_tree_export(g->now->suite, &g->now->exports, component, out);
}

void sr_mls_resumption(const struct sr_mls_group *g, uint8_t out[SR_MLS_LEN])
{
	memcpy(out, g->now->vault->secrets.resumption, MLS_LEN);
}

bool sr_mls_forget_past(struct sr_mls_group *g, uint64_t epoch)
{
	return mls_past_forget(&g->past, epoch);
}

/* ---- Pre-shared keys ---- */

/* resumption_of looks a past epoch up in a group's memory. */
static const uint8_t *resumption_of(const struct sr_mls_group *g, const struct mls_psk_id *id)
{
	if (!g || id->type != MLS_PSK_RESUMPTION || !slice_eq(id->group_id, g->now->group_id))
		return NULL;
	if (id->epoch == g->now->number)
		return g->now->vault->secrets.resumption;
	for (uint32_t i = 0; i < g->resumptions->n; i++)
		if (g->resumptions->at[i].epoch == id->epoch)
			return g->resumptions->at[i].psk;
	return NULL;
}

void mls_psk_out(const struct mls_psk_id *id, struct sr_mls_psk_id *out)
{
	bool external = id->type == MLS_PSK_EXTERNAL;
	out->kind = external ? SR_MLS_PSK_EXTERNAL : SR_MLS_PSK_RESUMPTION;
	out->id = mls_data(external ? id->id : id->group_id);
	out->epoch = id->epoch;
}

static struct sr_err psk_of(const struct sr_mls_platform *platform, const struct sr_mls_group *g,
			    const struct mls_psk_id *id, uint8_t *room, struct slice *out)
{
	const uint8_t *known = resumption_of(g, id);
	if (known) {
		*out = mls_slice(known);
		return sr_ok();
	}
	if (!platform->psk)
		return sr_fail(SR_E_STATE, "a pre-shared key that is not known");
	struct sr_mls_psk_id asked;
	size_t len = 0;
	mls_psk_out(id, &asked);
	SR_TRY(platform->psk(platform->user, &asked, room, &len));
	if (len > SR_MLS_PSK_MAX)
		return sr_fail(SR_E_LIMIT, "a pre-shared key that is too long");
	*out = slice_make(room, len);
	return sr_ok();
}

struct sr_err mls_psks(const struct sr_mls_platform *platform, const struct mls_suite *s,
		       const struct sr_mls_group *g, const struct mls_psk_ids *ids,
		       uint8_t out[MLS_LEN])
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct mls_psk *psks = ARENA_ARRAY(&a, ids->n, struct mls_psk);
	uint8_t *room = arena_alloc(&a, ids->n, SR_MLS_PSK_MAX);
	struct sr_err e = psks && room ? sr_ok() : sr_nomem();
	for (size_t i = 0; i < ids->n && !sr_bad(e); i++) {
		psks[i].id = ids->ptr[i];
		e = psk_of(platform, g, &ids->ptr[i], room + i * SR_MLS_PSK_MAX, &psks[i].secret);
	}
	if (!sr_bad(e))
		e = mls_schedule_psks(s, psks, ids->n, out);
	if (room)
		crypto_wipe(room, ids->n * SR_MLS_PSK_MAX);
	return e;
}

/* ---- What the caller hands in ---- */

struct sr_err mls_extensions_in(const struct sr_mls_extension *list, size_t n, struct arena *a,
				struct mls_extensions *out)
{
	struct mls_extensions made = {ARENA_ARRAY(a, n, struct mls_extension), n};
	if (!made.ptr)
		return sr_nomem();
	for (size_t i = 0; i < n; i++)
		made.ptr[i] = (struct mls_extension){list[i].type, mls_in(list[i].data)};
	*out = made;
	return sr_ok();
}

/* types_in puts what a client names behind what the library can do. */
static struct sr_err types_in(const struct mls_u16_list *ours, const struct sr_mls_types *theirs,
			      struct arena *a, struct mls_u16_list *out)
{
	struct mls_u16_list made = {ARENA_ARRAY(a, ours->n + theirs->n, uint16_t), ours->n};
	if (ours->n + theirs->n > MLS_CAPABILITIES_MAX)
		return sr_fail(SR_E_LIMIT, "a client with too many capabilities");
	if (!made.ptr)
		return sr_nomem();
	for (size_t i = 0; i < ours->n; i++)
		made.ptr[i] = ours->ptr[i];
	for (size_t i = 0; i < theirs->n; i++)
		if (!mls_lists(&made, theirs->ptr[i]))
			made.ptr[made.n++] = theirs->ptr[i];
	*out = made;
	return sr_ok();
}

static struct sr_err credential_in(const struct sr_mls_credential *c, struct arena *a,
				   struct mls_credential *out)
{
	struct slice *chain = ARENA_ARRAY(a, c->chain_n, struct slice);
	if (c->type != MLS_CREDENTIAL_BASIC && c->type != MLS_CREDENTIAL_X509)
		return mls_refuse("a credential of a type that is not known");
	if (!chain)
		return sr_nomem();
	for (size_t i = 0; i < c->chain_n; i++)
		chain[i] = mls_in(c->chain[i]);
	*out = (struct mls_credential){c->type, mls_in(c->identity), {chain, c->chain_n}};
	return sr_ok();
}

struct sr_err mls_plan_of(const struct mls_suite *s, const struct sr_mls_client *client,
			  struct arena *a, uint8_t pub[MLS_LEN], struct mls_leaf_plan *out)
{
	const struct mls_capabilities *ours = &mls_capabilities_default;
	struct mls_leaf_plan plan = {
		.capabilities = *ours, .seed = client->signature_seed, .pub = pub};
	if (client->suite != s->id)
		return mls_refuse("a client of another cipher suite");
	SR_TRY(credential_in(&client->credential, a, &plan.credential));
	struct mls_capabilities *c = &plan.capabilities;
	SR_TRY(types_in(&ours->extensions, &client->extensions, a, &c->extensions));
	SR_TRY(types_in(&ours->proposals, &client->proposals, a, &c->proposals));
	SR_TRY(types_in(&ours->credentials, &client->credentials, a, &c->credentials));
	SR_TRY(mls_extensions_in(client->leaf_extensions, client->leaf_extensions_n, a,
				 &plan.extensions));
	SR_TRY(s->sign_public(client->signature_seed, pub));
	*out = plan;
	return sr_ok();
}

void mls_plan_again(const struct mls_leaf *leaf, const uint8_t *seed, struct mls_leaf_plan *out)
{
	*out = (struct mls_leaf_plan){.credential = leaf->credential,
				      .capabilities = leaf->capabilities,
				      .extensions = leaf->extensions,
				      .seed = seed,
				      .pub = leaf->signature_key.ptr};
}

struct sr_err mls_message_in(struct slice in, uint16_t wire_format, struct arena *a,
			     struct mls_message *out)
{
	if (in.len > MLS_MESSAGE_MAX)
		return sr_fail(SR_E_LIMIT, "an MLS message that is too large");
	SR_TRY(mls_decode(&mls_type_message, in, a, out));
	if (out->version != MLS_VERSION_10)
		return mls_refuse("an MLS message of another version");
	if (wire_format && out->wire_format != wire_format)
		return mls_refuse("an MLS message of another kind than is wanted here");
	if (out->wire_format == MLS_WIRE_PUBLIC)
		out->public->wire_format = MLS_WIRE_PUBLIC;
	return sr_ok();
}

struct sr_err mls_group_send(struct sr_mls_group *g, const struct mls_authentic *m, struct build *b)
{
	struct mls_epoch *e = g->now;
	struct mls_authentic tagged = *m;
	uint8_t tag[MLS_LEN];
	struct slice all;
	if (m->wire_format == MLS_WIRE_PRIVATE)
		return mls_frame_private(e->suite, m, e->vault->secrets.sender_data, &e->messages,
					 g->settings.padding, g->platform, b);
	SR_TRY(mls_frame_membership(e->suite, m, e->context, e->vault->secrets.membership, tag));
	tagged.membership_tag = mls_slice(tag);
	mls_frame_public(&tagged, b);
	return build_done(b, &all);
}

struct sr_err sr_mls_client_public(const uint8_t seed[SR_MLS_LEN], uint8_t out[SR_MLS_LEN])
{
	return mls_suite_sodium.sign_public(seed, out);
}
