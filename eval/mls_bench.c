/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_bench.h"

#include "crypto.h"
#include "mls_count.h"
#include "mls_group.h"
#include "subrosa-mls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGES = 2000, BEFORE = 50, TEXT_LEN = 1024, NAME_LEN = 24 };

static const struct sr_mls_data group_id = {(const uint8_t *)"subrosa-mls-group", 17};
static const struct sr_mls_settings settings = {.padding = 1, .public_handshake = true};

struct client {
	struct sr_mls_client self;
	char name[NAME_LEN];
	struct sr_mls_key_package key_package;
	uint8_t leaf[MLS_LEN]; /* private key */
};

struct mls_bench {
	uint32_t n;
	struct sr_mls_platform platform;
	uint8_t seed[CRYPTO_KEY_LEN];
	uint64_t drawn; /* words */
	struct client *clients;
	struct sr_mls_proposal *adds; /* of client 1 and those behind it */
	struct sr_mls_group *first, *last;
	struct sr_mls_bytes welcome; /* of the last */
	struct sr_mls_bytes wires[BEFORE + MESSAGES];
	uint8_t text[TEXT_LEN];
};

static clockid_t clock_used = CLOCK_MONOTONIC;

static double now_s(void)
{
	struct timespec t;
	(void)clock_gettime(clock_used, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(bool ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "mls: %s\n", what);
		exit(2);
	}
}

static void must(struct sr_err e)
{
	check(!sr_bad(e), e.what);
}

static void *room(size_t n, size_t size)
{
	void *p = calloc(n, size);
	check(p != NULL, "out of memory");
	return p;
}

/* ---- The world ---- */

static struct sr_err draw(void *user, uint8_t *out, size_t len)
{
	struct mls_bench *b = user;
	uint32_t words[CRYPTO_KEY_LEN / 4];
	for (size_t take; len; out += take, len -= take) {
		take = len < sizeof words ? len : sizeof words;
		crypto_stream_words(b->seed, b->drawn, sizeof words / 4, words);
		b->drawn += sizeof words / 4;
		memcpy(out, words, take);
	}
	return sr_ok();
}

static int64_t noon(void *user)
{
	(void)user;
	return 1790000000;
}

static struct sr_mls_data data_of(const struct sr_mls_bytes *b)
{
	return (struct sr_mls_data){b->ptr, b->len};
}

static void client_make(struct mls_bench *b, uint32_t i)
{
	struct client *c = &b->clients[i];
	struct mls_key_secrets secrets;
	(void)snprintf(c->name, sizeof c->name, "member-%08u", i);
	c->self.suite = SR_MLS_SUITE_3;
	c->self.credential.type = SR_MLS_BASIC;
	c->self.credential.identity =
		(struct sr_mls_data){(const uint8_t *)c->name, strlen(c->name)};
	must(draw(b, c->self.signature_seed, SR_MLS_LEN));
	must(sr_mls_key_package_make(&b->platform, &c->self, 86400, &c->key_package));
	must(mls_key_secrets_read(
		slice_make(c->key_package.secrets.ptr, c->key_package.secrets.len), &secrets));
	memcpy(c->leaf, secrets.leaf.ptr, MLS_LEN);
	if (i)
		b->adds[i - 1] = (struct sr_mls_proposal){
			.kind = SR_MLS_ADD, .key_package = data_of(&c->key_package.message)};
}

static struct sr_mls_group *create(struct mls_bench *b)
{
	struct sr_mls_group *g;
	must(sr_mls_create(&b->platform, &b->clients[0].self, &settings, group_id, NULL, 0, &g));
	return g;
}

/* add stages a commit that adds clients from .. to - 1. */
static void add(struct mls_bench *b, struct sr_mls_group *g, uint32_t from, uint32_t to,
		struct sr_mls_commit_out *out)
{
	const struct sr_mls_commit_options o = {
		.proposals = &b->adds[from - 1], .proposals_n = to - from, .no_path = true};
	must(sr_mls_commit(g, &o, out));
}

static struct sr_mls_group *join(const struct mls_bench *b, const struct sr_mls_bytes *welcome)
{
	struct sr_mls_group *g;
	struct sr_mls_data secrets = data_of(&b->clients[b->n - 1].key_package.secrets);
	const struct sr_mls_join_options o = {
		.secrets = &secrets, .secrets_n = 1, .settings = settings};
	must(sr_mls_join(&b->platform, data_of(welcome), &o, NULL, &g));
	return g;
}

static void update(struct sr_mls_group *g, struct sr_mls_commit_out *out)
{
	must(sr_mls_commit(g, &(struct sr_mls_commit_options){0}, out));
}

static void receive(struct sr_mls_group *g, const struct sr_mls_bytes *message)
{
	struct sr_mls_event e;
	must(sr_mls_receive(g, data_of(message), &e));
	must(sr_mls_merge(g, false));
	sr_mls_event_free(&e);
}

