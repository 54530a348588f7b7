/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a picture -> its pages in grey: PNG, JPEG, TIFF, WebP, GIF, BMP, PNM, by Leptonica.
 * Its size is known from its header before anything is decoded. */
#ifndef PICTURE_DECODE_H
#define PICTURE_DECODE_H

#include "extract_outcome.h"
#include "slice.h"

#include <leptonica/allheaders.h>

/* decode_pages tells how many pages a picture has: those of a TIFF, else 1. EXTRACT_OK,
 * _PICTURE_BROKEN, _MANY_PAGES. */
enum extract_outcome decode_pages(struct slice bytes, unsigned *n);

/* decode_page gives page i, in 8 bits, upright as far as the file says so (EXIF), what is
 * transparent being white, scaled down to EXTRACT_PIXELS_MAX. The caller destroys it. EXTRACT_OK,
 * _PICTURE_BROKEN, _PICTURE_LARGE, _MEMORY. */
enum extract_outcome decode_page(struct slice bytes, unsigned i, PIX **gray);

#endif
