/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_db.h"

#include <string.h>

static struct sr_err sheet_check(const struct ledger *l, struct slice sheet,
				 uint8_t out[CRYPTO_HASH_LEN])
{
	uint8_t digest[CRYPTO_HASH_LEN];
	struct build b;
	crypto_digest(&sheet, 1, digest);
	build_init(&b, 0);
	build_u8(&b, LEDGER_KIND_SHEET);
	build_bytes(&b, digest, sizeof digest);
	struct sr_err e = ledger_check_value(l, &b, out);
	build_release(&b);
	return e;
}

struct sr_err ledger_write_sheet(struct ledger *l, struct slice sheet)
{
	sqlite3_stmt *st;
	SR_TRY(sheet_check(l, sheet, l->sheet_check));
	SR_TRY(db_prepare(l, "INSERT INTO sheet VALUES(1, ?, ?)", &st));
	db_bind(st, 1, sheet);
	db_bind(st, 2, slice_make(l->sheet_check, CRYPTO_HASH_LEN));
	struct sr_err e = db_run(l, st);
	(void)sqlite3_finalize(st);
	return e;
}

struct sr_err ledger_read_sheet_check(struct ledger *l)
{
	sqlite3_stmt *st;
	SR_TRY(db_prepare(l, "SELECT check_value FROM sheet WHERE one=1", &st));
	struct sr_err e = db_step(l, st, &l->paper.has_sheet);
	if (!sr_bad(e) && l->paper.has_sheet && !db_hash(st, 0, l->sheet_check))
		e = db_damage(l);
	(void)sqlite3_finalize(st);
	return e;
}

struct load {
	struct arena *mem;
	struct slice sheet;
};

static struct sr_err take_sheet(struct ledger *l, sqlite3_stmt *st, struct load *load)
{
	uint8_t want[CRYPTO_HASH_LEN];
	struct slice sheet;
	bool row;
	SR_TRY(db_step(l, st, &row));
	if (!row || !db_blob(st, 0, 1, LEDGER_SHEET_BYTES, &sheet))
		return sqlite3_errcode(l->db) == SQLITE_NOMEM ? sr_nomem() : db_damage(l);
	SR_TRY(sheet_check(l, sheet, want));
	if (!crypto_eq(want, l->sheet_check, sizeof want))
		return db_wrong_check(l);
	load->sheet = slice_make(arena_dup(load->mem, sheet.ptr, sheet.len), sheet.len);
	return load->sheet.ptr ? sr_ok() : sr_nomem();
}

static struct sr_err load_sheet(struct ledger *l, void *arg)
{
	sqlite3_stmt *st;
	SR_TRY(db_prepare(l, "SELECT sheet FROM sheet WHERE one=1", &st));
	struct sr_err e = take_sheet(l, st, arg);
	(void)sqlite3_finalize(st);
	return e;
}

struct sr_err ledger_sheet(struct ledger *l, struct arena *a, struct slice *out)
{
	struct load load = {.mem = a};
	if (l->paper.has_sheet)
		SR_TRY(db_read(l, load_sheet, &load));
	*out = load.sheet;
	return sr_ok();
}
