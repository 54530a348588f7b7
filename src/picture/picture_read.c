/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_read.h"
#include "picture_lines.h"
#include "picture_ocr.h"
#include "picture_pix.h"
#include "picture_tone.h"

#include <math.h>

enum {
	WORK_SIDE = 3000, /* a smaller picture is enlarged, but at most to twice its size */
	INK_SIDE_MAX = 1500,
	LETTER_MIN = 5, /* no letter is lower in the picture that is read */
	BELIEVED = 50,  /* confidence */
	PROBE_W = 900,  /* of level */
	PROBE_H = 300,
	PROBE_WORDS = 4, /* fewer prove nothing */
	FEW_WORDS = 10,  /* of a page */
};

/* A picture while it is read. work is gray, even and scale times as large; level is work with its
 * lines level, down if that is upside down. */
struct sheet {
	struct arena *a; /* scratch */
	PIX *gray, *work, *ink, *level;
	float scale;
	struct lines *lines;
	bool flipped;
};

/* scale_of returns by how much a picture is enlarged to be read. */
static float scale_of(PIX *pix)
{
	return fminf(2, (float)WORK_SIDE / (float)pix_side(pix));
}

/* is_hair tells whether a picture is so narrow that there is nothing to read. */
static bool is_hair(PIX *pix)
{
	l_int32 w = pixGetWidth(pix), h = pixGetHeight(pix);
	return (float)(w < h ? w : h) * scale_of(pix) < LETTER_MIN;
}

static PIX *enlarge(PIX *pix, float f)
{
	return f > 1 ? pixScaleLI(pix, f, f) : pixClone(pix);
}

/* make_work makes the picture that is read, and the ink in it. */
static bool make_work(struct sheet *s)
{
	s->scale = scale_of(s->gray);
	PIX *sized = pix_shrink(s->gray, WORK_SIDE);
	PIX *even = sized ? tone_even(s->a, sized) : NULL;
	bool ok = even && pix_replace(&s->work, enlarge(even, s->scale));
	pixDestroy(&sized);
	pixDestroy(&even);
	if (!ok)
		return false;
	PIX *small = pix_shrink(s->work, INK_SIDE_MAX);
	ok = small && pix_replace(&s->ink, tone_ink(small));
	pixDestroy(&small);
	return ok;
}

/* turn turns all that there is by quarters, clockwise. */
static bool turn(struct sheet *s, l_int32 quarters)
{
	return pix_replace(&s->gray, pixRotateOrth(s->gray, quarters)) &&
	       pix_replace(&s->work, pixRotateOrth(s->work, quarters)) &&
	       pix_replace(&s->ink, pixRotateOrth(s->ink, quarters));
}

static bool make_level(struct sheet *s)
{
	float f = (float)pixGetWidth(s->work) / (float)pixGetWidth(s->ink);
	s->lines = lines_find(s->a, s->ink, f);
	return s->lines && pix_replace(&s->level, lines_level(s->lines, s->work));
}

/* What was read: words, letters, and letters of words that are believed, by how much. */
struct worth {
	size_t words_n;
	double all, believed;
};

static struct worth judge(const struct picture_words *words)
{
	struct worth v = {words->n, 0, 0};
	for (size_t i = 0; i < words->n; i++) {
		double n = (double)words->at[i].text.len;
		v.all += n;
		if (words->at[i].confidence >= BELIEVED && n > 1)
			v.believed += n * words->at[i].confidence / 100;
	}
	return v;
}

static bool is_good(struct worth v)
{
	return v.words_n >= PROBE_WORDS && v.believed > 0.7 * v.all;
}

/* cut_clear cuts out a part of level with clear lines (lines_clear). */
static PIX *cut_clear(const struct sheet *s, size_t n)
{
	float x, y;
	lines_clear(s->lines, n, &x, &y);
	BOX *box = boxCreate((l_int32)x - PROBE_W / 2, (l_int32)y - PROBE_H / 2, PROBE_W, PROBE_H);
	PIX *part = box ? pixClipRectangle(s->level, box, NULL) : NULL;
	boxDestroy(&box);
	return part;
}

