/* SPDX-License-Identifier: Apache-2.0 */
/* The test harness: prints TAP (one line a test), goes on after a failed check, and can make the
 * N-th allocation of the code under test fail. */
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CHECK notes a failure with a printf-style reason (the row of a table, say) and goes on. */
#define CHECK(cond, ...) test_check((cond), __FILE__, __LINE__, #cond, __VA_ARGS__)

/* test_run runs one test and prints its line. */
void test_run(const char *name, void (*fn)(void));

/* test_check returns cond. */
bool test_check(bool cond, const char *file, int line, const char *text, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* test_skip counts one case that could not run, with the reason. */
void test_skip(const char *name, const char *reason);

/* test_done prints the plan and returns the exit status of the program. */
int test_done(void);

/* test_random: a small generator for tests with a printed seed (SplitMix64); not for secrets. */
uint64_t test_random(uint64_t *state);

/* test_rounds returns how often a test of chances draws: full, or a quarter of it in a build with a
 * sanitizer, which is there for other faults. Its limits follow from this number. */
size_t test_rounds(size_t full);

/* test_stride returns how far apart the points are of a loop that tries one after the other: 1, or
 * apart in a build with a sanitizer, which takes so much longer. */
size_t test_stride(size_t apart);

/* test_alloc_fail_at makes the n-th allocation from now (counting from 1) return NULL, once; 0
 * switches it off. test_alloc_failed tells whether it happened. Needs the link arguments that
 * test/meson.build gives (wrap_alloc). Usage: for (n = 1;; n++) { fail_at(n); call; if
 * (!test_alloc_failed()) break; check that the call reported SR_E_NOMEM; } */
void test_alloc_fail_at(size_t n);
bool test_alloc_failed(void);

/* test_io_fail_at makes the n-th call from now of write, fsync, fchmod or rename in our own code
 * fail with errno sys, once; a write has then written half. 0 switches it off. If sys is 0, the
 * process ends there with status TEST_DIED, as if it were killed. */
enum { TEST_DIED = 77 };
void test_io_fail_at(size_t n, int sys);
bool test_io_failed(void);

/* test_threads_refuse_from lets our own code make n threads from now on, and has the system refuse
 * more; UINT_MAX switches it off. test_threads_made is how many were made since. */
void test_threads_refuse_from(unsigned n);
unsigned test_threads_made(void);

/* test_io_no_sync lets fsync do nothing, where a test does not need the disk. */
void test_io_no_sync(bool on);

#endif
