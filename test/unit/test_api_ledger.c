/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers with a layout layer as the functions of the library show and check them: pages, slots and
 * readers are those that were committed, or it is said that they are not. */
#include "api_commit.h"
#include "page_sheet.h"
#include "page_sheet_bytes.h"
#include "platform.h"
#include "test.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So many readers that every core has some, in more than one span. */
enum { PLACES = 4, SLOTS = 6, READERS = 2500 };

static char dir[256], path[300];

static void must(struct sr_err e)
{
	if (CHECK(!sr_bad(e), "%s", e.what ? e.what : ""))
		return;
	exit(EXIT_FAILURE);
}

/* struct issuer: what a ledger is made of, and what is committed, which need not be the same. */
struct issuer {
	struct arena a;
	struct text_lattice lattice;
	struct slice lattice_bytes;
	uint8_t lattice_hash[CRYPTO_HASH_LEN];
	struct crypto_key seed;
	struct slice sheet; /* of the ledger */
	bool has_layout;    /* of the commitment */
	struct commit_layout layout;
	struct commit_reader *reader;
	struct ledger_reader *batch;
	size_t n;
};

/* sheet_of makes a sheet of one page, whose words are SLOTS zeros. */
static struct slice sheet_of(struct arena *a, const char *title)
{
	static const struct page_cluster cluster = {1, 1};
	struct page_outline outline[10];
	struct page_glyph glyph[10];
	struct page_shape shape[10];
	struct page_piece piece[SLOTS];
	const struct page_font font = {.description = SLICE_LIT("Serif 9")};
	const struct page_segment segment = {piece, SLOTS, false};
	const struct page_atom atom = {.place = PAGE_NONE, .segment = &segment, .segments_n = 1};
	const struct page_flow flow = {.x = 9,
				       .width = 100,
				       .leading = 9,
				       .marker = PAGE_NONE,
				       .atom = &atom,
				       .atoms_n = 1};
	const struct page_block block = {.flow = &flow, .flows_n = 1};
	struct build b = {0};
	for (uint32_t i = 0; i < 10; i++) {
		outline[i] = (struct page_outline){.glyph = i};
		glyph[i] = (struct page_glyph){.id = i};
		shape[i] = (struct page_shape){.text = slice_make(&"0123456789"[i], 1),
					       .glyph = &glyph[i],
					       .glyphs_n = 1,
					       .cluster = &cluster,
					       .clusters_n = 1};
	}
	for (size_t i = 0; i < SLOTS; i++)
		piece[i] = (struct page_piece){0, PAGE_GAP_SPACE};
	const struct page_sheet s = {.title = slice_str(title),
				     .width = 200,
				     .height = 300,
				     .font = &font,
				     .fonts_n = 1,
				     .outline = outline,
				     .outlines_n = 10,
				     .shape = shape,
				     .shapes_n = 10,
				     .slots_n = SLOTS,
				     .block = &block,
				     .blocks_n = 1};
	page_sheet_write(&s, &b);
	struct slice bytes = slice_make(arena_dup(a, b.ptr, b.len), b.len);
	build_release(&b);
	return bytes;
}

static void make_readers(struct issuer *s, size_t n)
{
	s->n = n;
	s->reader = ARENA_ARRAY(&s->a, n, struct commit_reader);
	s->batch = ARENA_ARRAY(&s->a, n, struct ledger_reader);
	for (size_t i = 0; i < n; i++) {
		char id[16];
		int len = snprintf(id, sizeof id, "r%zu", i);
		struct slice kept = slice_make(arena_dup(&s->a, id, (size_t)len), (size_t)len);
		s->batch[i] = (struct ledger_reader){.id = kept, .fold = kept};
		s->reader[i] = (struct commit_reader){
			.number = (uint32_t)i + 1, .committed_at = 100, .id = kept};
	}
}

static void issuer_open(struct issuer *s, size_t n)
{
	const uint8_t seed[CRYPTO_KEY_LEN] = {4, 5, 6};
	struct build b = {0};
	*s = (struct issuer){.has_layout = true};
	s->sheet = sheet_of(&s->a, "A paper");
	struct slice *fixed = ARENA_ARRAY(&s->a, PLACES + 1, struct slice);
	struct slice *wordings = ARENA_ARRAY(&s->a, 2, struct slice);
	struct text_place *place = ARENA_ARRAY(&s->a, PLACES, struct text_place);
	wordings[0] = SLICE_LIT("one");
	wordings[1] = SLICE_LIT("another");
	for (uint32_t i = 0; i < PLACES; i++)
		place[i] = (struct text_place){.wordings = wordings, .wordings_n = 2, .leader = i};
	for (size_t i = 0; i <= PLACES; i++)
		fixed[i] = SLICE_LIT(" text ");
	s->lattice = (struct text_lattice){fixed, place, PLACES};
	text_lattice_write(&s->lattice, &b);
	s->lattice_bytes = slice_make(arena_dup(&s->a, b.ptr, b.len), b.len);
	build_release(&b);
	crypto_digest(&s->lattice_bytes, 1, s->lattice_hash);
	must(crypto_key_copy(&s->seed, slice_make(seed, sizeof seed)));
	s->layout.slots_n = SLOTS;
	crypto_digest(&s->sheet, 1, s->layout.sheet.at);
	make_readers(s, n);
}

