/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_sources.h"

/* More named readers are not sorted out. */
enum { NAMED_MAX = 32 };

/* struct named: the named readers with their symbols. */
struct named {
	const struct trace_standing *at[NAMED_MAX];
	uint16_t *symbols[NAMED_MAX];
	size_t n;
};

static struct sr_err gather(struct arena *a, const struct trace_seen *seen,
			    const struct code_stream *stream, const struct trace_verdict *v,
			    struct named *out)
{
	for (size_t i = 0; i < v->ranking_n && out->n < NAMED_MAX; i++) {
		if (!v->ranking[i].named)
			continue;
		uint16_t *symbols = ARENA_ARRAY(a, seen->leak.n, uint16_t);
		if (!symbols)
			return sr_nomem();
		SR_TRY(code_symbols_layers(stream, v->ranking[i].reader->id, seen->leak.place,
					   seen->bias, seen->leak.layer_n, symbols));
		out->at[out->n] = &v->ranking[i];
		out->symbols[out->n++] = symbols;
	}
	return sr_ok();
}

/* source_of returns whom score k, that of a passage, names alone and to the exclusion of the other
 * named ones; NULL if nobody. */
static const struct trace_standing *source_of(const struct code_scores *s, uint32_t k,
					      const struct named *named,
					      const struct trace_verdict *v)
{
	const struct trace_standing *who = NULL;
	for (size_t i = 0; i < named->n; i++) {
		int64_t units = code_score_of(s->score[k], named->symbols[i]);
		if (code_score_leaker_tail(s->score[k], units) < CODE_EXCLUDED)
			continue;
		if (who || code_scores_p(s, k, units, v->tested_n) > v->max_false)
			return NULL;
		who = named->at[i];
	}
	return who;
}

struct sr_err trace_sources_find(struct arena *a, const struct trace_seen *seen,
				 const struct code_stream *stream, struct trace_verdict *v)
{
	const struct code_scores *s = &seen->scores;
	struct arena scratch = {0};
	struct named named = {.n = 0};
	bool several = false;
	if (v->named_n < 2 || v->named_n > NAMED_MAX || !s->stage_n[CODE_STAGE_PASSAGE])
		return sr_ok();
	struct trace_source *found = ARENA_ARRAY(a, CODE_PASSAGES_MAX, struct trace_source);
	struct sr_err err = found ? gather(&scratch, seen, stream, v, &named) : sr_nomem();
	size_t n = 0;
	for (uint32_t k = 0; k < s->n && !sr_bad(err); k++) {
		if (s->ground[k].stage != CODE_STAGE_PASSAGE)
			continue;
		const struct trace_standing *who = source_of(s, k, &named, v);
		if (!who)
			continue;
		several |= n && found[0].standing != who;
		found[n++] = (struct trace_source){seen->passage[s->ground[k].number], who};
	}
	arena_release(&scratch);
	if (!sr_bad(err) && several) {
		v->sources = found;
		v->sources_n = n;
	}
	return err;
}
