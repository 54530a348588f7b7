/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout_map.h"

#include <assert.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static void through(const double h[9], double x, double y, double *u, double *v)
{
	double w = h[6] * x + h[7] * y + h[8];
	*u = (h[0] * x + h[1] * y + h[2]) / w;
	*v = (h[3] * x + h[4] * y + h[5]) / w;
}

/* weights of the four nodes around a point at t of the way between the middle two (Catmull and Rom
 * 1974); nodes that there are not are those of the edge. */
struct taps {
	uint32_t at[4];
	double weight[4];
};

static struct taps taps_at(double g, uint32_t n)
{
	double last = (double)(n - 1);
	g = g > 0 ? g < last ? g : last : 0;
	uint32_t i = (uint32_t)g;
	double t = g - (double)i;
	struct taps k = {{i ? i - 1 : 0, i, i + 1 < n ? i + 1 : n - 1, i + 2 < n ? i + 2 : n - 1},
			 {((2 - t) * t - 1) * t / 2, ((3 * t - 5) * t * t + 2) / 2,
			  ((4 - 3 * t) * t + 1) * t / 2, (t - 1) * t * t / 2}};
	return k;
}

void mark_map_apply(const struct mark_map *m, double x, double y, double *u, double *v)
{
	through(m->h, x, y, u, v);
	if (!m->nx)
		return;
	struct taps tx = taps_at((x - m->x0) / m->step, m->nx);
	struct taps ty = taps_at((y - m->y0) / m->step, m->ny);
	for (int j = 0; j < 4; j++) {
		const float *du = m->du + (size_t)ty.at[j] * m->nx;
		const float *dv = m->dv + (size_t)ty.at[j] * m->nx;
		double su = 0, sv = 0;
		for (int i = 0; i < 4; i++) {
			su += tx.weight[i] * (double)du[tx.at[i]];
			sv += tx.weight[i] * (double)dv[tx.at[i]];
		}
		*u += ty.weight[j] * su;
		*v += ty.weight[j] * sv;
	}
}

double mark_map_scale(const struct mark_map *m, double x, double y)
{
	const double d = 2;
	double u[4], v[4];
	mark_map_apply(m, x - d, y, &u[0], &v[0]);
	mark_map_apply(m, x + d, y, &u[1], &v[1]);
	mark_map_apply(m, x, y - d, &u[2], &v[2]);
	mark_map_apply(m, x, y + d, &u[3], &v[3]);
	double area = (u[1] - u[0]) * (v[3] - v[2]) - (u[3] - u[2]) * (v[1] - v[0]);
	return sqrt(fabs(area)) / (2 * d);
}

/* Moving and scaling points so that numbers in the equations are of one size. */
struct norm {
	double x, y, scale;
};

static bool norm_make(const struct mark_pair *p, const double *weight, size_t n, bool picture,
		      struct norm *out)
{
	double sum = 0, x = 0, y = 0, spread = 0;
	for (size_t i = 0; i < n; i++) {
		double w = weight ? weight[i] : 1;
		sum += w;
		x += w * (picture ? p[i].u : p[i].x);
		y += w * (picture ? p[i].v : p[i].y);
	}
	if (!(sum > 0))
		return false;
	out->x = x / sum;
	out->y = y / sum;
	for (size_t i = 0; i < n; i++)
		spread += (weight ? weight[i] : 1) * hypot((picture ? p[i].u : p[i].x) - out->x,
							   (picture ? p[i].v : p[i].y) - out->y);
	spread /= sum;
	if (!isfinite(spread) || !(spread > 0))
		return false;
	out->scale = sqrt(2) / spread;
	return true;
}

