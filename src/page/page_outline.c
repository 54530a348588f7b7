/* SPDX-License-Identifier: Apache-2.0 */
#include "page_outline.h"

#include <glib.h>
#include <math.h>
#include <pango/pangofc-font.h>

/* Cairo keeps points on a grid of 1/256: the glyph is drawn so much larger. */
enum { ENLARGED = 64 };

struct page_tracer {
	cairo_surface_t *surface;
	cairo_t *cr;
	bool pictures; /* the font has no outlines */
};

static bool has_outlines(PangoFont *font)
{
	FcBool outline = FcTrue;
	if (PANGO_IS_FC_FONT(font))
		(void)FcPatternGetBool(pango_fc_font_get_pattern(PANGO_FC_FONT(font)), FC_OUTLINE,
				       0, &outline);
	return outline;
}

struct page_tracer *page_tracer_new(PangoFont *font)
{
	struct page_tracer *t = g_new0(struct page_tracer, 1);
	cairo_scaled_font_t *own = pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font));
	t->pictures = !own || !has_outlines(font);
	t->surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
	t->cr = cairo_create(t->surface);
	if (!own)
		return t;
	cairo_matrix_t size;
	cairo_font_options_t *o = cairo_font_options_create();
	cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
	cairo_scaled_font_get_font_matrix(own, &size);
	size.xx *= ENLARGED;
	size.xy *= ENLARGED;
	size.yx *= ENLARGED;
	size.yy *= ENLARGED;
	cairo_set_font_face(t->cr, cairo_scaled_font_get_font_face(own));
	cairo_set_font_matrix(t->cr, &size);
	cairo_set_font_options(t->cr, o);
	cairo_font_options_destroy(o);
	return t;
}

void page_tracer_free(struct page_tracer *t)
{
	cairo_destroy(t->cr);
	cairo_surface_destroy(t->surface);
	g_free(t);
}

static bool to_units(double v, int32_t *out)
{
	double u = nearbyint(v * PAGE_PT / ENLARGED);
	if (!(fabs(u) <= PAGE_LENGTH_MAX))
		return false;
	*out = (int32_t)u;
	return true;
}

static uint8_t kind_of(cairo_path_data_type_t type)
{
	switch (type) {
	case CAIRO_PATH_MOVE_TO:
		return 'M';
	case CAIRO_PATH_LINE_TO:
		return 'L';
	case CAIRO_PATH_CURVE_TO:
		return 'C';
	case CAIRO_PATH_CLOSE_PATH:
		break;
	}
	return 'Z';
}

/* Cairo begins a new contour behind each, which may be empty, and may leave the last one open. */
static struct sr_err copy_path(struct arena *a, const cairo_path_t *path, struct page_outline *o)
{
	size_t n = (size_t)path->num_data;
	uint8_t *kind = ARENA_ARRAY(a, n + 1, uint8_t);
	int32_t *point = arena_alloc(a, n, 2 * sizeof *point);
	size_t kinds = 0, points = 0;
	if (!kind || !point)
		return sr_nomem();
	for (size_t i = 0; i < n; i += (size_t)path->data[i].header.length) {
		const cairo_path_data_t *d = &path->data[i];
		uint8_t k = kind_of(d->header.type);
		if (k == 'M' && kinds && kind[kinds - 1] == 'M') {
			kinds--;
			points--;
		} else if (k == 'M' && kinds && kind[kinds - 1] != 'Z') {
			kind[kinds++] = 'Z';
		}
		kind[kinds++] = k;
		for (int p = 1; p < d->header.length; p++, points++)
			if (!to_units(d[p].point.x, &point[2 * points]) ||
			    !to_units(d[p].point.y, &point[2 * points + 1]))
				return sr_fail(SR_E_LIMIT, "a glyph is too large");
	}
	if (kinds && kind[kinds - 1] == 'M') {
		kinds--;
		points--;
	} else if (kinds && kind[kinds - 1] != 'Z') {
		kind[kinds++] = 'Z';
	}
	o->kind = kind;
	o->kinds_n = kinds;
	o->point = point;
	o->points_n = points;
	return sr_ok();
}

struct sr_err page_trace_glyph(struct arena *a, struct page_tracer *t, uint32_t glyph,
			       struct page_outline *o)
{
	const cairo_glyph_t g = {.index = glyph};
	if (t->pictures)
		return sr_ok();
	cairo_new_path(t->cr);
	cairo_glyph_path(t->cr, &g, 1);
	cairo_path_t *path = cairo_copy_path(t->cr);
	struct sr_err e = path->status == CAIRO_STATUS_NO_MEMORY ? sr_nomem()
			  : path->status                         ? sr_ok()
								 : copy_path(a, path, o);
	cairo_path_destroy(path);
	return e;
}

int32_t page_glyph_advance(PangoFont *font, uint32_t glyph)
{
	PangoRectangle ink, logical;
	pango_font_get_glyph_extents(font, glyph, &ink, &logical);
	return logical.width;
}
