/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf nodes and key packages, a test for each rule of doc/mls-rules.md that they can break by
 * themselves. What is broken is signed again, by hand, so that only the rule can refuse it. */
#include "crypto.h"
#include "hex.h"
#include "mls_group.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { INDEX = 3, NOT_BEFORE = 1000, NOT_AFTER = 2000 };

#define LIST(...)                                                                                  \
	((struct mls_u16_list){(uint16_t[]){__VA_ARGS__},                                          \
			       sizeof((uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t)})
#define EXTENSIONS(...)                                                                            \
	((struct mls_extensions){(struct mls_extension[]){__VA_ARGS__},                            \
				 sizeof((struct mls_extension[]){__VA_ARGS__}) /                   \
					 sizeof(struct mls_extension)})
/* Nobody supports this type, and it is not GREASE. */
#define STRANGE 0xf123

static const struct slice group_id = {(const uint8_t *)"group", 5};
static const struct mls_suite *suite;
static struct arena arena; /* of the running test */

/* Anna, of whom the leaves are. */
static struct {
	uint8_t seed[MLS_LEN], pub[MLS_LEN];
	struct mls_leaf_plan plan;
} anna;

static void check_ok(struct sr_err e, int line)
{
	CHECK(!sr_bad(e), "line %d: %s", line, e.what ? e.what : "?");
}
#define OK(expr) check_ok((expr), __LINE__)
#define IS(wanted, expr)                                                                           \
	do {                                                                                       \
		struct sr_err e_ = (expr);                                                         \
		CHECK(e_.code == (wanted), "%d: %s", (int)e_.code,                                 \
		      e_.what ? e_.what : "no error");                                             \
	} while (0)

static void begin(uint16_t suite_id)
{
	suite = mls_suite_find(suite_id);
	memset(anna.seed, 7, MLS_LEN);
	OK(suite->sign_public(anna.seed, anna.pub));
	anna.plan = (struct mls_leaf_plan){
		.credential = {.type = MLS_CREDENTIAL_BASIC, .identity = SLICE_LIT("anna")},
		.capabilities = mls_capabilities_default,
		.seed = anna.seed,
		.pub = anna.pub};
}

/* ---- Made by hand, independently of mls_leaf.c ---- */

static struct slice key(uint8_t n)
{
	uint8_t priv[MLS_LEN], pub[MLS_LEN];
	memset(priv, n, MLS_LEN);
	OK(suite->dh_public(priv, pub));
	return slice_make(arena_dup(&arena, pub, MLS_LEN), MLS_LEN);
}

static struct slice sign(const char *label, const struct build *b)
{
	uint8_t signature[MLS_SIGNATURE_LEN];
	struct slice tbs;
	OK(build_done(b, &tbs));
	OK(mls_sign(suite, anna.seed, anna.pub, slice_str(label), tbs, signature));
	return slice_make(arena_dup(&arena, signature, sizeof signature), sizeof signature);
}

static void sign_leaf_as(struct mls_leaf *l, const char *label)
{
	SR_SCOPED(build_release) struct build b = {0};
	mls_encode(&mls_type_leaf_tbs, l, &b);
	if (l->source != MLS_SOURCE_KEY_PACKAGE)
		build_bytes(&b, "\5group\0\0\0\3", 10);
	l->signature = sign(label, &b);
}

static struct mls_leaf_at place(int source)
{
	return (struct mls_leaf_at){.source = (uint8_t)source,
				    .group_id = group_id,
				    .index = INDEX,
				    .not_before = NOT_BEFORE,
				    .not_after = NOT_AFTER,
				    .parent_hash = SLICE_LIT("0123456789abcdef0123456789abcdef")};
}

/* leaf returns a good one, not signed yet; checked signs it as it then is, and checks it. */
static struct mls_leaf leaf(int source)
{
	struct mls_leaf l = {.encryption_key = key(1),
			     .signature_key = slice_make(anna.pub, MLS_LEN),
			     .credential = anna.plan.credential,
			     .capabilities = anna.plan.capabilities,
			     .source = (uint8_t)source};
	if (source == MLS_SOURCE_KEY_PACKAGE) {
		l.not_before = NOT_BEFORE;
		l.not_after = NOT_AFTER;
	} else if (source == MLS_SOURCE_COMMIT) {
		l.parent_hash = place(source).parent_hash;
	}
	return l;
}

static struct sr_err checked(struct mls_leaf l, const struct mls_needs *needs)
{
	struct mls_leaf_at at = place(0);
	sign_leaf_as(&l, "LeafNodeTBS");
	return mls_leaf_check(suite, &l, &at, needs);
}

static struct mls_key_package package(void)
{
	struct mls_key_package kp = {.version = MLS_VERSION_10,
				     .suite = suite->id,
				     .init_key = key(2),
				     .leaf = leaf(MLS_SOURCE_KEY_PACKAGE)};
	return kp;
}

static struct sr_err package_checked(struct mls_key_package kp, const struct mls_needs *needs)
{
	SR_SCOPED(build_release) struct build b = {0};
	sign_leaf_as(&kp.leaf, "LeafNodeTBS");
	mls_encode(&mls_type_key_package_tbs, &kp, &b);
	kp.signature = sign("KeyPackageTBS", &b);
	return mls_key_package_check(suite, &kp, needs);
}

/* required returns a GroupContext's extensions that require something. */
static struct mls_extensions required(struct mls_required r)
{
	struct mls_extension *e = arena_alloc(&arena, 1, sizeof *e);
	e->type = MLS_EXT_REQUIRED_CAPABILITIES;
	OK(mls_encoded(&mls_type_required, &r, &arena, &e->data));
	return (struct mls_extensions){e, 1};
}

static struct mls_needs needs_of(struct mls_extensions context)
{
	struct mls_needs needs = {0};
	OK(mls_needs_of(suite->id, &context, &arena, &needs));
	return needs;
}

static struct sr_err try_needs(struct mls_extensions context)
{
	struct mls_needs needs;
	return mls_needs_of(suite->id, &context, &arena, &needs);
}

/* ---- 5.1 Keys ---- */

static void mls_rule_5_1_1_1(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	IS(SR_OK, checked(l, NULL));
	for (size_t len = 0; len < MLS_LEN; len += 31) {
		l.encryption_key.len = len;
		IS(SR_E_INPUT, checked(l, NULL));
	}
	l.encryption_key = SLICE_LIT("0123456789abcdef0123456789abcdef0");
	IS(SR_E_INPUT, checked(l, NULL));
}

static void mls_rule_5_1_1_2(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.signature_key.len = MLS_LEN - 1;
	IS(SR_E_INPUT, checked(l, NULL));
	l.signature_key = SLICE_LIT("0123456789abcdef0123456789abcdef0");
	IS(SR_E_INPUT, checked(l, NULL));
}

static void mls_rule_5_1_2_1(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	struct mls_leaf_at at = place(MLS_SOURCE_UPDATE);
	sign_leaf_as(&l, "KeyPackageTBS");
	IS(SR_E_AUTH, mls_leaf_check(suite, &l, &at, NULL));
	sign_leaf_as(&l, "LeafNodeTBS");
	IS(SR_OK, mls_leaf_check(suite, &l, &at, NULL));
}

static void mls_rule_5_1_2_2(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	struct mls_leaf_at at = place(MLS_SOURCE_UPDATE);
	sign_leaf_as(&l, "LeafNodeTBS");
	l.signature.len--;
	IS(SR_E_AUTH, mls_leaf_check(suite, &l, &at, NULL));
	l.signature.len = 0;
	IS(SR_E_AUTH, mls_leaf_check(suite, &l, &at, NULL));
}

/* ---- 5.3 Credentials ---- */

/* Certificates for CN=anna.example, signed by themselves: with the Ed25519 key whose seed is 32
 * times 7, and with the P-256 key whose private number is 7. Made with python3-cryptography. */
static const char ed25519_certificate[] =
	"3081f73081aaa00302010202014d300506032b657030173115301306035504030c0c616e6e612e6578616d706c"
	"65301e170d3236303130313030303030305a170d3336303130313030303030305a301731153013060355040"
	"30c0c616e6e612e6578616d706c65302a300506032b6570032100ea4a6c63e29c520abef5507b132ec5f995"
	"4776aebebe7b92421eea691446d22ca31b301930170603551d110410300e820c616e6e612e6578616d706c6"
	"5300506032b6570034100500573171ad304bc9926d45275758cfce5e5e4ed594452be4d1720739fc5044451"
	"59f825a1da9141daf3197e757885fe456d25016a3c60cbc4b83571df8e950b";
static const char p256_certificate[] =
	"308201373081dea00302010202014d300a06082a8648ce3d04030230173115301306035504030c0c616e6e612e"
	"6578616d706c65301e170d3236303130313030303030305a170d3336303130313030303030305a301731153"
	"01306035504030c0c616e6e612e6578616d706c653059301306072a8648ce3d020106082a8648ce3d030107"
	"034200048e533b6fa0bf7b4625bb30667c01fb607ef9f8b8a80fef5b300628703187b2a373eb1dbde033183"
	"66d069f83a6f5900053c73633cb041b21c55e1a86c1f400b4a31b301930170603551d110410300e820c616e"
	"6e612e6578616d706c65300a06082a8648ce3d040302034800304502202012bbd83e1e92a8c829e9a028b6b"
	"0cb09980581acad7186300d75732e543a71022100f1a69d0775a0fa3df6dacd70f7698effc4573363b6e5fe"
	"8393527ce5d2e7ccae";

static struct slice certificate(const char *hex)
{
	size_t len = strlen(hex) / 2;
	uint8_t *bytes = arena_alloc(&arena, 1, len);
	CHECK(hex_read(slice_str(hex), bytes, len), "hexadecimal");
	return slice_make(bytes, len);
}

static struct sr_err with_certificates(struct slice *list, size_t n)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.credential =
		(struct mls_credential){.type = MLS_CREDENTIAL_X509, .certificates = {list, n}};
	return checked(l, NULL);
}

