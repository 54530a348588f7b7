/* SPDX-License-Identifier: Apache-2.0 */
/* From what a coalition wrote to the p-value of every reader: who is named, who is not, and that a
 * finding can be computed again. */
#include "code_accuse.h"
#include "code_design.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PLACES = 240, READERS = 40 };

static uint8_t lattice_hash[CRYPTO_HASH_LEN] = {7};
static struct crypto_key seed;
static struct code_stream streams[CODE_LAYERS] = {
	{&seed, CRYPTO_LABEL_SYMBOLS_WORDS, lattice_hash},
	{&seed, CRYPTO_LABEL_SYMBOLS_LAYOUT, lattice_hash}};

/* struct family: readers of one paper, and what some of them wrote. Reader r has id text[r]. */
struct family {
	struct arena a;
	size_t n, readers_n;
	uint32_t place[PLACES], passage[PLACES];
	struct code_bias bias[PLACES];
	struct code_seen seen[PLACES];
	float loglik[PLACES][4];
	char text[READERS][24];
	struct slice id[READERS];
	uint16_t symbols[READERS][PLACES];
	struct code_leak leak;
	struct code_scores scores;
	struct code_finding found[READERS];
};

/* struct plan: a family to be made: guilty_n leakers, the first readers, write by lot, each of
 * passages_n passages by one of them if there are passages. The last slots_n of the n places are
 * of the layout; apart: that is the second leaker's, and the words are the first one's. */
struct plan {
	size_t n, readers_n;
	uint32_t collusion, guilty_n, passages_n, q_max;
	size_t slots_n;
	bool apart;
};

static bool is_slot(const struct plan *p, size_t i)
{
	return i >= p->n - p->slots_n;
}

static uint32_t writer_of(const struct plan *p, size_t i, uint64_t *rng)
{
	uint64_t lot = test_random(rng);
	if (p->apart)
		return is_slot(p, i);
	if (p->passages_n)
		return (uint32_t)(i * p->passages_n / p->n) % p->guilty_n;
	return (uint32_t)(lot % p->guilty_n);
}

/* read_place reads the symbol written, softly: no two places are quite alike, so that scores are
 * seldom equal. One reading in 50 is wrong. */
static void read_place(struct family *f, size_t i, uint16_t written, uint64_t *rng)
{
	uint32_t q = f->bias[i].q;
	float sure = 4 + (float)(test_random(rng) % 1000) / 500;
	if (test_random(rng) % 50 == 0)
		written = (uint16_t)(test_random(rng) % q);
	for (uint32_t k = 0; k < q; k++)
		f->loglik[i][k] = k == written ? 0 : -sure;
	f->seen[i] = (struct code_seen){f->bias[i], f->loglik[i]};
}

/* family_make makes family number trial of a plan. */
static bool family_make(const struct plan *p, uint32_t trial, struct family *f)
{
	const struct code_design d = {&seed, lattice_hash, p->collusion};
	uint64_t rng = 1000 + trial;
	uint32_t q[PLACES];
	size_t words_n = p->n - p->slots_n;
	*f = (struct family){.n = p->n, .readers_n = p->readers_n};
	for (size_t i = 0; i < p->n; i++) {
		f->place[i] = (uint32_t)(is_slot(p, i) ? i - words_n : i);
		q[i] = 2 + (uint32_t)(test_random(&rng) % (p->q_max - 1));
		f->passage[i] = p->passages_n && !is_slot(p, i)
					? (uint32_t)(i * p->passages_n / p->n)
					: CODE_NO_PASSAGE;
	}
	struct sr_err err = code_design_biases(&f->a, &d, CODE_LAYER_WORDS, q, words_n, f->bias);
	if (!sr_bad(err))
		err = code_design_biases(&f->a, &d, CODE_LAYER_LAYOUT, NULL, p->slots_n,
					 f->bias + words_n);
	for (size_t r = 0; r < p->readers_n && !sr_bad(err); r++) {
		(void)snprintf(f->text[r], sizeof f->text[r], "%u reader %zu", trial, r);
		f->id[r] = slice_str(f->text[r]);
		err = code_symbols_layers(streams, f->id[r], f->place, f->bias,
					  (size_t[CODE_LAYERS]){words_n, p->slots_n},
					  f->symbols[r]);
	}
	for (size_t i = 0; i < p->n && !sr_bad(err); i++)
		read_place(f, i, f->symbols[writer_of(p, i, &rng)][i], &rng);
	f->leak = (struct code_leak){.seen = f->seen,
				     .place = f->place,
				     .passage = f->passage,
				     .n = p->n,
				     .layer_n = {words_n, p->slots_n},
				     .passages_n = p->passages_n,
				     .collusion = p->collusion};
	return CHECK(!sr_bad(err), "family %u", trial);
}

