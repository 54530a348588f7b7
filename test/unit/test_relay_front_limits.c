/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits, who is slow, who is too many, and a store that does not keep up. Deadlines are whole
 * seconds, so these tests take some. */
#include "relay_play.h"
#include "test.h"

#include "platform.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* poll_for sends a read that waits, and returns the connection. */
static int poll_for(const struct play *p, const struct play_log *l, uint64_t from, uint16_t wait_s)
{
	uint8_t body[WIRE_READ_LEN];
	int fd = play_connect(p);
	play_read(p, l, from, 1, wait_s, body);
	CHECK(play_request(fd, play_read_path, body, sizeof body), "a poll");
	return fd;
}

static void test_wake(void)
{
	enum { POLLS = 50 };
	struct play p;
	struct play_log l, other;
	struct play_head h, h_other;
	int fd[POLLS];
	play_init(&p);
	play_log_make(&l);
	play_log_make(&other);
	play_start(&p);
	play_head_start(&l, &h);
	play_head_start(&other, &h_other);
	const struct relay_count *count = relay_front_count(p.front);
	for (size_t i = 0; i < POLLS; i++)
		fd[i] = poll_for(&p, i ? &l : &other, 1, WIRE_WAIT_S_MAX);
	CHECK(play_wait(&count->polls, POLLS), "all wait");
	const int64_t start = platform_clock_ms();
	CHECK(play_add(&p, &l, &h, 7), "a cell");
	for (size_t i = 1; i < POLLS; i++) {
		struct play_answer a;
		play_receive(fd[i], &a);
		CHECK(a.status == 200 && a.wire.cells_n == 1 && a.body[WIRE_HEAD_LEN] == 7 &&
			      play_signed(&p, &a),
		      "poll %zu: %u", i, a.status);
		play_free(&a);
		(void)close(fd[i]);
	}
	CHECK(platform_clock_ms() - start < 40 * 1000, "before their time was over");
	CHECK(play_wait(&count->polls, 1), "the other log's reader goes on waiting");
	CHECK(!play_ended(fd[0], 100), "it does");
	play_stop(&p);
	struct play_answer a;
	play_receive(fd[0], &a);
	CHECK(a.status == 200 && a.wire.cells_n == 0 && a.closes, "until the relay stops: %u",
	      a.status);
	play_free(&a);
	(void)close(fd[0]);
	play_log_end(&other);
	play_log_end(&l);
	play_end(&p);
}

