/* SPDX-License-Identifier: Apache-2.0 */
/* ledger/: what was reported as committed is there, what is there was checked, and no failure of
 * the system leaves anything between before and after. */
#include "build.h"
#include "ledger.h"
#include "platform.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char root[64];

static const char *in_root(const char *name)
{
	static char path[8][512];
	static unsigned next;
	char *p = path[next++ % 8];
	(void)snprintf(p, sizeof path[0], "%s/%s", root, name);
	return p;
}

/* The ledger most tests work on. */
static char file[128];

static char last_note[1024];

static void keep_note(void *user, const struct sr_note *n)
{
	(void)user;
	(void)snprintf(last_note, sizeof last_note, "%s: %s", n->file ? n->file : "?", n->text);
}

static const struct sr_sink sink = {keep_note, NULL, NULL};

static double seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- A VFS over SQLite's own whose N-th change of a file fails. ---- */

struct shim_file {
	sqlite3_file base;
	sqlite3_file *real; /* behind this struct */
};

static size_t shim_countdown;
static int shim_rc;
static bool shim_failed, shim_dies;
static sqlite3_vfs shim_vfs;
static sqlite3_io_methods shim_methods;

static void shim_fail_at(size_t n, int rc)
{
	shim_countdown = n;
	shim_rc = rc;
	shim_failed = false;
}

static bool shim_fails_now(void)
{
	if (!shim_countdown || --shim_countdown)
		return false;
	if (shim_dies)
		_exit(77);
	shim_failed = true;
	return true;
}

static sqlite3_file *real_file(sqlite3_file *f)
{
	return ((struct shim_file *)f)->real;
}

static sqlite3_vfs *real_vfs(void)
{
	return shim_vfs.pAppData;
}

static int shim_close(sqlite3_file *f)
{
	return real_file(f)->pMethods->xClose(real_file(f));
}

static int shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return real_file(f)->pMethods->xRead(real_file(f), p, n, at);
}

static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (!shim_fails_now())
		return real_file(f)->pMethods->xWrite(real_file(f), p, n, at);
	/* A disk that fails may have written some of it. */
	(void)real_file(f)->pMethods->xWrite(real_file(f), p, n / 2, at);
	return shim_rc;
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 len)
{
	return shim_fails_now() ? shim_rc : real_file(f)->pMethods->xTruncate(real_file(f), len);
}

static int shim_sync(sqlite3_file *f, int flags)
{
	(void)flags; /* the test does not wait for the disk */
	(void)f;
	return shim_fails_now() ? shim_rc : SQLITE_OK;
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *len)
{
	return real_file(f)->pMethods->xFileSize(real_file(f), len);
}

static int shim_lock(sqlite3_file *f, int level)
{
	return real_file(f)->pMethods->xLock(real_file(f), level);
}

static int shim_unlock(sqlite3_file *f, int level)
{
	return real_file(f)->pMethods->xUnlock(real_file(f), level);
}

static int shim_reserved(sqlite3_file *f, int *out)
{
	return real_file(f)->pMethods->xCheckReservedLock(real_file(f), out);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
	return real_file(f)->pMethods->xFileControl(real_file(f), op, arg);
}

static int shim_sector(sqlite3_file *f)
{
	return real_file(f)->pMethods->xSectorSize(real_file(f));
}

static int shim_features(sqlite3_file *f)
{
	return real_file(f)->pMethods->xDeviceCharacteristics(real_file(f));
}

static int shim_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	(void)v;
	struct shim_file *s = (struct shim_file *)f;
	s->real = (sqlite3_file *)(s + 1);
	int rc = real_vfs()->xOpen(real_vfs(), name, s->real, flags, out);
	s->base.pMethods = s->real->pMethods ? &shim_methods : NULL;
	return rc;
}

static int shim_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	(void)sync;
	return shim_fails_now() ? SQLITE_IOERR_DELETE : real_vfs()->xDelete(real_vfs(), name, 0);
}

static void shim_install(void)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);
	shim_vfs = *real;
	shim_vfs.zName = "subrosa-test";
	shim_vfs.pAppData = real;
	shim_vfs.szOsFile = (int)sizeof(struct shim_file) + real->szOsFile;
	shim_vfs.xOpen = shim_open;
	shim_vfs.xDelete = shim_delete;
	shim_methods = (sqlite3_io_methods){
		.iVersion = 1,
		.xClose = shim_close,
		.xRead = shim_read,
		.xWrite = shim_write,
		.xTruncate = shim_truncate,
		.xSync = shim_sync,
		.xFileSize = shim_size,
		.xLock = shim_lock,
		.xUnlock = shim_unlock,
		.xCheckReservedLock = shim_reserved,
		.xFileControl = shim_control,
		.xSectorSize = shim_sector,
		.xDeviceCharacteristics = shim_features,
	};
	(void)sqlite3_vfs_register(&shim_vfs, 1);
}

/* ---- SQLite's memory, whose N-th allocation fails. ---- */

static size_t mem_countdown;
static bool mem_failed;
static sqlite3_mem_methods mem_real;

static bool mem_fails_now(void)
{
	if (!mem_countdown || --mem_countdown)
		return false;
	mem_failed = true;
	return true;
}

static void *mem_malloc(int n)
{
	return mem_fails_now() ? NULL : mem_real.xMalloc(n);
}

static void *mem_realloc(void *p, int n)
{
	return mem_fails_now() ? NULL : mem_real.xRealloc(p, n);
}

static bool mem_install(void)
{
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &mem_real) != SQLITE_OK)
		return false;
	sqlite3_mem_methods m = mem_real;
	m.xMalloc = mem_malloc;
	m.xRealloc = mem_realloc;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &m) == SQLITE_OK;
}

/* ---- What the tests are made of. ---- */

static struct slice test_lattice(void)
{
	static uint8_t bytes[20 * 1024];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
	return slice_make(bytes, sizeof bytes);
}

/* What create_len gives a paper: none, unless a test wants a layout layer. */
static struct slice sheet;

static struct slice test_sheet(void)
{
	static uint8_t bytes[10 * 1000];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 11 + i / 13);
	return slice_make(bytes, sizeof bytes);
}

static struct sr_err create_len(const char *path, size_t lattice_len, struct ledger **out)
{
	uint8_t bytes[CRYPTO_KEY_LEN];
	memset(bytes, 0x5e, sizeof bytes);
	struct crypto_key seed = {NULL};
	SR_TRY(crypto_init());
	SR_TRY(crypto_key_copy(&seed, slice_make(bytes, sizeof bytes)));
	struct ledger_paper p = {.title = SLICE_LIT("A paper"),
				 .lattice = slice_sub(test_lattice(), 0, lattice_len),
				 .created = 1700000000,
				 .collusion = 3};
	memset(p.source_hash, 0xab, sizeof p.source_hash);
	struct sr_err e = ledger_create(path, &p, sheet, &seed, NULL, &sink, out);
	crypto_key_release(&seed);
	return e;
}

static struct ledger *create_ok(size_t lattice_len)
{
	struct ledger *l = NULL;
	(void)unlink(file);
	struct sr_err e = create_len(file, lattice_len, &l);
	CHECK(!sr_bad(e), "create: %s: %s", e.what, last_note);
	return l;
}

static struct ledger *open_ok(bool readonly)
{
	struct ledger *l = NULL;
	struct sr_err e = ledger_open(file, readonly, NULL, &sink, &l);
	CHECK(!sr_bad(e), "open: %s: %s", e.what, last_note);
	return l;
}

/* n readers with the ids of from, from + 1, ... */
static struct ledger_reader *make_readers(struct arena *a, size_t from, size_t n)
{
	struct ledger_reader *r = ARENA_ARRAY(a, n, struct ledger_reader);
	for (size_t i = 0; i < n; i++) {
		char id[32];
		int len = snprintf(id, sizeof id, "R%06zu", from + i);
		r[i].id = slice_make(arena_dup(a, id, (size_t)len), (size_t)len);
		id[0] = 'r';
		r[i].fold = slice_make(arena_dup(a, id, (size_t)len), (size_t)len);
		r[i].name = SLICE_LIT("A Name With Some Length");
		r[i].house = SLICE_LIT("House");
		r[i].side = SLICE_LIT("");
	}
	return r;
}

/* How many readers there are and how many of them issued, with pages if there is a sheet. */
struct state {
	size_t n, issued;
};

static struct sr_err get_state(struct ledger *l, struct state *out)
{
	struct arena a = {0};
	struct ledger_readers rs;
	struct sr_err e = ledger_readers_load(l, &a, &rs);
	if (!sr_bad(e)) {
		*out = (struct state){.n = rs.n};
		for (size_t i = 0; i < rs.n; i++) {
			out->issued += rs.at[i].state == LEDGER_ISSUED;
			CHECK(rs.at[i].has_page == (sheet.len && rs.at[i].state == LEDGER_ISSUED),
			      "pages of reader %zu", i + 1);
		}
	}
	arena_release(&a);
	return e;
}

/* Adds the next n readers; *first is the number of the first one. */
static struct sr_err commit(struct ledger *l, size_t from, size_t n, uint32_t *first)
{
	struct arena a = {0};
	struct state s;
	SR_TRY(get_state(l, &s));
	uint32_t next = (uint32_t)s.n + 1;
	struct sr_err e = ledger_commit_readers(l, make_readers(&a, from, n), n, next, 1700000001,
						SLICE_LIT(""));
	arena_release(&a);
	if (!sr_bad(e))
		*first = next;
	return e;
}

