/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_parse.h"
#include "extract_utf8.h"
#include "arena.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

enum { TEXT_LEN_MAX = 64 << 20, BOMB_LEN = 256 << 10 };

/* Opened once: the tests that need no child share them. */
static struct decode_converters converters;

/* parse runs the reader in this process; the text is copied into a, NULL on failure. */
static enum extract_outcome parse(struct arena *a, struct slice bytes, const char *name,
				  struct slice *text, uint64_t *replaced_n)
{
	struct build out;
	struct extract_found found = {0};
	build_init(&out, TEXT_LEN_MAX);
	enum extract_outcome o = extract_parse(bytes, name, &converters, &out, &found);
	*text = found.text;
	*replaced_n = found.replaced_n;
	if (o == EXTRACT_OK)
		text->ptr = arena_dup(a, text->ptr, text->len);
	build_release(&out);
	return o;
}

static void check_text(struct slice bytes, const char *name, struct slice want, const char *why)
{
	struct arena a = {0};
	struct slice got;
	uint64_t replaced_n;
	enum extract_outcome o = parse(&a, bytes, name, &got, &replaced_n);
	CHECK(o == EXTRACT_OK, "%s: %s", why, extract_err(o).what);
	CHECK(slice_eq(got, want), "%s: \"%.*s\", not \"%.*s\"", why, (int)got.len,
	      (const char *)got.ptr, (int)want.len, (const char *)want.ptr);
	arena_release(&a);
}

struct encoded {
	const char *name;
	struct slice bytes;
	const char *want;
	const char *why;
};

#define META(label, text) "<html><meta charset=\"" label "\"><p>" text
#define ROW(name, bytes, want, why)                                                                \
	{                                                                                          \
		(name), {(const uint8_t *)(bytes), sizeof(bytes) - 1}, (want), (why)               \
	}

