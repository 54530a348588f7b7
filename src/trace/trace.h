/* SPDX-License-Identifier: Apache-2.0 */
/* A leak and what the issuer keeps -> a verdict and its error bound. Pure functions of bytes, in
 * two steps whose order is the promise: first the evidence, from the leak and the lattice alone;
 * then, with nothing left to choose, the readers' symbols. */
#ifndef TRACE_H
#define TRACE_H

#include "arena.h"
#include "build.h"
#include "code_accuse.h"
#include "code_design.h"
#include "err.h"
#include "mark_words.h"
#include "text_lattice.h"

/* Where in a lattice a word stands, as struct align_node counts. */
struct trace_spot {
	uint32_t part, off;
};

/* An alignment: a text's words from the first to the last, here and there with a gap, follow the
 * lattice from one word to another. */
struct trace_quote {
	struct trace_spot first, last;
};

/* A passage of a leak that comes from the paper: the tokens [from, to) of its text number text. It
 * begins and ends with words of the paper, and no more than TRACE_EDIT_WORDS in a row are others.
 */
enum { TRACE_EDIT_WORDS = 6 };
struct trace_passage {
	uint32_t text, from, to;
};

/* What the pictures and pages of a leak show of the layout layer: for slot[i], strictly ascending
 * and below slots_n, loglik[i][k] is the natural log-likelihood of the word's measured position if
 * the copy has symbol k. slots_n: those of the paper, 0 if it has no layout layer, or no page was
 * looked at; marks_n: how many of them a copy's pages carry, about. Nothing of this
 * was chosen by looking at a reader's symbols. Borrowed. */
struct trace_layout {
	const uint32_t *slot;
	const float (*loglik)[2];
	size_t n, slots_n, marks_n;
};

/* What a leak shows of one paper, before anybody looked at a reader. Counts of places count a group
 * once, and are of the words layer. */
struct trace_evidence {
	struct slice title;
	const struct text_lattice *lattice;
	struct mark_place *places;      /* by place: of a group at its leader, else UNSEEN */
	struct mark_place *spots;       /* by place: what the leaks show there, publics aside */
	size_t matched_words;           /* words of the leak that stand in the paper */
	size_t seen_n, erased_n;        /* places read; places touched but not to be used */
	size_t supplied_n;              /* of the erased: those a public text could have supplied */
	size_t paper_words;             /* of the paper, by the longest wordings */
	struct trace_passage *passages; /* by text, then from; disjoint */
	size_t passages_n;
	struct trace_quote *quotes; /* of all leaks */
	size_t quotes_n;
	struct trace_layout layout;
};

/* trace_evidence_find aligns the texts of a leak (its parts), then erases what the public texts
 * could have supplied. Texts are numbered as they are given, leaks and publics each from 0, at most
 * UINT32_MAX of them. The result lives in a and borrows title and lattice. SR_E_NOMEM. */
SR_MUST struct sr_err trace_evidence_find(struct arena *a, struct slice title,
					  const struct text_lattice *lattice,
					  const struct text_tokens *leaks, size_t leaks_n,
					  const struct text_tokens *publics, size_t publics_n,
					  struct trace_evidence *out);

/* trace_evidence_layout adds what was measured; public texts have no part in it. Slots whose two
 * readings are equal are left out. Arrays live in a. SR_E_INPUT: not as struct trace_layout says,
 * or not finite; SR_E_LIMIT: more than LIMIT_PLACES slots; SR_E_NOMEM. e is then unchanged. */
SR_MUST struct sr_err trace_evidence_layout(struct arena *a, const struct trace_layout *measured,
					    struct trace_evidence *e);

/* trace_evidence_n returns how many places of a layer were read, trace_evidence_seen those of all
 * layers together, and trace_layer_places how many the paper has, of the layout about: no fewer
 * than were read. */
size_t trace_evidence_n(const struct trace_evidence *e, enum code_layer layer);
size_t trace_evidence_seen(const struct trace_evidence *e);
size_t trace_layer_places(const struct trace_evidence *e, enum code_layer layer);

/* A committed reader, in the order of the ledger. */
struct trace_reader {
	struct slice id, name, house, side;
	int64_t committed_at;
};

/* readers_total counts the committed readers of all papers that are judged for this leak, these
 * included; leaked_by: copies committed later (seconds since 1970) are left out, INT64_MAX for
 * none. alone: only the single leaker's score is made. */
struct trace_question {
	const struct trace_reader *readers;
	size_t readers_n;
	uint64_t readers_total;
	int64_t leaked_by;
	double max_false; /* family-wise level, 0 < max_false < 1 */
	bool alone;
};