static void check_equal(const struct sr_mls_group *g, const struct sr_mls_group *h)
{
	struct sr_mls_facts a, b;
	sr_mls_facts(g, &a);
	sr_mls_facts(h, &b);
	check(a.epoch == b.epoch && a.members_n == b.members_n &&
		      !memcmp(a.authenticator.ptr, b.authenticator.ptr, SR_MLS_LEN),
	      "two members do not see the same group");
}

/* ---- The tree ---- */

/* act makes a state that of another member, who knows no key but its leaf's. */
static void act(struct sr_mls_group *g, uint32_t leaf, const struct client *c)
{
	struct mls_vault *v = g->now->vault;
	g->now->own = leaf;
	memset(&v->keys, 0, sizeof v->keys);
	mls_keys_set(&v->keys, 2 * leaf, c->leaf);
	memcpy(v->seed, c->self.signature_seed, MLS_LEN);
}

static void update_alone(struct sr_mls_group *g)
{
	struct sr_mls_commit_out out = {0};
	update(g, &out);
	must(sr_mls_merge(g, true));
	sr_mls_commit_out_free(&out);
}

/* populate makes the group of all but the last, and every second leaf commits: first those whose
 * paths part near the root, since commits are for single leaves where parents are blank. */
static void populate(struct mls_bench *b)
{
	struct sr_mls_commit_out out = {0};
	b->first = create(b);
	memcpy(b->clients[0].leaf, mls_keys_find(&b->first->now->vault->keys, 0), MLS_LEN);
	if (b->n == 2)
		return;
	add(b, b->first, 1, b->n - 1, &out);
	must(sr_mls_merge(b->first, true));
	sr_mls_commit_out_free(&out);
	for (uint32_t step = b->first->now->tree.leaves_n / 2; step > 1; step /= 2)
		for (uint32_t i = step; i < b->n - 1; i += 2 * step) {
			act(b->first, i, &b->clients[i]);
			update_alone(b->first);
		}
	act(b->first, 0, &b->clients[0]);
	update_alone(b->first);
}

/* invite adds the last, whose Welcome is kept; then it and leaf 0 commit once each. */
static void invite(struct mls_bench *b)
{
	struct sr_mls_commit_out out = {0};
	add(b, b->first, b->n - 1, b->n, &out);
	must(sr_mls_merge(b->first, true));
	b->welcome = out.welcome;
	out.welcome = (struct sr_mls_bytes){0};
	b->last = join(b, &b->welcome);
	sr_mls_commit_out_free(&out);
	struct sr_mls_group *turns[] = {b->last, b->first, b->last};
	for (int i = 0; i < 2; i++) {
		update(turns[i], &out);
		receive(turns[i + 1], &out.commit);
		must(sr_mls_merge(turns[i], true));
		sr_mls_commit_out_free(&out);
		check_equal(b->first, b->last);
	}
}

/* filled counts the parents of a tree that are not blank. */
static uint32_t filled(const struct mls_tree *t)
{
	uint32_t n = 0;
	for (uint32_t x = 1; x < mls_math_width(t->leaves_n); x += 2)
		n += t->nodes[x] != NULL;
	return n;
}

struct mls_bench *mls_bench_open(uint32_t n, uint64_t seed, clockid_t clock)
{
	clock_used = clock;
	struct mls_bench *b = room(1, sizeof *b);
	b->n = n;
	b->platform = (struct sr_mls_platform){draw, noon, NULL, b};
	memcpy(b->seed, &seed, sizeof seed);
	b->clients = room(n, sizeof *b->clients);
	b->adds = room(n, sizeof *b->adds);
	for (uint32_t i = 0; i < n; i++)
		client_make(b, i);
	must(draw(b, b->text, TEXT_LEN));
	populate(b);
	invite(b);
	check(filled(&b->first->now->tree) == n - 1, "the tree is not filled");
	return b;
}

size_t mls_bench_close(struct mls_bench *b)
{
	mls_count_begin();
	sr_mls_close(b->first);
	size_t bytes = mls_count_end();
	sr_mls_close(b->last);
	sr_mls_free(&b->welcome);
	for (uint32_t i = 0; i < b->n; i++)
		sr_mls_key_package_free(&b->clients[i].key_package);
	free(b->clients);
	free(b->adds);
	free(b);
	return bytes;
}

/* ---- What is timed ---- */

static double run_create(struct mls_bench *b)
{
	struct sr_mls_commit_out out = {0};
	double start = now_s();
	struct sr_mls_group *g = create(b);
	add(b, g, 1, b->n, &out);
	double s = now_s() - start;
	must(sr_mls_merge(g, true));
	struct sr_mls_group *last = join(b, &out.welcome);
	check_equal(g, last);
	sr_mls_close(last);
	sr_mls_close(g);
	sr_mls_commit_out_free(&out);
	return s;
}

