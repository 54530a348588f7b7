/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer for tests of the external verdict: a world whose readers are committed in two entries,
 * and forgeries: external verdicts that are as self-consistent as somebody with every secret can
 * make them. Include it below the modules it uses. */
#ifndef VERDICT_H
#define VERDICT_H

#include "code_family.h"
#include "trace_verify.h"
#include "world.h"

#include <assert.h>
#include <string.h>

enum { FIRST_READERS = 30, LEAKER = 11, INNOCENT = 4 };

/* A leak or a public text, as bytes, words and digest. */
struct text {
	struct slice bytes;
	struct text_tokens tokens;
	struct commit_hash digest;
};

struct issuer {
	struct world w;
	struct commit_paper paper;
	struct commit_reader reader[READERS];
	struct commit_hash leaf[READERS];
	struct slice bytes[2];
	struct commit_chain chain;
	struct text leak, public_text; /* public_text.bytes.ptr NULL: there is none */
};

static inline struct slice kept(struct arena *a, const struct build *b)
{
	struct slice s;
	must(build_done(b, &s));
	return slice_make(arena_dup(a, s.ptr, s.len), s.len);
}

/* issuer_slots_n: how many slots the pages of papers of new issuers have; 0: they have no pages. */
static uint32_t issuer_slots_n;

static inline void commit_readers(struct issuer *s)
{
	const struct code_design secret = design(&s->w);
	const struct commit_layout layout = {issuer_slots_n, {{1, 2, 3}}};
	must(commit_paper_init(&s->w.a, &s->w.lattice, &secret, issuer_slots_n ? &layout : NULL,
			       &s->paper));
	for (uint32_t i = 0; i < READERS; i++) {
		const struct trace_reader *r = &s->w.readers[i];
		s->reader[i] = (struct commit_reader){i + 1,   r->committed_at, r->id,
						      r->name, r->house,        r->side};
		must(commit_paper_reader(&s->paper, &s->reader[i], &s->leaf[i]));
	}
}

/* chain_of commits the first readers, then all, at the times given. */
static inline void chain_of(struct issuer *s, int64_t first, int64_t second)
{
	struct build b = {0};
	struct commit_entry e;
	must(commit_paper_entry(&s->paper, s->leaf, FIRST_READERS, first, NULL, (struct slice){0},
				&b));
	s->bytes[0] = kept(&s->w.a, &b);
	must(commit_entry_read(s->bytes[0], &e));
	build_reset(&b);
	must(commit_paper_entry(&s->paper, s->leaf, READERS, second, &e, s->bytes[0], &b));
	s->bytes[1] = kept(&s->w.a, &b);
	build_release(&b);
	must(commit_chain_read(&s->w.a, s->bytes, 2, &s->chain));
}

static inline void text_of(struct arena *a, struct slice bytes, struct text *t)
{
	t->bytes = bytes;
	must(text_tokens_make(a, bytes, &t->tokens));
	crypto_digest(&bytes, 1, t->digest.at);
}

/* issuer_start commits the readers of an open world under a seed of its own. */
static inline void issuer_start(struct issuer *s, uint64_t random)
{
	s->w.random = random;
	new_seed(&s->w);
	commit_readers(s);
	chain_of(s, 100, 200);
}

/* issuer_open opens the issuer of a paper of the corpus. */
static inline void issuer_open(struct issuer *s, const char *name, uint64_t random)
{
	*s = (struct issuer){0};
	open_corpus(&s->w, name);
	issuer_start(s, random);
}

/* issuer_open_grouped is the same for the paper with groups (world.h). */
static inline void issuer_open_grouped(struct issuer *s, const char *name, unsigned groups_n,
				       uint64_t random)
{
	*s = (struct issuer){0};
	open_grouped(&s->w, name, groups_n);
	issuer_start(s, random);
}

static inline void issuer_close(struct issuer *s)
{
	build_release(&s->paper.scratch);
	world_close(&s->w);
}

static inline struct trace_texts texts_of(struct issuer *s)
{
	return (struct trace_texts){&s->leak.tokens, &s->public_text.tokens, 1,
				    s->public_text.bytes.ptr ? 1 : 0};
}

static inline struct trace_files files_of(struct issuer *s)
{
	struct commit_hash *h = ARENA_ARRAY(&s->w.a, 2, struct commit_hash);
	assert(h);
	h[0] = s->leak.digest;
	h[1] = s->public_text.digest;
	return (struct trace_files){&h[0], &h[1], 1, s->public_text.bytes.ptr ? 1 : 0};
}

/* issuer_external makes the genuine external verdict that rests on an entry. */
static inline void issuer_external(struct issuer *s, struct arena *a, size_t entry, double level,
				   bool whole, struct trace_external *x)
{
	struct trace_evidence *e = ARENA_NEW(a, struct trace_evidence);
	struct trace_verdict *v = ARENA_NEW(a, struct trace_verdict);
	struct trace_texts t = texts_of(s);
	struct trace_question q = question(&s->w, level);
	const struct code_design d = design(&s->w);
	q.readers_n = q.readers_total = s->chain.at[entry].readers_n;
	must(trace_evidence_find(a, SLICE_LIT("T"), &s->w.lattice, t.leak, t.leaks_n, t.public_text,
				 t.publics_n, e));
	must(trace_judge(a, e, &d, &q, v));
	struct trace_opening o = {v,     t,         files_of(s), &s->paper, &s->chain.at[entry],
				  {{0}}, s->reader, s->leaf,     whole};
	commit_entry_digest(s->chain.bytes[entry], &o.entry_digest);
	assert(v->named_n);
	must(trace_external_make(a, &o, x));
}

static inline struct trace_exam exam_of(struct issuer *s)
{
	return (struct trace_exam){.max_false = 1e-6,
				   .leaked_by = INT64_MAX,
				   .texts = texts_of(s),
				   .files = files_of(s),
				   .chain = &s->chain};
}

/* verdict_json gives the JSON of x, in a. */
static inline struct slice verdict_json(struct arena *a, const struct trace_external *x)
{
	struct build b = {0};
	must(trace_external_write(x, &b));
	struct slice s = kept(a, &b);
	build_release(&b);
	return s;
}

/* verdict_essence gives the JSON of what a verdict says, in a: without the issuer's opinion, and
 * without the digits of p-values and of the level that the check leaves free. */
static inline struct slice verdict_essence(struct arena *a, const struct trace_external *x)
{
	struct trace_external e = *x;
	e.named = ARENA_ARRAY(a, x->named_n, struct trace_opened_reader);
	assert(e.named);
	for (size_t i = 0; i < x->named_n; i++) {
		e.named[i] = x->named[i];
		e.named[i].opinion = (struct trace_opinion){0};
		e.named[i].p_value = 0;
	}
	e.prior_none = e.none = 0;
	e.max_false = 0.5;
	return verdict_json(a, &e);
}

#endif
