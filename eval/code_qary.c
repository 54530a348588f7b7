/* SPDX-License-Identifier: Apache-2.0 */
/* Which code for places with more than two wordings, when several readers compare their copies?
 * Counts the places that catch at least one of c colluders in 95% of trials, of 100 readers and at
 * a family-wise 1e-6, by scores of single readers, for several codes:
 *
 *	in use     src/code/code_design.c: two groups of wordings, drawn for each place, and a
 *	           Gauss-Legendre bias for them
 *	grouped    the same, but with the same groups everywhere
 *	merged     as grouped, but the tracer looks at the group alone
 *	uniform    every wording equally likely, as for one and two colluders
 *	dirichlet  the bias vector is drawn from a symmetric Dirichlet distribution with
 *	           concentration kappa, no entry below a cutoff (Skoric, Katzenbeisser and Celik,
 *	           Symmetric Tardos fingerprinting codes for arbitrary alphabet sizes, 2008)
 *
 * The coalition writes one of the wordings that its members have there (the marking assumption). It
 * does so in one of several ways, and in that which leaves the least mutual information between
 * what is written and one member's wording ("search"): a convex problem, solved by exponentiated
 * gradient descent for a coalition that knows the code but not the biases of a place.
 *
 * A reader's score is the symmetric one ("symm"), the log-likelihood ratio against interleaving
 * ("interl"), that against the attack that was really made ("told": a limit to the others), or the
 * best of seven, counted as seven: symmetric, interleaving and five others, on wordings ("words"),
 * on fixed groups ("groups"), or with what was written set against the rest as in code_coalition.h
 * ("match"), which needs no list of all that members may have. His p-value given what was written
 * is the saddlepoint formula of Lugannani and Rice (1980); the last line compares it with the exact
 * law that the program uses. Places are found to about 5%.
 *
 * usage: code_qary [--trials N] [--seed S] */
#include "code_coalition.h"
#include "code_design.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	Q_MAX = 6,
	C_MAX = 5,
	COUNTS_MAX = 252,  /* ways to give Q_MAX wordings to C_MAX members */
	INDEX_MAX = 46656, /* (C_MAX + 1)^Q_MAX */
	POOL = 512,        /* bias vectors that a code draws from */
	GRID = 20,         /* arguments at which a cumulant generating function is known */
	STEPS = 100,       /* of gradient descent */
	PLACES_FIRST = 20,
	PLACES_MAX = 3000,
	READERS = 100,
	CATCH_PERCENT = 95,
};
#define LEVEL 1e-6
#define LAMBDA_FIRST 0.025
#define LAMBDA_RATIO 1.3
#define LIKELIHOOD_FLOOR 1e-7

enum attack {
	INTERLEAVING,
	PLURALITY,
	MINORITY,
	LOWEST,
	HIGHEST,
	EVEN,
	GROUP_MAJORITY,
	GROUP_MINORITY,
	GROUP_COIN,
	GROUP_FIRST,
	GROUP_LAST,
	STRONGEST,
	ATTACKS
};
static const char *const attack_names[ATTACKS] = {"interl", "plural", "minor",  "lowest",
						  "highst", "even",   "g-maj",  "g-min",
						  "g-coin", "g-frst", "g-last", "search"};

/* Score 0 is the symmetric one, 1 + a the log-likelihood ratio against attack a, and those from
 * BY_MATCH on against GROUP_MAJORITY and the next four, with what is written as one group and all
 * other wordings as the other. */
enum { BY_MATCH = 1 + ATTACKS, SCORES = BY_MATCH + STRONGEST - GROUP_MAJORITY, BANK = 7 };

enum decoder {
	SYMMETRIC,
	AGAINST_INTERLEAVING,
	BANK_WORDINGS,
	BANK_GROUPS,
	BANK_MATCH,
	TOLD,
	DECODERS
};
static const char *const decoder_names[DECODERS] = {"symm",   "interl", "words",
						    "groups", "match",  "told"};

/* struct counts: how many members have each wording, and in how many ways. */
struct counts {
	uint32_t n[Q_MAX];
	double ways;
};

/* struct game: c members and q wordings; attack[a][i][y] is the probability that they write y when
 * they have counts[i]. index finds counts by their digits in base c + 1. */
