/* SPDX-License-Identifier: Apache-2.0 */
#include "page_inline.h"

#include <cmark-gfm-core-extensions.h>
#include <string.h>
#include <strings.h>

/* A token is U+E010 and five digits to the base 16, U+E000 to U+E00F, the number of the place.
 * Where the paper itself has U+E010, a token with the number TOKEN_ITSELF stands for it. Beside a
 * token is a space where the original wording has white space at that edge: emphasis depends on
 * it. */
enum { TOKEN_DIGITS = 5, TOKEN_CHAR_LEN = 3, TOKEN_ITSELF = 0xfffff };

static const char token_sign[] = "\xee\x80\x90";
static const char no_break_space[] = "\xc2\xa0";

static cmark_parser *parser_new(void)
{
	/* Not strikethrough: pages have no line through words, which would then say the contrary.
	 */
	static const char *const name[] = {"table", "autolink", "tasklist"};
	cmark_gfm_core_extensions_ensure_registered();
	cmark_parser *p = cmark_parser_new(CMARK_OPT_FOOTNOTES);
	for (size_t i = 0; p && i < sizeof name / sizeof *name; i++) {
		cmark_syntax_extension *x = cmark_find_syntax_extension(name[i]);
		if (x)
			(void)cmark_parser_attach_syntax_extension(p, x);
	}
	return p;
}

cmark_node *page_parse(struct slice text)
{
	cmark_parser *p = parser_new();
	if (!p)
		return NULL;
	cmark_parser_feed(p, (const char *)text.ptr, text.len);
	cmark_node *document = cmark_parser_finish(p);
	cmark_parser_free(p);
	return document;
}

static struct slice find_sign(struct slice in)
{
	const uint8_t *p = in.len ? memmem(in.ptr, in.len, token_sign, TOKEN_CHAR_LEN) : NULL;
	return p ? slice_sub(in, (size_t)(p - in.ptr), in.len - (size_t)(p - in.ptr))
		 : slice_make(NULL, 0);
}

static void put_token(struct build *out, size_t number)
{
	build_str(out, token_sign);
	for (int shift = 4 * (TOKEN_DIGITS - 1); shift >= 0; shift -= 4) {
		build_u8(out, 0xee);
		build_u8(out, 0x80);
		build_u8(out, (uint8_t)(0x80 | ((number >> shift) & 15)));
	}
}

