/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_html.h"
#include "extract_heap.h"
#include "extract_utf8.h"

#include <assert.h>
#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* libxml2 keeps 80 bytes before the place where it reads (LINE_LEN in its parserInternals.c). */
enum { LOOK_LEN = 4096, NAME_LEN_MAX = 15, BEHIND_LEN = 64, HIDDEN_N = 6 };

/* What an element does to the text around and in it. */
enum effect {
	EFFECT_NONE,
	EFFECT_LINE,  /* its text stands on lines of its own */
	EFFECT_TITLE, /* as LINE; svg has one, too */
	EFFECT_PRE,   /* as LINE, and white space counts */
	EFFECT_HIDE,
	EFFECT_HIDE_RAW, /* and it has no elements inside */
};

/* Names with a space after each. */
static const struct {
	enum effect effect;
	const char *names;
} effects[] = {
	{EFFECT_LINE,
	 "p br div li td th tr h1 h2 h3 h4 h5 h6 ul ol dl dt dd table tbody thead tfoot caption "
	 "section article header footer main nav aside figure figcaption blockquote address hr "
	 "html head body form fieldset legend button select option optgroup details summary "
	 "dialog center dir menu hgroup search frameset noframes "},
	{EFFECT_TITLE, "title "},
	{EFFECT_PRE, "pre textarea listing xmp "},
	{EFFECT_HIDE, "svg noscript template iframe "},
	{EFFECT_HIDE_RAW, "script style "},
};

enum gap { GAP_NONE, GAP_SPACE, GAP_LINE };

/* gap: what stands before the next character. pre_n, hidden_n: open elements; svg_n of them are
 * svg. */
struct page {
	htmlParserCtxtPtr ctxt;
	struct build *out;
	enum gap gap;
	unsigned pre_n, hidden_n, svg_n;
};

static bool is_open;

static enum effect effect_of(const char *name)
{
	char word[NAME_LEN_MAX + 3];
	size_t len = strlen(name);
	if (len > NAME_LEN_MAX)
		return EFFECT_NONE;
	word[0] = ' ';
	memcpy(word + 1, name, len);
	memcpy(word + 1 + len, " ", 2);
	for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
		if (strncmp(effects[i].names, word + 1, len + 1) == 0 ||
		    strstr(effects[i].names, word))
			return effects[i].effect;
	}
	return EFFECT_NONE;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void want_gap(struct page *p, enum gap gap)
{
	if (p->gap < gap && !p->hidden_n)
		p->gap = gap;
}

static void put_space(struct page *p, uint8_t c)
{
	if (!p->pre_n)
		want_gap(p, GAP_SPACE);
	else
		build_bytes(p->out, c == '\n' ? "\n" : " ", 1);
}

static void put_word(struct page *p, const uint8_t *s, size_t len)
{
	if (p->gap != GAP_NONE && p->out->len)
		build_str(p->out, p->gap == GAP_LINE ? "\n" : " ");
	p->gap = GAP_NONE;
	build_bytes(p->out, s, len);
}

/* put_control: control characters reach us through references only; those to C1 mean what
 * windows-1252 has there. */
static void put_control(struct page *p, uint8_t c)
{
	static const char *const meant[32] = {
		"€",  NULL, "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", NULL, "Ž", NULL,
		NULL, "‘",  "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", NULL, "ž", "Ÿ"};
	const char *s = c < 0x80 ? NULL : meant[c - 0x80];
	if (s)
		put_word(p, (const uint8_t *)s, strlen(s));
	else
		put_space(p, ' ');
}

static void on_text(void *user, const xmlChar *s, int n)
{
	struct page *p = user;
	const uint8_t *end = s + n;
	while (s < end && !p->hidden_n) {
		const uint8_t *from = s;
		bool is_c1 = false;
		while (s < end && !is_space(*s) && *s != 0x7f && !is_c1) {
			is_c1 = *s == 0xc2 && end - s > 1 && s[1] < 0xa0;
			s += !is_c1;
		}
		if (s > from)
			put_word(p, from, (size_t)(s - from));
		if (s < end && is_space(*s))
			put_space(p, *s);
		else if (s < end)
			put_control(p, s[is_c1]);
		s += 1 + is_c1;
	}
	if (p->out->failed)
		heap_leave();
}

