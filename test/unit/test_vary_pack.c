/* SPDX-License-Identifier: Apache-2.0 */
/* What a pack can say, item by item: a small pack, a sentence, and the places that must come out.
 * Each row has its own pack. The grammar reader is a made-up one. */
#include "test.h"
#include "vary.h"

#include <stdio.h>
#include <string.h>

#define HEAD                                                                                       \
	"quote \" \"\nabbreviation Mr. no.\npos v first v\npos n last n\n"                         \
	"forms v base third past participle gerund\nforms n one many\n"                            \
	"form v participle\n\tleft have/has/had/be/was/is\nform v past\n"                          \
	"\tnot left have/has/had/be/was/is/to/will\nform v base\n\tleft to/will\n"                 \
	"inflect v buy buys bought bought buying\n"                                                \
	"inflect v purchase purchases purchased purchased purchasing\n"                            \
	"inflect v begin begins began begun beginning\n"                                           \
	"inflect v start starts started started starting\n"                                        \
	"inflect v put puts put put putting\n"                                                     \
	"inflect v place places placed placed placing\n"                                           \
	"inflect v may - might - -\ninflect v can - could - -\n"                                   \
	"inflect n view views\ninflect n viewpoint viewpoints\ninflect n point points\n"           \
	"agree a an\n\tsecond a* e* i* o* hour*\n\tdoubt u*\n"                                     \
	"class number #digits two $\nclass month may june\nclass when #month today\n"              \
	"sign British colour whilst\nsign American color\nrivals British American\n"               \
	"sign spoken dont\n"

struct row {
	const char *why, *pack, *source, *want;
};

/* write_out gives the paper with the places of a request written out in it. */
static struct sr_err write_out(struct arena *a, const char *pack_text, const char *source,
			       const struct vary_grammar *grammar, bool ask, struct build *out)
{
	const struct vary_source files[] = {{"language.pack", SLICE_LIT(HEAD)},
					    {"x.pack", slice_str(pack_text)}};
	struct vary_pack pack;
	struct text_paper paper;
	struct vary_found found;
	SR_TRY(vary_pack_make(a, files, 2, NULL, &pack));
	SR_TRY(text_paper_parse(a, slice_str(source), NULL, &paper));
	const struct vary_request q = {
		.pack = &pack, .paper = &paper, .grammar = grammar, .ask = ask};
	SR_TRY(vary_find(a, &q, &found));
	vary_write_source(&paper, found.places, found.places_n, out);
	struct slice all;
	return build_done(out, &all);
}

static void table(const struct row *row, size_t n, const struct vary_grammar *grammar, bool ask)
{
	for (size_t i = 0; i < n; i++) {
		struct arena a = {0};
		struct build b = {0};
		struct sr_err e = write_out(&a, row[i].pack, row[i].source, grammar, ask, &b);
		struct slice got = slice_make(b.ptr, b.len);
		CHECK(!sr_bad(e) && slice_eq(got, slice_str(row[i].want)),
		      "%s: [%.*s], wanted [%s] %s", row[i].why, (int)got.len, (const char *)got.ptr,
		      row[i].want, e.code ? e.what : "");
		build_release(&b);
		arena_release(&a);
	}
}

#define TABLE(rows, grammar, ask) table(rows, sizeof rows / sizeof *rows, grammar, ask)

