/* SPDX-License-Identifier: Apache-2.0 */
/* A group through the public header: it begins, grows and shrinks by commits that are looked at
 * before they are merged. Messages are in test_mls_group_messages.c, other ways to join in
 * test_mls_group_join.c. */
#include "mls_world.h"

#include <string.h>

#define COMMIT(...) (&(struct sr_mls_commit_options){__VA_ARGS__})
#define ONE(p) .proposals = &(p), .proposals_n = 1

static const struct sr_mls_data nothing;

static struct sr_mls_extension extension(uint16_t type, const char *bytes, size_t len)
{
	return (struct sr_mls_extension){type, {(const uint8_t *)bytes, len}};
}

/* ---- Beginnings ---- */

static void a_group_begins_with_one_member(struct world *w)
{
	struct who *a = &w->who[0];
	struct sr_mls_member m;
	struct sr_mls_data data;
	struct sr_mls_extension own = extension(0xf00d, "app", 3);
	uint16_t known = 0xf00d;
	uint8_t pub[SR_MLS_LEN], ref[SR_MLS_LEN];
	struct sr_mls_change change;
	a->client.extensions = (struct sr_mls_types){&known, 1};
	OK(sr_mls_create(&a->platform, &a->client, &a->settings, world_text("id"), &own, 1,
			 &a->group));
	struct sr_mls_facts f = world_facts(a);
	CHECK(f.suite == a->client.suite && f.epoch == 0 && f.own_leaf == 0 && f.members_n == 1 &&
		      f.leaves_n == 1,
	      "numbers of a new group");
	CHECK(!f.reinitialised && !f.staged_own && !f.staged_received, "states of a new group");
	CHECK(world_eq(f.group_id, world_text("id")) && f.authenticator.len == SR_MLS_LEN, "facts");
	CHECK(world_eq(f.extensions, world_text("\6\xf0\x0d\3app")), "its extensions, encoded");
	CHECK(sr_mls_extension(a->group, 0xf00d, &data) && world_eq(data, world_text("app")),
	      "its own extension");
	CHECK(!sr_mls_extension(a->group, 0xf00e, &data), "an extension that it has not");
	OK(sr_mls_client_public(a->client.signature_seed, pub));
	m = world_member(a, 0);
	CHECK(m.leaf == 0 && m.credential_type == SR_MLS_BASIC &&
		      world_eq(m.credential, world_text("a")) &&
		      world_eq(m.signature_key, (struct sr_mls_data){pub, SR_MLS_LEN}) &&
		      m.leaf_node.len > 2 * SR_MLS_LEN,
	      "the member who began it");
	CHECK(!sr_mls_member(a->group, 1, &m) && !sr_mls_member(a->group, UINT32_MAX, &m),
	      "nobody else is in it");
	CHECK(!sr_mls_waiting(a->group, 0, ref, &change), "nothing waits");
}

static void a_group_that_cannot_be_is_refused(struct world *w)
{
	static const struct {
		const char *why;
		enum sr_code want;
		uint16_t suite, credential;
		struct sr_mls_settings settings;
		struct sr_mls_extension extensions[2];
		size_t extensions_n;
	} rows[] = {
		{"no such suite", SR_E_INPUT, 2, SR_MLS_BASIC, {0}, {{0}}, 0},
		{"no such credential", SR_E_INPUT, 3, 3, {0}, {{0}}, 0},
		{"no certificate", SR_E_INPUT, 3, SR_MLS_X509, {0}, {{0}}, 0},
		{"too much past", SR_E_LIMIT, 3, 1, {.past_n = SR_MLS_PAST_MAX + 1}, {{0}}, 0},
		{"too much padding", SR_E_LIMIT, 3, 1, {.padding = UINT32_MAX}, {{0}}, 0},
		{"no such draft", SR_E_LIMIT, 3, 1, {.targeted_draft = 3}, {{0}}, 0},
		{"a tree within a tree", SR_E_INPUT, 3, 1, {0}, {{2, {0}}}, 1},
		{"an extension twice", SR_E_INPUT, 3, 1, {0}, {{5, {0}}, {5, {0}}}, 2},
		{"one that the client lacks", SR_E_INPUT, 3, 1, {0}, {{0xf00d, {0}}}, 1},
		{"needs that the client lacks",
		 SR_E_INPUT,
		 3,
		 1,
		 {0},
		 {{3, {(const uint8_t *)"\2\xf0\x0d\0\0", 5}}},
		 1},
		{"needs that end too early",
		 SR_E_INPUT,
		 3,
		 1,
		 {0},
		 {{3, {(const uint8_t *)"\0\0", 2}}},
		 1},
		{"needs with something behind",
		 SR_E_INPUT,
		 3,
		 1,
		 {0},
		 {{3, {(const uint8_t *)"\0\0\0\0", 4}}},
		 1},
		{"external senders that are none",
		 SR_E_INPUT,
		 3,
		 1,
		 {0},
		 {{5, {(const uint8_t *)"\1\0", 2}}},
		 1},
	};
	struct who *a = &w->who[0];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sr_mls_client c = a->client;
		if (rows[i].suite != 3)
			c.suite = rows[i].suite;
		c.credential.type = rows[i].credential;
		struct sr_err e =
			sr_mls_create(&a->platform, &c, &rows[i].settings, nothing,
				      rows[i].extensions, rows[i].extensions_n, &a->group);
		CHECK(e.code == rows[i].want && !a->group, "%s: %d %s", rows[i].why, (int)e.code,
		      e.what);
	}
}

static void a_key_package_has_a_name_and_a_signature(struct world *w)
{
	struct who *a = &w->who[0];
	struct sr_mls_proposal add = world_add(a);
	uint8_t ref[SR_MLS_LEN] = {0}, same[SR_MLS_LEN] = {0};
	OK(sr_mls_key_package_ref(add.key_package, ref));
	CHECK(!memcmp(ref, a->package.ref, SR_MLS_LEN), "its name is that which was given with it");
	uint8_t *bytes = a->package.message.ptr;
	size_t len = a->package.message.len;
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= 1;
		struct sr_err e = sr_mls_key_package_ref(add.key_package, same);
		CHECK(e.code == SR_E_INPUT || e.code == SR_E_AUTH, "a changed byte %zu: %d", i,
		      (int)e.code);
		bytes[i] ^= 1;
		e = sr_mls_key_package_ref((struct sr_mls_data){bytes, i}, same);
		CHECK(e.code == SR_E_INPUT, "the first %zu bytes: %d", i, (int)e.code);
	}
	CHECK(!same[0] && !same[1], "outputs are untouched");
	a->now = -1;
	FAILS(SR_E_INPUT, sr_mls_key_package_make(&a->platform, &a->client, 1, &a->package));
	a->now = WORLD_NOW;
	FAILS(SR_E_INPUT,
	      sr_mls_key_package_make(&a->platform, &a->client, UINT64_MAX, &a->package));
	a->client.suite = 2;
	FAILS(SR_E_INPUT, sr_mls_key_package_make(&a->platform, &a->client, 1, &a->package));
}

