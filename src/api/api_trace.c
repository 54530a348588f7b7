/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "api_external.h"
#include "api_texts.h"
#include "ledger.h"
#include "base_limits.h"
#include "page_plan.h"
#include "platform.h"
#include "trace_external.h"
#include "trace_out.h"
#include "trace_pages.h"
#include "trace_report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0600 }; /* of reports and verdicts */

/* One ledger that has to do with the leak. */
struct candidate {
	struct ledger *ledger;
	const char *path;
	struct trace_evidence evidence;
	struct trace_views views;
	struct trace_reader *readers;
	size_t readers_n;
};

struct tracer {
	const struct sr_trace_options *o;
	struct arena *a;
	struct api_texts leaks, publics;
	struct trace_pages *leak_pages, *public_pages; /* by file */
	struct candidate *found;
	size_t found_n;
	struct ledger_keys *keys;
};

/* has_pages tells whether there is a picture or a PDF among the leaks. */
static bool has_pages(const struct tracer *t)
{
	for (size_t i = 0; i < t->leaks.n; i++)
		if (t->leak_pages[i].n)
			return true;
	return false;
}

/* explain says what is wrong with a candidate's paper, with the name of its ledger. */
static struct sr_err explain(const struct tracer *t, const struct candidate *c, struct sr_err e)
{
	struct sr_sink at = api_sink(&t->o->sink, c->path);
	return api_blame(&at, e);
}

/* read_alone finds what the words of each file with pages show by themselves: two files may be of
 * two copies. */
static struct sr_err read_alone(struct tracer *t, const struct candidate *c,
				const struct api_texts *texts, struct trace_pages *pages)
{
	for (size_t i = 0; i < texts->n; i++) {
		struct trace_evidence own;
		if (!pages[i].n)
			continue;
		SR_TRY(trace_evidence_find(t->a, c->evidence.title, c->evidence.lattice,
					   &texts->tokens[i], 1, NULL, 0, &own));
		pages[i].spots = own.spots;
	}
	return sr_ok();
}

static void tell_compared(void *user, size_t done, size_t total)
{
	const struct sr_progress *p = user;
	p->fn(p->user, "pages compared", done, total);
}

/* find_layout adds what the pictures and PDFs show of the places of words, if the paper has pages.
 */
static struct sr_err find_layout(struct tracer *t, struct candidate *c)
{
	struct page_sheet sheet;
	struct slice bytes;
	if (!ledger_paper(c->ledger)->has_sheet || !has_pages(t))
		return sr_ok();
	SR_TRY(ledger_sheet(c->ledger, t->a, &bytes));
	SR_TRY(explain(t, c, page_sheet_read(t->a, bytes, &sheet)));
	if (!page_plan_fits(&sheet, c->evidence.lattice))
		return explain(t, c, sr_fail(SR_E_INPUT, "its pages are not those of its paper"));
	/* A leak of one file was read alone already. */
	t->leak_pages[0].spots = c->evidence.spots;
	if (t->leaks.n > 1)
		SR_TRY(read_alone(t, c, &t->leaks, t->leak_pages));
	SR_TRY(read_alone(t, c, &t->publics, t->public_pages));
	const struct sr_progress *p = &t->o->progress;
	const struct trace_progress progress = {p->fn ? tell_compared : NULL, (void *)(uintptr_t)p};
	SR_TRY(explain(t, c,
		       trace_pages_read(t->a, &sheet, c->evidence.lattice, c->evidence.spots,
					t->leak_pages, t->leaks.n, t->public_pages, t->publics.n,
					&progress, &c->views)));
	return trace_evidence_layout(t->a, &c->views.layout, &c->evidence);
}

static struct sr_err find_evidence(struct tracer *t, struct candidate *c)
{
	struct text_lattice *l = ARENA_NEW(t->a, struct text_lattice);
	if (!l)
		return sr_nomem();
	const struct ledger_paper *p = ledger_paper(c->ledger);
	SR_TRY(explain(t, c, text_lattice_read(t->a, p->lattice, l)));
	SR_TRY(trace_evidence_find(t->a, p->title, l, t->leaks.tokens, t->leaks.n,
				   t->publics.tokens, t->publics.n, &c->evidence));
	return find_layout(t, c);
}

/* is_quoted tells whether the leak has to do with the paper. */
static bool is_quoted(const struct candidate *c)
{
	return c->evidence.matched_words || c->evidence.layout.n;
}

/* look_into opens ledger i and keeps it if the leak quotes its paper. The first ledger is kept in
 * any case: somebody has to say "not ours". */
