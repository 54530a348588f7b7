/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of alignment; what is read by them is tested in test_mark.c. */
#include "align.h"
#include "align_band.h"
#include "align_chain.h"

#include "test.h"
#include "text_paper.h"

#include <stdlib.h>
#include <string.h>

static void must(struct sr_err e)
{
	if (CHECK(!sr_bad(e), "%s", e.what ? e.what : ""))
		return;
	exit(EXIT_FAILURE);
}

/* Levenshtein (1966) by the book, whole table. */
static uint32_t slow_distance(struct slice x, struct slice y)
{
	uint32_t d[40][40];
	for (uint32_t i = 0; i <= x.len; i++) {
		for (uint32_t j = 0; j <= y.len; j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			uint32_t best = d[i - 1][j - 1] + (x.ptr[i - 1] != y.ptr[j - 1]);
			best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
			d[i][j] = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
		}
	}
	return d[x.len][y.len];
}

static void distances(void)
{
	uint64_t random = 11;
	for (size_t round = 0; round < 20000; round++) {
		uint8_t x[32], y[32];
		struct slice a = slice_make(x, test_random(&random) % 33);
		struct slice b = slice_make(y, test_random(&random) % 33);
		for (size_t i = 0; i < 32; i++) {
			x[i] = (uint8_t)('a' + test_random(&random) % 3);
			y[i] = test_random(&random) % 4 ? x[i] : (uint8_t)('a' + test_random(&random) % 3);
		}
		uint32_t max = (uint32_t)(test_random(&random) % 40);
		uint32_t want = slow_distance(a, b);
		want = want <= max ? want : max + 1;
		CHECK(align_distance(a, b, max) == want, "round %zu: %u, wanted %u", round,
		      align_distance(a, b, max), want);
	}
}

static void comparisons(void)
{
	static const struct {
		const char *node, *leak;
		enum align_match want;
		const char *why;
	} rows[] = {
		{"delegation", "delegation", ALIGN_SAME, "the same"},
		{"delegation", "delegatoin", ALIGN_CLOSE, "two letters swapped in a long word"},
		{"delegation", "deleqation", ALIGN_CLOSE, "one letter"},
		{"delegation", "dclcqation", ALIGN_DIFFERENT, "three letters"},
		{"modern", "modem", ALIGN_CLOSE, "rn read as m"},
		{"fill", "fi11", ALIGN_CLOSE, "l read as 1"},
		{"vote", "note", ALIGN_CLOSE, "one letter in a word of four"},
		{"the", "she", ALIGN_DIFFERENT, "a short word has no slips"},
		{"of", "off", ALIGN_DIFFERENT, "nor has a shorter one"},
		{"requested", "asked", ALIGN_DIFFERENT, "another word"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice n = slice_str(rows[i].node), l = slice_str(rows[i].leak);
		struct arena a = {0};
		struct text_tokens t;
		must(text_tokens_make(&a, l, &t));
		struct text_tokens own;
		must(text_tokens_make(&a, n, &own));
		struct align_node node = {.fold = n,
					  .hash = own.at[0].hash,
					  .ocr = align_ocr_hash(n),
					  .letter_set = align_letter_set(n)};
		enum align_match got = align_compare(&node, l, t.at[0].hash, align_ocr_hash(l),
						     align_letter_set(l));
		CHECK(got == rows[i].want, "%s and %s, %s: %d", rows[i].node, rows[i].leak,
		      rows[i].why, (int)got);
		arena_release(&a);
	}
}

static void make(struct arena *a, const char *source, struct text_lattice *l, struct align_graph *g)
{
	struct text_paper p;
	must(text_paper_parse(a, slice_str(source), NULL, &p));
	struct slice *fixed = ARENA_ARRAY(a, p.places_n + 1, struct slice);
	struct text_place *places = ARENA_ARRAY(a, p.places_n, struct text_place);
	size_t at = 0;
	for (size_t i = 0; i < p.places_n; i++) {
		fixed[i] = slice_sub(p.plain, at, p.places[i].off - at);
		places[i] = p.places[i].place;
		at = p.places[i].off + p.places[i].len;
	}
	fixed[p.places_n] = slice_sub(p.plain, at, p.plain.len - at);
	*l = (struct text_lattice){fixed, places, p.places_n};
	must(align_graph_make(a, l, g));
}

static void cells(void)
{
	static const struct {
		const char *paper;
		size_t cells, items;
		bool left, right; /* of the first cell */
		const char *why;
	} rows[] = {
		{"one {two|three} four", 1, 1, true, true, "a place between words"},
		{"{two|three} four", 1, 1, false, true, "nothing before it"},
		{"one {two|three}", 1, 1, true, false, "nothing behind it"},
		{"one {two|three} {five|six} four", 1, 2, true, true, "places side by side"},
		{"one {two|three} x {five|six} four", 2, 2, true, true, "a word between"},
		{"one {talk|debate}s four", 1, 2, true, true, "letters glued behind"},
		{"one co-{operate|ordinate} four", 1, 2, true, true, "letters glued before"},
		{"one {two|three}-{five|six} four", 1, 2, true, true, "joined by a hyphen"},
		{"one {two|three}, {five|six} four", 1, 2, true, true, "a comma is no word"},
		{"one {Moscow|Russia}'s four", 1, 2, true, true, "a possessive"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		struct text_lattice l;
		struct align_graph g;
		make(&a, rows[i].paper, &l, &g);
		size_t items = 0;
		for (size_t c = 0; c < g.cells_n; c++)
			items += g.cells[c].items_n;
		CHECK(g.cells_n == rows[i].cells && items == rows[i].items, "%s: %zu cells, %zu items",
		      rows[i].why, g.cells_n, items);
		CHECK((g.cells[0].left != ALIGN_NONE) == rows[i].left &&
			      (g.cells[0].right != ALIGN_NONE) == rows[i].right,
		      "%s: anchors", rows[i].why);
		arena_release(&a);
	}
}

/* Every way through the places gives its shingles: three tokens in a row of any copy are found. */
static void shingles(void)
{
	struct arena a = {0};
	struct text_lattice l;
	struct align_graph g;
	static const char *const copies[] = {
		"alpha beta gamma delta zeta",
		"alpha beta gamma epsilon eta zeta",
		"alpha theta delta zeta",
		"alpha theta epsilon eta zeta",
	};
	make(&a, "alpha {beta gamma|theta} {delta|epsilon eta} zeta", &l, &g);
	for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
		struct text_tokens t;
		struct align_chains c;
		must(text_tokens_make(&a, slice_str(copies[i]), &t));
		must(align_chains_find(&a, &g, &t, &c));
		CHECK(c.chains_n == 1 && c.chains[0].to - c.chains[0].from == t.n - 2,
		      "%s: %zu chains", copies[i], c.chains_n);
	}
	struct text_tokens t;
	struct align_chains c;
	must(text_tokens_make(&a, SLICE_LIT("alpha beta delta zeta theta gamma"), &t));
	must(align_chains_find(&a, &g, &t, &c));
	CHECK(c.chains_n == 0, "no way goes like this: %zu chains", c.chains_n);
	arena_release(&a);
}

int main(void)
{
	test_run("edit distances", distances);
	test_run("words compared", comparisons);
	test_run("cells and their anchors", cells);
	test_run("shingles over every way", shingles);
	return test_done();
}
