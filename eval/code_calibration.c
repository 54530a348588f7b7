/* SPDX-License-Identifier: Apache-2.0 */
/* Is the p-value of an uninvolved reader what it claims to be? For several kinds of leak, honest
 * and hostile, draws the symbols of many uninvolved readers from the real stream and counts how
 * many reach each level. Prints the ratio of observed to claimed with Clopper-Pearson limits at
 * 99%; "law" is the ratio that the exact law predicts: below 1 because scores are integers.
 *
 * usage: code_calibration [--readers N] [--seed S] [--plant gaussian]
 * exit 0: no claim is violated; 1: a lower limit is above its claim; 2: it could not run.
 * --plant gaussian replaces the exact tail by a normal one, which must end in 1. */
#include "code_design.h"
#include "code_score.h"
#include "code_symbols.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 60, LEVELS = 4, Q_MAX = 8 };

static const double levels[LEVELS] = {1e-1, 1e-2, 1e-3, 1e-4};

struct options {
	uint64_t readers_n, seed;
	bool gaussian;
};

enum leak { RANDOM, SOFT, ALL_ZERO, ORIGINAL, EDITED_COPY, MAJORITY };

/* struct channel: q_min .. q_max wordings in turn; parties is how many of the first readers had
 * a part in the leak: they are not innocent and not counted. */
struct channel {
	const char *name;
	enum leak leak;
	uint32_t q_min, q_max, parties;
};

static const struct channel channels[] = {
	{"binary, clean", RANDOM, 2, 2, 0},
	{"2 to 6 wordings, clean", RANDOM, 2, 6, 0},
	{"8 wordings, clean", RANDOM, 8, 8, 0},
	{"2 to 4 wordings, soft", SOFT, 2, 4, 0},
	{"hostile: all first wordings", ALL_ZERO, 2, 2, 0},
	{"a writer who prefers originals", ORIGINAL, 2, 5, 0},
	{"one copy, edited and cut", EDITED_COPY, 2, 3, 1},
	{"majority of nine copies", MAJORITY, 2, 3, 9},
};

/* struct trial: one leak and what it takes to draw readers for it. */
struct trial {
	struct crypto_key key;
	uint8_t lattice_hash[CRYPTO_HASH_LEN];
	uint32_t place[PLACES];
	struct code_bias bias[PLACES];
	float loglik[PLACES][Q_MAX];
	struct code_seen seen[PLACES];
	const struct code_score *score;
	double mean, sigma; /* of an innocent's score */
};

/* SplitMix64: for the making of leaks only. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static struct sr_err draw_reader(const struct trial *t, uint64_t reader, uint16_t *x)
{
	uint8_t id[8];
	struct code_stream s = {&t->key, CRYPTO_LABEL_SYMBOLS_WORDS, t->lattice_hash};
	for (int i = 0; i < 8; i++)
		id[i] = (uint8_t)(reader >> 8 * i);
	return code_symbols_seen(&s, slice_make(id, sizeof id), t->place, t->bias, PLACES, x);
}

/* read_as makes place i read as wording seen, cleanly. */
static void read_as(struct trial *t, size_t i, uint32_t seen)
{
	for (uint32_t k = 0; k < t->bias[i].q; k++)
		t->loglik[i][k] = k == seen ? -0.02f : -4;
}

static uint32_t plurality(const struct trial *t, size_t i, const uint16_t x[][PLACES], uint32_t n)
{
	uint32_t votes[Q_MAX] = {0}, best = 0;
	for (uint32_t r = 0; r < n; r++)
		votes[x[r][i]]++;
	for (uint32_t k = 1; k < t->bias[i].q; k++)
		best = votes[k] > votes[best] ? k : best;
	return best;
}

/* leak_place fills the reading of place i; x holds the copies of the parties. */
static void leak_place(struct trial *t, const struct channel *c, const uint16_t x[][PLACES],
		       size_t i, uint64_t *rng)
{
	uint32_t q = t->bias[i].q, drawn = (uint32_t)(next_random(rng) % q);
	switch (c->leak) {
	case RANDOM:
		read_as(t, i, drawn);
		break;
	case SOFT:
		for (uint32_t k = 0; k < q; k++)
			t->loglik[i][k] = -(float)(next_random(rng) % 8000) / 1000;
		break;
	case ALL_ZERO:
		read_as(t, i, 0);
		break;
	case ORIGINAL:
		read_as(t, i, next_random(rng) % 10 ? 0 : drawn);
		break;
	case EDITED_COPY:
		if (next_random(rng) % 5)
			read_as(t, i, next_random(rng) % 5 ? x[0][i] : drawn);
		break;
	case MAJORITY:
		read_as(t, i, plurality(t, i, x, c->parties));
		break;
	}
}

/* moments takes mean and deviation from the exact tails. */
static void moments(struct trial *t)
{
	double square = 0;
	t->mean = 0;
	for (int64_t u = 1; u <= code_score_max(t->score); u++) {
		t->mean += code_score_tail(t->score, u);
		square += (double)(2 * u - 1) * code_score_tail(t->score, u);
	}
	t->sigma = sqrt(square - t->mean * t->mean);
}

