/* SPDX-License-Identifier: Apache-2.0 */
#include "vary_read.h"

#include "base_limits.h"

uint32_t vary_pos_find(const struct vary_pack *p, struct slice name)
{
	for (uint32_t i = 0; i < p->pos_n; i++)
		if (slice_eq(p->pos[i].name, name))
			return i + 1;
	return 0;
}

static struct sr_err read_language(struct vary_reader *r, struct slice rest)
{
	struct slice code = vary_cut_word(&rest);
	if (!code.len || !rest.len)
		vary_bad(r, "language needs a code and a name: language en English");
	r->pack->language = code;
	r->pack->name = rest;
	return sr_ok();
}

/* add_words adds the words of rest, each of which may be several with slashes, to a class. */
static struct sr_err add_words(struct vary_reader *r, uint32_t class, struct slice rest)
{
	struct slice word;
	while ((word = vary_cut_word(&rest)).len) {
		const struct vary_atom *atoms;
		size_t n;
		const char *what = "";
		struct sr_err e =
			vary_atoms_parse(r->a, word, &r->pack->classes, &atoms, &n, &what);
		if (e.code == SR_E_INPUT) {
			vary_bad(r, "%s: \"%.*s\"", what, (int)word.len, (const char *)word.ptr);
			continue;
		}
		SR_TRY(e);
		for (size_t i = 0; i < n; i++) {
			if (atoms[i].kind == VARY_ATOM_NAME || atoms[i].kind == VARY_ATOM_STOP ||
			    atoms[i].kind == VARY_ATOM_MARK)
				vary_bad(r, "a class holds words; #name, #stop and marks are none");
			else
				SR_TRY(vary_class_add(r->a, &r->pack->classes, class, &atoms[i]));
		}
	}
	return sr_ok();
}

static struct sr_err read_class(struct vary_reader *r, struct slice rest)
{
	struct slice name = vary_cut_word(&rest);
	uint32_t class;
	if (!name.len || !rest.len) {
		vary_bad(r, "class needs a name and words: class month january february");
		return sr_ok();
	}
	SR_TRY(vary_classes_get(r->a, &r->pack->classes, name, &class));
	return add_words(r, class, rest);
}

static struct sr_err read_pos(struct vary_reader *r, struct slice rest)
{
	struct vary_pack *p = r->pack;
	struct vary_pos pos = {.name = vary_cut_word(&rest)};
	struct slice head = vary_cut_word(&rest);
	if (slice_eq(head, SLICE_LIT("first")))
		pos.head = VARY_HEAD_FIRST;
	else if (slice_eq(head, SLICE_LIT("last")))
		pos.head = VARY_HEAD_LAST;
	else if (!slice_eq(head, SLICE_LIT("none")))
		vary_bad(r, "pos needs a name and one of first, last, none: pos v first v");
	if (vary_pos_find(p, pos.name) || slice_eq(pos.name, SLICE_LIT("x")) ||
	    slice_eq(pos.name, SLICE_LIT("rule")))
		vary_bad(r, "this part of speech is there already");
	SR_TRY(vary_words_read(r->a, rest, &pos.tags, &pos.tags_n));
	struct vary_pos *all = arena_grow(r->a, p->pos, p->pos_n, &p->pos_cap, sizeof *all);
	if (!all)
		return sr_nomem();
	p->pos = all;
	p->pos[p->pos_n++] = pos;
	return sr_ok();
}

static struct vary_pos *pos_of(struct vary_reader *r, struct slice *rest)
{
	uint32_t n = vary_pos_find(r->pack, vary_cut_word(rest));
	if (!n)
		vary_bad(r, "no pos line declares this part of speech");
	return n ? &r->pack->pos[n - 1] : NULL;
}

static struct sr_err read_forms(struct vary_reader *r, struct slice rest)
{
	struct vary_pos *pos = pos_of(r, &rest);
	const struct slice *names;
	size_t n;
	if (!pos)
		return sr_ok();
	SR_TRY(vary_words_read(r->a, rest, &names, &n));
	if (!n || pos->forms_n)
		vary_bad(r, "forms names the forms of a part of speech, once");
	pos->forms = ARENA_ARRAY(r->a, n, struct vary_form_name);
	if (!pos->forms)
		return sr_nomem();
	for (size_t i = 0; i < n; i++)
		pos->forms[i].name = names[i];
	pos->forms_n = n;
	return sr_ok();
}

