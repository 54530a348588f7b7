/* SPDX-License-Identifier: Apache-2.0 */
/* A whole group of up to four members. The input is a list of instructions, each a letter and the
 * digits that it takes (anything else is passed over, so that files can be read and written by
 * hand): who makes what, and which of the messages made so far gets to whom, whole or not.
 *
 * Each group has a lineage: a hash of all its epochs, as whoever made them saw them. So we know
 * without asking the others what they must refuse, and who must agree:
 * - groups of the same lineage have the same authenticator, others another one;
 * - a commit is taken only by a group of the lineage that it was made from;
 * - nothing that was changed on the way is taken, and nothing twice;
 * - whatever is refused leaves the saved state as it was, byte by byte. */
#include "fuzz.h"
#include "mls_world.h"

#include "crypto.h"

#include <stdlib.h>
#include <string.h>

enum { MEMBERS = 4, MAILS = 48, STEPS_MAX = 96 };

enum kind { COMMIT, WELCOME, INFO, PROPOSAL, DATA, TARGETED, NEXT_WELCOME };

struct mail {
	enum kind kind;
	struct sr_mls_bytes bytes;
	size_t from;
	uint64_t before, after; /* lineage of the group that it is for, and will be */
	unsigned read_by;       /* members' groups, as bits */
};

struct place {
	uint64_t lineage, staged[2]; /* of one's own, of the received one */
	size_t own;                  /* number of the staged commit of one's own */
};

static struct world w;
static struct place places[MEMBERS];
static struct mail mails[MAILS];
static size_t mails_n;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static bool bad(struct sr_err e)
{
	/* What no memory or a broken platform would give is none of ours. */
	must(e.code != SR_E_NOMEM && e.code != SR_E_IO);
	return e.code != SR_OK;
}

/* child_of is the lineage of an epoch with an authenticator, after one of another lineage. */
static uint64_t child_of(uint64_t lineage, struct sr_mls_data authenticator)
{
	uint64_t state;
	must(authenticator.len == SR_MLS_LEN);
	memcpy(&state, authenticator.ptr, sizeof state);
	state ^= test_random(&lineage);
	return test_random(&state);
}

/* ---- Input ---- */

struct input {
	const uint8_t *ptr;
	size_t len;
};

static bool letter(struct input *in, uint8_t *out)
{
	while (in->len && (*in->ptr < 'A' || *in->ptr > 'Z')) {
		in->ptr++;
		in->len--;
	}
	if (!in->len)
		return false;
	*out = *in->ptr++;
	in->len--;
	return true;
}

/* digit takes one if there is one, else 0. */
static size_t digit(struct input *in)
{
	if (!in->len || *in->ptr < '0' || *in->ptr > '9')
		return 0;
	in->len--;
	return (size_t)(*in->ptr++ - '0');
}

static size_t two_digits(struct input *in)
{
	size_t tens = digit(in);
	return 10 * tens + digit(in);
}

static struct who *member(struct input *in, size_t *i)
{
	*i = digit(in) % MEMBERS;
	return &w.who[*i];
}

/* mail_back gives the n-th last message, NULL if there are not so many. */
static struct mail *mail_back(struct input *in)
{
	size_t n = two_digits(in);
	return n < mails_n ? &mails[mails_n - 1 - n] : NULL;
}

static void post(enum kind kind, struct sr_mls_bytes bytes, size_t from, uint64_t after)
{
	if (!bytes.len)
		return;
	if (mails_n == MAILS) {
		sr_mls_free(&mails[0].bytes);
		memmove(&mails[0], &mails[1], sizeof mails - sizeof mails[0]);
		mails_n--;
		for (size_t i = 0; i < MEMBERS; i++)
			if (places[i].own != SIZE_MAX)
				places[i].own--;
	}
	mails[mails_n++] =
		(struct mail){kind, bytes, from, places[from].lineage, after, 1U << from};
}

/* ---- Groups come and go ---- */

static uint64_t first_of(const struct sr_mls_group *g, uint64_t before)
{
	struct sr_mls_facts f;
	sr_mls_facts(g, &f);
	return child_of(before, f.authenticator);
}

