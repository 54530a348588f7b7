/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_words.h"

#include "align_band.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
	WAYS_MAX = 64,    /* ways through a cell that are tried when no way fits exactly */
	SPAN_MAX = 16384, /* bytes of text between two anchors that are looked at */
	SLIPS_MAX = 1,    /* slips that are forgiven between two anchors */
	SLIP_LETTERS = 6, /* in a word of so many letters: in a short one they make another word */
	MARGIN = 2,       /* slips by which the second-best wording must be worse */
	CELL_ITEMS_MAX = 512,
};

void mark_words_write(const struct text_lattice *l, const uint16_t *symbols, struct build *out)
{
	build_slice(out, l->fixed[0]);
	for (size_t i = 0; i < l->places_n; i++) {
		assert(symbols[i] < l->places[i].wordings_n &&
		       symbols[i] == symbols[l->places[i].leader]);
		build_slice(out, l->places[i].wordings[symbols[i]]);
		build_slice(out, l->fixed[i + 1]);
	}
}

/* One cell and the letters found between its anchors: the tokens [first, end) of a text, the first
 * of which is *from. */
struct look {
	struct arena *scratch;
	const struct align_item *items;
	uint32_t items_n;
	const struct text_token *from;
	struct slice span;
	uint32_t text, first, end;
};

/* A place's part of what stood between the anchors: the letters [at, at + len) of the span. */
struct part {
	size_t at, len;
};

/* Exact reading. reach[i * (span + 1) + p]: the first i items can have spelt the first p letters;
 * from the other end likewise. */
static uint8_t *reach_table(const struct look *k, bool forwards)
{
	size_t width = k->span.len + 1;
	uint8_t *t = ARENA_ARRAY(k->scratch, (k->items_n + 1) * width, uint8_t);
	if (!t)
		return NULL;
	t[forwards ? 0 : k->items_n * width + k->span.len] = 1;
	for (uint32_t step = 0; step < k->items_n; step++) {
		uint32_t i = forwards ? step : k->items_n - 1 - step;
		const struct align_item *item = &k->items[i];
		for (uint32_t w = 0; w < item->folds_n; w++) {
			struct slice fold = item->folds[w];
			for (size_t p = 0; p + fold.len <= k->span.len; p++) {
				size_t here = i * width + p, there = (i + 1) * width + p + fold.len;
				uint8_t known = forwards ? t[here] : t[there];
				if (known && memcmp(k->span.ptr + p, fold.ptr, fold.len) == 0)
					t[forwards ? there : here] = 1;
			}
		}
	}
	return t;
}

/* exact_wordings finds, for item i, the wordings with which some way spells the whole span. It
 * returns their number, the last one in *symbol, and where it stands in *part. */
static uint32_t exact_wordings(const struct look *k, const uint8_t *left, const uint8_t *right,
			       uint32_t i, uint32_t *symbol, struct part *part)
{
	size_t width = k->span.len + 1;
	uint32_t n = 0;
	for (uint32_t w = 0; w < k->items[i].folds_n; w++) {
		struct slice fold = k->items[i].folds[w];
		bool fits = false;
		size_t p = 0;
		for (; p + fold.len <= k->span.len && !fits; p++)
			fits = left[i * width + p] && right[(i + 1) * width + p + fold.len] &&
			       memcmp(k->span.ptr + p, fold.ptr, fold.len) == 0;
		if (fits) {
			*symbol = w;
			*part = (struct part){p - 1, fold.len};
			n++;
		}
	}
	return n;
}

/* How far every wording of a place is from what was seen: the least number of slips over the ways
 * through the cell that use it. */
struct slips {
	uint32_t *of[CELL_ITEMS_MAX]; /* by item, then wording */
	uint32_t best;
};

static uint64_t ways_through(const struct look *k)
{
	uint64_t n = 1;
	for (uint32_t i = 0; i < k->items_n && n <= WAYS_MAX; i++)
		n *= k->items[i].folds_n;
	return n;
}

static struct slice spell(const struct look *k, uint64_t way, uint8_t *buf)
{
	size_t len = 0;
	for (uint32_t i = 0; i < k->items_n; i++) {
		struct slice fold = k->items[i].folds[way % k->items[i].folds_n];
		way /= k->items[i].folds_n;
		memcpy(buf + len, fold.ptr, fold.len);
		len += fold.len;
	}
	return slice_make(buf, len);
}

