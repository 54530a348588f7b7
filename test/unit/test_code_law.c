/* SPDX-License-Identifier: Apache-2.0 */
/* The score and its law, against exact integers. A bound is a bound only if it is never below. */
#include "code_law.h"
#include "code_design.h"
#include "code_score.h"
#include "test.h"

#include <dlfcn.h>
#include <fenv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct code_design even = {NULL, NULL, 2};

enum { PLACES_MAX = 7, Q_MAX = 6, WORDS_MAX = 3000, BIG_LIMBS = 12 };

/* struct big: a natural number of 384 bits, least limb first. */
struct big {
	uint32_t limb[BIG_LIMBS];
};

static struct big big_of(uint64_t v)
{
	return (struct big){{(uint32_t)v, (uint32_t)(v >> 32)}};
}

static struct big big_mul(struct big a, uint32_t b)
{
	uint64_t carry = 0;
	for (int i = 0; i < BIG_LIMBS; i++) {
		carry += (uint64_t)a.limb[i] * b;
		a.limb[i] = (uint32_t)carry;
		carry >>= 32;
	}
	return a;
}

static struct big big_add(struct big a, struct big b)
{
	uint64_t carry = 0;
	for (int i = 0; i < BIG_LIMBS; i++) {
		carry += (uint64_t)a.limb[i] + b.limb[i];
		a.limb[i] = (uint32_t)carry;
		carry >>= 32;
	}
	return a;
}

static struct big big_shift(struct big a, int bits)
{
	for (; bits >= 31; bits -= 31)
		a = big_mul(a, UINT32_C(1) << 31);
	return big_mul(a, UINT32_C(1) << bits);
}

static int big_cmp(struct big a, struct big b)
{
	for (int i = BIG_LIMBS; i-- > 0;)
		if (a.limb[i] != b.limb[i])
			return a.limb[i] < b.limb[i] ? -1 : 1;
	return 0;
}

static long double big_value(struct big a, int places_n)
{
	long double v = 0;
	for (int i = BIG_LIMBS; i-- > 0;)
		v = v * 4294967296.0L + a.limb[i];
	return ldexpl(v, -32 * places_n);
}

/* double_cmp compares d with a / 2^(32 places_n), exactly. d must be above 2^(-32 places_n - 60).
 */
static int double_cmp(double d, struct big a, int places_n)
{
	int e;
	uint64_t mantissa = (uint64_t)ldexp(frexp(d, &e), 53);
	int shift = e - 53 + 32 * places_n;
	struct big left = big_of(mantissa);
	return shift >= 0 ? big_cmp(big_shift(left, shift), a)
			  : big_cmp(left, big_shift(a, -shift));
}

/* struct instance: a few places, with everything they point to. */
struct instance {
	int n;
	struct code_seen seen[PLACES_MAX];
	uint64_t cum[PLACES_MAX][Q_MAX + 1];
	float loglik[PLACES_MAX][Q_MAX];
};

static void random_bias(uint64_t *rng, uint32_t q, uint64_t *cum)
{
	code_bias_uniform(q, cum);
	if (test_random(rng) % 2)
		return;
	/* Thresholds anywhere, two equal ones moved apart. */
	for (uint32_t k = 1; k < q; k++)
		cum[k] = cum[k - 1] + 1 +
			 test_random(rng) % ((CODE_BIAS_ONE - cum[k - 1]) / (q - k + 1));
}

static float random_loglik(uint64_t *rng, int kind, uint32_t k, uint32_t seen)
{
	switch (kind) {
	case 0:
		return 0; /* erasure */
	case 1:
		return k == seen ? -0.02f : -4.5f; /* clean */
	case 2:
		return k == seen ? 0 : -1000; /* beyond the range */
	default:
		return -(float)(test_random(rng) % 8000) / 1000; /* soft */
	}
}

