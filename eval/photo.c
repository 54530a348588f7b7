/* SPDX-License-Identifier: Apache-2.0 */
/* Do pictures of a page name its reader? Papers of one page with few places are marked for 1,000
 * readers by the program itself; a reader's page is drawn, suffers an attack (photo_attack), and
 * what is left of it - the page, half of it, six lines, four - is traced, at the usual 1e-6 over
 * all readers. Then pages that are nobody's, of which nobody may be named.
 *
 * Usage: photo SUBROSA [--trials N] [--innocents N] [--seed N] [--attack NAME] [--part NAME]
 *        [--keep DIR]
 *
 * Run in the source tree; SUBROSA is the program's path. --trials: of each attack on each part
 * (12). --part: whole, half, six or four (lines). --innocents: of each kind (30). --keep: keeps the
 * pictures from which not the right reader was named. Two traces run at a time. The tables go to
 * standard output at the end; each trace is a row of standard error at once: attack or whose page,
 * part, trial, named (the right reader), wrong, none or failed, p of the right reader, seconds. */
#include "photo_attack.h"
#include "photo_house.h"
#include "photo_innocent.h"

#include "crypto.h"
#include "instrument.h"
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 2, PAPERS = 4, PAIR = 3, WORDS = 420, PAIR_WORDS = 1000, EVERY = 12 };

static const char *const part_names[PHOTO_PARTS] = {"whole", "half", "six", "four"};

struct options {
	const char *program, *attack, *part, *keep;
	uint64_t trials, innocents, seed;
};

struct bench {
	struct options o;
	struct photo_house house;
	struct photo_paper paper[PAPERS], twin;
	struct photo_innocent innocent[PHOTO_INNOCENTS];
	size_t innocents_n;
	int to; /* where a worker writes its results */
};

/* What one trace gave. row: the number of the attack, or that of the kind of innocent behind them.
 */
struct result {
	uint32_t row, part;
	uint64_t trial;
	bool named, wrong, failed;
	size_t layout;
	double p;
	struct photo_cost cost;
};

/* All that was measured of one attack and part. */
struct tally {
	size_t n, named, wrong, failed;
	struct result *at;
};

static uint64_t dice_for(const struct bench *b, uint64_t x, uint64_t y, uint64_t z)
{
	uint64_t state = b->o.seed;
	state = instrument_random(&state) + x;
	state = instrument_random(&state) + y;
	state = instrument_random(&state) + z;
	return instrument_random(&state);
}

/* keep moves a picture that named the wrong reader, or none, to where it can be looked at. */
static void keep(const struct bench *b, const char *path, const struct result *r, const char *name)
{
	char to[PHOTO_PATH_LEN + 128];
	(void)snprintf(to, sizeof to, "%s/%s-%s-%llu%s", b->o.keep, name, part_names[r->part],
		       (unsigned long long)r->trial, strrchr(path, '.'));
	const char *argv[] = {"mv", path, to, NULL};
	if (!photo_run(argv))
		photo_die("cannot be kept", to);
}

static void judge(const struct bench *b, const struct photo_paper *p, const char *path,
		  size_t reader, struct result *r)
{
	struct photo_verdict v;
	const char *leak[] = {path, NULL};
	photo_trace(&b->house, p, leak, reader, &v);
	for (size_t i = 0; i < v.named_n; i++)
		*(v.named[i] == reader ? &r->named : &r->wrong) = true;
	r->failed = v.status != 0 && v.status != 1;
	r->layout = v.layout;
	r->p = v.p;
	r->cost = v.cost;
	if (write(b->to, r, sizeof *r) != (ssize_t)sizeof *r)
		photo_die("is closed", "the pipe");
}

static void attack(const struct bench *b, uint32_t row, enum photo_part part, uint64_t trial,
		   const struct photo_paper *p, const struct photo_page *page, size_t reader)
{
	const struct photo_attack *a = &photo_attacks[row];
	char base[PHOTO_PATH_LEN], path[PHOTO_PATH_LEN];
	struct result r = {.row = row, .part = part, .trial = trial};
	photo_scratch(base, sizeof base, "-leak");
	photo_attack_run(a, page, part, dice_for(b, trial, row, part), base, path, sizeof path);
	judge(b, p, path, reader, &r);
	if (b->o.keep && (!r.named || r.wrong))
		keep(b, path, &r, a->name);
	(void)unlink(path);
}

static bool wanted(const struct bench *b, const struct photo_attack *a)
{
	return !b->o.attack || !strcmp(b->o.attack, a->name);
}

