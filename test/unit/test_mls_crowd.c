/* SPDX-License-Identifier: Apache-2.0 */
/* A group of three hundred, all of them here: members come, go and change their keys as a seed has
 * it, messages come late, and after every commit all see the same group. */
#include "crypto.h"
#include "subrosa-mls.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { FOUNDERS = 300, CROWD = 360, ROUNDS = 8, PAST = 2, COMING = 4 };

#define OK(expr) ok((expr), #expr, __LINE__)
static bool ok(struct sr_err e, const char *expr, int line)
{
	return test_check(!sr_bad(e), __FILE__, line, expr, "%s", e.what ? e.what : "");
}

/* One of the crowd: number i, who is there while group is not NULL. */
struct one {
	char name[8];
	struct sr_mls_client client;
	struct sr_mls_key_package package;
	struct sr_mls_group *group;
};
static struct one crowd[CROWD];
static size_t crowd_n; /* who ever came */
static uint64_t seed;

static struct sr_err give_random(void *user, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(test_random(user) >> 32);
	return sr_ok();
}

static int64_t tell_time(void *user)
{
	(void)user;
	return 1800000000;
}

static const struct sr_mls_platform platform = {give_random, tell_time, NULL, &seed};
static const struct sr_mls_settings settings = {.past_n = PAST};

static struct sr_mls_data in(struct sr_mls_bytes b)
{
	return (struct sr_mls_data){b.ptr, b.len};
}

static uint32_t leaf_of(const struct one *m)
{
	struct sr_mls_facts f;
	sr_mls_facts(m->group, &f);
	return f.own_leaf;
}

/* new_one is somebody who is not there yet. */
static struct one *new_one(void)
{
	struct one *m = &crowd[crowd_n++];
	CHECK(crowd_n <= CROWD, "too many for the table");
	(void)snprintf(m->name, sizeof m->name, "m%zu", crowd_n);
	m->client.suite = SR_MLS_SUITE_3;
	m->client.credential = (struct sr_mls_credential){
		.type = SR_MLS_BASIC, .identity = {(const uint8_t *)m->name, strlen(m->name)}};
	(void)give_random(&seed, m->client.signature_seed, SR_MLS_LEN);
	return m;
}

static struct sr_mls_proposal add(struct one *m)
{
	OK(sr_mls_key_package_make(&platform, &m->client, 1000, &m->package));
	return (struct sr_mls_proposal){.kind = SR_MLS_ADD, .key_package = in(m->package.message)};
}

/* any gives a member, another one than those two (NULL: nobody). */
static struct one *any(const struct one *but, const struct one *nor)
{
	for (;;) {
		struct one *m = &crowd[test_random(&seed) % crowd_n];
		if (m->group && m != but && m != nor)
			return m;
	}
}

/* merge lets a member merge, or go if it is removed. */
static void merge(struct one *m, bool own)
{
	struct sr_mls_staged staged;
	if (!CHECK(sr_mls_staged(m->group, own, &staged), "%s has nothing staged", m->name))
		return;
	if (!staged.removes_us) {
		OK(sr_mls_merge(m->group, own));
		return;
	}
	sr_mls_close(m->group);
	m->group = NULL;
}

/* hear gives everybody but one a message. */
static void hear(const struct one *from, struct sr_mls_data message, enum sr_mls_event_kind kind)
{
	for (size_t i = 0; i < crowd_n; i++) {
		struct sr_mls_event e = {0};
		if (!crowd[i].group || &crowd[i] == from)
			continue;
		if (OK(sr_mls_receive(crowd[i].group, message, &e)))
			CHECK(e.kind == kind, "%s got %d", crowd[i].name, (int)e.kind);
		sr_mls_event_free(&e);
	}
}

static void follow(const struct one *by, struct sr_mls_data commit)
{
	hear(by, commit, SR_MLS_GOT_COMMIT);
	for (size_t i = 0; i < crowd_n; i++)
		if (crowd[i].group && &crowd[i] != by)
			merge(&crowd[i], false);
}

/* settle takes a commit to everybody, and its Welcome to who was waiting for that. */
static void settle(struct one *by, const struct sr_mls_commit_options *options)
{
	struct sr_mls_commit_out out = {0};
	OK(sr_mls_commit(by->group, options, &out));
	follow(by, in(out.commit));
	merge(by, true);
	for (size_t i = 0; i < crowd_n; i++) {
		struct one *m = &crowd[i];
		struct sr_mls_data secrets = in(m->package.secrets);
		struct sr_mls_join_options join = {
			.secrets = &secrets, .secrets_n = 1, .settings = settings};
		if (!secrets.len)
			continue;
		OK(sr_mls_join(&platform, in(out.welcome), &join, NULL, &m->group));
		sr_mls_key_package_free(&m->package);
	}
	sr_mls_commit_out_free(&out);
}

