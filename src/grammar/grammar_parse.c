/* SPDX-License-Identifier: Apache-2.0 */
#include "grammar_parse.h"
#include "grammar_clean.h"

#include <link-grammar/link-includes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* More linkages cost time; with far fewer, none may be without violations. Longer short links cost
 * time as well. */
enum { LINKAGES = 100, SHORT_LEN = 10 };

struct grammar_parser {
	Dictionary dict;
	Parse_Options options;
};

static void drop(lg_errinfo *e, void *user)
{
	(void)e;
	(void)user;
}

static Parse_Options make_options(void)
{
	Parse_Options o = parse_options_create();
	if (!o)
		return NULL;
	parse_options_set_verbosity(o, 0);
	parse_options_set_spell_guess(o, 0);
	parse_options_set_repeatable_rand(o, true);
	parse_options_set_linkage_limit(o, LINKAGES);
	parse_options_set_short_length(o, SHORT_LEN);
	parse_options_set_min_null_count(o, 0);
	parse_options_set_max_null_count(o, 0);
	parse_options_set_islands_ok(o, false);
	return o;
}

/* warm_up makes the libraries open and measure what they do only once: sorting many linkages asks
 * for the size of the memory. */
static bool warm_up(struct grammar_parser *p)
{
	struct arena a = {0};
	struct vary_parse parse;
	struct sr_err e = grammar_parse(
		p, &a,
		SLICE_LIT(
			"The minister said on Monday that talks with the other side would begin in "
			"the spring, and that it had seen the paper of the committee in March."),
		&parse);
	arena_release(&a);
	return !sr_bad(e);
}

struct grammar_parser *grammar_parser_open(const char *lang)
{
	(void)lg_error_set_handler(drop, NULL);
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return NULL;
	struct grammar_parser *p = malloc(sizeof *p);
	if (!p)
		return NULL;
	*p = (struct grammar_parser){dictionary_create_lang(lang), make_options()};
	if (p->dict && p->options && warm_up(p))
		return p;
	free(p);
	return NULL;
}

/* find_linkage returns the first one without violations, NULL if there is none. */
static Linkage find_linkage(Sentence s, Parse_Options o)
{
	parse_options_reset_resources(o);
	if (sentence_split(s, o) < 0)
		return NULL;
	int n = sentence_parse(s, o);
	if (n <= 0 || sentence_num_valid_linkages(s) <= 0 || sentence_null_count(s))
		return NULL;
	int kept = sentence_num_linkages_post_processed(s);
	for (int i = 0; i < n && i < kept; i++) {
		if (sentence_num_violations(s, (LinkageIdx)i) == 0)
			return linkage_create((LinkageIdx)i, s, o);
	}
	return NULL;
}

/* copy_name takes up to n bytes of printable ASCII. */
static void copy_name(char *to, size_t size, const char *from, size_t n)
{
	size_t len = 0;
	for (size_t i = 0; i < n && from[i] > ' ' && from[i] < 0x7f && len + 1 < size; i++)
		to[len++] = from[i];
}

/* copy_tag: a word is shown as it is written, perhaps with [?] or [!] where it was guessed, then
 * perhaps a dot and its tag. len is how many bytes of the sentence it is. */
static void copy_tag(const char *shown, size_t len, char *to, size_t size)
{
	if (strlen(shown) < len)
		return;
	const char *p = shown + len;
	if (*p == '[')
		p += strcspn(p, "]") + (strchr(p, ']') != NULL);
	if (*p == '.')
		copy_name(to, size, p + 1, strcspn(p + 1, "["));
}

static bool is_wall(const char *shown)
{
	return strcmp(shown, "LEFT-WALL") == 0 || strcmp(shown, "RIGHT-WALL") == 0;
}

static void copy_word(Linkage l, size_t i, const struct grammar_clean *c, size_t sentence_len,
		      struct vary_parse_word *w)
{
	const char *shown = linkage_get_word(l, i);
	size_t from = linkage_get_word_byte_start(l, i), to = linkage_get_word_byte_end(l, i);
	if (is_wall(shown) || from >= to || to > c->len) {
		w->off = i ? (uint32_t)sentence_len : 0;
		return;
	}
	w->off = c->from[from];
	w->len = (uint32_t)(c->to[to - 1] - w->off);
	copy_tag(shown, to - from, w->tag, sizeof w->tag);
}

static struct sr_err copy_linkage(struct arena *a, Linkage l, const struct grammar_clean *c,
				  size_t sentence_len, struct vary_parse *out)
{
	size_t words_n = linkage_get_num_words(l), links_n = linkage_get_num_links(l);
	if (words_n > LIMIT_GRAMMAR_TOKENS || links_n > LIMIT_GRAMMAR_LINKS)
		return sr_ok();
	struct vary_parse p = {VARY_PARSE_WHOLE, ARENA_ARRAY(a, words_n, struct vary_parse_word),
			       words_n, ARENA_ARRAY(a, links_n, struct vary_parse_link), links_n};
	if (!p.words || !p.links)
		return sr_nomem();
	for (size_t i = 0; i < words_n; i++)
		copy_word(l, i, c, sentence_len, &p.words[i]);
	for (size_t i = 0; i < links_n; i++) {
		const char *label = linkage_get_link_label(l, i);
		p.links[i].left = (uint16_t)linkage_get_link_lword(l, i);
		p.links[i].right = (uint16_t)linkage_get_link_rword(l, i);
		copy_name(p.links[i].label, sizeof p.links[i].label, label, strlen(label));
	}
	*out = p;
	return sr_ok();
}

struct sr_err grammar_parse(struct grammar_parser *p, struct arena *a, struct slice sentence,
			    struct vary_parse *out)
{
	static struct grammar_clean c;
	struct vary_parse parse = {.state = VARY_PARSE_BROKEN};
	grammar_clean(sentence, &c);
	Sentence s = sentence_create(c.text, p->dict);
	if (!s)
		return sr_nomem();
	Linkage l = find_linkage(s, p->options);
	struct sr_err e = l ? copy_linkage(a, l, &c, sentence.len, &parse) : sr_ok();
	if (l)
		linkage_delete(l);
	sentence_delete(s);
	if (!sr_bad(e))
		*out = parse;
	return e;
}
