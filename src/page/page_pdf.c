/* SPDX-License-Identifier: Apache-2.0 */
#include "page_pdf.h"

#include "page_font.h"
#include "page_pdf_language.h"

#include <cairo-pdf.h>
#include <hb.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Between the footer and the page number, at least. */
enum { FOOT_GAP = 12 * PAGE_PT };

/* Cairo strings words of one font together and leaves the distances to widths that it has cut to
 * whole thousandths: along a line that adds up to a third of a point. Where the size changes it
 * sets the position anew, exactly. So every font is there twice, and the second is larger by less
 * than it writes. */
struct face {
	cairo_scaled_font_t *scaled[2];
	bool has_space;
	unsigned long space; /* its glyph */
	int32_t space_advance;
};

struct page_pdf {
	const struct page_sheet *s;
	PangoContext *context;
	struct face *face;
	cairo_glyph_t *glyph; /* for the largest shape and a space, as the next two */
	cairo_text_cluster_t *cluster;
	char *text;
	struct arena a;
};

/* A copy being drawn. turn: which of the two sizes comes next. */
struct pen {
	const struct page_pdf *p;
	const struct page_laid *l;
	cairo_t *cr;
	unsigned turn;
};

/* is_file tells whether a font found is of the file that the sheet was made with. */
static struct sr_err is_file(PangoFont *font, const struct page_font *want, bool *same)
{
	uint8_t digest[CRYPTO_HASH_LEN];
	uint32_t face;
	struct sr_err e = page_font_file(font, digest, &face);
	*same = !sr_bad(e) && face == want->face && !memcmp(digest, want->file, sizeof digest);
	return e.code == SR_E_NOMEM ? e : sr_ok();
}

static void space_of(PangoFont *font, struct face *f)
{
	hb_codepoint_t glyph = 0;
	hb_font_t *hb = pango_font_get_hb_font(font);
	PangoRectangle logical = {0};
	f->has_space = hb_font_get_nominal_glyph(hb, ' ', &glyph);
	f->space = glyph;
	if (f->has_space)
		pango_font_get_glyph_extents(font, glyph, NULL, &logical);
	f->space_advance = logical.width;
}

static struct sr_err sizes_make(PangoFont *font, struct face *f)
{
	cairo_scaled_font_t *from = pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font));
	cairo_font_options_t *o = cairo_font_options_create();
	cairo_matrix_t size, page;
	cairo_scaled_font_get_font_options(from, o);
	cairo_scaled_font_get_font_matrix(from, &size);
	cairo_scaled_font_get_ctm(from, &page);
	for (size_t i = 0; i < 2; i++) {
		f->scaled[i] = cairo_scaled_font_create(cairo_scaled_font_get_font_face(from),
							&size, &page, o);
		cairo_matrix_scale(&size, 1 + 0x1p-36, 1 + 0x1p-36);
	}
	cairo_font_options_destroy(o);
	bool bad = cairo_scaled_font_status(f->scaled[0]) != CAIRO_STATUS_SUCCESS ||
		   cairo_scaled_font_status(f->scaled[1]) != CAIRO_STATUS_SUCCESS;
	return bad ? sr_nomem() : sr_ok();
}

static struct sr_err face_make(struct page_pdf *p, size_t i, const struct sr_sink *sink)
{
	const struct page_font *want = &p->s->font[i];
	const char *name = arena_dup(&p->a, want->description.ptr, want->description.len);
	if (!name)
		return sr_nomem();
	PangoFontDescription *d = pango_font_description_from_string(name);
	PangoFont *font = pango_context_load_font(p->context, d);
	pango_font_description_free(d);
	bool same = false;
	struct sr_err e = font ? is_file(font, want, &same) : sr_ok();
	if (!sr_bad(e) && !same) {
		note(sink, SR_ERROR, 0, 0,
		     "the font \"%s\" is not the one that the pages were made with: install the "
		     "version that was there then",
		     name);
		e = sr_fail(SR_E_STATE, "a font is missing or has changed");
	}
	if (!sr_bad(e))
		e = sizes_make(font, &p->face[i]);
	if (!sr_bad(e))
		space_of(font, &p->face[i]);
	if (font)
		g_object_unref(font);
	return e;
}

static struct sr_err buffers_make(struct page_pdf *p)
{
	size_t glyphs = 0, clusters = 0, len = 0;
	for (size_t i = 0; i < p->s->shapes_n; i++) {
		const struct page_shape *s = &p->s->shape[i];
		glyphs = s->glyphs_n > glyphs ? s->glyphs_n : glyphs;
		clusters = s->clusters_n > clusters ? s->clusters_n : clusters;
		len = s->text.len > len ? s->text.len : len;
	}
	p->face = ARENA_ARRAY(&p->a, p->s->fonts_n, struct face);
	p->glyph = ARENA_ARRAY(&p->a, glyphs + 1, cairo_glyph_t);
	p->cluster = ARENA_ARRAY(&p->a, clusters + 1, cairo_text_cluster_t);
	p->text = ARENA_ARRAY(&p->a, len + 1, char);
	return p->face && p->glyph && p->cluster && p->text ? sr_ok() : sr_nomem();
}