static enum sr_code certificate_check(struct slice certificate)
{
	struct mls_credential c = {.type = MLS_CREDENTIAL_X509, .certificates = {&certificate, 1}};
	return mls_credential_check(&c, slice_make(anna.pub, MLS_LEN)).code;
}

/* small_certificate checks one with the least that can be in it, after a first field. */
static enum sr_code small_certificate(const char *first, size_t len)
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice all = {0};
	build_bytes(&b, (uint8_t[]){0x30, (uint8_t)(len + 54), 0x30, (uint8_t)(len + 52)}, 4);
	build_bytes(&b, first, len);
	build_bytes(&b, "\5\0\5\0\5\0\5\0\x30\x2a\x30\5\6\3\x2b\x65\x70\3\x21\0", 20);
	build_bytes(&b, anna.pub, MLS_LEN);
	OK(build_done(&b, &all));
	return certificate_check(all);
}

static void mls_rule_5_3_1(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_KEY_PACKAGE), out;
	struct slice bytes;
	sign_leaf_as(&l, "LeafNodeTBS");
	OK(mls_encoded(&mls_type_leaf, &l, &arena, &bytes));
	uint8_t *copy = arena_dup(&arena, bytes.ptr, bytes.len);
	struct slice bad = {copy, bytes.len};
	OK(mls_decode(&mls_type_leaf, bad, &arena, &out));
	CHECK(copy[67] == MLS_CREDENTIAL_BASIC, "where the type is"); /* behind two keys */
	copy[67] = 3;
	IS(SR_E_INPUT, mls_decode(&mls_type_leaf, bad, &arena, &out));
	copy[66] = copy[67] = 0x0a; /* GREASE is unknown like any other */
	IS(SR_E_INPUT, mls_decode(&mls_type_leaf, bad, &arena, &out));
}

static void mls_rule_5_3_2(void)
{
	IS(SR_E_INPUT, with_certificates(NULL, 0));
}

static void mls_rule_5_3_3(void)
{
	struct slice good = certificate(ed25519_certificate), bad = good;
	struct slice p256 = certificate(p256_certificate);
	IS(SR_OK, with_certificates(&good, 1));
	IS(SR_OK, with_certificates((struct slice[]){good, p256}, 2));
	IS(SR_E_INPUT, with_certificates((struct slice[]){p256, good}, 2));
	for (bad.len = 0; bad.len < good.len; bad.len++)
		IS(SR_E_INPUT, with_certificates(&bad, 1));
	uint8_t *copy = arena_dup(&arena, good.ptr, good.len);
	bad = slice_make(copy, good.len + 1);
	IS(SR_E_INPUT, with_certificates(&bad, 1));
	/* Nothing is read beyond the end, whatever its structure says. */
	bad.len = good.len;
	for (size_t i = 0; i < good.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			copy[i] ^= (uint8_t)(1 << bit);
			enum sr_code code = certificate_check(bad);
			CHECK(code == SR_OK || code == SR_E_INPUT, "byte %zu: %d", i, (int)code);
			copy[i] ^= (uint8_t)(1 << bit);
		}
	}
	CHECK(small_certificate("\5\0", 2) == SR_OK, "nothing but what is looked for");
	CHECK(small_certificate("\5\x84\0\0\0\0", 6) == SR_OK, "a length in four bytes");
	CHECK(small_certificate("\5\x84\xff\xff\xff\xff", 6) == SR_E_INPUT, "a large one");
	CHECK(small_certificate("\5\x85\0\0\0\0\0", 7) == SR_E_INPUT, "one in five bytes");
	CHECK(small_certificate("\5\x80", 2) == SR_E_INPUT, "one without an end");
}