struct game {
	uint32_t q, c, counts_n;
	struct counts counts[COUNTS_MAX];
	uint16_t index[INDEX_MAX];
	double attack[ATTACKS][COUNTS_MAX][Q_MAX];
};

enum family { IN_USE, GROUPED, MERGED, UNIFORM, DIRICHLET };
struct scheme {
	const char *name;
	enum family family;
	double kappa, cutoff;
};

/* struct cell: place of bias vector b where y was written. k[s] holds K, K' and K'' of score s at
 * the points of the grid, K being the logarithm of the mean of exp(lambda score) of an innocent
 * reader; weight[s][x] is what his wording x scores. */
struct cell {
	float k[SCORES][3][GRID];
	float weight[SCORES][Q_MAX];
};

/* struct code: POOL bias vectors, equally likely. law[b][i] is the probability of counts[i]; bias
 * is what src/code drew, if it did. */
struct code {
	bool merged;
	struct code_bias bias[POOL];
	double p[POOL][Q_MAX];
	double law[POOL][COUNTS_MAX];
	double bits, information; /* of a single leaker; of one member under the strongest attack */
	struct cell cell[POOL][Q_MAX];
};

/* struct trial: one coalition; the sums so far. */
struct trial {
	uint64_t rng;
	double score[SCORES][C_MAX];
	float k[SCORES][3][GRID];
};

struct options {
	uint64_t trials_n, seed;
};

struct bench {
	struct options options;
	struct crypto_key key;
	struct arena arena;
	struct game game;
	struct code code;
	struct trial *trial;
};

/* SplitMix64. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* next_unit returns a number above 0 and below 1. */
static double next_unit(uint64_t *state)
{
	return ((double)(next_random(state) >> 12) + 0.5) * 0x1p-52;
}

static double next_normal(uint64_t *state)
{
	double r = sqrt(-2 * log(next_unit(state)));
	return r * cos(2 * acos(-1) * next_unit(state));
}

/* next_gamma: Marsaglia and Tsang 2000, raised by one and brought back for shapes below 1. */
static double next_gamma(double shape, uint64_t *state)
{
	double d = shape + 1 - 1.0 / 3, c = 1 / sqrt(9 * d);
	for (;;) {
		double x = next_normal(state), v = pow(1 + c * x, 3);
		if (v > 0 && log(next_unit(state)) < x * x / 2 + d - d * v + d * log(v))
			return d * v * pow(next_unit(state), 1 / shape);
	}
}

static int group_of(uint32_t q, uint32_t k)
{
	return k >= q / 2;
}

/* game_count lists all counts of the wordings from k on, left members remaining. */
static void game_count(struct game *g, struct counts *at, uint32_t k, uint32_t left)
{
	if (k + 1 == g->q) {
		uint32_t digits = 0;
		at->n[k] = left;
		at->ways = tgamma(g->c + 1.0);
		for (uint32_t j = 0; j < g->q; j++) {
			digits = digits * (g->c + 1) + at->n[j];
			at->ways /= tgamma(at->n[j] + 1.0);
		}
		g->index[digits] = (uint16_t)g->counts_n;
		g->counts[g->counts_n++] = *at;
		return;
	}
	for (at->n[k] = 0; at->n[k] <= left; at->n[k]++)
		game_count(g, at, k + 1, left - at->n[k]);
}

/* first_group returns the probability that members of whom first have a wording of the first group
 * write one of it. */
static double first_group(enum attack a, uint32_t first, uint32_t c)
{
	if (first == 0 || first == c)
		return first == c;
	double side = 2 * first > c ? 1 : 2 * first < c ? 0 : 0.5;
	if (a == GROUP_MAJORITY)
		return side;
	if (a == GROUP_MINORITY)
		return 1 - side;
	return a == GROUP_FIRST ? 1 : a == GROUP_LAST ? 0 : 0.5;
}

/* by_group: the group is chosen, and in it a member. */
static double by_group(enum attack a, const struct counts *n, const struct game *g, uint32_t y)
{
	uint32_t members[2] = {0};
	for (uint32_t k = 0; k < g->q; k++)
		members[group_of(g->q, k)] += n->n[k];
	double first = first_group(a, members[0], g->c);
	return (group_of(g->q, y) ? 1 - first : first) * n->n[y] / members[group_of(g->q, y)];
}

