/* SPDX-License-Identifier: Apache-2.0 */
/* How many places a language pack finds in real text, and whether they read naturally.
 *
 *	places [--pack DIR] [--seed S] FOLDER...
 *		FOLDER/GENRE/NAME.txt, as eval/corpora.mjs makes them: for each genre the places and
 *bits per 100 words, automatic and with those that the author is asked about; how many windows of
 *the text have no place; the time with and without the grammar reader. Intervals are 95% ones, by
 *resampling documents. places --sample N --sheet FILE --key FILE [--ask] [--pack DIR] [--seed S]
 *FOLDER... draws N of all automatic places (--ask: of those to ask about), each as likely as any
 *other, and writes what a reader is to judge: the sentence with either of two wordings, A and B, in
 *an order that tells nothing. The key tells what they are. places --judge KEY VERDICTS what came of
 *it. A line of VERDICTS is a number, a tab, and =  (both natural, the same said), A or B
 *(acceptable, but a reader hesitates there), A! or B!  (wrong there); several marks are separated
 *by blanks; a tab and a remark may follow.
 *
 * exit 0; 2: it could not run. */
#include "api_grammar.h"
#include "api_pack.h"
#include "base_limits.h"
#include "instrument.h"
#include "platform.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WINDOWS_N = 4, RESAMPLES = 2000, CONTEXT_SENTENCES = 1 };

static const size_t window_words[WINDOWS_N] = {25, 50, 100, 200};

/* A document, and what was found in it. */
struct document {
	char *genre, *name, *path;
	struct slice text;
	struct text_paper paper;
	struct vary_text words;
	struct vary_found found;
	size_t places_n, asked_n, more_n; /* automatic, asked about, with more than two wordings */
	double bits, asked_bits;
	size_t windows[WINDOWS_N], empty[WINDOWS_N];
	double with_ms, without_ms;
};

struct options {
	const char *pack, *sheet, *key;
	uint64_t seed, sample;
	bool ask;
};

static struct arena arena;
static struct document *documents;
static size_t documents_n, documents_cap;
static struct vary_pack pack;
static struct api_grammar *grammar;

static void fail(const char *what, const char *which)
{
	(void)fprintf(stderr, "places: %s%s%s\n", what, *which ? ": " : "", which);
	exit(2);
}

static void must(struct sr_err e, const char *which)
{
	if (e.code != SR_OK)
		fail(e.what, which);
}

static void *need(void *p)
{
	if (!p)
		fail("out of memory", "");
	return p;
}

static void say(void *user, const struct sr_note *n)
{
	(void)user;
	(void)fprintf(stderr, "%s:%u: %s\n", n->file ? n->file : "places", n->line, n->text);
}

static double now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static char *joined(const char *folder, const char *name)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/%s", folder, name);
	if (n < 0 || (size_t)n >= sizeof path)
		fail("a path is too long", name);
	return need(arena_dup(&arena, path, (size_t)n));
}

