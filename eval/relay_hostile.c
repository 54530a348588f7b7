/* SPDX-License-Identifier: Apache-2.0 */
/* Honest clients, one append and one read after the other, a pause between them, for two seconds
 * alone and for two seconds beside a process that does its worst a thousand times a second: bytes
 * of headers one by one over connections that are held, bodies that stop halfway, bodies and
 * headers that are too long, many requests at once whose answers are never read, and random bytes.
 */
#include "relay_client.h"

#include "instrument.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ROUNDS = 7,
	LOGS = 16,
	WINDOW_MS = 2000,
	PAUSE_US = 2000,
	BAD_US = 1000,
	HELD = 300, /* connections of each kind */
	PIPELINED = 50,
	LONG_LEN = 16 * 1024,
};

/* ---- The hostile ones ---- */

enum kind { SLOW, HALF, LONG_BODY, LONG_HEADERS, MANY, RANDOM, KINDS };

/* struct hostile: connections of each kind; the oldest gives way to a new one. */
struct hostile {
	uint16_t port;
	int fd[KINDS][HELD];
	size_t at[KINDS];
	uint64_t dice;
	uint8_t bytes[LONG_LEN];
};

/* throw sends what the system takes at once. */
static bool throw(int fd, const void *ptr, size_t len)
{
	return send(fd, ptr, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno == EAGAIN;
}

/* slow sends one more byte, on a new connection where there is none. */
static void slow(struct hostile *h)
{
	static const char text[] = "POST /v1/append HTTP/1.1\r\nHost: relay\r\nX: ";
	const size_t n = h->at[SLOW]++, i = n % HELD, k = n / HELD;
	int *fd = &h->fd[SLOW][i];
	if (*fd < 0)
		*fd = bench_try(h->port);
	if (*fd >= 0 && !throw(*fd, k < sizeof text - 1 ? text + k : "x", 1)) {
		(void)close(*fd);
		*fd = -1;
	}
}

static int renew(struct hostile *h, enum kind kind)
{
	int *fd = &h->fd[kind][h->at[kind]++ % HELD];
	if (*fd >= 0)
		(void)close(*fd);
	*fd = bench_try(h->port);
	return *fd;
}

static void attack(struct hostile *h, enum kind kind)
{
	static const char half[] = "POST /v1/append HTTP/1.1\r\nHost: relay\r\n"
				   "Content-Length: 4298\r\n\r\nhalf of it";
	static const char body[] = "POST /v1/append HTTP/1.1\r\nHost: relay\r\n"
				   "Content-Length: 1000000000\r\n\r\n";
	static const char headers[] = "POST /v1/read HTTP/1.1\r\nHost: relay\r\nX: ";
	static const char read[] = "POST /v1/read HTTP/1.1\r\nHost: relay\r\n"
				   "Content-Length: 149\r\n\r\n";
	if (kind == SLOW) {
		slow(h);
		return;
	}
	const int fd = renew(h, kind);
	if (fd < 0)
		return;
	if (kind == HALF)
		(void) throw(fd, half, sizeof half - 1);
	if (kind == LONG_BODY)
		(void) throw(fd, body, sizeof body - 1);
	if (kind == LONG_HEADERS)
		(void) throw(fd, headers, sizeof headers - 1);
	for (size_t i = 0; kind == MANY && i < PIPELINED; i++)
		if (throw(fd, read, sizeof read - 1))
			(void) throw(fd, h->bytes, WIRE_READ_LEN);
	if (kind == LONG_BODY || kind == LONG_HEADERS || kind == RANDOM)
		(void) throw(fd, h->bytes, sizeof h->bytes);
}

static _Noreturn void be_hostile(uint16_t port)
{
	static struct hostile h = {.dice = BENCH_SEED};
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	h.port = port;
	memset(h.fd, -1, sizeof h.fd);
	for (size_t n = 0;; n++) {
		for (size_t i = 0; i < sizeof h.bytes && n % 64 == 0; i++)
			h.bytes[i] = (uint8_t)instrument_random(&h.dice);
		attack(&h, (enum kind)(n % KINDS));
		(void)usleep(BAD_US);
	}
}

/* ---- The honest ones ---- */

struct honest {
	struct client_relay relay;
	struct client_log *logs;
	int fd[LOGS];
	size_t n;
};

/* ask returns how long it took. */
static double ask(struct honest *h, size_t i, const uint8_t *request, size_t len,
		  struct wire_head *head)
{
	uint8_t in[CLIENT_ANSWER_MAX + WIRE_CELL_LEN];
	const double start = bench_now_s();
	const size_t got = client_ask(h->fd[i], request, len, in, sizeof in);
	const double took = bench_now_s() - start;
	if (!got)
		bench_fail("the relay ended an honest client's connection");
	client_answer(slice_make(in, got), head, NULL);
	if (head->status != WIRE_OK)
		bench_fail("the relay refuses an honest client");
	return took;
}

static void window(struct honest *h, struct bench_times *appends, struct bench_times *reads)
{
	uint8_t request[CLIENT_REQUEST_MAX], cell[WIRE_CELL_LEN];
	struct wire_head head;
	const double until = bench_now_s() + WINDOW_MS / 1e3;
	while (bench_now_s() < until) {
		const size_t i = h->n++ % LOGS;
		struct client_log *l = &h->logs[i];
		client_cell(i, l->seq, cell);
		size_t len = client_append(&h->relay, l, cell, request);
		bench_add(appends, ask(h, i, request, len, &head));
		client_step(l, cell);
		len = client_read(&h->relay, l, l->seq, 1, 0, request);
		bench_add(reads, ask(h, i, request, len, &head));
		(void)usleep(PAUSE_US);
	}
}

enum { ALONE, BESIDE, WINDOWS };

/* struct side: p50 and p99 of each window, in ms. */
struct side {
	struct bench_times p50, p99;
};

static void note_window(struct side *s, struct bench_times *t)
{
	bench_add(&s->p50, 1e3 * bench_quantile(t, .5));
	bench_add(&s->p99, 1e3 * bench_quantile(t, .99));
	t->n = 0;
}

static void print(const char *what, struct side s[WINDOWS], struct bench_times *ratios)
{
	(void)printf("%-8s %10.2f %10.2f %10.2f %10.2f | %5.2f (%.2f-%.2f)   %s\n", what,
		     bench_quantile(&s[ALONE].p50, .5), bench_quantile(&s[ALONE].p99, .5),
		     bench_quantile(&s[BESIDE].p50, .5), bench_quantile(&s[BESIDE].p99, .5),
		     bench_quantile(ratios, .5), bench_quantile(ratios, 0),
		     bench_quantile(ratios, 1), bench_quantile(ratios, .5) <= 2 ? "yes" : "no");
}

static void run_round(struct honest *h, struct side appends[WINDOWS], struct side reads[WINDOWS])
{
	struct bench_times a = {0}, r = {0};
	for (int k = ALONE; k < WINDOWS; k++) {
		const pid_t pid = k == BESIDE ? fork() : 0;
		if (k == BESIDE && pid == 0)
			be_hostile(h->relay.port);
		window(h, &a, &r);
		if (pid > 0)
			bench_stop(pid, SIGKILL);
		note_window(&appends[k], &a);
		note_window(&reads[k], &r);
	}
	free(a.v);
	free(r.v);
}

static void add_ratio(struct bench_times *to, const struct side s[WINDOWS])
{
	bench_add(to, s[BESIDE].p99.v[s[BESIDE].p99.n - 1] / s[ALONE].p99.v[s[ALONE].p99.n - 1]);
}

void relay_hostile(struct bench *b)
{
	struct honest h = {0};
	struct side appends[WINDOWS] = {0}, reads[WINDOWS] = {0};
	struct bench_times append_ratios = {0}, read_ratios = {0}, disk = {0};
	uint64_t dice = BENCH_SEED;
	const uint64_t rounds = b->rounds ? b->rounds : ROUNDS;
	(void)bench_descriptors(KINDS * HELD + 100);
	client_relay_init(&h.relay, b);
	(void)client_relay_start(&h.relay);
	h.logs = client_logs(LOGS, &dice);
	for (size_t i = 0; i < LOGS; i++)
		h.fd[i] = bench_connect(h.relay.port);
	for (uint64_t i = 0; i < rounds; i++) {
		bench_disk(b, &disk);
		run_round(&h, appends, reads);
		add_ratio(&append_ratios, appends);
		add_ratio(&read_ratios, reads);
	}
	(void)printf("honest clients, alone and beside hostile ones, seed %d, %llu rounds in turn; "
		     "ms\nratio: p99 beside to p99 alone in the same round, median (least-most)\n"
		     "%-8s %10s %10s %10s %10s | ratio               <= 2\n",
		     BENCH_SEED, (unsigned long long)rounds, "", "alone p50", "p99", "beside p50",
		     "p99");
	print("append", appends, &append_ratios);
	print("read", reads, &read_ratios);
	bench_disk_print(&disk);
	client_relay_stop(&h.relay, SIGTERM);
	free(h.logs);
}
