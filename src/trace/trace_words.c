/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include "code_accuse.h"
#include "text_print.h"
#include "trace_ground.h"

#include <math.h>
#include <stdio.h>

/* most returns the largest number k, but for rounding, with 1 / (k * unit) at least p. */
static double most(double p, double unit)
{
	double k = floor(1 / (p * unit));
	return 1 / (k * unit) < p ? k - 1 : k;
}

void trace_round_up(double p, char *buf, size_t len)
{
	static const struct {
		double from;
		const char *word;
	} scale[] = {{1e12, " trillion"}, {1e9, " billion"}, {1e6, " million"}, {1e3, " thousand"}};
	if (p >= 0.1) {
		double k = ceil(p * 100);
		(void)snprintf(buf, len, "%.0f in 100", k / 100 < p ? k + 1 : k);
		return;
	}
	if (p <= 1e-15) {
		double k = floor(-log10(p));
		(void)snprintf(buf, len, "1 in 10^%.0f", pow(10, -k) < p ? k - 1 : k);
		return;
	}
	for (size_t i = 0; i < sizeof scale / sizeof *scale; i++) {
		double m = most(p, scale[i].from);
		if (m < 1)
			continue;
		m = m < 10 ? most(p, scale[i].from / 10) / 10 : m;
		(void)snprintf(buf, len, "1 in %g%s", m, scale[i].word);
		return;
	}
	(void)snprintf(buf, len, "1 in %.0f", most(p, 1));
}

/* percent writes a probability; "0%" and "100%" would promise too much. */
static void percent(struct build *out, double p)
{
	if (p >= 0.9995)
		build_str(out, ">99.9%");
	else if (p < 0.0005)
		build_str(out, "<0.1%");
	else
		build_fmt(out, "%.1f%%", 100 * p);
}

static void before_after(struct build *out, double before, double after)
{
	build_str(out, ": ");
	percent(out, after);
	build_fmt(out, " (before: %.1f%%)\n", 100 * before);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* layout_line tells what was seen of the layout layer of a paper that has one. */
static void layout_line(struct build *out, const struct trace_layout *l)
{
	if (l->n)
		build_fmt(out,
			  "  Of the %zu words on its pages whose positions differ between copies, "
			  "%zu %s measured.\n",
			  l->marks_n, l->n, l->n == 1 ? "was" : "were");
	else if (l->slots_n)
		build_str(out, "  It shows no page of the paper: the positions of words, by which "
			       "copies differ too, say\n  nothing.\n");
}

static void evidence_line(struct build *out, const struct trace_evidence *e)
{
	build_str(out, "The leak quotes \"");
	text_print(out, e->title);
	build_fmt(out, "\":\n  %zu of its words stand in the paper", e->matched_words);
	if (e->lattice->places_n)
		build_fmt(out,
			  "; %zu of the paper's %zu places were read, %zu more in the\n  same "
			  "passages could not be used.\n",
			  e->seen_n, text_lattice_symbols(e->lattice), e->erased_n);
	else
		build_str(out, ", whose wordings are the same in all copies.\n");
	if (e->supplied_n)
		build_fmt(
			out,
			"  %zu of these could have come from a public text and prove%s nothing.\n",
			e->supplied_n, e->supplied_n == 1 ? "s" : "");
	layout_line(out, &e->layout);
}

/* The three propositions. A likelihood ratio is given as a power of ten, rounded down. */
static void opinion_lines(struct build *out, const struct trace_verdict *v,
			  const struct trace_standing *s)
{
	double other = 1 - v->none - s->posterior;
	const struct {
		const char *what;
		double before, after;
	} rows[] = {{"this copy", s->prior, s->posterior},
		    {"another issued copy", 1 - v->prior_none - s->prior, other > 0 ? other : 0},
		    {"none of these copies", v->prior_none, v->none}};
	build_str(out, "  As an opinion:\n");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		build_fmt(out, "    %s", rows[i].what);
		before_after(out, rows[i].before, rows[i].after);
	}
	build_fmt(out, "  What was read is 10^%.0f times likelier from this copy than otherwise.\n",
		  floor(s->ratio / log(10)));
}

