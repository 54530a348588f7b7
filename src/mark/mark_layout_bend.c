/* SPDX-License-Identifier: Apache-2.0 */
/* What a homography leaves: paper curls along one direction, lenses bend, and both are smooth. A
 * sum of Gaussian processes, one for each way to be smooth, each with the size that makes what was
 * seen most likely: so that a flat page gets a stiff fit, which follows no single word, and a
 * curled one bends. (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, 5.4.)
 */
#include "mark_layout_map.h"
#include "mark_sort.h"

#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
	PAIRS_MAX = 320, /* that are used: 320^3 / 3 multiplications are some milliseconds */
	PROBE_MAX = 96,  /* that the sizes are chosen by */
	ROUNDS = 3,      /* of robust weights */
	SWEEPS = 2,      /* through the sizes */
	TERMS = 10,      /* of a cubic in x and y */
	PARTS = 4,
	UNITS = PARTS + 2, /* and the trend's curved terms, and its affine ones */
	SIZES = 5,         /* trend, then parts */
	NODES_MAX = 40000,
};

/* Lengths of the parts in x and y, in multiples of the shortest. */
static const double part_length[PARTS][2] = {{4, 4}, {1, 4}, {4, 1}, {1, 1}};

/* Standard deviations of the trend and each part, in points; of the noise, in multiples of its
 * floor. */
static const double part_size[] = {0, 0.5, 2, 8};
static const double trend_size[] = {0.1, 1, 10};
static const double noise_size[] = {1, 2, 4};
enum { NOISE = SIZES };

/* Affine terms are as good as free; the curved ones have what the trend has at TREND_REACH points
 * from the middle. */
static const double affine_size = 20, trend_reach = 250;

/* x, y, u, v in points, from the middle of the pairs; u, v: what the homography leaves. noise: of
 * each pair, in multiples of the common noise, squared. */
struct bend {
	double *x, *y, *u, *v, *noise;
	size_t n;
	double length;
	double size[SIZES + 1]; /* with the noise */
};

static void terms_at(const struct bend *b, double x, double y, double term[TERMS])
{
	double s = x / trend_reach, t = y / trend_reach, c = b->size[0];
	double all[TERMS] = {affine_size,   affine_size * s, affine_size * t, c * s * s,
			     c * s * t,     c * t * t,       c * s * s * s,   c * s * s * t,
			     c * s * t * t, c * t * t * t};
	memcpy(term, all, sizeof all);
}

static double bell(double d, double length)
{
	return exp(-0.5 * d * d / (length * length));
}

/* Some of the pairs as a problem of their own. unit: the covariances of each two of them that do
 * not depend on the sizes, side by side: the parts', the trend's. */
struct unit {
	size_t n;
	size_t *at;
	double (*unit)[UNITS];
	double *k, *rhs;
};

/* covary writes what the pairs i and j have in common. A bell of a quarter of the length is the
 * sixteenth power; the trend's terms are products of powers. */
static void covary(const struct bend *b, size_t i, size_t j, double unit[UNITS])
{
	double x4 = bell(b->x[i] - b->x[j], 4 * b->length), x1 = x4 * x4;
	double y4 = bell(b->y[i] - b->y[j], 4 * b->length), y1 = y4 * y4;
	x1 *= x1;
	x1 *= x1;
	x1 *= x1;
	y1 *= y1;
	y1 *= y1;
	y1 *= y1;
	unit[0] = x4 * y4;
	unit[1] = x1 * y4;
	unit[2] = x4 * y1;
	unit[3] = x1 * y1;
	double s = b->x[i] * b->x[j] / (trend_reach * trend_reach);
	double t = b->y[i] * b->y[j] / (trend_reach * trend_reach);
	unit[PARTS] = s * s + s * t + t * t + s * s * s + s * s * t + s * t * t + t * t * t;
	unit[PARTS + 1] = affine_size * affine_size * (1 + s + t);
}

