/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_db.h"

#include "build.h"

#include <assert.h>
#include <string.h>

static struct sr_err reader_check(const struct ledger *l, struct build *b,
				  const struct ledger_reader *r, uint8_t out[CRYPTO_HASH_LEN])
{
	build_u8(b, LEDGER_KIND_READER);
	build_u32(b, r->number);
	build_sized(b, r->id);
	build_sized(b, r->fold);
	build_sized(b, r->name);
	build_sized(b, r->house);
	build_sized(b, r->side);
	build_u64(b, (uint64_t)r->committed_at);
	return ledger_check_value(l, b, out);
}

static struct sr_err copy_check(const struct ledger *l, struct build *b, uint32_t number,
				const uint8_t row[CRYPTO_HASH_LEN],
				const uint8_t copy_hash[CRYPTO_HASH_LEN], const uint8_t *page_hash,
				uint8_t out[CRYPTO_HASH_LEN])
{
	build_u8(b, LEDGER_KIND_COPY);
	build_u32(b, number);
	build_bytes(b, row, CRYPTO_HASH_LEN);
	build_bytes(b, copy_hash, CRYPTO_HASH_LEN);
	if (page_hash)
		build_bytes(b, page_hash, CRYPTO_HASH_LEN);
	return ledger_check_value(l, b, out);
}

static struct sr_err page_check(const struct ledger *l, struct build *b, uint32_t number,
				const uint8_t row[CRYPTO_HASH_LEN],
				const uint8_t page_hash[CRYPTO_HASH_LEN],
				uint8_t out[CRYPTO_HASH_LEN])
{
	build_u8(b, LEDGER_KIND_PAGE);
	build_u32(b, number);
	build_bytes(b, row, CRYPTO_HASH_LEN);
	build_bytes(b, page_hash, CRYPTO_HASH_LEN);
	return ledger_check_value(l, b, out);
}

/* The columns that a reader is read from, in the order that take_reader expects. */
#define READER_COLUMNS                                                                             \
	"reader.number, id, fold, name, house, side, committed_at, check_value, copy_hash, "       \
	"copy_check"
#define READER_ROWS "SELECT " READER_COLUMNS ", NULL, NULL FROM reader"
#define READER_PAGE_ROWS                                                                           \
	"SELECT " READER_COLUMNS ", page_hash, page_check FROM reader "                            \
	"LEFT JOIN page ON page.number=reader.number"

enum {
	COL_NUMBER,
	COL_ID,
	COL_FOLD,
	COL_NAME,
	COL_HOUSE,
	COL_SIDE,
	COL_TIME,
	COL_CHECK,
	COL_COPY,
	COL_COPY_CHECK,
	COL_PAGE,
	COL_PAGE_CHECK
};

/* A folded id may be longer than the id. */
enum { FOLD_BYTES = 16 * LIMIT_ID_BYTES };

/* Borrows the row's bytes until the next step. */
static bool borrow_reader(sqlite3_stmt *st, struct ledger_reader *r, uint8_t check[CRYPTO_HASH_LEN])
{
	if (sqlite3_column_type(st, COL_TIME) != SQLITE_INTEGER ||
	    !db_blob(st, COL_ID, 1, LIMIT_ID_BYTES, &r->id) ||
	    !db_blob(st, COL_FOLD, 1, FOLD_BYTES, &r->fold) ||
	    !db_blob(st, COL_NAME, 0, LIMIT_FIELD_BYTES, &r->name) ||
	    !db_blob(st, COL_HOUSE, 0, LIMIT_FIELD_BYTES, &r->house) ||
	    !db_blob(st, COL_SIDE, 0, LIMIT_FIELD_BYTES, &r->side) ||
	    !db_hash(st, COL_CHECK, check))
		return false;
	r->committed_at = sqlite3_column_int64(st, COL_TIME);
	return true;
}

/* Reads the digest of the pages, checked against the row's own check value. */
static struct sr_err take_page(struct ledger *l, struct build *b, sqlite3_stmt *st,
			       const uint8_t row_check[CRYPTO_HASH_LEN], struct ledger_reader *r)
{
	uint8_t check[CRYPTO_HASH_LEN], want[CRYPTO_HASH_LEN];
	if (sqlite3_column_type(st, COL_PAGE) == SQLITE_NULL &&
	    sqlite3_column_type(st, COL_PAGE_CHECK) == SQLITE_NULL)
		return sr_ok();
	if (!db_hash(st, COL_PAGE, r->page_hash) || !db_hash(st, COL_PAGE_CHECK, check))
		return db_damage(l);
	SR_TRY(page_check(l, b, r->number, row_check, r->page_hash, want));
	if (!crypto_eq(want, check, sizeof want))
		return db_wrong_check(l);
	r->has_page = true;
	return sr_ok();
}

