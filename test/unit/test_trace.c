/* SPDX-License-Identifier: Apache-2.0 */
/* First of all: whom does it accuse when nobody leaked? */
#include "trace.h"

#include "trace_out.h"
#include "trace_seen.h"
#include "world.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The chance of at least k of n at p, by summing up. */
static double binomial_tail(size_t k, size_t n, double p)
{
	double sum = 0, m = (double)n;
	for (size_t i = k; i <= n; i++) {
		double j = (double)i;
		sum += exp(lgamma(m + 1) - lgamma(j + 1) - lgamma(m - j + 1) + j * log(p) +
			   (m - j) * log1p(-p));
	}
	return sum;
}

/* count_named draws fresh ledgers against leaks of nobody's copy and counts those that name
 * somebody; forgotten counts what would be named by each reader's own p-value. */
static size_t count_named(struct world *w, size_t leaks, double level, size_t *forgotten)
{
	struct arena a = {0};
	struct trace_evidence e[2];
	for (size_t k = 0; k < 2; k++)
		find(w, &a, text_with(w, &a, choice(w, &a, k == 0)), (struct slice){0}, &e[k]);
	CHECK(e[0].seen_n > 100 && e[1].seen_n > 100, "%zu and %zu read", e[0].seen_n, e[1].seen_n);
	size_t named = 0;
	*forgotten = 0;
	for (size_t i = 0; i < leaks; i++) {
		struct arena scratch = {0};
		struct trace_verdict v;
		struct trace_question q = question(w, level);
		new_seed(w);
		judge(w, &scratch, &e[i % 2], &q, &v);
		named += v.named_n > 0;
		*forgotten += v.ranking[0].p_alone <= level;
		arena_release(&scratch);
	}
	arena_release(&a);
	return named;
}

static void nobody_leaked(void)
{
	const size_t leaks = test_rounds(1000);
	static const double levels[] = {0.2, 0.05, 0.01};
	struct world w;
	open_corpus(&w, "p1.md");
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		size_t forgotten, named = count_named(&w, leaks, levels[i], &forgotten);
		CHECK(binomial_tail(named, leaks, levels[i]) > 1e-4,
		      "level %g: %zu of %zu leaks name somebody innocent", levels[i], named, leaks);
		/* The instrument itself: who forgets the family is caught by it. */
		CHECK(binomial_tail(forgotten, leaks, levels[i]) < 1e-4,
		      "level %g: a forgotten family would not be seen (%zu)", levels[i], forgotten);
	}
	world_close(&w);
}

static void the_leaker_is_named(void)
{
	struct world w;
	open_corpus(&w, "p1.md");
	for (size_t r = 0; r < READERS; r += 7) {
		struct arena a = {0};
		struct trace_evidence e;
		struct trace_verdict v;
		struct trace_question q = question(&w, 1e-6);
		find(&w, &a, text_with(&w, &a, symbols_of(&w, &a, r)), (struct slice){0}, &e);
		judge(&w, &a, &e, &q, &v);
		CHECK(v.decision == TRACE_NAMED && v.named_n == 1 &&
			      v.ranking[0].reader == &w.readers[r],
		      "reader %zu", r);
		CHECK(v.ranking[0].disagree == 0 && v.ranking[0].agree == e.seen_n, "reader %zu",
		      r);
		CHECK(v.places_needed == 0, "reader %zu: %u more", r, v.places_needed);
		arena_release(&a);
	}
	world_close(&w);
}

/* What a public text carries of a reader's copy is nothing against him, nor against anybody. */
static void a_release_convicts_nobody(void)
{
	struct world w;
	open_corpus(&w, "p2.md");
	for (size_t r = 0; r < READERS; r += 9) {
		struct arena a = {0};
		struct trace_evidence e;
		struct trace_verdict v;
		struct trace_question q = question(&w, 0.5);
		struct slice release = text_with(&w, &a, symbols_of(&w, &a, r));
		find(&w, &a, release, release, &e);
		judge(&w, &a, &e, &q, &v);
		CHECK(e.seen_n == 0 && e.supplied_n > 100, "reader %zu: %zu read, %zu supplied", r,
		      e.seen_n, e.supplied_n);
		CHECK(v.decision == TRACE_INCONCLUSIVE && !v.named_n, "reader %zu", r);
		CHECK(v.consistent_n == READERS, "reader %zu: %zu", r, v.consistent_n);
		arena_release(&a);
	}
	world_close(&w);
}

