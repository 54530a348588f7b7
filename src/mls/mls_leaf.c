/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_leaf.h"

#include "base_limits.h"
#include "base_parallel.h"

#include <assert.h>
#include <string.h>

enum {
	DEFAULT_EXTENSIONS = 5, /* types 1 to 5, which everybody has (7.2) */
	DEFAULT_PROPOSALS = 7,
	SLICE_LEAVES = 32, /* checked by one thread at a time */

	DER_SEQUENCE = 0x30,
	DER_VERSION = 0xa0,
};

/* ---- Lists ---- */

bool mls_lists(const struct mls_u16_list *list, uint16_t value)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->ptr[i] == value)
			return true;
	return false;
}

/* has tells whether a list has a value or need not, since everybody has those up to defaults. */
static bool has(const struct mls_u16_list *list, uint16_t value, uint16_t defaults)
{
	return (value && value <= defaults) || mls_lists(list, value);
}

static bool has_all(const struct mls_u16_list *list, const struct mls_u16_list *want,
		    uint16_t defaults)
{
	for (size_t i = 0; i < want->n; i++)
		if (!has(list, want->ptr[i], defaults))
			return false;
	return true;
}

static bool has_types(const struct mls_u16_list *list, const struct mls_extensions *want)
{
	for (size_t i = 0; i < want->n; i++)
		if (!has(list, want->ptr[i].type, DEFAULT_EXTENSIONS))
			return false;
	return true;
}

const struct mls_extension *mls_extension_find(const struct mls_extensions *list, uint16_t type)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->ptr[i].type == type)
			return &list->ptr[i];
	return NULL;
}

static bool belongs(uint16_t type, enum mls_extensions_in where)
{
	switch (type) {
	case MLS_EXT_APPLICATION_ID:
		return where == MLS_IN_LEAF;
	case MLS_EXT_RATCHET_TREE:
	case MLS_EXT_EXTERNAL_PUB:
		return where == MLS_IN_GROUP_INFO;
	case MLS_EXT_REQUIRED_CAPABILITIES:
	case MLS_EXT_EXTERNAL_SENDERS:
		return where == MLS_IN_CONTEXT;
	default:
		return true;
	}
}

struct sr_err mls_extensions_check(const struct mls_extensions *list, enum mls_extensions_in where)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!belongs(list->ptr[i].type, where))
			return mls_refuse("an extension where it does not belong");
		if (mls_extension_find(list, list->ptr[i].type) != &list->ptr[i])
			return mls_refuse("two extensions of one type");
	}
	return sr_ok();
}

struct sr_err mls_external_senders_of(const struct mls_extensions *context, struct arena *a,
				      struct mls_external_senders *out)
{
	struct mls_external_senders senders = {0};
	const struct mls_extension *e = mls_extension_find(context, MLS_EXT_EXTERNAL_SENDERS);
	if (e)
		SR_TRY(mls_decode(&mls_type_external_senders, e->data, a, &senders));
	for (size_t i = 0; i < senders.n; i++) {
		if (senders.ptr[i].signature_key.len != MLS_LEN)
			return mls_refuse("an external sender with a key of a wrong length");
		SR_TRY(mls_credential_check(&senders.ptr[i].credential,
					    senders.ptr[i].signature_key));
	}
	*out = senders;
	return sr_ok();
}

/* ---- Capabilities ---- */

struct sr_err mls_needs_of(uint16_t suite, const struct mls_extensions *context, struct arena *a,
			   struct mls_needs *out)
{
	struct mls_needs needs = {.suite = suite, .extensions = *context};
	struct mls_external_senders senders;
	SR_TRY(mls_extensions_check(context, MLS_IN_CONTEXT));
	SR_TRY(mls_external_senders_of(context, a, &senders));
	const struct mls_extension *e = mls_extension_find(context, MLS_EXT_REQUIRED_CAPABILITIES);
	if (e)
		SR_TRY(mls_decode(&mls_type_required, e->data, a, &needs.required));
	*out = needs;
	return sr_ok();
}

struct sr_err mls_capable(const struct mls_capabilities *c, const struct mls_needs *needs)
{
	if (!mls_lists(&c->versions, MLS_VERSION_10) || !mls_lists(&c->suites, needs->suite))
		return mls_refuse("capabilities without the version or the cipher suite in use");
	if (!has_types(&c->extensions, &needs->extensions))
		return mls_refuse("capabilities without an extension that the group uses");
	if (!has_all(&c->extensions, &needs->required.extensions, DEFAULT_EXTENSIONS) ||
	    !has_all(&c->proposals, &needs->required.proposals, DEFAULT_PROPOSALS) ||
	    !has_all(&c->credentials, &needs->required.credentials, 0))
		return mls_refuse("capabilities without one that the group requires");
	return sr_ok();
}

