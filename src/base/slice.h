/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that belong to somebody else. A slice borrows; a parser cuts from its front, takes all or
 * nothing, and refuses what is left over. Integers in files are little-endian. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ptr may be NULL where len is 0. */
struct slice {
	const uint8_t *ptr;
	size_t len;
};

/* SLICE_LIT makes a slice of a string literal without its NUL. */
#define SLICE_LIT(s) ((struct slice){(const uint8_t *)(s), sizeof(s) - 1})

struct slice slice_make(const void *ptr, size_t len);

/* slice_str borrows a NUL-terminated string. */
struct slice slice_str(const char *s);

bool slice_eq(struct slice a, struct slice b);

/* slice_order compares as strcmp does: below, equal to or above 0; byte by byte, a prefix first. */
int slice_order(struct slice a, struct slice b);

/* slice_sub returns len bytes from off; both must lie inside s (asserted). */
struct slice slice_sub(struct slice s, size_t off, size_t len);

/* slice_take cuts n bytes from the front of s into out; false, and nothing changed, if s is
 * shorter. */
bool slice_take(struct slice *s, size_t n, struct slice *out);

/* slice_u8, _u16, _u32, _u64 cut one little-endian integer; false, and nothing changed, if s is
 * too short. */
bool slice_u8(struct slice *s, uint8_t *out);
bool slice_u16(struct slice *s, uint16_t *out);
bool slice_u32(struct slice *s, uint32_t *out);
bool slice_u64(struct slice *s, uint64_t *out);

/* slice_bytes cuts a 32-bit length and that many bytes. */
bool slice_bytes(struct slice *s, struct slice *out);

#endif
