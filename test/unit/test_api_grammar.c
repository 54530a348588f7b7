/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar reader: what the real one says of sentences, and that one which dies, sleeps or lies
 * costs its sentences and nothing else. */
#include "api_grammar.h"
#include "base_limits.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

/* Waiting for a process to be started and ended, on a busy machine and under a sanitizer. */
enum { SLACK_MS = 8000 };

static const char *real, *fake;

static int64_t now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static size_t open_n(void)
{
	size_t n = 0;
	DIR *d = opendir("/proc/self/fd");
	while (d && readdir(d))
		n++;
	if (d)
		(void)closedir(d);
	return n;
}

static struct api_grammar *open_at(const char *program, const char *how, const char *lang)
{
	struct api_grammar *g = NULL;
	(void)setenv("SUBROSA_GRAMMAR", program, 1);
	(void)setenv("SUBROSA_FAKE", how, 1);
	CHECK(!sr_bad(api_grammar_open(lang, &g)), "%s", how);
	return g;
}

/* close_all checks that nothing is left of the processes. */
static void close_all(struct api_grammar *g)
{
	api_grammar_close(g);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "children are left");
}

static void ask(struct api_grammar *g, struct arena *a, const struct slice *s, size_t n,
		struct vary_parse *out)
{
	const struct vary_grammar *r = api_grammar_reader(g);
	if (CHECK(r != NULL, "it can be used: %s", api_grammar_why(g)))
		CHECK(!sr_bad(r->parse(r->context, a, s, n, out)), "parse");
}

/* word_is finds the word in the sentence and compares its tag. */
static bool word_is(const struct vary_parse *p, const char *sentence, const char *word,
		    const char *tag)
{
	for (size_t i = 0; i < p->words_n; i++)
		if (p->words[i].len == strlen(word) &&
		    memcmp(sentence + p->words[i].off, word, p->words[i].len) == 0)
			return strcmp(p->words[i].tag, tag) == 0;
	return false;
}

static bool has_link(const struct vary_parse *p, const char *sentence, const char *label,
		     const char *left, const char *right)
{
	for (size_t i = 0; i < p->links_n; i++) {
		const struct vary_parse_word *l = &p->words[p->links[i].left];
		const struct vary_parse_word *r = &p->words[p->links[i].right];
		if (strncmp(p->links[i].label, label, strlen(label)) == 0 &&
		    l->len == strlen(left) && memcmp(sentence + l->off, left, l->len) == 0 &&
		    r->len == strlen(right) && memcmp(sentence + r->off, right, r->len) == 0)
			return true;
	}
	return false;
}

static void tags_and_links(void)
{
	static const struct {
		const char *sentence;
		enum vary_parse_state state;
		const char *word, *tag, *label, *left, *right;
	} rows[] = {
		{"The minister bought a house.", VARY_PARSE_WHOLE, "bought", "v-d", "S", "minister",
		 "bought"},
		{"The clerk’s report was late.", VARY_PARSE_WHOLE, "’s", "p", "Pa", "was", "late"},
		{"He said “talks begin soon” — and the café’s owner agreed.", VARY_PARSE_WHOLE,
		 "café", "n", "S", "owner", "agreed"},
		{"«The café’s owner» agreed.", VARY_PARSE_WHOLE, "agreed", "v-d", "S", "owner",
		 "agreed"},
		{"The of to committee at were the.", VARY_PARSE_BROKEN, NULL, NULL, NULL, NULL,
		 NULL},
		{"", VARY_PARSE_NONE, NULL, NULL, NULL, NULL, NULL},
	};
	struct arena a = {0};
	struct slice s[ROWS(rows)];
	struct vary_parse out[ROWS(rows)];
	struct api_grammar *g = open_at(real, "", "en");
	for (size_t i = 0; i < ROWS(rows); i++)
		s[i] = slice_str(rows[i].sentence);
	ask(g, &a, s, ROWS(rows), out);
	for (size_t i = 0; i < ROWS(rows); i++) {
		const char *t = rows[i].sentence;
		if (!CHECK(out[i].state == rows[i].state, "%s: %d", t, (int)out[i].state) ||
		    !rows[i].word)
			continue;
		CHECK(out[i].words[0].len == 0, "%s: a wall", t);
		CHECK(word_is(&out[i], t, rows[i].word, rows[i].tag), "%s: %s", t, rows[i].word);
		CHECK(has_link(&out[i], t, rows[i].label, rows[i].left, rows[i].right), "%s: %s", t,
		      rows[i].label);
	}
	CHECK(api_grammar_lost(g) == 0, "none was lost");
	arena_release(&a);
	close_all(g);
}

