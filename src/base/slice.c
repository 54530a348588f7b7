/* SPDX-License-Identifier: Apache-2.0 */
#include "slice.h"

#include <assert.h>
#include <string.h>

struct slice slice_make(const void *ptr, size_t len)
{
	return (struct slice){ptr, len};
}

struct slice slice_str(const char *s)
{
	return slice_make(s, strlen(s));
}

bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int slice_order(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

struct slice slice_sub(struct slice s, size_t off, size_t len)
{
	assert(off <= s.len && len <= s.len - off);
	return slice_make(s.ptr ? s.ptr + off : NULL, len);
}

bool slice_take(struct slice *s, size_t n, struct slice *out)
{
	if (n > s->len)
		return false;
	*out = slice_sub(*s, 0, n);
	*s = slice_sub(*s, n, s->len - n);
	return true;
}

static bool take_uint(struct slice *s, size_t n, uint64_t *out)
{
	struct slice b;
	if (!slice_take(s, n, &b))
		return false;
	uint64_t v = 0;
	for (size_t i = n; i > 0; i--)
		v = v << 8 | b.ptr[i - 1];
	*out = v;
	return true;
}

bool slice_u8(struct slice *s, uint8_t *out)
{
	uint64_t v;
	if (!take_uint(s, 1, &v))
		return false;
	*out = (uint8_t)v;
	return true;
}

bool slice_u16(struct slice *s, uint16_t *out)
{
	uint64_t v;
	if (!take_uint(s, 2, &v))
		return false;
	*out = (uint16_t)v;
	return true;
}

bool slice_u32(struct slice *s, uint32_t *out)
{
	uint64_t v;
	if (!take_uint(s, 4, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

bool slice_u64(struct slice *s, uint64_t *out)
{
	return take_uint(s, 8, out);
}

bool slice_bytes(struct slice *s, struct slice *out)
{
	struct slice t = *s;
	uint32_t n;
	if (!slice_u32(&t, &n) || !slice_take(&t, n, out))
		return false;
	*s = t;
	return true;
}
