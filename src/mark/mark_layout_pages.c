/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout_pages.h"

#include <assert.h>

uint32_t mark_pair_hash(uint32_t x, uint32_t y)
{
	return x && y ? (x * 31 + y) | 1 : 0;
}

static bool find_pages(struct arena *a, struct mark_pages *p)
{
	const struct page_laid *l = p->l;
	uint32_t *from = ARENA_ARRAY(a, (size_t)l->pages_n + 1, uint32_t), page = 0;
	if (!from)
		return false;
	for (uint32_t i = 0; i < l->words_n; i++) {
		assert(l->word[i].page + 1 >= page && l->word[i].page < l->pages_n);
		while (page <= l->word[i].page)
			from[page++] = i;
	}
	while (page <= l->pages_n)
		from[page++] = (uint32_t)l->words_n;
	p->page_from = from;
	return true;
}

static bool index_words(struct arena *a, struct mark_pages *p)
{
	uint32_t n = (uint32_t)p->l->words_n;
	uint32_t *hash = ARENA_ARRAY(a, n, uint32_t), *pair = ARENA_ARRAY(a, n, uint32_t);
	if (!hash || !pair)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		hash[i] = p->key[i].hash;
		if (i + 1 < n)
			pair[i] = mark_pair_hash(hash[i], p->key[i + 1].hash);
	}
	p->hash = hash;
	p->pair_hash = pair;
	return mark_index_make(a, hash, 0, n, &p->word) && mark_index_make(a, pair, 0, n, &p->pair);
}

struct sr_err mark_pages_make(struct arena *a, const struct page_sheet *s,
			      const struct page_laid *l, struct mark_pages *out)
{
	struct mark_pages p = {.s = s, .l = l};
	struct mark_key *key;
	SR_TRY(mark_keys_of_layout(a, s, l, &key));
	p.key = key;
	if (!find_pages(a, &p) || !index_words(a, &p))
		return sr_nomem();
	*out = p;
	return sr_ok();
}
