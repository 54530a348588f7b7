/* SPDX-License-Identifier: Apache-2.0 */
/* Memory runs out, at every place where it can, in every function of the public header: the call
 * says so, its outputs and the group are what they were, nothing is lost, and the same call works
 * when there is memory again. */
#include "crypto.h"
#include "mls_guarded.h"
#include "mls_world.h"

#include <stdio.h>
#include <string.h>

#define COMMIT(...) (&(struct sr_mls_commit_options){__VA_ARGS__})
#define ONE(p) .proposals = &(p), .proposals_n = 1

static const struct sr_mls_data nothing;

/* Whatever a call gives; all zero before. */
struct given {
	struct sr_mls_bytes bytes;
	struct sr_mls_commit_out commit;
	struct sr_mls_key_package package;
	struct sr_mls_event event;
	struct sr_mls_group *group;
	uint8_t key[SR_MLS_LEN];
};

/* struct scene: m is who calls; in, extra, packages and proposal what is handed in; old a group
 * that is neither changed nor anybody's. */
struct scene {
	struct world w;
	struct who *m;
	struct sr_mls_bytes in, extra;
	struct sr_mls_data packages[WORLD_N];
	struct sr_mls_proposal proposal;
	struct sr_mls_group *old;
};

struct row {
	const char *name;
	void (*set)(struct scene *s);
	struct sr_err (*call)(struct scene *s, struct given *out);
};

/* ---- Scenes ---- */

static void nobody(struct scene *s)
{
	s->m = &s->w.who[0];
}

/* a, b and c are in the room; a does something. */
static void room(struct scene *s)
{
	nobody(s);
	for (size_t i = 0; i < WORLD_N; i++)
		world_share(&s->w.who[i], "psk", 0, 1);
	world_found(&s->w, 3);
	s->packages[0] = world_add(&s->w.who[3]).key_package;
}

static void public_room(struct scene *s)
{
	for (size_t i = 0; i < WORLD_N; i++)
		s->w.who[i].settings.public_handshake = true;
	room(s);
}

static void lone(struct scene *s)
{
	nobody(s);
	(void)world_add(s->m);
	s->in = s->m->package.message;
	s->m->package.message = (struct sr_mls_bytes){0};
}

static void add(struct scene *s)
{
	room(s);
	s->proposal = (struct sr_mls_proposal){.kind = SR_MLS_ADD, .key_package = s->packages[0]};
}

static void update(struct scene *s)
{
	room(s);
	s->proposal.kind = SR_MLS_UPDATE;
}

static void public_update(struct scene *s)
{
	public_room(s);
	s->proposal.kind = SR_MLS_UPDATE;
}

static void new_client(struct scene *s)
{
	static struct sr_mls_client other;
	update(s);
	other = world_client(s->m->client.suite, "other", 99);
	s->proposal.client = &other;
}

static void remove_b(struct scene *s)
{
	room(s);
	s->proposal = world_remove(1);
}

static void psk(struct scene *s)
{
	room(s);
	s->proposal = world_psk("psk");
}

static void context(struct scene *s)
{
	static const uint8_t needs[3];
	static const struct sr_mls_extension ext = {3, {needs, 3}};
	room(s);
	s->proposal = (struct sr_mls_proposal){
		.kind = SR_MLS_CONTEXT, .extensions = &ext, .extensions_n = 1};
}

static void leave(struct scene *s)
{
	room(s);
	s->proposal.kind = SR_MLS_SELF_REMOVE;
}

static void reinit(struct scene *s)
{
	room(s);
	s->proposal = (struct sr_mls_proposal){
		.kind = SR_MLS_REINIT, .group_id = world_text("next"), .suite = s->m->client.suite};
}

/* Proposals of b and c wait. */
static void waiting(struct scene *s)
{
	struct sr_mls_proposal p[] = {{.kind = SR_MLS_UPDATE}, {.kind = SR_MLS_SELF_REMOVE}};
	room(s);
	world_propose(&s->w, 1, &p[0], NULL);
	world_propose(&s->w, 2, &p[1], NULL);
	world_propose(&s->w, 0, &p[0], NULL);
}

