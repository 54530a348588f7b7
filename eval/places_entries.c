/* SPDX-License-Identifier: Apache-2.0 */
#include "places.h"

#include <stdlib.h>
#include <string.h>

enum { BESIDE = 10 }; /* words shown on either side */

struct hit {
	const struct places_document *d;
	const struct vary_place *p;
};

static bool named(const struct places_options *o, const struct vary_entry *e)
{
	const char *slash = e->file ? strrchr(e->file, '/') : NULL;
	struct slice file = slice_str(slash ? slash + 1 : e->file ? e->file : "");
	bool found = !o->of_n;
	for (size_t i = 0; i < o->of_n && !found; i++)
		found = slice_eq(slice_str(o->of[i]), e->id) || slice_eq(slice_str(o->of[i]), file);
	return found;
}

/* order: by entry, in the pack's order, then by document and place. */
static int order(const void *x, const void *y)
{
	const struct hit *a = x, *b = y;
	if (a->p->entry != b->p->entry)
		return a->p->entry < b->p->entry ? -1 : 1;
	if (a->d != b->d)
		return a->d < b->d ? -1 : 1;
	return (a->p->off > b->p->off) - (a->p->off < b->p->off);
}

/* around gives the words before and behind a place. */
static void around(const struct hit *h, struct slice *before, struct slice *behind)
{
	const struct text_tokens *t = &h->d->words.tokens;
	size_t off = h->p->off, end = off + h->p->len, first = 0, last;
	while (first < t->n && t->at[first].off < off)
		first++;
	for (last = first; last < t->n && t->at[last].off < end; last++)
		;
	size_t from = first > BESIDE ? first - BESIDE : 0, to = last + BESIDE;
	size_t start = from < t->n ? t->at[from].off : off;
	size_t stop = to <= t->n ? t->at[to - 1].off + t->at[to - 1].len : h->d->paper.plain.len;
	start = start < off ? start : off;
	stop = stop > end ? stop : end;
	*before = slice_sub(h->d->paper.plain, start, off - start);
	*behind = slice_sub(h->d->paper.plain, end, stop - end);
}

static void put_others(const struct vary_place *p)
{
	for (uint32_t w = 1; w < p->place.wordings_n; w++) {
		if (w > 1)
			(void)putchar('|');
		places_put(stdout, p->place.wordings[w]);
	}
}

static const char *tier(const struct vary_place *p)
{
	return vary_is_question(p) ? "ask" : "auto";
}

static void print_row(const struct hit *h, size_t n)
{
	const struct vary_entry *e = h->p->entry;
	struct slice before, behind;
	around(h, &before, &behind);
	(void)printf("%.*s\t%.*s\t%s\t%zu\t%s/%s\t%zu\t", (int)e->id.len, (const char *)e->id.ptr,
		     (int)e->class.len, (const char *)e->class.ptr, tier(h->p), n, h->d->genre,
		     h->d->name, h->p->off);
	places_put(stdout, before);
	(void)putchar('\t');
	places_put(stdout, h->p->place.wordings[0]);
	(void)putchar('\t');
	put_others(h->p);
	(void)putchar('\t');
	places_put(stdout, behind);
	(void)putchar('\n');
}

static void print_line(const struct hit *h)
{
	struct slice before, behind;
	around(h, &before, &behind);
	(void)printf("  %s", vary_is_question(h->p) ? "? " : "");
	places_put(stdout, before);
	(void)fputs("[[", stdout);
	places_put(stdout, h->p->place.wordings[0]);
	(void)putchar('|');
	put_others(h->p);
	(void)fputs("]]", stdout);
	places_put(stdout, behind);
	(void)printf("   %s/%s\n", h->d->genre, h->d->name);
}

/* print_entry shows at most so many of the n hits of one entry, spread evenly. */
static void print_entry(const struct hit *hits, size_t n, const struct places_options *o)
{
	const struct vary_entry *e = hits->p->entry;
	size_t shown = o->most < n ? (size_t)o->most : n;
	if (!o->tsv)
		(void)printf("\n== %.*s  %.*s, %s:%u: %zu\n", (int)e->id.len,
			     (const char *)e->id.ptr, (int)e->class.len, (const char *)e->class.ptr,
			     e->file ? e->file : "", e->line, n);
	for (size_t i = 0; i < shown; i++) {
		const struct hit *h = &hits[i * n / shown];
		if (o->tsv)
			print_row(h, n);
		else
			print_line(h);
	}
}

/* check_names refuses a name that is of no entry and no file of the pack. */
static void check_names(const struct places_run *r, const struct places_options *o)
{
	for (size_t i = 0; i < o->of_n; i++) {
		const struct places_options one = {.of = {o->of[i]}, .of_n = 1};
		bool known = false;
		for (size_t k = 0; k < r->pack.entries_n && !known; k++)
			known = named(&one, &r->pack.entries[k]);
		if (!known)
			places_fail("no entry and no file of the pack is called so", o->of[i]);
	}
}

void places_entries(const struct places_run *r, const struct places_options *o)
{
	struct hit *hits = NULL;
	size_t n = 0, cap = 0, silent = 0;
	check_names(r, o);
	bool *found = places_need(ARENA_ARRAY(&places_arena, r->pack.entries_n + 1, bool));
	for (size_t i = 0; i < r->documents_n; i++)
		for (size_t k = 0; k < r->documents[i].found.places_n; k++) {
			const struct vary_place *p = &r->documents[i].found.places[k];
			if (!named(o, p->entry))
				continue;
			found[p->entry - r->pack.entries] = true;
			hits = places_need(arena_grow(&places_arena, hits, n, &cap, sizeof *hits));
			hits[n++] = (struct hit){&r->documents[i], p};
		}
	if (n)
		qsort(hits, n, sizeof *hits, order);
	for (size_t i = 0, to; i < n; i = to) {
		for (to = i; to < n && hits[to].p->entry == hits[i].p->entry; to++)
			;
		print_entry(hits + i, to - i, o);
	}
	for (size_t i = 0; i < r->pack.entries_n && !o->tsv; i++) {
		const struct vary_entry *e = &r->pack.entries[i];
		if (!found[i] && named(o, e))
			(void)printf("%s%.*s", silent++ ? " " : "\nnothing found: ", (int)e->id.len,
				     (const char *)e->id.ptr);
	}
	if (silent)
		(void)putchar('\n');
}
