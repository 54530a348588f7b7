/* SPDX-License-Identifier: Apache-2.0 */
/* Is the p-value of an uninvolved reader what it claims to be? Draws the symbols of ten million
 * uninvolved readers from the real stream and counts how many reach each level: by every score of
 * several kinds of leak, honest and hostile; given guilty and innocent partners; and for whole
 * families, by everything together. Far down, tails are held against enumeration and importance
 * sampling. Rates are printed over their claims, with Clopper-Pearson limits at 99% each; "law" is
 * what the exact law predicts: below 1 because scores are integers. Claims are judged by limits
 * that hold with 99% for all of them together.
 *
 * usage: code_calibration [--readers N] [--seed S] [--plant gaussian | search | layers]
 * exit 0: no claim is violated; 1: a lower limit is above its claim, or an upper one below half of
 * what the law permits; 2: it could not run. --plant gaussian replaces the exact tail by a normal
 * one, --plant search forgets in the families with how many partners a reader was tried, --plant
 * layers that each layer was scored alone: all must end in 1. */
#include "calibration.h"
#include "code_scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 4, FAMILY = 20, FAMILY_LEVELS = 2 };

static const double levels[LEVELS] = {1e-1, 1e-2, 1e-3, 1e-4};
static const double family_levels[FAMILY_LEVELS] = {1e-1, 1e-2};

struct options {
	uint64_t readers_n, seed;
	bool gaussian, search, layers;
};

static const struct channel channels[] = {
	{"whole paper, clean", LEAK_RANDOM, 2, 2, 2, 200, 0, 0},
	{"2 to 6 wordings, clean", LEAK_RANDOM, 2, 2, 6, 60, 0, 0},
	{"excerpt", LEAK_RANDOM, 2, 2, 3, 30, 0, 0},
	{"soft readings", LEAK_SOFT, 2, 2, 4, 60, 0, 0},
	{"soft, design 5", LEAK_SOFT, 5, 2, 4, 60, 0, 0},
	{"hostile: all first", LEAK_ALL_FIRST, 3, 2, 2, 100, 0, 0},
	{"prefers originals", LEAK_ORIGINAL, 3, 2, 5, 60, 0, 0},
	{"one copy, edited", LEAK_EDITED, 2, 2, 3, 60, 1, 0},
	{"passages of two", LEAK_SPLICED, 2, 2, 3, 60, 2, 0},
	{"two, interleaving", LEAK_INTERLEAVED, 2, 2, 2, 125, 2, 0},
	{"three, minority", LEAK_MINORITY, 3, 2, 2, 200, 3, 0},
	{"five, majority", LEAK_MAJORITY, 5, 2, 3, 200, 5, 0},
	{"nine, design 12", LEAK_MAJORITY, 12, 2, 2, 200, 9, 0},
	{"two layers, soft", LEAK_SOFT, 2, 2, 4, 60, 0, 30},
	{"layers of two", LEAK_SPLICED, 3, 2, 3, 120, 2, 60},
};

enum { CHANNELS = sizeof channels / sizeof *channels };

/* struct bank: scores whose tails are tried, by name and in the order of kinds. */
struct bank {
	const struct code_score *score[CODE_BANK_MAX];
	const char *kind[CODE_BANK_MAX];
	double mean[CODE_BANK_MAX], sigma[CODE_BANK_MAX]; /* of an innocent's score */
	uint32_t n;
};

/* struct tally: what is counted, by thread. */
struct tally {
	const struct bank *bank;
	const struct options *o;
	uint64_t first; /* readers before this one had a part in the leak */
	uint8_t id[LIMIT_THREADS][8];
	uint64_t reached[LIMIT_THREADS][CODE_BANK_MAX][LEVELS];
};

/* moments takes mean and deviation of score k from the exact tails. */
static void moments(struct bank *b, uint32_t k)
{
	double square = 0, mean = 0;
	for (int64_t u = 1; u <= code_score_max(b->score[k]); u++) {
		mean += code_score_tail(b->score[k], u);
		square += (double)(2 * u - 1) * code_score_tail(b->score[k], u);
	}
	b->mean[k] = mean;
	b->sigma[k] = sqrt(square - mean * mean);
}