static void own_staged(struct scene *s)
{
	struct sr_mls_commit_out out = {0};
	waiting(s);
	OK(sr_mls_commit(s->m->group, COMMIT(0), &out));
	s->in = out.commit;
}

static void committed(struct scene *s, size_t by, const struct sr_mls_commit_options *o)
{
	struct sr_mls_commit_out out = {0};
	OK(sr_mls_commit(s->w.who[by].group, o, &out));
	s->in = out.commit;
	s->extra = out.welcome;
	sr_mls_free(&out.group_info);
}

static void received(struct scene *s)
{
	waiting(s);
	committed(s, 1, COMMIT(0));
	world_give(s->m, world_in(s->in), SR_MLS_GOT_COMMIT);
}

static void reinit_received(struct scene *s)
{
	reinit(s);
	committed(s, 1, COMMIT(ONE(s->proposal)));
	world_give(s->m, world_in(s->in), SR_MLS_GOT_COMMIT);
}

/* What a gets: a message of b's, or c's. */

static void said(struct scene *s)
{
	room(s);
	OK(sr_mls_protect(s->w.who[1].group, world_text("aad"), world_text("x"), &s->extra));
	OK(sr_mls_protect(s->w.who[1].group, world_text("aad"), world_text("x"), &s->in));
}

static void said_before(struct scene *s)
{
	said(s);
	world_commit(&s->w, 0, NULL);
}

static void whispered(struct scene *s)
{
	room(s);
	OK(sr_mls_protect_to(s->w.who[1].group, 0, world_text("aad"), world_text("x"), &s->in));
}

static void proposed(struct scene *s)
{
	s->proposal.kind = SR_MLS_UPDATE;
	OK(sr_mls_propose(s->w.who[1].group, nothing, &s->proposal, &s->in, NULL));
}

static void proposed_private(struct scene *s)
{
	room(s);
	proposed(s);
}

static void proposed_public(struct scene *s)
{
	public_room(s);
	proposed(s);
}

static void asked(struct scene *s)
{
	room(s);
	OK(sr_mls_propose_join(&s->w.who[3].client, world_text("room"), 1, s->packages[0], &s->in));
}

static void committed_all(struct scene *s)
{
	struct sr_mls_proposal p[] = {{.kind = SR_MLS_ADD, .key_package = s->packages[0]},
				      world_psk("psk")};
	committed(s, 1, COMMIT(.proposals = p, .proposals_n = 2));
}

static void committed_private(struct scene *s)
{
	waiting(s);
	committed_all(s);
}

static void committed_public(struct scene *s)
{
	public_room(s);
	committed_all(s);
}

static void committed_removal(struct scene *s)
{
	struct sr_mls_proposal p = world_remove(0);
	room(s);
	committed(s, 1, COMMIT(ONE(p)));
}

static void entered(struct scene *s)
{
	struct who *d = &s->w.who[3];
	struct sr_mls_bytes info = {0};
	room(s);
	OK(sr_mls_group_info(s->m->group, true, &info));
	OK(sr_mls_join_external(&d->platform, &d->client, world_in(info),
				&(struct sr_mls_external_options){0}, &s->in, &d->group));
	sr_mls_free(&info);
}

/* d joins. */
static void welcomed(struct scene *s)
{
	waiting(s);
	committed_all(s);
	s->m = &s->w.who[3];
}

static void informed(struct scene *s)
{
	struct sr_mls_proposal p = {.kind = SR_MLS_SELF_REMOVE};
	room(s);
	OK(sr_mls_propose(s->w.who[1].group, nothing, &p, &s->extra, NULL));
	OK(sr_mls_group_info(s->m->group, true, &s->in));
	s->m = &s->w.who[3];
}

