/* SPDX-License-Identifier: Apache-2.0 */
/* How long the relay takes from its start to its first answer, with a million cells stored: after
 * it was stopped, and after it was killed while it wrote. */
#include "relay_fill.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOGS = 1000, EACH = 1000, ROUNDS = 5, BEFORE_KILL = 200 };

/* write_and_kill leaves a write-ahead log behind. */
static void write_and_kill(struct client_relay *relay, struct client_log *l)
{
	uint8_t request[CLIENT_REQUEST_MAX], answer[CLIENT_ANSWER_MAX], cell[WIRE_CELL_LEN];
	struct wire_head head;
	const int fd = bench_connect(relay->port);
	for (uint64_t i = 0; i < BEFORE_KILL; i++) {
		client_cell(LOGS, l->seq, cell);
		const size_t n = client_append(relay, l, cell, request);
		const size_t got = client_ask(fd, request, n, answer, sizeof answer);
		client_answer(slice_make(answer, got), &head, NULL);
		if (head.status != WIRE_OK)
			bench_fail("the relay refuses an append");
		client_step(l, cell);
	}
	client_relay_stop(relay, SIGKILL);
	(void)close(fd);
}

static void print(const char *what, struct bench_times *t)
{
	(void)printf("%-34s %8.3f %8.3f %8.3f   %s\n", what, bench_quantile(t, 0),
		     bench_quantile(t, .5), bench_quantile(t, 1),
		     bench_quantile(t, .5) <= 1 ? "yes" : "no");
}

void relay_start(struct bench *b)
{
	struct client_relay relay;
	struct bench_times stopped = {0}, killed = {0}, disk = {0};
	uint64_t dice = BENCH_SEED;
	const uint64_t rounds = b->rounds ? b->rounds : ROUNDS;
	struct client_log *logs = client_logs(LOGS, &dice);
	client_relay_init(&relay, b);
	relay_fill_store(&relay, logs, LOGS, EACH);
	for (uint64_t i = 0; i < rounds; i++) {
		bench_disk(b, &disk);
		bench_add(&stopped, client_relay_start(&relay));
		write_and_kill(&relay, &logs[i % LOGS]);
		bench_add(&killed, client_relay_start(&relay));
		client_relay_stop(&relay, SIGTERM);
	}
	(void)printf("from the start of the program to the answer to /healthz, %d cells stored, "
		     "seed %d, %llu rounds; seconds\n%-34s %8s %8s %8s   <= 1 s\n",
		     LOGS * EACH, BENCH_SEED, (unsigned long long)rounds, "", "least", "median",
		     "most");
	print("after it was stopped", &stopped);
	print("after it was killed while it wrote", &killed);
	bench_disk_print(&disk);
	free(logs);
}
