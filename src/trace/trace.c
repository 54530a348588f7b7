/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include "code_family.h"
#include "code_posterior.h"
#include "trace_ground.h"
#include "trace_layers.h"
#include "trace_seen.h"
#include "trace_sources.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void count(struct trace_evidence *e)
{
	e->seen_n = e->erased_n = 0;
	for (size_t i = 0; i < e->lattice->places_n; i++) {
		e->seen_n += e->places[i].state == MARK_READ;
		e->erased_n += e->places[i].state == MARK_ERASED;
	}
}

/* keep_passages keeps the stretches of words of the paper. A passage of align/ may have a whole
 * paragraph of other words between two quotations. */
static struct sr_err keep_passages(struct arena *a, const struct align_result *r, size_t words,
				   size_t *cap, struct trace_evidence *e)
{
	size_t first = e->passages_n;
	for (uint32_t t = 0; t < words; t++) {
		if (!r->stands[t])
			continue;
		bool more = e->passages_n > first;
		if (more && t - e->passages[e->passages_n - 1].to <= TRACE_EDIT_WORDS) {
			e->passages[e->passages_n - 1].to = t + 1;
			continue;
		}
		struct trace_passage *p = arena_grow(a, e->passages, e->passages_n, cap, sizeof *p);
		if (!p)
			return sr_nomem();
		e->passages = p;
		e->passages[e->passages_n++] = (struct trace_passage){r->text, t, t + 1};
	}
	return sr_ok();
}

static struct trace_spot spot_of(const struct align_graph *g, uint32_t node)
{
	return (struct trace_spot){g->nodes[node].part, g->nodes[node].off};
}

static struct sr_err keep_quotes(struct arena *a, const struct align_graph *g,
				 const struct align_result *r, size_t *cap,
				 struct trace_evidence *e)
{
	for (size_t i = 0; i < r->passages_n; i++) {
		struct trace_quote *q = arena_grow(a, e->quotes, e->quotes_n, cap, sizeof *q);
		if (!q)
			return sr_nomem();
		e->quotes = q;
		e->quotes[e->quotes_n++] = (struct trace_quote){
			spot_of(g, r->passages[i].node_from), spot_of(g, r->passages[i].node_to)};
	}
	return sr_ok();
}

/* How much room there is in the arrays of the evidence. */
struct room {
	size_t passages, quotes;
};

static struct sr_err read_leak(struct arena *a, const struct align_graph *g,
			       const struct text_tokens *leak, uint32_t number, struct room *room,
			       struct trace_evidence *e)
{
	struct arena scratch = {0};
	struct align_result r;
	struct sr_err err = align_text(&scratch, g, leak, ALIGN_SCORE_LEAK, &r);
	r.text = number;
	if (!sr_bad(err))
		err = keep_passages(a, &r, leak->n, &room->passages, e);
	if (!sr_bad(err))
		err = keep_quotes(a, g, &r, &room->quotes, e);
	if (!sr_bad(err))
		err = mark_words_read(a, g, leak, &r, e->spots);
	if (!sr_bad(err))
		e->matched_words += r.matched;
	arena_release(&scratch);
	return err;
}

static struct sr_err read_public(const struct align_graph *g, const struct text_tokens *text,
				 uint32_t number, struct trace_evidence *e)
{
	struct arena scratch = {0};
	struct align_result r;
	struct sr_err err = align_text(&scratch, g, text, ALIGN_SCORE_PUBLIC, &r);
	r.text = number;
	if (!sr_bad(err))
		err = mark_words_supplied(g, text, &r, e->places, &e->supplied_n);
	arena_release(&scratch);
	return err;
}

struct sr_err trace_evidence_find(struct arena *a, struct slice title,
				  const struct text_lattice *lattice,
				  const struct text_tokens *leaks, size_t leaks_n,
				  const struct text_tokens *publics, size_t publics_n,
				  struct trace_evidence *out)
{
	struct trace_evidence e = {.title = title, .lattice = lattice};
	e.places = ARENA_ARRAY(a, lattice->places_n, struct mark_place);
	e.spots = ARENA_ARRAY(a, lattice->places_n, struct mark_place);
	if (!e.places || !e.spots)
		return sr_nomem();
	struct arena scratch = {0};
	struct align_graph g;
	struct sr_err err = align_graph_make(&scratch, lattice, &g);
	struct room room = {0};
	if (!sr_bad(err) && g.nodes_n)
		e.paper_words = (size_t)g.nodes[g.nodes_n - 1].column + 1;
	for (size_t i = 0; i < leaks_n && !sr_bad(err); i++)
		err = read_leak(a, &g, &leaks[i], (uint32_t)i, &room, &e);
	if (!sr_bad(err))
		err = mark_words_join(a, lattice, e.spots, e.places);
	for (size_t i = 0; i < publics_n && !sr_bad(err) && e.matched_words; i++)
		err = read_public(&g, &publics[i], (uint32_t)i, &e);
	arena_release(&scratch);
	if (sr_bad(err))
		return err;
	count(&e);
	*out = e;
	return sr_ok();
}

