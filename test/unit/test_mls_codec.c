/* SPDX-License-Identifier: Apache-2.0 */
/* mls/: the codec. What is encoded in another way than the only one is refused, wherever it is. */
#include "hex.h"
#include "mls_samples.h"
#include "mls_types.h"
#include "test.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

union object {
	alignas(max_align_t) uint8_t bytes[SAMPLE_OBJECT_LEN];
};

static struct sr_err decode(const struct mls_type *type, struct slice in)
{
	struct arena a = {0};
	union object o;
	struct sr_err e = mls_decode(type, in, &a, &o);
	arena_release(&a);
	return e;
}

/* Bytes written as hexadecimal digits and blanks. */
static struct slice bytes_of(const char *digits, struct arena *a)
{
	size_t n = 0;
	char *packed = arena_dup(a, digits, strlen(digits));
	uint8_t *out = arena_alloc(a, strlen(digits) / 2 + 1, 1);
	for (const char *p = digits; *p; p++)
		if (*p != ' ')
			packed[n++] = *p;
	CHECK(hex_read(slice_make(packed, n), out, n / 2), "%s", digits);
	return slice_make(out, n / 2);
}

/* 2.1.2 */
static void lengths(void)
{
	static const struct {
		const char *why, *digits;
		int64_t len; /* -1: refused */
	} rows[] = {
		{"nothing", "", -1},
		{"0", "00", 0},
		{"the last of one byte", "3f", 0x3f},
		{"two bytes, one missing", "40", -1},
		{"0 in two bytes", "4000", -1},
		{"two bytes where one would do", "403f", -1},
		{"the first of two bytes", "4040", 0x40},
		{"the last of two bytes", "7fff", 0x3fff},
		{"four bytes, three missing", "80", -1},
		{"four bytes, one missing", "800040", -1},
		{"0 in four bytes", "80000000", -1},
		{"four bytes where one would do", "8000003f", -1},
		{"four bytes where two would do", "80003fff", -1},
		{"the first of four bytes", "80004000", 0x4000},
		{"the last of four bytes", "bfffffff", 0x3fffffff},
		{"prefix 11, one byte", "c0", -1},
		{"prefix 11, two bytes", "c040", -1},
		{"prefix 11, four bytes", "c0004000", -1},
		{"prefix 11, eight bytes", "c000000040000000", -1},
		{"all ones", "ffffffffffffffff", -1},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice in = bytes_of(rows[i].digits, &a), rest = in;
		size_t len = 77;
		bool got = mls_next_length(&rest, &len);
		CHECK(got == (rows[i].len >= 0), "%s", rows[i].why);
		CHECK(rest.len == (got ? 0 : in.len), "%s: the rest", rows[i].why);
		CHECK(len == (got ? (size_t)rows[i].len : 77), "%s: %zu", rows[i].why, len);
	}
	arena_release(&a);
}

static void every_short_length(void)
{
	for (unsigned i = 0; i < 1 << 16; i++) {
		uint8_t in[2] = {(uint8_t)(i >> 8), (uint8_t)i};
		struct slice rest = slice_make(in, 2);
		size_t len = 0;
		bool got = mls_next_length(&rest, &len);
		bool one = in[0] < 0x40, two = i >= 0x4040 && i < 0x8000;
		CHECK(got == (one || two), "%04x", i);
		CHECK(!got || len == (one ? in[0] : i - 0x4000), "%04x: %zu", i, len);
	}
}

/* The bytes behind the length have no room here and are not looked at. */
static void lengths_written(void)
{
	static const struct {
		size_t len, bytes;
	} rows[] = {{0, 1},      {0x3f, 1},       {0x40, 2},    {0x3fff, 2},
		    {0x4000, 4}, {0x3fffffff, 4}, {1 << 30, 0}, {SIZE_MAX, 0}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct build b;
		build_init(&b, rows[i].bytes ? rows[i].bytes : 16);
		mls_put_opaque(&b, slice_make(NULL, rows[i].len));
		struct slice rest = slice_make(b.ptr, b.len);
		size_t len = 0;
		CHECK(b.len == rows[i].bytes, "%zu takes %zu", rows[i].len, b.len);
		CHECK(!rows[i].bytes || (mls_next_length(&rest, &len) && len == rows[i].len), "%zu",
		      rows[i].len);
		CHECK(b.failed == (rows[i].len ? SR_E_LIMIT : SR_OK), "%zu", rows[i].len);
		build_release(&b);
	}
}

