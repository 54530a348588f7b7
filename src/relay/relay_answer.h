/* SPDX-License-Identifier: Apache-2.0 */
/* What a relay says: the head of an answer, the cells behind it, and the filling behind them, so
 * that what was found does not show in how much is sent. */
#ifndef RELAY_ANSWER_H
#define RELAY_ANSWER_H

#include "relay_request.h"

/* relay_answer_plain writes a head that says nothing of any log. */
void relay_answer_plain(enum wire_status status, int64_t now, uint8_t out[WIRE_HEAD_LEN]);

/* relay_answer_append writes the head of the answer to an append that a store decided; WIRE_BUSY is
 * fine. */
void relay_answer_append(const struct relay_terms *t, const struct relay_append *a, int64_t now,
			 uint8_t out[WIRE_HEAD_LEN]);

/* struct relay_found: what a store has for a read: n cells. */
struct relay_found {
	size_t n;
	struct relay_head head;
	uint8_t ends[2][CRYPTO_HASH_LEN]; /* as of a store's read */
};

/* relay_find asks a store for the cells of a read; cells has room for as many as it asks for.
 * Errors are the store's. */
SR_MUST struct sr_err relay_find(struct relay_reader *reader, const struct relay_read_request *r,
				 uint8_t *cells, struct relay_found *out);

/* relay_is_early tells whether there is nothing yet, but may be soon: the reader wants the cell
 * after the log's last one, or its head as soon as it is there. */
bool relay_is_early(const struct relay_read_request *r, const struct relay_found *f);

/* relay_read_status returns WIRE_EXPIRED if the first cell that it wants is not kept any more, else
 * WIRE_OK. */
enum wire_status relay_read_status(const struct relay_read_request *r, const struct relay_found *f);

/* relay_answer_read writes the head of the answer with these cells. SR_E_IO, and nothing may be
 * sent: they do not lead from the one chain that was stored to the other, so what was read is not
 * what was written. What is signed of it would convict the relay. */
SR_MUST struct sr_err relay_answer_read(const struct relay_terms *t,
					const struct relay_read_request *r,
					const struct relay_found *f, const uint8_t *cells,
					int64_t now, uint8_t out[WIRE_HEAD_LEN]);

/* relay_fill writes the first len bytes of the filling with this key. */
void relay_fill(const uint8_t key[CRYPTO_KEY_LEN], uint8_t *out, size_t len);

#endif
