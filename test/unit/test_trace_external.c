/* SPDX-License-Identifier: Apache-2.0 */
/* What can somebody who knows every secret get past an outsider who knows none? */
#include "trace_verify.h"

#include "verdict.h"

#include <jansson.h>
#include <math.h>

/* The genuine case: passages of one copy inside other text. */

static const char before[] =
	"Sources who asked not to be named sent this newspaper parts of it.\n\n";
static const char amid[] = "\n\nThe spokesman of the ministry, when reached on Sunday at his home "
			   "near the lake, would not comment on any of this and hung up twice. "
			   "Further on one finds the following lines, which nobody disputes:\n\n";
static const char behind[] = "\n\nThe weather tomorrow: rain in the north, later clearing up.\n";

/* article puts the parts [from, from + len) of a copy into other text. */
static struct slice article(struct arena *a, struct slice copy, const size_t (*part)[2], size_t n)
{
	struct build b = {0};
	build_str(&b, before);
	for (size_t i = 0; i < n; i++) {
		if (i)
			build_str(&b, amid);
		build_slice(&b, slice_sub(copy, part[i][0], part[i][1]));
	}
	build_str(&b, behind);
	struct slice s = kept(a, &b);
	build_release(&b);
	return s;
}

static const size_t two_parts[2][2] = {{600, 1700}, {3600, 1400}};

static struct slice copy_of(struct issuer *s, size_t reader)
{
	return text_with(&s->w, &s->w.a, symbols_of(&s->w, &s->w.a, reader));
}

static void open_case(struct issuer *s)
{
	issuer_open(s, "p1.md", 4);
	text_of(&s->w.a, article(&s->w.a, copy_of(s, LEAKER), two_parts, 2), &s->leak);
}

static const char *why_not(const struct trace_external *x, const struct trace_exam *exam)
{
	struct trace_finding f = {0};
	must(trace_verify(x, exam, &f));
	return f.why;
}

/* refused checks that a verdict does not follow, for the reason that contains words. */
static void refused(const struct trace_external *x, const struct trace_exam *exam,
		    const char *words, const char *row)
{
	const char *why = why_not(x, exam);
	CHECK(why && strstr(why, words), "%s: %s", row, why ? why : "it follows");
}

static void the_genuine_verdict_follows(void)
{
	struct issuer s;
	open_case(&s);
	for (size_t row = 0; row < 4; row++) {
		struct arena a = {0};
		struct trace_external x, back;
		struct trace_exam exam = exam_of(&s);
		struct trace_finding f = {.why = "untouched"};
		struct slice copy = copy_of(&s, row < 2 ? INNOCENT : LEAKER);
		exam.copy = &copy;
		exam.copies_n = row % 2;
		exam.leaked_by = row % 2 ? INT64_MAX : 199;
		issuer_external(&s, &a, row % 2, 1e-6, row == 3, &x);
		struct slice json = verdict_json(&a, &x);
		must(trace_external_read(&a, json, &back));
		CHECK(slice_eq(json, verdict_json(&a, &back)), "row %zu: there and back", row);
		must(trace_verify(&back, &exam, &f));
		CHECK(!f.why, "row %zu: %s", row, f.why ? f.why : "");
		CHECK(f.entry == &s.chain.at[row % 2] && f.whole == (row == 3), "row %zu", row);
		CHECK(x.named_n == 1 && slice_eq(x.named[0].reader.id, s.reader[LEAKER].id) &&
			      x.named[0].disagree == 0 && x.named[0].agree == f.seen_n,
		      "row %zu", row);
		CHECK(row == 3 || x.units_n * 10 < s.paper.units.n * 8, "row %zu: %zu of %zu units",
		      row, x.units_n, s.paper.units.n);
		arena_release(&a);
	}
	issuer_close(&s);
}

/* A public text that supplies the first passage: the second alone names the leaker. */
static void public_texts_count(void)
{
	static const size_t first[1][2] = {{600, 1700}};
	struct issuer s;
	struct arena a = {0};
	struct trace_external with, without;
	open_case(&s);
	issuer_external(&s, &a, 1, 1e-6, false, &without);
	text_of(&s.w.a, article(&s.w.a, copy_of(&s, LEAKER), first, 1), &s.public_text);
	issuer_external(&s, &a, 1, 1e-6, false, &with);
	struct trace_exam exam = exam_of(&s);
	CHECK(!why_not(&with, &exam), "with the public text");
	CHECK(with.named[0].symbols_n < without.named[0].symbols_n, "it takes places away");
	refused(&without, &exam, "other public texts", "one was left out");
	without.files = exam.files;
	refused(&without, &exam, "just those places", "left out, but its digest is there");
	exam.files.publics_n = exam.texts.publics_n = 0;
	refused(&with, &exam, "other public texts", "one that the verifier does not have");
	arena_release(&a);
	issuer_close(&s);
}

/* Forgeries. A forger chooses which units he opens and whom he names; everything else he computes
 * so that it fits. */

struct plan {
	const uint8_t *open; /* by unit */
	size_t reader, entry;
	uint64_t tested;
	double level;
	bool only_agreeing; /* symbols of places that disagree are left out */
	bool lie;           /* the symbols read are claimed to be his */
};

static void forge_units(struct issuer *s, struct arena *a, const struct plan *p,
			struct trace_external *x)
{
	size_t n = s->paper.units.n;
	uint32_t *index = ARENA_ARRAY(a, n, uint32_t);
	x->unit = ARENA_ARRAY(a, n, struct trace_unit);
	x->unit_salt = ARENA_ARRAY(a, n, struct commit_salt);
	for (uint32_t i = 0; i < n; i++) {
		if (!p->open[i])
			continue;
		index[x->units_n] = i;
		x->unit_salt[x->units_n] = s->paper.unit_salt[i];
		x->unit[x->units_n++] = (struct trace_unit){i, s->paper.units.at[i]};
	}
	must(commit_tree_prove(a, s->paper.unit_leaf, n + s->paper.slots_n, index, x->units_n,
			       &x->units_proof));
}

struct sight {
	struct trace_part part;
	struct trace_evidence evidence;
	struct trace_seen seen;
};

static void forge_sight(struct issuer *s, struct arena *a, const struct trace_external *x,
			struct sight *o)
{
	struct trace_texts t = texts_of(s);
	uint8_t gap[TRACE_GAP_LEN];
	trace_gap_word(&x->files, gap);
	must(trace_part_make(a, x->unit, x->units_n, s->paper.units.n,
			     slice_make(gap, TRACE_GAP_LEN), &o->part));
	must(trace_part_evidence(a, &o->part, &t, &o->evidence));
	must(trace_seen_make(a, &o->evidence, o->part.bias, NULL, CODE_COLLUSION_DEFAULT,
			     &o->seen));
}

static void forge_numbers(const struct plan *p, const struct sight *o, const uint16_t *symbol,
			  struct trace_opened_reader *r)
{
	for (size_t i = 0; i < o->seen.leak.n; i++)
		r->agree += symbol[i] == o->evidence.places[o->seen.leak.place[i]].symbol;
	r->disagree = (uint32_t)o->seen.leak.n - r->agree;
	int64_t units = code_score_of(o->seen.scores.score[0], symbol);
	r->p_value = code_scores_p(&o->seen.scores, 0, units, p->tested);
}

static int by_place(const void *a, const void *b)
{
	const struct trace_opened_symbol *x = a, *y = b;
	return (x->place > y->place) - (x->place < y->place);
}

static void forge_reader(struct issuer *s, struct arena *a, const struct plan *p,
			 const struct sight *o, struct trace_opened_reader *r)
{
	struct commit_hash leaf;
	size_t n = o->seen.leak.n;
	uint32_t *index = ARENA_ARRAY(a, n, uint32_t);
	uint16_t *symbol = ARENA_ARRAY(a, n, uint16_t);
	must(commit_paper_reader(&s->paper, &s->reader[p->reader], &leaf));
	*r = (struct trace_opened_reader){.reader = s->reader[p->reader],
					  .salt = s->paper.reader_salt,
					  .symbol = ARENA_ARRAY(a, n, struct trace_opened_symbol)};
	for (size_t i = 0; i < n; i++) {
		uint32_t place = o->part.leader[o->seen.leak.place[i]];
		uint16_t read = (uint16_t)o->evidence.places[o->seen.leak.place[i]].symbol;
		symbol[i] = p->lie ? read : s->paper.symbol[place];
		if (p->only_agreeing && symbol[i] != read)
			continue;
		r->symbol[r->symbols_n++] = (struct trace_opened_symbol){
			s->paper.symbol_salt[place], place, COMMIT_SOURCE_ISSUER, symbol[i]};
	}
	qsort(r->symbol, r->symbols_n, sizeof *r->symbol, by_place);
	for (size_t i = 0; i < r->symbols_n; i++)
		index[i] = r->symbol[i].place;
	must(commit_tree_prove(a, s->paper.symbol_leaf, s->paper.places_n + s->paper.slots_n, index,
			       r->symbols_n, &r->symbols_proof));
	forge_numbers(p, o, symbol, r);
}

static void forge(struct issuer *s, struct arena *a, const struct plan *p, struct trace_external *x)
{
	struct sight o;
	uint32_t index = (uint32_t)p->reader;
	*x = (struct trace_external){
		.max_false = p->level, .tested_n = p->tested, .files = files_of(s), .named_n = 1};
	x->named = ARENA_NEW(a, struct trace_opened_reader);
	commit_entry_digest(s->chain.bytes[p->entry], &x->entry);
	forge_units(s, a, p, x);
	forge_sight(s, a, x, &o);
	forge_reader(s, a, p, &o, x->named);
	must(commit_tree_prove(a, s->leaf, s->chain.at[p->entry].readers_n, &index, 1,
			       &x->readers_proof));
}

