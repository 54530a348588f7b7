/* SPDX-License-Identifier: Apache-2.0 */
/* text/: the author's syntax, every error with its line and column, and the lattice's bytes. */
#include "papers.h"
#include "text_fold.h"

/* What the sink heard in one call. */
struct heard {
	size_t errors, warnings;
	char text[4096]; /* "3:1 words", 0x1f, of each note */
};

static void hear(void *user, const struct sr_note *n)
{
	struct heard *h = user;
	h->errors += n->level == SR_ERROR;
	h->warnings += n->level == SR_WARNING;
	size_t used = strlen(h->text);
	(void)snprintf(h->text + used, sizeof h->text - used, "%u:%u %s\x1f", n->line, n->col,
		       n->text);
}

static struct sr_err parse(struct arena *a, struct slice source, struct heard *h,
			   struct text_paper *out)
{
	*h = (struct heard){0};
	struct sr_sink sink = {hear, h, "paper.md"};
	return text_paper_parse(a, source, &sink, out);
}

static void put(char *out, size_t len, const char *sep, struct slice s)
{
	size_t used = strlen(out);
	(void)snprintf(out + used, len - used, "%s%.*s", sep, (int)s.len, (const char *)s.ptr);
}

/* render writes fixed text and wordings: fixed<a/b>fixed. */
static void render(const struct text_lattice *l, char *out, size_t len)
{
	out[0] = 0;
	for (size_t i = 0; i < l->places_n; i++) {
		put(out, len, "", l->fixed[i]);
		for (uint32_t k = 0; k < l->places[i].wordings_n; k++)
			put(out, len, k ? "/" : "<", l->places[i].wordings[k]);
		put(out, len, "", SLICE_LIT(">"));
	}
	put(out, len, "", l->fixed[l->places_n]);
}

#define ROW(why, source, want)                                                                     \
	{                                                                                          \
		why, SLICE_LIT(source), want                                                       \
	}

static void understood(void)
{
	const struct {
		const char *why;
		struct slice source;
		const char *want;
	} row[] = {
		ROW("no text", "", ""),
		ROW("no place", "Plain.", "Plain."),
		ROW("a place", "He {asked|begged} us.", "He <asked/begged> us."),
		ROW("three wordings", "{a|b|c}", "<a/b/c>"),
		ROW("several words", "to {ask for|request this} now",
		    "to <ask for/request this> now"),
		ROW("beginning and end", "{a|b} x {c|d}", "<a/b> x <c/d>"),
		ROW("adjacent", "{a|b}{c|d}", "<a/b><c/d>"),
		ROW("glued", "{talk|debate}s, co-{operate|ordinate}",
		    "<talk/debate>s, co-<operate/ordinate>"),
		ROW("escapes in fixed text", "\\{a\\|b\\}\\\\", "{a|b}\\"),
		ROW("escapes in wordings", "{a\\|b|\\{c\\}|d\\\\e}", "<a|b/{c}/d\\e>"),
		ROW("a bar outside a place is a bar", "a|b", "a|b"),
		ROW("other backslashes stay", "\\n \\* \\", "\\n \\* \\"),
		ROW("an escaped backslash before a brace", "\\\\{a|b}", "\\<a/b>"),
		ROW("a backslash at the end of a wording", "{a\\\\|b}", "<a\\/b>"),
		ROW("in a heading", "# The {plan|idea}\n", "# The <plan/idea>\n"),
		ROW("in a list", "- the {plan|idea}\n- b\n", "- the <plan/idea>\n- b\n"),
		ROW("in a quotation", "> \"the {plan|idea}\"\n", "> \"the <plan/idea>\"\n"),
		ROW("in code", "`{a|b}`", "`<a/b>`"),
		ROW("over a line end", "the {new\nplan|idea}", "the <new\nplan/idea>"),
		ROW("over a CRLF", "the {new\r\nplan|idea}", "the <new\r\nplan/idea>"),
		ROW("byte order mark", "\xef\xbb\xbf{a|b}", "\xef\xbb\xbf<a/b>"),
		ROW("letters of many bytes", "\xc3\xa9{\xc3\xa8t\xc3\xa9|\xe2\x82\xac}",
		    "\xc3\xa9<\xc3\xa8t\xc3\xa9/\xe2\x82\xac>"),
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct text_paper p;
		struct heard h;
		struct sr_err e = parse(&a, row[i].source, &h, &p);
		if (CHECK(!sr_bad(e) && !h.errors, "%s: %s", row[i].why, h.text)) {
			struct text_lattice l;
			char got[1024];
			papers_lattice(&a, row[i].source, &l);
			render(&l, got, sizeof got);
			CHECK(strcmp(got, row[i].want) == 0, "%s: [%s], wanted [%s]", row[i].why,
			      got, row[i].want);
		}
		arena_release(&a);
	}
}

/* render_all writes what was understood of a paper: fixed text, <a/b> for a place, <#tag a/b> for
 * the first of a group, <#tag^0 a/b> for one that place 0 leads, <?a/b> for a question. */
