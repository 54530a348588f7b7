/* SPDX-License-Identifier: Apache-2.0 */
/* Messages within a group, through the public header: each is read once, by whom it is for, in any
 * order, some time later too, and by nobody else; their length tells little. */
#include "mls_world.h"

#include <stdlib.h>
#include <string.h>

static const struct sr_mls_data nothing;

static struct sr_mls_bytes protect(struct who *m, const char *text)
{
	struct sr_mls_bytes out = {0};
	OK(sr_mls_protect(m->group, nothing, world_text(text), &out));
	return out;
}

/* reads checks that a message holds a text. */
static void reads(struct who *m, struct sr_mls_bytes message, const char *text)
{
	struct sr_mls_event e = {0};
	if (OK(sr_mls_receive(m->group, world_in(message), &e)))
		CHECK(world_eq(e.data, world_text(text)), "%s reads %.*s, not %s", m->name,
		      (int)e.data.len, (const char *)e.data.ptr, text);
	sr_mls_event_free(&e);
}

static void messages_are_read(struct world *w)
{
	static const size_t lens[] = {0, 1, 63, 64, 100, 16383, 16384, 100000};
	struct who *a = &w->who[0], *b = &w->who[1];
	uint8_t *bytes = calloc(1, 100000);
	struct sr_mls_bytes m = {0};
	struct sr_mls_event e = {0};
	world_found(w, 2);
	for (size_t i = 0; i < 8; i++)
		for (int targeted = 0; targeted < 2; targeted++) {
			struct sr_mls_data data = {bytes, lens[i]}, aad = {bytes, lens[7 - i]};
			OK(targeted ? sr_mls_protect_to(a->group, 1, aad, data, &m)
				    : sr_mls_protect(a->group, aad, data, &m));
			if (OK(sr_mls_receive(b->group, world_in(m), &e)))
				CHECK(world_eq(e.data, data) &&
					      world_eq(e.authenticated_data, aad) &&
					      e.kind == (targeted ? SR_MLS_GOT_TARGETED
								  : SR_MLS_GOT_DATA),
				      "%zu bytes", lens[i]);
			sr_mls_event_free(&e);
			sr_mls_free(&m);
		}
	free(bytes);
}

