/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_ground.h"

#include <string.h>

static const char *const kinds[CODE_STAGES] = {
	[CODE_STAGE_SINGLE] = "single",   [CODE_STAGE_COALITION] = "coalition",
	[CODE_STAGE_PASSAGE] = "passage", [CODE_STAGE_LAYER] = "layer",
	[CODE_STAGE_PAIR] = "pair",       [CODE_STAGE_TRIPLE] = "triple",
};

const char *trace_ground_kind(enum code_stage stage)
{
	return kinds[stage];
}

bool trace_ground_read(const char *word, enum code_stage *out)
{
	for (int k = 0; k < CODE_STAGES; k++) {
		if (strcmp(word, kinds[k]) != 0)
			continue;
		*out = (enum code_stage)k;
		return true;
	}
	return false;
}

const char *trace_layer_word(enum code_layer layer)
{
	return layer == CODE_LAYER_WORDS ? "words" : "layout";
}

const char *trace_layer_subject(enum code_layer layer)
{
	return layer == CODE_LAYER_WORDS ? "wordings" : "positions of words";
}

bool trace_has_layers(const struct trace_verdict *v)
{
	return v->evidence->layout.slots_n > 0;
}

json_t *trace_ground_json(const struct code_ground *g, json_t *partners)
{
	return json_pack("{s:s, s:I, s:o}", "kind", kinds[g->stage], "number",
			 (json_int_t)g->number, "partners", partners);
}

bool trace_is_of_one(const struct trace_verdict *v)
{
	return v->named_n == 0 || (v->named_n == 1 && v->ranking[0].consistent);
}

bool trace_is_named(const struct trace_verdict *v, const struct trace_reader *reader)
{
	for (size_t i = 0; i < v->ranking_n; i++)
		if (v->ranking[i].reader == reader)
			return v->ranking[i].named;
	return false;
}

const char *trace_ground_words(const struct trace_verdict *v, const struct trace_standing *s)
{
	bool all = true;
	for (uint32_t k = 0; k < code_partners_n(s->ground.stage); k++)
		all &= trace_is_named(v, s->partner[k]);
	switch (s->ground.stage) {
	case CODE_STAGE_SINGLE:
		return "by everything that was read";
	case CODE_STAGE_COALITION:
		return "as one of several copies that were compared and mixed";
	case CODE_STAGE_PASSAGE:
		return "by one passage of the leak alone";
	case CODE_STAGE_LAYER:
		return s->ground.number == CODE_LAYER_WORDS ? "by its wordings alone"
							    : "by the positions of its words alone";
	case CODE_STAGE_PAIR:
	case CODE_STAGE_TRIPLE:
	case CODE_STAGES:
		break;
	}
	return all ? "as mixed with what other named copies have"
		   : "as mixed with what other copies have, of which not all can be named";
}