static void agree(const char *after, size_t n)
{
	struct sr_mls_facts first = {0}, f;
	size_t here = 0;
	for (size_t i = 0; i < crowd_n; i++) {
		if (!crowd[i].group)
			continue;
		sr_mls_facts(crowd[i].group, &f);
		first = here++ ? first : f;
		CHECK(f.epoch == first.epoch &&
			      !memcmp(f.authenticator.ptr, first.authenticator.ptr, SR_MLS_LEN),
		      "%s sees another group after %s", crowd[i].name, after);
	}
	CHECK(here == n && first.members_n == n, "%zu of %zu are here, %u members", here, n,
	      first.members_n);
}

static void found(void)
{
	static struct sr_mls_proposal adds[FOUNDERS - 1];
	struct one *first = new_one();
	OK(sr_mls_create(&platform, &first->client, &settings,
			 (struct sr_mls_data){(const uint8_t *)"crowd", 5}, NULL, 0,
			 &first->group));
	for (size_t i = 0; i < FOUNDERS - 1; i++)
		adds[i] = add(new_one());
	settle(first,
	       &(struct sr_mls_commit_options){.proposals = adds, .proposals_n = FOUNDERS - 1});
	agree("founding", FOUNDERS);
}

/* change commits what some come and go by, and Updates that others proposed; n is how many there
 * are, and will be. */
static void change(size_t *n)
{
	struct one *by = any(NULL, NULL), *gone = any(by, NULL);
	struct sr_mls_proposal list[1 + COMING] = {{.kind = SR_MLS_REMOVE, .leaf = leaf_of(gone)}};
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE};
	size_t coming = test_random(&seed) % COMING;
	for (size_t i = 0; i < 2; i++) {
		struct one *m = any(by, gone);
		struct sr_mls_bytes message = {0};
		OK(sr_mls_propose(m->group, (struct sr_mls_data){0}, &update, &message, NULL));
		hear(m, in(message), SR_MLS_GOT_PROPOSAL);
		sr_mls_free(&message);
	}
	for (size_t i = 0; i < coming; i++)
		list[1 + i] = add(new_one());
	settle(by, &(struct sr_mls_commit_options){.proposals = list, .proposals_n = 1 + coming});
	*n += coming - 1;
	agree("a change", *n);
}

static void enter(size_t *n)
{
	struct sr_mls_external_options options = {.settings = settings};
	struct sr_mls_bytes info = {0}, commit = {0};
	struct one *m = new_one();
	OK(sr_mls_group_info(any(NULL, NULL)->group, true, &info));
	OK(sr_mls_join_external(&platform, &m->client, in(info), &options, &commit, &m->group));
	follow(m, in(commit));
	agree("an external commit", ++*n);
	sr_mls_free(&info);
	sr_mls_free(&commit);
}

/* say makes a message; heard tells how many of those who are here could read it. */
static struct sr_mls_bytes say(struct one *m)
{
	struct sr_mls_bytes message = {0};
	OK(sr_mls_protect(m->group, (struct sr_mls_data){0},
			  (struct sr_mls_data){(const uint8_t *)m->name, strlen(m->name)},
			  &message));
	return message;
}

static size_t heard(struct sr_mls_data message)
{
	size_t n = 0;
	for (size_t i = 0; i < crowd_n; i++) {
		struct sr_mls_event e = {0};
		n += crowd[i].group && !sr_bad(sr_mls_receive(crowd[i].group, message, &e));
		sr_mls_event_free(&e);
	}
	return n;
}

static void three_hundred(void)
{
	struct sr_mls_bytes late[PAST + 1] = {{0}}; /* of the last epochs, the newest first */
	size_t n = FOUNDERS;
	seed = 20261127;
	if (!OK(crypto_init()))
		return;
	found();
	for (size_t round = 0; round < ROUNDS; round++) {
		sr_mls_free(&late[PAST]);
		memmove(&late[1], &late[0], PAST * sizeof *late);
		late[0] = say(any(NULL, NULL));
		if (round % 4 == 3)
			enter(&n);
		else
			change(&n);
	}
	/* Who came or went since is missing; who sent it gets it back. */
	for (size_t i = 0; i < PAST; i++)
		CHECK(heard(in(late[i])) > FOUNDERS - 20, "a message of %zu epochs before", i + 1);
	CHECK(!heard(in(late[PAST])), "a message that is too late");
	for (size_t i = 0; i <= PAST; i++)
		sr_mls_free(&late[i]);
	for (size_t i = 0; i < crowd_n; i++)
		sr_mls_close(crowd[i].group);
}

int main(void)
{
	test_run("three hundred members, seed 20261127", three_hundred);
	return test_done();
}
