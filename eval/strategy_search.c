/* SPDX-License-Identifier: Apache-2.0 */
#include "strategy_search.h"

#include "mark_words.h"
#include "sim.h"

#include <assert.h>
#include <math.h>

enum { SYMBOLS = 2, KNOWN_MAX = CODE_PARTNERS_MAX + 1, TESTS_MAX = 40 };

/* struct test: one of the scores that a member meets. weight[b][y][k][x]: where the bias is number
 * b, y was read, and k of the partners have the first wording, of his own wording x. need: the nats
 * that name him. */
struct test {
	uint32_t partners_n;
	double need;
	double weight[COALITION_NODES_MAX][SYMBOLS][KNOWN_MAX][SYMBOLS];
};

struct decoder {
	struct coalition c;
	struct test test[TESTS_MAX];
	uint32_t n;
};

/* struct cells: a place of each bias, read as each wording. */
struct cells {
	uint64_t cum[COALITION_NODES_MAX][SYMBOLS + 1];
	struct code_seen seen[COALITION_NODES_MAX * SYMBOLS];
	size_t n;
};

static void cells_make(const struct nodes *nodes, struct cells *out)
{
	static const float loglik[SYMBOLS][SYMBOLS] = {{0, -MARK_REPLACED_NATS},
						       {-MARK_REPLACED_NATS, 0}};
	out->n = 0;
	for (uint32_t b = 0; b < nodes->n; b++) {
		out->cum[b][0] = 0;
		out->cum[b][1] = (uint64_t)(nodes->p[b] * (double)CODE_BIAS_ONE);
		out->cum[b][2] = CODE_BIAS_ONE;
		for (int y = 0; y < SYMBOLS; y++)
			out->seen[out->n++] = (struct code_seen){{2, out->cum[b]}, loglik[y]};
	}
}

static struct test *add_test(struct decoder *d, enum code_stage stage, uint64_t scores_n)
{
	assert(d->n < TESTS_MAX);
	struct test *t = &d->test[d->n++];
	double share = code_stage_share(stage, (struct code_budget){d->c.design, false});
	t->partners_n = code_partners_n(stage);
	t->need = log((double)d->c.readers * (double)scores_n / share / d->c.level);
	return t;
}

/* fill writes the weights where k partners have the first wording; out: of every cell. */
static void fill(struct test *t, const struct cells *cells, uint32_t k, const float *out)
{
	for (size_t i = 0; i < cells->n; i++)
		for (int x = 0; x < SYMBOLS; x++)
			t->weight[i / SYMBOLS][i % SYMBOLS][k][x] =
				(double)out[i * SYMBOLS + (size_t)x];
}

static void add_model(struct decoder *d, const struct cells *cells, enum code_stage stage,
		      const struct code_model *m, uint64_t scores_n)
{
	static const uint16_t first[COALITION_NODES_MAX * SYMBOLS];
	float out[COALITION_NODES_MAX * SYMBOLS * SYMBOLS];
	uint16_t last[COALITION_NODES_MAX * SYMBOLS];
	struct test *t = add_test(d, stage, scores_n);
	for (size_t i = 0; i < cells->n; i++)
		last[i] = 1;
	for (uint32_t k = 0; k <= t->partners_n; k++) {
		const uint16_t *partner[] = {k > 0 ? first : last, k > 1 ? first : last};
		code_coalition_loglik(cells->seen, cells->n, m, partner, t->partners_n, out);
		fill(t, cells, k, out);
	}
}

static void add_joint(struct decoder *d, const struct cells *cells, enum code_stage stage)
{
	struct code_model models[CODE_JOINT_MODELS];
	uint32_t partners_n = code_partners_n(stage);
	uint64_t searched = code_joint_searched(d->c.design, partners_n, d->c.readers);
	uint32_t n = code_joint_models(d->c.design, partners_n, models);
	for (uint32_t i = 0; i < n && d->c.members > partners_n; i++)
		add_model(d, cells, stage, &models[i], searched);
}

