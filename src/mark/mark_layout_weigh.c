/* SPDX-License-Identifier: Apache-2.0 */
/* The values of n words are modelled as
 *     value = trend + smooth + line + mark + noise.
 * Trend is a cubic in the place; smooth is a sum of Gaussian processes, short or long in either
 * direction, because paper curls along one; line is an offset of each line of text. The mark is the
 * word's reach to the right or to the left, which of the two is a fair coin here, whatever the code
 * thinks of it. Now and then a value is an outlier.
 *
 * The sizes of the parts are those of the greatest marginal likelihood with marks taken as Gaussian
 * noise of their power. Then the two-sided marks are taken as what they are by expectation
 * propagation (Minka 2001; Rasmussen and Williams 2006, 3.6): what a word says of the smooth part
 * is as sharp as its mark is certain, given all other words. The log-likelihoods of a word are
 * those given all others: its own mark is not part of what it is compared with. */
#include "mark_layout_measure.h"
#include "mark_sort.h"

#include <assert.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

enum {
	PARTS = 4,   /* of the smooth part */
	TERMS = 10,  /* of the trend */
	THIN = 150,  /* words by which the sizes are found */
	TURNS = 3,   /* over the sizes */
	SWEEPS = 4,  /* of expectation propagation */
	WHOLE = 600, /* words that are weighed in one piece; more are cut into pieces */
	PIECE = 400,
	ROUNDS = 3, /* of leaving wild words out */
	NEIGHBOURS = 8,
	AROUND = 60, /* words that a piece has from each of its neighbours */
};

/* Lengths of the parts in x and y, in multiples of the law's length. */
static const double PART_LENGTH[PARTS][2] = {{4, 4}, {1, 4}, {4, 1}, {1, 1}};

/* Standard deviations of the trend's terms at TREND_REACH from the middle, in points. */
static const double TREND_REACH = 250;
static const double TREND_SIZE[TERMS] = {3, 3, 3, 1, 1, 1, 0.5, 0.5, 0.5, 0.5};

/* The law: a length, the sizes of the parts, of the lines' offsets, and of the noise beside what
 * measurements know of, all in points, each one of a few. */
enum { LENGTH, PART, LINE = PART + PARTS, NOISE, LAW };
enum { CHOICES_MAX = 7 };

static const struct choices {
	double of[CHOICES_MAX];
	size_t n, start;
} CHOICES[LAW] = {
	[LENGTH] = {{18, 30, 50}, 3, 1},
	[PART] = {{0, 0.02, 0.06, 0.2, 0.6, 2, 6}, 7, 2},
	[PART + 1] = {{0, 0.02, 0.06, 0.2, 0.6, 2, 6}, 7, 2},
	[PART + 2] = {{0, 0.02, 0.06, 0.2, 0.6, 2, 6}, 7, 2},
	[PART + 3] = {{0, 0.02, 0.06, 0.2, 0.6, 2, 6}, 7, 2},
	[LINE] = {{0, 0.02, 0.06, 0.15}, 4, 1},
	[NOISE] = {{0.01, 0.025, 0.05, 0.1, 0.2}, 5, 2},
};

/* One value in OUTLIERS is an outlier, OUTLIER_SIZE points from where it should be (a standard
 * deviation): so much is a mark's log-likelihood ratio bounded by. */
static const double OUTLIERS = 0.02, OUTLIER_SIZE = 0.6;
static const double OUTLIER = 4.5;              /* standard deviations from either shift: erased */
static const double WILD = 4.5, WILD_VAR = 100; /* of most words' spread; points squared */
static const double NONE_START = 0.05, NONE_PRIOR = 10; /* a share; as sure as so many words */
static const double NOISE_LEAST = 0.004, NOISE_MOST = 1;
static const double SITE_MOST = 1e4; /* variance of a word that says nothing of the smooth part */

/* Words weighed together. k: room for the covariance; the rest by word. site, site_var: what a
 * word says of the sum of trend, smooth and line. left: its site less what all others say of
 * that; left_var: the variance of left. */
struct weigh {
	const struct mark_point *point;
	size_t n;
	bool *wild;
	double none; /* share of words that carry nothing although they could */
	double *y, *site, *site_var, *left, *left_var, *smooth, *k;
	double (*term)[TERMS];
	double law[LAW];
};

static double squared(double v)
{
	return v * v;
}

static double bell(double d, double length)
{
	return exp(-squared(d / length) / 2);
}

/* By how much two words share each part of unit size, the trend, and the line. */
struct shares {
	double part[PARTS], trend, line;
};