static const struct encoded encoded[] = {
	ROW(NULL, "plain", "plain", "ASCII"),
	ROW(NULL, "caf\xc3\xa9", "café", "UTF-8"),
	ROW(NULL,
	    "\xef\xbb\xbf"
	    "caf\xc3\xa9",
	    "café", "UTF-8 with a mark, which goes"),
	ROW(NULL,
	    "\xff\xfe"
	    "a\0\xe9\0",
	    "aé", "UTF-16LE with a mark"),
	ROW(NULL,
	    "\xfe\xff"
	    "\0a\0\xe9",
	    "aé", "UTF-16BE with a mark"),
	ROW(NULL,
	    "\xff\xfe\0\0"
	    "a\0\0\0\xac\x20\0\0",
	    "a€", "UTF-32LE with a mark"),
	ROW(NULL,
	    "\0\0\xfe\xff"
	    "\0\0\0a\0\0\x20\xac",
	    "a€", "UTF-32BE with a mark"),
	ROW(NULL, "T\0h\0e\0 \0w\0o\0r\0d\0", "The word", "UTF-16LE without a mark"),
	ROW(NULL, "\0T\0h\0e\0 \0w\0o\0r\0d", "The word", "UTF-16BE without a mark"),
	ROW(NULL, "\x1f\x04\x40\x04\x38\x04\x32\x04\x35\x04\x42\x04\x20\0\x3c\x04\x38\x04\x40\x04",
	    "Привет мир", "Cyrillic UTF-16LE without a mark: only the space has a zero"),
	ROW(NULL, "T\0\0\0h\0\0\0e\0\0\0", "The", "UTF-32LE without a mark"),
	ROW(NULL,
	    "\xff\xfe"
	    "<\0h\0t\0m\0l\0>\0<\0p\0>\0a\0",
	    "a", "an UTF-16 page"),
	ROW("x.html", "<\0p\0>\0a\0<\0/\0p\0>\0\n\0b\0", "a\nb", "an UTF-16 page without a mark"),
	ROW(NULL, "a\0b c d e f g", "a b c d e f g", "a NUL in a text is a space"),
	ROW(NULL, "a\x1b[1mb\x7f caf\xc3\xa9", "a [1mb  café", "control characters are spaces"),
	ROW(NULL,
	    "a\xc2\x85"
	    "b",
	    "a b", "so are those of C1"),
	ROW(NULL, META("windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2"), "Привет", "windows-1251"),
	ROW(NULL, META("WINDOWS-1251", "\xcf\xf0\xe8\xe2\xe5\xf2"), "Привет", "any case"),
	ROW(NULL, META(" windows-1251 ", "\xcf\xf0\xe8\xe2\xe5\xf2"), "Привет", "spaces around it"),
	ROW(NULL, META("koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4"), "Привет", "koi8-r"),
	ROW(NULL, META("windows-1252", "\x93q\x94 \x80"), "“q” €", "windows-1252"),
	ROW(NULL, META("iso-8859-1", "\x93q\x94 \xe9"), "“q” é", "latin1 means windows-1252"),
	ROW(NULL, META("iso-8859-15", "\xa4 \xbd"), "€ œ", "iso-8859-15"),
	ROW(NULL, META("windows-1250", "\x9a\xe8"), "šč", "windows-1250"),
	ROW(NULL, META("iso-8859-2", "\xb1\xea"), "ąę", "iso-8859-2"),
	ROW(NULL, META("windows-1253", "\xe1\xe2"), "αβ", "windows-1253"),
	ROW(NULL, META("windows-1254", "\xfd\xf0"), "ığ", "windows-1254"),
	ROW(NULL, META("windows-1255", "\xf9\xec\xe5\xed"), "שלום", "windows-1255"),
	ROW(NULL, META("windows-1256", "\xd3\xe1\xc7\xe3"), "سلام", "windows-1256"),
	ROW(NULL, META("windows-1258", "a\xcc"), "à",
	    "windows-1258: the accent follows, at the end"),
	ROW(NULL, META("ibm866", "\x8f\xe0"), "Пр", "ibm866"),
	ROW(NULL, META("macintosh", "\x8e"), "é", "macintosh"),
	ROW(NULL, META("tis-620", "\xa1\xd2"), "กา", "Thai"),
	ROW(NULL, META("shift_jis", "\x93\xfa\x96\x7b"), "日本", "shift_jis"),
	ROW(NULL, META("shift_jis", "\x87\x40"), "①", "shift_jis as Windows has it"),
	ROW(NULL, META("euc-jp", "\xc6\xfc\xcb\xdc"), "日本", "euc-jp"),
	ROW(NULL, META("iso-2022-jp", "\x1b$BF|K\\\x1b(B!"), "日本!", "iso-2022-jp is 7-bit"),
	ROW(NULL, META("gb18030", "\xd6\xd0\xce\xc4"), "中文", "gb18030"),
	ROW(NULL, META("gb2312", "\xd6\xd0\xce\xc4"), "中文", "gb2312 means gb18030"),
	ROW(NULL, META("big5", "\xa4\xa4\xa4\xe5"), "中文", "big5"),
	ROW(NULL, META("euc-kr", "\xc7\xd1\xb1\xdb"), "한글", "euc-kr"),
	ROW(NULL, META("koi8-r", "\xd0\x9f\xd1\x80"), "Пр",
	    "what is UTF-8 is UTF-8, whatever it says"),
	ROW(NULL, META("utf-16", "\xd0\x9f"), "П", "a page that can say utf-16 is not"),
	ROW(NULL, META("no-such", "na\xefve caf\xe9s, d\xe9j\xe0 vu"), "naïve cafés, déjà vu",
	    "an unknown label"),
	ROW(NULL,
	    "<html><META content='text/html; charset=koi8-r' HTTP-EQUIV=Content-Type>\xf0\xd2",
	    "Пр", "the older meta element"),
	ROW(NULL, "<html><meta content='text/html; charset=koi8-r'>Caf\xe9 na\xefve d\xe9j\xe0 vu.",
	    "Café naïve déjà vu.", "which needs its http-equiv"),
	ROW(NULL, "<html><!-- <meta charset=koi8-r> --><meta charset=cp1251>\xcf\xf0", "Пр",
	    "a comment says nothing"),
	ROW(NULL, "<?xml version='1.0' encoding='windows-1251'?><html><p>\xcf\xf0", "Пр", "XHTML"),
	ROW(NULL, "The caf\xe9 na\xefve d\xe9j\xe0 vu \x93quoted\x94, and a \x96 dash.",
	    "The café naïve déjà vu “quoted”, and a – dash.", "windows-1252 by its statistics"),
	ROW(NULL,
	    "\xcf\xf0\xe0\xe2\xe8\xf2\xe5\xeb\xfc\xf1\xf2\xe2\xee "
	    "\xf0\xe0\xf1\xf1\xec\xee\xf2\xf0\xe8\xf2 "
	    "\xfd\xf2\xee\xf2 \xe2\xee\xef\xf0\xee\xf1 \xe2 "
	    "\xef\xee\xed\xe5\xe4\xe5\xeb\xfc\xed\xe8\xea.",
	    "Правительство рассмотрит этот вопрос в понедельник.",
	    "windows-1251 by its statistics"),
	ROW(NULL,
	    "Regeringen mente at m\xf8tet var \x93"
	    "for sent\x94; it\x92s.",
	    "Regeringen mente at møtet var “for sent”; it’s.", "not ISO-8859-15"),
	ROW(NULL, "na\xefve", "naïve", "not IBM852"),
	ROW(NULL,
	    "d\xc3\xa9"
	    "j\xc3\xa0 vu, \xc3\xa9t\xc3\xa9, \xe2\x80\x99 caf\xc3",
	    "déjà vu, été, ’ caf\xef\xbf\xbd", "UTF-8 cut in a character stays UTF-8"),
};

