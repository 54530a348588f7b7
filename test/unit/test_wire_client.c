/* SPDX-License-Identifier: Apache-2.0 */
/* A client against a relay that loses answers, races and lies: no cell is ever in the log twice,
 * nothing is believed that was not verified, and an alarm comes with evidence that holds. */
#include "wire_client.h"
#include "wire_fake.h"

#include <limits.h>
#include <stdio.h>

enum { SLEEPS = 256 };

static struct wire_keys k;
static struct fake f;

/* The world: time passes only where the client sleeps, and chance has a seed. */
static struct {
	int64_t ms, now_s;
	uint64_t seed;
	uint32_t slept[SLEEPS];
	size_t sleeps_n;
} world;

static int64_t world_now(void *user)
{
	(void)user;
	return world.now_s;
}

static int64_t world_clock(void *user)
{
	(void)user;
	return world.ms;
}

static void world_sleep(void *user, uint32_t ms)
{
	(void)user;
	world.ms += ms;
	if (world.sleeps_n < SLEEPS)
		world.slept[world.sleeps_n++] = ms;
}

static uint64_t world_chance(void *user)
{
	(void)user;
	return test_random(&world.seed);
}

static struct wire_client_options options(void)
{
	return (struct wire_client_options){
		.relay = f.address,
		.world = {world_now, world_clock, world_sleep, world_chance, NULL}};
}

/* What a reader got: it must be what the log has. */
static struct {
	size_t n;
	uint64_t last, refuse_at;
	bool wrong;
} got;

static struct sr_err take_cell(void *user, const struct wire_view *after, const uint8_t *cell)
{
	(void)user;
	if (after->seq == got.refuse_at)
		return sr_fail(SR_E_LIMIT, "no more");
	(void)pthread_mutex_lock(&f.lock);
	got.wrong |= after->seq > f.n || (got.last && after->seq <= got.last) ||
		     memcmp(f.cells[after->seq - 1], cell, WIRE_CELL_LEN) != 0 ||
		     memcmp(f.chain[after->seq], after->chain, 32) != 0;
	(void)pthread_mutex_unlock(&f.lock);
	got.last = after->seq;
	got.n++;
	return sr_ok();
}

static const struct wire_reader *reader(void)
{
	static struct wire_reader r;
	r = (struct wire_reader){.key = &k.read, .cell = take_cell};
	return &r;
}

/* A test starts with an empty log, and one client with its view. */
static struct wire_client *c;
static struct wire_view v;

static void begin(const struct wire_client_options *o)
{
	struct wire_client_options standard;
	fake_open(&f, &k);
	memset(&world, 0, sizeof world);
	memset(&got, 0, sizeof got);
	world.now_s = 1700000000;
	f.now = world.now_s;
	standard = options();
	if (o) {
		standard = *o;
		standard.relay.port = f.address.port;
	}
	must(wire_client_open(&standard, &c));
	wire_view_init(&v, &k.log, k.relay_public);
}

static void end(void)
{
	CHECK(!got.wrong, "every cell that was given out is the log's");
	wire_client_close(c);
	fake_close(&f);
}

static struct sr_err append_seed(uint64_t seed)
{
	uint8_t cell[WIRE_CELL_LEN];
	cell_fill(cell, seed);
	return wire_client_append(c, &v, &k.write, cell, NULL, reader());
}

static size_t count_seed(uint64_t seed)
{
	uint8_t cell[WIRE_CELL_LEN];
	cell_fill(cell, seed);
	return fake_count(&f, cell);
}

static bool same_view(const struct wire_view *a, const struct wire_view *b)
{
	uint8_t one[WIRE_VIEW_LEN], two[WIRE_VIEW_LEN];
	wire_view_put(a, one);
	wire_view_put(b, two);
	return memcmp(one, two, sizeof one) == 0;
}

/* view_is_true: the view is where the log is, and could be kept. */
static bool view_is_true(void)
{
	uint8_t bytes[WIRE_VIEW_LEN];
	struct wire_view back;
	wire_view_put(&v, bytes);
	return !sr_bad(wire_view_take(slice_make(bytes, sizeof bytes), &back)) &&
	       memcmp(v.chain, f.chain[v.seq], 32) == 0;
}

/* Without tricks. */

