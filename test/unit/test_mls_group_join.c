/* SPDX-License-Identifier: Apache-2.0 */
/* Ways into a group that need nobody inside, or only one who commits; pre-shared keys; groups that
 * continue others. All through the public header. */
#include "mls_world.h"

#include <string.h>

#define COMMIT(...) (&(struct sr_mls_commit_options){__VA_ARGS__})
#define EXTERNAL(...) (&(struct sr_mls_external_options){__VA_ARGS__})
#define ONE(p) .proposals = &(p), .proposals_n = 1

static const struct sr_mls_data nothing;

static struct sr_mls_bytes group_info(const struct who *m, bool tree)
{
	struct sr_mls_bytes out = {0};
	OK(sr_mls_group_info(m->group, tree, &out));
	return out;
}

/* join makes an external commit; it is freed unless there is room for it. */
static struct sr_err join(struct who *m, struct sr_mls_data info,
			  const struct sr_mls_external_options *o, struct sr_mls_bytes *commit)
{
	struct sr_mls_bytes made = {0};
	struct sr_err e = sr_mls_join_external(&m->platform, &m->client, info, o, &made, &m->group);
	if (commit)
		*commit = made;
	else
		sr_mls_free(&made);
	return e;
}

/* ---- External commits ---- */

static void anybody_joins_from_a_group_info(struct world *w)
{
	static const struct {
		const char *why;
		bool inside, given;
		enum sr_code want;
	} rows[] = {{"the tree inside", true, false, SR_OK},
		    {"the tree given", false, true, SR_OK},
		    {"both", true, true, SR_OK},
		    {"no tree", false, false, SR_E_STATE}};
	struct who *a = &w->who[0], *c = &w->who[2];
	struct sr_mls_staged s;
	world_found(w, 2);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sr_mls_bytes info = group_info(a, rows[i].inside), tree = {0}, commit = {0};
		OK(sr_mls_tree(a->group, &tree));
		struct sr_err e = join(c, world_in(info),
				       EXTERNAL(.tree = rows[i].given ? world_in(tree) : nothing,
						.authenticated_data = world_text("why")),
				       &commit);
		CHECK(e.code == rows[i].want && !c->group == !!e.code && !commit.ptr == !!e.code,
		      "%s: %d", rows[i].why, (int)e.code);
		sr_mls_free(&info);
		sr_mls_free(&tree);
		if (!c->group)
			continue;
		CHECK(world_facts(c).own_leaf == 2 &&
			      world_facts(c).epoch == world_facts(a).epoch + 1,
		      "where it is");
		world_send(w, 2, world_in(commit), SR_MLS_GOT_COMMIT);
		CHECK(sr_mls_staged(a->group, false, &s) && s.by == SR_MLS_BY_JOINER &&
			      s.committer == 2 && !s.has_before && s.has_after &&
			      world_eq(s.after.credential, world_text("c")) &&
			      world_eq(s.authenticated_data, world_text("why")) &&
			      s.changes_n == 1 && s.changes[0].kind == SR_MLS_EXTERNAL_INIT &&
			      s.changes[0].by == SR_MLS_BY_JOINER && !s.changes[0].by_reference &&
			      !s.changes[0].has_before && !s.changes[0].has_after,
		      "who joins");
		world_reload(a);
		world_merge(a, false);
		world_merge(&w->who[1], false);
		world_agree(w);
		world_reload(c);
		world_talk(w);
		REFUSED(c, SR_E_STATE, world_refuse(c, world_in(commit)));
		world_commit(w, 2, NULL);
		world_commit_one(w, 2, world_add(&w->who[3]));
		world_commit_one(w, 3, world_remove(3 - 1));
		world_close_group(&w->who[3]);
		world_commit_one(w, 0, world_remove(3));
		sr_mls_free(&commit);
	}
}

static void a_bad_group_info_is_refused(struct world *w)
{
	struct who *a = &w->who[0], *c = &w->who[2];
	struct sr_mls_commit_out out = {0};
	world_found(w, 2);
	struct sr_mls_bytes info = group_info(a, true), commit = {0};
	for (size_t i = 0; i < info.len; i += 3) {
		info.ptr[i] ^= 4;
		struct sr_err e = join(c, world_in(info), EXTERNAL(0), &commit);
		/* SR_E_STATE: the tree is no tree any more. */
		CHECK(e.code && e.code <= SR_E_STATE && !c->group && !commit.ptr, "byte %zu: %d", i,
		      (int)e.code);
		info.ptr[i] ^= 4;
		e = join(c, (struct sr_mls_data){info.ptr, i}, EXTERNAL(0), &commit);
		CHECK(e.code == SR_E_INPUT && !c->group, "%zu bytes: %d", i, (int)e.code);
	}
	c->client.suite = 4 - c->client.suite;
	FAILS(SR_E_INPUT, join(c, world_in(info), EXTERNAL(0), NULL));
	c->client.suite = 4 - c->client.suite;
	FAILS(SR_E_LIMIT, join(c, world_in(info), EXTERNAL(.settings.past_n = 65), NULL));
	/* One that a commit made, which is not merged: it is of the next epoch. */
	OK(sr_mls_commit(a->group, COMMIT(.group_info = true), &out));
	OK(join(c, world_in(out.group_info), EXTERNAL(0), &commit));
	REFUSED(a, SR_E_STATE, world_refuse(a, world_in(commit)));
	world_close_group(c);
	world_give(&w->who[1], world_in(out.commit), SR_MLS_GOT_COMMIT);
	world_merge(a, true);
	world_merge(&w->who[1], false);
	world_send(w, 2, world_in(commit), SR_MLS_GOT_COMMIT);
	sr_mls_free(&commit);
	/* One of an epoch that is over. */
	OK(join(c, world_in(info), EXTERNAL(0), &commit));
	REFUSED(a, SR_E_STATE, world_refuse(a, world_in(commit)));
	world_close_group(c);
	sr_mls_free(&commit);
	sr_mls_free(&info);
	sr_mls_commit_out_free(&out);
}