/* add_pair adds the two equations of a pair to the 9 * 9 normal equations. */
static void add_pair(double *a, const struct mark_pair *p, double w, const struct norm *page,
		     const struct norm *picture)
{
	double x = (p->x - page->x) * page->scale, y = (p->y - page->y) * page->scale;
	double u = (p->u - picture->x) * picture->scale, v = (p->v - picture->y) * picture->scale;
	double row[2][9] = {{x, y, 1, 0, 0, 0, -u * x, -u * y, -u},
			    {0, 0, 0, x, y, 1, -v * x, -v * y, -v}};
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < 9; i++)
			for (int j = i; j < 9; j++)
				a[i * 9 + j] += w * row[k][i] * row[k][j];
}

/* undo_norms writes the inverse of picture times g times page to h, with w = 1 in the middle. */
static void undo_norms(const double g[9], const struct norm *page, const struct norm *picture,
		       double h[9])
{
	double m[9];
	for (int i = 0; i < 3; i++) {
		m[3 * i] = g[3 * i] * page->scale;
		m[3 * i + 1] = g[3 * i + 1] * page->scale;
		m[3 * i + 2] = g[3 * i + 2] - m[3 * i] * page->x - m[3 * i + 1] * page->y;
	}
	for (int j = 0; j < 3; j++) {
		h[j] = (m[j] / picture->scale + picture->x * m[6 + j]) / g[8];
		h[3 + j] = (m[3 + j] / picture->scale + picture->y * m[6 + j]) / g[8];
		h[6 + j] = m[6 + j] / g[8];
	}
}

struct sr_err mark_map_homography(const struct mark_pair *pair, const double *weight, size_t n,
				  double h[9])
{
	const struct sr_err open = {SR_E_INPUT, 0, "the points determine no homography"};
	struct norm page, picture;
	if (n < 4 || !norm_make(pair, weight, n, false, &page) ||
	    !norm_make(pair, weight, n, true, &picture))
		return open;
	double a[81] = {0}, value[9];
	for (size_t i = 0; i < n; i++)
		add_pair(a, &pair[i], weight ? weight[i] : 1, &page, &picture);
	lapack_int info = LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'V', 'U', 9, a, 9, value);
	if (info == LAPACK_WORK_MEMORY_ERROR || info == LAPACK_TRANSPOSE_MEMORY_ERROR)
		return sr_nomem();
	double g[9];
	for (int i = 0; i < 9; i++)
		g[i] = a[i * 9];
	if (info || !(value[1] > 1e-10 * value[8]) || !(fabs(g[8]) > 1e-6))
		return open;
	undo_norms(g, &page, &picture, h);
	return sr_ok();
}

struct sr_err mark_map_affine(const struct mark_pair *pair, const double *weight, size_t n,
			      double h[9])
{
	const struct sr_err open = {SR_E_INPUT, 0, "the points determine no affine map"};
	struct norm page, picture;
	if (n < 3 || !norm_make(pair, weight, n, false, &page) ||
	    !norm_make(pair, weight, n, true, &picture))
		return open;
	double xx = 0, xy = 0, yy = 0, xu = 0, yu = 0, xv = 0, yv = 0, sum = 0;
	for (size_t i = 0; i < n; i++) {
		double w = weight ? weight[i] : 1;
		double x = (pair[i].x - page.x) * page.scale, y = (pair[i].y - page.y) * page.scale;
		double u = (pair[i].u - picture.x), v = (pair[i].v - picture.y);
		sum += w;
		xx += w * x * x;
		xy += w * x * y;
		yy += w * y * y;
		xu += w * x * u;
		yu += w * y * u;
		xv += w * x * v;
		yv += w * y * v;
	}
	double det = xx * yy - xy * xy;
	if (!(det > 1e-10 * sum * sum))
		return open;
	double g[9] = {0};
	g[0] = (xu * yy - yu * xy) / det * page.scale;
	g[1] = (yu * xx - xu * xy) / det * page.scale;
	g[3] = (xv * yy - yv * xy) / det * page.scale;
	g[4] = (yv * xx - xv * xy) / det * page.scale;
	g[2] = picture.x - g[0] * page.x - g[1] * page.y;
	g[5] = picture.y - g[3] * page.x - g[4] * page.y;
	g[8] = 1;
	memcpy(h, g, sizeof g);
	return sr_ok();
}