/* ---- Credentials ---- */

/* der_next cuts an element of DER from the front of in. */
static bool der_next(struct slice *in, uint8_t *tag, struct slice *out)
{
	struct slice head, long_form;
	if (!slice_take(in, 2, &head))
		return false;
	size_t len = head.ptr[1];
	if (len >= 0x80) {
		size_t n = len & 0x7f;
		if (n < 1 || n > 4 || !slice_take(in, n, &long_form))
			return false;
		len = 0;
		for (size_t i = 0; i < n; i++)
			len = len << 8 | long_form.ptr[i];
	}
	*tag = head.ptr[0];
	return slice_take(in, len, out);
}

/* certificate_key finds the key in a certificate (RFC 5280, 4.1), if it is for Ed25519 (RFC 8410):
 * it comes after serial number, algorithm, issuer, validity and subject. */
static bool certificate_key(struct slice in, struct slice *key)
{
	static const uint8_t front[] = {DER_SEQUENCE, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 1 + MLS_LEN, 0};
	struct slice certificate, tbs, field;
	uint8_t tag;
	if (!der_next(&in, &tag, &certificate) || tag != DER_SEQUENCE || in.len ||
	    !der_next(&certificate, &tag, &tbs) || tag != DER_SEQUENCE)
		return false;
	if (tbs.len && tbs.ptr[0] == DER_VERSION && !der_next(&tbs, &tag, &field))
		return false;
	for (int i = 0; i < 6; i++)
		if (!der_next(&tbs, &tag, &field))
			return false;
	if (tag != DER_SEQUENCE || field.len != sizeof front + MLS_LEN ||
	    memcmp(field.ptr, front, sizeof front) != 0)
		return false;
	*key = slice_sub(field, sizeof front, MLS_LEN);
	return true;
}

struct sr_err mls_credential_check(const struct mls_credential *c, struct slice signature_key)
{
	struct slice key;
	if (c->type != MLS_CREDENTIAL_X509)
		return sr_ok();
	if (!c->certificates.n)
		return mls_refuse("a credential without a certificate");
	if (!certificate_key(c->certificates.ptr[0], &key))
		return mls_refuse("a certificate that cannot be read, or not for an Ed25519 key");
	if (!slice_eq(key, signature_key))
		return mls_refuse("a certificate for another key than its leaf node's");
	return sr_ok();
}

/* ---- Checks ---- */

/* check_fields checks all of a leaf but its signature. */
static struct sr_err check_fields(const struct mls_suite *s, const struct mls_leaf *leaf,
				  const struct mls_leaf_at *at, const struct mls_needs *needs)
{
	const struct mls_needs none = {.suite = s->id};
	if (at->source && leaf->source != at->source)
		return mls_refuse("a leaf node from another source than its place asks for");
	SR_TRY(mls_key_check(leaf->encryption_key));
	if (slice_eq(leaf->encryption_key, at->replaced))
		return mls_refuse("a leaf node with the encryption key of the one it replaces");
	if (leaf->source == MLS_SOURCE_KEY_PACKAGE && leaf->not_after < leaf->not_before)
		return mls_refuse("a leaf node whose lifetime ends before it begins");
	SR_TRY(mls_credential_check(&leaf->credential, leaf->signature_key));
	SR_TRY(mls_extensions_check(&leaf->extensions, MLS_IN_LEAF));
	SR_TRY(mls_capable(&leaf->capabilities, needs ? needs : &none));
	if (!mls_lists(&leaf->capabilities.credentials, leaf->credential.type))
		return mls_refuse("a leaf node whose capabilities lack its own credential type");
	if (!has_types(&leaf->capabilities.extensions, &leaf->extensions))
		return mls_refuse("a leaf node whose capabilities lack its own extension");
	return sr_ok();
}

/* put_tbs appends a LeafNodeTBS (7.2). */
static void put_tbs(const struct mls_leaf *leaf, const struct mls_leaf_at *at, struct build *b)
{
	mls_encode(&mls_type_leaf_tbs, leaf, b);
	if (leaf->source == MLS_SOURCE_KEY_PACKAGE)
		return;
	mls_put_opaque(b, at->group_id);
	mls_put_u32(b, at->index);
}