static void render_all(const struct text_paper *p, char *out, size_t len)
{
	size_t at = 0, i = 0, q = 0;
	out[0] = 0;
	while (i < p->places_n || q < p->questions_n) {
		bool question = i == p->places_n ||
				(q < p->questions_n && p->questions[q].off < p->places[i].off);
		const struct text_paper_place *x = question ? &p->questions[q] : &p->places[i];
		char leader[32] = "";
		if (!question && x->place.leader != i)
			(void)snprintf(leader, sizeof leader, "^%u", x->place.leader);
		put(out, len, "", slice_sub(p->plain, at, x->off - at));
		put(out, len, question ? "<?" : "<", SLICE_LIT(""));
		put(out, len, x->place.group.len ? "#" : "", x->place.group);
		put(out, len, leader, x->place.group.len ? SLICE_LIT(" ") : SLICE_LIT(""));
		for (uint32_t k = 0; k < x->place.wordings_n; k++)
			put(out, len, k ? "/" : "", x->place.wordings[k]);
		put(out, len, "", SLICE_LIT(">"));
		bool here = p->source.ptr[x->from] == '{' && p->source.ptr[x->to - 1] == '}' &&
			    slice_eq(slice_sub(p->plain, x->off, x->len), x->place.wordings[0]);
		put(out, len, here ? "" : "(elsewhere)", SLICE_LIT(""));
		at = x->off + x->len;
		i += !question;
		q += question;
	}
	put(out, len, "", slice_sub(p->plain, at, p->plain.len - at));
}

#define TAG_32 "abcdefghijklmnopqrstuvwxyz-01289"

static void groups_and_questions(void)
{
	const struct {
		const char *why;
		struct slice source;
		const char *want;
	} row[] = {
		ROW("a group of one", "In {#us|US|United States}.", "In <#us US/United States>."),
		ROW("a group of two", "{#us|US|America} x {#us|US|America}",
		    "<#us US/America> x <#us^0 US/America>"),
		ROW("their wordings may differ", "{#us|US|America} x {#us|American|Yankee}",
		    "<#us US/America> x <#us^0 American/Yankee>"),
		ROW("the first leads all", "{#a|b|c} {#a|b|c} {#a|b|c}",
		    "<#a b/c> <#a^0 b/c> <#a^0 b/c>"),
		ROW("groups among each other and among others",
		    "{a|b} {#x|c|d} {#y|e|f|g} {#x|h|i} {j|k} {#y|l|m|n}",
		    "<a/b> <#x c/d> <#y e/f/g> <#x^1 h/i> <j/k> <#y^2 l/m/n>"),
		ROW("a tag of one", "{#0|a|b}", "<#0 a/b>"),
		ROW("a tag of 32", "{#" TAG_32 "|a|b}", "<#" TAG_32 " a/b>"),
		ROW("a tag of hyphens", "{#--|a|b}", "<#-- a/b>"),
		ROW("tags that begin alike", "{#a|b|c} {#ab|d|e} {#a|f|g}",
		    "<#a b/c> <#ab d/e> <#a^0 f/g>"),
		ROW("a tag too long is a wording", "{#" TAG_32 "x|a|b}", "<#" TAG_32 "x/a/b>"),
		ROW("a capital is none of a tag", "{#Us|a|b}", "<#Us/a/b>"),
		ROW("nor a blank", "{# us|a|b}", "<# us/a/b>"),
		ROW("nor one behind", "{#us |a|b}", "<#us /a/b>"),
		ROW("nor an underscore", "{#u_s|a|b}", "<#u_s/a/b>"),
		ROW("nor an escaped bar", "{#us\\|a|b}", "<#us|a/b>"),
		ROW("a tag is the first alternative", "{a|#us|b}", "<a/#us/b>"),
		ROW("one tag only", "{#us|#eu|a}", "<#us #eu/a>"),
		ROW("a number sign", "{No 1|#1|number one}", "<No 1/#1/number one>"),
		ROW("in fixed text", "#us ?| #us|", "#us ?| #us|"),
		ROW("a question", "He {?|asked|begged} us.", "He <?asked/begged> us."),
		ROW("a question of a group", "{?|#us|US|America}", "<?#us US/America>"),
		ROW("a question in a group leads nobody",
		    "{?|#us|US|America} {#us|a|b} {?|#us|c|d} {#us|e|f}",
		    "<?#us US/America> <#us a/b> <?#us c/d> <#us^0 e/f>"),
		ROW("beginning and end", "{?|a|b}{?|c|d}", "<?a/b><?c/d>"),
		ROW("among places", "{a|b}{?|c|d}{e|f}", "<a/b><?c/d><e/f>"),
		ROW("a question mark is a sign first only", "{Why?|What for?}", "<Why?/What for?>"),
		ROW("two question marks are none", "{??a|b}", "<??a/b>"),
		ROW("a blank behind it", "{? a|b}", "<? a/b>"),
		ROW("escapes", "{?|a\\|b|\\{c\\}}{#x|d\\\\e|f\\|}", "<?a|b/{c}><#x d\\e/f|>"),
		ROW("a sign behind the tag is a wording", "{#us|?a|b}", "<#us ?a/b>"),
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct text_paper p;
		struct heard h;
		struct sr_err e = parse(&a, row[i].source, &h, &p);
		if (CHECK(!sr_bad(e) && !h.errors, "%s: %s", row[i].why, h.text)) {
			char got[1024];
			render_all(&p, got, sizeof got);
			CHECK(strcmp(got, row[i].want) == 0, "%s: [%s], wanted [%s]", row[i].why,
			      got, row[i].want);
		}
		arena_release(&a);
	}
}

