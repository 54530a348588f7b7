/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_commit.h"

#include "crypto.h"

#include <string.h>

/* ---- GroupInfo (12.4.3) ---- */

static struct sr_err add_extensions(const struct mls_epoch *e, bool tree, bool external,
				    struct arena *a, struct mls_group_info *info)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], priv);
	uint8_t pub[MLS_LEN];
	struct build b = {0};
	info->extensions.ptr = ARENA_ARRAY(a, 2, struct mls_extension);
	if (!info->extensions.ptr)
		return sr_nomem();
	if (tree) {
		struct mls_extension *x = &info->extensions.ptr[info->extensions.n++];
		x->type = MLS_EXT_RATCHET_TREE;
		mls_tree_encode(&e->tree, &b);
		SR_TRY(build_keep(&b, a, &x->data));
	}
	if (external) {
		struct mls_extension *x = &info->extensions.ptr[info->extensions.n++];
		x->type = MLS_EXT_EXTERNAL_PUB;
		SR_TRY(mls_schedule_external(e->suite, e->vault->secrets.external, priv, pub));
		mls_put_opaque(&b, mls_slice(pub));
		SR_TRY(build_keep(&b, a, &x->data));
	}
	return sr_ok();
}

struct sr_err mls_group_info_make(const struct mls_epoch *e, bool tree, bool external,
				  struct arena *a, struct slice *out)
{
	uint8_t signature[MLS_SIGNATURE_LEN];
	struct mls_group_info info = {.confirmation_tag = mls_slice(e->confirmation_tag),
				      .signer = e->own};
	struct slice tbs;
	SR_TRY(mls_decode(&mls_type_context, e->context, a, &info.context));
	SR_TRY(add_extensions(e, tree, external, a, &info));
	SR_TRY(mls_encoded(&mls_type_group_info_tbs, &info, a, &tbs));
	SR_TRY(mls_sign(e->suite, e->vault->seed, mls_tree_signature_key(&e->tree, e->own),
			MLS_L("GroupInfoTBS"), tbs, signature));
	info.signature = slice_make(signature, sizeof signature);
	return mls_encoded(&mls_type_group_info, &info, a, out);
}

struct sr_err sr_mls_group_info(const struct sr_mls_group *g, bool with_tree,
				struct sr_mls_bytes *message)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(build_release) struct build b = {.len_max = MLS_MESSAGE_MAX};
	struct slice info;
	SR_TRY(mls_group_usable(g));
	SR_TRY(mls_group_info_make(g->now, with_tree, true, &a, &info));
	mls_message_out(MLS_WIRE_GROUP_INFO, &b);
	build_slice(&b, info);
	return mls_give(&b, message);
}

/* take_tree decodes the tree of a GroupInfo and checks it by itself (12.4.3.1). */
static struct sr_err take_tree(const struct mls_group_info *info, struct slice tree,
			       struct mls_epoch *e)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const struct mls_extension *x = mls_extension_find(&info->extensions, MLS_EXT_RATCHET_TREE);
	uint8_t hash[MLS_LEN];
	struct mls_needs needs;
	if (!tree.len && !x)
		return sr_fail(SR_E_STATE, "the ratchet tree is neither in the message nor given");
	SR_TRY(mls_needs_of(e->suite->id, &info->context.extensions, &a, &needs));
	SR_TRY(mls_tree_decode(tree.len ? tree : x->data, &e->tree));
	SR_TRY(mls_tree_hash(e->suite, &e->tree, hash));
	if (!slice_eq(mls_slice(hash), info->context.tree_hash))
		return mls_refuse("a ratchet tree that is not the one of the GroupInfo");
	SR_TRY(mls_tree_check(e->suite, &e->tree));
	SR_TRY(mls_tree_unique(e->suite, &e->tree, NULL));
	return mls_leaves_check(e->suite, &e->tree, info->context.group_id, &needs, &e->census);
}

static struct sr_err check_signer(const struct mls_group_info *info, const struct mls_epoch *e)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const uint8_t *pub = mls_tree_signature_key(&e->tree, info->signer);
	struct slice tbs;
	if (!pub)
		return mls_refuse("a GroupInfo signed by nobody in the group");
	SR_TRY(mls_encoded(&mls_type_group_info_tbs, info, &a, &tbs));
	return mls_verify(e->suite, mls_slice(pub), MLS_L("GroupInfoTBS"), tbs, info->signature);
}

