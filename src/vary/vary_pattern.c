/* SPDX-License-Identifier: Apache-2.0 */
#include "vary_pattern.h"

#include <stdlib.h>
#include <string.h>

/* cut_item takes the next item, separated by blanks; false if there is none. */
static bool cut_item(struct slice *rest, struct slice *out)
{
	size_t from = 0;
	while (from < rest->len && memchr(" \t", rest->ptr[from], 2))
		from++;
	size_t to = from;
	while (to < rest->len && !memchr(" \t", rest->ptr[to], 2))
		to++;
	*out = slice_sub(*rest, from, to - from);
	*rest = slice_sub(*rest, to, rest->len - to);
	return to > from;
}

struct sr_err vary_classes_get(struct arena *a, struct vary_classes *c, struct slice name,
			       uint32_t *out)
{
	for (uint32_t i = 0; i < c->n; i++) {
		*out = i;
		if (slice_eq(c->at[i].name, name))
			return sr_ok();
	}
	if (c->n == VARY_CLASSES)
		return sr_fail(SR_E_LIMIT, "a pack may have 256 classes of words at the most");
	struct vary_class *at = arena_grow(a, c->at, c->n, &c->cap, sizeof *at);
	if (!at)
		return sr_nomem();
	c->at = at;
	*out = (uint32_t)c->n;
	c->at[c->n++] = (struct vary_class){.name = name};
	return sr_ok();
}

/* fold_word makes text the folding of a word; *one is false if it is not exactly one word. */
static struct sr_err fold_word(struct arena *a, struct slice *text, uint32_t *hash, bool *one)
{
	struct text_tokens t;
	SR_TRY(text_tokens_make(a, *text, &t));
	*one = t.n == 1;
	if (!*one)
		return sr_ok();
	*hash = t.at[0].hash;
	*text = text_token_fold(&t, 0);
	return sr_ok();
}

static bool is_mark(struct slice s)
{
	return s.len == 1 && memchr(",;:.-\"", s.ptr[0], 6);
}

static struct sr_err read_hash(struct arena *a, struct slice s, struct vary_classes *c,
			       struct vary_atom *out)
{
	struct slice name = slice_sub(s, 1, s.len - 1);
	if (slice_eq(name, SLICE_LIT("name")))
		out->kind = VARY_ATOM_NAME;
	else if (slice_eq(name, SLICE_LIT("digits")))
		out->kind = VARY_ATOM_DIGITS;
	else if (slice_eq(name, SLICE_LIT("stop")))
		out->kind = VARY_ATOM_STOP;
	else {
		out->kind = VARY_ATOM_CLASS;
		return vary_classes_get(a, c, name, &out->number);
	}
	return sr_ok();
}

static struct sr_err read_atom(struct arena *a, struct slice s, struct vary_classes *c,
			       struct vary_atom *out, const char **what)
{
	*out = (struct vary_atom){.kind = VARY_ATOM_WORD, .text = s};
	bool one = true;
	if (s.len > 1 && s.ptr[0] == '#')
		return read_hash(a, s, c, out);
	if (is_mark(s)) {
		out->kind = VARY_ATOM_MARK;
		out->mark = s.ptr[0];
		return sr_ok();
	}
	if (slice_eq(s, SLICE_LIT("*"))) {
		out->kind = VARY_ATOM_ANY;
		return sr_ok();
	}
	if (s.len && s.ptr[0] == '*') {
		out->kind = VARY_ATOM_SUFFIX;
		out->text = slice_sub(s, 1, s.len - 1);
	} else if (s.len && s.ptr[s.len - 1] == '*') {
		out->kind = VARY_ATOM_PREFIX;
		out->text = slice_sub(s, 0, s.len - 1);
	}
	SR_TRY(fold_word(a, &out->text, &out->hash, &one));
	if (one)
		return sr_ok();
	*what = "a pattern's item is neither a word, a mark, nor one of * #class";
	return sr_fail(SR_E_INPUT, *what);
}

