/* SPDX-License-Identifier: Apache-2.0 */
/* Banks of scores and scans of many readers give what one score and one reader give. */
#include "code_bank.h"
#include "code_design.h"
#include "code_scan.h"
#include "test.h"

#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { PLACES = 1000, READERS = 1500, Q_MAX = 7 };

static uint8_t lattice_hash[CRYPTO_HASH_LEN] = {3};
static struct crypto_key seed;
static struct code_stream stream[CODE_LAYERS] = {
	{&seed, CRYPTO_LABEL_SYMBOLS_WORDS, lattice_hash},
	{&seed, CRYPTO_LABEL_SYMBOLS_LAYOUT, lattice_hash}};

/* struct leak: seen places of a paper with PLACES places in each layer, and scores over them. */
struct leak {
	struct arena a;
	size_t n, layer_n[CODE_LAYERS], scores_n;
	uint32_t place[2 * PLACES];
	struct code_bias all[PLACES], slots[PLACES], bias[2 * PLACES];
	const struct code_score *scores[CODE_BANK_MAX];
	const struct code_sight *sight;
	const struct code_bank *bank;
};

/* biases gives every place 2 .. q_max wordings, in a code against so many colluders. */
static bool biases(struct leak *l, uint32_t q_max, uint32_t collusion, uint64_t *rng)
{
	static uint32_t q[PLACES];
	const struct code_design d = {&seed, lattice_hash, collusion};
	for (size_t i = 0; i < PLACES; i++)
		q[i] = 2 + (uint32_t)(test_random(rng) % (q_max - 1));
	return CHECK(!sr_bad(code_design_biases(&l->a, &d, CODE_LAYER_WORDS, q, PLACES, l->all)) &&
			     !sr_bad(code_design_biases(&l->a, &d, CODE_LAYER_LAYOUT, NULL, PLACES,
							l->slots)),
		     "biases");
}

/* scores builds n scores from soft readings, whole nats to be quick; some places are erasures in
 * some of them. */
static bool scores(struct leak *l, size_t n, uint64_t *rng)
{
	struct arena scratch = {0};
	bool good = true;
	for (size_t s = 0; s < n && good; s++) {
		struct code_seen *seen = ARENA_ARRAY(&scratch, l->n, struct code_seen);
		for (size_t i = 0; i < l->n; i++) {
			float *loglik = ARENA_ARRAY(&scratch, l->bias[i].q, float);
			bool erased = test_random(rng) % 4 == 0;
			for (uint32_t k = 0; k < l->bias[i].q && !erased; k++)
				loglik[k] = -(float)(test_random(rng) % 12);
			seen[i] = (struct code_seen){l->bias[i], loglik};
		}
		good = CHECK(!sr_bad(code_score_build(&l->a, seen, l->n, &l->scores[s])),
			     "score %zu", s);
	}
	l->scores_n = n;
	arena_release(&scratch);
	return good && CHECK(!sr_bad(code_bank_make(&l->a, l->scores, n, &l->bank)), "bank");
}

/* see_layer picks places: each with a chance of 1 in sparse, from a random one to another. */
static void see_layer(struct leak *l, enum code_layer layer, uint64_t sparse, uint64_t *rng)
{
	const struct code_bias *bias = layer == CODE_LAYER_WORDS ? l->all : l->slots;
	uint64_t from = test_random(rng) % PLACES, to = from + test_random(rng) % (PLACES - from);
	size_t first = l->n;
	for (uint64_t i = from; i <= to; i++)
		if (test_random(rng) % sparse == 0) {
			l->place[l->n] = (uint32_t)i;
			l->bias[l->n++] = bias[i];
		}
	l->layer_n[layer] = l->n - first;
}

/* see picks places of the layers whose bits are set in layers. */
static bool see(struct leak *l, unsigned layers, uint64_t sparse, uint64_t *rng)
{
	l->n = 0;
	for (enum code_layer k = 0; k < CODE_LAYERS; k++) {
		l->layer_n[k] = 0;
		if (layers >> k & 1)
			see_layer(l, k, sparse, rng);
	}
	return CHECK(!sr_bad(code_sight_make(&l->a, l->place, l->bias, l->layer_n, &l->sight)),
		     "sight");
}

