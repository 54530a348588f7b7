/* SPDX-License-Identifier: Apache-2.0 */
/* office/: the archive. What goes in comes out, what is changed is all that changes, and no
 * archive, however made, gets more memory than the limits allow. */
#include "test.h"
#include "zips.h"

#include "base_limits.h"
#include "office_zip.h"

#include <stdio.h>
#include <zip.h>

/* 1980-00-00 and 02:30 on a day when a time zone skips it: times that only bytes can carry. */
static const struct zips_part parts[] = {
	{.name = "[Content_Types].xml", .bytes = {(const uint8_t *)"<Types/>", 8}, .time = 0},
	{.name = "word/document.xml",
	 .bytes = {(const uint8_t *)"<document>text</document>", 25},
	 .time = 0x5c7e13c0,
	 .attributes = 0x81a40000},
	{.name = "word/media/p.png", .bytes = {(const uint8_t *)"\x89PNG", 4}, .time = 0x00210000},
	{.name = "empty", .bytes = {(const uint8_t *)"", 0}, .time = 0xffffffff},
};

enum { PARTS_N = sizeof parts / sizeof *parts };

static struct sr_err read_name(struct office_zip *z, const char *name, struct build *out)
{
	size_t i;
	build_reset(out);
	if (!office_zip_find(z, slice_str(name), &i))
		return sr_fail(SR_E_STATE, "not there");
	return office_zip_read(z, i, out);
}

static void reads(void)
{
	struct arena a = {0};
	struct office_zip *z = NULL;
	struct sr_err e = office_zip_open(zips_make(&a, parts, PARTS_N), &z);
	if (!CHECK(!sr_bad(e), "%s", e.what))
		return;
	CHECK(office_zip_parts(z) == PARTS_N, "%zu parts", office_zip_parts(z));
	struct build b = {0};
	for (size_t i = 0; i < PARTS_N; i++) {
		CHECK(slice_eq(office_zip_name(z, i), slice_str(parts[i].name)), "%s",
		      parts[i].name);
		e = read_name(z, parts[i].name, &b);
		CHECK(!sr_bad(e) && slice_eq(slice_make(b.ptr, b.len), parts[i].bytes), "%s: %s",
		      parts[i].name, e.what);
	}
	CHECK(!sr_bad(read_name(z, "WORD/Document.XML", &b)), "names are the same without case");
	CHECK(sr_bad(read_name(z, "word/document.xm", &b)), "a shorter name is another");
	CHECK(sr_bad(read_name(z, "word/document.xml2", &b)), "a longer name is another");
	build_release(&b);
	office_zip_close(z);
	arena_release(&a);
}

/* change replaces part i by text and gives the archive; it lives in a. */
static struct slice change(struct arena *a, struct slice zip, size_t i, const char *text)
{
	struct office_zip *z;
	struct build b = {0};
	struct office_zip_change c = {i, slice_str(text)};
	struct slice all = {0};
	struct sr_err e = office_zip_open(zip, &z);
	if (CHECK(!sr_bad(e), "%s", e.what)) {
		e = office_zip_write(z, &c, 1, &b);
		CHECK(!sr_bad(e), "%s", e.what);
		office_zip_close(z);
		all = slice_make(arena_dup(a, b.ptr, b.len), b.len);
	}
	build_release(&b);
	return all;
}

/* without_versions clears what the headers say of the program that made them: it changed. */
static struct slice without_versions(struct arena *a, struct slice zip)
{
	uint8_t *copy = arena_dup(a, zip.ptr, zip.len);
	for (size_t i = 0; i + 8 < zip.len; i++) {
		if (memcmp(copy + i, "PK\1\2", 4) == 0)
			copy[i + 4] = copy[i + 6] = 0;
		else if (memcmp(copy + i, "PK\3\4", 4) == 0)
			copy[i + 4] = 0;
	}
	return slice_make(copy, zip.len);
}

