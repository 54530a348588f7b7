/* SPDX-License-Identifier: Apache-2.0 */
/* A group belongs to one thread at a time, and threads with groups of their own do not meet: each
 * plays in a world of its own what was played in it alone before, and gets the same bytes. */
#include "crypto.h"
#include "mls_play.h"

#include <pthread.h>
#include <string.h>

enum { THREADS = 2, TIMES = 8 };

/* struct one: a thread. Nobody else looks at it until the thread has ended. */
struct one {
	uint16_t suite;
	struct play play;
};

static void *work(void *arg)
{
	struct one *t = arg;
	for (int i = 0; i < TIMES; i++) {
		if (i)
			play_close(&t->play);
		play_open(&t->play, t->suite);
		for (size_t k = 0; k < play_steps; k++)
			play_step(&t->play, &play_history[k]);
		world_talk(&t->play.w);
	}
	return NULL;
}

static void same_bytes(const struct play *a, const struct play *b)
{
	CHECK(a->n == b->n && a->n, "%zu and %zu messages", a->n, b->n);
	for (size_t i = 0; i < a->n && i < b->n; i++)
		CHECK(world_eq(world_in(a->mail[i]), world_in(b->mail[i])), "message %zu", i);
	for (size_t i = 0; i < WORLD_N; i++) {
		if (!CHECK(!a->w.who[i].group == !b->w.who[i].group, "%s", a->w.who[i].name) ||
		    !a->w.who[i].group)
			continue;
		struct sr_mls_bytes x = world_save(&a->w.who[i]), y = world_save(&b->w.who[i]);
		CHECK(world_eq(world_in(x), world_in(y)), "the state of %s", a->w.who[i].name);
		sr_mls_free(&x);
		sr_mls_free(&y);
	}
}

/* Both of one suite, or one of each. */
static void threads_of(const uint16_t suites[THREADS])
{
	static struct one alone, at_once[THREADS];
	pthread_t threads[THREADS];
	if (!OK(crypto_init()))
		return;
	for (size_t i = 0; i < THREADS; i++) {
		at_once[i].suite = suites[i];
		if (!CHECK(!pthread_create(&threads[i], NULL, work, &at_once[i]), "thread %zu", i))
			return;
	}
	for (size_t i = 0; i < THREADS; i++)
		CHECK(!pthread_join(threads[i], NULL), "thread %zu", i);
	for (size_t i = 0; i < THREADS; i++) {
		alone.suite = suites[i];
		(void)work(&alone);
		same_bytes(&alone.play, &at_once[i].play);
		play_close(&alone.play);
		play_close(&at_once[i].play);
	}
}

static void threads_of_suite_1(void)
{
	threads_of((const uint16_t[]){SR_MLS_SUITE_1, SR_MLS_SUITE_1});
}

static void threads_of_suite_3(void)
{
	threads_of((const uint16_t[]){SR_MLS_SUITE_3, SR_MLS_SUITE_3});
}

static void threads_of_both(void)
{
	threads_of((const uint16_t[]){SR_MLS_SUITE_1, SR_MLS_SUITE_3});
}

int main(void)
{
	/* First, when nothing of suite 1 was looked up yet. */
	test_run("two threads, suite 1", threads_of_suite_1);
	test_run("two threads, suite 3", threads_of_suite_3);
	test_run("two threads, one of each suite", threads_of_both);
	return test_done();
}
