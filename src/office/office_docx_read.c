/* SPDX-License-Identifier: Apache-2.0 */
#include "office_docx_in.h"

#include "base_limits.h"

#include <string.h>

enum { QUOTE_LEN = 60, NAME_LEN = 200 };

/* other: what is in the part but not in the paper's text. */
struct reader {
	struct office_docx *d;
	enum docx_role role;
	struct build other;
	unsigned field_n, table_n, bound_n; /* open ones */
	enum docx_look look;                /* of the paragraph */
	bool is_open;                       /* it has text */
	uint32_t line;
	struct sr_err failed; /* the first failure */
};

static void fail(struct reader *r, struct sr_err e)
{
	if (!sr_bad(r->failed))
		r->failed = e;
}

static void put_prefix(struct reader *r)
{
	if (r->table_n || r->look == DOCX_CODE)
		build_str(&r->d->text, "| ");
	else if (r->look == DOCX_HEADING)
		build_str(&r->d->text, "# ");
	else if (r->look == DOCX_QUOTE)
		build_str(&r->d->text, "> ");
}

/* open_paragraph comes before the first sign of a paragraph. */
static void open_paragraph(struct reader *r)
{
	struct office_docx *d = r->d;
	if (r->is_open)
		return;
	r->is_open = true;
	if (d->text.len) {
		build_str(&d->text, "\n\n");
		r->line += 2;
	}
	put_prefix(r);
	struct docx_paragraph *p =
		arena_grow(&d->a, d->paragraphs, d->paragraphs_n, &d->paragraphs_cap, sizeof *p);
	if (!p) {
		fail(r, sr_nomem());
		return;
	}
	d->paragraphs = p;
	d->paragraphs[d->paragraphs_n++] =
		(struct docx_paragraph){d->text.len, d->text.len, r->line};
}

static void put_barrier(struct reader *r, const char *what)
{
	struct office_docx *d = r->d;
	struct docx_barrier *b =
		arena_grow(&d->a, d->barriers, d->barriers_n, &d->barriers_cap, sizeof *b);
	if (!b) {
		fail(r, sr_nomem());
		return;
	}
	d->barriers = b;
	d->barriers[d->barriers_n++] = (struct docx_barrier){d->text.len, what};
}

/* put_sign puts in what stands for something that is no text. */
static void put_sign(struct reader *r, const char *sign, const char *what)
{
	open_paragraph(r);
	put_barrier(r, what);
	build_str(&r->d->text, sign);
	if (*sign != '\n')
		return;
	r->line++;
	put_prefix(r);
}

static void put_piece(struct reader *r, xmlNodePtr t, xmlNodePtr holder, struct slice s)
{
	struct office_docx *d = r->d;
	open_paragraph(r);
	size_t from = d->text.len;
	build_slice(&d->text, s);
	if (d->text.failed || sr_bad(r->failed))
		return;
	for (size_t i = from; i < d->text.len; i++)
		if (memchr("\t\r\n", d->text.ptr[i], 3))
			d->text.ptr[i] = ' ';
	struct docx_piece *p = arena_grow(&d->a, d->pieces, d->pieces_n, &d->pieces_cap, sizeof *p);
	if (!p) {
		fail(r, sr_nomem());
		return;
	}
	d->pieces = p;
	d->pieces[d->pieces_n++] = (struct docx_piece){
		from, d->text.len, t, holder, r->role, r->field_n > 0 || r->bound_n > 0};
	d->paragraphs[d->paragraphs_n - 1].to = d->text.len;
}

static void read_text(struct reader *r, xmlNodePtr t, xmlNodePtr holder)
{
	struct build b = {0};
	office_xml_text(t, &b);
	if (b.failed)
		fail(r, sr_nomem());
	else if (b.len)
		put_piece(r, t, holder, slice_make(b.ptr, b.len));
	build_release(&b);
}

static void read_field_mark(struct reader *r, const xmlNode *n)
{
	const char *kind = office_xml_attr(n, "fldCharType");
	put_barrier(r, "a field");
	if (kind && strcmp(kind, "begin") == 0)
		r->field_n++;
	else if (kind && strcmp(kind, "end") == 0 && r->field_n)
		r->field_n--;
}

/* What may stand in a run beside text (ECMA-376 part 1, 17.3.3), what it is to a person, and what
 * stands for it in the text. */
static const struct {
	const char *name, *sign, *what;
} signs[] = {
	{"tab", " ", "a tab"},
	{"ptab", " ", "a tab"},
	{"br", "\n", "a line break"},
	{"cr", "\n", "a line break"},
	{"noBreakHyphen", "\xe2\x80\x91", "a non-breaking hyphen"},
	{"softHyphen", "\xc2\xad", "an optional hyphen"},
	{"sym", "\xef\xbf\xbc", "a symbol"},
	{"footnoteReference", "", "a footnote mark"},
	{"endnoteReference", "", "an endnote mark"},
	{"drawing", "", "a picture"},
	{"pict", "", "a picture"},
	{"object", "", "an object"},
};

static void read_run_part(struct reader *r, xmlNodePtr n, xmlNodePtr holder)
{
	if (office_xml_is(n, "t")) {
		read_text(r, n, holder);
		return;
	}
	if (office_xml_is(n, "fldChar"))
		read_field_mark(r, n);
	if (office_xml_is(n, "rPr"))
		return;
	if (office_xml_is(n, "instrText")) { /* Word splits it over runs */
		put_barrier(r, "a field");
		office_xml_text(n, &r->other);
		return;
	}
	size_t i = 0, signs_n = sizeof signs / sizeof *signs;
	while (i < signs_n && !office_xml_is(n, signs[i].name))
		i++;
	if (i < signs_n && *signs[i].sign)
		put_sign(r, signs[i].sign, signs[i].what);
	else
		put_barrier(r, i < signs_n ? signs[i].what : "something other than text");
	office_xml_all(n, &r->other);
}

