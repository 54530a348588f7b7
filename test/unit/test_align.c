/* SPDX-License-Identifier: Apache-2.0 */
/* align/: comparing words, the graph's invariants, which passages are found, what is touched, and
 * that hostile repetition costs time in proportion to the text. What is read is tested in mark/. */
#include "align.h"
#include "align_band.h"
#include "align_chain.h"
#include "papers.h"

#include <time.h>

static uint32_t least(uint32_t x, uint32_t y)
{
	return x < y ? x : y;
}

/* The textbook's edit distance, for comparison. */
static uint32_t plain_distance(struct slice x, struct slice y)
{
	enum { LEN = 16 };
	uint32_t d[LEN][LEN];
	assert(x.len < LEN && y.len < LEN);
	for (uint32_t i = 0; i <= x.len; i++) {
		for (uint32_t j = 0; j <= y.len; j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = d[i - 1][j - 1] + (x.ptr[i - 1] != y.ptr[j - 1]);
			d[i][j] = least(d[i][j], least(d[i - 1][j], d[i][j - 1]) + 1);
		}
	}
	return d[x.len][y.len];
}

static struct slice random_word(uint64_t *state, char *buf, size_t len)
{
	size_t n = test_random(state) % len;
	for (size_t i = 0; i < n; i++)
		buf[i] = (char)('a' + test_random(state) % 3);
	return slice_make(buf, n);
}

static void distances(void)
{
	uint64_t state = 41;
	for (size_t round = 0; round < 20000; round++) {
		char one[12], two[12];
		struct slice x = random_word(&state, one, sizeof one);
		struct slice y = random_word(&state, two, sizeof two);
		uint32_t want = plain_distance(x, y);
		for (uint32_t max = 0; max < 5; max++)
			CHECK(align_distance(x, y, max) == least(want, max + 1),
			      "seed 41: %.*s, %.*s, at most %u", (int)x.len, one, (int)y.len, two,
			      max);
	}
	static char longest[5000];
	struct slice all = slice_make(longest, sizeof longest);
	CHECK(align_distance(all, all, 3) == 4, "words beyond the bound are different");
	CHECK(align_distance(slice_sub(all, 0, 4096), slice_sub(all, 0, 4094), 3) == 2,
	      "at the bound");
}

static void comparisons(void)
{
	static const struct {
		const char *why, *paper, *leak;
		enum align_match want;
	} row[] = {
		{"the same", "harbour", "harbour", ALIGN_SAME},
		{"character recognition: rn for m", "modem", "modern", ALIGN_CLOSE},
		{"character recognition: 1 for l", "loyal", "1oyal", ALIGN_CLOSE},
		{"character recognition: 0 for o, in two letters", "so", "s0", ALIGN_CLOSE},
		{"character recognition: one letter is too little", "l", "1", ALIGN_DIFFERENT},
		{"one slip in four letters", "port", "pert", ALIGN_CLOSE},
		{"one slip in three letters", "the", "thy", ALIGN_DIFFERENT},
		{"a letter dropped", "harbour", "harbor", ALIGN_CLOSE},
		{"letters exchanged in a long word", "delegation", "delegatoin", ALIGN_CLOSE},
		{"letters exchanged in a short word", "them", "tehm", ALIGN_DIFFERENT},
		{"three slips", "delegation", "dlgatin", ALIGN_DIFFERENT},
		{"another word", "harbour", "council", ALIGN_DIFFERENT},
		{"no letters in common", "abcdefg", "tuvwxyz", ALIGN_DIFFERENT},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct text_lattice l;
		struct align_graph g;
		struct text_tokens t;
		papers_lattice(&a, slice_str(row[i].paper), &l);
		struct sr_err e = align_graph_make(&a, &l, &g);
		if (!sr_bad(e))
			e = text_tokens_make(&a, slice_str(row[i].leak), &t);
		assert(!sr_bad(e) && g.nodes_n == 1 && t.n == 1);
		struct slice fold = text_token_fold(&t, 0);
		CHECK(align_compare(&g.nodes[0], fold, t.at[0].hash, align_ocr_hash(fold),
				    align_letter_set(fold)) == row[i].want,
		      "%s: %s, %s", row[i].why, row[i].paper, row[i].leak);
		arena_release(&a);
	}
}

