/* SPDX-License-Identifier: Apache-2.0 */
#include "api_form.h"

#include "text_fold.h"

#include <string.h>

struct sr_err api_form_open(struct slice source, const struct sr_sink *sink, struct api_form *out,
			    struct slice *text)
{
	struct api_form f = {0};
	*out = f;
	*text = source;
	if (!office_docx_is(source))
		return sr_ok();
	SR_TRY(office_docx_open(source, sink, &f.docx));
	*text = office_docx_text(f.docx);
	*out = f;
	return sr_ok();
}

void api_form_close(struct api_form *f)
{
	office_docx_close(f->docx);
	*f = (struct api_form){0};
}

struct translator {
	const struct sr_sink *to;
	const struct office_docx *docx;
};

/* Lines of its text mean nothing to the author of a document: he is told the paragraph. */
static void translate(void *user, const struct sr_note *n)
{
	const struct translator *t = user;
	if (!n->line) {
		note(t->to, n->level, 0, 0, "%s", n->text);
		return;
	}
	uint32_t paragraph, character;
	size_t off = office_docx_find(t->docx, n->line, n->col);
	struct slice words = office_docx_words(t->docx, off);
	office_docx_locate(t->docx, off, &paragraph, &character);
	note(t->to, n->level, 0, 0, "paragraph %u, \"%.*s\": %s", paragraph, (int)words.len,
	     (const char *)words.ptr, n->text);
}

struct sr_err api_form_parse(struct arena *a, const struct api_form *f, struct slice text,
			     const struct sr_sink *sink, struct text_paper *out)
{
	if (!f->docx)
		return text_paper_parse(a, text, sink, out);
	struct translator t = {sink, f->docx};
	struct sr_sink at = {translate, &t, sink->file};
	return text_paper_parse(a, text, &at, out);
}

size_t api_form_keep(const struct api_form *f, const struct text_paper *paper,
		     struct vary_place *found, size_t found_n)
{
	size_t n = 0;
	for (size_t i = 0; i < found_n; i++) {
		size_t from = paper->src[found[i].off];
		size_t to = paper->src[found[i].off + found[i].len];
		if (!f->docx || office_docx_fits(f->docx, from, to))
			found[n++] = found[i];
	}
	return n;
}

/* Edits while they are put together; at most one for each byte of the text. place and question:
 * the author's next ones. */
struct planner {
	const struct text_paper *paper;
	size_t place, question;
	struct office_edit *edits;
	struct slice *texts;
	size_t n, cap;
	struct arena *a;
	bool nomem;
};

static void add_edit(struct planner *p, size_t from, size_t to, size_t first, struct slice text)
{
	size_t cap = p->cap;
	struct office_edit *edits = arena_grow(p->a, p->edits, p->n, &cap, sizeof *edits);
	struct slice *texts = arena_grow(p->a, p->texts, p->n, &p->cap, sizeof *texts);
	p->nomem |= !edits || !texts;
	if (p->nomem)
		return;
	p->edits = edits;
	p->texts = texts;
	p->edits[p->n] = (struct office_edit){from, to, first};
	p->texts[p->n++] = text;
}

/* next_at returns the author's next one of n, number *next, and moves on, if it begins at off of
 * the plain text; else NULL. */
static const struct text_paper_place *next_at(const struct text_paper_place *list, size_t n,
					      size_t *next, size_t off)
{
	return *next < n && list[*next].off == off ? &list[(*next)++] : NULL;
}

/* add_fixed makes an edit of each escape and each question in plain[from, to). */
static void add_fixed(struct planner *p, size_t from, size_t to)
{
	const struct text_paper *paper = p->paper;
	struct slice s = paper->source;
	for (size_t i = from; i < to; i++) {
		size_t at = paper->src[i];
		const struct text_paper_place *q =
			next_at(paper->questions, paper->questions_n, &p->question, i);
		if (q) {
			add_edit(p, q->from, q->to, at, q->place.wordings[0]);
			i += q->len - 1;
			continue;
		}
		if (s.ptr[at] == '\\' && at + 1 < s.len && memchr("{|}\\", s.ptr[at + 1], 4))
			add_edit(p, at, at + 2, at + 1, slice_sub(s, at + 1, 1));
	}
}

/* add_place makes an edit of a place that begins at off of the plain text; false if there is none.
 */
