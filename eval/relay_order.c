/* SPDX-License-Identifier: Apache-2.0 */
/* 16 writers send an append for one place of one log, each a cell of its own, all before any hears
 * what became of it: exactly one must be stored, and the others told of just that one. Then they
 * race for the next place. At the end the log is read from its start. */
#include "relay_client.h"
#include "relay_load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WRITERS = 16, ROUNDS = 5000, RUN_S = 60, CELLS = 64 };
enum { ANSWER_MAX = CLIENT_ANSWER_MAX + CELLS * WIRE_CELL_LEN };

/* struct race: a round. log: before it; won: behind the winner's cell. */
struct race {
	const struct client_relay *relay;
	struct client_log *log, won;
	uint8_t cell[WRITERS][WIRE_CELL_LEN];
	bool asked[WRITERS];
	size_t winners, winner, wrong;
	struct wire_head lost[WRITERS];
	size_t lost_n;
};

static size_t next(void *user, size_t conn, uint8_t *out)
{
	struct race *r = user;
	if (r->asked[conn])
		return 0;
	r->asked[conn] = true;
	return client_append(r->relay, r->log, r->cell[conn], out);
}

static void answer(void *user, size_t conn, struct slice in, double since)
{
	struct race *r = user;
	struct wire_head head;
	(void)since;
	client_answer(in, &head, NULL);
	if (head.status == WIRE_CONFLICT) {
		r->lost[r->lost_n++] = head;
		return;
	}
	r->winners += head.status == WIRE_OK;
	r->winner = conn;
	r->won = *r->log;
	client_step(&r->won, r->cell[conn]);
	r->wrong +=
		head.seq != r->won.seq || memcmp(head.chain, r->won.chain, sizeof head.chain) != 0;
}

/* is_right tells whether a round had one winner, of whom all others heard. */
static bool is_right(const struct race *r)
{
	bool right = r->winners == 1 && r->lost_n == WRITERS - 1 && !r->wrong;
	for (size_t i = 0; i < r->lost_n && right; i++)
		right = r->lost[i].seq == r->won.seq &&
			memcmp(r->lost[i].chain, r->won.chain, sizeof r->won.chain) == 0;
	return right;
}

static bool run_round(struct race *r, struct load *load, uint64_t round)
{
	const struct load_calls calls = {next, client_whole, answer, r};
	r->winners = r->wrong = r->lost_n = 0;
	for (size_t i = 0; i < WRITERS; i++) {
		r->asked[i] = false;
		client_cell(i, round, r->cell[i]);
	}
	if (load_run(load, &calls, WRITERS, bench_now_s() + RUN_S))
		bench_fail("the relay ended a connection");
	const bool right = is_right(r);
	if (r->winners)
		*r->log = r->won;
	return right;
}

/* read_back returns how many cells of the log are where they must be. */
static uint64_t read_back(const struct client_relay *relay, struct client_log log,
			  const uint8_t *winner, uint64_t rounds)
{
	static uint8_t in[ANSWER_MAX], request[CLIENT_REQUEST_MAX];
	struct wire_head head = {.cells_n = 1};
	const uint8_t *cells;
	const int fd = bench_connect(relay->port);
	uint64_t good = 0;
	log.seq = 0;
	for (wire_chain_start(log.address, log.chain); head.cells_n;) {
		const uint64_t from = log.seq;
		const size_t n = client_read(relay, &log, from + 1, CELLS, 0, request);
		client_answer(slice_make(in, client_ask(fd, request, n, in, sizeof in)), &head,
			      &cells);
		if (!client_follow(&log, &head, cells))
			bench_fail("cells that the relay did not sign");
		for (size_t i = 0; i < head.cells_n && from + i < rounds; i++) {
			uint64_t writer, round;
			client_cell_read(cells + i * WIRE_CELL_LEN, &writer, &round);
			good += round == from + i && writer == winner[round];
		}
	}
	(void)close(fd);
	return log.seq == rounds ? good : 0;
}

void relay_order(struct bench *b)
{
	struct client_relay relay;
	struct bench_times disk = {0};
	uint64_t dice = BENCH_SEED, wrong = 0;
	const uint64_t rounds = b->rounds ? b->rounds : ROUNDS;
	struct race *r = calloc(1, sizeof *r);
	uint8_t *winner = calloc(rounds, 1);
	int fds[WRITERS];
	if (!r || !winner)
		bench_fail("out of memory");
	client_relay_init(&relay, b);
	(void)client_relay_start(&relay);
	r->relay = &relay;
	r->log = client_logs(1, &dice);
	for (size_t i = 0; i < WRITERS; i++)
		fds[i] = bench_connect(relay.port);
	struct load *load = load_open(fds, WRITERS, CLIENT_REQUEST_MAX, CLIENT_ANSWER_MAX);
	bench_disk(b, &disk);
	const double start = bench_now_s();
	for (uint64_t i = 0; i < rounds; i++) {
		wrong += !run_round(r, load, i);
		winner[i] = (uint8_t)r->winner;
	}
	const double took = bench_now_s() - start;
	bench_disk(b, &disk);
	load_close(load);
	const uint64_t good = read_back(&relay, *r->log, winner, rounds);
	(void)printf("%d writers race for each place of one log, seed %d\n"
		     "%10s %10s %10s %12s %12s\n%10llu %10llu %10llu %12llu %12.0f\n",
		     WRITERS, BENCH_SEED, "rounds", "wrong", "cells", "in place", "rounds/s",
		     (unsigned long long)rounds, (unsigned long long)wrong,
		     (unsigned long long)r->log->seq, (unsigned long long)good,
		     (double)rounds / took);
	bench_disk_print(&disk);
	client_relay_stop(&relay, SIGTERM);
	free(r->log);
	free(r);
	free(winner);
	if (wrong || good != rounds)
		bench_fail("the order of a log is wrong");
}
