/* SPDX-License-Identifier: Apache-2.0 */
#include "page_break.h"

#include "page_lay.h"

#include <assert.h>
#include <utf8proc.h>

/* Of a line's demerits: what Knuth and Plass add to each badness, and their price of a break
 * within a word. */
enum { DEMERIT_LINE = 10, DEMERIT_WITHIN = 2500 };

/* Of looseness: of a line that is not set to the width; more than any that is. */
enum { LOOSE_RAGGED = 80 };

/* Prices of a plan: of a line that not every mixture of wordings fits, by how far, up to four
 * spaces; of a break within a place. */
enum { RISK_LINE = 30000, RISK_SPACES = 4, RISK_WITHIN = 20000 };

/* A line has fewer spots to break than that, or its pieces have no width, which only a stored sheet
 * could say: time is then bounded all the same. */
enum { SPOTS_MAX = 1024 };

struct cost {
	uint32_t loose, moved;
	int64_t demerits;
};

/* What is known of a run before it is broken: sums over the items before each, and whether a line
 * may begin with it, and did in the unmarked layout. starts[i]: how many of those are before i.
 * most, least (a plan's): how far mixtures can get beyond the originals, in hundredths. */
struct breaker {
	const struct page_flow *f;
	const struct page_run *r;
	int64_t *advance, *most, *least;
	uint32_t *spaces, *chances, *starts;
	bool *start;
	bool frozen;
};

struct node {
	size_t at;
	struct cost best;
	size_t from;
};

const struct page_segment *page_segment_of(const struct page_atom *atom, const uint16_t *symbol)
{
	size_t k = symbol && atom->place != PAGE_NONE ? symbol[atom->place] : 0;
	assert(k < atom->segments_n);
	return &atom->segment[k];
}

static size_t run_add(const struct page_sheet *s, const struct page_segment *g, uint32_t slot,
		      size_t atom, bool *space, struct page_item *item)
{
	for (size_t i = 0; i < g->pieces_n; i++) {
		const struct page_piece *p = &g->piece[i];
		item[i] = (struct page_item){.shape = p->shape,
					     .slot = slot + (uint32_t)i,
					     .atom = atom,
					     .advance = s->shape[p->shape].advance,
					     .gap = p->gap};
		if (*space)
			item[i].gap = PAGE_GAP_SPACE;
		*space = false;
	}
	*space = *space || g->space;
	return g->pieces_n;
}

enum kind { KIND_SIGNS, KIND_NUMBER, KIND_LETTERS };

static enum kind kind_of(struct slice text)
{
	enum kind kind = KIND_SIGNS;
	utf8proc_int32_t c;
	while (text.len) {
		utf8proc_ssize_t n = utf8proc_iterate(text.ptr, (utf8proc_ssize_t)text.len, &c);
		if (n <= 0)
			break;
		text = slice_sub(text, (size_t)n, text.len - (size_t)n);
		switch (utf8proc_get_property(c)->bidi_class) {
		case UTF8PROC_BIDI_CLASS_L:
		case UTF8PROC_BIDI_CLASS_R:
		case UTF8PROC_BIDI_CLASS_AL:
			return KIND_LETTERS;
		case UTF8PROC_BIDI_CLASS_EN:
		case UTF8PROC_BIDI_CLASS_AN:
			kind = KIND_NUMBER;
		}
	}
	return kind;
}

/* sides_find fills in which items go with the other direction. */
static void sides_find(const struct page_sheet *s, const struct page_flow *f, struct page_run *r)
{
	bool letters = false, before = false;
	size_t signs = 0, n = r->items_n;
	for (size_t i = 0; i < n; i++)
		letters = letters || s->shape[r->item[i].shape].backward != f->rtl;
	for (size_t i = 0; letters && i < n; i++) {
		struct page_item *t = &r->item[i];
		const struct page_shape *shape = &s->shape[t->shape];
		enum kind kind = kind_of(shape->text);
		if (kind == KIND_SIGNS) {
			signs++;
			continue;
		}
		t->other = kind == KIND_NUMBER ? before : shape->backward != f->rtl;
		for (; signs; signs--)
			r->item[i - signs].other = before && t->other;
		before = t->other;
	}
}

