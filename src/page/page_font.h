/* SPDX-License-Identifier: Apache-2.0 */
/* Fonts of this machine, as Pango and fontconfig find them, without hinting and rounding: what is
 * shaped at one size looks the same at any resolution. One point is one unit of Cairo, and
 * PANGO_SCALE is PAGE_PT. */
#ifndef PAGE_FONT_H
#define PAGE_FONT_H

#include "page_sheet.h"

#include <pango/pangocairo.h>

/* page_font_context makes a context on the thread's own font map; the caller unrefs it. */
PangoContext *page_font_context(void);

/* page_font_file writes the digest of the file that font is from, and the number of its face in it.
 * SR_E_STATE: the font is in no file; SR_E_IO, SR_E_NOMEM. */
SR_MUST struct sr_err page_font_file(PangoFont *font, uint8_t digest[CRYPTO_HASH_LEN],
				     uint32_t *face);

/* page_font_is tells whether font is of that family, by any of its names, case aside. */
bool page_font_is(PangoFont *font, const char *family);

#endif
