/* SPDX-License-Identifier: Apache-2.0 */
/* How a page lies in a picture, from pairs of words of which many are wrong. */
#ifndef MARK_LAYOUT_RANSAC_H
#define MARK_LAYOUT_RANSAC_H

#include "mark_layout_map.h"

#include <stdbool.h>

/* A word of the layout and one of the picture that may be the same. */
struct mark_guess {
	uint32_t laid, leak;
	struct mark_pair at;
};

/* mark_ransac finds the homography that most of n guesses, ordered by leak, agree on (each word of
 * the picture counts once), and about how many do, in agree; 0, and h undefined: there is none that
 * a camera could make of a sheet in front of it. The result is the same for the same guesses. It
 * looks at 800 pairs of guesses. SR_E_NOMEM. */
SR_MUST struct sr_err mark_ransac(struct arena *scratch, const struct mark_guess *guess, size_t n,
				  double h[9], double *agree);

/* mark_fit_sheet fits a homography to n pairs with weights, or an affine map if they are few or lie
 * in a narrow strip. fits is false, and h undefined: what comes out is no picture of a sheet -
 * mirrored, too slanted, or beyond the horizon. SR_E_NOMEM. */
SR_MUST struct sr_err mark_fit_sheet(const struct mark_pair *pair, const double *weight, size_t n,
				     double h[9], bool *fits);

#endif