static struct sr_err issue(struct ledger *l, uint32_t first, uint32_t n, uint8_t fill)
{
	struct arena a = {0};
	struct ledger_issued *is = ARENA_ARRAY(&a, n, struct ledger_issued);
	for (uint32_t i = 0; i < n; i++) {
		is[i].number = first + i;
		memset(is[i].copy_hash, fill, CRYPTO_HASH_LEN);
		is[i].has_page = sheet.len;
		memset(is[i].page_hash, fill + 1, CRYPTO_HASH_LEN);
	}
	struct sr_err e = ledger_mark_issued(l, is, n);
	arena_release(&a);
	return e;
}

static void commit_ok(struct ledger *l, size_t from, size_t n, uint32_t want_first)
{
	uint32_t first = 0;
	struct sr_err e = commit(l, from, n, &first);
	CHECK(!sr_bad(e) && first == want_first, "commit: %s, first %u", e.what, first);
}

static struct state state_of_file(bool readonly)
{
	struct state s = {SIZE_MAX, SIZE_MAX};
	struct ledger *l = open_ok(readonly);
	if (l) {
		struct sr_err e = get_state(l, &s);
		CHECK(!sr_bad(e), "load: %s", e.what);
	}
	ledger_close(l);
	return s;
}

static struct slice file_bytes(struct arena *a)
{
	struct slice s = {0};
	CHECK(!sr_bad(platform_read_file(a, file, 1 << 26, &s)), "%s", file);
	return s;
}

static size_t count_entries(const char *path)
{
	char cmd[256];
	(void)snprintf(cmd, sizeof cmd, "ls -A '%s' | wc -l", path);
	FILE *p = popen(cmd, "r");
	size_t n = SIZE_MAX;
	CHECK(p && fscanf(p, "%zu", &n) == 1, "%s", cmd);
	if (p)
		(void)pclose(p);
	return n;
}

/* ---- The tests. ---- */

static void keeps_the_paper(void)
{
	struct ledger *l = create_ok(20 * 1024);
	struct stat st;
	CHECK(stat(file, &st) == 0 && (st.st_mode & 07777) == 0600, "mode %o", st.st_mode);
	commit_ok(l, 1, 3, 1);
	ledger_close(l);
	l = open_ok(true);
	const struct ledger_paper *p = ledger_paper(l);
	uint8_t want[CRYPTO_HASH_LEN];
	struct slice lattice = test_lattice();
	crypto_digest(&lattice, 1, want);
	CHECK(slice_eq(p->title, SLICE_LIT("A paper")) && slice_eq(p->lattice, lattice), "paper");
	CHECK(memcmp(p->lattice_hash, want, sizeof want) == 0 && p->source_hash[31] == 0xab,
	      "hashes");
	CHECK(p->created == 1700000000 && ledger_seed(l)->bytes[31] == 0x5e, "time and seed");
	ledger_close(l);
	CHECK(count_entries(root) == 1, "one file only");
	struct sr_err e = create_len(file, 10, &l);
	CHECK(e.code == SR_E_STATE, "never reused: %s", e.what);
	CHECK(state_of_file(true).n == 3, "and not touched");
	ledger_close(NULL);
}

static void keeps_the_readers(void)
{
	struct ledger *l = create_ok(100);
	struct arena a = {0};
	struct ledger_readers rs;
	CHECK(get_state(l, &(struct state){0}).code == SR_OK, "no readers yet");
	commit_ok(l, 1, 3, 1);
	CHECK(!sr_bad(issue(l, 1, 2, 0x11)), "issue");
	commit_ok(l, 4, 2, 4);
	commit_ok(l, 99, 0, 6);
	CHECK(!sr_bad(ledger_readers_load(l, &a, &rs)) && rs.n == 5, "load");
	for (uint32_t i = 0; i < rs.n; i++) {
		const struct ledger_reader *r = &rs.at[i];
		char id[32];
		(void)snprintf(id, sizeof id, "R%06u", i + 1);
		CHECK(r->number == i + 1 && slice_eq(r->id, slice_str(id)), "row %u", i);
		CHECK(slice_eq(r->house, SLICE_LIT("House")) && r->side.len == 0, "row %u", i);
		CHECK(r->committed_at == 1700000001, "row %u", i);
		CHECK(r->state == (i < 2 ? LEDGER_ISSUED : LEDGER_COMMITTED), "row %u", i);
		CHECK(r->copy_hash[31] == (i < 2 ? 0x11 : 0), "row %u", i);
	}
	arena_release(&a);
	ledger_close(l);
}

static void refuses_readers(void)
{
	static uint8_t big[LIMIT_FIELD_BYTES + 1];
	struct ledger *l = create_ok(100);
	struct arena a = {0};
	uint32_t first = 77;
	commit_ok(l, 1, 3, 1);
	CHECK(commit(l, 3, 3, &first).code == SR_E_STATE, "an id that is there");
	CHECK(strstr(last_note, "R000003") && first == 77, "named: %s", last_note);
	struct ledger_reader *r = make_readers(&a, 10, 4);
	r[3].id = SLICE_LIT("other");
	r[3].fold = r[0].fold;
	CHECK(ledger_commit_readers(l, r, 4, 4, 1, SLICE_LIT("")).code == SR_E_STATE,
	      "twins in the batch");
	r[3].fold = SLICE_LIT("r000002");
	CHECK(ledger_commit_readers(l, r, 4, 4, 1, SLICE_LIT("")).code == SR_E_STATE,
	      "a twin that is there");
	r[3].fold = SLICE_LIT("");
	CHECK(ledger_commit_readers(l, r, 4, 4, 1, SLICE_LIT("")).code == SR_E_INPUT, "no fold");
	r[3].fold = SLICE_LIT("x");
	r[3].id = SLICE_LIT("");
	CHECK(ledger_commit_readers(l, r, 4, 4, 1, SLICE_LIT("")).code == SR_E_INPUT, "no id");
	r[3].id = slice_make(big, LIMIT_ID_BYTES + 1);
	CHECK(ledger_commit_readers(l, r, 4, 4, 1, SLICE_LIT("")).code == SR_E_LIMIT,
	      "id too long");
	r[3].id = SLICE_LIT("x");
	r[3].name = slice_make(big, sizeof big);
	CHECK(ledger_commit_readers(l, r, 4, 4, 1, SLICE_LIT("")).code == SR_E_LIMIT,
	      "name too long");
	CHECK(issue(l, 3, 2, 1).code == SR_E_STATE, "a number that is not there");
	CHECK(issue(l, 0, 1, 1).code == SR_E_STATE, "number 0");
	CHECK(!sr_bad(issue(l, 1, 1, 1)) && !sr_bad(issue(l, 1, 1, 1)), "the same twice is fine");
	CHECK(issue(l, 1, 2, 2).code == SR_E_STATE, "another copy for the same reader");
	struct state s = {0};
	CHECK(!sr_bad(get_state(l, &s)) && s.n == 3 && s.issued == 1, "nothing else changed");
	arena_release(&a);
	ledger_close(l);
}

static void two_handles(void)
{
	struct ledger *l = create_ok(100), *other = open_ok(false);
	commit_ok(l, 1, 3, 1);
	commit_ok(other, 4, 3, 4);
	commit_ok(l, 7, 1, 7);
	ledger_close(l);
	ledger_close(other);
	CHECK(state_of_file(true).n == 7, "both are there");
}

static void open_fails(const char *path, enum sr_code code, int sys, const char *word)
{
	for (int readonly = 0; readonly < 2; readonly++) {
		struct ledger *l = NULL;
		last_note[0] = 0;
		struct sr_err e = ledger_open(path, readonly, NULL, &sink, &l);
		CHECK(e.code == code && e.sys == sys && strstr(last_note, word),
		      "%s, wanted %s: code %d sys %d %s: %s", path, word, (int)e.code, e.sys,
		      e.what, last_note);
		CHECK(strncmp(last_note, path, strlen(path)) == 0, "the path is named: %s",
		      last_note);
		ledger_close(l);
	}
}

static void put_file(const char *path, struct slice bytes)
{
	test_io_no_sync(true);
	CHECK(!sr_bad(platform_write_file(path, bytes, 0600)), "%s", path);
	test_io_no_sync(false);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	char *why = NULL;
	CHECK(sqlite3_open(path, &db) == SQLITE_OK &&
		      sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK,
	      "%s: %s", sql, why ? why : "");
	sqlite3_free(why);
	(void)sqlite3_close(db);
}

static void refuses_other_files(void)
{
	const char *p = in_root("other");
	open_fails(in_root("none"), SR_E_IO, ENOENT, "missing");
	open_fails(root, SR_E_IO, EISDIR, "opened");
	put_file(p, SLICE_LIT(""));
	open_fails(p, SR_E_INPUT, 0, "empty");
	put_file(p, SLICE_LIT("a short text"));
	open_fails(p, SR_E_INPUT, 0, "not a ledger");
	put_file(p, test_lattice());
	open_fails(p, SR_E_INPUT, 0, "not a ledger");
	(void)unlink(p);
	CHECK(mkfifo(p, 0600) == 0, "%s", p);
	open_fails(p, SR_E_INPUT, 0, "not a ledger");
	(void)unlink(p);
	run_sql(p, "CREATE TABLE reader(x)");
	open_fails(p, SR_E_INPUT, 0, "not a ledger");
	run_sql(p, "PRAGMA application_id=0x53724c67; PRAGMA user_version=5");
	open_fails(p, SR_E_STATE, 0, "newer");
	run_sql(p, "PRAGMA user_version=0");
	open_fails(p, SR_E_INPUT, 0, "damaged");
	run_sql(p, "PRAGMA user_version=1");
	open_fails(p, SR_E_INPUT, 0, "damaged");
	run_sql(p, "PRAGMA journal_mode=WAL; CREATE TABLE more(x)");
	open_fails(p, SR_E_INPUT, 0, "damaged");
	(void)unlink(p);
	CHECK(count_entries(root) == 1, "opening made no file");
	struct ledger *l;
	put_file(in_root("old-journal"), SLICE_LIT("x"));
	CHECK(create_len(in_root("old"), 10, &l).code == SR_E_STATE, "an old journal");
	(void)unlink(in_root("old-journal"));
	CHECK(symlink("nowhere", p) == 0, "%s", p);
	CHECK(create_len(p, 10, &l).code == SR_E_STATE, "a link is not followed");
	(void)unlink(p);
	CHECK(create_len(in_root("no/x"), 10, &l).code == SR_E_IO, "no folder");
	CHECK(count_entries(root) == 1, "creating left no file");
}

