/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a picture, by Tesseract. */
#ifndef PICTURE_OCR_H
#define PICTURE_OCR_H

#include "picture_words.h"

#include <leptonica/allheaders.h>

/* ocr_open loads the data of languages ("eng+rus"), all that is ever opened. false: there is none
 * of one of them. The process ends with it. */
bool ocr_open(const char *languages);

/* ocr_version names the version of Tesseract. */
const char *ocr_version(void);

/* How a page is laid out, as far as is known. */
enum ocr_layout {
	OCR_AUTO,   /* nothing is known */
	OCR_BLOCK,  /* one column of lines */
	OCR_SPARSE, /* here and there a line */
};

/* ocr_words finds the words of a picture in 8 bits, dark on light and upright, in its own pixels;
 * they live in a. false: there is no memory. */
bool ocr_words(struct arena *a, PIX *pix, enum ocr_layout layout, struct picture_words *out);

#endif