struct sr_err mls_group_info_adopt(const struct mls_group_info *info, struct slice tree,
				   struct mls_epoch **out)
{
	SR_SCOPED(mls_epoch_release) struct mls_epoch *e = NULL;
	const struct mls_context *c = &info->context;
	const struct mls_suite *s = mls_suite_find(c->suite);
	if (c->version != MLS_VERSION_10 || !s)
		return mls_refuse("a group of a version or cipher suite that is not known");
	if (c->tree_hash.len != MLS_LEN ||
	    c->confirmed_transcript_hash.len != (c->epoch ? MLS_LEN : 0))
		return mls_refuse("a GroupInfo with hashes of a wrong length");
	SR_TRY(mls_extensions_check(&info->extensions, MLS_IN_GROUP_INFO));
	SR_TRY(mls_epoch_new(s, &e));
	SR_TRY(take_tree(info, tree, e));
	SR_TRY(check_signer(info, e));
	SR_TRY(mls_epoch_set_context(e, c));
	*out = e;
	e = NULL;
	return sr_ok();
}

/* ---- Making a Welcome (12.4.3.1) ---- */

/* seal_one encrypts the group's secrets for one new member. */
static struct sr_err seal_one(const struct mls_draft *d, const struct mls_item *item,
			      const uint8_t info_hash[MLS_LEN], struct arena *a,
			      struct mls_welcome_secrets *out)
{
	SR_SCOPED(build_release) struct build b = {.secret = true};
	CRYPTO_WIPED(uint8_t[MLS_LEN], ikm);
	const struct mls_suite *s = d->e->suite;
	const uint8_t *secret = d->path ? mls_path_secret(&d->made, item->leaf) : NULL;
	struct slice path_secret = mls_slice(secret), text;
	struct mls_group_secrets secrets = {.joiner_secret = mls_slice(d->joiner),
					    .path_secret = secret ? &path_secret : NULL,
					    .psks = d->psks};
	uint8_t *ref = arena_alloc(a, MLS_LEN, 1);
	if (!ref)
		return sr_nomem();
	mls_encode(&mls_type_group_secrets, &secrets, &b);
	SR_TRY(build_done(&b, &text));
	SR_TRY(mls_random(d->platform, ikm));
	SR_TRY(mls_encrypt(s, item->proposal.add->init_key.ptr, info_hash, text, ikm, a,
			   &out->secrets));
	/* Behind the type of the proposal stands the KeyPackage. */
	SR_TRY(mls_ref(s, MLS_REF_KEY_PACKAGE, slice_sub(item->bytes, 2, item->bytes.len - 2),
		       ref));
	out->new_member = mls_slice(ref);
	return sr_ok();
}

static struct sr_err seal_info(const struct mls_draft *d, bool no_tree, struct arena *a,
			       struct slice *out)
{
	CRYPTO_WIPED(struct mls_message_key, key);
	struct slice info;
	SR_TRY(mls_group_info_make(d->next, !no_tree, false, a, &info));
	SR_TRY(mls_schedule_welcome(d->e->suite, d->joiner, d->psk_secret, &key));
	return mls_seal(d->e->suite, &key, (struct slice){0}, info, a, out);
}

struct sr_err mls_welcome_make(const struct mls_draft *d, bool no_tree, struct build *b)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct mls_welcome w = {.suite = d->e->suite->id};
	uint8_t info_hash[MLS_LEN];
	if (!d->effect.added.n)
		return sr_ok();
	w.secrets.ptr = ARENA_ARRAY(&a, d->effect.added.n, struct mls_welcome_secrets);
	if (!w.secrets.ptr)
		return sr_nomem();
	SR_TRY(seal_info(d, no_tree, &a, &w.encrypted_group_info));
	SR_TRY(mls_encrypt_info(d->e->suite, MLS_L("Welcome"), w.encrypted_group_info, info_hash));
	for (size_t i = 0; i < d->items.n; i++)
		if (d->items.ptr[i].proposal.type == MLS_PROPOSAL_ADD)
			SR_TRY(seal_one(d, &d->items.ptr[i], info_hash, &a,
					&w.secrets.ptr[w.secrets.n++]));
	mls_message_out(MLS_WIRE_WELCOME, b);
	mls_encode(&mls_type_welcome, &w, b);
	return sr_ok();
}

