/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_external.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct sr_err trace_part_evidence(struct arena *a, const struct trace_part *p,
				  const struct trace_texts *t, struct trace_evidence *out)
{
	return trace_evidence_find(a, SLICE_LIT(""), &p->lattice, t->leak, t->leaks_n,
				   t->public_text, t->publics_n, out);
}

void trace_gap_word(const struct trace_files *files, uint8_t out[TRACE_GAP_LEN])
{
	const struct slice all[] = {
		SLICE_LIT("subrosa/1 gap"),
		slice_make(files->leak, files->leaks_n * sizeof *files->leak),
		slice_make(files->public_text, files->publics_n * sizeof *files->public_text)};
	uint8_t digest[CRYPTO_HASH_LEN];
	crypto_digest(all, sizeof all / sizeof *all, digest);
	for (size_t i = 0; i < TRACE_GAP_LEN; i++)
		out[i] = (uint8_t)('a' + digest[i] % 26);
}

/* stands_whole tells whether units [first, last] have a margin on both sides. */
static bool stands_whole(const struct trace_part *p, size_t first, size_t last)
{
	bool before, behind;
	(void)trace_part_reach(p, first, -1, TRACE_MARGIN, &before);
	(void)trace_part_reach(p, last, 1, TRACE_MARGIN, &behind);
	return before && behind;
}

bool trace_part_contains(const struct trace_part *p, const struct trace_evidence *e)
{
	bool whole = true;
	for (size_t i = 0; i < e->quotes_n && whole; i++) {
		size_t first = trace_part_unit(p, e->quotes[i].first);
		size_t last = trace_part_unit(p, e->quotes[i].last);
		whole = p->unit[last].index - p->unit[first].index == last - first &&
			stands_whole(p, first, last);
	}
	return whole;
}

/* unit_of returns the position of the unit that is place i of a part. */
static size_t unit_of(const struct trace_part *p, size_t i)
{
	return trace_part_unit(p, (struct trace_spot){2 * (uint32_t)i + 1, 0});
}

bool trace_part_has_groups(const struct trace_part *p, const struct trace_evidence *e)
{
	for (size_t i = 0; i < p->lattice.places_n; i++) {
		size_t leader = p->lattice.places[i].leader, at = unit_of(p, i);
		if (e->places[leader].state != MARK_READ || p->unit[at].unit.group_n < 2)
			continue;
		if (p->missing_n[leader] || !stands_whole(p, at, at))
			return false;
	}
	return true;
}

/* The units of the whole lattice, and which of them are opened. */
struct chooser {
	struct arena *a;
	const struct trace_opening *o;
	struct trace_part all;
	uint8_t *open; /* by unit */
	uint8_t gap[TRACE_GAP_LEN];
	struct trace_part part;
	struct trace_evidence evidence; /* of the part */
};

static struct sr_err take_all(struct chooser *c)
{
	const struct commit_units *u = &c->o->paper->units;
	struct trace_unit *unit = ARENA_ARRAY(c->a, u->n, struct trace_unit);
	c->open = ARENA_ARRAY(c->a, u->n, uint8_t);
	if (!unit || !c->open)
		return sr_nomem();
	for (size_t i = 0; i < u->n; i++)
		unit[i] = (struct trace_unit){(uint32_t)i, u->at[i]};
	trace_gap_word(&c->o->files, c->gap);
	return trace_part_make(c->a, unit, u->n, u->n, SLICE_LIT(""), &c->all);
}

/* open_around opens the units [first, last] and margin pieces around them. */
static void open_around(struct chooser *c, size_t first, size_t last, size_t margin)
{
	bool whole;
	size_t from = trace_part_reach(&c->all, first, -1, margin, &whole);
	size_t to = trace_part_reach(&c->all, last, 1, margin, &whole);
	for (size_t u = from; u <= to; u++)
		c->open[u] = 1;
}

