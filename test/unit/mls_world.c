/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_world.h"

#include "crypto.h"

#include <stdio.h>
#include <string.h>

bool world_ok(struct sr_err e, const char *expr, const char *file, int line)
{
	return test_check(e.code == SR_OK, file, line, expr, "%d %s", (int)e.code, e.what);
}

bool world_fails(enum sr_code want, struct sr_err e, const char *expr, const char *file, int line)
{
	return test_check(e.code == want, file, line, expr, "%d %s, not %d", (int)e.code,
			  e.what ? e.what : "success", (int)want);
}

void world_before(struct who *m)
{
	sr_mls_free(&m->before);
	m->before = world_save(m);
}

void world_same(struct who *m, const char *file, int line)
{
	struct sr_mls_bytes now = world_save(m);
	test_check(world_eq(world_in(now), world_in(m->before)), file, line, m->name,
		   "the state changed by what was refused");
	sr_mls_free(&now);
}

/* ---- The platform ---- */

static struct sr_err give_random(void *user, uint8_t *out, size_t len)
{
	struct who *m = user;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(test_random(&m->random) >> 32);
	return sr_ok();
}

static int64_t tell_time(void *user)
{
	const struct who *m = user;
	return m->now;
}

static struct sr_err find_psk(void *user, const struct sr_mls_psk_id *id, uint8_t *out, size_t *len)
{
	const struct who *m = user;
	for (size_t i = 0; i < m->psks_n; i++) {
		const struct world_psk *psk = &m->psks[i];
		bool external = id->kind == SR_MLS_PSK_EXTERNAL;
		if (!world_eq(id->id, world_text(psk->id)) ||
		    psk->epoch != (external ? 0 : id->epoch))
			continue;
		memcpy(out, psk->secret, SR_MLS_LEN);
		*len = SR_MLS_LEN;
		return sr_ok();
	}
	return sr_fail(SR_E_STATE, "no such key");
}

void world_psk_secret(const char *id, uint64_t epoch, uint8_t salt, uint8_t out[SR_MLS_LEN])
{
	uint64_t state = (uint64_t)salt << 32 | epoch << 8 | strlen(id);
	for (size_t i = 0; i < SR_MLS_LEN; i++)
		out[i] = (uint8_t)test_random(&state);
}

void world_share(struct who *m, const char *id, uint64_t epoch, uint8_t salt)
{
	if (!CHECK(m->psks_n < WORLD_PSKS, "too many pre-shared keys"))
		return;
	struct world_psk *psk = &m->psks[m->psks_n++];
	(void)snprintf(psk->id, sizeof psk->id, "%s", id);
	psk->epoch = epoch;
	world_psk_secret(id, epoch, salt, psk->secret);
}

/* ---- Worlds ---- */

struct sr_mls_client world_client(uint16_t suite, const char *name, uint8_t seed)
{
	struct sr_mls_client c = {
		.suite = suite, .credential = {.type = SR_MLS_BASIC, .identity = world_text(name)}};
	memset(c.signature_seed, seed, sizeof c.signature_seed);
	c.signature_seed[0] ^= 0xa5;
	return c;
}

void world_open(struct world *w, uint16_t suite, uint64_t seed)
{
	*w = (struct world){0};
	for (size_t i = 0; i < WORLD_N; i++) {
		struct who *m = &w->who[i];
		m->name[0] = (char)('a' + i);
		m->random = seed << 8 | i;
		m->now = WORLD_NOW;
		m->platform = (struct sr_mls_platform){give_random, tell_time, find_psk, m};
		m->client = world_client(suite, m->name, (uint8_t)(i + 1));
		m->settings.past_n = 4;
	}
}

void world_close_group(struct who *m)
{
	sr_mls_close(m->group);
	m->group = NULL;
}

void world_close(struct world *w)
{
	for (size_t i = 0; i < WORLD_N; i++) {
		world_close_group(&w->who[i]);
		sr_mls_key_package_free(&w->who[i].package);
		sr_mls_free(&w->who[i].before);
	}
}

static void (*running)(struct world *w);
static uint16_t running_suite;

