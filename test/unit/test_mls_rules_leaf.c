/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and signatures (5.1), leaf nodes (7.2, 7.3), key packages (10). */
#include "mls_forge.h"

#include <sodium.h>
#include <string.h>

enum { ODD_EXTENSION = 0xf001, ODD_PROPOSAL = 0xf002, GREASE = 0x1a1a };

/* ---- Scenes ---- */

/* VICTIM takes JOINER's key package from where such are published. */
static struct sr_err scene_published(struct forge *f)
{
	uint8_t ref[MLS_LEN], untouched[MLS_LEN];
	forge_arm(f);
	forge_package(f, JOINER, &f->at[JOINER].package);
	memset(ref, 0x5a, sizeof ref);
	memset(untouched, 0x5a, sizeof untouched);
	struct sr_err e = sr_mls_key_package_ref(forge_data(f->at[JOINER].package.message), ref);
	CHECK(!sr_bad(e) || !memcmp(ref, untouched, sizeof ref), "the reference was touched");
	return e;
}

/* VICTIM proposes JOINER, when arg seconds are gone. */
static struct sr_err scene_own_add(struct forge *f)
{
	struct forge_package *p = &f->at[JOINER].package;
	struct sr_mls_proposal add = {.kind = SR_MLS_ADD};
	forge_group(f, 3);
	forge_arm(f);
	forge_package(f, JOINER, p);
	add.key_package = forge_data(p->message);
	if (f->broken)
		f->now += f->rule->arg;
	return forge_try_propose(f, VICTIM, &add);
}

/* VICTIM commits to add JOINER. */
static struct sr_err scene_own_commit(struct forge *f)
{
	struct forge_package *p = &f->at[JOINER].package;
	struct sr_mls_proposal add = {.kind = SR_MLS_ADD};
	forge_group(f, 3);
	forge_arm(f);
	forge_package(f, JOINER, p);
	add.key_package = forge_data(p->message);
	return forge_try_commit(
		f, VICTIM, &(struct sr_mls_commit_options){.proposals = &add, .proposals_n = 1});
}

