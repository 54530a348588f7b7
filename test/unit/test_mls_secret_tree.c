/* SPDX-License-Identifier: Apache-2.0 */
/* The secret tree against a full derivation by hand, in any order of messages; what it refuses;
 * and that a key which was used is nowhere any more. */
#include "crypto.h"
#include "mls_secret_tree.h"
#include "test.h"

#include <dlfcn.h>
#include <sodium.h>
#include <stdalign.h>
#include <string.h>

static const struct mls_suite *const both[] = {&mls_suite_openssl, &mls_suite_sodium};
static const struct mls_suite *const sodium = &mls_suite_sodium;
static const uint8_t root[MLS_LEN] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
static uint64_t seed_now = 20261126;

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

/* Guarded memory of the code under test: one block at a time is looked at, and the n-th request
 * from now can fail. The names are the library's: what is in the program comes first. */

static struct slice guarded;
static size_t guarded_countdown, guarded_n;
static bool guarded_failed;

static void real_name(const char *name, void *fn)
{
	void *found = dlsym(RTLD_NEXT, name);
	memcpy(fn, &found, sizeof found);
}

void *sodium_malloc(const size_t len)
{
	void *(*real)(size_t);
	real_name("sodium_malloc", &real);
	guarded_failed |= guarded_countdown == 1;
	if (guarded_countdown && !--guarded_countdown)
		return NULL;
	void *p = real(len);
	guarded = slice_make(p, len);
	guarded_n++;
	return p;
}

void sodium_free(void *p)
{
	void (*real)(void *);
	real_name("sodium_free", &real);
	guarded_n -= p != NULL;
	real(p);
}

/* The reference: everything from the root, with the HMAC of libsodium and no tree. */

static void ref_expand(const uint8_t secret[MLS_LEN], const char *label, struct slice context,
		       uint8_t *out, size_t len)
{
	uint8_t info[128] = {0, (uint8_t)len, (uint8_t)(8 + strlen(label))}, full[MLS_LEN];
	size_t n = 3;
	memcpy(info + n, "MLS 1.0 ", 8);
	memcpy(info + n + 8, label, strlen(label));
	n += 8 + strlen(label);
	info[n++] = (uint8_t)context.len;
	if (context.len)
		memcpy(info + n, context.ptr, context.len);
	n += context.len;
	info[n++] = 1;
	crypto_auth_hmacsha256(full, info, n, secret);
	memcpy(out, full, len);
}

static void ref_leaf(uint32_t leaves_n, uint32_t leaf, uint8_t out[MLS_LEN])
{
	memcpy(out, root, MLS_LEN);
	for (uint32_t from = 0, n = leaves_n; n > 1;) {
		n /= 2;
		bool right = leaf >= from + n;
		ref_expand(out, "tree", right ? SLICE_LIT("right") : SLICE_LIT("left"), out,
			   MLS_LEN);
		from += right ? n : 0;
	}
}

static void ref_ratchet(uint32_t leaves_n, uint32_t leaf, enum mls_ratchet which,
			uint32_t generation, uint8_t out[MLS_LEN])
{
	ref_leaf(leaves_n, leaf, out);
	ref_expand(out, which == MLS_HANDSHAKE ? "handshake" : "application", SLICE_LIT(""), out,
		   MLS_LEN);
	for (uint32_t g = 0; g < generation; g++) {
		const uint8_t bytes[] = {0, 0, (uint8_t)(g >> 8), (uint8_t)g};
		ref_expand(out, "secret", slice_make(bytes, 4), out, MLS_LEN);
	}
}

static struct mls_message_key ref_key(const struct mls_suite *s, uint32_t leaves_n, uint32_t leaf,
				      enum mls_ratchet which, uint32_t generation)
{
	const uint8_t bytes[] = {0, 0, (uint8_t)(generation >> 8), (uint8_t)generation};
	struct mls_message_key k = {0};
	uint8_t secret[MLS_LEN];
	ref_ratchet(leaves_n, leaf, which, generation, secret);
	ref_expand(secret, "key", slice_make(bytes, 4), k.key, s->key_len);
	ref_expand(secret, "nonce", slice_make(bytes, 4), k.nonce, MLS_NONCE_LEN);
	return k;
}