static void random_instance(uint64_t *rng, struct instance *in)
{
	uint32_t words = 1;
	for (in->n = 0; in->n < PLACES_MAX; in->n++) {
		int i = in->n, kind = (int)(test_random(rng) % 5);
		uint32_t q = 2 + (uint32_t)(test_random(rng) % (Q_MAX - 1));
		uint32_t seen = (uint32_t)(test_random(rng) % q);
		if ((words *= q) > WORDS_MAX)
			break;
		random_bias(rng, q, in->cum[i]);
		for (uint32_t k = 0; k < q; k++)
			in->loglik[i][k] = random_loglik(rng, kind, k, seen);
		in->seen[i] = (struct code_seen){{q, in->cum[i]}, in->loglik[i]};
	}
}

/* next_codeword steps through all codewords; false after the last. */
static bool next_codeword(const struct instance *in, uint16_t *x)
{
	for (int i = 0; i < in->n; i++) {
		if (++x[i] < in->seen[i].bias.q)
			return true;
		x[i] = 0;
	}
	return false;
}

static struct big codeword_p(const struct instance *in, const uint16_t *x)
{
	struct big p = big_of(1);
	for (int i = 0; i < in->n; i++)
		p = big_mul(p, (uint32_t)(in->cum[i][x[i] + 1] - in->cum[i][x[i]]));
	return p;
}

/* exact_tails returns 2^(32 n) P(S >= s) for s = 0 .. max, to be freed. */
static struct big *exact_tails(const struct instance *in, const struct code_score *s)
{
	size_t max = (size_t)code_score_max(s);
	struct big *tail = calloc(max + 1, sizeof *tail);
	uint16_t x[PLACES_MAX] = {0};
	do {
		int64_t units = code_score_of(s, x);
		tail[units] = big_add(tail[units], codeword_p(in, x));
	} while (next_codeword(in, x));
	for (size_t i = max; i-- > 0;)
		tail[i] = big_add(tail[i], tail[i + 1]);
	return tail;
}

static void test_brute_force(void)
{
	uint64_t rng = 20261;
	double worst = 0;
	for (int trial = 0; trial < 400; trial++) {
		struct arena a = {0};
		struct instance in;
		const struct code_score *s;
		random_instance(&rng, &in);
		struct sr_err err = code_score_build(&a, in.seen, (size_t)in.n, &s);
		if (!CHECK(!sr_bad(err), "trial %d", trial))
			return;
		struct big *tail = exact_tails(&in, s);
		for (int64_t u = 0; u <= code_score_max(s); u++) {
			double got = code_score_tail(s, u);
			double over = (double)(got / big_value(tail[u], in.n) - 1);
			worst = fmax(worst, over);
			CHECK(double_cmp(got, tail[u], in.n) >= 0, "trial %d score %d below", trial,
			      (int)u);
			CHECK(over < 1e-13, "trial %d score %d over by %g", trial, (int)u, over);
			CHECK(u == 0 || got <= code_score_tail(s, u - 1), "trial %d: ascends",
			      trial);
		}
		CHECK(code_score_tail(s, 0) == 1 && code_score_tail(s, -5) == 1, "trial %d", trial);
		CHECK(code_score_tail(s, INT64_MAX) > 0, "trial %d", trial);
		CHECK(code_score_leaker_tail(s, INT64_MAX) == 1, "trial %d", trial);
		CHECK(code_score_leaker_tail(s, INT64_MIN) <= code_score_leaker_tail(s, 0),
		      "trial %d", trial);
		free(tail);
		arena_release(&a);
	}
	CHECK(worst > 0, "some rounding must have happened");
}

/* nearest_tail is the same convolution in the usual rounding mode; returns how many entries. */
static size_t nearest_tail(const struct instance *in, const struct code_score *const *one,
			   double *law)
{
	size_t width = 1;
	law[0] = 1;
	for (int i = 0; i < in->n; i++) {
		size_t max = (size_t)code_score_max(one[i]);
		double next[PLACES_MAX * 2048] = {0};
		for (uint16_t k = 0; k < in->seen[i].bias.q; k++)
			for (size_t j = 0; j < width; j++)
				next[j + (size_t)code_score_of(one[i], &k)] +=
					law[j] * code_bias_p(&in->seen[i].bias, k);
		width += max;
		memcpy(law, next, width * sizeof *law);
	}
	for (size_t j = width - 1; j-- > 0;)
		law[j] += law[j + 1];
	return width;
}

