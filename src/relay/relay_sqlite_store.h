/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the SQLite store, and its tests, know of each other. */
#ifndef RELAY_SQLITE_STORE_H
#define RELAY_SQLITE_STORE_H

#include "relay_checkpoint.h"
#include "relay_log.h"

#include <pthread.h>

/* Measured with 1, 32 and 128 writers: with more pages the slowest appends wait longer, with fewer
 * there are more of them. */
#define SQLITE_STORE_CHECKPOINTS ((struct relay_checkpoint_rules){250, 500})

enum sqlite_store_statement {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_LOG_FIND,
	STORE_LOG_ADD,
	STORE_LOG_GROW,
	STORE_LOG_OLDEST,
	STORE_LOG_DUE,
	STORE_CELL_ADD,
	STORE_CELL_BEFORE,
	STORE_CELL_DAY,
	STORE_CELL_DROP,
	STORE_TOKEN_ADD,
	STORE_TOKEN_USE,
	STORE_TOTAL_ADD,
	STORE_STATEMENTS
};

/* Invariants: outside of a call no transaction is open. failure is set once, by whoever fails
 * first, and never taken back; the mutex guards it. */
struct sqlite_store {
	struct relay_store base;
	char *path;
	int lock_fd; /* -1: opened beside a relay */
	struct relay_rules rules;
	sqlite3 *db;
	sqlite3_stmt *st[STORE_STATEMENTS];
	struct relay_checkpoint checkpoint;
	pthread_mutex_t mutex;
	struct sr_err failure;
};

extern const struct relay_store_ops sqlite_store_ops;

/* sqlite_store_open_with is relay_sqlite_open with other rules for checkpoints; with NULL it is
 * relay_sqlite_open_beside. */
SR_MUST struct sr_err sqlite_store_open_with(const char *path, const struct relay_rules *rules,
					     const struct relay_checkpoint_rules *checkpoints,
					     struct relay_store **out);

/* sqlite_store_failure returns what the store failed with; sqlite_store_fail makes e that, if it is
 * the first and not a lack of memory, and returns e. Any thread. */
struct sr_err sqlite_store_failure(struct sqlite_store *s);
struct sr_err sqlite_store_fail(struct sqlite_store *s, struct sr_err e);

/* struct sqlite_change: what a transaction does to the totals. */
struct sqlite_change {
	int64_t logs, cells, tokens;
};

/* What arg points to for sqlite_store_append, _expire and _tokens, which are what is done within a
 * transaction. */
struct sqlite_batch {
	struct relay_append *requests;
	size_t n;
	uint32_t day;
};

struct sqlite_portion {
	uint32_t day;
	size_t n_max, n;
};

struct sqlite_tokens {
	const uint8_t *hashes;
	size_t n;
};

SR_MUST struct sr_err sqlite_store_append(struct sqlite_store *s, void *arg,
					  struct sqlite_change *change);
SR_MUST struct sr_err sqlite_store_expire(struct sqlite_store *s, void *arg,
					  struct sqlite_change *change);
SR_MUST struct sr_err sqlite_store_tokens(struct sqlite_store *s, void *arg,
					  struct sqlite_change *change);

/* struct sqlite_log: a row of the table log; id 0: there is none. */
struct sqlite_log {
	uint64_t id, seq, first;
	uint8_t chain[CRYPTO_HASH_LEN];
};

/* SQLITE_LOG_FIND is the statement for sqlite_log_find, which leaves it on its row, and with it the
 * connection at the moment that is looked at, until it is reset. */
#define SQLITE_LOG_FIND "SELECT id, seq, first, chain FROM log WHERE address=?1"
SR_MUST struct sr_err sqlite_log_find(sqlite3_stmt *st, const uint8_t address[CRYPTO_HASH_LEN],
				      struct sqlite_log *l);

/* The reading half of sqlite_store_ops. */
struct sr_err sqlite_reader_open(struct relay_store *s, struct relay_reader **out);
void sqlite_reader_close(struct relay_reader *reader);
struct sr_err sqlite_reader_read(struct relay_reader *reader,
				 const uint8_t address[CRYPTO_HASH_LEN], uint64_t from,
				 size_t n_max, uint8_t *cells, size_t *n, struct relay_head *head,
				 uint8_t ends[2][CRYPTO_HASH_LEN]);
struct sr_err sqlite_reader_counts(struct relay_reader *reader, struct relay_counts *out);

#endif
