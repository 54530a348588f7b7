/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_verify.h"

#include "base_limits.h"
#include "code_family.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	OMITTED_WORDS = 8,    /* words that a copy shows and the opened text does not */
	OMITTED_PERCENT = 50, /* and which are at least so much of their passage; */
	OMITTED_RUN = 12,     /* or so many in a row: of a larger passage, its end was cut off */
};

/* P_TOLERANCE: two machines' mathematical libraries differ by less, relatively. */
#define P_TOLERANCE 1e-9

/* One examination. Everything lives in a; error ends it, finding.why too. */
struct examiner {
	struct arena *a;
	const struct trace_external *x;
	const struct trace_exam *exam;
	struct trace_finding finding;
	struct trace_part part;
	struct trace_evidence evidence;
	struct trace_seen seen;
	struct build scratch;
};

static struct sr_err refuse(struct examiner *e, const char *why)
{
	e->finding.why = why;
	return sr_ok();
}

static bool same_files(const struct commit_hash *a, size_t n, const struct commit_hash *b, size_t m)
{
	return n == m && (n == 0 || memcmp(a, b, n * sizeof *a) == 0);
}

static struct sr_err examine_files(struct examiner *e)
{
	const struct trace_files *own = &e->x->files, *given = &e->exam->files;
	if (!same_files(own->leak, own->leaks_n, given->leak, given->leaks_n))
		return refuse(e,
			      "it is about another leak than the files given (every byte counts, "
			      "and so does their order)");
	if (!same_files(own->public_text, own->publics_n, given->public_text, given->publics_n))
		return refuse(e, "it took other public texts into account than those given with "
				 "--public");
	return sr_ok();
}

/* entries_before returns the number of entries that are not later than the leak. */
static size_t entries_before(const struct trace_exam *exam)
{
	size_t n = 0;
	while (n < exam->chain->n && exam->chain->at[n].time <= exam->leaked_by)
		n++;
	return n;
}

static struct sr_err examine_entry(struct examiner *e)
{
	const struct commit_chain *c = e->exam->chain;
	size_t last = entries_before(e->exam), at = c->n;
	for (size_t i = 0; i < c->n; i++) {
		struct commit_hash digest;
		commit_entry_digest(c->bytes[i], &digest);
		if (commit_hash_eq(&digest, &e->x->entry))
			at = i;
	}
	if (at == c->n)
		return refuse(e, "it rests on a commitment that is not in the file given: on that "
				 "of another ledger, or on a later one");
	if (at + 1 != last)
		return refuse(e, "it does not rest on the last commitment before the leak (with "
				 "--leaked-on, the last one of that day or earlier)");
	e->finding.entry = &c->at[at];
	if (e->x->max_false > e->exam->max_false)
		return refuse(e, "it was made at a higher level of false names than you accept "
				 "(--max-false)");
	if (e->x->tested_n < e->finding.entry->readers_n)
		return refuse(e, "it counts fewer readers than were committed");
	return sr_ok();
}

static struct sr_err examine_units(struct examiner *e)
{
	const struct trace_external *x = e->x;
	const struct commit_entry *entry = e->finding.entry;
	struct commit_hash root;
	struct commit_opened *opened = ARENA_ARRAY(e->a, x->units_n, struct commit_opened);
	if (!opened)
		return sr_nomem();
	for (size_t i = 0; i < x->units_n; i++) {
		opened[i].index = x->unit[i].index;
		SR_TRY(commit_leaf_unit(&e->scratch, &x->unit_salt[i], x->unit[i].index,
					&x->unit[i].unit, &opened[i].leaf));
	}
	/* The slots of a layout layer stand behind the units, and behind a reader's symbols; none
	 * is opened. */
	size_t leaves_n = (size_t)entry->units_n + entry->layout.slots_n;
	if (sr_bad(commit_tree_check(leaves_n, opened, x->units_n, &x->units_proof, &root)) ||
	    !commit_hash_eq(&root, &entry->lattice_root))
		return refuse(e, "the text, the wordings or the biases that it opens are not those "
				 "that were committed");
	return sr_ok();
}

