/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_seen.h"

#include <string.h>

/* struct sorter: passages being chosen. in[i] is the passage of the evidence that seen place i
 * stands in, and places[p] how many stand in passage p. */
struct sorter {
	const struct trace_evidence *e;
	uint32_t *in, *places;
};

/* passage_at returns the passage of the evidence that a place stands in, or passages_n. They lie in
 * the order of the texts and their words. */
static size_t passage_at(const struct trace_evidence *e, const struct mark_place *place)
{
	size_t lo = 0, hi = e->passages_n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct trace_passage *at = &e->passages[mid];
		if (at->text < place->text || (at->text == place->text && at->to <= place->from))
			lo = mid + 1;
		else
			hi = mid;
	}
	bool inside = lo < e->passages_n && e->passages[lo].text == place->text &&
		      e->passages[lo].from <= place->from;
	return inside ? lo : e->passages_n;
}

/* richest returns the passage with the most places among those not taken yet, the first of several,
 * or passages_n if none has enough. */
static size_t richest(const struct sorter *s)
{
	size_t best = s->e->passages_n;
	uint32_t most = TRACE_PASSAGE_PLACES - 1;
	for (size_t p = 0; p < s->e->passages_n; p++) {
		if (s->places[p] <= most)
			continue;
		most = s->places[p];
		best = p;
	}
	return best;
}

/* choose takes the richest passages and puts them in the order of the leak. */
static void choose(struct sorter *s, struct trace_seen *seen)
{
	uint32_t n = 0;
	for (size_t p; n < CODE_PASSAGES_MAX && (p = richest(s)) < s->e->passages_n; n++) {
		uint32_t at = n;
		for (; at > 0 && seen->passage[at - 1] > p; at--)
			seen->passage[at] = seen->passage[at - 1];
		seen->passage[at] = (uint32_t)p;
		s->places[p] = 0;
	}
	seen->leak.passages_n = n;
}

/* find_passages finds those of the words; a position stands in none. */
static struct sr_err find_passages(struct arena *scratch, const struct trace_evidence *e,
				   struct trace_seen *seen, uint32_t *passage)
{
	size_t words_n = seen->leak.layer_n[CODE_LAYER_WORDS];
	struct sorter s = {e, ARENA_ARRAY(scratch, words_n, uint32_t),
			   ARENA_ARRAY(scratch, e->passages_n, uint32_t)};
	if (!s.in || !s.places)
		return sr_nomem();
	for (size_t i = 0; i < words_n; i++) {
		s.in[i] = (uint32_t)passage_at(e, &e->places[seen->leak.place[i]]);
		if (s.in[i] < e->passages_n)
			s.places[s.in[i]]++;
	}
	choose(&s, seen);
	for (size_t i = 0; i < seen->leak.n; i++) {
		passage[i] = CODE_NO_PASSAGE;
		for (uint32_t k = 0; k < seen->leak.passages_n && i < words_n; k++)
			if (seen->passage[k] == s.in[i])
				passage[i] = k;
	}
	return sr_ok();
}

/* put_place adds a place that was read. */
static void put_place(struct trace_seen *s, struct code_seen *seen, uint32_t *place,
		      enum code_layer layer, uint32_t number, const struct code_bias *bias,
		      const float *loglik)
{
	size_t at = s->leak.n++;
	s->leak.layer_n[layer]++;
	place[at] = number;
	s->bias[at] = *bias;
	seen[at] = (struct code_seen){*bias, loglik};
}

struct sr_err trace_seen_places(struct arena *a, const struct trace_evidence *e,
				const struct code_bias *bias, const struct code_bias *slots,
				uint32_t collusion, struct trace_seen *out)
{
	size_t n = trace_evidence_seen(e);
	struct code_seen *seen = ARENA_ARRAY(a, n, struct code_seen);
	uint32_t *place = ARENA_ARRAY(a, n, uint32_t);
	uint32_t *passage = ARENA_ARRAY(a, n, uint32_t);
	struct trace_seen s = {
		.leak = {.seen = seen, .place = place, .passage = passage, .collusion = collusion},
		.bias = ARENA_ARRAY(a, n, struct code_bias)};
	if (!seen || !place || !passage || !s.bias)
		return sr_nomem();
	for (size_t i = 0; i < e->lattice->places_n; i++)
		if (e->places[i].state == MARK_READ)
			put_place(&s, seen, place, CODE_LAYER_WORDS, (uint32_t)i, &bias[i],
				  e->places[i].loglik);
	for (size_t i = 0; i < e->layout.n; i++)
		put_place(&s, seen, place, CODE_LAYER_LAYOUT, e->layout.slot[i],
			  &slots[e->layout.slot[i]], e->layout.loglik[i]);
	struct arena scratch = {0};
	struct sr_err err = find_passages(&scratch, e, &s, passage);
	arena_release(&scratch);
	if (!sr_bad(err))
		*out = s;
	return err;
}

struct sr_err trace_seen_make(struct arena *a, const struct trace_evidence *e,
			      const struct code_bias *bias, const struct code_bias *slots,
			      uint32_t collusion, struct trace_seen *out)
{
	struct trace_seen s;
	SR_TRY(trace_seen_places(a, e, bias, slots, collusion, &s));
	SR_TRY(code_scores_make(a, &s.leak, &s.scores));
	*out = s;
	return sr_ok();
}

/* seen_at returns which of the places read is number place. */
static size_t seen_at(const struct code_leak *leak, uint32_t place)
{
	size_t lo = 0, hi = leak->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (leak->place[mid] < place)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool trace_seen_same_passages(const struct trace_seen *whole, const struct trace_seen *part,
			      const uint32_t *leader)
{
	const struct code_leak *a = &whole->leak, *b = &part->leak;
	bool same = a->passages_n == b->passages_n && a->n == b->n;
	for (size_t i = 0; i < b->n && same; i++)
		same = a->passage[seen_at(a, leader[b->place[i]])] == b->passage[i];
	return same;
}
