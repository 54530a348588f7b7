/* SPDX-License-Identifier: Apache-2.0 */
/* text/: the folding. Tables of what must be the same after retyping and what must stay apart;
 * then promises about offsets that hold for any bytes. */
#include "papers.h"
#include "text_fold.h"

enum { RENDER_LEN = 4096 };

/* render writes the foldings with blanks between them. */
static void render(const struct text_tokens *t, char *out)
{
	size_t used = 0;
	out[0] = 0;
	for (size_t i = 0; i < t->n && used < RENDER_LEN; i++) {
		struct slice f = text_token_fold(t, i);
		used += (size_t)snprintf(out + used, RENDER_LEN - used, "%s%.*s", i ? " " : "",
					 (int)f.len, (const char *)f.ptr);
	}
}

static void folds_to(const char *why, struct slice text, const char *want)
{
	struct arena a = {0};
	struct text_tokens t;
	char got[RENDER_LEN];
	struct sr_err e = text_tokens_make(&a, text, &t);
	if (CHECK(!sr_bad(e), "%s", why)) {
		render(&t, got);
		CHECK(strcmp(got, want) == 0, "%s: [%s], wanted [%s]", why, got, want);
	}
	arena_release(&a);
}

struct row {
	const char *why;
	struct slice text;
	const char *want;
};

#define ROW(why, text, want)                                                                       \
	{                                                                                          \
		why, SLICE_LIT(text), want                                                         \
	}

static void table(const struct row *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		folds_to(row[i].why, row[i].text, row[i].want);
}

static void letters(void)
{
	const struct row row[] = {
		ROW("no text", "", ""),
		ROW("blanks only", " \t\r\n ", ""),
		ROW("signs only", "--- *** ... !?", ""),
		ROW("case", "The COUNCIL Met", "the council met"),
		ROW("full case folding",
		    "Stra\xc3\x9f"
		    "e STRASSE",
		    "strasse strasse"),
		ROW("accents", "caf\xc3\xa9 na\xc3\xafve \xc3\x85ngstr\xc3\xb6m",
		    "cafe naive angstrom"),
		ROW("accents as characters of their own", "cafe\xcc\x81", "cafe"),
		ROW("Turkish capital I with a dot", "\xc4\xb0stanbul", "istanbul"),
		ROW("ligatures",
		    "e\xef\xac\x83"
		    "cient \xef\xac\x81nal o\xef\xac\x80"
		    "er",
		    "efficient final offer"),
		ROW("full width", "\xef\xbc\xb4\xef\xbd\x85\xef\xbd\x93\xef\xbd\x94", "test"),
		ROW("superscript", "m\xc2\xb2", "m2"),
		ROW("a fraction, as it is typed but for the stroke", "\xc2\xbd", "12"),
		ROW("n with an apostrophe", "\xc5\x89", "n"),
		ROW("capital Greek, final sigma",
		    "\xce\xa3\xce\x91\xce\xa3 \xcf\x83\xce\xb1\xcf\x82",
		    "\xcf\x83\xce\xb1\xcf\x83 \xcf\x83\xce\xb1\xcf\x83"),
		ROW("Chinese: a token a character", "\xe5\x8c\x97\xe4\xba\xac",
		    "\xe5\x8c\x97 \xe4\xba\xac"),
		ROW("Thai: a token a letter", "\xe0\xb8\x81\xe0\xb8\x82",
		    "\xe0\xb8\x81 \xe0\xb8\x82"),
		ROW("Latin beside Chinese",
		    "A\xe5\x8c\x97"
		    "b",
		    "a \xe5\x8c\x97 b"),
	};
	table(row, sizeof row / sizeof *row);
}