static bool same(const struct vary_parse *x, const struct vary_parse *y)
{
	return x->state == y->state && x->words_n == y->words_n && x->links_n == y->links_n &&
	       (x->state != VARY_PARSE_WHOLE ||
		(memcmp(x->words, y->words, x->words_n * sizeof *x->words) == 0 &&
		 memcmp(x->links, y->links, x->links_n * sizeof *x->links) == 0));
}

/* Every answer of a batch is the one that the sentence gets alone. */
static void order(void)
{
	enum { N = 200 };
	static char text[N][128];
	static struct slice s[N];
	static struct vary_parse out[N];
	struct arena a = {0};
	struct api_grammar *g = open_at(real, "", "en");
	for (size_t i = 0; i < N; i++) {
		static const char *const verys[] = {"", "very ", "very very ", "very very very "};
		(void)snprintf(text[i], sizeof text[i], "%s %zu %sold dogs.",
			       i % 3 ? "She saw" : "The minister of trade saw", i + 2,
			       verys[i % 4]);
		s[i] = slice_str(text[i]);
	}
	ask(g, &a, s, N, out);
	size_t whole_n = 0, differ_n = 0;
	for (size_t i = 0; i < N; i++) {
		struct vary_parse alone;
		ask(g, &a, &s[i], 1, &alone);
		whole_n += alone.state == VARY_PARSE_WHOLE;
		differ_n += i > 0 && !same(&out[i], &out[i - 1]);
		CHECK(same(&out[i], &alone), "%s", text[i]);
	}
	CHECK(whole_n == N, "%zu are whole", whole_n);
	CHECK(differ_n > N / 2, "neighbours differ: %zu", differ_n);
	arena_release(&a);
	close_all(g);
}

static const char monster[] =
	"The committee which the minister who the president that the paper that he wrote named had "
	"appointed had asked said that the report of the group on trade and investment and "
	"transport "
	"and energy in the north and in the south and in the east of the country about the talks "
	"on "
	"the treaty on the use of the river by the towns would be late again.";

static void monsters(void)
{
	static char many_words[2 * LIMIT_GRAMMAR_WORDS + 3], many_bytes[LIMIT_GRAMMAR_BYTES + 2];
	for (size_t i = 0; i + 2 < sizeof many_words; i += 2)
		memcpy(many_words + i, "a ", 2);
	memset(many_bytes, 'a', sizeof many_bytes - 1);
	const struct slice s[] = {slice_str(monster), slice_str(many_words), slice_str(many_bytes),
				  SLICE_LIT("The minister bought a house.")};
	struct vary_parse out[ROWS(s)];
	struct arena a = {0};
	struct api_grammar *g = open_at(real, "", "en");
	int64_t from = now_ms();
	ask(g, &a, s, ROWS(s), out);
	CHECK(now_ms() - from < LIMIT_GRAMMAR_MS + SLACK_MS, "%d ms", (int)(now_ms() - from));
	CHECK(out[0].state != VARY_PARSE_NONE, "sixty words: %d", (int)out[0].state);
	CHECK(out[1].state == VARY_PARSE_GIVEN_UP, "too many words: %d", (int)out[1].state);
	CHECK(out[2].state == VARY_PARSE_GIVEN_UP, "too many bytes: %d", (int)out[2].state);
	CHECK(out[3].state == VARY_PARSE_WHOLE, "the next one: %d", (int)out[3].state);
	CHECK(api_grammar_lost(g) <= 1, "only the slow one is lost");
	arena_release(&a);
	close_all(g);
}