/* The instrument of the brute force test must report a law that is rounded to nearest. Scores of
 * single places have their own divisors, so the exact tails are computed for those as well. */
static void test_nearest_is_caught(void)
{
	uint64_t rng = 77;
	unsigned below = 0, cells = 0;
	for (int trial = 0; trial < 100; trial++) {
		struct arena a = {0};
		struct instance in;
		const struct code_score *one[PLACES_MAX];
		double law[PLACES_MAX * 2048];
		struct sr_err err = sr_ok();
		random_instance(&rng, &in);
		for (int i = 0; i < in.n && !sr_bad(err); i++)
			err = code_score_build(&a, &in.seen[i], 1, &one[i]);
		if (!CHECK(!sr_bad(err), "trial %d", trial))
			return;
		size_t width = nearest_tail(&in, one, law);
		struct big *tail = calloc(width, sizeof *tail);
		uint16_t x[PLACES_MAX] = {0};
		do {
			size_t units = 0;
			for (int i = 0; i < in.n; i++)
				units += (size_t)code_score_of(one[i], &x[i]);
			tail[units] = big_add(tail[units], codeword_p(&in, x));
		} while (next_codeword(&in, x));
		for (size_t i = width - 1; i-- > 0;)
			tail[i] = big_add(tail[i], tail[i + 1]);
		for (size_t i = 0; i < width; i++, cells++)
			below += double_cmp(law[i], tail[i], in.n) < 0;
		free(tail);
		arena_release(&a);
	}
	CHECK(below > cells / 50, "%u of %u below", below, cells);
}

/* A stand-in for a machine that takes the mode and does not obey, or rounds another way. */
static int planted_mode = -1;
int fesetround(int mode)
{
	int (*real)(int);
	void *found = dlsym(RTLD_NEXT, "fesetround");
	memcpy(&real, &found, sizeof real);
	return real(mode == FE_UPWARD && planted_mode >= 0 ? planted_mode : mode);
}

static struct sr_err coin_score(struct arena *a, size_t n, const struct code_score **s)
{
	static const uint64_t cum[3] = {0, CODE_BIAS_ONE / 2, CODE_BIAS_ONE};
	static const float loglik[2] = {-0.01f, -4.7f};
	struct code_seen *seen = ARENA_ARRAY(a, n, struct code_seen);
	for (size_t i = 0; seen && i < n; i++)
		seen[i] = (struct code_seen){{2, cum}, loglik};
	return seen ? code_score_build(a, seen, n, s) : sr_nomem();
}

static void test_rounding_mode(void)
{
	static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_TOWARDZERO};
	struct arena a = {0};
	const struct code_score *s = NULL;
	for (size_t i = 0; i < 3; i++) {
		planted_mode = modes[i];
		CHECK(coin_score(&a, 5, &s).code == SR_E_STATE && !s, "mode %d", modes[i]);
		CHECK(fegetround() == FE_TONEAREST, "mode %d", modes[i]);
	}
	planted_mode = -1;
	CHECK(!sr_bad(coin_score(&a, 5, &s)), "a mode that works");
	CHECK(fegetround() == FE_TONEAREST, "restored");
	arena_release(&a);
}

static void test_all_agree(void)
{
	for (size_t m = 0; m <= 900; m += m < 40 ? 1 : 43) {
		struct arena a = {0};
		const struct code_score *s;
		if (!CHECK(!sr_bad(coin_score(&a, m, &s)), "m %zu", m))
			return;
		CHECK(code_score_max(s) == (int64_t)m, "m %zu: one unit a place", m);
		CHECK(code_score_tail(s, (int64_t)m) == ldexp(1, -(int)m), "m %zu: 2^-m", m);
		CHECK(code_score_tail(s, 0) == 1, "m %zu", m);
		arena_release(&a);
	}
}