/* HOSTILE commits to add JOINER. */
static struct sr_err scene_add_commit(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_arm(f);
	forge_package(f, JOINER, &f->at[JOINER].package);
	forge_commit_add(c, forge_add(f, HOSTILE, &f->at[JOINER].package.kp));
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

/* JOINER is proposed by HOSTILE, and VICTIM hears of it when arg seconds are gone. */
static struct sr_err scene_add_later(struct forge *f)
{
	struct forge_package *p = &f->at[JOINER].package;
	forge_group(f, 3);
	forge_package(f, JOINER, p);
	struct mls_item item = forge_add(f, HOSTILE, &p->kp);
	if (f->broken)
		f->now += f->rule->arg;
	return forge_give(f, VICTIM, forge_propose(f, HOSTILE, &item));
}

/* JOINER asks to be added. */
static struct sr_err scene_ask(struct forge *f)
{
	forge_group(f, 3);
	forge_arm(f);
	struct mls_authentic m = forge_outside(f, MLS_SENDER_NEW_PROPOSAL, MLS_CONTENT_PROPOSAL);
	m.content.proposal = forge_joiner(f).proposal;
	return forge_give(f, VICTIM, forge_send(f, JOINER, &m));
}

/* ---- Keys ---- */

static void key_short(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->encryption_key = forge_shorter(f, l->encryption_key);
}

static void key_long(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->encryption_key = forge_longer(f, l->encryption_key);
}

static void init_short(struct forge *f, void *object)
{
	struct mls_key_package *kp = object;
	kp->init_key = forge_shorter(f, kp->init_key);
}

static void parent_key_short(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	struct slice *key = &nodes->ptr[3]->parent.encryption_key;
	*key = forge_shorter(f, *key);
}

static void path_key_short(struct forge *f, void *object)
{
	struct mls_path *path = object;
	struct slice *key = &path->nodes.ptr[0].encryption_key;
	*key = forge_shorter(f, *key);
}

/* set_external_pub puts a key into the extension of a GroupInfo. */
static void set_external_pub(struct forge *f, struct mls_group_info *info, size_t len)
{
	uint8_t *data = forge_bytes(f, len + 1);
	data[0] = (uint8_t)len;
	for (size_t i = 0; i < info->extensions.n; i++)
		if (info->extensions.ptr[i].type == MLS_EXT_EXTERNAL_PUB)
			info->extensions.ptr[i].data = slice_make(data, len + 1);
}

static void external_pub_short(struct forge *f, void *object)
{
	set_external_pub(f, object, MLS_LEN - 1);
}

static void external_pub_small(struct forge *f, void *object)
{
	set_external_pub(f, object, MLS_LEN);
}

static void signature_key_short(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->signature_key = forge_shorter(f, l->signature_key);
}

static void signature_key_long(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->signature_key = forge_longer(f, l->signature_key);
}

static void sender_key_short(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	struct mls_extensions *x = &m->content.proposal.extensions;
	*x = (struct mls_extensions){0};
	forge_extension(f, x, MLS_EXT_EXTERNAL_SENDERS,
			senders_of(f, forge_shorter(f, forge_public_key(f, OUTSIDE))));
}

static void init_small(struct forge *f, void *object)
{
	struct mls_key_package *kp = object;
	kp->init_key = slice_make(forge_bytes(f, MLS_LEN), MLS_LEN);
}

static void key_small(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->encryption_key = slice_make(forge_bytes(f, MLS_LEN), MLS_LEN);
}

static void parent_key_small(struct forge *f, void *object)
{
	struct mls_nodes *nodes = object;
	nodes->ptr[3]->parent.encryption_key = slice_make(forge_bytes(f, MLS_LEN), MLS_LEN);
}

static void path_key_small(struct forge *f, void *object)
{
	struct mls_path *path = object;
	path->nodes.ptr[0].encryption_key = slice_make(forge_bytes(f, MLS_LEN), MLS_LEN);
}

static void kem_small(struct forge *f, void *object)
{
	struct mls_path *path = object;
	path->nodes.ptr[0].secrets.ptr[0].kem_output = slice_make(forge_bytes(f, MLS_LEN), MLS_LEN);
}

static void welcome_kem_small(struct forge *f, void *object)
{
	struct mls_welcome *w = object;
	w->secrets.ptr[0].secrets.kem_output = slice_make(forge_bytes(f, MLS_LEN), MLS_LEN);
}

/* signature_any is one under the key 1 (the neutral point), of whatever text: R = B, S = 1. */
static struct slice signature_any(struct forge *f)
{
	uint8_t *out = forge_bytes(f, MLS_SIGNATURE_LEN);
	memset(out, 0x66, 32);
	out[0] = 0x58;
	out[32] = 1;
	return slice_make(out, MLS_SIGNATURE_LEN);
}

static void key_of_small_order(struct forge *f, void *object)
{
	struct mls_key_package *kp = object;
	uint8_t *key = forge_bytes(f, MLS_LEN);
	key[0] = 1;
	kp->leaf.signature_key = slice_make(key, MLS_LEN);
	kp->leaf.signature = kp->signature = signature_any(f);
}

/* The same point with its y not reduced: 2^255 - 18. */
static void key_in_other_form(struct forge *f, void *object)
{
	struct mls_key_package *kp = object;
	uint8_t *key = forge_bytes(f, MLS_LEN);
	memset(key, 0xff, MLS_LEN);
	key[0] = 0xee;
	key[31] = 0x7f;
	kp->leaf.signature_key = slice_make(key, MLS_LEN);
	kp->leaf.signature = kp->signature = signature_any(f);
}

/* R = 1, S = H(R, A, M) a: it fits, but R says nothing of who signed. */
static void r_of_small_order(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	struct build b = {0}, text = {0};
	struct slice all = {0}, pub = forge_public_key(f, HOSTILE);
	uint8_t *out = forge_bytes(f, MLS_SIGNATURE_LEN), hash[64], a[32], k[32];
	mls_put_u16(&b, MLS_VERSION_10);
	mls_put_u16(&b, m->wire_format);
	mls_encode(&mls_type_content, &m->content, &b);
	build_slice(&b, forge_now(f, HOSTILE)->context);
	out[0] = 1;
	build_bytes(&text, out, 32);
	build_slice(&text, pub);
	mls_put_label(&text, MLS_L("FramedContentTBS"));
	mls_put_opaque(&text, slice_make(b.ptr, b.len));
	FORGE_OK(build_done(&text, &all));
	crypto_hash_sha512(hash, all.ptr, all.len);
	crypto_core_ed25519_scalar_reduce(k, hash);
	crypto_hash_sha512(hash, f->at[HOSTILE].client.signature_seed, MLS_LEN);
	hash[0] &= 248;
	hash[31] = (uint8_t)((hash[31] & 127) | 64);
	memset(hash + 32, 0, 32);
	crypto_core_ed25519_scalar_reduce(a, hash);
	crypto_core_ed25519_scalar_mul(out + 32, k, a);
	m->signature = slice_make(out, MLS_SIGNATURE_LEN);
	build_release(&b);
	build_release(&text);
}

/* ---- Labels ---- */

static void leaf_label(struct forge *f, void *object)
{
	forge_sign_leaf(f, JOINER, &f->place, MLS_L("KeyPackageTBS"), object);
}

static void package_label(struct forge *f, void *object)
{
	forge_sign_package(f, JOINER, MLS_L("LeafNodeTBS"), object);
}

static void content_label(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	forge_sign_content(f, HOSTILE, MLS_L("FramedContentTBM"), m->wire_format,
			   forge_now(f, HOSTILE)->context, m);
}

static void info_label(struct forge *f, void *object)
{
	forge_sign_info(f, HOSTILE, MLS_L("GroupInfo"), object);
}

static void signature_short(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	m->signature = forge_shorter(f, m->signature);
}

static void signature_long(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	m->signature = forge_longer(f, m->signature);
}

static void signature_none(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	(void)f;
	m->signature = (struct slice){0};
}

/* S + L, with the order L of the group: it fits as well. */
static void signature_in_other_form(struct forge *f, void *object)
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
					  0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
					  0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
	struct mls_authentic *m = object;
	uint8_t *out = forge_copy(f, m->signature);
	sodium_add(out + 32, order, 32);
	m->signature = slice_make(out, MLS_SIGNATURE_LEN);
}

/* seal_again seals VICTIM's secret in a path anew. */
static void seal_again(struct forge *f, struct mls_path *path, struct slice label,
		       struct slice context)
{
	const struct forge_commit *c = f->commit;
	path->nodes.ptr[0].secrets.ptr[0] =
		forge_encrypt(f, mls_tree_key(&c->next->tree, 2), label, context,
			      slice_make(c->made.secret[0], MLS_LEN));
}

static void path_label(struct forge *f, void *object)
{
	seal_again(f, object, MLS_L("Welcome"), f->commit->next->context);
}

static void path_context(struct forge *f, void *object)
{
	seal_again(f, object, MLS_L("UpdatePathNode"), f->commit->e->context);
}

/* welcome_again seals JOINER's secrets in a Welcome anew. */
static void welcome_again(struct forge *f, struct mls_welcome *w, struct slice label,
			  struct slice context)
{
	const struct forge_commit *c = f->commit;
	struct mls_group_secrets secrets = {.joiner_secret = slice_make(c->joiner, MLS_LEN)};
	w->secrets.ptr[0].secrets =
		forge_encrypt(f, f->at[JOINER].package.kp.init_key.ptr, label, context,
			      forge_encoded(f, &mls_type_group_secrets, &secrets));
}

static void welcome_label(struct forge *f, void *object)
{
	struct mls_welcome *w = object;
	welcome_again(f, w, MLS_L("UpdatePathNode"), w->encrypted_group_info);
}

