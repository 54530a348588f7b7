/* SPDX-License-Identifier: Apache-2.0 */
#include "base_parallel.h"

#include "base_limits.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

/* next is taken in ascending order: when a slice fails, all before it are done or being done. */
struct work {
	const struct parallel *p;
	atomic_size_t next;
	atomic_bool failed;
};

struct worker {
	struct work *work;
	pthread_t thread;
	unsigned number;
	size_t failed_from; /* the slice that failed, if err is bad */
	struct sr_err err;
};

static size_t slices_n(const struct parallel *p)
{
	assert(p->slice_n > 0);
	return p->n / p->slice_n + (p->n % p->slice_n != 0);
}

static unsigned cores(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

unsigned parallel_threads(const struct parallel *p)
{
	unsigned n = cores();
	n = n < LIMIT_THREADS ? n : LIMIT_THREADS;
	if (p->threads_max && p->threads_max < n)
		n = p->threads_max;
	if (slices_n(p) < n)
		n = (unsigned)slices_n(p);
	return n ? n : 1;
}

static void *work_on(void *arg)
{
	struct worker *w = arg;
	const struct parallel *p = w->work->p;
	while (!atomic_load(&w->work->failed)) {
		size_t slice = atomic_fetch_add(&w->work->next, 1);
		if (slice >= slices_n(p))
			break;
		size_t from = slice * p->slice_n, left = p->n - from;
		w->err = p->run(p->user, w->number, from,
				from + (left < p->slice_n ? left : p->slice_n));
		if (sr_bad(w->err)) {
			w->failed_from = from;
			atomic_store(&w->work->failed, true);
		}
	}
	return NULL;
}

/* start returns how many of n workers run, the first one being the caller. A signal that arrives
 * meanwhile is for the threads that expect it. */
static unsigned start(struct worker *w, unsigned n)
{
	sigset_t all, before;
	unsigned started = 1;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (started < n && pthread_create(&w[started].thread, NULL, work_on, &w[started]) == 0)
		started++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

struct sr_err parallel_run(const struct parallel *p)
{
	struct work work = {.p = p};
	struct worker w[LIMIT_THREADS];
	unsigned n = parallel_threads(p);
	for (unsigned i = 0; i < n; i++)
		w[i] = (struct worker){.work = &work, .number = i};
	n = start(w, n);
	(void)work_on(&w[0]);
	struct worker *first = &w[0];
	for (unsigned i = 1; i < n; i++) {
		int bad = pthread_join(w[i].thread, NULL);
		assert(!bad);
		if (sr_bad(w[i].err) &&
		    (!sr_bad(first->err) || w[i].failed_from < first->failed_from))
			first = &w[i];
	}
	return first->err;
}
