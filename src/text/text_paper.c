/* SPDX-License-Identifier: Apache-2.0 */
#include "text_paper.h"

#include "base_limits.h"
#include "text_fold.h"

#include <assert.h>
#include <string.h>

struct parser {
	struct arena *a;
	const struct sr_sink *sink;
	struct slice source;
	size_t pos;
	uint8_t *plain;
	uint32_t *src;
	size_t plain_len;
	struct text_paper_place *places, *questions;
	size_t places_n, places_cap, questions_n, questions_cap;
	size_t seen; /* an offset, and where it lies */
	uint32_t seen_line, seen_col;
	struct sr_err worst; /* the last problem that did not stop the parser */
};

static size_t bom_len(struct slice s)
{
	return s.len >= 3 && memcmp(s.ptr, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* position works forwards from the last one asked for: offsets are asked for in ascending order. */
static void position(struct parser *p, size_t off, uint32_t *line, uint32_t *col)
{
	struct slice ahead = slice_sub(p->source, p->seen, off - p->seen);
	uint32_t l, c;
	text_position(ahead, ahead.len, &l, &c);
	p->seen_col = l > 1 ? c : p->seen_col + c - 1;
	p->seen_line += l - 1;
	p->seen = off;
	*line = p->seen_line;
	*col = p->seen_col;
}

static struct sr_err complain(struct parser *p, size_t off, const char *text)
{
	uint32_t line, col;
	position(p, off, &line, &col);
	note(p->sink, SR_ERROR, line, col, "%s", text);
	return sr_fail(SR_E_INPUT, "the paper's braces are not in order");
}

static bool is_escape(struct slice s, size_t pos)
{
	return s.ptr[pos] == '\\' && pos + 1 < s.len && memchr("{|}\\", s.ptr[pos + 1], 4);
}

static bool blank_line_at(struct slice s, size_t pos)
{
	if (s.ptr[pos] != '\n')
		return false;
	size_t i = pos + 1;
	while (i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == '\t' || s.ptr[i] == '\r'))
		i++;
	return i == s.len || s.ptr[i] == '\n';
}

static void put_plain(struct parser *p, uint8_t byte, size_t off)
{
	p->plain[p->plain_len] = byte;
	p->src[p->plain_len++] = (uint32_t)off;
}

/* A wording while it is read: its bytes without escapes, and where each came from. */
struct wording {
	uint8_t *ptr;
	uint32_t *src;
	size_t len;
};

/* find_end returns the offset of the brace that closes the place opened at open. */
static struct sr_err find_end(struct parser *p, size_t open, size_t *end)
{
	struct slice s = p->source;
	for (size_t i = open + 1; i < s.len; i++) {
		if (is_escape(s, i)) {
			i++;
		} else if (s.ptr[i] == '}') {
			*end = i;
			return sr_ok();
		} else if (s.ptr[i] == '{') {
			return complain(
				p, i,
				"a place begins inside another place; places cannot be nested "
				"(write \\{ for a brace that belongs to the text)");
		} else if (blank_line_at(s, i)) {
			break;
		}
	}
	return complain(p, open,
			"this brace is not closed before its paragraph ends (write \\{ for a brace "
			"that belongs to the text)");
}

/* What stands in a place: its wordings w[0, n), behind a sign for a question and a tag. */
struct inside {
	struct wording *w;
	size_t n;
	struct slice tag; /* without its sign */
	bool question;
};

static bool is_tag(struct slice s)
{
	if (s.len < 2 || s.len > TEXT_TAG_MAX + 1 || s.ptr[0] != TEXT_TAG_SIGN)
		return false;
	for (size_t i = 1; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

/* read_signs takes the sign of a question and the tag off the front of what stands in a place. */
static void read_signs(struct inside *in)
{
	in->question = slice_eq(slice_make(in->w[0].ptr, in->w[0].len), SLICE_LIT("?"));
	in->w += in->question;
	in->n -= in->question;
	struct slice first = in->n ? slice_make(in->w[0].ptr, in->w[0].len) : SLICE_LIT("");
	if (!is_tag(first))
		return;
	in->tag = slice_sub(first, 1, first.len - 1);
	in->w++;
	in->n--;
}

/* keep appends a place or a question to its list. */
static struct sr_err keep(struct parser *p, bool question, const struct text_paper_place *place)
{
	struct text_paper_place **list = question ? &p->questions : &p->places;
	size_t *n = question ? &p->questions_n : &p->places_n;
	size_t *cap = question ? &p->questions_cap : &p->places_cap;
	struct text_paper_place *at = arena_grow(p->a, *list, *n, cap, sizeof *at);
	if (!at)
		return sr_nomem();
	*list = at;
	at[*n] = *place;
	at[*n].place.leader = question ? 0 : (uint32_t)*n;
	++*n;
	return sr_ok();
}

static struct sr_err add_place(struct parser *p, size_t open, size_t end, const struct inside *in)
{
	uint32_t line, col;
	position(p, open, &line, &col);
	if (in->n < 2) {
		note(p->sink, SR_ERROR, line, col,
		     "this place has one wording only; write {one|another}, or \\{ and \\} for "
		     "braces "
		     "that belong to the text");
		return sr_fail(SR_E_INPUT, "a place with one wording");
	}
	struct slice *wordings = ARENA_ARRAY(p->a, in->n, struct slice);
	if (!wordings)
		return sr_nomem();
	for (size_t k = 0; k < in->n; k++)
		wordings[k] = slice_make(in->w[k].ptr, in->w[k].len);
	SR_TRY(text_wordings_check(wordings, in->n, p->sink, line, col));
	const struct text_paper_place place = {
		.off = p->plain_len,
		.len = wordings[0].len,
		.from = open,
		.to = end + 1,
		.place = {.wordings = wordings,
			  .wordings_n = (uint32_t)in->n,
			  .origin = TEXT_ORIGIN_AUTHOR,
			  .group = in->tag},
		.line = line,
		.col = col,
	};
	return keep(p, in->question, &place);
}

/* Beside the wordings of a place there may be two signs. */
enum { PARTS_MAX = LIMIT_WORDINGS + 2 };

static struct sr_err too_many(struct parser *p, size_t open)
{
	(void)complain(p, open, "this place has more than 256 wordings");
	return sr_fail(SR_E_LIMIT, "too many wordings at a place");
}

/* split_parts gives what stands between the bars of a place, at most PARTS_MAX. */
static struct sr_err split_parts(struct parser *p, size_t open, size_t end, struct wording *w,
				 size_t *n)
{
	uint8_t *ptr = arena_alloc(p->a, end - open, 1);
	uint32_t *src = ARENA_ARRAY(p->a, end - open, uint32_t);
	if (!ptr || !src)
		return sr_nomem();
	w[0] = (struct wording){ptr, src, 0};
	*n = 1;
	for (size_t i = open + 1; i < end; i++) {
		struct wording *last = &w[*n - 1];
		size_t at = i;
		if (is_escape(p->source, i)) {
			i++;
		} else if (p->source.ptr[i] == '|') {
			if (*n == PARTS_MAX)
				return too_many(p, open);
			w[(*n)++] =
				(struct wording){last->ptr + last->len, last->src + last->len, 0};
			continue;
		}
		last->src[last->len] = (uint32_t)at;
		last->ptr[last->len++] = p->source.ptr[i];
	}
	return sr_ok();
}

/* parse_place reads a whole place. What is wrong with its wordings does not stop the parser. */
static struct sr_err parse_place(struct parser *p)
{
	size_t open = p->pos, end = open;
	SR_TRY(find_end(p, open, &end));
	struct wording w[PARTS_MAX];
	struct inside in = {.w = w};
	SR_TRY(split_parts(p, open, end, w, &in.n));
	read_signs(&in);
	if (in.n > LIMIT_WORDINGS)
		return too_many(p, open);
	if (p->places_n + p->questions_n == LIMIT_PLACES) {
		(void)complain(p, open, "the paper has more than 100,000 places");
		return sr_fail(SR_E_LIMIT, "too many places");
	}
	struct sr_err e = add_place(p, open, end, &in);
	if (e.code == SR_E_NOMEM)
		return e;
	if (sr_bad(e))
		p->worst = e;
	for (size_t i = 0; in.n && i < in.w[0].len; i++)
		put_plain(p, in.w[0].ptr[i], in.w[0].src[i]);
	p->pos = end + 1;
	return sr_ok();
}

static struct sr_err parse_byte(struct parser *p)
{
	uint8_t b = p->source.ptr[p->pos];
	if (b == '{')
		return parse_place(p);
	if (b == '}')
		return complain(
			p, p->pos,
			"this closing brace was never opened (write \\} for a brace that belongs "
			"to the text)");
	size_t at = p->pos;
	if (is_escape(p->source, p->pos))
		p->pos++;
	put_plain(p, p->source.ptr[p->pos], at);
	p->pos++;
	return sr_ok();
}

static struct sr_err check_bytes(struct parser *p)
{
	if (p->source.len > LIMIT_PAPER_BYTES)
		return sr_fail(SR_E_LIMIT, "a paper may have 16 MiB at the most");
	size_t bad = text_utf8_bad(p->source);
	if (bad < p->source.len)
		return complain(p, bad, "this is not UTF-8 text; save the paper as UTF-8");
	const uint8_t *nul = p->source.len ? memchr(p->source.ptr, 0, p->source.len) : NULL;
	if (nul)
		return complain(p, (size_t)(nul - p->source.ptr),
				"there is a NUL byte here: this is not a text file");
	return sr_ok();
}

/* A group is a pair of wordings here and one of three there: which belongs to which? */
static struct sr_err uneven(struct parser *p, const struct text_paper_place *first,
			    const struct text_paper_place *other)
{
	const struct slice tag = other->place.group;
	note(p->sink, SR_ERROR, other->line, other->col,
	     "this place has %u wordings, but the first one of its group #%.*s has %u; all places "
	     "of a group change together and need as many",
	     other->place.wordings_n, (int)tag.len, (const char *)tag.ptr, first->place.wordings_n);
	note(p->sink, SR_ERROR, first->line, first->col,
	     "here is the first place of the group #%.*s, with %u wordings", (int)tag.len,
	     (const char *)tag.ptr, first->place.wordings_n);
	return sr_fail(SR_E_INPUT, "places of a group with different numbers of wordings");
}

/* check_groups looks at places and questions together: a yes must not break a group. */
static struct sr_err check_groups(struct parser *p)
{
	struct arena scratch = {0};
	size_t n = p->places_n + p->questions_n, i = 0, k = 0;
	const struct text_paper_place **all =
		ARENA_ARRAY(&scratch, n, const struct text_paper_place *);
	struct slice *tag = ARENA_ARRAY(&scratch, n, struct slice);
	uint32_t *leader = ARENA_ARRAY(&scratch, n, uint32_t);
	struct sr_err e = all && tag && leader ? sr_ok() : sr_nomem();
	for (size_t at = 0; at < n && !sr_bad(e); at++) {
		bool question = i == p->places_n ||
				(k < p->questions_n && p->questions[k].from < p->places[i].from);
		all[at] = question ? &p->questions[k++] : &p->places[i++];
		tag[at] = all[at]->place.group;
	}
	if (!sr_bad(e))
		e = text_groups_find(tag, n, leader);
	for (size_t at = 0; at < n && e.code != SR_E_NOMEM; at++)
		if (all[at]->place.wordings_n != all[leader[at]]->place.wordings_n)
			e = uneven(p, all[leader[at]], all[at]);
	arena_release(&scratch);
	return e;
}

static struct sr_err link_groups(struct parser *p)
{
	struct arena scratch = {0};
	struct slice *tag = ARENA_ARRAY(&scratch, p->places_n, struct slice);
	uint32_t *leader = ARENA_ARRAY(&scratch, p->places_n, uint32_t);
	struct sr_err e = tag && leader ? sr_ok() : sr_nomem();
	for (size_t i = 0; i < p->places_n && !sr_bad(e); i++)
		tag[i] = p->places[i].place.group;
	if (!sr_bad(e))
		e = text_groups_find(tag, p->places_n, leader);
	for (size_t i = 0; i < p->places_n && !sr_bad(e); i++)
		p->places[i].place.leader = leader[i];
	arena_release(&scratch);
	return e;
}

struct sr_err text_paper_parse(struct arena *a, struct slice source, const struct sr_sink *sink,
			       struct text_paper *out)
{
	struct parser p = {.a = a, .sink = sink, .source = source, .seen_line = 1, .seen_col = 1};
	p.seen = bom_len(source); /* editors do not show it: it has no column */
	SR_TRY(check_bytes(&p));
	p.plain = arena_alloc(a, source.len + 1, 1);
	p.src = ARENA_ARRAY(a, source.len + 1, uint32_t);
	if (!p.plain || !p.src)
		return sr_nomem();
	while (p.pos < source.len)
		SR_TRY(parse_byte(&p));
	SR_TRY(check_groups(&p));
	if (sr_bad(p.worst))
		return p.worst;
	SR_TRY(link_groups(&p));
	p.src[p.plain_len] = (uint32_t)source.len;
	*out = (struct text_paper){
		.source = source,
		.plain = slice_make(p.plain, p.plain_len),
		.src = p.src,
		.places = p.places,
		.places_n = p.places_n,
		.questions = p.questions,
		.questions_n = p.questions_n,
	};
	return sr_ok();
}

size_t text_paper_next(const struct text_paper_place *places, size_t n, size_t off)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (places[mid].off + places[mid].len < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct slice text_paper_title(struct slice plain)
{
	enum { TITLE_MAX = 200 };
	size_t i = bom_len(plain);
	while (i < plain.len && memchr(" \t\r\n#*=-_>", plain.ptr[i], 11))
		i++;
	size_t end = i;
	while (end < plain.len && end - i < TITLE_MAX && plain.ptr[end] != '\n')
		end++;
	while (end > i && end < plain.len && (plain.ptr[end] & 0xc0) == 0x80)
		end--;
	while (end > i && memchr(" \t\r#*_", plain.ptr[end - 1], 6))
		end--;
	return slice_sub(plain, i, end - i);
}
