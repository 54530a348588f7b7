/* SPDX-License-Identifier: Apache-2.0 */
/* mark/: copies are written, leaked in all the ways that people leak, and read again. A place that
 * is read wrongly is a defect; a place that is not read is a pity. Reading never sees a reader. */
#include "mark_words.h"
#include "papers.h"

/* A paper, its graph and what was read of it. */
struct desk {
	struct arena a;
	struct text_lattice lattice;
	struct align_graph graph;
	struct mark_place *places;
};

static void open_desk(struct desk *d, struct slice source)
{
	*d = (struct desk){0};
	papers_lattice(&d->a, source, &d->lattice);
	struct sr_err e = align_graph_make(&d->a, &d->lattice, &d->graph);
	d->places = ARENA_ARRAY(&d->a, d->lattice.places_n, struct mark_place);
	assert(!sr_bad(e) && d->places);
}

static void read_leak(struct desk *d, struct slice leak)
{
	struct text_tokens t;
	struct align_result r;
	struct sr_err e = text_tokens_make(&d->a, leak, &t);
	if (!sr_bad(e))
		e = align_text(&d->a, &d->graph, &t, ALIGN_SCORE_LEAK, &r);
	if (!sr_bad(e))
		e = mark_words_read(&d->a, &d->graph, &t, &r, d->places);
	CHECK(!sr_bad(e), "%s", e.what);
}

static size_t read_public(struct desk *d, struct slice text)
{
	struct text_tokens t;
	struct align_result r;
	size_t supplied = 0;
	struct sr_err e = text_tokens_make(&d->a, text, &t);
	if (!sr_bad(e))
		e = align_text(&d->a, &d->graph, &t, ALIGN_SCORE_PUBLIC, &r);
	if (!sr_bad(e))
		e = mark_words_supplied(&d->graph, &t, &r, d->places, &supplied);
	CHECK(!sr_bad(e), "%s", e.what);
	return supplied;
}

/* shown writes a sign for each place: its symbol, . unseen, x erased. */
static void shown(const struct desk *d, char *out)
{
	for (size_t i = 0; i < d->lattice.places_n; i++) {
		const struct mark_place *p = &d->places[i];
		out[i] = p->state == MARK_READ     ? (char)('0' + p->symbol)
			 : p->state == MARK_ERASED ? 'x'
						   : '.';
	}
	out[d->lattice.places_n] = 0;
}

static void reads(const char *why, const char *paper, struct slice leak, const char *want)
{
	struct desk d;
	char got[64];
	open_desk(&d, slice_str(paper));
	read_leak(&d, leak);
	shown(&d, got);
	CHECK(strcmp(got, want) == 0, "%s: %s, wanted %s", why, got, want);
	arena_release(&d.a);
}

/* The paper of the tables: six places in three sentences. */
#define P                                                                                          \
	"The northern delegation {asked for|requested|demanded} a second meeting before the "      \
	"{end|close} of the autumn session.\n\nBoth ministers {agreed|consented} in writing that " \
	"the harbour {commission|committee} would publish its report in March.\n\nNobody from "    \
	"the old {company|firm|business} has ever {visited|inspected} the eastern valley without " \
	"a permit."
#define S1                                                                                         \
	"The northern delegation requested a second meeting before the end of the autumn "         \
	"session. "
#define S2                                                                                         \
	"Both ministers consented in writing that the harbour commission would publish its "       \
	"report in March. "
#define S3 "Nobody from the old business has ever visited the eastern valley without a permit. "
#define JUNK "menu home share print 12 November Weather: rain in the north. Log in to comment. "

struct row {
	const char *why, *leak, *want;
};

static void table(const char *paper, const struct row *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		reads(row[i].why, paper, slice_str(row[i].leak), row[i].want);
}

