/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout_match.h"

#include "mark_layout_ransac.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAGES_TRIED = 8,
	COMMON_MAX = 16,    /* a word or pair that is in the layout more often does not vote */
	VOTE_LETTERS = 4,   /* of a word that votes alone */
	RUN_LETTERS = 7,    /* of a run of words that is a guess */
	UNIQUE_LETTERS = 3, /* of a single word that is one */
	PLACES_MAX = 8,     /* at which a word of the picture may begin a run */
	GUESSES_MAX = 8000,
	AGREE_MIN = 4,     /* guesses on which a page is looked for */
	HITS_MIN = 8,      /* words that make a page */
	LINE_HITS_MIN = 3, /* on its second line */
	SIMILAR_LETTERS = 3,
	SIMILAR_MAX = 340, /* thousandths, of a word where it is expected */
};

/* Shares: so many of the words that the part of a page which is found ought to have are found; a
 * rival explains less of them. margin: of that part; area_reach: of the
 * neighbourhood of a word; points. */
static const double hits_share = 0.4, rival_share = 0.8, margin = 3, area_reach = 25;

/* How far from its place a word is looked for, points, time after time. */
static const double reach[] = {12, 9, 7, 6};
enum { REMATCHES = sizeof reach / sizeof *reach };

/* The bend between rematches: its length and the noise of boxes; of so many words, but in the end
 * of all. */
static const double bend_length = 80, bend_floor = 0.6;
enum { BEND_WORDS = 140 };

struct matching {
	struct mark_match_of of;
	uint32_t leak_n;
	uint32_t *order; /* words of the picture by line, then from left to right */
	uint32_t *given; /* and as they came */
	uint32_t *down;  /* and by how far down their middles are */
	struct mark_index leak;
	bool *gone; /* words of the picture that were found, or that nothing explains well enough */
};

static int by_line(const void *a, const void *b, void *words)
{
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct extract_word *x = (struct extract_word *)words + i;
	const struct extract_word *y = (struct extract_word *)words + j;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->x < y->x || x->x > y->x)
		return x->x < y->x ? -1 : 1;
	return i < j ? -1 : i > j;
}

static int by_height(const void *a, const void *b, void *keys)
{
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct mark_key *x = (const struct mark_key *)keys + i;
	const struct mark_key *y = (const struct mark_key *)keys + j;
	if (x->y < y->y || x->y > y->y)
		return x->y < y->y ? -1 : 1;
	return i < j ? -1 : i > j;
}

static bool order_leak(struct arena *a, struct matching *m)
{
	uint32_t *hash = ARENA_ARRAY(a, m->leak_n, uint32_t);
	m->order = ARENA_ARRAY(a, m->leak_n, uint32_t);
	m->given = ARENA_ARRAY(a, m->leak_n, uint32_t);
	m->down = ARENA_ARRAY(a, m->leak_n, uint32_t);
	m->gone = ARENA_ARRAY(a, m->leak_n, bool);
	if (!hash || !m->order || !m->given || !m->down || !m->gone)
		return false;
	for (uint32_t j = 0; j < m->leak_n; j++) {
		m->order[j] = m->given[j] = m->down[j] = j;
		hash[j] = m->of.leak[j].hash;
	}
	if (m->leak_n) {
		qsort_r(m->order, m->leak_n, sizeof *m->order, by_line, m->of.p->word);
		qsort_r(m->down, m->leak_n, sizeof *m->down, by_height, (void *)m->of.leak);
	}
	return mark_index_make(a, hash, 0, m->leak_n, &m->leak);
}

static struct sr_err matching_make(struct arena *a, const struct mark_match_of *of,
				   struct matching *m)
{
	*m = (struct matching){.of = *of};
	m->leak_n = (uint32_t)of->p->words_n;
	return order_leak(a, m) ? sr_ok() : sr_nomem();
}