static void test_encodings(void)
{
	for (size_t i = 0; i < ROWS(encoded); i++)
		check_text(encoded[i].bytes, encoded[i].name, slice_str(encoded[i].want),
			   encoded[i].why);
}

struct page {
	const char *html, *want, *why;
};

static const struct page pages[] = {
	{"<p>a<b>re</b>quested", "arequested", "inline elements do not break words"},
	{"<p>one</p><p>two</p>", "one\ntwo", "blocks do"},
	{"a<br>b<br/>c<BR CLASS=x >d", "a\nb\nc\nd", "line breaks"},
	{"<ul><li>a<li>b</ul>c", "a\nb\nc", "list items"},
	{"<table><tr><td>a<td>b</td></tr><tr><th>c</table>d", "a\nb\nc\nd", "table cells"},
	{"<p> a \n\t b </p>\n <p>c</p> ", "a b\nc", "white space collapses"},
	{"<p>a <i> b</i> c", "a b c", "across elements"},
	{"<pre>a\n  b</pre>c d\n e", "a\n  b\nc d e", "pre keeps its lines"},
	{"</pre></pre><p>a  b", "a b", "an end without a start"},
	{"<textarea>a <b>\nc</textarea>", "a \nc", "a text area keeps its lines; tags in it go"},
	{"<title>a <b> &amp; c</title><body>d", "a & c\nd", "so they do in a title"},
	{"a<script>if (x</b>) y</script>b", "ab", "script"},
	{"a<script>'</scripty>'</SCRIPT >b", "ab", "its end tag is the whole name"},
	{"a<style>p{}</style>b<template>c</template>d", "abd", "style, template"},
	{"a<noscript><img src=x></noscript>b<iframe>c</iframe>d", "abd", "noscript, iframe"},
	{"a<svg><title>x</title><path/></svg>b<svg />c", "abc", "svg"},
	{"a<!-- b > <p> -->c<!-->d<!--->e<!--f--!>g", "acdeg", "comments"},
	{"<!doctype html>a<?pi x?>b</ x>c</>d<![CDATA[e]]>f", "ab x>c>d<![CDATA[e]]>f",
	 "browsers hide as comments what is none: here it is junk"},
	{"a<img alt=\"x > y\" title='<p>'>b", "ab", "quoted attributes"},
	{"a<b x=1/>b<b =>c<b a=b'>d", "abcd", "odd attributes"},
	{"1 < 2 <3 & 4 &; x<", "1 < 2 <3 & 4 &; x<", "what is no markup"},
	{"a&#b&#x;c", "abc", "a reference without a number is lost, nothing around it"},
	{"&lt;b&gt; &amp;amp; &eacute;&#233;&#xE9;&#xe9", "<b> &amp; éééé", "references"},
	{"&copy 1 &notit; &copyright &ampx", "&copy 1 &notit; &copyright &ampx",
	 "those without semicolon stay as they are"},
	{"&nosuch; &nosuch &hellip &hellip; &scaron;", "&nosuch; &nosuch &hellip … š",
	 "unknown ones"},
	{"&#146;s &#x93;q&#148; &#128;", "’s “q” €", "C1 means windows-1252"},
	{"a&#0;b&#xD800;c&#1114112;d&#99999999999999999999;e", "abcde",
	 "no character: browsers show U+FFFD"},
	{"a&#7;b&#10;c&#127;d&#129;e&Tab;", "ab c d e&Tab;",
	 "control characters are spaces or nothing; names of HTML 5 stay"},
	{"a&nbsp;b&shy;c<wbr>d",
	 "a\xc2\xa0"
	 "b\xc2\xad"
	 "cd",
	 "invisible ones stay"},
	{"<p hidden>a</p><p style='display:none'>b", "a\nb", "hidden text may matter"},
	{"<html>a</html><html>b</html>c", "a\nb\nc", "several pages in one file"},
	{"</div></p></html>a", "a", "ends without starts"},
	{"<main>a<custom-element>b</custom-element>c</main>", "abc", "unknown elements are inline"},
	{"<a-very-long-name-that-is-none>a</a-very-long-name-that-is-none>b", "ab", "long names"},
	{"<p>a<!-- never closed <p>b", "a", "an open comment hides the rest in browsers, too"},
	{"<p>a<script>never <p>closed", "a", "so does an open script"},
	{"<p>a<a href=\"never closed>b</a><p>c", "a", "and an open quote"},
	{"<p>a<title>b<p>c", "a\nb\nc", "but no open title"},
	{"<p>a<!-->b<!-- c", "ab", "an open comment after an empty one"},
	{"<!-- a --!>b<!---->c<!--->d<!-- -- > --->e", "bcde", "ends of comments"},
	{"<p>a <b", "a", "a page cut in a tag: browsers drop it"},
	{"<p>a</", "a", "or at its end"},
	{"<p>a<u>re</u>quested", "arequested", "u ends a p for libxml2, not for us"},
	{"<p>a<u>b</u>c</p>d", "abc\nd", "its end tag counts all the same"},
	{"<td>a<span>b</span>c</td>d<td>e", "abc\nd\ne", "and span ends a td"},
	{"<p>a</P ><i>b</i></p\n>c", "a\nb\nc", "spaces in end tags"},
	{"<div>a<noscript><div>b</noscript>c</div>d", "ac\nd", "an end tag that libxml2 ignores"},
	{"a<iframe><table><tr>b</iframe>c<iframe/>d", "acd", "another"},
	{"a<template>b<template>c</template>d</template>e", "ae", "templates nest"},
	{"a<noscript>b</noscript></noscript>c<noscript>d</noscript>e", "ace", "one end too many"},
	{"a<svg><g>b<text>c<p>d<b>e</b></svg>f", "a\ndef", "a block ends an open svg"},
	{"a<svg><svg>b</svg>c</svg>d</svg>e<script>f</script>g", "adeg", "svg in svg"},
	{"<div>a<svg>b</div>c", "a\nc", "so does the end of what it is in"},
	{"<body>a</body>b</html>c<p>d</p></body>e", "a\nb\nc\nd\ne", "text after the end"},
	{"a</3>b<3>c<_d>e", "a3>b<3>c<_d>e", "what begins no tag"},
	{"<p>a<meta charset=koi8-r>é<meta http-equiv=content-type content='a;charset=utf-16'>é",
	 "aéé", "the encoding is settled"},
	{"<p>a&am", "a&am", "or in a reference"},
	{"<p>a</script>b", "ab", "the end of a script that did not begin"},
	{"", "", "nothing"},
	{"<p></p><div>\n</div>", "", "nothing but markup"},
};

