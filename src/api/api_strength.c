/* SPDX-License-Identifier: Apache-2.0 */
#include "api_strength.h"

#include "text_print.h"

#include <math.h>
#include <stdlib.h>

enum {
	LEVELS = 2,
	WEAKEST = 5,        /* so many sentences are told */
	SENTENCE_WORDS = 8, /* shorter ones are not worth a place */
	EXCERPT_BYTES = 60,
};

const double api_strength_levels[LEVELS] = {1e-3, 1e-6};

/* A paragraph or a sentence: its words [from, to) and the spots [first, behind) in it. passage: the
 * shortest one that begins in it, for each level. */
struct stretch {
	size_t from, to, first, behind, places_n;
	double bits;
	size_t passage[LEVELS];
};

struct sr_err api_strength_passages(struct arena *a, const struct api_strength *s, double bits,
				    size_t *words)
{
	size_t *seen = ARENA_ARRAY(a, s->places_n, size_t);
	double sum = 0;
	size_t behind = 0;
	if (!seen)
		return sr_nomem();
	for (size_t i = 0; i < s->spots_n; i++) {
		while (behind < s->spots_n && sum < bits) {
			const struct api_spot *x = &s->spots[behind++];
			sum += seen[x->place]++ ? 0 : x->bits;
		}
		words[i] = sum < bits ? 0 : s->spots[behind - 1].to - s->spots[i].from + 2;
		sum -= --seen[s->spots[i].place] ? 0 : s->spots[i].bits;
	}
	return sr_ok();
}

/* stretches cuts the words where number changes. */
static struct sr_err stretches(struct arena *a, const struct api_strength *s,
			       const uint32_t *number, struct stretch **out, size_t *n)
{
	size_t cap = 0, spot = 0, words = s->text->tokens.n;
	size_t *seen = ARENA_ARRAY(a, s->places_n, size_t); /* in which stretch last, from 1 */
	*out = NULL;
	*n = 0;
	if (!seen)
		return sr_nomem();
	for (size_t i = 0; i < words;) {
		struct stretch *all = arena_grow(a, *out, *n, &cap, sizeof *all);
		if (!all)
			return sr_nomem();
		*out = all;
		struct stretch x = {.from = i, .first = spot};
		while (i < words && number[i] == number[x.from])
			i++;
		x.to = i;
		for (; spot < s->spots_n && s->spots[spot].from < i; spot++) {
			size_t *last = &seen[s->spots[spot].place];
			x.bits += *last == *n + 1 ? 0 : s->spots[spot].bits;
			x.places_n += *last != *n + 1;
			*last = *n + 1;
		}
		x.behind = spot;
		all[(*n)++] = x;
	}
	return sr_ok();
}

static struct sr_err add_passages(struct arena *a, const struct api_strength *s, struct stretch *p,
				  size_t n)
{
	size_t *words = ARENA_ARRAY(a, s->spots_n, size_t);
	if (!words)
		return sr_nomem();
	for (size_t k = 0; k < LEVELS; k++) {
		double bits = log2((double)s->readers / api_strength_levels[k]);
		SR_TRY(api_strength_passages(a, s, bits, words));
		for (size_t i = 0; i < n; i++)
			for (size_t x = p[i].first; x < p[i].behind; x++)
				if (words[x] && (!p[i].passage[k] || words[x] < p[i].passage[k]))
					p[i].passage[k] = words[x];
	}
	return sr_ok();
}

/* order_weak: the sentence that falls shortest of two bits in 25 words first. */
static int order_weak(const void *x, const void *y)
{
	const struct stretch *a = x, *b = y;
	double wa = (double)(a->to - a->from) * 0.08 - a->bits;
	double wb = (double)(b->to - b->from) * 0.08 - b->bits;
	if (wa != wb)
		return wa > wb ? -1 : 1;
	return (a->from > b->from) - (a->from < b->from);
}

/* weakest returns the sentences where a place helps most, weakest first. */
static struct sr_err weakest(struct arena *a, const struct api_strength *s, struct stretch **out,
			     size_t *n)
{
	size_t all = 0, kept = 0;
	SR_TRY(stretches(a, s, s->text->sentence, out, &all));
	for (size_t i = 0; i < all; i++)
		if ((*out)[i].to - (*out)[i].from >= SENTENCE_WORDS)
			(*out)[kept++] = (*out)[i];
	if (kept)
		qsort(*out, kept, sizeof **out, order_weak);
	*n = kept < WEAKEST ? kept : WEAKEST;
	return sr_ok();
}

static uint32_t line_of(const struct api_strength *s, const struct stretch *x)
{
	return s->line(s->user, s->text->tokens.at[x->from].off);
}

/* excerpt writes the beginning of a sentence to buf, of EXCERPT_BYTES: whole words, blanks for line
 * ends; *cut tells whether there is more. */