/* Names that mean something to SQLite mean a file to us. */
static void odd_names(void)
{
	static const char *const name[] = {":memory:", "file:x?mode=memory", "file:y",
					   "a b?c#d%20"};
	char was[512];
	CHECK(getcwd(was, sizeof was) && chdir(root) == 0, "%s", root);
	mode_t mask = umask(0777);
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		struct ledger *l = NULL;
		struct stat st = {0};
		struct sr_err e = create_len(name[i], 10, &l);
		CHECK(!sr_bad(e), "%s: %s", name[i], last_note);
		CHECK(stat(name[i], &st) == 0 && (st.st_mode & 07777) == 0600, "name %zu: %o", i,
		      st.st_mode);
		ledger_close(l);
		(void)unlink(name[i]);
	}
	(void)umask(mask);
	struct ledger *l = NULL;
	CHECK(sr_bad(ledger_open("", true, NULL, &sink, &l)) && sr_bad(create_len("", 10, &l)),
	      "no name");
	CHECK(chdir(was) == 0, "%s", was);
}

static void wal_beside(void)
{
	struct ledger *l = create_ok(100);
	commit_ok(l, 1, 3, 1);
	ledger_close(l);
	const char *link = in_root("link"), *wal = in_root("ledger-wal");
	CHECK(symlink(file, link) == 0, "%s", link);
	CHECK(!sr_bad(ledger_open(link, true, NULL, &sink, &l)), "through a link: %s", last_note);
	ledger_close(l);
	put_file(wal, SLICE_LIT("x"));
	open_fails(file, SR_E_INPUT, 0, "-wal");
	open_fails(link, SR_E_INPUT, 0, "-wal");
	CHECK(count_entries(root) == 3, "no file was made");
	(void)unlink(wal);
	(void)unlink(link);
}

/* Every row tells what a hand with an editor for SQLite did to the ledger. */
static void refuses_changed_rows(void)
{
	static const struct {
		const char *sql, *why;
		enum sr_code code;
	} row[] = {
		{"DELETE FROM reader WHERE number=3", "the last reader is missing", SR_E_INPUT},
		{"DELETE FROM reader WHERE number=2", "a reader is missing", SR_E_INPUT},
		{"DELETE FROM reader WHERE number=3; UPDATE roster SET readers=2", "and the count",
		 SR_E_AUTH},
		{"UPDATE reader SET name=x'41' WHERE number=2", "a name", SR_E_AUTH},
		{"UPDATE reader SET committed_at=1 WHERE number=1", "a time", SR_E_AUTH},
		{"UPDATE reader SET number=9 WHERE number=3", "a number", SR_E_INPUT},
		{"UPDATE reader SET number=9 WHERE number=1; UPDATE reader SET number=1 WHERE "
		 "number=2;"
		 "UPDATE reader SET number=2 WHERE number=9",
		 "two readers swapped", SR_E_AUTH},
		{"UPDATE reader SET copy_hash=x'00'", "a digest that is too short", SR_E_INPUT},
		{"UPDATE reader SET copy_hash=zeroblob(32) WHERE number=1", "another digest",
		 SR_E_AUTH},
		{"UPDATE reader SET copy_hash=zeroblob(32), copy_check=zeroblob(32)", "a state",
		 SR_E_AUTH},
		{"INSERT INTO reader SELECT 4,x'01',x'01',name,house,side,1,check_value,NULL,NULL "
		 "FROM "
		 "reader WHERE number=1",
		 "a reader too many", SR_E_INPUT},
		{"UPDATE roster SET readers=2000001", "a count beyond the limit", SR_E_INPUT},
		{"UPDATE roster SET readers=-1", "a count below 0", SR_E_INPUT},
		{"DELETE FROM roster", "no count", SR_E_INPUT},
		{"DELETE FROM paper", "no paper", SR_E_INPUT},
		{"UPDATE paper SET title=x'41'", "the title", SR_E_AUTH},
		{"UPDATE paper SET created=1", "the time", SR_E_AUTH},
		{"UPDATE paper SET source_hash=zeroblob(32)", "the source", SR_E_AUTH},
		{"UPDATE paper SET lattice=zeroblob(100)", "the lattice", SR_E_AUTH},
		{"UPDATE paper SET lattice_hash=zeroblob(32)", "its hash", SR_E_AUTH},
		{"UPDATE paper SET seed=zeroblob(32)", "the seed", SR_E_AUTH},
		{"UPDATE paper SET seed=zeroblob(31)", "a short seed", SR_E_INPUT},
		{"UPDATE paper SET seed_check=zeroblob(32)", "its check", SR_E_AUTH},
		{"CREATE TABLE more(x)", "a table more", SR_E_INPUT},
		{"CREATE TRIGGER t AFTER INSERT ON reader BEGIN SELECT 1; END", "a trigger",
		 SR_E_INPUT},
		{"DROP TABLE reader; CREATE VIEW reader AS SELECT 1", "a view", SR_E_INPUT},
	};
	struct arena a = {0};
	struct ledger *l = create_ok(100);
	commit_ok(l, 1, 3, 1);
	CHECK(!sr_bad(issue(l, 1, 1, 7)), "issue");
	ledger_close(l);
	struct slice good = file_bytes(&a);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct state s;
		put_file(file, good);
		run_sql(file, row[i].sql);
		struct sr_err e = ledger_open(file, true, NULL, &sink, &l);
		if (!sr_bad(e)) {
			e = get_state(l, &s);
			ledger_close(l);
		}
		CHECK(e.code == row[i].code, "%s: code %d, %s", row[i].why, (int)e.code, e.what);
	}
	put_file(file, good);
	CHECK(state_of_file(true).n == 3, "the instrument: unchanged it opens");
	arena_release(&a);
}

/* ---- Commitments and older versions. ---- */

static struct sr_err commit_to(struct ledger *l, size_t n, uint32_t first, struct slice entry)
{
	struct arena a = {0};
	struct sr_err e =
		ledger_commit_readers(l, make_readers(&a, first, n), n, first, 1700000001, entry);
	arena_release(&a);
	return e;
}

/* Six readers and three commitments. */
static struct ledger *with_commitments(void)
{
	struct ledger *l = create_ok(100);
	CHECK(!sr_bad(commit_to(l, 3, 1, SLICE_LIT("one"))), "readers and a commitment");
	CHECK(!sr_bad(commit_to(l, 0, 4, SLICE_LIT("two"))), "a commitment alone");
	CHECK(!sr_bad(commit_to(l, 2, 4, SLICE_LIT(""))), "readers alone");
	CHECK(!sr_bad(commit_to(l, 1, 6, SLICE_LIT("three"))), "and both again");
	return l;
}

static void keeps_commitments(void)
{
	static const struct {
		uint32_t readers;
		const char *entry;
	} want[] = {{3, "one"}, {3, "two"}, {6, "three"}};
	static uint8_t big[LEDGER_ENTRY_BYTES + 1];
	struct arena a = {0};
	struct ledger_commitments cs = {0};
	struct ledger *l = with_commitments();
	struct slice largest = slice_make(big, LEDGER_ENTRY_BYTES);
	CHECK(commit_to(l, 1, 6, SLICE_LIT("x")).code == SR_E_STATE, "a number that is taken");
	CHECK(strstr(last_note, "meanwhile"), "%s", last_note);
	CHECK(commit_to(l, 1, 8, SLICE_LIT("x")).code == SR_E_STATE, "a gap");
	CHECK(commit_to(l, 0, 0, SLICE_LIT("x")).code == SR_E_STATE, "number 0");
	CHECK(commit_to(l, 1, 7, slice_make(big, sizeof big)).code == SR_E_LIMIT, "too long");
	ledger_close(l);
	l = open_ok(true);
	CHECK(!sr_bad(ledger_commitments_load(l, &a, &cs)) && cs.n == 3, "%zu", cs.n);
	for (uint32_t i = 0; i < cs.n; i++)
		CHECK(cs.at[i].number == i + 1 && cs.at[i].readers == want[i].readers &&
			      slice_eq(cs.at[i].entry, slice_str(want[i].entry)),
		      "commitment %u", i + 1);
	ledger_close(l);
	l = open_ok(false);
	CHECK(!sr_bad(commit_to(l, 0, 7, largest)), "the largest");
	CHECK(!sr_bad(ledger_commitments_load(l, &a, &cs)) && cs.n == 4 &&
		      slice_eq(cs.at[3].entry, largest),
	      "the largest");
	ledger_close(l);
	arena_release(&a);
}