bool trace_in_time(const struct trace_reader *r, int64_t leaked_by)
{
	return r->committed_at <= leaked_by;
}

/* Everything that is kept while judging. in_time: the readers who count. */
struct judge {
	struct arena *a, *scratch;
	const struct trace_evidence *evidence;
	const struct code_design *design;
	struct code_stream stream[CODE_LAYERS];
	const struct trace_question *q;
	struct trace_seen seen;
	const struct trace_reader **in_time;
	double bits; /* mean bits of a place of the layers that were seen, or of words */
};

/* bias_words gives all places of the lattice their biases, and returns the sum of their bits. */
static struct sr_err bias_words(struct judge *j, struct code_bias **out, double *bits)
{
	const struct text_lattice *l = j->evidence->lattice;
	uint32_t *q = ARENA_ARRAY(j->scratch, l->places_n, uint32_t);
	struct code_bias *all = ARENA_ARRAY(j->scratch, l->places_n, struct code_bias);
	double symbols_n = (double)text_lattice_symbols(l);
	if (!q || !all)
		return sr_nomem();
	text_lattice_sizes(l, q);
	SR_TRY(code_design_biases(j->scratch, j->design, CODE_LAYER_WORDS, q, l->places_n, all));
	text_lattice_share(l, all, sizeof *all);
	for (size_t i = 0; i < l->places_n; i++)
		if (l->places[i].leader == i)
			*bits += code_bias_bits(&all[i]) / symbols_n;
	*out = all;
	return sr_ok();
}

/* bias_slots does the same for the layout layer, if anything of it was seen. */
static struct sr_err bias_slots(struct judge *j, struct code_bias **out, double *bits)
{
	size_t n = j->evidence->layout.n ? j->evidence->layout.slots_n : 0;
	*out = ARENA_ARRAY(j->scratch, n, struct code_bias);
	if (!*out)
		return sr_nomem();
	SR_TRY(code_design_biases(j->scratch, j->design, CODE_LAYER_LAYOUT, NULL, n, *out));
	for (size_t i = 0; i < n; i++)
		*bits += code_bias_bits(&(*out)[i]) / (double)n;
	return sr_ok();
}

static struct sr_err prepare(struct judge *j)
{
	const struct trace_evidence *e = j->evidence;
	struct code_bias *words, *slots;
	double bits[CODE_LAYERS] = {0};
	SR_TRY(bias_words(j, &words, &bits[CODE_LAYER_WORDS]));
	SR_TRY(bias_slots(j, &slots, &bits[CODE_LAYER_LAYOUT]));
	j->bits = bits[CODE_LAYER_WORDS];
	if (e->layout.n) {
		double words_n = (double)trace_layer_places(e, CODE_LAYER_WORDS);
		double marks_n = (double)trace_layer_places(e, CODE_LAYER_LAYOUT);
		j->bits = (bits[CODE_LAYER_WORDS] * words_n + bits[CODE_LAYER_LAYOUT] * marks_n) /
			  (words_n + marks_n);
	}
	return trace_seen_make(j->scratch, e, words, slots, j->q->alone ? 1 : j->design->collusion,
			       &j->seen);
}

static uint64_t total_of(const struct judge *j, size_t n)
{
	/* A paper of which nothing was read counts nobody, and yet its readers are listed. */
	return j->q->readers_total > n ? j->q->readers_total : n;
}

static struct sr_err find_all(struct judge *j, size_t n, struct code_finding **out)
{
	struct slice *id = ARENA_ARRAY(j->scratch, n, struct slice);
	*out = ARENA_ARRAY(j->scratch, n, struct code_finding);
	if (!id || !*out)
		return sr_nomem();
	for (size_t i = 0; i < n; i++)
		id[i] = j->in_time[i]->id;
	const struct code_readers readers = {j->stream, id, n, total_of(j, n)};
	return code_accuse(&j->seen.leak, &j->seen.scores, &readers, *out);
}

