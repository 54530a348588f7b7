/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody asks of a relay, below HTTP: where a request goes, how long it must be, and whether
 * its bytes hold what they must. Knows no connection and no store. */
#ifndef RELAY_REQUEST_H
#define RELAY_REQUEST_H

#include "relay_log.h"

/* struct relay_terms: what requests are held against. classes: bit c stands for class c. */
struct relay_terms {
	const struct crypto_key *key;
	uint8_t public_key[CRYPTO_PUBLIC_LEN];
	unsigned classes;
};

enum relay_route { RELAY_NOWHERE, RELAY_APPEND, RELAY_READ, RELAY_HEALTH };

/* relay_route_of tells where a request for this method and path goes. */
enum relay_route relay_route_of(const char *method, const char *path);

/* relay_body_len returns the length of each body of this route; 0: it takes none. */
size_t relay_body_len(enum relay_route route);

/* relay_length_status returns 0 if a body is announced (NULL: its length is not) as long as it must
 * be, else the HTTP status that refuses it: 411, 413 for a longer one, 400. */
unsigned relay_length_status(enum relay_route route, const char *content_length);

/* struct relay_append_request: append and what it points to borrow from this and from the body. */
struct relay_append_request {
	struct wire_append wire;
	uint8_t address[CRYPTO_HASH_LEN], chain[CRYPTO_HASH_LEN], token_hash[CRYPTO_HASH_LEN];
};

/* relay_append_take reads a body and checks its signature: WIRE_OK, or why it is refused
 * (MALFORMED, CLASS, FORBIDDEN). out is what to hand to a store, pointing into r and body. */
enum wire_status relay_append_take(const struct relay_terms *t, struct slice body,
				   struct relay_append_request *r, struct relay_append *out);

struct relay_read_request {
	struct wire_read wire;
	uint8_t address[CRYPTO_HASH_LEN];
};

/* relay_read_take does the same for a read, at this time (seconds since 1970): WIRE_OK, MALFORMED,
 * CLOCK, FORBIDDEN. Unless it is MALFORMED, out says how long the answer has to be. */
enum wire_status relay_read_take(const struct relay_terms *t, struct slice body, int64_t now,
				 struct relay_read_request *out);

#endif