static void test_pages(void)
{
	for (size_t i = 0; i < ROWS(pages); i++)
		check_text(slice_str(pages[i].html), "x.html", slice_str(pages[i].want),
			   pages[i].why);
}

static const struct {
	const char *name, *bytes;
	bool is_page;
	const char *why;
} kinds[] = {
	{NULL, "<!DOCTYPE HTML><p>a", true, "a doctype"},
	{NULL, "\n <html lang=en>a", true, "an html element"},
	{"x.txt", "<html>a", true, "whatever its name"},
	{NULL, "<!-- saved --><?xml?><body>a", true, "a body element, later"},
	{NULL, "<div><p>a <b>b</b></p>", true, "tags enough"},
	{NULL, "In C, x<b && b>a <i>", false, "too few tags"},
	{"x.md", "<p><a><img><b><i><u>", false, "Markdown has tags"},
	{"x.HTM", "no tag & no", true, "a telling name"},
	{"x.html/y", "a <p>", false, "the extension of a folder is none"},
};

static void test_kinds(void)
{
	for (size_t i = 0; i < ROWS(kinds); i++) {
		struct arena a = {0};
		struct slice in = slice_str(kinds[i].bytes), got;
		uint64_t replaced_n;
		enum extract_outcome o = parse(&a, in, kinds[i].name, &got, &replaced_n);
		bool kept = slice_eq(in, got) && memchr(in.ptr, '<', in.len);
		if (i == 7)
			kept = !slice_eq(in, got);
		CHECK(o == EXTRACT_OK && kept == !kinds[i].is_page, "%s", kinds[i].why);
		arena_release(&a);
	}
}

