/* SPDX-License-Identifier: Apache-2.0 */
/* Whose copy is a file? What is known of each file, and how it is told. */
#ifndef API_WHICH_H
#define API_WHICH_H

#include "api.h"
#include "crypto.h"
#include "trace.h"

enum which_decision {
	WHICH_EXACT,    /* byte for byte one reader's copy */
	WHICH_WORDED,   /* by its wordings a whole copy of one reader */
	WHICH_TWINS,    /* the copies of several readers are the same: nobody is named */
	WHICH_UNSURE,   /* as WHICH_WORDED, but that could be chance */
	WHICH_NOBODY,   /* a whole text of the paper, with nobody's wordings throughout */
	WHICH_PART,     /* some of a paper: a question for trace */
	WHICH_NOT_OURS, /* nothing of any paper */
};

/* A reader whose copy it may be. */
struct which_hit {
	const char *ledger;
	struct slice paper; /* its title */
	struct trace_reader reader;
};

struct which_hits {
	struct which_hit *at;
	size_t n, cap;
};

/* A file. paper, read_n, places_n and whole are of the paper that most of its words come from. */
struct which_copy {
	const char *path;
	uint8_t digest[CRYPTO_HASH_LEN];
	struct text_tokens words;
	struct sr_err unreadable; /* why there are no words */
	struct which_hits exact, worded;
	double p_alone, p_value; /* of the reader in worded, if there is one only */
	uint64_t tested_n;       /* readers that p_value answers for */
	struct slice paper;
	size_t matched_words, read_n, places_n;
	bool whole;
	bool weak; /* exact, but the paper has too few places to tell copies from other texts */
	enum which_decision decision;
};

/* which_is_told tells whether the file is known to be one reader's copy. */
bool which_is_told(const struct which_copy *c);

/* which_words appends the answers in plain words, which_json as doc/FORMAT.md has it. SR_E_NOMEM.
 */
SR_MUST struct sr_err which_words(const struct which_copy *copies, size_t n, struct build *out);
SR_MUST struct sr_err which_json(const struct which_copy *copies, size_t n, struct build *out);

#endif