static void on_start(void *user, const xmlChar *name, const xmlChar **attributes)
{
	struct page *p = user;
	enum effect e = effect_of((const char *)name);
	(void)attributes;
	/* A block ends an svg that is still open (13.2.6.5). */
	if ((e == EFFECT_LINE || e == EFFECT_PRE) && p->svg_n) {
		p->hidden_n -= p->svg_n;
		p->svg_n = 0;
	}
	if (e == EFFECT_LINE || e == EFFECT_TITLE || e == EFFECT_PRE)
		want_gap(p, GAP_LINE);
	p->pre_n += e == EFFECT_PRE;
	p->hidden_n += e == EFFECT_HIDE || e == EFFECT_HIDE_RAW;
	p->svg_n += strcmp((const char *)name, "svg") == 0;
}

static void end_hidden(struct page *p, const char *name)
{
	bool is_svg = strcmp(name, "svg") == 0;
	if (p->hidden_n == 0 || (is_svg && p->svg_n == 0))
		return;
	p->hidden_n--;
	p->svg_n -= is_svg;
}

/* end_is_written: libxml2 also ends elements where no end tag is, a p before an u for one. */
static bool end_is_written(const struct page *p, const char *name)
{
	const xmlChar *at = p->ctxt->input->cur, *base = p->ctxt->input->base;
	size_t len = strlen(name);
	base = at - base > BEHIND_LEN ? at - BEHIND_LEN : base;
	while (at > base && *--at != '<')
		;
	return strncmp((const char *)at, "</", 2) == 0 &&
	       strncasecmp((const char *)at + 2, name, len) == 0;
}

static void on_end(void *user, const xmlChar *name)
{
	struct page *p = user;
	const char *s = (const char *)name;
	enum effect e = effect_of(s);
	p->pre_n -= e == EFFECT_PRE && p->pre_n;
	if (e == EFFECT_HIDE || e == EFFECT_HIDE_RAW)
		end_hidden(p, s);
	else if (e != EFFECT_NONE && end_is_written(p, s))
		want_gap(p, GAP_LINE);
}

/* on_error hears of end tags that libxml2 ignores: one of an element that it has ended before, or
 * that has others open inside. They end what they hide all the same. */
static void on_error(void *user, xmlErrorPtr err)
{
	struct page *p = user;
	if (!p || err->code != XML_ERR_TAG_NAME_MISMATCH || !err->str1)
		return;
	enum effect e = effect_of(err->str1);
	if (e == EFFECT_HIDE)
		end_hidden(p, err->str1);
	else if (e != EFFECT_NONE && e != EFFECT_HIDE_RAW)
		want_gap(p, GAP_LINE);
}

/* mend_comments makes instructions, which vanish as well, of the comments "<!-->" and "<!--->":
 * libxml2 would go on to the next "-->" (13.2.5.43 to 13.2.5.52). */
static void mend_comments(uint8_t *at, uint8_t *end)
{
	while ((at = memmem(at, (size_t)(end - at), "<!--", 4))) {
		at += 4;
		if (at < end && *at == '>') {
			memcpy(at - 4, "<?x ", 4);
			continue;
		}
		if (end - at > 1 && at[0] == '-' && at[1] == '>') {
			memcpy(at - 4, "<?x  ", 5);
			continue;
		}
		while ((at = memmem(at, (size_t)(end - at), "--", 2))) {
			at += 2;
			if ((at < end && *at == '>') ||
			    (end - at > 1 && at[0] == '!' && at[1] == '>'))
				break;
			at--;
		}
		if (!at)
			return;
	}
}