/* The tails of the binomial law with m fair coins, to about 1e-17 relative. */
static void binomial_tails(int m, long double *tail)
{
	long double p = ldexpl(1, -m);
	tail[m + 1] = 0;
	for (int k = m; k >= 0; k--) {
		tail[k] = tail[k + 1] + p;
		p = p * k / (m - k + 1);
	}
}

static void test_binomial(void)
{
	static const struct {
		int m;
		double down_to;
	} rows[] = {{100, 1e-30}, {150, 1e-40}, {700, 1e-210}, {3000, 1e-250}, {5000, 1e-250}};
	static long double tail[5002];
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct arena a = {0};
		const struct code_score *s;
		int m = rows[r].m;
		if (!CHECK(!sr_bad(coin_score(&a, (size_t)m, &s)), "m %d", m))
			return;
		binomial_tails(m, tail);
		for (int k = 0; k <= m; k++) {
			long double over = code_score_tail(s, k) / tail[k] - 1;
			CHECK(over > -1e-15L, "m %d k %d: %Lg", m, k, over);
			CHECK(tail[k] < rows[r].down_to || over < 1e-10L, "m %d k %d: %Lg", m, k,
			      over);
		}
		arena_release(&a);
	}
}

/* crowd_score scores n places that read wording 0, each with its own noise up to soft nats. */
static struct sr_err crowd_score(struct arena *a, const uint32_t *q, size_t n, float soft,
				 uint64_t *rng, const struct code_score **s)
{
	struct code_seen *seen = ARENA_ARRAY(a, n, struct code_seen);
	struct code_bias *bias = ARENA_ARRAY(a, n, struct code_bias);
	SR_TRY(seen && bias ? sr_ok() : sr_nomem());
	SR_TRY(code_design_biases(a, &even, CODE_LAYER_WORDS, q, n, bias));
	for (size_t i = 0; i < n; i++) {
		float *loglik = ARENA_ARRAY(a, q[i], float);
		if (!loglik)
			return sr_nomem();
		float noise = soft * (float)(test_random(rng) % 1000) / 1000;
		for (uint32_t k = 0; k < q[i]; k++)
			loglik[k] = k ? -5 + noise - logf((float)q[i] - 1) : -0.01f;
		seen[i] = (struct code_seen){bias[i], loglik};
	}
	return code_score_build(a, seen, n, s);
}

static void test_large(void)
{
	enum { N = 5000 };
	static uint32_t q[N];
	static uint16_t x[N];
	static const struct {
		uint32_t q_max;
		float soft;
		const char *why;
	} rows[] = {{2, 0, "binary, clean"}, {5, 0, "mixed, clean"}, {2, 4, "binary, soft"}};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct arena a = {0};
		const struct code_score *s;
		uint64_t rng = 5;
		for (size_t i = 0; i < N; i++)
			q[i] = 2 + (uint32_t)(i % (rows[r].q_max - 1));
		if (!CHECK(!sr_bad(crowd_score(&a, q, N, rows[r].soft, &rng, &s)), "%s",
			   rows[r].why))
			return;
		CHECK(code_score_max(s) <= N * CODE_LOGLIK_RANGE * 2, "%s: too many bins",
		      rows[r].why);
		CHECK(code_score_of(s, x) == code_score_max(s), "%s", rows[r].why);
		double last = code_score_tail(s, code_score_max(s));
		CHECK(last > 0 && last < 1e-270, "%s: %g", rows[r].why, last);
		CHECK(code_score_leaker_tail(s, code_score_max(s)) == 1, "%s", rows[r].why);
		CHECK(code_score_leaker_tail(s, code_score_max(s) / 2) < 1e-200, "%s", rows[r].why);
		arena_release(&a);
	}
}

