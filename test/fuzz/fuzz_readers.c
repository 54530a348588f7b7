/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a list of readers: what is accepted keeps the promises of struct issue_readers. */
#include "fuzz.h"
#include "issue_readers.h"
#include "base_limits.h"

#include <assert.h>

static void check_reader(const struct issue_reader *r)
{
	assert(!issue_id_rule(r->id));
	assert(r->fold.len > 0 && r->line > 0);
	assert(r->name.len <= LIMIT_FIELD_BYTES && r->house.len <= LIMIT_FIELD_BYTES &&
	       r->side.len <= LIMIT_FIELD_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *ptr, size_t len)
{
	struct arena a = {0};
	struct issue_readers rs;
	struct sr_err e = issue_readers_parse(&a, slice_make(ptr, len), NULL, &rs);
	if (!sr_bad(e)) {
		assert(rs.n > 0);
		for (size_t i = 0; i < rs.n; i++)
			check_reader(&rs.at[i]);
	}
	arena_release(&a);
	return 0;
}
