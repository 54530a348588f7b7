/* SPDX-License-Identifier: Apache-2.0 */
#include "api_which.h"

#include "api_texts.h"
#include "base_limits.h"
#include "code_family.h"
#include "crypto.h"
#include "issue_copy.h"
#include "ledger.h"
#include "platform.h"

#include <math.h>
#include <string.h>

struct which {
	const struct sr_which_options *o;
	struct arena *a;
	struct which_copy *copies; /* as many as were asked for */
	struct ledger_keys *keys;
};

/* A ledger while it is looked at, with scratch memory of its own. */
struct opened {
	struct arena *a;
	struct ledger *ledger;
	const char *path;
	struct slice title;
	struct text_lattice lattice;
	struct trace_reader *readers;
	struct ledger_readers rows;
};

/* A file whose text cannot be read may still be somebody's copy, byte for byte: that is told later,
 * if it matters. */
static struct sr_err read_copy(struct which *w, const char *path, struct which_copy *c)
{
	struct sr_sink at = api_sink(&w->o->sink, path), quiet = {0};
	const struct api_texts_how how = {w->o->ocr_language, &quiet, &w->o->progress};
	struct arena raw = {0};
	struct slice bytes;
	struct extract_pages found;
	c->path = path;
	struct sr_err e = platform_read_file(&raw, path, LIMIT_LEAK_BYTES, &bytes);
	if (!sr_bad(e)) {
		crypto_digest(&bytes, 1, c->digest);
		c->unreadable = api_texts_file(&raw, bytes, path, &how, &quiet, &found);
		if (!sr_bad(c->unreadable))
			e = text_tokens_make(w->a, found.text, &c->words);
		else if (c->unreadable.code == SR_E_NOMEM)
			e = c->unreadable;
	}
	arena_release(&raw);
	return api_blame(&at, e);
}

static bool copy_of(struct arena *a, struct slice from, struct slice *out)
{
	*out = slice_make(arena_dup(a, from.ptr, from.len), from.len);
	return out->ptr;
}

/* add_hit keeps what is told of reader r beyond the life of the ledger. */
static struct sr_err add_hit(struct which *w, const struct opened *l, const struct trace_reader *r,
			     struct which_hits *hits)
{
	struct which_hit *at = arena_grow(w->a, hits->at, hits->n, &hits->cap, sizeof *at);
	if (!at)
		return sr_nomem();
	hits->at = at;
	struct which_hit *h = &at[hits->n];
	*h = (struct which_hit){.ledger = l->path, .reader.committed_at = r->committed_at};
	if (!copy_of(w->a, l->title, &h->paper) || !copy_of(w->a, r->id, &h->reader.id) ||
	    !copy_of(w->a, r->name, &h->reader.name) ||
	    !copy_of(w->a, r->house, &h->reader.house) || !copy_of(w->a, r->side, &h->reader.side))
		return sr_nomem();
	hits->n++;
	return sr_ok();
}

/* chance computes how likely it is that the very copy of reader r is drawn for somebody else. */
static struct sr_err chance(const struct opened *l, const struct trace_reader *r, double *out)
{
	struct issue_job job;
	const struct code_design design = api_ledger_design(l->ledger);
	SR_TRY(issue_job_init(l->a, &l->lattice, &design, &job));
	SR_TRY(issue_symbols(&job, r->id));
	*out = 1;
	for (size_t i = 0; i < l->lattice.places_n; i++)
		if (l->lattice.places[i].leader == i)
			*out *= code_bias_p(&job.bias[i], job.symbols[i]);
	return sr_ok();
}

/* compare_digests looks for a copy with these bytes. Pages are no text that somebody else could
 * have written. */
static struct sr_err compare_digests(struct which *w, const struct opened *l, struct which_copy *c)
{
	double p;
	for (size_t i = 0; i < l->rows.n; i++) {
		const struct ledger_reader *r = &l->rows.at[i];
		bool copy = r->state == LEDGER_ISSUED &&
			    memcmp(r->copy_hash, c->digest, CRYPTO_HASH_LEN) == 0;
		bool page = r->has_page && memcmp(r->page_hash, c->digest, CRYPTO_HASH_LEN) == 0;
		if (!copy && !page)
			continue;
		SR_TRY(add_hit(w, l, &l->readers[i], &c->exact));
		SR_TRY(chance(l, &l->readers[i], &p));
		c->weak = copy && code_family_p(p, l->rows.n, 1) > w->o->max_false;
	}
	return sr_ok();
}

