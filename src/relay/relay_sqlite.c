/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_sqlite.h"

#include "relay_file.h"
#include "relay_sqlite_store.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const statements[STORE_STATEMENTS] = {
	[STORE_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_COMMIT] = "COMMIT",
	[STORE_ROLLBACK] = "ROLLBACK",
	[STORE_LOG_FIND] = SQLITE_LOG_FIND,
	[STORE_LOG_ADD] =
		"INSERT INTO log(address, class, seq, first, chain) VALUES(?1, ?2, 0, 1, ?3)",
	[STORE_LOG_GROW] = "UPDATE log SET seq=?2, chain=?3 WHERE id=?1",
	[STORE_LOG_OLDEST] = "UPDATE log SET first=?2, due=?3 WHERE id=?1",
	[STORE_LOG_DUE] =
		"SELECT id, class, seq, first FROM log WHERE due<=?1 ORDER BY due LIMIT 1",
	[STORE_CELL_ADD] =
		"INSERT INTO cell(log, seq, day, before, body) VALUES(?1, ?2, ?3, ?4, ?5)",
	[STORE_CELL_BEFORE] = "SELECT before FROM cell WHERE log=?1 AND seq=?2",
	[STORE_CELL_DAY] = "SELECT day FROM cell WHERE log=?1 AND seq=?2",
	[STORE_CELL_DROP] = "DELETE FROM cell WHERE log=?1 AND seq=?2 AND day<?3",
	[STORE_TOKEN_ADD] = "INSERT OR IGNORE INTO token(hash) VALUES(?1)",
	[STORE_TOKEN_USE] = "DELETE FROM token WHERE hash=?1",
	[STORE_TOTAL_ADD] = "UPDATE total SET logs=logs+?1, cells=cells+?2, tokens=tokens+?3",
};

static struct sqlite_store *of(struct relay_store *s)
{
	return (struct sqlite_store *)s;
}

struct sr_err sqlite_store_failure(struct sqlite_store *s)
{
	(void)pthread_mutex_lock(&s->mutex);
	struct sr_err e = s->failure;
	(void)pthread_mutex_unlock(&s->mutex);
	return e;
}

struct sr_err sqlite_store_fail(struct sqlite_store *s, struct sr_err e)
{
	(void)pthread_mutex_lock(&s->mutex);
	if (!sr_bad(s->failure) && e.code != SR_E_NOMEM)
		s->failure = e;
	(void)pthread_mutex_unlock(&s->mutex);
	return e;
}

/* ---- Transactions ---- */

/* Other processes may change the totals as well, so that a difference is written. */
static struct sr_err write_totals(struct sqlite_store *s, const struct sqlite_change *change)
{
	sqlite3_stmt *st = s->st[STORE_TOTAL_ADD];
	if (!change->logs && !change->cells && !change->tokens)
		return sr_ok();
	(void)sqlite3_bind_int64(st, 1, change->logs);
	(void)sqlite3_bind_int64(st, 2, change->cells);
	(void)sqlite3_bind_int64(st, 3, change->tokens);
	return relay_db_run(st);
}

static struct sr_err no_way_back(void)
{
	return (struct sr_err){SR_E_IO, ENOMEM, "out of memory at the moment of storing"};
}

/* After a COMMIT that failed nobody knows what is on disk: there is no going on, whatever the
 * reason. A lack of memory before it is taken back. */
static struct sr_err transact(struct sqlite_store *s,
			      struct sr_err (*fn)(struct sqlite_store *s, void *arg,
						  struct sqlite_change *change),
			      void *arg)
{
	struct sqlite_change change = {0};
	SR_TRY(relay_db_run(s->st[STORE_BEGIN]));
	struct sr_err e = fn(s, arg, &change);
	if (!sr_bad(e))
		e = write_totals(s, &change);
	if (!sr_bad(e)) {
		e = relay_db_run(s->st[STORE_COMMIT]);
		return e.code == SR_E_NOMEM ? no_way_back() : e;
	}
	/* SQLite has taken it back by itself after some failures. */
	bool back = sqlite3_get_autocommit(s->db) || !sr_bad(relay_db_run(s->st[STORE_ROLLBACK]));
	return e.code == SR_E_NOMEM && !back ? no_way_back() : e;
}

static struct sr_err write_with(struct sqlite_store *s,
				struct sr_err (*fn)(struct sqlite_store *s, void *arg,
						    struct sqlite_change *change),
				void *arg)
{
	SR_TRY(sqlite_store_failure(s));
	struct sr_err e = relay_checkpoint_run(&s->checkpoint, s->db, false);
	if (!sr_bad(e))
		e = transact(s, fn, arg);
	return sr_bad(e) ? sqlite_store_fail(s, e) : e;
}

static struct sr_err check_ours(const struct sqlite_store *s)
{
	return s->lock_fd < 0 ? sr_fail(SR_E_STATE, "the store was opened beside a relay")
			      : sr_ok();
}

static struct sr_err store_append(struct relay_store *s, struct relay_append *requests, size_t n,
				  uint32_t day)
{
	SR_TRY(check_ours(of(s)));
	struct sqlite_batch b = {requests, n, day};
	return write_with(of(s), sqlite_store_append, &b);
}