static void leaks(void)
{
	static const struct row row[] = {
		{"nothing", "", "......"},
		{"nothing of the paper", JUNK JUNK, "......"},
		{"whole", S1 S2 S3, "101020"},
		{"another order", S3 S1 S2, "101020"},
		{"one sentence", S2, "..10.."},
		{"junk before, between, behind", JUNK S3 JUNK S1 JUNK, "10..20"},
		{"upper case",
		 "THE NORTHERN DELEGATION REQUESTED A SECOND MEETING BEFORE THE END OF THE AUTUMN "
		 "SESSION",
		 "10...."},
		{"line-end hyphens",
		 "The north-\nern delegation re-\n> quested a second meet-\r\ning before the end "
		 "of the autumn session.",
		 "10...."},
		{"smart quotes",
		 "\xe2\x80\x9cThe northern delegation requested a second meeting\xe2\x80\x9d "
		 "before the end of the autumn session.",
		 "10...."},
		{"an ellipsis",
		 "Both ministers consented in writing ... would publish its report in March.",
		 "..1x.."},
		{"an ellipsis in brackets",
		 "Both ministers consented in writing [...] the harbour commission would publish "
		 "its report",
		 "..10.."},
		{"a dropped word",
		 "The northern delegation requested a meeting before the end of the autumn "
		 "session.",
		 "10...."},
		{"added words",
		 "The northern delegation requested a second and last meeting before the very end "
		 "of the autumn session.",
		 "1x...."},
		{"an edited word",
		 "The northern delegation requested a second conference before the end of the "
		 "autumn session.",
		 "10...."},
		{"the anchor edited",
		 "The northern mission requested a second meeting before the end of the autumn "
		 "session.",
		 "x0...."},
		{"the anchor dropped",
		 "The northern delegation requested second meeting before the end of the autumn "
		 "session.",
		 "x0...."},
		{"a third wording",
		 "The northern delegation wanted a second meeting before the end of the autumn "
		 "session.",
		 "x0...."},
		{"a third wording beside one",
		 "The northern delegation also requested a second meeting before the end of the "
		 "autumn session.",
		 "x0...."},
		{"the wording dropped",
		 "The northern delegation a second meeting before the end of the autumn session.",
		 "x0...."},
		{"a slip of the keyboard in a long wording",
		 "The northern delegation reqested a second meeting before the end of the autumn "
		 "session.",
		 "10...."},
		{"a slip in a short wording",
		 "The northern delegation requested a second meeting before the ent of the autumn "
		 "session.",
		 "1x...."},
		{"two slips in a long wording",
		 "The northern delegation reqqestd a second meeting before the end of the autumn "
		 "session.",
		 "x0...."},
		{"slips in the anchors",
		 "The northern delegatoin requested a second meeting before teh end of the autumn "
		 "session.",
		 "1x...."},
		{"character recognition",
		 "The northem delegation requested a second meeting before the end of the autumn "
		 "sessi0n.",
		 "10...."},
		{"words run together",
		 "The northern delegation requested a second meetingbefore the end of the autumn "
		 "session.",
		 "10...."},
		{"a wording run together with its anchor",
		 "The northern delegation requesteda second meeting before the end of the autumn "
		 "session.",
		 "x0...."},
		{"a wording in two pieces",
		 "The northern delegation reques ted a second meeting before the end of the autumn "
		 "session.",
		 "10...."},
		{"twice the same", S1 JUNK S1, "10...."},
		{"twice, once with a slip",
		 "The northern delegation reqested a second meeting before the end of the autumn "
		 "session. " JUNK S1,
		 "10...."},
		{"twice, contradicting",
		 S1 JUNK "The northern delegation demanded a second meeting before the end of the "
			 "autumn session.",
		 "x0...."},
		{"three times, two against one",
		 S1 JUNK "The northern delegation demanded a second meeting before the end of the "
			 "autumn session." JUNK S1,
		 "x0...."},
		{"twice, once a third wording",
		 S1 JUNK "The northern delegation wanted a second meeting before the end of the "
			 "autumn session.",
		 "10...."},
		{"the author's own file", P, "xxxxxx"},
		{"the passage ends at a place",
		 "yesterday: the northern delegation requested a second meeting before the end",
		 "1....."},
		{"the passage begins with a place",
		 "requested a second meeting before the end of the autumn session", ".0...."},
		{"four words", "Nobody from the old business", "......"},
	};
	table(P, row, sizeof row / sizeof *row);
}

/* Places that share an anchor, touch, or hang on letters of the fixed text. */
static void close_places(void)
{
	static const char glued[] = "Yesterday the long {talk|debate}s about {Moscow|Kiev}'s part "
				    "began, and nobody would "
				    "co-{operate|ordinate} with the new committee at all.";
	static const struct row row[] = {
		{"letters behind a place",
		 "Yesterday the long debates about Kiev's part began, and nobody would co-ordinate "
		 "with the new committee at all.",
		 "111"},
		{"the first wordings",
		 "Yesterday the long talks about Moscow's part began, and nobody would co-operate "
		 "with the new committee at all.",
		 "000"},
		{"without hyphens, other quotes",
		 "Yesterday the long talks about Moscow\xe2\x80\x99s part began, and nobody would "
		 "cooperate with the new committee at all.",
		 "000"},
		{"the letters dropped",
		 "Yesterday the long debate about Kiev part began, and nobody would ordinate with "
		 "the new committee at all.",
		 "1xx"},
		{"hyphen at a line end",
		 "Yesterday the long debates about Kiev's part began, and nobody would "
		 "co-\nordinate with the new committee at all.",
		 "111"},
	};
	table(glued, row, sizeof row / sizeof *row);
	static const char adjacent[] = "The government has always {firmly|strongly} "
				       "{rejected|opposed} {every|any} such plan in "
				       "the past and will do so again.";
	static const struct row touching[] = {
		{"all read",
		 "The government has always strongly opposed any such plan in the past and will do "
		 "so again.",
		 "111"},
		{"one is damaged",
		 "The government has always strongly opposes any such plan in the past and will do "
		 "so again.",
		 "111"},
		{"one is a third wording",
		 "The government has always strongly refused any such plan in the past and will do "
		 "so again.",
		 "xxx"},
		{"one is dropped",
		 "The government has always opposed any such plan in the past and will do so "
		 "again.",
		 "xxx"},
		{"two change places",
		 "The government has always opposed strongly any such plan in the past and will do "
		 "so again.",
		 "xxx"},
	};
	table(adjacent, touching, sizeof touching / sizeof *touching);
	static const char doubtful[] = "Such a thing never happened {in|in the} {past|the past} or "
				       "present of this country "
				       "before {x|xy}{yz|z} was made a good {member|part}.";
	static const struct row two[] = {
		{"two ways to the same words",
		 "Such a thing never happened in the past or present of this country before xyz "
		 "was made a good member.",
		 "xxxx."},
		{"one way only",
		 "Such a thing never happened in past or present of this country before xz was "
		 "made a good member.",
		 "0001."},
		{"the longer ones",
		 "Such a thing never happened in the the past or present of this country before "
		 "xyyz was made a good member.",
		 "1110."},
	};
	table(doubtful, two, sizeof two / sizeof *two);
	static const char contained[] = "The envoy {said|said that} the port would close in "
					"spring, and {a|their own} neutral "
					"observer would {come|come along} to watch it.";
	static const struct row part[] = {
		{"the longer one",
		 "The envoy said that the port would close in spring, and a neutral observer would "
		 "come along to watch it.",
		 "101"},
		{"the shorter one",
		 "The envoy said the port would close in spring, and their own neutral observer "
		 "would come to watch it.",
		 "010"},
		{"the author's own file", contained, "xxx"},
	};
	table(contained, part, sizeof part / sizeof *part);
}

