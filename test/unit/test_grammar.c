/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent to the grammar reader and believed of its answers; without the reader itself. */
#include "grammar_clean.h"
#include "grammar_protocol.h"
#include "test.h"

#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static void cleaning(void)
{
	static const struct {
		const char *from, *to, *reason;
	} rows[] = {
		{"The clerk’s report", "The clerk's report", "an apostrophe"},
		{"He said “no”.", "He said no.", "curly quotes"},
		{"He said \"no\".", "He said no.", "straight quotes"},
		{"Er sagte „nein“, «non».", "Er sagte nein, non.", "quotes of others"},
		{"He said ‘no’.", "He said no.", "single quotes"},
		{"the ministers’ talks", "the ministers' talks", "a plural possessive"},
		{"the ‘ministers’ talked", "the ministers talked", "a quotation that ends with s"},
		{"word—word", "word - word", "an em dash"},
		{"in 1990–95 it", "in 1990-95 it", "a range"},
		{"ten\u00a0men…", "ten men...", "a hard space, an ellipsis"},
		{"co\u00adoperate", "cooperate", "a soft hyphen"},
		{"café—naïve", "café - naïve", "letters outside ASCII stay"},
		{"a\nb\tc", "a b c", "lines and tabs"},
		{"’s", "s", "an apostrophe in front"},
		{"", "", "nothing"},
	};
	static struct grammar_clean c;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct slice s = slice_str(rows[i].from);
		grammar_clean(s, &c);
		CHECK(strcmp(c.text, rows[i].to) == 0, "%s: %s", rows[i].reason, c.text);
		CHECK(c.len == strlen(c.text) && c.len <= s.len, "%s", rows[i].reason);
		for (size_t k = 0; k < c.len; k++) {
			CHECK(c.from[k] < c.to[k] && c.to[k] <= s.len, "%s: %zu", rows[i].reason,
			      k);
			CHECK(k == 0 || c.from[k - 1] <= c.from[k], "%s: %zu", rows[i].reason, k);
			CHECK((uint8_t)c.text[k] < 0x80 || (uint8_t)c.text[k] == s.ptr[c.from[k]],
			      "%s: %zu", rows[i].reason, k);
		}
	}
}

/* Any bytes at all, of every length: what is cleaned never grows and holds no NUL. */
static void cleaning_anything(void)
{
	static const char *const bits[] = {"’", "‘", "'", "\"",   "—",    "–",    "…",
					   "s", "1", " ", "\xe2", "\x80", "\xff", "\0"};
	static struct grammar_clean c;
	static uint8_t bytes[LIMIT_GRAMMAR_BYTES];
	uint64_t seed = 5;
	for (int round = 0; round < 300; round++) {
		size_t len = 0, max = round == 0 ? sizeof bytes : test_random(&seed) % sizeof bytes;
		for (;;) {
			const char *bit = bits[test_random(&seed) % ROWS(bits)];
			size_t n = *bit ? strlen(bit) : 1;
			if (len + n > max)
				break;
			memcpy(bytes + len, bit, n);
			len += n;
		}
		grammar_clean(slice_make(bytes, len), &c);
		CHECK(c.len <= len && strlen(c.text) == c.len, "round %d", round);
	}
}

#define SENTENCE "Café’s on."

/* A right answer to SENTENCE. */
static struct slice right(struct build *b)
{
	static struct vary_parse_word words[] = {
		{0, 0, ""}, {0, 5, "n"}, {5, 4, "p"}, {10, 2, "r"}, {12, 1, ""}};
	static struct vary_parse_link links[] = {{0, 1, "Wd"}, {1, 3, "Ss*s"}};
	const struct vary_parse p = {VARY_PARSE_WHOLE, words, ROWS(words), links, ROWS(links)};
	struct slice bytes = {0};
	build_init(b, 0);
	grammar_write(&p, b);
	CHECK(!sr_bad(build_done(b, &bytes)), "memory");
	return bytes;
}

static bool believed(const uint8_t *bytes, size_t len)
{
	struct arena a = {0};
	struct vary_parse p;
	struct sr_err e = grammar_read(&a, slice_make(bytes, len), SLICE_LIT(SENTENCE), &p);
	arena_release(&a);
	return !sr_bad(e);
}

