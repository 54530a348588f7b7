/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_db.h"

#include <string.h>

struct sr_err ledger_check_value(const struct ledger *l, struct build *b,
				 uint8_t out[CRYPTO_HASH_LEN])
{
	struct slice info;
	SR_TRY(build_done(b, &info));
	crypto_derive(&l->seed, CRYPTO_LABEL_LEDGER_ROW, info, out);
	build_reset(b);
	return sr_ok();
}

/* ---- How many there are. ---- */

/* The roster answers for the number of commitments too, so that the last one cannot go unseen. In
 * version 1 there are none to answer for. */
static struct sr_err roster_check(const struct ledger *l, int version, uint32_t readers,
				  uint32_t commitments, uint8_t out[CRYPTO_HASH_LEN])
{
	struct build b;
	build_init(&b, 0);
	build_u8(&b, LEDGER_KIND_ROSTER);
	build_u32(&b, readers);
	if (version > 1)
		build_u32(&b, commitments);
	struct sr_err e = ledger_check_value(l, &b, out);
	build_release(&b);
	return e;
}

struct sr_err ledger_write_roster(struct ledger *l, uint32_t readers, uint32_t commitments)
{
	uint8_t check[CRYPTO_HASH_LEN];
	sqlite3_stmt *st;
	SR_TRY(roster_check(l, LEDGER_VERSION_PLAIN, readers, commitments, check));
	SR_TRY(db_prepare(l, "INSERT OR REPLACE INTO roster VALUES(1, ?, ?)", &st));
	(void)sqlite3_bind_int64(st, 1, readers);
	db_bind(st, 2, slice_make(check, sizeof check));
	struct sr_err e = db_run(l, st);
	(void)sqlite3_finalize(st);
	return e;
}

static struct sr_err take_roster(struct ledger *l, sqlite3_stmt *st, int version,
				 uint32_t commitments, uint32_t *readers)
{
	bool row;
	uint8_t check[CRYPTO_HASH_LEN], want[CRYPTO_HASH_LEN];
	SR_TRY(db_step(l, st, &row));
	if (!row || sqlite3_column_type(st, 0) != SQLITE_INTEGER || !db_hash(st, 1, check))
		return db_damage(l);
	int64_t n = sqlite3_column_int64(st, 0);
	if (n < 0 || n > LIMIT_READERS)
		return db_damage(l);
	SR_TRY(roster_check(l, version, (uint32_t)n, commitments, want));
	if (!crypto_eq(want, check, sizeof want))
		return db_wrong_check(l);
	*readers = (uint32_t)n;
	return sr_ok();
}

struct sr_err ledger_read_roster(struct ledger *l, uint32_t *readers, uint32_t *commitments)
{
	sqlite3_stmt *st;
	int version;
	uint32_t n = 0;
	SR_TRY(db_version(l, &version));
	if (version > 1)
		SR_TRY(db_count(l, "SELECT count(*) FROM commitment", LEDGER_COMMITMENTS, &n));
	SR_TRY(db_prepare(l, "SELECT readers, check_value FROM roster WHERE one=1", &st));
	struct sr_err e = take_roster(l, st, version, n, readers);
	(void)sqlite3_finalize(st);
	if (!sr_bad(e))
		*commitments = n;
	return e;
}

/* ---- The commitments. ---- */

static struct sr_err commitment_check(const struct ledger *l, struct build *b,
				      const struct ledger_commitment *c,
				      uint8_t out[CRYPTO_HASH_LEN])
{
	build_u8(b, LEDGER_KIND_COMMITMENT);
	build_u32(b, c->number);
	build_u32(b, c->readers);
	build_sized(b, c->entry);
	return ledger_check_value(l, b, out);
}