static void settle(size_t i, struct sr_mls_group *g, uint64_t lineage)
{
	struct who *m = &w.who[i];
	sr_mls_close(m->group);
	m->group = g;
	places[i] = (struct place){.lineage = lineage, .own = SIZE_MAX};
	for (size_t k = 0; k < mails_n; k++)
		mails[k].read_by &= ~(1U << i);
}

static void leave(struct input *in)
{
	size_t i;
	(void)member(in, &i);
	settle(i, NULL, 0);
}

static void create(struct input *in)
{
	struct sr_mls_group *g = NULL;
	size_t i;
	struct who *m = member(in, &i);
	bool plain = digit(in) % 2;
	uint32_t past_n = (uint32_t)digit(in) % 4;
	for (size_t k = 0; k < MEMBERS; k++) {
		w.who[k].settings.public_handshake = plain;
		w.who[k].settings.past_n = past_n;
	}
	must(!bad(sr_mls_create(&m->platform, &m->client, &m->settings, world_text("room"), NULL, 0,
				&g)));
	settle(i, g, first_of(g, 0));
}

static void add_package(struct input *in)
{
	size_t i;
	must(world_add(member(in, &i)).key_package.len);
}

static void join(struct input *in)
{
	struct sr_mls_group *g = NULL, *from = NULL;
	size_t i;
	struct who *m = member(in, &i);
	struct mail *mail = mail_back(in);
	if (!mail || !m->package.secrets.len)
		return;
	if (mail->kind == NEXT_WELCOME)
		from = m->group;
	struct sr_mls_data secrets = world_in(m->package.secrets);
	struct sr_mls_join_options o = {
		.secrets = &secrets, .secrets_n = 1, .from = from, .settings = m->settings};
	if (bad(sr_mls_join(&m->platform, world_in(mail->bytes), &o, NULL, &g)))
		return;
	must(mail->kind == WELCOME || mail->kind == NEXT_WELCOME);
	settle(i, g, mail->after);
}

static void join_external(struct input *in)
{
	struct sr_mls_bytes commit = {0};
	struct sr_mls_group *g = NULL;
	size_t i;
	struct who *m = member(in, &i);
	struct mail *mail = mail_back(in);
	size_t resync = digit(in);
	if (!mail)
		return;
	struct sr_mls_external_options o = {
		.resync = resync > 0, .resync_leaf = (uint32_t)resync - 1, .settings = m->settings};
	if (bad(sr_mls_join_external(&m->platform, &m->client, world_in(mail->bytes), &o, &commit,
				     &g)))
		return;
	must(mail->kind == INFO);
	uint64_t before = mail->before, after = first_of(g, before);
	settle(i, g, after);
	post(COMMIT, commit, i, after);
	mails[mails_n - 1].before = before;
}

/* branch and reinit hand a Welcome to everybody of whom there is a key package. */
static void succeed(struct input *in, bool reinit)
{
	struct sr_mls_data packages[MEMBERS];
	struct sr_mls_bytes welcome = {0};
	struct sr_mls_group *g = NULL;
	size_t i, n = 0;
	struct who *m = member(in, &i);
	size_t whom = digit(in);
	if (!m->group)
		return;
	for (size_t k = 0; k < MEMBERS; k++)
		if (k != i && (whom >> k & 1) && w.who[k].package.message.len)
			packages[n++] = world_in(w.who[k].package.message);
	struct sr_err e = reinit ? sr_mls_reinit(m->group, &m->client, packages, n, &welcome, &g)
				 : sr_mls_branch(m->group, &m->client, world_text("corner"),
						 packages, n, &welcome, &g);
	if (bad(e))
		return;
	uint64_t after = first_of(g, places[i].lineage);
	if (welcome.len)
		post(NEXT_WELCOME, welcome, i, after);
	settle(i, g, after);
}

/* ---- What a member does ---- */

