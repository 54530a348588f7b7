/* SPDX-License-Identifier: Apache-2.0 */
/* What every store of a relay must do, whatever it keeps its logs in, as tests; and the appends
 * that tests of a relay are made of. */
#ifndef RELAY_CONFORMANCE_H
#define RELAY_CONFORMANCE_H

#include "relay_log.h"

/* struct relay_subject: a kind of store. open opens what was stored before, nothing after reset. */
struct relay_subject {
	const char *name;
	struct sr_err (*open)(const struct relay_rules *rules, struct relay_store **out);
	void (*reset)(void);
};

/* relay_conformance runs the tests. */
void relay_conformance(const struct relay_subject *subject);

/* struct relay_case: an append with everything that it borrows; must not be moved. */
struct relay_case {
	uint8_t address[CRYPTO_HASH_LEN], before[CRYPTO_HASH_LEN], chain[CRYPTO_HASH_LEN];
	uint8_t cell[WIRE_CELL_LEN], token_hash[CRYPTO_HASH_LEN];
	struct relay_append append;
};

/* relay_case_address writes the address of the log of this number. */
void relay_case_address(uint64_t log, uint8_t out[CRYPTO_HASH_LEN]);

/* relay_case_cell writes a cell that is like no other of different numbers; relay_case_cell_is
 * tells which numbers one has, false if it is none. */
void relay_case_cell(uint64_t log, uint64_t seq, uint64_t variant, uint8_t out[WIRE_CELL_LEN]);
bool relay_case_cell_is(const uint8_t cell[WIRE_CELL_LEN], uint64_t *log, uint64_t *seq,
			uint64_t *variant);

/* relay_case_make makes the append of such a cell behind the chain before (NULL: the start). */
void relay_case_make(struct relay_case *c, uint64_t log, uint64_t seq, uint64_t variant,
		     const uint8_t before[CRYPTO_HASH_LEN]);

/* relay_case_again computes the chain anew, after cell, before or seq were changed. */
void relay_case_again(struct relay_case *c);

#endif
