/* SPDX-License-Identifier: Apache-2.0 */
#include "text_protect.h"

#include <stdbool.h>
#include <string.h>

struct line {
	struct slice text; /* without its line end */
	size_t off;
};

static bool next_line(struct slice plain, size_t *pos, struct line *out)
{
	if (*pos >= plain.len)
		return false;
	const uint8_t *nl = memchr(plain.ptr + *pos, '\n', plain.len - *pos);
	size_t end = nl ? (size_t)(nl - plain.ptr) : plain.len;
	*out = (struct line){slice_sub(plain, *pos, end - *pos), *pos};
	*pos = end + 1;
	return true;
}

static void protect(uint8_t *mask, size_t from, size_t to)
{
	if (to > from)
		memset(mask + from, 1, to - from);
}

static size_t indent(struct slice s)
{
	size_t i = 0;
	while (i < s.len && s.ptr[i] == ' ')
		i++;
	return i;
}

static bool begins(struct slice s, const char *what)
{
	size_t n = strlen(what);
	return s.len >= n && memcmp(s.ptr, what, n) == 0;
}

static bool is_blank(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != ' ' && s.ptr[i] != '\t' && s.ptr[i] != '\r')
			return false;
	return true;
}

static bool is_underline(struct slice s)
{
	struct slice t = slice_sub(s, indent(s), s.len - indent(s));
	return begins(t, "===") || begins(t, "---");
}

static size_t find(struct slice s, size_t from, size_t to, const char *what)
{
	const uint8_t *p = memmem(s.ptr + from, to - from, what, strlen(what));
	return p ? (size_t)(p - s.ptr) + strlen(what) : to;
}

/* Headings, block quotations, tables, HTML blocks and indented code, line by line; fenced code
 * and front matter over several lines. */
static void protect_lines(uint8_t *mask, struct slice plain)
{
	struct line l, before = {0};
	uint8_t fence = 0;
	bool front = begins(plain, "---\n") || begins(plain, "---\r\n"), first = true;
	bool quoted = false; /* a quotation block goes on without its mark */
	for (size_t pos = 0; next_line(plain, &pos, &l); before = l, first = false) {
		size_t in = indent(l.text);
		struct slice t = slice_sub(l.text, in, l.text.len - in);
		bool mark = begins(t, "```") || begins(t, "~~~");
		bool inside = fence || front;
		quoted = begins(t, ">") || (quoted && !is_blank(l.text));
		if (mark && !fence)
			fence = t.ptr[0];
		else if (mark && t.ptr[0] == fence)
			fence = 0;
		if (front && !first && begins(t, "---"))
			front = false;
		if (is_underline(l.text) && before.text.len)
			protect(mask, before.off, l.off);
		bool table = begins(t, "|") || find(l.text, 0, l.text.len, " | ") < l.text.len;
		if (inside || mark || in >= 4 || begins(l.text, "\t") || begins(t, "#") || quoted ||
		    table || begins(t, "<") || is_underline(l.text))
			protect(mask, l.off, l.off + l.text.len);
	}
}

/* The length of the quotation mark at pos, and the mark that closes it (NULL: not a mark). */
static size_t quote_mark(struct slice s, size_t pos, const char **close)
{
	static const struct {
		const char *open, *close;
	} marks[] = {
		{"\"", "\""},
		{"\xe2\x80\x9c", "\xe2\x80\x9d"}, /* 66 99 */
		{"\xe2\x80\x9e", "\xe2\x80\x9c"}, /* low 99, 66 */
		{"\xe2\x80\x9d", "\xe2\x80\x9d"}, /* 99 99 */
		{"\xc2\xab", "\xc2\xbb"},         /* guillemets */
		{"\xc2\xbb", "\xc2\xab"},
	};
	struct slice rest = slice_sub(s, pos, s.len - pos);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		if (begins(rest, marks[i].open)) {
			*close = marks[i].close;
			return strlen(marks[i].open);
		}
	}
	*close = NULL;
	return 0;
}

