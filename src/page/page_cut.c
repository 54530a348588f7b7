/* SPDX-License-Identifier: Apache-2.0 */
#include "page_cut.h"

#include <string.h>
#include <utf8proc.h>

enum {
	CONTEXT_MAX = 64, /* bytes before a wording that say where it may be cut */
	SHORT_EMS = 10,   /* a word that fits the line and is not longer is left whole */
	CHUNKS = 16,      /* a word without a place to cut: into so many for a line */
	WORD_MAX = 256,   /* bytes; a longer word is cut: no line has room for it */
	LINE_END_LEN = 3,
};

static const char line_end[] = "\xe2\x80\xa8"; /* U+2028 */

/* A text that is cut: its characters, what Pango says about each, and its runs. */
struct text {
	struct slice bytes;
	const PangoLogAttr *attr;
	const struct page_draft_run *run;
	size_t runs_n;
	bool inside; /* something other than white space stands before it */
};

/* The cut of one segment. word: what is not yet a piece, in the cutter's builder, with its style;
 * gap: what stands before it. */
struct cut {
	struct page_cutter *c;
	const struct page_flow *f;
	int32_t size;
	struct page_piece *piece;
	size_t pieces_n, pieces_cap;
	unsigned style;
	enum page_gap gap;
	bool space;
};

/* White space at which a line may end. */
static bool is_space(gunichar c)
{
	return c != 0xa0 && c != 0x2007 && c != 0x202f && g_unichar_isspace(c);
}

/* Characters without a shape of their own: controls, hyphens that are not there until they are
 * needed, marks of directions and of breaks. */
static bool is_left_out(gunichar c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f && c != 0x200c && c != 0x200d) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

/* The first letter that has a direction decides (UAX 9, P2 and P3). */
static bool is_rtl(struct slice text)
{
	const char *p = (const char *)text.ptr, *end = text.len ? p + text.len : p;
	for (; p < end; p = g_utf8_next_char(p)) {
		const utf8proc_property_t *c =
			utf8proc_get_property((utf8proc_int32_t)g_utf8_get_char(p));
		if (c->bidi_class == UTF8PROC_BIDI_CLASS_R ||
		    c->bidi_class == UTF8PROC_BIDI_CLASS_AL)
			return true;
		if (c->bidi_class == UTF8PROC_BIDI_CLASS_L)
			return false;
	}
	return false;
}

/* find_breaks asks Pango about each character of text, and what is behind the last; attr lives in
 * a.
 */
static struct sr_err find_breaks(const struct page_cutter *c, struct arena *a, struct slice text,
				 PangoLogAttr **attr)
{
	size_t n = text.len ? (size_t)g_utf8_strlen((const char *)text.ptr, (gssize)text.len) : 0;
	PangoLogAttr *p = ARENA_ARRAY(a, n + 1, PangoLogAttr);
	if (!p)
		return sr_nomem();
	if (text.len)
		pango_get_log_attrs((const char *)text.ptr, (int)text.len, -1, c->language, p,
				    (int)n + 1);
	*attr = p;
	return sr_ok();
}

static struct sr_err put_pieces(struct cut *t, const struct page_shaped *shaped)
{
	for (size_t i = 0; i < shaped->n; i++) {
		struct page_piece *all =
			arena_grow(t->c->a, t->piece, t->pieces_n, &t->pieces_cap, sizeof *all);
		if (!all)
			return sr_nomem();
		if (++t->c->parts_n > PAGE_PARTS_MAX)
			return page_too_long();
		t->piece = all;
		all[t->pieces_n++] = (struct page_piece){shaped->shape[i], t->gap};
		t->gap = PAGE_GAP_NONE;
	}
	return sr_ok();
}

static struct sr_err shape_word(const struct cut *t, struct slice text, struct page_shaped *out)
{
	return page_shape_text(t->c->shaper, (struct page_look){t->size, t->style}, t->f->rtl, text,
			       out);
}

