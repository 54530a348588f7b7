/* SPDX-License-Identifier: Apache-2.0 */
/* office/: a DOCX becomes text and copies. Copies of one document differ in their wording only, the
 * text of a copy is the text that was asked for, and what would reveal the places is refused. */
#include "docx.h"

#include "office_docx.h"
#include "office_zip.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#define P(xml) "<w:p>" xml "</w:p>"
#define T(text) "<w:r><w:t xml:space=\"preserve\">" text "</w:t></w:r>"
#define B(text) "<w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">" text "</w:t></w:r>"
#define DOC(body) "<w:document " DOCX_W "><w:body>" body "</w:body></w:document>"
#define STYLE(id) "<w:pPr><w:pStyle w:val=\"" id "\"/></w:pPr>"

struct heard {
	size_t errors, warnings;
	char text[8192];
};

static void hear(void *user, const struct sr_note *n)
{
	struct heard *h = user;
	h->errors += n->level == SR_ERROR;
	h->warnings += n->level == SR_WARNING;
	size_t used = strlen(h->text);
	(void)snprintf(h->text + used, sizeof h->text - used, "%s\n", n->text);
}

static struct sr_err open_heard(struct slice bytes, struct heard *h, struct office_docx **d)
{
	*h = (struct heard){0};
	*d = NULL;
	struct sr_sink sink = {hear, h, "paper.docx"};
	return office_docx_open(bytes, &sink, d);
}

static const char styles[] =
	"<w:styles " DOCX_W ">"
	"<w:style w:styleId=\"H\"><w:name w:val=\"heading 1\"/></w:style>"
	"<w:style w:styleId=\"Mine\"><w:name w:val=\"Mine\"/><w:basedOn w:val=\"H\"/></w:style>"
	"<w:style w:styleId=\"Q\"><w:name w:val=\"Intense Quote\"/></w:style>"
	"<w:style w:styleId=\"O\"><w:name w:val=\"x\"/><w:pPr><w:outlineLvl w:val=\"0\"/></w:pPr>"
	"</w:style>"
	"<w:style w:styleId=\"Loop\"><w:name w:val=\"y\"/><w:basedOn w:val=\"Loop\"/></w:style>"
	"</w:styles>";

static struct slice with_styles(struct arena *a, const char *body, const char *footnotes)
{
	const char *in = docx_around(a, DOCX_W, "body", body);
	return docx_make(a, docx_around(a, DOCX_W, "document", in), footnotes,
			 docx_part("word/styles.xml", styles));
}