/* is_against tells whether a copy that is named does not fit what a layer shows. */
static bool is_against(const struct trace_standing *s)
{
	bool against = false;
	for (int l = 0; l < CODE_LAYERS; l++)
		against |= !s->layer[l].consistent;
	return against;
}

/* against_lines names the layers that a copy that is named does not fit. */
static void against_lines(struct build *out, const struct trace_standing *s)
{
	for (enum code_layer l = 0; l < CODE_LAYERS; l++)
		if (!s->layer[l].consistent)
			build_fmt(out,
				  "  Its %s speak against it: they come from another copy, or "
				  "something else was\n  mixed in.\n",
				  trace_layer_subject(l));
}

/* part_lines says what part a copy had: the only source, as far as can be seen, or one of several.
 */
static void part_lines(struct build *out, const struct trace_verdict *v,
		       const struct trace_standing *s)
{
	if (s->ground.stage != CODE_STAGE_SINGLE)
		build_fmt(out, "  It is named %s.\n", trace_ground_words(v, s));
	if (trace_is_of_one(v))
		opinion_lines(out, v, s);
	else if (v->named_n == 1 && !is_against(s))
		build_str(out, "  It is not the only source: other wordings were mixed in, of "
			       "another copy, a draft or an\n  editor's hand.\n");
	against_lines(out, s);
}

/* source_lines tells which passage comes from which copy, if they come from different ones. */
static void source_lines(struct build *out, const struct trace_verdict *v)
{
	if (v->sources_n)
		build_str(out, "TWO SOURCES OR MORE: passages come from different copies.\n");
	for (size_t i = 0; i < v->sources_n; i++) {
		const struct trace_passage *p = &v->evidence->passages[v->sources[i].passage];
		build_fmt(out, "  words %u to %u", p->from + 1, p->to);
		if (p->text)
			build_fmt(out, " of text %u", p->text + 1);
		build_str(out, ": the copy of ");
		text_print(out, v->sources[i].standing->reader->id);
		build_str(out, "\n");
	}
}

/* agree_lines counts what agrees with a copy that is named, and says what that is worth. */
static void agree_lines(struct build *out, const struct trace_verdict *v,
			const struct trace_standing *s)
{
	const struct trace_evidence *e = v->evidence;
	const struct trace_layer_standing *words = &s->layer[CODE_LAYER_WORDS],
					  *layout = &s->layer[CODE_LAYER_LAYOUT];
	unsigned long long n = v->tested_n;
	char odds[64];
	trace_round_up(s->p_value, odds, sizeof odds);
	if (e->layout.n && e->seen_n)
		build_fmt(
			out,
			".\n  %u of the %zu wordings that were read agree with it, and %u of the "
			"%zu positions.\n  The chance that anybody of the %llu committed readers "
			"who had no part in this leak fits it\n  this well is at most %s\n  (p = ",
			words->agree, e->seen_n, layout->agree, e->layout.n, n, odds);
	else if (e->layout.n)
		build_fmt(out,
			  ".\n  %u of the %zu positions of words agree with it. The chance that "
			  "anybody of the %llu committed\n  readers who had no part in this leak "
			  "fits it this well is at most %s\n  (p = ",
			  layout->agree, e->layout.n, n, odds);
	else
		build_fmt(out,
			  ".\n  %u of the %zu places agree with it, %u do%s not. The chance that "
			  "anybody of the %llu committed\n  readers who had no part in this leak "
			  "fits it this well is at most %s\n  (p = ",
			  s->agree, e->seen_n, s->disagree, s->disagree == 1 ? "es" : "", n, odds);
	out_bound(out, s->p_value);
	build_fmt(out, " over all of them; the level is %g).\n", v->max_false);
}

static void disagree_lines(struct build *out, const struct trace_verdict *v)
{
	if (v->layers_disagree)
		build_str(out,
			  "THE LAYERS NAME DIFFERENT COPIES: the wordings one, the positions "
			  "of words another. What\n  they say is not added up; each name rests "
			  "on one layer alone.\n");
}

