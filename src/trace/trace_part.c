/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_part.h"

#include <stdlib.h>
#include <string.h>

/* Words that stand where units are missing: more than a band of the alignment is wide, whose gaps
 * cost so little that it would leap over anything that it can see beyond. */
enum { GAP_WORDS = 384 };

struct builder {
	struct arena *a;
	struct trace_part *p;
	struct slice *fixed;
	struct text_place *places;
	const struct commit_unit **of; /* by place */
	struct build text;             /* the fixed text that is being put together */
	struct slice gap;
	size_t gaps_n;
};

static struct sr_err add_gap(struct builder *b)
{
	if (b->gaps_n++ == TRACE_GAPS_MAX)
		return sr_fail(SR_E_LIMIT, "the opened text has more gaps than can be examined");
	build_str(&b->text, "\n\n");
	for (int i = 0; i < GAP_WORDS; i++) {
		build_slice(&b->text, b->gap);
		build_str(&b->text, " ");
	}
	build_str(&b->text, "\n\n");
	return sr_ok();
}

static struct sr_err end_text(struct builder *b)
{
	struct slice text;
	SR_TRY(build_done(&b->text, &text));
	const uint8_t *kept = arena_dup(b->a, text.ptr, text.len);
	if (!kept)
		return sr_nomem();
	b->fixed[b->p->lattice.places_n] = slice_make(kept, text.len);
	build_reset(&b->text);
	return sr_ok();
}

static struct sr_err add_unit(struct builder *b, size_t i)
{
	struct trace_part *p = b->p;
	const struct commit_unit *u = &p->unit[i].unit;
	size_t n = p->lattice.places_n;
	if (p->unit[i].index > (i ? p->unit[i - 1].index + 1 : 0))
		SR_TRY(add_gap(b));
	if (u->place == COMMIT_NO_PLACE) {
		p->spot[i] = (struct trace_spot){2 * (uint32_t)n, (uint32_t)b->text.len};
		build_slice(&b->text, u->text);
		return sr_ok();
	}
	if (n && u->place <= b->of[n - 1]->place)
		return sr_fail(SR_E_INPUT, "the places of the opened text do not ascend");
	SR_TRY(end_text(b));
	p->spot[i] = (struct trace_spot){2 * (uint32_t)n + 1, 0};
	b->of[n] = u;
	p->leader[n] = u->leader;
	p->bias[n] = u->bias;
	b->places[n] = (struct text_place){
		.wordings = u->wordings, .wordings_n = u->bias.q, .origin = TEXT_ORIGIN_AUTHOR};
	p->lattice.places_n++;
	return sr_ok();
}

static struct sr_err check_indices(const struct trace_part *p)
{
	for (size_t i = 0; i < p->units_n; i++)
		if (p->unit[i].index >= p->units_all ||
		    (i && p->unit[i].index <= p->unit[i - 1].index))
			return sr_fail(SR_E_INPUT, "the pieces of the opened text do not ascend");
	return sr_ok();
}

/* may_follow tells whether place u can be in the group of place first, the first of it here. */
static bool may_follow(const struct commit_unit *first, const struct commit_unit *u)
{
	return first->group_n == u->group_n && first->bias.q == u->bias.q &&
	       memcmp(first->bias.cum, u->bias.cum, (u->bias.q + 1) * sizeof *u->bias.cum) == 0;
}

static int by_place(const void *key, const void *at)
{
	const uint32_t *place = key;
	const struct commit_unit *const *u = at;
	return (*place > (*u)->place) - (*place < (*u)->place);
}

/* groups_fit: who is a leader leads himself, before all others; groups are no larger than they
 * say. */
