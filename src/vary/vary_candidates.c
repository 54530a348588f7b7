/* SPDX-License-Identifier: Apache-2.0 */
#include "vary_search.h"

#include "base_limits.h"
#include "text_fold.h"

#include <stdlib.h>
#include <string.h>

enum { FORMS_MAX = 32 }; /* of one word */

static_assert(FORMS_MAX <= 32, "a bit for each form");

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool letter_at(struct slice s, size_t pos)
{
	size_t len;
	return text_is_letter(slice_sub(s, pos, s.len - pos), &len);
}

/* apostrophe_at returns the length of the apostrophe at pos, or 0. */
static size_t apostrophe_at(struct slice s, size_t pos)
{
	if (s.ptr[pos] == '\'')
		return 1;
	return s.len - pos >= 3 && memcmp(s.ptr + pos, "\xe2\x80\x99", 3) == 0 ? 3 : 0;
}

/* ends_word: no word goes on at pos, not behind a hyphen or an apostrophe either. */
static bool ends_word(struct slice s, size_t pos)
{
	if (pos >= s.len)
		return true;
	size_t joint = s.ptr[pos] == '-' ? 1 : apostrophe_at(s, pos);
	return !letter_at(s, pos) && !(joint && letter_at(s, pos + joint));
}

/* match_length returns how many bytes of s, from pos, spell the wording (any white space for a
 * blank, either apostrophe, a capital letter for the one at lead), or 0. */
static size_t match_length(struct slice s, size_t pos, struct slice w, size_t lead)
{
	size_t i = pos, k = 0;
	while (k < w.len) {
		if (i >= s.len)
			return 0;
		if (w.ptr[k] == ' ') {
			if (!is_space(s.ptr[i]))
				return 0;
			while (i < s.len && is_space(s.ptr[i]))
				i++;
			k++;
		} else if (w.ptr[k] == '\'') {
			size_t n = apostrophe_at(s, i);
			if (!n)
				return 0;
			i += n;
			k++;
		} else if (k == lead) {
			size_t x, y;
			if (!text_same_first(slice_sub(s, i, s.len - i), slice_sub(w, k, w.len - k),
					     &x, &y))
				return 0;
			i += x;
			k += y;
		} else if (s.ptr[i++] != w.ptr[k++]) {
			return 0;
		}
	}
	bool word = w.len && letter_at(w, w.len - 1);
	return !word || ends_word(s, i) ? i - pos : 0;
}

/* has_pattern tells whether a pattern matches somewhere in the candidate's sentence, outside it. */
static bool has_pattern(const struct vary_search *s, const struct vary_pattern *p,
			const struct vary_candidate *c)
{
	const struct vary_text *t = &s->t;
	size_t token = c->from, end;
	while (token > 0 && t->sentence[token - 1] == t->sentence[c->from])
		token--;
	for (; token < t->tokens.n && t->sentence[token] == t->sentence[c->from]; token++)
		if ((token < c->from || token >= c->to) &&
		    vary_pattern_forward(p, t, t->element[token], NULL, &end))
			return true;
	return false;
}

static bool guard_matches(const struct vary_search *s, const struct vary_guard *g,
			  const struct vary_candidate *c)
{
	size_t end;
	switch (g->kind) {
	case VARY_LEFT:
	case VARY_NOT_LEFT:
		return vary_pattern_back(&g->pattern, &s->t, c->first);
	case VARY_RIGHT:
	case VARY_NOT_RIGHT:
		return vary_pattern_forward(&g->pattern, &s->t, c->behind, NULL, &end);
	case VARY_SENTENCE:
	case VARY_NOT_SENTENCE:
		return has_pattern(s, &g->pattern, c);
	}
	return false;
}