/* What a text made of words shows of l's paper. */
static struct sr_err find_evidence(const struct opened *l, const struct text_tokens *words,
				   struct trace_evidence *out)
{
	return trace_evidence_find(l->a, l->title, &l->lattice, words, 1, NULL, 0, out);
}

/* Some places can never be read: at the edge of a paper, in a sentence that it repeats. A copy is
 * whole if it shows every place that reader r's own copy shows, each of a group by itself, and
 * groups without contradiction. */
static struct sr_err is_whole(const struct opened *l, const struct trace_evidence *e,
			      const struct trace_reader *r, bool *whole)
{
	struct issue_job job;
	const struct code_design design = api_ledger_design(l->ledger);
	SR_TRY(issue_job_init(l->a, &l->lattice, &design, &job));
	struct build copy = {0};
	struct text_tokens words;
	struct trace_evidence own;
	struct sr_err err = issue_copy(&job, r->id, &copy);
	if (!sr_bad(err))
		err = text_tokens_make(l->a, slice_make(copy.ptr, copy.len), &words);
	build_release(&copy);
	SR_TRY(err);
	SR_TRY(find_evidence(l, &words, &own));
	*whole = own.seen_n > 0;
	for (size_t i = 0; i < l->lattice.places_n; i++) {
		*whole &= own.spots[i].state != MARK_READ || e->spots[i].state == MARK_READ;
		*whole &= own.places[i].state != MARK_READ || e->places[i].state == MARK_READ;
	}
	return sr_ok();
}

/* The readers' standing; the family of readers is counted when all ledgers were seen. */
static struct sr_err judge(const struct opened *l, const struct trace_evidence *e,
			   struct trace_verdict *out)
{
	const struct code_design design = api_ledger_design(l->ledger);
	struct trace_question q = {.readers = l->readers,
				   .readers_n = l->rows.n,
				   .readers_total = l->rows.n,
				   .leaked_by = INT64_MAX,
				   .max_false = SR_MAX_FALSE_DEFAULT,
				   .alone = true};
	return trace_judge(l->a, e, &design, &q, out);
}

static struct sr_err compare_wordings(struct which *w, const struct opened *l, struct which_copy *c)
{
	struct trace_evidence e;
	struct trace_verdict v;
	SR_TRY(find_evidence(l, &c->words, &e));
	if (!e.matched_words)
		return sr_ok();
	bool whole = false;
	c->tested_n += e.seen_n ? l->rows.n : 0;
	if (e.seen_n && l->rows.n) {
		SR_TRY(judge(l, &e, &v));
		SR_TRY(is_whole(l, &e, v.ranking[0].reader, &whole));
	}
	for (size_t i = 0; whole && i < v.ranking_n; i++) {
		if (v.ranking[i].disagree)
			continue;
		SR_TRY(add_hit(w, l, v.ranking[i].reader, &c->worded));
		c->p_alone = v.ranking[i].p_single;
	}
	if (e.matched_words <= c->matched_words)
		return sr_ok();
	c->matched_words = e.matched_words;
	c->read_n = e.seen_n;
	c->places_n = text_lattice_symbols(&l->lattice);
	c->whole = whole;
	return copy_of(w->a, l->title, &c->paper) ? sr_ok() : sr_nomem();
}

static struct sr_err load(struct opened *l)
{
	const struct ledger_paper *p = ledger_paper(l->ledger);
	l->title = p->title;
	SR_TRY(text_lattice_read(l->a, p->lattice, &l->lattice));
	SR_TRY(ledger_readers_load(l->ledger, l->a, &l->rows));
	l->readers = api_trace_readers(l->a, &l->rows);
	return l->readers ? sr_ok() : sr_nomem();
}

