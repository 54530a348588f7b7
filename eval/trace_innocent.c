/* SPDX-License-Identifier: Apache-2.0 */
/* Whom does it accuse when nobody leaked? Leaks that come from nobody's copy but do align, at least
 * READ_MIN places each, against 100 fresh readers a leak. At a level of 1e-3 no more than the
 * claimed rate of them may name somebody; at 1e-6 none may. Every wrong name is printed.
 *
 * The kinds: drafts (the original wordings, retyped); writers who mostly keep the originals;
 * writers with a taste of their own; independent articles on the same matter; releases made from a
 * copy of an earlier ledger; and an article after a release that was made from a present reader's
 * copy, reworded here and there, the release given as public.
 *
 * Usage: trace_innocent [LEAKS A KIND [SEED]]   (run in the source tree)
 * Exit status 1 if the lower 99% Clopper-Pearson limit of a rate is above its claim, or a name
 * appears at 1e-6. */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { READERS = 100, PAPERS = 3, READ_MIN = 30, LEVELS = 2 };

static const double levels[LEVELS] = {1e-3, 1e-6};

struct bench {
	struct sim sim;
	struct arena a;
	struct sim_paper papers[PAPERS];
	struct slice drafts[PAPERS];
	struct sim_readers readers;
};

enum kind { DRAFT, PREFERS_ORIGINALS, OWN_TASTE, INDEPENDENT, EARLIER_COPY, PUBLIC_RELEASE, KINDS };

static const char *const kind_words[KINDS] = {
	[DRAFT] = "the draft, retyped",
	[PREFERS_ORIGINALS] = "a writer near the draft",
	[OWN_TASTE] = "a writer's own choices",
	[INDEPENDENT] = "another author's text",
	[EARLIER_COPY] = "an earlier ledger's copy",
	[PUBLIC_RELEASE] = "a public release, reworded",
};

/* One simulated case: the text, a public one if any, and the present ledger's seed. */
struct scene {
	const struct sim_paper *paper;
	struct crypto_key seed;
	struct build leak, release;
};

/* copy_of writes some reader's copy; its symbols live in a. */
static uint16_t *copy_of(struct bench *b, struct arena *a, const struct sim_paper *p,
			 const struct crypto_key *seed, struct build *out)
{
	struct issue_job job;
	const struct code_design design = {seed, p->hash, CODE_COLLUSION_DEFAULT};
	sim_must(issue_job_init(a, &p->lattice, &design, &job));
	sim_must(issue_copy(&job, b->readers.at[sim_below(&b->sim, READERS)].id, out));
	return job.symbols;
}

/* reword makes a writer's own choice at some of the places. */
static void reword(struct bench *b, const struct sim_paper *p, double some, uint16_t *symbols)
{
	for (size_t i = 0; i < p->lattice.places_n; i++)
		if (sim_chance(&b->sim, some))
			symbols[i] = (uint16_t)sim_below(&b->sim, p->lattice.places[i].wordings_n);
}

/* retype replaces out by what a typist makes of it. */
static void retype(struct bench *b, struct arena *a, double slips, struct build *out)
{
	struct sim_words w;
	const void *kept = arena_dup(a, out->ptr, out->len);
	sim_split(a, slice_make(kept, out->len), &w);
	build_reset(out);
	sim_retype(&b->sim, &w, slips, out);
}

static void set_scene(struct bench *b, struct arena *a, enum kind kind, struct scene *s)
{
	size_t which = sim_below(&b->sim, PAPERS);
	struct crypto_key old = {0};
	s->paper = &b->papers[which];
	sim_seed(&b->sim, &s->seed);
	uint16_t *symbols = ARENA_ARRAY(a, s->paper->lattice.places_n, uint16_t);
	switch (kind) {
	case DRAFT:
	case PREFERS_ORIGINALS:
	case OWN_TASTE:
		reword(b, s->paper,
		       kind == DRAFT               ? 0
		       : kind == PREFERS_ORIGINALS ? 0.2
						   : 1,
		       symbols);
		mark_words_write(&s->paper->lattice, symbols, &s->leak);
		break;
	case INDEPENDENT:
		build_slice(&s->leak, b->drafts[which]);
		break;
	case EARLIER_COPY:
		sim_seed(&b->sim, &old);
		(void)copy_of(b, a, s->paper, &old, &s->leak);
		crypto_key_release(&old);
		break;
	case PUBLIC_RELEASE:
		symbols = copy_of(b, a, s->paper, &s->seed, &s->release);
		reword(b, s->paper, 0.3, symbols);
		mark_words_write(&s->paper->lattice, symbols, &s->leak);
		break;
	case KINDS:
		break;
	}
	retype(b, a, kind == DRAFT ? 0.02 : 0.01, &s->leak);
}