/* mls_list_close makes room for the length that mls_put_opaque would have written first. */
static void lists_closed(void)
{
	static const size_t lens[] = {0, 1, 0x3f, 0x40, 0x3fff, 0x4000, 0x4001};
	static uint8_t bytes[0x4001];
	uint64_t seed = 5;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)test_random(&seed);
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		struct build list, opaque;
		build_init(&list, 0);
		build_init(&opaque, 0);
		build_str(&list, "before");
		build_str(&opaque, "before");
		build_bytes(&list, bytes, lens[i]);
		mls_list_close(&list, strlen("before"));
		mls_put_opaque(&opaque, slice_make(bytes, lens[i]));
		CHECK(!list.failed && slice_eq(slice_make(list.ptr, list.len),
					       slice_make(opaque.ptr, opaque.len)),
		      "%zu", lens[i]);
		build_release(&list);
		build_release(&opaque);
	}
	struct build full;
	build_init(&full, 4);
	build_str(&full, "full");
	mls_list_close(&full, 0);
	CHECK(full.failed == SR_E_LIMIT && memcmp(full.ptr, "full", 4) == 0, "no room");
	mls_list_close(&full, 0);
	CHECK(full.failed == SR_E_LIMIT && full.len == 4, "a builder that has failed");
	build_release(&full);
}

static void numbers_and_labels(void)
{
	static const char want[] = "\1"
				   "\1\2"
				   "\1\2\3\4"
				   "\1\2\3\4\5\6\7\10"
				   "\15MLS 1.0 label";
	struct build b;
	build_init(&b, 0);
	mls_put_u8(&b, 1);
	mls_put_u16(&b, 0x0102);
	mls_put_u32(&b, 0x01020304);
	mls_put_u64(&b, 0x0102030405060708);
	mls_put_label(&b, SLICE_LIT("label"));
	struct slice in = slice_make(b.ptr, b.len);
	CHECK(slice_eq(in, SLICE_LIT(want)), "%zu bytes", b.len);
	uint64_t v[4] = {0};
	CHECK(mls_next_int(&in, MLS_U8, &v[0]) && mls_next_int(&in, MLS_U16, &v[1]) &&
		      mls_next_int(&in, MLS_U32, &v[2]) && mls_next_int(&in, MLS_U64, &v[3]),
	      "read");
	CHECK(v[0] == 1 && v[1] == 0x0102 && v[2] == 0x01020304 && v[3] == 0x0102030405060708,
	      "as they were");
	in = slice_sub(in, 0, 7);
	CHECK(!mls_next_int(&in, MLS_U64, &v[0]) && in.len == 7 && v[0] == 1, "one byte short");
	build_release(&b);
}

/* Written by hand after the RFC: type, source, tags, optional parts, order of fields. */
static void known_bytes(void)
{
	static const struct {
		const char *what;
		const struct mls_type *type;
		const char *digits;
	} rows[] = {
		{"basic credential", &mls_type_credential, "0001 05 616c696365"},
		{"x509 credential, two", &mls_type_credential, "0002 05 01aa 02bbcc"},
		{"remove of leaf 5", &mls_type_proposal, "0003 00000005"},
		{"self_remove", &mls_type_proposal, "000a"},
		{"external PSK", &mls_type_psk_id, "01 02abcd 01ff"},
		{"resumption PSK", &mls_type_psk_id, "02 03 0167 0000000000000102 01ff"},
		{"by reference, no path", &mls_type_commit, "05 02 03aabbcc 00"},
		{"tree: blank, parent", &mls_type_tree, "0b 00 01 02 0199 00 0400000002"},
		{"leaf of a commit", &mls_type_leaf,
		 "01e1 0151 0001 00 020001 020003 00 00 020001 03 0170 00 01ff"},
		{"leaf of an update", &mls_type_leaf, "00 00 0001 00 00 00 00 00 00 02 00 00"},
		{"leaf of a key package", &mls_type_leaf,
		 "00 00 0001 00 00 00 00 00 00 01 0000000000000001 ffffffffffffffff 00 00"},
		{"member's application data", &mls_type_public,
		 "0167 0000000000000009 01 00000007 00 01 026869 0155 016d"},
		{"new member's proposal, no tag", &mls_type_public,
		 "0167 0000000000000009 03 00 02 000a 0155"},
		{"private message", &mls_type_message,
		 "0001 0002 0167 0000000000000009 01 00 01aa 01bb"},
		{"required capabilities", &mls_type_required, "020005 04 0007000a 020001"},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice in = bytes_of(rows[i].digits, &a), out = {0};
		union object o;
		struct sr_err e = mls_decode(rows[i].type, in, &a, &o);
		CHECK(!sr_bad(e), "%s: %s", rows[i].what, e.what);
		e = sr_bad(e) ? e : mls_encoded(rows[i].type, &o, &a, &out);
		CHECK(!sr_bad(e) && slice_eq(in, out), "%s: written", rows[i].what);
	}
	arena_release(&a);
}

