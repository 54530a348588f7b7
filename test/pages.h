/* SPDX-License-Identifier: Apache-2.0 */
/* Papers as layouts made by hand, and pictures of them as character recognition sees them, for
 * tests of mark/. Words are shapes without outlines. */
#ifndef PAGES_H
#define PAGES_H

#include "mark_layout_match.h"
#include "test.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAGES_VOCABULARY = 4000,
	PAGES_LINES = 31,
	PAGES_LINE_MAX = 24,
	PAGES_LEAK_MAX = 4000,
};

static inline double pages_uniform(uint64_t *seed)
{
	return (double)(test_random(seed) >> 11) * 0x1p-53;
}

static inline double pages_normal(uint64_t *seed)
{
	double sum = -6;
	for (int i = 0; i < 12; i++)
		sum += pages_uniform(seed);
	return sum;
}

/* A language: words that are more frequent the lower their number. Its letters are stems and bars.
 */
struct pages_language {
	struct page_shape shape[PAGES_VOCABULARY];
	char text[PAGES_VOCABULARY][24];
	struct page_glyph glyph[PAGES_VOCABULARY][24];
	struct page_outline outline[26];
	uint8_t kind[26][5 * 6];
	int32_t point[26][8 * 6];
};

static inline void pages_bar(struct page_outline *o, uint8_t *kind, int32_t *point, int x0, int y0,
			     int x1, int y1)
{
	const int corner[4][2] = {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}};
	for (int i = 0; i < 4; i++) {
		kind[o->kinds_n++] = i ? 'L' : 'M';
		point[2 * o->points_n] = corner[i][0];
		point[2 * o->points_n++ + 1] = corner[i][1];
	}
	kind[o->kinds_n++] = 'Z';
}

/* pages_letters draws each letter its own way: stems (3) and bars (3) by the bits of a number. */
static inline void pages_letters(struct pages_language *g)
{
	static const uint8_t look[26] = {0x29, 0x35, 0x31, 0x34, 0x3b, 0x19, 0x3c, 0x0d, 0x02,
					 0x22, 0x1b, 0x21, 0x0f, 0x0b, 0x3d, 0x1d, 0x1e, 0x09,
					 0x33, 0x2a, 0x25, 0x15, 0x27, 0x12, 0x2c, 0x38};
	for (uint32_t i = 0; i < 26; i++) {
		struct page_outline *o = &g->outline[i];
		bool tall = strchr("bdfhkltjy", (int)('a' + i)) != NULL;
		int top = tall ? -7000 : -5000;
		*o = (struct page_outline){.glyph = i, .kind = g->kind[i], .point = g->point[i]};
		for (int k = 0; k < 3; k++) {
			if (look[i] >> k & 1)
				pages_bar(o, g->kind[i], g->point[i], 400 + 1750 * k, top,
					  1200 + 1750 * k, 0);
			if (look[i] >> (3 + k) & 1)
				pages_bar(o, g->kind[i], g->point[i], 400,
					  top + (-top - 700) * k / 2, 4700,
					  top + (-top - 700) * k / 2 + 700);
		}
	}
}

static inline void pages_language_make(struct pages_language *g, uint64_t seed)
{
	static const char *const often[] = {"the", "of", "and", "to", "in",   "a",    "is",
					    "was", "it", "for", "on", "with", "that", "by"};
	static const char consonant[] = "bcdfghklmnprstvw", vowel[] = "aeiouy";
	memset(g, 0, sizeof *g);
	pages_letters(g);
	for (size_t i = 0; i < PAGES_VOCABULARY; i++) {
		char *t = g->text[i];
		if (i < sizeof often / sizeof *often) {
			snprintf(t, sizeof g->text[i], "%s", often[i]);
		} else {
			size_t syllables = 1 + test_random(&seed) % 4, len = 0;
			for (size_t k = 0; k < syllables; k++) {
				t[len++] = consonant[test_random(&seed) % (sizeof consonant - 1)];
				t[len++] = vowel[test_random(&seed) % (sizeof vowel - 1)];
			}
			t[len++] = consonant[test_random(&seed) % (sizeof consonant - 1)];
		}
		int32_t w = (int32_t)(strlen(t) * 5 * PAGE_PT);
		for (size_t k = 0; t[k]; k++)
			g->glyph[i][k] = (struct page_glyph){(uint32_t)(t[k] - 'a'),
							     (int32_t)k * 5 * PAGE_PT, 0};
		g->shape[i] = (struct page_shape){.text = slice_str(t),
						  .glyph = g->glyph[i],
						  .glyphs_n = strlen(t),
						  .advance = w,
						  .ink = {200, -7 * PAGE_PT, w - 400, 7 * PAGE_PT}};
	}
}

