/* SPDX-License-Identifier: Apache-2.0 */
/* page/: lines and pages of copies. Random sheets, random wordings: what a layout promises is
 * checked from its words alone. */
#include "page_break.h"
#include "papers.h"
#include "sheets.h"

#include <time.h>

static struct page_laid lay(struct arena *a, const struct page_sheet *s, const uint16_t *symbol)
{
	struct page_laid l = {0};
	struct sr_err e = page_lay_copy(a, s, symbol, &l);
	assert(!sr_bad(e));
	return l;
}

/* text_is tells whether a layout has these words: from left to right, each line on a line. */
static bool text_is(const struct page_sheet *s, const struct page_laid *l, const char *want)
{
	struct build b = {0};
	for (size_t i = 0; i < l->words_n; i++) {
		const struct page_word *w = &l->word[i];
		for (size_t k = 0; k < w->n; k++)
			build_slice(&b, s->shape[l->shapes[w->first + k]].text);
		bool last = i + 1 == l->words_n || w[1].line != w->line;
		build_str(&b, last ? "\n" : " ");
	}
	bool same = slice_eq(slice_make(b.ptr, b.len), slice_str(want));
	if (!same)
		printf("# got: %.*s\n", (int)b.len, b.ptr ? (const char *)b.ptr : "");
	build_release(&b);
	return same;
}

/* symbols_random draws wordings for a sheet made by sheets.h. */
static uint16_t *symbols_random(struct arena *a, const struct page_sheet *s, uint64_t *state)
{
	uint16_t *out = ARENA_ARRAY(a, s->places_n, uint16_t);
	assert(out);
	for (size_t i = 0; i < s->blocks_n; i++)
		for (size_t j = 0; j < s->block[i].flows_n; j++)
			for (size_t k = 0; k < s->block[i].flow[j].atoms_n; k++) {
				const struct page_atom *t = &s->block[i].flow[j].atom[k];
				if (t->place != PAGE_NONE)
					out[t->place] =
						(uint16_t)(test_random(state) % t->segments_n);
			}
	return out;
}

static const struct page_segment *segment(const struct page_atom *t, const uint16_t *symbol)
{
	return &t->segment[symbol && t->place != PAGE_NONE ? symbol[t->place] : 0];
}

/* A line as the layout has it, and the flow it is of. */
struct seen {
	const struct page_flow *f;
	const struct page_word *w;
	size_t n;
};

static const struct page_flow *flow_of(const struct page_sheet *s, uint32_t slot)
{
	const struct page_flow *f = NULL;
	for (size_t i = 0; i < s->blocks_n; i++)
		for (size_t j = 0; j < s->block[i].flows_n; j++)
			if (s->block[i].flow[j].atoms_n && s->block[i].flow[j].atom[0].slot <= slot)
				f = &s->block[i].flow[j];
	return f;
}

static size_t lines_of(struct arena *a, const struct page_sheet *s, const struct page_laid *l,
		       struct seen **out)
{
	struct seen *seen = ARENA_ARRAY(a, l->words_n, struct seen);
	size_t n = 0;
	assert(seen);
	for (size_t i = 0; i < l->words_n; i++) {
		const struct page_word *w = &l->word[i];
		if (w->slot == PAGE_NONE)
			continue;
		if (!n || seen[n - 1].w->line != w->line)
			seen[n++] = (struct seen){flow_of(s, w->slot), w, 0};
		seen[n - 1].n++;
	}
	*out = seen;
	return n;
}