static void messages_come_in_any_order(struct world *w)
{
	static const char *const texts[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
	static const int order[] = {3, 1, 0, 7, 6, 2, 5, 4};
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_bytes m[8];
	world_found(w, 3);
	for (int i = 0; i < 8; i++)
		m[i] = protect(a, texts[i]);
	for (int i = 0; i < 8; i++) {
		reads(b, m[order[i]], texts[order[i]]);
		for (int k = 0; k <= i; k++)
			REFUSED(b, SR_E_STATE, world_refuse(b, world_in(m[order[k]])));
		world_reload(b);
	}
	for (int i = 8; i--;)
		reads(&w->who[2], m[i], texts[i]);
	for (int i = 0; i < 8; i++)
		sr_mls_free(&m[i]);
}

/* A message may be 1,000 ahead of those before it, no more. */
static void messages_are_lost_only_so_far(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_bytes first, m = {0};
	world_found(w, 2);
	first = protect(a, "first");
	for (int i = 1; i < 1002; i++) {
		sr_mls_free(&m);
		m = protect(a, "late");
	}
	REFUSED(b, SR_E_LIMIT, world_refuse(b, world_in(m)));
	reads(b, first, "first");
	reads(b, m, "late");
	sr_mls_free(&first);
	sr_mls_free(&m);
}

static void changed_messages_are_refused(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_proposal remove = world_remove(2);
	struct sr_mls_commit_out out = {0};
	for (int kind = 0; kind < 6; kind++) {
		struct sr_mls_bytes m = {0};
		for (size_t i = 0; i < 3; i++) {
			world_close_group(&w->who[i]);
			w->who[i].settings.public_handshake = kind & 1;
		}
		world_found(w, 3);
		if (kind == 0)
			m = protect(a, "data");
		else if (kind == 1)
			OK(sr_mls_protect_to(a->group, 1, nothing, world_text("data"), &m));
		else if (kind < 4)
			OK(sr_mls_propose(a->group, nothing, &remove, &m, NULL));
		else {
			OK(sr_mls_commit(a->group, &(struct sr_mls_commit_options){0}, &out));
			m = out.commit;
		}
		world_before(b);
		for (size_t i = 0; i < m.len; i++) {
			m.ptr[i] ^= (uint8_t)(1 << i % 8);
			struct sr_err e = world_refuse(b, world_in(m));
			CHECK(e.code && e.code != SR_E_NOMEM, "kind %d, byte %zu: %d", kind, i,
			      (int)e.code);
			m.ptr[i] ^= (uint8_t)(1 << i % 8);
			e = world_refuse(b, (struct sr_mls_data){m.ptr, i});
			CHECK(e.code == SR_E_INPUT, "kind %d, %zu bytes", kind, i);
		}
		world_same(b, __FILE__, __LINE__);
		OK(world_refuse(b, world_in(m)));
		sr_mls_free(&m);
	}
}

static void messages_of_other_groups_are_refused(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_bytes m[2] = {{0}}, kp, tree = {0}, info = {0};
	struct sr_mls_proposal remove = world_remove(0);
	world_found(w, 2);
	OK(sr_mls_create(&a->platform, &w->who[2].client, &a->settings, world_text("other"), NULL,
			 0, &w->who[2].group));
	m[0] = protect(&w->who[2], "x");
	w->who[2].settings.public_handshake = true;
	REFUSED(b, SR_E_STATE, world_refuse(b, world_in(m[0])));
	world_close_group(&w->who[2]);
	(void)world_add(a);
	kp = a->package.message;
	OK(sr_mls_tree(a->group, &tree));
	OK(sr_mls_group_info(a->group, true, &info));
	REFUSED(b, SR_E_INPUT, world_refuse(b, world_in(kp)));
	REFUSED(b, SR_E_INPUT, world_refuse(b, world_in(tree)));
	REFUSED(b, SR_E_INPUT, world_refuse(b, world_in(info)));
	REFUSED(b, SR_E_INPUT, world_refuse(b, nothing));
	REFUSED(b, SR_E_INPUT, world_refuse(b, world_text("hello")));
	OK(sr_mls_propose_external(&a->platform, &a->client, 0, world_text("room"), 1, &remove,
				   &m[1]));
	REFUSED(b, SR_E_INPUT, world_refuse(b, world_in(m[1])));
	for (int i = 0; i < 2; i++)
		sr_mls_free(&m[i]);
	sr_mls_free(&tree);
	sr_mls_free(&info);
}

/* ---- The past ---- */

static void late_messages_are_read_as_long_as_wanted(struct world *w)
{
	static const uint32_t wanted[] = {0, 2, 4};
	struct sr_mls_bytes m[6], late = {0};
	for (size_t i = 0; i < 3; i++)
		w->who[i].settings.past_n = wanted[i];
	world_found(w, 3);
	struct who *a = &w->who[0], *b = &w->who[1], *c = &w->who[2];
	for (int epoch = 0; epoch < 6; epoch++) {
		m[epoch] = protect(c, "late");
		if (epoch < 5)
			world_commit(w, 0, NULL);
	}
	for (int epoch = 0; epoch < 6; epoch++) {
		if (epoch == 5)
			reads(a, m[epoch], "late");
		else
			REFUSED(a, SR_E_STATE, world_refuse(a, world_in(m[epoch])));
		if (epoch >= 3)
			reads(b, m[epoch], "late");
		REFUSED(b, SR_E_STATE, world_refuse(b, world_in(m[epoch])));
		sr_mls_free(&m[epoch]);
	}
	late = protect(a, "one");
	world_commit(w, 0, NULL);
	CHECK(!sr_mls_forget_past(c->group, 1) && !sr_mls_forget_past(c->group, 99) &&
		      !sr_mls_forget_past(c->group, world_facts(c).epoch),
	      "nothing of that epoch is there");
	CHECK(sr_mls_forget_past(c->group, world_facts(c).epoch - 1) &&
		      !sr_mls_forget_past(c->group, world_facts(c).epoch - 1),
	      "forgotten");
	REFUSED(c, SR_E_STATE, world_refuse(c, world_in(late)));
	reads(b, late, "one");
	CHECK(sr_mls_forget_past(c->group, world_facts(c).epoch - 2), "one of before is left");
	sr_mls_free(&late);
}

/* Between sending and reading, all that can change of a sender does. */
static void a_late_message_is_from_who_sent_it_then(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_client other = world_client(a->client.suite, "b, later", 60);
	struct sr_mls_bytes data[3], to[3] = {{0}};
	struct sr_mls_event e = {0};
	world_found(w, 3);
	for (int i = 0; i < 3; i++) {
		data[i] = protect(b, "data");
		OK(sr_mls_protect_to(b->group, 0, nothing, world_text("data"), &to[i]));
		if (i == 0)
			world_commit(w, 1, &(struct sr_mls_commit_options){.client = &other});
		if (i == 1)
			world_commit_one(w, 2, world_remove(1));
		if (i == 1) {
			world_commit_one(w, 2, world_add(&w->who[3]));
			b = &w->who[3];
		}
	}
	CHECK(world_facts(b).own_leaf == 1, "d is where b was");
	static const char *const names[] = {"b", "b, later", "d"};
	world_reload(a);
	for (int i = 0; i < 3; i++) {
		for (int targeted = 0; targeted < 2; targeted++) {
			if (OK(sr_mls_receive(a->group, world_in(targeted ? to[i] : data[i]), &e)))
				CHECK(e.by_index == 1 && e.sender.leaf == 1 &&
					      world_eq(e.sender.credential, world_text(names[i])) &&
					      world_eq(e.data, world_text("data")),
				      "from %s", names[i]);
			sr_mls_event_free(&e);
		}
		sr_mls_free(&data[i]);
		sr_mls_free(&to[i]);
	}
}

static void handshakes_do_not_come_late(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE};
	struct sr_mls_bytes proposal = {0}, data = {0};
	struct sr_mls_commit_out old = {0}, next = {0};
	for (int plain = 0; plain < 2; plain++) {
		for (size_t i = 0; i < 2; i++) {
			world_close_group(&w->who[i]);
			w->who[i].settings.public_handshake = plain;
		}
		world_found(w, 2);
		OK(sr_mls_propose(a->group, nothing, &update, &proposal, NULL));
		OK(sr_mls_commit(a->group, &(struct sr_mls_commit_options){0}, &old));
		world_commit(w, 1, NULL);
		REFUSED(b, SR_E_STATE, world_refuse(b, world_in(proposal)));
		REFUSED(b, SR_E_STATE, world_refuse(b, world_in(old.commit)));
		OK(sr_mls_commit(a->group, &(struct sr_mls_commit_options){0}, &next));
		world_merge(a, true);
		data = protect(a, "to come");
		REFUSED(b, SR_E_STATE, world_refuse(b, world_in(data)));
		world_give(b, world_in(next.commit), SR_MLS_GOT_COMMIT);
		REFUSED(b, SR_E_STATE, world_refuse(b, world_in(data)));
		world_merge(b, false);
		reads(b, data, "to come");
		sr_mls_free(&proposal);
		sr_mls_free(&data);
		sr_mls_commit_out_free(&old);
		sr_mls_commit_out_free(&next);
	}
}

