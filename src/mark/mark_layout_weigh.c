/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout_measure.h"

#include <lapacke.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The model of n values y: y = trend + smooth + line + white, all Gaussian with mean 0. Trend is a
 * quadratic of the place; smooth has covariance size^2 exp(-d^2 / 2 length^2); line is one offset
 * for each line of text; white is each word's own: its mark, of power reach^2 whatever its sign,
 * what the measurement says of its noise, and noise^2 for what it does not know of. */
enum law { LENGTH, SIZE, LINE, NOISE, LAWS };

static const double LAW[LAWS][6] = {
	{25, 40, 65, 100, 160, 300},
	{0.01, 0.03, 0.1, 0.3, 1, 3},
	{0.001, 0.02, 0.06, 0.15},
	{0.01, 0.025, 0.05, 0.09, 0.15, 0.3},
};
static const size_t LAW_N[LAWS] = {6, 6, 4, 6};
static const size_t LAW_START[LAWS] = {2, 2, 1, 2};

enum {
	THIN = 150, /* words by which the law is found */
	TURNS = 2,  /* over the numbers of the law */
	ROUNDS = 2, /* of leaving out outliers */
	TREND = 6,
};

static const double TREND_UNIT = 250; /* points */
static const double TREND_SIZE[TREND] = {2, 2, 2, 1, 1, 1};
static const double OUTLIER = 4.5, CLIP = 3.5;

struct weigh {
	const struct mark_point *point;
	const double *y;
	double x0, y0;
	double law[LAWS];
};

static double squared(double v)
{
	return v * v;
}

/* covariance of two different words. */
static double shared(const struct weigh *g, const struct mark_point *p, const struct mark_point *q)
{
	double x = (p->x - g->x0) / TREND_UNIT, y = (p->y - g->y0) / TREND_UNIT;
	double u = (q->x - g->x0) / TREND_UNIT, v = (q->y - g->y0) / TREND_UNIT;
	double d = squared(p->x - q->x) + squared(p->y - q->y);
	double k = squared(TREND_SIZE[0]) + squared(TREND_SIZE[1]) * x * u +
		   squared(TREND_SIZE[2]) * y * v + squared(TREND_SIZE[3]) * x * y * u * v +
		   squared(TREND_SIZE[4]) * x * x * u * u + squared(TREND_SIZE[5]) * y * y * v * v;
	k += squared(g->law[SIZE]) * exp(-d / (2 * squared(g->law[LENGTH])));
	if (p->line == q->line)
		k += squared(g->law[LINE]);
	return k;
}

static double white(const struct weigh *g, const struct mark_point *p)
{
	return squared(p->reach) + squared(g->law[NOISE]) + p->var;
}

/* factor fills the lower triangle (column by column) of the covariance of the words of, and
 * factors it. */
static bool factor(const struct weigh *g, const size_t *of, size_t n, double *k)
{
	for (size_t c = 0; c < n; c++) {
		const struct mark_point *p = &g->point[of[c]];
		for (size_t r = c; r < n; r++)
			k[c * n + r] = shared(g, p, &g->point[of[r]]);
		k[c * n + c] += white(g, p);
	}
	return LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (int)n, k, (int)n) == 0;
}

/* likelihood returns the log of the marginal likelihood, up to a constant; rest has room for n. */
static double likelihood(const struct weigh *g, const size_t *of, size_t n, double *k, double *rest)
{
	if (!factor(g, of, n, k))
		return -INFINITY;
	double log_sum = 0, sum = 0;
	for (size_t i = 0; i < n; i++) {
		rest[i] = g->y[of[i]];
		log_sum += log(k[i * n + i]);
	}
	LAPACKE_dtrtrs_work(LAPACK_COL_MAJOR, 'L', 'N', 'N', (int)n, 1, k, (int)n, rest, (int)n);
	for (size_t i = 0; i < n; i++)
		sum += squared(rest[i]);
	return -sum / 2 - log_sum;
}

/* find_law sets each number of the law in turn to the one of its row with the greatest likelihood.
 */
