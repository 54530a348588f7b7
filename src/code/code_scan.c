/* SPDX-License-Identifier: Apache-2.0 */
#include "code_scan.h"

#include "base_parallel.h"

#include <assert.h>
#include <string.h>

/* Words are compared so many at a time, what the vectors of every machine of today hold (SSE2,
 * NEON); arrays end with as many spare ones. Places with more than PLANES_MAX + 1 wordings are
 * looked up one by one. */
enum { LANES = 4, PLANES_MAX = 3 };

/* A slice is about so many words, and a reader's key costs as much as so many. */
enum { SLICE_WORDS = 1 << 17, KEY_WORDS = 128 };

typedef uint32_t lanes __attribute__((vector_size(4 * LANES)));
typedef uint16_t lanes_short __attribute__((vector_size(2 * LANES)));

/* struct draw: one call of the cipher. Words first .. first + words_n - 1 of a stream hold seen
 * places from .. to-1; dense: and nothing else. */
struct draw {
	uint32_t first, words_n, from, to;
	bool dense;
};

/* struct wide: a seen place with too many wordings for the planes. */
struct wide {
	uint32_t at;
	struct code_bias bias;
};

/* struct part: the draws of one layer, from .. to-1. */
struct part {
	size_t from, to;
};

/* The word of seen place i is number index[i] of its draw. Its symbol is how many of below[p][i]
 * it is above, over the planes_n planes; UINT32_MAX where a plane has nothing to say. wide is
 * ascending and overrules the planes. part: by layer. */
struct code_sight {
	size_t n, draws_n, wide_n, words_n, planes_n;
	struct part part[CODE_LAYERS];
	struct draw *draw;
	uint32_t *index, *below[PLANES_MAX];
	struct wide *wide;
};

/* plan_draws plans those of the layer whose places begin at at and end before n. */
static void plan_draws(const uint32_t *place, size_t at, size_t n, struct code_sight *s)
{
	while (at < n) {
		size_t to = code_draw_end(place, at, n);
		struct draw *d = &s->draw[s->draws_n++];
		*d = (struct draw){.first = place[at],
				   .words_n = place[to - 1] - place[at] + 1,
				   .from = (uint32_t)at,
				   .to = (uint32_t)to};
		d->dense = d->words_n == to - at;
		s->words_n += d->words_n;
		for (; at < to; at++)
			s->index[at] = place[at] - d->first;
	}
}

static void plan_symbols(const struct code_bias *bias, size_t n, struct code_sight *s)
{
	for (size_t i = 0; i < n; i++) {
		size_t planes_n = bias[i].q - 1;
		if (planes_n > PLANES_MAX)
			s->wide[s->wide_n++] = (struct wide){(uint32_t)i, bias[i]};
		else if (planes_n > s->planes_n)
			s->planes_n = planes_n;
		for (size_t p = 0; p < PLANES_MAX; p++)
			s->below[p][i] =
				p < planes_n ? (uint32_t)(bias[i].cum[p + 1] - 1) : UINT32_MAX;
	}
}

static void plan_layers(const uint32_t *place, const size_t layer_n[CODE_LAYERS],
			struct code_sight *s)
{
	size_t at = 0;
	for (int l = 0; l < CODE_LAYERS; l++) {
		s->part[l].from = s->draws_n;
		plan_draws(place, at, at + layer_n[l], s);
		s->part[l].to = s->draws_n;
		at += layer_n[l];
	}
}

struct sr_err code_sight_make(struct arena *a, const uint32_t *place, const struct code_bias *bias,
			      const size_t layer_n[CODE_LAYERS], const struct code_sight **out)
{
	size_t n = 0;
	for (int l = 0; l < CODE_LAYERS; n += layer_n[l++])
		if (layer_n[l] > LIMIT_PLACES)
			return sr_fail(SR_E_LIMIT, "too many places to look at");
	struct code_sight *s = ARENA_NEW(a, struct code_sight);
	if (!s)
		return sr_nomem();
	s->n = n;
	s->draw = ARENA_ARRAY(a, n, struct draw);
	s->index = ARENA_ARRAY(a, n, uint32_t);
	s->wide = ARENA_ARRAY(a, n, struct wide);
	bool good = s->draw && s->index && s->wide;
	for (size_t p = 0; p < PLANES_MAX; p++) {
		s->below[p] = ARENA_ARRAY(a, n + LANES, uint32_t);
		good = good && s->below[p];
	}
	if (!good)
		return sr_nomem();
	plan_layers(place, layer_n, s);
	plan_symbols(bias, n, s);
	*out = s;
	return sr_ok();
}

/* compare writes the symbols that the planes give to the words of places from .. to-1; the arrays
 * have room for whole vectors. */
