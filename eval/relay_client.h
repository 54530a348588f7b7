/* SPDX-License-Identifier: Apache-2.0 */
/* A relay that is started for a table, and what its clients say to it. They make whole requests
 * ahead where they can, and verify no signature: what is measured is the relay. */
#ifndef RELAY_CLIENT_H
#define RELAY_CLIENT_H

#include "relay_bench.h"
#include "wire.h"

enum {
	CLIENT_REQUEST_MAX = 256 + WIRE_APPEND_LEN,
	CLIENT_ANSWER_MAX = 1024 + WIRE_HEAD_LEN, /* without cells */
};

/* struct client_relay: the program, its folder and where it is. pid 0: it does not run. set: NULL,
 * or KEY=VALUE of its configuration. */
struct client_relay {
	const struct bench *b;
	char data[BENCH_PATH_LEN], listen[32];
	uint16_t port;
	pid_t pid;
	const char *set;
	uint8_t key[CRYPTO_PUBLIC_LEN];
};

/* client_relay_init makes a relay with an empty store; client_relay_start starts it and returns
 * how many seconds it took until /healthz was answered. client_relay_stop ends it by a signal. */
void client_relay_init(struct client_relay *r, const struct bench *b);
double client_relay_start(struct client_relay *r);
void client_relay_stop(struct client_relay *r, int sig);

/* client_relay_memory returns the program's resident bytes. */
double client_relay_memory(const struct client_relay *r);

/* struct client_log: a log, and the sequence and chain that its next cell goes behind. */
struct client_log {
	struct crypto_key write, read;
	struct wire_log log;
	uint8_t address[CRYPTO_HASH_LEN];
	uint64_t seq;
	uint8_t chain[CRYPTO_HASH_LEN];
};

/* client_logs makes n empty logs from dice. They are never released. */
struct client_log *client_logs(size_t n, uint64_t *dice);

/* client_cell fills a cell that no other a and b give; both can be read from it. */
void client_cell(uint64_t a, uint64_t b, uint8_t cell[WIRE_CELL_LEN]);
void client_cell_read(const uint8_t cell[WIRE_CELL_LEN], uint64_t *a, uint64_t *b);

/* client_step moves a log behind the cell. */
void client_step(struct client_log *l, const uint8_t cell[WIRE_CELL_LEN]);

/* client_append, client_read write a whole request and return its length. */
size_t client_append(const struct client_relay *r, const struct client_log *l,
		     const uint8_t cell[WIRE_CELL_LEN], uint8_t out[CLIENT_REQUEST_MAX]);
size_t client_read(const struct client_relay *r, const struct client_log *l, uint64_t from,
		   uint8_t cells, uint16_t wait_s, uint8_t out[CLIENT_REQUEST_MAX]);

/* client_whole returns the length of the first whole answer in bytes, 0: it is not all there. */
size_t client_whole(const uint8_t *in, size_t len);

/* client_answer reads a whole answer's head; cells (may be NULL) are behind it. */
void client_answer(struct slice in, struct wire_head *head, const uint8_t **cells);

/* client_ask sends a request and waits for its answer, at most cap bytes in buf; 0: the connection
 * ended. */
size_t client_ask(int fd, const uint8_t *request, size_t len, uint8_t *buf, size_t cap);

/* client_reset moves a log back to its start. */
void client_reset(struct client_log *l);

/* client_read_on reads a log from where it stands to its end, and moves it along; each (may be
 * NULL) hears every cell when the log stands behind it. The relay must have signed what was read.
 */
void client_read_on(const struct client_relay *r, struct client_log *l,
		    void (*each)(void *user, const uint8_t cell[WIRE_CELL_LEN]), void *user);

#endif
