/* SPDX-License-Identifier: Apache-2.0 */
/* page/: from a paper to its sheet: blocks, places wherever they may stand, pieces, slots, fonts.
 */
#include "page_font.h"
#include "page_lay.h"
#include "page_plan.h"
#include "papers.h"

#include <time.h>

/* What the sink heard in one call. */
struct heard {
	size_t errors, warnings;
	char text[2048];
};

static void hear(void *user, const struct sr_note *n)
{
	struct heard *h = user;
	h->errors += n->level == SR_ERROR;
	h->warnings += n->level == SR_WARNING;
	size_t used = strlen(h->text);
	(void)snprintf(h->text + used, sizeof h->text - used, "%s\n", n->text);
}

static struct heard heard;

static struct sr_err plan_with(struct arena *a, struct slice source, const struct page_options *o,
			       struct page_sheet *out)
{
	struct text_lattice l;
	papers_lattice(a, source, &l);
	heard = (struct heard){0};
	const struct sr_sink sink = {hear, &heard, "paper.md"};
	return page_plan_make(a, &l, o, &sink, out);
}

static const struct page_options usual = {.title = {(const uint8_t *)"Title", 5},
					  .language = {(const uint8_t *)"en", 2},
					  .created = 1700000000};

/* plan also checks that the sheet is one that page_sheet_read takes, and the same again. */
static bool plan(struct arena *a, const char *source, struct page_sheet *out)
{
	struct build b = {0}, again = {0};
	struct slice bytes, bytes_again;
	struct page_sheet back;
	struct sr_err e = plan_with(a, slice_str(source), &usual, out);
	bool made = CHECK(!sr_bad(e), "%s: %s", source, e.what);
	if (made) {
		page_sheet_write(out, &b);
		e = build_done(&b, &bytes);
		made = CHECK(!sr_bad(e), "%s", e.what);
		e = page_sheet_read(
			a, made ? slice_make(arena_dup(a, bytes.ptr, bytes.len), bytes.len) : bytes,
			&back);
		made = CHECK(!sr_bad(e), "%s: %s", source, e.what);
	}
	if (made) {
		page_sheet_write(&back, &again);
		CHECK(!sr_bad(build_done(&again, &bytes_again)) && slice_eq(bytes, bytes_again),
		      "%s: read and written", source);
		CHECK(back.slots_n == out->slots_n, "%s: slots", source);
	}
	build_release(&b);
	build_release(&again);
	return made;
}

static bool font_has(const struct page_sheet *s, uint32_t shape, const char *word)
{
	struct slice d = s->font[s->shape[shape].font].description;
	return memmem(d.ptr, d.len, word, strlen(word)) != NULL;
}

/* show_piece writes " text" behind white space, "|text" where a line may end, "+text" otherwise,
 * and the style behind it: ^b bold, ^i italic, ^m code, ^r raised. */
static void show_piece(const struct page_sheet *s, const struct page_piece *p, bool first,
		       struct build *out)
{
	const struct page_shape *shape = &s->shape[p->shape];
	if (p->gap == PAGE_GAP_SPACE)
		build_str(out, " ");
	else if (p->gap == PAGE_GAP_BREAK)
		build_str(out, "|");
	else if (!first)
		build_str(out, "+");
	build_slice(out, shape->text);
	bool raised = shape->glyph[0].y < -PAGE_PT;
	if (font_has(s, p->shape, "Bold"))
		build_str(out, "^b");
	if (font_has(s, p->shape, "Italic"))
		build_str(out, "^i");
	if (font_has(s, p->shape, "Mono"))
		build_str(out, "^m");
	if (raised)
		build_str(out, "^r");
}

/* show writes a line for each block: "= " for a rule, "(marker) ", <wording/wording>, _ for white
 * space at the end of a segment, $ for the end of a line, ; between cells. */
static void show_flow(const struct page_sheet *s, const struct page_flow *f, struct build *out)
{
	if (f->marker != PAGE_NONE)
		build_fmt(out, "(%.*s) ", (int)s->shape[f->marker].text.len,
			  (const char *)s->shape[f->marker].text.ptr);
	for (size_t i = 0; i < f->atoms_n; i++) {
		const struct page_atom *atom = &f->atom[i];
		if (atom->place != PAGE_NONE)
			build_fmt(out, "<%u:", atom->place);
		for (size_t k = 0; k < atom->segments_n; k++) {
			const struct page_segment *g = &atom->segment[k];
			if (k)
				build_str(out, "/");
			for (size_t j = 0; j < g->pieces_n; j++)
				show_piece(s, &g->piece[j], !j, out);
			if (g->space)
				build_str(out, "_");
		}
		if (atom->place != PAGE_NONE)
			build_str(out, ">");
		if (atom->ends_line)
			build_str(out, "$");
	}
}