/* opened_by marks the units that x opens. */
static uint8_t *opened_by(struct issuer *s, struct arena *a, const struct trace_external *x)
{
	uint8_t *open = ARENA_ARRAY(a, s->paper.units.n, uint8_t);
	for (size_t i = 0; i < x->units_n; i++)
		open[x->unit[i].index] = 1;
	return open;
}

static struct plan plan_of(struct issuer *s, const uint8_t *open, size_t reader)
{
	return (struct plan){.open = open,
			     .reader = reader,
			     .entry = 1,
			     .tested = s->chain.at[1].readers_n,
			     .level = 1e-6};
}

/* The forger himself is tested first: what he makes about the leaker is the genuine verdict. */
static void the_forger_is_able(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x, forged;
	open_case(&s);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	struct plan p = plan_of(&s, opened_by(&s, &a, &x), LEAKER);
	forge(&s, &a, &p, &forged);
	CHECK(slice_eq(verdict_essence(&a, &x), verdict_essence(&a, &forged)), "the same");
	struct trace_exam exam = exam_of(&s);
	CHECK(!why_not(&forged, &exam), "it follows");
	arena_release(&a);
	issuer_close(&s);
}

/* An innocent reader, with everything that can be tried on his behalf. */
static void innocents_cannot_be_named(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x, f;
	open_case(&s);
	struct trace_exam exam = exam_of(&s);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	uint8_t *open = opened_by(&s, &a, &x);
	for (size_t reader = 0; reader < READERS; reader += 4) {
		if (reader == LEAKER)
			continue;
		struct plan p = plan_of(&s, open, reader);
		forge(&s, &a, &p, &f);
		refused(&f, &exam, "above the level", "his true opening with his true p");
		f.named[0].p_value = x.named[0].p_value;
		refused(&f, &exam, "otherwise than claimed", "his true opening, the leaker's p");
		f.named[0].agree = x.named[0].agree;
		f.named[0].disagree = 0;
		refused(&f, &exam, "otherwise than claimed", "and the leaker's numbers");
		p.lie = true;
		forge(&s, &a, &p, &f);
		refused(&f, &exam, "not those that were committed", "the leaker's symbols as his");
		p.lie = false;
		p.only_agreeing = true;
		forge(&s, &a, &p, &f);
		refused(&f, &exam, "just those places", "without the symbols that disagree");
	}
	arena_release(&a);
	issuer_close(&s);
}

/* drop_disagreeing closes the units of places at which a reader disagrees with the leak; it returns
 * how many. */
static size_t drop_disagreeing(struct issuer *s, struct arena *a, const struct trace_external *x,
			       size_t reader, uint8_t *open)
{
	struct sight o;
	struct commit_hash leaf;
	size_t n = 0;
	forge_sight(s, a, x, &o);
	must(commit_paper_reader(&s->paper, &s->reader[reader], &leaf));
	for (size_t i = 0; i < x->units_n; i++) {
		uint32_t place = x->unit[i].unit.place;
		if (place == COMMIT_NO_PLACE)
			continue;
		for (size_t k = 0; k < o.seen.leak.n; k++) {
			bool his = o.part.leader[o.seen.leak.place[k]] == place &&
				   o.evidence.places[o.seen.leak.place[k]].symbol ==
					   s->paper.symbol[place];
			if (o.part.leader[o.seen.leak.place[k]] != place || his)
				continue;
			open[x->unit[i].index] = 0;
			n++;
		}
	}
	return n;
}

static void places_cannot_be_dropped(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x, f;
	open_case(&s);
	struct trace_exam exam = exam_of(&s);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	for (size_t reader = 0; reader < READERS; reader += 13) {
		uint8_t *open = opened_by(&s, &a, &x);
		size_t n = drop_disagreeing(&s, &a, &x, reader, open);
		CHECK(n > 5, "reader %zu disagrees %zu times", reader, n);
		struct plan p = plan_of(&s, open, reader);
		forge(&s, &a, &p, &f);
		refused(&f, &exam, "the opened text ends where", "units and symbols");
	}
	arena_release(&a);
	issuer_close(&s);
}

/* Every way to cut the opened runs: the leaker's own verdict, otherwise genuine, follows only if
 * nothing of the passage is left to be seen. So nobody can choose where the evidence ends. */

enum cut { CUT_END, CUT_BEGINNING, CUT_ONE, CUTS };

/* first_run returns where in x->unit[] the first opened run ends. */
static size_t first_run(const struct trace_external *x)
{
	size_t i = 0;
	while (x->unit[i].index + 1 == x->unit[i + 1].index)
		i++;
	return i;
}

/* second_place returns the number of the first place behind the first run. */
static uint32_t second_place(const struct trace_external *x)
{
	size_t i = first_run(x) + 1;
	while (x->unit[i].unit.place == COMMIT_NO_PLACE)
		i++;
	return x->unit[i].unit.place;
}

static void cut_at(struct issuer *s, const struct trace_external *x, size_t at, enum cut cut)
{
	struct arena a = {0};
	struct trace_external f;
	struct sight o;
	uint8_t *open = opened_by(s, &a, x);
	size_t run = first_run(x);
	size_t from = at <= run ? 0 : run + 1, to = at <= run ? run : x->units_n - 1;
	for (size_t i = from; i <= to; i++)
		if (cut == CUT_END ? i >= at : cut == CUT_BEGINNING ? i <= at : i == at)
			open[x->unit[i].index] = 0;
	struct plan p = plan_of(s, open, LEAKER);
	forge(s, &a, &p, &f);
	forge_sight(s, &a, &f, &o);
	size_t left = 0; /* places of the run that are still seen */
	for (size_t i = 0; i < o.seen.leak.n; i++)
		left += (o.part.leader[o.seen.leak.place[i]] >= second_place(x)) == (at > run);
	struct trace_exam exam = exam_of(s);
	CHECK(why_not(&f, &exam) || !left, "unit %zu, cut %d: it follows, with %zu places", at,
	      (int)cut, left);
	arena_release(&a);
}

static void runs_cannot_be_cut_short(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x;
	open_case(&s);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	size_t run = first_run(&x), near = 4;
	for (size_t at = 0; at < x.units_n; at++) {
		bool end =
			at < near || x.units_n - at < near || (at + near > run && at < run + near);
		if (!end && at % 24)
			continue;
		for (enum cut cut = 0; cut < CUTS; cut++)
			cut_at(&s, &x, at, cut);
	}
	arena_release(&a);
	issuer_close(&s);
}

/* A whole passage can be kept back from who has no copy of the paper; who has one sees it. */
static void passages_kept_back(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x, f;
	open_case(&s);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	size_t run = first_run(&x);
	for (size_t kept_back = 0; kept_back < 2; kept_back++) {
		uint8_t *open = opened_by(&s, &a, &x);
		for (size_t i = 0; i < x.units_n; i++)
			if ((i <= run) == (kept_back == 0))
				open[x.unit[i].index] = 0;
		struct plan p = plan_of(&s, open, LEAKER);
		forge(&s, &a, &p, &f);
		for (size_t reader = 0; reader < READERS; reader += 5) {
			struct slice copy = copy_of(&s, reader);
			struct trace_exam exam = exam_of(&s);
			CHECK(!why_not(&f, &exam), "passage %zu: without a copy", kept_back);
			exam.copy = &copy;
			exam.copies_n = 1;
			refused(&f, &exam, "keeps back a passage", "with a copy");
			CHECK(!why_not(&x, &exam), "reader %zu: the genuine one", reader);
		}
	}
	arena_release(&a);
	issuer_close(&s);
}

/* edited copies words of a text, leaves some out, puts others in their place, and now and then
 * skips a line or two, as whoever retypes a paper does. */
static struct slice edited(struct arena *a, struct slice text, uint64_t *random)
{
	struct build b = {0};
	size_t skip = 0;
	for (size_t i = 0; i < text.len;) {
		size_t end = i;
		while (end < text.len && text.ptr[end] != ' ')
			end++;
		end += end < text.len;
		uint64_t dice = test_random(random) % 400;
		if (dice == 0)
			skip = 5 + test_random(random) % 25;
		else if (dice < 12)
			build_str(&b, "whatever ");
		else if (dice < 24 || skip)
			skip -= skip > 0;
		else
			build_slice(&b, slice_sub(text, i, end - i));
		i = end;
	}
	struct slice s = kept(a, &b);
	build_release(&b);
	return s;
}

/* Whatever was done to the leak, the genuine verdict follows, whichever copy it is held against. */
static void edited_leaks_follow(void)
{
	enum { ROUNDS = 12 };
	struct issuer s;
	uint64_t random = 33;
	printf("# seed 33\n");
	open_case(&s);
	for (size_t i = 0; i < ROUNDS; i++) {
		struct arena a = {0};
		struct trace_external x;
		struct slice copy[2] = {copy_of(&s, LEAKER), copy_of(&s, i % READERS)};
		text_of(&s.w.a, edited(&s.w.a, copy[0], &random), &s.leak);
		issuer_external(&s, &a, 1, 1e-6, false, &x);
		struct trace_exam exam = exam_of(&s);
		exam.copy = copy;
		exam.copies_n = 2;
		const char *why = why_not(&x, &exam);
		CHECK(!why, "round %zu: %s", i, why ? why : "");
		arena_release(&a);
	}
	issuer_close(&s);
}

/* A leak that leaves out some lines of the paper without a word between: the opened text may end
 * there. A copy shows what was kept back behind, even if it is the smaller part of its passage. */