static const struct encoded refused[] = {
	ROW(NULL, "%PDF-1.7\n%\xe2\xe3", "PDF", "PDF"),
	ROW("x.txt", "%PDF-1.7\n", "PDF", "whatever its name"),
	ROW("x.html", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture", "PNG"),
	ROW(NULL, "\xff\xd8\xff\xe0\0\x10JFIF", "picture", "JPEG"),
	ROW(NULL, "GIF89a\1\0", "picture", "GIF"),
	ROW(NULL, "RIFF\0\0\0\0WEBPVP8 ", "picture", "WebP"),
	ROW(NULL, "II*\0\x08\0\0\0", "picture", "TIFF"),
	ROW(NULL, "PK\3\4\x14\0\6\0[Content_Types].xml PK\3\4 xl/workbook.xml", "Office", "XLSX"),
	ROW(NULL, "PK\3\4\x14\0\0\0mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
	    "Office", "ODS"),
	ROW(NULL, "PK\3\4\x14\0\0\0a.txt", "archive", "ZIP"),
	ROW(NULL, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "Office", "an old Word file"),
	ROW(NULL, "{\\rtf1\\ansi a}", "RTF", "RTF"),
	ROW(NULL, "\x1f\x8b\x08\0\0\0", "archive", "gzip"),
	ROW(NULL,
	    "\x7f"
	    "ELF\2\1",
	    "program", "ELF"),
	ROW(NULL,
	    "\0\0\0\x18"
	    "ftypmp42",
	    "video", "MP4"),
	ROW(NULL,
	    "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0",
	    "encrypted", "a Word file under a password"),
	ROW(NULL, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 _\0_\0s\0u\0b\0s\0t\0g\0001\0.\0000\0_\0",
	    "Outlook", "a message of Outlook"),
	ROW(NULL, "\x78\x9f\x3e\x22\1\0", "winmail", "what Outlook attaches"),
	ROW(NULL, "\1\2\3\4\5\6\7\x8\xe\xf\x10", "binary", "control characters"),
	ROW("x.html", "<html>\1\2\3\4\5\6\7\x8\xe\xf\x10", "binary", "in a page, too"),
	ROW(NULL, "\xff\xfe\1\0\2\0\3\0\4\0\5\0\6\0\7\0\x8\0\xe\0\xf\0", "binary",
	    "in UTF-16, too"),
	ROW(NULL, "ab\0\0\0cd\0\0\0\0\0ef\0\0\0gh\0\0", "binary", "a text full of NUL"),
};

static void test_refusals(void)
{
	for (size_t i = 0; i < ROWS(refused); i++) {
		struct arena a = {0};
		struct slice got;
		uint64_t replaced_n;
		struct sr_err e = extract_err(
			parse(&a, refused[i].bytes, refused[i].name, &got, &replaced_n));
		CHECK(e.what && strstr(e.what, refused[i].want), "%s: %s", refused[i].why,
		      e.what ? e.what : "accepted");
		arena_release(&a);
	}
}

/* Texts that look a little like something else. */
static const struct page accepted[] = {
	{"From: the Minister\nTo: the Cabinet\nSubject: talks\n\nNothing.\n", NULL, "a memorandum"},
	{"Note: see %PDF-1.7 and PK.", NULL, "a mention of a signature"},
	{"BM is a car. Rar! MM* II*", NULL, "letters of signatures"},
	{"MIME-Version and Received: no header\n", NULL, "no header field"},
	{"{a|b} \\{ c \\}", NULL, "braces"},
};

static void test_accepted(void)
{
	for (size_t i = 0; i < ROWS(accepted); i++)
		check_text(slice_str(accepted[i].html), NULL, slice_str(accepted[i].html),
			   accepted[i].why);
}

static void test_random_junk(void)
{
	uint64_t seed = 1;
	uint8_t junk[4096];
	for (int round = 0; round < 50; round++) {
		struct arena a = {0};
		struct slice got;
		uint64_t replaced_n;
		for (size_t i = 0; i < sizeof junk; i++)
			junk[i] = (uint8_t)test_random(&seed);
		enum extract_outcome o =
			parse(&a, slice_make(junk, sizeof junk), NULL, &got, &replaced_n);
		CHECK(o == EXTRACT_JUNK, "round %d: %s", round, extract_err(o).what);
		arena_release(&a);
	}
}

/* check_any accepts any outcome, but a text must be clean. */
static void check_any(struct slice bytes, const char *name, const char *why)
{
	struct build out;
	build_init(&out, TEXT_LEN_MAX);
	struct extract_found found;
	enum extract_outcome o = extract_parse(bytes, name, &converters, &out, &found);
	CHECK(o != EXTRACT_PARTLY, "%s: not read to its end", why);
	if (o == EXTRACT_OK) {
		struct utf8_counts n = utf8_count(found.text);
		CHECK(n.bad_n == 0 && n.control_n == 0, "%s: not clean", why);
		CHECK(found.replaced_n <= found.text.len / 3, "%s: %zu replaced", why,
		      (size_t)found.replaced_n);
	}
	build_release(&out);
}

/* check_copy gives the reader a block of its own, so that the sanitizer sees the edges. */
static void check_copy(struct slice bytes, const char *name, const char *why)
{
	uint8_t *p = malloc(bytes.len ? bytes.len : 1);
	if (!p)
		return;
	if (bytes.len)
		memcpy(p, bytes.ptr, bytes.len);
	check_any(slice_make(p, bytes.len), name, why);
	free(p);
}

static void test_prefixes(void)
{
	for (size_t i = 0; i < ROWS(pages); i++) {
		struct slice s = slice_str(pages[i].html);
		for (size_t n = 0; n <= s.len; n++)
			check_copy(slice_sub(s, 0, n), "x.html", pages[i].why);
	}
	for (size_t i = 0; i < ROWS(encoded); i++) {
		for (size_t n = 0; n <= encoded[i].bytes.len; n++)
			check_copy(slice_sub(encoded[i].bytes, 0, n), encoded[i].name,
				   encoded[i].why);
	}
}

static void flip_bits(struct slice s, const char *name, const char *why)
{
	struct arena a = {0};
	uint8_t *copy = arena_dup(&a, s.ptr, s.len);
	for (size_t bit = 0; copy && bit < s.len * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
		check_any(slice_make(copy, s.len), name, why);
		copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	arena_release(&a);
}

static void test_bit_flips(void)
{
	for (size_t i = 0; i < ROWS(pages); i++)
		flip_bits(slice_str(pages[i].html), "x.html", pages[i].why);
	for (size_t i = 0; i < ROWS(encoded); i++)
		flip_bits(encoded[i].bytes, encoded[i].name, encoded[i].why);
}

/* Each would take minutes if the time grew with the square of the length. */
static const struct {
	const char *start, *again, *why;
} bombs[] = {
	{"", "<div>", "open elements"},
	{"", "<b>x</i>", "ends of other elements"},
	{"", "<p><pre>", "open pre elements"},
	{"", "</p>", "ends"},
	{"", "<", "open tags"},
	{"", "<a '", "open quotes"},
	{"", "<a \"><b '>", "quotes of both kinds"},
	{"<a ", "b=c ", "attributes"},
	{"<a title='", "long", "an attribute without end"},
	{"", "<!--", "open comments"},
	{"", "<!---", "almost closed comments"},
	{"<!--", "-- ", "dashes in a comment"},
	{"", "<!x", "open declarations"},
	{"", "<?", "open instructions"},
	{"", "<script>", "open scripts"},
	{"<script>", "</scrip", "almost closed scripts"},
	{"", "<svg><title>", "open elements of each kind"},
	{"", "<title></title>", "titles"},
	{"", "&", "ampersands"},
	{"", "&amp", "references without semicolon"},
	{"", "&#9", "numbers"},
	{"&#", "9", "a number without end"},
	{"&", "a", "a name without end"},
	{"", "\xc3\xa9<p>\r\n", "short lines"},
	{"", " ", "white space"},
};

static void test_bombs(void)
{
	char *mem = malloc(BOMB_LEN);
	for (size_t i = 0; mem && i < ROWS(bombs); i++) {
		size_t at = strlen(bombs[i].start), len = strlen(bombs[i].again);
		memcpy(mem, bombs[i].start, at);
		for (; at + len <= BOMB_LEN; at += len)
			memcpy(mem + at, bombs[i].again, len);
		check_any(slice_make(mem, at), "x.html", bombs[i].why);
	}
	free(mem);
}

/* fail_each makes one allocation after the other fail. */
static void fail_each(struct slice bytes, const char *name, const char *why)
{
	bool failed = true;
	for (size_t n = 1; failed; n++) {
		struct build out;
		build_init(&out, TEXT_LEN_MAX);
		struct extract_found found;
		test_alloc_fail_at(n);
		enum extract_outcome o = extract_parse(bytes, name, &converters, &out, &found);
		failed = test_alloc_failed();
		test_alloc_fail_at(0);
		build_release(&out);
		CHECK(!failed || o == EXTRACT_MEMORY, "%s: allocation %zu", why, n);
	}
}

/* Where memory runs out, the outcome says so. */
static void test_no_memory(void)
{
	for (size_t i = 0; i < ROWS(encoded); i++) {
		fail_each(encoded[i].bytes, "x.html", encoded[i].why);
		fail_each(encoded[i].bytes, "x.txt", encoded[i].why);
	}
	for (size_t i = 0; i < ROWS(pages); i++)
		fail_each(slice_str(pages[i].html), "x.html", pages[i].why);
	fail_each(
		SLICE_LIT("<!doctype html public 'a' 'b'><b a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9 "
			  "j=10 k=11 l=12><b><b><b><b><b><b><b><b><b><b><b>&nosuch;</i></u>"
			  "<p title='0123456789012345678901234567890123456789012345678901234567890"
			  "12345678901234567890123456789012345678901234567890123456789'>"
			  "<!-- 01234567890123456789012345678901234567890123456789012345678901234"
			  "567890123456789012345678901234567890123456789 --><?x y?>"),
		"x.html", "all that libxml2 has tables for");
}

static void test_too_long(void)
{
	static const char text[] = "<p>0123456789\xe9";
	for (size_t max = 1; max < 16; max++) {
		struct build out;
		build_init(&out, max);
		struct extract_found found;
		enum extract_outcome o =
			extract_parse(SLICE_LIT(text), "x.txt", &converters, &out, &found);
		CHECK(o == (max < 15 ? EXTRACT_LONG : EXTRACT_OK), "%zu bytes", max);
		build_release(&out);
	}
}

int main(void)
{
	if (!parse_open(&converters))
		return EXIT_FAILURE;
	test_run("encodings", test_encodings);
	test_run("pages", test_pages);
	test_run("kinds", test_kinds);
	test_run("refusals", test_refusals);
	test_run("accepted", test_accepted);
	test_run("random junk", test_random_junk);
	test_run("prefixes", test_prefixes);
	test_run("bit flips", test_bit_flips);
	test_run("bombs", test_bombs);
	test_run("no memory", test_no_memory);
	test_run("too long", test_too_long);
	decode_close(&converters);
	return test_done();
}
