/* SPDX-License-Identifier: Apache-2.0 */
#include "grammar_clean.h"

#include <string.h>

/* What a character becomes. A rule of APOSTROPHE or DASH looks at its neighbours first. */
enum rule { TO_TEXT, APOSTROPHE, DASH };

static const struct {
	const char *from;
	enum rule rule;
	const char *to; /* never longer than from */
} rows[] = {
	{"\"", TO_TEXT, ""},         {"'", APOSTROPHE, "'"},      {"\u2018", APOSTROPHE, "'"},
	{"\u2019", APOSTROPHE, "'"}, {"\u02bc", APOSTROPHE, "'"}, {"\u201a", TO_TEXT, ""},
	{"\u201b", TO_TEXT, ""},     {"\u201c", TO_TEXT, ""},     {"\u201d", TO_TEXT, ""},
	{"\u201e", TO_TEXT, ""},     {"\u201f", TO_TEXT, ""},     {"\u00ab", TO_TEXT, ""},
	{"\u00bb", TO_TEXT, ""},     {"\u2039", TO_TEXT, ""},     {"\u203a", TO_TEXT, ""},
	{"\u2010", TO_TEXT, "-"},    {"\u2011", TO_TEXT, "-"},    {"\u2012", DASH, " - "},
	{"\u2013", DASH, " - "},     {"\u2014", DASH, " - "},     {"\u2015", DASH, " - "},
	{"\u2212", DASH, " - "},     {"\u2026", TO_TEXT, "..."},  {"\u00a0", TO_TEXT, " "},
	{"\u2002", TO_TEXT, " "},    {"\u2003", TO_TEXT, " "},    {"\u2009", TO_TEXT, " "},
	{"\u202f", TO_TEXT, " "},    {"\u00ad", TO_TEXT, ""}, /* soft hyphen */
	{"\u200b", TO_TEXT, ""},                              /* zero width space */
	{"\ufeff", TO_TEXT, ""},                              /* byte order mark */
};

/* What is not ASCII counts as a letter, unless it has a row of its own. */
static bool is_letter(struct slice s, size_t i)
{
	if (i >= s.len)
		return false;
	uint8_t c = s.ptr[i];
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
	if (c == 0xe2 && i + 1 < s.len && s.ptr[i + 1] == 0x80)
		return false;
	return c != 0xc2;
}

/* letter_before tells whether the character that ends at i is a letter. */
static bool letter_before(struct slice s, size_t i)
{
	size_t at = i;
	while (at > 0 && (s.ptr[at - 1] & 0xc0) == 0x80)
		at--;
	return at > 0 && is_letter(s, at - 1);
}

static bool is_digit(struct slice s, size_t i)
{
	return i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';
}

static void put(struct grammar_clean *out, const char *text, size_t from, size_t to)
{
	for (; *text; text++) {
		out->text[out->len] = *text;
		out->from[out->len] = (uint16_t)from;
		out->to[out->len++] = (uint16_t)to;
	}
}

/* apostrophe keeps the sign inside a word, and behind an s ("the ministers' talks") unless it
 * closes a quotation that the same sign opened. */
static const char *apostrophe(struct slice s, size_t at, size_t end, bool *open)
{
	bool before = letter_before(s, at), behind = is_letter(s, end);
	if (before && behind)
		return "'";
	if (!before) {
		*open = behind;
		return "";
	}
	bool was_open = *open;
	*open = false;
	return !was_open && (s.ptr[at - 1] == 's' || s.ptr[at - 1] == 'S') ? "'" : "";
}

/* row_at finds the row of the character at the front of s. */
static size_t row_at(struct slice s)
{
	size_t n = sizeof rows / sizeof *rows;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(rows[i].from);
		if (len <= s.len && memcmp(s.ptr, rows[i].from, len) == 0)
			return i;
	}
	return n;
}

static const char *becomes(size_t row, struct slice s, size_t at, size_t end, bool *open)
{
	if (rows[row].rule == APOSTROPHE)
		return apostrophe(s, at, end, open);
	if (rows[row].rule == DASH && at > 0 && is_digit(s, at - 1) && is_digit(s, end))
		return "-";
	return rows[row].to;
}

void grammar_clean(struct slice s, struct grammar_clean *out)
{
	assert(s.len <= LIMIT_GRAMMAR_BYTES);
	bool open = false;
	out->len = 0;
	for (size_t i = 0; i < s.len;) {
		size_t row = row_at(slice_sub(s, i, s.len - i));
		bool known = row < sizeof rows / sizeof *rows;
		size_t end = i + (known ? strlen(rows[row].from) : 1);
		char one[2] = {(char)s.ptr[i], 0};
		if (s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			one[0] = ' ';
		put(out, known ? becomes(row, s, i, end, &open) : one, i, end);
		i = end;
	}
	out->text[out->len] = 0;
}