static void put_escaped(struct build *out, struct slice text)
{
	for (struct slice sign; (sign = find_sign(text)).len;
	     text = slice_sub(sign, TOKEN_CHAR_LEN, sign.len - TOKEN_CHAR_LEN)) {
		build_slice(out, slice_make(text.ptr, text.len - sign.len));
		put_token(out, TOKEN_ITSELF);
	}
	build_slice(out, text);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool begins_blank(const struct text_place *p)
{
	return is_blank(p->wordings[0].ptr[0]);
}

static bool ends_blank(const struct text_place *p)
{
	return is_blank(p->wordings[0].ptr[p->wordings[0].len - 1]);
}

void page_tokens_write(const struct text_lattice *l, struct build *out)
{
	put_escaped(out, l->fixed[0]);
	for (size_t i = 0; i < l->places_n; i++) {
		build_str(out, begins_blank(&l->places[i]) ? " " : "");
		put_token(out, i);
		build_str(out, ends_blank(&l->places[i]) ? " " : "");
		put_escaped(out, l->fixed[i + 1]);
	}
}

/* take_token cuts the token at the front of in; false if there is none: a sign that came out of a
 * character reference of the paper. */
static bool take_token(struct slice *in, size_t *number)
{
	enum { LEN = TOKEN_CHAR_LEN * (1 + TOKEN_DIGITS) };
	if (in->len < LEN)
		return false;
	*number = 0;
	for (size_t i = TOKEN_CHAR_LEN; i < LEN; i += TOKEN_CHAR_LEN) {
		const uint8_t *d = in->ptr + i;
		if (d[0] != 0xee || d[1] != 0x80 || d[2] < 0x80 || d[2] > 0x8f)
			return false;
		*number = *number << 4 | (d[2] & 15U);
	}
	*in = slice_sub(*in, LEN, in->len - LEN);
	return true;
}

static unsigned style_of(const struct page_writer *w)
{
	return w->base | (w->bold ? PAGE_BOLD : 0U) | (w->italic ? PAGE_ITALIC : 0U);
}

static struct page_draft_item *new_item(struct page_writer *w, uint32_t place, size_t wordings_n)
{
	struct page_draft_text *c = w->to;
	struct page_draft_runs *wording = ARENA_ARRAY(w->a, wordings_n, struct page_draft_runs);
	struct page_draft_item *item =
		arena_grow(w->a, c->item, c->items_n, &c->items_cap, sizeof *item);
	if (!item || !wording) {
		w->failed = true;
		return NULL;
	}
	c->item = item;
	wording[0].first = (uint32_t)w->runs_n;
	item[c->items_n] = (struct page_draft_item){place, wording, wordings_n, false};
	return &item[c->items_n++];
}

/* The run is a new one, or more of the last one since *runs. */
static void put_run(struct page_writer *w, struct page_draft_runs *runs, struct slice text,
		    unsigned style)
{
	size_t off = w->text.len;
	build_slice(&w->text, text);
	if (!text.len || w->text.failed)
		return;
	struct page_draft_run *last = runs->n ? &w->run[runs->first + runs->n - 1] : NULL;
	if (last && last->style == style) {
		last->len += (uint32_t)text.len;
		return;
	}
	struct page_draft_run *run = arena_grow(w->a, w->run, w->runs_n, &w->runs_cap, sizeof *run);
	if (!run) {
		w->failed = true;
		return;
	}
	w->run = run;
	run[w->runs_n++] = (struct page_draft_run){(uint32_t)off, (uint32_t)text.len, style};
	runs->n++;
}

/* The last item, if fixed text can be added to it, or a new one. */
static struct page_draft_item *fixed_item(struct page_writer *w)
{
	struct page_draft_text *c = w->to;
	struct page_draft_item *last = c->items_n ? &c->item[c->items_n - 1] : NULL;
	if (last && last->place == PAGE_NONE && !last->ends_line)
		return last;
	return new_item(w, PAGE_NONE, 1);
}

/* put_fixed appends to the item of fixed text, or, while one is read, to the last wording. */
static void put_fixed(struct page_writer *w, struct page_draft_runs *wording, struct slice text,
		      unsigned style)
{
	struct page_draft_item *item = wording || !text.len ? NULL : fixed_item(w);
	if (wording || item)
		put_run(w, wording ? wording : item->wording, text, style);
}

void page_put_line_end(struct page_writer *w)
{
	if (w->wording) {
		put_run(w, w->wording, SLICE_LIT(" "), style_of(w));
		return;
	}
	struct page_draft_text *c = w->to;
	struct page_draft_item *last = c->items_n ? &c->item[c->items_n - 1] : NULL;
	if (!last || last->ends_line)
		last = new_item(w, PAGE_NONE, 1);
	if (last)
		last->ends_line = true;
}

/* Of several spaces in code, and of those that begin a line, a line must not lose any: all but one
 * within the line are made part of the word behind them. */
static void put_code_spaces(struct page_writer *w, struct page_draft_runs *wording, unsigned style)
{
	if (w->spaces && w->line_begun) {
		put_fixed(w, wording, SLICE_LIT(" "), style);
		w->spaces--;
	}
	for (; w->spaces; w->spaces--)
		put_fixed(w, wording, slice_str(no_break_space), style);
	w->line_begun = true;
}

static void put_code(struct page_writer *w, struct page_draft_runs *wording, struct slice text,
		     unsigned style)
{
	enum { TAB_SPACES = 4 };
	for (size_t i = 0, n; i < text.len; i += n) {
		const uint8_t *p = text.ptr + i;
		n = 1;
		if (*p == ' ' || *p == '\t' || (wording && *p == '\n')) {
			w->spaces += *p == '\t' ? TAB_SPACES : 1;
		} else if (*p == '\n') {
			w->spaces = 0;
			w->line_begun = false;
			page_put_line_end(w);
		} else {
			while (i + n < text.len && p[n] != ' ' && p[n] != '\t' && p[n] != '\n')
				n++;
			put_code_spaces(w, wording, style);
			put_fixed(w, wording, slice_make(p, n), style);
		}
	}
}

static bool has_markdown(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] && strchr("*_`~[]<&\\!", s.ptr[i]))
			return true;
	return false;
}

