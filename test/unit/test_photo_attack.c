/* SPDX-License-Identifier: Apache-2.0 */
/* eval/photo_*: that the attacks on pages do what they say, and the same for the same seed. */
#include "photo_attack.h"
#include "test.h"

#include "instrument.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	LINES = 10,
	PITCH = 60,
	LINE_H = 30,
	LEFT = 100,
	TOP = 120,
	WORDS = 7,
	WORD_W = 80,
	GAP = 20
};

/* A page of black bars for words: ten lines of seven words. */
static struct photo_image bars(void)
{
	struct photo_image p = photo_image_make(900, 1100, 255);
	for (int l = 0; l < LINES; l++)
		for (int k = 0; k < WORDS; k++)
			for (int y = 0; y < LINE_H; y++)
				for (int x = 0; x < WORD_W; x++)
					p.at[(TOP + l * PITCH + y) * p.w + LEFT +
					     k * (WORD_W + GAP) + x] = 0;
	return p;
}

static double mean(const struct photo_image *p)
{
	double sum = 0;
	for (int i = 0; i < p->w * p->h; i++)
		sum += (double)p->at[i];
	return sum / (p->w * p->h);
}

/* middle gives the mean x of all that is dark. */
static double middle(const struct photo_image *p)
{
	double sum = 0, ink = 0;
	for (int i = 0; i < p->w * p->h; i++) {
		double v = 255 - (double)p->at[i];
		sum += v * (i % p->w);
		ink += v;
	}
	return sum / ink;
}

static bool same(const struct photo_image *a, const struct photo_image *b, double most)
{
	if (a->w != b->w || a->h != b->h)
		return false;
	for (int i = 0; i < a->w * a->h; i++)
		if (fabs((double)a->at[i] - (double)b->at[i]) > most)
			return false;
	return true;
}

static void homography(void)
{
	const double from[4][2] = {{3, 5}, {640, 12}, {600, 910}, {-8, 870}};
	const double to[4][2] = {{0, 0}, {3307, 0}, {3307, 4677}, {0, 4677}};
	struct photo_homography h = photo_homography(from, to), i = photo_homography_inverse(&h);
	double u, v, x, y;
	for (int k = 0; k < 4; k++) {
		photo_homography_apply(&h, from[k][0], from[k][1], &u, &v);
		CHECK(hypot(u - to[k][0], v - to[k][1]) < 1e-6, "corner %d: %g %g", k, u, v);
	}
	for (int k = 0; k < 25; k++) {
		x = 30. * k, y = 40. * (k % 7);
		photo_homography_apply(&h, x, y, &u, &v);
		photo_homography_apply(&i, u, v, &u, &v);
		CHECK(hypot(u - x, v - y) < 1e-6, "point %d: %g %g", k, u, v);
	}
}

static void moved(const void *scene, double u, double v, double *x, double *y)
{
	const double *d = scene;
	*x = u - d[0];
	*y = v - d[1];
}

static void warps(void)
{
	const double none[2] = {0, 0}, little[2] = {2.25, .5};
	struct photo_image p = bars(), q = photo_image_make(p.w, p.h, 255);
	photo_warp(&p, moved, none, &q);
	CHECK(same(&p, &q, 0), "nothing is moved");
	double at = middle(&p);
	photo_warp(&p, moved, little, &q);
	CHECK(fabs(middle(&q) - at - little[0]) < 1e-3, "by %g", middle(&q) - at);
	struct photo_box box = {200, 300, 50, 40};
	struct photo_box seen = photo_shows(moved, little, p.w, p.h, &box);
	CHECK(abs(seen.x - 202) <= 8 && abs(seen.y - 300) <= 8 && abs(seen.w - 50) <= 16,
	      "%d %d %d", seen.x, seen.y, seen.w);
	photo_image_free(&p);
	photo_image_free(&q);
}

static void filters(void)
{
	struct photo_image p = bars(), q = photo_image_copy(&p);
	double m = mean(&p), at = middle(&p);
	photo_blur(&q, 1.7, .8);
	CHECK(fabs(mean(&q) - m) < .01 && fabs(middle(&q) - at) < .01, "blur: %g %g", mean(&q) - m,
	      middle(&q) - at);
	photo_motion(&q, 5, .4);
	CHECK(fabs(mean(&q) - m) < .01 && fabs(middle(&q) - at) < .01, "motion: %g %g",
	      mean(&q) - m, middle(&q) - at);
	photo_scale(&q, q.w / 3, q.h / 3);
	CHECK(fabs(mean(&q) - m) < .3 && fabs(middle(&q) - (at - 1) / 3) < .3, "scale: %g %g",
	      mean(&q) - m, middle(&q) - at / 3);
	photo_image_free(&q);
	q = photo_image_copy(&p);
	photo_turn(&q, 1);
	CHECK(q.w == p.h && q.h == p.w && q.at[(LEFT + 1) * q.w + q.w - 1 - (TOP + 1)] == 0,
	      "a quarter clockwise");
	photo_turn(&q, 3);
	CHECK(same(&p, &q, 0), "once around");
	photo_jpeg(&q, 95);
	CHECK(same(&p, &q, 40) && !same(&p, &q, 0), "a JPEG is like it");
	photo_image_free(&q);
	photo_image_free(&p);
}

