/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_db.h"

#include "build.h"
#include "ledger_sealed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { APPLICATION_ID = 0x53724c67 };

/* Offsets in the first page: "The Database Header" of SQLite's file format. */
enum {
	HEADER_LEN = 100,
	HEADER_PAGE_SIZE = 16,
	HEADER_WRITE_VERSION = 18,
	HEADER_READ_VERSION = 19,
	HEADER_PAGES = 28,
	HEADER_USER_VERSION = 60,
	HEADER_APPLICATION_ID = 68,
};

/* The design size came with version 3: ALTER TABLE puts its column where it stands here. Those of
 * before were built for two. */
#define COLLUSION "collusion INTEGER NOT NULL DEFAULT 2"
#define PAPER_COLUMNS                                                                              \
	"CREATE TABLE paper(one INTEGER PRIMARY KEY CHECK(one=1), title BLOB NOT NULL, "           \
	"created INTEGER NOT NULL, source_hash BLOB NOT NULL, lattice_hash BLOB NOT NULL, "        \
	"lattice BLOB NOT NULL, seed BLOB NOT NULL, seed_check BLOB NOT NULL, "                    \
	"check_value BLOB NOT NULL"

static const char paper_2[] = PAPER_COLUMNS ") STRICT";

static const char *const schema[] = {
	PAPER_COLUMNS ", " COLLUSION ") STRICT",
	"CREATE TABLE roster(one INTEGER PRIMARY KEY CHECK(one=1), readers INTEGER NOT NULL, "
	"check_value BLOB NOT NULL) STRICT",
	"CREATE TABLE reader(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, "
	"fold BLOB NOT NULL UNIQUE, name BLOB NOT NULL, house BLOB NOT NULL, side BLOB NOT NULL, "
	"committed_at INTEGER NOT NULL, check_value BLOB NOT NULL, copy_hash BLOB, "
	"copy_check BLOB) STRICT",
	"CREATE TABLE commitment(number INTEGER PRIMARY KEY, readers INTEGER NOT NULL, "
	"entry BLOB NOT NULL, check_value BLOB NOT NULL) STRICT",
	"CREATE TABLE sheet(one INTEGER PRIMARY KEY CHECK(one=1), sheet BLOB NOT NULL, "
	"check_value BLOB NOT NULL) STRICT",
	"CREATE TABLE page(number INTEGER PRIMARY KEY, page_hash BLOB NOT NULL, "
	"page_check BLOB NOT NULL) STRICT",
};

/* How many of these statements each version has. */
static const size_t schema_n[LEDGER_VERSION + 1] = {0, 3, 4, 4, 6};

static_assert(sizeof schema / sizeof *schema == 6, "the present version has them all");

struct sr_err db_fail(const struct ledger *l, enum sr_code code, const char *what, const char *hint)
{
	note(&l->sink, SR_ERROR, 0, 0, "%s%s%s", what, hint ? "; " : "", hint ? hint : "");
	return sr_fail(code, what);
}

static struct sr_err io_error(const struct ledger *l, const char *what, int sys)
{
	note(&l->sink, SR_ERROR, 0, 0, "%s%s%s", what, sys ? ": " : "", sys ? strerror(sys) : "");
	return (struct sr_err){SR_E_IO, sys, what};
}

struct sr_err db_sys(const struct ledger *l, const char *what)
{
	return io_error(l, what, errno);
}

static int sys_errno(const struct ledger *l)
{
	return l->db ? sqlite3_system_errno(l->db) : 0;
}