#undef ROW
#define ROW(why, source, code, ...)                                                                \
	{                                                                                          \
		why, SLICE_LIT(source), code, __VA_ARGS__                                          \
	}

/* notes: where and with which first words each error comes, in order. */
static void refused(void)
{
	const struct {
		const char *why;
		struct slice source;
		enum sr_code code;
		const char *notes[4];
	} row[] = {
		ROW("nested", "the {a|{b|c}}", SR_E_INPUT, {"1:8 a place begins inside"}),
		ROW("not closed", "the {a|b\n", SR_E_INPUT, {"1:5 this brace is not closed"}),
		ROW("not closed at the end", "the {", SR_E_INPUT, {"1:5 this brace is not closed"}),
		ROW("a blank line inside", "x\n{a|\n\nb}", SR_E_INPUT,
		    {"2:1 this brace is not closed"}),
		ROW("a blank line with blanks inside", "{a|\n \t \nb}", SR_E_INPUT,
		    {"1:1 this brace is not closed"}),
		ROW("a blank line of CRLF inside", "{a|\r\n\r\nb}", SR_E_INPUT,
		    {"1:1 this brace is not closed"}),
		ROW("never opened", "the a|b}", SR_E_INPUT, {"1:8 this closing brace"}),
		ROW("closed twice", "{a|b}}", SR_E_INPUT, {"1:6 this closing brace"}),
		ROW("the closing brace escaped", "{a|b\\}", SR_E_INPUT,
		    {"1:1 this brace is not closed"}),
		ROW("one wording", "x {a} y", SR_E_INPUT, {"1:3 this place has one wording"}),
		ROW("no wording", "x {} y", SR_E_INPUT, {"1:3 this place has one wording"}),
		ROW("an escaped bar separates nothing", "{a\\|b}", SR_E_INPUT,
		    {"1:1 this place has one wording"}),
		ROW("empty wording behind", "{a|}", SR_E_INPUT,
		    {"1:1 a wording of this place is empty"}),
		ROW("empty wording before", "{|a}", SR_E_INPUT,
		    {"1:1 a wording of this place is empty"}),
		ROW("empty wording between", "{a||b}", SR_E_INPUT,
		    {"1:1 a wording of this place is empty"}),
		ROW("blanks only", "{a|  }", SR_E_INPUT,
		    {"1:1 a wording of this place has no letter"}),
		ROW("signs only", "{a|--}", SR_E_INPUT,
		    {"1:1 a wording of this place has no letter"}),
		ROW("zero width only", "{a|\xe2\x80\x8b}", SR_E_INPUT,
		    {"1:1 a wording of this place has no letter"}),
		ROW("identical", "{a|b|a}", SR_E_INPUT,
		    {"1:1 wordings 1 and 3 of this place are identical"}),
		ROW("the same but for case", "{the|The}", SR_E_INPUT,
		    {"1:1 wordings 1 and 2 of this place are the same once"}),
		ROW("the same but for a hyphen", "{co-operate|cooperate}", SR_E_INPUT,
		    {"1:1 wordings 1 and 2 of this place are the same once"}),
		ROW("the same but for a blank", "{any one|anyone}", SR_E_INPUT,
		    {"1:1 wordings 1 and 2 of this place are the same once"}),
		ROW("the same but for quotes", "{\"yes\"|\xe2\x80\x9cyes\xe2\x80\x9d}", SR_E_INPUT,
		    {"1:1 wordings 1 and 2 of this place are the same once"}),
		ROW("the same but for punctuation", "{moreover|moreover,}", SR_E_INPUT,
		    {"1:1 wordings 1 and 2 of this place are the same once"}),
		ROW("the same but for an apostrophe", "{its|it's}", SR_E_INPUT,
		    {"1:1 wordings 1 and 2 of this place are the same once"}),
		ROW("the same but for an accent", "{cafe|caf\xc3\xa9}", SR_E_INPUT,
		    {"1:1 wordings 1 and 2 of this place are the same once"}),
		ROW("columns count characters", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 {a}",
		    SR_E_INPUT, {"1:5 this place has one wording"}),
		ROW("a tab is one column", "\t\t{a}", SR_E_INPUT,
		    {"1:3 this place has one wording"}),
		ROW("lines end with CRLF", "a\r\nb\r\n c {a}", SR_E_INPUT,
		    {"3:4 this place has one wording"}),
		ROW("a byte order mark has no column", "\xef\xbb\xbf{a} {b}", SR_E_INPUT,
		    {"1:1 this place", "1:5 this place"}),
		ROW("behind escapes", "\\{\\} {a}", SR_E_INPUT, {"1:6 this place has one wording"}),
		ROW("several in one run", "{a}\nx {b|}\n{c|C} {d|e}\n}", SR_E_INPUT,
		    {"1:1 this place", "2:3 a wording", "3:1 wordings 1 and 2",
		     "4:1 this closing brace"}),
		ROW("a group of another number", "{#us|a|b} x\n {#us|c|d|e}", SR_E_INPUT,
		    {"2:2 this place has 3 wordings, but the first one of its group #us has 2",
		     "1:1 here is the first place of the group #us, with 2"}),
		ROW("two in a group", "{#x|a|b|c} {#x|a|b|c} {#x|a|b} {#y|a|b} {#x|a|b}",
		    SR_E_INPUT,
		    {"1:23 this place has 2 wordings", "1:1 here is the first place",
		     "1:41 this place has 2 wordings", "1:1 here is the first place"}),
		ROW("a question that would break its group", "{#x|a|b} {?|#x|c|d|e}", SR_E_INPUT,
		    {"1:10 this place has 3 wordings", "1:1 here is the first place"}),
		ROW("a place that does not fit a question", "{?|#x|a|b} {#x|c|d|e}", SR_E_INPUT,
		    {"1:12 this place has 3 wordings", "1:1 here is the first place"}),
		ROW("a tag and one wording", "{#us|US}", SR_E_INPUT,
		    {"1:1 this place has one wording"}),
		ROW("a tag alone", "{#us}", SR_E_INPUT, {"1:1 this place has one wording"}),
		ROW("a question of one wording", "x {?|a}", SR_E_INPUT,
		    {"1:3 this place has one wording"}),
		ROW("a question alone", "{?}", SR_E_INPUT, {"1:1 this place has one wording"}),
		ROW("a question of a tag alone", "{?|#us}", SR_E_INPUT,
		    {"1:1 this place has one wording"}),
		ROW("a question of a tag and one wording", "{?|#us|a}", SR_E_INPUT,
		    {"1:1 this place has one wording"}),
		ROW("a question asked twice", "{?|?|a|b}", SR_E_INPUT,
		    {"1:1 a wording of this place has no letter"}),
		ROW("a sign in the wrong order", "{#us|?|a}", SR_E_INPUT,
		    {"1:1 a wording of this place has no letter"}),
		ROW("an escaped question", "{\\?|?|a}", SR_E_INPUT,
		    {"1:1 a wording of this place has no letter",
		     "1:1 a wording of this place has no letter"}),
		ROW("a question with the same wording twice", "{?|a|A}", SR_E_INPUT,
		    {"1:1 wordings 1 and 2 of this place are the same once"}),
		ROW("a question with an empty wording", "{?||a}", SR_E_INPUT,
		    {"1:1 a wording of this place is empty"}),
		ROW("a place in a question", "{?|a|{b|c}}", SR_E_INPUT,
		    {"1:6 a place begins inside"}),
		ROW("a question in a place", "{a|{?|b|c}}", SR_E_INPUT,
		    {"1:4 a place begins inside"}),
		ROW("a question over a blank line", "{?|a|\n\nb}", SR_E_INPUT,
		    {"1:1 this brace is not closed"}),
		ROW("two in one place", "{a|A|b|B}", SR_E_INPUT,
		    {"1:1 wordings 1 and 2", "1:1 wordings 3 and 4"}),
		ROW("Latin-1", "caf\xe9", SR_E_INPUT, {"1:4 this is not UTF-8"}),
		ROW("Latin-1 on another line", "\xc3\xa9\n\xc3\xa9 \xe9", SR_E_INPUT,
		    {"2:3 this is not UTF-8"}),
		ROW("UTF-8 cut short", "a\xe2\x82", SR_E_INPUT, {"1:2 this is not UTF-8"}),
		ROW("a NUL", "a\nb\0", SR_E_INPUT, {"2:2 there is a NUL"}),
		ROW("UTF-16",
		    "\xff\xfe"
		    "a\0",
		    SR_E_INPUT, {"1:1 this is not UTF-8"}),
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct text_paper p = {.places_n = 77};
		struct heard h;
		struct sr_err e = parse(&a, row[i].source, &h, &p);
		CHECK(e.code == row[i].code, "%s: code %d", row[i].why, (int)e.code);
		CHECK(p.places_n == 77, "%s: the result was touched", row[i].why);
		size_t want = 0;
		const char *at = h.text;
		for (; want < 4 && row[i].notes[want]; want++) {
			CHECK(at && strncmp(at, row[i].notes[want], strlen(row[i].notes[want])) ==
					      0,
			      "%s: wanted \"%s\" in \"%s\"", row[i].why, row[i].notes[want],
			      h.text);
			at = at ? strchr(at, '\x1f') : NULL;
			at = at ? at + 1 : NULL;
		}
		CHECK(h.errors == want, "%s: %zu errors: %s", row[i].why, h.errors, h.text);
		arena_release(&a);
	}
}