static void noise(void)
{
	uint64_t dice = 5;
	struct photo_image p = photo_image_make(400, 300, 0);
	photo_noise(&p, 7, &dice);
	double sum = 0, next = 0;
	for (int i = 0; i < p.w * p.h; i++) {
		sum += (double)p.at[i] * (double)p.at[i];
		next += i ? (double)p.at[i] * (double)p.at[i - 1] : 0;
	}
	sum /= p.w * p.h;
	next /= p.w * p.h;
	CHECK(fabs(mean(&p)) < .08 && fabs(sqrt(sum) - 7) < .08 && fabs(next) < .6, "%g %g %g",
	      mean(&p), sqrt(sum), next);
	photo_image_free(&p);
}

static void page(void)
{
	struct photo_page p;
	struct photo_box word[PHOTO_WORDS_MAX];
	uint64_t dice = 3;
	photo_page_of("bars", 1, bars(), &p);
	CHECK(p.lines_n == LINES && p.text.x == LEFT && p.text.y == TOP, "%d lines at %d %d",
	      p.lines_n, p.text.x, p.text.y);
	for (int i = 0; i < p.lines_n; i++) {
		CHECK(photo_page_words(&p, i, word, PHOTO_WORDS_MAX) == WORDS, "line %d", i);
		CHECK(word[2].x == LEFT + 2 * (WORD_W + GAP) && word[2].w == WORD_W, "line %d", i);
	}
	for (int i = 0; i < 20; i++) {
		struct photo_box six = photo_page_part(&p, PHOTO_SIX_LINES, &dice);
		struct photo_box half = photo_page_part(&p, PHOTO_HALF, &dice);
		CHECK(six.h >= 5 * PITCH + LINE_H && six.h < 7 * PITCH, "six lines: %d", six.h);
		CHECK(half.h >= 4 * PITCH + LINE_H && half.h < 6 * PITCH, "half: %d", half.h);
	}
	photo_page_jitter(&p, .3, &dice);
	CHECK(photo_page_words(&p, 4, word, PHOTO_WORDS_MAX) == WORDS, "words are words still");
	photo_page_close(&p);
}

/* run makes a leak of the bars and reads it again. */
static struct photo_image run(const struct photo_attack *a, enum photo_part part, uint64_t seed)
{
	struct photo_page p;
	char base[256], path[256];
	photo_page_of("bars", 1, bars(), &p);
	photo_scratch(base, sizeof base, "-test");
	photo_attack_run(a, &p, part, seed, base, path, sizeof path);
	struct photo_image got = photo_image_read(path);
	(void)unlink(path);
	photo_page_close(&p);
	return got;
}

static void seeds(void)
{
	static const char *const names[] = {"phone3curl", "phone12crumple", "scan200", "fax"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct photo_attack *a = photo_attack_named(names[i]);
		if (!CHECK(a && photo_attack_of_raster(a), "%s", names[i]))
			continue;
		struct photo_image one = run(a, PHOTO_WHOLE, 1), again = run(a, PHOTO_WHOLE, 1);
		struct photo_image two = run(a, PHOTO_WHOLE, 2), six = run(a, PHOTO_SIX_LINES, 1);
		CHECK(same(&one, &again, 0), "%s: one seed, one picture", names[i]);
		CHECK(!same(&one, &two, 0), "%s: another seed, another one", names[i]);
		CHECK(six.h < one.h * 3 / 4 && six.h > one.h / 8, "%s: six lines of ten: %d of %d",
		      names[i], six.h, one.h);
		photo_image_free(&one);
		photo_image_free(&again);
		photo_image_free(&two);
		photo_image_free(&six);
	}
}

static void table(void)
{
	for (size_t i = 0; i < photo_attacks_n; i++) {
		const struct photo_attack *a = &photo_attacks[i];
		CHECK(photo_attack_named(a->name) == a, "%s is there twice", a->name);
		CHECK(*a->about && a->steps, "%s", a->name);
		CHECK(a->beyond || !photo_attack_beyond(a, PHOTO_FOUR_LINES), "%s", a->name);
	}
	CHECK(!photo_attack_named("telepathy"), "no such attack");
	const struct photo_attack *j = photo_attack_named("jitter");
	CHECK(photo_attack_beyond(j, PHOTO_SIX_LINES) && !photo_attack_beyond(j, PHOTO_WHOLE),
	      "a page can be named after it");
}

int main(void)
{
	test_run("a homography and its inverse", homography);
	test_run("warps", warps);
	test_run("blurs, turns and scales", filters);
	test_run("noise is white and of its size", noise);
	test_run("lines and words of a page", page);
	test_run("an attack is a function of page and seed", seeds);
	test_run("the table of attacks", table);
	return test_done();
}