static double p_value(const struct bank *b, uint32_t k, int64_t units, bool gaussian)
{
	if (gaussian)
		return erfc(((double)units - b->mean[k]) / b->sigma[k] * M_SQRT1_2) / 2;
	return code_score_tail(b->score[k], units);
}

static struct slice id_of(void *user, unsigned thread, size_t reader)
{
	struct tally *t = user;
	return trial_id(t->first + reader, t->id[thread]);
}

static struct sr_err count(void *user, unsigned thread, size_t reader, const uint16_t *symbols,
			   const int32_t *units)
{
	struct tally *t = user;
	(void)reader, (void)symbols;
	for (uint32_t k = 0; k < t->bank->n; k++) {
		double p = p_value(t->bank, k, units[k], t->o->gaussian);
		for (int l = 0; l < LEVELS && p <= levels[l]; l++)
			t->reached[thread][k][l]++;
	}
	return sr_ok();
}

static struct sr_err scan(struct trial *t, const struct bank *b, const struct options *o,
			  uint64_t readers_n, struct tally *out)
{
	struct code_scan s = {
		.stream = t->stream, .n = readers_n, .id = id_of, .each = count, .user = out};
	*out = (struct tally){.bank = b, .o = o, .first = t->channel->parties};
	SR_TRY(code_sight_make(&t->a, t->place, t->bias, t->leak.layer_n, &s.sight));
	SR_TRY(code_bank_make(&t->a, b->score, b->n, &s.bank));
	SR_TRY(code_scan_run(&s));
	for (unsigned thread = 1; thread < LIMIT_THREADS; thread++)
		for (uint32_t k = 0; k < b->n; k++)
			for (int l = 0; l < LEVELS; l++)
				out->reached[0][k][l] += out->reached[thread][k][l];
	return sr_ok();
}

/* law_rate returns the probability with which an innocent reaches the level, by the exact law. */
static double law_rate(const struct bank *b, uint32_t k, double level, bool gaussian)
{
	int64_t u = code_score_max(b->score[k]);
	double rate = 0;
	for (; u >= 0 && p_value(b, k, u, gaussian) <= level; u--)
		rate = code_score_tail(b->score[k], u);
	return rate;
}

/* struct verdicts: claims that were checked, and those that do not hold. */
struct verdicts {
	unsigned checks, violated;
};

/* report_level prints the highest rate among the scores from .. to-1, and judges all of them. */
static bool report_level(const struct bank *b, const struct tally *t, uint32_t from, uint32_t to,
			 int l, double n, struct verdicts *v)
{
	uint32_t worst = from;
	bool bad = false;
	for (uint32_t k = from; k < to; k++) {
		double reached = (double)t->reached[0][k][l];
		double law = law_rate(b, k, levels[l], t->o->gaussian);
		bool high = limit_low(reached, n, RISK_JUDGED) > levels[l];
		bool few = 1 - limit_low(n - reached, n, RISK_JUDGED) < fmin(law, levels[l]) / 2;
		if (reached > (double)t->reached[0][worst][l])
			worst = k;
		bad |= high || few;
		v->violated += high + few;
		v->checks += 2;
	}
	double reached = (double)t->reached[0][worst][l];
	printf("  %5.3f [%5.3f-%5.3f] %5.3f", reached / n / levels[l],
	       limit_low(reached, n, RISK_PRINTED) / levels[l],
	       (1 - limit_low(n - reached, n, RISK_PRINTED)) / levels[l],
	       law_rate(b, worst, levels[l], t->o->gaussian) / levels[l]);
	return bad;
}

