/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout_match.h"
#include "mark_layout_measure.h"
#include "mark_sort.h"

#include <math.h>
#include <string.h>

/* Points: how far beside and below words that were found others are measured; how far from the
 * middle of its place the box of a word that stands there instead may be. */
static const double beside = 70, below = 45, there = 1;

/* Another word that was read with SURE confidence may be one. So may a stretch of a line in which
 * no word is the right one, if it is less likely than CHANCE if words are only misread: the copy
 * breaks its lines elsewhere. */
enum { SURE = 85, STRETCH_MIN = 2, STRETCH_MAX = 6 };
static const double chance = 0.02;

/* Words that were not read as they are must look as good as most of those that were: all but one in
 * TENTH; NCC_LESS less is enough where nothing is doubted. */
enum { TENTH = 10 };
static const double ncc_less = 0.05;

/* A line with a doubted word is another line, with other spaces, if one in OFF_SHARE of its words
 * is more than OFF_MOST points from where the words around (so far across and down, in other lines)
 * say, which must be AROUND at least. */
enum { OFF_SHARE = 4, AROUND = 3, AROUND_MAX = 256 };
static const double off_most = 0.4, across = 40, down = 34;

/* A PDF's own text: standard deviation of a position, points; words farther off are not where the
 * map says. Rounds of the robust fit. */
static const double text_sd = 0.006, text_off = 2;
enum { TEXT_ROUNDS = 6 };

/* What stands where a word ought to be. */
enum what { NOTHING = 0, RIGHT, LIKE, OTHER };

/* A page in a picture as it is read. The words [from, from + n) of the layout are the page's. what,
 * leak (MARK_NONE: none), doubted and barred are by word of the page. doubted: the texts say that
 * it is another word; barred: what is measured there is not this word's. */
struct reading {
	const struct mark_pages *pages;
	const struct extract_page *p;
	const struct mark_key *found;
	struct mark_match *match;
	uint32_t from, n;
	enum what *what;
	uint32_t *leak;
	bool *doubted, *barred;
	struct mark_measure *measure; /* of those that are near, by word */
	size_t measures_n;
};

static bool reading_make(struct arena *a, struct reading *r)
{
	const uint32_t *from = r->pages->page_from + r->match->page;
	r->from = from[0];
	r->n = from[1] - from[0];
	r->what = ARENA_ARRAY(a, r->n, enum what);
	r->leak = ARENA_ARRAY(a, r->n, uint32_t);
	r->doubted = ARENA_ARRAY(a, r->n, bool);
	r->barred = ARENA_ARRAY(a, r->n, bool);
	r->measure = ARENA_ARRAY(a, r->n, struct mark_measure);
	if (!r->what || !r->leak || !r->doubted || !r->barred || !r->measure)
		return false;
	for (uint32_t i = 0; i < r->n; i++)
		r->leak[i] = MARK_NONE;
	return true;
}

static bool holds(struct slice s, struct slice part)
{
	return memmem(s.ptr, s.len, part.ptr, part.len) != NULL;
}

/* look_for_other finds what stands where word i ought to be, though it is not like it. Words that
 * were run together, or torn apart, are no other words. claimed: words of the picture that are
 * somebody's. */
static void look_for_other(struct reading *r, const bool *claimed, uint32_t i)
{
	const struct mark_key *k = &r->pages->key[r->from + i];
	double u, v, most = there * mark_map_scale(&r->match->map, k->x, k->y);
	mark_map_apply(&r->match->map, k->x, k->y, &u, &v);
	for (uint32_t j = 0; j < r->p->words_n && r->what[i] == NOTHING; j++) {
		const struct extract_word *w = &r->p->word[j];
		if (claimed[j] || !r->found[j].hash ||
		    fabs(r->found[j].x - u) > (double)w->w / 2 + most ||
		    fabs(r->found[j].y - v) > (double)w->h / 2 + most ||
		    holds(r->found[j].fold, k->fold) || holds(k->fold, r->found[j].fold))
			continue;
		r->leak[i] = j;
		r->what[i] = OTHER;
	}
}