/* Units must be the log-likelihoods, up to half a unit a place: nats - least = units * scale. */
static void test_weights(void)
{
	uint64_t rng = 3;
	for (int trial = 0; trial < 200; trial++) {
		struct arena a = {0};
		struct instance in;
		const struct code_score *s;
		random_instance(&rng, &in);
		if (!CHECK(!sr_bad(code_score_build(&a, in.seen, (size_t)in.n, &s)), "trial %d",
			   trial))
			return;
		uint16_t x[PLACES_MAX] = {0};
		double least = INFINITY, most = -INFINITY;
		do {
			least = fmin(least, code_score_nats(s, x));
			most = fmax(most, code_score_nats(s, x));
		} while (next_codeword(&in, x));
		double scale = code_score_max(s) ? (most - least) / (double)code_score_max(s) : 0;
		do {
			double off =
				code_score_nats(s, x) - least - scale * (double)code_score_of(s, x);
			CHECK(fabs(off) <= in.n / 64.0, "trial %d: off by %g", trial, off);
		} while (next_codeword(&in, x));
		arena_release(&a);
	}
}

/* The leaker's law by enumeration, and the two ratios of likelihoods by their definitions. */
static void test_leaker_and_ratios(void)
{
	uint64_t rng = 99;
	for (int trial = 0; trial < 60; trial++) {
		struct arena a = {0};
		struct instance in;
		const struct code_score *s;
		random_instance(&rng, &in);
		if (!CHECK(!sr_bad(code_score_build(&a, in.seen, (size_t)in.n, &s)), "trial %d",
			   trial))
			return;
		int64_t limit = code_score_max(s) * 2 / 3;
		uint16_t x[PLACES_MAX] = {0};
		double at_most = 0, all = 0, none = 0;
		do {
			double p = (double)big_value(codeword_p(&in, x), in.n);
			double ratio = exp(code_score_nats(s, x)), original = 1;
			for (int i = 0; i < in.n; i++)
				original *= x[i] ? 0.1 / (in.seen[i].bias.q - 1) : 0.9;
			all += p * ratio;
			none += (0.5 * original + 0.5 * p) * ratio;
			if (code_score_of(s, x) <= limit)
				at_most += p * ratio;
		} while (next_codeword(&in, x));
		double got = code_score_leaker_tail(s, limit);
		CHECK(fabs(all - 1) < 1e-12, "trial %d: ratios average to %.17g", trial, all);
		CHECK(fabs(got - at_most) < 1e-12, "trial %d: %g %g", trial, got, at_most);
		CHECK(fabs(exp(code_score_none_nats(s, (size_t)in.n)) / none - 1) < 1e-12,
		      "trial %d", trial);
		arena_release(&a);
	}
}

/* What says nothing must change nothing: an erasure, the order of the places. */
static void test_nothing_said(void)
{
	uint64_t rng = 31;
	static const float erased[2] = {-3.25f, -3.25f};
	static const uint64_t coin[3] = {0, CODE_BIAS_ONE / 2, CODE_BIAS_ONE};
	for (int trial = 0; trial < 100; trial++) {
		struct arena a = {0};
		struct instance in, other;
		const struct code_score *s, *t;
		random_instance(&rng, &in);
		other = in;
		int n = in.n;
		for (int i = 0; i < n; i++) {
			int j = n - 1 - i;
			other.seen[i].bias = in.seen[j].bias;
			other.seen[i].loglik = other.loglik[i];
			for (uint32_t k = 0; k < in.seen[j].bias.q; k++)
				other.loglik[i][k] = in.loglik[j][k];
		}
		struct code_seen more[PLACES_MAX + 1] = {{{2, coin}, erased}};
		memcpy(more + 1, other.seen, (size_t)n * sizeof *more);
		struct sr_err err = code_score_build(&a, in.seen, (size_t)n, &s);
		if (!sr_bad(err))
			err = code_score_build(&a, more, (size_t)n + 1, &t);
		if (!CHECK(!sr_bad(err), "trial %d", trial))
			return;
		CHECK(code_score_max(s) == code_score_max(t), "trial %d", trial);
		for (int64_t u = 0; u <= code_score_max(s); u++)
			CHECK(fabs(code_score_tail(s, u) / code_score_tail(t, u) - 1) < 1e-13,
			      "trial %d score %d", trial, (int)u);
		arena_release(&a);
	}
}