/* A public text that shows other wordings supplies none: who leaks later is still named. */
static void another_text_protects_nobody(void)
{
	struct world w;
	struct arena a = {0};
	open_corpus(&w, "p2.md");
	uint16_t *x = symbols_of(&w, &a, 3), *y = ARENA_ARRAY(&a, w.lattice.places_n, uint16_t);
	for (size_t i = 0; i < w.lattice.places_n; i++)
		y[i] = (uint16_t)((x[i] + 1) % w.lattice.places[i].wordings_n);
	struct trace_evidence e;
	struct trace_verdict v;
	struct trace_question q = question(&w, 1e-6);
	find(&w, &a, text_with(&w, &a, x), text_with(&w, &a, y), &e);
	judge(&w, &a, &e, &q, &v);
	CHECK(e.supplied_n * 10 < e.seen_n, "%zu supplied, %zu read", e.supplied_n, e.seen_n);
	CHECK(v.named_n == 1 && v.ranking[0].reader == &w.readers[3], "%zu named", v.named_n);
	arena_release(&a);
	world_close(&w);
}

static void nothing_read(void)
{
	static const struct {
		const char *leak;
		enum trace_decision decision;
	} rows[] = {
		{"", TRACE_NOT_OURS},
		{"A recipe for barley soup with leeks, and what to do with the rest.",
		 TRACE_NOT_OURS},
	};
	struct world w;
	open_corpus(&w, "p1.md");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		struct trace_evidence e;
		struct trace_verdict v;
		struct trace_question q = question(&w, 0.99);
		find(&w, &a, slice_str(rows[i].leak), (struct slice){0}, &e);
		judge(&w, &a, &e, &q, &v);
		CHECK(v.decision == rows[i].decision && !v.named_n, "row %zu: %d", i,
		      (int)v.decision);
		CHECK(v.ranking_n == READERS && v.ranking[0].p_value == 1, "row %zu", i);
		CHECK(fabs(v.none - v.prior_none) < 1e-12, "row %zu: %g", i, v.none);
		arena_release(&a);
	}
	world_close(&w);
}

/* Readers committed after the leak are left out, whatever their copy says. */
static void committed_too_late(void)
{
	struct world w;
	struct arena a = {0};
	struct trace_evidence e;
	struct trace_verdict v;
	open_corpus(&w, "p1.md");
	find(&w, &a, text_with(&w, &a, symbols_of(&w, &a, 20)), (struct slice){0}, &e);
	for (int64_t by = -1; by <= READERS; by++) {
		struct trace_question q = question(&w, 1e-6);
		q.leaked_by = by;
		q.readers_total = by < 0 ? 0 : by < READERS ? (uint64_t)by + 1 : READERS;
		judge(&w, &a, &e, &q, &v);
		CHECK(v.ranking_n == q.readers_total && v.left_out_n == READERS - v.ranking_n,
		      "by %d: %zu", (int)by, v.ranking_n);
		CHECK(v.named_n == (by >= 20), "by %d: %zu named", (int)by, v.named_n);
		for (size_t i = 0; i < v.ranking_n; i++)
			CHECK(v.ranking[i].reader->committed_at <= by, "by %d", (int)by);
	}
	arena_release(&a);
	world_close(&w);
}

/* The evidence of several parts says which part and which words each passage is; it is the same
 * evidence as that of one text. */