static bool look_at_words(struct arena *a, struct reading *r)
{
	bool *claimed = ARENA_ARRAY(a, r->p->words_n, bool);
	if (!claimed)
		return false;
	for (size_t h = 0; h < r->match->hits_n; h++) {
		const struct mark_hit *hit = &r->match->hit[h];
		r->what[hit->laid - r->from] = hit->same ? RIGHT : LIKE;
		r->leak[hit->laid - r->from] = hit->leak;
		claimed[hit->leak] = true;
	}
	for (uint32_t i = 0; i < r->n; i++)
		if (r->what[i] == NOTHING && r->pages->key[r->from + i].hash)
			look_for_other(r, claimed, i);
	return true;
}

/* near_found tells whether word i is in the picture and not far from a word that was found. */
static bool near_found(const struct reading *r, uint32_t i)
{
	const struct mark_key *k = &r->pages->key[r->from + i];
	double u, v;
	mark_map_apply(&r->match->map, k->x, k->y, &u, &v);
	if (!(u > 0 && v > 0 && u < r->p->w && v < r->p->h))
		return false;
	for (size_t h = 0; h < r->match->hits_n; h++) {
		const struct mark_key *o = &r->pages->key[r->match->hit[h].laid];
		if (fabs(o->x - k->x) < beside && fabs(o->y - k->y) < below)
			return true;
	}
	return false;
}

/* is_cut tells whether word i is cut by an edge of the picture. */
static bool is_cut(const struct reading *r, uint32_t i)
{
	struct page_box b = mark_layout_ink(r->pages->s, r->pages->l, r->from + i);
	for (int k = 0; k < 4; k++) {
		double u, v;
		mark_map_apply(&r->match->map, (b.x + (k & 1 ? b.w : 0)) / (double)PAGE_PT,
			       (b.y + (k & 2 ? b.h : 0)) / (double)PAGE_PT, &u, &v);
		if (!(u > 0 && v > 0 && u < r->p->w && v < r->p->h))
			return true;
	}
	return false;
}

/* sure_other tells whether another word than word i was printed where it ought to be, as far as
 * character recognition knows. */
static bool sure_other(const struct reading *r, uint32_t i)
{
	return (r->what[i] == OTHER || r->what[i] == LIKE) &&
	       r->p->word[r->leak[i]].confidence >= SURE && !is_cut(r, i);
}

/* stretch_long returns how many other words in a row are more than misreading explains. */
static uint32_t stretch_long(const struct reading *r)
{
	double right = 1, other = 1;
	for (uint32_t i = 0; i < r->n; i++) {
		right += r->what[i] == RIGHT || r->what[i] == LIKE;
		other += r->what[i] == OTHER;
	}
	double n = ceil(log(chance) / log(other / (right + other)));
	return n < STRETCH_MIN ? STRETCH_MIN : n > STRETCH_MAX ? STRETCH_MAX : (uint32_t)n;
}

/* line_end returns where the line ends that begins with word first. */
static uint32_t line_end(const struct reading *r, uint32_t first)
{
	uint32_t end = first + 1;
	while (end < r->n &&
	       r->pages->l->word[r->from + end].line == r->pages->l->word[r->from + first].line)
		end++;
	return end;
}

/* doubt_stretches doubts the stretches of the line [first, end) that may be another line's words.
 */
static void doubt_stretches(struct reading *r, uint32_t first, uint32_t end, uint32_t most)
{
	for (uint32_t i = first; i < end;) {
		uint32_t others = 0, j = i;
		for (; j < end && r->what[j] != RIGHT && r->what[j] != LIKE; j++)
			others += r->what[j] == OTHER;
		for (uint32_t k = i; k < j && others >= most; k++)
			r->doubted[k] = true;
		i = j + 1;
	}
}

/* doubt_words notes what the texts say is not ours, line by line. */
static void doubt_words(struct reading *r)
{
	uint32_t most = stretch_long(r);
	for (uint32_t first = 0, end; first < r->n; first = end) {
		end = line_end(r, first);
		for (uint32_t i = first; i < end; i++)
			r->doubted[i] = sure_other(r, i);
		doubt_stretches(r, first, end, most);
	}
}

