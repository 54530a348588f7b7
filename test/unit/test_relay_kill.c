/* SPDX-License-Identifier: Apache-2.0 */
/* relay/: a process that stores for many is killed at any moment; what it acknowledged before is
 * there, once. With an argument: so many times. */
#include "platform.h"
#include "relay_acked.h"
#include "relay_files.h"
#include "relay_sqlite.h"
#include "relay_sqlite_store.h"
#include "relay_writer.h"
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DAY = 20500, THREADS = 8, LOGS = 4, SAME_STORE = 8, ACKS_MAX = 120, WAIT_US = 5000 };

static const struct relay_rules rules = {false, 1000 * 1000};

/* Small numbers, so that a kill hits checkpoints as well. */
static const struct relay_checkpoint_rules checkpoints = {40, 160};

static unsigned kills = 40;

static const char *file(void)
{
	return relay_files_path("relay");
}

/* ---- The child ---- */

static int64_t now(void *user)
{
	(void)user;
	return (int64_t)DAY * 24 * 60 * 60;
}

static void failed(void *user, struct sr_err e)
{
	(void)user;
	(void)e;
	_exit(2);
}

/* struct client: a thread that appends to a log, which another one appends to as well. */
struct client {
	struct relay_writer *w;
	int to_parent;
	uint64_t log, variant;
	struct relay_head head;
	struct relay_case c;
	struct relay_job job;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool is_done;
};

/* What is acknowledged is told to the parent before anything else is done. */
static void done(struct relay_job *job)
{
	struct client *c = job->user;
	struct relay_ack ack = {
		.log = c->log, .seq = job->append.seq, .variant = c->variant, .day = DAY};
	memcpy(ack.chain, job->append.chain, CRYPTO_HASH_LEN);
	if (job->append.status == WIRE_OK &&
	    sr_bad(platform_write_all(c->to_parent, &ack, sizeof ack)))
		_exit(3);
	(void)pthread_mutex_lock(&c->mutex);
	c->is_done = true;
	(void)pthread_cond_signal(&c->cond);
	(void)pthread_mutex_unlock(&c->mutex);
}

static void *run_client(void *arg)
{
	struct client *c = arg;
	for (;; c->variant++) {
		relay_case_make(&c->c, c->log, c->head.seq + 1, c->variant, c->head.chain);
		c->job = (struct relay_job){.append = c->c.append, .done = done, .user = c};
		c->is_done = false;
		if (sr_bad(relay_writer_append(c->w, &c->job)))
			_exit(4);
		(void)pthread_mutex_lock(&c->mutex);
		while (!c->is_done)
			(void)pthread_cond_wait(&c->cond, &c->mutex);
		(void)pthread_mutex_unlock(&c->mutex);
		c->head.seq = c->job.append.head;
		memcpy(c->head.chain, c->job.append.head_chain, CRYPTO_HASH_LEN);
	}
	return NULL;
}

static void child(int to_parent, uint64_t round)
{
	static const struct relay_clock test_clock = {now, NULL};
	static const struct relay_writer_calls calls = {.failed = failed};
	static struct client clients[THREADS];
	struct relay_store *s;
	struct relay_writer *w;
	pthread_t t;
	if (sr_bad(sqlite_store_open_with(file(), &rules, &checkpoints, &s)) ||
	    sr_bad(relay_writer_open(s, &test_clock, &calls, &w)))
		_exit(5);
	for (uint64_t i = 0; i < THREADS; i++) {
		struct client *c = &clients[i];
		*c = (struct client){.w = w,
				     .to_parent = to_parent,
				     .log = i % LOGS,
				     .variant = round << 32 | i << 28};
		(void)pthread_mutex_init(&c->mutex, NULL);
		(void)pthread_cond_init(&c->cond, NULL);
		if (!relay_acked_head(s, c->log, &c->head) ||
		    pthread_create(&t, NULL, run_client, c))
			_exit(6);
	}
	for (;;)
		(void)pause();
}

/* ---- The parent ---- */

static bool take_ack(int fd, struct relay_acked *a)
{
	struct relay_ack ack;
	size_t got;
	if (sr_bad(platform_read_full(fd, &ack, sizeof ack, &got)) || got != sizeof ack)
		return false;
	relay_acked_add(a, &ack);
	return true;
}

/* Takes so many acknowledgements, kills at any moment after that, and takes what is in the pipe. */
static int listen_and_kill(pid_t pid, int fd, size_t acks_n, useconds_t wait_us,
			   struct relay_acked *a)
{
	int status = 0;
	for (size_t i = 0; i < acks_n && take_ack(fd, a); i++)
		;
	(void)usleep(wait_us);
	(void)kill(pid, SIGKILL);
	while (take_ack(fd, a))
		;
	(void)waitpid(pid, &status, 0);
	return status;
}

static void run_and_kill(uint64_t round, uint64_t *seed, struct relay_acked *a)
{
	int fds[2];
	if (pipe(fds))
		abort();
	(void)fflush(stdout);
	pid_t pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		(void)close(fds[0]);
		child(fds[1], round);
	}
	(void)close(fds[1]);
	size_t acks_n = 1 + (size_t)(test_random(seed) % ACKS_MAX);
	int status =
		listen_and_kill(pid, fds[0], acks_n, (useconds_t)(test_random(seed) % WAIT_US), a);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "round %llu: status %x",
	      (unsigned long long)round, (unsigned)status);
	(void)close(fds[0]);
}

static void look(uint64_t round, const struct relay_acked *a, uint64_t *unacked)
{
	struct relay_store *s;
	struct sr_err e = relay_sqlite_open(file(), &rules, &s);
	if (!CHECK(!sr_bad(e), "round %llu: %s", (unsigned long long)round, e.what))
		return;
	const char *wrong = relay_acked_lost(a, a->n, LOGS, s);
	CHECK(!wrong, "round %llu: %s", (unsigned long long)round, wrong);
	uint64_t stored = 0;
	for (uint64_t log = 0; log < LOGS; log++) {
		struct relay_head head = {0};
		(void)relay_acked_head(s, log, &head);
		stored += head.seq;
	}
	CHECK(stored >= a->n, "%llu stored, %zu acknowledged", (unsigned long long)stored, a->n);
	*unacked = stored - a->n;
	s->ops->close(s);
}

static void killed(void)
{
	struct relay_acked a = {0};
	uint64_t seed = 9, unacked = 0, total = 0, total_unacked = 0;
	for (uint64_t round = 0; round < kills; round++) {
		if (round % SAME_STORE == 0) {
			total += a.n;
			total_unacked += unacked;
			unacked = 0;
			relay_acked_release(&a);
			relay_files_empty();
			CHECK(!sr_bad(relay_sqlite_create(file())), "an empty store");
		}
		run_and_kill(round, &seed, &a);
		look(round, &a, &unacked);
	}
	total += a.n;
	total_unacked += unacked;
	CHECK(!sr_bad(relay_sqlite_check(file(), NULL, NULL)), "the check");
	printf("# %u kills, %llu acknowledged, all there; %llu more were stored\n", kills,
	       (unsigned long long)total, (unsigned long long)total_unacked);
	CHECK(total > 10 * kills, "too few to tell anything");
	relay_acked_release(&a);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		kills = (unsigned)strtoul(argv[1], NULL, 10);
	if (sr_bad(crypto_init()) || !relay_files_begin())
		return EXIT_FAILURE;
	test_run("killed at any moment", killed);
	relay_files_end();
	return test_done();
}
