/* SPDX-License-Identifier: Apache-2.0 */
/* Where nothing may change unless the author marked it: direct quotations, code, headings,
 * quotation blocks, tables, links, addresses and paths, HTML, front matter. */
#ifndef TEXT_PROTECT_H
#define TEXT_PROTECT_H

#include "arena.h"
#include "err.h"
#include "slice.h"

/* text_protect returns one byte for each byte of plain, 1 where it is protected; it lives in a. A
 * quotation mark without its partner in the paragraph protects the rest of the paragraph. NULL if
 * there is no memory. */
uint8_t *text_protect(struct arena *a, struct slice plain);

/* text_sentence_starts returns one byte for each byte of plain, 1 where the first letter of a
 * sentence or a paragraph stands; it lives in a. NULL if there is no memory. */
uint8_t *text_sentence_starts(struct arena *a, struct slice plain);

#endif