static void report(const char *name, const struct bank *b, const struct tally *t, double n,
		   struct verdicts *v)
{
	for (uint32_t from = 0, to; from < b->n; from = to) {
		bool bad = false;
		for (to = from; to < b->n && !strcmp(b->kind[to], b->kind[from]);)
			to++;
		printf("%-23s %-9s %2u", name, b->kind[from], to - from);
		for (int l = 0; l < LEVELS; l++)
			bad |= report_level(b, t, from, to, l, n, v);
		printf("  %s\n", bad ? "VIOLATED" : "ok");
	}
}

static void report_head(const char *what)
{
	printf("\n# %s\n%-23s %-9s %2s", what, "leak", "score", "of");
	for (int l = 0; l < LEVELS; l++)
		printf("  %5.0e [   limits  ]   law", levels[l]);
	printf("\n");
}

/* Every score of a leak. */
static struct sr_err alone(const struct channel *c, const struct options *o, struct verdicts *v)
{
	static const char *const kinds[] = {"single", "coalition", "passage", "layer"};
	static struct trial t;
	static struct tally tally;
	struct code_scores scores;
	uint64_t n = o->readers_n / CHANNELS / 2 + 1;
	SR_TRY(trial_open(c, o->seed, &t));
	struct bank b = {.n = 0};
	struct sr_err err = code_scores_make(&t.a, &t.leak, &scores);
	for (uint32_t k = 0; !sr_bad(err) && k < scores.n; k++, b.n++) {
		b.score[k] = scores.score[k];
		b.kind[k] = kinds[scores.ground[k].stage];
		moments(&b, k);
	}
	if (!sr_bad(err))
		err = scan(&t, &b, o, n, &tally);
	if (!sr_bad(err))
		report(c->name, &b, &tally, (double)n, v);
	trial_close(&t);
	return err;
}

/* add_joint adds the scores of all models, given partners_n readers: parties, or innocents that
 * come long after those who are counted. */
static struct sr_err add_joint(struct trial *t, uint32_t partners_n, bool guilty, struct bank *b)
{
	const uint16_t *partner[CODE_PARTNERS_MAX] = {t->party[0], t->party[1]};
	uint16_t *stranger[CODE_PARTNERS_MAX];
	struct code_model models[CODE_JOINT_MODELS];
	uint32_t n = code_joint_models(t->leak.collusion, partners_n, models);
	for (uint32_t j = 0; j < CODE_PARTNERS_MAX && !guilty; j++) {
		uint8_t id[8];
		stranger[j] = ARENA_ARRAY(&t->a, t->leak.n, uint16_t);
		if (!stranger[j])
			return sr_nomem();
		SR_TRY(trial_symbols(t, trial_id(UINT64_MAX - j, id), stranger[j]));
		partner[j] = stranger[j];
	}
	for (uint32_t m = 0; m < n; m++) {
		float *loglik = ARENA_ARRAY(&t->a, code_seen_wordings(t->seen, t->leak.n), float);
		struct code_seen *seen = ARENA_ARRAY(&t->a, t->leak.n, struct code_seen);
		if (!loglik || !seen)
			return sr_nomem();
		code_coalition_loglik(t->seen, t->leak.n, &models[m], partner, partners_n, loglik);
		code_seen_with(t->seen, t->leak.n, loglik, seen);
		SR_TRY(code_score_build_member(&t->a, seen, t->leak.n, &b->score[b->n]));
		b->kind[b->n] = partners_n == 1 ? "pair" : "triple";
		moments(b, b->n++);
	}
	return sr_ok();
}

/* Given partners. */
static struct sr_err joint(const struct channel *c, uint32_t partners_n, bool guilty,
			   const struct options *o, struct verdicts *v)
{
	static struct trial t;
	static struct tally tally;
	char name[64];
	uint64_t n = o->readers_n / 24 + 1;
	SR_TRY(trial_open(c, o->seed + 1, &t));
	struct bank b = {.n = 0};
	struct sr_err err = add_joint(&t, partners_n, guilty, &b);
	if (!sr_bad(err))
		err = scan(&t, &b, o, n, &tally);
	(void)snprintf(name, sizeof name, "%s, %s", c->name, guilty ? "theirs" : "others");
	if (!sr_bad(err))
		report(name, &b, &tally, (double)n, v);
	trial_close(&t);
	return err;
}

