/* SPDX-License-Identifier: Apache-2.0 */
/* What all parts of the reader do with Leptonica's pictures. */
#ifndef PICTURE_PIX_H
#define PICTURE_PIX_H

#include <leptonica/allheaders.h>
#include <stdbool.h>

/* pix_replace destroys *pix and puts made there, which was made of it. false: that is NULL, there
 * is no memory. */
bool pix_replace(PIX **pix, PIX *made);

/* pix_side returns the longer side, in pixels. */
l_int32 pix_side(PIX *pix);

/* pix_shrink gives a picture in 8 bits whose longer side is at most side: a new one, or pix itself
 * once more (pixClone). NULL: there is no memory. */
PIX *pix_shrink(PIX *pix, l_int32 side);

#endif
