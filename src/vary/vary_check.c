/* SPDX-License-Identifier: Apache-2.0 */
/* The lattice read again before it is one: each wording by itself and each pair of wordings near
 * each other are written out, in their sentences, and looked at as a reader would: a word twice in
 * a row, a striking word twice close by, "a" before a vowel. Places that must change together for
 * the text's style or a list's sake are made a group. */
#include "vary_search.h"

#include "text_fold.h"

#include <string.h>

enum {
	NEAR_TOKENS = 25,     /* so far apart a reader notices a word twice */
	ECHO_TOKENS = 30,     /* so far apart he hears that an author says it on purpose */
	STRIKING_LETTERS = 4, /* shorter words he does not notice */
};

/* A stretch of the paper with one or two wordings put in: bytes [from[i], to[i]) of text. */
struct trial {
	struct build text;
	size_t from[2], to[2], n;
};

/* write_trial writes the paper from the sentence of x to that of y with wordings kx and ky; y may
 * be NULL. */
static struct sr_err write_trial(const struct vary_search *s, const struct vary_candidate *x,
				 uint32_t kx, const struct vary_candidate *y, uint32_t ky,
				 struct trial *out, struct slice *text)
{
	size_t from, to, unused;
	size_t first = x->from > NEAR_TOKENS ? x->from - NEAR_TOKENS : 0;
	const struct vary_candidate *last = y ? y : x;
	size_t end =
		last->to + NEAR_TOKENS < s->t.tokens.n ? last->to + NEAR_TOKENS : s->t.tokens.n - 1;
	vary_text_sentence(&s->t, first, &from, &unused);
	vary_text_sentence(&s->t, end, &unused, &to);
	build_reset(&out->text);
	build_slice(&out->text, slice_sub(s->t.plain, from, x->off - from));
	out->from[0] = out->text.len;
	build_slice(&out->text, x->wordings[kx]);
	out->to[0] = out->text.len;
	size_t behind = x->off + x->len;
	out->n = 1;
	if (y) {
		build_slice(&out->text, slice_sub(s->t.plain, behind, y->off - behind));
		out->from[1] = out->text.len;
		build_slice(&out->text, y->wordings[ky]);
		out->to[1] = out->text.len;
		behind = y->off + y->len;
		out->n = 2;
	}
	build_slice(&out->text, slice_sub(s->t.plain, behind, to - behind));
	return build_done(&out->text, text);
}

/* is_of tells whether a word is of a class, of which there is the number plus 1. */
static bool is_of(const struct vary_search *s, uint32_t class, struct slice word, uint32_t hash)
{
	if (!class)
		return false;
	const struct vary_atom atom = {.kind = VARY_ATOM_CLASS, .number = class - 1};
	const struct vary_item item = {.atoms = &atom, .atoms_n = 1, .min = 1, .max = 1};
	const struct vary_pattern p = {&item, 1};
	return vary_pattern_word(&s->q->pack->classes, &p, word, hash);
}

/* has_word: one of a candidate's original words is so much like this one that it would not be new.
 */
static bool has_word(const struct vary_search *s, const struct vary_candidate *c, struct slice word)
{
	for (size_t i = c->from; i < c->to; i++)
		if (slice_eq(text_token_fold(&s->t.tokens, i), word))
			return true;
	return false;
}

/* is_striking: a reader notices a token that stands twice. */
static bool is_striking(const struct vary_search *s, const struct text_tokens *t, size_t i)
{
	struct slice word = text_token_fold(t, i);
	uint32_t hash = t->at[i].hash;
	return is_of(s, s->echoed, word, hash) ||
	       (t->at[i].letters >= STRIKING_LETTERS && !is_of(s, s->unnoticed, word, hash));
}

/* repeats tells whether a striking new word of the wording at [from, to) of the trial stands near
 * it a second time. */
static bool repeats(const struct vary_search *s, const struct vary_candidate *c,
		    const struct text_tokens *t, size_t from, size_t to)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->at[i].off < from || t->at[i].off >= to || !is_striking(s, t, i))
			continue;
		struct slice word = text_token_fold(t, i);
		if (has_word(s, c, word))
			continue;
		for (size_t k = i > NEAR_TOKENS ? i - NEAR_TOKENS : 0;
		     k < t->n && k <= i + NEAR_TOKENS; k++)
			if ((t->at[k].off < from || t->at[k].off >= to) &&
			    vary_repeats(word, text_token_fold(t, k)))
				return true;
	}
	return false;
}