static bool is_paragraph(cmark_node *document)
{
	cmark_node *first = cmark_node_first_child(document);
	return first && first == cmark_node_last_child(document) &&
	       cmark_node_get_type(first) == CMARK_NODE_PARAGRAPH;
}

/* A wording is read between two signs, so that it is text within a line whatever it begins with. */
static cmark_node *parse_wording(struct page_writer *w, struct slice wording)
{
	cmark_node *document = NULL;
	struct build b = {0};
	struct slice all;
	build_str(&b, token_sign);
	build_str(&b, " ");
	for (size_t i = 0; i < wording.len; i++)
		build_u8(&b,
			 wording.ptr[i] == '\n' || wording.ptr[i] == '\r' ? ' ' : wording.ptr[i]);
	build_str(&b, " ");
	build_str(&b, token_sign);
	if (!sr_bad(build_done(&b, &all)))
		document = page_parse(all);
	w->failed |= !document;
	build_release(&b);
	return document;
}

/* cut_signs takes the signs away again; false if they are not where they were put. */
static bool cut_signs(struct page_writer *w, struct page_draft_runs *wording)
{
	enum { LEN = TOKEN_CHAR_LEN + 1 };
	if (!wording->n)
		return false;
	struct page_draft_run *first = &w->run[wording->first];
	struct page_draft_run *last = first + wording->n - 1;
	if (first->len < LEN || last->len < LEN || (first == last && first->len < 2 * LEN) ||
	    memcmp(w->text.ptr + first->off, "\xee\x80\x90 ", LEN) != 0 ||
	    memcmp(w->text.ptr + last->off + last->len - LEN, " \xee\x80\x90", LEN) != 0)
		return false;
	first->off += LEN;
	first->len -= LEN;
	last->len -= LEN;
	return true;
}

static void put_markdown(struct page_writer *w, struct page_draft_runs *wording, struct slice text)
{
	const struct page_writer before = *w;
	cmark_node *document = has_markdown(text) ? parse_wording(w, text) : NULL;
	w->base = style_of(w);
	w->bold = w->italic = 0;
	w->wording = wording;
	if (document && is_paragraph(document)) {
		cmark_iter *it = cmark_iter_new(document);
		for (cmark_event_type e; (e = cmark_iter_next(it)) != CMARK_EVENT_DONE;)
			page_put_node(w, cmark_iter_get_node(it), e == CMARK_EVENT_ENTER);
		cmark_iter_free(it);
	}
	if (document)
		cmark_node_free(document);
	w->wording = NULL;
	w->base = before.base;
	w->bold = before.bold;
	w->italic = before.italic;
	if (!w->failed && !w->text.failed && !cut_signs(w, wording)) {
		wording->n = 0;
		w->runs_n = wording->first;
		put_run(w, wording, text, style_of(w));
	}
}

static void put_place(struct page_writer *w, enum page_mode mode, uint32_t number, unsigned style)
{
	const struct text_place *p = &w->l->places[number];
	if (mode == PAGE_MODE_CODE)
		put_code_spaces(w, NULL, style);
	struct page_draft_item *item = new_item(w, number, p->wordings_n);
	for (uint32_t k = 0; item && !w->failed && k < p->wordings_n; k++) {
		struct page_draft_runs *wording = &item->wording[k];
		wording->first = (uint32_t)w->runs_n;
		if (mode == PAGE_MODE_MARKDOWN) {
			put_markdown(w, wording, p->wordings[k]);
		} else if (mode == PAGE_MODE_CODE) {
			put_code(w, wording, p->wordings[k], style);
			put_code_spaces(w, wording, style);
		} else {
			put_run(w, wording, p->wordings[k], style);
		}
	}
	w->used[number] = 1;
}

