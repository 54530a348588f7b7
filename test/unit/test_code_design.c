/* SPDX-License-Identifier: Apache-2.0 */
#include "code_design.h"
#include "test.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

enum { PLACES = 60 * 1000, NODES_MAX = 6 };

static struct crypto_key seed;
static uint8_t lattice[CRYPTO_HASH_LEN] = {7};

/* legendre writes P_k(x), and its derivative (Abramowitz and Stegun, 22.7.10 and 22.8.5). */
static double legendre(int k, double x, double *slope)
{
	double before = 1, at = x;
	for (int j = 2; j <= k; j++) {
		double next = ((2 * j - 1) * x * at - (j - 1) * before) / j;
		before = at;
		at = next;
	}
	*slope = k * (x * at - before) / (x * x - 1);
	return at;
}

/* gauss_legendre writes the k nodes, ascending, and their weights. */
static void gauss_legendre(int k, double *node, double *weight)
{
	double sum = 0;
	for (int i = 0; i < k; i++) {
		double slope, x = -cos(acos(-1) * (i + 0.75) / (k + 0.5));
		for (int step = 0; step < 50; step++)
			x -= legendre(k, x, &slope) / slope;
		(void)legendre(k, x, &slope);
		node[i] = (1 + x) / 2;
		weight[i] = 1 / (pow(node[i] * (1 - node[i]), 1.5) * slope * slope);
		sum += weight[i];
	}
	for (int i = 0; i < k; i++)
		weight[i] /= sum;
}

static struct sr_err biases(struct arena *a, uint32_t collusion, uint32_t wordings, size_t n,
			    struct code_bias **out)
{
	const struct code_design d = {&seed, lattice, collusion};
	uint32_t *q = ARENA_ARRAY(a, n, uint32_t);
	*out = ARENA_ARRAY(a, n, struct code_bias);
	if (!q || !*out)
		return sr_nomem();
	for (size_t i = 0; i < n; i++)
		q[i] = wordings;
	return code_design_biases(a, &d, CODE_LAYER_WORDS, q, n, *out);
}

static void test_nodes(void)
{
	for (uint32_t c = 1; c <= CODE_COLLUSION_MAX; c++) {
		struct arena a = {0};
		struct code_bias *b = NULL;
		int k = (int)(c + 1) / 2;
		double node[NODES_MAX], weight[NODES_MAX];
		size_t drawn[NODES_MAX] = {0};
		gauss_legendre(k, node, weight);
		struct sr_err err = biases(&a, c, 2, PLACES, &b);
		for (size_t i = 0; i < PLACES && CHECK(!sr_bad(err), "c %u", c); i++) {
			int at = 0;
			while (at < k && fabs(code_bias_p(&b[i], 0) - node[at]) > 2.4e-10)
				at++;
			if (!CHECK(at < k, "c %u place %zu: %.10f is no node", c, i,
				   code_bias_p(&b[i], 0)))
				break;
			drawn[at]++;
		}
		for (int at = 0; at < k; at++) {
			double sigma = sqrt(weight[at] * (1 - weight[at]) / PLACES);
			double share = (double)drawn[at] / PLACES;
			CHECK(fabs(share - weight[at]) <= 4.5 * sigma, "c %u node %d: %.4f, %.4f",
			      c, at, share, weight[at]);
		}
		arena_release(&a);
	}
}

/* The mean of a coalition's symmetric score does not depend on its strategy: what the
 * distribution is made for (Nuida et al. 2009, Definition 2). */
static void test_indistinguishable(void)
{
	for (uint32_t c = 2; c <= CODE_COLLUSION_MAX; c++) {
		double node[NODES_MAX], weight[NODES_MAX];
		int k = (int)(c + 1) / 2;
		gauss_legendre(k, node, weight);
		for (uint32_t z = 1; z < c; z++) {
			double gain = 0;
			for (int at = 0; at < k; at++) {
				double p = node[at];
				gain += weight[at] * pow(p, z) * pow(1 - p, c - z) *
					(z * sqrt((1 - p) / p) - (c - z) * sqrt(p / (1 - p)));
			}
			CHECK(fabs(gain) < 1e-12, "c %u, %u ones: writing 1 gains %g", c, z, gain);
		}
	}
}

/* in_group tells whether wording k can be one of the n that share the probability group. */
static bool in_group(const struct code_bias *b, uint32_t k, uint64_t group, uint32_t n)
{
	uint64_t own = b->cum[k + 1] - b->cum[k];
	return own == group / n || own == group / n + 1;
}

