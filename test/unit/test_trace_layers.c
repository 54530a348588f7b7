/* SPDX-License-Identifier: Apache-2.0 */
/* Words and the positions of words: what each layer says, what they say together, and that layers
 * which name different readers are told apart. */
#include "trace_report.h"
#include "trace_verify.h"

#include "verdict.h"

#include <math.h>

enum { OTHER = 25, THIRD = 33, SLOTS = 300, LEAKS = 12 };

/* A shift of a word and the noise of its measurement, in points. */
static const double reach = 0.15, noise = 0.04;

static double gauss(uint64_t *random)
{
	double sum = -6;
	for (int i = 0; i < 12; i++)
		sum += (double)(test_random(random) >> 11) * 0x1p-53;
	return sum;
}

/* shifts_of writes by how much reader's copy shifts each slot's word. */
static void shifts_of(struct world *w, size_t reader, double shift[SLOTS])
{
	struct arena a = {0};
	const struct code_stream s = {&w->seed, CRYPTO_LABEL_SYMBOLS_LAYOUT, w->hash};
	const struct code_design d = design(w);
	struct code_bias bias[SLOTS];
	uint16_t symbol[SLOTS];
	must(code_design_biases(&a, &d, CODE_LAYER_LAYOUT, NULL, SLOTS, bias));
	must(code_symbols_all(&s, w->readers[reader].id, bias, SLOTS, symbol));
	for (size_t i = 0; i < SLOTS; i++)
		shift[i] = symbol[i] ? reach : -reach;
	arena_release(&a);
}

/* measure adds the slots [from, to), as they are measured where the words are shifted so. */
static void measure(struct world *w, struct arena *a, const double shift[SLOTS], size_t from,
		    size_t to, struct trace_evidence *e)
{
	uint32_t slot[SLOTS];
	float loglik[SLOTS][2];
	const struct trace_layout m = {slot, (const float(*)[2])loglik, to - from, SLOTS, SLOTS};
	for (size_t i = from; i < to; i++) {
		double at = shift[i] + noise * gauss(&w->random);
		slot[i - from] = (uint32_t)i;
		for (int k = 0; k < 2; k++) {
			double off = (at - (k ? reach : -reach)) / noise;
			loglik[i - from][k] = (float)(-off * off / 2);
		}
	}
	must(trace_evidence_layout(a, &m, e));
}

/* A leak: words of one copy, and positions. */
struct leak {
	struct trace_evidence e;
	struct trace_verdict v;
};

static void words_of(struct world *w, struct arena *a, size_t reader, size_t len, struct leak *l)
{
	struct slice copy = text_with(w, a, symbols_of(w, a, reader));
	find(w, a, slice_sub(copy, 0, len < copy.len ? len : copy.len), (struct slice){0}, &l->e);
}

static void judge_leak(struct world *w, struct arena *a, double level, struct leak *l)
{
	struct trace_question q = question(w, level);
	judge(w, a, &l->e, &q, &l->v);
}

static const struct trace_standing *standing(const struct world *w, const struct leak *l,
					     size_t reader)
{
	for (size_t i = 0; i < l->v.ranking_n; i++)
		if (l->v.ranking[i].reader == &w->readers[reader])
			return &l->v.ranking[i];
	return NULL;
}

static struct slice words_out(struct arena *a, const struct trace_verdict *v)
{
	struct build b = {0};
	must(trace_words(v, 1, &b));
	struct slice s = kept(a, &b);
	build_release(&b);
	return s;
}

static struct slice json_out(struct arena *a, const struct trace_verdict *v)
{
	struct build b = {0};
	must(trace_json(v, 1, &b));
	struct slice s = kept(a, &b);
	build_release(&b);
	return s;
}

static struct slice report_out(struct arena *a, const struct trace_verdict *v)
{
	/* Without its texts a leak has no passages that could be shown. */
	struct trace_evidence e = *v->evidence;
	struct trace_verdict of_pages = *v;
	struct build b = {0};
	e.passages_n = 0;
	for (size_t i = 0; i < e.lattice->places_n; i++)
		e.places[i].from = e.places[i].to = 0;
	of_pages.evidence = &e;
	const struct trace_report r = {.verdicts = &of_pages, .verdicts_n = 1};
	must(trace_report_write(&r, &b));
	struct slice s = kept(a, &b);
	build_release(&b);
	return s;
}

static bool has(struct slice s, const char *what)
{
	return memmem(s.ptr, s.len, what, strlen(what)) != NULL;
}