static void contained(void)
{
	const struct {
		const char *why;
		struct slice source;
		size_t warnings;
	} row[] = {
		{"a word less", SLICE_LIT("{said|said that}"), 1},
		{"the other way round", SLICE_LIT("{said that|said}"), 1},
		{"part of a word", SLICE_LIT("{turn|return}"), 1},
		{"two of three", SLICE_LIT("{in|in the|within}"), 2},
		{"not contained", SLICE_LIT("{said|told}"), 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct text_paper p;
		struct heard h;
		struct sr_err e = parse(&a, row[i].source, &h, &p);
		CHECK(!sr_bad(e) && h.warnings == row[i].warnings && !h.errors, "%s: %s",
		      row[i].why, h.text);
		arena_release(&a);
	}
}

/* A place with n wordings: w0, w1, ... */
static struct slice many_wordings(struct build *b, const char *signs, size_t n)
{
	struct slice out = {0};
	build_fmt(b, "x\n  {%s", signs);
	for (size_t i = 0; i < n; i++)
		build_fmt(b, "%sw%03zu", i ? "|" : "", i);
	build_str(b, "}");
	struct sr_err e = build_done(b, &out);
	assert(!sr_bad(e));
	return out;
}

/* A place with one wording of len bytes. */
static struct slice long_wording(struct build *b, size_t len)
{
	struct slice out = {0};
	build_str(b, "x\n  {b|");
	for (size_t i = 0; i < len; i++)
		build_u8(b, 'a');
	build_str(b, "}");
	struct sr_err e = build_done(b, &out);
	assert(!sr_bad(e));
	return out;
}

static void one_limit(const char *why, struct slice source, bool good)
{
	struct arena a = {0};
	struct text_paper p;
	struct heard h;
	struct sr_err e = parse(&a, source, &h, &p);
	CHECK(e.code == (good ? SR_OK : SR_E_LIMIT), "%s: %d %s", why, (int)e.code, h.text);
	CHECK(good || strncmp(h.text, "2:3 ", 4) == 0, "%s: %s", why, h.text);
	arena_release(&a);
}

static void limits(void)
{
	struct build b = {0};
	one_limit("256 wordings", many_wordings(&b, "", LIMIT_WORDINGS), true);
	build_reset(&b);
	one_limit("257 wordings", many_wordings(&b, "", LIMIT_WORDINGS + 1), false);
	build_reset(&b);
	one_limit("256 behind both signs", many_wordings(&b, "?|#tag|", LIMIT_WORDINGS), true);
	build_reset(&b);
	one_limit("257 behind both signs", many_wordings(&b, "?|#tag|", LIMIT_WORDINGS + 1), false);
	build_reset(&b);
	one_limit("a wording of 4,096 bytes", long_wording(&b, LIMIT_WORDING_BYTES), true);
	build_reset(&b);
	one_limit("a wording of 4,097 bytes", long_wording(&b, LIMIT_WORDING_BYTES + 1), false);
	build_release(&b);
}

static void too_large(void)
{
	struct build b = {0};
	struct slice source = {0};
	for (size_t i = 0; i <= LIMIT_PLACES; i++)
		build_str(&b, "{a|b} x\n");
	struct sr_err e = build_done(&b, &source);
	for (size_t cut = 0; cut < 2 && !sr_bad(e); cut++) {
		struct arena a = {0};
		struct text_paper p = {0};
		struct heard h;
		e = parse(&a, slice_sub(source, 0, source.len - 8 * cut), &h, &p);
		if (cut)
			CHECK(!sr_bad(e) && p.places_n == LIMIT_PLACES, "100,000 places: %s",
			      h.text);
		else
			CHECK(e.code == SR_E_LIMIT && strncmp(h.text, "100001:1 ", 9) == 0,
			      "100,001 places: %s", h.text);
		e = sr_ok();
		arena_release(&a);
	}
	build_release(&b);
	struct arena a = {0};
	struct text_paper p;
	struct heard h;
	uint8_t *big = arena_alloc(&a, LIMIT_PAPER_BYTES + 1, 1);
	assert(big);
	memset(big, 'a', LIMIT_PAPER_BYTES + 1);
	e = parse(&a, slice_make(big, LIMIT_PAPER_BYTES + 1), &h, &p);
	CHECK(e.code == SR_E_LIMIT, "17 MiB: %d", (int)e.code);
	arena_release(&a);
}

/* plain and src: every byte of plain comes from the byte of source that src names. */
static void offsets(void)
{
	static const char source[] = "\\{x\\} {a\\|b|c} \\\\y {d|e}z";
	struct arena a = {0};
	struct text_paper p;
	struct heard h;
	struct sr_err e = parse(&a, slice_str(source), &h, &p);
	if (CHECK(!sr_bad(e) && p.places_n == 2, "%s", h.text)) {
		CHECK(slice_eq(p.plain, SLICE_LIT("{x} a|b \\y dz")), "plain: %.*s",
		      (int)p.plain.len, (const char *)p.plain.ptr);
		for (size_t i = 0; i < p.plain.len; i++) {
			size_t at = p.src[i] + (source[p.src[i]] == '\\');
			CHECK(source[at] == (char)p.plain.ptr[i], "byte %zu comes from %u", i,
			      p.src[i]);
			CHECK(p.src[i] < p.src[i + 1], "offsets ascend at %zu", i);
		}
		CHECK(p.src[p.plain.len] == sizeof source - 1, "the end");
		CHECK(p.places[0].off == 4 && p.places[0].len == 3 && p.places[1].off == 11 &&
			      p.places[1].len == 1,
		      "where the places lie");
		CHECK(p.places[1].line == 1 && p.places[1].col == 20, "line and column %u",
		      p.places[1].col);
	}
	arena_release(&a);
}

static void titles(void)
{
	const struct {
		const char *why;
		struct slice plain, want;
	} row[] = {
		{"no text", SLICE_LIT(""), SLICE_LIT("")},
		{"nothing but marks", SLICE_LIT("---\n\n***\n"), SLICE_LIT("")},
		{"heading", SLICE_LIT("# On **peace**\n\ntext"), SLICE_LIT("On **peace")},
		{"closed heading", SLICE_LIT("## Peace ##\n"), SLICE_LIT("Peace")},
		{"underlined heading", SLICE_LIT("Peace\r\n=====\r\n"), SLICE_LIT("Peace")},
		{"first line of text", SLICE_LIT("\n\n  Peace now.\nMore"),
		 SLICE_LIT("Peace now.")},
		{"byte order mark", SLICE_LIT("\xef\xbb\xbf# Peace"), SLICE_LIT("Peace")},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct slice t = text_paper_title(row[i].plain);
		CHECK(slice_eq(t, row[i].want), "%s: [%.*s]", row[i].why, (int)t.len,
		      (const char *)t.ptr);
	}
	char accents[400];
	for (size_t i = 0; i < sizeof accents; i += 2)
		memcpy(accents + i, "\xc3\xa9", 2);
	struct slice t = text_paper_title(slice_make(accents, sizeof accents));
	CHECK(t.len == 200 && text_utf8_bad(t) == t.len, "%zu bytes of a long line", t.len);
	accents[1] = 'x';
	t = text_paper_title(slice_make(accents + 1, sizeof accents - 1));
	CHECK(t.len == 199 && text_utf8_bad(t) == t.len, "%zu bytes, odd", t.len);
}

/* agrees tells whether two lattices are the same. */
static bool agrees(const struct text_lattice *x, const struct text_lattice *y)
{
	if (x->places_n != y->places_n || !slice_eq(x->fixed[0], y->fixed[0]))
		return false;
	for (size_t i = 0; i < x->places_n; i++) {
		const struct text_place *p = &x->places[i], *q = &y->places[i];
		if (p->wordings_n != q->wordings_n || p->origin != q->origin ||
		    p->leader != q->leader || !slice_eq(x->fixed[i + 1], y->fixed[i + 1]))
			return false;
		for (uint32_t k = 0; k < p->wordings_n; k++)
			if (!slice_eq(p->wordings[k], q->wordings[k]))
				return false;
	}
	return true;
}

static struct slice lattice_bytes(const struct text_lattice *l, struct build *b)
{
	struct slice out = {0};
	build_reset(b);
	text_lattice_write(l, b);
	struct sr_err e = build_done(b, &out);
	assert(!sr_bad(e));
	return out;
}

/* Bytes that are read as a lattice are exactly the bytes that it writes: there is one way to write
 * it, nothing is left over, and every slice lies inside the bytes (the sanitizer looks at them). */
static bool consistent(struct slice bytes)
{
	struct arena a = {0};
	struct text_lattice l;
	struct sr_err e = text_lattice_read(&a, bytes, &l);
	bool good = e.code == SR_E_INPUT;
	if (!sr_bad(e)) {
		struct build again = {0};
		good = slice_eq(lattice_bytes(&l, &again), bytes) && text_lattice_bits(&l) >= 0;
		for (size_t i = 0; i < l.places_n; i++) {
			uint32_t leader = l.places[i].leader;
			good = good && leader <= i && l.places[leader].leader == leader &&
			       l.places[leader].wordings_n == l.places[i].wordings_n;
			for (uint32_t k = 0; k < l.places[i].wordings_n; k++)
				good = good && l.places[i].wordings[k].len > 0;
		}
		build_release(&again);
	}
	arena_release(&a);
	return good;
}

static void round_trips(void)
{
	for (size_t i = 0; i < PAPERS_N; i++) {
		struct arena a = {0};
		struct text_lattice l, back = {0};
		struct build b = {0};
		papers_lattice(&a, papers_file(&a, papers_paths[i]), &l);
		struct sr_err e = text_lattice_read(&a, lattice_bytes(&l, &b), &back);
		CHECK(!sr_bad(e) && agrees(&l, &back), "%s", papers_paths[i]);
		CHECK(text_lattice_bits(&l) > 14, "%s: %f bits", papers_paths[i],
		      text_lattice_bits(&l));
		build_release(&b);
		arena_release(&a);
	}
}

/* Every truncated prefix is refused; with every bit flipped in turn it is refused or consistent. */
static void damage(struct slice source)
{
	struct arena a = {0};
	struct text_lattice l;
	struct build b = {0};
	papers_lattice(&a, source, &l);
	struct slice bytes = lattice_bytes(&l, &b);
	for (size_t n = 0; n < bytes.len; n++) {
		uint8_t *cut = malloc(n ? n : 1);
		struct text_lattice out;
		assert(cut);
		memcpy(cut, bytes.ptr, n);
		struct sr_err e = text_lattice_read(&a, slice_make(cut, n), &out);
		CHECK(e.code == SR_E_INPUT, "%zu of %zu bytes", n, bytes.len);
		free(cut);
	}
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		uint8_t *flip = malloc(bytes.len);
		assert(flip);
		memcpy(flip, bytes.ptr, bytes.len);
		flip[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CHECK(consistent(slice_make(flip, bytes.len)), "bit %zu", bit);
		free(flip);
	}
	build_u8(&b, 0);
	CHECK(!sr_bad(build_done(&b, &bytes)), "built");
	struct text_lattice out;
	CHECK(text_lattice_read(&a, bytes, &out).code == SR_E_INPUT, "a trailing byte");
	build_release(&b);
	arena_release(&a);
}

static void damaged(void)
{
	damage(SLICE_LIT("He {asked|begged|told} us {to|and} go, {a|b}{c|d\\|}."));
	damage(SLICE_LIT("He {#x|asked|begged} us {#y|to|and} {#x|go|come}, {a|b|c}{#y|d|e}, "
			 "{#x|f|g}."));
}

/* What stands in the ledgers of today: the hash of a lattice decides every symbol. */
static void bytes_without_groups(void)
{
	static const char want[] = "srlattic\1\0\2\0\0\0\3\0\0\0In \0\2\0\1\0\0\0a\1\0\0\0b\0\0\0\0"
				   "\0\2\0\1\0\0\0c\1\0\0\0d\1\0\0\0.";
	static const char *const sources[] = {"In {a|b}{c|d}.", "In {#x|a|b}{c|d}.",
					      "In {#x|a|b}{#y|c|d}."};
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		struct arena a = {0};
		struct text_lattice l;
		struct build b = {0};
		papers_lattice(&a, slice_str(sources[i]), &l);
		CHECK(slice_eq(lattice_bytes(&l, &b), slice_make(want, sizeof want - 1)), "%s",
		      sources[i]);
		CHECK(text_lattice_symbols(&l) == 2, "%s", sources[i]);
		build_release(&b);
		arena_release(&a);
	}
}

