/* SPDX-License-Identifier: Apache-2.0 */
/* page/: what a PDF says about its words, and that copies differ in nothing else. */
#include "page_font.h"
#include "page_pdf.h"
#include "page_pdf_language.h"
#include "papers.h"
#include "sheets.h"

#include <math.h>
#include <zlib.h>

/* The sheet's fonts: of the text, and of every eighth word or so. */
static const char *const fonts[] = {"Liberation Serif 11", "Liberation Serif Italic 11"};

/* take_glyphs copies what Pango shaped; clusters are those of its iterator. */
static void take_glyphs(struct sheets *m, struct page_shape *s, PangoGlyphItem *run)
{
	PangoGlyphString *g = run->glyphs;
	struct page_glyph *glyph = sheets_array(m, (size_t)g->num_glyphs, sizeof *glyph);
	struct page_cluster *cluster = sheets_array(m, s->text.len, sizeof *cluster);
	for (int i = 0; i < g->num_glyphs; i++) {
		glyph[i] = (struct page_glyph){g->glyphs[i].glyph,
					       s->advance + g->glyphs[i].geometry.x_offset,
					       g->glyphs[i].geometry.y_offset};
		s->advance += g->glyphs[i].geometry.width;
	}
	PangoGlyphItemIter at;
	const char *text = (const char *)s->text.ptr;
	bool more = pango_glyph_item_iter_init_start(&at, run, text);
	for (; more; more = pango_glyph_item_iter_next_cluster(&at)) {
		int n = at.end_glyph - at.start_glyph;
		cluster[s->clusters_n++] = (struct page_cluster){
			(uint32_t)(at.end_index - at.start_index), (uint32_t)(n < 0 ? -n : n)};
	}
	s->glyph = glyph;
	s->glyphs_n = (size_t)g->num_glyphs;
	s->cluster = cluster;
	s->backward = run->item->analysis.level % 2;
}

static void real(struct sheets *m, struct page_shape *s)
{
	PangoLayout *layout = pango_layout_new(m->closure);
	s->font = s->text.len > 3 && s->text.ptr[0] % 8 == 0;
	PangoFontDescription *d = pango_font_description_from_string(fonts[s->font]);
	s->text.ptr = arena_dup(m->a, s->text.ptr, s->text.len);
	assert(s->text.ptr);
	pango_layout_set_font_description(layout, d);
	pango_layout_set_text(layout, (const char *)s->text.ptr, (int)s->text.len);
	PangoLayoutLine *line = pango_layout_get_line_readonly(layout, 0);
	assert(line->runs && !line->runs->next);
	take_glyphs(m, s, line->runs->data);
	pango_font_description_free(d);
	g_object_unref(layout);
}

static void begin(struct sheets *m, struct arena *a)
{
	PangoContext *c = page_font_context();
	struct page_font *font = ARENA_ARRAY(a, 2, struct page_font);
	assert(font);
	sheets_begin_real(m, a, real, c);
	for (size_t i = 0; i < 2; i++) {
		PangoFontDescription *d = pango_font_description_from_string(fonts[i]);
		PangoFont *f = pango_context_load_font(c, d);
		assert(f);
		font[i].description = slice_str(fonts[i]);
		struct sr_err e = page_font_file(f, font[i].file, &font[i].face);
		assert(!sr_bad(e));
		pango_font_description_free(d);
		g_object_unref(f);
	}
	m->s.font = font;
	m->s.fonts_n = 2;
}

static void end(struct sheets *m)
{
	sheets_end(m);
	g_object_unref(m->closure);
}

static struct page_laid lay(struct arena *a, const struct page_sheet *s)
{
	struct page_laid l = {0};
	struct sr_err e = page_lay_copy(a, s, NULL, &l);
	assert(!sr_bad(e));
	return l;
}

static struct slice write_pdf(struct arena *a, struct page_pdf *p, const struct page_laid *l,
			      const int32_t *shift, const char *footer)
{
	struct build b = {0};
	struct sr_err e = page_pdf_write(p, l, shift, slice_str(footer), &b);
	assert(!sr_bad(e));
	const void *bytes = arena_dup(a, b.ptr, b.len);
	assert(bytes);
	size_t len = b.len;
	build_release(&b);
	return slice_make(bytes, len);
}

static size_t find(struct slice s, size_t from, const char *text)
{
	size_t len = strlen(text);
	for (size_t i = from; i + len <= s.len; i++)
		if (!memcmp(s.ptr + i, text, len))
			return i;
	return s.len;
}

static size_t count(struct slice s, const char *text)
{
	size_t n = 0;
	for (size_t i = find(s, 0, text); i < s.len; i = find(s, i + 1, text))
		n++;
	return n;
}