static void refuses_changed_commitments(void)
{
	static const struct {
		const char *sql, *why;
		enum sr_code code;
	} row[] = {
		{"DELETE FROM commitment WHERE number=3", "the last one is missing", SR_E_AUTH},
		{"DELETE FROM commitment WHERE number=2", "one is missing", SR_E_AUTH},
		{"DELETE FROM commitment", "all are missing", SR_E_AUTH},
		{"INSERT INTO commitment SELECT 4, 6, entry, check_value FROM commitment WHERE "
		 "number=3",
		 "one too many", SR_E_AUTH},
		{"UPDATE commitment SET entry=x'41' WHERE number=1", "an entry", SR_E_AUTH},
		{"UPDATE commitment SET entry=x'' WHERE number=1", "no entry", SR_E_INPUT},
		{"UPDATE commitment SET entry=zeroblob(4097) WHERE number=1", "a long entry",
		 SR_E_INPUT},
		{"UPDATE commitment SET readers=4 WHERE number=2", "its readers", SR_E_AUTH},
		{"UPDATE commitment SET readers=2 WHERE number=2", "fewer than before", SR_E_INPUT},
		{"UPDATE commitment SET readers=7 WHERE number=3", "more than there are",
		 SR_E_INPUT},
		{"UPDATE commitment SET readers=-1 WHERE number=1", "below 0", SR_E_INPUT},
		{"UPDATE commitment SET number=9 WHERE number=3", "a number", SR_E_INPUT},
		{"UPDATE commitment SET check_value=zeroblob(32) WHERE number=1", "its check",
		 SR_E_AUTH},
		{"DROP TABLE commitment", "no table", SR_E_INPUT},
		{"ALTER TABLE paper DROP COLUMN collusion; DROP TABLE commitment; "
		 "DROP TABLE sheet; DROP TABLE page; PRAGMA user_version=1",
		 "made to look like version 1", SR_E_AUTH},
		{"PRAGMA user_version=1", "version 1 with a table too many", SR_E_INPUT},
	};
	struct arena a = {0};
	struct ledger *l = with_commitments();
	ledger_close(l);
	struct slice good = file_bytes(&a);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct ledger_commitments cs;
		put_file(file, good);
		run_sql(file, row[i].sql);
		struct sr_err e = ledger_open(file, true, NULL, &sink, &l);
		if (!sr_bad(e)) {
			e = ledger_commitments_load(l, &a, &cs);
			ledger_close(l);
		}
		CHECK(e.code == row[i].code, "%s: code %d, %s", row[i].why, (int)e.code, e.what);
	}
	arena_release(&a);
}

enum { CHECK_DIGITS = 2 * CRYPTO_HASH_LEN + 1 };

/* check_digits writes the check value of the rows of create_len that doc/FORMAT.md gives for info.
 */
static void check_digits(struct slice info, char hex[CHECK_DIGITS])
{
	uint8_t seed_bytes[CRYPTO_KEY_LEN], check[CRYPTO_HASH_LEN];
	struct crypto_key seed = {NULL};
	memset(seed_bytes, 0x5e, sizeof seed_bytes);
	CHECK(!sr_bad(crypto_key_copy(&seed, slice_make(seed_bytes, sizeof seed_bytes))), "key");
	crypto_derive(&seed, CRYPTO_LABEL_LEDGER_ROW, info, check);
	crypto_key_release(&seed);
	for (size_t i = 0; i < sizeof check; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", check[i]);
}

/* set_check writes it to a column of the file. */
static void set_check(const char *table, const char *column, const char *where, struct slice info)
{
	char hex[CHECK_DIGITS], sql[256];
	check_digits(info, hex);
	(void)snprintf(sql, sizeof sql, "UPDATE %s SET %s=x'%s' WHERE %s", table, column, hex,
		       where);
	run_sql(file, sql);
}

/* paper_info is what the check value of the paper of create_len answers for before version 4. */
static struct slice paper_info(const struct ledger *l, int version, struct build *b)
{
	struct slice info;
	const struct ledger_paper *p = ledger_paper(l);
	build_init(b, 0);
	build_u8(b, 0);
	build_sized(b, p->title);
	build_u64(b, (uint64_t)p->created);
	build_bytes(b, p->source_hash, CRYPTO_HASH_LEN);
	build_bytes(b, p->lattice_hash, CRYPTO_HASH_LEN);
	if (version == 3)
		build_u8(b, (uint8_t)p->collusion);
	CHECK(!sr_bad(build_done(b, &info)), "info");
	return info;
}

/* Makes file a ledger of an older version with n readers and, from version 2 on, one commitment, as
 * that version wrote it. */
static void make_version(int version, uint8_t n)
{
	const uint8_t info[] = {3, n, 0, 0, 0};
	char sql[64];
	struct build b;
	struct ledger *l = create_ok(100);
	CHECK(!sr_bad(commit_to(l, n, 1, SLICE_LIT("first"))), "%s", last_note);
	struct slice paper = paper_info(l, version, &b);
	ledger_close(l);
	run_sql(file, "DROP TABLE sheet; DROP TABLE page");
	if (version < 3)
		run_sql(file, "ALTER TABLE paper DROP COLUMN collusion");
	set_check("paper", "check_value", "one=1", paper);
	build_release(&b);
	if (version == 1) {
		run_sql(file, "DROP TABLE commitment");
		set_check("roster", "check_value", "one=1", slice_make(info, sizeof info));
	}
	(void)snprintf(sql, sizeof sql, "PRAGMA user_version=%d; VACUUM", version);
	run_sql(file, sql);
}

static void check_version(struct ledger *l, int want, size_t commitments, const char *when)
{
	struct arena a = {0};
	struct ledger_commitments cs = {0};
	int version = 0;
	CHECK(!sr_bad(ledger_version(l, &version)) && version == want, "%s: version %d", when,
	      version);
	CHECK(!sr_bad(ledger_check(l)), "%s: %s", when, last_note);
	CHECK(!sr_bad(ledger_commitments_load(l, &a, &cs)) && cs.n == commitments,
	      "%s: %zu commitments", when, cs.n);
	arena_release(&a);
}

static void upgrades_version_1(void)
{
	struct state s = {0};
	make_version(1, 3);
	struct ledger *l = open_ok(true), *other = open_ok(false);
	check_version(l, 1, 0, "as it was");
	CHECK(commit_to(l, 0, 4, SLICE_LIT("x")).code == SR_E_STATE, "read-only");
	CHECK(!sr_bad(issue(other, 1, 2, 1)), "%s", last_note);
	check_version(other, 1, 0, "issuing changes nothing else");
	CHECK(commit_to(other, 1, 3, SLICE_LIT("x")).code == SR_E_STATE, "a taken number");
	check_version(other, 1, 0, "nor does a refusal");
	CHECK(!sr_bad(commit_to(other, 0, 4, SLICE_LIT("old ones"))), "%s", last_note);
	check_version(other, 3, 1, "upgraded");
	check_version(l, 3, 1, "another handle sees it");
	CHECK(!sr_bad(get_state(l, &s)) && s.n == 3 && s.issued == 2, "%zu readers", s.n);
	ledger_close(l);
	l = open_ok(false);
	check_version(l, 3, 1, "a second writer sees one commitment");
	CHECK(!sr_bad(commit_to(other, 0, 4, SLICE_LIT("again"))), "%s", last_note);
	CHECK(commit_to(l, 2, 4, SLICE_LIT("x")).code == SR_E_STATE &&
		      strstr(last_note, "meanwhile"),
	      "an entry that would not follow the last one: %s", last_note);
	CHECK(commit_to(l, 0, 4, SLICE_LIT("x")).code == SR_E_STATE, "nor alone");
	check_version(l, 3, 2, "nor does that refusal");
	ledger_close(other);
	CHECK(!sr_bad(commit_to(l, 2, 4, SLICE_LIT("new ones"))), "%s", last_note);
	check_version(l, 3, 3, "once");
	ledger_close(l);
	make_version(1, 3);
	l = open_ok(false);
	CHECK(!sr_bad(commit_to(l, 1, 4, SLICE_LIT(""))), "%s", last_note);
	check_version(l, 3, 0, "without a commitment");
	ledger_close(l);
	CHECK(state_of_file(true).n == 4, "all are there");
}

static void upgrade_faults_of(int version)
{
	struct arena a = {0};
	size_t commitments = version == 1 ? 0 : 1;
	make_version(version, 3);
	struct slice before = file_bytes(&a);
	size_t points = 0;
	for (size_t n = 1;; n++, points++) {
		put_file(file, before);
		struct ledger *l = open_ok(false);
		shim_fail_at(n, SQLITE_FULL);
		struct sr_err e = commit_to(l, 1, 4, SLICE_LIT("entry"));
		bool failed = shim_failed;
		shim_fail_at(0, 0);
		check_version(l, sr_bad(e) ? version : 3, sr_bad(e) ? commitments : commitments + 1,
			      "in the handle");
		ledger_close(l);
		l = open_ok(false);
		check_version(l, sr_bad(e) ? version : 3, sr_bad(e) ? commitments : commitments + 1,
			      "in the file");
		ledger_close(l);
		CHECK(state_of_file(true).n == (sr_bad(e) ? 3 : 4), "call %zu", n);
		if (!failed)
			break;
	}
	printf("# %zu failing calls\n", points);
	CHECK(points > 10, "%zu points", points);
	arena_release(&a);
}

static void upgrade_faults(void)
{
	upgrade_faults_of(1);
	upgrade_faults_of(2);
}

/* Version 2 has commitments; the design size of both is 2, before and after. */
static void upgrades_version_2(void)
{
	for (int version = 1; version <= 2; version++) {
		make_version(version, 3);
		struct ledger *l = open_ok(true), *other = open_ok(false);
		check_version(l, version, (size_t)version - 1, "as it was");
		CHECK(ledger_paper(l)->collusion == 2, "version %d", version);
		CHECK(!sr_bad(commit_to(other, 1, 4, SLICE_LIT("next"))), "%s", last_note);
		check_version(l, 3, (size_t)version, "upgraded");
		ledger_close(l);
		l = open_ok(true);
		CHECK(ledger_paper(l)->collusion == 2, "version %d, upgraded", version);
		ledger_close(l);
		ledger_close(other);
	}
	struct arena a = {0};
	struct ledger_commitments cs;
	make_version(2, 3);
	run_sql(file, "DROP TABLE commitment; PRAGMA user_version=1");
	struct ledger *l = open_ok(true);
	CHECK(ledger_commitments_load(l, &a, &cs).code == SR_E_AUTH,
	      "version 2 made to look like version 1");
	ledger_close(l);
	arena_release(&a);
}

/* Version 3 has no layout layer and never gets one: it is read, and extended, as what it is. */
static void keeps_version_3(void)
{
	struct arena a = {0};
	struct slice before, none;
	make_version(3, 3);
	before = file_bytes(&a);
	struct ledger *l = open_ok(true);
	check_version(l, 3, 1, "as it was");
	CHECK(!ledger_paper(l)->has_sheet && ledger_paper(l)->collusion == 3, "no layout layer");
	CHECK(!sr_bad(ledger_sheet(l, &a, &none)) && !none.len, "no sheet");
	ledger_close(l);
	CHECK(state_of_file(false).n == 3, "three readers");
	CHECK(slice_eq(before, file_bytes(&a)), "reading changes nothing");
	l = open_ok(false);
	CHECK(!sr_bad(commit_to(l, 2, 4, SLICE_LIT("next"))), "%s", last_note);
	CHECK(!sr_bad(issue(l, 1, 5, 1)), "%s", last_note);
	check_version(l, 3, 2, "extended");
	ledger_close(l);
	CHECK(state_of_file(true).issued == 5, "all are there");
	run_sql(file, "PRAGMA user_version=4");
	CHECK(ledger_open(file, true, NULL, &sink, &l).code == SR_E_INPUT, "as version 4");
	run_sql(file, "PRAGMA user_version=2");
	CHECK(ledger_open(file, true, NULL, &sink, &l).code == SR_E_INPUT, "as version 2");
	arena_release(&a);
}

/* ---- The layout layer. ---- */

static struct ledger_issued issued_with(uint32_t number, uint8_t copy, int page)
{
	struct ledger_issued is = {.number = number, .has_page = page >= 0};
	memset(is.copy_hash, copy, CRYPTO_HASH_LEN);
	memset(is.page_hash, page, CRYPTO_HASH_LEN);
	return is;
}

static void pages_are(struct ledger *l, uint32_t number, bool copy, int page)
{
	static const uint8_t none[CRYPTO_HASH_LEN];
	struct arena a = {0};
	struct ledger_readers rs;
	const struct ledger_issued want = issued_with(number, 0, page);
	CHECK(!sr_bad(ledger_readers_load(l, &a, &rs)) && number <= rs.n, "%s", last_note);
	const struct ledger_reader *r = &rs.at[number - 1];
	CHECK(r->state == (copy ? LEDGER_ISSUED : LEDGER_COMMITTED) && r->has_page == (page >= 0) &&
		      memcmp(r->page_hash, page < 0 ? none : want.page_hash, sizeof none) == 0,
	      "reader %u: not %d, %d", number, copy, page);
	arena_release(&a);
}

static void keeps_the_sheet(void)
{
	struct arena a = {0};
	struct slice got = {0};
	struct ledger *l = create_ok(100);
	CHECK(!ledger_paper(l)->has_sheet && !sr_bad(ledger_sheet(l, &a, &got)) && !got.len,
	      "without one there is none");
	check_version(l, 4, 0, "without a sheet");
	ledger_close(l);
	sheet = test_sheet();
	l = create_ok(100);
	commit_ok(l, 1, 5, 1);
	CHECK(ledger_paper(l)->has_sheet && !sr_bad(ledger_sheet(l, &a, &got)) &&
		      slice_eq(got, sheet),
	      "as it was given");
	ledger_close(l);
	l = open_ok(true);
	check_version(l, 4, 0, "with a sheet");
	CHECK(ledger_paper(l)->has_sheet && !sr_bad(ledger_sheet(l, &a, &got)) &&
		      slice_eq(got, sheet),
	      "and later");
	ledger_close(l);
	sheet = slice_make(sheet.ptr, LEDGER_SHEET_BYTES + 1);
	(void)unlink(file);
	CHECK(create_len(file, 100, &l).code == SR_E_LIMIT && access(file, F_OK), "too large");
	sheet = slice_make(NULL, 0);
	arena_release(&a);
}

/* A paper with a layout layer, and steps of issuing: what follows what, and what is refused. */
static void issues_pages(void)
{
	static const struct {
		uint32_t number;
		int copy, page; /* -1: none */
		enum sr_code code;
		int page_then;
		const char *why;
	} row[] = {
		{1, 1, 2, SR_OK, 2, "copy and pages"},
		{1, 1, 2, SR_OK, 2, "the same again"},
		{1, 1, -1, SR_OK, 2, "the copy alone takes nothing away"},
		{1, 1, 3, SR_E_STATE, 2, "other pages"},
		{1, 4, 2, SR_E_STATE, 2, "another copy"},
		{2, 5, -1, SR_OK, -1, "a copy without pages"},
		{2, 6, 7, SR_E_STATE, -1, "pages, with another copy"},
		{2, 5, 7, SR_OK, 7, "pages follow"},
		{2, 5, 8, SR_E_STATE, 7, "once"},
		{6, 1, 1, SR_E_STATE, -2, "nobody's pages"},
	};
	sheet = test_sheet();
	struct ledger *l = create_ok(100);
	commit_ok(l, 1, 5, 1);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		const struct ledger_issued is =
			issued_with(row[i].number, (uint8_t)row[i].copy, row[i].page);
		struct sr_err e = ledger_mark_issued(l, &is, 1);
		CHECK(e.code == row[i].code, "%s: code %d, %s", row[i].why, (int)e.code, e.what);
		if (row[i].page_then > -2)
			pages_are(l, row[i].number, true, row[i].page_then);
	}
	const struct ledger_issued batch[] = {issued_with(3, 1, 1), issued_with(1, 9, 9)};
	CHECK(ledger_mark_issued(l, batch, 2).code == SR_E_STATE, "a bad one in a batch");
	pages_are(l, 3, false, -1);
	ledger_close(l);
	l = open_ok(true);
	pages_are(l, 1, true, 2);
	pages_are(l, 2, true, 7);
	pages_are(l, 3, false, -1);
	CHECK(!sr_bad(ledger_check(l)), "%s", last_note);
	ledger_close(l);
	sheet = slice_make(NULL, 0);
}