/* has_like tells whether a text has a word that a reader takes for this one. */
static struct sr_err has_like(struct slice text, struct slice word, bool *out)
{
	struct arena a = {0};
	struct text_tokens t;
	struct sr_err e = text_tokens_make(&a, text, &t);
	for (size_t i = 0; !sr_bad(e) && i < t.n; i++)
		*out = *out || vary_repeats(word, text_token_fold(&t, i));
	arena_release(&a);
	return e;
}

/* near_author tells whether a place of the author's close by can have a word that a wording of the
 * candidate brings. */
static struct sr_err near_author(const struct vary_search *s, const struct vary_candidate *c,
				 const struct text_tokens *t, size_t from, size_t to, bool *out)
{
	const struct text_paper *p = s->q->paper;
	size_t left = c->from > NEAR_TOKENS ? c->from - NEAR_TOKENS : 0;
	size_t right =
		c->to + NEAR_TOKENS < s->t.tokens.n ? c->to + NEAR_TOKENS : s->t.tokens.n - 1;
	size_t i = text_paper_next(p->places, p->places_n, s->t.tokens.at[left].off);
	for (; i < p->places_n && p->places[i].off <= s->t.tokens.at[right].off; i++) {
		for (size_t w = 0; w < t->n; w++) {
			if (t->at[w].off < from || t->at[w].off >= to ||
			    t->at[w].letters < STRIKING_LETTERS)
				continue;
			for (uint32_t k = 1; k < p->places[i].place.wordings_n; k++)
				SR_TRY(has_like(p->places[i].place.wordings[k],
						text_token_fold(t, w), out));
		}
	}
	return sr_ok();
}

/* doubles counts words that stand twice in a row. */
static size_t doubles(const struct text_tokens *t)
{
	size_t n = 0;
	for (size_t i = 1; i < t->n; i++)
		n += slice_eq(text_token_fold(t, i - 1), text_token_fold(t, i));
	return n;
}

/* disagreements counts words that do not agree with the next one ("a" before a vowel). */
static size_t disagreements(const struct vary_search *s, const struct text_tokens *t)
{
	const struct vary_pack *p = s->q->pack;
	size_t n = 0;
	for (size_t i = 0; i + 1 < t->n; i++) {
		struct slice word = text_token_fold(t, i), next = text_token_fold(t, i + 1);
		uint32_t hash = t->at[i + 1].hash;
		for (size_t k = 0; k < p->agrees_n; k++) {
			const struct vary_agree *g = &p->agrees[k];
			bool second = slice_eq(word, g->second);
			if ((second || slice_eq(word, g->first)) &&
			    !vary_pattern_word(&p->classes, &g->doubt, next, hash))
				n += second !=
				     vary_pattern_word(&p->classes, &g->is_second, next, hash);
		}
	}
	return n;
}

/* reads_well compares a trial with the paper as it is. */
static struct sr_err reads_well(const struct vary_search *s, const struct vary_candidate *x,
				uint32_t kx, const struct vary_candidate *y, uint32_t ky,
				struct trial *trial, bool *out)
{
	struct arena a = {0};
	struct slice text;
	struct text_tokens t, o;
	struct sr_err e = write_trial(s, x, 0, y, 0, trial, &text);
	if (!sr_bad(e))
		e = text_tokens_make(&a, text, &o);
	if (!sr_bad(e))
		e = write_trial(s, x, kx, y, ky, trial, &text);
	if (!sr_bad(e))
		e = text_tokens_make(&a, text, &t);
	bool near = false;
	if (!sr_bad(e) && !y)
		e = near_author(s, x, &t, trial->from[0], trial->to[0], &near);
	if (!sr_bad(e))
		*out = !near && doubles(&t) <= doubles(&o) &&
		       disagreements(s, &t) <= disagreements(s, &o) &&
		       !(kx && repeats(s, x, &t, trial->from[0], trial->to[0])) &&
		       !(y && ky && repeats(s, y, &t, trial->from[1], trial->to[1]));
	arena_release(&a);
	return e;
}