/* each calls what for every visible name in a folder, in the order of names. */
static void each(const char *folder, void (*what)(const char *folder, const char *name))
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);
	if (n < 0)
		fail("this folder cannot be read", folder);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			what(folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

static void add_document(const char *folder, const char *name)
{
	documents =
		need(arena_grow(&arena, documents, documents_n, &documents_cap, sizeof *documents));
	struct document *d = &documents[documents_n++];
	const char *slash = strrchr(folder, '/');
	*d = (struct document){.path = joined(folder, name)};
	d->genre = need(arena_dup(&arena, slash + 1, strlen(slash + 1)));
	d->name = need(arena_dup(&arena, name, strlen(name)));
	must(platform_read_file(&arena, d->path, LIMIT_PAPER_BYTES, &d->text), d->path);
	must(text_paper_parse(&arena, d->text, NULL, &d->paper), d->path);
}

static void add_genre(const char *folder, const char *name)
{
	each(joined(folder, name), add_document);
}

/* find looks for places once, with or without the grammar reader, and returns the milliseconds. */
static double find(const struct document *d, bool with, struct vary_found *out)
{
	double start = now_ms();
	const struct vary_request q = {.pack = &pack,
				       .paper = &d->paper,
				       .grammar = with ? api_grammar_reader(grammar) : NULL,
				       .ask = true};
	must(vary_find(&arena, &q, out), d->path);
	return now_ms() - start;
}

/* count_windows counts the stretches of so many words, one behind the other, without a place. */
static void count_windows(struct document *d)
{
	for (size_t k = 0; k < WINDOWS_N; k++) {
		size_t next = 0;
		for (size_t w = 0; w + window_words[k] <= d->words.tokens.n; w += window_words[k]) {
			size_t end = d->words.tokens.at[w + window_words[k] - 1].off, n = 0;
			for (; next < d->found.places_n && d->found.places[next].off <= end; next++)
				n += !vary_is_question(&d->found.places[next]);
			d->windows[k]++;
			d->empty[k] += n == 0;
		}
	}
}

static void look(struct document *d)
{
	struct vary_found without;
	must(vary_text_make(&arena, d->paper.plain, &pack.text, &d->words), d->path);
	d->without_ms = find(d, false, &without);
	d->with_ms = find(d, true, &d->found);
	for (size_t i = 0; i < d->found.places_n; i++) {
		const struct vary_place *p = &d->found.places[i];
		double bits = log2((double)p->place.wordings_n);
		/* what changes together counts once */
		bool first = true;
		for (size_t k = 0; k < i && p->place.group.len && first; k++)
			first = !slice_eq(d->found.places[k].place.group, p->place.group);
		if (!first)
			continue;
		if (vary_is_question(p)) {
			d->asked_n++;
			d->asked_bits += bits;
		} else {
			d->places_n++;
			d->bits += bits;
			d->more_n += p->place.wordings_n > 2;
		}
	}
	count_windows(d);
}

/* Sums over documents. */
struct sums {
	size_t documents, words, places, asked, more, windows[WINDOWS_N], empty[WINDOWS_N];
	double bits, asked_bits, with_ms, without_ms;
};

static void add(struct sums *s, const struct document *d)
{
	s->documents++;
	s->words += d->words.tokens.n;
	s->places += d->places_n;
	s->asked += d->asked_n;
	s->more += d->more_n;
	s->bits += d->bits;
	s->asked_bits += d->asked_bits;
	s->with_ms += d->with_ms;
	s->without_ms += d->without_ms;
	for (size_t k = 0; k < WINDOWS_N; k++) {
		s->windows[k] += d->windows[k];
		s->empty[k] += d->empty[k];
	}
}

static int order_doubles(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;
	return (a > b) - (a < b);
}

/* resample gives 95% limits of the bits per 100 words of a genre (NULL: of all). */
static void resample(const char *genre, uint64_t seed, double *low, double *high)
{
	static double rates[RESAMPLES];
	size_t *of = need(ARENA_ARRAY(&arena, documents_n, size_t)), n = 0;
	for (size_t i = 0; i < documents_n; i++)
		if (!genre || strcmp(documents[i].genre, genre) == 0)
			of[n++] = i;
	for (size_t r = 0; r < RESAMPLES; r++) {
		double bits = 0, words = 0;
		for (size_t i = 0; i < n; i++) {
			const struct document *d = &documents[of[instrument_random(&seed) % n]];
			bits += d->bits;
			words += (double)d->words.tokens.n;
		}
		rates[r] = 100 * bits / words;
	}
	qsort(rates, RESAMPLES, sizeof *rates, order_doubles);
	*low = rates[RESAMPLES / 40];
	*high = rates[RESAMPLES - 1 - RESAMPLES / 40];
}

static void print_row(const char *genre, const struct sums *s, uint64_t seed)
{
	double low, high, words = (double)s->words;
	resample(strcmp(genre, "all") == 0 ? NULL : genre, seed, &low, &high);
	(void)printf("%-11s %5zu %7zu %6.2f %6.2f [%.2f, %.2f] %6.2f %6.2f %5.0f%%", genre,
		     s->documents, s->words, 100 * (double)s->places / words, 100 * s->bits / words,
		     low, high, 100 * (double)(s->places + s->asked) / words,
		     100 * (s->bits + s->asked_bits) / words,
		     100 * (double)s->more / (double)(s->places ? s->places : 1));
	for (size_t k = 0; k < WINDOWS_N; k++)
		(void)printf(" %4.0f%%",
			     s->windows[k] ? 100 * (double)s->empty[k] / (double)s->windows[k] : 0);
	(void)printf(" %7.2f %7.0f\n", 1000 * s->without_ms / words, 1000 * s->with_ms / words);
}

static void print_classes(void)
{
	for (size_t i = 0; i < pack.entries_n; i++) {
		struct slice class = pack.entries[i].class;
		bool first = true;
		for (size_t k = 0; k < i && first; k++)
			first = !slice_eq(pack.entries[k].class, class);
		size_t n = 0, asked = 0, words = 0;
		for (size_t d = 0; first && d < documents_n; d++) {
			words += documents[d].words.tokens.n;
			for (size_t p = 0; p < documents[d].found.places_n; p++) {
				const struct vary_place *x = &documents[d].found.places[p];
				bool same = slice_eq(x->entry->class, class);
				n += same && !vary_is_question(x);
				asked += same && vary_is_question(x);
			}
		}
		if (first && n + asked)
			(void)printf("%-12.*s %6zu %6.3f %6zu\n", (int)class.len,
				     (const char *)class.ptr, n, 100 * (double)n / (double)words,
				     asked);
	}
}

static void print_table(const struct options *o)
{
	struct sums all = {0};
	(void)printf("pack %.*s: %zu entries, %zu fixed terms; grammar reader: %s; seed %llu\n\n",
		     (int)pack.name.len, (const char *)pack.name.ptr, pack.entries_n, pack.fixed_n,
		     api_grammar_why(grammar) ? api_grammar_why(grammar) : "yes",
		     (unsigned long long)o->seed);
	(void)printf(
		"                           automatic, per 100 words   with asked          windows "
		"without a place   ms per 1,000 words\n"
		"genre        docs   words places   bits          [95%%] places   bits   >2    25 "
		"   50   100   200   plain  grammar\n");
	for (size_t i = 0; i < documents_n; i++) {
		struct sums s = {0};
		bool first = i == 0 || strcmp(documents[i - 1].genre, documents[i].genre) != 0;
		for (size_t k = 0; k < i && first; k++)
			first = strcmp(documents[k].genre, documents[i].genre) != 0;
		add(&all, &documents[i]);
		for (size_t k = i; first && k < documents_n; k++)
			if (strcmp(documents[k].genre, documents[i].genre) == 0)
				add(&s, &documents[k]);
		if (first)
			print_row(documents[i].genre, &s, o->seed);
	}
	print_row("all", &all, o->seed);
	(void)printf("\nspots by class: automatic, per 100 words, asked about\n");
	print_classes();
}

/* put writes text without line ends. */
static void put(FILE *to, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		(void)putc(s.ptr[i] == '\n' || s.ptr[i] == '\t' ? ' ' : s.ptr[i], to);
}

/* around gives the bytes of a place's sentence and of its neighbours. */
static void around(const struct document *d, const struct vary_place *p, size_t *from, size_t *to,
		   size_t *first, size_t *last)
{
	const struct vary_text *t = &d->words;
	size_t token = 0, behind, unused;
	while (token + 1 < t->tokens.n && t->tokens.at[token + 1].off <= p->off)
		token++;
	behind = token;
	while (behind + 1 < t->tokens.n && t->tokens.at[behind + 1].off < p->off + p->len)
		behind++;
	vary_text_sentence(t, token, from, &unused);
	vary_text_sentence(t, behind, &unused, to);
	*from = *from < p->off ? *from : p->off;
	*to = *to > p->off + p->len ? *to : p->off + p->len;
	size_t before = token, after = behind;
	while (before > 0 && t->sentence[before] + CONTEXT_SENTENCES >= t->sentence[token] &&
	       t->sentence[before - 1] + CONTEXT_SENTENCES >= t->sentence[token])
		before--;
	while (after + 1 < t->tokens.n &&
	       t->sentence[after + 1] <= t->sentence[behind] + CONTEXT_SENTENCES)
		after++;
	vary_text_sentence(t, before, first, &unused);
	vary_text_sentence(t, after, &unused, last);
	*first = *first < *from ? *first : *from;
	*last = *last > *to ? *last : *to;
}

static void put_version(FILE *to, const struct document *d, const struct vary_place *p,
			struct slice wording, size_t from, size_t end)
{
	size_t behind = p->off + p->len;
	put(to, slice_sub(d->paper.plain, from, p->off - from));
	put(to, SLICE_LIT("[["));
	put(to, wording);
	put(to, SLICE_LIT("]]"));
	put(to, slice_sub(d->paper.plain, behind, end - behind));
	(void)putc('\n', to);
}

static void write_one(FILE *sheet, FILE *key, size_t number, const struct document *d,
		      const struct vary_place *p, uint64_t *seed)
{
	size_t from, to, first, last;
	uint32_t other = 1 + (uint32_t)(instrument_random(seed) % (p->place.wordings_n - 1));
	bool original_first = instrument_random(seed) & 1;
	struct slice w[2] = {p->place.wordings[original_first ? 0 : other],
			     p->place.wordings[original_first ? other : 0]};
	around(d, p, &from, &to, &first, &last);
	(void)fprintf(sheet, "#%zu\n  ", number);
	put(sheet, slice_sub(d->paper.plain, first, from - first));
	(void)fprintf(sheet, " (...)");
	put(sheet, slice_sub(d->paper.plain, to, last - to));
	for (int i = 0; i < 2; i++) {
		(void)fprintf(sheet, "\n%c ", 'A' + i);
		put_version(sheet, d, p, w[i], from, to);
	}
	(void)putc('\n', sheet);
	(void)fprintf(key, "%zu\t%s/%s\t%zu\t%.*s\t%.*s\t%c\t", number, d->genre, d->name, p->off,
		      (int)p->entry->id.len, (const char *)p->entry->id.ptr,
		      (int)p->entry->class.len, (const char *)p->entry->class.ptr,
		      original_first ? 'A' : 'B');
	put(key, p->place.wordings[0]);
	(void)putc('\t', key);
	put(key, p->place.wordings[other]);
	(void)putc('\n', key);
}

static void write_sample(const struct options *o)
{
	struct drawn {
		const struct document *d;
		const struct vary_place *p;
	} *all = NULL;
	size_t n = 0, cap = 0;
	uint64_t seed = o->seed;
	for (size_t i = 0; i < documents_n; i++)
		for (size_t k = 0; k < documents[i].found.places_n; k++) {
			const struct vary_place *p = &documents[i].found.places[k];
			if (vary_is_question(p) != o->ask)
				continue;
			all = need(arena_grow(&arena, all, n, &cap, sizeof *all));
			all[n++] = (struct drawn){&documents[i], p};
		}
	FILE *sheet = fopen(o->sheet, "w"), *key = fopen(o->key, "w");
	if (!sheet || !key)
		fail("the sheet or the key cannot be written", o->sheet);
	(void)fprintf(key,
		      "# number, document, byte, entry, class, which is the original, original, "
		      "other; seed %llu, %zu places in all\n",
		      (unsigned long long)o->seed, n);
	for (size_t i = 0; i < o->sample && n; i++) {
		size_t k = instrument_random(&seed) % n;
		write_one(sheet, key, i + 1, all[k].d, all[k].p, &seed);
		all[k] = all[--n];
	}
	if (fclose(sheet) || fclose(key))
		fail("the sheet or the key cannot be written", o->sheet);
}

/* at_least returns P(X >= k) of X binomial (n, p). */
static double at_least(size_t k, size_t n, double p)
{
	double sum = 0;
	for (size_t i = k; i <= n; i++)
		sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) -
			   lgamma((double)(n - i) + 1) + (double)i * log(p) +
			   (double)(n - i) * log1p(-p));
	return sum;
}

