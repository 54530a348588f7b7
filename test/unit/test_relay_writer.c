/* SPDX-License-Identifier: Apache-2.0 */
/* relay/: one thread stores what many hand in: of a race one wins, nothing is answered before it is
 * stored, nothing that was taken stays without an answer. */
#include "relay_acked.h"
#include "relay_files.h"
#include "relay_memory.h"
#include "relay_sqlite.h"
#include "relay_sqlite_store.h"
#include "relay_writer.h"
#include "test.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 20500, DAY_S = 24 * 60 * 60, THREADS = 16 };

static const struct relay_rules rules = {false, 1000 * 1000};

/* ---- Clock, calls, jobs ---- */

static _Atomic int64_t now_s;

static int64_t now(void *user)
{
	(void)user;
	return now_s;
}

static const struct relay_clock test_clock = {now, NULL};

static atomic_uint failed_n, changed_n;

static void failed(void *user, struct sr_err e)
{
	(void)user;
	(void)e;
	failed_n++;
}

static void changed(void *user, const uint8_t address[CRYPTO_HASH_LEN])
{
	(void)user;
	(void)address;
	changed_n++;
}

static const struct relay_writer_calls calls = {changed, failed, NULL};

/* struct job: a case, and somebody who waits for it. */
struct job {
	struct relay_case c;
	struct relay_job job;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	unsigned done_n, place; /* place: among all that were done */
};

static atomic_uint places;

static void done(struct relay_job *job)
{
	struct job *j = job->user;
	(void)pthread_mutex_lock(&j->mutex);
	j->done_n++;
	j->place = places++;
	(void)pthread_cond_signal(&j->cond);
	(void)pthread_mutex_unlock(&j->mutex);
}

static void job_init(struct job *j)
{
	(void)pthread_mutex_init(&j->mutex, NULL);
	(void)pthread_cond_init(&j->cond, NULL);
	j->done_n = 0;
}

static struct sr_err hand_in(struct relay_writer *w, struct job *j)
{
	j->done_n = 0;
	j->job = (struct relay_job){.append = j->c.append, .done = done, .user = j};
	return relay_writer_append(w, &j->job);
}

static void wait_for(struct job *j)
{
	(void)pthread_mutex_lock(&j->mutex);
	while (!j->done_n)
		(void)pthread_cond_wait(&j->cond, &j->mutex);
	(void)pthread_mutex_unlock(&j->mutex);
}

static struct job *jobs_new(size_t n)
{
	struct job *j = calloc(n, sizeof *j);
	if (!j)
		abort();
	for (size_t i = 0; i < n; i++)
		job_init(&j[i]);
	return j;
}

static struct relay_writer *must_open(struct relay_store *s)
{
	struct relay_writer *w = NULL;
	now_s = (int64_t)DAY * DAY_S;
	failed_n = changed_n = places = 0;
	struct sr_err e = relay_writer_open(s, &test_clock, &calls, &w);
	if (!CHECK(!sr_bad(e), "%s", e.what))
		abort();
	return w;
}

static const char *file(void)
{
	return relay_files_path("relay");
}

static struct relay_store *new_sqlite(const struct relay_checkpoint_rules *checkpoints)
{
	struct relay_store *s = NULL;
	relay_files_empty();
	if (!CHECK(!sr_bad(relay_sqlite_create(file())) &&
			   !sr_bad(sqlite_store_open_with(file(), &rules, checkpoints, &s)),
		   "a store"))
		abort();
	return s;
}

/* ---- A store that is held up, and fails when told so ---- */

struct gate {
	struct relay_store base;
	struct relay_store *real;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool shut;
	struct sr_err fail; /* the next append, or expire */
	size_t inside, batches, largest, portions, portion_max;
};