/* bar_unlike bars words that were not read and do not look like those that were. */
static bool bar_unlike(struct arena *a, struct reading *r)
{
	double *ncc = ARENA_ARRAY(a, r->measures_n, double);
	size_t n = 0;
	if (!ncc)
		return false;
	for (size_t k = 0; k < r->measures_n; k++)
		if (r->measure[k].good && r->what[r->measure[k].word - r->from] == RIGHT)
			ncc[n++] = r->measure[k].ncc;
	if (!n)
		return true;
	mark_sort(ncc, n);
	double least = ncc[n / TENTH];
	for (size_t k = 0; k < r->measures_n; k++) {
		uint32_t i = r->measure[k].word - r->from;
		if (r->what[i] != RIGHT &&
		    r->measure[k].ncc < least - (r->doubted[i] ? 0 : ncc_less))
			r->barred[i] = true;
	}
	return true;
}

static bool is_good(const struct reading *r, size_t k)
{
	return r->measure[k].good && !r->barred[r->measure[k].word - r->from];
}

/* beyond_bend returns how far the k-th measurement is from where the bent map has it, in points
 * across the page. */
static double beyond_bend(const struct reading *r, size_t k)
{
	const struct mark_key *w = &r->pages->key[r->measure[k].word];
	struct mark_map flat = r->match->map;
	double u[4], v[4];
	mark_map_apply(&flat, w->x, w->y, &u[0], &v[0]);
	flat.nx = flat.ny = 0;
	mark_map_apply(&flat, w->x, w->y, &u[1], &v[1]);
	mark_map_apply(&flat, w->x + 1, w->y, &u[2], &v[2]);
	mark_map_apply(&flat, w->x, w->y + 1, &u[3], &v[3]);
	double a = u[2] - u[1], b = u[3] - u[1], c = v[2] - v[1], d = v[3] - v[1];
	double bent = (d * (u[0] - u[1]) - b * (v[0] - v[1])) / (a * d - b * c);
	return r->measure[k].dx - bent;
}

/* is_off tells whether the k-th measurement is off what words around it say in other lines. */
static bool is_off(const struct reading *r, size_t k)
{
	const struct mark_measure *m = &r->measure[k];
	double around[AROUND_MAX];
	size_t n = 0;
	for (size_t o = 0; o < r->measures_n && n < AROUND_MAX; o++) {
		uint32_t other = r->measure[o].word;
		if (is_good(r, o) &&
		    r->pages->l->word[other].line != r->pages->l->word[m->word].line &&
		    !r->doubted[other - r->from] &&
		    fabs(r->pages->key[other].x - r->pages->key[m->word].x) < across &&
		    fabs(r->pages->key[other].y - r->pages->key[m->word].y) < down)
			around[n++] = beyond_bend(r, o);
	}
	if (n < AROUND)
		return false;
	mark_sort(around, n);
	double middle = (around[n / 2] + around[(n - 1) / 2]) / 2;
	return fabs(beyond_bend(r, k) - middle) > off_most;
}

/* bar_lines bars lines that have a doubted word if they are not set as ours is. */
static void bar_lines(struct reading *r)
{
	for (size_t k = 0, end; k < r->measures_n; k = end) {
		uint32_t line = r->pages->l->word[r->measure[k].word].line;
		size_t good = 0, off_n = 0;
		bool doubted = false;
		for (end = k;
		     end < r->measures_n && r->pages->l->word[r->measure[end].word].line == line;
		     end++)
			doubted |= r->doubted[r->measure[end].word - r->from];
		for (size_t i = k; i < end && doubted; i++) {
			if (!is_good(r, i))
				continue;
			good++;
			off_n += is_off(r, i);
		}
		for (size_t i = k; i < end && off_n && off_n * OFF_SHARE >= good; i++)
			r->barred[r->measure[i].word - r->from] = true;
	}
}

/* text_pair gives where word i of the page begins and where its text in a PDF does. */
static struct mark_pair text_pair(const struct reading *r, uint32_t i)
{
	const struct page_word *w = &r->pages->l->word[r->from + i];
	const struct extract_word *x = &r->p->word[r->leak[i]];
	return (struct mark_pair){(double)w->x / PAGE_PT, (double)w->y / PAGE_PT, (double)x->x,
				  (double)x->y + (double)x->h};
}

