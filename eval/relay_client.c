/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_client.h"

#include "instrument.h"
#include "platform.h"
#include "wire_relay.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- The program ---- */

static void take_key(struct client_relay *r, int fd)
{
	char text[512];
	size_t n;
	struct wire_relay address;
	bench_must(platform_read_full(fd, text, sizeof text, &n));
	n -= n && text[n - 1] == '\n';
	bench_must(wire_relay_read(slice_make(text, n), &address));
	memcpy(r->key, address.key, sizeof r->key);
}

void client_relay_init(struct client_relay *r, const struct bench *b)
{
	int ends[2];
	*r = (struct client_relay){.b = b, .port = bench_port()};
	bench_path(b, "relay", r->data);
	(void)snprintf(r->listen, sizeof r->listen, "127.0.0.1:%u", (unsigned)r->port);
	if (pipe(ends) != 0)
		bench_fail("no pipe");
	const char *argv[] = {b->relay, "init", "-d", r->data, "-l", r->listen, NULL};
	const pid_t pid = bench_spawn(b, "relay", argv, ends[1]);
	(void)close(ends[1]);
	if (bench_wait(pid) != 0)
		bench_fail("no relay can be made: is --relay its program?");
	take_key(r, ends[0]);
	(void)close(ends[0]);
}

double client_relay_start(struct client_relay *r)
{
	static const char ask[] = "GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n";
	const char *argv[] = {r->b->relay,          "run",  "-d", r->data, "-l", r->listen,
			      r->set ? "-s" : NULL, r->set, NULL};
	uint8_t answer[CLIENT_ANSWER_MAX];
	const double start = bench_now_s();
	r->pid = bench_spawn(r->b, "relay", argv, -1);
	const int fd = bench_connect(r->port);
	if (!client_ask(fd, (const uint8_t *)ask, sizeof ask - 1, answer, sizeof answer))
		bench_fail("the relay is not healthy");
	(void)close(fd);
	return bench_now_s() - start;
}

void client_relay_stop(struct client_relay *r, int sig)
{
	bench_stop(r->pid, sig);
	r->pid = 0;
}

double client_relay_memory(const struct client_relay *r)
{
	static const char name[] = "VmRSS:";
	char path[64], line[256];
	unsigned long long kib = 0;
	(void)snprintf(path, sizeof path, "/proc/%d/status", (int)r->pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, name, sizeof name - 1))
			kib = strtoull(line + sizeof name - 1, NULL, 10);
	if (!f || !kib)
		bench_fail("the relay's memory cannot be seen");
	(void)fclose(f);
	return (double)kib * 1024;
}

/* ---- Logs ---- */

static void draw_key(uint64_t *dice, struct crypto_key *key, uint8_t public_key[CRYPTO_PUBLIC_LEN])
{
	uint64_t seed[CRYPTO_KEY_LEN / sizeof(uint64_t)];
	for (size_t i = 0; i < sizeof seed / sizeof *seed; i++)
		seed[i] = instrument_random(dice);
	bench_must(crypto_key_copy(key, slice_make(seed, sizeof seed)));
	crypto_public_key(key, public_key);
}

struct client_log *client_logs(size_t n, uint64_t *dice)
{
	struct client_log *logs = calloc(n, sizeof *logs);
	if (!logs)
		bench_fail("out of memory");
	for (struct client_log *l = logs; l < logs + n; l++) {
		draw_key(dice, &l->write, l->log.write_key);
		draw_key(dice, &l->read, l->log.read_key);
		l->log.class = WIRE_DAYS_30;
		wire_address(&l->log, l->address);
		client_reset(l);
	}
	return logs;
}

void client_cell(uint64_t a, uint64_t b, uint8_t cell[WIRE_CELL_LEN])
{
	uint64_t words[WIRE_CELL_LEN / sizeof(uint64_t)] = {a, b};
	uint64_t dice = a << 32 ^ b ^ BENCH_SEED;
	for (size_t i = 2; i < sizeof words / sizeof *words; i++)
		words[i] = instrument_random(&dice);
	memcpy(cell, words, sizeof words);
}

void client_cell_read(const uint8_t cell[WIRE_CELL_LEN], uint64_t *a, uint64_t *b)
{
	memcpy(a, cell, sizeof *a);
	memcpy(b, cell + sizeof *a, sizeof *b);
}

void client_step(struct client_log *l, const uint8_t cell[WIRE_CELL_LEN])
{
	wire_chain_next(l->chain, ++l->seq, cell, l->chain);
}

/* ---- Requests and answers ---- */