/* ---- Lengths ---- */

/* lengths_of counts how many lengths messages with 0 .. n - 1 bytes have. */
static size_t lengths_of(struct who *m, bool targeted, size_t n)
{
	size_t found = 0, last = 0;
	uint8_t *bytes = calloc(1, n);
	for (size_t i = 0; i < n; i++) {
		struct sr_mls_bytes out = {0};
		struct sr_mls_data data = {bytes, i};
		OK(targeted ? sr_mls_protect_to(m->group, 1, nothing, data, &out)
			    : sr_mls_protect(m->group, nothing, data, &out));
		found += out.len != last;
		last = out.len;
		sr_mls_free(&out);
	}
	free(bytes);
	return found;
}

static void padding_hides_lengths(struct world *w)
{
	static const struct {
		uint32_t padding;
		size_t data, targeted;
	} rows[] = {
		/* Of 0 .. 599 bytes: with their length they are 1 .. 601 long; a signature and its
		 * length (66 bytes) are padded with data for all. */
		{1, 600, 600}, {0, 6, 5}, {128, 6, 5}, {512, 2, 2}, {1024, 1, 1},
	};
	struct who *a = &w->who[0];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		world_close_group(a);
		world_close_group(&w->who[1]);
		a->settings.padding = rows[i].padding;
		world_found(w, 2);
		size_t data = lengths_of(a, false, 600), targeted = lengths_of(a, true, 600);
		CHECK(data == rows[i].data && targeted == rows[i].targeted,
		      "padding %u: %zu and %zu lengths", (unsigned)rows[i].padding, data, targeted);
	}
}

