/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_lines.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* COLS, ROWS: windows in which slopes are measured. STEP: pixels of ink between the points of the
 * map. POINTS_MAX bounds the time, not the memory. */
enum { COLS = 13, ROWS = 9, STEP = 8, POINTS_MAX = 150 * 1000, WINDOW_POINTS_MIN = 150 };

/* Angles and slopes that are looked for. A tilt below turn_min is left to the slopes. */
static const double tilt_max = 18 * M_PI / 180, turn_min = 1.5 * M_PI / 180, slope_max = 0.14;

struct point {
	float x, y;
};

struct points {
	struct point *at;
	size_t n;
	double w, h; /* of the picture that they are in */
};

/* slope: of the windows, by row. angle: by which the picture is turned first. drop: of the map's
 * points, how far below its place at the middle of the line it lies there. */
struct lines {
	float scale;
	double angle;
	double w, h; /* of the ink, turned */
	double from_w, from_h;
	float slope[ROWS][COLS];
	size_t map_cols, map_rows;
	float *drop;
	bool level;
	float clear[ROWS][COLS]; /* how clear the lines in a window of the level picture are */
};

/* A histogram of projected points that is used again and again. */
struct profile {
	uint32_t *bin;
	size_t n;
};

static bool take_points(struct arena *a, PIX *ink, struct points *out)
{
	l_int32 w = pixGetWidth(ink), h = pixGetHeight(ink), all = 0;
	(void)pixCountPixels(ink, &all, NULL);
	size_t every = 1 + (size_t)all / POINTS_MAX, seen = 0;
	*out = (struct points){ARENA_ARRAY(a, (size_t)all / every + 1, struct point), 0, w, h};
	if (!out->at)
		return false;
	for (l_int32 y = 0; y < h; y++) {
		const l_uint32 *line = pixGetData(ink) + (size_t)y * (size_t)pixGetWpl(ink);
		for (l_int32 x = 0; x < w; x++)
			if (GET_DATA_BIT(line, x) && seen++ % every == 0)
				out->at[out->n++] = (struct point){(float)x, (float)y};
	}
	return true;
}

/* sharpness projects points along a direction (c, s) and adds up the squared differences of
 * neighbouring bins. */
static double sharpness(struct profile *p, const struct point *at, size_t n, double c, double s)
{
	double low = INFINITY, sum = 0;
	for (size_t i = 0; i < p->n; i++)
		p->bin[i] = 0;
	for (size_t i = 0; i < n; i++)
		low = fmin(low, c * (double)at[i].y - s * (double)at[i].x);
	for (size_t i = 0; i < n; i++) {
		double v = c * (double)at[i].y - s * (double)at[i].x - low;
		p->bin[v < (double)(p->n - 1) ? (size_t)v : p->n - 1]++;
	}
	for (size_t i = 1; i < p->n; i++) {
		double d = (double)p->bin[i] - (double)p->bin[i - 1];
		sum += d * d;
	}
	return sum;
}

/* best_angle searches angles from -max to max. */
static double best_angle(struct profile *p, const struct point *at, size_t n, double max,
			 double step, double *best)
{
	double angle = 0;
	*best = 0;
	for (double v = -max; v <= max + step / 2; v += step) {
		double q = sharpness(p, at, n, cos(v), sin(v));
		if (q > *best) {
			*best = q;
			angle = v;
		}
	}
	return angle;
}

static bool make_profile(struct arena *a, const struct points *pts, struct profile *p)
{
	p->n = (size_t)(2 * (pts->w + pts->h)) + 2;
	p->bin = ARENA_ARRAY(a, p->n, uint32_t);
	return p->bin;
}

/* pick copies the points within a window to out and returns their number. */
static size_t pick(const struct points *pts, double x, double y, double half_w, double half_h,
		   struct point *out)
{
	size_t n = 0;
	for (size_t i = 0; i < pts->n; i++)
		if (fabs((double)pts->at[i].x - x) <= half_w &&
		    fabs((double)pts->at[i].y - y) <= half_h)
			out[n++] = pts->at[i];
	return n;
}