static bool unit_make(struct arena *a, const struct bend *b, size_t n_max, struct unit *out)
{
	out->n = b->n < n_max ? b->n : n_max;
	out->at = ARENA_ARRAY(a, out->n, size_t);
	out->unit = arena_alloc(a, out->n * (out->n + 1) / 2, sizeof *out->unit);
	out->k = ARENA_ARRAY(a, out->n * out->n, double);
	out->rhs = ARENA_ARRAY(a, 2 * out->n, double);
	if (!out->at || !out->unit || !out->k || !out->rhs)
		return false;
	for (size_t i = 0; i < out->n; i++)
		out->at[i] = i * b->n / out->n;
	size_t at = 0;
	for (size_t i = 0; i < out->n; i++)
		for (size_t j = 0; j <= i; j++, at++)
			covary(b, out->at[i], out->at[j], out->unit[at]);
	return true;
}

/* fill_covariance writes the upper triangle of q->k, column by column. */
static void fill_covariance(const struct bend *b, const struct unit *q)
{
	double w[UNITS], noise = b->size[NOISE] * b->size[NOISE];
	for (int p = 0; p < PARTS; p++)
		w[p] = b->size[1 + p] * b->size[1 + p];
	w[PARTS] = b->size[0] * b->size[0];
	w[PARTS + 1] = 1;
	const double(*unit)[UNITS] = (const double(*)[UNITS])q->unit;
	for (size_t i = 0; i < q->n; i++) {
		double *k = q->k + i * q->n;
		for (size_t j = 0; j <= i; j++, unit++) {
			double sum = 0;
			for (int p = 0; p < UNITS; p++)
				sum += w[p] * (*unit)[p];
			k[j] = sum;
		}
		k[i] += noise * b->noise[q->at[i]];
	}
}

/* solve leaves K^-1 u and K^-1 v in q->rhs and returns minus the log of the marginal likelihood, up
 * to a constant; infinite: not positive definite in this precision, or no memory (*err). */
static double solve(const struct bend *b, const struct unit *q, struct sr_err *err)
{
	lapack_int n = (lapack_int)q->n;
	fill_covariance(b, q);
	for (size_t i = 0; i < q->n; i++) {
		q->rhs[i] = b->u[q->at[i]];
		q->rhs[q->n + i] = b->v[q->at[i]];
	}
	lapack_int info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', n, q->k, n);
	if (!info)
		info = LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'U', n, 2, q->k, n, q->rhs, n);
	if (info) {
		if (info == LAPACK_WORK_MEMORY_ERROR)
			*err = sr_nomem();
		return INFINITY;
	}
	double cost = 0;
	for (size_t i = 0; i < q->n; i++)
		cost += 2 * log(q->k[i * q->n + i]) +
			0.5 * (q->rhs[i] * b->u[q->at[i]] + q->rhs[q->n + i] * b->v[q->at[i]]);
	return cost;
}

/* choose_sizes goes through the sizes one by one and keeps for each the one of least cost. */
static struct sr_err choose_sizes(struct arena *a, struct bend *b, double floor)
{
	struct unit probe;
	struct sr_err err = sr_ok();
	if (!unit_make(a, b, PROBE_MAX, &probe))
		return sr_nomem();
	double best = solve(b, &probe, &err);
	for (int sweep = 0; sweep < SWEEPS; sweep++) {
		bool changed = false;
		for (int s = 0; s <= SIZES; s++) {
			const double *list = s == 0       ? trend_size
					     : s == NOISE ? noise_size
							  : part_size;
			size_t list_n = s == 0       ? sizeof trend_size / sizeof *trend_size
					: s == NOISE ? sizeof noise_size / sizeof *noise_size
						     : sizeof part_size / sizeof *part_size;
			double kept = b->size[s];
			for (size_t i = 0; i < list_n; i++) {
				double size = list[i] * (s == NOISE ? floor : 1);
				if (!(fabs(size - kept) > 0))
					continue;
				double before = b->size[s];
				b->size[s] = size;
				double cost = solve(b, &probe, &err);
				changed |= cost < best;
				if (cost < best)
					best = cost;
				else
					b->size[s] = before;
			}
		}
		if (!changed)
			break;
	}
	return err;
}

/* left_over writes to r by how much each pair is off the fit: its noise times what solve left. */
static void left_over(const struct bend *b, const struct unit *q, double *r)
{
	double noise = b->size[NOISE] * b->size[NOISE];
	for (size_t i = 0; i < q->n; i++)
		r[i] = noise * b->noise[q->at[i]] * hypot(q->rhs[i], q->rhs[q->n + i]);
}

