/* SPDX-License-Identifier: Apache-2.0 */
/* Framing: what was made is read again, whatever was changed on the way is refused, and a refusal
 * costs no key. That the bytes are those of the RFC is the business of vectors/vec_mls_schedule.c.
 */
#include "crypto.h"
#include "mls_frame.h"
#include "test.h"

#include <stdalign.h>
#include <string.h>

static const struct mls_suite *const both[] = {&mls_suite_openssl, &mls_suite_sodium};
static const uint8_t seed[MLS_LEN] = {1}, root[MLS_LEN] = {2}, sender_secret[MLS_LEN] = {3},
		     membership_key[MLS_LEN] = {4}, tag32[MLS_LEN] = {5}, other32[MLS_LEN] = {6};
static const struct slice context = {(const uint8_t *)"context", 7},
			  other_context = {(const uint8_t *)"contexts", 8};

#define OK(expr) ok((expr), #expr, __LINE__)
static bool ok(struct sr_err e, const char *text, int line)
{
	return CHECK(!sr_bad(e), "line %d: %s: %s", line, text, e.what);
}

#define FAILS(want, expr) fails((want), (expr), #expr, __LINE__)
static void fails(enum sr_code want, struct sr_err e, const char *text, int line)
{
	CHECK(e.code == want, "line %d: %s: %d %s", line, text, (int)e.code, e.what);
}

/* Each test runs with each suite. */
static const struct mls_suite *s;
static uint8_t pub[MLS_LEN], signature[MLS_SIGNATURE_LEN], membership_tag[MLS_LEN];
static struct arena arena;

static const uint8_t guard[4] = {0xde, 0xad, 0xbe, 0xef};
static bool random_fails;

static struct sr_err give_guard(void *user, uint8_t *out, size_t len)
{
	(void)user;
	CHECK(len == sizeof guard, "%zu random bytes", len);
	memcpy(out, guard, len < sizeof guard ? len : sizeof guard);
	return random_fails ? sr_fail(SR_E_IO, "no random bytes") : sr_ok();
}

static const struct sr_mls_platform platform = {.random = give_guard};

static struct slice all_of(const uint8_t p[MLS_LEN])
{
	return slice_make(p, MLS_LEN);
}

static struct mls_secret_tree tree_of(const uint8_t secret[MLS_LEN])
{
	alignas(uint32_t) uint8_t room[MLS_SECRET_TREE_ROOM];
	struct mls_secret_tree lent, t = {0};
	mls_secret_tree_init(&lent, 4, secret, room);
	OK(mls_secret_tree_clone(&lent, &t));
	mls_secret_tree_release(&lent);
	return t;
}

static struct mls_secret_tree new_tree(void)
{
	return tree_of(root);
}

/* A content of member 2. */
static struct mls_authentic content(uint16_t wire_format, uint8_t type)
{
	struct mls_authentic m = {.wire_format = wire_format,
				  .content = {.group_id = SLICE_LIT("a group"),
					      .epoch = 7,
					      .sender = MLS_SENDER_MEMBER,
					      .sender_index = 2,
					      .authenticated_data = SLICE_LIT("data"),
					      .type = type}};
	if (type == MLS_CONTENT_APPLICATION)
		m.content.application_data = SLICE_LIT("hello");
	else if (type == MLS_CONTENT_PROPOSAL)
		m.content.proposal =
			(struct mls_proposal){.type = MLS_PROPOSAL_REMOVE, .remove = 1};
	else
		m.confirmation_tag = all_of(tag32);
	return m;
}

static void sign(struct mls_authentic *m)
{
	OK(mls_frame_sign(s, m, context, seed, pub, signature));
	m->signature = slice_make(signature, sizeof signature);
}

static struct mls_authentic signed_content(uint16_t wire_format, uint8_t type)
{
	struct mls_authentic m = content(wire_format, type);
	sign(&m);
	if (wire_format == MLS_WIRE_PUBLIC) {
		OK(mls_frame_membership(s, &m, context, membership_key, membership_tag));
		m.membership_tag = all_of(membership_tag);
	}
	return m;
}