static void the_rest_of_a_passage_kept_back(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x, f;
	open_case(&s);
	struct slice copy = copy_of(&s, LEAKER);
	struct build b = {0};
	build_slice(&b, slice_sub(copy, 600, 1500));
	build_slice(&b, slice_sub(copy, 2350, 600));
	text_of(&s.w.a, kept(&s.w.a, &b), &s.leak);
	build_release(&b);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	size_t possible = 0;
	for (size_t at = x.units_n / 2; at < x.units_n; at++) {
		struct arena scratch = {0};
		struct trace_exam exam = exam_of(&s);
		uint8_t *open = opened_by(&s, &scratch, &x);
		for (size_t i = at; i < x.units_n; i++)
			open[x.unit[i].index] = 0;
		struct plan p = plan_of(&s, open, LEAKER);
		forge(&s, &scratch, &p, &f);
		if (!why_not(&f, &exam)) {
			possible++;
			exam.copy = &copy;
			exam.copies_n = 1;
			refused(&f, &exam, "keeps back a passage", "the end of a passage");
			CHECK(!why_not(&x, &exam), "the genuine one");
		}
		arena_release(&scratch);
	}
	CHECK(possible > 0, "the case is not the one it should be");
	arena_release(&a);
	issuer_close(&s);
}

/* Another leak. */

/* fitted writes the leak with the innocent's wordings instead of the leaker's. */
static void fitted(struct issuer *s, struct text *out)
{
	text_of(&s->w.a, article(&s->w.a, copy_of(s, INNOCENT), two_parts, 2), out);
}

static void another_leak(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x, f;
	open_case(&s);
	struct trace_exam exam = exam_of(&s);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	struct text true_leak = s.leak;
	fitted(&s, &s.leak);
	issuer_external(&s, &a, 1, 1e-6, false, &f);
	struct trace_exam other = exam_of(&s);
	CHECK(slice_eq(f.named[0].reader.id, s.reader[INNOCENT].id) && !why_not(&f, &other),
	      "with the edited leak it would follow");
	s.leak = true_leak;
	other = exam_of(&s);
	refused(&f, &other, "another leak", "an edited leak, with its digest");
	f.files = files_of(&s);
	refused(&f, &other, "", "an edited leak, with the digest of the true");
	fitted(&s, &s.leak);
	other = exam_of(&s);
	refused(&x, &other, "another leak", "held against another leak");
	x.files = other.files;
	refused(&x, &other, "", "held against another, with its digest");
	text_of(&s.w.a, SLICE_LIT("Barley soup with leeks, and what to do with the rest of it."),
		&s.leak);
	other = exam_of(&s);
	x.files = other.files;
	refused(&x, &other, "shows no place", "a text about something else");
	struct commit_hash twice[] = {s.leak.digest, s.leak.digest};
	other.files.leak = twice;
	other.files.leaks_n = 2;
	refused(&x, &other, "another leak", "a part more");
	(void)exam;
	arena_release(&a);
	issuer_close(&s);
}

/* Another ledger, or another time. */

/* grind tries ids for the last reader until his symbols fit the leak best, commits the readers anew
 * and gives the chain times. */
static void grind(struct issuer *s, struct arena *a, const struct trace_external *x, size_t tries)
{
	struct sight o;
	uint16_t *symbol;
	double best = 2;
	forge_sight(s, a, x, &o);
	symbol = ARENA_ARRAY(a, o.seen.leak.n, uint16_t);
	char(*id)[32] = arena_alloc(a, tries, sizeof *id);
	struct commit_reader *r = &s->reader[READERS - 1];
	for (size_t i = 0; i < tries; i++) {
		struct commit_reader him = *r;
		struct commit_hash leaf;
		(void)snprintf(id[i], sizeof id[i], "victim%zu", i);
		him.id = slice_str(id[i]);
		must(commit_paper_reader(&s->paper, &him, &leaf));
		for (size_t k = 0; k < o.seen.leak.n; k++)
			symbol[k] = s->paper.symbol[o.part.leader[o.seen.leak.place[k]]];
		double p = code_score_tail(o.seen.scores.score[0],
					   code_score_of(o.seen.scores.score[0], symbol));
		if (p >= best)
			continue;
		best = p;
		r->id = him.id;
	}
	CHECK(best < 100.0 / (double)tries, "the best of %zu: %g", tries, best);
	struct commit_hash leaf;
	must(commit_paper_reader(&s->paper, r, &leaf));
	s->leaf[READERS - 1] = leaf;
}

static void ids_ground_after_the_leak(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x, f;
	/* A short leak, so that a few thousand ids are enough. */
	static const size_t little[1][2] = {{600, 500}};
	open_case(&s);
	text_of(&s.w.a, article(&s.w.a, copy_of(&s, LEAKER), little, 1), &s.leak);
	issuer_external(&s, &a, 1, 0.9, false, &x);
	struct commit_chain lodged = s.chain, first = s.chain;
	struct trace_exam exam = exam_of(&s);
	exam.max_false = 0.9;
	exam.chain = &lodged;
	grind(&s, &a, &x, 2000);
	chain_of(&s, 100, 150);
	struct plan p = plan_of(&s, opened_by(&s, &a, &x), READERS - 1);
	p.level = 0.9;
	forge(&s, &a, &p, &f);
	struct trace_exam his = exam;
	his.chain = &s.chain;
	CHECK(!why_not(&f, &his), "with the forger's own chain it follows: %g", f.named[0].p_value);
	refused(&f, &exam, "not in the file", "entry 2 replaced, with an earlier date");
	first.n = 1;
	exam.chain = &first;
	refused(&f, &exam, "not in the file", "committed after the leak, as a later entry");
	exam.chain = &lodged;
	commit_entry_digest(lodged.bytes[1], &f.entry);
	refused(&f, &exam, "not those that were committed", "as if it were the entry lodged");
	commit_entry_digest(lodged.bytes[0], &f.entry);
	f.tested_n = FIRST_READERS;
	exam.leaked_by = 120;
	refused(&f, &exam, "not those that were committed", "as if he were among the first");
	arena_release(&a);
	issuer_close(&s);
}

static void another_ledgers_chain(void)
{
	struct issuer s, other;
	struct arena a = {0};
	struct trace_external x;
	open_case(&s);
	issuer_open(&other, "p1.md", 99);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	struct trace_exam exam = exam_of(&s);
	exam.chain = &other.chain;
	refused(&x, &exam, "not in the file", "the chain of another seed and key");
	commit_entry_digest(other.chain.bytes[1], &x.entry);
	refused(&x, &exam, "not those that were committed", "with the digest of its entry");
	arena_release(&a);
	issuer_close(&other);
	issuer_close(&s);
}

/* The same readers in the earlier entry: a true statement about fewer readers, with its own N. */
static void numbers_of_readers(void)
{
	static const struct {
		size_t entry;
		int64_t leaked_by;
		uint64_t tested;
		const char *why;
	} rows[] = {
		{0, 100, FIRST_READERS, NULL},
		{0, 199, READERS, NULL},
		{0, 200, READERS, "last commitment"},
		{0, INT64_MAX, FIRST_READERS, "last commitment"},
		{0, 99, FIRST_READERS, "last commitment"},
		{1, 199, READERS, "last commitment"},
		{1, INT64_MAX, READERS, NULL},
		{1, 200, 10 * READERS, NULL},
		{1, INT64_MAX, READERS - 1, "fewer readers"},
		{1, INT64_MAX, FIRST_READERS, "fewer readers"},
		{1, INT64_MAX, 1, "fewer readers"},
		{1, INT64_MAX, UINT64_C(1) << 62, NULL},
	};
	struct issuer s;
	struct arena a = {0};
	struct trace_external x, f;
	open_case(&s);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	struct trace_exam exam = exam_of(&s);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct plan p = plan_of(&s, opened_by(&s, &a, &x), LEAKER);
		p.entry = rows[i].entry;
		p.tested = rows[i].tested;
		exam.leaked_by = rows[i].leaked_by;
		forge(&s, &a, &p, &f);
		const char *why = why_not(&f, &exam);
		CHECK(rows[i].why ? why && strstr(why, rows[i].why) : !why, "row %zu: %s", i,
		      why ? why : "it follows");
	}
	arena_release(&a);
	issuer_close(&s);
}

/* Small changes of a genuine verdict. */

