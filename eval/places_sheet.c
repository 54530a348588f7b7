/* SPDX-License-Identifier: Apache-2.0 */
#include "places.h"

#include "crypto.h"
#include "hex.h"
#include "instrument.h"

#include <string.h>

enum { CONTEXT_SENTENCES = 1 };

/* around gives the bytes of a place's sentence and of its neighbours. */
static void around(const struct places_document *d, const struct vary_place *p, size_t *from,
		   size_t *to, size_t *first, size_t *last)
{
	const struct vary_text *t = &d->words;
	size_t token = 0, behind, unused;
	while (token + 1 < t->tokens.n && t->tokens.at[token + 1].off <= p->off)
		token++;
	behind = token;
	while (behind + 1 < t->tokens.n && t->tokens.at[behind + 1].off < p->off + p->len)
		behind++;
	vary_text_sentence(t, token, from, &unused);
	vary_text_sentence(t, behind, &unused, to);
	*from = *from < p->off ? *from : p->off;
	*to = *to > p->off + p->len ? *to : p->off + p->len;
	size_t before = token, after = behind;
	while (before > 0 && t->sentence[before] + CONTEXT_SENTENCES >= t->sentence[token] &&
	       t->sentence[before - 1] + CONTEXT_SENTENCES >= t->sentence[token])
		before--;
	while (after + 1 < t->tokens.n &&
	       t->sentence[after + 1] <= t->sentence[behind] + CONTEXT_SENTENCES)
		after++;
	vary_text_sentence(t, before, first, &unused);
	vary_text_sentence(t, after, &unused, last);
	*first = *first < *from ? *first : *from;
	*last = *last > *to ? *last : *to;
}

static void put_version(FILE *to, const struct places_document *d, const struct vary_place *p,
			struct slice wording, size_t from, size_t end)
{
	size_t behind = p->off + p->len;
	places_put(to, slice_sub(d->paper.plain, from, p->off - from));
	places_put(to, SLICE_LIT("[["));
	places_put(to, wording);
	places_put(to, SLICE_LIT("]]"));
	places_put(to, slice_sub(d->paper.plain, behind, end - behind));
	(void)putc('\n', to);
}

static void put_digest(FILE *to, struct slice text)
{
	uint8_t digest[CRYPTO_HASH_LEN];
	struct build hex = {0};
	crypto_digest(&text, 1, digest);
	hex_write(&hex, slice_make(digest, sizeof digest));
	places_must(build_done(&hex, &text), "");
	(void)putc('\t', to);
	places_put(to, text);
	(void)putc('\n', to);
	build_release(&hex);
}

static void write_one(FILE *sheet, FILE *key, size_t number, const struct places_document *d,
		      const struct vary_place *p, uint64_t *seed)
{
	size_t from, to, first, last;
	uint32_t other = 1 + (uint32_t)(instrument_random(seed) % (p->place.wordings_n - 1));
	bool original_first = instrument_random(seed) & 1;
	struct slice w[2] = {p->place.wordings[original_first ? 0 : other],
			     p->place.wordings[original_first ? other : 0]};
	around(d, p, &from, &to, &first, &last);
	(void)fprintf(sheet, "#%zu\n  ", number);
	places_put(sheet, slice_sub(d->paper.plain, first, from - first));
	(void)fprintf(sheet, " (...)");
	places_put(sheet, slice_sub(d->paper.plain, to, last - to));
	for (int i = 0; i < 2; i++) {
		(void)fprintf(sheet, "\n%c ", 'A' + i);
		put_version(sheet, d, p, w[i], from, to);
	}
	(void)putc('\n', sheet);
	(void)fprintf(key, "%zu\t%s/%s\t%zu\t%.*s\t%.*s\t%c\t", number, d->genre, d->name, p->off,
		      (int)p->entry->id.len, (const char *)p->entry->id.ptr,
		      (int)p->entry->class.len, (const char *)p->entry->class.ptr,
		      original_first ? 'A' : 'B');
	places_put(key, p->place.wordings[0]);
	(void)putc('\t', key);
	places_put(key, p->place.wordings[other]);
	put_digest(key, d->text);
}

void places_sample(const struct places_run *r, const struct places_options *o)
{
	struct drawn {
		const struct places_document *d;
		const struct vary_place *p;
	} *all = NULL;
	size_t n = 0, cap = 0;
	uint64_t seed = o->seed;
	for (size_t i = 0; i < r->documents_n; i++)
		for (size_t k = 0; k < r->documents[i].found.places_n; k++) {
			const struct vary_place *p = &r->documents[i].found.places[k];
			if (vary_is_question(p) != o->ask)
				continue;
			all = places_need(arena_grow(&places_arena, all, n, &cap, sizeof *all));
			all[n++] = (struct drawn){&r->documents[i], p};
		}
	FILE *sheet = fopen(o->sheet, "w"), *key = fopen(o->key, "w");
	if (!sheet || !key)
		places_fail("the sheet or the key cannot be written", o->sheet);
	(void)fprintf(key,
		      "# number, document, byte, entry, class, which is the original, original, "
		      "other, digest; seed %llu, %zu places in all\n",
		      (unsigned long long)o->seed, n);
	for (size_t i = 0; i < o->sample && n; i++) {
		size_t k = instrument_random(&seed) % n;
		write_one(sheet, key, i + 1, all[k].d, all[k].p, &seed);
		all[k] = all[--n];
	}
	if (fclose(sheet) || fclose(key))
		places_fail("the sheet or the key cannot be written", o->sheet);
}