/* made returns the bytes of a message. */
static struct slice made(const struct mls_authentic *m, struct mls_secret_tree *t, size_t padding)
{
	struct build b;
	struct slice out = {0};
	build_init(&b, 0);
	if (m->wire_format == MLS_WIRE_PUBLIC)
		mls_frame_public(m, &b);
	else
		OK(mls_frame_private(s, m, sender_secret, t, padding, &platform, &b));
	OK(build_keep(&b, &arena, &out));
	return out;
}

/* receive does all of what a member does with a message but forget the key. */
static struct sr_err receive(struct slice bytes, struct mls_secret_tree *t, struct arena *a,
			     struct mls_authentic *out)
{
	struct mls_message m;
	struct mls_sender_data sender;
	SR_TRY(mls_decode(&mls_type_message, bytes, a, &m));
	if (m.version != MLS_VERSION_10)
		return sr_fail(SR_E_INPUT, "another version");
	if (m.wire_format == MLS_WIRE_PUBLIC) {
		*out = *m.public;
		out->wire_format = MLS_WIRE_PUBLIC;
		SR_TRY(mls_frame_membership_check(s, out, context, membership_key));
	} else if (m.wire_format == MLS_WIRE_PRIVATE) {
		SR_TRY(mls_frame_sender(s, &m.private, sender_secret, &sender));
		SR_TRY(mls_frame_open(s, &m.private, &sender, t, a, out));
	} else {
		return sr_fail(SR_E_INPUT, "no message");
	}
	return mls_frame_verify(s, out, context, pub);
}

static bool same(const struct mls_authentic *a, const struct mls_authentic *b)
{
	struct slice x = {0}, y = {0};
	return a->wire_format == b->wire_format &&
	       OK(mls_encoded(&mls_type_authentic, a, &arena, &x)) &&
	       OK(mls_encoded(&mls_type_authentic, b, &arena, &y)) && slice_eq(x, y);
}

static void what_was_made_is_read(void)
{
	struct mls_secret_tree from = new_tree(), to = new_tree();
	struct mls_authentic got;
	for (uint16_t wire = 1; wire <= 2; wire++) /* MLS_WIRE_PUBLIC, _PRIVATE */
		for (uint8_t type = 1 + (wire == MLS_WIRE_PUBLIC); type <= 3; type++) {
			struct mls_authentic m = signed_content(wire, type);
			struct slice bytes = made(&m, &from, 0);
			OK(receive(bytes, &to, &arena, &got));
			CHECK(same(&m, &got), "wire format %u content %u", wire, type);
		}
	mls_secret_tree_release(&from);
	mls_secret_tree_release(&to);
}

/* The content of each length and padding; how long the ciphertext is. */
static void filled_up(void)
{
	static const uint8_t text[200] = {1};
	static const size_t padding[] = {0, 1, 2, 3, 16, 100, 256, 4096};
	struct mls_secret_tree from = new_tree(), to = new_tree();
	for (size_t i = 0; i < sizeof padding / sizeof *padding; i++)
		for (size_t len = 0; len < sizeof text; len += 13) {
			struct mls_authentic m = content(MLS_WIRE_PRIVATE, 1), got;
			struct mls_message message;
			m.content.application_data = slice_make(text, len);
			sign(&m);
			struct slice bytes = made(&m, &from, padding[i]);
			OK(receive(bytes, &to, &arena, &got));
			CHECK(same(&m, &got), "%zu bytes, padding %zu", len, padding[i]);
			OK(mls_decode(&mls_type_message, bytes, &arena, &message));
			size_t n = message.private.ciphertext.len - MLS_TAG_LEN;
			size_t bare = len + (len < 64 ? 1 : 2) + 2 + MLS_SIGNATURE_LEN;
			CHECK(n >= bare && n - bare < (padding[i] > 1 ? padding[i] : 1) &&
				      (padding[i] < 2 || n % padding[i] == 0),
			      "%zu bytes, padding %zu: %zu", len, padding[i], n);
		}
	mls_secret_tree_release(&from);
	mls_secret_tree_release(&to);
}