static bool is_alnum(uint8_t c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* letter_at: a letter or digit stands at pos, and before end. */
static bool letter_at(struct slice s, size_t pos, size_t end)
{
	return pos < end && is_alnum(s.ptr[pos]);
}

/* opens: a straight single quote stands at pos as the beginning of a quotation. */
static bool opens(struct slice s, size_t pos, size_t end)
{
	return s.ptr[pos] == '\'' && letter_at(s, pos + 1, end) &&
	       !(pos && is_alnum(s.ptr[pos - 1]));
}

/* The mark that closes a single quotation is an apostrophe as well. It is the last one before the
 * next quotation that no letter follows: what is protected in vain does no harm. */
static size_t single_span(struct slice s, size_t pos, size_t end)
{
	bool curly = begins(slice_sub(s, pos, end - pos), "\xe2\x80\x98"); /* 6 */
	if (!curly && !opens(s, pos, end))
		return pos;
	const char *close = curly ? "\xe2\x80\x99" : "'"; /* 9 */
	size_t n = strlen(close), last = 0;
	for (size_t i = pos + n; i < end; i++) {
		struct slice rest = slice_sub(s, i, end - i);
		if (last && (curly ? begins(rest, "\xe2\x80\x98") : opens(s, i, end)))
			break;
		if (begins(rest, close) && !letter_at(s, i + n, end))
			last = i + n;
	}
	return last ? last : end;
}

/* Inline spans: quotations, `code`, <html>, targets of [text](target). */
static size_t inline_span(struct slice s, size_t pos, size_t end)
{
	const char *close;
	size_t n = quote_mark(s, pos, &close);
	if (n)
		return find(s, pos + n, end, close);
	switch (s.ptr[pos]) {
	case '`':
		return find(s, pos + 1, end, "`");
	case '<':
		return find(s, pos + 1, end, ">");
	case ']':
		if (pos + 1 < end && s.ptr[pos + 1] == '(')
			return find(s, pos + 2, end, ")");
		return pos;
	default:
		return single_span(s, pos, end);
	}
}

/* Addresses, paths and file names: runs without a blank that have a sign of one. */
static void protect_addresses(uint8_t *mask, struct slice plain)
{
	for (size_t i = 0; i < plain.len; i++) {
		size_t from = i;
		bool address = begins(slice_sub(plain, i, plain.len - i), "www.");
		for (; i < plain.len && !memchr(" \t\r\n", plain.ptr[i], 4); i++)
			address = address || memchr("/@\\", plain.ptr[i], 3);
		if (address)
			protect(mask, from, i);
	}
}

static void protect_paragraph(uint8_t *mask, struct slice plain, size_t from, size_t end)
{
	for (size_t pos = from; pos < end; pos++) {
		size_t to = inline_span(plain, pos, end);
		if (to > pos) {
			protect(mask, pos, to);
			pos = to - 1;
		}
	}
}

static void protect_inline(uint8_t *mask, struct slice plain)
{
	struct line l;
	size_t from = 0;
	for (size_t pos = 0; next_line(plain, &pos, &l);) {
		if (!is_blank(l.text))
			continue;
		protect_paragraph(mask, plain, from, l.off);
		from = l.off + l.text.len;
	}
	protect_paragraph(mask, plain, from, plain.len);
}

uint8_t *text_protect(struct arena *a, struct slice plain)
{
	uint8_t *mask = arena_alloc(a, plain.len + 1, 1);
	if (!mask)
		return NULL;
	protect_lines(mask, plain);
	protect_inline(mask, plain);
	protect_addresses(mask, plain);
	return mask;
}

uint8_t *text_sentence_starts(struct arena *a, struct slice plain)
{
	uint8_t *starts = arena_alloc(a, plain.len + 1, 1);
	if (!starts)
		return NULL;
	bool fresh = true; /* nothing of the sentence was seen yet */
	bool stop = false; /* the last sign ended a sentence */
	size_t newlines = 0;
	for (size_t i = 0; i < plain.len; i++) {
		uint8_t c = plain.ptr[i];
		if (c == '\n') {
			newlines++;
			fresh = fresh || stop || newlines > 1;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			fresh = fresh || stop;
		} else if (is_alnum(c)) {
			starts[i] = fresh;
			fresh = stop = false;
			newlines = 0;
		} else {
			stop = c == '.' || c == '!' || c == '?' || c == ':' || (stop && c != ',');
			fresh = fresh ||
				(newlines && (c == '-' || c == '*' || c == '#' || c == '+'));
		}
	}
	return starts;
}
