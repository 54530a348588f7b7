/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of a mark after what happens to texts: subrosa beside programs that mark texts in
 * other ways. Each tool issues copies of one paper; each copy is attacked in each way, the same
 * windows, slips and coins for all; the tool's own decoder reads the result. Keys are the tools'
 * own and differ from run to run. A tool that is not installed gets dashes.
 *
 * Usage: peers SUBROSA [SEED]   (run in the source tree; SUBROSA is the program's path)
 * SUBROSA_STEGCLOAK names the folder where npm installed stegcloak. */
#include "sim.h"

#include "platform.h"
#include "text_paper.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	READERS = 40,    /* each gets a copy, and most tools are tried on all of them */
	SLOW_TRIALS = 6, /* snowdrop takes seconds where it has lost its place in the text */
	TIMED = 5,       /* copies that are timed, each a process of its own */
	MANY = 1000,
	CPU_S_MAX = 10, /* of a single process */
	PATH_LEN = 512,
	ID_LEN = 24
};

static const char paper[] = "test/corpus/papers/p1.md";
static char folder[] = "/tmp/subrosa-peers-XXXXXX";
static const char *program, *stegcloak;

struct cost {
	double wall_s, cpu_s;
	size_t ended_n; /* processes that a signal ended: those that reach CPU_S_MAX */
};

struct bench {
	uint64_t seed;
	struct arena a;
	struct slice plain; /* what the peers mark: the paper in its original wordings */
	char plain_path[PATH_LEN];
	bool named[READERS][READERS]; /* by trial and reader: what a tool read last */
};

struct tool {
	const char *name, *copies, *options, *level;
	size_t trials;
	/* issue writes copies/ID.txt for readers from .. from + n - 1; false: not installed. */
	bool (*issue)(const struct bench *b, const struct tool *t, size_t from, size_t n,
		      struct cost *c);
	/* read decodes leak-0 .. leak-(n - 1) into b->named. */
	void (*read)(struct bench *b, const struct tool *t, size_t n, struct cost *c);
};

static void path_of(char *out, const char *name, const char *rest)
{
	(void)snprintf(out, PATH_LEN, "%s/%s%s", folder, name, rest);
}

static void copy_path(char *out, const struct tool *t, size_t reader, const char *ext)
{
	(void)snprintf(out, PATH_LEN, "%s/%s/r%03zu%s", folder, t->copies, reader, ext);
}

static void leak_path(char *out, size_t trial)
{
	(void)snprintf(out, PATH_LEN, "%s/leak-%zu.txt", folder, trial);
}

static void put(const char *path, const struct build *text)
{
	struct slice bytes;
	sim_must(build_done(text, &bytes));
	sim_must(platform_write_file(path, bytes, 0600));
}

static void fail(const char *what)
{
	(void)fprintf(stderr, "peers: %s did not do what it should\n", what);
	exit(2);
}

