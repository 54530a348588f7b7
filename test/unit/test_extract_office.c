/* SPDX-License-Identifier: Apache-2.0 */
/* Word and OpenDocument texts as leaks: what is text in them, and what must do no harm. */
#include "test.h"
#include "zips.h"

#include "extract.h"
#include "extract_parse.h"
#include "extract_utf8.h"
#include "base_limits.h"

#include <zip.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

enum { TEXT_LEN_MAX = 64 << 20 };

static struct decode_converters converters;

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
#define W_SPACE                                                                                    \
	" xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""                \
	" xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\""                \
	" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\""         \
	" xmlns:m=\"http://schemas.openxmlformats.org/officeDocument/2006/math\""
#define DOCX(body) XML "<w:document" W_SPACE "><w:body>" body "</w:body></w:document>"
#define P(s) "<w:p>" s "</w:p>"
#define R(s) "<w:r><w:t>" s "</w:t></w:r>"
#define BOX(s) "<w:txbxContent>" P(R(s)) "</w:txbxContent>"

#define ODF_SPACE                                                                                  \
	" xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\""                       \
	" xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\""                         \
	" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\""                           \
	" xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\""                        \
	" xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\""                  \
	" xmlns:dc=\"http://purl.org/dc/elements/1.1/\""                                           \
	" xmlns:xlink=\"http://www.w3.org/1999/xlink\""
#define ODT(body)                                                                                  \
	XML "<office:document-content" ODF_SPACE "><office:body><office:text>" body                \
	    "</office:text></office:body></office:document-content>"
#define TP(s) "<text:p>" s "</text:p>"

struct row {
	const char *xml, *want, *why;
};

