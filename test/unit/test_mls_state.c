/* SPDX-License-Identifier: Apache-2.0 */
/* A group as bytes: whoever is saved and read again goes on as if nothing had happened; what is no
 * state is refused; and what was to be destroyed is not in it. */
#include "crypto.h"
#include "mls_guarded.h"
#include "mls_group.h"
#include "mls_play.h"

#include <stdlib.h>
#include <string.h>

#define COMMIT(...) (&(struct sr_mls_commit_options){__VA_ARGS__})
#define ONE(p) .proposals = &(p), .proposals_n = 1

static const struct sr_mls_data nothing;

static bool same_state(const struct who *a, const struct who *b)
{
	if (!a->group || !b->group)
		return !a->group == !b->group;
	struct sr_mls_bytes x = world_save(a), y = world_save(b);
	bool same = world_eq(world_in(x), world_in(y));
	sr_mls_free(&x);
	sr_mls_free(&y);
	return same;
}

/* Two worlds with the same history; in one everybody is saved and read again after every step. */
static void saving_changes_nothing(struct world *w)
{
	static struct play a, b;
	play_open(&a, w->who[0].client.suite);
	play_open(&b, w->who[0].client.suite);
	for (size_t i = 0; i < play_steps; i++) {
		play_step(&a, &play_history[i]);
		play_step(&b, &play_history[i]);
		for (size_t k = 0; k < WORLD_N; k++) {
			CHECK(same_state(&a.w.who[k], &b.w.who[k]), "step %zu: %s differs", i,
			      a.w.who[k].name);
			if (b.w.who[k].group)
				world_reload(&b.w.who[k]);
		}
	}
	CHECK(a.n == b.n && a.n == 24, "%zu and %zu messages", a.n, b.n);
	for (size_t i = 0; i < a.n && i < b.n; i++)
		CHECK(world_eq(world_in(a.mail[i]), world_in(b.mail[i])), "message %zu", i);
	world_agree(&b.w);
	world_talk(&b.w);
	play_close(&a);
	play_close(&b);
}

/* rich gives somebody's state after some steps of the history (0: all). */
static struct sr_mls_bytes rich(uint16_t suite, const char *who, size_t steps)
{
	static struct play p;
	struct sr_mls_bytes out;
	play_open(&p, suite);
	for (size_t i = 0; i < (steps ? steps : play_steps); i++)
		play_step(&p, &play_history[i]);
	out = world_save(&p.w.who[who[0] - 'a']);
	play_close(&p);
	return out;
}

/* Steps of the history after which somebody's state has much in it: two staged commits and waiting
 * proposals, an Update's keys among them; the past, and a commit that removes one. */
static const struct {
	const char *who;
	size_t steps;
} rich_states[] = {{"c", 30}, {"b", 30}, {"b", 76}, {"a", 0}};
enum { RICH = sizeof rich_states / sizeof *rich_states };

static void no_part_of_a_state_is_one(struct world *w)
{
	struct who *m = &w->who[0];
	struct sr_mls_group *g = NULL;
	for (size_t k = m->client.suite / 2; k < RICH; k += 2) {
		struct sr_mls_bytes state =
			rich(m->client.suite, rich_states[k].who, rich_states[k].steps);
		for (size_t len = 0; len <= state.len + 1; len++) {
			uint8_t *exact = calloc(1, len + !len);
			memcpy(exact, state.ptr, len < state.len ? len : state.len);
			struct sr_err e =
				sr_mls_load(&m->platform, (struct sr_mls_data){exact, len}, &g);
			CHECK(e.code == (len == state.len ? SR_OK : SR_E_INPUT),
			      "state %zu, %zu of %zu bytes: %d", k, len, state.len, (int)e.code);
			sr_mls_close(g);
			g = NULL;
			free(exact);
		}
		sr_mls_free(&state);
	}
}

/* try_out does what can be done with a group, which may fail, but in order. */
static void try_out(struct who *m)
{
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE};
	struct sr_mls_commit_out out = {0};
	struct sr_mls_bytes b = {0};
	struct sr_mls_staged s;
	struct sr_mls_change change;
	uint8_t ref[SR_MLS_LEN];
	for (int own = 0; own < 2; own++)
		(void)sr_mls_staged(m->group, own, &s);
	for (size_t i = 0; sr_mls_waiting(m->group, i, ref, &change); i++)
		;
	(void)!sr_mls_protect(m->group, nothing, nothing, &b).code;
	sr_mls_free(&b);
	(void)!sr_mls_propose(m->group, nothing, &update, &b, NULL).code;
	sr_mls_free(&b);
	(void)!sr_mls_merge(m->group, false).code;
	(void)!sr_mls_commit(m->group, COMMIT(0), &out).code;
	sr_mls_commit_out_free(&out);
	(void)!sr_mls_merge(m->group, true).code;
	(void)!sr_mls_tree(m->group, &b).code;
	sr_mls_free(&b);
}