/* Reads state and digests of copy and pages. The copy answers for the pages too, so that they
 * cannot go unseen. */
static struct sr_err take_copy(struct ledger *l, struct build *b, sqlite3_stmt *st,
			       const uint8_t row_check[CRYPTO_HASH_LEN], struct ledger_reader *r)
{
	uint8_t check[CRYPTO_HASH_LEN], want[CRYPTO_HASH_LEN];
	SR_TRY(take_page(l, b, st, row_check, r));
	if (sqlite3_column_type(st, COL_COPY) == SQLITE_NULL &&
	    sqlite3_column_type(st, COL_COPY_CHECK) == SQLITE_NULL) {
		r->state = LEDGER_COMMITTED;
		return r->has_page ? db_damage(l) : sr_ok();
	}
	if (!db_hash(st, COL_COPY, r->copy_hash) || !db_hash(st, COL_COPY_CHECK, check))
		return db_damage(l);
	SR_TRY(copy_check(l, b, r->number, row_check, r->copy_hash,
			  r->has_page ? r->page_hash : NULL, want));
	if (!crypto_eq(want, check, sizeof want))
		return db_wrong_check(l);
	r->state = LEDGER_ISSUED;
	return sr_ok();
}

/* Reads the row of reader number; its bytes are borrowed until the next step. */
static struct sr_err take_reader(struct ledger *l, struct build *b, sqlite3_stmt *st,
				 uint32_t number, struct ledger_reader *out)
{
	uint8_t check[CRYPTO_HASH_LEN], want[CRYPTO_HASH_LEN];
	struct ledger_reader r = {.number = number};
	if (sqlite3_column_int64(st, COL_NUMBER) != number || !borrow_reader(st, &r, check))
		return db_damage(l);
	SR_TRY(reader_check(l, b, &r, want));
	if (!crypto_eq(want, check, sizeof want))
		return db_wrong_check(l);
	SR_TRY(take_copy(l, b, st, check, &r));
	*out = r;
	return sr_ok();
}

static bool keep(struct arena *a, struct slice *s)
{
	void *copy = arena_dup(a, s->ptr, s->len);
	*s = slice_make(copy, s->len);
	return copy;
}

static bool keep_reader(struct arena *a, struct ledger_reader *r)
{
	return keep(a, &r->id) && keep(a, &r->fold) && keep(a, &r->name) && keep(a, &r->house) &&
	       keep(a, &r->side);
}

struct load {
	struct arena *mem;
	struct ledger_readers readers;
};

static struct sr_err load_rows(struct ledger *l, struct build *b, sqlite3_stmt *st,
			       struct load *load)
{
	struct ledger_readers *rs = &load->readers;
	bool row;
	for (uint32_t i = 0; i < rs->n; i++) {
		SR_TRY(db_step(l, st, &row));
		if (!row)
			return db_damage(l);
		SR_TRY(take_reader(l, b, st, i + 1, &rs->at[i]));
		if (!keep_reader(load->mem, &rs->at[i]))
			return sr_nomem();
	}
	SR_TRY(db_step(l, st, &row));
	return row ? db_damage(l) : sr_ok();
}

/* Pages of nobody, or of a paper without a layout layer, would be seen by nobody else. */
static struct sr_err check_pages(struct ledger *l, const struct ledger_readers *rs)
{
	int version;
	uint32_t n, want = 0;
	SR_TRY(db_version(l, &version));
	if (version <= LEDGER_VERSION_PLAIN)
		return sr_ok();
	for (size_t i = 0; i < rs->n; i++)
		want += rs->at[i].has_page;
	SR_TRY(db_count(l, "SELECT count(*) FROM page", LIMIT_READERS, &n));
	return n == want ? sr_ok() : db_damage(l);
}

static struct sr_err load_readers(struct ledger *l, void *arg)
{
	struct load *load = arg;
	uint32_t n, commitments;
	sqlite3_stmt *st;
	SR_TRY(ledger_read_roster(l, &n, &commitments));
	load->readers.n = n;
	load->readers.at = ARENA_ARRAY(load->mem, n, struct ledger_reader);
	if (!load->readers.at)
		return sr_nomem();
	SR_TRY(db_prepare(l,
			  l->paper.has_sheet ? READER_PAGE_ROWS " ORDER BY reader.number"
					     : READER_ROWS " ORDER BY reader.number",
			  &st));
	struct build b;
	build_init(&b, 0);
	struct sr_err e = load_rows(l, &b, st, load);
	build_release(&b);
	(void)sqlite3_finalize(st);
	return sr_bad(e) ? e : check_pages(l, &load->readers);
}