/* open_passages opens what the leak quotes, and margin pieces around it; where public texts are
 * taken into account, also the other places of the groups that it shows. */
static void open_passages(struct chooser *c, size_t margin)
{
	const struct trace_evidence *e = c->o->verdict->evidence;
	const struct text_lattice *l = &c->all.lattice;
	for (size_t i = 0; i < e->quotes_n; i++)
		open_around(c, trace_part_unit(&c->all, e->quotes[i].first),
			    trace_part_unit(&c->all, e->quotes[i].last), margin);
	for (size_t i = 0; c->o->texts.publics_n && i < l->places_n; i++) {
		size_t at = unit_of(&c->all, i);
		if (e->places[l->places[i].leader].state != MARK_UNSEEN &&
		    c->all.unit[at].unit.group_n > 1)
			open_around(c, at, at, margin);
	}
}

static struct sr_err take_part(struct chooser *c)
{
	struct trace_unit *unit = ARENA_ARRAY(c->a, c->all.units_n, struct trace_unit);
	size_t n = 0;
	if (!unit)
		return sr_nomem();
	for (size_t i = 0; i < c->all.units_n; i++)
		if (c->open[i] || c->o->whole)
			unit[n++] = c->all.unit[i];
	SR_TRY(trace_part_make(c->a, unit, n, c->all.units_n, slice_make(c->gap, TRACE_GAP_LEN),
			       &c->part));
	return trace_part_evidence(c->a, &c->part, &c->o->texts, &c->evidence);
}

static bool same_reading(const struct mark_place *a, const struct mark_place *b,
			 uint32_t wordings_n)
{
	if (a->state != MARK_READ || b->state != MARK_READ)
		return a->state != MARK_READ && b->state != MARK_READ;
	return a->symbol == b->symbol &&
	       memcmp(a->loglik, b->loglik, wordings_n * sizeof *a->loglik) == 0;
}

/* shows_the_same tells whether the part reads what the whole paper reads, in the same passages. */
static struct sr_err shows_the_same(const struct chooser *c, bool *same)
{
	struct arena scratch = {0};
	struct trace_seen a, b;
	const struct trace_evidence *whole = c->o->verdict->evidence;
	*same = c->evidence.seen_n == whole->seen_n;
	for (size_t i = 0; i < c->part.lattice.places_n && *same; i++)
		*same = c->part.lattice.places[i].leader != i ||
			same_reading(&c->evidence.places[i], &whole->places[c->part.leader[i]],
				     c->part.lattice.places[i].wordings_n);
	if (!*same)
		return sr_ok();
	struct sr_err err = trace_seen_places(&scratch, whole, c->o->paper->bias, NULL,
					      c->o->verdict->collusion, &a);
	if (!sr_bad(err))
		err = trace_seen_places(&scratch, &c->evidence, c->part.bias, NULL,
					c->o->verdict->collusion, &b);
	if (!sr_bad(err))
		*same = trace_seen_same_passages(&a, &b, c->part.leader);
	arena_release(&scratch);
	return err;
}

/* choose opens as little as shows the same as the whole. */
static struct sr_err choose(struct chooser *c)
{
	SR_TRY(take_all(c));
	for (size_t margin = TRACE_MARGIN;; margin *= 2) {
		open_passages(c, margin);
		struct sr_err e = take_part(c);
		if (e.code == SR_E_LIMIT) /* more gaps than a verifier examines */
			continue;
		SR_TRY(e);
		bool all = c->part.units_n == c->all.units_n, same;
		SR_TRY(shows_the_same(c, &same));
		if (all ||
		    (same && trace_part_contains(&c->part, &c->evidence) &&
		     (!c->o->texts.publics_n || trace_part_has_groups(&c->part, &c->evidence))))
			return sr_ok();
	}
}