static struct sr_err trial_build(struct arena *a, const struct channel *c, uint64_t seed,
				 struct trial *t)
{
	uint8_t key[CRYPTO_KEY_LEN] = {0};
	uint32_t q[PLACES];
	uint16_t x[9][PLACES];
	struct slice name = slice_str(c->name);
	memcpy(key, &seed, sizeof seed);
	SR_TRY(crypto_key_copy(&t->key, slice_make(key, sizeof key)));
	crypto_digest(&name, 1, t->lattice_hash);
	for (uint32_t i = 0; i < PLACES; i++) {
		t->place[i] = i + i / 20 * 100;
		q[i] = c->q_min + i % (c->q_max - c->q_min + 1);
	}
	const struct code_design even = {NULL, NULL, 2};
	SR_TRY(code_design_biases(a, &even, q, PLACES, t->bias));
	for (uint32_t r = 0; r < c->parties; r++)
		SR_TRY(draw_reader(t, r, x[r]));
	for (size_t i = 0; i < PLACES; i++) {
		leak_place(t, c, (const uint16_t(*)[PLACES])x, i, &seed);
		t->seen[i] = (struct code_seen){t->bias[i], t->loglik[i]};
	}
	SR_TRY(code_score_build(a, t->seen, PLACES, &t->score));
	moments(t);
	return sr_ok();
}

static double p_value(const struct trial *t, int64_t units, bool gaussian)
{
	if (gaussian)
		return erfc(((double)units - t->mean) / t->sigma * M_SQRT1_2) / 2;
	return code_score_tail(t->score, units);
}

static struct sr_err count(const struct trial *t, const struct channel *c, const struct options *o,
			   uint64_t *reached)
{
	for (uint64_t r = c->parties; r < c->parties + o->readers_n; r++) {
		uint16_t x[PLACES];
		SR_TRY(draw_reader(t, r, x));
		double p = p_value(t, code_score_of(t->score, x), o->gaussian);
		for (int l = 0; l < LEVELS; l++)
			reached[l] += p <= levels[l];
	}
	return sr_ok();
}

/* at_least returns P(X >= k) for X binomial(n, p) with k > n p, summed until nothing changes. */
static double at_least(double k, double n, double p)
{
	double term = exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) +
			  (n - k) * log1p(-p));
	double sum = 0;
	for (; k <= n && term > sum * 1e-17; k++) {
		sum += term;
		term *= (n - k) / (k + 1) * (p / (1 - p));
	}
	return sum;
}

/* limit_low returns the Clopper-Pearson lower limit, of 99% two-sided, for k of n. The upper one
 * is 1 - limit_low(n - k, n). */
static double limit_low(double k, double n)
{
	double lo = 0, hi = k / n;
	if (k <= 0)
		return 0;
	for (int i = 0; i < 60; i++) {
		double mid = (lo + hi) / 2;
		if (at_least(k, n, mid) < 0.005)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* law_rate returns the probability with which an innocent reaches the level, by the exact law. */
static double law_rate(const struct trial *t, double level, bool gaussian)
{
	int64_t u = code_score_max(t->score);
	double rate = 0;
	for (; u >= 0 && p_value(t, u, gaussian) <= level; u--)
		rate = code_score_tail(t->score, u);
	return rate;
}

/* report prints the rows of a channel and returns how many claims are violated. */
static int report(const struct trial *t, const struct channel *c, const struct options *o,
		  const uint64_t *reached)
{
	int violated = 0;
	double n = (double)o->readers_n;
	for (int l = 0; l < LEVELS; l++) {
		double k = (double)reached[l], claim = levels[l];
		double low = limit_low(k, n), high = 1 - limit_low(n - k, n);
		bool bad = low > claim;
		printf("%-31s %7.0e %9.0f %8.4f [%6.4f, %6.4f] %8.4f  %s\n", c->name, claim, k,
		       k / n / claim, low / claim, high / claim,
		       law_rate(t, claim, o->gaussian) / claim, bad ? "VIOLATED" : "ok");
		violated += bad;
	}
	return violated;
}

static struct sr_err run_channel(const struct channel *c, const struct options *o, int *violated)
{
	struct arena a = {0};
	struct trial t = {0};
	uint64_t reached[LEVELS] = {0};
	struct sr_err err = trial_build(&a, c, o->seed, &t);
	if (!sr_bad(err))
		err = count(&t, c, o, reached);
	if (!sr_bad(err))
		*violated += report(&t, c, o, reached);
	crypto_key_release(&t.key);
	arena_release(&a);
	return err;
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
		if (i + 1 >= argc)
			return false;
		if (!strcmp(argv[i], "--plant") && !strcmp(argv[i + 1], "gaussian"))
			o->gaussian = true;
		else if (!strcmp(argv[i], "--readers") && parse_number(argv[i + 1], &o->readers_n))
			continue;
		else if (!strcmp(argv[i], "--seed") && parse_number(argv[i + 1], &o->seed))
			continue;
		else
			return false;
	}
	return o->readers_n > 0;
}

int main(int argc, char **argv)
{
	struct options o = {.readers_n = 1000 * 1000, .seed = 20261123};
	if (!parse(argc, argv, &o)) {
		(void)fputs("usage: code_calibration [--readers N] [--seed S] [--plant gaussian]\n",
			    stderr);
		return 2;
	}
	int violated = 0;
	struct sr_err err = crypto_init();
	printf("# %llu innocent readers a channel, %d places, seed %llu, %s tail\n",
	       (unsigned long long)o.readers_n, PLACES, (unsigned long long)o.seed,
	       o.gaussian ? "planted Gaussian" : "exact");
	printf("%-31s %7s %9s %8s %-16s %8s\n", "leak", "claimed", "observed", "ratio",
	       "[99% limits]", "law");
	for (size_t i = 0; i < sizeof channels / sizeof *channels && !sr_bad(err); i++)
		err = run_channel(&channels[i], &o, &violated);
	if (sr_bad(err)) {
		(void)fprintf(stderr, "code_calibration: %s\n", err.what);
		return 2;
	}
	printf("# %d of %zu claims violated\n", violated,
	       LEVELS * sizeof channels / sizeof *channels);
	return violated ? 1 : 0;
}
