/* SPDX-License-Identifier: Apache-2.0 */
/* mark/: where points of a page lie in a picture. What is smooth is followed, what is not is left
 * alone: a fit that follows single words swallows the marks. */
#include "mark_layout_map.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 14, LINES = 31, WORDS = COLUMNS * LINES };

static double uniform(uint64_t *seed)
{
	return (double)(test_random(seed) >> 11) * 0x1p-53;
}

static double normal(uint64_t *seed)
{
	double sum = -6;
	for (int i = 0; i < 12; i++)
		sum += uniform(seed);
	return sum;
}

/* words_at spreads the words of a page over a text area. */
static void words_at(struct mark_pair *p, uint64_t *seed)
{
	for (int i = 0; i < WORDS; i++) {
		p[i].x = 72 + 450.0 * (i % COLUMNS + 0.3 + 0.4 * uniform(seed)) / COLUMNS;
		p[i].y = 90 + 20.0 * (i / COLUMNS);
	}
}

static const double camera[9] = {2.1, 0.08, 35, -0.05, 2.05, 61, 4e-5, -6e-5, 1};

static void homography(const double h[9], struct mark_pair *p)
{
	double w = h[6] * p->x + h[7] * p->y + h[8];
	p->u = (h[0] * p->x + h[1] * p->y + h[2]) / w;
	p->v = (h[3] * p->x + h[4] * p->y + h[5]) / w;
}

static double farthest(const double h[9], const struct mark_pair *p, size_t n)
{
	struct mark_map m = {0};
	double most = 0;
	memcpy(m.h, h, sizeof m.h);
	for (size_t i = 0; i < n; i++) {
		double u, v, d;
		mark_map_apply(&m, p[i].x, p[i].y, &u, &v);
		d = hypot(u - p[i].u, v - p[i].v);
		most = d > most || isnan(d) ? d : most;
	}
	return most;
}

static void test_homographies(void)
{
	uint64_t seed = 1;
	struct mark_pair p[WORDS];
	double weight[WORDS], h[9];
	words_at(p, &seed);
	for (int i = 0; i < WORDS; i++) {
		homography(camera, &p[i]);
		weight[i] = 1;
	}
	struct sr_err e = mark_map_homography(p, NULL, WORDS, h);
	CHECK(!sr_bad(e) && farthest(h, p, WORDS) < 1e-6, "%g", farthest(h, p, WORDS));
	struct mark_pair corner[4] = {p[0], p[COLUMNS - 1], p[WORDS - COLUMNS], p[WORDS - 1]};
	e = mark_map_homography(corner, NULL, 4, h);
	CHECK(!sr_bad(e) && farthest(h, p, WORDS) < 1e-5, "four points");

	for (int i = 0; i < WORDS; i += 3) {
		p[i].u += 100 * normal(&seed);
		weight[i] = 0;
	}
	e = mark_map_homography(p, weight, WORDS, h);
	CHECK(!sr_bad(e), "weights");
	for (int i = 0; i < WORDS; i++)
		homography(camera, &p[i]);
	CHECK(farthest(h, p, WORDS) < 1e-5, "outliers without weight do not count");
}

static void test_homographies_that_are_not(void)
{
	struct mark_pair line[6], same[5] = {0}, bad[4] = {0};
	double h[9] = {7};
	for (int i = 0; i < 6; i++)
		line[i] = (struct mark_pair){10.0 * i, 20.0 * i + 3, 5.0 * i, 2.0 * i};
	CHECK(mark_map_homography(line, NULL, 6, h).code == SR_E_INPUT, "points on a line");
	CHECK(mark_map_affine(line, NULL, 6, h).code == SR_E_INPUT, "points on a line");
	CHECK(mark_map_homography(same, NULL, 5, h).code == SR_E_INPUT, "one point");
	CHECK(mark_map_homography(line, NULL, 3, h).code == SR_E_INPUT, "three points");
	CHECK(mark_map_affine(line, NULL, 2, h).code == SR_E_INPUT, "two points");
	bad[0].u = NAN;
	CHECK(mark_map_homography(bad, NULL, 4, h).code == SR_E_INPUT, "not a number");
	double none[6] = {0};
	CHECK(mark_map_homography(line, none, 6, h).code == SR_E_INPUT, "no weight");
	CHECK(h[0] == 7, "the output is unchanged on failure");
}

