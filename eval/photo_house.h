/* SPDX-License-Identifier: Apache-2.0 */
/* What the instruments of eval/photo run: papers cut from the corpus, their marked copies, and the
 * program, each time a process of its own, as a user runs it. */
#ifndef PHOTO_HOUSE_H
#define PHOTO_HOUSE_H

#include "photo_run.h"

#include <stddef.h>
#include <stdint.h>

enum { PHOTO_PATH_LEN = 512, PHOTO_READERS = 1000, PHOTO_NAMED_MAX = 16 };

/* photo_in_folder gives the path of a file with an ending in a folder. */
void photo_in_folder(const char *folder, const char *name, const char *ending,
		     char out[PHOTO_PATH_LEN]);

/* The program, the folder where all is made, and the readers' file in it. */
struct photo_house {
	const char *program;
	char folder[PHOTO_PATH_LEN], readers[PHOTO_PATH_LEN];
	size_t readers_n;
};

/* photo_house_open makes a folder and the readers' file; photo_house_close removes the folder. */
void photo_house_open(const char *program, size_t readers_n, struct photo_house *out);
void photo_house_close(struct photo_house *h);

/* A paper as it is issued: its source, the same text without places, its copies and its ledger. */
struct photo_paper {
	const char *from;
	char source[PHOTO_PATH_LEN], plain[PHOTO_PATH_LEN];
	char copies[PHOTO_PATH_LEN], ledger[PHOTO_PATH_LEN];
	size_t words, places;
};

/* photo_paper_make cuts about so many words from a paper of the corpus, at the end of a paragraph,
 * and keeps every so-manieth of its places. name tells papers of a house apart. */
void photo_paper_make(const struct photo_house *h, const char *name, const char *from, size_t words,
		      size_t every, struct photo_paper *out);

/* photo_paper_mark marks it for all readers; design: NULL, or the size as text. */
void photo_paper_mark(const struct photo_house *h, const struct photo_paper *p, const char *design,
		      struct photo_cost *c);

/* photo_copy gives the path of a reader's copy. */
void photo_copy(const struct photo_paper *p, size_t reader, char path[PHOTO_PATH_LEN]);

/* Whom a trace names. status: of the process, 2 or less than 0 if it failed. layout: words whose
 * position was seen. p: of the asked reader, 1 if he is not ranked. */
struct photo_verdict {
	int status;
	size_t layout, named_n;
	unsigned named[PHOTO_NAMED_MAX];
	double p;
	struct photo_cost cost;
};

/* photo_trace traces one leak, in one or more files (up to a NULL), with the paper's ledger. */
void photo_trace(const struct photo_house *h, const struct photo_paper *p, const char *const *leak,
		 size_t reader, struct photo_verdict *out);

#endif
