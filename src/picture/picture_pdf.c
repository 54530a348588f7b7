/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_pdf.h"

#include <math.h>
#include <poppler.h>
#include <string.h>

enum { RENDER_DPI = 200, SIDE_MAX = 30 * 1000, POINTS_MAX = 200 * 1000 };

/* A page is a picture if pictures cover this share of it. */
static const double picture_share = 0.5;

struct pdf {
	PopplerDocument *doc;
};

/* The smallest document: what poppler sets up for its first one stays as long as this is open. */
static const char smallest[] =
	"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
	"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F "
	"5 0 R>>>>>>endobj\n"
	"4 0 obj<</Length 27>>stream\nBT /F 9 Tf (subrosa) Tj ET \nendstream\nendobj\n"
	"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
	"trailer<</Root 1 0 R/Size 6>>\n";

static PIX *render(PopplerPage *page, double w, double h, double scale);

bool pdf_prepare(void)
{
	GBytes *bytes = g_bytes_new_static(smallest, sizeof smallest - 1);
	PopplerDocument *doc = poppler_document_new_from_bytes(bytes, NULL, NULL);
	PopplerPage *page = doc ? poppler_document_get_page(doc, 0) : NULL;
	if (!page)
		return false;
	g_free(poppler_page_get_text(page));
	PIX *pix = render(page, 9, 9, 1);
	bool ok = pix != NULL;
	pixDestroy(&pix);
	g_object_unref(page);
	return ok;
}

const char *pdf_version(void)
{
	return poppler_get_version();
}

enum extract_outcome pdf_open(struct slice bytes, struct pdf **out, unsigned *pages_n)
{
	static struct pdf pdf;
	GError *e = NULL;
	GBytes *b = g_bytes_new_static(bytes.ptr, bytes.len);
	pdf.doc = poppler_document_new_from_bytes(b, NULL, &e);
	if (!pdf.doc)
		return e && g_error_matches(e, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED)
			       ? EXTRACT_ENCRYPTED
			       : EXTRACT_PDF_BROKEN;
	int n = poppler_document_get_n_pages(pdf.doc);
	if (n < 1)
		return EXTRACT_PDF_BROKEN;
	*pages_n = (unsigned)n;
	*out = &pdf;
	return n <= EXTRACT_PAGES_MAX ? EXTRACT_OK : EXTRACT_MANY_PAGES;
}

static l_uint8 grey(uint32_t rgb)
{
	return (l_uint8)((77 * (rgb >> 16 & 255) + 151 * (rgb >> 8 & 255) + 28 * (rgb & 255)) >> 8);
}

static PIX *from_surface(cairo_surface_t *s, int w, int h)
{
	const unsigned char *data = cairo_image_surface_get_data(s);
	int stride = cairo_image_surface_get_stride(s);
	PIX *pix = pixCreate(w, h, 8);
	if (!pix || !data)
		return pix;
	for (int y = 0; y < h; y++) {
		const uint32_t *row =
			(const uint32_t *)(const void *)(data + (size_t)y * (size_t)stride);
		l_uint32 *line = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
		for (int x = 0; x < w; x++)
			SET_DATA_BYTE(line, x, grey(row[x]));
	}
	return pix;
}

static PIX *render(PopplerPage *page, double w, double h, double scale)
{
	int pw = (int)ceil(w * scale), ph = (int)ceil(h * scale);
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, pw, ph);
	cairo_t *cr = cairo_create(s);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	cairo_scale(cr, scale, scale);
	poppler_page_render(page, cr);
	cairo_surface_flush(s);
	bool ok = cairo_surface_status(s) == CAIRO_STATUS_SUCCESS;
	PIX *pix = ok ? from_surface(s, pw, ph) : NULL;
	cairo_destroy(cr);
	cairo_surface_destroy(s);
	return pix;
}

/* is_picture tells whether pictures cover most of a page. A scan may come in strips. */
static bool is_picture(PopplerPage *page, double w, double h)
{
	double covered = 0;
	GList *list = poppler_page_get_image_mapping(page);
	for (GList *l = list; l; l = l->next) {
		const PopplerRectangle *r = &((const PopplerImageMapping *)l->data)->area;
		double iw = fmin(fmax(r->x1, r->x2), w) - fmax(fmin(r->x1, r->x2), 0);
		double ih = fmin(fmax(r->y1, r->y2), h) - fmax(fmin(r->y1, r->y2), 0);
		if (iw > 0 && ih > 0)
			covered += iw * ih;
	}
	poppler_page_free_image_mapping(list);
	return covered > picture_share * w * h;
}

/* A word while its letters are put together: so many bytes of it. */
struct gathering {
	struct arena *a;
	struct picture_words *words;
	struct picture_word word;
	char text[EXTRACT_WORD_BYTES_MAX];
	size_t len;
	bool line;
	double bottom, height; /* of the line before */
};

static bool end_word(struct gathering *g)
{
	if (!g->len)
		return true;
	g->word.text = slice_make(g->text, g->len);
	g->len = 0;
	return words_add(g->a, g->words, &g->word);
}