static void forms(void)
{
	static const char buy[] = "x: c v <> buy | purchase\n";
	static const char begin[] = "x: c v <> begin | start\n";
	static const char put[] = "x: c v <> put | place\n";
	static const struct row row[] = {
		{"base", buy, "They want to buy it here.", "They want to {buy|purchase} it here."},
		{"third", buy, "Today he buys it here.", "Today he {buys|purchases} it here."},
		{"gerund", buy, "They like buying it here.",
		 "They like {buying|purchasing} it here."},
		{"past and participle alike in both", buy, "They had bought it.",
		 "They had {bought|purchased} it."},
		{"participle told by what is before", begin, "It has started here.",
		 "It has {started|begun} here."},
		{"past told so too", begin, "It soon started here.",
		 "It soon {started|began} here."},
		{"base, past and participle alike, told apart", put, "They put it here.",
		 "They {put|placed} it here."},
		{"the base of it", put, "They will put it here.", "They will {put|place} it here."},
		{"neither form can stand there", begin, "They soon begin here.",
		 "They soon begin here."},
		{"a form that does not exist", "x: c v <> may | can\n", "They soon might go.",
		 "They soon {might|could} go."},
		{"head of a noun", "x: c n <> ~point of view | viewpoint\n",
		 "It has many points of view here.",
		 "It has many {points of view|viewpoints} here."},
		{"and back", "x: c n <> ~point of view | viewpoint\n", "It is a viewpoint here.",
		 "It is a {viewpoint|point of view} here."},
		{"the last word of a noun is its head", "x: c n <> old view | old viewpoint\n",
		 "It has old views here.", "It has {old views|old viewpoints} here."},
		{"one way", "x: c v > buy | purchase\n", "They like to buy it here.",
		 "They like to {buy|purchase} it here."},
		{"a name is no verb", buy, "We know of Buy Here.", "We know of Buy Here."},
		{"nor the first word before a name", buy, "So it is. Buying Smith is good.",
		 "So it is. Buying Smith is good."},
	};
	TABLE(row, NULL, false);
}

