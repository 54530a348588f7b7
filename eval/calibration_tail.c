/* SPDX-License-Identifier: Apache-2.0 */
#include "calibration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEVELS = 8, SCORES_MAX = CODE_SCORES_MAX + 2 };

static const double levels[LEVELS] = {1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12};

/* struct scores: those of a leak, and of a pair and a triple with parties as partners. */
struct scores {
	const struct code_score *at[SCORES_MAX];
	const char *name[SCORES_MAX];
	uint32_t n;
};

static struct sr_err add_joint(struct trial *t, uint32_t partners_n, const char *name,
			       struct scores *s)
{
	const uint16_t *partner[CODE_PARTNERS_MAX] = {t->party[0], t->party[1]};
	struct code_model models[CODE_JOINT_MODELS];
	size_t n = t->leak.n;
	if (!code_joint_models(t->leak.collusion, partners_n, models))
		return sr_ok();
	float *loglik = ARENA_ARRAY(&t->a, code_seen_wordings(t->seen, n), float);
	struct code_seen *seen = ARENA_ARRAY(&t->a, n, struct code_seen);
	if (!loglik || !seen)
		return sr_nomem();
	code_coalition_loglik(t->seen, n, &models[0], partner, partners_n, loglik);
	code_seen_with(t->seen, n, loglik, seen);
	s->name[s->n] = name;
	return code_score_build_member(&t->a, seen, n, &s->at[s->n++]);
}

static struct sr_err scores_open(struct trial *t, struct scores *s)
{
	static const char *const kinds[] = {"single", "coalition", "passage", "layer"};
	struct code_scores all;
	SR_TRY(code_scores_make(&t->a, &t->leak, &all));
	*s = (struct scores){.n = all.n};
	for (uint32_t k = 0; k < all.n; k++) {
		s->at[k] = all.score[k];
		s->name[k] = kinds[all.ground[k].stage];
	}
	SR_TRY(add_joint(t, 1, "pair", s));
	return add_joint(t, 2, "triple", s);
}

/* struct law: of a score: weight[i][k] of wording k at place i, and its probability. */
struct law {
	int64_t weight[CALIBRATION_PLACES][CALIBRATION_Q];
	double p[CALIBRATION_PLACES][CALIBRATION_Q];
	uint32_t q[CALIBRATION_PLACES];
	size_t n;
};

/* law_of finds the weights by asking for the score with one symbol changed. */
static void law_of(const struct trial *t, const struct code_score *s, struct law *l)
{
	uint16_t x[CALIBRATION_PLACES] = {0};
	l->n = t->leak.n;
	for (size_t i = 0; i < l->n; i++) {
		int64_t least = INT64_MAX;
		l->q[i] = t->bias[i].q;
		for (uint16_t k = 0; k < l->q[i]; k++) {
			x[i] = k;
			l->weight[i][k] = code_score_of(s, x);
			l->p[i][k] = code_bias_p(&t->bias[i], k);
			least = l->weight[i][k] < least ? l->weight[i][k] : least;
		}
		x[i] = 0;
		for (uint16_t k = 0; k < l->q[i]; k++)
			l->weight[i][k] -= least;
	}
}

/* enumerate adds the probability of each value of the score: places from i on are left. */
static void enumerate(const struct law *l, size_t i, int64_t units, double p, double *mass)
{
	if (i == l->n) {
		mass[units] += p;
		return;
	}
	for (uint32_t k = 0; k < l->q[i]; k++)
		enumerate(l, i + 1, units + l->weight[i][k], p * l->p[i][k], mass);
}

/* enumerate_score compares every tail and returns the largest ratio of claimed to true, or a
 * negative number if a claim is too small. */
static double enumerate_score(const struct trial *t, const struct code_score *s, double *mass)
{
	static struct law l;
	double worst = 1, tail = 0;
	int64_t max = code_score_max(s);
	for (int64_t u = 0; u <= max; u++)
		mass[u] = 0;
	law_of(t, s, &l);
	enumerate(&l, 0, 0, 1, mass);
	for (int64_t u = max; u > 0; u--) {
		tail += mass[u];
		if (tail <= 0)
			continue;
		double ratio = code_score_tail(s, u) / tail;
		/* The sums here are rounded to nearest. */
		if (ratio < 1 - 1e-12)
			return -ratio;
		worst = fmax(worst, ratio);
	}
	return worst;
}

static struct sr_err enumerate_trial(struct trial *t, unsigned *checks, unsigned *violated)
{
	struct scores s;
	SR_TRY(scores_open(t, &s));
	for (uint32_t k = 0; k < s.n; k++) {
		size_t max = (size_t)code_score_max(s.at[k]);
		double *mass = ARENA_ARRAY(&t->a, max + 1, double);
		if (!mass)
			return sr_nomem();
		double worst = enumerate_score(t, s.at[k], mass);
		bool bad = worst < 0 || worst > 1 + 1e-9;
		printf("%-26s %-10s %10zu  %.13f  %s\n", t->channel->name, s.name[k], max, worst,
		       bad ? "VIOLATED" : "ok");
		*violated += bad;
		++*checks;
	}
	return sr_ok();
}