static bool same_archive(struct arena *a, struct slice x, struct slice y)
{
	return slice_eq(without_versions(a, x), without_versions(a, y));
}

static void writes_one_part(void)
{
	struct arena a = {0};
	struct zips_part want[PARTS_N];
	memcpy(want, parts, sizeof want);
	for (size_t i = 0; i < PARTS_N; i++) {
		want[i].bytes = SLICE_LIT("other, <longer> text than that which stood there");
		struct slice got = change(&a, zips_make(&a, parts, PARTS_N), i,
					  "other, <longer> text than that which stood there");
		/* Stored parts, so the whole archive is known: order, times, attributes. */
		CHECK(same_archive(&a, got, zips_make(&a, want, PARTS_N)), "part %zu", i);
		want[i].bytes = parts[i].bytes;
	}
	struct slice none = change(&a, zips_make(&a, parts, PARTS_N), 1, "");
	want[1].bytes = SLICE_LIT("");
	CHECK(same_archive(&a, none, zips_make(&a, want, PARTS_N)), "no bytes");
	arena_release(&a);
}

/* A long part before, behind and on both sides of the one that is changed. */
static void long_parts(void)
{
	struct arena a = {0};
	uint8_t *text = arena_alloc(&a, 100000, 1);
	memset(text, 'x', 100000);
	for (unsigned which = 0; which < 8; which++) {
		struct zips_part p[3];
		for (unsigned i = 0; i < 3; i++)
			p[i] = (struct zips_part){
				.name = parts[i].name,
				.bytes = slice_make(text, which >> i & 1 ? 100000 : 10)};
		struct slice zip = zips_make(&a, p, 3);
		for (unsigned i = 0; i < 3; i++) {
			struct slice before = p[i].bytes;
			struct slice got = change(&a, zip, i, "y");
			p[i].bytes = SLICE_LIT("y");
			CHECK(same_archive(&a, got, zips_make(&a, p, 3)), "%u, part %u", which, i);
			p[i].bytes = before;
		}
	}
	arena_release(&a);
}

static void time_zone_does_not_matter(void)
{
	struct arena a = {0};
	static const char *const zones[] = {"UTC", "America/New_York", "Europe/Berlin",
					    "Pacific/Kiritimati"};
	struct slice first = {0};
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		(void)setenv("TZ", zones[i], 1);
		struct slice got = change(&a, zips_make(&a, parts, PARTS_N), 1, "text");
		first = i ? first : got;
		CHECK(slice_eq(got, first), "%s", zones[i]);
	}
	CHECK(office_zip_prepare() &&
		      slice_eq(change(&a, zips_make(&a, parts, PARTS_N), 1, "text"), first),
	      "prepared");
	(void)unsetenv("TZ");
	arena_release(&a);
}

/* deflated packs bytes with libzip and gives them as they lie in its archive. */
static struct zips_part deflated(struct arena *a, const char *name, struct slice bytes)
{
	zip_source_t *s = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_source_keep(s);
	zip_t *za = zip_open_from_source(s, ZIP_TRUNCATE, NULL);
	assert(za && zip_file_add(za, "x", zip_source_buffer(za, bytes.ptr, bytes.len, 0), 0) == 0);
	assert(zip_close(za) == 0);
	za = zip_open_from_source(s, ZIP_RDONLY, NULL);
	zip_stat_t st;
	assert(za && zip_stat_index(za, 0, 0, &st) == 0);
	uint8_t *packed = arena_alloc(a, st.comp_size + 1, 1);
	zip_file_t *f = zip_fopen_index(za, 0, ZIP_FL_COMPRESSED);
	assert(packed && f && zip_fread(f, packed, st.comp_size) == (zip_int64_t)st.comp_size);
	struct zips_part p = {.name = name,
			      .bytes = bytes,
			      .method = 8,
			      .packed = slice_make(packed, st.comp_size)};
	(void)zip_fclose(f);
	zip_discard(za);
	return p;
}