static void a_commit_gives_a_group_info(struct world *w)
{
	struct who *a = &w->who[0], *c = &w->who[2];
	world_found(w, 2);
	for (int no_tree = 0; no_tree < 2; no_tree++) {
		struct sr_mls_commit_out out = {0};
		struct sr_mls_bytes tree = {0}, commit = {0};
		OK(sr_mls_commit(a->group, COMMIT(.group_info = true, .no_tree = no_tree), &out));
		world_give(&w->who[1], world_in(out.commit), SR_MLS_GOT_COMMIT);
		world_merge(a, true);
		world_merge(&w->who[1], false);
		OK(sr_mls_tree(a->group, &tree));
		struct sr_mls_data info = world_in(out.group_info);
		if (no_tree)
			FAILS(SR_E_STATE, join(c, info, EXTERNAL(0), NULL));
		OK(join(c, info, EXTERNAL(.tree = no_tree ? world_in(tree) : nothing), &commit));
		world_send(w, 2, world_in(commit), SR_MLS_GOT_COMMIT);
		world_merge(a, false);
		world_merge(&w->who[1], false);
		world_agree(w);
		world_commit_one(w, 0, world_remove(2));
		sr_mls_free(&tree);
		sr_mls_free(&commit);
		sr_mls_commit_out_free(&out);
	}
}

static void who_lost_his_state_takes_his_place_again(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_bytes info, commit = {0};
	struct sr_mls_staged s;
	world_found(w, 3);
	world_close_group(b);
	info = group_info(a, true);
	FAILS(SR_E_INPUT, join(b, world_in(info), EXTERNAL(0), NULL));
	world_close_group(b);
	FAILS(SR_E_INPUT,
	      join(b, world_in(info), EXTERNAL(.resync = true, .resync_leaf = 3), NULL));
	OK(join(b, world_in(info), EXTERNAL(.resync = true, .resync_leaf = 1), &commit));
	struct sr_mls_member old = world_member(a, 1);
	world_send(w, 1, world_in(commit), SR_MLS_GOT_COMMIT);
	CHECK(sr_mls_staged(a->group, false, &s) && s.by == SR_MLS_BY_JOINER && s.committer == 1 &&
		      s.changes_n == 2 && s.changes[1].kind == SR_MLS_REMOVE &&
		      s.changes[1].by == SR_MLS_BY_JOINER && s.changes[1].has_before &&
		      world_same_member(&s.changes[1].before, &old) && !s.removes_us &&
		      !s.has_before,
	      "b comes for b");
	world_merge(a, false);
	world_merge(&w->who[2], false);
	world_agree(w);
	CHECK(world_facts(a).members_n == 3, "as many as before");
	world_talk(w);
	sr_mls_free(&commit);
	sr_mls_free(&info);
	/* Nobody takes another one's place. */
	info = group_info(a, true);
	struct who *d = &w->who[3];
	OK(join(d, world_in(info), EXTERNAL(.resync = true, .resync_leaf = 1), &commit));
	REFUSED(a, SR_E_INPUT, world_refuse(a, world_in(commit)));
	world_close_group(d);
	sr_mls_free(&commit);
	sr_mls_free(&info);
}

static void who_is_taken_the_place_of_sees_it(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1], *d = &w->who[3];
	struct sr_mls_staged s;
	struct sr_mls_bytes info, commit = {0};
	world_found(w, 3);
	info = group_info(a, true);
	d->client = b->client;
	OK(join(d, world_in(info), EXTERNAL(.resync = true, .resync_leaf = 1), &commit));
	world_send(w, 3, world_in(commit), SR_MLS_GOT_COMMIT);
	CHECK(sr_mls_staged(b->group, false, &s) && s.removes_us, "b is told");
	world_reload(b);
	REFUSED(b, SR_E_STATE, sr_mls_merge(b->group, false));
	sr_mls_free(&commit);
	sr_mls_free(&info);
}

