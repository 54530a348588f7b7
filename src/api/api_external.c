/* SPDX-License-Identifier: Apache-2.0 */
#include "api_external.h"

#include "api.h"
#include "api_commit.h"
#include "trace_verify.h"

/* The ledger as far as the verdict rests on it. */
struct ground {
	struct text_lattice lattice;
	struct commit_secret secret;
	struct commit_chain chain;
	struct api_roll roll;
	const struct commit_entry *entry;
	struct commit_hash digest; /* of the entry */
};

static struct sr_err explain(const struct api_external *x, struct sr_err e)
{
	struct sr_sink at = api_sink(&x->o->sink, x->ledger_path);
	return e.code == SR_E_NOMEM ? e : api_explain(&at, e);
}

/* choose_entry takes the last commitment that is not later than the leak. */
static struct sr_err choose_entry(const struct api_external *x, struct ground *g)
{
	const struct commit_chain *c = &g->chain;
	if (!c->n)
		return sr_fail(SR_E_STATE,
			       "this ledger was made by an older version and was never committed "
			       "to: run 'subrosa mark' with it once more");
	for (size_t i = 0; i < c->n; i++) {
		if (c->at[i].time > x->o->leaked_by)
			break;
		g->entry = &c->at[i];
		commit_entry_digest(c->bytes[i], &g->digest);
	}
	return g->entry ? sr_ok()
			: sr_fail(SR_E_STATE, "no commitment of this ledger is as old as the leak");
}

static struct sr_err lay_ground(struct arena *a, const struct api_external *x, struct ground *g)
{
	const struct ledger_paper *p = ledger_paper(x->ledger);
	const char *file = api_commit_path(a, x->ledger_path);
	struct ledger_readers readers;
	size_t lodged_n;
	if (!file)
		return sr_nomem();
	SR_TRY(api_commit_load(a, x->ledger, x->ledger_path, &x->o->sink, &g->chain));
	SR_TRY(api_commit_guard(a, file, &g->chain, &x->o->sink, &lodged_n));
	SR_TRY(explain(x, choose_entry(x, g)));
	SR_TRY(ledger_readers_load(x->ledger, a, &readers));
	SR_TRY(explain(x, text_lattice_read(a, p->lattice, &g->lattice)));
	struct commit_reader *reader = api_roll_readers(a, &readers, 0);
	if (!reader)
		return sr_nomem();
	g->secret = (struct commit_secret){ledger_seed(x->ledger), p->lattice_hash};
	SR_TRY(explain(x, api_roll_make(a, &g->lattice, &g->secret, reader, readers.n,
					&x->o->progress, &g->roll)));
	struct sr_err e = commit_paper_check(&g->roll.paper, g->roll.leaf, g->roll.n, &g->chain);
	if (sr_bad(e))
		api_roll_release(&g->roll);
	return explain(x, e);
}

/* examine holds the verdict against the commitments as an outsider will. */
static struct sr_err examine(const struct api_external *x, const struct ground *g,
			     const struct trace_opening *o, const struct trace_external *verdict)
{
	const struct trace_exam exam = {.max_false = x->o->max_false,
					.texts = o->texts,
					.files = o->files,
					.chain = &g->chain};
	struct trace_finding f;
	SR_TRY(trace_verify(verdict, &exam, &f));
	return f.why ? explain(x, sr_fail(SR_E_STATE, f.why)) : sr_ok();
}

static struct sr_err make(struct arena *a, const struct api_external *x, struct ground *g,
			  struct build *out)
{
	const struct trace_opening o = {
		.verdict = x->verdict,
		.texts = {x->leaks->tokens, x->publics->tokens, x->leaks->n, x->publics->n},
		.files = {x->leaks->digest, x->publics->digest, x->leaks->n, x->publics->n},
		.paper = &g->roll.paper,
		.entry = g->entry,
		.entry_digest = g->digest,
		.readers = g->roll.reader,
		.reader_leaf = g->roll.leaf,
		.whole = x->o->whole_paper};
	struct trace_external verdict;
	SR_TRY(explain(x, trace_external_make(a, &o, &verdict)));
	SR_TRY(examine(x, g, &o, &verdict));
	return trace_external_write(&verdict, out);
}

struct sr_err api_external_make(struct arena *a, const struct api_external *x, struct build *out)
{
	struct ground g = {0};
	SR_TRY(lay_ground(a, x, &g));
	struct sr_err e = make(a, x, &g, out);
	api_roll_release(&g.roll);
	return e;
}
