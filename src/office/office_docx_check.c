/* SPDX-License-Identifier: Apache-2.0 */
#include "office_docx_in.h"

#include "base_limits.h"

#include <string.h>
#include <strings.h>

enum { NAME_LEN = 200, QUOTE_LEN = 60 };

/* Revision marks (ECMA-376 part 1, 17.13.5). */
static const char *const revisions[] = {
	"ins",
	"del",
	"moveFrom",
	"moveTo",
	"rPrChange",
	"pPrChange",
	"sectPrChange",
	"tblPrChange",
	"tblPrExChange",
	"trPrChange",
	"tcPrChange",
	"tblGridChange",
	"numberingChange",
	"cellIns",
	"cellDel",
	"cellMerge",
	"delText",
	"delInstrText",
	"moveFromRangeStart",
	"moveToRangeStart",
	"customXmlInsRangeStart",
	"customXmlDelRangeStart",
	"customXmlMoveFromRangeStart",
	"customXmlMoveToRangeStart",
	NULL,
};

static const char *const comments[] = {"comment", "commentReference", NULL};
static const char *const comment_ranges[] = {"commentRangeStart", NULL}; /* of a broken one */

/* Another file, which Word takes in when it opens the document (17.17.2). */
static const char *const chunks[] = {"altChunk", NULL};

struct tally {
	size_t n;
	const xmlNode *first;
};

static void count(const xmlNode *n, const char *const *names, struct tally *t)
{
	if (office_xml_is_any(n, names)) {
		t->first = t->n++ ? t->first : n;
		return; /* what is inside belongs to it */
	}
	for (const xmlNode *c = n->children; c; c = c->next)
		if (c->type == XML_ELEMENT_NODE)
			count(c, names, t);
}

struct checker {
	struct office_docx *d;
	const struct sr_sink *sink;
	struct sr_err worst;
};

static void bad(struct checker *c)
{
	c->worst = sr_fail(SR_E_INPUT, "the document is not in order");
}

static struct sr_err report(struct checker *c, size_t part, const struct tally *t, const char *one,
			    const char *many, const char *advice)
{
	char name[NAME_LEN];
	struct build words = {0};
	docx_words(t->first, &words);
	struct sr_err e = words.failed ? sr_nomem() : sr_ok();
	const char *where = docx_name(c->d, part, name, sizeof name);
	if (!sr_bad(e) && words.len)
		note(c->sink, SR_ERROR, 0, 0, "%zu %s in %s, the first in \"%.*s...\"; %s", t->n,
		     t->n == 1 ? one : many, where, (int)words.len, (const char *)words.ptr,
		     advice);
	else if (!sr_bad(e))
		note(c->sink, SR_ERROR, 0, 0, "%zu %s in %s; %s", t->n, t->n == 1 ? one : many,
		     where, advice);
	build_release(&words);
	bad(c);
	return e;
}

static struct sr_err check_marks(struct checker *c, size_t part, const xmlNode *root)
{
	struct tally t = {0};
	count(root, revisions, &t);
	if (t.n)
		SR_TRY(report(c, part, &t, "tracked change", "tracked changes",
			      "accept or reject all of them (Word: Review, Accept, Accept All "
			      "Changes; LibreOffice: Edit, Track Changes, Accept All) and save"));
	t = (struct tally){0};
	count(root, comments, &t);
	if (!t.n)
		count(root, comment_ranges, &t);
	if (t.n)
		SR_TRY(report(c, part, &t, "comment", "comments",
			      "delete all of them (Word: Review, Delete, Delete All Comments; "
			      "LibreOffice: Edit, Comments, Delete All) and save"));
	t = (struct tally){0};
	count(root, chunks, &t);
	if (t.n)
		SR_TRY(report(c, part, &t, "file", "files",
			      "Word takes such a file (altChunk) in when it opens the document: "
			      "open it in Word and save"));
	return sr_ok();
}

static void braces(struct checker *c, size_t part, struct slice text)
{
	char name[NAME_LEN];
	struct slice found;
	if (!office_xml_braces(text, &found))
		return;
	note(c->sink, SR_ERROR, 0, 0,
	     "%s in it holds \"%.*s%s\"; there all readers would see every wording: places work in "
	     "the "
	     "text, the footnotes and the endnotes only, so write one wording out",
	     docx_name(c->d, part, name, sizeof name),
	     (int)(found.len < QUOTE_LEN ? found.len : QUOTE_LEN), (const char *)found.ptr,
	     found.len < QUOTE_LEN ? "" : "...");
	bad(c);
}

