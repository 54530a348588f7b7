/* SPDX-License-Identifier: Apache-2.0 */
#include "vary.h"

#include "base_limits.h"
#include "text_fold.h"
#include "text_protect.h"

#include <string.h>

enum {
	NEAR_TOKENS = 12, /* a long word is not repeated within so many words */
	LONG_WORD_LETTERS = 5,
};

/* A long word that a copy may have at a token, though the original has another there. */
struct said {
	size_t token;
	uint32_t hash;
};

struct said_list {
	struct said *at;
	size_t n, cap;
};

/* A paper while places are looked for. */
struct search {
	struct arena *a;
	const struct text_paper *paper;
	struct text_tokens t;
	const uint8_t *protected, *starts;
	size_t next_author; /* the first author's place that ends behind the present token */
	struct vary_place *found;
	size_t found_n, found_cap;
	struct said_list by_author, by_pack; /* ascending */
	size_t next_said;                    /* of the author's: the first that is not far behind */
};

/* A wording found in the text: plain[off, off + len), the tokens [from, to). */
struct hit {
	const struct vary_entry *entry;
	size_t wording;
	size_t off, len;
	size_t from, to;
	bool capital;
};

static uint8_t lower(uint8_t c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_word(uint8_t c)
{
	return c >= 0x80 || c == '\'' || c == '-' || (c >= '0' && c <= '9') ||
	       (lower(c) >= 'a' && lower(c) <= 'z');
}

/* match_length returns how many bytes of s, from pos, spell the wording (any white space for a
 * blank, any case for the first letter), or 0. */
static size_t match_length(struct slice s, size_t pos, struct slice wording)
{
	size_t i = pos;
	for (size_t k = 0; k < wording.len; k++) {
		if (i >= s.len)
			return 0;
		uint8_t c = k == 0 ? lower(s.ptr[i]) : s.ptr[i];
		if (wording.ptr[k] == ' ') {
			if (!is_space(c))
				return 0;
			while (i < s.len && is_space(s.ptr[i]))
				i++;
		} else if (c == wording.ptr[k]) {
			i++;
		} else {
			return 0;
		}
	}
	bool ends = i == s.len || !is_word(s.ptr[i]) || !is_word(s.ptr[i - 1]);
	return ends ? i - pos : 0;
}

static bool in_list(struct slice words, struct slice word)
{
	size_t at = 0;
	while (at <= words.len) {
		const uint8_t *comma =
			at < words.len ? memchr(words.ptr + at, ',', words.len - at) : NULL;
		size_t end = comma ? (size_t)(comma - words.ptr) : words.len;
		if (slice_eq(slice_sub(words, at, end - at), word))
			return true;
		at = end + 1;
	}
	return false;
}

/* is_kind tells whether a word is of a kind that guards name with #. */
static bool is_kind(struct slice kind, struct slice word)
{
	static const char numbers[] = "one,two,three,four,five,six,seven,eight,nine,ten,eleven,"
				      "twelve,fifteen,twenty,thirty,forty,fifty,sixty,seventy,"
				      "eighty,ninety,half,hundred,$";
	static const char months[] = "january,february,march,april,may,june,july,august,september,"
				     "october,november,december";
	if (slice_eq(kind, slice_str("#number")))
		return (word.len && word.ptr[0] >= '0' && word.ptr[0] <= '9') ||
		       in_list(slice_str(numbers), word);
	if (slice_eq(kind, slice_str("#month")))
		return in_list(slice_str(months), word);
	if (slice_eq(kind, slice_str("#gerund")))
		return word.len > 4 && memcmp(word.ptr + word.len - 3, "ing", 3) == 0;
	return false;
}

static bool guard_has(struct slice words, struct slice word)
{
	if (!word.len)
		return false;
	if (words.ptr[0] == '#')
		return is_kind(words, word);
	return in_list(words, word);
}

static struct slice token_or_none(const struct search *s, size_t i)
{
	return i < s->t.n ? text_token_fold(&s->t, i) : (struct slice){0};
}

/* is_joined tells whether nothing but blanks, brackets and marks of emphasis lies in
 * plain[from, to): the words on both sides belong to one phrase. */
static bool is_joined(const struct search *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (memchr(".,;:!?", s->paper->plain.ptr[i], 6))
			return false;
	return true;
}

static bool guards_allow(const struct search *s, const struct hit *h)
{
	struct slice before = token_or_none(s, h->from - 1);
	struct slice behind = token_or_none(s, h->to);
	const struct text_token *last = &s->t.at[h->from - 1];
	size_t end = h->off + h->len;
	bool joined_left = is_joined(s, (size_t)last->off + last->len, h->off);
	bool joined_right = h->to < s->t.n && is_joined(s, end, s->t.at[h->to].off);
	bool start = s->starts[h->off];
	if ((h->entry->at_start && !start) || (h->entry->not_at_start && start))
		return false;
	for (size_t i = 0; i < h->entry->guards_n; i++) {
		const struct vary_guard *g = &h->entry->guards[i];
		bool want = g->kind == VARY_BEFORE_IS || g->kind == VARY_BEHIND_IS;
		bool left = g->kind == VARY_BEFORE_IS || g->kind == VARY_BEFORE_IS_NOT;
		bool has = guard_has(g->words, left ? before : behind);
		if (has != want || (want && !(left ? joined_left : joined_right)))
			return false;
	}
	return true;
}

/* breaks_paragraph tells whether a blank line lies in plain[from, to). */
static bool breaks_paragraph(struct slice plain, size_t from, size_t to)
{
	size_t newlines = 0;
	for (size_t i = from; i < to; i++) {
		if (plain.ptr[i] == '\n')
			newlines++;
		else if (!is_space(plain.ptr[i]))
			newlines = 0;
		if (newlines > 1)
			return true;
	}
	return false;
}

/* has_anchors: a fixed word stands on both sides, in the paragraph and outside all other places. */
static bool has_anchors(struct search *s, const struct hit *h)
{
	if (h->from == 0 || h->to >= s->t.n)
		return false;
	size_t left = s->t.at[h->from - 1].off;
	size_t right = (size_t)s->t.at[h->to].off + s->t.at[h->to].len;
	if (breaks_paragraph(s->paper->plain, left, right))
		return false;
	const struct vary_place *before = s->found_n ? &s->found[s->found_n - 1] : NULL;
	if (before && before->off + before->len > left)
		return false;
	const struct text_paper_place *p = s->paper->places;
	while (s->next_author < s->paper->places_n &&
	       p[s->next_author].off + p[s->next_author].len <= left)
		s->next_author++;
	return s->next_author == s->paper->places_n || p[s->next_author].off >= right;
}

static bool is_protected(const struct search *s, const struct hit *h)
{
	return memchr(s->protected + h->off, 1, h->len) != NULL;
}

/* article_fits tells whether a wording can stand behind this word: behind "a" and "an" only where
 * its first letters leave no doubt how it sounds. */
static bool article_fits(struct slice before, struct slice wording)
{
	bool an = slice_eq(before, SLICE_LIT("an"));
	if (!an && !slice_eq(before, SLICE_LIT("a")))
		return true;
	uint8_t first = lower(wording.ptr[0]), second = wording.len > 1 ? lower(wording.ptr[1]) : 0;
	bool doubtful = first == 'u' || first == 'h' || (first == 'e' && second == 'u') ||
			(first == 'o' && second == 'n');
	return !doubtful && an == (memchr("aeio", first, 4) != NULL);
}

/* say notes the long words of a wording that is not the original one at a token. */
static struct sr_err say(struct search *s, struct said_list *list, struct slice wording,
			 size_t token)
{
	struct arena scratch = {0};
	struct text_tokens w;
	struct sr_err e = text_tokens_make(&scratch, wording, &w);
	for (size_t i = 0; !sr_bad(e) && i < w.n; i++) {
		if (w.at[i].letters < LONG_WORD_LETTERS)
			continue;
		struct said *at = arena_grow(s->a, list->at, list->n, &list->cap, sizeof *at);
		if (!at) {
			e = sr_nomem();
			break;
		}
		list->at = at;
		list->at[list->n++] = (struct said){token, w.at[i].hash};
	}
	arena_release(&scratch);
	return e;
}

static struct sr_err say_authors(struct search *s)
{
	size_t token = 0;
	for (size_t i = 0; i < s->paper->places_n; i++) {
		const struct text_paper_place *p = &s->paper->places[i];
		while (token < s->t.n && s->t.at[token].off < p->off)
			token++;
		for (uint32_t k = 1; k < p->place.wordings_n; k++)
			SR_TRY(say(s, &s->by_author, p->place.wordings[k], token));
	}
	return sr_ok();
}

/* is_said tells whether some copy has this word close by, at an author's place or a found one. */
static bool is_said(struct search *s, const struct hit *h, uint32_t hash)
{
	const struct said_list *a = &s->by_author, *p = &s->by_pack;
	while (s->next_said < a->n && a->at[s->next_said].token + NEAR_TOKENS < h->from)
		s->next_said++;
	for (size_t i = s->next_said; i < a->n && a->at[i].token < h->to + NEAR_TOKENS; i++)
		if (a->at[i].hash == hash)
			return true;
	for (size_t i = p->n; i > 0 && p->at[i - 1].token + NEAR_TOKENS >= h->from; i--)
		if (p->at[i - 1].hash == hash)
			return true;
	return false;
}

/* repeats tells whether a long word of the wording stands, or may stand, close by already. */
static bool repeats(struct search *s, const struct hit *h, const struct text_tokens *w)
{
	size_t from = h->from > NEAR_TOKENS ? h->from - NEAR_TOKENS : 0;
	for (size_t i = 0; i < w->n; i++) {
		if (w->at[i].letters < LONG_WORD_LETTERS)
			continue;
		if (is_said(s, h, w->at[i].hash))
			return true;
		for (size_t t = from; t < s->t.n && t < h->to + NEAR_TOKENS; t++)
			if ((t < h->from || t >= h->to) && s->t.at[t].hash == w->at[i].hash)
				return true;
	}
	return false;
}

static struct sr_err fits(struct search *s, const struct hit *h, struct slice wording, bool *out)
{
	*out = article_fits(token_or_none(s, h->from - 1), wording);
	if (!*out)
		return sr_ok();
	struct arena scratch = {0};
	struct text_tokens w;
	struct sr_err e = text_tokens_make(&scratch, wording, &w);
	if (!sr_bad(e))
		*out = !repeats(s, h, &w);
	arena_release(&scratch);
	return e;
}

static struct sr_err add_wording(const struct search *s, const struct hit *h, struct slice wording,
				 struct slice *out)
{
	uint8_t *copy = arena_dup(s->a, wording.ptr, wording.len);
	if (!copy)
		return sr_nomem();
	if (h->capital && copy[0] >= 'a' && copy[0] <= 'z')
		copy[0] = (uint8_t)(copy[0] - 32);
	*out = slice_make(copy, wording.len);
	return sr_ok();
}

static struct sr_err add_found(struct search *s, const struct hit *h)
{
	const struct vary_entry *e = h->entry;
	struct slice *w = ARENA_ARRAY(s->a, e->wordings_n, struct slice);
	struct vary_place *found =
		arena_grow(s->a, s->found, s->found_n, &s->found_cap, sizeof *found);
	if (!w || !found)
		return sr_nomem();
	s->found = found;
	uint32_t n = 0;
	w[n++] = slice_sub(s->paper->plain, h->off, h->len);
	for (size_t k = 0; k < e->wordings_n; k++) {
		bool good = k != h->wording;
		if (good)
			SR_TRY(fits(s, h, e->wordings[k], &good));
		if (good)
			SR_TRY(add_wording(s, h, e->wordings[k], &w[n++]));
	}
	if (n == 1)
		return sr_ok();
	for (uint32_t k = 1; k < n; k++)
		SR_TRY(say(s, &s->by_pack, w[k], h->from));
	s->found[s->found_n++] = (struct vary_place){
		h->off, h->len, {.wordings = w, .wordings_n = n, .origin = TEXT_ORIGIN_AUTOMATIC}};
	return sr_ok();
}

/* try_wording fills h if the wording stands at token i and may be varied there. */
static bool try_wording(struct search *s, size_t i, const struct vary_entry *e, size_t k,
			struct hit *h)
{
	size_t off = s->t.at[i].off;
	size_t len = match_length(s->paper->plain, off, e->wordings[k]);
	if (!len)
		return false;
	*h = (struct hit){.entry = e, .wording = k, .off = off, .len = len, .from = i, .to = i};
	while (h->to < s->t.n && s->t.at[h->to].off < off + len)
		h->to++;
	uint8_t first = s->paper->plain.ptr[off];
	h->capital = first >= 'A' && first <= 'Z';
	if (h->capital && !s->starts[off])
		return false; /* a name */
	return !is_protected(s, h) && has_anchors(s, h) && guards_allow(s, h);
}

/* find_at looks for the longest wording of the pack at token i. */
static struct sr_err find_at(struct search *s, const struct vary_pack *pack, size_t i)
{
	struct hit best = {0};
	for (size_t n = 0; n < pack->entries_n; n++) {
		const struct vary_entry *e = &pack->entries[n];
		for (size_t k = 0; k < e->found_n; k++) {
			struct hit h;
			if (try_wording(s, i, e, k, &h) && h.len > best.len)
				best = h;
		}
	}
	return best.len ? add_found(s, &best) : sr_ok();
}

struct sr_err vary_find(struct arena *a, const struct vary_pack *pack,
			const struct text_paper *paper, struct vary_place **out, size_t *out_n)
{
	struct search s = {.a = a, .paper = paper};
	SR_TRY(text_tokens_make(a, paper->plain, &s.t));
	s.protected = text_protect(a, paper->plain);
	s.starts = text_sentence_starts(a, paper->plain);
	if (!s.protected || !s.starts)
		return sr_nomem();
	SR_TRY(say_authors(&s));
	for (size_t i = 1; i < s.t.n; i++)
		SR_TRY(find_at(&s, pack, i));
	*out = s.found;
	*out_n = s.found_n;
	return sr_ok();
}

/* link_groups finds the leaders among the places of a lattice. */
static struct sr_err link_groups(struct text_place *places, size_t n)
{
	struct arena scratch = {0};
	struct slice *tag = ARENA_ARRAY(&scratch, n, struct slice);
	uint32_t *leader = ARENA_ARRAY(&scratch, n, uint32_t);
	struct sr_err e = tag && leader ? sr_ok() : sr_nomem();
	for (size_t i = 0; i < n && !sr_bad(e); i++)
		tag[i] = places[i].group;
	if (!sr_bad(e))
		e = text_groups_find(tag, n, leader);
	for (size_t i = 0; i < n && !sr_bad(e); i++)
		places[i].leader = leader[i];
	arena_release(&scratch);
	return e;
}

struct sr_err vary_lattice(struct arena *a, const struct text_paper *paper,
			   const struct vary_place *found, size_t found_n, struct text_lattice *out)
{
	size_t n = paper->places_n + found_n;
	if (n > LIMIT_PLACES)
		return sr_fail(SR_E_LIMIT, "the paper has more than 100,000 places");
	struct slice *fixed = ARENA_ARRAY(a, n + 1, struct slice);
	struct text_place *places = ARENA_ARRAY(a, n, struct text_place);
	if (!fixed || !places)
		return sr_nomem();
	size_t at = 0, p = 0, f = 0;
	for (size_t i = 0; i < n; i++) {
		bool author = f == found_n ||
			      (p < paper->places_n && paper->places[p].off < found[f].off);
		size_t off = author ? paper->places[p].off : found[f].off;
		size_t len = author ? paper->places[p].len : found[f].len;
		places[i] = author ? paper->places[p].place : found[f].place;
		fixed[i] = slice_sub(paper->plain, at, off - at);
		at = off + len;
		p += author;
		f += !author;
	}
	fixed[n] = slice_sub(paper->plain, at, paper->plain.len - at);
	SR_TRY(link_groups(places, n));
	*out = (struct text_lattice){fixed, places, n};
	return sr_ok();
}

static void write_escaped(struct slice s, struct build *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (memchr("{|}\\", s.ptr[i], 4))
			build_u8(out, '\\');
		build_u8(out, s.ptr[i]);
	}
}

void vary_write_place(const struct text_place *place, struct build *out)
{
	build_u8(out, '{');
	for (uint32_t k = 0; k < place->wordings_n; k++) {
		if (k)
			build_u8(out, '|');
		write_escaped(place->wordings[k], out);
	}
	build_u8(out, '}');
}

void vary_write_source(const struct text_paper *paper, const struct vary_place *found,
		       size_t found_n, struct build *out)
{
	size_t at = 0;
	for (size_t i = 0; i < found_n; i++) {
		size_t from = paper->src[found[i].off];
		size_t to = paper->src[found[i].off + found[i].len];
		build_slice(out, slice_sub(paper->source, at, from - at));
		vary_write_place(&found[i].place, out);
		at = to;
	}
	build_slice(out, slice_sub(paper->source, at, paper->source.len - at));
}