/* preference returns how much a coalition likes to write y, which a member has; what it likes best
 * is written, and in a tie either is. */
static double preference(enum attack a, const struct counts *n, uint32_t y)
{
	switch ((int)a) {
	case PLURALITY:
		return n->n[y];
	case MINORITY:
		return -(double)n->n[y];
	case LOWEST:
		return -(double)y;
	case HIGHEST:
		return y;
	default:
		return 0;
	}
}

static void by_preference(enum attack a, const struct counts *n, uint32_t q, double *out)
{
	double best = -INFINITY, ties = 0;
	for (uint32_t y = 0; y < q; y++)
		if (n->n[y])
			best = fmax(best, preference(a, n, y));
	for (uint32_t y = 0; y < q; y++) {
		out[y] = n->n[y] && preference(a, n, y) == best;
		ties += out[y];
	}
	for (uint32_t y = 0; y < q; y++)
		out[y] /= ties;
}

/* game_make sets up all attacks but the strongest, which depends on the code. */
static void game_make(struct game *g, uint32_t q, uint32_t c)
{
	struct counts at = {0};
	*g = (struct game){.q = q, .c = c};
	game_count(g, &at, 0, c);
	for (int a = 0; a < STRONGEST; a++)
		for (uint32_t i = 0; i < g->counts_n; i++) {
			const struct counts *n = &g->counts[i];
			double *out = g->attack[a][i];
			if (a != INTERLEAVING && a < GROUP_MAJORITY)
				by_preference((enum attack)a, n, q, out);
			for (uint32_t y = 0; y < q && a >= GROUP_MAJORITY; y++)
				out[y] = n->n[y] ? by_group((enum attack)a, n, g, y) : 0;
			for (uint32_t y = 0; y < q && a == INTERLEAVING; y++)
				out[y] = (double)n->n[y] / c;
		}
}

/* draw_dirichlet draws a bias vector and returns its entropy in bits. */
static double draw_dirichlet(const struct scheme *s, uint32_t q, uint64_t *rng, double *p)
{
	double least_p, bits = 0;
	do {
		double sum = 0;
		for (uint32_t k = 0; k < q; k++)
			sum += p[k] = next_gamma(s->kappa, rng);
		least_p = 1;
		for (uint32_t k = 0; k < q; k++)
			least_p = fmin(least_p, p[k] /= sum);
	} while (least_p < s->cutoff);
	for (uint32_t k = 0; k < q; k++)
		bits -= p[k] * log2(p[k]);
	return bits;
}

/* draw_designed fills the pool by src/code: what mark draws for so many places. */
static struct sr_err draw_designed(struct bench *b, uint32_t collusion, uint32_t wordings_n)
{
	static const uint8_t lattice_hash[CRYPTO_HASH_LEN];
	const struct code_design d = {&b->key, lattice_hash, collusion};
	uint32_t q[POOL];
	for (int i = 0; i < POOL; i++)
		q[i] = wordings_n;
	SR_TRY(code_design_biases(&b->arena, &d, q, POOL, b->code.bias));
	for (int i = 0; i < POOL; i++)
		for (uint32_t k = 0; k < wordings_n; k++)
			b->code.p[i][k] = code_bias_p(&b->code.bias[i], k);
	return sr_ok();
}

/* fix_groups makes of the node of a place with two wordings the biases of q, in groups that are the
 * same everywhere. */
static void fix_groups(double *p, uint32_t q)
{
	const double node[2] = {p[0], p[1]};
	const uint32_t members[2] = {q / 2, q - q / 2};
	for (uint32_t k = 0; k < q; k++)
		p[k] = node[group_of(q, k)] / members[group_of(q, k)];
}