static struct sr_err look_into(struct tracer *t, size_t i)
{
	struct candidate c = {.path = t->o->ledgers[i]};
	SR_TRY(ledger_open(t->o->ledgers[i], true, t->keys, &t->o->sink, &c.ledger));
	struct sr_err e = find_evidence(t, &c);
	if (sr_bad(e) || (i > 0 && !is_quoted(&c))) {
		ledger_close(c.ledger);
		return e;
	}
	/* The first ledger gives way to the first one that has to do with the leak. */
	if (t->found_n == 1 && !is_quoted(&t->found[0]))
		ledger_close(t->found[--t->found_n].ledger);
	t->found[t->found_n++] = c;
	return sr_ok();
}

static struct sr_err load_readers(struct tracer *t, struct candidate *c)
{
	struct ledger_readers r;
	SR_TRY(ledger_readers_load(c->ledger, t->a, &r));
	c->readers = api_trace_readers(t->a, &r);
	c->readers_n = r.n;
	return c->readers ? sr_ok() : sr_nomem();
}

/* Every reader of every paper that is scored is a chance to err. A paper of which nothing was read
 * is not scored. */
static uint64_t count_tested(const struct tracer *t)
{
	uint64_t n = 0;
	for (size_t i = 0; i < t->found_n; i++)
		for (size_t k = 0;
		     k < t->found[i].readers_n && trace_evidence_seen(&t->found[i].evidence); k++)
			n += trace_in_time(&t->found[i].readers[k], t->o->leaked_by);
	return n;
}

static struct trace_question question_of(const struct tracer *t, const struct candidate *c,
					 uint64_t tested)
{
	return (struct trace_question){.readers = c->readers,
				       .readers_n = c->readers_n,
				       .readers_total = tested,
				       .leaked_by = t->o->leaked_by,
				       .max_false = t->o->max_false};
}

static struct sr_err judge(struct tracer *t, const struct candidate *c, uint64_t tested,
			   struct trace_verdict *out)
{
	const struct code_design design = api_ledger_design(c->ledger);
	const struct trace_question q = question_of(t, c, tested);
	SR_TRY(trace_judge(t->a, &c->evidence, &design, &q, out));
	out->papers_n = t->o->ledgers_n;
	out->views = &c->views;
	return sr_ok();
}

/* Who is named comes first, then the paper that is quoted most. Both were counted before. */
static int by_weight(const void *a, const void *b)
{
	const struct trace_verdict *x = a, *y = b;
	if (!x->named_n != !y->named_n)
		return x->named_n ? -1 : 1;
	size_t wx = x->evidence->matched_words, wy = y->evidence->matched_words;
	return wx > wy ? -1 : wx < wy;
}

/* refuse_file refuses what a file cannot be written to, or would be lost. NULL is no file. */
static struct sr_err refuse_file(const struct sr_trace_options *o, const char *path)
{
	struct sr_sink at = api_sink(&o->sink, path);
	struct stat st;
	if (!path)
		return sr_ok();
	if (strcmp(path, "-") == 0)
		return api_explain(&at, sr_fail(SR_E_INPUT, "this needs a file of its own; "
							    "standard output has the verdict"));
	if (lstat(path, &st) == 0)
		return api_explain(&at,
				   sr_fail(SR_E_STATE,
					   "this file is there already and would be lost; name "
					   "another one, or remove it"));
	return sr_ok();
}

static struct slice *names_of(struct arena *a, const char *const *paths, size_t n)
{
	struct slice *names = ARENA_ARRAY(a, n, struct slice);
	for (size_t i = 0; i < n && names; i++)
		names[i] = slice_str(paths[i]);
	return names;
}

static struct sr_err make_report(struct tracer *t, const struct trace_verdict *v, struct build *out)
{
	const struct sr_trace_options *o = t->o;
	struct trace_report r = {.verdicts = v,
				 .verdicts_n = t->found_n,
				 .tokens = t->leaks.tokens,
				 .texts = t->leaks.text,
				 .pages = t->leak_pages,
				 .leak_names = names_of(t->a, o->leaks, o->leaks_n),
				 .leaks_n = o->leaks_n,
				 .public_names = names_of(t->a, o->publics, o->publics_n),
				 .publics_n = o->publics_n,
				 .ledger_names = names_of(t->a, o->ledgers, o->ledgers_n),
				 .ledgers_n = o->ledgers_n,
				 .leaked_by = o->leaked_by};
	if (!r.leak_names || !r.public_names || !r.ledger_names)
		return sr_nomem();
	return trace_report_write(&r, out);
}