static void show(const struct page_sheet *s, struct build *out)
{
	for (size_t b = 0; b < s->blocks_n; b++) {
		build_str(out, b ? "\n" : "");
		if (!s->block[b].flows_n)
			build_str(out, "=");
		for (size_t i = 0; i < s->block[b].flows_n; i++) {
			build_str(out, i ? ";" : "");
			show_flow(s, &s->block[b].flow[i], out);
		}
	}
	build_u8(out, 0);
}

static const struct {
	const char *why, *source, *want;
} texts[] = {
	{"a paragraph", "Two words.", "Two words."},
	{"line ends and spaces are spaces", "a\nb   c", "a b c"},
	{"two paragraphs", "a\n\nb", "a\nb"},
	{"a hard break", "a  \nb\\\nc<br>d", "a$b$c$d"},
	{"a heading", "# The *plan*\n\nText", "The^b plan^b^i\nText"},
	{"emphasis", "a *b* **c** ***d*** ~~e~~", "a b^i c^b d^b^i ~~e~~"},
	{"part of a word", "re*in*state", "re+in^i+state"},
	{"code", "a `b c`", "a b^m c^m"},
	{"spots to break",
	 "well-known and/or a\xe2\x80\x94"
	 "b",
	 "well-|known and/|or a|\xe2\x80\x94|b"},
	{"spaces that do not break", "10\xc2\xa0km 5\xe2\x80\xaf%", "10\xc2\xa0km 5\xe2\x80\xaf%"},
	{"hyphens for later", "hy\xc2\xadphen zero\xe2\x80\x8bwidth", "hyphen zero|width"},
	{"between characters", "\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2|\xe5\xad\x97"},
	{"a list", "- a\n- b\n  - c\n\n1) d\n2) e",
	 "(\xe2\x80\xa2) a\n(\xe2\x80\xa2) b\n(\xe2\x80\x93) c\n(1)) d\n(2)) e"},
	{"items of several blocks", "7. a\n\n   b\n8. c", "(7.) a\nb\n(8.) c"},
	{"tasks", "- [x] a\n- [ ] b", "(\xe2\x96\xa0) a\n(\xe2\x96\xa1) b"},
	{"an empty item", "-\n- a", "(\xe2\x80\xa2) \n(\xe2\x80\xa2) a"},
	{"an item in an item", "1. - a", "(1.) \n(\xe2\x80\xa2) a"},
	{"a quotation", "> a\n> b\n>\n> > c", "a b\nc"},
	{"a rule", "a\n\n***\n\nb", "a\n=\nb"},
	{"a block of code", "```\nif x\n\n\ty  z\n```",
	 "if^m x^m$$\xc2\xa0\xc2\xa0\xc2\xa0\xc2\xa0y^m \xc2\xa0z^m"},
	{"a table", "| a | b |\n|--|--|\n| c d | |", "a^b;b^b\nc d;"},
	{"links", "[a](http://x) http://y.org <http://z.org>", "a http://|y.org http://|z.org"},
	{"images", "![a *b*](x) ![](y)", "[a b^i+]_"},
	{"references", "&amp; &lt; &copy;", "& < \xc2\xa9"},
	{"a footnote", "a[^x] b\n\n[^x]: c", "a+1^r b\n=\n(1.) c"},
	{"HTML is left out", "a <b>c</b>\n\n<div>d</div>\n\ne", "a c\ne"},

	{"a place", "He {asked|begged} us.", "He_<0:asked/begged> us."},
	{"at the beginning", "{A|The} b", "<0:A/The> b"},
	{"glued", "({talk|debate}s), co-{operate|ordinate}.",
	 "(<0:talk/debate>s), co-<1:|operate/|ordinate>."},
	{"side by side", "{a|b}{c|d} {e|f}", "<0:a/b><1:c/d>_<2:e/f>"},
	{"words and spaces", "x {a |b c }d", "x_<0:a_/b c_>d"},
	{"in emphasis", "*{a|b} c*", "<0:a^i/b^i> c^i"},
	{"around emphasis", "*a*{b|c}*d*", "a^i<0:b/c>d^i"},
	{"emphasis in a wording", "{*very* good|good} x", "<0:very^i good/good> x"},
	{"marks of nothing in a wording", "{a * b|2*3} x", "<0:a * b/2*3> x"},
	{"blocks in a wording", "{# a|- b|1. c} x", "<0:# a/- b/1. c> x"},
	{"code and references in a wording", "{`a`|&amp;b|c\\*}", "<0:a^m/&b/c*>"},
	{"a line end in a wording", "{a\nb|c}", "<0:a b/c>"},
	{"white space at an edge, and emphasis", "{a |b }_c_ _d_{ e| f}",
	 "<0:a_/b_>c^i d^i<1: e/ f>"},
	{"white space at an edge in code", "`x{ a|b }{c |d}y`", "x^m<0: a^m/b^m_><1:c^m_/d^m>y^m"},
	{"in a heading", "## {a|b}", "<0:a^b/b^b>"},
	{"in a list", "- {a|b}\n- c", "(\xe2\x80\xa2) <0:a/b>\n(\xe2\x80\xa2) c"},
	{"in a cell", "| a |\n|--|\n| x {b\\|c|d} |", "a^b\nx_<0:b||c/d>"},
	{"in a code span", "`{*a*|b}`", "<0:*a*^m/b^m>"},
	{"in a block of code", "```\n  {a b|c}  d\n```",
	 "\xc2\xa0\xc2\xa0^m<0:a^m b^m/c^m> \xc2\xa0"
	 "d^m"},
	{"in a link", "[{a|b}](http://x/{c|d})", "<0:a/b>"},
	{"in an address that is shown", "http://x.org/{a|b} c", "http://|x.org/<0:|a/|b> c"},
	{"in HTML", "<i title='{a|b}'>x</i> <!-- {c|d} --> {e|f}", "x_<2:e/f>"},
	{"in a footnote", "a[^x] {b|c}\n\n[^x]: {d|e}\n\nf {g|h}",
	 "a+1^r_<0:b/c>\nf_<2:g/h>\n=\n(1.) <1:d/e>"},
	{"at a hard break", "{a|b}\\\nc", "<0:a/b>$c"},
	{"a hyphen at the edge", "{well-|un}known", "<0:well-/un>|known"},
	{"Cyrillic", "\xd0\xb4\xd0\xb0 {\xd0\xbc\xd0\xb8\xd1\x80|\xd1\x81\xd0\xb2\xd0\xb5\xd1\x82}",
	 "\xd0\xb4\xd0\xb0_<0:\xd0\xbc\xd0\xb8\xd1\x80/\xd1\x81\xd0\xb2\xd0\xb5\xd1\x82>"},
};

