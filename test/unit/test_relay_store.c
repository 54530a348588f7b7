/* SPDX-License-Identifier: Apache-2.0 */
/* relay/: both stores do what a store must, and the one of SQLite does it with files: made whole or
 * not at all, one relay at a time, copied and checked while it is at work. */
#include "build.h"
#include "platform.h"
#include "relay_acked.h"
#include "relay_files.h"
#include "relay_memory.h"
#include "relay_sqlite.h"
#include "relay_sqlite_store.h"
#include "relay_token.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DAY = 20500, LOGS = 5 };

static const struct relay_rules rules = {false, 1000};

static const char *file(void)
{
	return relay_files_path("relay");
}

static void sqlite_reset(void)
{
	relay_files_empty();
	if (!CHECK(!sr_bad(relay_sqlite_create(file())), "an empty store"))
		abort();
}

static struct sr_err sqlite_open(const struct relay_rules *r, struct relay_store **out)
{
	return relay_sqlite_open(file(), r, out);
}

static struct relay_store *must_open(void)
{
	struct relay_store *s = NULL;
	struct sr_err e = relay_sqlite_open(file(), &rules, &s);
	if (!CHECK(!sr_bad(e), "%s", e.what))
		abort();
	return s;
}

static void must_fail(struct sr_err e, enum sr_code code, const char *words)
{
	CHECK(e.code == code && strstr(e.what, words), "%d \"%s\", not %d \"%s\"", (int)e.code,
	      e.what ? e.what : "", (int)code, words);
}

/* Stores n cells in each of LOGS logs. */
static void fill(struct relay_store *s, struct relay_acked *a, uint64_t n)
{
	static struct relay_case c;
	for (uint64_t log = 0; log < LOGS; log++) {
		struct relay_head head;
		if (!relay_acked_head(s, log, &head))
			abort();
		for (uint64_t i = 0; i < n; i++) {
			relay_case_make(&c, log, head.seq + 1 + i, i, i ? c.chain : head.chain);
			if (sr_bad(s->ops->append(s, &c.append, 1, DAY)) || !c.append.stored)
				abort();
			struct relay_ack ack = {log, c.append.seq, i, {0}, DAY, 0};
			memcpy(ack.chain, c.chain, CRYPTO_HASH_LEN);
			relay_acked_add(a, &ack);
		}
	}
}

static void must_have(struct relay_store *s, const struct relay_acked *a)
{
	const char *wrong = relay_acked_lost(a, a->n, LOGS, s);
	CHECK(!wrong, "%s", wrong);
}

/* ---- The same calls, the same answers ---- */

struct pair {
	struct relay_store *store;
	struct relay_reader *reader;
};

static void pair_open(struct pair *p, struct sr_err e)
{
	if (!CHECK(!sr_bad(e), "%s", e.what) ||
	    sr_bad(p->store->ops->reader_open(p->store, &p->reader)))
		abort();
}

static void pair_close(struct pair *p)
{
	p->store->ops->reader_close(p->reader);
	p->store->ops->close(p->store);
}

static void compare_reads(const struct pair p[2], uint64_t *seed)
{
	static uint8_t cells[2][8 * WIRE_CELL_LEN];
	struct relay_head head[2];
	uint8_t ends[2][2][CRYPTO_HASH_LEN], address[CRYPTO_HASH_LEN];
	size_t n[2];
	struct relay_counts c[2];
	relay_case_address(test_random(seed) % (LOGS + 1), address);
	uint64_t from = test_random(seed) % 30;
	size_t max = (size_t)(test_random(seed) % 9);
	for (size_t i = 0; i < 2; i++)
		if (sr_bad(p[i].store->ops->read(p[i].reader, address, from, max, cells[i], &n[i],
						 &head[i], ends[i])) ||
		    sr_bad(p[i].store->ops->counts(p[i].reader, &c[i])))
			abort();
	CHECK(n[0] == n[1] && memcmp(cells[0], cells[1], n[0] * WIRE_CELL_LEN) == 0, "cells");
	CHECK(head[0].seq == head[1].seq && head[0].first == head[1].first &&
		      memcmp(head[0].chain, head[1].chain, CRYPTO_HASH_LEN) == 0 &&
		      memcmp(ends[0], ends[1], sizeof ends[0]) == 0,
	      "heads");
	CHECK(c[0].logs == c[1].logs && c[0].cells == c[1].cells && c[0].tokens == c[1].tokens,
	      "counts");
}