static void one_copy(void)
{
	struct world w;
	open_corpus(&w, "p1.md");
	for (size_t t = 0; t < LEAKS; t++) {
		struct arena a = {0};
		struct leak l;
		double shift[SLOTS];
		new_seed(&w);
		words_of(&w, &a, LEAKER, 900, &l);
		shifts_of(&w, LEAKER, shift);
		measure(&w, &a, shift, 20, 60, &l.e);
		judge_leak(&w, &a, 1e-6, &l);
		const struct trace_standing *s = standing(&w, &l, LEAKER);
		const struct trace_layer_standing *words = &s->layer[CODE_LAYER_WORDS];
		const struct trace_layer_standing *layout = &s->layer[CODE_LAYER_LAYOUT];
		CHECK(l.v.named_n == 1 && s->named && s->consistent && l.v.layered &&
			      !l.v.layers_disagree,
		      "leak %zu: %zu named", t, l.v.named_n);
		CHECK(s->ground.stage == CODE_STAGE_SINGLE && s->p_value < words->p_value &&
			      s->p_value < layout->p_value,
		      "leak %zu: together %g, %g and %g alone", t, s->p_value, words->p_value,
		      layout->p_value);
		CHECK(words->agree + words->disagree == l.e.seen_n && layout->disagree == 0 &&
			      layout->agree == 40 && s->agree == words->agree + 40 &&
			      s->disagree == words->disagree,
		      "leak %zu: %u and %u places agree", t, words->agree, layout->agree);
		CHECK(trace_evidence_seen(&l.e) == l.e.seen_n + 40, "leak %zu", t);
		CHECK(has(report_out(&a, &l.v), "everything that was read, by each layer alone"),
		      "leak %zu: the scores of the report", t);
		struct slice json = json_out(&a, &l.v), text = words_out(&a, &l.v);
		CHECK(has(json, "\"marks\": 300") && has(json, "\"layout\": 40") &&
			      has(json, "\"layers_disagree\": false"),
		      "leak %zu: %.*s", t, (int)json.len, (const char *)json.ptr);
		CHECK(has(report_out(&a, &l.v), " wordings and positions of words that were read"),
		      "the report");
		CHECK(has(text, "40 of the 40 positions") && !has(text, "LAYERS") &&
			      !has(text, "speak against"),
		      "leak %zu: %.*s", t, (int)text.len, (const char *)text.ptr);
		arena_release(&a);
	}
	world_close(&w);
}

/* A page without a word that is read as the paper's: its positions alone name the copy. */
static void positions_alone(void)
{
	struct world w;
	struct arena a = {0};
	struct leak l;
	double shift[SLOTS];
	open_corpus(&w, "p1.md");
	find(&w, &a, SLICE_LIT("zzz"), (struct slice){0}, &l.e);
	CHECK(l.e.matched_words == 0, "foreign words");
	shifts_of(&w, LEAKER, shift);
	measure(&w, &a, shift, 0, 60, &l.e);
	judge_leak(&w, &a, 1e-6, &l);
	CHECK(l.v.decision == TRACE_NAMED && l.v.named_n == 1 && standing(&w, &l, LEAKER)->named &&
		      !l.v.layered && l.v.ranking[0].agree == 60,
	      "decision %d", l.v.decision);
	CHECK(l.v.ranking[0].ground.stage == CODE_STAGE_SINGLE &&
		      l.v.ranking[0].layer[CODE_LAYER_LAYOUT].p_value == 1,
	      "one layer is not scored twice");
	CHECK(has(json_out(&a, &l.v), "\"p_value\": null"), "a layer that was not scored alone");
	CHECK(has(words_out(&a, &l.v), "60 of the 60 positions of words agree"), "the text");
	struct slice report = report_out(&a, &l.v);
	CHECK(has(report, "60 positions of words that were read") &&
		      has(report, "several for each reader") && !has(report, "by each layer alone"),
	      "the report");
	arena_release(&a);
	world_close(&w);
}

/* no_opinions: the sum of what two copies show would make one of them, and his house, the likely
 * source of all. */
static void no_opinions(struct arena *a, const struct trace_verdict *v, size_t t)
{
	struct slice json = json_out(a, v);
	CHECK(has(json, "\"posterior\": null") && !has(json, "\"posterior\": 0") &&
		      !has(json, "\"posterior\": 1") &&
		      has(json, "\"likelihood_ratio_nats\": null") &&
		      has(json, "\"none_of_these\": null"),
	      "leak %zu: %.*s", t, (int)json.len, (const char *)json.ptr);
	for (size_t i = 0; i < v->ranking_n; i++)
		CHECK(v->ranking[i].posterior == 0 && v->ranking[i].ratio == 0,
		      "leak %zu: rank %zu", t, i);
	for (size_t i = 0; i < v->houses_n; i++)
		CHECK(v->houses[i].posterior == 0 && v->houses[i].prior > 0, "leak %zu: house %zu",
		      t, i);
}

