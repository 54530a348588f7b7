/* SPDX-License-Identifier: Apache-2.0 */
/* vary/: language packs, and where they find places. The linguist's own test sentences are run;
 * then tables of where nothing may change, and of wordings that a reader would stumble over. */
#include "papers.h"
#include "text_fold.h"
#include "vary.h"

/* A small pack for the tables: about/around before numbers, and words with awkward articles. */
static const char small_pack[] = "quote \" \"\n"
				 "quote \xe2\x80\x9c \xe2\x80\x9d\n"
				 "quote \xe2\x80\x9e \xe2\x80\x9c\n"
				 "quote \xc2\xab \xc2\xbb\n"
				 "quote \xc2\xbb \xc2\xab\n"
				 "quote ' '\n"
				 "quote \xe2\x80\x98 \xe2\x80\x99\n"
				 "class number #digits two $\n"
				 "agree a an\n"
				 "\tsecond a* e* i* o*\n"
				 "\tdoubt u* h*\n"
				 "about: quant x <> about | around\n"
				 "\tright #number\n"
				 "envoy: noun x <> envoy | delegate\n"
				 "hourly: adj x <> frequent | hourly\n"
				 "useful: adj x <> useful | upsetting | valuable\n"
				 "often: adv x <> often | frequently\n"
				 "since: conn x <> since then | ever since\n"
				 "brace: noun x <> bracket | brace|\n"
				 "moreover: conn x <> moreover, | furthermore,\n"
				 "\tat start\n"
				 "entire: adj x > entire | whole\n"
				 "\tleft the\n";

struct heard {
	size_t errors;
	uint32_t line; /* of the last */
	char text[512];
};

static void hear(void *user, const struct sr_note *n)
{
	struct heard *h = user;
	h->errors++;
	h->line = n->line;
	(void)snprintf(h->text, sizeof h->text, "%u:%u %s", n->line, n->col, n->text);
}

/* A paper, the pack's places in it, and the lattice. */
struct found {
	struct arena a;
	struct vary_pack pack;
	struct text_paper paper;
	struct vary_found found;
	struct text_lattice lattice;
};

static struct sr_err try_find(struct found *f, struct slice pack, struct slice source)
{
	const struct vary_source file = {"small.pack", pack};
	SR_TRY(vary_pack_make(&f->a, &file, 1, NULL, &f->pack));
	SR_TRY(text_paper_parse(&f->a, source, NULL, &f->paper));
	const struct vary_request q = {.pack = &f->pack, .paper = &f->paper};
	SR_TRY(vary_find(&f->a, &q, &f->found));
	return vary_lattice(&f->a, &f->paper, f->found.places, f->found.places_n, &f->lattice);
}

static void find(struct found *f, struct slice pack, struct slice source)
{
	*f = (struct found){0};
	struct sr_err e = try_find(f, pack, source);
	CHECK(!sr_bad(e), "%.*s: %s", (int)source.len, (const char *)source.ptr, e.what);
}

/* written returns the source with the places written out. */
static struct slice written(struct found *f, struct build *b)
{
	struct slice out = {0};
	build_reset(b);
	vary_write_source(&f->paper, f->found.places, f->found.places_n, b);
	struct sr_err e = build_done(b, &out);
	assert(!sr_bad(e));
	return out;
}

/* check_promises: what vary.h says of every place found. */
static bool check_promises(const struct found *f)
{
	bool good = true;
	const struct vary_place *at = f->found.places;
	for (size_t i = 0; i < f->found.places_n; i++) {
		const struct vary_place *p = &at[i];
		good = good && p->len > 0 && p->off + p->len <= f->paper.plain.len;
		good = good && (!i || at[i - 1].off + at[i - 1].len < p->off);
		good = good && p->place.wordings_n >= 2 && p->place.origin == TEXT_ORIGIN_AUTOMATIC;
		good = good &&
		       slice_eq(p->place.wordings[0], slice_sub(f->paper.plain, p->off, p->len));
		for (size_t k = 0; k < f->paper.places_n; k++) {
			const struct text_paper_place *q = &f->paper.places[k];
			good = good && (q->off + q->len < p->off || p->off + p->len < q->off);
		}
		struct sr_err e =
			text_wordings_check(p->place.wordings, p->place.wordings_n, NULL, 1, 1);
		good = good && !sr_bad(e);
	}
	return good;
}