/* ---- Joining by one ---- */

/* struct mls_joining: a Welcome on its way to a group. All secrets are wiped by who made it. */
struct mls_joining {
	const struct mls_suite *suite;
	struct mls_key_secrets own;
	struct mls_key_package key_package;
	struct slice plain;    /* of the group secrets; in plain_at */
	struct build plain_at; /* wiped */
	struct mls_group_secrets secrets;
	struct mls_group_info info;
	uint8_t psk_secret[MLS_LEN];
};

static void joining_release(struct mls_joining *j)
{
	build_release(&j->plain_at);
	crypto_wipe(j, sizeof *j);
}

/* find_own finds the entry of a Welcome that is for one of our key packages. */
static struct sr_err find_own(const struct mls_welcome *w, const struct sr_mls_join_options *o,
			      struct mls_joining *j, size_t *used,
			      const struct mls_welcome_secrets **out)
{
	for (size_t k = 0; k < o->secrets_n; k++) {
		uint8_t ref[MLS_LEN];
		SR_TRY(mls_key_secrets_read(mls_in(o->secrets[k]), &j->own));
		SR_TRY(mls_ref(j->suite, MLS_REF_KEY_PACKAGE, j->own.key_package, ref));
		for (size_t i = 0; i < w->secrets.n; i++)
			if (slice_eq(w->secrets.ptr[i].new_member, mls_slice(ref))) {
				*used = k;
				*out = &w->secrets.ptr[i];
				return sr_ok();
			}
	}
	return sr_fail(SR_E_STATE, "a Welcome for none of these key packages");
}

/* check_psk_ids checks what a Welcome says of pre-shared keys: each once (8.4), and a first
 * commit's resumption only where the caller says what it resumes (11.2, 11.3). */
static struct sr_err check_psk_ids(const struct mls_psk_ids *ids, const struct sr_mls_group *from)
{
	size_t resumed = 0;
	for (size_t i = 0; i < ids->n; i++) {
		const struct mls_psk_id *id = &ids->ptr[i];
		if (id->nonce.len != MLS_LEN)
			return mls_refuse("a pre-shared key with a nonce of a wrong length");
		if (id->type == MLS_PSK_RESUMPTION &&
		    (id->usage < MLS_USAGE_APPLICATION || id->usage > MLS_USAGE_BRANCH))
			return mls_refuse("a pre-shared key for an unknown use");
		if (id->type == MLS_PSK_RESUMPTION && id->usage != MLS_USAGE_APPLICATION)
			resumed++;
		for (size_t k = 0; k < i; k++)
			if (mls_psk_id_same(id, &ids->ptr[k]))
				return mls_refuse("the same pre-shared key twice");
	}
	if (resumed > 1)
		return mls_refuse("a Welcome that continues two groups");
	if (resumed && !from)
		return sr_fail(SR_E_STATE, "a Welcome that continues another group, which must be "
					   "given with it");
	return sr_ok();
}

static struct sr_err open_secrets(const struct mls_welcome *w,
				  const struct mls_welcome_secrets *own, struct mls_joining *j,
				  struct arena *a)
{
	const struct slice text = own->secrets.text;
	if (text.len < MLS_TAG_LEN)
		return mls_refuse("a Welcome that ends too early");
	build_init_secret(&j->plain_at, 0);
	/* As long as it will be: the plain text is decrypted in its place. */
	build_slice(&j->plain_at, text);
	SR_TRY(build_done(&j->plain_at, &j->plain));
	j->plain.len -= MLS_TAG_LEN;
	SR_TRY(mls_decrypt(j->suite, j->own.init.ptr, j->key_package.init_key.ptr, MLS_L("Welcome"),
			   w->encrypted_group_info, own->secrets.kem_output, text,
			   j->plain_at.ptr));
	SR_TRY(mls_decode(&mls_type_group_secrets, j->plain, a, &j->secrets));
	if (j->secrets.joiner_secret.len != MLS_LEN ||
	    (j->secrets.path_secret && j->secrets.path_secret->len != MLS_LEN))
		return mls_refuse("a Welcome with secrets of a wrong length");
	return sr_ok();
}