static void a_changed_bit_does_no_harm(struct world *w)
{
	struct who *m = &w->who[0];
	size_t taken = 0, refused = 0;
	for (size_t k = m->client.suite / 2; k < RICH; k += 2) {
		struct sr_mls_bytes state =
			rich(m->client.suite, rich_states[k].who, rich_states[k].steps);
		for (size_t i = 0; i < state.len; i += test_stride(4)) {
			struct sr_mls_group *g = NULL;
			uint8_t bit = (uint8_t)(1 << (i * 5 / 4 + k) % 8);
			state.ptr[i] ^= bit;
			struct sr_err e = sr_mls_load(&m->platform, world_in(state), &g);
			CHECK(!e.code || e.code == SR_E_INPUT || e.code == SR_E_LIMIT,
			      "state %zu, byte %zu: %d", k, i, (int)e.code);
			CHECK(!g == !!e.code, "outputs");
			refused += !g;
			taken += g != NULL;
			world_close_group(m);
			m->group = g;
			if (g)
				world_before(m);
			if (g && i % 16 == 0) {
				world_reload(m);
				try_out(m);
			}
			state.ptr[i] ^= bit;
		}
		sr_mls_free(&state);
	}
	/* Half of the states with either suite. */
	CHECK(taken > 100 && refused > 100, "%zu taken, %zu refused", taken, refused);
}

static void other_versions_are_refused(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_commit_out out = {0};
	struct sr_mls_group *g = NULL;
	world_found(w, 1);
	struct sr_mls_bytes state = world_save(a);
	CHECK(state.len > 10 && !memcmp(state.ptr, "SRMLSGRP\0\1", 10), "magic and version");
	for (size_t i = 0; i < 10; i++)
		for (int bit = 0; bit < 8; bit++) {
			state.ptr[i] ^= (uint8_t)(1 << bit);
			FAILS(SR_E_INPUT, sr_mls_load(&a->platform, world_in(state), &g));
			state.ptr[i] ^= (uint8_t)(1 << bit);
		}
	FAILS(SR_E_INPUT, sr_mls_load(&a->platform, nothing, &g));
	struct sr_mls_proposal add = world_add(b);
	OK(sr_mls_commit(a->group, COMMIT(ONE(add)), &out));
	for (size_t i = 0; i < 10; i++) {
		b->package.secrets.ptr[i] ^= 1;
		FAILS(SR_E_INPUT, world_join(b, world_in(out.welcome), nothing, NULL));
		b->package.secrets.ptr[i] ^= 1;
	}
	FAILS(SR_E_INPUT, sr_mls_load(&a->platform, world_in(b->package.secrets), &g));
	size_t len = b->package.secrets.len;
	for (b->package.secrets.len = 0; b->package.secrets.len < len; b->package.secrets.len++)
		FAILS(SR_E_INPUT, world_join(b, world_in(out.welcome), nothing, NULL));
	OK(world_join(b, world_in(out.welcome), nothing, NULL));
	CHECK(!g, "outputs are untouched");
	sr_mls_commit_out_free(&out);
	sr_mls_free(&state);
}

/* The committer dies after his commit was sent, and the others after they got it. */
static void a_crash_before_the_merge(struct world *w)
{
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE};
	for (int plain = 0; plain < 2; plain++) {
		struct sr_mls_commit_out out = {0};
		struct sr_mls_event e = {0};
		for (size_t i = 0; i < WORLD_N; i++) {
			world_close_group(&w->who[i]);
			w->who[i].settings.public_handshake = plain;
		}
		world_found(w, 3);
		world_propose(w, 1, &update, NULL);
		struct sr_mls_proposal add = world_add(&w->who[3]);
		OK(sr_mls_commit(w->who[0].group, COMMIT(ONE(add)), &out));
		world_reload(&w->who[0]);
		OK(sr_mls_receive(w->who[0].group, world_in(out.commit), &e));
		CHECK(e.kind == SR_MLS_GOT_ECHO && e.own_commit, "it is known again");
		world_reload(&w->who[0]);
		world_merge(&w->who[0], true);
		for (size_t i = 1; i < 3; i++) {
			world_reload(&w->who[i]);
			world_give(&w->who[i], world_in(out.commit), SR_MLS_GOT_COMMIT);
			world_reload(&w->who[i]);
			world_merge(&w->who[i], false);
			world_reload(&w->who[i]);
		}
		OK(world_join(&w->who[3], world_in(out.welcome), nothing, NULL));
		world_agree(w);
		world_talk(w);
		sr_mls_commit_out_free(&out);
	}
}