struct sr_err page_run_make(struct arena *a, const struct page_sheet *s, const struct page_flow *f,
			    const uint16_t *symbol, struct page_run *out)
{
	struct page_run r = {0};
	size_t items = 0, ends = 1;
	for (size_t i = 0; i < f->atoms_n; i++) {
		items += page_segment_of(&f->atom[i], symbol)->pieces_n;
		ends += f->atom[i].ends_line;
	}
	r.item = ARENA_ARRAY(a, items, struct page_item);
	r.end = ARENA_ARRAY(a, ends, size_t);
	if (!r.item || !r.end)
		return sr_nomem();
	bool space = false;
	for (size_t i = 0; i < f->atoms_n; i++) {
		const struct page_atom *atom = &f->atom[i];
		r.items_n += run_add(s, page_segment_of(atom, symbol), atom->slot, i, &space,
				     &r.item[r.items_n]);
		if (atom->ends_line && i + 1 < f->atoms_n)
			r.end[r.ends_n++] = r.items_n;
	}
	if (f->atoms_n || f->marker != PAGE_NONE)
		r.end[r.ends_n++] = r.items_n;
	sides_find(s, f, &r);
	*out = r;
	return sr_ok();
}

void page_segment_widths(const struct page_sheet *s, const struct page_flow *f,
			 const struct page_segment *g, int64_t *least, int64_t *most)
{
	int64_t width = 0, spaces = g->space;
	for (size_t i = 0; i < g->pieces_n; i++) {
		width += s->shape[g->piece[i].shape].advance;
		spaces += g->piece[i].gap == PAGE_GAP_SPACE;
	}
	bool even = f->align == PAGE_JUSTIFIED;
	*least = 100 * width + (even ? PAGE_SPACE_MIN : 100) * spaces * f->space;
	*most = 100 * width + (even ? PAGE_SPACE_MAX : 100) * spaces * f->space;
}

static struct page_fit fit_of(const struct page_flow *f, int64_t advance, size_t spaces, bool last)
{
	struct page_fit t = {.spaces_n = spaces, .width = (int64_t)spaces * f->space};
	t.slack = f->width - advance - t.width;
	bool loose = 100 * t.slack > (PAGE_SPACE_FAR - 100) * t.width;
	bool tight = -100 * t.slack > (100 - PAGE_SPACE_MIN) * t.width;
	if (f->align == PAGE_JUSTIFIED && spaces && !tight && !loose && !(last && t.slack > 0)) {
		t.width += t.slack;
		t.slack = 0;
	}
	return t;
}

struct page_fit page_line_fit(const struct page_flow *f, const struct page_run *r,
			      const struct page_line *line)
{
	int64_t advance = 0;
	size_t spaces = 0;
	for (size_t i = line->first; i < line->first + line->n; i++) {
		advance += r->item[i].advance;
		spaces += i > line->first && r->item[i].gap == PAGE_GAP_SPACE;
	}
	return fit_of(f, advance, spaces, line->last);
}

/* Badness as The TeXbook has it: 100 times the third power of how much of the leeway is used. */
static int64_t demerits(int64_t used, int64_t leeway)
{
	int64_t share = leeway > 0 ? 1000 * used / leeway : 1000;
	if (share > 1000)
		share = 1000;
	int64_t badness = DEMERIT_LINE + share * share * share / (1000 * 1000 * 10);
	return badness * badness;
}

static int64_t square(int64_t x)
{
	return x * x;
}

/* Lines that are not set to the width are the worse the more of it they leave. */
static int64_t ragged_demerits(const struct page_flow *f, int64_t slack)
{
	return square(DEMERIT_LINE + (slack > 0 ? 100 * slack / f->width : 0));
}

/* loose_cost tells how much a line is wider than the eye accepts: little for spaces of up to
 * PAGE_SPACE_FAR, more for lines that are not set to the width, by what they leave of it. */
static uint32_t loose_cost(const struct page_flow *f, struct page_fit t, int64_t natural)
{
	if (t.slack)
		return LOOSE_RAGGED + (uint32_t)(t.slack > 0 ? 100 * t.slack / f->width : 0);
	if (100 * t.width <= PAGE_SPACE_MAX * natural)
		return 0;
	return 1 + (uint32_t)(square(100 * t.width / natural - PAGE_SPACE_MAX) / 300);
}

/* line_cost tells what a line of items i .. j - 1 costs by its spaces; false: it is wider than the
 * flow though it could be broken. */
