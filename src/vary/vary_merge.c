/* SPDX-License-Identifier: Apache-2.0 */
/* Candidates that stand in each other's way and can be one place: of two entries that find the same
 * words the place gets all wordings, and two neighbours without a fixed word between them become
 * one place with every combination. */
#include "vary_search.h"

#include "base_limits.h"
#include "text_lattice.h"

enum {
	COMBINATIONS_MAX = 8, /* of two neighbours: more would make none of them better */
	REACH = 16,           /* what touches stands no farther apart in the list */
};

static bool may_merge(const struct vary_candidate *x, const struct vary_candidate *y)
{
	return x->entry->tier == y->entry->tier && !x->entry->whole && !y->entry->whole;
}

static bool has_wording(const struct vary_candidate *c, struct slice w)
{
	for (uint32_t k = 0; k < c->n; k++)
		if (slice_eq(c->wordings[k], w))
			return true;
	return false;
}

/* keep_distinct makes the merged candidate out of c, if its wordings can share a place. */
static struct sr_err keep_distinct(struct vary_candidate *c, const struct vary_candidate *merged,
				   bool *done)
{
	struct sr_err e = text_wordings_check(merged->wordings, merged->n, NULL, 1, 1);
	*done = e.code == SR_OK;
	if (*done)
		*c = *merged;
	return e.code == SR_E_INPUT ? sr_ok() : e;
}

/* add_all gives x the wordings of y, which finds the same words. */
static struct sr_err add_all(struct vary_search *s, struct vary_candidate *x,
			     const struct vary_candidate *y, bool *done)
{
	struct vary_candidate m = *x;
	size_t n = (size_t)x->n + y->n;
	m.wordings = ARENA_ARRAY(s->a, n, struct slice);
	m.kinds = ARENA_ARRAY(s->a, n, uint32_t);
	if (!m.wordings || !m.kinds)
		return sr_nomem();
	m.n = 0;
	for (uint32_t k = 0; k < x->n + y->n; k++) {
		const struct vary_candidate *from = k < x->n ? x : y;
		uint32_t i = k < x->n ? k : k - x->n;
		if (has_wording(&m, from->wordings[i]))
			continue;
		m.wordings[m.n] = from->wordings[i];
		m.kinds[m.n++] = from->kinds[i];
	}
	if (n > LIMIT_WORDINGS) {
		*done = false;
		return sr_ok();
	}
	return keep_distinct(x, &m, done);
}

struct sr_err vary_merge_same(struct vary_search *s)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->n; i++) {
		bool done = false;
		for (size_t k = kept; k > 0 && !done && s->at[k - 1].from == s->at[i].from; k--)
			if (s->at[k - 1].off == s->at[i].off && s->at[k - 1].len == s->at[i].len &&
			    may_merge(&s->at[k - 1], &s->at[i]))
				SR_TRY(add_all(s, &s->at[k - 1], &s->at[i], &done));
		if (!done)
			s->at[kept++] = s->at[i];
	}
	s->n = kept;
	return sr_ok();
}

/* mix makes one number of two, the same for the same two. */
static uint32_t mix(uint32_t x, uint32_t y)
{
	return (x * UINT32_C(2654435761)) ^ (y + UINT32_C(0x9e3779b9) + (x << 6) + (x >> 2));
}

/* write_combination writes a wording of x and one of its right neighbour y. */
static struct sr_err write_combination(struct vary_search *s, struct slice x, struct slice gap,
				       struct slice y, struct slice *out)
{
	struct build b = {0};
	build_slice(&b, x);
	build_slice(&b, gap);
	build_slice(&b, y);
	return build_keep(&b, s->a, out);
}

/* combine makes one candidate of x and its right neighbour y, in place of c, which is one of them.
 */
static struct sr_err combine(struct vary_search *s, const struct vary_candidate *x,
			     const struct vary_candidate *y, struct vary_candidate *c, bool *done)
{
	struct vary_candidate m = *x;
	size_t behind = x->off + x->len;
	struct slice gap = slice_sub(s->t.plain, behind, y->off - behind);
	m.len = y->off + y->len - x->off;
	m.to = y->to;
	m.behind = y->behind;
	m.n = 0;
	m.chosen = true;
	m.whole_sentence = x->whole_sentence && y->whole_sentence;
	m.wordings = ARENA_ARRAY(s->a, (size_t)x->n * y->n, struct slice);
	m.kinds = ARENA_ARRAY(s->a, (size_t)x->n * y->n, uint32_t);
	if (!m.wordings || !m.kinds)
		return sr_nomem();
	for (uint32_t k = 0; k < x->n; k++)
		for (uint32_t l = 0; l < y->n; l++) {
			m.kinds[m.n] = mix(x->kinds[k], y->kinds[l]);
			SR_TRY(write_combination(s, x->wordings[k], gap, y->wordings[l],
						 &m.wordings[m.n++]));
		}
	return keep_distinct(c, &m, done);
}

/* are_neighbours: y begins where x ends, in its sentence, and only a blank is between. */
static bool are_neighbours(const struct vary_search *s, const struct vary_candidate *x,
			   const struct vary_candidate *y)
{
	return x->to == y->from && x->behind == y->first && y->off == x->off + x->len + 1 &&
	       s->t.plain.ptr[y->off - 1] == ' ' &&
	       s->t.sentence[x->from] == s->t.sentence[y->from];
}

/* is_free: no chosen candidate but one touches candidate i. */
static bool is_free(const struct vary_search *s, size_t i, size_t but)
{
	const struct vary_candidate *c = &s->at[i];
	for (size_t k = i > REACH ? i - REACH : 0; k < s->n && s->at[k].from <= c->to; k++) {
		const struct vary_candidate *x = &s->at[k];
		if (k != i && k != but && x->chosen && x->from <= c->to && c->from <= x->to)
			return false;
	}
	return true;
}

/* try_neighbour merges candidate i into chosen candidate k, if they are neighbours. */
static struct sr_err try_neighbour(struct vary_search *s, size_t i, size_t k, bool *done)
{
	const struct vary_candidate *a = &s->at[i], *b = &s->at[k];
	const struct vary_candidate *x = a->from < b->from ? a : b, *y = x == a ? b : a;
	if (!b->chosen || !may_merge(a, b) || !are_neighbours(s, x, y) ||
	    (size_t)a->n * b->n > COMBINATIONS_MAX || !is_free(s, i, k))
		return sr_ok();
	return combine(s, x, y, &s->at[k], done);
}

struct sr_err vary_merge_neighbours(struct vary_search *s)
{
	for (size_t i = 0; i < s->n; i++) {
		bool done = s->at[i].chosen;
		size_t from = i > REACH ? i - REACH : 0;
		for (size_t k = from; k < s->n && k < i + REACH && !done; k++)
			if (k != i)
				SR_TRY(try_neighbour(s, i, k, &done));
	}
	return sr_ok();
}