/* vote_by lets what has this hash vote for the pages it is on, the rarer the louder. */
static void vote_by(const struct matching *m, const struct mark_index *x, const uint32_t *hashes,
		    uint32_t hash, double weight, double *votes)
{
	uint32_t at[COMMON_MAX], n = 0;
	for (uint32_t i = mark_index_first(x, hash); i != MARK_NONE; i = mark_index_next(x, i)) {
		if (hashes[i] != hash)
			continue;
		if (n == COMMON_MAX)
			return;
		at[n++] = i;
	}
	for (uint32_t i = 0; i < n; i++)
		votes[m->of.pages->l->word[at[i]].page] += weight / n;
}

static void vote(const struct matching *m, double *votes)
{
	for (uint32_t k = 0; k < m->leak_n; k++) {
		uint32_t j = m->order[k];
		const struct mark_key *key = &m->of.leak[j];
		if (m->gone[j] || !key->hash)
			continue;
		if (key->letters >= VOTE_LETTERS)
			vote_by(m, &m->of.pages->word, m->of.pages->hash, key->hash, 1, votes);
		if (k + 1 == m->leak_n || m->gone[m->order[k + 1]])
			continue;
		uint32_t hash = mark_pair_hash(key->hash, m->of.leak[m->order[k + 1]].hash);
		if (hash)
			vote_by(m, &m->of.pages->pair, m->of.pages->pair_hash, hash, 2, votes);
	}
}

/* best_pages writes the pages with the most votes and returns their number. */
static uint32_t best_pages(const double *votes, uint32_t pages_n, uint32_t *page)
{
	uint32_t n = 0;
	for (uint32_t p = 0; p < pages_n; p++) {
		if (!(votes[p] > 0))
			continue;
		uint32_t at = n;
		while (at && votes[p] > votes[page[at - 1]])
			at--;
		if (at == PAGES_TRIED)
			continue;
		n += n < PAGES_TRIED;
		memmove(page + at + 1, page + at, (n - at - 1) * sizeof *page);
		page[at] = p;
	}
	return n;
}

/* Guesses as they are collected. */
struct guesses {
	struct arena *a;
	struct mark_guess *at;
	size_t n, cap;
	bool failed;
};

static void guess_add(const struct matching *m, struct guesses *g, uint32_t i, uint32_t j)
{
	if (g->failed || g->n == GUESSES_MAX)
		return;
	struct mark_guess *at = arena_grow(g->a, g->at, g->n, &g->cap, sizeof *at);
	if (!at) {
		g->failed = true;
		return;
	}
	g->at = at;
	at[g->n++] = (struct mark_guess){
		i,
		j,
		{m->of.pages->key[i].x, m->of.pages->key[i].y, m->of.leak[j].x, m->of.leak[j].y}};
}

/* same tells whether word i of a page is the k-th of a sequence of words of the picture. */
static bool same(const struct matching *m, uint32_t page, uint32_t i, const uint32_t *sequence,
		 uint32_t k)
{
	if (i < m->of.pages->page_from[page] || i >= m->of.pages->page_from[page + 1] ||
	    k >= m->leak_n)
		return false;
	uint32_t j = sequence[k];
	return !m->gone[j] && mark_keys_same(&m->of.pages->key[i], &m->of.leak[j]);
}

/* guess_runs adds the words of runs of at least two that are the same, where such a run begins. */
static void guess_runs(const struct matching *m, const struct mark_index *here, uint32_t page,
		       const uint32_t *sequence, struct guesses *g)
{
	for (uint32_t k = 0; k < m->leak_n; k++) {
		uint32_t hash = m->of.leak[sequence[k]].hash, places = 0;
		if (!hash)
			continue;
		for (uint32_t i = mark_index_first(here, hash);
		     i != MARK_NONE && places < PLACES_MAX; i = mark_index_next(here, i)) {
			if (!same(m, page, i, sequence, k) ||
			    (k && i && same(m, page, i - 1, sequence, k - 1)))
				continue;
			uint32_t run = 0, letters = 0;
			for (; same(m, page, i + run, sequence, k + run); run++)
				letters += m->of.pages->key[i + run].letters;
			if (run < 2 || letters < RUN_LETTERS)
				continue;
			places++;
			for (uint32_t r = 0; r < run; r++)
				guess_add(m, g, i + r, sequence[k + r]);
		}
	}
}