static void a_joiner_takes_along_who_wants_to_leave(struct world *w)
{
	struct who *a = &w->who[0], *d = &w->who[3];
	struct sr_mls_proposal leave = {.kind = SR_MLS_SELF_REMOVE}, remove = world_remove(2);
	struct sr_mls_bytes messages[3] = {{0}}, info, commit = {0};
	for (size_t i = 0; i < 3; i++)
		w->who[i].settings.public_handshake = true;
	world_found(w, 3);
	OK(sr_mls_propose(w->who[1].group, nothing, &leave, &messages[0], NULL));
	OK(sr_mls_propose(w->who[1].group, nothing, &remove, &messages[1], NULL));
	world_send(w, 1, world_in(messages[0]), SR_MLS_GOT_PROPOSAL);
	info = group_info(a, true);
	struct sr_mls_data good = world_in(messages[0]), twice[] = {good, good},
			   bad = world_in(messages[1]);
	FAILS(SR_E_INPUT,
	      join(d, world_in(info), EXTERNAL(.self_removes = &bad, .self_removes_n = 1), NULL));
	FAILS(SR_E_INPUT,
	      join(d, world_in(info), EXTERNAL(.self_removes = twice, .self_removes_n = 2), NULL));
	messages[0].ptr[messages[0].len - 40] ^= 1;
	FAILS(SR_E_AUTH,
	      join(d, world_in(info), EXTERNAL(.self_removes = &good, .self_removes_n = 1), NULL));
	messages[0].ptr[messages[0].len - 40] ^= 1;
	OK(join(d, world_in(info), EXTERNAL(.self_removes = &good, .self_removes_n = 1), &commit));
	world_send(w, 3, world_in(commit), SR_MLS_GOT_COMMIT);
	for (size_t i = 0; i < 3; i++)
		world_merge(&w->who[i], false);
	CHECK(!w->who[1].group && world_facts(a).members_n == 3 && world_facts(d).own_leaf == 1,
	      "d came and b left");
	world_agree(w);
	world_talk(w);
	sr_mls_free(&info);
	sr_mls_free(&commit);
	info = group_info(a, true);
	world_close_group(d);
	FAILS(SR_E_STATE, join(&w->who[4], world_in(info),
			       EXTERNAL(.self_removes = &good, .self_removes_n = 1), NULL));
	sr_mls_free(&info);
	for (int i = 0; i < 2; i++)
		sr_mls_free(&messages[i]);
}

static void a_joiner_shows_a_pre_shared_key(struct world *w)
{
	struct sr_mls_psk_id id = {.kind = SR_MLS_PSK_EXTERNAL, .id = world_text("psk")};
	struct who *a = &w->who[0], *b = &w->who[1], *c = &w->who[2];
	struct sr_mls_bytes commit = {0}, info;
	struct sr_mls_staged s;
	world_found(w, 2);
	info = group_info(a, true);
	FAILS(SR_E_STATE, join(c, world_in(info), EXTERNAL(.psks = &id, .psks_n = 1), NULL));
	world_share(a, "psk", 0, 1);
	world_share(c, "psk", 0, 1);
	OK(join(c, world_in(info), EXTERNAL(.psks = &id, .psks_n = 1), &commit));
	world_give(a, world_in(commit), SR_MLS_GOT_COMMIT);
	CHECK(sr_mls_staged(a->group, false, &s) && s.changes_n == 2 &&
		      s.changes[1].kind == SR_MLS_PSK && s.changes[1].by == SR_MLS_BY_JOINER &&
		      world_eq(s.changes[1].psk.id, world_text("psk")),
	      "which key");
	REFUSED(b, SR_E_STATE, world_refuse(b, world_in(commit)));
	world_share(b, "psk", 0, 2);
	REFUSED(b, SR_E_AUTH, world_refuse(b, world_in(commit)));
	b->psks_n = 0;
	world_share(b, "psk", 0, 1);
	world_give(b, world_in(commit), SR_MLS_GOT_COMMIT);
	world_merge(a, false);
	world_merge(b, false);
	world_agree(w);
	sr_mls_free(&info);
	sr_mls_free(&commit);
}

/* ---- Proposals from outside ---- */

