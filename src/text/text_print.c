/* SPDX-License-Identifier: Apache-2.0 */
#include "text_print.h"

#include "text_fold.h"

size_t text_control_len(struct slice s, size_t i)
{
	const uint8_t *c = s.ptr + i;
	size_t left = s.len - i;
	if (c[0] < 0x20 || c[0] == 0x7f)
		return 1;
	if (left >= 2 && ((c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xd8 && c[1] == 0x9c)))
		return 2;
	if (left < 3 || c[0] != 0xe2)
		return 0;
	bool marks =
		c[1] == 0x80 && ((c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae));
	bool isolates = c[1] == 0x81 && c[2] >= 0xa0 && c[2] <= 0xaf;
	return marks || isolates ? 3 : 0;
}

static void print(struct build *out, struct slice s, bool lines)
{
	bool broken = text_utf8_bad(s) < s.len;
	for (size_t i = 0; i < s.len;) {
		uint8_t c = s.ptr[i];
		if (lines && c == '\r' && i + 1 < s.len && s.ptr[i + 1] == '\n') {
			i++;
			continue;
		}
		bool kept = lines && (c == '\n' || c == '\t');
		size_t len = kept ? 0 : broken && c >= 0x80 ? 1 : text_control_len(s, i);
		build_u8(out, len ? '?' : c);
		i += len ? len : 1;
	}
}

void text_print(struct build *out, struct slice s)
{
	print(out, s, false);
}

void text_print_lines(struct build *out, struct slice s)
{
	print(out, s, true);
}
