/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_report_part.h"

#include <time.h>

/* has_pictures tells whether a section shows pictures, which are within the page. */
static bool has_pictures(const struct trace_report *r)
{
	for (size_t i = 0; i < r->verdicts_n; i++)
		if (r->verdicts[i].views && r->verdicts[i].views->n)
			return true;
	return false;
}

static void write_head(struct report_page *p)
{
	struct build *out = p->out;
	build_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		       "&#39;none&#39;; ");
	build_str(out, has_pictures(p->r) ? "img-src data:; " : "");
	build_str(out, "style-src &#39;unsafe-inline&#39;; base-uri &#39;none&#39;; form-action "
		       "&#39;none&#39;\"/>\n"
		       "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
		       "<meta name=\"robots\" content=\"noindex\"/>\n"
		       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		       "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
		       "<meta name=\"format-detection\" content=\"telephone=no\"/>\n"
		       "<title>Do not pass on: internal report, ");
	web_text(out, p->r->verdicts[0].evidence->title, WEB_NAME_MAX);
	build_str(out, "</title>\n<style>\n");
	for (size_t i = 0; report_style[i]; i++)
		build_str(out, report_style[i]);
	build_str(out,
		  "</style>\n</head>\n<body>\n<header>\n"
		  "<p class=\"stamp\">Do not pass on</p>\n<h1>Whose copy was leaked?</h1>\n"
		  "<p class=\"soft\">Internal report of subrosa, for the issuer of the paper. It "
		  "names readers, quotes the leak and shows how copies differ. Whoever has it can "
		  "tell what to change in a copy, so it stays in the house.</p>\n");
}

static void short_answer(struct build *out, const struct trace_verdict *v)
{
	web_name(out, v->evidence->title);
	build_str(out, ": ");
	if (v->decision == TRACE_NOT_OURS)
		build_str(out, "nothing in the leak comes from it");
	else if (v->named_n == 1)
		build_str(out, "one copy is named");
	else if (v->named_n)
		build_fmt(out, "%zu copies are named", v->named_n);
	else
		build_str(out, "nobody can be named");
}

/* contents lists the papers where the leak quotes several. */
static void contents(struct report_page *p)
{
	struct build *out = p->out;
	size_t n = p->r->verdicts_n;
	if (n < 2)
		return;
	build_fmt(out, "<nav aria-label=\"Papers\">\n<p>The leak quotes %zu papers:</p>\n<ol>\n",
		  n);
	for (size_t i = 0; i < n && i < REPORT_PAPERS; i++) {
		build_fmt(out, "<li><a href=\"#paper-%zu\">", i + 1);
		short_answer(out, &p->r->verdicts[i]);
		build_str(out, "</a></li>\n");
	}
	if (n > REPORT_PAPERS)
		build_fmt(out, "<li>and %zu more, which are not shown here</li>\n",
			  n - REPORT_PAPERS);
	build_str(out, "</ol>\n</nav>\n");
}

static struct sr_err section(struct report_page *p, size_t i)
{
	const struct report_section s = {p, p->out, &p->r->verdicts[i], i + 1};
	struct build *out = p->out;
	build_fmt(out,
		  "<section id=\"paper-%zu\" aria-labelledby=\"paper-%zu-title\">\n"
		  "<h2 id=\"paper-%zu-title\">",
		  i + 1, i + 1, i + 1);
	web_name(out, s.v->evidence->title);
	build_str(out, "</h2>\n");
	report_answer(&s);
	if (s.v->decision != TRACE_NOT_OURS) {
		SR_TRY(report_leak(&s));
		SR_TRY(report_pictures(&s));
		report_plot(&s);
		report_readers(&s);
		report_layers(&s);
		report_lists(&s);
		report_propositions(&s);
		report_houses(&s);
	}
	report_searched(&s);
	if (s.v->decision != TRACE_NOT_OURS)
		report_places(&s);
	build_str(out, "</section>\n");
	return sr_ok();
}

