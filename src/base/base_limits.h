/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit of subrosa, by name. Larger input is refused with an error, never cut. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <assert.h>

enum {
	LIMIT_PAPER_BYTES = 16 * 1024 * 1024,   /* a paper's source */
	LIMIT_READERS_BYTES = 64 * 1024 * 1024, /* a readers' file */
	LIMIT_LEAK_BYTES = 256 * 1024 * 1024,   /* a leak file, and the text found in it */
	LIMIT_VERDICT_BYTES = 256 * 1024 * 1024, /* an external verdict */
	LIMIT_PACK_BYTES = 16 * 1024 * 1024,    /* a language pack file */
	LIMIT_PLACES = 100 * 1000,              /* places in a paper */
	LIMIT_WORDINGS = 256,                   /* wordings at a place */
	LIMIT_WORDING_BYTES = 4096,             /* one wording */
	LIMIT_READERS = 2 * 1000 * 1000,        /* readers in a ledger */
	LIMIT_ID_BYTES = 200,                   /* a reader's id: with an extension, a file name */
	LIMIT_FIELD_BYTES = 1024,               /* a reader's name, house or side */
	LIMIT_MAIL_DEPTH = 40,                  /* mails and multiparts within each other */
	LIMIT_MAIL_PARTS = 100 * 1000,          /* messages and parts in a mail file */
	LIMIT_XML_DEPTH = 512,                  /* elements within each other in an office document */
	LIMIT_EXTRACT_S = 60,                   /* seconds for a text; processor time of a page */
	LIMIT_EXTRACT_PAGES_S = 600,            /* by the clock, for all pages of a file */
	LIMIT_THREADS = 16,                     /* threads that share one piece of work */
};

/* Of the grammar reader. */
enum {
	LIMIT_GRAMMAR_BYTES = 2048,           /* a sentence; a longer one is given up unread */
	LIMIT_GRAMMAR_WORDS = 80,             /* its words, between spaces; likewise */
	LIMIT_GRAMMAR_TOKENS = 256,           /* words and walls in an answer */
	LIMIT_GRAMMAR_LINKS = 1024,           /* links in an answer */
	LIMIT_GRAMMAR_MS = 1500,              /* wall clock for one sentence */
	LIMIT_GRAMMAR_START_MS = 15 * 1000,   /* ... until the dictionary is read */
	LIMIT_GRAMMAR_KILLS = 20,             /* processes lost before it is done without */
	LIMIT_GRAMMAR_WORKERS = 2,            /* processes at a time */
	LIMIT_GRAMMAR_CPU_S = 3600,           /* processor time of one process */
	LIMIT_GRAMMAR_MEMORY_BYTES = 1 << 30, /* its memory beside the dictionary */
};

/* Of office documents, which are ZIP archives. */
enum {
	LIMIT_ZIP_PARTS = 10 * 1000,               /* files in an archive */
	LIMIT_ZIP_PART_BYTES = 64 * 1024 * 1024,   /* one of them, unpacked */
	LIMIT_ZIP_TOTAL_BYTES = 512 * 1024 * 1024, /* all of them, unpacked */
	LIMIT_ZIP_RATIO = 250,                     /* unpacked to packed, of a part ... */
	LIMIT_ZIP_RATIO_FROM = 1024 * 1024,        /* ... of which so much was unpacked */
	LIMIT_OFFICE_BYTES = 64 * 1024 * 1024,     /* a paper that is an office document */
	LIMIT_OFFICE_XML_BYTES = 32 * 1024 * 1024, /* a part of it that is XML */
};

static_assert(LIMIT_ID_BYTES < 255, "an id and an extension must fit a file name");
static_assert(LIMIT_EXTRACT_S < LIMIT_EXTRACT_PAGES_S, "a file has time for more than a page");
static_assert(LIMIT_PAPER_BYTES < LIMIT_LEAK_BYTES, "a copy must be readable as a leak");

#endif