static struct sr_err code_draw(struct bench *b, const struct scheme *s)
{
	struct code *code = &b->code;
	const struct game *g = &b->game;
	uint64_t rng = b->options.seed;
	code->merged = s->family == MERGED;
	bool fixed = s->family == GROUPED || s->family == MERGED;
	if (s->family != DIRICHLET)
		SR_TRY(draw_designed(b, s->family == UNIFORM ? 2 : g->c, fixed ? 2 : g->q));
	code->bits = s->family == DIRICHLET ? 0
					    : code_design_bits(s->family == UNIFORM ? 2 : g->c,
							       code->merged ? 2 : g->q);
	for (int i = 0; i < POOL; i++) {
		if (fixed)
			fix_groups(code->p[i], g->q);
		if (s->family == DIRICHLET)
			code->bits += draw_dirichlet(s, g->q, &rng, code->p[i]) / POOL;
		for (uint32_t n = 0; n < g->counts_n; n++) {
			code->law[i][n] = g->counts[n].ways;
			for (uint32_t k = 0; k < g->q; k++)
				code->law[i][n] *= pow(code->p[i][k], g->counts[n].n[k]);
		}
	}
	return sr_ok();
}

/* group_means replaces what depends on a wording by its mean over the group, with weights w. */
static void group_means(double *value, size_t stride, const double *w, uint32_t q)
{
	double sum[2] = {0}, weight[2] = {0};
	for (uint32_t k = 0; k < q; k++) {
		sum[group_of(q, k)] += w[k] * value[k * stride];
		weight[group_of(q, k)] += w[k];
	}
	for (uint32_t k = 0; k < q; k++)
		value[k * stride] = sum[group_of(q, k)] / weight[group_of(q, k)];
}

/* to_ratios makes log-likelihood ratios of likelihoods. */
static void to_ratios(const double *p, uint32_t q, double out[Q_MAX][Q_MAX])
{
	for (uint32_t y = 0; y < q; y++) {
		double mean = 0;
		for (uint32_t x = 0; x < q; x++)
			mean += p[x] * (out[y][x] = fmax(out[y][x], LIKELIHOOD_FLOOR));
		for (uint32_t x = 0; x < q; x++)
			out[y][x] = log(out[y][x] / mean);
	}
}

/* ratios writes log P(y is written | a member has x) / P(y is written), at bias vector i. */
static void ratios(const struct code *code, const struct game *g, uint32_t i, int attack,
		   double out[Q_MAX][Q_MAX])
{
	static const double even[Q_MAX] = {1, 1, 1, 1, 1, 1};
	const double *p = code->p[i];
	memset(out, 0, sizeof(double[Q_MAX][Q_MAX]));
	for (uint32_t n = 0; n < g->counts_n; n++)
		for (uint32_t x = 0; x < g->q; x++) {
			if (!g->counts[n].n[x])
				continue;
			double has = code->law[i][n] * g->counts[n].n[x] / (g->c * p[x]);
			for (uint32_t y = 0; y < g->q; y++)
				out[y][x] += has * g->attack[attack][n][y];
		}
	for (uint32_t y = 0; y < g->q && code->merged; y++)
		group_means(out[y], 1, p, g->q);
	for (uint32_t x = 0; x < g->q && code->merged; x++)
		group_means(&out[0][x], Q_MAX, even, g->q);
	to_ratios(p, g->q, out);
}

/* match_ratios does so for a coalition that chooses between y and all the rest. */
static void match_ratios(const struct code *code, const struct game *g, uint32_t i,
			 enum attack attack, double out[Q_MAX][Q_MAX])
{
	const double *p = code->p[i];
	for (uint32_t y = 0; y < g->q; y++) {
		double others[2] = {0}, law = pow(1 - p[y], g->c - 1);
		for (uint32_t k = 0; k < g->c; k++) {
			others[0] += law * first_group(attack, k, g->c);
			others[1] += law * first_group(attack, k + 1, g->c);
			law *= p[y] / (1 - p[y]) * (g->c - 1 - k) / (k + 1);
		}
		for (uint32_t x = 0; x < g->q; x++)
			out[y][x] = others[x == y];
	}
	to_ratios(p, g->q, out);
}

/* gradient adds up, over the pool, what writing y with counts n tells of a member, and returns the
 * mutual information in nats. */
static double gradient(const struct code *code, const struct game *g, double out[][Q_MAX])
{
	double information = 0, ratio[Q_MAX][Q_MAX];
	memset(out, 0, sizeof(double[COUNTS_MAX][Q_MAX]));
	for (uint32_t i = 0; i < POOL; i++) {
		ratios(code, g, i, STRONGEST, ratio);
		for (uint32_t n = 0; n < g->counts_n; n++)
			for (uint32_t y = 0; y < g->q; y++) {
				double tells = 0;
				for (uint32_t x = 0; x < g->q; x++)
					tells += g->counts[n].n[x] * ratio[y][x] / g->c;
				tells *= code->law[i][n] / POOL;
				out[n][y] += tells;
				information += tells * g->attack[STRONGEST][n][y];
			}
	}
	return information;
}