static void who_asks_to_join_waits_until_he_is_taken(struct world *w)
{
	struct who *a = &w->who[0], *d = &w->who[3];
	struct sr_mls_commit_out out = {0};
	struct sr_mls_bytes m = {0}, late = {0};
	struct sr_mls_event e = {0};
	struct sr_mls_staged s;
	struct sr_mls_change change;
	uint8_t ref[SR_MLS_LEN];
	world_found(w, 3);
	(void)world_add(d);
	struct sr_mls_data package = world_in(d->package.message),
			   secrets = world_in(d->package.secrets);
	FAILS(SR_E_INPUT, sr_mls_propose_join(&d->client, world_text("room"), 1, secrets, &m));
	OK(sr_mls_propose_join(&d->client, world_text("room"), 2, package, &late));
	OK(sr_mls_propose_join(&d->client, world_text("room"), 1, package, &m));
	REFUSED(a, SR_E_STATE, world_refuse(a, world_in(late)));
	for (size_t i = 0; i < 3; i++) {
		if (OK(sr_mls_receive(w->who[i].group, world_in(m), &e)))
			CHECK(e.kind == SR_MLS_GOT_PROPOSAL && e.by == SR_MLS_BY_NEW_MEMBER &&
				      e.epoch == 1 && !e.sender.leaf_node.len,
			      "somebody asks");
		sr_mls_event_free(&e);
	}
	CHECK(sr_mls_waiting(a->group, 0, ref, &change) && !memcmp(ref, e.ref, SR_MLS_LEN) &&
		      change.kind == SR_MLS_ADD && change.by == SR_MLS_BY_NEW_MEMBER &&
		      change.has_after && world_eq(change.after.credential, world_text("d")),
	      "d asks");
	OK(sr_mls_commit(a->group, COMMIT(0), &out));
	CHECK(sr_mls_staged(a->group, true, &s) && !s.changes_n && !out.welcome.len,
	      "is not taken unasked");
	sr_mls_commit_out_free(&out);
	world_commit(w, 0, COMMIT(.take = ref, .take_n = 1));
	CHECK(d->group && world_facts(d).own_leaf == 3, "d is in");
	world_talk(w);
	sr_mls_free(&m);
	sr_mls_free(&late);
}

/* senders encodes an external_senders extension with two clients. */
static size_t senders(const struct sr_mls_client *first, const struct sr_mls_client *second,
		      uint8_t out[128])
{
	const struct sr_mls_client *both[] = {first, second};
	size_t len = 2;
	for (int i = 0; i < 2; i++) {
		const struct sr_mls_data name = both[i]->credential.identity;
		out[len++] = SR_MLS_LEN;
		OK(sr_mls_client_public(both[i]->signature_seed, out + len));
		len += SR_MLS_LEN;
		out[len++] = 0;
		out[len++] = SR_MLS_BASIC;
		out[len++] = (uint8_t)name.len;
		memcpy(out + len, name.ptr, name.len);
		len += name.len;
	}
	out[0] = 0x40;
	out[1] = (uint8_t)(len - 2);
	return len;
}

static struct sr_mls_bytes outside(struct who *m, const struct sr_mls_client *c, uint32_t sender,
				   struct sr_mls_proposal p)
{
	struct sr_mls_bytes out = {0};
	OK(sr_mls_propose_external(&m->platform, c, sender, world_text("room"),
				   world_facts(m).epoch, &p, &out));
	return out;
}

static void external_senders_propose(struct world *w)
{
	struct who *a = &w->who[0];
	struct sr_mls_client keeper = world_client(a->client.suite, "keeper", 70),
			     clerk = world_client(a->client.suite, "clerk", 71);
	uint8_t bytes[128];
	struct sr_mls_extension ext = {5, {bytes, senders(&keeper, &clerk, bytes)}};
	struct sr_mls_event e = {0};
	struct sr_mls_staged s;
	world_found(w, 3);
	world_share(a, "psk", 0, 1);
	world_share(&w->who[1], "psk", 0, 1);
	world_commit_one(w, 0,
			 (struct sr_mls_proposal){
				 .kind = SR_MLS_CONTEXT, .extensions = &ext, .extensions_n = 1});
	const struct sr_mls_proposal proposals[] = {
		world_add(&w->who[3]),
		world_remove(2),
		world_psk("psk"),
		{.kind = SR_MLS_CONTEXT, .extensions = &ext, .extensions_n = 1}};
	for (size_t i = 0; i < 4; i++) {
		struct sr_mls_bytes m = outside(a, &clerk, 1, proposals[i]);
		for (size_t k = 0; k < 3; k++) {
			if (OK(sr_mls_receive(w->who[k].group, world_in(m), &e)))
				CHECK(e.kind == SR_MLS_GOT_PROPOSAL && e.by == SR_MLS_BY_EXTERNAL &&
					      e.by_index == 1,
				      "proposal %zu", i);
			sr_mls_event_free(&e);
		}
		sr_mls_free(&m);
	}
	world_close_group(&w->who[2]);
	struct sr_mls_commit_out out = {0};
	OK(sr_mls_commit(a->group, COMMIT(0), &out));
	world_give(&w->who[1], world_in(out.commit), SR_MLS_GOT_COMMIT);
	CHECK(sr_mls_staged(w->who[1].group, false, &s) && s.changes_n == 4, "all of them");
	for (size_t i = 0; i < s.changes_n; i++)
		CHECK(s.changes[i].kind == proposals[i].kind &&
			      s.changes[i].by == SR_MLS_BY_EXTERNAL && s.changes[i].by_index == 1 &&
			      s.changes[i].by_reference,
		      "change %zu", i);
	sr_mls_commit_out_free(&out);
	struct sr_mls_bytes m =
		outside(a, &keeper, 0, (struct sr_mls_proposal){.kind = SR_MLS_REINIT, .suite = 1});
	world_give(a, world_in(m), SR_MLS_GOT_PROPOSAL);
	sr_mls_free(&m);
}

