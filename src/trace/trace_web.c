/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_web.h"

#include "text_fold.h"
#include "trace.h"
#include "text_print.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS "\xe2\x80\xa6"

/* char_len returns the length of the character at i, 0 if there is none in UTF-8. */
static size_t char_len(struct slice s, size_t i)
{
	uint8_t c = s.ptr[i];
	size_t len = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (len > s.len - i)
		return 0;
	struct slice one = slice_sub(s, i, len);
	return text_utf8_bad(one) == len ? len : 0;
}

/* hidden tells of a character that nobody sees or that XML 1.0 forbids (section 2.2): byte order
 * marks, annotations, U+FFFE, U+FFFF, tags. */
static bool hidden(const uint8_t *c, size_t len)
{
	if (len == 3 && c[0] == 0xef)
		return (c[1] == 0xbb && c[2] == 0xbf) ||
		       (c[1] == 0xbf && (c[2] >= 0xbe || (c[2] >= 0xb9 && c[2] <= 0xbb)));
	return len == 4 && c[0] == 0xf3 && c[1] == 0xa0 && c[2] <= 0x81;
}

static const char *entity(uint8_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\t':
	case '\n':
	case '\r':
		return " ";
	default:
		return NULL;
	}
}

void web_text(struct build *out, struct slice s, size_t max)
{
	size_t i = 0;
	while (i < s.len) {
		size_t len = char_len(s, i);
		if (i + (len ? len : 1) > max)
			break;
		const char *as = entity(s.ptr[i]);
		if (as)
			build_str(out, as);
		else if (!len || text_control_len(s, i) || hidden(s.ptr + i, len))
			build_str(out, REPLACEMENT);
		else
			build_bytes(out, s.ptr + i, len);
		i += len ? len : 1;
	}
	if (i < s.len)
		build_str(out, ELLIPSIS);
}

void web_name(struct build *out, struct slice s)
{
	build_str(out, "<bdi>");
	web_text(out, s, WEB_NAME_MAX);
	build_str(out, "</bdi>");
}

void web_count(struct build *out, uint64_t n)
{
	if (n >= 1000) {
		web_count(out, n / 1000);
		build_fmt(out, ",%03u", (unsigned)(n % 1000));
	} else {
		build_fmt(out, "%u", (unsigned)n);
	}
}

void web_chance(struct build *out, double p)
{
	char words[64];
	if (p >= 0.995) {
		build_str(out, "1 in 1");
		return;
	}
	trace_round_up(p, words, sizeof words);
	const char *power = strstr(words, "10^");
	if (!power) {
		build_str(out, words);
		return;
	}
	build_bytes(out, words, (size_t)(power - words));
	build_fmt(out, "10<sup>%s</sup>", power + 3);
}

void web_percent(struct build *out, double p)
{
	if (p >= 0.9995)
		build_str(out, "over 99.9%");
	else if (p < 0.0005)
		build_str(out, "under 0.1%");
	else
		build_fmt(out, "%.1f%%", 100 * p);
}

const char *web_s(uint64_t n)
{
	return n == 1 ? "" : "s";
}