static void run(void)
{
	static struct world w;
	if (!OK(crypto_init()))
		return;
	world_open(&w, running_suite, 1);
	running(&w);
	world_close(&w);
}

void world_run(const char *name, void (*fn)(struct world *w))
{
	static const uint16_t suites[] = {SR_MLS_SUITE_1, SR_MLS_SUITE_3};
	for (size_t i = 0; i < 2; i++) {
		char full[128];
		running = fn;
		running_suite = suites[i];
		(void)snprintf(full, sizeof full, "%s, suite %d", name, (int)running_suite);
		test_run(full, run);
	}
}

/* ---- Bytes ---- */

struct sr_mls_data world_text(const char *s)
{
	return (struct sr_mls_data){(const uint8_t *)s, strlen(s)};
}

struct sr_mls_data world_in(struct sr_mls_bytes b)
{
	return (struct sr_mls_data){b.ptr, b.len};
}

bool world_eq(struct sr_mls_data a, struct sr_mls_data b)
{
	return a.len == b.len && (!a.len || !memcmp(a.ptr, b.ptr, a.len));
}

bool world_has(struct sr_mls_data block, const uint8_t *bytes, size_t len)
{
	return block.len && memmem(block.ptr, block.len, bytes, len);
}

/* ---- What a client sees ---- */

struct sr_mls_facts world_facts(const struct who *m)
{
	struct sr_mls_facts f;
	sr_mls_facts(m->group, &f);
	return f;
}

struct sr_mls_member world_member(const struct who *m, uint32_t leaf)
{
	struct sr_mls_member out = {0};
	(void)sr_mls_member(m->group, leaf, &out);
	return out;
}

bool world_same_member(const struct sr_mls_member *a, const struct sr_mls_member *b)
{
	return a->leaf == b->leaf && a->credential_type == b->credential_type &&
	       world_eq(a->credential, b->credential) &&
	       world_eq(a->signature_key, b->signature_key) && world_eq(a->leaf_node, b->leaf_node);
}

/* ---- Proposals ---- */

struct sr_mls_proposal world_add(struct who *m)
{
	sr_mls_key_package_free(&m->package);
	OK(sr_mls_key_package_make(&m->platform, &m->client, WORLD_LIFETIME, &m->package));
	return (struct sr_mls_proposal){.kind = SR_MLS_ADD,
					.key_package = world_in(m->package.message)};
}

struct sr_mls_proposal world_remove(uint32_t leaf)
{
	return (struct sr_mls_proposal){.kind = SR_MLS_REMOVE, .leaf = leaf};
}

struct sr_mls_proposal world_psk(const char *id)
{
	return (struct sr_mls_proposal){.kind = SR_MLS_PSK,
					.psk = {.kind = SR_MLS_PSK_EXTERNAL, .id = world_text(id)}};
}

struct sr_mls_proposal world_resume(const char *group_id, uint64_t epoch)
{
	return (struct sr_mls_proposal){
		.kind = SR_MLS_PSK,
		.psk = {.kind = SR_MLS_PSK_RESUMPTION, .id = world_text(group_id), .epoch = epoch}};
}

bool world_propose(struct world *w, size_t by, const struct sr_mls_proposal *proposal,
		   uint8_t ref[SR_MLS_LEN])
{
	struct sr_mls_bytes message = {0};
	bool ok = OK(sr_mls_propose(w->who[by].group, (struct sr_mls_data){0}, proposal, &message,
				    ref)) &&
		  world_send(w, by, world_in(message), SR_MLS_GOT_PROPOSAL);
	sr_mls_free(&message);
	return ok;
}

/* ---- Messages ---- */

struct sr_err world_refuse(struct who *m, struct sr_mls_data message)
{
	struct sr_mls_event event = {0};
	struct sr_err e = sr_mls_receive(m->group, message, &event);
	sr_mls_event_free(&event);
	return e;
}

bool world_give(struct who *m, struct sr_mls_data message, enum sr_mls_event_kind kind)
{
	struct sr_mls_event event = {0};
	bool ok =
		OK(sr_mls_receive(m->group, message, &event)) &&
		CHECK(event.kind == kind, "%s got %d, not %d", m->name, (int)event.kind, (int)kind);
	sr_mls_event_free(&event);
	return ok;
}

