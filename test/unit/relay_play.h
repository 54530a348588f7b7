/* SPDX-License-Identifier: Apache-2.0 */
/* A relay's front in this process, on a port of loopback, with a store in a folder of its own; and
 * a client that speaks by bare sockets, so that it can also speak badly. */
#ifndef RELAY_PLAY_H
#define RELAY_PLAY_H

#include "relay_front.h"
#include "relay_wheel.h"

#include <stdatomic.h>

/* PLAY_PATIENCE_MS: for whatever has to happen; a machine may be slow and busy. */
enum { PLAY_PATH_LEN = 256, PLAY_HEAD_MAX = 1024, PLAY_PATIENCE_MS = 60 * 1000 };

/* struct play: a relay. What is set before play_start is kept. */
struct play {
	struct relay_front_limits limits;
	struct relay_rules rules;
	unsigned classes;
	/* Stands between front and writer and the store. */
	struct relay_store *(*wrap)(struct relay_store *inner);
	const char *tls_key, *tls_certificate;

	char folder[PLAY_PATH_LEN], path[PLAY_PATH_LEN + 16];
	struct crypto_key key;
	uint8_t public_key[CRYPTO_PUBLIC_LEN];
	struct relay_store *store;
	struct relay_writer *writer;
	struct relay_front *front;
	struct relay_clock clock;
	struct relay_writer_calls calls;
	uint16_t port;
	atomic_int failures;
	atomic_llong clock_ahead_s; /* of the system's */
};

/* play_init sets what is usual for a test, and makes folder, key and store. play_start serves;
 * play_stop ends that, and play_end removes everything. */
void play_init(struct play *p);
void play_start(struct play *p);
void play_stop(struct play *p);
void play_end(struct play *p);

/* struct play_log: a log's keys. */
struct play_log {
	struct crypto_key write, read;
	struct wire_log log;
	uint8_t address[CRYPTO_HASH_LEN];
};
void play_log_make(struct play_log *l);
void play_log_end(struct play_log *l);

/* play_append makes the body of an append of a cell that is filled with byte; the chain before it
 * is before. play_read makes that of a read. */
void play_append(const struct play *p, const struct play_log *l, uint64_t seq,
		 const uint8_t before[CRYPTO_HASH_LEN], uint8_t byte,
		 uint8_t body[WIRE_APPEND_LEN]);
void play_read(const struct play *p, const struct play_log *l, uint64_t from, uint8_t cells,
	       uint16_t wait_s, uint8_t body[WIRE_READ_LEN]);

/* struct play_answer: body is the caller's to free. status 0: the connection ended before an answer
 * was whole. */
struct play_answer {
	unsigned status;
	char head[PLAY_HEAD_MAX];
	size_t head_len, body_len;
	bool closes;
	uint8_t *body;
	struct wire_head wire; /* if body begins with one: wire.status is not 0 */
};

/* play_connect returns a socket, -1: refused. play_send writes all it can. play_receive reads one
 * answer; nothing is read beyond it. play_free frees its body. */
int play_connect(const struct play *p);
bool play_send(int fd, const void *ptr, size_t len);
void play_receive(int fd, struct play_answer *out);
void play_free(struct play_answer *a);

/* play_request sends a request with a body; play_ask does so and reads the answer; play_once on a
 * connection of its own. */
bool play_request(int fd, const char *path, const void *body, size_t len);
void play_ask(int fd, const char *path, const void *body, size_t len, struct play_answer *out);
void play_once(const struct play *p, const char *path, const void *body, size_t len,
	       struct play_answer *out);

extern const char play_append_path[], play_read_path[];

/* struct play_head: where a log stands, as a client follows it. play_head_start begins, and
 * play_head_step goes behind a cell that is filled with byte. */
struct play_head {
	uint64_t seq;
	uint8_t chain[CRYPTO_HASH_LEN];
};
void play_head_start(const struct play_log *l, struct play_head *h);
void play_head_step(struct play_head *h, uint8_t byte);

/* play_add appends such a cell; false: it was not stored. play_ask_read reads. */
bool play_add(const struct play *p, const struct play_log *l, struct play_head *h, uint8_t byte);
void play_ask_read(const struct play *p, const struct play_log *l, uint64_t from, uint8_t cells,
		   uint16_t wait_s, struct play_answer *a);

/* play_signed tells whether the relay signed an answer's head, play_says_nothing whether the head
 * says nothing of any log. */
bool play_signed(const struct play *p, const struct play_answer *a);
bool play_says_nothing(const struct play_answer *a);

void play_nap(long ms);

/* play_ended tells whether the other side ends the connection within ms. */
bool play_ended(int fd, int ms);

/* play_wait waits until *n has this value; false: it never had. */
bool play_wait(const atomic_uint_least64_t *n, uint64_t value);

#endif
