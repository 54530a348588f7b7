/* SPDX-License-Identifier: Apache-2.0 */
/* The text of an HTML page, in document order: cut into tags and characters as browsers do it,
 * without a tree. That needs memory for the output only and time linear in the input, however
 * deep it nests and whatever stays open.
 *
 * For a tracer lost text is worse than junk. So nothing that is never closed hides the rest: a
 * comment, a script or a quoted attribute without an end counts as text. */
#ifndef EXTRACT_HTML_H
#define EXTRACT_HTML_H

#include "build.h"
#include "slice.h"

/* html_text appends the text of a page in clean UTF-8: blocks, table cells, list items and line
 * breaks on lines of their own; other elements do not break words; runs of white space as one
 * space, outside pre and textarea. script, style, noscript, template, svg and iframe are left out,
 * attributes too. Numeric references to C1 mean windows-1252 (HTML Standard, 13.2.5.80). */
void html_text(struct slice utf8, struct build *out);

/* html_looks_like tells whether text begins like a page: a doctype, html, head or body element, or
 * at least tags_n_min tags of HTML within the first 4,096 bytes. */
bool html_looks_like(struct slice text, unsigned tags_n_min);

#endif
