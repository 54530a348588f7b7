/* SPDX-License-Identifier: Apache-2.0 */
/* What subrosa and the process that reads sentences, subrosa-grammar, say to each other. The one
 * idea: the library that parses is large and may loop or crash, so it lives in a process that can
 * be killed, and nothing it says is believed unchecked.
 *
 * `subrosa-grammar LANGUAGE` (the code of a dictionary of link-grammar: en, ru) reads requests from
 * standard input and writes answers to standard output, each answer before the next request is
 * read, until its input ends. All integers are little-endian.
 *   greeting  u32 0x31677273, once the dictionary is read and the process confined
 *   request   u32 length, 1 to LIMIT_GRAMMAR_BYTES, and so many bytes: a sentence
 *   answer    u32 state (enum vary_parse_state, not 0), u32 words, u32 links,
 *             for each word: u32 offset, u32 length, 12 bytes of tag;
 *             for each link: u16 left, u16 right, 12 bytes of label.
 * Offsets count bytes of the sentence as it was sent, never descend and never split a character;
 * tags and labels are printable ASCII, filled up with NUL, of which there is one at least. Unless
 * the state is VARY_PARSE_WHOLE there are no words and no links. */
#ifndef GRAMMAR_PROTOCOL_H
#define GRAMMAR_PROTOCOL_H

#include "base_limits.h"
#include "build.h"
#include "vary_grammar.h"

enum {
	GRAMMAR_MAGIC = 0x31677273,
	GRAMMAR_GREETING_LEN = 4,
	GRAMMAR_HEAD_LEN = 12,
	GRAMMAR_WORD_LEN = 20,
	GRAMMAR_LINK_LEN = 16,
	GRAMMAR_ANSWER_MAX = GRAMMAR_HEAD_LEN + LIMIT_GRAMMAR_TOKENS * GRAMMAR_WORD_LEN +
			     LIMIT_GRAMMAR_LINKS * GRAMMAR_LINK_LEN,
};

/* Exit statuses of subrosa-grammar, beside 0 at the end of its input. */
enum {
	GRAMMAR_EXIT_BROKEN = 1,     /* a request that is none, or an end in mid-sentence */
	GRAMMAR_EXIT_DICTIONARY = 2, /* there is no dictionary of that language */
	GRAMMAR_EXIT_UNCONFINED = 3, /* the system cannot confine it */
};

/* grammar_language_is tells whether lang may be the code of a dictionary: two to eight small
 * letters, so that it is never a path. */
bool grammar_language_is(const char *lang);

/* grammar_write appends the answer p. */
void grammar_write(const struct vary_parse *p, struct build *out);

/* grammar_answer_len reads the GRAMMAR_HEAD_LEN bytes of head: how long the whole answer is, or 0
 * if there is no such answer. */
size_t grammar_answer_len(struct slice head);

/* grammar_read reads a whole answer to the question sentence; its words and links live in a.
 * SR_E_INPUT if anything about it cannot be, SR_E_NOMEM. */
SR_MUST struct sr_err grammar_read(struct arena *a, struct slice answer, struct slice sentence,
				   struct vary_parse *out);

#endif
