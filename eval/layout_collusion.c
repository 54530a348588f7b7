/* SPDX-License-Identifier: Apache-2.0 */
/* Readers who put their pages together: how often is one of them named by the positions of words,
 * by words and positions, and is ever an innocent? Positions are shifts of +-0.15 pt, measured with
 * Gaussian noise. A coalition averages its pages, takes words or whole lines by lot, or follows the
 * majority or the minority of its members at each word; where it has wordings too, they are taken
 * by lot, or by the same votes. Every trial has a seed, readers and noise of its own.
 *
 * usage: layout_collusion [--trials N] [--seed S]
 * N trials are made of a row that has a goal, and a quarter of them of another.
 * exit 0; 1: an innocent was named, or a row that has a goal does not reach it; 2: it could not
 * run. */
#include "instrument.h"
#include "sim.h"

#include "base_parallel.h"
#include "code_accuse.h"
#include "code_design.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { READERS = 1000, PLACES_MAX = 1000, MEMBERS_MAX = 4, LINE_WORDS = 12, ID_LEN = 8 };

#define LEVEL 1e-6
#define REACH 0.15
#define SLIP 4.6f /* nats by which a wording that was read speaks against the others */

enum attack { AVERAGE, WORD_PICK, LINE_PICK, MAJORITY, MINORITY, ATTACKS };

static const char *const attack_name[ATTACKS] = {"average", "word by word", "line by line",
						 "majority", "minority"};

/* struct row: a paper with so many places and slots, of which all are seen; noise in points. goal:
 * how often one must be caught, 0: it is only printed. */
struct row {
	size_t places, slots;
	uint32_t design, members;
	double noise, goal;
};

static const struct row rows[] = {
	{0, 736, 3, 1, 0.04, 0.95}, {0, 736, 3, 2, 0.04, 0.95},   {0, 736, 3, 3, 0.04, 0.95},
	{0, 736, 3, 2, 0.12, 0},    {0, 736, 3, 3, 0.12, 0},      {0, 736, 3, 4, 0.04, 0},
	{0, 368, 3, 2, 0.04, 0},    {0, 368, 3, 3, 0.04, 0},      {100, 368, 3, 2, 0.04, 0},
	{100, 368, 3, 3, 0.04, 0},  {100, 736, 3, 3, 0.04, 0.95}, {0, 368, 2, 1, 0.04, 0},
	{0, 368, 2, 2, 0.04, 0},
};

enum { ROWS = sizeof rows / sizeof *rows };

/* struct tally: of how many trials one or more members were named, how many members and innocents
 * in all, and on which kind of score the surest member of each trial. */
struct tally {
	size_t trials, caught, members, innocents, stage[CODE_STAGES];
};

/* struct bench: one trial. x[j] is member j's copy, places first. */
struct bench {
	struct arena a;
	const struct row *row;
	enum attack attack;
	struct sim sim;
	struct crypto_key seed;
	uint8_t lattice_hash[CRYPTO_HASH_LEN];
	struct code_stream stream[CODE_LAYERS];
	struct code_bias bias[PLACES_MAX];
	uint16_t x[MEMBERS_MAX][PLACES_MAX];
	uint32_t place[PLACES_MAX], passage[PLACES_MAX];
	float loglik[PLACES_MAX][2];
	struct code_seen seen[PLACES_MAX];
	struct slice id[READERS];
	char text[READERS][ID_LEN + 1];
	struct code_finding finding[READERS];
};

static double gauss(struct sim *s)
{
	double u = ((double)(sim_u64(s) >> 11) + 0.5) * 0x1p-53;
	return sqrt(-2 * log(u)) * cos(2 * M_PI * (double)(sim_u64(s) >> 11) * 0x1p-53);
}

static struct sr_err make_readers(struct bench *t)
{
	const struct row *r = t->row;
	const struct code_design d = {&t->seed, t->lattice_hash, r->design};
	const size_t layer_n[CODE_LAYERS] = {r->places, r->slots};
	for (enum code_layer l = 0; l < CODE_LAYERS; l++) {
		size_t from = l ? r->places : 0;
		t->stream[l] = (struct code_stream){&t->seed, code_layer_label(l), t->lattice_hash};
		SR_TRY(code_design_biases(&t->a, &d, l, NULL, layer_n[l], t->bias + from));
		for (size_t i = 0; i < layer_n[l]; i++)
			t->place[from + i] = (uint32_t)i;
	}
	for (uint32_t k = 0; k < READERS; k++) {
		(void)snprintf(t->text[k], sizeof t->text[k], "r%07u", k);
		t->id[k] = slice_make(t->text[k], ID_LEN);
	}
	for (uint32_t j = 0; j < r->members; j++)
		SR_TRY(code_symbols_layers(t->stream, t->id[j], t->place, t->bias, layer_n,
					   t->x[j]));
	return sr_ok();
}