static struct sr_err gate_pass(struct gate *g, size_t n)
{
	(void)pthread_mutex_lock(&g->mutex);
	g->inside++;
	(void)pthread_cond_broadcast(&g->cond);
	while (g->shut)
		(void)pthread_cond_wait(&g->cond, &g->mutex);
	g->inside--;
	g->batches += n > 0;
	g->largest = n > g->largest ? n : g->largest;
	struct sr_err e = g->fail;
	if (e.code == SR_E_NOMEM)
		g->fail = sr_ok();
	(void)pthread_mutex_unlock(&g->mutex);
	return e;
}

static struct sr_err gate_append(struct relay_store *s, struct relay_append *a, size_t n,
				 uint32_t day)
{
	struct gate *g = (struct gate *)s;
	SR_TRY(gate_pass(g, n));
	return g->real->ops->append(g->real, a, n, day);
}

static struct sr_err gate_expire(struct relay_store *s, uint32_t day, size_t n_max, size_t *n)
{
	struct gate *g = (struct gate *)s;
	SR_TRY(gate_pass(g, 0));
	SR_TRY(g->real->ops->expire(g->real, day, n_max, n));
	(void)pthread_mutex_lock(&g->mutex);
	g->portions++;
	g->portion_max = n_max > g->portion_max ? n_max : g->portion_max;
	(void)pthread_cond_broadcast(&g->cond);
	(void)pthread_mutex_unlock(&g->mutex);
	return sr_ok();
}

static struct gate *gate_new(void)
{
	static const struct relay_store_ops ops = {.append = gate_append, .expire = gate_expire};
	static struct gate g;
	relay_memory_reset();
	g = (struct gate){.base.ops = &ops};
	(void)pthread_mutex_init(&g.mutex, NULL);
	(void)pthread_cond_init(&g.cond, NULL);
	if (sr_bad(relay_memory_open(&rules, &g.real)))
		abort();
	return &g;
}

static void gate_free(struct gate *g)
{
	g->real->ops->close(g->real);
	relay_memory_reset();
}

static void gate_set(struct gate *g, bool shut, struct sr_err fail)
{
	(void)pthread_mutex_lock(&g->mutex);
	g->shut = shut;
	g->fail = fail;
	(void)pthread_cond_broadcast(&g->cond);
	(void)pthread_mutex_unlock(&g->mutex);
}

static void gate_await_portions(struct gate *g, size_t n)
{
	(void)pthread_mutex_lock(&g->mutex);
	while (g->portions < n)
		(void)pthread_cond_wait(&g->cond, &g->mutex);
	(void)pthread_mutex_unlock(&g->mutex);
}

/* hold_up hands in one job and returns when the thread is stuck with it. */
static void hold_up(struct gate *g, struct relay_writer *w, struct job *j)
{
	gate_await_portions(g, 1); /* it looks for what is expired before anything else */
	gate_set(g, true, sr_ok());
	relay_case_make(&j->c, 1000 * 1000, 1, 0, NULL);
	CHECK(!sr_bad(hand_in(w, j)), "the first");
	(void)pthread_mutex_lock(&g->mutex);
	while (!g->inside)
		(void)pthread_cond_wait(&g->cond, &g->mutex);
	(void)pthread_mutex_unlock(&g->mutex);
	while (relay_writer_waiting(w))
		(void)usleep(100);
}

/* ---- The race ---- */

struct race {
	struct relay_writer *w;
	pthread_barrier_t barrier;
	size_t rounds;
	struct job *jobs; /* one a racer */
	struct relay_acked acked;
	uint8_t chain[CRYPTO_HASH_LEN]; /* that all of them start from */
	size_t winners[THREADS + 1];    /* rounds with so many */
	size_t wrong;                   /* losers that were not told who won */
};

struct racer {
	struct race *race;
	size_t number;
};

