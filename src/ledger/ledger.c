/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_db.h"

#include "build.h"
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void seed_check(const struct ledger *l, uint8_t out[CRYPTO_HASH_LEN])
{
	crypto_derive(&l->seed, CRYPTO_LABEL_LEDGER_SEED, SLICE_LIT(""), out);
}

static struct sr_err paper_check(const struct ledger *l, uint8_t out[CRYPTO_HASH_LEN])
{
	const struct ledger_paper *p = &l->paper;
	struct build b;
	build_init(&b, 0);
	build_u8(&b, LEDGER_KIND_PAPER);
	build_sized(&b, p->title);
	build_u64(&b, (uint64_t)p->created);
	build_bytes(&b, p->source_hash, CRYPTO_HASH_LEN);
	build_bytes(&b, p->lattice_hash, CRYPTO_HASH_LEN);
	struct slice info;
	struct sr_err e = build_done(&b, &info);
	if (!sr_bad(e))
		crypto_derive(&l->seed, CRYPTO_LABEL_LEDGER_ROW, info, out);
	build_release(&b);
	return e;
}

static struct sr_err new_handle(const char *path, const struct sr_sink *sink, struct ledger **out)
{
	struct ledger *l = calloc(1, sizeof *l);
	if (!l)
		return sr_nomem();
	if (sink)
		l->sink = *sink;
	l->sink.file = arena_dup(&l->mem, path, strlen(path));
	struct sr_err e = l->sink.file ? crypto_init() : sr_nomem();
	if (sr_bad(e)) {
		ledger_close(l);
		return e;
	}
	*out = l;
	return sr_ok();
}

static void disconnect(struct ledger *l)
{
	(void)sqlite3_close(l->db);
	l->db = NULL;
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	disconnect(l);
	crypto_key_release(&l->seed);
	arena_release(&l->mem);
	free(l);
}

const struct ledger_paper *ledger_paper(const struct ledger *l)
{
	return &l->paper;
}

const struct crypto_key *ledger_seed(const struct ledger *l)
{
	return &l->seed;
}

/* Copies the one row of table paper into the handle. */
static struct sr_err take_paper(struct ledger *l, sqlite3_stmt *st,
				uint8_t checks[2][CRYPTO_HASH_LEN])
{
	struct ledger_paper *p = &l->paper;
	struct slice title, lattice, seed;
	if (sqlite3_column_type(st, 1) != SQLITE_INTEGER ||
	    !db_blob(st, 0, 0, LEDGER_TITLE_BYTES, &title) || !db_hash(st, 2, p->source_hash) ||
	    !db_hash(st, 3, p->lattice_hash) ||
	    !db_blob(st, 4, 0, LEDGER_LATTICE_BYTES, &lattice) ||
	    !db_blob(st, 5, CRYPTO_KEY_LEN, CRYPTO_KEY_LEN, &seed) || !db_hash(st, 6, checks[0]) ||
	    !db_hash(st, 7, checks[1]))
		return sqlite3_errcode(l->db) == SQLITE_NOMEM ? sr_nomem() : db_damage(l);
	p->created = sqlite3_column_int64(st, 1);
	uint8_t *t = arena_dup(&l->mem, title.ptr, title.len);
	uint8_t *b = arena_dup(&l->mem, lattice.ptr, lattice.len);
	if (!t || !b)
		return sr_nomem();
	p->title = slice_make(t, title.len);
	p->lattice = slice_make(b, lattice.len);
	return crypto_key_copy(&l->seed, seed);
}

static struct sr_err check_paper(struct ledger *l, uint8_t checks[2][CRYPTO_HASH_LEN])
{
	uint8_t want[CRYPTO_HASH_LEN];
	seed_check(l, want);
	bool good = crypto_eq(want, checks[0], sizeof want);
	SR_TRY(paper_check(l, want));
	good &= crypto_eq(want, checks[1], sizeof want);
	crypto_digest(&l->paper.lattice, 1, want);
	good &= crypto_eq(want, l->paper.lattice_hash, sizeof want);
	return good ? sr_ok()
		    : db_fail(l, SR_E_AUTH, "a check value of the ledger is wrong: it is damaged",
			      "use a backup of it");
}

static struct sr_err load_paper(struct ledger *l, void *arg)
{
	(void)arg;
	sqlite3_stmt *st;
	bool row;
	uint8_t checks[2][CRYPTO_HASH_LEN];
	SR_TRY(db_check_schema(l));
	SR_TRY(db_prepare(l,
			  "SELECT title, created, source_hash, lattice_hash, lattice, seed, "
			  "seed_check, check_value FROM paper WHERE one=1",
			  &st));
	struct sr_err e = db_step(l, st, &row);
	if (!sr_bad(e))
		e = row ? take_paper(l, st, checks) : db_damage(l);
	(void)sqlite3_finalize(st);
	return sr_bad(e) ? e : check_paper(l, checks);
}

struct sr_err ledger_open(const char *path, bool readonly, const struct sr_sink *sink,
			  struct ledger **out)
{
	struct ledger *l;
	SR_TRY(new_handle(path, sink, &l));
	struct sr_err e = db_connect(l, readonly);
	if (!sr_bad(e))
		e = db_transaction(l, "BEGIN", load_paper, NULL);
	if (sr_bad(e)) {
		ledger_close(l);
		return e;
	}
	*out = l;
	return sr_ok();
}

