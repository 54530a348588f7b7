/* SPDX-License-Identifier: Apache-2.0 */
/* How many places a language pack finds in real text, and whether they read naturally.
 *
 * Usage: places [--pack DIR] [--seed S] FOLDER...
 *        places --entries [--most K] [--of NAME]... [--tsv] [--pack DIR] FOLDER...
 *        places --sample N --sheet FILE --key FILE [--ask] [--pack DIR] [--seed S] FOLDER...
 *        places --judge KEY VERDICTS
 *
 * The documents are FOLDER/GENRE/NAME.txt, as eval/corpora.mjs writes them; DIR is data/en if it is
 * not given. Without a mode a table is printed: for each genre the places and bits per 100 words,
 * automatic and with those that the author is asked about, how many windows and paragraphs have no
 * place, and the time. Intervals are 95% ones, by resampling documents.
 *
 * --entries is for who writes packs: each spot found, with ten words on either side, by entry. --of
 * names entries by their ids, or files of the pack; those that found nothing are listed. At most K
 * spots an entry are shown, spread over all of them. --tsv: entry, class, auto or ask, spots found,
 * document, byte, words before, original, other wordings (|), words behind.
 *
 * --sample draws N of all automatic places (--ask: of those to ask about), each as likely as any
 * other, and writes what somebody is to read who does not see the key: the sentence with either of
 * two wordings, A and B, in an order that tells nothing. The key: number, document, byte, entry,
 * class, which is the original, original, other, BLAKE2b-256 of the document.
 *
 * --judge prints what came of it. A line of VERDICTS is a number, a tab, and = (both natural, and
 * the same said), A or B (acceptable, but a reader hesitates there), or A! or B! (wrong there);
 * several marks are separated by blanks; a tab and a remark may follow. What is said of originals
 * tells how strict the reader is. Intervals are 95% ones, exact.
 *
 * Exit status: 0; 2: it could not run. */
#include "places.h"

#include "api_pack.h"
#include "base_limits.h"
#include "instrument.h"
#include "platform.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct arena places_arena;
static struct places_run run;

_Noreturn void places_fail(const char *what, const char *which)
{
	(void)fprintf(stderr, "places: %s%s%s\n", what, *which ? ": " : "", which);
	exit(2);
}

void places_must(struct sr_err e, const char *which)
{
	if (e.code != SR_OK)
		places_fail(e.what, which);
}

void *places_need(void *p)
{
	if (!p)
		places_fail("out of memory", "");
	return p;
}

void places_put(FILE *to, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		(void)putc(s.ptr[i] == '\n' || s.ptr[i] == '\t' ? ' ' : s.ptr[i], to);
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
		places_fail("a path is too long", name);
	return places_need(arena_dup(&places_arena, path, (size_t)n));
}

/* each calls what for every visible name in a folder, in the order of names. */
static void each(const char *folder, void (*what)(const char *folder, const char *name))
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);
	if (n < 0)
		places_fail("this folder cannot be read", folder);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			what(folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

static void add_document(const char *folder, const char *name)
{
	struct arena *a = &places_arena;
	run.documents = places_need(arena_grow(a, run.documents, run.documents_n,
					       &run.documents_cap, sizeof *run.documents));
	struct places_document *d = &run.documents[run.documents_n++];
	const char *slash = strrchr(folder, '/');
	*d = (struct places_document){.path = joined(folder, name)};
	d->genre = places_need(arena_dup(a, slash + 1, strlen(slash + 1)));
	d->name = places_need(arena_dup(a, name, strlen(name)));
	places_must(platform_read_file(a, d->path, LIMIT_PAPER_BYTES, &d->text), d->path);
	places_must(text_paper_parse(a, d->text, NULL, &d->paper), d->path);
}

static void add_genre(const char *folder, const char *name)
{
	each(joined(folder, name), add_document);
}

/* find looks for places once, with or without the grammar reader, and returns the milliseconds. */
static double find(const struct places_document *d, bool with, struct vary_found *out)
{
	double start = now_ms();
	const struct vary_request q = {.pack = &run.pack,
				       .paper = &d->paper,
				       .grammar = with ? api_grammar_reader(run.grammar) : NULL,
				       .ask = true};
	places_must(vary_find(&places_arena, &q, out), d->path);
	return now_ms() - start;
}

static void prepare(const struct places_options *o, char **folders, int n)
{
	const struct sr_sink sink = {say, NULL, NULL};
	bool table = !o->entries && !o->sample;
	places_must(api_pack_read(&places_arena, o->pack, &sink, &run.pack), o->pack);
	places_must(api_pack_grammar(&places_arena, &run.pack, &run.grammar), o->pack);
	for (int i = 0; i < n; i++)
		each(folders[i], add_genre);
	if (!run.documents_n)
		places_fail("there are no documents", n ? folders[0] : "");
	for (size_t i = 0; i < run.documents_n; i++) {
		struct places_document *d = &run.documents[i];
		struct vary_found without;
		places_must(
			vary_text_make(&places_arena, d->paper.plain, &run.pack.text, &d->words),
			d->path);
		if (table)
			d->without_ms = find(d, false, &without);
		d->with_ms = find(d, true, &d->found);
		if (table)
			places_count(d);
	}
}

static const char *value(char **argv, int argc, int *i)
{
	if (++*i >= argc)
		places_fail("an option lacks its value", argv[argc - 1]);
	return argv[*i];
}

static uint64_t number(char **argv, int argc, int *i)
{
	uint64_t n;
	if (!instrument_number(value(argv, argc, i), &n))
		places_fail("this is no number", argv[*i]);
	return n;
}

/* read_option reads the option at argv[*i] and its value; false: there is no such option. */
static bool read_option(char **argv, int argc, int *i, struct places_options *o)
{
	const char *name = argv[*i] + 2;
	if (strcmp(name, "ask") == 0)
		o->ask = true;
	else if (strcmp(name, "entries") == 0)
		o->entries = true;
	else if (strcmp(name, "tsv") == 0)
		o->tsv = true;
	else if (strcmp(name, "pack") == 0)
		o->pack = value(argv, argc, i);
	else if (strcmp(name, "sheet") == 0)
		o->sheet = value(argv, argc, i);
	else if (strcmp(name, "key") == 0)
		o->key = value(argv, argc, i);
	else if (strcmp(name, "of") == 0 && o->of_n < PLACES_OF_MAX)
		o->of[o->of_n++] = value(argv, argc, i);
	else if (strcmp(name, "seed") == 0)
		o->seed = number(argv, argc, i);
	else if (strcmp(name, "most") == 0)
		o->most = number(argv, argc, i);
	else if (strcmp(name, "sample") == 0)
		o->sample = number(argv, argc, i);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct places_options o = {.pack = "data/en", .seed = 20261126, .most = UINT64_MAX};
	int i = 1;
	if (argc == 4 && strcmp(argv[1], "--judge") == 0) {
		places_judge(argv[2], argv[3]);
		arena_release(&places_arena);
		return 0;
	}
	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++)
		if (!read_option(argv, argc, &i, &o))
			places_fail("no such option", argv[i]);
	if (o.sample && (!o.sheet || !o.key || o.entries))
		places_fail("a sample needs --sheet and --key", "");
	prepare(&o, argv + i, argc - i);
	if (o.sample)
		places_sample(&run, &o);
	else if (o.entries)
		places_entries(&run, &o);
	else
		places_table(&run, &o);
	api_grammar_close(run.grammar);
	arena_release(&places_arena);
	return 0;
}
