/* SPDX-License-Identifier: Apache-2.0 */
/* Work on several threads: all of it, once, the same error whatever the number of threads, and
 * without threads where there are none to be had. */
#include "base_limits.h"
#include "base_parallel.h"
#include "test.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 5000 };

static const char *const reasons[2] = {"one reason", "another one"};

/* struct count: how often each number was seen; fails[k] (0: never) is where it goes wrong. */
struct count {
	size_t slice_n, n, fails[2];
	atomic_uchar times[N];
	atomic_uint wrong, threads;
};

static struct sr_err count_slice(void *user, unsigned thread, size_t from, size_t to)
{
	struct count *c = user;
	sigset_t mask;
	if (from % c->slice_n || to > c->n || from >= to ||
	    (to - from != c->slice_n && to != c->n) || thread >= LIMIT_THREADS)
		atomic_fetch_add(&c->wrong, 1);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	if ((sigismember(&mask, SIGINT) == 1) != (thread > 0))
		atomic_fetch_add(&c->wrong, 1);
	atomic_fetch_or(&c->threads, 1u << thread);
	for (size_t i = from; i < to; i++) {
		for (size_t k = 0; k < 2; k++)
			if (c->fails[k] && i == c->fails[k])
				return sr_fail(SR_E_INPUT, reasons[k]);
		atomic_fetch_add(&c->times[i], 1);
	}
	return sr_ok();
}

static struct sr_err run(struct count *c, unsigned threads_max)
{
	struct parallel p = {c->n, c->slice_n, threads_max, count_slice, c};
	return parallel_run(&p);
}

static unsigned here(void)
{
	struct parallel p = {N, 1, 0, count_slice, NULL};
	return parallel_threads(&p);
}

static void everything_once(void)
{
	static const size_t ns[] = {0, 1, 2, 63, 64, 65, 4095, N};
	static const size_t slices[] = {1, 2, 64, 4096, SIZE_MAX};
	for (size_t i = 0; i < sizeof ns / sizeof *ns; i++)
		for (size_t k = 0; k < sizeof slices / sizeof *slices; k++)
			for (unsigned threads = 0; threads <= 3; threads++) {
				static struct count c;
				memset(&c, 0, sizeof c);
				c.n = ns[i];
				c.slice_n = slices[k];
				test_threads_refuse_from(UINT_MAX);
				CHECK(!sr_bad(run(&c, threads)), "n %zu", ns[i]);
				unsigned bad = c.wrong;
				for (size_t at = 0; at < N; at++)
					bad += c.times[at] != (at < ns[i]);
				CHECK(!bad, "n %zu in slices of %zu, %u threads: %u", ns[i],
				      slices[k], threads, bad);
				CHECK(threads != 1 || test_threads_made() == 0,
				      "one thread is the caller's");
				CHECK(ns[i] > slices[k] || test_threads_made() == 0,
				      "n %zu: too small", ns[i]);
			}
}