static struct sr_err accuse(struct family *f, uint64_t total)
{
	const struct code_readers readers = {streams, f->id, f->readers_n, total};
	SR_TRY(code_scores_make(&f->a, &f->leak, &f->scores));
	return code_accuse(&f->leak, &f->scores, &readers, f->found);
}

static bool family_accuse(const struct plan *p, uint32_t trial, uint64_t total, struct family *f)
{
	return family_make(p, trial, f) && CHECK(!sr_bad(accuse(f, total)), "family %u", trial);
}

static uint32_t agree_n(const struct code_finding *f)
{
	return f->layer[CODE_LAYER_WORDS].agree_n + f->layer[CODE_LAYER_LAYOUT].agree_n;
}

static void test_single(void)
{
	static const struct plan p = {60, 20, 2, 1, 0, 3, 0, false};
	static struct family f;
	if (!family_accuse(&p, 0, 20, &f))
		return;
	CHECK(f.found[0].p_value < 1e-6, "the leaker: %g", f.found[0].p_value);
	CHECK(f.found[0].ground.stage == CODE_STAGE_SINGLE, "stage %d", f.found[0].ground.stage);
	CHECK(f.found[0].consistent && agree_n(&f.found[0]) > 50, "agrees %u",
	      agree_n(&f.found[0]));
	for (size_t r = 1; r < f.readers_n; r++)
		CHECK(f.found[r].p_value > 0.01 && !f.found[r].consistent, "reader %zu: %g", r,
		      f.found[r].p_value);
	arena_release(&f.a);
}

/* Where a member's own score says too little, that which takes his partner as given names him. */
static void test_pair(void)
{
	static const struct plan p = {110, 20, 2, 2, 0, 2, 0, false};
	static struct family f;
	unsigned joint = 0, named = 0;
	for (uint32_t t = 0; t < 10; t++) {
		if (!family_accuse(&p, t, 20, &f))
			return;
		for (size_t r = 0; r < f.readers_n; r++) {
			const struct code_finding *x = &f.found[r];
			bool is_joint = x->p_value <= 1e-3 && x->ground.stage == CODE_STAGE_PAIR;
			CHECK(r < 2 || x->p_value > 1e-3, "family %u reader %zu", t, r);
			named += x->p_value <= 1e-3;
			joint += is_joint && code_family_p(x->p_single, 20, 1) > 1e-3;
			CHECK(!is_joint || x->partner[0] == 1 - r, "family %u: partner %u", t,
			      x->partner[0]);
		}
		arena_release(&f.a);
	}
	CHECK(named >= 18, "%u of 20 named", named);
	CHECK(joint >= 2, "%u of them by the pair alone", joint);
}

static void test_passages(void)
{
	static const struct plan p = {70, 20, 2, 2, 2, 2, 0, false};
	static struct family f;
	unsigned by_passage = 0;
	for (uint32_t t = 0; t < 5; t++) {
		if (!family_accuse(&p, t, 20, &f))
			return;
		for (size_t r = 0; r < f.readers_n; r++) {
			const struct code_finding *x = &f.found[r];
			CHECK((x->p_value <= 1e-3) == (r < 2), "family %u reader %zu: %g", t, r,
			      x->p_value);
			if (r < 2 && x->ground.stage == CODE_STAGE_PASSAGE) {
				by_passage++;
				CHECK(x->ground.number == r, "family %u: passage %u", t,
				      x->ground.number);
			}
		}
		arena_release(&f.a);
	}
	CHECK(by_passage > 0, "nobody by his passage");
}

/* Words of one copy and positions of another: each names his, and everything together nobody else.
 */
static void test_layers_apart(void)
{
	static const struct plan p = {100, 20, 1, 2, 0, 2, 50, true};
	static struct family f;
	for (uint32_t t = 0; t < 5; t++) {
		if (!family_accuse(&p, t, 20, &f))
			return;
		for (size_t r = 0; r < f.readers_n; r++) {
			const struct code_finding *x = &f.found[r];
			CHECK((x->p_value <= 1e-3) == (r < 2), "family %u reader %zu: %g", t, r,
			      x->p_value);
			for (uint32_t l = 0; l < CODE_LAYERS; l++)
				CHECK((x->layer[l].p_alone <= 1e-6) == (r == l) &&
					      (!x->layer[l].consistent || r == l),
				      "family %u reader %zu layer %u: %g", t, r, l,
				      x->layer[l].p_alone);
			CHECK(r > 1 || (x->ground.stage == CODE_STAGE_LAYER &&
					x->ground.number == r && !x->consistent),
			      "family %u reader %zu: stage %d, number %u", t, r, x->ground.stage,
			      x->ground.number);
		}
		arena_release(&f.a);
	}
}