static size_t longest_way(const struct look *k)
{
	size_t len = 0;
	for (uint32_t i = 0; i < k->items_n; i++) {
		size_t most = 0;
		for (uint32_t w = 0; w < k->items[i].folds_n; w++)
			if (k->items[i].folds[w].len > most)
				most = k->items[i].folds[w].len;
		len += most;
	}
	return len;
}

/* slips_of returns the slips that make the span of a way, at most max + 1. A lone slip in a short
 * word counts as two. */
static uint32_t slips_of(const struct look *k, struct slice way, uint32_t max)
{
	uint32_t d = align_distance(way, k->span, max);
	if (d != 1)
		return d;
	size_t at = 0; /* of the slip in the span */
	while (at + 1 < k->span.len && at < way.len && way.ptr[at] == k->span.ptr[at])
		at++;
	const struct text_token *t = k->from;
	while (t->fold + t->fold_len - k->from->fold <= at)
		t++;
	return t->letters < SLIP_LETTERS ? 2 : 1;
}

/* count_slips compares the span with every way. Distances beyond the first bound all count as one
 * more than it. */
static struct sr_err count_slips(const struct look *k, uint64_t ways, struct slips *s)
{
	uint8_t *buf = arena_alloc(k->scratch, longest_way(k) + 1, 1);
	if (!buf)
		return sr_nomem();
	s->best = UINT32_MAX;
	for (uint32_t i = 0; i < k->items_n; i++) {
		s->of[i] = ARENA_ARRAY(k->scratch, k->items[i].folds_n, uint32_t);
		if (!s->of[i])
			return sr_nomem();
		for (uint32_t w = 0; w < k->items[i].folds_n; w++)
			s->of[i][w] = UINT32_MAX;
	}
	const uint32_t max = SLIPS_MAX + MARGIN + 1;
	for (uint64_t way = 0; way < ways; way++) {
		uint32_t d = slips_of(k, spell(k, way, buf), max);
		uint64_t rest = way;
		for (uint32_t i = 0; i < k->items_n; i++) {
			uint32_t *of = &s->of[i][rest % k->items[i].folds_n];
			rest /= k->items[i].folds_n;
			*of = d < *of ? d : *of;
		}
		s->best = d < s->best ? d : s->best;
	}
	return sr_ok();
}

static float against(uint32_t slips)
{
	float nats = MARK_SLIP_NATS * (float)slips;
	return nats < MARK_REPLACED_NATS ? -nats : -MARK_REPLACED_NATS;
}

/* token_by returns the last token of the span that begins at or before letter at. */
static uint32_t token_by(const struct look *k, size_t at)
{
	uint32_t t = k->first;
	while (t + 1 < k->end && k->from[t + 1 - k->first].fold - k->from->fold <= at)
		t++;
	return t;
}

/* stands_at notes where a place was seen. */
static void stands_at(struct mark_place *p, const struct look *k, struct part part)
{
	p->text = k->text;
	p->from = part.len ? token_by(k, part.at) : k->first;
	p->to = part.len ? token_by(k, part.at + part.len - 1) + 1 : k->end;
}

/* cannot_read notes why a place that was seen could not be read, unless it is known already. */
static void cannot_read(struct mark_place *p, const struct look *k, enum mark_why why)
{
	if (p->state == MARK_READ || (p->why != MARK_WHY_NONE && p->why != MARK_WHY_UNHELD))
		return;
	p->why = why;
	stands_at(p, k, (struct part){0});
}