static void test_wait_ends(void)
{
	struct play p;
	struct play_log l;
	struct play_answer a;
	play_init(&p);
	play_log_make(&l);
	play_start(&p);
	const struct relay_count *count = relay_front_count(p.front);
	int64_t start = platform_clock_ms();
	play_ask_read(&p, &l, 1, 1, 2, &a);
	int64_t took = platform_clock_ms() - start;
	CHECK(a.status == 200 && a.wire.cells_n == 0 && a.wire.seq == 0 && play_signed(&p, &a),
	      "nothing came: %u", a.status);
	CHECK(took > 500, "it took %d ms", (int)took);
	play_free(&a);
	start = platform_clock_ms();
	play_ask_read(&p, &l, 3, 1, WIRE_WAIT_S_MAX, &a);
	CHECK(a.status == 200 && platform_clock_ms() - start < 40 * 1000,
	      "who wants more than the next cell is told at once that it is not there");
	play_free(&a);
	/* A client that is gone takes no place for longer than it wanted to wait. */
	const uint64_t answered = atomic_load(&count->reads[WIRE_OK]);
	(void)close(poll_for(&p, &l, 1, 2));
	CHECK(play_wait(&count->reads[WIRE_OK], answered + 1) && play_wait(&count->connections, 0),
	      "its time is over");
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

static void test_polls_limit(void)
{
	struct play p;
	struct play_log l;
	struct play_answer a;
	struct play_head h;
	play_init(&p);
	play_log_make(&l);
	p.limits.polls = 2;
	play_start(&p);
	play_head_start(&l, &h);
	const struct relay_count *count = relay_front_count(p.front);
	int one = poll_for(&p, &l, 1, 40), two = poll_for(&p, &l, 1, 40);
	CHECK(play_wait(&count->polls, 2), "two wait");
	play_ask_read(&p, &l, 1, 4, 40, &a);
	CHECK(a.status == 503 && a.wire.status == WIRE_BUSY && a.body_len == WIRE_HEAD_LEN &&
		      play_says_nothing(&a),
	      "a third one is told to come later: %u", a.status);
	play_free(&a);
	CHECK(count->limits[RELAY_LIMIT_POLLS] == 1, "counted");
	CHECK(play_add(&p, &l, &h, 1), "who writes is not kept out");
	(void)close(one);
	(void)close(two);
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

/* An answer that nobody takes must not fill the memory. */
static void test_answers_limit(void)
{
	struct play p;
	struct play_log l;
	struct play_answer a;
	struct play_head h;
	uint8_t body[WIRE_READ_LEN];
	play_init(&p);
	play_log_make(&l);
	p.limits.answer_bytes = wire_answer_len(64) + wire_answer_len(16);
	play_start(&p);
	play_head_start(&l, &h);
	CHECK(play_add(&p, &l, &h, 1), "a cell");
	const struct relay_count *count = relay_front_count(p.front);
	int fd = play_connect(&p);
	const int small = 4096;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	play_read(&p, &l, 1, 64, 0, body);
	/* More than the system takes off the relay's hands. */
	for (unsigned i = 0; i < 100; i++)
		CHECK(play_request(fd, play_read_path, body, sizeof body), "request %u", i);
	for (unsigned i = 0; i < 600 && !count->limits[RELAY_LIMIT_ANSWERS]; i++) {
		play_ask_read(&p, &l, 1, 64, 0, &a);
		CHECK(a.body_len == wire_answer_len(a.status == 200 ? 64 : 0), "%u: %zu bytes",
		      a.status, a.body_len);
		play_free(&a);
		play_nap(100);
	}
	CHECK(play_wait(&count->answer_bytes, wire_answer_len(64)), "one of them is in memory");
	play_ask_read(&p, &l, 1, 16, 0, &a);
	CHECK(a.status == 200, "but for less: %u", a.status);
	play_free(&a);
	CHECK(count->limits[RELAY_LIMIT_ANSWERS] > 0, "for more there is no room");
	(void)close(fd);
	CHECK(play_wait(&count->answer_bytes, 0), "given back");
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

static void test_connections_limit(void)
{
	enum { CONNECTIONS = 8, MORE = 20 };
	struct play p;
	struct play_log l;
	struct play_answer a;
	int fd[CONNECTIONS + MORE];
	unsigned ended = 0;
	play_init(&p);
	play_log_make(&l);
	p.limits.connections = CONNECTIONS;
	p.limits.polls = 1;
	play_start(&p);
	const struct relay_count *count = relay_front_count(p.front);
	for (size_t i = 0; i < CONNECTIONS; i++) {
		fd[i] = play_connect(&p);
		CHECK(play_wait(&count->connections, i + 1), "connection %zu", i);
	}
	for (size_t i = 0; i < MORE; i++)
		fd[CONNECTIONS + i] = play_connect(&p);
	play_ask_read(&p, &l, 1, 1, 0, &a);
	CHECK(a.status == 200, "somebody with a request: %u", a.status);
	CHECK(count->limits[RELAY_LIMIT_SLOW] == 0, "not because the others' time was over");
	play_free(&a);
	for (size_t i = 0; i < CONNECTIONS; i++)
		ended += play_ended(fd[i], PLAY_PATIENCE_MS);
	CHECK(ended == CONNECTIONS, "%u of those that were first had to go", ended);
	CHECK(count->limits[RELAY_LIMIT_CONNECTIONS] >= CONNECTIONS, "counted");
	for (size_t i = 0; i < CONNECTIONS + MORE; i++)
		(void)close(fd[i]);
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

static void test_address_limit(void)
{
	struct play p;
	play_init(&p);
	p.limits.per_address = 2;
	play_start(&p);
	int a = play_connect(&p), b = play_connect(&p);
	const struct relay_count *count = relay_front_count(p.front);
	CHECK(play_wait(&count->connections, 2), "two");
	int c = play_connect(&p);
	CHECK(play_ended(c, PLAY_PATIENCE_MS), "not a third one from one address");
	CHECK(!play_ended(a, 50) && !play_ended(b, 50), "the two stay");
	(void)close(a);
	CHECK(play_wait(&count->connections, 1), "one goes");
	(void)close(c);
	c = play_connect(&p);
	CHECK(!play_ended(c, 100), "another comes");
	(void)close(b);
	(void)close(c);
	play_stop(&p);
	play_end(&p);
}

/* Clients that begin and do not go on. */
static void test_slow(void)
{
	static const char head[] =
		"POST /v1/append HTTP/1.1\r\nHost: a\r\nContent-Length: 4298\r\n\r\n";
	struct play p;
	struct play_log l;
	play_init(&p);
	play_log_make(&l);
	p.limits.idle_s = 2;
	p.limits.body_s = 2;
	play_start(&p);
	const struct relay_count *count = relay_front_count(p.front);
	int silent = play_connect(&p), loris = play_connect(&p), half = play_connect(&p);
	CHECK(play_send(half, head, sizeof head - 1) && play_send(half, head, 20), "half a body");
	const int64_t start = platform_clock_ms();
	bool gone = false;
	for (size_t i = 0; i < 600 && !gone; i++) { /* never the empty line */
		const char *byte = i < sizeof head - 5 ? head + i : "0";
		gone = !play_send(loris, byte, 1) || play_ended(loris, 100);
	}
	const int64_t took = platform_clock_ms() - start;
	CHECK(gone, "a byte now and then is not enough: %d ms", (int)took);
	CHECK(play_ended(silent, PLAY_PATIENCE_MS) && play_ended(half, PLAY_PATIENCE_MS),
	      "nor is nothing");
	CHECK(play_wait(&count->connections, 0), "all are gone");
	CHECK(play_wait(&count->limits[RELAY_LIMIT_SLOW], 3), "counted");
	(void)close(silent);
	(void)close(loris);
	(void)close(half);
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

/* An answer that is not taken in time. */
static void test_slow_reader(void)
{
	struct play p;
	struct play_log l;
	uint8_t body[WIRE_READ_LEN];
	play_init(&p);
	play_log_make(&l);
	p.limits.send_s = 1;
	play_start(&p);
	const struct relay_count *count = relay_front_count(p.front);
	int fd = play_connect(&p);
	play_read(&p, &l, 1, 64, 0, body);
	for (unsigned i = 0; i < 100; i++)
		CHECK(play_request(fd, play_read_path, body, sizeof body), "request %u", i);
	CHECK(play_wait(&count->limits[RELAY_LIMIT_SLOW], 1), "it is cut off");
	CHECK(play_wait(&count->connections, 0), "and gone");
	(void)close(fd);
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

/* Half requests of every length, then nothing; and bytes by chance. */
static void test_junk(void)
{
	struct play p;
	struct play_log l;
	struct play_head h;
	uint64_t seed = 8;
	uint8_t body[WIRE_APPEND_LEN];
	char head[64];
	play_init(&p);
	play_log_make(&l);
	/* libmicrohttpd does not see the end of a connection that comes right behind data. */
	p.limits.idle_s = p.limits.body_s = 2;
	play_start(&p);
	play_head_start(&l, &h);
	play_append(&p, &l, 1, h.chain, 1, body);
	const int n = snprintf(head, sizeof head, "POST /v1/append HTTP/1.1\r\nContent-Length: %zu",
			       sizeof body);
	for (size_t i = 0; i < test_rounds(400); i++) {
		int fd = play_connect(&p);
		if (i % 3 == 0) {
			(void)play_send(fd, head, test_random(&seed) % (size_t)n);
		} else if (i % 3 == 1) {
			(void)play_send(fd, head, (size_t)n);
			(void)play_send(fd, "\r\nHost: a\r\n\r\n", 13);
			(void)play_send(fd, body, test_random(&seed) % sizeof body);
		} else {
			uint8_t junk[512];
			for (size_t j = 0; j < sizeof junk; j++)
				junk[j] = (uint8_t)test_random(&seed);
			(void)play_send(fd, junk, test_random(&seed) % sizeof junk);
		}
		(void)close(fd);
	}
	bool added = false;
	for (unsigned i = 0; i < 10 && !added; i++) /* which may be slow, on a machine that is */
		added = play_add(&p, &l, &h, 1);
	CHECK(added && h.seq == 1, "a good request is served, and is the first");
	CHECK(play_wait(&relay_front_count(p.front)->connections, 0), "%d are left",
	      (int)relay_front_count(p.front)->connections);
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

/* A store that is slow, or fails, at an append. */
static struct slow_store {
	struct relay_store base;
	struct relay_store *inner;
	struct relay_store_ops ops;
	atomic_int delay_ms;
	atomic_bool held, fails, read_fails;
	atomic_uint_least64_t begun,
		batches; /* appends that have come, and those it is done with */
} slow_store;

static struct sr_err slow_append(struct relay_store *s, struct relay_append *a, size_t n,
				 uint32_t day)
{
	(void)s;
	(void)atomic_fetch_add(&slow_store.begun, 1);
	play_nap(atomic_load(&slow_store.delay_ms));
	while (atomic_load(&slow_store.held))
		play_nap(1);
	if (atomic_load(&slow_store.fails))
		return sr_fail(SR_E_IO, "the disk is full");
	struct sr_err e = slow_store.inner->ops->append(slow_store.inner, a, n, day);
	(void)atomic_fetch_add(&slow_store.batches, 1);
	return e;
}

static struct sr_err slow_expire(struct relay_store *s, uint32_t day, size_t n_max, size_t *n)
{
	(void)s;
	return slow_store.inner->ops->expire(slow_store.inner, day, n_max, n);
}

static const struct relay_store_ops *reader_ops;

static struct sr_err slow_read(struct relay_reader *r, const uint8_t address[CRYPTO_HASH_LEN],
			       uint64_t from, size_t n_max, uint8_t *cells, size_t *n,
			       struct relay_head *head, uint8_t ends[2][CRYPTO_HASH_LEN])
{
	if (atomic_load(&slow_store.read_fails))
		return sr_fail(SR_E_IO, "the disk does not answer");
	return reader_ops->read(r, address, from, n_max, cells, n, head, ends);
}

static struct sr_err slow_reader_open(struct relay_store *s, struct relay_reader **out)
{
	(void)s;
	SR_TRY(slow_store.inner->ops->reader_open(slow_store.inner, out));
	reader_ops = (*out)->ops;
	(*out)->ops = &slow_store.ops;
	return sr_ok();
}

static void slow_reader_close(struct relay_reader *r)
{
	r->ops = reader_ops;
	r->ops->reader_close(r);
}

static void slow_close(struct relay_store *s)
{
	(void)s;
	slow_store.inner->ops->close(slow_store.inner);
}

static struct relay_store *make_slow(struct relay_store *inner)
{
	slow_store.inner = inner;
	slow_store.ops = (struct relay_store_ops){.append = slow_append,
						  .expire = slow_expire,
						  .reader_open = slow_reader_open,
						  .reader_close = slow_reader_close,
						  .read = slow_read,
						  .close = slow_close};
	slow_store.base.ops = &slow_store.ops;
	slow_store.delay_ms = 0;
	slow_store.begun = slow_store.batches = 0;
	slow_store.held = slow_store.fails = slow_store.read_fails = false;
	return &slow_store.base;
}

/* append_anyway sends the same append again as long as it comes too late. */
static void append_anyway(const struct play *p, const uint8_t body[WIRE_APPEND_LEN],
			  struct play_answer *a)
{
	play_once(p, play_append_path, body, WIRE_APPEND_LEN, a);
	for (unsigned i = 0; i < 20 && a->status == 503; i++) {
		play_free(a);
		play_once(p, play_append_path, body, WIRE_APPEND_LEN, a);
	}
}

static void test_slow_store(void)
{
	struct play p;
	struct play_log l;
	struct play_head h;
	struct play_answer a;
	uint8_t body[WIRE_APPEND_LEN];
	play_init(&p);
	play_log_make(&l);
	p.wrap = make_slow;
	p.limits.store_s = 1;
	play_start(&p);
	play_head_start(&l, &h);
	const struct relay_count *count = relay_front_count(p.front);
	atomic_store(&slow_store.held, true);
	play_append(&p, &l, 1, h.chain, 1, body);
	play_once(&p, play_append_path, body, sizeof body, &a);
	CHECK(a.status == 503 && a.wire.status == WIRE_BUSY && play_says_nothing(&a),
	      "too late: %u", a.status);
	play_free(&a);
	CHECK(count->limits[RELAY_LIMIT_STORE] == 1, "counted");
	atomic_store(&slow_store.held, false);
	CHECK(play_wait(&slow_store.batches, 1), "but it was stored");
	append_anyway(&p, body, &a);
	CHECK(a.status == 201 && a.wire.seq == 1, "sent again, it is there: %u", a.status);
	play_free(&a);
	play_head_step(&h, 1);
	play_append(&p, &l, 2, h.chain, 2, body);
	append_anyway(&p, body, &a);
	CHECK(a.status == 201 && a.wire.seq == 2, "once: %u", a.status);
	play_free(&a);
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

/* make_busy begins an append that the store is at work on. */
static int make_busy(struct play *p, const struct play_log *l)
{
	uint8_t body[WIRE_APPEND_LEN];
	struct play_head h;
	p->wrap = make_slow;
	play_start(p);
	play_head_start(l, &h);
	atomic_store(&slow_store.held, true);
	play_append(p, l, 1, h.chain, 1, body);
	int fd = play_connect(p);
	CHECK(play_request(fd, play_append_path, body, sizeof body), "an append");
	CHECK(play_wait(&slow_store.begun, 1), "it is being stored");
	return fd;
}

static void *release(void *user)
{
	(void)user;
	play_nap(300);
	atomic_store(&slow_store.held, false);
	return NULL;
}

static void test_stop_at_work(void)
{
	struct play p;
	struct play_log l;
	struct play_answer a;
	pthread_t thread;
	play_init(&p);
	play_log_make(&l);
	p.limits.store_s = p.limits.stop_s = 60;
	int fd = make_busy(&p, &l);
	CHECK(pthread_create(&thread, NULL, release, NULL) == 0, "a thread");
	play_stop(&p);
	(void)pthread_join(thread, NULL);
	play_receive(fd, &a);
	CHECK(a.status == 201 && a.wire.seq == 1 && a.closes, "answered before the end: %u",
	      a.status);
	play_free(&a);
	(void)close(fd);
	play_log_end(&l);
	play_end(&p);
}

/* Where a connection is about to be resumed, and that takes long. */
static struct {
	atomic_bool is_slow;
	atomic_uint_least64_t begun;
	atomic_bool ended;
} resuming;

void __real_MHD_resume_connection(struct MHD_Connection *c);
void __wrap_MHD_resume_connection(struct MHD_Connection *c);

void __wrap_MHD_resume_connection(struct MHD_Connection *c)
{
	const bool slow = atomic_exchange(&resuming.is_slow, false);
	if (slow) {
		(void)atomic_fetch_add(&resuming.begun, 1);
		play_nap(2500);
	}
	__real_MHD_resume_connection(c);
	if (slow)
		atomic_store(&resuming.ended, true);
}

/* The time for stopping ends just when the store is done: the connection must not go under its
 * hands. */
static void test_stop_in_between(void)
{
	struct play p;
	struct play_log l;
	play_init(&p);
	play_log_make(&l);
	p.limits.stop_s = 1;
	int fd = make_busy(&p, &l);
	atomic_store(&resuming.is_slow, true);
	atomic_store(&slow_store.held, false);
	CHECK(play_wait(&resuming.begun, 1), "it is about to be resumed");
	play_stop(&p);
	CHECK(atomic_load(&resuming.ended), "it was, before the end");
	(void)close(fd);
	play_log_end(&l);
	play_end(&p);
}

static void test_failed_store(void)
{
	struct play p;
	struct play_log l;
	struct play_head h;
	struct play_answer a;
	uint8_t body[WIRE_APPEND_LEN];
	play_init(&p);
	play_log_make(&l);
	p.wrap = make_slow;
	play_start(&p);
	play_head_start(&l, &h);
	CHECK(play_add(&p, &l, &h, 1) && atomic_load(&p.failures) == 0, "all is well");
	atomic_store(&slow_store.read_fails, true);
	play_ask_read(&p, &l, 1, 4, 0, &a);
	CHECK(a.status == 503 && a.body_len == WIRE_HEAD_LEN && play_says_nothing(&a),
	      "a read that fails: %u", a.status);
	CHECK(atomic_load(&p.failures) == 1, "is told");
	play_free(&a);
	atomic_store(&slow_store.fails, true);
	for (int i = 0; i < 2; i++) {
		play_append(&p, &l, 2, h.chain, 2, body);
		play_once(&p, play_append_path, body, sizeof body, &a);
		CHECK(a.status == 503 && a.wire.status == WIRE_BUSY && play_says_nothing(&a),
		      "an append that fails: %u", a.status);
		play_free(&a);
	}
	CHECK(atomic_load(&p.failures) == 2, "is told, once");
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

/* Memory of a process, in bytes. */
static size_t resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f && fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	if (f)
		(void)fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void test_poll_memory(void)
{
	enum { POLLS = 400, EACH_MAX = 8192 };
	struct play p;
	struct play_log l;
	static int fd[POLLS];
	play_init(&p);
	play_log_make(&l);
	play_start(&p);
	const struct relay_count *count = relay_front_count(p.front);
	(void)close(poll_for(&p, &l, 1, 40));
	CHECK(play_wait(&count->polls, 1), "one");
	const size_t before = resident();
	for (size_t i = 0; i < POLLS; i++)
		fd[i] = poll_for(&p, &l, 1, 40);
	CHECK(play_wait(&count->polls, POLLS + 1), "all wait");
	const size_t each = (resident() - before) / POLLS;
	if (test_rounds(4) < 4)
		test_skip("memory of a poll", "measured in the plain build");
	else
		CHECK(each <= EACH_MAX, "%zu bytes each", each);
	for (size_t i = 0; i < POLLS; i++)
		(void)close(fd[i]);
	play_stop(&p);
	play_log_end(&l);
	play_end(&p);
}

int main(void)
{
	test_run("who waits is woken", test_wake);
	test_run("waiting ends", test_wait_ends);
	test_run("a limit on who waits", test_polls_limit);
	test_run("a limit on answers", test_answers_limit);
	test_run("a limit on connections", test_connections_limit);
	test_run("a limit for each address", test_address_limit);
	test_run("slow clients", test_slow);
	test_run("slow readers", test_slow_reader);
	test_run("half requests and junk", test_junk);
	test_run("a slow store", test_slow_store);
	test_run("stopping while the store is at work", test_stop_at_work);
	test_run("stopping when it is just done", test_stop_in_between);
	test_run("a store that fails", test_failed_store);
	test_run("memory of who waits", test_poll_memory);
	return test_done();
}
