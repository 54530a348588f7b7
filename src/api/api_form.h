/* SPDX-License-Identifier: Apache-2.0 */
/* What a paper is written in: a text file, or a Word document (DOCX), told apart by the bytes. The
 * rest of the program works on the text; the form turns wordings back into a file. */
#ifndef API_FORM_H
#define API_FORM_H

#include "issue_copy.h"
#include "office_docx.h"
#include "vary.h"

/* {0} is a text file. After api_form_plan, of a DOCX: texts[0, n) fill its edits; edit place[i] is
 * that of place i of the lattice, the others are escapes and questions. */
struct api_form {
	struct office_docx *docx; /* NULL: a text file */
	struct slice *texts, *wordings;
	size_t *place;
	size_t n;
};

/* api_form_open reads source, which must outlive the form; *text is what text_paper_parse gets.
 * Errors as for office_docx_open; out is {0} then. */
SR_MUST struct sr_err api_form_open(struct slice source, const struct sr_sink *sink,
				    struct api_form *out, struct slice *text);

/* api_form_close frees the form; {0} is fine. */
void api_form_close(struct api_form *f);

/* api_form_parse is text_paper_parse, with notes that tell a reader of the form where to look. */
SR_MUST struct sr_err api_form_parse(struct arena *a, const struct api_form *f, struct slice text,
				     const struct sr_sink *sink, struct text_paper *out);

/* api_form_keep drops those found places that the form cannot hold; returns how many are left. */
size_t api_form_keep(const struct api_form *f, const struct text_paper *paper,
		     struct vary_place *found, size_t found_n);

/* api_form_plan prepares copies with the places of l, which was made from paper (SR_E_STATE if it
 * was not); once. Errors as for office_docx_plan. */
SR_MUST struct sr_err api_form_plan(struct arena *a, struct api_form *f,
				    const struct text_paper *paper, const struct text_lattice *l,
				    const struct sr_sink *sink);

/* api_form_copy replaces what out holds by the copy of reader id. Errors as for issue_copy and
 * office_docx_copy. */
SR_MUST struct sr_err api_form_copy(struct api_form *f, struct issue_job *job, struct slice id,
				    struct build *out);

/* api_form_source appends the paper with the found places in spin syntax; a form is good for this
 * or for a plan, once. */
SR_MUST struct sr_err api_form_source(struct arena *a, struct api_form *f,
				      const struct text_paper *paper,
				      const struct vary_place *found, size_t found_n,
				      const struct sr_sink *sink, struct build *out);

/* api_form_locate gives line and column of byte off of the paper's text, or paragraph and
 * character of a DOCX, from 1. */
void api_form_locate(const struct api_form *f, struct slice text, size_t off, uint32_t *line,
		     uint32_t *col);

#endif