static void joiners(void)
{
	const struct row row[] = {
		ROW("straight apostrophe", "don't it's", "dont its"),
		ROW("curly apostrophe", "don\xe2\x80\x99t", "dont"),
		ROW("opening mark as apostrophe", "don\xe2\x80\x98t", "dont"),
		ROW("grave as apostrophe", "don`t", "dont"),
		ROW("modifier letter apostrophe", "don\xca\xbct", "dont"),
		ROW("single quotes around a word", "'yes' \xe2\x80\x98no\xe2\x80\x99", "yes no"),
		ROW("plural possessive", "the ministers' offer", "the ministers offer"),
		ROW("hyphen", "well-known", "wellknown"),
		ROW("hyphen, U+2010", "well\xe2\x80\x90known", "wellknown"),
		ROW("hyphen that does not break", "well\xe2\x80\x91known", "wellknown"),
		ROW("hyphen between blanks", "well - known", "well known"),
		ROW("hyphen before a word", "-known", "known"),
		ROW("two hyphens are a dash", "well--known", "well known"),
		ROW("line-end hyphen", "govern-\nment", "government"),
		ROW("line-end hyphen, CRLF", "govern-\r\nment", "government"),
		ROW("line-end hyphen, blank behind", "govern- \nment", "government"),
		ROW("line-end hyphen, indented", "govern-\n    ment", "government"),
		ROW("line-end hyphen in a quoted mail", "> govern-\n> ment", "government"),
		ROW("line-end hyphen in a twice quoted mail", ">> govern-\r\n> > ment",
		    "government"),
		ROW("a blank line ends a word", "govern-\n\nment", "govern ment"),
		ROW("a list mark is no hyphen", "ports-\n- rivers", "ports rivers"),
		ROW("soft hyphen",
		    "gov\xc2\xad"
		    "ern\xc2\xadment",
		    "government"),
		ROW("soft hyphen at a line end", "govern\xc2\xad\nment", "government"),
		ROW("soft hyphen at a line end, CRLF and mark", "govern\xc2\xad\r\n> ment",
		    "government"),
		ROW("soft hyphen between words", "one\xc2\xad two", "one two"),
		ROW("zero width space",
		    "gov\xe2\x80\x8b"
		    "ernment",
		    "government"),
		ROW("zero width joiner and non-joiner",
		    "gov\xe2\x80\x8d"
		    "ern\xe2\x80\x8cment",
		    "government"),
		ROW("byte order mark inside",
		    "gov\xef\xbb\xbf"
		    "ernment",
		    "government"),
		ROW("byte order mark before", "\xef\xbb\xbfgovernment", "government"),
		ROW("zero width between hyphen and letter", "well-\xe2\x80\x8bknown", "wellknown"),
		ROW("zero width behind an apostrophe", "don'\xe2\x81\xa0t", "dont"),
		ROW("right-to-left mark",
		    "gov\xe2\x80\x8f"
		    "ernment",
		    "government"),
		ROW("variation selector",
		    "gov\xef\xb8\x8f"
		    "ernment",
		    "government"),
	};
	table(row, sizeof row / sizeof *row);
}

static void separators(void)
{
	const struct row row[] = {
		ROW("no-break space", "one\xc2\xa0two", "one two"),
		ROW("narrow and thin spaces", "one\xe2\x80\xaftwo\xe2\x80\x89three",
		    "one two three"),
		ROW("ideographic space", "one\xe3\x80\x80two", "one two"),
		ROW("em dash", "one\xe2\x80\x94two", "one two"),
		ROW("en dash between words", "one\xe2\x80\x93two", "one two"),
		ROW("en dash between numbers, as a hyphen",
		    "10\xe2\x80\x93"
		    "12 10-12",
		    "1012 1012"),
		ROW("minus between numbers",
		    "10\xe2\x88\x92"
		    "12",
		    "1012"),
		ROW("slash", "and/or", "and or"),
		ROW("quotation marks", "\"one\" \xe2\x80\x9ctwo\xe2\x80\x9d \xc2\xabthree\xc2\xbb",
		    "one two three"),
		ROW("Markdown", "**one** _two_ [three](four)", "one two three four"),
		ROW("ellipsis, three ways", "one ... two\xe2\x80\xa6three....four",
		    "one two three four"),
		ROW("comma without a blank", "one,two", "one two"),
		ROW("full stop without a blank", "ended.Then", "ended then"),
		ROW("NUL", "one\0two", "one two"),
	};
	table(row, sizeof row / sizeof *row);
}

static void numbers(void)
{
	const struct row row[] = {
		ROW("thousands", "1,000 12,345,678", "1000 12345678"),
		ROW("decimal point", "3.5 per cent", "3.5 per cent"),
		ROW("a sentence that ends with a number", "in 1998. Then", "in 1998 then"),
		ROW("a number and a comma", "in 1998, then", "in 1998 then"),
		ROW("a decimal point without a zero", ".5", "5"),
		ROW("version", "1.2.3", "1.2.3"),
		ROW("ordinal", "the 3rd", "the 3rd"),
		ROW("per cent", "40% 40 %", "40 % 40 %"),
		ROW("per mille and degree",
		    "40\xe2\x80\xb0 20\xc2\xb0"
		    "C",
		    "40 \xe2\x80\xb0 20 \xc2\xb0 c"),
		ROW("currencies",
		    "$40 \xe2\x82\xac"
		    "5 \xc2\xa3"
		    "6",
		    "$ 40 \xe2\x82\xac 5 \xc2\xa3 6"),
		ROW("ampersand", "R&D", "r & d"),
		ROW("section",
		    "\xc2\xa7"
		    "5",
		    "\xc2\xa7 5"),
		ROW("abbreviation", "U.S. and U.K.", "us and uk"),
		ROW("abbreviation at the end", "the U.S.", "the us"),
		ROW("three letters", "the U.S.A. did", "the usa did"),
		ROW("for example", "e.g. this", "eg this"),
		ROW("initials", "J. R. Smith", "j r smith"),
		ROW("letter and number", "A.5", "a 5"),
		ROW("Arabic-Indic digits", "\xd9\xa1\xd9\xa2", "\xd9\xa1\xd9\xa2"),
	};
	table(row, sizeof row / sizeof *row);
}

