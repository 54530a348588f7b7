/* SPDX-License-Identifier: Apache-2.0 */
/* A paper from anywhere: parsed, searched for places, made a lattice, written and read back. */
#include "fuzz.h"

#include "vary.h"

#include <stdlib.h>
#include <string.h>

static const char pack_text[] = "quote \" \"\n"
				"class number #digits two\n"
				"pos v first v\n"
				"forms v base third past participle gerund\n"
				"inflect v buy buys bought bought buying\n"
				"inflect v get gets got - getting\n"
				"agree a an\n"
				"\tsecond a* e* i* o*\n"
				"sign b whilst\n"
				"fixed a test\n"
				"a: conn x <> because of | owing to\n"
				"b: adv x <> often | frequently | oft [b]\n"
				"\tnot left more/most\n"
				"c: quant x <> about | around | roughly\n"
				"\tright #number\n"
				"d: conn x <> moreover, | furthermore,\n"
				"\tat start\n"
				"e: verb v <> buy | get\n"
				"f: us x <> US | United States\n"
				"\tat name\n"
				"\twhole\n"
				"g: but rule\n"
				"\tfind A=* , but B=the/a C=*+\n"
				"\twrite B C . However, A\n";

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* A lattice read from its own bytes is the same lattice. */
static void check_round_trip(struct arena *a, const struct text_lattice *l)
{
	struct build bytes = {0}, again = {0};
	struct text_lattice back;
	text_lattice_write(l, &bytes);
	struct slice all, all_again;
	require(!sr_bad(build_done(&bytes, &all)));
	require(!sr_bad(text_lattice_read(a, all, &back)));
	text_lattice_write(&back, &again);
	require(!sr_bad(build_done(&again, &all_again)) && slice_eq(all, all_again));
	build_release(&bytes);
	build_release(&again);
}

/* Places written out in spin syntax give a paper with the same text and as many places. */
static void check_written(struct arena *a, const struct text_paper *p,
			  const struct vary_place *found, size_t n)
{
	struct build source = {0};
	struct text_paper written;
	struct slice bytes;
	vary_write_source(p, found, n, &source);
	require(!sr_bad(build_done(&source, &bytes)));
	require(!sr_bad(text_paper_parse(a, bytes, NULL, &written)));
	require(written.places_n == p->places_n + n && slice_eq(written.plain, p->plain));
	build_release(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct text_paper p;
	struct vary_pack pack;
	struct vary_found found;
	struct text_lattice l;
	const struct vary_source file = {"fuzz.pack", slice_str(pack_text)};
	const struct vary_source any_file = {"any.pack", slice_make(data, size)};
	if (!sr_bad(text_paper_parse(&a, slice_make(data, size), NULL, &p))) {
		require(!sr_bad(vary_pack_make(&a, &file, 1, NULL, &pack)));
		const struct vary_request q = {.pack = &pack, .paper = &p, .ask = true};
		require(!sr_bad(vary_find(&a, &q, &found)));
		require(!sr_bad(vary_lattice(&a, &p, found.places, found.places_n, &l)));
		require(l.places_n == p.places_n + found.places_n);
		check_round_trip(&a, &l);
		check_written(&a, &p, found.places, found.places_n);
		(void)text_paper_title(p.plain);
	}
	struct text_lattice any;
	if (!sr_bad(text_lattice_read(&a, slice_make(data, size), &any)))
		check_round_trip(&a, &any);
	struct vary_tested tested;
	if (!sr_bad(vary_pack_make(&a, &any_file, 1, NULL, &pack)))
		(void)vary_pack_test(&pack, NULL, NULL, &tested).code;
	arena_release(&a);
	return 0;
}