/* no_external says why there is no external verdict of a verdict and what its words alone say. */
static void no_external(const struct tracer *t, const struct trace_verdict *v,
			const struct trace_verdict *words)
{
	note(&t->o->sink, SR_WARNING, 0, 0,
	     !v->named_n       ? "nobody is named, so that there is no external verdict to write"
	     : !words->named_n ? "no external verdict is written: the positions of words name a "
				 "reader, which cannot be shown to others yet, and the wordings "
				 "alone name nobody"
			       : "who is named is named given a copy that is not: an external "
				 "verdict would have to tell whose, and is not written");
}

/* tell_basis tells what the external verdict rests on, where the verdict itself has more. */
static void tell_basis(const struct tracer *t, const struct trace_verdict *words)
{
	struct build p = {0};
	out_bound(&p, words->ranking[0].p_value);
	note(&t->o->sink, SR_INFO, 0, 0,
	     "the external verdict rests on the wordings alone, with a p of its own: %.*s",
	     (int)p.len, p.len ? (const char *)p.ptr : "");
	build_release(&p);
}

/* make_external makes the external verdict of the first paper, if its words name somebody: each
 * ledger has commitments of its own. */
static struct sr_err make_external(struct tracer *t, const struct trace_verdict *v,
				   struct build *out)
{
	const struct candidate *c = t->found;
	struct trace_verdict words;
	size_t named;
	while (v[0].evidence != &c->evidence)
		c++;
	const struct code_design design = api_ledger_design(c->ledger);
	const struct trace_question q = question_of(t, c, v[0].tested_n);
	SR_TRY(trace_judge_words(t->a, &v[0], &design, &q, &words));
	SR_TRY(trace_external_named_n(&words, &named));
	if (!named) {
		no_external(t, &v[0], &words);
		return sr_ok();
	}
	if (v[0].layered)
		tell_basis(t, &words);
	if (v[0].layers_disagree)
		note(&t->o->sink, SR_WARNING, 0, 0,
		     "the external verdict names a copy by its wordings alone and cannot tell that "
		     "the positions of words name another one: whoever gets it should be told");
	else if (words.named_n < v[0].named_n)
		note(&t->o->sink, SR_WARNING, 0, 0,
		     "the external verdict leaves out whom the wordings alone do not name: the "
		     "positions of words cannot be shown to others yet");
	if (named < words.named_n)
		note(&t->o->sink, SR_WARNING, 0, 0,
		     "the external verdict leaves out who is named given a copy that is not named");
	if (t->found_n > 1 && v[1].named_n)
		note(&t->o->sink, SR_WARNING, 0, 0,
		     "the external verdict is about the first paper only; trace with each ledger "
		     "alone to get one for each");
	const struct api_external x = {.o = t->o,
				       .verdict = &words,
				       .leaks = &t->leaks,
				       .publics = &t->publics,
				       .ledger = c->ledger,
				       .ledger_path = c->path};
	return api_external_make(t->a, &x, out);
}

static struct sr_err write_file(const struct sr_trace_options *o, const char *path,
				const struct build *bytes)
{
	struct sr_sink at = api_sink(&o->sink, path);
	if (!path || !bytes->len)
		return sr_ok();
	SR_TRY(refuse_file(o, path)); /* it may have come since */
	struct sr_err e = platform_write_file(path, slice_make(bytes->ptr, bytes->len), FILE_MODE);
	return api_blame(&at, e);
}

/* write_files writes the files that were asked for, all or none. */
static struct sr_err write_files(struct tracer *t, const struct trace_verdict *v)
{
	struct build page = {0}, external = {0};
	struct sr_err e = t->o->report ? make_report(t, v, &page) : sr_ok();
	if (!sr_bad(e) && t->o->verdict)
		e = make_external(t, v, &external);
	if (!sr_bad(e))
		e = write_file(t->o, t->o->report, &page);
	if (!sr_bad(e)) {
		e = write_file(t->o, t->o->verdict, &external);
		if (sr_bad(e) && t->o->report)
			(void)unlink(t->o->report);
	}
	build_release(&page);
	build_release(&external);
	return e;
}

/* answer gives the verdicts as bytes, and writes the files beside them. */
static struct sr_err answer(struct tracer *t, const struct trace_verdict *v, struct sr_bytes *out)
{
	struct build text = {0};
	struct sr_bytes bytes = {0};
	struct sr_err e =
		t->o->json ? trace_json(v, t->found_n, &text) : trace_words(v, t->found_n, &text);
	if (!sr_bad(e))
		e = api_bytes(&text, &bytes);
	build_release(&text);
	if (!sr_bad(e))
		e = write_files(t, v);
	if (sr_bad(e))
		sr_bytes_free(&bytes);
	else
		*out = bytes;
	return e;
}