/* Sentences that stand more than once in the paper. */
static void ambiguous(void)
{
	static const char paper[] =
		"Alpha says first. The council {met|gathered} in the old town hall on Monday. The "
		"next item "
		"was the harbour and its many {ships|boats} in winter. The council {met|gathered} "
		"in the old "
		"town hall on Monday. Then they all went home through the {snow|rain} at last.";
	static const struct row row[] = {
		{"alone: nobody knows which",
		 "The council gathered in the old town hall on Monday.", "x.x."},
		{"what precedes decides",
		 "Alpha says first. The council gathered in the old town hall on Monday. The next "
		 "item was the harbour and its many boats in winter.",
		 "11x."},
		{"what follows decides",
		 "The council met in the old town hall on Monday. Then they all went home through "
		 "the rain at last.",
		 "x.01"},
		{"a cut says nothing of what lay beyond",
		 "The council met in the old town hall on Monday ... they all went home through "
		 "the rain at last.",
		 "x.x1"},
		{"both, with what lies between",
		 "The council met in the old town hall on Monday. The next item was the harbour "
		 "and its many boats in winter. "
		 "The council gathered in the old town hall on Monday.",
		 "011."},
	};
	table(paper, row, sizeof row / sizeof *row);
	static const char near[] =
		"First the council {met|gathered} in the old town hall on Monday morning. Later "
		"the "
		"council {met|gathered} in the old town hall on Monday morning. So much for that.";
	static const struct row same_band[] = {
		{"twice within a few words",
		 "the council gathered in the old town hall on Monday morning", "xx"},
		{"a little more of it",
		 "Later the council gathered in the old town hall on Monday morning", "xx"},
	};
	table(near, same_band, sizeof same_band / sizeof *same_band);
	static const char words[] = "The members of the {council|committee} agreed on a new rule "
				    "for the port in spring. "
				    "Everybody {hoped|wished} for rain in the hills that year, as "
				    "the old man had said.";
	static const struct row own_words[] = {
		{"a phrase of the paper in the own words of whoever wrote the leak",
		 "Everybody hoped for rain in the hills that year, as the old man had said. It was "
		 "said by men whom the committee agreed to name.",
		 ".0"},
	};
	table(words, own_words, sizeof own_words / sizeof *own_words);
}

static void edges(void)
{
	reads("a place at the very start and end",
	      "{One|A} man came to the new harbour for the first {time|visit}",
	      SLICE_LIT("A man came to the new harbour for the first visit"), "..");
	reads("a paper of one place",
	      "Once a man came to the {new|old} harbour for the first visit",
	      SLICE_LIT("Once a man came to the old harbour for the first visit"), "1");
	reads("a paper without words", "... --- !!!", SLICE_LIT("The council met."), "");
	reads("an empty paper", "", SLICE_LIT("The council met."), "");
	reads("a paper of places only", "{one|two}{three|four} {five|six}",
	      SLICE_LIT("two four six two four six"), "...");
	reads("numbers with a point are no anchors",
	      "The price of a ton rose to {3|4}.5 per cent in the old harbour of the {city|town} "
	      "again.",
	      SLICE_LIT("The price of a ton rose to 4.5 per cent in the old harbour of the town "
			"again."),
	      "x1");
}

/* Exact copies are read completely: every place between two fixed words, and every one right. */
static void exact_copies(void)
{
	uint64_t state = 17;
	for (size_t i = 0; i < PAPERS_N; i++) {
		for (size_t round = 0; round < 4; round++) {
			struct desk d;
			struct arena a = {0};
			open_desk(&d, papers_file(&a, papers_paths[i]));
			uint16_t *symbols = papers_random(&a, &d.lattice, &state);
			read_leak(&d, papers_copy(&a, &d.lattice, symbols));
			size_t unread = 0, wrong = 0;
			for (size_t p = 0; p < d.lattice.places_n; p++) {
				const struct mark_place *m = &d.places[p];
				unread += m->state != MARK_READ;
				wrong += m->state == MARK_READ && m->symbol != symbols[p];
			}
			CHECK(!unread && !wrong, "%s, round %zu: %zu unread, %zu wrong",
			      papers_paths[i], round, unread, wrong);
			arena_release(&a);
			arena_release(&d.a);
		}
	}
}

/* The writer in mark/ spells the same as the tests' own. */
static void writer(void)
{
	uint64_t state = 19;
	struct arena a = {0};
	struct text_lattice l;
	struct build b = {0};
	struct slice copy;
	papers_lattice(&a, papers_file(&a, papers_paths[0]), &l);
	uint16_t *symbols = papers_random(&a, &l, &state);
	mark_words_write(&l, symbols, &b);
	CHECK(!sr_bad(build_done(&b, &copy)) && slice_eq(copy, papers_copy(&a, &l, symbols)),
	      "the copy");
	build_release(&b);
	arena_release(&a);
}

