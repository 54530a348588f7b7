/* SPDX-License-Identifier: Apache-2.0 */
/* What is done within a transaction. */
#include "relay_sqlite_store.h"

#include <string.h>

/* Of a log whose oldest cell was stored on this day. */
static uint64_t due_day(unsigned days, uint64_t day)
{
	return day + days + 1;
}

/* ---- Appending ---- */

static void answer(struct relay_append *r, enum wire_status status, const struct sqlite_log *l)
{
	r->status = status;
	r->stored = false;
	r->head = l->seq;
	memcpy(r->head_chain, l->chain, CRYPTO_HASH_LEN);
	r->first = l->first;
}

static struct sr_err set_oldest(struct sqlite_store *s, uint64_t id, uint64_t first, uint64_t due)
{
	sqlite3_stmt *st = s->st[STORE_LOG_OLDEST];
	relay_db_bind_int(st, 1, id);
	relay_db_bind_int(st, 2, first);
	if (due)
		relay_db_bind_int(st, 3, due);
	else
		(void)sqlite3_bind_null(st, 3);
	return relay_db_run(st);
}

/* status is WIRE_OK, or why there is no log. */
static struct sr_err add_log(struct sqlite_store *s, const struct relay_append *r,
			     struct sqlite_log *l, struct sqlite_change *change,
			     enum wire_status *status)
{
	sqlite3_stmt *st = s->st[STORE_TOKEN_USE];
	if (s->rules.admission) {
		*status = WIRE_TOKEN;
		if (!r->token_hash)
			return sr_ok();
		relay_db_bind(st, 1, r->token_hash, CRYPTO_HASH_LEN);
		SR_TRY(relay_db_run(st));
		if (!sqlite3_changes(s->db))
			return sr_ok();
		change->tokens--;
	}
	st = s->st[STORE_LOG_ADD];
	relay_db_bind(st, 1, r->address, CRYPTO_HASH_LEN);
	relay_db_bind_int(st, 2, r->class);
	relay_db_bind(st, 3, l->chain, CRYPTO_HASH_LEN);
	SR_TRY(relay_db_run(st));
	l->id = (uint64_t)sqlite3_last_insert_rowid(s->db);
	change->logs++;
	*status = WIRE_OK;
	return sr_ok();
}

static struct sr_err add_cell(struct sqlite_store *s, const struct relay_append *r,
			      struct sqlite_log *l, uint32_t day)
{
	sqlite3_stmt *st = s->st[STORE_CELL_ADD];
	relay_db_bind_int(st, 1, l->id);
	relay_db_bind_int(st, 2, r->seq);
	relay_db_bind_int(st, 3, day);
	relay_db_bind(st, 4, r->before, CRYPTO_HASH_LEN);
	relay_db_bind(st, 5, r->cell, WIRE_CELL_LEN);
	SR_TRY(relay_db_run(st));
	st = s->st[STORE_LOG_GROW];
	relay_db_bind_int(st, 1, l->id);
	relay_db_bind_int(st, 2, r->seq);
	relay_db_bind(st, 3, r->chain, CRYPTO_HASH_LEN);
	SR_TRY(relay_db_run(st));
	if (l->first > l->seq)
		SR_TRY(set_oldest(s, l->id, l->first, due_day(wire_class_days(r->class), day)));
	l->seq = r->seq;
	memcpy(l->chain, r->chain, CRYPTO_HASH_LEN);
	return sr_ok();
}

static struct sr_err append_next(struct sqlite_store *s, struct relay_append *r,
				 struct sqlite_log *l, uint32_t day, struct sqlite_change *change)
{
	enum wire_status status = WIRE_OK;
	if (l->seq + 1 - l->first >= s->rules.log_cells)
		status = WIRE_FULL;
	else if (!l->id)
		SR_TRY(add_log(s, r, l, change, &status));
	if (status == WIRE_OK) {
		SR_TRY(add_cell(s, r, l, day));
		change->cells++;
	}
	answer(r, status, l);
	r->stored = status == WIRE_OK;
	return sr_ok();
}

/* The chain behind a cell is the one before the next. */
static struct sr_err is_stored(struct sqlite_store *s, const struct relay_append *r,
			       const struct sqlite_log *l, bool *stored)
{
	if (r->seq == l->seq) {
		*stored = memcmp(r->chain, l->chain, CRYPTO_HASH_LEN) == 0;
		return sr_ok();
	}
	sqlite3_stmt *st = s->st[STORE_CELL_BEFORE];
	const uint8_t *behind;
	bool row;
	relay_db_bind_int(st, 1, l->id);
	relay_db_bind_int(st, 2, r->seq + 1);
	SR_TRY(relay_db_step(st, &row));
	if (!row)
		return relay_db_damage();
	struct sr_err e = relay_db_bytes(st, 0, CRYPTO_HASH_LEN, &behind);
	if (!sr_bad(e))
		*stored = memcmp(r->chain, behind, CRYPTO_HASH_LEN) == 0;
	(void)sqlite3_reset(st);
	return e;
}

