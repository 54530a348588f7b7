/* SPDX-License-Identifier: Apache-2.0 */
/* issue/: the list of readers as spreadsheets write it, and everything that must be refused. */
#include "issue_readers.h"
#include "base_limits.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What the sink heard in one call. */
struct heard {
	size_t errors, warnings;
	uint32_t line, col; /* of the first error */
	char text[8192];    /* "3:1: words|" of each note */
};

static void hear(void *user, const struct sr_note *n)
{
	struct heard *h = user;
	if (n->level == SR_ERROR && !h->errors++) {
		h->line = n->line;
		h->col = n->col;
	}
	h->warnings += n->level == SR_WARNING;
	size_t used = strlen(h->text);
	(void)snprintf(h->text + used, sizeof h->text - used, "%u:%u: %s|", n->line, n->col,
		       n->text);
}

static struct sr_err parse(struct arena *a, struct slice bytes, struct heard *h,
			   struct issue_readers *out)
{
	*h = (struct heard){0};
	struct sr_sink sink = {hear, h, "readers.csv"};
	return issue_readers_parse(a, bytes, &sink, out);
}

/* Readers as "id/name/house/side@line " one behind the other. */
static void render(const struct issue_readers *rs, char *out, size_t len)
{
	size_t used = 0;
	out[0] = 0;
	for (size_t i = 0; i < rs->n && used < len; i++) {
		const struct issue_reader *r = &rs->at[i];
		used += (size_t)snprintf(out + used, len - used, "%.*s/%.*s/%.*s/%.*s@%u ",
					 (int)r->id.len, (const char *)r->id.ptr, (int)r->name.len,
					 (const char *)r->name.ptr, (int)r->house.len,
					 (const char *)r->house.ptr, (int)r->side.len,
					 (const char *)r->side.ptr, r->line);
	}
}

#define H "id,name,house,side\n"

