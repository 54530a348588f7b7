/* SPDX-License-Identifier: Apache-2.0 */
#include "page_lay.h"

/* flow_of finds the flow that a slot belongs to; they ascend. NULL: none. */
static const struct page_flow *flow_of(const struct page_sheet *s, uint32_t slot)
{
	const struct page_flow *found = NULL;
	for (size_t i = 0; i < s->blocks_n; i++) {
		for (size_t k = 0; k < s->block[i].flows_n; k++) {
			const struct page_flow *f = &s->block[i].flow[k];
			if (f->atoms_n && f->atom[0].slot > slot)
				return found;
			if (f->atoms_n)
				found = f;
		}
	}
	return found;
}

static bool backward(const struct page_sheet *s, const uint32_t *shape, size_t i)
{
	return s->shape[shape[i]].backward;
}

/* put_forward and put_backward append n shapes, which stand from left to right, as they are read:
 * runs of the other direction are turned round. */
static void put_forward(const struct page_sheet *s, const uint32_t *shape, size_t n,
			struct build *out)
{
	for (size_t i = 0; i < n;) {
		size_t end = i + 1;
		while (backward(s, shape, i) && end < n && backward(s, shape, end))
			end++;
		for (size_t k = end; k-- > i;)
			build_slice(out, s->shape[shape[k]].text);
		i = end;
	}
}

static void put_backward(const struct page_sheet *s, const uint32_t *shape, size_t n,
			 struct build *out)
{
	for (size_t i = n; i > 0;) {
		size_t from = i - 1;
		while (!backward(s, shape, from) && from > 0 && !backward(s, shape, from - 1))
			from--;
		for (size_t k = from; k < i; k++)
			build_slice(out, s->shape[shape[k]].text);
		i = from;
	}
}

static void put_word(const struct page_sheet *s, const struct page_laid *l,
		     const struct page_word *w, struct build *out)
{
	const uint32_t *shape = &l->shapes[w->first];
	const struct page_flow *f = w->slot == PAGE_NONE ? NULL : flow_of(s, w->slot);
	if (f && f->rtl)
		put_backward(s, shape, w->n, out);
	else
		put_forward(s, shape, w->n, out);
}

/* rank orders the words of a line as they are read: a list's bullet first, then by slot. */
static uint32_t rank(const struct page_word *w)
{
	return w->slot == PAGE_NONE ? 0 : w->slot + 1;
}

/* next_of finds the first word of a line whose rank is at least from; NULL: there is none. */
static const struct page_word *next_of(const struct page_word *w, size_t n, uint32_t from)
{
	const struct page_word *best = NULL;
	for (size_t i = 0; i < n; i++)
		if (rank(&w[i]) >= from && (!best || rank(&w[i]) < rank(best)))
			best = &w[i];
	return best;
}

static void put_line(const struct page_sheet *s, const struct page_laid *l,
		     const struct page_word *w, size_t n, struct build *out)
{
	const struct page_word *next = next_of(w, n, 0);
	while (next) {
		put_word(s, l, next, out);
		next = next_of(w, n, rank(next) + 1);
		build_str(out, next ? " " : "\n");
	}
}

void page_lay_text(const struct page_sheet *s, const struct page_laid *l, uint32_t page,
		   struct build *out)
{
	for (size_t i = 0; i < l->words_n;) {
		size_t end = i + 1;
		while (end < l->words_n && l->word[end].line == l->word[i].line)
			end++;
		if (l->word[i].page == page)
			put_line(s, l, &l->word[i], end - i, out);
		i = end;
	}
}
