/* SPDX-License-Identifier: Apache-2.0 */
/* Weighted interval scheduling: of the candidates that touch each other those are chosen that are
 * worth most bits together. As a place never reaches over the end of a paragraph, that leaves no
 * paragraph bare in which there is a candidate. */
#include "vary_search.h"

#include <math.h>
#include <stdlib.h>

/* A candidate in the order of ends; best: the most bits with the first so many of the order. */
struct step {
	size_t candidate;
	double best;
};

static double worth(const struct vary_candidate *c)
{
	return log2((double)c->n);
}

/* contains: x is a longer wording around y. What stands in an idiom is none of its own. */
static bool contains(const struct vary_candidate *x, const struct vary_candidate *y)
{
	return !x->entry->rule && x->entry->tier <= y->entry->tier && x->from <= y->from &&
	       y->to <= x->to && x->to - x->from > y->to - y->from;
}

/* touches: no fixed word would stand between the two. */
static bool touches(const struct vary_candidate *x, const struct vary_candidate *y)
{
	return x->from <= y->to && y->from <= x->to;
}

static bool is_free(const struct vary_search *s, size_t i, enum vary_tier tier)
{
	const struct vary_candidate *c = &s->at[i];
	if (c->entry->tier != tier || c->chosen)
		return false;
	for (size_t k = i; k > 0 && s->at[k - 1].from + 64 > c->from; k--)
		if ((s->at[k - 1].chosen && touches(&s->at[k - 1], c)) ||
		    contains(&s->at[k - 1], c))
			return false;
	for (size_t k = i + 1; k < s->n && s->at[k].from <= c->to; k++)
		if ((s->at[k].chosen && touches(&s->at[k], c)) || contains(&s->at[k], c))
			return false;
	return true;
}

/* order_ends sorts by the end; *ends is only looked at through the candidates. */
static int order_ends(const void *x, const void *y, void *user)
{
	const struct vary_candidate *at = user;
	const struct vary_candidate *a = &at[((const struct step *)x)->candidate];
	const struct vary_candidate *b = &at[((const struct step *)y)->candidate];
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return (a->from > b->from) - (a->from < b->from);
}

/* before returns how many steps end so that a word stands between them and candidate c. */
static size_t before(const struct vary_search *s, const struct step *steps, size_t n,
		     const struct vary_candidate *c)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->at[steps[mid].candidate].to < c->from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct sr_err choose_tier(struct vary_search *s, enum vary_tier tier)
{
	struct step *steps = ARENA_ARRAY(s->a, s->n + 1, struct step);
	size_t n = 0;
	if (!steps)
		return sr_nomem();
	for (size_t i = 0; i < s->n; i++)
		if (is_free(s, i, tier))
			steps[n++].candidate = i;
	qsort_r(steps, n, sizeof *steps, order_ends, s->at);
	for (size_t i = 0; i < n; i++) {
		const struct vary_candidate *c = &s->at[steps[i].candidate];
		size_t k = before(s, steps, i, c);
		double with = worth(c) + (k ? steps[k - 1].best : 0);
		double without = i ? steps[i - 1].best : 0;
		steps[i].best = with > without ? with : without;
	}
	for (size_t i = n; i > 0;) {
		struct vary_candidate *c = &s->at[steps[i - 1].candidate];
		if (i > 1 && steps[i - 1].best <= steps[i - 2].best) {
			i--;
			continue;
		}
		c->chosen = true;
		i = before(s, steps, i - 1, c);
	}
	return sr_ok();
}

struct sr_err vary_choose(struct vary_search *s)
{
	if (s->q->only)
		return choose_tier(s, s->q->only->tier);
	SR_TRY(choose_tier(s, VARY_TIER_AUTOMATIC));
	SR_TRY(choose_tier(s, VARY_TIER_ASK));
	for (size_t i = 0; i < s->n; i++)
		s->found->dropped[VARY_DROP_OVERLAP] += !s->at[i].chosen;
	return sr_ok();
}
