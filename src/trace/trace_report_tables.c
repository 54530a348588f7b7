/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_report_part.h"

#include "trace_ground.h"

#include <math.h>

enum { CELL_BYTES = 100 }; /* of a wording in the table of places */

void report_table_open(const struct report_section *s, const char *kind, const char *caption)
{
	build_fmt(s->out,
		  "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
		  "aria-labelledby=\"paper-%zu-%s\">\n<table class=\"%s\">\n"
		  "<caption id=\"paper-%zu-%s\">%s</caption>\n",
		  s->number, kind, kind, s->number, kind, caption);
}

void report_table_close(struct build *out)
{
	build_str(out, "</tbody>\n</table>\n</div>\n");
}

static void more_row(struct build *out, int columns, size_t n, const char *what)
{
	if (!n)
		return;
	build_fmt(out, "<tr class=\"more\"><td colspan=\"%d\">and ", columns);
	web_count(out, n);
	build_fmt(out, " more %s</td></tr>\n", what);
}

static void reader_row(struct build *out, const struct trace_standing *st)
{
	build_fmt(out, "<tr%s><th scope=\"row\">", st->named ? " class=\"named\"" : "");
	report_reader(out, st->reader);
	build_fmt(out, "</th><td class=\"num\">%u</td><td class=\"num\">%u</td><td>", st->agree,
		  st->disagree);
	web_chance(out, st->p_value);
	build_fmt(out, "</td><td class=\"standing\">%s</td></tr>\n",
		  st->named        ? "named"
		  : st->consistent ? "consistent"
				   : "excluded");
}

void report_readers(const struct report_section *s)
{
	struct build *out = s->out;
	const struct trace_verdict *v = s->v;
	size_t shown = 0, named = 0;
	report_table_open(s, "readers", "The readers whose copies fit best");
	build_str(out, "<thead><tr><th scope=\"col\">Reader</th><th scope=\"col\" class=\"num\">"
		       "Agree</th><th scope=\"col\" class=\"num\">Differ</th><th scope=\"col\">By "
		       "chance</th><th scope=\"col\">Standing</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < v->ranking_n; i++) {
		const struct trace_standing *st = &v->ranking[i];
		if (i >= REPORT_READERS && (!st->named || named >= REPORT_NAMED))
			break;
		reader_row(out, st);
		named += st->named;
		shown++;
	}
	more_row(out, 5, v->ranking_n - shown, "readers who fit less well");
	report_table_close(out);
	build_str(
		out,
		"<p class=\"soft\"><em>Agree</em> and <em>differ</em> count what was read. <em>By "
		"chance</em>: the chance that anybody counted who had no part in the leak "
		"fits it as well, at most. <em>Excluded</em>: if he alone were the "
		"source, a "
		"fit as poor as his would come about in fewer than 1 of 100 cases; this rests on "
		"the readings and acquits nobody by itself.</p>\n");
}

static void layer_row(const struct report_section *s, enum code_layer l,
		      const struct trace_standing *st)
{
	struct build *out = s->out;
	const struct trace_layer_standing *own = &st->layer[l];
	build_fmt(out, "<tr%s><th scope=\"row\">", own->named ? " class=\"named\"" : "");
	web_name(out, st->reader->name.len ? st->reader->name : st->reader->id);
	build_fmt(out, "</th><td>%s</td><td class=\"num\">%u</td><td class=\"num\">%u</td><td>",
		  trace_layer_subject(l), own->agree, own->disagree);
	if (s->v->layered)
		web_chance(out, own->p_value);
	build_fmt(out, "</td><td class=\"standing\">%s</td></tr>\n",
		  own->named         ? "names this copy"
		  : !own->consistent ? "excludes it"
				     : "names nobody");
}

/* is_shown tells whether the table of layers has the reader number i: who is named, or the best. */
static bool is_shown(const struct trace_verdict *v, size_t i)
{
	return v->named_n ? v->ranking[i].named : i == 0;
}

void report_layers(const struct report_section *s)
{
	struct build *out = s->out;
	size_t shown = 0;
	if (!trace_has_layers(s->v))
		return;
	report_table_open(s, "layers", "What each layer says alone");
	build_str(out, "<thead><tr><th scope=\"col\">Reader</th><th scope=\"col\">Layer</th><th "
		       "scope=\"col\" class=\"num\">Agree</th><th scope=\"col\" "
		       "class=\"num\">Differ</th><th scope=\"col\">By chance</th><th "
		       "scope=\"col\">It</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < s->v->ranking_n && shown < REPORT_NAMED; i++) {
		if (!is_shown(s->v, i))
			continue;
		shown++;
		for (enum code_layer l = 0; l < CODE_LAYERS; l++)
			layer_row(s, l, &s->v->ranking[i]);
	}
	report_table_close(out);
	build_str(out, "<p class=\"soft\">The <em>wordings</em> outlast retyping, the "
		       "<em>positions of words</em> on the page a picture. <em>By chance</em> here "
		       "is that of the one layer, counted beside the sum of both");
	build_str(out, s->v->layered ? ".</p>\n"
				     : ": there is none, as the leak shows one layer only.</p>\n");
}

