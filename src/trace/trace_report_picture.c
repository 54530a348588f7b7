/* SPDX-License-Identifier: Apache-2.0 */
/* The pictures of the leak, each word tinted by what its position says: as a picture of the page
 * within the page, so that nothing has to be fetched. */
#include "trace_report_part.h"

#include <cairo.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* STRONG: a log-likelihood ratio that is shown at full strength, in nats. */
enum { SIDE_MAX = 1000, MARGIN_PERCENT = 4, STRONG = 6 };

/* What of a page is shown: the part that its words take up. by: so many of its pixels are one. */
struct frame {
	const struct extract_page *page;
	double x, y, w, h;
	unsigned by;
};

static void find_frame(const struct extract_page *page, const struct mark_layout_view *v,
		       struct frame *f)
{
	double x0 = page->w, y0 = page->h, x1 = 0, y1 = 0;
	for (size_t i = 0; i < v->words_n; i++) {
		const struct mark_layout_word *w = &v->word[i];
		x0 = fmin(x0, (double)w->x);
		y0 = fmin(y0, (double)w->y);
		x1 = fmax(x1, (double)w->x + (double)w->w);
		y1 = fmax(y1, (double)w->y + (double)w->h);
	}
	double margin = fmax(x1 - x0, y1 - y0) * MARGIN_PERCENT / 100;
	*f = (struct frame){
		.page = page, .x = floor(fmax(0, x0 - margin)), .y = floor(fmax(0, y0 - margin))};
	f->w = ceil(fmin(page->w, x1 + margin)) - f->x;
	f->h = ceil(fmin(page->h, y1 + margin)) - f->y;
	f->by = (unsigned)fmax(1, ceil(fmax(f->w, f->h) / SIDE_MAX));
}

/* shrink writes the frame as 8-bit grey to a surface, each pixel the mean of by * by. */
static void shrink(const struct frame *f, cairo_surface_t *to)
{
	unsigned char *data = cairo_image_surface_get_data(to);
	size_t stride = (size_t)cairo_image_surface_get_stride(to);
	size_t w = (size_t)cairo_image_surface_get_width(to);
	size_t h = (size_t)cairo_image_surface_get_height(to);
	for (size_t y = 0; y < h; y++) {
		for (size_t x = 0; x < w; x++) {
			unsigned sum = 0;
			for (size_t k = 0; k < (size_t)f->by * f->by; k++) {
				size_t px = (size_t)f->x + x * f->by + k % f->by;
				size_t py = (size_t)f->y + y * f->by + k / f->by;
				sum += f->page->gray[py * f->page->w + px];
			}
			data[y * stride + x] = (unsigned char)(sum / (f->by * f->by));
		}
	}
	cairo_surface_mark_dirty(to);
}

static cairo_status_t take_png(void *user, const unsigned char *data, unsigned len)
{
	build_bytes(user, data, len);
	return CAIRO_STATUS_SUCCESS;
}

/* picture_png appends the frame as a PNG; SR_E_NOMEM. */
static struct sr_err picture_png(const struct frame *f, struct build *out)
{
	int w = (int)(f->w / f->by), h = (int)(f->h / f->by);
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_A8, w, h);
	cairo_status_t status = cairo_surface_status(s);
	if (status == CAIRO_STATUS_SUCCESS) {
		cairo_surface_flush(s);
		shrink(f, s);
		status = cairo_surface_write_to_png_stream(s, take_png, out);
	}
	cairo_surface_destroy(s);
	struct slice done;
	return status == CAIRO_STATUS_SUCCESS ? build_done(out, &done) : sr_nomem();
}

static struct sr_err picture(const struct report_section *s, const struct frame *f)
{
	struct build png = {0};
	if (!f->page->gray || f->w < f->by || f->h < f->by)
		return sr_ok();
	struct sr_err e = picture_png(f, &png);
	if (!sr_bad(e)) {
		gchar *text = g_base64_encode(png.ptr, png.len);
		build_fmt(s->out,
			  "<image x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" "
			  "href=\"data:image/png;base64,",
			  f->x, f->y, floor(f->w / f->by) * f->by, floor(f->h / f->by) * f->by);
		build_str(s->out, text);
		build_str(s->out, "\"/>\n");
		g_free(text);
	}
	build_release(&png);
	return e;
}

/* Of a PDF's own text there is no picture: its words are written where they stand. */
static void words_of(const struct report_section *s, const struct frame *f)
{
	for (size_t i = 0; !f->page->gray && i < f->page->words_n; i++) {
		const struct extract_word *w = &f->page->word[i];
		build_fmt(s->out,
			  "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%.2f\" "
			  "textLength=\"%.2f\" lengthAdjust=\"spacingAndGlyphs\">",
			  (double)w->x, (double)(w->y + w->h * 0.78F), (double)(w->h * 0.8F),
			  (double)w->w);
		web_text(s->out, w->text, WEB_NAME_MAX);
		build_str(s->out, "</text>\n");
	}
}

static void tint(const struct report_section *s, const struct mark_layout_word *w)
{
	double ratio = (double)w->loglik[1] - (double)w->loglik[0];
	if (ratio == 0)
		return;
	build_fmt(s->out,
		  "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
		  "fill-opacity=\"%.2f\"/>\n",
		  ratio > 0 ? "right" : "left", (double)w->x, (double)w->y, (double)w->w,
		  (double)w->h, fmin(0.5, 0.08 + 0.42 * fabs(ratio) / STRONG));
}

static struct sr_err show_view(const struct report_section *s, const struct trace_view *v)
{
	const struct trace_report *r = s->page->r;
	struct frame f;
	find_frame(&r->pages[v->text].page[v->page], &v->view, &f);
	if (!(f.w >= 1 && f.h >= 1))
		return sr_ok();
	build_fmt(s->out,
		  "<figure>\n<svg class=\"picture\" role=\"img\" "
		  "aria-label=\"a page of the leak\" viewBox=\"%.0f %.0f %.0f %.0f\">\n",
		  f.x, f.y, f.w, f.h);
	SR_TRY(picture(s, &f));
	words_of(s, &f);
	for (size_t i = 0; i < v->view.words_n; i++)
		tint(s, &v->view.word[i]);
	build_fmt(s->out, "</svg>\n<figcaption>Page %u of the paper, in ", v->view.page + 1);
	web_name(s->out, r->leak_names[v->text]);
	build_fmt(s->out,
		  ": %zu words found, the positions of %zu measured.</figcaption>\n</figure>\n",
		  v->view.words_n, v->view.measured_n);
	return sr_ok();
}

struct sr_err report_pictures(const struct report_section *s)
{
	const struct trace_views *all = s->v->views;
	if (!all || !all->n)
		return sr_ok();
	build_str(s->out,
		  "<h3>Where the words stand</h3>\n"
		  "<p>Each word that could be measured is tinted by what its position says: "
		  "<span class=\"left\">to the left</span> or <span class=\"right\">to the right"
		  "</span> of where it stands on the page without marks; the stronger, the "
		  "surer.</p>\n");
	for (size_t i = 0; i < all->n && i < REPORT_PICTURES; i++)
		SR_TRY(show_view(s, &all->view[i]));
	if (all->n > REPORT_PICTURES)
		build_fmt(s->out, "<p>and %zu more pages, which are not shown here</p>\n",
			  all->n - REPORT_PICTURES);
	return sr_ok();
}