static struct sr_err read_form(struct vary_reader *r, struct slice rest)
{
	struct vary_pos *pos = pos_of(r, &rest);
	struct vary_form_name *f = NULL;
	for (size_t i = 0; pos && i < pos->forms_n; i++)
		if (slice_eq(pos->forms[i].name, rest))
			f = &pos->forms[i];
	if (!f) {
		if (pos)
			vary_bad(r, "this part of speech has no form of that name");
		return sr_ok();
	}
	struct vary_guards *all = arena_grow(r->a, f->sets, f->sets_n, &f->sets_cap, sizeof *all);
	if (!all)
		return sr_nomem();
	f->sets = all;
	r->form = &f->sets[f->sets_n++];
	*r->form = (struct vary_guards){0};
	return sr_ok();
}

static struct sr_err read_inflect(struct vary_reader *r, struct slice rest)
{
	struct vary_pack *p = r->pack;
	struct vary_pos *pos = pos_of(r, &rest);
	if (!pos)
		return sr_ok();
	struct vary_inflection i = {.pos = (uint32_t)(pos - p->pos)};
	size_t n;
	SR_TRY(vary_words_read(r->a, rest, &i.forms, &n));
	if (n != pos->forms_n) {
		vary_bad(r, "this part of speech has %zu forms, and here are %zu", pos->forms_n, n);
		return sr_ok();
	}
	struct vary_inflection *all = arena_grow(r->a, p->inflections, p->inflections_n,
						 &p->inflections_cap, sizeof *all);
	if (!all)
		return sr_nomem();
	p->inflections = all;
	p->inflections[p->inflections_n++] = i;
	return sr_ok();
}

static struct sr_err read_abbreviations(struct vary_reader *r, struct slice rest)
{
	struct text_language *t = &r->pack->text;
	const struct slice *words;
	size_t n;
	SR_TRY(vary_words_read(r->a, rest, &words, &n));
	struct slice *all = ARENA_ARRAY(r->a, t->abbreviations_n + n, struct slice);
	if (!all)
		return sr_nomem();
	for (size_t i = 0; i < t->abbreviations_n; i++)
		all[i] = t->abbreviations[i];
	for (size_t i = 0; i < n; i++) {
		if (words[i].ptr[words[i].len - 1] != '.')
			vary_bad(r, "an abbreviation ends with a full stop");
		all[t->abbreviations_n + i] = words[i];
	}
	t->abbreviations = all;
	t->abbreviations_n += n;
	return sr_ok();
}

static struct sr_err read_quote(struct vary_reader *r, struct slice rest)
{
	struct text_language *t = &r->pack->text;
	struct text_quote q = {.open = vary_cut_word(&rest)};
	q.close = vary_cut_word(&rest);
	if (!q.close.len || rest.len) {
		vary_bad(r, "quote needs the mark that opens and the mark that closes");
		return sr_ok();
	}
	struct text_quote *all = ARENA_ARRAY(r->a, t->quotes_n + 1, struct text_quote);
	if (!all)
		return sr_nomem();
	for (size_t i = 0; i < t->quotes_n; i++)
		all[i] = t->quotes[i];
	all[t->quotes_n++] = q;
	t->quotes = all;
	return sr_ok();
}

static struct sr_err read_agree(struct vary_reader *r, struct slice rest)
{
	struct vary_pack *p = r->pack;
	struct vary_agree g = {.first = vary_cut_word(&rest)};
	g.second = vary_cut_word(&rest);
	if (!g.second.len || rest.len)
		vary_bad(r, "agree needs two words: agree a an");
	struct vary_agree *all =
		arena_grow(r->a, p->agrees, p->agrees_n, &p->agrees_cap, sizeof *all);
	if (!all)
		return sr_nomem();
	p->agrees = all;
	p->agrees[p->agrees_n] = g;
	r->agree = &p->agrees[p->agrees_n++];
	return sr_ok();
}

