/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_epoch.h"

#include "crypto.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct sr_err mls_epoch_new(const struct mls_suite *s, struct mls_epoch **out)
{
	struct mls_epoch *e = calloc(1, sizeof *e);
	if (!e)
		return sr_nomem();
	e->suite = s;
	e->vault = crypto_guarded_alloc(sizeof *e->vault);
	if (!e->vault) {
		free(e);
		return sr_fail(SR_E_NOMEM, "no guarded memory for a group's secrets");
	}
	*out = e;
	return sr_ok();
}

struct sr_err mls_epoch_next(const struct mls_epoch *from, struct mls_epoch **out)
{
	SR_SCOPED(mls_epoch_release) struct mls_epoch *e = NULL;
	SR_TRY(mls_epoch_new(from->suite, &e));
	SR_TRY(mls_tree_clone(&from->tree, &e->tree));
	e->own = from->own;
	e->number = from->number + 1;
	e->census = from->census;
	e->vault->keys = from->vault->keys;
	memcpy(e->vault->seed, from->vault->seed, MLS_LEN);
	*out = e;
	e = NULL;
	return sr_ok();
}

void mls_epoch_release(struct mls_epoch **at)
{
	struct mls_epoch *e = *at;
	*at = NULL;
	if (!e)
		return;
	mls_tree_release(&e->tree);
	free(e->context_ptr);
	mls_secret_tree_release(&e->messages);
	mls_secret_tree_release(&e->exports);
	crypto_guarded_free(e->vault);
	free(e);
}

/* cut finds the parts of an encoded context. */
static bool cut(struct mls_epoch *e)
{
	struct slice rest = e->context, skipped;
	return slice_take(&rest, 4, &skipped) && mls_next_opaque(&rest, &e->group_id) &&
	       mls_next_int(&rest, MLS_U64, &e->number) && mls_next_opaque(&rest, &e->tree_hash) &&
	       mls_next_opaque(&rest, &e->confirmed) && (e->extensions_raw = rest, true);
}

struct sr_err mls_epoch_set_context(struct mls_epoch *e, const struct mls_context *c)
{
	SR_SCOPED(build_release) struct build b = {0};
	mls_encode(&mls_type_context, c, &b);
	SR_TRY(build_done(&b, &e->context));
	/* Freed only now: c may borrow from it. */
	free(e->context_ptr);
	e->context_ptr = b.ptr;
	b.ptr = NULL;
	bool whole = cut(e);
	assert(whole);
	return sr_ok();
}

struct sr_err mls_epoch_follow(const struct mls_epoch *e, const struct mls_extensions *extensions,
			       const uint8_t *confirmed, struct mls_epoch *next)
{
	uint8_t hash[MLS_LEN];
	SR_TRY(mls_tree_hash(e->suite, &next->tree, hash));
	struct mls_context c = {.version = MLS_VERSION_10,
				.suite = e->suite->id,
				.group_id = e->group_id,
				.epoch = e->number + 1,
				.tree_hash = mls_slice(hash),
				.confirmed_transcript_hash =
					confirmed ? mls_slice(confirmed) : e->confirmed,
				.extensions = *extensions};
	return mls_epoch_set_context(next, &c);
}

struct sr_err mls_epoch_extensions(const struct mls_epoch *e, struct arena *a,
				   struct mls_extensions *out)
{
	return mls_decode(&mls_type_extensions, e->extensions_raw, a, out);
}

/* grow makes the trees of secrets from their roots, and the confirmation tag. */
static struct sr_err grow(struct mls_epoch *e, const struct mls_roots *roots)
{
	mls_secret_tree_init(&e->messages, e->tree.leaves_n, roots->encryption, e->vault->messages);
	mls_secret_tree_init(&e->exports, MLS_EXPORTER_LEAVES, roots->application_export,
			     e->vault->exports);
	SR_TRY(e->suite->hmac(mls_slice(e->vault->secrets.confirmation), &e->confirmed, 1,
			      e->confirmation_tag));
	return mls_schedule_interim(e->suite, e->confirmed, mls_slice(e->confirmation_tag),
				    e->interim);
}

struct sr_err mls_epoch_start(struct mls_epoch *e, const uint8_t joiner[MLS_LEN],
			      const uint8_t psk_secret[MLS_LEN])
{
	CRYPTO_WIPED(struct mls_roots, roots);
	SR_TRY(mls_schedule_epoch(e->suite, joiner, psk_secret, e->context, &e->vault->secrets,
				  &roots));
	return grow(e, &roots);
}

struct sr_err mls_epoch_begin(struct mls_epoch *e, const uint8_t epoch_secret[MLS_LEN])
{
	CRYPTO_WIPED(struct mls_roots, roots);
	SR_TRY(mls_schedule_first(e->suite, epoch_secret, &e->vault->secrets, &roots));
	return grow(e, &roots);
}

struct sr_err mls_epoch_confirm(const struct mls_epoch *e, struct slice tag)
{
	if (tag.len != MLS_LEN || !crypto_eq(tag.ptr, e->confirmation_tag, MLS_LEN))
		return sr_fail(SR_E_AUTH, "a confirmation tag that does not fit: the sender and we "
					  "do not see the same group");
	return sr_ok();
}

void mls_leaf_member(struct slice leaf_node, uint32_t leaf, struct sr_mls_member *out)
{
	struct slice rest = leaf_node, key, signature_key, credential = {0};
	uint64_t type = 0;
	bool whole = mls_next_opaque(&rest, &key) && mls_next_opaque(&rest, &signature_key) &&
		     mls_next_int(&rest, MLS_U16, &type) && mls_next_opaque(&rest, &credential);
	assert(whole);
	*out = (struct sr_mls_member){
		.leaf = leaf,
		.credential_type = (uint16_t)type,
		.credential = {credential.ptr, credential.len},
		.signature_key = {signature_key.ptr, signature_key.len},
		.leaf_node = {leaf_node.ptr, leaf_node.len},
	};
}

bool mls_epoch_member(const struct mls_epoch *e, uint32_t leaf, struct sr_mls_member *out)
{
	struct slice bytes = mls_tree_leaf_bytes(&e->tree, leaf);
	if (!bytes.len)
		return false;
	mls_leaf_member(bytes, leaf, out);
	return true;
}
