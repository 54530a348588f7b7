/* SPDX-License-Identifier: Apache-2.0 */
/* Light and dark of a picture of a page: which of them the letters are, and both without shadows
 * and noise. */
#ifndef PICTURE_TONE_H
#define PICTURE_TONE_H

#include "arena.h"

#include <leptonica/allheaders.h>
#include <stdbool.h>

/* tone_is_dark tells whether a picture in 8 bits shows light letters on dark ground. Each small
 * tile says which of the two it has more of: so a dark desk around a page says nothing. */
bool tone_is_dark(PIX *gray);

/* tone_even gives a picture in 8 bits with its ground evenly light and less noise, if there is
 * much. NULL: there is no memory. */
PIX *tone_even(struct arena *a, PIX *gray);

/* tone_ink gives 1 bit for each pixel of an even picture: 1 where it is as dark as letters are, and
 * of a size that letters may have. NULL: there is no memory. */
PIX *tone_ink(PIX *even);

#endif
