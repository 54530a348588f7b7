/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_file.h"
#include "relay_sqlite_store.h"

#include <stdlib.h>
#include <string.h>

enum reading { READ_LOG, READ_CELLS, READ_TOTAL, READINGS };

static const char *const readings[READINGS] = {
	[READ_LOG] = SQLITE_LOG_FIND,
	[READ_CELLS] =
		"SELECT seq, before, body FROM cell WHERE log=?1 AND seq>=?2 ORDER BY seq LIMIT ?3",
	[READ_TOTAL] = "SELECT logs, cells, tokens FROM total",
};

struct sqlite_reader {
	struct relay_reader base;
	struct sqlite_store *store;
	sqlite3 *db;
	sqlite3_stmt *st[READINGS];
};

static struct sr_err take_log(sqlite3_stmt *st, struct sqlite_log *l)
{
	const uint8_t *chain;
	SR_TRY(relay_db_uint(st, 0, &l->id));
	SR_TRY(relay_db_uint(st, 1, &l->seq));
	SR_TRY(relay_db_uint(st, 2, &l->first));
	SR_TRY(relay_db_bytes(st, 3, CRYPTO_HASH_LEN, &chain));
	memcpy(l->chain, chain, CRYPTO_HASH_LEN);
	bool sound = l->id && l->first && l->first <= l->seq + 1 && l->seq <= WIRE_SEQ_MAX;
	return sound ? sr_ok() : relay_db_damage();
}

struct sr_err sqlite_log_find(sqlite3_stmt *st, const uint8_t address[CRYPTO_HASH_LEN],
			      struct sqlite_log *l)
{
	bool row;
	relay_db_bind(st, 1, address, CRYPTO_HASH_LEN);
	SR_TRY(relay_db_step(st, &row));
	if (row)
		return take_log(st, l);
	*l = (struct sqlite_log){.first = 1};
	wire_chain_start(address, l->chain);
	return sr_ok();
}

void sqlite_reader_close(struct relay_reader *reader)
{
	struct sqlite_reader *r = (struct sqlite_reader *)reader;
	relay_db_finalize(r->st, READINGS);
	relay_db_close(&r->db);
	free(r);
}

struct sr_err sqlite_reader_open(struct relay_store *s, struct relay_reader **out)
{
	struct sqlite_store *store = (struct sqlite_store *)s;
	SR_TRY(sqlite_store_failure(store));
	struct sqlite_reader *r = calloc(1, sizeof *r);
	if (!r)
		return sr_nomem();
	r->base.ops = &sqlite_store_ops;
	r->store = store;
	struct sr_err e = relay_db_open(store->path, RELAY_DB_READ, &r->db);
	if (!sr_bad(e))
		e = relay_db_prepare(r->db, readings, READINGS, r->st);
	if (!sr_bad(e)) {
		*out = &r->base;
		return e;
	}
	sqlite_reader_close(&r->base);
	return sqlite_store_fail(store, e);
}

/* struct place: which cells are wanted and where they go; n is how many there are. ends as of read.
 */
struct place {
	uint64_t from;
	size_t n_max;
	uint8_t *cells;
	size_t n;
	uint8_t ends[2][CRYPTO_HASH_LEN];
};

static struct sr_err take_cell(sqlite3_stmt *st, struct place *p)
{
	const uint8_t *chain, *body;
	uint64_t seq;
	SR_TRY(relay_db_uint(st, 0, &seq));
	SR_TRY(relay_db_bytes(st, 1, CRYPTO_HASH_LEN, &chain));
	SR_TRY(relay_db_bytes(st, 2, WIRE_CELL_LEN, &body));
	if (seq != p->from + p->n)
		return relay_db_damage();
	if (!p->n)
		memcpy(p->ends[0], chain, CRYPTO_HASH_LEN);
	memcpy(p->cells + p->n * WIRE_CELL_LEN, body, WIRE_CELL_LEN);
	return sr_ok();
}

