/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout_wordings.h"

#include "mark_layout_match.h"

#include <math.h>
#include <string.h>

/* A word is where it ought to be to within COARSE points along its line, better within FINE, and
 * within BESIDE points across it. */
static const double COARSE = 6, FINE = 0.7, BESIDE = 7;

/* A wording must be better by so many words. */
static const double BETTER = 0.2;

/* Each place is tried again after all others, at most so often; together with as many behind it.
 * What is better shows better how the page lies: so the page is looked for again. */
enum { ROUNDS = 8, PAIRED = 6, PASSES = 8 };

/* A block with open places; its slots are [from, end). */
struct open_block {
	const struct page_block *block;
	const uint32_t *place;
	size_t places_n;
	uint32_t from, end;
};

/* A page of a leak, and a page of the paper in it. laid: the paper with the symbols as they are,
 * its own until they change, and ready to be matched if has_pages. block: what is tried, a sheet of
 * one block. from: the first of the block's slots on the page, y: where its line is in the whole
 * layout. */
struct trial {
	const struct page_sheet *s;
	const struct text_lattice *l;
	const struct open_block *open;
	size_t open_n;
	uint16_t *symbol;
	struct arena own;
	struct page_laid laid;
	struct mark_pages pages;
	bool has_pages;
	const struct extract_page *p;
	const struct mark_key *found;
	struct mark_index index;
	const struct mark_match *match;
	struct page_sheet block;
	uint32_t from;
	double y;
};

/* nearness tells how well a word is where the layout has it, moved down by so many points: 0 to 1.
 */
static double nearness(const struct trial *t, const struct mark_key *k, double down)
{
	const struct mark_map *m = &t->match->map;
	double u, v, ux, vx, best = 0;
	mark_map_apply(m, k->x, k->y + down, &u, &v);
	mark_map_apply(m, k->x + 1, k->y + down, &ux, &vx);
	double pt = hypot(ux - u, vx - v), x = (ux - u) / pt, y = (vx - v) / pt;
	for (uint32_t j = mark_index_first(&t->index, k->hash); j != MARK_NONE;
	     j = mark_index_next(&t->index, j)) {
		if (!mark_keys_same(k, &t->found[j]))
			continue;
		double du = (t->found[j].x - u) / pt, dv = (t->found[j].y - v) / pt;
		double along = du * x + dv * y;
		if (fabs(dv * x - du * y) > BESIDE)
			continue;
		along *= along;
		best = fmax(best,
			    (exp(-along / (COARSE * COARSE)) + exp(-along / (FINE * FINE))) / 2);
	}
	return best;
}

/* worth_of tells how many words are where the block has them with the symbols as they are. */
static struct sr_err worth_of(const struct trial *t, double *worth)
{
	struct arena scratch = {0};
	struct page_laid laid;
	struct mark_key *key = NULL;
	struct sr_err e = page_lay_copy(&scratch, &t->block, t->symbol, &laid);
	if (!sr_bad(e))
		e = mark_keys_of_layout(&scratch, &t->block, &laid, &key);
	double sum = 0, top = 0;
	uint32_t first = PAGE_NONE;
	for (size_t i = 0; !sr_bad(e) && i < laid.words_n; i++)
		if (laid.word[i].slot >= t->from && laid.word[i].slot < first) {
			first = laid.word[i].slot;
			top = (double)laid.word[i].y / PAGE_PT;
		}
	for (size_t i = 0; !sr_bad(e) && i < laid.words_n; i++)
		if (key[i].hash && laid.word[i].slot >= first &&
		    laid.word[i].page == laid.word[0].page)
			sum += nearness(t, &key[i], t->y - top);
	arena_release(&scratch);
	*worth = sum;
	return e;
}

static void set(const struct trial *t, uint32_t place, uint16_t symbol)
{
	t->symbol[place] = symbol;
	t->symbol[t->l->places[place].leader] = symbol;
}

