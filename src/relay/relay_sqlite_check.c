/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at a whole store, as it is at one moment. */
#include "relay_db.h"
#include "relay_file.h"
#include "relay_sqlite.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FAULTS_MAX = 100 }; /* that are noted */

enum reading { LOGS, CELLS, TOTAL, CELLS_N, TOKENS_N, INTEGRITY, READINGS };

static const char *const readings[READINGS] = {
	[LOGS] = "SELECT id, address, class, seq, first, chain, due FROM log ORDER BY id",
	[CELLS] = "SELECT seq, day, before, body FROM cell WHERE log=?1 ORDER BY seq",
	[TOTAL] = "SELECT logs, cells, tokens FROM total",
	[CELLS_N] = "SELECT count(*) FROM cell",
	[TOKENS_N] = "SELECT count(*) FROM token WHERE length(hash)=32",
	[INTEGRITY] = "PRAGMA integrity_check",
};

struct check {
	sqlite3_stmt *st[READINGS];
	const struct sr_sink *sink;
	struct relay_counts found; /* cells: those of logs */
	unsigned faults;
};

static void __attribute__((format(printf, 2, 3))) fault(struct check *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	if (++c->faults > FAULTS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	note(c->sink, SR_ERROR, 0, 0, "%s", text);
	if (c->faults == FAULTS_MAX)
		note(c->sink, SR_ERROR, 0, 0, "and more; the rest is counted only");
}

static struct sr_err check_integrity(struct check *c)
{
	sqlite3_stmt *st = c->st[INTEGRITY];
	for (;;) {
		bool row;
		SR_TRY(relay_db_step(st, &row));
		if (!row)
			return sr_ok();
		const unsigned char *text = sqlite3_column_text(st, 0);
		if (!text)
			return sr_nomem();
		if (strcmp((const char *)text, "ok") != 0)
			fault(c, "SQLite: %s", (const char *)text);
	}
}

/* struct log: of a row of the table. next and chain say what the cell that comes has to be. */
struct log {
	uint64_t id, class, seq, first, due;
	uint64_t next, oldest_day;
	uint8_t head_chain[CRYPTO_HASH_LEN], chain[CRYPTO_HASH_LEN];
	bool has_cells;
};

static struct sr_err take_log(sqlite3_stmt *st, struct log *l)
{
	const uint8_t *address, *chain;
	*l = (struct log){0};
	SR_TRY(relay_db_uint(st, 0, &l->id));
	SR_TRY(relay_db_bytes(st, 1, CRYPTO_HASH_LEN, &address));
	SR_TRY(relay_db_uint(st, 2, &l->class));
	SR_TRY(relay_db_uint(st, 3, &l->seq));
	SR_TRY(relay_db_uint(st, 4, &l->first));
	SR_TRY(relay_db_bytes(st, 5, CRYPTO_HASH_LEN, &chain));
	memcpy(l->head_chain, chain, CRYPTO_HASH_LEN);
	if (sqlite3_column_type(st, 6) != SQLITE_NULL)
		SR_TRY(relay_db_uint(st, 6, &l->due));
	l->next = l->first;
	wire_chain_start(address, l->chain);
	return sr_ok();
}

static bool check_cell(struct check *c, struct log *l, sqlite3_stmt *st)
{
	const uint8_t *before, *body;
	uint64_t seq, day;
	if (sr_bad(relay_db_uint(st, 0, &seq)) || sr_bad(relay_db_uint(st, 1, &day)) ||
	    sr_bad(relay_db_bytes(st, 2, CRYPTO_HASH_LEN, &before)) ||
	    sr_bad(relay_db_bytes(st, 3, WIRE_CELL_LEN, &body))) {
		fault(c, "log %llu: a cell that is none", (unsigned long long)l->id);
		return false;
	}
	if (seq != l->next) {
		fault(c, "log %llu: cell %llu is missing", (unsigned long long)l->id,
		      (unsigned long long)l->next);
		return false;
	}
	if (!l->has_cells) {
		l->has_cells = true;
		l->oldest_day = day;
		if (l->first > 1) /* what was before is not kept */
			memcpy(l->chain, before, CRYPTO_HASH_LEN);
	}
	if (memcmp(before, l->chain, CRYPTO_HASH_LEN) != 0) {
		fault(c, "log %llu: the chain is broken before cell %llu",
		      (unsigned long long)l->id, (unsigned long long)seq);
		return false;
	}
	wire_chain_next(before, seq, body, l->chain);
	l->next++;
	c->found.cells++;
	return true;
}

static void check_head(struct check *c, const struct log *l)
{
	unsigned long long id = l->id;
	unsigned days = l->class <= UINT8_MAX ? wire_class_days((uint8_t)l->class) : 0;
	if (!days)
		fault(c, "log %llu: a retention class that there is not", id);
	if (!l->first || l->next != l->seq + 1)
		fault(c, "log %llu: cells and head do not fit", id);
	else if ((l->has_cells || l->seq == 0) &&
		 memcmp(l->chain, l->head_chain, CRYPTO_HASH_LEN) != 0)
		fault(c, "log %llu: the head's chain is another", id);
	if (l->due != (l->has_cells ? l->oldest_day + days + 1 : 0))
		fault(c, "log %llu: the day it is due on is wrong", id);
}

/* Of a log with faults the first one is noted. */
static struct sr_err check_log(struct check *c, struct log *l)
{
	sqlite3_stmt *st = c->st[CELLS];
	bool row = true, sound = true;
	relay_db_bind_int(st, 1, l->id);
	while (row && sound) {
		SR_TRY(relay_db_step(st, &row));
		sound = !row || check_cell(c, l, st);
	}
	(void)sqlite3_reset(st);
	if (sound)
		check_head(c, l);
	return sr_ok();
}

static struct sr_err check_logs(struct check *c)
{
	sqlite3_stmt *st = c->st[LOGS];
	for (;;) {
		struct log l;
		bool row;
		SR_TRY(relay_db_step(st, &row));
		if (!row)
			return sr_ok();
		c->found.logs++;
		if (sr_bad(take_log(st, &l)))
			fault(c, "a log that is none");
		else
			SR_TRY(check_log(c, &l));
	}
}

static struct sr_err count(sqlite3_stmt *st, uint64_t *out)
{
	bool row;
	SR_TRY(relay_db_step(st, &row));
	return row ? relay_db_uint(st, 0, out) : relay_db_damage();
}

static struct sr_err check_totals(struct check *c)
{
	struct relay_counts total = {0};
	uint64_t cells = 0;
	SR_TRY(count(c->st[TOTAL], &total.logs));
	SR_TRY(relay_db_uint(c->st[TOTAL], 1, &total.cells));
	SR_TRY(relay_db_uint(c->st[TOTAL], 2, &total.tokens));
	SR_TRY(count(c->st[CELLS_N], &cells));
	SR_TRY(count(c->st[TOKENS_N], &c->found.tokens));
	if (cells != c->found.cells)
		fault(c, "there are cells of no log, or that do not follow");
	if (total.logs != c->found.logs || total.cells != cells || total.tokens != c->found.tokens)
		fault(c, "the totals are wrong");
	return sr_ok();
}

static struct sr_err check_all(struct check *c, sqlite3 *db)
{
	SR_TRY(relay_db_prepare(db, readings, READINGS, c->st));
	SR_TRY(relay_db_exec(db, "BEGIN"));
	SR_TRY(check_integrity(c));
	SR_TRY(check_logs(c));
	return check_totals(c);
}

struct sr_err relay_sqlite_check(const char *path, const struct sr_sink *sink,
				 struct relay_counts *out)
{
	struct check c = {.sink = sink, .found.bytes = relay_file_bytes(path)};
	sqlite3 *db;
	SR_TRY(relay_file_check(path));
	SR_TRY(relay_db_open(path, RELAY_DB_LOOK, &db));
	struct sr_err e = check_all(&c, db);
	relay_db_finalize(c.st, READINGS);
	relay_db_close(&db);
	if (sr_bad(e) && !c.faults)
		return e;
	if (c.faults)
		return sr_fail(SR_E_INPUT, "the store is damaged: use a backup");
	if (out)
		*out = c.found;
	return sr_ok();
}

static struct sr_err copy(sqlite3 *to, sqlite3 *from)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	if (!b)
		return relay_db_error(to, sqlite3_errcode(to));
	/* In one step: between steps the relay could write, and it would begin anew each time. */
	int rc = sqlite3_backup_step(b, -1);
	(void)sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? sr_ok() : relay_db_error(to, rc);
}

/* Nothing of it has to last before all of it is there. */
static struct sr_err fill_copy(const char *name, void *arg)
{
	sqlite3 *to, *from = arg;
	SR_TRY(relay_db_open(name, RELAY_DB_NEW, &to));
	struct sr_err e = relay_db_exec(to, "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY");
	if (!sr_bad(e))
		e = copy(to, from);
	relay_db_close(&to);
	return e;
}

struct sr_err relay_sqlite_backup(const char *path, const char *to)
{
	sqlite3 *db;
	SR_TRY(relay_file_check(path));
	SR_TRY(relay_db_open(path, RELAY_DB_LOOK, &db));
	struct sr_err e = relay_file_new(to, fill_copy, db);
	relay_db_close(&db);
	return e;
}
