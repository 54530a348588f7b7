/* SPDX-License-Identifier: Apache-2.0 */
/* How the lines of a text run over a picture, and the picture with them level. The one idea: where
 * the ink is projected along the lines, the profile is sharpest; that is asked of the whole page
 * for its angle, and of windows all over it for the slope there, which perspective and curl change.
 */
#ifndef PICTURE_LINES_H
#define PICTURE_LINES_H

#include "arena.h"

#include <leptonica/allheaders.h>
#include <stdbool.h>

/* lines_run_down tells whether the lines of a picture with 1 bit, 1 being ink, run down rather than
 * across. false: across, or there is no ink. */
bool lines_run_down(struct arena *a, PIX *ink);

struct lines;

/* lines_find measures the lines of ink, which run across; the result is for ink and every picture
 * that is scale times as large, and lives in a. NULL: there is no memory. */
struct lines *lines_find(struct arena *a, PIX *ink, float scale);

/* lines_level gives the picture in 8 bits with level lines: a new one, or pix itself once more
 * (pixClone) if they are level. NULL: there is no memory. */
PIX *lines_level(const struct lines *l, PIX *pix);

enum { LINES_PLACES = 3 };

/* lines_clear gives a place in the level picture around which lines are clear: for n 0 the
 * clearest of all, for 1 that in the middle of the picture, where the page is if all around it is
 * a desk, for 2 another; each apart from those before. */
void lines_clear(const struct lines *l, size_t n, float *x, float *y);

/* lines_from_level brings a point of the level picture to where it came from in the other. */
void lines_from_level(const struct lines *l, float *x, float *y);

#endif