static void check_nodes(const struct align_graph *g, const char *why)
{
	for (uint32_t v = 0; v < g->nodes_n; v++) {
		const struct align_node *n = &g->nodes[v];
		CHECK((n->fold.len > 0) == (n->preds_n == 0), "%s: node %u", why, v);
		CHECK(n->preds_n || n->pred == ALIGN_NONE || n->pred < v, "%s: node %u", why, v);
		for (uint32_t i = 0; i < n->preds_n; i++)
			CHECK(g->joins[n->preds + i] < v, "%s: join %u", why, v);
	}
}

/* Cells stand between fixed words, one behind the other, and hold every place once, in order. */
static void check_cells(const struct align_graph *g, const struct text_lattice *l, const char *why)
{
	uint32_t place = 0;
	for (size_t c = 0; c < g->cells_n; c++) {
		const struct align_cell *cell = &g->cells[c];
		CHECK(cell->left == ALIGN_NONE || g->nodes[cell->left].fold.len, "%s: cell %zu",
		      why, c);
		CHECK(c == 0 || (cell->left != ALIGN_NONE && g->cells[c - 1].right <= cell->left),
		      "%s: cell %zu begins before the last one ends", why, c);
		CHECK(cell->right == ALIGN_NONE || cell->left == ALIGN_NONE ||
			      cell->left < cell->right,
		      "%s: cell %zu", why, c);
		for (uint32_t i = 0; i < cell->items_n; i++) {
			const struct align_item *item = &g->items[cell->items + i];
			if (item->place == ALIGN_NONE)
				continue;
			CHECK(item->place == place && g->cell_of[place] == c, "%s: place %u", why,
			      place);
			CHECK(item->folds_n == l->places[place].wordings_n, "%s: place %u", why,
			      place);
			place++;
		}
	}
	CHECK(place == l->places_n, "%s: %u places", why, place);
}

static void check_shingles(const struct align_graph *g, const char *why)
{
	for (size_t s = 0; s < g->shingles_n; s++) {
		const struct align_shingle *x = &g->shingles[s], *w = s ? x - 1 : NULL;
		CHECK(!w || w->hash < x->hash || (w->hash == x->hash && w->node < x->node),
		      "%s: shingle %zu", why, s);
		uint32_t b = x->hash >> (32 - ALIGN_BUCKET_BITS);
		uint32_t low = x->hash & ((1u << ALIGN_FILTER_BITS) - 1);
		CHECK(g->bucket[b] <= s && s < g->bucket[b + 1], "%s: shingle %zu", why, s);
		CHECK(g->filter[low / 64] >> low % 64 & 1, "%s: shingle %zu", why, s);
	}
}

static void graphs(void)
{
	static const char *const small[] = {"",
					    "...",
					    "word",
					    "{a|b}",
					    "{a|b}{c|d}",
					    "{a|b}x{c|d}",
					    "a {b|c} d",
					    "a{b|c}d {e f|g} h",
					    "co-{operate|ordinate}'s {x|y}-z",
					    "{3|4}.5 a {U.S.|U.K.} b"};
	for (size_t i = 0; i < sizeof small / sizeof *small + PAPERS_N; i++) {
		struct arena a = {0};
		struct text_lattice l;
		struct align_graph g;
		size_t n = sizeof small / sizeof *small;
		const char *why = i < n ? small[i] : papers_paths[i - n];
		papers_lattice(&a, i < n ? slice_str(why) : papers_file(&a, why), &l);
		struct sr_err e = align_graph_make(&a, &l, &g);
		if (CHECK(!sr_bad(e) && g.places_n == l.places_n, "%s", why)) {
			check_nodes(&g, why);
			check_cells(&g, &l, why);
			check_shingles(&g, why);
		}
		arena_release(&a);
	}
}

/* A paper, its graph, and a text laid on it. */
struct sheet {
	struct arena a;
	struct text_lattice lattice;
	struct align_graph graph;
	struct text_tokens text;
	struct align_result result;
};

static void lay(struct sheet *s, struct slice paper, struct slice text, int32_t score_min)
{
	*s = (struct sheet){0};
	papers_lattice(&s->a, paper, &s->lattice);
	struct sr_err e = align_graph_make(&s->a, &s->lattice, &s->graph);
	if (!sr_bad(e))
		e = text_tokens_make(&s->a, text, &s->text);
	if (!sr_bad(e))
		e = align_text(&s->a, &s->graph, &s->text, score_min, &s->result);
	CHECK(!sr_bad(e), "%s", e.what);
}