static void texts(void)
{
	static const struct {
		const char *why, *body, *footnotes, *want;
	} row[] = {
		{"nothing", "", NULL, ""},
		{"an empty paragraph", P(""), NULL, ""},
		{"a paragraph", P(T("One.")), NULL, "One.\n"},
		{"two", P(T("One.")) P("") P(T("Two.")), NULL, "One.\n\nTwo.\n"},
		{"runs join", P(T("O") B("n") T("e.")), NULL, "One.\n"},
		{"a heading", P(STYLE("H") T("One")) P(T("Two.")), NULL, "# One\n\nTwo.\n"},
		{"a style based on a heading", P(STYLE("Mine") T("One")), NULL, "# One\n"},
		{"an outline level", P(STYLE("O") T("One")), NULL, "# One\n"},
		{"a style based on itself", P(STYLE("Loop") T("One")), NULL, "One\n"},
		{"a style that is not there", P(STYLE("Gone") T("One")), NULL, "One\n"},
		{"a quotation", P(STYLE("Q") T("One")), NULL, "> One\n"},
		{"a table",
		 "<w:tbl><w:tr><w:tc>" P(T("a")) "</w:tc><w:tc>" P(
			 T("b")) "</w:tc></w:tr></w:tbl>" P(T("c")),
		 NULL, "| a\n\n| b\n\nc\n"},
		{"tab and break",
		 P("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>"), NULL,
		 "a b\nc\n"},
		{"a break in a heading", P(STYLE("H") "<w:r><w:t>a</w:t><w:br/><w:t>b</w:t></w:r>"),
		 NULL, "# a\n# b\n"},
		{"hyphens", P("<w:r><w:t>a</w:t><w:noBreakHyphen/><w:softHyphen/></w:r>"), NULL,
		 "a\xe2\x80\x91\xc2\xad\n"},
		{"space that does not count", P("<w:r><w:t>  a </w:t></w:r>" T("b")), NULL, "ab\n"},
		{"space that counts", P(T("  a ") T("b")), NULL, "  a b\n"},
		{"a line end is a space", P(T("a\n\nb")), NULL, "a  b\n"},
		{"a link, a smart tag, a control",
		 P("<w:hyperlink>" T("a") "</w:hyperlink><w:smartTag><w:smartTagPr/>" T(
			 "b") "</w:smartTag><w:sdt><w:sdtPr/><w:sdtContent>" T("c") "</"
										    "w:sdtContent>"
										    "</w:sdt>"),
		 NULL, "abc\n"},
		{"the code of a field is no text",
		 P("<w:r><w:fldChar "
		   "w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>PAGE</w:instrText>"
		   "</w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>" T(
			   "7") "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>" T(".")),
		 NULL, "7.\n"},
		{"a text box is not in it",
		 P(T("a") "<w:r><w:pict><w:txbxContent>" P(
			 T("box")) "</w:txbxContent></w:pict></w:r>"),
		 NULL, "a\n"},
		{"references to characters", P(T("&lt;&#228;&amp;")), NULL, "<\xc3\xa4&\n"},
		{"CDATA", P(T("<![CDATA[<b>]]>")), NULL, "<b>\n"},
		{"footnotes come last", P(T("a")),
		 "<w:footnotes " DOCX_W "><w:footnote>" P(T("b")) "</w:footnote></w:footnotes>",
		 "a\n\nb\n"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct office_docx *d;
		struct heard h;
		struct sr_err e =
			open_heard(with_styles(&a, row[i].body, row[i].footnotes), &h, &d);
		if (CHECK(!sr_bad(e) && !h.errors, "%s: %s %s", row[i].why, e.what, h.text)) {
			struct slice s = office_docx_text(d);
			CHECK(slice_eq(s, slice_str(row[i].want)), "%s: [%.*s]", row[i].why,
			      (int)s.len, (const char *)s.ptr);
		}
		office_docx_close(d);
		arena_release(&a);
	}
}

static void strict_is_read(void)
{
	struct arena a = {0};
	struct office_docx *d;
	struct heard h;
	const char *in = docx_around(&a, DOCX_STRICT, "body", P(T("{a|b}")));
	struct slice bytes = docx_make(&a, docx_around(&a, DOCX_STRICT, "document", in), NULL,
				       (struct zips_part){0});
	CHECK(!sr_bad(open_heard(bytes, &h, &d)) &&
		      slice_eq(office_docx_text(d), SLICE_LIT("{a|b}\n")),
	      "%s", h.text);
	office_docx_close(d);
	arena_release(&a);
}

/* find_edits makes an edit of each {..} of the text: written here without the parser of text/. */
static size_t find_edits(struct slice s, struct office_edit *out, size_t max)
{
	size_t n = 0, open = 0;
	bool inside = false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '{') {
			inside = true;
			open = i;
		} else if (s.ptr[i] == '}' && inside && n < max) {
			out[n++] = (struct office_edit){open, i + 1, open + 1};
			inside = false;
		}
	}
	return n;
}

/* part_of returns part name of an archive; it lives in a. */
static struct slice part_of(struct arena *a, struct slice zip, const char *name)
{
	struct office_zip *z;
	struct build b = {0};
	size_t i;
	struct sr_err e = office_zip_open(zip, &z);
	assert(!sr_bad(e));
	bool found = office_zip_find(z, slice_str(name), &i);
	assert(found);
	e = office_zip_read(z, i, &b);
	assert(!sr_bad(e));
	struct slice out = slice_make(arena_dup(a, b.ptr, b.len), b.len);
	build_release(&b);
	office_zip_close(z);
	return out;
}

/* copy_of fills all places of a document with text, and gives the archive; it lives in a. */
static struct sr_err copy_of(struct arena *a, struct slice bytes, const char *text, struct heard *h,
			     struct slice *out)
{
	enum { EDITS_MAX = 32 };
	struct office_edit edits[EDITS_MAX];
	struct slice filling[EDITS_MAX];
	struct office_docx *d;
	struct build b = {0};
	struct sr_err e = open_heard(bytes, h, &d);
	if (sr_bad(e))
		return e;
	struct sr_sink sink = {hear, h, "paper.docx"};
	size_t n = find_edits(office_docx_text(d), edits, EDITS_MAX);
	for (size_t i = 0; i < n; i++)
		filling[i] = slice_str(text);
	e = office_docx_plan(d, edits, n, &sink);
	if (!sr_bad(e))
		e = office_docx_copy(d, filling, &b);
	if (!sr_bad(e)) {
		*out = slice_make(arena_dup(a, b.ptr, b.len), b.len);
		/* A second copy is the same. */
		struct build again = {0};
		CHECK(!sr_bad(office_docx_copy(d, filling, &again)) &&
			      slice_eq(slice_make(again.ptr, again.len), *out),
		      "a copy is the same again");
		build_release(&again);
	}
	build_release(&b);
	office_docx_close(d);
	return e;
}

