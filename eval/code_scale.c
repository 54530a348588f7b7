/* SPDX-License-Identifier: Apache-2.0 */
/* What it costs to compare a leak with many readers, none of whom has a stored codeword: time and
 * memory by readers, places seen and scores. Each row runs in a child of its own, several times; a
 * reader's p-value, the smallest of his scores, is kept, as his id is. Beside it, in the same run:
 * the same scores from a stored table of the codewords at the seen places, and one reader and one
 * score at a time. All three must find the same scores. And all that is found of all readers
 * (code_accuse.h), pairs and triples included, with what is kept of each.
 *
 * usage: code_scale [--runs N] [--seed S]
 * exit 0; 1: two ways found different scores; 2: it could not run. */
#include "base_parallel.h"
#include "code_accuse.h"
#include "code_design.h"
#include "code_scan.h"
#include "instrument.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAPER_PLACES = 5000, ID_LEN = 8, COLLUSION = 5, RUNS_MAX = 99 };

enum way { SCAN, STORED, ONE_BY_ONE, ACCUSE };

/* struct row: a passage of places seen, or as many spread over spread places of a paper. */
struct row {
	const char *what;
	enum way way;
	size_t readers_n, places_n, spread, scores_n;
	unsigned threads_max;
};

static const size_t grid_readers[] = {1000, 10 * 1000, 100 * 1000, 1000 * 1000};
static const size_t grid_places[] = {10, 100, 1000};
static const size_t grid_scores[] = {1, 8};

enum { READERS_N = 4, PLACES_N = 3, SCORES_N = 2, GRID_N = READERS_N * PLACES_N * SCORES_N };

enum { MILLION = 1000 * 1000 };

static const struct row others[] = {
	{"a passage", SCAN, MILLION, 100, 100, 16, 0},
	{"one thread", SCAN, MILLION, 100, 100, 1, 1},
	{"one thread", SCAN, MILLION, 100, 100, 8, 1},
	{"100 of 5,000 places", SCAN, MILLION, 100, PAPER_PLACES, 8, 0},
	{"stored table", STORED, MILLION, 100, 100, 1, 0},
	{"stored table", STORED, MILLION, 100, 100, 8, 0},
	{"one by one", ONE_BY_ONE, MILLION, 100, 100, 1, 1},
	{"one by one", ONE_BY_ONE, MILLION, 100, 100, 8, 1},
	{"all findings", ACCUSE, 100 * 1000, 100, 100, 8, 0},
	{"all findings", ACCUSE, MILLION, 100, 100, 8, 0},
};

enum { OTHERS_N = sizeof others / sizeof *others };

/* struct result: check is the sum of all scores of all readers. */
struct result {
	double ready_s, wall_s, cpu_s;
	uint64_t check;
	unsigned threads;
	long peak_kib;
};

/* struct job: a leak, what was made ready for it, and what is kept of each reader. */
struct job {
	struct arena a;
	const struct row *row;
	uint64_t rng;
	struct crypto_key seed;
	uint8_t lattice_hash[CRYPTO_HASH_LEN];
	struct code_stream stream;
	uint32_t place[PAPER_PLACES];
	struct code_bias bias[PAPER_PLACES];
	const struct code_seen *seen; /* what the first score was made of */
	const struct code_score *scores[CODE_BANK_MAX];
	const struct code_sight *sight;
	const struct code_bank *bank;
	struct slice *id;
	double *p_value;
	uint16_t *codeword;           /* of the stored table */
	struct code_finding *finding; /* of all findings */
	struct tally {
		_Alignas(64) uint64_t sum, readers_n;
	} tally[LIMIT_THREADS]; /* a cache line each */
};

