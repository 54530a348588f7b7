/* SPDX-License-Identifier: Apache-2.0 */
/* show/: what an MLS object says, what is none, and what never gets through. */
#include "hex.h"
#include "mls_samples.h"
#include "show_mls.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text, to be freed; NULL if in was refused. */
static char *text_of(struct slice in)
{
	struct build b;
	struct show_fault fault;
	build_init(&b, SHOW_OUT_MAX);
	struct sr_err e = show_mls(in, &b, &fault);
	build_u8(&b, 0);
	if (!sr_bad(e) && !b.failed)
		return (char *)b.ptr;
	build_release(&b);
	return NULL;
}

static struct slice encoded(const struct mls_type *type, const void *object, struct arena *a)
{
	struct slice out = {0};
	CHECK(!sr_bad(mls_encoded(type, object, a, &out)), "%s", type->name);
	return out;
}

static char *text_of_object(const struct mls_type *type, const void *object)
{
	struct arena a = {0};
	char *text = text_of(encoded(type, object, &a));
	arena_release(&a);
	return text;
}

static void check_text(const char *what, const struct mls_type *type, const void *object,
		       const char *want)
{
	char *text = text_of_object(type, object);
	CHECK(text && strcmp(text, want) == 0, "%s: %s", what, text ? text : "refused");
	free(text);
}

static void check_line(const char *what, const struct mls_type *type, const void *object,
		       const char *line)
{
	char *text = text_of_object(type, object);
	CHECK(text && strstr(text, line), "%s, no line \"%s\": %s", what, line,
	      text ? text : "refused");
	free(text);
}

static void whole_texts(void)
{
	check_text("a number", &mls_type_proposal, &sample_proposals[2].proposal,
		   "Proposal:\n"
		   "  proposal_type: 3 (remove)\n"
		   "  removed: 4294967295\n");
	struct mls_commit refs = {.proposals = {&sample_proposals[8], 1}};
	sample_proposals[8].ref = SLICE_LIT("\1\2");
	check_text("a list, an absent part", &mls_type_commit, &refs,
		   "Commit:\n"
		   "  proposals: 1 item\n"
		   "    [0]:\n"
		   "      type: 2 (reference)\n"
		   "      reference: 0102\n"
		   "  path: none\n");
	struct mls_private m = {SLICE_LIT("g"), 5, MLS_CONTENT_COMMIT, {0}, {0}, SLICE_LIT("\377")};
	struct mls_message in = {MLS_VERSION_10, MLS_WIRE_PRIVATE, {.private = m}};
	check_text("a message", &mls_type_message, &in,
		   "MLSMessage:\n"
		   "  version: 1 (mls10)\n"
		   "  wire_format: 2 (mls_private_message)\n"
		   "  group_id: \"g\" 67\n"
		   "  epoch: 5\n"
		   "  content_type: 3 (commit)\n"
		   "  authenticated_data: empty\n"
		   "  encrypted_sender_data: empty\n"
		   "  ciphertext: ff\n");
	struct mls_node parent = {.type = MLS_NODE_PARENT,
				  .parent = {SLICE_LIT("\1"), {0}, {sample_unmerged, 2}}};
	struct mls_node *nodes[] = {NULL, &parent, NULL};
	struct mls_nodes tree = {nodes, 3};
	check_text("a tree", &mls_type_tree, &tree,
		   "ratchet_tree: 3 items\n"
		   "  [0]: none\n"
		   "  [1]:\n"
		   "    node_type: 2 (parent)\n"
		   "    parent_node:\n"
		   "      encryption_key: 01\n"
		   "      parent_hash: empty\n"
		   "      unmerged_leaves: 2, 3\n"
		   "  [2]: none\n");
}