static enum extract_outcome read_page(struct slice utf8, struct page *p)
{
	const xmlSAXHandler calls = {.startElement = on_start,
				     .endElement = on_end,
				     .characters = on_text,
				     .cdataBlock = on_text,
				     .ignorableWhitespace = on_text,
				     .serror = on_error,
				     .initialized = XML_SAX2_MAGIC};
	htmlParserCtxtPtr ctxt = htmlCreateMemoryParserCtxt((const char *)utf8.ptr, (int)utf8.len);
	if (!ctxt)
		return EXTRACT_MEMORY;
	p->ctxt = ctxt;
	memcpy(ctxt->sax, &calls, sizeof calls);
	ctxt->userData = p;
	(void)htmlCtxtUseOptions(ctxt, HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_NOERROR |
					       HTML_PARSE_NOWARNING | HTML_PARSE_IGNORE_ENC |
					       XML_PARSE_HUGE);
	/* Without a converter, which would copy it all. */
	(void)xmlSwitchEncoding(ctxt, XML_CHAR_ENCODING_UTF8);
	mend_comments((uint8_t *)ctxt->input->cur, (uint8_t *)ctxt->input->end);
	(void)htmlParseDocument(ctxt);
	bool whole = ctxt->input->cur == ctxt->input->end && !ctxt->disableSAX;
	bool memory = ctxt->errNo == XML_ERR_NO_MEMORY;
	htmlFreeParserCtxt(ctxt);
	return memory ? EXTRACT_MEMORY : whole ? EXTRACT_OK : EXTRACT_PARTLY;
}

struct page_job {
	struct slice utf8;
	struct page page;
	enum extract_outcome outcome;
};

static void run_job(void *state)
{
	struct page_job *j = state;
	j->outcome = read_page(j->utf8, &j->page);
}

enum extract_outcome html_text(struct slice utf8, struct build *out)
{
	struct page_job j = {.utf8 = utf8, .page = {.out = out}, .outcome = EXTRACT_OK};
	assert(is_open);
	if (!utf8.len)
		return EXTRACT_OK;
	if (utf8.len > INT_MAX)
		return EXTRACT_LONG;
	if (!heap_guard(run_job, &j))
		return out->failed == SR_E_LIMIT ? EXTRACT_LONG : EXTRACT_MEMORY;
	return j.outcome;
}

bool html_open(void)
{
	if (is_open)
		return true;
	struct build out;
	build_init(&out, 0);
	if (!heap_open())
		return false;
	xmlSetStructuredErrorFunc(NULL, on_error);
	is_open = true;
	/* Whatever it puts off until it is needed. */
	is_open = html_text(SLICE_LIT("<!doctype html><p x=y>a&eacute;</b>"), &out) == EXTRACT_OK;
	build_release(&out);
	return is_open;
}

/* name_at reads the name behind '<' or "</". */
static void name_at(struct slice s, char name[NAME_LEN_MAX + 1])
{
	size_t n = 0, from = s.len > 1 && s.ptr[1] == '/' ? 2 : 1;
	for (; from + n < s.len && n < NAME_LEN_MAX; n++) {
		uint8_t c = s.ptr[from + n];
		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(n && c >= '0' && c <= '9'))
			break;
		name[n] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	bool ends =
		from + n < s.len && (is_space(s.ptr[from + n]) || strchr("/>", s.ptr[from + n]));
	name[ends ? n : 0] = 0;
}

bool html_looks_like(struct slice text, unsigned tags_n_min)
{
	static const char doctype[] = "<!doctype html";
	struct slice s = slice_sub(text, 0, text.len < LOOK_LEN ? text.len : LOOK_LEN);
	unsigned tags_n = 0;
	while (s.len && is_space(s.ptr[0]))
		s = slice_sub(s, 1, s.len - 1);
	if (s.len >= sizeof doctype - 1 &&
	    strncasecmp((const char *)s.ptr, doctype, sizeof doctype - 1) == 0)
		return true;
	for (size_t i = 0; i < s.len; i++) {
		char name[NAME_LEN_MAX + 1];
		if (s.ptr[i] != '<')
			continue;
		name_at(slice_sub(s, i, s.len - i), name);
		if (strcmp(name, "html") == 0 || strcmp(name, "body") == 0 ||
		    (i == 0 && strcmp(name, "head") == 0))
			return true;
		tags_n +=
			*name && (effect_of(name) != EFFECT_NONE || htmlTagLookup((xmlChar *)name));
	}
	return tags_n >= tags_n_min;
}
