/* SPDX-License-Identifier: Apache-2.0 */
/* The same work on every core. 0 .. n-1 is cut into slices of a fixed length, which threads take in
 * ascending order; the slices do not depend on how many threads there are, so neither does a
 * result that depends on the slice alone. Threads live within one call of parallel_run. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include "err.h"

#include <stddef.h>

/* struct parallel: run does from .. to-1 and is called from several threads at once, which tell
 * themselves apart by their number: below parallel_threads. What it allocates and writes must be
 * its own. */
struct parallel {
	size_t n, slice_n;    /* slice_n > 0 (asserted): how many make a thread worth its while */
	unsigned threads_max; /* 0: as many as there are cores */
	struct sr_err (*run)(void *user, unsigned thread, size_t from, size_t to);
	void *user;
};

/* parallel_threads returns how many threads the work gets: one a core that this process may use, no
 * more than slices, threads_max and LIMIT_THREADS; at least 1. */
unsigned parallel_threads(const struct parallel *p);

/* parallel_run does all of the work, the caller's thread being one of them, and returns when no
 * other is left. A thread that the system refuses is done without. An error ends the work; it is
 * that of the first slice which has one, whatever the number of threads, and all before it were
 * done. Signals keep going to the caller's threads. */
SR_MUST struct sr_err parallel_run(const struct parallel *p);

#endif
