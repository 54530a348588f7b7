/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_layers.h"

#include <math.h>

static struct sr_err check(const struct trace_layout *m)
{
	if (m->slots_n > LIMIT_PLACES || m->n > m->slots_n)
		return sr_fail(SR_E_LIMIT, "more words on pages than a paper has");
	for (size_t i = 0; i < m->n; i++)
		if (m->slot[i] >= m->slots_n || (i && m->slot[i] <= m->slot[i - 1]) ||
		    !isfinite(m->loglik[i][0]) || !isfinite(m->loglik[i][1]))
			return sr_fail(SR_E_INPUT, "what was measured on pages is not in order");
	return sr_ok();
}

struct sr_err trace_evidence_layout(struct arena *a, const struct trace_layout *measured,
				    struct trace_evidence *e)
{
	SR_TRY(check(measured));
	uint32_t *slot = ARENA_ARRAY(a, measured->n, uint32_t);
	float(*loglik)[2] = arena_alloc(a, measured->n, sizeof *loglik);
	size_t n = 0;
	if (!slot || !loglik)
		return sr_nomem();
	for (size_t i = 0; i < measured->n; i++) {
		const float *at = measured->loglik[i];
		if (!(at[0] < at[1] || at[1] < at[0]))
			continue;
		slot[n] = measured->slot[i];
		loglik[n][0] = at[0];
		loglik[n++][1] = at[1];
	}
	e->layout = *measured;
	e->layout.slot = slot;
	e->layout.loglik = (const float(*)[2])loglik;
	e->layout.n = n;
	return sr_ok();
}

size_t trace_evidence_n(const struct trace_evidence *e, enum code_layer layer)
{
	return layer == CODE_LAYER_WORDS ? e->seen_n : e->layout.n;
}

size_t trace_evidence_seen(const struct trace_evidence *e)
{
	return e->seen_n + e->layout.n;
}

size_t trace_layer_places(const struct trace_evidence *e, enum code_layer layer)
{
	if (layer == CODE_LAYER_WORDS)
		return text_lattice_symbols(e->lattice);
	return e->layout.marks_n > e->layout.n ? e->layout.marks_n : e->layout.n;
}

void trace_layers_stand(const struct trace_seen *seen, const struct code_finding *f, uint64_t total,
			double level, struct trace_standing *out)
{
	const struct code_scores *s = &seen->scores;
	out->agree = out->disagree = 0;
	for (int l = 0; l < CODE_LAYERS; l++) {
		const struct code_layer_finding *own = &f->layer[l];
		double p = code_stage_p(own->p_alone, CODE_STAGE_LAYER, s->budget, total,
					s->stage_n[CODE_STAGE_LAYER]);
		out->layer[l] = (struct trace_layer_standing){
			.p_value = p,
			.agree = own->agree_n,
			.disagree = (uint32_t)seen->leak.layer_n[l] - own->agree_n,
			.named = s->budget.layered && p <= level,
			.consistent = own->consistent};
		out->agree += out->layer[l].agree;
		out->disagree += out->layer[l].disagree;
	}
}

/* disagree tells whether two layers or more name readers, and nobody is named by two. */
static bool disagree(const struct trace_verdict *v)
{
	bool names[CODE_LAYERS] = {false};
	unsigned layers_n = 0;
	for (size_t i = 0; i < v->ranking_n; i++) {
		unsigned by = 0;
		for (int l = 0; l < CODE_LAYERS; l++) {
			by += v->ranking[i].layer[l].named;
			names[l] |= v->ranking[i].layer[l].named;
		}
		if (by > 1)
			return false;
	}
	for (int l = 0; l < CODE_LAYERS; l++)
		layers_n += names[l];
	return layers_n > 1;
}

/* rest_on_layer makes a standing that of the layer that speaks most against the reader. */
static void rest_on_layer(const struct code_scores *s, const struct code_finding *f,
			  struct trace_standing *out)
{
	uint32_t best = 0;
	for (uint32_t l = 1; l < CODE_LAYERS; l++)
		if (f->layer[l].p_alone < f->layer[best].p_alone)
			best = l;
	const struct code_finding own = {.p_alone = f->layer[best].p_alone,
					 .scores_n = s->stage_n[CODE_STAGE_LAYER],
					 .ground = {CODE_STAGE_LAYER, best}};
	out->ground = own.ground;
	out->p_value = out->layer[best].p_value;
	out->p_alone = code_finding_alone(&own, s->budget);
	out->named = out->layer[best].named;
	for (int k = 0; k < CODE_PARTNERS_MAX; k++)
		out->partner[k] = NULL;
}

void trace_layers_settle(const struct trace_seen *seen, const struct code_finding *finding,
			 struct trace_verdict *v)
{
	v->layered = seen->scores.budget.layered;
	v->layers_disagree = disagree(v);
	for (size_t i = 0; i < v->ranking_n && v->layers_disagree; i++)
		rest_on_layer(&seen->scores, &finding[i], &v->ranking[i]);
}