struct sr_err page_pdf_open(const struct page_sheet *s, const struct sr_sink *sink,
			    struct page_pdf **out)
{
	struct page_pdf *p = calloc(1, sizeof *p);
	if (!p)
		return sr_nomem();
	p->s = s;
	struct sr_err e = buffers_make(p);
	p->context = page_font_context();
	for (size_t i = 0; !sr_bad(e) && i < s->fonts_n; i++)
		e = face_make(p, i, sink);
	if (sr_bad(e)) {
		page_pdf_close(p);
		return e;
	}
	*out = p;
	return sr_ok();
}

void page_pdf_close(struct page_pdf *p)
{
	if (!p)
		return;
	for (size_t i = 0; p->face && i < p->s->fonts_n; i++)
		for (size_t k = 0; k < 2; k++)
			if (p->face[i].scaled[k])
				cairo_scaled_font_destroy(p->face[i].scaled[k]);
	if (p->context)
		g_object_unref(p->context);
	arena_release(&p->a);
	free(p);
}

static double points(double units)
{
	return units / PAGE_PT;
}

/* Whether a space goes along with a shape: readers of PDF need not guess then. It stands where the
 * text goes on: behind it, or, where that runs from right to left, before it. */
enum space { SPACE_NONE, SPACE_RIGHT, SPACE_LEFT };

/* put_text lists the clusters of a shape and their text as they stand from left to right, as
 * programs that read PDF expect it; returns the length of the text so far. */
static size_t put_text(const struct page_pdf *p, const struct page_shape *s, size_t len, size_t n)
{
	size_t from = s->backward ? s->text.len : 0;
	for (size_t i = 0; i < s->clusters_n; i++) {
		const struct page_cluster *c = &s->cluster[s->backward ? s->clusters_n - 1 - i : i];
		from -= s->backward ? c->bytes_n : 0;
		memcpy(p->text + len, s->text.ptr + from, c->bytes_n);
		from += s->backward ? 0 : c->bytes_n;
		len += c->bytes_n;
		p->cluster[n++] = (cairo_text_cluster_t){(int)c->bytes_n, (int)c->glyphs_n};
	}
	return len;
}

/* draw_shape draws a shape with its origin at x, y (units); its text goes along, cluster by
 * cluster. Cairo drops what has no ink, so that a space cannot be drawn alone. */
static void draw_shape(struct pen *pen, const struct page_shape *s, int32_t x, int32_t y,
		       enum space space)
{
	const struct page_pdf *p = pen->p;
	const struct face *f = &p->face[s->font];
	size_t n = 0, clusters_n = 0, len = 0;
	if (!f->has_space)
		space = SPACE_NONE;
	if (space == SPACE_LEFT) {
		p->glyph[n++] =
			(cairo_glyph_t){f->space, points((double)x - f->space_advance), points(y)};
		p->cluster[clusters_n++] = (cairo_text_cluster_t){1, 1};
		p->text[len++] = ' ';
	}
	len = put_text(p, s, len, clusters_n);
	clusters_n += s->clusters_n;
	for (size_t i = 0; i < s->glyphs_n; i++)
		p->glyph[n++] = (cairo_glyph_t){s->glyph[i].id, points((double)x + s->glyph[i].x),
						points((double)y + s->glyph[i].y)};
	if (space == SPACE_RIGHT) {
		p->glyph[n++] =
			(cairo_glyph_t){f->space, points((double)x + s->advance), points(y)};
		p->cluster[clusters_n++] = (cairo_text_cluster_t){1, 1};
		p->text[len++] = ' ';
	}
	cairo_set_scaled_font(pen->cr, f->scaled[pen->turn++ % 2]);
	cairo_show_text_glyphs(pen->cr, p->text, (int)len, p->glyph, (int)n, p->cluster,
			       (int)clusters_n, 0);
}

static const struct page_shape *shape_of(const struct pen *pen, size_t i)
{
	return &pen->p->s->shape[pen->l->shapes[i]];
}

static void draw_word(struct pen *pen, size_t word, int32_t shift)
{
	const struct page_laid *l = pen->l;
	const struct page_word *w = &l->word[word];
	bool first = !word || w[-1].line != w->line;
	bool last = word + 1 == l->words_n || w[1].line != w->line;
	int32_t x = w->x + shift;
	for (size_t i = 0; i < w->n; i++) {
		const struct page_shape *s = shape_of(pen, w->first + i);
		enum space space = SPACE_NONE;
		if (!i && !first && s->backward)
			space = SPACE_LEFT;
		else if (i + 1 == w->n && !last && !s->backward)
			space = SPACE_RIGHT;
		draw_shape(pen, s, x, w->y, space);
		x += s->advance;
	}
}

