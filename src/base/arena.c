/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Under the address sanitizer every allocation is a block of its own, so that it sees overruns. */
#if defined(__SANITIZE_ADDRESS__)
#define OWN_BLOCKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_BLOCKS 1
#endif
#endif
#ifndef OWN_BLOCKS
#define OWN_BLOCKS 0
#endif

enum { BLOCK_FIRST = 4 * 1024, BLOCK_MAX = 64 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	alignas(max_align_t) unsigned char mem[];
};

static bool product(size_t n, size_t size, size_t *out)
{
	return !__builtin_mul_overflow(n, size, out) &&
	       *out <= SIZE_MAX / 2 - sizeof(struct arena_block);
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
	size_t len;
	if (!product(n, size, &len))
		return NULL;
	size_t need =
		(len + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	struct arena_block *b = a->head;
	if (OWN_BLOCKS || !b || need > b->cap - b->used) {
		size_t cap = !b ? BLOCK_FIRST : b->cap < BLOCK_MAX ? 2 * b->cap : BLOCK_MAX;
		if (cap < need)
			cap = need;
		if (OWN_BLOCKS)
			cap = need = len;
		b = calloc(1, sizeof *b + cap);
		if (!b)
			return NULL;
		b->cap = cap;
		/* A large block goes behind the head: what is left of the head stays in use. */
		if (a->head && cap == need) {
			b->next = a->head->next;
			a->head->next = b;
		} else {
			b->next = a->head;
			a->head = b;
		}
	}
	void *p = b->mem + b->used;
	b->used += need;
	return p;
}

void *arena_dup(struct arena *a, const void *ptr, size_t len)
{
	if (len == SIZE_MAX)
		return NULL;
	unsigned char *p = arena_alloc(a, len + 1, 1);
	if (p && len)
		memcpy(p, ptr, len);
	return p;
}

char *arena_join(struct arena *a, const char *s, const char *t)
{
	size_t n = strlen(s), end = strlen(t) + 1;
	char *p = arena_alloc(a, n + end, 1);
	if (p) {
		memcpy(p, s, n);
		memcpy(p + n, t, end);
	}
	return p;
}

void arena_release(struct arena *a)
{
	struct arena_block *b = a->head;
	while (b) {
		struct arena_block *next = b->next;
		if (a->secret)
			explicit_bzero(b->mem, b->used);
		free(b);
		b = next;
	}
	a->head = NULL;
}

void *arena_grow(struct arena *a, void *ptr, size_t len, size_t *cap, size_t size)
{
	if (len < *cap)
		return ptr;
	size_t n = *cap ? *cap : 4;
	if (n > SIZE_MAX / 2)
		return NULL;
	n *= 2;
	void *p = arena_alloc(a, n, size);
	if (!p)
		return NULL;
	if (len)
		memcpy(p, ptr, len * size);
	*cap = n;
	return p;
}
