/* SPDX-License-Identifier: Apache-2.0 */
/* What the grammar reader is asked: whether a word is the part of speech that its entry takes it
 * for, whether it hangs together with others as a rule demands, and whether a sentence that could
 * be read as a whole can still be read with another wording. It is a good tagger and a poor judge:
 * what it makes of meaning or style is not asked. */
#include "vary_search.h"

#include <string.h>

/* A sentence that was read; bytes [from, to) of the paper. */
struct sentence {
	size_t from, to;
	struct vary_parse parse;
};

struct judge {
	struct vary_search *s;
	struct sentence *at;
	size_t n;
	size_t *of; /* of each sentence's number: its place in at plus 1, or 0 */
};

static struct sr_err collect(struct judge *j)
{
	struct vary_search *s = j->s;
	uint32_t last = s->t.tokens.n ? s->t.sentence[s->t.tokens.n - 1] : 0;
	j->at = ARENA_ARRAY(s->a, s->n, struct sentence);
	j->of = ARENA_ARRAY(s->a, (size_t)last + 1, size_t);
	if (!j->at || !j->of)
		return sr_nomem();
	for (size_t i = 0; i < s->n; i++) {
		size_t *of = &j->of[s->t.sentence[s->at[i].from]];
		if (*of)
			continue;
		struct sentence *x = &j->at[j->n++];
		vary_text_sentence(&s->t, s->at[i].from, &x->from, &x->to);
		*of = j->n;
	}
	return sr_ok();
}

static struct sr_err read_sentences(struct judge *j)
{
	struct vary_search *s = j->s;
	const struct vary_grammar *g = s->q->grammar;
	struct slice *texts = ARENA_ARRAY(s->a, j->n, struct slice);
	struct vary_parse *parses = ARENA_ARRAY(s->a, j->n, struct vary_parse);
	if (!texts || !parses)
		return sr_nomem();
	for (size_t i = 0; i < j->n; i++)
		texts[i] = slice_sub(s->t.plain, j->at[i].from, j->at[i].to - j->at[i].from);
	SR_TRY(g->parse(g->context, s->a, texts, j->n, parses));
	for (size_t i = 0; i < j->n; i++)
		j->at[i].parse = parses[i];
	return sr_ok();
}

/* named_bytes gives the bytes that a guard's name stands for. */
static bool named_bytes(const struct vary_search *s, const struct vary_candidate *c,
			struct slice name, size_t *from, size_t *to)
{
	const struct vary_entry *e = c->entry;
	if (!e->rule && slice_eq(name, SLICE_LIT("W"))) {
		*from = s->t.tokens.at[c->head].off;
		*to = *from + s->t.tokens.at[c->head].len;
		return true;
	}
	for (size_t i = 0; e->rule && i < e->find.items_n; i++) {
		const struct vary_span *span = &c->spans[i];
		if (!slice_eq(e->find.items[i].name, name) || span->from == span->to)
			continue;
		*from = s->t.at[span->from].off;
		*to = (size_t)s->t.at[span->to - 1].off + s->t.at[span->to - 1].len;
		return true;
	}
	return false;
}

/* is_named tells whether word i of a sentence is, or is part of, what a name stands for. */
static bool is_named(const struct vary_search *s, const struct sentence *x,
		     const struct vary_candidate *c, size_t i, struct slice name)
{
	size_t from, to;
	const struct vary_parse_word *w = &x->parse.words[i];
	if (slice_eq(name, SLICE_LIT("_")))
		return true;
	return w->len && named_bytes(s, c, name, &from, &to) && x->from + w->off < to &&
	       x->from + w->off + w->len > from;
}

/* label_begins: a label's capital letters are its name, small ones behind them tell more. */
static bool label_begins(const char *label, struct slice start)
{
	return strlen(label) >= start.len && memcmp(label, start.ptr, start.len) == 0 &&
	       !(label[start.len] >= 'A' && label[start.len] <= 'Z');
}

static bool has_link(const struct vary_search *s, const struct sentence *x,
		     const struct vary_candidate *c, const struct vary_link_guard *g)
{
	for (size_t i = 0; i < x->parse.links_n; i++) {
		const struct vary_parse_link *l = &x->parse.links[i];
		for (size_t k = 0; k < g->links_n; k++)
			if (label_begins(l->label, g->links[k].label) &&
			    is_named(s, x, c, l->left, g->links[k].left) &&
			    is_named(s, x, c, l->right, g->links[k].right))
				return true;
	}
	return false;
}

static bool tag_begins(const char *tag, const struct slice *starts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(tag) >= starts[i].len && memcmp(tag, starts[i].ptr, starts[i].len) == 0)
			return true;
	return false;
}

/* has_tag: the words of a name have one of these tags; words without a tag are taken for it if
 * lenient. */
static bool has_tag(const struct vary_search *s, const struct sentence *x,
		    const struct vary_candidate *c, struct slice name, const struct slice *tags,
		    size_t n, bool lenient)
{
	for (size_t i = 0; i < x->parse.words_n; i++) {
		const char *tag = x->parse.words[i].tag;
		if (is_named(s, x, c, i, name) &&
		    ((lenient && !tag[0]) || (tag[0] && tag_begins(tag, tags, n))))
			return true;
	}
	return false;
}