/* The words are one reader's, the positions another's: both layers name, and nothing is fused. */
static void layers_apart(void)
{
	struct world w;
	open_corpus(&w, "p1.md");
	for (size_t t = 0; t < LEAKS; t++) {
		struct arena a = {0};
		struct leak l;
		double shift[SLOTS];
		new_seed(&w);
		words_of(&w, &a, LEAKER, 1u << 20, &l);
		shifts_of(&w, OTHER, shift);
		measure(&w, &a, shift, 0, SLOTS, &l.e);
		judge_leak(&w, &a, 1e-6, &l);
		const struct trace_standing *by_words = standing(&w, &l, LEAKER);
		const struct trace_standing *by_layout = standing(&w, &l, OTHER);
		CHECK(l.v.layers_disagree && l.v.named_n == 2 && by_words->named &&
			      by_layout->named,
		      "leak %zu: %zu named", t, l.v.named_n);
		CHECK(by_words->ground.stage == CODE_STAGE_LAYER &&
			      by_words->ground.number == CODE_LAYER_WORDS &&
			      by_words->p_value == by_words->layer[CODE_LAYER_WORDS].p_value &&
			      !by_words->layer[CODE_LAYER_LAYOUT].named,
		      "leak %zu: by words", t);
		CHECK(by_layout->ground.stage == CODE_STAGE_LAYER &&
			      by_layout->ground.number == CODE_LAYER_LAYOUT &&
			      by_layout->p_value == by_layout->layer[CODE_LAYER_LAYOUT].p_value,
		      "leak %zu: by positions", t);
		for (size_t i = 0; i < l.v.ranking_n; i++) {
			const struct trace_standing *s = &l.v.ranking[i];
			CHECK(s->ground.stage == CODE_STAGE_LAYER && !s->partner[0] &&
				      (s->p_value <= 1e-6) == s->named,
			      "leak %zu: %s rests on a sum", t, w.names[s->reader - w.readers]);
		}
		struct slice json = json_out(&a, &l.v), text = words_out(&a, &l.v);
		CHECK(has(json, "\"layers_disagree\": true") && has(json, "\"kind\": \"layer\""),
		      "leak %zu: %.*s", t, (int)json.len, (const char *)json.ptr);
		CHECK(has(text, "THE LAYERS NAME DIFFERENT COPIES") &&
			      has(text, "by its wordings alone") &&
			      has(text, "by the positions of its words alone") &&
			      has(text, "Its positions of words speak against it") &&
			      has(text, "No opinion by house"),
		      "leak %zu: %.*s", t, (int)text.len, (const char *)text.ptr);
		struct slice report = report_out(&a, &l.v);
		CHECK(has(report, "The layers name different copies") &&
			      has(report, "There is no opinion") &&
			      !has(report, "likelihood ratio") && !has(report, "The same by house"),
		      "leak %zu: the report", t);
		no_opinions(&a, &l.v, t);
		arena_release(&a);
	}
	world_close(&w);
}

/* Two copies compared and mixed in both layers: that is no disagreement, and nobody else is named.
 */
static void two_copies_mixed(void)
{
	struct world w;
	size_t caught = 0;
	open_corpus(&w, "p1.md");
	for (size_t t = 0; t < LEAKS; t++) {
		struct arena a = {0};
		struct leak l;
		double shift[SLOTS], other[SLOTS];
		new_seed(&w);
		uint16_t *x = symbols_of(&w, &a, LEAKER), *y = symbols_of(&w, &a, OTHER);
		for (size_t i = 0; i < w.lattice.places_n; i++)
			x[i] = test_random(&w.random) % 2 ? x[i] : y[i];
		find(&w, &a, text_with(&w, &a, x), (struct slice){0}, &l.e);
		shifts_of(&w, LEAKER, shift);
		shifts_of(&w, OTHER, other);
		for (size_t i = 0; i < SLOTS; i++)
			shift[i] = (shift[i] + other[i]) / 2;
		measure(&w, &a, shift, 0, SLOTS, &l.e);
		judge_leak(&w, &a, 1e-6, &l);
		size_t guilty = standing(&w, &l, LEAKER)->named + standing(&w, &l, OTHER)->named;
		CHECK(guilty == l.v.named_n && guilty > 0, "leak %zu: %zu of %zu", t, guilty,
		      l.v.named_n);
		caught += guilty;
		arena_release(&a);
	}
	CHECK(caught > LEAKS, "%zu", caught);
	world_close(&w);
}