/* inner returns what lies inside the body of a document's XML. */
static struct slice inner(struct slice xml)
{
	const uint8_t *from = memmem(xml.ptr, xml.len, "<w:body", 7);
	from = memchr(from, '>', 200);
	const uint8_t *to = memmem(from, xml.len - (size_t)(from - xml.ptr), "</w:body>", 9);
	return slice_make(from + 1, (size_t)(to - from) - 1);
}

static void copies(void)
{
	static const struct {
		const char *why, *body, *want; /* each place filled with "X & Y" */
		size_t warnings;
	} row[] = {
		{"a place in a run", P(T("We {a|b} it.")), P(T("We X &amp; Y it.")), 0},
		{"a place over runs", P(T("We {a") T("|") T("b} it.")), P(T("We X &amp; Y it.")),
		 0},
		{"as Word splits it",
		 P("<w:r w:rsidR=\"00A1\"><w:t xml:space=\"preserve\">We {</w:t></w:r><w:proofErr "
		   "w:type=\"spellStart\"/><w:r w:rsidRPr=\"00A2\"><w:t>as</w:t></w:r><w:r "
		   "w:rsidR=\"00A3\"><w:lastRenderedPageBreak/><w:t>ked|beg</w:t></w:r><w:proofErr "
		   "w:type=\"spellEnd\"/><w:bookmarkStart w:id=\"0\" "
		   "w:name=\"_GoBack\"/><w:bookmarkEnd "
		   "w:id=\"0\"/><w:r><w:t>ged} it.</w:t></w:r>"),
		 P(T("We X &amp; Y it.")), 0},
		{"a bookmark of the author's stays",
		 P(T("a {b") "<w:bookmarkStart w:id=\"3\" w:name=\"here\"/>" T("|c} d")),
		 P(T("a X &amp; Y") "<w:bookmarkStart w:id=\"3\" w:name=\"here\"/>" T(" d")), 0},
		{"all in bold", P(T("a ") B("{b|c}") T(" d")), P(T("a ") B("X &amp; Y") T(" d")),
		 0},
		{"braces plain, wordings bold", P(T("a {") B("b|c") T("} d")),
		 P(T("a ") B("X &amp; Y") T(" d")), 0},
		{"bold in the middle", P(T("a {b ") B("c") T("|d} e")), P(T("a X &amp; Y e")), 1},
		{"one wording bold", P(T("a {") B("b") T("|c} d")),
		 P(T("a ") B("X &amp; Y") T(" d")), 1},
		{"another language is no other look",
		 P(T("{a") "<w:r><w:rPr><w:lang w:val=\"fr\"/></w:rPr><w:t>|b</w:t></w:r>" T("}.")),
		 P(T("X &amp; Y.")), 0},
		{"runs join where there is no place", P(T("a") T("b") B("c") B("d")),
		 P(T("ab") B("cd")), 0},
		{"empty runs go",
		 P("<w:r/><w:r><w:rPr><w:b/></w:rPr></w:r>" T("a") "<w:r><w:t/></w:r>"), P(T("a")),
		 0},
		{"revision ids go",
		 "<w:p w:rsidR=\"1\" w:rsidRDefault=\"2\" w:rsidP=\"3\">" T("a") "</w:p>",
		 P(T("a")), 0},
		{"a space that did not count stays none", P("<w:r><w:t> a </w:t></w:r>" T("{b|c}")),
		 P(T("aX &amp; Y")), 0},
		{"two places touch", P(T("{a|b}{c|d}")), P(T("X &amp; YX &amp; Y")), 0},
		{"in a link", P("<w:hyperlink w:anchor=\"x\">" T("{a|b}") "</w:hyperlink>"),
		 P("<w:hyperlink w:anchor=\"x\">" T("X &amp; Y") "</w:hyperlink>"), 0},
		{"beside a picture",
		 P("<w:r><w:drawing/></w:r>" T("{a|b}") "<w:r><w:drawing/></w:r>"),
		 P("<w:r><w:drawing/></w:r>" T("X &amp; Y") "<w:r><w:drawing/></w:r>"), 0},
		{"in a text box runs join too",
		 P("<w:r><w:pict><w:txbxContent>" P(
			 T("a") T("b")) "</w:txbxContent></w:pict></w:r>"),
		 P("<w:r><w:pict><w:txbxContent>" P(T("ab")) "</w:txbxContent></w:pict></w:r>"), 0},
		{"signs of XML in what stays", P(T("&lt;{a|b}&amp;")), P(T("&lt;X &amp; Y&amp;")),
		 0},
		{"a noncharacter in what stays", P(T("\xef\xb7\x90{a|b}")),
		 P(T("\xef\xb7\x90X &amp; Y")), 0},
		{"a smart tag goes",
		 P("<w:smartTag><w:smartTagPr/>" T("{a") "</w:smartTag>" T("|b}")),
		 P(T("X &amp; Y")), 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct heard h;
		struct slice copy;
		struct sr_err e = copy_of(&a, docx_body(&a, row[i].body), "X & Y", &h, &copy);
		if (CHECK(!sr_bad(e), "%s: %s %s", row[i].why, e.what, h.text)) {
			struct slice got = inner(part_of(&a, copy, "word/main.xml"));
			CHECK(slice_eq(got, slice_str(row[i].want)), "%s: %.*s", row[i].why,
			      (int)got.len, (const char *)got.ptr);
			CHECK(h.warnings == row[i].warnings, "%s: %s", row[i].why, h.text);
		}
		arena_release(&a);
	}
}

static void footnotes_are_filled(void)
{
	struct arena a = {0};
	struct heard h;
	struct slice copy;
	static const char notes[] = "<w:footnotes " DOCX_W
				    "><w:footnote>" P(T("see {b|c}")) "</w:footnote></w:footnotes>";
	struct sr_err e = copy_of(&a, with_styles(&a, P(T("{a|b}")), notes), "X", &h, &copy);
	if (CHECK(!sr_bad(e), "%s", h.text)) {
		struct slice xml = part_of(&a, copy, "word/notes.xml");
		CHECK(memmem(xml.ptr, xml.len, "see X<", 6), "%.*s", (int)xml.len,
		      (const char *)xml.ptr);
		CHECK(slice_eq(part_of(&a, copy, "word/styles.xml"), slice_str(styles)),
		      "other parts stay");
	}
	arena_release(&a);
}

/* The preview shows the first page with all wordings. Many programs write one. */
static void previews_are_emptied(void)
{
	static const char *const names[] = {"docProps/thumbnail.jpeg", "docProps/Thumbnail.EMF"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct arena a = {0};
		struct heard h;
		struct slice copy = {0}, left;
		struct slice bytes = docx_make(&a, DOC(P(T("{a|b} c"))), NULL,
					       docx_part(names[i], "a picture of {a|b} c"));
		struct sr_err e = copy_of(&a, bytes, "X", &h, &copy);
		if (CHECK(!sr_bad(e) && !h.errors && !h.warnings, "%s: %s", names[i], h.text)) {
			left = part_of(&a, copy, names[i]);
			CHECK(left.ptr && !left.len, "%s: %zu bytes", names[i], left.len);
		}
		arena_release(&a);
	}
}

static void places_that_cannot_be(void)
{
	static const struct {
		const char *why, *body, *says;
	} row[] = {
		{"a tab", P("<w:r><w:t>{a</w:t><w:tab/><w:t>|b}</w:t></w:r>"), "a tab"},
		{"a line break", P("<w:r><w:t>{a</w:t><w:br/><w:t>|b}</w:t></w:r>"),
		 "a line break"},
		{"a hyphen", P("<w:r><w:t>{a</w:t><w:softHyphen/><w:t>|b}</w:t></w:r>"),
		 "an optional hyphen"},
		{"a picture", P(T("{a") "<w:r><w:drawing/></w:r>" T("|b}")), "a picture"},
		{"a footnote mark",
		 P(T("{a") "<w:r><w:footnoteReference w:id=\"2\"/></w:r>" T("|b}")),
		 "a footnote mark"},
		{"the edge of a link", P(T("{a") "<w:hyperlink>" T("|b}") "</w:hyperlink>"),
		 "the edge of a link"},
		{"a field inside",
		 P(T("{a") "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>" T(
			 "|") "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>" T("b}")),
		 "a field"},
		{"inside a field",
		 P("<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>" T(
			 "{a|b}") "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"),
		 "a field"},
		{"inside a field over paragraphs",
		 P("<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>") P(T("{a|b}")), "a field"},
		{"inside a simple field",
		 P("<w:fldSimple w:instr=\"REF x\">" T("{a|b}") "</w:fldSimple>"), "a field"},
		{"a control bound to data",
		 P("<w:sdt><w:sdtPr><w:dataBinding w:xpath=\"/t\"/></w:sdtPr><w:sdtContent>" T(
			 "{a|b}") "</w:sdtContent></w:sdt>"),
		 "filled from data"},
		{"a paragraph in a control bound to data",
		 "<w:sdt><w:sdtPr><x:dataBinding xmlns:x=\"w15\"/></w:sdtPr><w:sdtContent>" P(
			 T("{a|b}")) "</w:sdtContent></w:sdt>",
		 "filled from data"},
		{"an equation", P(T("{a") "<m:oMath xmlns:m=\"m\"/>" T("|b}")),
		 "something other than text"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct heard h;
		struct slice copy = {0};
		struct sr_err e = copy_of(&a, docx_body(&a, row[i].body), "X", &h, &copy);
		CHECK(e.code == SR_E_INPUT && strstr(h.text, row[i].says), "%s: %s", row[i].why,
		      h.text);
		CHECK(strstr(h.text, "paragraph "), "%s: %s", row[i].why, h.text);
		arena_release(&a);
	}
}

#define CHANGED "<w:ins w:id=\"1\" w:author=\"A\">" T("new text") "</w:ins>"

static void refusals(void)
{
	static const struct {
		const char *why, *document, *name, *part, *says;
	} row[] = {
		{"an insertion", DOC(P(T("a ") CHANGED)), NULL, NULL,
		 "1 tracked change in word/main.xml, the first in \"a new text"},
		{"two changes",
		 DOC(P(CHANGED "<w:del><w:r><w:delText>x</w:delText></w:r></w:del>")), NULL, NULL,
		 "2 tracked changes in word/main.xml"},
		{"a moved text", DOC(P("<w:moveTo>" T("a") "</w:moveTo>")), NULL, NULL,
		 "tracked change"},
		{"a changed format", DOC(P("<w:r><w:rPr><w:rPrChange/></w:rPr></w:r>")), NULL, NULL,
		 "tracked change"},
		{"a changed paragraph", DOC(P("<w:pPr><w:pPrChange/></w:pPr>")), NULL, NULL,
		 "tracked change"},
		{"a deleted paragraph mark", DOC(P("<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>")), NULL,
		 NULL, "tracked change"},
		{"a change in a header", DOC(""), "word/header1.xml",
		 "<w:hdr " DOCX_W ">" P(CHANGED) "</w:hdr>", "word/header1.xml"},
		{"a change in a part that nothing names", DOC(""), "word/x.xml",
		 "<w:x " DOCX_W ">" P(CHANGED) "</w:x>", "word/x.xml"},
		{"a comment", DOC(P("<w:commentRangeStart w:id=\"1\"/>" T("a"))), NULL, NULL,
		 "1 comment in word/main.xml"},
		{"a comment's beginning, end and mark are one comment",
		 DOC(P("<w:commentRangeStart w:id=\"1\"/>" T(
			 "a") "<w:commentRangeEnd w:id=\"1\"/><w:r>"
			      "<w:commentReference w:id=\"1\"/></w:r>")),
		 NULL, NULL, "1 comment in word/main.xml"},
		{"a list of comments", DOC(""), "word/comments.xml",
		 "<w:comments " DOCX_W "><w:comment>" P(T("No!")) "</w:comment></w:comments>",
		 "1 comment in word/comments.xml, the first in \"No!"},
		{"a file to be taken in", DOC("<w:altChunk/>"), NULL, NULL,
		 "1 file in word/main.xml; Word takes"},
		{"macros", DOC(""), "word/vbaProject.bin", "x", "macros"},
		{"macros by type", DOC(""), "x/[Content_Types].xml",
		 "<Types><Override "
		 "ContentType=\"application/vnd.ms-word.document.macroEnabled\"/></Types>",
		 "macros"},
		{"a signature", DOC(""), "_xmlsignatures/sig1.xml", "<x/>", "signature"},
		{"braces in a header", DOC(""), "word/header1.xml",
		 "<w:hdr " DOCX_W ">" P(T("{dra") T("ft|final}")) "</w:hdr>",
		 "word/header1.xml in it holds \"{draft|final}\""},
		{"braces in a header that is indented", DOC(""), "word/header1.xml",
		 "<w:hdr " DOCX_W ">" P("\n " T("{dra") "\r\n\t" T("ft|fi\nnal}")) "</w:hdr>",
		 "word/header1.xml in it holds \"{dra"},
		{"braces in the title", DOC(""), "docProps/core.xml", "<c><title>{a|b}</title></c>",
		 "docProps/core.xml"},
		{"braces in a chart", DOC(""), "word/charts/c.xml",
		 "<c><a:v xmlns:a=\"a\">{a|b}</a:v></c>", "word/charts/c.xml"},
		{"braces in the target of a link", DOC(""), "word/_rels/x.rels",
		 "<R><r Target=\"http://h/{a|b}\"/></R>", "word/_rels/x.rels"},
		{"braces in the target of a link, as Word writes it", DOC(""), "word/_rels/x.rels",
		 "<R><r Target=\"mailto:%7Banna%7canne%7D@h\"/></R>",
		 "holds \"%7Banna%7canne%7D\""},
		{"braces in the tip of a link",
		 DOC(P("<w:hyperlink w:tooltip=\"{a|b}\">" T("c") "</w:hyperlink>")), NULL, NULL,
		 "\"{a|b}\""},
		{"braces in the code of a simple field",
		 DOC(P("<w:fldSimple w:instr=\"IF {a|b}\">" T("c") "</w:fldSimple>")), NULL, NULL,
		 "\"{a|b}\""},
		{"braces in a part that is not well-formed", DOC(""), "word/x.vml", "<a>{a|b}",
		 "word/x.vml"},
		{"braces in a text box",
		 DOC(P("<w:r><w:pict><w:txbxContent>" P(
			 T("{a|") T("b}")) "</w:txbxContent></w:pict></w:r>")),
		 NULL, NULL, "a text box"},
		{"braces in a text box that is indented",
		 DOC(P("<w:r><w:pict><w:txbxContent>" P(
			 T("{a|") "\n" T("b}")) "</w:txbxContent></w:pict></w:r>")),
		 NULL, NULL, "a text box"},
		{"braces in the code of a field",
		 DOC(P("<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>IF {a"
		       "</w:instrText></w:r><w:r><w:instrText>|b}</w:instrText></w:r><w:r>"
		       "<w:fldChar w:fldCharType=\"end\"/></w:r>")),
		 NULL, NULL, "field"},
		{"braces in a fallback",
		 DOC(P("<w:r><mc:AlternateContent xmlns:mc=\"m\"><mc:Fallback>" P(
			 T("{a|b}")) "</mc:Fallback></mc:AlternateContent></w:r>")),
		 NULL, NULL, "a text box"},
		{"braces in the description of a picture",
		 DOC(P("<w:r><w:drawing><d descr=\"{a|b}\"/></w:drawing></w:r>")), NULL, NULL,
		 "description"},
		{"braces in an equation", DOC(P("<m:t xmlns:m=\"m\">{a|b}</m:t>")), NULL, NULL,
		 "equation"},
		{"not well-formed", "<w:document " DOCX_W "><w:body>", NULL, NULL,
		 "word/main.xml in it is damaged"},
		{"a document type", "<!DOCTYPE x []>" DOC(""), NULL, NULL,
		 "word/main.xml in it is damaged"},
		{"a bomb of entities",
		 "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>" DOC(
			 P(T("&b;"))),
		 NULL, NULL, "word/main.xml in it is damaged"},
		{"an entity", DOC(P(T("&unknown;"))), NULL, NULL, "word/main.xml in it is damaged"},
		{"not a Word document", "<workbook/>", NULL, NULL, "not a Word document"},
		{"no XML", "", NULL, NULL, "word/main.xml in it is damaged"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct office_docx *d;
		struct heard h;
		struct zips_part extra = {0};
		if (row[i].name)
			extra = docx_part(row[i].name, row[i].part);
		struct sr_err e = open_heard(docx_make(&a, row[i].document, NULL, extra), &h, &d);
		CHECK(e.code == SR_E_INPUT && h.errors && strstr(h.text, row[i].says), "%s: %s",
		      row[i].why, h.text);
		office_docx_close(d);
		arena_release(&a);
	}
}

static void braces_that_stay(void)
{
	static const char *const fine[] = {"{4D36E96C}", "{a}|b",      "\\{a|b\\}", "a|b}",
					   "}{|",        "%7Ba%7D%7C", "%7",        "%7Ba%7C%7"};
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		struct arena a = {0};
		struct office_docx *d;
		struct heard h;
		char part[100];
		(void)snprintf(part, sizeof part, "<c><t id=\"%s\"/></c>", fine[i]);
		struct slice bytes =
			docx_make(&a, DOC(""), NULL, docx_part("docProps/x.xml", part));
		CHECK(!sr_bad(open_heard(bytes, &h, &d)), "%s: %s", fine[i], h.text);
		office_docx_close(d);
		arena_release(&a);
	}
}

static void no_documents(void)
{
	struct arena a = {0};
	struct office_docx *d;
	struct heard h;
	struct zips_part odt[] = {docx_part("mimetype", "x"), docx_part("content.xml", "<a/>")};
	struct zips_part zip[] = {docx_part("a", "b")};
	CHECK(sr_bad(open_heard(zips_make(&a, odt, 2), &h, &d)) && strstr(h.text, "OpenDocument"),
	      "%s", h.text);
	CHECK(sr_bad(open_heard(zips_make(&a, zip, 1), &h, &d)) && strstr(h.text, "archive"), "%s",
	      h.text);
	struct slice old = SLICE_LIT("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more");
	CHECK(office_docx_is(old), "an old document is judged");
	CHECK(sr_bad(open_heard(old, &h, &d)) && strstr(h.text, "encrypted"), "%s", h.text);
	struct slice plain = docx_body(&a, P(T("a")));
	uint8_t *commented = arena_alloc(&a, plain.len + 1, 1);
	assert(commented);
	memcpy(commented, plain.ptr, plain.len);
	commented[plain.len - 2] = 1; /* the length of the comment */
	commented[plain.len] = 'c';
	CHECK(sr_bad(open_heard(slice_make(commented, plain.len + 1), &h, &d)) &&
		      strstr(h.text, "packed in a way"),
	      "%s", h.text);
	CHECK(!office_docx_is(SLICE_LIT("PK is no archive")), "text stays text");
	CHECK(!office_docx_is(SLICE_LIT("")), "no bytes");
	arena_release(&a);
}

static void what_fits(void)
{
	static const struct {
		const char *why, *body, *words;
		bool fits;
	} row[] = {
		{"in a run", P(T("a because of b")), "because of", true},
		{"over runs", P(T("a be") T("cause of b")), "because of", true},
		{"bold in part", P(T("a because ") B("of b")), "because of", false},
		{"a tab between", P("<w:r><w:t>because</w:t><w:tab/><w:t>of</w:t></w:r>"),
		 "because of", false},
		{"a footnote between",
		 P(T("because") "<w:r><w:footnoteReference w:id=\"2\"/></w:r>" T(" of")),
		 "because of", false},
		{"a footnote behind",
		 P(T("because of") "<w:r><w:footnoteReference w:id=\"2\"/></w:r>" T(" it")),
		 "because of", true},
		{"in a field", P("<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>" T("because of")),
		 "because of", false},
		{"over the edge of a link",
		 P(T("because ") "<w:hyperlink>" T("of") "</w:hyperlink>"), "because of", false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct office_docx *d;
		struct heard h;
		if (CHECK(!sr_bad(open_heard(docx_body(&a, row[i].body), &h, &d)), "%s", h.text)) {
			struct slice s = office_docx_text(d);
			const uint8_t *at =
				memmem(s.ptr, s.len, row[i].words, strlen(row[i].words));
			size_t from = at ? (size_t)(at - s.ptr) : 0;
			CHECK(at && office_docx_fits(d, from, from + strlen(row[i].words)) ==
					      row[i].fits,
			      "%s", row[i].why);
		}
		office_docx_close(d);
		arena_release(&a);
	}
}

static void positions(void)
{
	struct arena a = {0};
	struct office_docx *d;
	struct heard h;
	uint32_t p, c;
	struct slice bytes = with_styles(&a,
					 P(STYLE("H") T("Head")) P("") P(T("\xc3\xa4 b"))
						 P("<w:r><w:t>c</w:t><w:br/><w:t>d</w:t></w:r>"),
					 NULL);
	if (CHECK(!sr_bad(open_heard(bytes, &h, &d)), "%s", h.text)) {
		/* "# Head", "", "ä b", "", "c", "d" */
		office_docx_locate(d, office_docx_find(d, 1, 3), &p, &c);
		CHECK(p == 1 && c == 1, "the heading: %u:%u", p, c);
		office_docx_locate(d, office_docx_find(d, 3, 3), &p, &c);
		CHECK(p == 2 && c == 3, "behind a letter of two bytes: %u:%u", p, c);
		CHECK(slice_eq(office_docx_words(d, office_docx_find(d, 3, 3)), SLICE_LIT("b")),
		      "words");
		office_docx_locate(d, office_docx_find(d, 6, 1), &p, &c);
		CHECK(p == 3 && c == 3, "behind a break: %u:%u", p, c);
		CHECK(office_docx_find(d, 99, 99) == office_docx_text(d).len, "no such line");
	}
	office_docx_close(d);
	arena_release(&a);
}

static const char small[] = P(STYLE("H") "<w:r><w:t>T</w:t></w:r>")
	P(T("{a") B("|b} c") "<w:hyperlink>" T("{d|e}") "</w:hyperlink><w:r><w:tab/></w:r>");

/* All the ways into the module with one document: nothing may crash, and the text of a copy is the
 * text that was asked for. */
static void try_all(struct slice bytes, const char *why, size_t at)
{
	struct arena a = {0};
	struct heard h;
	struct slice copy;
	struct office_docx *d;
	if (!sr_bad(copy_of(&a, bytes, "{x|y}", &h, &copy))) {
		struct slice again;
		CHECK(!sr_bad(copy_of(&a, copy, "{x|y}", &h, &again)) && slice_eq(copy, again),
		      "%s %zu: a copy filled with places is filled again to the same: %s", why, at,
		      h.text);
	}
	if (!sr_bad(open_heard(bytes, &h, &d)))
		CHECK(office_docx_text(d).len < 10000, "%s %zu", why, at);
	else
		CHECK(h.errors, "%s %zu: refused without a word", why, at);
	office_docx_close(d);
	arena_release(&a);
}

static void sweeps(void)
{
	struct arena a = {0};
	const char *in = docx_around(&a, DOCX_W, "body", small);
	const char *document = docx_around(&a, DOCX_W, "document", in);
	size_t len = strlen(document);
	for (size_t cut = 0; cut < len; cut++) {
		struct arena once = {0};
		char *part = arena_dup(&once, document, cut);
		struct office_docx *d;
		struct heard h;
		struct slice zip = docx_make(&once, part, NULL, (struct zips_part){0});
		CHECK(open_heard(zip, &h, &d).code == SR_E_INPUT && h.errors, "%zu bytes", cut);
		arena_release(&once);
	}
	for (size_t bit = 0; bit < len * 8; bit++) {
		struct arena once = {0};
		char *part = arena_dup(&once, document, len);
		part[bit / 8] = (char)(part[bit / 8] ^ 1 << bit % 8);
		if (part[bit / 8])
			try_all(docx_make(&once, part, NULL, (struct zips_part){0}), "bit", bit);
		arena_release(&once);
	}
	struct slice zip = docx_body(&a, small);
	for (size_t n = 0; n < zip.len; n++) {
		uint8_t *cut = malloc(n + 1);
		memcpy(cut, zip.ptr, n);
		try_all(slice_make(cut, n), "prefix", n);
		free(cut);
	}
	arena_release(&a);
}

static void allocations_fail(void)
{
	struct arena a = {0};
	struct slice zip = docx_body(&a, small);
	for (size_t n = 1; n < 100000; n++) {
		struct office_docx *d = NULL;
		struct office_edit edits[4];
		struct slice texts[4] = {SLICE_LIT("x"), SLICE_LIT("y")};
		struct build b = {0};
		test_alloc_fail_at(n);
		struct sr_err e = office_docx_open(zip, NULL, &d);
		size_t edits_n = d ? find_edits(office_docx_text(d), edits, 4) : 0;
		if (!sr_bad(e))
			e = office_docx_plan(d, edits, edits_n, NULL);
		if (!sr_bad(e))
			e = office_docx_copy(d, texts, &b);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(failed ? e.code == SR_E_NOMEM : !sr_bad(e), "allocation %zu: %s", n, e.what);
		office_docx_close(d);
		build_release(&b);
		if (!failed)
			break;
	}
	arena_release(&a);
}

static void control_characters(void)
{
	struct arena a = {0};
	struct heard h;
	struct slice copy;
	CHECK(copy_of(&a, docx_body(&a, P(T("{a|b}"))), "a\001b", &h, &copy).code == SR_E_INPUT,
	      "XML cannot carry it");
	arena_release(&a);
}

int main(void)
{
	test_run("texts", texts);
	test_run("strict documents", strict_is_read);
	test_run("copies", copies);
	test_run("footnotes", footnotes_are_filled);
	test_run("places that cannot be", places_that_cannot_be);
	test_run("previews are emptied", previews_are_emptied);
	test_run("refusals", refusals);
	test_run("braces that stay", braces_that_stay);
	test_run("what is no document", no_documents);
	test_run("what an automatic place may be", what_fits);
	test_run("positions", positions);
	test_run("control characters", control_characters);
	test_run("every prefix and every bit", sweeps);
	test_run("every allocation fails", allocations_fail);
	return test_done();
}