static uint32_t be(const uint8_t *p, size_t n)
{
	uint32_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* Gives SQLite's result code. Of a file shorter than a header there is as much as there is. */
static int read_header(const struct ledger *l, uint8_t header[HEADER_LEN], uint64_t *file_len)
{
	sqlite3_file *f = NULL;
	sqlite3_int64 len = 0;
	int rc = sqlite3_file_control(l->db, "main", SQLITE_FCNTL_FILE_POINTER, &f);
	if (rc == SQLITE_OK && !f->pMethods)
		rc = SQLITE_NOTFOUND; /* a database that was never anything but memory */
	if (rc == SQLITE_OK)
		rc = f->pMethods->xFileSize(f, &len);
	if (rc == SQLITE_OK && len > 0)
		rc = f->pMethods->xRead(f, header, len < HEADER_LEN ? (int)len : HEADER_LEN, 0);
	*file_len = (uint64_t)len;
	return rc;
}

/* Asked under a lock, or for the words only. */
static bool is_truncated(const struct ledger *l)
{
	uint8_t h[HEADER_LEN] = {0};
	uint64_t len;
	if (!l->db || read_header(l, h, &len) != SQLITE_OK)
		return false;
	uint64_t page_len = be(h + HEADER_PAGE_SIZE, 2);
	return (page_len == 1 ? 65536 : page_len) * be(h + HEADER_PAGES, 4) > len;
}

struct sr_err db_damage(const struct ledger *l)
{
	return db_fail(l, SR_E_INPUT,
		       is_truncated(l) ? "the ledger is truncated" : "the ledger is damaged",
		       "use a backup of it");
}

struct sr_err db_error(const struct ledger *l, int rc)
{
	int rc_full = l->db ? sqlite3_extended_errcode(l->db) : rc;
	if (rc_full == SQLITE_IOERR_NOMEM)
		rc = SQLITE_NOMEM;
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return db_fail(l, SR_E_NOMEM, "out of memory", NULL);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return db_fail(l, SR_E_STATE, "the ledger is in use by another program",
			       "try again when it is done");
	case SQLITE_FULL:
		if (l->sealed)
			return db_fail(l, SR_E_LIMIT, "too large for a sealed ledger", NULL);
		return io_error(l, "the ledger cannot be written", ENOSPC);
	case SQLITE_CORRUPT:
	case SQLITE_FORMAT:
	case SQLITE_MISMATCH:
	case SQLITE_CONSTRAINT:
	case SQLITE_ERROR:
		return db_damage(l);
	case SQLITE_NOTADB:
		return db_fail(l, SR_E_INPUT, "this is not a ledger of subrosa", NULL);
	case SQLITE_READONLY:
		if (rc_full == SQLITE_READONLY_DBMOVED)
			return db_fail(l, SR_E_STATE, "another program has replaced the ledger",
				       "run the same command again");
		return db_fail(l, SR_E_STATE, "an interrupted run left the ledger unfinished",
			       "mark again with the same paper and readers to finish it");
	case SQLITE_TOOBIG:
		return db_fail(l, SR_E_LIMIT, "too large for a ledger", NULL);
	case SQLITE_CANTOPEN:
		return io_error(l, "the ledger cannot be opened", sys_errno(l));
	default:
		return io_error(l, "the ledger cannot be read or written", sys_errno(l));
	}
}