/* One copy's words and positions: a half of the evidence each, and together twice as much. */
static void test_layers_together(void)
{
	static const struct plan p = {60, 20, 2, 1, 0, 2, 30, false};
	static struct family f;
	if (!family_accuse(&p, 0, 20, &f))
		return;
	const struct code_finding *x = &f.found[0];
	double words = x->layer[CODE_LAYER_WORDS].p_alone;
	double layout = x->layer[CODE_LAYER_LAYOUT].p_alone;
	CHECK(x->ground.stage == CODE_STAGE_SINGLE && x->consistent, "stage %d", x->ground.stage);
	CHECK(words < 1e-4 && layout < 1e-4 && x->p_alone < words * 1e-3 &&
		      x->p_alone < layout * 1e-3,
	      "%g and %g alone, %g together", words, layout, x->p_alone);
	CHECK(x->layer[CODE_LAYER_WORDS].agree_n <= 30 && agree_n(x) > 50, "agrees %u", agree_n(x));
	arena_release(&f.a);
}

/* The scores of a layer are those of its places alone, to the bit. */
static void test_layer_law(void)
{
	static const struct plan p = {70, 10, 3, 2, 0, 4, 40, false};
	static struct family f;
	for (uint32_t t = 0; t < 4; t++) {
		if (!family_accuse(&p, t, 10, &f))
			return;
		for (int l = 0; l < CODE_LAYERS; l++) {
			size_t from = l ? p.n - p.slots_n : 0, n = f.leak.layer_n[l];
			const struct code_score *alone = NULL,
						*layer = f.scores.score[f.scores.layer[l]];
			if (!CHECK(!sr_bad(code_score_build(&f.a, f.seen + from, n, &alone)),
				   "layer %d", l))
				return;
			CHECK(code_score_max(alone) == code_score_max(layer), "layer %d", l);
			/* Of the layout there are no originals that "none of these" could keep. */
			CHECK(l || code_score_none_nats(alone, n) ==
					      code_scores_none_nats(&f.scores),
			      "none of these copies: %g", code_scores_none_nats(&f.scores));
			for (int64_t u = 0; u <= code_score_max(alone); u++)
				CHECK(code_score_tail(alone, u) == code_score_tail(layer, u),
				      "layer %d at %d", l, (int)u);
			for (size_t r = 0; r < f.readers_n; r++) {
				int64_t u = code_score_of(alone, f.symbols[r] + from);
				CHECK(u == code_score_of(layer, f.symbols[r]) &&
					      f.found[r].layer[l].p_alone ==
						      code_score_tail(alone, u),
				      "layer %d reader %zu", l, r);
			}
		}
		arena_release(&f.a);
	}
}

/* counted is how many scores of a kind everybody is counted with. */
static uint64_t counted(const struct family *f, enum code_stage stage, uint64_t total)
{
	const uint64_t n[CODE_STAGES] = {1,
					 1 + code_models_n(f->leak.collusion),
					 f->leak.passages_n,
					 CODE_LAYERS,
					 code_joint_searched(f->leak.collusion, 1, total),
					 code_joint_searched(f->leak.collusion, 2, total)};
	return n[stage];
}

/* again checks that every finding comes out again to the last bit, and counts the kinds. */
static void again(struct family *f, uint32_t t, uint64_t total, unsigned kinds[CODE_STAGES])
{
	for (size_t r = 0; r < f->readers_n; r++) {
		const struct code_finding *x = &f->found[r];
		const uint16_t *partner[CODE_PARTNERS_MAX];
		uint32_t partners_n = code_partners_n(x->ground.stage);
		double p = -1;
		for (uint32_t k = 0; k < partners_n; k++) {
			/* In another order than they were found in. */
			uint32_t who = x->partner[partners_n - 1 - k];
			CHECK(who < f->readers_n && who != r, "family %u: partner %u", t, who);
			partner[k] = f->symbols[who];
		}
		kinds[x->ground.stage]++;
		CHECK(x->scores_n == counted(f, x->ground.stage, total), "family %u reader %zu", t,
		      r);
		CHECK(x->p_value == code_stage_p(x->p_alone, x->ground.stage, f->scores.budget,
						 total, x->scores_n),
		      "family %u reader %zu: not what one score and their number give", t, r);
		struct sr_err err = code_accuse_again(&f->leak, &f->scores, &x->ground,
						      f->symbols[r], partner, total, &p);
		CHECK(!sr_bad(err) && p == x->p_value, "family %u reader %zu: %.17g, not %.17g", t,
		      r, p, x->p_value);
	}
}