/* draw_number draws the page number, from the right edge; returns where it begins. */
static int32_t draw_number(struct pen *pen, uint32_t page)
{
	const struct page_sheet *s = pen->p->s;
	int32_t x = s->width - s->right;
	char digits[16];
	int n = snprintf(digits, sizeof digits, "%u", page + 1);
	for (int i = 0; i < n; i++)
		x -= s->shape[s->digit + (uint32_t)(digits[i] - '0')].advance;
	int32_t at = x;
	for (int i = 0; i < n; i++) {
		const struct page_shape *d = &s->shape[s->digit + (uint32_t)(digits[i] - '0')];
		draw_shape(pen, d, at, s->foot_y, SPACE_NONE);
		at += d->advance;
	}
	return x;
}

static PangoLayout *footer_make(const struct page_pdf *p, struct slice footer)
{
	const struct page_font *f = &p->s->font[p->s->foot_font];
	PangoLayout *layout = pango_layout_new(p->context);
	char *name = g_strndup((const char *)f->description.ptr, f->description.len);
	PangoFontDescription *d = pango_font_description_from_string(name);
	pango_layout_set_font_description(layout, d);
	pango_layout_set_text(layout, (const char *)footer.ptr, (int)footer.len);
	pango_layout_set_single_paragraph_mode(layout, TRUE);
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	pango_font_description_free(d);
	g_free(name);
	return layout;
}

static void draw_foot(struct pen *pen, uint32_t page, PangoLayout *footer)
{
	const struct page_sheet *s = pen->p->s;
	int32_t end = s->width - s->right;
	if (pen->l->pages_n > 1)
		end = draw_number(pen, page) - FOOT_GAP;
	if (!footer || end <= s->left)
		return;
	pango_layout_set_width(footer, end - s->left);
	cairo_move_to(pen->cr, points(s->left), points(s->foot_y));
	pango_cairo_show_layout_line(pen->cr, pango_layout_get_line_readonly(footer, 0));
}

static void draw_strokes(struct pen *pen, uint32_t page)
{
	for (size_t i = 0; i < pen->l->strokes_n; i++) {
		const struct page_stroke *t = &pen->l->stroke[i];
		if (t->page == page)
			cairo_rectangle(pen->cr, points(t->x), points(t->y - PAGE_STROKE_H / 2),
					points(t->w), points(PAGE_STROKE_H));
	}
	cairo_fill(pen->cr);
}

static void draw_pages(struct pen *pen, const int32_t *shift, PangoLayout *footer)
{
	size_t word = 0;
	for (uint32_t page = 0; page < pen->l->pages_n; page++) {
		draw_strokes(pen, page);
		for (; word < pen->l->words_n && pen->l->word[word].page == page; word++)
			draw_word(pen, word, shift ? shift[word] : 0);
		draw_foot(pen, page, footer);
		cairo_show_page(pen->cr);
	}
}

static cairo_status_t write_bytes(void *closure, const unsigned char *ptr, unsigned int len)
{
	struct build *b = closure;
	build_bytes(b, ptr, len);
	return b->failed == SR_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void set_metadata(const struct page_sheet *s, cairo_surface_t *pdf)
{
	time_t created = (time_t)s->created;
	struct tm t = {0};
	char date[64] = "";
	if (gmtime_r(&created, &t))
		(void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &t);
	char *title = g_strndup((const char *)s->title.ptr, s->title.len);
	cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_TITLE, title);
	cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATOR, "subrosa " SUBROSA_VERSION);
	cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATE_DATE, date);
	g_free(title);
}

/* verdict turns what Cairo says into an error: there is no other input that it could dislike. */
static struct sr_err verdict(cairo_status_t status, const struct build *out)
{
	struct slice done;
	SR_TRY(build_done(out, &done));
	return status == CAIRO_STATUS_SUCCESS ? sr_ok() : sr_nomem();
}

struct sr_err page_pdf_write(struct page_pdf *p, const struct page_laid *l, const int32_t *shift,
			     struct slice footer, struct build *out)
{
	const struct page_sheet *s = p->s;
	build_reset(out);
	cairo_surface_t *pdf = cairo_pdf_surface_create_for_stream(
		write_bytes, out, points(s->width), points(s->height));
	set_metadata(s, pdf);
	struct pen pen = {p, l, cairo_create(pdf), 0};
	PangoLayout *foot = footer.len ? footer_make(p, footer) : NULL;
	draw_pages(&pen, shift, foot);
	cairo_status_t status = cairo_status(pen.cr);
	cairo_destroy(pen.cr);
	cairo_surface_finish(pdf);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_status(pdf);
	cairo_surface_destroy(pdf);
	if (foot)
		g_object_unref(foot);
	SR_TRY(verdict(status, out));
	return page_pdf_language(s->language, out);
}
