/* SPDX-License-Identifier: Apache-2.0 */
#include "page_blocks.h"

#include "base_limits.h"
#include "page_inline.h"

#include <cmark-gfm-core-extensions.h>
#include <stdio.h>
#include <string.h>

enum { TOKENS_BYTES_MAX = 2 * LIMIT_PAPER_BYTES, DRAFT_BYTES_MAX = 1 << 30 };

/* A container that is open. tight: the next block in it stands close to the one before; then, those
 * behind that. next, delim, widest, bullets: of a list. frame: of what stands in it. */
struct level {
	struct level *up;
	cmark_node *node;
	bool tight, then;
	int next;
	char delim;
	unsigned bullets;
	struct slice widest;
	uint32_t frame;
};

struct reader {
	struct page_writer w;
	struct level *level;
	struct page_draft_part *part;
	size_t parts_n, parts_cap;
	struct page_draft_frame *frame;
	size_t frames_n, frames_cap;
	uint32_t marker; /* the frame whose marker stands before the next part, or PAGE_NONE */
	unsigned notes_n;
	uint32_t tables_n;
	const uint8_t *align; /* of the table that is read */
	size_t cells_n;       /* of the row that is read, so far */
};

static void *some(struct reader *r, void *p)
{
	if (!p)
		r->w.failed = true;
	return p;
}

/* new_part appends a part where the reader stands; NULL: no memory. */
static struct page_draft_part *new_part(struct reader *r, enum page_kind kind, size_t cells_n)
{
	struct level *in = r->level;
	struct page_draft_part *part =
		arena_grow(r->w.a, r->part, r->parts_n, &r->parts_cap, sizeof *part);
	struct page_draft_text *cell = ARENA_ARRAY(r->w.a, cells_n, struct page_draft_text);
	if (!some(r, part) || !some(r, cell))
		return NULL;
	r->part = part;
	part += r->parts_n++;
	*part = (struct page_draft_part){.kind = kind,
					 .frame = in->frame,
					 .marker = r->marker,
					 .tight = in->tight,
					 .cell = cell,
					 .cells_n = cells_n};
	r->marker = PAGE_NONE;
	in->tight = in->then;
	r->w.to = cells_n ? cell : NULL;
	r->w.base = 0;
	return part;
}

/* A marker that nothing can stand behind has a line to itself. */
static void put_marker(struct reader *r)
{
	if (r->marker != PAGE_NONE)
		(void)new_part(r, PAGE_TEXT, 1);
}

static struct level *push(struct reader *r, cmark_node *node)
{
	struct level *l = some(r, ARENA_NEW(r->w.a, struct level));
	if (!l)
		return NULL;
	*l = (struct level){.up = r->level, .node = node, .frame = PAGE_NONE};
	if (l->up) {
		l->frame = l->up->frame;
		l->tight = l->up->tight;
		l->bullets = l->up->bullets;
		l->up->tight = l->up->then;
	}
	r->level = l;
	return l;
}

static void push_frame(struct reader *r, struct level *l, struct page_draft_frame frame)
{
	struct page_draft_frame *all =
		arena_grow(r->w.a, r->frame, r->frames_n, &r->frames_cap, sizeof *all);
	if (!some(r, all))
		return;
	frame.up = l->frame;
	r->frame = all;
	l->frame = (uint32_t)r->frames_n;
	all[r->frames_n++] = frame;
}

static struct slice keep_text(struct reader *r, const char *text, int n)
{
	void *kept = some(r, arena_dup(r->w.a, text, (size_t)n));
	return kept ? slice_make(kept, (size_t)n) : slice_make(NULL, 0);
}

static struct slice number_text(struct reader *r, int number, char delim)
{
	char text[16];
	return keep_text(r, text, snprintf(text, sizeof text, "%d%c", number, delim));
}

/* From right to left the sign stands at the left of the number, a bracket mirrored (UAX 9, rules L2
 * and L4). */
static struct slice number_text_rtl(struct reader *r, int number, char delim)
{
	char text[16];
	char sign = delim == ')' ? '(' : delim;
	return keep_text(r, text, snprintf(text, sizeof text, "%c%d", sign, number));
}

static void open_list(struct reader *r, cmark_node *node)
{
	struct level *l = push(r, node);
	if (!l)
		return;
	l->then = cmark_node_get_list_tight(node);
	l->delim = 0;
	if (cmark_node_get_list_type(node) != CMARK_ORDERED_LIST) {
		l->bullets++;
		return;
	}
	int n = 0;
	for (cmark_node *i = cmark_node_first_child(node); i; i = cmark_node_next(i))
		n++;
	l->next = cmark_node_get_list_start(node);
	l->delim = cmark_node_get_list_delim(node) == CMARK_PAREN_DELIM ? ')' : '.';
	l->widest = number_text(r, l->next > INT32_MAX - n ? INT32_MAX : l->next + n - 1, l->delim);
}