static double clock_s(clockid_t which)
{
	struct timespec t;
	(void)clock_gettime(which, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* One place in eight has three wordings, the others two. */
static struct sr_err make_paper(struct job *j)
{
	const struct row *r = j->row;
	const struct code_design d = {&j->seed, j->lattice_hash, COLLUSION};
	struct code_bias *all = ARENA_ARRAY(&j->a, PAPER_PLACES, struct code_bias);
	uint32_t *q = ARENA_ARRAY(&j->a, PAPER_PLACES, uint32_t);
	if (!all || !q)
		return sr_nomem();
	for (size_t i = 0; i < PAPER_PLACES; i++)
		q[i] = i % 8 == 7 ? 3 : 2;
	SR_TRY(code_design_biases(&j->a, &d, CODE_LAYER_WORDS, q, PAPER_PLACES, all));
	uint64_t skip = r->spread / r->places_n, from = PAPER_PLACES / 2 - r->spread / 2;
	for (size_t i = 0; i < r->places_n; i++) {
		j->place[i] = (uint32_t)(from + i * skip + instrument_random(&j->rng) % skip);
		j->bias[i] = all[j->place[i]];
	}
	return sr_ok();
}

static struct sr_err make_score(struct job *j, const struct code_score **out)
{
	struct code_seen *seen = ARENA_ARRAY(&j->a, j->row->places_n, struct code_seen);
	float *loglik = ARENA_ARRAY(&j->a, 3 * j->row->places_n, float);
	if (!seen || !loglik)
		return sr_nomem();
	for (size_t i = 0; i < j->row->places_n; i++, loglik += 3) {
		for (size_t k = 0; k < 3; k++)
			loglik[k] = -(float)(instrument_random(&j->rng) % 8000) / 1000;
		seen[i] = (struct code_seen){j->bias[i], loglik};
	}
	j->seen = j->seen ? j->seen : seen;
	return code_score_build(&j->a, seen, j->row->places_n, out);
}

static struct sr_err make_readers(struct job *j)
{
	size_t n = j->row->readers_n;
	char *text = ARENA_ARRAY(&j->a, n * ID_LEN + 1, char);
	j->id = ARENA_ARRAY(&j->a, n, struct slice);
	j->p_value = ARENA_ARRAY(&j->a, n, double);
	if (!text || !j->id || !j->p_value)
		return sr_nomem();
	for (size_t i = 0; i < n; i++, text += ID_LEN) {
		(void)snprintf(text, ID_LEN + 1, "r%07zu", i);
		j->id[i] = slice_make(text, ID_LEN);
	}
	return sr_ok();
}

static struct slice id_of(void *user, unsigned thread, size_t reader)
{
	const struct job *j = user;
	(void)thread;
	return j->id[reader];
}

static void keep(struct job *j, unsigned thread, size_t reader, const int32_t *units)
{
	double p = 1;
	for (size_t s = 0; s < j->row->scores_n; s++) {
		double tail = code_score_tail(j->scores[s], units[s]);
		p = tail < p ? tail : p;
		j->tally[thread].sum += (uint64_t)units[s];
	}
	j->p_value[reader] = p;
	j->tally[thread].readers_n++;
}

static struct sr_err keep_scanned(void *user, unsigned thread, size_t reader,
				  const uint16_t *symbols, const int32_t *units)
{
	(void)symbols;
	keep(user, thread, reader, units);
	return sr_ok();
}

static struct sr_err store(void *user, unsigned thread, size_t reader, const uint16_t *symbols,
			   const int32_t *units)
{
	struct job *j = user;
	(void)thread;
	(void)units;
	memcpy(j->codeword + reader * j->row->places_n, symbols,
	       j->row->places_n * sizeof *symbols);
	return sr_ok();
}

static struct sr_err score_stored(void *user, unsigned thread, size_t from, size_t to)
{
	struct job *j = user;
	int32_t units[CODE_BANK_MAX];
	for (size_t i = from; i < to; i++) {
		code_bank_units(j->bank, j->codeword + i * j->row->places_n, units);
		keep(j, thread, i, units);
	}
	return sr_ok();
}

static struct sr_err one_by_one(void *user, unsigned thread, size_t from, size_t to)
{
	struct job *j = user;
	uint16_t symbols[PAPER_PLACES];
	int32_t units[CODE_BANK_MAX];
	for (size_t i = from; i < to; i++) {
		SR_TRY(code_symbols_seen(&j->stream, j->id[i], j->place, j->bias, j->row->places_n,
					 symbols));
		for (size_t s = 0; s < j->row->scores_n; s++)
			units[s] = (int32_t)code_score_of(j->scores[s], symbols);
		keep(j, thread, i, units);
	}
	return sr_ok();
}

static struct sr_err accuse(struct job *j)
{
	const struct row *r = j->row;
	const struct code_leak leak = {.seen = j->seen,
				       .place = j->place,
				       .passage = NULL,
				       .n = r->places_n,
				       .layer_n = {r->places_n},
				       .collusion = COLLUSION};
	const struct code_readers readers = {&j->stream, j->id, r->readers_n, r->readers_n};
	struct code_scores scores;
	SR_TRY(code_scores_make(&j->a, &leak, &scores));
	if (scores.n != r->scores_n)
		return sr_fail(SR_E_STATE, "another number of scores than the row says");
	return code_accuse(&leak, &scores, &readers, j->finding);
}

static struct sr_err make_ready(struct job *j)
{
	SR_TRY(make_paper(j));
	for (size_t s = 0; s < j->row->scores_n; s++)
		SR_TRY(make_score(j, &j->scores[s]));
	SR_TRY(code_sight_make(&j->a, j->place, j->bias, (size_t[CODE_LAYERS]){j->row->places_n},
			       &j->sight));
	return code_bank_make(&j->a, j->scores, j->row->scores_n, &j->bank);
}

static struct sr_err scan(struct job *j, struct sr_err (*each)(void *, unsigned, size_t,
							       const uint16_t *, const int32_t *))
{
	const struct code_scan s = {.stream = &j->stream,
				    .sight = j->sight,
				    .bank = j->bank,
				    .n = j->row->readers_n,
				    .threads_max = j->row->threads_max,
				    .id = id_of,
				    .each = each,
				    .user = j};
	return code_scan_run(&s);
}

static struct sr_err in_parallel(struct job *j,
				 struct sr_err (*run)(void *, unsigned, size_t, size_t))
{
	const struct parallel p = {j->row->readers_n, 1000, j->row->threads_max, run, j};
	return parallel_run(&p);
}

/* make_room is not part of the time. */
static struct sr_err make_room(struct job *j)
{
	const struct row *r = j->row;
	if (r->way == STORED) {
		j->codeword = ARENA_ARRAY(&j->a, r->readers_n * r->places_n, uint16_t);
		return j->codeword ? scan(j, store) : sr_nomem();
	}
	if (r->way == ACCUSE) {
		j->finding = ARENA_ARRAY(&j->a, r->readers_n, struct code_finding);
		return j->finding ? sr_ok() : sr_nomem();
	}
	return sr_ok();
}

static struct sr_err go(struct job *j)
{
	switch (j->row->way) {
	case SCAN:
		return scan(j, keep_scanned);
	case STORED:
		return in_parallel(j, score_stored);
	case ONE_BY_ONE:
		return in_parallel(j, one_by_one);
	case ACCUSE:
		return accuse(j);
	}
	return sr_ok();
}

static struct sr_err work(struct job *j, struct result *out)
{
	SR_TRY(make_room(j));
	double wall = clock_s(CLOCK_MONOTONIC), cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
	SR_TRY(go(j));
	out->wall_s = clock_s(CLOCK_MONOTONIC) - wall;
	out->cpu_s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	for (size_t t = 0; t < LIMIT_THREADS; t++) {
		out->check += j->tally[t].sum;
		out->threads += j->tally[t].readers_n > 0;
	}
	if (j->row->way == ACCUSE)
		out->threads = parallel_threads(&(struct parallel){.n = SIZE_MAX, .slice_n = 1});
	return sr_ok();
}

/* child runs a row and writes its result to fd. */
static struct sr_err child(const struct row *r, uint64_t seed, int fd)
{
	static struct job j;
	struct result out = {0};
	uint8_t key[CRYPTO_KEY_LEN] = {0};
	memcpy(key, &seed, sizeof seed);
	j.row = r;
	j.rng = seed;
	SR_TRY(crypto_key_copy(&j.seed, slice_make(key, sizeof key)));
	j.stream = (struct code_stream){&j.seed, CRYPTO_LABEL_SYMBOLS_WORDS, j.lattice_hash};
	SR_TRY(make_readers(&j));
	double ready = clock_s(CLOCK_MONOTONIC);
	SR_TRY(make_ready(&j));
	out.ready_s = clock_s(CLOCK_MONOTONIC) - ready;
	SR_TRY(work(&j, &out));
	return write(fd, &out, sizeof out) == sizeof out ? sr_ok() : sr_sys("a pipe");
}

static bool run_child(const struct row *r, uint64_t seed, struct result *out)
{
	int fds[2], status = -1;
	struct rusage used;
	if (pipe(fds) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		struct sr_err err = child(r, seed, fds[1]);
		if (sr_bad(err))
			(void)fprintf(stderr, "code_scale: %s\n", err.what);
		_exit(sr_bad(err));
	}
	(void)close(fds[1]);
	bool good = pid > 0 && read(fds[0], out, sizeof *out) == sizeof *out;
	(void)close(fds[0]);
	good = pid > 0 && wait4(pid, &status, 0, &used) == pid && status == 0 && good;
	out->peak_kib = good ? used.ru_maxrss : 0;
	return good;
}

/* run_row keeps the least time and the most memory of several runs. */
static bool run_row(const struct row *r, uint64_t seed, size_t runs, struct result *best)
{
	for (size_t i = 0; i < runs; i++) {
		struct result one;
		if (!run_child(r, seed, &one))
			return false;
		if (i == 0)
			*best = one;
		best->ready_s = one.ready_s < best->ready_s ? one.ready_s : best->ready_s;
		best->wall_s = one.wall_s < best->wall_s ? one.wall_s : best->wall_s;
		best->cpu_s = one.cpu_s < best->cpu_s ? one.cpu_s : best->cpu_s;
		best->peak_kib = one.peak_kib > best->peak_kib ? one.peak_kib : best->peak_kib;
	}
	return true;
}

static void print_row(const struct row *r, const struct result *x)
{
	double cells = (double)r->readers_n * (double)r->places_n;
	bool goal = r->way == SCAN && r->readers_n == MILLION && r->places_n == 100 &&
		    r->spread == 100 && !r->threads_max;
	printf("%-20s %8zu %6zu %6zu %7u %8.1f %8.4f %8.4f %8.2f %7.1f%s\n", r->what, r->readers_n,
	       r->places_n, r->scores_n, x->threads, x->ready_s * 1e3, x->wall_s, x->cpu_s,
	       x->cpu_s / cells * 1e9, (double)x->peak_kib / 1024,
	       goal ? "  goal: 1 s, 64 MiB" : "");
	(void)fflush(stdout);
}

/* The sums of scores of the rows that must agree, by number of scores. */
static bool agrees(const struct row *r, const struct result *x, uint64_t *want)
{
	if (r->readers_n != MILLION || r->places_n != 100 || r->spread != 100 || r->way == ACCUSE)
		return true;
	if (!want[r->scores_n])
		want[r->scores_n] = x->check;
	return want[r->scores_n] == x->check;
}

static struct row row_at(size_t i)
{
	if (i >= GRID_N)
		return others[i - GRID_N];
	size_t places_n = grid_places[i / READERS_N % PLACES_N];
	return (struct row){.what = "a passage",
			    .way = SCAN,
			    .readers_n = grid_readers[i % READERS_N],
			    .places_n = places_n,
			    .spread = places_n,
			    .scores_n = grid_scores[i / READERS_N / PLACES_N]};
}

/* print_line prints the straight line through the rows of a million readers with the fewest and
 * the most places. */
static void print_line(const struct result *x)
{
	for (size_t s = 0; s < SCORES_N; s++) {
		const struct result *few = &x[s * READERS_N * PLACES_N + READERS_N - 1];
		const struct result *many = few + READERS_N * (PLACES_N - 1);
		double least = (double)grid_places[0], most = (double)grid_places[PLACES_N - 1];
		double slope = (many->cpu_s - few->cpu_s) / (most - least);
		printf("# %zu scores: CPU time a reader is about %.0f ns, and %.2f ns a place\n",
		       grid_scores[s], (few->cpu_s - slope * least) / MILLION * 1e9,
		       slope / MILLION * 1e9);
	}
}

static int run_all(uint64_t seed, size_t runs)
{
	uint64_t want[CODE_BANK_MAX + 1] = {0};
	struct result x[GRID_N + OTHERS_N] = {{0}};
	for (size_t i = 0; i < GRID_N + OTHERS_N; i++) {
		struct row r = row_at(i);
		if (!run_row(&r, seed, runs, &x[i]))
			return 2;
		print_row(&r, &x[i]);
		if (!agrees(&r, &x[i], want)) {
			printf("# DIFFERENT SCORES\n");
			return 1;
		}
	}
	print_line(x);
	return 0;
}

static bool parse(int argc, char **argv, uint64_t *runs, uint64_t *seed)
{
	for (int i = 1; i < argc; i += 2) {
		uint64_t *out = !strcmp(argv[i], "--runs") ? runs : seed;
		if (i + 1 >= argc || (out == seed && strcmp(argv[i], "--seed")) ||
		    !instrument_number(argv[i + 1], out))
			return false;
	}
	return *runs > 0 && *runs <= RUNS_MAX;
}

int main(int argc, char **argv)
{
	uint64_t runs = 5, seed = 20261125;
	if (!parse(argc, argv, &runs, &seed)) {
		(void)fputs("usage: code_scale [--runs N] [--seed S]\n", stderr);
		return 2;
	}
	if (sr_bad(crypto_init()))
		return 2;
	printf("# seed %llu; least time of %llu runs, most memory; ready: the laws of the scores, "
	       "milliseconds;\n# ns: CPU time a reader and place; memory with all ids and a "
	       "p-value a reader\n",
	       (unsigned long long)seed, (unsigned long long)runs);
	printf("%-20s %8s %6s %6s %7s %8s %8s %8s %8s %7s\n", "places seen", "readers", "places",
	       "scores", "threads", "ready", "wall s", "CPU s", "ns", "MiB");
	return run_all(seed, runs);
}