struct sr_err mls_leaf_check(const struct mls_suite *s, const struct mls_leaf *leaf,
			     const struct mls_leaf_at *at, const struct mls_needs *needs)
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice tbs;
	SR_TRY(check_fields(s, leaf, at, needs));
	put_tbs(leaf, at, &b);
	SR_TRY(build_done(&b, &tbs));
	return mls_verify(s, leaf->signature_key, MLS_L("LeafNodeTBS"), tbs, leaf->signature);
}

struct sr_err mls_leaf_lifetime(const struct mls_leaf *leaf, int64_t now)
{
	if (leaf->source != MLS_SOURCE_KEY_PACKAGE)
		return sr_ok();
	if (now < 0 || (uint64_t)now < leaf->not_before || (uint64_t)now > leaf->not_after)
		return sr_fail(SR_E_STATE, "a key package that is not valid now");
	return sr_ok();
}

struct sr_err mls_key_package_check(const struct mls_suite *s, const struct mls_key_package *kp,
				    const struct mls_needs *needs)
{
	SR_SCOPED(build_release) struct build b = {0};
	const struct mls_leaf_at at = {.source = MLS_SOURCE_KEY_PACKAGE};
	struct slice tbs;
	if (kp->version != MLS_VERSION_10 || kp->suite != s->id)
		return mls_refuse("a key package for another version or cipher suite");
	SR_TRY(mls_key_check(kp->init_key));
	if (slice_eq(kp->init_key, kp->leaf.encryption_key))
		return mls_refuse("a key package with one key for two uses");
	SR_TRY(mls_extensions_check(&kp->extensions, MLS_IN_KEY_PACKAGE));
	SR_TRY(mls_leaf_check(s, &kp->leaf, &at, needs));
	mls_encode(&mls_type_key_package_tbs, kp, &b);
	SR_TRY(build_done(&b, &tbs));
	return mls_verify(s, kp->leaf.signature_key, MLS_L("KeyPackageTBS"), tbs, kp->signature);
}

/* ---- All of a tree ---- */

/* count adds by (1 or -1, modulo 2^32) wherever a leaf counts. */
static void count(struct mls_census *c, const struct mls_leaf *leaf, uint32_t by)
{
	assert(leaf->credential.type < MLS_CREDENTIALS);
	c->members += by;
	c->used[leaf->credential.type] += by;
	if (mls_lists(&leaf->capabilities.proposals, MLS_PROPOSAL_SELF_REMOVE))
		c->self_remove += by;
	for (int type = 0; type < MLS_CREDENTIALS; type++)
		if (mls_lists(&leaf->capabilities.credentials, (uint16_t)type))
			c->supported[type] += by;
}

void mls_census_add(struct mls_census *c, const struct mls_leaf *leaf)
{
	count(c, leaf, 1);
}

void mls_census_remove(struct mls_census *c, const struct mls_leaf *leaf)
{
	assert(c->members && c->used[leaf->credential.type]);
	count(c, leaf, UINT32_MAX);
}

struct sr_err mls_census_check(const struct mls_census *c)
{
	for (int type = 0; type < MLS_CREDENTIALS; type++)
		if (c->used[type] && c->supported[type] != c->members)
			return mls_refuse("a type of credential that not every member supports");
	return sr_ok();
}

struct leaves {
	const struct mls_suite *suite;
	const struct mls_tree *tree;
	struct slice group_id;
	const struct mls_needs *needs;
	struct mls_census census[LIMIT_THREADS];
};

static struct sr_err check_slice(void *user, unsigned thread, size_t from, size_t to)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct leaves *l = user;
	for (uint32_t i = (uint32_t)from; i < to; i++) {
		struct mls_leaf leaf;
		struct mls_leaf_at at = {.group_id = l->group_id, .index = i};
		if (!mls_tree_leaf_bytes(l->tree, i).len)
			continue;
		SR_TRY(mls_tree_leaf(l->tree, i, &a, &leaf));
		SR_TRY(mls_leaf_check(l->suite, &leaf, &at, l->needs));
		mls_census_add(&l->census[thread], &leaf);
	}
	return sr_ok();
}