void vary_drop(struct vary_search *s, struct vary_candidate *c, uint32_t k, enum vary_drop why)
{
	uint32_t group = c->group;
	s->found->dropped[why]++;
	if (!group) {
		vary_drop_wording(c, k);
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].group == group)
			vary_drop_wording(&s->at[i], k);
}

/* in_group tells whether a token belongs to a candidate that changes together with c. */
static bool in_group(const struct vary_search *s, const struct vary_candidate *c, size_t token)
{
	if (!c->group)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].group == c->group && s->at[i].from <= token && token < s->at[i].to)
			return true;
	return false;
}

/* found_same: the same entry finds the same wording, perhaps in another form. */
static bool found_same(const struct vary_candidate *x, const struct vary_candidate *y)
{
	return x->entry == y->entry && x->kinds[0] == y->kinds[0];
}

/* echoes tells whether a striking word of the original wording stands close by once more: the
 * author repeats it, and another word would break the row. */
static bool echoes(const struct vary_search *s, const struct vary_candidate *c)
{
	const struct text_tokens *t = &s->t.tokens;
	size_t from = c->from > ECHO_TOKENS ? c->from - ECHO_TOKENS : 0;
	size_t to = c->to + ECHO_TOKENS < t->n ? c->to + ECHO_TOKENS : t->n;
	for (size_t i = c->from; i < c->to; i++) {
		if (!is_striking(s, t, i))
			continue;
		struct slice word = text_token_fold(t, i);
		for (size_t k = from; k < to; k++)
			if ((k < c->from || k >= c->to) && t->at[k].hash == t->at[i].hash &&
			    slice_eq(text_token_fold(t, k), word) && !in_group(s, c, k))
				return true;
	}
	return false;
}

static void drop(struct vary_search *s, struct vary_candidate *c)
{
	while (c->chosen)
		vary_drop(s, c, c->n - 1, VARY_DROP_CLASH);
}

/* drop_echoes drops what the author repeats on purpose: a striking word, or what one entry finds
 * twice within a short distance and that does not change together. */
static void drop_echoes(struct vary_search *s)
{
	/* A test sentence of a pack is about its entry alone. */
	for (size_t i = 0; i < s->n && !s->q->only; i++) {
		struct vary_candidate *x = &s->at[i];
		if (x->entry->whole)
			continue;
		if (x->chosen && echoes(s, x))
			drop(s, x);
		for (size_t k = i + 1; k < s->n && s->at[k].from < x->to + ECHO_TOKENS; k++) {
			struct vary_candidate *y = &s->at[k];
			if (!found_same(x, y) || (x->group && x->group == y->group))
				continue;
			drop(s, x);
			drop(s, y);
		}
	}
}

static struct sr_err check_alone(struct vary_search *s, struct trial *trial)
{
	for (size_t i = 0; i < s->n; i++)
		for (uint32_t k = s->at[i].n; s->at[i].chosen && k > 1; k--) {
			bool good = true;
			SR_TRY(reads_well(s, &s->at[i], k - 1, NULL, 0, trial, &good));
			if (!good)
				vary_drop(s, &s->at[i], k - 1, VARY_DROP_CLASH);
		}
	return sr_ok();
}

/* same_words: the two say the same in the paper, and would say the same again. */
static bool same_words(const struct vary_candidate *x, const struct vary_candidate *y, uint32_t k,
		       uint32_t l)
{
	return found_same(x, y) && x->kinds[k] == y->kinds[l];
}

/* check_pair looks at all wordings of two neighbours that do not change together; of a pair that
 * clashes one goes, of the candidate that has more of them. */
static struct sr_err check_pair(struct vary_search *s, struct vary_candidate *x,
				struct vary_candidate *y, struct trial *trial)
{
	if (x->group && x->group == y->group)
		return sr_ok();
	for (uint32_t k = x->n; x->chosen && y->chosen && k > 1; k--)
		for (uint32_t l = y->n; k <= x->n && y->chosen && l > 1; l--) {
			bool good = true;
			if (l > y->n || same_words(x, y, k - 1, l - 1))
				continue;
			SR_TRY(reads_well(s, x, k - 1, y, l - 1, trial, &good));
			if (good)
				continue;
			if (x->n > y->n)
				vary_drop(s, x, k - 1, VARY_DROP_CLASH);
			else
				vary_drop(s, y, l - 1, VARY_DROP_CLASH);
		}
	return sr_ok();
}