static void who_is_added_joins(struct world *w)
{
	static const struct {
		const char *why;
		bool no_tree, give_tree, old_tree;
		enum sr_code want;
	} rows[] = {
		{"the tree is inside", false, false, false, SR_OK},
		{"inside and given", false, true, false, SR_OK},
		{"given", true, true, false, SR_OK},
		{"nowhere", true, false, false, SR_E_STATE},
		{"given, of before", true, true, true, SR_E_INPUT},
	};
	struct who *a = &w->who[0], *c = &w->who[2];
	world_found(w, 2);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sr_mls_proposal add = world_add(c);
		struct sr_mls_commit_out out = {0};
		struct sr_mls_bytes old = {0}, tree = {0};
		OK(sr_mls_tree(a->group, &old));
		OK(sr_mls_commit(a->group, COMMIT(ONE(add), .no_tree = rows[i].no_tree), &out));
		world_send(w, 0, world_in(out.commit), SR_MLS_GOT_COMMIT);
		world_merge(a, true);
		world_merge(&w->who[1], false);
		OK(sr_mls_tree(a->group, &tree));
		struct sr_mls_data given = world_in(rows[i].old_tree ? old : tree);
		struct sr_err e = world_join(c, world_in(out.welcome),
					     rows[i].give_tree ? given : nothing, NULL);
		CHECK(e.code == rows[i].want && !c->group == !!e.code, "%s: %d %s", rows[i].why,
		      (int)e.code, e.what);
		world_agree(w);
		world_talk(w);
		world_commit_one(w, 0, world_remove(2));
		sr_mls_free(&old);
		sr_mls_free(&tree);
		sr_mls_commit_out_free(&out);
	}
}

static void a_welcome_is_for_one_key_package(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_key_package others[2];
	struct sr_mls_commit_out out = {0};
	struct sr_mls_group *g = NULL;
	size_t used = 7;
	world_found(w, 1);
	for (int i = 0; i < 2; i++)
		OK(sr_mls_key_package_make(&b->platform, &b->client, 100, &others[i]));
	struct sr_mls_proposal add = world_add(b);
	struct sr_mls_data secrets[] = {world_in(others[0].secrets), world_in(b->package.secrets),
					world_in(others[1].secrets)};
	struct sr_mls_join_options o = {.secrets = secrets, .secrets_n = 3};
	OK(sr_mls_commit(a->group, COMMIT(ONE(add)), &out));
	struct sr_mls_data welcome = world_in(out.welcome);
	OK(sr_mls_join(&b->platform, welcome, &o, &used, &g));
	CHECK(used == 1, "the second of three was used, not %zu", used);
	sr_mls_close(g);
	g = NULL;
	secrets[1] = secrets[0];
	FAILS(SR_E_STATE, sr_mls_join(&b->platform, welcome, &o, &used, &g));
	o.secrets_n = 0;
	FAILS(SR_E_STATE, sr_mls_join(&b->platform, welcome, &o, &used, &g));
	secrets[0] = world_text("no secrets");
	o.secrets_n = 1;
	FAILS(SR_E_INPUT, sr_mls_join(&b->platform, welcome, &o, &used, &g));
	FAILS(SR_E_INPUT, world_join(b, world_in(out.commit), nothing, NULL));
	for (size_t i = 0; i < welcome.len; i++) {
		out.welcome.ptr[i] ^= 0x10;
		struct sr_err e = world_join(b, welcome, nothing, NULL);
		CHECK(e.code && e.code != SR_E_NOMEM && !b->group, "a changed byte %zu", i);
		out.welcome.ptr[i] ^= 0x10;
	}
	CHECK(!g && used == 1, "outputs are untouched");
	for (int i = 0; i < 2; i++)
		sr_mls_key_package_free(&others[i]);
	sr_mls_commit_out_free(&out);
}

static void a_key_package_is_added_within_its_time(struct world *w)
{
	static const struct {
		int64_t now;
		enum sr_code want;
	} rows[] = {
		{WORLD_NOW, SR_OK},
		{WORLD_NOW - 3600, SR_OK},
		{WORLD_NOW - 3601, SR_E_STATE},
		{WORLD_NOW + WORLD_LIFETIME, SR_OK},
		{WORLD_NOW + WORLD_LIFETIME + 1, SR_E_STATE},
		{-1, SR_E_STATE},
	};
	struct who *a = &w->who[0], *b = &w->who[1];
	world_found(w, 1);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sr_mls_proposal add = world_add(b);
		struct sr_mls_commit_out out = {0};
		a->now = rows[i].now;
		struct sr_err e = sr_mls_commit(a->group, COMMIT(ONE(add)), &out);
		CHECK(e.code == rows[i].want, "at %lld: %d %s", (long long)a->now, (int)e.code,
		      e.what);
		sr_mls_commit_out_free(&out);
	}
}

/* ---- Commits ---- */

static void a_commit_brings_fresh_keys(struct world *w)
{
	world_found(w, 4);
	for (size_t i = 0; i < 4; i++) {
		struct sr_mls_facts old = world_facts(&w->who[i]);
		uint8_t before[SR_MLS_LEN], leaf_key[1 + SR_MLS_LEN];
		memcpy(before, old.authenticator.ptr, sizeof before);
		memcpy(leaf_key, world_member(&w->who[0], (uint32_t)i).leaf_node.ptr,
		       sizeof leaf_key);
		world_commit(w, i, NULL);
		struct sr_mls_facts new = world_facts(&w->who[i]);
		CHECK(new.epoch == old.epoch + 1 && new.members_n == 4, "one epoch later");
		CHECK(memcmp(before, new.authenticator.ptr, sizeof before) != 0,
		      "another authenticator");
		CHECK(memcmp(world_member(&w->who[0], (uint32_t)i).leaf_node.ptr, leaf_key,
			     sizeof leaf_key) != 0,
		      "another key in the leaf of who committed");
		world_talk(w);
	}
}

static void who_is_removed_is_out(struct world *w)
{
	struct who *a = &w->who[0], *c = &w->who[2];
	struct sr_mls_commit_out out = {0};
	struct sr_mls_proposal remove = world_remove(2);
	struct sr_mls_bytes message = {0};
	struct sr_mls_staged staged;
	struct sr_mls_member m;
	world_found(w, 4);
	OK(sr_mls_commit(a->group, COMMIT(ONE(remove)), &out));
	world_send(w, 0, world_in(out.commit), SR_MLS_GOT_COMMIT);
	CHECK(sr_mls_staged(c->group, false, &staged) && staged.removes_us &&
		      !staged.authenticator.len && !staged.has_after && staged.has_before,
	      "c sees that it is removed");
	CHECK(!sr_mls_staged_member(c->group, false, 0, &m), "and nothing of what comes then");
	REFUSED(c, SR_E_STATE, sr_mls_merge(c->group, false));
	world_reload(c);
	world_merge(a, true);
	for (size_t i = 1; i < 4; i++)
		if (i != 2)
			world_merge(&w->who[i], false);
	OK(sr_mls_protect(a->group, nothing, world_text("without c"), &message));
	REFUSED(c, SR_E_STATE, world_refuse(c, world_in(message)));
	world_close_group(c);
	world_agree(w);
	world_send(w, 0, world_in(message), SR_MLS_GOT_DATA);
	CHECK(world_facts(a).members_n == 3 && !sr_mls_member(a->group, 2, &m),
	      "c's leaf is empty");
	sr_mls_free(&message);
	sr_mls_commit_out_free(&out);
	world_talk(w);
}

