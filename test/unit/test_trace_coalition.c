/* SPDX-License-Identifier: Apache-2.0 */
/* Leaks that several copies went into. */
#include "trace_verify.h"

#include "verdict.h"

#include <string.h>

enum { OTHER = 25, LEAKS = 12 };

static const char between[] =
	"\n\nThe spokesman of the ministry, when reached on Sunday at his home near the lake, "
	"would "
	"not comment on any of this and hung up twice before the call was over.\n\n";

/* mixed takes each place from one of two copies, by lot. */
static struct slice mixed(struct world *w, struct arena *a, size_t one, size_t other)
{
	uint16_t *x = symbols_of(w, a, one), *y = symbols_of(w, a, other);
	for (size_t i = 0; i < w->lattice.places_n; i++)
		if (test_random(&w->random) % 2)
			x[i] = y[i];
	return text_with(w, a, x);
}

/* spliced quotes the beginning of one copy and the end of another. */
static struct slice spliced(struct world *w, struct arena *a, size_t one, size_t other)
{
	struct slice x = text_with(w, a, symbols_of(w, a, one));
	struct slice y = text_with(w, a, symbols_of(w, a, other));
	struct build b = {0};
	build_slice(&b, slice_sub(x, 600, 1700));
	build_str(&b, between);
	build_slice(&b, slice_sub(y, y.len - 1800, 1700));
	struct slice s = kept(a, &b);
	build_release(&b);
	return s;
}

/* named counts whom v names, and fails if that is anybody but the two. */
static size_t named(const struct world *w, const struct trace_verdict *v, size_t one, size_t other)
{
	for (size_t i = 0; i < v->ranking_n; i++) {
		const struct trace_reader *r = v->ranking[i].reader;
		CHECK(!v->ranking[i].named || r == &w->readers[one] || r == &w->readers[other],
		      "%s is innocent", w->names[r - w->readers]);
	}
	return v->named_n;
}

static void judge_text(struct world *w, struct arena *a, struct slice leak, double level,
		       struct trace_evidence *e, struct trace_verdict *v)
{
	struct trace_question q = question(w, level);
	find(w, a, leak, (struct slice){0}, e);
	judge(w, a, e, &q, v);
}

/* At 183 places of 1.3 bits a pair has nearly twice of what it takes. */
static void both_of_two_are_named(void)
{
	struct world w;
	size_t both = 0, joint = 0;
	open_corpus(&w, "p1.md");
	for (size_t i = 0; i < LEAKS; i++) {
		struct arena a = {0};
		struct trace_evidence e;
		struct trace_verdict v;
		new_seed(&w);
		judge_text(&w, &a, mixed(&w, &a, LEAKER, OTHER), 1e-6, &e, &v);
		size_t n = named(&w, &v, LEAKER, OTHER);
		CHECK(n >= 1, "leak %zu: nobody is named", i);
		both += n == 2;
		for (size_t k = 0; k < n; k++) {
			const struct trace_standing *s = &v.ranking[k];
			CHECK(!s->consistent && s->disagree > 0, "leak %zu: not the only one", i);
			if (s->ground.stage != CODE_STAGE_PAIR)
				continue;
			joint++;
			CHECK(s->partner[0] ==
				      &w.readers[LEAKER + OTHER - (size_t)(s->reader - w.readers)],
			      "leak %zu: given the other one", i);
		}
		CHECK(v.sources_n == 0, "leak %zu: one passage", i);
		arena_release(&a);
	}
	CHECK(both == LEAKS, "both of them in %zu of %d leaks", both, LEAKS);
	CHECK(joint > LEAKS, "mostly as a pair: %zu", joint);
	world_close(&w);
}

static void passages_of_two_copies(void)
{
	struct world w;
	open_corpus(&w, "p1.md");
	for (size_t i = 0; i < LEAKS; i++) {
		struct arena a = {0};
		struct trace_evidence e;
		struct trace_verdict v;
		new_seed(&w);
		judge_text(&w, &a, spliced(&w, &a, LEAKER, OTHER), 1e-6, &e, &v);
		CHECK(named(&w, &v, LEAKER, OTHER) == 2, "leak %zu: both", i);
		if (!CHECK(v.sources_n == 2, "leak %zu: %zu sources", i, v.sources_n))
			continue;
		CHECK(v.sources[0].standing->reader == &w.readers[LEAKER] &&
			      v.sources[1].standing->reader == &w.readers[OTHER],
		      "leak %zu: each passage has its copy", i);
		CHECK(e.passages[v.sources[0].passage].from < e.passages[v.sources[1].passage].from,
		      "leak %zu: in the order of the leak", i);
		/* The same from one copy is one source. */
		judge_text(&w, &a, spliced(&w, &a, OTHER, OTHER), 1e-6, &e, &v);
		CHECK(named(&w, &v, OTHER, OTHER) == 1 && v.sources_n == 0,
		      "leak %zu: one copy, two passages", i);
		CHECK(v.ranking[0].ground.stage == CODE_STAGE_SINGLE && v.ranking[0].consistent,
		      "leak %zu: as the only source", i);
		arena_release(&a);
	}
	world_close(&w);
}