/* The pieces of the wordings, one after the other, are the shapes of the words. */
static void check_pieces(const struct page_sheet *s, const struct page_laid *l,
			 const uint16_t *symbol)
{
	size_t at = 0;
	bool same = true;
	for (size_t i = 0; i < s->blocks_n; i++)
		for (size_t j = 0; j < s->block[i].flows_n; j++)
			for (size_t k = 0; k < s->block[i].flow[j].atoms_n; k++) {
				const struct page_atom *t = &s->block[i].flow[j].atom[k];
				const struct page_segment *g = segment(t, symbol);
				for (size_t p = 0; p < g->pieces_n; p++, at++)
					same = same && at < l->shapes_n &&
					       l->shapes[at] == g->piece[p].shape;
			}
	CHECK(same && at == l->shapes_n, "every piece once, in order: %zu of %zu", at, l->shapes_n);
	size_t shapes = 0;
	for (size_t i = 0; i < l->words_n; i++) {
		CHECK(l->word[i].first == shapes && l->word[i].n, "word %zu", i);
		CHECK(l->word[i].slot < s->slots_n && (!i || l->word[i].slot > l->word[i - 1].slot),
		      "word %zu has a slot that no other one has", i);
		shapes += l->word[i].n;
	}
	CHECK(shapes == l->shapes_n, "no shape without a word");
}

/* check_line returns whether a line's spaces are wider than they should be. */
static bool check_line(const struct seen *v)
{
	const struct page_flow *f = v->f;
	const struct page_word *w = v->w;
	int32_t end = w[v->n - 1].x + w[v->n - 1].advance;
	CHECK(w[0].x >= f->x && (end <= f->x + f->width || v->n == 1), "line %u keeps to its width",
	      w->line);
	bool natural = true, even = true, wide = false;
	for (size_t i = 0; i < v->n; i++) {
		int32_t gap = i ? w[i].x - w[i - 1].x - w[i - 1].advance : 0;
		CHECK(w[i].gap_before == gap && (!i || w[i - 1].gap_after == gap),
		      "line %u: the spaces are those between the words", w->line);
		CHECK(w[i].y == w->y && w[i].page == w->page, "line %u is one", w->line);
		natural = natural && (!i || gap == f->space);
		even = even && (!i || (100 * gap >= PAGE_SPACE_MIN * f->space - 100 &&
				       100 * gap <= PAGE_SPACE_FAR * f->space + 100));
		wide = wide || 100 * gap > PAGE_SPACE_MAX * f->space + 100;
	}
	CHECK(w[0].gap_before == 0 && w[v->n - 1].gap_after == 0, "line %u: its ends", w->line);
	CHECK(natural || (even && f->align == PAGE_JUSTIFIED && end == f->x + f->width),
	      "line %u: natural, or to the width with spaces in their bounds", w->line);
	return wide;
}

/* Spaces and advances of the pieces with slots from .. to of a copy, and whether a line may begin
 * with the first. */
static bool holds(const struct page_sheet *s, const struct page_flow *f, const uint16_t *symbol,
		  uint32_t from, uint32_t to, bool last)
{
	int64_t width = 0, spaces = 0, first = 1;
	bool space = false, may = from == f->atom[0].slot;
	for (size_t k = 0; k < f->atoms_n; k++) {
		const struct page_segment *g = segment(&f->atom[k], symbol);
		for (size_t p = 0; p < g->pieces_n; p++) {
			uint32_t slot = f->atom[k].slot + (uint32_t)p;
			bool here = space || g->piece[p].gap == PAGE_GAP_SPACE;
			space = false;
			if (slot < from || slot >= to)
				continue;
			if (first)
				may = may ||
				      (slot == from && (here || g->piece[p].gap != PAGE_GAP_NONE));
			else
				spaces += here;
			first = 0;
			width += s->shape[g->piece[p].shape].advance;
		}
		space = space || g->space;
	}
	bool even = f->align == PAGE_JUSTIFIED;
	int64_t least = 100 * width + (even ? PAGE_SPACE_MIN : 100) * spaces * f->space;
	int64_t most = 100 * width + PAGE_SPACE_MAX * spaces * f->space;
	return may && !first && least <= 100 * (int64_t)f->width &&
	       (last || !even || most >= 100 * (int64_t)f->width);
}

/* Where all lines of the unmarked layout hold a copy's words, its breaks are the same. Returns
 * whether they were. */