static void test_again(void)
{
	static const struct plan plans[] = {
		{70, 20, 2, 2, 2, 3, 0, false},    {110, 20, 2, 2, 0, 2, 0, false},
		{200, 16, 3, 3, 0, 3, 0, false},   {200, 16, 5, 3, 0, 4, 0, false},
		{60, 20, 1, 1, 0, 2, 0, false},    {90, 20, 2, 2, 0, 3, 50, true},
		{200, 16, 3, 3, 2, 3, 120, false}, {80, 20, 1, 2, 0, 2, 40, true}};
	static struct family f;
	unsigned kinds[CODE_STAGES] = {0};
	for (uint32_t i = 0; i < sizeof plans / sizeof *plans; i++)
		for (uint32_t t = 0; t < 3; t++) {
			if (!family_accuse(&plans[i], t, 100, &f))
				return;
			again(&f, t, 100, kinds);
			arena_release(&f.a);
		}
	for (int s = 0; s < CODE_STAGES; s++)
		CHECK(kinds[s] > 0, "nobody's finding is of kind %d", s);
}

static void test_no_such_ground(void)
{
	static const struct plan plans[] = {
		{20, 3, 1, 1, 2, 2, 0, false},  {20, 3, 2, 1, 2, 2, 0, false},
		{20, 3, 5, 1, 0, 2, 0, false},  {20, 3, 1, 1, 2, 2, 10, false},
		{20, 3, 2, 1, 2, 2, 10, false}, {20, 3, 2, 1, 0, 2, 20, false}};
	static const uint32_t numbers[][CODE_STAGES] = {{1, 0, 0, 0, 0, 0},  {1, 4, 2, 0, 3, 0},
							{1, 7, 0, 0, 9, 12}, {1, 0, 0, 2, 0, 0},
							{1, 4, 2, 2, 3, 0},  {1, 4, 0, 0, 3, 0}};
	static struct family f;
	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
		if (!family_accuse(&plans[i], 0, 3, &f))
			return;
		const uint16_t *const partner[] = {f.symbols[1], f.symbols[2]};
		for (uint32_t s = 0; s < CODE_STAGES; s++)
			for (uint32_t k = 0; k < 16; k++) {
				const struct code_ground g = {s, k};
				double p = -1;
				struct sr_err err = code_accuse_again(&f.leak, &f.scores, &g,
								      f.symbols[0], partner, 3, &p);
				bool is = k < numbers[i][s];
				CHECK(is ? !sr_bad(err) && p > 0 && p <= 1
					 : err.code == SR_E_INPUT && p == -1,
				      "plan %zu stage %u number %u", i, s, k);
			}
		const struct code_ground last = {CODE_STAGE_TRIPLE, UINT32_MAX};
		double p = -1;
		CHECK(code_accuse_again(&f.leak, &f.scores, &last, f.symbols[0], partner, 3, &p)
					      .code == SR_E_INPUT &&
			      p == -1,
		      "plan %zu", i);
		arena_release(&f.a);
	}
}

/* A finding is a reader's, wherever he stands in the list. */
static void test_order(void)
{
	static const struct plan p = {110, 20, 3, 2, 0, 2, 0, false};
	static struct family f, g;
	if (!family_accuse(&p, 3, 20, &f) || !family_make(&p, 3, &g))
		return;
	for (size_t r = 0; r < g.readers_n; r++)
		g.id[r] = f.id[(r * 7 + 5) % g.readers_n];
	if (!CHECK(!sr_bad(accuse(&g, 20)), "accuse"))
		return;
	for (size_t r = 0; r < g.readers_n; r++) {
		size_t was = (r * 7 + 5) % g.readers_n;
		const struct code_finding *x = &g.found[r], *y = &f.found[was];
		CHECK(x->p_value == y->p_value && x->p_alone == y->p_alone, "reader %zu: %g, %g",
		      was, x->p_value, y->p_value);
		CHECK(x->ground.stage == y->ground.stage && x->ground.number == y->ground.number,
		      "reader %zu", was);
		CHECK(agree_n(x) == agree_n(y) && x->consistent == y->consistent, "reader %zu",
		      was);
		if (code_partners_n(x->ground.stage))
			CHECK((x->partner[0] * 7 + 5) % 20 == y->partner[0], "reader %zu", was);
	}
	arena_release(&f.a);
	arena_release(&g.a);
}