bool lines_run_down(struct arena *a, PIX *ink)
{
	enum { TILES = 3 };
	struct points pts;
	struct profile p;
	double across = 0, down = 0, best;
	if (!take_points(a, ink, &pts) || !make_profile(a, &pts, &p))
		return false;
	struct point *some = ARENA_ARRAY(a, pts.n, struct point);
	for (unsigned i = 0; some && i < TILES * TILES; i++) {
		double hw = pts.w / TILES / 2, hh = pts.h / TILES / 2;
		size_t n = pick(&pts, (2 * (i % TILES) + 1) * hw, (2 * (i / TILES) + 1) * hh, hw,
				hh, some);
		if (n < WINDOW_POINTS_MIN)
			continue;
		(void)best_angle(&p, some, n, tilt_max, M_PI / 180, &best);
		across += best;
		for (size_t k = 0; k < n; k++)
			some[k] = (struct point){some[k].y, some[k].x};
		(void)best_angle(&p, some, n, tilt_max, M_PI / 180, &best);
		down += best;
	}
	return down > across;
}

/* turn turns points about the middle, into a picture that holds all of it, as pixRotate does. */
static void turn(struct points *pts, double angle)
{
	double c = cos(angle), s = sin(angle), mx = pts->w / 2, my = pts->h / 2;
	double w = fabs(pts->w * c) + fabs(pts->h * s), h = fabs(pts->w * s) + fabs(pts->h * c);
	for (size_t i = 0; i < pts->n; i++) {
		double x = (double)pts->at[i].x - mx, y = (double)pts->at[i].y - my;
		pts->at[i] = (struct point){(float)(x * c + y * s + w / 2),
					    (float)(y * c - x * s + h / 2)};
	}
	pts->w = w;
	pts->h = h;
}

/* slope_at interpolates between the windows. */
static double slope_at(const struct lines *l, double x, double y)
{
	double u = fmin(fmax(x / l->w * COLS - 0.5, 0), COLS - 1.001);
	double v = fmin(fmax(y / l->h * ROWS - 0.5, 0), ROWS - 1.001);
	size_t i = (size_t)u, k = (size_t)v;
	double fu = u - (double)i, fv = v - (double)k;
	double top = (double)l->slope[k][i] * (1 - fu) + (double)l->slope[k][i + 1] * fu;
	double low = (double)l->slope[k + 1][i] * (1 - fu) + (double)l->slope[k + 1][i + 1] * fu;
	return top * (1 - fv) + low * fv;
}

/* trace_line follows the line that is at y in the middle of the picture, in one direction. */
static void trace_line(struct lines *l, size_t row, size_t from, size_t to, int dir)
{
	double y = (double)row * STEP, x = (double)from * STEP;
	for (size_t i = from;; i += (size_t)dir) {
		l->drop[row * l->map_cols + i] = (float)(y - (double)row * STEP);
		if (i == to)
			return;
		y += dir * STEP * slope_at(l, x + dir * STEP / 2.0, y);
		x += dir * STEP;
	}
}

static void make_map(struct lines *l)
{
	float most = 0;
	for (size_t row = 0; row < l->map_rows; row++) {
		trace_line(l, row, l->map_cols / 2, l->map_cols - 1, 1);
		trace_line(l, row, l->map_cols / 2, 0, -1);
	}
	for (size_t i = 0; i < l->map_cols * l->map_rows; i++)
		most = fmaxf(most, fabsf(l->drop[i]));
	l->level = most < 1.5F && l->angle == 0;
}

/* drop_at interpolates the map at a place in the level picture, in pixels of ink. */
static double drop_at(const struct lines *l, double x, double y)
{
	double u = fmin(fmax(x / STEP, 0), (double)l->map_cols - 1.001);
	double v = fmin(fmax(y / STEP, 0), (double)l->map_rows - 1.001);
	size_t i = (size_t)u, k = (size_t)v;
	double fu = u - (double)i, fv = v - (double)k;
	const float *top = &l->drop[k * l->map_cols + i], *low = top + l->map_cols;
	return ((double)top[0] * (1 - fu) + (double)top[1] * fu) * (1 - fv) +
	       ((double)low[0] * (1 - fu) + (double)low[1] * fu) * fv;
}

