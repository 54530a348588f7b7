/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences read by link-grammar: the only part that sees its headers. */
#ifndef GRAMMAR_PARSE_H
#define GRAMMAR_PARSE_H

#include "vary_grammar.h"

struct grammar_parser;

/* grammar_parser_open reads the dictionary of lang and everything else the parser opens later. NULL
 * if there is no such dictionary. It is never closed: the process ends with it. */
struct grammar_parser *grammar_parser_open(const char *lang);

/* grammar_parse reads one sentence of at most LIMIT_GRAMMAR_BYTES: the first linkage without
 * violations and unused words. *out lives in a. However long that takes. SR_E_NOMEM. */
SR_MUST struct sr_err grammar_parse(struct grammar_parser *p, struct arena *a,
				    struct slice sentence, struct vary_parse *out);

#endif