/* The wrong byte is at that offset, and a reader is told so by what mls_decode_front leaves. */
static void refused(void)
{
	static const struct {
		const char *why;
		const struct mls_type *type;
		const char *digits;
		size_t at;
		const char *says;
	} rows[] = {
		{"unknown credential", &mls_type_credential, "0003 00", 2, "unknown kind"},
		{"GREASE credential", &mls_type_credential, "0a0a 00", 2, "unknown kind"},
		{"proposal 0", &mls_type_proposal, "0000 00000005", 2, "unknown kind"},
		{"proposal 8", &mls_type_proposal, "0008 00000005", 2, "unknown kind"},
		{"proposal or reference 0", &mls_type_commit, "02 0000 00", 2, "unknown kind"},
		{"proposal or reference 3", &mls_type_commit, "02 0300 00", 2, "unknown kind"},
		{"psk type 0", &mls_type_psk_id, "00 00 00", 1, "unknown kind"},
		{"psk type 3", &mls_type_psk_id, "03 00 00", 1, "unknown kind"},
		{"node type 0", &mls_type_node, "00 00 00 00", 1, "unknown kind"},
		{"node type 3", &mls_type_node, "03 00 00 00", 1, "unknown kind"},
		{"leaf source 0", &mls_type_leaf, "00 00 0001 00 00 00 00 00 00 00 00 00", 11,
		 "unknown kind"},
		{"leaf source 4", &mls_type_leaf, "00 00 0001 00 00 00 00 00 00 04 00 00", 11,
		 "unknown kind"},
		{"sender 0", &mls_type_content, "00 0000000000000009 00 00 02 000a", 10,
		 "unknown kind"},
		{"sender 5", &mls_type_content, "00 0000000000000009 05 00 02 000a", 10,
		 "unknown kind"},
		{"content 0", &mls_type_content, "00 0000000000000009 03 00 00 000a", 12,
		 "unknown kind"},
		{"content 4", &mls_type_content, "00 0000000000000009 03 00 04 000a", 12,
		 "unknown kind"},
		{"wire format 0", &mls_type_message, "0001 0000 00", 4, "unknown kind"},
		{"wire format 7", &mls_type_message, "0001 0007 00", 4, "unknown kind"},
		{"content that no tag selects", &mls_type_private_content, "00 00", 0,
		 "unknown kind"},
		{"optional node: 2", &mls_type_tree, "01 02", 2, "neither there nor absent"},
		{"optional node: 255", &mls_type_tree, "01 ff", 2, "neither there nor absent"},
		{"optional path: 2", &mls_type_commit, "00 02", 2, "neither there nor absent"},
		{"optional secret: 2", &mls_type_group_secrets, "00 02 00 00", 2,
		 "neither there nor absent"},
		{"a flag of 2", &mls_type_saved,
		 "0000000000000000 0001 0003 00000000 00000000 02 02 00", 22, "too large"},
		{"a private key of 31 bytes", &mls_type_saved_key,
		 "0000000000000000 0001 00 1f aaaaaaaa aaaaaaaa aaaaaaaa aaaaaaaa aaaaaaaa "
		 "aaaaaaaa aaaaaaaa aaaaaa 00",
		 43, "wrong length"},
		{"identity, length in two bytes", &mls_type_credential, "0001 4001 61", 2,
		 "wrong form"},
		{"list, length in two bytes", &mls_type_tree, "4001 00", 0, "wrong form"},
		{"list longer than all", &mls_type_tree, "02 00", 0, "too early"},
		{"half a number in a list", &mls_type_required, "03 000500 00 00", 3, "too early"},
		{"half an extension in a list", &mls_type_extensions, "04 0001 0000", 4,
		 "too early"},
		{"a certificate beyond its list", &mls_type_credential, "0002 02 02bb cc", 3,
		 "too early"},
		{"a certificate beyond, in a leaf", &mls_type_leaf, "00 00 0002 02 00 01 00", 6,
		 "too early"},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice in = bytes_of(rows[i].digits, &a), rest = in;
		union object o = {0};
		struct sr_err e = mls_decode_front(rows[i].type, &rest, &a, &o);
		CHECK(e.code == SR_E_INPUT, "%s", rows[i].why);
		CHECK(e.what && strstr(e.what, rows[i].says), "%s: %s", rows[i].why, e.what);
		CHECK(rest.ptr == in.ptr + rows[i].at, "%s: at %td", rows[i].why,
		      rest.ptr - in.ptr);
		CHECK(decode(rows[i].type, in).code == SR_E_INPUT, "%s, as a whole", rows[i].why);
	}
	arena_release(&a);
}