static void passages_of_several_parts(void)
{
	struct world w;
	struct arena a = {0};
	struct trace_evidence one, e;
	struct text_tokens t[3];
	open_corpus(&w, "p2.md");
	struct slice copy = text_with(&w, &a, symbols_of(&w, &a, 7));
	struct slice part[3] = {slice_sub(copy, 0, copy.len / 3),
				SLICE_LIT("A recipe for barley soup with leeks."),
				slice_sub(copy, copy.len / 2, copy.len / 2)};
	for (size_t i = 0; i < 3; i++)
		must(text_tokens_make(&a, part[i], &t[i]));
	must(trace_evidence_find(&a, SLICE_LIT("T"), &w.lattice, t, 3, NULL, 0, &e));
	find(&w, &a, copy, (struct slice){0}, &one);
	CHECK(e.paper_words == one.paper_words && e.paper_words > 900, "%zu", e.paper_words);
	size_t of[3] = {0};
	for (size_t i = 0; i < e.passages_n; i++) {
		const struct trace_passage *p = &e.passages[i];
		if (!CHECK(p->text < 3 && p->from < p->to && p->to <= t[p->text].n, "%zu", i))
			continue;
		of[p->text] += p->to - p->from;
		CHECK(i == 0 || p[-1].text < p->text ||
			      (p[-1].text == p->text && p[-1].from <= p->from),
		      "%zu: order", i);
	}
	CHECK(of[0] > t[0].n * 9 / 10 && of[1] == 0 && of[2] > t[2].n * 9 / 10, "%zu %zu %zu",
	      of[0], of[1], of[2]);
	for (size_t i = 0; i < w.lattice.places_n; i++) {
		const struct mark_place *p = &e.places[i];
		CHECK(p->state != MARK_READ || (p->from < p->to && p->to <= t[p->text].n),
		      "place %zu", i);
		CHECK(p->state != MARK_READ || one.places[i].symbol == p->symbol, "place %zu", i);
	}
	arena_release(&a);
	world_close(&w);
}

static void more_readers_weaken_a_name(void)
{
	struct world w;
	struct arena a = {0};
	struct trace_evidence e;
	struct trace_verdict few, many;
	open_corpus(&w, "p4.md");
	find(&w, &a, text_with(&w, &a, symbols_of(&w, &a, 5)), (struct slice){0}, &e);
	struct trace_question q = question(&w, 1e-3);
	judge(&w, &a, &e, &q, &few);
	q.readers_total = 10 * READERS;
	judge(&w, &a, &e, &q, &many);
	CHECK(few.ranking[0].p_value < many.ranking[0].p_value, "%g, %g", few.ranking[0].p_value,
	      many.ranking[0].p_value);
	/* p4 has 15 places of two wordings: at best 2^-15, over 40 readers 1.2e-3. */
	CHECK(!few.named_n && few.ranking[0].p_value >= READERS * 0x1p-15 * 0.999, "%g",
	      few.ranking[0].p_value);
	CHECK(few.places_needed >= 1 && many.places_needed > few.places_needed, "%u, %u",
	      few.places_needed, many.places_needed);
	arena_release(&a);
	world_close(&w);
}