static struct sr_err insert(struct ledger *l, struct build *b, sqlite3_stmt *st,
			    const struct ledger_commitment *c)
{
	uint8_t check[CRYPTO_HASH_LEN];
	SR_TRY(commitment_check(l, b, c, check));
	(void)sqlite3_bind_int64(st, 1, c->number);
	(void)sqlite3_bind_int64(st, 2, c->readers);
	db_bind(st, 3, c->entry);
	db_bind(st, 4, slice_make(check, sizeof check));
	return db_run(l, st);
}

struct sr_err ledger_insert_commitment(struct ledger *l, uint32_t number, uint32_t readers,
				       struct slice entry)
{
	const struct ledger_commitment c = {number, readers, entry};
	sqlite3_stmt *st;
	struct build b;
	SR_TRY(db_prepare(l, "INSERT INTO commitment VALUES(?, ?, ?, ?)", &st));
	build_init(&b, 0);
	struct sr_err e = insert(l, &b, st, &c);
	build_release(&b);
	(void)sqlite3_finalize(st);
	return e;
}

/* Reads row number, of which the next one may have no fewer readers and none more than readers. */
static struct sr_err take(struct ledger *l, struct build *b, sqlite3_stmt *st, uint32_t number,
			  int64_t readers_min, uint32_t readers_max, struct ledger_commitment *out)
{
	uint8_t check[CRYPTO_HASH_LEN], want[CRYPTO_HASH_LEN];
	struct ledger_commitment c = {.number = number};
	int64_t readers = sqlite3_column_int64(st, 1);
	if (sqlite3_column_int64(st, 0) != number || readers < readers_min ||
	    readers > readers_max || !db_blob(st, 2, 1, LEDGER_ENTRY_BYTES, &c.entry) ||
	    !db_hash(st, 3, check))
		return db_damage(l);
	c.readers = (uint32_t)readers;
	SR_TRY(commitment_check(l, b, &c, want));
	if (!crypto_eq(want, check, sizeof want))
		return db_wrong_check(l);
	*out = c;
	return sr_ok();
}

struct load {
	struct arena *mem;
	struct ledger_commitments all;
};

static struct sr_err load_rows(struct ledger *l, struct build *b, sqlite3_stmt *st,
			       uint32_t readers, struct load *load)
{
	struct ledger_commitments *cs = &load->all;
	bool row;
	for (uint32_t i = 0; i < cs->n; i++) {
		struct ledger_commitment *c = &cs->at[i];
		SR_TRY(db_step(l, st, &row));
		if (!row)
			return db_damage(l);
		SR_TRY(take(l, b, st, i + 1, i ? cs->at[i - 1].readers : 0, readers, c));
		c->entry.ptr = arena_dup(load->mem, c->entry.ptr, c->entry.len);
		if (!c->entry.ptr)
			return sr_nomem();
	}
	SR_TRY(db_step(l, st, &row));
	return row ? db_damage(l) : sr_ok();
}

static struct sr_err load_commitments(struct ledger *l, void *arg)
{
	struct load *load = arg;
	uint32_t readers = 0, n;
	sqlite3_stmt *st;
	struct build b;
	SR_TRY(ledger_read_roster(l, &readers, &n));
	load->all.n = n;
	load->all.at = ARENA_ARRAY(load->mem, n, struct ledger_commitment);
	if (!load->all.at)
		return sr_nomem();
	if (!n)
		return sr_ok(); /* version 1 has no such table */
	SR_TRY(db_prepare(l,
			  "SELECT number, readers, entry, check_value FROM commitment "
			  "ORDER BY number",
			  &st));
	build_init(&b, 0);
	struct sr_err e = load_rows(l, &b, st, readers, load);
	build_release(&b);
	(void)sqlite3_finalize(st);
	return e;
}

struct sr_err ledger_commitments_load(struct ledger *l, struct arena *a,
				      struct ledger_commitments *out)
{
	struct load load = {.mem = a};
	SR_TRY(db_read(l, load_commitments, &load));
	l->commitments_shown = true;
	l->commitments_n = (uint32_t)load.all.n;
	*out = load.all;
	return sr_ok();
}