/* Nothing of a message can be changed, and none of the attempts harms what is read in the end. */
static void every_flipped_bit(void)
{
	struct mls_secret_tree from = new_tree(), to = new_tree();
	for (uint16_t wire = 1; wire <= 2; wire++) /* MLS_WIRE_PUBLIC, _PRIVATE */
		for (uint8_t type = 1 + (wire == MLS_WIRE_PUBLIC); type <= 3; type++) {
			struct mls_authentic m = signed_content(wire, type), got;
			struct slice bytes = made(&m, &from, 96);
			uint8_t *p = (uint8_t *)(uintptr_t)bytes.ptr;
			for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
				struct arena a = {0};
				p[bit / 8] ^= (uint8_t)(1 << bit % 8);
				struct sr_err e = receive(bytes, &to, &a, &got);
				CHECK(e.code == SR_E_AUTH || e.code == SR_E_INPUT,
				      "wire format %u content %u bit %zu: %d", wire, type, bit,
				      (int)e.code);
				p[bit / 8] ^= (uint8_t)(1 << bit % 8);
				arena_release(&a);
			}
			for (size_t len = 0; len < bytes.len; len++) {
				struct arena a = {0};
				struct sr_err e = receive(slice_sub(bytes, 0, len), &to, &a, &got);
				CHECK(e.code == SR_E_INPUT, "%zu bytes: %d", len, (int)e.code);
				arena_release(&a);
			}
			OK(receive(bytes, &to, &arena, &got));
		}
	mls_secret_tree_release(&from);
	mls_secret_tree_release(&to);
}

/* 6.1: the signature is bound to the group's state, if the sender has it, and to the wire format;
 * without any help from the tag or the encryption. */
static void signatures_are_bound(void)
{
	struct mls_authentic m = signed_content(MLS_WIRE_PUBLIC, MLS_CONTENT_PROPOSAL);
	OK(mls_frame_verify(s, &m, context, pub));
	FAILS(SR_E_AUTH, mls_frame_verify(s, &m, other_context, pub));
	FAILS(SR_E_AUTH, mls_frame_verify(s, &m, SLICE_LIT(""), pub));
	uint8_t other_pub[MLS_LEN];
	OK(s->sign_public(other32, other_pub));
	FAILS(SR_E_AUTH, mls_frame_verify(s, &m, context, other_pub));
	m.wire_format = MLS_WIRE_PRIVATE;
	FAILS(SR_E_AUTH, mls_frame_verify(s, &m, context, pub));
	m = signed_content(MLS_WIRE_PRIVATE, MLS_CONTENT_PROPOSAL);
	m.wire_format = MLS_WIRE_PUBLIC;
	FAILS(SR_E_AUTH, mls_frame_verify(s, &m, context, pub));
	m = signed_content(MLS_WIRE_PUBLIC, MLS_CONTENT_PROPOSAL);
	m.content.epoch++;
	FAILS(SR_E_AUTH, mls_frame_verify(s, &m, context, pub));
	m.content.epoch--;
	m.content.sender_index++;
	FAILS(SR_E_AUTH, mls_frame_verify(s, &m, context, pub));
	m.content.sender_index--;
	m.signature.len--;
	FAILS(SR_E_AUTH, mls_frame_verify(s, &m, context, pub));
	m.signature.len = 0;
	FAILS(SR_E_AUTH, mls_frame_verify(s, &m, context, pub));
}

