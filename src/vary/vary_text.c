/* SPDX-License-Identifier: Apache-2.0 */
#include "vary_text.h"

#include <string.h>

struct preparer {
	struct arena *a;
	struct vary_text *t;
	const struct text_language *lang;
	const uint8_t *starts;
	size_t cap;
	uint32_t sentence, paragraph;
};

static struct sr_err add(struct preparer *p, struct vary_element e)
{
	struct vary_element *at = arena_grow(p->a, p->t->at, p->t->n, &p->cap, sizeof *at);
	if (!at)
		return sr_nomem();
	p->t->at = at;
	p->t->at[p->t->n++] = e;
	return sr_ok();
}

/* mark_at returns the mark that stands at pos, or 0, and its length. */
static uint8_t mark_at(const struct preparer *p, size_t pos, size_t *len)
{
	static const struct {
		const char *bytes;
		uint8_t mark;
	} signs[] = {
		{"\xe2\x80\x93", '-'}, {"\xe2\x80\x94", '-'}, {"\xe2\x80\x9c", '"'},
		{"\xe2\x80\x9d", '"'}, {"\xe2\x80\x9e", '"'}, {"\xc2\xab", '"'},
		{"\xc2\xbb", '"'},     {"\xe2\x80\xa6", '.'}, {"--", '-'},
		{" - ", '-'},
	};
	struct slice s = p->t->plain;
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
		size_t n = strlen(signs[i].bytes);
		if (s.len - pos >= n && memcmp(s.ptr + pos, signs[i].bytes, n) == 0) {
			*len = n;
			return signs[i].mark;
		}
	}
	*len = 1;
	if (memchr(",;:\"", s.ptr[pos], 4))
		return s.ptr[pos];
	if (s.ptr[pos] == '(' || s.ptr[pos] == ')')
		return VARY_MARK_BRACKET;
	return text_ends_sentence(s, pos, p->lang) ? '.' : 0;
}

/* item_at tells whether a list's item begins behind the line end at pos. */
static bool item_at(struct slice s, size_t pos)
{
	size_t i = pos + 1;
	while (i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == '\t'))
		i++;
	size_t digits = i;
	while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
		digits++;
	if (digits > i)
		return digits + 1 < s.len && memchr(".)", s.ptr[digits], 2) &&
		       s.ptr[digits + 1] == ' ';
	return i + 1 < s.len && memchr("-*+", s.ptr[i], 3) && s.ptr[i + 1] == ' ';
}

static bool blank_line_at(struct slice s, size_t pos)
{
	size_t i = pos + 1;
	while (i < s.len && memchr(" \t\r", s.ptr[i], 3))
		i++;
	return i >= s.len || s.ptr[i] == '\n';
}

/* add_marks adds what stands between two words. */
static struct sr_err add_marks(struct preparer *p, size_t from, size_t to, uint32_t token)
{
	struct slice s = p->t->plain;
	bool ended = false;
	for (size_t i = from, len = 1; i < to; i += len) {
		uint8_t mark = mark_at(p, i, &len);
		if (s.ptr[i] == '\n' && (blank_line_at(s, i) || item_at(s, i)))
			mark = VARY_MARK_END;
		if (!mark || (mark == VARY_MARK_END && ended))
			continue;
		ended = mark == VARY_MARK_END;
		p->paragraph += ended;
		SR_TRY(add(p, (struct vary_element){(uint32_t)i, (uint32_t)len, token, mark, false,
						    false}));
	}
	return sr_ok();
}

static struct sr_err add_word(struct preparer *p, uint32_t i)
{
	const struct text_token *w = &p->t->tokens.at[i];
	bool starts = p->starts[w->off];
	p->sentence += starts;
	p->t->element[i] = (uint32_t)p->t->n;
	p->t->sentence[i] = p->sentence;
	p->t->paragraph[i] = p->paragraph;
	struct slice rest = slice_sub(p->t->plain, w->off, w->len);
	return add(p, (struct vary_element){w->off, w->len, i, 0, starts, text_is_upper(rest)});
}

static struct sr_err add_end(struct preparer *p, size_t off, uint32_t token)
{
	return add(p, (struct vary_element){(uint32_t)off, 0, token, VARY_MARK_END, false, false});
}

struct sr_err vary_text_make(struct arena *a, struct slice plain, const struct text_language *lang,
			     struct vary_text *out)
{
	struct vary_text t = {.plain = plain};
	SR_TRY(text_tokens_make(a, plain, &t.tokens));
	struct preparer p = {.a = a, .t = &t, .lang = lang};
	p.cap = t.tokens.n + t.tokens.n / 4 + 16;
	t.at = ARENA_ARRAY(a, p.cap, struct vary_element);
	t.element = ARENA_ARRAY(a, t.tokens.n, uint32_t);
	t.sentence = ARENA_ARRAY(a, t.tokens.n, uint32_t);
	t.paragraph = ARENA_ARRAY(a, t.tokens.n, uint32_t);
	p.starts = text_sentence_starts(a, plain, lang);
	if (!t.at || !t.element || !t.sentence || !t.paragraph || !p.starts)
		return sr_nomem();
	SR_TRY(add_end(&p, 0, 0));
	size_t behind = 0;
	for (uint32_t i = 0; i < t.tokens.n; i++) {
		SR_TRY(add_marks(&p, behind, t.tokens.at[i].off, i));
		SR_TRY(add_word(&p, i));
		behind = (size_t)t.tokens.at[i].off + t.tokens.at[i].len;
	}
	SR_TRY(add_marks(&p, behind, plain.len, (uint32_t)t.tokens.n));
	SR_TRY(add_end(&p, plain.len, (uint32_t)t.tokens.n));
	*out = t;
	return sr_ok();
}

struct slice vary_text_fold(const struct vary_text *t, size_t i)
{
	return text_token_fold(&t->tokens, t->at[i].token);
}

void vary_text_sentence(const struct vary_text *t, size_t token, size_t *from, size_t *to)
{
	size_t first = token, last = token;
	while (first > 0 && t->sentence[first - 1] == t->sentence[token])
		first--;
	while (last + 1 < t->tokens.n && t->sentence[last + 1] == t->sentence[token])
		last++;
	*from = t->tokens.at[first].off;
	*to = (size_t)t->tokens.at[last].off + t->tokens.at[last].len;
	size_t e = t->element[last] + 1;
	if (t->at[e].mark == '.')
		*to = (size_t)t->at[e].off + t->at[e].len;
}