static void about_to_branch(struct scene *s)
{
	room(s);
	s->packages[0] = world_add(&s->w.who[1]).key_package;
	s->packages[1] = world_add(&s->w.who[2]).key_package;
	s->old = s->m->group;
	s->m->group = NULL;
}

static void about_to_reinit(struct scene *s)
{
	reinit(s);
	world_commit_one(&s->w, 0, s->proposal);
	s->packages[0] = world_add(&s->w.who[1]).key_package;
	s->packages[1] = world_add(&s->w.who[2]).key_package;
	s->old = s->m->group;
	s->m->group = NULL;
}

static void branched(struct scene *s)
{
	struct sr_mls_group *g = NULL;
	about_to_branch(s);
	OK(sr_mls_branch(s->old, &s->m->client, world_text("corner"), s->packages, 2, &s->extra,
			 &g));
	sr_mls_close(g);
	sr_mls_close(s->old);
	s->m = &s->w.who[1];
	s->old = s->m->group;
	s->m->group = NULL;
}

static void saved(struct scene *s)
{
	own_staged(s);
	world_talk(&s->w);
	sr_mls_free(&s->in);
	s->in = world_save(s->m);
	world_close_group(s->m);
}

/* ---- Calls ---- */

static struct sr_err make_package(struct scene *s, struct given *out)
{
	return sr_mls_key_package_make(&s->m->platform, &s->m->client, 100, &out->package);
}

static struct sr_err package_ref(struct scene *s, struct given *out)
{
	return sr_mls_key_package_ref(world_in(s->in), out->key);
}

static struct sr_err create(struct scene *s, struct given *out)
{
	static const uint8_t needs[3];
	static const struct sr_mls_extension ext = {3, {needs, 3}};
	return sr_mls_create(&s->m->platform, &s->m->client, &s->m->settings, world_text("x"), &ext,
			     1, &out->group);
}

static struct sr_err save(struct scene *s, struct given *out)
{
	return sr_mls_save(s->m->group, &out->bytes);
}

static struct sr_err load(struct scene *s, struct given *out)
{
	return sr_mls_load(&s->m->platform, world_in(s->in), &out->group);
}

static struct sr_err propose(struct scene *s, struct given *out)
{
	return sr_mls_propose(s->m->group, world_text("aad"), &s->proposal, &out->bytes, out->key);
}

static struct sr_err propose_join(struct scene *s, struct given *out)
{
	return sr_mls_propose_join(&s->w.who[3].client, world_text("room"), 1, s->packages[0],
				   &out->bytes);
}

static struct sr_err propose_external(struct scene *s, struct given *out)
{
	return sr_mls_propose_external(&s->m->platform, &s->m->client, 0, world_text("room"), 1,
				       &s->proposal, &out->bytes);
}

static struct sr_err commit(struct scene *s, struct given *out)
{
	struct sr_mls_proposal p[] = {{.kind = SR_MLS_ADD, .key_package = s->packages[0]},
				      world_psk("psk")};
	return sr_mls_commit(s->m->group,
			     COMMIT(.proposals = p, .proposals_n = 2, .group_info = true,
				    .authenticated_data = world_text("aad")),
			     &out->commit);
}

static struct sr_err commit_waiting(struct scene *s, struct given *out)
{
	return sr_mls_commit(s->m->group, COMMIT(0), &out->commit);
}

static struct sr_err merge_own(struct scene *s, struct given *out)
{
	(void)out;
	return sr_mls_merge(s->m->group, true);
}

static struct sr_err merge_received(struct scene *s, struct given *out)
{
	(void)out;
	return sr_mls_merge(s->m->group, false);
}

static struct sr_err receive(struct scene *s, struct given *out)
{
	return sr_mls_receive(s->m->group, world_in(s->in), &out->event);
}

static struct sr_err protect(struct scene *s, struct given *out)
{
	return sr_mls_protect(s->m->group, world_text("aad"), world_text("x"), &out->bytes);
}

