/* SPDX-License-Identifier: Apache-2.0 */
/* relay/: what the SQLite store acknowledged outlives a power cut at any moment, and any failure of
 * the disk. The disk is that of relay_shim.h. Two faults are planted to see that these tests would
 * find them. */
#include "relay_acked.h"
#include "relay_files.h"
#include "relay_memory.h"
#include "relay_shim.h"
#include "relay_sqlite.h"
#include "relay_sqlite_store.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 20500, LOGS = 4, BATCH_MAX = 5, MARKS_MAX = 64 };

static const struct relay_rules rules = {true, 30};

/* Small numbers, so that a short run has them all: checkpoints, and logs that begin anew. */
static const struct relay_checkpoint_rules checkpoints = {30, 60};

static char path[256];

/* coarse: the plain build looks at each point; the sanitized one, which takes longer, at a third.
 */
static size_t coarse(size_t step)
{
	return test_stride(3) * step;
}

/* ---- A run ---- */

/* struct run: what is done to a store, and what it acknowledged. marks: before that many operations
 * of the disk, cells were forgotten for that day. */
struct run {
	struct relay_store *store;
	struct relay_shim_record *record;
	struct relay_acked acked;
	struct {
		size_t at;
		uint32_t day;
	} marks[MARKS_MAX];
	size_t marks_n;
	struct relay_head heads[LOGS];
	uint64_t seed, variant;
	uint32_t day;
	struct sr_err failure; /* the run ended there */
};

/* An empty store with tokens for all logs, all of it on disk. */
static void make_empty(void)
{
	sqlite3 *db;
	struct relay_store *s;
	uint8_t hashes[LOGS * CRYPTO_HASH_LEN];
	relay_shim_reset();
	relay_shim_add(path);
	if (sr_bad(relay_db_open(path, RELAY_DB_NEW, &db)) || sr_bad(relay_db_create(db)))
		abort();
	relay_db_close(&db);
	for (uint8_t i = 0; i < LOGS; i++)
		memset(hashes + i * CRYPTO_HASH_LEN, i, CRYPTO_HASH_LEN);
	if (sr_bad(sqlite_store_open_with(path, &rules, &checkpoints, &s)) ||
	    sr_bad(s->ops->tokens(s, hashes, LOGS)))
		abort();
	s->ops->close(s);
}

static void run_begin(struct run *r)
{
	*r = (struct run){.seed = 88, .day = DAY};
	for (uint64_t i = 0; i < LOGS; i++) {
		uint8_t address[CRYPTO_HASH_LEN];
		relay_case_address(i, address);
		wire_chain_start(address, r->heads[i].chain);
	}
	make_empty();
	r->record = relay_shim_record_begin();
	r->failure = sqlite_store_open_with(path, &rules, &checkpoints, &r->store);
}

static void run_end(struct run *r)
{
	relay_shim_record_end();
	relay_shim_record_free(r->record);
	relay_acked_release(&r->acked);
}

/* The next cell of any log, or now and then one that was stored before, or does not fit. */
static void any_case(struct run *r, struct relay_case *c)
{
	uint64_t log = test_random(&r->seed) % LOGS, kind = test_random(&r->seed) % 8;
	struct relay_head *h = &r->heads[log];
	uint64_t variant = ++r->variant;
	relay_case_make(c, log, h->seq + 1, variant, h->chain);
	if (kind == 0 && r->acked.n) {
		const struct relay_ack *a = &r->acked.all[test_random(&r->seed) % r->acked.n];
		relay_case_make(c, a->log, a->seq, a->variant, NULL);
		memcpy(c->chain, a->chain, CRYPTO_HASH_LEN);
	} else if (kind == 1) {
		c->before[0] ^= 1;
		relay_case_again(c);
	} else { /* one more may build on it in the same batch */
		h->seq++;
		memcpy(h->chain, c->chain, CRYPTO_HASH_LEN);
	}
	memset(c->token_hash, (int)log, CRYPTO_HASH_LEN);
	c->append.token_hash = c->token_hash;
}