/* posterior_symbol draws a symbol with a probability proportional to exp(loglik). */
static uint16_t posterior_symbol(uint64_t *rng, uint32_t q, const float *loglik)
{
	double sum = 0, at = (double)(test_random(rng) >> 11) * 0x1p-53;
	uint16_t k = 0;
	for (uint32_t i = 0; i < q; i++)
		sum += exp((double)loglik[i]);
	for (at *= sum; k + 1U < q && at >= exp((double)loglik[k]); k++)
		at -= exp((double)loglik[k]);
	return k;
}

/* Leakers drawn from the reading model are excluded in at most 1 of 100 cases, and, as the scores
 * are fine, in nearly as many. */
static void test_excluded(void)
{
	enum { N = 60, LEAKERS = 20 * 1000 };
	static uint32_t q[N];
	struct arena a = {0};
	const struct code_score *s;
	struct code_bias bias[N];
	struct code_seen seen[N];
	static float loglik[N][4];
	uint64_t rng = 17;
	unsigned excluded = 0;
	for (size_t i = 0; i < N; i++)
		q[i] = 2 + (uint32_t)(i % 3);
	struct sr_err err = code_design_biases(&a, &even, CODE_LAYER_WORDS, q, N, bias);
	for (size_t i = 0; i < N; i++) {
		for (uint32_t k = 0; k < q[i]; k++)
			loglik[i][k] = random_loglik(&rng, 3, k, 0) / 2;
		seen[i] = (struct code_seen){bias[i], loglik[i]};
	}
	if (!sr_bad(err))
		err = code_score_build(&a, seen, N, &s);
	if (!CHECK(!sr_bad(err), "build"))
		return;
	for (unsigned r = 0; r < LEAKERS; r++) {
		uint16_t x[N];
		for (size_t i = 0; i < N; i++)
			x[i] = posterior_symbol(&rng, q[i], loglik[i]);
		excluded += code_score_leaker_tail(s, code_score_of(s, x)) < CODE_EXCLUDED;
	}
	/* 200 are allowed, with a standard deviation of 14. */
	CHECK(excluded > 140 && excluded < 257, "%u of %d", excluded, LEAKERS);
	arena_release(&a);
}

/* exceed_n counts how many of readers_n innocents reach the claim, by our law or by a Gaussian
 * with the same mean and variance. */
static unsigned exceed_n(const struct code_score *s, const struct code_bias *bias, size_t n,
			 unsigned readers_n, double claim, bool gaussian)
{
	double mean = 0, square = 0;
	for (int64_t u = 1; u <= code_score_max(s); u++) {
		mean += code_score_tail(s, u);
		square += (double)(2 * u - 1) * code_score_tail(s, u);
	}
	double sigma = sqrt(square - mean * mean);
	uint64_t rng = 4242;
	unsigned count = 0;
	for (unsigned r = 0; r < readers_n; r++) {
		uint16_t x[64];
		for (size_t i = 0; i < n; i++)
			x[i] = (uint16_t)code_bias_symbol(bias, (uint32_t)test_random(&rng));
		int64_t u = code_score_of(s, x);
		double p = gaussian ? erfc(((double)u - mean) / sigma * M_SQRT1_2) / 2
				    : code_score_tail(s, u);
		count += p <= claim;
	}
	return count;
}

static void test_calibration(void)
{
	enum { N = 40, READERS = 100 * 1000 };
	static uint32_t q[N];
	struct arena a = {0};
	const struct code_score *s;
	struct code_bias bias;
	uint64_t rng = 5;
	for (size_t i = 0; i < N; i++)
		q[i] = 6;
	struct sr_err err = code_design_biases(&a, &even, CODE_LAYER_WORDS, q, 1, &bias);
	if (!sr_bad(err))
		err = crowd_score(&a, q, N, 0, &rng, &s);
	if (!CHECK(!sr_bad(err), "build"))
		return;
	/* 100 are claimed; four standard deviations are 40. */
	unsigned ours = exceed_n(s, &bias, N, READERS, 1e-3, false);
	unsigned planted = exceed_n(s, &bias, N, READERS, 1e-3, true);
	CHECK(ours <= 140, "%u exceed a claimed 100", ours);
	CHECK(planted > 140, "the Gaussian tail was not reported: %u", planted);
	arena_release(&a);
}

