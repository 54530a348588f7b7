/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_wait.h"

#include <assert.h>
#include <string.h>

void relay_wait_init(struct relay_wait *w, const uint8_t key[CRYPTO_KEY_LEN])
{
	for (size_t i = 0; i < RELAY_WAIT_BUCKETS; i++) {
		relay_ring_init(&w->bucket[i].waiters);
		w->bucket[i].round = 0;
	}
	memcpy(w->key, key, sizeof w->key);
	w->n = 0;
}

static size_t bucket_of(const struct relay_wait *w, const uint8_t address[CRYPTO_HASH_LEN])
{
	uint8_t hash[CRYPTO_HASH_LEN];
	const struct slice parts[] = {slice_make(w->key, sizeof w->key),
				      slice_make(address, CRYPTO_HASH_LEN)};
	crypto_digest(parts, sizeof parts / sizeof *parts, hash);
	return (hash[0] | (size_t)hash[1] << 8) % RELAY_WAIT_BUCKETS;
}

uint64_t relay_wait_round(const struct relay_wait *w, const uint8_t address[CRYPTO_HASH_LEN])
{
	return w->bucket[bucket_of(w, address)].round;
}

void relay_wait_add(struct relay_wait *w, struct relay_waiter *one,
		    const uint8_t address[CRYPTO_HASH_LEN])
{
	assert(!relay_ring_is_in(&one->ring));
	memcpy(one->address, address, sizeof one->address);
	relay_ring_add(&w->bucket[bucket_of(w, address)].waiters, &one->ring);
	w->n++;
}

void relay_wait_remove(struct relay_wait *w, struct relay_waiter *one)
{
	assert(w->n > 0);
	relay_ring_remove(&one->ring);
	w->n--;
}

/* move moves those of a bucket that wait for this log (NULL: all of them). */
static void move(struct relay_wait *w, struct relay_wait_bucket *b, const uint8_t *address,
		 struct relay_ring *out)
{
	for (struct relay_ring *r = b->waiters.behind, *next; r != &b->waiters; r = next) {
		struct relay_waiter *one = RELAY_RING_OF(r, struct relay_waiter, ring);
		next = r->behind;
		if (address && memcmp(one->address, address, sizeof one->address) != 0)
			continue;
		relay_wait_remove(w, one);
		relay_ring_add(out, r);
	}
}

void relay_wait_wake(struct relay_wait *w, const uint8_t address[CRYPTO_HASH_LEN],
		     struct relay_ring *out)
{
	struct relay_wait_bucket *b = &w->bucket[bucket_of(w, address)];
	b->round++;
	move(w, b, address, out);
}

void relay_wait_all(struct relay_wait *w, struct relay_ring *out)
{
	for (size_t i = 0; i < RELAY_WAIT_BUCKETS; i++)
		move(w, &w->bucket[i], NULL, out);
}
