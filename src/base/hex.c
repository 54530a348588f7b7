/* SPDX-License-Identifier: Apache-2.0 */
#include "hex.h"

void hex_write(struct build *b, struct slice s)
{
	static const char digit[] = "0123456789abcdef";
	for (size_t i = 0; i < s.len; i++) {
		build_u8(b, (uint8_t)digit[s.ptr[i] >> 4]);
		build_u8(b, (uint8_t)digit[s.ptr[i] & 15]);
	}
}

/* digit_of returns 16 for what is no digit. */
static unsigned digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - (unsigned)'0';
	return c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10 : 16;
}

bool hex_read(struct slice text, uint8_t *out, size_t len)
{
	if (text.len / 2 != len || text.len % 2)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned high = digit_of(text.ptr[2 * i]), low = digit_of(text.ptr[2 * i + 1]);
		if (high > 15 || low > 15)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