static void welcome_context(struct forge *f, void *object)
{
	welcome_again(f, object, MLS_L("Welcome"), f->commit->next->context);
}

static void kem_short(struct forge *f, void *object)
{
	struct mls_path *path = object;
	struct slice *kem = &path->nodes.ptr[0].secrets.ptr[0].kem_output;
	*kem = forge_shorter(f, *kem);
}

static void welcome_kem_short(struct forge *f, void *object)
{
	struct mls_welcome *w = object;
	struct slice *kem = &w->secrets.ptr[0].secrets.kem_output;
	*kem = forge_longer(f, *kem);
}

/* ---- What is in a leaf ---- */

static void odd_extension(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	forge_extension(f, &l->extensions, ODD_EXTENSION, SLICE_LIT("odd"));
}

static void lacks_credential(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->capabilities.credentials = forge_values(f, 1, MLS_CREDENTIAL_X509);
}

static void lacks_version(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->capabilities.versions = forge_values(f, 2, 0, 2);
}

static void lacks_suite(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->capabilities.suites = forge_lacks(f, l->capabilities.suites, f->s->id);
}

static void lists_defaults(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->capabilities.extensions = forge_values(f, 5, 1, 2, 3, 4, 5);
	l->capabilities.proposals = forge_values(f, 8, 1, 2, 3, 4, 5, 6, 7, 10);
}

static void unknown_values(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->capabilities.versions = forge_values(f, 3, 0xffff, MLS_VERSION_10, 0);
	l->capabilities.suites = forge_values(f, 4, 0xffff, 1, GREASE, 3);
	l->capabilities.extensions = forge_values(f, 3, GREASE, 0xffff, 0xffff);
	l->capabilities.proposals = forge_values(f, 3, GREASE, 0, 10);
	l->capabilities.credentials = forge_values(f, 4, GREASE, 1, 2, 0xffff);
}

static void ends_first(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	(void)f;
	l->not_after = l->not_before - 1;
}

/* many: more entries in one list, the arg-th, than there may be. */
static void many(struct forge *f, void *object)
{
	struct mls_capabilities *c = &((struct mls_leaf *)object)->capabilities;
	struct mls_u16_list *lists[] = {&c->versions, &c->suites, &c->extensions, &c->proposals,
					&c->credentials};
	struct mls_u16_list *list = lists[f->rule->arg];
	struct mls_u16_list more = {(uint16_t *)(void *)forge_bytes(f, 2 * 1025), 1025};
	for (size_t i = 0; i < more.n; i++)
		more.ptr[i] = i < list->n ? list->ptr[i] : (uint16_t)(0xe000 + i);
	*list = more;
}

static void other_signer(struct forge *f, void *object)
{
	forge_sign_leaf(f, OUTSIDE, &f->place, MLS_L("LeafNodeTBS"), object);
}

static void other_group(struct forge *f, void *object)
{
	f->place.group_id = SLICE_LIT("another group");
	forge_sign_leaf(f, HOSTILE, &f->place, MLS_L("LeafNodeTBS"), object);
}

static void other_index(struct forge *f, void *object)
{
	f->place.index = 2;
	forge_sign_leaf(f, HOSTILE, &f->place, MLS_L("LeafNodeTBS"), object);
}

/* package_again makes JOINER's key package with a changed leaf in it, all signed but that. */
static bool package_again(struct forge *f, struct slice leaf, struct mls_key_package *kp)
{
	*kp = f->at[JOINER].package.kp;
	if (sr_bad(mls_decode(&mls_type_leaf, leaf, &f->a, &kp->leaf)))
		return false;
	forge_sign_package(f, JOINER, MLS_L("KeyPackageTBS"), kp);
	return true;
}

/* Every bit of a leaf is changed in turn. */
static struct sr_err scene_leaf_bits(struct forge *f)
{
	size_t wrong_signature = 0, others = 0;
	SR_TRY(scene_add(f));
	if (!f->broken)
		return sr_ok();
	struct slice leaf = forge_encoded(f, &mls_type_leaf, &f->at[JOINER].package.kp.leaf);
	for (size_t bit = 0; bit < 8 * leaf.len; bit++) {
		struct mls_key_package kp;
		if (!package_again(f, forge_flip(f, leaf, bit), &kp))
			continue;
		struct mls_item item = forge_add(f, HOSTILE, &kp);
		struct sr_err e = forge_give(f, VICTIM, forge_propose(f, HOSTILE, &item));
		if (!sr_bad(e))
			return e;
		wrong_signature += e.code == SR_E_AUTH;
		others += e.code != SR_E_AUTH;
	}
	CHECK(wrong_signature > 4 * others, "%zu signatures, %zu others", wrong_signature, others);
	return sr_fail(SR_E_AUTH, "no bit can be changed");
}

/* ---- What a group asks of a leaf ---- */

static const uint16_t odd_extensions[] = {ODD_EXTENSION}, odd_proposals[] = {ODD_PROPOSAL};

/* A group that requires an extension, a proposal and a kind of credential of which all are capable.
 */
static void with_needs(struct forge *f)
{
	struct mls_required r = {.extensions = forge_values(f, 1, ODD_EXTENSION),
				 .proposals = forge_values(f, 1, ODD_PROPOSAL),
				 .credentials = forge_values(f, 1, MLS_CREDENTIAL_X509)};
	for (int i = 0; i < CLIENTS; i++) {
		f->at[i].client.extensions = (struct sr_mls_types){odd_extensions, 1};
		f->at[i].client.proposals = (struct sr_mls_types){odd_proposals, 1};
	}
	forge_extension(f, &f->context, MLS_EXT_REQUIRED_CAPABILITIES,
			forge_encoded(f, &mls_type_required, &r));
}

static void lacks_required_extension(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	(void)f;
	l->capabilities.extensions.n = 0;
}

static void lacks_required_proposal(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->capabilities.proposals = forge_lacks(f, l->capabilities.proposals, ODD_PROPOSAL);
}