static void appends_and_reads(void)
{
	static const uint8_t asked[] = {1, 4, 16, 64, 64};
	begin(NULL);
	for (uint64_t i = 0; i < 50; i++) {
		must(append_seed(i));
		CHECK(v.seq == i + 1 && view_is_true(), "cell %u", (unsigned)i);
	}
	for (size_t i = 0; i < 70; i++)
		fake_add(&f);
	wire_view_init(&v, &k.log, k.relay_public);
	fake_clear(&f);
	must(wire_client_read(c, &v, reader(), 0, 1));
	CHECK(got.n == 120 && v.seq == 120 && view_is_true(), "all are read: %zu", got.n);
	CHECK(f.requests == sizeof asked && memcmp(f.asked, asked, sizeof asked) == 0,
	      "more at a time, while there are more");
	must(wire_client_read(c, &v, reader(), 0, 4));
	CHECK(got.n == 120, "and then none");
	end();
}

static void a_head_without_cells(void)
{
	uint64_t first = 0;
	begin(NULL);
	for (size_t i = 0; i < 9; i++)
		fake_add(&f);
	fake_forget(&f, 4);
	must(wire_client_head(c, &v, &k.read, &first));
	CHECK(first == 4 && v.last.seq == 9 && v.seq == 0 && got.n == 0, "head");
	end();
}

static void a_token_is_handed_over(void)
{
	uint8_t cell[WIRE_CELL_LEN], token[WIRE_TOKEN_LEN];
	begin(NULL);
	cell_fill(cell, 1);
	memset(token, 0x74, sizeof token);
	must(wire_client_append(c, &v, &k.write, cell, token, reader()));
	CHECK(memcmp(f.token, token, sizeof token) == 0, "token");
	end();
}

/* Lost answers, races, lies: one trick, then honesty. */

static const struct row {
	struct fake_trick trick;
	enum sr_code code;
	size_t requests; /* 0: not looked at */
	const char *why;
} append_rows[] = {
	{{FAKE_HONEST, 0, 0, 0}, SR_OK, 1, "honest"},
	{{FAKE_CLOSE, .drop = true}, SR_OK, 2, "lost before it was stored"},
	{{FAKE_CLOSE, 0, 0, 0}, SR_OK, 2, "lost after it was stored"},
	{{FAKE_HALF, 0, 0, 0}, SR_OK, 2, "half an answer"},
	{{FAKE_HALF, .drop = true}, SR_OK, 2, "half an answer, not stored"},
	{{FAKE_LATE, 0, 0, 0}, SR_OK, 2, "too late, stored"},
	{{FAKE_LATE, .drop = true}, SR_OK, 2, "too late, not stored"},
	{{FAKE_BUSY, 0, 0, 0}, SR_OK, 2, "busy, but stored"},
	{{FAKE_BUSY, .drop = true}, SR_OK, 2, "busy"},
	{{FAKE_BARE_503, 0, 0, 0}, SR_OK, 2, "a gateway's 503, stored"},
	{{FAKE_BARE_503, .drop = true}, SR_OK, 2, "a gateway's 503"},
	{{FAKE_LONG_502, 0, 0, 0}, SR_OK, 2, "a gateway's long page"},
	{{FAKE_CLOSE, .after = true}, SR_OK, 2, "lost, and others came behind"},
	{{FAKE_BUSY, .after = true}, SR_OK, 2, "busy, and others came behind"},
	{{FAKE_HONEST, .before = true}, SR_E_STATE, 2, "others were first"},
	{{FAKE_HONEST, .before = true, .after = true}, SR_E_STATE, 2, "and again"},
	{{FAKE_CLOSE, .before = true}, SR_E_STATE, 3, "others were first, and it was lost"},
	{{FAKE_BUSY, .before = true, .after = true}, SR_E_STATE, 5, "busy as well"},
	{{FAKE_BARE_404, 0, 0, 0}, SR_E_INPUT, 1, "some other server"},
	{{FAKE_NOT_HTTP, 0, 0, 0}, SR_E_INPUT, 1, "no HTTP"},
	{{FAKE_REDIRECT, 0, 0, 0}, SR_E_INPUT, 1, "a redirect, which is not followed"},
	{{FAKE_BYTE_LESS, 0, 0, 0}, SR_E_INPUT, 1, "a byte less"},
	{{FAKE_BYTE_MORE, 0, 0, 0}, SR_E_INPUT, 1, "a byte more"},
	{{FAKE_ENDLESS_BODY, 0, 0, 0}, SR_E_INPUT, 1, "an answer without end"},
	{{FAKE_ENDLESS_HEADERS, 0, 0, 0}, SR_E_INPUT, 1, "headers without end"},
	{{FAKE_ENDLESS_INTERIM, 0, 0, 0}, SR_E_INPUT, 1, "interim answers without end"},
	{{FAKE_BAD_SIGNATURE, 0, 0, 0}, SR_E_AUTH, 1, "a wrong signature"},
	{{FAKE_OTHER_RELAY, 0, 0, 0}, SR_E_AUTH, 1, "another relay's signature"},
	{{FAKE_OTHER_LOG, 0, 0, 0}, SR_E_AUTH, 1, "about another log"},
	{{FAKE_OTHER_CHAIN, 0, 0, 0}, SR_E_AUTH, 1, "another cell is acknowledged"},
	{{FAKE_WRONG_HTTP, 0, 0, 0}, SR_E_INPUT, 1, "HTTP says otherwise"},
	{{FAKE_STATUS + WIRE_MALFORMED, 0, 0, 0}, SR_E_INPUT, 1, "malformed"},
	{{FAKE_STATUS + WIRE_FORBIDDEN, 0, 0, 0}, SR_E_AUTH, 1, "forbidden, but stored"},
	{{FAKE_STATUS + WIRE_CLOCK, 0, 0, 0}, SR_E_INPUT, 1, "the clock, which an append has not"},
	{{FAKE_STATUS + WIRE_TOKEN, .drop = true}, SR_E_LIMIT, 1, "a token"},
	{{FAKE_STATUS + WIRE_CLASS, .drop = true}, SR_E_LIMIT, 1, "a class"},
};