/* limits gives the exact 95% limits of a rate (Clopper and Pearson 1934), by bisection. */
static void limits(size_t k, size_t n, double *low, double *high)
{
	double a = 0, b = 1;
	for (int i = 0; i < 60; i++) {
		double mid = (a + b) / 2;
		*(at_least(k, n, mid) < 0.025 ? &a : &b) = mid;
	}
	*low = k ? a : 0;
	a = 0, b = 1;
	for (int i = 0; i < 60; i++) {
		double mid = (a + b) / 2;
		*(1 - at_least(k + 1, n, mid) > 0.025 ? &a : &b) = mid;
	}
	*high = k < n ? b : 1;
}

/* A line of the key, and what was said of it: 0 nothing, 1 a reader hesitates, 2 wrong. */
struct judged {
	char *line, *class;
	char original;
	int of_other, of_original;
	char *remark;
};

static char *field(char *line, size_t n)
{
	while (n-- && line)
		line = strchr(line, '\t') ? strchr(line, '\t') + 1 : NULL;
	if (!line)
		fail("a line has too few fields", "");
	return line;
}

static char *copy_field(const char *at)
{
	return need(arena_dup(&arena, at, strcspn(at, "\t\n")));
}

static size_t read_key(const char *path, struct judged **out)
{
	struct slice bytes;
	size_t n = 0, cap = 0;
	must(platform_read_file(&arena, path, LIMIT_PAPER_BYTES, &bytes), path);
	for (char *line = (char *)(uintptr_t)bytes.ptr, *end; line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = 0;
		if (line[0] == '#')
			continue;
		*out = need(arena_grow(&arena, *out, n, &cap, sizeof **out));
		(*out)[n] = (struct judged){.line = line,
					    .class = copy_field(field(line, 4)),
					    .original = *field(line, 5)};
		if (strtoul(line, NULL, 10) != ++n)
			fail("the key's numbers do not ascend", path);
	}
	return n;
}