/* Leak and opened text are aligned as trace does it. */
static struct sr_err examine_leak(struct examiner *e)
{
	const struct trace_external *x = e->x;
	uint8_t gap[TRACE_GAP_LEN];
	trace_gap_word(&x->files, gap);
	struct sr_err err = trace_part_make(e->a, x->unit, x->units_n, e->finding.entry->units_n,
					    slice_make(gap, TRACE_GAP_LEN), &e->part);
	if (err.code == SR_E_INPUT || err.code == SR_E_LIMIT)
		return refuse(e, err.what);
	SR_TRY(err);
	SR_TRY(trace_part_evidence(e->a, &e->part, &e->exam->texts, &e->evidence));
	if (!trace_part_contains(&e->part, &e->evidence))
		return refuse(e, "the opened text ends where the leak may go on quoting: what was "
				 "quoted could be cut short");
	if (x->files.publics_n && !trace_part_has_groups(&e->part, &e->evidence))
		return refuse(e, "it does not open all places of a group that changes together, "
				 "and a public text might have one of the others");
	e->finding.seen_n = e->evidence.seen_n;
	e->finding.whole = x->units_n == e->part.units_all;
	if (!e->evidence.seen_n)
		return refuse(e, "the leak shows no place of the opened text");
	return trace_seen_make(e->a, &e->evidence, e->part.bias, NULL, e->finding.entry->collusion,
			       &e->seen);
}

static int by_place(const void *key, const void *at)
{
	const uint32_t *place = key;
	const struct trace_opened_symbol *s = at;
	return (*place > s->place) - (*place < s->place);
}

/* symbol_of returns what r opens of place i of those that were read, NULL if nothing. A group has
 * its symbol at its leader. */
static const struct trace_opened_symbol *symbol_of(const struct examiner *e,
						   const struct trace_opened_reader *r, size_t i)
{
	const uint32_t *place = &e->part.leader[e->seen.leak.place[i]];
	return bsearch(place, r->symbol, r->symbols_n, sizeof *r->symbol, by_place);
}

/* symbols_fit tells whether r opens just the places that were read, ascending. */
static bool symbols_fit(const struct examiner *e, const struct trace_opened_reader *r)
{
	const struct code_leak *leak = &e->seen.leak;
	if (r->symbols_n != leak->n)
		return false;
	for (size_t i = 1; i < r->symbols_n; i++)
		if (r->symbol[i].place <= r->symbol[i - 1].place)
			return false;
	for (size_t i = 0; i < leak->n; i++) {
		const struct trace_opened_symbol *s = symbol_of(e, r, i);
		if (!s || s->symbol >= leak->seen[i].bias.q ||
		    s->place >= e->finding.entry->places_n)
			return false;
	}
	return true;
}

/* reader_leaf computes the leaf that r must have been committed with. */
static struct sr_err reader_leaf(struct examiner *e, const struct trace_opened_reader *r,
				 struct commit_opened *out)
{
	struct commit_hash root;
	struct commit_opened *opened = ARENA_ARRAY(e->a, r->symbols_n, struct commit_opened);
	if (!opened)
		return sr_nomem();
	for (size_t i = 0; i < r->symbols_n; i++) {
		const struct trace_opened_symbol *o = &r->symbol[i];
		const struct commit_symbol s = {r->reader.number, COMMIT_LAYER_WORDS, o->source,
						o->place, o->symbol};
		opened[i].index = o->place;
		commit_leaf_symbol(&o->salt, &s, &opened[i].leaf);
	}
	const struct commit_entry *entry = e->finding.entry;
	size_t leaves_n = (size_t)entry->places_n + entry->layout.slots_n;
	if (sr_bad(commit_tree_check(leaves_n, opened, r->symbols_n, &r->symbols_proof, &root)))
		return refuse(e, "the proof of a reader's symbols does not have the form of one");
	out->index = r->reader.number - 1;
	return commit_leaf_reader(&e->scratch, &r->salt, &r->reader, &root, &out->leaf);
}

