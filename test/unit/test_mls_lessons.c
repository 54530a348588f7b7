/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs that other MLS libraries had, one test each, named after the report. What no honest member
 * sends is made here from the inside of a group. */
#include "mls_commit.h"
#include "mls_world.h"

#include <string.h>

#define COMMIT(...) (&(struct sr_mls_commit_options){__VA_ARGS__})
#define ONE(p) .proposals = &(p), .proposals_n = 1

static const struct sr_mls_data nothing;

static struct slice slice_of(struct sr_mls_bytes b)
{
	return slice_make(b.ptr, b.len);
}

static struct sr_mls_data data_of(struct slice s)
{
	return (struct sr_mls_data){s.ptr, s.len};
}

static struct slice text_slice(const char *s)
{
	return slice_make(s, strlen(s));
}

/* room begins a group whose members send PublicMessages. */
static void room(struct world *w, size_t n)
{
	for (size_t i = 0; i < WORLD_N; i++) {
		world_close_group(&w->who[i]);
		w->who[i].settings.public_handshake = true;
	}
	world_found(w, n);
}

static struct sr_mls_commit_out commit_of(struct who *m, const struct sr_mls_commit_options *o)
{
	struct sr_mls_commit_out out = {0};
	OK(sr_mls_commit(m->group, o, &out));
	return out;
}

/* public_in decodes a PublicMessage; its tags can be changed then. */
static struct mls_authentic *public_in(struct sr_mls_bytes in, struct arena *a)
{
	struct mls_message m = {0};
	if (!OK(mls_message_in(slice_of(in), MLS_WIRE_PUBLIC, a, &m)))
		return NULL;
	return m.public;
}

static struct sr_mls_data public_out(const struct mls_authentic *m, struct arena *a)
{
	struct build b;
	struct slice out = {0};
	build_init(&b, 0);
	mls_frame_public(m, &b);
	OK(build_keep(&b, a, &out));
	return data_of(out);
}

/* tag_again makes the membership tag that a member would make for what m is now. */
static void tag_again(const struct who *who, struct mls_authentic *m, struct arena *a)
{
	const struct mls_epoch *e = who->group->now;
	uint8_t *tag = arena_alloc(a, MLS_LEN, 1);
	OK(mls_frame_membership(e->suite, m, e->context, e->vault->secrets.membership, tag));
	m->membership_tag = slice_make(tag, MLS_LEN);
}

/* say signs and tags a proposal that nobody checked. */
static struct sr_mls_data say(const struct who *who, const struct mls_proposal *p, struct arena *a)
{
	const struct mls_epoch *e = who->group->now;
	uint8_t *signature = arena_alloc(a, MLS_SIGNATURE_LEN, 1);
	struct mls_authentic m = {.wire_format = MLS_WIRE_PUBLIC,
				  .content = {.group_id = e->group_id,
					      .epoch = e->number,
					      .sender = MLS_SENDER_MEMBER,
					      .sender_index = e->own,
					      .type = MLS_CONTENT_PROPOSAL,
					      .proposal = *p}};
	OK(mls_frame_sign(e->suite, &m, e->context, e->vault->seed,
			  mls_tree_signature_key(&e->tree, e->own), signature));
	m.signature = slice_make(signature, MLS_SIGNATURE_LEN);
	tag_again(who, &m, a);
	return public_out(&m, a);
}

/* ---- Bytes ---- */