static void mls_rule_5_3_4(void)
{
	struct slice good = certificate(ed25519_certificate);
	uint8_t *copy = arena_dup(&arena, good.ptr, good.len);
	struct slice bad = {copy, good.len};
	for (size_t i = 0; i + MLS_LEN <= good.len; i++)
		if (!memcmp(copy + i, anna.pub, MLS_LEN))
			copy[i] ^= 1;
	CHECK(!slice_eq(good, bad), "the key is there");
	IS(SR_E_INPUT, with_certificates(&bad, 1));
}

/* ---- 7.2 ---- */

static void mls_rule_7_2_1(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.extensions = EXTENSIONS({STRANGE, SLICE_LIT("x")}, {MLS_EXT_APPLICATION_ID, {0}});
	IS(SR_E_INPUT, checked(l, NULL));
	l.capabilities.extensions = LIST(STRANGE - 1, STRANGE);
	IS(SR_OK, checked(l, NULL));
	l.extensions = EXTENSIONS({0, SLICE_LIT("x")}); /* reserved, not a default */
	IS(SR_E_INPUT, checked(l, NULL));
}

static void mls_rule_7_2_2(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.capabilities.credentials = LIST(MLS_CREDENTIAL_X509);
	IS(SR_E_INPUT, checked(l, NULL));
	l.capabilities.credentials.n = 0;
	IS(SR_E_INPUT, checked(l, NULL));
	l.capabilities.credentials = LIST(MLS_CREDENTIAL_BASIC);
	IS(SR_OK, checked(l, NULL));
}

static void mls_rule_7_2_3(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.capabilities.versions = LIST(2, 3);
	IS(SR_E_INPUT, checked(l, NULL));
	l.capabilities.versions = LIST(2, 1);
	IS(SR_OK, checked(l, NULL));
}

static void mls_rule_7_2_4(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.capabilities.suites = LIST(2, 4, (uint16_t)(suite->id ^ 2)); /* 1 and 3 */
	IS(SR_E_INPUT, checked(l, NULL));
	l.capabilities.suites = LIST(2, suite->id);
	IS(SR_OK, checked(l, NULL));
}

static void mls_rule_7_2_5(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.capabilities.extensions = LIST(1, 2, 3, 4, 5);
	l.capabilities.proposals = LIST(1, 2, 3, 4, 5, 6, 7);
	IS(SR_OK, checked(l, NULL));
	const struct mls_capabilities *own = &mls_capabilities_default;
	for (uint16_t type = 1; type <= 7; type++)
		CHECK(!mls_lists(&own->proposals, type) && !mls_lists(&own->extensions, type), "%u",
		      type);
}

static void mls_rule_7_2_6(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.capabilities =
		(struct mls_capabilities){LIST(0, 1, 0xffff), LIST(0, 1, 2, 3, 0xffff),
					  LIST(STRANGE), LIST(0, STRANGE), LIST(0, 1, 3, 0xffff)};
	IS(SR_OK, checked(l, NULL));
}

static void mls_rule_7_2_8(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_KEY_PACKAGE);
	l.not_after = NOT_BEFORE - 1;
	IS(SR_E_INPUT, checked(l, NULL));
	l.not_after = NOT_BEFORE;
	IS(SR_OK, checked(l, NULL));
}