static void list(const struct report_section *s, const char *kind, const char *heading,
		 bool consistent, size_t n)
{
	struct build *out = s->out;
	size_t shown = 0;
	build_fmt(out, "<h4>%s: ", heading);
	web_count(out, n);
	build_str(out, " of ");
	web_count(out, s->v->ranking_n);
	build_fmt(out, "</h4>\n<p class=\"%s\">", kind);
	for (size_t i = 0; i < s->v->ranking_n && shown < REPORT_LISTED; i++) {
		const struct trace_standing *st = &s->v->ranking[i];
		if (st->consistent != consistent)
			continue;
		build_str(out, shown++ ? ", " : "");
		web_name(out, st->reader->name.len ? st->reader->name : st->reader->id);
		build_str(out, " (");
		web_name(out, st->reader->id);
		build_str(out, ")");
	}
	if (!n)
		build_str(out, "nobody");
	if (n > shown) {
		build_str(out, " and ");
		web_count(out, n - shown);
		build_str(out, " more");
	}
	build_str(out, ".</p>\n");
}

void report_lists(const struct report_section *s)
{
	build_str(s->out, "<h3>Who is consistent, who is excluded</h3>\n");
	list(s, "consistent", "Consistent with being the only source", true, s->v->consistent_n);
	list(s, "excluded", "Excluded as the only source (at 1%)", false,
	     s->v->ranking_n - s->v->consistent_n);
}

static void before_after(struct build *out, double before, double after)
{
	build_str(out, "</th><td class=\"num\">");
	web_percent(out, before);
	build_str(out, "</td><td class=\"num\">");
	web_percent(out, after);
	build_str(out, "</td></tr>\n");
}

static void proposition(struct build *out, const char *what, double before, double after)
{
	build_fmt(out, "<tr><th scope=\"row\">%s", what);
	before_after(out, before, after > 0 ? after : 0);
}

static void named_propositions(struct build *out, const struct trace_verdict *v,
			       const struct trace_standing *st)
{
	build_str(out, "<tr><th scope=\"row\">the copy of ");
	report_reader(out, st->reader);
	before_after(out, st->prior, st->posterior);
	proposition(out, "another issued copy", 1 - v->prior_none - st->prior,
		    1 - v->none - st->posterior);
}

static void ratio_line(struct build *out, const struct trace_standing *st)
{
	double power = floor(st->ratio / log(10));
	build_str(out, "<p>What was read is ");
	if (power >= 1)
		build_fmt(out, "at least 10<sup>%.0f</sup> times", power);
	else
		build_str(out, st->ratio > 0 ? "less than 10 times" : "not");
	build_str(out, " likelier if it comes from the copy of ");
	web_name(out, st->reader->name.len ? st->reader->name : st->reader->id);
	build_str(out,
		  " than if it comes from another issued copy or from none of them (likelihood "
		  "ratio, rounded down).</p>\n");
}

void report_propositions(const struct report_section *s)
{
	struct build *out = s->out;
	const struct trace_verdict *v = s->v;
	size_t shown = 0;
	build_str(out, "<h3>How probable each explanation is</h3>\n");
	if (v->layers_disagree) {
		build_str(out, "<p>There is no opinion: it would take the leak for the work of one "
			       "source, and its layers name different copies.</p>\n");
		return;
	}
	build_str(out, "<p>An opinion beside the verdict, which never comes from it. Before: all "
		       "copies equally likely, and &#8220;none of these copies&#8221; as likely as "
		       "all of them together.</p>\n");
	if (v->named_n > 1)
		build_str(out, "<p>Each explanation is of the whole leak by one source. Several "
			       "copies are named, so that none of them can be quite right.</p>\n");
	report_table_open(s, "propositions", "Explanations of what was read");
	build_str(out, "<thead><tr><th scope=\"col\">The words were taken from</th><th "
		       "scope=\"col\" class=\"num\">Before</th><th scope=\"col\" class=\"num\">"
		       "After</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < v->ranking_n && shown < REPORT_NAMED; i++) {
		if (!v->ranking[i].named)
			continue;
		named_propositions(out, v, &v->ranking[i]);
		shown++;
	}
	if (!shown)
		proposition(out, "one of the issued copies", 1 - v->prior_none, 1 - v->none);
	proposition(out,
		    "none of these copies<span class=\"where\">an independent writer, a draft, a "
		    "public text</span>",
		    v->prior_none, v->none);
	report_table_close(out);
	for (size_t i = 0, k = 0; i < v->ranking_n && k < shown; i++) {
		if (!v->ranking[i].named)
			continue;
		ratio_line(out, &v->ranking[i]);
		k++;
	}
}

