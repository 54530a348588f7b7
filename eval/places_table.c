/* SPDX-License-Identifier: Apache-2.0 */
#include "places.h"

#include "instrument.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 2000, PARAGRAPH = 25 /* words of a paragraph that counts */ };

static const size_t window_words[PLACES_WINDOWS] = {25, 50, 100, 200};

/* count_windows counts the stretches of so many words, one behind the other, without a place. */
static void count_windows(struct places_document *d)
{
	for (size_t k = 0; k < PLACES_WINDOWS; k++) {
		size_t next = 0;
		for (size_t w = 0; w + window_words[k] <= d->words.tokens.n; w += window_words[k]) {
			size_t end = d->words.tokens.at[w + window_words[k] - 1].off, n = 0;
			for (; next < d->found.places_n && d->found.places[next].off <= end; next++)
				n += !vary_is_question(&d->found.places[next]);
			d->windows[k]++;
			d->empty[k] += n == 0;
		}
	}
}

/* count_paragraphs counts the paragraphs of some length, and those of them without a place. */
static void count_paragraphs(struct places_document *d)
{
	const struct text_tokens *t = &d->words.tokens;
	size_t next = 0;
	for (size_t w = 0, to; w < t->n; w = to) {
		size_t n = 0;
		for (to = w; to < t->n && d->words.paragraph[to] == d->words.paragraph[w]; to++)
			;
		for (; next < d->found.places_n && d->found.places[next].off <= t->at[to - 1].off;
		     next++)
			n += !vary_is_question(&d->found.places[next]);
		if (to - w < PARAGRAPH)
			continue;
		d->paragraphs_n++;
		d->bare_n += n == 0;
	}
}

/* leads tells whether a place is the first of those that change together. */
static bool leads(const struct vary_found *found, size_t i)
{
	struct slice group = found->places[i].place.group;
	bool first = true;
	for (size_t k = 0; k < i && group.len && first; k++)
		first = !slice_eq(found->places[k].place.group, group);
	return first;
}

void places_count(struct places_document *d)
{
	for (size_t i = 0; i < d->found.places_n; i++) {
		const struct vary_place *p = &d->found.places[i];
		double bits = log2((double)p->place.wordings_n);
		if (!leads(&d->found, i))
			continue;
		if (vary_is_question(p)) {
			d->asked_n++;
			d->asked_bits += bits;
		} else {
			d->places_n++;
			d->bits += bits;
			d->more_n += p->place.wordings_n > 2;
		}
	}
	count_windows(d);
	count_paragraphs(d);
}

/* Sums over documents. */
struct sums {
	size_t documents, words, places, asked, more, paragraphs, bare;
	size_t windows[PLACES_WINDOWS], empty[PLACES_WINDOWS];
	double bits, asked_bits, with_ms, without_ms;
};

static void add(struct sums *s, const struct places_document *d)
{
	s->documents++;
	s->words += d->words.tokens.n;
	s->places += d->places_n;
	s->asked += d->asked_n;
	s->more += d->more_n;
	s->paragraphs += d->paragraphs_n;
	s->bare += d->bare_n;
	s->bits += d->bits;
	s->asked_bits += d->asked_bits;
	s->with_ms += d->with_ms;
	s->without_ms += d->without_ms;
	for (size_t k = 0; k < PLACES_WINDOWS; k++) {
		s->windows[k] += d->windows[k];
		s->empty[k] += d->empty[k];
	}
}

/* resample gives 95% limits of the bits per 100 words of a genre (NULL: of all). */
static void resample(const struct places_run *r, const char *genre, uint64_t seed, double *low,
		     double *high)
{
	static double rates[RESAMPLES];
	size_t *of = places_need(ARENA_ARRAY(&places_arena, r->documents_n, size_t)), n = 0;
	for (size_t i = 0; i < r->documents_n; i++)
		if (!genre || strcmp(r->documents[i].genre, genre) == 0)
			of[n++] = i;
	for (size_t k = 0; k < RESAMPLES; k++) {
		double bits = 0, words = 0;
		for (size_t i = 0; i < n; i++) {
			const struct places_document *d =
				&r->documents[of[instrument_random(&seed) % n]];
			bits += d->bits;
			words += (double)d->words.tokens.n;
		}
		rates[k] = words > 0 ? 100 * bits / words : 0;
	}
	*low = instrument_quantile(rates, RESAMPLES, 0.025);
	*high = instrument_quantile(rates, RESAMPLES, 0.975);
}

