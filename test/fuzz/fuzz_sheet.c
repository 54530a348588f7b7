/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a sheet from anywhere: what is read is written as the same bytes. */
#include "fuzz.h"

#include "page_sheet.h"

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
	}
	build_release(&out);
	arena_release(&a);
	return 0;
}