/* ---- What is gone ---- */

enum { SECRETS = 64 };
static struct {
	const char *name;
	uint8_t bytes[SR_MLS_LEN];
	size_t len;
} secrets[SECRETS];
static size_t secrets_n;

static void note_secret(const char *name, const uint8_t *bytes, size_t len)
{
	if (!CHECK(secrets_n < SECRETS && bytes, "%s cannot be noted", name))
		return;
	secrets[secrets_n].name = name;
	secrets[secrets_n].len = len;
	memcpy(secrets[secrets_n++].bytes, bytes, len);
}

/* note_schedule notes what no late message needs of an epoch's secrets. */
static void note_schedule(const struct mls_vault *v)
{
	note_secret("exporter", v->secrets.exporter, MLS_LEN);
	note_secret("external", v->secrets.external, MLS_LEN);
	note_secret("confirmation", v->secrets.confirmation, MLS_LEN);
	note_secret("membership", v->secrets.membership, MLS_LEN);
	note_secret("authenticator", v->secrets.authenticator, MLS_LEN);
	note_secret("init", v->secrets.init, MLS_LEN);
}

/* note_epoch notes the secrets of a group's present epoch, but for the resumption_psk. */
static void note_epoch(const struct who *m)
{
	const struct mls_vault *v = m->group->now->vault;
	note_secret("sender data", v->secrets.sender_data, MLS_LEN);
	note_schedule(v);
	for (uint32_t i = 0; i < v->keys.n; i++)
		note_secret("key of a node", v->keys.at[i].priv, MLS_LEN);
}

/* check_secrets checks that those that are noted are, or are not, in a client's state. */
static void check_secrets(const struct who *m, bool there)
{
	struct sr_mls_bytes state = world_save(m);
	CHECK(secrets_n, "no secrets");
	for (size_t i = 0; i < secrets_n; i++)
		CHECK(world_has(world_in(state), secrets[i].bytes, secrets[i].len) == there,
		      "%s: %s is%s in the state", m->name, secrets[i].name, there ? " not" : "");
	sr_mls_free(&state);
}

static void a_past_epoch_is_gone(struct world *w)
{
	for (size_t i = 0; i < 3; i++)
		w->who[i].settings.past_n = 0;
	world_found(w, 3);
	world_commit(w, 1, NULL);
	world_commit(w, 2, NULL);
	world_commit(w, 0, NULL);
	for (size_t i = 0; i < 3; i++) {
		uint8_t resumption[SR_MLS_LEN];
		struct who *m = &w->who[i];
		secrets_n = 0;
		note_epoch(m);
		check_secrets(m, true);
		sr_mls_resumption(m->group, resumption);
		/* Those who do not commit keep the key of their leaf, and of what is below where
		 * the paths meet: c's alone is on the right. */
		secrets_n = 7;
		if (i == 0 || i == 2)
			note_epoch(m);
		world_commit(w, i, NULL);
		check_secrets(m, false);
		secrets_n = 0;
		note_secret("resumption", resumption, SR_MLS_LEN);
		check_secrets(m, true);
	}
}

/* in_memory counts the noted secrets that are in guarded memory. */
static size_t in_memory(void)
{
	size_t n = 0, len;
	for (size_t i = 0; i < secrets_n; i++) {
		bool there = false;
		for (size_t k = 0; k < guarded_n(); k++) {
			const uint8_t *p = guarded_at(k, &len);
			there |= memmem(p, len, secrets[i].bytes, secrets[i].len) != NULL;
		}
		n += there;
	}
	return n;
}

/* note_needed notes what late messages are read with; note_over what ends with the epoch. */
static void note_needed(const struct who *m)
{
	struct mls_epoch *e = m->group->now;
	struct mls_past_secrets s;
	secrets_n = 0;
	OK(mls_targeted_now(e, &s));
	note_secret("sender data", s.sender_data, MLS_LEN);
	note_secret("psk for targeted messages", s.targeted_psk, MLS_LEN);
	note_secret("sender secret for targeted messages", s.targeted_sender, MLS_LEN);
	note_secret("key of the leaf", s.leaf, MLS_LEN);
}