static void decoder_make(const struct coalition *c, struct decoder *d)
{
	struct cells cells;
	float out[COALITION_NODES_MAX * SYMBOLS * SYMBOLS];
	uint32_t models_n = code_models_n(c->design);
	*d = (struct decoder){.c = *c};
	cells_make(&c->nodes, &cells);
	for (size_t i = 0; i < cells.n; i++)
		for (int x = 0; x < SYMBOLS; x++)
			out[i * SYMBOLS + (size_t)x] = cells.seen[i].loglik[x];
	fill(add_test(d, CODE_STAGE_SINGLE, 1), &cells, 0, out);
	code_symmetric_loglik(cells.seen, cells.n, out);
	fill(add_test(d, CODE_STAGE_COALITION, models_n + 1), &cells, 0, out);
	for (uint32_t m = 0; m < models_n; m++)
		add_model(d, &cells, CODE_STAGE_COALITION, &(struct code_model){m, c->design},
			  models_n + 1);
	add_joint(d, &cells, CODE_STAGE_PAIR);
	add_joint(d, &cells, CODE_STAGE_TRIPLE);
}

/* binomial writes the law of how many of n have the first wording. */
static void binomial(uint32_t n, double p, double *law)
{
	law[0] = 1;
	for (uint32_t j = 0; j < n; j++) {
		law[j + 1] = law[j] * p;
		for (uint32_t k = j; k > 0; k--)
			law[k] = law[k] * (1 - p) + law[k - 1] * p;
		law[0] *= 1 - p;
	}
}

/* struct joint: mass[b][y][k][x] is how often a place looks so to a member and his partners. */
struct joint {
	double mass[COALITION_NODES_MAX][SYMBOLS][KNOWN_MAX][SYMBOLS];
};

static void joint_make(const struct decoder *d, const struct strategy *s, uint32_t partners_n,
		       struct joint *out)
{
	const struct nodes *nodes = &d->c.nodes;
	uint32_t others_n = d->c.members - 1 - partners_n;
	for (uint32_t b = 0; b < nodes->n; b++) {
		double p = nodes->p[b], known[KNOWN_MAX + 1], others[COALITION_MEMBERS_MAX + 1];
		binomial(partners_n, p, known);
		binomial(others_n, p, others);
		for (uint32_t k = 0; k <= partners_n; k++)
			for (uint32_t x = 0; x < SYMBOLS; x++) {
				double first = 0, cell = nodes->share[b] * known[k];
				cell *= x ? 1 - p : p;
				for (uint32_t o = 0; o <= others_n; o++)
					first += others[o] * s->first[b][o + k + (x == 0)];
				out->mass[b][0][k][x] = cell * first;
				out->mass[b][1][k][x] = cell * (1 - first);
			}
	}
}

/* struct moments: of the nats that a place gives against a member, his score's weights being
 * scaled by lambda and an innocent's law taken off (Chernoff); slope: by lambda. */
struct moments {
	double mean, square, slope;
};

static void moments_at(const struct nodes *nodes, const struct test *t, const struct joint *j,
		       double lambda, struct moments *m)
{
	*m = (struct moments){0};
	for (uint32_t b = 0; b < nodes->n; b++)
		for (int y = 0; y < SYMBOLS; y++)
			for (uint32_t k = 0; k <= t->partners_n; k++) {
				const double *w = t->weight[b][y][k], *mass = j->mass[b][y][k];
				double p = nodes->p[b];
				double e0 = p * exp(lambda * w[0]);
				double e1 = (1 - p) * exp(lambda * w[1]);
				double log_sum = log(e0 + e1);
				double mean = (e0 * w[0] + e1 * w[1]) / (e0 + e1);
				for (int x = 0; x < SYMBOLS; x++) {
					double nats = lambda * w[x] - log_sum;
					m->mean += mass[x] * nats;
					m->square += mass[x] * nats * nats;
					m->slope += mass[x] * (w[x] - mean);
				}
			}
}

/* test_danger: the best scale is where the slope, which descends, is 0. */
static double test_danger(const struct decoder *d, const struct test *t, const struct joint *j)
{
	const double LAMBDA_MAX = 8;
	struct moments m;
	double lo = 0, hi = LAMBDA_MAX, n = d->c.places;
	for (int i = 0; i < 12; i++) {
		double mid = (lo + hi) / 2;
		moments_at(&d->c.nodes, t, j, mid, &m);
		if (m.slope > 0)
			lo = mid;
		else
			hi = mid;
	}
	moments_at(&d->c.nodes, t, j, lo, &m);
	double variance = fmax(1e-9, m.square - m.mean * m.mean);
	return (n * m.mean - t->need) / sqrt(n * variance);
}

static double danger(const struct decoder *d, const struct strategy *s)
{
	struct joint j[CODE_PARTNERS_MAX + 1];
	double most = -INFINITY;
	for (uint32_t k = 0; k <= CODE_PARTNERS_MAX && k < d->c.members; k++)
		joint_make(d, s, k, &j[k]);
	for (uint32_t i = 0; i < d->n; i++)
		most = fmax(most, test_danger(d, &d->test[i], &j[d->test[i].partners_n]));
	return most;
}

