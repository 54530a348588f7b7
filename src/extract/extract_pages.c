/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_pages.h"
#include "extract_utf8.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { LANGUAGES_LEN_MAX = 200, WORD_LEN = 27, POINTS_MAX = 1000 * 1000 };

static_assert(sizeof(float) == 4, "IEEE 754 single");

bool pages_language_is(const char *s)
{
	bool starts = true;
	size_t n = 0;
	for (; s[n] && n < LANGUAGES_LEN_MAX; n++) {
		bool letter = (s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z');
		bool inner = (s[n] >= '0' && s[n] <= '9') || s[n] == '_';
		if (!letter && (starts || (!inner && s[n] != '+')))
			return false;
		starts = s[n] == '+';
	}
	return n > 0 && !s[n] && !starts;
}

static void put_f32(struct build *out, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, sizeof bits);
	build_u32(out, bits);
}

static void put_word(const struct extract_word *w, struct build *out)
{
	put_f32(out, w->x);
	put_f32(out, w->y);
	put_f32(out, w->w);
	put_f32(out, w->h);
	build_u32(out, w->line);
	build_u32(out, w->off);
	build_u16(out, (uint16_t)w->text.len);
	build_u8(out, w->confidence);
}

void pages_write(const struct extract_pages *p, struct build *out)
{
	build_u32(out, (uint32_t)p->n);
	build_sized(out, p->text);
	for (size_t i = 0; i < p->n; i++) {
		const struct extract_page *page = &p->page[i];
		build_u32(out, page->of);
		build_u32(out, page->w);
		build_u32(out, page->h);
		build_u32(out, (uint32_t)page->words_n);
		build_u32(out, page->gray != NULL);
		for (size_t k = 0; k < page->words_n; k++)
			put_word(&page->word[k], out);
		if (page->gray)
			build_bytes(out, page->gray, (size_t)page->w * page->h);
	}
}

/* What is read, and how far the words' texts have come. */
struct reading {
	struct slice left, text;
	size_t text_at;
};

static bool take_f32(struct slice *s, float *out)
{
	uint32_t bits;
	if (!slice_u32(s, &bits))
		return false;
	memcpy(out, &bits, sizeof bits);
	return isfinite(*out);
}

/* is_word_text: UTF-8 that is cut at characters, without white space. */
static bool is_word_text(struct slice s)
{
	if (!s.len || s.len > EXTRACT_WORD_BYTES_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ')
			return false;
	struct utf8_counts n = utf8_count(s);
	return !n.bad_n && !n.control_n;
}

static bool lies_within(float at, float len, uint32_t page_len)
{
	double max = page_len;
	return len >= 0 && at >= -max && (double)at + (double)len <= 2 * max;
}

static bool take_word(struct reading *r, const struct extract_page *page, struct extract_word *w)
{
	uint16_t len;
	if (!take_f32(&r->left, &w->x) || !take_f32(&r->left, &w->y) ||
	    !take_f32(&r->left, &w->w) || !take_f32(&r->left, &w->h) ||
	    !slice_u32(&r->left, &w->line) || !slice_u32(&r->left, &w->off) ||
	    !slice_u16(&r->left, &len) || !slice_u8(&r->left, &w->confidence))
		return false;
	if (w->off < r->text_at || w->off > r->text.len || len > r->text.len - w->off)
		return false;
	w->text = slice_sub(r->text, w->off, len);
	r->text_at = (size_t)w->off + len;
	return is_word_text(w->text) && lies_within(w->x, w->w, page->w) &&
	       lies_within(w->y, w->h, page->h) && w->line < page->words_n && w->confidence <= 100;
}

static bool take_page_head(struct reading *r, struct extract_page *page, bool *has_gray)
{
	uint32_t words_n, gray;
	if (!slice_u32(&r->left, &page->of) || !slice_u32(&r->left, &page->w) ||
	    !slice_u32(&r->left, &page->h) || !slice_u32(&r->left, &words_n) ||
	    !slice_u32(&r->left, &gray))
		return false;
	page->words_n = words_n;
	*has_gray = gray == 1;
	uint64_t max = *has_gray ? EXTRACT_PIXELS_MAX : (uint64_t)POINTS_MAX * POINTS_MAX;
	return gray <= 1 && page->of < EXTRACT_PAGES_MAX && page->w && page->h &&
	       page->w <= POINTS_MAX && page->h <= POINTS_MAX &&
	       (uint64_t)page->w * page->h <= max && words_n <= EXTRACT_PAGE_WORDS_MAX &&
	       words_n <= r->left.len / WORD_LEN;
}

static struct sr_err take_page(struct arena *a, struct reading *r, struct extract_page *page)
{
	struct slice gray = {0};
	bool has_gray;
	if (!take_page_head(r, page, &has_gray))
		return extract_err(EXTRACT_GARBAGE);
	page->word = ARENA_ARRAY(a, page->words_n, struct extract_word);
	if (!page->word)
		return sr_nomem();
	for (size_t i = 0; i < page->words_n; i++)
		if (!take_word(r, page, &page->word[i]))
			return extract_err(EXTRACT_GARBAGE);
	if (has_gray && !slice_take(&r->left, (size_t)page->w * page->h, &gray))
		return extract_err(EXTRACT_GARBAGE);
	page->gray = gray.ptr;
	return sr_ok();
}

static bool take_text(struct reading *r, uint32_t *pages_n)
{
	struct utf8_counts n;
	if (!slice_u32(&r->left, pages_n) || !slice_bytes(&r->left, &r->text) ||
	    *pages_n > EXTRACT_PAGES_MAX || r->text.len > EXTRACT_PAGES_TEXT_MAX)
		return false;
	n = utf8_count(r->text);
	return !n.bad_n && !n.control_n;
}

struct sr_err pages_read(struct arena *a, struct slice bytes, struct extract_pages *out)
{
	struct reading r = {.left = bytes};
	struct extract_pages p = {0};
	uint32_t pages_n;
	if (!take_text(&r, &pages_n))
		return extract_err(EXTRACT_GARBAGE);
	p = (struct extract_pages){r.text, ARENA_ARRAY(a, pages_n, struct extract_page), pages_n};
	if (!p.page)
		return sr_nomem();
	for (size_t i = 0; i < p.n; i++) {
		SR_TRY(take_page(a, &r, &p.page[i]));
		if (i > 0 && p.page[i].of < p.page[i - 1].of)
			return extract_err(EXTRACT_GARBAGE);
	}
	if (r.left.len)
		return extract_err(EXTRACT_GARBAGE);
	*out = p;
	return sr_ok();
}
