/* SPDX-License-Identifier: Apache-2.0 */
/* The relay is killed (SIGKILL) again and again while 16 writers append to 8 logs, two to each, and
 * started on the store that it left. Whoever had no answer sends the very same append again, as
 * doc/PROTOCOL.md wants. After each start the logs are read on from where they were known: every
 * acknowledged cell must be where it was acknowledged, behind the chain that was said, and each
 * writer's cells follow each other without a gap and without one twice. */
#include "relay_client.h"
#include "relay_load.h"

#include "instrument.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { WRITERS = 16, LOGS = 8, ROUNDS = 200, ACKS_MAX = 1 << 16, RUN_S = 60 };

/* struct writer: log: as it knows it; n: of the cell that it sends. open: that is under way, or was
 * when the relay died; request is it. seen: how many of its cells were read. */
struct writer {
	struct client_log log;
	uint64_t n, seen, acked;
	bool open;
	size_t len;
	uint8_t cell[WIRE_CELL_LEN], request[CLIENT_REQUEST_MAX];
};

struct ack {
	size_t log;
	uint64_t seq;
	uint8_t chain[CRYPTO_HASH_LEN];
};

struct run {
	struct client_relay relay;
	struct writer w[WRITERS];
	struct client_log *logs; /* as they were read */
	struct ack acks[ACKS_MAX];
	size_t acks_n; /* of this round */
	uint64_t lost, twice, other, acked;
	uint64_t again; /* stored without an answer, acknowledged when sent again */
};

/* When the time has come the relay is killed at once, whatever it does just then. */
static pid_t victim;
static volatile sig_atomic_t killed;

static void on_alarm(int sig)
{
	(void)sig;
	(void)kill(victim, SIGKILL);
	killed = 1;
}

static size_t log_of(size_t writer)
{
	return writer % LOGS;
}

static size_t next(void *user, size_t conn, uint8_t *out)
{
	struct run *r = user;
	struct writer *w = &r->w[conn];
	if (killed)
		return 0;
	if (!w->open) {
		client_cell(conn, w->n, w->cell);
		w->len = client_append(&r->relay, &w->log, w->cell, w->request);
		w->open = true;
	}
	memcpy(out, w->request, w->len);
	return w->len;
}

/* After a conflict the same cell goes behind the head that was told. */
static void answer(void *user, size_t conn, struct slice in, double since)
{
	struct run *r = user;
	struct writer *w = &r->w[conn];
	struct wire_head head;
	(void)since;
	client_answer(in, &head, NULL);
	if (head.status != WIRE_OK && head.status != WIRE_CONFLICT)
		bench_fail("the relay refuses an append");
	w->open = false;
	w->log.seq = head.seq;
	memcpy(w->log.chain, head.chain, sizeof head.chain);
	if (head.status == WIRE_OK) {
		if (r->acks_n == ACKS_MAX)
			bench_fail("more appends in a round than can be noted");
		struct ack *a = &r->acks[r->acks_n++];
		*a = (struct ack){.log = log_of(conn), .seq = head.seq};
		memcpy(a->chain, head.chain, sizeof a->chain);
		r->again += w->n < w->seen;
		w->n++;
		w->acked++;
		r->acked++;
	}
}

static void write_and_kill(struct run *r, suseconds_t after_us)
{
	const struct load_calls calls = {next, client_whole, answer, r};
	int fds[WRITERS];
	for (size_t i = 0; i < WRITERS; i++)
		fds[i] = bench_connect(r->relay.port);
	struct load *load = load_open(fds, WRITERS, CLIENT_REQUEST_MAX, CLIENT_ANSWER_MAX);
	const struct itimerval after = {.it_value.tv_usec = after_us};
	r->acks_n = 0;
	victim = r->relay.pid;
	killed = 0;
	if (setitimer(ITIMER_REAL, &after, NULL) != 0)
		bench_fail("no timer");
	(void)load_run(load, &calls, WRITERS, bench_now_s() + RUN_S);
	load_close(load);
	if (!killed)
		bench_fail("the relay answers no more");
	client_relay_stop(&r->relay, SIGKILL);
}