/* fit_text makes the map of the match one from origins of words, without perspective. */
static struct sr_err fit_text(struct arena *a, struct reading *r, bool *fits)
{
	struct mark_pair *pair = ARENA_ARRAY(a, r->n, struct mark_pair);
	double *weight = ARENA_ARRAY(a, r->n, double);
	struct mark_map m = {0};
	size_t n = 0;
	if (!pair || !weight)
		return sr_nomem();
	for (uint32_t i = 0; i < r->n; i++) {
		if (r->what[i] != RIGHT)
			continue;
		weight[n] = 1;
		pair[n++] = text_pair(r, i);
	}
	*fits = true;
	for (int round = 0; round < TEXT_ROUNDS && *fits; round++) {
		*fits = !sr_bad(mark_map_affine(pair, weight, n, m.h)) && m.h[0] > 0;
		for (size_t i = 0; i < n && *fits; i++) {
			double u, v;
			mark_map_apply(&m, pair[i].x, pair[i].y, &u, &v);
			double off = (u - pair[i].u) / (m.h[0] * text_off);
			weight[i] = 1 / (1 + 100 * off * off);
		}
	}
	if (*fits)
		r->match->map = m;
	return sr_ok();
}

/* measure_text measures words by where a PDF's own text has them. */
static struct sr_err measure_text(struct arena *a, struct reading *r)
{
	bool fits;
	SR_TRY(fit_text(a, r, &fits));
	for (uint32_t i = 0; i < r->n && fits; i++) {
		if (r->what[i] != RIGHT)
			continue;
		struct mark_pair p = text_pair(r, i);
		double u, v, dx;
		mark_map_apply(&r->match->map, p.x, p.y, &u, &v);
		dx = (p.u - u) / r->match->map.h[0];
		r->measure[r->measures_n++] = (struct mark_measure){.word = r->from + i,
								    .dx = dx,
								    .var = text_sd * text_sd,
								    .ncc = 1,
								    .good = fabs(dx) < text_off};
	}
	return sr_ok();
}

static struct sr_err measure_picture(struct arena *a, struct reading *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (near_found(r, i))
			r->measure[r->measures_n++].word = r->from + i;
	SR_TRY(mark_measure_words(a, r->pages->s, r->pages->l, r->p, &r->match->map, r->measure,
				  r->measures_n));
	return bar_unlike(a, r) ? sr_ok() : sr_nomem();
}

/* What mark_weigh is asked, and answers. */
struct weighing {
	struct mark_point *point;
	uint32_t *measure; /* of which the point is */
	float (*loglik)[2];
	float *shift, *noise;
	size_t n;
};

static struct sr_err weigh(struct arena *a, const struct reading *r, struct weighing *w)
{
	w->point = ARENA_ARRAY(a, r->measures_n, struct mark_point);
	w->measure = ARENA_ARRAY(a, r->measures_n, uint32_t);
	w->loglik = arena_alloc(a, r->measures_n, sizeof *w->loglik);
	w->shift = ARENA_ARRAY(a, r->measures_n, float);
	w->noise = ARENA_ARRAY(a, r->measures_n, float);
	if (!w->point || !w->measure || !w->loglik || !w->shift || !w->noise)
		return sr_nomem();
	for (size_t k = 0; k < r->measures_n; k++) {
		const struct mark_measure *m = &r->measure[k];
		const struct page_word *word = &r->pages->l->word[m->word];
		if (!m->good || r->barred[m->word - r->from])
			continue;
		w->measure[w->n] = (uint32_t)k;
		w->point[w->n++] = (struct mark_point){
			r->pages->key[m->word].x,
			r->pages->key[m->word].y,
			m->dx,
			m->var,
			(double)mark_layout_reach(word) / PAGE_PT,
			word->line,
		};
	}
	return mark_weigh(w->point, w->n, w->loglik, w->shift, w->noise);
}