static struct sr_err look_into(struct which *w, struct opened *l)
{
	struct sr_sink at = api_sink(&w->o->sink, l->path);
	struct sr_err e = load(l);
	if (sr_bad(e))
		return e.code == SR_E_INPUT ? api_explain(&at, e) : e;
	for (size_t i = 0; i < w->o->copies_n; i++) {
		struct which_copy *c = &w->copies[i];
		SR_TRY(compare_digests(w, l, c));
		if (!c->exact.n && !sr_bad(c->unreadable))
			SR_TRY(compare_wordings(w, l, c));
	}
	return sr_ok();
}

static struct sr_err look_into_all(struct which *w)
{
	for (size_t i = 0; i < w->o->ledgers_n; i++) {
		struct arena scratch = {0};
		struct opened l = {.a = &scratch, .path = w->o->ledgers[i]};
		struct sr_err e = ledger_open(l.path, true, w->keys, &w->o->sink, &l.ledger);
		if (!sr_bad(e))
			e = look_into(w, &l);
		ledger_close(l.ledger);
		arena_release(&scratch);
		if (sr_bad(e))
			return e;
		if (w->o->progress.fn)
			w->o->progress.fn(w->o->progress.user, "ledgers", i + 1, w->o->ledgers_n);
	}
	return sr_ok();
}

/* decide says whose a copy is. Bytes come before wordings. Two are never named. */
static struct sr_err decide(struct which *w, struct which_copy *c)
{
	struct sr_sink at = api_sink(&w->o->sink, c->path);
	if (!c->exact.n && sr_bad(c->unreadable))
		return api_explain(&at, c->unreadable);
	c->p_value = c->worded.n == 1 ? code_family_p(c->p_alone, c->tested_n, 1) : 1;
	if (c->exact.n)
		c->decision = c->exact.n == 1 ? WHICH_EXACT : WHICH_TWINS;
	else if (!c->matched_words)
		c->decision = WHICH_NOT_OURS;
	else if (c->worded.n > 1)
		c->decision = WHICH_TWINS;
	else if (c->worded.n)
		c->decision = c->p_value <= w->o->max_false ? WHICH_WORDED : WHICH_UNSURE;
	else
		c->decision = c->whole ? WHICH_NOBODY : WHICH_PART;
	return sr_ok();
}

static struct sr_err which_all(struct which *w, struct sr_bytes *report, bool *told)
{
	const struct sr_which_options *o = w->o;
	bool taken = false, all = true;
	for (size_t i = 0; i < o->copies_n; i++)
		SR_TRY(api_stdin_once(&o->sink, o->copies[i], &taken));
	w->copies = ARENA_ARRAY(w->a, o->copies_n, struct which_copy);
	if (!w->copies)
		return sr_nomem();
	/* Hostile files are read before any secret is in memory. */
	for (size_t i = 0; i < o->copies_n; i++)
		SR_TRY(read_copy(w, o->copies[i], &w->copies[i]));
	SR_TRY(api_ledgers_once(w->a, o->ledgers, o->ledgers_n, &o->sink));
	SR_TRY(look_into_all(w));
	for (size_t i = 0; i < o->copies_n; i++) {
		SR_TRY(decide(w, &w->copies[i]));
		all &= which_is_told(&w->copies[i]);
	}
	struct build text = {0};
	struct sr_err e = (o->json ? which_json : which_words)(w->copies, o->copies_n, &text);
	if (!sr_bad(e))
		e = api_bytes(&text, report);
	if (!sr_bad(e))
		*told = all;
	build_release(&text);
	return e;
}

struct sr_err sr_which(const struct sr_which_options *o, struct sr_bytes *report, bool *told)
{
	if (!o->copies_n || !o->ledgers_n)
		return api_explain(&o->sink, sr_fail(SR_E_INPUT, "a copy and a ledger are needed"));
	if (!(o->max_false > 0 && o->max_false < 1))
		return api_explain(&o->sink,
				   sr_fail(SR_E_INPUT, "--max-false must lie between 0 and 1"));
	struct arena a = {0};
	struct which w = {.o = o, .a = &a};
	struct sr_err e = api_keys_new(&o->passphrase, &w.keys);
	if (!sr_bad(e))
		e = which_all(&w, report, told);
	ledger_keys_free(w.keys);
	arena_release(&a);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}
