/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_db.h"

#include "build.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Bodies go to the end of one tree; what stands in the way of random places is the small index. due
 * is the day from which on the log's oldest cell is over: only appends to an empty log touch its
 * index. before is the chain before the cell. The totals are counted along, never anew. */
static const char schema[] =
	"CREATE TABLE log(id INTEGER PRIMARY KEY, address BLOB NOT NULL UNIQUE, "
	"class INTEGER NOT NULL, seq INTEGER NOT NULL, first INTEGER NOT NULL, "
	"chain BLOB NOT NULL, due INTEGER) STRICT;"
	"CREATE INDEX log_due ON log(due) WHERE due IS NOT NULL;"
	"CREATE TABLE cell(id INTEGER PRIMARY KEY, log INTEGER NOT NULL, seq INTEGER NOT NULL, "
	"day INTEGER NOT NULL, before BLOB NOT NULL, body BLOB NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX cell_place ON cell(log, seq);"
	"CREATE TABLE token(hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;"
	"CREATE TABLE total(one INTEGER PRIMARY KEY CHECK(one=1), logs INTEGER NOT NULL, "
	"cells INTEGER NOT NULL, tokens INTEGER NOT NULL) STRICT;"
	"INSERT INTO total VALUES(1, 0, 0, 0);";

static const char magic[16] = "SQLite format 3";

static struct sr_err io_error(int sys, const char *what)
{
	return (struct sr_err){SR_E_IO, sys, what};
}

struct sr_err relay_db_damage(void)
{
	return io_error(0, "the store is damaged: see what subrosa-relay check says of it, and use "
			   "a backup");
}

static struct sr_err disk_full(int sys)
{
	return io_error(sys ? sys : ENOSPC,
			"the disk is full: make room and start again, nothing that was "
			"acknowledged is lost");
}

struct sr_err relay_db_error(sqlite3 *db, int rc)
{
	int sys = db ? sqlite3_system_errno(db) : 0;
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return sr_nomem();
	case SQLITE_FULL:
		return disk_full(sys);
	case SQLITE_IOERR:
		if (rc == SQLITE_IOERR_NOMEM)
			return sr_nomem();
		if (sys == ENOSPC || sys == EDQUOT)
			return disk_full(sys);
		return io_error(sys, "the disk failed: the store cannot be read or written");
	case SQLITE_CANTOPEN:
		return io_error(sys, "the store cannot be opened");
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return io_error(sys, "the store cannot be written, or was moved away");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return io_error(sys, "another program holds the store");
	default:
		return relay_db_damage();
	}
}

struct sr_err relay_db_exec(sqlite3 *db, const char *sql)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? sr_ok() : relay_db_error(db, rc);
}

struct sr_err relay_db_prepare(sqlite3 *db, const char *const *sql, size_t n, sqlite3_stmt **out)
{
	memset(out, 0, n * sizeof(sqlite3_stmt *));
	for (size_t i = 0; i < n; i++) {
		int rc = sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &out[i],
					    NULL);
		if (rc != SQLITE_OK)
			return relay_db_error(db, rc);
	}
	return sr_ok();
}

void relay_db_finalize(sqlite3_stmt **st, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)sqlite3_finalize(st[i]);
		st[i] = NULL;
	}
}

struct sr_err relay_db_step(sqlite3_stmt *st, bool *row)
{
	int rc = sqlite3_step(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		struct sr_err e = relay_db_error(sqlite3_db_handle(st), rc);
		(void)sqlite3_reset(st);
		return e;
	}
	*row = rc == SQLITE_ROW;
	return sr_ok();
}

struct sr_err relay_db_run(sqlite3_stmt *st)
{
	bool row = false;
	SR_TRY(relay_db_step(st, &row));
	(void)sqlite3_reset(st);
	return sr_ok();
}

struct sr_err relay_db_int(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *st;
	bool row = false;
	SR_TRY(relay_db_prepare(db, &sql, 1, &st));
	struct sr_err e = relay_db_step(st, &row);
	if (!sr_bad(e))
		*out = row ? sqlite3_column_int64(st, 0) : 0;
	relay_db_finalize(&st, 1);
	return e;
}

