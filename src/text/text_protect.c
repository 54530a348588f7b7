/* SPDX-License-Identifier: Apache-2.0 */
#include "text_protect.h"

#include "text_fold.h"

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

static size_t find_slice(struct slice s, size_t from, size_t to, struct slice what)
{
	const uint8_t *p = memmem(s.ptr + from, to - from, what.ptr, what.len);
	return p ? (size_t)(p - s.ptr) + what.len : to;
}

static size_t find(struct slice s, size_t from, size_t to, const char *what)
{
	return find_slice(s, from, to, slice_str(what));
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

/* is_apostrophe: a closing quotation mark that stands inside words too. */
static bool is_apostrophe(struct slice mark)
{
	return slice_eq(mark, SLICE_LIT("'")) || slice_eq(mark, SLICE_LIT("\xe2\x80\x99"));
}

static bool mark_at(struct slice s, size_t pos, size_t end, struct slice mark)
{
	return mark.len && end - pos >= mark.len && slice_eq(slice_sub(s, pos, mark.len), mark);
}

/* opens: the opening mark of an apostrophe's pair stands at pos, as the beginning of a quotation.
 * Only where both marks are the same does that need a look around. */
static bool opens(struct slice s, size_t pos, size_t end, const struct text_quote *q)
{
	if (!mark_at(s, pos, end, q->open))
		return false;
	return !slice_eq(q->open, q->close) ||
	       (letter_at(s, pos + q->open.len, end) && !(pos && is_alnum(s.ptr[pos - 1])));
}

/* The mark that closes such a quotation is an apostrophe as well. It is the last one before the
 * next quotation that no letter follows: what is protected in vain does no harm. */
static size_t apostrophe_span(struct slice s, size_t pos, size_t end, const struct text_quote *q)
{
	size_t last = 0;
	for (size_t i = pos + q->open.len; i < end; i++) {
		if (last && opens(s, i, end, q))
			break;
		if (mark_at(s, i, end, q->close) && !letter_at(s, i + q->close.len, end))
			last = i + q->close.len;
	}
	return last ? last : end;
}

/* quotation_span returns the end of the quotation that opens at pos, or pos. */
static size_t quotation_span(struct slice s, size_t pos, size_t end,
			     const struct text_language *lang)
{
	for (size_t i = 0; i < lang->quotes_n; i++) {
		const struct text_quote *q = &lang->quotes[i];
		bool apostrophe = is_apostrophe(q->close);
		if (apostrophe ? !opens(s, pos, end, q) : !mark_at(s, pos, end, q->open))
			continue;
		return apostrophe ? apostrophe_span(s, pos, end, q)
				  : find_slice(s, pos + q->open.len, end, q->close);
	}
	return pos;
}

/* Inline spans: quotations, `code`, <html>, targets of [text](target). */
static size_t inline_span(struct slice s, size_t pos, size_t end, const struct text_language *lang)
{
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
		return quotation_span(s, pos, end, lang);
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

static void protect_paragraph(uint8_t *mask, struct slice plain, size_t from, size_t end,
			      const struct text_language *lang)
{
	for (size_t pos = from; pos < end; pos++) {
		size_t to = inline_span(plain, pos, end, lang);
		if (to > pos) {
			protect(mask, pos, to);
			pos = to - 1;
		}
	}
}

static void protect_inline(uint8_t *mask, struct slice plain, const struct text_language *lang)
{
	struct line l;
	size_t from = 0;
	for (size_t pos = 0; next_line(plain, &pos, &l);) {
		if (!is_blank(l.text))
			continue;
		protect_paragraph(mask, plain, from, l.off, lang);
		from = l.off + l.text.len;
	}
	protect_paragraph(mask, plain, from, plain.len, lang);
}

uint8_t *text_protect(struct arena *a, struct slice plain, const struct text_language *lang)
{
	uint8_t *mask = arena_alloc(a, plain.len + 1, 1);
	if (!mask)
		return NULL;
	protect_lines(mask, plain);
	protect_inline(mask, plain, lang);
	protect_addresses(mask, plain);
	return mask;
}

/* letter_before: a letter or digit stands right before pos. */
static bool letter_before(struct slice s, size_t pos)
{
	size_t len, from = pos;
	do {
		if (!from)
			return false;
		from--;
	} while ((s.ptr[from] & 0xc0) == 0x80 && pos - from < 4);
	return text_is_letter(slice_sub(s, from, s.len - from), &len);
}

/* is_abbreviation: the word that ends with the full stop at pos is one, or an initial. */
static bool is_abbreviation(struct slice s, size_t pos, const struct text_language *lang)
{
	if (pos > 0 && s.ptr[pos - 1] >= 'A' && s.ptr[pos - 1] <= 'Z' && s.ptr[pos - 1] != 'I' &&
	    !letter_before(s, pos - 1))
		return true;
	for (size_t i = 0; i < lang->abbreviations_n; i++) {
		struct slice a = lang->abbreviations[i];
		size_t from = pos + 1 - a.len;
		if (pos + 1 >= a.len && slice_eq(slice_sub(s, from, a.len), a) &&
		    !letter_before(s, from))
			return true;
	}
	return false;
}

bool text_ends_sentence(struct slice plain, size_t pos, const struct text_language *lang)
{
	uint8_t c = plain.ptr[pos];
	if (c != '.' && c != '!' && c != '?')
		return false;
	size_t len;
	if (text_is_letter(slice_sub(plain, pos + 1, plain.len - pos - 1), &len))
		return false;
	return c != '.' || !is_abbreviation(plain, pos, lang);
}

uint8_t *text_sentence_starts(struct arena *a, struct slice plain, const struct text_language *lang)
{
	uint8_t *starts = arena_alloc(a, plain.len + 1, 1);
	if (!starts)
		return NULL;
	bool first = true;  /* nothing of the paragraph was seen yet */
	bool fresh = false; /* nothing of the sentence was seen yet */
	bool stop = false;  /* the last sign ended a sentence */
	size_t newlines = 0;
	for (size_t i = 0, len = 1; i < plain.len; i += len) {
		struct slice rest = slice_sub(plain, i, plain.len - i);
		uint8_t c = plain.ptr[i];
		if (text_is_letter(rest, &len)) {
			starts[i] = first || (fresh && !text_is_lower(rest));
			first = fresh = stop = false;
			newlines = 0;
		} else if (c == '\n') {
			newlines++;
			fresh = fresh || stop;
			first = first || newlines > 1;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			fresh = fresh || stop;
		} else if (c < 0x80) {
			stop = text_ends_sentence(plain, i, lang) || c == ':' || (stop && c != ',');
			first = first || (newlines && memchr("-*#+", c, 4));
		}
	}
	return starts;
}