void report_houses(const struct report_section *s)
{
	struct build *out = s->out;
	const struct trace_verdict *v = s->v;
	if (v->layers_disagree)
		return;
	report_table_open(s, "houses", "The same by house: sums over its readers");
	build_str(out, "<thead><tr><th scope=\"col\">House</th><th scope=\"col\">Side</th><th "
		       "scope=\"col\" class=\"num\">Before</th><th scope=\"col\" class=\"num\">"
		       "After</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < v->houses_n && i < REPORT_HOUSES; i++) {
		const struct trace_house *h = &v->houses[i];
		build_str(out, "<tr><th scope=\"row\">");
		if (h->house.len)
			web_name(out, h->house);
		else
			build_str(out, "(no house)");
		build_str(out, "</th><td>");
		web_name(out, h->side);
		build_str(out, "</td><td class=\"num\">");
		web_percent(out, h->prior);
		build_str(out, "</td><td class=\"num\">");
		web_percent(out, h->posterior);
		build_str(out, "</td></tr>\n");
	}
	more_row(out, 4, v->houses_n > REPORT_HOUSES ? v->houses_n - REPORT_HOUSES : 0, "houses");
	build_str(out,
		  "<tr><th scope=\"row\">none of these copies</th><td></td><td class=\"num\">");
	web_percent(out, v->prior_none);
	build_str(out, "</td><td class=\"num\">");
	web_percent(out, v->none);
	build_str(out, "</td></tr>\n");
	report_table_close(out);
}

static void others(struct build *out, const struct text_place *place, const struct mark_place *m)
{
	uint32_t shown = 0;
	for (uint32_t k = 0; k < place->wordings_n && shown < REPORT_WORDINGS; k++) {
		if (m->state == MARK_READ && k == m->symbol)
			continue;
		build_str(out, shown++ ? " / <bdi>" : "<bdi>");
		web_text(out, place->wordings[k], CELL_BYTES);
		build_str(out, "</bdi>");
	}
	uint32_t all = place->wordings_n - (m->state == MARK_READ);
	if (all > shown)
		build_fmt(out, " and %u more", all - shown);
}

static void place_row(const struct report_section *s, size_t i)
{
	struct build *out = s->out;
	const struct trace_report *r = s->page->r;
	const struct mark_place *m = &s->v->evidence->places[i];
	char letter;
	build_fmt(out, "<tr><th scope=\"row\" class=\"num\">%zu</th><td>", i + 1);
	if (m->from < m->to) {
		const struct text_token *first = &r->tokens[m->text].at[m->from];
		const struct text_token *last = &r->tokens[m->text].at[m->to - 1];
		build_fmt(out, "<mark class=\"%s\">", m->state == MARK_READ ? "read" : "erased");
		web_text(out,
			 slice_sub(r->texts[m->text], first->off,
				   (size_t)last->off + last->len - first->off),
			 CELL_BYTES);
		build_str(out, "</mark>");
	}
	build_str(out, "</td><td>");
	others(out, &s->v->evidence->lattice->places[m->spot], m);
	build_str(out, "</td><td>");
	if (m->state == MARK_READ) {
		build_str(out, "read");
	} else {
		(void)report_reason(m->why, &letter);
		build_fmt(out, "not used (%c)", letter);
	}
	build_str(out, "</td></tr>\n");
}

void report_places(const struct report_section *s)
{
	struct build *out = s->out;
	const struct trace_evidence *e = s->v->evidence;
	size_t shown = 0, all = e->seen_n + e->erased_n;
	if (!all)
		return;
	build_str(out, "<h3>Place by place</h3>\n");
	report_table_open(s, "places",
			  "Every place that the leak shows, in the order of the paper");
	build_str(out,
		  "<thead><tr><th scope=\"col\" class=\"num\">No.</th><th scope=\"col\">In the "
		  "leak</th><th scope=\"col\">In other copies</th><th scope=\"col\">Used</th>"
		  "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < e->lattice->places_n && shown < REPORT_PLACES; i++) {
		if (e->places[i].state == MARK_UNSEEN)
			continue;
		place_row(s, i);
		shown++;
	}
	more_row(out, 4, all - shown, "places");
	report_table_close(out);
}
