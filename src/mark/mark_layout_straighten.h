/* SPDX-License-Identifier: Apache-2.0 */
/* A picture straightened: the ink that it has where the map says that a piece of the page is. Paper
 * is 0 and black is 1 whatever the light: each pixel is divided by the brightness of the paper
 * around it, which is the picture without its small dark things (a closing, which unlike a maximum
 * follows the edge of a shadow). */
#ifndef MARK_LAYOUT_STRAIGHTEN_H
#define MARK_LAYOUT_STRAIGHTEN_H

#include "extract_page.h"
#include "mark_layout_map.h"

#include <stdbool.h>

/* The picture, halved until it is about as fine as the raster that it is compared with: one of its
 * pixels is shrink pixels of the picture. */
struct mark_grey {
	uint32_t w, h;
	const uint8_t *px;
	float shrink;
};

/* The brightness of the paper, by square cells of so many pixels of the picture. */
struct mark_paper {
	uint32_t w, h, cell;
	float *white;
};

struct mark_sight {
	struct mark_grey grey;
	struct mark_paper paper;
};

/* A piece of a raster of the page: w * h pixels, the first at (x, y), scale to a point. */
struct mark_window {
	int32_t x, y;
	uint32_t w, h;
	float scale;
};

/* mark_paper_make finds the paper of p; scale: its pixels to a point. The cells live in a.
 * SR_E_NOMEM. */
SR_MUST struct sr_err mark_paper_make(struct arena *a, const struct extract_page *p, double scale,
				      struct mark_paper *out);

/* mark_grey_make makes p fit for sampling it every step pixels; step may be below 1. Its pixels
 * live in a, or are p's. SR_E_NOMEM. */
SR_MUST struct sr_err mark_grey_make(struct arena *a, const struct extract_page *p, double step,
				     struct mark_grey *out);

/* mark_straighten writes the ink in window o, row by row, w * h values; what lies outside the
 * picture continues its border. nodes has room for mark_straighten_nodes(o) values. False, and ink
 * undefined: the map has no such place. */
bool mark_straighten(const struct mark_sight *s, const struct mark_map *m,
		     const struct mark_window *o, float *nodes, float *ink);

size_t mark_straighten_nodes(const struct mark_window *o);

/* mark_window_seen tells whether all of window o lies in a picture of w * h pixels. */
bool mark_window_seen(const struct mark_map *m, const struct mark_window *o, uint32_t w,
		      uint32_t h);

#endif