/* begins_block: the line of r stands more than a line's height below the one before, or above it.
 */
static bool begins_block(const struct gathering *g, const PopplerRectangle *r)
{
	return g->line && (r->y1 > g->bottom + 0.6 * g->height || r->y2 < g->bottom - g->height);
}

/* begins_word: nothing is open, or r is too far from it. Between the first two words of a line that
 * goes from right to left poppler has no space. */
static bool begins_word(const struct gathering *g, const PopplerRectangle *r)
{
	double left = (double)g->word.x, right = left + (double)g->word.w;
	double gap = 0.15 * (double)g->word.h;
	return !g->len || r->x1 > right + gap || r->x2 < left - gap;
}

static void begin_word(struct gathering *g, const PopplerRectangle *r)
{
	g->word = (struct picture_word){.x = (float)r->x1,
					.y = (float)r->y1,
					.h = (float)(r->y2 - r->y1),
					.confidence = 100,
					.starts_line = g->line,
					.starts_block = begins_block(g, r)};
	g->line = false;
	g->bottom = r->y2;
	g->height = r->y2 - r->y1;
}

/* widen makes a word hold one more letter, which stands at its left where text goes from right to
 * left. */
static void widen(struct picture_word *w, const PopplerRectangle *r)
{
	double from = fmin((double)w->x, r->x1), to = fmax((double)w->x + (double)w->w, r->x2);
	w->x = (float)from;
	w->w = (float)(to - from);
}

static bool add_letter(struct gathering *g, struct slice letter, const PopplerRectangle *r)
{
	if ((begins_word(g, r) || g->len + letter.len > sizeof g->text) && !end_word(g))
		return false;
	if (!g->len)
		begin_word(g, r);
	memcpy(g->text + g->len, letter.ptr, letter.len);
	g->len += letter.len;
	widen(&g->word, r);
	return true;
}

/* Poppler puts signs of direction (U+202A to U+202C) around words, and has no place for them. */
static bool is_direction(gunichar c)
{
	return c >= 0x202a && c <= 0x202c;
}

static bool gather(struct gathering *g, const char *text, const PopplerRectangle *r, unsigned n)
{
	const char *p = text;
	for (unsigned i = 0; i < n && *p;) {
		gunichar c = g_utf8_get_char(p);
		struct slice letter = slice_make(p, (size_t)(g_utf8_next_char(p) - p));
		p += letter.len;
		if (is_direction(c))
			continue;
		bool gap = g_unichar_isspace(c) || g_unichar_iscntrl(c);
		if (gap ? !end_word(g) : !add_letter(g, letter, &r[i]))
			return false;
		g->line |= c == '\n';
		i++;
	}
	return end_word(g);
}

static enum extract_outcome read_text(struct arena *a, PopplerPage *page,
				      struct picture_words *words)
{
	PopplerRectangle *rects = NULL;
	guint n = 0;
	char *text = poppler_page_get_text(page);
	struct gathering g = {.a = a, .words = words};
	bool ok = true;
	if (text && g_utf8_validate(text, -1, NULL) &&
	    poppler_page_get_text_layout(page, &rects, &n))
		ok = gather(&g, text, rects, n);
	g_free(rects);
	g_free(text);
	if (!ok)
		return EXTRACT_MEMORY;
	return words->n <= EXTRACT_PAGE_WORDS_MAX ? EXTRACT_OK : EXTRACT_LONG;
}

static enum extract_outcome draw(PopplerPage *page, double w, double h, PIX **gray)
{
	double scale = fmin(RENDER_DPI / 72.0, sqrt(EXTRACT_PIXELS_MAX * 0.99 / (w * h)));
	scale = fmin(scale, SIDE_MAX / fmax(w, h));
	*gray = render(page, w, h, scale);
	return *gray ? EXTRACT_OK : EXTRACT_MEMORY;
}

static enum extract_outcome read_page(struct arena *a, PopplerPage *page, struct extract_page *out,
				      struct picture_words *words, PIX **gray)
{
	double w, h;
	poppler_page_get_size(page, &w, &h);
	if (!(w >= 1 && h >= 1 && w <= POINTS_MAX && h <= POINTS_MAX))
		return EXTRACT_PDF_BROKEN;
	enum extract_outcome o = read_text(a, page, words);
	if (o != EXTRACT_OK)
		return o;
	out->w = (uint32_t)ceil(w);
	out->h = (uint32_t)ceil(h);
	*gray = NULL;
	return words->n && !is_picture(page, w, h) ? EXTRACT_OK : draw(page, w, h, gray);
}

enum extract_outcome pdf_page(struct arena *a, struct pdf *pdf, unsigned i,
			      struct extract_page *page, struct picture_words *words, PIX **gray)
{
	PopplerPage *p = poppler_document_get_page(pdf->doc, (int)i);
	if (!p)
		return EXTRACT_PDF_BROKEN;
	enum extract_outcome o = read_page(a, p, page, words, gray);
	g_object_unref(p);
	return o;
}
