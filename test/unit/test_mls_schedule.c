/* SPDX-License-Identifier: Apache-2.0 */
/* The key schedule where the official vectors do not go: limits, refusals, the exporter tree's
 * root, resumption keys, external commits. */
#include "crypto.h"
#include "mls_schedule.h"
#include "test.h"

#include <string.h>

static const struct mls_suite *const both[] = {&mls_suite_openssl, &mls_suite_sodium};
enum { EXPORT_MAX = 255 * MLS_LEN };

static const uint8_t secret[MLS_LEN] = {1}, other[MLS_LEN] = {2}, ikm[MLS_LEN] = {3}, zero[MLS_LEN];

#define EACH_SUITE(s)                                                                              \
	for (const struct mls_suite *const *at_ = both, *s; at_ < both + 2 && (s = *at_, true);    \
	     at_++)

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

static bool eq32(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, MLS_LEN) == 0;
}

static struct slice all_of(const uint8_t p[MLS_LEN])
{
	return slice_make(p, MLS_LEN);
}

/* No two secrets of an epoch are the same, and the exporter tree has a root of its own. */
static void secrets_of_an_epoch(void)
{
	EACH_SUITE(s)
	{
		struct mls_secrets all;
		struct mls_roots roots;
		uint8_t want[MLS_LEN];
		OK(mls_schedule_first(s, secret, &all, &roots));
		OK(mls_derive_secret(s, secret, MLS_L("application_export"), want));
		CHECK(eq32(roots.application_export, want), "application_export");
		OK(mls_derive_secret(s, secret, MLS_L("init"), want));
		CHECK(eq32(all.init, want), "init");
		uint8_t bytes[sizeof all + sizeof roots];
		memcpy(bytes, &all, sizeof all);
		memcpy(bytes + sizeof all, &roots, sizeof roots);
		for (size_t i = 0; i < sizeof bytes; i += MLS_LEN)
			for (size_t j = 0; j < i; j += MLS_LEN)
				CHECK(!eq32(bytes + i, bytes + j), "%zu and %zu", i, j);
	}
}

/* 8.3: both sides of an external commit. */
static void external_commits(void)
{
	EACH_SUITE(s)
	{
		uint8_t priv[MLS_LEN], pub[MLS_LEN], enc[MLS_LEN], a[MLS_LEN], b[MLS_LEN] = {0};
		OK(mls_schedule_external(s, secret, priv, pub));
		OK(mls_schedule_external_send(s, all_of(pub), ikm, enc, a));
		OK(mls_schedule_external_receive(s, secret, all_of(enc), b));
		CHECK(eq32(a, b), "another init secret");
		OK(mls_schedule_external_receive(s, other, all_of(enc), b));
		CHECK(!eq32(a, b), "anybody's init secret");
		OK(mls_schedule_external_send(s, all_of(pub), other, enc, b));
		CHECK(!eq32(a, b), "the same init secret again");
		memset(a, 9, sizeof a);
		memcpy(b, a, sizeof b);
		FAILS(SR_E_INPUT, mls_schedule_external_send(s, all_of(zero), ikm, a, b));
		FAILS(SR_E_INPUT, mls_schedule_external_receive(s, secret, all_of(zero), b));
		uint8_t longer[MLS_LEN + 1];
		memcpy(longer, pub, MLS_LEN);
		for (size_t len = 0; len <= sizeof longer; len++) {
			struct slice key = slice_make(longer, len);
			if (len == MLS_LEN)
				continue;
			FAILS(SR_E_INPUT, mls_schedule_external_send(s, key, ikm, a, b));
			FAILS(SR_E_INPUT, mls_schedule_external_receive(s, secret, key, b));
		}
		for (size_t i = 0; i < MLS_LEN; i++)
			CHECK(a[i] == 9 && b[i] == 9, "changed on failure");
	}
}

/* 8.5. A longer export is not a prefix of a shorter one: the length is in it. */
static void exports(void)
{
	static uint8_t out[9000], shorter[MLS_LEN];
	EACH_SUITE(s)
	{
		struct slice c = SLICE_LIT("context");
		memset(out, 0, sizeof out);
		OK(mls_schedule_export(s, secret, SLICE_LIT("label"), c, out, EXPORT_MAX));
		CHECK(!eq32(out + EXPORT_MAX - MLS_LEN, zero) && !out[EXPORT_MAX], "bytes written");
		OK(mls_schedule_export(s, secret, SLICE_LIT("label"), c, shorter, MLS_LEN));
		CHECK(!eq32(out, shorter), "length not bound");
		OK(mls_schedule_export(s, secret, SLICE_LIT("labels"), c, out, MLS_LEN));
		CHECK(!eq32(out, shorter), "label not bound");
		OK(mls_schedule_export(s, secret, SLICE_LIT("label"), SLICE_LIT(""), out, MLS_LEN));
		CHECK(!eq32(out, shorter), "context not bound");
		OK(mls_schedule_export(s, other, SLICE_LIT("label"), c, out, MLS_LEN));
		CHECK(!eq32(out, shorter), "secret not bound");
		OK(mls_schedule_export(s, secret, SLICE_LIT("label"), c, out, 0));
		memset(out, 7, sizeof out);
		FAILS(SR_E_LIMIT,
		      mls_schedule_export(s, secret, SLICE_LIT("label"), c, out, EXPORT_MAX + 1));
		FAILS(SR_E_LIMIT,
		      mls_schedule_export(s, secret, SLICE_LIT("label"), c, out, SIZE_MAX));
		CHECK(out[0] == 7 && out[8999] == 7, "changed on failure");
	}
}