/* only returns the number of the one word of an index that is the same as key, or MARK_NONE. */
static uint32_t only(const struct mark_index *x, const struct mark_key *keys, const bool *gone,
		     const struct mark_key *key)
{
	uint32_t found = MARK_NONE;
	for (uint32_t i = mark_index_first(x, key->hash); i != MARK_NONE;
	     i = mark_index_next(x, i)) {
		if ((gone && gone[i]) || !mark_keys_same(&keys[i], key))
			continue;
		if (found != MARK_NONE)
			return MARK_NONE;
		found = i;
	}
	return found;
}

static void guess_unique(const struct matching *m, const struct mark_index *here, struct guesses *g)
{
	for (uint32_t j = 0; j < m->leak_n; j++) {
		const struct mark_key *key = &m->of.leak[j];
		if (!key->hash || m->gone[j] || key->letters < UNIQUE_LETTERS ||
		    only(&m->leak, m->of.leak, m->gone, key) != j)
			continue;
		uint32_t i = only(here, m->of.pages->key, NULL, key);
		if (i != MARK_NONE)
			guess_add(m, g, i, j);
	}
}

static int by_leak(const void *a, const void *b)
{
	const struct mark_guess *x = a, *y = b;
	if (x->leak != y->leak)
		return x->leak < y->leak ? -1 : 1;
	return (x->laid > y->laid) - (x->laid < y->laid);
}

/* guess collects what may be the same on a page and in the picture, by word of the picture. */
static struct sr_err guess(struct arena *a, const struct matching *m, uint32_t page,
			   struct guesses *g)
{
	uint32_t from = m->of.pages->page_from[page];
	struct mark_index here;
	*g = (struct guesses){.a = a};
	if (!mark_index_make(a, m->of.pages->hash + from, from,
			     m->of.pages->page_from[page + 1] - from, &here))
		return sr_nomem();
	guess_runs(m, &here, page, m->order, g);
	guess_runs(m, &here, page, m->given, g);
	guess_unique(m, &here, g);
	if (g->failed)
		return sr_nomem();
	if (!g->n)
		return sr_ok();
	qsort(g->at, g->n, sizeof *g->at, by_leak);
	size_t n = 1;
	for (size_t i = 1; i < g->n; i++)
		if (by_leak(&g->at[i], &g->at[n - 1]))
			g->at[n++] = g->at[i];
	g->n = n;
	return sr_ok();
}

/* A page as it may lie in the picture. */
struct lie {
	uint32_t page;
	double h[9], agree;
};

static struct sr_err try_page(const struct matching *m, uint32_t page, struct lie *out)
{
	struct arena scratch = {0};
	struct guesses g;
	*out = (struct lie){.page = page};
	struct sr_err e = guess(&scratch, m, page, &g);
	if (!sr_bad(e) && g.n >= AGREE_MIN)
		e = mark_ransac(&scratch, g.at, g.n, out->h, &out->agree);
	arena_release(&scratch);
	return e;
}

/* rival looks for another lie of a page that explains the words found, and says how many of them
 * it does. */
