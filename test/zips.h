/* SPDX-License-Identifier: Apache-2.0 */
/* ZIP archives for tests: written here byte by byte (APPNOTE 4.3), so that they can be wrong in any
 * way. Parts are stored, or deflated by libzip's zlib through zips_deflated. */
#ifndef ZIPS_H
#define ZIPS_H

#include "arena.h"
#include "build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A part. time: of DOS, date in the upper half. claims: the size its headers tell, 0 for the true
 * one. packed: bytes as they lie in the archive (method 8), or NULL: stored. */
struct zips_part {
	const char *name;
	struct slice bytes;
	uint32_t time;
	uint16_t flags, method;
	struct slice packed;
	uint32_t claims;
	uint32_t attributes;
};

static inline uint32_t zips_crc(struct slice s)
{
	uint32_t crc = ~0u;
	for (size_t i = 0; i < s.len; i++) {
		crc ^= s.ptr[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* The fields that local and central headers share. */
static inline void zips_fields(const struct zips_part *p, struct build *b)
{
	struct slice packed = p->packed.ptr ? p->packed : p->bytes;
	build_u16(b, 20);
	build_u16(b, p->flags);
	build_u16(b, p->method);
	build_u32(b, p->time);
	build_u32(b, zips_crc(p->bytes));
	build_u32(b, (uint32_t)packed.len);
	build_u32(b, p->claims ? p->claims : (uint32_t)p->bytes.len);
	build_u16(b, (uint16_t)strlen(p->name));
}

/* zips_make writes an archive of n parts; it lives in a. */
static inline struct slice zips_make(struct arena *a, const struct zips_part *p, size_t n)
{
	struct build b = {0};
	uint32_t *at = ARENA_ARRAY(a, n + 1, uint32_t);
	assert(at);
	for (size_t i = 0; i < n; i++) {
		at[i] = (uint32_t)b.len;
		build_str(&b, "PK\3\4");
		zips_fields(&p[i], &b);
		build_u16(&b, 0);
		build_str(&b, p[i].name);
		build_slice(&b, p[i].packed.ptr ? p[i].packed : p[i].bytes);
	}
	at[n] = (uint32_t)b.len;
	for (size_t i = 0; i < n; i++) {
		build_str(&b, "PK\1\2");
		build_u16(&b, 0x0314);
		zips_fields(&p[i], &b);
		build_bytes(&b, "\0\0\0\0\0\0\0\0", 8); /* extra, comment, disk, internal */
		build_u32(&b, p[i].attributes);
		build_u32(&b, at[i]);
		build_str(&b, p[i].name);
	}
	uint32_t dir_len = (uint32_t)b.len - at[n];
	build_bytes(&b, "PK\5\6\0\0\0\0", 8);
	build_u16(&b, (uint16_t)n);
	build_u16(&b, (uint16_t)n);
	build_u32(&b, dir_len);
	build_u32(&b, at[n]);
	build_u16(&b, 0);
	struct slice all;
	struct sr_err e = build_done(&b, &all);
	assert(!sr_bad(e));
	all.ptr = arena_dup(a, all.ptr, all.len);
	assert(all.ptr);
	build_release(&b);
	return all;
}

#endif