static void structure(void)
{
	struct build b = {0};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct arena a = {0};
		struct page_sheet s;
		build_reset(&b);
		if (plan(&a, texts[i].source, &s)) {
			show(&s, &b);
			CHECK(strcmp((const char *)b.ptr, texts[i].want) == 0, "%s: %s",
			      texts[i].why, (const char *)b.ptr);
		}
		arena_release(&a);
	}
	build_release(&b);
}

/* The j-th pieces of all wordings share a slot; a place has as many as its longest wording. */
static void slots(void)
{
	struct arena a = {0};
	struct page_sheet s;
	if (plan(&a, "One {two|two and three|a-b} four.\n\n{x|y z}", &s)) {
		const struct page_atom *first = s.block[0].flow[0].atom;
		const struct page_atom *last = s.block[1].flow[0].atom;
		CHECK(first[0].slot == 0 && first[1].slot == 1 && first[2].slot == 4, "%u %u %u",
		      first[0].slot, first[1].slot, first[2].slot);
		CHECK(last[0].slot == 5 && s.slots_n == 7, "%u of %u", last[0].slot, s.slots_n);
		CHECK(first[0].segment[0].piece[0].shape != first[1].segment[0].piece[0].shape &&
			      first[1].segment[0].piece[0].shape ==
				      first[1].segment[1].piece[0].shape,
		      "the same word has one shape");
	}
	arena_release(&a);
}

static const char sample[] =
	"# Heading\n\nText that is long enough for several lines of a page, because it goes on and "
	"on about nothing in particular until it has said so three times over.\n\n"
	"> Quotation\n\n- item\n  1. inner\n\n```\ncode\n```\n\n"
	"| a | b |\n|:--|--:|\n| c | d |\n\n## More\n";