/* check_result: what align.h says of any result. */
static bool check_result(const struct sheet *s, int32_t score_min)
{
	const struct align_result *r = &s->result;
	bool good = r->matched <= s->text.n;
	for (size_t i = 0; i < r->passages_n; i++) {
		const struct align_passage *p = &r->passages[i];
		good = good && p->from < p->to && p->to <= s->text.n && p->score >= score_min;
		good = good && p->node_from <= p->node_to && p->node_to < s->graph.nodes_n;
		good = good && (!i || r->passages[i - 1].from <= p->from);
	}
	for (size_t i = 0; i < r->seen_n; i++) {
		const struct align_seen *seen = &r->seen[i];
		good = good && seen->cell < s->graph.cells_n && seen->from <= seen->to &&
		       seen->from > 0 && seen->to < s->text.n;
	}
	for (size_t i = 0; i < s->graph.places_n; i++)
		good = good && r->touch[i] <= ALIGN_INSIDE;
	return good;
}

#define P                                                                                          \
	"The northern delegation {asked for|requested} a second meeting before the {end|close} "   \
	"of "                                                                                      \
	"the autumn session. Both ministers {agreed|consented} in writing that the harbour "       \
	"{commission|committee} would publish its report in March."

static void passages(void)
{
	static const struct {
		const char *why, *text;
		size_t passages, matched;
		const char *touch; /* . untouched, e edge, i inside */
	} row[] = {
		{"nothing", "", 0, 0, "...."},
		{"two words", "northern delegation", 0, 0, "...."},
		{"another text", "rain in the north and wind in the hills by the evening", 0, 0,
		 "...."},
		{"a sentence",
		 "the northern delegation requested a second meeting before the end of the "
		 "autumn session",
		 1, 14, "ii.."},
		{"its beginning", "the northern delegation requested a second meeting", 1, 7,
		 "i..."},
		{"up to a place", "the northern delegation requested a second meeting before the",
		 1, 9, "ie.."},
		{"two pieces, changed about",
		 "harbour committee would publish its report in march. yesterday at noon, it was "
		 "heard, "
		 "northern delegation asked for a second meeting before the close",
		 2, 18, "ie.i"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct sheet s;
		char touch[8] = "";
		lay(&s, SLICE_LIT(P), slice_str(row[i].text), ALIGN_SCORE_LEAK);
		for (size_t p = 0; p < s.graph.places_n; p++)
			touch[p] = ".ei"[s.result.touch[p]];
		CHECK(s.result.passages_n == row[i].passages, "%s: %zu passages", row[i].why,
		      s.result.passages_n);
		CHECK(s.result.matched == row[i].matched, "%s: %zu words", row[i].why,
		      s.result.matched);
		CHECK(strcmp(touch, row[i].touch) == 0, "%s: %s", row[i].why, touch);
		CHECK(check_result(&s, ALIGN_SCORE_LEAK), "%s: a promise is broken", row[i].why);
		arena_release(&s.a);
	}
}

/* Random texts over a few words, against random papers over the same words. */
static void random_texts(void)
{
	static const char *const paper_words[] = {"the ",  "council ",     "{a|b} ", "{met|sat} ",
						  "of ",   "{in|in the} ", "{x|y}",  "-",
						  "late ", "port "};
	static const char *const text_words[] = {"the ",  "council ", "a ", "met ",
						 "of ",   "in the ",  "x",  "late ",
						 "port ", "coumcil ", "zz "};
	uint64_t state = 43;
	for (size_t round = 0; round < 800; round++) {
		struct build paper = {0}, text = {0};
		struct slice p = {0}, t = {0};
		size_t p_n = test_random(&state) % 60, t_n = test_random(&state) % 120;
		for (size_t i = 0; i < p_n; i++)
			build_str(&paper, paper_words[test_random(&state) % 10]);
		for (size_t i = 0; i < t_n; i++)
			build_str(&text, text_words[test_random(&state) % 11]);
		CHECK(!sr_bad(build_done(&paper, &p)) && !sr_bad(build_done(&text, &t)), "built");
		int32_t score_min = round % 2 ? ALIGN_SCORE_LEAK : ALIGN_SCORE_PUBLIC;
		struct sheet s;
		lay(&s, p, t, score_min);
		CHECK(check_result(&s, score_min), "seed 43, round %zu", round);
		arena_release(&s.a);
		build_release(&paper);
		build_release(&text);
	}
}

/* Chains ascend in both coordinates, and every seed is in one of them. */
static void chains(void)
{
	struct arena a = {0};
	struct sheet s;
	struct align_chains c;
	struct slice paper = papers_file(&a, papers_paths[0]);
	lay(&s, paper, paper, ALIGN_SCORE_LEAK);
	struct sr_err e = align_chains_find(&s.a, &s.graph, &s.text, &c);
	CHECK(!sr_bad(e) && c.chains_n > 0, "%zu chains", c.chains_n);
	for (size_t i = 0; i < c.chains_n; i++) {
		CHECK(c.chains[i].from < c.chains[i].to, "chain %zu", i);
		for (size_t k = c.chains[i].from + 1; k < c.chains[i].to; k++)
			CHECK(c.seeds[k - 1].token < c.seeds[k].token &&
				      c.seeds[k - 1].node < c.seeds[k].node,
			      "chain %zu, seed %zu", i, k);
	}
	arena_release(&s.a);
	arena_release(&a);
}

static double seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Texts of a megabyte that repeat what the paper holds once, and what it holds again and again. The
 * bound is generous: under sanitizers, on a slow machine; what it excludes took minutes. */
static void hostile_repetition(void)
{
	enum { SECONDS_MAX = 20, TEXT_LEN = 1 << 20 };
	static const struct {
		const char *why, *paper, *text;
		size_t times;
	} row[] = {
		{"a phrase of the paper", P, "the northern delegation ", 1},
		{"a sentence of the paper", P,
		 "Both ministers consented in writing that the harbour ", 1},
		{"a phrase with words between", P,
		 "northern delegation requested x y z u v w x y z u v w ", 1},
		{"a sentence that the paper repeats 15 times",
		 "the council met {late|early} again. ", "the council met late again. ", 15},
		{"a sentence that the paper repeats 5,000 times",
		 "the council met {late|early} again. ", "the council met late again. ", 5000},
		{"one word, in both", "the ", "the ", 100000},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct build paper = {0}, text = {0};
		struct slice p = {0}, t = {0};
		for (size_t k = 0; k < row[i].times; k++)
			build_str(&paper, row[i].paper);
		while (text.len < TEXT_LEN && !text.failed)
			build_str(&text, row[i].text);
		CHECK(!sr_bad(build_done(&paper, &p)) && !sr_bad(build_done(&text, &t)), "built");
		struct sheet s;
		double start = seconds();
		lay(&s, p, t, ALIGN_SCORE_PUBLIC);
		double took = seconds() - start;
		CHECK(took < SECONDS_MAX, "%s: %.1f s", row[i].why, took);
		CHECK(check_result(&s, ALIGN_SCORE_PUBLIC), "%s: a promise is broken", row[i].why);
		arena_release(&s.a);
		build_release(&paper);
		build_release(&text);
	}
}

/* What is left out because there is too much of it counts as touched: a public text may have
 * supplied it. */
static void repetition_is_suspect(void)
{
	struct build text = {0}, paper = {0};
	struct slice t = {0}, p = {0};
	for (size_t i = 0; i < 400; i++)
		build_str(&text, "delegation requested a dance. ");
	for (size_t i = 0; i < 40; i++)
		build_str(&paper, "The council met {late|early} again. ");
	CHECK(!sr_bad(build_done(&text, &t)) && !sr_bad(build_done(&paper, &p)), "built");
	struct sheet s;
	lay(&s, SLICE_LIT(P), t, ALIGN_SCORE_PUBLIC);
	CHECK(s.result.touch[0] != ALIGN_UNTOUCHED, "400 times in the text");
	CHECK(s.result.touch[3] == ALIGN_UNTOUCHED, "a place far away");
	arena_release(&s.a);
	lay(&s, p, SLICE_LIT("the council met late again"), ALIGN_SCORE_PUBLIC);
	for (size_t i = 0; i < 40; i++)
		CHECK(s.result.touch[i] != ALIGN_UNTOUCHED, "40 times in the paper: place %zu", i);
	arena_release(&s.a);
	build_release(&text);
	build_release(&paper);
}

int main(void)
{
	test_run("edit distances", distances);
	test_run("words compared", comparisons);
	test_run("the graph keeps its invariants", graphs);
	test_run("passages, words matched, places touched", passages);
	test_run("chains ascend", chains);
	test_run("random texts keep the promises", random_texts);
	test_run("hostile repetition", hostile_repetition);
	test_run("what is left out is suspect", repetition_is_suspect);
	return test_done();
}
