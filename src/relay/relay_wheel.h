/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines for many connections: a hashed wheel of ticks (Varghese and Lauck, 1987, scheme 6).
 * Setting, removing and firing a timer take constant time. It knows no clock and no lock: ticks are
 * handed in, and whoever shares a wheel locks it. */
#ifndef RELAY_WHEEL_H
#define RELAY_WHEEL_H

#include "relay_ring.h"

#include <stdint.h>

/* More than the longest deadline has ticks; longer ones are fine, but cost a look in each round. */
enum { RELAY_WHEEL_SLOTS = 128 };

/* struct relay_timer: part of what it is for. All zeros: not set. Must not move while it is set. */
struct relay_timer {
	struct relay_ring ring;
	uint64_t due; /* tick */
};

/* Invariant: a timer that is set is in slot[due % RELAY_WHEEL_SLOTS]. Must not move after
 * relay_wheel_init. */
struct relay_wheel {
	struct relay_ring slot[RELAY_WHEEL_SLOTS];
	uint64_t now;
};

/* relay_wheel_init makes an empty wheel at this tick. */
void relay_wheel_init(struct relay_wheel *w, uint64_t now);

/* relay_wheel_set sets a timer, anew if it is set, to this many ticks from w->now; 0 counts as 1.
 */
void relay_wheel_set(struct relay_wheel *w, struct relay_timer *t, uint64_t ticks);

/* relay_wheel_remove unsets a timer; one that is not set is left alone. */
void relay_wheel_remove(struct relay_timer *t);

/* relay_wheel_next takes out one timer that is due at tick now; NULL: there is none left, and now
 * is w->now, unless it is earlier than that. Between calls timers may be set and removed. */
struct relay_timer *relay_wheel_next(struct relay_wheel *w, uint64_t now);

/* relay_wheel_any takes out one timer, whenever it is due; NULL: none is set. */
struct relay_timer *relay_wheel_any(struct relay_wheel *w);

#endif
