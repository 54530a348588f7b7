/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a Word document (DOCX, ECMA-376 part 1) or an OpenDocument text (ODT, ODF 1.3 part
 * 3), as a leak: words, no form. libxml2 cuts the parts into elements and characters; there is no
 * tree, no entity but the five of XML, and nothing that a document points at is ever looked at: no
 * relationship, altChunk, DTD, picture, macro or embedded object. */
#ifndef EXTRACT_OFFICE_H
#define EXTRACT_OFFICE_H

#include "build.h"
#include "extract_kind.h"
#include "extract_parse.h"

/* office_open prepares libxml2 and libzip; false if there is no memory. They call for nothing later
 * that the filter forbids. Once is enough, more do no harm. */
bool office_open(void);

/* office_text finds the text of a KIND_DOCX, KIND_ODT or KIND_FLAT_ODT (others: asserted), a line
 * for each paragraph: the body; what stands in text boxes (and in ODT in notes and comments) behind
 * it, so that no sentence is torn; then of DOCX footnotes, endnotes, comments, headers and footers,
 * of ODT headers and footers. Of tracked changes inserted text counts and deleted does not; hidden
 * text (w:vanish, text:hidden-text) is left out, field codes too. text borrows from out.
 *
 * EXTRACT_OK; _NOTHING: white space only; _ENCRYPTED; _BROKEN: an archive or XML that is not
 * well-formed, or without a body; _BOMB: the limits of office_zip.h; _DEEP: LIMIT_XML_DEPTH; _LONG,
 * _MEMORY, _ENCODING. office_open comes first (asserted). */
enum extract_outcome office_text(struct parse *p, struct slice bytes, enum extract_kind kind,
				 struct build *out, struct slice *text);

#endif
