/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include "code_accuse.h"
#include "trace_ground.h"

static const char *const decision_words[] = {
	[TRACE_NOT_OURS] = "not-ours",
	[TRACE_INCONCLUSIVE] = "inconclusive",
	[TRACE_NAMED] = "named",
};

/* opinion_json gives a number that takes the leak for the work of one copy; null where the layers
 * name different ones. */
static json_t *opinion_json(const struct trace_verdict *v, double x)
{
	return v->layers_disagree ? json_null() : json_real(x);
}

/* Of the partners, those who are named themselves: the others are not to be told. */
static json_t *score_json(const struct trace_verdict *v, const struct trace_standing *s)
{
	json_t *list = json_array();
	for (uint32_t k = 0; k < code_partners_n(s->ground.stage); k++)
		if (!json_put(&list, trace_is_named(v, s->partner[k]) ? json_text(s->partner[k]->id)
								      : json_null()))
			break;
	return trace_ground_json(&s->ground, list);
}

static json_t *sources_json(const struct trace_verdict *v)
{
	json_t *list = json_array();
	for (size_t i = 0; i < v->sources_n; i++) {
		const struct trace_source *s = &v->sources[i];
		const struct trace_passage *p = &v->evidence->passages[s->passage];
		json_t *o =
			json_pack("{s:I, s:I, s:I, s:o}", "text", (json_int_t)p->text + 1,
				  "first_word", (json_int_t)p->from + 1, "last_word",
				  (json_int_t)p->to, "reader", json_text(s->standing->reader->id));
		if (!json_put(&list, o))
			break;
	}
	return list;
}

/* What each layer that was read says of a reader; null where it was not scored alone. */
static json_t *layers_json(const struct trace_verdict *v, const struct trace_standing *s)
{
	json_t *all = json_object();
	for (enum code_layer l = 0; l < CODE_LAYERS; l++) {
		const struct trace_layer_standing *own = &s->layer[l];
		if (!trace_evidence_n(v->evidence, l))
			continue;
		json_t *o =
			json_pack("{s:i, s:i, s:o, s:o}", "agree", (int)own->agree, "disagree",
				  (int)own->disagree, "p_value",
				  v->layered ? json_real(own->p_value) : json_null(), "consistent",
				  v->layered ? json_boolean(own->consistent) : json_null());
		if (json_object_set_new(all, trace_layer_word(l), o) == 0)
			continue;
		json_decref(all);
		return NULL;
	}
	return all;
}

static json_t *named_json(const struct trace_verdict *v)
{
	json_t *list = json_array();
	for (size_t i = 0; i < v->ranking_n; i++) {
		const struct trace_standing *s = &v->ranking[i];
		if (!s->named)
			continue;
		json_t *o = json_pack(
			"{s:o, s:o, s:o, s:o, s:f, s:o, s:i, s:i, s:o, s:o}", "reader",
			json_text(s->reader->id), "name", json_text(s->reader->name), "house",
			json_text(s->reader->house), "side", json_text(s->reader->side), "p_value",
			s->p_value, "posterior", opinion_json(v, s->posterior), "agree",
			(int)s->agree, "disagree", (int)s->disagree, "likelihood_ratio_nats",
			opinion_json(v, s->ratio), "score", score_json(v, s));
		if (o && trace_has_layers(v) &&
		    json_object_set_new(o, "layers", layers_json(v, s)) != 0) {
			json_decref(o);
			o = NULL;
		}
		if (!json_put(&list, o))
			break;
	}
	return list;
}

static json_t *consistent_json(const struct trace_verdict *v)
{
	json_t *list = json_array();
	for (size_t i = 0; i < v->ranking_n; i++)
		if (v->ranking[i].consistent &&
		    !json_put(&list, json_text(v->ranking[i].reader->id)))
			break;
	return list;
}

