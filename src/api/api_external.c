/* SPDX-License-Identifier: Apache-2.0 */
#include "api_external.h"

#include "api.h"
#include "api_commit.h"
#include "trace_verify.h"

static struct sr_err explain(const struct api_external *x, struct sr_err e)
{
	struct sr_sink at = api_sink(&x->o->sink, x->ledger_path);
	return api_blame(&at, e);
}

/* choose_entry takes the last commitment that is not later than the leak. */
static struct sr_err choose_entry(const struct api_external *x, const struct commit_chain *c,
				  int version, size_t *chosen)
{
	size_t n = 0;
	if (!c->n)
		return sr_fail(SR_E_STATE, api_uncommitted(version));
	while (n < c->n && c->at[n].time <= x->o->leaked_by)
		n++;
	if (!n)
		return sr_fail(SR_E_STATE, "no commitment of this ledger is as old as the leak");
	*chosen = n - 1;
	return sr_ok();
}

/* examine holds the verdict against the commitments as an outsider will. */
static struct sr_err examine(const struct api_external *x, const struct commit_chain *chain,
			     const struct trace_opening *o, const struct trace_external *verdict)
{
	const struct trace_exam exam = {.max_false = x->o->max_false,
					.leaked_by = x->o->leaked_by,
					.texts = o->texts,
					.files = o->files,
					.chain = chain};
	struct trace_finding f;
	SR_TRY(trace_verify(verdict, &exam, &f));
	return f.why ? explain(x, sr_fail(SR_E_STATE, f.why)) : sr_ok();
}

static struct sr_err make(struct arena *a, const struct api_external *x, struct api_committed *c,
			  struct build *out)
{
	struct trace_external verdict;
	struct trace_opening o = {
		.verdict = x->verdict,
		.texts = {x->leaks->tokens, x->publics->tokens, x->leaks->n, x->publics->n},
		.files = {x->leaks->digest, x->publics->digest, x->leaks->n, x->publics->n},
		.paper = &c->roll.paper,
		.readers = c->roll.reader,
		.reader_leaf = c->roll.leaf,
		.whole = x->o->whole_paper};
	size_t chosen = 0;
	int version;
	SR_TRY(ledger_version(x->ledger, &version));
	SR_TRY(explain(x, choose_entry(x, &c->chain, version, &chosen)));
	o.entry = &c->chain.at[chosen];
	commit_entry_digest(c->chain.bytes[chosen], &o.entry_digest);
	SR_TRY(explain(x, trace_external_make(a, &o, &verdict)));
	SR_TRY(examine(x, &c->chain, &o, &verdict));
	return trace_external_write(&verdict, out);
}

struct sr_err api_external_make(struct arena *a, const struct api_external *x, struct build *out)
{
	struct api_committed c;
	SR_TRY(api_committed_load(a, x->ledger, x->ledger_path, NULL, &x->o->sink, &x->o->progress,
				  &c));
	struct sr_err e = make(a, x, &c, out);
	api_roll_release(&c.roll);
	return e;
}
