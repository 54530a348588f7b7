/* SPDX-License-Identifier: Apache-2.0 */
/* What is played with what the forge makes: the world, its groups, the scenes, the rows. */
#include "mls_forge.h"

#include "crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The world ---- */

static struct sr_err world_random(void *user, uint8_t *out, size_t len)
{
	struct forge *f = user;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)test_random(&f->seed);
	return sr_ok();
}

static int64_t world_now(void *user)
{
	return ((struct forge *)user)->now;
}

/* A key is what its name says, twice. */
static struct sr_err world_psk(void *user, const struct sr_mls_psk_id *id, uint8_t *out,
			       size_t *len)
{
	const struct forge *f = user;
	if ((id->kind != SR_MLS_PSK_EXTERNAL && !f->others) || 2 * id->id.len > SR_MLS_PSK_MAX ||
	    (f->deaf && id->id.len && id->id.ptr[0] == '?'))
		return sr_fail(SR_E_STATE, "a key that this test does not know");
	memcpy(out, id->id.ptr, id->id.len);
	memcpy(out + id->id.len, id->id.ptr, id->id.len);
	*len = 2 * id->id.len;
	return sr_ok();
}

static void world_open(struct forge *f, const struct rule *rule, uint16_t suite, bool broken)
{
	*f = (struct forge){.rule = rule,
			    .broken = broken,
			    .s = mls_suite_find(suite),
			    .seed = 9420,
			    .now = FORGE_TIME,
			    .group_id = SLICE_LIT("a group that is forged"),
			    .settings = {.past_n = 2}};
	f->platform = (struct sr_mls_platform){world_random, world_now, world_psk, f};
	for (int i = 0; i < CLIENTS; i++) {
		struct sr_mls_client *c = &f->at[i].client;
		uint8_t *name = forge_copy(f, SLICE_LIT("client 0"));
		name[7] = (uint8_t)('0' + i);
		c->suite = suite;
		c->credential.type = SR_MLS_BASIC;
		c->credential.identity = (struct sr_mls_data){name, 8};
		memcpy(c->signature_seed, forge_draw(f, MLS_LEN).ptr, MLS_LEN);
	}
	if (rule->setup)
		rule->setup(f);
}

static void world_close(struct forge *f)
{
	for (int i = 0; i < CLIENTS; i++)
		sr_mls_close(f->at[i].group);
	for (size_t i = 0; i < f->epochs_n; i++)
		mls_epoch_release(&f->epochs[i]);
	sr_mls_event_free(&f->event);
	arena_release(&f->a);
}

/* ---- Groups ---- */

struct slice forge_state(struct forge *f, const struct sr_mls_group *g)
{
	struct sr_mls_bytes b = {0};
	FORGE_OK(sr_mls_save(g, &b));
	struct slice s = slice_make(b.ptr, b.len);
	s.ptr = forge_copy(f, s);
	sr_mls_free(&b);
	return s;
}

struct sr_err forge_give(struct forge *f, enum forge_who to, struct slice message)
{
	struct sr_mls_group *g = f->at[to].group;
	struct slice before = forge_state(f, g);
	struct sr_mls_event untouched;
	sr_mls_event_free(&f->event);
	memset(&f->event, 0x5a, sizeof f->event);
	untouched = f->event;
	struct sr_err e = sr_mls_receive(g, forge_data(message), &f->event);
	if (!sr_bad(e))
		return e;
	CHECK(!memcmp(&f->event, &untouched, sizeof untouched), "the event was touched");
	memset(&f->event, 0, sizeof f->event);
	CHECK(slice_eq(before, forge_state(f, g)), "the group is not what it was: %s", e.what);
	return e;
}

/* check_same checks that a call that was refused left a group as it was. */
static struct sr_err check_same(struct forge *f, enum forge_who who, struct slice before,
				struct sr_err e)
{
	if (sr_bad(e))
		CHECK(slice_eq(before, forge_state(f, f->at[who].group)),
		      "the group is not what it was: %s", e.what);
	return e;
}

struct sr_err forge_try_propose(struct forge *f, enum forge_who who,
				const struct sr_mls_proposal *proposal)
{
	struct sr_mls_group *g = f->at[who].group;
	struct slice before = forge_state(f, g);
	struct sr_mls_bytes message = {0};
	struct sr_err e = sr_mls_propose(g, (struct sr_mls_data){0}, proposal, &message, NULL);
	sr_mls_free(&message);
	return check_same(f, who, before, e);
}