/* guards_hold: of several wanted ones of a kind one is enough; of the others none may match. */
static bool guards_hold(const struct vary_search *s, const struct vary_guards *g,
			const struct vary_candidate *c)
{
	bool asked[VARY_GUARD_KINDS] = {0}, held[VARY_GUARD_KINDS] = {0};
	bool start = s->t.at[s->t.element[c->from]].starts;
	if ((g->at_start && !start) || (g->not_at_start && start))
		return false;
	for (size_t i = 0; i < g->registers_n; i++)
		if ((s->shown >> g->registers[i].number & 1) != g->registers[i].wanted)
			return false;
	for (size_t i = 0; i < g->n; i++) {
		enum vary_guard_kind kind = g->at[i].kind;
		bool no = kind == VARY_NOT_LEFT || kind == VARY_NOT_RIGHT ||
			  kind == VARY_NOT_SENTENCE;
		if (!no && held[kind])
			continue;
		bool matches = guard_matches(s, &g->at[i], c);
		if (no && matches)
			return false;
		asked[kind] |= !no;
		held[kind] |= !no && matches;
	}
	for (size_t k = 0; k < VARY_GUARD_KINDS; k++)
		if (asked[k] && !held[k])
			return false;
	return true;
}

/* locate fills what follows from off and len and the first token. */
static void locate(const struct vary_search *s, struct vary_candidate *c)
{
	const struct vary_text *t = &s->t;
	size_t end = c->off + c->len;
	c->to = c->from;
	while (c->to < t->tokens.n && t->tokens.at[c->to].off < end)
		c->to++;
	c->first = t->element[c->from];
	while (c->first > 0 && t->at[c->first - 1].off >= c->off && t->at[c->first - 1].len)
		c->first--;
	c->behind = t->element[c->to - 1] + 1;
	while (t->at[c->behind].off < end && t->at[c->behind].len)
		c->behind++;
}

/* is_clear: none of the author's places reaches into plain[from, to). */
static bool is_clear(const struct text_paper_place *places, size_t n, size_t from, size_t to)
{
	size_t next = text_paper_next(places, n, from + 1);
	return next == n || places[next].off >= to;
}

/* has_anchors: a fixed word stands on both sides, in the paragraph and outside the author's places
 * and questions. */
static bool has_anchors(const struct vary_search *s, const struct vary_candidate *c)
{
	const struct vary_text *t = &s->t;
	if (c->from == 0 || c->to >= t->tokens.n ||
	    t->paragraph[c->from - 1] != t->paragraph[c->to])
		return false;
	size_t left = t->tokens.at[c->from - 1].off;
	size_t right = (size_t)t->tokens.at[c->to].off + t->tokens.at[c->to].len;
	const struct text_paper *p = s->q->paper;
	return is_clear(p->places, p->places_n, left, right) &&
	       is_clear(p->questions, p->questions_n, left, right);
}

static bool may_change(const struct vary_search *s, const struct vary_candidate *c)
{
	return !memchr(s->kept + c->off, 1, c->len) && has_anchors(s, c);
}

static bool style_fits(const struct vary_search *s, uint32_t style)
{
	return !style || (s->shown >> (style - 1) & 1);
}

/* put_text appends a wording, its apostrophes as the paper's, its first letter a capital if asked.
 */
static void put_text(const struct vary_search *s, struct slice w, bool capital, struct build *out)
{
	size_t first = 0;
	if (capital && w.len) {
		(void)text_is_letter(w, &first);
		text_put_first(out, slice_sub(w, 0, first), true);
	}
	for (size_t i = first; i < w.len; i++)
		if (s->curly && w.ptr[i] == '\'')
			build_str(out, "\xe2\x80\x99");
		else
			build_u8(out, w.ptr[i]);
}

static struct sr_err first_word(struct arena *a, struct slice text, struct slice *fold,
				uint32_t *hash)
{
	struct text_tokens w;
	SR_TRY(text_tokens_make(a, text, &w));
	*fold = w.n ? text_token_fold(&w, 0) : (struct slice){0};
	*hash = w.n ? w.at[0].hash : 0;
	return sr_ok();
}

