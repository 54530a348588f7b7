/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite as ledger/ uses it: connections that trust nothing in the file, errors of ours, and
 * transactions that leave the state before or the state after. */
#ifndef LEDGER_DB_H
#define LEDGER_DB_H

#include "build.h"
#include "ledger.h"
#include "ledger_seal.h"

#include <sqlite3.h>

/* Invariants: an open ledger has passed the checks of ledger_open; outside of a call no
 * transaction is open. Of a sealed ledger db lies in memory and shows what the file whose header is
 * header holds, unless it is stale: then it is read again before it is used. */
struct ledger {
	sqlite3 *db;
	struct sr_sink sink; /* file is path */
	struct arena mem;
	struct ledger_paper paper;
	uint8_t sheet_check[CRYPTO_HASH_LEN]; /* if the paper has a sheet */
	struct crypto_key seed;
	bool readonly, sealed, stale;
	bool commitments_shown; /* by ledger_commitments_load, so many */
	uint32_t commitments_n;
	struct ledger_keys *keys;  /* NULL: no sealed ledger can be opened */
	const char *real;          /* of a sealed one: path without links */
	struct seal_header header; /* of a sealed one */
};

/* What a check value is for; the first byte of its info. */
enum ledger_kind {
	LEDGER_KIND_PAPER = 0,
	LEDGER_KIND_READER = 1,
	LEDGER_KIND_COPY = 2,
	LEDGER_KIND_ROSTER = 3,
	LEDGER_KIND_COMMITMENT = 4,
	LEDGER_KIND_SHEET = 5,
	LEDGER_KIND_PAGE = 6,
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
 * version or an older one. On failure l->db may be set and is closed by the caller. */
SR_MUST struct sr_err db_connect(struct ledger *l);

/* db_connect_memory opens a database in memory that begins with image (sqlite3_malloc64, cap bytes
 * long, in any case taken over) of len bytes, or empty if image is NULL. It never touches a disk.
 */
SR_MUST struct sr_err db_connect_memory(struct ledger *l, uint8_t *image, size_t len, size_t cap);

/* db_disconnect closes the database, if one is open. */
void db_disconnect(struct ledger *l);

/* db_image copies the database as the bytes of its file, outside of any writing transaction. The
 * caller wipes and frees it with db_image_free. */
struct db_image {
	uint8_t *ptr;
	size_t len;
};
SR_MUST struct sr_err db_image(struct ledger *l, struct db_image *out);
void db_image_free(struct db_image *i);

/* db_connect_new opens the existing, empty file path for ledger_create. */
SR_MUST struct sr_err db_connect_new(struct ledger *l, const char *path);

/* db_check_free refuses to create a ledger where one is, or where the journal of an older one would
 * be taken for its own (SR_E_STATE). */
SR_MUST struct sr_err db_check_free(struct ledger *l);

/* db_check_beside refuses to put a database where a -journal or -wal lies beside it. */
SR_MUST struct sr_err db_check_beside(struct ledger *l, const char *path);

/* db_create_schema writes the tables, inside the caller's transaction. db_upgrade_schema adds what
 * a version before LEDGER_VERSION_PLAIN did not have. */
SR_MUST struct sr_err db_create_schema(struct ledger *l);
SR_MUST struct sr_err db_upgrade_schema(struct ledger *l, int version);

/* db_version tells the version of the file, inside the caller's transaction. */
SR_MUST struct sr_err db_version(struct ledger *l, int *out);

/* db_check_integrity lets SQLite look at all of its structures (SR_E_INPUT). */
SR_MUST struct sr_err db_check_integrity(struct ledger *l);

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

/* db_transaction runs fn between begin (BEGIN, BEGIN IMMEDIATE or BEGIN EXCLUSIVE) and COMMIT; any
 * failure rolls back. */
SR_MUST struct sr_err db_transaction(struct ledger *l, const char *begin,
				     struct sr_err (*fn)(struct ledger *l, void *arg), void *arg);

/* db_read runs fn in a transaction that reads, db_write in one that writes and is on disk when it
 * returns; both also for a sealed ledger. */
SR_MUST struct sr_err db_read(struct ledger *l, struct sr_err (*fn)(struct ledger *l, void *arg),
			      void *arg);
SR_MUST struct sr_err db_write(struct ledger *l, struct sr_err (*fn)(struct ledger *l, void *arg),
			       void *arg);

/* ledger_write_roster stores the number of readers and of commitments, inside the caller's
 * transaction and in a ledger of LEDGER_VERSION_PLAIN or later. ledger_read_roster reads and checks
 * them; a ledger of version 1 has no commitments. */
SR_MUST struct sr_err ledger_write_roster(struct ledger *l, uint32_t readers, uint32_t commitments);
SR_MUST struct sr_err ledger_read_roster(struct ledger *l, uint32_t *readers,
					 uint32_t *commitments);

/* ledger_insert_commitment adds row number, inside the caller's transaction. */
SR_MUST struct sr_err ledger_insert_commitment(struct ledger *l, uint32_t number, uint32_t readers,
					       struct slice entry);

/* ledger_upgrade makes a ledger of LEDGER_VERSION_PLAIN of one of an older version, inside the
 * caller's transaction; the roster is still to be written. */
SR_MUST struct sr_err ledger_upgrade(struct ledger *l, int version);

/* ledger_write_sheet adds the sheet, inside the caller's transaction, and sets sheet_check of l,
 * which the check value of the paper binds; ledger_read_sheet_check sets it and has_sheet to what
 * the file says. */
SR_MUST struct sr_err ledger_write_sheet(struct ledger *l, struct slice sheet);
SR_MUST struct sr_err ledger_read_sheet_check(struct ledger *l);

/* db_count gives the number of rows that the statement sql counts, at most max. */
SR_MUST struct sr_err db_count(struct ledger *l, const char *sql, int64_t max, uint32_t *n);

/* ledger_check_value turns the info put together in b into a check value, and empties b. */
SR_MUST struct sr_err ledger_check_value(const struct ledger *l, struct build *b,
					 uint8_t out[CRYPTO_HASH_LEN]);

/* db_wrong_check notes that a check value is wrong (SR_E_AUTH). */
struct sr_err db_wrong_check(const struct ledger *l);

#endif
