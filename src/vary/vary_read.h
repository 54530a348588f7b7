/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of a pack's lines share: vary_pack.c reads entries, vary_language.c what a
 * language is declared to be, vary_guards.c guards. */
#ifndef VARY_READ_H
#define VARY_READ_H

#include "vary_pack.h"

struct vary_reader {
	struct arena *a;
	struct vary_pack *pack;
	struct sr_sink sink; /* with the file that is being read */
	uint32_t line;
	struct sr_err worst;
	/* What indented lines belong to; at most one is set. */
	struct vary_entry *entry;
	struct vary_guards *form;
	struct vary_agree *agree;
};

/* vary_bad notes what is wrong in the present line, and makes the reader's worst error
 * SR_E_INPUT. What was wrong is told only by that, so that reading goes on. */
void vary_bad(struct vary_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* vary_cut_word takes a word off the front of rest, and the blanks around it; empty: none left. */
struct slice vary_cut_word(struct slice *rest);

/* vary_cut_bar takes what stands before the next " | ". */
struct slice vary_cut_bar(struct slice *rest);

/* vary_words_read makes an array of the words of rest. SR_E_NOMEM. */
SR_MUST struct sr_err vary_words_read(struct arena *a, struct slice rest, const struct slice **out,
				      size_t *n);

/* vary_pattern_read reads a pattern of the present line; what is wrong with it is noted, and *good
 * false then. Errors: SR_E_NOMEM, SR_E_LIMIT. */
SR_MUST struct sr_err vary_pattern_read(struct vary_reader *r, struct slice text, bool names,
					struct vary_pattern *out, bool *good);

/* vary_register_get returns the number of a register, a new one if there is none of that name.
 * SR_E_NOMEM, SR_E_LIMIT. */
SR_MUST struct sr_err vary_register_get(struct vary_reader *r, struct slice name, uint32_t *out);

/* vary_guard_read reads an indented line, its keyword already cut off, into guards; *known is
 * false, and nothing done, if it is none. SR_E_NOMEM, SR_E_LIMIT. */
SR_MUST struct sr_err vary_guard_read(struct vary_reader *r, struct slice key, struct slice rest,
				      struct vary_guards *guards, bool *known);

/* vary_language_read reads a line of the language's declaration that begins with key. */
SR_MUST struct sr_err vary_language_read(struct vary_reader *r, struct slice key,
					 struct slice rest);

/* vary_agree_read reads an indented line that belongs to an agree. */
SR_MUST struct sr_err vary_agree_read(struct vary_reader *r, struct slice key, struct slice rest);

/* vary_pos_find returns the number of a part of speech plus 1, or 0. */
uint32_t vary_pos_find(const struct vary_pack *p, struct slice name);

#endif
