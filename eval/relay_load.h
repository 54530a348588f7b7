/* SPDX-License-Identifier: Apache-2.0 */
/* Load by one thread: many connections, each with one request under way at a time. */
#ifndef RELAY_LOAD_H
#define RELAY_LOAD_H

#include "slice.h"

/* struct load_calls: who asks. next writes a connection's next request and returns its length; 0:
 * it has none now. whole returns the length of the first whole answer in bytes, 0: it is not all
 * there. answer hears it, and when its request was begun, by bench_now_s. */
struct load_calls {
	size_t (*next)(void *user, size_t conn, uint8_t *out);
	size_t (*whole)(const uint8_t *in, size_t len);
	void (*answer)(void *user, size_t conn, struct slice in, double since);
	void *user;
};

struct load;

/* load_open takes n connected sockets, whose answers are at most answer_max bytes and requests
 * request_max. load_close closes them. */
struct load *load_open(const int *fds, size_t n, size_t request_max, size_t answer_max);
void load_close(struct load *l);

/* load_run lets the connections ask, at most active of them at a time, one after the other, each
 * until it has no more. It returns when all have come to that, or stop was called, or until (by
 * bench_now_s) has come; how many connections were ended by the other side. After stop answers may
 * be under way: the load can only be closed. After until they may be as well: another run goes on
 * with them. */
size_t load_run(struct load *l, const struct load_calls *c, size_t active, double until);
void load_stop(struct load *l);

/* load_kick lets one connection ask, from within answer. */
void load_kick(struct load *l, size_t conn);

#endif