static struct sr_err rival(const struct matching *m, uint32_t page, const struct mark_match *found,
			   double *agree)
{
	struct arena scratch = {0};
	struct guesses g;
	double h[9];
	*agree = 0;
	uint32_t *hit = ARENA_ARRAY(&scratch, m->leak_n, uint32_t); /* laid + 1 */
	bool *taken = ARENA_ARRAY(&scratch, m->of.pages->l->words_n, bool);
	struct sr_err e = hit && taken ? guess(&scratch, m, page, &g) : sr_nomem();
	size_t n = 0;
	for (size_t i = 0; i < found->hits_n && !sr_bad(e); i++) {
		hit[found->hit[i].leak] = found->hit[i].laid + 1;
		taken[found->hit[i].laid] = true;
	}
	for (size_t i = 0; !sr_bad(e) && i < g.n; i++)
		if (hit[g.at[i].leak] && !taken[g.at[i].laid])
			g.at[n++] = g.at[i];
	if (!sr_bad(e) && n >= AGREE_MIN)
		e = mark_ransac(&scratch, g.at, n, h, agree);
	arena_release(&scratch);
	return e;
}

/* A word of the layout and one of the picture near its place. */
struct near {
	double cost;
	uint32_t laid, leak;
	bool same;
};

static int by_cost(const void *a, const void *b)
{
	const struct near *x = a, *y = b;
	if (x->cost < y->cost || x->cost > y->cost)
		return x->cost < y->cost ? -1 : 1;
	if (x->laid != y->laid)
		return x->laid < y->laid ? -1 : 1;
	return (x->leak > y->leak) - (x->leak < y->leak);
}

/* What is near: collected, and sorted by cost. */
struct nears {
	struct arena *a;
	struct near *at;
	size_t n, cap;
};

static bool near_add(const struct matching *m, struct nears *ns, uint32_t i, uint32_t j, double off,
		     double most)
{
	const struct mark_key *x = &m->of.pages->key[i], *y = &m->of.leak[j];
	bool equal = mark_keys_same(x, y);
	uint32_t differ = equal ? 0 : 1000;
	if (!equal && x->letters >= SIMILAR_LETTERS && y->hash)
		differ = mark_keys_differ(x, y);
	if (differ > SIMILAR_MAX)
		return true;
	struct near *at = arena_grow(ns->a, ns->at, ns->n, &ns->cap, sizeof *at);
	if (!at)
		return false;
	ns->at = at;
	at[ns->n++] = (struct near){off + most * differ / 1000, i, j, equal};
	return true;
}