/* to_level moves points to where they are in the level picture: y = v + drop(x, v), solved by
 * iteration, since drop changes slowly. */
static void to_level(const struct lines *l, const struct points *from, struct points *to)
{
	for (size_t i = 0; i < from->n; i++) {
		double x = (double)from->at[i].x, y = (double)from->at[i].y, v = y;
		for (unsigned k = 0; k < 3; k++)
			v = y - drop_at(l, x, v);
		to->at[i] = (struct point){(float)x, (float)v};
	}
}

/* What a window says: the slope there, and how much that counts. */
struct vote {
	double slope, weight;
};

static struct vote ask_window(struct profile *p, const struct point *at, size_t n, double max)
{
	double best, flat, step = max / 12;
	if (n < WINDOW_POINTS_MIN)
		return (struct vote){0, 0};
	double rough = best_angle(p, at, n, max, step, &best), slope = rough;
	for (double v = rough - step; v < rough + step; v += step / 5) {
		double q = sharpness(p, at, n, 1, v);
		if (q > best) {
			best = q;
			slope = v;
		}
	}
	flat = fmin(sharpness(p, at, n, 1, slope - 3 * step),
		    sharpness(p, at, n, 1, slope + 3 * step));
	/* A slope at the end of its range is a guess. */
	double sure = fabs(slope) > max * 0.98 ? 0 : (best - flat) / (best + 1);
	return (struct vote){slope, sure * sure * (double)n};
}

/* smooth adds to the slopes what the windows say, each by the windows around it. */
static void smooth(struct lines *l, struct vote votes[ROWS][COLS], double few)
{
	for (int r = 0; r < ROWS; r++) {
		for (int c = 0; c < COLS; c++) {
			double sum = 0, weight = few;
			for (int k = 0; k < ROWS; k++)
				for (int i = 0; i < COLS; i++) {
					double d =
						(c - i) * (c - i) / 2.0 + (r - k) * (r - k) / 3.0;
					double f = exp(-d) * votes[k][i].weight;
					sum += f * votes[k][i].slope;
					weight += f;
				}
			l->slope[r][c] += (float)(sum / weight);
		}
	}
}

/* refine measures the slopes that are left in the level picture. */
static bool refine(struct arena *a, struct lines *l, const struct points *pts, struct profile *p,
		   double max)
{
	struct points level = {ARENA_ARRAY(a, pts->n, struct point), pts->n, pts->w, pts->h};
	struct point *some = ARENA_ARRAY(a, pts->n, struct point);
	struct vote votes[ROWS][COLS];
	double half_w = fmax(l->w / COLS * 1.2, 60), half_h = fmax(l->h / ROWS * 0.8, 80);
	if (!level.at || !some)
		return false;
	to_level(l, pts, &level);
	for (unsigned r = 0; r < ROWS; r++)
		for (unsigned c = 0; c < COLS; c++) {
			size_t n = pick(&level, (c + 0.5) * l->w / COLS, (r + 0.5) * l->h / ROWS,
					half_w, half_h, some);
			votes[r][c] = ask_window(p, some, n, max);
			l->clear[r][c] = (float)votes[r][c].weight;
		}
	smooth(l, votes, WINDOW_POINTS_MIN / 10.0);
	make_map(l);
	return true;
}

struct lines *lines_find(struct arena *a, PIX *ink, float scale)
{
	struct lines *l = ARENA_NEW(a, struct lines);
	struct points pts;
	struct profile p;
	double best;
	if (!l || !take_points(a, ink, &pts) || !make_profile(a, &pts, &p))
		return NULL;
	l->scale = scale;
	l->from_w = pts.w;
	l->from_h = pts.h;
	if (pts.n >= WINDOW_POINTS_MIN) {
		l->angle = best_angle(&p, pts.at, pts.n, tilt_max, M_PI / 360, &best);
		if (fabs(l->angle) < turn_min)
			l->angle = 0;
	}
	turn(&pts, l->angle);
	l->w = pts.w;
	l->h = pts.h;
	l->map_cols = (size_t)(l->w / STEP) + 2;
	l->map_rows = (size_t)(l->h / STEP) + 2;
	l->drop = ARENA_ARRAY(a, l->map_cols * l->map_rows, float);
	bool ok = l->drop && refine(a, l, &pts, &p, slope_max) &&
		  (l->level || refine(a, l, &pts, &p, slope_max / 4));
	return ok ? l : NULL;
}

