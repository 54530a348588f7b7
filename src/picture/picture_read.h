/* SPDX-License-Identifier: Apache-2.0 */
/* A picture of a page -> the page upright and its words. */
#ifndef PICTURE_READ_H
#define PICTURE_READ_H

#include "picture_words.h"

#include <leptonica/allheaders.h>

/* read_picture finds the words of *gray, a picture in 8 bits, and brings it into the form that
 * extract_page.h wants: light ground, upright by multiples of 90 degrees. words are in its pixels
 * and live in a. false: there is no memory; *gray may be NULL then. */
bool read_picture(struct arena *a, PIX **gray, struct picture_words *words);

#endif