/* Soft values: 0 for what was read, less for the others, and never below the floor. */
static void soft_values(void)
{
	static const struct {
		const char *why, *leak;
		float want[3];
	} row[] = {
		{"read to the letter", S1, {-MARK_REPLACED_NATS, 0, -MARK_REPLACED_NATS}},
		{"with a slip",
		 "The northern delegation reqested a second meeting before the end of the autumn "
		 "session.",
		 {-MARK_REPLACED_NATS, 0, -MARK_REPLACED_NATS}},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct desk d;
		open_desk(&d, SLICE_LIT(P));
		read_leak(&d, slice_str(row[i].leak));
		const struct mark_place *p = &d.places[0];
		if (CHECK(p->state == MARK_READ && p->loglik, "%s", row[i].why))
			for (size_t k = 0; k < 3; k++)
				CHECK(p->loglik[k] <= 0 && p->loglik[k] >= -MARK_REPLACED_NATS &&
					      (double)p->loglik[k] - (double)row[i].want[k] < 1e-6,
				      "%s: wording %zu: %f", row[i].why, k, (double)p->loglik[k]);
		arena_release(&d.a);
	}
	struct desk d;
	open_desk(&d, SLICE_LIT("The northern delegation {advised|advises} a second meeting before "
				"the end of the session."));
	read_leak(&d, SLICE_LIT("The northern delegation advises a second meeting before the end "
				"of the session."));
	CHECK(d.places[0].state == MARK_READ && d.places[0].loglik[0] == -MARK_SLIP_NATS,
	      "wordings that are one letter apart: a slip could have made one of the other");
	arena_release(&d.a);
}