static void test_groups(void)
{
	for (uint32_t q = 3; q <= LIMIT_WORDINGS; q++) {
		struct arena a = {0};
		struct code_bias *b = NULL, *two = NULL;
		uint32_t half = q / 2;
		struct sr_err err = biases(&a, 3, q, 40, &b);
		if (!sr_bad(err))
			err = biases(&a, 3, 2, 40, &two);
		for (size_t i = 0; i < 40 && CHECK(!sr_bad(err), "q %u", q); i++) {
			uint64_t node = two[i].cum[1], sum = 0;
			uint32_t n = 0;
			CHECK(!sr_bad(code_bias_check(&b[i])), "q %u place %zu", q, i);
			for (uint32_t k = 0; k < q; k++) {
				bool first = in_group(&b[i], k, node, half);
				CHECK(first || in_group(&b[i], k, CODE_BIAS_ONE - node, q - half),
				      "q %u place %zu symbol %u: of neither group", q, i, k);
				n += first;
				sum += first ? b[i].cum[k + 1] - b[i].cum[k] : 0;
			}
			CHECK(n == half && sum == node, "q %u place %zu: %u, the node", q, i, n);
		}
		arena_release(&a);
	}
}

/* Every set of wordings is drawn as often as any other: 2 of 5, of which there are 10. */
static void test_groups_drawn(void)
{
	enum { N = 20 * 1000 };
	struct arena a = {0};
	struct code_bias *b = NULL, *two = NULL;
	size_t drawn[32] = {0}, sets = 0;
	struct sr_err err = biases(&a, 3, 5, N, &b);
	if (!sr_bad(err))
		err = biases(&a, 3, 2, N, &two);
	for (size_t i = 0; i < N && CHECK(!sr_bad(err), "biases"); i++) {
		unsigned set = 0;
		for (uint32_t k = 0; k < 5; k++)
			set |= (unsigned)in_group(&b[i], k, two[i].cum[1], 2) << k;
		drawn[set]++;
	}
	for (unsigned set = 0; set < 32; set++) {
		sets += drawn[set] > 0;
		/* 2,000 each; four and a half standard deviations are 191. */
		CHECK(!drawn[set] || (drawn[set] > 1809 && drawn[set] < 2191), "set %u: %zu", set,
		      drawn[set]);
	}
	CHECK(sets == 10, "%zu sets", sets);
	arena_release(&a);
}

/* Small coalitions: no key is needed, and the law is the one of FORMAT.md's first version. */
static void test_even(void)
{
	for (uint32_t c = 1; c <= 2; c++) {
		const struct code_design d = {NULL, NULL, c};
		static const uint32_t q[3] = {2, 3, 256};
		struct arena a = {0};
		struct code_bias b[3];
		struct sr_err err = code_design_biases(&a, &d, CODE_LAYER_WORDS, q, 3, b);
		for (size_t i = 0; i < 3 && CHECK(!sr_bad(err), "c %u", c); i++) {
			uint64_t cum[LIMIT_WORDINGS + 1];
			code_bias_uniform(q[i], cum);
			CHECK(!memcmp(cum, b[i].cum, (q[i] + 1) * sizeof *cum), "q %u", q[i]);
		}
		arena_release(&a);
	}
}

static void test_drawn(void)
{
	struct arena a = {0};
	struct code_bias *b = NULL, *again = NULL, *other = NULL, *fewer = NULL;
	size_t same = 0, n = 1000;
	struct sr_err err = biases(&a, 3, 2, n, &b);
	if (!sr_bad(err))
		err = biases(&a, 3, 2, n, &again);
	if (!sr_bad(err))
		err = biases(&a, 3, 2, n / 2, &fewer);
	lattice[0]++;
	if (!sr_bad(err))
		err = biases(&a, 3, 2, n, &other);
	lattice[0]--;
	for (size_t i = 0; i < n && CHECK(!sr_bad(err), "biases"); i++) {
		CHECK(b[i].cum[1] == again[i].cum[1], "place %zu: a function of the design", i);
		CHECK(i >= n / 2 || b[i].cum[1] == fewer[i].cum[1], "place %zu: its own word", i);
		same += b[i].cum[1] == other[i].cum[1];
	}
	/* Half of them, and four and a half standard deviations. */
	CHECK(same > 428 && same < 572, "another paper has other biases: %zu alike", same);
	arena_release(&a);
}

static void test_refused(void)
{
	static const struct {
		uint32_t collusion, q;
	} rows[] = {{0, 2}, {13, 2}, {UINT32_MAX, 2}, {3, 1}, {3, 0}, {3, 257}, {12, UINT32_MAX}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		struct code_bias *b = NULL;
		struct sr_err err = biases(&a, rows[i].collusion, rows[i].q, 3, &b);
		CHECK(err.code == SR_E_INPUT, "row %zu", i);
		arena_release(&a);
	}
}