/* Two readings of a place: the same wording counts once, by the surer one; two wordings none. */
static struct sr_err merge(struct arena *a, const struct look *k, struct part part,
			   struct mark_place *p, uint32_t symbol, const float *loglik, uint32_t n)
{
	if (p->state == MARK_READ && p->symbol != symbol) {
		*p = (struct mark_place){.state = MARK_ERASED,
					 .why = MARK_WHY_CONTRADICTED,
					 .text = p->text,
					 .from = p->from,
					 .to = p->to};
		return sr_ok();
	}
	if (p->why == MARK_WHY_CONTRADICTED)
		return sr_ok();
	if (p->state != MARK_READ) {
		float *own = ARENA_ARRAY(a, n, float);
		if (!own)
			return sr_nomem();
		memcpy(own, loglik, n * sizeof *own);
		*p = (struct mark_place){.state = MARK_READ, .symbol = symbol, .loglik = own};
		stands_at(p, k, part);
	}
	for (uint32_t w = 0; w < n; w++)
		p->loglik[w] = loglik[w] < p->loglik[w] ? loglik[w] : p->loglik[w];
	return sr_ok();
}

/* read_item merges the reading of one place, if only one wording explains what was seen. exact:
 * the wordings that fit to the letter, the last of them symbol, at part; s: the slips of the
 * others, NULL if there are too many ways to count them. */
static struct sr_err read_item(struct arena *a, const struct look *k, uint32_t i, uint32_t exact_n,
			       uint32_t symbol, struct part part, const struct slips *s,
			       struct mark_place *places)
{
	const struct align_item *item = &k->items[i];
	struct mark_place *place = &places[item->place];
	uint32_t least = UINT32_MAX, second = UINT32_MAX;
	for (uint32_t w = 0; s && w < item->folds_n; w++) {
		uint32_t d = s->of[i][w];
		if (d < least) {
			second = least;
			least = d;
			symbol = exact_n ? symbol : w;
		} else if (d < second) {
			second = d;
		}
	}
	bool near = exact_n || (s && least <= SLIPS_MAX);
	bool alone = exact_n ? exact_n == 1 : near && second >= least + MARGIN;
	if (!alone) {
		cannot_read(place, k, near ? MARK_WHY_AMBIGUOUS : MARK_WHY_OTHER);
		return sr_ok();
	}
	float *loglik = ARENA_ARRAY(k->scratch, item->folds_n, float);
	if (!loglik)
		return sr_nomem();
	for (uint32_t w = 0; w < item->folds_n; w++) {
		uint32_t worse = s ? s->of[i][w] - s->best : UINT32_MAX;
		loglik[w] = w == symbol ? 0 : against(worse);
	}
	return merge(a, k, part, place, symbol, loglik, item->folds_n);
}

static void cell_unread(const struct look *k, enum mark_why why, struct mark_place *places)
{
	for (uint32_t i = 0; i < k->items_n; i++)
		if (k->items[i].place != ALIGN_NONE)
			cannot_read(&places[k->items[i].place], k, why);
}

static struct sr_err read_cell(struct arena *a, const struct look *k, struct mark_place *places)
{
	if (!k->span.len || k->span.len > SPAN_MAX || k->items_n > CELL_ITEMS_MAX ||
	    k->span.len > 2 * longest_way(k)) {
		cell_unread(k, k->span.len ? MARK_WHY_OTHER : MARK_WHY_MISSING, places);
		return sr_ok();
	}
	uint8_t *left = reach_table(k, true), *right = reach_table(k, false);
	if (!left || !right)
		return sr_nomem();
	uint64_t ways = ways_through(k);
	struct slips slips;
	bool counted = ways <= WAYS_MAX;
	if (counted)
		SR_TRY(count_slips(k, ways, &slips));
	for (uint32_t i = 0; i < k->items_n; i++) {
		if (k->items[i].place == ALIGN_NONE)
			continue;
		uint32_t symbol = 0;
		struct part part = {0};
		uint32_t exact_n = exact_wordings(k, left, right, i, &symbol, &part);
		SR_TRY(read_item(a, k, i, exact_n, symbol, part, counted ? &slips : NULL, places));
	}
	return sr_ok();
}

static void erase_unread(const struct align_graph *g, const struct align_result *r,
			 struct mark_place *places)
{
	for (size_t i = 0; i < g->places_n; i++) {
		if (r->touch[i] != ALIGN_INSIDE || places[i].state != MARK_UNSEEN)
			continue;
		places[i].state = MARK_ERASED;
		if (places[i].why == MARK_WHY_NONE) {
			places[i].why = MARK_WHY_UNHELD;
			places[i].text = r->text;
		}
	}
}