/* A word before a wording that agrees with it. */
struct agreement {
	const struct vary_agree *agree;
	struct slice word; /* as it stands in the paper */
	bool capital;
};

/* agreement_before finds the word before a candidate that must agree with what follows. */
static bool agreement_before(const struct vary_search *s, const struct vary_candidate *c,
			     struct agreement *out)
{
	const struct vary_pack *p = s->q->pack;
	if (c->first == 0 || s->t.at[c->first - 1].mark)
		return false;
	const struct vary_element *e = &s->t.at[c->first - 1];
	struct slice fold = vary_text_fold(&s->t, c->first - 1);
	for (size_t i = 0; i < p->agrees_n; i++)
		if (slice_eq(fold, p->agrees[i].first) || slice_eq(fold, p->agrees[i].second)) {
			*out = (struct agreement){
				&p->agrees[i], slice_sub(s->t.plain, e->off, e->len), e->capital};
			return true;
		}
	return false;
}

/* agree_word tells which word stands before a wording; false: it is not known. */
static struct sr_err agree_word(const struct vary_search *s, const struct vary_agree *g,
				struct slice wording, struct slice *out, bool *known)
{
	struct arena scratch = {0};
	struct slice fold;
	uint32_t hash;
	struct sr_err e = first_word(&scratch, wording, &fold, &hash);
	if (!sr_bad(e)) {
		const struct vary_classes *k = &s->q->pack->classes;
		*known = fold.len && !vary_pattern_word(k, &g->doubt, fold, hash);
		*out = vary_pattern_word(k, &g->is_second, fold, hash) ? g->second : g->first;
	}
	arena_release(&scratch);
	return e;
}

/* widen makes the place begin with the word that agrees: "a big" becomes "an enormous". */
static struct sr_err widen(struct vary_search *s, struct vary_candidate *c,
			   const struct agreement *g, struct slice *words)
{
	const struct vary_element *e = &s->t.at[c->first - 1];
	for (uint32_t k = 0; k < c->n; k++) {
		struct build b = {0};
		if (k == 0) {
			build_slice(&b, slice_sub(s->t.plain, e->off, c->off + c->len - e->off));
		} else {
			if (g->capital)
				text_put_first(&b, words[k], true);
			else
				build_slice(&b, words[k]);
			build_u8(&b, ' ');
			build_slice(&b, c->wordings[k]);
		}
		SR_TRY(build_keep(&b, s->a, &c->wordings[k]));
	}
	c->len += c->off - e->off;
	c->off = e->off;
	c->from--;
	c->first--;
	return sr_ok();
}

/* agree makes the word before a candidate fit every wording; wordings of which that is not known
 * go. */
static struct sr_err agree(struct vary_search *s, struct vary_candidate *c)
{
	struct agreement g;
	struct slice words[LIMIT_WORDINGS];
	bool known, differ = false;
	if (!agreement_before(s, c, &g))
		return sr_ok();
	words[0] = g.word;
	for (uint32_t k = 1; k < c->n;) {
		SR_TRY(agree_word(s, g.agree, c->wordings[k], &words[k], &known));
		size_t x, y;
		if (!known) {
			vary_drop_wording(c, k);
			continue;
		}
		bool same = g.word.len == words[k].len &&
			    text_same_first(g.word, words[k], &x, &y) &&
			    memcmp(g.word.ptr + x, words[k].ptr + y, g.word.len - x) == 0;
		differ = differ || !same;
		k++;
	}
	return differ && c->n > 1 ? widen(s, c, &g, words) : sr_ok();
}

bool vary_repeats(struct slice x, struct slice y)
{
	enum { STEM = 5, ENDING = 3 };
	size_t nx = x.len < STEM + ENDING ? STEM : x.len - ENDING;
	size_t ny = y.len < STEM + ENDING ? STEM : y.len - ENDING;
	if (x.len < STEM || y.len < STEM)
		return slice_eq(x, y);
	size_t n = nx < ny ? nx : ny;
	return memcmp(x.ptr, y.ptr, n) == 0;
}