static void propose(struct input *in)
{
	struct sr_mls_proposal p = {.suite = w.who[0].client.suite, .group_id = world_text("next")};
	struct sr_mls_client new;
	struct sr_mls_bytes message = {0};
	size_t i;
	struct who *m = member(in, &i);
	size_t kind = digit(in), arg = digit(in);
	if (!m->group)
		return;
	p.kind = kind == 8 ? SR_MLS_SELF_REMOVE : (enum sr_mls_proposal_kind)(kind % 7 + 1);
	p.leaf = (uint32_t)arg;
	p.psk = (struct sr_mls_psk_id){arg % 2 ? SR_MLS_PSK_EXTERNAL : SR_MLS_PSK_RESUMPTION,
				       world_text(arg % 2 ? "psk" : "room"), arg / 2};
	if (p.kind == SR_MLS_ADD)
		p.key_package = world_in(w.who[arg % MEMBERS].package.message);
	if (p.kind == SR_MLS_UPDATE && arg) {
		new = world_client(m->client.suite, m->name, (uint8_t)(32 + 16 * i + arg));
		p.client = &new;
	}
	if (!bad(sr_mls_propose(m->group, world_text("aad"), &p, &message, NULL)))
		post(PROPOSAL, message, i, 0);
}

static void commit(struct input *in)
{
	struct sr_mls_proposal p[2] = {{.kind = SR_MLS_ADD}, {.kind = SR_MLS_REMOVE}};
	struct sr_mls_commit_out out = {0};
	size_t i;
	struct who *m = member(in, &i);
	size_t flags = digit(in), whom = digit(in);
	if (!m->group)
		return;
	p[0].key_package = world_in(w.who[whom % MEMBERS].package.message);
	p[1].leaf = (uint32_t)whom;
	struct sr_mls_commit_options o = {.authenticated_data = world_text("aad"),
					  .take_none = flags & 1,
					  .no_path = flags & 2,
					  .proposals = flags & 8 ? &p[1] : p,
					  .proposals_n = flags & 12 ? 1 : 0,
					  .group_info = true};
	if (bad(sr_mls_commit(m->group, &o, &out)))
		return;
	struct sr_mls_staged s;
	must(sr_mls_staged(m->group, true, &s));
	uint64_t after = child_of(places[i].lineage, s.authenticator);
	post(COMMIT, out.commit, i, after);
	places[i].own = mails_n - 1;
	places[i].staged[0] = after;
	post(WELCOME, out.welcome, i, after);
	post(INFO, out.group_info, i, 0);
	if (out.group_info.len)
		mails[mails_n - 1].before = after;
}

static void merge(struct input *in)
{
	size_t i;
	struct who *m = member(in, &i);
	bool own = digit(in) % 2;
	struct sr_mls_staged s;
	if (!m->group)
		return;
	bool there = sr_mls_staged(m->group, own, &s), out = there && s.removes_us;
	struct sr_err e = sr_mls_merge(m->group, own);
	must(bad(e) == (!there || out));
	if (out)
		settle(i, NULL, 0);
	if (there && !out) {
		places[i].lineage = places[i].staged[!own];
		places[i].own = SIZE_MAX;
	}
}

static void discard(struct input *in)
{
	size_t i;
	struct who *m = member(in, &i);
	bool own = digit(in) % 2;
	if (!m->group)
		return;
	sr_mls_discard(m->group, own);
	if (own)
		places[i].own = SIZE_MAX;
}

static void speak(struct input *in, bool targeted)
{
	struct sr_mls_bytes message = {0};
	size_t i;
	struct who *m = member(in, &i);
	uint32_t leaf = targeted ? (uint32_t)digit(in) : 0;
	if (!m->group)
		return;
	struct sr_mls_data aad = world_text("aad"), text = world_text(m->name);
	if (!bad(targeted ? sr_mls_protect_to(m->group, leaf, aad, text, &message)
			  : sr_mls_protect(m->group, aad, text, &message)))
		post(targeted ? TARGETED : DATA, message, i, 0);
}

static void inform(struct input *in)
{
	struct sr_mls_bytes message = {0};
	size_t i;
	struct who *m = member(in, &i);
	if (m->group && !bad(sr_mls_group_info(m->group, true, &message)))
		post(INFO, message, i, 0);
}