static const struct row docx[] = {
	{DOCX(P(R("one")) P(R("two"))), "one\ntwo\n", "paragraphs"},
	{DOCX(P(R("re") R("quest") R("ed"))), "requested\n", "runs do not break words"},
	{DOCX("<w:p><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs><w:rPr><w:vanish/></w:rPr>"
	      "</w:pPr>" R("a") "<w:r><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:cr/></w:r></w:p>"),
	 "a\tb\nc\n", "tabs and breaks, but not those of the form"},
	{DOCX(P("<w:r><w:t>a</w:t><w:noBreakHyphen/><w:t>b</w:t><w:softHyphen/><w:t>c</w:t></"
		"w:r>")),
	 "a\xe2\x80\x91"
	 "b\xc2\xad"
	 "c\n",
	 "hyphens"},
	{DOCX(P("<w:r><w:sym w:font=\"Arial\" w:char=\"00E9\"/><w:sym w:char=\"F0A7\"/><w:t>a</w:t>"
		"<w:sym w:char=\"zzz\"/><w:sym/><w:sym w:char=\"110000000000000000000\"/></w:r>")),
	 "é a   \n", "symbols"},
	{DOCX(P(R(
		 "a") "<w:del w:id=\"1\"><w:r><w:delText>b</w:delText></w:r><w:r><w:t>c</w:t></w:r>"
		      "</w:del><w:ins w:id=\"2\">" R("d") "</w:ins>")),
	 "ad\n", "of tracked changes what is there now"},
	{DOCX(P("<w:moveFrom>" R("a") "</w:moveFrom>" R("b") "<w:moveTo>" R("c") "</w:moveTo>")),
	 "bc\n", "moved text once"},
	{DOCX(P("<w:r><w:rPr><w:vanish/></w:rPr><w:t>a</w:t><w:tab/></w:r>" R(
		 "b") "<w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr><w:t>c</w:t></w:r>"
		      "<w:r><w:rPr><w:vanish w:val=\"false\"/></w:rPr><w:t>d</w:t></w:r>"
		      "<w:r><w:rPr><w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange></w:rPr>"
		      "<w:t>e</w:t></w:r>")),
	 "bcde\n", "hidden text, and what only looks so"},
	{DOCX(P("<w:r><w:instrText> HYPERLINK \"http://x\" </w:instrText></w:r>" R(
		 "a") "<w:hyperlink r:id=\"rId1\">" R("b") "</w:hyperlink>"
							   "<w:fldSimple w:instr=\"PAGE\">" R(
								   "c") "</w:fldSimple>")),
	 "abc\n", "what fields and links show, not where they lead"},
	{DOCX(P(R("one ") "<w:r><mc:AlternateContent><mc:Choice Requires=\"wps\">" BOX(
		 "box") "</mc:Choice><mc:Fallback>" BOX("box") "</mc:Fallback></"
							       "mc:AlternateContent></"
							       "w:r>" R("sentence"))),
	 "one sentence\nbox\n", "a text box once, and behind the sentence that it is in"},
	{DOCX(P("<w:r><mc:AlternateContent><mc:Fallback>" BOX(
		 "box") "</mc:Fallback></mc:AlternateContent></w:r>")),
	 "box\n", "a fallback without a choice"},
	{DOCX("<w:tbl><w:tr><w:tc>" P(R("a")) "</w:tc><w:tc>" P(R("b")) "</w:tc></w:tr></w:tbl>"),
	 "a\nb\n", "table cells"},
	{DOCX("<w:sdt><w:sdtPr><w:tag w:val=\"x\"/></w:sdtPr><w:sdtContent>" P(
		 R("a")) "</w:sdtContent></w:sdt>"),
	 "a\n", "content controls"},
	{DOCX(P("<w:r><w:ruby><w:rt>" R("x") "</w:rt><w:rubyBase>" R(
		 "a") "</w:rubyBase></w:ruby></w:r>")),
	 "a\n", "ruby text is not said twice"},
	{DOCX(P("<m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath>")), "x=1\n", "formulas"},
	{DOCX(P(R("a\n\tb") R("&lt;&amp;&#233;&#x85;") R("<![CDATA[<x>]]>"))), "a  b<&é <x>\n",
	 "white space, references, CDATA"},
	{DOCX("\n stray " P(" stray " R("a"))), "a\n", "text is in w:t only"},
	{DOCX("<w:altChunk r:id=\"rId9\"/>" P(R("a")) "<w:object><x/></w:object>"), "a\n",
	 "what lies elsewhere is not fetched"},
	{XML "<!DOCTYPE w:document SYSTEM \"file:///etc/passwd\"><w:document" W_SPACE
	     "><w:body>" P(R("a")) "</w:body></w:document>",
	 "a\n", "a DTD that is a file"},
	{XML "<!DOCTYPE w:document PUBLIC \"x\" \"http://x.example/y\" [<!ENTITY % p SYSTEM "
	     "\"http://x.example/z\"> %p; <!ENTITY e SYSTEM "
	     "\"file:///etc/passwd\">]><w:document" W_SPACE
	     "><w:body>" P(R("a&e;b")) "</w:body></w:document>",
	 "ab\n", "entities that are files"},
	{XML "<x xmlns:xi=\"http://www.w3.org/2001/XInclude\" xmlns:w=\"http://schemas."
	     "openxmlformats.org/wordprocessingml/2006/main\"><xi:include href=\"/etc/passwd\" "
	     "parse=\"text\"/>" P(R("a")) "</x>",
	 "a\n", "XInclude"},
	{XML "<?xml-stylesheet href=\"file:///etc/passwd\"?><w:document" W_SPACE
	     ">" P(R("a")) "</w:document>",
	 "a\n", "a style sheet"},
	{"<?xml version=\"1.0\" encoding=\"koi8-r\"?><w:document" W_SPACE
	 ">" P(R("\xf0\xd2")) "</w:document>",
	 "Пр\n", "another encoding needs no converter of libxml2"},
	{"<?xml version=\"1.0\" encoding=\"ibm037\"?><w:document" W_SPACE
	 ">" P(R("a")) "</w:document>",
	 "a\n", "nor does one that nobody has opened"},
	{XML "<d:document xmlns:d=\"http://purl.oclc.org/ooxml/wordprocessingml/main\"><d:p><d:r>"
	     "<d:t>a</d:t></d:r></d:p></d:document>",
	 "a\n", "the strict form, under another prefix"},
};