static bool same(const struct mls_message_key *a, const struct mls_message_key *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

static void check_key(const struct mls_suite *s, struct mls_secret_tree *t, uint32_t leaf,
		      enum mls_ratchet which, uint32_t generation)
{
	struct mls_message_key got = {0}, want = ref_key(s, t->leaves_n, leaf, which, generation);
	struct sr_err e = mls_secret_tree_peek(s, t, leaf, which, generation, &got);
	CHECK(!sr_bad(e) && same(&got, &want), "leaf %u ratchet %d generation %u: %s", leaf,
	      (int)which, generation, sr_bad(e) ? e.what : "another key");
}

static struct slice saved(const struct mls_secret_tree *t, struct arena *a)
{
	struct build b;
	struct slice out = {0};
	build_init(&b, 0);
	mls_secret_tree_save(t, &b);
	OK(build_keep(&b, a, &out));
	return out;
}

/* new_tree makes one with a block of its own. */
static struct mls_secret_tree new_tree(uint32_t leaves_n)
{
	alignas(uint32_t) uint8_t room[MLS_SECRET_TREE_ROOM];
	struct mls_secret_tree lent, t = {0};
	mls_secret_tree_init(&lent, leaves_n, root, room);
	OK(mls_secret_tree_clone(&lent, &t));
	mls_secret_tree_release(&lent);
	return t;
}

/* next_key is what a sender does. */
static struct sr_err next_key(const struct mls_suite *s, struct mls_secret_tree *t, uint32_t leaf,
			      enum mls_ratchet which, uint32_t *g, struct mls_message_key *k)
{
	uint32_t ahead;
	struct mls_message_key key;
	SR_TRY(mls_secret_tree_ahead(s, t, leaf, which, &ahead, &key));
	SR_TRY(mls_secret_tree_use(s, t, leaf, which, ahead));
	*g = ahead;
	*k = key;
	return sr_ok();
}

static void use(struct mls_secret_tree *t, uint32_t leaf, uint32_t generation)
{
	OK(mls_secret_tree_use(sodium, t, leaf, MLS_APPLICATION, generation));
}

static void reload(struct mls_secret_tree *t)
{
	struct arena a = {0};
	struct slice s = saved(t, &a);
	mls_secret_tree_release(t);
	OK(mls_secret_tree_load(&s, t));
	arena_release(&a);
}

/* Chance decides who sends, what arrives, and what is only looked at. */
enum { GENERATIONS = 24, LEAVES = 32 };

static void walk(const struct mls_suite *s, uint32_t leaves_n, size_t steps)
{
	static bool used[LEAVES][2][GENERATIONS];
	uint32_t next[LEAVES][2] = {{0}};
	struct mls_secret_tree t = new_tree(leaves_n);
	memset(used, 0, sizeof used);
	for (size_t i = 0; i < steps; i++) {
		if (i % 64 == 63)
			reload(&t);
		uint64_t r = test_random(&seed_now);
		uint32_t leaf = (uint32_t)(r % leaves_n), g = (uint32_t)(r >> 32) % GENERATIONS;
		enum mls_ratchet which = (r >> 16) & 1 ? MLS_HANDSHAKE : MLS_APPLICATION;
		struct mls_message_key k;
		if (used[leaf][which][g]) {
			FAILS(SR_E_STATE, mls_secret_tree_peek(s, &t, leaf, which, g, &k));
			FAILS(SR_E_STATE, mls_secret_tree_use(s, &t, leaf, which, g));
			continue;
		}
		check_key(s, &t, leaf, which, g);
		if ((r >> 17) % 4 == 0 && next[leaf][which] < GENERATIONS) {
			struct mls_message_key want =
				ref_key(s, leaves_n, leaf, which, next[leaf][which]);
			OK(next_key(s, &t, leaf, which, &g, &k));
			CHECK(g == next[leaf][which] && same(&k, &want), "generation %u", g);
		} else if ((r >> 17) % 4 == 1) {
			continue;
		} else {
			OK(mls_secret_tree_use(s, &t, leaf, which, g));
		}
		used[leaf][which][g] = true;
		if (g >= next[leaf][which])
			next[leaf][which] = g + 1;
	}
	mls_secret_tree_release(&t);
}

static void any_order_of_messages(void)
{
	for (size_t i = 0; i < 2; i++)
		for (uint32_t leaves_n = 1; leaves_n <= LEAVES; leaves_n *= 2)
			walk(both[i], leaves_n, test_rounds(800));
}

static void large_trees(void)
{
	for (uint32_t n = 1024; n <= 65536; n *= 64) {
		struct mls_secret_tree t = new_tree(n);
		for (uint32_t i = 0; i < 60; i++) {
			uint32_t leaf = i < 2 ? (n - 1) * i : (uint32_t)test_random(&seed_now) % n;
			check_key(sodium, &t, leaf, MLS_APPLICATION, 0);
			check_key(sodium, &t, leaf, MLS_HANDSHAKE, 1);
		}
		mls_secret_tree_release(&t);
	}
}

static void little_memory_while_nobody_speaks(void)
{
	struct arena a = {0};
	struct mls_secret_tree t = new_tree(1024);
	CHECK(guarded.len <= 4096, "%zu bytes", guarded.len);
	CHECK(saved(&t, &a).len == 4 + 4 + 4 + MLS_LEN, "%zu bytes", saved(&t, &a).len);
	mls_secret_tree_release(&t);
	CHECK(!t.store && !t.leaves_n, "not empty");
	arena_release(&a);
}

static void no_such_leaf(void)
{
	struct mls_secret_tree t = new_tree(4), none = {0};
	struct mls_message_key k;
	uint32_t g;
	for (unsigned bit = 2; bit < 32; bit++) {
		FAILS(SR_E_INPUT,
		      mls_secret_tree_peek(sodium, &t, 1U << bit, MLS_APPLICATION, 0, &k));
		FAILS(SR_E_INPUT, mls_secret_tree_use(sodium, &t, 1U << bit, MLS_APPLICATION, 0));
		FAILS(SR_E_INPUT, next_key(sodium, &t, 1U << bit, MLS_APPLICATION, &g, &k));
	}
	FAILS(SR_E_INPUT, mls_secret_tree_peek(sodium, &none, 0, MLS_APPLICATION, 0, &k));
	mls_secret_tree_release(&t);
	mls_secret_tree_release(&none);
}

/* 9.1: a limit on how far a message makes the ratchet move. */
static void too_far_ahead(void)
{
	struct arena a = {0};
	struct mls_secret_tree t = new_tree(2);
	struct mls_message_key k;
	use(&t, 1, 4);
	struct slice before = saved(&t, &a);
	const uint32_t far[] = {5 + MLS_FORWARD_MAX + 1, 1 << 16, UINT32_MAX - 1, UINT32_MAX};
	for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
		FAILS(SR_E_LIMIT, mls_secret_tree_peek(sodium, &t, 1, MLS_APPLICATION, far[i], &k));
		FAILS(SR_E_LIMIT, mls_secret_tree_use(sodium, &t, 1, MLS_APPLICATION, far[i]));
	}
	check_key(sodium, &t, 1, MLS_APPLICATION, 5 + MLS_FORWARD_MAX);
	CHECK(slice_eq(saved(&t, &a), before), "a peek changed the tree");
	use(&t, 1, 5 + MLS_FORWARD_MAX);
	check_key(sodium, &t, 1, MLS_APPLICATION, 6 + MLS_FORWARD_MAX);
	mls_secret_tree_release(&t);
	arena_release(&a);
}

