/* SPDX-License-Identifier: Apache-2.0 */
#include "vary_propose_judge.h"

#include "text_print.h"
#include "vary_search.h"

#include <stdlib.h>
#include <string.h>

static const struct slice class_names[VARY_KEPT_CLASSES] = {
	[VARY_KEPT_NUMBER] = {(const uint8_t *)"kept-number", 11},
	[VARY_KEPT_DATE] = {(const uint8_t *)"kept-date", 9},
	[VARY_KEPT_NEGATION] = {(const uint8_t *)"kept-negation", 13},
	[VARY_KEPT_FORCE] = {(const uint8_t *)"kept-force", 10},
	[VARY_OPENING] = {(const uint8_t *)"opening", 7},
};

static bool find_class(const struct vary_pack *pack, struct slice name, uint32_t *out)
{
	for (uint32_t i = 0; i < pack->classes.n; i++)
		if (slice_eq(pack->classes.at[i].name, name)) {
			*out = i;
			return true;
		}
	return false;
}

static int order_slices(const void *x, const void *y)
{
	return slice_order(*(const struct slice *)x, *(const struct slice *)y);
}

static bool has_slice(const struct slice *list, size_t n, struct slice s)
{
	return n && bsearch(&s, list, n, sizeof s, order_slices);
}

static bool in_class(const struct vary_text *t, size_t token, uint32_t class)
{
	return t->classes[token][class / 64] >> (class % 64) & 1;
}

static bool is_capital(const struct vary_text *t, size_t token)
{
	return t->at[t->element[token]].capital;
}

static void collect_small(struct vary_propose_judge *j, const struct vary_text *t)
{
	for (size_t i = 0; i < t->tokens.n; i++)
		if (!is_capital(t, i))
			j->small[j->small_n++] = text_token_fold(&t->tokens, i);
	if (j->small_n)
		qsort(j->small, j->small_n, sizeof *j->small, order_slices);
}

static void collect_names(struct vary_propose_judge *j, const struct vary_text *t)
{
	for (size_t i = 0; i < t->tokens.n; i++) {
		struct slice word = text_token_fold(&t->tokens, i);
		if (is_capital(t, i) && !t->at[t->element[i]].starts &&
		    !has_slice(j->small, j->small_n, word))
			j->names[j->names_n++] = word;
	}
	if (j->names_n)
		qsort(j->names, j->names_n, sizeof *j->names, order_slices);
}

/* sign_at returns the bytes of the character at i, which is beyond ASCII, as a number. */
static uint32_t sign_at(struct slice s, size_t i, size_t *len)
{
	uint32_t sign = s.ptr[i];
	for (*len = 1; *len < 4 && i + *len < s.len && (s.ptr[i + *len] & 0xc0) == 0x80; ++*len)
		sign = sign << 8 | s.ptr[i + *len];
	return sign;
}

static int order_signs(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	return (a > b) - (a < b);
}

static struct sr_err collect_signs(struct vary_propose_judge *j, struct arena *a, struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] >= 0xc0;
	j->signs = ARENA_ARRAY(a, n, uint32_t);
	if (!j->signs)
		return sr_nomem();
	for (size_t i = 0, len = 1; i < s.len; i += len) {
		len = 1;
		if (s.ptr[i] >= 0xc0)
			j->signs[j->signs_n++] = sign_at(s, i, &len);
	}
	if (n)
		qsort(j->signs, n, sizeof *j->signs, order_signs);
	return sr_ok();
}

struct sr_err vary_propose_judge_make(struct arena *a, const struct vary_pack *pack,
				      const struct vary_text *t, struct vary_propose_judge *out)
{
	struct vary_propose_judge j = {.pack = pack};
	for (size_t i = 0; i < VARY_KEPT_CLASSES; i++)
		if (!find_class(pack, class_names[i], &j.class[i]))
			return sr_fail(SR_E_INPUT,
				       "the language pack has not all the classes of words that "
				       "proposals are judged by: kept-number, kept-date, "
				       "kept-negation, kept-force, opening");
	j.small = ARENA_ARRAY(a, t->tokens.n, struct slice);
	j.names = ARENA_ARRAY(a, t->tokens.n, struct slice);
	if (!j.small || !j.names)
		return sr_nomem();
	collect_small(&j, t);
	collect_names(&j, t);
	SR_TRY(collect_signs(&j, a, t->plain));
	*out = j;
	return sr_ok();
}

