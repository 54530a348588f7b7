/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_report_part.h"

#include <stdlib.h>
#include <string.h>

enum {
	WORD_MAX = 200,    /* bytes of one word that are shown */
	BETWEEN_MAX = 60,  /* bytes between two words that are shown */
	SKIP_MIN = 12,     /* fewer words than this are not worth leaving out */
	ONE_MARK_MAX = 64, /* words of one mark that are shown */
};

/* Where one place stands in the leak. */
struct spot {
	uint32_t text, from, to, place;
};

/* The leak being shown: the spots in order, and what is open in the page. */
struct shower {
	const struct report_section *s;
	struct build *out;
	const struct trace_evidence *evidence;
	struct spot *spots;
	size_t spots_n, next; /* next: the first spot that was not opened yet */
	uint32_t text;
	const struct trace_passage *passage; /* the next ones, of this and later texts */
	const struct trace_passage *passages_end;
	uint32_t quoted_to, mark_to; /* ends of the open quotation and mark, 0: none is open */
	bool paragraph, rest;
	char letter; /* of the open mark */
};

const char *report_reason(enum mark_why why, char *letter)
{
	static const char *const words[] = {
		[MARK_WHY_NONE] = "",
		[MARK_WHY_UNHELD] = "the words beside it are not those of the paper, so that it "
				    "cannot be told where it begins and ends (not shown above)",
		[MARK_WHY_MISSING] = "nothing stands there in the leak",
		[MARK_WHY_OTHER] = "what stands there is in nobody&#39;s copy: it was reworded, "
				   "or badly misread",
		[MARK_WHY_AMBIGUOUS] = "what stands there could be either of two wordings",
		[MARK_WHY_CONTRADICTED] = "it stands in the leak twice, in different wordings (or "
					  "so do two places that change together in every copy)",
		[MARK_WHY_PUBLIC] = "a public text could have supplied it",
	};
	*letter = (char)('a' + (why ? why - 1 : 0));
	return words[why];
}