/* put_chunks cuts text between characters as readers see them. */
static struct sr_err put_chunks(struct cut *t, struct slice text, int32_t advance)
{
	struct arena scratch = {0};
	PangoLogAttr *attr;
	size_t n = (size_t)g_utf8_strlen((const char *)text.ptr, (gssize)text.len);
	SR_TRY(find_breaks(t->c, &scratch, text, &attr));
	size_t chunk = n * (size_t)t->f->width / (CHUNKS * (size_t)(advance + 1)) + 1;
	struct sr_err e = sr_ok();
	const char *p = (const char *)text.ptr, *end = p + text.len;
	for (size_t i = 0; i < n && !sr_bad(e);) {
		const char *from = p;
		for (size_t k = 0; i < n && (k < chunk || !attr[i].is_cursor_position); k++, i++)
			p = g_utf8_next_char(p);
		struct page_shaped shaped;
		e = shape_word(t, slice_make(from, (size_t)(p - from)), &shaped);
		if (!sr_bad(e) && shaped.advance > t->f->width)
			e = sr_fail(SR_E_INPUT, "a character is wider than its line");
		if (!sr_bad(e))
			e = put_pieces(t, &shaped);
		t->gap = p < end ? PAGE_GAP_BREAK : PAGE_GAP_NONE;
	}
	arena_release(&scratch);
	return e;
}

static size_t part_len(struct slice text)
{
	size_t n = 1;
	while (n < text.len && !strchr("/-_.&=?", text.ptr[n - 1]))
		n++;
	while (n < text.len && (strchr("/-_.&=?", text.ptr[n]) || (text.ptr[n] & 0xc0) == 0x80))
		n++;
	return n;
}

/* put_long puts a long word in parts, as addresses are cut. */
static struct sr_err put_long(struct cut *t, struct slice text)
{
	while (text.len) {
		struct slice part;
		struct page_shaped shaped;
		(void)slice_take(&text, part_len(text), &part);
		SR_TRY(shape_word(t, part, &shaped));
		if (shaped.advance > t->f->width)
			SR_TRY(put_chunks(t, part, shaped.advance));
		else
			SR_TRY(put_pieces(t, &shaped));
		t->gap = text.len ? PAGE_GAP_BREAK : PAGE_GAP_NONE;
	}
	return sr_ok();
}

/* put_word makes what is in the builder pieces. */
static struct sr_err put_word(struct cut *t)
{
	struct slice text;
	struct page_shaped shaped;
	SR_TRY(build_done(&t->c->word, &text));
	if (!text.len)
		return sr_ok();
	int32_t width = t->f->width, enough = SHORT_EMS * t->size;
	SR_TRY(shape_word(t, text, &shaped));
	enough = enough > width / 2 ? enough : width / 2;
	struct sr_err e = width && (shaped.advance > enough || shaped.advance > width)
				  ? put_long(t, text)
				  : put_pieces(t, &shaped);
	build_reset(&t->c->word);
	return e;
}

static struct sr_err put_character(struct cut *t, const char *p, unsigned style, bool may_break)
{
	const char *end = g_utf8_next_char(p);
	gunichar c = g_utf8_get_char(p);
	if (may_break || is_space(c) || style != t->style)
		SR_TRY(put_word(t));
	t->style = style;
	if (is_space(c)) {
		t->gap = PAGE_GAP_SPACE;
		t->space = true;
		return sr_ok();
	}
	if (may_break && t->gap != PAGE_GAP_SPACE)
		t->gap = PAGE_GAP_BREAK;
	if (!is_left_out(c)) {
		build_bytes(&t->c->word, p, (size_t)(end - p));
		t->space = false;
	}
	return sr_ok();
}

/* cut_segment makes the pieces of a text. */
static struct sr_err cut_segment(struct page_cutter *c, const struct page_flow *f, int32_t size,
				 const struct text *in, struct page_segment *out)
{
	struct cut t = {.c = c, .f = f, .size = size};
	const char *p = (const char *)in->bytes.ptr;
	bool inside = in->inside;
	size_t i = 0;
	for (size_t k = 0; k < in->runs_n; k++) {
		const char *end = p + in->run[k].len;
		for (const char *next; p < end; p = next, i++) {
			next = g_utf8_next_char(p);
			bool full = c->word.len >= WORD_MAX && in->attr[i].is_cursor_position;
			SR_TRY(put_character(&t, p, in->run[k].style,
					     full || (inside && in->attr[i].is_line_break)));
			gunichar last = g_utf8_get_char(p);
			inside = !is_space(last) && last != 0xad;
		}
	}
	SR_TRY(put_word(&t));
	*out = (struct page_segment){t.piece, t.pieces_n, t.space};
	return sr_ok();
}

static const struct page_draft_run *runs_of(const struct page_cutter *c,
					    const struct page_draft_runs *w)
{
	return w->n ? &c->draft->run[w->first] : NULL;
}

static struct slice bytes_of(const struct page_cutter *c, const struct page_draft_runs *w)
{
	if (!w->n)
		return slice_make(NULL, 0);
	const struct page_draft_run *first = runs_of(c, w), *last = first + w->n - 1;
	return slice_sub(c->draft->text, first->off, last->off + last->len - first->off);
}