static struct trace_unit *a_place(struct trace_external *x)
{
	struct trace_unit *u = x->unit + 3;
	while (u->unit.place == COMMIT_NO_PLACE)
		u++;
	return u;
}
static void swap_wordings(struct arena *a, struct trace_external *x)
{
	struct trace_unit *u = a_place(x);
	struct slice *w = ARENA_ARRAY(a, u->unit.bias.q, struct slice);
	memcpy(w, u->unit.wordings, u->unit.bias.q * sizeof *w);
	struct slice first = w[0];
	w[0] = w[1];
	w[1] = first;
	u->unit.wordings = w;
}
static void rarer(struct arena *a, struct trace_external *x)
{
	struct trace_unit *u = a_place(x);
	uint64_t *cum = ARENA_ARRAY(a, u->unit.bias.q + 1, uint64_t);
	memcpy(cum, u->unit.bias.cum, (u->unit.bias.q + 1) * sizeof *cum);
	cum[1] = 1000;
	u->unit.bias.cum = cum;
}
static void change_text(struct arena *a, struct trace_external *x)
{
	struct trace_unit *u = x->unit;
	while (u->unit.place != COMMIT_NO_PLACE)
		u++;
	uint8_t *t = arena_dup(a, u->unit.text.ptr, u->unit.text.len);
	t[2] ^= 1;
	u->unit.text.ptr = t;
}
static void move_place(struct arena *a, struct trace_external *x)
{
	(void)a;
	a_place(x)->unit.place++;
}
static void unit_salt(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->unit_salt[4].at[15] ^= 1;
}
static void unit_proof(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->units_proof.at[0].at[0] ^= 1;
}
static void unit_proof_short(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->units_proof.n--;
}
static void unit_order(struct arena *a, struct trace_external *x)
{
	struct trace_unit u = x->unit[1];
	(void)a;
	x->unit[1] = x->unit[2];
	x->unit[2] = u;
}
static void unit_twice(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->unit[1] = x->unit[0];
	x->unit_salt[1] = x->unit_salt[0];
}
static void unit_out_of_range(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->unit[x->units_n - 1].index = UINT32_MAX - 1;
}
static void no_units(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->units_n = 0;
}
static void symbol_flipped(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].symbol[0].symbol ^= 1;
}
static void symbol_huge(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].symbol[0].symbol = UINT16_MAX;
}
static void symbol_salt(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].symbol[0].salt.at[0] ^= 1;
}
static void symbol_place(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].symbol[0].place++;
}
static void symbol_order(struct arena *a, struct trace_external *x)
{
	struct trace_opened_symbol s = x->named[0].symbol[0];
	(void)a;
	x->named[0].symbol[0] = x->named[0].symbol[1];
	x->named[0].symbol[1] = s;
}
static void symbol_fewer(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].symbols_n--;
}
static void symbols_proof(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].symbols_proof.at[0].at[31] ^= 0x80;
}
static void symbols_proof_short(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].symbols_proof.n--;
}
static void other_name(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].reader.name = SLICE_LIT("reader4");
}
static void other_id(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].reader.id = SLICE_LIT("reader4");
}
static void other_house(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].reader.house = SLICE_LIT("Opposition");
}
static void other_side(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].reader.side = SLICE_LIT("");
}
static void other_date(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].reader.committed_at++;
}
static void other_number(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].reader.number++;
}
static void number_out_of_range(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].reader.number = UINT32_MAX - 1;
}
static void reader_salt(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].salt.at[7] ^= 1;
}
static void readers_proof(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->readers_proof.at[0].at[0] ^= 1;
}
static void readers_proof_short(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->readers_proof.n--;
}
static void reader_twice(struct arena *a, struct trace_external *x)
{
	struct trace_opened_reader *r = ARENA_ARRAY(a, 2, struct trace_opened_reader);
	r[0] = r[1] = x->named[0];
	x->named = r;
	x->named_n = 2;
}
static void nobody(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named_n = 0;
}
static void p_smaller(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].p_value /= 1.00001;
}
static void p_larger(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].p_value *= 1.00001;
}
static void p_nan(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].p_value = NAN;
}
static void agree_more(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].agree++;
}
static void disagree_more(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->named[0].disagree++;
}
static void level_raised(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->max_false = 0.5;
}
static void level_lowered(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->max_false = x->named[0].p_value / 2;
}
static void entry_flipped(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->entry.at[0] ^= 1;
}

static const struct {
	void (*change)(struct arena *, struct trace_external *);
	const char *why, *row;
} changes[] = {
	{swap_wordings, "not those that were committed", "two wordings swapped"},
	{rarer, "not those that were committed", "thresholds that make agreement rare"},
	{change_text, "not those that were committed", "a letter of the text"},
	{move_place, "not those that were committed", "a place's number"},
	{unit_salt, "not those that were committed", "a salt of the text"},
	{unit_proof, "not those that were committed", "a hash of the text's proof"},
	{unit_proof_short, "not those that were committed", "the text's proof too short"},
	{unit_order, "not those that were committed", "pieces out of order"},
	{unit_twice, "not those that were committed", "a piece twice"},
	{unit_out_of_range, "not those that were committed", "a piece beyond the lattice"},
	{no_units, "not those that were committed", "no text at all"},
	{symbol_flipped, "not those that were committed", "one symbol flipped"},
	{symbol_huge, "just those places", "a symbol that no place has"},
	{symbol_salt, "not those that were committed", "a symbol's salt"},
	{symbol_place, "just those places", "a symbol of another place"},
	{symbol_order, "just those places", "symbols out of order"},
	{symbol_fewer, "just those places", "a symbol fewer"},
	{symbols_proof, "not those that were committed", "a hash of the symbols' proof"},
	{symbols_proof_short, "form of one", "the symbols' proof too short"},
	{other_name, "not those that were committed", "another name"},
	{other_id, "not those that were committed", "another id"},
	{other_house, "not those that were committed", "another house"},
	{other_side, "not those that were committed", "another side"},
	{other_date, "not those that were committed", "another date"},
	{other_number, "not those that were committed", "another number"},
	{number_out_of_range, "not those that were committed", "a number that nobody has"},
	{reader_salt, "not those that were committed", "the reader's salt"},
	{readers_proof, "not those that were committed", "a hash of the readers' proof"},
	{readers_proof_short, "not those that were committed", "the readers' proof too short"},
	{reader_twice, "not those that were committed", "a reader twice"},
	{nobody, "", "nobody is named"},
	{p_smaller, "otherwise than claimed", "a p-value a little smaller"},
	{p_larger, "otherwise than claimed", "a p-value a little larger"},
	{p_nan, "otherwise than claimed", "a p-value that is no number"},
	{agree_more, "otherwise than claimed", "a place more that agrees"},
	{disagree_more, "otherwise than claimed", "a place more that does not"},
	{level_raised, "higher level", "the level raised"},
	{level_lowered, "above the level", "the level lowered below the p-value"},
	{entry_flipped, "not in the file", "the commitment's digest"},
};

static void small_changes_are_refused(void)
{
	struct issuer s;
	open_case(&s);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct arena a = {0};
		struct trace_external x;
		struct trace_exam exam = exam_of(&s);
		issuer_external(&s, &a, 1, 1e-6, false, &x);
		CHECK(i || !why_not(&x, &exam), "unchanged");
		changes[i].change(&a, &x);
		refused(&x, &exam, changes[i].why, changes[i].row);
		arena_release(&a);
	}
	issuer_close(&s);
}

/* Groups: places that share a symbol. */

enum { GROUPS = 60 };

static void open_groups(struct issuer *s)
{
	issuer_open_grouped(s, "p1.md", GROUPS, 4);
	text_of(&s->w.a, article(&s->w.a, copy_of(s, LEAKER), two_parts, 2), &s->leak);
}

/* group_seen returns a unit that is a place of a group, not its leader, of which x opens the
 * symbol. */
static size_t group_seen(const struct trace_external *x)
{
	for (size_t i = 0; i < x->units_n; i++) {
		const struct commit_unit *u = &x->unit[i].unit;
		for (size_t k = 0; u->place != COMMIT_NO_PLACE && k < x->named[0].symbols_n; k++)
			if (u->leader != u->place && x->named[0].symbol[k].place == u->leader)
				return i;
	}
	CHECK(false, "no group was seen");
	return 0;
}

static void groups_follow(void)
{
	struct issuer s;
	open_groups(&s);
	for (size_t row = 0; row < 3; row++) {
		struct arena a = {0};
		struct trace_external x, back, forged;
		struct trace_exam exam = exam_of(&s);
		struct trace_finding f = {.why = "untouched"};
		struct slice copy = copy_of(&s, INNOCENT);
		exam.copy = &copy;
		exam.copies_n = row > 0;
		issuer_external(&s, &a, 1, 1e-6, row == 2, &x);
		struct slice json = verdict_json(&a, &x);
		must(trace_external_read(&a, json, &back));
		CHECK(slice_eq(json, verdict_json(&a, &back)), "row %zu: there and back", row);
		must(trace_verify(&back, &exam, &f));
		CHECK(!f.why, "row %zu: %s", row, f.why ? f.why : "");
		CHECK(x.named_n == 1 && x.named[0].disagree == 0 && x.named[0].agree == f.seen_n &&
			      f.seen_n == x.named[0].symbols_n,
		      "row %zu: %u agree, %zu seen", row, x.named[0].agree, f.seen_n);
		CHECK(x.unit[group_seen(&x)].unit.group_n > 1, "row %zu", row);
		struct plan p = plan_of(&s, opened_by(&s, &a, &x), LEAKER);
		forge(&s, &a, &p, &forged);
		CHECK(slice_eq(verdict_essence(&a, &x), verdict_essence(&a, &forged)),
		      "row %zu: the forger makes the same", row);
		arena_release(&a);
	}
	issuer_close(&s);
}

/* A public text that has other places of groups which the leak shows takes these away, and where
 * it could, nothing may be kept back. */
static void public_texts_and_groups(void)
{
	static const size_t first[1][2] = {{600, 1700}}, second[1][2] = {{3600, 1400}};
	struct issuer s;
	struct arena a = {0};
	struct trace_external with, without, forged;
	issuer_open_grouped(&s, "p1.md", GROUPS, 4);
	struct slice copy = copy_of(&s, LEAKER);
	text_of(&s.w.a, article(&s.w.a, copy, first, 1), &s.leak);
	issuer_external(&s, &a, 1, 1e-6, false, &without);
	text_of(&s.w.a, article(&s.w.a, copy, second, 1), &s.public_text);
	issuer_external(&s, &a, 1, 1e-6, false, &with);
	struct trace_exam exam = exam_of(&s);
	CHECK(!why_not(&with, &exam), "with the public text");
	CHECK(with.named[0].symbols_n < without.named[0].symbols_n, "%zu of %zu symbols are left",
	      with.named[0].symbols_n, without.named[0].symbols_n);
	/* All other places of the groups are needed, not only those that the leak quotes. */
	struct plan p = plan_of(&s, opened_by(&s, &a, &without), LEAKER);
	forge(&s, &a, &p, &forged);
	CHECK(forged.named[0].symbols_n > with.named[0].symbols_n, "more would count");
	refused(&forged, &exam, "all places of a group", "the others kept back");
	size_t kept_back = 0;
	for (size_t i = 0; i < with.units_n; i++) {
		struct arena own = {0};
		const struct commit_unit *u = &with.unit[i].unit;
		bool counts = false;
		for (size_t k = 0; k < with.named[0].symbols_n; k++)
			counts |= with.named[0].symbol[k].place == u->leader;
		if (u->place == COMMIT_NO_PLACE || u->group_n < 2 || !counts)
			continue;
		uint8_t *open = opened_by(&s, &own, &with);
		open[with.unit[i].index] = 0;
		p = plan_of(&s, open, LEAKER);
		forge(&s, &own, &p, &forged);
		const char *why = why_not(&forged, &exam);
		CHECK(why, "without unit %zu it follows", i);
		kept_back += why && strstr(why, "all places of a group");
		arena_release(&own);
	}
	CHECK(kept_back > 0, "%zu were found missing", kept_back);
	arena_release(&a);
	issuer_close(&s);
}