static double now_s(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void child(const char *const *argv, const char *out, const char *errors)
{
	const struct rlimit cpu = {CPU_S_MAX, CPU_S_MAX};
	int in = open("/dev/null", O_RDONLY);
	int to = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int to2 = open(errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(to, STDOUT_FILENO) >= 0 &&
	    dup2(to2, STDERR_FILENO) >= 0 && setrlimit(RLIMIT_CPU, &cpu) == 0)
		(void)execvp(argv[0], (char *const *)argv);
	_exit(127);
}

/* run starts argv and adds what it cost to c. What it prints goes to folder/printed, and to
 * folder/errors. */
static int run(const char *const *argv, struct cost *c)
{
	char out[PATH_LEN], errors[PATH_LEN];
	int status = -1;
	struct rusage u = {0};
	double start = now_s();
	path_of(out, "printed", "");
	path_of(errors, "errors", "");
	pid_t pid = fork();
	if (pid == 0)
		child(argv, out, errors);
	if (pid > 0)
		(void)wait4(pid, &status, 0, &u);
	c->wall_s += now_s() - start;
	c->cpu_s += (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
	c->ended_n += WIFSIGNALED(status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* last_of is what the last process wrote to folder/name, a string in a. */
static char *last_of(struct arena *a, const char *name)
{
	char path[PATH_LEN];
	path_of(path, name, "");
	struct slice s = sim_file(a, path);
	char *text = ARENA_ARRAY(a, s.len + 1, char);
	if (!text)
		fail("an allocation");
	if (s.len)
		memcpy(text, s.ptr, s.len);
	text[s.len] = 0;
	return text;
}

/* The tools. */

static bool issue_subrosa(const struct bench *b, const struct tool *t, size_t from, size_t n,
			  struct cost *c)
{
	char csv[PATH_LEN], out[PATH_LEN], ledger[PATH_LEN], name[64];
	struct build readers = {0};
	(void)b;
	build_str(&readers, "id,name,house,side\n");
	for (size_t i = from; i < from + n; i++)
		build_fmt(&readers, "r%03zu,Reader %zu,House %zu,Side %zu\n", i, i, i % 8, i % 2);
	/* A ledger of its own for each call: what is timed is a first copy. */
	(void)snprintf(name, sizeof name, "%s-%zu-%zu", t->copies, from, n);
	path_of(csv, name, ".csv");
	path_of(ledger, n == READERS ? t->copies : name, ".ledger");
	path_of(out, n == READERS ? t->copies : name, "");
	put(csv, &readers);
	build_release(&readers);
	const char *argv[] = {program, "mark",     paper,  "--readers", csv, "--out",
			      out,     "--ledger", ledger, "--no-auto", NULL};
	return run(argv, c) == 0;
}

/* mark_named notes every id in text that stands between before and after. */
static void mark_named(const char *text, const char *before, const char *after, bool *named)
{
	for (size_t i = 0; i < READERS; i++) {
		char id[64];
		(void)snprintf(id, sizeof id, "%sr%03zu%s", before, i, after);
		named[i] |= strstr(text, id) != NULL;
	}
}

static void read_subrosa(struct bench *b, const struct tool *t, size_t n, struct cost *c)
{
	char ledger[PATH_LEN], leak[PATH_LEN];
	path_of(ledger, t->copies, ".ledger");
	for (size_t i = 0; i < n; i++) {
		struct arena a = {0};
		leak_path(leak, i);
		const char *argv[] = {program,  "trace",       leak,     "--ledger", ledger,
				      "--json", "--max-false", t->level, NULL};
		int rc = run(argv, c);
		if (rc != 0 && rc != 1)
			fail("subrosa trace");
		char *from = strstr(last_of(&a, "printed"), "\"named\": [");
		char *to = from ? strstr(from, "\"consistent\"") : NULL;
		if (!to)
			fail("subrosa trace --json");
		*to = 0;
		mark_named(from, "\"reader\": \"", "\"", b->named[i]);
		arena_release(&a);
	}
}

static bool issue_stegsnow(const struct bench *b, const struct tool *t, size_t from, size_t n,
			   struct cost *c)
{
	for (size_t i = from; i < from + n; i++) {
		char out[PATH_LEN], id[ID_LEN];
		copy_path(out, t, i, ".txt");
		(void)snprintf(id, sizeof id, "r%03zu", i);
		const char *argv[] = {"stegsnow", "-C", "-Q", "-m", id, b->plain_path, out, NULL};
		if (run(argv, c) != 0)
			return false;
	}
	return true;
}

static void read_stegsnow(struct bench *b, const struct tool *t, size_t n, struct cost *c)
{
	(void)t;
	for (size_t i = 0; i < n; i++) {
		char leak[PATH_LEN];
		struct arena a = {0};
		leak_path(leak, i);
		const char *argv[] = {"stegsnow", "-C", "-Q", leak, NULL};
		(void)run(argv, c);
		const char *text = last_of(&a, "printed");
		if (strlen(text) == strlen("r000"))
			mark_named(text, "", "", b->named[i]);
		arena_release(&a);
	}
}

static bool issue_stegcloak(const struct bench *b, const struct tool *t, size_t from, size_t n,
			    struct cost *c)
{
	char out[PATH_LEN], ids[READERS][ID_LEN];
	const char *argv[READERS + 8] = {"node", "eval/stegcloak.mjs", stegcloak,
					 "hide", b->plain_path,        out};
	if (!stegcloak)
		return false;
	path_of(out, t->copies, "");
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(ids[i], sizeof ids[i], "r%03zu", from + i);
		argv[6 + i] = ids[i];
	}
	return run(argv, c) == 0;
}

static void read_stegcloak(struct bench *b, const struct tool *t, size_t n, struct cost *c)
{
	static char leaks[READERS][PATH_LEN];
	struct arena a = {0};
	const char *argv[READERS + 8] = {"node", "eval/stegcloak.mjs", stegcloak, "reveal"};
	(void)t;
	for (size_t i = 0; i < n; i++) {
		leak_path(leaks[i], i);
		argv[4 + i] = leaks[i];
	}
	(void)run(argv, c);
	char *line = last_of(&a, "printed");
	for (size_t i = 0; i < n; i++) {
		char *end = strchr(line, '\n');
		if (!end)
			fail("stegcloak");
		*end = 0;
		if (strlen(line) == strlen("r000"))
			mark_named(line, "", "", b->named[i]);
		line = end + 1;
	}
	arena_release(&a);
}

/* Each module of snowdrop keeps its database in a home of its own. With few readers in it sd-engf
 * finds nobody, not even in exact copies: 20 are too few for this paper, 40 are enough. */
static void snowdrop_home(const struct tool *t)
{
	char home[PATH_LEN];
	path_of(home, t->copies, "");
	(void)setenv("HOME", home, 1);
}

static bool issue_snowdrop(const struct bench *b, const struct tool *t, size_t from, size_t n,
			   struct cost *c)
{
	snowdrop_home(t);
	for (size_t i = from; i < from + n; i++) {
		char out[PATH_LEN], id[ID_LEN];
		copy_path(out, t, i, ".txt");
		(void)snprintf(id, sizeof id, "r%03zu", i);
		const char *argv[] = {t->copies, "-i", b->plain_path, out, id, NULL};
		if (run(argv, c) != 0)
			return false;
	}
	return true;
}

static void read_snowdrop(struct bench *b, const struct tool *t, size_t n, struct cost *c)
{
	snowdrop_home(t);
	for (size_t i = 0; i < n; i++) {
		char leak[PATH_LEN];
		struct arena a = {0};
		leak_path(leak, i);
		const char *argv[] = {t->copies, "-e", b->plain_path, leak, NULL};
		(void)run(argv, c);
		/* It reports on standard error. */
		mark_named(last_of(&a, "errors"), "Recipient   : ", "\n", b->named[i]);
		arena_release(&a);
	}
}

static const struct tool tools[] = {
	{"subrosa 1e-3", "subrosa", "mark --no-auto; trace --max-false 1e-3", "1e-3", READERS,
	 issue_subrosa, read_subrosa},
	{"subrosa 1e-6", "subrosa", "the same copies; trace --max-false 1e-6, its default", "1e-6",
	 READERS, NULL, read_subrosa},
	{"stegsnow", "stegsnow", "-C -Q -m ID: four bytes, where there is room for 200", NULL,
	 READERS, issue_stegsnow, read_stegsnow},
	{"stegcloak", "stegcloak", "with a password, without HMAC: its defaults", NULL, READERS,
	 issue_stegcloak, read_stegcloak},
	{"sd-eng", "sd-eng", "snowdrop for drafts, 32 bits: its default, the most redundant", NULL,
	 SLOW_TRIALS, issue_snowdrop, read_snowdrop},
	{"sd-engf", "sd-engf", "snowdrop for fine English, 32 bits: its default", NULL, SLOW_TRIALS,
	 issue_snowdrop, read_snowdrop},
};

enum { TOOLS = sizeof tools / sizeof *tools };

static struct slice copy_read(struct arena *a, const struct tool *t, size_t reader)
{
	char path[PATH_LEN];
	copy_path(path, t, reader, strcmp(t->copies, "subrosa") == 0 ? ".md" : ".txt");
	return sim_file(a, path);
}

/* Differences between two texts, as words. */

/* cut makes tokens of a text: a word and the white space behind it. */
static void cut(struct arena *a, struct slice text, struct sim_words *out)
{
	size_t cap = 0;
	*out = (struct sim_words){0};
	for (size_t i = 0; i < text.len;) {
		size_t from = i;
		while (i < text.len && text.ptr[i] > ' ')
			i++;
		while (i < text.len && text.ptr[i] <= ' ')
			i++;
		out->at = arena_grow(a, out->at, out->n, &cap, sizeof *out->at);
		out->at[out->n++] = slice_sub(text, from, i - from);
	}
}

struct diff {
	const struct sim_words *x, *y;
	uint32_t *common; /* [i, j]: the longest common subsequence of x from i and y from j */
	size_t i, j;
};

static uint32_t *common_at(const struct diff *d, size_t i, size_t j)
{
	return &d->common[i * (d->y->n + 1) + j];
}

static void diff_make(struct arena *a, const struct sim_words *x, const struct sim_words *y,
		      struct diff *out)
{
	*out = (struct diff){.x = x, .y = y};
	out->common = ARENA_ARRAY(a, (x->n + 1) * (y->n + 1), uint32_t);
	if (!out->common)
		fail("an allocation");
	for (size_t i = x->n + 1; i-- > 0;)
		for (size_t j = y->n + 1; j-- > 0;) {
			uint32_t *c = common_at(out, i, j);
			if (i == x->n || j == y->n) {
				*c = 0;
			} else if (slice_eq(x->at[i], y->at[j])) {
				*c = *common_at(out, i + 1, j + 1) + 1;
			} else {
				uint32_t p = *common_at(out, i + 1, j),
					 q = *common_at(out, i, j + 1);
				*c = p > q ? p : q;
			}
		}
}

/* diff_skip passes over words that only one side has. */
static void diff_skip(struct diff *d)
{
	while (d->i < d->x->n || d->j < d->y->n) {
		bool x_left = d->i < d->x->n, y_left = d->j < d->y->n;
		if (x_left && y_left && slice_eq(d->x->at[d->i], d->y->at[d->j]))
			return;
		if (!y_left ||
		    (x_left && *common_at(d, d->i + 1, d->j) >= *common_at(d, d->i, d->j + 1)))
			d->i++;
		else
			d->j++;
	}
}

static void add_words(const struct sim_words *w, size_t from, size_t to, struct build *out)
{
	for (size_t i = from; i < to; i++)
		build_slice(out, w->at[i]);
}

/* The attacks. */

struct attack {
	const char *name;
	void (*make)(struct sim *s, struct arena *a, struct slice copy, struct slice other,
		     struct build *out);
	bool two;  /* other is the copy of a second leaker */
	bool same; /* as issued: any decoder is quick */
};

static void exact(struct sim *s, struct arena *a, struct slice copy, struct slice other,
		  struct build *out)
{
	(void)s, (void)a, (void)other;
	build_slice(out, copy);
}

static void collapse(struct sim *s, struct arena *a, struct slice copy, struct slice other,
		     struct build *out)
{
	struct sim_words w;
	(void)s, (void)other;
	sim_split(a, copy, &w);
	for (size_t i = 0; i < w.n; i++) {
		build_str(out, i ? " " : "");
		build_slice(out, w.at[i]);
	}
	build_str(out, "\n");
}

static void window(struct sim *s, struct arena *a, struct slice copy, size_t n, struct build *out)
{
	struct sim_words w;
	sim_split(a, copy, &w);
	if (n < w.n)
		w = (struct sim_words){w.at + sim_below(s, w.n - n), n};
	sim_retype(s, &w, 0, out);
	build_str(out, "\n");
}

static void retyped(struct sim *s, struct arena *a, struct slice copy, struct slice other,
		    struct build *out)
{
	(void)other;
	window(s, a, copy, SIZE_MAX, out);
}

static void excerpt_150(struct sim *s, struct arena *a, struct slice copy, struct slice other,
			struct build *out)
{
	(void)other;
	window(s, a, copy, 150, out);
}

static void excerpt_60(struct sim *s, struct arena *a, struct slice copy, struct slice other,
		       struct build *out)
{
	(void)other;
	window(s, a, copy, 60, out);
}

/* misread writes a word with the first confusion it has room for, if any. */
static void misread(struct slice w, struct build *out)
{
	static const char *const pairs[][2] = {{"rn", "m"}, {"m", "rn"}, {"l", "1"}, {"O", "0"},
					       {"0", "O"},  {"1", "l"},  {"e", "c"}, {"c", "e"}};
	for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
		size_t n = strlen(pairs[k][0]);
		for (size_t i = 0; i + n <= w.len; i++)
			if (memcmp(w.ptr + i, pairs[k][0], n) == 0) {
				build_bytes(out, w.ptr, i);
				build_str(out, pairs[k][1]);
				build_bytes(out, w.ptr + i + n, w.len - i - n);
				return;
			}
	}
	build_slice(out, w);
}

/* recognised is a page that was scanned: what is visible, its lines kept, blanks at their ends and
 * runs of them gone, 2% of the words misread. */
static void recognised(struct sim *s, struct arena *a, struct slice copy, struct slice other,
		       struct build *out)
{
	struct build clean = {0};
	struct slice bytes;
	(void)other;
	for (size_t i = 0; i < copy.len;) {
		struct sim_words w;
		size_t from = i;
		while (i < copy.len && copy.ptr[i] != '\n')
			i++;
		sim_split(a, slice_sub(copy, from, i - from), &w);
		for (size_t k = 0; k < w.n; k++) {
			struct sim_words one = {&w.at[k], 1};
			build_reset(&clean);
			sim_retype(s, &one, 0, &clean);
			sim_must(build_done(&clean, &bytes));
			build_str(out, k ? " " : "");
			if (sim_chance(s, 0.02))
				misread(bytes, out);
			else
				build_slice(out, bytes);
		}
		build_str(out, "\n");
		i++;
	}
	build_release(&clean);
}

/* spliced: where the copies differ, word by word with the white space behind the words, a coin
 * says whose text is taken. */
static void spliced(struct sim *s, struct arena *a, struct slice copy, struct slice other,
		    struct build *out)
{
	struct sim_words x, y;
	struct diff d;
	cut(a, copy, &x);
	cut(a, other, &y);
	diff_make(a, &x, &y, &d);
	while (d.i < x.n || d.j < y.n) {
		size_t i = d.i, j = d.j;
		diff_skip(&d);
		if (d.i > i || d.j > j) {
			if (sim_chance(s, 0.5))
				add_words(&x, i, d.i, out);
			else
				add_words(&y, j, d.j, out);
		} else {
			build_slice(out, x.at[d.i]);
			d.i++;
			d.j++;
		}
	}
}

static const struct attack attacks[] = {
	{"exact copy", exact, false, true},
	{"white space collapsed", collapse, false, false},
	{"retyped", retyped, false, false},
	{"150 words, retyped", excerpt_150, false, false},
	{"60 words, retyped", excerpt_60, false, false},
	{"recognised, 2% misread", recognised, false, false},
	{"two copies, spliced", spliced, true, false},
};

enum { ATTACKS = sizeof attacks / sizeof *attacks };

/* The second leaker of trial i, if there is one; the first is reader i. */
static size_t partner(struct sim *s, size_t i)
{
	return (i + 1 + sim_below(s, READERS - 1)) % READERS;
}

static void attack_all(struct bench *b, const struct tool *t, size_t k, size_t n, size_t *partners)
{
	for (size_t i = 0; i < n; i++) {
		struct sim s = {b->seed + k * READERS + i};
		struct arena a = {0};
		struct build text = {0};
		char path[PATH_LEN];
		struct slice copy = copy_read(&a, t, i), other = {0};
		partners[i] = i;
		if (attacks[k].two) {
			partners[i] = partner(&s, i);
			other = copy_read(&a, t, partners[i]);
		}
		attacks[k].make(&s, &a, copy, other, &text);
		leak_path(path, i);
		put(path, &text);
		build_release(&text);
		arena_release(&a);
	}
}

/* cell: how often a leaker is named and nobody else, 95% limits in percent, and how often somebody
 * else is named. */
static void cell(struct bench *b, const struct tool *t, size_t k, struct cost *c)
{
	size_t partners[READERS], right_n = 0, wrong_n = 0;
	size_t n = attacks[k].same ? READERS : t->trials;
	double lo, hi;
	attack_all(b, t, k, n, partners);
	memset(b->named, 0, sizeof b->named);
	t->read(b, t, n, c);
	for (size_t i = 0; i < n; i++) {
		bool right = false, wrong = false;
		for (size_t r = 0; r < READERS; r++) {
			bool leaker = r == i || r == partners[i];
			right |= b->named[i][r] && leaker;
			wrong |= b->named[i][r] && !leaker;
		}
		right_n += right && !wrong;
		wrong_n += wrong;
	}
	sim_wilson(right_n, n, &lo, &hi);
	(void)printf("  %2zu/%-2zu %3.0f-%-3.0f %2zu", right_n, n, 100 * fabs(lo), 100 * hi,
		     wrong_n);
	(void)fflush(stdout);
}

/* What a tool does to the text. */

/* visible drops the characters of no width that stegcloak writes. */
static struct slice visible(struct arena *a, struct slice text)
{
	uint8_t *out = ARENA_ARRAY(a, text.len + 1, uint8_t);
	size_t n = 0;
	if (!out)
		fail("an allocation");
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t *p = text.ptr + i;
		bool hidden = i + 2 < text.len && p[0] == 0xe2 &&
			      ((p[1] == 0x80 && p[2] >= 0x8b && p[2] <= 0x8f) ||
			       (p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xa4));
		if (hidden)
			i += 2;
		else
			out[n++] = *p;
	}
	return slice_make(out, n);
}

struct damage {
	double words, chars, unseen;
};

static size_t bytes_of(const struct sim_words *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->n; i++)
		n += w->at[i].len;
	return n;
}