static void public_texts(void)
{
	static const struct {
		const char *why, *leak, *public, *want;
	} row[] = {
		{"nothing public", S1 S2 S3, "", "101020"},
		{"another text", S1 S2 S3, JUNK, "101020"},
		{"the same text", S1 S2 S3, S1 S2 S3, "xxxxxx"},
		{"one sentence", S1 S2 S3, S2, "10xx20"},
		{"another wording", S1 S2 S3,
		 "The northern delegation demanded a second meeting before the close of the autumn "
		 "session.",
		 "101020"},
		{"one the same, one another", S1 S2 S3,
		 "The northern delegation demanded a second meeting before the end of the autumn "
		 "session.",
		 "1x1020"},
		{"a third wording is doubtful", S1 S2 S3,
		 "The northern delegation wanted a second meeting before the close of the autumn "
		 "session.",
		 "x01020"},
		{"the passage ends with the wording", S1 S2 S3, "The northern delegation requested",
		 "x01020"},
		{"the passage ends just before it: to be on the safe side", S1 S2 S3,
		 "The northern delegation of somewhere else", "x01020"},
		{"the passage begins with the wording", S1 S2 S3, "requested a second meeting",
		 "x01020"},
		{"the passage ends in the middle of a wording", S1 S2 S3,
		 "The northern delegation asked the king", "x01020"},
		{"both wordings are public", S1 S2 S3,
		 S1 JUNK "The northern delegation demanded a second meeting before the close of "
			 "the autumn session.",
		 "xx1020"},
		{"a slip in the public text", S1 S2 S3,
		 "The northern delegation reqested a second meeting before the ennd of the autumn "
		 "session.",
		 "xx1020"},
		{"a place that the leak does not show stays unseen", S1, S1 S2 S3, "xx...."},
		{"the author's own file", S1 S2 S3, P, "xxxxxx"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct desk d;
		char got[64];
		open_desk(&d, SLICE_LIT(P));
		read_leak(&d, slice_str(row[i].leak));
		size_t before = 0, after = 0;
		for (size_t p = 0; p < d.lattice.places_n; p++)
			before += d.places[p].state == MARK_READ;
		size_t supplied = read_public(&d, slice_str(row[i].public));
		for (size_t p = 0; p < d.lattice.places_n; p++)
			after += d.places[p].state == MARK_READ;
		shown(&d, got);
		CHECK(strcmp(got, row[i].want) == 0, "%s: %s, wanted %s", row[i].why, got,
		      row[i].want);
		CHECK(before - after == supplied, "%s: %zu supplied", row[i].why, supplied);
		arena_release(&d.a);
	}
}

/* A release made from a copy erases everything it shares with a leak of the same copy, wherever the
 * release begins and ends. */
static void releases(void)
{
	uint64_t state = 23;
	for (size_t round = 0; round < 60; round++) {
		struct desk d;
		struct arena a = {0};
		struct text_tokens t;
		open_desk(&d, papers_file(&a, papers_paths[round % PAPERS_N]));
		uint16_t *symbols = papers_random(&a, &d.lattice, &state);
		struct slice copy = papers_copy(&a, &d.lattice, symbols);
		struct sr_err e = text_tokens_make(&a, copy, &t);
		assert(!sr_bad(e));
		size_t from = test_random(&state) % (t.n - 60),
		       to = from + 20 + test_random(&state) % 40;
		struct slice release =
			slice_sub(copy, t.at[from].off, t.at[to].off - t.at[from].off);
		read_leak(&d, copy);
		(void)read_public(&d, release);
		/* What the release spells whole, it supplies: places begin where fixed text ends.
		 */
		size_t off = 0;
		for (size_t p = 0; p < d.lattice.places_n; p++) {
			off += d.lattice.fixed[p].len;
			size_t end = off + d.lattice.places[p].wordings[symbols[p]].len;
			bool inside = off >= t.at[from].off && end <= t.at[to].off;
			CHECK(!inside || d.places[p].state != MARK_READ,
			      "seed 23, round %zu: place %zu was public", round, p);
			off = end;
		}
		arena_release(&a);
		arena_release(&d.a);
	}
}

/* Leaks made of excerpts, with words dropped, doubled and exchanged: nothing is read wrongly. */
static void damaged_excerpts(void)
{
	uint64_t state = 29;
	size_t right = 0, wrong = 0;
	for (size_t round = 0; round < 150; round++) {
		struct desk d;
		struct arena a = {0};
		struct build b = {0};
		struct text_tokens t;
		struct slice leak = {0};
		open_desk(&d, papers_file(&a, papers_paths[round % PAPERS_N]));
		uint16_t *symbols = papers_random(&a, &d.lattice, &state);
		struct slice copy = papers_copy(&a, &d.lattice, symbols);
		struct sr_err e = text_tokens_make(&a, copy, &t);
		assert(!sr_bad(e));
		for (size_t piece = 0; piece < 3; piece++) {
			size_t from = test_random(&state) % (t.n - 60);
			for (size_t w = from; w < from + 10 + 15 * piece; w++) {
				uint64_t luck = test_random(&state) % 40;
				size_t use = luck == 0 ? test_random(&state) % t.n : w;
				if (luck != 1)
					build_slice(&b,
						    slice_sub(copy, t.at[use].off, t.at[use].len));
				build_str(&b, luck == 2 ? "-\n" : " ");
				w -= luck == 3;
			}
			build_str(&b, JUNK);
		}
		e = build_done(&b, &leak);
		assert(!sr_bad(e));
		read_leak(&d, leak);
		for (size_t p = 0; p < d.lattice.places_n; p++) {
			right += d.places[p].state == MARK_READ && d.places[p].symbol == symbols[p];
			wrong += d.places[p].state == MARK_READ && d.places[p].symbol != symbols[p];
		}
		build_release(&b);
		arena_release(&a);
		arena_release(&d.a);
	}
	CHECK(!wrong && right > 1100, "seed 29: %zu right, %zu wrong", right, wrong);
}

/* Papers whose sentences repeat, of a few words only: an exact excerpt is read right or not at all.
 */
static void repetitive_papers(void)
{
	static const char *const words[] = {"the", "council", "minister", "talks",   "in",
					    "of",  "met",     "late",     "harbour", "report",
					    "on",  "a",       "old",      "north"};
	enum { WORDS = sizeof words / sizeof *words };
	uint64_t state = 31;
	size_t right = 0, wrong = 0;
	for (size_t round = 0; round < 1500; round++) {
		struct desk d;
		struct arena a = {0};
		struct build b = {0};
		char sentence[4][256] = {{0}};
		for (size_t s = 0; s < 4; s++)
			for (size_t w = 0; w < 9; w++) {
				const char *x = words[test_random(&state) % WORDS];
				const char *y = words[test_random(&state) % WORDS];
				bool place = w % 3 == 1 && x != y;
				size_t used = strlen(sentence[s]);
				(void)snprintf(sentence[s] + used, sizeof sentence[s] - used,
					       place ? "{%s|%s} " : "%s ", x, y);
			}
		for (size_t s = 0; s < 8; s++)
			build_str(&b, sentence[test_random(&state) % 4]);
		struct slice source = {0};
		struct text_tokens t;
		struct sr_err e = build_done(&b, &source);
		open_desk(&d, source);
		uint16_t *symbols = papers_random(&a, &d.lattice, &state);
		struct slice copy = papers_copy(&a, &d.lattice, symbols);
		if (!sr_bad(e))
			e = text_tokens_make(&a, copy, &t);
		assert(!sr_bad(e));
		size_t from = test_random(&state) % (t.n - 30),
		       to = from + 5 + test_random(&state) % 25;
		read_leak(&d, slice_sub(copy, t.at[from].off, t.at[to].off - t.at[from].off));
		for (size_t p = 0; p < d.lattice.places_n; p++) {
			right += d.places[p].state == MARK_READ && d.places[p].symbol == symbols[p];
			wrong += d.places[p].state == MARK_READ && d.places[p].symbol != symbols[p];
		}
		build_release(&b);
		arena_release(&a);
		arena_release(&d.a);
	}
	CHECK(!wrong && right > 1000, "seed 31: %zu right, %zu wrong", right, wrong);
}

/* A paper of 5,000 places, leaked whole, is read whole. */
static void large_paper(void)
{
	struct arena a = {0};
	struct build b = {0};
	struct slice source = {0};
	uint64_t state = 37;
	for (size_t i = 0; i < 5000; i++)
		build_fmt(&b, "word%u of the old {thing%zu|matter%zu} and then %s",
			  (unsigned)(i * 7919 % 4999), i % 97, i % 97, i % 10 ? "" : "\n\n");
	build_str(&b, "the end");
	struct sr_err e = build_done(&b, &source);
	assert(!sr_bad(e));
	struct desk d;
	open_desk(&d, source);
	uint16_t *symbols = papers_random(&a, &d.lattice, &state);
	read_leak(&d, papers_copy(&a, &d.lattice, symbols));
	size_t right = 0;
	for (size_t p = 0; p < d.lattice.places_n; p++)
		right += d.places[p].state == MARK_READ && d.places[p].symbol == symbols[p];
	CHECK(right == 5000, "%zu of 5,000", right);
	build_release(&b);
	arena_release(&a);
	arena_release(&d.a);
}

static void no_memory(void)
{
	for (size_t n = 1, failed = 1; failed; n++) {
		struct arena a = {0};
		struct text_lattice l;
		struct align_graph g;
		struct text_tokens t;
		struct align_result r;
		size_t supplied = 0;
		papers_lattice(&a, SLICE_LIT(P), &l);
		struct mark_place *places = ARENA_ARRAY(&a, l.places_n, struct mark_place);
		assert(places);
		struct sr_err e = text_tokens_make(&a, SLICE_LIT(S1 JUNK S2 S1), &t);
		assert(!sr_bad(e));
		test_alloc_fail_at(n);
		e = align_graph_make(&a, &l, &g);
		if (!sr_bad(e))
			e = align_text(&a, &g, &t, ALIGN_SCORE_LEAK, &r);
		if (!sr_bad(e))
			e = mark_words_read(&a, &g, &t, &r, places);
		if (!sr_bad(e))
			e = mark_words_supplied(&g, &t, &r, places, &supplied);
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu: %d", n,
		      (int)e.code);
		arena_release(&a);
	}
}