/* GHSA-rrmv-c79f-cf5r (OpenMLS): a length that reached beyond the end was believed. */
static void lengths_beyond_the_end(struct world *w)
{
	static const uint8_t lengths[] = {0x3f, 0x7f, 0x80, 0xbf, 0xff};
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_bytes m[7] = {{0}};
	room(w, 3);
	struct sr_mls_proposal add = world_add(&w->who[3]);
	struct sr_mls_commit_out out = commit_of(a, COMMIT(ONE(add)));
	m[0] = out.commit;
	m[1] = out.welcome;
	OK(sr_mls_protect(a->group, nothing, world_text("x"), &m[2]));
	OK(sr_mls_protect_to(a->group, 1, nothing, world_text("x"), &m[3]));
	OK(sr_mls_group_info(a->group, true, &m[4]));
	OK(sr_mls_tree(a->group, &m[5]));
	m[6] = w->who[3].package.message;
	world_before(b);
	for (size_t k = 0; k < 7; k++)
		for (size_t i = 0; i < 5 * m[k].len; i++) {
			uint8_t *at = &m[k].ptr[i / 5], was = *at, ref[SR_MLS_LEN];
			struct sr_mls_bytes none = {0};
			struct sr_mls_group *g = NULL;
			*at = lengths[i % 5];
			struct sr_mls_data in = {m[k].ptr, m[k].len - i % 5}, tree = nothing;
			struct sr_mls_external_options o = {.tree = k == 5 ? in : tree};
			struct sr_err e = {.code = SR_E_INPUT};
			if (in.ptr[i / 5] == was && !(i % 5))
				continue;
			if (k < 4)
				e = world_refuse(b, in);
			if (k == 1)
				e = world_join(&w->who[3], in, nothing, NULL);
			if (k == 4 && i % 5 == 1)
				e = sr_mls_join_external(&b->platform, &w->who[4].client, in, &o,
							 &none, &g);
			if (k == 5 && i % 5 == 2)
				e = world_join(&w->who[3], world_in(m[1]), in, NULL);
			if (k == 6)
				e = sr_mls_key_package_ref(in, ref);
			CHECK(e.code && e.code != SR_E_NOMEM, "kind %zu, byte %zu: %d", k, i / 5,
			      (int)e.code);
			*at = was;
		}
	world_same(b, __FILE__, __LINE__);
	m[6] = (struct sr_mls_bytes){0};
	for (size_t k = 2; k < 6; k++)
		sr_mls_free(&m[k]);
	sr_mls_commit_out_free(&out);
}

/* cut_tag delivers a message with the first n bytes of a tag. */
static void cut_tag(struct who *to, const struct who *from, struct sr_mls_bytes in,
		    bool confirmation)
{
	for (size_t n = 0; n <= MLS_LEN; n++) {
		SR_SCOPED(arena_release) struct arena a = {0};
		struct mls_authentic *m = public_in(in, &a);
		struct slice *tag = confirmation ? &m->confirmation_tag : &m->membership_tag;
		uint8_t longer[MLS_LEN + 1] = {0};
		memcpy(longer, tag->ptr, MLS_LEN);
		if (n == MLS_LEN)
			*tag = slice_make(longer, MLS_LEN + 1);
		else
			tag->len = n;
		if (confirmation && from)
			tag_again(from, m, &a);
		REFUSED(to, SR_E_AUTH, world_refuse(to, public_out(m, &a)));
	}
}

/* GHSA-8x3w-qj7j-gqhf (OpenMLS): a tag was compared as far as it reached: an empty one fitted. */
static void tags_of_another_length(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1], *d = &w->who[3];
	struct sr_mls_proposal update = {.kind = SR_MLS_UPDATE};
	struct sr_mls_bytes proposal = {0}, info = {0}, external = {0};
	room(w, 3);
	OK(sr_mls_propose(a->group, nothing, &update, &proposal, NULL));
	cut_tag(b, NULL, proposal, false);
	OK(world_refuse(b, world_in(proposal)));
	struct sr_mls_commit_out out = commit_of(a, COMMIT(.take_none = true));
	cut_tag(b, NULL, out.commit, false);
	cut_tag(b, a, out.commit, true);
	OK(sr_mls_group_info(a->group, true, &info));
	OK(sr_mls_join_external(&d->platform, &d->client, world_in(info),
				&(struct sr_mls_external_options){0}, &external, &d->group));
	cut_tag(b, NULL, external, true);
	OK(world_refuse(b, world_in(external)));
	sr_mls_commit_out_free(&out);
	sr_mls_free(&proposal);
	sr_mls_free(&info);
	sr_mls_free(&external);
}