/* struct climb: a table on its way down; rows_n: how many rows differ, the others follow the first.
 */
struct climb {
	const struct decoder *d;
	uint32_t rows_n;
	struct strategy_found f;
};

static void set(struct climb *c, uint32_t b, uint32_t k, double value)
{
	c->f.strategy.first[b][k] = value;
	for (uint32_t follower = c->rows_n; follower < c->d->c.nodes.n; follower++)
		c->f.strategy.first[follower][k] = c->f.strategy.first[0][k];
}

/* better tries one number of the table and keeps it if that is less dangerous. */
static bool better(struct climb *c, uint32_t b, uint32_t k, double value)
{
	double old = c->f.strategy.first[b][k], new = fmin(1, fmax(0, value));
	set(c, b, k, new);
	double now = new < old || new > old ? danger(c->d, &c->f.strategy) : INFINITY;
	if (now < c->f.danger - 1e-9) {
		c->f.danger = now;
		return true;
	}
	set(c, b, k, old);
	return false;
}

static void climb_down(struct climb *c)
{
	enum { ROUNDS_MAX = 40 };
	double step = 0.5;
	c->f.danger = danger(c->d, &c->f.strategy);
	for (int round = 0; round < ROUNDS_MAX && step > 0.02; round++) {
		bool moved = false;
		for (uint32_t b = 0; b < c->rows_n; b++)
			for (uint32_t k = 1; k < c->d->c.members; k++) {
				double now = c->f.strategy.first[b][k];
				moved |= better(c, b, k, now + step) || better(c, b, k, now - step);
			}
		if (!moved)
			step /= 2;
	}
}

void strategy_table(const struct coalition *c, enum strategy_kind kind, struct strategy *out)
{
	uint32_t n = c->members;
	*out = (struct strategy){.kind = STRATEGY_TABLE};
	for (uint32_t b = 0; b < COALITION_NODES_MAX; b++)
		for (uint32_t k = 1; k <= n; k++) {
			double side = 2 * k > n ? 1 : 2 * k < n ? 0 : 0.5;
			double first[STRATEGY_NAMED] = {[STRATEGY_INTERLEAVING] = (double)k / n,
							[STRATEGY_MAJORITY] = side,
							[STRATEGY_MINORITY] = 1 - side,
							[STRATEGY_ALL_ZEROS] = 1,
							[STRATEGY_COIN] = 0.5};
			out->first[b][k] = k == n ? 1 : first[kind];
		}
}

/* insert keeps found ascending. */
static void insert(struct strategy_found *found, size_t *n, const struct strategy_found *f)
{
	size_t at = *n < STRATEGY_FOUND_MAX ? (*n)++ : *n - 1;
	for (; at > 0 && found[at - 1].danger > f->danger; at--)
		found[at] = found[at - 1];
	found[at] = *f;
}

struct sr_err strategy_search(const struct coalition *c, bool told, uint64_t seed,
			      struct strategy_found found[STRATEGY_FOUND_MAX], size_t *found_n)
{
	struct sim s = {seed};
	struct decoder d;
	size_t n = 0;
	if (c->wordings_max != 2 || c->members < 2)
		return sr_fail(SR_E_INPUT, "strategies are searched for two wordings and members");
	decoder_make(c, &d);
	for (int start = 0; start < STRATEGY_FOUND_MAX; start++) {
		struct climb climb = {.d = &d, .rows_n = told ? c->nodes.n : 1};
		strategy_table(c, (enum strategy_kind)(start % STRATEGY_NAMED), &climb.f.strategy);
		for (uint32_t b = 0; b < climb.rows_n && start >= STRATEGY_NAMED; b++)
			for (uint32_t k = 1; k < c->members; k++)
				set(&climb, b, k, (double)sim_below(&s, 9) / 8);
		climb_down(&climb);
		insert(found, &n, &climb.f);
	}
	*found_n = n;
	return sr_ok();
}

struct sr_err strategy_danger(const struct coalition *c, const struct strategy *s, double *out)
{
	struct decoder d;
	if (c->wordings_max != 2)
		return sr_fail(SR_E_INPUT, "a table is for places with two wordings");
	decoder_make(c, &d);
	*out = danger(&d, s);
	return sr_ok();
}
