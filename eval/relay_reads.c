/* SPDX-License-Identifier: Apache-2.0 */
/* 20 cells from each of 1,000 logs, in two requests as a client makes them (16 at most, then 4),
 * each log over a connection of its own, 32 of them at a time. Requests are signed before.
 * At the end one of the logs is read and followed cell by cell. */
#include "relay_fill.h"
#include "relay_load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOGS = 1000, CELLS = 20, FIRST = 16, ACTIVE = 32, ROUNDS = 5, RUN_S = 120 };
enum { ANSWER_MAX = CLIENT_ANSWER_MAX + FIRST * WIRE_CELL_LEN };

struct reading {
	size_t request_len;
	uint8_t request[2][CLIENT_REQUEST_MAX];
	unsigned asked, answered;
	double since;
};

struct run {
	struct reading *of;
	struct bench_times *waits;
	size_t cells;
};

static size_t next(void *user, size_t conn, uint8_t *out)
{
	struct run *r = user;
	struct reading *m = &r->of[conn];
	if (m->asked == 2)
		return 0;
	memcpy(out, m->request[m->asked++], m->request_len);
	return m->request_len;
}

static void answer(void *user, size_t conn, struct slice in, double since)
{
	struct run *r = user;
	struct reading *m = &r->of[conn];
	struct wire_head head;
	client_answer(in, &head, NULL);
	r->cells += head.cells_n;
	if (m->answered++ == 0)
		m->since = since;
	else
		bench_add(r->waits, bench_now_s() - m->since);
}

static double run(const struct client_relay *relay, struct client_log *logs,
		  struct bench_times *waits)
{
	struct run r = {.of = calloc(LOGS, sizeof *r.of), .waits = waits};
	const struct load_calls calls = {next, client_whole, answer, &r};
	int fds[LOGS];
	if (!r.of)
		bench_fail("out of memory");
	for (size_t i = 0; i < LOGS; i++) {
		struct reading *m = &r.of[i];
		m->request_len = client_read(relay, &logs[i], 1, FIRST, 0, m->request[0]);
		(void)client_read(relay, &logs[i], 1 + FIRST, CELLS - FIRST, 0, m->request[1]);
		fds[i] = bench_connect(relay->port);
	}
	struct load *load = load_open(fds, LOGS, CLIENT_REQUEST_MAX, ANSWER_MAX);
	const double start = bench_now_s();
	const size_t ended = load_run(load, &calls, ACTIVE, start + RUN_S);
	const double took = bench_now_s() - start;
	load_close(load);
	if (ended || r.cells != (size_t)LOGS * (size_t)CELLS)
		bench_fail("cells are missing");
	free(r.of);
	return took;
}

void relay_reads(struct bench *b)
{
	struct client_relay relay;
	struct bench_times rates = {0}, waits = {0}, disk = {0};
	uint64_t dice = BENCH_SEED;
	const uint64_t rounds = b->rounds ? b->rounds : ROUNDS;
	struct client_log *logs = client_logs(LOGS, &dice);
	(void)bench_descriptors(2 * LOGS);
	client_relay_init(&relay, b);
	relay_fill_store(&relay, logs, LOGS, CELLS);
	(void)client_relay_start(&relay);
	for (uint64_t i = 0; i < rounds; i++) {
		bench_disk(b, &disk);
		bench_add(&rates, LOGS / run(&relay, logs, &waits));
	}
	(void)printf("20 cells of each of %d logs, seed %d, %llu rounds, %d readers at a time\n"
		     "%10s %10s %10s %10s %10s\n%10.0f %10.0f %10.0f %10.2f %10.2f\n",
		     LOGS, BENCH_SEED, (unsigned long long)rounds, ACTIVE, "logs/s", "least",
		     "cells/s", "p50 ms", "p99 ms", bench_quantile(&rates, .5),
		     bench_quantile(&rates, 0), CELLS * bench_quantile(&rates, .5),
		     1e3 * bench_quantile(&waits, .5), 1e3 * bench_quantile(&waits, .99));
	bench_disk_print(&disk);
	client_reset(&logs[0]);
	client_read_on(&relay, &logs[0], NULL, NULL);
	if (logs[0].seq != CELLS)
		bench_fail("cells are missing");
	client_relay_stop(&relay, SIGTERM);
	free(logs);
}