static bool wanted_part(const struct bench *b, const struct photo_attack *a, int part)
{
	return wanted(b, a) && (!b->o.part || !strcmp(b->o.part, part_names[part])) &&
	       (part == PHOTO_WHOLE || !a->whole);
}

/* One reader leaks his page of a paper in every way there is for so many pages; the workers share
 * the ways. */
static void leaks(const struct bench *b, uint64_t worker, uint64_t t, const struct photo_paper *p,
		  size_t reader, int pages)
{
	char pdf[PHOTO_PATH_LEN];
	struct photo_page page = {0};
	photo_copy(p, reader, pdf);
	for (uint32_t row = 0; row < photo_attacks_n; row++)
		for (int part = 0; part < PHOTO_PARTS; part++) {
			const struct photo_attack *a = &photo_attacks[row];
			if ((row + t) % WORKERS != worker || (a->pages == 2) != (pages == 2) ||
			    !wanted_part(b, a, part))
				continue;
			if (!page.pdf)
				photo_page_open(pdf, 1, &page);
			attack(b, row, (enum photo_part)part, t, p, &page, reader);
		}
	photo_page_close(&page);
}

static void trial(const struct bench *b, uint64_t worker, uint64_t t)
{
	uint64_t dice = dice_for(b, t, 1000, 0);
	size_t reader = (size_t)photo_uniform(&dice, 0, PHOTO_READERS);
	leaks(b, worker, t, &b->paper[t % PAIR], reader, 1);
	leaks(b, worker, t, &b->paper[PAIR], reader, 2);
}

/* innocent traces a page that is nobody's after an attack that looks at the raster. */
static void innocent(const struct bench *b, uint32_t kind, uint64_t t)
{
	uint64_t dice = dice_for(b, t, 2000 + kind, 0);
	char pdf[PHOTO_PATH_LEN], base[PHOTO_PATH_LEN], path[PHOTO_PATH_LEN];
	struct photo_page page;
	const struct photo_innocent *i = &b->innocent[kind];
	const struct photo_attack *a;
	do
		a = &photo_attacks[(size_t)photo_uniform(&dice, 0, (double)photo_attacks_n)];
	while (a->pages == 2 || (i->jitter > 0 && !photo_attack_of_raster(a)));
	struct result r = {.row = (uint32_t)photo_attacks_n + kind,
			   .part = a->whole ? PHOTO_WHOLE : (uint32_t)(t % PHOTO_PARTS),
			   .trial = t * PHOTO_INNOCENTS + kind};
	photo_innocent_page(&b->house, i, &dice, pdf, &page);
	photo_scratch(base, sizeof base, "-leak");
	photo_attack_run(a, &page, (enum photo_part)r.part, dice, base, path, sizeof path);
	judge(b, &b->paper[0], path, PHOTO_READERS, &r);
	if (b->o.keep && (r.wrong || r.failed))
		keep(b, path, &r, "innocent");
	(void)unlink(path);
	photo_page_close(&page);
}

static void work(const struct bench *b, uint64_t worker)
{
	for (uint64_t t = 0; t < b->o.trials; t++)
		trial(b, worker, t);
	for (uint64_t t = worker; t < b->o.innocents; t += WORKERS)
		for (uint32_t k = 0; k < b->innocents_n; k++)
			innocent(b, k, t);
}

static void count(struct tally *t, const struct result *r, size_t rows)
{
	size_t i = r->row < photo_attacks_n
			   ? r->row * PHOTO_PARTS + r->part
			   : photo_attacks_n * PHOTO_PARTS + r->row - photo_attacks_n;
	struct tally *at = &t[i];
	if (i >= rows)
		photo_die("does not exist", "a row");
	at->at = reallocarray(at->at, at->n + 1, sizeof *at->at);
	if (!at->at)
		photo_die("no memory", "reallocarray");
	at->at[at->n++] = *r;
	at->named += r->named && !r->wrong;
	at->wrong += r->wrong;
	at->failed += r->failed;
}

/* print_result keeps what is known of a run that is interrupted. */
static void print_result(const struct bench *b, const struct result *r)
{
	(void)fprintf(stderr, "%s\t%s\t%llu\t%s\t%.1e\t%.2f\n",
		      r->row < photo_attacks_n ? photo_attacks[r->row].name
					       : b->innocent[r->row - photo_attacks_n].name,
		      part_names[r->part], (unsigned long long)r->trial,
		      r->failed  ? "failed"
		      : r->wrong ? "wrong"
		      : r->named ? "named"
				 : "none",
		      r->p, r->cost.wall_s);
}