static void external_senders_do_no_more_than_they_may(struct world *w)
{
	struct who *a = &w->who[0];
	struct sr_mls_client keeper = world_client(a->client.suite, "keeper", 70),
			     clerk = world_client(a->client.suite, "clerk", 71);
	uint8_t bytes[128];
	struct sr_mls_extension ext = {5, {bytes, senders(&keeper, &clerk, bytes)}};
	static const struct {
		const char *why;
		bool clerk;
		uint32_t sender;
		enum sr_code want;
	} rows[] = {
		{"by itself", false, 0, SR_OK},
		{"in another one's name", true, 0, SR_E_AUTH},
		{"beyond the list", true, 2, SR_E_INPUT},
		{"far beyond the list", true, UINT32_MAX, SR_E_INPUT},
	};
	world_found(w, 3);
	struct sr_mls_bytes m = outside(a, &keeper, 0, world_remove(1));
	REFUSED(a, SR_E_INPUT, world_refuse(a, world_in(m)));
	sr_mls_free(&m);
	world_commit_one(w, 0,
			 (struct sr_mls_proposal){
				 .kind = SR_MLS_CONTEXT, .extensions = &ext, .extensions_n = 1});
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		m = outside(a, rows[i].clerk ? &clerk : &keeper, rows[i].sender, world_remove(1));
		struct sr_err e = world_refuse(a, world_in(m));
		CHECK(e.code == rows[i].want, "%s: %d", rows[i].why, (int)e.code);
		sr_mls_free(&m);
	}
	m = outside(a, &keeper, 0, world_remove(7));
	REFUSED(a, SR_E_INPUT, world_refuse(a, world_in(m)));
	sr_mls_free(&m);
	for (int kind = SR_MLS_UPDATE; kind <= SR_MLS_SELF_REMOVE; kind++)
		if (kind == SR_MLS_UPDATE || kind == SR_MLS_EXTERNAL_INIT ||
		    kind == SR_MLS_SELF_REMOVE) {
			struct sr_mls_proposal p = {.kind = (enum sr_mls_proposal_kind)kind};
			FAILS(SR_E_INPUT, sr_mls_propose_external(&a->platform, &keeper, 0,
								  world_text("room"), 2, &p, &m));
		}
	CHECK(!m.ptr, "outputs are untouched");
}

/* ---- Pre-shared keys ---- */

static void a_commit_needs_its_pre_shared_keys(struct world *w)
{
	static const struct {
		const char *why;
		uint8_t salt; /* 0: none */
		enum sr_code want;
	} rows[] = {{"none", 0, SR_E_STATE}, {"another one", 2, SR_E_AUTH}, {"this", 1, SR_OK}};
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_proposal psk = world_psk("psk"), other = world_psk("other");
	struct sr_mls_commit_out out = {0};
	for (int plain = 0; plain < 2; plain++) {
		a->psks_n = b->psks_n = 0;
		world_close_group(a);
		world_close_group(b);
		a->settings.public_handshake = plain;
		world_found(w, 2);
		REFUSED(a, SR_E_STATE, sr_mls_commit(a->group, COMMIT(ONE(psk)), &out));
		world_share(a, "psk", 0, 1);
		REFUSED(a, SR_E_STATE, sr_mls_commit(a->group, COMMIT(ONE(other)), &out));
		OK(sr_mls_commit(a->group, COMMIT(ONE(psk)), &out));
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			b->psks_n = 0;
			if (rows[i].salt)
				world_share(b, "psk", 0, rows[i].salt);
			world_before(b);
			struct sr_err e = world_refuse(b, world_in(out.commit));
			CHECK(e.code == rows[i].want, "%s: %d", rows[i].why, (int)e.code);
			if (e.code)
				world_same(b, __FILE__, __LINE__);
		}
		world_merge(a, true);
		world_merge(b, false);
		world_agree(w);
		sr_mls_commit_out_free(&out);
	}
}

static void who_joins_needs_the_pre_shared_keys(struct world *w)
{
	struct who *a = &w->who[0], *c = &w->who[2];
	struct sr_mls_commit_out out = {0};
	world_found(w, 2);
	world_share(a, "psk", 0, 1);
	struct sr_mls_proposal both[] = {world_psk("psk"), world_add(c)};
	OK(sr_mls_commit(a->group, COMMIT(.proposals = both, .proposals_n = 2), &out));
	FAILS(SR_E_STATE, world_join(c, world_in(out.welcome), nothing, NULL));
	world_share(c, "psk", 0, 2);
	FAILS(SR_E_AUTH, world_join(c, world_in(out.welcome), nothing, NULL));
	c->psks_n = 0;
	world_share(c, "psk", 0, 1);
	OK(world_join(c, world_in(out.welcome), nothing, NULL));
	world_merge(a, true);
	world_close_group(&w->who[1]);
	world_agree(w);
	sr_mls_commit_out_free(&out);
	c->platform.psk = NULL;
	world_reload(c);
	struct sr_mls_proposal psk = world_psk("psk");
	REFUSED(c, SR_E_STATE, sr_mls_commit(c->group, COMMIT(ONE(psk)), &out));
}

