/* SPDX-License-Identifier: Apache-2.0 */
/* Readings of coalitions, against the enumeration of all copies that their members may have. */
#include "code_coalition.h"
#include "code_design.h"
#include "code_joint.h"
#include "test.h"

#include <math.h>

enum { Q_MAX = 5 };

/* Readings are floats, and their logarithms are of a few units. */
#define CLOSE 1e-5

/* count_p is the probability of writing a wording that have of size members have, for the attacks
 * that count: those of two wordings add up to 1. */
static double count_p(enum code_attack attack, uint32_t have, uint32_t size)
{
	double p[CODE_ATTACKS] = {0};
	if (!have || have == size)
		return have > 0;
	p[CODE_INTERLEAVING] = (double)have / size;
	p[CODE_MAJORITY] = 2 * have > size ? 1 : 2 * have == size ? 0.5 : 1e-6 * have / size;
	p[CODE_MINORITY] = 2 * have < size ? 1 : 2 * have == size ? 0.5 : 0;
	p[CODE_COIN] = 0.5;
	return p[attack];
}

/* struct place: one place with its table of thresholds. */
struct place {
	uint64_t cum[LIMIT_WORDINGS + 1];
	float loglik[LIMIT_WORDINGS];
	struct code_seen seen;
};

/* place_make gives q wordings, the first half of which has the probability first / 1000; the
 * reading is soft, or so hard that all but one wording are impossible. */
static void place_make(struct place *p, uint32_t q, uint32_t first, bool soft, uint64_t *rng)
{
	uint32_t split = q / 2, written = (uint32_t)(test_random(rng) % q);
	uint64_t node = CODE_BIAS_ONE / 1000 * first;
	for (uint32_t k = 0; k <= q; k++)
		p->cum[k] = k <= split ? node * k / split
				       : node + (CODE_BIAS_ONE - node) * (k - split) / (q - split);
	for (uint32_t k = 0; k < q; k++)
		p->loglik[k] = soft           ? -(float)(test_random(rng) % 4000) / 1000
			       : k == written ? 0
					      : -1e30f;
	p->seen = (struct code_seen){{q, p->cum}, p->loglik};
}

/* written_lik is the likelihood of the reading if members with these copies write. Of more than
 * two wordings the attacks that count give probabilities whose sum, *all, need not be 1. */
static double written_lik(const struct place *p, enum code_attack attack, const uint32_t *copy,
			  uint32_t size, double *all)
{
	uint32_t q = p->seen.bias.q, have[LIMIT_WORDINGS] = {0}, first = q, last = 0;
	double lik = 0;
	for (uint32_t i = 0; i < size; i++) {
		have[copy[i]]++;
		first = copy[i] < first ? copy[i] : first;
		last = copy[i] > last ? copy[i] : last;
	}
	*all = 1;
	if (attack == CODE_ALL_FIRST || attack == CODE_ALL_LAST)
		return exp((double)p->loglik[attack == CODE_ALL_FIRST ? first : last]);
	*all = 0;
	for (uint32_t k = 0; k < q; k++) {
		*all += count_p(attack, have[k], size);
		lik += count_p(attack, have[k], size) * exp((double)p->loglik[k]);
	}
	return lik;
}

/* enumerated writes, for each wording of the first member, the mean of written_lik, over that of
 * its sum, over all copies of those who are not known: copy[1 .. known_n) is given. */
static void enumerated(const struct place *p, const struct code_model *m, const uint32_t *known,
		       uint32_t known_n, double *out)
{
	uint32_t q = p->seen.bias.q, copy[CODE_COLLUSION_MAX] = {0}, unknown = known_n + 1, i;
	for (uint32_t j = 0; j < known_n; j++)
		copy[1 + j] = known[j];
	for (uint32_t k = 0; k < q; k++) {
		double lik = 0, sum = 0;
		copy[0] = k;
		do {
			double chance = 1, all;
			for (i = unknown; i < m->size; i++)
				chance *= code_bias_p(&p->seen.bias, copy[i]);
			lik += chance * written_lik(p, m->attack, copy, m->size, &all);
			sum += chance * all;
			for (i = unknown; i < m->size && ++copy[i] == q; i++)
				copy[i] = 0;
		} while (i < m->size);
		out[k] = lik / sum;
	}
}

/* struct off: how far the readings are from the enumeration, in nats, and how far their mean is
 * from 1. */
struct off {
	double ratio, mean;
};

