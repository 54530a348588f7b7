/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a wording that somebody else proposes may stand in a sentence: what must not change is
 * not in it, nor in what it replaces. */
#ifndef VARY_PROPOSE_JUDGE_H
#define VARY_PROPOSE_JUDGE_H

#include "vary_propose.h"

/* The classes of words of a pack that proposals are judged by. */
enum vary_kept {
	VARY_KEPT_NUMBER,
	VARY_KEPT_DATE,
	VARY_KEPT_NEGATION,
	VARY_KEPT_FORCE,
	VARY_OPENING
};

enum { VARY_KEPT_CLASSES = VARY_OPENING + 1 };

/* small: the words, folded, that the paper has without a capital letter; names: those that it has
 * with one inside a sentence, and never without; signs: its characters beyond ASCII, their bytes as
 * a number. All in order. */
struct vary_propose_judge {
	const struct vary_pack *pack;
	uint32_t class[VARY_KEPT_CLASSES];
	struct slice *small, *names;
	size_t small_n, names_n;
	uint32_t *signs;
	size_t signs_n;
};

/* vary_propose_judge_make gets ready to judge what is proposed for the paper t; it lives in a and
 * borrows from pack and t. SR_E_INPUT: the pack lacks one of the classes; SR_E_NOMEM. */
SR_MUST struct sr_err vary_propose_judge_make(struct arena *a, const struct vary_pack *pack,
					      const struct vary_text *t,
					      struct vary_propose_judge *out);

/* A wording in its sentence, which has one blank between words: sentence[from, to) is the original
 * one. */
struct vary_spot {
	struct slice sentence;
	size_t from, to;
};

/* vary_propose_signs tells whether s has nothing but words and ordinary punctuation: no braces,
 * markup or control characters, and beyond ASCII only characters that the paper has as well. */
bool vary_propose_signs(const struct vary_propose_judge *j, struct slice s);

/* vary_propose_trim makes n wordings, the first of which stands at *spot, smaller by the words that
 * all of them have in common at their ends, until each has no more than it needs: whole words, one
 * at least. False if that cannot be. */
bool vary_propose_trim(struct vary_spot *spot, struct slice *wordings, size_t n);

/* vary_propose_render returns the sentence with another wording at the spot; it lives in a, and its
 * ptr is NULL without memory. */
struct slice vary_propose_render(struct arena *a, const struct vary_spot *spot,
				 struct slice wording);

/* vary_propose_judge_wording tells in *why whether wording may stand for what is at the spot, both
 * trimmed: VARY_REFUSALS if nothing speaks against it. a is for scratch. SR_E_NOMEM. */
SR_MUST struct sr_err vary_propose_judge_wording(const struct vary_propose_judge *j,
						 struct arena *a, const struct vary_spot *spot,
						 struct slice wording, enum vary_refusal *why);

#endif