/* gather has the workers work, prints and counts what they write. */
static void gather(struct bench *b, struct tally *t, size_t rows)
{
	int ends[2];
	struct result r;
	if (pipe(ends) != 0)
		photo_die("cannot be made", "a pipe");
	for (uint64_t w = 0; w < WORKERS; w++)
		if (fork() == 0) {
			(void)close(ends[0]);
			b->to = ends[1];
			work(b, w);
			_exit(0);
		}
	(void)close(ends[1]);
	while (read(ends[0], &r, sizeof r) == (ssize_t)sizeof r) {
		print_result(b, &r);
		count(t, &r, rows);
	}
	int status, bad = 0;
	while (wait(&status) > 0)
		bad |= status;
	if (bad)
		photo_die("did not end well", "a worker");
}

static double value(const struct result *r, int what)
{
	return what == 0   ? (r->p > 0 ? log10(r->p) : -400)
	       : what == 1 ? r->cost.wall_s
	       : what == 2 ? r->cost.cpu_s
	       : what == 3 ? (double)r->layout
			   : (double)r->cost.peak_kib / 1024;
}

/* quantile gives the share q of the values of a tally in ascending order. */
static double quantile(const struct tally *t, int what, double q)
{
	double *v = calloc(t->n ? t->n : 1, sizeof *v), x;
	if (!v)
		photo_die("no memory", "calloc");
	for (size_t i = 0; i < t->n; i++)
		v[i] = value(&t->at[i], what);
	x = t->n ? instrument_quantile(v, t->n, q) : 0;
	free(v);
	return x;
}

static void print_part(const struct photo_attack *a, const struct tally *t, enum photo_part part)
{
	if (t->n)
		(void)printf(" | %5.1f%%%c %5.0f %4.0f", 100 * (double)t->named / (double)t->n,
			     photo_attack_beyond(a, part) ? '*' : ' ', quantile(t, 0, .5),
			     quantile(t, 3, .5));
	else
		(void)printf(" | %6s %11s", "-", "");
}

static void print_attacks(const struct bench *b, const struct tally *t)
{
	static const char *const titles[PHOTO_PARTS] = {"whole page", "half page", "six lines",
							"four lines"};
	(void)printf("\n%-15s", "");
	for (int i = 0; i < PHOTO_PARTS; i++)
		(void)printf(" | %-18s", titles[i]);
	(void)printf(" |       | whole page, largest process\n%-15s", "attack");
	for (int i = 0; i < PHOTO_PARTS; i++)
		(void)printf(" | %7s %5s %4s", "named", "lg p", "read");
	(void)printf(" | wrong | %5s %5s %5s %4s\n", "s", "most", "cpu s", "MiB");
	for (size_t i = 0; i < photo_attacks_n; i++) {
		const struct tally *row = &t[i * PHOTO_PARTS];
		size_t wrong = 0;
		if (!wanted(b, &photo_attacks[i]))
			continue;
		(void)printf("%-15s", photo_attacks[i].name);
		for (int k = 0; k < PHOTO_PARTS; k++) {
			print_part(&photo_attacks[i], &row[k], (enum photo_part)k);
			wrong += row[k].wrong;
		}
		(void)printf(" | %5zu | %5.2f %5.2f %5.2f %4.0f\n", wrong, quantile(row, 1, .5),
			     quantile(row, 1, 1), quantile(row, 2, .5), quantile(row, 4, 1));
	}
}

static void print_below(const struct tally *t)
{
	static const double goal[PHOTO_PARTS] = {.95, .95, .9, .9};
	for (size_t i = 0; i < photo_attacks_n; i++)
		for (int k = 0; k < PHOTO_PARTS; k++) {
			const struct tally *p = &t[i * PHOTO_PARTS + (size_t)k];
			double low, high;
			if (!p->n || (double)p->named >= goal[k] * (double)p->n)
				continue;
			instrument_limits(p->named, p->n, &low, &high);
			(void)printf(
				"%s, %s: %zu of %zu named (95%%: %.0f%% to %.0f%%), %zu traces "
				"failed; %s\n",
				photo_attacks[i].name, part_names[k], p->named, p->n, 100 * low,
				100 * high, p->failed,
				photo_attack_beyond(&photo_attacks[i], (enum photo_part)k)
					? photo_attacks[i].beyond
					: "below the goal");
		}
}