static void judge(struct race *r, uint64_t seq)
{
	size_t n = 0, winner = 0;
	for (size_t i = 0; i < THREADS; i++) {
		n += r->jobs[i].job.append.status == WIRE_OK;
		winner = r->jobs[i].job.append.status == WIRE_OK ? i : winner;
	}
	r->winners[n]++;
	const struct relay_case *c = &r->jobs[winner].c;
	for (size_t i = 0; i < THREADS; i++) {
		const struct relay_append *a = &r->jobs[i].job.append;
		r->wrong += a->head != seq ||
			    memcmp(a->head_chain, c->chain, CRYPTO_HASH_LEN) != 0 ||
			    (i != winner && a->status != WIRE_CONFLICT);
	}
	struct relay_ack ack = {1, seq, winner, {0}, DAY, 0};
	memcpy(ack.chain, c->chain, CRYPTO_HASH_LEN);
	relay_acked_add(&r->acked, &ack);
	memcpy(r->chain, c->chain, CRYPTO_HASH_LEN);
}

static void *run_racer(void *arg)
{
	const struct racer *me = arg;
	struct race *r = me->race;
	struct job *j = &r->jobs[me->number];
	for (uint64_t seq = 1; seq <= r->rounds; seq++) {
		relay_case_make(&j->c, 1, seq, me->number, r->chain);
		(void)pthread_barrier_wait(&r->barrier);
		if (sr_bad(hand_in(r->w, j)))
			abort();
		wait_for(j);
		if (pthread_barrier_wait(&r->barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			judge(r, seq);
		(void)pthread_barrier_wait(&r->barrier);
	}
	return NULL;
}

static void race(struct relay_store *s, size_t rounds)
{
	struct race r = {.w = must_open(s), .rounds = rounds, .jobs = jobs_new(THREADS)};
	struct racer racers[THREADS];
	pthread_t threads[THREADS];
	uint8_t address[CRYPTO_HASH_LEN];
	relay_case_address(1, address);
	wire_chain_start(address, r.chain);
	(void)pthread_barrier_init(&r.barrier, NULL, THREADS);
	for (size_t i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){&r, i};
		if (pthread_create(&threads[i], NULL, run_racer, &racers[i]))
			abort();
	}
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	relay_writer_close(r.w);
	printf("# %zu of %zu rounds with one winner\n", r.winners[1], rounds);
	CHECK(r.winners[1] == rounds, "two winners: %zu, none: %zu", r.winners[2], r.winners[0]);
	CHECK(r.wrong == 0, "%zu were told wrong", r.wrong);
	CHECK(changed_n == rounds, "%u wake-ups", changed_n);
	const char *wrong = relay_acked_lost(&r.acked, r.acked.n, 2, s);
	CHECK(!wrong, "%s", wrong);
	(void)pthread_barrier_destroy(&r.barrier);
	relay_acked_release(&r.acked);
	free(r.jobs);
}

static void race_in_memory(void)
{
	struct relay_store *s;
	relay_memory_reset();
	if (sr_bad(relay_memory_open(&rules, &s)))
		abort();
	race(s, test_rounds(2000));
	s->ops->close(s);
	relay_memory_reset();
}

static void race_on_disk(void)
{
	static const struct relay_checkpoint_rules often = {30, 60};
	struct relay_store *s = new_sqlite(&often);
	race(s, test_rounds(2000));
	s->ops->close(s);
	CHECK(!sr_bad(relay_sqlite_check(file(), NULL, NULL)), "the check");
}

/* ---- Batches and bounds ---- */

static void batches_gather(void)
{
	enum { N = 1500 };
	struct gate *g = gate_new();
	struct relay_writer *w = must_open(&g->base);
	struct job *first = jobs_new(1), *jobs = jobs_new(N);
	hold_up(g, w, first);
	for (size_t i = 0; i < N; i++) {
		relay_case_make(&jobs[i].c, i / 2, i % 2 + 1, 0,
				i % 2 ? jobs[i - 1].c.chain : NULL);
		CHECK(!sr_bad(hand_in(w, &jobs[i])), "job %zu", i);
	}
	CHECK(relay_writer_waiting(w) == N, "%zu wait", relay_writer_waiting(w));
	CHECK(places == 0, "nothing is answered before it is stored");
	gate_set(g, false, sr_ok());
	for (size_t i = 0; i < N; i++) {
		wait_for(&jobs[i]);
		CHECK(jobs[i].job.append.status == WIRE_OK && jobs[i].place == i + 1,
		      "job %zu: %d at place %u", i, (int)jobs[i].job.append.status, jobs[i].place);
	}
	relay_writer_close(w);
	CHECK(g->batches == 3 && g->largest == RELAY_BATCH_MAX, "%zu batches, the largest %zu",
	      g->batches, g->largest);
	CHECK(changed_n == N + 1, "%u wake-ups", changed_n);
	free(first);
	free(jobs);
	gate_free(g);
}

/* The queue is full, and then the writer is closed: all that were taken are stored. */
static void queue_is_bounded(void)
{
	struct gate *g = gate_new();
	struct relay_writer *w = must_open(&g->base);
	struct job *first = jobs_new(1), *jobs = jobs_new(RELAY_QUEUE_MAX + 1);
	hold_up(g, w, first);
	for (size_t i = 0; i < RELAY_QUEUE_MAX; i++) {
		relay_case_make(&jobs[i].c, i % 50, 1, 0, NULL);
		CHECK(!sr_bad(hand_in(w, &jobs[i])), "job %zu", i);
	}
	relay_case_make(&jobs[RELAY_QUEUE_MAX].c, 1, 1, 0, NULL);
	struct sr_err e = hand_in(w, &jobs[RELAY_QUEUE_MAX]);
	CHECK(e.code == SR_E_LIMIT, "one too many: %d", (int)e.code);
	gate_set(g, false, sr_ok());
	relay_writer_close(w);
	for (size_t i = 0; i < RELAY_QUEUE_MAX; i++)
		CHECK(jobs[i].done_n == 1 && jobs[i].job.append.status == WIRE_OK,
		      "job %zu: %u times", i, jobs[i].done_n);
	CHECK(jobs[RELAY_QUEUE_MAX].done_n == 0, "who was refused has no answer");
	CHECK(changed_n == 51, "%u wake-ups", changed_n);
	free(first);
	free(jobs);
	gate_free(g);
}

struct seen {
	struct job job;
	struct relay_reader *reader;
	size_t n;
	bool there;
};

static void done_and_read(struct relay_job *job)
{
	struct seen *s = job->user;
	static uint8_t cell[WIRE_CELL_LEN];
	struct relay_head head;
	uint8_t ends[2][CRYPTO_HASH_LEN];
	if (sr_bad(s->reader->ops->read(s->reader, job->append.address, job->append.seq, 1, cell,
					&s->n, &head, ends)))
		abort();
	s->there = s->n == 1 && memcmp(cell, job->append.cell, WIRE_CELL_LEN) == 0;
	(void)pthread_mutex_lock(&s->job.mutex);
	s->job.done_n++;
	(void)pthread_cond_signal(&s->job.cond);
	(void)pthread_mutex_unlock(&s->job.mutex);
}

/* When a job is done, another connection can read it. */
static void done_after_commit(void)
{
	struct relay_store *store = new_sqlite(&SQLITE_STORE_CHECKPOINTS);
	struct relay_writer *w = must_open(store);
	struct seen s = {0};
	job_init(&s.job);
	if (sr_bad(store->ops->reader_open(store, &s.reader)))
		abort();
	for (uint64_t seq = 1; seq <= 50; seq++) {
		relay_case_make(&s.job.c, 1, seq, 0, seq > 1 ? s.job.c.chain : NULL);
		s.job.done_n = 0;
		s.job.job = (struct relay_job){
			.append = s.job.c.append, .done = done_and_read, .user = &s};
		if (sr_bad(relay_writer_append(w, &s.job.job)))
			abort();
		wait_for(&s.job);
		CHECK(s.there, "cell %llu", (unsigned long long)seq);
	}
	relay_writer_close(w);
	s.reader->ops->reader_close(s.reader);
	store->ops->close(store);
}

/* ---- Failures ---- */

static void store_fails(void)
{
	enum { N = 2000 };
	struct gate *g = gate_new();
	struct relay_writer *w = must_open(&g->base);
	struct job *first = jobs_new(1), *jobs = jobs_new(N);
	hold_up(g, w, first);
	for (size_t i = 0; i < N; i++) {
		relay_case_make(&jobs[i].c, i, 1, 0, NULL);
		CHECK(!sr_bad(hand_in(w, &jobs[i])), "job %zu", i);
	}
	gate_set(g, false, sr_fail(SR_E_IO, "the disk failed"));
	wait_for(first);
	CHECK(first->job.append.status == WIRE_BUSY, "the batch that failed: %d",
	      (int)first->job.append.status);
	for (size_t i = 0; i < N; i++) {
		wait_for(&jobs[i]);
		CHECK(jobs[i].job.append.status == WIRE_BUSY, "job %zu: %d", i,
		      (int)jobs[i].job.append.status);
	}
	struct sr_err e = hand_in(w, first);
	CHECK(e.code == SR_E_STATE, "nothing is taken any more: %d", (int)e.code);
	relay_writer_close(w);
	CHECK(failed_n == 1, "told %u times", failed_n);
	CHECK(changed_n == 0 && g->batches == 1, "it was asked %zu times", g->batches);
	for (size_t i = 0; i < N; i++)
		CHECK(jobs[i].done_n == 1, "job %zu: %u times", i, jobs[i].done_n);
	free(first);
	free(jobs);
	gate_free(g);
}

static void expiry_fails(void)
{
	struct gate *g = gate_new();
	gate_set(g, false, sr_fail(SR_E_IO, "the disk failed"));
	struct relay_writer *w = must_open(&g->base);
	while (!failed_n)
		(void)usleep(100);
	struct job *j = jobs_new(1);
	relay_case_make(&j->c, 1, 1, 0, NULL);
	while (!sr_bad(hand_in(w, j))) /* it was not told yet, but will be refused as well */
		wait_for(j);
	relay_writer_close(w);
	CHECK(failed_n == 1, "told %u times", failed_n);
	free(j);
	gate_free(g);
}

/* A lack of memory is for those jobs only, which may come again. */
static void memory_is_short(void)
{
	struct gate *g = gate_new();
	struct relay_writer *w = must_open(&g->base);
	struct job *j = jobs_new(1);
	gate_await_portions(g, 1);
	gate_set(g, false, sr_nomem());
	relay_case_make(&j->c, 1, 1, 0, NULL);
	CHECK(!sr_bad(hand_in(w, j)), "first");
	wait_for(j);
	CHECK(j->job.append.status == WIRE_BUSY, "%d", (int)j->job.append.status);
	CHECK(!sr_bad(hand_in(w, j)), "again");
	wait_for(j);
	CHECK(j->job.append.status == WIRE_OK && j->job.append.stored, "%d",
	      (int)j->job.append.status);
	relay_writer_close(w);
	CHECK(failed_n == 0, "it did not fail");
	free(j);
	gate_free(g);
}

static void does_not_open(void)
{
	struct gate *g = gate_new();
	struct relay_writer *w = NULL;
	now_s = RELAY_CLOCK_MIN - 1;
	struct sr_err e = relay_writer_open(&g->base, &test_clock, &calls, &w);
	CHECK(e.code == SR_E_STATE && !w, "a clock that was never set: %d", (int)e.code);
	now_s = RELAY_CLOCK_MIN;
	test_alloc_fail_at(1);
	e = relay_writer_open(&g->base, &test_clock, &calls, &w);
	test_alloc_fail_at(0);
	CHECK(e.code == SR_E_NOMEM && !w, "no memory: %d", (int)e.code);
	test_threads_refuse_from(0);
	e = relay_writer_open(&g->base, &test_clock, &calls, &w);
	CHECK(e.code == SR_E_IO && !w, "no thread: %d", (int)e.code);
	test_threads_refuse_from(UINT_MAX);
	relay_writer_close(NULL);
	gate_free(g);
}

/* ---- Signals ---- */

static sigset_t blocked;

static int64_t now_and_look(void *user)
{
	if (pthread_sigmask(SIG_BLOCK, NULL, &blocked))
		abort();
	return now(user);
}

/* What was given up ends the process with a word, which is said in the thread that tried it. */
static void signals_are_held_back(void)
{
	static const struct relay_clock looks = {now_and_look, NULL};
	struct gate *g = gate_new();
	struct relay_writer *w = NULL;
	now_s = (int64_t)DAY * DAY_S;
	if (sr_bad(relay_writer_open(&g->base, &looks, &calls, &w)))
		abort();
	gate_await_portions(g, 1);
	relay_writer_close(w);
	CHECK(sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGHUP), "are for others");
	CHECK(!sigismember(&blocked, SIGSYS), "but for SIGSYS");
	gate_free(g);
}