/* Readers 1 and 2 have pages, reader 3 a copy only, reader 4 nothing. */
static struct slice layout_ledger(struct arena *a)
{
	const struct ledger_issued batch[] = {issued_with(1, 1, 1), issued_with(2, 2, 2),
					      issued_with(3, 3, -1)};
	sheet = test_sheet();
	struct ledger *l = create_ok(100);
	commit_ok(l, 1, 4, 1);
	CHECK(!sr_bad(ledger_mark_issued(l, batch, 3)), "%s", last_note);
	ledger_close(l);
	sheet = slice_make(NULL, 0);
	return file_bytes(a);
}

static struct sr_err read_layout(struct slice *got)
{
	struct arena a = {0};
	struct ledger *l = NULL;
	struct ledger_readers rs;
	SR_TRY(ledger_open(file, true, NULL, &sink, &l));
	struct sr_err e = ledger_sheet(l, &a, got);
	if (!sr_bad(e))
		e = ledger_readers_load(l, &a, &rs);
	ledger_close(l);
	arena_release(&a);
	return e;
}

static void refuses_changed_layouts(void)
{
	static const struct {
		const char *sql, *why;
		enum sr_code code;
	} row[] = {
		{"SELECT 1", "the instrument: as it was", SR_OK},
		{"DELETE FROM sheet", "no sheet", SR_E_AUTH},
		{"DELETE FROM sheet; DELETE FROM page", "neither sheet nor pages", SR_E_AUTH},
		{"UPDATE sheet SET sheet=x'41'", "another sheet", SR_E_AUTH},
		{"UPDATE sheet SET sheet=x''", "an empty sheet", SR_E_INPUT},
		{"UPDATE sheet SET sheet=substr(sheet, 1, 9999)", "a byte less", SR_E_AUTH},
		{"UPDATE sheet SET sheet=zeroblob(134217729)", "a sheet too large", SR_E_INPUT},
		{"UPDATE sheet SET check_value=zeroblob(32)", "its check", SR_E_AUTH},
		{"UPDATE sheet SET check_value=zeroblob(31)", "a short check", SR_E_INPUT},
		{"DROP TABLE sheet", "no table of sheets", SR_E_INPUT},
		{"DROP TABLE page", "no table of pages", SR_E_INPUT},
		{"DROP TABLE sheet; DROP TABLE page; PRAGMA user_version=3",
		 "made to look like version 3", SR_E_AUTH},
		{"PRAGMA user_version=3", "version 3 with tables too many", SR_E_INPUT},
		{"DELETE FROM page WHERE number=2", "pages are missing", SR_E_AUTH},
		{"DELETE FROM page", "all are missing", SR_E_AUTH},
		{"UPDATE page SET page_hash=zeroblob(32) WHERE number=1", "other pages", SR_E_AUTH},
		{"UPDATE page SET page_hash=zeroblob(31) WHERE number=1", "a short digest",
		 SR_E_INPUT},
		{"UPDATE page SET page_check=zeroblob(32) WHERE number=1", "their check",
		 SR_E_AUTH},
		{"UPDATE page SET page_check=zeroblob(31) WHERE number=1", "a short check",
		 SR_E_INPUT},
		{"UPDATE page SET number=9 WHERE number=1; UPDATE page SET number=1 WHERE number=2;"
		 "UPDATE page SET number=2 WHERE number=9",
		 "pages swapped", SR_E_AUTH},
		{"UPDATE page SET number=3 WHERE number=2", "pages of another reader", SR_E_AUTH},
		{"UPDATE page SET number=4 WHERE number=2", "pages of who has no copy", SR_E_AUTH},
		{"INSERT INTO page SELECT 3, page_hash, page_check FROM page WHERE number=2",
		 "pages too many", SR_E_AUTH},
		{"INSERT INTO page SELECT 5, page_hash, page_check FROM page WHERE number=2",
		 "pages of nobody", SR_E_INPUT},
		{"UPDATE reader SET copy_hash=NULL, copy_check=NULL WHERE number=1",
		 "pages without a copy", SR_E_INPUT},
	};
	struct arena a = {0};
	struct slice good = layout_ledger(&a), got;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		put_file(file, good);
		run_sql(file, row[i].sql);
		struct sr_err e = read_layout(&got);
		CHECK(e.code == row[i].code, "%s: code %d, %s", row[i].why, (int)e.code, e.what);
	}
	struct ledger *l = create_ok(100);
	ledger_close(l);
	run_sql(file, "INSERT INTO page VALUES(1, zeroblob(32), zeroblob(32))");
	CHECK(read_layout(&got).code == SR_E_INPUT, "pages without a layout layer");
	l = create_ok(100);
	ledger_close(l);
	run_sql(file, "INSERT INTO sheet VALUES(1, x'41', zeroblob(32))");
	CHECK(read_layout(&got).code == SR_E_AUTH, "a sheet put in later");
	arena_release(&a);
}