/* Those who were there remember; who came later has to be told. */
static void an_earlier_epoch_is_a_pre_shared_key(struct world *w)
{
	struct who *a = &w->who[0], *c = &w->who[2];
	uint8_t secret[SR_MLS_LEN];
	struct sr_mls_commit_out out = {0};
	struct sr_mls_staged s;
	world_found(w, 2);
	for (int i = 0; i < 3; i++)
		world_commit(w, 1, NULL);
	sr_mls_resumption(a->group, secret);
	uint64_t epoch = world_facts(a).epoch;
	for (uint64_t i = 1; i <= epoch; i++) {
		struct sr_mls_proposal psk = world_resume("room", i);
		OK(sr_mls_commit(a->group, COMMIT(ONE(psk)), &out));
		world_give(&w->who[1], world_in(out.commit), SR_MLS_GOT_COMMIT);
		CHECK(sr_mls_staged(w->who[1].group, false, &s) && s.changes_n == 1 &&
			      s.changes[0].psk.kind == SR_MLS_PSK_RESUMPTION &&
			      s.changes[0].psk.epoch == i &&
			      world_eq(s.changes[0].psk.id, world_text("room")),
		      "of epoch %d", (int)i);
		sr_mls_discard(w->who[1].group, false);
		sr_mls_commit_out_free(&out);
	}
	struct sr_mls_proposal later = world_resume("room", epoch + 1),
			       other = world_resume("hall", 1),
			       both[] = {world_resume("room", epoch), world_add(c)};
	REFUSED(a, SR_E_STATE, sr_mls_commit(a->group, COMMIT(ONE(later)), &out));
	REFUSED(a, SR_E_STATE, sr_mls_commit(a->group, COMMIT(ONE(other)), &out));
	OK(sr_mls_commit(a->group, COMMIT(.proposals = both, .proposals_n = 2), &out));
	FAILS(SR_E_STATE, world_join(c, world_in(out.welcome), nothing, NULL));
	world_share(c, "room", epoch, 0);
	memcpy(c->psks[0].secret, secret, SR_MLS_LEN);
	OK(world_join(c, world_in(out.welcome), nothing, NULL));
	world_give(&w->who[1], world_in(out.commit), SR_MLS_GOT_COMMIT);
	world_merge(a, true);
	world_reload(&w->who[1]);
	world_merge(&w->who[1], false);
	world_agree(w);
	sr_mls_commit_out_free(&out);
	world_reload(a);
	for (int i = 0; i < 64; i++)
		world_commit(w, (size_t)(i % 2), NULL);
	struct sr_mls_proposal old = world_resume("room", epoch);
	REFUSED(a, SR_E_STATE, sr_mls_commit(a->group, COMMIT(ONE(old)), &out));
	REFUSED(&w->who[1], SR_E_STATE, sr_mls_commit(w->who[1].group, COMMIT(ONE(old)), &out));
}

/* ---- Groups that continue others ---- */

/* packages makes key packages of the clients from first up to n, at a suite. */
static size_t packages(struct world *w, size_t first, size_t n, uint16_t suite,
		       struct sr_mls_data out[WORLD_N])
{
	for (size_t i = first; i < n; i++) {
		w->who[i].client.suite = suite;
		out[i - first] = world_add(&w->who[i]).key_package;
	}
	return n - first;
}