/* with_groups writes the bytes of a lattice of version 2 with these leaders and wordings. */
static void with_groups(struct build *b, uint16_t version, const uint32_t *leader,
			const uint16_t *wordings, size_t n)
{
	build_reset(b);
	build_str(b, "srlattic");
	build_u16(b, version);
	build_u32(b, (uint32_t)n);
	build_sized(b, SLICE_LIT("In "));
	for (size_t i = 0; i < n; i++) {
		build_u8(b, (uint8_t)(i % 2));
		if (version == 2)
			build_u32(b, leader[i]);
		build_u16(b, wordings[i]);
		for (uint16_t k = 0; k < wordings[i]; k++)
			build_sized(b, slice_make(&"abcd"[k], 1));
		build_sized(b, SLICE_LIT(" "));
	}
}

static void groups_in_bytes(void)
{
	const struct {
		const char *why;
		uint16_t version;
		uint32_t leader[4];
		uint16_t wordings[4];
		size_t symbols; /* 0: refused */
	} row[] = {
		{"one group", 2, {0, 0, 0, 0}, {2, 2, 2, 2}, 1},
		{"a group and two alone", 2, {0, 1, 0, 3}, {2, 3, 2, 2}, 3},
		{"two groups, crossed", 2, {0, 1, 0, 1}, {2, 3, 2, 3}, 2},
		{"no group, as it is written", 1, {0, 1, 2, 3}, {2, 3, 2, 3}, 4},
		{"no group in the bytes for groups", 2, {0, 1, 2, 3}, {2, 3, 2, 3}, 0},
		{"a leader behind", 2, {0, 2, 2, 0}, {2, 2, 2, 2}, 0},
		{"a leader of the last", 2, {0, 0, 2, 4}, {2, 2, 2, 2}, 0},
		{"far behind", 2, {0, 0, 2, UINT32_MAX}, {2, 2, 2, 2}, 0},
		{"a leader who is led", 2, {0, 0, 1, 3}, {2, 2, 2, 2}, 0},
		{"the first one led", 2, {1, 1, 1, 1}, {2, 2, 2, 2}, 0},
		{"another number of wordings", 2, {0, 0, 2, 3}, {2, 3, 2, 2}, 0},
		{"fewer wordings", 2, {0, 1, 2, 0}, {3, 2, 2, 2}, 0},
		{"a version of tomorrow", 3, {0, 0, 2, 3}, {2, 2, 2, 2}, 0},
		{"version 0", 0, {0, 1, 2, 3}, {2, 2, 2, 2}, 0},
	};
	struct build b = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct text_lattice l = {.places_n = 77};
		struct slice bytes;
		with_groups(&b, row[i].version, row[i].leader, row[i].wordings, 4);
		CHECK(!sr_bad(build_done(&b, &bytes)), "built");
		struct sr_err e = text_lattice_read(&a, bytes, &l);
		CHECK(e.code == (row[i].symbols ? SR_OK : SR_E_INPUT), "%s: %d", row[i].why,
		      (int)e.code);
		if (sr_bad(e)) {
			CHECK(l.places_n == 77, "%s: the result was touched", row[i].why);
		} else {
			CHECK(text_lattice_symbols(&l) == row[i].symbols, "%s", row[i].why);
			for (size_t k = 0; k < 4; k++)
				CHECK(l.places[k].leader == row[i].leader[k] || row[i].version == 1,
				      "%s: place %zu", row[i].why, k);
			CHECK(consistent(bytes), "%s", row[i].why);
		}
		arena_release(&a);
	}
	build_release(&b);
}