/* begin_row: where the relay is late, a client that does not wait long. An answer that is honest
 * may be too late for that as well. */
static void begin_row(const struct row *r)
{
	struct wire_client_options o = options();
	o.connect_ms = o.answer_ms = r->trick.reply == FAKE_LATE ? 500 : 0;
	begin(&o);
}

static bool as_many(const struct row *r, size_t requests)
{
	return r->trick.reply == FAKE_LATE ? requests >= r->requests : requests == r->requests;
}

/* After an error that leaves it open, the same call finds out. */
static void finish(uint64_t seed, enum sr_code code, const char *why)
{
	while (code == SR_E_STATE) {
		CHECK(count_seed(seed) == 0, "%s: it is not there", why);
		code = append_seed(seed).code;
	}
	if (code != SR_OK)
		must(append_seed(seed));
	CHECK(count_seed(seed) == 1, "%s: it is there once", why);
	CHECK(view_is_true(), "%s: and the view knows", why);
}

static void appends_with_tricks(void)
{
	for (size_t i = 0; i < sizeof append_rows / sizeof *append_rows; i++) {
		const struct row *r = &append_rows[i];
		begin_row(r);
		fake_add(&f);
		must(wire_client_read(c, &v, reader(), 0, 1));
		struct wire_view was = v;
		fake_trick_next(&f, &r->trick, 1);
		enum sr_code code = append_seed(i).code;
		CHECK(code == r->code, "%s: %d", r->why, code);
		CHECK(as_many(r, f.requests), "%s: %zu requests", r->why, f.requests);
		CHECK(wire_client_said(c)->evidence.alarm == WIRE_ALARM_NONE, "%s: no alarm",
		      r->why);
		if (code != SR_OK && code != SR_E_STATE)
			CHECK(same_view(&v, &was), "%s: the view stays", r->why);
		fake_clear(&f);
		finish(i, code, r->why);
		end();
	}
}

/* The answer was lost for good, and before the cell is sent again the log's end becomes known. */
static void a_cell_that_stands_already(void)
{
	struct wire_client_options o = options();
	struct fake_trick lost = {.reply = FAKE_HALF, .after = true};
	uint64_t first;
	o.retry_ms = 1;
	begin(&o);
	must(append_seed(1));
	fake_trick_next(&f, &lost, 1);
	CHECK(append_seed(2).code == SR_E_IO && v.seq == 1, "not known");
	must(wire_client_head(c, &v, &k.read, &first));
	fake_clear(&f);
	must(append_seed(2));
	CHECK(v.seq == 2 && view_is_true() && count_seed(2) == 1 && got.n == 0, "it is our own");
	CHECK(f.requests == 1 && f.asked[0] == 1, "which is read, and nothing is signed");
	must(wire_client_read(c, &v, reader(), 0, 1));
	CHECK(v.seq == 3 && got.n == 1, "the other one is read afterwards");
	end();
}