static bool line_cost(const struct breaker *b, size_t i, size_t j, bool last, struct cost *out)
{
	const struct page_flow *f = b->f;
	int64_t advance = b->advance[j] - b->advance[i];
	size_t spaces = b->spaces[j] - b->spaces[i + 1];
	struct page_fit t = fit_of(f, advance, spaces, last);
	struct cost c = {0};
	int64_t natural = (int64_t)spaces * f->space;
	if (t.slack < 0 && b->chances[j] > b->chances[i + 1])
		return false;
	if (f->align != PAGE_JUSTIFIED || (last && t.slack >= 0 && t.width == natural)) {
		c.demerits = last ? square(DEMERIT_LINE) : ragged_demerits(f, t.slack);
	} else if (t.slack) {
		c.loose = loose_cost(f, t, natural);
		c.demerits = square(DEMERIT_LINE + 100) + ragged_demerits(f, t.slack);
	} else if (t.width < natural) {
		c.demerits = demerits(100 * (natural - t.width), (100 - PAGE_SPACE_MIN) * natural);
	} else {
		c.loose = loose_cost(f, t, natural);
		c.demerits = demerits(100 * (t.width - natural), (PAGE_SPACE_MAX - 100) * natural);
	}
	*out = c;
	return true;
}

/* break_cost adds what it costs that the line behind items i .. j - 1 begins with item j. */
static void break_cost(const struct breaker *b, size_t i, size_t j, bool last, struct cost *c)
{
	const struct page_item *item = b->r->item;
	if (!last && item[j].gap == PAGE_GAP_BREAK)
		c->demerits += DEMERIT_WITHIN;
	if (b->frozen) {
		uint32_t missed = b->starts[j] - b->starts[i] - b->start[i];
		c->moved = missed + (!last && !b->start[j]);
		return;
	}
	if (!last && item[j].atom == item[j - 1].atom &&
	    b->f->atom[item[j].atom].place != PAGE_NONE)
		c->demerits += RISK_WITHIN;
	int64_t width = 100 * (int64_t)b->f->width, spaces = b->spaces[j] - b->spaces[i + 1];
	int64_t advance = 100 * (b->advance[j] - b->advance[i]), space = b->f->space;
	bool even = b->f->align == PAGE_JUSTIFIED;
	int64_t over = advance + (even ? PAGE_SPACE_MIN : 100) * spaces * space + b->least[j] -
		       b->least[i] - width;
	int64_t under = width - advance - PAGE_SPACE_MAX * spaces * space - b->most[j] + b->most[i];
	if (!even || last || under < 0)
		under = 0;
	int64_t more = over > under ? over : under, most = RISK_SPACES * 100 * space;
	if (more > 0)
		c->demerits += more < most ? RISK_LINE * more / most : RISK_LINE;
}

static bool cheaper(const struct cost *x, const struct cost *y)
{
	if (x->loose != y->loose)
		return x->loose < y->loose;
	if (x->moved != y->moved)
		return x->moved < y->moved;
	return x->demerits < y->demerits;
}

static struct cost sum(const struct cost *x, const struct cost *y)
{
	return (struct cost){x->loose + y->loose, x->moved + y->moved, x->demerits + y->demerits};
}

/* nodes_of lists where lines of the part from .. to may begin, and its end. */
static size_t nodes_of(const struct page_run *r, size_t from, size_t to, struct node *node)
{
	size_t n = 0;
	node[n++] = (struct node){.at = from};
	for (size_t i = from + 1; i < to; i++)
		if (r->item[i].gap != PAGE_GAP_NONE)
			node[n++] = (struct node){.at = i};
	node[n++] = (struct node){.at = to};
	return n;
}

/* best_line finds the best line that ends at node k, after the best ones up to its beginning. */
static void best_line(const struct breaker *b, struct node *node, size_t k, size_t nodes_n)
{
	bool last = k + 1 == nodes_n, found = false;
	for (size_t i = k; i-- > 0 && k - i <= SPOTS_MAX;) {
		struct cost c;
		if (!line_cost(b, node[i].at, node[k].at, last, &c))
			break;
		break_cost(b, node[i].at, node[k].at, last, &c);
		c = sum(&c, &node[i].best);
		if (!found || cheaper(&c, &node[k].best)) {
			node[k].best = c;
			node[k].from = i;
			found = true;
		}
	}
}

static size_t put_lines(const struct node *node, size_t nodes_n, struct page_line *line)
{
	size_t n = 0;
	for (size_t k = nodes_n - 1; k; k = node[k].from)
		n++;
	size_t at = n;
	for (size_t k = nodes_n - 1; k; k = node[k].from) {
		size_t first = node[node[k].from].at;
		line[--at] = (struct page_line){first, node[k].at - first, k == nodes_n - 1};
	}
	return n;
}

static size_t break_part(const struct breaker *b, size_t from, size_t to, struct node *node,
			 struct page_line *line)
{
	if (from == to) {
		line[0] = (struct page_line){from, 0, true};
		return 1;
	}
	size_t nodes_n = nodes_of(b->r, from, to, node);
	for (size_t k = 1; k < nodes_n; k++)
		best_line(b, node, k, nodes_n);
	return put_lines(node, nodes_n, line);
}