/* Every bit of a leaf and of a key package, and each of their ends. */
static void mls_rule_7_2_9(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_COMMIT), out;
	struct mls_leaf_at at = place(MLS_SOURCE_COMMIT);
	struct slice bytes;
	sign_leaf_as(&l, "LeafNodeTBS");
	OK(mls_encoded(&mls_type_leaf, &l, &arena, &bytes));
	uint8_t *copy = arena_dup(&arena, bytes.ptr, bytes.len);
	struct slice bad = {copy, bytes.len};
	for (size_t i = 0; i < 8 * bytes.len; i++) {
		SR_SCOPED(arena_release) struct arena a = {0};
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
		struct sr_err e = mls_decode(&mls_type_leaf, bad, &a, &out);
		if (!sr_bad(e))
			e = mls_leaf_check(suite, &out, &at, NULL);
		CHECK(e.code == SR_E_INPUT || e.code == SR_E_AUTH, "bit %zu", i);
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

static void mls_rule_7_2_10(void)
{
	for (int source = MLS_SOURCE_KEY_PACKAGE; source <= MLS_SOURCE_COMMIT; source++) {
		struct mls_leaf l = leaf(source);
		struct mls_leaf_at at = place(source);
		enum sr_code want = source == MLS_SOURCE_KEY_PACKAGE ? SR_OK : SR_E_AUTH;
		sign_leaf_as(&l, "LeafNodeTBS");
		IS(SR_OK, mls_leaf_check(suite, &l, &at, NULL));
		at.group_id = SLICE_LIT("Group");
		IS(want, mls_leaf_check(suite, &l, &at, NULL));
		at.group_id = (struct slice){0};
		IS(want, mls_leaf_check(suite, &l, &at, NULL));
	}
}

static void mls_rule_7_2_11(void)
{
	for (int source = MLS_SOURCE_KEY_PACKAGE; source <= MLS_SOURCE_COMMIT; source++) {
		struct mls_leaf l = leaf(source);
		struct mls_leaf_at at = place(source);
		sign_leaf_as(&l, "LeafNodeTBS");
		at.index++;
		IS(source == MLS_SOURCE_KEY_PACKAGE ? SR_OK : SR_E_AUTH,
		   mls_leaf_check(suite, &l, &at, NULL));
	}
}

static struct sr_err decoded_again(const struct mls_leaf *l)
{
	struct mls_leaf again;
	struct slice bytes;
	OK(mls_encoded(&mls_type_leaf, l, &arena, &bytes));
	return mls_decode(&mls_type_leaf, bytes, &arena, &again);
}

static void mls_rule_7_2_12(void)
{
	uint16_t many[MLS_CAPABILITIES_MAX + 1];
	for (size_t i = 0; i <= MLS_CAPABILITIES_MAX; i++)
		many[i] = (uint16_t)(i + 1);
	for (int which = 0; which < 5; which++) {
		struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
		struct mls_u16_list *lists[] = {&l.capabilities.versions, &l.capabilities.suites,
						&l.capabilities.extensions,
						&l.capabilities.proposals,
						&l.capabilities.credentials};
		*lists[which] = (struct mls_u16_list){many, MLS_CAPABILITIES_MAX};
		IS(SR_OK, decoded_again(&l));
		lists[which]->n++;
		IS(SR_E_LIMIT, decoded_again(&l));
	}
}

/* ---- 7.3 ---- */

static void mls_rule_7_3_2(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	struct mls_leaf_at at = place(MLS_SOURCE_UPDATE);
	uint8_t pub[MLS_LEN], seed[MLS_LEN] = {8};
	OK(suite->sign_public(seed, pub));
	l.signature_key = slice_make(pub, MLS_LEN); /* signed by anna all the same */
	sign_leaf_as(&l, "LeafNodeTBS");
	IS(SR_E_AUTH, mls_leaf_check(suite, &l, &at, NULL));
}

static void mls_rule_7_3_3(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	struct mls_needs needs =
		needs_of(required((struct mls_required){.extensions = LIST(1, 5, STRANGE)}));
	IS(SR_E_INPUT, checked(l, &needs));
	l.capabilities.proposals = l.capabilities.credentials = LIST(1, STRANGE);
	IS(SR_E_INPUT, checked(l, &needs)); /* in the wrong lists */
	l.capabilities.extensions = LIST(STRANGE);
	IS(SR_OK, checked(l, &needs));
}

static void mls_rule_7_3_4(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	struct mls_needs needs =
		needs_of(required((struct mls_required){.proposals = LIST(7, STRANGE)}));
	l.capabilities.extensions = LIST(STRANGE);
	IS(SR_E_INPUT, checked(l, &needs));
	l.capabilities.proposals = LIST(STRANGE);
	IS(SR_OK, checked(l, &needs));
}

static void mls_rule_7_3_5(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	struct mls_needs needs =
		needs_of(required((struct mls_required){.credentials = LIST(MLS_CREDENTIAL_X509)}));
	IS(SR_OK, checked(l, &needs));
	l.capabilities.credentials = LIST(MLS_CREDENTIAL_BASIC);
	IS(SR_E_INPUT, checked(l, &needs));
}

static struct mls_leaf x509_leaf(struct slice *certificates)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.credential = (struct mls_credential){.type = MLS_CREDENTIAL_X509,
					       .certificates = {certificates, 1}};
	return l;
}

static void mls_rule_7_3_6(void)
{
	struct slice certificates = certificate(ed25519_certificate);
	struct mls_leaf both = leaf(MLS_SOURCE_UPDATE), basic = both;
	struct mls_leaf x509 = x509_leaf(&certificates);
	struct mls_census c = {0};
	basic.capabilities.credentials = LIST(MLS_CREDENTIAL_BASIC);
	IS(SR_OK, mls_census_check(&c));
	mls_census_add(&c, &basic);
	mls_census_add(&c, &both);
	IS(SR_OK, mls_census_check(&c));
	mls_census_add(&c, &x509); /* comes, and one that is there cannot read it */
	IS(SR_E_INPUT, mls_census_check(&c));
	mls_census_remove(&c, &basic);
	IS(SR_OK, mls_census_check(&c));
	CHECK(c.members == 2 && c.used[2] == 1 && c.used[1] == 1 && c.self_remove == 2, "counts");
}

static void mls_rule_7_3_7(void)
{
	struct slice certificates = certificate(ed25519_certificate);
	struct mls_leaf both = leaf(MLS_SOURCE_UPDATE), x509 = x509_leaf(&certificates);
	struct mls_census c = {0};
	x509.capabilities.credentials = LIST(MLS_CREDENTIAL_X509);
	x509.capabilities.proposals.n = 0;
	mls_census_add(&c, &both);
	mls_census_add(&c, &x509); /* comes, and cannot read one that is there */
	IS(SR_E_INPUT, mls_census_check(&c));
	mls_census_remove(&c, &both);
	IS(SR_OK, mls_census_check(&c));
	CHECK(c.members == 1 && c.used[2] == 1 && c.used[1] == 0 && c.self_remove == 0, "counts");
}

static void mls_rule_7_3_8(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_KEY_PACKAGE);
	IS(SR_E_STATE, mls_leaf_lifetime(&l, NOT_BEFORE - 1));
	IS(SR_OK, mls_leaf_lifetime(&l, NOT_BEFORE));
	l.not_before = 0;
	l.not_after = UINT64_MAX;
	IS(SR_OK, mls_leaf_lifetime(&l, 0));
	IS(SR_E_STATE, mls_leaf_lifetime(&l, -1));
	l.source = MLS_SOURCE_UPDATE;
	IS(SR_OK, mls_leaf_lifetime(&l, -1));
}

static void mls_rule_7_3_9(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_KEY_PACKAGE);
	IS(SR_OK, mls_leaf_lifetime(&l, NOT_AFTER));
	IS(SR_E_STATE, mls_leaf_lifetime(&l, NOT_AFTER + 1));
}

/* What is checked on receipt gets no clock: NOT_AFTER is long ago. */
static void mls_rule_7_3_10(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_KEY_PACKAGE);
	IS(SR_OK, checked(l, NULL));
	l.not_before = UINT64_MAX - 1;
	l.not_after = UINT64_MAX;
	IS(SR_OK, checked(l, NULL));
}

/* only_source: a leaf of every source, where one of this is wanted. */
static void only_source(int want)
{
	for (int have = MLS_SOURCE_KEY_PACKAGE; have <= MLS_SOURCE_COMMIT; have++) {
		struct mls_leaf l = leaf(have);
		struct mls_leaf_at at = place(want);
		sign_leaf_as(&l, "LeafNodeTBS");
		IS(have == want ? SR_OK : SR_E_INPUT, mls_leaf_check(suite, &l, &at, NULL));
		at.source = 0;
		IS(SR_OK, mls_leaf_check(suite, &l, &at, NULL));
	}
}