static void read_verdicts(const char *path, struct judged *j, size_t n)
{
	struct slice bytes;
	bool *seen = need(ARENA_ARRAY(&arena, n + 1, bool));
	must(platform_read_file(&arena, path, LIMIT_PAPER_BYTES, &bytes), path);
	for (char *line = (char *)(uintptr_t)bytes.ptr, *end; line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = 0;
		if (line[0] == '#' || !line[0])
			continue;
		size_t number = strtoul(line, NULL, 10);
		if (!number || number > n || seen[number])
			fail("a verdict is about no line of the key, or a second one", line);
		seen[number] = true;
		struct judged *x = &j[number - 1];
		char *mark = field(line, 1);
		for (; *mark && *mark != '\t'; mark++) {
			int how = mark[1] == '!' ? 2 : 1;
			if (*mark == 'A' || *mark == 'B')
				*(*mark == x->original ? &x->of_original : &x->of_other) = how;
			else if (!strchr("=! ", *mark))
				fail("a verdict is none of = A B A! B!", line);
		}
		x->remark = *mark ? mark + 1 : mark;
	}
	for (size_t i = 1; i <= n; i++)
		if (!seen[i])
			fail("a line of the key has no verdict", j[i - 1].line);
}

static void print_rate(const char *what, size_t k, size_t n)
{
	double low, high;
	limits(k, n, &low, &high);
	(void)printf("%-44s %4zu of %4zu  %5.1f%%  [%.1f, %.1f]\n", what, k, n,
		     100 * (double)k / (double)n, 100 * low, 100 * high);
}

