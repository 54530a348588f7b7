/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_pages.h"

#include "mark_layout_pages.h"
#include "mark_layout_wordings.h"

#include <math.h>

/* What is known of a slot so far: SUPPLIED for good. ratio: the log-likelihood ratio of symbol 1 to
 * symbol 0. */
enum slot_state { SLOT_UNSEEN = 0, SLOT_SEEN, SLOT_SUPPLIED };

struct slot {
	enum slot_state state;
	float ratio;
};

struct reader {
	struct arena *a;
	const struct page_sheet *sheet;
	const struct text_lattice *lattice;
	const struct mark_place *spots;
	struct slot *slot;
	size_t marks_n; /* of the layout made last */
	size_t views_cap;
	struct trace_views *out;
	const struct trace_progress *progress;
	size_t halves, pages_n; /* of pages: what was done, and how many there are */
};

/* tell_half tells that another page was gone through once: twice is all, once for wordings and once
 * for positions. */
static void tell_half(void *user)
{
	struct reader *r = user;
	r->halves++;
	if (r->progress->fn)
		r->progress->fn(r->progress->user, r->halves / 2, r->pages_n);
}

/* read_symbols gives each place the wording read there, or elsewhere in its group. */
static void read_symbols(const struct text_lattice *l, const struct mark_place *spots,
			 uint16_t *symbol)
{
	for (size_t i = 0; i < l->places_n; i++)
		if (spots[i].state == MARK_READ)
			symbol[l->places[i].leader] = (uint16_t)spots[i].symbol;
}

/* guess_symbols finds wordings for the places that were not read, by where a file's words stand. */
static struct sr_err guess_symbols(struct reader *r, struct arena *scratch,
				   const struct trace_pages *p, uint16_t *symbol)
{
	bool *open = ARENA_ARRAY(scratch, r->lattice->places_n, bool);
	if (!open)
		return sr_nomem();
	for (size_t i = 0; i < r->lattice->places_n; i++)
		open[i] = true;
	for (size_t i = 0; i < r->lattice->places_n; i++)
		if (r->spots[i].state == MARK_READ || p->spots[i].state == MARK_READ)
			open[r->lattice->places[i].leader] = false;
	return mark_layout_wordings(r->sheet, r->lattice, p->page, p->n, open, symbol, tell_half,
				    r);
}

/* lay sets the paper as a file shows it. */
static struct sr_err lay(struct reader *r, struct arena *scratch, const struct trace_pages *p,
			 struct page_laid *out)
{
	uint16_t *symbol = ARENA_ARRAY(scratch, r->lattice->places_n, uint16_t);
	if (!symbol)
		return sr_nomem();
	read_symbols(r->lattice, r->spots, symbol);
	read_symbols(r->lattice, p->spots, symbol);
	text_lattice_share(r->lattice, symbol, sizeof *symbol);
	SR_TRY(guess_symbols(r, scratch, p, symbol));
	SR_TRY(page_lay_copy(scratch, r->sheet, symbol, out));
	r->marks_n = 0;
	for (size_t i = 0; i < out->words_n; i++)
		r->marks_n += mark_layout_reach(&out->word[i]) > 0;
	return sr_ok();
}

/* join adds a further reading of a slot: it counts once. */
static void join(struct slot *s, float ratio)
{
	if (s->state == SLOT_UNSEEN) {
		*s = (struct slot){SLOT_SEEN, ratio};
		return;
	}
	if (s->ratio * ratio < 0)
		s->ratio += ratio;
	else if (fabsf(ratio) > fabsf(s->ratio))
		s->ratio = ratio;
}

static void add_view(struct reader *r, const struct mark_layout_view *v)
{
	for (size_t i = 0; i < v->words_n; i++) {
		float ratio = v->word[i].loglik[1] - v->word[i].loglik[0];
		if (ratio != 0 && v->word[i].slot < r->sheet->slots_n)
			join(&r->slot[v->word[i].slot], ratio);
	}
}

/* is_shown tells whether a word stands on a line that a view of its page shows, or on one between
 * or beside those: what was not found there may be legible all the same. */
static bool is_shown(const struct page_laid *l, const struct mark_layout_view *v, uint32_t first,
		     uint32_t last, uint32_t word)
{
	const struct page_word *w = &l->word[word];
	return w->page == v->page && w->line + 1 >= first && w->line <= last + 1;
}

