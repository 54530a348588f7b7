/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_db.h"

#include "build.h"
#include "ledger_file.h"
#include "ledger_sealed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void seed_check(const struct ledger *l, uint8_t out[CRYPTO_HASH_LEN])
{
	crypto_derive(&l->seed, CRYPTO_LABEL_LEDGER_SEED, SLICE_LIT(""), out);
}

static struct sr_err paper_check(const struct ledger *l, int version, uint8_t out[CRYPTO_HASH_LEN])
{
	const struct ledger_paper *p = &l->paper;
	struct build b;
	build_init(&b, 0);
	build_u8(&b, LEDGER_KIND_PAPER);
	build_sized(&b, p->title);
	build_u64(&b, (uint64_t)p->created);
	build_bytes(&b, p->source_hash, CRYPTO_HASH_LEN);
	build_bytes(&b, p->lattice_hash, CRYPTO_HASH_LEN);
	if (version > 2)
		build_u8(&b, (uint8_t)p->collusion);
	if (version > 3)
		build_u8(&b, p->has_sheet);
	if (p->has_sheet)
		build_bytes(&b, l->sheet_check, CRYPTO_HASH_LEN);
	struct slice info;
	struct sr_err e = build_done(&b, &info);
	if (!sr_bad(e))
		crypto_derive(&l->seed, CRYPTO_LABEL_LEDGER_ROW, info, out);
	build_release(&b);
	return e;
}

static struct sr_err new_handle(const char *path, struct ledger_keys *keys,
				const struct sr_sink *sink, struct ledger **out)
{
	struct ledger *l = calloc(1, sizeof *l);
	if (!l)
		return sr_nomem();
	mem_wipe_install();
	if (sink)
		l->sink = *sink;
	l->keys = keys;
	l->sink.file = arena_dup(&l->mem, path, strlen(path));
	struct sr_err e = l->sink.file ? crypto_init() : sr_nomem();
	if (sr_bad(e)) {
		ledger_close(l);
		return e;
	}
	*out = l;
	return sr_ok();
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	db_disconnect(l);
	crypto_key_release(&l->seed);
	arena_release(&l->mem);
	free(l);
}

const struct ledger_paper *ledger_paper(const struct ledger *l)
{
	return &l->paper;
}

const struct crypto_key *ledger_seed(const struct ledger *l)
{
	return &l->seed;
}

bool ledger_sealed(const struct ledger *l)
{
	return l->sealed;
}

static struct sr_err get_version(struct ledger *l, void *arg)
{
	return db_version(l, arg);
}

struct sr_err ledger_version(struct ledger *l, int *out)
{
	int version;
	SR_TRY(db_read(l, get_version, &version));
	*out = version;
	return sr_ok();
}

static struct sr_err check_all(struct ledger *l, void *arg)
{
	(void)arg;
	SR_TRY(db_check_schema(l));
	return db_check_integrity(l);
}

struct sr_err ledger_check(struct ledger *l)
{
	return db_read(l, check_all, NULL);
}

/* Copies the one row of table paper into the handle. */
static struct sr_err take_paper(struct ledger *l, sqlite3_stmt *st,
				uint8_t checks[2][CRYPTO_HASH_LEN])
{
	struct ledger_paper *p = &l->paper;
	struct slice title, lattice, seed;
	if (sqlite3_column_type(st, 1) != SQLITE_INTEGER ||
	    !db_blob(st, 0, 0, LEDGER_TITLE_BYTES, &title) || !db_hash(st, 2, p->source_hash) ||
	    !db_hash(st, 3, p->lattice_hash) ||
	    !db_blob(st, 4, 0, LEDGER_LATTICE_BYTES, &lattice) ||
	    !db_blob(st, 5, CRYPTO_KEY_LEN, CRYPTO_KEY_LEN, &seed) || !db_hash(st, 6, checks[0]) ||
	    !db_hash(st, 7, checks[1]) || sqlite3_column_type(st, 8) != SQLITE_INTEGER)
		return sqlite3_errcode(l->db) == SQLITE_NOMEM ? sr_nomem() : db_damage(l);
	int64_t collusion = sqlite3_column_int64(st, 8);
	if (collusion < 1 || collusion > LEDGER_COLLUSION_MAX)
		return db_damage(l);
	p->collusion = (uint32_t)collusion;
	p->created = sqlite3_column_int64(st, 1);
	uint8_t *t = arena_dup(&l->mem, title.ptr, title.len);
	uint8_t *b = arena_dup(&l->mem, lattice.ptr, lattice.len);
	if (!t || !b)
		return sr_nomem();
	p->title = slice_make(t, title.len);
	p->lattice = slice_make(b, lattice.len);
	return crypto_key_copy(&l->seed, seed);
}