/* #2147 (OpenMLS): lengths of exactly 0x3fff and 0x3fffffff were written in the wrong form. */
static void lengths_at_their_bounds(struct world *w)
{
	static const struct {
		size_t len;
		const char *head;
		size_t head_len;
	} rows[] = {
		{0x3f, "\x3f", 1},
		{0x40, "\x40\x40", 2},
		{0x3fff, "\x7f\xff", 2},
		{0x4000, "\x80\0\x40\0", 4},
		{0x3fffffff, "\xbf\xff\xff\xff", 4},
	};
	static uint8_t bytes[0x4000];
	struct who *a = &w->who[0], *b = &w->who[1];
	room(w, 2);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice head = slice_make(rows[i].head, rows[i].head_len), rest = head;
		struct sr_mls_bytes m = {0};
		struct sr_mls_event e = {0};
		struct build put;
		size_t len = 0;
		CHECK(mls_next_length(&rest, &len) && len == rows[i].len && !rest.len,
		      "%zu is read", rows[i].len);
		/* The head is written before the bytes turn out to be too many. */
		build_init(&put, 8);
		mls_put_opaque(&put, slice_make(bytes, rows[i].len));
		CHECK(put.len == head.len && !memcmp(put.ptr, head.ptr, head.len), "%zu is written",
		      rows[i].len);
		build_release(&put);
		if (rows[i].len > sizeof bytes)
			continue;
		struct sr_mls_data data = {bytes, rows[i].len};
		OK(sr_mls_protect(a->group, data, data, &m));
		if (OK(sr_mls_receive(b->group, world_in(m), &e)))
			CHECK(world_eq(e.data, data) && world_eq(e.authenticated_data, data),
			      "%zu bytes", rows[i].len);
		sr_mls_event_free(&e);
		sr_mls_free(&m);
	}
	struct slice beyond = text_slice("\xc0\xff\xff\xff");
	size_t len;
	CHECK(!mls_next_length(&beyond, &len), "there is no fourth form");
}

/* #2134 (OpenMLS): bytes behind the content of an extension were passed over. */
static void bytes_behind_an_extension(struct world *w)
{
	static const struct {
		uint16_t type;
		const char *data;
		size_t len;
	} rows[] = {{MLS_EXT_REQUIRED_CAPABILITIES, "\0\0\0\0", 3},
		    {MLS_EXT_EXTERNAL_SENDERS, "\0\0", 1}};
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_commit_out out = {0};
	room(w, 2);
	for (size_t i = 0; i < 2; i++)
		for (size_t more = 0; more < 2; more++) {
			SR_SCOPED(arena_release) struct arena arena = {0};
			size_t len = rows[i].len + more;
			struct mls_extension ext = {rows[i].type, slice_make(rows[i].data, len)};
			struct mls_proposal p = {.type = MLS_PROPOSAL_CONTEXT,
						 .extensions = {&ext, 1}};
			struct sr_mls_data in = say(a, &p, &arena);
			if (!more) {
				OK(world_refuse(b, in));
				continue;
			}
			REFUSED(b, SR_E_INPUT, world_refuse(b, in));
			struct sr_mls_extension mine = {rows[i].type, data_of(ext.data)};
			struct sr_mls_proposal context = {
				.kind = SR_MLS_CONTEXT, .extensions = &mine, .extensions_n = 1};
			REFUSED(a, SR_E_INPUT, sr_mls_commit(a->group, COMMIT(ONE(context)), &out));
		}
}

/* inform signs the GroupInfo that a member would make of an epoch, and changes it before. */
static struct sr_mls_data inform(const struct mls_epoch *e, struct arena *a,
				 void (*change)(struct mls_group_info *info, struct arena *a))
{
	struct slice bytes, tbs;
	struct mls_group_info info = {0};
	struct build b;
	uint8_t *signature = arena_alloc(a, MLS_SIGNATURE_LEN, 1);
	OK(mls_group_info_make(e, true, true, a, &bytes));
	OK(mls_decode(&mls_type_group_info, bytes, a, &info));
	if (change)
		change(&info, a);
	OK(mls_encoded(&mls_type_group_info_tbs, &info, a, &tbs));
	OK(mls_sign(e->suite, e->vault->seed, mls_tree_signature_key(&e->tree, e->own),
		    MLS_L("GroupInfoTBS"), tbs, signature));
	info.signature = slice_make(signature, MLS_SIGNATURE_LEN);
	build_init(&b, 0);
	mls_message_out(MLS_WIRE_GROUP_INFO, &b);
	mls_encode(&mls_type_group_info, &info, &b);
	OK(build_keep(&b, a, &bytes));
	return data_of(bytes);
}