static void a_branch_has_some_of_the_members(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_data kps[WORLD_N];
	struct sr_mls_bytes welcome = {0};
	struct sr_mls_group *made = NULL, *theirs[2] = {NULL};
	const uint16_t suite = a->client.suite;
	world_found(w, 4);
	size_t n = packages(w, 1, 3, suite, kps);
	world_before(a);
	OK(sr_mls_branch(a->group, &a->client, world_text("corner"), kps, n, &welcome, &made));
	world_same(a, __FILE__, __LINE__);
	for (size_t i = 0; i < 2; i++) {
		struct who *m = &w->who[1 + i];
		struct sr_mls_group *old = m->group;
		/* Even if the secret is known. */
		world_share(m, "room", 1, 0);
		sr_mls_resumption(old, m->psks[0].secret);
		FAILS(SR_E_STATE, world_join(m, world_in(welcome), nothing, NULL));
		OK(world_join(m, world_in(welcome), nothing, old));
		theirs[i] = m->group;
		m->group = old;
	}
	FAILS(SR_E_STATE, world_join(&w->who[3], world_in(welcome), nothing, NULL));
	struct sr_mls_facts f[3];
	sr_mls_facts(made, &f[0]);
	for (size_t i = 0; i < 2; i++) {
		sr_mls_facts(theirs[i], &f[1 + i]);
		CHECK(f[0].epoch == 1 && f[1 + i].epoch == 1 && f[0].suite == suite &&
			      world_eq(f[0].group_id, world_text("corner")) &&
			      world_eq(f[0].authenticator, f[1 + i].authenticator) &&
			      f[0].members_n == 3,
		      "a group of its own");
		sr_mls_close(theirs[i]);
	}
	sr_mls_close(made);
	sr_mls_free(&welcome);
	made = NULL;
	kps[0] = world_add(&w->who[4]).key_package;
	FAILS(SR_E_INPUT,
	      sr_mls_branch(a->group, &a->client, world_text("corner"), kps, 1, &welcome, &made));
	(void)packages(w, 1, 2, suite, kps);
	FAILS(SR_E_INPUT,
	      sr_mls_branch(a->group, &a->client, world_text("room"), kps, 1, &welcome, &made));
	FAILS(SR_E_INPUT,
	      sr_mls_branch(a->group, &w->who[5].client, world_text("x"), kps, 1, &welcome, &made));
	(void)packages(w, 1, 2, suite == 1 ? 3 : 1, kps);
	FAILS(SR_E_INPUT,
	      sr_mls_branch(a->group, &a->client, world_text("corner"), kps, 1, &welcome, &made));
	struct sr_mls_client other = world_client(suite == 1 ? 3 : 1, "a", 1);
	FAILS(SR_E_INPUT,
	      sr_mls_branch(a->group, &other, world_text("corner"), kps, 1, &welcome, &made));
	CHECK(!made && !welcome.ptr, "outputs are untouched");
	world_talk(w);
	(void)b;
}

static void a_welcome_continues_the_group_it_says(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1], *c = &w->who[2];
	struct sr_mls_data kps[WORLD_N];
	struct sr_mls_bytes welcome = {0};
	struct sr_mls_group *made = NULL, *old;
	struct sr_mls_commit_out out = {0};
	world_found(w, 2);
	(void)packages(w, 1, 2, a->client.suite, kps);
	OK(sr_mls_branch(a->group, &a->client, world_text("corner"), kps, 1, &welcome, &made));
	sr_mls_close(made);
	old = b->group;
	OK(sr_mls_create(&c->platform, &c->client, &c->settings, world_text("other"), NULL, 0,
			 &c->group));
	FAILS(SR_E_STATE, world_join(b, world_in(welcome), nothing, c->group));
	world_share(b, "room", 1, 0);
	sr_mls_resumption(old, b->psks[0].secret);
	FAILS(SR_E_INPUT, world_join(b, world_in(welcome), nothing, c->group));
	world_close_group(c);
	b->group = old;
	/* One that continues nothing. */
	struct sr_mls_proposal add = world_add(c);
	OK(sr_mls_commit(a->group, COMMIT(ONE(add)), &out));
	FAILS(SR_E_INPUT, world_join(c, world_in(out.welcome), nothing, a->group));
	sr_mls_commit_out_free(&out);
	sr_mls_free(&welcome);
}

static void a_reinit_moves_all_to_another_group(struct world *w)
{
	static const uint16_t suites[] = {SR_MLS_SUITE_1, SR_MLS_SUITE_3};
	struct who *a = &w->who[0];
	const uint16_t before = a->client.suite;
	for (int k = 0; k < 2; k++) {
		struct sr_mls_proposal reinit = {.kind = SR_MLS_REINIT,
						 .group_id = world_text("next room"),
						 .suite = suites[k]};
		struct sr_mls_data kps[WORLD_N];
		struct sr_mls_bytes welcome = {0}, m = {0};
		struct sr_mls_group *made = NULL;
		for (size_t i = 0; i < 3; i++) {
			world_close_group(&w->who[i]);
			w->who[i].client.suite = before;
		}
		world_found(w, 3);
		(void)packages(w, 1, 3, suites[k], kps);
		a->client.suite = suites[k];
		FAILS(SR_E_STATE, sr_mls_reinit(a->group, &a->client, kps, 2, &welcome, &made));
		OK(sr_mls_protect(w->who[1].group, nothing, world_text("late"), &m));
		world_commit_one(w, 1, reinit);
		for (size_t i = 0; i < 3; i++)
			world_reload(&w->who[i]);
		CHECK(world_facts(a).reinitialised, "it is over");
		REFUSED(a, SR_E_STATE, sr_mls_commit(a->group, COMMIT(0), NULL));
		REFUSED(a, SR_E_STATE, sr_mls_protect(a->group, nothing, nothing, &welcome));
		REFUSED(a, SR_E_STATE, sr_mls_protect_to(a->group, 1, nothing, nothing, &welcome));
		REFUSED(a, SR_E_STATE, sr_mls_propose(a->group, nothing, &reinit, &welcome, NULL));
		REFUSED(a, SR_E_STATE, sr_mls_group_info(a->group, true, &welcome));
		REFUSED(a, SR_E_STATE, world_refuse(a, world_in(m)));
		REFUSED(a, SR_E_STATE,
			sr_mls_branch(a->group, &a->client, nothing, kps, 1, &welcome, &made));
		FAILS(SR_E_INPUT, sr_mls_reinit(a->group, &a->client, kps, 1, &welcome, &made));
		a->client.suite = suites[1 - k];
		FAILS(SR_E_INPUT, sr_mls_reinit(a->group, &a->client, kps, 2, &welcome, &made));
		a->client.suite = suites[k];
		CHECK(!made && !welcome.ptr, "outputs are untouched");
		OK(sr_mls_reinit(a->group, &a->client, kps, 2, &welcome, &made));
		world_close_group(a);
		a->group = made;
		for (size_t i = 1; i < 3; i++) {
			struct sr_mls_group *old = w->who[i].group;
			FAILS(SR_E_STATE, world_join(&w->who[i], world_in(welcome), nothing, NULL));
			OK(world_join(&w->who[i], world_in(welcome), nothing, old));
			sr_mls_close(old);
		}
		CHECK(world_facts(a).suite == suites[k] && world_facts(a).epoch == 1 &&
			      world_eq(world_facts(a).group_id, world_text("next room")) &&
			      !world_facts(a).reinitialised,
		      "the group that takes its place");
		world_agree(w);
		world_talk(w);
		world_commit(w, 2, NULL);
		sr_mls_free(&welcome);
		sr_mls_free(&m);
	}
}