static void reload(struct input *in)
{
	size_t i;
	struct who *m = member(in, &i);
	struct sr_mls_group *g = NULL;
	if (!m->group)
		return;
	world_before(m);
	must(!bad(sr_mls_load(&m->platform, world_in(m->before), &g)));
	sr_mls_close(m->group);
	m->group = g;
	struct sr_mls_bytes again = world_save(m);
	must(world_eq(world_in(again), world_in(m->before)));
	sr_mls_free(&again);
}

/* forget and export do what changes a state by itself. */
static void forget(struct input *in)
{
	uint8_t key[SR_MLS_LEN], ref[SR_MLS_LEN];
	struct sr_mls_change change;
	size_t i;
	struct who *m = member(in, &i);
	size_t what = digit(in), arg = digit(in);
	if (!m->group)
		return;
	if (what % 3 == 0)
		(void)sr_mls_forget_past(m->group, arg);
	else if (what % 3 == 1 && sr_mls_waiting(m->group, arg, ref, &change))
		must(sr_mls_forget(m->group, ref));
	else
		(void)bad(sr_mls_export_safe(m->group, (uint16_t)(arg << 12), key));
}

/* ---- Messages ---- */

/* taken checks that a member was right to take a message. */
static void taken(size_t i, struct mail *mail, bool whole, const struct sr_mls_event *e)
{
	struct place *p = &places[i];
	struct sr_mls_staged s;
	if (e->kind == SR_MLS_GOT_ECHO) {
		must(e->own_commit ==
		     (whole && p->own != SIZE_MAX &&
		      world_eq(world_in(mail->bytes), world_in(mails[p->own].bytes))));
		return;
	}
	must(whole && !(mail->read_by & 1U << i));
	mail->read_by |= 1U << i;
	switch (e->kind) {
	case SR_MLS_GOT_COMMIT:
		must(mail->kind == COMMIT && mail->before == p->lineage);
		must(sr_mls_staged(w.who[i].group, false, &s));
		p->staged[1] = mail->after;
		break;
	case SR_MLS_GOT_PROPOSAL:
		must(mail->kind == PROPOSAL && mail->before == p->lineage);
		break;
	case SR_MLS_GOT_DATA:
	case SR_MLS_GOT_TARGETED:
		must(mail->kind == (e->kind == SR_MLS_GOT_DATA ? DATA : TARGETED));
		must(world_eq(e->data, world_text(w.who[mail->from].name)));
		must(world_eq(e->sender.credential, e->data));
		break;
	case SR_MLS_GOT_ECHO:
		break;
	}
	if (e->kind != SR_MLS_GOT_COMMIT)
		must(world_eq(e->authenticated_data, world_text("aad")));
	/* Some can be read again: a targeted message has no key of its own, a commit that was
	 * dropped may come again, and a proposal that is there already stays. */
	if (mail->kind == TARGETED || mail->bytes.ptr[3] == 1)
		mail->read_by &= ~(1U << i);
}

static void give(size_t i, struct mail *mail, struct sr_mls_data in)
{
	struct who *m = &w.who[i];
	struct sr_mls_event e = {0};
	bool whole = world_eq(in, world_in(mail->bytes));
	if (!m->group)
		return;
	world_before(m);
	if (!bad(sr_mls_receive(m->group, in, &e))) {
		taken(i, mail, whole, &e);
		sr_mls_event_free(&e);
		return;
	}
	struct sr_mls_bytes now = world_save(m);
	must(world_eq(world_in(now), world_in(m->before)));
	sr_mls_free(&now);
}

static void deliver(struct input *in)
{
	size_t i;
	(void)member(in, &i);
	struct mail *mail = mail_back(in);
	if (mail)
		give(i, mail, world_in(mail->bytes));
}

