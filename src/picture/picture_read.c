/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_read.h"
#include "picture_ocr.h"

enum { SMALL_SIDE = 1600, LARGE_SIDE = 3000 };

static float ocr_scale(PIX *gray)
{
	l_int32 w = pixGetWidth(gray), h = pixGetHeight(gray), side = w > h ? w : h;
	return side < SMALL_SIDE   ? 2.0F
	       : side > LARGE_SIDE ? (float)LARGE_SIDE / (float)side
				   : 1.0F;
}

bool read_picture(struct arena *a, PIX **gray, struct picture_words *words)
{
	float f = ocr_scale(*gray);
	PIX *s = f > 1   ? pixScaleLI(*gray, f, f)
		 : f < 1 ? pixScaleAreaMap(*gray, f, f)
			 : pixClone(*gray);
	PIX *n = s ? pixBackgroundNormSimple(s, NULL, NULL) : NULL;
	bool ok = s && ocr_words(a, n ? n : s, OCR_AUTO, words);
	pixDestroy(&n);
	pixDestroy(&s);
	for (size_t i = 0; i < words->n; i++) {
		words->at[i].x /= f;
		words->at[i].y /= f;
		words->at[i].w /= f;
		words->at[i].h /= f;
	}
	return ok;
}
