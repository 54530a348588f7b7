/* SPDX-License-Identifier: Apache-2.0 */
/* A world for tests of tracing: a paper of the corpus, its readers, their copies, and what a text
 * shows of them. Include it below the modules it uses. */
#ifndef WORLD_H
#define WORLD_H

#include "platform.h"
#include "test.h"
#include "text_paper.h"
#include "trace.h"
#include "vary.h"

#include <stdio.h>
#include <stdlib.h>

enum { READERS = 40, HOUSES = 4 };

/* A paper, its readers and the texts of one test. All memory is in a. */
struct world {
	struct arena a;
	struct text_lattice lattice;
	struct code_bias *bias;
	uint8_t hash[CRYPTO_HASH_LEN];
	struct trace_reader readers[READERS];
	char names[READERS][32];
	struct crypto_key seed;
	uint64_t random;
};

static inline void must(struct sr_err e)
{
	if (CHECK(!sr_bad(e), "%s", e.what ? e.what : ""))
		return;
	exit(EXIT_FAILURE);
}

static inline void new_seed(struct world *w)
{
	uint8_t bytes[CRYPTO_KEY_LEN];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)test_random(&w->random);
	crypto_key_release(&w->seed);
	must(crypto_key_copy(&w->seed, slice_make(bytes, sizeof bytes)));
}

static inline void world_open(struct world *w, struct slice source)
{
	static const char *const houses[HOUSES] = {"Board", "Press", "Legal", "Deals"};
	struct text_paper paper;
	struct build bytes = {0};
	struct slice lattice;
	const struct code_design even = {NULL, NULL, CODE_COLLUSION_DEFAULT};
	must(text_paper_parse(&w->a, source, NULL, &paper));
	must(vary_lattice(&w->a, &paper, NULL, 0, &w->lattice));
	text_lattice_write(&w->lattice, &bytes);
	must(build_done(&bytes, &lattice));
	crypto_digest(&lattice, 1, w->hash);
	build_release(&bytes);
	uint32_t *q = ARENA_ARRAY(&w->a, w->lattice.places_n, uint32_t);
	w->bias = ARENA_ARRAY(&w->a, w->lattice.places_n, struct code_bias);
	text_lattice_sizes(&w->lattice, q);
	must(code_design_biases(&w->a, &even, CODE_LAYER_WORDS, q, w->lattice.places_n, w->bias));
	text_lattice_share(&w->lattice, w->bias, sizeof *w->bias);
	for (size_t i = 0; i < READERS; i++) {
		(void)snprintf(w->names[i], sizeof w->names[i], "reader%zu", i);
		w->readers[i] = (struct trace_reader){.id = slice_str(w->names[i]),
						      .name = slice_str(w->names[i]),
						      .house = slice_str(houses[i % HOUSES]),
						      .side = slice_str(i % 2 ? "east" : "west"),
						      .committed_at = (int64_t)i};
	}
	new_seed(w);
}

static inline void world_close(struct world *w)
{
	crypto_key_release(&w->seed);
	arena_release(&w->a);
}

/* open_corpus opens the world of a paper of the corpus. */
static inline void open_corpus(struct world *w, const char *name)
{
	char path[1024];
	struct slice source = {0};
	(void)snprintf(path, sizeof path, "%s/test/corpus/papers/%s", getenv("SUBROSA_SOURCE"),
		       name);
	*w = (struct world){.random = 4};
	must(platform_read_file(&w->a, path, 1 << 20, &source));
	world_open(w, source);
}

/* grouped writes a paper with most of its places in groups: all with q wordings are in one of
 * groups_n groups for this q, but for each fifth, which stays alone. */
static inline struct slice grouped(struct arena *a, struct slice source, unsigned groups_n)
{
	struct text_paper p;
	struct build b = {0};
	struct slice all;
	size_t at = 0;
	must(text_paper_parse(a, source, NULL, &p));
	for (size_t i = 0; i < p.places_n; i++) {
		build_slice(&b, slice_sub(source, at, p.places[i].from + 1 - at));
		at = p.places[i].from + 1;
		if (i % 5)
			build_fmt(&b, "#q%u-%u|", p.places[i].place.wordings_n,
				  (unsigned)i % groups_n);
	}
	build_slice(&b, slice_sub(source, at, source.len - at));
	must(build_done(&b, &all));
	all = slice_make(arena_dup(a, all.ptr, all.len), all.len);
	build_release(&b);
	return all;
}

/* open_grouped opens the world of a paper of the corpus with groups. */
static inline void open_grouped(struct world *w, const char *name, unsigned groups_n)
{
	char path[1024];
	struct slice source = {0};
	(void)snprintf(path, sizeof path, "%s/test/corpus/papers/%s", getenv("SUBROSA_SOURCE"),
		       name);
	*w = (struct world){.random = 4};
	must(platform_read_file(&w->a, path, 1 << 20, &source));
	world_open(w, grouped(&w->a, source, groups_n));
}

static inline const struct code_stream *stream(const struct world *w, struct code_stream *s)
{
	*s = (struct code_stream){&w->seed, CRYPTO_LABEL_SYMBOLS_WORDS, w->hash};
	return s;
}

static inline struct code_design design(const struct world *w)
{
	return (struct code_design){&w->seed, w->hash, CODE_COLLUSION_DEFAULT};
}

static inline uint16_t *symbols_of(struct world *w, struct arena *a, size_t reader)
{
	struct code_stream s;
	uint16_t *x = ARENA_ARRAY(a, w->lattice.places_n, uint16_t);
	must(code_symbols_all(stream(w, &s), w->readers[reader].id, w->bias, w->lattice.places_n,
			      x));
	text_lattice_share(&w->lattice, x, sizeof *x);
	return x;
}

static inline struct slice text_with(struct world *w, struct arena *a, const uint16_t *symbols)
{
	struct build b = {0};
	struct slice s;
	mark_words_write(&w->lattice, symbols, &b);
	must(build_done(&b, &s));
	s = slice_make(arena_dup(a, s.ptr, s.len), s.len);
	build_release(&b);
	return s;
}

static inline uint16_t *choice(struct world *w, struct arena *a, bool originals)
{
	uint16_t *x = ARENA_ARRAY(a, w->lattice.places_n, uint16_t);
	for (size_t i = 0; i < w->lattice.places_n && !originals; i++)
		x[i] = (uint16_t)(test_random(&w->random) % w->lattice.places[i].wordings_n);
	text_lattice_share(&w->lattice, x, sizeof *x);
	return x;
}

static inline void find(struct world *w, struct arena *a, struct slice leak,
			struct slice public_text, struct trace_evidence *e)
{
	struct text_tokens t, p;
	must(text_tokens_make(a, leak, &t));
	must(text_tokens_make(a, public_text, &p));
	must(trace_evidence_find(a, SLICE_LIT("Title"), &w->lattice, &t, 1, &p,
				 public_text.len ? 1 : 0, e));
}

static inline struct trace_question question(const struct world *w, double level)
{
	return (struct trace_question){.readers = w->readers,
				       .readers_n = READERS,
				       .readers_total = READERS,
				       .leaked_by = INT64_MAX,
				       .max_false = level};
}

static inline void judge(struct world *w, struct arena *a, const struct trace_evidence *e,
			 const struct trace_question *q, struct trace_verdict *v)
{
	const struct code_design d = design(w);
	must(trace_judge(a, e, &d, q, v));
}

#endif
