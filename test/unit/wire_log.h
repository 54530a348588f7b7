/* SPDX-License-Identifier: Apache-2.0 */
/* A log and its relay for tests: keys, cells, and the chain, computed here from what
 * doc/PROTOCOL.md says and not by the code under test. */
#ifndef TEST_WIRE_LOG_H
#define TEST_WIRE_LOG_H

#include "test.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

struct wire_keys {
	struct crypto_key relay, other_relay, write, read;
	uint8_t relay_public[CRYPTO_PUBLIC_LEN], other_public[CRYPTO_PUBLIC_LEN];
	struct wire_log log;
};

static inline void must(struct sr_err e)
{
	if (CHECK(!sr_bad(e), "%s", e.what ? e.what : ""))
		return;
	exit(EXIT_FAILURE);
}

static inline void seed_key(struct crypto_key *key, uint8_t seed, uint8_t out[CRYPTO_PUBLIC_LEN])
{
	uint8_t bytes[CRYPTO_KEY_LEN] = {seed, 1, 2, 3};
	must(crypto_key_copy(key, slice_make(bytes, sizeof bytes)));
	crypto_public_key(key, out);
}

static inline void keys_make(struct wire_keys *k)
{
	memset(k, 0, sizeof *k);
	seed_key(&k->relay, 1, k->relay_public);
	seed_key(&k->other_relay, 2, k->other_public);
	seed_key(&k->write, 3, k->log.write_key);
	seed_key(&k->read, 4, k->log.read_key);
	k->log.class = WIRE_DAYS_30;
}

static inline void keys_release(struct wire_keys *k)
{
	crypto_key_release(&k->relay);
	crypto_key_release(&k->other_relay);
	crypto_key_release(&k->write);
	crypto_key_release(&k->read);
}

static inline void le64(uint64_t v, uint8_t out[8])
{
	for (int i = 0; i < 8; i++, v /= 256)
		out[i] = (uint8_t)(v % 256);
}

static inline void known_address(const struct wire_log *log, uint8_t out[32])
{
	struct slice parts[] = {SLICE_LIT("subrosa/1 log"),
				{log->write_key, 32},
				{log->read_key, 32},
				{&log->class, 1}};
	crypto_digest(parts, 4, out);
}

static inline void known_start(const struct wire_log *log, uint8_t out[32])
{
	uint8_t address[32];
	known_address(log, address);
	struct slice parts[] = {SLICE_LIT("subrosa/1 start"), {address, 32}};
	crypto_digest(parts, 2, out);
}

static inline void known_next(const uint8_t before[32], uint64_t seq, const uint8_t *cell,
			      uint8_t out[32])
{
	uint8_t number[8], from[32];
	le64(seq, number);
	memcpy(from, before, 32);
	struct slice parts[] = {
		SLICE_LIT("subrosa/1 chain"), {from, 32}, {number, 8}, {cell, 4096}};
	crypto_digest(parts, 4, out);
}

/* cell_fill: the cell that a seed stands for. */
static inline void cell_fill(uint8_t cell[WIRE_CELL_LEN], uint64_t seed)
{
	for (size_t i = 0; i < WIRE_CELL_LEN; i += 8)
		le64(test_random(&seed), cell + i);
}

#endif
