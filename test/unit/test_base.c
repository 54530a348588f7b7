/* SPDX-License-Identifier: Apache-2.0 */
/* base/: slices, arena, builder, files, and sets of files that appear together. */
#include "arena.h"
#include "build.h"
#include "base_limits.h"
#include "platform.h"
#include "slice.h"
#include "stage.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The system calls of stage.c and platform.c stand here in place of the C library's, so that the
 * N-th of them can fail. */
static size_t io_countdown;
static int io_errno;
static bool io_failed;

static bool io_fails_now(void)
{
	if (!io_countdown || --io_countdown)
		return false;
	io_failed = true;
	errno = io_errno;
	return true;
}

static void io_fail_at(size_t n, int err)
{
	io_countdown = n;
	io_errno = err;
	io_failed = false;
}

ssize_t write(int fd, const void *ptr, size_t len)
{
	return io_fails_now() ? -1 : syscall(SYS_write, fd, ptr, len);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return io_fails_now() ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int syncfs(int fd)
{
	return io_fails_now() ? -1 : (int)syscall(SYS_syncfs, fd);
}

int fsync(int fd)
{
	return io_fails_now() ? -1 : (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
	return io_fails_now() ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int mkdir(const char *path, mode_t mode)
{
	return io_fails_now() ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

static char root[64];    /* of this run; removed at the end */
static char set_dir[80]; /* the target of most tests */

static const char *in_root(const char *name)
{
	static char path[8][512];
	static unsigned next;
	char *p = path[next++ % 8];
	(void)snprintf(p, sizeof path[0], "%s/%s", root, name);
	return p;
}

static void remove_tree(const char *path)
{
	char cmd[600];
	(void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", path);
	CHECK(system(cmd) == 0, "%s", cmd);
}

static size_t count_entries(const char *path)
{
	DIR *d = opendir(path);
	if (!d)
		return SIZE_MAX;
	size_t n = 0;
	for (struct dirent *e; (e = readdir(d));)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	(void)closedir(d);
	return n;
}

static bool file_is(const char *path, const char *text)
{
	struct arena a = {0};
	struct slice s;
	bool same =
		!sr_bad(platform_read_file(&a, path, 1 << 20, &s)) && slice_eq(s, slice_str(text));
	arena_release(&a);
	return same;
}

static void put_file(const char *path, const char *text)
{
	struct sr_err e = platform_write_file(path, slice_str(text), 0600);
	CHECK(!sr_bad(e), "%s: %s", path, e.what);
}

static void slices(void)
{
	static const uint8_t bytes[] = {1, 2, 0, 3, 0, 0, 0, 4, 0,   0,   0,
					0, 0, 0, 0, 3, 0, 0, 0, 'a', 'b', 'c'};
	for (size_t len = 0; len <= sizeof bytes; len++) {
		uint8_t *copy = malloc(len + 1); /* exact, so that an overrun is seen */
		memcpy(copy, bytes, len);
		struct slice s = slice_make(copy, len), body = {0}, before;
		uint8_t u8 = 0;
		uint16_t u16 = 0;
		uint32_t u32 = 0;
		uint64_t u64 = 0;
		bool good = slice_u8(&s, &u8) && slice_u16(&s, &u16) && slice_u32(&s, &u32) &&
			    slice_u64(&s, &u64);
		before = s;
		good = good && slice_bytes(&s, &body) && s.len == 0;
		CHECK(good == (len == sizeof bytes), "prefix of %zu bytes", len);
		if (!good)
			CHECK(s.ptr == before.ptr && s.len == before.len, "changed at %zu bytes",
			      len);
		else
			CHECK(u8 == 1 && u16 == 2 && u32 == 3 && u64 == 4 &&
				      slice_eq(body, SLICE_LIT("abc")),
			      "values");
		free(copy);
	}
	CHECK(slice_eq(slice_make(NULL, 0), SLICE_LIT("")), "empty slices are equal");
	static const char *const ascending[] = {"", "a", "ab", "b", "\x7f", "\xc3\xa9"};
	for (int i = 0; i < 6; i++)
		for (int k = 0; k < 6; k++) {
			int got = slice_order(slice_str(ascending[i]), slice_str(ascending[k]));
			CHECK((got > 0) - (got < 0) == (i > k) - (i < k), "rows %d and %d: %d", i,
			      k, got);
		}
	CHECK(!slice_eq(SLICE_LIT("ab"), SLICE_LIT("ac")), "ab, ac");
	CHECK(slice_sub(slice_str("abc"), 3, 0).len == 0, "at the end");
	struct slice huge = SLICE_LIT("\xff\xff\xff\xff"
				      "abc"),
		     out;
	CHECK(!slice_bytes(&huge, &out) && huge.len == 7, "a length beyond the end");
}

static void arenas(void)
{
	struct arena a = {0};
	size_t cap = 0;
	uint32_t *v = NULL;
	for (uint32_t i = 0; i < 10000; i++) {
		v = arena_grow(&a, v, i, &cap, sizeof *v);
		v[i] = i;
	}
	bool good = true;
	for (uint32_t i = 0; i < 10000; i++)
		good &= v[i] == i;
	CHECK(good, "grown array keeps its values");
	CHECK(!arena_alloc(&a, SIZE_MAX / 2, 4) && !arena_alloc(&a, SIZE_MAX, 1), "overflow");
	CHECK(!arena_dup(&a, "", SIZE_MAX), "overflow by the NUL");
	CHECK(arena_alloc(&a, 0, 8), "no objects is not out of memory");
	for (size_t len = 0; len < 100; len++) {
		char *p = arena_alloc(&a, len, 1);
		CHECK(((uintptr_t)p & 15) == 0, "%zu bytes are not aligned", len);
		for (size_t i = 0; i < len; i++)
			CHECK(p[i] == 0, "not zeroed");
	}
	CHECK(strcmp(arena_dup(&a, "word", 4), "word") == 0, "dup ends with NUL");
	CHECK(strcmp(arena_join(&a, "a ", "word"), "a word") == 0 &&
		      strcmp(arena_join(&a, "", ""), "") == 0,
	      "join");
	arena_release(&a);
	CHECK(!a.head, "empty after release");
	test_alloc_fail_at(1);
	CHECK(!ARENA_NEW(&a, uint64_t) && test_alloc_failed(), "no memory");
	cap = 0;
	test_alloc_fail_at(1);
	CHECK(!arena_grow(&a, NULL, 0, &cap, 4) && cap == 0, "no memory to grow");
	test_alloc_fail_at(0);
	arena_release(&a);
}

static void fill(struct build *b)
{
	build_u8(b, 1);
	build_u16(b, 2);
	build_u32(b, 3);
	build_u64(b, 4);
	build_sized(b, SLICE_LIT("abc"));
	build_str(b, "d");
	build_fmt(b, "%d-%s", 5, "e");
	build_bytes(b, NULL, 0);
}

static void builders(void)
{
	static const char want[] = "\1\2\0\3\0\0\0\4\0\0\0\0\0\0\0\3\0\0\0abcd5-e";
	struct build b;
	struct slice s = {0};
	build_init(&b, 0);
	fill(&b);
	CHECK(!sr_bad(build_done(&b, &s)) && slice_eq(s, SLICE_LIT(want)), "the bytes");
	build_release(&b);
	for (size_t max = 1; max < sizeof want + 1; max++) {
		build_init(&b, max);
		fill(&b);
		struct sr_err e = build_done(&b, &s);
		/* build_fmt needs a byte more for a moment. */
		bool enough = max >= sizeof want;
		CHECK(e.code == (enough ? SR_OK : SR_E_LIMIT), "bound %zu: code %d", max,
		      (int)e.code);
		CHECK(b.len <= max, "bound %zu passed", max);
		build_reset(&b);
		CHECK(!sr_bad(build_done(&b, &s)) && s.len == 0, "reset forgets a failure");
		build_release(&b);
	}
	for (size_t n = 1;; n++) {
		build_init(&b, 0);
		test_alloc_fail_at(n);
		for (int i = 0; i < 100; i++)
			fill(&b);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		struct sr_err e = build_done(&b, &s);
		CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu", n);
		build_release(&b);
		if (!failed)
			break;
	}
}

static void files(void)
{
	struct arena a = {0};
	struct slice s;
	const char *path = in_root("file");
	put_file(path, "one");
	put_file(path, "two");
	CHECK(file_is(path, "two"), "replaced");
	CHECK(count_entries(root) == 1, "no temporary file is left");
	CHECK(platform_read_file(&a, path, 3, &s).code == SR_OK && s.ptr[3] == 0,
	      "as long as allowed");
	CHECK(platform_read_file(&a, path, 2, &s).code == SR_E_LIMIT, "longer than allowed");
	struct sr_err e = platform_read_file(&a, in_root("none"), 9, &s);
	CHECK(e.code == SR_E_IO && e.sys == ENOENT, "missing");
	e = platform_read_file(&a, root, 9, &s);
	CHECK(e.code == SR_E_IO && e.sys == EISDIR, "a folder");
	e = platform_write_file(in_root("no/file"), SLICE_LIT("x"), 0600);
	CHECK(e.code == SR_E_IO && e.sys == ENOENT, "no such folder");
	for (size_t n = 1;; n++) {
		io_fail_at(n, ENOSPC);
		e = platform_write_file(path, SLICE_LIT("new"), 0600);
		io_fail_at(0, 0);
		if (!sr_bad(e))
			break;
		CHECK(e.code == SR_E_IO && e.sys == ENOSPC, "call %zu", n);
		CHECK(file_is(path, "two"), "call %zu: the old file is whole", n);
		CHECK(count_entries(root) == 1, "call %zu: nothing is left", n);
	}
	CHECK(file_is(path, "new"), "written in the end");
	for (size_t n = 1;; n++) {
		test_alloc_fail_at(n);
		e = platform_read_file(&a, path, 100, &s);
		if (!test_alloc_failed())
			break;
		CHECK(e.code == SR_E_NOMEM, "allocation %zu", n);
	}
	test_alloc_fail_at(0);
	arena_release(&a);
	(void)unlink(path);
}

/* What stands at the spare name before, and what comes of it. */
static const struct spare_row {
	const char *why, *make; /* a command in the folder root */
	enum sr_code code;
	const char *stays; /* a file that must have its "bytes" after a refusal, or NULL */
} spare_rows[] = {
	{"nothing", "true", SR_OK, NULL},
	{"what a crash left, and longer", "printf 'left behind' >file.subrosa-tmp", SR_OK, NULL},
	{"a link", "printf bytes >other; ln -s other file.subrosa-tmp", SR_E_IO, "other"},
	{"a second name of another file", "printf bytes >other; ln other file.subrosa-tmp",
	 SR_E_STATE, "other"},
	{"a folder", "mkdir file.subrosa-tmp", SR_E_IO, NULL},
	{"a pipe, which nobody reads", "mkfifo file.subrosa-tmp", SR_E_IO, NULL},
};

static void spares(void)
{
	for (size_t i = 0; i < sizeof spare_rows / sizeof *spare_rows; i++) {
		const struct spare_row *r = &spare_rows[i];
		char cmd[600];
		const char *path = in_root("file");
		put_file(path, "old");
		(void)snprintf(cmd, sizeof cmd, "cd '%s' && %s", root, r->make);
		CHECK(system(cmd) == 0, "%s", r->why);
		struct sr_err e = platform_replace_file(path, SLICE_LIT("new"), 0644);
		struct stat st;
		CHECK(e.code == r->code, "%s: %d %s", r->why, e.code, e.what);
		CHECK(file_is(path, sr_bad(e) ? "old" : "new"), "%s", r->why);
		CHECK(sr_bad(e) || (stat(path, &st) == 0 && (st.st_mode & 0777) == 0644),
		      "%s: the mode", r->why);
		CHECK(sr_bad(e) || count_entries(root) == 1, "%s: something is left", r->why);
		CHECK(!r->stays || file_is(in_root(r->stays), "bytes"), "%s", r->why);
		remove_tree(root);
		CHECK(mkdir(root, 0700) == 0, "%s", root);
	}
}

static void replaced(void)
{
	const char *path = in_root("file");
	struct sr_err e = platform_replace_file(in_root("no/file"), SLICE_LIT("x"), 0600);
	CHECK(e.code == SR_E_IO && e.sys == ENOENT, "no such folder");
	put_file(path, "old");
	for (size_t n = 1;; n++) {
		io_fail_at(n, ENOSPC);
		e = platform_replace_file(path, SLICE_LIT("new"), 0600);
		io_fail_at(0, 0);
		if (!sr_bad(e))
			break;
		CHECK(e.code == SR_E_IO && e.sys == ENOSPC, "call %zu", n);
		CHECK(file_is(path, "old") && count_entries(root) == 1, "call %zu", n);
	}
	CHECK(file_is(path, "new"), "written in the end");
	test_alloc_fail_at(1);
	e = platform_replace_file(path, SLICE_LIT("newer"), 0600);
	test_alloc_fail_at(0);
	CHECK(e.code == SR_E_NOMEM && file_is(path, "new"), "no memory");
	(void)unlink(path);
}

/* Many at a time: one of them is the last, and whole. */
static void replaced_by_many(void)
{
	enum { WRITERS_N = 8, TURNS_N = 50 };
	const char *path = in_root("file");
	for (int i = 0; i < WRITERS_N; i++) {
		if (fork())
			continue;
		char text[64];
		(void)memset(text, 'a' + i, sizeof text);
		for (int k = 0; k < TURNS_N; k++)
			if (sr_bad(platform_replace_file(
				    path, slice_make(text, 8 * (size_t)(i + 1)), 0600)))
				_exit(1);
		_exit(0);
	}
	int status, failed = 0;
	while (wait(&status) > 0)
		failed += status != 0;
	struct arena a = {0};
	struct slice s;
	struct sr_err e = platform_read_file(&a, path, 100, &s);
	CHECK(!failed && !sr_bad(e) && count_entries(root) == 1, "%d writers failed", failed);
	CHECK(!sr_bad(e) && s.len == 8 * (size_t)(s.ptr[0] - 'a' + 1), "%zu bytes", s.len);
	for (size_t i = 0; !sr_bad(e) && i < s.len; i++)
		CHECK(s.ptr[i] == s.ptr[0], "byte %zu is of another writer", i);
	arena_release(&a);
	(void)unlink(path);
}

static void count_note(void *user, const struct sr_note *n)
{
	(void)n;
	++*(size_t *)user;
}

static struct stage *open_stage(const char *target, const struct sr_sink *sink)
{
	struct stage *s = NULL;
	struct sr_err e = stage_open(target, sink, &s);
	CHECK(!sr_bad(e), "stage_open: %s %s", e.what, strerror(e.sys));
	return s;
}

static void put_ok(struct stage *s, const char *name, const char *text)
{
	struct sr_err e = stage_put(s, slice_str(name), slice_str(text));
	CHECK(!sr_bad(e), "%s: %s", name, e.what);
}

static void stage_works(void)
{
	const char *file = in_root("set/a b.md");
	struct stage *s = open_stage(set_dir, NULL);
	struct stat st;
	CHECK(stat(set_dir, &st) == 0 && (st.st_mode & 07777) == 0700, "private");
	put_ok(s, "a b.md", "one");
	put_ok(s, "c.md", "");
	CHECK(count_entries(set_dir) == 1, "nothing but the private folder is seen yet");
	CHECK(!sr_bad(stage_commit(s)), "commit");
	stage_close(s);
	CHECK(count_entries(set_dir) == 2 && file_is(file, "one"), "both are there");
	CHECK(stat(file, &st) == 0 && (st.st_mode & 07777) == 0600, "private");
	ino_t was = st.st_ino;
	s = open_stage(set_dir, NULL);
	put_ok(s, "a b.md", "one");
	put_ok(s, "d.md", "two");
	CHECK(!sr_bad(stage_commit(s)), "the same again is fine");
	stage_close(s);
	CHECK(stat(file, &st) == 0 && st.st_ino == was, "left alone");
	CHECK(count_entries(set_dir) == 3, "the new one is there");
	stage_close(NULL);
	remove_tree(set_dir);
}

static void stage_umask(void)
{
	struct stat st;
	mode_t was = umask(0777);
	struct stage *s = open_stage(set_dir, NULL);
	put_ok(s, "a", "1");
	CHECK(!sr_bad(stage_commit(s)), "commit");
	(void)umask(was);
	stage_close(s);
	CHECK(stat(in_root("set/a"), &st) == 0 && (st.st_mode & 07777) == 0600, "mode %o",
	      st.st_mode);
	remove_tree(set_dir);
}

static void stage_conflicts(void)
{
	size_t notes = 0;
	struct sr_sink sink = {count_note, &notes, NULL};
	CHECK(mkdir(set_dir, 0700) == 0 && symlink("nowhere", in_root("set/link")) == 0 &&
		      mkdir(in_root("set/dir"), 0700) == 0 &&
		      symlink("other", in_root("set/same")) == 0,
	      "%s", root);
	put_file(in_root("set/other"), "old");
	struct stage *s = open_stage(set_dir, &sink);
	put_ok(s, "a", "1");
	put_ok(s, "other", "new");
	put_ok(s, "link", "2");
	put_ok(s, "dir", "3");
	put_ok(s, "same", "old"); /* a link to the same bytes is still a link */
	CHECK(stage_commit(s).code == SR_E_STATE, "conflict");
	CHECK(notes == 4, "each name is noted: %zu", notes);
	stage_close(s);
	CHECK(count_entries(set_dir) == 4 && file_is(in_root("set/other"), "old"),
	      "nothing changed");
	CHECK(access(in_root("set/nowhere"), F_OK) != 0, "no link was followed");
	remove_tree(set_dir);
}

static void stage_names(void)
{
	const struct {
		struct slice name;
		const char *why;
	} bad[] = {
		{SLICE_LIT(""), "empty"},           {SLICE_LIT("."), "this folder"},
		{SLICE_LIT(".."), "the one above"}, {SLICE_LIT("../x"), "leaves the folder"},
		{SLICE_LIT("/x"), "absolute"},      {SLICE_LIT("a/b"), "two components"},
		{SLICE_LIT("a\0b"), "NUL"},         {SLICE_LIT(".subrosa-x"), "one of ours"},
	};
	struct stage *s = open_stage(set_dir, NULL);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(stage_put(s, bad[i].name, SLICE_LIT("x")).code == SR_E_INPUT, "%s",
		      bad[i].why);
	char longest[257];
	memset(longest, 'x', sizeof longest);
	CHECK(stage_put(s, slice_make(longest, 256), SLICE_LIT("x")).code == SR_E_INPUT,
	      "256 bytes");
	CHECK(!sr_bad(stage_put(s, slice_make(longest, 255), SLICE_LIT("x"))), "255 bytes");
	CHECK(stage_put(s, slice_make(longest, 255), SLICE_LIT("x")).code == SR_E_STATE, "twice");
	stage_close(s);
	CHECK(access(set_dir, F_OK) != 0, "a folder made in vain is gone");
	CHECK(access(in_root("x"), F_OK) != 0, "nothing outside");
}

static struct sr_err whole_run(const char *dir, size_t n)
{
	struct stage *s;
	SR_TRY(stage_open(dir, NULL, &s));
	struct sr_err e = sr_ok();
	for (size_t i = 0; i < n && !sr_bad(e); i++) {
		char name[32];
		int len = snprintf(name, sizeof name, "f%zu", i);
		e = stage_put(s, slice_make(name, (size_t)len), SLICE_LIT("bytes"));
	}
	if (!sr_bad(e))
		e = stage_commit(s);
	stage_close(s);
	return e;
}

static void stage_faults(void)
{
	static const struct {
		int err;
		bool fallback; /* renameat2 that is refused so is replaced by linkat */
	} kinds[] = {{ENOSPC, false}, {EIO, false}, {EINVAL, true}, {EROFS, false}};
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t n = 1;; n++) {
			(void)mkdir(set_dir, 0700);
			put_file(in_root("set/f1"), "bytes");
			io_fail_at(n, kinds[k].err);
			struct sr_err e = whole_run(set_dir, 4);
			bool failed = io_failed;
			io_fail_at(0, 0);
			size_t left = count_entries(set_dir);
			if (sr_bad(e))
				CHECK(left == 1 && file_is(in_root("set/f1"), "bytes"),
				      "error %d at call %zu: %zu files left", kinds[k].err, n,
				      left);
			else
				CHECK(left == 4, "call %zu: %zu files", n, left);
			if (sr_bad(e))
				CHECK(e.code == SR_E_IO && e.sys == kinds[k].err, "call %zu: %s", n,
				      e.what);
			else
				CHECK(!failed || kinds[k].fallback,
				      "a failure at call %zu was not reported", n);
			remove_tree(set_dir);
			if (!failed)
				break;
		}
	for (size_t n = 1;; n++) {
		test_alloc_fail_at(n);
		struct sr_err e = whole_run(set_dir, 20);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu", n);
		if (failed)
			CHECK(access(set_dir, F_OK) != 0, "allocation %zu left the folder", n);
		if (!failed)
			break;
	}
	remove_tree(set_dir);
}

static void run_and_die(const char *dir, bool after_put)
{
	struct stage *s;
	if (sr_bad(stage_open(dir, NULL, &s)))
		_exit(1);
	if (after_put && sr_bad(stage_put(s, SLICE_LIT("half"), SLICE_LIT("x"))))
		_exit(1);
	_exit(0);
}

static void stage_leftovers(void)
{
	CHECK(mkdir(set_dir, 0700) == 0, "%s", set_dir);
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();
		if (pid == 0)
			run_and_die(set_dir, i);
		int status = 1;
		CHECK(waitpid(pid, &status, 0) == pid && status == 0, "the run that crashes");
	}
	CHECK(count_entries(set_dir) == 1, "the second run removed what the first left");
	struct stage *live = open_stage(set_dir, NULL);
	CHECK(count_entries(set_dir) == 1, "and the third what the second left");
	put_ok(live, "a", "1");
	struct stage *other = open_stage(set_dir, NULL);
	CHECK(count_entries(set_dir) == 2, "a live one is let alone");
	put_ok(other, "b", "2");
	CHECK(!sr_bad(stage_commit(other)) && !sr_bad(stage_commit(live)), "both commit");
	stage_close(other);
	stage_close(live);
	CHECK(count_entries(set_dir) == 2, "a and b");
	CHECK(symlink(root, in_root("set/.subrosa-planted")) == 0, "plant");
	put_file(in_root("precious"), "x");
	stage_close(open_stage(set_dir, NULL));
	CHECK(file_is(in_root("precious"), "x"), "no link was followed");
	(void)unlink(in_root("precious"));
	remove_tree(set_dir);
}

static void stage_planted_late(void)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY);
	put_file(in_root("a"), "1");
	put_file(in_root("b"), "2");
	struct sr_err e = stage_move_new(fd, "a", fd, "b");
	CHECK(e.code == SR_E_IO && e.sys == EEXIST && file_is(in_root("b"), "2"), "never replaces");
	io_fail_at(1, EINVAL);
	e = stage_move_new(fd, "a", fd, "b");
	CHECK(e.sys == EEXIST && file_is(in_root("b"), "2"), "nor does the fallback");
	io_fail_at(1, EINVAL);
	e = stage_move_new(fd, "a", fd, "c");
	CHECK(!sr_bad(e) && file_is(in_root("c"), "1") && access(in_root("a"), F_OK) != 0,
	      "fallback");
	io_fail_at(0, 0);
	(void)unlink(in_root("b"));
	(void)unlink(in_root("c"));
	(void)close(fd);
}

static void stage_refused(void)
{
	struct stage *s;
	struct sr_err e = stage_open(in_root("no/set"), NULL, &s);
	CHECK(e.code == SR_E_IO && e.sys == ENOENT, "no parent");
	put_file(in_root("file"), "x");
	e = stage_open(in_root("file"), NULL, &s);
	CHECK(e.code == SR_E_IO && e.sys == ENOTDIR, "a file");
	CHECK(sr_bad(stage_open("", NULL, &s)), "no name");
	(void)unlink(in_root("file"));
}

/* Runs as nobody, because root may write everywhere. */
static int try_readonly(const char *dir)
{
	struct stage *s;
	if (geteuid() == 0 && setresuid(65534, 65534, 65534))
		return 2;
	struct sr_err e = stage_open(dir, NULL, &s);
	return e.code == SR_E_IO && e.sys == EACCES ? 0 : 1;
}

static void stage_readonly(void)
{
	CHECK(mkdir(set_dir, 0755) == 0 && chmod(set_dir, 0555) == 0 && chmod(root, 0755) == 0,
	      "%s", set_dir);
	pid_t pid = fork();
	if (pid == 0)
		_exit(try_readonly(set_dir));
	int status = 1;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "status %d", status);
	CHECK(count_entries(set_dir) == 0, "nothing was made");
	(void)chmod(set_dir, 0755);
	remove_tree(set_dir);
}

