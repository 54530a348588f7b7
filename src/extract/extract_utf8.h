/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629): reading, writing, counting, cleaning. */
#ifndef EXTRACT_UTF8_H
#define EXTRACT_UTF8_H

#include "build.h"
#include "slice.h"

#define UTF8_BAD UINT32_MAX
#define UTF8_REPLACEMENT 0xfffd

/* utf8_next reads the character at p, which is before end, and returns how many bytes it takes. c
 * is UTF8_BAD for a malformed one; it takes as many bytes as could have begun a character, at
 * least 1 (Unicode 15, 3.9, "maximal subpart"). */
size_t utf8_next(const uint8_t *p, const uint8_t *end, uint32_t *c);

/* utf8_put appends a character; surrogates and what lies beyond U+10FFFF as U+FFFD. */
void utf8_put(struct build *out, uint32_t c);

/* control_n counts C0 (without tab, line feed, vertical tab, form feed, carriage return), DEL and
 * C1; wide_n the well-formed ones of more than one byte; all_n all, malformed ones included. */
struct utf8_counts {
	uint64_t all_n, wide_n, bad_n, control_n;
};

struct utf8_counts utf8_count(struct slice s);

/* utf8_is_control tells whether control_n counts c. */
bool utf8_is_control(uint32_t c);

/* utf8_is_white tells whether s has nothing but spaces, tabs and line ends of ASCII. */
bool utf8_is_white(struct slice s);

/* utf8_clean appends s with a space for each control character and U+FFFD for each malformed one
 * and returns the number of the latter. */
uint64_t utf8_clean(struct slice s, struct build *out);

#endif