static void descend(const struct code *code, struct game *g, double slope[][Q_MAX])
{
	for (uint32_t n = 0; n < g->counts_n; n++) {
		double law = 0, sum = 0, *attack = g->attack[STRONGEST][n];
		for (uint32_t i = 0; i < POOL; i++)
			law += code->law[i][n] / POOL;
		for (uint32_t y = 0; y < g->q; y++)
			sum += attack[y] *= exp(-4 * slope[n][y] / law);
		for (uint32_t y = 0; y < g->q; y++)
			attack[y] /= sum;
	}
}

/* strongest finds the attack that tells least of a member. It starts from one that can write
 * whatever a member has. */
static void strongest(struct code *code, struct game *g)
{
	double slope[COUNTS_MAX][Q_MAX];
	memcpy(g->attack[STRONGEST], g->attack[EVEN], sizeof g->attack[EVEN]);
	for (int step = 0; step < STEPS; step++) {
		code->information = gradient(code, g, slope);
		descend(code, g, slope);
	}
}

/* symmetric writes the weights of the symmetric score if y was written. */
static void symmetric(const double *bias, uint32_t q, bool merged, uint32_t y, float *out)
{
	double p = bias[y];
	for (uint32_t k = 0; k < q && merged; k++)
		if (k != y && group_of(q, k) == group_of(q, y))
			p += bias[k];
	for (uint32_t x = 0; x < q; x++) {
		bool same = merged ? group_of(q, x) == group_of(q, y) : x == y;
		out[x] = (float)(same ? sqrt((1 - p) / p) : -sqrt(p / (1 - p)));
	}
}

static double lambda_at(int j)
{
	return LAMBDA_FIRST * pow(LAMBDA_RATIO, j);
}

static void cumulants(const double *p, uint32_t q, const float *weight, float k[3][GRID])
{
	for (int j = 0; j < GRID; j++) {
		double l = lambda_at(j), sum = 0, first = 0, second = 0;
		for (uint32_t x = 0; x < q; x++) {
			double w = (double)weight[x], e = p[x] * exp(l * w);
			sum += e;
			first += e * w;
			second += e * w * w;
		}
		first /= sum;
		k[0][j] = (float)log(sum);
		k[1][j] = (float)first;
		k[2][j] = (float)(second / sum - first * first);
	}
}

static void set_weights(struct cell *cell, int score, uint32_t q, double ratio[Q_MAX][Q_MAX])
{
	for (uint32_t y = 0; y < q; y++)
		for (uint32_t x = 0; x < q; x++)
			cell[y].weight[score][x] = (float)ratio[y][x];
}

/* code_score_all fills the cells. */
static void code_score_all(struct code *code, const struct game *g)
{
	double ratio[Q_MAX][Q_MAX];
	for (uint32_t i = 0; i < POOL; i++) {
		struct cell *cell = code->cell[i];
		for (uint32_t y = 0; y < g->q; y++)
			symmetric(code->p[i], g->q, code->merged, y, cell[y].weight[0]);
		for (int a = 0; a < ATTACKS; a++) {
			ratios(code, g, i, a, ratio);
			set_weights(cell, 1 + a, g->q, ratio);
		}
		for (int a = GROUP_MAJORITY; a < STRONGEST; a++) {
			if (code->merged)
				ratios(code, g, i, a, ratio);
			else
				match_ratios(code, g, i, (enum attack)a, ratio);
			set_weights(cell, BY_MATCH + a - GROUP_MAJORITY, g->q, ratio);
		}
		for (uint32_t y = 0; y < g->q; y++)
			for (int s = 0; s < SCORES; s++)
				cumulants(code->p[i], g->q, cell[y].weight[s], cell[y].k[s]);
	}
}

/* draw_from returns an index below n with probabilities p. */
static uint32_t draw_from(const double *p, uint32_t n, uint64_t *rng)
{
	double u = next_unit(rng);
	uint32_t k = 0;
	while (k + 1 < n && u >= p[k])
		u -= p[k++];
	return k;
}