static struct off compare(const struct place *p, const struct code_model *m, const uint32_t *known,
			  uint32_t known_n)
{
	const uint16_t symbol[CODE_PARTNERS_MAX] = {(uint16_t)known[0], (uint16_t)known[1]};
	const uint16_t *const partner[CODE_PARTNERS_MAX] = {&symbol[0], &symbol[1]};
	float got[LIMIT_WORDINGS];
	double want[LIMIT_WORDINGS], all = 0, mean = 0, worst = 0;
	uint32_t q = p->seen.bias.q;
	code_coalition_loglik(&p->seen, 1, m, partner, known_n, got);
	enumerated(p, m, known, known_n, want);
	for (uint32_t k = 0; k < q; k++) {
		want[k] = fmax(want[k], 1e-12);
		all += code_bias_p(&p->seen.bias, k) * want[k];
		mean += code_bias_p(&p->seen.bias, k) * exp((double)got[k]);
	}
	for (uint32_t k = 0; k < q; k++)
		worst = fmax(worst, fabs((double)got[k] - log(want[k] / all)));
	return (struct off){worst, fabs(mean - 1)};
}

/* compare_all compares all attacks, coalitions of 2 to 5 with 0 to 2 partners known, and biases,
 * for places with q wordings; worst is by attack. */
static double compare_all(uint32_t q, bool hard, double worst[CODE_ATTACKS])
{
	static const uint32_t firsts[] = {67, 212, 500, 900};
	uint64_t rng = 20;
	double mean = 0;
	for (uint32_t size = 2; size <= 5; size++)
		for (uint32_t known_n = 0; known_n <= CODE_PARTNERS_MAX && known_n < size;
		     known_n++)
			for (uint32_t t = 0; t < 6 * CODE_ATTACKS * 8; t++) {
				struct place p;
				const struct code_model m = {t % CODE_ATTACKS, size};
				uint32_t known[2] = {(uint32_t)(test_random(&rng) % q),
						     (uint32_t)(test_random(&rng) % q)};
				place_make(&p, q, firsts[t / CODE_ATTACKS % 4], !hard || t % 5,
					   &rng);
				struct off off = compare(&p, &m, known, known_n);
				worst[m.attack] = fmax(worst[m.attack], off.ratio);
				mean = fmax(mean, off.mean);
			}
	return mean;
}

static void test_binary(void)
{
	double worst[CODE_ATTACKS] = {0};
	double mean = compare_all(2, true, worst);
	for (int a = 0; a < CODE_ATTACKS; a++)
		CHECK(worst[a] < CLOSE, "attack %d: off by %g nats", a, worst[a]);
	CHECK(mean < CLOSE, "ratios average to 1 but for %g", mean);
}

/* So it is with more wordings, each set against all others together. */
static void test_wider(void)
{
	double worst[CODE_ATTACKS] = {0}, mean = 0;
	for (uint32_t q = 3; q <= Q_MAX; q++)
		mean = fmax(mean, compare_all(q, true, worst));
	for (int a = 0; a < CODE_ATTACKS; a++)
		CHECK(worst[a] < CLOSE, "attack %d: off by %g nats", a, worst[a]);
	CHECK(mean < CLOSE, "ratios average to 1 but for %g", mean);
}

/* Every size and attack has readings, of places as wide and as lopsided as there are. */
static void test_extremes(void)
{
	static const uint32_t qs[] = {2, 3, LIMIT_WORDINGS};
	uint64_t rng = 5;
	for (uint32_t t = 0; t < 3 * 4 * CODE_COLLUSION_MAX * CODE_ATTACKS; t++) {
		struct place p;
		struct arena a = {0};
		float out[LIMIT_WORDINGS];
		double mean = 0;
		const struct code_model m = {t % CODE_ATTACKS,
					     2 + t / CODE_ATTACKS % (CODE_COLLUSION_MAX - 1)};
		uint32_t q = qs[t % 3], known_n = m.size == 2 ? t % 2 : t % 3;
		const uint16_t known[2] = {0, (uint16_t)(q - 1)};
		const uint16_t *const partner[2] = {&known[t % 2], &known[1]};
		place_make(&p, q, 500, t % 2, &rng);
		if (t % 4 == 0)
			for (uint32_t k = 1; k < q; k++)
				p.cum[k] = t % 8 ? k : CODE_BIAS_ONE - q + k;
		code_coalition_loglik(&p.seen, 1, &m, partner, known_n, out);
		for (uint32_t k = 0; k < q; k++)
			mean += code_bias_p(&p.seen.bias, k) * exp((double)out[k]);
		CHECK(fabs(mean - 1) < CLOSE, "row %u: mean %g", t, mean);
		code_coalition_loglik(&p.seen, 1, &m, partner, known_n, p.loglik);
		const struct code_score *s;
		CHECK(!sr_bad(code_score_build_member(&a, &p.seen, 1, &s)), "row %u", t);
		place_make(&p, q, 500, t % 2, &rng);
		code_symmetric_loglik(&p.seen, 1, p.loglik);
		CHECK(!sr_bad(code_score_build_member(&a, &p.seen, 1, &s)), "row %u", t);
		arena_release(&a);
	}
}