static struct slice id_of(size_t reader, char text[16])
{
	(void)snprintf(text, 16, "reader %zu", reader);
	return slice_str(text);
}

/* struct found: what a scan told of each reader. */
struct found {
	const struct leak *leak;
	char id[LIMIT_THREADS][16];
	size_t long_id, fails; /* readers of whom it is an error, if not 0 */
	atomic_uchar times[READERS];
	atomic_uint wrong;
	uint32_t sum[READERS]; /* of symbols and scores: the same in every run */
};

static struct slice found_id(void *user, unsigned thread, size_t reader)
{
	static const char much[LIMIT_ID_BYTES + 1];
	struct found *f = user;
	if (f->long_id && reader == f->long_id)
		return slice_make(much, sizeof much);
	return id_of(reader, f->id[thread]);
}

/* wrong_n counts what a reader's symbols and scores are not. */
static unsigned wrong_n(const struct leak *l, size_t reader, const uint16_t *symbols,
			const int32_t *units)
{
	static _Thread_local uint16_t want[2 * PLACES], layers[2 * PLACES];
	char text[16];
	unsigned wrong = 0;
	struct sr_err err = code_symbols_layers(stream, id_of(reader, text), l->place, l->bias,
						l->layer_n, layers);
	for (size_t k = 0, at = 0; k < CODE_LAYERS && !sr_bad(err); at += l->layer_n[k++])
		err = code_symbols_seen(&stream[k], id_of(reader, text), l->place + at,
					l->bias + at, l->layer_n[k], want + at);
	if (sr_bad(err) || memcmp(want, layers, l->n * sizeof *want) != 0)
		return 1;
	for (size_t i = 0; i < l->n; i++)
		wrong += symbols[i] != want[i];
	if (wrong || !l->bank)
		return wrong + (units != NULL);
	for (size_t s = 0; s < CODE_BANK_MAX; s++)
		wrong += units[s] != (s < l->scores_n ? code_score_of(l->scores[s], want) : 0);
	return wrong;
}

static struct sr_err found_each(void *user, unsigned thread, size_t reader, const uint16_t *symbols,
				const int32_t *units)
{
	struct found *f = user;
	if (f->fails && reader == f->fails)
		return sr_fail(SR_E_INPUT, "this reader");
	atomic_fetch_add(&f->times[reader], 1);
	if (thread >= LIMIT_THREADS || wrong_n(f->leak, reader, symbols, units))
		atomic_fetch_add(&f->wrong, 1);
	for (size_t i = 0; i < f->leak->n; i++)
		f->sum[reader] = f->sum[reader] * 31 + symbols[i];
	for (size_t s = 0; units && s < CODE_BANK_MAX; s++)
		f->sum[reader] = f->sum[reader] * 31 + (uint32_t)units[s];
	return sr_ok();
}

static struct sr_err run(const struct leak *l, size_t readers_n, unsigned threads_max,
			 struct found *f)
{
	const struct code_scan s = {.stream = stream,
				    .sight = l->sight,
				    .bank = l->bank,
				    .n = readers_n,
				    .threads_max = threads_max,
				    .id = found_id,
				    .each = found_each,
				    .user = f};
	f->leak = l;
	return code_scan_run(&s);
}

static const struct {
	uint32_t q_max, collusion;
	uint64_t sparse;
	size_t scores_n, readers_n;
	const char *why;
} shapes[] = {
	{2, 2, 1, 1, 40, "two wordings, a passage"},
	{2, 2, 1, 8, 40, "eight scores: one group of lanes"},
	{2, 5, 1, 9, 40, "nine: two groups"},
	{2, 12, 2, 16, 40, "sixteen, rare symbols"},
	{2, 3, 2, 18, 40, "eighteen: five groups"},
	{Q_MAX, 1, 1, 3, 40, "up to seven wordings"},
	{Q_MAX, 8, 3, 16, 40, "likewise, biased, with gaps"},
	{3, 4, 12, 7, 40, "scattered: a few in a block"},
	{2, 2, 40, 8, 40, "scattered: one in some blocks"},
	{2, 2, 300, 2, READERS, "a handful of places, many readers"},
	{2, 2, PLACES * 10, 2, 40, "often nothing seen"},
};