static void damage(struct input *in, bool cut)
{
	size_t i;
	(void)member(in, &i);
	struct mail *mail = mail_back(in);
	size_t at = 100 * two_digits(in) + two_digits(in), by = two_digits(in);
	if (!mail)
		return;
	uint8_t *copy = malloc(mail->bytes.len);
	must(copy != NULL);
	memcpy(copy, mail->bytes.ptr, mail->bytes.len);
	at %= mail->bytes.len;
	copy[at] ^= (uint8_t)(by + 1);
	give(i, mail, (struct sr_mls_data){copy, cut ? at : mail->bytes.len});
	free(copy);
}

/* all delivers the last commit to all whom it is for, and lets everybody merge and join. */
static void all(struct input *in)
{
	size_t c = mails_n;
	(void)in;
	while (c && mails[c - 1].kind != COMMIT)
		c--;
	if (!c--)
		return;
	for (size_t i = 0; i < MEMBERS; i++)
		give(i, &mails[c], world_in(mails[c].bytes));
	for (size_t i = 0; i < MEMBERS; i++) {
		struct sr_mls_staged s;
		bool own = places[i].own == c;
		uint8_t text[] = {(uint8_t)('0' + i), own ? '1' : '0', '0', '0', '0', '0'};
		if (w.who[i].group && sr_mls_staged(w.who[i].group, own, &s) &&
		    places[i].staged[!own] == mails[c].after)
			merge(&(struct input){text, 2});
		/* The Welcome stands before the GroupInfo. */
		text[1] = (uint8_t)('0' + (mails_n - 2 - c) / 10);
		text[2] = (uint8_t)('0' + (mails_n - 2 - c) % 10);
		if (!w.who[i].group && c + 1 < mails_n && mails[c + 1].kind == WELCOME)
			join(&(struct input){text, 3});
	}
}

/* ---- Together ---- */

static void agree(void)
{
	for (size_t i = 0; i < MEMBERS; i++)
		for (size_t k = 0; k < i; k++) {
			if (!w.who[i].group || !w.who[k].group)
				continue;
			struct sr_mls_facts a = world_facts(&w.who[i]), b = world_facts(&w.who[k]);
			bool same = places[i].lineage == places[k].lineage;
			must(world_eq(a.authenticator, b.authenticator) == same);
			must(!same || (a.epoch == b.epoch && a.members_n == b.members_n &&
				       world_eq(a.extensions, b.extensions)));
		}
}

static void branch(struct input *in)
{
	succeed(in, false);
}

static void reinit(struct input *in)
{
	succeed(in, true);
}

static void say(struct input *in)
{
	speak(in, false);
}

static void whisper(struct input *in)
{
	speak(in, true);
}

static void change(struct input *in)
{
	damage(in, false);
}

static void cut(struct input *in)
{
	damage(in, true);
}

static void (*const steps[26])(struct input *in) = {
	['A' - 'A'] = all,         ['B' - 'A'] = branch,        ['C' - 'A'] = commit,
	['D' - 'A'] = discard,     ['E' - 'A'] = join_external, ['F' - 'A'] = forget,
	['G' - 'A'] = deliver,     ['I' - 'A'] = inform,        ['J' - 'A'] = join,
	['K' - 'A'] = add_package, ['L' - 'A'] = leave,         ['M' - 'A'] = merge,
	['N' - 'A'] = create,      ['P' - 'A'] = propose,       ['R' - 'A'] = reload,
	['S' - 'A'] = say,         ['T' - 'A'] = cut,           ['W' - 'A'] = whisper,
	['X' - 'A'] = change,      ['Z' - 'A'] = reinit,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t what;
	must(!bad(crypto_init()));
	world_open(&w, digit(&in) % 2 ? SR_MLS_SUITE_1 : SR_MLS_SUITE_3, 5);
	for (size_t i = 0; i < MEMBERS; i++) {
		world_share(&w.who[i], "psk", 0, 1);
		places[i] = (struct place){.own = SIZE_MAX};
	}
	for (size_t n = 0; n < STEPS_MAX && letter(&in, &what); n++) {
		if (steps[what - 'A'])
			steps[what - 'A'](&in);
		agree();
	}
	world_close(&w);
	for (; mails_n; mails_n--)
		sr_mls_free(&mails[mails_n - 1].bytes);
	return 0;
}
