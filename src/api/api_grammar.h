/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar reader as seen from subrosa: processes of their own (grammar_protocol.h), one a core,
 * that are replaced when they take too long, die or lie. */
#ifndef API_GRAMMAR_H
#define API_GRAMMAR_H

#include "vary_grammar.h"

struct api_grammar;

/* api_grammar_open starts the reader of a language (en, ru). If it cannot be used, the handle tells
 * why and reads nothing. The program is $SUBROSA_GRAMMAR if that is set, else the installed one or
 * that of the build, both found from the place of the running program. Errors: SR_E_NOMEM. */
SR_MUST struct sr_err api_grammar_open(const char *lang, struct api_grammar **out);

/* api_grammar_why returns why it cannot be used, NULL if it can; it lives as long as g. */
const char *api_grammar_why(const struct api_grammar *g);

/* api_grammar_reader returns what vary/ asks; it borrows from g. A sentence beyond
 * LIMIT_GRAMMAR_BYTES or LIMIT_GRAMMAR_WORDS is given up unread, one that takes longer than
 * LIMIT_GRAMMAR_MS with the process that reads it. Where a process dies or answers what cannot be,
 * its sentence is VARY_PARSE_NONE; after LIMIT_GRAMMAR_KILLS lost processes all the rest is. Not
 * for two threads at once; the thread that opened g must live as long as g, or its processes end.
 */
const struct vary_grammar *api_grammar_reader(const struct api_grammar *g);

/* api_grammar_lost returns how many processes were lost so far. */
size_t api_grammar_lost(const struct api_grammar *g);

/* api_grammar_close ends the processes and frees g; NULL is fine. */
void api_grammar_close(struct api_grammar *g);

#endif
