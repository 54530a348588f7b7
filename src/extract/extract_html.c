/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_html.h"
#include "extract_entity.h"
#include "extract_tag.h"
#include "extract_utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LOOK_LEN = 4096 };

/* What an element does to the text around and in it. */
enum effect {
	EFFECT_NONE,
	EFFECT_LINE,  /* its text stands on lines of its own */
	EFFECT_PRE,   /* as LINE, and white space counts */
	EFFECT_PLAIN, /* as LINE, and it has no elements inside (title) */
	EFFECT_PLAIN_PRE,
	EFFECT_HIDE,
};

struct element {
	const char *name;
	enum effect effect;
};

/* Sorted by name. Elements that are not here are EFFECT_NONE. */
static const struct element elements[] = {
	{"a", EFFECT_NONE},          {"abbr", EFFECT_NONE},
	{"address", EFFECT_LINE},    {"article", EFFECT_LINE},
	{"aside", EFFECT_LINE},      {"b", EFFECT_NONE},
	{"blockquote", EFFECT_LINE}, {"body", EFFECT_LINE},
	{"br", EFFECT_LINE},         {"button", EFFECT_LINE},
	{"caption", EFFECT_LINE},    {"center", EFFECT_LINE},
	{"cite", EFFECT_NONE},       {"code", EFFECT_NONE},
	{"dd", EFFECT_LINE},         {"details", EFFECT_LINE},
	{"dialog", EFFECT_LINE},     {"dir", EFFECT_LINE},
	{"div", EFFECT_LINE},        {"dl", EFFECT_LINE},
	{"dt", EFFECT_LINE},         {"em", EFFECT_NONE},
	{"fieldset", EFFECT_LINE},   {"figcaption", EFFECT_LINE},
	{"figure", EFFECT_LINE},     {"font", EFFECT_NONE},
	{"footer", EFFECT_LINE},     {"form", EFFECT_LINE},
	{"frameset", EFFECT_LINE},   {"h1", EFFECT_LINE},
	{"h2", EFFECT_LINE},         {"h3", EFFECT_LINE},
	{"h4", EFFECT_LINE},         {"h5", EFFECT_LINE},
	{"h6", EFFECT_LINE},         {"head", EFFECT_LINE},
	{"header", EFFECT_LINE},     {"hgroup", EFFECT_LINE},
	{"hr", EFFECT_LINE},         {"html", EFFECT_LINE},
	{"i", EFFECT_NONE},          {"iframe", EFFECT_HIDE},
	{"img", EFFECT_NONE},        {"legend", EFFECT_LINE},
	{"li", EFFECT_LINE},         {"link", EFFECT_NONE},
	{"listing", EFFECT_PRE},     {"main", EFFECT_LINE},
	{"menu", EFFECT_LINE},       {"meta", EFFECT_NONE},
	{"nav", EFFECT_LINE},        {"noframes", EFFECT_LINE},
	{"noscript", EFFECT_HIDE},   {"ol", EFFECT_LINE},
	{"optgroup", EFFECT_LINE},   {"option", EFFECT_LINE},
	{"p", EFFECT_LINE},          {"pre", EFFECT_PRE},
	{"script", EFFECT_HIDE},     {"search", EFFECT_LINE},
	{"section", EFFECT_LINE},    {"select", EFFECT_LINE},
	{"span", EFFECT_NONE},       {"strong", EFFECT_NONE},
	{"style", EFFECT_HIDE},      {"sub", EFFECT_NONE},
	{"summary", EFFECT_LINE},    {"sup", EFFECT_NONE},
	{"svg", EFFECT_HIDE},        {"table", EFFECT_LINE},
	{"tbody", EFFECT_LINE},      {"td", EFFECT_LINE},
	{"template", EFFECT_HIDE},   {"textarea", EFFECT_PLAIN_PRE},
	{"tfoot", EFFECT_LINE},      {"th", EFFECT_LINE},
	{"thead", EFFECT_LINE},      {"title", EFFECT_PLAIN},
	{"tr", EFFECT_LINE},         {"u", EFFECT_NONE},
	{"ul", EFFECT_LINE},         {"xmp", EFFECT_PLAIN_PRE},
};

enum { ELEMENT_N = sizeof elements / sizeof elements[0] };