/* by_votes returns the symbol of the majority or the minority, by lot if they are even; where all
 * agree there is nothing to choose. */
static uint32_t by_votes(struct bench *t, size_t i)
{
	uint32_t n = t->row->members, ones = 0;
	for (uint32_t j = 0; j < n; j++)
		ones += t->x[j][i];
	if (ones == 0 || ones == n)
		return ones > 0;
	if (2 * ones == n)
		return (uint32_t)sim_below(&t->sim, 2);
	return (2 * ones > n) == (t->attack == MAJORITY);
}

/* symbol_at returns what the coalition writes at place i, where it must choose one. */
static uint32_t symbol_at(struct bench *t, size_t i, uint32_t of_line)
{
	switch (t->attack) {
	case AVERAGE:
	case WORD_PICK:
		return t->x[sim_below(&t->sim, t->row->members)][i];
	case LINE_PICK:
		return t->x[of_line][i];
	case MAJORITY:
	case MINORITY:
	case ATTACKS:
		break;
	}
	return by_votes(t, i);
}

/* shift_at returns how far the word of a slot stands from its unmarked place. */
static double shift_at(struct bench *t, size_t i, uint32_t of_line)
{
	double sum = 0;
	if (t->attack != AVERAGE)
		return symbol_at(t, i, of_line) ? REACH : -REACH;
	for (uint32_t j = 0; j < t->row->members; j++)
		sum += t->x[j][i] ? REACH : -REACH;
	return sum / t->row->members;
}

static void read_all(struct bench *t)
{
	const struct row *r = t->row;
	uint32_t of_line = 0;
	for (size_t i = 0; i < r->places + r->slots; i++) {
		if (i % LINE_WORDS == 0)
			of_line = (uint32_t)sim_below(&t->sim, r->members);
		if (i < r->places) {
			t->loglik[i][!symbol_at(t, i, of_line)] = -SLIP;
		} else {
			double at = shift_at(t, i, of_line) + r->noise * gauss(&t->sim);
			for (int k = 0; k < 2; k++) {
				double off = (at - (k ? REACH : -REACH)) / r->noise;
				t->loglik[i][k] = (float)(-off * off / 2);
			}
		}
		t->passage[i] = CODE_NO_PASSAGE;
		t->seen[i] = (struct code_seen){t->bias[i], t->loglik[i]};
	}
}

static void count(const struct bench *t, struct tally *out)
{
	const struct code_finding *surest = t->finding;
	*out = (struct tally){.trials = 1};
	for (uint32_t k = 0; k < READERS; k++) {
		const struct code_finding *f = &t->finding[k];
		bool member = k < t->row->members;
		if (member && f->p_value < surest->p_value)
			surest = f;
		if (f->p_value <= LEVEL)
			*(member ? &out->members : &out->innocents) += 1;
	}
	out->caught = out->members > 0;
	out->stage[surest->ground.stage] = out->caught;
}

static struct sr_err run_bench(struct bench *t, struct tally *out)
{
	const struct row *r = t->row;
	struct code_scores scores;
	const struct code_leak leak = {.seen = t->seen,
				       .place = t->place,
				       .passage = t->passage,
				       .n = r->places + r->slots,
				       .layer_n = {r->places, r->slots},
				       .collusion = r->design};
	const struct code_readers readers = {t->stream, t->id, READERS, READERS};
	SR_TRY(make_readers(t));
	read_all(t);
	SR_TRY(code_scores_make(&t->a, &leak, &scores));
	SR_TRY(code_accuse(&leak, &scores, &readers, t->finding));
	count(t, out);
	return sr_ok();
}

/* struct run: the trials of one line of the table. */
struct run {
	const struct row *row;
	enum attack attack;
	uint64_t seed;
	struct tally *each;
};

static struct sr_err run_slice(void *user, unsigned thread, size_t from, size_t to)
{
	const struct run *r = user;
	struct arena a = {0};
	struct sr_err err = sr_ok();
	(void)thread;
	for (size_t i = from; i < to && !sr_bad(err); i++) {
		struct bench *t = ARENA_NEW(&a, struct bench);
		struct sim mix = {r->seed + i};
		if (!t) {
			err = sr_nomem();
			break;
		}
		t->row = r->row;
		t->attack = r->attack;
		t->sim.state = sim_u64(&mix);
		sim_seed(&t->sim, &t->seed);
		err = run_bench(t, &r->each[i]);
		crypto_key_release(&t->seed);
		arena_release(&t->a);
		arena_release(&a);
	}
	arena_release(&a);
	return err;
}