struct sr_err vary_atoms_parse(struct arena *a, struct slice text, struct vary_classes *c,
			       const struct vary_atom **out, size_t *out_n, const char **what)
{
	size_t n = 1, at = 0;
	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '/';
	struct vary_atom *atoms = ARENA_ARRAY(a, n, struct vary_atom);
	if (!atoms)
		return sr_nomem();
	for (size_t k = 0; k < n; k++) {
		size_t end = at;
		while (end < text.len && text.ptr[end] != '/')
			end++;
		SR_TRY(read_atom(a, slice_sub(text, at, end - at), c, &atoms[k], what));
		at = end + 1;
	}
	*out = atoms;
	*out_n = n;
	return sr_ok();
}

static bool is_name(struct slice s)
{
	return s.len && s.len <= 2 && s.ptr[0] >= 'A' && s.ptr[0] <= 'Z' &&
	       (s.len == 1 || (s.ptr[1] >= '0' && s.ptr[1] <= '9'));
}

/* cut_repeat takes what says how often off the end of an item. */
static void cut_repeat(struct slice *s, struct vary_item *out)
{
	out->min = out->max = 1;
	if (s->len < 2)
		return;
	uint8_t last = s->ptr[s->len - 1];
	if (last != '?' && last != '+')
		return;
	out->min = last == '+';
	out->max = last == '+' ? VARY_REPEAT_MAX : 1;
	s->len--;
}

static struct sr_err read_item(struct arena *a, struct slice s, bool names, struct vary_classes *c,
			       struct vary_item *out, const char **what)
{
	static const struct vary_atom any = {.kind = VARY_ATOM_ANY};
	*out = (struct vary_item){.min = 1, .max = 1};
	const uint8_t *eq = memchr(s.ptr, '=', s.len);
	if (eq && names) {
		out->name = slice_sub(s, 0, (size_t)(eq - s.ptr));
		s = slice_sub(s, out->name.len + 1, s.len - out->name.len - 1);
	}
	if (eq && (!names || !is_name(out->name))) {
		*what = names ? "a name in a rule is a capital letter and a digit at most"
			      : "only the patterns of find have names";
		return sr_fail(SR_E_INPUT, *what);
	}
	if (s.len == 3 && s.ptr[0] == '.' && s.ptr[1] == '.' && s.ptr[2] >= '1' &&
	    s.ptr[2] <= '9') {
		out->atoms = &any;
		out->atoms_n = 1;
		out->min = 0;
		out->max = (uint8_t)(s.ptr[2] - '0');
		return sr_ok();
	}
	cut_repeat(&s, out);
	return vary_atoms_parse(a, s, c, &out->atoms, &out->atoms_n, what);
}

struct sr_err vary_pattern_parse(struct arena *a, struct slice text, bool names,
				 struct vary_classes *c, struct vary_pattern *out,
				 const char **what)
{
	struct vary_item *items = ARENA_ARRAY(a, VARY_PATTERN_ITEMS, struct vary_item);
	struct slice s;
	size_t n = 0;
	if (!items)
		return sr_nomem();
	while (cut_item(&text, &s)) {
		if (n == VARY_PATTERN_ITEMS) {
			*what = "a pattern has more than 24 items";
			return sr_fail(SR_E_INPUT, *what);
		}
		SR_TRY(read_item(a, s, names, c, &items[n++], what));
	}
	if (!n) {
		*what = "there is no pattern here";
		return sr_fail(SR_E_INPUT, *what);
	}
	*out = (struct vary_pattern){items, n};
	return sr_ok();
}

static bool ends_with(struct slice s, struct slice end)
{
	return s.len > end.len && memcmp(s.ptr + s.len - end.len, end.ptr, end.len) == 0;
}

static bool begins_with(struct slice s, struct slice start)
{
	return s.len > start.len && memcmp(s.ptr, start.ptr, start.len) == 0;
}