static void understood(void)
{
	const struct {
		const char *why;
		struct slice csv;
		const char *want;
		size_t warnings;
	} row[] = {
		{"plain", SLICE_LIT(H "r1,A B,H,S\nr2,C,H,S\n"), "r1/A B/H/S@2 r2/C/H/S@3 ", 0},
		{"no last line end", SLICE_LIT(H "r1,A,H,S"), "r1/A/H/S@2 ", 0},
		{"CRLF", SLICE_LIT("id,name,house,side\r\nr1,A,H,S\r\nr2,B,H,S\r\n"),
		 "r1/A/H/S@2 r2/B/H/S@3 ", 0},
		{"CR", SLICE_LIT("id,name,house,side\rr1,A,H,S\rr2,B,H,S"),
		 "r1/A/H/S@2 r2/B/H/S@3 ", 0},
		{"semicolons", SLICE_LIT("id;name;house;side\nr1;A, B;H;S\n"), "r1/A, B/H/S@2 ", 0},
		{"tabs", SLICE_LIT("id\tname\thouse\tside\nr1\tA\t\tS\n"), "r1/A//S@2 ", 0},
		{"any order, other columns", SLICE_LIT("side,mail,id,house,name\nS,m,r1,H,A\n"),
		 "r1/A/H/S@2 ", 1},
		{"case and blanks in the header",
		 SLICE_LIT(" ID , Name ,\"House\",SIDE\nr1,A,H,S\n"), "r1/A/H/S@2 ", 0},
		{"UTF-8 with mark", SLICE_LIT("\xef\xbb\xbf" H "r1,\xc3\xa9,H,S\n"),
		 "r1/\xc3\xa9/H/S@2 ", 0},
		{"Windows-1252", SLICE_LIT(H "r1,\xe9\x80,H,S\n"), "r1/\xc3\xa9\xe2\x82\xac/H/S@2 ",
		 1},
		{"quotes", SLICE_LIT(H "r1,\"A \"\"B\"\", C\",\"H\",S\n"), "r1/A \"B\", C/H/S@2 ",
		 0},
		{"line break in quotes", SLICE_LIT(H "r1,\"A\r\nB\nC\",H,S\nr2,D,H,S\n"),
		 "r1/A B C/H/S@2 r2/D/H/S@5 ", 0},
		{"blank lines", SLICE_LIT("\n  \n" H "\nr1,A,H,S\n\r\n,,,\nr2,B,H,S\n\n"),
		 "r1/A/H/S@5 r2/B/H/S@8 ", 0},
		{"sep=;", SLICE_LIT("sep=;\r\nid;name;house;side\r\nr1;A;H;S\r\n"), "r1/A/H/S@3 ",
		 0},
		{"\"sep=|\"", SLICE_LIT("\"sep=|\"\nid|name|house|side\nr1|A|H|S\n"), "r1/A/H/S@3 ",
		 0},
		{"spaces cut", SLICE_LIT(H " r1 , A B ,H , S\n"), "r1/A B/H/S@2 ", 0},
		{"empty fields", SLICE_LIT(H "r1,,,\n"), "r1///@2 ", 0},
		{"an extra column left out", SLICE_LIT("id,name,house,side,x\nr1,A,H,S\n"),
		 "r1/A/H/S@2 ", 1},
		{"UTF-16LE",
		 SLICE_LIT(
			 "\xff\xfei\0d\0\t\0n\0a\0m\0e\0\t\0h\0o\0u\0s\0e\0\t\0s\0i\0d\0e\0\r\0\n\0"
			 "r\0"
			 "1\0\t\0\xac\x20\t\0H\0\t\0S\0\r\0\n\0"),
		 "r1/\xe2\x82\xac/H/S@2 ", 0},
		{"UTF-16BE without a mark",
		 SLICE_LIT("\0i\0d\0,\0n\0a\0m\0e\0,\0h\0o\0u\0s\0e\0,\0s\0i\0d\0e\0\n"
			   "\0r\0"
			   "1\0,\xd8\x3d\xde\x00\0,\0H\0,\0S"),
		 "r1/\xf0\x9f\x98\x80/H/S@2 ", 0},
		{"ids that look odd and are fine",
		 SLICE_LIT(H
			   "a b,,,\nconsole,,,\ncom10,,,\n\xc3\xa9t\xc3\xa9,,,\na.b-c_d+e@f,,,\n"),
		 "a b///@2 console///@3 com10///@4 \xc3\xa9t\xc3\xa9///@5 a.b-c_d+e@f///@6 ", 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct issue_readers rs = {0};
		struct heard h;
		char got[1024];
		struct sr_err e = parse(&a, row[i].csv, &h, &rs);
		render(&rs, got, sizeof got);
		CHECK(!sr_bad(e) && strcmp(got, row[i].want) == 0, "%s: %s, %s", row[i].why, got,
		      h.text);
		CHECK(h.warnings == row[i].warnings && !h.errors, "%s: %s", row[i].why, h.text);
		arena_release(&a);
	}
}

static void refused(void)
{
	const struct {
		const char *why;
		struct slice csv;
		uint32_t line;
		const char *words;
		size_t errors;
	} row[] = {
		{"nothing", SLICE_LIT(""), 0, "empty", 1},
		{"blank", SLICE_LIT("\n \r\n"), 0, "empty", 1},
		{"only a mark", SLICE_LIT("\xef\xbb\xbf"), 0, "empty", 1},
		{"no readers", SLICE_LIT(H), 0, "no reader", 1},
		{"only empty rows", SLICE_LIT(H ",,,\n"), 0, "no reader", 1},
		{"no column side", SLICE_LIT("id,name,house\nr1,A,H\n"), 1, "\"side\"", 1},
		{"no header", SLICE_LIT("r1,A,H,S\n"), 1, "\"id\"", 4},
		{"a column twice", SLICE_LIT("id,name,id,house,side\nr1,A,r2,H,S\n"), 1,
		 "two columns", 1},
		{"a field missing", SLICE_LIT(H "r1,A,H,S\nr2,A,H\n"), 3, "side is missing", 1},
		{"a field too many", SLICE_LIT(H "r1,A,H,S,T\n"), 2, "5 fields", 1},
		{"no id", SLICE_LIT(H "r1,A,H,S\n,B,H,S\n"), 3, "is empty", 1},
		{"quote in a field", SLICE_LIT(H "r1,A \"B\",H,S\nr2,C,H,S\n"), 2, "quotation mark",
		 1},
		{"words behind a quote", SLICE_LIT(H "r1,\"A\" B,H,S\n"), 2, "quotation mark", 1},
		{"a quote never closed", SLICE_LIT(H "r1,A,H,S\nr2,\"A,H,S\nr3,B,H,S\n"), 3,
		 "never closed", 1},
		{"a quote in the header", SLICE_LIT("id,na\"me,house,side\nr1,A,H,S\n"), 1,
		 "quotation", 1},
		{"twice", SLICE_LIT(H "r1,A,H,S\nr2,A,H,S\nr1,B,H,S\n"), 4, "in line 2 already", 1},
		{"twins in case", SLICE_LIT(H "Rx,A,H,S\nrX,B,H,S\n"), 3, "\"Rx\" in line 2", 1},
		{"twins in normalisation", SLICE_LIT(H "\xc3\x89,A,H,S\ne\xcc\x81,B,H,S\n"), 3,
		 "line 2", 1},
		{"twins in full folding",
		 SLICE_LIT(H "stra\xc3\x9f"
			     "e,A,H,S\nSTRASSE,B,H,S\n"),
		 3, "line 2", 1},
		{"three of a kind", SLICE_LIT(H "a,A,H,S\nA,B,H,S\na,C,H,S\n"), 3, "line 2", 2},
		{"NUL", SLICE_LIT(H "r\0001,A,H,S\n"), 2, "U+0000", 1},
		{"a control character", SLICE_LIT(H "r1,A\x1b[0m,H,S\n"), 2, "U+001B", 1},
		{"C1", SLICE_LIT(H "r1,A\xc2\x9b,H,S\n"), 2, "U+009B", 1},
		{"DEL in another column", SLICE_LIT("id,name,house,side,x\nr1,A,H,S,\x7f\n"), 2,
		 "U+007F", 1},
		{"no Windows-1252 either", SLICE_LIT(H "r1,A,H,S\nr2,\x81,H,S\n"), 3, "CP1252", 1},
		{"half a surrogate pair", SLICE_LIT("\xff\xfei\0d\0\n\0\x00\xd8i\0"), 2, "UTF-16LE",
		 1},
		{"UTF-16 of odd length", SLICE_LIT("\xff\xfei\0d"), 1, "UTF-16LE", 1},
		{"several", SLICE_LIT(H ".a,A,H,S\nr2,B,H\nok,C,H,S\nOK,C,H,S\n"), 2, "line 4", 3},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct issue_readers rs = {NULL, 77};
		struct heard h;
		struct sr_err e = parse(&a, row[i].csv, &h, &rs);
		CHECK(e.code == SR_E_INPUT, "%s: code %d", row[i].why, (int)e.code);
		CHECK(h.errors == row[i].errors && h.line == row[i].line &&
			      strstr(h.text, row[i].words),
		      "%s: %zu errors, %s", row[i].why, h.errors, h.text);
		CHECK(rs.n == 77, "%s: output touched", row[i].why);
		arena_release(&a);
	}
}

static void unsafe_ids(void)
{
	static const char *const id[] = {
		"../x",   "a/b",       "a\\b",     ".",         "..",       ".hidden",  "-rf",
		"a.",     "con",       "CON",      "Nul",       "com1",     "LPT9",     "con.v2",
		"aux .x", "com\u00b2", "conin$",   "a<b",       "a>b",      "a:b",      "a|b",
		"a?b",    "a*b",       "a\u200bb", "\u202eabc", "a\u2028b", "a\u00adb",
	};
	static const char *const quoted[] = {" a", "a ", "a\tb", "a\nb", "a,b\rc", "a\"\"b"};
	struct arena a = {0};
	struct heard h;
	struct issue_readers rs;
	char csv[256];
	for (size_t i = 0; i < sizeof id / sizeof *id; i++) {
		(void)snprintf(csv, sizeof csv, H "%s,A,H,S\n", id[i]);
		CHECK(parse(&a, slice_str(csv), &h, &rs).code == SR_E_INPUT && h.line == 2 &&
			      h.errors == 1 && strstr(h.text, "file name"),
		      "%s: %s", id[i], h.text);
	}
	for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
		(void)snprintf(csv, sizeof csv, H "\"%s\",A,H,S\n", quoted[i]);
		CHECK(parse(&a, slice_str(csv), &h, &rs).code == SR_E_INPUT && h.line == 2 &&
			      strstr(h.text, "file name"),
		      "%s: %s", quoted[i], h.text);
	}
	CHECK(issue_id_rule(SLICE_LIT("\xff")) && issue_id_rule(SLICE_LIT("a\0")), "not text");
	arena_release(&a);
}

