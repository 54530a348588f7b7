/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_tone.h"
#include "picture_pix.h"

#include <math.h>
#include <stdlib.h>

enum {
	SMALL_SIDE = 1000, /* of the picture that is asked for its tone */
	TILE = 12,
	CONTRAST_MIN = 48, /* of a tile with letters */
	GROUND = 200,      /* what the ground becomes, before it is made white */
	INK_MAX = 190,     /* what counts as ink then */
	AREA = 33,         /* thickness of what is no letter, in the small picture */
	DIM = 128,         /* the brightest of an underexposed picture is darker */
	SPECK = 7,         /* pixels of ink: smaller is no letter */
	LETTER = 45,       /* ... higher and wider is none, unless most are so large */
	SAMPLES_MAX = 1 << 16,
};

/* A tile's lowest, highest and middle value. */
struct tile {
	int low, high, median;
};

static struct tile look(PIX *pix, l_int32 x0, l_int32 y0)
{
	uint16_t count[256] = {0};
	struct tile t = {255, 0, 0};
	for (l_int32 y = y0; y < y0 + TILE; y++) {
		const l_uint32 *line = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
		for (l_int32 x = x0; x < x0 + TILE; x++) {
			int v = GET_DATA_BYTE(line, x);
			count[v]++;
			t.low = v < t.low ? v : t.low;
			t.high = v > t.high ? v : t.high;
		}
	}
	for (int sum = count[0]; sum <= TILE * TILE / 2; sum += count[t.median])
		t.median++;
	return t;
}

bool tone_is_dark(PIX *gray)
{
	PIX *pix = pix_shrink(gray, SMALL_SIDE);
	int64_t votes = 0;
	for (l_int32 y = 0; pix && y + TILE <= pixGetHeight(pix); y += TILE)
		for (l_int32 x = 0; x + TILE <= pixGetWidth(pix); x += TILE) {
			struct tile t = look(pix, x, y);
			int contrast = t.high - t.low, lean = 2 * t.median - t.high - t.low;
			/* An edge between two even parts leans nowhere. */
			if (contrast >= CONTRAST_MIN && abs(lean) > contrast * 3 / 10)
				votes += lean;
		}
	pixDestroy(&pix);
	return votes < 0;
}

static int by_value(const void *a, const void *b)
{
	int x = *(const uint8_t *)a, y = *(const uint8_t *)b;
	return (x > y) - (x < y);
}

/* noise_of estimates the standard deviation of noise by the median difference of a pixel from the
 * middle of its neighbours, since most of a page is ground. */
static double noise_of(struct arena *a, PIX *pix)
{
	l_int32 w = pixGetWidth(pix), h = pixGetHeight(pix);
	uint8_t *d = arena_alloc(a, SAMPLES_MAX, 1);
	size_t n = 0, step = 1 + (size_t)w * (size_t)h / SAMPLES_MAX;
	for (size_t at = 0; d && at < (size_t)w * (size_t)h && n < SAMPLES_MAX; at += step) {
		l_int32 x = (l_int32)(at % (size_t)w), y = (l_int32)(at / (size_t)w);
		const l_uint32 *line = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
		if (x < 1 || x >= w - 1)
			continue;
		int v = 2 * GET_DATA_BYTE(line, x) - GET_DATA_BYTE(line, x - 1) -
			GET_DATA_BYTE(line, x + 1);
		d[n++] = (uint8_t)(abs(v) > 255 ? 255 : abs(v));
	}
	if (!n)
		return 0;
	qsort(d, n, 1, by_value);
	return (double)d[n / 2] / 0.6745 / sqrt(6);
}

/* reduce_noise takes means over the neighbours, more of them where there is more noise. */
static bool reduce_noise(struct arena *a, PIX **pix)
{
	static const double noise_min[] = {4, 18, 40};
	double noise = noise_of(a, *pix);
	for (size_t i = 0; *pix && i < sizeof noise_min / sizeof *noise_min; i++)
		if (noise > noise_min[i])
			(void)pix_replace(pix, pixBlockconvGray(*pix, NULL, 1, 1));
	return *pix;
}

/* areas gives 1 bit for each pixel that belongs to something dark and larger than letters: the desk
 * around a page, fingers, a black edge of a scan. NULL: there is no memory. */