/* An append that may fit, or be off in one of many ways. */
static void any_append(struct relay_case *c, struct relay_store *s, uint64_t *seed)
{
	struct relay_head head;
	uint64_t log = test_random(seed) % LOGS, off = test_random(seed) % 8;
	if (!relay_acked_head(s, log, &head))
		abort();
	uint64_t seq = off == 0 ? 1 + test_random(seed) % 30 : head.seq + (off != 1);
	seq = seq ? seq : 1;
	relay_case_make(c, log, seq, test_random(seed) % 3, seq == 1 ? NULL : head.chain);
	c->append.class = log % 2 ? WIRE_DAYS_7 : WIRE_DAYS_30;
	if (off == 2)
		c->before[0] ^= 1;
	if (off == 3)
		c->append.class = 7;
	memset(c->token_hash, (int)(test_random(seed) % 20), CRYPTO_HASH_LEN);
	c->append.token_hash = off == 4 ? NULL : c->token_hash;
	relay_case_again(c);
}

static bool same_result(const struct relay_append *a, const struct relay_append *b)
{
	return a->status == b->status && a->stored == b->stored && a->head == b->head &&
	       a->first == b->first && memcmp(a->head_chain, b->head_chain, CRYPTO_HASH_LEN) == 0;
}

static void compare_batch(const struct pair p[2], uint32_t day, uint64_t *seed, unsigned seen[16])
{
	enum { N = 6 };
	static struct relay_case c[N];
	struct relay_append r[2][N];
	size_t n = (size_t)(test_random(seed) % (N + 1));
	for (size_t i = 0; i < n; i++) {
		if (i && test_random(seed) % 4 == 0)
			c[i] = c[i - 1]; /* it borrows from that one */
		else
			any_append(&c[i], p[0].store, seed);
		r[0][i] = r[1][i] = c[i].append;
	}
	for (size_t i = 0; i < 2; i++)
		if (!CHECK(!sr_bad(p[i].store->ops->append(p[i].store, r[i], n, day)), "batch"))
			abort();
	for (size_t i = 0; i < n; i++) {
		CHECK(same_result(&r[0][i], &r[1][i]), "append %zu of %zu: %d and %d", i, n,
		      (int)r[0][i].status, (int)r[1][i].status);
		seen[r[0][i].status % 16]++;
	}
}

static void stores_agree(void)
{
	static const struct relay_rules strict = {true, 12};
	struct pair p[2];
	unsigned seen[16] = {0};
	uint64_t seed = 8;
	uint32_t day = DAY;
	sqlite_reset();
	relay_memory_reset();
	pair_open(&p[0], relay_memory_open(&strict, &p[0].store));
	pair_open(&p[1], relay_sqlite_open(file(), &strict, &p[1].store));
	for (size_t round = 0; round < test_rounds(4000); round++) {
		uint64_t what = test_random(&seed) % 16;
		size_t n[2] = {0};
		uint8_t hash[CRYPTO_HASH_LEN];
		memset(hash, (int)(test_random(&seed) % 20), sizeof hash);
		for (size_t i = 0; i < 2; i++)
			if ((what == 0 && sr_bad(p[i].store->ops->tokens(p[i].store, hash, 1))) ||
			    (what == 1 &&
			     sr_bad(p[i].store->ops->expire(p[i].store, day, 1000, &n[i]))))
				abort();
		CHECK(n[0] == n[1], "expired %zu and %zu", n[0], n[1]);
		day += what == 2;
		if (what > 2)
			compare_batch(p, day, &seed, seen);
		compare_reads(p, &seed);
	}
	static const enum wire_status all[] = {WIRE_OK,    WIRE_CONFLICT, WIRE_EXPIRED,
					       WIRE_TOKEN, WIRE_FULL,     WIRE_CLASS};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		CHECK(seen[all[i]], "status %d never came up", (int)all[i]);
	pair_close(&p[0]);
	pair_close(&p[1]);
	relay_memory_reset();
}