static struct sr_err joint_all(const struct options *o, struct verdicts *v)
{
	static const struct channel leaks[] = {
		{"two, mixed", LEAK_INTERLEAVED, 2, 2, 2, 125, 2, 0},
		{"three, minority", LEAK_MINORITY, 3, 2, 3, 125, 3, 0},
		{"five, majority", LEAK_MAJORITY, 5, 2, 2, 200, 5, 0},
	};
	report_head("readers who had no part, given the copies of partners: theirs who did, or "
		    "others'");
	for (size_t i = 0; i < sizeof leaks / sizeof *leaks; i++)
		for (uint32_t partners_n = 1; partners_n <= 2; partners_n++)
			for (int guilty = 1; guilty >= 0; guilty--)
				if (leaks[i].design > partners_n)
					SR_TRY(joint(&leaks[i], partners_n, guilty, o, v));
	return sr_ok();
}

/* forgotten gives the smallest p-value of a reader who had no part when it is forgotten with how
 * many partners and models each was tried. */
static struct sr_err forgotten(struct trial *t, const struct code_readers *readers, double *least)
{
	const uint16_t *symbols[FAMILY];
	struct code_joint found[FAMILY];
	for (uint32_t r = 0; r < FAMILY; r++) {
		uint16_t *x = ARENA_ARRAY(&t->a, t->leak.n, uint16_t);
		if (!x)
			return sr_nomem();
		SR_TRY(trial_symbols(t, readers->id[r], x));
		symbols[r] = x;
	}
	SR_TRY(code_joint_search(t->seen, t->leak.n, t->leak.collusion, 1, symbols, FAMILY, 0,
				 found));
	for (uint32_t r = t->channel->parties; r < FAMILY; r++)
		*least = fmin(*least, code_family_p(found[r].p, FAMILY, 1));
	return sr_ok();
}

/* family counts the levels at which a fresh family names somebody who had no part. */
static struct sr_err family(const struct channel *c, uint64_t seed, const struct options *o,
			    uint64_t *named)
{
	static struct trial t;
	struct code_scores scores;
	struct code_finding finding[FAMILY];
	uint8_t bytes[FAMILY][8];
	struct slice id[FAMILY];
	double least = 1;
	SR_TRY(trial_open(c, seed, &t));
	for (uint64_t r = 0; r < FAMILY; r++)
		id[r] = trial_id(r, bytes[r]);
	const struct code_readers readers = {t.stream, id, FAMILY, FAMILY};
	struct sr_err err = code_scores_make(&t.a, &t.leak, &scores);
	if (!sr_bad(err))
		err = code_accuse(&t.leak, &scores, &readers, finding);
	for (uint32_t r = c->parties; r < FAMILY && !sr_bad(err); r++)
		least = fmin(least, finding[r].p_value);
	for (uint32_t r = c->parties; r < FAMILY && !sr_bad(err) && o->layers; r++)
		for (int l = 0; l < CODE_LAYERS; l++)
			least = fmin(least, code_family_p(finding[r].layer[l].p_alone, FAMILY, 1));
	if (o->search && !sr_bad(err))
		err = forgotten(&t, &readers, &least);
	for (int l = 0; l < FAMILY_LEVELS; l++)
		named[l] += least <= family_levels[l];
	trial_close(&t);
	return err;
}

static struct sr_err families(const struct channel *c, const struct options *o, struct verdicts *v)
{
	uint64_t named[FAMILY_LEVELS] = {0}, n = o->readers_n / 2500 + 200;
	bool bad = false;
	for (uint64_t i = 0; i < n; i++)
		SR_TRY(family(c, o->seed + 1000 + i, o, named));
	printf("%-23s %8llu", c->name, (unsigned long long)n);
	for (int l = 0; l < FAMILY_LEVELS; l++) {
		double k = (double)named[l], all = (double)n;
		bool high = limit_low(k, all, RISK_JUDGED) > family_levels[l];
		printf("  %6.3f [%5.3f-%5.3f]", k / all / family_levels[l],
		       limit_low(k, all, RISK_PRINTED) / family_levels[l],
		       (1 - limit_low(all - k, all, RISK_PRINTED)) / family_levels[l]);
		bad |= high;
		v->violated += high;
		v->checks++;
	}
	printf("  %s\n", bad ? "VIOLATED" : "ok");
	return sr_ok();
}

