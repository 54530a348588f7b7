/* SPDX-License-Identifier: Apache-2.0 */
/* Line charts as SVG files, panels side by side below one title, one legend below all of them.
 * Light or dark as the reader's system is. Programs only. */
#ifndef PLOT_H
#define PLOT_H

#include <stdbool.h>
#include <stddef.h>

enum { PLOT_LINES_MAX = 6, PLOT_PANELS_MAX = 3, PLOT_POINTS_MAX = 24 };

/* struct plot_line: n points, x ascending; low and high are the limits of y, drawn as bars where
 * high is above low. */
struct plot_line {
	const char *name;
	size_t n;
	double x[PLOT_POINTS_MAX], y[PLOT_POINTS_MAX], low[PLOT_POINTS_MAX], high[PLOT_POINTS_MAX];
};

/* struct plot_panel: y from 0 to y_max. mark_x and mark_y, unless 0, are drawn as a dashed cross.
 */
struct plot_panel {
	const char *y_axis;
	double y_max, mark_x, mark_y;
	struct plot_line line[PLOT_LINES_MAX];
};

/* struct plot: the lines of all panels have the same names, those of the first. Texts are plain
 * ASCII without markup. */
struct plot {
	const char *title, *x_axis;
	size_t panels_n, lines_n;
	struct plot_panel panel[PLOT_PANELS_MAX];
};

/* plot_write writes the file; false if it cannot. */
bool plot_write(const struct plot *p, const char *path);

#endif
