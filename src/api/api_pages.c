/* SPDX-License-Identifier: Apache-2.0 */
#include "api_pages.h"

#include "base_limits.h"
#include "base_parallel.h"
#include "mark_layout.h"
#include "page_plan.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* A file that is named as text has no Markdown in it. */
static bool is_plain(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot && (strcasecmp(dot, ".txt") == 0 || strcasecmp(dot, ".text") == 0);
}

struct sr_err api_pages_check(const struct sr_page_options *o, const struct sr_sink *sink)
{
	if (o->paper && strcmp(o->paper, "a4") != 0 && strcmp(o->paper, "letter") != 0)
		return api_explain(sink, sr_fail(SR_E_INPUT, "pages are a4 or letter"));
	double units = o->size * PAGE_PT;
	if (units != 0 && !(units >= PAGE_SIZE_MIN && units <= PAGE_SIZE_MAX))
		return api_explain(sink, sr_fail(SR_E_INPUT,
						 "the text of pages has a size of 6 to 24 points"));
	return sr_ok();
}

static struct page_options options_of(const struct sr_mark_options *o, struct slice title,
				      int64_t created)
{
	const struct sr_page_options *p = &o->page;
	return (struct page_options){
		.paper = p->paper && strcmp(p->paper, "letter") == 0 ? PAGE_LETTER : PAGE_A4,
		.font = p->font ? p->font : "serif",
		.size = (int32_t)lround(p->size * PAGE_PT),
		.plain = is_plain(o->paper),
		.ragged = p->ragged,
		.named = p->footer,
		.title = title,
		.language = slice_str(o->find.language ? o->find.language : "en"),
		.created = created,
	};
}

static struct sr_err count(struct api_pages *p)
{
	struct arena scratch = {0};
	struct page_laid laid;
	struct sr_err e = page_lay_copy(&scratch, &p->sheet, NULL, &laid);
	if (!sr_bad(e)) {
		p->pages_n = laid.pages_n;
		for (size_t i = 0; i < laid.words_n; i++)
			p->marks_n += mark_layout_reach(&laid.word[i]) > 0;
	}
	arena_release(&scratch);
	return e;
}

struct sr_err api_pages_plan(struct arena *a, const struct sr_mark_options *o,
			     const struct api_paper *paper, const struct text_lattice *l,
			     struct slice title, int64_t created, struct api_pages *out)
{
	struct sr_sink at = api_sink(&o->sink, o->paper);
	struct api_pages p = {.wanted = o->page.wanted};
	if (p.wanted && paper->form.docx)
		return api_explain(&at, sr_fail(SR_E_INPUT,
						"of a Word document no pages can be made; give its "
						"text as Markdown, or leave --layers out"));
	if (p.wanted) {
		const struct page_options options = options_of(o, title, created);
		struct sr_err e = page_plan_make(a, l, &options, &at, &p.sheet);
		if (sr_bad(e))
			return api_blame(&at, e);
		struct build bytes = {0};
		page_sheet_write(&p.sheet, &bytes);
		SR_TRY(build_keep(&bytes, a, &p.bytes));
		SR_TRY(count(&p));
	}
	*out = p;
	return sr_ok();
}

/* looks_alike tells whether the pages that o asks for are those of the ledger. */
static struct sr_err looks_alike(const struct sr_mark_options *o, const struct api_paper *paper,
				 const struct text_lattice *lattice, const struct api_pages *old,
				 bool *alike)
{
	struct arena scratch = {0};
	struct api_pages now = {0};
	struct sr_err e = api_pages_plan(&scratch, o, paper, lattice, old->sheet.title,
					 old->sheet.created, &now);
	*alike = !sr_bad(e) && slice_eq(now.bytes, old->bytes);
	arena_release(&scratch);
	return e;
}

/* is_chosen tells whether o says how pages are to look. */
static bool is_chosen(const struct sr_page_options *o)
{
	return o->paper || o->font || o->size > 0 || o->ragged || o->footer;
}