static void check_object(const struct world *w, json_t *o, const struct trace_verdict *v)
{
	static const char *const keys[] = {"format", "decision",      "max_false",    "paper",
					   "seen",   "named",         "consistent",   "ranking",
					   "houses", "none_of_these", "places_needed"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		CHECK(json_object_get(o, keys[i]), "key %s", keys[i]);
	const char *title, *decision;
	json_int_t places, words, seen, erased, layer;
	double level, none;
	CHECK(json_unpack(o, "{s:s, s:f, s:{s:s, s:I, s:I}, s:{s:I, s:I, s:{s:I}}, s:f}",
			  "decision", &decision, "max_false", &level, "paper", "title", &title,
			  "places", &places, "matched_words", &words, "seen", "places", &seen,
			  "erased", &erased, "layers", "words", &layer, "none_of_these",
			  &none) == 0,
	      "types");
	CHECK((size_t)places == w->lattice.places_n && (size_t)seen == v->evidence->seen_n &&
		      layer == seen && (size_t)erased == v->evidence->erased_n,
	      "counts");
	json_t *ranking = json_object_get(o, "ranking"), *houses = json_object_get(o, "houses");
	CHECK(json_array_size(ranking) >= 10 && json_array_size(houses) == HOUSES, "lists");
	double prior = 0, posterior = none, p, q;
	for (size_t i = 0; i < json_array_size(houses); i++) {
		CHECK(json_unpack(json_array_get(houses, i), "{s:f, s:f}", "prior", &p, "posterior",
				  &q) == 0,
		      "house %zu", i);
		prior += p;
		posterior += q;
	}
	CHECK(fabs(prior + v->prior_none - 1) < 1e-9 && fabs(posterior - 1) < 1e-9, "%g, %g", prior,
	      posterior);
	for (size_t i = 0; i < json_array_size(ranking); i++) {
		CHECK(json_unpack(json_array_get(ranking, i), "{s:f}", "p_value", &p) == 0,
		      "rank %zu", i);
		CHECK(p == v->ranking[i].p_value, "rank %zu: all digits", i);
	}
	CHECK(json_array_size(json_object_get(o, "consistent")) == v->consistent_n, "consistent");
	CHECK(json_array_size(json_object_get(o, "named")) == v->named_n, "named");
}

static void json_keeps_the_contract(void)
{
	struct world w;
	open_corpus(&w, "p1.md");
	for (size_t row = 0; row < 3; row++) {
		struct arena a = {0};
		struct trace_evidence e;
		struct trace_verdict v;
		struct trace_question q = question(&w, 1e-6);
		struct slice copy = text_with(&w, &a, symbols_of(&w, &a, 1));
		copy.len = row == 0 ? copy.len : row == 1 ? 400 : 0;
		find(&w, &a, copy, (struct slice){0}, &e);
		judge(&w, &a, &e, &q, &v);
		struct build once = {0}, again = {0};
		must(trace_json(&v, 1, &once));
		must(trace_json(&v, 1, &again));
		CHECK(slice_eq(slice_make(once.ptr, once.len), slice_make(again.ptr, again.len)),
		      "row %zu: the same bytes twice", row);
		json_error_t why;
		json_t *o = json_loadb((char *)once.ptr, once.len, JSON_REJECT_DUPLICATES, &why);
		if (CHECK(o, "row %zu: %s", row, why.text))
			check_object(&w, o, &v);
		json_decref(o);
		build_release(&once);
		build_release(&again);
		arena_release(&a);
	}
	world_close(&w);
}

/* printed returns the bound that the words stand for. */
static double printed(const char *words)
{
	static const struct {
		const char *word;
		double times;
	} scale[] = {{" thousand", 1e3}, {" million", 1e6}, {" billion", 1e9}, {" trillion", 1e12}};
	const char *per_cent = strstr(words, " in 100");
	if (per_cent && !per_cent[7])
		return strtod(words, NULL) / 100;
	if (strncmp(words, "1 in 10^", 8) == 0)
		return pow(10, -strtod(words + 8, NULL));
	double n = strtod(words + 5, NULL);
	for (size_t i = 0; i < sizeof scale / sizeof *scale; i++)
		if (strstr(words, scale[i].word))
			n = nearbyint(n * scale[i].times);
	return 1 / n;
}

static void one_bound(double p)
{
	char buf[64];
	trace_round_up(p, buf, sizeof buf);
	CHECK(printed(buf) >= p, "%.17g: %s", p, buf);
	CHECK(printed(buf) <= p * 11, "%.17g: %s is far above", p, buf);
	struct build two = {0};
	out_bound(&two, p);
	build_bytes(&two, "", 1);
	const char *digits = (const char *)two.ptr;
	CHECK(digits[1] == '.' && strtod(digits, NULL) >= p && strtod(digits, NULL) <= p * 1.11,
	      "%.17g: %s", p, digits);
	build_release(&two);
}

/* Not by one unit in the last place, on both sides of every round number either. */
static void a_bound_is_never_smaller(void)
{
	for (double p = 1; p > 1e-280; p /= 1.037)
		one_bound(p);
	for (double k = 1; k <= 2000; k++)
		for (double unit = 1; unit < 1e18; unit *= 10) {
			double p = 1 / (k * unit);
			one_bound(p);
			one_bound(nextafter(p, 0));
			one_bound(fmin(1, nextafter(p, 1)));
		}
}

static void foreign_names_do_not_reach_the_terminal(void)
{
	struct world w;
	struct arena a = {0};
	struct trace_evidence e;
	struct trace_verdict v;
	struct build out = {0};
	open_corpus(&w, "p1.md");
	find(&w, &a, text_with(&w, &a, symbols_of(&w, &a, 2)), (struct slice){0}, &e);
	e.title = SLICE_LIT("a\x1b[2Jtitle\xc2\x9b");
	w.readers[2].name = SLICE_LIT("Eve\x1b]0;x\x07\r");
	struct trace_question q = question(&w, 1e-6);
	judge(&w, &a, &e, &q, &v);
	must(trace_words(&v, 1, &out));
	for (size_t i = 0; i < out.len; i++)
		CHECK(out.ptr[i] >= 0x20 || out.ptr[i] == '\n', "byte %zu is %02x", i, out.ptr[i]);
	CHECK(!memmem(out.ptr, out.len, "\xc2\x9b", 2), "an eight-bit control sequence");
	CHECK(memmem(out.ptr, out.len, "Eve?", 4), "the name itself is there");
	build_reset(&out);
	e.title = SLICE_LIT("\xe2\x80\xaetitle\xe2\x81\xa6\xc3\xa9");
	w.readers[2].name = SLICE_LIT("Eve\x9b"
				      "2J\xff");
	must(trace_words(&v, 1, &out));
	CHECK(memmem(out.ptr, out.len, "?title?\xc3\xa9", 9),
	      "signs that turn the writing direction");
	CHECK(memmem(out.ptr, out.len, "Eve?2J?", 7), "bytes that are not UTF-8");
	build_release(&out);
	arena_release(&a);
	world_close(&w);
}

static void bad_levels_are_refused(void)
{
	static const double levels[] = {0, 1, -1, 2, NAN, INFINITY};
	struct world w;
	struct arena a = {0};
	struct trace_evidence e;
	open_corpus(&w, "p4.md");
	const struct code_design d = design(&w);
	find(&w, &a, SLICE_LIT("nothing"), (struct slice){0}, &e);
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		struct trace_verdict v = {.papers_n = 77};
		struct trace_question q = question(&w, levels[i]);
		struct sr_err err = trace_judge(&a, &e, &d, &q, &v);
		CHECK(err.code == SR_E_INPUT && v.papers_n == 77, "level %g", levels[i]);
	}
	arena_release(&a);
	world_close(&w);
}