static void test_affine_maps(void)
{
	uint64_t seed = 2;
	struct mark_pair p[WORDS];
	const double flat[9] = {2.1, 0.08, 35, -0.05, 2.05, 61, 0, 0, 1};
	double h[9];
	words_at(p, &seed);
	for (int i = 0; i < WORDS; i++)
		homography(flat, &p[i]);
	struct sr_err e = mark_map_affine(p, NULL, WORDS, h);
	CHECK(!sr_bad(e) && farthest(h, p, WORDS) < 1e-8, "%g", farthest(h, p, WORDS));
	CHECK(h[6] == 0 && h[7] == 0 && h[8] == 1, "no perspective");
	struct mark_map m = {0};
	memcpy(m.h, h, sizeof h);
	double want = sqrt(2.1 * 2.05 + 0.05 * 0.08);
	CHECK(fabs(mark_map_scale(&m, 200, 300) - want) < 1e-9, "scale");
}

/* A field on a grid, read between the nodes. */
static void test_bicubic(void)
{
	enum { N = 40 };
	float du[N * N], dv[N * N];
	struct mark_map m = {{1, 0, 0, 0, 1, 0, 0, 0, 1}, 20, 30, 10, N, N, du, dv};
	for (int j = 0; j < N; j++) {
		for (int i = 0; i < N; i++) {
			double x = 20 + 10.0 * i, y = 30 + 10.0 * j;
			du[j * N + i] = (float)(3 * sin(x / 60) * cos(y / 70));
			dv[j * N + i] = (float)(0.01 * x + 0.02 * y);
		}
	}
	double most = 0, u, v;
	for (double x = 35; x < 390; x += 3.7) {
		for (double y = 45; y < 400; y += 4.3) {
			mark_map_apply(&m, x, y, &u, &v);
			double d = fabs(u - x - 3 * sin(x / 60) * cos(y / 70));
			most = d > most ? d : most;
			CHECK(fabs(v - y - 0.01 * x - 0.02 * y) < 1e-5, "planes are exact");
		}
	}
	CHECK(most < 0.005, "%g", most);
	double u1, v1;
	mark_map_apply(&m, 20, 100, &u, &v);
	mark_map_apply(&m, -500, 100, &u1, &v1);
	CHECK(fabs(u - 20 - (u1 + 500)) < 1e-6, "constant outside");
	mark_map_apply(&m, 410, 420, &u, &v);
	mark_map_apply(&m, 1e6, 1e6, &u1, &v1);
	CHECK(fabs(u - 410 - (u1 - 1e6)) < 1e-6 && isfinite(v1), "constant outside");
}

/* A sheet that is bent: by a lens (barrel), and by waves (amplitude in points). */
struct sheet {
	const char *why;
	double lens, wave, wavelength;
	double box;      /* noise of the boxes, points */
	double outliers; /* share */
	double length;
	/* what is asked: rms error of the map at the words, points; share of the shifts left */
	double error_max, left_min;
};

static void bend_of(const struct sheet *s, double x, double y, double *du, double *dv)
{
	double a = (x - 297) / 400, b = (y - 400) / 400, r = a * a + b * b;
	*du = s->lens * 400 * a * r + s->wave * sin(6.2832 * x / s->wavelength + 1) * 0.5;
	*dv = s->lens * 400 * b * r + s->wave * sin(6.2832 * (x + 0.2 * y) / s->wavelength);
}

static const struct sheet sheets[] = {
	{"flat", 0, 0, 300, 0, 0, 60, 0.05, 0.95},
	{"a lens", 0.018, 0, 300, 0, 0, 60, 0.10, 0.90},
	{"a lens, boxes of character recognition", 0.018, 0, 300, 0.5, 0.05, 60, 0.2, 0.90},
	{"a curl", 0.018, 8.5, 500, 0.3, 0, 60, 0.30, 0.80},
	{"a strong curl", 0.018, 8.5, 250, 0.3, 0.05, 60, 0.40, 0.70},
	{"long waves, long length", 0, 8.5, 500, 0, 0, 150, 0.15, 0.90},
};

