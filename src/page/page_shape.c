/* SPDX-License-Identifier: Apache-2.0 */
#include "page_shape.h"

#include "page_font.h"
#include "page_outline.h"

#include <stdlib.h>
#include <string.h>

enum { LOOKS_MAX = 64, BUCKETS = 1 << 12, UNKNOWN_MAX = 20, FOOT_PT = 9, DIGITS = 10 };

static const char code_family[] = "Liberation Mono";

/* A text that was shaped. */
struct known {
	struct known *next;
	struct page_look look;
	bool rtl;
	struct slice text;
	struct page_shaped shaped;
};

struct look {
	struct page_look look;
	PangoFontDescription *description;
};

struct page_shaper {
	struct arena *a;
	const struct sr_sink *sink;
	PangoContext *context;
	PangoGlyphString *glyphs;
	const char *family;
	struct look look[LOOKS_MAX];
	size_t looks_n;
	bool code_found;
	PangoFont *used[PAGE_FONTS_MAX];
	struct page_font font[PAGE_FONTS_MAX];
	size_t fonts_n;
	struct page_shape *shape;
	size_t shapes_n, shapes_cap;
	struct known *bucket[BUCKETS];
	gunichar unknown[UNKNOWN_MAX];
	size_t unknown_n;
};

static struct sr_err no_family(const struct sr_sink *sink, const char *family)
{
	note(sink, SR_ERROR, 0, 0, "no font of the family %s is installed", family);
	return sr_fail(SR_E_INPUT, "the font is not installed");
}

static struct sr_err check_family(struct page_shaper *s, const PangoFontDescription *d,
				  const char *family)
{
	PangoFont *font = pango_context_load_font(s->context, d);
	bool found = font && page_font_is(font, family);
	if (font)
		g_object_unref(font);
	return found ? sr_ok() : no_family(s->sink, family);
}

static int32_t size_of(struct page_look look)
{
	double size = look.size;
	if (look.style & PAGE_CODE)
		size *= 0.85;
	if (look.style & PAGE_RAISED)
		size *= 0.65;
	return (int32_t)(size + 0.5);
}

static PangoFontDescription *describe(const struct page_shaper *s, struct page_look look)
{
	PangoFontDescription *d = pango_font_description_new();
	pango_font_description_set_family(d, look.style & PAGE_CODE ? code_family : s->family);
	if (look.style & PAGE_BOLD)
		pango_font_description_set_weight(d, PANGO_WEIGHT_BOLD);
	if (look.style & PAGE_ITALIC)
		pango_font_description_set_style(d, PANGO_STYLE_ITALIC);
	pango_font_description_set_size(d, size_of(look));
	return d;
}

/* use_look makes what is shaped next look so. */
static struct sr_err use_look(struct page_shaper *s, struct page_look look)
{
	size_t i = 0;
	while (i < s->looks_n &&
	       (s->look[i].look.size != look.size || s->look[i].look.style != look.style))
		i++;
	if (i == LOOKS_MAX)
		return sr_fail(SR_E_LIMIT, "too many sizes and styles");
	if (i == s->looks_n)
		s->look[s->looks_n++] = (struct look){look, describe(s, look)};
	if (look.style & PAGE_CODE && !s->code_found)
		SR_TRY(check_family(s, s->look[i].description, code_family));
	s->code_found |= look.style & PAGE_CODE;
	pango_context_set_font_description(s->context, s->look[i].description);
	return sr_ok();
}

static bool same_font(const struct page_font *a, const struct page_font *b)
{
	return a->face == b->face && memcmp(a->file, b->file, sizeof a->file) == 0 &&
	       slice_eq(a->description, b->description);
}

