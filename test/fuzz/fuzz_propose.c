/* SPDX-License-Identifier: Apache-2.0 */
/* A language model's answer from anywhere. Whatever it says, the paper with its questions keeps
 * every byte of its text, its numbers and its names, and every wording is accounted for. */
#include "fuzz.h"

#include "vary_propose.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char pack_text[] = "quote \" \"\n"
				"class kept-number #digits two dozen\n"
				"class kept-date yesterday\n"
				"class kept-negation not never\n"
				"class kept-force must will\n"
				"class opening the a it however in\n"
				"fixed test ban\n"
				"big: adj x <> large | big\n";

static const char paper_text[] =
	"The council wants a new ferry for the island before the winter comes. It will not ask the "
	"12 villages to pay for it, and the\nroad stays {as it is|the same}. In the end the "
	"harbour "
	"of Rome has a large hall there. \"We are ready\", he said. The caf\xc3\xa9 is open.\n";

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool in_word(struct slice w, size_t i)
{
	return i < w.len && (w.ptr[i] >= 0x80 || isalpha(w.ptr[i]));
}

/* has_fixed: the pack's fixed term, as words. */
static bool has_fixed(struct slice w)
{
	static const char term[] = "test ban";
	for (size_t i = 0; i + sizeof term - 1 <= w.len; i++)
		if (!memcmp(w.ptr + i, term, sizeof term - 1) && !(i && in_word(w, i - 1)) &&
		    !in_word(w, i + sizeof term - 1))
			return true;
	return false;
}

static void check_wording(struct slice w)
{
	for (size_t i = 0; i < w.len; i++)
		require(!memchr("0123456789{}|\\<>*\"\n\r\t\033", w.ptr[i], 22));
	require(!memmem(w.ptr, w.len, "Rome", 4) && !has_fixed(w));
}

static void check_places(const struct text_paper *paper, const struct vary_proposed *r)
{
	size_t n = 0, end = 0;
	for (size_t i = 0; i < r->places_n; i++) {
		const struct vary_place *p = &r->places[i];
		require(p->off >= end && p->len && p->off + p->len <= paper->plain.len);
		end = p->off + p->len + 1;
		n += p->place.wordings_n - 1;
		struct slice original = slice_sub(paper->plain, p->off, p->len);
		require(p->place.wordings_n >= 2 && slice_eq(p->place.wordings[0], original));
		for (uint32_t k = 1; k < p->place.wordings_n; k++)
			check_wording(p->place.wordings[k]);
	}
	for (size_t i = 0; i < VARY_REFUSALS; i++)
		n += r->dropped[i];
	require(n == r->proposed_n);
}

/* The paper with the questions is a paper, with the same text and as many places as before. */
static void check_written(struct arena *a, const struct text_paper *paper,
			  const struct vary_proposed *r)
{
	struct build source = {0};
	struct text_paper written;
	struct slice bytes;
	vary_write_source(paper, r->places, r->places_n, &source);
	require(!sr_bad(build_done(&source, &bytes)));
	require(!sr_bad(text_paper_parse(a, bytes, NULL, &written)));
	require(slice_eq(written.plain, paper->plain) && written.places_n == paper->places_n);
	require(written.questions_n == r->places_n);
	build_release(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct vary_pack pack;
	struct text_paper paper;
	struct vary_found found;
	struct vary_proposer *p;
	const struct vary_source file = {"fuzz.pack", slice_str(pack_text)};
	require(!sr_bad(vary_pack_make(&a, &file, 1, NULL, &pack)));
	require(!sr_bad(text_paper_parse(&a, slice_str(paper_text), NULL, &paper)));
	const struct vary_request find = {.pack = &pack, .paper = &paper};
	require(!sr_bad(vary_find(&a, &find, &found)));
	const struct vary_propose_request q = {
		.pack = &pack, .paper = &paper, .found = found.places, .found_n = found.places_n};
	require(!sr_bad(vary_propose_open(&a, &q, &p)));
	struct sr_err e = vary_propose_read(p, 0, slice_make(data, size));
	const struct vary_proposed *r = vary_propose_result(p);
	require(!sr_bad(e) || !r->proposed_n);
	check_places(&paper, r);
	check_written(&a, &paper, r);
	arena_release(&a);
	return 0;
}
