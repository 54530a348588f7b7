/* SPDX-License-Identifier: Apache-2.0 */
/* Text within a block on its way into items: tokens become places again, wordings get their runs.
 */
#ifndef PAGE_INLINE_H
#define PAGE_INLINE_H

#include "page_blocks.h"

#include <cmark-gfm.h>

/* How text is meant: as Markdown gave it; without Markdown in its wordings (a code span, a plain
 * paper); or as a block of code, with its lines and spaces. */
enum page_mode { PAGE_MODE_MARKDOWN, PAGE_MODE_LITERAL, PAGE_MODE_CODE };

/* to: where items go. base: the style of the block. failed: no memory (text is a builder and
 * remembers its own failure). html: some was left out; pictures likewise. */
struct page_writer {
	struct arena *a;
	const struct text_lattice *l;
	struct build text;
	struct page_draft_run *run;
	size_t runs_n, runs_cap;
	uint8_t *used; /* place: an item has it */
	struct page_draft_text *to;
	unsigned base;
	unsigned bold, italic; /* depth of emphasis */
	struct page_draft_runs
		*wording; /* where runs go, without tokens, while a wording is read; or NULL */
	bool line_begun;  /* of code */
	size_t spaces;    /* of code, not yet written */
	bool html, pictures, failed;
};

/* page_parse reads Markdown with the extensions that papers may use; the document is the caller's
 * to free; NULL: no memory. */
cmark_node *page_parse(struct slice text);

/* page_tokens_write appends the lattice's text with a token for each place. */
void page_tokens_write(const struct text_lattice *l, struct build *out);

/* page_put_text appends text, in which there may be tokens, to w->to. */
void page_put_text(struct page_writer *w, enum page_mode mode, struct slice text);

/* page_put_line_end ends the line of what was put last; within a wording it puts a space. */
void page_put_line_end(struct page_writer *w);

/* page_put_node appends what an inline node of Markdown says; entering: at its beginning. */
void page_put_node(struct page_writer *w, cmark_node *node, bool entering);

#endif