static struct sr_err families_all(const struct options *o, struct verdicts *v)
{
	static const struct channel leaks[] = {
		{"nobody's text", LEAK_RANDOM, 2, 2, 2, 40, 0, 0},
		{"two, interleaving", LEAK_INTERLEAVED, 2, 2, 2, 40, 2, 0},
		{"passages of two", LEAK_SPLICED, 2, 2, 3, 40, 2, 0},
		{"three, majority", LEAK_MAJORITY, 3, 2, 2, 40, 3, 0},
		{"nobody's page", LEAK_SOFT, 2, 2, 2, 40, 0, 20},
		{"layers of two", LEAK_SPLICED, 2, 2, 2, 40, 2, 20},
	};
	printf("\n# families of %d readers, of whom an innocent is named by any score, pair or "
	       "triple%s"
	       "\n%-23s %8s   1e-01 [   limits  ]    1e-02 [   limits  ]\n",
	       FAMILY,
	       o->search   ? " (planted: partners not counted)"
	       : o->layers ? " (planted: layers not counted)"
			   : "",
	       "leak", "families");
	for (size_t i = 0; i < sizeof leaks / sizeof *leaks; i++)
		SR_TRY(families(&leaks[i], o, v));
	return sr_ok();
}

static struct sr_err run(const struct options *o, struct verdicts *v)
{
	report_head(
		"readers who had no part, by every score; the one most often reached is printed");
	for (size_t i = 0; i < CHANNELS; i++)
		SR_TRY(alone(&channels[i], o, v));
	SR_TRY(joint_all(o, v));
	SR_TRY(families_all(o, v));
	SR_TRY(tail_enumerate(o->seed, &v->checks, &v->violated));
	return tail_sample(o->seed, o->readers_n / 100 + 1000, &v->checks, &v->violated);
}

static bool parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 >= argc)
			return false;
		if (!strcmp(argv[i], "--plant") && !strcmp(argv[i + 1], "gaussian"))
			o->gaussian = true;
		else if (!strcmp(argv[i], "--plant") && !strcmp(argv[i + 1], "search"))
			o->search = true;
		else if (!strcmp(argv[i], "--plant") && !strcmp(argv[i + 1], "layers"))
			o->layers = true;
		else if (!strcmp(argv[i], "--readers") &&
			 instrument_number(argv[i + 1], &o->readers_n))
			continue;
		else if (!strcmp(argv[i], "--seed") && instrument_number(argv[i + 1], &o->seed))
			continue;
		else
			return false;
	}
	return o->readers_n > 0;
}

int main(int argc, char **argv)
{
	struct options o = {.readers_n = 10 * 1000 * 1000, .seed = 20261123};
	struct verdicts v = {0, 0};
	if (!parse(argc, argv, &o)) {
		(void)fputs("usage: code_calibration [--readers N] [--seed S] "
			    "[--plant gaussian | search | layers]\n",
			    stderr);
		return 2;
	}
	struct sr_err err = crypto_init();
	printf("# %llu innocent readers in all, seed %llu, %s tail\n",
	       (unsigned long long)o.readers_n, (unsigned long long)o.seed,
	       o.gaussian ? "planted Gaussian" : "exact");
	if (!sr_bad(err))
		err = run(&o, &v);
	if (sr_bad(err)) {
		(void)fprintf(stderr, "code_calibration: %s\n", err.what);
		return 2;
	}
	printf("\n# %u of %u claims violated\n", v.violated, v.checks);
	return v.violated ? 1 : 0;
}