static void guards(void)
{
	static const struct row row[] = {
		{"right, one of two", "x: c x <> top | peak\n\tright of/at\n",
		 "The top of it, the top in it, the top at it.",
		 "The {#s1|top|peak} of it, the top in it, the {#s1|top|peak} at it."},
		{"two lines of a kind: one is enough",
		 "x: c x <> top | peak\n\tright of\n\tright at\n", "Then the top at it.",
		 "Then the {top|peak} at it."},
		{"left and right: both", "x: c x <> top | peak\n\tleft the\n\tright of\n",
		 "On the top of it. Once a top of it.",
		 "On the {top|peak} of it. Once a top of it."},
		{"not", "x: c x <> top | peak\n\tnot right of\n\tnot left a\n",
		 "On the top of it. Once a top in it. So the top in it.",
		 "On the top of it. Once a top in it. So the {top|peak} in it."},
		{"prefix, suffix, any", "x: c x <> top | peak\n\tleft un* *\n\tright *ing\n",
		 "So unseen the top being it. So seen the top being it.",
		 "So unseen the {top|peak} being it. So seen the top being it."},
		{"a class, and one within a class", "x: c x <> top | peak\n\tright #when\n",
		 "It is the top today. It is the top in June.",
		 "It is the {top|peak} today. It is the top in June."},
		{"a name", "x: c x <> top | peak\n\tright #name\n",
		 "It is the top Rome has. It is the top he has.",
		 "It is the {top|peak} Rome has. It is the top he has."},
		{"marks", "x: c x <> top | peak\n\tright ,\n",
		 "It is the top, we say. It is the top we say.",
		 "It is the {top|peak}, we say. It is the top we say."},
		{"a mark breaks a row of words", "x: c x <> top | peak\n\tright we say\n",
		 "It is the top we say. It is the top, we say.",
		 "It is the {top|peak} we say. It is the top, we say."},
		{"a stop is any mark", "x: c x <> top | peak\n\tright #stop\n",
		 "It is the top; so. It is the top we say.",
		 "It is the {top|peak}; so. It is the top we say."},
		{"an abbreviation ends nothing", "x: c x <> top | peak\n\tright Smith\n",
		 "It is Mr. Smith of the top Smith here.",
		 "It is Mr. Smith of the {top|peak} Smith here."},
		{"perhaps not there", "x: c x <> top | peak\n\tright very? of\n", "At the top of it.",
		 "At the {top|peak} of it."},
		{"perhaps there", "x: c x <> top | peak\n\tright very? of\n",
		 "At the top very of it.", "At the {top|peak} very of it."},
		{"but not another", "x: c x <> top | peak\n\tright very? of\n",
		 "At the top quite of it.", "At the top quite of it."},
		{"a gap of none", "x: c x <> top | peak\n\tright ..2 of\n", "At the top of it.",
		 "At the {top|peak} of it."},
		{"a gap of two", "x: c x <> top | peak\n\tright ..2 of\n", "At the top as a of it.",
		 "At the {top|peak} as a of it."},
		{"a gap too wide", "x: c x <> top | peak\n\tright ..2 of\n",
		 "At the top as a b of it.", "At the top as a b of it."},
		{"the guards of another", "x: c x > hill | mound\n\tright here\ny: c x > top | peak\n\tas x\n",
		 "It is the top here.", "It is the {top|peak} here."},
		{"which forbid as well", "x: c x > hill | mound\n\tright here\ny: c x > top | peak\n\tas x\n",
		 "It is the top there.", "It is the top there."},
		{"and what each adds",
		 "x: c x > hill | mound\n\tright here\ny: c x > top | peak\n\tas x\n\tleft the\n"
		 "z: c x > rock | stone\n\tas x\n\tleft a\n",
		 "It is a top here. It is the top here. It is a rock here.",
		 "It is a top here. It is the {top|peak} here. It is a {rock|stone} here."},
		{"but not for the first",
		 "x: c x > hill | mound\n\tright here\ny: c x > top | peak\n\tas x\n\tleft the\n",
		 "It is a hill here.", "It is a {hill|mound} here."},
		{"several", "x: c x <> top | peak\n\tleft the so+\n",
		 "It is the so so so top here. It is the top here.",
		 "It is the so so so {top|peak} here. It is the top here."},
		{"elsewhere in the sentence", "x: c x <> top | peak\n\tsentence hill\n",
		 "A hill has the top here. A house has the top here.",
		 "A hill has the {top|peak} here. A house has the top here."},
		{"not elsewhere", "x: c x <> top | peak\n\tnot sentence hill\n",
		 "A hill has the top here. A house has the top here.",
		 "A hill has the top here. A house has the {top|peak} here."},
		{"at the start", "x: c x <> so | thus\n\tat start\n",
		 "It is. So it is. And so it is.", "It is. {So|Thus} it is. And so it is."},
		{"not at the start", "x: c x <> so | thus\n\tnot at start\n",
		 "It is. So it is. And so it is.", "It is. So it is. And {so|thus} it is."},
		{"a capital of its own", "x: c x <> US | United States\n",
		 "It is the US of us. It is the us here.",
		 "It is the {US|United States} of us. It is the us here."},
		{"a fixed term", "fixed test ban\nx: c x <> ban | halt\n",
		 "On the ban and the test ban here.", "On the {ban|halt} and the test ban here."},
		{"emphasis is not seen", "x: c x <> top | peak\n\tright of\n",
		 "It is the *top* of it.", "It is the *{top|peak}* of it."},
	};
	TABLE(row, NULL, false);
}

static void registers(void)
{
	static const char town[] = "x: c x <> city | metropolis [British]\n";
	static const struct row row[] = {
		{"not shown", town, "It is the city here.", "It is the city here."},
		{"shown", town, "It is the city of colour.",
		 "It is the {city|metropolis} of colour."},
		{"shown by a found wording", town, "It is the metropolis here.",
		 "It is the {metropolis|city} here."},
		{"a rival shows more", town, "It is the city of colour, color and color.",
		 "It is the city of colour, color and color."},
		{"in a quotation it shows nothing", town, "It is the city of \"colour\" here.",
		 "It is the city of \"colour\" here."},
		{"a guard", "x: c x <> city | town\n\tregister spoken\n",
		 "It is the city. They don't say.", "It is the {city|town}. They don't say."},
		{"and its no", "x: c x <> city | town\n\tnot register spoken\n",
		 "It is the city. They don't say.", "It is the city. They don't say."},
	};
	TABLE(row, NULL, false);
}

