/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures up to where their characters would be recognised: decoding, tone, lines; and, of the
 * same bytes, what the parent checks as the answer of the reader. */
#include "extract_pages.h"
#include "extract_utf8.h"
#include "picture_decode.h"
#include "picture_lines.h"
#include "picture_tone.h"
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIXELS_MAX = 1000 * 1000 }; /* of a picture that is looked at further */

/* look does what is done to a picture before it is read. */
static void look(struct arena *a, PIX *gray)
{
	(void)tone_is_dark(gray);
	PIX *even = tone_even(a, gray), *ink = even ? tone_ink(even) : NULL;
	if (!even || !ink)
		abort();
	(void)lines_run_down(a, ink);
	struct lines *l = lines_find(a, ink, 1);
	PIX *level = l ? lines_level(l, even) : NULL;
	float x = 1, y = 1;
	if (!level)
		abort();
	lines_from_level(l, &x, &y);
	if (!isfinite(x) || !isfinite(y))
		abort();
	pixDestroy(&even);
	pixDestroy(&ink);
	pixDestroy(&level);
}

static void read_bytes(struct arena *a, struct slice bytes)
{
	unsigned n;
	PIX *gray = NULL;
	if (decode_pages(bytes, &n) != EXTRACT_OK)
		return;
	for (unsigned i = 0; i < n && i < 3; i++) {
		if (decode_page(bytes, i, &gray) != EXTRACT_OK)
			return;
		if (pixGetDepth(gray) != 8)
			abort();
		if ((double)pixGetWidth(gray) * pixGetHeight(gray) <= PIXELS_MAX)
			look(a, gray);
		pixDestroy(&gray);
	}
}

static void check_answer(struct arena *a, struct slice bytes)
{
	struct extract_pages p;
	struct sr_err e = pages_read(a, bytes, &p);
	if (sr_bad(e))
		return;
	for (size_t i = 0; i < p.n; i++)
		for (size_t k = 0; k < p.page[i].words_n; k++) {
			const struct extract_word *w = &p.page[i].word[k];
			if (w->text.ptr != p.text.ptr + w->off || utf8_count(w->text).bad_n ||
			    !isfinite(w->x + w->y + w->w + w->h))
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere; /* the libraries remark on every bad byte */
	struct arena a = {0};
	if (!nowhere) {
		nowhere = fopen("/dev/null", "we");
		stderr = nowhere ? nowhere : stderr;
	}
	setMsgSeverity(L_SEVERITY_NONE);
	read_bytes(&a, slice_make(data, size));
	check_answer(&a, slice_make(data, size));
	arena_release(&a);
	return 0;
}