/* What stands before the next character. */
enum gap { GAP_NONE, GAP_SPACE, GAP_LINE };

/* never_closed[i]: no end tag of elements[i] lies ahead, so it need not be looked for again. */
struct page {
	struct slice left;
	struct build *out;
	enum gap gap;
	unsigned pre_n; /* open pre elements */
	bool never_closed[ELEMENT_N];
	bool no_comment_end, no_tag_end, quote_open;
};

static int by_name(const void *name, const void *element)
{
	return strcmp(name, ((const struct element *)element)->name);
}

static const struct element *find_element(const char *name)
{
	return bsearch(name, elements, ELEMENT_N, sizeof elements[0], by_name);
}

static bool is_space(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void cut(struct slice *s, size_t n)
{
	*s = slice_sub(*s, n, s->len - n);
}

static bool begins(struct slice s, const char *word)
{
	size_t len = strlen(word);
	return s.len >= len && strncasecmp((const char *)s.ptr, word, len) == 0;
}

static void put_gap(struct page *p)
{
	if (p->gap != GAP_NONE && p->out->len)
		build_str(p->out, p->gap == GAP_LINE ? "\n" : " ");
	p->gap = GAP_NONE;
}

static void want_gap(struct page *p, enum gap gap)
{
	if (p->gap < gap)
		p->gap = gap;
}

static void put_space(struct page *p, uint32_t c, bool pre)
{
	if (!pre)
		want_gap(p, GAP_SPACE);
	else if (c == '\n')
		build_str(p->out, "\n");
	else
		build_str(p->out, " ");
}

/* put_text appends characters without references. */
static void put_text(struct page *p, struct slice s, bool pre)
{
	size_t i = 0;
	while (i < s.len) {
		size_t from = i;
		while (i < s.len && !is_space(s.ptr[i]))
			i++;
		if (i > from) {
			put_gap(p);
			build_bytes(p->out, s.ptr + from, i - from);
		}
		for (; i < s.len && is_space(s.ptr[i]); i++)
			put_space(p, s.ptr[i], pre);
	}
}

static void put_char(struct page *p, uint32_t c, bool pre)
{
	if (is_space(c) || utf8_is_control(c)) {
		put_space(p, c, pre);
		return;
	}
	put_gap(p);
	utf8_put(p->out, c);
}

/* put_rich appends characters and references. */
static void put_rich(struct page *p, struct slice s, bool pre)
{
	while (s.len) {
		const uint8_t *amp = memchr(s.ptr, '&', s.len);
		size_t n = amp ? (size_t)(amp - s.ptr) : s.len;
		put_text(p, slice_sub(s, 0, n), pre);
		cut(&s, n);
		if (!s.len)
			return;
		uint32_t c;
		size_t len = entity_take(s, &c);
		if (len)
			put_char(p, c, pre);
		else
			put_text(p, slice_sub(s, 0, 1), pre);
		cut(&s, len ? len : 1);
	}
}

/* find_end returns the offset of "</name" with no further letter, or s.len. */
static size_t find_end(struct slice s, const char *name)
{
	size_t len = strlen(name);
	size_t i = 0;
	while (i < s.len) {
		const uint8_t *at = memchr(s.ptr + i, '<', s.len - i);
		if (!at)
			break;
		i = (size_t)(at - s.ptr);
		if (s.len - i > len + 2 && at[1] == '/' &&
		    strncasecmp((const char *)at + 2, name, len) == 0 &&
		    (is_space(at[len + 2]) || at[len + 2] == '/' || at[len + 2] == '>'))
			return i;
		i++;
	}
	return s.len;
}

/* take_inside cuts what an element without elements inside contains; false if it has no end. */
static bool take_inside(struct page *p, const struct element *e, struct slice *inside)
{
	bool *never = &p->never_closed[e - elements];
	size_t n = *never ? p->left.len : find_end(p->left, e->name);
	*never = n == p->left.len;
	return !*never && slice_take(&p->left, n, inside);
}

static void pre_tag(struct page *p, bool is_end)
{
	if (!is_end)
		p->pre_n++;
	else if (p->pre_n)
		p->pre_n--;
}

static void put_element(struct page *p, const struct element *e, const struct tag *t)
{
	struct slice inside;
	switch (e->effect) {
	case EFFECT_NONE:
		break;
	case EFFECT_LINE:
		want_gap(p, GAP_LINE);
		break;
	case EFFECT_PRE:
		want_gap(p, GAP_LINE);
		pre_tag(p, t->is_end);
		break;
	case EFFECT_PLAIN:
	case EFFECT_PLAIN_PRE:
		want_gap(p, GAP_LINE);
		if (!t->is_end && take_inside(p, e, &inside))
			put_rich(p, inside, e->effect == EFFECT_PLAIN_PRE);
		break;
	case EFFECT_HIDE:
		/* Of these only svg is a foreign element, which "/>" closes. */
		if (!t->is_end && !(t->is_void && strcmp(e->name, "svg") == 0))
			(void)take_inside(p, e, &inside);
		break;
	}
}

/* take_comment cuts a comment (13.2.5.43 to 13.2.5.52). */
static bool take_comment(struct page *p)
{
	struct slice s = p->left;
	if (p->no_comment_end || !begins(s, "<!--"))
		return false;
	/* "<!-->" and "<!--->" are comments; "--!>" ends one as well. */
	for (size_t i = 2; i + 2 < s.len; i++) {
		const uint8_t *dash = memmem(s.ptr + i, s.len - i, "--", 2);
		if (!dash)
			break;
		i = (size_t)(dash - s.ptr);
		size_t end = i + 2 + (i + 2 < s.len && i >= 4 && s.ptr[i + 2] == '!');
		if (end < s.len && s.ptr[end] == '>') {
			cut(&p->left, end + 1);
			return true;
		}
	}
	p->no_comment_end = true;
	return false;
}

/* take_declaration cuts a doctype, a processing instruction and whatever else browsers take for a
 * comment: '<' and one of "!?/", to the next '>'. */
static bool take_declaration(struct page *p)
{
	struct slice s = p->left;
	if (p->no_tag_end || s.len < 2 || !memchr("!?/", s.ptr[1], 3) || begins(s, "<!--"))
		return false;
	const uint8_t *end = memchr(s.ptr, '>', s.len);
	p->no_tag_end = !end;
	if (end)
		cut(&p->left, (size_t)(end - s.ptr) + 1);
	return end != NULL;
}

/* take_tag cuts a tag. After one with an open quote every tag ends at the next '>'. */
static bool take_tag(struct page *p)
{
	struct tag t;
	if (p->no_tag_end || !tag_starts(p->left))
		return false;
	p->quote_open = p->quote_open || !tag_take(&p->left, &t);
	if (p->quote_open && !tag_take_loose(&p->left, &t)) {
		p->no_tag_end = true;
		return false;
	}
	const struct element *e = find_element(t.name);
	if (e)
		put_element(p, e, &t);
	return true;
}

void html_text(struct slice utf8, struct build *out)
{
	struct page p = {.left = utf8, .out = out};
	while (p.left.len && !out->failed) {
		const uint8_t *lt = memchr(p.left.ptr, '<', p.left.len);
		size_t n = lt ? (size_t)(lt - p.left.ptr) : p.left.len;
		put_rich(&p, slice_sub(p.left, 0, n), p.pre_n > 0);
		cut(&p.left, n);
		if (!p.left.len || take_tag(&p) || take_comment(&p) || take_declaration(&p))
			continue;
		put_text(&p, slice_sub(p.left, 0, 1), p.pre_n > 0);
		cut(&p.left, 1);
	}
}

bool html_looks_like(struct slice text, unsigned tags_n_min)
{
	struct slice s = slice_sub(text, 0, text.len < LOOK_LEN ? text.len : LOOK_LEN);
	unsigned tags_n = 0;
	while (s.len && is_space(s.ptr[0]))
		cut(&s, 1);
	if (begins(s, "<!doctype html") || begins(s, "<html") || begins(s, "<head") ||
	    begins(s, "<body"))
		return true;
	while (s.len) {
		struct tag t;
		if (!tag_starts(s) || !tag_take(&s, &t)) {
			cut(&s, 1);
			continue;
		}
		if (strcmp(t.name, "html") == 0 || strcmp(t.name, "body") == 0)
			return true;
		tags_n += find_element(t.name) != NULL;
	}
	return tags_n >= tags_n_min;
}