static bool begins_with_digit(struct slice s)
{
	return s.len && s.ptr[0] >= '0' && s.ptr[0] <= '9';
}

/* affix_matches: a word by its letters alone. */
static bool affix_matches(const struct vary_atom *m, struct slice word)
{
	return m->kind == VARY_ATOM_PREFIX   ? begins_with(word, m->text)
	       : m->kind == VARY_ATOM_SUFFIX ? ends_with(word, m->text)
	       : m->kind == VARY_ATOM_DIGITS ? begins_with_digit(word)
	       : m->kind == VARY_ATOM_WORD   ? slice_eq(word, m->text)
					     : m->kind == VARY_ATOM_ANY;
}

static bool word_matches(const struct vary_atom *m, const struct vary_text *t, size_t i)
{
	const struct vary_element *e = &t->at[i];
	if (m->kind == VARY_ATOM_CLASS)
		return t->classes[e->token][m->number / 64] >> (m->number % 64) & 1;
	if (m->kind == VARY_ATOM_NAME)
		return e->capital && !e->starts;
	if (m->kind == VARY_ATOM_WORD && t->tokens.at[e->token].hash != m->hash)
		return false;
	return affix_matches(m, vary_text_fold(t, i));
}

static bool element_matches(const struct vary_item *item, const struct vary_text *t, size_t i)
{
	uint8_t mark = t->at[i].mark;
	for (size_t k = 0; k < item->atoms_n; k++) {
		const struct vary_atom *m = &item->atoms[k];
		if (m->kind == VARY_ATOM_STOP   ? mark != 0
		    : m->kind == VARY_ATOM_MARK ? mark == m->mark
						: !mark && word_matches(m, t, i))
			return true;
	}
	return false;
}

/* match matches items [item, n) from element at on, step by step, the most repetitions first. */
static bool match(const struct vary_pattern *p, size_t item, const struct vary_text *t, size_t at,
		  struct vary_span *spans, size_t *end)
{
	if (item == p->items_n) {
		*end = at;
		return true;
	}
	const struct vary_item *m = &p->items[item];
	size_t n = 0;
	while (n < m->max && at + n < t->n && element_matches(m, t, at + n))
		n++;
	for (size_t k = n + 1; k > m->min; k--) {
		if (spans)
			spans[item] = (struct vary_span){at, at + k - 1};
		if (match(p, item + 1, t, at + k - 1, spans, end))
			return true;
	}
	return false;
}

bool vary_pattern_forward(const struct vary_pattern *p, const struct vary_text *t, size_t at,
			  struct vary_span *spans, size_t *end)
{
	return match(p, 0, t, at, spans, end);
}

/* match_back is match, from the last item on and leftwards; at is the element behind. */
static bool match_back(const struct vary_pattern *p, size_t items, const struct vary_text *t,
		       size_t at)
{
	if (!items)
		return true;
	const struct vary_item *m = &p->items[items - 1];
	size_t n = 0;
	while (n < m->max && n < at && element_matches(m, t, at - n - 1))
		n++;
	for (size_t k = n + 1; k > m->min; k--)
		if (match_back(p, items - 1, t, at - (k - 1)))
			return true;
	return false;
}

bool vary_pattern_back(const struct vary_pattern *p, const struct vary_text *t, size_t at)
{
	return match_back(p, p->items_n, t, at);
}

static int order_words(const void *x, const void *y)
{
	const struct vary_class_word *a = x, *b = y;
	return (a->hash > b->hash) - (a->hash < b->hash);
}

