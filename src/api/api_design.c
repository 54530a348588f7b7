/* SPDX-License-Identifier: Apache-2.0 */
#include "api_design.h"

#include "api.h"
#include "code_family.h"
#include "text_fold.h"

#include <math.h>

static_assert(SR_COLLUSION_MAX == CODE_COLLUSION_MAX, "a design size is one");

/* Places that it takes to name at least one of c leakers in 95 of 100 trials, of 100 readers at
 * 1e-6, with a code designed for c and the worst of five attacks: eval/code_lengths prints them.
 * They grow as c^2; above the table it is SQUARE c^2, rounded up to hundreds. */
static const uint32_t coalition_places[] = {27, 125, 350, 700, 1150};

enum { MEASURED = sizeof coalition_places / sizeof *coalition_places, SQUARE = 46 };

static uint32_t coalition_needs(uint32_t c)
{
	return c <= MEASURED ? coalition_places[c - 1] : SQUARE * c * c / 100 * 100 + 100;
}

struct sr_err api_design_check(unsigned max_collusion, const struct sr_sink *sink)
{
	if (max_collusion <= SR_COLLUSION_MAX)
		return sr_ok();
	return api_explain(sink, sr_fail(SR_E_INPUT, "--max-collusion goes from 1 to 12"));
}

double api_design_bits(const struct text_lattice *l, uint32_t collusion)
{
	double bits = 0;
	for (size_t i = 0; i < l->places_n; i++)
		if (l->places[i].leader == i)
			bits += code_design_bits(collusion, l->places[i].wordings_n);
	return bits;
}

/* count_words counts the words of the original. */
static struct sr_err count_words(struct arena *a, const struct text_lattice *l, size_t *n)
{
	struct text_tokens tokens;
	struct build text = {0};
	struct slice all;
	for (size_t i = 0; i <= l->places_n; i++) {
		build_slice(&text, l->fixed[i]);
		if (i < l->places_n)
			build_slice(&text, l->places[i].wordings[0]);
	}
	struct sr_err e = build_done(&text, &all);
	if (!sr_bad(e))
		e = text_tokens_make(a, all, &tokens);
	build_release(&text);
	if (!sr_bad(e))
		*n = tokens.n;
	return e;
}

/* words_needed: the single leaker has his share of the error budget. */
static size_t words_needed(const struct text_lattice *l, uint32_t collusion, size_t readers,
			   size_t words)
{
	if (!l->places_n)
		return 0;
	double n = (double)text_lattice_symbols(l);
	uint32_t places = code_places_needed(
		1, readers, 1,
		CODE_LEVEL_DEFAULT *
			code_stage_share(CODE_STAGE_SINGLE, (struct code_budget){collusion, false}),
		api_design_bits(l, collusion) / n);
	return places == CODE_NEVER ? 0 : (size_t)ceil(places * ((double)words / n));
}

struct sr_err api_design_weigh(struct arena *a, const struct text_lattice *l, uint32_t collusion,
			       size_t readers, struct api_design *out)
{
	size_t words, places = text_lattice_symbols(l);
	SR_TRY(count_words(a, l, &words));
	*out = (struct api_design){
		.collusion = collusion,
		.places = places,
		.readers = readers,
		.bits = places ? api_design_bits(l, collusion) / (double)places : 0,
		.words = words_needed(l, collusion, readers, words),
		.words_2 = words_needed(l, CODE_COLLUSION_DEFAULT, readers, words),
		.coalition_places = coalition_needs(collusion),
	};
	return sr_ok();
}

void api_design_words(const struct api_design *d, struct build *out)
{
	bool measured = d->collusion <= MEASURED;
	build_fmt(out, "Design size %u (--max-collusion): ", d->collusion);
	if (d->collusion == 1)
		build_str(out, "ready for a leaker who acts alone.\n");
	else
		build_fmt(out, "ready for up to %u readers who put their copies together.\n",
			  d->collusion);
	if (!d->words)
		return;
	build_fmt(out,
		  "  A place is worth %.2f bits: it takes about %zu words in a row to name one "
		  "of %zu readers\n  who leaks alone",
		  d->bits, d->words, d->readers);
	if (d->collusion != CODE_COLLUSION_DEFAULT)
		build_fmt(out, "; with design size %d about %zu", CODE_COLLUSION_DEFAULT,
			  d->words_2);
	if (d->collusion == 1)
		build_fmt(out, ".\n  Measured with 100 readers, he is named by %u places",
			  d->coalition_places);
	else
		build_fmt(out,
			  ".\n  %s with 100 readers, one of %u together is named by %s%u places",
			  measured ? "Measured" : "Estimated", d->collusion,
			  measured ? "" : "about ", d->coalition_places);
	build_fmt(out, "; this paper has %zu%s.\n", d->places,
		  d->places < d->coalition_places ? ", too few for that" : "");
}

json_t *api_design_json(const struct api_design *d)
{
	return json_pack("{s:I, s:f, s:I, s:o, s:o, s:I, s:b}", "design_size",
			 (json_int_t)d->collusion, "bits", d->bits, "readers",
			 (json_int_t)d->readers, "words",
			 d->words ? json_integer((json_int_t)d->words) : json_null(), "words_2",
			 d->words_2 ? json_integer((json_int_t)d->words_2) : json_null(),
			 "coalition_places", (json_int_t)d->coalition_places, "coalition_named",
			 d->places >= d->coalition_places);
}
