/* SPDX-License-Identifier: Apache-2.0 */
/* A paper from anywhere: parsed, with its groups and questions, searched for places, made a
 * lattice, written and read back. */
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

static void check_span(const struct text_paper *p, const struct text_paper_place *x, size_t *at)
{
	require(x->off >= *at && x->off + x->len <= p->plain.len && x->place.wordings_n >= 2);
	require(slice_eq(slice_sub(p->plain, x->off, x->len), x->place.wordings[0]));
	require(x->from < x->to && p->source.ptr[x->from] == '{' &&
		p->source.ptr[x->to - 1] == '}');
	require(x->place.group.len <= TEXT_TAG_MAX);
	*at = x->off + x->len;
}

/* Places and questions stand where they say; places of a tag have one leader, the first of them. */
static void check_paper(const struct text_paper *p)
{
	size_t at = 0;
	for (size_t i = 0; i < p->places_n; i++) {
		const struct text_place *x = &p->places[i].place;
		const struct text_place *leader = &p->places[x->leader].place;
		check_span(p, &p->places[i], &at);
		require(x->leader <= i && leader->leader == x->leader);
		require(leader->wordings_n == x->wordings_n && slice_eq(leader->group, x->group));
		require(x->group.len || x->leader == i);
		for (size_t k = 0; k < x->leader && x->group.len && k < 16; k++)
			require(!slice_eq(p->places[k].place.group, x->group));
	}
	at = 0;
	for (size_t i = 0; i < p->questions_n; i++)
		check_span(p, &p->questions[i], &at);
}

/* The copy in which every symbol is the original one is the paper's plain text. */
static void check_copy(const struct text_paper *p, const struct text_lattice *l)
{
	size_t at = 0;
	for (size_t i = 0; i <= l->places_n; i++) {
		struct slice s = l->fixed[i];
		require(slice_eq(slice_sub(p->plain, at, s.len), s));
		at += s.len + (i < l->places_n ? l->places[i].wordings[0].len : 0);
	}
	require(at == p->plain.len);
	require(text_lattice_symbols(l) <= l->places_n);
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
	require(text_lattice_symbols(&back) == text_lattice_symbols(l));
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
	require(written.questions_n == p->questions_n);
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
		check_paper(&p);
		require(!sr_bad(vary_pack_make(&a, &file, 1, NULL, &pack)));
		const struct vary_request q = {.pack = &pack, .paper = &p, .ask = true};
		require(!sr_bad(vary_find(&a, &q, &found)));
		require(!sr_bad(vary_lattice(&a, &p, found.places, found.places_n, &l)));
		require(l.places_n == p.places_n + found.places_n);
		check_copy(&p, &l);
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
