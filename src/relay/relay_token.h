/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of admission: 32 random bytes each, good for one new log at a relay that asks for them.
 * The store has their hashes, and forgets one when it is used, so that nothing links a log to who
 * was given its token. As text a token is a line of 64 hexadecimal digits. */
#ifndef RELAY_TOKEN_H
#define RELAY_TOKEN_H

#include "build.h"
#include "relay_log.h"

enum { RELAY_TOKENS_MAX = 100 * 1000 }; /* made at a time */

/* relay_token_hash writes what a store has of a token. */
void relay_token_hash(const uint8_t token[WIRE_TOKEN_LEN], uint8_t out[CRYPTO_HASH_LEN]);

/* relay_token_make makes n tokens, adds their hashes to the store and appends a line for each one
 * to lines, which should be a secret builder. SR_E_LIMIT; else as the store's tokens. On failure
 * lines is of no use. */
SR_MUST struct sr_err relay_token_make(struct relay_store *s, size_t n, struct build *lines);

#endif