static void others_commit_what_one_proposed(struct world *w)
{
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE},
			       leave = {.kind = SR_MLS_SELF_REMOVE};
	uint8_t before[64];
	for (int plain = 0; plain < 2; plain++) {
		for (size_t i = 0; i < WORLD_N; i++) {
			world_close_group(&w->who[i]);
			w->who[i].settings.public_handshake = plain;
		}
		world_found(w, 4);
		memcpy(before, world_member(&w->who[0], 1).leaf_node.ptr, sizeof before);
		world_propose(w, 1, &update, NULL);
		world_propose(w, 2, &leave, NULL);
		world_reload(&w->who[1]);
		world_commit(w, 3, NULL);
		CHECK(memcmp(before, world_member(&w->who[0], 1).leaf_node.ptr, sizeof before) != 0,
		      "b's leaf is a new one");
		CHECK(!w->who[2].group && world_facts(&w->who[0]).members_n == 3, "c left");
		world_talk(w);
		world_commit(w, 1, NULL);
		world_talk(w);
	}
}

static void nobody_commits_his_own_going(struct world *w)
{
	static const struct {
		const char *why;
		struct sr_mls_proposal proposal;
	} rows[] = {
		{"an Update by value", {.kind = SR_MLS_UPDATE}},
		{"a SelfRemove by value", {.kind = SR_MLS_SELF_REMOVE}},
		{"removing oneself", {.kind = SR_MLS_REMOVE, .leaf = 0}},
		{"removing nobody", {.kind = SR_MLS_REMOVE, .leaf = 3}},
		{"removing beyond the tree", {.kind = SR_MLS_REMOVE, .leaf = UINT32_MAX}},
		{"an ExternalInit", {.kind = SR_MLS_EXTERNAL_INIT}},
		{"no key package", {.kind = SR_MLS_ADD}},
	};
	struct who *a = &w->who[0];
	struct sr_mls_proposal own = {.kind = SR_MLS_UPDATE};
	struct sr_mls_commit_out out = {0};
	struct sr_mls_staged staged;
	uint8_t ref[SR_MLS_LEN];
	world_found(w, 3);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		world_before(a);
		struct sr_err e = sr_mls_commit(a->group, COMMIT(ONE(rows[i].proposal)), &out);
		CHECK(e.code == SR_E_INPUT && !out.commit.ptr, "%s: %d", rows[i].why, (int)e.code);
		world_same(a, __FILE__, __LINE__);
	}
	world_propose(w, 0, &own, ref);
	REFUSED(a, SR_E_INPUT, sr_mls_commit(a->group, COMMIT(.take = ref, .take_n = 1), &out));
	OK(sr_mls_commit(a->group, COMMIT(0), &out));
	CHECK(sr_mls_staged(a->group, true, &staged) && !staged.changes_n,
	      "one's own Update is left out");
	sr_mls_commit_out_free(&out);
}

static void what_does_not_go_together_is_refused(struct world *w)
{
	struct who *a = &w->who[0];
	struct sr_mls_commit_out out = {0};
	world_found(w, 3);
	struct sr_mls_proposal add = world_add(&w->who[3]), remove = world_remove(1),
			       context = {.kind = SR_MLS_CONTEXT},
			       reinit = {.kind = SR_MLS_REINIT, .suite = 1};
	struct sr_mls_client twin = world_client(a->client.suite, "twin", 2);
	struct sr_mls_key_package package;
	OK(sr_mls_key_package_make(&a->platform, &twin, 100, &package));
	struct sr_mls_proposal again = {.kind = SR_MLS_ADD,
					.key_package = world_in(package.message)};
	struct sr_mls_proposal pairs[][2] = {
		{add, add},       {remove, remove}, {context, context}, {reinit, add},
		{remove, reinit}, {reinit, reinit}, {add, again},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		REFUSED(a, SR_E_INPUT,
			sr_mls_commit(a->group, COMMIT(.proposals = pairs[i], .proposals_n = 2),
				      &out));
	world_close_group(&w->who[1]);
	sr_mls_key_package_free(&package);
	CHECK(!out.commit.ptr, "outputs are untouched");
}

static void a_key_of_another_suite_is_not_added(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_commit_out out = {0};
	world_found(w, 1);
	b->client.suite = a->client.suite == 1 ? 3 : 1;
	struct sr_mls_proposal add = world_add(b);
	REFUSED(a, SR_E_INPUT, sr_mls_commit(a->group, COMMIT(ONE(add)), &out));
	REFUSED(a, SR_E_INPUT, sr_mls_commit(a->group, COMMIT(.client = &b->client), &out));
}

/* What waits goes into the next commit, as far as it fits together: the later one wins, removing
 * wins over all. */
static void what_waits_is_chosen_from(struct world *w)
{
	struct who *a = &w->who[0];
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE}, remove = world_remove(2),
			       reinit = {.kind = SR_MLS_REINIT, .suite = 1},
			       context = {.kind = SR_MLS_CONTEXT};
	struct sr_mls_commit_out out = {0};
	struct sr_mls_staged staged;
	world_found(w, 4);
	world_propose(w, 1, &reinit, NULL);
	world_propose(w, 1, &remove, NULL);
	world_propose(w, 2, &update, NULL);
	world_propose(w, 3, &remove, NULL);
	world_propose(w, 1, &context, NULL);
	OK(sr_mls_commit(a->group, COMMIT(0), &out));
	CHECK(sr_mls_staged(a->group, true, &staged) && staged.changes_n == 2 &&
		      staged.changes[0].kind == SR_MLS_REMOVE && staged.changes[0].by_index == 3 &&
		      staged.changes[1].kind == SR_MLS_CONTEXT,
	      "d's Remove and the Context");
	sr_mls_commit_out_free(&out);
	world_propose(w, 1, &reinit, NULL);
	world_propose(w, 3, &reinit, NULL);
	OK(sr_mls_commit(a->group, COMMIT(0), &out));
	CHECK(sr_mls_staged(a->group, true, &staged) && staged.changes_n == 1 && staged.reinit &&
		      staged.changes[0].by_index == 3,
	      "the last ReInit, if it is the last");
	sr_mls_commit_out_free(&out);
}

/* As many as a Welcome can name, and no more; whoever floods others with them hinders nobody. */
static void pre_shared_keys_are_so_many(struct world *w)
{
	enum { MOST = 256 };
	static struct sr_mls_proposal psks[MOST + 1];
	struct sr_mls_commit_options o = {.proposals = psks, .proposals_n = MOST + 1};
	struct sr_mls_commit_out out = {0};
	struct sr_mls_staged staged;
	world_found(w, 3);
	for (size_t i = 0; i < 3; i++)
		world_share(&w->who[i], "psk", 0, 1);
	for (size_t i = 0; i < MOST + 1; i++)
		psks[i] = world_psk("psk");
	FAILS(SR_E_LIMIT, sr_mls_commit(w->who[0].group, &o, &out));
	o.proposals_n--;
	world_commit(w, 0, &o);
	for (size_t i = 0; i < MOST + 1; i++)
		world_propose(w, 1, &psks[0], NULL);
	psks[0] = world_remove(2);
	world_propose(w, 1, &psks[0], NULL);
	OK(sr_mls_commit(w->who[0].group, COMMIT(0), &out));
	CHECK(sr_mls_staged(w->who[0].group, true, &staged) && staged.changes_n == MOST + 1 &&
		      staged.changes[MOST].kind == SR_MLS_REMOVE,
	      "the Remove, and as many as can be");
	sr_mls_commit_out_free(&out);
}