/* shear_row takes row y of the level picture from pix. */
static void shear_row(const struct lines *l, PIX *pix, l_int32 y, l_uint32 *line)
{
	double s = (double)l->scale;
	for (l_int32 x = 0; x < pixGetWidth(pix); x++) {
		double v = y + s * drop_at(l, x / s, y / s), f = v - floor(v);
		l_int32 k = (l_int32)floor(v);
		if (k < 0 || k >= pixGetHeight(pix) - 1) {
			SET_DATA_BYTE(line, x, 255);
			continue;
		}
		const l_uint32 *top = pixGetData(pix) + (size_t)k * (size_t)pixGetWpl(pix);
		const l_uint32 *low = top + pixGetWpl(pix);
		SET_DATA_BYTE(line, x,
			      (l_uint8)(GET_DATA_BYTE(top, x) * (1 - f) +
					GET_DATA_BYTE(low, x) * f + 0.5));
	}
}

static PIX *shear(const struct lines *l, PIX *pix)
{
	PIX *out = pixCreate(pixGetWidth(pix), pixGetHeight(pix), 8);
	for (l_int32 y = 0; out && y < pixGetHeight(out); y++)
		shear_row(l, pix, y, pixGetData(out) + (size_t)y * (size_t)pixGetWpl(out));
	return out;
}

PIX *lines_level(const struct lines *l, PIX *pix)
{
	if (l->level)
		return pixClone(pix);
	PIX *turned = l->angle == 0
			      ? pixClone(pix)
			      : pixRotate(pix, (l_float32)-l->angle, L_ROTATE_AREA_MAP,
					  L_BRING_IN_WHITE, pixGetWidth(pix), pixGetHeight(pix));
	PIX *out = turned ? shear(l, turned) : NULL;
	pixDestroy(&turned);
	return out;
}

/* is_apart tells whether a window is no neighbour of n others. */
static bool is_apart(int at, const int *other, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (abs(at / COLS - other[i] / COLS) < 3 && abs(at % COLS - other[i] % COLS) < 3)
			return false;
	return true;
}

static bool is_middle(int at)
{
	int r = at / COLS, c = at % COLS;
	return r >= ROWS / 3 && r < ROWS - ROWS / 3 && c >= COLS / 3 && c < COLS - COLS / 3;
}

void lines_clear(const struct lines *l, size_t n, float *x, float *y)
{
	int best[LINES_PLACES] = {0};
	assert(n < LINES_PLACES);
	for (size_t i = 0; i <= n; i++) {
		float most = -1;
		for (int at = 0; at < ROWS * COLS; at++) {
			float clear = l->clear[at / COLS][at % COLS];
			if (clear > most && is_apart(at, best, i) && (i != 1 || is_middle(at))) {
				most = clear;
				best[i] = at;
			}
		}
	}
	*x = (float)((best[n] % COLS + 0.5) * l->w / COLS * (double)l->scale);
	*y = (float)((best[n] / COLS + 0.5) * l->h / ROWS * (double)l->scale);
}

void lines_from_level(const struct lines *l, float *x, float *y)
{
	double s = (double)l->scale, u = (double)*x / s, v = (double)*y / s;
	if (l->level)
		return;
	v += drop_at(l, u, v);
	double c = cos(l->angle), n = sin(l->angle), dx = u - l->w / 2, dy = v - l->h / 2;
	*x = (float)((dx * c - dy * n + l->from_w / 2) * s);
	*y = (float)((dx * n + dy * c + l->from_h / 2) * s);
}
