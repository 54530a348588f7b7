/* SPDX-License-Identifier: Apache-2.0 */
/* Our MLS library beside another one: how long it takes to make a group, to join it, to commit
 * fresh keys and to follow such a commit, to send and to read messages; and what memory a group
 * takes.
 *
 * The peer is a program of its own, which takes turns with us: PROGRAM --n N --runs R --warmup 1
 * --clock wall prints a line for every run, NAME N VALUE: create, welcome, update_create and
 * update_process in seconds, protect_per_s and unprotect_per_s, memory_bytes. What it times is said
 * in mls_bench.h. One was made for mlspp (https://github.com/cisco/mlspp) at commit 61e4d76d, whose
 * commits also sign a GroupInfo, needed or not. "keys only" is what the public-key operations of
 * ours take by themselves: what cannot be saved.
 *
 * Usage: mls [--peer PROGRAM] [--peer-is NAME] [--runs R] [--n N] [--clock wall|cpu] */
#include "mls_bench.h"

#include "crypto.h"
#include "instrument.h"
#include "program.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SEED = 20261126, RUNS_MAX = 99, EACH = 5, SIZES_MAX = 8, ROWS = MLS_BENCH_TIMES + 1 };

enum unit { MS, PER_S, KIB };

/* The last row is memory. A goal is how many times what we take the peer takes. */
static const struct row {
	const char *what, *peer;
	enum unit unit;
	double goal;
} rows[ROWS] = {
	[MLS_BENCH_CREATE] = {"create, add all by one commit", "create", MS, 5},
	[MLS_BENCH_WELCOME] = {"join by a Welcome", "welcome", MS, 2},
	[MLS_BENCH_UPDATE_CREATE] = {"commit of fresh keys: make", "update_create", MS, 5},
	[MLS_BENCH_UPDATE_PROCESS] = {"commit of fresh keys: follow", "update_process", MS, 5},
	[MLS_BENCH_PROTECT] = {"messages of 1 KiB: send", "protect_per_s", PER_S, 3},
	[MLS_BENCH_UNPROTECT] = {"messages of 1 KiB: read", "unprotect_per_s", PER_S, 3},
	[MLS_BENCH_TIMES] = {"memory of a group", "memory_bytes", KIB, 3},
};

/* struct values: seconds or bytes. */
struct values {
	double v[RUNS_MAX * EACH];
	size_t n;
};

static struct options {
	const char *peer, *peer_is;
	uint64_t runs, sizes[SIZES_MAX];
	size_t sizes_n;
	clockid_t clock;
} options = {.peer_is = "unnamed", .runs = 7, .clock = CLOCK_MONOTONIC};

static struct values ours[ROWS], theirs[ROWS];
static size_t met, goals;

static _Noreturn void fail(const char *what)
{
	(void)fprintf(stderr, "mls: %s\n", what);
	exit(2);
}

static void note_value(struct values *to, double v)
{
	if (to->n < sizeof to->v / sizeof *to->v)
		to->v[to->n++] = v;
}

/* read_peer takes what the peer prints. */
static void read_peer(FILE *in, uint64_t size)
{
	char name[64];
	unsigned long long n;
	double v;
	while (fscanf(in, "%63s %llu %lf", name, &n, &v) == 3)
		for (int i = 0; i < ROWS; i++)
			if (n == size && !strcmp(name, rows[i].peer))
				note_value(&theirs[i], rows[i].unit == PER_S ? 1 / v : v);
}

static void run_peer(uint64_t size)
{
	char n[24], runs[24];
	(void)snprintf(n, sizeof n, "%llu", (unsigned long long)size);
	(void)snprintf(runs, sizeof runs, "%d", EACH);
	const char *args[] = {
		NULL,     "--n",     n,
		"--runs", runs,      "--warmup",
		"1",      "--clock", options.clock == CLOCK_MONOTONIC ? "wall" : "cpu",
		NULL};
	int ends[2], status;
	pid_t pid;
	if (pipe2(ends, O_CLOEXEC) != 0 ||
	    !program_spawn(options.peer, args, STDIN_FILENO, ends[1], NULL, &pid))
		fail("the peer does not start");
	(void)close(ends[1]);
	FILE *in = fdopen(ends[0], "r");
	if (!in)
		fail("the peer cannot be heard");
	read_peer(in, size);
	(void)fclose(in);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail("the peer failed");
}

static double shown(const struct row *r, double v)
{
	switch (r->unit) {
	case MS:
		return 1000 * v;
	case PER_S:
		return 1 / v;
	case KIB:
		return v / 1024;
	}
	return v;
}