struct sr_err forge_try_commit(struct forge *f, enum forge_who who,
			       const struct sr_mls_commit_options *options)
{
	struct sr_mls_group *g = f->at[who].group;
	struct slice before = forge_state(f, g);
	struct sr_mls_commit_out out = {0};
	struct sr_err e = sr_mls_commit(g, options, &out);
	sr_mls_commit_out_free(&out);
	return check_same(f, who, before, e);
}

static bool same_epoch(const struct mls_epoch *a, const struct mls_epoch *b)
{
	return !memcmp(a->vault->secrets.authenticator, b->vault->secrets.authenticator, MLS_LEN);
}

struct sr_err forge_follow(struct forge *f, enum forge_who to, const struct forge_commit *c)
{
	struct sr_mls_group *g = f->at[to].group;
	SR_TRY(forge_give(f, to, c->message));
	if (CHECK(f->event.kind == SR_MLS_GOT_COMMIT, "no commit") &&
	    FORGE_OK(sr_mls_merge(g, false)))
		CHECK(same_epoch(g->now, c->next), "not in the epoch that the commit leads to");
	return sr_ok();
}

struct sr_err forge_join(struct forge *f, enum forge_who who, struct slice welcome,
			 struct slice tree, const struct sr_mls_group *from)
{
	struct sr_mls_data secrets = forge_data(f->at[who].package.secrets);
	struct sr_mls_join_options o = {.secrets = &secrets,
					.secrets_n = 1,
					.tree = forge_data(tree),
					.from = from,
					.settings = f->settings};
	struct slice before = from ? forge_state(f, from) : (struct slice){0};
	struct sr_mls_group *nobody = (struct sr_mls_group *)f, *g = nobody;
	size_t used = 77;
	struct sr_err e = sr_mls_join(&f->platform, forge_data(welcome), &o, &used, &g);
	if (sr_bad(e)) {
		CHECK(g == nobody && used == 77, "something was touched");
		CHECK(!from || slice_eq(before, forge_state(f, from)),
		      "the old group is not what it was");
		return e;
	}
	CHECK(used == 0, "another key package was used");
	sr_mls_close(f->at[who].group);
	f->at[who].group = g;
	return e;
}

struct sr_err forge_join_external(struct forge *f, enum forge_who who, struct slice info,
				  const struct sr_mls_external_options *options,
				  struct slice *commit)
{
	struct sr_mls_group *nobody = (struct sr_mls_group *)f, *g = nobody;
	struct sr_mls_bytes b = {0};
	struct sr_err e = sr_mls_join_external(&f->platform, &f->at[who].client, forge_data(info),
					       options, &b, &g);
	if (sr_bad(e)) {
		CHECK(g == nobody && !b.ptr, "something was touched");
		return e;
	}
	*commit = slice_make(b.ptr, b.len);
	commit->ptr = forge_copy(f, *commit);
	sr_mls_free(&b);
	sr_mls_close(f->at[who].group);
	f->at[who].group = g;
	return e;
}

/* others_follow gives a commit of the library to everybody else. */
static void others_follow(struct forge *f, enum forge_who by, struct slice commit)
{
	for (int i = 0; i < CLIENTS; i++)
		if (f->at[i].group && i != (int)by &&
		    FORGE_OK(forge_give(f, (enum forge_who)i, commit)))
			FORGE_OK(sr_mls_merge(f->at[i].group, false));
}

void forge_turn(struct forge *f, enum forge_who by, struct sr_mls_commit_options options,
		enum forge_who joiner, size_t joiners_n)
{
	struct sr_mls_proposal adds[CLIENTS] = {0};
	struct sr_mls_commit_out out = {0};
	struct sr_mls_group *g = f->at[by].group;
	for (size_t i = 0; i < joiners_n; i++) {
		struct forge_package *p = &f->at[joiner + i].package;
		forge_package(f, (enum forge_who)(joiner + i), p);
		adds[i] = (struct sr_mls_proposal){.kind = SR_MLS_ADD,
						   .key_package = forge_data(p->message)};
	}
	if (joiners_n) {
		options.proposals = adds;
		options.proposals_n = joiners_n;
	}
	if (!FORGE_OK(sr_mls_commit(g, &options, &out)) || !FORGE_OK(sr_mls_merge(g, true)))
		return;
	others_follow(f, by, slice_make(out.commit.ptr, out.commit.len));
	struct slice welcome = slice_make(out.welcome.ptr, out.welcome.len);
	for (size_t i = 0; i < joiners_n; i++)
		FORGE_OK(forge_join(f, (enum forge_who)(joiner + i), welcome, (struct slice){0},
				    NULL));
	sr_mls_commit_out_free(&out);
}