/* struct written: a place: its bias vector, the members' wordings, and what they wrote. */
struct written {
	uint32_t i, y, x[C_MAX];
};

static struct written write_place(uint64_t *rng, const struct code *code, const struct game *g,
				  enum attack attack)
{
	struct written w = {.i = (uint32_t)(next_random(rng) % POOL)};
	uint32_t n[Q_MAX] = {0}, digits = 0;
	for (uint32_t j = 0; j < g->c; j++)
		n[w.x[j] = draw_from(code->p[w.i], g->q, rng)]++;
	for (uint32_t k = 0; k < g->q; k++)
		digits = digits * (g->c + 1) + n[k];
	w.y = draw_from(g->attack[attack][g->index[digits]], g->q, rng);
	/* The last one that a member has, should rounding have gone past it. */
	while (!n[w.y])
		w.y--;
	return w;
}

static void trial_place(struct trial *t, const struct code *code, const struct game *g,
			enum attack attack)
{
	const struct written w = write_place(&t->rng, code, g, attack);
	const struct cell *cell = &code->cell[w.i][w.y];
	for (int s = 0; s < SCORES; s++) {
		for (uint32_t j = 0; j < g->c; j++)
			t->score[s][j] += (double)cell->weight[s][w.x[j]];
		for (int d = 0; d < 3; d++)
			for (int j = 0; j < GRID; j++)
				t->k[s][d][j] += cell->k[s][d][j];
	}
}

/* log_tail returns the logarithm of the saddlepoint approximation to P(innocent score >= s). The
 * point where K' = s is found from the grid by the cubic that fits K'' at both ends of a step. */
static double log_tail(const float k[3][GRID], double s)
{
	int j = 0;
	if (s <= (double)k[1][0])
		return 0;
	while (j + 1 < GRID && s > (double)k[1][j + 1])
		j++;
	double a = (double)k[2][j], third = 0, d;
	if (j + 1 < GRID)
		third = ((double)k[2][j + 1] - a) / (lambda_at(j + 1) - lambda_at(j));
	double ahead = s - (double)k[1][j], root = sqrt(fmax(a * a + 2 * third * ahead, 0));
	d = j + 1 < GRID ? 2 * ahead / (a + root) : 0;
	double l = lambda_at(j) + d;
	double kl = (double)k[0][j] + d * ((double)k[1][j] + d * (a / 2 + d * third / 6));
	double w = sqrt(2 * fmax(l * s - kl, 1e-9)), u = l * sqrt(a + third * d);
	if (w > 12)
		return kl - l * s;
	double tail =
		erfc(w / sqrt(2)) / 2 + exp(-w * w / 2) / sqrt(2 * acos(-1)) * (1 / u - 1 / w);
	return tail > 0 ? log(tail) : kl - l * s;
}

/* least returns the least p-value of the five scores from the first on that make up a bank. */
static double least(const double *p, int first)
{
	double best = p[first];
	for (int s = first + 1; s < first + BANK - 2; s++)
		best = fmin(best, p[s]);
	return best;
}

/* trial_caught sets which decoders name a member. */
static void trial_caught(const struct trial *t, uint32_t c, enum attack attack, bool *out)
{
	double p[SCORES], level = log(LEVEL / READERS), bank;
	for (int s = 0; s < SCORES; s++) {
		double best = t->score[s][0];
		for (uint32_t j = 1; j < c; j++)
			best = fmax(best, t->score[s][j]);
		p[s] = log_tail(t->k[s], best);
	}
	bank = fmin(p[0], p[1 + INTERLEAVING]);
	out[SYMMETRIC] = p[0] <= level;
	out[AGAINST_INTERLEAVING] = p[1 + INTERLEAVING] <= level;
	out[TOLD] = p[1 + attack] <= level;
	out[BANK_WORDINGS] = fmin(bank, least(p, 1 + PLURALITY)) + log(BANK) <= level;
	out[BANK_GROUPS] = fmin(bank, least(p, 1 + GROUP_MAJORITY)) + log(BANK) <= level;
	out[BANK_MATCH] = fmin(bank, least(p, BY_MATCH)) + log(BANK) <= level;
}

