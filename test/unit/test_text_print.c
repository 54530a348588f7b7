/* SPDX-License-Identifier: Apache-2.0 */
/* text/: what of foreign text reaches a terminal. */
#include "text_print.h"
#include "test.h"

#include <string.h>

static bool gives(void (*print)(struct build *, struct slice), struct slice in,
		  const char *expected)
{
	struct build out = {0};
	struct slice got;
	print(&out, in);
	struct sr_err e = build_done(&out, &got);
	bool same = !sr_bad(e) && slice_eq(got, slice_str(expected));
	build_release(&out);
	return same;
}

/* lines: what text_print_lines gives; NULL where both give the same. */
static void what_steers_is_replaced(void)
{
	const struct {
		const char *why, *in, *line, *lines;
	} rows[] = {
		{"nothing", "", "", NULL},
		{"plain words", "a b-c.", "a b-c.", NULL},
		{"accents, an em dash, a smile", "caf\u00e9 \u2014 \U0001f642",
		 "caf\u00e9 \u2014 \U0001f642", NULL},
		{"an escape sequence", "a\033[2Jb", "a?[2Jb", NULL},
		{"bell, backspace, delete", "\a\b\177", "???", NULL},
		{"a C1 control, as one byte would be CSI", "a\xc2\x9b\x62", "a?b", NULL},
		{"the first that is no C1 control", "a\u00a0\x62", "a\u00a0\x62", NULL},
		{"right-to-left override and its end", "a\u202eb\u202c", "a?b?", NULL},
		{"isolates", "\u2066a\u2069", "?a?", NULL},
		{"zero width, Arabic letter mark", "a\u200bb\u061cc", "a?b?c", NULL},
		{"a lone carriage return would overwrite", "a\rb", "a?b", NULL},
		{"a line end and a tab", "a\n\tb", "a??b", "a\n\tb"},
		{"CR LF", "a\r\nb", "a??b", "a\nb"},
		{"CR CR LF", "a\r\r\nb", "a???b", "a?\nb"},
		{"CR at the end", "a\r", "a?", NULL},
		{"bytes that are not UTF-8", "a\xff\x9b", "a??", NULL},
		{"UTF-8 beside such bytes", "\u00e9\xff", "???", NULL},
		{"a character cut short", "a\xe2\x80", "a??", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice in = slice_str(rows[i].in);
		CHECK(gives(text_print, in, rows[i].line), "%s", rows[i].why);
		CHECK(gives(text_print_lines, in, rows[i].lines ? rows[i].lines : rows[i].line),
		      "%s, lines", rows[i].why);
	}
}

/* Whatever comes in, no byte that steers comes out: all pairs of bytes, and all of three that begin
 * as the characters that turn the writing direction do. */
static void no_byte_steers(void)
{
	struct build out = {0};
	for (unsigned i = 0; i < 3u << 16; i++) {
		uint8_t in[3] = {(uint8_t)(i >> 16 ? 0xe2 : i >> 8), (uint8_t)i, (uint8_t)(i >> 8)};
		build_reset(&out);
		text_print(&out, slice_make(in, i >> 16 ? 3 : 2));
		for (size_t k = 0; k < out.len; k++)
			if (out.ptr[k] < ' ' || out.ptr[k] == 0x7f)
				CHECK(false, "%06x: byte %zu", i, k);
	}
	build_release(&out);
}

static void no_memory_is_told(void)
{
	struct build out = {0};
	struct slice got;
	test_alloc_fail_at(1);
	text_print(&out, slice_str("word"));
	test_alloc_fail_at(0);
	CHECK(build_done(&out, &got).code == SR_E_NOMEM, "the builder remembers");
	build_release(&out);
}

int main(void)
{
	test_run("what steers a terminal is replaced", what_steers_is_replaced);
	test_run("no byte steers, whatever comes in", no_byte_steers);
	test_run("no memory is told", no_memory_is_told);
	return test_done();
}