/* struct summands: a few, whose probabilities are multiples of 2^-8. */
struct summands {
	struct code_summand sum[6];
	struct code_atom atom[6][4];
	size_t n, max;
};

static void random_summands(uint64_t *rng, struct summands *s)
{
	*s = (struct summands){.n = test_random(rng) % 6};
	for (size_t i = 0; i < s->n; i++) {
		uint32_t n = 1 + (uint32_t)(test_random(rng) % 4), value = 0, left = 256;
		for (uint32_t k = 0; k < n; k++) {
			uint32_t p = k + 1 == n ? left : 1 + (uint32_t)(test_random(rng) % 80);
			s->atom[i][k] = (struct code_atom){value, p / 256.0};
			left -= k + 1 == n ? 0 : p;
			s->max += k + 1 == n ? value : 0;
			value += 1 + (uint32_t)(test_random(rng) % (test_random(rng) % 2 ? 3 : 40));
		}
		s->sum[i] = (struct code_summand){s->atom[i], n};
	}
}

/* enumerate adds the probabilities of all sums of summands i and behind to law. */
static void enumerate(const struct summands *s, size_t i, size_t at, double p, double *law)
{
	if (i == s->n)
		law[at] += p;
	for (uint32_t k = 0; i < s->n && k < s->sum[i].n; k++)
		enumerate(s, i + 1, at + s->atom[i][k].value, p * s->atom[i][k].p, law);
}

/* All sums are multiples of 2^-48, hence exact, in any rounding: values that reach beyond the law
 * so far, into it and to its very end; and sums that do not occur must have no probability. */
static void test_exact(void)
{
	uint64_t rng = 12;
	unsigned gaps = 0;
	for (int trial = 0; trial < 2000; trial++) {
		struct arena a = {0};
		struct summands s;
		struct code_tail t;
		double law[6 * 120] = {0}, tail = 0;
		random_summands(&rng, &s);
		if (!CHECK(!sr_bad(code_law_tail(&a, s.sum, s.n, &t)), "trial %d", trial))
			return;
		enumerate(&s, 0, 0, 1, law);
		for (size_t u = s.max + 1; u-- > 0;) {
			tail += law[u];
			gaps += law[u] <= 0;
			CHECK(code_law_at(&t, (int64_t)u) == tail, "trial %d sum %zu", trial, u);
		}
		arena_release(&a);
	}
	CHECK(gaps > 1000, "only %u sums that do not occur", gaps);
}

/* What is below the floor counts as the floor, once for each sum that occurs. */
static void test_floor(void)
{
	static const struct code_atom rare[2] = {{0, 1}, {10, 1e-200}};
	static const struct code_summand twice[2] = {{rare, 2}, {rare, 2}};
	struct arena a = {0};
	struct code_tail t;
	if (!CHECK(!sr_bad(code_law_tail(&a, twice, 2, &t)), "law"))
		return;
	CHECK(code_law_at(&t, 10) >= 2e-200 && code_law_at(&t, 10) < 2.1e-200, "once");
	for (int64_t u = 11; u <= 30; u++)
		CHECK(code_law_at(&t, u) >= CODE_LAW_FLOOR &&
			      code_law_at(&t, u) < 1.5 * CODE_LAW_FLOOR,
		      "both, sum %d: %g", (int)u, code_law_at(&t, u));
	arena_release(&a);
}