/* A public picture supplies the stretch of the page that it shows, found word by word or not. */
static void supply_view(struct reader *r, const struct page_laid *l,
			const struct mark_layout_view *v)
{
	uint32_t first = UINT32_MAX, last = 0;
	for (size_t i = 0; i < v->words_n; i++) {
		uint32_t line = l->word[v->word[i].word].line;
		first = line < first ? line : first;
		last = line > last ? line : last;
	}
	for (uint32_t i = 0; i < l->words_n && v->words_n; i++) {
		uint32_t slot = l->word[i].slot;
		if (slot >= r->sheet->slots_n || !is_shown(l, v, first, last, i))
			continue;
		r->slot[slot].state = SLOT_SUPPLIED;
	}
}

/* use_view adds what a view in page number `page` of file number text shows. */
static struct sr_err use_view(struct reader *r, uint32_t text, uint32_t page,
			      const struct mark_layout_view *v)
{
	struct trace_views *o = r->out;
	struct trace_view *all = arena_grow(r->a, o->view, o->n, &r->views_cap, sizeof *all);
	if (!all)
		return sr_nomem();
	o->view = all;
	o->view[o->n++] = (struct trace_view){text, page, *v};
	add_view(r, v);
	return sr_ok();
}

/* read_file reads the pages of file number text of the leak, or of a public text. Views of the leak
 * are kept. */
static struct sr_err read_file(struct reader *r, uint32_t text, const struct trace_pages *p,
			       bool is_public)
{
	struct arena scratch = {0};
	struct page_laid laid;
	struct mark_pages pages;
	struct sr_err e = lay(r, &scratch, p, &laid);
	if (!sr_bad(e))
		e = mark_pages_make(&scratch, r->sheet, &laid, &pages);
	for (size_t i = 0; i < p->n && !sr_bad(e); i++) {
		struct mark_layout_view *v = NULL;
		size_t n = 0;
		e = mark_layout_read(is_public ? &scratch : r->a, &pages, &p->page[i], &v, &n);
		if (!sr_bad(e))
			tell_half(r);
		for (size_t k = 0; k < n && !sr_bad(e); k++) {
			if (is_public)
				supply_view(r, &laid, &v[k]);
			else
				e = use_view(r, text, (uint32_t)i, &v[k]);
		}
	}
	arena_release(&scratch);
	return e;
}

static struct sr_err gather(struct reader *r)
{
	size_t slots_n = r->sheet->slots_n, n = 0;
	for (size_t i = 0; i < slots_n; i++)
		n += r->slot[i].state == SLOT_SEEN;
	uint32_t *slot = ARENA_ARRAY(r->a, n, uint32_t);
	float(*loglik)[2] = arena_alloc(r->a, n, sizeof *loglik);
	if (!slot || !loglik)
		return sr_nomem();
	for (size_t i = 0, at = 0; i < slots_n; i++) {
		if (r->slot[i].state != SLOT_SEEN)
			continue;
		slot[at] = (uint32_t)i;
		loglik[at][0] = fminf(0, -r->slot[i].ratio);
		loglik[at++][1] = fminf(0, r->slot[i].ratio);
	}
	r->out->layout =
		(struct trace_layout){slot, (const float(*)[2])loglik, n, slots_n, r->marks_n};
	return sr_ok();
}

static struct sr_err read_all(struct reader *r, const struct trace_pages *leaks, size_t leaks_n,
			      const struct trace_pages *publics, size_t publics_n)
{
	for (size_t i = 0; i < leaks_n; i++)
		if (leaks[i].n)
			SR_TRY(read_file(r, (uint32_t)i, &leaks[i], false));
	for (size_t i = 0; i < publics_n && r->out->n; i++)
		if (publics[i].n)
			SR_TRY(read_file(r, (uint32_t)i, &publics[i], true));
	return gather(r);
}

static size_t count_pages(const struct trace_pages *files, size_t n)
{
	size_t pages_n = 0;
	for (size_t i = 0; i < n; i++)
		pages_n += files[i].n;
	return pages_n;
}

struct sr_err trace_pages_read(struct arena *a, const struct page_sheet *sheet,
			       const struct text_lattice *lattice, const struct mark_place *spots,
			       const struct trace_pages *leaks, size_t leaks_n,
			       const struct trace_pages *publics, size_t publics_n,
			       const struct trace_progress *progress, struct trace_views *out)
{
	struct arena scratch = {0};
	struct trace_views found = {0};
	struct reader r = {.a = a,
			   .sheet = sheet,
			   .lattice = lattice,
			   .spots = spots,
			   .slot = ARENA_ARRAY(&scratch, sheet->slots_n, struct slot),
			   .out = &found,
			   .progress = progress,
			   .pages_n =
				   count_pages(leaks, leaks_n) + count_pages(publics, publics_n)};
	struct sr_err e = r.slot ? read_all(&r, leaks, leaks_n, publics, publics_n) : sr_nomem();
	arena_release(&scratch);
	if (!sr_bad(e))
		*out = found;
	return e;
}