/* ---- Files ---- */

static unsigned mode_of(const char *path)
{
	struct stat st;
	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

static void made_once(void)
{
	relay_files_empty();
	struct relay_store *s = NULL;
	must_fail(relay_sqlite_open(file(), &rules, &s), SR_E_IO, "no store");
	CHECK(access(file(), F_OK) != 0, "opening makes nothing");
	(void)umask(0);
	must_fail(relay_sqlite_create(relay_files_path("nowhere/relay")), SR_E_IO, "made");
	CHECK(!sr_bad(relay_sqlite_create(file())), "create");
	CHECK(mode_of(file()) == 0600, "mode %o", mode_of(file()));
	CHECK(access(relay_files_path("relay-wal"), F_OK) != 0, "all is in one file");
	must_fail(relay_sqlite_create(file()), SR_E_STATE, "already");
	s = must_open();
	struct relay_acked a = {0};
	fill(s, &a, 1);
	CHECK(mode_of(relay_files_path("relay-wal")) == 0600, "mode of the log");
	CHECK(mode_of(relay_files_path("relay-shm")) == 0600, "mode of its index");
	CHECK(mode_of(relay_files_path("relay-lock")) == 0600, "mode of the lock");
	s->ops->close(s);
	relay_acked_release(&a);
	(void)umask(022);
}

/* What SQLite would take for the log of the new store. */
static void older_log(void)
{
	static const char *const names[] = {"relay-wal", "relay-journal", "relay-shm"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		relay_files_empty();
		int fd = open(relay_files_path(names[i]), O_CREAT | O_WRONLY, 0600);
		(void)close(fd);
		must_fail(relay_sqlite_create(file()), SR_E_STATE, "older store");
		CHECK(access(file(), F_OK) != 0, "%s: nothing is made", names[i]);
	}
}

static size_t files_n(void)
{
	char cmd[600];
	size_t n = 0;
	(void)snprintf(cmd, sizeof cmd, "ls -A '%s' | wc -l", relay_files_path("."));
	FILE *f = popen(cmd, "r");
	if (!f || fscanf(f, "%zu", &n) != 1)
		abort();
	(void)pclose(f);
	return n;
}

/* Whichever call fails: there is a store or nothing. */
static void made_whole(void)
{
	for (size_t n = 1;; n++) {
		relay_files_empty();
		test_io_fail_at(n, EIO);
		struct sr_err e = relay_sqlite_create(file());
		bool failed = test_io_failed();
		test_io_fail_at(0, 0);
		if (!failed) {
			CHECK(!sr_bad(e) && n > 2, "%zu calls", n);
			break;
		}
		CHECK(e.code == SR_E_IO && e.sys == EIO, "call %zu: %d", n, (int)e.code);
		CHECK(files_n() == 0, "call %zu: nothing is left", n);
	}
	for (size_t n = 1;; n++) {
		relay_files_empty();
		test_alloc_fail_at(n);
		struct sr_err e = relay_sqlite_create(file());
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		if (!failed) {
			CHECK(!sr_bad(e) && n > 2, "%zu allocations", n);
			break;
		}
		CHECK(e.code == SR_E_NOMEM, "allocation %zu: %d", n, (int)e.code);
		CHECK(files_n() == 0, "allocation %zu: nothing is left", n);
	}
}

static void write_file(const char *bytes, size_t len)
{
	relay_files_empty();
	FILE *f = fopen(file(), "w");
	if (!f || fwrite(bytes, 1, len, f) != len || fclose(f))
		abort();
}

static void exec_sql(const char *sql)
{
	sqlite3 *db = NULL;
	/* What CHECK says is made before it is known whether it is said. */
	int rc = sqlite3_open(file(), &db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (!CHECK(rc == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db)))
		abort();
	(void)sqlite3_close(db);
}

/* folder_sum writes a sum over the names and bytes of all files. */
static void folder_sum(char out[64])
{
	char cmd[600];
	(void)snprintf(cmd, sizeof cmd, "cd '%s' && { ls -A; cat -- *; } | cksum",
		       relay_files_path("."));
	FILE *f = popen(cmd, "r");
	if (!f || !fgets(out, 64, f))
		abort();
	(void)pclose(f);
}

/* A stranger's database as a crash left it, its last words in a log beside it. */
static void leave_crashed(const char *id)
{
	sqlite3 *db;
	pid_t pid = fork();
	if (pid == 0) {
		char sql[200];
		(void)snprintf(sql, sizeof sql,
			       "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; %s;"
			       "PRAGMA wal_checkpoint; CREATE TABLE t(x); INSERT INTO t VALUES(1)",
			       id);
		_exit(sqlite3_open(file(), &db) || sqlite3_exec(db, sql, NULL, NULL, NULL));
	}
	int status = -1;
	(void)waitpid(pid, &status, 0);
	CHECK(status == 0 && access(relay_files_path("relay-wal"), F_OK) == 0, "it crashed");
}

/* Nor is anything changed that lies beside it. */
static void leaves_strangers_alone(void)
{
	static const struct {
		const char *id, *words;
	} rows[] = {
		{"PRAGMA application_id=7; PRAGMA user_version=1", "not a store"},
		{"PRAGMA application_id=1400001132; PRAGMA user_version=2", "newer"},
	};
	char before[64], after[64];
	struct relay_store *s;
	CHECK(RELAY_DB_ID == 1400001132, "the number in the rows");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		relay_files_empty();
		leave_crashed(rows[i].id);
		folder_sum(before);
		must_fail(relay_sqlite_open(file(), &rules, &s), SR_E_INPUT, rows[i].words);
		must_fail(relay_sqlite_open_beside(file(), &s), SR_E_INPUT, rows[i].words);
		must_fail(relay_sqlite_check(file(), NULL, NULL), SR_E_INPUT, rows[i].words);
		must_fail(relay_sqlite_backup(file(), relay_files_path("to")), SR_E_INPUT,
			  rows[i].words);
		folder_sum(after);
		CHECK(strcmp(before, after) == 0, "%s: something changed", rows[i].words);
	}
}

