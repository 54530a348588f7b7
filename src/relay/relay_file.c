/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_file.h"

#include "arena.h"
#include "platform.h"
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What SQLite puts beside a file. */
static const char *const beside[] = {"-wal", "-shm", "-journal"};

enum { BESIDE_N = sizeof beside / sizeof *beside };

struct sr_err relay_file_check(const char *path)
{
	struct stat st;
	if (stat(path, &st))
		return sr_sys(errno == ENOENT ? "there is no store of that name"
					      : "the store cannot be opened");
	if (!S_ISREG(st.st_mode))
		return sr_fail(SR_E_INPUT, "this is not a store of subrosa-relay");
	return sr_ok();
}

static struct sr_err lock_fd(int fd)
{
	struct stat st;
	if (fstat(fd, &st))
		return sr_sys("the store cannot be locked");
	if (!platform_is_own(&st))
		return sr_fail(SR_E_STATE,
			       "what has the store's name with \"-lock\" behind it is not ours");
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return sr_ok();
	if (errno == EWOULDBLOCK)
		return sr_fail(SR_E_STATE, "another subrosa-relay has this store");
	return sr_sys("the store cannot be locked");
}

struct sr_err relay_file_lock(const char *path, int *fd)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const char *name = arena_join(&a, path, "-lock");
	if (!name)
		return sr_nomem();
	int new = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (new < 0)
		return sr_sys("the store cannot be locked");
	struct sr_err e = lock_fd(new);
	if (sr_bad(e))
		(void)close(new);
	else
		*fd = new;
	return e;
}

static struct sr_err check_free(struct arena *a, const char *path)
{
	struct stat st;
	if (lstat(path, &st) == 0)
		return sr_fail(SR_E_STATE, "there is something of that name already");
	for (size_t i = 0; i < BESIDE_N; i++) {
		const char *name = arena_join(a, path, beside[i]);
		if (!name)
			return sr_nomem();
		if (lstat(name, &st) == 0)
			return sr_fail(SR_E_STATE, "a -wal, -shm or -journal of an older store is "
						   "there: move it away");
	}
	return sr_ok();
}

static void remove_all(struct arena *a, const char *path)
{
	(void)unlink(path);
	for (size_t i = 0; i < BESIDE_N; i++) {
		const char *name = arena_join(a, path, beside[i]);
		if (name)
			(void)unlink(name);
	}
}

static struct sr_err sync_file(const char *name)
{
	int fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return sr_sys("the store cannot be synced");
	struct sr_err e = fsync(fd) ? sr_sys("the store cannot be synced") : sr_ok();
	(void)close(fd);
	return e;
}

static struct sr_err make(const char *name, const char *path,
			  struct sr_err (*fill)(const char *name, void *arg), void *arg)
{
	SR_TRY(fill(name, arg));
	SR_TRY(sync_file(name));
	return stage_move_new(AT_FDCWD, name, AT_FDCWD, path);
}

struct sr_err relay_file_new(const char *path, struct sr_err (*fill)(const char *name, void *arg),
			     void *arg)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	SR_TRY(check_free(&a, path));
	char *name = arena_join(&a, path, "-new.XXXXXX");
	if (!name)
		return sr_nomem();
	int fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return sr_sys("the store cannot be made");
	(void)close(fd);
	struct sr_err e = make(name, path, fill, arg);
	if (sr_bad(e)) {
		remove_all(&a, name);
		return e;
	}
	e = platform_sync_folder(path);
	if (sr_bad(e))
		(void)unlink(path);
	return e;
}

uint64_t relay_file_bytes(const char *path)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct stat st;
	uint64_t n = stat(path, &st) ? 0 : (uint64_t)st.st_size;
	const char *wal = arena_join(&a, path, "-wal");
	if (wal && stat(wal, &st) == 0)
		n += (uint64_t)st.st_size;
	return n;
}