/* Readers of other papers make every p-value larger, up to 1. */
static void test_total(void)
{
	static const struct plan p = {110, 20, 3, 2, 0, 2, 0, false};
	static const uint64_t totals[] = {
		20, 21, 1000, LIMIT_READERS, UINT32_MAX, UINT64_C(1) << 40, UINT64_MAX};
	static struct family f;
	double last[READERS] = {0};
	for (size_t t = 0; t < sizeof totals / sizeof *totals; t++) {
		if (!family_accuse(&p, 4, totals[t], &f))
			return;
		for (size_t r = 0; r < f.readers_n; r++) {
			CHECK(f.found[r].p_value >= last[r] && f.found[r].p_value <= 1,
			      "total %zu reader %zu: %g, %g", t, r, last[r], f.found[r].p_value);
			last[r] = f.found[r].p_value;
		}
		arena_release(&f.a);
	}
	CHECK(last[0] == 1 && last[1] == 1, "nobody is named among so many");
}

static void test_nothing_seen(void)
{
	static struct family f;
	for (uint32_t collusion = 1; collusion <= CODE_COLLUSION_MAX; collusion++) {
		const struct plan p = {0, 3, collusion, 1, 0, 2, 0, false};
		if (!family_accuse(&p, 0, 3, &f))
			return;
		for (size_t r = 0; r < 3; r++)
			CHECK(f.found[r].p_value == 1 && agree_n(&f.found[r]) == 0, "design %u",
			      collusion);
		f.readers_n = 0;
		CHECK(!sr_bad(accuse(&f, 0)), "no reader, design %u", collusion);
		arena_release(&f.a);
	}
}

/* struct count: of families_n families, in how many an innocent was named: by his p-value, and if
 * the number of readers, or the sets of partners, had not been counted. */
struct count {
	unsigned named, readers_forgotten, sets_forgotten;
};

/* count_joint judges everybody by pairs alone; the level is that of this kind of score. */
static bool count_joint(const struct family *f, const struct plan *p, double level, bool *named,
			bool *forgotten)
{
	const uint16_t *symbols[READERS];
	struct code_joint j[READERS];
	for (size_t r = 0; r < f->readers_n; r++)
		symbols[r] = f->symbols[r];
	struct sr_err err =
		code_joint_search(f->seen, f->n, p->collusion, 1, symbols, f->readers_n, 0, j);
	double searched = (double)code_joint_searched(p->collusion, 1, f->readers_n);
	for (size_t r = p->guilty_n; r < f->readers_n; r++) {
		double readers_n = (double)f->readers_n;
		*named = *named || j[r].p * searched * readers_n <= level;
		*forgotten = *forgotten || j[r].p * readers_n <= level;
	}
	return CHECK(!sr_bad(err), "search");
}

/* binomial_most is the number that a binomial count of n at this level exceeds less often than
 * once in a million. */
static unsigned binomial_most(unsigned n, double level)
{
	double tail = 1, p = pow(1 - level, n);
	unsigned k = 0;
	for (; tail - p > 1e-6; k++) {
		tail -= p;
		p *= (n - k) * level / ((k + 1) * (1 - level));
	}
	return k;
}

static void test_innocents(void)
{
	enum { FAMILIES = 300 };
	static const struct plan p = {30, 12, 2, 2, 0, 2, 0, false};
	static const double levels[] = {1e-1, 1e-2};
	static struct family f;
	struct count whole[2] = {{0}}, pairs[2] = {{0}};
	for (uint32_t t = 0; t < FAMILIES; t++) {
		if (!family_accuse(&p, 100 + t, p.readers_n, &f))
			return;
		for (int l = 0; l < 2; l++) {
			bool named = false, alone = false, joint = false, forgotten = false;
			for (size_t r = p.guilty_n; r < f.readers_n; r++) {
				named = named || f.found[r].p_value <= levels[l];
				alone = alone || f.found[r].p_alone <= levels[l];
			}
			if (!count_joint(&f, &p, levels[l], &joint, &forgotten))
				return;
			whole[l].named += named;
			whole[l].readers_forgotten += alone;
			pairs[l].named += joint;
			pairs[l].sets_forgotten += forgotten;
		}
		arena_release(&f.a);
	}
	for (int l = 0; l < 2; l++) {
		unsigned most = binomial_most(FAMILIES, levels[l]);
		CHECK(whole[l].named <= most, "%u of %u name an innocent at %g", whole[l].named,
		      (unsigned)FAMILIES, levels[l]);
		CHECK(pairs[l].named <= most, "%u by pairs at %g", pairs[l].named, levels[l]);
		CHECK(whole[l].readers_forgotten > most, "planted: %u are not above %u",
		      whole[l].readers_forgotten, most);
		CHECK(pairs[l].sets_forgotten > most, "planted: %u are not above %u",
		      pairs[l].sets_forgotten, most);
	}
}