static void lines(void)
{
	const struct mls_type *leaf = &mls_type_leaf, *message = &mls_type_message;
	check_line("names, GREASE, private use", leaf, &sample_leaf_new,
		   "    cipher_suites: 1 (MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519), "
		   "3 (MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519), 2570 (GREASE)\n"
		   "    extensions: 3 (required_capabilities), 56026 (GREASE), 61441\n"
		   "    proposals: 10 (self_remove)\n");
	check_line("times", leaf, &sample_leaf_new,
		   "  not_before: 1700000000 (2023-11-14 22:13:20 UTC)\n"
		   "  not_after: 18446744073709551615\n");
	check_line("an application id", leaf, &sample_leaf_new,
		   "    [0]:\n      extension_type: 1 (application_id)\n"
		   "      extension_data: 046d696e65\n"
		   "      application_id: \"mine\" 6d696e65\n");
	check_line("required capabilities", leaf, &sample_leaf_new,
		   "      extension_types: 2 (ratchet_tree)\n      proposal_types: none\n"
		   "      credential_types: 1 (basic)\n");
	check_line("a GREASE extension", leaf, &sample_leaf_new,
		   "    [2]:\n      extension_type: 6682 (GREASE)\n      extension_data: empty\n");
	check_line("certificates", leaf, &sample_leaf_update,
		   "    certificates: 3 items\n      [0]: 308220656e64\n      [1]: empty\n");
	check_line("a new member's commit", message, &sample_m_public,
		   "  sender_type: 4 (new_member_commit)\n  authenticated_data:");
	check_line("an external public key", message, &sample_m_group_info,
		   "      external_pub: \"pub\" 707562\n");
	check_line("a proposal in a proposal", message, &sample_m_public,
		   "          proposal_type: 1 (add)\n          key_package:\n"
		   "            version: 1 (mls10)\n");
	struct mls_extension senders = {MLS_EXT_EXTERNAL_SENDERS, {0}};
	struct arena a = {0};
	senders.data = encoded(&mls_type_external_senders, &sample_external_senders, &a);
	struct mls_context c = {
		.version = MLS_VERSION_10, .tree_hash = SAMPLE_KEY, .extensions = {&senders, 1}};
	check_line("external senders", &mls_type_context, &c,
		   "      external_senders: 1 item\n        [0]:\n          signature_key: ");
	senders.type = MLS_EXT_RATCHET_TREE;
	check_line("an extension that is another", &mls_type_context, &c,
		   "      ratchet_tree: malformed\n");
	senders.data = encoded(&mls_type_tree, &sample_tree, &a);
	check_line("a ratchet tree", &mls_type_context, &c,
		   "      ratchet_tree: 5 items\n        [0]:\n          node_type: 1 (leaf)\n");
	arena_release(&a);
}

static void times(void)
{
	static const struct {
		uint64_t seconds;
		const char *line;
	} rows[] = {
		{0, "not_before: 0 (1970-01-01 00:00:00 UTC)\n"},
		{951782400, "not_before: 951782400 (2000-02-29 00:00:00 UTC)\n"},
		{253402300799, "not_before: 253402300799 (9999-12-31 23:59:59 UTC)\n"},
		{253402300800, "not_before: 253402300800\n"},
		{(uint64_t)1 << 63, "not_before: 9223372036854775808\n"},
		{UINT64_MAX, "not_before: 18446744073709551615\n"},
	};
	struct mls_leaf l = sample_leaf_new;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		l.not_before = rows[i].seconds;
		check_line("a time", &mls_type_leaf, &l, rows[i].line);
	}
}

/* What is not printable text shows as digits alone. */
static void names_of_people(void)
{
	static const struct {
		const char *why, *identity, *line;
	} rows[] = {
		{"words", "Al Ice", "identity: \"Al Ice\" 416c20496365\n"},
		{"accents", "\u00c5sa", "identity: \"\u00c5sa\" c3857361\n"},
		{"quotes and backslash", "a\"b\\", "identity: \"a\\\"b\\\\\" 6122625c\n"},
		{"an escape sequence", "a\033[2Jb", "identity: 611b5b324a62\n"},
		{"a line end", "a\nb", "identity: 610a62\n"},
		{"delete", "a\177", "identity: 617f\n"},
		{"a C1 control",
		 "\xc2\x9b"
		 "2J",
		 "identity: c29b324a\n"},
		{"a C1 control as one byte", "\x9b", "identity: 9b\n"},
		{"right-to-left override", "a\u202eb", "identity: 61e280ae62\n"},
		{"an isolate", "\u2066a", "identity: e281a661\n"},
		{"zero width", "a\u200bb", "identity: 61e2808b62\n"},
		{"line separator", "a\u2028", "identity: 61e280a8\n"},
		{"soft hyphen", "a\u00ad", "identity: 61c2ad\n"},
		{"a tag character", "a\U000e0041", "identity: 61f3a08181\n"},
		{"private use", "\ue000", "identity: ee8080\n"},
		{"no character", "\uffff", "identity: efbfbf\n"},
		{"cut short", "a\xe2\x80", "identity: 61e280\n"},
		{"too long a form", "\xc0\x9b", "identity: c09b\n"},
		{"a surrogate", "\xed\xa0\x80", "identity: eda080\n"},
	};
	struct mls_leaf l = sample_leaf_new;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		l.credential.identity = slice_str(rows[i].identity);
		check_line(rows[i].why, &mls_type_leaf, &l, rows[i].line);
	}
	char text[SHOW_TEXT_MAX + 1];
	memset(text, 'a', sizeof text);
	for (size_t len = SHOW_TEXT_MAX; len <= sizeof text; len++) {
		l.credential.identity = slice_make(text, len);
		char *shown = text_of_object(&mls_type_leaf, &l);
		CHECK(shown && !!strstr(shown, "\"aaaa") == (len == SHOW_TEXT_MAX), "%zu", len);
		CHECK(shown && strstr(shown,
				      len == SHOW_TEXT_MAX ? "61… 256 bytes\n" : "identity: 6161"),
		      "%zu", len);
		free(shown);
	}
}

