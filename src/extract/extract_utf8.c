/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_utf8.h"

#include <string.h>

/* The bounds of the second byte depend on the first (RFC 3629, 4). */
static bool second_fits(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

static size_t wide_len(uint8_t first)
{
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t utf8_next(const uint8_t *p, const uint8_t *end, uint32_t *c)
{
	*c = *p;
	if (*p < 0x80)
		return 1;
	size_t len = wide_len(*p);
	uint32_t v = *p & (0x7fU >> len);
	*c = UTF8_BAD;
	if (!len)
		return 1;
	for (size_t i = 1; i < len; i++) {
		if (p + i == end || (i == 1 ? !second_fits(p[0], p[1]) : (p[i] & 0xc0) != 0x80))
			return i;
		v = v << 6 | (p[i] & 0x3fU);
	}
	*c = v;
	return len;
}

void utf8_put(struct build *out, uint32_t c)
{
	uint8_t b[4];
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
		utf8_put(out, UTF8_REPLACEMENT);
		return;
	}
	for (size_t i = len - 1; i > 0; i--) {
		b[i] = (uint8_t)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	b[0] = (uint8_t)(len == 1 ? c : (0xf00U >> len & 0xf0U) | c);
	build_bytes(out, b, len);
}

bool utf8_is_control(uint32_t c)
{
	return (c < 0x20 && (c < '\t' || c > '\r')) || (c >= 0x7f && c < 0xa0);
}

bool utf8_is_white(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != ' ' && (s.ptr[i] < '\t' || s.ptr[i] > '\r'))
			return false;
	}
	return true;
}

struct utf8_counts utf8_count(struct slice s)
{
	struct utf8_counts n = {0};
	if (!s.len)
		return n;
	const uint8_t *p = s.ptr, *end = s.ptr + s.len;
	while (p < end) {
		uint32_t c;
		size_t len = utf8_next(p, end, &c);
		n.all_n++;
		n.bad_n += c == UTF8_BAD;
		n.wide_n += len > 1 && c != UTF8_BAD;
		n.control_n += utf8_is_control(c);
		p += len;
	}
	return n;
}

uint64_t utf8_clean(struct slice s, struct build *out)
{
	uint64_t bad_n = 0;
	if (!s.len)
		return 0;
	const uint8_t *p = s.ptr, *end = s.ptr + s.len, *from = p;
	while (p < end) {
		uint32_t c;
		size_t len = utf8_next(p, end, &c);
		if (c == UTF8_BAD || utf8_is_control(c)) {
			build_bytes(out, from, (size_t)(p - from));
			utf8_put(out, c == UTF8_BAD ? UTF8_REPLACEMENT : ' ');
			bad_n += c == UTF8_BAD;
			from = p + len;
		}
		p += len;
	}
	build_bytes(out, from, (size_t)(p - from));
	return bad_n;
}