static void every_allocation_fails_once(void)
{
	struct world w;
	struct arena texts = {0};
	open_corpus(&w, "p4.md");
	struct slice leak = text_with(&w, &texts, symbols_of(&w, &texts, 2));
	struct text_tokens t;
	must(text_tokens_make(&texts, leak, &t));
	size_t n = 1;
	for (;; n++) {
		struct arena a = {0};
		struct trace_evidence e;
		struct trace_verdict v;
		const struct code_design d = design(&w);
		struct trace_question q = question(&w, 1e-3);
		test_alloc_fail_at(n);
		struct sr_err err =
			trace_evidence_find(&a, SLICE_LIT("T"), &w.lattice, &t, 1, &t, 1, &e);
		if (!sr_bad(err))
			err = trace_judge(&a, &e, &d, &q, &v);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		arena_release(&a);
		if (!failed)
			break;
		CHECK(err.code == SR_E_NOMEM, "allocation %zu: %d", n, (int)err.code);
	}
	CHECK(n > 20, "%zu allocations", n);
	arena_release(&texts);
	world_close(&w);
}

/* Groups. The paper has one place at five spots, and three places alone, one in each sentence. */
#define GROUP_1                                                                                    \
	"The northern delegation of the {#m|ministry|department} {asked for|requested} a second "  \
	"meeting before the close of the autumn session.\n\n"
#define GROUP_2                                                                                    \
	"Nobody at the old {#m|ministry|department} has ever said in writing that the harbour "    \
	"{commission|committee} would publish its long report in March.\n\n"
#define GROUP_3                                                                                    \
	"According to the {#m|ministry|department} its experts {visited|inspected} the eastern "   \
	"valley without a permit from the {#m|ministry|department} of works.\n\n"
#define GROUP_4                                                                                    \
	"A spokesman for the {#m|ministry|department} declined to comment on any of these "        \
	"remarkable findings yesterday afternoon.\n\n"

/* without gives the copy with symbols x, without its sentences [from, to). */
static struct slice without(struct world *w, struct arena *a, const uint16_t *x, size_t from,
			    size_t to)
{
	struct slice copy = text_with(w, a, x);
	struct build b = {0};
	struct slice s;
	for (size_t line = 0, at = 0; at < copy.len; line++) {
		const uint8_t *end = memmem(copy.ptr + at, copy.len - at, "\n\n", 2);
		size_t len = end ? (size_t)(end - copy.ptr) + 2 - at : copy.len - at;
		if (line < from || line >= to)
			build_slice(&b, slice_sub(copy, at, len));
		at += len;
	}
	must(build_done(&b, &s));
	s = slice_make(arena_dup(a, s.ptr, s.len), s.len);
	build_release(&b);
	return s;
}