/* The group that takes the place is as the ReInit said. */
static void a_reinit_is_kept_to(struct world *w)
{
	static const uint16_t known[] = {0xf00d};
	struct sr_mls_extension ext = {0xf00d, world_text("kept")};
	struct sr_mls_proposal reinit = {.kind = SR_MLS_REINIT,
					 .group_id = world_text("next"),
					 .suite = w->who[0].client.suite,
					 .extensions = &ext,
					 .extensions_n = 1};
	struct sr_mls_data kps[WORLD_N], data;
	struct sr_mls_bytes welcome = {0};
	struct sr_mls_group *made = NULL, *old;
	world_found(w, 2);
	world_commit_one(w, 0, reinit);
	struct who *a = &w->who[0], *b = &w->who[1];
	(void)packages(w, 1, 2, reinit.suite, kps);
	FAILS(SR_E_INPUT, sr_mls_reinit(a->group, &a->client, kps, 1, &welcome, &made));
	for (size_t i = 0; i < 3; i++)
		w->who[i].client.extensions = (struct sr_mls_types){known, 1};
	(void)packages(w, 2, 3, reinit.suite, kps);
	FAILS(SR_E_INPUT, sr_mls_reinit(a->group, &a->client, kps, 1, &welcome, &made));
	(void)packages(w, 1, 3, reinit.suite, kps);
	FAILS(SR_E_INPUT, sr_mls_reinit(a->group, &a->client, kps, 2, &welcome, &made));
	w->who[2].client.credential = b->client.credential;
	(void)packages(w, 1, 3, reinit.suite, kps);
	FAILS(SR_E_INPUT, sr_mls_reinit(a->group, &a->client, kps, 2, &welcome, &made));
	(void)packages(w, 1, 2, reinit.suite, kps);
	OK(sr_mls_reinit(a->group, &a->client, kps, 1, &welcome, &made));
	CHECK(sr_mls_extension(made, 0xf00d, &data) && world_eq(data, world_text("kept")),
	      "its extension");
	sr_mls_close(made);
	old = b->group;
	OK(world_join(b, world_in(welcome), nothing, old));
	sr_mls_close(old);
	sr_mls_free(&welcome);
}

int main(void)
{
	world_run("anybody joins from a GroupInfo", anybody_joins_from_a_group_info);
	world_run("a bad GroupInfo is refused", a_bad_group_info_is_refused);
	world_run("a commit gives a GroupInfo", a_commit_gives_a_group_info);
	world_run("who lost his state takes his place again",
		  who_lost_his_state_takes_his_place_again);
	world_run("who is taken the place of sees it", who_is_taken_the_place_of_sees_it);
	world_run("a joiner takes along who wants to leave",
		  a_joiner_takes_along_who_wants_to_leave);
	world_run("a joiner shows a pre-shared key", a_joiner_shows_a_pre_shared_key);
	world_run("who asks to join waits until he is taken",
		  who_asks_to_join_waits_until_he_is_taken);
	world_run("external senders propose", external_senders_propose);
	world_run("external senders do no more than they may",
		  external_senders_do_no_more_than_they_may);
	world_run("a commit needs its pre-shared keys", a_commit_needs_its_pre_shared_keys);
	world_run("who joins needs the pre-shared keys", who_joins_needs_the_pre_shared_keys);
	world_run("an earlier epoch is a pre-shared key", an_earlier_epoch_is_a_pre_shared_key);
	world_run("a branch has some of the members", a_branch_has_some_of_the_members);
	world_run("a Welcome continues the group it says", a_welcome_continues_the_group_it_says);
	world_run("a ReInit moves all to another group", a_reinit_moves_all_to_another_group);
	world_run("a ReInit is kept to", a_reinit_is_kept_to);
	return test_done();
}
