/* SPDX-License-Identifier: Apache-2.0 */
/* A sentence as the dictionaries know it: quotation marks taken out, dashes, spaces and apostrophes
 * in ASCII; and the way back, since what is found must be told in bytes of the sentence as given.
 */
#ifndef GRAMMAR_CLEAN_H
#define GRAMMAR_CLEAN_H

#include "base_limits.h"
#include "slice.h"

/* text[0, len) ends with NUL and holds none before. Byte i of it stands for the bytes [from[i],
 * to[i]) of the sentence; both ascend. */
struct grammar_clean {
	char text[LIMIT_GRAMMAR_BYTES + 1];
	uint16_t from[LIMIT_GRAMMAR_BYTES], to[LIMIT_GRAMMAR_BYTES];
	size_t len;
};

static_assert(LIMIT_GRAMMAR_BYTES <= UINT16_MAX, "offsets fit");

/* grammar_clean cleans a sentence of at most LIMIT_GRAMMAR_BYTES (asserted). It never grows. Bytes
 * that are not UTF-8 stay. */
void grammar_clean(struct slice sentence, struct grammar_clean *out);

#endif
