/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "instrument.h"

#include "base_limits.h"
#include "platform.h"
#include "text_paper.h"
#include "vary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_must(struct sr_err e)
{
	if (!sr_bad(e))
		return;
	(void)fprintf(stderr, "eval: %s\n", e.what);
	exit(2);
}

uint64_t sim_u64(struct sim *s)
{
	return instrument_random(&s->state);
}

size_t sim_below(struct sim *s, size_t n)
{
	return (size_t)(sim_u64(s) % n);
}

bool sim_chance(struct sim *s, double p)
{
	return (double)(sim_u64(s) >> 11) * 0x1p-53 < p;
}

struct slice sim_file(struct arena *a, const char *path)
{
	struct slice s;
	struct sr_err e = platform_read_file(a, path, LIMIT_LEAK_BYTES, &s);
	if (sr_bad(e))
		(void)fprintf(stderr, "eval: %s ", path);
	sim_must(e);
	return s;
}

void sim_paper_read(struct arena *a, const char *path, struct sim_paper *out)
{
	struct text_paper paper;
	struct build bytes = {0};
	struct slice lattice;
	struct text_tokens words;
	out->source = sim_file(a, path);
	sim_must(text_paper_parse(a, out->source, NULL, &paper));
	sim_must(vary_lattice(a, &paper, NULL, 0, &out->lattice));
	sim_must(text_tokens_make(a, paper.plain, &words));
	text_lattice_write(&out->lattice, &bytes);
	sim_must(build_done(&bytes, &lattice));
	crypto_digest(&lattice, 1, out->hash);
	build_release(&bytes);
	out->bits = text_lattice_bits(&out->lattice);
	out->words = words.n;
}

void sim_readers_make(struct arena *a, size_t n, struct sim_readers *out)
{
	out->at = ARENA_ARRAY(a, n, struct trace_reader);
	out->n = n;
	for (size_t i = 0; i < n && out->at; i++) {
		char id[24];
		int len = snprintf(id, sizeof id, "r%zu", i);
		const void *kept = arena_dup(a, id, (size_t)len);
		out->at[i] = (struct trace_reader){.id = slice_make(kept, (size_t)len),
						   .house = SLICE_LIT("house")};
	}
}

void sim_split(struct arena *a, struct slice text, struct sim_words *out)
{
	size_t cap = 0;
	*out = (struct sim_words){0};
	for (size_t i = 0; i < text.len;) {
		size_t from = i;
		while (i < text.len && text.ptr[i] > ' ')
			i++;
		if (i > from) {
			out->at = arena_grow(a, out->at, out->n, &cap, sizeof *out->at);
			out->at[out->n++] = slice_sub(text, from, i - from);
		}
		i++;
	}
}

struct typist {
	struct sim *s;
	struct build *out;
	size_t column;
};

static void type_word(struct typist *t, const char *word)
{
	enum { LINE_LEN = 72 };
	size_t n = strlen(word);
	if (!n)
		return;
	if (t->column && t->column + 1 + n > LINE_LEN) {
		build_str(t->out, "\n");
		t->column = 0;
	} else if (t->column) {
		build_str(t->out, " ");
	}
	build_str(t->out, word);
	t->column += 1 + n;
}

/* ascii writes a word with what a keyboard has. */
static void ascii(struct slice w, char *buf, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < w.len && n + 2 < len; i++) {
		uint8_t c = w.ptr[i];
		if (c < 0x80) {
			if (!strchr("*_#>`", c))
				buf[n++] = (char)c;
		} else if (c == 0xe2 && i + 2 < w.len) {
			uint8_t d = w.ptr[i + 2];
			if (d == 0x98 || d == 0x99)
				buf[n++] = '\'';
			else if (d == 0x9c || d == 0x9d)
				buf[n++] = '"';
			else if (d == 0x93 || d == 0x94)
				buf[n++] = '-';
			i += 2;
		} else {
			i++;
		}
	}
	buf[n] = 0;
}

static void slip_letter(struct sim *s, char *w)
{
	size_t n = strlen(w);
	if (!n)
		return;
	size_t at = sim_below(s, n);
	switch (sim_below(s, 4)) {
	case 0:
		w[at] = (char)('a' + sim_below(s, 26));
		break;
	case 1:
		memmove(w + at, w + at + 1, n - at);
		break;
	case 2:
		memmove(w + at + 1, w + at, n - at + 1);
		break;
	default:
		if (at + 1 < n) {
			char c = w[at];
			w[at] = w[at + 1];
			w[at + 1] = c;
		}
		break;
	}
}

void sim_retype(struct sim *s, const struct sim_words *w, double slips, struct build *out)
{
	enum { WORD_LEN = 256 };
	struct typist t = {s, out, 0};
	for (size_t i = 0; i < w->n; i++) {
		char word[WORD_LEN], next[WORD_LEN];
		ascii(w->at[i], word, sizeof word - 2);
		if (!sim_chance(s, slips)) {
			type_word(&t, word);
			continue;
		}
		switch (sim_below(s, 8)) {
		case 0: /* dropped */
			break;
		case 1: /* repeated */
			type_word(&t, word);
			type_word(&t, word);
			break;
		case 2: /* swapped with the next */
			if (i + 1 < w->n) {
				ascii(w->at[++i], next, sizeof next - 2);
				type_word(&t, next);
			}
			type_word(&t, word);
			break;
		case 3: /* replaced */
			ascii(w->at[sim_below(s, w->n)], word, sizeof word - 2);
			type_word(&t, word);
			break;
		default:
			slip_letter(s, word);
			type_word(&t, word);
			break;
		}
	}
}

void sim_seed(struct sim *s, struct crypto_key *out)
{
	uint8_t bytes[CRYPTO_KEY_LEN];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)sim_u64(s);
	sim_must(crypto_key_copy(out, slice_make(bytes, sizeof bytes)));
}

void sim_trace(struct arena *a, const struct sim_paper *p, const struct crypto_key *seed,
	       const struct sim_readers *readers, struct slice leak, struct slice public_text,
	       double level, struct trace_verdict *out)
{
	struct text_tokens tokens, public_tokens;
	struct trace_evidence *e = ARENA_NEW(a, struct trace_evidence);
	sim_must(text_tokens_make(a, leak, &tokens));
	sim_must(text_tokens_make(a, public_text, &public_tokens));
	sim_must(trace_evidence_find(a, (struct slice){0}, &p->lattice, &tokens, 1, &public_tokens,
				     public_text.len ? 1 : 0, e));
	const struct code_design design = {seed, p->hash, CODE_COLLUSION_DEFAULT};
	struct trace_question q = {.readers = readers->at,
				   .readers_n = readers->n,
				   .readers_total = readers->n,
				   .leaked_by = INT64_MAX,
				   .max_false = level};
	sim_must(trace_judge(a, e, &design, &q, out));
}

void sim_wilson(size_t k, size_t n, double *lo, double *hi)
{
	double z = 1.96, m = (double)n, p = (double)k / m;
	double mid = (p + z * z / (2 * m)) / (1 + z * z / m);
	double half = z * sqrt(p * (1 - p) / m + z * z / (4 * m * m)) / (1 + z * z / m);
	*lo = mid - half;
	*hi = mid + half;
}
