/* SPDX-License-Identifier: Apache-2.0 */
/* A list whose links are part of what is in it, so that adding and removing cannot fail. Its head
 * is a link as well. */
#ifndef RELAY_RING_H
#define RELAY_RING_H

#include <stdbool.h>
#include <stddef.h>

/* All zeros: in no list. Must not move while it is in one. */
struct relay_ring {
	struct relay_ring *before, *behind;
};

/* RELAY_RING_OF returns the object of this type whose member is the link r. */
#define RELAY_RING_OF(r, type, member) ((type *)(void *)((char *)(r)-offsetof(type, member)))

/* relay_ring_init makes r the head of an empty list. */
static inline void relay_ring_init(struct relay_ring *r)
{
	r->before = r->behind = r;
}

/* relay_ring_is_in tells whether r, not a head, is in a list. */
static inline bool relay_ring_is_in(const struct relay_ring *r)
{
	return r->behind;
}

/* relay_ring_add puts r, which is in no list, at the end of one. */
static inline void relay_ring_add(struct relay_ring *head, struct relay_ring *r)
{
	r->before = head->before;
	r->behind = head;
	head->before->behind = r;
	head->before = r;
}

/* relay_ring_remove takes r out of the list that it is in. */
static inline void relay_ring_remove(struct relay_ring *r)
{
	r->before->behind = r->behind;
	r->behind->before = r->before;
	r->before = r->behind = NULL;
}

/* relay_ring_first returns the first link of a list, NULL if it is empty. */
static inline struct relay_ring *relay_ring_first(const struct relay_ring *head)
{
	return head->behind == head ? NULL : head->behind;
}

#endif