bool world_send(struct world *w, size_t from, struct sr_mls_data message,
		enum sr_mls_event_kind kind)
{
	bool ok = true;
	for (size_t i = 0; i < WORLD_N; i++)
		if (i != from && w->who[i].group)
			ok &= world_give(&w->who[i], message, kind);
	return ok;
}

/* ---- Groups ---- */

void world_found(struct world *w, size_t n)
{
	struct sr_mls_proposal adds[WORLD_N];
	struct who *first = &w->who[0];
	OK(sr_mls_create(&first->platform, &first->client, &first->settings, world_text("room"),
			 NULL, 0, &first->group));
	for (size_t i = 1; i < n; i++)
		adds[i - 1] = world_add(&w->who[i]);
	if (n > 1)
		world_commit(
			w, 0,
			&(struct sr_mls_commit_options){.proposals = adds, .proposals_n = n - 1});
}

struct sr_err world_join(struct who *m, struct sr_mls_data welcome, struct sr_mls_data tree,
			 const struct sr_mls_group *from)
{
	struct sr_mls_data secrets = world_in(m->package.secrets);
	struct sr_mls_join_options o = {.secrets = &secrets,
					.secrets_n = 1,
					.tree = tree,
					.from = from,
					.settings = m->settings};
	return sr_mls_join(&m->platform, welcome, &o, NULL, &m->group);
}

bool world_merge(struct who *m, bool own)
{
	struct sr_mls_staged staged;
	if (!CHECK(sr_mls_staged(m->group, own, &staged), "%s has nothing staged", m->name))
		return false;
	if (staged.removes_us) {
		world_close_group(m);
		return true;
	}
	return OK(sr_mls_merge(m->group, own));
}

static bool merge_all(struct world *w, size_t but)
{
	bool ok = true;
	for (size_t i = 0; i < WORLD_N; i++)
		if (i != but && w->who[i].group)
			ok &= world_merge(&w->who[i], false);
	return ok;
}

/* join_all lets all join who can. */
static bool join_all(struct world *w, struct sr_mls_data welcome)
{
	bool ok = true;
	for (size_t i = 0; i < WORLD_N && welcome.len; i++) {
		struct who *m = &w->who[i];
		if (m->group || !m->package.secrets.len)
			continue;
		struct sr_err e = world_join(m, welcome, (struct sr_mls_data){0}, NULL);
		ok &= e.code == SR_E_STATE || OK(e);
	}
	return ok;
}

bool world_commit(struct world *w, size_t by, const struct sr_mls_commit_options *options)
{
	struct sr_mls_commit_options none = {0};
	struct sr_mls_commit_out out = {0};
	struct who *m = &w->who[by];
	bool ok = OK(sr_mls_commit(m->group, options ? options : &none, &out)) &&
		  world_send(w, by, world_in(out.commit), SR_MLS_GOT_COMMIT) && merge_all(w, by) &&
		  world_merge(m, true) && join_all(w, world_in(out.welcome)) && world_agree(w);
	sr_mls_commit_out_free(&out);
	return ok;
}

bool world_commit_one(struct world *w, size_t by, struct sr_mls_proposal proposal)
{
	return world_commit(
		w, by, &(struct sr_mls_commit_options){.proposals = &proposal, .proposals_n = 1});
}

bool world_external(struct world *w, size_t joiner, size_t from,
		    const struct sr_mls_external_options *options)
{
	struct sr_mls_bytes info = {0}, commit = {0};
	struct who *m = &w->who[joiner];
	struct sr_mls_external_options o = options ? *options : (struct sr_mls_external_options){0};
	o.settings = m->settings;
	bool ok = OK(sr_mls_group_info(w->who[from].group, true, &info)) &&
		  OK(sr_mls_join_external(&m->platform, &m->client, world_in(info), &o, &commit,
					  &m->group)) &&
		  world_send(w, joiner, world_in(commit), SR_MLS_GOT_COMMIT) &&
		  merge_all(w, joiner) && world_agree(w);
	sr_mls_free(&info);
	sr_mls_free(&commit);
	return ok;
}

