/* SPDX-License-Identifier: Apache-2.0 */
/* Biases, symbol streams, the family-wise p-value and the posterior. */
#include "code_design.h"
#include "code_family.h"
#include "code_posterior.h"
#include "code_symbols.h"
#include "test.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

enum { PLACES = 3000 };

static uint8_t lattice_a[CRYPTO_HASH_LEN] = {1}, lattice_b[CRYPTO_HASH_LEN] = {2};
static struct crypto_key seed;
static const struct code_design even = {NULL, NULL, 2};

static void test_bias_uniform(void)
{
	for (uint32_t q = 2; q <= LIMIT_WORDINGS; q++) {
		uint64_t cum[LIMIT_WORDINGS + 1];
		struct code_bias b = {q, cum};
		code_bias_uniform(q, cum);
		CHECK(!sr_bad(code_bias_check(&b)), "q %u", q);
		CHECK(fabs(code_bias_bits(&b) - log2(q)) < 1e-9, "q %u", q);
		double sum = 0;
		for (uint32_t k = 0; k < q; k++) {
			sum += code_bias_p(&b, k);
			CHECK(cum[k] * q >= k * CODE_BIAS_ONE && cum[k] * q < k * CODE_BIAS_ONE + q,
			      "q %u k %u: rounded up", q, k);
			CHECK(code_bias_symbol(&b, (uint32_t)cum[k]) == k, "q %u k %u first", q, k);
			CHECK(code_bias_symbol(&b, (uint32_t)(cum[k + 1] - 1)) == k,
			      "q %u k %u last", q, k);
			CHECK(fabs(code_bias_p(&b, k) * q - 1) < 1e-6, "q %u k %u", q, k);
		}
		CHECK(sum == 1, "q %u: exactly 1", q);
	}
}

static void test_bias_skewed(void)
{
	const uint64_t cum[6] = {0, 1, 2, 4000000000, 4000000001, CODE_BIAS_ONE};
	struct code_bias b = {5, cum};
	static const struct {
		uint32_t u, symbol;
	} rows[] = {{0, 0},          {1, 1},          {2, 2},          {3000000000, 2},
		    {3999999999, 2}, {4000000000, 3}, {4000000001, 4}, {UINT32_MAX, 4}};
	CHECK(!sr_bad(code_bias_check(&b)), "a table");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		CHECK(code_bias_symbol(&b, rows[i].u) == rows[i].symbol, "word %u", rows[i].u);
}