static void lacks_x509(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->capabilities.credentials = forge_values(f, 1, MLS_CREDENTIAL_BASIC);
}

/* ---- X.509 ---- */

static void put_der(struct build *b, uint8_t tag, struct slice content)
{
	build_u8(b, tag);
	if (content.len >= 0x80)
		build_u8(b, 0x81);
	build_u8(b, (uint8_t)content.len);
	build_slice(b, content);
}

/* certificate makes as much of one as there is to be read: all that comes before the key is empty.
 */
static struct slice certificate(struct forge *f, struct slice key, uint8_t algorithm)
{
	struct build bits = {0}, info = {0}, tbs = {0}, all = {0}, whole = {0};
	struct slice out = {0};
	const uint8_t oid[] = {6, 3, 0x2b, 0x65, algorithm};
	build_u8(&bits, 0);
	build_slice(&bits, key);
	put_der(&info, 0x30, slice_make(oid, sizeof oid));
	put_der(&info, 3, slice_make(bits.ptr, bits.len));
	put_der(&tbs, 2, SLICE_LIT("\1"));
	for (int i = 0; i < 4; i++)
		put_der(&tbs, 0x30, (struct slice){0});
	put_der(&tbs, 0x30, slice_make(info.ptr, info.len));
	put_der(&all, 0x30, slice_make(tbs.ptr, tbs.len));
	put_der(&all, 0x30, slice_make(oid, sizeof oid));
	put_der(&all, 3, SLICE_LIT("\0signature"));
	put_der(&whole, 0x30, slice_make(all.ptr, all.len));
	build_release(&bits);
	build_release(&info);
	build_release(&tbs);
	build_release(&all);
	FORGE_OK(build_keep(&whole, &f->a, &out));
	return out;
}

/* to_x509 gives a client a chain of one certificate. */
static void to_x509(struct forge *f, enum forge_who who)
{
	struct sr_mls_data *chain = ARENA_NEW(&f->a, struct sr_mls_data);
	*chain = forge_data(certificate(f, forge_public_key(f, who), 0x70));
	f->at[who].client.credential.type = SR_MLS_X509;
	f->at[who].client.credential.chain = chain;
	f->at[who].client.credential.chain_n = 1;
}

static void joiner_x509(struct forge *f)
{
	to_x509(f, JOINER);
}

static void third_x509(struct forge *f)
{
	to_x509(f, THIRD);
}

static void only_basic(struct forge *f, struct mls_leaf *leaf)
{
	leaf->capabilities.credentials = forge_values(f, 1, MLS_CREDENTIAL_BASIC);
}

static void third_only_basic(struct forge *f)
{
	f->at[THIRD].odd = only_basic;
}

static void becomes_x509(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	struct slice *chain = ARENA_NEW(&f->a, struct slice);
	*chain = certificate(f, l->signature_key, 0x70);
	l->credential =
		(struct mls_credential){.type = MLS_CREDENTIAL_X509, .certificates = {chain, 1}};
}

/* VICTIM takes a key package whose credential, "client 7", has another type: the arg-th. */
static struct sr_err scene_published_type(struct forge *f)
{
	static const uint8_t client[] = "\0\1\x08"
					"client 7";
	uint8_t ref[MLS_LEN];
	struct slice credential = {client, sizeof client - 1};
	forge_package(f, JOINER, &f->at[JOINER].package);
	struct slice message = f->at[JOINER].package.message;
	if (f->broken) {
		uint8_t *type = forge_copy(f, credential);
		message = forge_patch(f, message, credential, 0, (uint8_t)(f->rule->arg >> 8));
		type[0] = (uint8_t)(f->rule->arg >> 8);
		message = forge_patch(f, message, slice_make(type, credential.len), 1,
				      (uint8_t)f->rule->arg);
	}
	return sr_mls_key_package_ref(forge_data(message), ref);
}

static void no_certificate(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	(void)f;
	l->credential.certificates.n = 0;
}

static void unreadable_certificate(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	struct slice *c = &l->credential.certificates.ptr[0];
	*c = forge_shorter(f, *c);
}

static void certificate_of_x25519(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->credential.certificates.ptr[0] = certificate(f, l->signature_key, 0x6e);
}

static void certificate_of_other(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->credential.certificates.ptr[0] = certificate(f, forge_public_key(f, OUTSIDE), 0x70);
}

/* ---- Where a leaf stands ---- */

static void source(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->source = (uint8_t)f->rule->arg;
	if (l->source == MLS_SOURCE_KEY_PACKAGE)
		l->not_after = UINT64_MAX;
}

static void key_as_before(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->encryption_key = slice_make(
		forge_copy(f, slice_make(mls_tree_key(&forge_now(f, HOSTILE)->tree, 0), MLS_LEN)),
		MLS_LEN);
}

/* JOINER shows up with the keys of THIRD. */
static void key_of_third(struct forge *f, void *object)
{
	struct mls_leaf *l = object;
	l->encryption_key = f->at[THIRD].package.kp.leaf.encryption_key;
}

static void signature_key_of_third(struct forge *f, void *object)
{
	struct mls_key_package *kp = object;
	kp->leaf.signature_key = forge_public_key(f, THIRD);
	forge_sign_leaf(f, THIRD, &f->place, MLS_L("LeafNodeTBS"), &kp->leaf);
	forge_sign_package(f, THIRD, MLS_L("KeyPackageTBS"), kp);
}

/* ---- Key packages ---- */

static void package_signer(struct forge *f, void *object)
{
	forge_sign_package(f, OUTSIDE, MLS_L("KeyPackageTBS"), object);
}

static void package_init(struct forge *f, void *object)
{
	struct mls_key_package *kp = object;
	kp->init_key = forge_draw(f, MLS_LEN);
}

static void package_extension(struct forge *f, void *object)
{
	struct mls_key_package *kp = object;
	forge_extension(f, &kp->extensions, GREASE, SLICE_LIT(""));
}