static void form(void)
{
	struct arena a = {0};
	struct page_sheet s;
	if (plan(&a, sample, &s) && CHECK(s.blocks_n == 9, "%zu", s.blocks_n)) {
		const struct page_block *b = s.block;
		const struct page_flow *text = b[1].flow;
		int32_t end = s.width - s.right;
		CHECK(b[0].keep && !b[0].cut && b[0].flow->align == PAGE_LEFT && !b[0].before,
		      "a heading");
		CHECK(b[0].flow->leading > text->leading, "larger lines");
		CHECK(text->align == PAGE_JUSTIFIED && b[1].cut && text->marked, "a paragraph");
		CHECK(text->x == s.left && text->x + text->width == end, "as wide as the page");
		CHECK(text->leading == 11 * PAGE_PT * 13 / 10 &&
			      text->space == 11 * PAGE_PT * 28 / 100,
		      "%d %d", text->leading, text->space);
		CHECK(text->starts_n >= 1 && !s.starts_n, "the breaks of the unmarked layout");
		const struct page_flow *quote = b[2].flow, *item = b[3].flow, *inner = b[4].flow;
		CHECK(quote->x > s.left && quote->x + quote->width < end, "both sides");
		CHECK(item->x > s.left && item->x + item->width == end && item->marker_x > s.left &&
			      item->marker_x + s.shape[item->marker].advance < item->x,
		      "a hanging marker");
		CHECK(inner->x > item->x && inner->marker_x >= item->x, "deeper");
		CHECK(b[4].before < b[3].before, "tight");
		CHECK(!b[5].flow->marked && b[5].flow->align == PAGE_LEFT, "code is not moved");
		CHECK(b[6].keep && b[6].above.w && b[6].below.w && !b[7].cut && b[7].below.w &&
			      !b[7].above.w && b[7].flows_n == 2,
		      "a table");
		CHECK(b[7].flow[0].align == PAGE_LEFT && b[7].flow[1].align == PAGE_RIGHT &&
			      b[6].flow[1].x == b[7].flow[1].x &&
			      b[7].flow[0].x + b[7].flow[0].width < b[7].flow[1].x,
		      "columns");
	}
	arena_release(&a);
}

static void options(void)
{
	struct arena a = {0};
	struct page_sheet s;
	struct page_options o = usual;
	o.paper = PAGE_LETTER;
	o.ragged = true;
	o.font = "sans";
	o.size = 10 * PAGE_PT;
	CHECK(!sr_bad(plan_with(&a, slice_str(sample), &o, &s)), "plans");
	CHECK(s.width == 612 * PAGE_PT && s.height == 792 * PAGE_PT, "Letter");
	CHECK(s.block[1].flow->align == PAGE_LEFT && s.block[1].flow->leading == 13 * PAGE_PT,
	      "ragged, 10 pt");
	CHECK(font_has(&s, s.block[1].flow->atom->segment->piece->shape, "Liberation Sans 10"),
	      "sans");
	o.plain = true;
	struct build b = {0};
	CHECK(!sr_bad(plan_with(&a, SLICE_LIT("# a *b*\n{c*|d*}\n \n\n&amp; x"), &o, &s)), "plans");
	show(&s, &b);
	CHECK(strcmp((const char *)b.ptr, "# a *b*_<0:c*/d*>_\n&amp; x") == 0, "plain: %s",
	      (const char *)b.ptr);
	build_release(&b);
	arena_release(&a);
}

static void refusals(void)
{
	struct arena a = {0};
	struct page_sheet s;
	struct page_options o = usual;
	o.font = "No Such Family";
	CHECK(plan_with(&a, SLICE_LIT("a"), &o, &s).code == SR_E_INPUT && heard.errors == 1 &&
		      strstr(heard.text, "No Such Family"),
	      "a family that is not installed");
	CHECK(plan_with(&a, SLICE_LIT(""), &usual, &s).code == SR_E_INPUT && heard.errors == 1,
	      "an empty paper");
	CHECK(plan_with(&a, SLICE_LIT("<!-- {a|b} -->\n\n[x]: y\n"), &usual, &s).code == SR_E_INPUT,
	      "a paper that prints nothing");
	struct build b = {0};
	struct slice wide;
	for (unsigned row = 0; row < 2; row++) {
		for (unsigned i = 0; i < 60; i++)
			build_str(&b, row ? "|--" : "|a");
		build_str(&b, "|\n");
	}
	CHECK(!sr_bad(build_done(&b, &wide)) &&
		      plan_with(&a, wide, &usual, &s).code == SR_E_INPUT && heard.errors == 1 &&
		      strstr(heard.text, "60 columns"),
	      "a table of 60 columns");
	build_release(&b);
	arena_release(&a);
}

/* The title is what is read, not what was written; of a text without Markdown it is both. */
static void titles(void)
{
	static const struct {
		const char *written, *read, *plain;
	} row[] = {
		{"The *northern* corridor", "The northern corridor", "The *northern* corridor"},
		{"Of `code` and [links](http://x.org)", "Of code and links",
		 "Of `code` and [links](http://x.org)"},
		{"R\\&D &amp; more", "R&D & more", "R\\&D &amp; more"},
		{"1. First", "1. First", "1. First"},
		{"snake_case_name", "snake_case_name", "snake_case_name"},
		{"", "", ""},
	};
	for (size_t i = 0; i < 2 * (sizeof row / sizeof row[0]); i++) {
		struct arena a = {0};
		struct page_sheet s;
		struct page_options o = usual;
		o.plain = i % 2;
		o.title = slice_str(row[i / 2].written);
		const char *wanted = o.plain ? row[i / 2].plain : row[i / 2].read;
		if (CHECK(!sr_bad(plan_with(&a, SLICE_LIT("Text."), &o, &s)), "plans"))
			CHECK(slice_eq(s.title, slice_str(wanted)), "%.*s", (int)s.title.len,
			      (const char *)s.title.ptr);
		arena_release(&a);
	}
}

