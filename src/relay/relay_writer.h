/* SPDX-License-Identifier: Apache-2.0 */
/* The one thread that writes to a store. What many threads hand in is stored together (group
 * commit): while one batch goes to disk, the next one gathers. A job is answered after it is on
 * disk, never before. A store that fails ends all writing. */
#ifndef RELAY_WRITER_H
#define RELAY_WRITER_H

#include "relay_log.h"

enum {
	RELAY_QUEUE_MAX = 8192, /* jobs that wait */
	RELAY_BATCH_MAX = 1024, /* of them that are stored together */
	RELAY_EXPIRE_N = 64,    /* cells that are forgotten together: some 10 ms */
};

/* RELAY_CLOCK_MIN: 1 January 2026. */
#define RELAY_CLOCK_MIN (INT64_C(20454) * 24 * 60 * 60)

/* struct relay_job: an append that waits. It and what it borrows stay where they are until done is
 * called, once, in the writer's thread; then it is the caller's again, who may free it there. If
 * its status is WIRE_BUSY, nobody knows whether it was stored, and of the other results none is
 * set. done must not wait and must not call the writer, but for relay_writer_append. */
struct relay_job {
	struct relay_append append;
	void (*done)(struct relay_job *job);
	void *user;             /* the caller's */
	struct relay_job *next; /* the writer's */
};

/* struct relay_clock: seconds since 1970. */
struct relay_clock {
	int64_t (*now)(void *user);
	void *user;
};

/* struct relay_writer_calls: what the writer's thread calls. changed (may be NULL): this log has
 * new cells, on disk; before the done of the job that stored the last one. failed: the store
 * failed; once, after it nothing is stored any more and the process should end. */
struct relay_writer_calls {
	void (*changed)(void *user, const uint8_t address[CRYPTO_HASH_LEN]);
	void (*failed)(void *user, struct sr_err e);
	void *user;
};

struct relay_writer;

/* relay_writer_open starts the thread. store, and what clock and calls point to, must outlive it;
 * nobody else may call the store's append, expire, tokens or tidy meanwhile. SR_E_STATE: the clock
 * is before RELAY_CLOCK_MIN; SR_E_NOMEM; SR_E_IO. */
SR_MUST struct sr_err relay_writer_open(struct relay_store *store, const struct relay_clock *clock,
					const struct relay_writer_calls *calls,
					struct relay_writer **out);

/* relay_writer_append hands in a job; any thread. SR_E_LIMIT: too many wait. SR_E_STATE: the writer
 * is being closed, or the store failed. On failure done is not called. */
SR_MUST struct sr_err relay_writer_append(struct relay_writer *w, struct relay_job *job);

/* relay_writer_waiting returns how many jobs wait now; any thread. */
size_t relay_writer_waiting(struct relay_writer *w);

/* relay_writer_close takes no more jobs, finishes those that wait, ends the thread and frees w; not
 * from within a callback. NULL is fine. */
void relay_writer_close(struct relay_writer *w);

#endif
