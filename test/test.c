/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned run_n, failed_n;
static bool this_failed;

void test_run(const char *name, void (*fn)(void))
{
	this_failed = false;
	fn();
	run_n++;
	failed_n += this_failed;
	printf("%s %u - %s\n", this_failed ? "not ok" : "ok", run_n, name);
	(void)fflush(stdout);
}

bool test_check(bool cond, const char *file, int line, const char *text, const char *fmt, ...)
{
	if (cond)
		return true;
	this_failed = true;
	printf("# %s:%d: %s: ", file, line, text);
	va_list ap;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
	return false;
}

void test_skip(const char *name, const char *reason)
{
	run_n++;
	printf("ok %u - %s # SKIP %s\n", run_n, name, reason);
}

int test_done(void)
{
	printf("1..%u\n", run_n);
	return failed_n ? EXIT_FAILURE : EXIT_SUCCESS;
}

size_t test_rounds(size_t full)
{
	return TEST_SANITIZED ? full / 4 : full;
}

size_t test_stride(size_t apart)
{
	return TEST_SANITIZED ? apart : 1;
}

uint64_t test_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}