void forge_group(struct forge *f, size_t n)
{
	struct sr_mls_extension x[4];
	for (size_t i = 0; i < f->context.n; i++)
		x[i] = (struct sr_mls_extension){f->context.ptr[i].type,
						 forge_data(f->context.ptr[i].data)};
	if (FORGE_OK(sr_mls_create(&f->platform, &f->at[HOSTILE].client, &f->settings,
				   forge_data(f->group_id), x, f->context.n,
				   &f->at[HOSTILE].group)) &&
	    n > 1)
		forge_turn(f, HOSTILE, (struct sr_mls_commit_options){.no_path = true}, VICTIM,
			   n - 1);
}

/* ---- Scenes ---- */

struct sr_err scene_add(struct forge *f)
{
	forge_group(f, 3);
	forge_arm(f);
	struct mls_item item = forge_joiner(f);
	return forge_give(f, VICTIM, forge_propose(f, HOSTILE, &item));
}

/* joins lets JOINER follow a commit by its Welcome. */
static struct sr_err joins(struct forge *f, const struct forge_commit *c)
{
	SR_TRY(forge_join(f, JOINER, forge_welcome(f, c, false), (struct slice){0}, NULL));
	CHECK(same_epoch(forge_now(f, JOINER), c->next), "joined another epoch");
	return sr_ok();
}

struct sr_err scene_welcome(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_arm(f);
	forge_commit_add(c, forge_joiner(f));
	c->no_path = true;
	forge_commit(f, c);
	return joins(f, c);
}

struct sr_err scene_welcome_path(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_commit_add(c, forge_remove(f, HOSTILE, 1));
	forge_commit_add(c, forge_joiner(f));
	forge_arm(f);
	forge_commit(f, c);
	return joins(f, c);
}

struct sr_err scene_update(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, THIRD);
	forge_group(f, 3);
	forge_arm(f);
	struct mls_item item = forge_update(f, HOSTILE);
	SR_TRY(forge_give(f, VICTIM, forge_propose(f, HOSTILE, &item)));
	forge_commit_add(c, item);
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

static struct sr_err commit_of_nothing(struct forge *f, bool private)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_arm(f);
	c->private = private;
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

struct sr_err scene_commit(struct forge *f)
{
	return commit_of_nothing(f, false);
}

struct sr_err scene_private_commit(struct forge *f)
{
	return commit_of_nothing(f, true);
}

static struct sr_err send(struct forge *f, uint16_t wire_format, uint8_t type)
{
	forge_group(f, 3);
	forge_arm(f);
	struct mls_authentic m = forge_content(f, HOSTILE, type);
	m.wire_format = wire_format;
	m.content.application_data = SLICE_LIT("what is said");
	if (type == MLS_CONTENT_PROPOSAL)
		m.content.proposal = forge_remove(f, HOSTILE, 2).proposal;
	return forge_give(f, VICTIM, forge_send(f, HOSTILE, &m));
}

struct sr_err scene_proposal(struct forge *f)
{
	return send(f, MLS_WIRE_PUBLIC, MLS_CONTENT_PROPOSAL);
}

struct sr_err scene_private_proposal(struct forge *f)
{
	return send(f, MLS_WIRE_PRIVATE, MLS_CONTENT_PROPOSAL);
}

struct sr_err scene_data(struct forge *f)
{
	return send(f, MLS_WIRE_PRIVATE, MLS_CONTENT_APPLICATION);
}