static bool check_frozen(const struct page_sheet *s, const struct page_flow *f,
			 const uint16_t *symbol, const struct seen *seen, size_t seen_n)
{
	bool all = true;
	uint32_t from = f->atom[0].slot;
	for (size_t i = 0; i <= f->starts_n; i++) {
		uint32_t to = i < f->starts_n ? f->starts[i] : PAGE_NONE;
		all = all && holds(s, f, symbol, from, to, i == f->starts_n);
		from = to;
	}
	size_t k = 0;
	bool same = true;
	for (size_t i = 0; i < seen_n; i++) {
		if (seen[i].f != f)
			continue;
		same = same &&
		       (k == 0 || (k <= f->starts_n && seen[i].w->slot == f->starts[k - 1]));
		k++;
	}
	same = same && k == f->starts_n + 1;
	if (all)
		CHECK(same, "a copy that the frozen lines hold keeps them");
	return same;
}

static void check_pages(const struct page_sheet *s, const struct page_laid *l)
{
	int32_t y = 0;
	uint32_t page = 0;
	for (size_t i = 0; i < l->words_n; i++) {
		const struct page_word *w = &l->word[i];
		CHECK(w->page == page || w->page == page + 1, "pages in order");
		if (w->page != page)
			y = 0;
		page = w->page;
		CHECK(w->y >= y && w->y <= s->height - s->bottom,
		      "lines downwards, in the margins");
		y = w->y;
	}
	CHECK(l->pages_n == s->starts_n + 1, "as many pages as the unmarked layout: %u, %zu",
	      l->pages_n, s->starts_n + 1);
}

static void random_sheet(struct sheets *m, struct arena *a, uint64_t *state)
{
	sheets_begin(m, a);
	size_t blocks = 1 + test_random(state) % 24;
	for (size_t i = 0; i < blocks; i++) {
		bool head = test_random(state) % 5 == 0;
		size_t words = head ? 1 + test_random(state) % 8 : 1 + test_random(state) % 150;
		(void)sheets_text(m, sheets_random(a, state, words));
		m->flow[i]->align = test_random(state) % 4 ? PAGE_JUSTIFIED : PAGE_LEFT;
		m->block[i].keep = head;
		m->block[i].cut = !head;
	}
	sheets_end(m);
}

static void properties(void)
{
	uint64_t state = 6;
	size_t copies = 0, flows = 0, same = 0, lines = 0, wide = 0;
	for (size_t round = 0; round < 40; round++) {
		struct arena a = {0};
		struct sheets m;
		random_sheet(&m, &a, &state);
		for (size_t c = 0; c < 6; c++) {
			const uint16_t *symbol = c ? symbols_random(&a, &m.s, &state) : NULL;
			struct page_laid l = lay(&a, &m.s, symbol);
			struct seen *seen;
			size_t n = lines_of(&a, &m.s, &l, &seen);
			check_pieces(&m.s, &l, symbol);
			for (size_t i = 0; i < n; i++)
				wide += check_line(&seen[i]);
			lines += n;
			for (size_t i = 0; i < m.s.blocks_n; i++) {
				bool kept = check_frozen(&m.s, &m.flow[i][0], symbol, seen, n);
				CHECK(c || kept, "the unmarked layout's own breaks");
				flows += c > 0;
				same += c > 0 && kept;
			}
			check_pages(&m.s, &l);
			copies++;
		}
		arena_release(&a);
	}
	printf("# seed 6: %zu copies; %zu of %zu paragraphs break as the unmarked ones; %zu of %zu "
	       "lines are wide\n",
	       copies, same, flows, wide, lines);
	CHECK(wide < lines / 4, "wide lines are few");
}

/* A page begins where the plan says, in the unmarked layout; and in a copy with the line that has
 * the piece, or what follows it. */
