/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void build_init(struct build *b, size_t len_max)
{
	*b = (struct build){.len_max = len_max};
}

void build_init_secret(struct build *b, size_t len_max)
{
	*b = (struct build){.len_max = len_max, .secret = true};
}

/* grow moves a secret by hand: realloc(3) would leave it behind. */
static uint8_t *grow(struct build *b, size_t cap)
{
	if (!b->secret)
		return realloc(b->ptr, cap);
	uint8_t *p = malloc(cap);
	if (p && b->ptr) {
		memcpy(p, b->ptr, b->len);
		explicit_bzero(b->ptr, b->cap);
		free(b->ptr);
	}
	return p;
}

static bool reserve(struct build *b, size_t len)
{
	if (b->failed)
		return false;
	size_t max = b->len_max ? b->len_max : SIZE_MAX / 4;
	if (len > max || b->len > max - len) {
		b->failed = SR_E_LIMIT;
		return false;
	}
	if (b->len + len <= b->cap)
		return true;
	size_t cap = b->cap ? b->cap : 128;
	while (cap < b->len + len)
		cap *= 2;
	uint8_t *p = grow(b, cap);
	if (!p) {
		b->failed = SR_E_NOMEM;
		return false;
	}
	b->ptr = p;
	b->cap = cap;
	return true;
}

void build_bytes(struct build *b, const void *ptr, size_t len)
{
	if (!len || !reserve(b, len))
		return;
	memcpy(b->ptr + b->len, ptr, len);
	b->len += len;
}

void build_slice(struct build *b, struct slice s)
{
	build_bytes(b, s.ptr, s.len);
}

void build_str(struct build *b, const char *s)
{
	build_bytes(b, s, strlen(s));
}

void build_fmt(struct build *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	/* One byte more than kept: vsnprintf ends with a NUL. */
	if (n >= 0 && reserve(b, (size_t)n + 1)) {
		(void)vsnprintf((char *)b->ptr + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

static void build_uint(struct build *b, uint64_t v, size_t n)
{
	uint8_t le[8];
	for (size_t i = 0; i < n; i++)
		le[i] = (uint8_t)(v >> (8 * i));
	build_bytes(b, le, n);
}

void build_u8(struct build *b, uint8_t v)
{
	build_uint(b, v, 1);
}

void build_u16(struct build *b, uint16_t v)
{
	build_uint(b, v, 2);
}

void build_u32(struct build *b, uint32_t v)
{
	build_uint(b, v, 4);
}

void build_u64(struct build *b, uint64_t v)
{
	build_uint(b, v, 8);
}

void build_sized(struct build *b, struct slice s)
{
	if (s.len > UINT32_MAX) {
		if (!b->failed)
			b->failed = SR_E_LIMIT;
		return;
	}
	build_u32(b, (uint32_t)s.len);
	build_slice(b, s);
}

void build_reset(struct build *b)
{
	b->len = 0;
	b->failed = SR_OK;
}

struct sr_err build_done(const struct build *b, struct slice *out)
{
	if (b->failed == SR_E_NOMEM)
		return sr_nomem();
	if (b->failed)
		return sr_fail(b->failed, "too large to be put together");
	*out = slice_make(b->ptr, b->len);
	return sr_ok();
}

struct sr_err build_keep(struct build *b, struct arena *a, struct slice *out)
{
	struct slice all;
	struct sr_err e = build_done(b, &all);
	const uint8_t *copy = sr_bad(e) ? NULL : arena_dup(a, all.ptr, all.len);
	build_release(b);
	if (sr_bad(e))
		return e;
	if (!copy)
		return sr_nomem();
	*out = slice_make(copy, all.len);
	return sr_ok();
}

void build_release(struct build *b)
{
	if (b->secret && b->ptr)
		explicit_bzero(b->ptr, b->cap);
	free(b->ptr);
	*b = (struct build){.len_max = b->len_max, .secret = b->secret};
}