/* Whatever the bytes of a name are, no byte comes out that steers. */
static void no_byte_steers(void)
{
	struct mls_leaf l = sample_leaf_new;
	for (unsigned i = 0; i < 1u << 16; i++) {
		const uint8_t name[2] = {(uint8_t)(i >> 8), (uint8_t)i};
		l.credential.identity = slice_make(name, sizeof name);
		char *shown = text_of_object(&mls_type_leaf, &l);
		bool steers = !shown;
		for (const char *p = shown; p && *p; p++)
			steers |= (*p >= 0 && *p < 0x20 && *p != '\n') || *p == 0x7f ||
				  (*p == '\xc2' && (uint8_t)p[1] < 0xa0);
		CHECK(!steers, "%04x", i);
		free(shown);
	}
}

/* Which samples are shown, and as what; NULL: those that are refused. */
static const char *kind_of(const struct mls_type *type)
{
	static const struct mls_type *const known[] = {
		&mls_type_message,  &mls_type_key_package, &mls_type_group_info, &mls_type_context,
		&mls_type_welcome,  &mls_type_tree,        &mls_type_leaf,       &mls_type_public,
		&mls_type_private,  &mls_type_commit,      &mls_type_proposal,   &mls_type_saved,
		&mls_type_saved_key};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (type == known[i])
			return type->name;
	return NULL;
}

static void kinds(void)
{
	for (size_t i = 0; i < SAMPLES_N; i++) {
		const struct mls_sample *s = &samples[i];
		const char *kind = kind_of(s->type);
		char *text = text_of_object(s->type, s->object);
		if (kind)
			CHECK(text && strncmp(text, kind, strlen(kind)) == 0, "%s: %s", s->name,
			      text ? text : "refused");
		free(text);
	}
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;
	for (const char *p = text; p && (p = strstr(p, word)); p++)
		n++;
	return n;
}

/* Group secrets are refused; in what is saved, no secret is shown as text or digits. */
static void no_secrets(void)
{
	struct build digits;
	build_init(&digits, 0);
	hex_write(&digits, SLICE_LIT("SECRET"));
	build_u8(&digits, 0);
	for (size_t i = 0; i < SAMPLES_N; i++) {
		char *text = text_of_object(samples[i].type, samples[i].object);
		CHECK(!text || samples[i].type != &mls_type_group_secrets, "%s", samples[i].name);
		CHECK(!count(text, "SECRET") && !count(text, (const char *)digits.ptr), "%s: %s",
		      samples[i].name, text);
		free(text);
	}
	build_release(&digits);
	char *group = text_of_object(&mls_type_saved, &sample_saved);
	CHECK(count(group, ": not shown\n") == 14, "%zu", count(group, ": not shown\n"));
	free(group);
	check_line("a private key", &mls_type_saved, &sample_saved,
		   "      [0]:\n        node: 3\n        encryption_priv: not shown\n");
	check_line("a key package's", &mls_type_saved_key, &sample_saved_key,
		   "  signature_priv: not shown\n");
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/* With the last two digits, a character for what is missing at the end (0: none), and a line end
 * behind each group of 16. */
static void write_base64(struct slice in, const char last[2], char pad, struct build *out)
{
	for (size_t i = 0; i < in.len; i += 3) {
		uint32_t v = 0;
		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < in.len ? in.ptr[i + k] : 0);
		for (size_t k = 0; k < 4; k++) {
			uint32_t digit = v >> (18 - 6 * k) & 63;
			char c = digit < 62 ? base64[digit] : last[digit - 62];
			if (i + k > in.len)
				c = pad;
			if (c)
				build_u8(out, (uint8_t)c);
		}
		build_str(out, i % 48 == 45 ? "\r\n" : "");
	}
}