static struct sr_err next_row(sqlite3_stmt *st)
{
	bool row;
	SR_TRY(relay_db_step(st, &row));
	return row ? sr_ok() : relay_db_damage();
}

/* The chain behind the last cell is the one before the next; of the log's last it is the head's,
 * which p->ends have to begin with. */
static struct sr_err read_cells(sqlite3_stmt *st, const struct sqlite_log *l, struct place *p)
{
	uint64_t left = l->seq + 1 - p->from;
	uint64_t n = left < p->n_max ? left : p->n_max;
	const uint8_t *chain;
	relay_db_bind_int(st, 1, l->id);
	relay_db_bind_int(st, 2, p->from);
	relay_db_bind_int(st, 3, n + 1);
	for (; p->n < n; p->n++) {
		SR_TRY(next_row(st));
		SR_TRY(take_cell(st, p));
	}
	if (!n || n == left)
		return sr_ok();
	SR_TRY(next_row(st));
	SR_TRY(relay_db_bytes(st, 1, CRYPTO_HASH_LEN, &chain));
	memcpy(p->ends[1], chain, CRYPTO_HASH_LEN);
	return sr_ok();
}

/* While READ_LOG stands on its row, READ_CELLS sees the same moment. */
static struct sr_err read_log(struct sqlite_reader *r, const uint8_t address[CRYPTO_HASH_LEN],
			      struct place *p, struct sqlite_log *l)
{
	struct sr_err e = sqlite_log_find(r->st[READ_LOG], address, l);
	if (!sr_bad(e)) {
		memcpy(p->ends[0], l->chain, CRYPTO_HASH_LEN);
		memcpy(p->ends[1], l->chain, CRYPTO_HASH_LEN);
		if (p->from >= l->first && p->from <= l->seq)
			e = read_cells(r->st[READ_CELLS], l, p);
	}
	(void)sqlite3_reset(r->st[READ_CELLS]);
	(void)sqlite3_reset(r->st[READ_LOG]);
	return e;
}

struct sr_err sqlite_reader_read(struct relay_reader *reader,
				 const uint8_t address[CRYPTO_HASH_LEN], uint64_t from,
				 size_t n_max, uint8_t *cells, size_t *n, struct relay_head *head,
				 uint8_t ends[2][CRYPTO_HASH_LEN])
{
	struct sqlite_reader *r = (struct sqlite_reader *)reader;
	SR_TRY(sqlite_store_failure(r->store));
	struct place p = {.from = from, .n_max = n_max};
	struct sqlite_log l;
	p.cells = cells;
	struct sr_err e = read_log(r, address, &p, &l);
	if (sr_bad(e))
		return sqlite_store_fail(r->store, e);
	*n = p.n;
	head->seq = l.seq;
	head->first = l.first;
	memcpy(head->chain, l.chain, CRYPTO_HASH_LEN);
	memcpy(ends, p.ends, sizeof p.ends);
	return sr_ok();
}

static struct sr_err read_total(sqlite3_stmt *st, struct relay_counts *out)
{
	bool row;
	SR_TRY(relay_db_step(st, &row));
	if (!row)
		return relay_db_damage();
	SR_TRY(relay_db_uint(st, 0, &out->logs));
	SR_TRY(relay_db_uint(st, 1, &out->cells));
	return relay_db_uint(st, 2, &out->tokens);
}

struct sr_err sqlite_reader_counts(struct relay_reader *reader, struct relay_counts *out)
{
	struct sqlite_reader *r = (struct sqlite_reader *)reader;
	struct relay_counts counts = {.bytes = relay_file_bytes(r->store->path)};
	SR_TRY(sqlite_store_failure(r->store));
	struct sr_err e = read_total(r->st[READ_TOTAL], &counts);
	(void)sqlite3_reset(r->st[READ_TOTAL]);
	if (sr_bad(e))
		return sqlite_store_fail(r->store, e);
	*out = counts;
	return sr_ok();
}
