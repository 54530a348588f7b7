/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an MLS object, whose type the first byte selects: that of a sample; with its highest
 * bit, the rest are edits to the bytes of that sample (a 16-bit offset and a new byte), so that
 * the fuzzer starts inside of every type. (The files of the corpus are such first bytes, a few
 * edits, and two proposals in digits; written by hand.) What is decoded is encoded as the same
 * bytes; and whatever is shown, no byte of it steers a terminal. */
#include "fuzz.h"
#include "mls_samples.h"
#include "show_mls.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* The bytes of a sample, edited; they live in a. */
static struct slice edit(const struct mls_sample *s, struct slice edits, struct arena *a)
{
	struct slice in;
	uint16_t at;
	uint8_t value;
	must(!sr_bad(mls_encoded(s->type, s->object, a, &in)));
	uint8_t *bytes = arena_dup(a, in.ptr, in.len);
	must(bytes != NULL);
	while (slice_u16(&edits, &at) && slice_u8(&edits, &value))
		bytes[at % in.len] = value;
	return slice_make(bytes, in.len);
}

static void check_codec(const struct mls_type *type, struct slice in)
{
	alignas(max_align_t) uint8_t object[SAMPLE_OBJECT_LEN] = {0};
	struct arena a = {0};
	struct slice rest = in, out;
	must(type->size <= sizeof object);
	struct sr_err e = mls_decode_front(type, &rest, &a, object);
	must(rest.ptr >= in.ptr && rest.ptr <= in.ptr + in.len);
	if (!sr_bad(e)) {
		must(!sr_bad(mls_encoded(type, object, &a, &out)));
		must(slice_eq(out, slice_sub(in, 0, in.len - rest.len)));
		must(sr_bad(mls_decode(type, in, &a, object)) == (rest.len > 0));
	} else {
		must(e.code == SR_E_INPUT || e.code == SR_E_LIMIT);
		must(mls_decode(type, in, &a, object).code == e.code);
	}
	arena_release(&a);
}

static void check_text(struct slice text)
{
	while (text.len) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(text.ptr, (utf8proc_ssize_t)text.len, &c);
		must(n > 0 && (c == '\n' || (c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0))));
		text = slice_sub(text, (size_t)n, text.len - (size_t)n);
	}
}

static void check_shown(struct slice in)
{
	struct build b;
	struct slice text;
	struct show_fault fault;
	build_init(&b, SHOW_OUT_MAX);
	struct sr_err e = show_mls(in, &b, &fault);
	if (sr_bad(e)) {
		must((e.code == SR_E_INPUT || e.code == SR_E_LIMIT) && !b.len);
		must(fault.at <= in.len);
	} else {
		must(!sr_bad(build_done(&b, &text)) && text.len);
		check_text(text);
	}
	build_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct slice in = slice_make(data, size);
	uint8_t first = 0;
	if (!slice_u8(&in, &first))
		in = SLICE_LIT("");
	const struct mls_sample *s = &samples[(first & 0x7f) % SAMPLES_N];
	if (first & 0x80)
		in = edit(s, in, &a);
	check_codec(s->type, in);
	check_shown(in);
	arena_release(&a);
	return 0;
}
