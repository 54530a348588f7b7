/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_play.h"

#define COMMIT(...) (&(struct sr_mls_commit_options){__VA_ARGS__})

static const struct sr_mls_data nothing;

const struct step play_history[] = {
	{BEGIN, 0, 0},
	{PACKAGE, 1, 0},
	{PACKAGE, 2, 0},
	{ADD, 0, 1},            /* 0: proposal */
	{ADD, 0, 2},            /* 1: proposal */
	{COMMIT_ALL, 0, 0},     /* 2: commit, 3: Welcome */
	{HEAR, 0, 2},           /* one's own */
	{MERGE, 0, 1},          /**/
	{JOIN, 1, 3},           /**/
	{JOIN, 2, 3},           /**/
	{SAY, 0, 0},            /* 4 */
	{SAY, 1, 0},            /* 5 */
	{SAY, 0, 0},            /* 6 */
	{HEAR, 1, 6},           /* ahead of 4 */
	{HEAR, 2, 5},           /**/
	{HEAR, 0, 5},           /**/
	{HEAR, 1, 4},           /**/
	{WHISPER, 2, 0},        /* 7 */
	{HEAR, 0, 7},           /**/
	{UPDATE, 1, 0},         /* 8: proposal */
	{SHARED, 2, 0},         /* 9: proposal */
	{HEAR, 0, 8},           /**/
	{HEAR, 2, 8},           /**/
	{HEAR, 0, 9},           /**/
	{HEAR, 1, 9},           /**/
	{COMMIT_ALL, 0, 0},     /* 10: commit */
	{COMMIT_PUBLIC, 2, 0},  /* 11: another one, of the same epoch */
	{HEAR, 1, 10},          /**/
	{HEAR, 0, 11},          /* beside one's own */
	{HEAR, 2, 10},          /* beside one's own */
	{DROP, 0, 0},           /**/
	{MERGE, 1, 0},          /* b's Update */
	{MERGE, 2, 0},          /* the race is lost */
	{MERGE, 0, 1},          /**/
	{HEAR, 2, 4},           /* late */
	{EXPORT, 1, 7},         /**/
	{EXPORT, 1, 8},         /**/
	{SAY, 1, 0},            /* 12 */
	{HEAR, 2, 12},          /**/
	{PACKAGE, 3, 0},        /**/
	{ADD, 2, 3},            /* 13: proposal */
	{NEEDS, 2, 0},          /* 14: proposal */
	{COMMIT_NO_TREE, 2, 0}, /* 15: commit, 16: Welcome, 17: tree */
	{HEAR, 0, 13},          /**/
	{HEAR, 1, 13},          /**/
	{HEAR, 0, 14},          /**/
	{HEAR, 1, 14},          /**/
	{HEAR, 0, 15},          /**/
	{HEAR, 1, 15},          /**/
	{MERGE, 0, 0},          /**/
	{MERGE, 1, 0},          /**/
	{MERGE, 2, 1},          /**/
	{JOIN, 3, 16},          /* with 17 */
	{FORGET, 0, 1},         /**/
	{INFORM, 0, 0},         /* 18 */
	{ENTER, 4, 18},         /* 19: commit */
	{HEAR, 0, 19},          /**/
	{HEAR, 1, 19},          /**/
	{HEAR, 2, 19},          /**/
	{HEAR, 3, 19},          /**/
	{MERGE, 0, 0},          /**/
	{MERGE, 1, 0},          /**/
	{MERGE, 2, 0},          /**/
	{MERGE, 3, 0},          /**/
	{LEAVE, 1, 0},          /* 20: proposal */
	{HEAR, 4, 20},          /**/
	{HEAR, 0, 20},          /**/
	{HEAR, 2, 20},          /**/
	{REMOVE, 4, 3},         /* 21: proposal */
	{HEAR, 0, 21},          /**/
	{HEAR, 1, 21},          /**/
	{HEAR, 2, 21},          /**/
	{COMMIT_ALL, 4, 0},     /* 22: commit */
	{HEAR, 0, 22},          /**/
	{HEAR, 1, 22},          /**/
	{HEAR, 2, 22},          /**/
	{CLOSE, 1, 0},          /**/
	{CLOSE, 3, 0},          /**/
	{MERGE, 0, 0},          /**/
	{MERGE, 2, 0},          /**/
	{MERGE, 4, 1},          /**/
	{HEAR, 0, 12},          /* late */
	{SAY, 2, 0},            /* 23 */
	{HEAR, 0, 23},          /**/
	{HEAR, 4, 23},          /**/
};
const size_t play_steps = sizeof play_history / sizeof *play_history;

static void post(struct play *p, struct sr_mls_bytes message)
{
	if (CHECK(p->n < MAILS && message.len, "a message is missing"))
		p->mail[p->n++] = message;
	else
		sr_mls_free(&message);
}

static void propose(struct play *p, struct who *m, struct sr_mls_proposal proposal)
{
	struct sr_mls_bytes message = {0};
	OK(sr_mls_propose(m->group, nothing, &proposal, &message, NULL));
	post(p, message);
}

