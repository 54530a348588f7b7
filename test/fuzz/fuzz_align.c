/* SPDX-License-Identifier: Apache-2.0 */
/* A paper, a leak and a public text, separated by lines of three percent signs: aligned and read.
 * What is read must be a wording of the paper, and nothing may be read that the leak does not
 * hold. */
#include "fuzz.h"

#include "trace.h"
#include "vary.h"

#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

static struct slice cut(struct slice *rest)
{
	static const char line[] = "\n%%%\n";
	size_t n = sizeof line - 1;
	const uint8_t *p = rest->len ? memmem(rest->ptr, rest->len, line, n) : NULL;
	size_t len = p ? (size_t)(p - rest->ptr) : rest->len;
	struct slice part = slice_sub(*rest, 0, len);
	len += p ? n : 0;
	*rest = slice_sub(*rest, len, rest->len - len);
	return part;
}

static void check(const struct trace_evidence *e)
{
	size_t seen = 0, erased = 0;
	for (size_t i = 0; i < e->lattice->places_n; i++) {
		const struct mark_place *p = &e->places[i];
		seen += p->state == MARK_READ;
		erased += p->state == MARK_ERASED;
		if (p->state != MARK_READ)
			continue;
		require(p->symbol < e->lattice->places[i].wordings_n && p->loglik[p->symbol] == 0);
		for (uint32_t k = 0; k < e->lattice->places[i].wordings_n; k++)
			require(p->loglik[k] <= 0 && p->loglik[k] >= -MARK_REPLACED_NATS);
	}
	require(seen == e->seen_n && erased == e->erased_n && e->supplied_n <= erased);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct slice rest = slice_make(data, size);
	struct text_paper p;
	struct text_lattice l;
	struct text_tokens leak, public_text;
	struct trace_evidence e;
	if (!sr_bad(text_paper_parse(&a, cut(&rest), NULL, &p))) {
		require(!sr_bad(vary_lattice(&a, &p, NULL, 0, &l)));
		require(!sr_bad(text_tokens_make(&a, cut(&rest), &leak)));
		require(!sr_bad(text_tokens_make(&a, rest, &public_text)));
		require(!sr_bad(trace_evidence_find(&a, slice_make(NULL, 0), &l, &leak, 1,
						    &public_text, 1, &e)));
		require(e.matched_words <= leak.n);
		check(&e);
	}
	arena_release(&a);
	return 0;
}
