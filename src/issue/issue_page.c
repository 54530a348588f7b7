/* SPDX-License-Identifier: Apache-2.0 */
#include "issue_page.h"

#include "mark_layout.h"

static struct sr_err draw_biases(struct arena *a, const struct code_design *design,
				 struct issue_pages *p)
{
	size_t n = p->sheet->slots_n;
	p->bias = ARENA_ARRAY(a, n, struct code_bias);
	p->symbols = ARENA_ARRAY(a, n, uint16_t);
	if (!p->bias || !p->symbols)
		return sr_nomem();
	return code_design_biases(a, design, CODE_LAYER_LAYOUT, NULL, n, p->bias);
}

struct sr_err issue_pages_open(struct arena *a, const struct page_sheet *sheet,
			       const struct code_design *design, const struct sr_sink *sink,
			       struct issue_pages *out)
{
	struct issue_pages p = {.sheet = sheet,
				.stream = {design->seed, code_layer_label(CODE_LAYER_LAYOUT),
					   design->lattice_hash}};
	SR_TRY(draw_biases(a, design, &p));
	SR_TRY(page_pdf_open(sheet, sink, &p.pdf));
	*out = p;
	return sr_ok();
}

void issue_pages_close(struct issue_pages *p)
{
	page_pdf_close(p->pdf);
	*p = (struct issue_pages){0};
}

struct sr_err issue_pages_copy(struct issue_pages *p, struct issue_job *job, struct slice id,
			       struct slice footer, struct build *out)
{
	struct arena scratch = {0};
	struct page_laid laid;
	int32_t *shift = NULL;
	struct sr_err e = issue_symbols(job, id);
	if (!sr_bad(e))
		e = code_symbols_all(&p->stream, id, p->bias, p->sheet->slots_n, p->symbols);
	if (!sr_bad(e))
		e = page_lay_copy(&scratch, p->sheet, job->symbols, &laid);
	if (!sr_bad(e) && !(shift = ARENA_ARRAY(&scratch, laid.words_n, int32_t)))
		e = sr_nomem();
	if (!sr_bad(e)) {
		mark_layout_write(&laid, p->symbols, shift);
		e = page_pdf_write(p->pdf, &laid, shift, footer, out);
	}
	arena_release(&scratch);
	return e;
}