/* Beyond ASCII a letter may look like another one, or be a digit of another script: the paper's own
 * characters are enough. */
bool vary_propose_signs(const struct vary_propose_judge *j, struct slice s)
{
	for (size_t i = 0; i < s.len;) {
		uint8_t c = s.ptr[i];
		if (text_control_len(s, i) || memchr("{}|\\*_`<>[]#~^&@=\"", c, 18))
			return false;
		if (c == ' ' && i + 1 < s.len && s.ptr[i + 1] == ' ')
			return false;
		size_t len = 1;
		uint32_t sign = c < 0x80 ? 0 : sign_at(s, i, &len);
		if (sign && (!j->signs_n ||
			     !bsearch(&sign, j->signs, j->signs_n, sizeof sign, order_signs)))
			return false;
		i += len;
	}
	return s.len > 0;
}

/* Bytes of which words are made, hyphens and apostrophes included. */
static bool in_word(uint8_t c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-' || c == '\'';
}

static bool splits_word(struct slice s, size_t at)
{
	return at > 0 && at < s.len && in_word(s.ptr[at - 1]) && in_word(s.ptr[at]);
}

/* What the wordings have in common: head bytes in front, tail bytes behind. */
struct ends {
	size_t head, tail;
};

static bool any_split(const struct slice *w, size_t n, size_t head, size_t tail)
{
	for (size_t i = 0; i < n; i++)
		if (splits_word(w[i], head) || splits_word(w[i], w[i].len - tail))
			return true;
	return false;
}

static struct ends common_ends(const struct slice *w, size_t n)
{
	size_t shortest = w[0].len, head = 0, tail = 0;
	for (size_t i = 1; i < n; i++)
		shortest = w[i].len < shortest ? w[i].len : shortest;
	bool same = true;
	while (same && head < shortest) {
		for (size_t i = 1; i < n; i++)
			same = same && w[i].ptr[head] == w[0].ptr[head];
		head += same;
	}
	while (head && any_split(w, n, head, 0))
		head--;
	same = true;
	while (same && head + tail < shortest) {
		for (size_t i = 1; i < n; i++)
			same = same &&
			       w[i].ptr[w[i].len - 1 - tail] == w[0].ptr[w[0].len - 1 - tail];
		tail += same;
	}
	while (tail && any_split(w, n, 0, tail))
		tail--;
	return (struct ends){head, tail};
}

static bool any_begins_badly(const struct slice *w, size_t n, struct ends e)
{
	for (size_t i = 0; i < n; i++)
		if (e.head + e.tail >= w[i].len || !in_word(w[i].ptr[e.head]))
			return true;
	return false;
}

static bool any_ends_badly(const struct slice *w, size_t n, struct ends e)
{
	for (size_t i = 0; i < n; i++) {
		if (e.head + e.tail >= w[i].len || w[i].ptr[w[i].len - e.tail - 1] == ' ' ||
		    w[i].ptr[e.head] == ' ')
			return true;
	}
	return false;
}

static bool all_end_blank(const struct slice *w, size_t n, struct ends e)
{
	for (size_t i = 0; i < n; i++)
		if (e.head + e.tail >= w[i].len || w[i].ptr[w[i].len - e.tail - 1] != ' ')
			return false;
	return true;
}

/* shrink_head gives the last word of the common head back to the wordings. */
static void shrink_head(const struct slice *w, struct ends *e)
{
	while (e->head && !in_word(w[0].ptr[e->head - 1]))
		e->head--;
	while (e->head && in_word(w[0].ptr[e->head - 1]))
		e->head--;
}