/* 8.4: order, number, id, usage and nonce of the keys all count. */
static void pre_shared_keys(void)
{
	struct mls_psk one = {.id = {.type = MLS_PSK_EXTERNAL,
				     .id = SLICE_LIT("id"),
				     .nonce = SLICE_LIT("nonce")},
			      .secret = SLICE_LIT("secret")};
	struct mls_psk two = {.id = {.type = MLS_PSK_RESUMPTION,
				     .usage = MLS_USAGE_BRANCH,
				     .group_id = SLICE_LIT("group"),
				     .epoch = 3,
				     .nonce = SLICE_LIT("nonce")},
			      .secret = all_of(secret)};
	struct mls_psk three = two, four = two, five = one;
	three.id.usage = MLS_USAGE_REINIT;
	four.id.epoch = 4;
	five.id.nonce = SLICE_LIT("once");
	const struct mls_psk lists[][2] = {{one, two},   {two, one},  {one, one},  {two, two},
					   {one, three}, {one, four}, {five, two}, {one, five}};
	enum { N = sizeof lists / sizeof *lists };
	EACH_SUITE(s)
	{
		uint8_t out[N + 2][MLS_LEN];
		for (size_t i = 0; i < N; i++)
			OK(mls_schedule_psks(s, lists[i], 2, out[i]));
		OK(mls_schedule_psks(s, lists[0], 1, out[N]));
		OK(mls_schedule_psks(s, NULL, 0, out[N + 1]));
		CHECK(eq32(out[N + 1], zero), "the secret of no keys");
		for (size_t i = 0; i < N + 2; i++)
			for (size_t j = 0; j < i; j++)
				CHECK(!eq32(out[i], out[j]), "%zu and %zu", i, j);
		FAILS(SR_E_LIMIT, mls_schedule_psks(s, NULL, 65536, out[0]));
	}
}

/* Outputs stay as they were where memory ends. */
static struct sr_err act(int what, uint8_t out[sizeof(struct mls_secrets)])
{
	const struct mls_suite *s = &mls_suite_sodium;
	const struct mls_psk psks[2] = {{.id.type = MLS_PSK_EXTERNAL},
					{.id.type = MLS_PSK_EXTERNAL}};
	struct mls_secrets all;
	struct mls_roots roots;
	struct mls_message_key k;
	const struct mls_authentic m = {
		.wire_format = 1,
		.content = {.sender = MLS_SENDER_MEMBER, .type = MLS_CONTENT_COMMIT}};
	struct slice c = SLICE_LIT("context");
	struct sr_err e;
	switch (what) {
	case 0:
		return mls_schedule_joiner(s, secret, other, c, out);
	case 1:
		e = mls_schedule_welcome(s, secret, other, &k);
		if (!sr_bad(e))
			memcpy(out, k.key, MLS_LEN);
		return e;
	case 2:
		memcpy(&all, out, sizeof all);
		e = mls_schedule_epoch(s, secret, other, c, &all, &roots);
		memcpy(out, &all, sizeof all);
		return e;
	case 3:
		return mls_schedule_psks(s, psks, 2, out);
	case 4:
		return mls_schedule_confirmed(s, c, &m, out);
	case 5:
		return mls_schedule_interim(s, c, c, out);
	default:
		return mls_schedule_export(s, secret, c, c, out, MLS_LEN);
	}
}

static void out_of_memory(void)
{
	for (int what = 0; what < 7; what++) {
		bool failed = true;
		for (size_t n = 1; failed; n++) {
			uint8_t out[sizeof(struct mls_secrets)] = {0};
			static const uint8_t none[sizeof out];
			test_alloc_fail_at(n);
			struct sr_err e = act(what, out);
			failed = test_alloc_failed();
			test_alloc_fail_at(0);
			CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "%d at %zu", what, n);
			CHECK((memcmp(out, none, sizeof out) == 0) == failed, "%d at %zu: output",
			      what, n);
			CHECK(failed || n > 1, "%d takes no memory", what);
		}
	}
}

int main(void)
{
	if (sr_bad(crypto_init()))
		return 1;
	test_run("secrets of an epoch", secrets_of_an_epoch);
	test_run("external commits", external_commits);
	test_run("exports", exports);
	test_run("pre-shared keys", pre_shared_keys);
	test_run("out of memory", out_of_memory);
	return test_done();
}