static void scan_is_one_by_one(void)
{
	uint64_t rng = 20261125;
	for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
		for (unsigned round = 0; round < 5; round++) {
			struct leak l = {0};
			static struct found f;
			memset(&f, 0, sizeof f);
			if (!biases(&l, shapes[k].q_max, shapes[k].collusion, &rng) ||
			    !see(&l, round % 4 ? round % 4 : 3, shapes[k].sparse, &rng) ||
			    !scores(&l, shapes[k].scores_n, &rng))
				return;
			l.bank = round == 4 ? NULL : l.bank;
			CHECK(!sr_bad(run(&l, shapes[k].readers_n, 0, &f)), "%s", shapes[k].why);
			unsigned bad = f.wrong;
			for (size_t i = 0; i < READERS; i++)
				bad += f.times[i] != (i < shapes[k].readers_n);
			CHECK(!bad, "%s, round %u, %zu places: %u readers", shapes[k].why, round,
			      l.n, bad);
			arena_release(&l.a);
		}
}

/* Every length of a passage, at every place of a block: no vector and no draw is cut wrongly. */
static void every_passage(void)
{
	struct leak l = {0};
	uint64_t rng = 3;
	static uint16_t all[PLACES];
	if (!biases(&l, 2, 6, &rng) ||
	    !CHECK(!sr_bad(code_symbols_all(stream, slice_str("reader 0"), l.all, PLACES, all)),
		   "all"))
		return;
	for (uint32_t first = 0; first < 17; first++)
		for (size_t n = 1; n < 300; n += n < 40 ? 1 : 13) {
			static struct found f;
			memset(&f, 0, sizeof f);
			for (size_t i = 0; i < n; i++) {
				l.place[i] = first + (uint32_t)i;
				l.bias[i] = l.all[first + i];
			}
			l.n = l.layer_n[CODE_LAYER_WORDS] = n;
			CHECK(!sr_bad(code_sight_make(&l.a, l.place, l.bias, l.layer_n, &l.sight)),
			      "sight");
			CHECK(!sr_bad(run(&l, 1, 0, &f)), "%zu from %u", n, first);
			CHECK(f.times[0] == 1 && !f.wrong, "%zu from %u", n, first);
			uint32_t sum = 0;
			for (size_t i = 0; i < n; i++)
				sum = sum * 31 + all[first + i];
			CHECK(f.sum[0] == sum, "%zu from %u: those of the whole copy", n, first);
		}
	arena_release(&l.a);
}

/* struct edge: symbols that are known beforehand. */
struct edge {
	size_t n;
	const uint16_t *want;
	unsigned wrong;
};

static struct slice edge_id(void *user, unsigned thread, size_t reader)
{
	(void)user;
	(void)thread;
	(void)reader;
	return SLICE_LIT("edge");
}

static struct sr_err edge_each(void *user, unsigned thread, size_t reader, const uint16_t *symbols,
			       const int32_t *units)
{
	struct edge *e = user;
	(void)thread;
	(void)reader;
	for (size_t i = 0; i < e->n; i++)
		e->wrong += symbols[i] != e->want[i];
	return units ? sr_fail(SR_E_STATE, "there is no bank") : sr_ok();
}

