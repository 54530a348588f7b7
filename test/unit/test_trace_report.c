/* SPDX-License-Identifier: Apache-2.0 */
/* The internal report: nothing foreign gets out of its place, whoever wrote it; it says what the
 * verdict says and not more; it stays small, whatever the leak and the ledger. A page is read with
 * an XML parser of its own, which is stricter than any browser. */
#include "mark_words.h"
#include "papers.h"
#include "trace_web.h"
#include "trace_report.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <math.h>

enum { FEW = 24 };

/* A paper with its readers, and the names that go with a trace. All memory is in a. */
struct world {
	struct arena a;
	struct text_lattice lattice;
	struct code_bias *bias;
	uint8_t hash[CRYPTO_HASH_LEN];
	struct crypto_key seed;
	struct trace_reader *readers;
	size_t readers_n;
	struct slice title, leak_name, public_name, ledger_name;
	double level;
	int64_t leaked_by;
};

static void must(struct sr_err e)
{
	if (CHECK(!sr_bad(e), "%s", e.what ? e.what : ""))
		return;
	exit(EXIT_FAILURE);
}

static void make_readers(struct world *w, size_t n)
{
	static const char *const houses[] = {"Board", "Press", "Legal", "Deals"};
	w->readers = ARENA_ARRAY(&w->a, n, struct trace_reader);
	w->readers_n = n;
	for (size_t i = 0; i < n; i++) {
		char name[64];
		(void)snprintf(name, sizeof name, "Reader Number %zu", i);
		struct slice all = slice_make(arena_dup(&w->a, name, strlen(name)), strlen(name));
		w->readers[i] = (struct trace_reader){.id = slice_sub(all, 7, all.len - 7),
						      .name = all,
						      .house = slice_str(houses[i % 4]),
						      .side = slice_str(i % 2 ? "east" : "west"),
						      .committed_at = (int64_t)i};
	}
}

static void open_world(struct world *w, struct slice source, size_t readers_n)
{
	static const uint8_t seed[CRYPTO_KEY_LEN] = {4, 7};
	struct build bytes = {0};
	struct slice lattice;
	*w = (struct world){.title = SLICE_LIT("The Title"),
			    .leak_name = SLICE_LIT("article.html"),
			    .public_name = SLICE_LIT("release.md"),
			    .ledger_name = SLICE_LIT("paper.ledger"),
			    .level = 1e-6,
			    .leaked_by = INT64_MAX};
	papers_lattice(&w->a, slice_make(arena_dup(&w->a, source.ptr, source.len), source.len),
		       &w->lattice);
	text_lattice_write(&w->lattice, &bytes);
	must(build_done(&bytes, &lattice));
	crypto_digest(&lattice, 1, w->hash);
	build_release(&bytes);
	uint32_t *q = ARENA_ARRAY(&w->a, w->lattice.places_n, uint32_t);
	w->bias = ARENA_ARRAY(&w->a, w->lattice.places_n, struct code_bias);
	text_lattice_sizes(&w->lattice, q);
	const struct code_design even = {NULL, NULL, CODE_COLLUSION_DEFAULT};
	must(code_design_biases(&w->a, &even, CODE_LAYER_WORDS, q, w->lattice.places_n, w->bias));
	text_lattice_share(&w->lattice, w->bias, sizeof *w->bias);
	must(crypto_key_copy(&w->seed, slice_make(seed, sizeof seed)));
	make_readers(w, readers_n);
}

static void open_file(struct world *w, const char *path, size_t readers_n)
{
	struct arena a = {0};
	open_world(w, papers_file(&a, path), readers_n);
	arena_release(&a);
}

static void close_world(struct world *w)
{
	crypto_key_release(&w->seed);
	arena_release(&w->a);
}

static struct slice copy_of(struct world *w, size_t reader)
{
	struct code_stream s = {&w->seed, CRYPTO_LABEL_SYMBOLS_WORDS, w->hash};
	uint16_t *x = ARENA_ARRAY(&w->a, w->lattice.places_n, uint16_t);
	must(code_symbols_all(&s, w->readers[reader].id, w->bias, w->lattice.places_n, x));
	text_lattice_share(&w->lattice, x, sizeof *x);
	return papers_copy(&w->a, &w->lattice, x);
}

/* A trace of one leak, as the callers of trace_report_write make it. */
struct traced {
	struct text_tokens leaks[4], public_text;
	struct trace_evidence evidence;
	struct trace_verdict verdict;
	struct trace_report report;
};

