/* SPDX-License-Identifier: Apache-2.0 */
/* Guarded memory as the code under test gets it from libsodium: it can be made to fail, and looked
 * at. Whatever program has this linked in has it instead of the library's. */
#ifndef MLS_GUARDED_H
#define MLS_GUARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* guarded_fail_at and guarded_failed are as test_alloc_fail_at and test_alloc_failed. */
void guarded_fail_at(size_t n);
bool guarded_failed(void);

/* guarded_n is how many blocks there are; guarded_at gives one of them. */
size_t guarded_n(void);
const uint8_t *guarded_at(size_t i, size_t *len);

#endif