static void round_trip(void)
{
	struct build b;
	struct arena a = {0};
	struct vary_parse p;
	struct slice bytes = right(&b);
	CHECK(grammar_answer_len(bytes) == bytes.len, "its length is told by its head");
	if (CHECK(!sr_bad(grammar_read(&a, bytes, SLICE_LIT(SENTENCE), &p)), "believed")) {
		CHECK(p.state == VARY_PARSE_WHOLE && p.words_n == 5 && p.links_n == 2, "counts");
		CHECK(p.words[2].off == 5 && p.words[2].len == 4, "offsets");
		CHECK(strcmp(p.words[1].tag, "n") == 0, "a tag");
		CHECK(p.links[1].left == 1 && p.links[1].right == 3, "ends of a link");
		CHECK(strcmp(p.links[1].label, "Ss*s") == 0, "a label");
	}
	for (size_t len = 0; len < bytes.len; len++)
		CHECK(!believed(bytes.ptr, len), "cut off after %zu bytes", len);
	arena_release(&a);
	build_release(&b);
}

static void refusals(void)
{
	enum { WORD = GRAMMAR_HEAD_LEN, LINK = WORD + 5 * GRAMMAR_WORD_LEN };
	static const struct {
		size_t at;
		uint8_t value;
		const char *reason;
	} rows[] = {
		{0, 0, "no state"},
		{0, VARY_PARSE_BROKEN, "broken, but with words"},
		{0, 4, "a state that is none"},
		{1, 1, "a large state"},
		{4, 6, "a word too many"},
		{7, 0x80, "very many words"},
		{11, 0xff, "very many links"},
		{WORD + GRAMMAR_WORD_LEN, 14, "a word behind the end"},
		{WORD + GRAMMAR_WORD_LEN + 4, 14, "a word beyond the end"},
		{WORD + GRAMMAR_WORD_LEN + 7, 0xff, "a very long word"},
		{WORD + GRAMMAR_WORD_LEN + 4, 4, "half a character"},
		{WORD + 2 * GRAMMAR_WORD_LEN, 6, "a word that begins in a character"},
		{WORD + 3 * GRAMMAR_WORD_LEN, 1, "words that descend"},
		{WORD + GRAMMAR_WORD_LEN + 8, 0x07, "a tag that rings"},
		{WORD + GRAMMAR_WORD_LEN + 10, 'x', "a tag with a hole"},
		{WORD + GRAMMAR_WORD_LEN + 19, 'x', "a tag without end"},
		{LINK, 1, "a link from a word to itself"},
		{LINK + 2, 5, "a link to no word"},
		{LINK + 3, 0xff, "a link far away"},
		{LINK + 4, 0xc3, "a label that is not ASCII"},
	};
	struct build b;
	struct slice bytes = right(&b);
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint8_t copy[256];
		memcpy(copy, bytes.ptr, bytes.len);
		CHECK(believed(copy, bytes.len), "control");
		copy[rows[i].at] = rows[i].value;
		CHECK(!believed(copy, bytes.len), "%s", rows[i].reason);
	}
	build_u8(&b, 0);
	CHECK(!believed(b.ptr, b.len), "a byte too many");
	build_release(&b);
}

/* Every bit turned: whatever is believed lies within the sentence. */
static void any_bit(void)
{
	struct build b;
	struct slice bytes = right(&b), sentence = SLICE_LIT(SENTENCE);
	uint8_t copy[256];
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		struct arena a = {0};
		struct vary_parse p;
		memcpy(copy, bytes.ptr, bytes.len);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (!sr_bad(grammar_read(&a, slice_make(copy, bytes.len), sentence, &p))) {
			for (size_t i = 0; i < p.words_n; i++)
				CHECK((size_t)p.words[i].off + p.words[i].len <= sentence.len,
				      "bit %zu", bit);
			for (size_t i = 0; i < p.links_n; i++)
				CHECK(p.links[i].left < p.links[i].right &&
					      p.links[i].right < p.words_n,
				      "bit %zu", bit);
		}
		arena_release(&a);
	}
	build_release(&b);
}

static void languages(void)
{
	static const char *const no[] = {"", "e", "EN", "../en", "en/4", "e\xc3\xa9", "abcdefghi"};
	CHECK(grammar_language_is("en") && grammar_language_is("ru"), "codes");
	for (size_t i = 0; i < ROWS(no); i++)
		CHECK(!grammar_language_is(no[i]), "%s", no[i]);
}

int main(void)
{
	test_run("sentences are cleaned, with a way back", cleaning);
	test_run("any bytes are cleaned", cleaning_anything);
	test_run("an answer is written and read", round_trip);
	test_run("answers that cannot be are refused", refusals);
	test_run("every bit of an answer turned", any_bit);
	test_run("codes of languages", languages);
	return test_done();
}
