/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_report_part.h"

#include "code_family.h"
#include "trace_ground.h"

#include <math.h>

void report_reader(struct build *out, const struct trace_reader *reader)
{
	web_name(out, reader->name.len ? reader->name : reader->id);
	build_str(out, "<span class=\"where\">");
	web_name(out, reader->id);
	if (reader->house.len) {
		build_str(out, ", ");
		web_name(out, reader->house);
	}
	if (reader->side.len) {
		build_str(out, ", ");
		web_name(out, reader->side);
	}
	build_str(out, "</span>");
}

static const char copy_not_person[] =
	"<li><strong>This is the copy, not yet the person.</strong> The copy may have been "
	"forwarded, left lying about or stolen, and the issuer&#39;s own archive holds every "
	"copy.</li>\n";

/* chance_sentence is the promise: nobody is named without it. */
static void chance_sentence(const struct report_section *s, double p)
{
	struct build *out = s->out;
	build_str(out,
		  "<p>The chance that the copy of anybody who had no part in this leak, of the ");
	web_count(out, s->v->tested_n);
	build_fmt(out, " reader%s counted, fits it this well is at most <strong class=\"chance\">",
		  web_s(s->v->tested_n));
	web_chance(out, p);
	build_str(out, "</strong>.</p>\n");
}

static void named_answer(const struct report_section *s)
{
	struct build *out = s->out;
	size_t shown = 0;
	build_str(out, "<div class=\"answer named\">\n");
	if (s->v->named_n > 1) {
		build_str(out, "<p class=\"first\">The leak carries the marks of at least ");
		web_count(out, s->v->named_n);
		build_str(out, " copies, each by its own evidence:</p>\n");
	}
	for (size_t i = 0; i < s->v->ranking_n && shown < REPORT_NAMED; i++) {
		const struct trace_standing *st = &s->v->ranking[i];
		if (!st->named)
			continue;
		shown++;
		build_str(out, s->v->named_n > 1
				       ? "<p class=\"first\">The copy of "
				       : "<p class=\"first\">The leak comes from the copy of ");
		report_reader(out, st->reader);
		build_str(out, "</p>\n");
		chance_sentence(s, st->p_value);
	}
	if (s->v->named_n > shown)
		build_fmt(out, "<p>And %zu more.</p>\n", s->v->named_n - shown);
	build_str(out, "</div>\n");
}

/* grounds says why each copy is named that is not named as the only source. */
static void grounds(const struct report_section *s)
{
	size_t shown = 0;
	for (size_t i = 0; i < s->v->ranking_n && shown < REPORT_NAMED; i++) {
		const struct trace_standing *st = &s->v->ranking[i];
		if (!st->named)
			continue;
		shown++;
		if (st->ground.stage == CODE_STAGE_SINGLE)
			continue;
		build_str(s->out, "<li>The copy of ");
		web_name(s->out, st->reader->name.len ? st->reader->name : st->reader->id);
		build_fmt(s->out, " is named %s.</li>\n", trace_ground_words(s->v, st));
	}
}

/* layers says where the layers speak of different copies. */
static void layers(const struct report_section *s)
{
	size_t shown = 0;
	if (s->v->layers_disagree)
		build_str(
			s->out,
			"<li><strong>The layers name different copies</strong>: the wordings one, "
			"the positions of words another. What they say is not added up; each name "
			"rests on one layer alone. A text and a page may have been leaked by "
			"different hands, or one copy was made to look like another.</li>\n");
	for (size_t i = 0; i < s->v->ranking_n && shown < REPORT_NAMED; i++) {
		const struct trace_standing *st = &s->v->ranking[i];
		shown += st->named;
		for (enum code_layer l = 0; l < CODE_LAYERS && st->named; l++) {
			if (st->layer[l].consistent)
				continue;
			build_fmt(s->out, "<li>The %s speak against the copy of ",
				  trace_layer_subject(l));
			web_name(s->out, st->reader->name.len ? st->reader->name : st->reader->id);
			build_str(s->out, ": they come from another copy, or something else was "
					  "mixed in.</li>\n");
		}
	}
}

