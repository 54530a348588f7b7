/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_xml.h"
#include "extract_heap.h"
#include "extract_utf8.h"
#include "base_limits.h"

#include <assert.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ATTRIBUTE_LEN: of the five pointers that libxml2 gives for an attribute. */
enum { ATTRIBUTE_LEN = 5, VALUE_LEN_MAX = 15 };

enum space {
	SPACE_OTHER,
	SPACE_W,
	SPACE_MATH,
	SPACE_MC,
	SPACE_OFFICE,
	SPACE_TEXT,
	SPACE_DRAW,
	SPACE_SVG,
	SPACE_DC,
	SPACE_META
};

/* ECMA-376 (part 1: strict; part 4: transitional; part 3) and ODF 1.3 part 3, 2.2. */
static const struct {
	enum space space;
	const char *uri;
} spaces[] = {
	{SPACE_W, "http://schemas.openxmlformats.org/wordprocessingml/2006/main"},
	{SPACE_W, "http://purl.oclc.org/ooxml/wordprocessingml/main"},
	{SPACE_MATH, "http://schemas.openxmlformats.org/officeDocument/2006/math"},
	{SPACE_MATH, "http://purl.oclc.org/ooxml/officeDocument/math"},
	{SPACE_MC, "http://schemas.openxmlformats.org/markup-compatibility/2006"},
	{SPACE_OFFICE, "urn:oasis:names:tc:opendocument:xmlns:office:1.0"},
	{SPACE_TEXT, "urn:oasis:names:tc:opendocument:xmlns:text:1.0"},
	{SPACE_DRAW, "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"},
	{SPACE_SVG, "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"},
	{SPACE_DC, "http://purl.org/dc/elements/1.1/"},
	{SPACE_META, "urn:oasis:names:tc:opendocument:xmlns:meta:1.0"},
};

/* What an element does. */
enum effect {
	EFFECT_NONE,
	EFFECT_LINE,      /* its text stands on a line of its own */
	EFFECT_WORDS,     /* characters in it are text; elsewhere they are not */
	EFFECT_PARAGRAPH, /* both */
	EFFECT_ASIDE,     /* what is in it comes at the end */
	EFFECT_HIDE,      /* nothing in it is text */
	EFFECT_PUT,       /* stands for put */
	EFFECT_RUN,       /* text of one form */
	EFFECT_VANISH,    /* hides the run */
	EFFECT_SYMBOL,
	EFFECT_CHOICE,   /* one way to show something ... */
	EFFECT_FALLBACK, /* ... and another for the same */
};

static const struct {
	enum space space;
	const char *name;
	enum effect effect;
	const char *put;
} effects[] = {
	{SPACE_W, "p", EFFECT_LINE, NULL},
	{SPACE_W, "t", EFFECT_WORDS, NULL},
	{SPACE_W, "r", EFFECT_RUN, NULL},
	{SPACE_W, "vanish", EFFECT_VANISH, NULL},
	{SPACE_W, "tab", EFFECT_PUT, "\t"},
	{SPACE_W, "ptab", EFFECT_PUT, "\t"},
	{SPACE_W, "br", EFFECT_PUT, "\n"},
	{SPACE_W, "cr", EFFECT_PUT, "\n"},
	{SPACE_W, "noBreakHyphen", EFFECT_PUT, "\xe2\x80\x91"},
	{SPACE_W, "softHyphen", EFFECT_PUT, "\xc2\xad"},
	{SPACE_W, "sym", EFFECT_SYMBOL, NULL},
	{SPACE_W, "txbxContent", EFFECT_ASIDE, NULL},
	/* A paragraph's form has tabs and deletions of its own. */
	{SPACE_W, "pPr", EFFECT_HIDE, NULL},
	{SPACE_W, "del", EFFECT_HIDE, NULL},
	{SPACE_W, "moveFrom", EFFECT_HIDE, NULL},
	{SPACE_W, "rt", EFFECT_HIDE, NULL},
	/* What a run was like before somebody changed it. */
	{SPACE_W, "rPrChange", EFFECT_HIDE, NULL},
	{SPACE_MATH, "t", EFFECT_WORDS, NULL},
	{SPACE_MC, "Choice", EFFECT_CHOICE, NULL},
	{SPACE_MC, "Fallback", EFFECT_FALLBACK, NULL},
	{SPACE_OFFICE, "annotation", EFFECT_ASIDE, NULL},
	{SPACE_OFFICE, "forms", EFFECT_HIDE, NULL},
	{SPACE_OFFICE, "scripts", EFFECT_HIDE, NULL},
	{SPACE_OFFICE, "event-listeners", EFFECT_HIDE, NULL},
	{SPACE_OFFICE, "binary-data", EFFECT_HIDE, NULL},
	{SPACE_TEXT, "p", EFFECT_PARAGRAPH, NULL},
	{SPACE_TEXT, "h", EFFECT_PARAGRAPH, NULL},
	{SPACE_TEXT, "s", EFFECT_PUT, " "},
	{SPACE_TEXT, "tab", EFFECT_PUT, "\t"},
	{SPACE_TEXT, "line-break", EFFECT_PUT, "\n"},
	{SPACE_TEXT, "note-body", EFFECT_ASIDE, NULL},
	{SPACE_TEXT, "note-citation", EFFECT_HIDE, NULL},
	{SPACE_TEXT, "tracked-changes", EFFECT_HIDE, NULL},
	{SPACE_TEXT, "hidden-text", EFFECT_HIDE, NULL},
	{SPACE_TEXT, "ruby-text", EFFECT_HIDE, NULL},
	{SPACE_DRAW, "text-box", EFFECT_ASIDE, NULL},
	{SPACE_SVG, "title", EFFECT_HIDE, NULL},
	{SPACE_SVG, "desc", EFFECT_HIDE, NULL},
	{SPACE_DC, "creator", EFFECT_HIDE, NULL},
	{SPACE_DC, "date", EFFECT_HIDE, NULL},
	{SPACE_META, "creator-initials", EFFECT_HIDE, NULL},
	{SPACE_META, "date-string", EFFECT_HIDE, NULL},
};