struct sr_err ledger_readers_load(struct ledger *l, struct arena *a, struct ledger_readers *out)
{
	struct load load = {.mem = a};
	SR_TRY(db_read(l, load_readers, &load));
	*out = load.readers;
	return sr_ok();
}

struct commit {
	const struct ledger_reader *batch;
	size_t n;
	int64_t now;
	uint32_t first;
	struct slice entry;
};

static struct sr_err check_batch(struct ledger *l, const struct commit *c, uint32_t readers)
{
	if (c->n > LIMIT_READERS || readers > LIMIT_READERS - c->n)
		return db_fail(l, SR_E_LIMIT, "too many readers for one ledger", NULL);
	for (size_t i = 0; i < c->n; i++) {
		const struct ledger_reader *r = &c->batch[i];
		if (!r->id.len || !r->fold.len)
			return db_fail(l, SR_E_INPUT, "a reader without an id", NULL);
		if (r->id.len > LIMIT_ID_BYTES || r->fold.len > FOLD_BYTES ||
		    r->name.len > LIMIT_FIELD_BYTES || r->house.len > LIMIT_FIELD_BYTES ||
		    r->side.len > LIMIT_FIELD_BYTES)
			return db_fail(l, SR_E_LIMIT, "a field of a reader is too long", NULL);
	}
	return sr_ok();
}

static struct sr_err insert_reader(struct ledger *l, struct build *b, sqlite3_stmt *st,
				   const struct ledger_reader *r)
{
	uint8_t check[CRYPTO_HASH_LEN];
	SR_TRY(reader_check(l, b, r, check));
	(void)sqlite3_bind_int64(st, 1, r->number);
	db_bind(st, 2, r->id);
	db_bind(st, 3, r->fold);
	db_bind(st, 4, r->name);
	db_bind(st, 5, r->house);
	db_bind(st, 6, r->side);
	(void)sqlite3_bind_int64(st, 7, r->committed_at);
	db_bind(st, 8, slice_make(check, sizeof check));
	int rc = sqlite3_step(st);
	struct sr_err e = sr_ok();
	if (rc == SQLITE_CONSTRAINT_UNIQUE) {
		note(&l->sink, SR_ERROR, 0, 0, "the reader %.*s is in the ledger already",
		     (int)r->id.len, (const char *)r->id.ptr);
		e = sr_fail(SR_E_STATE, "a reader is in the ledger already");
	} else if (rc != SQLITE_DONE) {
		e = db_error(l, rc);
	}
	(void)sqlite3_reset(st);
	return e;
}

static struct sr_err insert_batch(struct ledger *l, sqlite3_stmt *st, const struct commit *c)
{
	struct build b;
	build_init(&b, 0);
	struct sr_err e = sr_ok();
	for (size_t i = 0; i < c->n && !sr_bad(e); i++) {
		struct ledger_reader r = c->batch[i];
		r.number = c->first + (uint32_t)i;
		r.committed_at = c->now;
		e = insert_reader(l, &b, st, &r);
	}
	build_release(&b);
	return e;
}

static struct sr_err insert_readers(struct ledger *l, const struct commit *c)
{
	sqlite3_stmt *st;
	SR_TRY(db_prepare(l, "INSERT INTO reader VALUES(?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)", &st));
	struct sr_err e = insert_batch(l, st, c);
	(void)sqlite3_finalize(st);
	return e;
}

static struct sr_err commit_readers(struct ledger *l, void *arg)
{
	const struct commit *c = arg;
	uint32_t readers, commitments;
	int version;
	SR_TRY(db_version(l, &version));
	SR_TRY(ledger_read_roster(l, &readers, &commitments));
	if (c->first != readers + 1 ||
	    (c->entry.len && l->commitments_shown && l->commitments_n != commitments))
		return db_fail(l, SR_E_STATE, "another program has added readers meanwhile",
			       "run the same command again");
	SR_TRY(check_batch(l, c, readers));
	if (c->entry.len && commitments >= LEDGER_COMMITMENTS)
		return db_fail(l, SR_E_LIMIT, "too many commitments for one ledger", NULL);
	/* Reading checks all that it reads. Writing relies on more: the indexes that keep ids
	 * unique, and the list of pages that are free. */
	SR_TRY(db_check_integrity(l));
	if (version < LEDGER_VERSION_PLAIN)
		SR_TRY(ledger_upgrade(l, version));
	SR_TRY(insert_readers(l, c));
	readers += (uint32_t)c->n;
	if (c->entry.len)
		SR_TRY(ledger_insert_commitment(l, ++commitments, readers, c->entry));
	return ledger_write_roster(l, readers, commitments);
}