static void take_result(struct run *r, const struct relay_case *c, const struct relay_append *a)
{
	uint64_t log, seq;
	struct relay_ack ack = {.day = r->day, .at = relay_shim_record_n(r->record)};
	if (!relay_case_cell_is(c->cell, &log, &seq, &ack.variant))
		abort();
	ack.log = log;
	ack.seq = a->seq;
	memcpy(ack.chain, c->chain, CRYPTO_HASH_LEN);
	if (a->status == WIRE_OK && a->stored)
		relay_acked_add(&r->acked, &ack);
	if (a->head > r->heads[log].seq || a->status == WIRE_FULL) {
		r->heads[log].seq = a->head;
		memcpy(r->heads[log].chain, a->head_chain, CRYPTO_HASH_LEN);
	}
}

/* One batch; an error ends the run, but for a lack of memory: then the same is tried again. */
static void run_batch(struct run *r)
{
	static struct relay_case c[BATCH_MAX];
	struct relay_append a[BATCH_MAX];
	size_t n = 1 + (size_t)(test_random(&r->seed) % BATCH_MAX);
	for (size_t i = 0; i < n; i++) {
		any_case(r, &c[i]);
		a[i] = c[i].append;
	}
	do
		r->failure = r->store->ops->append(r->store, a, n, r->day);
	while (r->failure.code == SR_E_NOMEM);
	for (size_t i = 0; i < n && !sr_bad(r->failure); i++)
		take_result(r, &c[i], &a[i]);
}

static void run_expire(struct run *r)
{
	size_t n;
	if (r->marks_n == MARKS_MAX)
		abort();
	r->marks[r->marks_n].at = relay_shim_record_n(r->record);
	r->marks[r->marks_n++].day = r->day;
	do
		r->failure = r->store->ops->expire(r->store, r->day, 7, &n);
	while (r->failure.code == SR_E_NOMEM);
}

static void run_tidy(struct run *r)
{
	do
		r->failure = r->store->ops->tidy(r->store);
	while (r->failure.code == SR_E_NOMEM);
}

static void run_read(struct run *r)
{
	static uint8_t cells[4 * WIRE_CELL_LEN];
	struct relay_reader *reader;
	struct relay_head head;
	uint8_t address[CRYPTO_HASH_LEN], ends[2][CRYPTO_HASH_LEN];
	size_t n;
	relay_case_address(test_random(&r->seed) % LOGS, address);
	r->failure = r->store->ops->reader_open(r->store, &reader);
	if (sr_bad(r->failure))
		return;
	r->failure = reader->ops->read(reader, address, 1 + test_random(&r->seed) % 9, 4, cells, &n,
				       &head, ends);
	reader->ops->reader_close(reader);
}

static void run_steps(struct run *r, size_t n)
{
	for (size_t i = 0; i < n && !sr_bad(r->failure); i++) {
		run_batch(r);
		r->day += i % 4 == 3 ? 9 : 0;
		if (!sr_bad(r->failure) && i % 5 == 4)
			run_expire(r);
		if (!sr_bad(r->failure) && i % 3 == 2)
			run_read(r);
		if (!sr_bad(r->failure) && i % 10 > 4)
			run_tidy(r);
		if (r->failure.code == SR_E_NOMEM)
			r->failure = sr_ok();
	}
}

/* ---- What is left of it ---- */

/* The state after the first at operations of the disk. */
static size_t acked_by(struct run *r, size_t at)
{
	size_t n = 0;
	while (n < r->acked.n && r->acked.all[n].at <= at)
		n++;
	r->acked.expired = 0;
	for (size_t i = 0; i < r->marks_n && r->marks[i].at <= at; i++)
		r->acked.expired = r->marks[i].day;
	return n;
}

/* It must go on where it was: one cell more in some logs, acknowledged like those before. */
static const char *go_on(struct run *r, struct relay_store *s)
{
	static struct relay_case c;
	for (uint64_t log = 0; log < LOGS; log += 2) {
		struct relay_head h;
		if (!relay_acked_head(s, log, &h))
			return "a head that cannot be read";
		relay_case_make(&c, log, h.seq + 1, ++r->variant, h.chain);
		memset(c.token_hash, (int)log, CRYPTO_HASH_LEN);
		c.append.token_hash = c.token_hash;
		if (sr_bad(s->ops->append(s, &c.append, 1, r->day)))
			return "it does not go on";
		if (c.append.status != WIRE_OK && c.append.status != WIRE_FULL)
			return "it goes on otherwise";
		take_result(r, &c, &c.append);
	}
	return NULL;
}