static const struct row odt[] = {
	{ODT("<text:h>one</text:h>\n  " TP("two")), "one\ntwo\n", "headings and paragraphs"},
	{ODT(TP("a<text:s text:c=\"999999999\"/>b<text:tab/>c<text:line-break/>d")), "a b\tc\nd\n",
	 "spaces, tabs, breaks"},
	{ODT(TP("re<text:span>quest</text:span>ed<text:soft-page-break/>!")), "requested!\n",
	 "spans do not break words"},
	{ODT("<text:tracked-changes><text:changed-region><text:deletion>" TP(
		 "old") "</text:deletion></text:changed-region></"
			"text:tracked-changes>" TP("a<text:change "
						   "text:change-id=\"x\"/>b")),
	 "ab\n", "what was deleted"},
	{ODT(TP("one<text:note><text:note-citation>1</"
		"text:note-citation><text:note-body>" TP(
			"note") "</text:note-body></text:note> sentence")),
	 "one sentence\nnote\n", "notes come behind"},
	{ODT(TP("a<office:annotation><dc:creator>who</dc:creator><dc:date>2024</"
		"dc:date>" TP("remark") "</office:annotation>b")),
	 "ab\nremark\n", "comments, without their author"},
	{ODT(TP("a<draw:frame><draw:text-box>" TP("box") "</draw:text-box><svg:desc>x</svg:desc>"
							 "</draw:frame>b")),
	 "ab\nbox\n", "text boxes"},
	{ODT(TP("a<text:hidden-text>b</text:hidden-text><text:a "
		"xlink:href=\"http://x\">c</text:a>")),
	 "ac\n", "hidden text and links"},
	{ODT("<text:list><text:list-item>" TP(
		 "a") "</text:list-item></text:list>"
		      "<text:section xlink:href=\"file:///etc/passwd\">" TP("b") "</text:section>"),
	 "a\nb\n", "lists, sections that lie elsewhere"},
	{ODT("<office:forms><x>" TP("a") "</x></office:forms><office:scripts>" TP(
		 "b") "</office:scripts>" TP("c")),
	 "c\n", "forms and scripts"},
};

static const char types[] = XML "<Types/>";
static const char odt_type[] = "application/vnd.oasis.opendocument.text";

static struct zips_part part(const char *name, const char *text)
{
	return (struct zips_part){.name = name, .bytes = slice_str(text)};
}

static struct slice make_docx(struct arena *a, const char *xml)
{
	struct zips_part p[] = {part("[Content_Types].xml", types), part("word/document.xml", xml)};
	return zips_make(a, p, ROWS(p));
}

static struct slice make_odt(struct arena *a, const char *xml)
{
	struct zips_part p[] = {part("mimetype", odt_type), part("content.xml", xml)};
	return zips_make(a, p, ROWS(p));
}

static enum extract_outcome parse(struct arena *a, struct slice bytes, struct extract_found *found)
{
	struct build out;
	build_init(&out, TEXT_LEN_MAX);
	enum extract_outcome o = extract_parse(bytes, NULL, &converters, &out, found);
	if (o == EXTRACT_OK)
		found->text.ptr = arena_dup(a, found->text.ptr, found->text.len);
	build_release(&out);
	return o;
}

/* check_text reads bytes in the child, then in this process, whose state the next child inherits.
 */
static void check_text(struct slice bytes, const char *want, const char *why)
{
	struct arena a = {0};
	struct extract_found found = {0};
	struct slice text = {NULL, 0};
	struct sr_err e = extract_text(&a, bytes, NULL, NULL, &text);
	CHECK(!sr_bad(e) && slice_eq(text, slice_str(want)), "%s: in the child: %s", why, e.what);
	enum extract_outcome o = parse(&a, bytes, &found);
	CHECK(o == EXTRACT_OK, "%s: %s", why, extract_err(o).what);
	CHECK(slice_eq(found.text, slice_str(want)), "%s: \"%.*s\", not \"%s\"", why,
	      (int)found.text.len, (const char *)found.text.ptr, want);
	arena_release(&a);
}

static void test_docx(void)
{
	for (size_t i = 0; i < ROWS(docx); i++) {
		struct arena a = {0};
		check_text(make_docx(&a, docx[i].xml), docx[i].want, docx[i].why);
		arena_release(&a);
	}
}

static void test_odt(void)
{
	for (size_t i = 0; i < ROWS(odt); i++) {
		struct arena a = {0};
		check_text(make_odt(&a, odt[i].xml), odt[i].want, odt[i].why);
		arena_release(&a);
	}
	check_text(
		slice_str(XML
			  "<office:document" ODF_SPACE " office:mimetype=\"application/vnd."
			  "oasis.opendocument.text\"><office:master-styles><style:header>" TP(
				  "head") "</style:header></office:master-styles><office:body>"
					  "<office:text>" TP("a") "</office:text></office:body></"
								  "office:document>"),
		"head\na\n", "a flat file");
}

