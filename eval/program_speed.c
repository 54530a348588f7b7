/* SPDX-License-Identifier: Apache-2.0 */
/* The program's speed and memory, each run a process of its own: 10,000 copies of a paper of about
 * 1,000 words, one leak against 100,000 readers, one leak against 1,000 ledgers. Beside the copies,
 * where they are installed, what stegsnow (white space) takes for 200 copies of the same text.
 *
 * Usage: program_speed SUBROSA [RUNS]   (run in the source tree; SUBROSA is the program's path) */
#include "sim.h"

#include "platform.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	LEDGERS = 1000,
	ARGS_MAX = 2 * LEDGERS + 16,
	PEER_COPIES = 200,
	RUNS_MAX = 99,
	PATH_LEN = 512
};

static const char paper[] = "test/corpus/papers/p1.md";
static char folder[] = "/tmp/subrosa-speed-XXXXXX";
static const char *program;

struct cost {
	double wall_s, cpu_s;
	long peak_kib;
};

static double now_s(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void in_folder(char *out, const char *name)
{
	(void)snprintf(out, PATH_LEN, "%s/%s", folder, name);
}

/* run starts argv, its output thrown away, and waits for it. */
static int run(const char *const *argv, struct cost *c)
{
	posix_spawn_file_actions_t quiet;
	(void)posix_spawn_file_actions_init(&quiet);
	(void)posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	double start = now_s();
	pid_t pid;
	int status = -1;
	struct rusage u = {0};
	extern char **environ;
	if (posix_spawnp(&pid, argv[0], &quiet, NULL, (char *const *)argv, environ) == 0)
		(void)wait4(pid, &status, 0, &u);
	*c = (struct cost){now_s() - start,
			   (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
				   (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6,
			   u.ru_maxrss};
	(void)posix_spawn_file_actions_destroy(&quiet);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void write_readers(const char *path, size_t n)
{
	struct build csv = {0};
	struct slice bytes;
	build_str(&csv, "id,name,house,side\n");
	for (size_t i = 0; i < n; i++)
		build_fmt(&csv, "r%06zu,Reader %zu,House %zu,Side %zu\n", i, i, i % 8, i % 2);
	sim_must(build_done(&csv, &bytes));
	sim_must(platform_write_file(path, bytes, 0600));
	build_release(&csv);
}

static int mark(const char *source, const char *readers, const char *out, const char *ledger,
		struct cost *c)
{
	const char *argv[] = {program, "mark",     source, "--readers", readers, "--out",
			      out,     "--ledger", ledger, "--no-auto", NULL};
	return run(argv, c);
}

static void clean(const char *name)
{
	char path[PATH_LEN];
	in_folder(path, name);
	const char *argv[] = {"rm", "-rf", path, NULL};
	struct cost c;
	(void)run(argv, &c);
}

static int by_wall(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;
	return x->wall_s < y->wall_s ? -1 : x->wall_s > y->wall_s;
}

static void print(const char *what, struct cost *c, size_t n, const char *limit)
{
	qsort(c, n, sizeof *c, by_wall);
	long peak = 0;
	for (size_t i = 0; i < n; i++)
		peak = c[i].peak_kib > peak ? c[i].peak_kib : peak;
	(void)printf("%-44s %8.2f %8.2f %8.2f %8.2f %7.1f   %s\n", what, c[0].wall_s,
		     c[n / 2].wall_s, c[n - 1].wall_s, c[n / 2].cpu_s, (double)peak / 1024, limit);
	(void)fflush(stdout);
}

static void fail(const char *what)
{
	(void)fprintf(stderr, "program_speed: %s did not do what it should\n", what);
	exit(2);
}

static void copies(size_t runs)
{
	char readers[PATH_LEN], out[PATH_LEN], ledger[PATH_LEN], name[64];
	struct cost c[RUNS_MAX];
	in_folder(readers, "10k.csv");
	write_readers(readers, 10000);
	/* New folders each time: ext4 is slow to reuse what was deleted a moment ago. */
	for (size_t i = 0; i < runs; i++) {
		(void)snprintf(name, sizeof name, "10k-%zu", i);
		in_folder(out, name);
		(void)snprintf(name, sizeof name, "10k-%zu.ledger", i);
		in_folder(ledger, name);
		if (mark(paper, readers, out, ledger, &c[i]) != 0)
			fail("mark");
	}
	print("10,000 copies of 950 words", c, runs, "2 s, 128 MiB");
}

static void many_readers(size_t runs)
{
	char readers[PATH_LEN], out[PATH_LEN], ledger[PATH_LEN], leak[PATH_LEN];
	struct cost c[RUNS_MAX];
	in_folder(readers, "100k.csv");
	in_folder(out, "100k");
	in_folder(ledger, "100k.ledger");
	in_folder(leak, "100k/r050000.md");
	write_readers(readers, 100000);
	if (mark(paper, readers, out, ledger, &c[0]) != 0)
		fail("mark");
	for (size_t i = 0; i < runs; i++) {
		const char *argv[] = {program, "trace", leak, "--ledger", ledger, NULL};
		if (run(argv, &c[i]) != 0)
			fail("trace");
	}
	print("one leaked copy against 100,000 readers", c, runs, "1 s");
	clean("100k");
}

/* verdicts has the leak of one of the 10,000 readers of the first run traced for others, and then
 * checked by them. */
static void verdicts(size_t runs)
{
	char ledger[PATH_LEN], leak[PATH_LEN], verdict[PATH_LEN], commitment[PATH_LEN], name[64];
	struct cost make[RUNS_MAX], check[RUNS_MAX];
	in_folder(ledger, "10k-0.ledger");
	in_folder(commitment, "10k-0.ledger.commitment");
	in_folder(leak, "10k-0/r005000.md");
	for (size_t i = 0; i < runs; i++) {
		(void)snprintf(name, sizeof name, "verdict-%zu.json", i);
		in_folder(verdict, name);
		const char *trace[] = {program, "trace",     leak,    "--ledger",
				       ledger,  "--verdict", verdict, NULL};
		const char *verify[] = {program, "verify", verdict, leak, commitment, NULL};
		if (run(trace, &make[i]) != 0 || run(verify, &check[i]) != 0)
			fail("trace --verdict, or verify,");
	}
	print("external verdict, 10,000 readers", make, runs, "");
	print("the check of it", check, runs, "");
}

/* write_paper makes up a paper: words of the corpus in any order, a place every fifth word. */
static void write_paper(struct sim *s, const struct sim_words *w, const char *path)
{
	enum { WORDS = 1000 };
	struct build text = {0};
	struct slice bytes;
	for (size_t i = 0; i < WORDS; i++) {
		if (i % 5 == 3) {
			size_t k = sim_below(s, w->n - 1);
			build_str(&text, "{one ");
			build_slice(&text, w->at[k]);
			build_str(&text, "|two ");
			build_slice(&text, w->at[k + 1]);
			build_str(&text, "} ");
		} else {
			build_slice(&text, w->at[sim_below(s, w->n)]);
			build_str(&text, i % 12 == 11 ? "\n" : " ");
		}
	}
	sim_must(build_done(&text, &bytes));
	sim_must(platform_write_file(path, bytes, 0600));
	build_release(&text);
}

static void many_ledgers(size_t runs, uint64_t seed)
{
	static char ledgers[LEDGERS][PATH_LEN];
	static const char *argv[ARGS_MAX];
	char readers[PATH_LEN], source[PATH_LEN], out[PATH_LEN], leak[PATH_LEN];
	struct arena a = {0};
	struct sim_words w;
	struct sim s = {seed};
	struct cost c[RUNS_MAX];
	sim_split(&a, sim_file(&a, "test/corpus/drafts/d1.md"), &w);
	in_folder(readers, "50.csv");
	in_folder(source, "made-up.md");
	in_folder(out, "50");
	in_folder(leak, "50/r000007.md");
	write_readers(readers, 50);
	size_t n = 0;
	argv[n++] = program;
	argv[n++] = "trace";
	argv[n++] = leak;
	for (size_t i = 0; i < LEDGERS; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "%zu.ledger", i);
		in_folder(ledgers[i], name);
		clean("50");
		write_paper(&s, &w, source);
		if (mark(source, readers, out, ledgers[i], &c[0]) != 0)
			fail("mark");
		argv[n++] = "--ledger";
		argv[n++] = ledgers[i];
	}
	for (size_t i = 0; i < runs; i++)
		if (run(argv, &c[i]) != 0)
			fail("trace");
	print("one leaked copy against 1,000 ledgers of 50", c, runs, "5 s");
	arena_release(&a);
}

static void peer(void)
{
	char plain[PATH_LEN], out[PATH_LEN];
	struct cost all = {0}, c;
	in_folder(plain, "10k-0/r000000.md");
	in_folder(out, "peer.txt");
	for (size_t i = 0; i < PEER_COPIES; i++) {
		char message[16];
		(void)snprintf(message, sizeof message, "r%06zu", i);
		const char *argv[] = {"stegsnow", "-C", "-m", message, plain, out, NULL};
		if (run(argv, &c) != 0) {
			(void)printf("%-44s (not installed)\n", "200 copies by stegsnow");
			return;
		}
		all.wall_s += c.wall_s;
		all.cpu_s += c.cpu_s;
		all.peak_kib = c.peak_kib > all.peak_kib ? c.peak_kib : all.peak_kib;
	}
	print("200 copies by stegsnow, one process a copy", &all, 1, "(a peer)");
}

/* places lists the places of papers of 1,000 words, once without a grammar reader. */
static void places(size_t runs)
{
	const char *argv[] = {program, "places", paper, NULL};
	struct cost c[RUNS_MAX];
	for (int with = 0; with < 2; with++) {
		if (with)
			(void)unsetenv("SUBROSA_GRAMMAR");
		else if (setenv("SUBROSA_GRAMMAR", "/nowhere", 1) != 0)
			fail("setenv");
		for (size_t i = 0; i < runs; i++)
			if (run(argv, &c[i]) != 0)
				fail("places");
		print(with ? "places of a paper of 930 words, with grammar"
			   : "places of a paper of 930 words, without",
		      c, runs, with ? "3 s" : "0.2 s");
	}
}

int main(int argc, char **argv)
{
	enum { SEED = 20261123 };
	if (argc < 2) {
		(void)fprintf(stderr, "usage: program_speed SUBROSA [RUNS]\n");
		return 2;
	}
	program = argv[1];
	size_t runs = argc > 2 ? strtoul(argv[2], NULL, 10) : 5;
	if (!runs || runs > RUNS_MAX || !mkdtemp(folder))
		return 2;
	sim_must(crypto_init());
	(void)printf(
		"seed %d, %zu runs; wall seconds least, median and most, CPU seconds median, peak "
		"MiB\n%-44s %8s %8s %8s %8s %7s   %s\n",
		SEED, runs, "what", "least", "median", "most", "cpu", "MiB", "goal");
	copies(runs);
	peer();
	places(runs);
	verdicts(runs);
	many_readers(runs);
	many_ledgers(runs, SEED);
	clean("");
	return 0;
}