struct sr_err scene_context(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_arm(f);
	struct mls_item item = forge_context(f, HOSTILE, f->context);
	SR_TRY(forge_give(f, VICTIM, forge_propose(f, HOSTILE, &item)));
	forge_commit_add(c, item);
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

struct sr_err scene_context_welcome(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_commit_add(c, forge_context(f, HOSTILE, f->context));
	forge_commit_add(c, forge_joiner(f));
	forge_arm(f);
	forge_commit(f, c);
	return joins(f, c);
}

struct slice senders_of(struct forge *f, struct slice key)
{
	struct mls_external_sender sender = {
		.signature_key = key,
		.credential = {.type = MLS_CREDENTIAL_BASIC, .identity = SLICE_LIT("a sender")}};
	return forge_encoded(f, &mls_type_external_senders,
			     &(struct mls_external_senders){&sender, 1});
}

void with_sender(struct forge *f)
{
	forge_extension(f, &f->context, MLS_EXT_EXTERNAL_SENDERS,
			senders_of(f, forge_public_key(f, OUTSIDE)));
}

struct sr_err scene_sender(struct forge *f)
{
	forge_group(f, 3);
	forge_arm(f);
	struct mls_authentic m = forge_outside(f, MLS_SENDER_EXTERNAL, MLS_CONTENT_PROPOSAL);
	m.content.proposal = forge_remove(f, HOSTILE, 2).proposal;
	return forge_give(f, VICTIM, forge_send(f, OUTSIDE, &m));
}

struct sr_err scene_external(struct forge *f)
{
	forge_group(f, 3);
	forge_arm(f);
	struct forge_commit *c = forge_external(f, JOINER);
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

struct sr_err scene_info(struct forge *f)
{
	struct sr_mls_external_options o = {.settings = f->settings};
	struct slice commit;
	forge_group(f, 3);
	forge_arm(f);
	SR_TRY(forge_join_external(f, JOINER, forge_info(f, HOSTILE, true), &o, &commit));
	if (FORGE_OK(forge_give(f, VICTIM, commit)) &&
	    FORGE_OK(sr_mls_merge(f->at[VICTIM].group, false)))
		CHECK(same_epoch(forge_now(f, VICTIM), forge_now(f, JOINER)),
		      "in different epochs");
	return sr_ok();
}

struct mls_item forge_sent(struct forge *f, enum forge_who who, struct mls_item item)
{
	FORGE_OK(forge_give(f, VICTIM, forge_propose(f, who, &item)));
	return item;
}

struct mls_item forge_joiner(struct forge *f)
{
	forge_package(f, JOINER, &f->at[JOINER].package);
	return forge_add(f, HOSTILE, &f->at[JOINER].package.kp);
}

struct mls_item forge_base(struct forge *f, enum forge_base base)
{
	switch (base) {
	case BASE_UPDATE:
		return forge_sent(f, THIRD, forge_update(f, THIRD));
	case BASE_ADD:
		return forge_joiner(f);
	case BASE_PSK:
		return forge_psk_item(f, HOSTILE, forge_psk(f, "a key"));
	case BASE_CONTEXT:
		return forge_context(f, HOSTILE, (struct mls_extensions){0});
	case BASE_REINIT:
		return forge_reinit(f, HOSTILE, (struct mls_extensions){0});
	case BASE_SELF_REMOVE:
		return forge_sent(f, THIRD, forge_self_remove(f, THIRD));
	case BASE_REMOVE_FOURTH:
		return forge_remove(f, HOSTILE, 3);
	case BASE_NOTHING:
	case BASE_REMOVE:
		break;
	}
	return forge_remove(f, HOSTILE, 2);
}

struct sr_err scene_list(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 4);
	if (f->rule->arg != BASE_NOTHING)
		forge_commit_add(c, forge_base(f, (enum forge_base)f->rule->arg));
	forge_arm(f);
	forge_commit(f, c);
	return forge_follow(f, VICTIM, c);
}

struct sr_err scene_tree(struct forge *f)
{
	struct sr_mls_proposal gone = {.kind = SR_MLS_REMOVE, .leaf = 5};
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 7);
	for (int i = VICTIM; i <= SEVENTH; i++)
		if (i != FIFTH) {
			sr_mls_close(f->at[i].group);
			f->at[i].group = NULL;
		}
	forge_turn(f, HOSTILE, (struct sr_mls_commit_options){0}, VICTIM, 0);
	forge_turn(f, FIFTH, (struct sr_mls_commit_options){.proposals = &gone, .proposals_n = 1},
		   VICTIM, 0);
	forge_package(f, OUTSIDE, &f->at[OUTSIDE].package);
	forge_commit_add(c, forge_add(f, HOSTILE, &f->at[OUTSIDE].package.kp));
	forge_commit_add(c, forge_joiner(f));
	c->no_path = true;
	forge_arm(f);
	forge_commit(f, c);
	return joins(f, c);
}

/* ---- The catalogue ---- */

static const struct {
	const char *word;
	enum sr_code code;
} words[] = {{"INPUT", SR_E_INPUT}, {"AUTH", SR_E_AUTH}, {"STATE", SR_E_STATE},
	     {"LIMIT", SR_E_LIMIT}, {"ok", SR_OK},       {"shown", SR_OK}};

/* cut takes what is before the next " | ". */
static bool cut(struct slice *line, struct slice *out)
{
	for (size_t i = 0; i + 3 <= line->len; i++)
		if (!memcmp(line->ptr + i, " | ", 3) || !memcmp(line->ptr + i, " |\n", 3)) {
			*out = slice_sub(*line, 0, i);
			*line = slice_sub(*line, i + 3, line->len - i - 3);
			return true;
		}
	return false;
}

/* in_sections tells whether a rule is in one of the sections of a list, and not taken out again:
 * "7.2 !7.2-3". */