static void compare(const struct code_sight *s, const uint32_t *words, size_t from, size_t to,
		    uint16_t *symbols)
{
	for (size_t i = from; i < to; i += LANES) {
		lanes word, below, sum = {0};
		memcpy(&word, words + (i - from), sizeof word);
		for (size_t p = 0; p < s->planes_n; p++) {
			memcpy(&below, s->below[p] + i, sizeof below);
			sum -= (lanes)(word > below);
		}
		lanes_short symbol = __builtin_convertvector(sum, lanes_short);
		memcpy(symbols + i, &symbol, sizeof symbol);
	}
}

/* struct words: what is drawn at a time, and the same without what lies between the places. */
struct words {
	uint32_t drawn[CODE_DRAW_WORDS + LANES], seen[CODE_DRAW_WORDS + LANES];
};

/* draw_symbols draws those of one part, whose wide places begin at wide, and returns where the next
 * part's do. What compare writes too much the next part overwrites. */
static const struct wide *draw_symbols(const struct code_sight *s, const struct part *part,
				       const uint8_t key[CRYPTO_KEY_LEN], const struct wide *wide,
				       struct words *w, uint16_t *symbols)
{
	const struct wide *wide_end = s->wide + s->wide_n;
	for (const struct draw *d = s->draw + part->from; d < s->draw + part->to; d++) {
		const uint32_t *seen = w->drawn;
		crypto_stream_words(key, d->first, d->words_n, w->drawn);
		if (!d->dense) {
			for (size_t i = d->from; i < d->to; i++)
				w->seen[i - d->from] = w->drawn[s->index[i]];
			seen = w->seen;
		}
		compare(s, seen, d->from, d->to, symbols);
		for (; wide < wide_end && wide->at < d->to; wide++)
			symbols[wide->at] =
				(uint16_t)code_bias_symbol(&wide->bias, seen[wide->at - d->from]);
	}
	return wide;
}

/* struct run: a scan at work; each thread has its symbols. */
struct run {
	const struct code_scan *scan;
	struct crypto_front front[CODE_LAYERS];
	uint16_t *symbols[LIMIT_THREADS];
};

static struct sr_err scan_reader(const struct run *r, unsigned thread, size_t reader,
				 uint8_t key[CRYPTO_KEY_LEN], struct words *w)
{
	const struct code_scan *s = r->scan;
	const struct code_sight *sight = s->sight;
	const struct wide *wide = sight->wide;
	const struct slice id = s->id(s->user, thread, reader);
	uint16_t *symbols = r->symbols[thread];
	int32_t units[CODE_BANK_MAX];
	if (id.len > LIMIT_ID_BYTES)
		return sr_fail(SR_E_LIMIT, "a reader's id is too long");
	for (int l = 0; l < CODE_LAYERS; l++) {
		if (sight->part[l].from == sight->part[l].to)
			continue;
		SR_TRY(code_stream_key_behind(&r->front[l], id, key));
		wide = draw_symbols(sight, &sight->part[l], key, wide, w, symbols);
	}
	if (s->bank)
		code_bank_units(s->bank, symbols, units);
	return s->each(s->user, thread, reader, symbols, s->bank ? units : NULL);
}

static struct sr_err scan_slice(void *user, unsigned thread, size_t from, size_t to)
{
	const struct run *r = user;
	uint8_t key[CRYPTO_KEY_LEN];
	struct words words = {{0}, {0}};
	struct sr_err err = sr_ok();
	for (size_t i = from; i < to && !sr_bad(err); i++)
		err = scan_reader(r, thread, i, key, &words);
	crypto_wipe(&words, sizeof words);
	crypto_wipe(key, sizeof key);
	return err;
}

struct sr_err code_scan_run(const struct code_scan *s)
{
	struct arena scratch = {0};
	struct run r = {.scan = s};
	struct parallel p = {.n = s->n,
			     .slice_n = SLICE_WORDS / (s->sight->words_n + KEY_WORDS) + 1,
			     .threads_max = s->threads_max,
			     .run = scan_slice,
			     .user = &r};
	struct sr_err err = sr_ok();
	assert(!s->bank || code_bank_places(s->bank) == s->sight->n);
	/* For nobody, there need not be a seed either. */
	if (!s->n)
		return sr_ok();
	/* Said once: the cores that we may use can change at any time. */
	p.threads_max = parallel_threads(&p);
	for (unsigned t = 0; t < p.threads_max && !sr_bad(err); t++) {
		r.symbols[t] = ARENA_ARRAY(&scratch, s->sight->n + LANES, uint16_t);
		err = r.symbols[t] ? sr_ok() : sr_nomem();
	}
	for (int l = 0; l < CODE_LAYERS && !sr_bad(err); l++)
		if (s->sight->part[l].from < s->sight->part[l].to)
			err = code_stream_front(&s->stream[l], &r.front[l]);
	if (!sr_bad(err))
		err = parallel_run(&p);
	for (int l = 0; l < CODE_LAYERS; l++)
		crypto_front_release(&r.front[l]);
	arena_release(&scratch);
	return err;
}