/* A paper of one slot more than pages hold. */
static void too_long(void)
{
	struct arena a = {0};
	struct build b = {0};
	struct slice source;
	struct page_sheet s;
	for (size_t i = 0; i <= PAGE_SLOTS_MAX; i++)
		build_str(&b, i % 500 ? "a " : "\n\na ");
	if (CHECK(!sr_bad(build_done(&b, &source)), "builds")) {
		struct sr_err e = plan_with(&a, source, &usual, &s);
		CHECK(e.code == SR_E_LIMIT && strstr(e.what, "100,000 words") &&
			      strstr(e.what, "in parts"),
		      "%s", e.what);
	}
	build_release(&b);
	arena_release(&a);
}

/* A word that no column can hold takes no room from the words of other columns. */
static void words_of_columns(void)
{
	static const char table[] =
		"| a | b | c | d |\n|--|--|--|--|\n"
		"| negotiations | wording | https://example.org/%s | considerations |\n";
	struct arena a = {0};
	struct page_sheet s;
	char long_word[400], source[600];
	memset(long_word, 'w', sizeof long_word - 1);
	long_word[sizeof long_word - 1] = 0;
	(void)snprintf(source, sizeof source, table, long_word);
	if (plan(&a, source, &s)) {
		const struct page_flow *f = s.block[1].flow;
		for (size_t i = 0; i < 4; i++) {
			size_t pieces = 0;
			for (size_t k = 0; k < f[i].atoms_n; k++)
				pieces += f[i].atom[k].segment->pieces_n;
			CHECK(i == 2 ? pieces > 3 : pieces == 1, "column %zu: %zu pieces", i,
			      pieces);
		}
		CHECK(f[3].x + f[3].width <= s.width - s.right, "all columns fit");
	}
	arena_release(&a);
}

static void notes(void)
{
	struct arena a = {0};
	struct page_sheet s;
	if (plan(&a, "a \xf4\x8f\xbf\xbd b", &s))
		CHECK(heard.warnings == 1 && strstr(heard.text, "U+10FFFD"), "%s", heard.text);
	if (plan(&a, "<p>a</p>\n\n<i>b</i> c", &s))
		CHECK(heard.warnings == 1 && strstr(heard.text, "HTML"), "%s", heard.text);
	if (plan(&a, "![a](b.png) c", &s))
		CHECK(heard.warnings == 1 && strstr(heard.text, "pictures"), "%s", heard.text);
	if (plan(&a, "b <!-- a -->", &s))
		CHECK(!heard.warnings, "%s", heard.text);
	arena_release(&a);
}

#define SIGN "\xee\x80\x90"
#define ZERO "\xee\x80\x80"

/* drop_joints takes + away: whether a font has these signs differs from machine to machine. */
static char *drop_joints(struct build *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->len; i++)
		if (b->ptr[i] != '+')
			b->ptr[n++] = b->ptr[i];
	return (char *)b->ptr;
}

/* The signs that places are replaced by may stand in the paper themselves. */
static void private_use(void)
{
	static const struct {
		const char *why, *source, *want;
	} row[] = {
		{"the sign", "a" SIGN "b {c|d}", "a" SIGN "b_<0:c/d>"},
		{"a whole token", SIGN ZERO ZERO ZERO ZERO ZERO " {c|d}",
		 SIGN ZERO ZERO ZERO ZERO ZERO "_<0:c/d>"},
		{"in a wording", "{" SIGN "x|*" SIGN "* c" SIGN "} y",
		 "<0:" SIGN "x/" SIGN " c" SIGN "> y"},
		{"in code", "`" SIGN "{a|b}`", SIGN "<0:a^m/b^m>"},
		{"at the end", "{a|b}" SIGN, "<0:a/b>" SIGN},
		{"by reference", "&#xe010; {a|b}", SIGN "_<0:a/b>"},
	};
	struct build b = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct page_sheet s;
		build_reset(&b);
		if (plan(&a, row[i].source, &s)) {
			show(&s, &b);
			CHECK(strcmp(drop_joints(&b), row[i].want) == 0, "%s: %s", row[i].why,
			      (const char *)b.ptr);
		}
		arena_release(&a);
	}
	build_release(&b);
}

static const char hebrew[] =
	"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d {\xd7\xa2\xd7\x95\xd7\x9c\xd7\x9d|x} 123";

