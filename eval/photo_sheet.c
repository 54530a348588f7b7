/* SPDX-License-Identifier: Apache-2.0 */
#include "photo_sheet.h"

#include "instrument.h"
#include "mark_layout.h"
#include "page_plan.h"
#include "platform.h"

static void *get(struct arena *a, size_t n, size_t size)
{
	void *p = arena_alloc(a, n ? n : 1, size);
	if (!p)
		sim_must(sr_nomem());
	return p;
}

void photo_sheet_plan(struct arena *a, const struct text_lattice *l, struct page_sheet *out)
{
	const struct page_options o = {.paper = PAGE_A4,
				       .font = "serif",
				       .title = SLICE_LIT("A paper"),
				       .language = SLICE_LIT("en"),
				       .created = 1790000000};
	const struct sr_sink none = {0};
	sim_must(page_plan_make(a, l, &o, &none, out));
}

void photo_sheet_lay(struct arena *a, const struct text_lattice *l, const struct page_sheet *s,
		     uint64_t *dice, struct photo_laid *out)
{
	uint16_t *wording = get(a, l->places_n, sizeof *wording);
	uint16_t *symbol = get(a, s->slots_n, sizeof *symbol);
	for (size_t i = 0; i < l->places_n; i++)
		wording[i] =
			dice ? (uint16_t)(instrument_random(dice) % l->places[i].wordings_n) : 0;
	for (size_t i = 0; i < s->slots_n; i++)
		symbol[i] = dice ? (uint16_t)(instrument_random(dice) >> 63) : 0;
	sim_must(page_lay_copy(a, s, wording, &out->laid));
	out->shift = NULL;
	if (!dice)
		return;
	out->shift = get(a, out->laid.words_n, sizeof *out->shift);
	mark_layout_write(&out->laid, symbol, out->shift);
}

void photo_sheet_write(const struct page_sheet *s, const struct page_laid *l, const int32_t *shift,
		       const char *path)
{
	const struct sr_sink none = {0};
	struct page_pdf *p;
	struct build b = {0};
	struct slice bytes;
	sim_must(page_pdf_open(s, &none, &p));
	sim_must(page_pdf_write(p, l, shift, SLICE_LIT(""), &b));
	sim_must(build_done(&b, &bytes));
	sim_must(platform_write_file(path, bytes, 0600));
	build_release(&b);
	page_pdf_close(p);
}

void photo_sheet_unmarked(const char *source, const char *pdf)
{
	struct arena a = {0};
	struct sim_paper p;
	struct page_sheet s;
	struct photo_laid l;
	sim_paper_read(&a, source, &p);
	photo_sheet_plan(&a, &p.lattice, &s);
	photo_sheet_lay(&a, &p.lattice, &s, NULL, &l);
	photo_sheet_write(&s, &l.laid, NULL, pdf);
	arena_release(&a);
}