/* first_below returns the first of the words of the picture, by height, that is not above v. */
static uint32_t first_below(const struct matching *m, double v)
{
	uint32_t from = 0, to = m->leak_n;
	while (from < to) {
		uint32_t mid = from + (to - from) / 2;
		if (m->of.leak[m->down[mid]].y < v)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* near_word adds what is near the place of word i of the layout. */
static bool near_word(const struct matching *m, const struct mark_map *map, double points,
		      uint32_t i, struct nears *ns)
{
	const struct mark_key *key = &m->of.pages->key[i];
	double u, v;
	mark_map_apply(map, key->x, key->y, &u, &v);
	if (!key->hash || !(u > 0 && v > 0 && u < m->of.p->w && v < m->of.p->h))
		return true;
	double scale = mark_map_scale(map, key->x, key->y), most = points * scale;
	for (uint32_t k = first_below(m, v - most); k < m->leak_n; k++) {
		uint32_t j = m->down[k];
		double du = fabs(m->of.leak[j].x - u), dv = m->of.leak[j].y - v;
		if (dv > most)
			break;
		if (m->gone[j] || du > most || hypot(du, dv) > most)
			continue;
		if (!near_add(m, ns, i, j, hypot(du, dv) / scale, points))
			return false;
	}
	return true;
}

static struct sr_err collect_near(const struct matching *m, uint32_t page,
				  const struct mark_map *map, double points, struct nears *ns)
{
	for (uint32_t i = m->of.pages->page_from[page]; i < m->of.pages->page_from[page + 1]; i++)
		if (!near_word(m, map, points, i, ns))
			return sr_nomem();
	if (ns->n)
		qsort(ns->at, ns->n, sizeof *ns->at, by_cost);
	return sr_ok();
}

static int by_laid(const void *a, const void *b)
{
	const struct mark_hit *x = a, *y = b;
	return (x->laid > y->laid) - (x->laid < y->laid);
}

/* choose_hits takes what is nearest first, each word once. */
static struct sr_err choose_hits(struct arena *a, const struct matching *m, const struct nears *ns,
				 struct mark_match *out)
{
	struct arena scratch = {0};
	bool *laid = ARENA_ARRAY(&scratch, m->of.pages->l->words_n, bool);
	bool *leak = ARENA_ARRAY(&scratch, m->leak_n, bool);
	out->hit = ARENA_ARRAY(a, ns->n, struct mark_hit);
	out->hits_n = 0;
	if (!laid || !leak || !out->hit) {
		arena_release(&scratch);
		return sr_nomem();
	}
	for (size_t k = 0; k < ns->n; k++) {
		const struct near *x = &ns->at[k];
		if (laid[x->laid] || leak[x->leak])
			continue;
		laid[x->laid] = leak[x->leak] = true;
		out->hit[out->hits_n++] = (struct mark_hit){x->laid, x->leak, x->same};
	}
	arena_release(&scratch);
	if (out->hits_n)
		qsort(out->hit, out->hits_n, sizeof *out->hit, by_laid);
	return sr_ok();
}

static void pairs_of(const struct matching *m, const struct mark_match *x, struct mark_pair *pair)
{
	for (size_t i = 0; i < x->hits_n; i++) {
		const struct mark_key *laid = &m->of.pages->key[x->hit[i].laid];
		const struct mark_key *leak = &m->of.leak[x->hit[i].leak];
		pair[i] = (struct mark_pair){laid->x, laid->y, leak->x, leak->y};
	}
}

/* thin keeps so many of n pairs, evenly. */
static size_t thin(struct mark_pair *pair, size_t n, size_t most)
{
	for (size_t i = 0; n > most && i < most; i++)
		pair[i] = pair[i * n / most];
	return n < most ? n : most;
}

/* weigh_pairs has similar words count half, and what is far off under the map of x less. */
static void weigh_pairs(const struct mark_match *x, double points, const struct mark_pair *pair,
			double *weight)
{
	for (size_t i = 0; i < x->hits_n; i++) {
		double u, v, scale = mark_map_scale(&x->map, pair[i].x, pair[i].y);
		mark_map_apply(&x->map, pair[i].x, pair[i].y, &u, &v);
		double z = hypot(u - pair[i].u, v - pair[i].v) / (scale * points * 1.2);
		weight[i] = z < 1 ? (1 - z * z) * (1 - z * z) * (x->hit[i].same ? 1 : 0.5) : 0;
	}
}

/* fit_hits fits the map of x anew; its grid lives in a. A homography that no picture has, because
 * lines are set otherwise, leaves the old one. */
static struct sr_err fit_hits(struct arena *a, const struct matching *m, size_t round,
			      struct mark_match *x)
{
	double h[9];
	bool fits = false;
	struct arena scratch = {0};
	struct mark_pair *pair = ARENA_ARRAY(&scratch, x->hits_n, struct mark_pair);
	double *weight = ARENA_ARRAY(&scratch, x->hits_n, double);
	struct sr_err e = pair && weight ? sr_ok() : sr_nomem();
	if (!sr_bad(e)) {
		pairs_of(m, x, pair);
		weigh_pairs(x, reach[round], pair, weight);
		e = mark_fit_sheet(pair, weight, x->hits_n, h, &fits);
	}
	if (fits)
		memcpy(x->map.h, h, sizeof h);
	if (!sr_bad(e)) {
		bool last = round + 1 == REMATCHES;
		size_t n = last ? x->hits_n : thin(pair, x->hits_n, BEND_WORDS);
		e = mark_map_bend(a, pair, n, bend_length, bend_floor, &x->map);
	}
	arena_release(&scratch);
	return e;
}

/* rematch looks for each word of the page where it ought to be, with a map that gets better. */
static struct sr_err rematch(struct arena *a, const struct matching *m, const struct lie *lie,
			     struct mark_match *out)
{
	*out = (struct mark_match){.page = lie->page};
	memcpy(out->map.h, lie->h, sizeof lie->h);
	for (size_t k = 0; k < REMATCHES; k++) {
		struct arena scratch = {0};
		struct nears ns = {.a = &scratch};
		struct sr_err e = collect_near(m, lie->page, &out->map, reach[k], &ns);
		if (!sr_bad(e))
			e = choose_hits(a, m, &ns, out);
		arena_release(&scratch);
		if (!sr_bad(e))
			e = fit_hits(a, m, k, out);
		SR_TRY(e);
	}
	return sr_ok();
}

/* second_line returns how many words were found on the line of the page with the second most. */
static size_t second_line(const struct matching *m, const struct mark_match *x)
{
	size_t first = 0, second = 0;
	for (size_t i = 0, n = 0; i < x->hits_n; i += n) {
		uint32_t line = m->of.pages->l->word[x->hit[i].laid].line;
		for (n = 0; i + n < x->hits_n; n++)
			if (m->of.pages->l->word[x->hit[i + n].laid].line != line)
				break;
		second = n > first ? first : n > second ? n : second;
		first = n > first ? n : first;
	}
	return second;
}

/* The part of a page where words were found. */
struct part {
	double x0, y0, x1, y1;
};

static struct part part_of(const struct matching *m, const struct mark_match *x)
{
	struct part p = {INFINITY, INFINITY, -INFINITY, -INFINITY};
	for (size_t i = 0; i < x->hits_n; i++) {
		const struct mark_key *k = &m->of.pages->key[x->hit[i].laid];
		p.x0 = fmin(p.x0, k->x - margin);
		p.x1 = fmax(p.x1, k->x + margin);
		p.y0 = fmin(p.y0, k->y - margin);
		p.y1 = fmax(p.y1, k->y + margin);
	}
	return p;
}

/* count_expected returns how many words of the page ought to be in the picture in that part. */
static size_t count_expected(const struct matching *m, const struct mark_match *x)
{
	struct part p = part_of(m, x);
	size_t n = 0;
	for (uint32_t i = m->of.pages->page_from[x->page]; i < m->of.pages->page_from[x->page + 1];
	     i++) {
		const struct mark_key *k = &m->of.pages->key[i];
		double u, v;
		if (!k->hash || k->x < p.x0 || k->x > p.x1 || k->y < p.y0 || k->y > p.y1)
			continue;
		mark_map_apply(&x->map, k->x, k->y, &u, &v);
		n += u > 0 && v > 0 && u < m->of.p->w && v < m->of.p->h;
	}
	return n;
}

/* believable tells whether enough words were found for a page of the paper to be there. Words that
 * are found by chance, in another text or another table, are few among those that are not. */
static bool believable(const struct matching *m, const struct mark_match *x)
{
	size_t equal = 0;
	for (size_t i = 0; i < x->hits_n; i++)
		equal += x->hit[i].same;
	return equal >= HITS_MIN && second_line(m, x) >= LINE_HITS_MIN &&
	       (double)x->hits_n >= hits_share * (double)count_expected(m, x);
}

/* Pages that may be in the picture, tried anew for the words that are left; lies: those that some
 * words agree on, the best first. */
struct round {
	uint32_t page[PAGES_TRIED], pages_n;
	struct lie lie[PAGES_TRIED];
	uint32_t lies_n;
};

static void lie_add(struct round *r, const struct lie *lie)
{
	if (lie->agree < AGREE_MIN)
		return;
	uint32_t at = r->lies_n++;
	while (at && lie->agree > r->lie[at - 1].agree) {
		r->lie[at] = r->lie[at - 1];
		at--;
	}
	r->lie[at] = *lie;
}

static struct sr_err round_try(const struct matching *m, struct round *r)
{
	struct arena scratch = {0};
	double *votes = ARENA_ARRAY(&scratch, m->of.pages->l->pages_n, double);
	struct sr_err e = votes ? sr_ok() : sr_nomem();
	*r = (struct round){0};
	if (votes) {
		vote(m, votes);
		r->pages_n = best_pages(votes, m->of.pages->l->pages_n, r->page);
	}
	for (uint32_t k = 0; k < r->pages_n && !sr_bad(e); k++) {
		struct lie lie;
		e = try_page(m, r->page[k], &lie);
		if (!sr_bad(e))
			lie_add(r, &lie);
	}
	arena_release(&scratch);
	return e;
}

/* ambiguous tells whether some other place explains what was found nearly as well. */
static struct sr_err ambiguous(const struct matching *m, const struct round *r,
			       const struct mark_match *found, bool *out)
{
	size_t equal = 0;
	for (size_t i = 0; i < found->hits_n; i++)
		equal += found->hit[i].same;
	*out = false;
	for (uint32_t k = 0; k < r->pages_n && !*out; k++) {
		double agree;
		SR_TRY(rival(m, r->page[k], found, &agree));
		*out = agree > rival_share * (double)equal;
	}
	return sr_ok();
}

/* next_match finds the next page in the picture; hits_n 0: there is none. */
static struct sr_err next_match(struct arena *a, const struct matching *m, struct round *r,
				struct mark_match *out)
{
	SR_TRY(round_try(m, r));
	for (uint32_t k = 0; k < r->lies_n; k++) {
		SR_TRY(rematch(a, m, &r->lie[k], out));
		if (believable(m, out))
			return sr_ok();
	}
	out->hits_n = 0;
	return sr_ok();
}

/* within tells whether most words of x stand among those of another match: what that one left. */
static bool within(const struct matching *m, const struct mark_match *x,
		   const struct mark_match *other)
{
	size_t n = 0;
	for (size_t i = 0; i < x->hits_n; i++) {
		const struct mark_key *k = &m->of.leak[x->hit[i].leak];
		const struct mark_key *laid = &m->of.pages->key[x->hit[i].laid];
		double most = area_reach * mark_map_scale(&x->map, laid->x, laid->y);
		for (size_t j = 0; j < other->hits_n; j++) {
			const struct mark_key *o = &m->of.leak[other->hit[j].leak];
			if (fabs(k->x - o->x) < most && fabs(k->y - o->y) < most) {
				n++;
				break;
			}
		}
	}
	return 2 * n > x->hits_n;
}

struct sr_err mark_layout_match(struct arena *a, const struct mark_match_of *of,
				struct mark_match **out, size_t *n)
{
	struct arena scratch = {0};
	struct matching m;
	struct mark_match *match = ARENA_ARRAY(a, MARK_MATCHES_MAX, struct mark_match);
	size_t found_n = 0;
	struct sr_err e = match ? matching_make(&scratch, of, &m) : sr_nomem();
	for (int tries = 0; tries < MARK_MATCHES_MAX && !sr_bad(e); tries++) {
		struct round r;
		struct mark_match x = {0};
		bool doubtful = false;
		e = next_match(a, &m, &r, &x);
		if (sr_bad(e) || !x.hits_n)
			break;
		e = ambiguous(&m, &r, &x, &doubtful);
		for (size_t i = 0; i < found_n; i++)
			doubtful |= within(&m, &x, &match[i]);
		for (size_t i = 0; i < x.hits_n && !sr_bad(e); i++)
			m.gone[x.hit[i].leak] = true;
		if (!sr_bad(e) && !doubtful)
			match[found_n++] = x;
	}
	arena_release(&scratch);
	if (sr_bad(e))
		return e;
	*out = match;
	*n = found_n;
	return sr_ok();
}