static void damage_add(const struct bench *b, struct slice copy, struct damage *out)
{
	struct arena a = {0};
	struct sim_words was, is;
	struct diff d;
	size_t lost = 0, gained = 0, chars_lost = 0, chars_gained = 0;
	sim_split(&a, b->plain, &was);
	sim_split(&a, visible(&a, copy), &is);
	diff_make(&a, &was, &is, &d);
	while (d.i < was.n || d.j < is.n) {
		size_t i = d.i, j = d.j;
		diff_skip(&d);
		const struct sim_words x = {was.at + i, d.i - i}, y = {is.at + j, d.j - j};
		lost += x.n;
		gained += y.n;
		chars_lost += bytes_of(&x);
		chars_gained += bytes_of(&y);
		if (d.i < was.n && d.j < is.n) {
			d.i++;
			d.j++;
		}
	}
	out->words += (double)(lost > gained ? lost : gained);
	out->chars += (double)(chars_lost > chars_gained ? chars_lost : chars_gained);
	out->unseen += (double)(copy.len - bytes_of(&is)) - (double)(b->plain.len - bytes_of(&was));
	arena_release(&a);
}

static void damages(const struct bench *b, const bool *has)
{
	struct damage all[TOOLS] = {0};
	for (size_t t = 0; t < TOOLS; t++)
		for (size_t i = 0; i < SLOW_TRIALS && has[t]; i++) {
			struct arena a = {0};
			damage_add(b, copy_read(&a, &tools[t], i), &all[t]);
			arena_release(&a);
		}
	(void)printf("what a copy differs in from the paper in its author's first wordings, on "
		     "average (subrosa's\nwords are all the author's own)\n");
	static const char *const rows[] = {"words changed", "their letters", "bytes unseen, added"};
	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
		(void)printf("%-24s", rows[k]);
		for (size_t t = 0; t < TOOLS; t++) {
			double v = k == 0 ? all[t].words : k == 1 ? all[t].chars : all[t].unseen;
			if (has[t])
				(void)printf("  %15.1f", v / SLOW_TRIALS);
			else
				(void)printf("  %15s", "-");
		}
		(void)printf("\n");
	}
}

