/* SPDX-License-Identifier: Apache-2.0 */
/* The text of an HTML page, in document order: libxml2 cuts it into elements and characters and
 * calls us for each; there is no tree. So nothing is lost behind stray or missing tags. Hidden is
 * what browsers hide as well: what stands behind a comment, a script or a quoted attribute that is
 * never closed.
 *
 * libxml2 takes time in the square of the input for ends of elements that were never opened, in
 * deep nesting, for tags of very many attributes and for very many made-up names. The deadline of
 * the child ends it: such a page is refused as taking too long, never cut short. */
#ifndef EXTRACT_HTML_H
#define EXTRACT_HTML_H

#include "build.h"
#include "extract_outcome.h"
#include "slice.h"

/* html_open prepares libxml2, which takes its memory through us from then on; false if there is
 * none. It calls for nothing later that the filter forbids. Once is enough, more do no harm. */
bool html_open(void);

/* html_text appends the text of a page in clean UTF-8: blocks, table cells, list items and line
 * breaks on lines of their own; other elements do not break words; runs of white space as one
 * space, outside pre and textarea. script, style, noscript, template, svg and iframe are left out,
 * attributes too. Numeric references to C1 mean windows-1252 (HTML Standard, 13.2.5.80); named
 * ones are those of HTML 4 and need their semicolon, others stay as they are.
 *
 * EXTRACT_OK, _MEMORY, _LONG, or _PARTLY if libxml2 gave up before the end; out holds a part then.
 * html_open comes first (asserted). One page at a time: libxml2's allocator is the process's. */
enum extract_outcome html_text(struct slice utf8, struct build *out);

/* html_looks_like tells whether text begins like a page: a doctype, html, head or body element, or
 * at least tags_n_min tags of HTML within the first 4,096 bytes. */
bool html_looks_like(struct slice text, unsigned tags_n_min);

#endif