/* pages_word draws a word by Zipf's law. */
static inline uint32_t pages_word(uint64_t *seed)
{
	return (uint32_t)(pow(PAGES_VOCABULARY, pages_uniform(seed))) - 1;
}

struct pages_paper {
	struct arena a;
	struct page_sheet sheet;
	struct page_laid laid;
};

enum pages_kind { PAGES_PROSE, PAGES_TABLE, PAGES_REPEATED, PAGES_TWICE };

/* pages_line appends a justified line with these words. */
static inline void pages_line(struct pages_paper *p, const struct pages_language *g, uint32_t page,
			      uint32_t line, const uint32_t *word, uint32_t n, int32_t column)
{
	int32_t width = 450 * PAGE_PT, sum = 0, x = 72 * PAGE_PT;
	for (uint32_t i = 0; i < n; i++)
		sum += g->shape[word[i]].advance;
	for (uint32_t i = 0; i < n; i++) {
		struct page_word *w = &p->laid.word[p->laid.words_n];
		int32_t gap = n > 1 ? (width - sum) / (int32_t)(n - 1) : 0;
		p->laid.shapes[p->laid.words_n] = word[i];
		*w = (struct page_word){.page = page,
					.line = line,
					.slot = (uint32_t)p->laid.words_n,
					.first = (uint32_t)p->laid.words_n,
					.n = 1,
					.x = x,
					.y = (90 + 20 * (int32_t)(line % PAGES_LINES)) * PAGE_PT,
					.advance = g->shape[word[i]].advance,
					.gap_before = i ? gap : 0,
					.gap_after = i + 1 < n ? gap : 0};
		if (column)
			w->gap_before = w->gap_after = 0;
		x += column ? column : w->advance + gap;
		p->laid.words_n++;
	}
}

/* pages_paper_make makes a paper of so many pages. */
static inline void pages_paper_make(struct pages_paper *p, const struct pages_language *g,
				    uint32_t pages_n, enum pages_kind kind, uint64_t seed)
{
	size_t most = (size_t)pages_n * PAGES_LINES * PAGES_LINE_MAX;
	*p = (struct pages_paper){0};
	p->laid.word = ARENA_ARRAY(&p->a, most, struct page_word);
	p->laid.shapes = ARENA_ARRAY(&p->a, most, uint32_t);
	assert(p->laid.word && p->laid.shapes);
	uint32_t word[PAGES_LINES][PAGES_LINE_MAX], n[PAGES_LINES];
	for (uint32_t page = 0; page < pages_n; page++) {
		for (uint32_t line = 0; line < PAGES_LINES; line++) {
			int32_t sum = 0;
			bool again = kind == PAGES_REPEATED && line % 3 == 2;
			again = again || (kind == PAGES_TWICE && page == 1);
			for (n[line] = again ? n[line] : 0; !again;) {
				bool number = kind == PAGES_TABLE && n[line];
				uint32_t w = number ? 20 + (uint32_t)test_random(&seed) % 12
						    : pages_word(&seed);
				sum += g->shape[w].advance + 3 * PAGE_PT;
				if (n[line] == (kind == PAGES_TABLE ? 10 : PAGES_LINE_MAX) ||
				    (kind != PAGES_TABLE && sum > 450 * PAGE_PT))
					break;
				word[line][n[line]++] = w;
			}
			if (again && kind == PAGES_REPEATED) {
				n[line] = n[line - 1];
				memcpy(word[line], word[line - 1], sizeof word[line]);
			}
			pages_line(p, g, page, page * PAGES_LINES + line, word[line], n[line],
				   kind == PAGES_TABLE ? 45 * PAGE_PT : 0);
		}
	}
	p->laid.shapes_n = p->laid.words_n;
	p->laid.pages_n = pages_n;
	p->laid.lines_n = pages_n * PAGES_LINES;
	p->sheet = (struct page_sheet){.width = 595 * PAGE_PT,
				       .height = 842 * PAGE_PT,
				       .slots_n = (uint32_t)p->laid.words_n,
				       .outline = g->outline,
				       .outlines_n = 26,
				       .shape = g->shape,
				       .shapes_n = PAGES_VOCABULARY};
}