/* A list of n items, and of one too many. */
static void check_limit(const char *why, const struct mls_type *type, const char *const parts[3],
			size_t max)
{
	struct arena a = {0};
	struct slice item = bytes_of(parts[1], &a);
	for (size_t n = max; n <= max + 1; n++) {
		struct build b;
		build_init(&b, 0);
		build_slice(&b, bytes_of(parts[0], &a));
		size_t start = b.len;
		for (size_t i = 0; i < n; i++)
			build_slice(&b, item);
		mls_list_close(&b, start);
		build_slice(&b, bytes_of(parts[2], &a));
		CHECK(decode(type, slice_make(b.ptr, b.len)).code == (n > max ? SR_E_LIMIT : SR_OK),
		      "%s: %zu", why, n);
		build_release(&b);
	}
	arena_release(&a);
}

static void limits(void)
{
	static const struct {
		const char *why;
		const struct mls_type *type;
		const char *parts[3]; /* before the list, an item, behind it */
		size_t max;
	} rows[] = {
		{"extensions", &mls_type_extensions, {"", "000100", ""}, MLS_EXTENSIONS_MAX},
		{"extensions of a leaf",
		 &mls_type_leaf,
		 {"00 00 0001 00 00 00 00 00 00 02", "000100", "00"},
		 MLS_EXTENSIONS_MAX},
		{"versions",
		 &mls_type_leaf,
		 {"00 00 0001 00", "0001", "00 00 00 00 02 00 00"},
		 MLS_CAPABILITIES_MAX},
		{"suites",
		 &mls_type_leaf,
		 {"00 00 0001 00 00", "0001", "00 00 00 02 00 00"},
		 MLS_CAPABILITIES_MAX},
		{"types of extensions",
		 &mls_type_leaf,
		 {"00 00 0001 00 00 00", "0001", "00 00 02 00 00"},
		 MLS_CAPABILITIES_MAX},
		{"types of proposals",
		 &mls_type_leaf,
		 {"00 00 0001 00 00 00 00", "0001", "00 02 00 00"},
		 MLS_CAPABILITIES_MAX},
		{"types of credentials",
		 &mls_type_leaf,
		 {"00 00 0001 00 00 00 00 00", "0001", "02 00 00"},
		 MLS_CAPABILITIES_MAX},
		{"required extensions",
		 &mls_type_required,
		 {"", "0001", "00 00"},
		 MLS_CAPABILITIES_MAX},
		{"required proposals",
		 &mls_type_required,
		 {"00", "0001", "00"},
		 MLS_CAPABILITIES_MAX},
		{"required credentials",
		 &mls_type_required,
		 {"00 00", "0001", ""},
		 MLS_CAPABILITIES_MAX},
		{"external senders",
		 &mls_type_external_senders,
		 {"", "00 0001 00", ""},
		 MLS_EXTENSIONS_MAX},
		{"PSKs", &mls_type_group_secrets, {"00 00", "01 00 00", ""}, MLS_EXTENSIONS_MAX},
		{"certificates", &mls_type_credential, {"0002", "00", ""}, MLS_CERTIFICATES_MAX},
		{"proposals", &mls_type_commit, {"", "0200", "00"}, MLS_MEMBERS_MAX},
		{"path",
		 &mls_type_path,
		 {"00 00 0001 00 00 00 00 00 00 02 00 00", "00 00", ""},
		 MLS_PATH_NODES_MAX},
		{"unmerged leaves", &mls_type_parent, {"00 00", "00000001", ""}, MLS_MEMBERS_MAX},
		{"nodes", &mls_type_tree, {"", "00", ""}, (size_t)2 * MLS_MEMBERS_MAX},
		{"welcomed", &mls_type_welcome, {"0003", "00 00 00", "00"}, MLS_MEMBERS_MAX},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_limit(rows[i].why, rows[i].type, rows[i].parts, rows[i].max);
	/* what is too long is not even looked at */
	struct slice nowhere = slice_make("", (size_t)MLS_MESSAGE_MAX + 1);
	CHECK(decode(&mls_type_message, nowhere).code == SR_E_LIMIT, "a message that is too long");
}

/* Every sample is read back as the same bytes; a prefix of it, or a byte more, is refused. */
static void samples_as_a_whole(void)
{
	for (size_t i = 0; i < SAMPLES_N; i++) {
		const struct mls_sample *s = &samples[i];
		struct arena a = {0};
		struct slice in, again = {0};
		union object o;
		if (!CHECK(!sr_bad(mls_encoded(s->type, s->object, &a, &in)), "%s", s->name))
			continue;
		struct sr_err e = mls_decode(s->type, in, &a, &o);
		CHECK(!sr_bad(e), "%s: %s", s->name, e.what);
		e = sr_bad(e) ? e : mls_encoded(s->type, &o, &a, &again);
		CHECK(!sr_bad(e) && slice_eq(in, again), "%s: written again", s->name);
		for (size_t len = 0; len < in.len; len++)
			CHECK(decode(s->type, slice_sub(in, 0, len)).code == SR_E_INPUT,
			      "%s: the first %zu bytes", s->name, len);
		uint8_t *more = arena_dup(&a, in.ptr, in.len);
		e = decode(s->type, slice_make(more, in.len + 1));
		CHECK(e.code == SR_E_INPUT && strstr(e.what, "behind the end"), "%s: a byte more",
		      s->name);
		arena_release(&a);
	}
}

/* Whatever one changes: what is read at all is written as it was read. */
static void every_bit_flipped(void)
{
	size_t read_n = 0, refused_n = 0;
	for (size_t i = 0; i < SAMPLES_N; i++) {
		const struct mls_sample *s = &samples[i];
		struct arena a = {0};
		struct slice in, again;
		CHECK(!sr_bad(mls_encoded(s->type, s->object, &a, &in)), "%s", s->name);
		uint8_t *bytes = arena_dup(&a, in.ptr, in.len);
		for (size_t bit = 0; bit < 8 * in.len; bit++) {
			struct arena own = {0};
			union object o;
			bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			struct slice changed = slice_make(bytes, in.len);
			if (sr_bad(mls_decode(s->type, changed, &own, &o)))
				refused_n++;
			else if (CHECK(!sr_bad(mls_encoded(s->type, &o, &own, &again)) &&
					       slice_eq(changed, again),
				       "%s: bit %zu", s->name, bit))
				read_n++;
			bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			arena_release(&own);
		}
		arena_release(&a);
	}
	CHECK(read_n > 1000 && refused_n > 1000, "%zu, %zu", read_n, refused_n);
}

/* 6.3.1: which content it is, and whether it has a tag, stands outside. */
static void private_content(void)
{
	static const struct {
		uint8_t type;
		const char *digits;
	} rows[] = {{MLS_CONTENT_APPLICATION, "026869 0155"},
		    {MLS_CONTENT_PROPOSAL, "000a 0155"},
		    {MLS_CONTENT_COMMIT, "00 00 0155 0166"}};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct mls_authentic m = {.content.type = rows[i].type};
		struct slice in = bytes_of(rows[i].digits, &a), rest = in, out;
		CHECK(!sr_bad(mls_decode_front(&mls_type_private_content, &rest, &a, &m)) &&
			      !rest.len,
		      "%u", rows[i].type);
		CHECK(!sr_bad(mls_encoded(&mls_type_private_content, &m, &a, &out)) &&
			      slice_eq(in, out),
		      "%u: written", rows[i].type);
	}
	arena_release(&a);
}

