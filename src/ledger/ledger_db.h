/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite as ledger/ uses it: connections that trust nothing in the file, errors of ours, and
 * transactions that leave the state before or the state after. */
#ifndef LEDGER_DB_H
#define LEDGER_DB_H

#include "ledger.h"

#include <sqlite3.h>

/* Invariants: an open ledger has passed the checks of ledger_open; outside of a call no
 * transaction is open. */
struct ledger {
	sqlite3 *db;
	struct sr_sink sink; /* file is path */
	struct arena mem;
	struct ledger_paper paper;
	struct crypto_key seed;
};

/* What a check value is for; the first byte of its info. */
enum ledger_kind {
	LEDGER_KIND_PAPER = 0,
	LEDGER_KIND_READER = 1,
	LEDGER_KIND_COPY = 2,
	LEDGER_KIND_ROSTER = 3,
};

/* db_fail notes what and hint (may be NULL) and returns the error. */
struct sr_err db_fail(const struct ledger *l, enum sr_code code, const char *what,
		      const char *hint);

/* db_sys notes what with the present errno and returns SR_E_IO. */
struct sr_err db_sys(const struct ledger *l, const char *what);

/* db_damage: the file is not what subrosa wrote (SR_E_INPUT). */
struct sr_err db_damage(const struct ledger *l);

/* db_error turns a result of SQLite into an error of ours and notes it. */
struct sr_err db_error(const struct ledger *l, int rc);

/* db_connect opens the existing file l->sink.file and refuses what is not a ledger of this
 * version. On failure l->db may be set and is closed by the caller. */
SR_MUST struct sr_err db_connect(struct ledger *l, bool readonly);

/* db_connect_new opens the existing, empty file path for ledger_create. */
SR_MUST struct sr_err db_connect_new(struct ledger *l, const char *path);

/* db_check_free refuses to create a ledger where one is, or where the journal of an older one would
 * be taken for its own (SR_E_STATE). */
SR_MUST struct sr_err db_check_free(struct ledger *l);

/* db_create_schema writes the tables, inside the caller's transaction. */
SR_MUST struct sr_err db_create_schema(struct ledger *l);

/* db_check_schema refuses a file that is shorter than it says, or whose schema is not ours to the
 * letter (SR_E_INPUT), so that no view, trigger or generated column of a stranger is ever run. */
SR_MUST struct sr_err db_check_schema(struct ledger *l);

SR_MUST struct sr_err db_exec(struct ledger *l, const char *sql);
SR_MUST struct sr_err db_prepare(struct ledger *l, const char *sql, sqlite3_stmt **out);

/* db_step tells whether there is a row. */
SR_MUST struct sr_err db_step(struct ledger *l, sqlite3_stmt *st, bool *row);

/* db_run steps a statement without rows and resets it. */
SR_MUST struct sr_err db_run(struct ledger *l, sqlite3_stmt *st);

/* db_bind binds bytes to parameter i; they must live until the statement was run. */
void db_bind(sqlite3_stmt *st, int i, struct slice s);

/* db_blob borrows column i until the next step: false if it is not a blob of len_min to len_max
 * bytes. db_hash copies a column of CRYPTO_HASH_LEN bytes. */
bool db_blob(sqlite3_stmt *st, int i, size_t len_min, size_t len_max, struct slice *out);
bool db_hash(sqlite3_stmt *st, int i, uint8_t out[CRYPTO_HASH_LEN]);

/* db_transaction runs fn between BEGIN and COMMIT; any failure rolls back. begin is one of BEGIN,
 * BEGIN IMMEDIATE. */
SR_MUST struct sr_err db_transaction(struct ledger *l, const char *begin,
				     struct sr_err (*fn)(struct ledger *l, void *arg), void *arg);

/* ledger_write_roster stores the number of readers with its check value, inside the caller's
 * transaction. */
SR_MUST struct sr_err ledger_write_roster(struct ledger *l, uint32_t readers);

#endif
