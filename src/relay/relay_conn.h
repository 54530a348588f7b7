/* SPDX-License-Identifier: Apache-2.0 */
/* The front's own: its connections. relay_front.c has threads, deadlines and stopping,
 * relay_serve.c what happens to a request. */
#ifndef RELAY_CONN_H
#define RELAY_CONN_H

#include "relay_front.h"
#include "relay_wait.h"
#include "relay_wheel.h"

#include <microhttpd.h>
#include <pthread.h>

/* Where a connection stands. */
enum relay_stage {
	RELAY_IDLE,  /* until a request's headers are here */
	RELAY_BODY,  /* until its body is */
	RELAY_WAIT,  /* suspended: for a cell */
	RELAY_STORE, /* suspended: for the disk */
	RELAY_SEND,  /* its answer is being sent */
};

/* struct relay_ask: a request, while it lasts. The connection's, but the writer's while that has
 * its job. conn is NULL if the connection gave it up meanwhile: then done frees it. */
struct relay_ask {
	struct relay_front *front;
	struct relay_conn *conn;
	enum relay_route route;
	struct relay_job job; /* of an append */
	union {
		struct relay_append_request append;
		struct relay_read_request read;
	};
	uint64_t until; /* of a read that has waited: tick; else 0 */
	size_t len;     /* of body, so far */
	uint8_t body[];
};

/* struct relay_conn: a connection of libmicrohttpd's. The front's lock guards stage, timer, late,
 * idle and waiter; ask belongs to the connection's thread unless it is suspended. Invariants:
 * timer is set, unless it has fired or the connection is about to be resumed; waiter is in the
 * front's table exactly in RELAY_WAIT, and idle in its ring in RELAY_IDLE and RELAY_BODY. */
struct relay_conn {
	struct relay_worker *worker;
	struct MHD_Connection *mhd;
	int fd;
	enum relay_stage stage;
	struct relay_timer timer;
	struct relay_waiter waiter;
	struct relay_ring idle;
	bool late;           /* the deadline of this request's stage is over */
	unsigned requests_n; /* begun so far */
	struct relay_ask *ask;
};

/* struct relay_worker: a thread, its daemon and its reader. */
struct relay_worker {
	struct relay_front *front;
	struct MHD_Daemon *daemon;
	struct relay_reader *reader;
	atomic_uint connections;
};

struct relay_front {
	struct relay_front_options o;
	struct relay_count count;
	struct relay_writer *writer;
	struct relay_worker worker[RELAY_THREADS_MAX];
	atomic_uint_least64_t draws;
	pthread_t thread;
	int listen_fd, wake_fd;
	bool started;

	pthread_mutex_t lock; /* of all that follows, and of connections as above */
	pthread_cond_t ended; /* asks_n or resuming_n became 0 while stopping */
	struct relay_wheel wheel;
	struct relay_wait wait;
	struct relay_ring idle; /* connections that ask for nothing, longest first */
	size_t asks_n;
	size_t resuming_n; /* connections that are in no table, and suspended still */
	bool stopping;
};

void relay_front_lock(struct relay_front *f);
void relay_front_unlock(struct relay_front *f);

/* relay_conn_enter lets a connection's stage begin; with the lock. */
void relay_conn_enter(struct relay_conn *c, enum relay_stage stage, uint64_t ticks);

/* relay_conn_take moves a suspended connection that is in no table to a list of those that are to
 * be resumed; with the lock. relay_conn_resume resumes all of a list; without it. */
void relay_conn_take(struct relay_conn *c, struct relay_ring *out);
void relay_conn_resume(struct relay_front *f, struct relay_ring *list);

/* relay_draw writes 32 bytes that nobody can foresee. */
void relay_draw(struct relay_front *f, uint8_t out[CRYPTO_KEY_LEN]);

/* relay_serve is libmicrohttpd's MHD_AccessHandlerCallback, user being the worker, and *context the
 * connection once a request of it has begun. relay_serve_end is its
 * MHD_RequestCompletedCallback. */
enum MHD_Result relay_serve(void *user, struct MHD_Connection *mhd, const char *path,
			    const char *method, const char *version, const char *data, size_t *len,
			    void **context);
void relay_serve_end(void *user, struct MHD_Connection *mhd, void **context,
		     enum MHD_RequestTerminationCode code);

#endif
