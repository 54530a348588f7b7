/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_acked.h"

#include <stdlib.h>
#include <string.h>

void relay_acked_add(struct relay_acked *a, const struct relay_ack *ack)
{
	if (a->n == a->cap) {
		a->cap = a->cap ? 2 * a->cap : 64;
		a->all = reallocarray(a->all, a->cap, sizeof *a->all);
		if (!a->all)
			abort();
	}
	a->all[a->n++] = *ack;
}

void relay_acked_release(struct relay_acked *a)
{
	free(a->all);
	*a = (struct relay_acked){0};
}

/* struct place: what stands at a sequence. */
struct place {
	uint64_t variant;
	uint8_t chain[CRYPTO_HASH_LEN];
};

struct found {
	struct relay_head head;
	struct place *places; /* from head.first on */
	size_t cap;
	const char *wrong;
};

static void take(struct found *f, uint64_t log, uint64_t seq, const uint8_t *cell, uint8_t *chain)
{
	uint64_t cell_log, cell_seq, i = seq - f->head.first;
	if (i >= f->cap) {
		f->cap = f->cap ? 2 * f->cap : 64;
		f->places = reallocarray(f->places, f->cap, sizeof *f->places);
		if (!f->places)
			abort();
	}
	if (!relay_case_cell_is(cell, &cell_log, &cell_seq, &f->places[i].variant))
		f->wrong = "a cell that nobody wrote";
	else if (cell_log != log || cell_seq != seq)
		f->wrong = "a cell at another place than its own";
	wire_chain_next(chain, seq, cell, chain);
	memcpy(f->places[i].chain, chain, CRYPTO_HASH_LEN);
}

/* Reads all of a log, and tells whether its cells make its chain. */
static void read_log(struct relay_reader *r, uint64_t log, struct found *f)
{
	static uint8_t cells[WIRE_CELLS_MAX * WIRE_CELL_LEN];
	uint8_t address[CRYPTO_HASH_LEN], ends[2][CRYPTO_HASH_LEN] = {{0}}, chain[CRYPTO_HASH_LEN];
	size_t n;
	relay_case_address(log, address);
	if (sr_bad(r->ops->read(r, address, 0, 0, cells, &n, &f->head, ends)))
		f->wrong = "a head that cannot be read";
	memcpy(chain, ends[0], CRYPTO_HASH_LEN);
	for (uint64_t seq = f->head.first; !f->wrong && seq <= f->head.seq; seq += n) {
		if (sr_bad(r->ops->read(r, address, seq, WIRE_CELLS_MAX, cells, &n, &f->head,
					ends)) ||
		    !n) {
			f->wrong = "a cell that cannot be read";
			return;
		}
		if (seq == f->head.first)
			memcpy(chain, ends[0], CRYPTO_HASH_LEN);
		if (memcmp(chain, ends[0], CRYPTO_HASH_LEN) != 0)
			f->wrong = "a chain that is broken";
		for (size_t i = 0; i < n && !f->wrong; i++)
			take(f, log, seq + i, cells + i * WIRE_CELL_LEN, chain);
		if (!f->wrong && memcmp(chain, ends[1], CRYPTO_HASH_LEN) != 0)
			f->wrong = "cells that do not lead to the chain behind them";
	}
	uint8_t start[CRYPTO_HASH_LEN];
	wire_chain_start(address, start);
	if (!f->wrong && f->head.first == 1 && f->head.seq == 0)
		memcpy(chain, start, CRYPTO_HASH_LEN);
	if (!f->wrong && memcmp(chain, f->head.chain, CRYPTO_HASH_LEN) != 0)
		f->wrong = "a head whose chain is another";
}

static const char *lost(const struct relay_acked *a, const struct relay_ack *ack,
			const struct found *f)
{
	if (ack->seq > f->head.seq)
		return "an acknowledged cell is lost";
	if (ack->seq < f->head.first)
		return ack->day + wire_class_days(WIRE_DAYS_30) < a->expired
			       ? NULL
			       : "a cell was forgotten too early";
	const struct place *p = &f->places[ack->seq - f->head.first];
	if (p->variant != ack->variant || memcmp(p->chain, ack->chain, CRYPTO_HASH_LEN) != 0)
		return "another cell stands where one was acknowledged";
	return NULL;
}

const char *relay_acked_lost(const struct relay_acked *a, size_t n, uint64_t logs_n,
			     struct relay_store *store)
{
	struct relay_reader *r;
	struct found f = {0};
	if (sr_bad(store->ops->reader_open(store, &r)))
		return "there is no reader";
	for (uint64_t log = 0; log < logs_n && !f.wrong; log++) {
		read_log(r, log, &f);
		for (size_t i = 0; i < n && !f.wrong; i++)
			if (a->all[i].log == log)
				f.wrong = lost(a, &a->all[i], &f);
	}
	r->ops->reader_close(r);
	free(f.places);
	return f.wrong;
}

bool relay_acked_head(struct relay_store *store, uint64_t log, struct relay_head *head)
{
	struct relay_reader *r;
	uint8_t address[CRYPTO_HASH_LEN], ends[2][CRYPTO_HASH_LEN], none;
	size_t n;
	relay_case_address(log, address);
	if (sr_bad(store->ops->reader_open(store, &r)))
		return false;
	bool ok = !sr_bad(r->ops->read(r, address, 0, 0, &none, &n, head, ends));
	r->ops->reader_close(r);
	return ok;
}