static size_t put_headers(const char *path, size_t body_len, uint8_t *out)
{
	return (size_t)snprintf((char *)out, CLIENT_REQUEST_MAX - WIRE_APPEND_LEN,
				"POST %s HTTP/1.1\r\nHost: relay\r\n"
				"Content-Type: application/octet-stream\r\n"
				"Content-Length: %zu\r\n\r\n",
				path, body_len);
}

size_t client_append(const struct client_relay *r, const struct client_log *l,
		     const uint8_t cell[WIRE_CELL_LEN], uint8_t out[CLIENT_REQUEST_MAX])
{
	struct wire_append a = {.log = l->log, .seq = l->seq + 1, .cell = cell};
	const size_t n = put_headers("/v1/append", WIRE_APPEND_LEN, out);
	memcpy(a.before, l->chain, sizeof a.before);
	wire_append_sign(&a, r->key, &l->write);
	wire_append_put(&a, out + n);
	return n + WIRE_APPEND_LEN;
}

size_t client_read(const struct client_relay *r, const struct client_log *l, uint64_t from,
		   uint8_t cells, uint16_t wait_s, uint8_t out[CLIENT_REQUEST_MAX])
{
	struct wire_read a = {.log = l->log,
			      .from = from,
			      .wait_s = wait_s,
			      .cells = cells,
			      .time = (uint64_t)platform_now()};
	const size_t n = put_headers("/v1/read", WIRE_READ_LEN, out);
	wire_read_sign(&a, r->key, &l->read);
	wire_read_put(&a, out + n);
	return n + WIRE_READ_LEN;
}

/* body_of returns where the body begins, NULL: the headers are not all there. */
static const uint8_t *body_of(const uint8_t *in, size_t len)
{
	const uint8_t *end = memmem(in, len, "\r\n\r\n", 4);
	return end ? end + 4 : NULL;
}

size_t client_whole(const uint8_t *in, size_t len)
{
	static const char name[] = "Content-Length: ";
	const uint8_t *body = body_of(in, len);
	if (!body)
		return 0;
	const uint8_t *at = memmem(in, (size_t)(body - in), name, sizeof name - 1);
	if (!at)
		bench_fail("an answer without a length");
	const size_t whole =
		(size_t)(body - in) + strtoul((const char *)at + sizeof name - 1, NULL, 10);
	return whole <= len ? whole : 0;
}

void client_answer(struct slice in, struct wire_head *head, const uint8_t **cells)
{
	const uint8_t *body = body_of(in.ptr, in.len);
	if (!body || in.ptr + in.len - body < WIRE_HEAD_LEN)
		bench_fail("an answer that is none of a relay");
	bench_must(wire_head_take(slice_make(body, WIRE_HEAD_LEN), head));
	if (cells)
		*cells = body + WIRE_HEAD_LEN;
}

size_t client_ask(int fd, const uint8_t *request, size_t len, uint8_t *buf, size_t cap)
{
	if (sr_bad(platform_write_all(fd, request, len)))
		return 0;
	for (size_t got = 0, whole; got < cap;) {
		const ssize_t n = recv(fd, buf + got, cap - got, 0);
		if (n <= 0)
			return 0;
		got += (size_t)n;
		if ((whole = client_whole(buf, got)))
			return whole;
	}
	bench_fail("an answer is too long");
}

void client_reset(struct client_log *l)
{
	l->seq = 0;
	wire_chain_start(l->address, l->chain);
}

void client_read_on(const struct client_relay *r, struct client_log *l,
		    void (*each)(void *user, const uint8_t cell[WIRE_CELL_LEN]), void *user)
{
	static uint8_t in[CLIENT_ANSWER_MAX + WIRE_CELLS_MAX * WIRE_CELL_LEN];
	uint8_t request[CLIENT_REQUEST_MAX];
	struct wire_head head;
	const uint8_t *cells;
	const int fd = bench_connect(r->port);
	do {
		const size_t n = client_read(r, l, l->seq + 1, WIRE_CELLS_MAX, 0, request);
		client_answer(slice_make(in, client_ask(fd, request, n, in, sizeof in)), &head,
			      &cells);
		for (size_t i = 0; i < head.cells_n; i++) {
			client_step(l, cells + i * WIRE_CELL_LEN);
			if (each)
				each(user, cells + i * WIRE_CELL_LEN);
		}
		if (head.seq != l->seq || memcmp(head.chain, l->chain, sizeof l->chain) != 0)
			bench_fail("cells that do not lead to what the relay signed");
		bench_must(wire_head_check(&head, r->key));
	} while (head.cells_n);
	(void)close(fd);
}
