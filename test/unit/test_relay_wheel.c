/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines and who waits: the two tables of the front, against lists that are searched. */
#include "test.h"

#include "relay_wait.h"
#include "relay_wheel.h"

#include <stdlib.h>
#include <string.h>

enum { TIMERS = 200, STEPS = 20 * 1000 };

/* struct item: due is 0 while its timer is not set. */
struct item {
	struct relay_timer timer;
	uint64_t due;
};

static struct item *item_of(struct relay_timer *t)
{
	return RELAY_RING_OF(t, struct item, timer);
}

/* fire takes out all that is due at tick now, and compares with what the items say. */
static void fire(struct relay_wheel *w, struct item *items, uint64_t now)
{
	for (struct relay_timer *t; (t = relay_wheel_next(w, now));) {
		struct item *i = item_of(t);
		CHECK(i->due && i->due <= now, "due at %d, at tick %d", (int)i->due, (int)now);
		CHECK(!relay_ring_is_in(&t->ring), "it is out");
		i->due = 0;
	}
	CHECK(w->now == now, "tick %d", (int)now);
	for (size_t i = 0; i < TIMERS; i++)
		CHECK(!items[i].due || items[i].due > now, "one due at %d is late at tick %d",
		      (int)items[i].due, (int)now);
}

static void test_wheel(void)
{
	static struct item items[TIMERS];
	struct relay_wheel w;
	uint64_t seed = 1, now = 1000;
	memset(items, 0, sizeof items);
	relay_wheel_init(&w, now);
	for (size_t n = 0; n < STEPS; n++) {
		struct item *i = &items[test_random(&seed) % TIMERS];
		const uint64_t what = test_random(&seed) % 100;
		if (what < 70) {
			/* Also those that are longer than a round. */
			const uint64_t ticks = test_random(&seed) % (3 * RELAY_WHEEL_SLOTS);
			relay_wheel_set(&w, &i->timer, ticks);
			i->due = now + (ticks ? ticks : 1);
		} else if (what < 80) {
			relay_wheel_remove(&i->timer);
			i->due = 0;
		} else {
			now += what < 99 ? what % 4 : test_random(&seed) % 1000;
			fire(&w, items, now);
		}
	}
	size_t set = 0, got = 0;
	for (size_t i = 0; i < TIMERS; i++)
		set += items[i].due != 0;
	while (relay_wheel_any(&w))
		got++;
	CHECK(got == set, "%zu of %zu are left", got, set);
	CHECK(!relay_wheel_next(&w, now + 10000), "then none is");
}

static void test_wheel_edges(void)
{
	struct relay_wheel w;
	struct item one = {0}, two = {0};
	relay_wheel_init(&w, 5);
	CHECK(!relay_wheel_next(&w, 5) && !relay_wheel_any(&w), "an empty wheel");
	relay_wheel_remove(&one.timer);
	relay_wheel_set(&w, &one.timer, 0);
	CHECK(!relay_wheel_next(&w, 5), "no deadline is now");
	CHECK(!relay_wheel_next(&w, 3) && w.now == 5, "time does not go back");
	CHECK(relay_wheel_next(&w, 6) == &one.timer, "but the next tick");
	CHECK(!relay_wheel_next(&w, 6) && w.now == 6, "once");
	relay_wheel_set(&w, &one.timer, 10);
	relay_wheel_set(&w, &one.timer, 20);
	CHECK(!relay_wheel_next(&w, 25), "set anew, the first deadline is gone");
	relay_wheel_set(&w, &two.timer, 1);
	CHECK(relay_wheel_next(&w, 1000 * 1000) != NULL, "after a long sleep");
	relay_wheel_remove(&two.timer);
	relay_wheel_remove(&one.timer);
	CHECK(!relay_wheel_next(&w, 1000 * 1000), "one that is removed does not fire");
}

enum { WAITERS = 300, LOGS = 20 };

static size_t count(struct relay_ring *list)
{
	size_t n = 0;
	for (struct relay_ring *r; (r = relay_ring_first(list)); n++)
		relay_ring_remove(r);
	return n;
}

static void test_wait(void)
{
	static struct relay_waiter waiters[WAITERS];
	struct relay_wait *w = malloc(sizeof *w);
	uint8_t address[LOGS][CRYPTO_HASH_LEN] = {{0}};
	uint64_t round[LOGS], seed = 2;
	size_t of[LOGS] = {0}, rest = 0;
	struct relay_ring out;
	const uint8_t key[CRYPTO_KEY_LEN] = {9};
	CHECK(w && !sr_bad(crypto_init()), "begins");
	if (!w)
		return;
	relay_wait_init(w, key);
	relay_ring_init(&out);
	for (size_t i = 0; i < LOGS; i++) {
		address[i][31] = (uint8_t)i;
		round[i] = relay_wait_round(w, address[i]);
	}
	for (size_t i = 0; i < WAITERS; i++) {
		const size_t log = test_random(&seed) % LOGS;
		relay_wait_add(w, &waiters[i], address[log]);
		of[log]++;
		if (i % 7 == 0) {
			relay_wait_remove(w, &waiters[i]);
			of[log]--;
		}
	}
	for (size_t i = 0; i < LOGS; i++)
		rest += of[i];
	CHECK(w->n == rest, "%zu of %zu wait", w->n, rest);
	for (size_t i = 0; i < LOGS / 2; i++) {
		relay_wait_wake(w, address[i], &out);
		const size_t n = count(&out);
		CHECK(n == of[i], "log %zu: %zu of %zu", i, n, of[i]);
		CHECK(relay_wait_round(w, address[i]) > round[i], "log %zu: another round", i);
		relay_wait_wake(w, address[i], &out);
		CHECK(count(&out) == 0, "log %zu: once", i);
		rest -= n;
	}
	relay_wait_all(w, &out);
	CHECK(count(&out) == rest && w->n == 0, "all others");
	free(w);
}

int main(void)
{
	test_run("a wheel", test_wheel);
	test_run("a wheel's edges", test_wheel_edges);
	test_run("who waits", test_wait);
	return test_done();
}
