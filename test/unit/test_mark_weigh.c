/* SPDX-License-Identifier: Apache-2.0 */
/* Soft values from shifts: are they as sure as they say, and do they follow what is smooth? */
#include "mark_layout_measure.h"
#include "pictures.h"

#include <stdio.h>

enum { BINS = 5, POINTS_MAX = 1200 };

/* A page of points: words of 25 pt on lines of 14.5 pt, per_line words each; the first and last of
 * a line carry nothing. warp: the amplitude of a random smooth field (sines with wavelengths of
 * wave points and more); noise: of each measurement, as its var says; unknown: more noise, of
 * which var says nothing. right: the share of marks to the right is this or one less this, word by
 * word. */
struct points {
	size_t lines_n, per_line;
	double reach, warp, wave, noise, unknown, right, outliers;
};

struct pieces {
	struct mark_point point[POINTS_MAX];
	double truth[POINTS_MAX]; /* the mark, with its sign */
	float loglik[POINTS_MAX][2], shift[POINTS_MAX], noise[POINTS_MAX];
	size_t n;
};

static void make(const struct points *t, uint64_t *rng, struct pieces *out)
{
	double k[4], phase[4], way[4];
	for (int i = 0; i < 4; i++) {
		k[i] = 2 * PICTURES_PI / (t->wave * pictures_uniform(rng, 1, 3));
		phase[i] = pictures_uniform(rng, 0, 6.3);
		way[i] = pictures_uniform(rng, 0, 6.3);
	}
	out->n = t->lines_n * t->per_line;
	assert(out->n <= POINTS_MAX);
	for (size_t i = 0; i < out->n; i++) {
		size_t at = i % t->per_line;
		double x =
			85 + 450 / (double)t->per_line * (double)at + pictures_uniform(rng, -5, 5);
		double y = 82 + 14.5 * (double)(i / t->per_line), warp = 0;
		for (int w = 0; w < 4; w++)
			warp += t->warp / 2 *
				sin(k[w] * (x * cos(way[w]) + y * sin(way[w])) + phase[w]);
		double bias = test_random(rng) & 1 ? t->right : 1 - t->right;
		double sd = t->noise * pictures_uniform(rng, 0.6, 1.4);
		bool marked = at > 0 && at + 1 < t->per_line;
		out->truth[i] = !marked                              ? 0
				: pictures_uniform(rng, 0, 1) < bias ? t->reach
								     : -t->reach;
		double v = warp + 3 + 0.002 * x + out->truth[i] + sd * pictures_normal(rng) +
			   t->unknown * pictures_normal(rng);
		if (pictures_uniform(rng, 0, 1) < t->outliers)
			v += pictures_uniform(rng, -3, 3);
		out->point[i] = (struct mark_point){
			x, y, v, sd * sd, marked ? t->reach : 0, (uint32_t)(i / t->per_line)};
	}
}

static void weigh(struct pieces *p)
{
	struct sr_err e = mark_weigh(p->point, p->n, p->loglik, p->shift, p->noise);
	CHECK(!sr_bad(e), "%s", e.what);
}

/* What many pages say of the soft values: by how sure they are, how many were wrong. */
struct tally {
	size_t n[BINS], wrong[BINS], marks, erased;
	double expected[BINS], across, along, square;
};

static const double EDGE[BINS] = {1, 2, 3.5, 5.5, 1e9};

static void count(const struct pieces *p, struct tally *t)
{
	for (size_t i = 0; i < p->n; i++) {
		double llr = (double)p->loglik[i][1] - (double)p->loglik[i][0];
		if (!(p->point[i].reach > 0)) {
			CHECK(!(fabs(llr) > 0), "word %zu carries nothing", i);
			continue;
		}
		t->marks++;
		if (!(fabs(llr) > 0)) {
			t->erased++;
			continue;
		}
		int b = 0;
		while (fabs(llr) > EDGE[b])
			b++;
		t->n[b]++;
		t->wrong[b] += llr * p->truth[i] < 0;
		t->expected[b] += 1 / (1 + exp(fabs(llr)));
		t->across += (double)p->shift[i] * p->truth[i];
		t->along += p->truth[i] * p->truth[i];
		double off = (double)p->shift[i] - p->truth[i];
		t->square += off * off;
	}
}