static void page_starts(void)
{
	uint64_t state = 16;
	size_t cuts = 0;
	struct arena a = {0};
	for (size_t round = 0; round < 20; round++) {
		struct sheets m;
		random_sheet(&m, &a, &state);
		struct page_laid l = lay(&a, &m.s, NULL);
		for (size_t i = 0; i < m.s.starts_n; i++) {
			const struct page_start *t = &m.s.start[i];
			uint32_t slot =
				t->slot == PAGE_NONE ? m.flow[t->block][0].atom[0].slot : t->slot;
			size_t w = 0;
			while (w < l.words_n && l.word[w].page <= i)
				w++;
			CHECK(w < l.words_n && l.word[w].slot >= slot &&
				      (!w || l.word[w - 1].slot < slot),
			      "page %zu begins with slot %u", i + 1, slot);
			CHECK(l.word[w].y == m.s.top + m.flow[t->block][0].ascent,
			      "at the top of the page");
			CHECK(!t->block || !m.s.block[t->block - 1].keep || t->slot != PAGE_NONE,
			      "no heading alone at the foot of page %zu", i);
			const struct page_flow *f = m.flow[t->block];
			size_t before = 0;
			while (before < f->starts_n && f->starts[before] <= slot)
				before++;
			CHECK(t->slot == PAGE_NONE || (before > 1 && before < f->starts_n),
			      "no line alone: %zu of %zu before page %zu", before, f->starts_n + 1,
			      i + 1);
			cuts += t->slot != PAGE_NONE;
		}
	}
	CHECK(cuts > 4, "the test cuts paragraphs: %zu", cuts);
	arena_release(&a);
}

/* All ways to break a short text, tried one by one: none is better. */
static void price(const struct page_flow *f, const struct page_run *r, uint32_t breaks,
		  uint32_t *loose, uint32_t *moved)
{
	size_t first = 0;
	*loose = *moved = 0;
	for (size_t i = 1; i <= r->items_n; i++) {
		bool start = false, here = i == r->items_n || (breaks >> i & 1);
		for (size_t k = 0; i < r->items_n && k < f->starts_n; k++)
			start = start || f->starts[k] == r->item[i].slot;
		if (i < r->items_n)
			*moved += start != here;
		if (!here)
			continue;
		struct page_line line = {first, i - first, i == r->items_n};
		struct page_fit t = page_line_fit(f, r, &line);
		bool ragged = (line.last || f->align == PAGE_LEFT) && t.slack >= 0;
		int64_t natural = (int64_t)t.spaces_n * f->space, wide = 0;
		if (natural && !ragged && 100 * t.width > PAGE_SPACE_MAX * natural)
			wide = 100 * t.width / natural - PAGE_SPACE_MAX;
		bool chances = false;
		for (size_t k = first + 1; k < i; k++)
			chances = chances || r->item[k].gap != PAGE_GAP_NONE;
		if (t.slack < 0 && chances)
			*loose += 1000000;
		else if (t.slack && !ragged && f->align == PAGE_JUSTIFIED)
			*loose += 80 + (uint32_t)(t.slack > 0 ? 100 * t.slack / f->width : 0);
		else if (100 * t.width > PAGE_SPACE_MAX * natural && !ragged)
			*loose += 1 + (uint32_t)(wide * wide / 300);
		first = i;
	}
}