void vary_drop_wording(struct vary_candidate *c, uint32_t k)
{
	c->n--;
	for (uint32_t i = k; i < c->n; i++) {
		c->wordings[i] = c->wordings[i + 1];
		c->kinds[i] = c->kinds[i + 1];
	}
	c->chosen = c->chosen && c->n > 1;
}

static struct sr_err add_candidate(struct vary_search *s, const struct vary_candidate *c)
{
	struct vary_candidate *all = arena_grow(s->a, s->at, s->n, &s->cap, sizeof *all);
	if (!all)
		return sr_nomem();
	s->at = all;
	s->at[s->n++] = *c;
	return sr_ok();
}

static struct sr_err make_room(struct vary_search *s, size_t n, struct vary_candidate *c)
{
	c->wordings = ARENA_ARRAY(s->a, n, struct slice);
	c->kinds = ARENA_ARRAY(s->a, n, uint32_t);
	if (!c->wordings || !c->kinds)
		return sr_nomem();
	c->wordings[0] = slice_sub(s->t.plain, c->off, c->len);
	c->n = 1;
	return sr_ok();
}

/* form_of returns the text of a wording in the forms that are possible, if they agree on one. */
static struct slice form_of(const struct vary_wording *w, uint32_t forms)
{
	struct slice out = {0};
	for (size_t f = 0; f < FORMS_MAX && forms >> f; f++) {
		if (!(forms >> f & 1))
			continue;
		if (!w->forms[f].len || (out.len && !slice_eq(out, w->forms[f])))
			return (struct slice){0};
		out = w->forms[f];
	}
	return out;
}

/* add_wordings writes the other wordings of an entry, of which number found stands here. */
static struct sr_err add_wordings(struct vary_search *s, struct vary_candidate *c, size_t found,
				  uint32_t forms, bool capital)
{
	const struct vary_entry *e = c->entry;
	SR_TRY(make_room(s, e->wordings_n, c));
	uint32_t kind = (uint32_t)(e - s->q->pack->entries) * LIMIT_WORDINGS;
	c->kinds[0] = kind + (uint32_t)found;
	for (size_t k = 0; k < e->wordings_n; k++) {
		struct slice text = form_of(&e->wordings[k], forms);
		if (k == found || !text.len || !style_fits(s, e->wordings[k].style))
			continue;
		struct build b = {0};
		put_text(s, text, capital, &b);
		c->kinds[c->n] = kind + (uint32_t)k;
		SR_TRY(build_keep(&b, s->a, &c->wordings[c->n++]));
	}
	return sr_ok();
}

static bool form_fits(const struct vary_search *s, const struct vary_form_name *f,
		      const struct vary_candidate *c)
{
	for (size_t i = 0; i < f->sets_n; i++)
		if (guards_hold(s, &f->sets[i], c))
			return true;
	return !f->sets_n;
}

/* possible_forms leaves of the forms that are spelled like this those that can stand here. */
static uint32_t possible_forms(const struct vary_search *s, const struct vary_candidate *c,
			       uint32_t forms)
{
	const struct vary_pack *p = s->q->pack;
	const struct vary_pos *pos = c->entry->pos ? &p->pos[c->entry->pos - 1] : NULL;
	for (size_t f = 0; pos && f < pos->forms_n; f++)
		if ((forms >> f & 1) && !form_fits(s, &pos->forms[f], c))
			forms &= ~(UINT32_C(1) << f);
	return forms;
}

/* is_name: capital letters where the pack has small ones, inside a sentence; or one word with a
 * capital letter in front of another. */