static struct sr_err append_again(struct sqlite_store *s, struct relay_append *r,
				  struct sqlite_log *l)
{
	bool stored = false;
	SR_TRY(is_stored(s, r, l, &stored));
	answer(r, stored ? WIRE_OK : WIRE_CONFLICT, l);
	if (stored) {
		r->head = r->seq;
		memcpy(r->head_chain, r->chain, CRYPTO_HASH_LEN);
	}
	return sr_ok();
}

static struct sr_err append_one(struct sqlite_store *s, struct relay_append *r, uint32_t day,
				struct sqlite_change *change)
{
	struct sqlite_log l;
	struct sr_err e = sqlite_log_find(s->st[STORE_LOG_FIND], r->address, &l);
	(void)sqlite3_reset(s->st[STORE_LOG_FIND]);
	if (sr_bad(e))
		return e;
	if (!wire_class_days(r->class))
		answer(r, WIRE_CLASS, &l);
	else if (r->seq < l.first)
		answer(r, WIRE_EXPIRED, &l);
	else if (r->seq <= l.seq)
		return append_again(s, r, &l);
	else if (r->seq == l.seq + 1 && memcmp(r->before, l.chain, CRYPTO_HASH_LEN) == 0)
		return append_next(s, r, &l, day, change);
	else
		answer(r, WIRE_CONFLICT, &l);
	return sr_ok();
}

struct sr_err sqlite_store_append(struct sqlite_store *s, void *arg, struct sqlite_change *change)
{
	const struct sqlite_batch *b = arg;
	for (size_t i = 0; i < b->n; i++)
		SR_TRY(append_one(s, &b->requests[i], b->day, change));
	return sr_ok();
}

/* ---- Forgetting ---- */

struct due_log {
	uint64_t id, seq, first, due;
	unsigned days;
};

static struct sr_err take_due(sqlite3_stmt *st, struct due_log *l)
{
	uint64_t number;
	SR_TRY(relay_db_uint(st, 0, &l->id));
	SR_TRY(relay_db_uint(st, 1, &number));
	SR_TRY(relay_db_uint(st, 2, &l->seq));
	SR_TRY(relay_db_uint(st, 3, &l->first));
	l->days = number <= UINT8_MAX ? wire_class_days((uint8_t)number) : 0;
	return l->days ? sr_ok() : relay_db_damage();
}

static struct sr_err find_due(struct sqlite_store *s, uint32_t day, struct due_log *l, bool *found)
{
	sqlite3_stmt *st = s->st[STORE_LOG_DUE];
	relay_db_bind_int(st, 1, day);
	SR_TRY(relay_db_step(st, found));
	struct sr_err e = *found ? take_due(st, l) : sr_ok();
	(void)sqlite3_reset(st);
	return e;
}

/* due stays 0 if there is no cell left. */
static struct sr_err find_oldest(struct sqlite_store *s, struct due_log *l)
{
	sqlite3_stmt *st = s->st[STORE_CELL_DAY];
	uint64_t day;
	bool row;
	l->due = 0;
	if (l->first > l->seq)
		return sr_ok();
	relay_db_bind_int(st, 1, l->id);
	relay_db_bind_int(st, 2, l->first);
	SR_TRY(relay_db_step(st, &row));
	if (!row)
		return relay_db_damage();
	struct sr_err e = relay_db_uint(st, 0, &day);
	if (!sr_bad(e))
		l->due = due_day(l->days, day);
	(void)sqlite3_reset(st);
	return e;
}

static struct sr_err expire_log(struct sqlite_store *s, struct due_log *l, struct sqlite_portion *p)
{
	sqlite3_stmt *st = s->st[STORE_CELL_DROP];
	uint64_t before = l->first;
	if (p->day < l->days)
		return relay_db_damage();
	while (p->n < p->n_max && l->first <= l->seq) {
		relay_db_bind_int(st, 1, l->id);
		relay_db_bind_int(st, 2, l->first);
		relay_db_bind_int(st, 3, p->day - l->days);
		SR_TRY(relay_db_run(st));
		if (!sqlite3_changes(s->db))
			break;
		l->first++;
		p->n++;
	}
	if (l->first == before)
		return relay_db_damage(); /* it would be due for ever */
	SR_TRY(find_oldest(s, l));
	return set_oldest(s, l->id, l->first, l->due);
}

struct sr_err sqlite_store_expire(struct sqlite_store *s, void *arg, struct sqlite_change *change)
{
	struct sqlite_portion *p = arg;
	struct due_log l;
	bool found = true;
	while (p->n < p->n_max && found) {
		SR_TRY(find_due(s, p->day, &l, &found));
		if (found)
			SR_TRY(expire_log(s, &l, p));
	}
	change->cells -= (int64_t)p->n;
	return sr_ok();
}

/* ---- Tokens ---- */

struct sr_err sqlite_store_tokens(struct sqlite_store *s, void *arg, struct sqlite_change *change)
{
	const struct sqlite_tokens *t = arg;
	for (size_t i = 0; i < t->n; i++) {
		relay_db_bind(s->st[STORE_TOKEN_ADD], 1, t->hashes + i * CRYPTO_HASH_LEN,
			      CRYPTO_HASH_LEN);
		SR_TRY(relay_db_run(s->st[STORE_TOKEN_ADD]));
		change->tokens += sqlite3_changes(s->db);
	}
	return sr_ok();
}