static void stage_full_disk(void)
{
	static char kib[1024];
	struct stage *s = open_stage(in_root("disk/set"), NULL);
	struct sr_err e = sr_ok();
	size_t n = 0;
	for (; n < 2000 && !sr_bad(e); n++) {
		char name[32];
		int len = snprintf(name, sizeof name, "f%zu", n);
		e = stage_put(s, slice_make(name, (size_t)len), slice_make(kib, sizeof kib));
	}
	CHECK(e.code == SR_E_IO && e.sys == ENOSPC, "after %zu files: %s", n, e.what);
	stage_close(s);
	CHECK(access(in_root("disk/set"), F_OK) != 0, "nothing is left");
	CHECK(!sr_bad(whole_run(in_root("disk/set"), 10)), "room again");
}

static void run_full_disk(void)
{
	const char *disk = in_root("disk");
	(void)mkdir(disk, 0700);
	if (mount("none", disk, "tmpfs", 0, "size=1m") != 0) {
		test_skip("full disk", "no right to mount a small disk");
		return;
	}
	test_run("full disk", stage_full_disk);
	(void)umount(disk);
}

static double seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void stage_speed(void)
{
	static char page[6 * 1024];
	double t0 = seconds();
	struct stage *s = open_stage(set_dir, NULL);
	for (size_t i = 0; i < 10000; i++) {
		char name[32];
		int len = snprintf(name, sizeof name, "reader%zu.md", i);
		CHECK(!sr_bad(stage_put(s, slice_make(name, (size_t)len),
					slice_make(page, sizeof page))),
		      "%s", name);
	}
	double t1 = seconds();
	CHECK(!sr_bad(stage_commit(s)), "commit");
	double t2 = seconds();
	stage_close(s);
	printf("# 10,000 files of 6 KiB: put %.3f s, commit with sync %.3f s\n", t1 - t0, t2 - t1);
	CHECK(count_entries(set_dir) == 10000, "all there");
	remove_tree(set_dir);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	(void)snprintf(root, sizeof root, "%s/subrosa-test-XXXXXX",
		       tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	if (!mkdtemp(root))
		return EXIT_FAILURE;
	(void)snprintf(set_dir, sizeof set_dir, "%s/set", root);
	test_run("slices: every prefix", slices);
	test_run("arena", arenas);
	test_run("builder: every bound, every allocation", builders);
	test_run("files: every call fails once", files);
	test_run("files: what stands at the spare name", spares);
	test_run("files: replaced, and every call fails once", replaced);
	test_run("files: replaced by many at a time", replaced_by_many);
	test_run("stage: a set appears, and again", stage_works);
	test_run("stage: modes do not depend on the umask", stage_umask);
	test_run("stage: other files of the same names", stage_conflicts);
	test_run("stage: names", stage_names);
	test_run("stage: every call and allocation fails once", stage_faults);
	test_run("stage: leftovers of a crash", stage_leftovers);
	test_run("stage: never replaces", stage_planted_late);
	test_run("stage: no folder", stage_refused);
	test_run("stage: read-only folder", stage_readonly);
	run_full_disk();
	test_run("stage: 10,000 files", stage_speed);
	remove_tree(root);
	return test_done();
}