static bool is_name(const struct vary_search *s, const struct vary_candidate *c, bool capital)
{
	const struct vary_element *e = &s->t.at[s->t.element[c->from]];
	if (!capital || c->entry->guards.at_name)
		return false;
	bool name_behind = c->behind < s->t.n && !s->t.at[c->behind].mark &&
			   s->t.at[c->behind].capital && c->to == c->from + 1;
	return !e->starts || (c->entry->pos && name_behind);
}

/* head_token returns the token of a wording's head. */
static size_t head_token(const struct vary_search *s, const struct vary_candidate *c,
			 const struct vary_wording *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->head && i < w->text.len; i++)
		n += w->text.ptr[i] == ' ';
	return c->from + n < s->t.tokens.n ? c->from + n : c->from;
}

/* try_wording looks whether a wording in one of its forms [0, n) stands at a token. */
static struct sr_err try_wording(struct vary_search *s, size_t token, const struct vary_form *form,
				 size_t n)
{
	const struct vary_entry *e = &s->q->pack->entries[form->entry];
	const struct vary_wording *w = &e->wordings[form->wording];
	struct vary_candidate c = {.entry = e, .from = token};
	size_t start = s->t.tokens.at[token].off, lead = 0;
	uint32_t forms = 0;
	for (size_t i = 0; i < n; i++) {
		size_t len = start < form[i].lead
				     ? 0
				     : match_length(s->t.plain, start - form[i].lead,
						    w->forms[form[i].form], form[i].lead);
		if (len > c.len) {
			c.len = len;
			lead = form[i].lead;
			forms = 0;
		}
		if (len && len == c.len)
			forms |= UINT32_C(1) << form[i].form;
	}
	if (!c.len)
		return sr_ok();
	c.off = start - lead;
	locate(s, &c);
	c.head = head_token(s, &c, w);
	struct slice text = form_of(w, forms);
	bool capital = s->t.at[s->t.element[token]].capital &&
		       text_is_lower(slice_sub(text, lead, text.len - lead));
	if (!may_change(s, &c) || is_name(s, &c, capital) || !guards_hold(s, &e->guards, &c))
		return sr_ok();
	forms = possible_forms(s, &c, forms);
	if (!forms)
		return sr_ok();
	SR_TRY(add_wordings(s, &c, form->wording, forms, capital && !lead));
	SR_TRY(agree(s, &c));
	return c.n > 1 && may_change(s, &c) ? add_candidate(s, &c) : sr_ok();
}

static bool is_used(const struct vary_search *s, const struct vary_entry *e)
{
	if (s->q->only)
		return e == s->q->only;
	return e->tier == VARY_TIER_AUTOMATIC || (e->tier == VARY_TIER_ASK && s->q->ask);
}