static void print(int i, uint64_t size, double least)
{
	static const char *const units[] = {[MS] = "ms", [PER_S] = "/s", [KIB] = "KiB"};
	const struct row *r = &rows[i];
	double our = instrument_quantile(ours[i].v, ours[i].n, .5);
	(void)printf("%-30s %5llu %-3s %10.3f %10.3f", r->what, (unsigned long long)size,
		     units[r->unit], shown(r, our), shown(r, ours[i].v[0]));
	if (least > 0)
		(void)printf(" %10.3f", shown(r, least));
	else
		(void)printf(" %10s", "");
	if (theirs[i].n) {
		double their = instrument_quantile(theirs[i].v, theirs[i].n, .5);
		double ratio = their / our;
		(void)printf(" %10.3f %10.3f %7.2f %5.0f  %s", shown(r, their),
			     shown(r, theirs[i].v[0]), ratio, r->goal,
			     ratio >= r->goal ? "yes" : "no");
		goals++;
		met += ratio >= r->goal;
	}
	(void)printf("\n");
}

static void measure(uint64_t size)
{
	double s[MLS_BENCH_TIMES], least[ROWS] = {0};
	memset(ours, 0, sizeof ours);
	memset(theirs, 0, sizeof theirs);
	struct mls_bench *b = mls_bench_open((uint32_t)size, SEED, options.clock);
	mls_bench_run(b, s);
	for (uint64_t r = 0; r < options.runs; r++) {
		for (int k = 0; k < EACH; k++) {
			mls_bench_run(b, s);
			for (int i = 0; i < MLS_BENCH_TIMES; i++)
				note_value(&ours[i], s[i]);
		}
		if (options.peer)
			run_peer(size);
	}
	mls_bench_least(b, least);
	note_value(&ours[MLS_BENCH_TIMES], (double)mls_bench_close(b));
	for (int i = 0; i < ROWS; i++)
		print(i, size, least[i]);
	(void)fflush(stdout);
}

static _Noreturn void usage(void)
{
	fail("usage: mls [--peer PROGRAM] [--peer-is NAME] [--runs R] [--n N]... "
	     "[--clock wall|cpu]");
}

static void parse(int argc, char **argv)
{
	struct options *o = &options;
	for (int i = 1; i < argc; i += 2) {
		const char *name = argv[i], *value = argv[i + 1];
		if (!value)
			usage();
		if (!strcmp(name, "--peer"))
			o->peer = value;
		else if (!strcmp(name, "--peer-is"))
			o->peer_is = value;
		else if (!strcmp(name, "--clock") && !strcmp(value, "cpu"))
			o->clock = CLOCK_PROCESS_CPUTIME_ID;
		else if (!strcmp(name, "--n") && o->sizes_n < SIZES_MAX &&
			 instrument_number(value, &o->sizes[o->sizes_n]) &&
			 o->sizes[o->sizes_n] > 1 && o->sizes[o->sizes_n] <= 10000)
			o->sizes_n++;
		else if (strcmp(name, "--runs") != 0 || !instrument_number(value, &o->runs) ||
			 !o->runs || o->runs > RUNS_MAX)
			usage();
	}
}

int main(int argc, char **argv)
{
	static const uint64_t sizes[] = {2, 10, 100, 1000};
	parse(argc, argv);
	if (sr_bad(crypto_init()))
		fail("the crypto library does not start");
	if (!options.sizes_n) {
		memcpy(options.sizes, sizes, sizeof sizes);
		options.sizes_n = sizeof sizes / sizeof *sizes;
	}
	(void)printf(
		"subrosa %s, libsodium %s, compiler %s; peer: %s\nseed %d, %llu rounds of %d runs "
		"each, ours and the peer's in turn, by %s time\n",
		SUBROSA_VERSION, sodium_version_string(), __VERSION__,
		options.peer ? options.peer_is : "none", SEED, (unsigned long long)options.runs,
		EACH, options.clock == CLOCK_MONOTONIC ? "wall" : "processor");
	(void)printf("%-30s %5s %-3s %10s %10s %10s %10s %10s %7s %5s  %s\n", "what", "n", "",
		     "median", "best", "keys only", "peer", "best", "ratio", "goal", "met");
	for (size_t i = 0; i < options.sizes_n; i++)
		measure(options.sizes[i]);
	if (goals)
		(void)printf("%zu of %zu goals are met\n", met, goals);
	return 0;
}