static const struct {
	const char *name;
	struct points t;
	int pages;
	double slope_least, wrong_most; /* of shift over truth; of signs */
	size_t erased_most;             /* in a thousand */
} ROWS[] = {
	{"clean", {31, 14, 0.15, 0, 200, 0.03, 0, 0.5, 0}, 4, 0.97, 0.002, 2},
	{"noisy", {31, 14, 0.15, 0, 200, 0.12, 0, 0.5, 0}, 8, 0.93, 0.14, 2},
	{"noise unknown", {31, 14, 0.15, 0, 200, 0.01, 0.1, 0.5, 0}, 8, 0.93, 0.1, 10},
	{"curled", {31, 14, 0.15, 3, 250, 0.04, 0, 0.5, 0}, 8, 0.93, 0.02, 10},
	{"curled much", {31, 14, 0.15, 8, 250, 0.04, 0, 0.5, 0}, 6, 0.9, 0.05, 10},
	{"creased", {31, 14, 0.15, 0.5, 80, 0.04, 0, 0.5, 0}, 8, 0.9, 0.12, 10},
	{"Tardos", {31, 14, 0.15, 1, 250, 0.04, 0, 0.21132, 0}, 8, 0.95, 0.01, 10},
	{"outliers", {31, 14, 0.15, 1, 250, 0.04, 0, 0.5, 0.05}, 8, 0.95, 0.03, 60},
	{"six lines", {6, 10, 0.15, 0.5, 250, 0.05, 0, 0.5, 0}, 40, 0.9, 0.04, 20},
	{"three lines", {3, 10, 0.15, 0.2, 250, 0.05, 0, 0.5, 0}, 60, 0.85, 0.08, 20},
	{"shorter shifts", {31, 14, 0.08, 0.5, 250, 0.03, 0, 0.5, 0}, 6, 0.93, 0.05, 10},
	{"two columns of small print", {60, 20, 0.15, 1, 250, 0.05, 0, 0.5, 0}, 2, 0.95, 0.02, 10},
};

/* honest checks that the share of wrong signs is within a factor of two of what was said, but for
 * what chance explains. */
static void honest(const char *name, const struct tally *t)
{
	for (int b = 0; b < BINS; b++) {
		double e = t->expected[b], w = (double)t->wrong[b], chance = 3 * sqrt(e + 1);
		if (!t->n[b])
			continue;
		printf("#   up to %-4.3g nats: %5zu words, %4zu wrong, %7.2f expected\n",
		       EDGE[b] > 100 ? 99 : EDGE[b], t->n[b], t->wrong[b], e);
		CHECK(w < 2 * e + chance, "%s, bin %d: too sure: %.0f for %.2f", name, b, w, e);
		CHECK(w > e / 2 - chance, "%s, bin %d: too shy: %.0f for %.2f", name, b, w, e);
	}
}

static void test_soft_values_are_honest(void)
{
	static struct pieces p;
	for (size_t r = 0; r < sizeof ROWS / sizeof ROWS[0]; r++) {
		struct tally t = {0};
		uint64_t rng = 1000 + r;
		for (int i = 0; i < ROWS[r].pages; i++) {
			make(&ROWS[r].t, &rng, &p);
			weigh(&p);
			count(&p, &t);
		}
		size_t wrong = 0, read = t.marks - t.erased;
		for (int b = 0; b < BINS; b++)
			wrong += t.wrong[b];
		double slope = t.across / t.along, share = (double)wrong / (double)read;
		printf("# %s: %zu marks, %zu erased, %.2f%% wrong, slope %.3f, rms %.4f pt\n",
		       ROWS[r].name, t.marks, t.erased, 100 * share, slope,
		       sqrt(t.square / (double)read));
		CHECK(slope > ROWS[r].slope_least && slope < 1.06, "%s: slope %f", ROWS[r].name,
		      slope);
		CHECK(share <= ROWS[r].wrong_most, "%s: %f wrong", ROWS[r].name, share);
		CHECK(1000 * t.erased <= ROWS[r].erased_most * t.marks, "%s: %zu of %zu erased",
		      ROWS[r].name, t.erased, t.marks);
		honest(ROWS[r].name, &t);
	}
}

/* A page that carries no marks says nothing of any symbols: the score of random ones is small. */
static void test_unmarked_page(void)
{
	static struct pieces p;
	uint64_t rng = 5;
	const struct points t = {31, 14, 0, 1, 250, 0.04, 0, 0.5, 0};
	for (int page = 0; page < 4; page++) {
		make(&t, &rng, &p);
		for (size_t i = 0; i < p.n; i++)
			p.point[i].reach = i % 14 > 0 && i % 14 < 13 ? 0.15 : 0;
		weigh(&p);
		double sum = 0, square = 0, all = 0;
		for (size_t i = 0; i < p.n; i++) {
			double llr = (double)p.loglik[i][1] - (double)p.loglik[i][0];
			sum += test_random(&rng) & 1 ? llr : -llr;
			square += llr * llr;
			all += llr;
		}
		printf("# unmarked: mean square of llr %.3f\n", square / (double)p.n);
		CHECK(fabs(sum) <= 4.5 * sqrt(square), "page %d: %f", page, sum / sqrt(square));
		CHECK(fabs(all) <= 4.5 * sqrt(square), "page %d: leans to a side", page);
		CHECK(square / (double)p.n < 4, "page %d: sure of nothing", page);
	}
}