static int by_spot(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;
	if (x->text != y->text)
		return x->text < y->text ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* known_of returns what is known of the symbol that place i shows. */
static const struct mark_place *known_of(const struct trace_evidence *e, size_t i)
{
	return &e->places[e->lattice->places[i].leader];
}

/* find_spots takes each place where it was seen, but for those that could not be read while others
 * of their group were. */
static struct sr_err find_spots(struct shower *w)
{
	const struct trace_evidence *e = w->evidence;
	w->spots = ARENA_ARRAY(w->s->page->scratch, e->lattice->places_n, struct spot);
	if (!w->spots)
		return sr_nomem();
	for (size_t i = 0; i < e->lattice->places_n; i++) {
		const struct mark_place *p = &e->spots[i];
		bool other = p->state == MARK_ERASED && known_of(e, i)->state == MARK_READ;
		if (p->state != MARK_UNSEEN && p->from < p->to && !other)
			w->spots[w->spots_n++] =
				(struct spot){p->text, p->from, p->to, (uint32_t)i};
	}
	if (w->spots_n)
		qsort(w->spots, w->spots_n, sizeof *w->spots, by_spot);
	return sr_ok();
}

static void close_mark(struct shower *w)
{
	if (w->mark_to)
		build_str(w->out, "</mark>");
	if (w->mark_to && w->letter)
		build_fmt(w->out, "<sup>%c</sup>", w->letter);
	w->mark_to = 0;
}

static void close_rest(struct shower *w)
{
	if (w->rest)
		build_str(w->out, "</span>");
	w->rest = false;
}

static void close_paragraph(struct shower *w)
{
	close_mark(w);
	close_rest(w);
	if (w->paragraph)
		build_str(w->out, "</p>\n");
	w->paragraph = false;
}

static void open_paragraph(struct shower *w)
{
	if (!w->paragraph)
		build_str(w->out, "<p>");
	w->paragraph = true;
}

/* open_mark opens the mark that begins at or before token t: places that overlap share one. */
static void open_mark(struct shower *w, uint32_t t)
{
	bool read = false;
	char letter = 0;
	while (w->next < w->spots_n && w->spots[w->next].text == w->text &&
	       (w->spots[w->next].from <= t || w->spots[w->next].from < w->mark_to)) {
		const struct spot *spot = &w->spots[w->next++];
		const struct mark_place *p = known_of(w->evidence, spot->place);
		if (spot->to <= t)
			continue;
		w->mark_to = spot->to > w->mark_to ? spot->to : w->mark_to;
		read = read || p->state == MARK_READ;
		if (p->state == MARK_ERASED && !letter)
			(void)report_reason(p->why, &letter);
	}
	if (!w->mark_to)
		return;
	w->mark_to = w->mark_to - t > ONE_MARK_MAX ? t + ONE_MARK_MAX : w->mark_to;
	w->letter = letter;
	build_str(w->out, read ? "<mark class=\"read\">" : "<mark class=\"erased\">");
}

/* ends_sentence tells whether a line that ends with this byte ends a paragraph: web pages have one
 * line end between paragraphs, and wrapped text has them anywhere. */
static bool ends_sentence(uint8_t last)
{
	return last == 0x9d /* of a closing quotation mark */ || (last && strchr(".!?:\"", last));
}

/* between writes what stands between two words; it may end the paragraph. */
static void between(struct shower *w, struct slice gap)
{
	uint8_t shown[BETWEEN_MAX];
	size_t n = 0, lines = 0;
	uint8_t last = 0;
	for (size_t i = 0; i < gap.len && n < BETWEEN_MAX; i++) {
		uint8_t c = gap.ptr[i];
		bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
		if (!space || !n || shown[n - 1] != ' ')
			shown[n++] = space ? ' ' : c;
		lines = space ? lines + (c == '\n') : 0;
		last = space ? last : c;
		if (lines > 1 || (lines && ends_sentence(last))) {
			web_text(w->out, slice_make(shown, n), n);
			close_paragraph(w);
			n = lines = 0;
			last = 0;
		}
	}
	open_paragraph(w);
	web_text(w->out, slice_make(shown, n), n);
}

/* quotes moves on to the passage that token t lies in, if any, and tells whether there is one. */
static bool quotes(struct shower *w, uint32_t t)
{
	while (w->passage < w->passages_end && w->passage->text == w->text &&
	       w->passage->from <= t) {
		if (w->passage->to > w->quoted_to)
			w->quoted_to = w->passage->to;
		w->passage++;
	}
	return t < w->quoted_to;
}

/* show_word writes token t and what stands before it; first: nothing of the window was written. */
static void show_word(struct shower *w, uint32_t t, bool first)
{
	const struct text_tokens *tokens = &w->s->page->r->tokens[w->text];
	struct slice text = w->s->page->r->texts[w->text];
	const struct text_token *token = &tokens->at[t];
	bool quoted = quotes(w, t);
	if (w->mark_to && t >= w->mark_to)
		close_mark(w);
	if (quoted && !w->mark_to)
		close_rest(w);
	size_t cost = token->len < WORD_MAX ? token->len : WORD_MAX;
	if (!first) {
		const struct text_token *before = token - 1;
		size_t end = (size_t)before->off + before->len;
		size_t len = token->off > end ? token->off - end : 0;
		between(w, slice_sub(text, end, len));
		cost += len < BETWEEN_MAX ? len : BETWEEN_MAX;
	}
	open_paragraph(w);
	if (!quoted && !w->rest && !w->mark_to) {
		build_str(w->out, "<span class=\"rest\">");
		w->rest = true;
	}
	if (!w->mark_to)
		open_mark(w, t);
	web_text(w->out, slice_sub(text, token->off, token->len), WORD_MAX);
	size_t *left = &w->s->page->leak_left;
	*left -= cost < *left ? cost : *left;
}

static void gap_line(struct shower *w, size_t words, const char *what)
{
	close_paragraph(w);
	if (!words)
		return;
	build_str(w->out, "<p class=\"gap\">\xe2\x80\xa6 ");
	web_count(w->out, words);
	build_fmt(w->out, " word%s %s \xe2\x80\xa6</p>\n", web_s(words), what);
}

static const char not_ours[] = "that do not come from the paper";

/* window_end returns the end of the stretch that is shown around the passages that begin with p. */
static uint32_t window_end(const struct shower *w, const struct trace_passage *p, size_t n)
{
	uint32_t to = 0;
	for (; p < w->passages_end && p->text == w->text; p++) {
		if (to && p->from > (uint64_t)to + REPORT_CONTEXT_WORDS + SKIP_MIN)
			break;
		uint64_t end = (uint64_t)p->to + REPORT_CONTEXT_WORDS;
		end = end + SKIP_MIN >= n ? n : end;
		to = end > to ? (uint32_t)end : to;
	}
	return to;
}

/* show_text shows one text of the leak, window by window. */
static void show_text(struct shower *w)
{
	size_t n = w->s->page->r->tokens[w->text].n;
	uint32_t at = 0;
	w->quoted_to = 0;
	while (w->passage < w->passages_end && w->passage->text == w->text) {
		uint32_t from = w->passage->from;
		from = from > at + REPORT_CONTEXT_WORDS + SKIP_MIN ? from - REPORT_CONTEXT_WORDS
								   : at;
		uint32_t to = window_end(w, w->passage, n), t = from;
		gap_line(w, from - at, not_ours);
		for (; t < to && w->s->page->leak_left; t++)
			show_word(w, t, t == from);
		at = t;
		if (!w->s->page->leak_left)
			break;
		(void)quotes(w, to - 1);
	}
	bool cut = !w->s->page->leak_left;
	gap_line(w, n - at, cut ? "that are not shown: the report ends the leak here" : not_ours);
}

static void leak_text(struct shower *w)
{
	const struct trace_report *r = w->s->page->r;
	if (r->leaks_n > 1) {
		build_fmt(w->out, "<h4>Part %u: ", w->text + 1);
		web_name(w->out, r->leak_names[w->text]);
		build_str(w->out, "</h4>\n");
	}
	build_str(w->out, "<blockquote class=\"leak\">\n");
	show_text(w);
	while (w->passage < w->passages_end && w->passage->text == w->text)
		w->passage++;
	while (w->next < w->spots_n && w->spots[w->next].text == w->text)
		w->next++;
	build_str(w->out, "</blockquote>\n");
}

static void public_names(const struct report_section *s, size_t *by_public)
{
	const struct trace_report *r = s->page->r;
	size_t shown = 0;
	for (size_t i = 0; i < r->publics_n && shown < REPORT_FILES; i++) {
		if (!by_public[i])
			continue;
		build_str(s->out, shown++ ? ", " : ": ");
		web_name(s->out, r->public_names[i]);
		build_str(s->out, " (");
		web_count(s->out, by_public[i]);
		build_str(s->out, ")");
	}
}

/* reasons says why places that were seen cannot be used, and how many there are of each kind. */
static struct sr_err reasons(const struct report_section *s)
{
	const struct trace_evidence *e = s->v->evidence;
	size_t n[MARK_WHY_PUBLIC + 1] = {0};
	size_t publics_n = s->page->r->publics_n;
	size_t *by_public = ARENA_ARRAY(s->page->scratch, publics_n, size_t);
	if (!by_public)
		return sr_nomem();
	for (size_t i = 0; i < e->lattice->places_n; i++) {
		const struct mark_place *p = &e->places[i];
		n[p->why]++;
		if (p->why == MARK_WHY_PUBLIC && p->public_text < publics_n)
			by_public[p->public_text]++;
	}
	if (!e->erased_n)
		return sr_ok();
	report_table_open(s, "reasons", "Places that were seen but cannot be used, and why");
	build_str(s->out, "<thead><tr><th scope=\"col\">Sign</th><th scope=\"col\">Why</th>"
			  "<th scope=\"col\" class=\"num\">Places</th></tr></thead>\n<tbody>\n");
	for (int why = MARK_WHY_UNHELD; why <= MARK_WHY_PUBLIC; why++) {
		char letter;
		const char *words = report_reason((enum mark_why)why, &letter);
		if (!n[why])
			continue;
		build_fmt(s->out, "<tr><th scope=\"row\">%c</th><td>%s", letter, words);
		if (why == MARK_WHY_PUBLIC)
			public_names(s, by_public);
		build_str(s->out, "</td><td class=\"num\">");
		web_count(s->out, n[why]);
		build_str(s->out, "</td></tr>\n");
	}
	report_table_close(s->out);
	return sr_ok();
}

struct sr_err report_leak(const struct report_section *s)
{
	const struct trace_evidence *e = s->v->evidence;
	struct build *out = s->out;
	struct shower w = {.s = s, .out = out, .evidence = e, .passage = e->passages};
	/* Of a page whose words are not the paper's own there is no passage at all. */
	w.passages_end = e->passages_n ? e->passages + e->passages_n : e->passages;
	SR_TRY(find_spots(&w));
	build_str(out,
		  "<h3>The leak</h3>\n<ul class=\"legend\">\n"
		  "<li><mark class=\"read\">words like this</mark> are a mark: the wording differs "
		  "from copy to copy and was read</li>\n");
	if (e->erased_n)
		build_str(out, "<li><mark class=\"erased\">words like this</mark><sup>a</sup> "
			       "stand where a mark was, but cannot be used; the letter says "
			       "why</li>\n");
	build_str(out, "<li>Upright words come from the paper; <span class=\"soft\"><em>slanted "
		       "ones</em></span> do not.</li>\n</ul>\n");
	for (size_t i = 0; i < s->page->r->leaks_n; i++) {
		w.text = (uint32_t)i;
		leak_text(&w);
	}
	return reasons(s);
}