static void optimum(void)
{
	uint64_t state = 26;
	size_t moved_n = 0;
	for (size_t round = 0; round < 300; round++) {
		struct arena a = {0};
		struct sheets m;
		sheets_begin(&m, &a);
		struct page_flow *f = sheets_text(&m, sheets_random(&a, &state, 9));
		f->width = 130 * PAGE_PT;
		f->align = round % 2 ? PAGE_LEFT : PAGE_JUSTIFIED;
		sheets_end(&m);
		const uint16_t *symbol = symbols_random(&a, &m.s, &state);
		struct page_run r;
		struct page_line *line;
		size_t n;
		struct sr_err e = page_run_make(&a, &m.s, f, symbol, &r);
		assert(!sr_bad(e));
		e = page_break_copy(&a, f, &r, &line, &n);
		assert(!sr_bad(e));
		if (r.items_n > 14 || !r.items_n) {
			arena_release(&a);
			continue;
		}
		uint32_t got[2], best[2] = {UINT32_MAX, 0}, breaks = 0;
		for (size_t i = 1; i < n; i++)
			breaks |= 1U << line[i].first;
		price(f, &r, breaks, &got[0], &got[1]);
		for (uint32_t b = 0; b < 1U << r.items_n; b += 2) {
			uint32_t loose, moved, bad = 0;
			for (size_t i = 1; i < r.items_n; i++)
				bad |= (b >> i & 1) && r.item[i].gap == PAGE_GAP_NONE;
			price(f, &r, b, &loose, &moved);
			if (!bad && (loose < best[0] || (loose == best[0] && moved < best[1]))) {
				best[0] = loose;
				best[1] = moved;
			}
		}
		CHECK(got[0] == best[0], "round %zu: %u loose lines, not %u", round, got[0],
		      best[0]);
		CHECK(got[1] <= best[1], "round %zu: %u breaks moved, not %u", round, got[1],
		      best[1]);
		moved_n += got[1] > 0;
		arena_release(&a);
	}
	CHECK(moved_n > 20, "the test moves breaks: %zu", moved_n);
}

/* Where a wording glues what the original one does not, no line begins between. */
static void glued(void)
{
	struct arena a = {0};
	struct sheets m;
	sheets_begin(&m, &a);
	struct page_flow *f = sheets_text(&m, "aaaa{ |}bbbb cc");
	f->width = 37 * PAGE_PT;
	f->align = PAGE_LEFT;
	sheets_end(&m);
	static const uint16_t second = 1;
	struct page_laid x = lay(&a, &m.s, NULL), y = lay(&a, &m.s, &second);
	CHECK(text_is(&m.s, &x, "aaaa\nbbbb cc\n"), "a line begins at the space");
	CHECK(text_is(&m.s, &y, "aaaabbbb\ncc\n"), "and not without it");
	arena_release(&a);
}

static void by_hand(void)
{
	static const struct {
		const char *why, *text, *want;
		int32_t points;
		enum page_align align;
	} row[] = {
		{"one line", "aa bb cc", "aa bb cc\n", 400, PAGE_JUSTIFIED},
		{"lines of their own", "aa\nbb\n\ncc\n", "aa\nbb\ncc\n", 400, PAGE_LEFT},
		{"glued places", "a{b|c}d {e|f}, g", "abd e, g\n", 400, PAGE_LEFT},
		{"spaces in a place", "a{ b |c}d", "a b d\n", 400, PAGE_LEFT},
		{"nothing in a place", "a {|b} d", "a d\n", 400, PAGE_LEFT},
		{"only places", "{a|b}{c|d}", "ac\n", 400, PAGE_LEFT},
		{"a hyphen is a spot to break", "aaaa-bbbb", "aaaa-\nbbbb\n", 40, PAGE_LEFT},
		{"but not where there is room", "aaaa-bbbb", "aaaa-bbbb\n", 80, PAGE_LEFT},
		{"too wide for any line", "aaaaaaaaaaaa b", "aaaaaaaaaaaa\nb\n", 20, PAGE_LEFT},
	};
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct arena a = {0};
		struct sheets m;
		sheets_begin(&m, &a);
		struct page_flow *f = sheets_text(&m, row[i].text);
		f->width = row[i].points * PAGE_PT;
		f->align = row[i].align;
		sheets_end(&m);
		struct page_laid l = lay(&a, &m.s, NULL);
		CHECK(text_is(&m.s, &l, row[i].want), "%s", row[i].why);
		arena_release(&a);
	}
}