/* Under a padding that is large enough a proposal looks like another one, and as long as data. */
static void padding_hides_what_a_handshake_is(struct world *w)
{
	struct sr_mls_proposal proposals[] = {
		{.kind = SR_MLS_UPDATE}, world_remove(1), world_psk("x"), {.kind = SR_MLS_CONTEXT}};
	struct who *a = &w->who[0];
	struct sr_mls_bytes data, m = {0};
	a->settings.padding = 1024;
	world_found(w, 3);
	data = protect(a, "data");
	for (size_t i = 0; i < 4; i++) {
		OK(sr_mls_propose(a->group, nothing, &proposals[i], &m, NULL));
		CHECK(m.len == data.len, "proposal %zu: %zu, not %zu", i, m.len, data.len);
		sr_mls_free(&m);
	}
	sr_mls_free(&data);
}

/* ---- Who must send what in which way ---- */

static void private_only_takes_private_messages_only(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1], *c = &w->who[2];
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE},
			       leave = {.kind = SR_MLS_SELF_REMOVE};
	struct sr_mls_commit_out out = {0};
	struct sr_mls_bytes m = {0};
	a->settings.private_only = c->settings.private_only = true;
	b->settings.public_handshake = true;
	world_found(w, 4);
	OK(sr_mls_propose(b->group, nothing, &update, &m, NULL));
	OK(sr_mls_commit(b->group, &(struct sr_mls_commit_options){0}, &out));
	REFUSED(a, SR_E_INPUT, world_refuse(a, world_in(m)));
	REFUSED(a, SR_E_INPUT, world_refuse(a, world_in(out.commit)));
	world_give(&w->who[3], world_in(m), SR_MLS_GOT_PROPOSAL);
	world_give(&w->who[3], world_in(out.commit), SR_MLS_GOT_COMMIT);
	sr_mls_discard(b->group, true);
	sr_mls_discard(w->who[3].group, false);
	sr_mls_free(&m);
	sr_mls_commit_out_free(&out);
	world_close_group(b);
	world_commit_one(w, 0, world_remove(1));
	OK(sr_mls_propose(c->group, nothing, &leave, &m, NULL));
	CHECK(m.ptr[3] == 1, "a SelfRemove is a PublicMessage");
	world_give(a, world_in(m), SR_MLS_GOT_PROPOSAL);
	world_give(&w->who[3], world_in(m), SR_MLS_GOT_PROPOSAL);
	world_commit(w, 0, NULL);
	CHECK(!c->group && world_facts(a).members_n == 2, "c left");
	world_external(w, 4, 0, NULL);
	world_talk(w);
	sr_mls_free(&m);
}