enum trace_decision { TRACE_NOT_OURS, TRACE_INCONCLUSIVE, TRACE_NAMED };

/* A reader's standing in one layer. p_value, of the layer's score alone, is family-wise and answers
 * for the other layers' too; named: it is at most the level. consistent: not excluded as the only
 * source of what the layer shows. Unless places of several layers were seen, p_value is 1 and
 * nobody is named or excluded. */
struct trace_layer_standing {
	double p_value;
	uint32_t agree, disagree;
	bool named, consistent;
};

/* One reader's standing. p_value is family-wise; p_alone is the same for him alone, over all scores
 * that he got, and p_single by the single leaker's score only. ground: the score that p_value rests
 * on, and partner the readers whose copies it takes as given, as many as code_partners_n says.
 * score in nats against wordings drawn afresh. prior: of "this copy". ratio, of those who are
 * named: how many times likelier, in nats, what was read is from this copy than from another issued
 * copy or from none of them, in the proportions of their priors. consistent: not excluded as the
 * only source. agree, disagree: places of all layers. */
struct trace_standing {
	const struct trace_reader *reader;
	double p_value, p_alone, p_single, prior, posterior, score, ratio;
	struct code_ground ground;
	const struct trace_reader *partner[CODE_PARTNERS_MAX];
	uint32_t agree, disagree;
	struct trace_layer_standing layer[CODE_LAYERS];
	bool consistent, named;
};

/* A passage of the evidence, by its number, and the named reader whose copy it comes from. */
struct trace_source {
	uint32_t passage;
	const struct trace_standing *standing;
};

struct trace_house {
	struct slice house, side;
	double prior, posterior;
};

struct trace_views;

/* layered: places of several layers were seen, so that each was scored alone as well.
 * layers_disagree: two layers name readers, and none of them in common. Then what they show is not
 * added up: every p_value is that of the one layer that speaks most against the reader, nobody is
 * named but by a layer, and there are no opinions: posterior, ratio and none are 0. */
struct trace_verdict {
	enum trace_decision decision;
	double max_false;
	const struct trace_evidence *evidence;
	struct trace_standing *ranking; /* best first, all readers that were judged */
	size_t ranking_n, named_n, consistent_n;
	struct trace_source *sources; /* if passages come from different copies, else none */
	size_t sources_n;
	bool layered, layers_disagree;
	uint32_t collusion;         /* the design size of the paper's code */
	struct trace_house *houses; /* by posterior */
	size_t houses_n;
	double prior_none, none;         /* "none of these copies" before and after */
	uint32_t places_needed;          /* CODE_NEVER: no number is enough */
	uint64_t tested_n;               /* readers that the p-values answer for */
	size_t left_out_n;               /* committed after the leak */
	size_t papers_n;                 /* papers that were searched; the caller's */
	const struct trace_views *views; /* where layout was measured, for the report; the caller's,
					    may be NULL */
};

/* trace_in_time tells whether a reader counts for a leak that was out by leaked_by. */
bool trace_in_time(const struct trace_reader *r, int64_t leaked_by);

/* trace_judge weighs the evidence against every reader. The verdict lives in a and borrows from
 * evidence and question. SR_E_INPUT: a level outside (0, 1); SR_E_NOMEM. */
SR_MUST struct sr_err trace_judge(struct arena *a, const struct trace_evidence *evidence,
				  const struct code_design *design,
				  const struct trace_question *question, struct trace_verdict *out);

/* trace_judge_words judges the leak of a verdict by its words alone, as far as an outsider can be
 * shown it, and names nobody whom the verdict does not name. Arguments and errors are those with
 * which whole was made; the same verdict if it has no layout evidence. */
SR_MUST struct sr_err trace_judge_words(struct arena *a, const struct trace_verdict *whole,
					const struct code_design *design,
					const struct trace_question *question,
					struct trace_verdict *out);

/* trace_json appends the verdicts, of which the first is the answer, as the JSON object of
 * doc/FORMAT.md ("Verdict"), with a newline; n > 0. SR_E_NOMEM. */
SR_MUST struct sr_err trace_json(const struct trace_verdict *verdicts, size_t n, struct build *out);

/* trace_round_up writes a bound in words or as a power of ten, never smaller than it is: "1 in 3
 * million" for 3.3e-7. */
void trace_round_up(double p, char *buf, size_t len);

/* trace_words appends the verdicts in plain words for a terminal. SR_E_NOMEM. */
SR_MUST struct sr_err trace_words(const struct trace_verdict *verdicts, size_t n,
				  struct build *out);

#endif