static double percent(size_t part, size_t of)
{
	return of ? 100 * (double)part / (double)of : 0;
}

/* print_row prints the line of a genre (NULL: of all). */
static void print_row(const struct places_run *r, const char *genre, uint64_t seed)
{
	struct sums s = {0};
	double low, high;
	for (size_t i = 0; i < r->documents_n; i++)
		if (!genre || strcmp(r->documents[i].genre, genre) == 0)
			add(&s, &r->documents[i]);
	double words = s.words ? (double)s.words : 1;
	resample(r, genre, seed, &low, &high);
	(void)printf("%-11s %5zu %7zu %6.2f %6.2f [%.2f, %.2f] %6.2f %6.2f %4.0f%%",
		     genre ? genre : "all", s.documents, s.words, 100 * (double)s.places / words,
		     100 * s.bits / words, low, high, 100 * (double)(s.places + s.asked) / words,
		     100 * (s.bits + s.asked_bits) / words, percent(s.more, s.places));
	for (size_t k = 0; k < PLACES_WINDOWS; k++)
		(void)printf(" %3.0f%%", percent(s.empty[k], s.windows[k]));
	(void)printf(" %4.0f%% %7.1f %7.0f\n", percent(s.bare, s.paragraphs),
		     1000 * s.without_ms / words, 1000 * s.with_ms / words);
}

/* print_class prints the line of the class of an entry, if something of it was found. */
static void print_class(const struct places_run *r, struct slice class)
{
	size_t n = 0, asked = 0, words = 0;
	for (size_t d = 0; d < r->documents_n; d++) {
		const struct vary_found *f = &r->documents[d].found;
		words += r->documents[d].words.tokens.n;
		for (size_t p = 0; p < f->places_n; p++) {
			bool same = slice_eq(f->places[p].entry->class, class);
			n += same && !vary_is_question(&f->places[p]);
			asked += same && vary_is_question(&f->places[p]);
		}
	}
	if (n + asked)
		(void)printf("%-14.*s %6zu %7.3f %6zu\n", (int)class.len, (const char *)class.ptr,
			     n, 100 * (double)n / (double)words, asked);
}

static void print_classes(const struct places_run *r)
{
	(void)printf("\nspots by class: automatic, per 100 words, asked about\n");
	for (size_t i = 0; i < r->pack.entries_n; i++) {
		bool first = true;
		for (size_t k = 0; k < i && first; k++)
			first = !slice_eq(r->pack.entries[k].class, r->pack.entries[i].class);
		if (first)
			print_class(r, r->pack.entries[i].class);
	}
}

void places_table(const struct places_run *r, const struct places_options *o)
{
	const char *why = api_grammar_why(r->grammar);
	(void)printf("pack %.*s: %zu entries, %zu fixed terms; grammar reader: %s; seed %llu\n\n",
		     (int)r->pack.name.len, (const char *)r->pack.name.ptr, r->pack.entries_n,
		     r->pack.fixed_n, why ? why : "yes", (unsigned long long)o->seed);
	(void)printf("%-24s %-29s %-13s %5s %-19s %-5s %s\n", "", "automatic, per 100 words",
		     "with asked", "more", "bare windows of", "bare", "ms per 1,000 words");
	(void)printf("%-11s %5s %7s %6s %6s %-14s %6s %6s %5s %4s %4s %4s %4s %5s %7s %7s\n",
		     "genre", "docs", "words", "places", "bits", "[95%]", "places", "bits",
		     "than 2", "25", "50", "100", "200", "par.", "plain", "grammar");
	for (size_t i = 0; i < r->documents_n; i++) {
		bool first = true;
		for (size_t k = 0; k < i && first; k++)
			first = strcmp(r->documents[k].genre, r->documents[i].genre) != 0;
		if (first)
			print_row(r, r->documents[i].genre, o->seed);
	}
	print_row(r, NULL, o->seed);
	print_classes(r);
}
