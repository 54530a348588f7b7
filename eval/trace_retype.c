/* SPDX-License-Identifier: Apache-2.0 */
/* How much of a retyped copy names its reader. For every length: how often the leaker is named at
 * 1e-3 and at 1e-6, how often he stands alone on top, how often somebody else is named; and, as a
 * measure of what is left on the table, how often he is named where the places read carry
 * log2(readers/level) + 1 bits.
 *
 * Usage: trace_retype [TRIALS [SEED]]   (run in the source tree) */
#include "sim.h"

#include "code_bias.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { READERS = 100, LEVELS = 2, PAPERS = 3, JUNKS = 8, QUOTES = 3 };

static const double levels[LEVELS] = {1e-3, 1e-6};
static const char *const paper_files[PAPERS] = {
	"test/corpus/papers/p1.md", "test/corpus/papers/p2.md", "test/corpus/papers/p3.md"};

struct bench {
	struct sim sim;
	struct arena a;
	struct sim_paper papers[PAPERS], few;
	struct sim_readers readers;
	struct slice junk[JUNKS];
};

/* What a row of the table counts. could: trials in which the bits read suffice. */
struct tally {
	size_t trials, top, wrong, read, misread;
	size_t named[LEVELS], could[LEVELS], did[LEVELS];
	double bits;
};

/* One leak made of one copy. */
struct leak {
	const struct sim_paper *paper;
	struct crypto_key seed;
	size_t leaker;
	uint16_t *symbols;
	struct sim_words words;
};

static void make_copy(struct bench *b, struct arena *a, const struct sim_paper *p, struct leak *l)
{
	struct issue_job job;
	struct build copy = {0};
	struct slice bytes;
	*l = (struct leak){.paper = p, .leaker = sim_below(&b->sim, READERS)};
	sim_seed(&b->sim, &l->seed);
	const struct code_design design = {&l->seed, p->hash, CODE_COLLUSION_DEFAULT};
	sim_must(issue_job_init(a, &p->lattice, &design, &job));
	sim_must(issue_copy(&job, b->readers.at[l->leaker].id, &copy));
	sim_must(build_done(&copy, &bytes));
	l->symbols = job.symbols;
	const void *kept = arena_dup(a, bytes.ptr, bytes.len);
	sim_split(a, slice_make(kept, bytes.len), &l->words);
	build_release(&copy);
}

static void count(const struct bench *b, struct arena *a, const struct leak *l, struct slice text,
		  struct tally *t)
{
	struct trace_verdict v;
	sim_trace(a, l->paper, &l->seed, &b->readers, text, (struct slice){0}, levels[0], &v);
	double bits = 0;
	for (size_t i = 0; i < l->paper->lattice.places_n; i++) {
		const struct mark_place *p = &v.evidence->places[i];
		if (p->state != MARK_READ)
			continue;
		bits += log2((double)l->paper->lattice.places[i].wordings_n);
		t->misread += p->symbol != l->symbols[i];
	}
	t->trials++;
	t->read += v.evidence->seen_n;
	t->bits += bits;
	const struct trace_reader *leaker = &b->readers.at[l->leaker];
	t->top += v.ranking[0].reader == leaker && v.ranking[0].p_alone < v.ranking[1].p_alone;
	for (size_t k = 0; k < LEVELS; k++) {
		bool could = bits >= log2(READERS / levels[k]) + 1;
		bool him = false;
		for (size_t i = 0; i < v.ranking_n && v.ranking[i].p_value <= levels[k]; i++) {
			bool is_him = v.ranking[i].reader == leaker;
			him |= is_him;
			t->wrong += !is_him;
		}
		t->named[k] += him;
		t->could[k] += could;
		t->did[k] += could && him;
	}
}

static struct sim_words window(struct bench *b, const struct sim_words *w, size_t n)
{
	if (n >= w->n)
		return *w;
	return (struct sim_words){w->at + sim_below(&b->sim, w->n - n), n};
}

static void print(const char *name, const struct tally *t)
{
	double n = (double)t->trials, lo, hi;
	(void)printf("%-26s %6zu %6.1f %5.1f %6.2f%%", name, t->trials, (double)t->read / n,
		     t->bits / n, t->read ? 100 * (double)t->misread / (double)t->read : 0);
	for (size_t k = 0; k < LEVELS; k++) {
		sim_wilson(t->named[k], t->trials, &lo, &hi);
		(void)printf("  %5.1f%% (%4.1f-%5.1f)", 100 * (double)t->named[k] / n, 100 * lo,
			     100 * hi);
	}
	(void)printf("  %5.1f%%  %5zu", 100 * (double)t->top / n, t->wrong);
	for (size_t k = 0; k < LEVELS; k++)
		(void)printf("  %4zu/%-4zu %5.1f%%", t->did[k], t->could[k],
			     t->could[k] ? 100 * (double)t->did[k] / (double)t->could[k] : 0);
	(void)printf("\n");
	(void)fflush(stdout);
}

