/* SPDX-License-Identifier: Apache-2.0 */
/* The internal report: verdicts and what they rest on as one page for people, to be read on a
 * screen, on paper or aloud. It is HTML that is well-formed XML as well, without scripts and
 * without anything from elsewhere. It quotes the leak and tells how copies differ: it never leaves
 * the house. Its form is no interface. */
#ifndef TRACE_REPORT_H
#define TRACE_REPORT_H

#include "trace_pages.h"

/* How much a page shows; what is left out is counted there. */
enum {
	REPORT_LEAK_BYTES = 512 * 1024, /* of leaked text, over all papers and parts */
	REPORT_CONTEXT_WORDS = 25,      /* before and behind a passage */
	REPORT_READERS = 10,            /* rows of readers, besides those that are named */
	REPORT_NAMED = 50,              /* readers named */
	REPORT_LISTED = 500,            /* readers in a list: consistent, excluded */
	REPORT_HOUSES = 100,            /* rows of houses */
	REPORT_PLACES = 400,            /* rows of places */
	REPORT_WORDINGS = 5,            /* other wordings of a place */
	REPORT_FILES = 50,              /* names of files of one kind */
	REPORT_PAPERS = 20,             /* papers, each a section */
	REPORT_PICTURES = 12,           /* pictures of pages, of a paper */
};

/* What the page is made of: the verdicts, of which the first is the answer (verdicts_n > 0), the
 * texts of the leak that their evidence was found in, and the names of everything that was given.
 * texts[i] is the text that tokens[i] was made from, pages[i] are the pages of the same file. */
struct trace_report {
	const struct trace_verdict *verdicts;
	size_t verdicts_n;
	const struct text_tokens *tokens;
	const struct slice *texts, *leak_names;
	const struct trace_pages *pages;
	size_t leaks_n;
	const struct slice *public_names;
	size_t publics_n;
	const struct slice *ledger_names;
	size_t ledgers_n;
	int64_t leaked_by; /* as in struct trace_question */
};

/* trace_report_write appends the page. The same inputs give the same bytes. SR_E_NOMEM. */
SR_MUST struct sr_err trace_report_write(const struct trace_report *r, struct build *out);

#endif
