/* SPDX-License-Identifier: Apache-2.0 */
/* Where points of a page lie in a picture of it: a homography for the camera, then a smooth
 * displacement for the sheet's curl and the lens. */
#ifndef MARK_LAYOUT_MAP_H
#define MARK_LAYOUT_MAP_H

#include "arena.h"
#include "err.h"

#include <stddef.h>
#include <stdint.h>

/* A point of the page, in points from its top left corner, and what belongs to it in the picture,
 * in pixels. */
struct mark_pair {
	double x, y, u, v;
};

/* h: row by row, (u, v, 1) ~ h (x, y, 1). du, dv: displacements in pixels at the nodes of a grid
 * with nx * ny nodes, step points apart, the first at (x0, y0), bicubic between them and constant
 * outside; nx 0: none. */
struct mark_map {
	double h[9];
	double x0, y0, step;
	uint32_t nx, ny;
	float *du, *dv;
};

/* mark_map_apply writes where (x, y) is in the picture; infinite or NaN on the horizon. */
void mark_map_apply(const struct mark_map *m, double x, double y, double *u, double *v);

/* mark_map_scale returns how many pixels a point is at (x, y), the geometric mean of both ways. */
double mark_map_scale(const struct mark_map *m, double x, double y);

/* mark_map_homography fits h to n pairs (4 or more) by least squares (normalised DLT, Hartley
 * 1997), with weights (NULL: all 1). SR_E_INPUT: they do not determine one; SR_E_NOMEM. */
SR_MUST struct sr_err mark_map_homography(const struct mark_pair *pair, const double *weight,
					  size_t n, double h[9]);

/* mark_map_affine is mark_map_homography for n pairs (3 or more) without perspective: for few lines
 * of a page, which would not determine it. */
SR_MUST struct sr_err mark_map_affine(const struct mark_pair *pair, const double *weight, size_t n,
				      double h[9]);

/* mark_map_bend fits the displacements of m anew to what the homography leaves of n pairs (or of
 * 320 of them, evenly): a cubic and Gaussian processes of length and four times length (points)
 * each way, whose noise is at least floor points, so that shifts of single words are not followed.
 * The homography maps each pair to a finite point. Outliers lose their weight. The grid lives in a.
 * SR_E_NOMEM; m has no displacements then. */
SR_MUST struct sr_err mark_map_bend(struct arena *a, const struct mark_pair *pair, size_t n,
				    double length, double floor, struct mark_map *m);

#endif
