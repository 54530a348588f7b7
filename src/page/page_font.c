/* SPDX-License-Identifier: Apache-2.0 */
#include "page_font.h"

#include "platform.h"

#include <assert.h>
#include <pango/pangofc-font.h>
#include <pthread.h>
#include <stdlib.h>

enum { FONT_FILE_MAX = 256 * 1024 * 1024 };

static_assert((int)PAGE_PT == (int)PANGO_SCALE, "a unit is Pango's");

/* What the libraries keep for the process they free only if they are asked to, and leak checkers
 * mind. */
static void release_libraries(void)
{
	pango_cairo_font_map_set_default(NULL);
	cairo_debug_reset_static_data();
	FcFini();
}

static void release_at_exit(void)
{
	(void)atexit(release_libraries);
}

PangoContext *page_font_context(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, release_at_exit);
	PangoContext *c = pango_font_map_create_context(pango_cairo_font_map_get_default());
	cairo_font_options_t *o = cairo_font_options_create();
	cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_antialias(o, CAIRO_ANTIALIAS_GRAY);
	pango_cairo_context_set_font_options(c, o);
	pango_cairo_context_set_resolution(c, 72);
	pango_context_set_round_glyph_positions(c, FALSE);
	cairo_font_options_destroy(o);
	return c;
}

static FcPattern *pattern_of(PangoFont *font)
{
	return PANGO_IS_FC_FONT(font) ? pango_fc_font_get_pattern(PANGO_FC_FONT(font)) : NULL;
}

struct sr_err page_font_file(PangoFont *font, uint8_t digest[CRYPTO_HASH_LEN], uint32_t *face)
{
	FcPattern *p = pattern_of(font);
	FcChar8 *path;
	int index = 0;
	if (!p || FcPatternGetString(p, FC_FILE, 0, &path) != FcResultMatch)
		return sr_fail(SR_E_STATE, "a font without a file");
	(void)FcPatternGetInteger(p, FC_INDEX, 0, &index);
	struct arena scratch = {0};
	struct slice bytes;
	struct sr_err e = platform_read_file(&scratch, (const char *)path, FONT_FILE_MAX, &bytes);
	if (!sr_bad(e)) {
		crypto_digest(&bytes, 1, digest);
		*face = (uint32_t)index;
	}
	arena_release(&scratch);
	return e;
}

bool page_font_is(PangoFont *font, const char *family)
{
	FcPattern *p = pattern_of(font);
	FcChar8 *name;
	for (int i = 0; p && FcPatternGetString(p, FC_FAMILY, i, &name) == FcResultMatch; i++)
		if (FcStrCmpIgnoreCase(name, (const FcChar8 *)family) == 0)
			return true;
	return false;
}
