/* SPDX-License-Identifier: Apache-2.0 */
/* A paper from anywhere: parsed, searched for places, made a lattice, written and read back. */
#include "fuzz.h"

#include "vary.h"

#include <stdlib.h>
#include <string.h>

static const char pack_text[] = "a\tconn\t<>\tbecause of | owing to\n"
				"b\tadv\t<>\toften | frequently\tL!:more,most\n"
				"c\tquant\t<>\tabout | around | roughly\tR:#number\n"
				"d\tconn\t<>\tmoreover, | furthermore,\tS\n";

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
	struct vary_place *found;
	struct text_lattice l;
	size_t n;
	if (!sr_bad(text_paper_parse(&a, slice_make(data, size), NULL, &p))) {
		require(!sr_bad(vary_pack_parse(&a, slice_str(pack_text), NULL, &pack)));
		require(!sr_bad(vary_find(&a, &pack, &p, &found, &n)));
		require(!sr_bad(vary_lattice(&a, &p, found, n, &l)));
		require(l.places_n == p.places_n + n);
		check_round_trip(&a, &l);
		check_written(&a, &p, found, n);
		(void)text_paper_title(p.plain);
	}
	struct text_lattice any;
	if (!sr_bad(text_lattice_read(&a, slice_make(data, size), &any)))
		check_round_trip(&a, &any);
	if (!sr_bad(vary_pack_parse(&a, slice_make(data, size), NULL, &pack)))
		require(pack.entries_n <= size);
	arena_release(&a);
	return 0;
}