static void agreement(void)
{
	static const char big[] = "x: c x <> big | enormous | united\n";
	static const struct row row[] = {
		{"widened", big, "It is a big city.", "It is {a big|an enormous} city."},
		{"and back", big, "It is an enormous city.", "It is {an enormous|a big} city."},
		{"with a capital", big, "It is. A big city is it.",
		 "It is. {A big|An enormous} city is it."},
		{"nothing to agree with", big, "It is the big city.",
		 "It is the {big|enormous|united} city."},
		{"the article stays where it fits", "x: c x <> big | vast\n", "It is a big city.",
		 "It is a {big|vast} city."},
	};
	TABLE(row, NULL, false);
}

static void rules(void)
{
	static const char that[] =
		"x: c rule\n\tfind V=said/says T=that S=he/she/the\n\twrite V S\n";
	static const char moved[] =
		"x: c rule\n\tfind N=#name+ V=said .\n\tleft ,\n\twrite V N .\n";
	static const char but[] = "x: c rule\n\tfind , but S=the/a\n\twrite . However, S\n";
	static const char first[] = "x: c rule\n\tfind A=today/then S=the/it\n\tat start\n"
				    "\twrite S A\n\twrite Now S A\n";
	static const struct row row[] = {
		{"what is common is cut off", that, "It was he who said that the city was big.",
		 "It was he who said {that the|the} city was big."},
		{"words in another order", moved, "It is so, Ann Lee said. It is.",
		 "It is so, {Ann Lee said|said Ann Lee}. It is."},
		{"the full stop of an abbreviation moves with its word",
		 "x: c rule\n\tfind N=#name+ V=said .\n\tleft ,\n\twrite V N .\n",
		 "It is so, Mr. Lee said. It is.", "It is so, {Mr. Lee said|said Mr. Lee}. It is."},
		{"what stands in brackets or is emphasised is not moved", moved,
		 "It is so, *Ann* Lee said. It is. It is so, Ann (Lee) said. It is.",
		 "It is so, *Ann* Lee said. It is. It is so, Ann (Lee) said. It is."},
		{"over the end of a sentence", but, "It is big, but the city is old.",
		 "It is big{, but|. However,} the city is old."},
		{"capitals change with the places", first, "It is. Today the city is big.",
		 "It is. {Today the|The today|Now the today} city is big."},
		{"a name begins: nobody can say how it is written inside",
		 "x: c rule\n\tfind A=* S=the/it\n\tat start\n\twrite S A\n",
		 "It is. Rome the city is big.", "It is. Rome the city is big."},
		{"the same letters are no other wording",
		 "x: c rule\n\tfind A=to day\n\twrite to-day\n", "It is to day here.",
		 "It is to day here."},
		{"guards see all that was found",
		 "class unnoticed that\nx: c rule\n\tfind V=said/held T=that S=the\n\tright "
		 "city\n\twrite V S\n",
		 "He said that the city is big, and held that the town is old.",
		 "He said {that the|the} city is big, and held that the town is old."},
	};
	TABLE(row, NULL, false);
}