static const size_t effects_n = sizeof effects / sizeof effects[0];

/* Depths count from 1; 0: none. hide_at and words_at are those of the outermost element with that
 * effect, asides of those that are open go through aside. */
struct document {
	struct build *out, aside;
	unsigned depth, hide_at, words_at, aside_at;
	bool vanished;   /* the run is hidden */
	bool had_choice; /* the last way to show something was read */
	enum extract_outcome outcome;
};

static bool is_open;

static enum space space_of(const xmlChar *uri)
{
	for (size_t i = 0; uri && i < sizeof spaces / sizeof spaces[0]; i++) {
		if (strcmp(spaces[i].uri, (const char *)uri) == 0)
			return spaces[i].space;
	}
	return SPACE_OTHER;
}

/* effect_of returns an index into effects, or effects_n. */
static size_t effect_of(const xmlChar *name, const xmlChar *uri)
{
	enum space space = space_of(uri);
	size_t i = space == SPACE_OTHER ? effects_n : 0;
	while (i < effects_n &&
	       (effects[i].space != space || strcmp(effects[i].name, (const char *)name) != 0))
		i++;
	return i;
}

static struct build *target(struct document *d)
{
	return d->aside_at ? &d->aside : d->out;
}

static void leave_if_full(struct document *d)
{
	enum sr_code failed = d->out->failed ? d->out->failed : d->aside.failed;
	if (!failed)
		return;
	d->outcome = failed == SR_E_NOMEM ? EXTRACT_MEMORY : EXTRACT_LONG;
	heap_leave();
}

/* end_line: what follows stands on a line of its own. */
static void end_line(struct document *d)
{
	struct build *b = target(d);
	if (b->len && b->ptr[b->len - 1] != '\n')
		build_str(b, "\n");
}

static bool is_shown(const struct document *d)
{
	return !d->hide_at && !d->vanished;
}

/* value_of copies the value of an attribute, cut to VALUE_LEN_MAX; empty if there is none. */
static void value_of(const xmlChar **attributes, int n, const char *name,
		     char value[VALUE_LEN_MAX + 1])
{
	value[0] = 0;
	for (int i = 0; i < n; i++, attributes += ATTRIBUTE_LEN) {
		size_t len = (size_t)(attributes[4] - attributes[3]);
		if (strcmp((const char *)attributes[0], name) != 0)
			continue;
		len = len < VALUE_LEN_MAX ? len : VALUE_LEN_MAX;
		memcpy(value, attributes[3], len);
		value[len] = 0;
	}
}

/* put_symbol: a character of a font; those of symbol fonts are in the private area and mean
 * nothing elsewhere. */
static void put_symbol(struct document *d, const xmlChar **attributes, int n)
{
	char value[VALUE_LEN_MAX + 1];
	value_of(attributes, n, "char", value);
	unsigned long c = strtoul(value, NULL, 16);
	bool means = c > ' ' && c < 0x110000 && (c < 0xe000 || c > 0xf8ff) &&
		     !utf8_is_control((uint32_t)c);
	utf8_put(target(d), means ? (uint32_t)c : ' ');
}

/* is_off: an element for a property can say that it is not so (ECMA-376 part 1, 22.9.2.7). */
static bool is_off(const xmlChar **attributes, int n)
{
	char value[VALUE_LEN_MAX + 1];
	value_of(attributes, n, "val", value);
	return strcmp(value, "0") == 0 || strcmp(value, "false") == 0 || strcmp(value, "off") == 0;
}

static void begin_aside(struct document *d)
{
	if (!d->aside_at)
		d->aside_at = d->depth;
	end_line(d);
}