static struct shares shares_of(const struct weigh *g, size_t i, size_t j)
{
	const struct mark_point *p = &g->point[i], *q = &g->point[j];
	double l = g->law[LENGTH], dx = p->x - q->x, dy = p->y - q->y;
	struct shares s = {.line = p->line == q->line};
	for (int t = 0; t < PARTS; t++)
		s.part[t] = bell(dx, PART_LENGTH[t][0] * l) * bell(dy, PART_LENGTH[t][1] * l);
	for (int t = 0; t < TERMS; t++)
		s.trend += g->term[i][t] * g->term[j][t];
	return s;
}

static double covariance(const struct weigh *g, const struct shares *s)
{
	double sum = s->trend + squared(g->law[LINE]) * s->line;
	for (int t = 0; t < PARTS; t++)
		sum += squared(g->law[PART + t]) * s->part[t];
	return sum;
}

static void set_terms(struct weigh *g)
{
	double x0 = 0, y0 = 0;
	for (size_t i = 0; i < g->n; i++) {
		x0 += g->point[i].x / (double)g->n;
		y0 += g->point[i].y / (double)g->n;
	}
	for (size_t i = 0; i < g->n; i++) {
		double x = (g->point[i].x - x0) / TREND_REACH,
		       y = (g->point[i].y - y0) / TREND_REACH;
		double term[TERMS] = {1,     x,         y,         x * x,     x * y,
				      y * y, x * x * x, x * x * y, x * y * y, y * y * y};
		for (int t = 0; t < TERMS; t++)
			g->term[i][t] = TREND_SIZE[t] * term[t];
	}
}

/* Every step-th word, with what they share (row by row below the diagonal, and it). */
struct thin {
	size_t n, step;
	struct shares *share;
	double *k, *rest;
};

static void set_shares(const struct weigh *g, struct thin *t)
{
	size_t at = 0;
	for (size_t i = 0; i < t->n; i++)
		for (size_t j = 0; j <= i; j++, at++)
			t->share[at] = shares_of(g, i * t->step, j * t->step);
}

/* noise_of returns the variance of the noise of word i. */
static double noise_of(const struct weigh *g, size_t i)
{
	return squared(g->law[NOISE]) + g->point[i].var;
}

/* white returns the variance of what is word i's own, its mark taken as Gaussian. */
static double white(const struct weigh *g, size_t i)
{
	return g->wild[i] ? WILD_VAR : squared(g->point[i].reach) + noise_of(g, i);
}

/* likelihood returns the log of the marginal likelihood of the thinned words, marks taken as
 * Gaussian, up to a constant. */
static double likelihood(const struct weigh *g, const struct thin *t)
{
	size_t n = t->n, at = 0;
	double log_sum = 0, sum = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j <= i; j++, at++)
			t->k[j * n + i] = covariance(g, &t->share[at]);
		t->k[i * n + i] += white(g, i * t->step);
		t->rest[i] = g->y[i * t->step];
	}
	if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (int)n, t->k, (int)n) != 0)
		return -INFINITY;
	LAPACKE_dtrtrs_work(LAPACK_COL_MAJOR, 'L', 'N', 'N', (int)n, 1, t->k, (int)n, t->rest,
			    (int)n);
	for (size_t i = 0; i < n; i++) {
		sum += squared(t->rest[i]);
		log_sum += log(t->k[i * n + i]);
	}
	return -sum / 2 - log_sum;
}

/* try_choices sets number j of the law to its most likely choice, all others as they are. at: the
 * choices taken; best: how likely they are. It returns whether number j changed. */
static bool try_choices(struct weigh *g, struct thin *t, int j, size_t *at, double *best)
{
	const size_t kept = at[j];
	for (size_t i = 0; i < CHOICES[j].n; i++) {
		if (i == kept)
			continue;
		g->law[j] = CHOICES[j].of[i];
		if (j == LENGTH)
			set_shares(g, t);
		double l = likelihood(g, t);
		if (l > *best) {
			*best = l;
			at[j] = i;
		}
	}
	g->law[j] = CHOICES[j].of[at[j]];
	if (j == LENGTH)
		set_shares(g, t);
	return at[j] != kept;
}