/* ---- Expiry ---- */

static void fill(struct relay_store *s, size_t n)
{
	static struct relay_case c;
	for (size_t i = 0; i < n; i++) {
		relay_case_make(&c, i, 1, 0, NULL);
		if (sr_bad(s->ops->append(s, &c.append, 1, DAY - 31)))
			abort();
	}
}

static uint64_t cells_of(struct relay_store *s)
{
	struct relay_reader *r;
	struct relay_counts c;
	if (sr_bad(s->ops->reader_open(s, &r)) || sr_bad(r->ops->counts(r, &c)))
		abort();
	r->ops->reader_close(r);
	return c.cells;
}

/* At the start, and again when a day has passed, in portions. */
static void expires_when_idle(void)
{
	enum { N = 5 * RELAY_EXPIRE_N / 2 };
	struct gate *g = gate_new();
	fill(g->real, N);
	struct relay_writer *w = must_open(&g->base);
	gate_await_portions(g, 3);
	CHECK(cells_of(g->real) == 0, "%llu left", (unsigned long long)cells_of(g->real));
	struct job *j = jobs_new(1);
	relay_case_make(&j->c, N, 1, 0, NULL);
	CHECK(!sr_bad(hand_in(w, j)), "a cell");
	wait_for(j);
	now_s += 31 * DAY_S;
	relay_case_make(&j->c, N + 1, 1, 0, NULL);
	CHECK(!sr_bad(hand_in(w, j)), "another, a month later");
	gate_await_portions(g, 4);
	CHECK(cells_of(g->real) == 1, "%llu left", (unsigned long long)cells_of(g->real));
	CHECK(g->portion_max == RELAY_EXPIRE_N, "portions of %zu", g->portion_max);
	relay_writer_close(w);
	CHECK(g->portions == 4, "%zu portions", g->portions);
	free(j);
	gate_free(g);
}