static void long_fields(void)
{
	char csv[4096];
	struct arena a = {0};
	struct heard h;
	struct issue_readers rs;
	for (int n = LIMIT_ID_BYTES - 1; n <= LIMIT_ID_BYTES + 1; n++) {
		(void)snprintf(csv, sizeof csv, H "%0*d,A,H,S\n", n, 7);
		struct sr_err e = parse(&a, slice_str(csv), &h, &rs);
		CHECK(sr_bad(e) == (n > LIMIT_ID_BYTES), "id of %d bytes: %s", n, h.text);
	}
	for (int n = LIMIT_FIELD_BYTES - 1; n <= LIMIT_FIELD_BYTES + 1; n++)
		for (int f = 0; f < 3; f++) {
			(void)snprintf(csv, sizeof csv, H "r1,%0*d,%0*d,%0*d\n", f == 0 ? n : 1, 7,
				       f == 1 ? n : 1, 7, f == 2 ? n : 1, 7);
			struct sr_err e = parse(&a, slice_str(csv), &h, &rs);
			CHECK(sr_bad(e) == (n > LIMIT_FIELD_BYTES), "field of %d bytes: %s", n,
			      h.text);
			CHECK(!sr_bad(e) || (h.errors == 1 && h.line == 2), "%s", h.text);
		}
	uint8_t *huge = arena_alloc(&a, LIMIT_READERS_BYTES + 1, 1);
	CHECK(parse(&a, slice_make(huge, LIMIT_READERS_BYTES + 1), &h, &rs).code == SR_E_LIMIT,
	      "huge");
	arena_release(&a);
}