static void no_memory(void)
{
	for (size_t i = 0; i < SAMPLES_N; i++) {
		const struct mls_sample *s = &samples[i];
		struct arena a = {0};
		struct slice in = {0}, out = {0};
		CHECK(!sr_bad(mls_encoded(s->type, s->object, &a, &in)), "%s", s->name);
		for (size_t n = 1;; n++) {
			test_alloc_fail_at(n);
			struct sr_err e = decode(s->type, in);
			if (!test_alloc_failed())
				break;
			CHECK(e.code == SR_E_NOMEM, "%s: reading, allocation %zu", s->name, n);
		}
		for (size_t n = 1;; n++) {
			struct arena own = {0};
			test_alloc_fail_at(n);
			struct sr_err e = mls_encoded(s->type, s->object, &own, &out);
			bool failed = test_alloc_failed();
			test_alloc_fail_at(0);
			arena_release(&own);
			if (!failed)
				break;
			CHECK(e.code == SR_E_NOMEM && !out.ptr, "%s: writing, allocation %zu",
			      s->name, n);
		}
		arena_release(&a);
	}
}

/* What the tables say: the shortest encoding, and how much memory a byte of an encoding can take.
 * Different fields are different bytes, so that the most that one of them takes bounds all. */

static size_t shortest(const struct mls_type *type);
static double memory(const struct mls_type *type);