static void hash_column(const char *sql, uint8_t out[CRYPTO_HASH_LEN])
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	if (CHECK(sqlite3_open(file, &db) == SQLITE_OK &&
			  sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
			  sqlite3_step(st) == SQLITE_ROW &&
			  sqlite3_column_bytes(st, 0) == CRYPTO_HASH_LEN,
		  "%s", sql))
		memcpy(out, sqlite3_column_blob(st, 0), CRYPTO_HASH_LEN);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
}

/* Who has the seed can write other check values: those that doc/FORMAT.md says are taken, which
 * shows that it says the truth. Reader 3 gets pages, and the paper another sheet. */
static void check_values_of_layouts(void)
{
	struct arena a = {0};
	struct build b = {0};
	struct slice got, other = SLICE_LIT("another sheet");
	uint8_t row[CRYPTO_HASH_LEN], hash[CRYPTO_HASH_LEN];
	(void)layout_ledger(&a);
	hash_column("SELECT check_value FROM reader WHERE number=3", row);
	memset(hash, 3, sizeof hash);
	build_u8(&b, 6);
	build_u32(&b, 3);
	build_bytes(&b, row, sizeof row);
	build_bytes(&b, hash, sizeof hash);
	run_sql(file,
		"INSERT INTO page SELECT 3, copy_hash, zeroblob(32) FROM reader WHERE number=3");
	set_check("page", "page_check", "number=3", slice_make(b.ptr, b.len));
	CHECK(read_layout(&got).code == SR_E_AUTH, "the copy does not answer for them");
	b.ptr[0] = 2;
	build_bytes(&b, hash, sizeof hash);
	set_check("reader", "copy_check", "number=3", slice_make(b.ptr, b.len));
	CHECK(!sr_bad(read_layout(&got)), "pages as written down: %s", last_note);
	build_reset(&b);
	build_u8(&b, 5);
	crypto_digest(&other, 1, hash);
	build_bytes(&b, hash, sizeof hash);
	run_sql(file, "UPDATE sheet SET sheet=CAST('another sheet' AS BLOB)");
	set_check("sheet", "check_value", "one=1", slice_make(b.ptr, b.len));
	CHECK(read_layout(&got).code == SR_E_AUTH, "the paper does not answer for it");
	hash_column("SELECT check_value FROM sheet", row);
	build_reset(&b);
	build_u8(&b, 0);
	build_sized(&b, SLICE_LIT("A paper"));
	build_u64(&b, 1700000000);
	memset(hash, 0xab, sizeof hash);
	build_bytes(&b, hash, sizeof hash);
	other = slice_sub(test_lattice(), 0, 100);
	crypto_digest(&other, 1, hash);
	build_bytes(&b, hash, sizeof hash);
	build_u8(&b, 3);
	build_u8(&b, 1);
	build_bytes(&b, row, sizeof row);
	set_check("paper", "check_value", "one=1", slice_make(b.ptr, b.len));
	CHECK(!sr_bad(read_layout(&got)), "a sheet as written down: %s", last_note);
	build_release(&b);
	arena_release(&a);
}

static void copies_layouts(void)
{
	struct arena a = {0};
	struct ledger *l = NULL;
	struct slice got;
	(void)layout_ledger(&a);
	const char *to = in_root("backup");
	CHECK(!sr_bad(ledger_backup(file, to, &sink)), "%s", last_note);
	CHECK(!sr_bad(ledger_open(to, true, NULL, &sink, &l)), "%s", last_note);
	CHECK(!sr_bad(ledger_sheet(l, &a, &got)) && slice_eq(got, test_sheet()), "the sheet");
	pages_are(l, 2, true, 2);
	pages_are(l, 3, true, -1);
	ledger_close(l);
	(void)unlink(to);
	arena_release(&a);
}

/* What the column of the design size may not hold. STRICT is taken off the table for a moment: a
 * file need not come from SQLite. */
static void refuses_changed_design_sizes(void)
{
	static const struct {
		const char *value, *why;
		enum sr_code code;
	} row[] = {
		{"3", "the instrument: as it was", SR_OK},
		{"0", "for nobody", SR_E_INPUT},
		{"13", "more than there are codes for", SR_E_INPUT},
		{"-1", "below 0", SR_E_INPUT},
		{"4294967298", "2^32 + 2", SR_E_INPUT},
		{"9223372036854775807", "the largest", SR_E_INPUT},
		{"NULL", "nothing", SR_E_INPUT},
		{"'two'", "a word", SR_E_INPUT},
		{"'3 '", "a number as a word", SR_E_INPUT},
		{"3.5", "a fraction", SR_E_INPUT},
		{"x'03'", "a byte", SR_E_INPUT},
		{"4", "another one with the same biases", SR_E_AUTH},
		{"2", "another one", SR_E_AUTH},
		{"12", "the largest one", SR_E_AUTH},
	};
	static const char set[] = "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql=";
	struct arena a = {0};
	struct ledger *l = create_ok(100);
	CHECK(ledger_paper(l)->collusion == 3, "as it was given");
	ledger_close(l);
	struct slice good = file_bytes(&a);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char sql[512];
		put_file(file, good);
		(void)snprintf(sql, sizeof sql,
			       "%sreplace(replace(sql, 'collusion INTEGER NOT NULL', 'collusion'), "
			       "' STRICT', '') WHERE name='paper'",
			       set);
		run_sql(file, sql);
		(void)snprintf(sql, sizeof sql, "UPDATE paper SET collusion=%s", row[i].value);
		run_sql(file, sql);
		(void)snprintf(sql, sizeof sql,
			       "%sreplace(sql, 'collusion', 'collusion INTEGER NOT NULL') || "
			       "' STRICT' WHERE name='paper'",
			       set);
		run_sql(file, sql);
		struct sr_err e = ledger_open(file, true, NULL, &sink, &l);
		if (!sr_bad(e))
			ledger_close(l);
		CHECK(e.code == row[i].code, "%s: code %d, %s", row[i].why, (int)e.code, e.what);
		CHECK(row[i].code != SR_E_INPUT || strstr(last_note, "damaged"), "%s: %s",
		      row[i].why, last_note);
	}
	put_file(file, good);
	run_sql(file, "DROP TABLE sheet; DROP TABLE page; PRAGMA user_version=2");
	CHECK(ledger_open(file, true, NULL, &sink, &l).code == SR_E_INPUT, "a column too many");
	run_sql(file, "ALTER TABLE paper DROP COLUMN collusion");
	CHECK(ledger_open(file, true, NULL, &sink, &l).code == SR_E_AUTH,
	      "made to look like version 2");
	run_sql(file, "PRAGMA user_version=3");
	CHECK(ledger_open(file, true, NULL, &sink, &l).code == SR_E_INPUT, "no column");
	arena_release(&a);
}

static bool same_pages(const struct ledger_reader *a, const struct ledger_reader *b)
{
	return a->has_page == b->has_page &&
	       memcmp(a->page_hash, b->page_hash, CRYPTO_HASH_LEN) == 0;
}