static void oldest_skipped_key_goes_first(void)
{
	struct mls_secret_tree t = new_tree(2);
	struct mls_message_key k;
	OK(mls_secret_tree_use(sodium, &t, 0, MLS_HANDSHAKE, 3));
	use(&t, 0, MLS_SKIPPED_MAX);
	check_key(sodium, &t, 0, MLS_APPLICATION, 0);
	use(&t, 0, MLS_SKIPPED_MAX + 500);
	const uint32_t gone = 499; /* 1000 + 499 keys were skipped */
	for (uint32_t g = 0; g < gone; g += 83)
		FAILS(SR_E_STATE, mls_secret_tree_peek(sodium, &t, 0, MLS_APPLICATION, g, &k));
	FAILS(SR_E_STATE, mls_secret_tree_peek(sodium, &t, 0, MLS_APPLICATION, gone - 1, &k));
	check_key(sodium, &t, 0, MLS_APPLICATION, gone);
	check_key(sodium, &t, 0, MLS_APPLICATION, MLS_SKIPPED_MAX + 499);
	use(&t, 0, gone);
	use(&t, 0, MLS_SKIPPED_MAX + 502); /* one gone, one new: none is dropped */
	check_key(sodium, &t, 0, MLS_APPLICATION, gone + 1);
	for (uint32_t g = 0; g < 3; g++)
		check_key(sodium, &t, 0, MLS_HANDSHAKE, g);
	mls_secret_tree_release(&t);
}

/* A saved tree of one leaf whose application ratchet is about to end. */
static void the_last_generation_is_never_used(void)
{
	struct arena a = {0};
	struct mls_secret_tree t = new_tree(1);
	struct mls_message_key k;
	uint32_t g;
	use(&t, 0, 0);
	struct slice s = saved(&t, &a);
	uint8_t *bytes = arena_dup(&a, s.ptr, s.len);
	memcpy(bytes + s.len - MLS_LEN - 4, &(uint32_t){UINT32_MAX - 1}, 4);
	s.ptr = bytes;
	mls_secret_tree_release(&t);
	OK(mls_secret_tree_load(&s, &t));
	OK(next_key(sodium, &t, 0, MLS_APPLICATION, &g, &k));
	CHECK(g == UINT32_MAX - 1, "generation %u", g);
	g = 7;
	FAILS(SR_E_LIMIT, next_key(sodium, &t, 0, MLS_APPLICATION, &g, &k));
	CHECK(g == 7, "changed on failure");
	FAILS(SR_E_LIMIT, mls_secret_tree_peek(sodium, &t, 0, MLS_APPLICATION, UINT32_MAX, &k));
	FAILS(SR_E_LIMIT, mls_secret_tree_use(sodium, &t, 0, MLS_APPLICATION, UINT32_MAX));
	FAILS(SR_E_STATE, mls_secret_tree_peek(sodium, &t, 0, MLS_APPLICATION, UINT32_MAX - 1, &k));
	check_key(sodium, &t, 0, MLS_HANDSHAKE, 0);
	mls_secret_tree_release(&t);
	arena_release(&a);
}

