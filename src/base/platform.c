/* SPDX-License-Identifier: Apache-2.0 */
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int64_t platform_now(void)
{
	return (int64_t)time(NULL);
}

int64_t platform_clock_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct sr_err read_fd(struct arena *a, int fd, size_t len_max, struct slice *out)
{
	struct stat st;
	size_t cap = 64 * 1024;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return sr_sys("cannot be read");
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		cap = (size_t)st.st_size < len_max ? (size_t)st.st_size + 1 : len_max + 1;
	uint8_t *buf = arena_alloc(a, cap + 1, 1);
	if (!buf)
		return sr_nomem();
	size_t len = 0;
	for (;;) {
		if (len == cap) {
			uint8_t *more = arena_alloc(a, 2 * cap + 1, 1);
			if (!more)
				return sr_nomem();
			memcpy(more, buf, len);
			buf = more;
			cap *= 2;
		}
		ssize_t n = read(fd, buf + len, cap - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sr_sys("cannot be read");
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > len_max)
			return sr_fail(SR_E_LIMIT, "is larger than subrosa accepts");
	}
	buf[len] = 0;
	*out = slice_make(buf, len);
	return sr_ok();
}

struct sr_err platform_read_file(struct arena *a, const char *path, size_t len_max,
				 struct slice *out)
{
	if (strcmp(path, "-") == 0)
		return read_fd(a, STDIN_FILENO, len_max, out);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return sr_sys("cannot be opened");
	struct sr_err e = read_fd(a, fd, len_max, out);
	(void)close(fd);
	return e;
}

struct sr_err platform_read_full(int fd, void *ptr, size_t len, size_t *got)
{
	uint8_t *p = ptr;
	size_t have = 0;
	while (have < len) {
		ssize_t n = read(fd, p + have, len - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sr_sys("cannot be read");
		if (n == 0)
			break;
		have += (size_t)n;
	}
	*got = have;
	return sr_ok();
}

struct sr_err platform_write_all(int fd, const void *ptr, size_t len)
{
	const uint8_t *p = ptr;
	while (len) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sr_sys("cannot be written");
		p += n;
		len -= (size_t)n;
	}
	return sr_ok();
}

static struct sr_err write_and_rename(int fd, const char *tmp, const char *path, struct slice bytes,
				      unsigned mode)
{
	struct sr_err e = platform_write_all(fd, bytes.ptr, bytes.len);
	if (!sr_bad(e) && (fchmod(fd, mode) || fsync(fd)))
		e = sr_sys("cannot be written");
	if (close(fd) && !sr_bad(e))
		e = sr_sys("cannot be written");
	if (!sr_bad(e) && rename(tmp, path))
		e = sr_sys("cannot be put in place");
	return e;
}

struct sr_err platform_write_file(const char *path, struct slice bytes, unsigned mode)
{
	struct arena a = {0};
	char *tmp = arena_join(&a, path, ".XXXXXX");
	if (!tmp)
		return sr_nomem();
	struct sr_err e;
	int fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		e = sr_sys("cannot be created");
	} else {
		e = write_and_rename(fd, tmp, path, bytes, mode);
		if (sr_bad(e))
			(void)unlink(tmp);
	}
	arena_release(&a);
	return e;
}

bool platform_is_own(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1 && st->st_uid == geteuid();
}

/* lock_spare locks the file fd, which was opened as path. *mine tells whether it still has that
 * name. */
static struct sr_err lock_spare(int fd, const char *path, bool *mine)
{
	struct stat own, named;
	if (fstat(fd, &own))
		return sr_sys("cannot be written");
	if (S_ISREG(own.st_mode) && own.st_nlink == 0) {
		*mine = false; /* it was put in place, and replaced, since it was opened */
		return sr_ok();
	}
	if (!platform_is_own(&own))
		return sr_fail(SR_E_STATE,
			       "cannot be written: what has its name with "
			       "\"" PLATFORM_SPARE "\" behind it is in the way; move it away");
	if (flock(fd, LOCK_EX))
		return sr_sys("cannot be locked");
	*mine = lstat(path, &named) == 0 && named.st_dev == own.st_dev &&
		named.st_ino == own.st_ino;
	return sr_ok();
}

static struct sr_err open_spare(const char *path, int *out)
{
	bool mine = false;
	while (!mine) {
		/* Neither a link nor a pipe without a reader is followed or waited for. */
		int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
		int fd = open(path, flags, 0600);
		if (fd < 0)
			return sr_sys("cannot be created");
		struct sr_err e = lock_spare(fd, path, &mine);
		if (!mine)
			(void)close(fd);
		if (sr_bad(e))
			return e;
		*out = fd;
	}
	return sr_ok();
}

/* The lock is held until the file has its new name. */
static struct sr_err write_spare(int fd, const char *spare, const char *path, struct slice bytes,
				 unsigned mode)
{
	struct sr_err e = ftruncate(fd, 0) ? sr_sys("cannot be written") : sr_ok();
	if (!sr_bad(e))
		e = platform_write_all(fd, bytes.ptr, bytes.len);
	if (!sr_bad(e) && (fchmod(fd, mode) || fsync(fd)))
		e = sr_sys("cannot be written");
	if (!sr_bad(e) && rename(spare, path))
		e = sr_sys("cannot be put in place");
	if (sr_bad(e))
		(void)unlink(spare);
	(void)close(fd);
	return e;
}

struct sr_err platform_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	if (!folder)
		return sr_nomem();
	struct sr_err e = sr_ok();
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd))
		e = sr_sys("the folder cannot be synced");
	if (fd >= 0)
		(void)close(fd);
	free(folder);
	return e;
}

struct sr_err platform_replace_file(const char *path, struct slice bytes, unsigned mode)
{
	struct arena a = {0};
	const char *spare = arena_join(&a, path, PLATFORM_SPARE);
	int fd = -1;
	if (!spare)
		return sr_nomem();
	struct sr_err e = open_spare(spare, &fd);
	if (!sr_bad(e))
		e = write_spare(fd, spare, path, bytes, mode);
	arena_release(&a);
	return e;
}