/* struct reading: a log that is read on. */
struct reading {
	struct run *run;
	size_t log;
};

static void take(void *user, const uint8_t cell[WIRE_CELL_LEN])
{
	const struct reading *m = user;
	struct run *r = m->run;
	const struct client_log *l = &r->logs[m->log];
	uint64_t writer, n;
	client_cell_read(cell, &writer, &n);
	if (writer >= WRITERS || log_of(writer) != m->log)
		bench_fail("a cell that nobody sent");
	r->twice += n < r->w[writer].seen;
	r->lost += n > r->w[writer].seen;
	r->w[writer].seen = n + 1;
	for (size_t i = 0; i < r->acks_n; i++)
		if (r->acks[i].log == m->log && r->acks[i].seq == l->seq)
			r->other += memcmp(r->acks[i].chain, l->chain, sizeof l->chain) != 0;
}

/* look reads all logs on, and counts what was acknowledged and is not there. */
static void look(struct run *r)
{
	for (size_t i = 0; i < LOGS; i++) {
		struct reading m = {r, i};
		client_read_on(&r->relay, &r->logs[i], take, &m);
	}
	for (size_t i = 0; i < WRITERS; i++)
		r->lost += r->w[i].acked > r->w[i].seen ? r->w[i].acked - r->w[i].seen : 0;
}

static void begin(struct run *r, const struct bench *b)
{
	uint64_t dice = BENCH_SEED;
	client_relay_init(&r->relay, b);
	r->logs = client_logs(LOGS, &dice);
	for (size_t i = 0; i < WRITERS; i++)
		r->w[i].log = r->logs[log_of(i)];
}

static int check(const struct run *r)
{
	const char *argv[] = {r->relay.b->relay, "check", "-d", r->relay.data, NULL};
	return bench_wait(bench_spawn(r->relay.b, "check", argv, -1));
}

static void print(struct run *r, uint64_t rounds, struct bench_times *starts)
{
	uint64_t stored = 0;
	for (size_t i = 0; i < LOGS; i++)
		stored += r->logs[i].seq;
	(void)printf("%d writers, %d logs, SIGKILL 20 to 200 ms after they begin, seed %d\n"
		     "%8s %14s %14s %10s %10s %10s %10s %18s\n"
		     "%8llu %14llu %14llu %10llu %10llu %10llu %10llu %11.0f (%.0f) ms\n",
		     WRITERS, LOGS, BENCH_SEED, "kills", "acknowledged", "of them again", "stored",
		     "lost", "twice", "otherwise", "start p50 (most)", (unsigned long long)rounds,
		     (unsigned long long)r->acked, (unsigned long long)r->again,
		     (unsigned long long)stored, (unsigned long long)r->lost,
		     (unsigned long long)r->twice, (unsigned long long)r->other,
		     1e3 * bench_quantile(starts, .5), 1e3 * bench_quantile(starts, 1));
}

void relay_kill(struct bench *b)
{
	struct bench_times starts = {0}, disk = {0};
	uint64_t dice = BENCH_SEED;
	const uint64_t rounds = b->rounds ? b->rounds : ROUNDS;
	struct run *r = calloc(1, sizeof *r);
	if (!r)
		bench_fail("out of memory");
	begin(r, b);
	(void)signal(SIGALRM, on_alarm);
	for (uint64_t i = 0; i < rounds; i++) {
		bench_add(&starts, client_relay_start(&r->relay));
		look(r);
		write_and_kill(r, (suseconds_t)(20 + instrument_random(&dice) % 180) * 1000);
	}
	(void)client_relay_start(&r->relay);
	look(r);
	client_relay_stop(&r->relay, SIGTERM);
	bench_disk(b, &disk);
	print(r, rounds, &starts);
	bench_disk_print(&disk);
	if (r->lost || r->twice || r->other || check(r) != 0)
		bench_fail("what was acknowledged is not what is stored");
	free(r->logs);
	free(r);
}