/* Thresholds at a reader's very words, and one beside them. */
static void at_the_threshold(void)
{
	enum { N = 240, Q = 6 };
	static uint64_t cum[N][Q + 1];
	uint8_t key[CRYPTO_KEY_LEN];
	uint32_t words[N], place[N];
	uint16_t want[N];
	struct code_bias bias[N];
	struct arena a = {0};
	struct edge e = {N, want, 0};
	struct code_scan s = {
		.stream = stream, .n = 1, .id = edge_id, .each = edge_each, .user = &e};
	CHECK(!sr_bad(code_stream_key(stream, SLICE_LIT("edge"), key)), "key");
	crypto_stream_words(key, 0, N, words);
	for (uint32_t i = 0; i < N; i++) {
		/* Threshold number at lies at the word (which is then above it) or behind it. */
		uint32_t q = 2 + i % (Q - 1), at = 1 + i / 7 % (q - 1), behind = i / 3 % 2;
		CHECK(words[i] > Q && words[i] < UINT32_MAX - Q, "word %u is far from both ends",
		      i);
		for (uint32_t k = 1; k < q; k++)
			cum[i][k] = (uint64_t)words[i] + behind + k - at;
		cum[i][q] = CODE_BIAS_ONE;
		want[i] = (uint16_t)(behind ? at - 1 : at);
		place[i] = i;
		bias[i] = (struct code_bias){q, cum[i]};
		CHECK(!sr_bad(code_bias_check(&bias[i])), "bias %u", i);
	}
	CHECK(!sr_bad(code_sight_make(&a, place, bias, (size_t[CODE_LAYERS]){N}, &s.sight)),
	      "sight");
	CHECK(!sr_bad(code_scan_run(&s)), "scan");
	CHECK(!e.wrong, "%u symbols", e.wrong);
	arena_release(&a);
}

static void threads_change_nothing(void)
{
	struct leak l = {0};
	uint64_t rng = 5;
	static struct found want, f;
	if (!biases(&l, 3, 5, &rng) || !see(&l, 3, 2, &rng) || !scores(&l, 7, &rng))
		return;
	CHECK(!sr_bad(run(&l, READERS, 1, &want)) && !want.wrong, "one thread");
	for (unsigned threads = 0; threads < 5; threads++) {
		memset(&f, 0, sizeof f);
		test_threads_refuse_from(threads == 4 ? 0 : UINT_MAX);
		CHECK(!sr_bad(run(&l, READERS, threads, &f)), "%u threads", threads);
		CHECK(!memcmp(f.sum, want.sum, sizeof f.sum), "%u threads", threads);
	}
	test_threads_refuse_from(UINT_MAX);
	arena_release(&l.a);
}

static void refusals(void)
{
	static const struct {
		size_t long_id, fails, first;
		enum sr_code want;
		const char *why;
	} rows[] = {
		{1, 0, 1, SR_E_LIMIT, "a long id"},
		{READERS - 1, 0, READERS - 1, SR_E_LIMIT, "the last one's"},
		{0, 700, 700, SR_E_INPUT, "the callback"},
		{701, 700, 700, SR_E_INPUT, "both: the first one"},
		{699, 700, 699, SR_E_LIMIT, "both: the first one"},
		{1400, 3, 3, SR_E_INPUT, "both, far from each other"},
		{3, 1400, 3, SR_E_LIMIT, "both, far from each other"},
	};
	struct leak l = {0};
	uint64_t rng = 6;
	if (!biases(&l, 2, 2, &rng) || !see(&l, 3, 2, &rng) || !scores(&l, 2, &rng))
		return;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		for (unsigned threads = 0; threads < 3; threads++) {
			static struct found f;
			memset(&f, 0, sizeof f);
			f.long_id = rows[r].long_id;
			f.fails = rows[r].fails;
			CHECK(run(&l, READERS, threads, &f).code == rows[r].want, "%s",
			      rows[r].why);
			unsigned bad = f.wrong;
			for (size_t i = 0; i < rows[r].first; i++)
				bad += f.times[i] != 1;
			CHECK(!bad && !f.times[rows[r].first], "%s: all before it", rows[r].why);
		}
	static uint32_t many[LIMIT_PLACES + 1];
	static struct code_bias many_bias[LIMIT_PLACES + 1];
	for (uint32_t i = 0; i < LIMIT_PLACES + 1; i++) {
		many[i] = i;
		many_bias[i] = l.all[0];
	}
	const struct code_sight *sight = NULL;
	CHECK(code_sight_make(&l.a, many, many_bias, (size_t[CODE_LAYERS]){LIMIT_PLACES + 1},
			      &sight)
				      .code == SR_E_LIMIT &&
		      !sight,
	      "one place too many");
	CHECK(code_sight_make(&l.a, many, many_bias, (size_t[CODE_LAYERS]){0, LIMIT_PLACES + 1},
			      &sight)
				      .code == SR_E_LIMIT &&
		      !sight,
	      "one slot too many");
	CHECK(!sr_bad(code_sight_make(&l.a, many, many_bias, (size_t[CODE_LAYERS]){LIMIT_PLACES},
				      &sight)),
	      "the most");
	arena_release(&l.a);
}