static struct sr_err check_pairs(struct vary_search *s, struct trial *trial)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = i + 1; k < s->n && s->at[k].from < s->at[i].to + NEAR_TOKENS; k++)
			if (s->at[i].chosen && s->at[k].chosen)
				SR_TRY(check_pair(s, &s->at[i], &s->at[k], trial));
	return sr_ok();
}

/* same_kinds: the same wording stands in both, and the same can be written. */
static bool same_kinds(const struct vary_candidate *x, const struct vary_candidate *y)
{
	return x->n == y->n && memcmp(x->kinds, y->kinds, x->n * sizeof *x->kinds) == 0;
}

/* join_whole makes a group of all candidates of an entry, or drops them all if one of them cannot
 * change as the others do. first is the first of them. */
static void join_whole(struct vary_search *s, size_t first)
{
	const struct vary_entry *e = s->at[first].entry;
	bool all = true;
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i].entry != e)
			continue;
		all = all && s->at[i].chosen && same_kinds(&s->at[first], &s->at[i]);
		n++;
	}
	s->groups += all && n > 1;
	for (size_t i = first; i < s->n; i++) {
		if (s->at[i].entry != e)
			continue;
		s->found->dropped[VARY_DROP_WHOLE] += s->at[i].chosen && !all;
		s->at[i].chosen = all;
		s->at[i].group = all && n > 1 ? s->groups : 0;
	}
}

static bool is_first_of_whole(const struct vary_search *s, size_t i)
{
	if (!s->at[i].entry->whole)
		return false;
	for (size_t k = 0; k < i; k++)
		if (s->at[k].entry == s->at[i].entry)
			return false;
	return true;
}

/* begins_paragraph: a candidate stands at the front of a paragraph, as a list's items do. */
static bool begins_paragraph(const struct vary_search *s, const struct vary_candidate *c)
{
	enum { FRONT_TOKENS = 3 };
	const uint32_t *paragraph = s->t.paragraph;
	return c->from < FRONT_TOKENS || paragraph[c->from - FRONT_TOKENS] != paragraph[c->from];
}

/* join makes two candidates that say the same change together, or drops the second. */
static void join(struct vary_search *s, struct vary_candidate *x, struct vary_candidate *y)
{
	if (!x->chosen || !y->chosen || y->group || !found_same(x, y))
		return;
	if (!same_kinds(x, y)) {
		y->chosen = false;
		s->found->dropped[VARY_DROP_WHOLE]++;
		return;
	}
	if (!x->group)
		x->group = ++s->groups;
	y->group = x->group;
}

/* join_parallel joins what a reader sees side by side: in a sentence, and at the beginnings of two
 * paragraphs. */
static void join_parallel(struct vary_search *s)
{
	const uint32_t *sentence = s->t.sentence, *paragraph = s->t.paragraph;
	size_t front = s->n; /* of the paragraph before */
	for (size_t i = 0; i < s->n; i++) {
		struct vary_candidate *x = &s->at[i];
		for (size_t k = i + 1; k < s->n && sentence[s->at[k].from] == sentence[x->from];
		     k++)
			join(s, x, &s->at[k]);
		if (!x->chosen || !begins_paragraph(s, x))
			continue;
		if (front < s->n && paragraph[s->at[front].from] + 1 == paragraph[x->from])
			join(s, &s->at[front], x);
		front = i;
	}
}

struct sr_err vary_check(struct vary_search *s)
{
	struct trial trial = {0};
	for (size_t i = 0; i < s->n; i++)
		if (is_first_of_whole(s, i))
			join_whole(s, i);
	join_parallel(s);
	drop_echoes(s);
	struct sr_err e = check_alone(s, &trial);
	if (!sr_bad(e))
		e = check_pairs(s, &trial);
	build_release(&trial.text);
	return e;
}
