/* SPDX-License-Identifier: Apache-2.0 */
/* From a paper to its lattice: the author's places, and places that a language pack finds. A pack
 * is data that a linguist edits (format: head of data/en/core.tsv). Finding places knows nothing
 * of readers; once the lattice exists nothing in it changes. */
#ifndef VARY_H
#define VARY_H

#include "text_paper.h"

/* What a guard asks of the word before or behind. */
enum vary_guard_kind { VARY_BEFORE_IS, VARY_BEFORE_IS_NOT, VARY_BEHIND_IS, VARY_BEHIND_IS_NOT };

struct vary_guard {
	enum vary_guard_kind kind;
	struct slice words; /* separated by commas */
};

/* A pack entry that finds places. wordings[0, n), lower case; found_n of them are looked for. */
struct vary_entry {
	struct slice id, class;
	struct slice *wordings;
	size_t wordings_n, found_n;
	struct vary_guard *guards;
	size_t guards_n;
	struct slice *tests; /* each begins with '+' or '-' */
	size_t tests_n;
	bool at_start, not_at_start; /* of a sentence */
	uint32_t line;
};

struct vary_pack {
	struct vary_entry *entries;
	size_t entries_n;
};

/* vary_pack_parse reads a pack; it lives in a and borrows from bytes. Every bad entry is written to
 * sink with its line. SR_E_INPUT, SR_E_NOMEM. */
SR_MUST struct sr_err vary_pack_parse(struct arena *a, struct slice bytes,
				      const struct sr_sink *sink, struct vary_pack *out);

/* A place found in plain[off, off + len). */
struct vary_place {
	size_t off, len;
	struct text_place place;
};

/* vary_find finds the places of a pack in a paper: outside what text_protect protects, never
 * touching an author's place or another found one (a word of fixed text stays between), never at
 * the edge of a paragraph, never so that a wording repeats a word close by. Ascending; they live in
 * a. SR_E_NOMEM. */
SR_MUST struct sr_err vary_find(struct arena *a, const struct vary_pack *pack,
				const struct text_paper *paper, struct vary_place **out,
				size_t *out_n);

/* vary_lattice puts the author's places and the found ones together. Slices borrow from paper and
 * found. SR_E_LIMIT beyond LIMIT_PLACES, SR_E_NOMEM. */
SR_MUST struct sr_err vary_lattice(struct arena *a, const struct text_paper *paper,
				   const struct vary_place *found, size_t found_n,
				   struct text_lattice *out);

/* vary_write_place appends a place in spin syntax. */
void vary_write_place(const struct text_place *place, struct build *out);

/* vary_write_source appends the paper's source with the found places written out in spin syntax. */
void vary_write_source(const struct text_paper *paper, const struct vary_place *found,
		       size_t found_n, struct build *out);

#endif