static struct sr_err check_paper(struct ledger *l, int version, uint8_t checks[2][CRYPTO_HASH_LEN])
{
	uint8_t want[CRYPTO_HASH_LEN];
	seed_check(l, want);
	bool good = crypto_eq(want, checks[0], sizeof want);
	SR_TRY(paper_check(l, version, want));
	good &= crypto_eq(want, checks[1], sizeof want);
	crypto_digest(&l->paper.lattice, 1, want);
	good &= crypto_eq(want, l->paper.lattice_hash, sizeof want);
	return good ? sr_ok() : db_wrong_check(l);
}

#define PAPER_COLUMNS                                                                              \
	"title, created, source_hash, lattice_hash, lattice, seed, seed_check, check_value"
#define PAPER_ROW " FROM paper WHERE one=1"

static struct sr_err load_paper(struct ledger *l, void *arg)
{
	(void)arg;
	sqlite3_stmt *st;
	bool row;
	int version;
	uint8_t checks[2][CRYPTO_HASH_LEN];
	SR_TRY(db_check_schema(l));
	SR_TRY(db_version(l, &version));
	SR_TRY(db_prepare(l,
			  version > 2 ? "SELECT " PAPER_COLUMNS ", collusion" PAPER_ROW
				      : "SELECT " PAPER_COLUMNS ", 2" PAPER_ROW,
			  &st));
	struct sr_err e = db_step(l, st, &row);
	if (!sr_bad(e))
		e = row ? take_paper(l, st, checks) : db_damage(l);
	(void)sqlite3_finalize(st);
	if (!sr_bad(e) && version > LEDGER_VERSION_PLAIN)
		e = ledger_read_sheet_check(l);
	return sr_bad(e) ? e : check_paper(l, version, checks);
}

struct sr_err ledger_open(const char *path, bool readonly, struct ledger_keys *keys,
			  const struct sr_sink *sink, struct ledger **out)
{
	struct ledger *l;
	SR_TRY(new_handle(path, keys, sink, &l));
	l->readonly = readonly;
	struct sr_err e = db_connect(l);
	if (!sr_bad(e))
		e = db_read(l, load_paper, NULL);
	if (sr_bad(e)) {
		ledger_close(l);
		return e;
	}
	*out = l;
	return sr_ok();
}

static struct sr_err insert_paper(struct ledger *l, sqlite3_stmt *st)
{
	const struct ledger_paper *p = &l->paper;
	uint8_t seed[CRYPTO_HASH_LEN], all[CRYPTO_HASH_LEN];
	seed_check(l, seed);
	SR_TRY(paper_check(l, LEDGER_VERSION, all));
	db_bind(st, 1, p->title);
	(void)sqlite3_bind_int64(st, 2, p->created);
	db_bind(st, 3, slice_make(p->source_hash, CRYPTO_HASH_LEN));
	db_bind(st, 4, slice_make(p->lattice_hash, CRYPTO_HASH_LEN));
	db_bind(st, 5, p->lattice);
	db_bind(st, 6, slice_make(l->seed.bytes, CRYPTO_KEY_LEN));
	db_bind(st, 7, slice_make(seed, sizeof seed));
	db_bind(st, 8, slice_make(all, sizeof all));
	(void)sqlite3_bind_int64(st, 9, p->collusion);
	return db_run(l, st);
}

