/* SPDX-License-Identifier: Apache-2.0 */
#include "vary.h"

#include "base_limits.h"
#include "vary_search.h"

#include <stdlib.h>
#include <string.h>

void vary_keep_fixed(const struct vary_pack *p, const struct vary_text *t, uint8_t *kept)
{
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < p->fixed_n && !t->at[i].mark; k++) {
			size_t end;
			if (!vary_pattern_forward(&p->fixed[k], t, i, NULL, &end))
				continue;
			const struct vary_element *last = &t->at[end - 1];
			size_t to = (size_t)last->off + last->len;
			memset(kept + t->at[i].off, 1, to - t->at[i].off);
		}
}

/* count_signs counts the words of the author's own text that show each register. */
static void count_signs(const struct vary_search *s, size_t *count)
{
	const struct vary_pack *p = s->q->pack;
	for (size_t i = 0; i < s->t.tokens.n; i++)
		for (size_t r = 0; r < p->registers_n && !s->kept[s->t.tokens.at[i].off]; r++) {
			uint32_t class = p->registers[r].class;
			count[r] += s->t.classes[i][class / 64] >> (class % 64) & 1;
		}
}

/* look_at_style finds the registers that the paper shows. */
static void look_at_style(struct vary_search *s)
{
	enum { REGISTERS = 64 };
	const struct vary_pack *p = s->q->pack;
	size_t count[REGISTERS] = {0};
	count_signs(s, count);
	for (size_t r = 0; r < p->registers_n; r++) {
		bool shown = count[r] > 0;
		for (size_t k = 0; k < p->registers_n; k++)
			if (p->registers[r].rivals >> k & 1)
				shown = shown && count[r] > count[k];
		s->shown |= (uint64_t)shown << r;
	}
	struct slice text = s->t.plain;
	size_t straight = 0, curly = 0;
	for (size_t i = 0; i < text.len; i++) {
		straight += text.ptr[i] == '\'';
		curly += text.len - i >= 3 && memcmp(text.ptr + i, "\xe2\x80\x99", 3) == 0;
	}
	s->curly = curly > straight;
}

static struct sr_err prepare(struct vary_search *s)
{
	const struct vary_pack *p = s->q->pack;
	struct slice plain = s->q->paper->plain;
	SR_TRY(vary_text_make(s->a, plain, &p->text, &s->t));
	SR_TRY(vary_classes_mark(s->a, &p->classes, &s->t));
	uint8_t *kept = text_protect(s->a, plain, &p->text);
	if (!kept)
		return sr_nomem();
	s->kept = kept;
	look_at_style(s);
	vary_keep_fixed(p, &s->t, kept);
	for (uint32_t i = 0; i < p->classes.n; i++) {
		if (slice_eq(p->classes.at[i].name, SLICE_LIT("unnoticed")))
			s->unnoticed = i + 1;
		if (slice_eq(p->classes.at[i].name, SLICE_LIT("echoed")))
			s->echoed = i + 1;
	}
	return sr_ok();
}

/* is_taken tells whether the author calls a group of his so. */
static bool is_taken(const struct text_paper *p, struct slice name)
{
	for (size_t i = 0; i < p->places_n; i++)
		if (slice_eq(p->places[i].place.group, name))
			return true;
	for (size_t i = 0; i < p->questions_n; i++)
		if (slice_eq(p->questions[i].place.group, name))
			return true;
	return false;
}

/* name_group makes the name of a group; letters are put in front until no group of the author's has
 * it. */
static struct sr_err name_group(const struct vary_search *s, uint32_t number, struct slice *out)
{
	struct build b = {0};
	struct slice text = {0};
	for (size_t letters = 1; !text.len || is_taken(s->q->paper, text); letters++) {
		build_reset(&b);
		for (size_t i = 0; i < letters; i++)
			build_u8(&b, 's');
		build_fmt(&b, "%u", number);
		struct sr_err e = build_done(&b, &text);
		if (sr_bad(e)) {
			build_release(&b);
			return e;
		}
	}
	*out = slice_make(arena_dup(s->a, text.ptr, text.len), text.len);
	build_release(&b);
	return out->ptr ? sr_ok() : sr_nomem();
}

static int order_places(const void *x, const void *y)
{
	const struct vary_place *a = x, *b = y;
	return (a->off > b->off) - (a->off < b->off);
}

static struct sr_err hand_out(const struct vary_search *s, struct vary_found *out)
{
	out->places = ARENA_ARRAY(s->a, s->n, struct vary_place);
	if (!out->places)
		return sr_nomem();
	for (size_t i = 0; i < s->n; i++) {
		const struct vary_candidate *c = &s->at[i];
		if (!c->chosen)
			continue;
		struct vary_place *p = &out->places[out->places_n++];
		*p = (struct vary_place){
			.off = c->off,
			.len = c->len,
			.place = {.wordings = c->wordings,
				  .wordings_n = c->n,
				  .origin = TEXT_ORIGIN_AUTOMATIC},
			.entry = c->entry,
		};
		if (c->group)
			SR_TRY(name_group(s, c->group, &p->place.group));
	}
	if (out->places_n)
		qsort(out->places, out->places_n, sizeof *out->places, order_places);
	return sr_ok();
}