static void group_alone(struct arena *a, struct trace_external *x)
{
	struct commit_unit *u = &x->unit[group_seen(x)].unit;
	(void)a;
	u->leader = u->place;
	u->group_n = 1;
}
static void group_other(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->unit[group_seen(x)].unit.leader--;
}
static void group_smaller(struct arena *a, struct trace_external *x)
{
	(void)a;
	x->unit[group_seen(x)].unit.group_n--;
}
/* The symbol of a group once more, as that of one of its places. */
static void group_twice(struct arena *a, struct trace_external *x)
{
	struct trace_opened_reader *r = &x->named[0];
	const struct commit_unit *u = &x->unit[group_seen(x)].unit;
	struct trace_opened_symbol *more =
		ARENA_ARRAY(a, r->symbols_n + 1, struct trace_opened_symbol);
	size_t n = 0;
	for (size_t i = 0; i < r->symbols_n; i++) {
		more[i] = r->symbol[i];
		n = more[i].place == u->leader ? i : n;
	}
	more[r->symbols_n] = more[n];
	more[r->symbols_n++].place = u->place;
	qsort(more, r->symbols_n, sizeof *more, by_place);
	r->symbol = more;
	r->agree++;
}
/* Its place instead of its leader. */
static void group_member(struct arena *a, struct trace_external *x)
{
	struct trace_opened_reader *r = &x->named[0];
	const struct commit_unit *u = &x->unit[group_seen(x)].unit;
	(void)a;
	for (size_t i = 0; i < r->symbols_n; i++)
		if (r->symbol[i].place == u->leader)
			r->symbol[i].place = u->place;
	qsort(r->symbol, r->symbols_n, sizeof *r->symbol, by_place);
}
static void group_flipped(struct arena *a, struct trace_external *x)
{
	const struct commit_unit *u = &x->unit[group_seen(x)].unit;
	(void)a;
	for (size_t i = 0; i < x->named[0].symbols_n; i++)
		if (x->named[0].symbol[i].place == u->leader)
			x->named[0].symbol[i].symbol ^= 1;
}

static void changes_of_groups_are_refused(void)
{
	static const struct {
		void (*change)(struct arena *, struct trace_external *);
		const char *why, *row;
	} rows[] = {
		{group_alone, "not those that were committed", "a place out of its group"},
		{group_other, "not those that were committed", "a place of another group"},
		{group_smaller, "not those that were committed", "a group of one fewer"},
		{group_twice, "just those places", "a place of a group counted by itself"},
		{group_member, "just those places", "a symbol at another place of the group"},
		{group_flipped, "not those that were committed", "a group's symbol"},
		{agree_more, "otherwise than claimed", "a place more that agrees"},
	};
	struct issuer s;
	open_groups(&s);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		struct trace_external x;
		struct trace_exam exam = exam_of(&s);
		issuer_external(&s, &a, 1, 1e-6, false, &x);
		CHECK(i || !why_not(&x, &exam), "unchanged");
		rows[i].change(&a, &x);
		refused(&x, &exam, rows[i].why, rows[i].row);
		arena_release(&a);
	}
	issuer_close(&s);
}

