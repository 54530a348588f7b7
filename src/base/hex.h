/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as hexadecimal digits, two for each byte, lower case. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "build.h"
#include "slice.h"

/* hex_write appends the digits of s. */
void hex_write(struct build *b, struct slice s);

/* hex_read writes the len bytes that text stands for; false, and out undefined, if text is anything
 * but their digits. */
bool hex_read(struct slice text, uint8_t *out, size_t len);

#endif