static struct slice bullet(const struct level *list, cmark_node *item)
{
	static const char *const sign[] = {"•", "–", "▪"};
	if (strcmp(cmark_node_get_type_string(item), "tasklist") == 0)
		return slice_str(cmark_gfm_extensions_get_tasklist_item_checked(item) ? "■" : "□");
	return slice_str(sign[(list->bullets - 1) % 3]);
}

static void open_item(struct reader *r, cmark_node *node)
{
	struct level *list = r->level;
	put_marker(r);
	struct level *l = push(r, node);
	if (!l)
		return;
	l->then = list->then;
	struct page_draft_frame frame = {.widest = list->widest};
	if (list->delim) {
		frame.marker = number_text(r, list->next, list->delim);
		frame.marker_rtl = number_text_rtl(r, list->next, list->delim);
		list->next += list->next < INT32_MAX;
	} else {
		frame.marker = frame.marker_rtl = frame.widest = bullet(list, node);
	}
	push_frame(r, l, frame);
	r->marker = l->frame;
}

static void open_quote(struct reader *r, cmark_node *node)
{
	struct level *l = push(r, node);
	if (l)
		push_frame(r, l, (struct page_draft_frame){.quote = true});
}

static void open_note(struct reader *r, cmark_node *node)
{
	if (!r->notes_n)
		(void)new_part(r, PAGE_RULE, 0);
	struct level *l = push(r, node);
	if (!l)
		return;
	int number = (int)++r->notes_n;
	struct slice marker = number_text(r, number, '.');
	push_frame(r, l,
		   (struct page_draft_frame){.note = true,
					     .marker = marker,
					     .marker_rtl = number_text_rtl(r, number, '.'),
					     .widest = marker});
	r->marker = l->frame;
}

static void put_code_block(struct reader *r, cmark_node *node)
{
	struct slice text = slice_str(cmark_node_get_literal(node));
	if (text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	if (!new_part(r, PAGE_CODE_TEXT, 1))
		return;
	r->w.base = PAGE_CODE;
	r->w.line_begun = false;
	r->w.spaces = 0;
	page_put_text(&r->w, PAGE_MODE_CODE, text);
}

static void open_row(struct reader *r, cmark_node *node, bool header)
{
	cmark_node *table = cmark_node_parent(node);
	struct page_draft_part *part =
		new_part(r, PAGE_ROW, cmark_gfm_extensions_get_table_columns(table));
	if (!part)
		return;
	part->table = r->tables_n;
	part->header = header;
	part->align = r->align;
	r->cells_n = 0;
	r->w.base = header ? PAGE_BOLD : 0;
}

static void open_table(struct reader *r, cmark_node *node)
{
	size_t n = cmark_gfm_extensions_get_table_columns(node);
	const uint8_t *align = cmark_gfm_extensions_get_table_alignments(node);
	r->align = some(r, arena_dup(r->w.a, align, align ? n : 0));
	r->tables_n++;
}

static void open_cell(struct reader *r)
{
	const struct page_draft_part *row = r->parts_n ? &r->part[r->parts_n - 1] : NULL;
	if (row && r->cells_n < row->cells_n)
		r->w.to = &row->cell[r->cells_n++];
}

/* Of extensions only the names are known. */
static bool is(cmark_node *node, const char *name)
{
	return strcmp(cmark_node_get_type_string(node), name) == 0;
}

static bool open_extension(struct reader *r, cmark_node *node)
{
	if (is(node, "table"))
		open_table(r, node);
	else if (is(node, "table_header") || is(node, "table_row"))
		open_row(r, node, is(node, "table_header"));
	else if (is(node, "table_cell"))
		open_cell(r);
	else
		return false;
	return true;
}

static void put_heading(struct reader *r, cmark_node *node)
{
	struct page_draft_part *part = new_part(r, PAGE_HEADING, 1);
	if (!part)
		return;
	part->level = (unsigned)cmark_node_get_heading_level(node);
	r->w.base = PAGE_BOLD;
}

static void enter(struct reader *r, cmark_node *node)
{
	cmark_node_type type = cmark_node_get_type(node);
	if (type == CMARK_NODE_DOCUMENT)
		(void)push(r, node);
	else if (type == CMARK_NODE_BLOCK_QUOTE)
		open_quote(r, node);
	else if (type == CMARK_NODE_LIST)
		open_list(r, node);
	else if (type == CMARK_NODE_ITEM)
		open_item(r, node);
	else if (type == CMARK_NODE_FOOTNOTE_DEFINITION)
		open_note(r, node);
	else if (type == CMARK_NODE_CODE_BLOCK)
		put_code_block(r, node);
	else if (type == CMARK_NODE_PARAGRAPH)
		(void)new_part(r, PAGE_TEXT, 1);
	else if (type == CMARK_NODE_HEADING)
		put_heading(r, node);
	else if (type == CMARK_NODE_THEMATIC_BREAK) {
		put_marker(r);
		(void)new_part(r, PAGE_RULE, 0);
	} else if (type == CMARK_NODE_HTML_BLOCK)
		r->w.html |= strncmp(cmark_node_get_literal(node), "<!--", 4) != 0;
	else if (!open_extension(r, node))
		page_put_node(&r->w, node, true);
}

static void leave(struct reader *r, cmark_node *node)
{
	if (r->level && r->level->node == node) {
		if (r->marker == r->level->frame)
			put_marker(r);
		r->level = r->level->up;
	} else {
		page_put_node(&r->w, node, false);
	}
}

static void read_markdown(struct reader *r, struct slice text)
{
	cmark_node *document = page_parse(text);
	if (!some(r, document))
		return;
	cmark_iter *it = cmark_iter_new(document);
	for (cmark_event_type e; !r->w.failed && (e = cmark_iter_next(it)) != CMARK_EVENT_DONE;) {
		if (e == CMARK_EVENT_ENTER)
			enter(r, cmark_iter_get_node(it));
		else
			leave(r, cmark_iter_get_node(it));
	}
	cmark_iter_free(it);
	cmark_node_free(document);
}

/* put_words appends the words of a paragraph's inline nodes. */
static void put_words(cmark_node *paragraph, struct build *b)
{
	cmark_iter *it = cmark_iter_new(paragraph);
	while (cmark_iter_next(it) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(it);
		const char *words = cmark_node_get_literal(node);
		cmark_node_type type = cmark_node_get_type(node);
		if (words && type != CMARK_NODE_HTML_INLINE)
			build_str(b, words);
	}
	cmark_iter_free(it);
}

struct sr_err page_title_read(struct arena *a, struct slice title, struct slice *out)
{
	struct build b = {0};
	cmark_node *document = page_parse(title);
	if (!document)
		return sr_nomem();
	cmark_node *first = cmark_node_first_child(document);
	if (first && cmark_node_get_type(first) == CMARK_NODE_PARAGRAPH)
		put_words(first, &b);
	else
		build_slice(&b, title);
	cmark_node_free(document);
	return build_keep(&b, a, out);
}

static bool is_blank(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!strchr(" \t\r\n", line.ptr[i]))
			return false;
	return true;
}

