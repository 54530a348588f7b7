/* SPDX-License-Identifier: Apache-2.0 */
/* How often things happened: totals that name nobody. */
#ifndef RELAY_COUNT_H
#define RELAY_COUNT_H

#include "build.h"
#include "relay_log.h"

#include <stdatomic.h>

enum { RELAY_STATUSES = WIRE_CLASS + 1 };

/* What was refused or cut off because there was too much of it. */
enum relay_limit {
	RELAY_LIMIT_CONNECTIONS, /* closed so that another one could come in */
	RELAY_LIMIT_POLLS,       /* not allowed to wait */
	RELAY_LIMIT_ANSWERS,     /* refused: too many cells were on their way */
	RELAY_LIMIT_QUEUE,       /* appends refused: too many waited */
	RELAY_LIMIT_STORE,       /* appends given up: the store took too long */
	RELAY_LIMIT_SLOW,        /* closed: the client was too slow */
	RELAY_LIMITS
};

/* struct relay_count: any thread may change it at any time. */
struct relay_count {
	atomic_uint_least64_t appends[RELAY_STATUSES], reads[RELAY_STATUSES]; /* answered so */
	atomic_uint_least64_t refused; /* requests that HTTP's status refused */
	atomic_uint_least64_t limits[RELAY_LIMITS];
	atomic_uint_least64_t cells_read;
	atomic_uint_least64_t connections, polls, answer_bytes; /* now */
};

/* relay_limit_name returns a name of letters and underscores. */
const char *relay_limit_name(enum relay_limit limit);

/* relay_count_write appends all of it in Prometheus' text format, version 0.0.4, with the store's
 * counts and the number of appends that wait. */
void relay_count_write(const struct relay_count *c, const struct relay_counts *store,
		       size_t waiting, struct build *out);

#endif
