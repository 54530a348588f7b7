/* SPDX-License-Identifier: Apache-2.0 */
/* Stands between the code under test and malloc (linked with --wrap). */
#include "test.h"

#include <stdlib.h>

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