static void judge(const char *key, const char *verdicts)
{
	struct judged *j = NULL;
	size_t n = read_key(key, &j), natural = 0, acceptable = 0, originals = 0,
	       original_wrong = 0;
	if (!n)
		fail("the key is empty", key);
	read_verdicts(verdicts, j, n);
	for (size_t i = 0; i < n; i++) {
		natural += !j[i].of_other;
		acceptable += j[i].of_other < 2;
		originals += !j[i].of_original;
		original_wrong += j[i].of_original < 2;
	}
	print_rate("substitutions fully natural", natural, n);
	print_rate("substitutions acceptable", acceptable, n);
	print_rate("for comparison, originals: fully natural", originals, n);
	print_rate("originals: acceptable", original_wrong, n);
	(void)printf("\nclass: read, natural, hesitant, wrong\n");
	for (size_t i = 0; i < n; i++) {
		size_t count[3] = {0};
		bool first = true;
		for (size_t k = 0; k < i && first; k++)
			first = strcmp(j[k].class, j[i].class) != 0;
		for (size_t k = i; first && k < n; k++)
			if (strcmp(j[k].class, j[i].class) == 0)
				count[j[k].of_other]++;
		if (first)
			(void)printf("%-12s %4zu %4zu %4zu %4zu\n", j[i].class,
				     count[0] + count[1] + count[2], count[0], count[1], count[2]);
	}
	(void)printf("\nfaulted substitutions (!: wrong)\n");
	for (size_t i = 0; i < n; i++)
		if (j[i].of_other)
			(void)printf("%s %s\t%s\n", j[i].of_other == 2 ? "!" : " ", j[i].line,
				     j[i].remark);
}

