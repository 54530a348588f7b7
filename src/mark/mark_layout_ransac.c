/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout_ransac.h"

#include <math.h>
#include <string.h>

enum {
	DRAWS = 800,
	STEPS = 9,           /* of refinement */
	HOMOGRAPHY_MIN = 16, /* pairs; fewer do not determine a perspective */
};

/* Lengths in points. NEAR: guesses that follow a map are within; with a similarity from two words,
 * SLANT more for each point outside them. DRAW_MIN: between the two. STRIP: standard deviation of a
 * strip's height. */
static const double near = 5, slant = 0.08, draw_min = 40, strip = 18;

/* Pixels a point, rotation (as a slope) and how slanted a sheet is at most. */
static const double scale_min = 0.15, scale_max = 30, turn_max = 0.7, ratio_max = 2.5,
		    aspect_max = 1.6;
static const double shear_max = 0.25; /* cosine between the sheet's axes */

static uint64_t next_random(uint64_t *state) /* SplitMix64 */
{
	uint64_t z = *state += 0x9e3779b97f4a7c15U;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t n)
{
	return (size_t)((next_random(state) >> 32) * n >> 32);
}

struct frame {
	double ux, uy, vx, vy; /* how u and v grow with x and y */
	double w;
};

static struct frame frame_at(const double h[9], double x, double y)
{
	double w = h[6] * x + h[7] * y + h[8];
	double u = (h[0] * x + h[1] * y + h[2]) / w, v = (h[3] * x + h[4] * y + h[5]) / w;
	return (struct frame){(h[0] - u * h[6]) / w, (h[1] - u * h[7]) / w, (h[3] - v * h[6]) / w,
			      (h[4] - v * h[7]) / w, w};
}

/* size_at returns the pixels a point if a sheet can look like this there, or 0. */
static double size_at(const double h[9], double x, double y)
{
	struct frame f = frame_at(h, x, y);
	double area = f.ux * f.vy - f.uy * f.vx;
	double across = hypot(f.ux, f.vx), down = hypot(f.uy, f.vy);
	bool fine = f.w > 0 && area > 0 && across < aspect_max * down &&
		    down < aspect_max * across && f.ux > 0 && fabs(f.vx) < turn_max * f.ux &&
		    f.vy > 0 && fabs(f.uy) < turn_max * f.vy &&
		    fabs(f.ux * f.uy + f.vx * f.vy) < shear_max * across * down;
	double size = fine ? sqrt(area) : 0;
	return size > scale_min && size < scale_max ? size : 0;
}

/* sane tells whether h can be a picture of the part of the page with the pairs. */
static bool sane(const double h[9], const struct mark_pair *pair, const double *weight, size_t n)
{
	double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
	for (size_t i = 0; i < n; i++) {
		if (!(weight[i] > 0))
			continue;
		x0 = fmin(x0, pair[i].x);
		x1 = fmax(x1, pair[i].x);
		y0 = fmin(y0, pair[i].y);
		y1 = fmax(y1, pair[i].y);
	}
	double least = INFINITY, most = 0;
	for (int k = 0; k < 4; k++) {
		double size = size_at(h, k & 1 ? x1 + 20 : x0 - 20, k & 2 ? y1 + 20 : y0 - 20);
		least = fmin(least, size);
		most = fmax(most, size);
	}
	return least > 0 && most < ratio_max * least;
}

/* is_strip tells whether the pairs that count lie along a line. */
static bool is_strip(const struct mark_pair *pair, const double *weight, size_t n)
{
	double s = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
	for (size_t i = 0; i < n; i++) {
		s += weight[i];
		x += weight[i] * pair[i].x;
		y += weight[i] * pair[i].y;
	}
	for (size_t i = 0; i < n; i++) {
		double dx = pair[i].x - x / s, dy = pair[i].y - y / s;
		xx += weight[i] * dx * dx;
		xy += weight[i] * dx * dy;
		yy += weight[i] * dy * dy;
	}
	double least = (xx + yy) / 2 - hypot((xx - yy) / 2, xy);
	return !(least / s > strip * strip);
}

struct sr_err mark_fit_sheet(const struct mark_pair *pair, const double *weight, size_t n,
			     double h[9], bool *fits)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += weight[i] > 0;
	struct sr_err e = sr_ok();
	if (count >= HOMOGRAPHY_MIN && !is_strip(pair, weight, n)) {
		e = mark_map_homography(pair, weight, n, h);
		*fits = !sr_bad(e) && sane(h, pair, weight, n);
		if (*fits)
			return sr_ok();
	}
	/* Words of lines that are set otherwise can make few lines look like a wild perspective. */
	if (e.code != SR_E_NOMEM)
		e = mark_map_affine(pair, weight, n, h);
	*fits = !sr_bad(e) && sane(h, pair, weight, n);
	return e.code == SR_E_NOMEM ? e : sr_ok();
}

/* A similarity by two guesses: where it is good, and how good. */
struct draw {
	double h[9], scale;
	double x, y, span; /* middle of the two, half the way between them */
};

