/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"
#include "extract_child.h"
#include "extract_html.h"
#include "extract_parse.h"
#include "base_limits.h"

#include <inttypes.h>

struct reading {
	struct slice bytes;
	const char *name;
	struct decode_converters conv;
	bool html_is_open;
};

static_assert((int64_t)6 * LIMIT_LEAK_BYTES < (int64_t)EXTRACT_MEMORY_LEN,
	      "three buffers of doubled size fit");

static void prepare(void *state)
{
	struct reading *r = state;
	decode_open(&r->conv);
	r->html_is_open = html_open();
}

static void run(void *state)
{
	struct reading *r = state;
	struct slice text = {NULL, 0};
	uint64_t replaced_n = 0;
	struct build out;
	build_init(&out, LIMIT_LEAK_BYTES);
	enum extract_outcome o = EXTRACT_MEMORY;
	if (r->html_is_open)
		o = extract_parse(r->bytes, r->name, &r->conv, &out, &text, &replaced_n);
	extract_answer(o, replaced_n, text);
}

struct sr_err extract_text(struct arena *a, struct slice bytes, const char *name,
			   const struct sr_sink *sink, struct slice *text)
{
	struct reading r = {.bytes = bytes, .name = name};
	struct extract_task task = {
		prepare,           run, &r, (int64_t)LIMIT_EXTRACT_S * 1000, LIMIT_LEAK_BYTES,
		EXTRACT_MEMORY_LEN};
	uint64_t replaced_n;
	if (bytes.len > LIMIT_LEAK_BYTES)
		return sr_fail(SR_E_LIMIT, "is larger than subrosa accepts");
	SR_TRY(extract_run(a, &task, text, &replaced_n));
	if (replaced_n)
		note(sink, SR_WARNING, 0, 0,
		     "%" PRIu64 " characters could not be decoded; they are read as gaps",
		     replaced_n);
	return sr_ok();
}
