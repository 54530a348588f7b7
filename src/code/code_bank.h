/* SPDX-License-Identifier: Apache-2.0 */
/* Several scores over the same seen places, added up together: the weights that one symbol has in
 * all of them lie side by side, so that a reader's symbols are walked once and a place costs one
 * vector addition. The integers are those of code_score_of. */
#ifndef CODE_BANK_H
#define CODE_BANK_H

#include "code_score.h"

enum { CODE_BANK_MAX = 20 };

/* struct code_bank: the scores, made ready. */
struct code_bank;

/* code_bank_make prepares n scores, 1 .. CODE_BANK_MAX, in a. All were built from the same places
 * in the same order (asserted); they are not needed afterwards. SR_E_NOMEM. */
SR_MUST struct sr_err code_bank_make(struct arena *a, const struct code_score *const *scores,
				     size_t n, const struct code_bank **out);

/* code_bank_places returns how many seen places there are. */
size_t code_bank_places(const struct code_bank *b);

/* code_bank_units writes what a reader has in each score, in units of that score; what is beyond
 * the last score is 0. symbols as for code_score_of (asserted). */
void code_bank_units(const struct code_bank *b, const uint16_t *symbols,
		     int32_t units[CODE_BANK_MAX]);

#endif
