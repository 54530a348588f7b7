/* SPDX-License-Identifier: Apache-2.0 */
/* 10,000 clients wait for a cell, 100 at each of 100 logs: what memory the relay takes for one; and
 * how long after an append was sent each of its log's clients has the cell, disk and all. */
#include "relay_client.h"
#include "relay_load.h"

#include "platform.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	POLLS = 10 * 1000,
	LOGS = 100,
	ROUNDS = 50,
	SPARE = 500, /* descriptors of other things */
	UP_S = 30,
	RUN_S = 60,
	ANSWER_MAX = CLIENT_ANSWER_MAX + WIRE_CELL_LEN,
};

/* struct run: connections 0 .. polls - 1 wait, the one behind them appends. */
struct run {
	struct client_relay relay;
	struct client_log *logs;
	size_t polls;
	bool *asked;
	struct load *load;
	uint64_t rounds, round;
	bool appends; /* now, not before all wait */
	bool appended;
	size_t woken, early;
	double since;
	struct bench_times waits, stored;
};

static size_t log_of(size_t poll)
{
	return poll % LOGS;
}

static size_t next(void *user, size_t conn, uint8_t *out)
{
	struct run *r = user;
	uint8_t cell[WIRE_CELL_LEN];
	if (conn < r->polls) {
		const struct client_log *l = &r->logs[log_of(conn)];
		if (r->asked[conn])
			return 0;
		r->asked[conn] = true;
		return client_read(&r->relay, l, 1, 1, WIRE_WAIT_S_MAX, out);
	}
	if (!r->appends || r->appended)
		return 0;
	r->appended = true;
	client_cell(0, r->round, cell);
	const size_t len = client_append(&r->relay, &r->logs[r->round], cell, out);
	r->since = bench_now_s();
	return len;
}

/* go_on begins the next round when all of this one have answered. */
static void go_on(struct run *r)
{
	if (r->woken != r->polls / LOGS + 1)
		return;
	r->woken = 0;
	if (++r->round == r->rounds) {
		load_stop(r->load);
		return;
	}
	r->appended = false;
	load_kick(r->load, r->polls);
}

static void answer(void *user, size_t conn, struct slice in, double since)
{
	struct run *r = user;
	struct wire_head head;
	client_answer(in, &head, NULL);
	if (!r->appends || (conn < r->polls && (!head.cells_n || log_of(conn) != r->round))) {
		r->early++;
		return;
	}
	if (conn < r->polls)
		bench_add(&r->waits, bench_now_s() - r->since);
	else
		bench_add(&r->stored, bench_now_s() - since);
	r->woken++;
	go_on(r);
}

/* waiting asks the relay how many wait. */
static size_t waiting(uint16_t metrics)
{
	static const char ask[] = "GET /metrics HTTP/1.1\r\nHost: relay\r\n\r\n";
	static const char name[] = "\nsubrosa_relay_polls ";
	uint8_t in[16 * 1024];
	const int fd = bench_connect(metrics);
	const size_t n = client_ask(fd, (const uint8_t *)ask, sizeof ask - 1, in, sizeof in - 1);
	(void)close(fd);
	in[n] = 0;
	const char *at = strstr((const char *)in, name);
	return at ? strtoul(at + sizeof name - 1, NULL, 10) : 0;
}

static void begin(struct run *r, const struct bench *b)
{
	uint64_t dice = BENCH_SEED;
	const size_t may = bench_descriptors(POLLS + 2 * SPARE);
	r->polls = may < POLLS + SPARE ? (may - SPARE) / LOGS * LOGS : POLLS;
	r->rounds = b->rounds && b->rounds < LOGS ? b->rounds : ROUNDS;
	r->logs = client_logs(LOGS, &dice);
	r->asked = calloc(r->polls, sizeof *r->asked);
	if (!r->asked)
		bench_fail("out of memory");
	if (r->polls < POLLS)
		(void)printf("%zu open files are allowed: %zu clients instead of %d\n", may,
			     r->polls, POLLS);
}

static void connect_all(struct run *r)
{
	int *fds = calloc(r->polls + 1, sizeof *fds);
	if (!fds)
		bench_fail("out of memory");
	for (size_t i = 0; i <= r->polls; i++)
		fds[i] = bench_connect(r->relay.port);
	r->load = load_open(fds, r->polls + 1, CLIENT_REQUEST_MAX, ANSWER_MAX);
	free(fds);
}

/* wait_all lets all wait, and returns the memory that one of them takes. */
static double wait_all(struct run *r, const struct load_calls *calls, uint16_t metrics)
{
	const double before = client_relay_memory(&r->relay), until = bench_now_s() + UP_S;
	connect_all(r);
	do {
		(void)load_run(r->load, calls, r->polls + 1, bench_now_s() + .5);
	} while (waiting(metrics) < r->polls && bench_now_s() < until);
	if (waiting(metrics) < r->polls || r->early)
		bench_fail("not all clients wait");
	return (client_relay_memory(&r->relay) - before) / (double)r->polls;
}

static void print(struct run *r, double memory)
{
	const double wake = 1e3 * bench_quantile(&r->waits, .99);
	(void)printf("%zu clients wait at %d logs, seed %d; %llu appends, each wakes %zu; ms from "
		     "the sending of an append\n"
		     "%14s %10s %10s %10s %10s %12s   <= 8 KiB, 50 ms\n"
		     "%14.0f %10.2f %10.2f %10.2f %10.2f %12.2f   %s, %s\n",
		     r->polls, LOGS, BENCH_SEED, (unsigned long long)r->rounds, r->polls / LOGS,
		     "bytes a client", "woken p50", "p99", "last", "stored p50", "stored p99",
		     memory, 1e3 * bench_quantile(&r->waits, .5), wake,
		     1e3 * bench_quantile(&r->waits, 1), 1e3 * bench_quantile(&r->stored, .5),
		     1e3 * bench_quantile(&r->stored, .99), memory <= 8192 ? "yes" : "no",
		     wake <= 50 ? "yes" : "no");
}

void relay_polls(struct bench *b)
{
	char set[64];
	struct bench_times disk = {0};
	struct run *r = calloc(1, sizeof *r);
	const uint16_t metrics = bench_port();
	if (!r)
		bench_fail("out of memory");
	const struct load_calls calls = {next, client_whole, answer, r};
	(void)snprintf(set, sizeof set, "metrics=127.0.0.1:%u", (unsigned)metrics);
	begin(r, b);
	client_relay_init(&r->relay, b);
	r->relay.set = set;
	(void)client_relay_start(&r->relay);
	const double memory = wait_all(r, &calls, metrics);
	r->appends = true;
	(void)load_run(r->load, &calls, r->polls + 1, bench_now_s() + RUN_S);
	bench_disk(b, &disk);
	print(r, memory);
	bench_disk_print(&disk);
	if (r->round != r->rounds || r->early)
		bench_fail("clients were not woken");
	client_relay_stop(&r->relay, SIGTERM);
	load_close(r->load);
	free(r->asked);
	free(r->logs);
	free(r);
}