static void issuer_close(struct issuer *s)
{
	(void)unlink(path);
	crypto_key_release(&s->seed);
	arena_release(&s->a);
}

static struct sr_err roll_of(struct issuer *s, const struct sr_progress *progress,
			     struct api_roll *out)
{
	const struct code_design design = {&s->seed, s->lattice_hash, 3};
	return api_roll_make(&s->a, &s->lattice, &design, s->has_layout ? &s->layout : NULL,
			     s->reader, s->n, progress, out);
}

/* write_ledger makes the ledger, and commits all readers unless there are to be none. */
static void write_ledger(struct issuer *s, bool committed)
{
	const struct sr_progress none = {0};
	const struct ledger_paper p = {.title = SLICE_LIT("A paper"),
				       .lattice = s->lattice_bytes,
				       .created = 100,
				       .collusion = 3};
	struct api_roll roll;
	struct ledger *l;
	struct build b = {0};
	must(ledger_create(path, &p, s->sheet, &s->seed, NULL, NULL, &l));
	if (committed) {
		must(roll_of(s, &none, &roll));
		must(commit_paper_entry(&roll.paper, roll.leaf, s->n, 100, NULL, SLICE_LIT(""),
					&b));
		api_roll_release(&roll);
		must(ledger_commit_readers(l, s->batch, s->n, 1, 100, slice_make(b.ptr, b.len)));
	}
	build_release(&b);
	ledger_close(l);
}

/* The last note, with its file. */
static char heard[400];

static void hear(void *user, const struct sr_note *n)
{
	(void)user;
	(void)snprintf(heard, sizeof heard, "%s: %s", n->file ? n->file : "", n->text);
}

static size_t told_n;

static void tell(void *user, const char *what, size_t done, size_t all)
{
	(void)user;
	CHECK(strcmp(what, "commitments") == 0 && done <= all, "%s", what);
	told_n = done;
}

static struct sr_err ask(struct sr_err (*fn)(const struct sr_ledger_options *, struct sr_bytes *),
			 bool json, struct sr_bytes *report)
{
	const char *const ledgers[] = {path};
	const struct sr_ledger_options o = {.ledgers = ledgers,
					    .ledgers_n = 1,
					    .json = json,
					    .sink = {hear, NULL, NULL},
					    .progress = {tell, NULL}};
	return fn(&o, report);
}

static void says(bool json, const char *words)
{
	struct sr_bytes report;
	must(ask(sr_ledger_info, json, &report));
	CHECK(memmem(report.ptr, report.len, words, strlen(words)), "%s not in %.*s", words,
	      (int)report.len, (const char *)report.ptr);
	sr_bytes_free(&report);
}

static void in_order(void)
{
	struct issuer s;
	struct sr_bytes report;
	issuer_open(&s, READERS);
	write_ledger(&s, true);
	must(ask(sr_ledger_check, false, &report));
	CHECK(told_n == READERS, "%zu readers were told of", told_n);
	sr_bytes_free(&report);
	says(false, "  layers       words, layout\n  slots        6\n");
	says(true, "\"layers\": [\n        \"words\",\n        \"layout\"\n      ],\n"
		   "      \"slots\": 6,");
	issuer_close(&s);
}

static void not_committed_yet(void)
{
	struct issuer s;
	struct sr_bytes report;
	issuer_open(&s, 3);
	write_ledger(&s, false);
	must(ask(sr_ledger_check, false, &report));
	CHECK(strstr(heard, "interrupted") && strstr(heard, "run the same") &&
		      !strstr(heard, "older version"),
	      "%s", heard);
	sr_bytes_free(&report);
	says(false, "  layers       words, layout\n  design size");
	says(true, "\"slots\": null,");
	issuer_close(&s);
}

/* A leak with a page, so that the sheet is read (fake_picture). */
static void sheet_of_a_newer_version(void)
{
	struct issuer s;
	struct sr_bytes report;
	struct build b = {0};
	char leak[320];
	bool named;
	const char *const leaks[] = {leak}, *const ledgers[] = {path};
	const struct sr_trace_options o = {.leaks = leaks,
					   .leaks_n = 1,
					   .ledgers = ledgers,
					   .ledgers_n = 1,
					   .leaked_by = INT64_MAX,
					   .max_false = 1e-6,
					   .sink = {hear, NULL, NULL}};
	issuer_open(&s, 3);
	build_slice(&b, s.sheet);
	b.ptr[SHEET_MAGIC_LEN] = b.ptr[SHEET_MAGIC_LEN + 1] = 0x7f;
	s.sheet = slice_make(b.ptr, b.len);
	write_ledger(&s, false);
	(void)snprintf(leak, sizeof leak, "%s/leak.pdf", dir);
	must(platform_write_file(leak, SLICE_LIT("%PDF-1.4\n"), 0600));
	CHECK(sr_trace(&o, &report, &named).code == SR_E_STATE, "a newer version");
	CHECK(strncmp(heard, path, strlen(path)) == 0 && strstr(heard, "newer version"), "%s",
	      heard);
	(void)unlink(leak);
	build_release(&b);
	issuer_close(&s);
}