/* A group counts once, and its leader's value is everybody's. */
static void shared_by_a_group(void)
{
	struct arena a = {0};
	struct text_lattice l;
	papers_lattice(&a, SLICE_LIT("{a|b|c|d} {#x|e|f} {#x|g|h} {i|j} {#x|k|l}"), &l);
	uint16_t value[] = {10, 11, 12, 13, 14};
	const uint16_t want[] = {10, 11, 11, 13, 11};
	text_lattice_share(&l, value, sizeof *value);
	CHECK(memcmp(value, want, sizeof want) == 0, "values");
	CHECK(text_lattice_symbols(&l) == 3 && text_lattice_bits(&l) == 4, "%zu, %f bits",
	      text_lattice_symbols(&l), text_lattice_bits(&l));
	arena_release(&a);
}

/* Many tags, the same ones again backwards: found in no time. */
static void many_groups(void)
{
	enum { TAGS = LIMIT_PLACES / 2 };
	struct arena a = {0};
	char(*name)[8] = arena_alloc(&a, TAGS, sizeof *name);
	struct slice *tag = ARENA_ARRAY(&a, 2 * TAGS, struct slice);
	uint32_t *leader = ARENA_ARRAY(&a, 2 * TAGS, uint32_t);
	assert(name && tag && leader);
	for (size_t i = 0; i < TAGS; i++) {
		(void)snprintf(name[i], sizeof name[i], "t%zu", i);
		tag[i] = tag[2 * TAGS - 1 - i] = slice_str(name[i]);
	}
	CHECK(!sr_bad(text_groups_find(tag, 2 * TAGS, leader)), "found");
	size_t wrong = 0;
	for (size_t i = 0; i < TAGS; i++)
		wrong += leader[i] != i || leader[2 * TAGS - 1 - i] != i;
	CHECK(!wrong, "%zu wrong", wrong);
	arena_release(&a);
}