/* finds tells whether source with its places written out reads like want. */
static void finds(const char *why, const char *pack, struct slice source, const char *want)
{
	struct found f;
	struct build b = {0};
	find(&f, slice_str(pack), source);
	struct slice got = written(&f, &b);
	CHECK(slice_eq(got, slice_str(want)), "%s: [%.*s], wanted [%s]", why, (int)got.len,
	      (const char *)got.ptr, want);
	CHECK(check_promises(&f), "%s: a promise is broken", why);
	build_release(&b);
	arena_release(&f.a);
}

struct row {
	const char *why;
	const char *source, *want;
};

static void table(const struct row *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		finds(row[i].why, small_pack, slice_str(row[i].source), row[i].want);
}

/* A table of texts in which nothing may be found: reason, text. */
static void nothing(const char *const (*row)[2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		finds(row[i][0], small_pack, slice_str(row[i][1]), row[i][1]);
}

static void malformed_packs(void)
{
	static const struct {
		const char *why, *pack;
		uint32_t line; /* 0: it is good */
	} row[] = {
		{"empty", "", 0},
		{"remarks and blank lines", "# a\n\n#b c\n  \n", 0},
		{"an entry, no line end", "id: c x <> a | b", 0},
		{"CRLF", "id: c x <> a | b\r\nie: c x > a | b\r\n\tat start\r\n", 0},
		{"every kind of line", small_pack, 0},
		{"one field", "# x\nid:\n", 2},
		{"no colon", "id c x <> a | b\n", 1},
		{"no id", ": c x <> a | b\n", 1},
		{"a direction that is none", "id: c x < a | b\n", 1},
		{"a part of speech that is none", "id: c v <> a | b\n", 1},
		{"one wording", "id: c x <> a\n", 1},
		{"bars without blanks", "id: c x <> a|b\n", 1},
		{"an empty wording", "id: c x <> a |  | b\n", 1},
		{"braces in a wording", "id: c x <> a | {b\n", 1},
		{"the same when folded", "id: c x <> co-op | coop\n", 1},
		{"an unknown guard", "ok: c x <> a | b\nid: c x <> a | b\n\tup c\n", 3},
		{"a guard without a pattern", "id: c x <> a | b\n\tleft\n", 2},
		{"not what", "id: c x <> a | b\n\tnot now c\n", 2},
		{"a name in a guard", "id: c x <> a | b\n\tleft X=c\n", 2},
		{"two words in an item", "id: c x <> a | b\n\tleft c_d\n", 2},
		{"at what", "id: c x <> a | b\n\tat end\n", 2},
		{"a link of two words", "id: c x <> a | b\n\tlink W O\n", 2},
		{"a tier that is none", "id: c x <> a | b\n\ttier 1\n", 2},
		{"as what", "id: c x <> a | b\n\tas id\n", 2},
		{"as what stands below", "id: c x <> a | b\n\tas ie\nie: c x <> a | b\n", 2},
		{"as behind a guard", "ie: c x <> a | b\nid: c x <> a | b\n\tat start\n\tas ie\n", 4},
		{"a test without a sentence", "id: c x <> a | b\n\t+ \n", 2},
		{"indented, nothing above", "\tleft c\n", 1},
		{"indented below a class", "class k c\n\tleft c\n", 2},
		{"a rule without find", "id: c rule\n\twrite a\n", 2},
		{"a rule without write", "id: c rule\n\tfind a\n", 2},
		{"find outside a rule", "id: c x <> a | b\n\tfind c\n", 2},
		{"a long name in find", "id: c rule\n\tfind ABC=a\n", 2},
		{"a class of marks", "class k ,\n", 1},
		{"a class without words", "class k\n", 1},
		{"forms of nothing", "forms v base\n", 1},
		{"too few forms", "pos v first\nforms v base past\ninflect v go\n", 3},
		{"a word without forms",
		 "pos v first\nforms v base past\ninflect v go went\nid: c v <> go | walk\n", 4},
		{"an abbreviation without its stop", "abbreviation Mr\n", 1},
		{"half a pair of quotation marks", "quote \"\n", 1},
		{"not UTF-8", "\nid: c x <> a | \xe9t\xe9\n", 2},
		{"good after bad", "id\nie: c x <> a | b\n", 1},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct vary_pack pack;
		struct heard h = {0};
		struct sr_sink sink = {hear, &h, NULL};
		const struct vary_source file = {"x.pack", slice_str(row[i].pack)};
		struct sr_err e = vary_pack_make(&a, &file, 1, &sink, &pack);
		CHECK(e.code == (row[i].line ? SR_E_INPUT : SR_OK), "%s: %d %s", row[i].why,
		      (int)e.code, h.text);
		CHECK((row[i].line ? h.errors >= 1 : !h.errors) && h.line == row[i].line,
		      "%s: %zu, %s", row[i].why, h.errors, h.text);
		arena_release(&a);
	}
}

static void ordinary(void)
{
	static const struct row row[] = {
		{"a place", "It costs about 40 million.", "It costs {about|around} 40 million."},
		{"number words", "It took about two years.", "It took {about|around} two years."},
		{"a currency", "It costs about $40.", "It costs {about|around} $40."},
		{"over a line end", "Nothing has moved since\nthen at all.",
		 "Nothing has moved {since\nthen|ever since} at all."},
		{"capital at the start of a sentence", "It ended. Often he came.",
		 "It ended. {Often|Frequently} he came."},
		{"a sign at the end of a wording", "It ended. Moreover, he came.",
		 "It ended. {Moreover,|Furthermore,} he came."},
		{"the longest wording wins, both fit", "It has since then been quiet.",
		 "It has {since then|ever since} been quiet."},
		{"escapes survive", "A \\{ and the envoy \\} came.",
		 "A \\{ and the {envoy|delegate} \\} came."},
		{"braces in a wording are escaped", "The old bracket is here.",
		 "The old {bracket|brace\\|} is here."},
		{"two without a word between them become one", "The envoy often came.",
		 "The {envoy often|envoy frequently|delegate often|delegate frequently} came."},
		{"two, two words between them", "The envoy has very often come.",
		 "The {envoy|delegate} has very {often|frequently} come."},
		{"beside an author's place", "The {old|aged} and envoy often came.",
		 "The {old|aged} and {envoy often|envoy frequently|delegate often|delegate "
		 "frequently} came."},
	};
	table(row, sizeof row / sizeof *row);
}

static void protected_zones(void)
{
	static const char *const row[][2] = {
		{"straight quotes", "He said \"it costs about 40 now\" to us."},
		{"curly quotes", "He said \xe2\x80\x9cit costs about 40 now\xe2\x80\x9d to us."},
		{"low quotes", "He said \xe2\x80\x9eit costs about 40 now\xe2\x80\x9c to us."},
		{"guillemets", "He said \xc2\xabit costs about 40 now\xc2\xbb to us."},
		{"guillemets, the other way",
		 "He said \xc2\xbbit costs about 40 now\xc2\xab to us."},
		{"single curly quotes",
		 "He said \xe2\x80\x98it costs about 40 now\xe2\x80\x99 to us."},
		{"single curly quotes with an apostrophe inside",
		 "He said \xe2\x80\x98the state\xe2\x80\x99s port costs about 40 now\xe2\x80\x99 "
		 "to us."},
		{"single straight quotes", "He said 'it costs about 40 now' to us."},
		{"single straight quotes with an apostrophe inside",
		 "He said 'the state's port costs about 40 now' to us."},
		{"a quotation over a line end", "He said \"it costs\nabout 40 now\" to us."},
		{"a quotation that never ends", "He said \"it costs about 40 now."},
		{"a quotation of several paragraphs",
		 "He said \xe2\x80\x9cit is.\n\n\xe2\x80\x9cIt costs about 40 now.\xe2\x80\x9d "
		 "Yes."},
		{"code", "Type `costs about 40 now` and go."},
		{"fenced code", "Text.\n```\nit costs about 40 now\n```\nMore."},
		{"fenced code, tildes", "Text.\n~~~ c\nit costs about 40 now\n~~~\nMore."},
		{"a fence that never ends", "Text.\n```\nit costs about 40 now\n\nabout 40 x"},
		{"indented code", "Text.\n\n    it costs about 40 now\n"},
		{"a tab", "Text.\n\n\tit costs about 40 now\n"},
		{"heading", "# It costs about 40 now\n"},
		{"underlined heading", "It costs about 40 now\n=====\n"},
		{"underlined heading, dashes", "It costs about 40 now\n-----\n"},
		{"quotation block", "> It costs about 40 now\n"},
		{"lazy line of a quotation block", "> He said that\nit costs about 40 now.\n"},
		{"table", "| it costs | about 40 | now |\n"},
		{"table without outer bars",
		 "a | b | c\n--- | --- | ---\nit costs | about 40 | now\n"},
		{"link target", "See [it](costs about 40 now) there."},
		{"address", "See https://example.org/about/40/x there."},
		{"address without a scheme", "See www.example.org/about/40/x there."},
		{"address of a mail", "Write to the.envoy@example.org now."},
		{"path", "It is in /srv/envoy/x now."},
		{"tag", "It <b title=\"costs about 40\">is</b> there."},
		{"HTML block", "<p>it costs about 40 now</p>\n"},
		{"front matter", "---\ntitle: it costs about 40 now\n---\nText."},
	};
	nothing(row, sizeof row / sizeof *row);
	finds("behind a quotation", small_pack,
	      SLICE_LIT("He said \"yes\" to about 40 of us and \xe2\x80\x98no\xe2\x80\x99 to the "
			"envoy there."),
	      "He said \"yes\" to {about|around} 40 of us and \xe2\x80\x98no\xe2\x80\x99 to the "
	      "{envoy|delegate} there.");
	finds("an apostrophe is no quotation", small_pack,
	      SLICE_LIT("The state's offer costs about 40 now."),
	      "The state's offer costs {about|around} 40 now.");
	finds("the next paragraph is free", small_pack,
	      SLICE_LIT(
		      "He said \"no.\n\nIt costs about 40 now.\n\n> Quoted\n\nThe old envoy came."),
	      "He said \"no.\n\nIt costs {about|around} 40 now.\n\n> Quoted\n\nThe old "
	      "{envoy|delegate} came.");
}

static void left_alone(void)
{
	static const char *const row[][2] = {
		{"a bracket is between", "It costs about (40) now."},
		{"the first word", "about 40 came."},
		{"the last word", "The old envoy"},
		{"the last word, full stop", "The old envoy.\n\nNext."},
		{"the first word of a paragraph", "Text here.\n\nOften he came."},
		{"a name", "We met Envoy Smith there."},
		{"capitals", "WE MET THE ENVOY THERE."},
		{"part of a word", "The envoys and the envoy's men and an envoy-general."},
		{"part of a word, curly", "The old envoy\xe2\x80\x99s men came."},
		{"touching an author's place", "The {old|aged} envoy came."},
		{"touching an author's place behind", "The old envoy {came|went} in."},
		{"glued to an author's place", "It is a {non|semi}envoy matter {so|that} we know."},
		{"inside an author's place", "The {old envoy came|new one} in."},
		{"the number is in the next sentence", "We know what it is about. 40 people came."},
		{"the number is behind a comma", "We know what it is about, 40 or not."},
		{"the number is in the next paragraph", "What it is about\n\n40 people"},
		{"only the first wording is found", "It binds the whole region."},
		{"the word before is another", "It binds an entire region."},
		{"an article of which it is not known", "It is a frequent matter."},
		{"the new wording stands close by", "A delegate met the envoy of the town."},
		{"the new wording stands in an author's place close by",
		 "The {delegate|minister} has met the envoy of the town."},
		{"it stands there as another wording",
		 "The {minister|delegate} has met the envoy of the town."},
	};
	nothing(row, sizeof row / sizeof *row);
	finds("an article before u", small_pack, SLICE_LIT("It is a useful matter."),
	      "It is a {useful|valuable} matter.");
	finds("an article that changes", small_pack,
	      SLICE_LIT("It was an envoy of the {town|city}."),
	      "It was {an envoy|a delegate} of the {town|city}.");
	finds("an article that fits both", small_pack, SLICE_LIT("It is a frequent envoy matter."),
	      "It is a frequent {envoy|delegate} matter.");
	finds("the same word twice in a sentence: together", small_pack,
	      SLICE_LIT("He has often been there and has often come back."),
	      "He has {#s1|often|frequently} been there and has {#s1|often|frequently} come back.");
}

/* Writing the places out and parsing the result again gives the same lattice. */
static void same_again(const char *why, struct slice pack, struct slice source)
{
	struct found f, g;
	struct build b = {0};
	find(&f, pack, source);
	struct slice out = written(&f, &b);
	find(&g, (struct slice){0}, out);
	CHECK(check_promises(&f), "%s", why);
	bool good = f.lattice.places_n == g.lattice.places_n;
	for (size_t i = 0; good && i <= f.lattice.places_n; i++) {
		good = slice_eq(f.lattice.fixed[i], g.lattice.fixed[i]);
		if (i == f.lattice.places_n)
			break;
		const struct text_place *p = &f.lattice.places[i], *q = &g.lattice.places[i];
		good = good && p->wordings_n == q->wordings_n;
		for (uint32_t k = 0; good && k < p->wordings_n; k++)
			good = slice_eq(p->wordings[k], q->wordings[k]);
	}
	CHECK(good, "%s: %zu places, %zu again: %.*s", why, f.lattice.places_n, g.lattice.places_n,
	      (int)(out.len < 400 ? out.len : 400), (const char *)out.ptr);
	build_release(&b);
	arena_release(&f.a);
	arena_release(&g.a);
}

static void write_and_parse(void)
{
	static const char *const sources[] = {
		"",
		"\\{",
		"The \\{old\\} envoy \\\\ came about 40 \\| times {a\\|b|c} and since\nthen too.",
		"\xef\xbb\xbfThe old envoy came.",
		"A \\\\{x|y} the old bracket of it\\\\",
	};
	static const char *const more[] = {"test/corpus/drafts/d1.md", "test/corpus/drafts/d2.md",
					   "test/corpus/drafts/d3.md", "test/corpus/junk/j1.txt",
					   "test/corpus/junk/j2.txt"};
	struct arena a = {0};
	struct build b = {0};
	struct slice pack = {0};
	build_slice(&b, papers_file(&a, "data/en/language.pack"));
	build_slice(&b, papers_file(&a, "data/en/propose.pack"));
	struct sr_err e = build_done(&b, &pack);
	CHECK(!sr_bad(e), "built");
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		same_again(sources[i], slice_str(small_pack), slice_str(sources[i]));
		same_again(sources[i], pack, slice_str(sources[i]));
	}
	for (size_t i = 0; i < PAPERS_N; i++)
		same_again(papers_paths[i], pack, papers_file(&a, papers_paths[i]));
	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		same_again(more[i], pack, papers_file(&a, more[i]));
	build_release(&b);
	arena_release(&a);
}