static void prepare(const struct options *o, char **folders, int n)
{
	const struct sr_sink sink = {say, NULL, NULL};
	must(api_pack_read(&arena, o->pack, &sink, &pack), o->pack);
	must(api_pack_grammar(&arena, &pack, &grammar), o->pack);
	for (int i = 0; i < n; i++)
		each(folders[i], add_genre);
	if (!documents_n)
		fail("there are no documents", n ? folders[0] : "");
	for (size_t i = 0; i < documents_n; i++)
		look(&documents[i]);
}

static const char *value(char **argv, int argc, int *i)
{
	if (++*i >= argc)
		fail("an option lacks its value", argv[argc - 1]);
	return argv[*i];
}

int main(int argc, char **argv)
{
	struct options o = {.pack = "data/en", .seed = 20261126};
	int i = 1;
	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		const char *name = argv[i] + 2;
		if (strcmp(name, "judge") == 0 && i + 2 < argc) {
			judge(argv[i + 1], argv[i + 2]);
			arena_release(&arena);
			return 0;
		}
		if (strcmp(name, "ask") == 0)
			o.ask = true;
		else if (strcmp(name, "pack") == 0)
			o.pack = value(argv, argc, &i);
		else if (strcmp(name, "sheet") == 0)
			o.sheet = value(argv, argc, &i);
		else if (strcmp(name, "key") == 0)
			o.key = value(argv, argc, &i);
		else if (strcmp(name, "seed") == 0 &&
			 instrument_number(value(argv, argc, &i), &o.seed))
			continue;
		else if (strcmp(name, "sample") == 0 &&
			 instrument_number(value(argv, argc, &i), &o.sample))
			continue;
		else
			fail("no such option, or no number", name);
	}
	prepare(&o, argv + i, argc - i);
	if (o.sample && o.sheet && o.key)
		write_sample(&o);
	else
		print_table(&o);
	api_grammar_close(grammar);
	arena_release(&arena);
	return 0;
}