static void write_hex(struct slice in, bool upper, struct build *out)
{
	for (size_t i = 0; i < in.len; i++)
		build_fmt(out, upper ? "%02X%s" : "%02x%s", in.ptr[i], i % 16 == 15 ? " \n\t" : "");
}

/* What people paste: hexadecimal and four kinds of base64, in lines. */
static void digits(void)
{
	for (size_t i = 0; i < SAMPLES_N; i++) {
		struct arena a = {0};
		struct slice in = encoded(samples[i].type, samples[i].object, &a);
		char *want = kind_of(samples[i].type) ? text_of(in) : NULL;
		for (size_t way = 0; want && way < 6; way++) {
			struct build b;
			build_init(&b, 0);
			if (way < 2)
				write_hex(in, way == 1, &b);
			else
				write_base64(in, way < 4 ? "+/" : "-_", way % 2 ? '=' : 0, &b);
			build_str(&b, "\n");
			char *got = text_of(slice_make(b.ptr, b.len));
			CHECK(got && strcmp(got, want) == 0, "%s, way %zu", samples[i].name, way);
			free(got);
			build_release(&b);
		}
		free(want);
		arena_release(&a);
	}
}

static void check_fault(const char *why, struct slice in, const struct show_fault *want,
			const char *says)
{
	struct build b;
	struct show_fault got = {"none", 77, false};
	build_init(&b, 0);
	struct sr_err e = show_mls(in, &b, &got);
	CHECK(e.code == SR_E_INPUT && b.len == 0, "%s", why);
	CHECK(e.what && strstr(e.what, says), "%s: %s", why, e.what);
	CHECK(got.kind == want->kind ||
		      (got.kind && want->kind && strcmp(got.kind, want->kind) == 0),
	      "%s: like %s", why, got.kind ? got.kind : "nothing");
	CHECK(got.at == want->at && got.digits == want->digits, "%s: at %zu", why, got.at);
	build_release(&b);
}