static bool groups_fit(const struct builder *b)
{
	uint32_t *missing_n = b->p->missing_n;
	size_t n = b->p->lattice.places_n;
	for (size_t i = 0; i < n; i++) {
		const struct commit_unit *u = b->of[i];
		const struct commit_unit *const *leader = NULL;
		if (n)
			leader = bsearch(&u->leader, b->of, n, sizeof *b->of, by_place);
		if (u->leader > u->place || (u->leader != u->place && u->group_n < 2) ||
		    (leader && (*leader)->leader != u->leader) ||
		    !may_follow(b->of[b->places[i].leader], u))
			return false;
		if (b->places[i].leader == i)
			missing_n[i] = u->group_n;
		if (!missing_n[b->places[i].leader]--)
			return false;
	}
	return true;
}

/* link_groups finds the leaders within the part. */
static struct sr_err link_groups(struct builder *b)
{
	size_t n = b->p->lattice.places_n;
	struct slice *tag = ARENA_ARRAY(b->a, n, struct slice);
	uint32_t *leader = ARENA_ARRAY(b->a, n, uint32_t);
	b->p->missing_n = ARENA_ARRAY(b->a, n, uint32_t);
	if (!tag || !leader || !b->p->missing_n)
		return sr_nomem();
	for (size_t i = 0; i < n; i++)
		tag[i] = slice_make(&b->of[i]->leader, sizeof b->of[i]->leader);
	SR_TRY(text_groups_find(tag, n, leader));
	for (size_t i = 0; i < n; i++)
		b->places[i].leader = leader[i];
	return groups_fit(b)
		       ? sr_ok()
		       : sr_fail(SR_E_INPUT, "the groups of places of the opened text do not fit "
					     "each other");
}

static struct sr_err put_together(struct builder *b)
{
	struct trace_part *p = b->p;
	SR_TRY(check_indices(p));
	p->spot = ARENA_ARRAY(b->a, p->units_n, struct trace_spot);
	p->leader = ARENA_ARRAY(b->a, p->units_n, uint32_t);
	p->bias = ARENA_ARRAY(b->a, p->units_n, struct code_bias);
	b->fixed = ARENA_ARRAY(b->a, p->units_n + 1, struct slice);
	b->places = ARENA_ARRAY(b->a, p->units_n, struct text_place);
	b->of = ARENA_ARRAY(b->a, p->units_n, const struct commit_unit *);
	if (!p->spot || !p->leader || !p->bias || !b->fixed || !b->places || !b->of)
		return sr_nomem();
	for (size_t i = 0; i < p->units_n; i++)
		SR_TRY(add_unit(b, i));
	if (!p->units_n || p->unit[p->units_n - 1].index + 1 < p->units_all)
		SR_TRY(add_gap(b));
	SR_TRY(end_text(b));
	SR_TRY(link_groups(b));
	p->lattice.fixed = b->fixed;
	p->lattice.places = b->places;
	return sr_ok();
}

struct sr_err trace_part_make(struct arena *a, const struct trace_unit *unit, size_t n, size_t all,
			      struct slice gap, struct trace_part *out)
{
	struct trace_part p = {.unit = unit, .units_n = n, .units_all = all};
	struct builder b = {.a = a, .p = &p, .gap = gap};
	build_init(&b.text, 0);
	struct sr_err e = put_together(&b);
	build_release(&b.text);
	if (!sr_bad(e))
		*out = p;
	return e;
}

size_t trace_part_unit(const struct trace_part *p, struct trace_spot word)
{
	size_t lo = 0, hi = p->units_n;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		const struct trace_spot *s = &p->spot[mid];
		if (s->part < word.part || (s->part == word.part && s->off <= word.off))
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

size_t trace_part_reach(const struct trace_part *p, size_t at, int step, size_t margin, bool *whole)
{
	size_t passed = 0;
	*whole = true;
	while (passed < margin) {
		uint32_t index = p->unit[at].index;
		bool ends = step > 0 ? index + 1 == p->units_all : index == 0;
		size_t next = step > 0 ? at + 1 : at - 1;
		if (ends)
			return at;
		*whole = (step > 0 ? next < p->units_n : at > 0) &&
			 p->unit[next].index == (step > 0 ? index + 1 : index - 1);
		if (!*whole)
			return at;
		at = next;
		passed += p->unit[at].unit.place == COMMIT_NO_PLACE;
	}
	return at;
}