static struct sr_err examine_readers(struct examiner *e)
{
	const struct trace_external *x = e->x;
	const struct commit_entry *entry = e->finding.entry;
	struct commit_hash root;
	struct commit_opened *opened = ARENA_ARRAY(e->a, x->named_n, struct commit_opened);
	if (!opened)
		return sr_nomem();
	for (size_t i = 0; i < x->named_n && !e->finding.why; i++) {
		if (!symbols_fit(e, &x->named[i]))
			return refuse(e, "it does not open just those places that the leak shows");
		SR_TRY(reader_leaf(e, &x->named[i], &opened[i]));
	}
	if (e->finding.why)
		return sr_ok();
	if (sr_bad(commit_tree_check(entry->readers_n, opened, x->named_n, &x->readers_proof,
				     &root)) ||
	    !commit_hash_eq(&root, &entry->readers_root))
		return refuse(e, "a named reader, or the wordings of his copy, are not those that "
				 "were committed");
	return sr_ok();
}

static bool near(double a, double b)
{
	return fabs(a - b) <= P_TOLERANCE * fmax(fabs(a), fabs(b));
}

/* take_symbols gives the opened symbols of each named reader, in their order. */
static struct sr_err take_symbols(struct examiner *e, uint16_t ***out)
{
	const struct trace_external *x = e->x;
	uint16_t **symbols = ARENA_ARRAY(e->a, x->named_n, uint16_t *);
	for (size_t i = 0; symbols && i < x->named_n; i++) {
		symbols[i] = ARENA_ARRAY(e->a, e->seen.leak.n, uint16_t);
		if (!symbols[i])
			return sr_nomem();
		for (size_t k = 0; k < e->seen.leak.n; k++)
			symbols[i][k] = symbol_of(e, &x->named[i], k)->symbol;
	}
	*out = symbols;
	return symbols ? sr_ok() : sr_nomem();
}

/* find_partners gives the symbols of the partners of named reader i; false unless they are other
 * named readers, ascending. */
static bool find_partners(const struct trace_external *x, size_t i, uint16_t *const *symbols,
			  const uint16_t **out)
{
	const struct trace_opened_reader *r = &x->named[i];
	uint32_t n = code_partners_n(r->ground.stage), found = 0;
	for (size_t k = 0; k < x->named_n && found < n; k++)
		if (k != i && x->named[k].reader.number == r->partner[found])
			out[found++] = symbols[k];
	return found == n;
}

static uint32_t agree_of(const struct examiner *e, const uint16_t *symbol)
{
	uint32_t agree = 0;
	for (size_t k = 0; k < e->seen.leak.n; k++)
		agree += symbol[k] == e->evidence.places[e->seen.leak.place[k]].symbol;
	return agree;
}

static struct sr_err examine_number(struct examiner *e, size_t i, uint16_t *const *symbols)
{
	const struct trace_opened_reader *r = &e->x->named[i];
	const uint16_t *partner[CODE_PARTNERS_MAX];
	uint32_t agree = agree_of(e, symbols[i]);
	double p;
	if (!find_partners(e->x, i, symbols, partner))
		return refuse(e, "a p-value takes the copy of somebody as given whom it does not "
				 "name");
	struct sr_err err = code_accuse_again(&e->seen.leak, &e->seen.scores, &r->ground,
					      symbols[i], partner, e->x->tested_n, &p);
	if (err.code == SR_E_INPUT)
		return refuse(e, "a p-value rests on a score that this leak does not give");
	SR_TRY(err);
	if (!near(p, r->p_value) || agree != r->agree || e->seen.leak.n - agree != r->disagree)
		return refuse(e, "a p-value, or the number of places that agree, comes out "
				 "otherwise than claimed");
	if (p > e->x->max_false)
		return refuse(e, "a p-value is above the level at which a copy is named");
	return sr_ok();
}