static void one_sheet(const struct sheet *s, uint64_t seed)
{
	struct mark_pair p[WORDS];
	double shift[WORDS], true_u[WORDS], true_v[WORDS], sum = 0, power = 0, error = 0;
	bool out[WORDS];
	size_t good = 0;
	struct mark_map m = {0};
	words_at(p, &seed);
	memcpy(m.h, camera, sizeof camera);
	for (int i = 0; i < WORDS; i++) {
		double du, dv;
		bend_of(s, p[i].x, p[i].y, &du, &dv);
		homography(camera, &p[i]);
		true_u[i] = p[i].u + 2.1 * du;
		true_v[i] = p[i].v + 2.1 * dv;
		shift[i] = test_random(&seed) & 1 ? 0.15 : -0.15;
		p[i].u = true_u[i] + 2.1 * (shift[i] + s->box * normal(&seed));
		p[i].v = true_v[i] + 2.1 * s->box * normal(&seed);
		out[i] = uniform(&seed) < s->outliers;
		if (out[i])
			p[i].u += 2.1 * 30 * normal(&seed);
	}
	struct arena a = {0};
	struct sr_err e = mark_map_bend(&a, p, WORDS, s->length, 0.3, &m);
	CHECK(!sr_bad(e), "%s", e.what);
	for (int i = 0; i < WORDS; i++) {
		double u, v;
		mark_map_apply(&m, p[i].x, p[i].y, &u, &v);
		error += (u - true_u[i]) * (u - true_u[i]) + (v - true_v[i]) * (v - true_v[i]);
		if (out[i])
			continue;
		good++;
		sum += (true_u[i] / 2.1 + shift[i] - u / 2.1) * shift[i];
		power += shift[i] * shift[i];
	}
	error = sqrt(error / WORDS) / 2.1;
	printf("# %s: error %.3f pt, %.3f of the shifts left, nodes %u x %u\n", s->why, error,
	       sum / power, m.nx, m.ny);
	CHECK(error < s->error_max, "%s: %.3f", s->why, error);
	CHECK(sum / power > s->left_min, "%s: %.3f of the shifts left", s->why, sum / power);
	arena_release(&a);
}

static void test_bends(void)
{
	for (size_t i = 0; i < sizeof sheets / sizeof *sheets; i++)
		one_sheet(&sheets[i], 10 + i);
}

static void test_bends_of_few(void)
{
	uint64_t seed = 5;
	struct mark_pair p[WORDS];
	words_at(p, &seed);
	for (int i = 0; i < WORDS; i++)
		homography(camera, &p[i]);
	for (size_t n = 0; n < 8; n++) {
		struct arena a = {0};
		struct mark_map m = {0};
		memcpy(m.h, camera, sizeof camera);
		struct sr_err e = mark_map_bend(&a, p, n, 60, 0.3, &m);
		double u = 0, v = 0;
		mark_map_apply(&m, p[0].x, p[0].y, &u, &v);
		CHECK(!sr_bad(e) && hypot(u - p[0].u, v - p[0].v) < 0.01, "%zu pairs", n);
		arena_release(&a);
	}
	for (int i = 0; i < 20; i++)
		p[i] = p[0];
	struct arena a = {0};
	struct mark_map m = {0};
	memcpy(m.h, camera, sizeof camera);
	CHECK(!sr_bad(mark_map_bend(&a, p, 20, 60, 1e-9, &m)), "points upon points");
	double u = 0, v = 0;
	mark_map_apply(&m, 100, 100, &u, &v);
	CHECK(isfinite(u) && isfinite(v), "points upon points");
	arena_release(&a);
}

static void test_bend_without_memory(void)
{
	uint64_t seed = 6;
	struct mark_pair p[WORDS];
	words_at(p, &seed);
	for (int i = 0; i < WORDS; i++)
		homography(camera, &p[i]);
	for (size_t n = 1;; n++) {
		struct arena a = {0};
		struct mark_map m = {0};
		memcpy(m.h, camera, sizeof camera);
		test_alloc_fail_at(n);
		struct sr_err e = mark_map_bend(&a, p, 40, 60, 0.3, &m);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(failed ? e.code == SR_E_NOMEM && !m.nx : !sr_bad(e), "allocation %zu", n);
		arena_release(&a);
		if (!failed)
			break;
	}
}

int main(void)
{
	test_run("homographies", test_homographies);
	test_run("homographies that are not", test_homographies_that_are_not);
	test_run("affine maps", test_affine_maps);
	test_run("bicubic", test_bicubic);
	test_run("bends", test_bends);
	test_run("bends of few", test_bends_of_few);
	test_run("bend without memory", test_bend_without_memory);
	return test_done();
}
