/* SPDX-License-Identifier: Apache-2.0 */
/* A paper, a leak and a public text, separated by lines of three percent signs: aligned, read and
 * reported. What is read must be a wording of the paper, nothing may be read that the leak does not
 * hold, and the report's tags must close in the order in which they were opened. */
#include "fuzz.h"

#include "trace.h"
#include "trace_report.h"
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

static void check(const struct trace_evidence *e, size_t words)
{
	size_t seen = 0, erased = 0;
	for (size_t i = 0; i < e->lattice->places_n; i++) {
		const struct mark_place *p = &e->places[i];
		seen += p->state == MARK_READ;
		erased += p->state == MARK_ERASED;
		require((p->why != MARK_WHY_NONE) == (p->state == MARK_ERASED));
		require(p->from <= p->to && p->to <= words);
		require(p->state == MARK_UNSEEN || e->lattice->places[i].leader == i);
		require(e->lattice->places[p->spot].leader == i || p->state == MARK_UNSEEN);
		if (p->state != MARK_READ)
			continue;
		require(p->from < p->to);
		require(p->symbol < e->lattice->places[i].wordings_n && p->loglik[p->symbol] == 0);
		for (uint32_t k = 0; k < e->lattice->places[i].wordings_n; k++)
			require(p->loglik[k] <= 0 && p->loglik[k] >= -MARK_REPLACED_NATS);
	}
	for (size_t i = 0; i < e->passages_n; i++) {
		const struct trace_passage *p = &e->passages[i];
		require(p->from < p->to && p->to <= words);
		require(i == 0 || p[-1].to < p->from);
	}
	require(seen == e->seen_n && erased == e->erased_n && e->supplied_n <= erased);
}

/* check_tags walks through the tags of a page. */
static void check_tags(struct slice page)
{
	enum { DEEP = 32 };
	struct slice open[DEEP];
	size_t deep = 0, i = slice_str("<!DOCTYPE html>").len;
	for (; i < page.len; i++) {
		require(page.ptr[i] >= 0x20 || page.ptr[i] == '\n');
		if (page.ptr[i] != '<')
			continue;
		bool closes = page.ptr[i + 1] == '/';
		const uint8_t *end = memchr(page.ptr + i, '>', page.len - i);
		require(end);
		struct slice name = {page.ptr + i + 1 + closes, 0};
		while (!strchr(" />", name.ptr[name.len]))
			name.len++;
		if (closes)
			require(deep && slice_eq(open[--deep], name));
		else if (end[-1] != '/')
			open[deep++] = name;
		require(deep < DEEP);
		i = (size_t)(end - page.ptr);
	}
	require(deep == 0);
}

static void report(struct arena *a, const struct trace_evidence *e, const struct text_tokens *leak,
		   struct slice text)
{
	const struct trace_reader nobody = {.committed_at = 1};
	const struct trace_question q = {
		.readers = &nobody, .readers_n = 1, .leaked_by = 0, .max_false = 1e-6};
	const struct code_design none = {NULL, NULL, CODE_COLLUSION_DEFAULT};
	struct trace_verdict v;
	struct build page = {0};
	require(!sr_bad(trace_judge(a, e, &none, &q, &v)));
	struct trace_report r = {.verdicts = &v,
				 .verdicts_n = 1,
				 .tokens = leak,
				 .texts = &text,
				 .leak_names = &text,
				 .leaks_n = 1,
				 .public_names = &text,
				 .publics_n = 1};
	require(!sr_bad(trace_report_write(&r, &page)));
	check_tags(slice_make(page.ptr, page.len));
	build_release(&page);
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
		struct slice text = cut(&rest);
		require(!sr_bad(text_tokens_make(&a, text, &leak)));
		require(!sr_bad(text_tokens_make(&a, rest, &public_text)));
		require(!sr_bad(trace_evidence_find(&a, slice_make(NULL, 0), &l, &leak, 1,
						    &public_text, 1, &e)));
		require(e.matched_words <= leak.n);
		check(&e, leak.n);
		report(&a, &e, &leak, text);
	}
	arena_release(&a);
	return 0;
}