struct sr_err api_pages_use(struct arena *a, const struct sr_mark_options *o, struct ledger *l,
			    const struct api_paper *paper, const struct text_lattice *lattice,
			    struct api_pages *out)
{
	struct sr_sink at = api_sink(&o->sink, o->ledger);
	struct api_pages p = {0};
	bool alike = true;
	SR_TRY(ledger_sheet(l, a, &p.bytes));
	p.wanted = p.bytes.len > 0;
	if (!p.wanted && o->page.wanted)
		return api_explain(&at, sr_fail(SR_E_STATE,
						"this ledger was made without pages, and all that "
						"was committed depends on it: leave --layers out, "
						"or mark with a new ledger"));
	if (p.wanted) {
		struct sr_err e = page_sheet_read(a, p.bytes, &p.sheet);
		if (!sr_bad(e) && !page_plan_fits(&p.sheet, lattice))
			e = sr_fail(SR_E_INPUT, "its pages are not those of its paper");
		if (sr_bad(e))
			return api_blame(&at, e);
		SR_TRY(count(&p));
		if (is_chosen(&o->page))
			SR_TRY(looks_alike(o, paper, lattice, &p, &alike));
	}
	if (!alike)
		return api_explain(&at,
				   sr_fail(SR_E_STATE,
					   "the pages of this ledger look otherwise; leave the "
					   "options of the PDF out to make more of the same"));
	*out = p;
	return sr_ok();
}

/* What a thread has of its own. Pango wants its fonts found in the thread that uses them. */
struct api_pages_maker {
	struct arena a;
	bool open;
	struct issue_job job;
	struct issue_pages pages;
};

static struct sr_err open_maker(const struct api_pages *p, const struct sr_sink *sink,
				struct api_pages_maker *m)
{
	if (m->open)
		return sr_ok();
	SR_TRY(issue_job_init(&m->a, p->lattice, &p->design, &m->job));
	SR_TRY(issue_pages_open(&m->a, &p->sheet, &p->design, sink, &m->pages));
	m->open = true;
	return sr_ok();
}

struct sr_err api_pages_open(struct arena *a, const struct text_lattice *l,
			     const struct code_design *design, const struct sr_sink *sink,
			     struct api_pages *p)
{
	if (!p->wanted)
		return sr_ok();
	p->lattice = l;
	p->design = *design;
	p->maker = ARENA_ARRAY(a, LIMIT_THREADS, struct api_pages_maker);
	/* What is wrong with a font is found before anything is written. */
	return p->maker ? open_maker(p, sink, &p->maker[0]) : sr_nomem();
}

void api_pages_close(struct api_pages *p)
{
	for (size_t i = 0; p->maker && i < LIMIT_THREADS; i++) {
		issue_pages_close(&p->maker[i].pages);
		arena_release(&p->maker[i].a);
	}
	*p = (struct api_pages){0};
}

/* A call of api_pages_make. */
struct making {
	struct api_pages *p;
	const struct issue_reader *reader;
	struct build *out;
};

static struct sr_err make_some(void *user, unsigned thread, size_t from, size_t to)
{
	const struct making *m = user;
	struct api_pages_maker *maker = &m->p->maker[thread];
	/* Whoever hears notes hears them in his own thread; fonts were found there once. */
	const struct sr_sink none = {0};
	SR_TRY(open_maker(m->p, &none, maker));
	for (size_t i = from; i < to; i++) {
		const struct issue_reader *r = &m->reader[i];
		struct slice footer = !m->p->sheet.named ? SLICE_LIT("")
				      : r->name.len      ? r->name
							 : r->id;
		SR_TRY(issue_pages_copy(&maker->pages, &maker->job, r->id, footer, &m->out[i]));
	}
	return sr_ok();
}

struct sr_err api_pages_make(struct api_pages *p, const struct issue_reader *reader, size_t n,
			     struct build *out)
{
	enum { SLICE_COPIES = 4 };
	struct making m = {p, reader, out};
	const struct parallel work = {
		.n = n, .slice_n = SLICE_COPIES, .run = make_some, .user = &m};
	return parallel_run(&work);
}
