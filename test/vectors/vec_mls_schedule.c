/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9420, 6, 8, 9 and 12.4.3.1: key schedule, transcripts, secret tree, framing, Welcome. */
#include "crypto.h"
#include "mls_frame.h"
#include "mls_label.h"
#include "vec.h"

#include <stdalign.h>
#include <string.h>

static const uint8_t zero[MLS_LEN];

static const struct mls_suite *suite_of(const struct vec *v)
{
	return mls_suite_find((uint16_t)vec_int(v, "cipher_suite"));
}

/* A field of MLS_LEN bytes; of another length, the case fails and it is all zero. */
static const uint8_t *bytes32(const struct vec *v, const char *name)
{
	struct slice s = vec_hex(v, name);
	return CHECK(s.len == MLS_LEN, "%s has %zu bytes", name, s.len) ? s.ptr : zero;
}

static struct slice all_of(const uint8_t p[MLS_LEN])
{
	return slice_make(p, MLS_LEN);
}

/* A GroupContext without extensions. */
static struct slice context_of(const struct vec *group, const struct vec *v, uint64_t epoch)
{
	const struct mls_context c = {
		.version = MLS_VERSION_10,
		.suite = (uint16_t)vec_int(group, "cipher_suite"),
		.group_id = vec_hex(group, "group_id"),
		.epoch = epoch,
		.tree_hash = vec_hex(v, "tree_hash"),
		.confirmed_transcript_hash = vec_hex(v, "confirmed_transcript_hash"),
	};
	struct slice out = {0};
	VEC_OK(mls_encoded(&mls_type_context, &c, vec_arena(), &out));
	return out;
}

/* The key of a Welcome, from the file's welcome_secret. */
static void welcome_key(const struct mls_suite *s, const struct vec *e)
{
	const uint8_t *secret = bytes32(e, "welcome_secret");
	struct mls_message_key got, want = {0};
	VEC_OK(mls_schedule_welcome(s, bytes32(e, "joiner_secret"), bytes32(e, "psk_secret"),
				    &got));
	VEC_OK(mls_expand_label(s, secret, MLS_L("key"), SLICE_LIT(""), want.key, s->key_len));
	VEC_OK(mls_expand_label(s, secret, MLS_L("nonce"), SLICE_LIT(""), want.nonce,
				MLS_NONCE_LEN));
	VEC_EQ(all_of(got.key), all_of(want.key), "welcome key");
	VEC_EQ(slice_make(got.nonce, MLS_NONCE_LEN), slice_make(want.nonce, MLS_NONCE_LEN),
	       "welcome nonce");
}

static void exports(const struct mls_suite *s, const struct vec *e, const uint8_t exporter[MLS_LEN])
{
	const struct vec *x = vec_get(e, "exporter");
	uint8_t out[256], priv[MLS_LEN], pub[MLS_LEN];
	size_t len = (size_t)vec_int(x, "length");
	if (!CHECK(len <= sizeof out, "%zu bytes", len))
		return;
	VEC_OK(mls_schedule_export(s, exporter, slice_str(vec_str(x, "label")),
				   vec_hex(x, "context"), out, len));
	VEC_FIELD(x, "secret", slice_make(out, len));
	VEC_OK(mls_schedule_external(s, bytes32(e, "external_secret"), priv, pub));
	VEC_FIELD(e, "external_pub", all_of(pub));
}