static void put_plain(struct page_writer *w, enum page_mode mode, struct slice text, unsigned style)
{
	if (mode == PAGE_MODE_CODE)
		put_code(w, w->wording, text, style);
	else
		put_fixed(w, w->wording, text, style);
}

/* put_front puts what stands in text before rest, and then what rest begins with: the token of a
 * place or the sign of one. It returns what is left. */
static struct slice put_front(struct page_writer *w, enum page_mode mode, struct slice text,
			      struct slice rest, unsigned style)
{
	const struct slice sign = rest;
	const struct text_place *place = NULL;
	size_t number = 0;
	bool token = take_token(&rest, &number);
	text.len -= sign.len;
	if (token && number < w->l->places_n && !w->used[number])
		place = &w->l->places[number];
	if (place && begins_blank(place) && text.len && text.ptr[text.len - 1] == ' ')
		text.len--;
	put_plain(w, mode, text, style);
	if (!place) {
		put_plain(w, mode, slice_str(token_sign), style);
		return token && number == TOKEN_ITSELF
			       ? rest
			       : slice_sub(sign, TOKEN_CHAR_LEN, sign.len - TOKEN_CHAR_LEN);
	}
	put_place(w, mode, (uint32_t)number, style);
	bool space = ends_blank(place) && rest.len && rest.ptr[0] == ' ';
	return slice_sub(rest, space, rest.len - space);
}

static void put_styled(struct page_writer *w, enum page_mode mode, struct slice text,
		       unsigned style)
{
	for (struct slice sign; !w->wording && (sign = find_sign(text)).len;)
		text = put_front(w, mode, text, sign, style);
	put_plain(w, mode, text, style);
}

void page_put_text(struct page_writer *w, enum page_mode mode, struct slice text)
{
	put_styled(w, mode, text, style_of(w));
}

/* put_html leaves HTML out, but for the end of a line. A comment is not meant to be seen: that it
 * is left out need not be said. */
static void put_html(struct page_writer *w, const char *tag)
{
	if (strncasecmp(tag, "<br>", 4) == 0 || strncasecmp(tag, "<br/", 4) == 0 ||
	    strncasecmp(tag, "<br ", 4) == 0)
		page_put_line_end(w);
	else if (strncmp(tag, "<!--", 4) != 0)
		w->html = true;
}

static void put_image(struct page_writer *w, cmark_node *node, bool entering)
{
	w->pictures = true;
	if (cmark_node_first_child(node))
		put_plain(w, PAGE_MODE_MARKDOWN, entering ? SLICE_LIT("[") : SLICE_LIT("]"),
			  style_of(w));
}

void page_put_node(struct page_writer *w, cmark_node *node, bool entering)
{
	cmark_node_type type = cmark_node_get_type(node);
	const char *literal = cmark_node_get_literal(node);
	struct slice text = slice_str(literal ? literal : "");
	if (type == CMARK_NODE_EMPH)
		w->italic += entering ? 1U : -1U;
	else if (type == CMARK_NODE_STRONG)
		w->bold += entering ? 1U : -1U;
	else if (type == CMARK_NODE_IMAGE)
		put_image(w, node, entering);
	else if (!entering)
		return;
	else if (type == CMARK_NODE_TEXT)
		page_put_text(w, PAGE_MODE_MARKDOWN, text);
	else if (type == CMARK_NODE_CODE)
		put_styled(w, PAGE_MODE_LITERAL, text, style_of(w) | PAGE_CODE);
	else if (type == CMARK_NODE_SOFTBREAK)
		put_plain(w, PAGE_MODE_MARKDOWN, SLICE_LIT(" "), style_of(w));
	else if (type == CMARK_NODE_LINEBREAK)
		page_put_line_end(w);
	else if (type == CMARK_NODE_FOOTNOTE_REFERENCE)
		put_plain(w, PAGE_MODE_MARKDOWN, text, style_of(w) | PAGE_RAISED);
	else if (type == CMARK_NODE_HTML_INLINE)
		put_html(w, literal ? literal : "");
}
