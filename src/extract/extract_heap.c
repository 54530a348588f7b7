/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_heap.h"

#include <assert.h>
#include <libxml/parser.h>
#include <libxml/xmlmemory.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct block {
	struct block *prev, *next;
};

static_assert(sizeof(struct block) % alignof(max_align_t) == 0, "blocks stay aligned");

static struct {
	bool is_open;
	struct block list;
	jmp_buf *leave; /* NULL: nothing is being read */
} heap;

static void link_block(struct block *b)
{
	struct block *at = heap.leave ? &heap.list : b;
	*b = (struct block){at, at};
	if (!heap.leave)
		return;
	b->next = at->next;
	b->next->prev = b;
	at->next = b;
}

static void unlink_block(struct block *b)
{
	b->prev->next = b->next;
	b->next->prev = b->prev;
}

static void *no_memory(void)
{
	if (heap.leave)
		longjmp(*heap.leave, 1);
	return NULL;
}

static void heap_free(void *ptr)
{
	if (!ptr)
		return;
	unlink_block((struct block *)ptr - 1);
	free((struct block *)ptr - 1);
}

static void *heap_malloc(size_t len)
{
	struct block *b = len < SIZE_MAX / 2 ? malloc(sizeof *b + len) : NULL;
	if (!b)
		return no_memory();
	link_block(b);
	return b + 1;
}

static void *heap_realloc(void *ptr, size_t len)
{
	if (!ptr)
		return heap_malloc(len);
	struct block *old = (struct block *)ptr - 1;
	bool alone = old->next == old;
	struct block *b = len < SIZE_MAX / 2 ? realloc(old, sizeof *b + len) : NULL;
	if (!b)
		return no_memory();
	if (alone)
		*b = (struct block){b, b};
	b->prev->next = b;
	b->next->prev = b;
	return b + 1;
}

static char *heap_strdup(const char *s)
{
	size_t len = strlen(s) + 1;
	char *copy = heap_malloc(len);
	return copy ? memcpy(copy, s, len) : NULL;
}

void heap_leave(void)
{
	assert(heap.leave);
	longjmp(*heap.leave, 1);
}

bool heap_open(void)
{
	if (heap.is_open)
		return true;
	heap.list = (struct block){&heap.list, &heap.list};
	/* What it holds by now was not allocated by us. */
	xmlResetLastError();
	if (xmlMemSetup(heap_free, heap_malloc, heap_realloc, heap_strdup))
		return false;
	xmlInitParser();
	heap.is_open = true;
	return true;
}

static void release(void)
{
	xmlResetLastError();
	while (heap.list.next != &heap.list)
		heap_free(heap.list.next + 1);
	heap.leave = NULL;
}

bool heap_guard(void (*fn)(void *state), void *state)
{
	jmp_buf leave;
	assert(heap.is_open && !heap.leave);
	heap.leave = &leave;
	if (setjmp(leave)) {
		release();
		return false;
	}
	fn(state);
	release();
	return true;
}