static void directions(void)
{
	struct arena a = {0};
	struct page_sheet s;
	if (plan(&a, hebrew, &s)) {
		const struct page_flow *f = s.block[0].flow;
		const struct page_shape *first = &s.shape[f->atom[0].segment[0].piece[0].shape];
		CHECK(f->rtl && first->backward && first->clusters_n == 4, "from right to left");
		CHECK(!s.shape[f->atom[1].segment[1].piece[0].shape].backward, "a Latin wording");
		CHECK(!s.shape[f->atom[2].segment[0].piece[0].shape].backward, "digits");
	}
	if (plan(&a, "a \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", &s)) {
		const struct page_flow *f = s.block[0].flow;
		CHECK(!f->rtl && s.shape[f->atom[0].segment[0].piece[1].shape].backward, "mixed");
	}
	arena_release(&a);
}

#define SHIN "\xd7\xa9"

/* Lists and tables from right to left: the sign stands at the left of its number, the first column
 * at the right. */
static void directions_of_frames(void)
{
	static const struct {
		const char *paper, *marker;
	} row[] = {{"12. " SHIN, ".12"}, {"3) " SHIN, "(3"}, {"- " SHIN, "\xe2\x80\xa2"},
		   {"12. a", "12."},     {"3) a", "3)"},     {SHIN "[^1]\n\n[^1]: " SHIN, ".1"}};
	struct arena a = {0};
	struct page_sheet s;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		if (!plan(&a, row[i].paper, &s))
			continue;
		const struct page_flow *f = s.block[s.blocks_n - 1].flow;
		struct slice got = s.shape[f->marker].text;
		CHECK(slice_eq(got, slice_str(row[i].marker)), "%s: %.*s", row[i].marker,
		      (int)got.len, (const char *)got.ptr);
		CHECK(f->rtl == (f->marker_x > f->x), "%s: at its side", row[i].marker);
	}
	if (plan(&a, "- |   | " SHIN " | b |\n  |---|---|:--|\n  | a | 1 | c |\n", &s)) {
		const struct page_block *b = &s.block[s.blocks_n - 2];
		const struct page_flow *f = b->flow;
		CHECK(f[2].x + f[2].width < f[1].x && f[1].x + f[1].width < f[0].x, "columns");
		CHECK(f[0].x + f[0].width == b->above.x + b->above.w && f[2].x == b->above.x,
		      "as wide as the rule");
		CHECK(f[0].x + f[0].width < s.width - s.right, "indented at the right");
		CHECK(b[1].flow[1].align == PAGE_RIGHT && b[1].flow[2].align == PAGE_LEFT,
		      "a number's side, unless the author chose it");
	}
	arena_release(&a);
}

static void long_words(void)
{
	struct arena a = {0};
	struct build b = {0};
	struct slice source;
	struct page_sheet s;
	build_str(&b, "See http://example.org/");
	for (int i = 0; i < 40; i++)
		build_str(&b, "folder/");
	build_str(&b, " and {");
	for (int i = 0; i < 150; i++)
		build_str(&b, "m");
	build_str(&b, "|x}.\n\n12.500,00 e.g.\n\n");
	for (int i = 0; i < 9000; i++)
		build_str(&b, i % 2 ? "w" : "[");
	CHECK(!sr_bad(build_done(&b, &source)), "built");
	if (CHECK(!sr_bad(plan_with(&a, source, &usual, &s)), "plans")) {
		const struct page_flow *f = s.block[0].flow;
		const struct page_segment *fixed = f->atom[0].segment, *place = f->atom[1].segment;
		CHECK(fixed->pieces_n > 40 && fixed->piece[2].gap == PAGE_GAP_BREAK &&
			      slice_eq(s.shape[fixed->piece[3].shape].text, SLICE_LIT("folder/")),
		      "%zu", fixed->pieces_n);
		CHECK(place->pieces_n > 10 && place->piece[1].gap == PAGE_GAP_BREAK, "%zu",
		      place->pieces_n);
		CHECK(s.block[1].flow->atom->segment->pieces_n == 2, "short words are whole");
		struct page_laid laid;
		CHECK(!sr_bad(page_lay_copy(&a, &s, NULL, &laid)), "lays out");
		for (size_t i = 0; i < laid.words_n; i++)
			CHECK(laid.word[i].x + laid.word[i].advance <= f->x + f->width, "word %zu",
			      i);
	}
	build_release(&b);
	arena_release(&a);
}