/* Opens what is there, and returns what is wrong with it. */
static const char *look(struct run *r, size_t at, bool whole, bool more)
{
	struct relay_store *s;
	size_t n = acked_by(r, at);
	if (sr_bad(sqlite_store_open_with(path, &rules, &checkpoints, &s)))
		return "it does not open";
	const char *wrong = relay_acked_lost(&r->acked, n, LOGS, s);
	if (!wrong && whole && sr_bad(relay_sqlite_check(path, NULL, NULL)))
		wrong = "the check finds something";
	if (!wrong && more)
		wrong = go_on(r, s);
	s->ops->close(s);
	return wrong;
}

/* ---- Power cuts ---- */

struct sweep {
	size_t points, faults;
	char first[128];
};

static void look_at_cut(struct run *r, size_t at, enum relay_shim_loss loss, struct sweep *sw)
{
	relay_shim_cut(r->record, at, loss, at * 31 + (size_t)loss);
	const char *wrong = look(r, at, at % 16 == 0, false);
	sw->points++;
	if (wrong && !sw->faults++)
		(void)snprintf(sw->first, sizeof sw->first, "cut after %zu, loss %d: %s", at,
			       (int)loss, wrong);
}

/* Cuts after each step-th operation, with everything lost and in one more way each. */
static void sweep_cuts(struct run *r, size_t step, struct sweep *sw)
{
	*sw = (struct sweep){0};
	relay_shim_record_end();
	for (size_t at = 0; at <= relay_shim_record_n(r->record); at += step) {
		look_at_cut(r, at, RELAY_SHIM_ALL, sw);
		look_at_cut(r, at, 1 + at % (RELAY_SHIM_LOSSES - 1), sw);
	}
}

static void power_cuts(void)
{
	struct run r;
	struct sweep sw;
	run_begin(&r);
	if (!CHECK(!sr_bad(r.failure), "%s", r.failure.what))
		abort();
	run_steps(&r, test_rounds(100));
	CHECK(!sr_bad(r.failure), "the run: %s", r.failure.what ? r.failure.what : "");
	r.store->ops->close(r.store);
	sweep_cuts(&r, 1, &sw);
	printf("# %zu cuts of %zu operations, %zu acknowledged\n", sw.points,
	       relay_shim_record_n(r.record), r.acked.n);
	CHECK(sw.faults == 0, "%zu faults: %s", sw.faults, sw.first);
	CHECK(sw.points > 1000, "%zu points", sw.points);
	run_end(&r);
}

/* A second cut, while what the first one left is put in order and goes on. */
static void cuts_of_recovery(void)
{
	struct run r;
	size_t points = 0;
	run_begin(&r);
	run_steps(&r, 24);
	r.store->ops->close(r.store);
	relay_shim_record_end();
	for (size_t at = 7; at < relay_shim_record_n(r.record); at += coarse(163)) {
		struct run second = {.seed = at, .day = r.day, .variant = r.variant + 1000};
		relay_shim_cut(r.record, at, RELAY_SHIM_NONE, 1);
		second.record = relay_shim_record_begin();
		for (size_t i = 0, n = acked_by(&r, at); i < n; i++) {
			struct relay_ack ack = r.acked.all[i];
			ack.at = 0;
			relay_acked_add(&second.acked, &ack);
		}
		second.marks[second.marks_n++].day = r.acked.expired;
		const char *wrong = look(&second, 0, false, true);
		CHECK(!wrong, "cut after %zu: %s", at, wrong);
		struct sweep sw;
		sweep_cuts(&second, 1, &sw);
		points += sw.points;
		CHECK(sw.faults == 0, "cut after %zu: %zu faults: %s", at, sw.faults, sw.first);
		run_end(&second);
	}
	printf("# %zu cuts after a cut\n", points);
	CHECK(points > 300 / coarse(1), "%zu points", points);
	run_end(&r);
}

/* ---- Planted faults ---- */

/* struct early: a store that answers before it stores: the batch before goes to the real one when
 * the next comes. What it answers is what a store in memory does. */
struct early {
	struct relay_store base;
	struct relay_store *real, *oracle;
	struct relay_case held[BATCH_MAX];
	size_t held_n;
};

static struct sr_err early_flush(struct early *e, uint32_t day)
{
	struct relay_append a[BATCH_MAX];
	size_t n = e->held_n;
	for (size_t i = 0; i < n; i++)
		a[i] = e->held[i].append;
	e->held_n = 0;
	return e->real->ops->append(e->real, a, n, day);
}

