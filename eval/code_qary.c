/* SPDX-License-Identifier: Apache-2.0 */
/* Which code for places with more than two wordings, when several readers compare their copies?
 * Counts the places that catch at least one of c colluders in 95% of trials, of 100 readers and at
 * a family-wise 1e-6, by the coalition's scores of src/code (code_scores.h), for several codes:
 *
 *	in use     src/code/code_design.c: two groups of wordings, drawn for each place, and a
 *	           Gauss-Legendre bias for them
 *	fixed      the same, but with the same groups everywhere, which colluders know
 *	merged     two wordings a place: what is left of any q if the tracer looks at groups alone
 *	uniform    every wording equally likely, as for one and two colluders
 *	dirichlet  the bias vector is drawn from a symmetric Dirichlet distribution with
 *	           concentration 1/2, no entry below .03 (Skoric, Katzenbeisser and Celik,
 *	           Symmetric Tardos fingerprinting codes for arbitrary alphabet sizes, 2008)
 *
 * The coalition writes one of the wordings that its members have there (the marking assumption). It
 * does so in one of several ways, and in that which leaves the least mutual information between
 * what is written and one member's wording ("search"): a convex problem, solved by exponentiated
 * gradient descent for a coalition that knows the code but not the biases of a place.
 *
 * All codes are scored by the same functions as in use, at the kind's share of the level. The
 * single leaker's score, passages, pairs and triples are left out. The p-value given what was
 * written is the saddlepoint formula of Lugannani and Rice (1980); the last line compares it with
 * the exact law that the program uses. Another seed gives places within about 10%.
 *
 * usage: code_qary [--trials N] [--seed S] */
#include "code_coalition.h"
#include "code_design.h"
#include "code_family.h"
#include "instrument.h"

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
	SCORES = 1 + CODE_ATTACKS, /* the symmetric one, and the models */
};
#define LEVEL 1e-6
#define LAMBDA_FIRST 0.025
#define LAMBDA_RATIO 1.3
#define LIKELIHOOD_FLOOR 1e-7
#define CUTOFF 0.03

enum attack { INTERLEAVING, PLURALITY, MINORITY, FIRST, LAST, EVEN, STRONGEST, ATTACKS };
static const char *const attack_names[ATTACKS] = {"interl", "plural", "minor", "first",
						  "last",   "even",   "search"};

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

enum scheme { IN_USE, FIXED, MERGED, UNIFORM, DIRICHLET, SCHEMES };
static const char *const scheme_names[SCHEMES] = {"in use", "fixed", "merged", "uniform",
						  "dirichlet"};

/* struct cell: a place of one bias where one wording was written. k[s] holds K, K' and K'' of score
 * s at the points of the grid, K being the logarithm of the mean of exp(lambda score) of an
 * innocent reader; weight[s][x] is what his wording x scores. */
struct cell {
	float k[SCORES][3][GRID];
	float weight[SCORES][Q_MAX];
};

/* struct code: POOL biases, equally likely; p is what they say. law[b][i] is the probability of
 * counts[i]. */
