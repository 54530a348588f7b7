/* SPDX-License-Identifier: Apache-2.0 */
#include "office_docx_in.h"

#include "base_limits.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS_LEN = 40, NAME_LEN = 200, CONTAINER_LEN = 8 };

static const char zip_magic[] = "PK\3\4";
static const char container_magic[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

static bool begins(struct slice s, const char *what, size_t len)
{
	return s.len >= len && memcmp(s.ptr, what, len) == 0;
}

bool office_docx_is(struct slice bytes)
{
	return begins(bytes, zip_magic, 4) || begins(bytes, container_magic, CONTAINER_LEN);
}

const char *docx_name(const struct office_docx *d, size_t part, char *buf, size_t len)
{
	struct slice name = office_zip_name(d->zip, part);
	size_t n = name.len < len - 1 ? name.len : len - 1;
	for (size_t i = 0; i < n; i++)
		buf[i] = name.ptr[i] < ' ' || name.ptr[i] > '~' ? '?' : (char)name.ptr[i];
	buf[n] = 0;
	return buf;
}

struct sr_err docx_complain(const struct office_docx *d, size_t part, const struct sr_sink *sink,
			    const char *text)
{
	char name[NAME_LEN];
	note(sink, SR_ERROR, 0, 0, "%s in it %s", docx_name(d, part, name, sizeof name), text);
	return sr_fail(SR_E_INPUT, "the document is not in order");
}

static struct sr_err refuse(const struct sr_sink *sink, const char *text)
{
	note(sink, SR_ERROR, 0, 0, "%s", text);
	return sr_fail(SR_E_INPUT, "the document is not in order");
}

/* parse reads and parses part number part. */
static struct sr_err parse(struct office_docx *d, size_t part, const struct sr_sink *sink,
			   xmlDocPtr *out)
{
	struct build b = {0};
	struct slice bytes;
	struct sr_err e = office_zip_read(d->zip, part, &b);
	if (!sr_bad(e))
		e = build_done(&b, &bytes);
	if (!sr_bad(e))
		e = office_xml_parse(bytes, out);
	build_release(&b);
	if (sr_bad(e) && e.code != SR_E_NOMEM)
		(void)docx_complain(d, part, sink, e.what);
	return e;
}

static bool ends(const char *s, const char *what)
{
	size_t n = strlen(s), m = strlen(what);
	return n >= m && strcmp(s + n - m, what) == 0;
}

/* value of an attribute without a namespace, "" if it is not there. */
static const char *value(const xmlNode *n, const char *name)
{
	const char *v = office_xml_attr(n, name);
	return v ? v : "";
}

/* related looks in the relationships of the part folder/file for a kind (the end of its type, which
 * differs between transitional and strict); *part is what it names. */
static struct sr_err related(struct office_docx *d, struct slice folder, struct slice file,
			     const char *kind, const struct sr_sink *sink, size_t *part,
			     bool *found)
{
	struct build name = {0};
	xmlDocPtr doc = NULL;
	size_t rels;
	*found = false;
	build_slice(&name, folder);
	build_str(&name, "_rels/");
	build_slice(&name, file);
	build_str(&name, ".rels");
	struct sr_err e = name.failed ? sr_nomem() : sr_ok();
	if (!sr_bad(e) && office_zip_find(d->zip, slice_make(name.ptr, name.len), &rels))
		e = parse(d, rels, sink, &doc);
	const xmlNode *r = doc ? xmlDocGetRootElement(doc)->children : NULL;
	for (; r && !*found && !sr_bad(e); r = r->next) {
		if (!office_xml_local(r, "Relationship") || !ends(value(r, "Type"), kind) ||
		    strcmp(value(r, "TargetMode"), "External") == 0)
			continue;
		const char *target = value(r, "Target");
		build_reset(&name);
		if (*target != '/')
			build_slice(&name, folder);
		build_str(&name, *target == '/' ? target + 1 : target);
		if (name.failed)
			e = sr_nomem();
		else
			*found = office_zip_find(d->zip, slice_make(name.ptr, name.len), part);
	}
	if (doc)
		xmlFreeDoc(doc);
	build_release(&name);
	return e;
}

static struct sr_err find_body(struct office_docx *d, const struct sr_sink *sink)
{
	size_t i;
	bool found;
	SR_TRY(related(d, SLICE_LIT(""), SLICE_LIT(""), "/officeDocument", sink, &i, &found));
	if (!found && office_zip_find(d->zip, SLICE_LIT("content.xml"), &i))
		return refuse(sink, "this is an OpenDocument text; save it as DOCX (Word 2007 or "
				    "later) and mark that");
	if (!found)
		return refuse(sink, "this is an archive, but not a Word document (DOCX)");
	SR_TRY(parse(d, i, sink, &d->parts[DOCX_BODY].doc));
	d->parts[DOCX_BODY].number = i;
	if (!office_xml_is(xmlDocGetRootElement(d->parts[DOCX_BODY].doc), "document"))
		return refuse(sink, "this is an office document, but not a Word document (DOCX)");
	return sr_ok();
}

/* find_rest finds the parts that the main document names. */
static struct sr_err find_rest(struct office_docx *d, const struct sr_sink *sink)
{
	struct slice name = office_zip_name(d->zip, d->parts[DOCX_BODY].number);
	const uint8_t *slash = memrchr(name.ptr, '/', name.len);
	size_t folder_len = slash ? (size_t)(slash - name.ptr) + 1 : 0;
	struct slice folder = slice_sub(name, 0, folder_len);
	struct slice file = slice_sub(name, folder_len, name.len - folder_len);
	size_t i;
	bool found;
	SR_TRY(related(d, folder, file, "/styles", sink, &i, &found));
	if (found)
		SR_TRY(parse(d, i, sink, &d->styles));
	for (int role = DOCX_FOOTNOTES; role < DOCX_ROLES; role++) {
		const char *kind = role == DOCX_FOOTNOTES ? "/footnotes" : "/endnotes";
		SR_TRY(related(d, folder, file, kind, sink, &i, &found));
		if (!found || i == d->parts[DOCX_BODY].number ||
		    (role == DOCX_ENDNOTES && d->parts[DOCX_FOOTNOTES].doc &&
		     i == d->parts[DOCX_FOOTNOTES].number))
			continue;
		SR_TRY(parse(d, i, sink, &d->parts[role].doc));
		d->parts[role].number = i;
	}
	return sr_ok();
}

/* find_previews finds pictures of the first page (ECMA-376 part 2, 8.2) by the name that they have
 * everywhere, and makes room for the changes of a copy. */
static struct sr_err find_previews(struct office_docx *d)
{
	static const char start[] = "docProps/thumbnail.";
	for (size_t i = 0; i < office_zip_parts(d->zip); i++) {
		struct slice name = office_zip_name(d->zip, i);
		bool is_text = false;
		for (int role = 0; role < DOCX_ROLES; role++)
			is_text |= d->parts[role].doc && d->parts[role].number == i;
		if (is_text || name.len < sizeof start ||
		    strncasecmp((const char *)name.ptr, start, sizeof start - 1) != 0)
			continue;
		size_t *more = arena_grow(&d->a, d->previews, d->previews_n, &d->previews_cap,
					  sizeof *more);
		if (!more)
			return sr_nomem();
		d->previews = more;
		d->previews[d->previews_n++] = i;
	}
	d->changes = ARENA_ARRAY(&d->a, DOCX_ROLES + d->previews_n, struct office_zip_change);
	return d->changes ? sr_ok() : sr_nomem();
}

static struct sr_err open_all(struct office_docx *d, struct slice bytes, const struct sr_sink *sink)
{
	if (begins(bytes, container_magic, CONTAINER_LEN))
		return refuse(sink, "this is an encrypted document, or one of an old Word (.doc); "
				    "save it as DOCX without a password");
	struct sr_err e = office_zip_open(bytes, &d->zip);
	if (sr_bad(e) && e.code != SR_E_NOMEM)
		note(sink, SR_ERROR, 0, 0, "%s", e.what);
	SR_TRY(e);
	if (!office_zip_is_writable(d->zip))
		return refuse(sink, "this document is packed in a way that word processors do not "
				    "use; open it in one and save it anew");
	SR_TRY(find_body(d, sink));
	SR_TRY(find_rest(d, sink));
	SR_TRY(find_previews(d));
	SR_TRY(docx_check(d, sink));
	SR_TRY(docx_styles(d));
	for (int role = 0; role < DOCX_ROLES; role++)
		if (d->parts[role].doc && !docx_strip(d->parts[role].doc))
			return sr_nomem();
	return docx_read(d, sink);
}

struct sr_err office_docx_open(struct slice bytes, const struct sr_sink *sink,
			       struct office_docx **out)
{
	struct office_docx *d = calloc(1, sizeof *d);
	if (!d)
		return sr_nomem();
	build_init(&d->text, LIMIT_PAPER_BYTES);
	struct sr_err e = open_all(d, bytes, sink);
	if (sr_bad(e))
		office_docx_close(d);
	else
		*out = d;
	return e;
}

void office_docx_close(struct office_docx *d)
{
	if (!d)
		return;
	for (int role = 0; role < DOCX_ROLES; role++)
		if (d->parts[role].doc)
			xmlFreeDoc(d->parts[role].doc);
	if (d->styles)
		xmlFreeDoc(d->styles);
	office_zip_close(d->zip);
	build_release(&d->text);
	arena_release(&d->a);
	free(d);
}

struct slice office_docx_text(const struct office_docx *d)
{
	return slice_make(d->text.ptr, d->text.len);
}

/* before_off returns how many paragraphs begin at or before off. */
static size_t before_off(const struct office_docx *d, size_t off)
{
	size_t from = 0, to = d->paragraphs_n;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (d->paragraphs[mid].from <= off)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

void office_docx_locate(const struct office_docx *d, size_t off, uint32_t *paragraph,
			uint32_t *character)
{
	size_t n = before_off(d, off);
	uint32_t c = 1;
	size_t from = n ? d->paragraphs[n - 1].from : 0;
	for (size_t i = from; i < off && i < d->text.len; i++)
		c += (d->text.ptr[i] & 0xc0) != 0x80;
	*paragraph = (uint32_t)n;
	*character = c;
}

size_t office_docx_find(const struct office_docx *d, uint32_t line, uint32_t col)
{
	size_t from = 0, to = d->paragraphs_n;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (d->paragraphs[mid].line <= line)
			from = mid + 1;
		else
			to = mid;
	}
	size_t i = from ? d->paragraphs[from - 1].from : 0;
	while (i && d->text.ptr[i - 1] != '\n')
		i--;
	for (uint32_t l = from ? d->paragraphs[from - 1].line : 1; l < line && i < d->text.len; i++)
		l += d->text.ptr[i] == '\n';
	for (uint32_t c = 1; c < col && i < d->text.len && d->text.ptr[i] != '\n'; c++)
		for (i++; i < d->text.len && (d->text.ptr[i] & 0xc0) == 0x80;)
			i++;
	return i;
}

struct slice office_docx_words(const struct office_docx *d, size_t off)
{
	size_t len = 0;
	while (off + len < d->text.len && len < WORDS_LEN && d->text.ptr[off + len] != '\n')
		len++;
	while (len && off + len < d->text.len && (d->text.ptr[off + len] & 0xc0) == 0x80)
		len--;
	return slice_make(d->text.ptr + off, len);
}

static const xmlNode *paragraph_of(const xmlNode *n)
{
	const xmlNode *p = n;
	while (p && p->type == XML_ELEMENT_NODE && !office_xml_is(p, "p"))
		p = p->parent;
	return p && p->type == XML_ELEMENT_NODE ? p : n;
}

static void words(const xmlNode *n, struct build *out)
{
	if (out->len >= WORDS_LEN)
		return;
	if (office_xml_is(n, "t") || office_xml_is(n, "delText"))
		office_xml_text(n, out);
	for (const xmlNode *c = n->children; c; c = c->next)
		if (c->type == XML_ELEMENT_NODE)
			words(c, out);
}

void docx_words(const xmlNode *n, struct build *out)
{
	words(paragraph_of(n), out);
	size_t len = out->len < WORDS_LEN ? out->len : WORDS_LEN;
	while (len && len < out->len && (out->ptr[len] & 0xc0) == 0x80)
		len--;
	out->len = len;
	for (size_t i = 0; i < len; i++)
		out->ptr[i] = out->ptr[i] < ' ' ? ' ' : out->ptr[i];
}