static void refuses_strangers(void)
{
	struct relay_store *s;
	static const char text[] =
		"a letter that is longer than the header of a database, which has "
		"one hundred bytes and then some more";
	write_file(text, sizeof text);
	must_fail(relay_sqlite_open(file(), &rules, &s), SR_E_INPUT, "not a store");
	must_fail(relay_sqlite_check(file(), NULL, NULL), SR_E_INPUT, "not a store");
	must_fail(relay_sqlite_backup(file(), relay_files_path("to")), SR_E_INPUT, "not a store");
	write_file("", 0);
	must_fail(relay_sqlite_open(file(), &rules, &s), SR_E_INPUT, "not a store");
	relay_files_empty();
	(void)mkdir(file(), 0700);
	must_fail(relay_sqlite_open(file(), &rules, &s), SR_E_INPUT, "not a store");
	(void)rmdir(file());
	sqlite_reset();
	exec_sql("PRAGMA application_id=7");
	must_fail(relay_sqlite_open(file(), &rules, &s), SR_E_INPUT, "not a store");
	sqlite_reset();
	exec_sql("PRAGMA user_version=2");
	must_fail(relay_sqlite_open(file(), &rules, &s), SR_E_INPUT, "newer");
	sqlite_reset();
	exec_sql("DROP TABLE total");
	must_fail(relay_sqlite_open(file(), &rules, &s), SR_E_IO, "damaged");
}

/* Turned to another journal by a stranger, it is turned back. */
static void keeps_its_log(void)
{
	struct relay_acked a = {0};
	sqlite_reset();
	exec_sql("PRAGMA journal_mode=DELETE");
	struct relay_store *s = must_open();
	fill(s, &a, 1);
	CHECK(access(relay_files_path("relay-wal"), F_OK) == 0, "there is a write-ahead log");
	must_have(s, &a);
	s->ops->close(s);
	relay_acked_release(&a);
}

