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

enum { WRITERS = 16, ROUNDS = 5000, RUN_S = 60 };

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

/* struct places: who won each place, and how many cells of the log are where they must be. */
struct places {
	uint8_t winner[BENCH_ROUNDS_MAX];
	uint64_t n, good;
};

static void look(void *user, const uint8_t cell[WIRE_CELL_LEN])
{
	struct places *p = user;
	uint64_t writer, round;
	client_cell_read(cell, &writer, &round);
	if (p->n < BENCH_ROUNDS_MAX)
		p->good += round == p->n && writer == p->winner[round];
	p->n++;
}

/* run returns how many rounds were wrong. */
static uint64_t run(struct race *r, struct places *p, uint64_t rounds)
{
	uint64_t wrong = 0;
	int fds[WRITERS];
	for (size_t i = 0; i < WRITERS; i++)
		fds[i] = bench_connect(r->relay->port);
	struct load *load = load_open(fds, WRITERS, CLIENT_REQUEST_MAX, CLIENT_ANSWER_MAX);
	for (uint64_t i = 0; i < rounds; i++) {
		wrong += !run_round(r, load, i);
		p->winner[i] = (uint8_t)r->winner;
	}
	load_close(load);
	client_reset(r->log);
	client_read_on(r->relay, r->log, look, p);
	return wrong;
}

void relay_order(struct bench *b)
{
	static struct race r;
	static struct places p;
	struct client_relay relay;
	struct bench_times disk = {0};
	uint64_t dice = BENCH_SEED;
	const uint64_t rounds = b->rounds ? b->rounds : ROUNDS;
	client_relay_init(&relay, b);
	(void)client_relay_start(&relay);
	r.relay = &relay;
	r.log = client_logs(1, &dice);
	bench_disk(b, &disk);
	const double start = bench_now_s();
	const uint64_t wrong = run(&r, &p, rounds);
	const double took = bench_now_s() - start;
	bench_disk(b, &disk);
	(void)printf("%d writers race for each place of one log, seed %d\n"
		     "%10s %10s %10s %12s %12s\n%10llu %10llu %10llu %12llu %12.0f\n",
		     WRITERS, BENCH_SEED, "rounds", "wrong", "cells", "in place", "rounds/s",
		     (unsigned long long)rounds, (unsigned long long)wrong, (unsigned long long)p.n,
		     (unsigned long long)p.good, (double)rounds / took);
	bench_disk_print(&disk);
	client_relay_stop(&relay, SIGTERM);
	free(r.log);
	if (wrong || p.n != rounds || p.good != rounds)
		bench_fail("the order of a log is wrong");
}