static void key_schedule(const struct vec *v)
{
	const struct mls_suite *s = suite_of(v);
	struct mls_secrets now = {0};
	struct mls_roots roots;
	uint8_t joiner[MLS_LEN];
	memcpy(now.init, bytes32(v, "initial_init_secret"), MLS_LEN);
	CHECK(vec_n(v, "epochs") == 5, "%zu epochs", vec_n(v, "epochs"));
	for (size_t i = 0; i < vec_n(v, "epochs"); i++) {
		const struct vec *e = vec_at(v, "epochs", i);
		struct slice context = context_of(v, e, i);
		VEC_FIELD(e, "group_context", context);
		VEC_OK(mls_schedule_joiner(s, now.init, bytes32(e, "commit_secret"), context,
					   joiner));
		VEC_FIELD(e, "joiner_secret", all_of(joiner));
		welcome_key(s, e);
		VEC_OK(mls_schedule_epoch(s, joiner, bytes32(e, "psk_secret"), context, &now,
					  &roots));
		VEC_FIELD(e, "sender_data_secret", all_of(now.sender_data));
		VEC_FIELD(e, "encryption_secret", all_of(roots.encryption));
		VEC_FIELD(e, "exporter_secret", all_of(now.exporter));
		VEC_FIELD(e, "external_secret", all_of(now.external));
		VEC_FIELD(e, "confirmation_key", all_of(now.confirmation));
		VEC_FIELD(e, "membership_key", all_of(now.membership));
		VEC_FIELD(e, "resumption_psk", all_of(now.resumption));
		VEC_FIELD(e, "epoch_authenticator", all_of(now.authenticator));
		VEC_FIELD(e, "init_secret", all_of(now.init));
		exports(s, e, now.exporter);
	}
}

static void psk_secret(const struct vec *v)
{
	size_t n = vec_n(v, "psks");
	struct mls_psk *psks = ARENA_ARRAY(vec_arena(), n, struct mls_psk);
	if (!CHECK(psks, "memory"))
		return;
	for (size_t i = 0; i < n; i++) {
		const struct vec *p = vec_at(v, "psks", i);
		psks[i] = (struct mls_psk){
			.id = {.type = MLS_PSK_EXTERNAL,
			       .id = vec_hex(p, "psk_id"),
			       .nonce = vec_hex(p, "psk_nonce")},
			.secret = vec_hex(p, "psk"),
		};
	}
	uint8_t out[MLS_LEN];
	VEC_OK(mls_schedule_psks(suite_of(v), psks, n, out));
	VEC_FIELD(v, "psk_secret", all_of(out));
}

static void transcript_hashes(const struct vec *v)
{
	const struct mls_suite *s = suite_of(v);
	struct mls_authentic m;
	uint8_t out[MLS_LEN];
	if (!VEC_OK(mls_decode(&mls_type_authentic, vec_hex(v, "authenticated_content"),
			       vec_arena(), &m)))
		return;
	VEC_OK(mls_schedule_confirmed(s, vec_hex(v, "interim_transcript_hash_before"), &m, out));
	VEC_FIELD(v, "confirmed_transcript_hash_after", all_of(out));
	VEC_OK(mls_mac_check(s, bytes32(v, "confirmation_key"), all_of(out), m.confirmation_tag));
	VEC_OK(mls_schedule_interim(s, all_of(out), m.confirmation_tag, out));
	VEC_FIELD(v, "interim_transcript_hash_after", all_of(out));
}

/* What was sealed under the file's key and nonce, mls_frame_sender opens. */
static void sender_data(const struct mls_suite *s, const struct vec *v)
{
	const uint8_t text[] = {0, 0, 0, 7, 0, 0, 1, 2, 9, 8, 7, 6},
		      aad[] = {1, 'g', 0, 0, 0, 0, 0, 0, 0, 5, 1};
	uint8_t sealed[sizeof text + MLS_TAG_LEN];
	struct slice key = vec_hex(v, "key"), nonce = vec_hex(v, "nonce");
	const struct mls_private in = {.group_id = SLICE_LIT("g"),
				       .epoch = 5,
				       .type = MLS_CONTENT_APPLICATION,
				       .encrypted_sender_data = slice_make(sealed, sizeof sealed),
				       .ciphertext = vec_hex(v, "ciphertext")};
	struct mls_sender_data got = {0};
	if (!CHECK(key.len == s->key_len && nonce.len == MLS_NONCE_LEN, "lengths"))
		return;
	VEC_OK(s->seal(key.ptr, nonce.ptr, slice_make(aad, sizeof aad),
		       slice_make(text, sizeof text), sealed));
	VEC_OK(mls_frame_sender(s, &in, bytes32(v, "sender_data_secret"), &got));
	CHECK(got.leaf == 7 && got.generation == 258 && got.reuse_guard[3] == 6, "leaf %u",
	      got.leaf);
}