/* 6, 6.1: which sender sends what, and whether it is bound to the context. */
enum {
	APP = MLS_CONTENT_APPLICATION,
	PROPOSAL = MLS_CONTENT_PROPOSAL,
	COMMIT = MLS_CONTENT_COMMIT
};
static const struct {
	const char *why;
	uint16_t wire_format;
	uint8_t sender, type;
	uint16_t proposal;
	bool good, bound;
} shapes[] = {
	{"a member's commit", 1, 1, COMMIT, 0, true, true},
	{"a member's proposal", 2, 1, PROPOSAL, MLS_PROPOSAL_REMOVE, true, true},
	{"a member's application data", 2, 1, APP, 0, true, true},
	{"an external proposal", 1, 2, PROPOSAL, MLS_PROPOSAL_REMOVE, true, false},
	{"a new member's proposal", 1, 3, PROPOSAL, MLS_PROPOSAL_ADD, true, false},
	{"a new member's commit", 1, 4, COMMIT, 0, true, true},
	{"application data as PublicMessage", 1, 1, APP, 0, false, false},
	{"application data from outside", 1, 2, APP, 0, false, false},
	{"application data of a new member", 1, 3, APP, 0, false, false},
	{"application data of a joiner", 1, 4, APP, 0, false, false},
	{"encrypted data from outside", 2, 2, APP, 0, false, false},
	{"an encrypted proposal from outside", 2, 2, PROPOSAL, MLS_PROPOSAL_REMOVE, false, false},
	{"an encrypted proposal of a new member", 2, 3, PROPOSAL, MLS_PROPOSAL_ADD, false, false},
	{"an encrypted commit of a joiner", 2, 4, COMMIT, 0, false, false},
	{"a commit from outside", 1, 2, COMMIT, 0, false, false},
	{"a commit of a new proposer", 1, 3, COMMIT, 0, false, false},
	{"a new member's proposal to remove", 1, 3, PROPOSAL, MLS_PROPOSAL_REMOVE, false, false},
	{"a joiner's proposal", 1, 4, PROPOSAL, MLS_PROPOSAL_ADD, false, false},
	{"no wire format", 0, 1, COMMIT, 0, false, false},
	{"a Welcome", 3, 1, COMMIT, 0, false, false},
	{"a targeted message", 6, 1, APP, 0, false, false},
};

static void who_sends_what(void)
{
	struct mls_key_package kp = {
		.leaf = {.source = MLS_SOURCE_UPDATE, .credential.type = MLS_CREDENTIAL_BASIC}};
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct mls_authentic m = content(shapes[i].wire_format, shapes[i].type);
		m.content.sender = shapes[i].sender;
		if (shapes[i].proposal == MLS_PROPOSAL_ADD)
			m.content.proposal =
				(struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &kp};
		uint8_t out[MLS_SIGNATURE_LEN] = {0};
		struct sr_err e = mls_frame_sign(s, &m, context, seed, pub, out);
		m.signature = slice_make(out, sizeof out);
		CHECK(e.code == (shapes[i].good ? SR_OK : SR_E_INPUT), "%s: sign", shapes[i].why);
		e = mls_frame_verify(s, &m, context, pub);
		CHECK(e.code == (shapes[i].good ? SR_OK : SR_E_INPUT), "%s: %s", shapes[i].why,
		      e.what);
		if (shapes[i].good) {
			e = mls_frame_verify(s, &m, other_context, pub);
			CHECK(e.code == (shapes[i].bound ? SR_E_AUTH : SR_OK), "%s: context",
			      shapes[i].why);
		}
		bool tagged = shapes[i].good && m.wire_format == MLS_WIRE_PUBLIC &&
			      m.content.sender == MLS_SENDER_MEMBER;
		e = mls_frame_membership(s, &m, context, membership_key, out);
		CHECK(e.code == (tagged ? SR_OK : SR_E_INPUT), "%s: tag", shapes[i].why);
		e = mls_frame_membership_check(s, &m, context, membership_key);
		CHECK(e.code == (tagged ? SR_E_AUTH : SR_E_INPUT), "%s: no tag", shapes[i].why);
	}
}