static void many_problems(void)
{
	struct arena a = {0};
	struct heard h;
	struct issue_readers rs;
	char csv[2048] = H;
	size_t used = strlen(csv);
	for (int i = 0; i < 50; i++)
		used += (size_t)snprintf(csv + used, sizeof csv - used, ".%d,A,H,S\n", i);
	CHECK(parse(&a, slice_str(csv), &h, &rs).code == SR_E_INPUT, "bad");
	CHECK(h.errors == 21 && strstr(h.text, "and 30 more"), "%zu: %s", h.errors, h.text);
	CHECK(strstr(h.text, "21:0:") && !strstr(h.text, "22:0:"), "the first 20: %s", h.text);
	struct sr_sink deaf = {0};
	CHECK(issue_readers_parse(&a, slice_str(csv), &deaf, &rs).code == SR_E_INPUT,
	      "nobody listens");
	CHECK(issue_readers_parse(&a, slice_str(csv), NULL, &rs).code == SR_E_INPUT, "no sink");
	arena_release(&a);
}

static void columns_of_quotes(void)
{
	struct arena a = {0};
	struct heard h;
	struct issue_readers rs;
	CHECK(parse(&a, SLICE_LIT(H "r1,\xc3\xa9\xc3\xa9\"x,H,S\n"), &h, &rs).code == SR_E_INPUT,
	      "bad");
	CHECK(h.line == 2 && h.col == 6, "characters are counted, not bytes: %s", h.text);
	CHECK(parse(&a, SLICE_LIT(H "r1,\"A\nB\" C,H,S\n.x,A,H,S\n"), &h, &rs).code == SR_E_INPUT,
	      "bad");
	CHECK(h.line == 3 && strstr(h.text, "begins in line 2") && strstr(h.text, "4:0:"), "%s",
	      h.text);
	arena_release(&a);
}

/* What holds of every list that is accepted. */
static void check_accepted(const struct issue_readers *rs, const char *why, size_t at)
{
	CHECK(rs->n > 0, "%s %zu: no reader", why, at);
	for (size_t i = 0; i < rs->n; i++) {
		CHECK(!issue_id_rule(rs->at[i].id), "%s %zu: unsafe id", why, at);
		CHECK(rs->at[i].fold.len && rs->at[i].line, "%s %zu: no fold or line", why, at);
		CHECK(rs->at[i].name.len <= LIMIT_FIELD_BYTES, "%s %zu: long", why, at);
		for (size_t k = 0; k < i; k++)
			CHECK(!slice_eq(rs->at[i].fold, rs->at[k].fold), "%s %zu: twins", why, at);
	}
}

static struct slice sample(bool wide, char *buf)
{
	static const char utf8[] =
		"\xef\xbb\xbf"
		"sep=,\r\nname,id,house,side,more\r\n"
		"\"A \"\"B\"\",\r\nC\",r1,H,S,x\r\n\r\nD,\xc3\xa9,\"H\",S,y\r\nE,r3,,,\n";
	static const char text[] = "id\tname\thouse\tside\r\nr1\t\"A\n\"\tH\tS\r\nr2\tB\tH\tS";
	if (!wide)
		return SLICE_LIT(utf8);
	size_t n = 0;
	buf[n++] = '\xff';
	buf[n++] = '\xfe';
	for (size_t i = 0; i + 1 < sizeof text; i++) {
		buf[n++] = text[i];
		buf[n++] = 0;
	}
	return slice_make(buf, n);
}