/* Elements that only hold runs, and those that mark a spot and show nothing. */
static const char *const holders[] = {"hyperlink", "sdt", "sdtContent", "fldSimple", "customXml",
				      "smartTag",  "dir", "bdo",        NULL};
static const char *const spots[] = {"bookmarkStart", "bookmarkEnd", "permStart", "permEnd",
				    "proofErr",      "sdtPr",       "sdtEndPr",  "customXmlPr",
				    "pPr",           NULL};

/* is_bound tells whether n is a content control bound to data (17.5.2.6; Word 2012 has one of the
 * same name): Word writes into it what the data say whenever it opens the document. */
static bool is_bound(const xmlNode *n)
{
	const xmlNode *format = office_xml_is(n, "sdt") ? office_xml_child(n, "sdtPr") : NULL;
	for (const xmlNode *c = format ? format->children : NULL; c; c = c->next)
		if (office_xml_local(c, "dataBinding"))
			return true;
	return false;
}

static void read_inline(struct reader *r, xmlNodePtr holder)
{
	bool field = office_xml_is(holder, "fldSimple") || is_bound(holder);
	r->bound_n += field;
	office_xml_values(holder, &r->other);
	for (xmlNodePtr n = holder->children; n; n = n->next) {
		if (n->type != XML_ELEMENT_NODE)
			continue;
		if (office_xml_is(n, "r")) {
			for (xmlNodePtr c = n->children; c; c = c->next)
				if (c->type == XML_ELEMENT_NODE)
					read_run_part(r, c, holder);
		} else if (office_xml_is_any(n, holders)) {
			read_inline(r, n);
		} else {
			if (!office_xml_is_any(n, spots))
				put_barrier(r, "something other than text");
			office_xml_all(n, &r->other);
		}
	}
	r->bound_n -= field;
}

static void read_paragraph(struct reader *r, xmlNodePtr p)
{
	const xmlNode *format = office_xml_child(p, "pPr");
	const xmlNode *style = format ? office_xml_child(format, "pStyle") : NULL;
	r->look = docx_look(r->d, style ? office_xml_attr(style, "val") : NULL);
	if (format && office_xml_child(format, "outlineLvl"))
		r->look = DOCX_HEADING;
	r->is_open = false;
	read_inline(r, p);
	build_str(&r->other, "\n");
}

static void read_blocks(struct reader *r, xmlNodePtr n)
{
	static const char *const blocks[] = {"body",    "tbl",        "tr",        "tc",
					     "sdt",     "sdtContent", "customXml", "footnote",
					     "endnote", NULL};
	bool table = office_xml_is(n, "tc"), bound = is_bound(n);
	r->table_n += table;
	r->bound_n += bound;
	for (xmlNodePtr c = n->children; c; c = c->next) {
		if (c->type != XML_ELEMENT_NODE)
			continue;
		if (office_xml_is(c, "p"))
			read_paragraph(r, c);
		else if (office_xml_is_any(c, blocks))
			read_blocks(r, c);
		else
			office_xml_all(c, &r->other);
	}
	r->table_n -= table;
	r->bound_n -= bound;
}

static struct sr_err check_other(const struct reader *r, const struct sr_sink *sink)
{
	struct slice found, other;
	char name[NAME_LEN];
	SR_TRY(build_done(&r->other, &other));
	if (!office_xml_braces(other, &found))
		return sr_ok();
	bool cut = found.len > QUOTE_LEN;
	note(sink, SR_ERROR, 0, 0,
	     "a text box, equation, field or description in %s holds \"%.*s%s\"; there all readers "
	     "would see every wording: places work in the text, the footnotes and the endnotes "
	     "only, so write one wording out",
	     docx_name(r->d, r->d->parts[r->role].number, name, sizeof name),
	     cut ? QUOTE_LEN : (int)found.len, (const char *)found.ptr, cut ? "..." : "");
	return sr_fail(SR_E_INPUT, "the document is not in order");
}

static struct sr_err finish(struct reader *r, const struct sr_sink *sink)
{
	if (r->d->text.failed == SR_E_LIMIT) {
		note(sink, SR_ERROR, 0, 0, "the text of a paper may have 16 MiB at the most");
		return sr_fail(SR_E_LIMIT, "the paper is too long");
	}
	if (r->d->text.failed)
		return sr_nomem();
	SR_TRY(r->failed);
	return check_other(r, sink);
}

struct sr_err docx_read(struct office_docx *d, const struct sr_sink *sink)
{
	struct sr_err worst = sr_ok();
	uint32_t line = 1;
	for (int role = 0; role < DOCX_ROLES; role++) {
		if (!d->parts[role].doc)
			continue;
		struct reader r = {.d = d, .role = (enum docx_role)role, .line = line};
		read_blocks(&r, xmlDocGetRootElement(d->parts[role].doc));
		struct sr_err e = finish(&r, sink);
		build_release(&r.other);
		line = r.line;
		if (sr_bad(e))
			worst = e;
		if (sr_bad(e) && e.code != SR_E_INPUT)
			return e;
	}
	if (!d->text.len)
		return worst;
	build_str(&d->text, "\n");
	struct slice all;
	return sr_bad(worst) ? worst : build_done(&d->text, &all);
}