/* located writes for each place a sign for why it is erased, or its symbol, and the words where it
 * was seen, as they stand in the leak. */
static void located(const struct desk *d, struct slice leak, const struct text_tokens *t,
		    struct build *out)
{
	static const char sign[] = {
		[MARK_WHY_NONE] = '.',   [MARK_WHY_UNHELD] = 'u',    [MARK_WHY_MISSING] = 'm',
		[MARK_WHY_OTHER] = 'o',  [MARK_WHY_AMBIGUOUS] = 'a', [MARK_WHY_CONTRADICTED] = 'c',
		[MARK_WHY_PUBLIC] = 'p',
	};
	for (size_t i = 0; i < d->lattice.places_n; i++) {
		const struct mark_place *p = &d->places[i];
		CHECK((p->state == MARK_ERASED) == (p->why != MARK_WHY_NONE), "place %zu", i);
		build_str(out, i ? "," : "");
		build_u8(out, p->state == MARK_READ ? (uint8_t)('0' + p->symbol)
						    : (uint8_t)sign[p->why]);
		if (p->from == p->to)
			continue;
		const struct text_token *first = &t->at[p->from], *last = &t->at[p->to - 1];
		build_slice(out, slice_sub(leak, first->off, last->off + last->len - first->off));
	}
}