/* How a picture is taken. */
struct pages_camera {
	const char *why;
	double scale, turn, slant; /* degrees; share of the page's size by which corners move */
	double curl, noise;        /* points */
	double errors;             /* share of words that are misread */
	double from, to;           /* the lines that are in the picture, as shares of the page */
	bool broken;               /* lines are broken and in disorder */
	uint32_t junk;             /* words around */
};

/* truth: the word of the layout, or MARK_NONE. */
struct pages_leak {
	struct extract_page page;
	struct extract_word word[PAGES_LEAK_MAX];
	char text[PAGES_LEAK_MAX][32];
	uint32_t truth[PAGES_LEAK_MAX];
};

/* pages_misread changes a word as character recognition does; it may become empty. */
static inline void pages_misread(char *t, uint64_t *seed)
{
	static const char letters[] = "aceilmnorstuvw10";
	size_t len = strlen(t), changes = 1 + test_random(seed) % 3;
	for (size_t i = 0; i < changes && len; i++) {
		size_t at = test_random(seed) % len;
		switch (test_random(seed) % 3) {
		case 0:
			t[at] = letters[test_random(seed) % (sizeof letters - 1)];
			break;
		case 1:
			memmove(t + at, t + at + 1, len - at);
			len--;
			break;
		default:
			if (len < 30) {
				memmove(t + at + 1, t + at, len - at + 1);
				t[at] = letters[test_random(seed) % (sizeof letters - 1)];
				len++;
			}
			break;
		}
	}
}

static inline struct extract_word *pages_leak_add(struct pages_leak *k, const char *t,
						  uint32_t truth)
{
	assert(k->page.words_n < PAGES_LEAK_MAX);
	size_t i = k->page.words_n++;
	snprintf(k->text[i], sizeof k->text[i], "%s", t);
	k->truth[i] = truth;
	k->word[i] = (struct extract_word){.text = slice_str(k->text[i]), .confidence = 90};
	return &k->word[i];
}

/* pages_camera_map makes the homography of a camera and the displacement at a point. */
static inline void pages_camera_map(const struct pages_camera *c, uint64_t *seed, double h[9])
{
	double corner[4][2] = {{0, 0}, {595, 0}, {0, 842}, {595, 842}};
	struct mark_pair p[4];
	double turn = c->turn * 3.14159265 / 180;
	for (int i = 0; i < 4; i++) {
		double x = corner[i][0], y = corner[i][1];
		double sx = x + c->slant * 595 * (2 * pages_uniform(seed) - 1);
		double sy = y + c->slant * 842 * (2 * pages_uniform(seed) - 1);
		p[i] = (struct mark_pair){x, y, c->scale * 1.01 * (cos(turn) * sx - sin(turn) * sy),
					  c->scale * (sin(turn) * sx + cos(turn) * sy)};
	}
	struct sr_err e = mark_map_homography(p, NULL, 4, h);
	assert(!sr_bad(e));
}

static inline void pages_point(const struct pages_camera *c, const double h[9], double x, double y,
			       double *u, double *v)
{
	struct mark_map m = {0};
	memcpy(m.h, h, sizeof m.h);
	mark_map_apply(&m, x + c->curl * 0.4 * sin(x / 70 + 1), y + c->curl * sin(x / 80 + y / 500),
		       u, v);
}