static void directions(void)
{
	static const struct {
		const char *why, *text, *want;
		bool rtl;
	} row[] = {
		{"left to right", "a b c", "a b c\n", false},
		{"right to left", "A B C", "C B A\n", true},
		{"words of the other direction keep their order", "a B C d", "a C B d\n", false},
		{"but numbers are no words", "A 1 2 B", "B 2 1 A\n", true},
		{"at the ends of a line", "1 2 A 3 4", "4 3 A 2 1\n", true},
		{"alone", "1 2", "2 1\n", true},
		{"numbers behind words of the other direction", "A b 1 2 C", "C b 1 2 A\n", true},
		{"and the other way round", "a B 1 2 c", "a 2 1 B c\n", false},
		{"but not before them", "a 1 2 B c", "a 1 2 B c\n", false},
		{"a sign between them", "a B & C d", "a C & B d\n", false},
		{"a sign at their end", "a B & d C &", "a B & d C &\n", false},
		{"pieces of a word", "A-1-2- C", "C 1-2-A-\n", true},
		{"pieces of a word, the other way", "a-B-C- d", "a-C-B- d\n", false},
		{"pieces of a word of the other direction", "a B-1-2- C d", "a C 1-2-B- d\n",
		 false},
	};
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct arena a = {0};
		struct sheets m;
		sheets_begin(&m, &a);
		struct page_flow *f = sheets_text(&m, row[i].text);
		f->rtl = row[i].rtl;
		sheets_end(&m);
		struct page_laid l = lay(&a, &m.s, NULL);
		CHECK(text_is(&m.s, &l, row[i].want), "%s", row[i].why);
		const struct page_word *w = &l.word[l.words_n - 1];
		CHECK(f->rtl ? w->x + w->advance == f->x + f->width : l.word[0].x == f->x,
		      "%s: begins at its edge", row[i].why);
		for (w = l.word + 1; w < l.word + l.words_n; w++)
			CHECK(w->x == w[-1].x + w[-1].advance + f->space, "%s: side by side",
			      row[i].why);
		arena_release(&a);
	}
}

static void alignments(void)
{
	for (enum page_align align = PAGE_LEFT; align <= PAGE_RIGHT; align++) {
		struct arena a = {0};
		struct sheets m;
		sheets_begin(&m, &a);
		struct page_flow *f = sheets_text(&m, "aa bb cc");
		f->align = align;
		f->marked = false;
		f->marker = m.s.digit + 1;
		f->marker_x = f->x - 12 * PAGE_PT;
		sheets_end(&m);
		struct page_laid l = lay(&a, &m.s, NULL);
		assert(l.words_n == 4);
		const struct page_word *w = l.word;
		int32_t rest = f->x + f->width - w[3].x - w[3].advance, indent = w[1].x - f->x;
		CHECK(w[0].slot == PAGE_NONE && w[0].x == f->marker_x && w[0].y == w[1].y,
		      "the bullet on its line");
		CHECK(align != PAGE_LEFT || !indent, "left");
		CHECK(align != PAGE_RIGHT || !rest, "right");
		CHECK(align != PAGE_CENTRED || (indent - rest >= -1 && indent - rest <= 1),
		      "centred");
		for (size_t i = 0; i < l.words_n; i++)
			CHECK(!w[i].gap_before && !w[i].gap_after, "words that may not be moved");
		arena_release(&a);
	}
}

/* A table: cells side by side, each line of its own, the row as high as its highest cell. */
static void tables(void)
{
	struct arena a = {0};
	struct sheets m;
	const char *cell[] = {"aa bb", "cc\ndd\nee", ""};
	sheets_begin(&m, &a);
	struct page_flow *f = sheets_block(&m, cell, 3);
	f[1].x += 200 * PAGE_PT;
	m.block[0].below = (struct page_rule){m.s.left, 300 * PAGE_PT};
	(void)sheets_text(&m, "ff");
	sheets_end(&m);
	struct page_laid l = lay(&a, &m.s, NULL);
	assert(l.words_n == 6 && l.strokes_n == 1);
	static const uint32_t line[] = {0, 0, 1, 2, 3, 4};
	static const int32_t y[] = {10, 10, 10, 24, 38, 58};
	const int32_t room = page_rule_room(&m.block[0], &m.block[0].below);
	for (size_t i = 0; i < 6; i++) {
		CHECK(l.word[i].line == line[i], "word %zu on line %u", i, l.word[i].line);
		CHECK(l.word[i].y == m.s.top + y[i] * PAGE_PT + (i == 5) * room,
		      "word %zu at its height", i);
	}
	CHECK(l.word[2].x == f[1].x, "the second cell");
	CHECK(room > 2 * PAGE_PT && l.stroke[0].y == m.s.top + 42 * PAGE_PT + room &&
		      l.stroke[0].x == m.s.left,
	      "the rule");
	arena_release(&a);
}

