/* SPDX-License-Identifier: Apache-2.0 */
/* How a page lies in a picture, from pairs of words of which many are wrong. */
#ifndef MARK_LAYOUT_RANSAC_H
#define MARK_LAYOUT_RANSAC_H

#include "mark_layout_map.h"

/* A word of the layout and one of the picture that may be the same. */
struct mark_guess {
	uint32_t laid, leak;
	struct mark_pair at;
};

/* mark_ransac finds the homography that most of n guesses, ordered by leak, agree on (each word of
 * the picture counts once), and returns about how many do; 0: none that a camera could make of a
 * sheet in front of it. The result is the same for the same guesses. SR_E_NOMEM. */
SR_MUST struct sr_err mark_ransac(struct arena *scratch, const struct mark_guess *guess, size_t n,
				  double h[9], double *agree);

/* mark_fit fits a homography to n pairs with weights, or an affine map if they are few or lie in a
 * narrow strip; false: no memory (*e), or what comes out is no picture of a sheet: mirrored, too
 * slanted, or beyond the horizon. */
bool mark_fit(const struct mark_pair *pair, const double *weight, size_t n, double h[9],
	      struct sr_err *e);

#endif
