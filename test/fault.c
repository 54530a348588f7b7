/* SPDX-License-Identifier: Apache-2.0 */
/* Stands between the code under test and malloc, the calls that change files, and the one that
 * makes threads (linked with --wrap). */
#include "test.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The names are the linker's, not ours. */
#pragma GCC diagnostic ignored "-Wpedantic"

static size_t countdown;
static bool failed;

void *__real_malloc(size_t len);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *ptr, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *ptr, size_t len);

void test_alloc_fail_at(size_t n)
{
	countdown = n;
	failed = false;
}

bool test_alloc_failed(void)
{
	return failed;
}

static bool fails_now(void)
{
	if (!countdown || --countdown)
		return false;
	failed = true;
	return true;
}

void *__wrap_malloc(size_t len)
{
	return fails_now() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *ptr, size_t len)
{
	return fails_now() ? NULL : __real_realloc(ptr, len);
}

static size_t io_countdown;
static int io_sys;
static bool io_failed, io_no_sync;

ssize_t __real_write(int fd, const void *ptr, size_t len);
int __real_fsync(int fd);
int __real_fchmod(int fd, mode_t mode);
int __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *ptr, size_t len);
int __wrap_fsync(int fd);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_rename(const char *from, const char *to);

void test_io_fail_at(size_t n, int sys)
{
	io_countdown = n;
	io_sys = sys;
	io_failed = false;
}

bool test_io_failed(void)
{
	return io_failed;
}

void test_io_no_sync(bool on)
{
	io_no_sync = on;
}

static bool io_fails_now(void)
{
	if (!io_countdown || --io_countdown)
		return false;
	if (!io_sys)
		_exit(TEST_DIED);
	io_failed = true;
	errno = io_sys;
	return true;
}

ssize_t __wrap_write(int fd, const void *ptr, size_t len)
{
	if (io_countdown == 1)
		(void)!__real_write(fd, ptr, len / 2);
	return io_fails_now() ? -1 : __real_write(fd, ptr, len);
}

int __wrap_fsync(int fd)
{
	if (io_fails_now())
		return -1;
	return io_no_sync ? 0 : __real_fsync(fd);
}

int __wrap_fchmod(int fd, mode_t mode)
{
	return io_fails_now() ? -1 : __real_fchmod(fd, mode);
}

int __wrap_rename(const char *from, const char *to)
{
	return io_fails_now() ? -1 : __real_rename(from, to);
}

static unsigned threads_made_n, threads_max = UINT_MAX;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg);

void test_threads_refuse_from(unsigned n)
{
	threads_made_n = 0;
	threads_max = n;
}

unsigned test_threads_made(void)
{
	return threads_made_n;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg)
{
	if (threads_made_n >= threads_max)
		return EAGAIN;
	threads_made_n++;
	return __real_pthread_create(thread, attr, fn, arg);
}
