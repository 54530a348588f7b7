/* SPDX-License-Identifier: Apache-2.0 */
/* What a fuzz target offers; libFuzzer or standalone.c calls it. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* LLVMFuzzerTestOneInput gives size hostile bytes to the code under test and returns 0. It keeps
 * nothing from one call to the next and reports a bug by aborting. data may be NULL where size
 * is 0. (The name and the form are libFuzzer's.) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