enum { ALIGN = alignof(max_align_t) }; /* an arena rounds up to it */

static size_t shortest_field(const struct mls_field *f)
{
	size_t least = SIZE_MAX;
	switch (f->kind) {
	case MLS_U8:
	case MLS_OPAQUE:
	case MLS_LIST:
	case MLS_OPTIONAL:
		return 1;
	case MLS_U16:
		return 2;
	case MLS_U32:
		return 4;
	case MLS_U64:
		return 8;
	case MLS_STRUCT:
	case MLS_BOXED:
		return shortest(f->type);
	case MLS_SELECT:
		for (const struct mls_case *c = f->cases; c->type; c++)
			least = shortest(c->type) < least ? shortest(c->type) : least;
		return least;
	}
	return 0;
}

static size_t shortest(const struct mls_type *type)
{
	size_t n = 0;
	for (size_t i = 0; i < type->fields_n; i++)
		n += shortest_field(&type->fields[i]);
	return n;
}

static double memory_field(const struct mls_field *f)
{
	double most = 0;
	switch (f->kind) {
	case MLS_U8:
	case MLS_U16:
	case MLS_U32:
	case MLS_U64:
	case MLS_OPAQUE:
		return 0;
	case MLS_STRUCT:
		return memory(f->type);
	case MLS_BOXED:
	case MLS_OPTIONAL:
		return (double)(f->type->size + ALIGN - 1) /
			       (double)(shortest(f->type) + (f->kind == MLS_OPTIONAL)) +
		       memory(f->type);
	case MLS_LIST:
		CHECK(shortest(f->type) > 0, "%s: items of no bytes", f->type->name);
		return (double)f->type->size / (double)shortest(f->type) +
		       (double)(ALIGN - 1) / (double)(1 + shortest(f->type)) + memory(f->type);
	case MLS_SELECT:
		for (const struct mls_case *c = f->cases; c->type; c++)
			most = memory(c->type) > most ? memory(c->type) : most;
		return most;
	}
	return 0;
}

static double memory(const struct mls_type *type)
{
	double most = 0;
	CHECK(type->size <= SAMPLE_OBJECT_LEN, "%s: %zu bytes", type->name, type->size);
	for (size_t i = 0; i < type->fields_n; i++) {
		double m = memory_field(&type->fields[i]);
		most = m > most ? m : most;
	}
	return most;
}

static void memory_is_bounded(void)
{
	double most = 0;
	for (size_t i = 0; i < SAMPLES_N; i++) {
		double m = memory(samples[i].type);
		CHECK(m <= MLS_DECODE_FACTOR, "%s: %.1f", samples[i].type->name, m);
		most = m > most ? m : most;
	}
	printf("# a byte takes %.1f bytes of memory at most\n", most);
	CHECK(most > MLS_DECODE_FACTOR / 2.0, "the factor is needlessly large: %.1f", most);
}

int main(void)
{
	test_run("lengths of vectors", lengths);
	test_run("every length of two bytes", every_short_length);
	test_run("lengths are written in their only form", lengths_written);
	test_run("a list gets the length of its bytes", lists_closed);
	test_run("numbers and labels", numbers_and_labels);
	test_run("bytes written by hand after the RFC", known_bytes);
	test_run("unknown choices, optional parts, lists cut through", refused);
	test_run("lists have limits", limits);
	test_run("samples: whole, cut short, too long", samples_as_a_whole);
	test_run("samples: every bit flipped", every_bit_flipped);
	test_run("private content takes its type from outside", private_content);
	test_run("no memory", no_memory);
	test_run("memory is bounded by the bytes", memory_is_bounded);
	return test_done();
}