static void costs(const struct cost *c, const bool *has, const char *name, bool wall)
{
	(void)printf("%-24s", name);
	for (size_t t = 0; t < TOOLS; t++)
		if (has[t] && tools[t].issue && c[t].wall_s > 0)
			(void)printf("  %15.2f", 1000 * (wall ? c[t].wall_s : c[t].cpu_s));
		else
			(void)printf("  %15s", "-");
	(void)printf("\n");
}

/* The times: each copy a process, and, where a tool can, one process for many. They are taken after
 * the attacks, so that no tool's books hold a reader twice then. */
static void speeds(const struct bench *b, const bool *has)
{
	struct cost one[TOOLS] = {0}, many[TOOLS] = {0};
	for (size_t t = 0; t < TOOLS; t++) {
		if (!has[t] || !tools[t].issue)
			continue;
		for (size_t i = 0; i < TIMED; i++)
			(void)tools[t].issue(b, &tools[t], i, 1, &one[t]);
		one[t].wall_s /= TIMED;
		one[t].cpu_s /= TIMED;
		size_t n = 0;
		if (tools[t].issue == issue_subrosa)
			n = MANY;
		else if (tools[t].issue == issue_stegcloak)
			n = READERS;
		if (!n || !tools[t].issue(b, &tools[t], 0, n, &many[t]))
			continue;
		many[t].wall_s /= (double)n;
		many[t].cpu_s /= (double)n;
	}
	costs(one, has, "ms a copy, a process each", true);
	costs(one, has, "  the same, CPU", false);
	costs(many, has, "ms a copy, one process", true);
	costs(many, has, "  the same, CPU", false);
}