/* What there was no memory for is forgotten the next time. */
static void expires_after_all(void)
{
	struct gate *g = gate_new();
	fill(g->real, 5);
	gate_set(g, false, sr_nomem());
	struct relay_writer *w = must_open(&g->base);
	struct job *j = jobs_new(1);
	relay_case_make(&j->c, 100, 1, 0, NULL);
	for (bool tried = false; !tried;) {
		(void)pthread_mutex_lock(&g->mutex);
		tried = !sr_bad(g->fail);
		(void)pthread_mutex_unlock(&g->mutex);
	}
	CHECK(!sr_bad(hand_in(w, j)), "a cell");
	wait_for(j);
	gate_await_portions(g, 1);
	CHECK(cells_of(g->real) == 1 && failed_n == 0, "%llu left",
	      (unsigned long long)cells_of(g->real));
	relay_writer_close(w);
	free(j);
	gate_free(g);
}

/* A clock that was set back to 1970, and is right again. */
static void clock_goes_back(void)
{
	static const uint32_t days[] = {DAY, 5, DAY + 1};
	struct gate *g = gate_new();
	struct relay_writer *w = must_open(&g->base);
	struct job *j = jobs_new(1);
	for (size_t i = 0; i < 3; i++) {
		now_s = (int64_t)days[i] * DAY_S;
		relay_case_make(&j->c, i, 1, 0, NULL);
		CHECK(!sr_bad(hand_in(w, j)), "cell %zu", i);
		wait_for(j);
		gate_await_portions(g, i + 1);
	}
	CHECK(cells_of(g->real) == 3, "%llu left", (unsigned long long)cells_of(g->real));
	now_s += 31 * (int64_t)DAY_S;
	relay_case_make(&j->c, 3, 1, 0, NULL);
	CHECK(!sr_bad(hand_in(w, j)), "a month later");
	wait_for(j);
	gate_await_portions(g, 4);
	CHECK(cells_of(g->real) == 1, "%llu left", (unsigned long long)cells_of(g->real));
	relay_writer_close(w);
	free(j);
	gate_free(g);
}