/* Skoric et al.: g1 for the wording that was written, g0 for each other one; of a soft reading,
 * the mean over what may have been written. It is 0 on average under the bias. */
static void test_symmetric(void)
{
	uint64_t rng = 8;
	for (uint32_t t = 0; t < 200; t++) {
		struct place p;
		float got[LIMIT_WORDINGS];
		double all = 0, mean = 0;
		uint32_t q = 2 + t % 5;
		place_make(&p, q, 100 + 4 * t, t % 2, &rng);
		code_symmetric_loglik(&p.seen, 1, got);
		for (uint32_t w = 0; w < q; w++)
			all += code_bias_p(&p.seen.bias, w) * exp((double)p.loglik[w]);
		for (uint32_t k = 0; k < q; k++) {
			double want = 0;
			for (uint32_t w = 0; w < q; w++) {
				double pw = code_bias_p(&p.seen.bias, w);
				double g = w == k ? sqrt((1 - pw) / pw) : -sqrt(pw / (1 - pw));
				want += pw * exp((double)p.loglik[w]) / all * g;
			}
			CHECK(fabs((double)got[k] - want) < CLOSE * (1 + fabs(want)),
			      "row %u wording %u: %g, not %g", t, k, (double)got[k], want);
			mean += code_bias_p(&p.seen.bias, k) * (double)got[k];
		}
		CHECK(fabs(mean) < CLOSE, "row %u: mean %g", t, mean);
	}
}

/* What is the same for all wordings says nothing, whatever the model. (The symmetric score has no
 * such place: what may have been written there is then drawn from the bias.) */
static void test_erasure(void)
{
	uint64_t rng = 4;
	for (uint32_t t = 0; t < 200; t++) {
		struct place p;
		float out[LIMIT_WORDINGS];
		const struct code_model m = {t % CODE_ATTACKS, 2 + t % 11};
		uint32_t q = 2 + t % 7;
		const uint16_t known = (uint16_t)(t % q), *const partner[1] = {&known};
		place_make(&p, q, 300, true, &rng);
		for (uint32_t k = 0; k < q; k++)
			p.loglik[k] = -3;
		code_coalition_loglik(&p.seen, 1, &m, partner, 1, out);
		for (uint32_t k = 0; k < q; k++)
			CHECK(fabsf(out[k]) < 1e-5f, "row %u: %g", t, (double)out[k]);
	}
}

static void test_models(void)
{
	struct code_model m[CODE_JOINT_MODELS];
	CHECK(code_models_n(2) == 3, "two members: the others are interleaving");
	for (uint32_t size = 3; size <= CODE_COLLUSION_MAX; size++)
		CHECK(code_models_n(size) == CODE_ATTACKS, "size %u", size);
	for (uint32_t c = 1; c <= CODE_COLLUSION_MAX; c++)
		for (uint32_t partners_n = 1; partners_n <= CODE_PARTNERS_MAX; partners_n++) {
			uint32_t n = code_joint_models(c, partners_n, m);
			uint32_t just = partners_n + 1, both = code_models_n(just) + CODE_ATTACKS;
			CHECK(n == (c < just    ? 0
				    : c == just ? code_models_n(just)
						: both),
			      "design %u, %u partners: %u", c, partners_n, n);
			for (uint32_t i = 0; i < n; i++) {
				CHECK(m[i].size == just || m[i].size == c, "model %u", i);
				for (uint32_t j = 0; j < i; j++)
					CHECK(m[i].size != m[j].size || m[i].attack != m[j].attack,
					      "model %u twice", i);
			}
		}
}

static void test_seen_with(void)
{
	struct place p[2];
	struct code_seen in[2], out[2];
	const float loglik[5] = {1, 2, 3, 4, 5};
	uint64_t rng = 1;
	place_make(&p[0], 2, 500, true, &rng);
	place_make(&p[1], 3, 500, true, &rng);
	in[0] = p[0].seen;
	in[1] = p[1].seen;
	CHECK(code_seen_wordings(in, 2) == 5 && code_seen_wordings(in, 0) == 0, "wordings");
	code_seen_with(in, 2, loglik, out);
	CHECK(out[0].loglik == loglik && out[1].loglik == loglik + 2, "where they begin");
	CHECK(out[1].bias.q == 3 && out[1].bias.cum == p[1].cum, "the bias stays");
}

int main(void)
{
	test_run("two wordings: every attack is what its definition says", test_binary);
	test_run("more wordings, each against the rest", test_wider);
	test_run("every size, attack and width gives readings", test_extremes);
	test_run("the symmetric score is its formula", test_symmetric);
	test_run("an erasure says nothing", test_erasure);
	test_run("the models of every design", test_models);
	test_run("places with other readings", test_seen_with);
	return test_done();
}
