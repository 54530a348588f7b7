/* SPDX-License-Identifier: Apache-2.0 */
#include "code_scores.h"

#include "code_design.h"

#include <assert.h>

/* struct maker: scores being made. */
struct maker {
	struct arena *a;
	const struct code_leak *leak;
	struct code_scores *out;
};

static struct sr_err add(struct maker *m, enum code_stage stage, const struct code_seen *seen)
{
	struct code_scores *s = m->out;
	s->ground[s->n] = (struct code_ground){stage, s->stage_n[stage]++};
	/* Of a coalition's member there is no law by which to exclude him. */
	if (stage == CODE_STAGE_COALITION)
		return code_score_build_member(m->a, seen, m->leak->n, &s->score[s->n++]);
	return code_score_build(m->a, seen, m->leak->n, &s->score[s->n++]);
}

static struct sr_err add_coalitions(struct maker *m)
{
	const struct code_leak *l = m->leak;
	struct code_seen *seen = ARENA_ARRAY(m->a, l->n, struct code_seen);
	float *loglik = ARENA_ARRAY(m->a, code_seen_wordings(l->seen, l->n), float);
	if (!seen || !loglik)
		return sr_nomem();
	code_seen_with(l->seen, l->n, loglik, seen);
	code_symmetric_loglik(l->seen, l->n, loglik);
	SR_TRY(add(m, CODE_STAGE_COALITION, seen));
	for (uint32_t attack = 0; attack < code_models_n(l->collusion); attack++) {
		const struct code_model model = {attack, l->collusion};
		code_coalition_loglik(l->seen, l->n, &model, NULL, 0, loglik);
		SR_TRY(add(m, CODE_STAGE_COALITION, seen));
	}
	return sr_ok();
}

static const float erased[LIMIT_WORDINGS];

static struct sr_err add_passages(struct maker *m)
{
	const struct code_leak *l = m->leak;
	struct code_seen *seen = ARENA_ARRAY(m->a, l->n, struct code_seen);
	if (!seen)
		return sr_nomem();
	for (uint32_t p = 0; p < l->passages_n; p++) {
		for (size_t i = 0; i < l->n; i++) {
			seen[i] = l->seen[i];
			if (l->passage[i] != p)
				seen[i].loglik = erased;
		}
		SR_TRY(add(m, CODE_STAGE_PASSAGE, seen));
	}
	return sr_ok();
}

static struct sr_err add_layers(struct maker *m)
{
	const struct code_leak *l = m->leak;
	struct code_seen *seen = ARENA_ARRAY(m->a, l->n, struct code_seen);
	if (!seen)
		return sr_nomem();
	for (enum code_layer layer = 0; layer < CODE_LAYERS; layer++) {
		for (size_t i = 0; i < l->n; i++) {
			seen[i] = l->seen[i];
			if (code_leak_layer(l, i) != layer)
				seen[i].loglik = erased;
		}
		m->out->layer[layer] = m->out->n;
		SR_TRY(add(m, CODE_STAGE_LAYER, seen));
	}
	return sr_ok();
}

enum code_layer code_leak_layer(const struct code_leak *leak, size_t i)
{
	enum code_layer layer = 0;
	assert(i < leak->n);
	for (size_t end = leak->layer_n[0]; i >= end; end += leak->layer_n[layer])
		layer++;
	return layer;
}

/* is_layered tells whether places of several layers were seen. */
static bool is_layered(const struct code_leak *l)
{
	size_t sum = 0;
	unsigned seen = 0;
	for (int k = 0; k < CODE_LAYERS; k++) {
		sum += l->layer_n[k];
		seen += l->layer_n[k] > 0;
	}
	assert(sum == l->n);
	return seen > 1;
}

struct sr_err code_scores_make(struct arena *a, const struct code_leak *leak,
			       struct code_scores *out)
{
	assert(leak->passages_n <= CODE_PASSAGES_MAX);
	assert(leak->collusion >= 1 && leak->collusion <= CODE_COLLUSION_MAX);
	struct code_scores s = {.budget = {leak->collusion, is_layered(leak)},
				.originals_n = leak->layer_n[CODE_LAYER_WORDS]};
	struct maker m = {a, leak, &s};
	SR_TRY(add(&m, CODE_STAGE_SINGLE, leak->seen));
	if (leak->collusion > 1)
		SR_TRY(add_coalitions(&m));
	if (leak->collusion > 1 && leak->passages_n > 1)
		SR_TRY(add_passages(&m));
	if (s.budget.layered)
		SR_TRY(add_layers(&m));
	*out = s;
	return sr_ok();
}

double code_scores_none_nats(const struct code_scores *s)
{
	return code_score_none_nats(s->score[0], s->originals_n);
}

uint32_t code_scores_best(const struct code_scores *s, const int32_t *units)
{
	uint32_t best = 0;
	double least = 0;
	for (uint32_t k = 0; k < s->n; k++) {
		enum code_stage stage = s->ground[k].stage;
		double p = code_score_tail(s->score[k], units[k]) * s->stage_n[stage] /
			   code_stage_share(stage, s->budget);
		if (k == 0 || p < least) {
			best = k;
			least = p;
		}
	}
	return best;
}

double code_scores_p(const struct code_scores *s, uint32_t k, int64_t units, uint64_t readers_n)
{
	enum code_stage stage = s->ground[k].stage;
	return code_stage_p(code_score_tail(s->score[k], units), stage, s->budget, readers_n,
			    s->stage_n[stage]);
}