static bool guards_hold(const struct vary_search *s, const struct sentence *x,
			const struct vary_candidate *c)
{
	const struct vary_guards *g = &c->entry->guards;
	for (size_t i = 0; i < g->tags_n; i++)
		if (!has_tag(s, x, c, g->tags[i].word, g->tags[i].tags, g->tags[i].tags_n, false))
			return false;
	for (size_t i = 0; i < g->links_n; i++)
		if (has_link(s, x, c, &g->links[i]) != g->links[i].wanted)
			return false;
	return true;
}

static bool needs_grammar(const struct vary_entry *e)
{
	return e->guards.tags_n || e->guards.links_n;
}

/* objects tells whether the grammar reader speaks against a candidate. */
static bool objects(const struct judge *j, const struct vary_candidate *c)
{
	const struct vary_search *s = j->s;
	if (!s->q->grammar)
		return needs_grammar(c->entry);
	const struct sentence *x = &j->at[j->of[s->t.sentence[c->from]] - 1];
	if (x->parse.state != VARY_PARSE_WHOLE)
		return needs_grammar(c->entry);
	if (!guards_hold(s, x, c))
		return true;
	const struct vary_pos *p = c->entry->pos ? &s->q->pack->pos[c->entry->pos - 1] : NULL;
	return p && p->tags_n && !has_tag(s, x, c, SLICE_LIT("W"), p->tags, p->tags_n, true);
}

struct sr_err vary_judge(struct vary_search *s)
{
	struct judge j = {.s = s};
	size_t kept = 0;
	if (s->q->grammar && s->n) {
		SR_TRY(collect(&j));
		SR_TRY(read_sentences(&j));
	}
	for (size_t i = 0; i < s->n; i++) {
		if (objects(&j, &s->at[i])) {
			s->found->dropped[VARY_DROP_GRAMMAR] += s->q->grammar != NULL;
			continue;
		}
		s->at[kept] = s->at[i];
		s->at[kept].whole_sentence =
			j.of && j.at[j.of[s->t.sentence[s->at[i].from]] - 1].parse.state ==
					VARY_PARSE_WHOLE;
		kept++;
	}
	s->n = kept;
	return sr_ok();
}

/* A sentence with another wording: of candidate number candidate, wording. */
struct variant {
	size_t candidate;
	uint32_t number;
	struct slice wording, text;
};

static struct sr_err write_variant(struct vary_search *s, const struct vary_candidate *c,
				   uint32_t k, struct slice *out)
{
	size_t from, to;
	struct build b = {0};
	struct slice text;
	vary_text_sentence(&s->t, c->to - 1, &from, &to);
	size_t first, unused;
	vary_text_sentence(&s->t, c->from, &first, &unused);
	from = first < c->off ? first : c->off;
	to = to > c->off + c->len ? to : c->off + c->len;
	build_slice(&b, slice_sub(s->t.plain, from, c->off - from));
	build_slice(&b, c->wordings[k]);
	build_slice(&b, slice_sub(s->t.plain, c->off + c->len, to - c->off - c->len));
	struct sr_err e = build_done(&b, &text);
	if (!sr_bad(e)) {
		const uint8_t *copy = arena_dup(s->a, text.ptr, text.len);
		*out = slice_make(copy, text.len);
		e = copy ? sr_ok() : sr_nomem();
	}
	build_release(&b);
	return e;
}

/* write_variants writes the sentences that are to be read again. */
static struct sr_err write_variants(struct vary_search *s, struct variant **out, size_t *n)
{
	size_t cap = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct vary_candidate *c = &s->at[i];
		for (uint32_t k = 1; c->chosen && c->whole_sentence && k < c->n; k++) {
			struct variant *all = arena_grow(s->a, *out, *n, &cap, sizeof *all);
			if (!all)
				return sr_nomem();
			*out = all;
			all[*n] = (struct variant){i, k, c->wordings[k], {0}};
			SR_TRY(write_variant(s, c, k, &all[(*n)++].text));
		}
	}
	return sr_ok();
}

struct sr_err vary_judge_variants(struct vary_search *s)
{
	const struct vary_grammar *g = s->q->grammar;
	struct variant *v = NULL;
	size_t n = 0;
	if (!g)
		return sr_ok();
	SR_TRY(write_variants(s, &v, &n));
	struct slice *texts = ARENA_ARRAY(s->a, n, struct slice);
	struct vary_parse *parses = ARENA_ARRAY(s->a, n, struct vary_parse);
	if (!texts || !parses)
		return sr_nomem();
	for (size_t i = 0; i < n; i++)
		texts[i] = v[i].text;
	if (n)
		SR_TRY(g->parse(g->context, s->a, texts, n, parses));
	for (size_t i = n; i > 0; i--) {
		const struct variant *x = &v[i - 1];
		struct vary_candidate *c = &s->at[x->candidate];
		/* Its group may have lost it already. */
		bool there = x->number < c->n && c->wordings[x->number].ptr == x->wording.ptr;
		if (parses[i - 1].state == VARY_PARSE_BROKEN && there)
			vary_drop(s, c, x->number, VARY_DROP_GRAMMAR);
	}
	return sr_ok();
}