static void one_relay(void)
{
	struct relay_store *second;
	sqlite_reset();
	struct relay_store *s = must_open();
	must_fail(relay_sqlite_open(file(), &rules, &second), SR_E_STATE, "another subrosa-relay");
	pid_t pid = fork();
	if (pid == 0) {
		struct sr_err e = relay_sqlite_open(file(), &rules, &second);
		_exit(e.code == SR_E_STATE ? 0 : 1);
	}
	int status = -1;
	(void)waitpid(pid, &status, 0);
	CHECK(status == 0, "another process is refused as well");
	struct relay_acked a = {0};
	fill(s, &a, 1);
	must_have(s, &a);
	s->ops->close(s);
	s = must_open();
	must_have(s, &a);
	s->ops->close(s);
	/* Nor does another name of it help. */
	(void)symlink(file(), relay_files_path("other"));
	s = must_open();
	must_fail(relay_sqlite_open(relay_files_path("other"), &rules, &second), SR_E_STATE,
		  "another subrosa-relay");
	s->ops->close(s);
	/* A link in the lock's place is not followed. */
	(void)unlink(relay_files_path("relay-lock"));
	(void)symlink(relay_files_path("elsewhere"), relay_files_path("relay-lock"));
	must_fail(relay_sqlite_open(file(), &rules, &second), SR_E_IO, "locked");
	CHECK(access(relay_files_path("elsewhere"), F_OK) != 0, "nothing was made there");
	relay_acked_release(&a);
}

/* ---- Beside a relay ---- */

static void tokens_beside(void)
{
	static const struct relay_rules admission = {true, 10};
	static struct relay_case c[4];
	struct relay_store *s, *beside;
	struct relay_reader *r;
	struct relay_counts counts;
	struct build lines;
	struct slice text;
	size_t n;
	sqlite_reset();
	if (sr_bad(relay_sqlite_open(file(), &admission, &s)) ||
	    sr_bad(relay_sqlite_open_beside(file(), &beside)))
		abort();
	build_init_secret(&lines, 0);
	CHECK(!sr_bad(relay_token_make(beside, 3, &lines)), "make");
	CHECK(!sr_bad(build_done(&lines, &text)) && text.len == 3 * 65, "%zu bytes", lines.len);
	for (size_t i = 0; i < 3; i++) {
		uint8_t token[WIRE_TOKEN_LEN];
		for (size_t j = 0; j < WIRE_TOKEN_LEN; j++) {
			unsigned v = 0;
			(void)sscanf((const char *)text.ptr + 65 * i + 2 * j, "%2x", &v);
			token[j] = (uint8_t)v;
		}
		CHECK(text.ptr[65 * i + 64] == '\n', "a line");
		relay_case_make(&c[i], i, 1, 0, NULL);
		relay_token_hash(token, c[i].token_hash);
		c[i].append.token_hash = c[i].token_hash;
		CHECK(!sr_bad(s->ops->append(s, &c[i].append, 1, DAY)) && c[i].append.stored,
		      "token %zu admits", i);
		CHECK(!i || memcmp(c[i].token_hash, c[0].token_hash, CRYPTO_HASH_LEN) != 0,
		      "no two are the same");
	}
	must_fail(beside->ops->append(beside, &c[0].append, 1, DAY), SR_E_STATE, "beside");
	must_fail(beside->ops->expire(beside, DAY, 1, &n), SR_E_STATE, "beside");
	must_fail(relay_token_make(beside, RELAY_TOKENS_MAX + 1, &lines), SR_E_LIMIT, "too many");
	CHECK(!sr_bad(beside->ops->reader_open(beside, &r)) &&
		      !sr_bad(r->ops->counts(r, &counts)) && counts.logs == 3 &&
		      counts.cells == 3 && counts.tokens == 0,
	      "what both of them did is counted");
	r->ops->reader_close(r);
	build_release(&lines);
	beside->ops->close(beside);
	s->ops->close(s);
	CHECK(!sr_bad(relay_sqlite_check(file(), NULL, NULL)), "the totals are right");
}

/* More than go in one portion. */
static void many_tokens(void)
{
	struct relay_store *s;
	struct relay_reader *r;
	struct relay_counts counts;
	struct build lines;
	relay_memory_reset();
	if (sr_bad(relay_memory_open(&rules, &s)) || sr_bad(s->ops->reader_open(s, &r)))
		abort();
	build_init_secret(&lines, 0);
	CHECK(!sr_bad(relay_token_make(s, 2500, &lines)) && lines.len == 2500 * 65, "2500 lines");
	CHECK(!sr_bad(r->ops->counts(r, &counts)) && counts.tokens == 2500, "all of them differ");
	build_release(&lines);
	r->ops->reader_close(r);
	s->ops->close(s);
	relay_memory_reset();
}

