/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen, as it speaks about one member of a coalition. Readers who compare their copies
 * see where these differ, and choose there; where all have the same wording they are thought to
 * keep it (the marking assumption). A model of their choice turns the readings of what they wrote
 * into readings of what one of them had, given that some of the others are known. That is all
 * that distinguishes a coalition's score from a single leaker's: code_score.h does the rest.
 *
 * A model that is wrong costs power, never soundness: whatever the weights are, the tested
 * reader's symbols are independent of what was seen and of his partners' symbols.
 *
 * Sources: the log-likelihood scores are those of Meerwald and Furon (Iterative single Tardos
 * decoder with controlled probability of false positive, 2011; Towards joint Tardos decoding: the
 * "Don Quixote" algorithm, Information Hiding 2011); the symmetric score is that of Skoric,
 * Katzenbeisser and Celik (Symmetric Tardos fingerprinting codes for arbitrary alphabet sizes,
 * Designs, Codes and Cryptography 46, 2008). */
#ifndef CODE_COALITION_H
#define CODE_COALITION_H

#include "code_score.h"

/* How a coalition chooses among the wordings that its members have. A wording is set against all
 * others together, and the probabilities are scaled to add up to 1: nothing for places with two
 * wordings, nor for any number of them where the coalition interleaves or goes by their order. */
enum code_attack {
	CODE_INTERLEAVING, /* that of a member drawn by lot */
	CODE_ALL_FIRST,    /* the first that a member has, in the paper's order */
	CODE_ALL_LAST,     /* the last one ("all ones") */
	CODE_MAJORITY, /* one that more than half of them have, or, with chance 1/2, just half */
	CODE_MINORITY, /* one that fewer than half have, or, with chance 1/2, just half */
	CODE_COIN,     /* any, with chance 1/2 */
	CODE_ATTACKS
};

/* struct code_model: a coalition of size members, 2 .. CODE_COLLUSION_MAX, and what it does. */
struct code_model {
	enum code_attack attack;
	uint32_t size;
};

/* code_models_n returns how many models of coalitions of this size there are: their numbers are
 * the first values of enum code_attack. Of two members, majority, minority and coin do what
 * interleaving does. */
uint32_t code_models_n(uint32_t size);

enum { CODE_PARTNERS_MAX = 2 };

/* code_coalition_loglik writes to out, place after place, for each wording the log-likelihood
 * ratio, in nats, of what was seen there: if a member of the coalition m has it, to if his wording
 * is not known, given the symbols of partners_n other members: partner[j][i] belongs to seen[i].
 * seen is as code_score_build accepts it; partners_n is at most CODE_PARTNERS_MAX and below m->size
 * (asserted). out has room for the wordings of all n places. */
void code_coalition_loglik(const struct code_seen *seen, size_t n, const struct code_model *m,
			   const uint16_t *const *partner, uint32_t partners_n, float *out);

/* code_symmetric_loglik writes the weights of the symmetric score likewise: sqrt((1 - p) / p) for
 * the wording that was written, with p its bias, and -sqrt(p / (1 - p)) for each other one,
 * averaged over what may have been written. An erased place is not erased by it: leave it out. */
void code_symmetric_loglik(const struct code_seen *seen, size_t n, float *out);

/* code_seen_wordings returns how many floats that takes. */
size_t code_seen_wordings(const struct code_seen *seen, size_t n);

/* code_seen_with writes the same places with the readings loglik, which it borrows. */
void code_seen_with(const struct code_seen *seen, size_t n, const float *loglik,
		    struct code_seen *out);

#endif