/* to_gray brings boxes from level to gray. */
static void to_gray(const struct sheet *s, struct picture_words *words)
{
	float w = (float)pixGetWidth(s->level), h = (float)pixGetHeight(s->level);
	for (size_t i = 0; i < words->n; i++) {
		struct picture_word *k = &words->at[i];
		float x = k->x + k->w / 2, y = k->y + k->h / 2;
		if (s->flipped) {
			x = w - x;
			y = h - y;
		}
		lines_from_level(s->lines, &x, &y);
		x /= s->scale;
		y /= s->scale;
		if (s->flipped) {
			x = (float)pixGetWidth(s->gray) - x;
			y = (float)pixGetHeight(s->gray) - y;
		}
		k->w /= s->scale;
		k->h /= s->scale;
		k->x = x - k->w / 2;
		k->y = y - k->h / 2;
	}
}

/* probe reads a part of level, upside down if asked. */
static bool probe(struct sheet *s, size_t n, bool flip, struct worth *out)
{
	struct picture_words words;
	PIX *part = cut_clear(s, n);
	bool ok = part && (!flip || pixRotate180(part, part)) &&
		  ocr_words(s->a, part, OCR_BLOCK, &words);
	pixDestroy(&part);
	if (ok)
		*out = judge(&words);
	return ok;
}

/* A way to hold the picture. */
struct pose {
	l_int32 quarters;
	bool flip;
	struct worth worth;
};

/* try_pose reads a part both ways up, if the first does not settle it, and then others: the
 * clearest lines may be the grain of a desk. */
static bool try_pose(struct sheet *s, l_int32 quarters, struct pose *best, bool *good)
{
	for (size_t i = 0; i < 2 * LINES_PLACES && !*good; i++) {
		struct pose p = {quarters, i % 2, {0}};
		if (!probe(s, i / 2, p.flip, &p.worth))
			return false;
		*good = is_good(p.worth);
		if (*good || p.worth.believed > best->worth.believed)
			*best = p;
	}
	return true;
}

/* hold_upright turns the picture so that its lines can be read, and makes level. */
static bool hold_upright(struct sheet *s)
{
	bool down = lines_run_down(s->a, s->ink), good = false;
	struct pose best = {.quarters = down};
	l_int32 at = 0;
	for (int i = 0; i < 2 && !good; i++) {
		l_int32 want = i == 0 ? down : !down;
		if ((at != want && !turn(s, (want - at + 4) % 4)) || !make_level(s) ||
		    !try_pose(s, want, &best, &good))
			return false;
		at = want;
	}
	if (at != best.quarters && (!turn(s, (best.quarters - at + 4) % 4) || !make_level(s)))
		return false;
	s->flipped = best.flip;
	return !s->flipped || (pixRotate180(s->gray, s->gray) && pixRotate180(s->level, s->level));
}

/* read_again is for what was read badly: as one block, or as lines here and there. */
static bool read_again(struct arena *a, struct sheet *s, struct picture_words *words)
{
	struct worth v = judge(words), again;
	struct picture_words other;
	if (is_good(v) && v.words_n > FEW_WORDS)
		return true;
	if (!ocr_words(a, s->level, v.words_n > FEW_WORDS ? OCR_BLOCK : OCR_SPARSE, &other))
		return false;
	again = judge(&other);
	if (again.believed > v.believed)
		*words = other;
	return true;
}

static bool read_sheet(struct arena *a, struct sheet *s, struct picture_words *words)
{
	if (tone_is_dark(s->gray))
		(void)pixInvert(s->gray, s->gray);
	if (!make_work(s) || !hold_upright(s) || !ocr_words(a, s->level, OCR_AUTO, words) ||
	    !read_again(a, s, words))
		return false;
	to_gray(s, words);
	return true;
}

bool read_picture(struct arena *a, PIX **gray, struct picture_words *words)
{
	struct arena scratch = {0};
	struct sheet s = {.a = &scratch, .gray = *gray};
	if (is_hair(*gray)) {
		*words = (struct picture_words){0};
		return true;
	}
	bool ok = read_sheet(a, &s, words);
	*gray = s.gray;
	pixDestroy(&s.work);
	pixDestroy(&s.ink);
	pixDestroy(&s.level);
	arena_release(&scratch);
	return ok;
}