static bool draw_make(const struct mark_pair *p, const struct mark_pair *q, struct draw *d)
{
	double dx = q->x - p->x, dy = q->y - p->y, du = q->u - p->u, dv = q->v - p->v;
	double length = dx * dx + dy * dy;
	if (length < draw_min * draw_min)
		return false;
	double c = (dx * du + dy * dv) / length, s = (dx * dv - dy * du) / length;
	*d = (struct draw){
		{c, -s, p->u - c * p->x + s * p->y, s, c, p->v - s * p->x - c * p->y, 0, 0, 1},
		hypot(c, s),
		(p->x + q->x) / 2,
		(p->y + q->y) / 2,
		sqrt(length) / 2};
	return size_at(d->h, d->x, d->y) > 0;
}

/* off_by returns the square of the distance by which h misses a pair. */
static double off_by(const double h[9], const struct mark_pair *p)
{
	double w = 1 / (h[6] * p->x + h[7] * p->y + h[8]);
	double du = (h[0] * p->x + h[1] * p->y + h[2]) * w - p->u;
	double dv = (h[3] * p->x + h[4] * p->y + h[5]) * w - p->v;
	return du * du + dv * dv;
}

static double tolerance(const struct draw *d, const struct mark_pair *p)
{
	double dx = p->x - d->x, dy = p->y - d->y, away = sqrt(dx * dx + dy * dy) - d->span;
	return near + (away > 0 ? slant * away : 0);
}

/* weigh gives each guess the weight it has under h (d: with the tolerance of a draw, else so many
 * points), at most one for each word of the picture, and returns the sum. */
static double weigh(const struct mark_guess *guess, size_t n, const double h[9], double scale,
		    const struct draw *d, double points, double *weight)
{
	double sum = 0;
	size_t best = 0;
	for (size_t i = 0; i < n; i++) {
		double most = scale * (d ? tolerance(d, &guess[i].at) : points);
		double z = off_by(h, &guess[i].at) / (most * most);
		weight[i] = z < 1 ? (1 - z) * (1 - z) : 0;
		if (i && guess[i].leak == guess[i - 1].leak) {
			if (weight[i] > weight[best]) {
				sum += weight[i] - weight[best];
				weight[best] = 0;
				best = i;
			} else {
				weight[i] = 0;
			}
		} else {
			best = i;
			sum += weight[i];
		}
	}
	return sum;
}

static double scale_of(const double h[9], const struct mark_guess *guess, const double *weight,
		       size_t n)
{
	double s = 0, x = 0, y = 0;
	for (size_t i = 0; i < n; i++) {
		s += weight[i];
		x += weight[i] * guess[i].at.x;
		y += weight[i] * guess[i].at.y;
	}
	return size_at(h, x / s, y / s);
}

/* What a sample consensus works with; at: the pairs of the guesses, side by side. */
struct consensus {
	const struct mark_guess *guess;
	struct mark_pair *at;
	double *weight;
	size_t n;
};

/* refine grows a draw to a homography, step by step; agree: how much does in the end, 0 if it comes
 * to nothing. */
static struct sr_err refine(struct consensus *c, const struct draw *d, double h[9], double *agree)
{
	static const double points[STEPS] = {0, 18, 18, 16, 14, 14, 14, 14, 14};
	double scale = d->scale, sum = 0;
	*agree = 0;
	memcpy(h, d->h, sizeof d->h);
	weigh(c->guess, c->n, h, scale, d, 0, c->weight);
	for (int step = 1; step < STEPS; step++) {
		bool fits;
		SR_TRY(mark_fit_sheet(c->at, c->weight, c->n, h, &fits));
		scale = fits ? scale_of(h, c->guess, c->weight, c->n) : 0;
		if (!(scale > 0))
			return sr_ok();
		sum = weigh(c->guess, c->n, h, scale, NULL, points[step], c->weight);
	}
	*agree = sum;
	return sr_ok();
}

struct sr_err mark_ransac(struct arena *scratch, const struct mark_guess *guess, size_t n,
			  double h[9], double *agree)
{
	struct consensus c = {guess, ARENA_ARRAY(scratch, n, struct mark_pair),
			      ARENA_ARRAY(scratch, n, double), n};
	if (!c.at || !c.weight)
		return sr_nomem();
	for (size_t i = 0; i < n; i++)
		c.at[i] = guess[i].at;
	uint64_t state = 1;
	double most = 0, best = 0;
	for (int i = 0; i < DRAWS && n > 1; i++) {
		struct draw d;
		double refined[9];
		size_t one = below(&state, n), other = below(&state, n);
		if (!draw_make(&guess[one].at, &guess[other].at, &d))
			continue;
		double sum = weigh(guess, n, d.h, d.scale, &d, 0, c.weight);
		if (sum <= most)
			continue;
		most = sum;
		double got;
		SR_TRY(refine(&c, &d, refined, &got));
		if (got > best) {
			best = got;
			memcpy(h, refined, sizeof refined);
		}
	}
	*agree = best;
	return sr_ok();
}