static void forgery_costs_nothing(void)
{
	struct arena a = {0};
	struct mls_secret_tree t = new_tree(8);
	struct mls_message_key k;
	for (uint32_t leaf = 0; leaf < 8; leaf++)
		OK(mls_secret_tree_peek(sodium, &t, leaf, MLS_APPLICATION, 999, &k));
	struct slice before = saved(&t, &a);
	for (uint32_t leaf = 0; leaf < 8; leaf++)
		OK(mls_secret_tree_peek(sodium, &t, leaf, MLS_HANDSHAKE, leaf * 7, &k));
	CHECK(slice_eq(saved(&t, &a), before), "a peek changed the tree");
	for (uint32_t leaf = 0; leaf < 8; leaf++)
		check_key(sodium, &t, leaf, MLS_APPLICATION, leaf % 3);
	mls_secret_tree_release(&t);
	arena_release(&a);
}

static void clones_are_independent(void)
{
	struct arena a = {0};
	struct mls_secret_tree t = new_tree(4), c = {0}, none = {0};
	use(&t, 2, 3);
	OK(mls_secret_tree_clone(&t, &c));
	CHECK(slice_eq(saved(&t, &a), saved(&c, &a)), "a clone saves differently");
	use(&c, 2, 0);
	use(&c, 0, 0);
	check_key(sodium, &t, 2, MLS_APPLICATION, 0);
	check_key(sodium, &t, 0, MLS_APPLICATION, 0);
	mls_secret_tree_release(&t);
	check_key(sodium, &c, 1, MLS_APPLICATION, 5);
	mls_secret_tree_release(&c);
	OK(mls_secret_tree_clone(&none, &c));
	CHECK(!c.store, "a clone of nothing");
	arena_release(&a);
}

/* 9.2. Whether 16 bytes stand in the guarded block, or in what is saved. */

static bool contains(struct slice in, const uint8_t *what)
{
	for (size_t i = 0; i + 16 <= in.len; i++)
		if (memcmp(in.ptr + i, what, 16) == 0)
			return true;
	return false;
}

static void check_there(const struct mls_secret_tree *t, const uint8_t *what, bool there,
			const char *name)
{
	struct arena a = {0};
	CHECK((const uint8_t *)t->store == guarded.ptr, "another block");
	CHECK(contains(guarded, what) == there, "%s in the block", name);
	CHECK(contains(saved(t, &a), what) == there, "%s in what is saved", name);
	arena_release(&a);
}

static void used_secrets_are_gone(void)
{
	struct mls_secret_tree t = new_tree(4);
	struct mls_message_key k;
	uint8_t node[MLS_LEN], leaf[MLS_LEN], ratchet[4][MLS_LEN];
	uint32_t g;
	check_there(&t, root, true, "the root");
	for (uint32_t i = 0; i < 4; i++)
		ref_ratchet(4, 3, MLS_APPLICATION, i, ratchet[i]);
	use(&t, 3, 2);
	check_there(&t, root, false, "the root");
	ref_expand(root, "tree", SLICE_LIT("right"), node, MLS_LEN);
	check_there(&t, node, false, "the node above the leaf");
	ref_expand(root, "tree", SLICE_LIT("left"), node, MLS_LEN);
	check_there(&t, node, true, "the other half");
	ref_leaf(4, 3, leaf);
	check_there(&t, leaf, false, "the leaf");
	ref_leaf(4, 2, leaf);
	check_there(&t, leaf, true, "its neighbour");
	for (uint32_t i = 0; i < 4; i++)
		check_there(&t, ratchet[i], i == 3, "a ratchet's secret");
	for (uint32_t i = 0; i < 3; i++) {
		k = ref_key(sodium, 4, 3, MLS_APPLICATION, i);
		check_there(&t, k.key, i < 2, "a key");
		if (i < 2)
			use(&t, 3, i);
		check_there(&t, k.key, false, "a key that was used");
	}
	OK(next_key(sodium, &t, 3, MLS_APPLICATION, &g, &k));
	check_there(&t, ratchet[3], false, "a secret that was sent with");
	check_there(&t, k.key, false, "a key that was sent with");
	mls_secret_tree_release(&t);
}

/* Keys that were dropped, and what a block leaves behind that grows while it holds them. */
static void dropped_secrets_are_gone(void)
{
	struct mls_secret_tree t = new_tree(2);
	use(&t, 1, 1000);
	struct mls_message_key first = ref_key(sodium, 2, 1, MLS_APPLICATION, 0);
	check_there(&t, first.key, true, "the first key");
	use(&t, 1, 2000);
	check_there(&t, first.key, false, "the first key");
	for (uint32_t g = 1001; g < 2000; g++)
		use(&t, 1, g);
	for (uint32_t g = 1001; g < 2000; g += 111) {
		struct mls_message_key k = ref_key(sodium, 2, 1, MLS_APPLICATION, g);
		check_there(&t, k.key, false, "a key that was used");
	}
	struct mls_message_key kept = ref_key(sodium, 2, 1, MLS_APPLICATION, 2001);
	uint8_t head[MLS_LEN];
	ref_ratchet(2, 1, MLS_APPLICATION, 2001, head);
	check_there(&t, kept.key, false, "a key that nobody asked for");
	check_there(&t, head, true, "the ratchet");
	mls_secret_tree_release(&t);
}