/* reweigh gives outliers the noise that makes them harmless (Tukey's biweight at four standard
 * deviations). sorted: scratch. */
static void reweigh(struct bend *b, const struct unit *q, double floor, double *r, double *sorted)
{
	left_over(b, q, r);
	memcpy(sorted, r, q->n * sizeof *r);
	mark_sort(sorted, q->n);
	double sd = sorted[q->n / 2] / 1.18; /* the median of a Rayleigh distribution */
	sd = sd > floor ? sd : floor;
	for (size_t i = 0; i < q->n; i++) {
		double z = r[i] / (4 * sd), w = z < 1 ? (1 - z * z) * (1 - z * z) : 0;
		b->noise[q->at[i]] = 1 / (w > 1e-4 ? w : 1e-4);
	}
}

struct reach {
	double from, to;
};

static struct reach reach_of(const double *x, size_t n)
{
	struct reach r = {x[0], x[0]};
	for (size_t i = 1; i < n; i++) {
		r.from = x[i] < r.from ? x[i] : r.from;
		r.to = x[i] > r.to ? x[i] : r.to;
	}
	return r;
}

/* shortest returns the shortest length of a part that has a size. */
static double shortest(const struct bend *b)
{
	double least = 4 * b->length;
	for (int p = 1; p < PARTS; p++)
		if (b->size[1 + p] > 0)
			least = b->length;
	return least < 120 ? least : 120;
}

static bool make_grid(struct arena *a, const struct bend *b, double x, double y, struct mark_map *m)
{
	struct reach rx = reach_of(b->x, b->n), ry = reach_of(b->y, b->n);
	double margin = b->length < 40 ? b->length : 40;
	m->step = shortest(b) / 7;
	double w = rx.to - rx.from + 2 * margin, h = ry.to - ry.from + 2 * margin;
	if (w / m->step * (h / m->step) > NODES_MAX)
		m->step = sqrt(w * h / NODES_MAX);
	m->x0 = x + rx.from - margin;
	m->y0 = y + ry.from - margin;
	m->nx = (uint32_t)ceil(w / m->step) + 1;
	m->ny = (uint32_t)ceil(h / m->step) + 1;
	m->du = ARENA_ARRAY(a, (size_t)m->nx * m->ny, float);
	m->dv = ARENA_ARRAY(a, (size_t)m->nx * m->ny, float);
	return m->du && m->dv;
}

/* add_part adds part p of the fit to the grid, whose first node is at (x, y): a product of bells
 * in x (made once for all rows) and in y. */
static bool add_part(struct arena *a, const struct bend *b, const struct unit *q, int p, double x,
		     double y, struct mark_map *m)
{
	float *across = ARENA_ARRAY(a, q->n * m->nx, float);
	if (!across)
		return false;
	double lx = b->length * part_length[p][0], ly = b->length * part_length[p][1];
	for (size_t j = 0; j < q->n; j++)
		for (uint32_t i = 0; i < m->nx; i++)
			across[j * m->nx + i] = (float)bell(x + m->step * i - b->x[q->at[j]], lx);
	for (uint32_t k = 0; k < m->ny; k++) {
		float *du = m->du + (size_t)k * m->nx, *dv = m->dv + (size_t)k * m->nx;
		for (size_t j = 0; j < q->n; j++) {
			double down = bell(y + m->step * k - b->y[q->at[j]], ly);
			if (down < 1e-8)
				continue;
			down *= b->size[1 + p] * b->size[1 + p];
			float u = (float)(down * q->rhs[j]), v = (float)(down * q->rhs[q->n + j]);
			const float *bells = across + j * m->nx;
			for (uint32_t i = 0; i < m->nx; i++) {
				du[i] += u * bells[i];
				dv[i] += v * bells[i];
			}
		}
	}
	return true;
}

