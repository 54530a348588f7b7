/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of libxml2. What it allocates while it reads something is in a list, and running out
 * of memory leaves it at once: it neither checks every allocation nor says so. */
#ifndef EXTRACT_HEAP_H
#define EXTRACT_HEAP_H

#include <stdbool.h>

/* heap_open prepares libxml2, which takes its memory through us from then on; false if there is
 * none. Once is enough, more do no harm. */
bool heap_open(void);

/* heap_guard calls fn and frees what libxml2 allocated in it. false: fn was left before its end,
 * by heap_leave or because memory ended. Not to be nested, heap_open comes first (asserted);
 * libxml2's allocator is the process's. */
bool heap_guard(void (*fn)(void *state), void *state);

/* heap_leave ends the fn of heap_guard from within a callback of libxml2. */
_Noreturn void heap_leave(void);

#endif