/* try_place takes the best wording of a place. */
static struct sr_err try_place(const struct trial *t, uint32_t place, double *worth, bool *changed)
{
	uint16_t best = t->symbol[place];
	for (uint16_t k = 0; k < t->l->places[place].wordings_n; k++) {
		double w;
		set(t, place, k);
		struct sr_err e = worth_of(t, &w);
		if (sr_bad(e))
			return e;
		if (w <= *worth + BETTER)
			continue;
		*worth = w;
		best = k;
		*changed = true;
	}
	set(t, place, best);
	return sr_ok();
}

/* try_pair takes the best wordings of two places, of those where both are others. */
static struct sr_err try_pair(const struct trial *t, uint32_t x, uint32_t y, double *worth,
			      bool *changed)
{
	uint16_t best_x = t->symbol[x], best_y = t->symbol[y];
	const uint16_t old_x = best_x, old_y = best_y;
	for (uint16_t k = 0; k < t->l->places[x].wordings_n; k++)
		for (uint16_t j = 0; k != old_x && j < t->l->places[y].wordings_n; j++) {
			double w;
			set(t, x, k);
			set(t, y, j);
			if (j == old_y)
				continue;
			SR_TRY(worth_of(t, &w));
			if (w <= *worth + BETTER)
				continue;
			*worth = w;
			best_x = k;
			best_y = j;
			*changed = true;
		}
	set(t, x, best_x);
	set(t, y, best_y);
	return sr_ok();
}

/* try_places finds the best wordings, one place after the other; if there is no better one, two at
 * a time. */
static struct sr_err try_places(const struct trial *t, const uint32_t *place, size_t n,
				bool *changed)
{
	double worth;
	SR_TRY(worth_of(t, &worth));
	for (int round = 0; round < ROUNDS; round++) {
		bool again = false;
		for (size_t i = 0; i < n; i++)
			SR_TRY(try_place(t, place[i], &worth, &again));
		for (size_t i = 0; i < n && !again; i++)
			for (size_t j = i + 1; j < n && j <= i + PAIRED; j++)
				SR_TRY(try_pair(t, place[i], place[j], &worth, &again));
		*changed = *changed || again;
		if (!again)
			break;
	}
	return sr_ok();
}