/* find_law sets each number of the law in turn to its most likely choice. */
static struct sr_err find_law(struct weigh *g)
{
	struct arena scratch = {0};
	struct thin t = {.step = (g->n + THIN - 1) / THIN};
	t.n = (g->n + t.step - 1) / t.step;
	t.share = ARENA_ARRAY(&scratch, t.n * (t.n + 1) / 2, struct shares);
	t.k = ARENA_ARRAY(&scratch, t.n * t.n, double);
	t.rest = ARENA_ARRAY(&scratch, t.n, double);
	if (!t.share || !t.k || !t.rest) {
		arena_release(&scratch);
		return sr_nomem();
	}
	size_t at[LAW];
	for (int j = 0; j < LAW; j++) {
		at[j] = CHOICES[j].start;
		g->law[j] = CHOICES[j].of[at[j]];
	}
	set_shares(g, &t);
	double best = likelihood(g, &t);
	bool changed = true;
	for (int turn = 0; turn < TURNS && changed; turn++) {
		changed = false;
		for (int j = LAW; j-- > 0;)
			changed |= try_choices(g, &t, j, at, &best);
	}
	arena_release(&scratch);
	return sr_ok();
}

/* trend_alone tells whether the law has neither smooth nor line: what a PDF says of its words lies
 * on a plane. */
static bool trend_alone(const struct weigh *g)
{
	bool more = g->law[LINE] > 0;
	for (int t = 0; t < PARTS; t++)
		more |= g->law[PART + t] > 0;
	return !more;
}

/* set_smooth fills the covariance of trend, smooth and line, lower triangle column by column, where
 * leave_out needs it. */
static void set_smooth(struct weigh *g)
{
	for (size_t c = 0; c < g->n && !trend_alone(g); c++)
		for (size_t r = c; r < g->n; r++) {
			struct shares s = shares_of(g, r, c);
			g->smooth[c * g->n + r] = covariance(g, &s);
		}
}

/* leave_out_trend does what leave_out does where trend_alone is true: the covariance is then noise
 * and a matrix of rank TERMS, and its inverse is had from one of that size (Rasmussen and Williams
 * 2006, A.9). */
static bool leave_out_trend(struct weigh *g)
{
	double m[TERMS * TERMS] = {0}, fit[TERMS] = {0};
	for (size_t i = 0; i < g->n; i++)
		for (int c = 0; c < TERMS; c++) {
			double part = g->term[i][c] / g->site_var[i];
			fit[c] += part * g->site[i];
			for (int r = c; r < TERMS; r++)
				m[c * TERMS + r] += part * g->term[i][r];
		}
	for (int t = 0; t < TERMS; t++)
		m[t * TERMS + t] += 1;
	if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', TERMS, m, TERMS) != 0)
		return false;
	LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'L', TERMS, 1, m, TERMS, fit, TERMS);
	for (size_t i = 0; i < g->n; i++) {
		double v[TERMS], left = g->site[i], own = g->site_var[i];
		memcpy(v, g->term[i], sizeof v);
		LAPACKE_dtrtrs_work(LAPACK_COL_MAJOR, 'L', 'N', 'N', TERMS, 1, m, TERMS, v, TERMS);
		for (int t = 0; t < TERMS; t++) {
			left -= g->term[i][t] * fit[t];
			own -= squared(v[t]);
		}
		double more = g->site_var[i] / own;
		g->left[i] = left * more;
		g->left_var[i] = g->site_var[i] * more;
	}
	return true;
}

/* leave_out finds left and left_var. False: the covariance is not positive definite. */
static bool leave_out(struct weigh *g)
{
	int n = (int)g->n;
	if (trend_alone(g))
		return leave_out_trend(g);
	memcpy(g->k, g->smooth, g->n * g->n * sizeof *g->k);
	for (size_t i = 0; i < g->n; i++) {
		g->k[i * g->n + i] += g->site_var[i];
		g->left[i] = g->site[i];
	}
	if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', n, g->k, n) != 0)
		return false;
	LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'L', n, 1, g->k, n, g->left, n);
	if (LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'L', n, g->k, n) != 0)
		return false;
	for (size_t i = 0; i < g->n; i++) {
		g->left_var[i] = 1 / g->k[i * g->n + i];
		g->left[i] *= g->left_var[i];
	}
	return true;
}

static double density(double d, double var)
{
	return exp(-d * d / (2 * var)) / sqrt(var);
}

/* What a word is, given all others: moved to the left, to the right, not at all, an outlier; they
 * sum to 1. d: its value less what the others say; var: of that, without the mark. */
struct sides {
	double left, right, none, outlier;
};

static struct sides sides_of(const struct weigh *g, double d, double var, double reach)
{
	double in = 1 - OUTLIERS;
	struct sides s = {
		in * (1 - g->none) / 2 * density(d + reach, var),
		in * (1 - g->none) / 2 * density(d - reach, var),
		in * g->none * density(d, var),
		OUTLIERS * density(d, var + squared(OUTLIER_SIZE)),
	};
	double all = s.left + s.right + s.none + s.outlier;
	if (!(all > 0)) /* so far off that no density can be told from 0 */
		return (struct sides){.outlier = 1};
	return (struct sides){s.left / all, s.right / all, s.none / all, s.outlier / all};
}