void relay_db_bind(sqlite3_stmt *st, int i, const void *ptr, size_t len)
{
	(void)sqlite3_bind_blob64(st, i, ptr, len, SQLITE_STATIC);
}

void relay_db_bind_int(sqlite3_stmt *st, int i, uint64_t v)
{
	assert(v <= INT64_MAX);
	(void)sqlite3_bind_int64(st, i, (sqlite3_int64)v);
}

struct sr_err relay_db_bytes(sqlite3_stmt *st, int i, size_t len, const uint8_t **out)
{
	if (sqlite3_column_type(st, i) != SQLITE_BLOB || (size_t)sqlite3_column_bytes(st, i) != len)
		return relay_db_damage();
	const void *ptr = sqlite3_column_blob(st, i);
	if (!ptr)
		return relay_db_error(NULL, sqlite3_errcode(sqlite3_db_handle(st)));
	*out = ptr;
	return sr_ok();
}

struct sr_err relay_db_uint(sqlite3_stmt *st, int i, uint64_t *out)
{
	sqlite3_int64 v = sqlite3_column_int64(st, i);
	if (sqlite3_column_type(st, i) != SQLITE_INTEGER || v < 0)
		return relay_db_damage();
	*out = (uint64_t)v;
	return sr_ok();
}

/* Under what is set here a file can neither run code nor be read as anything but tables. */
static struct sr_err harden(sqlite3 *db)
{
	static const struct {
		int what, value;
	} config[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
		{SQLITE_DBCONFIG_DQS_DDL, 0},        {SQLITE_DBCONFIG_DQS_DML, 0},
	};
	for (size_t i = 0; i < sizeof config / sizeof *config; i++) {
		int rc = sqlite3_db_config(db, config[i].what, config[i].value, (int *)NULL);
		if (rc != SQLITE_OK)
			return relay_db_error(db, rc);
	}
	(void)sqlite3_busy_timeout(db, RELAY_DB_BUSY_MS);
	return relay_db_exec(db, "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;"
				 "PRAGMA mmap_size=0");
}

/* What is expired is overwritten. SQLite ignores what it does not like of a PRAGMA: whether syncing
 * is on is asked. */
static struct sr_err prepare_writing(sqlite3 *db)
{
	int64_t synchronous;
	SR_TRY(relay_db_exec(db, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
				 "PRAGMA secure_delete=ON; PRAGMA cache_size=-16384"));
	SR_TRY(relay_db_int(db, "PRAGMA synchronous", &synchronous));
	return synchronous == 2 ? sr_ok() : io_error(0, "the store cannot be synced");
}