/* draft-ietf-mls-extensions, Exported Secrets. */
static void exports_once(void)
{
	static const uint16_t components[] = {0, 1, 2, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff};
	struct arena a = {0};
	struct mls_secret_tree t = new_tree(MLS_EXPORTER_LEAVES), none = {0};
	uint8_t want[MLS_LEN], got[MLS_LEN];
	for (size_t i = 0; i < sizeof components / sizeof *components; i++) {
		OK(mls_secret_tree_export(sodium, &t, components[i], got));
		ref_leaf(MLS_EXPORTER_LEAVES, components[i], want);
		CHECK(memcmp(got, want, MLS_LEN) == 0, "component %u", components[i]);
		check_there(&t, want, false, "a secret that was exported");
		check_there(&t, root, false, "the root");
		memset(got, 9, sizeof got);
		FAILS(SR_E_STATE, mls_secret_tree_export(sodium, &t, components[i], got));
		CHECK(got[0] == 9 && got[31] == 9, "changed on failure");
	}
	struct slice s = saved(&t, &a);
	mls_secret_tree_release(&t);
	OK(mls_secret_tree_load(&s, &t));
	for (size_t i = 0; i < sizeof components / sizeof *components; i++)
		FAILS(SR_E_STATE, mls_secret_tree_export(sodium, &t, components[i], got));
	OK(mls_secret_tree_export(sodium, &t, 3, got));
	ref_leaf(MLS_EXPORTER_LEAVES, 3, want);
	CHECK(memcmp(got, want, MLS_LEN) == 0, "component 3");
	FAILS(SR_E_STATE, mls_secret_tree_export(sodium, &none, 0, got));
	mls_secret_tree_release(&t);
	arena_release(&a);
}

/* A tree with everything in it: nodes, ratchets that were moved, skipped keys. */
static struct mls_secret_tree full_tree(void)
{
	struct mls_secret_tree t = new_tree(16);
	use(&t, 3, 2);
	use(&t, 3, 1);
	use(&t, 9, 4);
	OK(mls_secret_tree_use(sodium, &t, 9, MLS_HANDSHAKE, 1));
	return t;
}

static void saved_and_loaded(void)
{
	struct arena a = {0};
	struct mls_secret_tree t = full_tree(), l = {0}, none = {0};
	struct slice before = saved(&t, &a), two = saved(&t, &a);
	OK(mls_secret_tree_load(&before, &l));
	CHECK(!before.len, "%zu bytes left", before.len);
	CHECK(slice_eq(saved(&l, &a), two), "saves differently");
	check_key(sodium, &l, 3, MLS_APPLICATION, 0);
	check_key(sodium, &l, 9, MLS_APPLICATION, 6);
	check_key(sodium, &l, 9, MLS_HANDSHAKE, 0);
	check_key(sodium, &l, 12, MLS_HANDSHAKE, 3);
	mls_secret_tree_release(&l);
	struct build b;
	build_init(&b, 0);
	mls_secret_tree_save(&none, &b);
	mls_secret_tree_save(&t, &b);
	OK(build_done(&b, &two));
	OK(mls_secret_tree_load(&two, &l));
	CHECK(!l.store && !l.leaves_n, "nothing became something");
	OK(mls_secret_tree_load(&two, &l));
	CHECK(!two.len && l.leaves_n == 16, "two trees, one behind the other");
	mls_secret_tree_release(&l);
	mls_secret_tree_release(&t);
	build_release(&b);
	arena_release(&a);
}