struct sr_err mark_words_read(struct arena *a, const struct align_graph *g,
			      const struct text_tokens *text, const struct align_result *r,
			      struct mark_place *places)
{
	for (size_t i = 0; i < r->seen_n; i++) {
		const struct align_cell *c = &g->cells[r->seen[i].cell];
		struct arena scratch = {0};
		struct look k = {&scratch,
				 g->items + c->items,
				 c->items_n,
				 text->at + r->seen[i].from,
				 text_tokens_span(text, r->seen[i].from, r->seen[i].to),
				 r->text,
				 r->seen[i].from,
				 r->seen[i].to};
		struct sr_err e = read_cell(a, &k, places);
		arena_release(&scratch);
		SR_TRY(e);
	}
	erase_unread(g, r, places);
	return sr_ok();
}

/* seen_before tells whether a was seen before b in the texts. */
static bool seen_before(const struct mark_place *a, const struct mark_place *b)
{
	return a->text != b->text ? a->text < b->text : a->from < b->from;
}

/* weight_of says which of two spots of a group tells more of it: a contradiction is final, a
 * reading makes up for what could not be read elsewhere, any reason tells more than none. */
static int weight_of(const struct mark_place *p)
{
	if (p->why == MARK_WHY_CONTRADICTED)
		return 4;
	if (p->state == MARK_READ)
		return 3;
	if (p->state == MARK_ERASED)
		return p->why == MARK_WHY_UNHELD ? 1 : 2;
	return 0;
}

/* join_readings makes one reading of two, as merge does. */
static struct sr_err join_readings(struct arena *a, const struct mark_place *p, uint32_t wordings_n,
				   struct mark_place *out)
{
	bool earlier = seen_before(p, out);
	float *loglik = out->loglik;
	if (p->symbol != out->symbol) {
		*out = earlier ? *p : *out;
		*out = (struct mark_place){.state = MARK_ERASED,
					   .why = MARK_WHY_CONTRADICTED,
					   .text = out->text,
					   .from = out->from,
					   .to = out->to,
					   .spot = out->spot};
		return sr_ok();
	}
	float *both = ARENA_ARRAY(a, wordings_n, float);
	if (!both)
		return sr_nomem();
	for (uint32_t k = 0; k < wordings_n; k++)
		both[k] = p->loglik[k] < loglik[k] ? p->loglik[k] : loglik[k];
	*out = earlier ? *p : *out;
	out->loglik = both;
	return sr_ok();
}

struct sr_err mark_words_join(struct arena *a, const struct text_lattice *l,
			      const struct mark_place *spots, struct mark_place *places)
{
	for (size_t i = 0; i < l->places_n; i++) {
		struct mark_place p = spots[i], *out = &places[l->places[i].leader];
		p.spot = (uint32_t)i;
		if (l->places[i].leader == i) {
			*out = p;
			continue;
		}
		places[i] = (struct mark_place){.spot = (uint32_t)i};
		int more = weight_of(&p) - weight_of(out);
		if (!more && p.state == MARK_READ)
			SR_TRY(join_readings(a, &p, l->places[i].wordings_n, out));
		else if (more > 0 || (!more && seen_before(&p, out)))
			*out = p;
	}
	return sr_ok();
}

struct sr_err mark_words_supplied(const struct align_graph *g, const struct text_tokens *text,
				  const struct align_result *r, struct mark_place *places,
				  size_t *supplied_n)
{
	struct arena scratch = {0};
	struct mark_place *shown = ARENA_ARRAY(&scratch, g->places_n, struct mark_place);
	struct sr_err e = shown ? mark_words_read(&scratch, g, text, r, shown) : sr_nomem();
	for (size_t i = 0; i < g->places_n && !sr_bad(e); i++) {
		struct mark_place *p = &places[g->leader[i]];
		bool other = shown[i].state == MARK_READ && shown[i].symbol != p->symbol;
		if (p->state == MARK_READ && r->touch[i] && !other) {
			*p = (struct mark_place){.state = MARK_ERASED,
						 .why = MARK_WHY_PUBLIC,
						 .text = p->text,
						 .from = p->from,
						 .to = p->to,
						 .spot = p->spot,
						 .public_text = r->text};
			++*supplied_n;
		}
	}
	arena_release(&scratch);
	return e;
}
