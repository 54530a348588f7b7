/* SPDX-License-Identifier: Apache-2.0 */
/* What a store acknowledged, and whether it is there. */
#ifndef RELAY_ACKED_H
#define RELAY_ACKED_H

#include "relay_conformance.h"

/* struct relay_ack: log, seq and variant are the numbers of a relay_case_cell, stored on day. at:
 * the test's. */
struct relay_ack {
	uint64_t log, seq, variant;
	uint8_t chain[CRYPTO_HASH_LEN];
	uint32_t day;
	size_t at;
};

/* struct relay_acked: all of them, in order. All zeros: none. */
struct relay_acked {
	struct relay_ack *all;
	size_t n, cap;
	uint32_t expired; /* latest day that cells were forgotten for, of class WIRE_DAYS_30 */
};

void relay_acked_add(struct relay_acked *a, const struct relay_ack *ack);
void relay_acked_release(struct relay_acked *a);

/* relay_acked_lost looks for a fault in the logs 0 .. logs_n - 1 of a store, of which the first n
 * acknowledgements were given: one that is not there or is there otherwise, a cell at another place
 * than its own, a gap, a broken chain. It returns what is wrong, static words, or NULL. */
const char *relay_acked_lost(const struct relay_acked *a, size_t n, uint64_t logs_n,
			     struct relay_store *store);

/* relay_acked_head gives head and chain of a log. */
bool relay_acked_head(struct relay_store *store, uint64_t log, struct relay_head *head);

#endif