/* sources says which passage comes from which copy, if they come from different ones. */
static void sources(const struct report_section *s)
{
	if (s->v->sources_n)
		build_str(s->out, "<li>Passages come from different copies:<ul>\n");
	for (size_t i = 0; i < s->v->sources_n; i++) {
		const struct trace_source *at = &s->v->sources[i];
		const struct trace_passage *p = &s->v->evidence->passages[at->passage];
		const struct trace_reader *who = at->standing->reader;
		build_fmt(s->out, "<li>words %u to %u of text %u: the copy of ", p->from + 1, p->to,
			  p->text + 1);
		web_name(s->out, who->name.len ? who->name : who->id);
		build_str(s->out, "</li>\n");
	}
	if (s->v->sources_n)
		build_str(s->out, "</ul></li>\n");
}

/* what names what was read, places if only words were. */
static const char *what(const struct trace_evidence *e)
{
	bool one = trace_evidence_seen(e) == 1;
	if (!e->layout.n)
		return one ? "place" : "places";
	return e->seen_n ? "wordings and positions of words"
	       : one     ? "position of a word"
			 : "positions of words";
}

static void named_meaning(const struct report_section *s)
{
	struct build *out = s->out;
	const struct trace_standing *best = &s->v->ranking[0];
	build_str(out, "<h3>What this means</h3>\n<ul>\n<li>");
	if (s->v->named_n == 1 && !best->disagree) {
		build_str(out, "All ");
		web_count(out, best->agree);
		build_fmt(out, " %s that were read agree with this copy.", what(s->v->evidence));
	} else if (s->v->named_n == 1) {
		web_count(out, best->agree);
		build_str(out, " of the ");
		web_count(out, trace_evidence_seen(s->v->evidence));
		build_fmt(out, " %s that were read agree with this copy; %u do%s not.",
			  what(s->v->evidence), best->disagree, best->disagree == 1 ? "es" : "");
		if (!best->consistent)
			build_str(out, " This copy alone does not explain the leak: wordings were "
				       "changed, or something else was mixed in, perhaps another "
				       "copy.");
	} else {
		build_str(out,
			  "Several copies fit far better than chance allows. Their readers "
			  "may have put the leak together, or several leaks were given as one.");
	}
	build_str(out, "</li>\n");
	grounds(s);
	layers(s);
	sources(s);
	build_str(out, "<li>A copy is named only if the chance of naming anybody wrongly, "
		       "over all readers together, is at most ");
	web_chance(out, s->v->max_false);
	build_str(out, ". That chance was computed exactly and rounded upward.</li>\n</ul>\n"
		       "<h3>What it does not mean</h3>\n<ul>\n");
	build_str(out, copy_not_person);
	build_str(out, "<li>It is not the chance that the reader is innocent. It is how rarely the "
		       "method would name anybody who had no part in the leak.</li>\n"
		       "<li>A press release or a draft that was made from this copy carries its "
		       "wordings too. Only the public texts listed below were taken into "
		       "account.</li>\n</ul>\n");
}

/* about rounds up to two digits: an estimate should look like one. */
static uint64_t about(double n)
{
	double unit = n >= 100 ? pow(10, floor(log10(n)) - 1) : n >= 20 ? 5 : 1;
	return (uint64_t)(ceil(n / unit) * unit);
}