static struct sr_err new_font(struct page_shaper *s, PangoFont *font, uint32_t *out)
{
	struct page_font f = {0};
	SR_TRY(page_font_file(font, f.file, &f.face));
	PangoFontDescription *d = pango_font_describe(font);
	char *text = pango_font_description_to_string(d);
	void *kept = arena_dup(s->a, text, strlen(text));
	f.description = slice_make(kept, strlen(text));
	g_free(text);
	pango_font_description_free(d);
	if (!kept)
		return sr_nomem();
	for (size_t i = 0; i < s->fonts_n; i++)
		if (same_font(&s->font[i], &f)) {
			*out = (uint32_t)i;
			return sr_ok();
		}
	if (s->fonts_n == PAGE_FONTS_MAX)
		return sr_fail(SR_E_LIMIT, "too many fonts");
	s->used[s->fonts_n] = g_object_ref(font);
	s->font[s->fonts_n] = f;
	*out = (uint32_t)s->fonts_n++;
	return sr_ok();
}

static struct sr_err find_font(struct page_shaper *s, PangoFont *font, uint32_t *out)
{
	for (size_t i = 0; i < s->fonts_n; i++)
		if (s->used[i] == font) {
			*out = (uint32_t)i;
			return sr_ok();
		}
	return new_font(s, font, out);
}

static void remember_unknown(struct page_shaper *s, gunichar c)
{
	for (size_t i = 0; i < s->unknown_n; i++)
		if (s->unknown[i] == c)
			return;
	if (s->unknown_n < UNKNOWN_MAX)
		s->unknown[s->unknown_n++] = c;
}

/* copy_glyphs copies what is not empty; a character that no font has becomes the font's own sign
 * for that, glyph 0. */
static struct sr_err copy_glyphs(struct page_shaper *s, PangoFont *font, int32_t raised,
				 struct page_shape *out)
{
	const PangoGlyphString *g = s->glyphs;
	struct page_glyph *to = ARENA_ARRAY(s->a, (size_t)g->num_glyphs, struct page_glyph);
	int64_t x = 0;
	if (!to)
		return sr_nomem();
	for (int i = 0; i < g->num_glyphs; i++) {
		PangoGlyphInfo at = g->glyphs[i];
		if (at.glyph & PANGO_GLYPH_UNKNOWN_FLAG && at.glyph != PANGO_GLYPH_EMPTY) {
			remember_unknown(s, at.glyph & ~PANGO_GLYPH_UNKNOWN_FLAG);
			at = (PangoGlyphInfo){.geometry.width = page_glyph_advance(font, 0)};
		}
		if (at.glyph != PANGO_GLYPH_EMPTY)
			to[out->glyphs_n++] =
				(struct page_glyph){at.glyph, (int32_t)(x + at.geometry.x_offset),
						    at.geometry.y_offset - raised};
		x += at.geometry.width;
		if (x < 0 || x > PAGE_LENGTH_MAX)
			return sr_fail(SR_E_LIMIT, "a word is too long");
	}
	out->glyph = to;
	out->advance = (int32_t)x;
	return sr_ok();
}

/* copy_clusters tells which bytes are which glyphs, in the order of the text. Pango says at which
 * byte the cluster of each glyph begins. Bytes without a glyph belong to those before them. */
static struct sr_err copy_clusters(struct page_shaper *s, struct page_shape *out)
{
	const PangoGlyphString *g = s->glyphs;
	struct page_cluster *to = ARENA_ARRAY(s->a, (size_t)g->num_glyphs, struct page_cluster);
	uint32_t from = 0, count = 0; /* of the cluster that is open: all before it is written */
	if (!to)
		return sr_nomem();
	for (int k = 0; k < g->num_glyphs; k++) {
		int i = out->backward ? g->num_glyphs - 1 - k : k;
		uint32_t at = (uint32_t)g->log_clusters[i];
		if (g->glyphs[i].glyph == PANGO_GLYPH_EMPTY)
			continue;
		if (count && at > from) {
			to[out->clusters_n++] = (struct page_cluster){at - from, count};
			from = at;
			count = 0;
		}
		count++;
	}
	if (count)
		to[out->clusters_n++] =
			(struct page_cluster){(uint32_t)out->text.len - from, count};
	out->cluster = to;
	return sr_ok();
}