static void waiting_proposals_have_names(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_proposal remove = world_remove(2), update = {.kind = SR_MLS_UPDATE};
	struct sr_mls_commit_out out = {0};
	struct sr_mls_bytes message = {0};
	struct sr_mls_event event = {0};
	struct sr_mls_change change;
	uint8_t refs[2][SR_MLS_LEN], got[SR_MLS_LEN];
	world_found(w, 4);
	world_propose(w, 2, &update, refs[0]);
	OK(sr_mls_propose(b->group, world_text("aad"), &remove, &message, refs[1]));
	OK(sr_mls_receive(a->group, world_in(message), &event));
	CHECK(event.kind == SR_MLS_GOT_PROPOSAL && event.by == SR_MLS_BY_MEMBER &&
		      event.by_index == 1 && !memcmp(event.ref, refs[1], SR_MLS_LEN) &&
		      world_eq(event.authenticated_data, world_text("aad")),
	      "who proposed, and its name");
	struct sr_mls_member sender = world_member(a, 1), old = world_member(a, 2);
	CHECK(world_same_member(&event.sender, &sender), "the member who proposed");
	sr_mls_event_free(&event);
	CHECK(sr_mls_waiting(a->group, 1, got, &change) && !memcmp(got, refs[1], SR_MLS_LEN) &&
		      change.kind == SR_MLS_REMOVE && change.by == SR_MLS_BY_MEMBER &&
		      change.by_index == 1 && change.by_reference && change.has_before &&
		      world_same_member(&change.before, &old) && !change.has_after,
	      "it waits");
	CHECK(sr_mls_waiting(a->group, 0, got, &change) && change.has_before && change.has_after &&
		      !world_same_member(&change.before, &change.after),
	      "and so does the Update");
	CHECK(!sr_mls_waiting(a->group, 2, got, &change), "and nothing else");
	got[0] ^= 1;
	CHECK(!sr_mls_forget(a->group, got), "a name of nothing");
	REFUSED(a, SR_E_STATE, sr_mls_commit(a->group, COMMIT(.take = got, .take_n = 1), &out));
	CHECK(sr_mls_forget(a->group, refs[0]) && !sr_mls_forget(a->group, refs[0]),
	      "forgotten once");
	CHECK(sr_mls_waiting(a->group, 0, got, &change) && change.kind == SR_MLS_REMOVE,
	      "the other one is left");
	world_reload(a);
	sr_mls_free(&message);
}

static void a_caller_takes_what_he_wants(struct world *w)
{
	struct who *a = &w->who[0];
	struct sr_mls_proposal remove = world_remove(2), update = {.kind = SR_MLS_UPDATE};
	struct sr_mls_commit_out out = {0};
	struct sr_mls_staged staged;
	uint8_t refs[2][SR_MLS_LEN];
	world_found(w, 4);
	world_share(a, "psk", 0, 1);
	for (int i = 0; i < 2; i++) {
		struct sr_mls_proposal twice = i ? world_psk("psk") : remove;
		world_propose(w, 1, &twice, refs[0]);
		memcpy(refs[1], refs[0], SR_MLS_LEN);
		REFUSED(a, SR_E_INPUT,
			sr_mls_commit(a->group, COMMIT(.take = refs[0], .take_n = 2), &out));
		for (size_t k = 0; k < 4; k++)
			CHECK(sr_mls_forget(w->who[k].group, refs[0]), "it waits");
	}
	world_propose(w, 3, &update, refs[0]);
	world_propose(w, 1, &remove, refs[1]);
	OK(sr_mls_commit(a->group, COMMIT(.take_none = true), &out));
	CHECK(sr_mls_staged(a->group, true, &staged) && !staged.changes_n, "none");
	sr_mls_commit_out_free(&out);
	OK(sr_mls_commit(a->group, COMMIT(.take = refs[1], .take_n = 1), &out));
	CHECK(sr_mls_staged(a->group, true, &staged) && staged.changes_n == 1 &&
		      staged.changes[0].kind == SR_MLS_REMOVE,
	      "the second");
	sr_mls_commit_out_free(&out);
	OK(sr_mls_commit(a->group, COMMIT(0), &out));
	CHECK(sr_mls_staged(a->group, true, &staged) && staged.changes_n == 2, "both");
	world_send(w, 0, world_in(out.commit), SR_MLS_GOT_COMMIT);
	for (size_t i = 0; i < 4; i++)
		world_merge(&w->who[i], i == 0);
	world_agree(w);
	CHECK(!sr_mls_waiting(a->group, 0, refs[0], NULL), "nothing waits any more");
	sr_mls_commit_out_free(&out);
}

static void a_commit_of_a_proposal_that_is_not_here_can_come_again(struct world *w)
{
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE};
	struct sr_mls_bytes proposal = {0};
	struct sr_mls_commit_out out = {0};
	for (int plain = 0; plain < 2; plain++) {
		for (size_t i = 0; i < WORLD_N; i++) {
			world_close_group(&w->who[i]);
			w->who[i].settings.public_handshake = plain;
		}
		world_found(w, 3);
		OK(sr_mls_propose(w->who[1].group, nothing, &update, &proposal, NULL));
		world_give(&w->who[0], world_in(proposal), SR_MLS_GOT_PROPOSAL);
		OK(sr_mls_commit(w->who[0].group, COMMIT(0), &out));
		REFUSED(&w->who[2], SR_E_STATE, world_refuse(&w->who[2], world_in(out.commit)));
		world_give(&w->who[2], world_in(proposal), SR_MLS_GOT_PROPOSAL);
		world_send(w, 0, world_in(out.commit), SR_MLS_GOT_COMMIT);
		for (size_t i = 0; i < 3; i++)
			world_merge(&w->who[i], i == 0);
		world_agree(w);
		sr_mls_free(&proposal);
		sr_mls_commit_out_free(&out);
	}
}