/* Groups that no lattice has, opened as units that fit nowhere else. */
static void parts_with_groups(void)
{
	static const uint64_t half[] = {0, 0x80000000, CODE_BIAS_ONE};
	static const uint64_t third[] = {0, 0x40000000, CODE_BIAS_ONE};
	static const uint64_t thirds[] = {0, 0x40000000, 0x80000000, CODE_BIAS_ONE};
	static const struct slice words[] = {
		{(const uint8_t *)"ab", 2}, {(const uint8_t *)"cd", 2}, {(const uint8_t *)"ef", 2}};
	static const struct {
		const char *why;
		struct {
			uint32_t place, leader, group_n, q;
			const uint64_t *cum;
		} unit[3];
		bool good;
	} rows[] = {
		{"a group", {{3, 3, 3, 2, half}, {5, 3, 3, 2, half}, {7, 3, 3, 2, half}}, true},
		{"two of three",
		 {{3, 3, 3, 2, half}, {5, 3, 3, 2, half}, {7, 7, 1, 2, half}},
		 true},
		{"its leader is not here",
		 {{3, 1, 9, 2, half}, {5, 1, 9, 2, half}, {7, 7, 1, 2, half}},
		 true},
		{"crossed", {{3, 1, 9, 2, half}, {5, 0, 9, 2, half}, {7, 1, 9, 2, half}}, true},
		{"more than it has",
		 {{3, 3, 2, 2, half}, {5, 3, 2, 2, half}, {7, 3, 2, 2, half}},
		 false},
		{"one of none",
		 {{3, 3, 0, 2, half}, {5, 5, 1, 2, half}, {7, 7, 1, 2, half}},
		 false},
		{"a leader behind",
		 {{3, 5, 2, 2, half}, {5, 5, 2, 2, half}, {7, 7, 1, 2, half}},
		 false},
		{"a leader of one",
		 {{3, 3, 1, 2, half}, {5, 3, 1, 2, half}, {7, 7, 1, 2, half}},
		 false},
		{"a leader who is led",
		 {{3, 1, 5, 2, half}, {5, 3, 5, 2, half}, {7, 7, 1, 2, half}},
		 false},
		{"two sizes", {{3, 3, 3, 2, half}, {5, 3, 4, 2, half}, {7, 7, 1, 2, half}}, false},
		{"two numbers of wordings",
		 {{3, 3, 2, 2, half}, {5, 3, 2, 3, thirds}, {7, 7, 1, 2, half}},
		 false},
		{"two biases",
		 {{3, 3, 2, 2, half}, {5, 3, 2, 2, third}, {7, 7, 1, 2, half}},
		 false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		struct trace_part p;
		struct trace_unit unit[3];
		for (uint32_t k = 0; k < 3; k++)
			unit[k] = (struct trace_unit){
				k + 1,
				{.place = rows[i].unit[k].place,
				 .wordings = words,
				 .bias = {rows[i].unit[k].q, rows[i].unit[k].cum},
				 .leader = rows[i].unit[k].leader,
				 .group_n = rows[i].unit[k].group_n}};
		struct sr_err e = trace_part_make(&a, unit, 3, 9, SLICE_LIT("gapword"), &p);
		CHECK(e.code == (rows[i].good ? SR_OK : SR_E_INPUT), "%s: %d", rows[i].why,
		      (int)e.code);
		for (uint32_t k = 0; k < 3 && !sr_bad(e); k++)
			CHECK(p.leader[k] == rows[i].unit[k].leader &&
				      p.leader[p.lattice.places[k].leader] == p.leader[k],
			      "%s: place %u", rows[i].why, k);
		arena_release(&a);
	}
}

/* Parts: what a lattice with holes may look like. */
static void parts_are_bounded(void)
{
	enum { N = TRACE_GAPS_MAX + 8, ALL = 3 * N };
	static struct trace_unit unit[N];
	const struct commit_unit text = {.place = COMMIT_NO_PLACE, .text = SLICE_LIT("text ")};
	static const struct {
		size_t n;
		uint32_t step;
		enum sr_code code;
		const char *why;
	} rows[] = {
		{N, 1, SR_OK, "no gap but the last"},
		{TRACE_GAPS_MAX, 2, SR_OK, "a gap behind each unit"},
		{TRACE_GAPS_MAX + 1, 2, SR_E_LIMIT, "a gap too many"},
		{N, 2, SR_E_LIMIT, "more"},
		{0, 1, SR_OK, "nothing but a gap"},
		{2, 0, SR_E_INPUT, "a unit twice"},
		{2, ALL, SR_E_INPUT, "a unit behind the last"},
		{2, UINT32_MAX, SR_E_INPUT, "far behind the last"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		struct trace_part p = {.units_n = 77};
		for (size_t k = 0; k < rows[i].n; k++)
			unit[k] = (struct trace_unit){(uint32_t)k * rows[i].step, text};
		struct sr_err e =
			trace_part_make(&a, unit, rows[i].n, ALL, SLICE_LIT("gapword"), &p);
		CHECK(e.code == rows[i].code && p.units_n == (sr_bad(e) ? 77 : rows[i].n), "%s: %d",
		      rows[i].why, (int)e.code);
		arena_release(&a);
	}
}

/* Calibration: leaks of nobody's copy. A forger who may choose which passages he opens has as many
 * chances as there are choices, and no more. */

enum { PASSAGES = 3, CHOICES = PASSAGES * (PASSAGES + 1) / 2 };

static const size_t three_parts[PASSAGES][2] = {{400, 900}, {2400, 900}, {4400, 700}};

/* choices_make gives what each contiguous choice of passages shows. */
static size_t choices_make(struct issuer *s, struct arena *a, struct sight *o)
{
	struct trace_external x = {.files = files_of(s)};
	uint8_t *all = ARENA_ARRAY(a, s->paper.units.n, uint8_t);
	memset(all, 1, s->paper.units.n);
	const struct plan p = {.open = all};
	struct sight whole;
	size_t n = 0;
	forge_units(s, a, &p, &x);
	forge_sight(s, a, &x, &whole);
	for (size_t from = 0; from < PASSAGES; from++)
		for (size_t to = from; to < PASSAGES; to++) {
			struct trace_evidence e = whole.evidence;
			e.places = ARENA_ARRAY(a, e.lattice->places_n, struct mark_place);
			e.seen_n = 0;
			for (size_t i = 0; i < e.lattice->places_n; i++) {
				size_t which = 0;
				const struct mark_place *m = &whole.evidence.places[i];
				while (which + 1 < PASSAGES &&
				       m->from >= whole.evidence.passages[which + 1].from)
					which++;
				if (m->state != MARK_READ || which < from || which > to)
					continue;
				e.places[i] = *m;
				e.seen_n++;
			}
			o[n] = whole;
			o[n].evidence = e;
			must(trace_seen_make(a, &e, whole.part.bias, NULL, CODE_COLLUSION_DEFAULT,
					     &o[n].seen));
			n++;
		}
	CHECK(whole.evidence.passages_n == PASSAGES, "%zu passages", whole.evidence.passages_n);
	return n;
}

/* best_p returns the smallest family-wise p-value of any reader under a fresh seed. */
static double best_p(struct issuer *s, const struct sight *o)
{
	uint16_t symbol[1024];
	struct code_stream st;
	double best = 1;
	assert(o->seen.leak.n <= 1024);
	for (size_t i = 0; i < READERS; i++) {
		must(code_symbols_seen(stream(&s->w, &st), s->w.readers[i].id, o->seen.leak.place,
				       o->seen.bias, o->seen.leak.n, symbol));
		for (uint32_t k = 0; k < o->seen.scores.n; k++) {
			int64_t units = code_score_of(o->seen.scores.score[k], symbol);
			best = fmin(best, code_scores_p(&o->seen.scores, k, units, READERS));
		}
	}
	return best;
}

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

static void nobodys_copy(struct issuer *s)
{
	issuer_open(s, "p1.md", 4);
	uint16_t *x = choice(&s->w, &s->w.a, false);
	text_of(&s->w.a, article(&s->w.a, text_with(&s->w, &s->w.a, x), three_parts, PASSAGES),
		&s->leak);
}

static void nobody_leaked(void)
{
	static const double levels[] = {1e-2, 1e-3};
	struct issuer s = {0};
	struct arena a = {0};
	const size_t ledgers = test_rounds(3000);
	struct sight o[CHOICES];
	size_t honest[2] = {0}, chosen[2] = {0};
	nobodys_copy(&s);
	size_t n = choices_make(&s, &a, o);
	CHECK(n == CHOICES && o[PASSAGES - 1].seen.leak.n > 60, "%zu places",
	      o[PASSAGES - 1].seen.leak.n);
	for (size_t i = 0; i < ledgers; i++) {
		double best = 1, all = 1;
		new_seed(&s.w);
		for (size_t k = 0; k < n; k++) {
			double p = best_p(&s, &o[k]);
			best = p < best ? p : best;
			all = k == PASSAGES - 1 ? p : all;
		}
		for (size_t l = 0; l < 2; l++) {
			honest[l] += all <= levels[l];
			chosen[l] += best <= levels[l];
		}
	}
	for (size_t l = 0; l < 2; l++) {
		printf("# level %g: of %zu ledgers %zu, and %zu if passages are chosen\n",
		       levels[l], ledgers, honest[l], chosen[l]);
		CHECK(binomial_tail(honest[l], ledgers, levels[l]) > 1e-4, "level %g: %zu",
		      levels[l], honest[l]);
		CHECK(binomial_tail(chosen[l], ledgers, CHOICES * levels[l]) > 1e-4,
		      "level %g: %zu", levels[l], chosen[l]);
	}
	/* The instrument itself: who forgets that passages were chosen is caught by it. */
	CHECK(binomial_tail(chosen[0], ledgers, levels[0]) < 1e-2, "%zu", chosen[0]);
	arena_release(&a);
	issuer_close(&s);
}

/* Hidden leaves. The searcher knows every id, name, wording and number, every root of symbols, and
 * some salts; he looks for what he can compute among the hashes of the proofs. */

struct search {
	struct issuer *s;
	const struct trace_external *x;
	const struct commit_salt *salt;
	size_t salts_n;
	size_t tried, found;
};

static bool has(const struct commit_proof *p, const struct commit_hash *h)
{
	for (size_t i = 0; i < p->n; i++)
		if (memcmp(p->at[i].at, h->at, CRYPTO_HASH_LEN) == 0)
			return true;
	return false;
}

static void search_units(struct search *r, const struct commit_salt *salt)
{
	const struct commit_units *u = &r->s->paper.units;
	struct commit_hash h;
	for (uint32_t i = 0; i < u->n; i++) {
		must(commit_leaf_unit(&r->s->paper.scratch, salt, i, &u->at[i], &h));
		r->tried++;
		r->found += has(&r->x->units_proof, &h);
	}
}

static void search_symbols(struct search *r, const struct commit_salt *salt)
{
	const struct trace_opened_reader *n = &r->x->named[0];
	for (uint32_t place = 0; place < r->s->paper.places_n; place++)
		for (uint16_t k = 0; k < r->s->paper.bias[place].q; k++) {
			const struct commit_symbol sym = {n->reader.number, COMMIT_LAYER_WORDS,
							  COMMIT_SOURCE_ISSUER, place, k};
			struct commit_hash h;
			commit_leaf_symbol(salt, &sym, &h);
			r->tried++;
			r->found += has(&n->symbols_proof, &h);
		}
}

/* roots: of each reader's symbols. */
static void search_readers(struct search *r, const struct commit_salt *salt,
			   const struct commit_hash *roots)
{
	for (size_t i = 0; i < READERS; i++) {
		struct commit_hash h;
		must(commit_leaf_reader(&r->s->paper.scratch, salt, &r->s->reader[i], &roots[i],
					&h));
		r->tried++;
		r->found += has(&r->x->readers_proof, &h);
	}
}

/* What the secrets give: salts and roots of all readers, and the named reader's salts last. */
struct secrets {
	struct commit_salt reader_salt[READERS];
	struct commit_hash root[READERS];
	struct commit_salt *symbol_salt;
};

static void secrets_of(struct issuer *s, struct arena *a, const struct trace_external *x,
		       struct secrets *out)
{
	struct commit_hash leaf;
	for (size_t i = 0; i < READERS; i++) {
		must(commit_paper_reader(&s->paper, &s->reader[i], &leaf));
		out->reader_salt[i] = s->paper.reader_salt;
		out->root[i] = s->paper.symbols_root;
	}
	must(commit_paper_reader(&s->paper, &x->named[0].reader, &leaf));
	out->symbol_salt =
		arena_dup(a, s->paper.symbol_salt, s->paper.places_n * sizeof *out->symbol_salt);
}

static void search(struct search *r, const struct secrets *secret)
{
	r->found = r->tried = 0;
	for (size_t i = 0; i < r->salts_n; i++) {
		search_units(r, &r->salt[i]);
		search_symbols(r, &r->salt[i]);
		search_readers(r, &r->salt[i], secret->root);
	}
}

/* opened_salts gives the salts that stand in x, and zero. */
static struct commit_salt *opened_salts(struct arena *a, const struct trace_external *x, size_t *n)
{
	const struct trace_opened_reader *r = &x->named[0];
	struct commit_salt *s = ARENA_ARRAY(a, x->units_n + r->symbols_n + 2, struct commit_salt);
	memcpy(s, x->unit_salt, x->units_n * sizeof *s);
	for (size_t i = 0; i < r->symbols_n; i++)
		s[x->units_n + i] = r->symbol[i].salt;
	s[x->units_n + r->symbols_n] = r->salt;
	*n = x->units_n + r->symbols_n + 2;
	return s;
}

static void hidden_leaves_cannot_be_searched(void)
{
	static const size_t little[1][2] = {{600, 900}};
	struct issuer s;
	struct arena a = {0};
	struct trace_external x;
	struct secrets secret;
	issuer_open(&s, "p1.md", 4);
	text_of(&s.w.a, article(&s.w.a, copy_of(&s, LEAKER), little, 1), &s.leak);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	secrets_of(&s, &a, &x, &secret);
	struct search r = {.s = &s, .x = &x};
	r.salt = opened_salts(&a, &x, &r.salts_n);
	search(&r, &secret);
	CHECK(r.found == 0 && r.tried > 10000, "%zu of %zu found", r.found, r.tried);
	/* The search itself: with the true salts it finds leaves of all three kinds. */
	size_t found[3] = {0};
	for (size_t i = 0; i < READERS; i++, found[0] += r.found, r.found = 0)
		search_readers(&r, &secret.reader_salt[i], secret.root);
	for (size_t i = 0; i < s.paper.places_n; i++, found[1] += r.found, r.found = 0)
		search_symbols(&r, &secret.symbol_salt[i]);
	for (size_t i = 0; i < s.paper.units.n; i++, found[2] += r.found, r.found = 0)
		search_units(&r, &s.paper.unit_salt[i]);
	CHECK(found[0] && found[1] && found[2], "%zu readers, %zu symbols, %zu units", found[0],
	      found[1], found[2]);
	arena_release(&a);
	issuer_close(&s);
}

/* A lattice committed without salts: who knows nothing finds what is hidden. */
static void without_salts_they_can(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x = {0};
	const struct commit_salt zero = {{0}};
	issuer_open(&s, "p4.md", 4);
	for (uint32_t i = 0; i < s.paper.units.n; i++) {
		s.paper.unit_salt[i] = zero;
		must(commit_leaf_unit(&s.paper.scratch, &zero, i, &s.paper.units.at[i],
				      &s.paper.unit_leaf[i]));
	}
	uint8_t *open = ARENA_ARRAY(&a, s.paper.units.n, uint8_t);
	open[5] = 1;
	struct plan p = plan_of(&s, open, LEAKER);
	forge_units(&s, &a, &p, &x);
	struct search r = {.s = &s, .x = &x};
	search_units(&r, &zero);
	CHECK(r.found > 0, "%zu found", r.found);
	arena_release(&a);
	issuer_close(&s);
}

/* JSON. */

/* A small case, so that sweeps are quick: a paper of fifteen places, whose copy leaks whole. */
static void open_small(struct issuer *s)
{
	issuer_open(s, "p4.md", 4);
	text_of(&s->w.a, copy_of(s, LEAKER), &s->leak);
}

/* The same with groups. */
static void open_small_groups(struct issuer *s)
{
	issuer_open_grouped(s, "p4.md", 8, 4);
	text_of(&s->w.a, copy_of(s, LEAKER), &s->leak);
}

enum { SMALL_LEVEL_PERCENT = 5 };

static const double small_level = SMALL_LEVEL_PERCENT / 100.0;

/* try_json: it is refused, or it says what the genuine verdict says. */
static bool try_json(struct slice json, const struct trace_exam *exam, struct slice essence,
		     size_t at)
{
	struct arena a = {0};
	struct trace_external x;
	struct sr_err e = trace_external_read(&a, json, &x);
	bool follows = false;
	CHECK(!sr_bad(e) || e.code == SR_E_INPUT || e.code == SR_E_STATE, "%zu: %d", at,
	      (int)e.code);
	if (!sr_bad(e)) {
		follows = !why_not(&x, exam);
		CHECK(!follows || slice_eq(verdict_essence(&a, &x), essence),
		      "%zu: something else follows", at);
	}
	arena_release(&a);
	return follows;
}

static void damage_json(bool groups)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x;
	(groups ? open_small_groups : open_small)(&s);
	struct trace_exam exam = exam_of(&s);
	exam.max_false = small_level;
	issuer_external(&s, &a, 1, small_level, false, &x);
	struct slice json = verdict_json(&a, &x), essence = verdict_essence(&a, &x);
	CHECK(try_json(json, &exam, essence, 0), "the genuine one");
	uint8_t *copy = arena_dup(&a, json.ptr, json.len);
	size_t step = test_stride(4) * (json.len / 300 + 1);
	for (size_t n = 0; n + 2 < json.len; n += n + 300 < json.len ? step : 1)
		CHECK(!try_json(slice_make(copy, n), &exam, essence, n), "%zu bytes", n);
	uint64_t random = 21;
	printf("# seed 21\n");
	for (size_t i = 0; i < test_rounds(1500); i++) {
		size_t at = test_random(&random) % json.len;
		uint8_t kept_byte = copy[at];
		copy[at] ^= (uint8_t)(1U << test_random(&random) % 8);
		(void)try_json(slice_make(copy, json.len), &exam, essence, at);
		copy[at] = kept_byte;
	}
	arena_release(&a);
	issuer_close(&s);
}

static void damaged_json(void)
{
	damage_json(false);
	damage_json(true);
}

/* What stands in the file is what is meant, to the letter: one key set to a value that no verdict
 * has. The path is split at dots. */
static const struct {
	const char *path, *value, *why;
} forms[] = {
	{"format", "\"subrosa-external/1\"", "another version"},
	{"format", "\"subrosa-verdict/1\"", "another format"},
	{"format", "1", "no text"},
	{"decision", "\"inconclusive\"", "it names nobody"},
	{"max_false", "0", "no level"},
	{"max_false", "1", "a level of 1"},
	{"max_false", "-1e-6", "a level below 0"},
	{"max_false", "\"0.1\"", "a level in quotes"},
	{"tested", "0", "nobody tested"},
	{"tested", "-1", "fewer than nobody"},
	{"tested", "9223372036854775808", "beyond 63 bits"},
	{"tested", "40.0", "no integer"},
	{"commitment", "\"00\"", "too short"},
	{"leaks", "{}", "no list"},
	{"leaks", "[1]", "no digest"},
	{"lattice", "[]", "no object"},
	{"lattice.opened", "[]", "nothing opened"},
	{"lattice.opened", "{}", "no list"},
	{"lattice.proof", "[\"\"]", "an empty hash"},
	{"lattice.opened.0.unit", "-1", "below 0"},
	{"lattice.opened.0.unit", "4294967295", "the number that means none"},
	{"lattice.opened.0.unit", "4294967296", "beyond 32 bits"},
	{"lattice.opened.0.salt", "\"ABCDEF00112233445566778899001122\"", "upper case"},
	{"lattice.opened.0.text", "null", "no text"},
	{"lattice.opened.0.place", "1", "a text and a place"},
	{"lattice.opened.0.more", "1", "a key too many"},
	{"lattice.opened.1.place", "4294967295", "the number that means none"},
	{"lattice.opened.1.wordings", "[\"a\"]", "one wording"},
	{"lattice.opened.1.wordings", "[]", "no wording"},
	{"lattice.opened.1.wordings", "[\"a\", \"\"]", "an empty wording"},
	{"lattice.opened.1.wordings", "[\"a\", 1]", "a wording that is no text"},
	{"lattice.opened.1.wordings", "{\"a\": 1, \"b\": 2}", "no list"},
	{"lattice.opened.1.thresholds", "[0]", "a wording that never occurs"},
	{"lattice.opened.1.thresholds", "[4294967296]", "a wording that always occurs"},
	{"lattice.opened.1.thresholds", "[-1]", "below 0"},
	{"lattice.opened.1.thresholds", "[2147483648, 2147483648]", "one too many"},
	{"lattice.opened.1.thresholds", "[2147483648.5]", "no integer"},
	{"named", "[]", "nobody"},
	{"named", "{}", "no list"},
	{"named.0.reader", "null", "no id"},
	{"named.0.number", "0", "readers count from 1"},
	{"named.0.number", "-1", "below 0"},
	{"named.0.number", "4294967308", "12 in 32 bits"},
	{"named.0.p_value", "1.5", "no probability"},
	{"named.0.p_value", "-0.5", "no probability"},
	{"named.0.score", "null", "no score"},
	{"named.0.score.kind", "\"guess\"", "no kind of score"},
	{"named.0.score.number", "-1", "below 0"},
	{"named.0.score.number", "4294967296", "0 in 32 bits"},
	{"named.0.score.partners", "{}", "no list"},
	{"named.0.score.partners", "[1]", "a partner too many"},
	{"named.0.score.kind", "\"pair\"", "a partner too few"},
	{"named.0.agree", "-1", "below 0"},
	{"named.0.agree", "4294967311", "15 in 32 bits"},
	{"named.0.disagree", "4294967296", "0 in 32 bits"},
	{"named.0.symbols", "{}", "no list"},
	{"named.0.symbols.0.symbol", "-1", "below 0"},
	{"named.0.symbols.0.symbol", "256", "more wordings than there are"},
	{"named.0.symbols.0.symbol", "4294967296", "0 in 32 bits"},
	{"named.0.symbols.0.symbol", "4294967297", "1 in 32 bits"},
	{"named.0.symbols.0.layer", "\"layout\"", "another layer"},
	{"named.0.symbols.0.source", "\"reader\"", "another source"},
	{"named.0.issuer_statement.prior", "2", "no probability"},
	{"named.0.issuer_statement.house_prior", "2", "no probability"},
	{"named.0.issuer_statement.house_posterior", "-1", "no probability"},
	{"issuer_statement.prior_none", "1e300", "no probability"},
	{"issuer_statement.none_of_these", "-1", "no probability"},
	{"more", "1", "a key too many"},
};

/* parent_of returns the node that holds the last step of path, which is left in *last. */
static json_t *parent_of(json_t *root, const char *path, const char **last)
{
	json_t *at = root;
	for (const char *dot = strchr(path, '.'); dot; dot = strchr(path, '.')) {
		char step[64];
		(void)snprintf(step, sizeof step, "%.*s", (int)(dot - path), path);
		at = json_is_array(at) ? json_array_get(at, strtoul(step, NULL, 10))
				       : json_object_get(at, step);
		path = dot + 1;
	}
	*last = path;
	return at;
}

static void forms_are_taken_to_the_letter(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x;
	open_small(&s);
	issuer_external(&s, &a, 1, small_level, false, &x);
	struct slice json = verdict_json(&a, &x);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		const char *last;
		json_t *root = json_loadb((const char *)json.ptr, json.len, 0, NULL);
		json_t *value = json_loads(forms[i].value, JSON_DECODE_ANY, NULL);
		if (!value) /* jansson itself refuses it in a file */
			value = json_real(9.3e18);
		json_t *at = parent_of(root, forms[i].path, &last);
		CHECK(at && json_object_set_new(at, last, value) == 0, "%s", forms[i].path);
		char *text = json_dumps(root, 0);
		struct trace_external out = {.named_n = 77};
		struct sr_err e = trace_external_read(&a, slice_str(text), &out);
		enum sr_code want = i ? SR_E_INPUT : SR_E_STATE;
		CHECK(e.code == want && out.named_n == 77, "%s: %s: %d", forms[i].path,
		      forms[i].why, (int)e.code);
		free(text);
		json_decref(root);
	}
	arena_release(&a);
	issuer_close(&s);
}

