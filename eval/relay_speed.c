/* SPDX-License-Identifier: Apache-2.0 */
/* How many appends of 4 KiB are on disk in a second: the relay, Redis, PostgreSQL, in turn. What
 * the relay's clients sign for logs of their own is signed before; those that race for one log sign
 * as they go. Each run begins with new connections and new logs. */
#include "relay_load.h"
#include "relay_peer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEERS = 3, ROUNDS = 7, WARM = 5, WRITERS_MAX = 128, RUN_S = 120 };

/* each: appends of a writer; of all of them where they share a log. */
static const struct row {
	size_t writers;
	bool shared;
	uint64_t each;
} rows[] = {{1, false, 1500}, {32, false, 250}, {128, false, 100}, {16, true, 1000}};

enum { ROWS = sizeof rows / sizeof *rows };

static struct peer peers[PEERS] = {
	{.ops = &peer_relay}, {.ops = &peer_redis}, {.ops = &peer_postgres}};

struct cell {
	struct bench_times rate, wait;
};

static struct cell cells[ROWS][PEERS];
static struct bench_times ratios[ROWS];

/* struct run: warm: nothing is counted yet. */
struct run {
	const struct peer *peer;
	const struct row *row;
	struct peer_writer w[WRITERS_MAX];
	struct load *load;
	struct bench_times *waits;
	uint64_t stored;
	bool warm;
};

static size_t next(void *user, size_t conn, uint8_t *out)
{
	struct run *r = user;
	struct peer_writer *w = &r->w[conn];
	if (r->warm && w->stored == WARM)
		return 0;
	return r->peer->ops->request(r->peer, w, out);
}

static void answer(void *user, size_t conn, struct slice in, double since)
{
	struct run *r = user;
	struct peer_writer *w = &r->w[conn];
	const bool stored = r->peer->ops->answer(w, in) == PEER_STORED;
	w->stored += stored;
	if (r->warm)
		return;
	r->stored += stored;
	if (stored)
		bench_add(r->waits, bench_now_s() - since);
	if (r->row->shared ? r->stored == r->row->each : w->stored == WARM + r->row->each)
		load_stop(r->load);
}

/* sign makes all that a writer will send, and moves its log back to the start. */
static uint8_t *sign(const struct run *r, struct peer_writer *w)
{
	const uint64_t n = WARM + r->row->each;
	struct peer_writer copy = *w;
	uint8_t cell[WIRE_CELL_LEN], *all = malloc(n * CLIENT_REQUEST_MAX), *at = all;
	if (!all)
		bench_fail("out of memory");
	for (uint64_t i = 0; i < n; i++, at += w->ahead_len) {
		peer_cell(&copy, cell);
		w->ahead_len = client_append(&r->peer->relay, &copy.log, cell, at);
		client_step(&copy.log, cell);
	}
	return all;
}

static void begin(struct run *r, int fds[WRITERS_MAX])
{
	static uint64_t logs_n, dice = BENCH_SEED;
	const struct row *row = r->row;
	struct client_log *logs = client_logs(row->shared ? 1 : row->writers, &dice);
	for (size_t i = 0; i < row->writers; i++) {
		const size_t log = row->shared ? 0 : i;
		struct peer_writer *w = &r->w[i];
		*w = (struct peer_writer){
			.id = i, .log_id = logs_n + log, .seq = 1, .log = logs[log]};
		if (r->peer->ops == &peer_relay && !row->shared)
			w->ahead = sign(r, w);
		fds[i] = bench_connect(r->peer->port);
		r->peer->ops->greet(fds[i]);
	}
	logs_n += row->writers;
	free(logs);
}

/* end: keys are long-lived, so they are released here. */
static void end(struct run *r)
{
	load_close(r->load);
	for (size_t i = 0; i < r->row->writers; i++) {
		free((void *)(uintptr_t)r->w[i].ahead);
		if (i && r->row->shared)
			continue;
		crypto_key_release(&r->w[i].log.write);
		crypto_key_release(&r->w[i].log.read);
	}
}