static void a_path_is_left_out_where_it_may_be(struct world *w)
{
	struct who *a = &w->who[0];
	struct sr_mls_commit_out out = {0};
	struct sr_mls_staged staged;
	struct sr_mls_client other = world_client(a->client.suite, "a", 40);
	world_found(w, 3);
	world_share(a, "psk", 0, 1);
	struct sr_mls_proposal add = world_add(&w->who[3]), remove = world_remove(1),
			       psk = world_psk("psk"), reinit = {.kind = SR_MLS_REINIT, .suite = 1},
			       context = {.kind = SR_MLS_CONTEXT};
	const struct {
		const char *why;
		struct sr_mls_commit_options o;
		bool path;
	} rows[] = {
		{"an Add alone", {ONE(add), .no_path = true}, false},
		{"a pre-shared key alone", {ONE(psk), .no_path = true}, false},
		{"a ReInit alone", {ONE(reinit), .no_path = true}, false},
		{"an Add, not told", {ONE(add)}, true},
		{"a Remove", {ONE(remove), .no_path = true}, true},
		{"a Context", {ONE(context), .no_path = true}, true},
		{"nothing", {.no_path = true}, true},
		{"another client", {ONE(add), .no_path = true, .client = &other}, true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		OK(sr_mls_commit(a->group, &rows[i].o, &out));
		CHECK(sr_mls_staged(a->group, true, &staged) && staged.has_after == rows[i].path &&
			      staged.has_before,
		      "%s", rows[i].why);
		sr_mls_commit_out_free(&out);
	}
	world_commit(w, 0, &rows[0].o);
	world_talk(w);
}

/* ---- Staged commits ---- */

static const struct sr_mls_change *change_of(const struct sr_mls_staged *s,
					     enum sr_mls_proposal_kind kind)
{
	for (size_t i = 0; i < s->changes_n; i++)
		if (s->changes[i].kind == kind)
			return &s->changes[i];
	static const struct sr_mls_change none;
	CHECK(false, "no change of kind %d", (int)kind);
	return &none;
}

static bool proposal_is(const struct sr_mls_change *c)
{
	return c->proposal.len >= 2 && c->proposal.ptr[0] == 0 &&
	       c->proposal.ptr[1] == (uint8_t)c->kind;
}

/* check_changes checks what b's commit of the next test does, as somebody else sees it. */
static void check_changes(const struct who *m, const struct sr_mls_staged *s, bool own)
{
	struct sr_mls_member d = world_member(m, 3), e = world_member(m, 4), c = world_member(m, 2),
			     at;
	const struct sr_mls_change *x = change_of(s, SR_MLS_ADD);
	CHECK(x->by == SR_MLS_BY_MEMBER && x->by_index == 1 && !x->by_reference && proposal_is(x) &&
		      !x->has_before && x->has_after && x->after.leaf == 2 &&
		      world_eq(x->after.credential, world_text("f")) &&
		      sr_mls_staged_member(m->group, own, 2, &at) &&
		      world_same_member(&at, &x->after),
	      "f comes to where c was, by b");
	x = change_of(s, SR_MLS_UPDATE);
	CHECK(x->by == SR_MLS_BY_MEMBER && x->by_index == 3 && x->by_reference && proposal_is(x) &&
		      x->has_before && world_same_member(&x->before, &d) && x->has_after &&
		      sr_mls_staged_member(m->group, own, 3, &at) &&
		      world_same_member(&at, &x->after) && !world_same_member(&at, &d),
	      "d has new keys");
	x = change_of(s, SR_MLS_SELF_REMOVE);
	CHECK(x->by == SR_MLS_BY_MEMBER && x->by_index == 4 && x->by_reference && proposal_is(x) &&
		      x->has_before && world_same_member(&x->before, &e) && !x->has_after,
	      "e leaves");
	x = change_of(s, SR_MLS_REMOVE);
	CHECK(x->by == SR_MLS_BY_MEMBER && x->by_index == 1 && !x->by_reference && proposal_is(x) &&
		      x->has_before && world_same_member(&x->before, &c) && !x->has_after,
	      "c is removed by b");
	x = change_of(s, SR_MLS_PSK);
	CHECK(x->by_index == 0 && x->by_reference && proposal_is(x) && !x->has_before &&
		      !x->has_after && x->psk.kind == SR_MLS_PSK_EXTERNAL &&
		      world_eq(x->psk.id, world_text("psk")) && !x->psk.epoch,
	      "a pre-shared key, by a");
	x = change_of(s, SR_MLS_CONTEXT);
	CHECK(x->by_index == 1 && proposal_is(x) && !x->has_before && !x->has_after, "a Context");
}

static void check_staged(const struct who *m, bool own, struct sr_mls_staged *s)
{
	struct sr_mls_member b = world_member(m, 1), at;
	if (!CHECK(sr_mls_staged(m->group, own, s), "%s has it staged", m->name))
		return;
	CHECK(s->own == own && s->by == SR_MLS_BY_MEMBER && s->committer == 1 && s->has_before &&
		      world_same_member(&s->before, &b),
	      "by b, as it was");
	CHECK(s->has_after && !world_same_member(&s->after, &b) &&
		      sr_mls_staged_member(m->group, own, 1, &at) &&
		      world_same_member(&at, &s->after),
	      "and as it will be");
	CHECK(world_eq(s->authenticated_data, world_text("why")) && s->changes_n == 6 &&
		      !s->removes_us && !s->reinit && s->epoch == world_facts(m).epoch + 1 &&
		      s->authenticator.len == SR_MLS_LEN &&
		      !world_eq(s->authenticator, world_facts(m).authenticator),
	      "the rest");
	CHECK(world_eq(s->extensions, (struct sr_mls_data){(const uint8_t *)"\6\0\3\3\0\0\0", 7}),
	      "what the group will have");
	check_changes(m, s, own);
}

static void a_staged_commit_tells_everything(struct world *w)
{
	struct sr_mls_extension needs = extension(3, "\0\0\0", 3);
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE},
			       leave = {.kind = SR_MLS_SELF_REMOVE}, psk = world_psk("psk");
	struct sr_mls_commit_out out = {0};
	struct sr_mls_staged s = {0};
	uint8_t authenticator[SR_MLS_LEN];
	world_found(w, 5);
	for (size_t i = 0; i < WORLD_N; i++)
		world_share(&w->who[i], "psk", 0, 1);
	world_propose(w, 3, &update, NULL);
	world_propose(w, 4, &leave, NULL);
	world_propose(w, 0, &psk, NULL);
	struct sr_mls_proposal more[] = {
		world_add(&w->who[5]),
		world_remove(2),
		{.kind = SR_MLS_CONTEXT, .extensions = &needs, .extensions_n = 1}};
	OK(sr_mls_commit(w->who[1].group,
			 COMMIT(.proposals = more, .proposals_n = 3,
				.authenticated_data = world_text("why")),
			 &out));
	world_send(w, 1, world_in(out.commit), SR_MLS_GOT_COMMIT);
	for (size_t i = 0; i < 4; i++) {
		world_reload(&w->who[i]);
		if (i == 2)
			continue;
		check_staged(&w->who[i], i == 1, &s);
		memcpy(authenticator, s.authenticator.ptr, sizeof authenticator);
		world_merge(&w->who[i], i == 1);
		CHECK(!memcmp(authenticator, world_facts(&w->who[i]).authenticator.ptr, SR_MLS_LEN),
		      "the authenticator is what it was said to be");
	}
	world_merge(&w->who[2], false);
	world_merge(&w->who[4], false);
	CHECK(!w->who[2].group && !w->who[4].group, "c and e are out");
	OK(world_join(&w->who[5], world_in(out.welcome), nothing, NULL));
	world_agree(w);
	world_talk(w);
	sr_mls_commit_out_free(&out);
}