/* Innocents beside leakers, with two layers. Planted: that layers were scored is not counted. */
static void test_innocents_of_layers(void)
{
	enum { FAMILIES = 400 };
	static const struct plan plans[] = {{30, 12, 2, 1, 0, 2, 15, false},
					    {30, 12, 1, 2, 0, 2, 15, true}};
	static const double level = 0.1;
	static struct family f;
	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
		const struct plan *p = &plans[i];
		unsigned named_n = 0, forgotten_n = 0, most = binomial_most(FAMILIES, level);
		for (uint32_t t = 0; t < FAMILIES; t++) {
			bool named = false, forgotten = false;
			if (!family_accuse(p, 500 + t, p->readers_n, &f))
				return;
			for (size_t r = p->guilty_n; r < f.readers_n; r++) {
				const struct code_finding *x = &f.found[r];
				named |= x->p_value <= level;
				forgotten |= code_family_p(x->p_single, p->readers_n, 1) <= level;
				for (int l = 0; l < CODE_LAYERS; l++)
					forgotten |= code_family_p(x->layer[l].p_alone,
								   p->readers_n, 1) <= level;
			}
			named_n += named;
			forgotten_n += forgotten;
			arena_release(&f.a);
		}
		CHECK(named_n <= most, "plan %zu: %u name an innocent", i, named_n);
		CHECK(forgotten_n > most, "plan %zu: planted: %u are not above %u", i, forgotten_n,
		      most);
	}
}

/* exact_tail sums the probabilities of all copies that score at least what own does. */
static long double exact_tail(const struct code_score *s, const struct code_seen *seen, size_t n,
			      const uint16_t *own)
{
	long double sum = 0;
	for (uint32_t copy = 0; copy < UINT32_C(1) << n; copy++) {
		uint16_t x[12];
		long double p = 1;
		for (size_t i = 0; i < n; i++) {
			x[i] = copy >> i & 1;
			p *= code_bias_p(&seen[i].bias, x[i]);
		}
		sum += code_score_of(s, x) >= code_score_of(s, own) ? p : 0;
	}
	return sum;
}

static void test_joint_p(void)
{
	static struct family f;
	for (uint32_t t = 0; t < 60; t++) {
		const struct plan plan = {t % 13, 4, 2 + t % 4, 2, 0, 2, 0, false};
		if (!family_make(&plan, t, &f))
			return;
		const struct code_model m = {t % CODE_ATTACKS, 3 + t % 3};
		const uint16_t *const partner[] = {f.symbols[0], f.symbols[1]};
		struct code_seen member[12];
		const struct code_score *s;
		float loglik[24];
		double p = 0;
		code_coalition_loglik(f.seen, f.n, &m, partner, t % 3, loglik);
		code_seen_with(f.seen, f.n, loglik, member);
		struct sr_err err = code_score_build_member(&f.a, member, f.n, &s);
		for (size_t r = 1; r < 4 && !sr_bad(err); r++) {
			err = code_joint_p(f.seen, f.n, &m, partner, t % 3, f.symbols[r], &p);
			double want = (double)exact_tail(s, f.seen, f.n, f.symbols[r]);
			CHECK(p >= want * (1 - 1e-15) && p <= want * (1 + 1e-13),
			      "family %u reader %zu: %.17g, not %.17g", t, r, p, want);
		}
		CHECK(!sr_bad(err), "family %u", t);
		arena_release(&f.a);
	}
}