static struct sr_err add_shape(struct page_shaper *s, const PangoItem *item, struct slice text,
			       int32_t raised, uint32_t *number, size_t *n)
{
	struct page_shape shape = {
		.text = slice_sub(text, (size_t)item->offset, (size_t)item->length),
		.backward = item->analysis.level & 1};
	if (!item->analysis.font)
		return no_family(s->sink, s->family);
	pango_shape_full((const char *)shape.text.ptr, item->length, (const char *)text.ptr,
			 (int)text.len, &item->analysis, s->glyphs);
	SR_TRY(copy_glyphs(s, item->analysis.font, raised, &shape));
	if (!shape.glyphs_n)
		return sr_ok();
	SR_TRY(copy_clusters(s, &shape));
	SR_TRY(find_font(s, item->analysis.font, &shape.font));
	if (s->shapes_n == PAGE_SHAPES_MAX)
		return sr_fail(SR_E_LIMIT, "too many different words");
	struct page_shape *all =
		arena_grow(s->a, s->shape, s->shapes_n, &s->shapes_cap, sizeof *all);
	if (!all)
		return sr_nomem();
	s->shape = all;
	number[(*n)++] = (uint32_t)s->shapes_n;
	all[s->shapes_n++] = shape;
	return sr_ok();
}

/* text lives in the shaper's arena. */
static struct sr_err shape_new(struct page_shaper *s, struct page_look look, bool rtl,
			       struct slice text, struct page_shaped *out)
{
	SR_TRY(use_look(s, look));
	int32_t raised = look.style & PAGE_RAISED ? look.size * 35 / 100 : 0;
	GList *items = pango_itemize_with_base_dir(
		s->context, rtl ? PANGO_DIRECTION_RTL : PANGO_DIRECTION_LTR, (const char *)text.ptr,
		0, (int)text.len, NULL, NULL);
	uint32_t *number = ARENA_ARRAY(s->a, g_list_length(items), uint32_t);
	struct sr_err e = number ? sr_ok() : sr_nomem();
	size_t n = 0;
	for (const GList *i = items; i && !sr_bad(e); i = i->next)
		e = add_shape(s, i->data, text, raised, number, &n);
	g_list_free_full(items, (GDestroyNotify)pango_item_free);
	if (sr_bad(e))
		return e;
	*out = (struct page_shaped){.shape = number, .n = n};
	for (size_t i = 0; i < n; i++)
		out->advance += s->shape[number[i]].advance;
	return out->advance <= PAGE_LENGTH_MAX ? sr_ok()
					       : sr_fail(SR_E_LIMIT, "a word is too long");
}

/* FNV-1a. */
static uint32_t hash(struct page_look look, bool rtl, struct slice text)
{
	uint32_t h = 2166136261U ^ (uint32_t)look.size ^ look.style << 24 ^ (uint32_t)rtl << 31;
	for (size_t i = 0; i < text.len; i++)
		h = (h ^ text.ptr[i]) * 16777619U;
	return h ^ h >> 15;
}

struct sr_err page_shape_text(struct page_shaper *s, struct page_look look, bool rtl,
			      struct slice text, struct page_shaped *out)
{
	struct known **at = &s->bucket[hash(look, rtl, text) % BUCKETS];
	for (const struct known *k = *at; k; k = k->next)
		if (k->look.size == look.size && k->look.style == look.style && k->rtl == rtl &&
		    slice_eq(k->text, text)) {
			*out = k->shaped;
			return sr_ok();
		}
	struct known *k = ARENA_NEW(s->a, struct known);
	void *kept = arena_dup(s->a, text.ptr, text.len);
	if (!k || !kept)
		return sr_nomem();
	*k = (struct known){*at, look, rtl, slice_make(kept, text.len), {0}};
	SR_TRY(shape_new(s, look, rtl, k->text, &k->shaped));
	*at = k;
	*out = k->shaped;
	return sr_ok();
}