static struct sr_err store_expire(struct relay_store *s, uint32_t day, size_t n_max, size_t *n)
{
	SR_TRY(check_ours(of(s)));
	struct sqlite_portion p = {.day = day, .n_max = n_max};
	SR_TRY(write_with(of(s), sqlite_store_expire, &p));
	*n = p.n;
	return sr_ok();
}

static struct sr_err store_tokens(struct relay_store *s, const uint8_t *hashes, size_t n)
{
	struct sqlite_tokens t = {hashes, n};
	return write_with(of(s), sqlite_store_tokens, &t);
}

static struct sr_err store_tidy(struct relay_store *store)
{
	struct sqlite_store *s = of(store);
	SR_TRY(check_ours(s));
	SR_TRY(sqlite_store_failure(s));
	struct sr_err e = relay_checkpoint_run(&s->checkpoint, s->db, true);
	return sr_bad(e) ? sqlite_store_fail(s, e) : e;
}

/* ---- Opening ---- */

/* What a failed store leaves in the write-ahead log is for the next process, which reads all of it
 * anew. */
static void store_close(struct relay_store *store)
{
	struct sqlite_store *s = of(store);
	relay_db_finalize(s->st, STORE_STATEMENTS);
	if (s->db && sr_bad(s->failure))
		(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	relay_db_close(&s->db);
	if (s->lock_fd >= 0)
		(void)close(s->lock_fd);
	(void)pthread_mutex_destroy(&s->mutex);
	free(s->path);
	free(s);
}

const struct relay_store_ops sqlite_store_ops = {
	.append = store_append,
	.expire = store_expire,
	.tokens = store_tokens,
	.tidy = store_tidy,
	.reader_open = sqlite_reader_open,
	.reader_close = sqlite_reader_close,
	.read = sqlite_reader_read,
	.counts = sqlite_reader_counts,
	.close = store_close,
};

static int count_pages(void *user, sqlite3 *db, const char *name, int pages)
{
	struct sqlite_store *s = user;
	(void)db;
	(void)name;
	s->checkpoint.pages = pages;
	return SQLITE_OK;
}

/* What an earlier process wrote may be in the write-ahead log without being on disk, if that is why
 * it ended: a sync that failed is not tried again by the kernel. So all of it is copied, and
 * synced, before anything is built on it. */
static struct sr_err settle(sqlite3 *db)
{
	int rc = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (rc == SQLITE_BUSY)
		return sr_fail(SR_E_STATE, "another program reads the store, a backup or a check: "
					   "try again when it is done");
	return rc == SQLITE_OK ? sr_ok() : relay_db_error(db, rc);
}

/* By its real name: a store has one lock, whatever links lead to it. Beside what is no store none
 * is made. */
static struct sr_err start(struct sqlite_store *s, const char *path,
			   const struct relay_checkpoint_rules *checkpoints)
{
	static const struct relay_checkpoint_rules never = {INT_MAX, INT_MAX};
	SR_TRY(relay_file_check(path));
	s->path = realpath(path, NULL);
	if (!s->path)
		return errno == ENOMEM ? sr_nomem() : sr_sys("the store cannot be opened");
	SR_TRY(relay_db_open(s->path, RELAY_DB_WRITE, &s->db));
	if (checkpoints)
		SR_TRY(relay_file_lock(s->path, &s->lock_fd));
	SR_TRY(relay_db_prepare(s->db, statements, STORE_STATEMENTS, s->st));
	s->checkpoint.rules = checkpoints ? *checkpoints : never;
	if (!checkpoints)
		return sr_ok();
	SR_TRY(settle(s->db));
	(void)sqlite3_wal_hook(s->db, count_pages, s);
	return sr_ok();
}

struct sr_err sqlite_store_open_with(const char *path, const struct relay_rules *rules,
				     const struct relay_checkpoint_rules *checkpoints,
				     struct relay_store **out)
{
	struct sqlite_store *s = calloc(1, sizeof *s);
	if (!s)
		return sr_nomem();
	s->base.ops = &sqlite_store_ops;
	s->lock_fd = -1;
	s->rules = *rules;
	(void)pthread_mutex_init(&s->mutex, NULL);
	struct sr_err e = start(s, path, checkpoints);
	if (!sr_bad(e)) {
		*out = &s->base;
		return e;
	}
	(void)sqlite_store_fail(s, e);
	store_close(&s->base);
	return e;
}

struct sr_err relay_sqlite_open(const char *path, const struct relay_rules *rules,
				struct relay_store **out)
{
	return sqlite_store_open_with(path, rules, &SQLITE_STORE_CHECKPOINTS, out);
}

struct sr_err relay_sqlite_open_beside(const char *path, struct relay_store **out)
{
	return sqlite_store_open_with(path, &(struct relay_rules){0}, NULL, out);
}

static struct sr_err fill_empty(const char *name, void *arg)
{
	sqlite3 *db;
	(void)arg;
	SR_TRY(relay_db_open(name, RELAY_DB_NEW, &db));
	struct sr_err e = relay_db_create(db);
	relay_db_close(&db);
	return e;
}

struct sr_err relay_sqlite_create(const char *path)
{
	return relay_file_new(path, fill_empty, NULL);
}