static bool in_sections(struct slice id, const char *sections)
{
	bool in = false;
	size_t len = 0;
	while (len < id.len && id.ptr[len] != '-')
		len++;
	for (const char *p = sections; *p; p += *p == ' ') {
		size_t n = strcspn(p, " ");
		if (slice_eq(slice_make(p, n), slice_sub(id, 0, len)))
			in = true;
		if (*p == '!' && slice_eq(slice_make(p + 1, n - 1), id))
			return false;
		p += n;
	}
	return in;
}

static const struct rule *the_rows;
static size_t the_rows_n;
static const char *the_sections;

/* code_of reads the last column; false: there is nothing to be tested. */
static bool code_of(struct slice column, enum sr_code *out)
{
	for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
		struct slice word = slice_str(words[w].word);
		if (column.len >= word.len && slice_eq(slice_sub(column, 0, word.len), word)) {
			*out = words[w].code;
			return true;
		}
	}
	return false;
}

/* check_line checks a row of the catalogue; returns whether it is of one of our rules. */
static bool check_line(struct slice line)
{
	struct slice id, what, column;
	enum sr_code code = SR_OK;
	bool seen = false;
	if (!cut(&line, &id) || !cut(&line, &what) || !cut(&line, &column))
		return false;
	bool testable = code_of(column, &code);
	for (size_t i = 0; i < the_rows_n; i++) {
		if (!slice_eq(slice_str(the_rows[i].id), id))
			continue;
		seen = true;
		CHECK(testable && the_rows[i].code == code,
		      "rule %s: the catalogue has another error", the_rows[i].id);
	}
	CHECK(seen || !testable || !in_sections(id, the_sections), "rule %.*s has no case",
	      (int)id.len, (const char *)id.ptr);
	return seen;
}

static size_t count_rules(const struct rule *rows, size_t n)
{
	size_t rules = 0;
	for (size_t i = 0; i < n; i++)
		rules += !i || strcmp(rows[i].id, rows[i - 1].id) != 0;
	return rules;
}

static void check_catalogue(void)
{
	const char *source = getenv("SUBROSA_SOURCE");
	char path[4096], line[4096];
	size_t seen = 0;
	(void)snprintf(path, sizeof path, "%s/doc/mls-rules.md", source ? source : ".");
	FILE *file = fopen(path, "r");
	if (!CHECK(file, "%s cannot be read", path))
		return;
	while (fgets(line, sizeof line, file))
		if (!strncmp(line, "| ", 2))
			seen += check_line(slice_str(line + 2));
	(void)fclose(file);
	CHECK(seen == count_rules(the_rows, the_rows_n),
	      "rows of rules that the catalogue does not have, or apart from each other");
}

/* ---- Running ---- */

static const struct rule *first, *last; /* the rows of the running test */

static struct sr_err play(const struct rule *r, uint16_t suite, bool broken)
{
	struct forge f;
	world_open(&f, r, suite, broken);
	struct sr_err e = r->scene(&f);
	CHECK(!broken || f.done || r->at == FORGE_NOWHERE, "%s: nothing was changed", r->what);
	world_close(&f);
	return e;
}

static void run_rows(void)
{
	for (const struct rule *r = first; r != last; r++)
		for (uint16_t suite = 1; suite <= 3; suite = (uint16_t)(suite + 2)) {
			struct sr_err e = play(r, suite, false);
			CHECK(!sr_bad(e), "suite %d, without: %s: %s", suite, r->what, e.what);
			e = play(r, suite, true);
			const char *why = e.what ? e.what : "accepted";
			CHECK(e.code == r->code, "suite %d: %s: %s", suite, r->what, why);
			if (r->says)
				CHECK(strstr(why, r->says), "suite %d: %s: %s", suite, r->what,
				      why);
		}
}

int forge_main(const struct rule *rows, size_t n, const char *sections)
{
	char name[64];
	if (sr_bad(crypto_init()))
		return EXIT_FAILURE;
	the_rows = rows;
	the_rows_n = n;
	the_sections = sections;
	test_run("rows_are_of_the_catalogue", check_catalogue);
	for (first = rows; first != rows + n; first = last) {
		for (last = first; last != rows + n && !strcmp(last->id, first->id);)
			last++;
		(void)snprintf(name, sizeof name, "mls_rule_%s", first->id);
		for (char *p = name; *p; p++)
			if (*p == '.' || *p == '-')
				*p = '_';
		test_run(name, run_rows);
	}
	printf("# %zu rules, %zu cases\n", count_rules(rows, n), n);
	return test_done();
}
