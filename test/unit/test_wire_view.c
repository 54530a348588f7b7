/* SPDX-License-Identifier: Apache-2.0 */
/* What a client remembers of a log, what it takes for an alarm, and the evidence of it. */
#include "hex.h"
#include "wire_log.h"
#include "wire_relay.h"
#include "wire_view.h"

enum { CELLS = 80 };

static struct wire_keys k;

/* Two logs of one address: fork has other cells from FORK_AT on. */
enum { FORK_AT = 20 };
static uint8_t cells[2][CELLS][WIRE_CELL_LEN];
static uint8_t chain[2][CELLS + 1][32];

static void logs_make(void)
{
	for (unsigned f = 0; f < 2; f++) {
		known_start(&k.log, chain[f][0]);
		for (unsigned i = 0; i < CELLS; i++) {
			cell_fill(cells[f][i], i + 1 + (f && i + 1 >= FORK_AT ? 1000U : 0));
			known_next(chain[f][i], i + 1, cells[f][i], chain[f][i + 1]);
		}
	}
}

/* A head of log f as the relay signs it: n cells up to seq. */
static struct wire_head head_at(unsigned f, uint64_t seq, uint8_t n)
{
	struct wire_head h = {.status = WIRE_OK, .cells_n = n, .seq = seq, .first = 1, .time = 5};
	wire_address(&k.log, h.address);
	memcpy(h.chain, chain[f][seq], 32);
	memcpy(h.before, chain[f][seq - n], 32);
	wire_head_sign(&h, &k.relay);
	return h;
}

static struct sr_err take_in(struct wire_view *v, unsigned f, uint64_t seq, uint8_t n,
			     struct wire_evidence *e)
{
	uint8_t chains[WIRE_CELLS_MAX][32];
	struct wire_head h = head_at(f, seq, n);
	struct wire_view next = *v;
	SR_TRY(wire_view_note(&next, &h, n == 0, e));
	SR_TRY(wire_view_follow(v, &h, cells[f][seq - n], chains));
	for (unsigned i = 0; i < n; i++)
		wire_view_advance(&next, chains[i]);
	*v = next;
	return sr_ok();
}

static struct wire_view fresh(void)
{
	struct wire_view v;
	wire_view_init(&v, &k.log, k.relay_public);
	return v;
}

static struct wire_view read_to(uint64_t seq)
{
	struct wire_view v = fresh();
	struct wire_evidence e = {0};
	while (v.seq < seq) {
		uint64_t n = seq - v.seq > 64 ? 64 : seq - v.seq;
		must(take_in(&v, 0, v.seq + n, (uint8_t)n, &e));
	}
	return v;
}

static bool same_view(const struct wire_view *a, const struct wire_view *b)
{
	uint8_t one[WIRE_VIEW_LEN], two[WIRE_VIEW_LEN];
	wire_view_put(a, one);
	wire_view_put(b, two);
	return memcmp(one, two, sizeof one) == 0;
}

/* The relay's address. */

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define PIN "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeffe0e1e2e3e4e5e6e7e8e9eaebecedeeef"

