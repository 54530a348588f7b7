/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_guarded.h"

#include <assert.h>
#include <dlfcn.h>
#include <sodium.h>
#include <string.h>

enum { BLOCKS_MAX = 4096 };

static struct {
	uint8_t *ptr;
	size_t len;
} blocks[BLOCKS_MAX];
static size_t blocks_n, countdown;
static bool failed;

void guarded_fail_at(size_t n)
{
	countdown = n;
	failed = false;
}

bool guarded_failed(void)
{
	return failed;
}

size_t guarded_n(void)
{
	return blocks_n;
}

const uint8_t *guarded_at(size_t i, size_t *len)
{
	*len = blocks[i].len;
	return blocks[i].ptr;
}

static void real_name(const char *name, void *fn)
{
	void *found = dlsym(RTLD_NEXT, name);
	memcpy(fn, &found, sizeof found);
}

void *sodium_malloc(const size_t len)
{
	void *(*real)(size_t);
	if (countdown && !--countdown) {
		failed = true;
		return NULL;
	}
	real_name("sodium_malloc", &real);
	uint8_t *p = real(len);
	assert(blocks_n < BLOCKS_MAX);
	if (p) {
		blocks[blocks_n].ptr = p;
		blocks[blocks_n++].len = len;
	}
	return p;
}

void sodium_free(void *p)
{
	void (*real)(void *);
	size_t i = 0;
	while (i < blocks_n && blocks[i].ptr != p)
		i++;
	if (i < blocks_n)
		blocks[i] = blocks[--blocks_n];
	real_name("sodium_free", &real);
	real(p);
}