struct sr_err mls_leaves_check(const struct mls_suite *s, const struct mls_tree *t,
			       struct slice group_id, const struct mls_needs *needs,
			       struct mls_census *out)
{
	struct leaves l = {s, t, group_id, needs, {{0}}};
	struct parallel p = {
		.n = t->leaves_n, .slice_n = SLICE_LEAVES, .run = check_slice, .user = &l};
	SR_TRY(parallel_run(&p));
	struct mls_census all = {0};
	for (int i = 0; i < LIMIT_THREADS; i++) {
		all.members += l.census[i].members;
		all.self_remove += l.census[i].self_remove;
		for (int type = 0; type < MLS_CREDENTIALS; type++) {
			all.used[type] += l.census[i].used[type];
			all.supported[type] += l.census[i].supported[type];
		}
	}
	SR_TRY(mls_census_check(&all));
	*out = all;
	return sr_ok();
}

struct sr_err mls_leaves_capable(const struct mls_tree *t, const struct mls_needs *needs)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	for (uint32_t i = 0; i < t->leaves_n; i++) {
		struct mls_leaf leaf;
		if (!mls_tree_leaf_bytes(t, i).len)
			continue;
		SR_TRY(mls_tree_leaf(t, i, &a, &leaf));
		SR_TRY(mls_capable(&leaf.capabilities, needs));
		arena_release(&a);
	}
	return sr_ok();
}

/* ---- Making ---- */

static const uint16_t own_versions[] = {MLS_VERSION_10}, own_suites[] = {3, 1},
		      own_proposals[] = {MLS_PROPOSAL_SELF_REMOVE},
		      own_credentials[] = {MLS_CREDENTIAL_BASIC, MLS_CREDENTIAL_X509};
#define OWN(list)                                                                                  \
	{                                                                                          \
		(uint16_t *)(list), sizeof(list) / sizeof *(list)                                  \
	}
const struct mls_capabilities mls_capabilities_default = {
	OWN(own_versions), OWN(own_suites), {NULL, 0}, OWN(own_proposals), OWN(own_credentials)};

static struct sr_err sign(const struct mls_suite *s, const struct mls_leaf_plan *plan,
			  struct slice label, const struct build *b, struct arena *a,
			  struct slice *out)
{
	struct slice tbs;
	SR_TRY(build_done(b, &tbs));
	uint8_t *signature = arena_alloc(a, 1, MLS_SIGNATURE_LEN);
	if (!signature)
		return sr_nomem();
	SR_TRY(mls_sign(s, plan->seed, plan->pub, label, tbs, signature));
	*out = slice_make(signature, MLS_SIGNATURE_LEN);
	return sr_ok();
}

struct sr_err mls_leaf_make(const struct mls_suite *s, const struct mls_leaf_plan *plan,
			    const struct mls_leaf_at *at, struct slice encryption_key,
			    struct arena *a, struct mls_leaf *out)
{
	SR_SCOPED(build_release) struct build b = {0};
	struct mls_leaf leaf = {.encryption_key = encryption_key,
				.signature_key = mls_slice(plan->pub),
				.credential = plan->credential,
				.capabilities = plan->capabilities,
				.source = at->source,
				.not_before = at->not_before,
				.not_after = at->not_after,
				.parent_hash = at->parent_hash,
				.extensions = plan->extensions};
	SR_TRY(check_fields(s, &leaf, at, NULL));
	put_tbs(&leaf, at, &b);
	SR_TRY(sign(s, plan, MLS_L("LeafNodeTBS"), &b, a, &leaf.signature));
	*out = leaf;
	return sr_ok();
}

struct sr_err mls_key_package_make(const struct mls_suite *s, const struct mls_leaf_plan *plan,
				   const struct mls_leaf_at *at, struct slice init_key,
				   struct slice encryption_key,
				   const struct mls_extensions *extensions, struct arena *a,
				   struct mls_key_package *out)
{
	SR_SCOPED(build_release) struct build b = {0};
	struct mls_leaf_at first = *at;
	struct mls_key_package kp = {
		.version = MLS_VERSION_10, .suite = s->id, .init_key = init_key};
	if (extensions)
		kp.extensions = *extensions;
	SR_TRY(mls_extensions_check(&kp.extensions, MLS_IN_KEY_PACKAGE));
	first.source = MLS_SOURCE_KEY_PACKAGE;
	SR_TRY(mls_leaf_make(s, plan, &first, encryption_key, a, &kp.leaf));
	mls_encode(&mls_type_key_package_tbs, &kp, &b);
	SR_TRY(sign(s, plan, MLS_L("KeyPackageTBS"), &b, a, &kp.signature));
	*out = kp;
	return sr_ok();
}
