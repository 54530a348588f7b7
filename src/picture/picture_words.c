/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_words.h"

#include <math.h>

bool words_add(struct arena *a, struct picture_words *words, const struct picture_word *w)
{
	struct picture_word *at = arena_grow(a, words->at, words->n, &words->cap, sizeof *at);
	uint8_t *text = arena_dup(a, w->text.ptr, w->text.len);
	if (!at || !text)
		return false;
	words->at = at;
	at[words->n] = *w;
	at[words->n++].text = slice_make(text, w->text.len);
	return true;
}

/* place brings at and len within a page that is grown by its own size. */
static void place(float *at, float *len, uint32_t page_len)
{
	float max = (float)page_len;
	*at = isfinite(*at) ? fminf(fmaxf(*at, -max), 2 * max) : 0;
	*len = isfinite(*len) ? fminf(fmaxf(*len, 0), 2 * max - *at) : 0;
}

static const char *separator(const struct picture_words *words, size_t i, bool first_page)
{
	if (i == 0)
		return first_page ? "" : "\f";
	return words->at[i].starts_block ? "\n\n" : words->at[i].starts_line ? "\n" : " ";
}

bool words_page(struct arena *a, const struct picture_words *words, struct build *text,
		struct extract_page *page)
{
	uint32_t line = 0;
	page->words_n = words->n;
	page->word = ARENA_ARRAY(a, words->n, struct extract_word);
	if (!page->word)
		return false;
	if (!words->n)
		return true;
	for (size_t i = 0; i < words->n; i++) {
		const struct picture_word *w = &words->at[i];
		build_str(text, separator(words, i, !text->len));
		line += i > 0 && (w->starts_line || w->starts_block);
		page->word[i] = (struct extract_word){.text = w->text,
						      .x = w->x,
						      .y = w->y,
						      .w = w->w,
						      .h = w->h,
						      .line = line,
						      .off = (uint32_t)text->len,
						      .confidence = w->confidence};
		place(&page->word[i].x, &page->word[i].w, page->w);
		place(&page->word[i].y, &page->word[i].h, page->h);
		build_slice(text, w->text);
	}
	build_str(text, "\n");
	return true;
}
