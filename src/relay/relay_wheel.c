/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_wheel.h"

static struct relay_ring *slot_of(struct relay_wheel *w, uint64_t tick)
{
	return &w->slot[tick % RELAY_WHEEL_SLOTS];
}

void relay_wheel_init(struct relay_wheel *w, uint64_t now)
{
	for (size_t i = 0; i < RELAY_WHEEL_SLOTS; i++)
		relay_ring_init(&w->slot[i]);
	w->now = now;
}

void relay_wheel_set(struct relay_wheel *w, struct relay_timer *t, uint64_t ticks)
{
	relay_wheel_remove(t);
	t->due = w->now + (ticks ? ticks : 1);
	relay_ring_add(slot_of(w, t->due), &t->ring);
}

void relay_wheel_remove(struct relay_timer *t)
{
	if (relay_ring_is_in(&t->ring))
		relay_ring_remove(&t->ring);
}

static struct relay_timer *timer_of(struct relay_ring *r)
{
	return RELAY_RING_OF(r, struct relay_timer, ring);
}

/* due_in takes out the first timer of a slot that is due at tick now. */
static struct relay_timer *due_in(struct relay_ring *slot, uint64_t now)
{
	for (struct relay_ring *r = slot->behind; r != slot; r = r->behind)
		if (timer_of(r)->due <= now) {
			relay_ring_remove(r);
			return timer_of(r);
		}
	return NULL;
}

struct relay_timer *relay_wheel_next(struct relay_wheel *w, uint64_t now)
{
	/* After a long sleep one round over all slots finds every timer. */
	if (now > w->now + RELAY_WHEEL_SLOTS)
		w->now = now - RELAY_WHEEL_SLOTS;
	while (w->now < now) {
		struct relay_timer *t = due_in(slot_of(w, w->now + 1), now);
		if (t)
			return t;
		w->now++;
	}
	return NULL;
}

struct relay_timer *relay_wheel_any(struct relay_wheel *w)
{
	for (size_t i = 0; i < RELAY_WHEEL_SLOTS; i++) {
		struct relay_ring *r = relay_ring_first(&w->slot[i]);
		if (r) {
			relay_ring_remove(r);
			return timer_of(r);
		}
	}
	return NULL;
}