/* struct load: a job that is handed in anew whenever it is done, so that one always waits, until so
 * many times, each a second after the other if the clock goes. */
struct load {
	struct job job;
	struct gate *gate;
	struct relay_writer *w;
	size_t left, portions; /* portions: that were forgotten until the last time */
	bool clock_goes;
};

static void done_again(struct relay_job *job)
{
	struct load *l = job->user;
	now_s += l->clock_goes;
	if (--l->left) {
		if (sr_bad(relay_writer_append(l->w, job)))
			abort();
		return;
	}
	(void)pthread_mutex_lock(&l->gate->mutex);
	l->portions = l->gate->portions;
	(void)pthread_mutex_unlock(&l->gate->mutex);
	(void)pthread_mutex_lock(&l->job.mutex);
	l->job.done_n++;
	(void)pthread_cond_signal(&l->job.cond);
	(void)pthread_mutex_unlock(&l->job.mutex);
}

/* Returns how many portions were forgotten under so much load. */
static size_t portions_under_load(size_t times, bool clock_goes)
{
	struct gate *g = gate_new();
	fill(g->real, 20 * RELAY_EXPIRE_N);
	gate_set(g, true, sr_ok());
	struct load l = {
		.gate = g, .w = must_open(&g->base), .left = times, .clock_goes = clock_goes};
	job_init(&l.job);
	relay_case_make(&l.job.c, 100 * 1000, 1, 0, NULL);
	l.job.job = (struct relay_job){.append = l.job.c.append, .done = done_again, .user = &l};
	if (sr_bad(relay_writer_append(l.w, &l.job.job)))
		abort();
	gate_set(g, false, sr_ok());
	wait_for(&l.job);
	relay_writer_close(l.w);
	gate_free(g);
	return l.portions;
}