static bool agree(const struct who *a, const struct who *b)
{
	struct sr_mls_facts x = world_facts(a), y = world_facts(b);
	struct sr_mls_bytes trees[2] = {{0}};
	uint8_t keys[2][SR_MLS_LEN] = {{0}};
	bool ok = x.epoch == y.epoch && world_eq(x.group_id, y.group_id) &&
		  world_eq(x.authenticator, y.authenticator) &&
		  world_eq(x.extensions, y.extensions) && x.members_n == y.members_n &&
		  x.leaves_n == y.leaves_n && x.own_leaf != y.own_leaf;
	OK(sr_mls_tree(a->group, &trees[0]));
	OK(sr_mls_tree(b->group, &trees[1]));
	ok &= world_eq(world_in(trees[0]), world_in(trees[1]));
	OK(sr_mls_export(a->group, world_text("key"), world_text("x"), keys[0], SR_MLS_LEN));
	OK(sr_mls_export(b->group, world_text("key"), world_text("x"), keys[1], SR_MLS_LEN));
	ok &= !memcmp(keys[0], keys[1], SR_MLS_LEN);
	sr_mls_free(&trees[0]);
	sr_mls_free(&trees[1]);
	return CHECK(ok, "%s and %s do not see the same group", a->name, b->name);
}

bool world_agree(const struct world *w)
{
	const struct who *first = NULL;
	bool ok = true;
	for (size_t i = 0; i < WORLD_N; i++) {
		if (!w->who[i].group)
			continue;
		if (first)
			ok &= agree(first, &w->who[i]);
		else
			first = &w->who[i];
	}
	return ok;
}

/* hear checks a message to m and who it is from. */
static void hear(struct who *m, const struct who *from, struct sr_mls_data message,
		 enum sr_mls_event_kind kind)
{
	struct sr_mls_event e = {0};
	uint32_t leaf = world_facts(from).own_leaf;
	struct sr_mls_member sender = world_member(from, leaf);
	if (OK(sr_mls_receive(m->group, message, &e)))
		CHECK(e.kind == kind && e.by == SR_MLS_BY_MEMBER && e.by_index == leaf &&
			      e.epoch == world_facts(m).epoch &&
			      world_eq(e.data, world_text(from->name)) &&
			      world_eq(e.authenticated_data, world_text("aad")) &&
			      world_same_member(&e.sender, &sender),
		      "%s from %s is not what it should be", m->name, from->name);
	sr_mls_event_free(&e);
}

static void speak(struct world *w, struct who *from)
{
	struct sr_mls_bytes message = {0};
	OK(sr_mls_protect(from->group, world_text("aad"), world_text(from->name), &message));
	for (size_t i = 0; i < WORLD_N; i++)
		if (w->who[i].group && &w->who[i] != from)
			hear(&w->who[i], from, world_in(message), SR_MLS_GOT_DATA);
	sr_mls_free(&message);
	for (size_t i = 0; i < WORLD_N; i++) {
		struct who *to = &w->who[i];
		if (!to->group || to == from)
			continue;
		OK(sr_mls_protect_to(from->group, world_facts(to).own_leaf, world_text("aad"),
				     world_text(from->name), &message));
		hear(to, from, world_in(message), SR_MLS_GOT_TARGETED);
		sr_mls_free(&message);
	}
}

void world_talk(struct world *w)
{
	for (size_t i = 0; i < WORLD_N; i++)
		if (w->who[i].group)
			speak(w, &w->who[i]);
}

/* ---- States ---- */

struct sr_mls_bytes world_save(const struct who *m)
{
	struct sr_mls_bytes out = {0};
	OK(sr_mls_save(m->group, &out));
	return out;
}

bool world_load(struct who *m, struct sr_mls_data state)
{
	struct sr_mls_group *made = NULL;
	if (!OK(sr_mls_load(&m->platform, state, &made)))
		return false;
	world_close_group(m);
	m->group = made;
	return true;
}

void world_reload(struct who *m)
{
	world_before(m);
	if (world_load(m, world_in(m->before)))
		world_same(m, __FILE__, __LINE__);
}