static void named_lines(struct build *out, const struct trace_verdict *v)
{
	if (v->named_n > 1)
		build_fmt(out, "NAMED: at least %zu copies took part, each by its own evidence.\n",
			  v->named_n);
	disagree_lines(out, v);
	for (size_t i = 0; i < v->ranking_n; i++) {
		const struct trace_standing *s = &v->ranking[i];
		if (!s->named)
			continue;
		build_str(out, "NAMED: the copy of ");
		out_reader(out, s->reader->id, s->reader->name, s->reader->house, s->reader->side);
		agree_lines(out, v, s);
		part_lines(out, v, s);
	}
	source_lines(out, v);
	build_str(out,
		  "  This is the copy, not yet the person: it may have been passed on, stolen, or "
		  "taken from the\n  issuer's own archive.\n");
}

static void consistent_lines(struct build *out, const struct trace_verdict *v)
{
	enum { LISTED_MAX = 24 };
	build_fmt(out, "The leak is consistent with %zu of %zu copies", v->consistent_n,
		  v->ranking_n);
	size_t listed = 0;
	for (size_t i = 0; i < v->ranking_n && listed <= LISTED_MAX; i++) {
		if (!v->ranking[i].consistent)
			continue;
		if (listed == LISTED_MAX) {
			build_str(out, " ...");
			break;
		}
		build_str(out, listed++ ? ", " : ": ");
		text_print(out, v->ranking[i].reader->id);
	}
	build_str(out, ".\n");
}

static void inconclusive_lines(struct build *out, const struct trace_verdict *v)
{
	build_str(out, "NOBODY CAN BE NAMED.\n");
	consistent_lines(out, v);
	if (v->places_needed == CODE_NEVER)
		build_str(out, "No longer quotation would decide: the wordings are the same in all "
			       "copies. A picture or\na PDF of a page would, if the pages are "
			       "marked.\n");
	else
		build_fmt(out, "About %u more place%s that agree with one copy would decide.\n",
			  v->places_needed, plural(v->places_needed));
}

static void house_lines(struct build *out, const struct trace_verdict *v)
{
	enum { HOUSES_MAX = 8 };
	if (!trace_is_of_one(v)) {
		build_str(out, "No opinion by house: it would take the leak for the work of one "
			       "copy.\n");
		return;
	}
	build_str(out,
		  "How probable each source is, if all copies were equally likely before and "
		  "\"none of\nthese copies\" as likely as all of them together (an opinion; names "
		  "never come from it):\n");
	for (size_t i = 0; i < v->houses_n && i < HOUSES_MAX; i++) {
		const struct trace_house *h = &v->houses[i];
		build_str(out, "  ");
		text_print(out, h->house.len ? h->house : SLICE_LIT("(no house)"));
		if (h->side.len) {
			build_str(out, ", ");
			text_print(out, h->side);
		}
		before_after(out, h->prior, h->posterior);
	}
	if (v->houses_n > HOUSES_MAX)
		build_fmt(out, "  (and %zu more houses)\n", v->houses_n - HOUSES_MAX);
	build_str(out, "  none of these copies");
	before_after(out, v->prior_none, v->none);
}

static void verdict_lines(struct build *out, const struct trace_verdict *v)
{
	if (v->decision == TRACE_NOT_OURS) {
		if (v->papers_n > 1) {
			build_fmt(out,
				  "NOT OURS: nothing in this leak comes from any of the %zu "
				  "papers.\n",
				  v->papers_n);
			return;
		}
		build_str(out, "NOT OURS: nothing in this leak comes from \"");
		text_print(out, v->evidence->title);
		build_str(out, "\".\n");
		return;
	}
	evidence_line(out, v->evidence);
	if (v->left_out_n)
		build_fmt(out, "%zu copies that were committed later than the leak are left out.\n",
			  v->left_out_n);
	if (v->decision == TRACE_NAMED)
		named_lines(out, v);
	else
		inconclusive_lines(out, v);
	house_lines(out, v);
}

struct sr_err trace_words(const struct trace_verdict *verdicts, size_t n, struct build *out)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			build_str(out, "\n");
		verdict_lines(out, &verdicts[i]);
	}
	struct slice done;
	return build_done(out, &done);
}