/* tail_of returns the end of text from the last white space on, if it is not too long. */
static struct slice tail_of(struct slice text)
{
	size_t from = text.len;
	while (from && text.len - from < CONTEXT_MAX && !strchr(" \t\n", text.ptr[from - 1]))
		from--;
	while (from < text.len && (text.ptr[from] & 0xc0) == 0x80)
		from++;
	return slice_sub(text, from, text.len - from);
}

/* cut_wording cuts a wording that is not the original one: where, depends on what stands before. */
static struct sr_err cut_wording(struct page_cutter *c, const struct page_flow *f, int32_t size,
				 struct slice before, const struct page_draft_runs *w,
				 struct page_segment *out)
{
	struct slice tail = tail_of(before), bytes = bytes_of(c, w), all;
	struct build b = {0};
	struct arena scratch = {0};
	PangoLogAttr *attr;
	build_slice(&b, tail);
	build_slice(&b, bytes);
	struct sr_err e = build_done(&b, &all);
	if (!sr_bad(e))
		e = find_breaks(c, &scratch, all, &attr);
	if (!sr_bad(e)) {
		size_t at =
			tail.len ? (size_t)g_utf8_strlen((const char *)tail.ptr, (gssize)tail.len)
				 : 0;
		const struct text t = {bytes, attr + at, runs_of(c, w), w->n, tail.len > 0};
		e = cut_segment(c, f, size, &t, out);
	}
	build_release(&b);
	arena_release(&scratch);
	return e;
}

/* stands_inside tells whether text does not end with white space or the end of a line. */
static bool stands_inside(struct slice text)
{
	if (!text.len)
		return false;
	const char *end = (const char *)text.ptr + text.len;
	gunichar c = g_utf8_get_char(g_utf8_find_prev_char((const char *)text.ptr, end));
	return !is_space(c) && c != 0xad;
}

/* cut_item cuts a place, or fixed text; attr: of its original wording, which stands behind before.
 */
static struct sr_err cut_item(struct page_cutter *c, const struct page_flow *f, int32_t size,
			      const struct page_draft_item *item, struct slice before,
			      const PangoLogAttr *attr, struct page_atom *out)
{
	struct page_segment *segment = ARENA_ARRAY(c->a, item->wordings_n, struct page_segment);
	if (!segment)
		return sr_nomem();
	c->parts_n += 1 + item->wordings_n;
	const struct page_draft_runs *w = item->wording;
	const struct text first = {bytes_of(c, w), attr, runs_of(c, w), w->n,
				   stands_inside(before)};
	SR_TRY(cut_segment(c, f, size, &first, &segment[0]));
	for (size_t k = 1; k < item->wordings_n; k++)
		SR_TRY(cut_wording(c, f, size, before, &w[k], &segment[k]));
	*out = (struct page_atom){.place = item->place,
				  .segment = segment,
				  .segments_n = item->wordings_n,
				  .ends_line = item->ends_line};
	return sr_ok();
}

/* put_paragraph puts the text in its original wordings into the builder. */
static struct sr_err put_paragraph(struct page_cutter *c, const struct page_draft_text *text,
				   struct slice *out)
{
	build_reset(&c->paragraph);
	for (size_t i = 0; i < text->items_n; i++) {
		build_slice(&c->paragraph, bytes_of(c, text->item[i].wording));
		if (text->item[i].ends_line)
			build_str(&c->paragraph, line_end);
	}
	return build_done(&c->paragraph, out);
}

/* Where pieces that cannot be cut are together wider than the flow, a line may end between any two
 * of them. */
struct chain {
	const struct page_cutter *c;
	int32_t width;
	int64_t used;
	struct page_piece **piece;
	size_t n;
};

static void chain_add(struct chain *h, struct page_piece *p)
{
	if (p->gap != PAGE_GAP_NONE) {
		h->used = 0;
		h->n = 0;
	}
	h->used += page_shape_get(h->c->shaper, p->shape)->advance;
	h->piece[h->n++] = p;
	if (h->used <= h->width || h->n == 1)
		return;
	for (size_t i = 1; i < h->n; i++)
		h->piece[i]->gap = PAGE_GAP_BREAK;
	h->used = page_shape_get(h->c->shaper, p->shape)->advance;
	h->piece[0] = p;
	h->n = 1;
}

static void chain_segment(struct chain *h, const struct page_segment *s)
{
	for (size_t i = 0; i < s->pieces_n; i++)
		chain_add(h, (struct page_piece *)(uintptr_t)&s->piece[i]);
	if (s->space) {
		h->used = 0;
		h->n = 0;
	}
}