static void damaged_trees(void)
{
	struct arena a = {0};
	struct mls_secret_tree t = full_tree(), l = {0};
	struct slice whole = saved(&t, &a);
	mls_secret_tree_release(&t);
	for (size_t len = 0; len < whole.len; len++) {
		struct slice s = slice_sub(whole, 0, len);
		FAILS(SR_E_INPUT, mls_secret_tree_load(&s, &l));
		CHECK(s.len == len && !l.store, "changed on failure");
	}
	uint8_t *bytes = arena_dup(&a, whole.ptr, whole.len);
	size_t refused = 0, taken = 0;
	for (size_t bit = 0; bit < 8 * whole.len; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct slice s = slice_make(bytes, whole.len), rest = s;
		struct arena scratch = {0};
		struct sr_err e = mls_secret_tree_load(&rest, &l);
		if (sr_bad(e)) {
			refused++;
			CHECK(e.code == SR_E_INPUT, "bit %zu: %s", bit, e.what);
		} else {
			taken++;
			s.len -= rest.len;
			CHECK(slice_eq(saved(&l, &scratch), s), "bit %zu: other bytes", bit);
			mls_secret_tree_release(&l);
		}
		arena_release(&scratch);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CHECK(refused && taken > (size_t)8 * MLS_LEN, "%zu refused, %zu taken", refused, taken);
	arena_release(&a);
}

/* Trees put together by hand: n items, then per item a place and, from bit 31 on, a generation. */
#define R(leaf, which) (UINT32_C(1) << 31 | (leaf) << 2 | (which) << 1)
#define H(leaf, which) (R(leaf, which) | 1)
static const struct {
	const char *why;
	bool good;
	uint32_t leaves_n, n;
	uint32_t items[6][2];
} made[] = {
	{"nothing left of a tree", true, 65536, 0, {{0}}},
	{"the root", true, 4, 1, {{3, 0}}},
	{"both halves", true, 4, 2, {{1, 0}, {5, 0}}},
	{"a half and a quarter", true, 4, 2, {{1, 0}, {6, 0}}},
	{"ratchets", true, 4, 3, {{5, 0}, {H(1, 0), 0}, {H(1, 1), UINT32_MAX}}},
	{"a skipped key", true, 4, 3, {{R(1, 0), 2}, {H(1, 0), 3}, {H(1, 1), 0}}},
	{"no tree with a node", false, 0, 1, {{0, 0}}},
	{"three leaves", false, 3, 1, {{1, 0}}},
	{"too many leaves", false, 131072, 1, {{1, 0}}},
	{"2^31 leaves", false, UINT32_C(1) << 31, 1, {{1, 0}}},
	{"more items than there are", false, 4, UINT32_MAX, {{1, 0}, {5, 0}}},
	{"a node beyond the tree", false, 4, 1, {{7, 0}}},
	{"the same node twice", false, 4, 2, {{1, 0}, {1, 0}}},
	{"nodes in another order", false, 4, 2, {{5, 0}, {1, 0}}},
	{"a node below the one before", false, 4, 2, {{1, 0}, {2, 0}}},
	{"a node below the next", false, 4, 2, {{0, 0}, {1, 0}}},
	{"a leaf below the root", false, 4, 2, {{3, 0}, {6, 0}}},
	{"a ratchet below a node", false, 4, 3, {{1, 0}, {H(1, 0), 0}, {H(1, 1), 0}}},
	{"one ratchet", false, 4, 1, {{H(1, 0), 0}}},
	{"the other ratchet", false, 4, 1, {{H(1, 1), 0}}},
	{"ratchets of two leaves", false, 4, 2, {{H(1, 1), 0}, {H(2, 0), 0}}},
	{"a ratchet twice", false, 4, 3, {{H(1, 0), 0}, {H(1, 0), 1}, {H(1, 1), 0}}},
	{"a ratchet beyond the tree", false, 4, 2, {{H(4, 0), 0}, {H(4, 1), 0}}},
	{"a skipped key alone", false, 4, 1, {{R(1, 0), 0}}},
	{"a skipped key behind", false, 4, 3, {{H(1, 0), 1}, {H(1, 1), 0}, {R(2, 0), 0}}},
	{"a skipped key to come", false, 4, 3, {{R(1, 0), 3}, {H(1, 0), 3}, {H(1, 1), 0}}},
	{"a skipped key twice",
	 false,
	 4,
	 4,
	 {{R(1, 0), 2}, {R(1, 0), 2}, {H(1, 0), 3}, {H(1, 1), 0}}},
	{"skipped keys in another order",
	 false,
	 4,
	 4,
	 {{R(1, 0), 2}, {R(1, 0), 1}, {H(1, 0), 3}, {H(1, 1), 0}}},
	{"a skipped key of the other ratchet",
	 false,
	 4,
	 3,
	 {{H(1, 0), 3}, {R(1, 1), 2}, {H(2, 1), 3}}},
};

static void put_item(struct build *b, uint32_t place, uint32_t generation)
{
	static const uint8_t bytes[sizeof(struct mls_message_key)] = {5};
	build_u32(b, place);
	if (place >> 31)
		build_u32(b, generation);
	build_bytes(b, bytes, place >> 31 && !(place & 1) ? sizeof bytes : MLS_LEN);
}

static void trees_made_by_hand(void)
{
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		struct build b;
		struct slice s, all;
		struct arena a = {0};
		struct mls_secret_tree t = {0};
		build_init(&b, 0);
		build_u32(&b, made[i].leaves_n);
		build_u32(&b, made[i].n);
		for (uint32_t j = 0; j < made[i].n && j < 6; j++)
			put_item(&b, made[i].items[j][0], made[i].items[j][1]);
		OK(build_done(&b, &s));
		all = s;
		struct sr_err e = mls_secret_tree_load(&s, &t);
		CHECK(e.code == (made[i].good ? SR_OK : SR_E_INPUT), "%s: %s", made[i].why, e.what);
		CHECK(!made[i].good || slice_eq(saved(&t, &a), all), "%s: saved", made[i].why);
		mls_secret_tree_release(&t);
		build_release(&b);
		arena_release(&a);
	}
}