static void test_search(void)
{
	static const struct plan p = {110, READERS, 3, 3, 0, 2, 0, false};
	static struct family f;
	const uint16_t *symbols[READERS];
	struct code_joint j[READERS];
	if (!family_make(&p, 1, &f))
		return;
	for (size_t r = 0; r < READERS; r++)
		symbols[r] = f.symbols[r];
	for (uint32_t partners_n = 1; partners_n <= 2; partners_n++)
		for (uint32_t collusion = 1; collusion <= 4; collusion++)
			for (size_t n = 0; n <= READERS; n += n < 4 ? 1 : 9) {
				struct code_model m[CODE_JOINT_MODELS];
				uint32_t models_n = code_joint_models(collusion, partners_n, m);
				unsigned laws_n = 0;
				memset(j, 0xff, sizeof j);
				if (!CHECK(!sr_bad(code_joint_search(f.seen, f.n, collusion,
								     partners_n, symbols, n, 5, j)),
					   "search"))
					return;
				for (size_t i = 0; i < n; i++) {
					laws_n += j[i].p < 1;
					CHECK(j[i].p > 0 && j[i].p <= 1, "suspect %zu", i);
					CHECK(j[i].p == 1 ||
						      (j[i].partner[0] < n &&
						       j[i].partner[0] != i &&
						       j[i].number < models_n && j[i].p <= exp(-5)),
					      "suspect %zu of %zu: %g", i, n, j[i].p);
					CHECK(j[i].p == 1 || partners_n == 1 ||
						      (j[i].partner[1] < n &&
						       j[i].partner[1] != i &&
						       j[i].partner[1] != j[i].partner[0]),
					      "suspect %zu of %zu", i, n);
				}
				CHECK(laws_n <= CODE_JOINT_LAWS, "%u laws", laws_n);
				/* A design for two takes a pair for the whole coalition, which does
				 * not fit. */
				bool some = collusion >= 3 && n > partners_n;
				CHECK(some == (laws_n > 0),
				      "design %u, %zu suspects, %u partners: %u laws", collusion, n,
				      partners_n, laws_n);
				if (n > 3 && collusion == 3 && partners_n == 2)
					CHECK(j[0].partner[0] == 1 && j[0].partner[1] == 2,
					      "the two other leakers");
			}
	unsigned laws = 0;
	CHECK(!sr_bad(code_joint_search(f.seen, f.n, 3, 1, symbols, READERS, -1, j)), "search");
	for (size_t i = 0; i < READERS; i++)
		laws += j[i].p < 1;
	CHECK(laws == CODE_JOINT_LAWS, "%u laws where everybody fits a little", laws);
	CHECK(!sr_bad(code_joint_search(f.seen, f.n, 3, 2, symbols, READERS, 1e6, j)), "search");
	for (size_t i = 0; i < READERS; i++)
		CHECK(j[i].p == 1, "nobody fits with a million nats");
	CHECK(!sr_bad(code_joint_search(f.seen, 0, 3, 2, symbols, READERS, 0, j)), "no place");
	for (size_t i = 0; i < READERS; i++)
		CHECK(j[i].p == 1, "nothing was seen");
	arena_release(&f.a);
}