static struct sr_err try_trace(struct world *w, const struct slice *leaks, size_t n,
			       const struct slice *public_text, struct traced *t)
{
	static struct slice names[4];
	struct code_design d = {&w->seed, w->hash, CODE_COLLUSION_DEFAULT};
	struct trace_question q = {w->readers,   w->readers_n, w->readers_n,
				   w->leaked_by, w->level,     false};
	for (size_t i = 0; i < n; i++) {
		names[i] = w->leak_name;
		SR_TRY(text_tokens_make(&w->a, leaks[i], &t->leaks[i]));
	}
	if (public_text)
		SR_TRY(text_tokens_make(&w->a, *public_text, &t->public_text));
	SR_TRY(trace_evidence_find(&w->a, w->title, &w->lattice, t->leaks, n, &t->public_text,
				   public_text ? 1 : 0, &t->evidence));
	SR_TRY(trace_judge(&w->a, &t->evidence, &d, &q, &t->verdict));
	t->verdict.papers_n = 1;
	t->report = (struct trace_report){.verdicts = &t->verdict,
					  .verdicts_n = 1,
					  .tokens = t->leaks,
					  .texts = leaks,
					  .leak_names = names,
					  .leaks_n = n,
					  .public_names = &w->public_name,
					  .publics_n = public_text ? 1 : 0,
					  .ledger_names = &w->ledger_name,
					  .ledgers_n = 1,
					  .leaked_by = w->leaked_by};
	return sr_ok();
}

/* page_of traces and writes; a NUL stands behind the page, which len does not count. */
static const char *page_of(struct world *w, const struct slice *leaks, size_t n,
			   const struct slice *public_text, struct traced *t, struct build *page)
{
	must(try_trace(w, leaks, n, public_text, t));
	build_reset(page);
	must(trace_report_write(&t->report, page));
	build_u8(page, 0);
	page->len--;
	return (const char *)page->ptr;
}

static size_t count_of(const char *page, const char *what)
{
	size_t n = 0;
	for (const char *at = page; (at = strstr(at, what)) != NULL; at += strlen(what))
		n++;
	return n;
}

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* check_attributes: known ones only, so none that runs or fetches anything; links stay inside. */
static void check_attributes(const char *why, const xmlNode *node)
{
	static const char *const known[] = {"lang",
					    "charset",
					    "http-equiv",
					    "content",
					    "name",
					    "class",
					    "id",
					    "aria-labelledby",
					    "aria-label",
					    "href",
					    "role",
					    "tabindex",
					    "scope",
					    "colspan",
					    "viewBox",
					    "x",
					    "y",
					    "x1",
					    "x2",
					    "y1",
					    "y2",
					    "cx",
					    "cy",
					    "r",
					    "d",
					    "width",
					    "height",
					    "text-anchor",
					    "stroke-width",
					    NULL};
	for (const xmlAttr *at = node->properties; at; at = at->next) {
		const char *name = (const char *)at->name;
		CHECK(is_one_of(name, known), "%s: attribute %s of %s", why, name,
		      (const char *)node->name);
		const char *value = at->children ? (const char *)at->children->content : "";
		CHECK(strcmp(name, "href") != 0 || value[0] == '#', "%s: a link to %s", why, value);
	}
}

static void check_elements(const char *why, const xmlNode *node)
{
	static const char *const known[] = {
		"html",  "head",  "meta",       "title",   "style",      "body",  "header",
		"main",  "nav",   "footer",     "section", "h1",         "h2",    "h3",
		"h4",    "p",     "ul",         "ol",      "li",         "dl",    "dt",
		"dd",    "div",   "span",       "strong",  "em",         "sup",   "bdi",
		"mark",  "a",     "blockquote", "figure",  "figcaption", "table", "caption",
		"thead", "tbody", "tr",         "th",      "td",         "svg",   "desc",
		"line",  "text",  "path",       "circle",  "rect",       NULL};
	for (; node; node = node->next) {
		if (node->type == XML_TEXT_NODE)
			continue;
		if (!CHECK(node->type == XML_ELEMENT_NODE, "%s: a node of type %d", why,
			   (int)node->type))
			continue;
		CHECK(is_one_of((const char *)node->name, known), "%s: element %s", why,
		      (const char *)node->name);
		check_attributes(why, node);
		check_elements(why, node->children);
	}
}

/* check_ids: no id stands twice, and what refers to one finds it. */
static void check_ids(const char *why, const char *page)
{
	for (const char *at = page; (at = strstr(at, " id=\"")) != NULL; at++) {
		char id[128];
		(void)snprintf(id, sizeof id, "%.*s", (int)strcspn(at + 5, "\"") + 6, at);
		CHECK(count_of(page, id) == 1, "%s:%s stands twice", why, id);
	}
	static const char refer[] = " aria-labelledby=\"";
	for (const char *at = page; (at = strstr(at, refer)) != NULL;) {
		at += strlen(refer);
		while (*at && *at != '"') {
			char id[128];
			size_t len = strcspn(at, " \"");
			(void)snprintf(id, sizeof id, " id=\"%.*s\"", (int)len, at);
			CHECK(count_of(page, id) == 1, "%s: nothing has%s", why, id);
			at += len + (at[len] == ' ');
		}
	}
}