/* The ten best readers, and every other one that is named. */
static json_t *ranking_json(const struct trace_verdict *v)
{
	enum { RANKING_MIN = 10 };
	json_t *list = json_array();
	for (size_t i = 0; i < v->ranking_n; i++) {
		const struct trace_standing *s = &v->ranking[i];
		if (i >= RANKING_MIN && !s->named)
			break;
		json_t *o =
			json_pack("{s:o, s:f, s:o, s:o}", "reader", json_text(s->reader->id),
				  "p_value", s->p_value, "posterior", opinion_json(v, s->posterior),
				  "score", opinion_json(v, s->score));
		if (!json_put(&list, o))
			break;
	}
	return list;
}

static json_t *houses_json(const struct trace_verdict *v)
{
	json_t *list = json_array();
	for (size_t i = 0; i < v->houses_n; i++) {
		const struct trace_house *h = &v->houses[i];
		json_t *o = json_pack("{s:o, s:o, s:f, s:o}", "house", json_text(h->house), "side",
				      json_text(h->side), "prior", h->prior, "posterior",
				      opinion_json(v, h->posterior));
		if (!json_put(&list, o))
			break;
	}
	return list;
}

/* with_layers adds to the object of a verdict what is told of papers with several layers alone. */
static json_t *with_layers(const struct trace_verdict *v, json_t *o)
{
	const struct trace_layout *layout = &v->evidence->layout;
	if (!o || !trace_has_layers(v))
		return o;
	json_t *layers = json_object_get(json_object_get(o, "seen"), "layers");
	if (json_object_set_new(json_object_get(o, "paper"), "marks",
				json_integer((json_int_t)layout->marks_n)) == 0 &&
	    json_object_set_new(layers, "layout", json_integer((json_int_t)layout->n)) == 0 &&
	    json_object_set_new(o, "layers_disagree", json_boolean(v->layers_disagree)) == 0)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *verdict_json(const struct trace_verdict *v)
{
	const struct trace_evidence *e = v->evidence;
	json_t *needed =
		v->places_needed == CODE_NEVER ? json_null() : json_integer(v->places_needed);
	json_t *o = json_pack(
		"{s:s, s:s, s:f, s:{s:o, s:I, s:I}, s:{s:I, s:I, s:I, s:{s:I}}, s:o, s:o, "
		"s:o, s:o, "
		"s:o, s:f, s:o, s:I, s:I, s:I, s:I, s:I, s:o}",
		"format", "subrosa-verdict/1", "decision", decision_words[v->decision], "max_false",
		v->max_false, "paper", "title", json_text(e->title), "places",
		(json_int_t)text_lattice_symbols(e->lattice), "matched_words",
		(json_int_t)e->matched_words, "seen", "places", (json_int_t)trace_evidence_seen(e),
		"erased", (json_int_t)e->erased_n, "supplied", (json_int_t)e->supplied_n, "layers",
		"words", (json_int_t)e->seen_n, "named", named_json(v), "consistent",
		consistent_json(v), "ranking", ranking_json(v), "houses", houses_json(v),
		"none_of_these", opinion_json(v, v->none), "prior_none", v->prior_none,
		"places_needed", needed, "tested", (json_int_t)v->tested_n, "left_out",
		(json_int_t)v->left_out_n, "papers_searched", (json_int_t)v->papers_n,
		"design_size", (json_int_t)v->collusion, "copies_at_least", (json_int_t)v->named_n,
		"sources", sources_json(v));
	return with_layers(v, o);
}

static json_t *whole_json(const struct trace_verdict *verdicts, size_t n)
{
	json_t *first = verdict_json(&verdicts[0]);
	json_t *others = json_array();
	for (size_t i = 1; i < n; i++)
		if (!json_put(&others, verdict_json(&verdicts[i])))
			break;
	if (first && json_object_set_new(first, "other_papers", others) == 0)
		return first;
	json_decref(first);
	return NULL;
}

struct sr_err trace_json(const struct trace_verdict *verdicts, size_t n, struct build *out)
{
	return json_write(whole_json(verdicts, n), out);
}