static void backup_is_whole(void)
{
	struct relay_acked a = {0}, later = {0};
	sqlite_reset();
	struct relay_store *s = must_open();
	fill(s, &a, 20);
	struct sr_err e = relay_sqlite_backup(file(), relay_files_path("copy"));
	CHECK(!sr_bad(e), "%s", e.what ? e.what : "");
	fill(s, &later, 3);
	must_fail(relay_sqlite_backup(file(), relay_files_path("copy")), SR_E_STATE, "already");
	s->ops->close(s);
	CHECK(mode_of(relay_files_path("copy")) == 0600, "mode");
	struct relay_counts counts;
	CHECK(!sr_bad(relay_sqlite_check(relay_files_path("copy"), NULL, &counts)) &&
		      counts.cells == 20 * LOGS,
	      "it is sound");
	CHECK(access(relay_files_path("copy-wal"), F_OK) != 0 &&
		      access(relay_files_path("copy-shm"), F_OK) != 0,
	      "looking leaves nothing beside it");
	if (!CHECK(!sr_bad(relay_sqlite_open(relay_files_path("copy"), &rules, &s)), "it opens"))
		abort();
	must_have(s, &a);
	struct relay_head head;
	CHECK(relay_acked_head(s, 0, &head) && head.seq == 20, "it is of the moment before");
	fill(s, &a, 1);
	must_have(s, &a);
	s->ops->close(s);
	relay_acked_release(&a);
	relay_acked_release(&later);
}

static void backup_or_nothing(void)
{
	sqlite_reset();
	for (size_t n = 1;; n++) {
		test_io_fail_at(n, ENOSPC);
		struct sr_err e = relay_sqlite_backup(file(), relay_files_path("copy"));
		bool failed = test_io_failed();
		test_io_fail_at(0, 0);
		if (!failed) {
			CHECK(!sr_bad(e) && n > 1, "%zu calls", n);
			break;
		}
		CHECK(e.code == SR_E_IO && e.sys == ENOSPC, "call %zu: %d", n, (int)e.code);
		CHECK(access(relay_files_path("copy"), F_OK) != 0, "call %zu: no copy", n);
	}
}

/* Whichever of our own allocations fails. */
static struct sr_err use_all(void)
{
	struct relay_store *s;
	struct relay_reader *r;
	struct relay_counts counts;
	SR_TRY(relay_sqlite_open(file(), &rules, &s));
	struct sr_err e = s->ops->reader_open(s, &r);
	if (!sr_bad(e)) {
		e = r->ops->counts(r, &counts);
		r->ops->reader_close(r);
	}
	s->ops->close(s);
	if (!sr_bad(e))
		e = relay_sqlite_check(file(), NULL, NULL);
	return sr_bad(e) ? e : relay_sqlite_backup(file(), relay_files_path("copy"));
}

static void memory_fails(void)
{
	sqlite_reset();
	for (size_t n = 1;; n++) {
		(void)unlink(relay_files_path("copy"));
		test_alloc_fail_at(n);
		struct sr_err e = use_all();
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		if (!failed) {
			CHECK(!sr_bad(e) && n > 10, "%zu allocations: %s", n, e.what);
			break;
		}
		CHECK(e.code == SR_E_NOMEM || !sr_bad(e), "allocation %zu: %s", n, e.what);
	}
}

/* ---- The check ---- */

/* All notes of a check. */
static char notes[16 * 1024];

static void keep_note(void *user, const struct sr_note *n)
{
	size_t len = strlen(notes);
	(void)user;
	(void)snprintf(notes + len, sizeof notes - len, "%s\n", n->text);
}

static const struct sr_sink sink = {keep_note, NULL, NULL};

static void fill_and_close(void)
{
	struct relay_acked a = {0};
	sqlite_reset();
	struct relay_store *s = must_open();
	fill(s, &a, 5);
	s->ops->close(s);
	relay_acked_release(&a);
	notes[0] = 0;
	CHECK(!sr_bad(relay_sqlite_check(file(), &sink, NULL)) && !notes[0], "sound at first");
}

