/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite as the relay's store uses it: connections that trust nothing in the file, the tables, and
 * errors in words for an operator. */
#ifndef RELAY_DB_H
#define RELAY_DB_H

#include "err.h"
#include "slice.h"

#include <sqlite3.h>

enum {
	RELAY_DB_ID = 0x5372526c, /* application_id: "SrRl" */
	RELAY_DB_VERSION = 1,     /* user_version */
	RELAY_DB_BUSY_MS = 5000,  /* how long another process may hold the store */
};

/* RELAY_DB_LOOK: to read what a process may have that is none of ours, or none has: where nobody
 * else is there, nothing is left beside the file. RELAY_DB_NEW: to write to what is no store yet.
 */
enum relay_db_mode { RELAY_DB_READ, RELAY_DB_LOOK, RELAY_DB_WRITE, RELAY_DB_NEW };

/* relay_db_error turns a result of SQLite that is none of success into an error. db may be NULL. */
struct sr_err relay_db_error(sqlite3 *db, int rc);

/* relay_db_open connects to the existing file path: SR_E_INPUT if it is not a store of this
 * version; then it is left alone, and what lies beside it. A connection that writes has synced what
 * it commits, and makes no checkpoints by itself.
 */
SR_MUST struct sr_err relay_db_open(const char *path, enum relay_db_mode mode, sqlite3 **out);

/* relay_db_close closes; *db (may be NULL) is NULL afterwards. What was prepared must be finalized.
 */
void relay_db_close(sqlite3 **db);

/* relay_db_create writes the empty tables to an empty file and leaves all of it in that file. */
SR_MUST struct sr_err relay_db_create(sqlite3 *db);

SR_MUST struct sr_err relay_db_exec(sqlite3 *db, const char *sql);

/* relay_db_int gives the first column of the first row, 0 if there is none. */
SR_MUST struct sr_err relay_db_int(sqlite3 *db, const char *sql, int64_t *out);

/* relay_db_prepare prepares n statements; on failure out holds what relay_db_finalize takes. */
SR_MUST struct sr_err relay_db_prepare(sqlite3 *db, const char *const *sql, size_t n,
				       sqlite3_stmt **out);
void relay_db_finalize(sqlite3_stmt **st, size_t n);

/* relay_db_step tells whether there is a row. On failure the statement is reset. */
SR_MUST struct sr_err relay_db_step(sqlite3_stmt *st, bool *row);

/* relay_db_run steps a statement without rows and resets it. */
SR_MUST struct sr_err relay_db_run(sqlite3_stmt *st);

/* relay_db_bind binds bytes, which must live until the statement is reset. relay_db_bind_int binds
 * a number that is at most INT64_MAX (asserted). */
void relay_db_bind(sqlite3_stmt *st, int i, const void *ptr, size_t len);
void relay_db_bind_int(sqlite3_stmt *st, int i, uint64_t v);

/* relay_db_bytes borrows column i until the next step; relay_db_uint reads a number. SR_E_IO if it
 * is not a blob of this length, or not a number that is no less than 0. */
SR_MUST struct sr_err relay_db_bytes(sqlite3_stmt *st, int i, size_t len, const uint8_t **out);
SR_MUST struct sr_err relay_db_uint(sqlite3_stmt *st, int i, uint64_t *out);

/* relay_db_damage: the file is not what a relay wrote (SR_E_IO). */
struct sr_err relay_db_damage(void);

#endif