static void what_is_staged_can_be_dropped(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_commit_out first = {0}, second = {0};
	struct sr_mls_staged s;
	world_found(w, 2);
	REFUSED(a, SR_E_STATE, sr_mls_merge(a->group, true));
	REFUSED(a, SR_E_STATE, sr_mls_merge(a->group, false));
	OK(sr_mls_commit(a->group, COMMIT(0), &first));
	CHECK(world_facts(a).staged_own && !world_facts(a).staged_received, "staged");
	world_before(b);
	world_give(b, world_in(first.commit), SR_MLS_GOT_COMMIT);
	CHECK(!world_facts(b).staged_own && world_facts(b).staged_received, "staged there");
	sr_mls_discard(b->group, true);
	CHECK(world_facts(b).staged_received, "the other one is not dropped");
	sr_mls_discard(b->group, false);
	CHECK(!sr_mls_staged(b->group, false, &s), "dropped");
	OK(sr_mls_commit(a->group, COMMIT(.authenticated_data = world_text("2")), &second));
	CHECK(sr_mls_staged(a->group, true, &s) && world_eq(s.authenticated_data, world_text("2")),
	      "a second one takes the place of the first");
	world_give(b, world_in(second.commit), SR_MLS_GOT_COMMIT);
	world_merge(a, true);
	world_merge(b, false);
	world_agree(w);
	REFUSED(b, SR_E_STATE, world_refuse(b, world_in(first.commit)));
	sr_mls_commit_out_free(&first);
	sr_mls_commit_out_free(&second);
	world_talk(w);
}

static void of_two_commits_one_is_merged(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1], *c = &w->who[2];
	struct sr_mls_commit_out by_a = {0}, by_b = {0};
	struct sr_mls_staged s[2];
	for (int first = 0; first < 2; first++) {
		for (size_t i = 0; i < 3; i++)
			world_close_group(&w->who[i]);
		world_found(w, 3);
		OK(sr_mls_commit(a->group, COMMIT(.authenticated_data = world_text("a")), &by_a));
		OK(sr_mls_commit(b->group, COMMIT(.authenticated_data = world_text("b")), &by_b));
		world_give(a, world_in(by_b.commit), SR_MLS_GOT_COMMIT);
		world_give(b, world_in(by_a.commit), SR_MLS_GOT_COMMIT);
		CHECK(sr_mls_staged(a->group, true, &s[0]) &&
			      sr_mls_staged(a->group, false, &s[1]) &&
			      world_eq(s[0].authenticated_data, world_text("a")) &&
			      world_eq(s[1].authenticated_data, world_text("b")) &&
			      !world_eq(s[0].authenticator, s[1].authenticator),
		      "both are staged beside each other");
		world_reload(a);
		struct sr_mls_data won = world_in(first ? by_b.commit : by_a.commit),
				   lost = world_in(first ? by_a.commit : by_b.commit);
		world_give(c, lost, SR_MLS_GOT_COMMIT);
		REFUSED(c, SR_E_STATE, world_refuse(c, won));
		sr_mls_discard(c->group, false);
		world_give(c, won, SR_MLS_GOT_COMMIT);
		world_merge(a, !first);
		world_merge(b, first);
		world_merge(c, false);
		world_agree(w);
		CHECK(!world_facts(a).staged_own && !world_facts(a).staged_received &&
			      !world_facts(b).staged_own && !world_facts(b).staged_received,
		      "and the other is gone");
		world_talk(w);
		sr_mls_commit_out_free(&by_a);
		sr_mls_commit_out_free(&by_b);
	}
}

static void the_old_epoch_works_while_a_commit_is_staged(struct world *w)
{
	struct who *a = &w->who[0];
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE};
	struct sr_mls_commit_out out = {0};
	world_found(w, 3);
	OK(sr_mls_commit(a->group, COMMIT(0), &out));
	world_send(w, 0, world_in(out.commit), SR_MLS_GOT_COMMIT);
	world_talk(w);
	world_propose(w, 1, &update, NULL);
	for (size_t i = 0; i < 3; i++)
		world_merge(&w->who[i], i == 0);
	world_agree(w);
	CHECK(!sr_mls_waiting(a->group, 0, w->who[0].package.ref, NULL),
	      "a proposal of the old epoch is gone");
	world_talk(w);
	sr_mls_commit_out_free(&out);
}

static void own_messages_come_back(struct world *w)
{
	struct who *a = &w->who[0];
	struct sr_mls_proposal remove = world_remove(1);
	struct sr_mls_bytes m[3] = {{0}};
	struct sr_mls_commit_out out = {0}, later = {0};
	struct sr_mls_event e = {0};
	for (int plain = 0; plain < 2; plain++) {
		world_close_group(a);
		world_close_group(&w->who[1]);
		a->settings.public_handshake = plain;
		world_found(w, 2);
		struct sr_mls_member self = world_member(a, 0);
		OK(sr_mls_propose(a->group, nothing, &remove, &m[0], NULL));
		OK(sr_mls_protect(a->group, nothing, world_text("x"), &m[1]));
		OK(sr_mls_protect_to(a->group, 1, nothing, world_text("x"), &m[2]));
		for (size_t i = 0; i < 3; i++) {
			world_before(a);
			if (OK(sr_mls_receive(a->group, world_in(m[i]), &e)))
				CHECK(e.kind == SR_MLS_GOT_ECHO && e.by == SR_MLS_BY_MEMBER &&
					      e.by_index == 0 && !e.own_commit && e.epoch == 1 &&
					      world_same_member(&e.sender, &self),
				      "message %zu", i);
			world_same(a, __FILE__, __LINE__);
			sr_mls_event_free(&e);
		}
		OK(sr_mls_commit(a->group, COMMIT(0), &out));
		OK(sr_mls_receive(a->group, world_in(out.commit), &e));
		CHECK(e.kind == SR_MLS_GOT_ECHO && e.own_commit && e.by_index == 0 &&
			      e.epoch == 1 && world_same_member(&e.sender, &self),
		      "one's own commit");
		OK(sr_mls_commit(a->group, COMMIT(0), &later));
		REFUSED(a, SR_E_STATE, world_refuse(a, world_in(out.commit)));
		world_merge(a, true);
		REFUSED(a, SR_E_STATE, world_refuse(a, world_in(later.commit)));
		if (OK(sr_mls_receive(a->group, world_in(m[1]), &e)))
			CHECK(e.kind == SR_MLS_GOT_ECHO && e.epoch == 1, "of an epoch before");
		for (size_t i = 0; i < 3; i++)
			sr_mls_free(&m[i]);
		sr_mls_commit_out_free(&out);
		sr_mls_commit_out_free(&later);
	}
}

/* ---- What a group asks of its members ---- */

static void a_context_replaces_all_extensions(struct world *w)
{
	static const uint16_t known[] = {0xf00d, 0xf00e};
	struct sr_mls_data data;
	for (size_t i = 0; i < 3; i++)
		w->who[i].client.extensions = (struct sr_mls_types){known, 2};
	world_found(w, 3);
	struct sr_mls_extension first = extension(0xf00d, "one", 3),
				second = extension(0xf00e, "two", 3);
	struct sr_mls_proposal context = {
		.kind = SR_MLS_CONTEXT, .extensions = &first, .extensions_n = 1};
	world_commit_one(w, 1, context);
	CHECK(sr_mls_extension(w->who[0].group, 0xf00d, &data) && world_eq(data, world_text("one")),
	      "the first");
	context.extensions = &second;
	world_propose(w, 2, &context, NULL);
	world_commit(w, 0, NULL);
	CHECK(!sr_mls_extension(w->who[1].group, 0xf00d, &data) &&
		      sr_mls_extension(w->who[1].group, 0xf00e, &data) &&
		      world_eq(data, world_text("two")),
	      "the second instead");
	world_commit_one(w, 0, (struct sr_mls_proposal){.kind = SR_MLS_CONTEXT});
	CHECK(world_facts(&w->who[2]).extensions.len == 1, "none");
}