/* Members who work together, each within its own limit, cannot make us keep keys without end. */
static void too_many_skipped_keys_in_all(void)
{
	enum { FULL = MLS_SKIPPED_TREE_MAX / MLS_SKIPPED_MAX };
	const uint32_t rest = MLS_SKIPPED_TREE_MAX - FULL * MLS_SKIPPED_MAX;
	struct arena a = {0};
	struct mls_secret_tree t = new_tree(32), c;
	struct mls_message_key k;
	for (uint32_t leaf = 0; leaf < FULL; leaf++)
		use(&t, leaf, MLS_SKIPPED_MAX);
	FAILS(SR_E_LIMIT, mls_secret_tree_peek(sodium, &t, 30, MLS_HANDSHAKE, rest + 1, &k));
	FAILS(SR_E_LIMIT, mls_secret_tree_use(sodium, &t, 30, MLS_HANDSHAKE, rest + 1));
	use(&t, 31, rest);
	reload(&t);
	struct slice before = saved(&t, &a);
	OK(mls_secret_tree_clone(&t, &c));
	struct mls_secret_tree *full[] = {&t, &c};
	for (int i = 0; i < 2; i++) {
		FAILS(SR_E_LIMIT,
		      mls_secret_tree_peek(sodium, full[i], 30, MLS_APPLICATION, 1, &k));
		FAILS(SR_E_LIMIT, mls_secret_tree_use(sodium, full[i], 30, MLS_APPLICATION, 1));
		FAILS(SR_E_LIMIT, mls_secret_tree_use(sodium, full[i], 3, MLS_HANDSHAKE, 1));
		CHECK(slice_eq(saved(full[i], &a), before), "a refusal changed tree %d", i);
		/* What comes in order, or was kept, is read as ever, and makes room. */
		use(full[i], 30, 0);
		use(full[i], 3, MLS_SKIPPED_MAX + 1);
		use(full[i], 3, 500);
		use(full[i], 30, 2);
		FAILS(SR_E_LIMIT, mls_secret_tree_use(sodium, full[i], 29, MLS_HANDSHAKE, 1));
		mls_secret_tree_release(full[i]);
	}
	arena_release(&a);
}

/* too_many_saved: a tree that we would not have kept is none. */
static void too_many_saved(void)
{
	for (uint32_t more = 0; more < 2; more++) {
		struct build b;
		struct slice s;
		struct mls_secret_tree t = {0};
		build_init(&b, 0);
		build_u32(&b, 32);
		build_u32(&b, MLS_SKIPPED_TREE_MAX + more + 2 * 32);
		for (uint32_t leaf = 0, left = MLS_SKIPPED_TREE_MAX + more; leaf < 32; leaf++) {
			uint32_t n = left < MLS_SKIPPED_MAX ? left : MLS_SKIPPED_MAX;
			for (uint32_t g = 0; g < n; g++)
				put_item(&b, R(leaf, 0), g);
			put_item(&b, H(leaf, 0), n);
			put_item(&b, H(leaf, 1), 0);
			left -= n;
		}
		OK(build_done(&b, &s));
		CHECK(mls_secret_tree_load(&s, &t).code == (more ? SR_E_INPUT : SR_OK), "%u", more);
		mls_secret_tree_release(&t);
		build_release(&b);
	}
}

static void too_many_skipped_keys(void)
{
	for (uint32_t more = 0; more < 2; more++) {
		struct build b;
		struct slice s;
		struct mls_secret_tree t = {0};
		uint32_t n = MLS_SKIPPED_MAX + more;
		build_init(&b, 0);
		build_u32(&b, 1);
		build_u32(&b, n + 3);
		put_item(&b, R(0, 0), 4);
		put_item(&b, H(0, 0), 5);
		for (uint32_t g = 0; g < n; g++)
			put_item(&b, R(0, 1), 2 * g);
		put_item(&b, H(0, 1), 2 * n);
		OK(build_done(&b, &s));
		CHECK(mls_secret_tree_load(&s, &t).code == (more ? SR_E_INPUT : SR_OK), "%u", n);
		mls_secret_tree_release(&t);
		build_release(&b);
	}
}

/* Memory of both kinds runs out at every place, and the same call works afterwards. */

enum { PEEK, NEXT, USE, EXPORT, CLONE, LOAD, ACTS };

static struct sr_err act(int what, struct mls_secret_tree *t, struct slice bytes,
			 struct mls_secret_tree *out, struct mls_message_key *k)
{
	uint32_t g;
	switch (what) {
	case PEEK:
		return mls_secret_tree_peek(sodium, t, 3, MLS_APPLICATION, 5, k);
	case NEXT:
		return next_key(sodium, t, 3, MLS_APPLICATION, &g, k);
	case USE:
		return mls_secret_tree_use(sodium, t, 3, MLS_APPLICATION, 200);
	case EXPORT:
		return mls_secret_tree_export(sodium, t, 9, k->key);
	case CLONE:
		return mls_secret_tree_clone(t, out);
	default:
		return mls_secret_tree_load(&bytes, out);
	}
}