/* is_confined reads whether a process has a filter of system calls. */
static bool is_confined(long pid)
{
	char path[64], line[256];
	bool found = false;
	(void)snprintf(path, sizeof path, "/proc/%ld/status", pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		found = found || strcmp(line, "Seccomp:\t2\n") == 0;
	if (f)
		(void)fclose(f);
	return found;
}

/* stay_on_one_core leaves one reader, which has greeted when it is open; the cores there were are
 * in *before. */
static bool stay_on_one_core(cpu_set_t *before)
{
	cpu_set_t one;
	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof *before, before))
		return false;
	for (size_t i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++) {
		if (CPU_ISSET(i, before))
			CPU_SET(i, &one);
	}
	return sched_setaffinity(0, sizeof one, &one) == 0;
}

static void confined(void)
{
	cpu_set_t before;
	if (!CHECK(stay_on_one_core(&before), "one core"))
		return;
	struct api_grammar *g = open_at(real, "", "en");
	CHECK(sched_setaffinity(0, sizeof before, &before) == 0, "all cores again");
	struct arena a = {0};
	const struct slice s[] = {SLICE_LIT("It is late."), SLICE_LIT("He is late.")};
	struct vary_parse out[2];
	ask(g, &a, s, 2, out);
	char path[64];
	long pid = 0;
	(void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	FILE *f = fopen(path, "re");
	if (f && fscanf(f, "%ld", &pid) == 1)
		CHECK(is_confined(pid), "process %ld", pid);
	else
		test_skip("the reader is confined", "this system does not list children");
	if (f)
		(void)fclose(f);
	arena_release(&a);
	close_all(g);
}

static void reasons(void)
{
	static const struct {
		const char *how, *lang, *words;
	} rows[] = {
		{"no dictionary", "en", "apt install link-grammar-dictionaries-en"},
		{"no dictionary", "ru", "its dictionary for ru is missing"},
		{"unconfined", "en", "confine"},
		{"gone", "en", "does not start"},
		{"rude", "en", "does not start"},
		{"mute", "en", "does not start"},
		{"honest", "../en", "no such language"},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct api_grammar *g = open_at(fake, rows[i].how, rows[i].lang);
		const char *why = api_grammar_why(g);
		CHECK(why && strstr(why, rows[i].words), "%s: %s", rows[i].how,
		      why ? why : "usable");
		CHECK(!api_grammar_reader(g), "%s", rows[i].how);
		close_all(g);
	}
	struct api_grammar *g = open_at("/nonexistent/subrosa-grammar", "", "en");
	CHECK(api_grammar_why(g) && !api_grammar_reader(g), "no program");
	close_all(g);
}

/* n sentences that fakes are asked; a fake is asked by one process or by two. */
static void fakes(void)
{
	enum { N = 8 };
	static const struct {
		const char *how;
		size_t n;
		enum vary_parse_state state; /* of every sentence, unless mixed */
		bool mixed;
		size_t lost_min, lost_max;
	} rows[] = {
		{"honest", N, VARY_PARSE_WHOLE, false, 0, 0},
		{"dies", N, VARY_PARSE_NONE, false, N, N},
		{"crashes", N, VARY_PARSE_NONE, false, N, N},
		{"garbage", N, VARY_PARSE_NONE, false, N, N},
		{"huge", N, VARY_PARSE_NONE, false, N, N},
		{"half", N, VARY_PARSE_NONE, false, N, N},
		{"beyond", N, VARY_PARSE_NONE, false, N, N},
		{"half and sleeps", 2, VARY_PARSE_GIVEN_UP, false, 2, 2},
		{"sleeps", 3, VARY_PARSE_GIVEN_UP, false, 3, 3},
		{"chatters", N, VARY_PARSE_WHOLE, true, 0, LIMIT_GRAMMAR_KILLS},
		{"floods", N, VARY_PARSE_WHOLE, true, 1, LIMIT_GRAMMAR_KILLS},
		{"tires", N, VARY_PARSE_WHOLE, true, 1, N},
	};
	size_t open_before = open_n();
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct arena a = {0};
		struct slice s[N];
		struct vary_parse out[N];
		int64_t from = now_ms();
		for (size_t k = 0; k < N; k++)
			s[k] = SLICE_LIT("It is late.");
		struct api_grammar *g = open_at(fake, rows[i].how, "en");
		ask(g, &a, s, rows[i].n, out);
		for (size_t k = 0; k < rows[i].n; k++)
			CHECK(out[k].state == rows[i].state ||
				      (rows[i].mixed && out[k].state == VARY_PARSE_NONE),
			      "%s, %zu: %d", rows[i].how, k, (int)out[k].state);
		size_t lost_n = api_grammar_lost(g);
		CHECK(lost_n >= rows[i].lost_min && lost_n <= rows[i].lost_max, "%s: lost %zu",
		      rows[i].how, lost_n);
		CHECK(now_ms() - from < 3 * LIMIT_GRAMMAR_MS + SLACK_MS, "%s: %d ms", rows[i].how,
		      (int)(now_ms() - from));
		arena_release(&a);
		close_all(g);
	}
	CHECK(open_n() == open_before, "descriptors are left");
}

