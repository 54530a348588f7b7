/* SPDX-License-Identifier: Apache-2.0 */
/* A language model as a proposer of places, never as a judge. This makes the requests for a paper
 * and reads the answers; it sends nothing itself.
 *
 * An answer is hostile: whoever wrote it, the model, its server or a sentence of the paper, wants
 * to change what the paper says. So nothing of it is believed. A wording is dropped unless it
 * stands for words that are in the sentence once, and neither they nor it have anything of what
 * must not change: a name, a number, a date, a quotation, a fixed term, other words of negation or
 * force. What is left goes to the author as a question. */
#ifndef VARY_PROPOSE_H
#define VARY_PROPOSE_H

#include "vary.h"

enum {
	VARY_PROPOSE_SENTENCES = 8,             /* in one request */
	VARY_PROPOSE_SENTENCE_BYTES = 2000,     /* a longer sentence is not sent */
	VARY_PROPOSE_WORDS = 4,                 /* nor is one with fewer words */
	VARY_PROPOSE_ANSWER_BYTES = 256 * 1024, /* one answer */
	VARY_PROPOSE_DEPTH = 4,                 /* arrays and objects in each other in an answer */
	VARY_PROPOSE_ITEMS = 400,               /* proposals in an answer */
	VARY_PROPOSE_WORDINGS = 8,              /* a place's, with the original one */
	VARY_PROPOSE_RATIO = 3,                 /* how many times as long a wording may be ... */
	VARY_PROPOSE_SLACK = 12,                /* ... and so many bytes beside that */
};

/* Why a wording was dropped. */
enum vary_refusal {
	VARY_REFUSED_FORM,      /* the proposal is not what was asked for */
	VARY_REFUSED_SENTENCE,  /* its request had no sentence of that number */
	VARY_REFUSED_ORIGINAL,  /* the original is not in the sentence exactly once, as whole words
				 */
	VARY_REFUSED_SAME,      /* it does not differ from another wording after folding */
	VARY_REFUSED_SIGNS,     /* braces, control characters, line ends, markup */
	VARY_REFUSED_LENGTH,    /* much longer or shorter than the original */
	VARY_REFUSED_STOP,      /* it is not one sentence any more */
	VARY_REFUSED_QUOTATION, /* a quotation, an address, or what else text_protect protects */
	VARY_REFUSED_NAME,
	VARY_REFUSED_NUMBER,
	VARY_REFUSED_DATE,
	VARY_REFUSED_NEGATION, /* other words of negation than the original has */
	VARY_REFUSED_FORCE,    /* other words of obligation and possibility */
	VARY_REFUSED_FIXED,    /* a fixed term */
	VARY_REFUSED_GRAMMAR,  /* the grammar reader objects */
	VARY_REFUSED_AUTHOR,   /* it touches a place or a question of the author */
	VARY_REFUSED_FOUND,    /* it touches an automatic place */
	VARY_REFUSED_OVERLAP,  /* it touches an earlier proposal */
	VARY_REFUSED_MANY,     /* there are enough */
	VARY_REFUSED_DOCUMENT, /* the document's form cannot hold it */
	VARY_REFUSALS
};

/* vary_refusal_name gives a reason's name in JSON, vary_refusal_words what a person is told. */
const char *vary_refusal_name(enum vary_refusal why);
const char *vary_refusal_words(enum vary_refusal why);

/* found: the automatic places, ascending; they win. grammar may be NULL. */
struct vary_propose_request {
	const struct vary_pack *pack;
	const struct text_paper *paper;
	const struct vary_place *found;
	size_t found_n;
	const struct vary_grammar *grammar;
};

/* Invariant: proposed_n is the sum of dropped and of the wordings, without the originals, of
 * places. Places ascend, and between two of any kind stands a word. */
struct vary_proposed {
	struct vary_place *places;
	size_t places_n, places_cap;
	size_t proposed_n;
	size_t dropped[VARY_REFUSALS];
};

struct vary_proposer;

/* vary_propose_open chooses the sentences of a paper that can be sent: those in which nothing is
 * protected. It lives in a and borrows from q. SR_E_INPUT: the pack lacks one of the classes that
 * this rests on (doc/packs.md, "Proposals"); SR_E_NOMEM. */
SR_MUST struct sr_err vary_propose_open(struct arena *a, const struct vary_propose_request *q,
					struct vary_proposer **out);

size_t vary_propose_sentences(const struct vary_proposer *p);
size_t vary_propose_requests(const struct vary_proposer *p);

/* vary_propose_write appends request number i, the JSON of an OpenAI-compatible chat completion.
 * SR_E_NOMEM. */
SR_MUST struct sr_err vary_propose_write(const struct vary_proposer *p, size_t i, const char *model,
					 struct build *out);

/* vary_propose_read reads the model's answer to request i, perhaps within one ```json fence. An
 * item with a key too many, one missing or a value of another kind is dropped; an answer that is no
 * array of items is refused whole: SR_E_INPUT, SR_E_LIMIT, and nothing is counted. SR_E_NOMEM. */
SR_MUST struct sr_err vary_propose_read(struct vary_proposer *p, size_t i, struct slice answer);

/* vary_propose_result gives what all answers so far came to; it is the proposer's. */
struct vary_proposed *vary_propose_result(struct vary_proposer *p);

#endif
