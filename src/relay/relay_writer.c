/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { LOOK_S = 60, DAY_S = 24 * 60 * 60 };

/* Invariants: the mutex guards first, last, waiting_n, closing and failed. first .. last are the
 * waiting_n jobs that wait, in the order in which they came; last is NULL where first is. The rest
 * belongs to the thread. */
struct relay_writer {
	struct relay_store *store;
	struct relay_clock clock;
	struct relay_writer_calls calls;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	struct relay_job *first, *last;
	size_t waiting_n;
	bool closing, failed;
	uint32_t day;         /* whose expired cells are, or were, looked for */
	uint32_t latest;      /* of these days: what is stored gets it */
	int64_t expired_at_s; /* when the last portion was forgotten */
	bool expiring;        /* there are more of them */
	struct relay_append batch[RELAY_BATCH_MAX];
	struct relay_job *jobs[RELAY_BATCH_MAX];
};

/* What waits is taken, up to a batch. */
static size_t take(struct relay_writer *w)
{
	size_t n = 0;
	for (; w->first && n < RELAY_BATCH_MAX; n++) {
		w->jobs[n] = w->first;
		w->first = w->first->next;
	}
	w->waiting_n -= n;
	if (!w->first)
		w->last = NULL;
	return n;
}

/* Nothing waits, so there is time, or none was for a second. */
static bool is_time_to_expire(const struct relay_writer *w, size_t taken, int64_t now_s)
{
	return w->expiring && (!taken || w->expired_at_s != now_s);
}

static void finish(struct relay_writer *w, struct relay_job *job, bool stored_known)
{
	if (!stored_known)
		job->append.status = WIRE_BUSY;
	else if (job->append.stored && w->calls.changed)
		w->calls.changed(w->calls.user, job->append.address);
	job->done(job);
}

/* Whoever hands in a job after this is told so. */
static void fail(struct relay_writer *w, struct sr_err e)
{
	(void)pthread_mutex_lock(&w->mutex);
	w->failed = true;
	(void)pthread_mutex_unlock(&w->mutex);
	w->calls.failed(w->calls.user, e);
}

/* The store works on copies, so that a batch is one array to it. */
static void store_batch(struct relay_writer *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		w->batch[i] = w->jobs[i]->append;
	struct sr_err e = w->failed ? sr_fail(SR_E_STATE, "the store failed")
				    : w->store->ops->append(w->store, w->batch, n, w->latest);
	if (sr_bad(e) && e.code != SR_E_NOMEM && !w->failed)
		fail(w, e);
	for (size_t i = 0; i < n; i++) {
		w->jobs[i]->append = w->batch[i];
		finish(w, w->jobs[i], !sr_bad(e));
	}
}

/* Tells whether there is more at once: a lack of memory may last, so it is for the next time. */
static bool expire(struct relay_writer *w, int64_t now_s)
{
	size_t n = 0;
	struct sr_err e = w->store->ops->expire(w->store, w->day, RELAY_EXPIRE_N, &n);
	w->expired_at_s = now_s;
	w->expiring = sr_bad(e) || n == RELAY_EXPIRE_N;
	if (sr_bad(e) && e.code != SR_E_NOMEM)
		fail(w, e);
	return !sr_bad(e) && w->expiring;
}

/* A clock that goes back must not have what is stored meanwhile expire as soon as it is set right.
 */
static void look_at_clock(struct relay_writer *w, int64_t now_s)
{
	uint32_t day = now_s > 0 ? (uint32_t)(now_s / DAY_S) : 0;
	if (day == w->day)
		return;
	w->day = day;
	w->latest = day > w->latest ? day : w->latest;
	w->expiring = true;
}

static void tidy(struct relay_writer *w)
{
	struct sr_err e = w->store->ops->tidy ? w->store->ops->tidy(w->store) : sr_ok();
	if (sr_bad(e) && e.code != SR_E_NOMEM)
		fail(w, e);
}

/* Tells whether there may be more to do at once. */
static bool work_once(struct relay_writer *w, size_t n)
{
	int64_t now_s = w->clock.now(w->clock.user);
	look_at_clock(w, now_s);
	if (n)
		store_batch(w, n);
	if (w->failed)
		return n;
	if (is_time_to_expire(w, n, now_s))
		return expire(w, now_s) || n;
	if (!n)
		tidy(w);
	return n;
}

/* Waits for a job, for the end, or for a while. */
static void wait_for_work(struct relay_writer *w)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOOK_S;
	(void)pthread_cond_timedwait(&w->wake, &w->mutex, &until);
}

static void *work(void *arg)
{
	struct relay_writer *w = arg;
	(void)pthread_mutex_lock(&w->mutex);
	while (w->first || !w->closing) {
		size_t n = take(w);
		(void)pthread_mutex_unlock(&w->mutex);
		bool more = work_once(w, n);
		(void)pthread_mutex_lock(&w->mutex);
		if (!more && !w->first && !w->closing)
			wait_for_work(w);
	}
	(void)pthread_mutex_unlock(&w->mutex);
	return NULL;
}

/* Signals are for the threads that expect them; but SIGSYS comes to the thread that made a call
 * which was given up (relay_guard.h), and blocked it would end the process without a word. */
static bool start(struct relay_writer *w)
{
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGSYS);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = pthread_create(&w->thread, NULL, work, w) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

static void release(struct relay_writer *w)
{
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->mutex);
	free(w);
}

static void init_locks(struct relay_writer *w)
{
	pthread_condattr_t attr;
	(void)pthread_mutex_init(&w->mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
}

struct sr_err relay_writer_open(struct relay_store *store, const struct relay_clock *clock,
				const struct relay_writer_calls *calls, struct relay_writer **out)
{
	/* What is stored with such a clock would expire as soon as it is set. */
	if (clock->now(clock->user) < RELAY_CLOCK_MIN)
		return sr_fail(SR_E_STATE, "the clock is years behind: set it first");
	struct relay_writer *w = calloc(1, sizeof *w);
	if (!w)
		return sr_nomem();
	w->store = store;
	w->clock = *clock;
	w->calls = *calls;
	init_locks(w);
	if (!start(w)) {
		release(w);
		return sr_fail(SR_E_IO, "there is no thread to write with");
	}
	*out = w;
	return sr_ok();
}

static struct sr_err put(struct relay_writer *w, struct relay_job *job)
{
	if (w->closing || w->failed)
		return sr_fail(SR_E_STATE, "the relay is stopping");
	if (w->waiting_n == RELAY_QUEUE_MAX)
		return sr_fail(SR_E_LIMIT, "too many appends wait");
	job->next = NULL;
	if (w->last)
		w->last->next = job;
	else
		w->first = job;
	w->last = job;
	w->waiting_n++;
	return sr_ok();
}

struct sr_err relay_writer_append(struct relay_writer *w, struct relay_job *job)
{
	(void)pthread_mutex_lock(&w->mutex);
	struct sr_err e = put(w, job);
	if (!sr_bad(e) && w->waiting_n == 1)
		(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->mutex);
	return e;
}

size_t relay_writer_waiting(struct relay_writer *w)
{
	(void)pthread_mutex_lock(&w->mutex);
	size_t n = w->waiting_n;
	(void)pthread_mutex_unlock(&w->mutex);
	return n;
}

void relay_writer_close(struct relay_writer *w)
{
	if (!w)
		return;
	(void)pthread_mutex_lock(&w->mutex);
	w->closing = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->mutex);
	(void)pthread_join(w->thread, NULL);
	release(w);
}