static void keeps_packing(void)
{
	struct arena a = {0};
	struct zips_part p[2] = {parts[0]};
	uint8_t *text = arena_alloc(&a, 5000, 1);
	memset(text, 'x', 5000);
	p[1] = deflated(&a, "word/document.xml", slice_make(text, 5000));
	struct slice zip = zips_make(&a, p, 2);
	memset(text, 'y', 5000);
	struct zips_part want[2] = {parts[0],
				    deflated(&a, "word/document.xml", slice_make(text, 5000))};
	uint8_t *other = arena_dup(&a, text, 5000);
	struct slice got = change(&a, zip, 1, (const char *)other);
	CHECK(got.len == zips_make(&a, want, 2).len, "%zu bytes", got.len);
	struct office_zip *z;
	struct build b = {0};
	if (CHECK(!sr_bad(office_zip_open(got, &z)), "opens")) {
		CHECK(!sr_bad(read_name(z, "word/document.xml", &b)) && b.len == 5000 &&
			      memcmp(b.ptr, text, 5000) == 0,
		      "reads as what was written");
		office_zip_close(z);
	}
	build_release(&b);
	arena_release(&a);
}

/* outcome opens an archive and reads all of it. */
static struct sr_err outcome(struct slice zip)
{
	struct office_zip *z = NULL;
	struct build b = {0};
	SR_TRY(office_zip_open(zip, &z));
	struct sr_err e = sr_ok();
	for (size_t i = 0; i < office_zip_parts(z) && !sr_bad(e); i++) {
		build_reset(&b);
		e = office_zip_read(z, i, &b);
		CHECK(b.len <= LIMIT_ZIP_PART_BYTES, "%zu bytes", b.len);
	}
	build_release(&b);
	office_zip_close(z);
	return e;
}

static void refuses(void)
{
	struct arena a = {0};
	size_t len = LIMIT_ZIP_PART_BYTES + 1;
	uint8_t *zeros = arena_alloc(&a, len, 1);
	uint8_t *noise = arena_alloc(&a, 4096, 1);
	uint64_t seed = 7;
	for (size_t i = 0; i < 4096; i++)
		noise[i] = (uint8_t)test_random(&seed);
	for (size_t i = 0; i < len; i++) /* packs 60 to 1: no trap, but too much */
		zeros[i] = i % 160 < 2 ? noise[i / 160 % 4096] : 'a';
	struct zips_part large = deflated(&a, "large", slice_make(zeros, len));
	memset(zeros, 0, len);
	struct zips_part trap = deflated(&a, "trap", slice_make(zeros, 8 * 1024 * 1024));
	struct zips_part liar = trap;
	liar.claims = 10;
	const struct {
		const char *why;
		struct zips_part p[2];
		size_t n;
		enum sr_code code;
	} row[] = {
		{"no part", {{0}}, 0, SR_E_INPUT},
		{"encrypted",
		 {{.name = "a", .flags = 1, .bytes = SLICE_LIT("0123456789ab")}},
		 1,
		 SR_E_INPUT},
		{"the same name twice", {{.name = "a"}, {.name = "a"}}, 2, SR_E_INPUT},
		{"the same name but for case", {{.name = "a/B"}, {.name = "A/b"}}, 2, SR_E_INPUT},
		{"no name", {{.name = ""}}, 1, SR_E_INPUT},
		{"bzip2", {{.name = "a", .method = 12}}, 1, SR_E_INPUT},
		{"method 99", {{.name = "a", .method = 99}}, 1, SR_E_INPUT},
		{"claims too much together",
		 {{.name = "a", .claims = 300 << 20}, {.name = "b", .claims = 300 << 20}},
		 2,
		 SR_E_LIMIT},
		{"one part unpacks to too much", {large}, 1, SR_E_LIMIT},
		{"a thousand to one", {trap}, 1, SR_E_LIMIT},
		{"a thousand to one, and its header lies", {liar}, 1, SR_E_LIMIT},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct sr_err e = outcome(zips_make(&a, row[i].p, row[i].n));
		CHECK(e.code == row[i].code, "%s: %s", row[i].why, e.what);
	}
	CHECK(outcome(SLICE_LIT("")).code == SR_E_INPUT, "no bytes");
	CHECK(outcome(SLICE_LIT("PK\3\4 is not all")).code == SR_E_INPUT, "a beginning only");
	arena_release(&a);
}