static struct sr_err examine_numbers(struct examiner *e)
{
	uint16_t **symbols;
	SR_TRY(take_symbols(e, &symbols));
	for (size_t i = 0; i < e->x->named_n && !e->finding.why; i++)
		SR_TRY(examine_number(e, i, symbols));
	return sr_ok();
}

/* mark_inside notes which words of text number text stand in an opened passage. */
static void mark_inside(const struct examiner *e, size_t text, uint8_t *inside)
{
	for (size_t i = 0; i < e->evidence.passages_n; i++) {
		const struct trace_passage *p = &e->evidence.passages[i];
		if (p->text == text)
			memset(inside + p->from, 1, p->to - p->from);
	}
}

/* is_kept_back tells whether of the words [from, to), which a copy shows, most are in no opened
 * passage, or many in a row. */
static bool is_kept_back(const uint8_t *inside, uint32_t from, uint32_t to)
{
	size_t outside = 0, run = 0, longest = 0;
	for (uint32_t i = from; i < to; i++) {
		outside += !inside[i];
		run = inside[i] ? 0 : run + 1;
		longest = run > longest ? run : longest;
	}
	return longest >= OMITTED_RUN ||
	       (outside >= OMITTED_WORDS && outside * 100 >= (size_t)(to - from) * OMITTED_PERCENT);
}

/* compare_copy aligns text number text of the leak with a copy of the paper. */
static struct sr_err compare_copy(struct examiner *e, size_t text, struct slice copy,
				  const uint8_t *inside)
{
	const struct text_lattice l = {.fixed = &copy};
	struct trace_evidence found;
	SR_TRY(trace_evidence_find(e->a, SLICE_LIT(""), &l, &e->exam->texts.leak[text], 1, NULL, 0,
				   &found));
	for (size_t i = 0; i < found.passages_n; i++)
		if (is_kept_back(inside, found.passages[i].from, found.passages[i].to))
			return refuse(e,
				      "it keeps back a passage that the leak quotes: the copy of "
				      "the paper given has it, the opened text has not");
	return sr_ok();
}

static struct sr_err examine_rest(struct examiner *e)
{
	for (size_t t = 0; t < e->exam->texts.leaks_n; t++) {
		size_t n = e->exam->texts.leak[t].n;
		uint8_t *inside = ARENA_ARRAY(e->a, n, uint8_t);
		if (!inside)
			return sr_nomem();
		mark_inside(e, t, inside);
		e->finding.words += n;
		for (size_t i = 0; i < n; i++)
			e->finding.outside += !inside[i];
		for (size_t c = 0; c < e->exam->copies_n && !e->finding.why; c++)
			SR_TRY(compare_copy(e, t, e->exam->copy[c], inside));
	}
	return sr_ok();
}

static struct sr_err examine(struct examiner *e)
{
	/* What is examined later rests on what was examined before. */
	static struct sr_err (*const steps[])(struct examiner *) = {
		examine_files,   examine_entry,   examine_units, examine_leak,
		examine_readers, examine_numbers, examine_rest};
	for (size_t i = 0; i < sizeof steps / sizeof *steps && !e->finding.why; i++)
		SR_TRY(steps[i](e));
	return sr_ok();
}

struct sr_err trace_verify(const struct trace_external *x, const struct trace_exam *exam,
			   struct trace_finding *out)
{
	struct arena a = {0};
	struct examiner e = {.a = &a, .x = x, .exam = exam};
	build_init(&e.scratch, 0);
	struct sr_err err = examine(&e);
	build_release(&e.scratch);
	arena_release(&a);
	if (!sr_bad(err))
		*out = e.finding;
	return err;
}