static void shrink_tail(const struct slice *w, struct ends *e)
{
	size_t len = w[0].len;
	while (e->tail && !in_word(w[0].ptr[len - e->tail]))
		e->tail--;
	while (e->tail && in_word(w[0].ptr[len - e->tail]))
		e->tail--;
}

bool vary_propose_trim(struct vary_spot *spot, struct slice *wordings, size_t n)
{
	struct ends e = common_ends(wordings, n);
	if (any_begins_badly(wordings, n, e))
		shrink_head(wordings, &e);
	while (all_end_blank(wordings, n, e))
		e.tail++;
	if (any_ends_badly(wordings, n, e))
		shrink_tail(wordings, &e);
	if (any_begins_badly(wordings, n, e) || any_ends_badly(wordings, n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		wordings[i] = slice_sub(wordings[i], e.head, wordings[i].len - e.head - e.tail);
	spot->from += e.head;
	spot->to -= e.tail;
	return true;
}

struct slice vary_propose_render(struct arena *a, const struct vary_spot *spot,
				 struct slice wording)
{
	size_t behind = spot->sentence.len - spot->to;
	size_t len = spot->from + wording.len + behind;
	uint8_t *text = arena_alloc(a, len + 1, 1);
	if (!text)
		return (struct slice){0};
	memcpy(text, spot->sentence.ptr, spot->from);
	memcpy(text + spot->from, wording.ptr, wording.len);
	memcpy(text + spot->from + wording.len, spot->sentence.ptr + spot->to, behind);
	return slice_make(text, len);
}

/* A sentence with one of the wordings, at [from, to), looked at. */
struct reading {
	const struct vary_propose_judge *j;
	struct vary_text t;
	size_t from, to;
	const uint8_t *quoted;
	uint8_t *fixed;
};

static struct sr_err read_sentence(const struct vary_propose_judge *j, struct arena *a,
				   const struct vary_spot *spot, struct slice wording,
				   struct reading *out)
{
	struct slice s = vary_propose_render(a, spot, wording);
	struct reading r = {.j = j, .from = spot->from, .to = spot->from + wording.len};
	if (!s.ptr)
		return sr_nomem();
	SR_TRY(vary_text_make(a, s, &j->pack->text, &r.t));
	SR_TRY(vary_classes_mark(a, &j->pack->classes, &r.t));
	r.quoted = text_protect(a, s, &j->pack->text);
	r.fixed = arena_alloc(a, s.len + 1, 1);
	if (!r.quoted || !r.fixed)
		return sr_nomem();
	vary_keep_fixed(j->pack, &r.t, r.fixed);
	*out = r;
	return sr_ok();
}

/* inside: token i belongs to the wording. */
static bool inside(const struct reading *r, size_t i)
{
	const struct text_token *w = &r->t.tokens.at[i];
	return w->off < r->to && (size_t)w->off + w->len > r->from;
}

/* Digits, and the signs that are words by themselves: currencies, per cent. */
static bool has_number(const struct reading *r, size_t i)
{
	const struct text_token *w = &r->t.tokens.at[i];
	struct slice fold = text_token_fold(&r->t.tokens, i);
	size_t len;
	if (!text_is_letter(slice_sub(r->t.plain, w->off, w->len), &len))
		return true;
	for (size_t k = 0; k < fold.len; k++)
		if (fold.ptr[k] >= '0' && fold.ptr[k] <= '9')
			return true;
	return in_class(&r->t, i, r->j->class[VARY_KEPT_NUMBER]);
}

/* has_inner_capital: iPhone, McDonald, and a name that was glued to another word. */
static bool has_inner_capital(const struct reading *r, size_t i)
{
	const struct text_token *w = &r->t.tokens.at[i];
	for (size_t k = 1; k < w->len; k++)
		if (text_is_upper(slice_sub(r->t.plain, w->off + k, w->len - k)))
			return true;
	return false;
}

/* The first word of a sentence has a capital letter anyway: it is known to be no name only if the
 * paper has it in small letters, or the pack says so. */
static bool is_name(const struct reading *r, size_t i)
{
	struct slice word = text_token_fold(&r->t.tokens, i);
	const struct vary_propose_judge *j = r->j;
	if (has_slice(j->names, j->names_n, word) || has_inner_capital(r, i))
		return true;
	if (i == 0)
		return !in_class(&r->t, i, j->class[VARY_OPENING]) &&
		       !has_slice(j->small, j->small_n, word);
	return is_capital(&r->t, i);
}

static enum vary_refusal look_at_word(const struct reading *r, size_t i)
{
	if (has_number(r, i))
		return VARY_REFUSED_NUMBER;
	if (in_class(&r->t, i, r->j->class[VARY_KEPT_DATE]))
		return VARY_REFUSED_DATE;
	return is_name(r, i) ? VARY_REFUSED_NAME : VARY_REFUSALS;
}

static enum vary_refusal look(const struct reading *r)
{
	size_t len = r->t.plain.len;
	if (memchr(r->quoted, 1, len))
		return VARY_REFUSED_QUOTATION;
	if (memchr(r->fixed + r->from, 1, r->to - r->from))
		return VARY_REFUSED_FIXED;
	for (size_t i = 0; i < r->t.tokens.n; i++) {
		enum vary_refusal why = inside(r, i) ? look_at_word(r, i) : VARY_REFUSALS;
		if (why != VARY_REFUSALS)
			return why;
	}
	return VARY_REFUSALS;
}

/* count counts, in the wording, the words of a class; those alike to word if that is given. */
static size_t count(const struct reading *r, enum vary_kept kept, const struct slice *word)
{
	size_t n = 0;
	for (size_t i = 0; i < r->t.tokens.n; i++)
		n += inside(r, i) && in_class(&r->t, i, r->j->class[kept]) &&
		     (!word || slice_eq(*word, text_token_fold(&r->t.tokens, i)));
	return n;
}

static bool same_words(const struct reading *x, const struct reading *y, enum vary_kept kept)
{
	if (count(x, kept, NULL) != count(y, kept, NULL))
		return false;
	for (size_t i = 0; i < x->t.tokens.n; i++) {
		struct slice word = text_token_fold(&x->t.tokens, i);
		if (inside(x, i) && in_class(&x->t, i, x->j->class[kept]) &&
		    count(x, kept, &word) != count(y, kept, &word))
			return false;
	}
	return true;
}

static size_t count_stops(const struct reading *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->t.n; i++)
		n += r->t.at[i].mark == '.' || r->t.at[i].mark == VARY_MARK_END;
	return n;
}

static enum vary_refusal compare(const struct reading *old, const struct reading *now)
{
	if (count_stops(old) != count_stops(now))
		return VARY_REFUSED_STOP;
	enum vary_refusal why = look(old);
	if (why == VARY_REFUSALS)
		why = look(now);
	if (why != VARY_REFUSALS)
		return why;
	if (!same_words(old, now, VARY_KEPT_NEGATION))
		return VARY_REFUSED_NEGATION;
	return same_words(old, now, VARY_KEPT_FORCE) ? VARY_REFUSALS : VARY_REFUSED_FORCE;
}

static bool too_long(size_t a, size_t b)
{
	return a > VARY_PROPOSE_RATIO * b + VARY_PROPOSE_SLACK;
}

struct sr_err vary_propose_judge_wording(const struct vary_propose_judge *j, struct arena *a,
					 const struct vary_spot *spot, struct slice wording,
					 enum vary_refusal *why)
{
	struct slice original = slice_sub(spot->sentence, spot->from, spot->to - spot->from);
	struct reading old, now;
	if (!vary_propose_signs(j, wording) || !vary_propose_signs(j, original)) {
		*why = VARY_REFUSED_SIGNS;
		return sr_ok();
	}
	if (too_long(wording.len, original.len) || too_long(original.len, wording.len)) {
		*why = VARY_REFUSED_LENGTH;
		return sr_ok();
	}
	SR_TRY(read_sentence(j, a, spot, original, &old));
	SR_TRY(read_sentence(j, a, spot, wording, &now));
	*why = compare(&old, &now);
	return sr_ok();
}