static void mls_rule_7_3_12(void)
{
	only_source(MLS_SOURCE_KEY_PACKAGE);
	for (int source = MLS_SOURCE_KEY_PACKAGE; source <= MLS_SOURCE_COMMIT; source++) {
		struct mls_key_package kp = package();
		kp.leaf = leaf(source);
		IS(source == MLS_SOURCE_KEY_PACKAGE ? SR_OK : SR_E_INPUT,
		   package_checked(kp, NULL));
	}
}

static void mls_rule_7_3_13(void)
{
	only_source(MLS_SOURCE_UPDATE);
}

static void mls_rule_7_3_15(void)
{
	only_source(MLS_SOURCE_COMMIT);
}

static void mls_rule_7_3_14(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	struct mls_leaf_at at = place(MLS_SOURCE_UPDATE);
	sign_leaf_as(&l, "LeafNodeTBS");
	at.replaced = key(1);
	IS(SR_E_INPUT, mls_leaf_check(suite, &l, &at, NULL));
	at.replaced = key(2);
	IS(SR_OK, mls_leaf_check(suite, &l, &at, NULL));
}

/* ---- 10 ---- */

static void mls_rule_10_1(void)
{
	struct mls_key_package kp = package();
	IS(SR_OK, package_checked(kp, NULL));
	kp.init_key.len--;
	IS(SR_E_INPUT, package_checked(kp, NULL));
}