static void stand(const struct judge *j, size_t i, uint64_t total, const struct code_finding *f,
		  struct trace_standing *out)
{
	*out = (struct trace_standing){
		.reader = j->in_time[i],
		.p_value = f->p_value,
		.p_alone = code_finding_alone(f, j->seen.scores.budget),
		.p_single = f->p_single,
		.ground = f->ground,
		.score = f->nats,
		.consistent = f->consistent,
		/* With nothing read nobody can be named, whatever the level. */
		.named = j->seen.leak.n && f->p_value <= j->q->max_false,
	};
	for (uint32_t k = 0; k < code_partners_n(f->ground.stage); k++)
		out->partner[k] = j->in_time[f->partner[k]];
	trace_layers_stand(&j->seen, f, total, j->q->max_false, out);
}

static struct sr_err stand_all(struct judge *j, struct trace_verdict *v)
{
	struct code_finding *finding;
	j->in_time = ARENA_ARRAY(j->scratch, j->q->readers_n, const struct trace_reader *);
	v->ranking = ARENA_ARRAY(j->a, j->q->readers_n, struct trace_standing);
	if (!j->in_time || !v->ranking)
		return sr_nomem();
	for (size_t i = 0; i < j->q->readers_n; i++) {
		if (trace_in_time(&j->q->readers[i], j->q->leaked_by))
			j->in_time[v->ranking_n++] = &j->q->readers[i];
		else
			v->left_out_n++;
	}
	SR_TRY(find_all(j, v->ranking_n, &finding));
	uint64_t total = total_of(j, v->ranking_n);
	for (size_t i = 0; i < v->ranking_n; i++)
		stand(j, i, total, &finding[i], &v->ranking[i]);
	trace_layers_settle(&j->seen, finding, v);
	for (size_t i = 0; i < v->ranking_n; i++) {
		v->named_n += v->ranking[i].named;
		v->consistent_n += v->ranking[i].consistent;
	}
	return sr_ok();
}

/* weigh adds opinions, which take the leak for the work of one copy: there are none where the
 * layers name different ones. */
static struct sr_err weigh(struct judge *j, struct trace_verdict *v)
{
	double *nats = ARENA_ARRAY(j->scratch, v->ranking_n, double);
	double *posterior = ARENA_ARRAY(j->scratch, v->ranking_n, double);
	if (!nats || !posterior)
		return sr_nomem();
	for (size_t i = 0; i < v->ranking_n; i++)
		nats[i] = v->ranking[i].score;
	struct code_prior prior = {.none = CODE_PRIOR_NONE};
	double none_nats = code_scores_none_nats(&j->seen.scores);
	v->prior_none = prior.none;
	for (size_t i = 0; i < v->ranking_n; i++)
		v->ranking[i].prior = (1 - prior.none) / (double)v->ranking_n;
	if (v->layers_disagree)
		return sr_ok();
	SR_TRY(code_posterior(&prior, nats, v->ranking_n, none_nats, posterior, &v->none));
	for (size_t i = 0; i < v->ranking_n; i++) {
		struct trace_standing *s = &v->ranking[i];
		s->posterior = posterior[i];
		if (s->named)
			SR_TRY(code_likelihood_ratio(&prior, nats, v->ranking_n, none_nats, i,
						     &s->ratio));
	}
	return sr_ok();
}

static int by_house(const void *a, const void *b)
{
	const struct trace_standing *const *x = a, *const *y = b;
	int order = slice_order((*x)->reader->side, (*y)->reader->side);
	return order ? order : slice_order((*x)->reader->house, (*y)->reader->house);
}

static int by_house_posterior(const void *a, const void *b)
{
	const struct trace_house *x = a, *y = b;
	return x->posterior > y->posterior ? -1 : x->posterior < y->posterior;
}

static struct sr_err sum_houses(struct judge *j, struct trace_verdict *v)
{
	const struct trace_standing **s =
		ARENA_ARRAY(j->scratch, v->ranking_n, const struct trace_standing *);
	v->houses = ARENA_ARRAY(j->a, v->ranking_n, struct trace_house);
	if (!s || !v->houses)
		return sr_nomem();
	for (size_t i = 0; i < v->ranking_n; i++)
		s[i] = &v->ranking[i];
	if (v->ranking_n)
		qsort(s, v->ranking_n, sizeof *s, by_house);
	for (size_t i = 0; i < v->ranking_n; i++) {
		if (i == 0 || by_house(&s[i - 1], &s[i]) != 0)
			v->houses[v->houses_n++] =
				(struct trace_house){s[i]->reader->house, s[i]->reader->side, 0, 0};
		struct trace_house *h = &v->houses[v->houses_n - 1];
		h->prior += s[i]->prior;
		h->posterior += s[i]->posterior;
	}
	if (v->houses_n)
		qsort(v->houses, v->houses_n, sizeof *v->houses, by_house_posterior);
	return sr_ok();
}