static void what_is_no_json(void)
{
	static const char *const rows[] = {"",
					   "[",
					   "{}",
					   "[]",
					   "null",
					   "{\"format\": null}",
					   "{\"format\": \"x\", \"format\": \"x\"}",
					   "\xff"};
	struct arena a = {0};
	struct trace_external x;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		CHECK(trace_external_read(&a, slice_str(rows[i]), &x).code == SR_E_INPUT, "%s",
		      rows[i]);
	struct build deep = {0};
	for (size_t i = 0; i < 100 * 1000; i++)
		build_str(&deep, "[");
	CHECK(trace_external_read(&a, slice_make(deep.ptr, deep.len), &x).code == SR_E_INPUT,
	      "deep");
	build_release(&deep);
	CHECK(trace_external_read(&a, slice_make(NULL, 0), &x).code == SR_E_INPUT, "nothing");
	arena_release(&a);
}

/* What the check says. */

static void the_check_in_words(void)
{
	struct issuer s;
	struct arena a = {0};
	struct trace_external x;
	struct trace_finding f;
	struct build out = {0};
	open_case(&s);
	s.reader[LEAKER].name = SLICE_LIT("Eve\x1b[2J");
	s.w.readers[LEAKER].name = s.reader[LEAKER].name;
	must(commit_paper_reader(&s.paper, &s.reader[LEAKER], &s.leaf[LEAKER]));
	chain_of(&s, 100, 200);
	issuer_external(&s, &a, 1, 1e-6, false, &x);
	struct trace_exam exam = exam_of(&s);
	must(trace_verify(&x, &exam, &f));
	must(trace_finding_words(&x, &exam, &f, &out));
	build_u8(&out, 0);
	const char *text = (const char *)out.ptr;
	CHECK(strstr(text, "THE VERDICT FOLLOWS") && strstr(text, "(reader11)"), "%s", text);
	CHECK(!strchr(text, '\x1b'), "no control character reaches the terminal");
	build_reset(&out);
	must(trace_finding_json(&x, &exam, &f, &out));
	json_t *j = json_loadb((const char *)out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL);
	CHECK(json_is_true(json_object_get(j, "follows")) &&
		      json_is_null(json_object_get(j, "why")),
	      "JSON");
	json_decref(j);
	build_reset(&out);
	x.tested_n = 1;
	must(trace_verify(&x, &exam, &f));
	must(trace_finding_words(&x, &exam, &f, &out));
	build_u8(&out, 0);
	CHECK(strstr((const char *)out.ptr, "DOES NOT FOLLOW") &&
		      !strstr((const char *)out.ptr, "Eve"),
	      "who is not proven guilty is not named");
	build_release(&out);
	arena_release(&a);
	issuer_close(&s);
}