/* 6.2. */
static void membership_tags(void)
{
	uint8_t tag[2 * MLS_LEN] = {0};
	struct mls_authentic m = signed_content(MLS_WIRE_PUBLIC, MLS_CONTENT_COMMIT);
	memcpy(tag, membership_tag, MLS_LEN);
	for (size_t len = 0; len <= sizeof tag; len++) {
		m.membership_tag = slice_make(tag, len);
		struct sr_err e = mls_frame_membership_check(s, &m, context, membership_key);
		CHECK(e.code == (len == MLS_LEN ? SR_OK : SR_E_AUTH), "%zu bytes", len);
	}
	m.membership_tag = all_of(membership_tag);
	FAILS(SR_E_AUTH, mls_frame_membership_check(s, &m, other_context, membership_key));
	FAILS(SR_E_AUTH, mls_frame_membership_check(s, &m, context, other32));
	m.confirmation_tag = all_of(other32);
	FAILS(SR_E_AUTH, mls_frame_membership_check(s, &m, context, membership_key));
	m.confirmation_tag = all_of(tag32);
	OK(mls_frame_membership_check(s, &m, context, membership_key));
	uint8_t other[MLS_SIGNATURE_LEN] = {0};
	m.signature = slice_make(other, sizeof other);
	FAILS(SR_E_AUTH, mls_frame_membership_check(s, &m, context, membership_key));
}

/* A PrivateMessage in its parts. */
struct parts {
	struct mls_private p;
	struct mls_sender_data sender;
};

static struct parts take_apart(struct slice bytes)
{
	struct mls_message m = {0};
	struct parts out = {0};
	OK(mls_decode(&mls_type_message, bytes, &arena, &m));
	out.p = m.private;
	OK(mls_frame_sender(s, &out.p, sender_secret, &out.sender));
	return out;
}

/* 6.3.1 by hand: key and nonce of the generation, the guard, the AAD. */
static void guard_and_aad(void)
{
	static const uint8_t aad[] = "\x07"
				     "a group"
				     "\0\0\0\0\0\0\0\x07"
				     "\x01"
				     "\x04"
				     "data";
	struct mls_secret_tree from = new_tree(), to = new_tree();
	struct mls_authentic m = signed_content(MLS_WIRE_PRIVATE, MLS_CONTENT_APPLICATION);
	struct mls_message_key k;
	for (uint32_t g = 0; g < 3; g++) {
		struct parts p = take_apart(made(&m, &from, 0));
		uint8_t *text = arena_alloc(&arena, p.p.ciphertext.len, 1);
		CHECK(p.sender.leaf == 2 && p.sender.generation == g, "generation %u",
		      p.sender.generation);
		CHECK(memcmp(p.sender.reuse_guard, guard, 4) == 0, "another guard");
		OK(mls_secret_tree_peek(s, &to, 2, MLS_APPLICATION, g, &k));
		for (size_t i = 0; i < 4; i++)
			k.nonce[i] ^= guard[i];
		OK(s->open(k.key, k.nonce, slice_make(aad, sizeof aad - 1), p.p.ciphertext, text));
		CHECK(memcmp(text,
			     "\x05"
			     "hello"
			     "\x40\x40",
			     8) == 0,
		      "another plaintext");
	}
	m = signed_content(MLS_WIRE_PRIVATE, MLS_CONTENT_PROPOSAL);
	struct parts p = take_apart(made(&m, &from, 0));
	CHECK(p.sender.generation == 0, "handshakes have keys of their own");
	mls_secret_tree_release(&from);
	mls_secret_tree_release(&to);
}

static void sender_data_is_bound(void)
{
	struct mls_secret_tree from = new_tree();
	struct mls_authentic m = signed_content(MLS_WIRE_PRIVATE, MLS_CONTENT_APPLICATION);
	struct mls_sender_data got;
	struct parts p = take_apart(made(&m, &from, 0)), q = p;
	FAILS(SR_E_AUTH, mls_frame_sender(s, &q.p, other32, &got));
	q.p.group_id = SLICE_LIT("b group");
	FAILS(SR_E_AUTH, mls_frame_sender(s, &q.p, sender_secret, &got));
	q = p;
	q.p.epoch++;
	FAILS(SR_E_AUTH, mls_frame_sender(s, &q.p, sender_secret, &got));
	q = p;
	q.p.type = MLS_CONTENT_PROPOSAL;
	FAILS(SR_E_AUTH, mls_frame_sender(s, &q.p, sender_secret, &got));
	q = p;
	q.p.ciphertext.len = 31;
	FAILS(SR_E_AUTH, mls_frame_sender(s, &q.p, sender_secret, &got));
	q.p.ciphertext.len = 32; /* the sample is whole */
	OK(mls_frame_sender(s, &q.p, sender_secret, &got));
	uint8_t bytes[64] = {0};
	memcpy(bytes, p.p.encrypted_sender_data.ptr, 28);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		q.p.encrypted_sender_data = slice_make(bytes, len);
		struct sr_err e = mls_frame_sender(s, &q.p, sender_secret, &got);
		CHECK(e.code == (len == 28 ? SR_OK : SR_E_INPUT), "%zu bytes: %d", len,
		      (int)e.code);
	}
	mls_secret_tree_release(&from);
}