/* A page that another program made has no marks: nobody is named by it, and a name that the words
 * give is not made to look as if the page agreed. */
static void unmarked_page(void)
{
	struct world w;
	size_t against = 0;
	open_corpus(&w, "p1.md");
	for (size_t t = 0; t < LEAKS; t++) {
		struct arena a = {0};
		struct leak l;
		double shift[SLOTS] = {0};
		new_seed(&w);
		find(&w, &a, SLICE_LIT("zzz"), (struct slice){0}, &l.e);
		measure(&w, &a, shift, 0, SLOTS, &l.e);
		judge_leak(&w, &a, 1e-3, &l);
		CHECK(l.v.named_n == 0 && l.v.decision == TRACE_INCONCLUSIVE, "leak %zu", t);
		words_of(&w, &a, LEAKER, 1u << 20, &l);
		measure(&w, &a, shift, 0, SLOTS, &l.e);
		judge_leak(&w, &a, 1e-6, &l);
		const struct trace_standing *s = standing(&w, &l, LEAKER);
		CHECK(l.v.named_n == 1 && s->named && !l.v.layers_disagree && !s->consistent,
		      "leak %zu: %zu", t, l.v.named_n);
		CHECK(s->ground.stage != CODE_STAGE_SINGLE || s->p_value <= 1e-6, "leak %zu", t);
		against += has(words_out(&a, &l.v), "Its positions of words speak against it");
		arena_release(&a);
	}
	CHECK(against == LEAKS, "%zu", against);
	world_close(&w);
}

/* A retyped text of a paper that has a layout layer gives the numbers that it gives without. */
static void retyped_text(void)
{
	struct world w;
	struct arena a = {0};
	struct leak with, without;
	open_corpus(&w, "p1.md");
	words_of(&w, &a, LEAKER, 1500, &without);
	with.e = without.e;
	must(trace_evidence_layout(&a, &(struct trace_layout){.slots_n = SLOTS}, &with.e));
	judge_leak(&w, &a, 1e-6, &with);
	judge_leak(&w, &a, 1e-6, &without);
	for (size_t i = 0; i < with.v.ranking_n; i++) {
		const struct trace_standing *x = &with.v.ranking[i], *y = &without.v.ranking[i];
		CHECK(x->reader == y->reader && x->p_value == y->p_value &&
			      x->posterior == y->posterior && x->ground.stage == y->ground.stage,
		      "rank %zu", i);
	}
	CHECK(with.v.none == without.v.none && with.v.places_needed == without.v.places_needed,
	      "the rest");
	CHECK(has(json_out(&a, &with.v), "\"layout\": 0") &&
		      !has(json_out(&a, &without.v), "layout") &&
		      !has(json_out(&a, &without.v), "layers_disagree"),
	      "JSON");
	CHECK(has(words_out(&a, &with.v), "shows no page") &&
		      !has(words_out(&a, &without.v), "page"),
	      "words");
	arena_release(&a);
	world_close(&w);
}

/* What can be shown to others: the words, and nobody whom the whole does not name. */
static void words_for_others(void)
{
	struct world w;
	open_corpus(&w, "p1.md");
	for (size_t t = 0; t < LEAKS; t++) {
		struct arena a = {0};
		struct leak l, alone;
		struct trace_verdict words;
		double shift[SLOTS];
		const struct code_design d = design(&w);
		struct trace_question q = question(&w, 1e-6);
		size_t n = 9, len = t % 2 ? 300 : 1u << 20;
		new_seed(&w);
		words_of(&w, &a, LEAKER, len, &alone);
		l.e = alone.e;
		shifts_of(&w, LEAKER, shift);
		measure(&w, &a, shift, 0, SLOTS, &l.e);
		judge_leak(&w, &a, 1e-6, &l);
		judge_leak(&w, &a, 1e-6, &alone);
		must(trace_external_named_n(&l.v, &n));
		CHECK(l.v.named_n == 1 && n == 0, "leak %zu: %zu", t, n);
		must(trace_judge_words(&a, &l.v, &d, &q, &words));
		CHECK(words.named_n == alone.v.named_n && words.named_n == (len > 300),
		      "leak %zu: %zu, %zu", t, words.named_n, alone.v.named_n);
		CHECK((words.decision == TRACE_NAMED) == (words.named_n > 0), "leak %zu", t);
		for (size_t i = 0; i < words.ranking_n; i++)
			CHECK(words.ranking[i].p_value == alone.v.ranking[i].p_value,
			      "leak %zu rank %zu", t, i);
		/* Whom the whole does not name, nobody does. */
		for (size_t i = 0; i < l.v.ranking_n; i++)
			l.v.ranking[i].named = false;
		must(trace_judge_words(&a, &l.v, &d, &q, &words));
		CHECK(words.named_n == 0 && words.decision == TRACE_INCONCLUSIVE, "leak %zu", t);
		must(trace_judge_words(&a, &alone.v, &d, &q, &words));
		CHECK(words.ranking == alone.v.ranking, "leak %zu: the same", t);
		arena_release(&a);
	}
	world_close(&w);
}