static void hold(struct relay_case *c, const struct relay_append *a)
{
	memcpy(c->address, a->address, CRYPTO_HASH_LEN);
	memcpy(c->before, a->before, CRYPTO_HASH_LEN);
	memcpy(c->chain, a->chain, CRYPTO_HASH_LEN);
	memcpy(c->cell, a->cell, WIRE_CELL_LEN);
	memcpy(c->token_hash, a->token_hash, CRYPTO_HASH_LEN);
	c->append = *a;
	c->append.address = c->address;
	c->append.before = c->before;
	c->append.chain = c->chain;
	c->append.cell = c->cell;
	c->append.token_hash = c->token_hash;
}

static struct sr_err early_append(struct relay_store *s, struct relay_append *a, size_t n,
				  uint32_t day)
{
	struct early *e = (struct early *)s;
	SR_TRY(early_flush(e, day));
	for (size_t i = 0; i < n; i++)
		hold(&e->held[i], &a[i]);
	e->held_n = n;
	return e->oracle->ops->append(e->oracle, a, n, day);
}

static struct sr_err early_expire(struct relay_store *s, uint32_t day, size_t n_max, size_t *n)
{
	struct early *e = (struct early *)s;
	SR_TRY(e->oracle->ops->expire(e->oracle, day, n_max, n));
	return e->real->ops->expire(e->real, day, n_max, n);
}

static struct sr_err early_tidy(struct relay_store *s)
{
	struct early *e = (struct early *)s;
	return e->real->ops->tidy(e->real);
}

static struct sr_err early_reader_open(struct relay_store *s, struct relay_reader **out)
{
	struct early *e = (struct early *)s;
	return e->real->ops->reader_open(e->real, out);
}

static void early_close(struct relay_store *s)
{
	struct early *e = (struct early *)s;
	e->real->ops->close(e->real);
	e->oracle->ops->close(e->oracle);
	relay_memory_reset();
}

static struct relay_store *early_open(struct relay_store *real)
{
	static const struct relay_store_ops ops = {.append = early_append,
						   .expire = early_expire,
						   .tidy = early_tidy,
						   .reader_open = early_reader_open,
						   .close = early_close};
	static const struct relay_rules open_rules = {false, 30};
	static struct early e;
	e = (struct early){.base.ops = &ops, .real = real};
	if (sr_bad(relay_memory_open(&open_rules, &e.oracle)))
		abort();
	return &e.base;
}

/* The same sweep as above has to find it. */
static void must_find(struct run *r, const char *fault)
{
	struct sweep sw;
	if (!CHECK(!sr_bad(r->failure), "%s: %s", fault, r->failure.what))
		abort();
	run_steps(r, 20);
	CHECK(!sr_bad(r->failure), "%s: %s", fault, r->failure.what ? r->failure.what : "");
	r->store->ops->close(r->store);
	sweep_cuts(r, coarse(3), &sw);
	printf("# %s: %zu of %zu cuts, at first: %s\n", fault, sw.faults, sw.points, sw.first);
	CHECK(sw.faults > sw.points / 10, "%s: %zu faults", fault, sw.faults);
	run_end(r);
}

static void finds_early_answers(void)
{
	struct run r;
	run_begin(&r);
	r.store = early_open(r.store);
	must_find(&r, "acknowledged before COMMIT");
}

static void finds_lack_of_sync(void)
{
	struct run r;
	relay_shim_never_sync(true);
	run_begin(&r);
	must_find(&r, "synchronous=OFF");
	relay_shim_never_sync(false);
}

/* ---- Failures of the disk ---- */

/* A store that failed refuses all that comes after, with the same words. */
static void must_refuse(struct run *r, size_t n)
{
	static struct relay_case c;
	struct sr_err first = r->failure, e;
	struct relay_reader *reader;
	size_t expired;
	relay_case_make(&c, 0, 1, 0, NULL);
	CHECK(first.code == SR_E_IO, "call %zu: %d %s", n, (int)first.code, first.what);
	e = r->store->ops->append(r->store, &c.append, 1, r->day);
	CHECK(e.code == SR_E_IO && e.what == first.what, "call %zu: append goes on", n);
	e = r->store->ops->expire(r->store, r->day, 1, &expired);
	CHECK(e.code == SR_E_IO && e.what == first.what, "call %zu: expire goes on", n);
	e = r->store->ops->tokens(r->store, c.chain, 1);
	CHECK(e.code == SR_E_IO && e.what == first.what, "call %zu: tokens go on", n);
	e = r->store->ops->tidy(r->store);
	CHECK(e.code == SR_E_IO && e.what == first.what, "call %zu: tidy goes on", n);
	e = r->store->ops->reader_open(r->store, &reader);
	if (!CHECK(e.code == SR_E_IO && e.what == first.what, "call %zu: readers go on", n) &&
	    !sr_bad(e))
		reader->ops->reader_close(reader);
}