struct sr_err ledger_commit_readers(struct ledger *l, const struct ledger_reader *batch, size_t n,
				    uint32_t first, int64_t now, struct slice entry)
{
	struct commit c = {batch, n, now, first, entry};
	if (entry.len > LEDGER_ENTRY_BYTES)
		return db_fail(l, SR_E_LIMIT, "a commitment is too long", NULL);
	SR_TRY(db_write(l, commit_readers, &c));
	l->commitments_n += entry.len > 0;
	return sr_ok();
}

struct issue {
	const struct ledger_issued *batch;
	size_t n;
	sqlite3_stmt *get, *set, *add_page;
};

static struct sr_err set_copy(struct ledger *l, struct build *b, sqlite3_stmt *set,
			      const struct ledger_issued *i,
			      const uint8_t row_check[CRYPTO_HASH_LEN])
{
	uint8_t check[CRYPTO_HASH_LEN];
	SR_TRY(copy_check(l, b, i->number, row_check, i->copy_hash,
			  i->has_page ? i->page_hash : NULL, check));
	db_bind(set, 1, slice_make(i->copy_hash, CRYPTO_HASH_LEN));
	db_bind(set, 2, slice_make(check, sizeof check));
	(void)sqlite3_bind_int64(set, 3, i->number);
	return db_run(l, set);
}

static struct sr_err add_page(struct ledger *l, struct build *b, sqlite3_stmt *add,
			      const struct ledger_issued *i,
			      const uint8_t row_check[CRYPTO_HASH_LEN])
{
	uint8_t check[CRYPTO_HASH_LEN];
	SR_TRY(page_check(l, b, i->number, row_check, i->page_hash, check));
	(void)sqlite3_bind_int64(add, 1, i->number);
	db_bind(add, 2, slice_make(i->page_hash, CRYPTO_HASH_LEN));
	db_bind(add, 3, slice_make(check, sizeof check));
	return db_run(l, add);
}

static struct sr_err issue_one(struct ledger *l, struct build *b, const struct issue *is,
			       const struct ledger_issued *i)
{
	bool row;
	struct ledger_reader r;
	uint8_t row_check[CRYPTO_HASH_LEN];
	(void)sqlite3_bind_int64(is->get, 1, i->number);
	SR_TRY(db_step(l, is->get, &row));
	if (!row)
		return db_fail(l, SR_E_STATE, "a copy for a reader who is not in the ledger", NULL);
	SR_TRY(take_reader(l, b, is->get, i->number, &r));
	if (!db_hash(is->get, COL_CHECK, row_check))
		return db_damage(l);
	bool new_copy = r.state == LEDGER_COMMITTED, new_page = i->has_page && !r.has_page;
	if ((!new_copy && !crypto_eq(r.copy_hash, i->copy_hash, CRYPTO_HASH_LEN)) ||
	    (i->has_page && r.has_page && !crypto_eq(r.page_hash, i->page_hash, CRYPTO_HASH_LEN)))
		return db_fail(l, SR_E_STATE, "this reader has another copy already", NULL);
	if (new_page)
		SR_TRY(add_page(l, b, is->add_page, i, row_check));
	return new_copy || new_page ? set_copy(l, b, is->set, i, row_check) : sr_ok();
}

static struct sr_err issue_batch(struct ledger *l, const struct issue *is)
{
	struct build b;
	build_init(&b, 0);
	struct sr_err e = sr_ok();
	for (size_t i = 0; i < is->n && !sr_bad(e); i++) {
		e = issue_one(l, &b, is, &is->batch[i]);
		(void)sqlite3_reset(is->get);
	}
	build_release(&b);
	return e;
}

static struct sr_err mark_issued(struct ledger *l, void *arg)
{
	struct issue *is = arg;
	bool pages = l->paper.has_sheet;
	struct sr_err e = db_prepare(l,
				     pages ? READER_PAGE_ROWS " WHERE reader.number=?"
					   : READER_ROWS " WHERE reader.number=?",
				     &is->get);
	if (!sr_bad(e) && pages)
		e = db_prepare(l, "INSERT INTO page VALUES(?, ?, ?)", &is->add_page);
	if (!sr_bad(e))
		e = db_prepare(l, "UPDATE reader SET copy_hash=?, copy_check=? WHERE number=?",
			       &is->set);
	if (!sr_bad(e))
		e = issue_batch(l, is);
	(void)sqlite3_finalize(is->get);
	(void)sqlite3_finalize(is->set);
	(void)sqlite3_finalize(is->add_page);
	return e;
}

struct sr_err ledger_mark_issued(struct ledger *l, const struct ledger_issued *batch, size_t n)
{
	struct issue is = {batch, n, NULL, NULL, NULL};
	for (size_t i = 0; i < n; i++)
		assert(!batch[i].has_page || l->paper.has_sheet);
	return db_write(l, mark_issued, &is);
}