struct sr_err db_exec(struct ledger *l, const char *sql)
{
	int rc = sqlite3_exec(l->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? sr_ok() : db_error(l, rc);
}

struct sr_err db_prepare(struct ledger *l, const char *sql, sqlite3_stmt **out)
{
	int rc = sqlite3_prepare_v2(l->db, sql, -1, out, NULL);
	return rc == SQLITE_OK ? sr_ok() : db_error(l, rc);
}

struct sr_err db_step(struct ledger *l, sqlite3_stmt *st, bool *row)
{
	int rc = sqlite3_step(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_error(l, rc);
	*row = rc == SQLITE_ROW;
	return sr_ok();
}

struct sr_err db_run(struct ledger *l, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);
	struct sr_err e = rc == SQLITE_DONE ? sr_ok() : db_error(l, rc);
	(void)sqlite3_reset(st);
	return e;
}

struct sr_err db_count(struct ledger *l, const char *sql, int64_t max, uint32_t *n)
{
	sqlite3_stmt *st;
	bool row;
	SR_TRY(db_prepare(l, sql, &st));
	struct sr_err e = db_step(l, st, &row);
	int64_t count = sr_bad(e) || !row ? -1 : sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	if (sr_bad(e))
		return e;
	if (count < 0 || count > max)
		return db_damage(l);
	*n = (uint32_t)count;
	return sr_ok();
}

void db_bind(sqlite3_stmt *st, int i, struct slice s)
{
	/* A NULL pointer would bind NULL. Nothing is copied, so that memory cannot run out here. */
	(void)sqlite3_bind_blob64(st, i, s.len ? s.ptr : (const uint8_t *)"", s.len, SQLITE_STATIC);
}

bool db_blob(sqlite3_stmt *st, int i, size_t len_min, size_t len_max, struct slice *out)
{
	if (sqlite3_column_type(st, i) != SQLITE_BLOB)
		return false;
	const void *ptr = sqlite3_column_blob(st, i);
	struct slice s = slice_make(ptr, (size_t)sqlite3_column_bytes(st, i));
	if (s.len < len_min || s.len > len_max || (s.len && !ptr))
		return false;
	*out = s;
	return true;
}

bool db_hash(sqlite3_stmt *st, int i, uint8_t out[CRYPTO_HASH_LEN])
{
	struct slice s;
	if (!db_blob(st, i, CRYPTO_HASH_LEN, CRYPTO_HASH_LEN, &s))
		return false;
	memcpy(out, s.ptr, s.len);
	return true;
}

struct sr_err db_transaction(struct ledger *l, const char *begin,
			     struct sr_err (*fn)(struct ledger *l, void *arg), void *arg)
{
	SR_TRY(db_exec(l, begin));
	struct sr_err e = fn(l, arg);
	if (!sr_bad(e))
		e = db_exec(l, "COMMIT");
	/* SQLite has rolled back by itself after some failures. */
	if (sr_bad(e) && !sqlite3_get_autocommit(l->db))
		(void)sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	return e;
}

struct sr_err db_read(struct ledger *l, struct sr_err (*fn)(struct ledger *l, void *arg), void *arg)
{
	if (l->sealed)
		SR_TRY(sealed_refresh(l));
	return db_transaction(l, "BEGIN", fn, arg);
}

struct sr_err db_write(struct ledger *l, struct sr_err (*fn)(struct ledger *l, void *arg),
		       void *arg)
{
	return l->sealed ? sealed_write(l, fn, arg) : db_transaction(l, "BEGIN IMMEDIATE", fn, arg);
}

/* Under what is set here a file can neither run code nor be read as anything but tables. */
static struct sr_err harden(struct ledger *l)
{
	static const struct {
		int what, value;
	} config[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
		{SQLITE_DBCONFIG_DQS_DDL, 0},        {SQLITE_DBCONFIG_DQS_DML, 0},
	};
	for (size_t i = 0; i < sizeof config / sizeof *config; i++) {
		int rc = sqlite3_db_config(l->db, config[i].what, config[i].value, (int *)NULL);
		if (rc != SQLITE_OK)
			return db_error(l, rc);
	}
	static_assert((int)LEDGER_SHEET_BYTES <= (int)LEDGER_LATTICE_BYTES,
		      "a sheet fits where a lattice does");
	(void)sqlite3_limit(l->db, SQLITE_LIMIT_LENGTH,
			    LEDGER_LATTICE_BYTES + LEDGER_TITLE_BYTES + 4096);
	(void)sqlite3_busy_timeout(l->db, LEDGER_BUSY_MS);
	return db_exec(l, "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;"
			  "PRAGMA foreign_keys=ON; PRAGMA mmap_size=0");
}

/* EXTRA syncs the folder after the journal is gone: what was reported as committed stays so. */
static struct sr_err prepare_writing(struct ledger *l)
{
	return db_exec(l, "PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA;"
			  "PRAGMA secure_delete=ON");
}

void db_disconnect(struct ledger *l)
{
	(void)sqlite3_close(l->db);
	l->db = NULL;
}

static struct sr_err open_file(struct ledger *l, const char *path, int flags)
{
	/* A prefix keeps SQLite from reading "file:", ":memory:" and "" as anything special. */
	struct build b;
	build_init(&b, 0);
	build_str(&b, path[0] == '/' ? "" : "./");
	build_str(&b, path);
	build_u8(&b, 0);
	struct slice name;
	struct sr_err e = build_done(&b, &name);
	if (!sr_bad(e)) {
		int rc = sqlite3_open_v2((const char *)name.ptr, &l->db,
					 flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
		if (rc != SQLITE_OK)
			e = db_error(l, rc);
	}
	build_release(&b);
	return e;
}

struct sr_err db_connect_new(struct ledger *l, const char *path)
{
	SR_TRY(open_file(l, path, SQLITE_OPEN_READWRITE));
	SR_TRY(harden(l));
	return prepare_writing(l);
}

/* The bytes looked at here change in one upgrade only, and what is between two versions is none, so
 * that no lock is needed; and they are looked at before SQLite does, because a file that claims a
 * write-ahead log would make it create files. */
static struct sr_err check_header(struct ledger *l, const uint8_t h[HEADER_LEN], uint64_t file_len)
{
	static const char magic[16] = "SQLite format 3";
	if (file_len == 0)
		return db_fail(l, SR_E_INPUT, "the ledger is empty",
			       "it holds no paper: use a backup of it, or another name");
	if (file_len < HEADER_LEN || memcmp(h, magic, sizeof magic) != 0 ||
	    be(h + HEADER_APPLICATION_ID, 4) != APPLICATION_ID)
		return db_fail(l, SR_E_INPUT, "this is not a ledger of subrosa", NULL);
	if (be(h + HEADER_USER_VERSION, 4) > LEDGER_VERSION)
		return db_fail(l, SR_E_STATE,
			       "the ledger was written by a newer version of subrosa",
			       "use that version");
	if (h[HEADER_WRITE_VERSION] != 1 || h[HEADER_READ_VERSION] != 1 ||
	    be(h + HEADER_USER_VERSION, 4) == 0)
		return db_fail(l, SR_E_INPUT, "the ledger is damaged", "use a backup of it");
	return sr_ok();
}

/* Tells whether there is a file path with suffix behind it, be it a link to nowhere. */
static struct sr_err beside(const char *path, const char *suffix, bool *there)
{
	struct build b;
	build_init(&b, 0);
	build_str(&b, path);
	build_str(&b, suffix);
	build_u8(&b, 0);
	struct slice name;
	struct stat st;
	struct sr_err e = build_done(&b, &name);
	if (!sr_bad(e))
		*there = lstat((const char *)name.ptr, &st) == 0;
	build_release(&b);
	return e;
}

struct sr_err db_check_beside(struct ledger *l, const char *path)
{
	bool journal, wal;
	SR_TRY(beside(path, "-journal", &journal));
	SR_TRY(beside(path, "-wal", &wal));
	if (journal || wal)
		return db_fail(l, SR_E_STATE, "a -journal or -wal of an older ledger is there",
			       "put its ledger back, or move it away");
	return sr_ok();
}

struct sr_err db_check_free(struct ledger *l)
{
	bool file;
	SR_TRY(beside(l->sink.file, "", &file));
	if (file)
		return db_fail(l, SR_E_STATE, "a file of this name is there already", NULL);
	return db_check_beside(l, l->sink.file);
}

static struct sr_err check_path(struct ledger *l)
{
	struct stat st;
	if (stat(l->sink.file, &st))
		return io_error(l,
				errno == ENOENT ? "the ledger is missing"
						: "the ledger cannot be opened",
				errno);
	if (S_ISDIR(st.st_mode))
		return io_error(l, "the ledger cannot be opened", EISDIR);
	if (!S_ISREG(st.st_mode))
		return db_fail(l, SR_E_INPUT, "this is not a ledger of subrosa",
			       "not a regular file");
	return sr_ok();
}

/* SQLite would believe a write-ahead log. It looks for one beside the file that a link leads to. */
static struct sr_err check_no_wal(struct ledger *l)
{
	bool wal;
	SR_TRY(beside(sqlite3_db_filename(l->db, "main"), "-wal", &wal));
	if (wal)
		return db_fail(l, SR_E_INPUT, "a file -wal lies beside the ledger",
			       "it is not of subrosa: move it away");
	return sr_ok();
}

struct sr_err db_connect(struct ledger *l)
{
	uint8_t h[HEADER_LEN] = {0};
	uint64_t len;
	SR_TRY(check_path(l));
	SR_TRY(open_file(l, l->sink.file,
			 l->readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE));
	int rc = read_header(l, h, &len);
	if (rc != SQLITE_OK)
		return db_error(l, rc);
	if (seal_is_sealed(slice_make(h, len < HEADER_LEN ? (size_t)len : HEADER_LEN))) {
		db_disconnect(l);
		return sealed_connect(l);
	}
	SR_TRY(check_no_wal(l));
	SR_TRY(check_header(l, h, len));
	SR_TRY(harden(l));
	if (l->readonly)
		return sr_ok();
	/* SQLite falls back to reading where it may not write. */
	if (sqlite3_db_readonly(l->db, "main"))
		return io_error(l, "the ledger cannot be written", EACCES);
	return prepare_writing(l);
}

/* Everything that SQLite would write beside a file stays in memory. */
static struct sr_err prepare_memory(struct ledger *l)
{
	SR_TRY(harden(l));
	return db_exec(l, "PRAGMA journal_mode=MEMORY; PRAGMA secure_delete=ON");
}

struct sr_err db_connect_memory(struct ledger *l, uint8_t *image, size_t len, size_t cap)
{
	uint8_t h[HEADER_LEN] = {0};
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int rc = sqlite3_open_v2(":memory:", &l->db, flags, NULL);
	if (rc == SQLITE_OK && !image)
		return prepare_memory(l);
	if (rc != SQLITE_OK || len < HEADER_LEN) {
		sqlite3_free(image);
		return rc != SQLITE_OK ? db_error(l, rc) : db_damage(l);
	}
	memcpy(h, image, HEADER_LEN);
	/* It looks at none of the bytes: nothing but memory can be missing, whatever it says. */
	if (sqlite3_deserialize(l->db, "main", image, (sqlite3_int64)len, (sqlite3_int64)cap,
				SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE))
		return db_error(l, SQLITE_NOMEM);
	SR_TRY(check_header(l, h, len));
	return prepare_memory(l);
}

struct sr_err db_image(struct ledger *l, struct db_image *out)
{
	sqlite3_int64 len = 0;
	uint8_t *ptr = sqlite3_serialize(l->db, "main", &len, 0);
	if (!ptr)
		return db_error(l, SQLITE_NOMEM);
	*out = (struct db_image){ptr, (size_t)len};
	return sr_ok();
}

void db_image_free(struct db_image *i)
{
	if (i->ptr)
		crypto_wipe(i->ptr, i->len);
	sqlite3_free(i->ptr);
	*i = (struct db_image){0};
}

static struct sr_err set_ids(struct ledger *l, int version)
{
	char ids[80];
	(void)snprintf(ids, sizeof ids, "PRAGMA application_id=%d; PRAGMA user_version=%d",
		       APPLICATION_ID, version);
	return db_exec(l, ids);
}

struct sr_err db_create_schema(struct ledger *l)
{
	for (size_t i = 0; i < schema_n[LEDGER_VERSION]; i++)
		SR_TRY(db_exec(l, schema[i]));
	return set_ids(l, LEDGER_VERSION);
}

struct sr_err db_upgrade_schema(struct ledger *l, int version)
{
	for (size_t i = schema_n[version]; i < schema_n[LEDGER_VERSION_PLAIN]; i++)
		SR_TRY(db_exec(l, schema[i]));
	SR_TRY(db_exec(l, "ALTER TABLE paper ADD COLUMN " COLLUSION));
	return set_ids(l, LEDGER_VERSION_PLAIN);
}

struct sr_err db_version(struct ledger *l, int *out)
{
	sqlite3_stmt *st;
	bool row;
	SR_TRY(db_prepare(l, "PRAGMA user_version", &st));
	struct sr_err e = db_step(l, st, &row);
	int version = sr_bad(e) || !row ? 0 : sqlite3_column_int(st, 0);
	(void)sqlite3_finalize(st);
	if (sr_bad(e))
		return e;
	if (version < 1 || version > LEDGER_VERSION)
		return db_damage(l);
	*out = version;
	return sr_ok();
}

static struct sr_err compare_schema(struct ledger *l, sqlite3_stmt *st, int version)
{
	size_t n = 0, want_n = schema_n[version];
	bool row;
	for (;; n++) {
		SR_TRY(db_step(l, st, &row));
		if (!row)
			break;
		const char *sql = (const char *)sqlite3_column_text(st, 0);
		const char *want = !n && version < 3 ? paper_2 : schema[n < want_n ? n : 0];
		if (n >= want_n || !sql || strcmp(sql, want) != 0)
			return db_damage(l);
	}
	return n == want_n ? sr_ok() : db_damage(l);
}

struct sr_err db_check_schema(struct ledger *l)
{
	sqlite3_stmt *st;
	int version;
	SR_TRY(db_version(l, &version));
	SR_TRY(db_prepare(l, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid",
			  &st));
	struct sr_err e = compare_schema(l, st, version);
	(void)sqlite3_finalize(st);
	/* SQLite overlooks a last page that is cut short. By now no writer is at work. */
	if (!sr_bad(e) && is_truncated(l))
		e = db_damage(l);
	return e;
}

static struct sr_err take_integrity(struct ledger *l, sqlite3_stmt *st)
{
	bool row;
	SR_TRY(db_step(l, st, &row));
	const unsigned char *text = row ? sqlite3_column_text(st, 0) : NULL;
	return text && strcmp((const char *)text, "ok") == 0 ? sr_ok() : db_damage(l);
}

struct sr_err db_check_integrity(struct ledger *l)
{
	sqlite3_stmt *st;
	SR_TRY(db_prepare(l, "PRAGMA integrity_check(1)", &st));
	struct sr_err e = take_integrity(l, st);
	(void)sqlite3_finalize(st);
	return e;
}

struct sr_err db_wrong_check(const struct ledger *l)
{
	return db_fail(l, SR_E_AUTH, "a check value of the ledger is wrong: it is damaged",
		       "use a backup of it");
}