static struct sr_err open_info(const struct mls_welcome *w, struct mls_joining *j, struct arena *a)
{
	CRYPTO_WIPED(struct mls_message_key, key);
	struct slice text;
	if (w->encrypted_group_info.len < MLS_TAG_LEN)
		return mls_refuse("a Welcome that ends too early");
	SR_TRY(mls_schedule_welcome(j->suite, j->secrets.joiner_secret.ptr, j->psk_secret, &key));
	SR_TRY(mls_open(j->suite, &key, (struct slice){0}, w->encrypted_group_info, a, &text));
	SR_TRY(mls_decode(&mls_type_group_info, text, a, &j->info));
	if (j->info.context.suite != j->suite->id)
		return mls_refuse("a Welcome of another cipher suite than its group");
	return sr_ok();
}

/* own_leaf finds our leaf in the tree. */
static struct sr_err own_leaf(const struct mls_joining *j, struct mls_epoch *e)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct slice leaf;
	SR_TRY(mls_encoded(&mls_type_leaf, &j->key_package.leaf, &a, &leaf));
	for (uint32_t i = 0; i < e->tree.leaves_n; i++)
		if (slice_eq(mls_tree_leaf_bytes(&e->tree, i), leaf)) {
			e->own = i;
			return sr_ok();
		}
	return mls_refuse("a Welcome to a group that we are not in");
}

static struct sr_err enter(const struct mls_joining *j, struct mls_epoch *e)
{
	SR_TRY(own_leaf(j, e));
	if (e->own == j->info.signer)
		return mls_refuse("a Welcome signed by its own new member");
	mls_keys_set(&e->vault->keys, 2 * e->own, j->own.leaf.ptr);
	memcpy(e->vault->seed, j->own.seed.ptr, MLS_LEN);
	if (j->secrets.path_secret)
		SR_TRY(mls_path_join(e->suite, &e->tree, e->own, j->info.signer,
				     j->secrets.path_secret->ptr, &e->vault->keys));
	SR_TRY(mls_epoch_start(e, j->secrets.joiner_secret.ptr, j->psk_secret));
	return mls_epoch_confirm(e, j->info.confirmation_tag);
}

struct sr_err sr_mls_join(const struct sr_mls_platform *platform, struct sr_mls_data welcome,
			  const struct sr_mls_join_options *options, size_t *used,
			  struct sr_mls_group **out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_SCOPED(joining_release) struct mls_joining j = {0};
	SR_SCOPED(mls_epoch_release) struct mls_epoch *e = NULL;
	const struct mls_welcome_secrets *own;
	struct mls_message m;
	size_t which;
	SR_TRY(mls_message_in(mls_in(welcome), MLS_WIRE_WELCOME, &a, &m));
	j.suite = mls_suite_find(m.welcome.suite);
	if (!j.suite)
		return mls_refuse("a Welcome of a cipher suite that is not known");
	SR_TRY(find_own(&m.welcome, options, &j, &which, &own));
	SR_TRY(mls_decode(&mls_type_key_package, j.own.key_package, &a, &j.key_package));
	if (j.key_package.suite != j.suite->id)
		return mls_refuse("a Welcome of another cipher suite than its key package");
	SR_TRY(open_secrets(&m.welcome, own, &j, &a));
	SR_TRY(check_psk_ids(&j.secrets.psks, options->from));
	SR_TRY(mls_psks(platform, j.suite, options->from, &j.secrets.psks, j.psk_secret));
	SR_TRY(open_info(&m.welcome, &j, &a));
	SR_TRY(mls_group_info_adopt(&j.info, mls_in(options->tree), &e));
	SR_TRY(enter(&j, e));
	if (options->from)
		SR_TRY(mls_lineage_check(options->from, &j.secrets.psks, e));
	SR_TRY(mls_group_new(platform, &options->settings, &e, out));
	if (used)
		*used = which;
	return sr_ok();
}
