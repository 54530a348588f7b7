/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a sheet from anywhere: what is read is written as the same bytes, and is laid out,
 * or refused, without a number that overflows. */
#include "fuzz.h"

#include "page_lay.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct build out = {0};
	struct page_sheet s;
	struct slice bytes;
	if (!sr_bad(page_sheet_read(&a, slice_make(data, size), &s))) {
		page_sheet_write(&s, &out);
		if (sr_bad(build_done(&out, &bytes)) || !slice_eq(bytes, slice_make(data, size)))
			abort();
		struct page_laid l;
		if (!sr_bad(page_lay_copy(&a, &s, NULL, &l)))
			for (size_t i = 0; i < l.words_n; i++)
				if (abs(l.word[i].x) >= 8 * PAGE_LENGTH_MAX ||
				    abs(l.word[i].y) >= 8 * PAGE_LENGTH_MAX)
					abort();
	}
	build_release(&out);
	arena_release(&a);
	return 0;
}
