/* SPDX-License-Identifier: Apache-2.0 */
/* From a paper to its lattice: the author's places, and places that a language pack finds. Finding
 * places knows nothing of readers; once the lattice exists nothing in it changes.
 *
 * A candidate is a spot where an entry of the pack fits. Candidates that the grammar reader objects
 * to go; of those that overlap the ones worth most are chosen; then every combination of wordings
 * close to each other is written out and read again, and what clashes goes, or changes together. */
#ifndef VARY_H
#define VARY_H

#include "text_paper.h"
#include "vary_grammar.h"
#include "vary_pack.h"

/* A place found in plain[off, off + len). entry lives as long as the pack. proposed:
 * somebody else proposes it, and entry is NULL. */
struct vary_place {
	size_t off, len;
	struct text_place place;
	const struct vary_entry *entry;
	bool proposed;
};

/* Why a candidate, or one of its wordings, was left out. */
enum vary_drop {
	VARY_DROP_GRAMMAR, /* the grammar reader objects */
	VARY_DROP_OVERLAP, /* something worth more stands there */
	VARY_DROP_CLASH,   /* with another place's wordings it reads badly */
	VARY_DROP_WHOLE,   /* not all of what must change together can change */
	VARY_DROPS
};

/* places: automatic ones and, if asked for, those to ask the author about, ascending. lost_n
 * entries of the pack were of no use because there is no grammar reader. */
struct vary_found {
	struct vary_place *places;
	size_t places_n;
	size_t lost_n;
	size_t dropped[VARY_DROPS];
};

/* grammar may be NULL. ask: find places of tier ask as well. only: NULL, or the one entry that is
 * used, whatever its tier. */
struct vary_request {
	const struct vary_pack *pack;
	const struct text_paper *paper;
	const struct vary_grammar *grammar;
	bool ask;
	const struct vary_entry *only;
};

/* vary_find finds the places of a pack in a paper: outside what text_protect protects and what the
 * pack fixes, never touching an author's place or another found one (a word of fixed text stays
 * between), never at the edge of a paragraph. They live in a and borrow from paper and pack.
 * SR_E_NOMEM. */
SR_MUST struct sr_err vary_find(struct arena *a, const struct vary_request *q,
				struct vary_found *out);

/* vary_is_question tells whether a found place is none until the author says yes. */
bool vary_is_question(const struct vary_place *p);

/* vary_lattice puts the author's places and the found ones that are no questions together. Slices
 * borrow from paper and found. SR_E_LIMIT beyond LIMIT_PLACES, SR_E_NOMEM. */
SR_MUST struct sr_err vary_lattice(struct arena *a, const struct text_paper *paper,
				   const struct vary_place *found, size_t found_n,
				   struct text_lattice *out);

/* vary_write_place appends a place, or a question, in spin syntax. */
void vary_write_place(const struct text_place *place, bool question, struct build *out);

/* vary_write_source appends the paper's source with the found places written out in spin syntax. */
void vary_write_source(const struct text_paper *paper, const struct vary_place *found,
		       size_t found_n, struct build *out);

/* vary_pack_test runs the test sentences of a pack; each one that fails is written to sink with its
 * line. Those of entries that need the grammar reader are skipped, and counted, without one.
 * SR_E_INPUT: some failed. SR_E_NOMEM. */
struct vary_tested {
	size_t passed_n, failed_n, skipped_n;
};

SR_MUST struct sr_err vary_pack_test(const struct vary_pack *pack,
				     const struct vary_grammar *grammar, const struct sr_sink *sink,
				     struct vary_tested *out);

#endif