static struct sr_err join_by(struct who *m, struct sr_mls_data info)
{
	struct sr_mls_bytes commit = {0};
	struct sr_err e =
		sr_mls_join_external(&m->platform, &m->client, info,
				     &(struct sr_mls_external_options){0}, &commit, &m->group);
	sr_mls_free(&commit);
	return e;
}

static void append_zero(struct mls_group_info *info, struct arena *a, size_t i)
{
	struct slice *data = &info->extensions.ptr[i].data;
	/* What arena_dup puts behind it. */
	*data = slice_make(arena_dup(a, data->ptr, data->len), data->len + 1);
}

static void behind_tree(struct mls_group_info *info, struct arena *a)
{
	append_zero(info, a, 0);
}

static void behind_external_pub(struct mls_group_info *info, struct arena *a)
{
	append_zero(info, a, 1);
}

static void bytes_behind_an_extension_of_a_group_info(struct world *w)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct who *d = &w->who[3];
	room(w, 2);
	const struct mls_epoch *e = w->who[0].group->now;
	FAILS(SR_E_INPUT, join_by(d, inform(e, &a, behind_tree)));
	FAILS(SR_E_INPUT, join_by(d, inform(e, &a, behind_external_pub)));
	OK(join_by(d, inform(e, &a, NULL)));
}

/* ---- Proposals and commits ---- */

struct forged {
	struct sr_mls_data commit, welcome;
};

/* forge commits proposals by value that nobody checked. */
static struct forged forge(const struct who *who, struct mls_item *items, size_t n, struct arena *a)
{
	struct sr_mls_group *g = who->group;
	struct forged out = {{0}, {0}};
	struct slice commit = {0}, welcome = {0};
	struct build b = {0};
	SR_SCOPED(mls_draft_release)
	struct mls_draft d = {.platform = &who->platform,
			      .g = g,
			      .e = g->now,
			      .by = {MLS_SENDER_MEMBER, g->now->own},
			      .items = {items, n},
			      .init = g->now->vault->secrets.init,
			      .path = true,
			      .public = true};
	for (size_t i = 0; i < n; i++) {
		items[i].sender = MLS_SENDER_MEMBER;
		items[i].sender_index = g->now->own;
		OK(mls_encoded(&mls_type_proposal, &items[i].proposal, a, &items[i].bytes));
	}
	OK(mls_draft_make(&d, a));
	OK(mls_group_send(g, &d.message, &b));
	OK(build_keep(&b, a, &commit));
	out.commit = data_of(commit);
	OK(mls_welcome_make(&d, false, &b));
	OK(build_keep(&b, a, &welcome));
	out.welcome = data_of(welcome);
	return out;
}

/* #1928 (OpenMLS): the same pre-shared key was accepted twice in one commit. The nonce is part of
 * its id (8.4). */
static void the_same_pre_shared_key_twice(struct world *w)
{
	static const uint8_t nonces[2][MLS_LEN] = {{1}, {2}};
	static const struct {
		const char *name;
		int nonce;
		enum sr_code want;
	} rows[] = {{"other", 0, SR_OK}, {"psk", 1, SR_OK}, {"psk", 0, SR_E_INPUT}};
	struct who *b = &w->who[1], *c = &w->who[2];
	for (size_t i = 0; i < 3; i++) {
		world_share(&w->who[i], "psk", 0, 1);
		world_share(&w->who[i], "other", 0, 1);
	}
	for (size_t k = 0; k < 3; k++) {
		SR_SCOPED(arena_release) struct arena a = {0};
		struct mls_item items[3] = {{.proposal = {.type = MLS_PROPOSAL_ADD}}};
		struct mls_message m;
		room(w, 2);
		(void)world_add(c);
		OK(mls_message_in(slice_of(c->package.message), MLS_WIRE_KEY_PACKAGE, &a, &m));
		items[0].proposal.add = m.key_package;
		for (size_t i = 1; i < 3; i++)
			items[i].proposal = (struct mls_proposal){
				.type = MLS_PROPOSAL_PSK,
				.psk = {.type = MLS_PSK_EXTERNAL,
					.id = text_slice(i == 1 ? "psk" : rows[k].name),
					.nonce = slice_make(nonces[i == 1 ? 0 : rows[k].nonce],
							    MLS_LEN)}};
		struct forged f = forge(&w->who[0], items, 3, &a);
		world_before(b);
		FAILS(rows[k].want, world_refuse(b, f.commit));
		if (rows[k].want)
			world_same(b, __FILE__, __LINE__);
		FAILS(rows[k].want, world_join(c, f.welcome, nothing, NULL));
	}
}