/* Random texts of words that the pack knows, marks and line ends. */
static void random_texts(void)
{
	enum { ROUNDS = 1500, LEN = 300 };
	static const char *const pieces[] = {"about ",  "40 ",      "envoy ",       "Often ",
					     "often, ", "since\n",  "then ",        "the ",
					     "a ",      "useful ",  "{a|b} ",       "{often|x}",
					     "\\{",     "\\\\",     "\"",           "'",
					     "`",       "\n",       "\n\n",         "> ",
					     "# ",      "- ",       "| ",           "<",
					     ">",       "bracket ", "entire ",      "moreover, ",
					     ". ",      "\xc2\xab", "\xe2\x80\x98", "\xe2\x80\x99",
					     "://",     "](",       "---\n",        "```\n",
					     "x@y "};
	uint64_t state = 13;
	for (size_t i = 0; i < ROUNDS; i++) {
		char buf[LEN + 16];
		size_t n = 0, want = test_random(&state) % LEN;
		while (n < want) {
			const char *p =
				pieces[test_random(&state) % (sizeof pieces / sizeof *pieces)];
			size_t k = strlen(p);
			memcpy(buf + n, p, k);
			n += k;
		}
		buf[n] = 0;
		same_again(buf, slice_str(small_pack), slice_make(buf, n));
	}
}

static void no_memory(void)
{
	static const char source[] =
		"The old envoy \\{ has {a|b} often been there, about 40 times.";
	for (size_t n = 1, failed = 1; failed; n++) {
		struct found f = {0};
		struct build b = {0};
		struct slice out;
		test_alloc_fail_at(n);
		struct sr_err e = try_find(&f, slice_str(small_pack), slice_str(source));
		if (!sr_bad(e)) {
			vary_write_source(&f.paper, f.found.places, f.found.places_n, &b);
			e = build_done(&b, &out);
		}
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(!failed || e.code == SR_E_NOMEM, "allocation %zu: %d", n, (int)e.code);
		CHECK(failed || !sr_bad(e), "without a fault: %d", (int)e.code);
		build_release(&b);
		arena_release(&f.a);
	}
}

int main(void)
{
	test_run("malformed packs, with the line", malformed_packs);
	test_run("places that are found", ordinary);
	test_run("where nothing may change", protected_zones);
	test_run("wordings that a reader would stumble over", left_alone);
	test_run("written out and parsed again", write_and_parse);
	test_run("random texts, written out and parsed again", random_texts);
	test_run("no memory", no_memory);
	return test_done();
}