/* struct failing: what fails. */
struct failing {
	enum relay_shim_call call;
	int rc;
	bool all;
	const char *words;
};

/* Runs until the n-th call fails. False: there is no such call. A store that failed is refused from
 * then on, and leaves the disk alone when it is closed. */
static bool run_to_failure(struct run *r, const struct failing *f, size_t n)
{
	run_begin(r);
	r->store->ops->close(r->store);
	relay_shim_fail_at(f->call, n, f->rc, f->all);
	r->failure = sqlite_store_open_with(path, &rules, &checkpoints, &r->store);
	bool open = !sr_bad(r->failure);
	if (open)
		run_steps(r, 8);
	if (open && sr_bad(r->failure))
		must_refuse(r, n);
	size_t before = relay_shim_record_n(r->record);
	if (open)
		r->store->ops->close(r->store);
	bool failed = relay_shim_failed();
	relay_shim_fail_at(f->call, 0, 0, false);
	if (!sr_bad(r->failure))
		return failed;
	CHECK(r->failure.code == SR_E_IO && strstr(r->failure.what, f->words), "call %zu: %d %s", n,
	      (int)r->failure.code, r->failure.what);
	CHECK(!open || before == relay_shim_record_n(r->record), "call %zu: closing writes", n);
	return failed;
}

static void cut_after_failure(struct run *r, size_t at, enum relay_shim_loss loss, const char *what)
{
	relay_shim_cut(r->record, at, loss, at);
	const char *wrong = look(r, at, false, false);
	CHECK(!wrong, "%s, a new process, a cut after %zu, loss %d: %s", what, at, (int)loss,
	      wrong);
}

/* After the n-th call failed a new process goes on with what it finds, and then the power is cut:
 * when it is done or, if it was a sync that failed, just after each of its answers as well. */
static bool fail_once(const struct failing *f, size_t n)
{
	char what[64];
	struct run r;
	bool failed = run_to_failure(&r, f, n);
	size_t acked_n = r.acked.n;
	(void)snprintf(what, sizeof what, "call %d %zu, %d", (int)f->call, n, f->rc);
	const char *wrong = look(&r, relay_shim_record_n(r.record), true, true);
	CHECK(!wrong, "%s, a new process: %s", what, wrong);
	relay_shim_record_end();
	/* What a sync that failed lost is under all that the new process adds. */
	for (size_t i = acked_n; f->call == RELAY_SHIM_SYNC && i < r.acked.n; i++)
		cut_after_failure(&r, r.acked.all[i].at, RELAY_SHIM_ALL, what);
	cut_after_failure(&r, relay_shim_record_n(r.record), n % RELAY_SHIM_LOSSES, what);
	run_end(&r);
	return failed;
}

static void sweep_failures(const struct failing *f, size_t n, size_t least)
{
	size_t at = 1;
	for (size_t i = 0; i < n; i++) {
		for (at = 1; fail_once(&f[i], at);)
			at += coarse(1);
		CHECK(at > least, "kind %zu: %zu calls", i, at);
	}
	printf("# %zu calls\n", at - 1);
}

static void writes_fail(void)
{
	static const struct failing kinds[] = {
		{RELAY_SHIM_WRITE, SQLITE_IOERR_WRITE, false, "disk failed"},
		{RELAY_SHIM_WRITE, SQLITE_FULL, true, "disk is full"},
	};
	sweep_failures(kinds, 2, 100);
}

static void syncs_fail(void)
{
	static const struct failing kinds[] = {
		{RELAY_SHIM_SYNC, SQLITE_IOERR_FSYNC, false, "disk failed"},
		{RELAY_SHIM_SYNC, SQLITE_IOERR_FSYNC, true, "disk failed"},
	};
	sweep_failures(kinds, 2, 8);
}

