/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that keep logs of 4 KiB cells on disk before they answer: the relay, Redis, PostgreSQL.
 * Each is started with its data in the folder of the run, and spoken to over TCP on loopback by the
 * bytes of its own protocol, without a client library. */
#ifndef RELAY_PEER_H
#define RELAY_PEER_H

#include "relay_client.h"

enum {
	PEER_REQUEST_MAX = CLIENT_REQUEST_MAX,
	PEER_ANSWER_MAX = 4096,
};

/* struct peer_writer: who appends to a log of its own or to one that others write as well. seq is
 * the sequence that its next cell is to have. log: of the relay; ahead (may be NULL): requests to
 * the relay that were made before, each ahead_len bytes, the first of them for sequence 1. */
struct peer_writer {
	uint64_t id, log_id, seq;
	uint64_t cells, stored; /* made, and stored, so far */
	struct client_log log;
	const uint8_t *ahead;
	size_t ahead_len;
};

enum peer_answer { PEER_STORED, PEER_LOST };

/* struct peer: start returns false if the server is not installed. greet makes a new connection
 * ready. The rest is as in relay_load.h, answer saying what became of the writer's cell, whose seq
 * is moved. */
struct peer {
	const struct peer_ops {
		const char *name;
		bool (*start)(struct peer *p);
		void (*stop)(struct peer *p);
		void (*greet)(int fd);
		size_t (*request)(const struct peer *p, struct peer_writer *w, uint8_t *out);
		size_t (*whole)(const uint8_t *in, size_t len);
		enum peer_answer (*answer)(struct peer_writer *w, struct slice in);
	} * ops;
	const struct bench *b;
	uint16_t port;
	pid_t pid;
	struct client_relay relay;
};

extern const struct peer_ops peer_relay, peer_redis, peer_postgres;

/* peer_cell makes the writer's next cell. */
void peer_cell(struct peer_writer *w, uint8_t cell[WIRE_CELL_LEN]);

#endif