static void number_of_threads(void)
{
	struct parallel p = {0, 10, 0, count_slice, NULL};
	unsigned most = here();
	cpu_set_t set, one;
	CHECK(most >= 1 && most <= LIMIT_THREADS, "%u", most);
	CHECK(parallel_threads(&p) == 1, "nothing to do");
	p.n = 10;
	CHECK(parallel_threads(&p) == 1, "one slice");
	p.n = 11;
	CHECK(parallel_threads(&p) == (most < 2 ? most : 2), "two slices");
	p.n = SIZE_MAX;
	CHECK(parallel_threads(&p) == most, "many slices");
	p.threads_max = 1;
	CHECK(parallel_threads(&p) == 1, "as told");
	p.threads_max = 1000;
	CHECK(parallel_threads(&p) == most, "no more than there are");
	p.threads_max = 0;
	if (!CHECK(sched_getaffinity(0, sizeof set, &set) == 0, "affinity"))
		return;
	CPU_ZERO(&one);
	for (size_t i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
		if (CPU_ISSET(i, &set))
			CPU_SET(i, &one);
	CHECK(sched_setaffinity(0, sizeof one, &one) == 0, "one core");
	CHECK(parallel_threads(&p) == 1, "one core");
	CHECK(sched_setaffinity(0, sizeof set, &set) == 0, "all cores");
}

static void first_error(void)
{
	static const struct {
		size_t fails[2], slice_n, want;
		const char *why;
	} rows[] = {
		{{1, 0}, 1, 1, "near the beginning"},
		{{N - 1, 0}, 7, N - 1, "the last one"},
		{{2001, 1999}, 10, 1999, "two slices: the first of them"},
		{{1999, 2001}, 10, 1999, "likewise, the other way round"},
		{{2003, 2001}, 10, 2001, "one slice: it ends at its first"},
		{{1, 2}, 1, 1, "two threads at once"},
		{{2, 1}, 1, 1, "two threads at once"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		for (unsigned round = 0; round < 150; round++) {
			static struct count c;
			memset(&c, 0, sizeof c);
			c.n = N;
			c.slice_n = rows[r].slice_n;
			memcpy(c.fails, rows[r].fails, sizeof c.fails);
			struct sr_err err = run(&c, round % 3);
			const char *want = reasons[rows[r].fails[1] == rows[r].want];
			CHECK(err.code == SR_E_INPUT && err.what == want, "%s", rows[r].why);
			unsigned missed = 0, twice = 0;
			for (size_t i = 0; i < N; i++) {
				missed += i < rows[r].want && c.times[i] == 0;
				twice += c.times[i] > 1;
			}
			CHECK(!missed && !twice, "%s: %u missed before it", rows[r].why, missed);
			CHECK(c.times[rows[r].want] == 0, "%s: stops there", rows[r].why);
		}
}

static void refused_threads(void)
{
	for (unsigned allowed = 0; allowed < 2; allowed++) {
		static struct count c;
		memset(&c, 0, sizeof c);
		c.n = N;
		c.slice_n = 1;
		test_threads_refuse_from(allowed);
		CHECK(!sr_bad(run(&c, 0)), "%u threads allowed", allowed);
		unsigned bad = c.wrong;
		for (size_t i = 0; i < N; i++)
			bad += c.times[i] != 1;
		CHECK(!bad, "%u allowed: %u wrong", allowed, bad);
		CHECK(test_threads_made() == (here() > 1 ? allowed : 0), "%u allowed", allowed);
		CHECK(allowed || c.threads == 1, "the caller does all of it");
	}
	test_threads_refuse_from(UINT_MAX);
}

/* Both cores are at work at the same time: each of two threads waits for the other one. */
static struct sr_err meet(void *user, unsigned thread, size_t from, size_t to)
{
	(void)thread;
	(void)from;
	(void)to;
	int end = pthread_barrier_wait(user);
	return end == 0 || end == PTHREAD_BARRIER_SERIAL_THREAD ? sr_ok() : sr_fail(SR_E_IO, "?");
}

static void at_the_same_time(void)
{
	pthread_barrier_t barrier;
	struct parallel p = {2, 1, 2, meet, &barrier};
	CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0, "barrier");
	CHECK(!sr_bad(parallel_run(&p)), "they met");
	CHECK(pthread_barrier_destroy(&barrier) == 0, "barrier");
}

/* No thread is left behind: a child made afterwards is as good as one made before. */
static void children(void)
{
	static struct count c;
	c.n = N;
	c.slice_n = 1;
	CHECK(!sr_bad(run(&c, 0)), "before");
	pid_t pid = fork();
	if (pid == 0) {
		memset(&c, 0, sizeof c);
		c.n = N;
		c.slice_n = 1;
		_exit(sr_bad(run(&c, 0)) || c.wrong || c.times[N - 1] != 1);
	}
	int status = -1;
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "status %d", status);
}

int main(void)
{
	test_run("every number once, in slices", everything_once);
	test_run("how many threads", number_of_threads);
	test_run("the first error, and all before it", first_error);
	test_run("threads that the system refuses", refused_threads);
	if (here() > 1)
		test_run("two at the same time", at_the_same_time);
	else
		test_skip("two at the same time", "one core");
	test_run("a child after threads", children);
	return test_done();
}
