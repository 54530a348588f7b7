/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed all at once. Results go in the caller's arena, scratch in a local one that
 * is released on return. The only place where sizes of memory are multiplied and added. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/* {0} is an empty arena; it holds no memory yet. */
struct arena {
	struct arena_block *head; /* NULL while nothing was allocated */
	bool secret;              /* what it leaves behind is wiped */
};

/* arena_alloc returns n zeroed objects of size bytes, aligned for any type, valid until
 * arena_release; NULL if there is no memory or n * size overflows. n or size may be 0. */
void *arena_alloc(struct arena *a, size_t n, size_t size);

/* arena_dup returns a copy of len bytes with a NUL behind it; NULL if there is no memory. */
void *arena_dup(struct arena *a, const void *ptr, size_t len);

/* arena_join returns the string s with t behind it; NULL if there is no memory. */
char *arena_join(struct arena *a, const char *s, const char *t);

/* arena_release frees everything; the arena is empty and usable again. */
void arena_release(struct arena *a);

/* arena_grow makes room for one more object in an array of len objects: it returns the array,
 * moved into a if it had to grow, and updates cap; NULL if there is no memory (the old array stays
 * valid). Start with ptr NULL and cap 0. */
void *arena_grow(struct arena *a, void *ptr, size_t len, size_t *cap, size_t size);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), 1, sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_alloc((a), (n), sizeof(type)))

#endif