struct tally {
	size_t leaks, read, named[LEVELS];
};

static void show_wrong(const struct trace_verdict *v, enum kind kind, size_t n)
{
	for (size_t i = 0; i < v->ranking_n; i++)
		if (v->ranking[i].named)
			(void)printf(
				"  named: leak %zu of \"%s\": reader %.*s, %u agree, %u do not, "
				"p %.3g\n",
				n, kind_words[kind], (int)v->ranking[i].reader->id.len,
				(const char *)v->ranking[i].reader->id.ptr, v->ranking[i].agree,
				v->ranking[i].disagree, v->ranking[i].p_value);
}

static void count(const struct trace_verdict *v, enum kind kind, struct tally *t)
{
	t->leaks++;
	t->read += v->evidence->seen_n;
	for (size_t k = 0; k < LEVELS; k++)
		t->named[k] += v->ranking[0].p_value <= levels[k] && v->evidence->seen_n;
	if (v->named_n)
		show_wrong(v, kind, t->leaks);
}

static void run_one(struct bench *b, enum kind kind, struct tally *t)
{
	struct arena a = {0};
	struct scene s = {0};
	struct trace_verdict v;
	set_scene(b, &a, kind, &s);
	sim_trace(&a, s.paper, &s.seed, &b->readers, slice_make(s.leak.ptr, s.leak.len),
		  slice_make(s.release.ptr, s.release.len), levels[0], &v);
	/* A leak whose every place a release supplied aligned all the same. */
	if (v.evidence->seen_n + v.evidence->supplied_n >= READ_MIN)
		count(&v, kind, t);
	crypto_key_release(&s.seed);
	build_release(&s.leak);
	build_release(&s.release);
	arena_release(&a);
}

/* The probability that a binomial of n trials at p reaches k. */
static double binomial_tail(size_t k, size_t n, double p)
{
	double sum = 0;
	for (size_t i = k; i <= n; i++) {
		double m = (double)n, j = (double)i;
		double term = exp(lgamma(m + 1) - lgamma(j + 1) - lgamma(m - j + 1) + j * log(p) +
				  (m - j) * log1p(-p));
		sum += term;
		if (j > m * p && term < sum * 1e-12)
			break;
	}
	return sum < 1 ? sum : 1;
}

static bool print(const char *name, const struct tally *t)
{
	/* The lower limit of Clopper and Pearson (1934) is above p exactly if this is below 0.5%.
	 */
	double chance = binomial_tail(t->named[0], t->leaks, levels[0]);
	bool good = chance >= 0.005 && !t->named[1];
	(void)printf("%-28s %7zu %7.1f %7zu %9.2e %12.3f %7zu   %s\n", name, t->leaks,
		     (double)t->read / (double)t->leaks, t->named[0],
		     (double)t->named[0] / (double)t->leaks, chance, t->named[1],
		     good ? "holds" : "BROKEN");
	(void)fflush(stdout);
	return good;
}

static void load(struct bench *b)
{
	for (size_t i = 0; i < PAPERS; i++) {
		char path[64];
		(void)snprintf(path, sizeof path, "test/corpus/papers/p%zu.md", i + 1);
		sim_paper_read(&b->a, path, &b->papers[i]);
		(void)snprintf(path, sizeof path, "test/corpus/drafts/d%zu.md", i + 1);
		b->drafts[i] = sim_file(&b->a, path);
	}
	sim_readers_make(&b->a, READERS, &b->readers);
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 4000;
	struct bench b = {.sim = {argc > 2 ? strtoull(argv[2], NULL, 10) : 20261123}};
	sim_must(crypto_init());
	(void)printf("seed %llu, %d readers of a fresh ledger each leak, %d places or more\n",
		     (unsigned long long)b.sim.state, READERS, READ_MIN);
	load(&b);
	(void)printf("%-28s %7s %7s %7s %9s %12s %7s\n", "leak from nobody's copy", "leaks", "read",
		     "at 1e-3", "rate", "P(so many)", "at 1e-6");
	struct tally all = {0};
	bool good = true;
	for (int kind = 0; kind < KINDS; kind++) {
		struct tally t = {0};
		for (size_t tries = 0; t.leaks < n && tries < 2 * n; tries++)
			run_one(&b, (enum kind)kind, &t);
		good = t.leaks && print(kind_words[kind], &t) && good;
		all.leaks += t.leaks;
		all.read += t.read;
		for (size_t k = 0; k < LEVELS; k++)
			all.named[k] += t.named[k];
	}
	good = print("all", &all) && good;
	arena_release(&b.a);
	return good ? 0 : 1;
}
