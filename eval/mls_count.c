/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_count.h"

#include "crypto.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* The names are the linker's, not ours. */
#pragma GCC diagnostic ignored "-Wpedantic"

enum { BLOCKS_MAX = 1024, PAGE = 4096, CANARY = 16 };

static struct {
	void *ptr;
	size_t len;
} guarded[BLOCKS_MAX];
static size_t freed;
static bool counting;

void __real_free(void *p);
void __wrap_free(void *p);
void *__real_crypto_guarded_alloc(size_t len);
void __real_crypto_guarded_free(void *p);
void *__wrap_crypto_guarded_alloc(size_t len);
void __wrap_crypto_guarded_free(void *p);

void mls_count_begin(void)
{
	freed = 0;
	counting = true;
}

size_t mls_count_end(void)
{
	counting = false;
	return freed;
}

void __wrap_free(void *p)
{
	if (counting && p)
		freed += malloc_usable_size(p) + sizeof(size_t);
	__real_free(p);
}

/* slot returns where a block is noted, or a place for NULL. */
static size_t slot(const void *p)
{
	size_t i = 0;
	while (i < BLOCKS_MAX && guarded[i].ptr != p)
		i++;
	if (i == BLOCKS_MAX) {
		(void)fprintf(stderr, "mls_count: more guarded memory than can be counted\n");
		exit(2);
	}
	return i;
}

void *__wrap_crypto_guarded_alloc(size_t len)
{
	void *p = __real_crypto_guarded_alloc(len);
	size_t i = p ? slot(NULL) : 0;
	if (p) {
		guarded[i].ptr = p;
		guarded[i].len = len;
	}
	return p;
}

void __wrap_crypto_guarded_free(void *p)
{
	if (p) {
		size_t i = slot(p);
		if (counting)
			freed += PAGE + (guarded[i].len + CANARY + PAGE - 1) / PAGE * PAGE;
		guarded[i].ptr = NULL;
	}
	__real_crypto_guarded_free(p);
}