static void bad_measurements(void)
{
	static const uint32_t good[] = {1, 5, 9}, same[] = {1, 5, 5}, back[] = {5, 1, 9};
	static const float fine[][2] = {{0, -1}, {-2, -2}, {-3, 0}},
			   none[][2] = {{0, NAN}, {0}, {0}},
			   infinite[][2] = {{0, -1}, {0, -INFINITY}, {0}};
	const struct {
		struct trace_layout m;
		enum sr_code want;
		const char *why;
	} rows[] = {
		{{good, fine, 3, 10, 0}, SR_OK, "in order"},
		{{good, fine, 3, 9, 0}, SR_E_INPUT, "a slot that the paper has not"},
		{{same, fine, 3, 10, 0}, SR_E_INPUT, "a slot twice"},
		{{back, fine, 3, 10, 0}, SR_E_INPUT, "descending"},
		{{good, none, 3, 10, 0}, SR_E_INPUT, "not a number"},
		{{good, infinite, 3, 10, 0}, SR_E_INPUT, "infinite"},
		{{good, fine, 3, 2, 0}, SR_E_LIMIT, "more words than slots"},
		{{good, fine, 3, LIMIT_PLACES + 1, 0}, SR_E_LIMIT, "too many slots"},
		{{NULL, NULL, 0, 0, 0}, SR_OK, "no layer"},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct trace_evidence e = {.layout = {.slots_n = 77}};
		struct sr_err err = trace_evidence_layout(&a, &rows[i].m, &e);
		CHECK(err.code == rows[i].want, "%s: %d", rows[i].why, err.code);
		CHECK((e.layout.slots_n == 77) == (rows[i].want != SR_OK), "%s", rows[i].why);
		if (i == 0)
			CHECK(e.layout.n == 2 && e.layout.slot[1] == 9 &&
				      e.layout.loglik[1][0] == -3,
			      "what says nothing is left out");
	}
	arena_release(&a);
}

static void every_allocation_fails_once(void)
{
	struct world w;
	struct arena texts = {0};
	struct leak l;
	double shift[SLOTS];
	open_corpus(&w, "p4.md");
	words_of(&w, &texts, LEAKER, 1u << 20, &l);
	shifts_of(&w, OTHER, shift);
	measure(&w, &texts, shift, 0, 40, &l.e);
	const struct trace_layout m = l.e.layout;
	const struct code_design d = design(&w);
	const struct trace_question q = question(&w, 1e-3);
	size_t n = 1;
	for (;; n++) {
		struct arena a = {0};
		struct build b = {0};
		struct trace_verdict words;
		test_alloc_fail_at(n);
		struct sr_err err = trace_evidence_layout(&a, &m, &l.e);
		if (!sr_bad(err))
			err = trace_judge(&a, &l.e, &d, &q, &l.v);
		if (!sr_bad(err))
			err = trace_json(&l.v, 1, &b);
		if (!sr_bad(err))
			err = trace_judge_words(&a, &l.v, &d, &q, &words);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		build_release(&b);
		arena_release(&a);
		if (!failed)
			break;
		CHECK(err.code == SR_E_NOMEM, "allocation %zu: %d", n, (int)err.code);
	}
	CHECK(n > 20, "%zu allocations", n);
	arena_release(&texts);
	world_close(&w);
}

int main(void)
{
	must(crypto_init());
	test_run("words and positions of one copy add up", one_copy);
	test_run("positions alone name", positions_alone);
	test_run("layers that name different copies are told apart", layers_apart);
	test_run("two copies mixed in both layers", two_copies_mixed);
	test_run("a page without marks", unmarked_page);
	test_run("a retyped text has no layout evidence", retyped_text);
	test_run("words alone, for those who cannot be shown positions", words_for_others);
	test_run("bad measurements are refused", bad_measurements);
	test_run("every allocation may fail", every_allocation_fails_once);
	return test_done();
}