static void test_bias_each(void)
{
	static const struct {
		uint32_t q[3];
		bool good;
	} rows[] = {{{2, 256, 2}, true},
		    {{2, 1, 2}, false},
		    {{2, 2, 0}, false},
		    {{257, 2, 2}, false},
		    {{2, UINT32_MAX, 2}, false}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		struct code_bias b[3];
		struct sr_err err =
			code_design_biases(&a, &even, CODE_LAYER_WORDS, rows[i].q, 3, b);
		CHECK(err.code == (rows[i].good ? SR_OK : SR_E_INPUT), "row %zu", i);
		CHECK(!rows[i].good || (b[0].q == 2 && b[1].q == 256), "row %zu: as many", i);
		arena_release(&a);
	}
	for (size_t n = 1;; n++) {
		struct arena a = {0};
		struct code_bias b[3];
		test_alloc_fail_at(n);
		struct sr_err err =
			code_design_biases(&a, &even, CODE_LAYER_WORDS, rows[0].q, 3, b);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(err.code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu", n);
		arena_release(&a);
		if (!failed)
			break;
	}
}

/* mixed_biases returns the biases of PLACES places with 2 .. 5 wordings, in a. */
static struct code_bias *mixed_biases(struct arena *a)
{
	static uint32_t q[PLACES];
	struct code_bias *b = ARENA_ARRAY(a, PLACES, struct code_bias);
	for (size_t i = 0; i < PLACES; i++)
		q[i] = 2 + (uint32_t)(i % 4);
	struct sr_err err =
		b ? code_design_biases(a, &even, CODE_LAYER_WORDS, q, PLACES, b) : sr_nomem();
	return CHECK(!sr_bad(err), "biases") ? b : NULL;
}

static struct code_stream words_stream(void)
{
	return (struct code_stream){&seed, CRYPTO_LABEL_SYMBOLS_WORDS, lattice_a};
}

/* The format, computed by hand with libsodium from what code_symbols.h and crypto.h say. */
static void vector_words(const char *id, uint32_t *words)
{
	static const char label[] = "subrosa/1 symbols words";
	static const uint8_t nonce[12];
	uint8_t info[1 + sizeof label - 1 + 4 + 32 + 200], key[32], stream[4 * PLACES];
	size_t len = 0;
	info[len++] = sizeof label - 1;
	memcpy(info + len, label, sizeof label - 1);
	len += sizeof label - 1;
	memcpy(info + len, (const uint8_t[4]){32, 0, 0, 0}, 4);
	memcpy(info + len + 4, lattice_a, 32);
	len += 36;
	memcpy(info + len, id, strlen(id));
	len += strlen(id);
	(void)crypto_generichash(key, 32, info, len, seed.bytes, 32);
	(void)crypto_stream_chacha20_ietf(stream, sizeof stream, nonce, key);
	for (size_t i = 0; i < PLACES; i++)
		words[i] = (uint32_t)stream[4 * i] | (uint32_t)stream[4 * i + 1] << 8 |
			   (uint32_t)stream[4 * i + 2] << 16 | (uint32_t)stream[4 * i + 3] << 24;
}

static void test_symbols_vector(void)
{
	static uint32_t words[PLACES];
	static uint16_t got[PLACES];
	static const char *const ids[] = {"", "anna", "a reader\nwith a line break"};
	struct arena a = {0};
	struct code_bias *b = mixed_biases(&a);
	struct code_stream s = words_stream();
	for (size_t r = 0; b && r < 3; r++) {
		vector_words(ids[r], words);
		CHECK(!sr_bad(code_symbols_all(&s, slice_str(ids[r]), b, PLACES, got)), "%s",
		      ids[r]);
		unsigned differ = 0;
		for (size_t i = 0; i < PLACES; i++)
			differ += got[i] != (uint64_t)words[i] * b[i].q >> 32;
		CHECK(differ == 0, "%s: %u of %d symbols", ids[r], differ, PLACES);
	}
	arena_release(&a);
}

/* Symbols that were once issued must never change: the first 24 of a fixed reader. */
static void test_symbols_frozen(void)
{
	static const uint16_t frozen[24] = {1, 0, 1, 2, 0, 2, 0, 2, 0, 0, 0, 1,
					    1, 1, 3, 0, 1, 1, 3, 4, 0, 1, 0, 4};
	uint16_t got[24];
	struct arena a = {0};
	struct code_bias *b = mixed_biases(&a);
	struct code_stream s = words_stream();
	if (b && CHECK(!sr_bad(code_symbols_all(&s, slice_str("anna"), b, 24, got)), "anna"))
		for (size_t i = 0; i < 24; i++)
			CHECK(got[i] == frozen[i], "place %zu: %u", i, got[i]);
	arena_release(&a);
}

static void test_symbols_seen(void)
{
	static uint16_t all[PLACES], got[PLACES];
	static uint32_t place[PLACES];
	static struct code_bias bias[PLACES];
	struct arena a = {0};
	struct code_bias *b = mixed_biases(&a);
	struct code_stream s = words_stream();
	uint64_t rng = 8;
	if (!b || !CHECK(!sr_bad(code_symbols_all(&s, slice_str("x"), b, PLACES, all)), "all"))
		return;
	for (unsigned trial = 0; trial < 300; trial++) {
		uint64_t sparse = 1 + test_random(&rng) % (trial % 3 ? 5 : 600);
		size_t n = 0;
		for (uint32_t i = (uint32_t)(test_random(&rng) % PLACES); i < PLACES; i++) {
			if (test_random(&rng) % sparse)
				continue;
			place[n] = i;
			bias[n++] = b[i];
		}
		memset(got, 0xff, sizeof got);
		CHECK(!sr_bad(code_symbols_seen(&s, slice_str("x"), place, bias, n, got)), "seen");
		for (size_t i = 0; i < n; i++)
			CHECK(got[i] == all[place[i]], "trial %u place %u", trial, place[i]);
		CHECK(n == PLACES || got[n] == 0xffff, "trial %u: beyond the list", trial);
	}
	arena_release(&a);
}

/* A call of the cipher gives 16 words, or 128 in the time of two or three calls. */
static void test_draw_end(void)
{
	static const struct {
		uint32_t place[6];
		size_t from, n, want;
		const char *why;
	} rows[] = {
		{{5}, 0, 1, 1, "one place"},
		{{0, 1, 15}, 0, 3, 3, "one block"},
		{{0, 1, 16}, 0, 3, 2, "two blocks: one by one"},
		{{0, 127}, 0, 2, 1, "two blocks, far from each other"},
		{{0, 16, 32}, 0, 3, 3, "three blocks in a row"},
		{{0, 64, 127}, 0, 3, 3, "three of eight"},
		{{0, 64, 128}, 0, 3, 1, "the third is the ninth"},
		{{15, 127, 128, 129}, 0, 4, 1, "likewise: blocks count, not words"},
		{{15, 40, 127, 128}, 0, 4, 3, "the ninth stays behind"},
		{{0, 15, 16, 32, 200}, 1, 5, 4, "from the second place on"},
		{{7, 4000000000, 4294967295}, 1, 3, 2, "large numbers"},
		{{4294967295}, 0, 1, 1, "the largest"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t got = code_draw_end(rows[i].place, rows[i].from, rows[i].n);
		CHECK(got == rows[i].want, "%s: %zu", rows[i].why, got);
	}
}

/* agree_n counts where two streams give two-way places the same symbol. */
static unsigned agree_n(const struct code_stream *s, struct slice x, const struct code_stream *t,
			struct slice y)
{
	static uint16_t a[PLACES], b[PLACES];
	static struct code_bias coin[PLACES];
	static uint64_t cum[3];
	unsigned n = 0;
	code_bias_uniform(2, cum);
	for (size_t i = 0; i < PLACES; i++)
		coin[i] = (struct code_bias){2, cum};
	CHECK(!sr_bad(code_symbols_all(s, x, coin, PLACES, a)), "first");
	CHECK(!sr_bad(code_symbols_all(t, y, coin, PLACES, b)), "second");
	for (size_t i = 0; i < PLACES; i++)
		n += a[i] == b[i];
	return n;
}

static void test_symbols_differ(void)
{
	struct crypto_key other = {0};
	struct code_stream s = words_stream(), lattice = s, layer = s, layout = s, key = s;
	CHECK(!sr_bad(crypto_key_copy(&other, slice_make(lattice_b, 32))), "key");
	lattice.lattice_hash = lattice_b;
	layer.label = CRYPTO_LABEL_LEDGER_ROW;
	layout.label = code_layer_label(CODE_LAYER_LAYOUT);
	CHECK(code_layer_label(CODE_LAYER_WORDS) == s.label, "the label of words");
	key.seed = &other;
	const struct {
		const struct code_stream *t;
		struct slice id;
		const char *why;
	} rows[] = {
		{&s, slice_str("annA"), "one letter"},
		{&s, slice_str("ann"), "a prefix"},
		{&s, slice_str("anna "), "a longer id"},
		{&s, slice_make("anna", 5), "a NUL more"},
		{&lattice, slice_str("anna"), "another lattice"},
		{&layer, slice_str("anna"), "another label"},
		{&layout, slice_str("anna"), "another layer"},
		{&key, slice_str("anna"), "another seed"},
	};
	CHECK(agree_n(&s, slice_str("anna"), &s, slice_str("anna")) == PLACES, "the same");
	/* Half of 3,000 with a standard deviation of 27.4. */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned n = agree_n(&s, slice_str("anna"), rows[i].t, rows[i].id);
		CHECK(n > 1390 && n < 1610, "%s: %u agree", rows[i].why, n);
	}
	crypto_key_release(&other);
}

static void test_symbols_limits(void)
{
	static uint8_t id[LIMIT_ID_BYTES + 1];
	struct code_stream s = words_stream();
	uint64_t cum[3];
	uint32_t place = 99999;
	uint16_t got = 7;
	code_bias_uniform(2, cum);
	struct code_bias b = {2, cum};
	CHECK(code_symbols_all(&s, slice_make(id, sizeof id), &b, 1, &got).code == SR_E_LIMIT,
	      "long");
	CHECK(code_symbols_seen(&s, slice_make(id, sizeof id), &place, &b, 1, &got).code ==
		      SR_E_LIMIT,
	      "long");
	CHECK(got == 7, "untouched");
	CHECK(!sr_bad(code_symbols_all(&s, slice_make(id, LIMIT_ID_BYTES), &b, 1, &got)),
	      "longest");
	CHECK(!sr_bad(code_symbols_seen(&s, slice_make(NULL, 0), &place, &b, 0, &got)), "no place");
}

/* Pearson's statistic over readers and places; q - 1 degrees of freedom, bound at about 1e-4. */
static void test_symbols_marginal(void)
{
	static const struct {
		uint32_t q;
		double max;
	} rows[] = {{2, 15.1}, {3, 18.4}, {5, 23.5}, {256, 346}};
	static uint16_t got[PLACES];
	static struct code_bias bias[PLACES];
	struct code_stream s = words_stream();
	for (size_t r = 0; r < 4; r++) {
		uint64_t cum[LIMIT_WORDINGS + 1];
		unsigned count[LIMIT_WORDINGS] = {0};
		double square = 0, expect = 100.0 * PLACES / rows[r].q;
		code_bias_uniform(rows[r].q, cum);
		for (size_t i = 0; i < PLACES; i++)
			bias[i] = (struct code_bias){rows[r].q, cum};
		for (uint8_t reader = 0; reader < 100; reader++) {
			CHECK(!sr_bad(code_symbols_all(&s, slice_make(&reader, 1), bias, PLACES,
						       got)),
			      "reader %u", reader);
			for (size_t i = 0; i < PLACES; i++)
				count[got[i]]++;
		}
		for (uint32_t k = 0; k < rows[r].q; k++)
			square += (count[k] - expect) * (count[k] - expect) / expect;
		CHECK(square < rows[r].max, "q %u: %g", rows[r].q, square);
	}
}

static void test_family(void)
{
	static const uint64_t readers[] = {1, 2, 3, 50, 1000, 1000 * 1000, 2 * 1000 * 1000};
	uint64_t rng = 12;
	for (unsigned trial = 0; trial < 20000; trial++) {
		uint64_t n = readers[trial % 7], scores = 1 + trial % 4;
		double p =
			exp(-(double)(test_random(&rng) % 600000) / 1000 * (trial % 5 ? 0.05 : 1));
		long double one = fminl(1, (long double)p * scores);
		long double exact = one < 1 ? -expm1l((long double)n * log1pl(-one)) : 1;
		double got = code_family_p(p, n, scores);
		CHECK(got >= exact * (1 - 1e-18L), "p %g n %llu: below", p, (unsigned long long)n);
		CHECK(got <= exact * (1 + 1e-14L), "p %g n %llu: %g", p, (unsigned long long)n,
		      got);
		CHECK(got <= fmin(1, (double)n * (double)scores * p * (1 + 1e-15)), "union bound");
	}
}

static void test_family_edges(void)
{
	CHECK(code_family_p(1, 1, 1) == 1 && code_family_p(1, 5, 5) == 1, "certain");
	CHECK(code_family_p(0.3, 1, 4) == 1, "more than certain");
	CHECK(code_family_p(1e-290, 2000000, 3) < 1e-283, "tiny");
	CHECK(code_family_p(1e-290, 2000000, 3) >= 6e-284, "tiny, not below");
	CHECK(code_family_p(0, 10, 1) < 1e-300, "nothing");
	CHECK(code_family_p(0.25, 0, 0) == code_family_p(0.25, 1, 1), "no readers");
	for (double p = 1e-12; p < 1; p *= 1.7)
		CHECK(code_family_p(p, 77, 1) < code_family_p(p * 1.7 < 1 ? p * 1.7 : 1, 77, 1) ||
			      code_family_p(p, 77, 1) == 1,
		      "ascends at %g", p);
}

static void test_places_needed(void)
{
	static const struct {
		double p;
		uint64_t n;
		double level, bits;
		uint32_t want;
		const char *why;
	} rows[] = {
		{1, 100, 1e-6, 1, 27, "ceil(log2(100/1e-6)) = 27"},
		{1, 20, 1e-3, 1, 15, "14.3"},
		{1, 10000, 1e-9, 1, 44, "43.2"},
		{1, 100, 1e-6, 0.5, 54, "53.2"},
		{1, 100, 1e-6, 2, 14, "13.3"},
		{0x1p-20, 100, 1e-6, 1, 7, "20 of 27 are there"},
		{1e-9, 100, 1e-6, 1, 0, "there already"},
		{1e-8, 100, 1e-6, 1, 0, "just there"},
		{1, 1, 1, 1, 0, "a level of 1 asks for nothing"},
		{1, 100, 1e-6, 0, CODE_NEVER, "places worth nothing"},
		{1, 100, 1e-6, NAN, CODE_NEVER, "no number"},
		{1, 100, 0, 1, CODE_NEVER, "a level of 0"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint32_t got =
			code_places_needed(rows[i].p, rows[i].n, 1, rows[i].level, rows[i].bits);
		CHECK(got == rows[i].want, "%s: %u", rows[i].why, got);
	}
}

static void test_posterior_direct(void)
{
	enum { N = 9 };
	uint64_t rng = 4;
	for (unsigned trial = 0; trial < 500; trial++) {
		double nats[N], share[N], post[N], none, ratio, sum = 0, share_sum = 0;
		double none_nats = (double)(test_random(&rng) % 100) / 10 - 5;
		for (size_t i = 0; i < N; i++) {
			nats[i] = (double)(test_random(&rng) % 300) / 10 - 15;
			share[i] = trial % 2 ? 1 : (double)(test_random(&rng) % 4);
		}
		share[3] = 1;
		for (size_t i = 0; i < N; i++)
			share_sum += share[i];
		struct code_prior prior = {trial % 3 ? 0.5 : 0.9, trial % 2 ? NULL : share};
		CHECK(!sr_bad(code_posterior(&prior, nats, N, none_nats, post, &none)),
		      "posterior");
		CHECK(!sr_bad(code_likelihood_ratio(&prior, nats, N, none_nats, 3, &ratio)),
		      "ratio");
		double all = prior.none * exp(none_nats), rest = all;
		for (size_t i = 0; i < N; i++) {
			double joint = (1 - prior.none) * share[i] / share_sum * exp(nats[i]);
			all += joint;
			rest += i == 3 ? 0 : joint;
		}
		for (size_t i = 0; i < N; i++) {
			double want = (1 - prior.none) * share[i] / share_sum * exp(nats[i]) / all;
			CHECK(fabs(post[i] - want) <= 1e-12 * want, "trial %u: %g %g", trial,
			      post[i], want);
			sum += post[i];
		}
		double own = (1 - prior.none) / share_sum;
		CHECK(fabs(sum + none - 1) < 1e-13, "trial %u", trial);
		CHECK(fabs(ratio - log(exp(nats[3]) / (rest / (1 - own)))) < 1e-10, "trial %u",
		      trial);
		CHECK(fabs(log(post[3] / (1 - post[3])) - ratio - log(own / (1 - own))) < 1e-6 ||
			      post[3] > 1 - 1e-9,
		      "trial %u: Bayes", trial);
	}
}

static void test_posterior_large(void)
{
	enum { N = 1000 * 1000 };
	struct arena a = {0};
	double *nats = ARENA_ARRAY(&a, N, double), *post = ARENA_ARRAY(&a, N, double);
	struct code_prior prior = {CODE_PRIOR_NONE, NULL};
	double none, ratio, sum = 0;
	if (!CHECK(nats && post, "memory"))
		return;
	for (size_t i = 0; i < N; i++)
		nats[i] = -40000 - (double)(i % 1000);
	nats[17] = 3400; /* 5,000 places that agree */
	CHECK(!sr_bad(code_posterior(&prior, nats, N, -2000, post, &none)), "large");
	CHECK(post[17] == 1 && none >= 0 && none < 1e-300, "the leaker: %g, none %g", post[17],
	      none);
	CHECK(!sr_bad(code_likelihood_ratio(&prior, nats, N, -2000, 17, &ratio)), "ratio");
	CHECK(fabs(ratio - (5400 - log(0.5))) < 1e-6, "no overflow: %g", ratio);
	for (size_t i = 0; i < N; i++)
		nats[i] = -40000;
	CHECK(!sr_bad(code_posterior(&prior, nats, N, -40000, post, &none)), "flat");
	for (size_t i = 0; i < N; i++)
		sum += post[i];
	CHECK(fabs(sum - 0.5) < 1e-9 && fabs(none - 0.5) < 1e-9, "flat: %g %g", sum, none);
	arena_release(&a);
}

static void test_posterior_refusals(void)
{
	const double fine[2] = {0, 1}, nan_[2] = {0, NAN}, inf_[2] = {INFINITY, 0};
	const double zero[2] = {0, 0}, minus[2] = {2, -1};
	const struct {
		struct code_prior prior;
		const double *nats;
		double none_nats;
		const char *why;
	} rows[] = {
		{{0, NULL}, fine, 0, "no prior for none"},
		{{1, NULL}, fine, 0, "no prior for the readers"},
		{{NAN, NULL}, fine, 0, "a prior that is no number"},
		{{0.5, zero}, fine, 0, "no shares"},
		{{0.5, minus}, fine, 0, "a negative share"},
		{{0.5, inf_}, fine, 0, "an infinite share"},
		{{0.5, NULL}, nan_, 0, "evidence that is no number"},
		{{0.5, NULL}, inf_, 0, "infinite evidence"},
		{{0.5, NULL}, fine, NAN, "none that is no number"},
	};
	double post[2] = {7, 7}, none = 7;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK(code_posterior(&rows[i].prior, rows[i].nats, 2, rows[i].none_nats, post,
				     &none)
				      .code == SR_E_INPUT,
		      "%s", rows[i].why);
		CHECK(post[0] == 7 && none == 7, "%s: untouched", rows[i].why);
	}
	struct code_prior prior = {0.5, fine};
	CHECK(code_likelihood_ratio(&prior, fine, 2, 0, 0, &none).code == SR_E_INPUT, "share 0");
	CHECK(code_likelihood_ratio(&prior, fine, 2, 0, 2, &none).code == SR_E_INPUT, "nobody");
	prior.share = NULL;
	CHECK(!sr_bad(code_posterior(&prior, NULL, 0, -3, post, &none)) && none == 1, "no readers");
}

static void test_groups(void)
{
	const double x[5] = {0.1, 0.2, 0.3, 0.25, 0.15};
	const uint32_t house[5] = {2, 0, 2, 0, 3};
	double sum[4] = {9, 9, 9, 9};
	code_sum_by_group(x, house, 5, sum, 4);
	CHECK(fabs(sum[0] - 0.45) < 1e-15 && sum[1] == 0, "two houses, one empty");
	CHECK(fabs(sum[2] - 0.4) < 1e-15 && sum[3] == 0.15, "two houses");
}

int main(void)
{
	struct sr_err err = crypto_init();
	uint8_t bytes[CRYPTO_KEY_LEN];
	for (uint8_t i = 0; i < CRYPTO_KEY_LEN; i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	if (!sr_bad(err))
		err = crypto_key_copy(&seed, slice_make(bytes, sizeof bytes));
	CHECK(!sr_bad(err), "crypto");
	test_run("uniform biases, 2 to 256 wordings", test_bias_uniform);
	test_run("a skewed bias, at every threshold", test_bias_skewed);
	test_run("biases of many places", test_bias_each);
	test_run("symbols by hand with libsodium", test_symbols_vector);
	test_run("symbols never change", test_symbols_frozen);
	test_run("seen places have the symbols of all places", test_symbols_seen);
	test_run("what is drawn together", test_draw_end);
	test_run("reader, lattice, layer and seed change everything", test_symbols_differ);
	test_run("long ids, no places", test_symbols_limits);
	test_run("symbols have the law of their bias", test_symbols_marginal);
	test_run("family-wise p-value, from above", test_family);
	test_run("family-wise p-value, edges", test_family_edges);
	test_run("places needed", test_places_needed);
	test_run("posterior by the definition", test_posterior_direct);
	test_run("posterior of a million readers", test_posterior_large);
	test_run("unusable priors are refused", test_posterior_refusals);
	test_run("sums by house", test_groups);
	crypto_key_release(&seed);
	return test_done();
}