/* A copy that an editor went over is not the only source, and nobody else is dragged in. */
static void an_editors_hand(void)
{
	struct world w;
	open_corpus(&w, "p1.md");
	for (size_t i = 0; i < LEAKS; i++) {
		struct arena a = {0};
		struct trace_evidence e;
		struct trace_verdict v;
		new_seed(&w);
		uint16_t *x = symbols_of(&w, &a, LEAKER), *y = choice(&w, &a, false);
		for (size_t k = 0; k < w.lattice.places_n; k += 3)
			x[k] = y[k];
		judge_text(&w, &a, text_with(&w, &a, x), 1e-6, &e, &v);
		CHECK(named(&w, &v, LEAKER, LEAKER) == 1, "leak %zu: %zu named", i, v.named_n);
		arena_release(&a);
	}
	world_close(&w);
}

/* The external verdict. */

static void open_case(struct issuer *s)
{
	issuer_open(s, "p1.md", 4);
	text_of(&s->w.a, mixed(&s->w, &s->w.a, LEAKER, OTHER), &s->leak);
}

static void refused(const struct trace_external *x, const struct trace_exam *exam,
		    const char *words, const char *row)
{
	struct trace_finding f = {0};
	must(trace_verify(x, exam, &f));
	CHECK(f.why && strstr(f.why, words), "%s: %s", row, f.why ? f.why : "it follows");
}

static void a_pair_can_be_verified(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x, back;
	struct trace_finding f = {0};
	open_case(&s);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	struct trace_exam exam = exam_of(&s);
	CHECK(x.named_n == 2 && x.named[0].ground.stage == CODE_STAGE_PAIR &&
		      x.named[0].partner[0] == OTHER + 1 && x.named[1].partner[0] == LEAKER + 1,
	      "each is the other's partner");
	must(trace_external_read(&a, verdict_json(&a, &x), &back));
	CHECK(slice_eq(verdict_json(&a, &x), verdict_json(&a, &back)), "there and back");
	must(trace_verify(&back, &exam, &f));
	CHECK(!f.why, "it follows: %s", f.why ? f.why : "");
	arena_release(&a);
	issuer_close(&s);
}

/* What a p-value rests on cannot be told otherwise. */
static void another_ground_is_refused(void)
{
	static const struct {
		enum code_stage stage;
		uint32_t number, partner[2];
		const char *words, *why;
	} rows[] = {
		{CODE_STAGE_SINGLE, 0, {0, 0}, "otherwise than claimed", "as the only source"},
		{CODE_STAGE_COALITION, 1, {0, 0}, "otherwise than claimed", "without the partner"},
		{CODE_STAGE_PAIR, 1, {OTHER + 1, 0}, "otherwise than claimed", "another model"},
		{CODE_STAGE_PAIR, 3, {OTHER + 1, 0}, "does not give", "no such model"},
		{CODE_STAGE_PAIR, 0, {LEAKER + 1, 0}, "whom it does not name", "himself"},
		{CODE_STAGE_PAIR, 0, {INNOCENT + 1, 0}, "whom it does not name", "one not opened"},
		{CODE_STAGE_TRIPLE, 0, {LEAKER + 1, OTHER + 1}, "whom it does not name", "both"},
		{CODE_STAGE_SINGLE, 1, {0, 0}, "does not give", "no such score"},
		{CODE_STAGE_PASSAGE, 0, {0, 0}, "does not give", "there is one passage only"},
		{CODE_STAGE_COALITION, 99, {0, 0}, "does not give", "far beyond"},
	};
	struct issuer s;
	struct arena a = {0};
	struct trace_external x;
	open_case(&s);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	struct trace_exam exam = exam_of(&s);
	const struct trace_opened_reader genuine = x.named[0];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct trace_opened_reader *r = &x.named[0];
		*r = genuine;
		r->ground = (struct code_ground){rows[i].stage, rows[i].number};
		memcpy(r->partner, rows[i].partner, sizeof r->partner);
		refused(&x, &exam, rows[i].words, rows[i].why);
	}
	arena_release(&a);
	issuer_close(&s);
}

/* Somebody who is not named is not opened for the sake of another. */
static void unnamed_partners_stay_closed(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_evidence e;
	struct trace_verdict v;
	struct build json = {0};
	size_t n = 77;
	open_case(&s);
	judge_text(&s.w, &a, s.leak.bytes, 1e-6, &e, &v);
	must(trace_external_named_n(&v, &n));
	CHECK(n == 2 && v.ranking[1].ground.stage == CODE_STAGE_PAIR, "%zu can be opened", n);
	v.ranking[0].named = false;
	v.named_n = 1;
	must(trace_external_named_n(&v, &n));
	CHECK(n == 0, "%zu can be opened without his partner", n);
	must(trace_json(&v, 1, &json));
	build_u8(&json, 0);
	const char *text = (const char *)json.ptr;
	const char *partners = strstr(text, "\"partners\"");
	CHECK(partners && strstr(partners, "null") < strchr(partners, ']'), "nor is he told");
	build_reset(&json);
	must(trace_words(&v, 1, &json));
	build_u8(&json, 0);
	CHECK(strstr((const char *)json.ptr, "of which not all can be named"),
	      "the words say that there is one more");
	build_release(&json);
	arena_release(&a);
	issuer_close(&s);
}

int main(void)
{
	must(crypto_init());
	test_run("both of two are named", both_of_two_are_named);
	test_run("passages of two copies", passages_of_two_copies);
	test_run("an editor's hand", an_editors_hand);
	test_run("a pair can be verified", a_pair_can_be_verified);
	test_run("another ground is refused", another_ground_is_refused);
	test_run("partners who are not named stay closed", unnamed_partners_stay_closed);
	return test_done();
}
