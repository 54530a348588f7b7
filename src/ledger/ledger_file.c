/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_file.h"

#include "build.h"
#include "ledger.h"
#include "platform.h"
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct sr_err file_fail(const struct sr_sink *sink, enum sr_code code, const char *what)
{
	note(sink, SR_ERROR, 0, 0, "%s", what);
	return sr_fail(code, what);
}

struct sr_err file_sys(const struct sr_sink *sink, const char *what)
{
	int sys = errno;
	note(sink, SR_ERROR, 0, 0, "%s: %s", what, strerror(sys));
	return (struct sr_err){SR_E_IO, sys, what};
}

/* Reads up to len bytes; less only at the end of the file. */
static struct sr_err read_up_to(int fd, const struct sr_sink *sink, uint8_t *buf, size_t len,
				size_t *got)
{
	struct sr_err e = platform_read_full(fd, buf, len, got);
	errno = e.sys;
	return sr_bad(e) ? file_sys(sink, "the ledger cannot be read") : e;
}

static struct sr_err read_header(int fd, const struct sr_sink *sink, uint8_t buf[SEAL_HEADER_LEN],
				 struct seal_header *out)
{
	size_t len;
	if (lseek(fd, 0, SEEK_SET))
		return file_sys(sink, "the ledger cannot be read");
	SR_TRY(read_up_to(fd, sink, buf, SEAL_HEADER_LEN, &len));
	if (!seal_is_sealed(slice_make(buf, len)))
		return file_fail(sink, SR_E_STATE, "the ledger is not sealed");
	struct sr_err e = seal_header_read(slice_make(buf, len), out);
	return sr_bad(e) ? file_fail(sink, e.code, e.what) : e;
}

struct sr_err file_open(const char *path, const struct sr_sink *sink, int flags, int *out)
{
	struct stat st;
	int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return file_sys(sink, errno == ENOENT ? "the ledger is missing"
						      : "the ledger cannot be opened");
	struct sr_err e = sr_ok();
	if (fstat(fd, &st))
		e = file_sys(sink, "the ledger cannot be opened");
	else if (!S_ISREG(st.st_mode))
		e = file_fail(sink, SR_E_INPUT, "this is not a ledger of subrosa");
	if (sr_bad(e))
		(void)close(fd);
	else
		*out = fd;
	return e;
}

struct sr_err file_is_sealed(const char *path, const struct sr_sink *sink, bool *sealed)
{
	uint8_t buf[SEAL_HEADER_LEN];
	size_t len = 0;
	int fd;
	SR_TRY(file_open(path, sink, O_RDONLY, &fd));
	struct sr_err e = read_up_to(fd, sink, buf, sizeof buf, &len);
	(void)close(fd);
	if (!sr_bad(e))
		*sealed = seal_is_sealed(slice_make(buf, len));
	return e;
}

struct sr_err file_header(int fd, const struct sr_sink *sink, struct seal_header *out)
{
	uint8_t buf[SEAL_HEADER_LEN];
	return read_header(fd, sink, buf, out);
}

struct sr_err file_read_header(const char *path, const struct sr_sink *sink,
			       struct seal_header *out)
{
	int fd;
	SR_TRY(file_open(path, sink, O_RDONLY, &fd));
	struct sr_err e = file_header(fd, sink, out);
	(void)close(fd);
	return e;
}

struct sr_err file_read_sealed(int fd, struct arena *a, const struct sr_sink *sink,
			       struct seal_header *h, struct slice *out)
{
	uint8_t buf[SEAL_HEADER_LEN];
	struct stat st;
	size_t got;
	if (fstat(fd, &st))
		return file_sys(sink, "the ledger cannot be read");
	SR_TRY(read_header(fd, sink, buf, h));
	size_t len = SEAL_HEADER_LEN + (size_t)h->body_len + CRYPTO_TAG_LEN;
	if (st.st_size < (off_t)len)
		return file_fail(sink, SR_E_INPUT, "the sealed ledger is truncated");
	if (st.st_size > (off_t)len)
		return file_fail(sink, SR_E_INPUT, "the sealed ledger is damaged");
	uint8_t *bytes = arena_alloc(a, len, 1);
	if (!bytes)
		return sr_nomem();
	memcpy(bytes, buf, sizeof buf);
	SR_TRY(read_up_to(fd, sink, bytes + sizeof buf, len - sizeof buf, &got));
	if (got != len - sizeof buf)
		return file_fail(sink, SR_E_INPUT, "the sealed ledger is truncated");
	*out = slice_make(bytes, len);
	return sr_ok();
}

/* Locks fd if nobody else has, and tells whether path still names it. */
static struct sr_err try_lock(const char *path, const struct sr_sink *sink, int fd, bool *locked)
{
	struct stat a, b;
	*locked = false;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK || errno == EINTR
			       ? sr_ok()
			       : file_sys(sink, "the ledger cannot be locked");
	if (fstat(fd, &a))
		return file_sys(sink, "the ledger cannot be locked");
	*locked = stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	return sr_ok();
}

static struct sr_err lock(const char *path, const struct sr_sink *sink, int flags, int *out)
{
	static const struct timespec pause = {0, 5000000};
	int64_t deadline = platform_clock_ms() + LEDGER_BUSY_MS;
	for (;;) {
		int fd;
		bool locked;
		SR_TRY(file_open(path, sink, O_RDWR | flags, &fd));
		struct sr_err e = try_lock(path, sink, fd, &locked);
		if (!sr_bad(e) && locked) {
			*out = fd;
			return e;
		}
		(void)close(fd);
		if (sr_bad(e))
			return e;
		if (platform_clock_ms() > deadline)
			return file_fail(sink, SR_E_STATE,
					 "the ledger is in use by another program");
		(void)nanosleep(&pause, NULL);
	}
}