/* law_of gives the score of what a leak shows. */
static const struct code_score *law_of(struct world *w, struct arena *a, struct slice leak,
				       size_t seen_n)
{
	struct trace_evidence e;
	struct trace_seen *seen = ARENA_NEW(a, struct trace_seen);
	find(w, a, leak, (struct slice){0}, &e);
	CHECK(e.seen_n == seen_n, "%zu read, wanted %zu", e.seen_n, seen_n);
	must(trace_seen_make(a, &e, w->bias, NULL, CODE_COLLUSION_DEFAULT, seen));
	return seen->scores.score[0];
}

/* An innocent reader's bound: a group seen five times is worth exactly one place. */
static void a_group_has_the_law_of_one_place(void)
{
	static const struct {
		const char *why;
		size_t from, to, seen;
	} row[] = {
		{"five spots and three places", 9, 9, 4},
		{"three spots and a place", 0, 2, 2},
		{"one spot", 0, 3, 1},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w = {.random = 9};
		struct arena a = {0};
		world_open(&w, SLICE_LIT(GROUP_1 GROUP_2 GROUP_3 GROUP_4));
		CHECK(text_lattice_symbols(&w.lattice) == 4, "%zu places",
		      text_lattice_symbols(&w.lattice));
		uint16_t *x = symbols_of(&w, &a, 3);
		const struct code_score *s =
			law_of(&w, &a, without(&w, &a, x, row[i].from, row[i].to), row[i].seen);
		CHECK(code_score_max(s) == (int64_t)row[i].seen, "%s: %lld units", row[i].why,
		      (long long)code_score_max(s));
		for (int64_t k = 0; k <= code_score_max(s); k++) {
			double want = binomial_tail((size_t)k, row[i].seen, 0.5);
			CHECK(fabs(code_score_tail(s, k) - want) < 1e-9, "%s: %lld: %g, wanted %g",
			      row[i].why, (long long)k, code_score_tail(s, k), want);
		}
		arena_release(&a);
		world_close(&w);
	}
}

static void who_contradicts_a_group(void)
{
	struct world w = {.random = 9};
	struct arena a = {0};
	struct trace_evidence e;
	struct trace_verdict v;
	world_open(&w, SLICE_LIT(GROUP_1 GROUP_2 GROUP_3 GROUP_4));
	struct trace_question q = question(&w, 1e-6);
	uint16_t *x = symbols_of(&w, &a, 3), *y = symbols_of(&w, &a, 3);
	for (size_t i = 0; i < w.lattice.places_n; i++)
		y[i] ^= w.lattice.places[i].leader == 0;
	struct build both = {0};
	build_slice(&both, without(&w, &a, x, 1, 4));
	build_str(&both, "\n\nAnd elsewhere one could read the following lines:\n\n");
	build_slice(&both, without(&w, &a, y, 0, 2));
	find(&w, &a, slice_make(both.ptr, both.len), (struct slice){0}, &e);
	judge(&w, &a, &e, &q, &v);
	CHECK(e.places[0].why == MARK_WHY_CONTRADICTED, "the group: %d", (int)e.places[0].why);
	CHECK(e.seen_n == 2, "%zu read", e.seen_n);
	for (size_t i = 0; i < v.ranking_n; i++)
		CHECK(v.ranking[i].agree + v.ranking[i].disagree == 2, "reader %zu", i);
	build_release(&both);
	arena_release(&a);
	world_close(&w);
}

/* count_by_spots counts how often an innocent reader's bound is at most level if each spot of a
 * group were counted as a place. */