static size_t count_lost(const struct vary_request *q)
{
	size_t n = 0;
	for (size_t i = 0; i < q->pack->entries_n && !q->grammar; i++) {
		const struct vary_entry *e = &q->pack->entries[i];
		n += e->tier != VARY_TIER_OFF && (e->guards.tags_n || e->guards.links_n);
	}
	return n;
}

struct sr_err vary_find(struct arena *a, const struct vary_request *q, struct vary_found *out)
{
	*out = (struct vary_found){.lost_n = count_lost(q)};
	struct vary_search s = {.a = a, .q = q, .found = out};
	SR_TRY(prepare(&s));
	SR_TRY(vary_candidates(&s));
	SR_TRY(vary_judge(&s));
	SR_TRY(vary_merge_same(&s));
	SR_TRY(vary_choose(&s));
	SR_TRY(vary_merge_neighbours(&s));
	SR_TRY(vary_check(&s));
	SR_TRY(vary_judge_variants(&s));
	return hand_out(&s, out);
}

/* link_groups finds the leaders among the places of a lattice. */
static struct sr_err link_groups(struct text_place *places, size_t n)
{
	struct arena scratch = {0};
	struct slice *tag = ARENA_ARRAY(&scratch, n, struct slice);
	uint32_t *leader = ARENA_ARRAY(&scratch, n, uint32_t);
	struct sr_err e = tag && leader ? sr_ok() : sr_nomem();
	for (size_t i = 0; i < n && !sr_bad(e); i++)
		tag[i] = places[i].group;
	if (!sr_bad(e))
		e = text_groups_find(tag, n, leader);
	for (size_t i = 0; i < n && !sr_bad(e); i++)
		places[i].leader = leader[i];
	arena_release(&scratch);
	return e;
}

struct sr_err vary_lattice(struct arena *a, const struct text_paper *paper,
			   const struct vary_place *found, size_t found_n, struct text_lattice *out)
{
	size_t n = paper->places_n;
	for (size_t i = 0; i < found_n; i++)
		n += !vary_is_question(&found[i]);
	if (n > LIMIT_PLACES)
		return sr_fail(SR_E_LIMIT, "the paper has more than 100,000 places");
	struct slice *fixed = ARENA_ARRAY(a, n + 1, struct slice);
	struct text_place *places = ARENA_ARRAY(a, n, struct text_place);
	if (!fixed || !places)
		return sr_nomem();
	size_t at = 0, p = 0, f = 0;
	for (size_t i = 0; i < n; i++) {
		while (f < found_n && vary_is_question(&found[f]))
			f++;
		bool author = f == found_n ||
			      (p < paper->places_n && paper->places[p].off < found[f].off);
		size_t off = author ? paper->places[p].off : found[f].off;
		size_t len = author ? paper->places[p].len : found[f].len;
		places[i] = author ? paper->places[p].place : found[f].place;
		fixed[i] = slice_sub(paper->plain, at, off - at);
		at = off + len;
		p += author;
		f += !author;
	}
	fixed[n] = slice_sub(paper->plain, at, paper->plain.len - at);
	SR_TRY(link_groups(places, n));
	*out = (struct text_lattice){fixed, places, n};
	return sr_ok();
}

bool vary_is_question(const struct vary_place *p)
{
	return p->proposed || (p->entry && p->entry->tier == VARY_TIER_ASK);
}

static void write_escaped(struct slice s, struct build *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (memchr("{|}\\", s.ptr[i], 4))
			build_u8(out, '\\');
		build_u8(out, s.ptr[i]);
	}
}

void vary_write_place(const struct text_place *place, bool question, struct build *out)
{
	build_str(out, question ? "{?|" : "{");
	if (place->group.len) {
		build_u8(out, TEXT_TAG_SIGN);
		build_slice(out, place->group);
		build_u8(out, '|');
	}
	for (uint32_t k = 0; k < place->wordings_n; k++) {
		if (k)
			build_u8(out, '|');
		write_escaped(place->wordings[k], out);
	}
	build_u8(out, '}');
}

void vary_write_source(const struct text_paper *paper, const struct vary_place *found,
		       size_t found_n, struct build *out)
{
	size_t at = 0;
	for (size_t i = 0; i < found_n; i++) {
		size_t from = paper->src[found[i].off];
		size_t to = paper->src[found[i].off + found[i].len];
		build_slice(out, slice_sub(paper->source, at, from - at));
		vary_write_place(&found[i].place, vary_is_question(&found[i]), out);
		at = to;
	}
	build_slice(out, slice_sub(paper->source, at, paper->source.len - at));
}