static double run(const struct peer *p, const struct row *row, struct cell *c)
{
	struct run r = {.peer = p, .row = row, .waits = &c->wait, .warm = true};
	const struct load_calls calls = {next, p->ops->whole, answer, &r};
	int fds[WRITERS_MAX];
	begin(&r, fds);
	r.load = load_open(fds, row->writers, PEER_REQUEST_MAX, PEER_ANSWER_MAX);
	size_t ended = load_run(r.load, &calls, row->writers, bench_now_s() + RUN_S);
	r.warm = false;
	const double start = bench_now_s();
	ended += load_run(r.load, &calls, row->writers, start + RUN_S);
	const double rate = (double)r.stored / (bench_now_s() - start);
	if (ended || !r.stored)
		bench_fail("a server ended a connection");
	end(&r);
	bench_add(&c->rate, rate);
	return rate;
}

/* run_row: each begins in turn. */
static void run_row(size_t i, uint64_t round)
{
	double rate[PEERS] = {0};
	for (size_t k = 0; k < PEERS; k++) {
		const size_t p = (k + round) % PEERS;
		if (peers[p].ops)
			rate[p] = run(&peers[p], &rows[i], &cells[i][p]);
	}
	const double best = fmax(rate[1], rate[2]);
	if (best > 0)
		bench_add(&ratios[i], rate[0] / best);
}

static void print_row(size_t i)
{
	(void)printf("%7zu %4zu", rows[i].writers, rows[i].shared ? 1 : rows[i].writers);
	for (size_t p = 0; p < PEERS; p++) {
		struct cell *c = &cells[i][p];
		if (c->rate.n)
			(void)printf(" | %7.0f %7.2f %7.2f", bench_quantile(&c->rate, .5),
				     1e3 * bench_quantile(&c->wait, .5),
				     1e3 * bench_quantile(&c->wait, .99));
		else
			(void)printf(" |  (not installed)       ");
	}
	struct bench_times *t = &ratios[i];
	if (t->n)
		(void)printf(" | %5.2f (%.2f-%.2f)  %s", bench_quantile(t, .5),
			     bench_quantile(t, 0), bench_quantile(t, 1),
			     bench_quantile(t, .5) >= 1 ? "yes" : "no");
	(void)printf("\n");
}

void relay_speed(struct bench *b)
{
	struct bench_times disk = {0};
	const uint64_t rounds = b->rounds ? b->rounds : ROUNDS;
	for (size_t p = 0; p < PEERS; p++) {
		peers[p].b = b;
		if (!peers[p].ops->start(&peers[p]))
			peers[p].ops = NULL;
	}
	for (uint64_t r = 0; r < rounds; r++) {
		bench_disk(b, &disk);
		for (size_t i = 0; i < ROWS; i++)
			if (!b->writers || b->writers == rows[i].writers)
				run_row(i, r);
	}
	(void)printf(
		"durable appends of 4 KiB over TCP on loopback, seed %d, %llu rounds in turn; "
		"medians of rates, p50 and p99 of waits in ms;\nratio: to the faster of the "
		"two others in the same round, median (least-most)\n"
		"%7s %4s | %7s %7s %7s | %7s %7s %7s | %7s %7s %7s | ratio              >= 1\n",
		BENCH_SEED, (unsigned long long)rounds, "writers", "logs", "relay/s", "p50", "p99",
		"Redis/s", "p50", "p99", "Postg/s", "p50", "p99");
	for (size_t i = 0; i < ROWS; i++)
		if (cells[i][0].rate.n)
			print_row(i);
	bench_disk_print(&disk);
	for (size_t p = 0; p < PEERS; p++)
		if (peers[p].ops)
			peers[p].ops->stop(&peers[p]);
}