static void prepare(struct bench *b)
{
	struct text_paper p;
	struct sim_words w;
	struct build plain = {0};
	sim_must(text_paper_parse(&b->a, sim_file(&b->a, paper), NULL, &p));
	b->plain = p.plain;
	path_of(b->plain_path, "plain.txt", "");
	build_slice(&plain, p.plain);
	put(b->plain_path, &plain);
	build_release(&plain);
	sim_split(&b->a, p.plain, &w);
	(void)printf("seed %llu, %d readers, %s: %zu words, %zu places\n",
		     (unsigned long long)b->seed, READERS, paper, w.n, p.places_n);
	for (size_t t = 0; t < TOOLS; t++) {
		char path[PATH_LEN];
		path_of(path, tools[t].copies, "");
		if (tools[t].issue && tools[t].issue != issue_subrosa && mkdir(path, 0700) != 0)
			fail("mkdir");
	}
}

static void issue_all(const struct bench *b, bool *has)
{
	for (size_t t = 0; t < TOOLS; t++) {
		struct cost c = {0};
		has[t] = tools[t].issue ? tools[t].issue(b, &tools[t], 0, READERS, &c) : has[t - 1];
		(void)printf("%-12s  %s%s\n", tools[t].name, tools[t].options,
			     has[t] ? "" : " (not installed)");
	}
	if (!has[0])
		fail("subrosa mark");
	(void)printf("to have them all: apt install stegsnow snowdrop nodejs npm; npm install "
		     "stegcloak in a\nfolder, SUBROSA_STEGCLOAK=FOLDER\n");
}