/* try_forms looks up everything whose first word is this token. */
static struct sr_err try_forms(struct vary_search *s, size_t token)
{
	const struct vary_pack *p = s->q->pack;
	uint32_t hash = s->t.tokens.at[token].hash;
	size_t lo = 0, hi = p->forms_n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (p->forms[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo < p->forms_n && p->forms[lo].hash == hash) {
		const struct vary_form *f = &p->forms[lo];
		size_t n = 1;
		while (lo + n < p->forms_n && f[n].hash == hash && f[n].entry == f->entry &&
		       f[n].wording == f->wording)
			n++;
		if (is_used(s, &p->entries[f->entry]))
			SR_TRY(try_wording(s, token, f, n));
		lo += n;
	}
	return sr_ok();
}

/* item_is_word: an item that names words, none of which is a name because of a capital letter. */
static bool item_is_word(const struct vary_item *m)
{
	for (size_t i = 0; i < m->atoms_n; i++)
		if (m->atoms[i].kind != VARY_ATOM_WORD && m->atoms[i].kind != VARY_ATOM_CLASS)
			return false;
	return true;
}

/* element_end returns where an element ends, with the full stop of an abbreviation. */
static size_t element_end(const struct vary_text *t, size_t i)
{
	const struct vary_element *e = &t->at[i];
	size_t end = (size_t)e->off + e->len;
	bool stop = !e->mark && end < t->plain.len && t->plain.ptr[end] == '.';
	return end + (stop && t->at[i + 1].off != end);
}

/* is_plain: between the elements [from, to) there is nothing but blanks, so that nothing is lost
 * when they are put in another order. */
static bool is_plain(const struct vary_text *t, size_t from, size_t to)
{
	for (size_t i = from; i + 1 < to; i++)
		for (size_t k = element_end(t, i); k < t->at[i + 1].off; k++)
			if (!is_space(t->plain.ptr[k]))
				return false;
	return true;
}

/* put_part appends what a part of a template says; *good is false if nobody can say how a word that
 * begins the sentence is written inside it. */
static void put_part(const struct vary_search *s, const struct vary_candidate *c,
		     const struct vary_part *part, bool first, struct build *out, bool *good)
{
	if (!part->number) {
		put_text(s, part->text, false, out);
		return;
	}
	const struct vary_span *span = &c->spans[part->number - 1];
	if (span->from == span->to)
		return;
	const struct vary_element *x = &s->t.at[span->from];
	size_t end = element_end(&s->t, span->to - 1);
	struct slice text = slice_sub(s->t.plain, x->off, end - x->off);
	bool moved = x->starts && x->capital && !first;
	if (!moved || slice_eq(vary_text_fold(&s->t, span->from), SLICE_LIT("i"))) {
		build_slice(out, text);
		return;
	}
	*good = *good && item_is_word(&c->entry->find.items[part->number - 1]);
	text_put_first(out, text, false);
}

static bool is_mark(struct slice s)
{
	return s.len == 1 && memchr(",;:.", s.ptr[0], 4);
}

/* write_template appends a wording of a rule. */
static void write_template(const struct vary_search *s, const struct vary_candidate *c,
			   const struct vary_template *w, struct build *out, bool *good)
{
	for (size_t i = 0; i < w->parts_n; i++) {
		const struct vary_part *part = &w->parts[i];
		struct build b = {0};
		put_part(s, c, part, !out->len, &b, good);
		struct slice text = slice_make(b.ptr, b.len);
		if (out->len && text.len && !is_mark(text))
			build_u8(out, ' ');
		bool begins = !out->len && s->t.at[c->first].starts;
		if (begins && text.len)
			text_put_first(out, text, true);
		else
			build_slice(out, text);
		if (b.failed)
			out->failed = b.failed;
		build_release(&b);
	}
}

static struct sr_err add_templates(struct vary_search *s, struct vary_candidate *c)
{
	const struct vary_entry *e = c->entry;
	SR_TRY(make_room(s, e->writes_n + 1, c));
	c->kinds[0] = (uint32_t)(e - s->q->pack->entries) * LIMIT_WORDINGS;
	for (size_t k = 0; k < e->writes_n; k++) {
		struct build b = {0};
		bool good = true;
		struct slice text;
		write_template(s, c, &e->writes[k], &b, &good);
		SR_TRY(build_keep(&b, s->a, &text));
		if (!good || slice_eq(text, c->wordings[0]))
			continue;
		c->kinds[c->n] = c->kinds[0] + (uint32_t)k + 1;
		c->wordings[c->n++] = text;
	}
	return sr_ok();
}

/* common_front returns how many bytes at the front all wordings share, up to where a word begins
 * and at least a byte is left of each. */
static size_t common_front(const struct vary_candidate *c)
{
	struct slice o = c->wordings[0];
	size_t n = o.len - 1;
	for (uint32_t k = 1; k < c->n; k++) {
		struct slice w = c->wordings[k];
		n = n < w.len - 1 ? n : w.len - 1;
		for (size_t i = 0; i < n; i++)
			n = w.ptr[i] == o.ptr[i] ? n : i;
	}
	while (n > 0 && o.ptr[n - 1] != ' ')
		n--;
	return n;
}

/* common_back returns how many bytes at the end all wordings share behind front, from a blank or a
 * mark on, and so that at least a byte is left of each. */
static size_t common_back(const struct vary_candidate *c, size_t front)
{
	struct slice o = c->wordings[0];
	size_t n = o.len - front - 1;
	for (uint32_t k = 1; k < c->n; k++) {
		struct slice w = c->wordings[k];
		n = n < w.len - front - 1 ? n : w.len - front - 1;
		for (size_t i = 0; i < n; i++)
			n = w.ptr[w.len - 1 - i] == o.ptr[o.len - 1 - i] ? n : i;
	}
	while (n > 0 && !memchr(" ,;:.", o.ptr[o.len - n], 5))
		n--;
	return n;
}

/* cut_common leaves of the wordings what differs. */
static void cut_common(const struct vary_search *s, struct vary_candidate *c)
{
	size_t front = common_front(c), back = common_back(c, front);
	for (uint32_t k = 0; k < c->n; k++)
		c->wordings[k] =
			slice_sub(c->wordings[k], front, c->wordings[k].len - front - back);
	c->off += front;
	c->len -= front + back;
	while (c->from < c->to && s->t.tokens.at[c->from].off < c->off)
		c->from++;
	locate(s, c);
}

/* try_rule looks whether a rule's find matches from an element on. */
static struct sr_err try_rule(struct vary_search *s, const struct vary_entry *e, size_t at)
{
	struct vary_span spans[VARY_PATTERN_ITEMS];
	size_t end;
	if (!vary_pattern_forward(&e->find, &s->t, at, spans, &end) || end == at ||
	    !is_plain(&s->t, at, end))
		return sr_ok();
	struct vary_candidate c = {.entry = e, .from = s->t.at[at].token, .off = s->t.at[at].off};
	c.len = element_end(&s->t, end - 1) - c.off;
	if (c.from >= s->t.tokens.n || s->t.tokens.at[c.from].off >= c.off + c.len)
		return sr_ok();
	locate(s, &c);
	c.head = c.from;
	c.spans = spans;
	if (!guards_hold(s, &e->guards, &c))
		return sr_ok();
	SR_TRY(add_templates(s, &c));
	if (c.n == 1)
		return sr_ok();
	c.spans = arena_dup(s->a, spans, e->find.items_n * sizeof *spans);
	if (!c.spans)
		return sr_nomem();
	cut_common(s, &c);
	if (c.from >= c.to || !may_change(s, &c))
		return sr_ok();
	struct sr_err bad = text_wordings_check(c.wordings, c.n, NULL, 1, 1);
	return bad.code == SR_OK ? add_candidate(s, &c) : bad.code == SR_E_NOMEM ? bad : sr_ok();
}

static struct sr_err try_rules(struct vary_search *s, size_t at)
{
	const struct vary_pack *p = s->q->pack;
	if (s->t.at[at].mark == VARY_MARK_END)
		return sr_ok();
	for (size_t i = 0; i < p->rules_n; i++)
		if (is_used(s, &p->entries[p->rules[i]]))
			SR_TRY(try_rule(s, &p->entries[p->rules[i]], at));
	return sr_ok();
}

static int order_candidates(const void *x, const void *y)
{
	const struct vary_candidate *a = x, *b = y;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return (a->kinds[0] > b->kinds[0]) - (a->kinds[0] < b->kinds[0]);
}

struct sr_err vary_candidates(struct vary_search *s)
{
	for (size_t i = 0; i < s->t.n; i++) {
		if (!s->t.at[i].mark)
			SR_TRY(try_forms(s, s->t.at[i].token));
		SR_TRY(try_rules(s, i));
	}
	if (s->n)
		qsort(s->at, s->n, sizeof *s->at, order_candidates);
	return sr_ok();
}