static void test_searched(void)
{
	static const struct {
		uint64_t readers_n, pairs, triples;
	} rows[] = {{0, 0, 0},
		    {1, 0, 0},
		    {2, 1, 0},
		    {3, 2, 1},
		    {100, 99, 99 * 98 / 2},
		    {LIMIT_READERS, 1999999, UINT64_C(1999999) * 1999998 / 2}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (uint32_t c = 1; c <= CODE_COLLUSION_MAX; c++) {
			struct code_model m[CODE_JOINT_MODELS];
			CHECK(code_joint_searched(c, 1, rows[i].readers_n) ==
				      rows[i].pairs * code_joint_models(c, 1, m),
			      "row %zu", i);
			CHECK(code_joint_searched(c, 2, rows[i].readers_n) ==
				      rows[i].triples * code_joint_models(c, 2, m),
			      "row %zu", i);
		}
	uint64_t last = 0;
	for (int bits = 2; bits < 64; bits++)
		for (uint64_t add = 0; add < 3; add++) {
			uint64_t now = code_joint_searched(12, 2, (UINT64_C(1) << bits) + add);
			CHECK(now >= last, "2^%d + %d readers: fewer sets", bits, (int)add);
			last = now;
		}
}

/* What the kinds had before there were layers. */
static const double words_alone[CODE_STAGES] = {
	[CODE_STAGE_SINGLE] = 0.90, [CODE_STAGE_COALITION] = 0.03, [CODE_STAGE_PASSAGE] = 0.01,
	[CODE_STAGE_PAIR] = 0.04,   [CODE_STAGE_TRIPLE] = 0.02,
};

static void check_stage(enum code_stage s, struct code_budget b)
{
	double share = code_stage_share(s, b), last = 0;
	for (double p = 1e-30; p < 1; p *= 7) {
		double all = code_stage_p(p, s, b, 100, 3);
		CHECK(all >= last && all <= 1 && all > p, "stage %d: %g", s, all);
		CHECK(share > 0 || all == 1, "no share, stage %d", s);
		CHECK(all <= code_stage_p(p, s, b, 101, 3) && all <= code_stage_p(p, s, b, 100, 4),
		      "stage %d: %g", s, p);
		CHECK(share <= 0 || all <= 300 * p / share * (1 + 1e-14), "stage %d: %g", s, p);
		CHECK(s < CODE_STAGE_PAIR || share <= 0 || all >= fmin(1, 300 * p / share),
		      "stage %d: joint scores of readers are not independent", s);
		last = all;
	}
	CHECK(code_stage_p(1, s, b, 1, 1) == 1, "stage %d", s);
	CHECK(code_stage_p(0, s, b, 1, 1) >= 0, "stage %d", s);
}

static void test_stages(void)
{
	for (uint32_t c = 0; c <= CODE_COLLUSION_MAX; c++)
		for (int layered = 0; layered < 2; layered++) {
			const struct code_budget b = {c, layered};
			double sum = 0;
			for (enum code_stage s = 0; s < CODE_STAGES; s++) {
				sum += code_stage_share(s, b);
				check_stage(s, b);
				CHECK(layered || s == CODE_STAGE_LAYER ||
					      code_stage_share(s, b) ==
						      (c > 1 ? words_alone[s] : s == 0),
				      "design %u: the share of kind %d without layers", c, s);
			}
			CHECK(fabs(sum - 1) < 1e-15, "design %u: shares add up to %.17g", c, sum);
			CHECK((code_stage_share(CODE_STAGE_LAYER, b) > 0) == layered, "design %u",
			      c);
		}
}

/* What a score says of an innocent is not taken for granted before it is checked. */
static void test_refusals(void)
{
	static const struct plan p = {12, 3, 2, 1, 0, 2, 0, false};
	static struct family f;
	static const char much[LIMIT_ID_BYTES + 1];
	static const float bad[] = {NAN, INFINITY, -INFINITY};
	for (size_t i = 0; i < 3; i++) {
		if (!family_make(&p, 0, &f))
			return;
		f.loglik[5][1] = bad[i];
		CHECK(code_scores_make(&f.a, &f.leak, &f.scores).code == SR_E_INPUT, "row %zu", i);
		arena_release(&f.a);
	}
	if (!family_make(&p, 0, &f))
		return;
	f.id[1] = slice_make(much, sizeof much);
	CHECK(accuse(&f, 3).code == SR_E_LIMIT, "a long id");
	arena_release(&f.a);
}

static void test_no_memory(void)
{
	static const struct plan p = {24, 6, 3, 2, 2, 3, 0, false};
	static struct family f;
	size_t n = 1;
	for (bool failed = true; failed; n++) {
		if (!family_make(&p, 2, &f))
			return;
		test_alloc_fail_at(n);
		struct sr_err err = accuse(&f, 6);
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(err.code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu", n);
		arena_release(&f.a);
	}
	CHECK(n > 5, "%zu allocations", n);
}

int main(void)
{
	uint8_t bytes[CRYPTO_KEY_LEN] = {9};
	struct sr_err err = crypto_init();
	if (!sr_bad(err))
		err = crypto_key_copy(&seed, slice_make(bytes, sizeof bytes));
	CHECK(!sr_bad(err), "crypto");
	test_run("one leaker is named by the single score", test_single);
	test_run("a pair is named where singles do not suffice", test_pair);
	test_run("two passages from two copies name both", test_passages);
	test_run("words of one copy, positions of another: each layer names its own",
		 test_layers_apart);
	test_run("words and positions of one copy add up", test_layers_together);
	test_run("a layer's score is that of its places alone", test_layer_law);
	test_run("innocents with two layers; planted: layers that are not counted",
		 test_innocents_of_layers);
	test_run("every finding comes out again to the last bit", test_again);
	test_run("grounds that do not exist are refused", test_no_such_ground);
	test_run("the order of the readers changes nothing", test_order);
	test_run("more readers, larger p-values", test_total);
	test_run("nothing seen, nobody named", test_nothing_seen);
	test_run("innocents beside a pair; planted: a search that is not counted", test_innocents);
	test_run("a joint p-value is the enumeration of all copies", test_joint_p);
	test_run("the search finds the partners and keeps to its bounds", test_search);
	test_run("how many sets are counted", test_searched);
	test_run("the shares of the kinds", test_stages);
	test_run("bad readings and ids are refused", test_refusals);
	test_run("every allocation may fail", test_no_memory);
	crypto_key_release(&seed);
	return test_done();
}