static struct sr_err protect_to(struct scene *s, struct given *out)
{
	return sr_mls_protect_to(s->m->group, 1, world_text("aad"), world_text("x"), &out->bytes);
}

static struct sr_err export(struct scene *s, struct given *out)
{
	return sr_mls_export(s->m->group, world_text("label"), world_text("x"), out->key,
			     sizeof out->key);
}

static struct sr_err export_safe(struct scene *s, struct given *out)
{
	return sr_mls_export_safe(s->m->group, 0x8001, out->key);
}

static struct sr_err join(struct scene *s, struct given *out)
{
	struct sr_mls_data secrets = world_in(s->m->package.secrets);
	struct sr_mls_join_options o = {.secrets = &secrets, .secrets_n = 1, .from = s->old};
	size_t used;
	return sr_mls_join(&s->m->platform, world_in(s->extra), &o, &used, &out->group);
}

static struct sr_err group_info(struct scene *s, struct given *out)
{
	return sr_mls_group_info(s->m->group, true, &out->bytes);
}

static struct sr_err tree(struct scene *s, struct given *out)
{
	return sr_mls_tree(s->m->group, &out->bytes);
}

static struct sr_err join_external(struct scene *s, struct given *out)
{
	struct sr_mls_psk_id id = {.kind = SR_MLS_PSK_EXTERNAL, .id = world_text("psk")};
	struct sr_mls_data leaves = world_in(s->extra);
	struct sr_mls_external_options o = {
		.psks = &id, .psks_n = 1, .self_removes = &leaves, .self_removes_n = 1};
	return sr_mls_join_external(&s->m->platform, &s->m->client, world_in(s->in), &o,
				    &out->bytes, &out->group);
}

static struct sr_err branch(struct scene *s, struct given *out)
{
	return sr_mls_branch(s->old, &s->m->client, world_text("corner"), s->packages, 2,
			     &out->bytes, &out->group);
}

static struct sr_err do_reinit(struct scene *s, struct given *out)
{
	return sr_mls_reinit(s->old, &s->m->client, s->packages, 2, &out->bytes, &out->group);
}

static const struct row rows[] = {
	{"sr_mls_key_package_make", nobody, make_package},
	{"sr_mls_key_package_ref", lone, package_ref},
	{"sr_mls_create", nobody, create},
	{"sr_mls_save", own_staged, save},
	{"sr_mls_load", saved, load},
	{"sr_mls_propose an Add", add, propose},
	{"sr_mls_propose an Update", update, propose},
	{"sr_mls_propose an Update in public", public_update, propose},
	{"sr_mls_propose an Update to another client", new_client, propose},
	{"sr_mls_propose a Remove", remove_b, propose},
	{"sr_mls_propose a pre-shared key", psk, propose},
	{"sr_mls_propose a Context", context, propose},
	{"sr_mls_propose a SelfRemove", leave, propose},
	{"sr_mls_propose a ReInit", reinit, propose},
	{"sr_mls_propose_join", room, propose_join},
	{"sr_mls_propose_external", context, propose_external},
	{"sr_mls_commit", room, commit},
	{"sr_mls_commit in public", public_room, commit},
	{"sr_mls_commit what waits", waiting, commit_waiting},
	{"sr_mls_commit again", own_staged, commit_waiting},
	{"sr_mls_merge one's own", own_staged, merge_own},
	{"sr_mls_merge another one's", received, merge_received},
	{"sr_mls_merge a ReInit", reinit_received, merge_received},
	{"sr_mls_receive one's own commit", own_staged, receive},
	{"sr_mls_receive data", said, receive},
	{"sr_mls_receive late data", said_before, receive},
	{"sr_mls_receive a targeted message", whispered, receive},
	{"sr_mls_receive a proposal", proposed_private, receive},
	{"sr_mls_receive a proposal in public", proposed_public, receive},
	{"sr_mls_receive a new member's proposal", asked, receive},
	{"sr_mls_receive a commit", committed_private, receive},
	{"sr_mls_receive a commit in public", committed_public, receive},
	{"sr_mls_receive one's removal", committed_removal, receive},
	{"sr_mls_receive an external commit", entered, receive},
	{"sr_mls_protect", room, protect},
	{"sr_mls_protect_to", room, protect_to},
	{"sr_mls_export", room, export},
	{"sr_mls_export_safe", room, export_safe},
	{"sr_mls_join", welcomed, join},
	{"sr_mls_join a branch", branched, join},
	{"sr_mls_group_info", room, group_info},
	{"sr_mls_tree", room, tree},
	{"sr_mls_join_external", informed, join_external},
	{"sr_mls_branch", about_to_branch, branch},
	{"sr_mls_reinit", about_to_reinit, do_reinit},
};