/* Each wording is looked at behind the longest of what may stand before it. */
static void chain_atom(struct chain *h, const struct page_atom *atom)
{
	const struct chain before = *h;
	int64_t most = -1;
	size_t longest = 0;
	for (size_t k = 0; k < atom->segments_n; k++) {
		*h = before;
		chain_segment(h, &atom->segment[k]);
		if (h->used > most) {
			most = h->used;
			longest = k;
		}
	}
	*h = before;
	chain_segment(h, &atom->segment[longest]);
}

static struct sr_err loosen(struct page_cutter *c, const struct page_flow *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->atoms_n; i++)
		for (size_t k = 0; k < f->atom[i].segments_n; k++)
			n += f->atom[i].segment[k].pieces_n;
	struct arena scratch = {0};
	struct page_piece **piece = ARENA_ARRAY(&scratch, n, struct page_piece *);
	if (!piece)
		return sr_nomem();
	struct chain h = {.c = c, .width = f->width, .piece = piece};
	for (size_t i = 0; i < f->atoms_n; i++)
		chain_atom(&h, &f->atom[i]);
	arena_release(&scratch);
	return sr_ok();
}

/* cut_items cuts what a text consists of; all: the text in its original wordings, with attr. */
static struct sr_err cut_items(struct page_cutter *c, const struct page_draft_text *text,
			       int32_t size, struct slice all, const PangoLogAttr *attr,
			       const struct page_flow *f, struct page_atom *atom)
{
	size_t off = 0;
	for (size_t i = 0; i < text->items_n; i++) {
		const struct page_draft_item *item = &text->item[i];
		struct slice bytes = bytes_of(c, item->wording);
		SR_TRY(cut_item(c, f, size, item, slice_sub(all, 0, off), attr, &atom[i]));
		attr += (size_t)g_utf8_strlen((const char *)bytes.ptr, (gssize)bytes.len) +
			item->ends_line;
		off += bytes.len + (item->ends_line ? LINE_END_LEN : 0);
	}
	return sr_ok();
}

struct sr_err page_cut_text(struct page_cutter *c, const struct page_draft_text *text, int32_t size,
			    struct page_flow *f)
{
	struct page_atom *atom = ARENA_ARRAY(c->a, text->items_n, struct page_atom);
	struct arena scratch = {0};
	PangoLogAttr *attr;
	struct slice all;
	if (!atom)
		return sr_nomem();
	SR_TRY(put_paragraph(c, text, &all));
	SR_TRY(find_breaks(c, &scratch, all, &attr));
	f->rtl = is_rtl(all);
	struct sr_err e = cut_items(c, text, size, all, attr, f, atom);
	arena_release(&scratch);
	SR_TRY(e);
	f->atom = atom;
	f->atoms_n = text->items_n;
	return f->width ? loosen(c, f) : sr_ok();
}

/* How wide a line is so far, and what of it cannot be cut. */
struct ruler {
	int64_t line, word, natural, least;
};

static void measure(const struct page_cutter *c, const struct page_flow *f,
		    const struct page_segment *s, struct ruler *r)
{
	for (size_t i = 0; i < s->pieces_n; i++) {
		int64_t advance = page_shape_get(c->shaper, s->piece[i].shape)->advance;
		if (s->piece[i].gap == PAGE_GAP_SPACE)
			r->line += f->space;
		r->word = (s->piece[i].gap == PAGE_GAP_NONE ? r->word : 0) + advance;
		r->line += advance;
		r->least = r->word > r->least ? r->word : r->least;
	}
	if (s->space) {
		r->line += f->space;
		r->word = 0;
	}
}

void page_cut_widths(const struct page_cutter *c, const struct page_flow *f, int64_t *natural,
		     int64_t *least)
{
	struct ruler r = {0};
	for (size_t i = 0; i < f->atoms_n; i++) {
		const struct page_atom *atom = &f->atom[i];
		struct ruler widest = r;
		for (size_t k = 0; k < atom->segments_n; k++) {
			struct ruler here = r;
			measure(c, f, &atom->segment[k], &here);
			widest.line = here.line > widest.line ? here.line : widest.line;
			widest.least = here.least > widest.least ? here.least : widest.least;
			widest.word = !k || here.word > widest.word ? here.word : widest.word;
		}
		r = widest;
		r.natural = r.line > r.natural ? r.line : r.natural;
		if (atom->ends_line)
			r.line = r.word = 0;
	}
	*natural = r.natural;
	*least = r.least;
}

void page_cutter_close(struct page_cutter *c)
{
	build_release(&c->paragraph);
	build_release(&c->word);
}