/* page_first returns the first word of a page, or of one behind it. */
static size_t page_first(const struct page_laid *l, uint32_t page)
{
	size_t from = 0, to = l->words_n;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (l->word[mid].page < page)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* on_page finds the least slot of a block on the page, and where it stands; false: there is none.
 */
static bool on_page(struct trial *t, const struct open_block *b)
{
	t->from = PAGE_NONE;
	for (size_t i = page_first(&t->laid, t->match->page); i < t->laid.words_n; i++) {
		const struct page_word *w = &t->laid.word[i];
		if (w->page != t->match->page)
			break;
		if (w->slot < b->from || w->slot >= b->end || w->slot >= t->from)
			continue;
		t->from = w->slot;
		t->y = (double)w->y / PAGE_PT;
	}
	return t->from != PAGE_NONE;
}

/* try_block finds the best wordings of a block's open places, if it is on the page. */
static struct sr_err try_block(struct trial *t, const struct open_block *b, bool *changed)
{
	if (!on_page(t, b))
		return sr_ok();
	t->block = *t->s;
	t->block.block = b->block;
	t->block.blocks_n = 1;
	t->block.starts_n = 0;
	return try_places(t, b->place, b->places_n, changed);
}

/* lay_paper lays the whole paper out with the symbols as they are. */
static struct sr_err lay_paper(struct trial *t)
{
	arena_release(&t->own);
	t->has_pages = false;
	return page_lay_copy(&t->own, t->s, t->symbol, &t->laid);
}

/* try_page goes through the blocks of a page; what stands below one that became longer moves. */
static struct sr_err try_page(struct trial *t, bool *any)
{
	for (size_t i = 0; i < t->open_n; i++) {
		bool changed = false;
		SR_TRY(try_block(t, &t->open[i], &changed));
		if (!changed)
			continue;
		*any = true;
		text_lattice_share(t->l, t->symbol, sizeof *t->symbol);
		SR_TRY(lay_paper(t));
	}
	return sr_ok();
}

static struct sr_err index_found(struct arena *a, struct trial *t)
{
	uint32_t n = (uint32_t)t->p->words_n, *hash = ARENA_ARRAY(a, n, uint32_t);
	for (uint32_t i = 0; i < n && hash; i++)
		hash[i] = t->found[i].hash;
	return hash && mark_index_make(a, hash, 0, n, &t->index) ? sr_ok() : sr_nomem();
}

/* try_matches looks for pages of the paper as it is, and for better wordings there. */
static struct sr_err try_matches(struct arena *a, struct trial *t, bool *changed)
{
	struct mark_match *match;
	size_t n;
	if (!t->has_pages)
		SR_TRY(mark_pages_make(&t->own, t->s, &t->laid, &t->pages));
	t->has_pages = true;
	SR_TRY(mark_layout_match(a, &(struct mark_match_of){&t->pages, t->found, t->p}, &match,
				 &n));
	for (size_t i = 0; i < n; i++) {
		t->match = &match[i];
		SR_TRY(try_page(t, changed));
	}
	return sr_ok();
}

/* try_leak finds the best wordings for a page of the leak. */
static struct sr_err try_leak(struct arena *a, struct trial *t, const struct extract_page *p)
{
	struct mark_key *found;
	bool again = true;
	t->p = p;
	SR_TRY(mark_keys_of_leak(a, p, &found));
	t->found = found;
	SR_TRY(index_found(a, t));
	for (int pass = 0; pass < PASSES && again; pass++) {
		struct arena scratch = {0};
		again = false;
		struct sr_err e = try_matches(&scratch, t, &again);
		arena_release(&scratch);
		SR_TRY(e);
	}
	return sr_ok();
}

/* open_block lists the open places of a block, in a, and finds its slots. */
static struct sr_err open_block(struct arena *a, const struct text_lattice *l, const bool *open,
				const struct page_block *b, struct open_block *out)
{
	size_t most = 0;
	for (size_t i = 0; i < b->flows_n; i++)
		most += b->flow[i].atoms_n;
	uint32_t *place = ARENA_ARRAY(a, most, uint32_t);
	if (!place)
		return sr_nomem();
	*out = (struct open_block){.block = b, .place = place, .from = PAGE_NONE};
	for (size_t i = 0; i < b->flows_n; i++)
		for (size_t k = 0; k < b->flow[i].atoms_n; k++) {
			const struct page_atom *atom = &b->flow[i].atom[k];
			size_t n = page_atom_slots(atom);
			out->from = atom->slot < out->from && n ? atom->slot : out->from;
			out->end = atom->slot + (uint32_t)n > out->end ? atom->slot + (uint32_t)n
								       : out->end;
			if (atom->place != PAGE_NONE && open[l->places[atom->place].leader])
				place[out->places_n++] = atom->place;
		}
	return sr_ok();
}

/* open_blocks lists the blocks with open places, in a. */
static struct sr_err open_blocks(struct arena *a, const bool *open, struct trial *t)
{
	struct open_block *all = ARENA_ARRAY(a, t->s->blocks_n, struct open_block);
	if (!all)
		return sr_nomem();
	for (size_t i = 0; i < t->s->blocks_n; i++) {
		SR_TRY(open_block(a, t->l, open, &t->s->block[i], &all[t->open_n]));
		t->open_n += all[t->open_n].places_n > 0;
	}
	t->open = all;
	return sr_ok();
}

struct sr_err mark_layout_wordings(const struct page_sheet *s, const struct text_lattice *l,
				   const struct extract_page *page, size_t pages_n,
				   const bool *open, uint16_t *symbol, void (*done)(void *user),
				   void *user)
{
	struct arena scratch = {0};
	struct trial t = {.s = s, .l = l, .symbol = symbol};
	struct sr_err e = open_blocks(&scratch, open, &t);
	if (!sr_bad(e) && t.open_n)
		e = lay_paper(&t);
	for (size_t i = 0; i < pages_n && !sr_bad(e); i++) {
		struct arena inner = {0};
		if (t.open_n)
			e = try_leak(&inner, &t, &page[i]);
		arena_release(&inner);
		if (done && !sr_bad(e))
			done(user);
	}
	arena_release(&t.own);
	arena_release(&scratch);
	return e;
}