struct sr_err trace_report_write(const struct trace_report *r, struct build *out)
{
	struct arena scratch = {0};
	struct report_page p = {r, out, &scratch, REPORT_LEAK_BYTES};
	write_head(&p);
	contents(&p);
	build_str(out, "</header>\n<main>\n");
	struct sr_err e = sr_ok();
	for (size_t i = 0; i < r->verdicts_n && i < REPORT_PAPERS && !sr_bad(e); i++)
		e = section(&p, i);
	build_str(out, "</main>\n<footer>\n<p class=\"stamp\">Do not pass on</p>\n"
		       "<p class=\"soft\">The same leak, ledgers and options give the same report. "
		       "Written by subrosa " SUBROSA_VERSION ".</p>\n"
		       "</footer>\n</body>\n</html>\n");
	arena_release(&scratch);
	struct slice done;
	return sr_bad(e) ? e : build_done(out, &done);
}

static void files(struct build *out, const char *what, const struct slice *names, size_t n)
{
	build_fmt(out, "<dt>%s</dt>\n<dd>", what);
	for (size_t i = 0; i < n && i < REPORT_FILES; i++) {
		build_str(out, i ? ", " : "");
		web_name(out, names[i]);
	}
	if (n > REPORT_FILES)
		build_fmt(out, " and %zu more", n - REPORT_FILES);
	build_str(out, n ? "</dd>\n" : "none was given</dd>\n");
}

static void counted(struct build *out, const char *what, uint64_t n, const char *more)
{
	build_fmt(out, "<dt>%s</dt>\n<dd>", what);
	web_count(out, n);
	build_fmt(out, "%s</dd>\n", more);
}

static void cut_off(const struct report_section *s)
{
	struct build *out = s->out;
	time_t by = (time_t)s->page->r->leaked_by;
	struct tm tm;
	build_str(out, "<dt>Date of the leak</dt>\n<dd>");
	if (s->page->r->leaked_by == INT64_MAX || !gmtime_r(&by, &tm)) {
		build_str(out, "none was given: every committed copy counts</dd>\n");
		return;
	}
	build_fmt(out, "%04d-%02d-%02d (UTC); ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	web_count(out, s->v->left_out_n);
	build_fmt(out, " cop%s committed later %s left out</dd>\n",
		  s->v->left_out_n == 1 ? "y" : "ies", s->v->left_out_n == 1 ? "is" : "are");
}

/* scores says how many chances to err the p-values answer for. */
static void scores(const struct report_section *s)
{
	const struct trace_verdict *v = s->v;
	if (v->collusion < 2 && !v->layered) {
		counted(s->out, "Scores made", v->tested_n, ", one for each reader");
		return;
	}
	build_fmt(s->out,
		  "<dt>Scores made</dt>\n<dd>several for each reader, all of which count: by "
		  "everything that was read%s%s</dd>\n",
		  v->layered ? ", by each layer alone" : "",
		  v->collusion < 2
			  ? ""
			  : ", as one of several copies that were mixed, and by longer passages");
}

void report_searched(const struct report_section *s)
{
	struct build *out = s->out;
	const struct trace_report *r = s->page->r;
	const struct trace_evidence *e = s->v->evidence;
	uint64_t words = 0;
	for (size_t i = 0; i < r->leaks_n; i++)
		words += r->tokens[i].n;
	build_str(out, "<h3>What was searched and counted</h3>\n<dl>\n");
	files(out, "Leak", r->leak_names, r->leaks_n);
	counted(out, "Words of the leak", words, "");
	counted(out, "of them in the paper", e->matched_words, "");
	counted(out, "Places of the paper", text_lattice_symbols(e->lattice),
		" (spots where copies may differ; those that change together count once)");
	counted(out, "read in the leak", e->seen_n, "");
	counted(out, "seen but not used", e->erased_n, "");
	if (e->layout.slots_n) {
		counted(out, "Words on the paper&#39;s pages whose positions differ",
			e->layout.marks_n, "");
		counted(out, "measured in the leak", e->layout.n, "");
	}
	counted(out, "Readers counted", s->v->tested_n,
		", all those committed in every paper that was scored, also those who never opened "
		"their copy");
	scores(s);
	counted(out, "Papers searched", s->v->papers_n, "");
	files(out, "Ledgers", r->ledger_names, r->ledgers_n);
	files(out, "Public texts taken into account", r->public_names, r->publics_n);
	cut_off(s);
	build_str(out, "<dt>Level</dt>\n<dd>");
	web_chance(out, s->v->max_false);
	build_fmt(out,
		  " (%g): the largest chance, over all readers, of naming somebody who had no part "
		  "in the leak</dd>\n</dl>\n",
		  s->v->max_false);
}
