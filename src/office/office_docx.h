/* SPDX-License-Identifier: Apache-2.0 */
/* A paper written in Word (DOCX: ECMA-376, transitional or strict). It is read as text, in which
 * every byte is known by where it stands in the document; then edits of that text make copies of
 * the document in which nothing differs but the wording.
 *
 * The text has the paragraphs of the main document, then those of the footnotes and endnotes, with
 * a blank line between any two. What is not theirs is put in so that finding places treats them as
 * it treats a text file: "# " before headings, "| " before paragraphs in tables, "> " before
 * quotations. A tab is a space, a break a line end. Headers, footers, text boxes, equations and
 * properties are not in it: they are the same in all copies.
 *
 * How a copy is made: the document is tidied once (runs that are formatted alike become one, marks
 * of revisions and of the spelling checker go), every edit becomes a gap in its XML, and a copy
 * fills the gaps. So all copies have the same elements whatever is written into them, and run
 * boundaries do not betray a place. */
#ifndef OFFICE_DOCX_H
#define OFFICE_DOCX_H

#include "arena.h"
#include "build.h"
#include "err.h"
#include "slice.h"

struct office_docx;

/* office_docx_is tells whether bytes are an office document that office_docx_open must judge: a ZIP
 * archive, or the container of old and of encrypted ones. */
bool office_docx_is(struct slice bytes);

/* office_docx_open reads a document and its text. bytes are borrowed until office_docx_close; sink
 * only during the call. Everything that is in the way is written to sink: SR_E_INPUT: damaged, or
 * no DOCX; encrypted, signed or with macros; tracked changes, comments or files
 * to be taken in; {a|b} where it is not supported and readers would see it. SR_E_LIMIT:
 * LIMIT_ZIP_*, LIMIT_OFFICE_XML_BYTES, LIMIT_PAPER_BYTES of text; SR_E_NOMEM. */
SR_MUST struct sr_err office_docx_open(struct slice bytes, const struct sr_sink *sink,
				       struct office_docx **out);

/* office_docx_close frees d; NULL is fine. */
void office_docx_close(struct office_docx *d);

/* office_docx_text returns the text, UTF-8; it lives until office_docx_close. */
struct slice office_docx_text(const struct office_docx *d);

/* office_docx_locate gives the paragraph of byte off of the text, and the character in it, both
 * from 1; paragraphs without text do not count. */
void office_docx_locate(const struct office_docx *d, size_t off, uint32_t *paragraph,
			uint32_t *character);

/* office_docx_find gives the offset of a line and column (characters) of the text, both from 1. */
size_t office_docx_find(const struct office_docx *d, uint32_t line, uint32_t col);

/* office_docx_words returns up to 40 bytes of the text from off on, to the end of its line. */
struct slice office_docx_words(const struct office_docx *d, size_t off);

/* An edit: text[from, to) is to be replaced, with the formatting of the byte at first (from <=
 * first < to). */
struct office_edit {
	size_t from, to, first;
};

/* office_docx_fits tells whether text[from, to) can be edited and is formatted alike throughout.
 * Before office_docx_plan only (asserted). */
bool office_docx_fits(const struct office_docx *d, size_t from, size_t to);

/* office_docx_plan prepares n edits, ascending and disjoint (asserted), once for each document
 * (asserted). Those that cannot be made are written to sink: SR_E_INPUT if one holds or touches
 * something other than text of one paragraph (a field, a picture, a tab, the edge of a link ...).
 * If its text is formatted in two ways, that is a warning. SR_E_NOMEM. */
SR_MUST struct sr_err office_docx_plan(struct office_docx *d, const struct office_edit *edits,
				       size_t n, const struct sr_sink *sink);

/* office_docx_copy appends the document with texts[i] in the place of edit i and preview pictures
 * emptied, after office_docx_plan (asserted). The same texts give the same bytes. SR_E_INPUT if a
 * text has control characters; SR_E_LIMIT, SR_E_NOMEM. */
SR_MUST struct sr_err office_docx_copy(struct office_docx *d, const struct slice *texts,
				       struct build *out);

#endif