static void nobody_is_asked_for_what_he_cannot(struct world *w)
{
	static const uint16_t known[] = {0xf00d};
	struct who *a = &w->who[0], *c = &w->who[2];
	struct sr_mls_commit_out out = {0};
	struct sr_mls_extension ext = extension(0xf00d, "", 0),
				needs[] = {extension(3, "\2\xf0\x0d\0\0", 5),
					   extension(3, "\0\2\xf0\x0d\0", 5),
					   extension(3, "\0\0\2\xf0\x0d", 5)};
	w->who[0].client.extensions = (struct sr_mls_types){known, 1};
	w->who[0].client.proposals = (struct sr_mls_types){known, 1};
	w->who[0].client.credentials = (struct sr_mls_types){known, 1};
	world_found(w, 2);
	struct sr_mls_proposal context = {.kind = SR_MLS_CONTEXT, .extensions_n = 1};
	for (size_t i = 0; i < 4; i++) {
		context.extensions = i == 3 ? &ext : &needs[i];
		REFUSED(a, SR_E_INPUT, sr_mls_commit(a->group, COMMIT(ONE(context)), &out));
	}
	world_commit_one(w, 0, world_remove(1));
	for (size_t i = 0; i < 4; i++) {
		context.extensions = i == 3 ? &ext : &needs[i];
		struct sr_mls_proposal both[] = {context, world_add(c)};
		REFUSED(a, SR_E_INPUT,
			sr_mls_commit(a->group, COMMIT(.proposals = both, .proposals_n = 2), &out));
		world_commit_one(w, 0, context);
		both[0] = world_add(c);
		REFUSED(a, SR_E_INPUT, sr_mls_commit(a->group, COMMIT(ONE(both[0])), &out));
	}
	REFUSED(a, SR_E_INPUT, sr_mls_commit(a->group, COMMIT(.client = &c->client), &out));
	c->client.extensions = (struct sr_mls_types){known, 1};
	world_commit_one(w, 0, world_add(c));
	world_talk(w);
}

static void somebody_changes_who_he_is(struct world *w)
{
	struct who *a = &w->who[0];
	struct sr_mls_client new_a = world_client(a->client.suite, "a, later", 50),
			     new_b = world_client(a->client.suite, "b, later", 51);
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE, .client = &new_b};
	uint8_t pub[SR_MLS_LEN];
	world_found(w, 3);
	world_commit(w, 0, COMMIT(.client = &new_a));
	OK(sr_mls_client_public(new_a.signature_seed, pub));
	struct sr_mls_member m = world_member(&w->who[2], 0);
	CHECK(world_eq(m.credential, world_text("a, later")) &&
		      world_eq(m.signature_key, (struct sr_mls_data){pub, SR_MLS_LEN}),
	      "by a commit");
	world_talk(w);
	world_propose(w, 1, &update, NULL);
	world_reload(&w->who[1]);
	world_talk(w);
	world_commit(w, 2, NULL);
	OK(sr_mls_client_public(new_b.signature_seed, pub));
	m = world_member(a, 1);
	CHECK(world_eq(m.credential, world_text("b, later")) &&
		      world_eq(m.signature_key, (struct sr_mls_data){pub, SR_MLS_LEN}),
	      "by an Update");
	world_talk(w);
	world_commit(w, 1, NULL);
	world_commit(w, 0, NULL);
	world_reload(&w->who[1]);
	world_talk(w);
}

static void a_leaf_has_what_its_client_says(struct world *w)
{
	static const uint16_t known[] = {0xf00d};
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_extension odd[] = {extension(1, "\2me", 3), extension(0xf00d, "odd", 3)};
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE};
	struct sr_mls_commit_out out = {0};
	struct sr_mls_client more = b->client;
	world_found(w, 3);
	more.leaf_extensions = odd;
	more.leaf_extensions_n = 2;
	REFUSED(b, SR_E_INPUT, sr_mls_commit(b->group, COMMIT(.client = &more), &out));
	more.extensions = (struct sr_mls_types){known, 1};
	world_commit(w, 1, COMMIT(.client = &more));
	for (int i = 0; i < 2; i++) {
		struct sr_mls_data leaf = world_member(a, 1).leaf_node;
		CHECK(world_has(leaf, (const uint8_t *)"\2me", 3) &&
			      world_has(leaf, (const uint8_t *)"odd", 3),
		      "its extensions");
		/* They stay when nothing else is said. */
		world_propose(w, 1, &update, NULL);
		world_commit(w, 0, NULL);
	}
	world_commit(w, 1, COMMIT(.client = &b->client));
	CHECK(!world_has(world_member(a, 1).leaf_node, (const uint8_t *)"odd", 3), "gone again");
}

/* certificate makes the least of a certificate that has a key in its place (RFC 5280). */
static void certificate(const struct sr_mls_client *c, uint8_t out[72])
{
	static const uint8_t front[] = {0x30, 70, 0x30, 62,   0xa0, 3, 2,    1, 2,    2,    1,    7,
					0x30, 0,  0x30, 0,    0x30, 0, 0x30, 0, 0x30, 0x2a, 0x30, 5,
					6,    3,  0x2b, 0x65, 0x70, 3, 0x21, 0};
	static const uint8_t back[] = {0x30, 0, 3, 2, 0, 0};
	memcpy(out, front, sizeof front);
	OK(sr_mls_client_public(c->signature_seed, out + sizeof front));
	memcpy(out + sizeof front + SR_MLS_LEN, back, sizeof back);
	out[1] = sizeof front + SR_MLS_LEN + sizeof back - 2;
	out[3] = sizeof front + SR_MLS_LEN - 4;
}

static void certificates_are_credentials(struct world *w)
{
	uint8_t certs[3][72];
	struct sr_mls_data chains[3][2];
	struct sr_mls_commit_out out = {0};
	for (size_t i = 0; i < 3; i++) {
		certificate(&w->who[i].client, certs[i]);
		chains[i][0] = (struct sr_mls_data){certs[i], certs[i][1] + 2U};
		chains[i][1] = world_text("who signed it");
		if (i < 2)
			w->who[i].client.credential = (struct sr_mls_credential){
				.type = SR_MLS_X509, .chain = chains[i], .chain_n = 2};
	}
	world_found(w, 3);
	world_talk(w);
	struct sr_mls_member m = world_member(&w->who[2], 1);
	CHECK(m.credential_type == SR_MLS_X509 &&
		      world_has(m.credential, certs[1], chains[1][0].len) &&
		      world_has(m.credential, chains[1][1].ptr, chains[1][1].len),
	      "b has a certificate");
	struct sr_mls_client bad = w->who[2].client;
	bad.credential = w->who[1].client.credential;
	REFUSED(&w->who[2], SR_E_INPUT,
		sr_mls_commit(w->who[2].group, COMMIT(.client = &bad), &out));
	bad.credential.chain = chains[2];
	world_commit(w, 2, COMMIT(.client = &bad));
	CHECK(world_member(&w->who[0], 2).credential_type == SR_MLS_X509, "c has one, too");
	world_commit(w, 1, NULL);
	world_talk(w);
}