static const struct row read_rows[] = {
	{{FAKE_HONEST, 0, 0, 0}, SR_OK, 0, "honest"},
	{{FAKE_CLOSE, 0, 0, 0}, SR_OK, 0, "lost"},
	{{FAKE_HALF, 0, 0, 0}, SR_OK, 0, "half an answer"},
	{{FAKE_LATE, 0, 0, 0}, SR_OK, 0, "too late"},
	{{FAKE_BUSY, 0, 0, 0}, SR_OK, 0, "busy"},
	{{FAKE_BARE_503, 0, 0, 0}, SR_OK, 0, "a gateway"},
	{{FAKE_BARE_404, 0, 0, 0}, SR_E_INPUT, 1, "some other server"},
	{{FAKE_REDIRECT, 0, 0, 0}, SR_E_INPUT, 1, "a redirect"},
	{{FAKE_BYTE_LESS, 0, 0, 0}, SR_E_INPUT, 1, "a byte less"},
	{{FAKE_BYTE_MORE, 0, 0, 0}, SR_E_INPUT, 1, "a byte more"},
	{{FAKE_ENDLESS_BODY, 0, 0, 0}, SR_E_INPUT, 1, "without end"},
	{{FAKE_BAD_SIGNATURE, 0, 0, 0}, SR_E_AUTH, 1, "a wrong signature"},
	{{FAKE_OTHER_RELAY, 0, 0, 0}, SR_E_AUTH, 1, "another relay's signature"},
	{{FAKE_OTHER_LOG, 0, 0, 0}, SR_E_AUTH, 1, "about another log"},
	{{FAKE_OTHER_CHAIN, 0, 0, 0}, SR_E_AUTH, 0, "cells do not lead to what is signed"},
	{{FAKE_BAD_CELL, 0, 0, 0}, SR_E_AUTH, 0, "a bit of a cell is wrong"},
	{{FAKE_MANY_CELLS, 0, 0, 0}, SR_E_INPUT, 1, "more cells than were asked for"},
	{{FAKE_KEEP_BACK, 0, 0, 0}, SR_E_INPUT, 1, "cells that are kept back"},
	{{FAKE_WRONG_HTTP, 0, 0, 0}, SR_E_INPUT, 1, "HTTP says otherwise"},
	{{FAKE_STATUS + WIRE_FORBIDDEN, 0, 0, 0}, SR_E_AUTH, 1, "forbidden"},
	{{FAKE_STATUS + WIRE_CLOCK, 0, 0, 0}, SR_E_INPUT, 1, "the clock"},
	{{FAKE_STATUS + WIRE_MALFORMED, 0, 0, 0}, SR_E_INPUT, 1, "malformed"},
	{{FAKE_STATUS + WIRE_CLASS, 0, 0, 0}, SR_E_LIMIT, 1, "a class"},
};

static void reads_with_tricks(void)
{
	for (size_t i = 0; i < sizeof read_rows / sizeof *read_rows; i++) {
		const struct row *r = &read_rows[i];
		begin_row(r);
		must(append_seed(1));
		struct wire_view was = v;
		for (size_t n = 0; n < 30; n++)
			fake_add(&f);
		fake_trick_next(&f, &r->trick, 1);
		enum sr_code code = wire_client_read(c, &v, reader(), 0, 16).code;
		CHECK(code == r->code, "%s: %d", r->why, code);
		CHECK(!r->requests || f.requests == r->requests, "%s: %zu requests", r->why,
		      f.requests);
		CHECK(code == SR_OK ? got.n == 30 : got.n == 0 && same_view(&v, &was),
		      "%s: %zu cells", r->why, got.n);
		CHECK(wire_client_said(c)->evidence.alarm == WIRE_ALARM_NONE, "%s: no alarm",
		      r->why);
		fake_clear(&f);
		must(wire_client_read(c, &v, reader(), 0, 16));
		CHECK(got.n == 30 && view_is_true(), "%s: afterwards", r->why);
		end();
	}
}

static void a_wrong_clock(void)
{
	begin(NULL);
	world.now_s += WIRE_SKEW_S + 1;
	CHECK(wire_client_read(c, &v, reader(), 0, 1).code == SR_E_INPUT, "too late");
	CHECK(wire_client_said(c)->status == WIRE_CLOCK, "and the relay says why");
	world.now_s -= 2;
	must(wire_client_read(c, &v, reader(), 0, 1));
	end();
}

/* Pauses. */