struct sr_err file_lock(const char *path, const struct sr_sink *sink, int *out)
{
	return lock(path, sink, 0, out);
}

struct sr_err file_sync_folder(const char *path, const struct sr_sink *sink)
{
	struct sr_err e = platform_sync_folder(path);
	errno = e.sys;
	return e.code == SR_E_IO ? file_sys(sink, "the folder of the ledger cannot be synced") : e;
}

static struct sr_err write_and_sync(int fd, const struct sr_sink *sink, struct slice bytes)
{
	struct sr_err e = platform_write_all(fd, bytes.ptr, bytes.len);
	if (!sr_bad(e) && !fsync(fd))
		return e;
	if (sr_bad(e))
		errno = e.sys;
	return file_sys(sink, "the ledger cannot be written");
}

/* A new file is its owner's alone, and belongs to whom the file belonged that it replaces. */
static struct sr_err write_tmp(int fd, const char *path, const struct sr_sink *sink,
			       struct slice bytes)
{
	struct stat st;
	if (fchmod(fd, 0600) || stat(path, &st))
		return file_sys(sink, "the ledger cannot be written");
	if (st.st_uid != geteuid() && fchown(fd, st.st_uid, st.st_gid))
		return file_sys(sink, "the ledger cannot keep its owner");
	return write_and_sync(fd, sink, bytes);
}

static struct sr_err replace_by(const char *tmp, const char *path, const struct sr_sink *sink,
				struct slice bytes)
{
	(void)unlink(tmp);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return file_sys(sink, "the ledger cannot be written");
	struct sr_err e = write_tmp(fd, path, sink, bytes);
	if (close(fd) && !sr_bad(e))
		e = file_sys(sink, "the ledger cannot be written");
	if (!sr_bad(e) && rename(tmp, path))
		e = file_sys(sink, "the ledger cannot be replaced");
	if (sr_bad(e)) {
		(void)unlink(tmp);
		return e;
	}
	return file_sync_folder(path, sink);
}

struct sr_err file_replace(const char *path, const struct sr_sink *sink, struct slice bytes)
{
	struct arena a = {0};
	const char *tmp = arena_join(&a, path, FILE_TMP_SUFFIX);
	struct sr_err e = tmp ? replace_by(tmp, path, sink, bytes) : sr_nomem();
	arena_release(&a);
	return e;
}

/* is_ours: nobody else's, and nowhere else. */
static struct sr_err is_ours(const struct file_new *f, const struct sr_sink *sink)
{
	struct stat st;
	if (fstat(f->fd, &st))
		return file_sys(sink, "the ledger cannot be created");
	return platform_is_own(&st)
		       ? sr_ok()
		       : file_fail(sink, SR_E_STATE,
				   "the ledger cannot be created: what has its name with "
				   "\"" FILE_NEW_SUFFIX "\" behind it is in the way; move it away");
}

struct sr_err file_make_new(const char *path, const struct sr_sink *sink, struct arena *a,
			    struct file_new *out)
{
	struct file_new f = {.tmp = arena_join(a, path, FILE_NEW_SUFFIX)};
	f.journal = f.tmp ? arena_join(a, f.tmp, "-journal") : NULL;
	if (!f.journal)
		return sr_nomem();
	SR_TRY(lock(f.tmp, sink, O_CREAT | O_NOFOLLOW, &f.fd));
	struct sr_err e = is_ours(&f, sink);
	if (sr_bad(e)) {
		(void)close(f.fd);
		return e;
	}
	(void)unlink(f.journal);
	/* It may be left over, and the umask may have taken rights away. */
	if (fchmod(f.fd, 0600) || ftruncate(f.fd, 0)) {
		e = file_sys(sink, "the ledger cannot be created");
		file_drop_new(&f);
		return e;
	}
	*out = f;
	return sr_ok();
}

void file_drop_new(const struct file_new *f)
{
	(void)unlink(f->tmp);
	(void)unlink(f->journal);
	(void)close(f->fd);
}

struct sr_err file_place_new(const char *path, const struct sr_sink *sink, const struct file_new *f)
{
	struct sr_err e = stage_move_new(AT_FDCWD, f->tmp, AT_FDCWD, path);
	if (sr_bad(e)) {
		errno = e.sys;
		e = e.sys == EEXIST
			    ? file_fail(sink, SR_E_STATE, "a file of this name is there already")
			    : file_sys(sink, "the ledger cannot be created");
		file_drop_new(f);
		return e;
	}
	(void)close(f->fd);
	e = file_sync_folder(path, sink);
	if (sr_bad(e))
		(void)unlink(path);
	return e;
}

struct sr_err file_create(const char *path, const struct sr_sink *sink, struct slice bytes)
{
	struct arena a = {0};
	struct file_new f;
	struct sr_err e = file_make_new(path, sink, &a, &f);
	if (!sr_bad(e)) {
		e = write_and_sync(f.fd, sink, bytes);
		if (sr_bad(e))
			file_drop_new(&f);
		else
			e = file_place_new(path, sink, &f);
	}
	arena_release(&a);
	return e;
}