static bool has_pictures(const struct tracer *t)
{
	for (size_t i = 0; i < t->leaks.n; i++)
		for (size_t k = 0; k < t->leak_pages[i].n; k++)
			if (t->leak_pages[i].page[k].gray)
				return true;
	return false;
}

/* note_language: a picture in another language looks like one that is not of the paper. */
static void note_language(const struct tracer *t)
{
	if (!t->o->ocr_language && has_pictures(t))
		note(&t->o->sink, SR_WARNING, 0, 0,
		     "pictures were read as English; give --ocr-language for any other language");
}

static struct sr_err report(struct tracer *t, struct sr_bytes *out, bool *named)
{
	struct trace_verdict *v = ARENA_ARRAY(t->a, t->found_n, struct trace_verdict);
	if (!v)
		return sr_nomem();
	for (size_t i = 0; i < t->found_n; i++)
		SR_TRY(load_readers(t, &t->found[i]));
	uint64_t tested = count_tested(t);
	for (size_t i = 0; i < t->found_n; i++)
		SR_TRY(judge(t, &t->found[i], tested, &v[i]));
	qsort(v, t->found_n, sizeof *v, by_weight);
	SR_TRY(answer(t, v, out));
	if (v[0].decision == TRACE_NOT_OURS)
		note_language(t);
	*named = v[0].named_n > 0;
	return sr_ok();
}

static struct sr_err stdin_once(const struct sr_trace_options *o)
{
	bool taken = false;
	for (size_t i = 0; i < o->leaks_n; i++)
		SR_TRY(api_stdin_once(&o->sink, o->leaks[i], &taken));
	for (size_t i = 0; i < o->publics_n; i++)
		SR_TRY(api_stdin_once(&o->sink, o->publics[i], &taken));
	return sr_ok();
}

static struct trace_pages *pages_of(struct arena *a, const struct api_texts *texts)
{
	struct trace_pages *pages = ARENA_ARRAY(a, texts->n, struct trace_pages);
	for (size_t i = 0; i < texts->n && pages; i++)
		pages[i] = (struct trace_pages){texts->pages[i].page, texts->pages[i].n, NULL};
	return pages;
}

static struct sr_err trace_all(struct tracer *t, struct sr_bytes *out, bool *named)
{
	const struct api_texts_how how = {t->o->ocr_language, &t->o->sink, &t->o->progress};
	SR_TRY(stdin_once(t->o));
	SR_TRY(refuse_file(t->o, t->o->report));
	SR_TRY(refuse_file(t->o, t->o->verdict));
	if (t->o->report && t->o->verdict && strcmp(t->o->report, t->o->verdict) == 0)
		return api_explain(&t->o->sink, sr_fail(SR_E_INPUT, "the report and the external "
								    "verdict need two files"));
	/* Hostile files are read before any secret is in memory. */
	SR_TRY(api_texts_read(t->a, t->o->leaks, t->o->leaks_n, &how, &t->leaks));
	SR_TRY(api_texts_read(t->a, t->o->publics, t->o->publics_n, &how, &t->publics));
	t->leak_pages = pages_of(t->a, &t->leaks);
	t->public_pages = pages_of(t->a, &t->publics);
	if (!t->leak_pages || !t->public_pages)
		return sr_nomem();
	SR_TRY(api_ledgers_once(t->a, t->o->ledgers, t->o->ledgers_n, &t->o->sink));
	t->found = ARENA_ARRAY(t->a, t->o->ledgers_n, struct candidate);
	if (!t->found)
		return sr_nomem();
	for (size_t i = 0; i < t->o->ledgers_n; i++) {
		SR_TRY(look_into(t, i));
		if (t->o->progress.fn)
			t->o->progress.fn(t->o->progress.user, "ledgers", i + 1, t->o->ledgers_n);
	}
	return report(t, out, named);
}

struct sr_err sr_trace(const struct sr_trace_options *o, struct sr_bytes *out, bool *named)
{
	if (!o->leaks_n || !o->ledgers_n)
		return api_explain(&o->sink, sr_fail(SR_E_INPUT, "a leak and a ledger are needed"));
	if (!(o->max_false > 0 && o->max_false < 1))
		return api_explain(&o->sink,
				   sr_fail(SR_E_INPUT, "--max-false must lie between 0 and 1"));
	struct arena a = {0};
	struct tracer t = {.o = o, .a = &a};
	struct sr_err e = api_keys_new(&o->passphrase, &t.keys);
	if (!sr_bad(e))
		e = trace_all(&t, out, named);
	for (size_t i = 0; i < t.found_n; i++)
		ledger_close(t.found[i].ledger);
	ledger_keys_free(t.keys);
	arena_release(&a);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}