static void pauses_grow_and_end(void)
{
	static struct fake_trick closes[FAKE_TRICKS];
	struct wire_client_options o = options();
	o.pause_ms = 100;
	o.retry_ms = 400 * 1000;
	begin(&o);
	for (size_t i = 0; i < FAKE_TRICKS; i++)
		closes[i] = (struct fake_trick){.reply = FAKE_CLOSE, .drop = true};
	fake_trick_next(&f, closes, FAKE_TRICKS);
	CHECK(append_seed(1).code == SR_E_IO, "at last it is given up");
	CHECK(v.seq == 0 && f.requests == world.sleeps_n + 1, "a pause between two tries");
	CHECK(world.ms <= 400000 && world.ms > 360000, "%d ms", (int)world.ms);
	uint32_t most = 100, same = 0;
	for (size_t i = 0; i < world.sleeps_n; i++) {
		CHECK(world.slept[i] >= most / 2 && world.slept[i] <= most, "pause %zu: %u ms", i,
		      world.slept[i]);
		same += i > 10 && world.slept[i] == world.slept[i - 1];
		most = most * 2 > 30 * 1000 ? 30 * 1000 : most * 2;
	}
	CHECK(same < 3, "there is chance in them");
	fake_clear(&f);
	must(append_seed(1));
	CHECK(count_seed(1) == 1, "once");
	end();
}

/* Refusals that are signed, and gaps. */

static void a_full_log(void)
{
	begin(NULL);
	must(append_seed(1));
	f.full = true;
	CHECK(append_seed(2).code == SR_E_LIMIT && wire_client_said(c)->status == WIRE_FULL,
	      "full");
	CHECK(v.seq == 1 && count_seed(2) == 0, "not stored");
	struct fake_trick lost = {.reply = FAKE_CLOSE};
	f.full = false;
	fake_trick_next(&f, &lost, 1);
	f.full = false;
	must(append_seed(2));
	f.full = true;
	fake_add(&f);
	CHECK(append_seed(3).code == SR_E_STATE, "full, and others were first");
	CHECK(v.seq == 3 && got.n == 1, "which is read");
	end();
}

static void a_gap(void)
{
	begin(NULL);
	must(append_seed(1));
	for (size_t i = 0; i < 20; i++)
		fake_add(&f);
	fake_forget(&f, 9);
	CHECK(wire_client_read(c, &v, reader(), 0, 4).code == SR_E_LIMIT, "expired");
	CHECK(wire_client_said(c)->status == WIRE_EXPIRED && wire_client_said(c)->first == 9 &&
		      v.seq == 1 && v.last.seq == 21,
	      "what is left");
	CHECK(append_seed(2).code == SR_E_LIMIT, "nothing is signed across a gap");
	must(wire_view_skip(&v, 9));
	must(wire_client_read(c, &v, reader(), 0, 4));
	CHECK(got.n == 13 && v.seq == 21 && v.gap_from == 2 && v.gap_to == 8 && view_is_true(),
	      "behind the gap");
	fake_forget(&f, 22);
	must(append_seed(2));
	CHECK(count_seed(2) == 1, "appends go on where nothing is left");
	end();
}

static void a_gap_that_a_fork_hides_in(void)
{
	begin(NULL);
	for (size_t i = 0; i < 20; i++)
		fake_add(&f);
	fake_forget(&f, 9);
	CHECK(wire_client_read(c, &v, reader(), 0, 4).code == SR_E_LIMIT, "expired");
	must(wire_view_skip(&v, 9));
	fake_fork(&f, 5);
	CHECK(wire_client_read(c, &v, reader(), 0, 4).code == SR_E_AUTH ||
		      wire_client_said(c)->evidence.alarm == WIRE_ALARM_FORK,
	      "the end was signed before the gap was skipped");
	const struct wire_evidence *e = &wire_client_said(c)->evidence;
	CHECK(e->alarm == WIRE_ALARM_FORK && e->later.seq == 20, "%d", e->alarm);
	must(wire_evidence_check(e));
	end();
}

/* Alarms. */

enum call { BY_READ, BY_APPEND, BY_HEAD };
enum change { CUT, FORK };

static struct sr_err call_by(enum call call)
{
	uint64_t first;
	if (call == BY_READ)
		return wire_client_read(c, &v, reader(), 0, 4);
	return call == BY_APPEND ? append_seed(9000) : wire_client_head(c, &v, &k.read, &first);
}