/* Memory: our own, and with jansson's. */

static struct sr_err once(struct arena *a, const struct trace_opening *o,
			  const struct trace_exam *exam)
{
	struct trace_external x, back;
	struct trace_finding f = {0};
	struct build json = {0}, words = {0};
	struct sr_err e = trace_external_make(a, o, &x);
	if (!sr_bad(e))
		e = trace_external_write(&x, &json);
	if (!sr_bad(e))
		e = trace_external_read(a, slice_make(json.ptr, json.len), &back);
	if (!sr_bad(e))
		e = trace_verify(&back, exam, &f);
	if (!sr_bad(e))
		e = trace_finding_words(&back, exam, &f, &words);
	if (!sr_bad(e))
		e = trace_finding_json(&back, exam, &f, &words);
	CHECK(sr_bad(e) || !f.why, "%s", f.why ? f.why : "");
	build_release(&json);
	build_release(&words);
	return e;
}

static void *plain_malloc(size_t len)
{
	return malloc(len);
}

/* fail_each makes every allocation fail in turn, or a sample of them. */
static size_t fail_each(const struct trace_opening *o, const struct trace_exam *exam, size_t sample,
			bool own)
{
	size_t n = 1;
	for (;; n += test_stride(3) * (1 + n / sample)) {
		struct arena a = {0};
		test_alloc_fail_at(n);
		struct sr_err err = once(&a, o, exam);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		arena_release(&a);
		if (!failed)
			return n;
		CHECK(err.code == SR_E_NOMEM || (!own && sr_bad(err)), "allocation %zu: %d", n,
		      (int)err.code);
	}
}

static void every_allocation_fails_once(void)
{
	struct issuer s;
	struct arena v = {0};
	struct trace_evidence e;
	struct trace_verdict verdict;
	open_small(&s);
	const struct code_design d = design(&s.w);
	struct trace_texts t = texts_of(&s);
	struct trace_question q = question(&s.w, small_level);
	must(trace_evidence_find(&v, SLICE_LIT("T"), &s.w.lattice, t.leak, 1, NULL, 0, &e));
	must(trace_judge(&v, &e, &d, &q, &verdict));
	struct trace_opening o = {&verdict, t,        files_of(&s), &s.paper, &s.chain.at[1],
				  {{0}},    s.reader, s.leaf,       false};
	commit_entry_digest(s.chain.bytes[1], &o.entry_digest);
	struct trace_exam exam = exam_of(&s);
	exam.max_false = small_level;
	size_t own = fail_each(&o, &exam, 60, true);
	CHECK(own > 100, "%zu allocations", own);
	json_set_alloc_funcs(plain_malloc, free);
	CHECK(fail_each(&o, &exam, 20, false) > 2 * own, "jansson's are among them");
	arena_release(&v);
	issuer_close(&s);
}

/* Papers with a layout layer. */

static void with_pages(void (*test)(void))
{
	issuer_slots_n = 400;
	test();
	issuer_slots_n = 0;
}
static void pages_the_genuine_verdict_follows(void)
{
	with_pages(the_genuine_verdict_follows);
}
static void pages_the_forger_is_able(void)
{
	with_pages(the_forger_is_able);
}
static void pages_innocents_cannot_be_named(void)
{
	with_pages(innocents_cannot_be_named);
}

/* An entry that says something else of how many places, units and slots there are, signed by the
 * issuer. The roots stay, and so do the numbers of leaves if the differences add up to 0. */
struct shift {
	int32_t places, units, slots;
	bool last;  /* so many that the last place opened is one too many, instead */
	bool words; /* an entry of words alone */
	bool whole; /* a verdict that opens the whole lattice */
	const char *why, *row;
};

static void shift_entry(struct issuer *s, struct arena *a, const struct shift *r,
			struct trace_external *x, struct trace_exam *exam)
{
	struct crypto_key key;
	struct build b = {0};
	struct commit_chain *c = ARENA_NEW(a, struct commit_chain);
	struct slice *bytes = ARENA_NEW(a, struct slice);
	struct commit_entry e = s->chain.at[1];
	struct commit_hash digest;
	e.number = 1;
	e.previous = (struct commit_hash){{0}};
	e.places_n += (uint32_t)r->places;
	e.units_n += (uint32_t)r->units;
	e.layout.slots_n += (uint32_t)r->slots;
	if (r->words) {
		e.has_layout = false;
		e.layout = (struct commit_layout){0};
	}
	must(crypto_key_derive(&key, s->paper.secret.seed, CRYPTO_LABEL_SIGN, SLICE_LIT("")));
	commit_entry_write(&e, &key, &b);
	*bytes = kept(a, &b);
	must(commit_chain_read(a, bytes, 1, c));
	commit_entry_digest(*bytes, &digest);
	x->entry = digest;
	exam->chain = c;
	crypto_key_release(&key);
	build_release(&b);
}

static void check_shift(struct issuer *s, const struct shift *r)
{
	struct arena a = {0};
	struct trace_external x;
	struct trace_exam exam = exam_of(s);
	struct shift shift = *r;
	issuer_external(s, &a, 1, 1e-6, r->whole, &x);
	if (r->last) {
		const struct trace_opened_reader *him = &x.named[0];
		shift.slots = (int32_t)(s->paper.places_n - him->symbol[him->symbols_n - 1].place);
		shift.places = shift.units = -shift.slots;
	}
	shift_entry(s, &a, &shift, &x, &exam);
	if (r->why)
		refused(&x, &exam, r->why, r->row);
	else
		CHECK(!why_not(&x, &exam), "%s", r->row);
	arena_release(&a);
}

static void slots_are_no_places(void)
{
	static const struct shift rows[] = {
		{.row = "as it was"},
		{.words = true,
		 .why = "not those that were committed",
		 .row = "as if there were no pages"},
		{.units = -100,
		 .slots = 100,
		 .whole = true,
		 .why = "do not ascend",
		 .row = "units counted as slots"},
		{.last = true, .why = "just those places", .row = "places counted as slots"},
		{.units = 100,
		 .slots = -100,
		 .why = "does not have the form",
		 .row = "slots counted as units"},
		{.slots = 600, .why = "not those that were committed", .row = "more slots"},
	};
	struct issuer s;
	issuer_slots_n = 400;
	open_case(&s);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_shift(&s, &rows[i]);
	issuer_close(&s);
	issuer_slots_n = 0;
}

int main(void)
{
	must(crypto_init());
	test_run("the genuine verdict follows", the_genuine_verdict_follows);
	test_run("public texts count", public_texts_count);
	test_run("the forger is able", the_forger_is_able);
	test_run("innocents cannot be named", innocents_cannot_be_named);
	test_run("places cannot be dropped", places_cannot_be_dropped);
	test_run("runs cannot be cut short", runs_cannot_be_cut_short);
	test_run("passages kept back", passages_kept_back);
	test_run("the rest of a passage kept back", the_rest_of_a_passage_kept_back);
	test_run("edited leaks follow", edited_leaks_follow);
	test_run("another leak", another_leak);
	test_run("ids ground after the leak", ids_ground_after_the_leak);
	test_run("another ledger's chain", another_ledgers_chain);
	test_run("numbers of readers", numbers_of_readers);
	test_run("small changes are refused", small_changes_are_refused);
	test_run("pages: the genuine verdict follows", pages_the_genuine_verdict_follows);
	test_run("pages: the forger is able", pages_the_forger_is_able);
	test_run("pages: innocents cannot be named", pages_innocents_cannot_be_named);
	test_run("pages: slots are no places", slots_are_no_places);
	test_run("groups follow", groups_follow);
	test_run("public texts and groups", public_texts_and_groups);
	test_run("changes of groups are refused", changes_of_groups_are_refused);
	test_run("parts with groups", parts_with_groups);
	test_run("parts are bounded", parts_are_bounded);
	test_run("nobody leaked: the claimed rate holds", nobody_leaked);
	test_run("hidden leaves cannot be searched", hidden_leaves_cannot_be_searched);
	test_run("without salts they can", without_salts_they_can);
	test_run("damaged JSON", damaged_json);
	test_run("forms are taken to the letter", forms_are_taken_to_the_letter);
	test_run("what is no JSON", what_is_no_json);
	test_run("the check in words", the_check_in_words);
	test_run("every allocation fails once", every_allocation_fails_once);
	return test_done();
}