/* What no page can hold goes on over the next ones, and everything is there. */
static void high_blocks(void)
{
	uint64_t state = 36;
	for (size_t round = 0; round < 24; round++) {
		struct arena a = {0};
		struct sheets m;
		sheets_begin(&m, &a);
		const char *cell[2];
		cell[0] = sheets_random(&a, &state, 100 + test_random(&state) % 1500);
		cell[1] = sheets_random(&a, &state, 1 + test_random(&state) % 900);
		(void)sheets_text(&m, "aa bb");
		m.block[0].keep = round % 2;
		struct page_flow *f = sheets_block(&m, cell, 1 + round % 3 / 2);
		m.block[1].cut = false;
		f[0].width /= 2;
		(void)sheets_text(&m, "cc dd");
		sheets_end(&m);
		const uint16_t *symbol = symbols_random(&a, &m.s, &state);
		struct page_laid l = lay(&a, &m.s, symbol);
		size_t pieces = 0;
		int32_t y_max = 0;
		for (size_t i = 0; i < m.s.blocks_n; i++)
			for (size_t j = 0; j < m.s.block[i].flows_n; j++)
				for (size_t k = 0; k < m.s.block[i].flow[j].atoms_n; k++)
					pieces += segment(&m.s.block[i].flow[j].atom[k], symbol)
							  ->pieces_n;
		for (size_t i = 0; i < l.words_n; i++) {
			y_max = l.word[i].y > y_max ? l.word[i].y : y_max;
			CHECK(!i || l.word[i].page >= l.word[i - 1].page, "pages in order");
		}
		CHECK(pieces == l.shapes_n, "round %zu: %zu pieces, %zu shapes", round, pieces,
		      l.shapes_n);
		CHECK(y_max <= m.s.height - m.s.bottom, "no line in the margin");
		arena_release(&a);
	}
	struct arena a = {0};
	struct sheets m;
	struct page_laid l;
	sheets_begin(&m, &a);
	struct page_flow *f = sheets_text(&m, "a\nb\nc\n");
	f->leading = 1000 * PAGE_PT;
	for (size_t i = 0; i < 299; i++) {
		f = sheets_text(&m, "a\nb\nc\nd\ne\nf\ng\n");
		f->leading = 1000 * PAGE_PT;
	}
	struct sr_err e = page_lay_plan(&a, &m.s, m.flow, NULL);
	CHECK(e.code == SR_E_LIMIT, "more pages than there may be, planned");
	e = page_lay_copy(&a, &m.s, NULL, &l);
	CHECK(e.code == SR_E_LIMIT, "more pages than there may be");
	arena_release(&a);
}

/* A stored sheet may hold words that no line could: as long as the sum fits they are set, and else
 * refused: no number overflows. */
static void endless_words(void)
{
	static const struct {
		int32_t advance;
		bool rtl, fits;
	} row[] = {{PAGE_LENGTH_MAX / 12, false, true},
		   {PAGE_LENGTH_MAX / 12, true, true},
		   {PAGE_LENGTH_MAX / 8, false, false},
		   {PAGE_LENGTH_MAX, false, false},
		   {PAGE_LENGTH_MAX, true, false}};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct sheets m;
		struct page_laid l = {0};
		sheets_begin(&m, &a);
		struct page_flow *f =
			sheets_text(&m, "{a|b}{a|b}{a|b}{a|b}{a|b}{a|b}{a|b}{a|b}{a|b}"
					"{a|b}");
		f->rtl = row[i].rtl;
		for (size_t k = 0; k < m.s.shapes_n; k++)
			m.shape[k].advance = row[i].advance;
		struct sr_err e = page_lay_copy(&a, &m.s, NULL, &l);
		CHECK(row[i].fits ? !sr_bad(e) && l.words_n == 1 : e.code == SR_E_LIMIT,
		      "row %zu: %d", i, e.code);
		for (size_t w = 0; w < l.words_n; w++)
			CHECK(abs(l.word[w].x) < 8 * PAGE_LENGTH_MAX &&
				      l.word[w].advance == 10 * row[i].advance,
			      "row %zu: %d at %d", i, l.word[w].advance, l.word[w].x);
		arena_release(&a);
	}
}