/* #2125 (OpenMLS): GroupContextExtensions went around what another proposal was held to. Here:
 * around what the group asks of those who are in it, or come with it. */
static void a_context_is_held_to_what_it_asks_for(struct world *w)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	static const uint16_t known[] = {0xf00d};
	struct who *b = &w->who[1], *c = &w->who[2];
	struct mls_extension needs = {MLS_EXT_REQUIRED_CAPABILITIES, text_slice("\2\xf0\x0d")};
	struct mls_message m;
	/* With two zeros: nothing else is required. */
	needs.data.len = 5;
	static const uint8_t needed[] = {2, 0xf0, 0x0d, 0, 0};
	needs.data.ptr = needed;
	w->who[0].client.extensions = b->client.extensions = (struct sr_mls_types){known, 1};
	for (int able = 1; able >= 0; able--) {
		room(w, 2);
		c->client.extensions = (struct sr_mls_types){known, (size_t)able};
		(void)world_add(c);
		OK(mls_message_in(slice_of(c->package.message), MLS_WIRE_KEY_PACKAGE, &a, &m));
		struct mls_item items[] = {
			{.proposal = {.type = MLS_PROPOSAL_ADD, .add = m.key_package}},
			{.proposal = {.type = MLS_PROPOSAL_CONTEXT, .extensions = {&needs, 1}}}};
		if (able) {
			struct forged f = forge(&w->who[0], items, 2, &a);
			OK(world_refuse(b, f.commit));
			continue;
		}
		/* Even a careless committer cannot make one: both ask the same function. */
		struct sr_mls_extension mine = {needs.type, data_of(needs.data)};
		struct sr_mls_proposal both[] = {
			{.kind = SR_MLS_CONTEXT, .extensions = &mine, .extensions_n = 1},
			{.kind = SR_MLS_ADD, .key_package = world_in(c->package.message)}};
		struct sr_mls_commit_out out = {0};
		REFUSED(b, SR_E_INPUT,
			sr_mls_commit(b->group, COMMIT(.proposals = both, .proposals_n = 2), &out));
		struct sr_mls_data said = say(&w->who[0], &items[0].proposal, &a);
		world_give(b, said, SR_MLS_GOT_PROPOSAL);
		REFUSED(b, SR_E_INPUT, sr_mls_commit(b->group, COMMIT(ONE(both[0])), &out));
	}
}

/* #2149 (OpenMLS): a new signature key was passed over where the commit had no path. */
static void a_new_signer_without_a_path(struct world *w)
{
	struct sr_mls_client new = world_client(w->who[0].client.suite, "a, later", 80);
	uint8_t pub[SR_MLS_LEN];
	room(w, 2);
	struct sr_mls_proposal add = world_add(&w->who[2]);
	world_commit(w, 0, COMMIT(ONE(add), .no_path = true, .client = &new));
	OK(sr_mls_client_public(new.signature_seed, pub));
	struct sr_mls_member m = world_member(&w->who[2], 0);
	CHECK(world_eq(m.signature_key, (struct sr_mls_data){pub, SR_MLS_LEN}) &&
		      world_eq(m.credential, world_text("a, later")),
	      "the new key is in the tree");
	world_talk(w);
}

/* ---- The past ---- */

/* late lets b say something, lets a change happen, and checks who a hears it from. */
static void late(struct world *w, void (*change)(struct world *w))
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_bytes m[2] = {{0}};
	struct sr_mls_event e = {0};
	uint8_t pub[SR_MLS_LEN];
	OK(sr_mls_client_public(b->client.signature_seed, pub));
	OK(sr_mls_protect(b->group, nothing, world_text("from b"), &m[0]));
	OK(sr_mls_protect_to(b->group, 0, nothing, world_text("from b"), &m[1]));
	change(w);
	world_reload(a);
	for (int i = 0; i < 2; i++) {
		if (OK(sr_mls_receive(a->group, world_in(m[i]), &e)))
			CHECK(world_eq(e.sender.credential, world_text("b")) &&
				      world_eq(e.sender.signature_key,
					       (struct sr_mls_data){pub, SR_MLS_LEN}) &&
				      e.by_index == 1,
			      "b, as it was");
		sr_mls_event_free(&e);
		sr_mls_free(&m[i]);
	}
}

