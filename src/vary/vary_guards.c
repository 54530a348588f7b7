/* SPDX-License-Identifier: Apache-2.0 */
#include "vary_read.h"

struct sr_err vary_pattern_read(struct vary_reader *r, struct slice text, bool names,
				struct vary_pattern *out, bool *good)
{
	const char *what = "";
	struct sr_err e = vary_pattern_parse(r->a, text, names, &r->pack->classes, out, &what);
	*good = e.code == SR_OK;
	if (e.code != SR_E_INPUT)
		return e;
	vary_bad(r, "%s", what);
	return sr_ok();
}

static struct sr_err add_pattern(struct vary_reader *r, enum vary_guard_kind kind,
				 struct slice text, struct vary_guards *g)
{
	struct vary_pattern p;
	bool good;
	SR_TRY(vary_pattern_read(r, text, false, &p, &good));
	struct vary_guard *at = arena_grow(r->a, g->at, g->n, &g->cap, sizeof *at);
	if (!at)
		return sr_nomem();
	g->at = at;
	if (good)
		g->at[g->n++] = (struct vary_guard){kind, p};
	return sr_ok();
}

static struct sr_err add_tags(struct vary_reader *r, struct slice rest, struct vary_guards *g)
{
	struct vary_tag_guard t = {.word = vary_cut_word(&rest)};
	SR_TRY(vary_words_read(r->a, rest, &t.tags, &t.tags_n));
	if (!t.word.len || !t.tags_n)
		vary_bad(r, "tag needs a word's name and tags: tag W v-d");
	struct vary_tag_guard *at = arena_grow(r->a, g->tags, g->tags_n, &g->tags_cap, sizeof *at);
	if (!at)
		return sr_nomem();
	g->tags = at;
	g->tags[g->tags_n++] = t;
	return sr_ok();
}

static struct sr_err add_links(struct vary_reader *r, bool wanted, struct slice rest,
			       struct vary_guards *g)
{
	struct vary_link *links = NULL;
	size_t n = 0, cap = 0;
	while (rest.len) {
		struct slice one = vary_cut_bar(&rest);
		struct vary_link l = {.left = vary_cut_word(&one)};
		l.label = vary_cut_word(&one);
		l.right = vary_cut_word(&one);
		if (!l.right.len || one.len) {
			vary_bad(r, "a link is three words: a name, the link's, a name");
			return sr_ok();
		}
		struct vary_link *all = arena_grow(r->a, links, n, &cap, sizeof *all);
		if (!all)
			return sr_nomem();
		links = all;
		links[n++] = l;
	}
	if (!n)
		vary_bad(r, "link needs a link: link W O _");
	struct vary_link_guard *at =
		arena_grow(r->a, g->links, g->links_n, &g->links_cap, sizeof *at);
	if (!at)
		return sr_nomem();
	g->links = at;
	g->links[g->links_n++] = (struct vary_link_guard){wanted, links, n};
	return sr_ok();
}

static struct sr_err add_register(struct vary_reader *r, bool wanted, struct slice rest,
				  struct vary_guards *g)
{
	struct slice name = vary_cut_word(&rest);
	uint32_t number;
	if (!name.len || rest.len)
		vary_bad(r, "register needs one register's name");
	SR_TRY(vary_register_get(r, name, &number));
	struct vary_register_guard *at =
		arena_grow(r->a, g->registers, g->registers_n, &g->registers_cap, sizeof *at);
	if (!at)
		return sr_nomem();
	g->registers = at;
	g->registers[g->registers_n++] = (struct vary_register_guard){wanted, number};
	return sr_ok();
}

static void read_at(struct vary_reader *r, bool wanted, struct slice rest, struct vary_guards *g)
{
	if (slice_eq(rest, SLICE_LIT("start")) && wanted)
		g->at_start = true;
	else if (slice_eq(rest, SLICE_LIT("start")))
		g->not_at_start = true;
	else if (slice_eq(rest, SLICE_LIT("name")) && wanted)
		g->at_name = true;
	else
		vary_bad(r, "what follows \"at\" is \"start\" or \"name\"");
}

struct sr_err vary_guard_read(struct vary_reader *r, struct slice key, struct slice rest,
			      struct vary_guards *guards, bool *known)
{
	static const struct {
		const char *key;
		enum vary_guard_kind kind, not_kind;
	} patterns[] = {{"left", VARY_LEFT, VARY_NOT_LEFT},
			{"right", VARY_RIGHT, VARY_NOT_RIGHT},
			{"sentence", VARY_SENTENCE, VARY_NOT_SENTENCE}};
	bool wanted = !slice_eq(key, SLICE_LIT("not"));
	if (!wanted)
		key = vary_cut_word(&rest);
	*known = true;
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		if (slice_eq(key, slice_str(patterns[i].key)))
			return add_pattern(r, wanted ? patterns[i].kind : patterns[i].not_kind,
					   rest, guards);
	if (slice_eq(key, SLICE_LIT("link")))
		return add_links(r, wanted, rest, guards);
	if (slice_eq(key, SLICE_LIT("register")))
		return add_register(r, wanted, rest, guards);
	if (slice_eq(key, SLICE_LIT("at"))) {
		read_at(r, wanted, rest, guards);
		return sr_ok();
	}
	if (wanted && slice_eq(key, SLICE_LIT("tag")))
		return add_tags(r, rest, guards);
	*known = !wanted;
	if (!wanted)
		vary_bad(r, "what follows \"not\" is none of left right sentence link register at");
	return sr_ok();
}
