/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the instrument that measures places (places.c). They end the program where something
 * is wrong, and share one arena that is never released before the end. */
#ifndef PLACES_H
#define PLACES_H

#include "api_grammar.h"
#include "vary.h"

#include <stdio.h>

enum { PLACES_WINDOWS = 4, PLACES_OF_MAX = 64 };

/* A document, and what was found in it. What changes together counts once. */
struct places_document {
	char *genre, *name, *path;
	struct slice text;
	struct text_paper paper;
	struct vary_text words;
	struct vary_found found;
	size_t places_n, asked_n, more_n; /* automatic, asked about, with more than two wordings */
	double bits, asked_bits;
	size_t windows[PLACES_WINDOWS], empty[PLACES_WINDOWS];
	size_t paragraphs_n, bare_n; /* those of some length; without a place */
	double with_ms, without_ms;  /* with and without the grammar reader */
};

struct places_options {
	const char *pack, *sheet, *key;
	uint64_t seed, sample, most;
	bool ask, entries, tsv;
	const char *of[PLACES_OF_MAX]; /* ids of entries or names of pack files */
	size_t of_n;
};

struct places_run {
	struct vary_pack pack;
	struct api_grammar *grammar;
	struct places_document *documents;
	size_t documents_n, documents_cap;
};

extern struct arena places_arena;

_Noreturn void places_fail(const char *what, const char *which);
void places_must(struct sr_err e, const char *which);
void *places_need(void *p);

/* places_put writes text in one line: breaks and tabs become blanks. */
void places_put(FILE *to, struct slice s);

/* places_count fills in what the table tells of a document; places_table prints it. */
void places_count(struct places_document *d);
void places_table(const struct places_run *r, const struct places_options *o);

/* places_sample draws places and writes sheet and key. */
void places_sample(const struct places_run *r, const struct places_options *o);

/* places_judge prints what came of a reading. */
void places_judge(const char *key, const char *verdicts);

/* places_entries prints a concordance. */
void places_entries(const struct places_run *r, const struct places_options *o);

#endif