static bool is_ours(const struct office_docx *d, size_t part)
{
	for (int role = 0; role < DOCX_ROLES; role++)
		if (d->parts[role].doc && d->parts[role].number == part)
			return true;
	return false;
}

/* What is not well-formed is looked at as it stands. */
static struct sr_err check_xml(struct checker *c, size_t part, struct slice bytes)
{
	xmlDocPtr doc = NULL;
	struct build all = {0};
	struct sr_err e = office_xml_parse(bytes, &doc);
	if (e.code == SR_E_NOMEM)
		return e;
	if (sr_bad(e)) {
		braces(c, part, bytes);
		return sr_ok();
	}
	const xmlNode *root = xmlDocGetRootElement(doc);
	e = check_marks(c, part, root);
	if (!sr_bad(e) && !is_ours(c->d, part)) {
		office_xml_all(root, &all);
		if (all.failed)
			e = sr_nomem();
		else
			braces(c, part, slice_make(all.ptr, all.len));
	}
	build_release(&all);
	xmlFreeDoc(doc);
	return e;
}

static bool has_end(struct slice name, const char *end)
{
	size_t n = strlen(end);
	return name.len >= n && strncasecmp((const char *)name.ptr + name.len - n, end, n) == 0;
}

static bool is_text(struct slice name)
{
	static const char *const list[] = {".xml", ".rels", ".vml",   ".txt", ".rtf",
					   ".htm", ".html", ".xhtml", ".mht", NULL};
	for (size_t i = 0; list[i]; i++)
		if (has_end(name, list[i]))
			return true;
	return false;
}

static const char macros_text[] =
	"this document has macros, or may have them; save it as a document without macros (.docx)";

static bool is_macro_type(struct slice name, struct slice bytes)
{
	static const char kind[] = "macroEnabled";
	return has_end(name, "[Content_Types].xml") &&
	       memmem(bytes.ptr, bytes.len, kind, sizeof kind - 1);
}

static struct sr_err check_part(struct checker *c, size_t part, struct build *b)
{
	struct slice name = office_zip_name(c->d->zip, part), bytes;
	if (!is_text(name))
		return sr_ok();
	build_reset(b);
	struct sr_err e = office_zip_read(c->d->zip, part, b);
	if (!sr_bad(e))
		e = build_done(b, &bytes);
	if (!sr_bad(e) && is_macro_type(name, bytes)) {
		note(c->sink, SR_ERROR, 0, 0, "%s", macros_text);
		bad(c);
	}
	if (!sr_bad(e))
		return check_xml(c, part, bytes);
	if (e.code != SR_E_NOMEM)
		(void)docx_complain(c->d, part, c->sink, e.what);
	return e;
}

static bool in_folder(struct slice name, const char *folder)
{
	size_t n = strlen(folder);
	return name.len > n && strncasecmp((const char *)name.ptr, folder, n) == 0;
}

static void check_names(struct checker *c)
{
	bool macros = false, is_signed = false;
	for (size_t i = 0; i < office_zip_parts(c->d->zip); i++) {
		struct slice name = office_zip_name(c->d->zip, i);
		macros |= has_end(name, "vbaProject.bin");
		is_signed |= in_folder(name, "_xmlsignatures/");
	}
	if (macros)
		note(c->sink, SR_ERROR, 0, 0, "%s", macros_text);
	if (is_signed)
		note(c->sink, SR_ERROR, 0, 0,
		     "this document has a digital signature, which no copy with another wording "
		     "could keep; remove it (Word: File, Info, View Signatures) and save");
	if (macros || is_signed)
		bad(c);
}

struct sr_err docx_check(struct office_docx *d, const struct sr_sink *sink)
{
	struct checker c = {.d = d, .sink = sink};
	struct build b = {0};
	struct sr_err e = sr_ok();
	check_names(&c);
	for (size_t i = 0; i < office_zip_parts(d->zip) && !sr_bad(e); i++)
		e = check_part(&c, i, &b);
	build_release(&b);
	return sr_bad(e) ? e : c.worst;
}