static void words_alone(void)
{
	struct issuer s;
	struct sr_bytes report;
	issuer_open(&s, 3);
	s.sheet = SLICE_LIT("");
	s.has_layout = false;
	write_ledger(&s, true);
	must(ask(sr_ledger_check, false, &report));
	sr_bytes_free(&report);
	says(false, "  layers       words\n  design size");
	says(true, "\"layers\": [\n        \"words\"\n      ],\n      \"slots\": 0,");
	issuer_close(&s);
}

static void other_sheet(struct issuer *s)
{
	s->sheet = sheet_of(&s->a, "Another paper");
}
static void no_sheet(struct issuer *s)
{
	s->sheet = SLICE_LIT("");
}
static void nothing_of_it_committed(struct issuer *s)
{
	s->has_layout = false;
}
static void slot_more(struct issuer *s)
{
	s->layout.slots_n++;
}
static void other_reader(struct issuer *s)
{
	s->reader[1].id = SLICE_LIT("r1x");
}

static void changed_since(void)
{
	static const struct {
		void (*change)(struct issuer *);
		const char *why;
	} rows[] = {
		{other_sheet, "another sheet"},
		{no_sheet, "no sheet"},
		{nothing_of_it_committed, "a sheet that was not committed"},
		{slot_more, "a slot that the sheet does not have"},
		{other_reader, "another reader"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct issuer s;
		struct sr_bytes report;
		issuer_open(&s, 3);
		rows[i].change(&s);
		write_ledger(&s, true);
		struct sr_err e = ask(sr_ledger_check, false, &report);
		CHECK(e.code == SR_E_AUTH, "%s: code %d", rows[i].why, (int)e.code);
		issuer_close(&s);
	}
}

/* However many threads there are, and whichever are refused, a reader's leaf is his alone. */
static void leaves_are_those_of_one_thread(void)
{
	struct issuer s;
	struct api_roll roll;
	const struct sr_progress none = {0};
	issuer_open(&s, READERS);
	for (unsigned threads = 0; threads < 3; threads++) {
		size_t differ = 0;
		test_threads_refuse_from(threads < 2 ? threads : UINT_MAX);
		must(roll_of(&s, &none, &roll));
		test_threads_refuse_from(UINT_MAX);
		for (size_t i = 0; i < s.n; i++) {
			struct commit_hash leaf;
			must(commit_paper_reader(&roll.paper, &s.reader[i], &leaf));
			differ += !commit_hash_eq(&leaf, &roll.leaf[i]);
		}
		CHECK(differ == 0, "%u threads: %zu leaves differ", threads, differ);
		api_roll_release(&roll);
	}
	issuer_close(&s);
}

static void a_reader_who_cannot_be_hashed(void)
{
	static uint8_t longest[LIMIT_ID_BYTES + 1];
	struct issuer s;
	struct api_roll roll;
	const struct sr_progress none = {0};
	issuer_open(&s, READERS);
	s.reader[READERS - 1].id = slice_make(longest, sizeof longest);
	CHECK(roll_of(&s, &none, &roll).code == SR_E_LIMIT, "an id that is too long");
	issuer_close(&s);
}

static void every_allocation_fails_once(void)
{
	struct issuer s;
	const struct sr_progress none = {0};
	size_t n = 1;
	issuer_open(&s, 5);
	for (bool failed = true; failed; n++) {
		struct api_roll roll;
		test_alloc_fail_at(n);
		struct sr_err e = roll_of(&s, &none, &roll);
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu: %d", n,
		      (int)e.code);
		if (!sr_bad(e))
			api_roll_release(&roll);
	}
	CHECK(n > 3, "%zu allocations", n);
	issuer_close(&s);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	(void)snprintf(dir, sizeof dir, "%s/subrosa-test-XXXXXX",
		       tmp && strlen(tmp) < 200 ? tmp : "/tmp");
	if (!mkdtemp(dir) || sr_bad(sr_init()))
		return EXIT_FAILURE;
	(void)snprintf(path, sizeof path, "%s/ledger", dir);
	test_run("in order", in_order);
	test_run("not committed yet", not_committed_yet);
	test_run("a sheet of a newer version", sheet_of_a_newer_version);
	test_run("words alone", words_alone);
	test_run("changed since it was committed", changed_since);
	test_run("leaves are those of one thread", leaves_are_those_of_one_thread);
	test_run("a reader who cannot be hashed", a_reader_who_cannot_be_hashed);
	test_run("every allocation fails once", every_allocation_fails_once);
	CHECK(rmdir(dir) == 0, "%s is not empty", dir);
	return test_done();
}