/* 6.3.2: of a ciphertext shorter than a hash all of it is the sample. */
static void short_samples(void)
{
	static const uint8_t text[12] = {0, 0, 0, 1, 0, 0, 0, 2, 3, 4, 5, 6};
	static const uint8_t aad[] = "\x01g\0\0\0\0\0\0\0\x09\x01";
	uint8_t sealed[28], key[MLS_LEN], nonce[MLS_NONCE_LEN], sample[48] = {9, 8, 7};
	for (size_t len = 0; len <= sizeof sample; len++) {
		struct slice used = slice_make(sample, len < 32 ? len : 32);
		struct mls_sender_data got = {0};
		const struct mls_private p = {.group_id = SLICE_LIT("g"),
					      .epoch = 9,
					      .type = 1,
					      .encrypted_sender_data = slice_make(sealed, 28),
					      .ciphertext = slice_make(sample, len)};
		OK(mls_expand_label(s, sender_secret, MLS_L("key"), used, key, s->key_len));
		OK(mls_expand_label(s, sender_secret, MLS_L("nonce"), used, nonce, sizeof nonce));
		OK(s->seal(key, nonce, slice_make(aad, sizeof aad - 1),
			   slice_make(text, sizeof text), sealed));
		OK(mls_frame_sender(s, &p, sender_secret, &got));
		CHECK(got.leaf == 1 && got.generation == 2 && got.reuse_guard[3] == 6, "%zu", len);
	}
}

static void content_is_bound(void)
{
	struct mls_secret_tree from = new_tree(), to = new_tree(), other = tree_of(other32);
	struct mls_authentic m = signed_content(MLS_WIRE_PRIVATE, MLS_CONTENT_PROPOSAL), got;
	struct parts p = take_apart(made(&m, &from, 0)), q = p;
	q.p.group_id = SLICE_LIT("b group");
	FAILS(SR_E_AUTH, mls_frame_open(s, &q.p, &q.sender, &to, &arena, &got));
	q = p;
	q.p.epoch = 8;
	FAILS(SR_E_AUTH, mls_frame_open(s, &q.p, &q.sender, &to, &arena, &got));
	q = p;
	q.p.authenticated_data = SLICE_LIT("date");
	FAILS(SR_E_AUTH, mls_frame_open(s, &q.p, &q.sender, &to, &arena, &got));
	for (unsigned type = 0; type <= UINT8_MAX; type++) {
		q = p;
		q.p.type = (uint8_t)type;
		bool known = type == MLS_CONTENT_APPLICATION || type == MLS_CONTENT_COMMIT;
		if (type != MLS_CONTENT_PROPOSAL)
			FAILS(known ? SR_E_AUTH : SR_E_INPUT,
			      mls_frame_open(s, &q.p, &q.sender, &to, &arena, &got));
	}
	q = p;
	q.sender.leaf = 1;
	FAILS(SR_E_AUTH, mls_frame_open(s, &q.p, &q.sender, &to, &arena, &got));
	q.sender.leaf = 4;
	FAILS(SR_E_INPUT, mls_frame_open(s, &q.p, &q.sender, &to, &arena, &got));
	q = p;
	q.sender.generation = 1;
	FAILS(SR_E_AUTH, mls_frame_open(s, &q.p, &q.sender, &to, &arena, &got));
	q.sender.generation = UINT32_MAX;
	FAILS(SR_E_LIMIT, mls_frame_open(s, &q.p, &q.sender, &to, &arena, &got));
	q = p;
	q.sender.reuse_guard[3] ^= 1;
	FAILS(SR_E_AUTH, mls_frame_open(s, &q.p, &q.sender, &to, &arena, &got));
	q = p;
	for (size_t len = 0; len < p.p.ciphertext.len; len++) {
		q.p.ciphertext.len = len;
		FAILS(len < MLS_TAG_LEN ? SR_E_INPUT : SR_E_AUTH,
		      mls_frame_open(s, &q.p, &q.sender, &to, &arena, &got));
	}
	FAILS(SR_E_AUTH, mls_frame_open(s, &p.p, &p.sender, &other, &arena, &got));
	OK(mls_frame_open(s, &p.p, &p.sender, &to, &arena, &got));
	OK(mls_secret_tree_use(s, &to, 2, mls_frame_ratchet(p.p.type), p.sender.generation));
	FAILS(SR_E_STATE, mls_frame_open(s, &p.p, &p.sender, &to, &arena, &got));
	mls_secret_tree_release(&from);
	mls_secret_tree_release(&to);
	mls_secret_tree_release(&other);
}