/* Once a second by the clock; a few may be before the load began. */
static void expires_under_load(void)
{
	size_t n = portions_under_load(1000, false);
	CHECK(n >= 1 && n <= 3, "%zu portions in no time", n);
	n = portions_under_load(10, true);
	CHECK(n >= 8 && n <= 12, "%zu portions in ten seconds", n);
}

/* ---- Readers, checkpoints and a backup, while many write ---- */

struct work {
	struct relay_store *store;
	struct relay_writer *w;
	uint64_t number;
	atomic_bool *stop;
	atomic_uint *ended;
	struct relay_acked acked;
	const char *wrong;
	size_t n;
};

static void *run_writer(void *arg)
{
	struct work *k = arg;
	struct job *j = jobs_new(1);
	for (uint64_t seq = 1; seq <= test_rounds(1200); seq++) {
		relay_case_make(&j->c, k->number, seq, 0, seq > 1 ? j->c.chain : NULL);
		if (sr_bad(hand_in(k->w, j)))
			abort();
		wait_for(j);
		if (j->job.append.status != WIRE_OK)
			k->wrong = "it was not stored";
		struct relay_ack ack = {k->number, seq, 0, {0}, DAY, 0};
		memcpy(ack.chain, j->c.chain, CRYPTO_HASH_LEN);
		relay_acked_add(&k->acked, &ack);
	}
	(*k->ended)++;
	free(j);
	return NULL;
}

