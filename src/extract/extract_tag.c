/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_tag.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* The prescan looks no further (13.2.3.2). */
enum { PRESCAN_LEN = 1024 };

struct attribute {
	struct slice name, value;
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static void cut(struct slice *s, size_t n)
{
	*s = slice_sub(*s, n, s->len - n);
}

/* cut_until cuts up to the first byte of the set, or all. */
static struct slice cut_until(struct slice *s, const char *set)
{
	size_t n = 0;
	while (n < s->len && (!s->ptr[n] || !strchr(set, s->ptr[n])))
		n++;
	struct slice head = slice_sub(*s, 0, n);
	cut(s, n);
	return head;
}

static void cut_spaces(struct slice *s)
{
	size_t n = 0;
	while (n < s->len && is_space(s->ptr[n]))
		n++;
	cut(s, n);
}

static bool same_word(struct slice s, const char *word)
{
	return s.len == strlen(word) && strncasecmp((const char *)s.ptr, word, s.len) == 0;
}

bool tag_starts(struct slice s)
{
	size_t n = s.len > 1 && s.ptr[1] == '/' ? 2 : 1;
	return s.len > n && s.ptr[0] == '<' && is_letter(s.ptr[n]);
}

static void take_value(struct slice *s, struct slice *value)
{
	cut(s, 1);
	cut_spaces(s);
	if (!s->len)
		return;
	uint8_t quote = s->ptr[0];
	if (quote != '"' && quote != '\'') {
		*value = cut_until(s, " \t\n\f\r>");
		return;
	}
	cut(s, 1);
	*value = cut_until(s, quote == '"' ? "\"" : "'");
	if (s->len)
		cut(s, 1);
}

/* take_attribute cuts one attribute (13.2.5.32 to 13.2.5.39); false at '>', which it leaves, or
 * at the end. is_void is set if "/" stands right before the '>'. */
static bool take_attribute(struct slice *s, struct attribute *a, bool *is_void)
{
	*is_void = false;
	while (s->len && (is_space(s->ptr[0]) || s->ptr[0] == '/')) {
		*is_void = s->ptr[0] == '/';
		cut(s, 1);
	}
	if (!s->len || s->ptr[0] == '>')
		return false;
	struct slice from = *s;
	/* A name may begin with '='. */
	cut(s, 1);
	(void)cut_until(s, " \t\n\f\r/>=");
	a->name = slice_sub(from, 0, from.len - s->len);
	a->value = slice_make(NULL, 0);
	cut_spaces(s);
	if (s->len && s->ptr[0] == '=')
		take_value(s, &a->value);
	return true;
}

static void set_name(struct tag *t, struct slice name)
{
	if (name.len > TAG_NAME_LEN_MAX)
		return;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.ptr[i];
		t->name[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
}

/* take_name cuts "<name" or "</name". */
static struct tag take_name(struct slice *s)
{
	assert(tag_starts(*s));
	struct tag t = {.is_end = s->ptr[1] == '/'};
	cut(s, t.is_end ? 2 : 1);
	set_name(&t, cut_until(s, " \t\n\f\r/>"));
	return t;
}

bool tag_take(struct slice *s, struct tag *t)
{
	struct slice rest = *s;
	struct tag found = take_name(&rest);
	struct attribute ignored;
	while (take_attribute(&rest, &ignored, &found.is_void))
		;
	if (!rest.len)
		return false;
	cut(&rest, 1);
	*s = rest;
	*t = found;
	return true;
}

bool tag_take_loose(struct slice *s, struct tag *t)
{
	struct slice rest = *s;
	struct tag found = take_name(&rest);
	struct slice inside = cut_until(&rest, ">");
	if (!rest.len)
		return false;
	found.is_void = inside.len && inside.ptr[inside.len - 1] == '/';
	cut(&rest, 1);
	*s = rest;
	*t = found;
	return true;
}

/* charset_in finds "charset = value" in the content of a meta element (2.5.5, extracting a
 * character encoding from a meta element). */
static bool charset_in(struct slice content, struct slice *label)
{
	static const char word[] = "charset";
	while (content.len >= sizeof word - 1) {
		if (strncasecmp((const char *)content.ptr, word, sizeof word - 1) != 0) {
			cut(&content, 1);
			continue;
		}
		cut(&content, sizeof word - 1);
		cut_spaces(&content);
		if (!content.len || content.ptr[0] != '=')
			continue;
		struct slice value = {NULL, 0};
		take_value(&content, &value);
		*label = cut_until(&value, "; ");
		return label->len > 0;
	}
	return false;
}

/* meta_charset cuts the attributes of a meta element. */
static bool meta_charset(struct slice *s, struct slice *label)
{
	struct attribute a;
	struct slice direct = {NULL, 0}, indirect = {NULL, 0};
	bool is_void, pragma = false;
	while (take_attribute(s, &a, &is_void)) {
		if (same_word(a.name, "charset"))
			direct = a.value;
		else if (same_word(a.name, "content"))
			(void)charset_in(a.value, &indirect);
		else if (same_word(a.name, "http-equiv"))
			pragma = same_word(a.value, "content-type");
	}
	*label = direct.len ? direct : indirect;
	cut_spaces(label);
	*label = cut_until(label, " \t\n\f\r");
	return label->len && (direct.len || pragma);
}

/* skip_markup cuts one comment, declaration or tag that is no meta. */
static void skip_markup(struct slice *s)
{
	static const char close[] = "-->";
	if (s->len >= 4 && memcmp(s->ptr, "<!--", 4) == 0) {
		/* "<!-->" is a comment. */
		const uint8_t *end = memmem(s->ptr + 2, s->len - 2, close, sizeof close - 1);
		cut(s, end ? (size_t)(end - s->ptr) + sizeof close - 1 : s->len);
		return;
	}
	struct attribute ignored;
	bool is_void, is_tag = tag_starts(*s);
	cut(s, 1);
	if (!is_tag) {
		if (s->len && strchr("!/?", s->ptr[0]))
			(void)cut_until(s, ">");
		return;
	}
	(void)cut_until(s, " \t\n\f\r>");
	while (take_attribute(s, &ignored, &is_void))
		;
}

static bool is_meta(struct slice s)
{
	return s.len > 5 && strncasecmp((const char *)s.ptr, "<meta", 5) == 0 &&
	       (is_space(s.ptr[5]) || s.ptr[5] == '/');
}

/* xml_charset reads the encoding of "<?xml version=... encoding=...?>". */
static bool xml_charset(struct slice s, struct slice *label)
{
	struct attribute a;
	bool is_void;
	if (s.len < 6 || memcmp(s.ptr, "<?xml", 5) != 0 || !is_space(s.ptr[5]))
		return false;
	cut(&s, 5);
	while (take_attribute(&s, &a, &is_void)) {
		if (same_word(a.name, "encoding") && a.value.len) {
			*label = a.value;
			return true;
		}
	}
	return false;
}

bool tag_charset(struct slice bytes, struct slice *label)
{
	struct slice s = slice_sub(bytes, 0, bytes.len < PRESCAN_LEN ? bytes.len : PRESCAN_LEN);
	if (xml_charset(s, label))
		return true;
	for (;;) {
		(void)cut_until(&s, "<");
		if (!s.len)
			return false;
		if (!is_meta(s)) {
			skip_markup(&s);
			continue;
		}
		cut(&s, 5);
		if (meta_charset(&s, label))
			return true;
	}
}