/* sealed puts any plaintext into a PrivateMessage of member 2, generation 0. */
static struct parts sealed(uint8_t type, struct slice text, struct mls_secret_tree *t)
{
	static const uint8_t aad_front[] = "\x01g\0\0\0\0\0\0\0\x09";
	struct mls_message_key k = {0};
	struct parts out = {.p = {.group_id = SLICE_LIT("g"), .epoch = 9, .type = type},
			    .sender = {.leaf = 2}};
	uint8_t aad[12], *bytes = arena_alloc(&arena, 1, text.len + MLS_TAG_LEN);
	memcpy(aad, aad_front, 10);
	aad[10] = type;
	aad[11] = 0; /* no authenticated_data */
	OK(mls_secret_tree_peek(s, t, 2, mls_frame_ratchet(type), 0, &k));
	OK(s->seal(k.key, k.nonce, slice_make(aad, sizeof aad), text, bytes));
	out.p.ciphertext = slice_make(bytes, text.len + MLS_TAG_LEN);
	return out;
}

/* What only a member could send. */
static void other_padding_than_zeros(void)
{
	struct mls_secret_tree t = new_tree();
	for (uint8_t type = 1; type <= 3; type++) {
		struct mls_authentic m = content(MLS_WIRE_PRIVATE, type), got;
		struct build b;
		struct slice text;
		static const uint8_t zeros[20];
		m.signature = SLICE_LIT("signature");
		build_init(&b, 0);
		mls_encode(&mls_type_private_content, &m, &b);
		size_t bare = b.len;
		build_bytes(&b, zeros, sizeof zeros);
		OK(build_done(&b, &text));
		struct parts p = sealed(type, text, &t);
		OK(mls_frame_open(s, &p.p, &p.sender, &t, &arena, &got));
		for (size_t at = bare; at < b.len; at++) {
			b.ptr[at] = 0x80;
			p = sealed(type, text, &t);
			FAILS(SR_E_INPUT, mls_frame_open(s, &p.p, &p.sender, &t, &arena, &got));
			b.ptr[at] = 0;
		}
		for (size_t len = 0; len < bare; len++) {
			p = sealed(type, slice_sub(text, 0, len), &t);
			FAILS(SR_E_INPUT, mls_frame_open(s, &p.p, &p.sender, &t, &arena, &got));
		}
		build_release(&b);
	}
	mls_secret_tree_release(&t);
}