/* Opens and loads damaged bytes; true if nothing was found wrong. */
static bool accepts(struct slice bytes, struct ledger_readers *want)
{
	struct arena a = {0};
	struct ledger *l = NULL;
	struct ledger_readers rs;
	struct slice got;
	put_file(file, bytes);
	struct sr_err e = ledger_open(file, true, NULL, NULL, &l);
	if (!sr_bad(e))
		e = ledger_readers_load(l, &a, &rs);
	if (!sr_bad(e))
		e = ledger_sheet(l, &a, &got);
	bool good = !sr_bad(e);
	if (good)
		CHECK(rs.n == want->n && slice_eq(got, sheet) &&
			      same_pages(&rs.at[0], &want->at[0]) &&
			      slice_eq(rs.at[1].id, want->at[1].id) &&
			      slice_eq(rs.at[1].name, want->at[1].name) &&
			      rs.at[0].state == LEDGER_ISSUED &&
			      slice_eq(ledger_paper(l)->lattice, slice_sub(test_lattice(), 0, 100)),
		      "accepted with other content");
	ledger_close(l);
	arena_release(&a);
	return good;
}

static struct slice small_ledger(struct arena *a, struct ledger_readers *rs)
{
	struct ledger *l = create_ok(100);
	commit_ok(l, 1, 2, 1);
	CHECK(!sr_bad(issue(l, 1, 1, 7)) && !sr_bad(ledger_readers_load(l, a, rs)), "issue, load");
	ledger_close(l);
	return file_bytes(a);
}

static void truncations(void)
{
	struct arena a = {0};
	struct ledger_readers rs;
	struct slice good = small_ledger(&a, &rs);
	size_t accepted = 0;
	for (size_t len = 0; len < good.len; len += len < 200 ? 1 : 61)
		accepted += accepts(slice_sub(good, 0, len), &rs);
	CHECK(accepted == 0, "%zu truncated ledgers were accepted", accepted);
	put_file(file, slice_sub(good, 0, good.len - 4096));
	open_fails(file, SR_E_INPUT, 0, "truncated");
	put_file(file, slice_sub(good, 0, good.len - 1));
	open_fails(file, SR_E_INPUT, 0, "truncated");
	CHECK(accepts(good, &rs), "the instrument: whole it is accepted");
	arena_release(&a);
}

/* A flipped bit is found, or it was in bytes that mean nothing: then all is read as it was. */
static void bit_flips(void)
{
	struct arena a = {0};
	struct ledger_readers rs;
	struct slice good = small_ledger(&a, &rs);
	uint8_t *bytes = arena_dup(&a, good.ptr, good.len);
	size_t found = 0, tried = 0;
	for (size_t bit = 0; bit < 8 * good.len; bit += test_stride(3)) {
		/* All of the header, and every byte that is not zero once. */
		if (bit >= 800 && (!good.ptr[bit / 8] || bit % 8 != bit / 8 % 8))
			continue;
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		found += !accepts(slice_make(bytes, good.len), &rs);
		tried++;
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	printf("# %zu bits flipped, %zu found, the others without meaning\n", tried, found);
	CHECK(found > tried / 4, "%zu of %zu", found, tried);
	arena_release(&a);
}

static void readonly_changes_nothing(void)
{
	struct arena a = {0};
	const char *dir = in_root("ro"), *path = in_root("ro/ledger");
	char was[sizeof file];
	memcpy(was, file, sizeof was);
	CHECK(mkdir(dir, 0755) == 0 && chmod(root, 0755) == 0, "%s", dir);
	(void)snprintf(file, sizeof file, "%s", path);
	struct ledger *l = create_ok(20 * 1024);
	commit_ok(l, 1, 50, 1);
	ledger_close(l);
	struct slice before = file_bytes(&a);
	CHECK(chmod(file, 0444) == 0 && chmod(dir, 0555) == 0, "read-only");
	pid_t pid = fork();
	if (pid == 0) {
		struct state s = {0};
		if (geteuid() == 0 && setresuid(65534, 65534, 65534))
			_exit(9);
		if (sr_bad(ledger_open(file, true, NULL, &sink, &l)) || sr_bad(get_state(l, &s)) ||
		    s.n != 50)
			_exit(1);
		if (commit(l, 60, 1, &(uint32_t){0}).code == SR_OK)
			_exit(2);
		ledger_close(l);
		struct sr_err e = ledger_open(file, false, NULL, &sink, &l);
		_exit(e.code == SR_E_IO && e.sys == EACCES ? 0 : 3);
	}
	int status = 1;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "status %x", status);
	CHECK(slice_eq(before, file_bytes(&a)), "not a byte changed");
	CHECK(count_entries(in_root("ro")) == 1, "no file was made");
	(void)chmod(in_root("ro"), 0755);
	(void)unlink(file);
	(void)rmdir(in_root("ro"));
	memcpy(file, was, sizeof was);
	arena_release(&a);
}

static void readonly_handle_refuses(void)
{
	struct arena a = {0};
	struct ledger *l = create_ok(100);
	commit_ok(l, 1, 2, 1);
	ledger_close(l);
	struct slice before = file_bytes(&a);
	l = open_ok(true);
	CHECK(commit(l, 5, 1, &(uint32_t){0}).code == SR_E_STATE, "commit: %s", last_note);
	CHECK(issue(l, 1, 1, 1).code == SR_E_STATE, "issue: %s", last_note);
	ledger_close(l);
	CHECK(slice_eq(before, file_bytes(&a)), "not a byte changed");
	arena_release(&a);
}

static void in_use(void)
{
	struct ledger *l = create_ok(100);
	int ready[2], done[2];
	CHECK(pipe(ready) == 0 && pipe(done) == 0, "pipe");
	pid_t pid = fork();
	if (pid == 0) {
		char c = 0;
		sqlite3 *db;
		bool good = sqlite3_open(file, &db) == SQLITE_OK &&
			    sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK;
		if (write(ready[1], &c, 1) != 1 || read(done[0], &c, 1) != 1)
			_exit(1);
		_exit(!good);
	}
	char c = 0;
	CHECK(read(ready[0], &c, 1) == 1, "locked");
	double t0 = seconds();
	struct ledger *other;
	struct sr_err e = ledger_open(file, true, NULL, &sink, &other);
	double t1 = seconds();
	CHECK(e.code == SR_E_STATE && strstr(last_note, "in use"), "%s", last_note);
	CHECK(t1 - t0 < LEDGER_BUSY_MS / 1000.0 + 2, "%f s", t1 - t0);
	CHECK(write(done[1], &c, 1) == 1, "let go");
	int status = 1;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "status %x", status);
	commit_ok(l, 1, 1, 1);
	ledger_close(l);
	for (int i = 0; i < 2; i++) {
		(void)close(ready[i]);
		(void)close(done[i]);
	}
}

/* Every change of a file fails once: afterwards the ledger shows before or after. */
static void io_faults(void)
{
	static const int kinds[] = {SQLITE_IOERR_WRITE, SQLITE_FULL};
	struct arena a = {0};
	struct ledger *l = create_ok(100);
	commit_ok(l, 1, 5, 1);
	ledger_close(l);
	struct slice before = file_bytes(&a);
	size_t points = 0;
	for (size_t k = 0; k < 2; k++)
		for (size_t n = 1;; n++, points++) {
			put_file(file, before);
			l = open_ok(false);
			shim_fail_at(n, kinds[k]);
			struct sr_err e1 = commit(l, 6, 100, &(uint32_t){0});
			struct sr_err e2 = sr_bad(e1) ? e1 : issue(l, 1, 105, 3);
			bool failed = shim_failed;
			shim_fail_at(0, 0);
			struct state s = {0};
			CHECK(!sr_bad(get_state(l, &s)), "call %zu: the handle works on", n);
			ledger_close(l);
			struct state t = state_of_file(false);
			CHECK(s.n == t.n && s.issued == t.issued, "call %zu: handle and file", n);
			CHECK(t.n == 5 || t.n == 105, "call %zu: %zu readers", n, t.n);
			CHECK(t.issued == 0 || t.issued == 105, "call %zu: %zu issued", n,
			      t.issued);
			CHECK(sr_bad(e1) || t.n == 105, "call %zu: committed readers are lost", n);
			CHECK(sr_bad(e2) || t.issued == 105, "call %zu: issued copies are lost", n);
			CHECK(!sr_bad(e2) || e2.code == SR_E_IO, "call %zu: %s", n, e2.what);
			if (!failed)
				break;
		}
	printf("# %zu failing calls\n", points);
	CHECK(points > 40, "%zu points", points);
	arena_release(&a);
}

/* The process dies at every change of a file. The sync calls do nothing here: what the kernel got
 * survives a process. */
static void crashes(void)
{
	struct arena a = {0};
	struct ledger *l = create_ok(100);
	commit_ok(l, 1, 5, 1);
	ledger_close(l);
	struct slice before = file_bytes(&a);
	bool died = true;
	size_t n;
	for (n = 1; died; n++) {
		put_file(file, before);
		pid_t pid = fork();
		if (pid == 0) {
			shim_dies = true;
			if (sr_bad(ledger_open(file, false, NULL, NULL, &l)))
				_exit(9);
			shim_fail_at(n, 0);
			if (sr_bad(commit(l, 6, 100, &(uint32_t){0})) ||
			    sr_bad(issue(l, 1, 105, 3)))
				_exit(9);
			_exit(0);
		}
		int status = 1;
		CHECK(waitpid(pid, &status, 0) == pid, "wait");
		died = WIFEXITED(status) && WEXITSTATUS(status) == 77;
		CHECK(died || status == 0, "call %zu: status %x", n, status);
		struct ledger *ro = NULL;
		struct sr_err e = ledger_open(file, true, NULL, &sink, &ro);
		CHECK(!sr_bad(e) || e.code == SR_E_STATE, "call %zu, read-only: %s", n, e.what);
		ledger_close(ro);
		struct state s = state_of_file(false);
		CHECK((s.n == 5 && !s.issued) || (s.n == 105 && (!s.issued || s.issued == 105)),
		      "call %zu: %zu readers, %zu issued", n, s.n, s.issued);
		CHECK(died || s.issued == 105, "all done");
		s = state_of_file(true);
		CHECK(s.n == 5 || s.n == 105, "call %zu: read-only after a writer", n);
	}
	printf("# %zu crash points\n", n - 1);
	CHECK(n > 20, "%zu points", n);
	arena_release(&a);
}