struct code {
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

/* next_unit returns a number above 0 and below 1. */
static double next_unit(uint64_t *state)
{
	return ((double)(instrument_random(state) >> 12) + 0.5) * 0x1p-52;
}

static double next_normal(uint64_t *state)
{
	double r = sqrt(-2 * log(next_unit(state)));
	return r * cos(2 * acos(-1) * next_unit(state));
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

/* preference returns how much a coalition likes to write y, which a member has; what it likes best
 * is written, and in a tie either is. */
static double preference(enum attack a, const struct counts *n, uint32_t y)
{
	switch ((int)a) {
	case PLURALITY:
		return n->n[y];
	case MINORITY:
		return -(double)n->n[y];
	case FIRST:
		return -(double)y;
	case LAST:
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
			if (a != INTERLEAVING)
				by_preference((enum attack)a, n, q, out);
			for (uint32_t y = 0; y < q && a == INTERLEAVING; y++)
				out[y] = (double)n->n[y] / c;
		}
}

/* draw_dirichlet draws thresholds: squares of normal variables have the gamma law of shape 1/2. */
static void draw_dirichlet(uint32_t q, uint64_t *rng, uint64_t *cum)
{
	double p[Q_MAX], least_p;
	do {
		double sum = 0;
		for (uint32_t k = 0; k < q; k++)
			sum += p[k] = pow(next_normal(rng), 2);
		least_p = 1;
		for (uint32_t k = 0; k < q; k++)
			least_p = fmin(least_p, p[k] /= sum);
	} while (least_p < CUTOFF);
	cum[0] = 0;
	for (uint32_t k = 0; k + 1 < q; k++)
		cum[k + 1] = cum[k] + (uint64_t)(p[k] * (double)CODE_BIAS_ONE);
	cum[q] = CODE_BIAS_ONE;
}

/* fix_groups makes of the first threshold of a place with two wordings those of q. */
static void fix_groups(uint64_t node, uint32_t q, uint64_t *cum)
{
	uint32_t first = q / 2, rest = q - first;
	for (uint32_t k = 0; k <= q; k++)
		cum[k] = k <= first ? node * k / first
				    : node + (CODE_BIAS_ONE - node) * (k - first) / rest;
}

/* draw_biases fills the pool with what mark draws for so many places, or makes others of it. */
static struct sr_err draw_biases(struct bench *b, enum scheme s)
{
	static const uint8_t lattice_hash[CRYPTO_HASH_LEN];
	const struct code_design d = {&b->key, lattice_hash, s == UNIFORM ? 2 : b->game.c};
	uint32_t q[POOL], drawn_q = s == FIXED ? 2 : b->game.q;
	uint64_t rng = b->options.seed;
	for (int i = 0; i < POOL; i++)
		q[i] = drawn_q;
	SR_TRY(code_design_biases(&b->arena, &d, CODE_LAYER_WORDS, q, POOL, b->code.bias));
	b->code.bits = code_design_bits(d.collusion, b->game.q);
	for (int i = 0; i < POOL && (s == FIXED || s == DIRICHLET); i++) {
		uint64_t *cum = ARENA_ARRAY(&b->arena, b->game.q + 1, uint64_t);
		if (!cum)
			return sr_nomem();
		if (s == FIXED)
			fix_groups(b->code.bias[i].cum[1], b->game.q, cum);
		else
			draw_dirichlet(b->game.q, &rng, cum);
		b->code.bias[i] = (struct code_bias){b->game.q, cum};
	}
	return sr_ok();
}

static struct sr_err code_draw(struct bench *b, enum scheme s)
{
	struct code *code = &b->code;
	const struct game *g = &b->game;
	double bits = 0;
	SR_TRY(draw_biases(b, s));
	for (int i = 0; i < POOL; i++) {
		bits += code_bias_bits(&code->bias[i]) / POOL;
		for (uint32_t k = 0; k < g->q; k++)
			code->p[i][k] = code_bias_p(&code->bias[i], k);
		for (uint32_t n = 0; n < g->counts_n; n++) {
			code->law[i][n] = g->counts[n].ways;
			for (uint32_t k = 0; k < g->q; k++)
				code->law[i][n] *= pow(code->p[i][k], g->counts[n].n[k]);
		}
	}
	if (s == DIRICHLET)
		code->bits = bits;
	return sr_ok();
}

/* ratios writes log P(y is written | a member has x) / P(y is written), at bias vector i, for the
 * strongest attack. */
static void ratios(const struct code *code, const struct game *g, uint32_t i,
		   double out[Q_MAX][Q_MAX])
{
	const double *p = code->p[i];
	memset(out, 0, sizeof(double[Q_MAX][Q_MAX]));
	for (uint32_t n = 0; n < g->counts_n; n++)
		for (uint32_t x = 0; x < g->q; x++) {
			if (!g->counts[n].n[x])
				continue;
			double has = code->law[i][n] * g->counts[n].n[x] / (g->c * p[x]);
			for (uint32_t y = 0; y < g->q; y++)
				out[y][x] += has * g->attack[STRONGEST][n][y];
		}
	for (uint32_t y = 0; y < g->q; y++) {
		double mean = 0;
		for (uint32_t x = 0; x < g->q; x++)
			mean += p[x] * (out[y][x] = fmax(out[y][x], LIKELIHOOD_FLOOR));
		for (uint32_t x = 0; x < g->q; x++)
			out[y][x] = log(out[y][x] / mean);
	}
}

/* gradient adds up, over the pool, what writing y with counts n tells of a member, and returns the
 * mutual information in nats. */
static double gradient(const struct code *code, const struct game *g, double out[][Q_MAX])
{
	double information = 0, ratio[Q_MAX][Q_MAX];
	memset(out, 0, sizeof(double[COUNTS_MAX][Q_MAX]));
	for (uint32_t i = 0; i < POOL; i++) {
		ratios(code, g, i, ratio);
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

/* score_written fills the cells of wording y by one score of src/code. */
static void score_written(struct code *code, const struct game *g, uint32_t y, int score)
{
	const struct code_model model = {(enum code_attack)(score - 1), g->c};
	struct code_seen seen[POOL];
	float read[Q_MAX], weight[POOL * Q_MAX];
	for (uint32_t x = 0; x < g->q; x++)
		read[x] = x == y ? 0 : -CODE_LOGLIK_RANGE;
	for (int i = 0; i < POOL; i++)
		seen[i] = (struct code_seen){code->bias[i], read};
	if (score == 0)
		code_symmetric_loglik(seen, POOL, weight);
	else
		code_coalition_loglik(seen, POOL, &model, NULL, 0, weight);
	for (int i = 0; i < POOL; i++) {
		struct cell *cell = &code->cell[i][y];
		memcpy(cell->weight[score], weight + (size_t)i * g->q, g->q * sizeof *weight);
		cumulants(code->p[i], g->q, cell->weight[score], cell->k[score]);
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
	struct written w = {.i = (uint32_t)(instrument_random(rng) % POOL)};
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

/* trial_caught tells whether a member is named. */
static bool trial_caught(const struct trial *t, uint32_t c)
{
	double least = 1;
	for (int s = 0; s < SCORES; s++) {
		double best = t->score[s][0];
		for (uint32_t j = 1; j < c; j++)
			best = fmax(best, t->score[s][j]);
		least = fmin(least, exp(log_tail(t->k[s], best)));
	}
	return code_stage_p(least, CODE_STAGE_COALITION, (struct code_budget){c, false}, READERS,
			    SCORES) <= LEVEL;
}

static double caught_rate(const struct bench *b)
{
	uint64_t caught = 0;
	for (uint64_t i = 0; i < b->options.trials_n; i++)
		caught += trial_caught(&b->trial[i], b->game.c);
	return (double)caught / (double)b->options.trials_n;
}

/* measure returns how many places CATCH_PERCENT need; 0 if PLACES_MAX are not enough. */
static double measure(struct bench *b, enum attack attack)
{
	uint32_t places_n = 0, next = PLACES_FIRST;
	double goal = CATCH_PERCENT / 100.0, before = 0;
	for (uint64_t i = 0; i < b->options.trials_n; i++)
		b->trial[i] = (struct trial){.rng = b->options.seed + (i << 32)};
	while (places_n < PLACES_MAX) {
		for (uint64_t i = 0; i < b->options.trials_n; i++)
			for (uint32_t m = places_n; m < next; m++)
				trial_place(&b->trial[i], &b->code, &b->game, attack);
		double rate = caught_rate(b);
		if (rate >= goal)
			return places_n + (next - places_n) * (goal - before) / (rate - before);
		before = rate;
		places_n = next;
		next = places_n + 1 + places_n / 25;
		next = next < PLACES_MAX ? next : PLACES_MAX;
	}
	return 0;
}

static void print_places(double places)
{
	if (places > 0)
		printf(" %6.0f", places);
	else
		printf(" %6s", ">3000");
}

static struct sr_err prepare(struct bench *b, enum scheme s, uint32_t q, uint32_t c)
{
	game_make(&b->game, q, c);
	SR_TRY(code_draw(b, s));
	strongest(&b->code, &b->game);
	for (uint32_t y = 0; y < q; y++)
		for (int score = 0; score < SCORES; score++)
			score_written(&b->code, &b->game, y, score);
	return sr_ok();
}

static struct sr_err run(struct bench *b, enum scheme s, uint32_t q, uint32_t c)
{
	double places[ATTACKS], worst = 1;
	SR_TRY(prepare(b, s, q, c));
	for (int a = 0; a < ATTACKS; a++) {
		places[a] = measure(b, (enum attack)a);
		worst = places[a] == 0 || worst == 0 ? 0 : fmax(worst, places[a]);
	}
	printf("%u %u %-9s %5.3f %5.3f |", q, c, scheme_names[s], b->code.bits,
	       b->code.information / log(2));
	print_places(worst);
	printf(" |");
	for (int a = 0; a < ATTACKS; a++)
		print_places(places[a]);
	printf("\n");
	(void)fflush(stdout);
	return sr_ok();
}

static void print_head(const struct options *o)
{
	printf("# %llu trials, seed %llu; bits: one leaker, a place; info: one of c by the "
	       "strongest attack, a place\n# then places: the worst of all attacks, and each\n",
	       (unsigned long long)o->trials_n, (unsigned long long)o->seed);
	printf("%-13s %5s %5s | %6s |", "q c code", "bits", "info", "worst");
	for (int a = 0; a < ATTACKS; a++)
		printf(" %6s", attack_names[a]);
	printf("\n");
}

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
	int s = 1 + CODE_INTERLEAVING;
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
	SR_TRY(prepare(b, IN_USE, 4, 3));
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

static const uint32_t wordings[] = {3, 4, 6};

static struct sr_err run_all(struct bench *b)
{
	uint8_t seed[CRYPTO_KEY_LEN] = {0};
	for (int i = 0; i < 8; i++)
		seed[i] = (uint8_t)(b->options.seed >> 8 * i);
	SR_TRY(crypto_init());
	SR_TRY(crypto_key_copy(&b->key, slice_make(seed, sizeof seed)));
	print_head(&b->options);
	for (uint32_t c = 3; c <= C_MAX; c++)
		SR_TRY(run(b, MERGED, 2, c));
	for (size_t q = 0; q < sizeof wordings / sizeof *wordings; q++)
		for (uint32_t c = 3; c <= C_MAX; c++)
			for (int s = 0; s < SCHEMES; s++)
				if (s != MERGED)
					SR_TRY(run(b, (enum scheme)s, wordings[q], c));
	return check(b);
}

static bool parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i += 2) {
		bool trials = !strcmp(argv[i], "--trials");
		if (i + 1 >= argc || (!trials && strcmp(argv[i], "--seed") != 0) ||
		    !instrument_number(argv[i + 1], trials ? &o->trials_n : &o->seed))
			return false;
	}
	return o->trials_n > 0;
}

int main(int argc, char **argv)
{
	static struct bench b = {.options = {.trials_n = 600, .seed = 20261125}};
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
