/* SPDX-License-Identifier: Apache-2.0 */
#include "page_font.h"

#include "platform.h"

#include <assert.h>
#include <pango/pangofc-font.h>

enum { FONT_FILE_MAX = 256 * 1024 * 1024 };

static_assert((int)PAGE_PT == (int)PANGO_SCALE, "a unit is Pango's");

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAKS_ARE_SOUGHT
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LEAKS_ARE_SOUGHT
#endif

#ifdef LEAKS_ARE_SOUGHT
/* What Pango and Fontconfig keep for the process looks like leaks. To have it freed at the end is
 * worse: Pango's own threads may still use it, and Cairo then aborts. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libpango\n";
}

/* That something was suppressed is no message for whoever runs the program. */
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}
#endif

PangoContext *page_font_context(void)
{
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