/* sums_make fills in the sums; what mixtures change is counted at a place's first piece. */
static struct sr_err sums_make(struct arena *a, struct breaker *b)
{
	size_t n = b->r->items_n;
	b->advance = ARENA_ARRAY(a, n + 1, int64_t);
	b->spaces = ARENA_ARRAY(a, n + 1, uint32_t);
	b->chances = ARENA_ARRAY(a, n + 1, uint32_t);
	b->starts = ARENA_ARRAY(a, n + 1, uint32_t);
	b->start = ARENA_ARRAY(a, n + 1, bool);
	if (!b->advance || !b->spaces || !b->chances || !b->starts || !b->start)
		return sr_nomem();
	size_t starts_n = b->frozen ? b->f->starts_n : 0, k = 0;
	for (size_t i = 0; i < n; i++) {
		const struct page_item *t = &b->r->item[i];
		b->advance[i + 1] = b->advance[i] + t->advance;
		b->spaces[i + 1] = b->spaces[i] + (t->gap == PAGE_GAP_SPACE);
		b->chances[i + 1] = b->chances[i] + (t->gap != PAGE_GAP_NONE);
		while (k < starts_n && b->f->starts[k] < t->slot)
			k++;
		b->starts[i] = (uint32_t)k;
		b->start[i] = k < starts_n && b->f->starts[k] == t->slot;
	}
	b->starts[n] = (uint32_t)starts_n;
	return sr_ok();
}

static struct sr_err break_run(struct arena *a, struct breaker *b, struct page_line **line,
			       size_t *lines_n)
{
	const struct page_run *r = b->r;
	struct arena scratch = {0};
	struct page_line *out = ARENA_ARRAY(a, r->items_n + r->ends_n, struct page_line);
	struct node *node = ARENA_ARRAY(&scratch, r->items_n + 2, struct node);
	struct sr_err e = out && node ? sums_make(&scratch, b) : sr_nomem();
	size_t n = 0, from = 0;
	for (size_t i = 0; !sr_bad(e) && i < r->ends_n; i++) {
		n += break_part(b, from, r->end[i], node, &out[n]);
		from = r->end[i];
	}
	arena_release(&scratch);
	SR_TRY(e);
	*line = out;
	*lines_n = n;
	return sr_ok();
}

struct sr_err page_break_copy(struct arena *a, const struct page_flow *f, const struct page_run *r,
			      struct page_line **line, size_t *lines_n)
{
	struct breaker b = {.f = f, .r = r, .frozen = true};
	return break_run(a, &b, line, lines_n);
}

/* mixtures_make sums up how much more than the original wordings the others can take at the least
 * and fill at the most. */
static void mixtures_make(const struct page_sheet *s, struct breaker *b)
{
	const struct page_flow *f = b->f;
	size_t i = 0;
	for (size_t k = 0; k < f->atoms_n; k++) {
		int64_t least[2] = {0}, most[2] = {0};
		for (size_t j = 0; j < f->atom[k].segments_n; j++) {
			int64_t lo, hi;
			page_segment_widths(s, f, &f->atom[k].segment[j], &lo, &hi);
			if (!j) {
				least[0] = least[1] = lo;
				most[0] = most[1] = hi;
			}
			least[1] = lo > least[1] ? lo : least[1];
			most[1] = hi < most[1] ? hi : most[1];
		}
		if (i < b->r->items_n) {
			b->least[i + 1] += least[1] - least[0];
			b->most[i + 1] += most[1] - most[0];
		}
		i += f->atom[k].segment[0].pieces_n;
	}
	for (i = 0; i < b->r->items_n; i++) {
		b->least[i + 1] += b->least[i];
		b->most[i + 1] += b->most[i];
	}
}

struct sr_err page_break_plan(struct arena *a, const struct page_sheet *s,
			      const struct page_flow *f, const struct page_run *r,
			      struct page_line **line, size_t *lines_n)
{
	struct arena scratch = {0};
	struct breaker b = {.f = f, .r = r};
	b.least = ARENA_ARRAY(&scratch, r->items_n + 1, int64_t);
	b.most = ARENA_ARRAY(&scratch, r->items_n + 1, int64_t);
	struct sr_err e = b.least && b.most ? sr_ok() : sr_nomem();
	if (!sr_bad(e)) {
		mixtures_make(s, &b);
		e = break_run(a, &b, line, lines_n);
	}
	arena_release(&scratch);
	return e;
}
