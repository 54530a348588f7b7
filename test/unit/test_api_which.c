/* SPDX-License-Identifier: Apache-2.0 */
/* sr_which, sr_show and sr_mark as a library: every allocation fails once, outputs stay untouched,
 * options that cannot be meant are refused. What they say is tested in test/scenario. */
#include "subrosa.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES = 40, PATH_LEN = 256 };

static char dir[PATH_LEN], paper[PATH_LEN + 16], readers[PATH_LEN + 16], copies[PATH_LEN + 16],
	ledger[PATH_LEN + 16], copy[PATH_LEN + 32], worded[PATH_LEN + 16];

static void put(char *path, size_t len, const char *name, const char *text)
{
	(void)snprintf(path, len, "%s/%s", dir, name);
	FILE *f = text ? fopen(path, "w") : NULL;
	if (!f)
		return;
	(void)fputs(text, f);
	(void)fclose(f);
}

/* A paper of places between words that occur once, so that every place is read. */
static bool set_up(void)
{
	static char text[PLACES * 64];
	size_t len = 0;
	for (unsigned i = 0; i < PLACES; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
					"alpha%u beta%u {left%u|right%u} gamma%u delta%u\n", i, i,
					i, i, i, i);
	(void)snprintf(dir, sizeof dir, "%s/subrosa-test-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(dir))
		return false;
	put(paper, sizeof paper, "paper.md", text);
	put(readers, sizeof readers, "readers.csv", "id,name,house,side\na,A,H,S\nb,B,H,S\n");
	put(copies, sizeof copies, "copies", NULL);
	put(ledger, sizeof ledger, "ledger", NULL);
	put(copy, sizeof copy, "copies/b.md", NULL);
	struct sr_mark_options o = {.paper = paper,
				    .readers = readers,
				    .out_dir = copies,
				    .ledger = ledger,
				    .find.no_auto = true};
	struct sr_bytes report;
	struct sr_mark_result r;
	if (sr_init().code != SR_OK || sr_mark(&o, &report, &r).code != SR_OK)
		return false;
	sr_bytes_free(&report);
	FILE *f = fopen(copy, "r");
	len = f ? fread(text, 1, sizeof text - 1, f) : 0;
	text[len] = 0;
	put(worded, sizeof worded, "worded.txt", text);
	f = f ? freopen(worded, "a", f) : NULL;
	return f && fputs("the end\n", f) >= 0 && fclose(f) == 0;
}

static void tidy_up(void)
{
	char a[PATH_LEN + 32];
	(void)snprintf(a, sizeof a, "%s/a.md", copies);
	const char *const files[] = {a, copy, paper, readers, ledger, worded};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		(void)unlink(files[i]);
	(void)rmdir(copies);
	(void)rmdir(dir);
}

static struct sr_err ask(const char *path, bool json, struct sr_bytes *report, bool *told)
{
	const char *const asked[] = {path}, *const ledgers[] = {ledger};
	struct sr_which_options o = {.copies = asked,
				     .copies_n = 1,
				     .ledgers = ledgers,
				     .ledgers_n = 1,
				     .max_false = SR_MAX_FALSE_DEFAULT,
				     .json = json};
	return sr_which(&o, report, told);
}

/* The child that reads a file inherits the count, and its failure is another error here: only what
 * succeeds without a failed allocation ends the sweep. */
static size_t sweep_which(bool json, size_t from)
{
	size_t n = from;
	for (;; n += test_stride(8)) {
		struct sr_bytes report = {0};
		bool told = false;
		test_alloc_fail_at(n);
		struct sr_err e = ask(worded, json, &report, &told);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		if (e.code == SR_OK) {
			CHECK(!failed, "allocation %zu", n);
			CHECK(told && strstr(report.ptr, json ? "\"worded\"" : "by its wordings"),
			      "allocation %zu: what it says", n);
			sr_bytes_free(&report);
			if (!failed)
				break;
			continue;
		}
		CHECK(!failed || e.code == SR_E_NOMEM, "allocation %zu: %d", n, (int)e.code);
		CHECK(!report.ptr && !told, "allocation %zu: outputs are untouched", n);
	}
	CHECK(n > 20 && n > from + 2, "%zu allocations", n);
	return n;
}

/* Words and JSON are made last: the second sweep spares most of what the first one did, a process
 * for each allocation. */
static void which_without_memory(void)
{
	size_t n = sweep_which(false, 1);
	(void)sweep_which(true, n - n / 4);
}

static void show_without_memory(void)
{
	for (int form = 0; form < 4; form++) {
		struct sr_show_options o = {.paper = paper,
					    .reader = "a",
					    .ledger = form & 1 ? ledger : NULL,
					    .find.no_auto = true,
					    .terminal = form & 2,
					    .highlight = form & 2};
		size_t n = 1;
		for (;; n += test_stride(8)) {
			struct sr_bytes out = {0};
			test_alloc_fail_at(n);
			struct sr_err e = sr_show(&o, &out);
			bool failed = test_alloc_failed();
			test_alloc_fail_at(0);
			if (e.code == SR_OK && !failed) {
				sr_bytes_free(&out);
				break;
			}
			CHECK(e.code == SR_E_NOMEM && !out.ptr, "form %d, allocation %zu: %d", form,
			      n, (int)e.code);
		}
		CHECK(n > 5, "form %d: %zu allocations", form, n);
	}
}

static void what_cannot_be_meant(void)
{
	const char *const one[] = {copy}, *const dashes[] = {"-", "-"};
	const struct {
		const char *why;
		struct sr_which_options o;
	} rows[] = {
		{"no copy", {.ledgers = one, .ledgers_n = 1, .max_false = 0.5}},
		{"no ledger", {.copies = one, .copies_n = 1, .max_false = 0.5}},
		{"a level of 0", {.copies = one, .copies_n = 1, .ledgers = one, .ledgers_n = 1}},
		{"a level of 1",
		 {.copies = one, .copies_n = 1, .ledgers = one, .ledgers_n = 1, .max_false = 1}},
		{"standard input twice",
		 {.copies = dashes,
		  .copies_n = 2,
		  .ledgers = one,
		  .ledgers_n = 1,
		  .max_false = 0.5}},
		{"a copy as a ledger",
		 {.copies = one, .copies_n = 1, .ledgers = one, .ledgers_n = 1, .max_false = 0.5}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sr_bytes report = {0};
		bool told = false;
		CHECK(sr_which(&rows[i].o, &report, &told).code == SR_E_INPUT, "%s", rows[i].why);
		CHECK(!report.ptr && !told, "%s: outputs are untouched", rows[i].why);
	}
}

static void libraries_tell_versions(void)
{
	size_t n = 0;
	const struct sr_library *l = sr_libraries(&n);
	CHECK(n >= 5, "%zu libraries", n);
	for (size_t i = 0; i < n; i++)
		CHECK(l[i].version && l[i].version[0] >= '0' && l[i].version[0] <= '9', "%s",
		      l[i].name);
}

/* no_pages: mark refuses pages that cannot be, before it makes anything. */
static void no_pages(void)
{
	static const struct {
		struct sr_page_options page;
		const char *why;
	} rows[] = {
		{{.wanted = true, .paper = "a5"}, "another paper"},
		{{.wanted = true, .paper = ""}, "no paper"},
		{{.wanted = true, .size = 5.9}, "too small"},
		{{.wanted = true, .size = 24.1}, "too large"},
		{{.wanted = true, .size = -11}, "less than nothing"},
		{{.wanted = true, .size = 1e300}, "far too large"},
		{{.wanted = true, .size = NAN}, "no number"},
	};
	char out[PATH_LEN + 16], new[PATH_LEN + 16];
	put(out, sizeof out, "pages", NULL);
	put(new, sizeof new, "pages.ledger", NULL);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sr_mark_options o = {.paper = paper,
					    .readers = readers,
					    .out_dir = out,
					    .ledger = new,
					    .find.no_auto = true,
					    .page = rows[i].page};
		struct sr_bytes report = {0};
		struct sr_mark_result r;
		struct sr_err e = sr_mark(&o, &report, &r);
		CHECK(e.code == SR_E_INPUT && !report.ptr, "%s: %d", rows[i].why, (int)e.code);
		CHECK(access(out, F_OK) != 0 && access(new, F_OK) != 0, "%s: something is there",
		      rows[i].why);
	}
}

int main(void)
{
	if (!set_up())
		test_skip("sr_which and sr_show", "no folder for temporary files");
	else {
		test_run("which: every allocation fails once", which_without_memory);
		test_run("show: every allocation fails once", show_without_memory);
		test_run("what cannot be meant is refused", what_cannot_be_meant);
		test_run("mark: pages that cannot be", no_pages);
	}
	test_run("libraries tell their versions", libraries_tell_versions);
	tidy_up();
	return test_done();
}