static void credential_changes(struct world *w)
{
	struct sr_mls_client new = world_client(w->who[1].client.suite, "b, later", 81);
	world_commit(w, 1, COMMIT(.client = &new));
}

static void leaf_is_removed(struct world *w)
{
	world_commit_one(w, 0, world_remove(1));
}

static void leaf_is_reused(struct world *w)
{
	world_commit_one(w, 0, world_remove(1));
	world_commit_one(w, 0, world_add(&w->who[4]));
	CHECK(world_eq(world_member(&w->who[0], 1).credential, world_text("e")), "e is there");
}

static void tree_shrinks(struct world *w)
{
	world_commit_one(w, 0, world_remove(1));
	CHECK(world_facts(&w->who[0]).leaves_n == 1, "one leaf is left");
}

/* #1944 (OpenMLS): a past epoch's sender was looked up in the present tree. */
static void credentials_of_a_past_epoch(struct world *w)
{
	room(w, 3);
	late(w, credential_changes);
}

/* #361 (mls-rs): ... which failed, or named another one, when the leaf was gone or reused. */
static void senders_of_a_past_epoch(struct world *w)
{
	room(w, 3);
	late(w, leaf_is_removed);
	room(w, 3);
	late(w, leaf_is_reused);
	room(w, 2);
	late(w, tree_shrinks);
}

/* #1846 (OpenMLS): the secret tree was not stored after a message was read: the key came back. */
static void keys_stay_gone_after_a_read(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_bytes m[2] = {{0}};
	room(w, 2);
	OK(sr_mls_protect(a->group, nothing, world_text("x"), &m[0]));
	OK(sr_mls_protect_to(a->group, 1, nothing, world_text("x"), &m[1]));
	world_before(b);
	world_give(b, world_in(m[0]), SR_MLS_GOT_DATA);
	struct sr_mls_bytes after = world_save(b);
	CHECK(!world_eq(world_in(after), world_in(b->before)), "reading changes the state");
	world_reload(b);
	REFUSED(b, SR_E_STATE, world_refuse(b, world_in(m[0])));
	sr_mls_free(&after);
	sr_mls_free(&m[0]);
	sr_mls_free(&m[1]);
}

/* ---- Trees ---- */

/* tree_of makes an epoch whose tree somebody changed, with everything that follows from it. */
static struct mls_epoch *epoch_of(const struct who *who,
				  void (*change)(const struct who *who, struct mls_epoch *e))
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const struct mls_epoch *now = who->group->now;
	struct mls_epoch *e = NULL;
	uint8_t hash[MLS_LEN];
	OK(mls_epoch_next(now, &e));
	if (change)
		change(who, e);
	OK(mls_tree_hash(e->suite, &e->tree, hash));
	struct mls_context c;
	OK(mls_decode(&mls_type_context, now->context, &a, &c));
	c.tree_hash = slice_make(hash, MLS_LEN);
	OK(mls_epoch_set_context(e, &c));
	return e;
}

/* resign signs a's leaf with a parent hash. */
static void resign(const struct who *who, struct mls_epoch *e, struct slice parent_hash)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct mls_leaf old, made;
	struct mls_leaf_plan plan;
	struct mls_leaf_at at = {.source = MLS_SOURCE_COMMIT,
				 .group_id = who->group->now->group_id,
				 .index = e->own,
				 .parent_hash = parent_hash};
	struct slice bytes = {0};
	OK(mls_tree_leaf(&e->tree, e->own, &a, &old));
	mls_plan_again(&old, e->vault->seed, &plan);
	OK(mls_leaf_make(e->suite, &plan, &at, old.encryption_key, &a, &made));
	OK(mls_encoded(&mls_type_leaf, &made, &a, &bytes));
	OK(mls_tree_set_leaf(&e->tree, e->own, bytes));
}

static void same_leaf(const struct who *who, struct mls_epoch *e)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct mls_leaf leaf;
	OK(mls_tree_leaf(&e->tree, e->own, &a, &leaf));
	CHECK(leaf.parent_hash.len == MLS_LEN, "it has one");
	const uint8_t *hash = arena_dup(&a, leaf.parent_hash.ptr, leaf.parent_hash.len);
	resign(who, e, slice_make(hash, MLS_LEN));
}

