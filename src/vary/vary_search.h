/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps from a paper to its places share: the paper prepared, and the candidates. */
#ifndef VARY_SEARCH_H
#define VARY_SEARCH_H

#include "vary.h"

/* A spot where an entry fits: plain[off, off + len), the tokens [from, to), the elements
 * [first, behind). wordings[0] is the original one; the same wording of
 * the same entry has the same number kinds[k] wherever it stands. head
 * is the token whose tag is the entry's, W; spans: what each item of a rule's find matched. */
struct vary_candidate {
	const struct vary_entry *entry;
	size_t off, len, from, to, first, behind;
	struct slice *wordings;
	uint32_t *kinds;
	uint32_t n;
	size_t head;
	const struct vary_span *spans;
	bool chosen;
	bool whole_sentence; /* the grammar reader could read its sentence */
	uint32_t group;      /* 0, or the number of what it changes together with */
};

struct vary_search {
	struct arena *a;
	const struct vary_request *q;
	struct vary_text t;
	const uint8_t *kept; /* of each byte: 1 where nothing may change */
	uint64_t shown;      /* a bit for each register that the paper shows */
	bool curly;          /* its apostrophes are curly */
	uint32_t unnoticed;  /* the class of words that may be repeated, plus 1, or 0 */
	uint32_t echoed;     /* that of words whose repetition is on purpose all the same */
	struct vary_candidate *at;
	size_t n, cap;
	uint32_t groups;
	struct vary_found *found;
};

/* vary_candidates finds the candidates: guards that need no grammar reader hold. In the order of
 * their first tokens. SR_E_NOMEM. */
SR_MUST struct sr_err vary_candidates(struct vary_search *s);

/* vary_judge drops the candidates to which the grammar reader objects. SR_E_NOMEM. */
SR_MUST struct sr_err vary_judge(struct vary_search *s);

/* vary_judge_variants drops wordings with which the grammar reader cannot read a sentence any more.
 * SR_E_NOMEM. */
SR_MUST struct sr_err vary_judge_variants(struct vary_search *s);

/* vary_merge_same makes one candidate of those that find the same words. SR_E_NOMEM. */
SR_MUST struct sr_err vary_merge_same(struct vary_search *s);

/* vary_merge_neighbours makes one candidate of a chosen one and one beside it that could not be
 * chosen. SR_E_NOMEM. */
SR_MUST struct sr_err vary_merge_neighbours(struct vary_search *s);

/* vary_choose marks the candidates that are worth most together and do not touch. SR_E_NOMEM. */
SR_MUST struct sr_err vary_choose(struct vary_search *s);

/* vary_check writes out the chosen candidates' wordings together and takes out what clashes; what
 * must change together gets a group. SR_E_NOMEM. */
SR_MUST struct sr_err vary_check(struct vary_search *s);

/* vary_keep_fixed writes 1 to kept, a byte for each of t, where a fixed term of the pack stands. */
void vary_keep_fixed(const struct vary_pack *p, const struct vary_text *t, uint8_t *kept);

/* vary_repeats tells whether two words, folded, are so alike that a reader notices both. */
bool vary_repeats(struct slice x, struct slice y);

/* vary_drop_wording takes wording k out of a candidate; the candidate is no longer chosen when none
 * but the original is left. */
void vary_drop_wording(struct vary_candidate *c, uint32_t k);

/* vary_drop does that to a candidate and all it changes together with, and counts it. */
void vary_drop(struct vary_search *s, struct vary_candidate *c, uint32_t k, enum vary_drop why);

#endif
