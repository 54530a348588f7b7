/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_foreign.h"

size_t foreign_control_len(struct slice s, size_t i)
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
