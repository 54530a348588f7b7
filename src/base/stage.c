/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include "arena.h"
#include "platform.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX ".subrosa-"
enum { NAME_BYTES = 255, CONFLICTS_SHOWN = 20 };

/* there: the target has this name with the same bytes. placed: this call renamed it. */
struct staged {
	char *name;
	bool there, placed;
};

struct stage {
	struct arena mem;
	const struct sr_sink *sink;
	char *target, *folder; /* folder: the private one's path; its last component is its name */
	int target_fd, folder_fd;
	bool made_target, committed;
	struct staged *files;
	size_t files_n, files_cap;
};

static const char *folder_name(const struct stage *s)
{
	return strrchr(s->folder, '/') + 1;
}

static int open_dir(int at, const char *name, int flags)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
}

/* Removes the files of the folder fd (closed here) and the folder itself from its parent. */
static void remove_folder(int parent_fd, const char *name, int fd)
{
	DIR *d = fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void)unlinkat(fd, e->d_name, 0);
	(void)closedir(d);
	(void)unlinkat(parent_fd, name, AT_REMOVEDIR);
}

/* A private folder of ours that nobody has locked belongs to a run that crashed. */
static void remove_if_stale(int target_fd, const char *name)
{
	int fd = open_dir(target_fd, name, O_NOFOLLOW);
	if (fd < 0)
		return;
	struct stat st;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
		remove_folder(target_fd, name, fd);
	else
		(void)close(fd);
}

static void remove_stale(int target_fd)
{
	int fd = open_dir(target_fd, ".", 0);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));)
		if (strncmp(e->d_name, PREFIX, sizeof PREFIX - 1) == 0)
			remove_if_stale(target_fd, e->d_name);
	(void)closedir(d);
}

static struct sr_err sync_parent(int dir_fd)
{
	int fd = open_dir(dir_fd, "..", 0);
	if (fd < 0)
		return sr_ok(); /* a parent that may not be read cannot be synced */
	struct sr_err e = fsync(fd) ? sr_sys("the folder cannot be synced") : sr_ok();
	(void)close(fd);
	return e;
}

static struct sr_err open_target(struct stage *s)
{
	if (mkdir(s->target, 0700) == 0) {
		s->made_target = true;
		if (chmod(s->target, 0700))
			return sr_sys("the folder cannot be created");
	} else if (errno != EEXIST) {
		return sr_sys("the folder cannot be created");
	}
	s->target_fd = open_dir(AT_FDCWD, s->target, 0);
	if (s->target_fd < 0)
		return sr_sys("the folder cannot be opened");
	return s->made_target ? sync_parent(s->target_fd) : sr_ok();
}

/* The caller holds the target's lock, so that no other run takes the new folder for a stale one
 * before it is locked itself. */
static struct sr_err make_folder(struct stage *s)
{
	if (!mkdtemp(s->folder))
		return sr_sys("no file can be written in the folder");
	if (chmod(s->folder, 0700) == 0)
		s->folder_fd = open_dir(s->target_fd, folder_name(s), O_NOFOLLOW);
	if (s->folder_fd < 0) {
		struct sr_err e = sr_sys("no file can be written in the folder");
		(void)rmdir(s->folder);
		return e;
	}
	/* A file system without locks refuses here and in remove_if_stale: it keeps leftovers. */
	(void)flock(s->folder_fd, LOCK_EX | LOCK_NB);
	return sr_ok();
}

static struct sr_err prepare(struct stage *s, const char *target)
{
	static const char suffix[] = "/" PREFIX "XXXXXX";
	size_t len = strlen(target);
	s->target = arena_dup(&s->mem, target, len);
	s->folder = arena_alloc(&s->mem, len + sizeof suffix, 1);
	if (!s->target || !s->folder)
		return sr_nomem();
	memcpy(s->folder, target, len);
	memcpy(s->folder + len, suffix, sizeof suffix);
	SR_TRY(open_target(s));
	bool locked = flock(s->target_fd, LOCK_EX) == 0;
	if (locked)
		remove_stale(s->target_fd);
	struct sr_err e = make_folder(s);
	if (locked)
		(void)flock(s->target_fd, LOCK_UN);
	return e;
}

struct sr_err stage_open(const char *target, const struct sr_sink *sink, struct stage **out)
{
	struct stage *s = calloc(1, sizeof *s);
	if (!s)
		return sr_nomem();
	s->sink = sink;
	s->target_fd = s->folder_fd = -1;
	struct sr_err e = prepare(s, target);
	if (sr_bad(e)) {
		stage_close(s);
		return e;
	}
	*out = s;
	return sr_ok();
}

static bool name_is_safe(struct slice name)
{
	if (name.len == 0 || name.len > NAME_BYTES || memchr(name.ptr, 0, name.len) ||
	    memchr(name.ptr, '/', name.len))
		return false;
	if (slice_eq(name, SLICE_LIT(".")) || slice_eq(name, SLICE_LIT("..")))
		return false;
	return name.len < sizeof PREFIX - 1 || memcmp(name.ptr, PREFIX, sizeof PREFIX - 1) != 0;
}