static void addresses_of_relays(void)
{
	static const struct {
		const char *text;
		bool good;
		const char *why;
	} rows[] = {
		{"http://abc.onion:80#" KEY, true, "an onion service"},
		{"http://127.0.0.1:8080#" KEY, true, "an IPv4 address"},
		{"http://[::1]:1#" KEY, true, "an IPv6 address"},
		{"https://Relay-1.example.org:65535#" KEY "." PIN, true, "TLS and a pin"},
		{"https://relay.example.org:443#" KEY, false, "TLS without a pin"},
		{"http://relay.example.org:80#" KEY "." PIN, false, "a pin without TLS"},
		{"relay.example.org:80#" KEY, false, "no scheme"},
		{"HTTP://relay.example.org:80#" KEY, false, "there is one form of the scheme"},
		{"ftp://relay.example.org:80#" KEY, false, "another scheme"},
		{"http:///relay.example.org:80#" KEY, false, "a slash too many"},
		{"http://relay.example.org#" KEY, false, "no port"},
		{"http://relay.example.org:#" KEY, false, "an empty port"},
		{"http://relay.example.org:0#" KEY, false, "port 0"},
		{"http://relay.example.org:080#" KEY, false, "there is one form of a port"},
		{"http://relay.example.org:65536#" KEY, false, "a port too high"},
		{"http://relay.example.org:655350#" KEY, false, "much too high"},
		{"http://relay.example.org:+80#" KEY, false, "a sign"},
		{"http://:80#" KEY, false, "no host"},
		{"http://-o:80#" KEY, false, "a host like an option"},
		{"http://me@relay.example.org:80#" KEY, false, "a user"},
		{"http://a b:80#" KEY, false, "a blank"},
		{"http://a%2fb:80#" KEY, false, "an escape"},
		{"http://a/b:80#" KEY, false, "a path before the port"},
		{"http://a?b:80#" KEY, false, "a query"},
		{"http://[::1:80#" KEY, false, "half a bracket"},
		{"http://[]:80#" KEY, false, "nothing in brackets"},
		{"http://[fe80::1%25eth0]:80#" KEY, false, "a zone"},
		{"http://a:80/#" KEY, false, "a path"},
		{"http://a:80" KEY, false, "no number sign"},
		{"http://a:80#", false, "no key"},
		{"http://a:80#" KEY "0", false, "a digit too many"},
		{"http://a:80# " KEY, false, "a blank before the key"},
		{"http://a:80#" KEY "\n", false, "a line end"},
		{"https://a:80#" KEY "." PIN "/", false, "something behind"},
		{"https://a:80#" KEY "," PIN, false, "no point"},
		{"", false, "nothing"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct wire_relay r;
		struct build b = {0};
		struct sr_err e = wire_relay_read(slice_str(rows[i].text), &r);
		CHECK(rows[i].good ? !sr_bad(e) : e.code == SR_E_INPUT, "%s", rows[i].why);
		if (!sr_bad(e))
			wire_relay_write(&r, &b);
		CHECK(sr_bad(e) || slice_eq(slice_make(b.ptr, b.len), slice_str(rows[i].text)),
		      "%s: written again", rows[i].why);
		build_release(&b);
	}
}

static void parts_of_an_address(void)
{
	static const char text[] = "https://[2001:db8::7]:8443#" KEY "." PIN;
	struct wire_relay r;
	struct build b = {0};
	must(wire_relay_read(slice_str(text), &r));
	CHECK(strcmp(r.host, "[2001:db8::7]") == 0 && r.port == 8443 && r.tls, "host and port");
	for (uint8_t i = 0; i < 32; i++)
		CHECK(r.key[i] == i && r.pin[i] == (i < 16 ? 0xf0 + i : 0xe0 + i - 16), "byte %u",
		      i);
	wire_relay_url(&r, &b);
	CHECK(slice_eq(slice_make(b.ptr, b.len), SLICE_LIT("https://[2001:db8::7]:8443")), "URL");
	build_release(&b);
	for (size_t n = 0; n < sizeof text - 1; n++)
		CHECK(wire_relay_read(slice_make(text, n), &r).code == SR_E_INPUT, "%zu bytes", n);
}

static void a_long_host(void)
{
	char text[600] = "http://";
	struct wire_relay r;
	for (size_t n = 250; n < 256; n++) {
		memset(text + 7, 'a', n);
		memcpy(text + 7 + n, ":80#" KEY, sizeof ":80#" KEY);
		CHECK(sr_bad(wire_relay_read(slice_str(text), &r)) == (n > WIRE_HOST_LEN),
		      "%zu letters", n);
	}
}

/* Following a log. */

static void a_log_is_followed(void)
{
	static const uint8_t steps[] = {1, 4, 0, 16, 3, 0, 40};
	struct wire_view v = fresh();
	struct wire_evidence e = {0};
	uint64_t seq = 0;
	for (size_t i = 0; i < sizeof steps; i++) {
		seq += steps[i];
		must(take_in(&v, 0, seq, steps[i], &e));
		CHECK(v.seq == seq && v.last.seq == seq && v.anchored &&
			      memcmp(v.chain, chain[0][seq], 32) == 0,
		      "step %zu", i);
	}
	CHECK(e.alarm == WIRE_ALARM_NONE, "no alarm");
}

static void cells_that_do_not_follow(void)
{
	static const struct {
		unsigned f;
		uint64_t seq;
		uint8_t n;
		enum sr_code code;
		const char *why;
	} rows[] = {
		{0, 14, 4, SR_OK, "the next four"},
		{0, 14, 3, SR_E_INPUT, "one is left out"},
		{0, 14, 5, SR_E_INPUT, "one of them is known"},
		{0, 11, 0, SR_E_INPUT, "there is one, and it is kept back"},
		{1, 24, 14, SR_OK, "cells after which a fork is not seen yet"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct wire_view v = read_to(10);
		struct wire_evidence e = {0};
		struct sr_err got = take_in(&v, rows[i].f, rows[i].seq, rows[i].n, &e);
		CHECK(got.code == rows[i].code, "%s: %d", rows[i].why, got.code);
		CHECK(!sr_bad(got) || v.seq == 10, "%s: the view stays", rows[i].why);
		CHECK(e.alarm == WIRE_ALARM_NONE, "%s: no alarm", rows[i].why);
	}
	struct wire_view v = read_to(30);
	struct wire_evidence e = {0};
	CHECK(take_in(&v, 1, 34, 4, &e).code == SR_E_AUTH, "cells of a fork");
}

static void every_byte_of_a_cell_counts(void)
{
	uint8_t chains[WIRE_CELLS_MAX][32], copy[2 * WIRE_CELL_LEN];
	struct wire_view v = read_to(10);
	struct wire_head h = head_at(0, 12, 2);
	memcpy(copy, cells[0][10], sizeof copy);
	for (size_t i = 0; i < sizeof copy; i += 37) {
		copy[i] ^= 1;
		CHECK(wire_view_follow(&v, &h, copy, chains).code == SR_E_AUTH, "byte %zu", i);
		copy[i] ^= 1;
	}
	must(wire_view_follow(&v, &h, copy, chains));
	h.before[5] ^= 1;
	CHECK(wire_view_follow(&v, &h, copy, chains).code == SR_E_AUTH, "the chain before");
}

/* A fork between here and a position that was signed is seen, even in one step. */
static void a_known_position_is_not_passed_over(void)
{
	struct wire_evidence e = {0};
	struct wire_view v = read_to(10);
	struct wire_head ahead = head_at(0, 25, 0);
	must(wire_view_note(&v, &ahead, true, &e));
	CHECK(v.seq == 10 && v.last.seq == 25 && v.sure.seq == 10, "the view knows of 25");
	struct wire_view past = v;
	CHECK(take_in(&past, 1, 34, 24, &e).code == SR_E_AUTH, "a fork at 20, read up to 34");
	must(take_in(&v, 0, 34, 24, &e));
}

/* Alarms. */

static void alarms(void)
{
	static const struct {
		uint64_t at, seq;
		unsigned f;
		bool ends;
		enum wire_alarm alarm;
		const char *why;
	} rows[] = {
		{30, 30, 0, true, WIRE_ALARM_NONE, "where we are"},
		{30, 40, 0, true, WIRE_ALARM_NONE, "it has grown"},
		{30, 40, 1, true, WIRE_ALARM_NONE, "it has grown otherwise, which is not seen yet"},
		{30, 20, 0, false, WIRE_ALARM_NONE, "an old position"},
		{30, 30, 1, true, WIRE_ALARM_FORK, "another chain where we are"},
		{30, 30, 1, false, WIRE_ALARM_FORK, "as the answer to an append"},
		{30, 29, 0, true, WIRE_ALARM_SHORTER, "one cell is gone"},
		{30, 0, 0, true, WIRE_ALARM_SHORTER, "the log is gone"},
		{30, 25, 1, true, WIRE_ALARM_SHORTER, "a shorter fork"},
		{0, 0, 0, true, WIRE_ALARM_NONE, "nothing is there, nothing was"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct wire_view v = read_to(rows[i].at), was = v;
		struct wire_head h = head_at(rows[i].f, rows[i].seq, 0);
		struct wire_evidence e = {0};
		struct sr_err got = wire_view_note(&v, &h, rows[i].ends, &e);
		CHECK(e.alarm == rows[i].alarm, "%s", rows[i].why);
		CHECK(got.code == (e.alarm ? SR_E_AUTH : SR_OK), "%s", rows[i].why);
		if (!e.alarm)
			continue;
		CHECK(same_view(&v, &was), "%s: the view stays", rows[i].why);
		must(wire_evidence_check(&e));
		CHECK(memcmp(e.relay, k.relay_public, 32) == 0 && e.earlier.seq == rows[i].at &&
			      e.later.seq == rows[i].seq,
		      "%s: what it is about", rows[i].why);
	}
}

/* The position up to which the cells were verified is not forgotten when the relay signs one ahead,
 * which may be one of a fork. */
static void a_fork_behind_a_position_ahead(void)
{
	struct wire_view v = read_to(30);
	struct wire_head ahead = head_at(1, 40, 0), at = head_at(1, 30, 1);
	struct wire_evidence e = {0};
	must(wire_view_note(&v, &ahead, true, &e));
	CHECK(wire_view_note(&v, &at, false, &e).code == SR_E_AUTH && e.alarm == WIRE_ALARM_FORK,
	      "alarm");
	CHECK(e.earlier.seq == 30 && e.later.seq == 30, "at the position that was sure");
	must(wire_evidence_check(&e));
}

static void not_the_relays_word(void)
{
	struct wire_view v = fresh(), was = v;
	struct wire_evidence e = {0};
	struct wire_head h = head_at(0, 5, 0);
	wire_head_sign(&h, &k.other_relay);
	CHECK(wire_view_note(&v, &h, true, &e).code == SR_E_AUTH, "another relay's");
	h = head_at(0, 5, 0);
	h.address[3] ^= 1;
	CHECK(wire_view_note(&v, &h, true, &e).code == SR_E_AUTH, "another log's, unsigned");
	wire_head_sign(&h, &k.relay);
	CHECK(wire_view_note(&v, &h, true, &e).code == SR_E_AUTH, "another log's, signed");
	h = head_at(0, 0, 0);
	h.chain[0] ^= 1;
	wire_head_sign(&h, &k.relay);
	CHECK(wire_view_note(&v, &h, true, &e).code == SR_E_AUTH, "another beginning");
	CHECK(e.alarm == WIRE_ALARM_NONE && same_view(&v, &was), "nothing remains");
}

/* Evidence. */

static struct wire_evidence evidence_of(unsigned f1, uint64_t s1, unsigned f2, uint64_t s2,
					enum wire_alarm alarm)
{
	struct wire_head a = head_at(f1, s1, 0), b = head_at(f2, s2, 0);
	struct wire_evidence e = {.alarm = (uint8_t)alarm,
				  .log = k.log,
				  .earlier = wire_signed_of(&a),
				  .later = wire_signed_of(&b)};
	memcpy(e.relay, k.relay_public, 32);
	return e;
}

static void evidence_that_shows_nothing(void)
{
	static const struct {
		unsigned f1, f2;
		uint64_t s1, s2;
		enum wire_alarm alarm;
		enum sr_code code;
		const char *why;
	} rows[] = {
		{0, 1, 30, 30, WIRE_ALARM_FORK, SR_OK, "a fork"},
		{0, 0, 30, 30, WIRE_ALARM_FORK, SR_E_INPUT, "the same twice"},
		{0, 1, 30, 31, WIRE_ALARM_FORK, SR_E_INPUT, "at two sequences, all may be well"},
		{0, 0, 30, 29, WIRE_ALARM_SHORTER, SR_OK, "shorter"},
		{0, 0, 29, 30, WIRE_ALARM_SHORTER, SR_E_INPUT, "longer"},
		{0, 1, 30, 30, WIRE_ALARM_SHORTER, SR_E_INPUT, "as long"},
		{0, 1, 30, 30, WIRE_ALARM_NONE, SR_E_INPUT, "not said of what"},
		{0, 1, 30, 30, (enum wire_alarm)3, SR_E_INPUT, "of what there is not"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct wire_evidence e =
			evidence_of(rows[i].f1, rows[i].s1, rows[i].f2, rows[i].s2, rows[i].alarm);
		CHECK(wire_evidence_check(&e).code == rows[i].code, "%s", rows[i].why);
	}
	struct wire_evidence e = evidence_of(0, 30, 1, 30, WIRE_ALARM_FORK);
	e.log.class ^= 1;
	CHECK(wire_evidence_check(&e).code == SR_E_AUTH, "of another log");
}

static void evidence_there_and_back(void)
{
	struct wire_evidence e = evidence_of(0, 30, 1, 30, WIRE_ALARM_FORK), back;
	uint8_t out[WIRE_EVIDENCE_LEN + 1], want[315] = "srproof\1";
	want[9] = 1;
	memcpy(want + 10, k.relay_public, 32);
	memcpy(want + 42, k.log.write_key, 32);
	memcpy(want + 74, k.log.read_key, 32);
	want[106] = 2;
	le64(30, want + 107);
	memcpy(want + 115, chain[0][30], 32);
	memcpy(want + 147, e.earlier.signature, 64);
	le64(30, want + 211);
	memcpy(want + 219, chain[1][30], 32);
	memcpy(want + 251, e.later.signature, 64);
	wire_evidence_put(&e, out);
	CHECK(WIRE_EVIDENCE_LEN == 315 && memcmp(out, want, 315) == 0, "as written down");
	must(wire_evidence_take(slice_make(out, 315), &back));
	must(wire_evidence_check(&back));
	out[315] = 0;
	for (size_t n = 0; n <= 316; n++)
		CHECK(n == 315 || wire_evidence_take(slice_make(out, n), &back).code == SR_E_INPUT,
		      "%zu bytes", n);
	for (size_t bit = 0; bit < (size_t)8 * 315; bit++) {
		out[bit / 8] ^= (uint8_t)(1U << bit % 8);
		struct sr_err got = wire_evidence_take(slice_make(out, 315), &back);
		CHECK(sr_bad(got) || sr_bad(wire_evidence_check(&back)), "bit %zu", bit);
		out[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

/* Gaps. */

static void gaps(void)
{
	static const struct {
		uint64_t first;
		bool good;
		const char *why;
	} rows[] = {
		{0, false, "no sequence"},
		{10, false, "the one we have"},
		{11, false, "the next, so no gap"},
		{12, true, "one is lost"},
		{31, true, "all that was signed is lost"},
		{32, false, "more than the relay signed"},
		{UINT64_MAX, false, "any number"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct wire_view v = read_to(10), was;
		struct wire_head h = head_at(0, 30, 0);
		struct wire_evidence e = {0};
		must(wire_view_note(&v, &h, true, &e));
		was = v;
		struct sr_err got = wire_view_skip(&v, rows[i].first);
		CHECK(rows[i].good ? !sr_bad(got) : got.code == SR_E_INPUT, "%s", rows[i].why);
		CHECK(rows[i].good || same_view(&v, &was), "%s", rows[i].why);
		CHECK(!rows[i].good || (v.gap_from == 11 && v.gap_to == rows[i].first - 1 &&
					v.lost == v.gap_to - 10 && v.seq == v.gap_to),
		      "%s: noted", rows[i].why);
	}
}

static void behind_a_gap(void)
{
	uint8_t out[WIRE_VIEW_LEN];
	struct wire_evidence e = {0};
	struct wire_head h = head_at(0, 30, 0);
	struct wire_view v = read_to(10), other;
	must(wire_view_note(&v, &h, true, &e));
	must(wire_view_skip(&v, 21));
	CHECK(!v.anchored, "the chain there is not known");
	wire_view_put(&v, out);
	must(wire_view_take(slice_make(out, sizeof out), &v));
	other = v;
	CHECK(take_in(&other, 1, 30, 10, &e).code == SR_E_AUTH && e.alarm == WIRE_ALARM_FORK,
	      "a fork is seen behind a gap as well");
	must(take_in(&v, 0, 24, 4, &e));
	CHECK(v.anchored && memcmp(v.chain, chain[0][24], 32) == 0, "the chain goes on");
	must(take_in(&v, 0, 30, 6, &e));
	h = head_at(0, 60, 0);
	must(wire_view_note(&v, &h, true, &e));
	must(wire_view_skip(&v, 61));
	CHECK(v.anchored && memcmp(v.chain, chain[0][60], 32) == 0 && v.lost == 10 + 30,
	      "nothing is left, and the chain is known");
	must(take_in(&v, 0, 60, 0, &e));
	must(take_in(&v, 0, 62, 2, &e));
	wire_view_put(&v, out);
	must(wire_view_take(slice_make(out, sizeof out), &v));
}

/* A view at rest. */

static void view_as_written_down(void)
{
	struct wire_view v = read_to(10), back;
	struct wire_head h = head_at(0, 30, 0);
	struct wire_evidence e = {0};
	uint8_t out[WIRE_VIEW_LEN], want[WIRE_VIEW_LEN] = "srview\1";
	must(wire_view_note(&v, &h, true, &e));
	memcpy(want + 8, k.relay_public, 32);
	memcpy(want + 40, k.log.write_key, 32);
	memcpy(want + 72, k.log.read_key, 32);
	want[104] = 2;
	le64(10, want + 105);
	memcpy(want + 113, chain[0][10], 32);
	want[145] = 1;
	le64(30, want + 146);
	memcpy(want + 154, chain[0][30], 32);
	memcpy(want + 186, h.signature, 64);
	h = head_at(0, 10, 0);
	le64(10, want + 250);
	memcpy(want + 258, chain[0][10], 32);
	memcpy(want + 290, h.signature, 64);
	struct slice parts[] = {SLICE_LIT("subrosa/1 view"), {want, 378}};
	crypto_digest(parts, 2, want + 378);
	wire_view_put(&v, out);
	CHECK(WIRE_VIEW_LEN == 410 && memcmp(out, want, sizeof want) == 0, "bytes");
	must(wire_view_take(slice_make(out, sizeof out), &back));
	CHECK(same_view(&v, &back), "the same");
}

static void damaged_views_are_refused(void)
{
	uint8_t out[WIRE_VIEW_LEN + 1] = {0};
	struct wire_view v = read_to(30), back;
	back = read_to(3);
	wire_view_put(&v, out);
	for (size_t n = 0; n <= WIRE_VIEW_LEN + 1; n++)
		CHECK(n == WIRE_VIEW_LEN ||
			      wire_view_take(slice_make(out, n), &back).code == SR_E_INPUT,
		      "%zu bytes", n);
	for (size_t bit = 0; bit < (size_t)8 * WIRE_VIEW_LEN; bit++) {
		out[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(wire_view_take(slice_make(out, WIRE_VIEW_LEN), &back).code == SR_E_INPUT,
		      "bit %zu", bit);
		out[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK(back.seq == 3, "nothing was written");
}

/* These have the right check value, as somebody makes them who wants to deceive. */
static void made_up_views_are_refused(void)
{
	const struct wire_view good = read_to(30);
	struct wire_view v[12], back;
	size_t n = 0;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++)
		v[i] = good;
	v[n++].seq = 31;
	v[n++].chain[0] ^= 1;
	v[n++].anchored = false;
	v[n++].last.signature[0] ^= 1;
	v[n++].last.chain[0] ^= 1;
	v[n++].relay[0] ^= 1;
	v[n++].log.class = 9;
	v[n++].lost = 1;
	v[n++].gap_to = 3;
	v[n].gap_from = 5;
	v[n].gap_to = 31;
	v[n++].lost = 27;
	v[n++].sure = good.last;
	v[n++].seq = 0;
	CHECK(n == sizeof v / sizeof *v, "all are different");
	for (size_t i = 0; i < n; i++) {
		uint8_t out[WIRE_VIEW_LEN];
		wire_view_put(&v[i], out);
		CHECK(wire_view_take(slice_make(out, sizeof out), &back).code == SR_E_INPUT,
		      "number %zu", i);
	}
}

int main(void)
{
	must(crypto_init());
	keys_make(&k);
	logs_make();
	test_run("addresses of relays", addresses_of_relays);
	test_run("parts of an address", parts_of_an_address);
	test_run("a long host", a_long_host);
	test_run("a log is followed", a_log_is_followed);
	test_run("cells that do not follow", cells_that_do_not_follow);
	test_run("every byte of a cell counts", every_byte_of_a_cell_counts);
	test_run("a known position is not passed over", a_known_position_is_not_passed_over);
	test_run("alarms", alarms);
	test_run("a fork behind a position ahead", a_fork_behind_a_position_ahead);
	test_run("not the relay's word", not_the_relays_word);
	test_run("evidence that shows nothing", evidence_that_shows_nothing);
	test_run("evidence, there and back", evidence_there_and_back);
	test_run("gaps", gaps);
	test_run("behind a gap", behind_a_gap);
	test_run("a view as written down", view_as_written_down);
	test_run("damaged views are refused", damaged_views_are_refused);
	test_run("made-up views are refused", made_up_views_are_refused);
	keys_release(&k);
	return test_done();
}