static void check_alarm(enum wire_alarm alarm, uint64_t seq, const char *why)
{
	const struct wire_evidence *e = &wire_client_said(c)->evidence;
	uint8_t bytes[WIRE_EVIDENCE_LEN];
	struct wire_evidence back;
	CHECK(e->alarm == alarm, "%s: alarm %d", why, e->alarm);
	CHECK(memcmp(e->relay, k.relay_public, 32) == 0 &&
		      memcmp(e->log.write_key, k.log.write_key, 32) == 0,
	      "%s: about whom", why);
	CHECK(e->earlier.seq == seq && memcmp(e->earlier.chain, v.chain, 32) == 0,
	      "%s: what was signed before", why);
	wire_evidence_put(e, bytes);
	must(wire_evidence_take(slice_make(bytes, sizeof bytes), &back));
	must(wire_evidence_check(&back));
}

static void alarms(void)
{
	static const struct {
		enum call call;
		enum change change;
		uint64_t at;  /* FORK: from there on; CUT: what is left */
		size_t added; /* by others, afterwards */
		enum wire_alarm alarm;
		const char *why;
	} rows[] = {
		{BY_READ, CUT, 9, 0, WIRE_ALARM_SHORTER, "the last cell is gone, read"},
		{BY_APPEND, CUT, 9, 0, WIRE_ALARM_SHORTER, "the last cell is gone, append"},
		{BY_HEAD, CUT, 9, 0, WIRE_ALARM_SHORTER, "the last cell is gone, head"},
		{BY_READ, CUT, 0, 0, WIRE_ALARM_SHORTER, "the log is gone"},
		{BY_APPEND, CUT, 0, 0, WIRE_ALARM_SHORTER, "the log is gone, append"},
		{BY_READ, FORK, 10, 0, WIRE_ALARM_FORK, "another last cell, read"},
		{BY_APPEND, FORK, 10, 0, WIRE_ALARM_FORK, "another last cell, append"},
		{BY_HEAD, FORK, 10, 0, WIRE_ALARM_FORK, "another last cell, head"},
		{BY_READ, FORK, 1, 0, WIRE_ALARM_FORK, "another log"},
		{BY_READ, FORK, 4, 3, WIRE_ALARM_FORK, "another one, and longer, read"},
		{BY_APPEND, FORK, 4, 3, WIRE_ALARM_FORK, "another one, and longer, append"},
		{BY_APPEND, FORK, 10, 1, WIRE_ALARM_FORK, "just one longer"},
		{BY_READ, CUT, 5, 5, WIRE_ALARM_FORK, "restored and written to again"},
		{BY_APPEND, CUT, 5, 20, WIRE_ALARM_FORK, "much written to"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(NULL);
		for (size_t n = 0; n < 10; n++)
			must(append_seed(n));
		if (rows[i].change == CUT)
			fake_cut(&f, rows[i].at);
		else
			fake_fork(&f, rows[i].at);
		for (size_t n = 0; n < rows[i].added; n++)
			fake_add(&f);
		struct sr_err e = call_by(rows[i].call);
		CHECK(e.code == SR_E_AUTH, "%s: %d", rows[i].why, e.code);
		CHECK(v.seq == 10 && got.n == 0, "%s: nothing was taken", rows[i].why);
		check_alarm(rows[i].alarm, 10, rows[i].why);
		CHECK(count_seed(9000) == 0, "%s: nothing was signed on it", rows[i].why);
		end();
	}
}

/* A head that was seen, but not yet read up to. */
static void alarms_about_what_is_ahead(void)
{
	uint64_t first;
	begin(NULL);
	for (size_t n = 0; n < 30; n++)
		fake_add(&f);
	must(wire_client_head(c, &v, &k.read, &first));
	fake_fork(&f, 27);
	for (size_t n = 0; n < 30; n++)
		fake_add(&f);
	CHECK(wire_client_read(c, &v, reader(), 0, 64).code == SR_E_AUTH, "alarm");
	const struct wire_evidence *e = &wire_client_said(c)->evidence;
	CHECK(e->alarm == WIRE_ALARM_FORK && e->earlier.seq == 30, "exactly there");
	must(wire_evidence_check(e));
	CHECK(v.seq < 30, "nothing beyond was taken");
	got.wrong = false; /* cells 27 to 29 of the fork were verified against it */
	end();
}

/* Readers that stop. */

static void a_reader_that_stops(void)
{
	begin(NULL);
	for (size_t n = 0; n < 40; n++)
		fake_add(&f);
	for (got.refuse_at = 1; got.refuse_at <= 40; got.refuse_at += 3) {
		CHECK(wire_client_read(c, &v, reader(), 0, 16).code == SR_E_LIMIT, "its error");
		CHECK(v.seq == got.refuse_at - 1 && view_is_true(), "the view is before %u",
		      (unsigned)got.refuse_at);
	}
	must(wire_client_read(c, &v, reader(), 0, 16));
	CHECK(v.seq == 40 && got.n == 40, "each cell once");
	end();
}

/* Misuse that would show the relay more than it has to know. */

static void one_client_for_one_log(void)
{
	struct wire_view other;
	struct wire_log log = k.log;
	begin(NULL);
	must(append_seed(1));
	log.class = WIRE_DAYS_7;
	wire_view_init(&other, &log, k.relay_public);
	fake_clear(&f);
	CHECK(wire_client_read(c, &other, reader(), 0, 1).code == SR_E_INPUT, "another log");
	wire_view_init(&other, &k.log, k.other_public);
	CHECK(wire_client_read(c, &other, reader(), 0, 1).code == SR_E_INPUT, "another relay");
	CHECK(f.requests == 0, "nobody was asked");
	end();
}

/* Many tricks. */

static struct fake_trick any_trick(uint64_t *seed)
{
	static const unsigned lossy[] = {FAKE_CLOSE,
					 FAKE_HALF,
					 FAKE_BUSY,
					 FAKE_BARE_503,
					 FAKE_BARE_404,
					 FAKE_BAD_SIGNATURE,
					 FAKE_STATUS + WIRE_FORBIDDEN};
	uint64_t r = test_random(seed);
	struct fake_trick t = {.drop = r & 1, .before = r % 7 == 0, .after = r % 5 == 0};
	if (r & 2)
		t.reply = lossy[(r >> 8) % (sizeof lossy / sizeof *lossy)];
	t.drop &= t.reply != FAKE_HONEST;
	return t;
}

enum { CHAOS_CELLS = 40 };

static void set_chaos(uint64_t *seed)
{
	static struct fake_trick tricks[FAKE_TRICKS];
	for (size_t i = 0; i < FAKE_TRICKS; i++)
		tricks[i] = any_trick(seed);
	fake_trick_next(&f, tricks, FAKE_TRICKS);
}

/* The order of our cells in the log is the order of our calls. */
static bool in_order(size_t n)
{
	uint8_t cell[WIRE_CELL_LEN];
	size_t at = 0;
	for (uint64_t i = 0; i < n; i++) {
		cell_fill(cell, i);
		while (at < f.n && memcmp(f.cells[at], cell, sizeof cell) != 0)
			at++;
	}
	return at < f.n;
}

static void chaos(void)
{
	size_t rounds = test_rounds(20);
	for (uint64_t round = 0; round < rounds; round++) {
		uint64_t seed = round + 1;
		begin(NULL);
		set_chaos(&seed);
		for (uint64_t i = 0; i < CHAOS_CELLS; i++) {
			size_t calls = 0;
			enum sr_code code;
			while ((code = append_seed(i).code) != SR_OK && calls++ < 200)
				;
			CHECK(code == SR_OK, "seed %u, cell %u", (unsigned)round + 1, (unsigned)i);
			CHECK(memcmp(v.chain, f.chain[v.seq], 32) == 0, "the view is true");
		}
		for (uint64_t i = 0; i < CHAOS_CELLS; i++)
			CHECK(count_seed(i) == 1, "seed %u: cell %u is there %zu times",
			      (unsigned)round + 1, (unsigned)i, count_seed(i));
		CHECK(in_order(CHAOS_CELLS), "seed %u: in order", (unsigned)round + 1);
		fake_clear(&f);
		must(wire_client_read(c, &v, reader(), 0, 64));
		CHECK(v.seq == f.n && got.n == f.n - CHAOS_CELLS,
		      "seed %u: what was read is all that others added", (unsigned)round + 1);
		end();
	}
}

/* The instrument: a client that, after a lost answer, brings its view up to date and appends again,
 * is caught by the same count. */
static void a_careless_client_is_caught(void)
{
	size_t twice = 0;
	struct wire_client_options o = options();
	o.retry_ms = 1;
	uint64_t seed = 1;
	begin(&o);
	set_chaos(&seed);
	for (uint64_t i = 0; i < CHAOS_CELLS; i++)
		for (size_t calls = 0; append_seed(i).code != SR_OK && calls < 50; calls++)
			(void)sr_bad(wire_client_read(c, &v, reader(), 0, 16));
	for (uint64_t i = 0; i < CHAOS_CELLS; i++)
		twice += count_seed(i) > 1;
	CHECK(twice > 0, "cells that are there twice");
	end();
}

/* Proxies. */

static void environment_is_not_asked(void)
{
	(void)setenv("http_proxy", "http://127.0.0.1:1", 1);
	(void)setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	begin(NULL);
	must(append_seed(1));
	end();
	(void)unsetenv("http_proxy");
	(void)unsetenv("ALL_PROXY");
}

static void a_proxy_resolves_names(void)
{
	char proxy[64], first_user[256];
	(void)setenv("no_proxy", "*", 1);
	for (int round = 0; round < 2; round++) {
		begin(NULL);
		f.socks = true;
		(void)snprintf(proxy, sizeof proxy, "socks5h://127.0.0.1:%u",
			       (unsigned)f.address.port);
		struct wire_client_options o = options();
		o.proxy = proxy;
		world.seed = (uint64_t)round;
		(void)snprintf(o.relay.host, sizeof o.relay.host, "relay.invalid");
		wire_client_close(c);
		must(wire_client_open(&o, &c));
		must(append_seed(1));
		CHECK(strcmp(f.socks_host, "relay.invalid") == 0, "the name is the proxy's affair");
		CHECK(strlen(f.socks_user) == 16, "a circuit of its own");
		CHECK(!round || strcmp(first_user, f.socks_user) != 0, "another one each time");
		(void)snprintf(first_user, sizeof first_user, "%s", f.socks_user);
		end();
	}
	(void)unsetenv("no_proxy");
}

static void proxies_that_are_none(void)
{
	static const char *const proxies[] = {"",
					      "socks5://127.0.0.1:9050",
					      "http://127.0.0.1:3128",
					      "127.0.0.1:9050",
					      "socks5h://me:secret@127.0.0.1:9050",
					      "socks5h://127.0.0.1:9050/path"};
	for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++) {
		struct wire_client_options o = options();
		struct wire_client *none = NULL;
		o.proxy = proxies[i];
		CHECK(wire_client_open(&o, &none).code == SR_E_INPUT && !none, "%s", proxies[i]);
	}
}