/* What a sheet says about its fonts finds the very files again. */
static void fonts(void)
{
	struct arena a = {0};
	struct page_sheet s;
	PangoContext *context = page_font_context();
	if (plan(&a, sample, &s)) {
		for (size_t i = 0; i < s.fonts_n; i++) {
			char text[256];
			uint8_t digest[CRYPTO_HASH_LEN] = {0};
			uint32_t face = 99;
			(void)snprintf(text, sizeof text, "%.*s", (int)s.font[i].description.len,
				       (const char *)s.font[i].description.ptr);
			PangoFontDescription *d = pango_font_description_from_string(text);
			PangoFont *font = pango_context_load_font(context, d);
			CHECK(font && !sr_bad(page_font_file(font, digest, &face)) &&
				      face == s.font[i].face &&
				      memcmp(digest, s.font[i].file, sizeof digest) == 0,
			      "%s", text);
			if (font)
				g_object_unref(font);
			pango_font_description_free(d);
		}
		CHECK(s.fonts_n >= 5, "%zu", s.fonts_n);
	}
	g_object_unref(context);
	arena_release(&a);
}

/* A shape's ink is where its outlines are, and glyphs advance by unrounded widths. */
static void outlines(void)
{
	struct arena a = {0};
	struct page_sheet s;
	if (plan(&a, "Hl", &s)) {
		const struct page_shape *h = &s.shape[s.block[0].flow->atom->segment->piece->shape];
		/* Liberation Serif, of 2,048 units to the em: H is 1,479 wide, l 569. */
		CHECK(abs(h->advance - (1479 + 569) * 11 * PAGE_PT / 2048) <= 2, "%d", h->advance);
		CHECK(abs(h->glyph[1].x - 1479 * 11 * PAGE_PT / 2048) <= 1, "%d", h->glyph[1].x);
		CHECK(h->ink.x > 0 && h->ink.x + h->ink.w < h->advance && h->ink.y < -6 * PAGE_PT &&
			      abs(h->ink.y + h->ink.h) <= 1,
		      "ink %d %d %d %d", h->ink.x, h->ink.y, h->ink.w, h->ink.h);
	}
	arena_release(&a);
}