struct sr_err page_shape_metrics(struct page_shaper *s, struct page_look look,
				 struct page_metrics *out)
{
	SR_TRY(use_look(s, look));
	PangoFont *font =
		pango_context_load_font(s->context, pango_context_get_font_description(s->context));
	if (!font)
		return no_family(s->sink, s->family);
	PangoFontMetrics *m = pango_font_get_metrics(font, NULL);
	GList *items = pango_itemize(s->context, " ", 0, 1, NULL, NULL);
	const PangoItem *item = items->data;
	pango_shape_full(" ", 1, " ", 1, &item->analysis, s->glyphs);
	*out = (struct page_metrics){pango_font_metrics_get_ascent(m),
				     pango_font_metrics_get_descent(m),
				     pango_glyph_string_get_width(s->glyphs)};
	g_list_free_full(items, (GDestroyNotify)pango_item_free);
	pango_font_metrics_unref(m);
	g_object_unref(font);
	return sr_ok();
}

PangoLanguage *page_shaper_language(const struct page_shaper *s)
{
	return pango_context_get_language(s->context);
}

const struct page_shape *page_shape_get(const struct page_shaper *s, uint32_t i)
{
	return &s->shape[i];
}

size_t page_shaper_n(const struct page_shaper *s)
{
	return s->shapes_n;
}

/* The digits are the first shapes, so that they stand side by side. */
static struct sr_err make_digits(struct page_shaper *s)
{
	const struct page_look look = {.size = FOOT_PT * PAGE_PT};
	for (size_t d = 0; d < DIGITS; d++) {
		struct page_shaped shaped;
		SR_TRY(page_shape_text(s, look, false, slice_make(&"0123456789"[d], 1), &shaped));
		if (shaped.n != 1 || s->shape[shaped.shape[0]].font != s->shape[0].font)
			return sr_fail(SR_E_INPUT, "the font has no digits");
	}
	return sr_ok();
}

struct sr_err page_shaper_open(struct arena *a, const struct page_options *o,
			       const struct sr_sink *sink, struct page_shaper **out)
{
	struct page_shaper *s = ARENA_NEW(a, struct page_shaper);
	void *language = arena_dup(a, o->language.ptr, o->language.len);
	if (!s || !language)
		return sr_nomem();
	s->a = a;
	s->sink = sink;
	s->family = !o->font || strcmp(o->font, "serif") == 0 ? "Liberation Serif"
		    : strcmp(o->font, "sans") == 0            ? "Liberation Sans"
							      : o->font;
	s->context = page_font_context();
	s->glyphs = pango_glyph_string_new();
	pango_context_set_language(s->context,
				   pango_language_from_string(o->language.len ? language : "und"));
	PangoFontDescription *d = describe(s, (struct page_look){.size = FOOT_PT * PAGE_PT});
	struct sr_err e = check_family(s, d, s->family);
	pango_font_description_free(d);
	if (!sr_bad(e))
		e = make_digits(s);
	if (sr_bad(e))
		page_shaper_close(s);
	else
		*out = s;
	return e;
}

void page_shaper_close(struct page_shaper *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->looks_n; i++)
		pango_font_description_free(s->look[i].description);
	for (size_t i = 0; i < s->fonts_n; i++)
		g_object_unref(s->used[i]);
	pango_glyph_string_free(s->glyphs);
	g_object_unref(s->context);
}

/* list_outlines gives an outline, yet empty, for each glyph of the n shapes. */
static struct sr_err list_outlines(struct arena *a, const struct page_shape *shape, size_t n,
				   struct page_outline **out, size_t *out_n)
{
	size_t all_n = 0, k = 0;
	for (size_t i = 0; i < n; i++)
		all_n += shape[i].glyphs_n;
	struct page_outline *all = ARENA_ARRAY(a, all_n, struct page_outline);
	if (!all)
		return sr_nomem();
	for (size_t i = 0; i < n; i++)
		for (size_t g = 0; g < shape[i].glyphs_n; g++)
			all[k++] = (struct page_outline){.font = shape[i].font,
							 .glyph = shape[i].glyph[g].id};
	qsort(all, all_n, sizeof *all, page_outline_order);
	size_t unique = 0;
	for (size_t i = 0; i < all_n; i++)
		if (!unique || page_outline_order(&all[unique - 1], &all[i]) != 0)
			all[unique++] = all[i];
	*out = all;
	*out_n = unique;
	return sr_ok();
}