static void mls_rule_10_3(void)
{
	struct mls_key_package kp = package(), out;
	SR_SCOPED(build_release) struct build b = {0};
	struct slice bytes;
	sign_leaf_as(&kp.leaf, "LeafNodeTBS");
	kp.extensions = EXTENSIONS({STRANGE, SLICE_LIT("x")});
	mls_encode(&mls_type_key_package_tbs, &kp, &b);
	kp.signature = sign("LeafNodeTBS", &b);
	IS(SR_E_AUTH, mls_key_package_check(suite, &kp, NULL));
	kp.signature = sign("KeyPackageTBS", &b);
	IS(SR_OK, mls_key_package_check(suite, &kp, NULL));
	OK(mls_encoded(&mls_type_key_package, &kp, &arena, &bytes));
	uint8_t *copy = arena_dup(&arena, bytes.ptr, bytes.len);
	struct slice bad = {copy, bytes.len};
	for (size_t i = 0; i < 8 * bytes.len; i++) {
		SR_SCOPED(arena_release) struct arena a = {0};
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
		struct sr_err e = mls_decode(&mls_type_key_package, bad, &a, &out);
		if (!sr_bad(e))
			e = mls_key_package_check(suite, &out, NULL);
		CHECK(e.code == SR_E_INPUT || e.code == SR_E_AUTH, "bit %zu", i);
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

static void mls_rule_10_7(void)
{
	struct mls_key_package kp = package();
	kp.extensions = EXTENSIONS({STRANGE, SLICE_LIT("x")}, {0x0a0a, SLICE_LIT("y")});
	IS(SR_OK, package_checked(kp, NULL));
}

static void mls_rule_10_1_1(void)
{
	struct mls_key_package kp = package();
	kp.suite = 2;
	IS(SR_E_INPUT, package_checked(kp, NULL));
	kp.suite = suite->id ^ 2;
	IS(SR_E_INPUT, package_checked(kp, NULL));
}

static void mls_rule_10_1_2(void)
{
	struct mls_key_package kp = package();
	kp.version = 0;
	IS(SR_E_INPUT, package_checked(kp, NULL));
	kp.version = 2;
	IS(SR_E_INPUT, package_checked(kp, NULL));
}

static void mls_rule_10_1_5(void)
{
	struct mls_key_package kp = package();
	kp.init_key = key(1);
	IS(SR_E_INPUT, package_checked(kp, NULL));
}

/* ---- 11.1 ---- */

static void mls_rule_11_1_3(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	struct mls_needs needs = needs_of(required(
		(struct mls_required){LIST(1, 2, 3, 4, 5), LIST(1, 2, 3, 4, 5, 6, 7), LIST(1)}));
	IS(SR_OK, checked(l, &needs));
	needs = needs_of(required((struct mls_required){.extensions = LIST(6)}));
	IS(SR_E_INPUT, checked(l, &needs));
	needs = needs_of(required((struct mls_required){.proposals = LIST(8)}));
	IS(SR_E_INPUT, checked(l, &needs));
	needs = needs_of(required((struct mls_required){.credentials = LIST(3)}));
	IS(SR_E_INPUT, checked(l, &needs));
}

static void mls_rule_11_1_4(void)
{
	struct mls_extensions good =
		required((struct mls_required){LIST(1, 2), LIST(3), LIST(1, STRANGE)});
	struct slice all = good.ptr[0].data;
	IS(SR_OK, try_needs(good));
	for (size_t len = 0; len < all.len; len++) {
		good.ptr[0].data.len = len;
		IS(SR_E_INPUT, try_needs(good));
	}
	good.ptr[0].data = slice_make(arena_dup(&arena, all.ptr, all.len), all.len + 1);
	IS(SR_E_INPUT, try_needs(good));
}

static void mls_rule_11_1_5(void)
{
	uint16_t *many = ARENA_ARRAY(&arena, MLS_CAPABILITIES_MAX + 1, uint16_t);
	struct mls_required r = {.proposals = {many, MLS_CAPABILITIES_MAX}};
	IS(SR_OK, try_needs(required(r)));
	for (int which = 0; which < 3; which++) {
		r = (struct mls_required){0};
		struct mls_u16_list *lists[] = {&r.extensions, &r.proposals, &r.credentials};
		*lists[which] = (struct mls_u16_list){many, MLS_CAPABILITIES_MAX + 1};
		IS(SR_E_LIMIT, try_needs(required(r)));
	}
}

/* ---- 12.1.7, 12.1.8.1: extensions of a group ---- */

/* tree_of returns one with n leaves signed by anna, each by its own key, but two blank ones; bad
 * (UINT32_MAX: none) has a signature that is not valid. */
static void tree_of(struct mls_tree *t, uint32_t n, uint32_t bad)
{
	OK(mls_tree_init(t));
	for (uint32_t i = 0; i < n; i++) {
		struct mls_leaf l = leaf(MLS_SOURCE_KEY_PACKAGE);
		struct slice bytes;
		uint32_t at;
		l.encryption_key =
			slice_make(arena_dup(&arena, &(uint8_t[MLS_LEN]){9}, MLS_LEN), MLS_LEN);
		memcpy((uint8_t *)(uintptr_t)l.encryption_key.ptr + 4, &i, sizeof i);
		sign_leaf_as(&l, i == bad ? "Other" : "LeafNodeTBS");
		OK(mls_encoded(&mls_type_leaf, &l, &arena, &bytes));
		OK(mls_tree_add(t, bytes, &at));
		CHECK(at == i, "leaf %u", at);
	}
	if (n > 5) {
		OK(mls_tree_remove(t, 1));
		OK(mls_tree_remove(t, 4));
	}
}

static void mls_rule_12_1_7_1(void)
{
	SR_SCOPED(mls_tree_release) struct mls_tree t = {0};
	struct mls_needs needs = needs_of(required((struct mls_required){.proposals = LIST(10)}));
	tree_of(&t, 7, UINT32_MAX);
	IS(SR_OK, mls_leaves_capable(&t, &needs));
	anna.plan.capabilities.proposals.n = 0;
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	struct slice bytes;
	sign_leaf_as(&l, "LeafNodeTBS");
	OK(mls_encoded(&mls_type_leaf, &l, &arena, &bytes));
	OK(mls_tree_set_leaf(&t, 6, bytes));
	IS(SR_E_INPUT, mls_leaves_capable(&t, &needs));
}

static void mls_rule_12_1_7_4(void)
{
	SR_SCOPED(mls_tree_release) struct mls_tree t = {0};
	struct mls_needs needs = needs_of(EXTENSIONS({STRANGE, SLICE_LIT("x")}));
	anna.plan.capabilities.extensions = LIST(STRANGE);
	tree_of(&t, 7, UINT32_MAX);
	IS(SR_OK, mls_leaves_capable(&t, &needs));
	needs = needs_of(EXTENSIONS({STRANGE, SLICE_LIT("x")}, {STRANGE + 1, SLICE_LIT("x")}));
	IS(SR_E_INPUT, mls_leaves_capable(&t, &needs));
}

static void mls_rule_12_1_8_1_1(void)
{
	struct slice certificates = certificate(ed25519_certificate);
	struct mls_external_sender list[] = {
		{slice_make(anna.pub, MLS_LEN), anna.plan.credential},
		{slice_make(anna.pub, MLS_LEN), x509_leaf(&certificates).credential}};
	struct mls_external_senders senders = {list, 2}, out = {0};
	struct mls_extension e = {.type = MLS_EXT_EXTERNAL_SENDERS};
	struct mls_extensions context = {&e, 1}, none = {0};
	OK(mls_external_senders_of(&none, &arena, &out));
	CHECK(out.n == 0, "%zu", out.n);
	OK(mls_encoded(&mls_type_external_senders, &senders, &arena, &e.data));
	OK(mls_external_senders_of(&context, &arena, &out));
	CHECK(out.n == 2 && slice_eq(out.ptr[0].credential.identity, SLICE_LIT("anna")) &&
		      out.ptr[1].credential.type == MLS_CREDENTIAL_X509,
	      "%zu", out.n);
	for (size_t len = e.data.len; len--;) {
		e.data.len = len;
		IS(SR_E_INPUT, mls_external_senders_of(&context, &arena, &out));
	}
	list[1].signature_key = key(9); /* not that of the certificate */
	OK(mls_encoded(&mls_type_external_senders, &senders, &arena, &e.data));
	IS(SR_E_INPUT, mls_external_senders_of(&context, &arena, &out));
	list[1].credential = list[0].credential;
	list[1].signature_key.len--;
	OK(mls_encoded(&mls_type_external_senders, &senders, &arena, &e.data));
	IS(SR_E_INPUT, mls_external_senders_of(&context, &arena, &out));
}

/* ---- 13 ---- */

static void mls_rule_13_4_1(void)
{
	struct mls_key_package kp = package();
	kp.extensions = EXTENSIONS({STRANGE, {0}}, {7, {0}}, {STRANGE, {0}});
	IS(SR_E_INPUT, package_checked(kp, NULL));
	kp.extensions.n = 2;
	IS(SR_OK, package_checked(kp, NULL));
}

static void mls_rule_13_4_2(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.extensions = EXTENSIONS({MLS_EXT_APPLICATION_ID, SLICE_LIT("\1x")},
				  {MLS_EXT_APPLICATION_ID, SLICE_LIT("\1x")});
	IS(SR_E_INPUT, checked(l, NULL));
	l.extensions.n = 1;
	IS(SR_OK, checked(l, NULL));
}

static void mls_rule_13_4_3(void)
{
	struct mls_extensions e = EXTENSIONS({STRANGE, SLICE_LIT("x")}, {STRANGE, SLICE_LIT("y")});
	IS(SR_E_INPUT, mls_extensions_check(&e, MLS_IN_GROUP_INFO));
	e.n = 1;
	IS(SR_OK, mls_extensions_check(&e, MLS_IN_GROUP_INFO));
}

static void mls_rule_13_4_4(void)
{
	struct mls_extensions e = EXTENSIONS({STRANGE, SLICE_LIT("x")}, {STRANGE, SLICE_LIT("y")});
	IS(SR_E_INPUT, try_needs(e));
	e.n = 1;
	IS(SR_OK, try_needs(e));
	CHECK(mls_extension_find(&e, STRANGE) == e.ptr && !mls_extension_find(&e, 1), "found");
}

static void mls_rule_13_4_9(void)
{
	struct mls_key_package kp = package();
	struct mls_needs needs = needs_of(
		EXTENSIONS({STRANGE, SLICE_LIT("x")}, {MLS_EXT_EXTERNAL_SENDERS, SLICE_LIT("\0")}));
	IS(SR_E_INPUT, package_checked(kp, &needs));
	kp.leaf.capabilities.extensions = LIST(STRANGE);
	IS(SR_OK, package_checked(kp, &needs));
}

static void mls_rule_13_5_1(void)
{
	struct mls_key_package kp = package();
	for (int i = 0; i < 15; i++) {
		uint16_t g = (uint16_t)(0x0a0a + 0x1010 * i);
		kp.leaf.capabilities = (struct mls_capabilities){LIST(1), LIST(g, 1, 3), LIST(g),
								 LIST(g, 10), LIST(1, g)};
		kp.leaf.extensions = kp.extensions = EXTENSIONS({g, SLICE_LIT("anything")});
		IS(SR_OK, package_checked(kp, NULL));
		IS(SR_OK, mls_extensions_check(&kp.extensions, MLS_IN_GROUP_INFO));
	}
}

static void mls_rule_13_5_2(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.extensions = EXTENSIONS({0x2a2a, {0}});
	IS(SR_E_INPUT, checked(l, NULL));
	l.capabilities.extensions = LIST(0x3a3a, 0x2a2a);
	IS(SR_OK, checked(l, NULL));
}

/* A leaf may list a GREASE value that the group uses; our own capabilities have none. */
static void mls_rule_13_5_5(void)
{
	struct mls_needs needs = needs_of(EXTENSIONS({0x2a2a, {0}}));
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	l.capabilities.extensions = LIST(0x2a2a);
	IS(SR_OK, checked(l, &needs));
	IS(SR_E_INPUT, mls_capable(&anna.plan.capabilities, &needs));
	needs = needs_of(required((struct mls_required){.proposals = LIST(0x2a2a)}));
	IS(SR_E_INPUT, mls_capable(&anna.plan.capabilities, &needs));
}

/* ---- 17.3 ---- */

static void only_in(uint16_t type, enum mls_extensions_in home)
{
	struct mls_extensions e = EXTENSIONS({STRANGE, {0}}, {type, {0}});
	for (int in = MLS_IN_KEY_PACKAGE; in <= MLS_IN_GROUP_INFO; in++)
		IS((int)home == in ? SR_OK : SR_E_INPUT,
		   mls_extensions_check(&e, (enum mls_extensions_in)in));
}

static void mls_rule_17_3_1(void)
{
	struct mls_key_package kp = package();
	only_in(MLS_EXT_APPLICATION_ID, MLS_IN_LEAF);
	kp.extensions = EXTENSIONS({MLS_EXT_APPLICATION_ID, {0}});
	IS(SR_E_INPUT, package_checked(kp, NULL));
}

static void mls_rule_17_3_2(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	only_in(MLS_EXT_RATCHET_TREE, MLS_IN_GROUP_INFO);
	only_in(MLS_EXT_EXTERNAL_PUB, MLS_IN_GROUP_INFO);
	IS(SR_E_INPUT, try_needs(EXTENSIONS({MLS_EXT_RATCHET_TREE, {0}})));
	l.extensions = EXTENSIONS({MLS_EXT_EXTERNAL_PUB, {0}});
	IS(SR_E_INPUT, checked(l, NULL));
}

static void mls_rule_17_3_3(void)
{
	struct mls_leaf l = leaf(MLS_SOURCE_UPDATE);
	only_in(MLS_EXT_REQUIRED_CAPABILITIES, MLS_IN_CONTEXT);
	only_in(MLS_EXT_EXTERNAL_SENDERS, MLS_IN_CONTEXT);
	l.extensions = EXTENSIONS({MLS_EXT_EXTERNAL_SENDERS, SLICE_LIT("\0")});
	IS(SR_E_INPUT, checked(l, NULL));
}

/* ---- A whole tree ---- */

static void whole_trees(void)
{
	struct mls_needs needs = needs_of((struct mls_extensions){0});
	for (uint32_t n = 1; n <= 150; n += n < 10 ? 1 : 70) {
		SR_SCOPED(mls_tree_release) struct mls_tree t = {0};
		struct mls_census c = {0}, untouched = {0};
		tree_of(&t, n, UINT32_MAX);
		OK(mls_leaves_check(suite, &t, group_id, &needs, &c));
		uint32_t members = 0;
		for (uint32_t i = 0; i < t.leaves_n; i++)
			members += mls_tree_key(&t, 2 * i) != NULL;
		CHECK(c.members == members && c.used[1] == members && !c.used[2] &&
			      c.supported[1] == members && c.supported[2] == members &&
			      c.self_remove == members,
		      "%u of %u", c.members, members);
		needs.suite = 2;
		IS(SR_E_INPUT, mls_leaves_check(suite, &t, group_id, &needs, &untouched));
		needs.suite = suite->id;
		CHECK(!untouched.members, "an output on failure");
	}
	for (uint32_t bad = 0; bad < 100; bad += 33) {
		SR_SCOPED(mls_tree_release) struct mls_tree t = {0};
		struct mls_census c;
		tree_of(&t, 100, bad);
		IS(SR_E_AUTH, mls_leaves_check(suite, &t, group_id, &needs, &c));
	}
}

/* A member whose credential another does not support: 7.3-6, 7.3-7 in a tree that is joined. */
static void trees_of_two_kinds(void)
{
	SR_SCOPED(mls_tree_release) struct mls_tree t = {0};
	struct mls_needs needs = needs_of((struct mls_extensions){0});
	struct slice certificates = certificate(ed25519_certificate), bytes;
	struct mls_leaf l = x509_leaf(&certificates);
	struct mls_census c;
	tree_of(&t, 4, UINT32_MAX);
	sign_leaf_as(&l, "LeafNodeTBS");
	OK(mls_encoded(&mls_type_leaf, &l, &arena, &bytes));
	OK(mls_tree_set_leaf(&t, INDEX, bytes));
	OK(mls_leaves_check(suite, &t, group_id, &needs, &c));
	l.capabilities.credentials = LIST(MLS_CREDENTIAL_X509);
	sign_leaf_as(&l, "LeafNodeTBS");
	OK(mls_encoded(&mls_type_leaf, &l, &arena, &bytes));
	OK(mls_tree_set_leaf(&t, INDEX, bytes));
	IS(SR_E_INPUT, mls_leaves_check(suite, &t, group_id, &needs, &c));
}

/* ---- Making ---- */

/* What is made is what was made by hand, byte for byte: Ed25519 draws no lots. */
static void leaves_are_made(void)
{
	for (int source = MLS_SOURCE_KEY_PACKAGE; source <= MLS_SOURCE_COMMIT; source++) {
		struct mls_leaf want = leaf(source), got = {0};
		struct mls_leaf_at at = place(source);
		struct slice a, b;
		sign_leaf_as(&want, "LeafNodeTBS");
		OK(mls_leaf_make(suite, &anna.plan, &at, key(1), &arena, &got));
		OK(mls_encoded(&mls_type_leaf, &want, &arena, &a));
		OK(mls_encoded(&mls_type_leaf, &got, &arena, &b));
		CHECK(slice_eq(a, b), "source %d", source);
	}
}

static void bad_plans_are_refused(void)
{
	struct mls_leaf_at at = place(MLS_SOURCE_KEY_PACKAGE);
	struct mls_key_package kp = {0};
	struct mls_extensions twice = EXTENSIONS({STRANGE, {0}}, {STRANGE, {0}});
	IS(SR_E_INPUT,
	   mls_key_package_make(suite, &anna.plan, &at, key(2), key(1), &twice, &arena, &kp));
	at.not_after = 0;
	IS(SR_E_INPUT,
	   mls_key_package_make(suite, &anna.plan, &at, key(2), key(1), NULL, &arena, &kp));
	at = place(MLS_SOURCE_KEY_PACKAGE);
	anna.plan.extensions = EXTENSIONS({STRANGE, {0}});
	IS(SR_E_INPUT,
	   mls_key_package_make(suite, &anna.plan, &at, key(2), key(1), NULL, &arena, &kp));
	CHECK(!kp.version, "an output on failure");
}

static void clients_of_too_many_kinds(void)
{
	uint16_t many[MLS_CAPABILITIES_MAX + 1];
	for (size_t i = 0; i <= MLS_CAPABILITIES_MAX; i++)
		many[i] = (uint16_t)(i + 0x1000);
	for (int which = 0; which < 3; which++)
		for (size_t over = 0; over <= 1; over++) {
			struct sr_mls_client c = {.suite = suite->id,
						  .credential.type = SR_MLS_BASIC};
			struct sr_mls_types *lists[] = {&c.extensions, &c.proposals,
							&c.credentials};
			const size_t ours[] = {mls_capabilities_default.extensions.n,
					       mls_capabilities_default.proposals.n,
					       mls_capabilities_default.credentials.n};
			struct mls_leaf_plan plan;
			uint8_t pub[MLS_LEN];
			*lists[which] = (struct sr_mls_types){many, MLS_CAPABILITIES_MAX -
									    ours[which] + over};
			IS(over ? SR_E_LIMIT : SR_OK, mls_plan_of(suite, &c, &arena, pub, &plan));
		}
}

static struct sr_err make_and_check(struct arena *a, const struct mls_tree *t)
{
	struct mls_leaf_at at = place(MLS_SOURCE_KEY_PACKAGE);
	static const uint8_t leaf_key[MLS_LEN] = {9}, init_key[MLS_LEN] = {2};
	struct mls_extension e = {STRANGE, SLICE_LIT("x")};
	struct mls_extensions own = {&e, 1};
	struct mls_key_package kp;
	struct mls_needs needs;
	struct mls_census c;
	SR_TRY(mls_key_package_make(suite, &anna.plan, &at, slice_make(init_key, MLS_LEN),
				    slice_make(leaf_key, MLS_LEN), &own, a, &kp));
	SR_TRY(mls_key_package_check(suite, &kp, NULL));
	SR_TRY(mls_needs_of(suite->id, &(struct mls_extensions){0}, a, &needs));
	SR_TRY(mls_leaves_capable(t, &needs));
	return mls_leaves_check(suite, t, group_id, &needs, &c);
}

static void without_memory(void)
{
	SR_SCOPED(mls_tree_release) struct mls_tree t = {0};
	tree_of(&t, 3, UINT32_MAX);
	for (size_t n = 1;; n++) {
		SR_SCOPED(arena_release) struct arena a = {0};
		test_alloc_fail_at(n);
		struct sr_err e = make_and_check(&a, &t);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu: %s", n,
		      e.what ? e.what : "no error");
		if (!failed)
			break;
	}
}

#define TEST(fn)                                                                                   \
	{                                                                                          \
#fn, fn                                                                            \
	}
static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {TEST(mls_rule_5_1_1_1),
	     TEST(mls_rule_5_1_1_2),
	     TEST(mls_rule_5_1_2_1),
	     TEST(mls_rule_5_1_2_2),
	     TEST(mls_rule_5_3_1),
	     TEST(mls_rule_5_3_2),
	     TEST(mls_rule_5_3_3),
	     TEST(mls_rule_5_3_4),
	     TEST(mls_rule_7_2_1),
	     TEST(mls_rule_7_2_2),
	     TEST(mls_rule_7_2_3),
	     TEST(mls_rule_7_2_4),
	     TEST(mls_rule_7_2_5),
	     TEST(mls_rule_7_2_6),
	     TEST(mls_rule_7_2_8),
	     TEST(mls_rule_7_2_9),
	     TEST(mls_rule_7_2_10),
	     TEST(mls_rule_7_2_11),
	     TEST(mls_rule_7_2_12),
	     TEST(mls_rule_7_3_2),
	     TEST(mls_rule_7_3_3),
	     TEST(mls_rule_7_3_4),
	     TEST(mls_rule_7_3_5),
	     TEST(mls_rule_7_3_6),
	     TEST(mls_rule_7_3_7),
	     TEST(mls_rule_7_3_8),
	     TEST(mls_rule_7_3_9),
	     TEST(mls_rule_7_3_10),
	     TEST(mls_rule_7_3_12),
	     TEST(mls_rule_7_3_13),
	     TEST(mls_rule_7_3_15),
	     TEST(mls_rule_7_3_14),
	     TEST(mls_rule_10_1),
	     TEST(mls_rule_10_3),
	     TEST(mls_rule_10_7),
	     TEST(mls_rule_10_1_1),
	     TEST(mls_rule_10_1_2),
	     TEST(mls_rule_10_1_5),
	     TEST(mls_rule_11_1_3),
	     TEST(mls_rule_11_1_4),
	     TEST(mls_rule_11_1_5),
	     TEST(mls_rule_12_1_7_1),
	     TEST(mls_rule_12_1_7_4),
	     TEST(mls_rule_12_1_8_1_1),
	     TEST(mls_rule_13_4_1),
	     TEST(mls_rule_13_4_2),
	     TEST(mls_rule_13_4_3),
	     TEST(mls_rule_13_4_4),
	     TEST(mls_rule_13_4_9),
	     TEST(mls_rule_13_5_1),
	     TEST(mls_rule_13_5_2),
	     TEST(mls_rule_13_5_5),
	     TEST(mls_rule_17_3_1),
	     TEST(mls_rule_17_3_2),
	     TEST(mls_rule_17_3_3),
	     TEST(whole_trees),
	     TEST(trees_of_two_kinds),
	     TEST(leaves_are_made),
	     TEST(clients_of_too_many_kinds),
	     TEST(bad_plans_are_refused),
	     TEST(without_memory)};

int main(void)
{
	if (sr_bad(crypto_init()))
		return 1;
	for (uint16_t id = 1; id <= 3; id += 2) {
		for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
			char name[64];
			(void)snprintf(name, sizeof name, "%s, suite %u", tests[i].name, id);
			begin(id);
			test_run(name, tests[i].run);
			arena_release(&arena);
		}
	}
	return test_done();
}