static struct sr_err act(int what, struct mls_authentic *m, struct parts *p,
			 struct mls_secret_tree *t, struct build *b)
{
	uint8_t out[MLS_SIGNATURE_LEN];
	struct arena a = {0};
	struct mls_authentic got;
	struct mls_sender_data sender;
	struct sr_err e;
	if (what == 0)
		e = mls_frame_sign(s, m, context, seed, pub, out);
	else if (what == 1)
		e = mls_frame_verify(s, m, context, pub);
	else if (what == 2)
		e = mls_frame_private(s, m, sender_secret, t, 64, &platform, b);
	else if (what == 3)
		e = mls_frame_sender(s, &p->p, sender_secret, &sender);
	else if (what == 4)
		e = mls_frame_open(s, &p->p, &p->sender, t, &a, &got);
	else if (what == 5)
		e = mls_frame_membership(s, m, context, membership_key, out);
	else
		e = mls_frame_membership_check(s, m, context, membership_key);
	arena_release(&a);
	return e;
}

static void out_of_memory(void)
{
	struct mls_secret_tree from = new_tree();
	struct mls_authentic m = signed_content(MLS_WIRE_PRIVATE, MLS_CONTENT_COMMIT);
	struct parts p = take_apart(made(&m, &from, 0));
	for (int what = 0; what < 7; what++) {
		bool failed = true;
		if (what == 5)
			m = signed_content(MLS_WIRE_PUBLIC, MLS_CONTENT_COMMIT);
		for (size_t n = 1; failed; n++) {
			struct mls_secret_tree t = new_tree();
			struct build b;
			build_init(&b, 0);
			build_str(&b, "before");
			test_alloc_fail_at(n);
			struct sr_err e = act(what, &m, &p, &t, &b);
			failed = test_alloc_failed();
			test_alloc_fail_at(0);
			CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "%d at %zu: %s", what, n,
			      e.what);
			CHECK(!failed || b.len == 6, "%d at %zu: %zu bytes", what, n, b.len);
			CHECK(failed || n > 1, "%d takes no memory", what);
			build_release(&b);
			mls_secret_tree_release(&t);
		}
	}
	mls_secret_tree_release(&from);
}

static void no_random_bytes_and_no_room(void)
{
	struct mls_secret_tree t = new_tree();
	struct mls_authentic m = signed_content(MLS_WIRE_PRIVATE, MLS_CONTENT_APPLICATION);
	struct build b;
	build_init(&b, 600);
	build_str(&b, "before");
	random_fails = true;
	FAILS(SR_E_IO, mls_frame_private(s, &m, sender_secret, &t, 0, &platform, &b));
	random_fails = false;
	CHECK(b.len == 6, "%zu bytes", b.len);
	struct parts p = take_apart(made(&m, &t, 0));
	CHECK(p.sender.generation == 0, "a key was lost");
	FAILS(SR_E_LIMIT, mls_frame_private(s, &m, sender_secret, &t, 1000, &platform, &b));
	CHECK(b.len == 6, "%zu bytes", b.len);
	build_reset(&b);
	FAILS(SR_E_LIMIT, mls_frame_private(s, &m, sender_secret, &t, SIZE_MAX, &platform, &b));
	p = take_apart(made(&m, &t, 0));
	CHECK(p.sender.generation == 1, "a key was lost to a message that nobody gets");
	build_release(&b);
	mls_secret_tree_release(&t);
}

int main(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		{"what was made is read", what_was_made_is_read},
		{"filled up", filled_up},
		{"every flipped bit", every_flipped_bit},
		{"signatures are bound", signatures_are_bound},
		{"who sends what", who_sends_what},
		{"membership tags", membership_tags},
		{"guard and AAD", guard_and_aad},
		{"sender data is bound", sender_data_is_bound},
		{"short samples", short_samples},
		{"content is bound", content_is_bound},
		{"other padding than zeros", other_padding_than_zeros},
		{"out of memory", out_of_memory},
		{"no random bytes and no room", no_random_bytes_and_no_room},
	};
	if (sr_bad(crypto_init()))
		return 1;
	for (size_t i = 0; i < 2; i++) {
		s = both[i];
		OK(s->sign_public(seed, pub));
		for (size_t j = 0; j < sizeof tests / sizeof *tests; j++) {
			test_run(tests[j].name, tests[j].run);
			arena_release(&arena);
		}
	}
	return test_done();
}