static void null_in_leaf(const struct who *who, struct mls_epoch *e)
{
	resign(who, e, (struct slice){0});
}

static void null_in_parent(const struct who *who, struct mls_epoch *e)
{
	uint8_t key[MLS_LEN], hash[MLS_LEN];
	memcpy(key, mls_tree_key(&e->tree, 1), MLS_LEN);
	OK(mls_tree_set_parent(&e->tree, 1, key, (struct slice){0}));
	OK(mls_tree_parent_hash(e->suite, &e->tree, 1, 2, hash));
	resign(who, e, slice_make(hash, MLS_LEN));
}

/* #360 (mls-rs): a parent hash that was not there was taken for one that fits. */
static void no_parent_hash(struct world *w)
{
	static const struct {
		void (*change)(const struct who *who, struct mls_epoch *e);
		enum sr_code want;
	} rows[] = {{same_leaf, SR_OK}, {null_in_leaf, SR_E_INPUT}, {null_in_parent, SR_E_INPUT}};
	room(w, 4);
	for (size_t i = 0; i < 3; i++) {
		SR_SCOPED(arena_release) struct arena a = {0};
		SR_SCOPED(mls_epoch_release)
		struct mls_epoch *e = epoch_of(&w->who[0], rows[i].change);
		struct sr_err err = join_by(&w->who[5], inform(e, &a, NULL));
		CHECK(err.code == rows[i].want, "row %zu: %d %s", i, (int)err.code, err.what);
		world_close_group(&w->who[5]);
	}
}

/* #362 (mls-rs): leaves at places of parents, and trees with an even number of nodes. */
static void nodes_at_wrong_places(struct world *w)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct who *first = &w->who[0];
	struct sr_mls_commit_out out;
	struct mls_nodes nodes;
	struct slice bytes = {0};
	struct sr_mls_bytes tree = {0};
	room(w, 3);
	struct sr_mls_proposal add = world_add(&w->who[3]);
	out = commit_of(first, COMMIT(ONE(add), .no_tree = true));
	OK(sr_mls_merge(first->group, true));
	OK(sr_mls_tree(first->group, &tree));
	for (int k = 0; k < 6; k++) {
		OK(mls_decode(&mls_type_tree, slice_of(tree), &a, &nodes));
		CHECK(nodes.n == 7 && nodes.ptr[1] && nodes.ptr[6], "a full tree");
		struct mls_node *other = nodes.ptr[k == 1 ? 0 : 1], *leaf = nodes.ptr[2];
		nodes.ptr[2] = k == 1 || k == 2 ? other : leaf;
		nodes.ptr[3] = k == 3 ? leaf : nodes.ptr[3];
		nodes.n -= k == 4;
		nodes.ptr[6] = k == 5 ? NULL : nodes.ptr[6];
		OK(mls_encoded(&mls_type_tree, &nodes, &a, &bytes));
		struct sr_err e =
			world_join(&w->who[3], world_in(out.welcome), data_of(bytes), NULL);
		CHECK(e.code == (k ? SR_E_INPUT : SR_OK), "tree %d: %d %s", k, (int)e.code, e.what);
		world_close_group(&w->who[3]);
	}
	sr_mls_free(&tree);
	sr_mls_commit_out_free(&out);
}

/* ---- State ---- */

/* Issue K of the audit of MDK: of two commits of one epoch the one that came first was taken. Here
 * the second is refused while the first is staged, and the caller says which of them it is. */
static void two_commits_of_one_epoch(struct world *w)
{
	struct who *c = &w->who[2];
	room(w, 3);
	struct sr_mls_commit_out by_a = commit_of(&w->who[0], COMMIT(0)),
				 by_b = commit_of(&w->who[1], COMMIT(0));
	for (int first = 0; first < 2; first++) {
		struct sr_mls_data one = world_in(first ? by_b.commit : by_a.commit),
				   two = world_in(first ? by_a.commit : by_b.commit);
		struct sr_mls_staged s;
		world_give(c, one, SR_MLS_GOT_COMMIT);
		REFUSED(c, SR_E_STATE, world_refuse(c, two));
		sr_mls_discard(c->group, false);
		/* Whatever came first, b's is the one. */
		world_give(c, world_in(by_b.commit), SR_MLS_GOT_COMMIT);
		CHECK(sr_mls_staged(c->group, false, &s) && s.committer == 1, "b's");
		if (!first)
			sr_mls_discard(c->group, false);
	}
	world_give(&w->who[0], world_in(by_b.commit), SR_MLS_GOT_COMMIT);
	world_merge(&w->who[0], false);
	world_merge(&w->who[1], true);
	world_merge(c, false);
	world_agree(w);
	sr_mls_commit_out_free(&by_a);
	sr_mls_commit_out_free(&by_b);
}