static struct sr_err write_new(int dir_fd, const char *name, struct slice bytes)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return sr_fail(SR_E_STATE, "the same file name was given twice");
	if (fd < 0)
		return sr_sys("a file cannot be created");
	struct sr_err e = fchmod(fd, 0600) ? sr_sys("a file cannot be created")
					   : platform_write_all(fd, bytes.ptr, bytes.len);
	if (close(fd) && !sr_bad(e))
		e = sr_sys("a file cannot be written");
	return e;
}

struct sr_err stage_put(struct stage *s, struct slice name, struct slice bytes)
{
	assert(!s->committed);
	if (!name_is_safe(name))
		return sr_fail(SR_E_INPUT, "a name that cannot be used for a file");
	struct staged *files =
		arena_grow(&s->mem, s->files, s->files_n, &s->files_cap, sizeof *files);
	char *copy = arena_dup(&s->mem, name.ptr, name.len);
	if (files)
		s->files = files;
	if (!files || !copy)
		return sr_nomem();
	SR_TRY(write_new(s->folder_fd, copy, bytes));
	files[s->files_n++] = (struct staged){.name = copy};
	return sr_ok();
}

static bool same_bytes(int a, int b)
{
	uint8_t x[16 * 1024], y[16 * 1024];
	for (;;) {
		size_t n, m;
		if (sr_bad(platform_read_full(a, x, sizeof x, &n)) ||
		    sr_bad(platform_read_full(b, y, sizeof y, &m)) || n != m ||
		    memcmp(x, y, n) != 0)
			return false;
		if (n == 0)
			return true;
	}
}

/* True if the target's file of this name is regular and has the staged bytes. */
static bool same_file(const struct stage *s, const char *name)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int a = openat(s->target_fd, name, flags);
	if (a < 0)
		return false;
	int b = openat(s->folder_fd, name, flags);
	struct stat sa, sb;
	bool same = b >= 0 && fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && S_ISREG(sa.st_mode) &&
		    sa.st_size == sb.st_size && same_bytes(a, b);
	(void)close(a);
	if (b >= 0)
		(void)close(b);
	return same;
}

struct sr_err stage_check(struct stage *s)
{
	size_t conflicts = 0;
	for (size_t i = 0; i < s->files_n; i++) {
		struct staged *f = &s->files[i];
		struct stat st;
		if (fstatat(s->target_fd, f->name, &st, AT_SYMLINK_NOFOLLOW)) {
			if (errno != ENOENT)
				return sr_sys("the folder cannot be looked into");
			continue;
		}
		f->there = same_file(s, f->name);
		if (!f->there && ++conflicts <= CONFLICTS_SHOWN)
			note(s->sink, SR_ERROR, 0, 0,
			     "%s/%s is there already and is another file; nothing was changed",
			     s->target, f->name);
	}
	if (conflicts > CONFLICTS_SHOWN)
		note(s->sink, SR_ERROR, 0, 0, "and %zu more", conflicts - CONFLICTS_SHOWN);
	return conflicts ? sr_fail(SR_E_STATE, "other files of these names are there already")
			 : sr_ok();
}

struct sr_err stage_move_new(int from_dir, const char *from, int to_dir, const char *to)
{
	if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
		return sr_ok();
	if (errno != EINVAL && errno != ENOSYS)
		return sr_sys("a file cannot be put in place");
	if (linkat(from_dir, from, to_dir, to, 0))
		return sr_sys("a file cannot be put in place");
	(void)unlinkat(from_dir, from, 0);
	return sr_ok();
}

static struct sr_err place_all(struct stage *s)
{
	for (size_t i = 0; i < s->files_n; i++) {
		struct staged *f = &s->files[i];
		if (f->there)
			continue;
		SR_TRY(stage_move_new(s->folder_fd, f->name, s->target_fd, f->name));
		f->placed = true;
	}
	return fsync(s->target_fd) ? sr_sys("the folder cannot be synced") : sr_ok();
}

static void take_back(struct stage *s)
{
	for (size_t i = 0; i < s->files_n; i++)
		if (s->files[i].placed)
			(void)unlinkat(s->target_fd, s->files[i].name, 0);
}

struct sr_err stage_commit(struct stage *s)
{
	assert(!s->committed);
	SR_TRY(stage_check(s));
	if (syncfs(s->folder_fd))
		return sr_sys("the files cannot be synced");
	struct sr_err e = place_all(s);
	if (sr_bad(e)) {
		take_back(s);
		return e;
	}
	s->committed = true;
	return sr_ok();
}

void stage_close(struct stage *s)
{
	if (!s)
		return;
	if (s->folder_fd >= 0)
		remove_folder(s->target_fd, folder_name(s), s->folder_fd);
	if (s->target_fd >= 0)
		(void)close(s->target_fd);
	if (s->made_target && !s->committed)
		(void)rmdir(s->target);
	arena_release(&s->mem);
	free(s);
}