static void clean(void)
{
	struct cost c = {0};
	const char *argv[] = {"rm", "-rf", folder, NULL};
	(void)run(argv, &c);
}

static void table(struct bench *b, const bool *has)
{
	struct cost c = {0};
	(void)printf("a leaker named and nobody else / leaks, 95%% limits in percent, leaks that "
		     "others are named for\n%-24s",
		     "");
	for (size_t t = 0; t < TOOLS; t++)
		(void)printf("  %-15s", tools[t].name);
	(void)printf("\n");
	for (size_t k = 0; k < ATTACKS; k++) {
		(void)printf("%-24s", attacks[k].name);
		for (size_t t = 0; t < TOOLS; t++)
			if (has[t])
				cell(b, &tools[t], k, &c);
			else
				(void)printf("  %-15s", "-");
		(void)printf("\n");
	}
	(void)printf("retyped: visible ASCII, no slips, lines of 72; recognised: the same by "
		     "line, confusions such as rn/m, l/1,\nO/0 and e/c, simulated; spliced: a "
		     "coin for each difference, by words\n");
	(void)printf("decoders ended after %d s of CPU: %zu\n", CPU_S_MAX, c.ended_n);
}

int main(int argc, char **argv)
{
	static struct bench b;
	bool has[TOOLS];
	if (argc < 2 || !mkdtemp(folder)) {
		(void)fprintf(stderr, "usage: peers SUBROSA [SEED]\n");
		return 2;
	}
	program = argv[1];
	stegcloak = getenv("SUBROSA_STEGCLOAK");
	b.seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261125;
	sim_must(crypto_init());
	prepare(&b);
	issue_all(&b, has);
	table(&b, has);
	damages(&b, has);
	speeds(&b, has);
	clean();
	arena_release(&b.a);
	return 0;
}