static struct sr_err insert_paper(struct ledger *l, sqlite3_stmt *st)
{
	const struct ledger_paper *p = &l->paper;
	uint8_t seed[CRYPTO_HASH_LEN], all[CRYPTO_HASH_LEN];
	seed_check(l, seed);
	SR_TRY(paper_check(l, all));
	db_bind(st, 1, p->title);
	(void)sqlite3_bind_int64(st, 2, p->created);
	db_bind(st, 3, slice_make(p->source_hash, CRYPTO_HASH_LEN));
	db_bind(st, 4, slice_make(p->lattice_hash, CRYPTO_HASH_LEN));
	db_bind(st, 5, p->lattice);
	db_bind(st, 6, slice_make(l->seed.bytes, CRYPTO_KEY_LEN));
	db_bind(st, 7, slice_make(seed, sizeof seed));
	db_bind(st, 8, slice_make(all, sizeof all));
	return db_run(l, st);
}

static struct sr_err write_paper(struct ledger *l, void *arg)
{
	(void)arg;
	sqlite3_stmt *st;
	SR_TRY(db_create_schema(l));
	SR_TRY(db_prepare(l, "INSERT INTO paper VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?)", &st));
	struct sr_err e = insert_paper(l, st);
	(void)sqlite3_finalize(st);
	return sr_bad(e) ? e : ledger_write_roster(l, 0);
}

/* Syncs the folder that path is in, so that its new name lasts. */
static struct sr_err sync_folder(struct ledger *l, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *folder = slash ? arena_dup(&l->mem, path, (size_t)(slash - path) + 1) : ".";
	if (!folder)
		return sr_nomem();
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return db_sys(l, "the folder of the ledger cannot be synced");
	struct sr_err e =
		fsync(fd) ? db_sys(l, "the folder of the ledger cannot be synced") : sr_ok();
	(void)close(fd);
	return e;
}

static struct sr_err write_and_place(struct ledger *l, const char *tmp)
{
	const char *path = l->sink.file;
	SR_TRY(db_connect_new(l, tmp));
	SR_TRY(db_transaction(l, "BEGIN IMMEDIATE", write_paper, NULL));
	disconnect(l);
	struct sr_err e = stage_move_new(AT_FDCWD, tmp, AT_FDCWD, path);
	if (e.sys == EEXIST)
		return db_fail(l, SR_E_STATE, "a file of this name is there already", NULL);
	if (sr_bad(e))
		return db_sys(l, "the ledger cannot be created");
	e = sync_folder(l, path);
	if (sr_bad(e))
		(void)unlink(path);
	return e;
}

static struct sr_err make_empty(struct ledger *l, char *tmp)
{
	int fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return db_sys(l, "the ledger cannot be created");
	/* The umask may have taken rights away. */
	struct sr_err e = fchmod(fd, 0600) ? db_sys(l, "the ledger cannot be created") : sr_ok();
	(void)close(fd);
	if (sr_bad(e))
		(void)unlink(tmp);
	return e;
}

/* The ledger is written beside its name and moved there: it appears whole or not at all. */
static struct sr_err create(struct ledger *l)
{
	static const char random[] = ".XXXXXX", journal[] = "-journal";
	size_t n = strlen(l->sink.file);
	char *tmp = arena_alloc(&l->mem, n + sizeof random, 1);
	char *tmp_journal = arena_alloc(&l->mem, n + sizeof random + sizeof journal, 1);
	if (!tmp || !tmp_journal)
		return sr_nomem();
	memcpy(tmp, l->sink.file, n);
	memcpy(tmp + n, random, sizeof random);
	SR_TRY(db_check_free(l));
	SR_TRY(make_empty(l, tmp));
	memcpy(tmp_journal, tmp, n + sizeof random - 1);
	memcpy(tmp_journal + n + sizeof random - 1, journal, sizeof journal);
	struct sr_err e = write_and_place(l, tmp);
	disconnect(l);
	if (sr_bad(e)) {
		(void)unlink(tmp);
		(void)unlink(tmp_journal);
	}
	return e;
}

static struct sr_err create_checked(struct ledger *l, const struct ledger_paper *p,
				    const struct crypto_key *seed)
{
	if (p->lattice.len > LEDGER_LATTICE_BYTES || p->title.len > LEDGER_TITLE_BYTES)
		return db_fail(l, SR_E_LIMIT, "the paper is too large for a ledger", NULL);
	l->paper = *p;
	crypto_digest(&p->lattice, 1, l->paper.lattice_hash);
	SR_TRY(crypto_key_copy(&l->seed, slice_make(seed->bytes, CRYPTO_KEY_LEN)));
	return create(l);
}

struct sr_err ledger_create(const char *path, const struct ledger_paper *p,
			    const struct crypto_key *seed, const struct sr_sink *sink,
			    struct ledger **out)
{
	struct ledger *l;
	SR_TRY(new_handle(path, sink, &l));
	struct sr_err e = create_checked(l, p, seed);
	ledger_close(l);
	return sr_bad(e) ? e : ledger_open(path, false, sink, out);
}
