/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "extract.h"
#include "ledger.h"
#include "base_limits.h"
#include "platform.h"
#include "trace.h"

#include <stdlib.h>
#include <sys/stat.h>

/* One ledger that has to do with the leak. */
struct candidate {
	struct ledger *ledger;
	struct trace_evidence evidence;
	struct trace_reader *readers;
	size_t readers_n;
};

struct tracer {
	const struct sr_trace_options *o;
	struct arena *a;
	struct text_tokens *leaks, *publics;
	struct candidate *found;
	size_t found_n;
	struct ledger_keys *keys;
};

static struct sr_err read_text(struct arena *a, const char *path, const struct sr_sink *sink,
			       struct text_tokens *out)
{
	struct sr_sink at = api_sink(sink, path);
	struct arena raw = {0};
	struct slice bytes, text;
	struct sr_err e = platform_read_file(&raw, path, LIMIT_LEAK_BYTES, &bytes);
	if (!sr_bad(e))
		e = extract_text(&raw, bytes, path, &at, &text);
	if (!sr_bad(e))
		e = text_tokens_make(a, text, out);
	arena_release(&raw);
	return e.code == SR_E_NOMEM ? e : api_explain(&at, e);
}

static struct sr_err read_texts(struct tracer *t, const char *const *paths, size_t n,
				struct text_tokens **out)
{
	struct text_tokens *texts = ARENA_ARRAY(t->a, n, struct text_tokens);
	if (!texts)
		return sr_nomem();
	for (size_t i = 0; i < n; i++)
		SR_TRY(read_text(t->a, paths[i], &t->o->sink, &texts[i]));
	*out = texts;
	return sr_ok();
}

static struct sr_err find_evidence(struct tracer *t, struct candidate *c)
{
	struct text_lattice *l = ARENA_NEW(t->a, struct text_lattice);
	if (!l)
		return sr_nomem();
	const struct ledger_paper *p = ledger_paper(c->ledger);
	SR_TRY(text_lattice_read(t->a, p->lattice, l));
	return trace_evidence_find(t->a, p->title, l, t->leaks, t->o->leaks_n, t->publics,
				   t->o->publics_n, &c->evidence);
}

/* look_into opens ledger i and keeps it if the leak quotes its paper. The first ledger is kept in
 * any case: somebody has to say "not ours". */
static struct sr_err look_into(struct tracer *t, size_t i)
{
	struct candidate c = {0};
	struct sr_sink at = api_sink(&t->o->sink, t->o->ledgers[i]);
	SR_TRY(ledger_open(t->o->ledgers[i], true, t->keys, &t->o->sink, &c.ledger));
	struct sr_err e = find_evidence(t, &c);
	if (sr_bad(e) || (i > 0 && !c.evidence.matched_words)) {
		ledger_close(c.ledger);
		return e.code == SR_E_INPUT ? api_explain(&at, e) : e;
	}
	/* The first ledger gives way to the first one that has to do with the leak. */
	if (t->found_n == 1 && !t->found[0].evidence.matched_words)
		ledger_close(t->found[--t->found_n].ledger);
	t->found[t->found_n++] = c;
	return sr_ok();
}

static struct sr_err refuse_twins(const struct tracer *t)
{
	struct stat *st = ARENA_ARRAY(t->a, t->o->ledgers_n, struct stat);
	if (!st)
		return sr_nomem();
	for (size_t i = 0; i < t->o->ledgers_n; i++) {
		if (stat(t->o->ledgers[i], &st[i]) != 0)
			continue; /* ledger_open will say why */
		for (size_t k = 0; k < i; k++) {
			if (st[k].st_ino != st[i].st_ino || st[k].st_dev != st[i].st_dev)
				continue;
			struct sr_sink at = api_sink(&t->o->sink, t->o->ledgers[i]);
			return api_explain(&at, sr_fail(SR_E_INPUT, "this ledger is given twice"));
		}
	}
	return sr_ok();
}

static struct sr_err load_readers(struct tracer *t, struct candidate *c)
{
	struct ledger_readers r;
	SR_TRY(ledger_readers_load(c->ledger, t->a, &r));
	c->readers = ARENA_ARRAY(t->a, r.n, struct trace_reader);
	if (!c->readers)
		return sr_nomem();
	for (size_t i = 0; i < r.n; i++)
		c->readers[i] = (struct trace_reader){r.at[i].id, r.at[i].name, r.at[i].house,
						      r.at[i].side, r.at[i].committed_at};
	c->readers_n = r.n;
	return sr_ok();
}