/* One wild value neither says anything nor disturbs its neighbours, however wild it is. */
static void test_outlier(void)
{
	static const double far[] = {-30, -5, 20, 30};
	static struct pieces p, q;
	uint64_t rng = 6;
	const struct points t = {10, 12, 0.15, 0.5, 250, 0.03, 0, 0.5, 0};
	make(&t, &rng, &p);
	q = p;
	weigh(&p);
	for (size_t k = 0; k < sizeof far / sizeof *far; k++) {
		struct pieces r = q;
		r.point[50].value += far[k];
		weigh(&r);
		CHECK(!(r.loglik[50][0] < 0) && !(r.loglik[50][1] < 0), "%g: is erased", far[k]);
		for (size_t i = 0; i < p.n; i++) {
			if (i == 50)
				continue;
			CHECK((double)fabsf(p.shift[i] - r.shift[i]) < 0.06,
			      "%g: word %zu: %f, now %f", far[k], i, (double)p.shift[i],
			      (double)r.shift[i]);
			float was = p.loglik[i][1] - p.loglik[i][0];
			float is = r.loglik[i][1] - r.loglik[i][0];
			CHECK(was * is > 0 || fabsf(was) < 1, "%g: word %zu says %f, not %f",
			      far[k], i, (double)is, (double)was);
		}
	}
}

static void test_few_points(void)
{
	static struct pieces p;
	uint64_t rng = 7;
	const struct points t = {1, 8, 0.15, 0, 250, 0.03, 0, 0.5, 0};
	make(&t, &rng, &p);
	for (size_t n = 0; n <= 8; n++) {
		p.n = n;
		weigh(&p);
		for (size_t i = 0; i < n; i++)
			CHECK(isfinite(p.loglik[i][0]) && isfinite(p.loglik[i][1]) &&
				      isfinite(p.shift[i]) && p.noise[i] > 0,
			      "%zu words, word %zu", n, i);
	}
	/* A word alone cannot tell a shift from the place of the page. */
	p.n = 1;
	p.point[0].reach = 0.15;
	weigh(&p);
	CHECK(fabsf(p.loglik[0][0] - p.loglik[0][1]) < 0.1f, "a single word is sure of its mark");
	/* All in one place, and all the same. */
	p.n = 8;
	for (size_t i = 0; i < p.n; i++)
		p.point[i] = (struct mark_point){100, 100, 1, 0, 0.15, 0};
	weigh(&p);
	for (size_t i = 0; i < p.n; i++)
		CHECK(isfinite(p.loglik[i][0]) && isfinite(p.loglik[i][1]), "word %zu", i);
}

static void test_repeatable(void)
{
	static struct pieces p, q;
	uint64_t rng = 8;
	make(&ROWS[0].t, &rng, &p);
	q = p;
	weigh(&p);
	weigh(&q);
	CHECK(memcmp(p.loglik, q.loglik, sizeof p.loglik) == 0, "same values, same soft values");
}

static void test_no_memory(void)
{
	static struct pieces p;
	uint64_t rng = 9;
	const struct points t = {3, 8, 0.15, 0, 250, 0.03, 0, 0.5, 0};
	make(&t, &rng, &p);
	for (size_t n = 1;; n++) {
		test_alloc_fail_at(n);
		struct sr_err e = mark_weigh(p.point, p.n, p.loglik, p.shift, p.noise);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		if (!failed) {
			CHECK(!sr_bad(e), "%s", e.what);
			break;
		}
		CHECK(e.code == SR_E_NOMEM, "allocation %zu", n);
	}
}

int main(void)
{
	test_run("soft values are as sure as they say", test_soft_values_are_honest);
	test_run("a page without marks has no preference", test_unmarked_page);
	test_run("an outlier says nothing", test_outlier);
	test_run("few points", test_few_points);
	test_run("the same call gives the same values", test_repeatable);
	test_run("no memory", test_no_memory);
	return test_done();
}