static double now(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* All papers of the tree, and one of many words. */
static void papers(void)
{
	for (size_t i = 0; i < PAPERS_N; i++) {
		struct arena a = {0};
		struct page_sheet s;
		struct page_laid laid;
		struct slice source = papers_file(&a, papers_paths[i]);
		if (plan(&a, (const char *)source.ptr, &s) &&
		    CHECK(!sr_bad(page_lay_copy(&a, &s, NULL, &laid)), "lays out"))
			CHECK(laid.pages_n == s.starts_n + 1 && laid.words_n > 0, "%u pages",
			      laid.pages_n);
		arena_release(&a);
	}
	struct arena a = {0};
	struct build b = {0};
	struct slice many;
	struct page_sheet s;
	uint64_t seed = 5;
	for (int i = 0; i < 5000; i++)
		build_fmt(&b, i % 97 ? "word%x%s " : "%x.\n\n%s",
			  (unsigned)(test_random(&seed) % 3000), i % 9 ? "" : " {this|that} one");
	CHECK(!sr_bad(build_done(&b, &many)), "built");
	double begin = now();
	CHECK(!sr_bad(plan_with(&a, many, &usual, &s)), "plans");
	printf("# 5,000 words of 3,000 kinds (seed 5), %u slots, %zu shapes: %.2f s\n", s.slots_n,
	       s.shapes_n, now() - begin);
	build_release(&b);
	arena_release(&a);
}

/* put_random writes a paper of random bits of Markdown and text. */
static void put_random(struct build *b, uint64_t *seed)
{
	static const char *const bit[] = {
		"# ",
		"\n\n",
		"\n",
		"- ",
		"1. ",
		"> ",
		"```\n",
		"`",
		"*",
		"**",
		"_",
		"{a|b}",
		"{a b|*c* d|e}",
		"{x |y}",
		"|",
		"|--|:-:|\n",
		"[",
		"](u)",
		"![",
		"<br>",
		"<i>",
		"<!-- c -->",
		"&amp;",
		"\\\n",
		"  \n",
		"http://a.b/c",
		"[^1]",
		"[^1]: ",
		"word",
		"two words ",
		"\xd7\xa9\xd7\x9c ",
		"\xd0\xbc\xd0\xb8 ",
		"\xe6\xbc\xa2\xe5\xad\x97",
		"\xc2\xa0",
		"\xc2\xad",
		"\xe2\x80\x8b",
		SIGN,
		ZERO,
		"    ",
		"\t",
		"~~",
		"- [x] ",
		"***\n",
		"===\n",
		"e\xcc\x81",
		"123",
		"(",
		"-",
		"/",
		"awordthatisverylongandgoesonandonandonandonandonandonandonandon"};
	for (uint64_t n = 1 + test_random(seed) % 60; n; n--)
		build_str(b, bit[test_random(seed) % (sizeof bit / sizeof *bit)]);
}

/* check_random plans the paper; its words stand within the margins, with any wordings. */
static void check_random(const char *source, uint64_t *seed, const struct page_options *o)
{
	struct arena a = {0};
	struct build b = {0};
	struct slice bytes;
	struct text_lattice l;
	struct page_sheet s, back;
	struct page_laid laid;
	papers_lattice(&a, slice_str(source), &l);
	struct sr_err e = page_plan_make(&a, &l, o, NULL, &s);
	if (!sr_bad(e)) {
		page_sheet_write(&s, &b);
		e = build_done(&b, &bytes);
		CHECK(!sr_bad(e) && !sr_bad(page_sheet_read(&a, bytes, &back)), "reads: %s",
		      source);
		e = page_lay_copy(&a, &s, papers_random(&a, &l, seed), &laid);
		CHECK(!sr_bad(e), "lays out: %s", source);
		for (size_t i = 0; !sr_bad(e) && i < laid.words_n; i++)
			CHECK(laid.word[i].x >= s.left &&
				      laid.word[i].x + laid.word[i].advance <= s.width - s.right,
			      "word %zu of %s", i, source);
	} else {
		CHECK(e.code == SR_E_INPUT && strcmp(e.what, "nothing to print") == 0, "%s: %s",
		      e.what, source);
	}
	build_release(&b);
	arena_release(&a);
}

static void random_papers(void)
{
	struct build b = {0};
	uint64_t seed = 11;
	printf("# seed 11\n");
	for (int i = 0; i < 150; i++) {
		struct page_options o = usual;
		struct slice source;
		o.plain = i % 7 == 0;
		o.ragged = i % 3 == 0;
		o.size = i % 5 ? 0 : 20 * PAGE_PT;
		o.paper = i % 2 ? PAGE_A4 : PAGE_LETTER;
		build_reset(&b);
		put_random(&b, &seed);
		build_u8(&b, 0);
		if (CHECK(!sr_bad(build_done(&b, &source)), "built"))
			check_random((const char *)source.ptr, &seed, &o);
	}
	build_release(&b);
}

static void no_memory(void)
{
	for (size_t n = 1;; n += n < 40 ? 1 : 7) {
		struct arena a = {0}, scratch = {0};
		struct text_lattice l;
		struct page_sheet s = {.places_n = 77};
		papers_lattice(&scratch, SLICE_LIT("# A\n\n- *b* {c `d`|e}\n\n| f |\n|--|\n| g |"),
			       &l);
		test_alloc_fail_at(n);
		struct sr_err e = page_plan_make(&a, &l, &usual, NULL, &s);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		arena_release(&a);
		arena_release(&scratch);
		if (!failed) {
			CHECK(!sr_bad(e), "without a failure");
			break;
		}
		CHECK(e.code == SR_E_NOMEM && s.places_n == 77, "allocation %zu: %d", n, e.code);
	}
}

/* A sheet of other places would be asked for wordings that there are not. */
static void sheets_of_papers(void)
{
	static const char *const source[] = {
		"The {good|fine} day.\n",
		"The {good|fine|bad} day.\n",
		"The {good|fine} and {big|large} day.\n",
		"The day.\n",
		"| a {x|y} | b |\n|---|---|\n| `c {m|n}` | d |\n\n<!-- {p|q} -->\n",
	};
	enum { SOURCES = sizeof source / sizeof *source };
	struct arena a = {0};
	struct text_lattice l[SOURCES];
	struct page_sheet s[SOURCES];
	for (size_t i = 0; i < SOURCES; i++) {
		papers_lattice(&a, slice_str(source[i]), &l[i]);
		CHECK(plan(&a, source[i], &s[i]), "%s", source[i]);
	}
	for (size_t i = 0; i < SOURCES; i++)
		for (size_t k = 0; k < SOURCES; k++)
			CHECK(page_plan_fits(&s[i], &l[k]) == (i == k), "%s: %s", source[i],
			      source[k]);
	arena_release(&a);
}

int main(void)
{
	test_run("a sheet fits its own paper only", sheets_of_papers);
	test_run("blocks, pieces and places", structure);
	test_run("slots are shared by wordings", slots);
	test_run("the form of blocks", form);
	test_run("options", options);
	test_run("what cannot be planned is refused", refusals);
	test_run("what a person should know is noted", notes);
	test_run("titles", titles);
	test_run("a paper that is too long", too_long);
	test_run("words of columns stay whole", words_of_columns);
	test_run("private-use characters in the paper", private_use);
	test_run("from right to left", directions);
	test_run("lists and tables from right to left", directions_of_frames);
	test_run("long words", long_words);
	test_run("fonts are found again", fonts);
	test_run("outlines and advances", outlines);
	test_run("whole papers", papers);
	test_run("random papers give sheets, and pages within their margins", random_papers);
	test_run("no memory", no_memory);
	return test_done();
}