static void one_key(const struct mls_suite *s, struct mls_secret_tree *t, uint32_t leaf,
		    const struct vec *g)
{
	static const char *const names[][2] = {
		[MLS_HANDSHAKE] = {"handshake_key", "handshake_nonce"},
		[MLS_APPLICATION] = {"application_key", "application_nonce"}};
	uint32_t generation = (uint32_t)vec_int(g, "generation");
	for (unsigned which = 0; which < 2; which++) {
		struct mls_message_key k = {0};
		VEC_OK(mls_secret_tree_peek(s, t, leaf, which, generation, &k));
		VEC_FIELD(g, names[which][0], slice_make(k.key, s->key_len));
		VEC_FIELD(g, names[which][1], slice_make(k.nonce, MLS_NONCE_LEN));
	}
}

/* The keys once in the file's order, once from the last leaf and generation to the first. */
static void secret_tree(const struct vec *v)
{
	const struct mls_suite *s = suite_of(v);
	uint32_t leaves_n = (uint32_t)vec_n(v, "leaves");
	sender_data(s, vec_get(v, "sender_data"));
	if (!CHECK(leaves_n && !(leaves_n & (leaves_n - 1)), "%u leaves", leaves_n))
		return;
	for (int backwards = 0; backwards < 2; backwards++) {
		alignas(uint32_t) uint8_t room[MLS_SECRET_TREE_ROOM];
		struct mls_secret_tree t;
		mls_secret_tree_init(&t, leaves_n, bytes32(v, "encryption_secret"), room);
		for (uint32_t i = 0; i < leaves_n; i++) {
			uint32_t leaf = backwards ? leaves_n - 1 - i : i;
			const struct vec *l = vec_at(v, "leaves", leaf);
			CHECK(vec_n(l, NULL), "leaf %u without keys", leaf);
			for (size_t n = vec_n(l, NULL), j = 0; j < n; j++) {
				const struct vec *g = vec_at(l, NULL, backwards ? n - 1 - j : j);
				uint32_t generation = (uint32_t)vec_int(g, "generation");
				one_key(s, &t, leaf, g);
				VEC_OK(mls_secret_tree_use(s, &t, leaf, MLS_HANDSHAKE, generation));
				VEC_OK(mls_secret_tree_use(s, &t, leaf, MLS_APPLICATION,
							   generation));
			}
		}
		mls_secret_tree_release(&t);
	}
}

static struct sr_err counting(void *user, uint8_t *out, size_t len)
{
	uint8_t *next = user;
	for (size_t i = 0; i < len; i++)
		out[i] = (*next)++;
	return sr_ok();
}

/* What messages are protected with, and by whom: member 1 of two. */
struct side {
	const struct mls_suite *s;
	const struct vec *v;
	struct slice context;
};

static bool open_private(const struct side *p, struct slice message, struct mls_authentic *out)
{
	const struct mls_suite *s = p->s;
	struct mls_message m;
	struct mls_sender_data sender;
	alignas(uint32_t) uint8_t room[MLS_SECRET_TREE_ROOM];
	struct mls_secret_tree t;
	if (!VEC_OK(mls_decode(&mls_type_message, message, vec_arena(), &m)) ||
	    !CHECK(m.wire_format == MLS_WIRE_PRIVATE, "%u", m.wire_format))
		return false;
	mls_secret_tree_init(&t, 2, bytes32(p->v, "encryption_secret"), room);
	bool ok = VEC_OK(mls_frame_sender(s, &m.private, bytes32(p->v, "sender_data_secret"),
					  &sender)) &&
		  CHECK(sender.leaf == 1, "leaf %u", sender.leaf) &&
		  VEC_OK(mls_frame_open(s, &m.private, &sender, &t, vec_arena(), out)) &&
		  VEC_OK(mls_frame_verify(s, out, p->context, bytes32(p->v, "signature_pub"))) &&
		  VEC_OK(mls_secret_tree_use(s, &t, 1, mls_frame_ratchet(m.private.type),
					     sender.generation));
	mls_secret_tree_release(&t);
	return ok;
}