static void faults(void)
{
	static const struct {
		const char *why;
		struct slice in;
		struct show_fault fault;
		const char *says;
	} rows[] = {
		{"nothing", {NULL, 0}, {NULL, 0, false}, "nothing in it"},
		{"blanks", SAMPLE_TEXT(" \r\n"), {NULL, 0, true}, "nothing in it"},
		{"words", SAMPLE_TEXT("Hello, world."), {NULL, 0, false}, "digits"},
		{"half a digit pair", SAMPLE_TEXT("00 0!"), {NULL, 0, false}, "digits"},
		{"digits of no object",
		 SAMPLE_TEXT("0001 0009 00"),
		 {"KeyPackage", 5, true},
		 "too early"},
		{"hexadecimal before base64",
		 SAMPLE_TEXT("000100090000"),
		 {"KeyPackage", 6, true},
		 "too early"},
		{"another version",
		 SAMPLE_TEXT("\0\2\0\3\0\0\0"),
		 {"MLSMessage", 7, false},
		 "too early"},
		{"another wire format",
		 SAMPLE_TEXT("\0\1\0\11"),
		 {"MLSMessage", 4, false},
		 "unknown kind"},
		{"a message without a body",
		 SAMPLE_TEXT("\0\1\0\5"),
		 {"MLSMessage", 4, false},
		 "too early"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_fault(rows[i].why, rows[i].in, &rows[i].fault, rows[i].says);

	struct arena a = {0};
	struct slice m = encoded(&mls_type_message, &sample_m_key_package, &a);
	struct show_fault fault = {"MLSMessage", 4 + 4, false};
	/* version, suite, and an init key that is one byte short */
	check_fault("cut in the init key", slice_sub(m, 0, 8 + 32), &fault, "too early");
	uint8_t *more = arena_dup(&a, m.ptr, m.len);
	fault.at = m.len;
	check_fault("a byte more", slice_make(more, m.len + 1), &fault, "behind the end");
	more[8] = 0xc0;
	fault.at = 8;
	check_fault("a wrong length", slice_make(more, m.len), &fault, "wrong form");
	/* the signature and its length are 66 bytes */
	struct slice k = encoded(&mls_type_key_package, &sample_key_package, &a);
	fault = (struct show_fault){"KeyPackage", k.len - 66, false};
	check_fault("a bare one cut short", slice_sub(k, 0, k.len - 1), &fault, "too early");
	arena_release(&a);
}

/* Every message that is cut short is refused. */
static void cut_short(void)
{
	for (size_t i = 0; i < SAMPLES_N; i++) {
		struct arena a = {0};
		struct slice in = encoded(samples[i].type, samples[i].object, &a);
		for (size_t len = 0; samples[i].type == &mls_type_message && len < in.len; len++) {
			char *text = text_of(slice_sub(in, 0, len));
			CHECK(!text, "%s: %zu", samples[i].name, len);
			free(text);
		}
		arena_release(&a);
	}
}

/* A tree in an extension of a leaf of a tree in an extension ... of any depth. */
static void nesting(void)
{
	enum { LEVELS = 1000 };
	struct arena a = {0};
	struct mls_extension e = {MLS_EXT_RATCHET_TREE, {0}};
	struct mls_node n = {.type = MLS_NODE_LEAF,
			     .leaf = {.encryption_key = SAMPLE_KEY,
				      .signature_key = SAMPLE_KEY,
				      .credential.type = MLS_CREDENTIAL_BASIC,
				      .source = MLS_SOURCE_UPDATE,
				      .extensions = {&e, 1}}};
	struct mls_node *nodes[] = {&n};
	struct mls_nodes tree = {nodes, 1};
	for (size_t i = 0; i < LEVELS; i++)
		e.data = encoded(&mls_type_tree, &tree, &a);
	char *text = text_of(e.data);
	size_t found = count(text, "ratchet_tree: 1 item");
	CHECK(text && found == 1 + SHOW_NESTED_MAX, "%zu trees", found);
	free(text);
	arena_release(&a);
}

static void no_memory(void)
{
	for (size_t i = 0; i < SAMPLES_N; i++) {
		struct arena a = {0};
		struct slice in = encoded(samples[i].type, samples[i].object, &a);
		for (size_t n = 1; kind_of(samples[i].type); n++) {
			struct build b;
			struct show_fault fault;
			build_init(&b, 0);
			test_alloc_fail_at(n);
			struct sr_err e = show_mls(in, &b, &fault);
			bool failed = test_alloc_failed();
			test_alloc_fail_at(0);
			CHECK(!failed || e.code == SR_E_NOMEM || b.failed == SR_E_NOMEM, "%s: %zu",
			      samples[i].name, n);
			build_release(&b);
			if (!failed)
				break;
		}
		arena_release(&a);
	}
}

/* A text that outgrows its builder's bound ends there. */
static void bounded(void)
{
	struct arena a = {0};
	struct slice in = encoded(&mls_type_message, &sample_m_public, &a), out;
	struct build b;
	struct show_fault fault;
	build_init(&b, 1000);
	CHECK(!sr_bad(show_mls(in, &b, &fault)), "the builder keeps its failure");
	CHECK(build_done(&b, &out).code == SR_E_LIMIT && b.len <= 1000, "%zu", b.len);
	build_release(&b);
	build_init(&b, 0);
	/* a NUL is no text, and what is too long is not looked at further */
	struct slice nowhere = slice_make("", (size_t)MLS_MESSAGE_MAX + 1);
	CHECK(show_mls(nowhere, &b, &fault).code == SR_E_LIMIT, "too long");
	build_release(&b);
	arena_release(&a);
}

int main(void)
{
	test_run("objects, whole", whole_texts);
	test_run("names of numbers, known extensions, lists", lines);
	test_run("times", times);
	test_run("text that is printable, and text that is not", names_of_people);
	test_run("no byte steers a terminal", no_byte_steers);
	test_run("kinds of objects", kinds);
	test_run("no secrets", no_secrets);
	test_run("digits that people paste", digits);
	test_run("why it is none, and from which byte on", faults);
	test_run("messages cut short", cut_short);
	test_run("trees in trees", nesting);
	test_run("no memory", no_memory);
	test_run("the text has a bound", bounded);
	return test_done();
}