/* needed says how much more would decide, in places and in words of quotation. */
static void needed(const struct report_section *s)
{
	struct build *out = s->out;
	const struct trace_evidence *e = s->v->evidence;
	size_t places = trace_layer_places(e, CODE_LAYER_WORDS), left;
	if (e->layout.n)
		places += trace_layer_places(e, CODE_LAYER_LAYOUT);
	left = places - trace_evidence_seen(e);
	if (s->v->places_needed == CODE_NEVER || !places || s->v->places_needed > left) {
		build_str(out, "<li>No longer quotation would decide: ");
		if (places)
			build_fmt(out,
				  "about %u more places would have to agree with one copy, and the "
				  "paper has only %zu that were not read yet.</li>\n",
				  s->v->places_needed, left);
		else
			build_str(out, "the wordings are the same in all copies.</li>\n");
		return;
	}
	double words = s->v->places_needed * (double)e->paper_words / (double)places;
	build_fmt(out,
		  "<li class=\"needed\">About %u more place%s that agree with one copy would "
		  "decide: about ",
		  s->v->places_needed, web_s(s->v->places_needed));
	web_count(out, about(words));
	build_str(out, " more words of quotation from this paper.</li>\n");
}

/* supplied says what public texts took away. */
static void supplied(const struct report_section *s)
{
	size_t n = s->v->evidence->supplied_n;
	if (!n)
		return;
	build_str(s->out, "<li>");
	web_count(s->out, n);
	build_fmt(s->out,
		  " more place%s could have come from a public text and prove%s nothing.</li>\n",
		  web_s(n), n == 1 ? "s" : "");
}

static void open_answer(const struct report_section *s)
{
	struct build *out = s->out;
	const struct trace_verdict *v = s->v;
	build_str(out, "<div class=\"answer open\">\n<p class=\"first\">Nobody can be named.</p>\n"
		       "<p>The leak quotes the paper, but it does not show enough to tell one copy "
		       "from the others with a chance of error of at most ");
	web_chance(out, v->max_false);
	build_str(out, ".</p>\n</div>\n<h3>What this means</h3>\n<ul>\n<li>");
	web_count(out, trace_evidence_seen(v->evidence));
	build_fmt(out, " %s %s read. ", what(v->evidence),
		  trace_evidence_seen(v->evidence) == 1 ? "was" : "were");
	web_count(out, v->consistent_n);
	build_str(out, " of ");
	web_count(out, v->ranking_n);
	build_fmt(out, " cop%s %s consistent with them; ", v->ranking_n == 1 ? "y" : "ies",
		  v->consistent_n == 1 ? "is" : "are");
	web_count(out, v->ranking_n - v->consistent_n);
	build_fmt(out, " %s excluded.</li>\n", v->ranking_n - v->consistent_n == 1 ? "is" : "are");
	supplied(s);
	needed(s);
	build_str(out, "</ul>\n<h3>What it does not mean</h3>\n<ul>\n"
		       "<li>It is not enough to accuse the reader who comes first in the table: "
		       "somebody always does.</li>\n"
		       "<li>Whatever copy it was would be the copy, not yet the person: copies are "
		       "forwarded and stolen, and the issuer&#39;s own archive holds every "
		       "copy.</li>\n</ul>\n");
}

static void foreign_answer(const struct report_section *s)
{
	struct build *out = s->out;
	build_str(out, "<div class=\"answer foreign\">\n<p class=\"first\">Nothing in this leak "
		       "comes from ");
	if (s->v->papers_n > 1)
		build_fmt(out, "any of the %zu papers", s->v->papers_n);
	else
		build_str(out, "this paper");
	build_str(out, ".</p>\n<p>Nobody is named, and nobody was looked at.</p>\n</div>\n"
		       "<h3>What it does not mean</h3>\n<ul>\n<li>A leak that retells the paper in "
		       "other words cannot be traced by its wordings.</li>\n<li>It may quote a "
		       "paper whose ledger was not given.</li>\n</ul>\n");
}

void report_answer(const struct report_section *s)
{
	switch (s->v->decision) {
	case TRACE_NOT_OURS:
		foreign_answer(s);
		return;
	case TRACE_INCONCLUSIVE:
		open_answer(s);
		return;
	case TRACE_NAMED:
		named_answer(s);
		named_meaning(s);
		return;
	}
}