/* A law that got narrower leaves something behind it, which is not to come up again in a gap. */
static void test_narrower(void)
{
	static const struct code_atom up[2] = {{0, CODE_LAW_FLOOR / 10}, {1, 1}},
				      none[1] = {{0, 1}}, far[2] = {{0, 0.5}, {5, 0.5}};
	static const struct code_summand sum[3] = {{up, 2}, {none, 1}, {far, 2}};
	struct arena a = {0};
	struct code_tail t;
	if (!CHECK(!sr_bad(code_law_tail(&a, sum, 3, &t)), "law"))
		return;
	for (int64_t u = 0; u <= 6; u++) {
		double want = u < 2 ? 1 : 0.5;
		CHECK(code_law_at(&t, u) >= want && code_law_at(&t, u) < want + 1e-15, "sum %d: %g",
		      (int)u, code_law_at(&t, u));
	}
	arena_release(&a);
}

static void test_refusals(void)
{
	static const uint64_t good[3] = {0, CODE_BIAS_ONE / 2, CODE_BIAS_ONE};
	static const uint64_t flat[3] = {0, 0, CODE_BIAS_ONE}, open[3] = {0, 1, 2};
	static const uint64_t late[3] = {1, 2, CODE_BIAS_ONE},
			      beyond[3] = {0, UINT64_MAX, CODE_BIAS_ONE};
	static const float fine[2] = {0, -1}, nan_[2] = {0, NAN}, inf_[2] = {0, -INFINITY};
	const struct {
		struct code_seen seen;
		const char *why;
	} rows[] = {
		{{{1, good}, fine}, "one wording"},
		{{{257, good}, fine}, "too many wordings"},
		{{{2, flat}, fine}, "a symbol that cannot occur"},
		{{{2, open}, fine}, "not a law"},
		{{{2, late}, fine}, "does not start at 0"},
		{{{2, beyond}, fine}, "not ascending"},
		{{{2, good}, nan_}, "not a number"},
		{{{2, good}, inf_}, "infinite"},
	};
	struct arena a = {0};
	const struct code_score *s = NULL;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		CHECK(code_score_build(&a, &rows[i].seen, 1, &s).code == SR_E_INPUT && !s, "%s",
		      rows[i].why);
	CHECK(code_score_build(&a, &rows[0].seen, CODE_SEEN_MAX + 1, &s).code == SR_E_LIMIT,
	      "limit");
	arena_release(&a);
}

static void test_no_memory(void)
{
	for (size_t n = 1;; n++) {
		struct arena a = {0};
		const struct code_score *s = NULL;
		uint32_t q[6] = {2, 3, 5, 2, 256, 4};
		uint64_t rng = 1;
		test_alloc_fail_at(n);
		struct sr_err err = crowd_score(&a, q, 6, 2, &rng, &s);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(failed ? err.code == SR_E_NOMEM && !s : !sr_bad(err), "allocation %zu", n);
		CHECK(fegetround() == FE_TONEAREST, "allocation %zu", n);
		arena_release(&a);
		if (!failed)
			break;
	}
}

int main(void)
{
	test_run("law equals the enumeration of all codewords, from above", test_brute_force);
	test_run("planted: a law rounded to nearest is reported", test_nearest_is_caught);
	test_run("planted: a machine that does not round upward is refused", test_rounding_mode);
	test_run("sums that doubles hold exactly come out exactly", test_exact);
	test_run("the floor", test_floor);
	test_run("a law that gets narrower", test_narrower);
	test_run("m coins agree with 2^-m exactly", test_all_agree);
	test_run("binomial tails to 1e-250", test_binomial);
	test_run("5,000 places", test_large);
	test_run("weights are log-likelihoods", test_weights);
	test_run("the leaker's law and the ratios, by their definitions", test_leaker_and_ratios);
	test_run("an erasure and the order of places change nothing", test_nothing_said);
	test_run("a leaker is excluded once in a hundred leaks", test_excluded);
	test_run("innocents stay below the claim; planted: a Gaussian does not", test_calibration);
	test_run("bad biases and readings are refused", test_refusals);
	test_run("every allocation may fail", test_no_memory);
	return test_done();
}