struct sr_err tail_enumerate(uint64_t seed, unsigned *checks, unsigned *violated)
{
	static const struct channel channels[] = {
		{"two, interleaving", LEAK_INTERLEAVED, 2, 2, 2, 18, 2, 0},
		{"three, majority", LEAK_MAJORITY, 3, 2, 2, 18, 3, 0},
		{"soft, design 5", LEAK_SOFT, 5, 2, 2, 18, 2, 0},
		{"two layers, design 3", LEAK_SPLICED, 3, 2, 2, 18, 2, 9},
		{"3 wordings, design 3", LEAK_MINORITY, 3, 3, 3, 11, 3, 0},
	};
	static struct trial t;
	printf("\n# all symbols enumerated: largest ratio of claimed to true tail, over all "
	       "values\n"
	       "%-26s %-10s %10s  %s\n",
	       "leak", "score", "values", "claimed / true");
	for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
		SR_TRY(trial_open(&channels[i], seed + i, &t));
		struct sr_err err = enumerate_trial(&t, checks, violated);
		trial_close(&t);
		SR_TRY(err);
	}
	return sr_ok();
}

/* struct tilt: symbols drawn with the probabilities p exp(rate weight), normalised: drawn[i][k] is
 * cumulative. log_mean: the logarithm of the mean of exp(rate score). */
struct tilt {
	double rate, log_mean, mean;
	double drawn[CALIBRATION_PLACES][CALIBRATION_Q];
};

static void tilt_at(const struct law *l, double rate, struct tilt *t)
{
	t->rate = rate;
	t->log_mean = t->mean = 0;
	for (size_t i = 0; i < l->n; i++) {
		double sum = 0, mean = 0;
		for (uint32_t k = 0; k < l->q[i]; k++) {
			double p = l->p[i][k] * exp(rate * (double)l->weight[i][k]);
			sum += p;
			mean += p * (double)l->weight[i][k];
			t->drawn[i][k] = sum;
		}
		for (uint32_t k = 0; k < l->q[i]; k++)
			t->drawn[i][k] /= sum;
		t->log_mean += log(sum);
		t->mean += mean / sum;
	}
}

/* tilt_to finds the rate whose mean is units. */
static void tilt_to(const struct law *l, int64_t units, struct tilt *t)
{
	double lo = 0, hi = 5;
	for (int i = 0; i < 60; i++) {
		double mid = (lo + hi) / 2;
		tilt_at(l, mid, t);
		if (t->mean < (double)units)
			lo = mid;
		else
			hi = mid;
	}
}

static int64_t draw_tilted(const struct law *l, const struct tilt *t, uint64_t *rng)
{
	int64_t units = 0;
	for (size_t i = 0; i < l->n; i++) {
		double u = (double)(instrument_random(rng) >> 11) * 0x1p-53;
		uint32_t k = 0;
		while (k + 1 < l->q[i] && u >= t->drawn[i][k])
			k++;
		units += l->weight[i][k];
	}
	return units;
}

/* sample estimates P(score >= units), and the standard error. */
static double sample(const struct law *l, int64_t units, uint64_t draws, uint64_t *rng,
		     double *error)
{
	static struct tilt t;
	double sum = 0, square = 0;
	tilt_to(l, units, &t);
	for (uint64_t i = 0; i < draws; i++) {
		int64_t got = draw_tilted(l, &t, rng);
		double w = got >= units ? exp(t.log_mean - t.rate * (double)got) : 0;
		sum += w;
		square += w * w;
	}
	double mean = sum / (double)draws;
	*error = sqrt((square / (double)draws - mean * mean) / (double)draws);
	return mean;
}

/* first_below returns the smallest score whose claimed tail is at most level. */
static int64_t first_below(const struct code_score *s, double level)
{
	int64_t lo = 0, hi = code_score_max(s) + 1;
	while (lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		if (code_score_tail(s, mid) <= level)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void sample_score(const struct trial *t, const struct code_score *s, const char *name,
			 uint64_t draws, uint64_t *rng, unsigned *checks, unsigned *violated)
{
	static struct law l;
	bool any = false;
	law_of(t, s, &l);
	printf("%-26s %-10s", t->channel->name, name);
	for (int i = 0; i < LEVELS; i++) {
		int64_t units = first_below(s, levels[i]);
		if (units > code_score_max(s)) {
			printf("      -");
			continue;
		}
		double error, p = sample(&l, units, draws, rng, &error);
		double claimed = code_score_tail(s, units);
		/* 1 in 3 million by chance, for each number of the table. */
		bool bad = fabs(p - claimed) > 5 * error;
		printf(" %6.3f", p / claimed);
		any |= bad;
		*violated += bad;
		++*checks;
	}
	printf("  %s\n", any ? "VIOLATED" : "ok");
}

struct sr_err tail_sample(uint64_t seed, uint64_t draws, unsigned *checks, unsigned *violated)
{
	static const struct channel channels[] = {
		{"two, interleaving", LEAK_INTERLEAVED, 2, 2, 2, 150, 2, 0},
		{"three, minority", LEAK_MINORITY, 3, 2, 2, 150, 3, 0},
		{"five, 2 to 6 wordings", LEAK_MAJORITY, 5, 2, 6, 150, 5, 0},
		{"soft, design 12", LEAK_SOFT, 12, 2, 3, 150, 2, 0},
	};
	static struct trial t;
	printf("\n# importance sampling, %llu tilted draws a number: estimated over claimed tail\n"
	       "%-26s %-10s",
	       (unsigned long long)draws, "leak", "score");
	for (int i = 0; i < LEVELS; i++)
		printf("  %5.0e", levels[i]);
	printf("\n");
	for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
		struct scores s;
		uint64_t rng = seed + 77 * i;
		SR_TRY(trial_open(&channels[i], seed + i, &t));
		struct sr_err err = scores_open(&t, &s);
		for (uint32_t k = 0; k < s.n && !sr_bad(err); k++)
			sample_score(&t, s.at[k], s.name[k], draws, &rng, checks, violated);
		trial_close(&t);
		SR_TRY(err);
	}
	return sr_ok();
}