static void check_finds(void)
{
	static const struct {
		const char *sql, *words;
	} rows[] = {
		{"UPDATE cell SET body=zeroblob(4096) WHERE log=2 AND seq=3", "chain"},
		{"UPDATE cell SET body=zeroblob(4096) WHERE log=2 AND seq=5", "head's chain"},
		{"UPDATE cell SET before=zeroblob(32) WHERE log=2 AND seq=1", "chain"},
		{"UPDATE cell SET before=zeroblob(32) WHERE log=2 AND seq=4", "chain"},
		{"UPDATE cell SET body=zeroblob(4095) WHERE log=2 AND seq=3",
		 "a cell that is none"},
		{"UPDATE cell SET seq=9 WHERE log=2 AND seq=5", "cell 5 is missing"},
		{"UPDATE cell SET log=99 WHERE log=2 AND seq=5", "cells and head"},
		{"DELETE FROM cell WHERE log=2 AND seq=1", "cell 1 is missing"},
		{"DELETE FROM cell WHERE log=2 AND seq=3", "cell 3 is missing"},
		{"DELETE FROM cell WHERE log=2 AND seq=5", "cells and head"},
		{"DELETE FROM cell WHERE log=2", "cells and head"},
		{"UPDATE log SET seq=4 WHERE id=2", "cells and head"},
		{"UPDATE log SET seq=6 WHERE id=2", "cells and head"},
		{"UPDATE log SET first=2 WHERE id=2", "cell 2 is missing"},
		{"UPDATE log SET first=0 WHERE id=2", "cell 0 is missing"},
		{"UPDATE log SET chain=zeroblob(32) WHERE id=2", "head's chain"},
		{"UPDATE log SET chain=zeroblob(31) WHERE id=2", "a log that is none"},
		{"UPDATE log SET class=9 WHERE id=2", "class"},
		{"UPDATE log SET due=due+1 WHERE id=2", "due"},
		{"UPDATE log SET due=NULL WHERE id=2", "due"},
		{"UPDATE cell SET day=day+1 WHERE log=2 AND seq=1", "due"},
		{"UPDATE log SET address=zeroblob(32) WHERE id=2", "chain"},
		{"DELETE FROM log WHERE id=2", "cells of no log"},
		{"UPDATE total SET logs=logs-1", "totals"},
		{"UPDATE total SET cells=cells+1", "totals"},
		{"UPDATE total SET tokens=tokens+1", "totals"},
		{"INSERT INTO token VALUES(zeroblob(32))", "totals"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		fill_and_close();
		exec_sql(rows[i].sql);
		must_fail(relay_sqlite_check(file(), &sink, NULL), SR_E_INPUT, "damaged");
		CHECK(strstr(notes, rows[i].words), "%s: not \"%s\" but %s", rows[i].sql,
		      rows[i].words, notes);
	}
}

/* A page of zeros, at each place of the file in turn. */
static void check_finds_pages(void)
{
	static const uint8_t zeros[4096];
	fill_and_close();
	struct stat st;
	if (stat(file(), &st))
		abort();
	for (off_t at = 4096; at < st.st_size; at += 4096) {
		fill_and_close();
		int fd = open(file(), O_WRONLY);
		if (fd < 0 || pwrite(fd, zeros, sizeof zeros, at) != (ssize_t)sizeof zeros)
			abort();
		(void)close(fd);
		struct sr_err e = relay_sqlite_check(file(), &sink, NULL);
		CHECK(sr_bad(e), "page at %lld", (long long)at);
	}
}

static void check_stops_noting(void)
{
	size_t lines = 0;
	sqlite_reset();
	exec_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200) "
		 "INSERT INTO log SELECT i, randomblob(32), 9, 0, 1, zeroblob(32), NULL FROM n");
	notes[0] = 0;
	must_fail(relay_sqlite_check(file(), &sink, NULL), SR_E_INPUT, "damaged");
	for (const char *at = notes; (at = strchr(at, '\n')); at++)
		lines++;
	CHECK(lines == 101, "%zu notes", lines);
}