static void other_version(struct forge *f, void *object)
{
	struct mls_key_package *kp = object;
	(void)f;
	kp->version = 2;
}

static void other_suite(struct forge *f, void *object)
{
	struct mls_key_package *kp = object;
	kp->suite = f->s->id ^ 2;
}

static void unknown_suite(struct forge *f, void *object)
{
	struct mls_key_package *kp = object;
	(void)f;
	kp->suite = 2;
}

static void one_key(struct forge *f, void *object)
{
	struct mls_key_package *kp = object;
	(void)f;
	kp->init_key = kp->leaf.encryption_key;
}

static const struct rule rows[] = {
	{"5.1.1-1", "an encryption key too short, in a key package", SR_E_INPUT, "wrong length",
	 scene_add, FORGE_LEAF, key_short, NULL, 0},
	{"5.1.1-1", "... too long", SR_E_INPUT, "wrong length", scene_add, FORGE_LEAF, key_long,
	 NULL, 0},
	{"5.1.1-1", "... in an Update", SR_E_INPUT, "wrong length", scene_update, FORGE_LEAF,
	 key_short, NULL, 0},
	{"5.1.1-1", "... in the leaf of a path", SR_E_INPUT, "wrong length", scene_commit,
	 FORGE_LEAF, key_short, NULL, 0},
	{"5.1.1-1", "... in a node of a path", SR_E_INPUT, "wrong length", scene_commit,
	 FORGE_SEALED, path_key_short, NULL, 0},
	{"5.1.1-1", "... in a leaf of a tree", SR_E_INPUT, "wrong length", scene_welcome,
	 FORGE_TREE_LEAF, key_short, NULL, 0},
	{"5.1.1-1", "... in a parent of a tree", SR_E_INPUT, "wrong length", scene_tree, FORGE_TREE,
	 parent_key_short, NULL, 0},
	{"5.1.1-1", "an init_key too short", SR_E_INPUT, "wrong length", scene_add, FORGE_PACKAGE,
	 init_short, NULL, 0},
	{"5.1.1-1", "an external_pub too short", SR_E_INPUT, "malformed key", scene_info,
	 FORGE_INFO, external_pub_short, NULL, 0},
	{"5.1.1-2", "a signature key too short", SR_E_INPUT, "wrong length", scene_add, FORGE_LEAF,
	 signature_key_short, NULL, 0},
	{"5.1.1-2", "... too long, in an Update", SR_E_INPUT, "wrong length", scene_update,
	 FORGE_LEAF, signature_key_long, NULL, 0},
	{"5.1.1-2", "... in the leaf of a path", SR_E_INPUT, "wrong length", scene_commit,
	 FORGE_LEAF, signature_key_short, NULL, 0},
	{"5.1.1-2", "... in a leaf of a tree", SR_E_INPUT, "wrong length", scene_welcome,
	 FORGE_TREE_LEAF, signature_key_long, NULL, 0},
	{"5.1.1-2", "... of who joins by an external commit", SR_E_INPUT, "wrong length",
	 scene_external, FORGE_LEAF, signature_key_short, NULL, 0},
	{"5.1.1-2", "... of who asks to join", SR_E_INPUT, "wrong length", scene_ask, FORGE_LEAF,
	 signature_key_short, NULL, 0},
	{"5.1.1-2", "... of an external sender", SR_E_INPUT, "wrong length", scene_context,
	 FORGE_CONTENT, sender_key_short, with_sender, 0},
	{"5.1.1-3", "an init_key of small order", SR_E_INPUT, "small order", scene_own_commit,
	 FORGE_PACKAGE, init_small, NULL, 0},
	{"5.1.1-3", "... of somebody else's proposal", SR_E_INPUT, "small order", scene_add,
	 FORGE_PACKAGE, init_small, NULL, 0},
	{"5.1.1-3", "... of who asks to join", SR_E_INPUT, "small order", scene_ask, FORGE_PACKAGE,
	 init_small, NULL, 0},
	{"5.1.1-3", "a leaf's key of small order", SR_E_INPUT, "small order", scene_add, FORGE_LEAF,
	 key_small, NULL, 0},
	{"5.1.1-3", "... in an Update", SR_E_INPUT, "small order", scene_update, FORGE_LEAF,
	 key_small, NULL, 0},
	{"5.1.1-3", "... in the leaf of a path", SR_E_INPUT, "small order", scene_commit,
	 FORGE_LEAF, key_small, NULL, 0},
	{"5.1.1-3", "... in a node of a path", SR_E_INPUT, "small order", scene_commit,
	 FORGE_SEALED, path_key_small, NULL, 0},
	{"5.1.1-3", "... in a leaf of a tree", SR_E_INPUT, "small order", scene_welcome,
	 FORGE_TREE_LEAF, key_small, NULL, 0},
	{"5.1.1-3", "... in a parent of a tree", SR_E_INPUT, "small order", scene_tree, FORGE_TREE,
	 parent_key_small, NULL, 0},
	{"5.1.1-3", "... of who joins by an external commit", SR_E_INPUT, "small order",
	 scene_external, FORGE_LEAF, key_small, NULL, 0},
	{"5.1.1-3", "an external_pub of small order", SR_E_INPUT, "small order", scene_info,
	 FORGE_INFO, external_pub_small, NULL, 0},
	{"5.1.1-4", "a KEM output of small order in a path", SR_E_INPUT, "small order",
	 scene_commit, FORGE_SEALED, kem_small, NULL, 0},
	{"5.1.1-4", "... in a Welcome", SR_E_INPUT, "small order", scene_welcome, FORGE_WELCOME,
	 welcome_kem_small, NULL, 0},
	{"5.1.1-5", "a signature key of small order, under which anything is signed", SR_E_AUTH,
	 "signature", scene_add, FORGE_PACKAGE_SIGNED, key_of_small_order, NULL, 0},
	{"5.1.1-5", "... in another form", SR_E_AUTH, "signature", scene_add, FORGE_PACKAGE_SIGNED,
	 key_in_other_form, NULL, 0},
	{"5.1.1-5", "a signature with an R of small order", SR_E_AUTH, "signature", scene_proposal,
	 FORGE_SIGNED, r_of_small_order, NULL, 0},
	{"5.1.2-1", "a leaf signed as a key package", SR_E_AUTH, "signature", scene_add,
	 FORGE_LEAF_SIGNED, leaf_label, NULL, 0},
	{"5.1.2-1", "a key package signed as a leaf", SR_E_AUTH, "signature", scene_add,
	 FORGE_PACKAGE_SIGNED, package_label, NULL, 0},
	{"5.1.2-1", "a message signed as something else", SR_E_AUTH, "signature", scene_proposal,
	 FORGE_SIGNED, content_label, NULL, 0},
	{"5.1.2-1", "a GroupInfo signed as something else", SR_E_AUTH, "signature", scene_welcome,
	 FORGE_INFO_SIGNED, info_label, NULL, 0},
	{"5.1.2-2", "a signature too short", SR_E_AUTH, "signature", scene_proposal, FORGE_SIGNED,
	 signature_short, NULL, 0},
	{"5.1.2-2", "... too long", SR_E_AUTH, "signature", scene_proposal, FORGE_SIGNED,
	 signature_long, NULL, 0},
	{"5.1.2-2", "no signature", SR_E_AUTH, "signature", scene_proposal, FORGE_SIGNED,
	 signature_none, NULL, 0},
	{"5.1.2-2", "a signature in another form", SR_E_AUTH, "signature", scene_proposal,
	 FORGE_SIGNED, signature_in_other_form, NULL, 0},
	{"5.1.3-1", "a path secret sealed under another label", SR_E_AUTH, "encrypted",
	 scene_commit, FORGE_SEALED, path_label, NULL, 0},
	{"5.1.3-1", "... for another GroupContext", SR_E_AUTH, "encrypted", scene_commit,
	 FORGE_SEALED, path_context, NULL, 0},
	{"5.1.3-1", "secrets of a Welcome sealed under another label", SR_E_AUTH, "encrypted",
	 scene_welcome, FORGE_WELCOME, welcome_label, NULL, 0},
	{"5.1.3-1", "... for another GroupInfo", SR_E_AUTH, "encrypted", scene_welcome,
	 FORGE_WELCOME, welcome_context, NULL, 0},
	{"5.1.3-2", "a KEM output too short in a path", SR_E_INPUT, "wrong length", scene_commit,
	 FORGE_SEALED, kem_short, NULL, 0},
	{"5.1.3-2", "... too long in a Welcome", SR_E_INPUT, "wrong length", scene_welcome,
	 FORGE_WELCOME, welcome_kem_short, NULL, 0},

	{"5.3-1", "a credential of type 3", SR_E_INPUT, "unknown kind", scene_published_type,
	 FORGE_NOWHERE, NULL, NULL, 3},
	{"5.3-1", "... of a GREASE type", SR_E_INPUT, "unknown kind", scene_published_type,
	 FORGE_NOWHERE, NULL, NULL, GREASE},
	{"5.3-2", "a chain without certificates", SR_E_INPUT, "without a certificate", scene_add,
	 FORGE_LEAF, no_certificate, joiner_x509, 0},
	{"5.3-3", "a certificate that ends too early", SR_E_INPUT, "cannot be read", scene_add,
	 FORGE_LEAF, unreadable_certificate, joiner_x509, 0},
	{"5.3-3", "a certificate for X25519", SR_E_INPUT, "not for an Ed25519 key", scene_add,
	 FORGE_LEAF, certificate_of_x25519, joiner_x509, 0},
	{"5.3-4", "a certificate for another key", SR_E_INPUT, "for another key", scene_add,
	 FORGE_LEAF, certificate_of_other, joiner_x509, 0},
	{"5.3-4", "... in a tree", SR_E_INPUT, "for another key", scene_welcome, FORGE_TREE_LEAF,
	 certificate_of_other, third_x509, 0},

	{"7.2-1", "an extension that is not in the capabilities", SR_E_INPUT, "its own extension",
	 scene_add, FORGE_LEAF, odd_extension, NULL, 0},
	{"7.2-1", "... in an Update", SR_E_INPUT, "its own extension", scene_update, FORGE_LEAF,
	 odd_extension, NULL, 0},
	{"7.2-1", "... in a path", SR_E_INPUT, "its own extension", scene_commit, FORGE_LEAF,
	 odd_extension, NULL, 0},
	{"7.2-1", "... in a tree", SR_E_INPUT, "its own extension", scene_welcome, FORGE_TREE_LEAF,
	 odd_extension, NULL, 0},
	{"7.2-2", "a credential that is not in the capabilities", SR_E_INPUT,
	 "its own credential type", scene_add, FORGE_LEAF, lacks_credential, NULL, 0},
	{"7.2-2", "... in an Update", SR_E_INPUT, "its own credential type", scene_update,
	 FORGE_LEAF, lacks_credential, NULL, 0},
	{"7.2-2", "... in a path", SR_E_INPUT, "its own credential type", scene_commit, FORGE_LEAF,
	 lacks_credential, NULL, 0},
	{"7.2-2", "... in a tree", SR_E_INPUT, "its own credential type", scene_welcome,
	 FORGE_TREE_LEAF, lacks_credential, NULL, 0},
	{"7.2-3", "capabilities without mls10", SR_E_INPUT, "version or the cipher suite",
	 scene_add, FORGE_LEAF, lacks_version, NULL, 0},
	{"7.2-3", "... in an Update", SR_E_INPUT, "version or the cipher suite", scene_update,
	 FORGE_LEAF, lacks_version, NULL, 0},
	{"7.2-3", "... in a path", SR_E_INPUT, "version or the cipher suite", scene_commit,
	 FORGE_LEAF, lacks_version, NULL, 0},
	{"7.2-3", "... in a tree", SR_E_INPUT, "version or the cipher suite", scene_welcome,
	 FORGE_TREE_LEAF, lacks_version, NULL, 0},
	{"7.2-4", "capabilities without the suite", SR_E_INPUT, "version or the cipher suite",
	 scene_add, FORGE_LEAF, lacks_suite, NULL, 0},
	{"7.2-4", "... in an Update", SR_E_INPUT, "version or the cipher suite", scene_update,
	 FORGE_LEAF, lacks_suite, NULL, 0},
	{"7.2-4", "... in a path", SR_E_INPUT, "version or the cipher suite", scene_commit,
	 FORGE_LEAF, lacks_suite, NULL, 0},
	{"7.2-4", "... in a tree", SR_E_INPUT, "version or the cipher suite", scene_welcome,
	 FORGE_TREE_LEAF, lacks_suite, NULL, 0},
	{"7.2-5", "default types in the capabilities", SR_OK, NULL, scene_add_commit, FORGE_LEAF,
	 lists_defaults, NULL, 0},
	{"7.2-5", "... in a tree", SR_OK, NULL, scene_welcome, FORGE_TREE_LEAF, lists_defaults,
	 NULL, 0},
	{"7.2-6", "unknown values in the capabilities", SR_OK, NULL, scene_add_commit, FORGE_LEAF,
	 unknown_values, NULL, 0},
	{"7.2-6", "... in a tree", SR_OK, NULL, scene_welcome, FORGE_TREE_LEAF, unknown_values,
	 NULL, 0},
	{"7.2-8", "a lifetime that ends before it begins", SR_E_INPUT, "ends before it begins",
	 scene_add, FORGE_LEAF, ends_first, NULL, 0},
	{"7.2-8", "... in a tree", SR_E_INPUT, "ends before it begins", scene_welcome,
	 FORGE_TREE_LEAF, ends_first, NULL, 0},
	{"7.2-9", "a leaf with a bit changed", SR_E_AUTH, "no bit", scene_leaf_bits, FORGE_NOWHERE,
	 NULL, NULL, 0},
	{"7.2-10", "an Update signed for another group", SR_E_AUTH, "signature", scene_update,
	 FORGE_LEAF_SIGNED, other_group, NULL, 0},
	{"7.2-10", "a path's leaf signed for another group", SR_E_AUTH, "signature", scene_commit,
	 FORGE_LEAF_SIGNED, other_group, NULL, 0},
	{"7.2-11", "an Update signed for another leaf", SR_E_AUTH, "signature", scene_update,
	 FORGE_LEAF_SIGNED, other_index, NULL, 0},
	{"7.2-11", "a path's leaf signed for another leaf", SR_E_AUTH, "signature", scene_commit,
	 FORGE_LEAF_SIGNED, other_index, NULL, 0},
	{"7.2-12", "too many versions", SR_E_LIMIT, "too many", scene_add, FORGE_LEAF, many, NULL,
	 0},
	{"7.2-12", "too many suites", SR_E_LIMIT, "too many", scene_add, FORGE_LEAF, many, NULL, 1},
	{"7.2-12", "too many extensions", SR_E_LIMIT, "too many", scene_update, FORGE_LEAF, many,
	 NULL, 2},
	{"7.2-12", "too many proposals", SR_E_LIMIT, "too many", scene_commit, FORGE_LEAF, many,
	 NULL, 3},
	{"7.2-12", "too many credentials", SR_E_LIMIT, "too many", scene_welcome, FORGE_TREE_LEAF,
	 many, NULL, 4},

	{"7.3-2", "a leaf signed by somebody else", SR_E_AUTH, "signature", scene_add,
	 FORGE_LEAF_SIGNED, other_signer, NULL, 0},
	{"7.3-2", "... in an Update", SR_E_AUTH, "signature", scene_update, FORGE_LEAF_SIGNED,
	 other_signer, NULL, 0},
	{"7.3-2", "... in a path", SR_E_AUTH, "signature", scene_commit, FORGE_LEAF_SIGNED,
	 other_signer, NULL, 0},
	{"7.3-3", "without a required extension", SR_E_INPUT, "the group requires",
	 scene_add_commit, FORGE_LEAF, lacks_required_extension, with_needs, 0},
	{"7.3-3", "... in an Update", SR_E_INPUT, "the group requires", scene_update, FORGE_LEAF,
	 lacks_required_extension, with_needs, 0},
	{"7.3-3", "... in a path", SR_E_INPUT, "the group requires", scene_commit, FORGE_LEAF,
	 lacks_required_extension, with_needs, 0},
	{"7.3-3", "... in a tree", SR_E_INPUT, "the group requires", scene_welcome, FORGE_TREE_LEAF,
	 lacks_required_extension, with_needs, 0},
	{"7.3-4", "without a required proposal", SR_E_INPUT, "the group requires", scene_add_commit,
	 FORGE_LEAF, lacks_required_proposal, with_needs, 0},
	{"7.3-4", "... in an Update", SR_E_INPUT, "the group requires", scene_update, FORGE_LEAF,
	 lacks_required_proposal, with_needs, 0},
	{"7.3-4", "... in a path", SR_E_INPUT, "the group requires", scene_commit, FORGE_LEAF,
	 lacks_required_proposal, with_needs, 0},
	{"7.3-4", "... in a tree", SR_E_INPUT, "the group requires", scene_welcome, FORGE_TREE_LEAF,
	 lacks_required_proposal, with_needs, 0},
	{"7.3-5", "without a required credential", SR_E_INPUT, "the group requires",
	 scene_add_commit, FORGE_LEAF, lacks_x509, with_needs, 0},
	{"7.3-5", "... in an Update", SR_E_INPUT, "the group requires", scene_update, FORGE_LEAF,
	 lacks_x509, with_needs, 0},
	{"7.3-5", "... in a path", SR_E_INPUT, "the group requires", scene_commit, FORGE_LEAF,
	 lacks_x509, with_needs, 0},
	{"7.3-5", "... in a tree", SR_E_INPUT, "the group requires", scene_welcome, FORGE_TREE_LEAF,
	 lacks_x509, with_needs, 0},
	{"7.3-6", "a credential that a member does not support", SR_E_INPUT, "not every member",
	 scene_add_commit, FORGE_LEAF, becomes_x509, third_only_basic, 0},
	{"7.3-6", "... in an Update", SR_E_INPUT, "not every member", scene_update, FORGE_LEAF,
	 becomes_x509, third_only_basic, 0},
	{"7.3-6", "... in a path", SR_E_INPUT, "not every member", scene_commit, FORGE_LEAF,
	 becomes_x509, third_only_basic, 0},
	{"7.3-7", "no support for a credential in use", SR_E_INPUT, "not every member",
	 scene_add_commit, FORGE_LEAF, lacks_x509, third_x509, 0},
	{"7.3-7", "... in an Update", SR_E_INPUT, "not every member", scene_update, FORGE_LEAF,
	 lacks_x509, third_x509, 0},
	{"7.3-7", "... in a path", SR_E_INPUT, "not every member", scene_commit, FORGE_LEAF,
	 lacks_x509, third_x509, 0},
	{"7.3-7", "... in a tree", SR_E_INPUT, "not every member", scene_welcome, FORGE_TREE_LEAF,
	 lacks_x509, joiner_x509, 0},
	{"7.3-8", "a key package that is not valid yet", SR_E_STATE, "not valid now", scene_own_add,
	 FORGE_NOWHERE, NULL, NULL, -3601},
	{"7.3-9", "a key package that is no longer valid", SR_E_STATE, "not valid now",
	 scene_own_add, FORGE_NOWHERE, NULL, NULL, 1000001},
	{"7.3-10", "a leaf that has expired, from somebody else", SR_OK, NULL, scene_add_later,
	 FORGE_NOWHERE, NULL, NULL, 1000001},
	{"7.3-10", "... that is not valid yet", SR_OK, NULL, scene_add_later, FORGE_NOWHERE, NULL,
	 NULL, -3601},
	{"7.3-12", "a leaf of an Update in a key package", SR_E_INPUT, "another source", scene_add,
	 FORGE_LEAF, source, NULL, MLS_SOURCE_UPDATE},
	{"7.3-12", "a leaf of a commit in a key package", SR_E_INPUT, "another source", scene_add,
	 FORGE_LEAF, source, NULL, MLS_SOURCE_COMMIT},
	{"7.3-13", "a leaf of a key package in an Update", SR_E_INPUT, "another source",
	 scene_update, FORGE_LEAF, source, NULL, MLS_SOURCE_KEY_PACKAGE},
	{"7.3-13", "a leaf of a commit in an Update", SR_E_INPUT, "another source", scene_update,
	 FORGE_LEAF, source, NULL, MLS_SOURCE_COMMIT},
	{"7.3-14", "an Update with the key of before", SR_E_INPUT, "the one it replaces",
	 scene_update, FORGE_LEAF, key_as_before, NULL, 0},
	{"7.3-15", "a leaf of a key package in a path", SR_E_INPUT, "another source", scene_commit,
	 FORGE_LEAF, source, NULL, MLS_SOURCE_KEY_PACKAGE},
	{"7.3-15", "a leaf of an Update in a path", SR_E_INPUT, "another source", scene_commit,
	 FORGE_LEAF, source, NULL, MLS_SOURCE_UPDATE},
	{"7.3-16", "one signature key for two", SR_E_INPUT, "one signature key", scene_add_commit,
	 FORGE_PACKAGE_SIGNED, signature_key_of_third, NULL, 0},
	{"7.3-17", "one encryption key for two", SR_E_INPUT, "one encryption key", scene_add_commit,
	 FORGE_LEAF, key_of_third, NULL, 0},

	{"10-1", "an init_key too short", SR_E_INPUT, "wrong length", scene_published,
	 FORGE_PACKAGE, init_short, NULL, 0},
	{"10-3", "a key package signed by somebody else", SR_E_AUTH, "signature", scene_published,
	 FORGE_PACKAGE_SIGNED, package_signer, NULL, 0},
	{"10-3", "... and then got another init_key", SR_E_AUTH, "signature", scene_add,
	 FORGE_PACKAGE_SIGNED, package_init, NULL, 0},
	{"10-3", "... and then another extension", SR_E_AUTH, "signature", scene_add,
	 FORGE_PACKAGE_SIGNED, package_extension, NULL, 0},
	{"10-4", "a key package of another version", SR_E_INPUT, "another version", scene_published,
	 FORGE_PACKAGE, other_version, NULL, 0},
	{"10-7", "an unknown extension, not in the capabilities", SR_OK, NULL, scene_add_commit,
	 FORGE_PACKAGE, package_extension, NULL, 0},
	{"10.1-1", "a key package for another suite", SR_E_INPUT, "another version or cipher suite",
	 scene_add, FORGE_PACKAGE, other_suite, NULL, 0},
	{"10.1-1", "... that is added by us", SR_E_INPUT, "another cipher suite", scene_own_add,
	 FORGE_PACKAGE, other_suite, NULL, 0},
	{"10.1-1", "... that nobody knows", SR_E_INPUT, "not known", scene_published, FORGE_PACKAGE,
	 unknown_suite, NULL, 0},
	{"10.1-2", "a key package of another version", SR_E_INPUT, "another version", scene_add,
	 FORGE_PACKAGE, other_version, NULL, 0},
	{"10.1-5", "one key for both uses", SR_E_INPUT, "one key for two uses", scene_add,
	 FORGE_PACKAGE, one_key, NULL, 0},
};

int main(void)
{
	return forge_main(rows, sizeof rows / sizeof *rows,
			  "5.1.1 5.1.2 5.1.3 5.3 7.2 7.3 10 10.1");
}