static void bad_utf8(void)
{
	const struct row row[] = {
		ROW("a stray byte separates", "one\xfftwo", "one two"),
		ROW("a continuation byte", "one\x80two", "one two"),
		ROW("overlong", "one\xc0\xaftwo", "one two"),
		ROW("surrogate", "one\xed\xa0\x80two", "one two"),
		ROW("beyond Unicode", "one\xf4\x90\x80\x80two", "one two"),
		ROW("cut at the end", "one\xe2\x80", "one"),
		ROW("cut before the end, four bytes", "one\xf0\x9f\x98", "one"),
		ROW("Latin-1", "caf\xe9 bar", "caf bar"),
		ROW("an unassigned character", "one\xcd\xb8two", "one two"),
		ROW("an emoji", "one\xf0\x9f\x98\x80two", "one two"),
	};
	table(row, sizeof row / sizeof *row);
}

/* A word of len letters x. */
static struct slice long_word(struct arena *a, size_t len)
{
	uint8_t *p = arena_alloc(a, len, 1);
	assert(p);
	memset(p, 'x', len);
	return slice_make(p, len);
}

static void long_words(void)
{
	static const size_t lens[] = {1, TEXT_FOLD_MAX - 1, TEXT_FOLD_MAX, TEXT_FOLD_MAX + 1,
				      100000};
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		struct arena a = {0};
		struct text_tokens t = {0};
		struct sr_err e = text_tokens_make(&a, long_word(&a, lens[i]), &t);
		size_t want = lens[i] < TEXT_FOLD_MAX ? lens[i] : TEXT_FOLD_MAX;
		CHECK(!sr_bad(e) && t.n == 1, "%zu letters: %zu tokens", lens[i], t.n);
		CHECK(t.n == 1 && t.at[0].len == lens[i] && t.at[0].fold_len == want,
		      "%zu letters: folded to %u", lens[i], t.at[0].fold_len);
		arena_release(&a);
	}
}

/* check_promises: what text_fold.h says of every token, for any bytes. */
static bool check_promises(struct slice text, const struct text_tokens *t)
{
	size_t end = 0, fold = 0;
	bool good = true;
	for (size_t i = 0; i < t->n; i++) {
		const struct text_token *k = &t->at[i];
		struct slice f = text_token_fold(t, i);
		uint32_t hash = UINT32_C(2166136261);
		for (size_t b = 0; b < f.len; b++)
			hash = (hash ^ f.ptr[b]) * UINT32_C(16777619);
		good = good && k->len > 0 && k->off >= end && k->off + k->len <= text.len;
		good = good && k->fold == fold && k->fold_len > 0 && k->fold_len <= TEXT_FOLD_MAX;
		good = good && k->letters > 0 && k->letters <= k->fold_len && hash == k->hash;
		good = good && text_utf8_bad(f) == f.len;
		end = k->off + k->len;
		fold += k->fold_len;
	}
	return good && fold == t->fold_len && text_tokens_span(t, 0, t->n).len == t->fold_len;
}

/* Random bytes, in pieces that make words, signs and broken characters likely. */
static size_t random_text(uint64_t *state, uint8_t *out, size_t len)
{
	static const char *const pieces[] = {"a",
					     "B",
					     "9",
					     "ment",
					     ".",
					     ",",
					     "-",
					     "'",
					     "-\n",
					     "\r\n",
					     "> ",
					     " ",
					     "%",
					     "\xc2\xad",
					     "\xe2\x80\x8b",
					     "\xe2\x80\x99",
					     "\xe2\x80\x93",
					     "\xe5\x8c\x97",
					     "\xcc\x81",
					     "\xef\xac\x83",
					     "\xff",
					     "\xe2\x80",
					     "\xef\xb7\xba",
					     "\xc3\xa9"};
	size_t n = 0, want = test_random(state) % len;
	while (n + 8 < want) {
		if (test_random(state) % 8 == 0) {
			out[n++] = (uint8_t)test_random(state);
			continue;
		}
		const char *p = pieces[test_random(state) % (sizeof pieces / sizeof *pieces)];
		size_t k = strlen(p);
		memcpy(out + n, p, k);
		n += k;
	}
	return n;
}