/* next_stream gives the next stream from *at, as it is in the file, and inflated. */
static bool next_stream(struct arena *a, struct slice pdf, size_t *at, struct slice *raw,
			struct slice *plain)
{
	size_t from = find(pdf, *at, "stream\n") + 7;
	size_t to = from < pdf.len ? find(pdf, from, "\nendstream") : pdf.len;
	if (to >= pdf.len)
		return false;
	uLongf len = 1 << 20;
	void *out = arena_alloc(a, len, 1);
	assert(out);
	*raw = slice_sub(pdf, from, to - from);
	*at = to + 10;
	int rc = uncompress(out, &len, raw->ptr, raw->len);
	*plain = rc == Z_OK ? slice_make(out, len) : *raw;
	return true;
}

static struct slice content_of(struct arena *a, struct slice pdf, size_t page)
{
	size_t at = 0;
	struct slice raw, plain = {0};
	while (next_stream(a, pdf, &at, &raw, &plain))
		if (find(plain, 0, " Tf") < plain.len && !page--)
			return plain;
	abort();
}

/* Every word begins where it should: each has a matrix of its own. */
static void positions(void)
{
	uint64_t state = 76;
	struct arena a = {0};
	struct sheets m;
	struct page_pdf *p = NULL;
	begin(&m, &a);
	(void)sheets_text(&m, sheets_random(&a, &state, 430));
	end(&m);
	struct page_laid l = lay(&a, &m.s);
	int32_t *shift = ARENA_ARRAY(&a, l.words_n, int32_t);
	assert(shift && l.pages_n == 1);
	for (size_t i = 0; i < l.words_n; i++)
		shift[i] = (int32_t)(test_random(&state) % 309) - 154;
	struct sr_err e = page_pdf_open(&m.s, NULL, &p);
	assert(!sr_bad(e));
	struct slice text = content_of(&a, write_pdf(&a, p, &l, shift, ""), 0);
	size_t at = 0, seen = 0;
	double off = 0;
	for (size_t i = 0; i < l.words_n; i++) {
		double x = l.word[i].x + shift[i], y = l.word[i].y;
		for (size_t k = 0; k < l.word[i].n; k++) {
			size_t tm = find(text, at, " Tm"), line = tm;
			while (line > 0 && text.ptr[line - 1] != '\n')
				line--;
			double v[6] = {0};
			if (tm < text.len)
				(void)sscanf((const char *)text.ptr + line,
					     "%lf %lf %lf %lf %lf %lf", &v[0], &v[1], &v[2], &v[3],
					     &v[4], &v[5]);
			off = fmax(off, fabs(v[4] - x / PAGE_PT) + fabs(v[5] - y / PAGE_PT));
			x += m.s.shape[l.shapes[l.word[i].first + k]].advance;
			at = tm + 1;
			seen++;
		}
	}
	CHECK(off < 0.0005, "seed 76: %zu shapes, the worst is off by %.6f pt", seen, off);
	CHECK(count(text, " Tm") == seen, "%zu matrices for %zu shapes", count(text, " Tm"), seen);
	CHECK(count(text, " )Tj") + count(text, " )]TJ") > l.words_n * 4 / 5, "spaces: %zu of %zu",
	      count(text, " )Tj") + count(text, " )]TJ"), l.words_n);
	page_pdf_close(p);
	arena_release(&a);
}

/* same_but_numbers compares two contents without digits, signs and points. */
static bool same_but_numbers(struct slice x, struct slice y)
{
	size_t i = 0, k = 0;
	for (;;) {
		while (i < x.len && strchr("0123456789.-", x.ptr[i]))
			i++;
		while (k < y.len && strchr("0123456789.-", y.ptr[k]))
			k++;
		if (i == x.len || k == y.len)
			return i == x.len && k == y.len;
		if (x.ptr[i++] != y.ptr[k++])
			return false;
	}
}