/* check_page is what holds of every page. */
static void check_page(const char *why, const struct build *page)
{
	const char *text = (const char *)page->ptr;
	CHECK(strlen(text) == page->len, "%s: a NUL", why);
	xmlDoc *doc = xmlReadMemory(text, (int)page->len, "page", NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
					    XML_PARSE_HUGE);
	const xmlError *error = xmlGetLastError();
	if (CHECK(doc, "%s: line %d: %s", why, error ? error->line : 0,
		  error ? error->message : ""))
		check_elements(why, xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	check_ids(why, text);
	CHECK(strstr(text, "content=\"default-src &#39;none&#39;; style-src"), "%s: policy", why);
	CHECK(count_of(text, "Do not pass on</p>") == 2, "%s: the stamp", why);
	/* One style sheet, the page's own, which fetches nothing. */
	CHECK(count_of(text, "<style") == 1 && !strstr(text, "url(") && !strstr(text, "@import"),
	      "%s: style", why);
	for (const char *c = text; *c; c++) {
		unsigned char b = (unsigned char)*c;
		CHECK(b >= 0x20 || b == '\n', "%s: a control character", why);
	}
	/* U+202A to U+202E, U+2066 to U+2069. */
	CHECK(!strstr(text, "\xe2\x80\xaa") && !strstr(text, "\xe2\x80\xae") &&
		      !strstr(text, "\xe2\x81\xa6") && !strstr(text, "\xe2\x80\x8f"),
	      "%s: the writing direction", why);
}

static const char paper_source[] =
	"The northern delegation {asked for|requested|demanded} a second meeting before the "
	"{end|close} of the autumn session.\n\nBoth ministers {agreed|consented} in writing that "
	"the harbour {commission|committee} would publish its report in March.\n\nNobody from the "
	"old {company|firm|business} has ever {visited|inspected} the eastern valley without a "
	"permit.\n";

struct hostile {
	const char *why, *text;
};
static const struct hostile hostiles[] = {
	{"markup", "<script>alert(1)</script><img src=x onerror=alert(1)>"},
	{"an end of the style", "</style></title></textarea><script>x</script>"},
	{"an end of the attribute", "\"' onmouseover=\"alert(1)\" x='"},
	{"entities", "&lt;script&gt; &#60; &amp &nope; &#0;"},
	{"a comment, CDATA, a processing instruction", "<!-- --><![CDATA[ ]]> ]]> <?xml version?>"},
	{"the writing direction", "Eve\xe2\x80\xae gnp\xe2\x81\xa6 \xe2\x80\x8f\xd8\x9c"},
	{"bytes that are not UTF-8", "Eve\xff\xfe\xc3\x28\xe2\x82\xed\xa0\x80\xf8\x88\x80"},
	{"half a character at the end", "Eve\xe2\x82"},
	{"control characters", "a\x01\x1b[2J\x7f\xc2\x9b\r\n\tz"},
	{"what XML forbids", "a\xef\xbf\xbe\xef\xbf\xbf\xef\xbb\xbfz"},
	{"template signs", "{{x}} ${x} %s %n <%= x %>"},
	{"nothing", ""},
};
enum { HOSTILES = sizeof hostiles / sizeof *hostiles };

static void set_all(struct world *w, struct slice foreign)
{
	w->title = w->leak_name = w->public_name = w->ledger_name = foreign;
	for (size_t i = 0; i < w->readers_n; i++)
		w->readers[i].name = w->readers[i].house = w->readers[i].side = foreign;
}

/* Whatever names, titles and files are called, named or not. */
static void hostile_names(void)
{
	for (size_t i = 0; i < HOSTILES; i++) {
		for (size_t named = 0; named < 2; named++) {
			struct world w;
			struct traced t = {0};
			struct build page = {0};
			open_file(&w, "test/corpus/papers/p1.md", FEW);
			struct slice leaks[2] = {copy_of(&w, 3), SLICE_LIT("Soup with leeks.")};
			leaks[0].len = named ? leaks[0].len : 700;
			struct slice release = slice_sub(leaks[0], 0, 300);
			set_all(&w, slice_str(hostiles[i].text));
			(void)page_of(&w, leaks, 2, &release, &t, &page);
			CHECK(t.verdict.named_n == named, "%s: %zu named", hostiles[i].why,
			      t.verdict.named_n);
			check_page(hostiles[i].why, &page);
			build_release(&page);
			close_world(&w);
		}
	}
}

/* Whatever stands in the leak: before, inside and behind what it quotes. */
static void hostile_leaks(void)
{
	static const char *const around[] = {
		"%s The northern delegation requested a second meeting before the end of the "
		"autumn session. Both ministers",
		"The northern delegation requested a second %s meeting before the end of the "
		"autumn session.",
		"The northern delegation %s a second meeting before the end of the autumn session.",
		"The northern delegation requested a second meeting before the end of the autumn "
		"session. %s"};
	for (size_t i = 0; i < HOSTILES; i++) {
		for (size_t k = 0; k < sizeof around / sizeof *around; k++) {
			struct world w;
			struct traced t = {0};
			struct build page = {0}, leak = {0};
			const char *gap = strstr(around[k], "%s");
			open_world(&w, SLICE_LIT(paper_source), 3);
			build_bytes(&leak, around[k], (size_t)(gap - around[k]));
			build_str(&leak, hostiles[i].text);
			build_str(&leak, gap + 2);
			struct slice text = slice_make(leak.ptr, leak.len);
			(void)page_of(&w, &text, 1, NULL, &t, &page);
			CHECK(t.evidence.matched_words > 5, "%s %zu: %zu", hostiles[i].why, k,
			      t.evidence.matched_words);
			check_page(hostiles[i].why, &page);
			build_release(&page);
			build_release(&leak);
			close_world(&w);
		}
	}
}

/* What is shown of foreign text: all that is harmless, and a sign for the rest. */
static void foreign_text(void)
{
	static const struct {
		const char *why, *in;
		size_t max;
		const char *want;
	} rows[] = {
		{"harmless", "\xc3\x84rger \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x99\x82", 99,
		 "\xc3\x84rger \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x99\x82"},
		{"markup", "<a&\"'>", 99, "&lt;a&amp;&quot;&#39;&gt;"},
		{"line ends", "a\r\n\tb", 99, "a   b"},
		{"direction",
		 "a\xe2\x80\xae"
		 "b\xe2\x81\xa9",
		 99,
		 "a\xef\xbf\xbd"
		 "b\xef\xbf\xbd"},
		{"broken",
		 "a\xff"
		 "b\xe2\x82",
		 99,
		 "a\xef\xbf\xbd"
		 "b\xef\xbf\xbd\xef\xbf\xbd"},
		{"surrogates and beyond", "\xed\xa0\x80\xf4\x90\x80\x80", 99,
		 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		 "\xef\xbf\xbd"},
		{"tags, which nobody sees", "a\xf3\xa0\x80\xa0z", 99, "a\xef\xbf\xbdz"},
		{"long", "abcdef", 4, "abcd\xe2\x80\xa6"},
		{"just as long", "abcd", 4, "abcd"},
		{"not inside a character", "abc\xc3\xa4z", 4, "abc\xe2\x80\xa6"},
		{"nothing fits", "\xc3\xa4", 1, "\xe2\x80\xa6"},
		{"empty", "", 0, ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct build b = {0};
		web_text(&b, slice_str(rows[i].in), rows[i].max);
		CHECK(slice_eq(slice_make(b.ptr, b.len), slice_str(rows[i].want)), "%s: %.*s",
		      rows[i].why, (int)b.len, (const char *)b.ptr);
		build_release(&b);
	}
}

static void numbers(void)
{
	static const struct {
		double in;
		char kind;
		const char *want;
	} rows[] = {
		{0, 'n', "0"},
		{999, 'n', "999"},
		{1000, 'n', "1,000"},
		{1234567, 'n', "1,234,567"},
		{1000000, 'n', "1,000,000"},
		{0, '%', "under 0.1%"},
		{1, '%', "over 99.9%"},
		{0.5, '%', "50.0%"},
		{1, 'p', "1 in 1"},
		{0.25, 'p', "25 in 100"},
		{1e-6, 'p', "1 in 1 million"},
		{9e-17, 'p', "1 in 10<sup>16</sup>"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct build b = {0};
		if (rows[i].kind == 'n')
			web_count(&b, (uint64_t)rows[i].in);
		else if (rows[i].kind == '%')
			web_percent(&b, rows[i].in);
		else
			web_chance(&b, rows[i].in);
		CHECK(slice_eq(slice_make(b.ptr, b.len), slice_str(rows[i].want)), "%g: %.*s",
		      rows[i].in, (int)b.len, (const char *)b.ptr);
		build_release(&b);
	}
}

static void somebody_is_named(void)
{
	struct world w;
	struct traced t = {0};
	struct build page = {0};
	open_file(&w, "test/corpus/papers/p1.md", FEW);
	struct slice leak = copy_of(&w, 5);
	const char *text = page_of(&w, &leak, 1, NULL, &t, &page);
	check_page("named", &page);
	char odds[64];
	trace_round_up(t.verdict.ranking[0].p_value, odds, sizeof odds);
	const char *power = strstr(odds, "10^");
	CHECK(strstr(text, "The leak comes from the copy of <bdi>Reader Number 5</bdi>"), "name");
	CHECK(strstr(text, power ? power + 3 : odds), "%s", odds);
	CHECK(strstr(text, "This is the copy, not yet the person."), "the caveat");
	CHECK(strstr(text, "the issuer&#39;s own archive"), "the archive");
	CHECK(!strstr(text, "Nobody can be named"), "one answer");
	/* Every place that was read is marked in the leak and stands in the table, and no other. */
	CHECK(t.evidence.seen_n > 150 && t.evidence.seen_n <= REPORT_PLACES, "%zu",
	      t.evidence.seen_n);
	CHECK(count_of(text, "</td><td>read</td>") == t.evidence.seen_n, "the table");
	CHECK(count_of(text, "<mark class=\"read\">") == 1 + 2 * t.evidence.seen_n, "%zu marks",
	      count_of(text, "<mark class=\"read\">"));
	for (size_t i = 0; i < FEW; i++) {
		char id[32];
		(void)snprintf(id, sizeof id, "(<bdi>Number %zu</bdi>)", i);
		CHECK(count_of(text, id) == 1, "reader %zu is in one of the lists", i);
	}
	struct build again = {0};
	must(trace_report_write(&t.report, &again));
	CHECK(slice_eq(slice_make(again.ptr, again.len), slice_make(page.ptr, page.len)),
	      "the same bytes twice");
	build_release(&again);
	build_release(&page);
	close_world(&w);
}

/* A leaker who mixed a second copy in is named, and is not the only source: the page says why he
 * stands among the excluded ones. */
static void a_mixture_is_explained(void)
{
	struct world w;
	struct traced t = {0};
	struct build page = {0};
	open_file(&w, "test/corpus/papers/p1.md", FEW);
	struct code_stream s = {&w.seed, CRYPTO_LABEL_SYMBOLS_WORDS, w.hash};
	size_t n = w.lattice.places_n;
	uint16_t *x = ARENA_ARRAY(&w.a, n, uint16_t), *y = ARENA_ARRAY(&w.a, n, uint16_t);
	must(code_symbols_all(&s, w.readers[5].id, w.bias, n, x));
	must(code_symbols_all(&s, w.readers[6].id, w.bias, n, y));
	memcpy(x + n * 3 / 4, y + n * 3 / 4, (n - n * 3 / 4) * sizeof *x);
	struct slice leak = papers_copy(&w.a, &w.lattice, x);
	const char *text = page_of(&w, &leak, 1, NULL, &t, &page);
	check_page("mixed", &page);
	CHECK(t.verdict.named_n == 2 && t.verdict.consistent_n == 0, "%zu named, %zu consistent",
	      t.verdict.named_n, t.verdict.consistent_n);
	CHECK(strstr(text, "at least 2 copies"), "the page says how many");
	/* A second copy that is not one of the ledger's: only the first can be named. */
	for (size_t i = n * 3 / 4; i < n; i++)
		x[i] = (uint16_t)((x[i] + 1) % w.lattice.places[i].wordings_n);
	leak = papers_copy(&w.a, &w.lattice, x);
	text = page_of(&w, &leak, 1, NULL, &t, &page);
	CHECK(t.verdict.named_n == 1 && t.verdict.consistent_n == 0, "%zu named, %zu consistent",
	      t.verdict.named_n, t.verdict.consistent_n);
	CHECK(strstr(text, "This copy alone does not explain the leak"), "the page says why");
	leak = copy_of(&w, 5);
	text = page_of(&w, &leak, 1, NULL, &t, &page);
	CHECK(!strstr(text, "does not explain"), "a whole copy is explained (control)");
	build_release(&page);
	close_world(&w);
}

/* lay_out adds slots as they would be measured on a page of a reader's copy. */
static void lay_out(struct world *w, size_t reader, struct trace_evidence *e)
{
	enum { SLOTS = 60 };
	const struct code_stream s = {&w->seed, CRYPTO_LABEL_SYMBOLS_LAYOUT, w->hash};
	const struct code_design d = {&w->seed, w->hash, CODE_COLLUSION_DEFAULT};
	struct code_bias bias[SLOTS];
	uint16_t symbol[SLOTS];
	uint32_t slot[SLOTS];
	float loglik[SLOTS][2] = {{0}};
	const struct trace_layout m = {slot, (const float(*)[2])loglik, SLOTS, SLOTS, SLOTS};
	must(code_design_biases(&w->a, &d, CODE_LAYER_LAYOUT, NULL, SLOTS, bias));
	must(code_symbols_all(&s, w->readers[reader].id, bias, SLOTS, symbol));
	for (uint32_t i = 0; i < SLOTS; i++) {
		slot[i] = i;
		loglik[i][!symbol[i]] = -6;
	}
	must(trace_evidence_layout(&w->a, &m, e));
}

/* layered_page judges t again with a page of a reader's copy, and writes its page. */
static const char *layered_page(struct world *w, size_t reader, struct traced *t,
				struct build *page)
{
	const struct code_design d = {&w->seed, w->hash, CODE_COLLUSION_DEFAULT};
	const struct trace_question q = {w->readers,   w->readers_n, w->readers_n,
					 w->leaked_by, w->level,     false};
	lay_out(w, reader, &t->evidence);
	must(trace_judge(&w->a, &t->evidence, &d, &q, &t->verdict));
	build_reset(page);
	must(trace_report_write(&t->report, page));
	build_u8(page, 0);
	page->len--;
	return (const char *)page->ptr;
}

static void layers_have_rows(void)
{
	struct world w;
	struct traced t = {0};
	struct build page = {0};
	open_file(&w, "test/corpus/papers/p1.md", FEW);
	struct slice leak = copy_of(&w, 5);
	const char *text = page_of(&w, &leak, 1, NULL, &t, &page);
	CHECK(!strstr(text, "each layer") && !strstr(text, "ositions of words"),
	      "one layer: no word of it");
	text = layered_page(&w, 5, &t, &page);
	check_page("both layers", &page);
	CHECK(t.verdict.named_n == 1 && count_of(text, "names this copy") == 2 &&
		      count_of(text, "<td>wordings</td>") == 1 &&
		      count_of(text, "<td>positions of words</td>") == 1,
	      "a row for each layer");
	CHECK(!strstr(text, "name different copies"), "they agree");
	text = layered_page(&w, 6, &t, &page);
	check_page("layers apart", &page);
	CHECK(t.verdict.named_n == 2 && count_of(text, "names this copy") == 2 &&
		      count_of(text, "excludes it") == 2,
	      "each layer names one and excludes the other");
	CHECK(strstr(text, "The layers name different copies") &&
		      strstr(text, "is named by its wordings alone") &&
		      strstr(text, "is named by the positions of its words alone"),
	      "and the page says so");
	build_release(&page);
	close_world(&w);
}

/* With too little to go by the page names nobody, not even by a probability. */
static void nobody_is_named(void)
{
	struct world w;
	struct traced t = {0};
	struct build page = {0};
	open_file(&w, "test/corpus/papers/p1.md", FEW);
	struct slice leak = copy_of(&w, 5);
	leak.len = 350;
	const char *text = page_of(&w, &leak, 1, NULL, &t, &page);
	check_page("open", &page);
	CHECK(strstr(text, "Nobody can be named."), "the answer");
	CHECK(strstr(text, "more words of quotation from this paper"), "how much more");
	CHECK(!strstr(text, "the copy of <bdi>"), "no copy is put forward");
	CHECK(!strstr(text, "class=\"named\""), "none in the table");
	CHECK(!strstr(text, "likelihood ratio"), "no ratio of anybody");
	build_release(&page);
	close_world(&w);
}

/* Where the rest of the paper is not enough, the page does not ask for more of it. */
static void the_paper_is_too_short(void)
{
	struct world w;
	struct traced t = {0};
	struct build page = {0};
	open_world(&w, SLICE_LIT(paper_source), 3);
	struct slice leak = copy_of(&w, 1);
	const char *text = page_of(&w, &leak, 1, NULL, &t, &page);
	check_page("short", &page);
	CHECK(t.evidence.seen_n == 6 && t.verdict.places_needed > 0, "%zu", t.evidence.seen_n);
	CHECK(strstr(text, "No longer quotation would decide"), "said");
	CHECK(!strstr(text, "more words of quotation"), "not asked for");
	build_release(&page);
	close_world(&w);
}

static void nothing_of_ours(void)
{
	static const char *const leaks[] = {"", "A recipe for barley soup with leeks."};
	for (size_t i = 0; i < sizeof leaks / sizeof *leaks; i++) {
		struct world w;
		struct traced t = {0};
		struct build page = {0};
		open_file(&w, "test/corpus/papers/p1.md", FEW);
		struct slice leak = slice_str(leaks[i]);
		const char *text = page_of(&w, &leak, 1, NULL, &t, &page);
		check_page("not ours", &page);
		CHECK(strstr(text, "Nothing in this leak comes from this paper."), "row %zu", i);
		CHECK(!strstr(text, "Reader Number"), "row %zu: no reader is on the page", i);
		build_release(&page);
		close_world(&w);
	}
}

/* Each reason is told with its letter, and which public text it was. */
static void reasons(void)
{
	static const struct {
		const char *why, *leak, *public_text, *want;
	} rows[] = {
		{"another wording",
		 "Both ministers complained in writing that the harbour commission would publish "
		 "its "
		 "report in March.",
		 NULL, "<mark class=\"erased\">complained</mark><sup>c</sup>"},
		{"nothing there",
		 "Nobody from the old business has ever the eastern valley without a permit.", NULL,
		 "<th scope=\"row\">b</th><td>nothing stands there in the leak</td>"},
		{"two wordings",
		 "Both ministers consented in writing that the harbour commission would publish "
		 "its "
		 "report. Both ministers agreed in writing that the harbour commission would.",
		 NULL, "<mark class=\"erased\">consented</mark><sup>e</sup>"},
		{"a public text",
		 "Both ministers consented in writing that the harbour commission would publish "
		 "its "
		 "report in March.",
		 "Both ministers consented in writing that the harbour commission would publish.",
		 "could have supplied it: <bdi>release.md</bdi> (2)"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct world w;
		struct traced t = {0};
		struct build page = {0};
		open_world(&w, SLICE_LIT(paper_source), 3);
		struct slice leak = slice_str(rows[i].leak), release = {0};
		if (rows[i].public_text)
			release = slice_str(rows[i].public_text);
		const char *text = page_of(&w, &leak, 1, release.len ? &release : NULL, &t, &page);
		check_page(rows[i].why, &page);
		CHECK(strstr(text, rows[i].want), "%s: %s", rows[i].why, rows[i].want);
		build_release(&page);
		close_world(&w);
	}
}

/* Several papers are sections of their own, each with ids of its own; too many are counted. */
static void several_papers(void)
{
	struct world w;
	struct traced t = {0};
	struct build page = {0};
	open_file(&w, "test/corpus/papers/p1.md", FEW);
	struct slice leak = copy_of(&w, 5);
	must(try_trace(&w, &leak, 1, NULL, &t));
	struct trace_verdict *many = ARENA_ARRAY(&w.a, REPORT_PAPERS + 3, struct trace_verdict);
	for (size_t i = 0; i < REPORT_PAPERS + 3; i++)
		many[i] = t.verdict;
	static const size_t rows[] = {2, 3, REPORT_PAPERS, REPORT_PAPERS + 3};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		t.report.verdicts = many;
		t.report.verdicts_n = rows[i];
		build_reset(&page);
		must(trace_report_write(&t.report, &page));
		build_u8(&page, 0);
		page.len--;
		check_page("several", &page);
		size_t want = rows[i] < REPORT_PAPERS ? rows[i] : REPORT_PAPERS;
		CHECK(count_of((char *)page.ptr, "<section id=") == want, "%zu", rows[i]);
		CHECK(!strstr((char *)page.ptr, "and 3 more, which are") ==
			      (rows[i] <= REPORT_PAPERS),
		      "%zu", rows[i]);
	}
	build_release(&page);
	close_world(&w);
}

/* Long names, many readers, a long leak: the page stays one that a mailbox takes. */
static void the_page_stays_small(void)
{
	enum { PAGE_MAX = 4 * 1024 * 1024, JUNK = 3 * 1024 * 1024, MANY = 10000 };
	struct world w;
	struct traced t = {0};
	struct build page = {0}, leak = {0};
	open_file(&w, "test/corpus/papers/p1.md", MANY);
	char *name = ARENA_ARRAY(&w.a, LIMIT_FIELD_BYTES, char);
	memset(name, '<', LIMIT_FIELD_BYTES);
	set_all(&w, slice_make(name, LIMIT_FIELD_BYTES));
	for (size_t i = 0; i < MANY; i++)
		w.readers[i].house = w.readers[i].id;
	for (size_t i = 0; i < 12; i++) {
		build_slice(&leak, copy_of(&w, 77));
		while (leak.len < (i + 1) * JUNK / 12)
			build_str(&leak, "soup & leeks <b>\n\n");
	}
	struct slice whole = slice_make(leak.ptr, leak.len);
	const char *text = page_of(&w, &whole, 1, NULL, &t, &page);
	check_page("long", &page);
	CHECK(t.verdict.named_n == 1 && page.len < PAGE_MAX, "%zu named, %zu bytes",
	      t.verdict.named_n, page.len);
	CHECK(strstr(text, "words that do not come from the paper"), "junk is left out");
	CHECK(strstr(text, "and 9,990 more readers"), "readers are counted");
	CHECK(strstr(text, "and 9,900 more houses"), "houses are counted");
	CHECK(count_of(text, "<circle") == 0 && count_of(text, "<rect") < 20, "the plot is bars");
	/* A leak that is all quotation is cut, and says so. */
	build_reset(&leak);
	for (size_t i = 0; i < 200; i++)
		build_slice(&leak, copy_of(&w, 77));
	whole = slice_make(leak.ptr, leak.len);
	text = page_of(&w, &whole, 1, NULL, &t, &page);
	check_page("all quotation", &page);
	CHECK(leak.len > 2 * REPORT_LEAK_BYTES && page.len < PAGE_MAX, "%zu of %zu bytes", page.len,
	      leak.len);
	build_release(&leak);
	build_release(&page);
	close_world(&w);
}

/* A quotation longer than a page shows is cut between two words, and the rest is counted. */
static void a_long_quotation_is_cut(void)
{
	enum { WORDS = 70000 };
	struct world w;
	struct traced t = {0};
	struct build page = {0}, source = {0};
	uint64_t random = 9;
	build_str(&source, "It {began|started} here. ");
	for (size_t i = 0; i < WORDS; i++)
		build_fmt(&source, "%s%llx%s", i % 2 ? "&" : "w",
			  (unsigned long long)(test_random(&random) >> 28), i % 12 ? " " : ".\n\n");
	build_str(&source, "It {ended|stopped} there.");
	open_world(&w, slice_make(source.ptr, source.len), 3);
	struct slice leak = copy_of(&w, 1);
	const char *text = page_of(&w, &leak, 1, NULL, &t, &page);
	check_page("cut", &page);
	CHECK(t.evidence.matched_words > WORDS * 9 / 10, "%zu words", t.evidence.matched_words);
	const char *rest = strstr(text, " words that are not shown: the report ends the leak here");
	CHECK(rest, "what is not shown is counted");
	CHECK(page.len > REPORT_LEAK_BYTES && page.len < 3 * REPORT_LEAK_BYTES, "%zu", page.len);
	build_release(&source);
	build_release(&page);
	close_world(&w);
}

static void nobody_to_judge(void)
{
	struct world w;
	struct traced t = {0};
	struct build page = {0};
	open_file(&w, "test/corpus/papers/p1.md", FEW);
	struct slice leak = copy_of(&w, 1);
	w.leaked_by = -1; /* all were committed later */
	const char *text = page_of(&w, &leak, 1, NULL, &t, &page);
	check_page("no readers", &page);
	CHECK(t.verdict.ranking_n == 0 && strstr(text, "1969-12-31 (UTC); 24 copies"), "left out");
	w.readers_n = 0;
	w.leaked_by = INT64_MAX;
	(void)page_of(&w, &leak, 1, NULL, &t, &page);
	check_page("no readers at all", &page);
	close_world(&w);
	open_world(&w, SLICE_LIT("A paper without any place, but with enough words to be found."),
		   3);
	leak = copy_of(&w, 1);
	text = page_of(&w, &leak, 1, NULL, &t, &page);
	check_page("no places", &page);
	CHECK(strstr(text, "the wordings are the same in all copies"), "no places");
	static const double levels[] = {0.999, 0.5, 1e-3, 1e-300};
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		w.level = levels[i];
		(void)page_of(&w, &leak, 1, NULL, &t, &page);
		check_page("a level", &page);
	}
	build_release(&page);
	close_world(&w);
}

static void every_allocation_fails_once(void)
{
	struct world w;
	struct traced t = {0};
	open_world(&w, SLICE_LIT(paper_source), 3);
	struct slice leak = copy_of(&w, 1);
	must(try_trace(&w, &leak, 1, &leak, &t));
	size_t n = 1;
	for (;; n++) {
		struct build page = {0};
		test_alloc_fail_at(n);
		struct sr_err e = trace_report_write(&t.report, &page);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		build_release(&page);
		if (!failed)
			break;
		CHECK(e.code == SR_E_NOMEM, "allocation %zu: %d", n, (int)e.code);
	}
	CHECK(n > 3, "%zu allocations", n);
	close_world(&w);
}

/* Places that change together are marked wherever they are quoted, counted once, and shown with the
 * wordings of the place that was read. */
static void groups(void)
{
	static const char source[] =
		"The northern delegation of the {#m|ministry|department} {asked for|requested} a "
		"second meeting before the close of the autumn session.\n\nNobody at the old "
		"{#m|minister|secretary} has ever said in writing that the harbour board would "
		"publish its report in March.\n\nAccording to the {#m|bureau|office} its experts "
		"came to the eastern valley without a permit from the king.\n";
	static const struct {
		const char *why, *leak, *public;
		size_t read, erased, rows;
		const char *has, *lacks;
	} row[] = {
		{"one place quoted",
		 "Nobody at the old secretary has ever said in writing that the harbour board "
		 "would publish its report in March.",
		 NULL, 1, 0, 1, "<bdi>minister</bdi>", "<bdi>ministry</bdi>"},
		{"two places quoted",
		 "Nobody at the old secretary has ever said in writing that the harbour board "
		 "would publish its report in March. According to the office its experts came to "
		 "the eastern valley without a permit from the king.",
		 NULL, 2, 0, 1, "<bdi>minister</bdi>", "<bdi>bureau</bdi>"},
		{"they contradict each other",
		 "Nobody at the old secretary has ever said in writing that the harbour board "
		 "would publish its report in March. According to the bureau its experts came to "
		 "the eastern valley without a permit from the king.",
		 NULL, 0, 2, 1, "two places that change together", "class=\"read\">secretary"},
		{"a public text has the third",
		 "Nobody at the old secretary has ever said in writing that the harbour board "
		 "would publish its report in March.",
		 "According to the office its experts came to the eastern valley without a permit "
		 "from the king.",
		 0, 1, 1, "a public text could have supplied it", "class=\"read\">secretary"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct world w;
		struct traced t = {0};
		struct build page = {0};
		struct slice leak = slice_str(row[i].leak), public_text = {0};
		open_world(&w, slice_str(source), FEW);
		if (row[i].public)
			public_text = slice_str(row[i].public);
		const char *text =
			page_of(&w, &leak, 1, row[i].public ? &public_text : NULL, &t, &page);
		check_page(row[i].why, &page);
		const char *quote = strstr(text, "<blockquote");
		const char *end = quote ? strstr(quote, "</blockquote>") : NULL;
		if (CHECK(end, "%s: no quotation", row[i].why)) {
			char shown[4096];
			(void)snprintf(shown, sizeof shown, "%.*s", (int)(end - quote), quote);
			CHECK(count_of(shown, "<mark class=\"read\">") == row[i].read &&
				      count_of(shown, "<mark class=\"erased\">") == row[i].erased,
			      "%s: %s", row[i].why, shown);
		}
		CHECK(count_of(text, "<tr><th scope=\"row\" class=\"num\">") == row[i].rows,
		      "%s: rows of places", row[i].why);
		CHECK(strstr(text, row[i].has) && !strstr(text, row[i].lacks), "%s: words",
		      row[i].why);
		CHECK(strstr(text, "<dt>Places of the paper</dt>\n<dd>2 "), "%s: places",
		      row[i].why);
		build_release(&page);
		close_world(&w);
	}
}

int main(void)
{
	must(crypto_init());
	test_run("a mixture is explained", a_mixture_is_explained);
	test_run("each layer has its row", layers_have_rows);
	test_run("nobody is named: no name, no probability of one", nobody_is_named);
	test_run("nothing of ours: no reader on the page", nothing_of_ours);
	test_run("the paper is too short to decide", the_paper_is_too_short);
	test_run("somebody is named", somebody_is_named);
	test_run("foreign text", foreign_text);
	test_run("hostile names", hostile_names);
	test_run("hostile leaks", hostile_leaks);
	test_run("numbers", numbers);
	test_run("reasons", reasons);
	test_run("groups", groups);
	test_run("several papers", several_papers);
	test_run("the page stays small", the_page_stays_small);
	test_run("a long quotation is cut", a_long_quotation_is_cut);
	test_run("nobody to judge", nobody_to_judge);
	test_run("every allocation fails once", every_allocation_fails_once);
	xmlCleanupParser();
	return test_done();
}