static void offsets(void)
{
	enum { ROUNDS = 4000, LEN = 400 };
	uint64_t state = 7;
	for (size_t i = 0; i < ROUNDS; i++) {
		uint8_t buf[LEN];
		struct arena a = {0};
		struct text_tokens t = {0};
		size_t len = random_text(&state, buf, sizeof buf);
		uint8_t *own = malloc(len ? len : 1); /* so that an overrun shows */
		assert(own);
		memcpy(own, buf, len);
		struct slice text = slice_make(own, len);
		struct sr_err e = text_tokens_make(&a, text, &t);
		CHECK(!sr_bad(e) && check_promises(text, &t), "seed 7, round %zu", i);
		arena_release(&a);
		free(own);
	}
}

/* Pasting two texts together with a blank between them pastes their tokens together. */
static void concatenation(void)
{
	enum { ROUNDS = 1000, LEN = 200 };
	uint64_t state = 11;
	for (size_t i = 0; i < ROUNDS; i++) {
		uint8_t buf[2 * LEN + 3];
		size_t x = random_text(&state, buf, LEN);
		memcpy(buf + x, " # ", 3);
		size_t y = random_text(&state, buf + x + 3, LEN);
		struct arena a = {0};
		struct text_tokens one, two, both;
		struct sr_err e1 = text_tokens_make(&a, slice_make(buf, x), &one);
		struct sr_err e2 = text_tokens_make(&a, slice_make(buf + x + 3, y), &two);
		struct sr_err e3 = text_tokens_make(&a, slice_make(buf, x + 3 + y), &both);
		if (CHECK(!sr_bad(e1) && !sr_bad(e2) && !sr_bad(e3), "round %zu", i))
			CHECK(both.n == one.n + two.n &&
				      both.fold_len == one.fold_len + two.fold_len,
			      "seed 11, round %zu: %zu and %zu tokens, together %zu", i, one.n,
			      two.n, both.n);
		arena_release(&a);
	}
}

static void positions(void)
{
	const struct {
		const char *why;
		struct slice text;
		size_t off;
		uint32_t line, col;
	} row[] = {
		{"the beginning", SLICE_LIT("abc"), 0, 1, 1},
		{"on the first line", SLICE_LIT("abc"), 2, 1, 3},
		{"the end", SLICE_LIT("abc"), 3, 1, 4},
		{"beyond the end", SLICE_LIT("abc"), 9, 1, 4},
		{"behind a line end", SLICE_LIT("ab\ncd"), 4, 2, 2},
		{"behind CRLF", SLICE_LIT("ab\r\ncd"), 4, 2, 1},
		{"characters, not bytes", SLICE_LIT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x"), 9, 1,
		 4},
		{"a tab is one character", SLICE_LIT("\t\tx"), 2, 1, 3},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint32_t line, col;
		text_position(row[i].text, row[i].off, &line, &col);
		CHECK(line == row[i].line && col == row[i].col, "%s: %u:%u", row[i].why, line, col);
	}
}

static void no_memory(void)
{
	struct arena a = {0};
	for (size_t n = 1;; n++) {
		struct text_tokens t;
		test_alloc_fail_at(n);
		struct sr_err e =
			text_tokens_make(&a, SLICE_LIT("\xef\xb7\xba the council met"), &t);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		arena_release(&a);
		if (!failed)
			break;
		CHECK(e.code == SR_E_NOMEM, "allocation %zu: %d", n, (int)e.code);
	}
}

int main(void)
{
	test_run("letters: case, accents, ligatures, scripts", letters);
	test_run("apostrophes, hyphens and what cannot be seen join", joiners);
	test_run("blanks, dashes and signs separate", separators);
	test_run("numbers, abbreviations, signs that are read aloud", numbers);
	test_run("bytes that are not UTF-8 separate", bad_utf8);
	test_run("words longer than a token", long_words);
	test_run("offsets ascend and lie in the text, for any bytes", offsets);
	test_run("texts pasted together", concatenation);
	test_run("line and column", positions);
	test_run("no memory", no_memory);
	return test_done();
}