static size_t count_by_spots(struct world *w, size_t trials, double level)
{
	struct arena a = {0};
	struct text_place *alone = ARENA_ARRAY(&a, w->lattice.places_n, struct text_place);
	for (size_t i = 0; i < w->lattice.places_n; i++) {
		alone[i] = w->lattice.places[i];
		alone[i].leader = (uint32_t)i;
	}
	struct world by_spots = *w;
	by_spots.lattice.places = alone;
	struct trace_evidence e;
	struct trace_seen seen;
	find(&by_spots, &a, text_with(w, &a, choice(w, &a, false)), (struct slice){0}, &e);
	must(trace_seen_make(&a, &e, w->bias, NULL, CODE_COLLUSION_DEFAULT, &seen));
	size_t n = 0;
	for (size_t i = 0; i < trials; i++) {
		struct arena scratch = {0};
		new_seed(w);
		uint16_t *x = symbols_of(w, &scratch, 0);
		uint16_t *at_seen = ARENA_ARRAY(&scratch, seen.leak.n, uint16_t);
		for (size_t k = 0; k < seen.leak.n; k++)
			at_seen[k] = x[seen.leak.place[k]];
		n += code_score_tail(seen.scores.score[0],
				     code_score_of(seen.scores.score[0], at_seen)) <= level;
		arena_release(&scratch);
	}
	arena_release(&a);
	return n;
}

/* Leaks of nobody's copy of a paper with groups; and the instrument sees it if spots are counted.
 */
static void nobody_leaked_of_groups(void)
{
	enum { LEAKS = 300, GROUPS = 40 };
	static const double levels[] = {0.2, 0.02};
	struct world w;
	open_grouped(&w, "p1.md", GROUPS);
	size_t spots = w.lattice.places_n, places = text_lattice_symbols(&w.lattice);
	CHECK(places > 100 && places < spots, "%zu places at %zu spots", places, spots);
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		size_t forgotten, named = count_named(&w, LEAKS, levels[i], &forgotten);
		CHECK(binomial_tail(named, LEAKS, levels[i]) > 1e-4,
		      "level %g: %zu of %d leaks name somebody innocent", levels[i], named, LEAKS);
	}
	world_close(&w);
	open_grouped(&w, "p1.md", 2);
	size_t wrong = count_by_spots(&w, LEAKS, 0.02);
	CHECK(binomial_tail(wrong, LEAKS, 0.02) < 1e-4, "spots counted would not be seen (%zu)",
	      wrong);
	world_close(&w);
}

static void the_leaker_of_groups_is_named(void)
{
	struct world w;
	open_grouped(&w, "p1.md", 40);
	for (size_t r = 0; r < READERS; r += 13) {
		struct arena a = {0};
		struct trace_evidence e;
		struct trace_verdict v;
		struct trace_question q = question(&w, 1e-6);
		find(&w, &a, text_with(&w, &a, symbols_of(&w, &a, r)), (struct slice){0}, &e);
		judge(&w, &a, &e, &q, &v);
		CHECK(v.named_n == 1 && v.ranking[0].reader == &w.readers[r], "reader %zu", r);
		CHECK(v.ranking[0].disagree == 0 && v.ranking[0].agree == e.seen_n, "reader %zu",
		      r);
		CHECK(e.seen_n <= text_lattice_symbols(&w.lattice), "reader %zu: %zu read", r,
		      e.seen_n);
		arena_release(&a);
	}
	world_close(&w);
}

int main(void)
{
	must(crypto_init());
	test_run("nobody leaked: the claimed rate holds", nobody_leaked);
	test_run("a release convicts nobody", a_release_convicts_nobody);
	test_run("nothing read, nobody named", nothing_read);
	test_run("committed too late", committed_too_late);
	test_run("passages of several parts", passages_of_several_parts);
	test_run("more readers weaken a name", more_readers_weaken_a_name);
	test_run("the leaker is named", the_leaker_is_named);
	test_run("another text protects nobody", another_text_protects_nobody);
	test_run("the JSON keeps the contract", json_keeps_the_contract);
	test_run("a bound is never smaller than it is", a_bound_is_never_smaller);
	test_run("foreign names do not reach the terminal",
		 foreign_names_do_not_reach_the_terminal);
	test_run("bad levels are refused", bad_levels_are_refused);
	test_run("a group has the law of one place", a_group_has_the_law_of_one_place);
	test_run("who contradicts a group", who_contradicts_a_group);
	test_run("nobody leaked a paper with groups", nobody_leaked_of_groups);
	test_run("the leaker of a paper with groups is named", the_leaker_of_groups_is_named);
	test_run("every allocation fails once", every_allocation_fails_once);
	return test_done();
}