static void nobody_listens(void)
{
	struct wire_client_options o = options();
	o.retry_ms = 2000;
	begin(&o);
	wire_client_close(c);
	o.relay = f.address;
	o.relay.port = 1;
	must(wire_client_open(&o, &c));
	CHECK(append_seed(1).code == SR_E_IO && world.sleeps_n > 0, "tried again, then given up");
	end();
}

static void memory_ends(void)
{
	struct wire_client_options o = options();
	for (size_t n = 1;; n++) {
		struct wire_client *client = NULL;
		test_alloc_fail_at(n);
		enum sr_code code = wire_client_open(&o, &client).code;
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu: %d", n, code);
		wire_client_close(client);
		if (!failed)
			break;
	}
}

int main(void)
{
	must(crypto_init());
	keys_make(&k);
	test_run("appends and reads", appends_and_reads);
	test_run("a head without cells", a_head_without_cells);
	test_run("a token is handed over", a_token_is_handed_over);
	test_run("appends with tricks", appends_with_tricks);
	test_run("a cell that stands already", a_cell_that_stands_already);
	test_run("reads with tricks", reads_with_tricks);
	test_run("a wrong clock", a_wrong_clock);
	test_run("pauses grow and end", pauses_grow_and_end);
	test_run("a full log", a_full_log);
	test_run("a gap", a_gap);
	test_run("a gap that a fork hides in", a_gap_that_a_fork_hides_in);
	test_run("alarms", alarms);
	test_run("alarms about what is ahead", alarms_about_what_is_ahead);
	test_run("a reader that stops", a_reader_that_stops);
	test_run("one client for one log", one_client_for_one_log);
	test_run("chaos", chaos);
	test_run("a careless client is caught", a_careless_client_is_caught);
	test_run("the environment is not asked", environment_is_not_asked);
	test_run("a proxy resolves names", a_proxy_resolves_names);
	test_run("proxies that are none", proxies_that_are_none);
	test_run("nobody listens", nobody_listens);
	test_run("memory ends", memory_ends);
	keys_release(&k);
	return test_done();
}