static bool add_place(struct planner *p, const struct text_place *place, size_t off)
{
	const struct text_paper *paper = p->paper;
	size_t first = paper->src[off], from = first, to = paper->src[off + place->wordings[0].len];
	if (place->origin == TEXT_ORIGIN_AUTHOR) {
		const struct text_paper_place *own =
			next_at(paper->places, paper->places_n, &p->place, off);
		if (!own)
			return false;
		from = own->from;
		to = own->to;
	}
	add_edit(p, from, to, first, place->wordings[0]);
	return true;
}

/* fixed_matches: the plain text has these bytes at off. */
static bool fixed_matches(const struct text_paper *paper, size_t off, struct slice s)
{
	return off <= paper->plain.len && s.len <= paper->plain.len - off &&
	       slice_eq(slice_sub(paper->plain, off, s.len), s);
}

/* plan_places makes the edits of all places and escapes, and tells which is whose. */
static struct sr_err plan_places(struct planner *p, const struct text_lattice *l, size_t *place)
{
	size_t off = 0;
	bool ok = true;
	for (size_t i = 0; ok && i <= l->places_n; i++) {
		ok = fixed_matches(p->paper, off, l->fixed[i]);
		if (ok)
			add_fixed(p, off, off + l->fixed[i].len);
		off += l->fixed[i].len;
		if (i == l->places_n)
			break;
		ok = ok && fixed_matches(p->paper, off, l->places[i].wordings[0]);
		place[i] = p->n;
		ok = ok && add_place(p, &l->places[i], off);
		off += l->places[i].wordings[0].len;
	}
	if (p->nomem)
		return sr_nomem();
	if (!ok || off != p->paper->plain.len)
		return sr_fail(SR_E_STATE,
			       "the ledger was made by a version of subrosa that read this "
			       "document differently; use that version for its further copies");
	return sr_ok();
}

struct sr_err api_form_plan(struct arena *a, struct api_form *f, const struct text_paper *paper,
			    const struct text_lattice *l, const struct sr_sink *sink)
{
	if (!f->docx)
		return sr_ok();
	struct planner p = {.paper = paper, .a = a};
	f->place = ARENA_ARRAY(a, l->places_n, size_t);
	f->wordings = ARENA_ARRAY(a, l->places_n, struct slice);
	if (!f->place || !f->wordings)
		return sr_nomem();
	struct sr_err e = plan_places(&p, l, f->place);
	if (e.code == SR_E_STATE)
		note(sink, SR_ERROR, 0, 0, "%s", e.what);
	SR_TRY(e);
	f->texts = p.texts;
	f->n = p.n;
	return office_docx_plan(f->docx, p.edits, p.n, sink);
}

struct sr_err api_form_copy(struct api_form *f, struct issue_job *job, struct slice id,
			    struct build *out)
{
	if (!f->docx)
		return issue_copy(job, id, out);
	SR_TRY(issue_wordings(job, id, f->wordings));
	for (size_t i = 0; i < job->lattice->places_n; i++)
		f->texts[f->place[i]] = f->wordings[i];
	build_reset(out);
	return office_docx_copy(f->docx, f->texts, out);
}

/* spelled writes a place in spin syntax; it lives in a. */
static struct sr_err spelled(struct arena *a, const struct vary_place *place, struct slice *out)
{
	struct build b = {0};
	vary_write_place(&place->place, vary_is_question(place), &b);
	return build_keep(&b, a, out);
}

struct sr_err api_form_source(struct arena *a, struct api_form *f, const struct text_paper *paper,
			      const struct vary_place *found, size_t found_n,
			      const struct sr_sink *sink, struct build *out)
{
	if (!f->docx) {
		vary_write_source(paper, found, found_n, out);
		return sr_ok();
	}
	struct planner p = {.paper = paper, .a = a};
	for (size_t i = 0; i < found_n; i++)
		(void)add_place(&p, &found[i].place, found[i].off);
	if (p.nomem)
		return sr_nomem();
	for (size_t i = 0; i < found_n; i++)
		SR_TRY(spelled(a, &found[i], &p.texts[i]));
	SR_TRY(office_docx_plan(f->docx, p.edits, p.n, sink));
	return office_docx_copy(f->docx, p.texts, out);
}

void api_form_locate(const struct api_form *f, struct slice text, size_t off, uint32_t *line,
		     uint32_t *col)
{
	if (f->docx)
		office_docx_locate(f->docx, off, line, col);
	else
		text_position(text, off, line, col);
}
