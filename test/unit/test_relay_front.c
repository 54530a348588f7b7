/* SPDX-License-Identifier: Apache-2.0 */
/* What the front answers, byte by byte, and to what it does not. */
#include "relay_play.h"
#include "test.h"

#include "platform.h"
#include "relay_sqlite.h"
#include "relay_token.h"

#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void test_appends(void)
{
	struct play p;
	struct play_log l;
	struct play_head h;
	play_init(&p);
	play_log_make(&l);
	play_start(&p);
	play_head_start(&l, &h);
	for (uint8_t i = 1; i <= 5; i++) {
		uint8_t body[WIRE_APPEND_LEN];
		struct play_answer a, again;
		play_append(&p, &l, h.seq + 1, h.chain, i, body);
		play_once(&p, play_append_path, body, sizeof body, &a);
		play_head_step(&h, i);
		CHECK(a.status == 201 && a.body_len == WIRE_HEAD_LEN, "cell %u: %u, %zu bytes", i,
		      a.status, a.body_len);
		CHECK(a.wire.status == WIRE_OK && a.wire.seq == i && a.wire.first == 1, "cell %u",
		      i);
		CHECK(memcmp(a.wire.chain, h.chain, sizeof h.chain) == 0, "cell %u", i);
		CHECK(memcmp(a.wire.address, l.address, sizeof l.address) == 0, "cell %u", i);
		CHECK(play_signed(&p, &a), "cell %u", i);
		play_once(&p, play_append_path, body, sizeof body, &again);
		CHECK(again.status == 201 && again.wire.seq == i &&
			      memcmp(&again.wire.chain, &a.wire.chain, sizeof a.wire.chain) == 0,
		      "cell %u again: %u", i, again.status);
		play_free(&a);
		play_free(&again);
	}
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

/* chain_holds follows the cells of an answer. */
static bool chain_holds(const struct play_answer *a, uint64_t from)
{
	const uint8_t *cells = a->body + WIRE_HEAD_LEN;
	uint8_t chain[CRYPTO_HASH_LEN];
	memcpy(chain, a->wire.before, sizeof chain);
	for (size_t i = 0; i < a->wire.cells_n; i++)
		wire_chain_next(chain, from + i, cells + i * WIRE_CELL_LEN, chain);
	return memcmp(chain, a->wire.chain, sizeof chain) == 0;
}

static void check_read(const struct play *p, const struct play_log *l, uint64_t from, uint8_t cells,
		       uint64_t head)
{
	struct play_answer a;
	const uint64_t there = from > head ? 0 : head - from + 1;
	const uint64_t n = there < cells ? there : cells;
	play_ask_read(p, l, from, cells, 0, &a);
	CHECK(a.status == 200 && a.body_len == wire_answer_len(cells), "from %d, %u cells: %u",
	      (int)from, cells, a.status);
	CHECK(a.wire.cells_n == n && a.wire.seq == (n ? from + n - 1 : head) && play_signed(p, &a),
	      "from %d, %u cells: %u, seq %d", (int)from, cells, a.wire.cells_n, (int)a.wire.seq);
	CHECK(chain_holds(&a, from), "from %d, %u cells", (int)from, cells);
	for (size_t i = 0; i < n; i++)
		CHECK(a.body[WIRE_HEAD_LEN + i * WIRE_CELL_LEN] == from + i, "cell %d",
		      (int)(from + i));
	play_free(&a);
}

static void test_reads(void)
{
	static const uint8_t sizes[] = {0, 1, 4, 16, 64};
	enum { HEAD = 20 };
	struct play p;
	struct play_log l;
	struct play_head h;
	play_init(&p);
	play_log_make(&l);
	play_start(&p);
	play_head_start(&l, &h);
	check_read(&p, &l, 1, 1, 0);
	for (uint8_t i = 1; i <= HEAD; i++)
		CHECK(play_add(&p, &l, &h, i), "cell %u", i);
	for (size_t i = 0; i < sizeof sizes; i++) {
		static const uint64_t from[] = {1, 2, 17, 20, 21, 22, 1000};
		for (size_t j = 0; j < sizeof from / sizeof *from; j++)
			check_read(&p, &l, from[j], sizes[i], HEAD);
	}
	CHECK(play_wait(&relay_front_count(p.front)->answer_bytes, 0), "memory given back");
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

static void spoil_store(const struct play *p, const char *sql)
{
	sqlite3 *db;
	CHECK(sqlite3_open(p->path, &db) == SQLITE_OK &&
		      sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK,
	      "%s", sql);
	(void)sqlite3_close(db);
}

/* A signature of a chain that was not stored would convict the relay for good. Cell 3 of four is
 * damaged, or what is stored of the chain around it. */
static void test_damage(void)
{
	static const struct {
		const char *sql;
		bool fine[3]; /* reading one cell from 2, 3, 4 on */
	} rows[] = {
		{"UPDATE cell SET body=zeroblob(4096) WHERE seq=3", {true, false, true}},
		{"UPDATE cell SET before=zeroblob(32) WHERE seq=3", {false, false, true}},
		{"UPDATE cell SET before=zeroblob(32) WHERE seq=4", {true, false, false}},
		{"UPDATE cell SET body=zeroblob(4096) WHERE seq=4", {true, true, false}},
		{"UPDATE log SET chain=zeroblob(32)", {true, true, false}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct play p;
		struct play_log l;
		struct play_head h;
		play_init(&p);
		play_log_make(&l);
		play_start(&p);
		play_head_start(&l, &h);
		for (uint8_t n = 1; n <= 4; n++)
			CHECK(play_add(&p, &l, &h, n), "cell %u", n);
		play_stop(&p);
		spoil_store(&p, rows[i].sql);
		play_start(&p);
		for (uint64_t from = 2; from <= 4; from++) {
			const int failures = atomic_load(&p.failures);
			const bool fine = rows[i].fine[from - 2];
			struct play_answer a;
			play_ask_read(&p, &l, from, 1, 0, &a);
			CHECK(a.status == (fine ? 200 : 503), "%s: from %d: %u", rows[i].sql,
			      (int)from, a.status);
			CHECK(fine ? play_signed(&p, &a) : play_says_nothing(&a), "%s: from %d",
			      rows[i].sql, (int)from);
			CHECK(atomic_load(&p.failures) == failures + !fine, "%s: it is told",
			      rows[i].sql);
			play_free(&a);
		}
		play_stop(&p);
		play_log_end(&l);
		play_end(&p);
	}
}

/* Filling must not be the same twice, nor zeros. */
static void test_filling(void)
{
	struct play p;
	struct play_log l;
	struct play_answer a, b;
	struct play_head h;
	play_init(&p);
	play_log_make(&l);
	play_start(&p);
	play_head_start(&l, &h);
	CHECK(play_add(&p, &l, &h, 1), "a cell");
	for (uint64_t from = 1; from <= 2; from++) { /* with a cell, and without */
		const size_t used = WIRE_HEAD_LEN + (from == 1 ? WIRE_CELL_LEN : 0);
		size_t zeros = 0, same = 0;
		play_ask_read(&p, &l, from, 16, 0, &a);
		play_ask_read(&p, &l, from, 16, 0, &b);
		for (size_t i = used; i < a.body_len && i < b.body_len; i++) {
			zeros += a.body[i] == 0;
			same += a.body[i] == b.body[i];
		}
		/* 61,440 bytes and more: 240 on average, with a deviation of 16. */
		CHECK(a.body_len == b.body_len && zeros > 100 && zeros < 400 && same > 100 &&
			      same < 400,
		      "from %d: %zu zeros, %zu the same", (int)from, zeros, same);
		play_free(&a);
		play_free(&b);
	}
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

/* What a row of the table of refusals changes in a request that would be fine. */
enum spoil {
	FINE,
	SEQ_TAKEN,
	SEQ_AHEAD,
	OTHER_CHAIN,
	SIGNATURE,
	CELL,
	VERSION,
	KEEP_LONG,
	FOR_ANOTHER,
	CLOCK,
	CELLS,
	WAIT,
	EXPIRED,
};

struct refusal {
	const char *reason;
	bool append;
	enum spoil spoil;
	unsigned http;
	enum wire_status status;
	bool is_signed;
};

static const struct refusal refusals[] = {
	{"nothing is wrong with it", true, FINE, 201, WIRE_OK, true},
	{"another cell is there", true, SEQ_TAKEN, 409, WIRE_CONFLICT, true},
	{"a sequence is left out", true, SEQ_AHEAD, 409, WIRE_CONFLICT, true},
	{"it builds on another chain", true, OTHER_CHAIN, 409, WIRE_CONFLICT, true},
	{"one bit of the signature", true, SIGNATURE, 403, WIRE_FORBIDDEN, false},
	{"one bit of the cell", true, CELL, 403, WIRE_FORBIDDEN, false},
	{"for another relay", true, FOR_ANOTHER, 403, WIRE_FORBIDDEN, false},
	{"another version", true, VERSION, 400, WIRE_MALFORMED, false},
	{"kept longer than this relay does", true, KEEP_LONG, 422, WIRE_CLASS, false},
	{"nothing is wrong with it", false, FINE, 200, WIRE_OK, true},
	{"one bit of the signature", false, SIGNATURE, 403, WIRE_FORBIDDEN, false},
	{"for another relay", false, FOR_ANOTHER, 403, WIRE_FORBIDDEN, false},
	{"another version", false, VERSION, 400, WIRE_MALFORMED, false},
	{"the clock is wrong", false, CLOCK, 401, WIRE_CLOCK, false},
	{"a number of cells that is none", false, CELLS, 400, WIRE_MALFORMED, false},
	{"longer than anybody waits", false, WAIT, 400, WIRE_MALFORMED, false},
	{"that cell is gone", false, EXPIRED, 410, WIRE_EXPIRED, true},
};

enum { OLD_CELLS = 3 };

/* age gives a log cells that are not kept any more, and one that is. */
static void age(struct play *p, const struct play_log *l, struct play_head *h)
{
	const uint32_t today = (uint32_t)(platform_now() / (24 * 60 * 60));
	const uint32_t long_ago = today - wire_class_days(l->log.class) - 2;
	struct relay_store *s;
	size_t n;
	CHECK(!sr_bad(relay_sqlite_open(p->path, &p->rules, &s)), "opens");
	for (unsigned i = 1; i <= OLD_CELLS + 1; i++) {
		uint8_t cell[WIRE_CELL_LEN], before[CRYPTO_HASH_LEN];
		memset(cell, (int)i, sizeof cell);
		memcpy(before, h->chain, sizeof before);
		play_head_step(h, (uint8_t)i);
		struct relay_append a = {.address = l->address,
					 .class = l->log.class,
					 .seq = i,
					 .before = before,
					 .chain = h->chain,
					 .cell = cell};
		CHECK(!sr_bad(s->ops->append(s, &a, 1, i > OLD_CELLS ? today : long_ago)) &&
			      a.status == WIRE_OK,
		      "cell %u", i);
	}
	CHECK(!sr_bad(s->ops->expire(s, today, 100, &n)) && n == OLD_CELLS, "expires");
	s->ops->close(s);
}

static void spoil_append(const struct play *p, const struct play_log *l, const struct play_head *h,
			 enum spoil spoil, uint8_t body[WIRE_APPEND_LEN])
{
	struct play other = {0};
	struct play_log longer = *l;
	struct play_head at = *h;
	if (spoil == SEQ_TAKEN)
		at.seq--;
	at.seq += spoil == SEQ_AHEAD;
	at.chain[0] ^= spoil == OTHER_CHAIN;
	longer.log.class = spoil == KEEP_LONG ? WIRE_DAYS_400 : WIRE_DAYS_30;
	memcpy(other.public_key, p->public_key, sizeof other.public_key);
	other.public_key[31] ^= spoil == FOR_ANOTHER;
	play_append(&other, &longer, at.seq + 1, at.chain, 99, body);
	body[0] ^= spoil == VERSION;
	body[WIRE_APPEND_LEN - 1] ^= spoil == SIGNATURE;
	body[WIRE_APPEND_LEN - CRYPTO_SIGNATURE_LEN - 1] ^= spoil == CELL;
}

static void spoil_read(const struct play *p, const struct play_log *l, enum spoil spoil,
		       uint8_t body[WIRE_READ_LEN])
{
	struct play other = {0};
	memcpy(other.public_key, p->public_key, sizeof other.public_key);
	other.public_key[31] ^= spoil == FOR_ANOTHER;
	other.clock_ahead_s = spoil == CLOCK ? -WIRE_SKEW_S - 5 : 0;
	play_read(&other, l, spoil == EXPIRED ? OLD_CELLS : OLD_CELLS + 1, spoil == CELLS ? 2 : 4,
		  spoil == WAIT ? WIRE_WAIT_S_MAX + 1 : 0, body);
	body[0] ^= spoil == VERSION;
	body[WIRE_READ_LEN - 1] ^= spoil == SIGNATURE;
}

static void check_refusal(const struct play *p, const struct play_log *l, const struct play_head *h,
			  const struct refusal *r)
{
	const uint64_t begun = (uint64_t)platform_now();
	uint8_t body[WIRE_APPEND_LEN];
	struct play_answer a;
	size_t len = r->append ? WIRE_APPEND_LEN : WIRE_READ_LEN;
	if (r->append)
		spoil_append(p, l, h, r->spoil, body);
	else
		spoil_read(p, l, r->spoil, body);
	play_once(p, r->append ? play_append_path : play_read_path, body, len, &a);
	const size_t want = wire_answer_len(r->append || r->status == WIRE_MALFORMED ? 0 : 4);
	CHECK(a.status == r->http && a.wire.status == r->status, "%s: %u", r->reason, a.status);
	CHECK(a.body_len == want, "%s: %zu bytes", r->reason, a.body_len);
	CHECK(a.closes == (r->http == 400 || r->http == 403), "%s: closes %d", r->reason, a.closes);
	CHECK(r->is_signed ? play_signed(p, &a) : play_says_nothing(&a), "%s", r->reason);
	CHECK(a.wire.time >= begun && a.wire.time <= (uint64_t)platform_now(), "%s", r->reason);
	if (r->status == WIRE_CONFLICT)
		CHECK(a.wire.seq == h->seq && a.wire.first == OLD_CELLS + 1 &&
			      memcmp(a.wire.chain, h->chain, sizeof h->chain) == 0,
		      "%s", r->reason);
	if (r->status == WIRE_EXPIRED)
		CHECK(a.wire.seq == h->seq && a.wire.first == OLD_CELLS + 1 && a.wire.cells_n == 0,
		      "%s", r->reason);
	play_free(&a);
}

static void test_refusals(void)
{
	struct play p;
	struct play_log l;
	struct play_head h, first;
	play_init(&p);
	play_log_make(&l);
	play_head_start(&l, &h);
	age(&p, &l, &h);
	play_start(&p);
	first = h;
	play_head_step(&h, 99); /* by the first row */
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		check_refusal(&p, &l, i ? &h : &first, &refusals[i]);
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

static void test_tokens(void)
{
	struct play p;
	struct play_log l;
	struct play_head h;
	uint8_t body[WIRE_APPEND_LEN], hash[1][CRYPTO_HASH_LEN];
	struct play_answer a;
	struct relay_store *s;
	struct wire_append w;
	const uint8_t token[WIRE_TOKEN_LEN] = {1, 2, 3};
	play_init(&p);
	play_log_make(&l);
	p.rules = (struct relay_rules){.admission = true, .log_cells = 2};
	relay_token_hash(token, hash[0]);
	CHECK(!sr_bad(relay_sqlite_open(p.path, &p.rules, &s)) &&
		      !sr_bad(s->ops->tokens(s, (const void *)hash, 1)),
	      "a token");
	s->ops->close(s);
	play_start(&p);
	play_head_start(&l, &h);
	play_append(&p, &l, 1, h.chain, 1, body);
	play_once(&p, play_append_path, body, sizeof body, &a);
	CHECK(a.status == 402 && a.wire.status == WIRE_TOKEN && play_says_nothing(&a),
	      "without: %u", a.status);
	play_free(&a);
	CHECK(!sr_bad(wire_append_take(slice_make(body, sizeof body), &w)), "taken apart");
	memcpy(w.token, token, sizeof w.token);
	uint8_t cell[WIRE_CELL_LEN];
	memcpy(cell, w.cell, sizeof cell);
	w.cell = cell;
	wire_append_sign(&w, p.public_key, &l.write);
	wire_append_put(&w, body);
	play_once(&p, play_append_path, body, sizeof body, &a);
	CHECK(a.status == 201, "with: %u", a.status);
	play_free(&a);
	play_head_step(&h, 1);
	CHECK(play_add(&p, &l, &h, 2), "a second cell needs none");
	play_append(&p, &l, 3, h.chain, 3, body);
	play_once(&p, play_append_path, body, sizeof body, &a);
	CHECK(a.status == 507 && a.wire.status == WIRE_FULL && a.wire.seq == 2 &&
		      play_signed(&p, &a),
	      "a third one is too many: %u", a.status);
	play_free(&a);
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

/* Requests that HTTP's own rules or the front's refuse. text is what is sent. */
static const struct {
	const char *reason, *text;
	unsigned http;
	bool ours; /* the answer, not libmicrohttpd's */
} texts[] = {
	{"no such place", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 404, true},
	{"no such place", "POST /v1/appends HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
	 404, true},
	{"metrics are elsewhere", "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 404, true},
	{"another method", "GET /v1/append HTTP/1.1\r\nHost: a\r\n\r\n", 404, true},
	{"another method", "PUT /v1/read HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 404,
	 true},
	{"no length", "POST /v1/append HTTP/1.1\r\nHost: a\r\n\r\n", 411, true},
	{"no length",
	 "POST /v1/read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411,
	 true},
	{"too long", "POST /v1/read HTTP/1.1\r\nHost: a\r\nContent-Length: 150\r\n\r\n", 413, true},
	{"far too long",
	 "POST /v1/append HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n", 413,
	 true},
	{"too short", "POST /v1/append HTTP/1.1\r\nHost: a\r\nContent-Length: 4297\r\n\r\n", 400,
	 true},
	{"two lengths",
	 "POST /v1/read HTTP/1.1\r\nHost: a\r\nContent-Length: 149\r\n"
	 "content-length: 10\r\n\r\n",
	 400, true},
	{"the same length twice",
	 "POST /v1/read HTTP/1.1\r\nHost: a\r\nContent-Length: 149\r\n"
	 "Content-Length: 149\r\n\r\n",
	 400, true},
	{"a length and chunks",
	 "POST /v1/read HTTP/1.1\r\nHost: a\r\nContent-Length: 149\r\n"
	 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	 400, true},
	{"no HTTP", "hello\r\n\r\n", 0, false},
	{"a length that is no number",
	 "POST /v1/read HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n", 400, false},
};

static void test_texts(void)
{
	struct play p;
	play_init(&p);
	play_start(&p);
	CHECK(WIRE_READ_LEN == 149 && WIRE_APPEND_LEN == 4298, "the rows hold for these: %d %d",
	      WIRE_READ_LEN, WIRE_APPEND_LEN);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct play_answer a;
		int fd = play_connect(&p);
		CHECK(play_send(fd, texts[i].text, strlen(texts[i].text)), "%s", texts[i].reason);
		play_receive(fd, &a);
		CHECK(texts[i].http == 0 || a.status == texts[i].http, "%s: %u", texts[i].reason,
		      a.status);
		if (texts[i].ours)
			CHECK(a.body_len == WIRE_HEAD_LEN && a.wire.status == WIRE_MALFORMED &&
				      play_says_nothing(&a),
			      "%s: %zu bytes", texts[i].reason, a.body_len);
		CHECK(play_ended(fd, PLAY_PATIENCE_MS), "%s: the connection ends", texts[i].reason);
		play_free(&a);
		(void)close(fd);
	}
	play_stop(&p);
	play_end(&p);
}

/* heads_len returns the length of an answer's first line and headers. */
static size_t head_len(const struct play *p, const char *path, const void *body, size_t len)
{
	struct play_answer a;
	play_once(p, path, body, len, &a);
	const size_t n = a.head_len;
	CHECK(strstr(a.head, "\r\nCache-Control: no-store\r\n") && !strstr(a.head, "\r\nDate") &&
		      !strstr(a.head, "\r\nServer"),
	      "%s", a.head);
	play_free(&a);
	return n;
}

/* Who sees only lengths must not see the status. */
static void test_lengths(void)
{
	struct play p;
	struct play_log l;
	struct play_head h;
	uint8_t body[WIRE_APPEND_LEN];
	play_init(&p);
	play_log_make(&l);
	play_start(&p);
	play_head_start(&l, &h);
	play_append(&p, &l, 1, h.chain, 1, body);
	const size_t ok = head_len(&p, play_append_path, body, WIRE_APPEND_LEN);
	play_append(&p, &l, 1, h.chain, 2, body);
	CHECK(head_len(&p, play_append_path, body, WIRE_APPEND_LEN) == ok, "a conflict");
	body[100] ^= 1;
	CHECK(head_len(&p, play_append_path, body, WIRE_APPEND_LEN) == ok, "forbidden");
	CHECK(head_len(&p, play_append_path, body, 3) == ok, "too short");
	CHECK(head_len(&p, play_append_path, body, 0) == ok, "empty");
	CHECK(head_len(&p, "/nowhere", body, 100) == ok, "not found");
	play_read(&p, &l, 1, 0, 0, body);
	CHECK(head_len(&p, play_read_path, body, WIRE_READ_LEN) == ok,
	      "a read without room for cells");
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

static void test_keep_alive(void)
{
	enum { REQUESTS = 5 };
	struct play p;
	struct play_log l;
	struct play_answer a;
	uint8_t body[WIRE_READ_LEN];
	play_init(&p);
	play_log_make(&l);
	p.limits.requests = REQUESTS;
	play_start(&p);
	play_read(&p, &l, 1, 1, 0, body);
	int fd = play_connect(&p);
	for (unsigned i = 1; i <= REQUESTS; i++) {
		play_ask(fd, play_read_path, body, sizeof body, &a);
		CHECK(a.status == 200 && a.closes == (i == REQUESTS), "request %u: %u", i,
		      a.status);
		play_free(&a);
	}
	CHECK(play_ended(fd, PLAY_PATIENCE_MS), "no more than that on a connection");
	(void)close(fd);
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

static void test_pipeline(void)
{
	enum { REQUESTS = 40 };
	struct play p;
	struct play_log l;
	struct play_head h;
	uint8_t body[WIRE_APPEND_LEN];
	play_init(&p);
	play_log_make(&l);
	play_start(&p);
	play_head_start(&l, &h);
	int fd = play_connect(&p);
	for (uint8_t i = 1; i <= REQUESTS; i++) {
		play_append(&p, &l, h.seq + 1, h.chain, i, body);
		CHECK(play_request(fd, play_append_path, body, sizeof body), "request %u", i);
		play_head_step(&h, i);
	}
	for (uint8_t i = 1; i <= REQUESTS; i++) {
		struct play_answer a;
		play_receive(fd, &a);
		CHECK(a.status == 201 && a.wire.seq == i, "answer %u: %u", i, a.status);
		play_free(&a);
	}
	(void)close(fd);
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

/* Every allocation of ours may fail: the answer is 503, or none. */
static void test_no_memory(void)
{
	struct play p;
	struct play_log l;
	struct play_head h;
	uint8_t body[WIRE_READ_LEN];
	play_init(&p);
	play_log_make(&l);
	play_start(&p);
	play_head_start(&l, &h);
	CHECK(play_add(&p, &l, &h, 1), "a cell");
	for (uint64_t from = 1; from <= 2; from++)
		for (size_t n = 1; n < 50; n++) {
			struct play_answer a;
			play_read(&p, &l, from, 4, 0, body);
			int fd = play_connect(&p);
			test_alloc_fail_at(n);
			uint8_t request[512];
			const int head = snprintf((char *)request, sizeof request,
						  "POST /v1/read HTTP/1.1\r\nHost: a\r\n"
						  "Content-Length: %d\r\n\r\n",
						  WIRE_READ_LEN);
			memcpy(request + head, body, sizeof body);
			(void)play_send(fd, request, (size_t)head + sizeof body);
			play_receive(fd, &a);
			const bool hit = test_alloc_failed();
			test_alloc_fail_at(0);
			CHECK(a.status == 200 || (hit && (a.status == 503 || a.status == 0)),
			      "allocation %zu: %u", n, a.status);
			play_free(&a);
			(void)close(fd);
			if (!hit)
				break;
			CHECK(n < 49, "ends");
		}
	CHECK(play_wait(&relay_front_count(p.front)->answer_bytes, 0), "nothing is kept");
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

/* struct racer: one of many who append to one log, each as fast as it can. */
struct racer {
	const struct play *p;
	const struct play_log *l;
	uint8_t byte;
	unsigned rounds;
	atomic_uint *won; /* by sequence */
	bool ok;
};

static void *race(void *user)
{
	struct racer *r = user;
	struct play_head h;
	int fd = play_connect(r->p);
	play_head_start(r->l, &h);
	r->ok = fd >= 0;
	while (h.seq < r->rounds && r->ok) {
		uint8_t body[WIRE_APPEND_LEN];
		struct play_answer a;
		play_append(r->p, r->l, h.seq + 1, h.chain, r->byte, body);
		play_ask(fd, play_append_path, body, sizeof body, &a);
		r->ok = (a.status == 201 && a.wire.seq == h.seq + 1) ||
			(a.status == 409 && a.wire.seq > h.seq);
		if (a.status == 201)
			(void)atomic_fetch_add(&r->won[h.seq + 1], 1);
		h.seq = a.wire.seq;
		memcpy(h.chain, a.wire.chain, sizeof h.chain);
		play_free(&a);
	}
	(void)close(fd);
	return NULL;
}

/* Of appends that race for a sequence exactly one is stored, and none is left out. */
static void test_order(void)
{
	enum { RACERS = 16, ROUNDS = 300 };
	struct play p;
	struct play_log l;
	struct racer r[RACERS];
	pthread_t thread[RACERS];
	static atomic_uint won[ROUNDS + RACERS];
	play_init(&p);
	play_log_make(&l);
	play_start(&p);
	for (unsigned i = 0; i < RACERS; i++) {
		r[i] = (struct racer){&p, &l, (uint8_t)i, ROUNDS, won, false};
		CHECK(pthread_create(&thread[i], NULL, race, &r[i]) == 0, "racer %u", i);
	}
	for (unsigned i = 0; i < RACERS; i++) {
		(void)pthread_join(thread[i], NULL);
		CHECK(r[i].ok, "racer %u got an answer that is none", i);
	}
	for (unsigned i = 1; i <= ROUNDS; i++)
		CHECK(won[i] == 1, "sequence %u has %u winners", i, won[i]);
	for (uint64_t from = 1; from <= ROUNDS; from += 64) {
		struct play_answer a;
		play_ask_read(&p, &l, from, 64, 0, &a);
		CHECK(a.status == 200 && chain_holds(&a, from), "from %d", (int)from);
		play_free(&a);
	}
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

static void test_health(void)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
	struct play p;
	struct play_answer a;
	play_init(&p);
	play_start(&p);
	int fd = play_connect(&p);
	CHECK(play_send(fd, request, sizeof request - 1), "asks");
	play_receive(fd, &a);
	CHECK(a.status == 200 && a.body_len == 3 && memcmp(a.body, "ok\n", 3) == 0, "%u", a.status);
	play_free(&a);
	(void)close(fd);
	play_stop(&p);
	play_end(&p);
}

int main(void)
{
	test_run("appends, and the same ones again", test_appends);
	test_run("reads of every size", test_reads);
	test_run("damage is not signed", test_damage);
	test_run("filling", test_filling);
	test_run("statuses", test_refusals);
	test_run("tokens and quotas", test_tokens);
	test_run("what is no request", test_texts);
	test_run("lengths tell nothing", test_lengths);
	test_run("health", test_health);
	test_run("requests on one connection", test_keep_alive);
	test_run("requests before the answers", test_pipeline);
	test_run("no memory", test_no_memory);
	test_run("sixteen writers", test_order);
	return test_done();
}