/* However much is stored: nothing that a running relay asks for goes through a whole table. */
static void nothing_is_scanned(void)
{
	sqlite_reset();
	struct relay_store *s = must_open();
	struct sqlite_store *store = (struct sqlite_store *)s;
	size_t n = 0;
	for (sqlite3_stmt *st = NULL; (st = sqlite3_next_stmt(store->db, st)); n++) {
		sqlite3_stmt *plan;
		char sql[512];
		(void)snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", sqlite3_sql(st));
		if (!CHECK(sqlite3_prepare_v2(store->db, sql, -1, &plan, NULL) == SQLITE_OK, "%s",
			   sql))
			continue;
		while (sqlite3_step(plan) == SQLITE_ROW) {
			const char *text = (const char *)sqlite3_column_text(plan, 3);
			CHECK(!strstr(text, "TEMP") &&
				      (!strstr(text, "SCAN") || !strcmp(text, "SCAN total")),
			      "%s: %s", sql, text);
		}
		(void)sqlite3_finalize(plan);
	}
	CHECK(n == STORE_STATEMENTS, "%zu statements", n);
	s->ops->close(s);
}

/* Pages in the write-ahead log after n more cells; tidied up after each of them or not. */
static int pages_after(struct relay_store *s, unsigned n, bool tidy)
{
	struct relay_acked a = {0};
	for (unsigned i = 0; i < n; i++) {
		fill(s, &a, 1);
		if (tidy && sr_bad(s->ops->tidy(s)))
			abort();
	}
	relay_acked_release(&a);
	return ((struct sqlite_store *)s)->checkpoint.pages;
}

/* A reader that stays keeps it from beginning anew, but holds no append up for long. */
static void log_is_kept_short(void)
{
	static const struct relay_checkpoint_rules often = {50, 200};
	struct relay_store *s;
	sqlite3 *db;
	sqlite_reset();
	if (sr_bad(sqlite_store_open_with(file(), &rules, &often, &s)))
		abort();
	for (unsigned i = 0; i < 8; i++) {
		int pages = pages_after(s, 7, true);
		CHECK(pages < 50, "%d pages when there is time", pages);
	}
	for (unsigned i = 0; i < 8; i++) {
		int pages = pages_after(s, 7, false);
		CHECK(pages < 210, "%d pages", pages);
	}
	if (sqlite3_open(file(), &db) != SQLITE_OK ||
	    sqlite3_exec(db, "BEGIN; SELECT count(*) FROM cell", NULL, NULL, NULL) != SQLITE_OK)
		abort();
	int pages = pages_after(s, 40, true);
	CHECK(pages > 1000, "%d pages while somebody reads", pages);
	int limit = ((struct sqlite_store *)s)->checkpoint.limit;
	CHECK(limit > pages, "it is not tried again before there are %d", limit);
	(void)sqlite3_close(db);
	pages = pages_after(s, 80, true);
	CHECK(pages < 50, "%d pages when it is over", pages);
	s->ops->close(s);
}

int main(void)
{
	static const struct relay_subject memory = {"memory", relay_memory_open,
						    relay_memory_reset};
	static const struct relay_subject sqlite = {"sqlite", sqlite_open, sqlite_reset};
	if (sr_bad(crypto_init()) || !relay_files_begin())
		return EXIT_FAILURE;
	relay_conformance(&memory);
	relay_conformance(&sqlite);
	test_run("the stores agree", stores_agree);
	test_run("a store is made once", made_once);
	test_run("the log of an older store", older_log);
	test_run("a store is made whole or not at all", made_whole);
	test_run("refuses what is none", refuses_strangers);
	test_run("leaves alone what is none", leaves_strangers_alone);
	test_run("keeps its write-ahead log", keeps_its_log);
	test_run("one relay at a time", one_relay);
	test_run("tokens beside a relay", tokens_beside);
	test_run("many tokens", many_tokens);
	test_run("a backup is whole", backup_is_whole);
	test_run("a backup or nothing", backup_or_nothing);
	test_run("memory fails", memory_fails);
	test_run("the check finds what is wrong", check_finds);
	test_run("the check finds a page that is lost", check_finds_pages);
	test_run("the check stops noting", check_stops_noting);
	test_run("nothing is scanned", nothing_is_scanned);
	test_run("the log is kept short", log_is_kept_short);
	relay_files_end();
	return test_done();
}