static void print_innocents(const struct bench *b, const struct tally *t)
{
	(void)printf("\n%-40s %7s %6s %6s %7s\n", "nobody's page, any attack and part", "traces",
		     "named", "failed", "marks");
	for (size_t i = 0; i < b->innocents_n; i++) {
		const struct tally *k = &t[photo_attacks_n * PHOTO_PARTS + i];
		(void)printf("%-40s %7zu %6zu %6zu %7.0f\n", b->innocent[i].name, k->n, k->wrong,
			     k->failed, quantile(k, 3, .5));
	}
}

static size_t print_total(const struct tally *t, size_t rows)
{
	size_t n = 0, wrong = 0;
	double low, high;
	for (size_t i = 0; i < rows; i++) {
		n += t[i].n;
		wrong += t[i].wrong;
	}
	instrument_limits(wrong, n ? n : 1, &low, &high);
	(void)printf("\n%zu traces, %zu with a wrong name (95%%: below %.2f%%)\n", n, wrong,
		     100 * high);
	return wrong;
}

static void prepare(struct bench *b)
{
	static const char *const from[PAPERS] = {
		"test/corpus/papers/p1.md", "test/corpus/papers/p2.md", "test/corpus/papers/p3.md",
		"test/corpus/papers/p1.md"};
	photo_house_open(b->o.program, PHOTO_READERS, &b->house);
	for (size_t i = 0; i < PAPERS; i++) {
		char name[32], copy[PHOTO_PATH_LEN];
		struct photo_cost c;
		struct photo_verdict v;
		struct photo_paper *p = &b->paper[i];
		(void)snprintf(name, sizeof name, "paper%zu", i);
		photo_paper_make(&b->house, name, from[i], i == PAIR ? PAIR_WORDS : WORDS, EVERY,
				 p);
		photo_paper_mark(&b->house, p, NULL, &c);
		photo_copy(p, 0, copy);
		const char *leak[] = {copy, NULL};
		photo_trace(&b->house, p, leak, 0, &v);
		(void)printf(
			"%s: %zu words, %zu places, %zu marked words; marked for %d readers in "
			"%.1f s; a PDF itself: %s, p 10^%.0f\n",
			from[i], p->words, p->places, v.layout, PHOTO_READERS, c.wall_s,
			v.named_n == 1 && v.named[0] == 0 ? "named" : "NOT NAMED", log10(v.p));
	}
	if (b->o.innocents)
		b->innocents_n = photo_innocents_make(&b->house, &b->paper[0], &b->paper[1],
						      &b->twin, b->innocent);
}

static bool option(struct options *o, const char *name, const char *text)
{
	if (!strcmp(name, "--attack"))
		o->attack = text;
	else if (!strcmp(name, "--part"))
		o->part = text;
	else if (!strcmp(name, "--keep"))
		o->keep = text;
	else
		return (!strcmp(name, "--trials") && instrument_number(text, &o->trials)) ||
		       (!strcmp(name, "--innocents") && instrument_number(text, &o->innocents)) ||
		       (!strcmp(name, "--seed") && instrument_number(text, &o->seed));
	return true;
}

static bool parse(int argc, char **argv, struct options *o)
{
	*o = (struct options){.trials = 12, .innocents = 30, .seed = 20261126};
	if (argc < 2 || argc % 2)
		return false;
	o->program = argv[1];
	for (int i = 2; i < argc; i += 2)
		if (!option(o, argv[i], argv[i + 1]))
			return false;
	bool part = !o->part;
	for (int i = 0; i < PHOTO_PARTS; i++)
		part = part || !strcmp(o->part, part_names[i]);
	return part && (!o->attack || photo_attack_named(o->attack));
}

int main(int argc, char **argv)
{
	static struct bench b;
	if (!parse(argc, argv, &b.o)) {
		(void)fprintf(stderr,
			      "usage: photo SUBROSA [--trials N] [--innocents N] [--seed N] "
			      "[--attack NAME] [--part NAME] [--keep DIR]\n");
		return 2;
	}
	sim_must(crypto_init());
	(void)printf("seed %llu, %d readers, %llu trials of each attack on each part\n",
		     (unsigned long long)b.o.seed, PHOTO_READERS, (unsigned long long)b.o.trials);
	prepare(&b);
	(void)fflush(stdout);
	size_t rows = photo_attacks_n * PHOTO_PARTS + b.innocents_n;
	struct tally *t = calloc(rows, sizeof *t);
	if (!t)
		photo_die("no memory", "calloc");
	gather(&b, t, rows);
	print_attacks(&b, t);
	print_below(t);
	print_innocents(&b, t);
	size_t wrong = print_total(t, rows);
	for (size_t i = 0; i < rows; i++)
		free(t[i].at);
	free(t);
	photo_house_close(&b.house);
	return wrong ? 1 : 0;
}
