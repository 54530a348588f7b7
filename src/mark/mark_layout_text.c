/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout_text.h"

#include "align_band.h"
#include "base_limits.h"
#include "text_fold.h"

#include <string.h>

static uint32_t hash_of(struct slice s)
{
	uint32_t h = 2166136261U; /* FNV-1a */
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.ptr[i]) * 16777619U;
	return h | 1; /* 0 means none */
}

/* add_keys gives word i the tokens of text that begin in [end[i - 1], end[i]). */
static struct sr_err add_keys(struct arena *a, struct slice text, const uint32_t *end, size_t n,
			      struct mark_key *key)
{
	struct text_tokens t;
	SR_TRY(text_tokens_make(a, text, &t));
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		size_t first = at;
		while (at < t.n && t.at[at].off < end[i]) {
			key[i].letters += t.at[at].letters;
			at++;
		}
		if (at == first)
			continue;
		key[i].fold = text_tokens_span(&t, first, at);
		key[i].hash = hash_of(key[i].fold);
	}
	return sr_ok();
}

/* fold_words puts the words together with spaces between and folds them. piece gives the k-th piece
 * of word i, or false behind the last one. */
static struct sr_err fold_words(struct arena *a, size_t n,
				bool (*piece)(const void *what, size_t i, size_t k,
					      struct slice *out),
				const void *what, struct mark_key *key)
{
	struct build text;
	struct slice bytes, part;
	struct arena scratch = {0};
	uint32_t *end = ARENA_ARRAY(&scratch, n, uint32_t);
	build_init(&text, LIMIT_LEAK_BYTES);
	for (size_t i = 0; i < n && end; i++) {
		for (size_t k = 0; piece(what, i, k, &part); k++)
			build_slice(&text, part);
		build_u8(&text, ' ');
		end[i] = (uint32_t)text.len;
	}
	struct sr_err e = end ? build_done(&text, &bytes) : sr_nomem();
	if (!sr_bad(e))
		e = add_keys(a, bytes, end, n, key);
	build_release(&text);
	arena_release(&scratch);
	return e;
}

struct laid {
	const struct page_sheet *s;
	const struct page_laid *l;
};

static bool piece_of_layout(const void *what, size_t i, size_t k, struct slice *out)
{
	const struct laid *of = what;
	const struct page_word *w = &of->l->word[i];
	if (k >= w->n)
		return false;
	*out = of->s->shape[of->l->shapes[w->first + k]].text;
	return true;
}

static bool piece_of_leak(const void *what, size_t i, size_t k, struct slice *out)
{
	const struct extract_page *p = what;
	*out = p->word[i].text;
	return k == 0;
}

struct page_box mark_layout_ink(const struct page_sheet *s, const struct page_laid *l, size_t i)
{
	const struct page_word *w = &l->word[i];
	int32_t x = w->x, x0 = INT32_MAX, y0 = INT32_MAX, x1 = INT32_MIN, y1 = INT32_MIN;
	for (uint32_t k = 0; k < w->n; k++) {
		const struct page_shape *shape = &s->shape[l->shapes[w->first + k]];
		const struct page_box *b = &shape->ink;
		if (b->w > 0 && b->h > 0) {
			x0 = x + b->x < x0 ? x + b->x : x0;
			y0 = w->y + b->y < y0 ? w->y + b->y : y0;
			x1 = x + b->x + b->w > x1 ? x + b->x + b->w : x1;
			y1 = w->y + b->y + b->h > y1 ? w->y + b->y + b->h : y1;
		}
		x += shape->advance;
	}
	if (x1 < x0)
		return (struct page_box){w->x, w->y, w->advance, 0};
	return (struct page_box){x0, y0, x1 - x0, y1 - y0};
}

struct sr_err mark_keys_of_layout(struct arena *a, const struct page_sheet *s,
				  const struct page_laid *l, struct mark_key **out)
{
	struct mark_key *key = ARENA_ARRAY(a, l->words_n, struct mark_key);
	if (!key)
		return sr_nomem();
	for (size_t i = 0; i < l->words_n; i++) {
		struct page_box b = mark_layout_ink(s, l, i);
		key[i].x = (b.x + b.w / 2.0) / PAGE_PT;
		key[i].y = (b.y + b.h / 2.0) / PAGE_PT;
	}
	SR_TRY(fold_words(a, l->words_n, piece_of_layout, &(struct laid){s, l}, key));
	*out = key;
	return sr_ok();
}

struct sr_err mark_keys_of_leak(struct arena *a, const struct extract_page *p,
				struct mark_key **out)
{
	struct mark_key *key = ARENA_ARRAY(a, p->words_n, struct mark_key);
	if (!key)
		return sr_nomem();
	for (size_t i = 0; i < p->words_n; i++) {
		key[i].x = (double)p->word[i].x + (double)p->word[i].w / 2;
		key[i].y = (double)p->word[i].y + (double)p->word[i].h / 2;
	}
	SR_TRY(fold_words(a, p->words_n, piece_of_leak, p, key));
	*out = key;
	return sr_ok();
}

bool mark_keys_same(const struct mark_key *x, const struct mark_key *y)
{
	return x->fold.len && x->hash == y->hash && slice_eq(x->fold, y->fold);
}

uint32_t mark_keys_differ(const struct mark_key *x, const struct mark_key *y)
{
	size_t len = x->fold.len > y->fold.len ? x->fold.len : y->fold.len;
	uint32_t max = (uint32_t)len * 2 / 3;
	if (!len)
		return 0;
	uint32_t d = align_distance(x->fold, y->fold, max);
	return d > max ? 1000 : d * 1000 / (uint32_t)len;
}

bool mark_index_make(struct arena *a, const uint32_t *hash, uint32_t from, uint32_t n,
		     struct mark_index *out)
{
	uint32_t size = 16;
	while (size < n)
		size *= 2;
	*out = (struct mark_index){ARENA_ARRAY(a, size, uint32_t), ARENA_ARRAY(a, n, uint32_t),
				   size - 1, from};
	if (!out->head || !out->next)
		return false;
	memset(out->head, 0xff, size * sizeof *out->head);
	for (uint32_t i = n; i--;) {
		if (!hash[i])
			continue;
		uint32_t *head = &out->head[(hash[i] >> 1) & out->mask];
		out->next[i] = *head;
		*head = from + i;
	}
	return true;
}

uint32_t mark_index_first(const struct mark_index *x, uint32_t hash)
{
	return x->head[(hash >> 1) & x->mask];
}

uint32_t mark_index_next(const struct mark_index *x, uint32_t number)
{
	return x->next[number - x->from];
}
