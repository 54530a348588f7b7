/* SPDX-License-Identifier: Apache-2.0 */
#include "vary_read.h"

#include "base_limits.h"
#include "text_lattice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vary_bad(struct vary_reader *r, const char *fmt, ...)
{
	char text[512];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	note(&r->sink, SR_ERROR, r->line, 1, "%s", text);
	r->worst = sr_fail(SR_E_INPUT, "the language pack has a bad line");
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct slice trimmed(struct slice s)
{
	while (s.len && is_blank(s.ptr[0]))
		s = slice_sub(s, 1, s.len - 1);
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* cut takes what stands before sep off the front of rest, sep as well. */
static struct slice cut(struct slice *rest, const char *sep)
{
	size_t n = strlen(sep);
	const uint8_t *p = rest->len ? memmem(rest->ptr, rest->len, sep, n) : NULL;
	size_t len = p ? (size_t)(p - rest->ptr) : rest->len;
	struct slice out = slice_sub(*rest, 0, len);
	size_t used = p ? len + n : len;
	*rest = slice_sub(*rest, used, rest->len - used);
	return out;
}

struct slice vary_cut_word(struct slice *rest)
{
	struct slice s = trimmed(*rest);
	size_t n = 0;
	while (n < s.len && !is_blank(s.ptr[n]))
		n++;
	*rest = trimmed(slice_sub(s, n, s.len - n));
	return slice_sub(s, 0, n);
}

struct slice vary_cut_bar(struct slice *rest)
{
	return trimmed(cut(rest, " | "));
}

struct sr_err vary_words_read(struct arena *a, struct slice rest, const struct slice **out,
			      size_t *n)
{
	struct slice *words = NULL, word;
	size_t cap = 0;
	*n = 0;
	while ((word = vary_cut_word(&rest)).len) {
		struct slice *all = arena_grow(a, words, *n, &cap, sizeof *all);
		if (!all)
			return sr_nomem();
		words = all;
		words[(*n)++] = word;
	}
	*out = words;
	return sr_ok();
}

/* find_head finds the word of a wording that takes forms, and takes its mark out. */
static struct sr_err find_head(struct vary_reader *r, enum vary_head head, struct vary_wording *w)
{
	const uint8_t *mark = memchr(w->text.ptr, '~', w->text.len);
	if (mark) {
		size_t at = (size_t)(mark - w->text.ptr);
		uint8_t *copy = arena_alloc(r->a, w->text.len, 1);
		if (!copy)
			return sr_nomem();
		memcpy(copy, w->text.ptr, at);
		memcpy(copy + at, w->text.ptr + at + 1, w->text.len - at - 1);
		w->text = slice_make(copy, w->text.len - 1);
		w->head = at;
	} else if (head == VARY_HEAD_LAST) {
		w->head = w->text.len;
		while (w->head > 0 && w->text.ptr[w->head - 1] != ' ')
			w->head--;
	}
	while (w->head + w->head_len < w->text.len &&
	       !memchr(" ,", w->text.ptr[w->head + w->head_len], 2))
		w->head_len++;
	return sr_ok();
}

/* read_wording reads one wording, its register in brackets behind it. */
static struct sr_err read_wording(struct vary_reader *r, struct slice text,
				  const struct vary_entry *e, struct vary_wording *out)
{
	*out = (struct vary_wording){.text = text};
	const uint8_t *open = text.len ? memmem(text.ptr, text.len, " [", 2) : NULL;
	if (open && text.ptr[text.len - 1] == ']') {
		size_t at = (size_t)(open - text.ptr);
		uint32_t number;
		SR_TRY(vary_register_get(r, slice_sub(text, at + 2, text.len - at - 3), &number));
		out->style = number + 1;
		out->text = trimmed(slice_sub(text, 0, at));
	}
	if (!out->text.len || memchr(out->text.ptr, '{', out->text.len) ||
	    memchr(out->text.ptr, '}', out->text.len)) {
		vary_bad(r, "a wording is empty, or has braces");
		return sr_ok();
	}
	enum vary_head head = e->pos ? r->pack->pos[e->pos - 1].head : VARY_HEAD_NONE;
	return find_head(r, head, out);
}

/* check_wordings: they must differ in what survives retyping. */
static struct sr_err check_wordings(struct vary_reader *r, const struct vary_entry *e)
{
	struct slice texts[LIMIT_WORDINGS];
	for (size_t i = 0; i < e->wordings_n; i++)
		texts[i] = e->wordings[i].text;
	struct sr_err bad = text_wordings_check(texts, e->wordings_n, NULL, r->line, 1);
	if (bad.code == SR_E_INPUT)
		vary_bad(r, "two wordings of this entry are the same once case, hyphens, "
			    "apostrophes, punctuation and blanks are gone, or one is empty");
	return bad.code == SR_E_INPUT ? sr_ok() : bad;
}

static struct sr_err read_wordings(struct vary_reader *r, struct slice rest, bool both,
				   struct vary_entry *e)
{
	size_t n = 1;
	for (struct slice s = rest; s.len; n++)
		(void)cut(&s, " | ");
	if (n < 3 || n > LIMIT_WORDINGS) {
		vary_bad(r, "an entry needs two or more wordings, separated by \" | \"");
		return sr_ok();
	}
	e->wordings = ARENA_ARRAY(r->a, n, struct vary_wording);
	if (!e->wordings)
		return sr_nomem();
	while (rest.len)
		SR_TRY(read_wording(r, vary_cut_bar(&rest), e, &e->wordings[e->wordings_n++]));
	e->found_n = both ? e->wordings_n : 1;
	return check_wordings(r, e);
}

/* read_entry reads the first line of an entry, its id already cut off. */
static struct sr_err read_entry(struct vary_reader *r, struct slice id, struct slice rest)
{
	struct vary_pack *p = r->pack;
	struct vary_entry e = {.id = id, .file = r->sink.file, .line = r->line, .forms_n = 1};
	e.class = vary_cut_word(&rest);
	struct slice pos = vary_cut_word(&rest);
	struct slice direction = vary_cut_word(&rest);
	e.rule = slice_eq(pos, SLICE_LIT("rule"));
	if (e.rule && direction.len)
		vary_bad(r, "a rule's first line ends with \"rule\"");
	if (!e.rule) {
		e.pos = vary_pos_find(p, pos);
		if (!e.pos && !slice_eq(pos, SLICE_LIT("x")))
			vary_bad(r,
				 "\"%.*s\" is no part of speech: x, rule, or one that a pos "
				 "line in language.pack declares",
				 (int)pos.len, (const char *)pos.ptr);
		bool both = slice_eq(direction, SLICE_LIT("<>"));
		if (!both && !slice_eq(direction, SLICE_LIT(">")))
			vary_bad(r, "the direction is neither <> nor >");
		if (e.pos && p->pos[e.pos - 1].forms_n)
			e.forms_n = p->pos[e.pos - 1].forms_n;
		SR_TRY(read_wordings(r, rest, both, &e));
	}
	struct vary_entry *all =
		arena_grow(r->a, p->entries, p->entries_n, &p->entries_cap, sizeof *all);
	if (!all)
		return sr_nomem();
	p->entries = all;
	p->entries[p->entries_n] = e;
	r->entry = &p->entries[p->entries_n++];
	return sr_ok();
}

static struct sr_err add_test(struct vary_reader *r, bool finds, struct slice rest)
{
	struct vary_entry *e = r->entry;
	struct vary_test t = {.finds = finds, .line = r->line};
	t.sentence = trimmed(cut(&rest, " => "));
	t.want = trimmed(rest);
	if (!t.sentence.len || (!finds && t.want.len))
		vary_bad(r, "a test is \"+ SENTENCE\", \"+ SENTENCE => SENTENCE\" or "
			    "\"- SENTENCE\"");
	struct vary_test *all = arena_grow(r->a, e->tests, e->tests_n, &e->tests_cap, sizeof *all);
	if (!all)
		return sr_nomem();
	e->tests = all;
	e->tests[e->tests_n++] = t;
	return sr_ok();
}

/* item_named returns the number of the item of a rule's find that has this name, plus 1; or 0. */
static size_t item_named(const struct vary_entry *e, struct slice name)
{
	for (size_t i = 0; i < e->find.items_n; i++)
		if (name.len && slice_eq(e->find.items[i].name, name))
			return i + 1;
	return 0;
}

static struct sr_err add_write(struct vary_reader *r, struct slice rest)
{
	struct vary_entry *e = r->entry;
	const struct slice *words;
	size_t n;
	SR_TRY(vary_words_read(r->a, rest, &words, &n));
	struct vary_part *parts = ARENA_ARRAY(r->a, n, struct vary_part);
	struct vary_template *all =
		arena_grow(r->a, e->writes, e->writes_n, &e->writes_cap, sizeof *all);
	if (!parts || !all)
		return sr_nomem();
	if (!e->find.items_n || !n)
		vary_bad(r, "write needs words, and a find line above it");
	for (size_t i = 0; i < n; i++)
		parts[i] = (struct vary_part){words[i], item_named(e, words[i])};
	e->writes = all;
	e->writes[e->writes_n++] = (struct vary_template){parts, n};
	return sr_ok();
}

static struct sr_err read_find(struct vary_reader *r, struct slice rest)
{
	bool good;
	if (r->entry->find.items_n)
		vary_bad(r, "a rule has one find line");
	return vary_pattern_read(r, rest, true, &r->entry->find, &good);
}

static void read_tier(struct vary_reader *r, struct slice rest)
{
	if (slice_eq(rest, SLICE_LIT("automatic")))
		r->entry->tier = VARY_TIER_AUTOMATIC;
	else if (slice_eq(rest, SLICE_LIT("ask")))
		r->entry->tier = VARY_TIER_ASK;
	else if (slice_eq(rest, SLICE_LIT("off")))
		r->entry->tier = VARY_TIER_OFF;
	else
		vary_bad(r, "tier is one of automatic, ask, off");
}

/* read_as gives an entry the guards of one above it, before any of its own. */
static void read_as(struct vary_reader *r, struct slice id)
{
	const struct vary_pack *p = r->pack;
	struct vary_guards *g = &r->entry->guards;
	if (g->n || g->tags_n || g->links_n || g->registers_n || g->at_start || g->not_at_start ||
	    g->at_name)
		vary_bad(r, "as stands before other guards");
	for (size_t i = p->entries_n - 1; i-- > 0;)
		if (slice_eq(p->entries[i].id, id)) {
			*g = p->entries[i].guards;
			/* What is added must not touch the arrays of the other. */
			g->cap = g->n;
			g->tags_cap = g->tags_n;
			g->links_cap = g->links_n;
			g->registers_cap = g->registers_n;
			return;
		}
	vary_bad(r, "as needs the id of an entry above this one");
}

static struct sr_err entry_line(struct vary_reader *r, struct slice key, struct slice rest)
{
	bool known;
	if (slice_eq(key, SLICE_LIT("+")))
		return add_test(r, true, rest);
	if (slice_eq(key, SLICE_LIT("-")))
		return add_test(r, false, rest);
	if (slice_eq(key, SLICE_LIT("tier"))) {
		read_tier(r, rest);
		return sr_ok();
	}
	if (slice_eq(key, SLICE_LIT("as"))) {
		read_as(r, rest);
		return sr_ok();
	}
	if (slice_eq(key, SLICE_LIT("whole")) && !rest.len) {
		r->entry->whole = true;
		return sr_ok();
	}
	if (r->entry->rule && slice_eq(key, SLICE_LIT("find")))
		return read_find(r, rest);
	if (r->entry->rule && slice_eq(key, SLICE_LIT("write")))
		return add_write(r, rest);
	SR_TRY(vary_guard_read(r, key, rest, &r->entry->guards, &known));
	if (!known)
		vary_bad(r, "\"%.*s\" is no guard, and none of + - as tier whole%s", (int)key.len,
			 (const char *)key.ptr, r->entry->rule ? " find write" : "");
	return sr_ok();
}

static struct sr_err indented(struct vary_reader *r, struct slice key, struct slice rest)
{
	bool known = true;
	if (r->entry)
		return entry_line(r, key, rest);
	if (r->agree)
		return vary_agree_read(r, key, rest);
	if (r->form)
		SR_TRY(vary_guard_read(r, key, rest, r->form, &known));
	if (!r->form || !known)
		vary_bad(r, "nothing above takes this indented line");
	return sr_ok();
}

static struct sr_err read_line(struct vary_reader *r, struct slice line)
{
	bool first_column = !is_blank(line.ptr[0]);
	if (text_utf8_bad(line) < line.len) {
		vary_bad(r, "this is not UTF-8 text");
		return sr_ok();
	}
	struct slice rest = line, key = vary_cut_word(&rest);
	if (!key.len)
		return sr_ok();
	if (!first_column)
		return indented(r, key, rest);
	r->entry = NULL;
	r->form = NULL;
	r->agree = NULL;
	if (key.ptr[key.len - 1] != ':')
		return vary_language_read(r, key, rest);
	if (key.len == 1)
		vary_bad(r, "an entry has an id before the colon");
	return read_entry(r, slice_sub(key, 0, key.len - 1), rest);
}

/* check_entry: what can be told of an entry only when all its lines were read. */
static void check_entry(struct vary_reader *r)
{
	const struct vary_entry *e = r->entry;
	if (e && e->rule && !e->writes_n)
		vary_bad(r, "the rule above has no find and write");
}

static struct sr_err read_source(struct vary_reader *r, const struct vary_source *s)
{
	struct slice bytes = s->bytes;
	r->sink.file = s->name;
	r->line = 0;
	while (bytes.len) {
		struct slice line = cut(&bytes, "\n");
		r->line++;
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (!line.len || line.ptr[0] == '#')
			continue;
		if (!is_blank(line.ptr[0]))
			check_entry(r);
		SR_TRY(read_line(r, line));
	}
	check_entry(r);
	r->entry = NULL;
	r->form = NULL;
	r->agree = NULL;
	return sr_ok();
}

/* row_of returns the forms of a word, or NULL. */
static const struct vary_inflection *row_of(const struct vary_pack *p, uint32_t pos,
					    struct slice word)
{
	size_t lo = 0, hi = p->inflections_n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct vary_inflection *i = &p->inflections[mid];
		int order =
			i->pos != pos ? (i->pos < pos ? -1 : 1) : slice_order(i->forms[0], word);
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	const struct vary_inflection *i = &p->inflections[lo];
	return lo < p->inflections_n && i->pos == pos && slice_eq(i->forms[0], word) ? i : NULL;
}

static int order_rows(const void *x, const void *y)
{
	const struct vary_inflection *a = x, *b = y;
	if (a->pos != b->pos)
		return a->pos < b->pos ? -1 : 1;
	return slice_order(a->forms[0], b->forms[0]);
}

/* spell puts a wording's head into another form. */
static struct sr_err spell(struct arena *a, const struct vary_wording *w, struct slice head,
			   struct slice *out)
{
	*out = (struct slice){0};
	if (slice_eq(head, SLICE_LIT("-")))
		return sr_ok();
	size_t behind = w->head + w->head_len, tail = w->text.len - behind;
	uint8_t *text = arena_alloc(a, w->head + head.len + tail + 1, 1);
	if (!text)
		return sr_nomem();
	memcpy(text, w->text.ptr, w->head);
	memcpy(text + w->head, head.ptr, head.len);
	memcpy(text + w->head + head.len, w->text.ptr + behind, tail);
	*out = slice_make(text, w->head + head.len + tail);
	return sr_ok();
}

static struct sr_err spell_wording(struct vary_reader *r, const struct vary_entry *e,
				   struct vary_wording *w)
{
	w->forms = ARENA_ARRAY(r->a, e->forms_n, struct slice);
	if (!w->forms)
		return sr_nomem();
	w->forms[0] = w->text;
	if (!e->pos || !r->pack->pos[e->pos - 1].forms_n)
		return sr_ok();
	struct slice head = slice_sub(w->text, w->head, w->head_len);
	const struct vary_inflection *row = row_of(r->pack, e->pos - 1, head);
	if (!row) {
		vary_bad(r, "there is no inflect line for \"%.*s\" (%.*s)", (int)head.len,
			 (const char *)head.ptr, (int)r->pack->pos[e->pos - 1].name.len,
			 (const char *)r->pack->pos[e->pos - 1].name.ptr);
		return sr_ok();
	}
	for (size_t f = 0; f < e->forms_n; f++)
		SR_TRY(spell(r->a, w, row->forms[f], &w->forms[f]));
	return sr_ok();
}

/* spell_entries makes all forms of all wordings. */
static struct sr_err spell_entries(struct vary_reader *r)
{
	struct vary_pack *p = r->pack;
	if (p->inflections_n)
		qsort(p->inflections, p->inflections_n, sizeof *p->inflections, order_rows);
	for (size_t i = 0; i < p->entries_n; i++) {
		struct vary_entry *e = &p->entries[i];
		r->sink.file = e->file;
		r->line = e->line;
		for (size_t k = 0; k < e->wordings_n; k++)
			SR_TRY(spell_wording(r, e, &e->wordings[k]));
	}
	return sr_ok();
}

static int order_forms(const void *x, const void *y)
{
	const struct vary_form *a = x, *b = y;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->entry != b->entry)
		return a->entry < b->entry ? -1 : 1;
	if (a->wording != b->wording)
		return a->wording < b->wording ? -1 : 1;
	return (a->form > b->form) - (a->form < b->form);
}

/* index_form adds a form to those that are looked for, and to the signs of its register. */
static struct sr_err index_form(struct vary_reader *r, size_t entry, size_t wording, size_t form)
{
	struct vary_pack *p = r->pack;
	const struct vary_wording *w = &p->entries[entry].wordings[wording];
	struct text_tokens t;
	if (!w->forms[form].len)
		return sr_ok();
	SR_TRY(text_tokens_make(r->a, w->forms[form], &t));
	if (!t.n)
		return sr_ok();
	if (w->style && t.n == 1) {
		struct vary_atom word = {.kind = VARY_ATOM_WORD,
					 .text = text_token_fold(&t, 0),
					 .hash = t.at[0].hash};
		uint32_t class = p->registers[w->style - 1].class;
		SR_TRY(vary_class_add(r->a, &p->classes, class, &word));
	}
	if (wording < p->entries[entry].found_n)
		p->forms[p->forms_n++] =
			(struct vary_form){t.at[0].hash, (uint32_t)entry, (uint16_t)wording,
					   (uint16_t)form, (uint16_t)t.at[0].off};
	return sr_ok();
}

static struct sr_err index_forms(struct vary_reader *r)
{
	struct vary_pack *p = r->pack;
	size_t n = 0;
	for (size_t i = 0; i < p->entries_n; i++)
		n += p->entries[i].found_n * p->entries[i].forms_n;
	p->forms = ARENA_ARRAY(r->a, n, struct vary_form);
	p->rules = ARENA_ARRAY(r->a, p->entries_n, uint32_t);
	if (!p->forms || !p->rules)
		return sr_nomem();
	for (uint32_t i = 0; i < p->entries_n; i++)
		if (p->entries[i].rule)
			p->rules[p->rules_n++] = i;
	for (size_t i = 0; i < p->entries_n; i++)
		for (size_t k = 0; k < p->entries[i].wordings_n; k++)
			for (size_t f = 0; f < p->entries[i].forms_n; f++)
				SR_TRY(index_form(r, i, k, f));
	if (p->forms_n)
		qsort(p->forms, p->forms_n, sizeof *p->forms, order_forms);
	return sr_ok();
}

static struct sr_err close_classes(struct vary_reader *r)
{
	uint32_t bad = 0;
	struct sr_err e = vary_classes_close(r->a, &r->pack->classes, &bad);
	if (e.code == SR_E_INPUT) {
		struct slice name = r->pack->classes.at[bad].name;
		r->line = 0;
		vary_bad(r, "no class or sign line has words for \"%.*s\"", (int)name.len,
			 (const char *)name.ptr);
		return sr_ok();
	}
	return e;
}

static bool is_language(const struct vary_source *s)
{
	static const char name[] = "language.pack";
	size_t n = strlen(s->name);
	return n >= sizeof name - 1 && strcmp(s->name + n - (sizeof name - 1), name) == 0;
}

struct sr_err vary_pack_make(struct arena *a, const struct vary_source *sources, size_t n,
			     const struct sr_sink *sink, struct vary_pack *out)
{
	*out = (struct vary_pack){0};
	struct vary_reader r = {.a = a, .pack = out};
	if (sink)
		r.sink = *sink;
	for (size_t i = 0; i < n; i++)
		if (is_language(&sources[i]))
			SR_TRY(read_source(&r, &sources[i]));
	for (size_t i = 0; i < n; i++)
		if (!is_language(&sources[i]))
			SR_TRY(read_source(&r, &sources[i]));
	if (sr_bad(r.worst))
		return r.worst;
	SR_TRY(spell_entries(&r));
	if (sr_bad(r.worst))
		return r.worst;
	SR_TRY(index_forms(&r));
	SR_TRY(close_classes(&r));
	return r.worst;
}

struct sr_err vary_pack_fix(struct arena *a, const struct vary_source *source,
			    const struct sr_sink *sink, struct vary_pack *pack)
{
	struct vary_reader r = {.a = a, .pack = pack};
	if (sink)
		r.sink = *sink;
	r.sink.file = source->name;
	struct slice bytes = source->bytes;
	while (bytes.len) {
		struct slice line = trimmed(cut(&bytes, "\n"));
		size_t classes = pack->classes.n;
		r.line++;
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (!line.len || line.ptr[0] == '#')
			continue;
		SR_TRY(vary_language_read(&r, SLICE_LIT("fixed"), line));
		if (pack->classes.n != classes) {
			vary_bad(&r, "the language pack has no class of that name");
			pack->classes.n = classes;
		}
	}
	return r.worst;
}