static void sweeps(void)
{
	char buf[512];
	for (int wide = 0; wide < 2; wide++) {
		struct slice good = sample(wide, buf);
		size_t accepted = 0, tried = 0;
		for (size_t len = 0; len <= good.len; len++) {
			struct arena a = {0};
			struct issue_readers rs;
			struct heard h;
			uint8_t *copy = malloc(len + 1);
			memcpy(copy, good.ptr, len);
			struct sr_err e = parse(&a, slice_make(copy, len), &h, &rs);
			CHECK(sr_bad(e) == (h.errors > 0), "prefix %zu: %s", len, h.text);
			if (!sr_bad(e))
				check_accepted(&rs, "prefix", len);
			CHECK(len < good.len || !sr_bad(e), "the whole is accepted: %s", h.text);
			free(copy);
			arena_release(&a);
		}
		for (size_t bit = 0; bit < 8 * good.len; bit++) {
			struct arena a = {0};
			struct issue_readers rs;
			struct heard h;
			uint8_t *copy = malloc(good.len);
			memcpy(copy, good.ptr, good.len);
			copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
			struct sr_err e = parse(&a, slice_make(copy, good.len), &h, &rs);
			CHECK(sr_bad(e) == (h.errors > 0), "bit %zu: %s", bit, h.text);
			if (!sr_bad(e))
				check_accepted(&rs, "bit", bit);
			accepted += !sr_bad(e);
			tried++;
			free(copy);
			arena_release(&a);
		}
		CHECK(accepted > 0 && accepted < tried, "%zu of %zu", accepted, tried);
	}
}

static void memory_faults(void)
{
	char buf[512];
	size_t shown = 0;
	for (int kind = 0; kind < 3; kind++)
		for (size_t n = 1;; n++) {
			struct slice csv = kind < 2 ? sample(kind, buf)
						    : SLICE_LIT(H "r1,\xe9,H,S\nr2,\"A\" B,H,S\n");
			struct arena a = {0};
			struct issue_readers rs;
			struct heard h;
			test_alloc_fail_at(n);
			struct sr_err e = parse(&a, csv, &h, &rs);
			bool failed = test_alloc_failed();
			test_alloc_fail_at(0);
			/* libcsv tries again with less, so that not every failure shows. */
			enum sr_code want = kind < 2 ? SR_OK : SR_E_INPUT;
			shown += failed && e.code == SR_E_NOMEM;
			CHECK(e.code == want || (failed && e.code == SR_E_NOMEM),
			      "allocation %zu: code %d", n, (int)e.code);
			arena_release(&a);
			if (!failed)
				break;
		}
	CHECK(shown >= 3, "%zu failures", shown);
}

static void speed(void)
{
	enum { N = 100 * 1000 };
	struct arena a = {0};
	struct heard h;
	struct issue_readers rs;
	char *csv = arena_alloc(&a, N, 64);
	size_t used = (size_t)snprintf(csv, 64, H);
	for (unsigned i = 0; i < N; i++)
		used += (size_t)snprintf(csv + used, 64,
					 "r%06u,\"Somebody, %u\",House %u,Side %u\r\n",
					 i * 7919 % N, i, i % 40, i % 2);
	struct timespec t0, t1;
	(void)clock_gettime(CLOCK_MONOTONIC, &t0);
	struct sr_err e = parse(&a, slice_make(csv, used), &h, &rs);
	(void)clock_gettime(CLOCK_MONOTONIC, &t1);
	CHECK(!sr_bad(e) && rs.n == N, "%s", h.text);
	printf("# 100,000 readers: %.3f s\n",
	       (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9);
	arena_release(&a);
}

int main(void)
{
	test_run("lists that are understood", understood);
	test_run("lists that are refused, with line and rule", refused);
	test_run("ids that are no file names", unsafe_ids);
	test_run("limits", long_fields);
	test_run("many problems", many_problems);
	test_run("where a quotation mark is wrong", columns_of_quotes);
	test_run("every prefix and every flipped bit", sweeps);
	test_run("every allocation fails once", memory_faults);
	test_run("100,000 readers", speed);
	return test_done();
}