static void too_many_parts(void)
{
	struct arena a = {0};
	size_t n = LIMIT_ZIP_PARTS + 1;
	struct zips_part *p = ARENA_ARRAY(&a, n, struct zips_part);
	for (size_t i = 0; i < n; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "%zu", i);
		p[i].name = arena_dup(&a, name, strlen(name));
	}
	CHECK(!sr_bad(outcome(zips_make(&a, p, n - 1))), "as many as are allowed");
	CHECK(outcome(zips_make(&a, p, n)).code == SR_E_LIMIT, "one more");
	arena_release(&a);
}

/* Every prefix, and every bit of the archive flipped: read or refused, and what is read is right or
 * its CRC would have told. */
static void sweeps(void)
{
	struct arena a = {0};
	struct zips_part p[2] = {parts[0], deflated(&a, "word/document.xml", parts[1].bytes)};
	struct slice zip = zips_make(&a, p, 2);
	for (size_t len = 0; len < zip.len; len++) {
		uint8_t *cut = malloc(len + 1);
		memcpy(cut, zip.ptr, len);
		CHECK(outcome(slice_make(cut, len)).code == SR_E_INPUT, "the first %zu bytes", len);
		free(cut);
	}
	uint8_t *flipped = arena_dup(&a, zip.ptr, zip.len);
	for (size_t bit = 0; bit < zip.len * 8; bit++) {
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct office_zip *z = NULL;
		struct build b = {0};
		struct office_zip_change c = {0, SLICE_LIT("x")};
		if (!sr_bad(office_zip_open(slice_make(flipped, zip.len), &z))) {
			struct sr_err e = office_zip_read(z, 0, &b);
			CHECK(sr_bad(e) || slice_eq(slice_make(b.ptr, b.len), p[0].bytes) ||
				      bit / 8 >= zip.len - 22,
			      "bit %zu", bit);
			build_reset(&b);
			e = office_zip_write(z, &c, 1, &b);
			CHECK(sr_bad(e) || b.len > 22, "bit %zu", bit);
			office_zip_close(z);
		}
		build_release(&b);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	arena_release(&a);
}

static void allocations_fail(void)
{
	struct arena a = {0};
	struct slice zip = zips_make(&a, parts, PARTS_N);
	for (size_t n = 1;; n++) {
		struct office_zip *z = NULL;
		struct build b = {0};
		struct office_zip_change c = {1, SLICE_LIT("x")};
		test_alloc_fail_at(n);
		struct sr_err e = office_zip_open(zip, &z);
		if (!sr_bad(e))
			e = office_zip_read(z, 1, &b);
		if (!sr_bad(e))
			e = office_zip_write(z, &c, 1, &b);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(failed ? e.code == SR_E_NOMEM : !sr_bad(e), "allocation %zu: %s", n, e.what);
		office_zip_close(z);
		build_release(&b);
		if (!failed)
			break;
	}
	arena_release(&a);
}

int main(void)
{
	test_run("parts are read", reads);
	test_run("one part is changed, and nothing else", writes_one_part);
	test_run("long parts", long_parts);
	test_run("the time zone does not matter", time_zone_does_not_matter);
	test_run("what is deflated is deflated again", keeps_packing);
	test_run("refusals", refuses);
	test_run("number of parts", too_many_parts);
	test_run("every prefix and every bit", sweeps);
	test_run("every allocation fails", allocations_fail);
	return test_done();
}
