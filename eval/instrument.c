/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument.h"

#include <stdlib.h>

uint64_t instrument_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

bool instrument_number(const char *text, uint64_t *out)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 10);
	*out = v;
	return *text >= '0' && *text <= '9' && !*end;
}