static void copies(void)
{
	uint64_t state = 86;
	struct arena a = {0};
	struct sheets m;
	struct page_pdf *p = NULL, *again = NULL;
	begin(&m, &a);
	for (size_t i = 0; i < 8; i++)
		(void)sheets_text(&m, sheets_random(&a, &state, 120));
	m.block[0].below = (struct page_rule){m.s.left, 100 * PAGE_PT};
	end(&m);
	struct page_laid l = lay(&a, &m.s);
	int32_t *shift = ARENA_ARRAY(&a, l.words_n, int32_t);
	assert(shift && l.pages_n > 1);
	for (size_t i = 0; i < l.words_n; i++)
		shift[i] = l.word[i].gap_before && l.word[i].gap_after ? 154 : 0;
	struct sr_err e = page_pdf_open(&m.s, NULL, &p);
	assert(!sr_bad(e));
	e = page_pdf_open(&m.s, NULL, &again);
	assert(!sr_bad(e));
	struct slice x = write_pdf(&a, p, &l, NULL, ""), y = write_pdf(&a, p, &l, shift, "");
	struct slice z = write_pdf(&a, again, &l, NULL, "");
	CHECK(slice_eq(x, write_pdf(&a, p, &l, NULL, "")), "the same call, the same bytes");
	CHECK(slice_eq(x, z), "and opened again");
	CHECK(!slice_eq(x, y), "marks are in the bytes");
	size_t at_x = 0, at_y = 0, streams = 0, contents = 0;
	struct slice raw_x, raw_y, plain_x, plain_y;
	while (next_stream(&a, x, &at_x, &raw_x, &plain_x)) {
		bool both = next_stream(&a, y, &at_y, &raw_y, &plain_y);
		assert(both);
		bool content = find(plain_x, 0, " Tf") < plain_x.len;
		CHECK(content ? same_but_numbers(plain_x, plain_y) : slice_eq(raw_x, raw_y),
		      "stream %zu", streams);
		CHECK(!content || !slice_eq(plain_x, plain_y), "page %zu is marked", contents);
		contents += content;
		streams++;
	}
	CHECK(contents == l.pages_n && streams > contents, "%zu streams", streams);
	CHECK(count(x, " obj\n") == count(y, " obj\n"), "as many objects");
	CHECK(count(x, "/FontFile2") == 2, "each font once: %zu", count(x, "/FontFile2"));
	page_pdf_close(again);
	page_pdf_close(p);
	arena_release(&a);
}