static void set_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool has_bit(const uint64_t *bits, uint32_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static void add_bits(uint64_t *to, const uint64_t *from)
{
	for (size_t i = 0; i < VARY_CLASS_WORDS; i++)
		to[i] |= from[i];
}

/* close_wider: what contains a class contains what that class contains. */
static void close_wider(struct vary_classes *c)
{
	for (uint32_t k = 0; k < c->n; k++)
		for (uint32_t i = 0; i < c->n; i++)
			if (has_bit(c->at[i].wider, k))
				add_bits(c->at[i].wider, c->at[k].wider);
}

struct sr_err vary_classes_close(struct arena *a, struct vary_classes *c, uint32_t *bad)
{
	size_t n = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		*bad = i;
		if (!c->at[i].atoms_n)
			return sr_fail(SR_E_INPUT, "a class of words has no words");
		n += c->at[i].atoms_n;
	}
	c->words = ARENA_ARRAY(a, n, struct vary_class_word);
	if (!c->words)
		return sr_nomem();
	c->words_n = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		for (size_t k = 0; k < c->at[i].atoms_n; k++) {
			const struct vary_atom *m = &c->at[i].atoms[k];
			if (m->kind == VARY_ATOM_WORD)
				c->words[c->words_n++] =
					(struct vary_class_word){m->hash, i, m->text};
			else if (m->kind == VARY_ATOM_CLASS)
				set_bit(c->at[m->number].wider, i);
		}
	}
	qsort(c->words, c->words_n, sizeof *c->words, order_words);
	close_wider(c);
	return sr_ok();
}

/* mark_word sets the bits of the classes that name a word, or a class with it. */
static void mark_word(const struct vary_classes *c, struct slice word, uint32_t hash,
		      uint64_t *bits)
{
	size_t lo = 0, hi = c->words_n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (c->words[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	uint64_t own[VARY_CLASS_WORDS] = {0};
	for (; lo < c->words_n && c->words[lo].hash == hash; lo++)
		if (slice_eq(c->words[lo].text, word))
			set_bit(own, c->words[lo].class);
	for (uint32_t i = 0; i < c->n; i++)
		for (size_t k = 0; c->at[i].has_affixes && k < c->at[i].atoms_n; k++)
			if (c->at[i].atoms[k].kind != VARY_ATOM_WORD &&
			    affix_matches(&c->at[i].atoms[k], word))
				set_bit(own, i);
	add_bits(bits, own);
	for (uint32_t i = 0; i < c->n; i++)
		if (has_bit(own, i))
			add_bits(bits, c->at[i].wider);
}

struct sr_err vary_classes_mark(struct arena *a, const struct vary_classes *c, struct vary_text *t)
{
	t->classes = arena_alloc(a, t->tokens.n, sizeof *t->classes);
	if (!t->classes)
		return sr_nomem();
	for (size_t i = 0; i < t->tokens.n; i++)
		mark_word(c, text_token_fold(&t->tokens, i), t->tokens.at[i].hash, t->classes[i]);
	return sr_ok();
}

bool vary_pattern_word(const struct vary_classes *c, const struct vary_pattern *p,
		       struct slice fold, uint32_t hash)
{
	uint64_t bits[VARY_CLASS_WORDS] = {0};
	mark_word(c, fold, hash, bits);
	for (size_t i = 0; i < p->items_n; i++)
		for (size_t k = 0; k < p->items[i].atoms_n; k++) {
			const struct vary_atom *m = &p->items[i].atoms[k];
			if (m->kind == VARY_ATOM_CLASS ? has_bit(bits, m->number)
						       : affix_matches(m, fold))
				return true;
		}
	return false;
}

struct sr_err vary_class_add(struct arena *a, struct vary_classes *c, uint32_t class,
			     const struct vary_atom *atom)
{
	struct vary_class *k = &c->at[class];
	struct vary_atom *atoms = arena_grow(a, k->atoms, k->atoms_n, &k->atoms_cap, sizeof *atoms);
	if (!atoms)
		return sr_nomem();
	k->atoms = atoms;
	k->atoms[k->atoms_n++] = *atom;
	k->has_affixes |= atom->kind == VARY_ATOM_PREFIX || atom->kind == VARY_ATOM_SUFFIX ||
			  atom->kind == VARY_ATOM_DIGITS || atom->kind == VARY_ATOM_ANY;
	return sr_ok();
}