static PIX *areas(PIX *even)
{
	PIX *small = pix_shrink(even, SMALL_SIDE);
	PIX *dark = small ? pixThresholdToBinary(small, GROUND * 3 / 4) : NULL;
	pixDestroy(&small);
	bool ok = dark && pix_replace(&dark, pixCloseSafeBrick(NULL, dark, 3, 3)) &&
		  pix_replace(&dark, pixOpenBrick(NULL, dark, AREA, AREA)) &&
		  pix_replace(&dark, pixDilateBrick(NULL, dark, 9, 9)) &&
		  pix_replace(&dark, pixScaleToSize(dark, pixGetWidth(even), pixGetHeight(even)));
	return ok ? dark : NULL;
}

/* deepen makes the darkest ink black and the ground white. */
static bool deepen(PIX *pix)
{
	NUMA *count = pixGetGrayHistogram(pix, 4);
	l_float32 low = 0;
	bool ok = count && numaHistogramGetValFromRank(count, 0.01F, &low) == 0;
	numaDestroy(&count);
	return ok && (low >= GROUND * 3 / 4.0F ||
		      pixGammaTRC(pix, pix, 1.0F, (l_int32)low, GROUND) != NULL);
}

/* lift makes an underexposed picture as bright as others; what has no ground to speak of is left as
 * it is. NULL: there is no memory. */
static PIX *lift(PIX *gray)
{
	NUMA *count = pixGetGrayHistogram(gray, 4);
	l_float32 high = 0;
	bool ok = count && numaHistogramGetValFromRank(count, 0.99F, &high) == 0;
	numaDestroy(&count);
	if (!ok || high < 1 || high >= DIM)
		return ok ? pixClone(gray) : NULL;
	return pixGammaTRC(NULL, gray, 1.0F, 0, (l_int32)(high * 255 / GROUND) + 1);
}

static PIX *even_ground(struct arena *a, PIX *gray)
{
	PIX *pix = NULL, *dark = NULL;
	if (pixGetWidth(gray) >= 80 && pixGetHeight(gray) >= 80)
		pix = pixBackgroundNorm(gray, NULL, NULL, 10, 15, 60, 40, GROUND, 2, 1);
	if (!pix)
		pix = pixCopy(NULL, gray);
	bool ok = pix && reduce_noise(a, &pix);
	if (ok)
		dark = areas(pix);
	ok = ok && dark && pixSetMasked(pix, dark, GROUND) == 0 && deepen(pix);
	pixDestroy(&dark);
	if (!ok)
		pixDestroy(&pix);
	return pix;
}

PIX *tone_even(struct arena *a, PIX *gray)
{
	PIX *lifted = lift(gray), *even = lifted ? even_ground(a, lifted) : NULL;
	pixDestroy(&lifted);
	return even;
}

/* letter_side returns the side of the largest letter to expect: some times what most are high. */
static l_int32 letter_side(PIX *ink)
{
	BOXA *all = pixConnCompBB(ink, 8), *some = NULL;
	l_int32 x, y, r, b, w, h = 0;
	if (all)
		some = boxaSelectBySize(all, 0, SPECK, L_SELECT_HEIGHT, L_SELECT_IF_GT, NULL);
	if (!some || boxaGetCount(some) < 1 || boxaGetMedianVals(some, &x, &y, &r, &b, &w, &h))
		h = 0;
	boxaDestroy(&all);
	boxaDestroy(&some);
	return h * 7 / 2 > LETTER ? h * 7 / 2 : LETTER;
}

/* keep_ink keeps what joined ink has this relation to a size. */
static bool keep_ink(PIX **ink, l_int32 side, l_int32 which, l_int32 relation)
{
	return pix_replace(ink, pixSelectBySize(*ink, side, side, 8, which, relation, NULL));
}

PIX *tone_ink(PIX *even)
{
	PIX *ink = pixThresholdToBinary(even, INK_MAX);
	l_int32 side = ink ? letter_side(ink) : 0;
	/* Words may grow together, but not lines. */
	bool ok = ink && keep_ink(&ink, side, L_SELECT_IF_EITHER, L_SELECT_IF_LTE) &&
		  keep_ink(&ink, 6 * side, L_SELECT_IF_BOTH, L_SELECT_IF_LTE) &&
		  keep_ink(&ink, 3, L_SELECT_IF_EITHER, L_SELECT_IF_GTE);
	return ok ? ink : NULL;
}