static void find_law(struct weigh *g, const size_t *of, size_t n, double *k, double *rest)
{
	size_t at[LAWS];
	for (size_t j = 0; j < LAWS; j++) {
		at[j] = LAW_START[j];
		g->law[j] = LAW[j][at[j]];
	}
	double best = likelihood(g, of, n, k, rest);
	for (int turn = 0; turn < TURNS; turn++) {
		for (size_t j = 0; j < LAWS; j++) {
			for (size_t i = 0; i < LAW_N[j]; i++) {
				if (i == at[j])
					continue;
				g->law[j] = LAW[j][i];
				double l = likelihood(g, of, n, k, rest);
				if (l > best) {
					best = l;
					at[j] = i;
				}
			}
			g->law[j] = LAW[j][at[j]];
		}
	}
}

/* leave_out writes, for each word of, what is left of its value when all others are known, and the
 * variance of that. */
static bool leave_out(const struct weigh *g, const size_t *of, size_t n, double *k, double *left,
		      double *var)
{
	if (!factor(g, of, n, k))
		return false;
	double *w = left;
	for (size_t i = 0; i < n; i++)
		w[i] = g->y[of[i]];
	LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'L', (int)n, 1, k, (int)n, w, (int)n);
	if (LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'L', (int)n, k, (int)n) != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		var[i] = 1 / k[i * n + i];
		left[i] = w[i] * var[i];
	}
	return true;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_size);
	return v[n / 2];
}

/* off returns how far a value is from both shifts, or from 0 where there is none. */
static double off(double left, double reach)
{
	return fabs(fabs(left) - reach);
}

struct sr_err mark_weigh(const struct mark_point *point, size_t n, float (*loglik)[2], float *shift,
			 float *noise)
{
	for (size_t i = 0; i < n; i++) {
		loglik[i][0] = loglik[i][1] = 0;
		shift[i] = noise[i] = 0;
	}
	if (!n)
		return sr_ok();
	struct arena scratch = {0};
	size_t *of = ARENA_ARRAY(&scratch, n, size_t), *thin = ARENA_ARRAY(&scratch, n, size_t);
	double *y = ARENA_ARRAY(&scratch, n, double), *rest = ARENA_ARRAY(&scratch, n, double);
	double *left = ARENA_ARRAY(&scratch, n, double), *var = ARENA_ARRAY(&scratch, n, double);
	double *k = ARENA_ARRAY(&scratch, n * n, double);
	if (!of || !thin || !y || !rest || !left || !var || !k) {
		arena_release(&scratch);
		return sr_nomem();
	}
	struct weigh g = {.point = point, .y = y};
	for (size_t i = 0; i < n; i++) {
		of[i] = i;
		rest[i] = point[i].value;
		g.x0 += point[i].x / (double)n;
		g.y0 += point[i].y / (double)n;
	}
	double middle = median(rest, n);
	for (size_t i = 0; i < n; i++)
		y[i] = point[i].value - middle;
	size_t kept = n;
	for (int round = 0; round <= ROUNDS; round++) {
		size_t thin_n = 0, step = kept / THIN + 1;
		for (size_t i = 0; i < kept; i += step)
			thin[thin_n++] = of[i];
		find_law(&g, thin, thin_n, k, rest);
		if (!leave_out(&g, of, kept, k, left, var))
			break;
		for (size_t i = 0; i < kept; i++)
			rest[i] = off(left[i], point[of[i]].reach) /
				  sqrt(var[i] - squared(point[of[i]].reach));
		double s = 1.4826 * median(rest, kept);
		s = s < 1 ? 1 : s;
		size_t still = 0;
		for (size_t i = 0; i < kept; i++) {
			size_t j = of[i];
			double sd = s * sqrt(var[i] - squared(point[j].reach));
			if (off(left[i], point[j].reach) > OUTLIER * sd)
				continue;
			if (round == ROUNDS) {
				double llr = 2 * point[j].reach * left[i] / squared(sd);
				double most = 2 * point[j].reach * (point[j].reach + CLIP * sd) /
					      squared(sd);
				llr = llr > most ? most : llr < -most ? -most : llr;
				loglik[j][0] = llr > 0 ? (float)-llr : 0;
				loglik[j][1] = llr < 0 ? (float)llr : 0;
				shift[j] = (float)left[i];
				noise[j] = (float)sd;
			}
			of[still++] = j;
		}
		kept = still;
	}
	arena_release(&scratch);
	return sr_ok();
}