/* ---- Exporters ---- */

static void exports_are_secrets_of_the_epoch(struct world *w)
{
	static const struct {
		const char *label, *context;
	} rows[] = {{"label", "x"}, {"label", "y"}, {"labe", "lx"}, {"", ""}};
	uint8_t keys[8][SR_MLS_LEN], long_one[65536];
	world_found(w, 3);
	for (size_t epoch = 0; epoch < 2; epoch++) {
		for (size_t i = 0; i < 4; i++)
			OK(sr_mls_export(w->who[1].group, world_text(rows[i].label),
					 world_text(rows[i].context), keys[4 * epoch + i],
					 SR_MLS_LEN));
		world_commit(w, 0, NULL);
	}
	for (size_t i = 0; i < 8; i++)
		for (size_t k = 0; k < i; k++)
			CHECK(memcmp(keys[i], keys[k], SR_MLS_LEN) != 0, "%zu and %zu", i, k);
	FAILS(SR_E_LIMIT, sr_mls_export(w->who[0].group, nothing, nothing, long_one, 65536));
	FAILS(SR_E_LIMIT, sr_mls_export(w->who[0].group, nothing, nothing, long_one, 8161));
	OK(sr_mls_export(w->who[0].group, nothing, nothing, long_one, 8160));
	OK(sr_mls_export(w->who[0].group, nothing, nothing, long_one, 0));
	for (size_t i = 0; i < 3; i++)
		sr_mls_resumption(w->who[i].group, keys[i]);
	CHECK(!memcmp(keys[0], keys[1], SR_MLS_LEN) && !memcmp(keys[0], keys[2], SR_MLS_LEN),
	      "the resumption_psk is everybody's");
}

static void a_safe_export_is_given_once(struct world *w)
{
	static const uint16_t components[] = {0, 1, 0x8000, 0xffff};
	uint8_t keys[3][SR_MLS_LEN], all[4][SR_MLS_LEN], untouched[SR_MLS_LEN] = {9};
	world_found(w, 3);
	for (size_t k = 0; k < 4; k++) {
		for (size_t i = 0; i < 3; i++) {
			struct who *m = &w->who[i];
			OK(sr_mls_export_safe(m->group, components[k], keys[i]));
			REFUSED(m, SR_E_STATE,
				sr_mls_export_safe(m->group, components[k], untouched));
			world_reload(m);
			REFUSED(m, SR_E_STATE,
				sr_mls_export_safe(m->group, components[k], untouched));
		}
		CHECK(!memcmp(keys[0], keys[1], SR_MLS_LEN) &&
			      !memcmp(keys[0], keys[2], SR_MLS_LEN),
		      "the same for all");
		memcpy(all[k], keys[0], SR_MLS_LEN);
		for (size_t i = 0; i < k; i++)
			CHECK(memcmp(all[i], all[k], SR_MLS_LEN) != 0, "%zu and %zu", i, k);
	}
	CHECK(untouched[0] == 9 && !untouched[1], "outputs are untouched");
	world_commit(w, 0, NULL);
	OK(sr_mls_export_safe(w->who[0].group, 1, keys[0]));
	CHECK(memcmp(keys[0], all[1], SR_MLS_LEN) != 0, "another one in the next epoch");
}

static void who_sees_another_group_sees_another_authenticator(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_commit_out by_a = {0}, by_b = {0};
	struct sr_mls_bytes message = {0};
	world_found(w, 3);
	OK(sr_mls_commit(a->group, COMMIT(0), &by_a));
	OK(sr_mls_commit(b->group, COMMIT(0), &by_b));
	/* Whoever delivers gives each his own. */
	world_give(&w->who[2], world_in(by_a.commit), SR_MLS_GOT_COMMIT);
	world_merge(a, true);
	world_merge(b, true);
	world_merge(&w->who[2], false);
	CHECK(!world_eq(world_facts(a).authenticator, world_facts(b).authenticator) &&
		      world_eq(world_facts(a).authenticator, world_facts(&w->who[2]).authenticator),
	      "the split shows");
	OK(sr_mls_protect(a->group, nothing, world_text("x"), &message));
	REFUSED(b, SR_E_AUTH, world_refuse(b, world_in(message)));
	sr_mls_free(&message);
	sr_mls_commit_out_free(&by_a);
	sr_mls_commit_out_free(&by_b);
}

int main(void)
{
	world_run("a group begins with one member", a_group_begins_with_one_member);
	world_run("a group that cannot be is refused", a_group_that_cannot_be_is_refused);
	world_run("a key package has a name and a signature",
		  a_key_package_has_a_name_and_a_signature);
	world_run("who is added joins", who_is_added_joins);
	world_run("a Welcome is for one key package", a_welcome_is_for_one_key_package);
	world_run("a key package is added within its time", a_key_package_is_added_within_its_time);
	world_run("a commit brings fresh keys", a_commit_brings_fresh_keys);
	world_run("who is removed is out", who_is_removed_is_out);
	world_run("others commit what one proposed", others_commit_what_one_proposed);
	world_run("nobody commits his own going", nobody_commits_his_own_going);
	world_run("what does not go together is refused", what_does_not_go_together_is_refused);
	world_run("a key of another suite is not added", a_key_of_another_suite_is_not_added);
	world_run("what waits is chosen from", what_waits_is_chosen_from);
	world_run("pre-shared keys are so many", pre_shared_keys_are_so_many);
	world_run("waiting proposals have names", waiting_proposals_have_names);
	world_run("a caller takes what he wants", a_caller_takes_what_he_wants);
	world_run("a commit of a proposal that is not here can come again",
		  a_commit_of_a_proposal_that_is_not_here_can_come_again);
	world_run("a path is left out where it may be", a_path_is_left_out_where_it_may_be);
	world_run("a staged commit tells everything", a_staged_commit_tells_everything);
	world_run("what is staged can be dropped", what_is_staged_can_be_dropped);
	world_run("of two commits one is merged", of_two_commits_one_is_merged);
	world_run("the old epoch works while a commit is staged",
		  the_old_epoch_works_while_a_commit_is_staged);
	world_run("one's own messages come back", own_messages_come_back);
	world_run("a Context replaces all extensions", a_context_replaces_all_extensions);
	world_run("nobody is asked for what he cannot", nobody_is_asked_for_what_he_cannot);
	world_run("somebody changes who he is", somebody_changes_who_he_is);
	world_run("a leaf has what its client says", a_leaf_has_what_its_client_says);
	world_run("certificates are credentials", certificates_are_credentials);
	world_run("exports are secrets of the epoch", exports_are_secrets_of_the_epoch);
	world_run("a safe export is given once", a_safe_export_is_given_once);
	world_run("who sees another group sees another authenticator",
		  who_sees_another_group_sees_another_authenticator);
	return test_done();
}