static void commit(struct play *p, struct who *m, const struct sr_mls_commit_options *o)
{
	struct sr_mls_commit_out out = {0};
	OK(sr_mls_commit(m->group, o, &out));
	post(p, out.commit);
	if (out.welcome.len)
		post(p, out.welcome);
}

static void do_propose(struct play *p, struct who *m, const struct step *s)
{
	static const uint8_t needs[3];
	static const struct sr_mls_extension ext = {3, {needs, 3}};
	struct sr_mls_proposal proposal = {.leaf = s->arg};
	if (s->op == ADD)
		proposal = (struct sr_mls_proposal){
			.kind = SR_MLS_ADD,
			.key_package = world_in(p->w.who[s->arg].package.message)};
	else if (s->op == SHARED)
		proposal = world_psk("psk");
	else if (s->op == NEEDS)
		proposal = (struct sr_mls_proposal){
			.kind = SR_MLS_CONTEXT, .extensions = &ext, .extensions_n = 1};
	else
		proposal.kind = s->op == UPDATE  ? SR_MLS_UPDATE
				: s->op == LEAVE ? SR_MLS_SELF_REMOVE
						 : SR_MLS_REMOVE;
	propose(p, m, proposal);
}

static void do_commit(struct play *p, struct who *m, enum op op)
{
	struct sr_mls_client other = m->client;
	struct sr_mls_bytes tree = {0};
	if (op == COMMIT_PUBLIC) {
		other.signature_seed[3] ^= 1;
		commit(p, m, COMMIT(.client = &other));
		return;
	}
	commit(p, m, COMMIT(.no_tree = op == COMMIT_NO_TREE));
	if (op == COMMIT_ALL)
		return;
	/* The tree after the commit: that of a copy which merges. */
	struct sr_mls_bytes state = world_save(m);
	struct sr_mls_group *copy = NULL;
	OK(sr_mls_load(&m->platform, world_in(state), &copy));
	OK(sr_mls_merge(copy, true));
	OK(sr_mls_tree(copy, &tree));
	post(p, tree);
	sr_mls_close(copy);
	sr_mls_free(&state);
}

static void do_send(struct play *p, struct who *m, const struct step *s)
{
	struct sr_mls_bytes out = {0};
	struct sr_mls_data text = world_text(m->name);
	if (s->op == SAY)
		OK(sr_mls_protect(m->group, nothing, text, &out));
	else if (s->op == WHISPER)
		OK(sr_mls_protect_to(m->group, s->arg, nothing, text, &out));
	else
		OK(sr_mls_group_info(m->group, true, &out));
	post(p, out);
}

static void do_join(struct play *p, struct who *m, const struct step *s)
{
	struct sr_mls_external_options o = {.settings = m->settings};
	struct sr_mls_bytes out = {0};
	struct sr_mls_data mail = world_in(p->mail[s->arg]);
	if (s->op == BEGIN) {
		OK(sr_mls_create(&m->platform, &m->client, &m->settings, world_text("room"), NULL,
				 0, &m->group));
	} else if (s->op == JOIN) {
		OK(world_join(m, mail, m->name[0] == 'd' ? world_in(p->mail[s->arg + 1]) : nothing,
			      NULL));
	} else {
		OK(sr_mls_join_external(&m->platform, &m->client, mail, &o, &out, &m->group));
		post(p, out);
	}
}

void play_step(struct play *p, const struct step *s)
{
	struct who *m = &p->w.who[s->who];
	uint8_t secret[SR_MLS_LEN];
	switch (s->op) {
	case BEGIN:
	case JOIN:
	case ENTER:
		do_join(p, m, s);
		break;
	case PACKAGE:
		(void)world_add(m);
		break;
	case ADD:
	case UPDATE:
	case LEAVE:
	case REMOVE:
	case NEEDS:
	case SHARED:
		do_propose(p, m, s);
		break;
	case COMMIT_ALL:
	case COMMIT_NO_TREE:
	case COMMIT_PUBLIC:
		do_commit(p, m, s->op);
		break;
	case SAY:
	case WHISPER:
	case INFORM:
		do_send(p, m, s);
		break;
	case HEAR:
		OK(world_refuse(m, world_in(p->mail[s->arg])));
		break;
	case MERGE:
		OK(sr_mls_merge(m->group, s->arg));
		break;
	case DROP:
		sr_mls_discard(m->group, s->arg);
		break;
	case EXPORT:
		OK(sr_mls_export_safe(m->group, s->arg, secret));
		break;
	case FORGET:
		CHECK(sr_mls_forget_past(m->group, s->arg), "no such epoch");
		break;
	case CLOSE:
		world_close_group(m);
		break;
	}
}

void play_open(struct play *p, uint16_t suite)
{
	*p = (struct play){0};
	world_open(&p->w, suite, 7);
	for (size_t i = 0; i < WORLD_N; i++) {
		world_share(&p->w.who[i], "psk", 0, 1);
		p->w.who[i].settings.public_handshake = i == 2;
	}
}

void play_close(struct play *p)
{
	world_close(&p->w);
	for (size_t i = 0; i < p->n; i++)
		sr_mls_free(&p->mail[i]);
}