static void creation_faults(void)
{
	for (size_t n = 1;; n++) {
		struct ledger *l = NULL;
		(void)unlink(file);
		shim_fail_at(n, SQLITE_FULL);
		struct sr_err e = create_len(file, 20 * 1024, &l);
		bool failed = shim_failed;
		shim_fail_at(0, 0);
		ledger_close(l);
		if (sr_bad(e))
			CHECK(count_entries(root) == 0, "call %zu: nothing is left", n);
		else
			CHECK(state_of_file(true).n == 0, "call %zu", n);
		if (!failed)
			break;
		CHECK(!sr_bad(e) || e.code == SR_E_IO, "call %zu: %s", n, e.what);
	}
}

/* One run over everything; what it returns is the first failure. */
static struct sr_err everything(void)
{
	struct ledger *l;
	struct state s;
	struct arena a = {0};
	struct slice got;
	SR_TRY(create_len(file, 100, &l));
	struct sr_err e = commit(l, 1, 10, &(uint32_t){0});
	if (!sr_bad(e))
		e = issue(l, 1, 10, 1);
	if (!sr_bad(e))
		e = get_state(l, &s);
	if (!sr_bad(e))
		e = ledger_sheet(l, &a, &got);
	ledger_close(l);
	arena_release(&a);
	return e;
}

static void memory_faults(void)
{
	/* With a layout layer, which takes little of its own, a fifth of them. */
	for (size_t n = 1;; n += test_stride(3) * (sheet.len ? 5 : 1)) {
		(void)unlink(file);
		mem_failed = false;
		mem_countdown = n;
		struct sr_err e = everything();
		mem_countdown = 0;
		bool there = access(file, F_OK) == 0;
		if (there) {
			struct state s = state_of_file(true);
			CHECK(s.n == 0 || s.n == 10, "allocation %zu of SQLite", n);
			CHECK(sr_bad(e) || s.issued == 10, "allocation %zu of SQLite", n);
		}
		CHECK(there || sr_bad(e), "allocation %zu of SQLite: no file", n);
		CHECK(!sr_bad(e) || e.code == SR_E_NOMEM, "allocation %zu of SQLite: %s", n,
		      e.what);
		CHECK(count_entries(root) == there, "allocation %zu of SQLite", n);
		if (!mem_failed)
			break;
	}
	struct arena a = {0};
	struct ledger *l = create_ok(100);
	struct ledger_reader *r = make_readers(&a, 1, 10);
	for (size_t n = 1;; n++) {
		struct ledger *m = NULL;
		struct ledger_readers rs;
		struct slice got;
		struct arena b = {0};
		test_alloc_fail_at(n);
		struct sr_err e = ledger_open(file, false, NULL, NULL, &m);
		if (!sr_bad(e))
			e = ledger_commit_readers(m, r, 10, 1, 1, SLICE_LIT(""));
		if (!sr_bad(e))
			e = ledger_readers_load(m, &b, &rs);
		if (!sr_bad(e))
			e = ledger_sheet(m, &b, &got);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		ledger_close(m);
		arena_release(&b);
		CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK) || e.code == SR_E_STATE,
		      "allocation %zu: %s", n, e.what);
		struct state s = state_of_file(true);
		CHECK(s.n == 0 || s.n == 10, "allocation %zu", n);
		if (!failed)
			break;
	}
	ledger_close(l);
	arena_release(&a);
}

/* The same once more with a layout layer. */
static void with_layout(void (*test)(void))
{
	sheet = test_sheet();
	test();
	sheet = slice_make(NULL, 0);
}

static void layout_bit_flips(void)
{
	sheet = slice_sub(test_sheet(), 0, 300);
	bit_flips();
	sheet = slice_make(NULL, 0);
}
static void layout_truncations(void)
{
	with_layout(truncations);
}
static void layout_io_faults(void)
{
	with_layout(io_faults);
}
static void layout_crashes(void)
{
	with_layout(crashes);
}
static void layout_creation_faults(void)
{
	(void)unlink(file);
	with_layout(creation_faults);
}
static void layout_memory_faults(void)
{
	with_layout(memory_faults);
}

static void full_disk(void)
{
	char was[sizeof file];
	memcpy(was, file, sizeof was);
	(void)snprintf(file, sizeof file, "%s", in_root("disk/ledger"));
	struct ledger *l = create_ok(20 * 1024);
	struct sr_err e = sr_ok();
	size_t n = 0;
	for (; !sr_bad(e) && n < 100; n++)
		e = commit(l, n * 1000, 1000, &(uint32_t){0});
	CHECK(e.code == SR_E_IO && e.sys == ENOSPC, "%s", e.what);
	ledger_close(l);
	CHECK(state_of_file(true).n == (n - 1) * 1000, "all that was committed is there");
	memcpy(file, was, sizeof was);
}

static void run_full_disk(void)
{
	(void)mkdir(in_root("disk"), 0700);
	if (mount("none", in_root("disk"), "tmpfs", 0, "size=1m") != 0) {
		test_skip("full disk", "no right to mount a small disk");
	} else {
		test_run("full disk", full_disk);
		(void)umount(in_root("disk"));
	}
	(void)rmdir(in_root("disk"));
}

static void speed(void)
{
	struct arena a = {0};
	struct ledger_readers rs;
	struct ledger *l = create_ok(20 * 1024);
	commit_ok(l, 1, 50, 1);
	ledger_close(l);
	double t0 = seconds();
	for (int i = 0; i < 1000; i++) {
		l = open_ok(true);
		CHECK(!sr_bad(ledger_readers_load(l, &a, &rs)) && rs.n == 50, "load");
		ledger_close(l);
		arena_release(&a);
	}
	double t1 = seconds();
	l = create_ok(20 * 1024);
	struct ledger_reader *r = make_readers(&a, 0, 100 * 1000);
	double t2 = seconds();
	CHECK(!sr_bad(ledger_commit_readers(l, r, 100 * 1000, 1, 1, SLICE_LIT(""))), "commit");
	double t3 = seconds();
	CHECK(!sr_bad(ledger_readers_load(l, &a, &rs)) && rs.n == 100 * 1000, "load");
	double t4 = seconds();
	CHECK(!sr_bad(issue(l, 1, 100 * 1000, 4)), "issue");
	double t5 = seconds();
	commit_ok(l, 200 * 1000, 1, 100 * 1000 + 1);
	double t6 = seconds();
	printf("# open 1,000 ledgers with 50 readers: %.3f s\n", t1 - t0);
	printf("# 100,000 readers: commit %.3f s, load %.3f s, mark issued %.3f s, one more %.3f "
	       "s\n",
	       t3 - t2, t4 - t3, t5 - t4, t6 - t5);
	ledger_close(l);
	arena_release(&a);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	(void)snprintf(root, sizeof root, "%s/subrosa-test-XXXXXX",
		       tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	if (!mkdtemp(root) || !mem_install())
		return EXIT_FAILURE;
	(void)snprintf(file, sizeof file, "%s/ledger", root);
	test_run("keeps the paper", keeps_the_paper);
	test_run("keeps the readers", keeps_the_readers);
	test_run("refuses readers and copies", refuses_readers);
	test_run("two handles", two_handles);
	test_run("refuses what is not a ledger", refuses_other_files);
	test_run("names that SQLite reads otherwise", odd_names);
	test_run("a write-ahead log beside it", wal_beside);
	test_run("refuses changed rows", refuses_changed_rows);
	test_run("keeps commitments", keeps_commitments);
	test_run("refuses changed commitments", refuses_changed_commitments);
	test_run("upgrades version 1", upgrades_version_1);
	test_run("upgrades version 2", upgrades_version_2);
	test_run("refuses changed design sizes", refuses_changed_design_sizes);
	test_run("keeps version 3", keeps_version_3);
	test_run("keeps the sheet", keeps_the_sheet);
	test_run("issues pages", issues_pages);
	test_run("refuses changed layouts", refuses_changed_layouts);
	test_run("check values of layouts are as written down", check_values_of_layouts);
	test_run("copies layouts", copies_layouts);
	test_run("truncations", truncations);
	test_run("bit flips", bit_flips);
	test_run("layout: truncations", layout_truncations);
	test_run("layout: bit flips", layout_bit_flips);
	test_run("a read-only file in a read-only folder", readonly_changes_nothing);
	test_run("a read-only handle", readonly_handle_refuses);
	test_run("in use by another process", in_use);
	run_full_disk();
	test_run("speed", speed);
	shim_install();
	test_run("every change of a file fails once", io_faults);
	test_run("upgrade: every change of a file fails once", upgrade_faults);
	test_run("a crash at every change of a file", crashes);
	(void)unlink(file);
	test_run("creation: every change of a file fails once", creation_faults);
	test_run("every allocation fails once", memory_faults);
	test_run("layout: every change of a file fails once", layout_io_faults);
	test_run("layout: a crash at every change of a file", layout_crashes);
	test_run("layout: creation: every change of a file fails once", layout_creation_faults);
	test_run("layout: every allocation fails once", layout_memory_faults);
	(void)unlink(file);
	CHECK(rmdir(root) == 0, "%s is not empty", root);
	return test_done();
}
