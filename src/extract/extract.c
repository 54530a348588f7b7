/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"
#include "extract_child.h"
#include "extract_kind.h"
#include "extract_parse.h"
#include "extract_picture.h"
#include "base_limits.h"

#include <inttypes.h>

struct reading {
	struct slice bytes;
	const char *name;
	struct decode_converters conv;
	bool is_open;
};

static_assert((int64_t)6 * LIMIT_LEAK_BYTES < (int64_t)EXTRACT_MEMORY_LEN,
	      "three buffers of doubled size fit");

static void prepare(void *state)
{
	struct reading *r = state;
	r->is_open = parse_open(&r->conv);
}

static void run(void *state)
{
	struct reading *r = state;
	struct extract_found found;
	struct build out;
	build_init(&out, LIMIT_LEAK_BYTES);
	enum extract_outcome o = EXTRACT_MEMORY;
	if (r->is_open)
		o = extract_parse(r->bytes, r->name, &r->conv, &out, &found);
	extract_answer(o, &found);
}

/* note_skipped says what parts of a mail were left out: "3 parts of this mail were not read: 2
 * pictures, a PDF". */
static struct sr_err note_skipped(const uint32_t skipped_n[EXTRACT_CHILD_END],
				  const struct sr_sink *sink)
{
	struct build list;
	struct slice words;
	uint64_t n = 0;
	build_init(&list, 0);
	for (unsigned i = 0; i < EXTRACT_CHILD_END; i++) {
		if (skipped_n[i])
			build_str(&list, n ? ", " : "");
		if (skipped_n[i] > 1)
			build_fmt(&list, "%" PRIu32 " ", skipped_n[i]);
		if (skipped_n[i])
			build_str(&list, extract_part_words(i, skipped_n[i] > 1));
		n += skipped_n[i];
	}
	struct sr_err e = build_done(&list, &words);
	if (!sr_bad(e) && n)
		note(sink, SR_WARNING, 0, 0, "%" PRIu64 " part%s of this mail %s not read: %.*s", n,
		     n == 1 ? "" : "s", n == 1 ? "was" : "were", (int)words.len,
		     (const char *)words.ptr);
	build_release(&list);
	return e;
}

struct sr_err extract_text(struct arena *a, struct slice bytes, const char *name,
			   const struct sr_sink *sink, struct slice *text)
{
	struct reading r = {.bytes = bytes, .name = name};
	struct extract_task task = {
		prepare,           run, &r, (int64_t)LIMIT_EXTRACT_S * 1000, LIMIT_LEAK_BYTES,
		EXTRACT_MEMORY_LEN};
	struct extract_found found;
	if (bytes.len > LIMIT_LEAK_BYTES)
		return sr_fail(SR_E_LIMIT, "is larger than subrosa accepts");
	SR_TRY(extract_run(a, &task, &found));
	SR_TRY(note_skipped(found.skipped_n, sink));
	if (found.replaced_n)
		note(sink, SR_WARNING, 0, 0,
		     "%" PRIu64 " characters could not be decoded; they are read as gaps",
		     found.replaced_n);
	*text = found.text;
	return sr_ok();
}

struct sr_err extract_file(struct arena *a, struct slice bytes, const char *name,
			   const struct extract_how *how, struct extract_pages *out)
{
	enum extract_kind kind;
	if (bytes.len > LIMIT_LEAK_BYTES)
		return sr_fail(SR_E_LIMIT, "is larger than subrosa accepts");
	if (kind_is_paged(bytes, &kind))
		return extract_picture(a, bytes, kind, how, out);
	struct slice text;
	SR_TRY(extract_text(a, bytes, name, how->sink, &text));
	*out = (struct extract_pages){.text = text};
	return sr_ok();
}