/* The cavity of word i: what all others say of its trend, smooth and line. */
static void cavity(const struct weigh *g, size_t i, double *mean, double *var)
{
	*mean = g->site[i] - g->left[i];
	*var = g->left_var[i] - g->site_var[i];
	if (*var < 1e-8)
		*var = 1e-8;
}

/* moment_match sets the site of word i to what moments say of it, half way, so that sites settle.
 */
static void moment_match(struct weigh *g, size_t i, const struct sides *s, double d, double mean,
			 double var)
{
	double noise = noise_of(g, i), reach = g->point[i].reach, gain = var / (var + noise);
	double wild = var / (var + noise + squared(OUTLIER_SIZE));
	/* Of the sum less the cavity's mean, over the four cases. */
	double to[4] = {gain * (d + reach), gain * (d - reach), gain * d, wild * d};
	double share[4] = {s->left, s->right, s->none, s->outlier}, m = 0;
	double v = var * (1 - gain + s->outlier * (gain - wild));
	for (int k = 0; k < 4; k++)
		m += share[k] * to[k];
	for (int k = 0; k < 4; k++)
		v += share[k] * squared(to[k] - m);
	double precision = 1 / v - 1 / var, site_var = SITE_MOST, site = g->y[i];
	if (precision > 1 / SITE_MOST) {
		site_var = 1 / precision;
		site = mean + m * (1 + site_var / var);
	}
	double p = 0.5 / g->site_var[i] + 0.5 / site_var;
	g->site[i] = (0.5 * g->site[i] / g->site_var[i] + 0.5 * site / site_var) / p;
	g->site_var[i] = 1 / p;
}

/* propagate makes all sites better, and takes a step of expectation maximisation for the noise
 * beside var and for the share of words that are not moved. */
static void propagate(struct weigh *g)
{
	double sum = 0, weight = 0, none = NONE_START * NONE_PRIOR, marks = NONE_PRIOR;
	double known = squared(g->law[NOISE]);
	for (size_t i = 0; i < g->n; i++) {
		double mean, var, reach = g->point[i].reach;
		cavity(g, i, &mean, &var);
		double d = g->y[i] - mean, all = var + noise_of(g, i), share = known / all;
		struct sides s = sides_of(g, d, all, reach);
		double off = s.left * squared(d + reach) + s.right * squared(d - reach) +
			     s.none * squared(d);
		sum += share * share * off + (1 - s.outlier) * known * (1 - share);
		weight += 1 - s.outlier;
		if (reach > 0) {
			none += s.none;
			marks += 1 - s.outlier;
		}
		moment_match(g, i, &s, d, mean, var);
	}
	double noise = weight > 0 ? sqrt(sum / weight) : NOISE_MOST;
	g->law[NOISE] = noise < NOISE_LEAST ? NOISE_LEAST : noise > NOISE_MOST ? NOISE_MOST : noise;
	g->none = none / marks;
}

static void report(const struct weigh *g, size_t i, float loglik[2], float *shift, float *noise)
{
	double mean, var, reach = g->point[i].reach;
	cavity(g, i, &mean, &var);
	var += noise_of(g, i);
	double d = g->y[i] - mean, sd = sqrt(var);
	*shift = (float)d;
	*noise = (float)sd;
	if (!(reach > 0) || fabs(fabs(d) - reach) > OUTLIER * sd)
		return;
	struct sides s = sides_of(g, d, var, reach);
	double both = (s.none + s.outlier) / 2;
	double llr = log((s.right + both) / (s.left + both));
	loglik[0] = llr > 0 ? (float)-llr : 0;
	loglik[1] = llr < 0 ? (float)llr : 0;
}

/* centre takes the median from the values. */
static void centre(struct weigh *g)
{
	for (size_t i = 0; i < g->n; i++)
		g->left[i] = g->point[i].value;
	mark_sort(g->left, g->n);
	double middle = g->left[g->n / 2];
	for (size_t i = 0; i < g->n; i++)
		g->y[i] = g->point[i].value - middle;
}

/* admit makes the noise as large as what is left says, if that is more than the law does: a warp
 * that the model cannot follow is noise. */
static void admit(struct weigh *g)
{
	double sum = 0;
	for (size_t i = 0; i < g->n; i++) {
		double all = squared(g->left[i]), most = 9 * g->left_var[i];
		if (!g->wild[i])
			sum += ((all < most ? all : most) - g->left_var[i]) / (double)g->n;
	}
	if (sum > 0)
		g->law[NOISE] = sqrt(squared(g->law[NOISE]) + sum);
}