/* Scores of paper length, as far from 0 as they get: everything agrees. */
static void largest_score(void)
{
	enum { N = 3000 };
	static struct code_seen seen[N];
	static uint16_t symbols[N];
	static float loglik[N][2];
	struct arena a = {0};
	const struct code_score *s[CODE_BANK_MAX];
	const struct code_bank *bank = NULL;
	int32_t units[CODE_BANK_MAX];
	uint64_t cum[3];
	code_bias_uniform(2, cum);
	for (size_t i = 0; i < N; i++) {
		loglik[i][1] = -15.3f - (float)(i % 8) / 10;
		seen[i] = (struct code_seen){{2, cum}, loglik[i]};
	}
	if (!CHECK(!sr_bad(code_score_build(&a, seen, N, &s[0])), "score"))
		return;
	for (size_t k = 1; k < CODE_BANK_MAX; k++)
		s[k] = s[0];
	if (!CHECK(!sr_bad(code_bank_make(&a, s, CODE_BANK_MAX, &bank)), "bank"))
		return;
	code_bank_units(bank, symbols, units);
	CHECK(code_bank_places(bank) == N, "places");
	for (size_t k = 0; k < CODE_BANK_MAX; k++)
		CHECK(units[k] == code_score_max(s[0]) && units[k] > N, "score %zu: %d", k,
		      units[k]);
	arena_release(&a);
}

static void no_memory(void)
{
	struct leak l = {0};
	uint64_t rng = 9;
	if (!biases(&l, 3, 2, &rng) || !see(&l, 3, 2, &rng) || !scores(&l, 9, &rng))
		return;
	for (size_t n = 1;; n++) {
		static struct found f;
		struct arena a = {0};
		const struct code_sight *sight = NULL;
		const struct code_bank *bank = NULL;
		struct leak copy = l;
		memset(&f, 0, sizeof f);
		test_alloc_fail_at(n);
		struct sr_err err = code_sight_make(&a, l.place, l.bias, l.layer_n, &sight);
		if (!sr_bad(err))
			err = code_bank_make(&a, l.scores, l.scores_n, &bank);
		copy.sight = sight;
		copy.bank = bank;
		if (!sr_bad(err))
			err = run(&copy, 300, 0, &f);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(err.code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu", n);
		for (size_t i = 0; i < 300; i++)
			CHECK(f.times[i] == !failed && !f.wrong, "allocation %zu: nobody", n);
		arena_release(&a);
		if (!failed)
			break;
	}
	arena_release(&l.a);
}

int main(void)
{
	uint8_t bytes[CRYPTO_KEY_LEN] = {4};
	struct sr_err err = crypto_init();
	if (!sr_bad(err))
		err = crypto_key_copy(&seed, slice_make(bytes, sizeof bytes));
	CHECK(!sr_bad(err), "crypto");
	test_run("a scan gives what one reader at a time gives", scan_is_one_by_one);
	test_run("passages of every length and beginning", every_passage);
	test_run("thresholds at the very words", at_the_threshold);
	test_run("the number of threads changes nothing", threads_change_nothing);
	test_run("the first reader with an error", refusals);
	test_run("the largest scores", largest_score);
	test_run("every allocation fails", no_memory);
	crypto_key_release(&seed);
	return test_done();
}