static struct sr_err open_units(struct chooser *c, struct trace_external *x)
{
	const struct commit_paper *p = c->o->paper;
	size_t n = c->part.units_n;
	uint32_t *index = ARENA_ARRAY(c->a, n, uint32_t);
	x->unit = ARENA_ARRAY(c->a, n, struct trace_unit);
	x->unit_salt = ARENA_ARRAY(c->a, n, struct commit_salt);
	if (!index || !x->unit || !x->unit_salt)
		return sr_nomem();
	for (size_t i = 0; i < n; i++) {
		x->unit[i] = c->part.unit[i];
		index[i] = x->unit[i].index;
		x->unit_salt[i] = p->unit_salt[index[i]];
	}
	x->units_n = n;
	return commit_tree_prove(c->a, p->unit_leaf, p->units.n + p->slots_n, index, n,
				 &x->units_proof);
}

static int ascending(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* open_symbols opens a reader's symbols at the places seen, which are those of the part. Another
 * place may lead a group there than in the whole. */
static struct sr_err open_symbols(struct chooser *c, const struct code_leak *seen,
				  struct trace_opened_reader *r)
{
	struct commit_paper *p = c->o->paper;
	struct commit_hash leaf;
	uint32_t *index = ARENA_ARRAY(c->a, seen->n, uint32_t);
	r->symbol = ARENA_ARRAY(c->a, seen->n, struct trace_opened_symbol);
	if (!index || !r->symbol)
		return sr_nomem();
	SR_TRY(commit_paper_reader(p, &r->reader, &leaf));
	for (size_t i = 0; i < seen->n; i++)
		index[i] = c->part.leader[seen->place[i]];
	if (seen->n)
		qsort(index, seen->n, sizeof *index, ascending);
	for (size_t i = 0; i < seen->n; i++)
		r->symbol[i] =
			(struct trace_opened_symbol){p->symbol_salt[index[i]], index[i],
						     COMMIT_SOURCE_ISSUER, p->symbol[index[i]]};
	r->symbols_n = seen->n;
	r->salt = p->reader_salt;
	return commit_tree_prove(c->a, p->symbol_leaf, p->places_n + p->slots_n, index, seen->n,
				 &r->symbols_proof);
}

static struct sr_err find_reader(const struct trace_opening *o, const struct trace_reader *r,
				 struct commit_reader *out)
{
	for (size_t i = 0; i < o->entry->readers_n; i++) {
		if (!slice_eq(o->readers[i].id, r->id))
			continue;
		*out = o->readers[i];
		return sr_ok();
	}
	return sr_fail(SR_E_STATE, "who is named was committed later than the commitment that the "
				   "verdict would rest on");
}

static struct trace_opinion opinion_of(const struct trace_verdict *v,
				       const struct trace_standing *s)
{
	struct trace_opinion o = {.prior = s->prior, .posterior = s->posterior, .ratio = s->ratio};
	for (size_t i = 0; i < v->houses_n; i++) {
		const struct trace_house *h = &v->houses[i];
		if (slice_eq(h->house, s->reader->house) && slice_eq(h->side, s->reader->side)) {
			o.house_prior = h->prior;
			o.house_posterior = h->posterior;
		}
	}
	return o;
}

static int by_number(const void *a, const void *b)
{
	const struct trace_opened_reader *x = a, *y = b;
	return (x->reader.number > y->reader.number) - (x->reader.number < y->reader.number);
}

/* stands_open tells whether all partners of s are among the standings that are opened. */
static bool stands_open(const struct trace_verdict *v, const uint8_t *opened,
			const struct trace_standing *s)
{
	uint32_t found = 0, partners_n = code_partners_n(s->ground.stage);
	for (uint32_t k = 0; k < partners_n; k++)
		for (size_t i = 0; i < v->ranking_n; i++)
			found += opened[i] && v->ranking[i].reader == s->partner[k];
	return found == partners_n;
}

/* choose_named notes which standings can be opened, and returns how many. Whoever is left out may
 * be the partner of another one. */
static size_t choose_named(const struct trace_verdict *v, uint8_t *opened)
{
	size_t n = v->named_n;
	bool again = true;
	for (size_t i = 0; i < v->ranking_n; i++)
		opened[i] = v->ranking[i].named;
	while (again) {
		again = false;
		for (size_t i = 0; i < v->ranking_n; i++) {
			if (!opened[i] || stands_open(v, opened, &v->ranking[i]))
				continue;
			opened[i] = 0;
			n--;
			again = true;
		}
	}
	return n;
}

struct sr_err trace_external_named_n(const struct trace_verdict *v, size_t *n)
{
	struct arena scratch = {0};
	uint8_t *opened = ARENA_ARRAY(&scratch, v->ranking_n, uint8_t);
	if (opened)
		*n = v->evidence->layout.n ? 0 : choose_named(v, opened);
	arena_release(&scratch);
	return opened ? sr_ok() : sr_nomem();
}

/* open_ground notes what the reader's p-value rests on. */
static struct sr_err open_ground(const struct trace_opening *o, const struct trace_standing *s,
				 struct trace_opened_reader *r)
{
	uint32_t n = code_partners_n(s->ground.stage);
	r->ground = s->ground;
	for (uint32_t k = 0; k < n; k++) {
		struct commit_reader partner;
		SR_TRY(find_reader(o, s->partner[k], &partner));
		r->partner[k] = partner.number;
	}
	if (n == 2 && r->partner[0] > r->partner[1]) {
		uint32_t first = r->partner[1];
		r->partner[1] = r->partner[0];
		r->partner[0] = first;
	}
	return sr_ok();
}

static struct sr_err open_reader(struct chooser *c, const struct code_leak *seen,
				 const struct trace_standing *s, struct trace_opened_reader *r)
{
	SR_TRY(find_reader(c->o, s->reader, &r->reader));
	SR_TRY(open_symbols(c, seen, r));
	SR_TRY(open_ground(c->o, s, r));
	r->p_value = s->p_value;
	r->agree = s->agree;
	r->disagree = s->disagree;
	r->opinion = opinion_of(c->o->verdict, s);
	return sr_ok();
}

static struct sr_err open_named(struct chooser *c, struct trace_external *x)
{
	const struct trace_verdict *v = c->o->verdict;
	struct trace_seen seen;
	uint8_t *opened = ARENA_ARRAY(c->a, v->ranking_n, uint8_t);
	uint32_t *index = ARENA_ARRAY(c->a, v->named_n, uint32_t);
	x->named = ARENA_ARRAY(c->a, v->named_n, struct trace_opened_reader);
	if (!opened || !index || !x->named)
		return sr_nomem();
	size_t n = choose_named(v, opened);
	assert(n > 0);
	SR_TRY(trace_seen_places(c->a, &c->evidence, c->part.bias, NULL, v->collusion, &seen));
	for (size_t i = 0; i < v->ranking_n; i++)
		if (opened[i])
			SR_TRY(open_reader(c, &seen.leak, &v->ranking[i], &x->named[x->named_n++]));
	qsort(x->named, x->named_n, sizeof *x->named, by_number);
	for (size_t i = 0; i < x->named_n; i++)
		index[i] = x->named[i].reader.number - 1;
	return commit_tree_prove(c->a, c->o->reader_leaf, c->o->entry->readers_n, index, x->named_n,
				 &x->readers_proof);
}

struct sr_err trace_external_make(struct arena *a, const struct trace_opening *o,
				  struct trace_external *out)
{
	struct chooser c = {.a = a, .o = o};
	assert(!o->verdict->evidence->layout.n);
	struct trace_external x = {.max_false = o->verdict->max_false,
				   .tested_n = o->verdict->tested_n,
				   .entry = o->entry_digest,
				   .files = o->files,
				   .prior_none = o->verdict->prior_none,
				   .none = o->verdict->none};
	SR_TRY(choose(&c));
	SR_TRY(open_units(&c, &x));
	SR_TRY(open_named(&c, &x));
	*out = x;
	return sr_ok();
}