static void start(struct weigh *g)
{
	for (size_t i = 0; i < g->n; i++) {
		g->site[i] = g->y[i];
		g->site_var[i] = white(g, i);
	}
}

/* mark_wild finds words that are far off what all others say, by the spread of most; rest: scratch.
 * It returns whether they are others than before. */
static bool mark_wild(struct weigh *g, double *rest)
{
	for (size_t i = 0; i < g->n; i++)
		rest[i] = fabs(g->left[i]);
	mark_sort(rest, g->n);
	double most = WILD * 1.4826 * rest[g->n / 2];
	bool changed = false;
	for (size_t i = 0; i < g->n; i++) {
		bool wild = fabs(g->left[i]) > most + g->point[i].reach;
		changed |= wild != g->wild[i];
		g->wild[i] = wild;
	}
	return changed;
}

/* mark_far finds words that are far from the middle of their nearest neighbours: these would spoil
 * even the first fit. */
static void mark_far(struct weigh *g, double *rest)
{
	for (size_t i = 0; i < g->n; i++) {
		double near[NEIGHBOURS], value[NEIGHBOURS];
		size_t n = 0;
		for (size_t j = 0; j < g->n; j++) {
			double d = squared(g->point[i].x - g->point[j].x) +
				   squared(g->point[i].y - g->point[j].y);
			if (j == i || (n == NEIGHBOURS && d >= near[n - 1]))
				continue;
			size_t at = n < NEIGHBOURS ? n++ : n - 1;
			for (; at && near[at - 1] > d; at--) {
				near[at] = near[at - 1];
				value[at] = value[at - 1];
			}
			near[at] = d;
			value[at] = g->y[j];
		}
		mark_sort(value, n);
		g->left[i] = n ? g->y[i] - value[n / 2] : 0;
	}
	mark_wild(g, rest);
}

static struct sr_err weigh_piece(struct weigh *g)
{
	set_terms(g);
	centre(g);
	mark_far(g, g->left_var);
	bool sound = true, again = true;
	for (int round = 0; round < ROUNDS && again && sound; round++) {
		SR_TRY(find_law(g));
		set_smooth(g);
		start(g);
		sound = leave_out(g);
		again = sound && mark_wild(g, g->site);
	}
	if (sound) {
		admit(g);
		start(g);
		sound = leave_out(g);
	}
	g->none = NONE_START;
	for (int sweep = 0; sweep < SWEEPS && sound; sweep++) {
		propagate(g);
		sound = leave_out(g);
	}
	if (!sound) /* cannot be: everything is noise then */
		for (size_t i = 0; i < g->n; i++)
			g->left[i] = 0;
	return sr_ok();
}

/* make_room gives g arrays for n words. */
static bool make_room(struct arena *a, struct weigh *g, size_t n)
{
	g->wild = ARENA_ARRAY(a, n, bool);
	g->y = ARENA_ARRAY(a, n, double);
	g->site = ARENA_ARRAY(a, n, double);
	g->site_var = ARENA_ARRAY(a, n, double);
	g->left = ARENA_ARRAY(a, n, double);
	g->left_var = ARENA_ARRAY(a, n, double);
	g->smooth = ARENA_ARRAY(a, n * n, double);
	g->k = ARENA_ARRAY(a, n * n, double);
	g->term = arena_alloc(a, n, sizeof *g->term);
	return g->wild && g->y && g->site && g->site_var && g->left && g->left_var && g->smooth &&
	       g->k && g->term;
}

struct sr_err mark_weigh(const struct mark_point *point, size_t n, float (*loglik)[2], float *shift,
			 float *noise)
{
	for (size_t i = 0; i < n; i++) {
		loglik[i][0] = loglik[i][1] = 0;
		shift[i] = noise[i] = 0;
	}
	size_t pieces = n <= WHOLE ? 1 : (n + PIECE - 1) / PIECE;
	for (size_t k = 0; k < pieces && n; k++) {
		size_t first = n * k / pieces, end = n * (k + 1) / pieces;
		size_t from = first > AROUND ? first - AROUND : 0;
		size_t to = end + AROUND < n ? end + AROUND : n;
		struct arena scratch = {0};
		struct weigh g = {.point = point + from, .n = to - from};
		struct sr_err e = make_room(&scratch, &g, g.n) ? weigh_piece(&g) : sr_nomem();
		for (size_t i = first; i < end && !sr_bad(e); i++)
			report(&g, i - from, loglik[i], &shift[i], &noise[i]);
		arena_release(&scratch);
		SR_TRY(e);
	}
	return sr_ok();
}