static struct sr_err write_paper(struct ledger *l, void *arg)
{
	const struct slice *sheet = arg;
	sqlite3_stmt *st;
	SR_TRY(db_create_schema(l));
	if (sheet->len)
		SR_TRY(ledger_write_sheet(l, *sheet));
	SR_TRY(db_prepare(l, "INSERT INTO paper VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?, ?)", &st));
	struct sr_err e = insert_paper(l, st);
	(void)sqlite3_finalize(st);
	return sr_bad(e) ? e : ledger_write_roster(l, 0, 0);
}

struct sr_err ledger_upgrade(struct ledger *l, int version)
{
	uint8_t check[CRYPTO_HASH_LEN];
	sqlite3_stmt *st;
	SR_TRY(db_upgrade_schema(l, version));
	SR_TRY(paper_check(l, LEDGER_VERSION_PLAIN, check));
	SR_TRY(db_prepare(l, "UPDATE paper SET check_value=? WHERE one=1", &st));
	db_bind(st, 1, slice_make(check, sizeof check));
	struct sr_err e = db_run(l, st);
	(void)sqlite3_finalize(st);
	return e;
}

static struct sr_err create_sealed(struct ledger *l, struct slice sheet)
{
	l->sealed = true;
	SR_TRY(db_connect_memory(l, NULL, 0, 0));
	SR_TRY(db_transaction(l, "BEGIN IMMEDIATE", write_paper, &sheet));
	return sealed_create(l);
}

static struct sr_err write_file(struct ledger *l, const char *tmp, struct slice sheet)
{
	SR_TRY(db_connect_new(l, tmp));
	struct sr_err e = db_transaction(l, "BEGIN IMMEDIATE", write_paper, &sheet);
	db_disconnect(l);
	return e;
}

/* The ledger is written beside its name and moved there: it appears whole or not at all. */
static struct sr_err create_open(struct ledger *l, struct slice sheet)
{
	struct file_new f;
	SR_TRY(file_make_new(l->sink.file, &l->sink, &l->mem, &f));
	struct sr_err e = write_file(l, f.tmp, sheet);
	if (!sr_bad(e))
		return file_place_new(l->sink.file, &l->sink, &f);
	db_disconnect(l);
	file_drop_new(&f);
	return e;
}

static struct sr_err create_checked(struct ledger *l, const struct ledger_paper *p,
				    struct slice sheet, const struct crypto_key *seed)
{
	assert(p->collusion >= 1 && p->collusion <= LEDGER_COLLUSION_MAX);
	if (p->lattice.len > LEDGER_LATTICE_BYTES || p->title.len > LEDGER_TITLE_BYTES ||
	    sheet.len > LEDGER_SHEET_BYTES)
		return db_fail(l, SR_E_LIMIT, "the paper is too large for a ledger", NULL);
	l->paper = *p;
	l->paper.has_sheet = sheet.len > 0;
	crypto_digest(&p->lattice, 1, l->paper.lattice_hash);
	SR_TRY(crypto_key_copy(&l->seed, slice_make(seed->bytes, CRYPTO_KEY_LEN)));
	SR_TRY(db_check_free(l));
	return l->keys ? create_sealed(l, sheet) : create_open(l, sheet);
}

struct sr_err ledger_create(const char *path, const struct ledger_paper *p, struct slice sheet,
			    const struct crypto_key *seed, struct ledger_keys *keys,
			    const struct sr_sink *sink, struct ledger **out)
{
	struct ledger *l;
	SR_TRY(new_handle(path, keys, sink, &l));
	struct sr_err e = create_checked(l, p, sheet, seed);
	ledger_close(l);
	return sr_bad(e) ? e : ledger_open(path, false, keys, sink, out);
}