static struct sr_err make_outlines(struct page_shaper *s, struct page_outline *o, size_t n)
{
	struct page_tracer *tracer = NULL;
	struct sr_err e = sr_ok();
	for (size_t i = 0; i < n && !sr_bad(e); i++) {
		if (!i || o[i].font != o[i - 1].font) {
			if (tracer)
				page_tracer_free(tracer);
			tracer = page_tracer_new(s->used[o[i].font]);
		}
		e = page_trace_glyph(s->a, tracer, o[i].glyph, &o[i]);
	}
	if (tracer)
		page_tracer_free(tracer);
	return e;
}

static void widen(struct page_box *box, bool *any, int32_t x, int32_t y)
{
	int32_t right = box->x + box->w, low = box->y + box->h;
	if (!*any)
		*box = (struct page_box){x, y, 0, 0};
	else
		*box = (struct page_box){MIN(box->x, x), MIN(box->y, y),
					 MAX(right, x) - MIN(box->x, x),
					 MAX(low, y) - MIN(box->y, y)};
	*any = true;
}

/* The ink of a shape lies between the outermost points of its outlines. */
static void find_ink(const struct page_outline *o, size_t n, struct page_shape *shape)
{
	bool any = false;
	for (size_t g = 0; g < shape->glyphs_n; g++) {
		const struct page_glyph *at = &shape->glyph[g];
		const struct page_outline *found = page_outline_find(o, n, shape->font, at->id);
		for (size_t p = 0; found && p < found->points_n; p++)
			widen(&shape->ink, &any, at->x + found->point[2 * p],
			      at->y + found->point[2 * p + 1]);
	}
}

static struct sr_err note_unknown(const struct page_shaper *s)
{
	struct build b = {0};
	struct slice text;
	if (!s->unknown_n)
		return sr_ok();
	for (size_t i = 0; i < s->unknown_n; i++)
		build_fmt(&b, "%sU+%04X", i ? ", " : "", s->unknown[i]);
	build_u8(&b, 0);
	struct sr_err e = build_done(&b, &text);
	if (!sr_bad(e))
		note(s->sink, SR_WARNING, 0, 0,
		     "no font that is installed has a sign for %s%s; a box is printed instead, "
		     "which some viewers leave blank",
		     (const char *)text.ptr,
		     s->unknown_n == UNKNOWN_MAX ? " and perhaps more" : "");
	build_release(&b);
	return e;
}

struct sr_err page_shaper_finish(struct page_shaper *s, const bool *keep, uint32_t *number,
				 struct page_sheet *out)
{
	struct page_outline *outline;
	size_t outlines_n, n = 0;
	for (size_t i = 0; i < s->shapes_n; i++)
		if (i < DIGITS || keep[i]) {
			number[i] = (uint32_t)n;
			s->shape[n++] = s->shape[i];
		}
	SR_TRY(list_outlines(s->a, s->shape, n, &outline, &outlines_n));
	if (outlines_n > PAGE_SHAPES_MAX)
		return sr_fail(SR_E_LIMIT, "too many different signs");
	SR_TRY(make_outlines(s, outline, outlines_n));
	for (size_t i = 0; i < n; i++)
		find_ink(outline, outlines_n, &s->shape[i]);
	SR_TRY(note_unknown(s));
	out->font = s->font;
	out->fonts_n = s->fonts_n;
	out->foot_font = s->shape[0].font;
	out->outline = outline;
	out->outlines_n = outlines_n;
	out->shape = s->shape;
	out->shapes_n = n;
	out->digit = 0;
	return sr_ok();
}