static struct sr_err connect(const char *path, enum relay_db_mode mode, sqlite3 **out)
{
	struct build b;
	struct slice name;
	build_init(&b, 0);
	/* A prefix keeps SQLite from reading "file:", ":memory:" and "" as anything special. */
	build_str(&b, path[0] == '/' ? "" : "./");
	build_str(&b, path);
	build_u8(&b, 0);
	struct sr_err e = build_done(&b, &name);
	if (!sr_bad(e)) {
		int flags = mode == RELAY_DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
		int rc = sqlite3_open_v2((const char *)name.ptr, out,
					 flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
		if (rc != SQLITE_OK)
			e = relay_db_error(*out, rc);
	}
	build_release(&b);
	return e;
}

static struct sr_err use_wal(sqlite3 *db)
{
	static const char *const sql = "PRAGMA journal_mode=WAL";
	sqlite3_stmt *st;
	bool row = false;
	SR_TRY(relay_db_prepare(db, &sql, 1, &st));
	struct sr_err e = relay_db_step(st, &row);
	const unsigned char *mode = !sr_bad(e) && row ? sqlite3_column_text(st, 0) : NULL;
	if (!sr_bad(e) && !mode)
		e = sr_nomem();
	if (!sr_bad(e) && strcmp((const char *)mode, "wal") != 0)
		e = io_error(0, "the store cannot have a write-ahead log where it lies");
	relay_db_finalize(&st, 1);
	return e;
}

static struct sr_err no_store(void)
{
	return sr_fail(SR_E_INPUT, "this is not a store of subrosa-relay");
}

static struct sr_err check_ids(int64_t id, int64_t version)
{
	if (id != RELAY_DB_ID)
		return no_store();
	if (version > RELAY_DB_VERSION)
		return sr_fail(SR_E_INPUT, "the store is of a newer version of subrosa-relay");
	return version == RELAY_DB_VERSION ? sr_ok() : relay_db_damage();
}

static int64_t id_at(const uint8_t *p)
{
	return (int64_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* The front of the file itself (SQLite, "Database File Format", 1.3), before any statement: with
 * that, SQLite would put in order what a stranger left in logs beside it. A front that is none may
 * be one of ours that was being written when the power went, with the whole one in the log. */
static struct sr_err check_front(sqlite3 *db)
{
	enum { VERSION_AT = 60, ID_AT = 68, FRONT_LEN = 72 };
	uint8_t front[FRONT_LEN];
	sqlite3_file *file = NULL;
	int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (rc == SQLITE_OK)
		rc = file->pMethods->xRead(file, front, sizeof front, 0);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return relay_db_error(db, rc);
	if (rc == SQLITE_IOERR_SHORT_READ || memcmp(front, magic, sizeof magic) != 0)
		return sr_ok();
	return check_ids(id_at(front + ID_AT), id_at(front + VERSION_AT));
}

/* And what the write-ahead log may say otherwise. */
static struct sr_err check_now(sqlite3 *db)
{
	int64_t id, version;
	SR_TRY(relay_db_int(db, "PRAGMA application_id", &id));
	SR_TRY(relay_db_int(db, "PRAGMA user_version", &version));
	return check_ids(id, version);
}

static struct sr_err prepare(sqlite3 *db, enum relay_db_mode mode)
{
	if (mode != RELAY_DB_NEW)
		SR_TRY(check_front(db));
	SR_TRY(harden(db));
	if (mode == RELAY_DB_LOOK)
		SR_TRY(relay_db_exec(db, "PRAGMA query_only=ON"));
	if (mode == RELAY_DB_WRITE || mode == RELAY_DB_NEW)
		SR_TRY(prepare_writing(db));
	if (mode != RELAY_DB_NEW)
		SR_TRY(check_now(db));
	return mode == RELAY_DB_WRITE ? use_wal(db) : sr_ok();
}

struct sr_err relay_db_open(const char *path, enum relay_db_mode mode, sqlite3 **out)
{
	sqlite3 *db = NULL;
	struct sr_err e = connect(path, mode, &db);
	if (!sr_bad(e))
		e = prepare(db, mode);
	if (sr_bad(e) && sqlite3_errcode(db) == SQLITE_NOTADB)
		e = no_store();
	if (sr_bad(e))
		relay_db_close(&db);
	else
		*out = db;
	return e;
}

void relay_db_close(sqlite3 **db)
{
	int rc = sqlite3_close(*db);
	assert(rc == SQLITE_OK);
	*db = NULL;
}

static struct sr_err create_tables(sqlite3 *db)
{
	struct build b;
	struct slice sql;
	build_init(&b, 0);
	build_fmt(&b, "BEGIN; %s PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT", schema,
		  RELAY_DB_ID, RELAY_DB_VERSION);
	build_u8(&b, 0);
	struct sr_err e = build_done(&b, &sql);
	if (!sr_bad(e))
		e = relay_db_exec(db, (const char *)sql.ptr);
	build_release(&b);
	return e;
}

struct sr_err relay_db_create(sqlite3 *db)
{
	int64_t busy;
	SR_TRY(relay_db_exec(db, "PRAGMA page_size=4096"));
	SR_TRY(use_wal(db));
	SR_TRY(create_tables(db));
	SR_TRY(relay_db_int(db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy));
	return busy ? io_error(0, "another program holds the store") : sr_ok();
}