/* pages_shoot adds what character recognition sees of a page of p to k, moved by (at_x, at_y)
 * pixels. shift: of each word (may be NULL). */
static inline void pages_shoot(struct pages_leak *k, const struct pages_paper *p, uint32_t page,
			       const struct pages_camera *c, double at_x, double at_y,
			       const int32_t *shift, uint64_t *seed)
{
	double h[9];
	pages_camera_map(c, seed, h);
	uint32_t line0 = 0;
	size_t begin = k->page.words_n;
	for (uint32_t i = 0; i < p->laid.words_n; i++) {
		const struct page_word *w = &p->laid.word[i];
		if (w->page != page)
			continue;
		uint32_t line = w->line % PAGES_LINES;
		if (line < c->from * PAGES_LINES || line >= c->to * PAGES_LINES)
			continue;
		struct page_box b = mark_layout_ink(&p->sheet, &p->laid, i);
		double dx = shift ? shift[i] : 0, u, v;
		char t[32];
		snprintf(t, sizeof t, "%.*s", (int)p->sheet.shape[p->laid.shapes[i]].text.len,
			 (const char *)p->sheet.shape[p->laid.shapes[i]].text.ptr);
		if (pages_uniform(seed) < c->errors)
			pages_misread(t, seed);
		if (!*t)
			continue;
		pages_point(c, h, (b.x + dx + b.w / 2.0) / PAGE_PT, (b.y + b.h / 2.0) / PAGE_PT, &u,
			    &v);
		double bw = c->scale * b.w / PAGE_PT, bh = c->scale * b.h / PAGE_PT;
		struct extract_word *x = pages_leak_add(k, t, i);
		x->x = (float)(at_x + u - bw / 2 + c->scale * c->noise * pages_normal(seed));
		x->y = (float)(at_y + v - bh / 2 + c->scale * c->noise * pages_normal(seed));
		x->w = (float)bw;
		x->h = (float)bh;
		if (c->broken && test_random(seed) % 6 == 0)
			line0 += 1000;
		x->line = c->broken ? line0 + (uint32_t)test_random(seed) % 3 : line;
	}
	for (size_t i = begin; c->broken && i < k->page.words_n; i++)
		k->word[i].line = (k->word[i].line * 7919) % 100003;
}

/* pages_spaces merges some words with the next one, as errors in spaces do. */
static inline void pages_spaces(struct pages_leak *k, double share, uint64_t *seed)
{
	size_t n = k->page.words_n;
	for (size_t i = 0; i + 1 < n; i++) {
		size_t len = strlen(k->text[i]), more = strlen(k->text[i + 1]);
		if (pages_uniform(seed) >= share || k->word[i].line != k->word[i + 1].line ||
		    len + more >= sizeof k->text[i])
			continue;
		memcpy(k->text[i] + len, k->text[i + 1], more + 1);
		k->word[i].text = slice_str(k->text[i]);
		k->word[i].w = k->word[i + 1].x + k->word[i + 1].w - k->word[i].x;
		k->truth[i] = k->truth[i + 1] = MARK_NONE;
		k->text[i + 1][0] = 0;
		k->word[i + 1].text.len = 0;
		i++;
	}
}

/* pages_junk adds words of another language around and between. */
static inline void pages_junk(struct pages_leak *k, const struct pages_language *g, uint32_t n,
			      uint64_t *seed)
{
	for (uint32_t i = 0; i < n; i++) {
		struct extract_word *x = pages_leak_add(k, g->text[pages_word(seed)], MARK_NONE);
		x->x = (float)(pages_uniform(seed) * k->page.w);
		x->y = (float)(pages_uniform(seed) * k->page.h);
		x->w = 40;
		x->h = 15;
		x->line = 200000 + i / 5;
	}
}

static inline void pages_leak_make(struct pages_leak *k, uint32_t w, uint32_t h)
{
	static const uint8_t paper = 255;
	memset(k, 0, sizeof *k);
	k->page = (struct extract_page){.w = w, .h = h, .gray = &paper, .word = k->word};
}

#endif