static struct slice excerpt(const struct api_strength *s, const struct stretch *x, uint8_t *buf,
			    bool *cut)
{
	const struct text_token *t = s->text->tokens.at;
	size_t from = t[x->from].off, to = from, i = x->from;
	for (; i < x->to && t[i].off + t[i].len - from <= EXCERPT_BYTES; i++)
		to = (size_t)t[i].off + t[i].len;
	*cut = i < x->to;
	for (size_t k = from; k < to; k++) {
		uint8_t c = s->text->plain.ptr[k];
		buf[k - from] = c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
	}
	return slice_make(buf, to - from);
}

static void put_passage(size_t words, struct build *out)
{
	if (words)
		build_fmt(out, "  %9zu", words);
	else
		build_str(out, "         --");
}

static void put_paragraphs(const struct api_strength *s, const struct stretch *p, size_t n,
			   struct build *out)
{
	build_fmt(out,
		  "\nBy paragraph: the places in it, and the shortest passage beginning there that "
		  "names one\nof %zu readers:\n   line  words  places    bits",
		  s->readers);
	for (size_t k = 0; k < LEVELS; k++)
		build_fmt(out, "   at %g", api_strength_levels[k]);
	for (size_t i = 0; i < n; i++) {
		build_fmt(out, "\n  %5u  %5zu  %6zu  %6.1f", line_of(s, &p[i]), p[i].to - p[i].from,
			  p[i].places_n, p[i].bits);
		for (size_t k = 0; k < LEVELS; k++)
			put_passage(p[i].passage[k], out);
	}
	build_str(out, "\n");
}

static void put_weakest(const struct api_strength *s, const struct stretch *p, size_t n,
			struct build *out)
{
	if (!n)
		return;
	build_str(out, "\nThe weakest sentences, where one more alternative helps most:\n");
	for (size_t i = 0; i < n; i++) {
		bool cut;
		uint8_t buf[EXCERPT_BYTES];
		struct slice text = excerpt(s, &p[i], buf, &cut);
		build_fmt(out, "  line %u, %zu words, %.1f bits: ", line_of(s, &p[i]),
			  p[i].to - p[i].from, p[i].bits);
		text_print(out, text);
		build_str(out, cut ? " ...\n" : "\n");
	}
}

struct sr_err api_strength_words(struct arena *a, const struct api_strength *s, struct build *out)
{
	struct stretch *p, *w;
	size_t n, weak_n;
	SR_TRY(stretches(a, s, s->text->paragraph, &p, &n));
	SR_TRY(add_passages(a, s, p, n));
	SR_TRY(weakest(a, s, &w, &weak_n));
	put_paragraphs(s, p, n, out);
	put_weakest(s, w, weak_n, out);
	return sr_ok();
}

static json_t *stretch_json(const struct api_strength *s, const struct stretch *x)
{
	return json_pack("{s:I, s:I, s:I, s:f}", "line", (json_int_t)line_of(s, x), "words",
			 (json_int_t)(x->to - x->from), "places", (json_int_t)x->places_n, "bits",
			 x->bits);
}

static json_t *paragraphs_json(const struct api_strength *s, const struct stretch *p, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *passages = json_array();
		for (size_t k = 0; k < LEVELS; k++)
			if (!json_put(&passages, p[i].passage[k]
							 ? json_integer((json_int_t)p[i].passage[k])
							 : json_null()))
				break;
		json_t *o = stretch_json(s, &p[i]);
		if (json_object_set_new(o, "shortest", passages) != 0) {
			json_decref(o);
			o = NULL;
		}
		if (!json_put(&list, o))
			break;
	}
	return list;
}

static json_t *weakest_json(const struct api_strength *s, const struct stretch *p, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		bool cut;
		uint8_t buf[EXCERPT_BYTES];
		json_t *o = stretch_json(s, &p[i]);
		json_t *text = json_text(excerpt(s, &p[i], buf, &cut));
		if (json_object_set_new(o, "begins", text) != 0) {
			json_decref(o);
			o = NULL;
		}
		if (!json_put(&list, o))
			break;
	}
	return list;
}

json_t *api_strength_json(struct arena *a, const struct api_strength *s)
{
	struct stretch *p, *w;
	size_t n, weak_n;
	if (sr_bad(stretches(a, s, s->text->paragraph, &p, &n)) ||
	    sr_bad(add_passages(a, s, p, n)) || sr_bad(weakest(a, s, &w, &weak_n)))
		return NULL;
	return json_pack("{s:I, s:[f,f], s:o, s:o}", "readers", (json_int_t)s->readers, "max_false",
			 api_strength_levels[0], api_strength_levels[1], "paragraphs",
			 paragraphs_json(s, p, n), "weakest", weakest_json(s, w, weak_n));
}