/* box_of writes where word i of the layout stands in the picture, moved by dx points. */
static void box_of(const struct reading *r, uint32_t i, double dx, struct mark_layout_word *out)
{
	struct page_box b = mark_layout_ink(r->pages->s, r->pages->l, i);
	double u0 = INFINITY, v0 = INFINITY, u1 = -INFINITY, v1 = -INFINITY;
	if (!r->p->gray && r->leak[i - r->from] != MARK_NONE) {
		const struct extract_word *w = &r->p->word[r->leak[i - r->from]];
		out->x = w->x;
		out->y = w->y;
		out->w = w->w;
		out->h = w->h;
		return;
	}
	for (int k = 0; k < 4; k++) {
		double u, v;
		mark_map_apply(&r->match->map, (b.x + (k & 1 ? b.w : 0)) / (double)PAGE_PT + dx,
			       (b.y + (k & 2 ? b.h : 0)) / (double)PAGE_PT, &u, &v);
		u0 = fmin(u0, u);
		u1 = fmax(u1, u);
		v0 = fmin(v0, v);
		v1 = fmax(v1, v);
	}
	out->x = (float)u0;
	out->y = (float)v0;
	out->w = (float)(u1 - u0);
	out->h = (float)(v1 - v0);
}

/* fill_view makes the view: words that were read or measured, by word. */
static struct sr_err fill_view(struct arena *a, const struct reading *r, const struct weighing *w,
			       struct mark_layout_view *out)
{
	size_t n = 0, at = 0;
	struct mark_layout_word *word = ARENA_ARRAY(a, r->n, struct mark_layout_word);
	if (!word)
		return sr_nomem();
	*out = (struct mark_layout_view){.page = r->match->page, .word = word};
	for (uint32_t i = 0; i < r->n; i++) {
		bool weighed = at < w->n && r->measure[w->measure[at]].word == r->from + i;
		if (!weighed && r->what[i] != RIGHT && r->what[i] != LIKE)
			continue;
		struct mark_layout_word *x = &word[n++];
		*x = (struct mark_layout_word){.word = r->from + i,
					       .slot = r->pages->l->word[r->from + i].slot};
		box_of(r, r->from + i, 0, x);
		if (!weighed)
			continue;
		memcpy(x->loglik, w->loglik[at], sizeof x->loglik);
		x->shift = w->shift[at];
		x->noise = w->noise[at++];
		out->measured_n += x->loglik[0] < 0 || x->loglik[1] < 0;
	}
	out->words_n = n;
	const struct mark_key *middle = &r->pages->key[r->match->hit[r->match->hits_n / 2].laid];
	if (r->p->gray)
		out->scale = mark_map_scale(&r->match->map, middle->x, middle->y);
	return sr_ok();
}

static struct sr_err read_view(struct arena *a, struct arena *scratch, struct reading *r,
			       struct mark_layout_view *out)
{
	struct weighing w = {0};
	if (!reading_make(scratch, r) || !look_at_words(scratch, r))
		return sr_nomem();
	doubt_words(r);
	SR_TRY(r->p->gray ? measure_picture(scratch, r) : measure_text(scratch, r));
	bar_lines(r);
	SR_TRY(weigh(scratch, r, &w));
	return fill_view(a, r, &w, out);
}

struct sr_err mark_layout_read(struct arena *a, const struct mark_pages *pages,
			       const struct extract_page *p, struct mark_layout_view **view,
			       size_t *views_n)
{
	struct arena scratch = {0};
	struct mark_key *found;
	struct mark_match *match;
	struct mark_layout_view *views = NULL;
	size_t n = 0;
	struct sr_err e = mark_keys_of_leak(&scratch, p, &found);
	if (!sr_bad(e))
		e = mark_layout_match(&scratch, &(struct mark_match_of){pages, found, p}, &match,
				      &n);
	if (!sr_bad(e)) {
		views = ARENA_ARRAY(a, n, struct mark_layout_view);
		e = views ? sr_ok() : sr_nomem();
	}
	for (size_t i = 0; i < n && !sr_bad(e); i++) {
		struct arena inner = {0};
		struct reading r = {.pages = pages, .p = p, .found = found, .match = &match[i]};
		e = read_view(a, &inner, &r, &views[i]);
		arena_release(&inner);
	}
	arena_release(&scratch);
	if (sr_bad(e))
		return e;
	*view = views;
	*views_n = n;
	return sr_ok();
}
