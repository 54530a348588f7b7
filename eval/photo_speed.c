/* SPDX-License-Identifier: Apache-2.0 */
/* How long do a thousand copies of a page take? By the program; in this process, where the page is
 * planned once and each copy only laid out again, marked and written; and with each planned afresh,
 * from Markdown and fonts on. Beside them pdflatex, a run for each copy, if it is installed
 * (texlive-latex-base, texlive-fonts-recommended).
 *
 * Usage: photo_speed SUBROSA [RUNS]   (run in the source tree) */
#include "photo_house.h"
#include "photo_image.h"
#include "photo_sheet.h"

#include "crypto.h"
#include "instrument.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 20261126, RUNS_MAX = 99, AFRESH = 100, LATEX = 10, WORDS = 420, EVERY = 12 };

struct bench {
	struct photo_house house;
	struct photo_paper paper;
	size_t runs;
	double first_ms; /* a copy, by the program */
};

static void print(struct bench *b, const char *what, size_t copies, double *wall_s, double *cpu_s)
{
	double cpu = instrument_quantile(cpu_s, b->runs, .5), ms = 1000 * cpu / (double)copies;
	b->first_ms = b->first_ms > 0 ? b->first_ms : ms;
	(void)printf("%-52s %6zu %8.2f %8.2f %8.2f %9.2f %7.1f\n", what, copies,
		     instrument_quantile(wall_s, b->runs, 0),
		     instrument_quantile(wall_s, b->runs, .5), cpu, ms, ms / b->first_ms);
	(void)fflush(stdout);
}

static void clean(const struct photo_paper *p)
{
	char commitment[PHOTO_PATH_LEN + 16];
	(void)snprintf(commitment, sizeof commitment, "%s.commitment", p->ledger);
	const char *argv[] = {"rm", "-rf", p->copies, p->ledger, commitment, NULL};
	(void)photo_run(argv);
}

static void by_program(struct bench *b)
{
	double wall[RUNS_MAX], cpu[RUNS_MAX];
	for (size_t i = 0; i < b->runs; i++) {
		struct photo_cost c;
		clean(&b->paper);
		photo_paper_mark(&b->house, &b->paper, NULL, &c);
		wall[i] = c.wall_s;
		cpu[i] = c.cpu_s;
	}
	print(b, "subrosa mark --layers words,layout", PHOTO_READERS, wall, cpu);
}

/* copies makes n copies and throws them away. */
static void copies(const struct text_lattice *l, const struct page_sheet *s, struct page_pdf *p,
		   size_t n, uint64_t *dice)
{
	struct build pdf = {0};
	for (size_t i = 0; i < n; i++) {
		struct arena a = {0};
		struct photo_laid copy;
		photo_sheet_lay(&a, l, s, dice, &copy);
		sim_must(page_pdf_write(p, &copy.laid, copy.shift, SLICE_LIT(""), &pdf));
		arena_release(&a);
	}
	build_release(&pdf);
}

static void plan_and_copies(const struct sim_paper *paper, size_t n, uint64_t *dice)
{
	const struct sr_sink none = {0};
	struct arena a = {0};
	struct page_sheet s;
	struct page_pdf *p;
	photo_sheet_plan(&a, &paper->lattice, &s);
	sim_must(page_pdf_open(&s, &none, &p));
	copies(&paper->lattice, &s, p, n, dice);
	page_pdf_close(p);
	arena_release(&a);
}

/* here measures plans, each for so many copies. The first run of all, with fonts to be found, is
 * not counted. */
static void here(struct bench *b, const char *what, size_t plans, size_t each)
{
	double wall[RUNS_MAX], cpu[RUNS_MAX];
	struct arena a = {0};
	struct sim_paper paper;
	uint64_t dice = SEED;
	sim_paper_read(&a, b->paper.source, &paper);
	plan_and_copies(&paper, 1, &dice);
	for (size_t i = 0; i < b->runs; i++) {
		double start = photo_now_s(), cpu_start = photo_cpu_s();
		for (size_t k = 0; k < plans; k++)
			plan_and_copies(&paper, each, &dice);
		wall[i] = photo_now_s() - start;
		cpu[i] = photo_cpu_s() - cpu_start;
	}
	print(b, what, plans * each, wall, cpu);
	arena_release(&a);
}

/* write_latex writes the plain text as a document; what TeX takes for its own becomes a space. */
static void write_latex(const struct bench *b, const char *path)
{
	FILE *in = fopen(b->paper.plain, "r"), *out = fopen(path, "w");
	int c;
	if (!in || !out)
		photo_die("cannot be written", path);
	(void)fputs("\\documentclass[11pt,a4paper]{article}\n\\usepackage{times}\n"
		    "\\begin{document}\n",
		    out);
	while ((c = fgetc(in)) != EOF)
		(void)fputc(strchr("#$%&_{}~^\\", c) ? ' ' : c, out);
	(void)fputs("\\end{document}\n", out);
	(void)fclose(in);
	if (fclose(out) != 0)
		photo_die("cannot be written", path);
}

static void by_latex(struct bench *b)
{
	char tex[PHOTO_PATH_LEN], folder[PHOTO_PATH_LEN + 32];
	double wall[RUNS_MAX], cpu[RUNS_MAX];
	photo_in_folder(b->house.folder, "paper", ".tex", tex);
	(void)snprintf(folder, sizeof folder, "-output-directory=%s", b->house.folder);
	write_latex(b, tex);
	const char *argv[] = {"pdflatex", "-interaction=batchmode", folder, tex, NULL};
	for (size_t i = 0; i < b->runs; i++) {
		wall[i] = cpu[i] = 0;
		for (int k = 0; k < LATEX; k++) {
			struct photo_cost c;
			if (photo_spawn(argv, NULL, &c) != 0) {
				(void)printf("%-52s (did not run)\n", "pdflatex, a run a copy");
				return;
			}
			wall[i] += c.wall_s;
			cpu[i] += c.cpu_s;
		}
	}
	print(b, "pdflatex, a run a copy", LATEX, wall, cpu);
}

int main(int argc, char **argv)
{
	struct bench b = {.runs = argc > 2 ? strtoul(argv[2], NULL, 10) : 3};
	if (argc < 2 || argc > 3 || !b.runs || b.runs > RUNS_MAX) {
		(void)fprintf(stderr, "usage: photo_speed SUBROSA [RUNS]\n");
		return 2;
	}
	sim_must(crypto_init());
	photo_house_open(argv[1], PHOTO_READERS, &b.house);
	photo_paper_make(&b.house, "paper", "test/corpus/papers/p1.md", WORDS, EVERY, &b.paper);
	(void)printf(
		"seed %d, one page of %zu words, %zu places, %zu runs; goal: 1,000 copies in 5 "
		"s\n%-52s %6s %8s %8s %8s %9s %7s\n",
		SEED, b.paper.words, b.paper.places, b.runs, "", "copies", "least s", "median s",
		"cpu s", "ms a copy", "ratio");
	by_program(&b);
	here(&b, "planned once, each copy laid out, marked, written", 1, PHOTO_READERS);
	here(&b, "each copy planned afresh", AFRESH, 1);
	by_latex(&b);
	photo_house_close(&b.house);
	return 0;
}
