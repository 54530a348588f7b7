/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for which log. A reader looks in the store first and waits afterwards, so that a cell
 * may come in between: it asks for the log's round before it looks, and waits only if the round is
 * still the same. It knows no lock: whoever shares a table locks it. */
#ifndef RELAY_WAIT_H
#define RELAY_WAIT_H

#include "crypto.h"
#include "relay_ring.h"

enum { RELAY_WAIT_BUCKETS = 4096 };

/* struct relay_waiter: part of what waits. All zeros: it does not. Must not move while it waits. */
struct relay_waiter {
	struct relay_ring ring;
	uint8_t address[CRYPTO_HASH_LEN];
};

struct relay_wait_bucket {
	struct relay_ring waiters;
	uint64_t round; /* how often one of its logs has changed */
};

/* Invariant: n counts the waiters. Must not move after relay_wait_init. */
struct relay_wait {
	struct relay_wait_bucket bucket[RELAY_WAIT_BUCKETS];
	uint8_t key[CRYPTO_KEY_LEN];
	size_t n;
};

/* relay_wait_init makes an empty table. key: random, so that nobody can choose logs that fall into
 * one bucket. */
void relay_wait_init(struct relay_wait *w, const uint8_t key[CRYPTO_KEY_LEN]);

/* relay_wait_round returns the log's round. */
uint64_t relay_wait_round(const struct relay_wait *w, const uint8_t address[CRYPTO_HASH_LEN]);

/* relay_wait_add lets one that does not wait (asserted) wait for this log; relay_wait_remove takes
 * out one that waits. */
void relay_wait_add(struct relay_wait *w, struct relay_waiter *one,
		    const uint8_t address[CRYPTO_HASH_LEN]);
void relay_wait_remove(struct relay_wait *w, struct relay_waiter *one);

/* relay_wait_wake begins the log's next round and moves who waits for it to the list out, by their
 * ring; relay_wait_all moves everybody. */
void relay_wait_wake(struct relay_wait *w, const uint8_t address[CRYPTO_HASH_LEN],
		     struct relay_ring *out);
void relay_wait_all(struct relay_wait *w, struct relay_ring *out);

#endif