static void *run_reader(void *arg)
{
	static const struct relay_acked none;
	struct work *k = arg;
	do {
		k->wrong = relay_acked_lost(&none, 0, THREADS, k->store);
		k->n++;
	} while (!*k->stop && !k->wrong);
	return NULL;
}

static void all_at_once(void)
{
	enum { WRITERS = 4 };
	static const struct relay_checkpoint_rules often = {30, 100};
	struct relay_store *s = new_sqlite(&often), *copy;
	struct relay_writer *w = must_open(s);
	struct work k[WRITERS + 1];
	pthread_t t[WRITERS + 1];
	atomic_bool stop = false;
	atomic_uint ended = 0;
	size_t n = 0, backups = 0;
	for (size_t i = 0; i <= WRITERS; i++) {
		k[i] = (struct work){
			.store = s, .w = w, .number = i, .stop = &stop, .ended = &ended};
		if (pthread_create(&t[i], NULL, i < WRITERS ? run_writer : run_reader, &k[i]))
			abort();
	}
	for (; !backups || ended < WRITERS; backups++) {
		(void)unlink(relay_files_path("copy"));
		struct sr_err e = relay_sqlite_backup(file(), relay_files_path("copy"));
		CHECK(!sr_bad(e), "backup: %s", e.what);
		e = relay_sqlite_check(file(), NULL, NULL);
		CHECK(!sr_bad(e), "check: %s", e.what);
	}
	stop = true;
	for (size_t i = 0; i <= WRITERS; i++)
		(void)pthread_join(t[i], NULL);
	relay_writer_close(w);
	for (size_t i = 0; i <= WRITERS; i++) {
		const char *wrong = relay_acked_lost(&k[i].acked, k[i].acked.n, WRITERS, s);
		CHECK(!k[i].wrong && !wrong, "%zu: %s %s", i, k[i].wrong, wrong);
		n += k[i].acked.n;
		relay_acked_release(&k[i].acked);
	}
	s->ops->close(s);
	printf("# %zu stored, %zu times all read, %zu copies\n", n, k[WRITERS].n, backups);
	CHECK(n && k[WRITERS].n && backups, "none of them");
	CHECK(!sr_bad(relay_sqlite_check(relay_files_path("copy"), NULL, NULL)), "the last copy");
	if (CHECK(!sr_bad(relay_sqlite_open(relay_files_path("copy"), &rules, &copy)), "opens"))
		copy->ops->close(copy);
}

int main(void)
{
	if (sr_bad(crypto_init()) || !relay_files_begin())
		return EXIT_FAILURE;
	test_run("a race in memory", race_in_memory);
	test_run("a race on disk", race_on_disk);
	test_run("batches gather", batches_gather);
	test_run("the queue is bounded, and drained", queue_is_bounded);
	test_run("done after COMMIT", done_after_commit);
	test_run("the store fails", store_fails);
	test_run("expiry fails", expiry_fails);
	test_run("memory is short", memory_is_short);
	test_run("does not open", does_not_open);
	test_run("signals are held back", signals_are_held_back);
	test_run("expires when idle", expires_when_idle);
	test_run("expires after all", expires_after_all);
	test_run("the clock goes back", clock_goes_back);
	test_run("expires under load", expires_under_load);
	test_run("all at once", all_at_once);
	relay_files_end();
	return test_done();
}