/* A reader that loses every process is given up, for this batch and the next. */
static void lost_for_good(void)
{
	enum { N = 3 * LIMIT_GRAMMAR_KILLS };
	struct arena a = {0};
	struct slice s[N];
	struct vary_parse out[N];
	for (size_t i = 0; i < N; i++)
		s[i] = SLICE_LIT("It is late.");
	struct api_grammar *g = open_at(fake, "dies", "en");
	ask(g, &a, s, N, out);
	size_t lost_n = api_grammar_lost(g);
	CHECK(lost_n >= LIMIT_GRAMMAR_KILLS && lost_n <= LIMIT_GRAMMAR_KILLS + 1, "%zu", lost_n);
	ask(g, &a, s, N, out);
	CHECK(api_grammar_lost(g) == lost_n, "nothing is started any more");
	for (size_t i = 0; i < N; i++)
		CHECK(out[i].state == VARY_PARSE_NONE, "%zu: %d", i, (int)out[i].state);
	arena_release(&a);
	close_all(g);
}

/* Without memory parse says so, and the next call works. */
static void no_memory(void)
{
	struct slice s[4];
	struct vary_parse out[4];
	for (size_t i = 0; i < ROWS(s); i++)
		s[i] = SLICE_LIT("It is late.");
	struct api_grammar *g = open_at(fake, "honest", "en");
	const struct vary_grammar *r = api_grammar_reader(g);
	for (size_t n = 1; CHECK(r && n < 100, "it ends"); n++) {
		struct arena a = {0};
		test_alloc_fail_at(n);
		struct sr_err e = r->parse(r->context, &a, s, ROWS(s), out);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK((e.code == SR_E_NOMEM) == failed, "allocation %zu: %d", n, (int)e.code);
		arena_release(&a);
		if (!failed)
			break;
	}
	CHECK(out[3].state == VARY_PARSE_WHOLE, "the last call");
	close_all(g);
}

/* why_not returns why the real reader cannot be tested, in static memory; NULL if it can. */
static const char *why_not(void)
{
	static char why[200];
	if (!real || !*real)
		return "link-grammar was not built in";
	struct api_grammar *g = open_at(real, "", "en");
	const char *w = api_grammar_why(g);
	if (w)
		(void)snprintf(why, sizeof why, "%s", w);
	api_grammar_close(g);
	return w && strstr(w, "dictionary") ? why : NULL;
}

int main(void)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} tests[] = {
		{"tags, links and offsets of real sentences", tags_and_links},
		{"answers come in the order of the questions", order},
		{"long sentences are given up or read in time", monsters},
		{"the reader is confined", confined},
	};
	real = getenv("SUBROSA_REAL_GRAMMAR");
	fake = getenv("SUBROSA_FAKE_GRAMMAR");
	const char *why = why_not();
	for (size_t i = 0; i < ROWS(tests); i++) {
		if (why)
			test_skip(tests[i].name, why);
		else
			test_run(tests[i].name, tests[i].fn);
	}
	test_run("why it cannot be used", reasons);
	test_run("readers that die, sleep or lie", fakes);
	test_run("too many were lost", lost_for_good);
	test_run("memory fails", no_memory);
	return test_done();
}