static void note_over(const struct who *m)
{
	struct mls_epoch *e = m->group->now;
	SR_SCOPED(build_release) struct build exports = {0};
	const struct mls_vault *v = e->vault;
	secrets_n = 0;
	note_schedule(v);
	for (uint32_t i = 0; i < v->keys.n; i++)
		if (v->keys.at[i].node != 2 * e->own)
			note_secret("key of a parent", v->keys.at[i].priv, MLS_LEN);
	mls_secret_tree_save(&e->exports, &exports);
	note_secret("root of exports", exports.ptr + exports.len - MLS_LEN, MLS_LEN);
	CHECK(secrets_n >= 9, "%zu secrets", secrets_n);
}

/* Of a past epoch a has what late messages need, before its state was saved and after it was read
 * again, and they can be read; what they do not need is neither in memory nor in the state. */
static void the_past_has_what_late_messages_need(struct world *w)
{
	struct who *a = &w->who[0];
	for (int loaded = 0; loaded < 2; loaded++)
		for (int over = 0; over < 2; over++) {
			struct sr_mls_bytes message[2] = {{0}};
			world_found(w, 5);
			for (size_t i = 5; i--;)
				world_commit(w, i, NULL);
			(over ? note_over : note_needed)(a);
			CHECK(!over || in_memory() == secrets_n, "while the epoch lasts");
			OK(sr_mls_protect(w->who[1].group, nothing, world_text("1"), &message[0]));
			OK(sr_mls_protect_to(w->who[1].group, 0, nothing, world_text("2"),
					     &message[1]));
			world_commit(w, 0, NULL);
			for (size_t i = 1; i < WORLD_N; i++)
				world_close_group(&w->who[i]);
			if (loaded)
				world_reload(a);
			check_secrets(a, !over);
			CHECK(in_memory() == (over ? 0 : secrets_n), "%zu in memory", in_memory());
			world_give(a, world_in(message[0]), SR_MLS_GOT_DATA);
			world_give(a, world_in(message[1]), SR_MLS_GOT_TARGETED);
			sr_mls_free(&message[0]);
			sr_mls_free(&message[1]);
			world_close_group(a);
		}
}

static void a_record_of_the_past_is_gone_when_told(struct world *w)
{
	struct who *a = &w->who[0];
	struct mls_message_key key;
	world_found(w, 2);
	struct mls_epoch *e = a->group->now;
	secrets_n = 0;
	note_secret("sender data", e->vault->secrets.sender_data, MLS_LEN);
	note_secret("key of the leaf", mls_keys_find(&e->vault->keys, 0), MLS_LEN);
	world_talk(w);
	uint32_t epoch = (uint32_t)e->number;
	OK(mls_secret_tree_peek(e->suite, &e->messages, 1, MLS_APPLICATION, 2, &key));
	world_commit(w, 0, NULL);
	check_secrets(a, true);
	CHECK(sr_mls_forget_past(a->group, epoch), "there is one");
	check_secrets(a, false);
	/* By itself, when there are too many. */
	secrets_n = 0;
	note_secret("sender data", a->group->now->vault->secrets.sender_data, MLS_LEN);
	for (int i = 0; i < 4; i++)
		world_commit(w, 0, NULL);
	check_secrets(a, true);
	world_commit(w, 0, NULL);
	check_secrets(a, false);
}

static void a_key_that_was_used_is_gone(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_bytes m[3] = {{0}};
	struct mls_message_key key = {0};
	world_found(w, 2);
	const struct mls_suite *s = b->group->now->suite;
	struct mls_secret_tree *t = &b->group->now->messages;
	for (int i = 0; i < 3; i++)
		OK(sr_mls_protect(a->group, nothing, world_text("x"), &m[i]));
	secrets_n = 0;
	for (uint32_t i = 0; i < 2; i++) {
		OK(mls_secret_tree_peek(s, t, 0, MLS_APPLICATION, i, &key));
		note_secret("key of a message", key.key, s->key_len);
	}
	world_give(b, world_in(m[2]), SR_MLS_GOT_DATA);
	check_secrets(b, true);
	world_give(b, world_in(m[1]), SR_MLS_GOT_DATA);
	world_give(b, world_in(m[0]), SR_MLS_GOT_DATA);
	check_secrets(b, false);
	/* One's own, as soon as it is sent. */
	OK(mls_secret_tree_peek(s, t, 1, MLS_APPLICATION, 0, &key));
	secrets_n = 0;
	note_secret("key to send with", key.key, s->key_len);
	sr_mls_free(&m[0]);
	OK(sr_mls_protect(b->group, nothing, world_text("x"), &m[0]));
	check_secrets(b, false);
	for (int i = 0; i < 3; i++)
		sr_mls_free(&m[i]);
	/* And what was exported. */
	secrets_n = 1;
	OK(sr_mls_export_safe(b->group, 5, secrets[0].bytes));
	secrets[0].len = SR_MLS_LEN;
	check_secrets(b, false);
	crypto_wipe(&key, sizeof key);
}