static void where_and_why(void)
{
	static const struct {
		const char *why, *paper, *leak, *want;
	} row[] = {
		{"read, each in its own words", P, S1 S2,
		 "1requested,0end,1consented,0commission,.,."},
		{"junk before", P, JUNK S2, ".,.,1consented,0commission,.,."},
		{"a slip", P,
		 "Both ministers conzented in writing that the harbour commission would",
		 ".,.,1conzented,0commission,.,."},
		{"no anchor on the left", P,
		 "Both ministers consented in writing ... would publish its report in March.",
		 ".,.,1consented,u,.,."},
		{"a third wording", P,
		 "Both ministers complained in writing that the harbour commission would publish",
		 ".,.,ocomplained,0commission,.,."},
		{"nothing there", P,
		 "Nobody from the old business has ever the eastern valley without a permit.",
		 ".,.,.,.,2business,m"},
		{"far too much there", P,
		 "Nobody from the old business has ever wanted to go and look at the eastern "
		 "valley without a permit.",
		 ".,.,.,.,2business,owanted to go and look at"},
		{"seen twice, two wordings", P,
		 S2 JUNK
		 "Both ministers agreed in writing that the harbour commission would publish "
		 "its report in March.",
		 ".,.,cconsented,0commission,.,."},
		{"between two wordings",
		 "Seven witnesses heard the {foreign minister Keller|foreign minister Kellen} "
		 "speak "
		 "at length about the harbour.",
		 "Seven witnesses heard the foreign minister Keller speak at length about the "
		 "harbour.",
		 "0foreign minister Keller"},
		{"as near to one as to the other",
		 "Seven witnesses heard the {foreign minister Keller|foreign minister Kellen} "
		 "speak "
		 "at length about the harbour.",
		 "Seven witnesses heard the foreign minister Kelleq speak at length about the "
		 "harbour.",
		 "aforeign minister Kelleq"},
		{"neighbours share two anchors, each has its own words",
		 "The old harbour {master|warden} {often|seldom} {spoke|wrote} to the northern "
		 "delegation.",
		 "The old harbour warden often wrote to the northern delegation.",
		 "1warden,0often,1wrote"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct desk d;
		struct text_tokens t;
		struct build got = {0};
		open_desk(&d, slice_str(row[i].paper));
		read_leak(&d, slice_str(row[i].leak));
		struct sr_err e = text_tokens_make(&d.a, slice_str(row[i].leak), &t);
		CHECK(!sr_bad(e), "%s", row[i].why);
		located(&d, slice_str(row[i].leak), &t, &got);
		build_u8(&got, 0);
		CHECK(strcmp((const char *)got.ptr, row[i].want) == 0, "%s: %s, wanted %s",
		      row[i].why, (const char *)got.ptr, row[i].want);
		build_release(&got);
		arena_release(&d.a);
	}
}

/* A place keeps the text where it was seen first, and learns which public text took it away. */
static void of_which_text(void)
{
	struct desk d;
	struct text_tokens t;
	struct align_result r;
	size_t supplied = 0;
	open_desk(&d, SLICE_LIT(P));
	for (uint32_t i = 0; i < 3; i++) {
		struct slice part = i == 0 ? SLICE_LIT(S1) : i == 1 ? SLICE_LIT(S2) : SLICE_LIT(S1);
		struct sr_err e = text_tokens_make(&d.a, part, &t);
		if (!sr_bad(e))
			e = align_text(&d.a, &d.graph, &t, ALIGN_SCORE_LEAK, &r);
		r.text = 5 + i;
		if (!sr_bad(e))
			e = mark_words_read(&d.a, &d.graph, &t, &r, d.places);
		CHECK(!sr_bad(e), "%s", e.what);
	}
	CHECK(d.places[0].text == 5 && d.places[2].text == 6, "%u, %u", d.places[0].text,
	      d.places[2].text);
	struct mark_place before = d.places[2];
	struct sr_err e = text_tokens_make(&d.a, SLICE_LIT(S2), &t);
	if (!sr_bad(e))
		e = align_text(&d.a, &d.graph, &t, ALIGN_SCORE_PUBLIC, &r);
	r.text = 3;
	if (!sr_bad(e))
		e = mark_words_supplied(&d.graph, &t, &r, d.places, &supplied);
	CHECK(!sr_bad(e) && supplied == 2, "%zu", supplied);
	const struct mark_place *p = &d.places[2];
	CHECK(p->why == MARK_WHY_PUBLIC && p->public_text == 3, "%d, %u", (int)p->why,
	      p->public_text);
	CHECK(p->text == before.text && p->from == before.from && p->to == before.to, "where");
	CHECK(d.places[0].state == MARK_READ, "another sentence");
	arena_release(&d.a);
}

/* Groups: places 0, 3 and 4 share a symbol. In the sentences Gn_k place 0, 3 or 4 has wording k. */
#define GROUPS                                                                                     \
	"The northern delegation {#ask|asked for|requested} a second meeting before the "          \
	"{end|close} of the autumn session.\n\nBoth ministers {agreed|consented} in writing when " \
	"the harbour commission {#ask|wanted|demanded} a public report in March.\n\nNobody from "  \
	"the old company {#ask|pleaded for|insisted on} the eastern valley without a "             \
	"{permit|licence} from the ministry of works."
#define G1(asked)                                                                                  \
	"The northern delegation " asked " a second meeting before the end of the autumn "         \
	"session. "
#define G2(asked)                                                                                  \
	"Both ministers consented in writing when the harbour commission " asked " a public "      \
	"report in March. "
#define G3(asked)                                                                                  \
	"Nobody from the old company " asked " the eastern valley without a permit from the "      \
	"ministry of works. "
#define G1_0 G1("asked for")
#define G1_1 G1("requested")
#define G2_0 G2("wanted")
#define G2_1 G2("demanded")
#define G3_0 G3("pleaded for")
#define G3_1 G3("insisted on")

/* join_desk gives what is known of the symbols after what was read. */
static struct mark_place *join_desk(struct desk *d)
{
	struct mark_place *places = ARENA_ARRAY(&d->a, d->lattice.places_n, struct mark_place);
	assert(places);
	struct sr_err e = mark_words_join(&d->a, &d->lattice, d->places, places);
	CHECK(!sr_bad(e), "%s", e.what);
	return places;
}

static void groups(void)
{
	static const struct {
		const char *why, *leak[3], *public, *want;
		enum mark_why erased; /* why place 0 is, NONE: it is not */
		uint32_t spot;        /* where it was seen */
	} row[] = {
		{"nothing of it", {JUNK}, "", "......", MARK_WHY_NONE, 0},
		{"the first place", {G1_1}, "", "10....", MARK_WHY_NONE, 0},
		{"the second place alone", {G2_1}, "", "1.1...", MARK_WHY_NONE, 3},
		{"the third place alone", {G3_0}, "", "0....0", MARK_WHY_NONE, 4},
		{"all three, counted once",
		 {G1_1 JUNK G2_1 JUNK G3_1},
		 "",
		 "101..0",
		 MARK_WHY_NONE,
		 0},
		{"in another order", {G3_1 JUNK G1_1}, "", "10...0", MARK_WHY_NONE, 4},
		{"in several texts", {G2_1, G1_1}, "", "101...", MARK_WHY_NONE, 3},
		{"twice the same place", {G2_1, G2_1}, "", "1.1...", MARK_WHY_NONE, 3},
		{"two contradict each other",
		 {G1_1 JUNK G2_0},
		 "",
		 "x01...",
		 MARK_WHY_CONTRADICTED,
		 0},
		{"and the other way round",
		 {G1_0 JUNK G2_1},
		 "",
		 "x01...",
		 MARK_WHY_CONTRADICTED,
		 0},
		{"in different texts", {G3_1, G2_0}, "", "x.1..0", MARK_WHY_CONTRADICTED, 4},
		{"two against one", {G1_1, G2_0, G3_1}, "", "x01..0", MARK_WHY_CONTRADICTED, 0},
		{"one place contradicts itself",
		 {G2_1, G2_0, G3_1},
		 "",
		 "x.1..0",
		 MARK_WHY_CONTRADICTED,
		 3},
		{"one reworded, one read",
		 {G1("begged for") JUNK G3_1},
		 "",
		 "10x..0",
		 MARK_WHY_NONE,
		 4},
		{"one read, one reworded",
		 {G1_1 JUNK G3("drove through")},
		 "",
		 "10x..0",
		 MARK_WHY_NONE,
		 0},
		{"all reworded",
		 {G1("begged for") JUNK G3("drove through")},
		 "",
		 "x0x..0",
		 MARK_WHY_OTHER,
		 0},
		{"another wording of the group is none of the place",
		 {G1("demanded")},
		 "",
		 "x0....",
		 MARK_WHY_OTHER,
		 0},
		{"a public text with the same place", {G1_1}, G1_1, "xx....", MARK_WHY_PUBLIC, 0},
		{"a public text with another place", {G1_1}, G2_1, "x0....", MARK_WHY_PUBLIC, 0},
		{"a public text with another wording there",
		 {G1_1},
		 G2_0,
		 "10....",
		 MARK_WHY_NONE,
		 0},
		{"one that cannot be read there",
		 {G1_1},
		 G2("hoped to get"),
		 "x0....",
		 MARK_WHY_PUBLIC,
		 0},
		{"one of two", {G1_1}, G2_0 JUNK G3_1, "x0....", MARK_WHY_PUBLIC, 0},
		{"and the other way round", {G1_1}, G2_1 JUNK G3_0, "x0....", MARK_WHY_PUBLIC, 0},
		{"a public text of all three with other wordings",
		 {G1_1 JUNK G3_1},
		 G1_0 JUNK G2_0 JUNK G3_0,
		 "1xx..x",
		 MARK_WHY_NONE,
		 0},
		{"a public text of something else", {G1_1}, JUNK, "10....", MARK_WHY_NONE, 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct desk d;
		char got[64];
		open_desk(&d, SLICE_LIT(GROUPS));
		for (size_t k = 0; k < 3 && row[i].leak[k]; k++) {
			struct text_tokens t;
			struct align_result r;
			struct sr_err e = text_tokens_make(&d.a, slice_str(row[i].leak[k]), &t);
			if (!sr_bad(e))
				e = align_text(&d.a, &d.graph, &t, ALIGN_SCORE_LEAK, &r);
			r.text = (uint32_t)k;
			if (!sr_bad(e))
				e = mark_words_read(&d.a, &d.graph, &t, &r, d.places);
			CHECK(!sr_bad(e), "%s: %s", row[i].why, e.what);
		}
		d.places = join_desk(&d);
		(void)read_public(&d, slice_str(row[i].public));
		shown(&d, got);
		CHECK(strcmp(got, row[i].want) == 0, "%s: %s, wanted %s", row[i].why, got,
		      row[i].want);
		CHECK(d.places[0].why == row[i].erased, "%s: erased because of %d", row[i].why,
		      (int)d.places[0].why);
		CHECK(d.places[0].spot == row[i].spot, "%s: seen at place %u", row[i].why,
		      d.places[0].spot);
		arena_release(&d.a);
	}
}

/* Of two readings that agree the surer counts, and neither of them changes. */
static void surest_of_a_group(void)
{
	struct desk d;
	open_desk(&d, SLICE_LIT(GROUPS));
	read_leak(&d, SLICE_LIT(G1("reqested") JUNK G2_1));
	const struct mark_place *slip = &d.places[0], *sure = &d.places[3];
	if (!CHECK(slip->state == MARK_READ && sure->state == MARK_READ, "both are read"))
		return;
	float first = slip->loglik[0], second = sure->loglik[0];
	const struct mark_place *both = join_desk(&d);
	float least = first < second ? first : second;
	CHECK(both[0].loglik[0] == least && both[0].loglik[1] == 0, "%f and %f: %f", (double)first,
	      (double)second, (double)both[0].loglik[0]);
	CHECK(slip->loglik[0] == first && sure->loglik[0] == second, "what was read there");
	CHECK(both[3].state == MARK_UNSEEN && both[4].state == MARK_UNSEEN, "counted once");
	arena_release(&d.a);
}

static void no_memory_for_groups(void)
{
	for (size_t n = 1, failed = 1; failed; n++) {
		struct desk d;
		open_desk(&d, SLICE_LIT(GROUPS));
		read_leak(&d, SLICE_LIT(G1_1 JUNK G2_1 JUNK G3_1));
		struct mark_place *out = ARENA_ARRAY(&d.a, 6, struct mark_place);
		assert(out);
		struct arena own = {0};
		test_alloc_fail_at(n);
		struct sr_err e = mark_words_join(&own, &d.lattice, d.places, out);
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu: %d", n,
		      (int)e.code);
		arena_release(&own);
		arena_release(&d.a);
	}
}

int main(void)
{
	test_run("the writer", writer);
	test_run("exact copies of all papers", exact_copies);
	test_run("leaks of every kind", leaks);
	test_run("places that touch or hang on letters", close_places);
	test_run("sentences that stand twice", ambiguous);
	test_run("papers with nothing to hold on to", edges);
	test_run("soft values", soft_values);
	test_run("damaged excerpts: nothing wrong", damaged_excerpts);
	test_run("repetitive papers: nothing wrong", repetitive_papers);
	test_run("public texts", public_texts);
	test_run("releases made from the copy", releases);
	test_run("5,000 places", large_paper);
	test_run("where a place was seen, and why it cannot be used", where_and_why);
	test_run("of which text", of_which_text);
	test_run("groups: places that share a symbol", groups);
	test_run("the surest reading of a group", surest_of_a_group);
	test_run("no memory for groups", no_memory_for_groups);
	test_run("no memory", no_memory);
	return test_done();
}