static void add_trend(const struct bend *b, const struct unit *q, double x, double y,
		      struct mark_map *m)
{
	double u[TERMS] = {0}, v[TERMS] = {0}, term[TERMS];
	for (size_t j = 0; j < q->n; j++) {
		terms_at(b, b->x[q->at[j]], b->y[q->at[j]], term);
		for (int k = 0; k < TERMS; k++) {
			u[k] += term[k] * q->rhs[j];
			v[k] += term[k] * q->rhs[q->n + j];
		}
	}
	for (uint32_t r = 0; r < m->ny; r++) {
		for (uint32_t c = 0; c < m->nx; c++) {
			double su = 0, sv = 0;
			terms_at(b, x + m->step * c, y + m->step * r, term);
			for (int k = 0; k < TERMS; k++) {
				su += term[k] * u[k];
				sv += term[k] * v[k];
			}
			m->du[(size_t)r * m->nx + c] += (float)su;
			m->dv[(size_t)r * m->nx + c] += (float)sv;
		}
	}
}

/* fit finds sizes, weights and the coefficients (in q->rhs). scratch is the caller's. */
static struct sr_err fit(struct arena *scratch, struct bend *b, double floor, struct unit *q)
{
	struct sr_err err = sr_ok();
	double *r = ARENA_ARRAY(scratch, 2 * b->n, double);
	if (!r || !unit_make(scratch, b, PAIRS_MAX, q))
		return sr_nomem();
	for (int round = 0; round <= ROUNDS; round++) {
		if (round == 1)
			SR_TRY(choose_sizes(scratch, b, floor));
		double cost = solve(b, q, &err);
		SR_TRY(err);
		if (!isfinite(cost)) /* points upon points: the noise is below the precision */
			memset(q->rhs, 0, 2 * q->n * sizeof *q->rhs);
		if (round < ROUNDS)
			reweigh(b, q, floor, r, r + b->n);
	}
	return sr_ok();
}

/* bend_make takes what the homography leaves of the pairs, in points of scale pixels, around the
 * middle (x, y). */
static bool bend_make(struct arena *a, const struct mark_pair *pair, size_t n,
		      const struct mark_map *flat, double scale, double x, double y, struct bend *b)
{
	double *all = ARENA_ARRAY(a, 5 * n, double);
	if (!all)
		return false;
	b->x = all;
	b->y = all + n;
	b->u = all + 2 * n;
	b->v = all + 3 * n;
	b->noise = all + 4 * n;
	b->n = n;
	for (size_t i = 0; i < n; i++) {
		double u, v;
		mark_map_apply(flat, pair[i].x, pair[i].y, &u, &v);
		b->x[i] = pair[i].x - x;
		b->y[i] = pair[i].y - y;
		b->u[i] = (pair[i].u - u) / scale;
		b->v[i] = (pair[i].v - v) / scale;
		b->noise[i] = 1;
	}
	return true;
}

struct sr_err mark_map_bend(struct arena *a, const struct mark_pair *pair, size_t n, double length,
			    double floor, struct mark_map *m)
{
	struct mark_map flat = *m, bent;
	double x = 0, y = 0;
	flat.nx = flat.ny = 0;
	m->nx = m->ny = 0;
	if (!n)
		return sr_ok();
	for (size_t i = 0; i < n; i++) {
		x += pair[i].x / (double)n;
		y += pair[i].y / (double)n;
	}
	double scale = mark_map_scale(&flat, x, y);
	struct arena scratch = {0};
	struct bend b = {.length = length, .size = {10, 2, 2, 2, 0.5, 2 * floor}};
	struct unit q;
	struct sr_err e = bend_make(&scratch, pair, n, &flat, scale, x, y, &b)
				  ? fit(&scratch, &b, floor, &q)
				  : sr_nomem();
	bent = flat;
	if (!sr_bad(e) && !make_grid(a, &b, x, y, &bent))
		e = sr_nomem();
	if (!sr_bad(e))
		add_trend(&b, &q, bent.x0 - x, bent.y0 - y, &bent);
	for (int p = 0; p < PARTS && !sr_bad(e); p++)
		if (b.size[1 + p] > 0 &&
		    !add_part(&scratch, &b, &q, p, bent.x0 - x, bent.y0 - y, &bent))
			e = sr_nomem();
	for (size_t i = 0; i < (size_t)bent.nx * bent.ny && !sr_bad(e); i++) {
		bent.du[i] *= (float)scale;
		bent.dv[i] *= (float)scale;
	}
	arena_release(&scratch);
	if (!sr_bad(e))
		*m = bent;
	return e;
}