static void no_memory(void)
{
	static const char source[] = "He {asked|begged|told} us \\{ {#x|to|and} go, {?|a|b} "
				     "{said|said that}{#x|c|d}.";
	struct build b = {0};
	struct arena a = {0};
	struct text_lattice l;
	papers_lattice(&a, slice_str(source), &l);
	struct slice bytes = lattice_bytes(&l, &b);
	for (size_t n = 1, failed = 1; failed; n++) {
		struct text_paper p;
		struct heard h = {0};
		struct sr_sink sink = {hear, &h, NULL};
		struct arena own = {0};
		test_alloc_fail_at(n);
		struct sr_err e = text_paper_parse(&own, slice_str(source), &sink, &p);
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "parse, allocation %zu: %d", n,
		      (int)e.code);
		CHECK(!h.errors, "parse, allocation %zu: an error without a reason: %s", n, h.text);
		arena_release(&own);
	}
	for (size_t n = 1, failed = 1; failed; n++) {
		struct text_lattice back;
		struct arena own = {0};
		test_alloc_fail_at(n);
		struct sr_err e = text_lattice_read(&own, bytes, &back);
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(!failed || e.code == SR_E_NOMEM, "read, allocation %zu: %d", n, (int)e.code);
		arena_release(&own);
	}
	build_release(&b);
	arena_release(&a);
}

int main(void)
{
	test_run("the syntax", understood);
	test_run("groups and questions", groups_and_questions);
	test_run("every error, with line and column", refused);
	test_run("wordings contained in others: a warning", contained);
	test_run("256 wordings, 4,096 bytes", limits);
	test_run("too many places, too large a paper", too_large);
	test_run("where the bytes of plain come from", offsets);
	test_run("titles", titles);
	test_run("lattices of papers, written and read", round_trips);
	test_run("a lattice cut at every byte, with every bit flipped", damaged);
	test_run("without groups, the bytes of always", bytes_without_groups);
	test_run("groups in the bytes of a lattice", groups_in_bytes);
	test_run("what a group shares", shared_by_a_group);
	test_run("many groups", many_groups);
	test_run("no memory", no_memory);
	return test_done();
}