/* excerpts: so many words in a row, retyped, nothing around them. */
static void excerpts(struct bench *b, const char *name, const struct sim_paper *papers, size_t n,
		     size_t words, double slips, size_t trials)
{
	struct tally t = {0};
	for (size_t i = 0; i < trials; i++) {
		struct arena a = {0};
		struct build text = {0};
		struct leak l;
		struct slice bytes;
		make_copy(b, &a, &papers[i % n], &l);
		struct sim_words w = window(b, &l.words, words);
		sim_retype(&b->sim, &w, slips, &text);
		sim_must(build_done(&text, &bytes));
		count(b, &a, &l, bytes, &t);
		crypto_key_release(&l.seed);
		build_release(&text);
		arena_release(&a);
	}
	print(name, &t);
}

static void add_junk(struct bench *b, struct build *text)
{
	build_str(text, "\n\n");
	build_slice(text, b->junk[sim_below(&b->sim, JUNKS)]);
	build_str(text, "\n\n");
}

/* articles: three quotations, so many words in all, in the debris of a page. */
static void articles(struct bench *b, const char *name, size_t words, double slips, size_t trials)
{
	struct tally t = {0};
	for (size_t i = 0; i < trials; i++) {
		struct arena a = {0};
		struct build text = {0};
		struct leak l;
		struct slice bytes;
		make_copy(b, &a, &b->papers[i % PAPERS], &l);
		add_junk(b, &text);
		for (size_t q = 0; q < QUOTES; q++) {
			struct sim_words w = window(b, &l.words, words / QUOTES);
			build_str(&text, "An official put it this way: \"");
			sim_retype(&b->sim, &w, slips, &text);
			build_str(&text, "\", according to people who have seen it.");
			add_junk(b, &text);
		}
		sim_must(build_done(&text, &bytes));
		count(b, &a, &l, bytes, &t);
		crypto_key_release(&l.seed);
		build_release(&text);
		arena_release(&a);
	}
	print(name, &t);
}

static void load(struct bench *b)
{
	for (size_t i = 0; i < PAPERS; i++) {
		sim_paper_read(&b->a, paper_files[i], &b->papers[i]);
		(void)printf("%s: %zu places, %.1f bits, %zu words, %.3f bits a word\n",
			     paper_files[i], b->papers[i].lattice.places_n, b->papers[i].bits,
			     b->papers[i].words, b->papers[i].bits / (double)b->papers[i].words);
	}
	sim_paper_read(&b->a, "test/corpus/papers/p4.md", &b->few);
	sim_readers_make(&b->a, READERS, &b->readers);
	for (size_t i = 0; i < JUNKS; i++) {
		char path[64];
		(void)snprintf(path, sizeof path, "test/corpus/junk/j%zu.txt", i + 1);
		b->junk[i] = sim_file(&b->a, path);
	}
}

int main(int argc, char **argv)
{
	size_t trials = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	struct bench b = {.sim = {argc > 2 ? strtoull(argv[2], NULL, 10) : 20261123}};
	sim_must(crypto_init());
	(void)printf("seed %llu, %d readers, %zu trials a row\n", (unsigned long long)b.sim.state,
		     READERS, trials);
	load(&b);
	(void)printf("%-26s %6s %6s %5s %7s  %-20s  %-20s  %6s  %5s  %-17s  %-17s\n", "leak",
		     "trials", "read", "bits", "misread", "named at 1e-3 (95%)",
		     "named at 1e-6 (95%)", "on top", "wrong", "enough at 1e-3", "enough at 1e-6");
	static const size_t lengths[] = {40, 60, 80, 100, 120, 150, 200, 300};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		char name[64];
		(void)snprintf(name, sizeof name, "%zu words, 2%% slips", lengths[i]);
		excerpts(&b, name, b.papers, PAPERS, lengths[i], 0.02, trials);
	}
	excerpts(&b, "150 words, no slips", b.papers, PAPERS, 150, 0, trials);
	excerpts(&b, "150 words, 5% slips", b.papers, PAPERS, 150, 0.05, trials);
	articles(&b, "article, 3 x 33 words, 2%", 100, 0.02, trials);
	articles(&b, "article, 3 x 50 words, 2%", 150, 0.02, trials);
	excerpts(&b, "15 places, whole paper", &b.few, 1, 10000, 0.02, trials);
	arena_release(&b.a);
	return 0;
}
