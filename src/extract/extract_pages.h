/* SPDX-License-Identifier: Apache-2.0 */
/* What subrosa and the program that reads pictures and PDFs, subrosa-picture, say to each other.
 * The one idea: it is linked with large libraries that decode hostile bytes, so nothing it says is
 * believed unchecked.
 *
 * `subrosa-picture KIND LANGUAGES` (picture or pdf; names of Tesseract's data, joined by +) gets
 * the file as its standard input, a sealed file in memory (memfd_create(2)), and writes its answer
 * to standard output. All integers are little-endian.
 *   greeting  u32 0x31637073, once what is needed is loaded and the process is confined
 *   progress  u32 pages done, from 1, u32 pages in all; after each page of several
 *   end       u32 0, u32 outcome (enum extract_outcome), u64 length, and so many bytes: the pages,
 *             if the outcome is EXTRACT_OK, else none
 * and exits with 0. The pages are
 *   u32 number of pages, u32 length of the text, the text;
 *   for each page: u32 of, u32 w, u32 h, u32 words, u32 1 if it has a picture, else 0,
 *     for each word: f32 x, y, w, h, u32 line, u32 off, u16 length, u8 confidence,
 *     w * h bytes of picture, if it has one.
 * The text of a word is that of the file at off. */
#ifndef EXTRACT_PAGES_H
#define EXTRACT_PAGES_H

#include "arena.h"
#include "build.h"
#include "extract_outcome.h"
#include "extract_page.h"

enum {
	PAGES_MAGIC = 0x31637073,
	PAGES_END_LEN = 16,
	/* Of all pages' pictures together. */
	EXTRACT_GRAY_BYTES_MAX = 256 * 1024 * 1024,
	EXTRACT_PAGES_TEXT_MAX = 64 * 1024 * 1024,
};

/* The largest answer: words are in the text, too. */
#define PAGES_BYTES_MAX ((uint64_t)EXTRACT_GRAY_BYTES_MAX + 16 * (uint64_t)EXTRACT_PAGES_TEXT_MAX)

/* Exit statuses of subrosa-picture, beside 0 and EXTRACT_EXIT_MEMORY: */
enum {
	PAGES_EXIT_BROKEN = 1,     /* called in another way than above */
	PAGES_EXIT_LANGUAGE = 2,   /* there is no data for one of the languages */
	PAGES_EXIT_UNCONFINED = 4, /* the system cannot confine it */
};

/* pages_language_is tells whether s may be given as LANGUAGES: names of letters, digits and _, each
 * of them beginning with a letter, so that none is a path or an option. */
bool pages_language_is(const char *s);

/* pages_write appends pages (not the greeting or the end). */
void pages_write(const struct extract_pages *p, struct build *out);

/* pages_read reads pages; all of out borrows from bytes or lives in a. SR_E_INPUT if anything about
 * them cannot be, as extract_page.h has it; SR_E_NOMEM. */
SR_MUST struct sr_err pages_read(struct arena *a, struct slice bytes, struct extract_pages *out);

#endif