static void test_parts(void)
{
	struct arena a = {0};
	struct zips_part p[] = {
		part("[Content_Types].xml", types),
		part("word/footer1.xml", DOCX(P(R("footer")))),
		part("word/header2.xml", DOCX(P(R("header")))),
		part("word/comments.xml", DOCX(P(R("comment")))),
		part("word/endnotes.xml", DOCX(P(R("endnote")))),
		part("word/footnotes.xml", DOCX(P(R("footnote")))),
		part("WORD/Document2.xml", DOCX(P(R("body")))),
		part("word/glossary/document.xml", DOCX(P(R("building block")))),
		part("word/vbaProject.bin", "a macro"),
		part("word/embeddings/a.docx", "an object"),
		part("word/_rels/document.xml.rels",
		     XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/"
			 "relationships\"><Relationship Id=\"rId1\" TargetMode=\"External\" "
			 "Target=\"file:///etc/passwd\"/></Relationships>"),
	};
	check_text(zips_make(&a, p, ROWS(p)), "body\nfootnote\nendnote\ncomment\nheader\nfooter\n",
		   "parts in their order");
	struct zips_part q[] = {part("mimetype", odt_type), part("styles.xml", ODT(TP("header"))),
				part("Basic/x.xml", ODT(TP("macro"))),
				part("content.xml", ODT(TP("body")))};
	check_text(zips_make(&a, q, ROWS(q)), "body\nheader\n", "those of an ODT");
	arena_release(&a);
}

/* again writes start, then much again, then end. */
static const char *again(struct arena *a, const char *start, const char *more, size_t n,
			 const char *end)
{
	struct build b;
	struct slice s;
	build_init(&b, 0);
	build_str(&b, start);
	for (size_t i = 0; i < n; i++)
		build_str(&b, more);
	build_str(&b, end);
	struct sr_err e = build_done(&b, &s);
	assert(!sr_bad(e));
	const char *copy = arena_dup(a, s.ptr, s.len);
	assert(copy);
	build_release(&b);
	return copy;
}

/* bomb packs n zeros as libzip does, a thousand to one. */
static struct slice bomb(struct arena *a, size_t n)
{
	zip_source_t *s = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_source_keep(s);
	zip_t *z = zip_open_from_source(s, ZIP_TRUNCATE, NULL);
	char *zeros = arena_alloc(a, n, 1);
	assert(z && zeros);
	bool ok = zip_file_add(z, "[Content_Types].xml", zip_source_buffer(z, types, 10, 0), 0) ==
			  0 &&
		  zip_file_add(z, "word/document.xml", zip_source_buffer(z, zeros, n, 0), 0) == 1 &&
		  zip_close(z) == 0;
	zip_stat_t st;
	ok = ok && zip_source_stat(s, &st) == 0 && zip_source_open(s) == 0;
	assert(ok);
	uint8_t *bytes = arena_alloc(a, st.size, 1);
	assert(bytes && zip_source_read(s, bytes, st.size) == (zip_int64_t)st.size);
	(void)zip_source_close(s);
	zip_source_free(s);
	return slice_make(bytes, st.size);
}

static void check_refused(struct slice bytes, enum extract_outcome want, const char *why)
{
	struct arena a = {0};
	struct slice text;
	struct sr_err e = extract_text(&a, bytes, NULL, NULL, &text);
	CHECK(e.what == extract_err(want).what, "%s: %s", why, e.what ? e.what : "read");
	arena_release(&a);
}

#define ENTITIES                                                                                   \
	XML "<!DOCTYPE x [<!ENTITY a \"long long\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">" \
	    "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d "                            \
	    "\"&c;&c;&c;&c;&c;&c;&c;\">]>"                                                         \
	    "<x>&d;&d;&d;&d;</x>"

static void test_refusals(void)
{
	struct arena a = {0};
	struct slice whole = make_docx(&a, DOCX(P(R("a"))));
	const struct {
		struct slice bytes;
		enum extract_outcome want;
		const char *why;
	} rows[] = {
		{make_docx(&a, ENTITIES), EXTRACT_BROKEN, "an entity bomb"},
		{make_docx(&a, "<x>"), EXTRACT_BROKEN, "XML without end"},
		{make_docx(&a, DOCX(P(R(" ")))), EXTRACT_NOTHING, "no text"},
		{make_docx(&a, XML "<w:document xmlns:w=\"urn:x\">" P(R("a")) "</w:document>"),
		 EXTRACT_NOTHING, "another language"},
		{make_docx(&a, ""), EXTRACT_BROKEN, "no XML"},
		{make_docx(&a, DOCX(P(R("a"))) "x"), EXTRACT_BROKEN, "something behind it"},
		{make_docx(&a, again(&a, "", "<x>", 100000, "")), EXTRACT_DEEP, "deep XML"},
		{make_docx(&a, again(&a, "<x>", "<x>", LIMIT_XML_DEPTH, "")), EXTRACT_DEEP,
		 "a level too many"},
		{slice_sub(whole, 0, whole.len - 9), EXTRACT_BROKEN, "a document cut off"},
		{bomb(&a, 32 << 20), EXTRACT_BOMB, "a zip bomb"},
		{make_odt(&a, "<x>"), EXTRACT_BROKEN, "an ODT, too"},
	};
	for (size_t i = 0; i < ROWS(rows); i++)
		check_refused(rows[i].bytes, rows[i].want, rows[i].why);
	struct zips_part none[] = {part("[Content_Types].xml", types),
				   part("word/styles.xml", "<x/>")};
	check_refused(zips_make(&a, none, 2), EXTRACT_BROKEN, "no document in it");
	struct zips_part secret[] = {part("mimetype", odt_type), part("content.xml", "x\1y"),
				     part("META-INF/manifest.xml", "<manifest:encryption-data/>")};
	check_refused(zips_make(&a, secret, 3), EXTRACT_ENCRYPTED, "an encrypted ODT");
	struct zips_part locked[] = {part("word/document.xml", "x"),
				     part("[Content_Types].xml", types)};
	locked[0].flags = 1;
	check_refused(zips_make(&a, locked, 2), EXTRACT_ENCRYPTED, "a ZIP password");
	arena_release(&a);
}