static void choice(void)
{
	static const struct row row[] = {
		{"neighbours become one place",
		 "x: c x <> old | aged | antique\ny: c x <> red | scarlet\n"
		 "z: c x <> old red | ancient scarlet\n\tleft never\n",
		 "It is an old red house.",
		 "It is an {old red|old scarlet|aged red|aged scarlet|antique red|antique scarlet} "
		 "house."},
		{"what is longer wins over what is in it",
		 "x: c x <> course | track | path\ny: c x <> of course | naturally\n",
		 "It is of course so.", "It is {of course|naturally} so."},
		{"of three in a row the outer two",
		 "x: c x <> old | aged\ny: c x <> red | scarlet\nz: c x <> small | little\n",
		 "It is the old red small house.",
		 "It is the {old|aged} red {small|little} house."},
		{"too many combinations: what is worth more",
		 "x: c x <> old | aged | antique\ny: c x <> red | scarlet | crimson\n",
		 "It is the old red house.", "It is the {old|aged|antique} red house."},
		{"two entries find the same words",
		 "x: c x <> old | aged\ny: c x <> old | antique\n", "It is the old house.",
		 "It is the {old|aged|antique} house."},
		{"a comma keeps neighbours apart",
		 "x: c x <> old | aged\ny: c x <> red | scarlet\n", "It is old, red and so.",
		 "It is {old|aged}, red and so."},
		{"no word twice in a row", "x: c x <> old | the aged\n", "It is the old house.",
		 "It is the old house."},
		{"nor a striking one close by", "x: c x <> house | building\n",
		 "The building and a house here.", "The building and a house here."},
		{"nor a relative of it", "x: c x <> house | building\n",
		 "The buildings and a house here.", "The buildings and a house here."},
		{"further away it may", "x: c x > house | building\n",
		 "The building is now as far as it can be or so we hear in the town that is by the "
		 "sea, as they say who have been to it and seen it all, and a house here.",
		 "The building is now as far as it can be or so we hear in the town that is by the "
		 "sea, as they say who have been to it and seen it all, and a {house|building} "
		 "here."},
		{"a word that the author repeats stays", "x: c x <> house | home\n\tleft a\n",
		 "It is a house. We like the house of all of them.",
		 "It is a house. We like the house of all of them."},
		{"and one that he repeats in another form", "x: c n <> view | viewpoint\n",
		 "It is a view of his. The views of others are here.",
		 "It is a view of his. The views of others are here."},
		{"even one that readers do not notice", "class unnoticed over\nx: c x > over | above\n",
		 "It is over two. It is now over ten.", "It is over two. It is now over ten."},
		{"a short word that is noticed all the same",
		 "class echoed but\nx: c x > yet | but\n", "It is so, but yet it is here.",
		 "It is so, but yet it is here."},
		{"and one that is not", "x: c x > yet | but\n", "It is so, but now yet it is here.",
		 "It is so, but now {yet|but} it is here."},
		{"two places do not bring one word twice",
		 "x: c x <> house | building\ny: c x <> shed | building\n",
		 "It is the house and the shed here.",
		 "It is the {house|building} and the shed here."},
		{"off is off", "x: c x <> house | building\n\ttier off\n", "It is the house here.",
		 "It is the house here."},
		{"ask is not found unasked", "x: c x <> house | building\n\ttier ask\n",
		 "It is the house here.", "It is the house here."},
	};
	static const struct row asked[] = {
		{"ask", "x: c x <> house | building\n\ttier ask\n", "It is the house here.",
		 "It is the {?|house|building} here."},
		{"what is automatic goes before what asks",
		 "x: c x <> old house | building | shed\n\ttier ask\ny: c x <> old | aged\n",
		 "It is the old house here.", "It is the {old|aged} house here."},
	};
	TABLE(row, NULL, false);
	TABLE(asked, NULL, true);
}

/* A grammar reader that knows three words: "broken" makes a sentence broken, "slow" makes it take
 * too long, "top" is a verb where "run" stands before it, else a noun. It links "run" to "top" by
 * Os. */
static struct sr_err made_up(void *context, struct arena *a, const struct slice *sentences,
			     size_t n, struct vary_parse *out)
{
	(void)context;
	for (size_t i = 0; i < n; i++) {
		struct slice s = sentences[i];
		const uint8_t *top = memmem(s.ptr, s.len, "top", 3);
		const uint8_t *run = memmem(s.ptr, s.len, "run", 3);
		out[i] = (struct vary_parse){
			.state = memmem(s.ptr, s.len, "broken", 6) ? VARY_PARSE_BROKEN
				 : memmem(s.ptr, s.len, "slow", 4) ? VARY_PARSE_GIVEN_UP
								   : VARY_PARSE_WHOLE};
		out[i].words = ARENA_ARRAY(a, 2, struct vary_parse_word);
		out[i].links = ARENA_ARRAY(a, 1, struct vary_parse_link);
		if (!out[i].words || !out[i].links)
			return sr_nomem();
		if (run)
			out[i].words[out[i].words_n++] =
				(struct vary_parse_word){(uint32_t)(run - s.ptr), 3, "v-d"};
		if (top)
			out[i].words[out[i].words_n++] =
				(struct vary_parse_word){(uint32_t)(top - s.ptr), 3, ""};
		if (top)
			(void)snprintf(out[i].words[out[i].words_n - 1].tag, 12, "%s",
				       run ? "v" : "n-u");
		if (top && run)
			out[i].links[out[i].links_n++] = (struct vary_parse_link){0, 1, "Os"};
	}
	return sr_ok();
}

