/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_answer.h"

#include <assert.h>
#include <string.h>

static void put(const struct relay_terms *t, struct wire_head *h, uint8_t out[WIRE_HEAD_LEN])
{
	wire_head_sign(h, t->key);
	wire_head_put(h, out);
}

void relay_answer_plain(enum wire_status status, int64_t now, uint8_t out[WIRE_HEAD_LEN])
{
	const struct wire_head h = {.status = (uint8_t)status, .time = (uint64_t)now};
	wire_head_put(&h, out);
}

void relay_answer_append(const struct relay_terms *t, const struct relay_append *a, int64_t now,
			 uint8_t out[WIRE_HEAD_LEN])
{
	if (!wire_status_signed(a->status)) {
		relay_answer_plain(a->status, now, out);
		return;
	}
	struct wire_head h = {.status = (uint8_t)a->status,
			      .seq = a->head,
			      .first = a->first,
			      .time = (uint64_t)now};
	memcpy(h.address, a->address, sizeof h.address);
	memcpy(h.chain, a->head_chain, sizeof h.chain);
	memcpy(h.before, a->head_chain, sizeof h.before);
	put(t, &h, out);
}

struct sr_err relay_find(struct relay_reader *reader, const struct relay_read_request *r,
			 uint8_t *cells, struct relay_found *out)
{
	return reader->ops->read(reader, r->address, r->wire.from, r->wire.cells, cells, &out->n,
				 &out->head, out->ends);
}

bool relay_is_early(const struct relay_read_request *r, const struct relay_found *f)
{
	return r->wire.from == f->head.seq + 1;
}

enum wire_status relay_read_status(const struct relay_read_request *r, const struct relay_found *f)
{
	return r->wire.from < f->head.first ? WIRE_EXPIRED : WIRE_OK;
}

/* check_chain follows the chain over the cells that were found. */
static struct sr_err check_chain(const struct relay_read_request *r, const struct relay_found *f,
				 const uint8_t *cells)
{
	uint8_t chain[CRYPTO_HASH_LEN];
	memcpy(chain, f->ends[0], sizeof chain);
	for (size_t i = 0; i < f->n; i++)
		wire_chain_next(chain, r->wire.from + i, cells + i * WIRE_CELL_LEN, chain);
	if (memcmp(chain, f->ends[1], sizeof chain) != 0)
		return sr_fail(SR_E_IO, "the store is damaged: cells of a log do not match its "
					"chain");
	return sr_ok();
}

struct sr_err relay_answer_read(const struct relay_terms *t, const struct relay_read_request *r,
				const struct relay_found *f, const uint8_t *cells, int64_t now,
				uint8_t out[WIRE_HEAD_LEN])
{
	struct wire_head h = {.status = (uint8_t)relay_read_status(r, f),
			      .cells_n = (uint8_t)f->n,
			      .seq = f->n ? r->wire.from + f->n - 1 : f->head.seq,
			      .first = f->head.first,
			      .time = (uint64_t)now};
	assert(f->n <= r->wire.cells);
	SR_TRY(check_chain(r, f, cells));
	memcpy(h.address, r->address, sizeof h.address);
	memcpy(h.before, f->ends[0], sizeof h.before);
	memcpy(h.chain, f->ends[1], sizeof h.chain);
	put(t, &h, out);
	return sr_ok();
}

void relay_fill(const uint8_t key[CRYPTO_KEY_LEN], uint8_t *out, size_t len)
{
	uint32_t words[256];
	for (size_t done = 0; done < len; done += sizeof words) {
		const size_t n = len - done < sizeof words ? len - done : sizeof words;
		crypto_stream_words(key, done / sizeof *words,
				    (n + sizeof *words - 1) / sizeof *words, words);
		memcpy(out + done, words, n);
	}
}