static struct sr_err run_row(const struct row *row, enum attack attack, uint64_t seed,
			     size_t trials, struct tally *sum)
{
	struct arena a = {0};
	struct run r = {row, attack, seed, ARENA_ARRAY(&a, trials, struct tally)};
	const struct parallel p = {.n = trials, .slice_n = 1, .run = run_slice, .user = &r};
	struct sr_err err = r.each ? parallel_run(&p) : sr_nomem();
	*sum = (struct tally){0};
	for (size_t i = 0; i < trials && !sr_bad(err); i++) {
		const struct tally *t = &r.each[i];
		sum->trials += t->trials;
		sum->caught += t->caught;
		sum->members += t->members;
		sum->innocents += t->innocents;
		for (int s = 0; s < CODE_STAGES; s++)
			sum->stage[s] += t->stage[s];
	}
	arena_release(&a);
	return err;
}

/* print_row returns whether the line is as it should be. */
static bool print_row(const struct row *r, enum attack attack, const struct tally *t)
{
	double low, high, rate = (double)t->caught / (double)t->trials;
	bool good = !t->innocents && rate >= r->goal;
	instrument_limits(t->caught, t->trials, &low, &high);
	printf("%6zu %5zu %6u %7u  %.2f  %-12s %6.1f%% [%5.1f-%5.1f] %7.2f %9zu  "
	       "%zu/%zu/%zu/%zu/%zu"
	       "%s\n",
	       r->places, r->slots, r->design, r->members, r->noise, attack_name[attack],
	       100 * rate, 100 * low, 100 * high, (double)t->members / (double)t->trials,
	       t->innocents, t->stage[CODE_STAGE_SINGLE], t->stage[CODE_STAGE_COALITION],
	       t->stage[CODE_STAGE_LAYER], t->stage[CODE_STAGE_PAIR], t->stage[CODE_STAGE_TRIPLE],
	       !good         ? "  FAILS"
	       : r->goal > 0 ? "  goal: 95%"
			     : "");
	(void)fflush(stdout);
	return good;
}

static int run_all(uint64_t seed, size_t trials)
{
	bool good = true;
	size_t judged = 0, innocents = 0;
	for (size_t i = 0; i < ROWS; i++)
		for (enum attack k = 0; k < ATTACKS; k++) {
			struct tally t;
			/* A single reader has nobody to compare with. */
			if (rows[i].members == 1 && k != AVERAGE)
				continue;
			sim_must(run_row(&rows[i], k, seed + 100000 * (ATTACKS * i + k),
					 rows[i].goal > 0 ? trials : (trials + 3) / 4, &t));
			good &= print_row(&rows[i], k, &t);
			judged += t.trials * (READERS - rows[i].members);
			innocents += t.innocents;
		}
	printf("# innocents named: %zu of %zu judged\n", innocents, judged);
	return !good;
}

static bool parse(int argc, char **argv, uint64_t *trials, uint64_t *seed)
{
	for (int i = 1; i < argc; i += 2) {
		uint64_t *out = !strcmp(argv[i], "--trials") ? trials : seed;
		if (i + 1 >= argc || (out == seed && strcmp(argv[i], "--seed")) ||
		    !instrument_number(argv[i + 1], out))
			return false;
	}
	return *trials > 0;
}

int main(int argc, char **argv)
{
	uint64_t trials = 100, seed = 20261126;
	if (!parse(argc, argv, &trials, &seed)) {
		(void)fputs("usage: layout_collusion [--trials N] [--seed S]\n", stderr);
		return 2;
	}
	sim_must(crypto_init());
	printf("# %d readers, level %g over all of them, shifts of %.2f pt, seed %llu;\n"
	       "# %llu trials where there is a goal, else a quarter of that; caught: at least one "
	       "member is named,\n# with exact 95%% limits; named: members a trial; by: kind of "
	       "score of the surest member caught:\n# single/coalition/layer/pair/triple\n",
	       READERS, LEVEL, REACH, (unsigned long long)seed, (unsigned long long)trials);
	printf("%6s %5s %6s %7s  %s %-12s  %7s %13s %7s %9s  %s\n", "places", "slots", "design",
	       "members", "noise", "attack", "caught", "limits", "named", "innocents", "by");
	return run_all(seed, trials);
}