static void keys_of_proposals_and_packages_are_gone(struct world *w)
{
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE};
	struct sr_mls_client new = world_client(w->who[1].client.suite, "b", 90);
	struct who *b = &w->who[1], *c = &w->who[2];
	struct mls_key_secrets package;
	uint8_t ref[SR_MLS_LEN];
	world_found(w, 2);
	update.client = &new;
	for (int taken = 0; taken < 3; taken++) {
		world_propose(w, 1, &update, ref);
		secrets_n = 0;
		note_secret("fresh key", b->group->waiting.ptr[0].fresh->priv, MLS_LEN);
		check_secrets(b, true);
		if (taken == 0) {
			CHECK(sr_mls_forget(b->group, ref), "it waits");
			check_secrets(b, false);
			sr_mls_forget(w->who[0].group, ref);
		} else if (taken == 1) {
			world_commit(w, 0, COMMIT(.take_none = true));
			check_secrets(b, false);
		} else {
			world_commit(w, 0, NULL);
			check_secrets(b, true);
			b->settings.past_n = 0;
			secrets_n = 0;
			note_secret("old seed", b->client.signature_seed, SR_MLS_LEN);
			check_secrets(b, false);
		}
	}
	world_commit_one(w, 0, world_add(c));
	OK(mls_key_secrets_read(slice_make(c->package.secrets.ptr, c->package.secrets.len),
				&package));
	secrets_n = 0;
	note_secret("leaf key", package.leaf.ptr, MLS_LEN);
	note_secret("seed", package.seed.ptr, MLS_LEN);
	check_secrets(c, true);
	secrets_n = 0;
	note_secret("init key", package.init.ptr, MLS_LEN);
	check_secrets(c, false);
}

static void a_commit_that_came_to_nothing_is_gone(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_commit_out out = {0};
	world_share(a, "psk", 0, 1);
	world_share(b, "psk", 0, 1);
	struct sr_mls_proposal psk = world_psk("psk");
	for (int own = 0; own < 2; own++) {
		struct who *m = own ? a : b;
		world_close_group(a);
		world_close_group(b);
		world_found(w, 2);
		OK(sr_mls_commit(a->group, COMMIT(ONE(psk)), &out));
		world_give(b, world_in(out.commit), SR_MLS_GOT_COMMIT);
		const struct mls_vault *v = (own ? m->group->own : m->group->received)->next->vault;
		secrets_n = 0;
		note_secret("init", v->secrets.init, MLS_LEN);
		note_secret("exporter", v->secrets.exporter, MLS_LEN);
		note_secret("key of the root", mls_keys_find(&v->keys, 1), MLS_LEN);
		check_secrets(m, true);
		sr_mls_discard(m->group, own);
		check_secrets(m, false);
		secrets_n = 0;
		note_secret("pre-shared key", a->psks[0].secret, SR_MLS_LEN);
		check_secrets(m, false);
		sr_mls_commit_out_free(&out);
	}
}

int main(void)
{
	world_run("saving changes nothing", saving_changes_nothing);
	world_run("no part of a state is one", no_part_of_a_state_is_one);
	world_run("a changed bit does no harm", a_changed_bit_does_no_harm);
	world_run("other versions are refused", other_versions_are_refused);
	world_run("a crash before the merge", a_crash_before_the_merge);
	world_run("a past epoch is gone", a_past_epoch_is_gone);
	world_run("the past has what late messages need", the_past_has_what_late_messages_need);
	world_run("a record of the past is gone when told", a_record_of_the_past_is_gone_when_told);
	world_run("a key that was used is gone", a_key_that_was_used_is_gone);
	world_run("keys of proposals and packages are gone",
		  keys_of_proposals_and_packages_are_gone);
	world_run("a commit that came to nothing is gone", a_commit_that_came_to_nothing_is_gone);
	return test_done();
}