static void reads_fail(void)
{
	static const struct failing kinds[] = {
		{RELAY_SHIM_READ, SQLITE_IOERR_READ, false, "disk failed"},
		{RELAY_SHIM_READ, SQLITE_IOERR_READ, true, "disk failed"},
	};
	sweep_failures(kinds, 2, 30);
}

static void others_fail(void)
{
	static const struct failing opens = {RELAY_SHIM_OPEN, SQLITE_CANTOPEN, false, "opened"};
	static const struct failing truncates = {RELAY_SHIM_TRUNCATE, SQLITE_IOERR_TRUNCATE, false,
						 "disk failed"};
	sweep_failures(&opens, 1, 3);
	sweep_failures(&truncates, 1, 0);
}

/* ---- No memory ---- */

static size_t mem_countdown;
static bool mem_failed;
static sqlite3_mem_methods mem_real;

static bool mem_fails_now(void)
{
	if (!mem_countdown || --mem_countdown)
		return false;
	mem_failed = true;
	return true;
}

static void *mem_malloc(int n)
{
	return mem_fails_now() ? NULL : mem_real.xMalloc(n);
}

static void *mem_realloc(void *p, int n)
{
	return mem_fails_now() ? NULL : mem_real.xRealloc(p, n);
}

static bool mem_install(void)
{
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &mem_real) != SQLITE_OK)
		return false;
	sqlite3_mem_methods m = mem_real;
	m.xMalloc = mem_malloc;
	m.xRealloc = mem_realloc;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &m) == SQLITE_OK;
}

static void mem_fail_at(size_t n)
{
	mem_countdown = n;
	mem_failed = false;
}

/* The n-th allocation fails, once. Nothing is lost; a store goes on if it was not about to commit.
 */
static bool starve_once(size_t n, bool when_open, size_t *gone_on)
{
	struct run r;
	run_begin(&r);
	r.store->ops->close(r.store);
	mem_fail_at(when_open ? 0 : n);
	r.failure = sqlite_store_open_with(path, &rules, &checkpoints, &r.store);
	bool open = !sr_bad(r.failure);
	if (open && when_open)
		mem_fail_at(n);
	if (open)
		run_steps(&r, 6);
	else
		CHECK(r.failure.code == SR_E_NOMEM, "allocation %zu: %s", n, r.failure.what);
	bool failed = mem_failed;
	mem_fail_at(0);
	if (open && sr_bad(r.failure))
		must_refuse(&r, n);
	*gone_on += open && !sr_bad(r.failure);
	if (open)
		r.store->ops->close(r.store);
	const char *wrong = look(&r, relay_shim_record_n(r.record), true, true);
	CHECK(!wrong, "allocation %zu: %s", n, wrong);
	run_end(&r);
	return failed;
}

/* The first ones each, then ever fewer of them. */
static void memory_fails(void)
{
	size_t n, tries[2] = {0}, gone_on[2] = {0};
	for (size_t i = 0; i < 2; i++) {
		for (n = 1; starve_once(n, i, &gone_on[i]); n += 1 + coarse(n) / 30)
			tries[i]++;
		printf("# %zu of %zu allocations of SQLite, %zu stores went on\n", tries[i], n,
		       gone_on[i]);
	}
	CHECK(tries[0] > 40 && tries[1] > 40, "%zu, %zu", tries[0], tries[1]);
	CHECK(gone_on[1] > tries[1] / 2, "%zu of %zu", gone_on[1], tries[1]);
}

int main(void)
{
	if (sr_bad(crypto_init()) || !relay_files_begin() || !mem_install() ||
	    !relay_shim_install())
		return EXIT_FAILURE;
	(void)snprintf(path, sizeof path, "%s", relay_files_path("relay"));
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600); /* so that there is one */
	if (fd < 0)
		return EXIT_FAILURE;
	(void)close(fd);
	test_run("power cuts", power_cuts);
	test_run("power cuts after power cuts", cuts_of_recovery);
	test_run("finds answers that come before COMMIT", finds_early_answers);
	test_run("finds a lack of syncing", finds_lack_of_sync);
	test_run("each write fails", writes_fail);
	test_run("each sync fails", syncs_fail);
	test_run("each read fails", reads_fail);
	test_run("opening and truncating fail", others_fail);
	test_run("memory fails", memory_fails);
	relay_shim_reset();
	relay_files_end();
	return test_done();
}