static void handshakes_are_sent_as_wanted(struct world *w)
{
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE};
	for (int plain = 0; plain < 2; plain++) {
		struct who *a = &w->who[0];
		struct sr_mls_commit_out out = {0};
		struct sr_mls_bytes m = {0};
		for (size_t i = 0; i < 2; i++) {
			world_close_group(&w->who[i]);
			w->who[i].settings.public_handshake = plain;
		}
		world_found(w, 2);
		OK(sr_mls_propose(a->group, world_text("seen"), &update, &m, NULL));
		OK(sr_mls_commit(a->group, &(struct sr_mls_commit_options){0}, &out));
		CHECK(m.ptr[3] == (plain ? 1 : 2) && out.commit.ptr[3] == m.ptr[3], "wire formats");
		CHECK(world_has(world_in(m), (const uint8_t *)"seen", 4), "AAD is not encrypted");
		world_give(&w->who[1], world_in(m), SR_MLS_GOT_PROPOSAL);
		world_give(&w->who[1], world_in(out.commit), SR_MLS_GOT_COMMIT);
		sr_mls_commit_out_free(&out);
		m.ptr[0] ^= 1;
		FAILS(SR_E_INPUT, world_refuse(&w->who[1], world_in(m)));
		sr_mls_free(&m);
		m = protect(a, "unseen");
		CHECK(!world_has(world_in(m), (const uint8_t *)"unseen", 6), "data is encrypted");
		sr_mls_free(&m);
	}
}

/* ---- To one member ---- */

static void a_targeted_message_is_for_one_member(struct world *w)
{
	for (uint8_t draft = 0; draft <= 2; draft++) {
		for (size_t i = 0; i < 4; i++) {
			world_close_group(&w->who[i]);
			w->who[i].settings.targeted_draft = draft;
		}
		world_found(w, 4);
		world_commit_one(w, 0, world_remove(3));
		struct who *a = &w->who[0], *b = &w->who[1], *c = &w->who[2];
		struct sr_mls_bytes m = {0};
		OK(sr_mls_protect_to(b->group, 2, world_text("aad"), world_text("secret"), &m));
		CHECK(!world_has(world_in(m), (const uint8_t *)"secret", 6) &&
			      world_has(world_in(m), (const uint8_t *)"aad", 3),
		      "what others see");
		REFUSED(a, SR_E_STATE, world_refuse(a, world_in(m)));
		REFUSED(b, SR_E_INPUT, sr_mls_protect_to(b->group, 1, nothing, nothing, &m));
		REFUSED(b, SR_E_INPUT, sr_mls_protect_to(b->group, 3, nothing, nothing, &m));
		REFUSED(b, SR_E_INPUT,
			sr_mls_protect_to(b->group, UINT32_MAX, nothing, nothing, &m));
		world_commit(w, 0, NULL);
		reads(c, m, "secret");
		CHECK(sr_mls_forget_past(c->group, 2), "forgotten");
		REFUSED(c, SR_E_STATE, world_refuse(c, world_in(m)));
		sr_mls_free(&m);
		world_talk(w);
	}
}

static void drafts_do_not_read_each_other(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_bytes m = {0};
	a->settings.targeted_draft = 1;
	world_found(w, 2);
	OK(sr_mls_protect_to(a->group, 1, nothing, world_text("x"), &m));
	REFUSED(b, SR_E_AUTH, world_refuse(b, world_in(m)));
	sr_mls_free(&m);
	OK(sr_mls_protect_to(b->group, 0, nothing, world_text("x"), &m));
	REFUSED(a, SR_E_AUTH, world_refuse(a, world_in(m)));
	sr_mls_free(&m);
}

int main(void)
{
	world_run("messages are read", messages_are_read);
	world_run("messages come in any order", messages_come_in_any_order);
	world_run("messages are lost only so far", messages_are_lost_only_so_far);
	world_run("changed messages are refused", changed_messages_are_refused);
	world_run("messages of other groups are refused", messages_of_other_groups_are_refused);
	world_run("late messages are read as long as wanted",
		  late_messages_are_read_as_long_as_wanted);
	world_run("a late message is from who sent it then",
		  a_late_message_is_from_who_sent_it_then);
	world_run("handshakes do not come late", handshakes_do_not_come_late);
	world_run("padding hides lengths", padding_hides_lengths);
	world_run("padding hides what a handshake is", padding_hides_what_a_handshake_is);
	world_run("private_only takes private messages only",
		  private_only_takes_private_messages_only);
	world_run("handshakes are sent as wanted", handshakes_are_sent_as_wanted);
	world_run("a targeted message is for one member", a_targeted_message_is_for_one_member);
	world_run("drafts do not read each other", drafts_do_not_read_each_other);
	return test_done();
}