/* ---- Sweeps ---- */

static void given_free(struct given *g)
{
	sr_mls_free(&g->bytes);
	sr_mls_commit_out_free(&g->commit);
	sr_mls_key_package_free(&g->package);
	sr_mls_event_free(&g->event);
	sr_mls_close(g->group);
}

static bool all_zero(const void *ptr, size_t len)
{
	const uint8_t *p = ptr;
	while (len && !p[len - 1])
		len--;
	return !len;
}

/* without calls when the n-th request fails; false if there was none. The group is as in state
 * before. */
static bool without(const struct row *row, struct scene *s, struct sr_mls_data state, bool guard,
		    size_t n)
{
	struct given out;
	if (state.len)
		world_load(s->m, state);
	memset(&out, 0, sizeof out);
	guarded_fail_at(guard ? n : 0);
	test_alloc_fail_at(guard ? 0 : n);
	struct sr_err e = row->call(s, &out);
	bool failed = guard ? guarded_failed() : test_alloc_failed();
	guarded_fail_at(0);
	test_alloc_fail_at(0);
	CHECK(e.code == SR_OK || (failed && e.code == SR_E_NOMEM), "%s without the %zu-th: %d %s",
	      row->name, n, (int)e.code, e.what);
	if (failed && e.code) {
		CHECK(all_zero(&out, sizeof out), "%s without the %zu-th: an output", row->name, n);
		if (state.len) {
			struct sr_mls_bytes now = world_save(s->m);
			CHECK(world_eq(world_in(now), state),
			      "%s without the %zu-th: the state changed", row->name, n);
			sr_mls_free(&now);
		}
		e = row->call(s, &out);
		CHECK(!e.code, "%s after the %zu-th: %d %s", row->name, n, (int)e.code, e.what);
	}
	given_free(&out);
	return failed;
}

static const struct row *row_now;
static uint16_t suite_now;
static size_t failures[2];

static void sweep(void)
{
	static struct scene s;
	const size_t before = guarded_n();
	s = (struct scene){0};
	world_open(&s.w, suite_now, 3);
	row_now->set(&s);
	struct sr_mls_bytes state = {0};
	if (s.m->group)
		state = world_save(s.m);
	for (int guard = 0; guard < 2; guard++)
		for (size_t n = 1; without(row_now, &s, world_in(state), guard, n); n++)
			failures[guard]++;
	sr_mls_free(&state);
	sr_mls_free(&s.in);
	sr_mls_free(&s.extra);
	sr_mls_close(s.old);
	world_close(&s.w);
	CHECK(guarded_n() == before, "%zu guarded blocks are left", guarded_n() - before);
}

static void enough(void)
{
	CHECK(failures[0] > 1000 && failures[1] > 30, "%zu and %zu failures", failures[0],
	      failures[1]);
}

int main(void)
{
	static const uint16_t suites[] = {SR_MLS_SUITE_1, SR_MLS_SUITE_3};
	if (!OK(crypto_init()))
		return 1;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char name[128];
		row_now = &rows[i];
		suite_now = suites[i % 2];
		(void)snprintf(name, sizeof name, "%s, suite %d", rows[i].name, (int)suite_now);
		test_run(name, sweep);
	}
	test_run("it failed often enough", enough);
	return test_done();
}