static void metadata(void)
{
	struct arena a = {0};
	struct sheets m;
	struct page_pdf *p = NULL;
	begin(&m, &a);
	(void)sheets_text(&m, "aa bb");
	end(&m);
	m.s.language = SLICE_LIT("en-GB");
	struct page_laid l = lay(&a, &m.s);
	struct sr_err e = page_pdf_open(&m.s, NULL, &p);
	assert(!sr_bad(e));
	struct slice x = write_pdf(&a, p, &l, NULL, "");
	static const struct {
		const char *text;
		size_t n;
	} row[] = {
		{"/Lang (en-GB)", 1},
		{"/Title (Title)", 1},
		{"/Creator (subrosa " SUBROSA_VERSION ")", 1},
		{"/CreationDate (20231114221320", 1},
		{"/ModDate", 0},
		{"/Author", 0},
		{"/Subject", 0},
		{"/Keywords", 0},
		{"/ID", 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		CHECK(count(x, row[i].text) == row[i].n, "%s: %zu", row[i].text,
		      count(x, row[i].text));
	size_t table = find(x, 0, "\nxref\n") + 1, start = find(x, 0, "startxref\n") + 10;
	CHECK(start < x.len && strtoul((const char *)x.ptr + start, NULL, 10) == table,
	      "the table is where the file says");
	m.s.language = SLICE_LIT("");
	CHECK(!count(write_pdf(&a, p, &l, NULL, ""), "/Lang"), "no language");
	page_pdf_close(p);
	arena_release(&a);
}

static struct sr_err put_language(struct slice pdf, struct slice language)
{
	struct build b = {0};
	build_slice(&b, pdf);
	struct sr_err e = page_pdf_language(language, &b);
	build_release(&b);
	return e;
}

static void languages(void)
{
	static const char good[] = "%PDF-1.5\n1 0 obj\n<< /Type /Catalog\n   /Pages 2 0 R\n>>\n"
				   "endobj\nxref\n0 1\ntrailer\n<<\n>>\nstartxref\n61\n%%EOF\n";
	static const struct {
		const char *why, *pdf, *language;
		enum sr_code want;
	} row[] = {
		{"as Cairo writes it", good, "de", SR_OK},
		{"not a tag", good, "de) /A (", SR_E_STATE},
		{"no PDF", "", "de", SR_E_STATE},
		{"another last object",
		 "%PDF-1.5\n1 0 obj\n<< /Type /Catalop\n   /Pages 2 0 R\n>>\nendobj\nxref\n0 1\n"
		 "trailer\n<<\n>>\nstartxref\n61\n%%EOF\n",
		 "de", SR_E_STATE},
		{"a table elsewhere",
		 "%PDF-1.5\n1 0 obj\n<< /Type /Catalog\n   /Pages 2 0 R\n>>\nendobj\nxref\n0 1\n"
		 "trailer\n<<\n>>\nstartxref\n60\n%%EOF\n",
		 "de", SR_E_STATE},
		{"a table beyond the end",
		 "%PDF-1.5\n1 0 obj\n<< /Type /Catalog\n   /Pages 2 0 R\n>>\nendobj\nxref\n0 1\n"
		 "trailer\n<<\n>>\nstartxref\n99999999999999999999999999\n%%EOF\n",
		 "de", SR_E_STATE},
	};
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct sr_err e = put_language(slice_str(row[i].pdf), slice_str(row[i].language));
		CHECK(e.code == row[i].want, "%s", row[i].why);
	}
	for (size_t len = 0; len < sizeof good - 1; len++) {
		struct sr_err e = put_language(slice_make(good, len), SLICE_LIT("de"));
		CHECK(e.code == SR_E_STATE, "the first %zu bytes", len);
	}
}

static char noted[512];

static void take_note(void *user, const struct sr_note *n)
{
	(void)user;
	(void)snprintf(noted, sizeof noted, "%s", n->text);
}

static void other_fonts(void)
{
	struct arena a = {0};
	struct sheets m;
	struct page_pdf *p = NULL;
	struct sr_sink sink = {.fn = take_note};
	begin(&m, &a);
	(void)sheets_text(&m, "aa bb");
	end(&m);
	struct page_font *font = arena_dup(&a, m.s.font, 2 * sizeof *font);
	assert(font);
	m.s.font = font;
	font[1].file[7] ^= 1;
	struct sr_err e = page_pdf_open(&m.s, &sink, &p);
	CHECK(e.code == SR_E_STATE && strstr(noted, fonts[1]), "another file: %s", noted);
	font[1].file[7] ^= 1;
	font[0].face = 1;
	e = page_pdf_open(&m.s, &sink, &p);
	CHECK(e.code == SR_E_STATE && strstr(noted, fonts[0]), "another face: %s", noted);
	font[0].face = 0;
	font[1].description = SLICE_LIT("No Such Family 11");
	e = page_pdf_open(&m.s, NULL, &p);
	CHECK(e.code == SR_E_STATE && !p, "a font that is not there");
	page_pdf_close(NULL);
	arena_release(&a);
}

/* The foot: the number of each page if there are several, and a footer that keeps clear of it. */
static void feet(void)
{
	static const char *const footer[] = {
		"", "Reader 17, of the house by the harbour",
		"A line that is much too long for the foot of any page, and goes on and on and on "
		"until nobody reads it any more, but for those who are paid for reading it, and "
		"one or two of their friends",
		"\xd7\xa2\xd7\x91\xd7\xa8\xd7\x99\xd7\xaa"};
	struct arena a = {0};
	struct sheets m;
	struct page_pdf *p = NULL;
	begin(&m, &a);
	for (size_t i = 0; i < 60; i++)
		(void)sheets_text(&m, "aa bb");
	end(&m);
	struct page_laid l = lay(&a, &m.s);
	struct sr_err e = page_pdf_open(&m.s, NULL, &p);
	assert(!sr_bad(e) && l.pages_n == 2);
	size_t shown[2][4];
	for (size_t i = 0; i < 4; i++)
		for (size_t page = 0; page < 2; page++) {
			struct slice text =
				content_of(&a, write_pdf(&a, p, &l, NULL, footer[i]), page);
			shown[page][i] = count(text, "Tj") + count(text, "TJ");
		}
	for (size_t page = 0; page < 2; page++) {
		for (size_t i = 1; i < 4; i++)
			CHECK(shown[page][i] > shown[page][0], "footer %zu is there", i);
		size_t words = 0;
		for (size_t i = 0; i < l.words_n; i++)
			words += l.word[i].page == page;
		CHECK(shown[page][0] == words + 1, "the number of page %zu", page);
	}
	page_pdf_close(p);
	arena_release(&a);
}

static void no_memory(void)
{
	struct arena a = {0};
	struct sheets m;
	begin(&m, &a);
	(void)sheets_text(&m, "aa bb cc");
	end(&m);
	struct page_laid l = lay(&a, &m.s);
	size_t n = 1;
	for (;; n++) {
		struct page_pdf *p = NULL;
		struct build b = {0};
		test_alloc_fail_at(n);
		struct sr_err e = page_pdf_open(&m.s, NULL, &p);
		if (!sr_bad(e))
			e = page_pdf_write(p, &l, NULL, SLICE_LIT("foot"), &b);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(failed ? e.code == SR_E_NOMEM : !sr_bad(e), "allocation %zu", n);
		page_pdf_close(p);
		build_release(&b);
		if (!failed)
			break;
	}
	CHECK(n > 8, "%zu allocations", n);
	arena_release(&a);
}

int main(void)
{
	struct sr_err e = crypto_init();
	assert(!sr_bad(e));
	test_run("every word begins where it should", positions);
	test_run("copies differ in numbers alone", copies);
	test_run("metadata", metadata);
	test_run("languages", languages);
	test_run("fonts that are not those of the sheet", other_fonts);
	test_run("the foot of a page", feet);
	test_run("no memory", no_memory);
	return test_done();
}