static bool open_public(const struct side *p, struct slice message, struct mls_authentic *out)
{
	struct mls_message m;
	if (!VEC_OK(mls_decode(&mls_type_message, message, vec_arena(), &m)) ||
	    !CHECK(m.wire_format == MLS_WIRE_PUBLIC, "%u", m.wire_format))
		return false;
	*out = *m.public;
	out->wire_format = MLS_WIRE_PUBLIC;
	return VEC_OK(mls_frame_verify(p->s, out, p->context, bytes32(p->v, "signature_pub"))) &&
	       VEC_OK(mls_frame_membership_check(p->s, out, p->context,
						 bytes32(p->v, "membership_key")));
}

/* What is in a message, in the form of the file: application data bare. */
static void same_content(const struct mls_authentic *m, const struct vec *v, const char *name)
{
	struct slice got = m->content.application_data;
	if (m->content.type == MLS_CONTENT_PROPOSAL)
		VEC_OK(mls_encoded(&mls_type_proposal, &m->content.proposal, vec_arena(), &got));
	else if (m->content.type == MLS_CONTENT_COMMIT)
		VEC_OK(mls_encoded(&mls_type_commit, &m->content.commit, vec_arena(), &got));
	VEC_FIELD(v, name, got);
	CHECK(m->content.sender == MLS_SENDER_MEMBER && m->content.sender_index == 1, "sender %u",
	      m->content.sender_index);
}

/* The same content protected by us; signatures are bound to the form. */
static struct slice protect(const struct side *p, struct mls_authentic m, uint16_t wire_format,
			    size_t padding)
{
	uint8_t signature[MLS_SIGNATURE_LEN], tag[MLS_LEN], next = 77;
	const struct sr_mls_platform platform = {.random = counting, .user = &next};
	struct build b;
	struct slice out = {0};
	build_init(&b, 0);
	m.wire_format = wire_format;
	if (m.content.type == MLS_CONTENT_COMMIT)
		m.confirmation_tag = all_of(zero);
	VEC_OK(mls_frame_sign(p->s, &m, p->context, bytes32(p->v, "signature_priv"),
			      bytes32(p->v, "signature_pub"), signature));
	m.signature = slice_make(signature, sizeof signature);
	if (wire_format == MLS_WIRE_PUBLIC) {
		VEC_OK(mls_frame_membership(p->s, &m, p->context, bytes32(p->v, "membership_key"),
					    tag));
		m.membership_tag = all_of(tag);
		mls_frame_public(&m, &b);
	} else {
		alignas(uint32_t) uint8_t room[MLS_SECRET_TREE_ROOM];
		struct mls_secret_tree t;
		mls_secret_tree_init(&t, 2, bytes32(p->v, "encryption_secret"), room);
		VEC_OK(mls_frame_private(p->s, &m, bytes32(p->v, "sender_data_secret"), &t, padding,
					 &platform, &b));
		mls_secret_tree_release(&t);
	}
	VEC_OK(build_keep(&b, vec_arena(), &out));
	return out;
}

static void message_protection(const struct vec *v)
{
	static const char *const names[][3] = {{"proposal", "proposal_priv", "proposal_pub"},
					       {"commit", "commit_priv", "commit_pub"},
					       {"application", "application_priv", NULL}};
	struct side p = {suite_of(v), v, context_of(v, v, vec_int(v, "epoch"))};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct mls_authentic given, m;
		if (!open_private(&p, vec_hex(v, names[i][1]), &given))
			continue;
		same_content(&given, v, names[i][0]);
		for (size_t padding = 0; padding < 300; padding = 2 * padding + 1)
			if (open_private(&p, protect(&p, given, MLS_WIRE_PRIVATE, padding), &m))
				same_content(&m, v, names[i][0]);
		if (!names[i][2])
			continue;
		if (open_public(&p, vec_hex(v, names[i][2]), &m))
			same_content(&m, v, names[i][0]);
		if (open_public(&p, protect(&p, given, MLS_WIRE_PUBLIC, 0), &m))
			same_content(&m, v, names[i][0]);
	}
}

static const struct mls_ciphertext *find_secrets(const struct mls_welcome *w, struct slice ref)
{
	for (size_t i = 0; i < w->secrets.n; i++)
		if (slice_eq(w->secrets.ptr[i].new_member, ref))
			return &w->secrets.ptr[i].secrets;
	CHECK(false, "the key package is not in the Welcome");
	return NULL;
}

