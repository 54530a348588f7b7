/* SPDX-License-Identifier: Apache-2.0 */
#include "issue_readers_text.h"

#include "base_limits.h"

#include <errno.h>
#include <iconv.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

enum { PROBLEMS_SHOWN = 20 };

void issue_problem(struct issue_problems *p, uint32_t line, uint32_t col, const char *fmt, ...)
{
	if (p->n++ >= PROBLEMS_SHOWN)
		return;
	char text[1001];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	note(p->sink, SR_ERROR, line, col, "%s", text);
}

void issue_problems_end(const struct issue_problems *p)
{
	if (p->n > PROBLEMS_SHOWN)
		note(p->sink, SR_ERROR, 0, 0, "and %zu more problems", p->n - PROBLEMS_SHOWN);
}

struct slice issue_line_next(struct slice *text)
{
	size_t i = 0;
	while (i < text->len && text->ptr[i] != '\n' && text->ptr[i] != '\r')
		i++;
	if (i + 1 < text->len && text->ptr[i] == '\r' && text->ptr[i + 1] == '\n')
		i++;
	struct slice line = slice_sub(*text, 0, i < text->len ? i + 1 : i);
	*text = slice_sub(*text, line.len, text->len - line.len);
	return line;
}

static bool begins(struct slice s, const char *mark, size_t len)
{
	return s.len >= len && memcmp(s.ptr, mark, len) == 0;
}

/* The encoding that a mark, or a NUL beside the first letter, gives away; NULL: none. */
static const char *wide_encoding(struct slice s, size_t *skip)
{
	*skip = begins(s, "\xff\xfe", 2) || begins(s, "\xfe\xff", 2) ? 2 : 0;
	if (begins(s, "\xff\xfe", 2) || (s.len >= 4 && s.ptr[0] && !s.ptr[1] && !s.ptr[3]))
		return "UTF-16LE";
	if (begins(s, "\xfe\xff", 2) || (s.len >= 4 && !s.ptr[0] && s.ptr[1] && !s.ptr[2]))
		return "UTF-16BE";
	return NULL;
}

static bool is_utf8(struct slice s)
{
	size_t i = 0;
	while (i < s.len) {
		utf8proc_int32_t c;
		if (s.ptr[i] < 0x80) {
			i++;
			continue;
		}
		utf8proc_ssize_t n = utf8proc_iterate(s.ptr + i, (utf8proc_ssize_t)(s.len - i), &c);
		if (n < 1)
			return false;
		i += (size_t)n;
	}
	return true;
}

static uint32_t lines_in(const uint8_t *ptr, size_t len)
{
	struct slice rest = slice_make(ptr, len);
	uint32_t n = 0;
	while (rest.len) {
		struct slice line = issue_line_next(&rest);
		n += line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r';
	}
	return n;
}

/* Converts all of bytes. A byte that has no meaning in the encoding is a problem. */
static struct sr_err convert(struct arena *a, struct slice bytes, const char *from,
			     struct issue_problems *p, struct slice *out)
{
	size_t cap = bytes.len * 3; /* a UTF-16 unit or a CP1252 byte gives three bytes at most */
	char *buf = arena_alloc(a, cap + 1, 1);
	if (!buf)
		return sr_nomem();
	iconv_t cd = iconv_open("UTF-8", from);
	if (cd == (iconv_t)-1)
		return sr_sys("the system cannot convert this encoding");
	char *in = (char *)(uintptr_t)bytes.ptr, *o = buf;
	size_t in_left = bytes.len, o_left = cap;
	bool good = iconv(cd, &in, &in_left, &o, &o_left) != (size_t)-1;
	(void)iconv_close(cd);
	if (!good || in_left) {
		issue_problem(p, 1 + lines_in((const uint8_t *)buf, cap - o_left), 0,
			      "a character that is not valid %s", from);
		return sr_fail(SR_E_INPUT, "the list of readers is not readable text");
	}
	*out = slice_make(buf, cap - o_left);
	return sr_ok();
}

/* C0 but tab, CR and LF, DEL, and C1 (which UTF-8 writes as C2 80 .. C2 9F). */
static size_t find_control(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
			return i;
		if (c == 0xc2 && i + 1 < s.len && s.ptr[i + 1] < 0xa0)
			return i;
	}
	return s.len;
}

static void check_controls(struct slice text, struct issue_problems *p)
{
	if (find_control(text) == text.len)
		return;
	for (uint32_t line = 1; text.len; line++) {
		struct slice s = issue_line_next(&text);
		size_t at = find_control(s);
		if (at == s.len)
			continue;
		utf8proc_int32_t c = 0;
		(void)utf8proc_iterate(s.ptr + at, (utf8proc_ssize_t)(s.len - at), &c);
		issue_problem(p, line, 0, "a control character (U+%04X)%s", (unsigned)c,
			      c ? "" : ": is this a binary file?");
	}
}

struct sr_err issue_readers_text(struct arena *a, struct slice bytes, struct issue_problems *p,
				 struct slice *out)
{
	if (bytes.len > LIMIT_READERS_BYTES)
		return sr_fail(SR_E_LIMIT, "the list of readers is larger than subrosa accepts");
	size_t skip;
	const char *wide = wide_encoding(bytes, &skip);
	if (begins(bytes, "\xef\xbb\xbf", 3))
		skip = 3;
	struct slice text = slice_sub(bytes, skip, bytes.len - skip);
	if (wide) {
		SR_TRY(convert(a, text, wide, p, &text));
	} else if (!is_utf8(text)) {
		note(p->sink, SR_WARNING, 0, 0,
		     "not UTF-8: read as Windows-1252; look whether the names are right");
		SR_TRY(convert(a, text, "CP1252", p, &text));
	}
	check_controls(text, p);
	*out = text;
	return sr_ok();
}