static void begin(struct document *d, size_t i, const xmlChar **attributes, int n)
{
	switch (effects[i].effect) {
	case EFFECT_HIDE:
		d->hide_at = d->depth;
		break;
	case EFFECT_FALLBACK:
		d->hide_at = d->had_choice ? d->depth : 0;
		break;
	case EFFECT_WORDS:
	case EFFECT_PARAGRAPH:
		d->words_at = d->words_at ? d->words_at : d->depth;
		break;
	case EFFECT_ASIDE:
		begin_aside(d);
		break;
	case EFFECT_RUN:
		d->vanished = false;
		break;
	case EFFECT_VANISH:
		d->vanished = !is_off(attributes, n);
		break;
	case EFFECT_SYMBOL:
		if (is_shown(d))
			put_symbol(d, attributes, n);
		break;
	case EFFECT_PUT:
		if (is_shown(d))
			build_str(target(d), effects[i].put);
		break;
	case EFFECT_NONE:
	case EFFECT_LINE:
	case EFFECT_CHOICE:
		break;
	}
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
		     int spaces_n, const xmlChar **namespaces, int n, int defaulted_n,
		     const xmlChar **attributes)
{
	struct document *d = user;
	size_t i = effect_of(name, uri);
	(void)prefix;
	(void)spaces_n;
	(void)namespaces;
	(void)defaulted_n;
	if (++d->depth > LIMIT_XML_DEPTH) {
		d->outcome = EXTRACT_DEEP;
		heap_leave();
	}
	if (i < effects_n && !d->hide_at)
		begin(d, i, attributes, n);
	leave_if_full(d);
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct document *d = user;
	size_t i = effect_of(name, uri);
	(void)prefix;
	if (!d->hide_at && i < effects_n) {
		enum effect e = effects[i].effect;
		if (e == EFFECT_LINE || e == EFFECT_PARAGRAPH || e == EFFECT_ASIDE)
			end_line(d);
		d->had_choice = e == EFFECT_CHOICE;
		d->vanished &= e != EFFECT_RUN;
	}
	d->hide_at = d->hide_at == d->depth ? 0 : d->hide_at;
	d->words_at = d->words_at == d->depth ? 0 : d->words_at;
	d->aside_at = d->aside_at == d->depth ? 0 : d->aside_at;
	d->depth--;
	leave_if_full(d);
}

/* on_text: line ends and tabs of the XML are mere spaces. */
static void on_text(void *user, const xmlChar *s, int len)
{
	struct document *d = user;
	struct build *to = target(d);
	if (!d->words_at || !is_shown(d))
		return;
	size_t from = to->len;
	(void)utf8_clean(slice_make(s, (size_t)len), to);
	for (size_t i = from; i < to->len; i++)
		to->ptr[i] = to->ptr[i] >= '\t' && to->ptr[i] <= '\r' ? ' ' : to->ptr[i];
	leave_if_full(d);
}

static void on_error(void *user, xmlErrorPtr err)
{
	(void)user;
	(void)err;
}

struct xml_job {
	struct slice utf8;
	struct document *d;
};

static void run_job(void *state)
{
	const struct xml_job *j = state;
	/* Without a handler for entities there are none, and nobody to fetch an external part. */
	const xmlSAXHandler calls = {.startElementNs = on_start,
				     .endElementNs = on_end,
				     .characters = on_text,
				     .cdataBlock = on_text,
				     .ignorableWhitespace = on_text,
				     .serror = on_error,
				     .initialized = XML_SAX2_MAGIC};
	xmlParserCtxtPtr ctxt =
		xmlCreateMemoryParserCtxt((const char *)j->utf8.ptr, (int)j->utf8.len);
	if (!ctxt)
		return;
	memcpy(ctxt->sax, &calls, sizeof calls);
	ctxt->userData = j->d;
	(void)xmlCtxtUseOptions(ctxt, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
					      XML_PARSE_IGNORE_ENC | XML_PARSE_HUGE);
	bool whole = xmlParseDocument(ctxt) == 0 && ctxt->wellFormed;
	j->d->outcome = ctxt->errNo == XML_ERR_NO_MEMORY ? EXTRACT_MEMORY
			: whole                          ? EXTRACT_OK
							 : EXTRACT_BROKEN;
	xmlFreeParserCtxt(ctxt);
}

enum extract_outcome xml_text(struct slice utf8, struct build *out)
{
	struct document d = {.out = out, .outcome = EXTRACT_MEMORY};
	struct xml_job j = {utf8, &d};
	assert(is_open);
	if (!utf8.len || utf8.len > INT_MAX)
		return utf8.len ? EXTRACT_LONG : EXTRACT_BROKEN;
	build_init(&d.aside, out->len_max);
	(void)heap_guard(run_job, &j);
	if (d.outcome == EXTRACT_OK) {
		d.aside_at = 0;
		end_line(&d);
		build_bytes(out, d.aside.ptr, d.aside.len);
	}
	build_release(&d.aside);
	return d.outcome;
}

bool xml_open(void)
{
	struct build out;
	build_init(&out, 0);
	if (!is_open && heap_open()) {
		is_open = true;
		/* Whatever it puts off until it is needed. */
		is_open = xml_text(SLICE_LIT("<?xml version='1.0'?><a b='c'>&amp;</a>"), &out) ==
			  EXTRACT_OK;
	}
	build_release(&out);
	return is_open;
}