/* Every reader of every paper that is scored is a chance to err. A paper of which nothing was read
 * is not scored. */
static uint64_t count_tested(const struct tracer *t)
{
	uint64_t n = 0;
	for (size_t i = 0; i < t->found_n; i++)
		for (size_t k = 0; k < t->found[i].readers_n && t->found[i].evidence.seen_n; k++)
			n += trace_in_time(&t->found[i].readers[k], t->o->leaked_by);
	return n;
}

static struct sr_err judge(struct tracer *t, const struct candidate *c, uint64_t tested,
			   struct trace_verdict *out)
{
	const struct code_stream stream = {ledger_seed(c->ledger), CRYPTO_LABEL_SYMBOLS_WORDS,
					   ledger_paper(c->ledger)->lattice_hash};
	struct trace_question q = {.readers = c->readers,
				   .readers_n = c->readers_n,
				   .readers_total = tested,
				   .leaked_by = t->o->leaked_by,
				   .max_false = t->o->max_false};
	SR_TRY(trace_judge(t->a, &c->evidence, &stream, &q, out));
	out->papers_n = t->o->ledgers_n;
	return sr_ok();
}

/* Who is named comes first, then the paper that is quoted most. Both were counted before. */
static int by_weight(const void *a, const void *b)
{
	const struct trace_verdict *x = a, *y = b;
	if (!x->named_n != !y->named_n)
		return x->named_n ? -1 : 1;
	size_t wx = x->evidence->matched_words, wy = y->evidence->matched_words;
	return wx > wy ? -1 : wx < wy;
}

static struct sr_err report(struct tracer *t, struct sr_bytes *out, bool *named)
{
	struct trace_verdict *v = ARENA_ARRAY(t->a, t->found_n, struct trace_verdict);
	if (!v)
		return sr_nomem();
	for (size_t i = 0; i < t->found_n; i++)
		SR_TRY(load_readers(t, &t->found[i]));
	uint64_t tested = count_tested(t);
	for (size_t i = 0; i < t->found_n; i++)
		SR_TRY(judge(t, &t->found[i], tested, &v[i]));
	qsort(v, t->found_n, sizeof *v, by_weight);
	struct build text = {0};
	struct sr_err e =
		t->o->json ? trace_json(v, t->found_n, &text) : trace_words(v, t->found_n, &text);
	if (!sr_bad(e))
		e = api_bytes(&text, out);
	if (!sr_bad(e))
		*named = v[0].named_n > 0;
	build_release(&text);
	return e;
}

static struct sr_err trace_all(struct tracer *t, struct sr_bytes *out, bool *named)
{
	/* Hostile files are read before any secret is in memory. */
	SR_TRY(read_texts(t, t->o->leaks, t->o->leaks_n, &t->leaks));
	SR_TRY(read_texts(t, t->o->publics, t->o->publics_n, &t->publics));
	SR_TRY(refuse_twins(t));
	t->found = ARENA_ARRAY(t->a, t->o->ledgers_n, struct candidate);
	if (!t->found)
		return sr_nomem();
	for (size_t i = 0; i < t->o->ledgers_n; i++) {
		SR_TRY(look_into(t, i));
		if (t->o->progress.fn)
			t->o->progress.fn(t->o->progress.user, "ledgers", i + 1, t->o->ledgers_n);
	}
	return report(t, out, named);
}

struct sr_err sr_trace(const struct sr_trace_options *o, struct sr_bytes *out, bool *named)
{
	if (!o->leaks_n || !o->ledgers_n)
		return api_explain(&o->sink, sr_fail(SR_E_INPUT, "a leak and a ledger are needed"));
	if (!(o->max_false > 0 && o->max_false < 1))
		return api_explain(&o->sink,
				   sr_fail(SR_E_INPUT, "--max-false must lie between 0 and 1"));
	struct arena a = {0};
	struct tracer t = {.o = o, .a = &a};
	struct sr_err e = api_keys_new(&o->passphrase, &t.keys);
	if (!sr_bad(e))
		e = trace_all(&t, out, named);
	for (size_t i = 0; i < t.found_n; i++)
		ledger_close(t.found[i].ledger);
	ledger_keys_free(t.keys);
	arena_release(&a);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}