/* struct reach: how many places a decoder needs; rate is that at the last number looked at. */
struct reach {
	double places, rate;
};

/* caught_all counts who is caught with places_n places, and notes which decoders come to
 * CATCH_PERCENT; returns how many still have not. */
static int caught_all(const struct bench *b, enum attack attack, uint32_t before, uint32_t places_n,
		      struct reach *reach)
{
	uint64_t caught[DECODERS] = {0};
	int left = 0;
	for (uint64_t i = 0; i < b->options.trials_n; i++) {
		bool is[DECODERS];
		trial_caught(&b->trial[i], b->game.c, attack, is);
		for (int d = 0; d < DECODERS; d++)
			caught[d] += is[d];
	}
	for (int d = 0; d < DECODERS; d++) {
		double rate = (double)caught[d] / (double)b->options.trials_n, old = reach[d].rate;
		double goal = CATCH_PERCENT / 100.0;
		if (reach[d].places == 0 && rate >= goal)
			reach[d].places =
				before + (places_n - before) * (goal - old) / (rate - old);
		reach[d].rate = rate;
		left += reach[d].places == 0;
	}
	return left;
}

static void measure(struct bench *b, enum attack attack, struct reach *reach)
{
	uint32_t places_n = 0, before = 0, next = PLACES_FIRST;
	int left = DECODERS;
	memset(reach, 0, DECODERS * sizeof *reach);
	for (uint64_t i = 0; i < b->options.trials_n; i++)
		b->trial[i] = (struct trial){.rng = b->options.seed + (i << 32)};
	while (left && places_n < PLACES_MAX) {
		for (uint64_t i = 0; i < b->options.trials_n; i++)
			for (uint32_t m = places_n; m < next; m++)
				trial_place(&b->trial[i], &b->code, &b->game, attack);
		before = places_n;
		places_n = next;
		left = caught_all(b, attack, before, places_n, reach);
		next = places_n + 1 + places_n / 25;
	}
}

static void print_places(double places)
{
	if (places > 0)
		printf(" %6.0f", places);
	else
		printf(" %6s", ">3000");
}

/* worst_of returns the most places over all attacks; 0 if they never are enough. */
static double worst_of(struct reach reach[ATTACKS][DECODERS], int d)
{
	double worst = 1;
	for (int a = 0; a < ATTACKS; a++)
		worst = reach[a][d].places == 0 || worst == 0 ? 0 : fmax(worst, reach[a][d].places);
	return worst;
}

static struct sr_err prepare(struct bench *b, const struct scheme *s, uint32_t q, uint32_t c)
{
	game_make(&b->game, q, c);
	SR_TRY(code_draw(b, s));
	strongest(&b->code, &b->game);
	code_score_all(&b->code, &b->game);
	return sr_ok();
}

static struct sr_err run(struct bench *b, const struct scheme *s, uint32_t q, uint32_t c)
{
	struct reach reach[ATTACKS][DECODERS];
	SR_TRY(prepare(b, s, q, c));
	for (int a = 0; a < ATTACKS; a++)
		measure(b, (enum attack)a, reach[a]);
	printf("%u %u %-17s %5.3f %5.3f |", q, c, s->name, b->code.bits,
	       b->code.information / log(2));
	for (int d = 0; d < DECODERS; d++)
		print_places(worst_of(reach, d));
	printf(" |");
	for (int a = 0; a < ATTACKS; a++)
		print_places(reach[a][BANK_WORDINGS].places);
	printf("\n");
	(void)fflush(stdout);
	return sr_ok();
}

static void print_head(const struct options *o)
{
	printf("# %llu trials, seed %llu; bits: one leaker, a place; info: one of c by the "
	       "strongest "
	       "attack, a place\n# then places: the worst of all attacks by each score, and each "
	       "attack by \"words\"\n",
	       (unsigned long long)o->trials_n, (unsigned long long)o->seed);
	printf("%-21s %5s %5s |", "q c code", "bits", "info");
	for (int d = 0; d < DECODERS; d++)
		printf(" %6s", decoder_names[d]);
	printf(" |");
	for (int a = 0; a < ATTACKS; a++)
		printf(" %6s", attack_names[a]);
	printf("\n");
}

