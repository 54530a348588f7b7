/* SPDX-License-Identifier: Apache-2.0 */
/* What memory does an object take? What closing it gives back: blocks of the heap as malloc(3) cuts
 * them, and of guarded memory the pages that are there (libsodium puts one before each block; the
 * two around it that nobody may touch take none). Linked with --wrap. */
#ifndef MLS_COUNT_H
#define MLS_COUNT_H

#include <stddef.h>

/* mls_count_begin starts counting what is freed, by one thread; mls_count_end returns the bytes. */
void mls_count_begin(void);
size_t mls_count_end(void);

#endif