/* #699 (zuu): the disk was full after a merge: memory was ahead of it, and the commit was refused
 * for ever. Here whoever could not write goes back to what is written. */
static void memory_ahead_of_the_disk(struct world *w)
{
	struct who *b = &w->who[1];
	struct sr_mls_bytes none = {0};
	room(w, 2);
	struct sr_mls_commit_out out = commit_of(&w->who[0], COMMIT(0));
	struct sr_mls_bytes disk = world_save(b);
	world_give(b, world_in(out.commit), SR_MLS_GOT_COMMIT);
	OK(sr_mls_merge(b->group, false));
	test_alloc_fail_at(1);
	FAILS(SR_E_NOMEM, sr_mls_save(b->group, &none));
	test_alloc_fail_at(0);
	world_load(b, world_in(disk));
	world_give(b, world_in(out.commit), SR_MLS_GOT_COMMIT);
	world_merge(b, false);
	world_merge(&w->who[0], true);
	world_agree(w);
	world_talk(w);
	sr_mls_free(&disk);
	sr_mls_commit_out_free(&out);
}

/* #158 (guardyn): what was called serialisation gave an exported secret: nothing could be read from
 * it again. */
static void a_saved_state_is_a_state(struct world *w)
{
	struct who *a = &w->who[0], *b = &w->who[1];
	struct sr_mls_bytes m = {0};
	room(w, 2);
	OK(sr_mls_protect(a->group, nothing, world_text("x"), &m));
	for (size_t i = 0; i < 2; i++) {
		struct sr_mls_bytes state = world_save(&w->who[i]);
		world_close_group(&w->who[i]);
		world_load(&w->who[i], world_in(state));
		sr_mls_free(&state);
	}
	world_give(b, world_in(m), SR_MLS_GOT_DATA);
	world_talk(w);
	world_commit(w, 1, NULL);
	world_commit_one(w, 0, world_add(&w->who[2]));
	world_talk(w);
	sr_mls_free(&m);
}

int main(void)
{
	world_run("GHSA-rrmv-c79f-cf5r: lengths beyond the end", lengths_beyond_the_end);
	world_run("GHSA-8x3w-qj7j-gqhf: tags of another length", tags_of_another_length);
	world_run("OpenMLS 2147: lengths at their bounds", lengths_at_their_bounds);
	world_run("OpenMLS 2134: bytes behind an extension", bytes_behind_an_extension);
	world_run("OpenMLS 2134: bytes behind an extension of a GroupInfo",
		  bytes_behind_an_extension_of_a_group_info);
	world_run("OpenMLS 1928: the same pre-shared key twice", the_same_pre_shared_key_twice);
	world_run("OpenMLS 2125: a Context is held to what it asks for",
		  a_context_is_held_to_what_it_asks_for);
	world_run("OpenMLS 2149: a new signer without a path", a_new_signer_without_a_path);
	world_run("OpenMLS 1944: credentials of a past epoch", credentials_of_a_past_epoch);
	world_run("OpenMLS 1846: keys stay gone after a read", keys_stay_gone_after_a_read);
	world_run("mls-rs 360: no parent hash", no_parent_hash);
	world_run("mls-rs 361: senders of a past epoch", senders_of_a_past_epoch);
	world_run("mls-rs 362: nodes at wrong places", nodes_at_wrong_places);
	world_run("MDK audit, issue K: two commits of one epoch", two_commits_of_one_epoch);
	world_run("zuu 699: memory ahead of the disk", memory_ahead_of_the_disk);
	world_run("guardyn 158: a saved state is a state", a_saved_state_is_a_state);
	return test_done();
}
