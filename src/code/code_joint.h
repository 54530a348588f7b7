/* SPDX-License-Identifier: Apache-2.0 */
/* Joint decoding (after Meerwald and Furon, Towards joint Tardos decoding: the "Don Quixote"
 * algorithm, Information Hiding 2011): with one or two partners known, what a coalition wrote says
 * more about a member than it does alone. Reader i is judged by the law of his own symbols given
 * what was seen and the partners' symbols. If he is innocent his symbols are independent of both,
 * whoever the partners are, so that a guilty partner does not drag him in, and the p-value is as
 * exact as that of a single leaker's score. The search is counted: every reader with every set of
 * partners among all readers and every model, also those never looked at. Hence the shortlist may
 * be chosen in any way. */
#ifndef CODE_JOINT_H
#define CODE_JOINT_H

#include "code_coalition.h"

/* Of the suspects, so many are combined to pairs, and so many, the first ones, to triples; the
 * exact law is computed for so many in each of the two stages, those who fit best. */
enum { CODE_PAIR_SUSPECTS = 32, CODE_TRIPLE_SUSPECTS = 12, CODE_JOINT_LAWS = 12 };

/* code_joint_models writes the models that are tried with partners_n partners under a design for
 * collusion readers: those of a coalition of just that many members, and those of the whole
 * design size. Returns how many there are, at most CODE_JOINT_MODELS; 0 if the design does not
 * have so many members. */
enum { CODE_JOINT_MODELS = 2 * CODE_ATTACKS };
uint32_t code_joint_models(uint32_t collusion, uint32_t partners_n, struct code_model *out);

/* code_joint_searched returns how many scores one reader is counted with for partners_n partners:
 * the models times the sets of partners among readers_n - 1 others. Never fewer for more readers:
 * what does not fit counts as the most that does. */
uint64_t code_joint_searched(uint32_t collusion, uint32_t partners_n, uint64_t readers_n);

/* struct code_joint: a suspect with the partners by whom he fits best. p bounds the p-value of this
 * one score from above; 1 if none was computed. partner: numbers of suspects; number: of the model
 * in code_joint_models. */
struct code_joint {
	double p;
	uint32_t partner[CODE_PARTNERS_MAX];
	uint32_t number;
};

/* code_joint_p gives the p-value of one reader, whose symbols at the seen places are own, given the
 * partners' symbols: partner[j][i] belongs to seen[i]. m as for code_coalition_loglik. SR_E_NOMEM,
 * errors of code_score_build. */
SR_MUST struct sr_err code_joint_p(const struct code_seen *seen, size_t n,
				   const struct code_model *m, const uint16_t *const *partner,
				   uint32_t partners_n, const uint16_t *own, double *p);

/* code_joint_search judges each of suspects_n suspects given each set of partners_n (1 or 2)
 * others: symbols[s][i] is suspect s's symbol at seen[i]; the most suspicious come first. Only the
 * first CODE_PAIR_SUSPECTS, or CODE_TRIPLE_SUSPECTS, are looked at, and the law is computed only
 * for who fits with more than least_nats: a fit of s nats has a p-value of at most exp(-s). out
 * has an entry a suspect. Errors as above. */
SR_MUST struct sr_err code_joint_search(const struct code_seen *seen, size_t n, uint32_t collusion,
					uint32_t partners_n, const uint16_t *const *symbols,
					size_t suspects_n, double least_nats,
					struct code_joint *out);

#endif