static bool same_laid(const struct page_laid *x, const struct page_laid *y)
{
	return x->words_n == y->words_n && x->shapes_n == y->shapes_n &&
	       x->strokes_n == y->strokes_n && x->pages_n == y->pages_n &&
	       x->lines_n == y->lines_n &&
	       !memcmp(x->word, y->word, x->words_n * sizeof *x->word) &&
	       !memcmp(x->shapes, y->shapes, x->shapes_n * sizeof *x->shapes);
}

/* The same numbers each time, and no memory is an error that leaves nothing behind. */
static void repeated(void)
{
	uint64_t state = 46;
	struct arena a = {0};
	struct sheets m;
	random_sheet(&m, &a, &state);
	const uint16_t *symbol = symbols_random(&a, &m.s, &state);
	struct page_laid x = lay(&a, &m.s, symbol), y = lay(&a, &m.s, symbol);
	CHECK(same_laid(&x, &y), "twice the same");
	size_t n = 1;
	for (;; n++) {
		struct arena b = {0};
		test_alloc_fail_at(n);
		struct sr_err e = page_lay_plan(&b, &m.s, m.flow, NULL);
		if (!sr_bad(e))
			e = page_lay_copy(&b, &m.s, symbol, &y);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(!failed || e.code == SR_E_NOMEM, "allocation %zu", n);
		bool done = !failed;
		if (done)
			CHECK(!sr_bad(e) && same_laid(&x, &y), "and at last the same");
		arena_release(&b);
		if (done)
			break;
	}
	CHECK(n > 10, "%zu allocations", n);
	arena_release(&a);
}

/* Seconds of processor time to lay out so many words without width. */
static double seconds_to_lay(size_t words)
{
	uint64_t state = 56;
	struct arena a = {0};
	struct sheets m;
	sheets_begin(&m, &a);
	struct page_flow *f = sheets_text(&m, sheets_random(&a, &state, words));
	f->space = 0;
	sheets_end(&m);
	for (size_t k = 0; k < m.s.shapes_n; k++)
		m.shape[k].advance = 0;
	clock_t begin = clock();
	struct page_laid l = lay(&a, &m.s, NULL);
	double took = (double)(clock() - begin) / CLOCKS_PER_SEC;
	CHECK(l.words_n >= words, "%zu words", l.words_n);
	arena_release(&a);
	return took;
}

/* A line could hold any number of pieces without width: these do not take the square of it, which
 * would be 64 times as long where 8 times is due. */
static void no_square(void)
{
	double few = seconds_to_lay(5000), many = seconds_to_lay(40000);
	printf("# 5,000 words without width: %.3f s, 40,000: %.3f s\n", few, many);
	CHECK(many < 24 * few + 0.05, "%.1f times as long", many / few);
}

int main(void)
{
	test_run("what a layout promises", properties);
	test_run("pages begin where they should", page_starts);
	test_run("no better breaks", optimum);
	test_run("lines by hand", by_hand);
	test_run("glued words", glued);
	test_run("both directions", directions);
	test_run("alignments", alignments);
	test_run("rows of tables", tables);
	test_run("blocks higher than a page", high_blocks);
	test_run("words without an end", endless_words);
	test_run("the same each time, and no memory", repeated);
	test_run("words without width", no_square);
	return test_done();
}