struct sr_err vary_agree_read(struct vary_reader *r, struct slice key, struct slice rest)
{
	bool good;
	if (slice_eq(key, SLICE_LIT("second")))
		return vary_pattern_read(r, rest, false, &r->agree->is_second, &good);
	if (slice_eq(key, SLICE_LIT("doubt")))
		return vary_pattern_read(r, rest, false, &r->agree->doubt, &good);
	vary_bad(r, "below agree stand second and doubt");
	return sr_ok();
}

struct sr_err vary_register_get(struct vary_reader *r, struct slice name, uint32_t *out)
{
	struct vary_pack *p = r->pack;
	for (uint32_t i = 0; i < p->registers_n; i++) {
		*out = i;
		if (slice_eq(p->registers[i].name, name))
			return sr_ok();
	}
	if (p->registers_n == 64)
		return sr_fail(SR_E_LIMIT, "a pack may have 64 registers at the most");
	/* No class that a pack names can have a blank in its name. */
	struct slice class = slice_make(arena_alloc(r->a, name.len + 2, 1), name.len + 1);
	struct vary_register *all =
		arena_grow(r->a, p->registers, p->registers_n, &p->registers_cap, sizeof *all);
	if (!class.ptr || !all)
		return sr_nomem();
	uint8_t *text = (uint8_t *)(uintptr_t) class.ptr;
	text[0] = ' ';
	for (size_t i = 0; i < name.len; i++)
		text[i + 1] = name.ptr[i];
	p->registers = all;
	p->registers[p->registers_n] = (struct vary_register){.name = name};
	*out = (uint32_t)p->registers_n++;
	return vary_classes_get(r->a, &p->classes, class, &p->registers[*out].class);
}

static struct sr_err read_sign(struct vary_reader *r, struct slice rest)
{
	struct slice name = vary_cut_word(&rest);
	uint32_t number;
	if (!name.len || !rest.len) {
		vary_bad(r, "sign needs a register and words: sign British colour");
		return sr_ok();
	}
	SR_TRY(vary_register_get(r, name, &number));
	return add_words(r, r->pack->registers[number].class, rest);
}

static struct sr_err read_rivals(struct vary_reader *r, struct slice rest)
{
	struct slice x = vary_cut_word(&rest), y = vary_cut_word(&rest);
	uint32_t i, k;
	if (!y.len || rest.len || slice_eq(x, y)) {
		vary_bad(r, "rivals needs two registers: rivals British American");
		return sr_ok();
	}
	SR_TRY(vary_register_get(r, x, &i));
	SR_TRY(vary_register_get(r, y, &k));
	r->pack->registers[i].rivals |= UINT64_C(1) << k;
	r->pack->registers[k].rivals |= UINT64_C(1) << i;
	return sr_ok();
}

static struct sr_err read_fixed(struct vary_reader *r, struct slice rest)
{
	struct vary_pack *p = r->pack;
	struct vary_pattern pattern;
	bool good;
	SR_TRY(vary_pattern_read(r, rest, false, &pattern, &good));
	if (!good)
		return sr_ok();
	struct vary_pattern *all =
		arena_grow(r->a, p->fixed, p->fixed_n, &p->fixed_cap, sizeof *all);
	if (!all)
		return sr_nomem();
	p->fixed = all;
	p->fixed[p->fixed_n++] = pattern;
	return sr_ok();
}

struct sr_err vary_language_read(struct vary_reader *r, struct slice key, struct slice rest)
{
	static const struct {
		const char *key;
		struct sr_err (*read)(struct vary_reader *, struct slice);
	} lines[] = {
		{"language", read_language},
		{"class", read_class},
		{"pos", read_pos},
		{"forms", read_forms},
		{"form", read_form},
		{"inflect", read_inflect},
		{"abbreviation", read_abbreviations},
		{"quote", read_quote},
		{"agree", read_agree},
		{"sign", read_sign},
		{"rivals", read_rivals},
		{"fixed", read_fixed},
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (slice_eq(key, slice_str(lines[i].key)))
			return lines[i].read(r, rest);
	vary_bad(r,
		 "a line that is not indented is an entry (\"id: class ...\") or begins with one "
		 "of language class pos forms form inflect abbreviation quote agree sign rivals "
		 "fixed");
	return sr_ok();
}