/* act_without lets the n-th request for memory fail; false if there was none. */
static bool act_without(int what, bool spoken, bool guard, size_t n)
{
	struct mls_secret_tree t = new_tree(16), out = {0};
	struct mls_message_key k = {0}, none = {0};
	struct arena a = {0};
	if (spoken)
		check_key(sodium, &t, 3, MLS_HANDSHAKE, 0);
	struct slice before = saved(&t, &a);
	guarded_failed = false;
	guarded_countdown = guard ? n : 0;
	test_alloc_fail_at(guard ? 0 : n);
	struct sr_err e = act(what, &t, before, &out, &k);
	bool failed = guard ? guarded_failed : test_alloc_failed();
	guarded_countdown = 0;
	test_alloc_fail_at(0);
	CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "%d at %zu: %s", what, n, e.what);
	if (failed) {
		CHECK(!out.store && same(&k, &none), "%d at %zu: an output changed", what, n);
		CHECK(!spoken || slice_eq(saved(&t, &a), before), "%d at %zu: changed", what, n);
		check_key(sodium, &t, 3, MLS_APPLICATION, 0);
	}
	mls_secret_tree_release(&t);
	mls_secret_tree_release(&out);
	arena_release(&a);
	return failed;
}

static void out_of_memory(void)
{
	size_t failures[2] = {0};
	for (int i = 0; i < 4 * ACTS; i++)
		for (size_t n = 1; act_without(i / 4, i & 1, i & 2, n); n++)
			failures[i / 2 % 2]++;
	CHECK(failures[0] > 100 && failures[1] >= 4, "%zu and %zu", failures[0], failures[1]);
}

static void in_lent_room(void)
{
	alignas(uint32_t) uint8_t room[MLS_SECRET_TREE_ROOM];
	static const uint8_t wiped[MLS_SECRET_TREE_ROOM];
	struct arena a = {0};
	struct mls_secret_tree t, c, own = new_tree(8);
	size_t blocks = guarded_n;
	memset(room, 0xff, sizeof room);
	mls_secret_tree_init(&t, 8, root, room);
	/* The last of these does not fit in any more. */
	static const uint32_t generations[] = {0, 3, 200};
	for (size_t i = 0; i < sizeof generations / sizeof *generations; i++) {
		CHECK(guarded_n == blocks && memcmp(room, wiped, sizeof room) != 0, "%zu", i);
		use(&t, 5, generations[i]);
		use(&own, 5, generations[i]);
		CHECK(slice_eq(saved(&t, &a), saved(&own, &a)), "%zu", i);
		blocks = guarded_n;
	}
	CHECK(!memcmp(room, wiped, sizeof room), "what was left behind");
	mls_secret_tree_release(&t);
	mls_secret_tree_init(&t, 8, root, room);
	use(&t, 5, 0);
	OK(mls_secret_tree_clone(&t, &c));
	mls_secret_tree_release(&t);
	CHECK(!memcmp(room, wiped, sizeof room), "what was released");
	check_key(sodium, &c, 5, MLS_APPLICATION, 1);
	mls_secret_tree_release(&c);
	mls_secret_tree_release(&own);
	arena_release(&a);
}

static void nothing_is_left(void)
{
	CHECK(guarded_n == 0, "%zu guarded blocks", guarded_n);
}

int main(void)
{
	if (sr_bad(crypto_init()))
		return 1;
	test_run("any order of messages", any_order_of_messages);
	test_run("large trees", large_trees);
	test_run("little memory while nobody speaks", little_memory_while_nobody_speaks);
	test_run("no such leaf", no_such_leaf);
	test_run("too far ahead", too_far_ahead);
	test_run("the oldest skipped key goes first", oldest_skipped_key_goes_first);
	test_run("the last generation is never used", the_last_generation_is_never_used);
	test_run("forgery costs nothing", forgery_costs_nothing);
	test_run("clones are independent", clones_are_independent);
	test_run("used secrets are gone", used_secrets_are_gone);
	test_run("dropped secrets are gone", dropped_secrets_are_gone);
	test_run("exports once", exports_once);
	test_run("saved and loaded", saved_and_loaded);
	test_run("damaged trees", damaged_trees);
	test_run("trees made by hand", trees_made_by_hand);
	test_run("too many skipped keys", too_many_skipped_keys);
	test_run("too many skipped keys in all", too_many_skipped_keys_in_all);
	test_run("too many skipped keys saved", too_many_saved);
	test_run("out of memory", out_of_memory);
	test_run("in lent room", in_lent_room);
	test_run("nothing is left", nothing_is_left);
	return test_done();
}