static struct slice take_line(struct slice *text)
{
	const uint8_t *end = memchr(text->ptr, '\n', text->len);
	struct slice line = {0};
	(void)slice_take(text, end ? (size_t)(end - text->ptr) + 1 : text->len, &line);
	return line;
}

static void read_plain(struct reader *r, struct slice text)
{
	bool inside = false;
	if (!push(r, NULL))
		return;
	while (text.len && !r->w.failed) {
		struct slice line = take_line(&text);
		bool blank = is_blank(line);
		if (!blank && !inside)
			(void)new_part(r, PAGE_TEXT, 1);
		if (!blank && !r->w.failed)
			page_put_text(&r->w, PAGE_MODE_LITERAL, line);
		inside = !blank;
	}
}

static struct sr_err finish(struct reader *r, struct page_draft *out)
{
	struct slice text;
	if (r->w.failed)
		return sr_nomem();
	SR_TRY(build_done(&r->w.text, &text));
	void *kept = arena_dup(r->w.a, text.ptr, text.len);
	if (!kept)
		return sr_nomem();
	*out = (struct page_draft){.text = slice_make(kept, text.len),
				   .run = r->w.run,
				   .part = r->part,
				   .parts_n = r->parts_n,
				   .frame = r->frame,
				   .frames_n = r->frames_n,
				   .html = r->w.html,
				   .pictures = r->w.pictures};
	return sr_ok();
}

struct sr_err page_blocks_read(struct arena *a, const struct text_lattice *l, bool plain,
			       struct page_draft *out)
{
	struct reader r = {.w = {.a = a, .l = l}, .marker = PAGE_NONE};
	struct build tokens = {0};
	struct slice text;
	build_init(&tokens, TOKENS_BYTES_MAX);
	build_init(&r.w.text, DRAFT_BYTES_MAX);
	page_tokens_write(l, &tokens);
	struct sr_err e = build_done(&tokens, &text);
	r.w.used = ARENA_ARRAY(a, l->places_n, uint8_t);
	if (!sr_bad(e) && some(&r, r.w.used)) {
		if (plain)
			read_plain(&r, text);
		else
			read_markdown(&r, text);
	}
	if (!sr_bad(e))
		e = finish(&r, out);
	build_release(&tokens);
	build_release(&r.w.text);
	return e;
}
