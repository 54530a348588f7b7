/* SPDX-License-Identifier: Apache-2.0 */
/* The external verdict: what an outsider needs to find the same name, p-value and number of readers
 * from the leak and the commitment, and no more. It opens the pieces of the lattice that the leak
 * quotes, with a margin, and of the named readers their symbols at the places that were read. Of
 * other readers it holds hashes that cannot be searched. What an outsider cannot compute is kept
 * apart as the issuer's statement. */
#ifndef TRACE_EXTERNAL_H
#define TRACE_EXTERNAL_H

#include "commit_paper.h"
#include "trace_part.h"
#include "trace_seen.h"

struct trace_opened_symbol {
	struct commit_salt salt;
	uint32_t place;
	enum commit_source source;
	uint16_t symbol;
};

/* The issuer's opinion of one named reader, as in struct trace_standing and trace_house. */
struct trace_opinion {
	double prior, posterior, ratio;
	double house_prior, house_posterior;
};

struct trace_opened_reader {
	struct commit_reader reader;
	struct commit_salt salt;
	double p_value;
	struct code_ground ground;           /* what p_value rests on */
	uint32_t partner[CODE_PARTNERS_MAX]; /* numbers of named readers, ascending */
	uint32_t agree, disagree;
	struct trace_opened_symbol
		*symbol; /* of the places read, of groups their leaders; ascending */
	size_t symbols_n;
	struct commit_proof symbols_proof;
	struct trace_opinion opinion;
};

/* Digests of the files, in the order in which they were given. */
struct trace_files {
	struct commit_hash *leak, *public_text;
	size_t leaks_n, publics_n;
};

struct trace_external {
	double max_false;
	uint64_t tested_n;        /* readers that the p-values answer for */
	struct commit_hash entry; /* digest of the commitment that it rests on */
	struct trace_files files;
	struct trace_unit *unit; /* ascending */
	struct commit_salt *unit_salt;
	size_t units_n;
	struct commit_proof units_proof;
	struct trace_opened_reader *named; /* ascending by number; at least one */
	size_t named_n;
	struct commit_proof readers_proof;
	double prior_none, none; /* the issuer's opinion */
};

/* The texts of a leak and the public ones, as trace_evidence_find takes them. */
struct trace_texts {
	const struct text_tokens *leak, *public_text;
	size_t leaks_n, publics_n;
};

/* What the issuer has: a verdict that names somebody (trace_external_named_n), with the evidence
 * found in texts; the commitment entry with its bytes' digest, and its readers and their leaves, by
 * number. */
struct trace_opening {
	const struct trace_verdict *verdict;
	struct trace_texts texts;
	struct trace_files files;
	struct commit_paper *paper;
	const struct commit_entry *entry;
	struct commit_hash entry_digest;
	const struct commit_reader *readers;
	const struct commit_hash *reader_leaf;
	bool whole; /* open the whole lattice */
};

/* trace_external_named_n returns how many of the readers that v names an external verdict can name:
 * those whose p-value needs nobody's symbols but their own and those of others that it names. To
 * open the symbols of somebody who is not named would tell who he is. None if positions of words
 * took part: they cannot be opened yet, and trace_judge_words is to be asked. */
SR_MUST struct sr_err trace_external_named_n(const struct trace_verdict *v, size_t *n);

/* trace_external_make opens what the verdict needs, in a; it borrows from o. Which pieces are
 * opened depends on leak and lattice alone, and they show the same readings as the whole.
 * SR_E_STATE: who is named was committed later than the entry; SR_E_NOMEM; errors of
 * code_score_build. */
SR_MUST struct sr_err trace_external_make(struct arena *a, const struct trace_opening *o,
					  struct trace_external *out);

/* trace_gap_word writes the word for the gaps of a part, TRACE_GAP_LEN letters: it depends on the
 * digests of the files, so that nobody can put it into one. */
enum { TRACE_GAP_LEN = 20 };
void trace_gap_word(const struct trace_files *files, uint8_t out[TRACE_GAP_LEN]);

/* trace_part_evidence finds the evidence of a part. */
SR_MUST struct sr_err trace_part_evidence(struct arena *a, const struct trace_part *p,
					  const struct trace_texts *t, struct trace_evidence *out);

/* trace_part_contains tells whether each quote of the evidence, which is that of p, lies inside the
 * part without a missing unit, and with TRACE_MARGIN pieces around it. */
bool trace_part_contains(const struct trace_part *p, const struct trace_evidence *e);

/* trace_part_has_groups tells whether of each group that was read all places are in the part, with
 * TRACE_MARGIN pieces around them: only then does it show whether a public text could have
 * supplied the wordings. */
bool trace_part_has_groups(const struct trace_part *p, const struct trace_evidence *e);

/* trace_external_write appends the JSON of doc/FORMAT.md ("External verdict"). SR_E_NOMEM. */
SR_MUST struct sr_err trace_external_write(const struct trace_external *x, struct build *out);

/* trace_external_read reads it into a. SR_E_INPUT: it is not JSON of that form, to the letter;
 * SR_E_STATE: of another version of the format; SR_E_NOMEM (jansson may take a lack of memory for
 * bad JSON). */
SR_MUST struct sr_err trace_external_read(struct arena *a, struct slice json,
					  struct trace_external *out);

#endif