/* check_any accepts any outcome, but a text must be clean. */
static void check_any(struct slice bytes, const char *why)
{
	struct arena a = {0};
	struct extract_found found;
	if (parse(&a, bytes, &found) == EXTRACT_OK) {
		struct utf8_counts n = utf8_count(found.text);
		CHECK(n.bad_n == 0 && n.control_n == 0, "%s: not clean", why);
	}
	arena_release(&a);
}

/* The XML is swept outside of its archive, whose checksum would catch it all. */
static void test_sweeps(void)
{
	for (size_t i = 0; i < ROWS(docx); i++) {
		struct slice s = slice_str(docx[i].xml);
		for (size_t bit = 0; bit < s.len * 8; bit += 5) {
			struct arena a = {0};
			char *xml = arena_dup(&a, s.ptr, s.len);
			assert(xml);
			xml[bit / 8] = (char)(xml[bit / 8] ^ (1 << bit % 8));
			check_any(make_docx(&a, xml), docx[i].why);
			xml[bit / 8] = 0;
			check_any(make_docx(&a, xml), docx[i].why);
			arena_release(&a);
		}
	}
	struct arena a = {0};
	struct slice zip = make_odt(&a, odt[0].xml);
	uint8_t *flipped = arena_dup(&a, zip.ptr, zip.len);
	assert(flipped);
	for (size_t bit = 0; bit < zip.len * 8; bit++) {
		flipped[bit / 8] ^= (uint8_t)(1U << bit % 8);
		check_any(slice_make(flipped, zip.len), "a bit of an archive");
		flipped[bit / 8] ^= (uint8_t)(1U << bit % 8);
		check_any(slice_sub(zip, 0, bit / 8), "an archive cut off");
	}
	arena_release(&a);
}

static void fail_each(struct slice bytes, const char *why)
{
	bool failed = true;
	for (size_t n = 1; failed; n++) {
		struct build out;
		struct extract_found found;
		build_init(&out, TEXT_LEN_MAX);
		test_alloc_fail_at(n);
		enum extract_outcome o = extract_parse(bytes, NULL, &converters, &out, &found);
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		build_release(&out);
		CHECK(!failed || o == EXTRACT_MEMORY, "%s: allocation %zu: %d", why, n, (int)o);
	}
}

static void test_no_memory(void)
{
	struct arena a = {0};
	for (size_t i = 0; i < ROWS(docx); i++)
		fail_each(make_docx(&a, docx[i].xml), docx[i].why);
	for (size_t i = 0; i < ROWS(odt); i++)
		fail_each(make_odt(&a, odt[i].xml), odt[i].why);
	arena_release(&a);
}

static void test_too_long(void)
{
	struct arena a = {0};
	struct slice zip = make_docx(&a, DOCX(P(R("0123456789"))));
	for (size_t max = 1; max < 13; max++) {
		struct build out;
		struct extract_found found;
		build_init(&out, max);
		enum extract_outcome o = extract_parse(zip, NULL, &converters, &out, &found);
		CHECK(o == (max < 11 ? EXTRACT_LONG : EXTRACT_OK), "%zu bytes", max);
		build_release(&out);
	}
	arena_release(&a);
}

int main(void)
{
	if (!parse_open(&converters))
		return EXIT_FAILURE;
	test_run("DOCX", test_docx);
	test_run("ODT", test_odt);
	test_run("parts", test_parts);
	test_run("refusals", test_refusals);
	test_run("sweeps", test_sweeps);
	test_run("no memory", test_no_memory);
	test_run("too long", test_too_long);
	decode_close(&converters);
	return test_done();
}