static void test_bits(void)
{
	/* The entropies of the nodes, h(.211325), and .664026 h(.112702) + .335974. */
	static const struct {
		uint32_t collusion, q;
		double bits;
	} rows[] = {{1, 2, 1},       {2, 4, 2},           {3, 2, 0.74401},
		    {5, 2, 0.67331}, {4, 4, 1 + 0.74401}, {2, 3, 1.58496}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double bits = code_design_bits(rows[i].collusion, rows[i].q);
		CHECK(fabs(bits - rows[i].bits) < 2e-5, "row %zu: %.5f", i, bits);
	}
	CHECK(code_design_collusion(1499) == 2 && code_design_collusion(1500) == 5, "a long paper");
}

/* layout_by_hand draws the nodes of the layout layer as doc/FORMAT.md says. */
static void layout_by_hand(uint32_t n, uint64_t *node)
{
	static const char label[] = "\x17subrosa/1 biases layout";
	uint8_t info[4 + CRYPTO_HASH_LEN] = {CRYPTO_HASH_LEN}, key[CRYPTO_KEY_LEN];
	uint32_t word;
	memcpy(info + 4, lattice, CRYPTO_HASH_LEN);
	CHECK(label[0] == sizeof label - 2, "the label's length");
	crypto_generichash_state st;
	(void)crypto_generichash_init(&st, seed.bytes, CRYPTO_KEY_LEN, sizeof key);
	(void)crypto_generichash_update(&st, (const uint8_t *)label, sizeof label - 1);
	(void)crypto_generichash_update(&st, info, sizeof info);
	(void)crypto_generichash_final(&st, key, sizeof key);
	for (uint32_t i = 0; i < n; i++) {
		crypto_stream_words(key, i, 1, &word);
		node[i] = word < 0x80000000 ? 0x361962ea : 0xc9e69d16;
	}
}

/* Slots have nodes of their own, by a label of their own. */
static void test_layout(void)
{
	enum { N = 3000 };
	struct arena a = {0};
	const struct code_design d = {&seed, lattice, 3}, other = {&seed, lattice, 2};
	struct code_bias *words = NULL, slots[N], even[N];
	uint64_t node[N];
	uint32_t two[N], same = 0;
	for (size_t i = 0; i < N; i++)
		two[i] = 2;
	CHECK(!sr_bad(biases(&a, 3, 2, N, &words)), "words");
	CHECK(!sr_bad(code_design_biases(&a, &d, CODE_LAYER_LAYOUT, NULL, N, slots)), "slots");
	CHECK(!sr_bad(code_design_biases(&a, &d, CODE_LAYER_LAYOUT, two, N, even)), "q given");
	layout_by_hand(N, node);
	for (size_t i = 0; i < N; i++) {
		CHECK(slots[i].q == 2 && slots[i].cum[1] == node[i] && even[i].cum[1] == node[i],
		      "slot %zu", i);
		same += slots[i].cum[1] == words[i].cum[1];
	}
	/* Half of 3,000 with a standard deviation of 27.4. */
	CHECK(same > 1376 && same < 1624, "%u nodes as in the words", same);
	CHECK(!sr_bad(code_design_biases(&a, &other, CODE_LAYER_LAYOUT, NULL, N, even)), "even");
	for (size_t i = 0; i < N; i++)
		CHECK(even[i].cum[1] == 0x80000000, "slot %zu", i);
	for (uint32_t c = 1; c < 4; c += 2) {
		const struct code_design three = {&seed, lattice, c};
		two[N - 1] = 3;
		CHECK(code_design_biases(&a, &three, CODE_LAYER_LAYOUT, two, N, even).code ==
			      SR_E_INPUT,
		      "a slot with three symbols, design %u", c);
	}
	arena_release(&a);
}

int main(void)
{
	uint8_t key[CRYPTO_KEY_LEN] = {3};
	if (sr_bad(crypto_init()) || sr_bad(crypto_key_copy(&seed, slice_make(key, sizeof key))))
		return 1;
	test_run("nodes and weights of Gauss and Legendre, c 1 to 12", test_nodes);
	test_run("no strategy gains or loses by the symmetric score", test_indistinguishable);
	test_run("more than two wordings: two groups", test_groups);
	test_run("groups are drawn evenly", test_groups_drawn);
	test_run("one and two colluders: equally likely wordings", test_even);
	test_run("biases are drawn place by place", test_drawn);
	test_run("slots of the layout", test_layout);
	test_run("designs and places that are none", test_refused);
	test_run("what a place is worth", test_bits);
	crypto_key_release(&seed);
	return test_done();
}