static const struct scheme schemes[] = {
	{"in use", IN_USE, 0, 0},
	{"grouped", GROUPED, 0, 0},
	{"merged", MERGED, 0, 0},
	{"uniform", UNIFORM, 0, 0},
	{"dirichlet 1/2 .03", DIRICHLET, 0.5, 0.03},
	{"dirichlet 1/3 .02", DIRICHLET, 1.0 / 3, 0.02},
	{"dirichlet 1 .03", DIRICHLET, 1, 0.03},
};
static const uint32_t wordings[] = {3, 4, 6}, colluders[] = {3, 4, 5};

/* CHECKS coalitions with so many places for the exact law. */
enum { CHECKS = 20, CHECK_PLACES = 250 };

/* check_one returns the ratio of the saddlepoint's p-value of the first member to the exact one, by
 * the score against interleaving. */
static struct sr_err check_one(struct bench *b, uint64_t rng, double *ratio)
{
	struct trial *t = &b->trial[0];
	struct code_seen seen[CHECK_PLACES];
	const struct code_score *score;
	uint16_t x[CHECK_PLACES];
	int s = 1 + INTERLEAVING;
	*t = (struct trial){.rng = rng};
	for (int m = 0; m < CHECK_PLACES; m++) {
		struct written w = write_place(&rng, &b->code, &b->game, STRONGEST);
		trial_place(t, &b->code, &b->game, STRONGEST);
		seen[m] = (struct code_seen){b->code.bias[w.i], b->code.cell[w.i][w.y].weight[s]};
		x[m] = (uint16_t)w.x[0];
	}
	SR_TRY(code_score_build_member(&b->arena, seen, CHECK_PLACES, &score));
	const struct trial *done = t;
	*ratio = exp(log_tail(done->k[s], done->score[s][0])) /
		 code_score_tail(score, code_score_of(score, x));
	return sr_ok();
}

static struct sr_err check(struct bench *b)
{
	double low = INFINITY, high = 0;
	SR_TRY(prepare(b, &schemes[0], 4, 3));
	for (uint64_t i = 0; i < CHECKS; i++) {
		double ratio;
		SR_TRY(check_one(b, b->options.seed + (i << 32), &ratio));
		low = fmin(low, ratio);
		high = fmax(high, ratio);
	}
	printf("# saddlepoint / exact p-value, q = 4, c = 3, %d places, %d coalitions: %.3f to "
	       "%.3f\n",
	       CHECK_PLACES, CHECKS, low, high);
	return sr_ok();
}

static struct sr_err run_all(struct bench *b)
{
	uint8_t seed[CRYPTO_KEY_LEN] = {0};
	for (int i = 0; i < 8; i++)
		seed[i] = (uint8_t)(b->options.seed >> 8 * i);
	SR_TRY(crypto_init());
	SR_TRY(crypto_key_copy(&b->key, slice_make(seed, sizeof seed)));
	print_head(&b->options);
	for (size_t q = 0; q < sizeof wordings / sizeof *wordings; q++)
		for (size_t c = 0; c < sizeof colluders / sizeof *colluders; c++)
			for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
				SR_TRY(run(b, &schemes[i], wordings[q], colluders[c]));
	return check(b);
}

static bool parse_number(const char *text, uint64_t *out)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 10);
	*out = v;
	return *text >= '0' && *text <= '9' && !*end;
}

static bool parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i += 2) {
		bool trials = !strcmp(argv[i], "--trials");
		if (i + 1 >= argc || (!trials && strcmp(argv[i], "--seed") != 0) ||
		    !parse_number(argv[i + 1], trials ? &o->trials_n : &o->seed))
			return false;
	}
	return o->trials_n > 0;
}

int main(int argc, char **argv)
{
	static struct bench b = {.options = {.trials_n = 150, .seed = 20261125}};
	if (!parse(argc, argv, &b.options)) {
		(void)fputs("usage: code_qary [--trials N] [--seed S]\n", stderr);
		return 2;
	}
	b.trial = ARENA_ARRAY(&b.arena, b.options.trials_n, struct trial);
	struct sr_err err = b.trial ? run_all(&b) : sr_nomem();
	crypto_key_release(&b.key);
	arena_release(&b.arena);
	if (sr_bad(err))
		(void)fprintf(stderr, "code_qary: %s\n", err.what);
	return sr_bad(err) ? 2 : 0;
}