static double run_welcome(struct mls_bench *b)
{
	double start = now_s();
	struct sr_mls_group *g = join(b, &b->welcome);
	double s = now_s() - start;
	sr_mls_close(g);
	return s;
}

static void run_update(struct mls_bench *b, double *create_s, double *process_s)
{
	struct sr_mls_commit_out out = {0};
	double start = now_s();
	update(b->first, &out);
	*create_s = now_s() - start;
	start = now_s();
	receive(b->last, &out.commit);
	*process_s = now_s() - start;
	must(sr_mls_merge(b->first, true));
	check_equal(b->first, b->last);
	sr_mls_commit_out_free(&out);
}

static double run_protect(struct mls_bench *b)
{
	const struct sr_mls_data text = {b->text, TEXT_LEN}, none = {0};
	double start = 0;
	for (size_t i = 0; i < BEFORE + MESSAGES; i++) {
		if (i == BEFORE)
			start = now_s();
		must(sr_mls_protect(b->first, none, text, &b->wires[i]));
	}
	return (now_s() - start) / MESSAGES;
}

static double run_unprotect(struct mls_bench *b)
{
	double start = 0;
	for (size_t i = 0; i < BEFORE + MESSAGES; i++) {
		struct sr_mls_event e;
		if (i == BEFORE)
			start = now_s();
		must(sr_mls_receive(b->last, data_of(&b->wires[i]), &e));
		check(e.data.len == TEXT_LEN && !memcmp(e.data.ptr, b->text, TEXT_LEN),
		      "a message says something else");
		sr_mls_event_free(&e);
	}
	double s = (now_s() - start) / MESSAGES;
	for (size_t i = 0; i < BEFORE + MESSAGES; i++)
		sr_mls_free(&b->wires[i]);
	return s;
}

void mls_bench_run(struct mls_bench *b, double s[MLS_BENCH_TIMES])
{
	s[MLS_BENCH_CREATE] = run_create(b);
	s[MLS_BENCH_WELCOME] = run_welcome(b);
	run_update(b, &s[MLS_BENCH_UPDATE_CREATE], &s[MLS_BENCH_UPDATE_PROCESS]);
	s[MLS_BENCH_PROTECT] = run_protect(b);
	s[MLS_BENCH_UNPROTECT] = run_unprotect(b);
}

/* ---- What cannot be saved ---- */

enum op { SIGN, VERIFY, BASE, DH, OPS };

static void operate(enum op op)
{
	const struct mls_suite *s = &mls_suite_sodium;
	static const uint8_t seed[MLS_LEN] = {1};
	static uint8_t pub[MLS_LEN], point[MLS_LEN], shared[MLS_LEN], signature[MLS_SIGNATURE_LEN];
	switch (op) {
	case SIGN:
		must(s->sign(seed, pub, SLICE_LIT("a text"), signature));
		return;
	case VERIFY:
		must(s->verify(pub, SLICE_LIT("a text"), slice_make(signature, sizeof signature)));
		return;
	case BASE:
		must(s->dh_public(seed, point));
		return;
	case DH:
		must(s->dh(seed, point, shared));
		return;
	case OPS:
		must(s->sign_public(seed, pub));
		return;
	}
}

/* measure_ops gives the seconds of each, the best of a few times. */
static void measure_ops(double s[OPS])
{
	enum { TIMES = 100, BEST_OF = 9 };
	operate(OPS);
	for (int op = 0; op < OPS; op++)
		for (int k = 0; k < BEST_OF; k++) {
			double start = now_s();
			for (int i = 0; i < TIMES; i++)
				operate((enum op)op);
			double each = (now_s() - start) / TIMES;
			s[op] = !k || each < s[op] ? each : s[op];
		}
}

void mls_bench_least(const struct mls_bench *b, double s[MLS_BENCH_TIMES])
{
	double op[OPS], cores = 1, levels = 0, n = b->n, others = n - 1;
	measure_ops(op);
	double derive = op[BASE], seal = op[BASE] + op[DH];
	if (clock_used == CLOCK_MONOTONIC)
		cores = (double)sysconf(_SC_NPROCESSORS_ONLN);
	for (uint32_t leaves = 1; leaves < b->n; leaves *= 2)
		levels++;
	s[MLS_BENCH_CREATE] = others * (2 * op[VERIFY] + seal) + 3 * op[SIGN] + derive;
	s[MLS_BENCH_WELCOME] = n * op[VERIFY] / cores + op[VERIFY] + op[DH];
	s[MLS_BENCH_UPDATE_CREATE] = levels * (derive + seal) + derive + 2 * op[SIGN];
	s[MLS_BENCH_UPDATE_PROCESS] = 2 * op[VERIFY] + op[DH] + derive;
	s[MLS_BENCH_PROTECT] = op[SIGN];
	s[MLS_BENCH_UNPROTECT] = op[VERIFY];
}
