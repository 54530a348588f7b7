/* SPDX-License-Identifier: Apache-2.0 */
/* The relay's HTTP front, by libmicrohttpd: doc/PROTOCOL.md says what it answers. Each of its
 * threads runs a daemon of libmicrohttpd with connections of its own; one more thread accepts
 * connections and watches over time. Requests that wait, for the disk or for a cell, are suspended:
 * they take memory but no thread.
 *
 * A suspended connection has no time limit in libmicrohttpd, and nobody sees its client go. So each
 * connection has, at any moment, one deadline in a wheel: for its next request, a body, the store,
 * a cell, or the sending of an answer. */
#ifndef RELAY_FRONT_H
#define RELAY_FRONT_H

#include "relay_count.h"
#include "relay_request.h"
#include "relay_writer.h"

enum {
	RELAY_THREADS_MAX = 64,
	RELAY_DEADLINE_S_MAX = 120,      /* of any kind */
	RELAY_MEMORY_PER_REQUEST = 4096, /* for a request's line and headers, and the answer's */
};

/* struct relay_front_limits: all are at least 1, except that 0 per_address is none. */
struct relay_front_limits {
	unsigned threads;
	unsigned connections; /* at most; then those go that have asked for nothing for longest */
	unsigned per_address; /* connections from one network address */
	unsigned polls;       /* requests that wait for a cell */
	unsigned requests;    /* on one connection */
	size_t answer_bytes;  /* cells in memory that are being sent */
	unsigned idle_s;      /* until a request begins, and its line and headers have come */
	unsigned body_s;      /* until its body has come */
	unsigned store_s;     /* until an append is on disk */
	unsigned send_s;      /* until an answer is sent */
	unsigned stop_s;      /* for what is under way when the front stops */
};

/* relay_front_usual returns the limits of a relay of no special size. */
struct relay_front_limits relay_front_usual(void);

/* What a front needs; all that is pointed to must outlive it. failed is called, by any of its
 * threads and perhaps often, if the store cannot be read. */
struct relay_front_options {
	struct relay_terms terms;
	struct relay_front_limits limits;
	struct relay_store *store;
	const struct relay_clock *clock;
	uint8_t seed[CRYPTO_KEY_LEN];          /* random: of filling and of spread */
	const char *tls_key, *tls_certificate; /* PEM; NULL: no TLS */
	void (*failed)(void *user, struct sr_err e);
	void *user;
};

struct relay_front;

/* relay_front_open makes a front that serves nobody yet. SR_E_NOMEM, and what the store's
 * reader_open says. */
SR_MUST struct sr_err relay_front_open(const struct relay_front_options *o,
				       struct relay_front **out);

/* relay_front_changed wakes those who wait for a log; any thread, at any time between open and
 * close. */
void relay_front_changed(struct relay_front *f, const uint8_t address[CRYPTO_HASH_LEN]);

/* relay_front_start serves whoever connects to listen_fd, which listens, does not block, and is the
 * front's from now on, even on failure: SR_E_IO. writer must live until relay_front_stop has
 * returned, and be closed before relay_front_close. */
SR_MUST struct sr_err relay_front_start(struct relay_front *f, struct relay_writer *writer,
					int listen_fd);

/* relay_front_count returns the front's counts, valid until relay_front_close. */
const struct relay_count *relay_front_count(const struct relay_front *f);

/* relay_front_stop accepts nobody any more, answers all who wait, gives what is under way stop_s
 * seconds, and ends all connections and threads. */
void relay_front_stop(struct relay_front *f);

/* relay_front_close frees a front that was never started, or has stopped. NULL is fine. */
void relay_front_close(struct relay_front *f);

#endif