static bool group_secrets(const struct mls_suite *s, const struct vec *v,
			  const struct mls_welcome *w, struct mls_group_secrets *out)
{
	struct mls_message kp;
	struct slice raw = vec_hex(v, "key_package");
	uint8_t ref[MLS_LEN];
	if (!VEC_OK(mls_decode(&mls_type_message, raw, vec_arena(), &kp)) ||
	    !CHECK(kp.wire_format == MLS_WIRE_KEY_PACKAGE, "%u", kp.wire_format) ||
	    !VEC_OK(mls_ref(s, MLS_REF_KEY_PACKAGE, slice_sub(raw, 4, raw.len - 4), ref)))
		return false;
	const struct mls_ciphertext *c = find_secrets(w, all_of(ref));
	if (!c || !CHECK(c->text.len > MLS_TAG_LEN, "%zu bytes", c->text.len))
		return false;
	size_t len = c->text.len - MLS_TAG_LEN;
	uint8_t *text = arena_alloc(vec_arena(), 1, len);
	return text &&
	       VEC_OK(mls_decrypt(s, bytes32(v, "init_priv"), kp.key_package->init_key.ptr,
				  MLS_L("Welcome"), w->encrypted_group_info, c->kem_output, c->text,
				  text)) &&
	       VEC_OK(mls_decode(&mls_type_group_secrets, slice_make(text, len), vec_arena(),
				 out)) &&
	       CHECK(out->joiner_secret.len == MLS_LEN && !out->psks.n, "group secrets");
}

static void confirm(const struct mls_suite *s, const struct vec *v,
		    const struct mls_group_info *info, const uint8_t joiner[MLS_LEN])
{
	struct slice tbs, context;
	struct mls_secrets secrets;
	struct mls_roots roots;
	if (VEC_OK(mls_encoded(&mls_type_group_info_tbs, info, vec_arena(), &tbs)))
		VEC_OK(mls_verify(s, vec_hex(v, "signer_pub"), MLS_L("GroupInfoTBS"), tbs,
				  info->signature));
	if (!VEC_OK(mls_encoded(&mls_type_context, &info->context, vec_arena(), &context)) ||
	    !VEC_OK(mls_schedule_epoch(s, joiner, zero, context, &secrets, &roots)))
		return;
	VEC_OK(mls_mac_check(s, secrets.confirmation, info->context.confirmed_transcript_hash,
			     info->confirmation_tag));
}

static void welcome(const struct vec *v)
{
	const struct mls_suite *s = suite_of(v);
	struct mls_message w;
	struct mls_group_secrets secrets;
	struct mls_message_key k;
	struct mls_group_info info;
	if (!VEC_OK(mls_decode(&mls_type_message, vec_hex(v, "welcome"), vec_arena(), &w)) ||
	    !CHECK(w.wire_format == MLS_WIRE_WELCOME && w.welcome.suite == s->id, "%u",
		   w.wire_format) ||
	    !group_secrets(s, v, &w.welcome, &secrets) ||
	    !VEC_OK(mls_schedule_welcome(s, secrets.joiner_secret.ptr, zero, &k)))
		return;
	struct slice sealed = w.welcome.encrypted_group_info;
	if (!CHECK(sealed.len > MLS_TAG_LEN, "%zu bytes", sealed.len))
		return;
	size_t len = sealed.len - MLS_TAG_LEN;
	uint8_t *text = arena_alloc(vec_arena(), 1, len);
	if (text && VEC_OK(s->open(k.key, k.nonce, SLICE_LIT(""), sealed, text)) &&
	    VEC_OK(mls_decode(&mls_type_group_info, slice_make(text, len), vec_arena(), &info)))
		confirm(s, v, &info, secrets.joiner_secret.ptr);
}

int main(void)
{
	if (sr_bad(crypto_init()))
		return 1;
	vec_file("key-schedule.json", 2, key_schedule);
	vec_file("psk_secret.json", 22, psk_secret);
	vec_file("transcript-hashes.json", 2, transcript_hashes);
	vec_file("secret-tree.json", 6, secret_tree);
	vec_file("message-protection.json", 2, message_protection);
	vec_file("welcome.json", 2, welcome);
	return test_done();
}