static void grammar(void)
{
	static const struct vary_grammar g = {NULL, made_up};
	static const char tag[] = "x: c x <> top | peak\n\ttag W n\n";
	static const char link[] = "x: c x <> top | peak\n\tlink _ O W\n";
	static const char no_link[] = "x: c x <> top | peak\n\tnot link _ O W\n";
	static const char noun[] =
		"inflect n top tops\ninflect n peak peaks\nx: c n <> top | peak\n";
	static const struct row with[] = {
		{"the tag", tag, "It is the top here.", "It is the {top|peak} here."},
		{"another tag", tag, "They run the top here.", "They run the top here."},
		{"a tag in a sentence that was given up", tag, "It is the slow top here.",
		 "It is the slow top here."},
		{"the link", link, "They run the top here.", "They run the {top|peak} here."},
		{"no link", link, "It is the top here.", "It is the top here."},
		{"not the link", no_link, "It is the top here.", "It is the {top|peak} here."},
		{"not the link, but it is there", no_link, "They run the top here.",
		 "They run the top here."},
		{"a noun that is one", noun, "It is the top here.", "It is the {top|peak} here."},
		{"a noun that is a verb", noun, "They run to top here.", "They run to top here."},
		{"of a sentence that cannot be read nothing is known", noun,
		 "They run to broken top here.", "They run to broken {top|peak} here."},
		{"a wording that breaks a sentence", "x: c x <> house | broken\n",
		 "It is the house here.", "It is the house here."},
		{"in a sentence that is broken anyway", "x: c x <> house | shed\n",
		 "It is the broken house here.", "It is the broken {house|shed} here."},
		{"one of three wordings breaks it", "x: c x <> house | broken | shed\n",
		 "It is the house here.", "It is the {house|shed} here."},
		{"a link by names",
		 "x: c rule\n\tfind V=run T=the O=top\n\tlink V Os O\n\twrite V O\n",
		 "They run the top here.", "They run {the top|top} here."},
	};
	static const struct row without[] = {
		{"a tag is needed", tag, "It is the top here.", "It is the top here."},
		{"a link is needed", link, "They run the top here.", "They run the top here."},
		{"no link is needed", no_link, "It is the top here.", "It is the top here."},
		{"a part of speech is not", noun, "They run to top here.",
		 "They run to {top|peak} here."},
	};
	TABLE(with, &g, false);
	TABLE(without, NULL, false);
}

static void no_memory(void)
{
	static const char pack[] =
		"x: c v <> buy | purchase\n\tsentence in\ny: c rule\n\tfind A=in B=it\n"
		"\twrite B A\nz: c x <> big | enormous\n\twhole\nfixed so long\n";
	static const char source[] = "So {he|she} can buy a big house in it, and a big one in it.";
	static const struct vary_grammar g = {NULL, made_up};
	for (size_t n = 1, failed = 1; failed; n++) {
		struct arena a = {0};
		struct build b = {0};
		test_alloc_fail_at(n);
		struct sr_err e = write_out(&a, pack, source, &g, true, &b);
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(!failed || e.code == SR_E_NOMEM, "allocation %zu: %d", n, (int)e.code);
		CHECK(failed || !sr_bad(e), "without a fault: %d %s", (int)e.code, e.what);
		build_release(&b);
		arena_release(&a);
	}
}

int main(void)
{
	test_run("forms of words", forms);
	test_run("guards and patterns", guards);
	test_run("registers", registers);
	test_run("words that agree", agreement);
	test_run("rules", rules);
	test_run("which candidates are chosen", choice);
	test_run("a grammar reader", grammar);
	test_run("no memory", no_memory);
	return test_done();
}