/* Ties keep the order of the ledger: readers lie in one array. */
static int best_first(const void *a, const void *b)
{
	const struct trace_standing *x = a, *y = b;
	if (x->p_value != y->p_value)
		return x->p_value < y->p_value ? -1 : 1;
	if (x->p_alone != y->p_alone)
		return x->p_alone < y->p_alone ? -1 : 1;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->reader < y->reader ? -1 : x->reader > y->reader;
}

/* needed says how many more places would name the reader who fits best as the only source. */
static uint32_t needed(const struct judge *j, const struct trace_verdict *v)
{
	double p = 1, share = code_stage_share(CODE_STAGE_SINGLE, j->seen.scores.budget);
	for (size_t i = 0; i < v->ranking_n; i++)
		p = fmin(p, v->ranking[i].p_single);
	return code_places_needed(p, j->q->readers_total, 1, j->q->max_false * share, j->bits);
}

static struct sr_err judge(struct judge *j, struct trace_verdict *v)
{
	SR_TRY(prepare(j));
	SR_TRY(stand_all(j, v));
	SR_TRY(weigh(j, v));
	SR_TRY(sum_houses(j, v));
	if (v->ranking_n)
		qsort(v->ranking, v->ranking_n, sizeof *v->ranking, best_first);
	SR_TRY(trace_sources_find(j->a, &j->seen, j->stream, v));
	v->places_needed = v->named_n ? 0 : needed(j, v);
	if (!j->evidence->matched_words && !j->evidence->layout.n)
		v->decision = TRACE_NOT_OURS;
	else
		v->decision = v->named_n ? TRACE_NAMED : TRACE_INCONCLUSIVE;
	return sr_ok();
}

struct sr_err trace_judge(struct arena *a, const struct trace_evidence *evidence,
			  const struct code_design *design, const struct trace_question *question,
			  struct trace_verdict *out)
{
	if (!(question->max_false > 0 && question->max_false < 1))
		return sr_fail(SR_E_INPUT, "the level of false names lies between 0 and 1");
	struct arena scratch = {0};
	struct judge j = {
		.a = a, .scratch = &scratch, .evidence = evidence, .design = design, .q = question};
	for (enum code_layer l = 0; l < CODE_LAYERS; l++)
		j.stream[l] = (struct code_stream){design->seed, code_layer_label(l),
						   design->lattice_hash};
	struct trace_verdict v = {.evidence = evidence,
				  .max_false = question->max_false,
				  .collusion = design->collusion,
				  .tested_n = question->readers_total};
	struct sr_err e = judge(&j, &v);
	arena_release(&scratch);
	if (!sr_bad(e))
		*out = v;
	return e;
}

/* keep_named takes the names from v that whole does not give. */
static void keep_named(const struct trace_verdict *whole, struct trace_verdict *v)
{
	v->named_n = 0;
	for (size_t i = 0; i < v->ranking_n; i++) {
		struct trace_standing *s = &v->ranking[i];
		s->named = s->named && trace_is_named(whole, s->reader);
		v->named_n += s->named;
	}
	if (v->decision == TRACE_NAMED && !v->named_n)
		v->decision = TRACE_INCONCLUSIVE;
}

struct sr_err trace_judge_words(struct arena *a, const struct trace_verdict *whole,
				const struct code_design *design,
				const struct trace_question *question, struct trace_verdict *out)
{
	struct trace_verdict v = *whole;
	if (whole->evidence->layout.n) {
		struct trace_evidence *words = ARENA_NEW(a, struct trace_evidence);
		if (!words)
			return sr_nomem();
		*words = *whole->evidence;
		words->layout = (struct trace_layout){.slots_n = whole->evidence->layout.slots_n};
		SR_TRY(trace_judge(a, words, design, question, &v));
		v.papers_n = whole->papers_n;
		keep_named(whole, &v);
	}
	*out = v;
	return sr_ok();
}
