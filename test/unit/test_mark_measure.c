/* SPDX-License-Identifier: Apache-2.0 */
/* Shifts of words measured in pictures of a page, against those that it was drawn with. */
#include "mark_layout_measure.h"
#include "mark_layout_register.h"
#include "pictures.h"

#include <stdio.h>

/* One way to take a picture: pixels to a point, turned by so many degrees, closer at the bottom by
 * persp; lines of the page, of which those from y on are in the picture, tall points of it. */
struct shot {
	const char *name;
	double scale, turn, persp;
	uint32_t lines_n;
	double y, tall;
	double curl, wave, blur, shake, noise, jpeg;
	/* Bounds: words seen of those that are all in the picture (share), slope, standard
	 * deviation of what mark_weigh leaves, signs wrong (share). */
	double seen, slope, sd, wrong;
};

static const struct shot SHOTS[] = {
	{"screen, 1.1 px/pt", 1.1, 0, 0, 12, 60, 200, 0, 0, 0, 0, 1, 0, 0.99, 0.03, 0.03, 0.002},
	{"screen, 1.33 px/pt", 1.33, 0, 0, 12, 60, 200, 0, 0, 0, 0, 1, 0, 0.99, 0.03, 0.02, 0.002},
	{"screen, 2 px/pt", 2, 0, 0, 12, 60, 200, 0, 0, 0, 0, 1, 0, 0.99, 0.03, 0.012, 0.002},
	{"scan, 4 px/pt", 4, 0.7, 0, 6, 60, 120, 0, 0, 0.8, 0, 7, 0, 0.99, 0.03, 0.01, 0.002},
	{"JPEG, 1.33 px/pt", 1.33, 1, 0.05, 14, 60, 230, 0, 0, 0.6, 0, 4, 25, 0.97, 0.06, 0.06,
	 0.02},
	{"photo, 2 px/pt", 2, 2, 0.08, 12, 60, 200, 0, 0, 0.7, 0, 6, 0, 0.97, 0.03, 0.025, 0.002},
	{"dim photo, 2 px/pt", 2, 1, 0.05, 12, 60, 200, 0, 0, 1.3, 0, 25, 0, 0.97, 0.05, 0.05,
	 0.01},
	{"shaken photo", 2, 3, 0.05, 12, 60, 200, 0, 0, 0.8, 5, 10, 0, 0.97, 0.05, 0.06, 0.01},
	{"curl of 3 mm", 2, 1, 0.05, 24, 60, 380, 8.5, 300, 0.7, 0, 5, 0, 0.97, 0.06, 0.04, 0.01},
	{"short curl", 2, 1, 0.05, 24, 60, 380, 1.5, 80, 0.7, 0, 5, 0, 0.97, 0.1, 0.07, 0.04},
	{"six lines", 2, 1, 0.03, 24, 200, 95, 0, 0, 0.7, 0, 4, 0, 0.95, 0.06, 0.03, 0.01},
};

/* Everything about one picture and what was measured in it. */
struct trial {
	struct arena a;
	struct pictures_page page;
	struct pictures_take take;
	struct extract_page picture;
	struct mark_map map;
	struct mark_measure *m;
	size_t n;
};

static void set_camera(struct trial *t, const struct shot *s)
{
	double c = s->scale * cos(s->turn * PICTURES_PI / 180);
	double d = s->scale * sin(s->turn * PICTURES_PI / 180);
	/* The page from y on, its perspective about the picture's middle. */
	double p = s->persp / 800, w = 1 - p * (s->y + s->tall / 2);
	double x0 = c * 297 - d * (s->y + s->tall / 2), y0 = d * 297 + c * (s->y + s->tall / 2);
	double u0 = s->scale * 297, v0 = s->scale * s->tall / 2;
	double h[9] = {c + u0 * 0.3 * p, -d + u0 * p, 0,
		       d + v0 * 0.3 * p, c + v0 * p,  0,
		       0.3 * p,          p,           w - 0.3 * p * 297};
	double z = 1;
	h[2] = u0 * z - x0 + u0 * (h[8] - 1);
	h[5] = v0 * z - y0 + v0 * (h[8] - 1);
	memcpy(t->map.h, h, sizeof h);
	t->take = (struct pictures_take){.w = (uint32_t)(s->scale * 594),
					 .h = (uint32_t)(s->scale * s->tall),
					 .curl = s->curl,
					 .wave = s->wave,
					 .contrast = 0.85,
					 .light = 0.3,
					 .blur = s->blur,
					 .shake = s->shake,
					 .noise = s->noise,
					 .jpeg = s->jpeg};
	pictures_invert(h, t->take.inverse);
}

/* rough_map makes the map that boxes of character recognition would give. */
static void rough_map(struct trial *t, double scale, uint64_t *rng)
{
	struct mark_pair *pair = ARENA_ARRAY(&t->a, t->n, struct mark_pair);
	size_t pairs_n = 0;
	assert(pair);
	for (size_t i = 0; i < t->n; i++) {
		const struct page_word *w = &t->page.laid.word[i];
		struct mark_pair p = {.x = (w->x + w->advance / 2.0) / PAGE_PT,
				      .y = (double)w->y / PAGE_PT - 3};
		struct mark_map flat = t->map;
		mark_map_apply(&flat, p.x, p.y, &p.u, &p.v);
		pictures_seen(&t->take, p.x, p.y, &p.u, &p.v);
		if (p.u < 0 || p.v < 0 || p.u > t->take.w || p.v > t->take.h)
			continue;
		p.u += 0.5 * scale * pictures_normal(rng);
		p.v += 0.5 * scale * pictures_normal(rng);
		pair[pairs_n++] = p;
	}
	struct sr_err e = mark_map_bend(&t->a, pair, pairs_n, 40, 0.5, &t->map);
	assert(!sr_bad(e));
	/* And off as a whole, by a point and a half. */
	t->map.h[2] += 1.5 * scale * t->map.h[8];
	t->map.h[0] += 1.5 * scale * t->map.h[6];
	t->map.h[1] += 1.5 * scale * t->map.h[7];
}

static void start(struct trial *t, const struct shot *s, double reach, uint64_t *rng)
{
	*t = (struct trial){0};
	pictures_page_make(&t->a, s->lines_n, rng, &t->page);
	t->n = t->page.laid.words_n;
	for (size_t i = 0; i < t->n; i++) {
		const struct page_word *w = &t->page.laid.word[i];
		int32_t d = test_random(rng) & 1 ? pictures_unit(reach) : -pictures_unit(reach);
		t->page.shift[i] = w->gap_before && w->gap_after ? d : 0;
	}
	set_camera(t, s);
	pictures_take_one(&t->a, &t->page, &t->take, rng, &t->picture);
	rough_map(t, s->scale, rng);
	t->m = ARENA_ARRAY(&t->a, t->n, struct mark_measure);
	assert(t->m);
	for (size_t i = 0; i < t->n; i++)
		t->m[i].word = (uint32_t)i;
}

static void measure(struct trial *t)
{
	struct sr_err e = mark_measure_words(&t->a, &t->page.sheet, &t->page.laid, &t->picture,
					     &t->map, t->m, t->n);
	CHECK(!sr_bad(e), "%s", e.what);
}

/* within tells whether all of word i is in the picture. */
static bool within(const struct trial *t, size_t i)
{
	const struct page_word *w = &t->page.laid.word[i];
	double x = (double)w->x / PAGE_PT, y = (double)w->y / PAGE_PT, u = 0, v = 0;
	for (int k = 0; k < 4; k++) {
		u = t->take.w / 2.0;
		v = t->take.h / 2.0;
		pictures_seen(&t->take, x + (k % 2) * (double)w->advance / PAGE_PT,
			      y + (k < 2 ? -9 : 4), &u, &v);
		if (!(u >= 0 && v >= 0 && u <= t->take.w && v <= t->take.h))
			return false;
	}
	return true;
}

/* What became of the words of one picture. */
struct result {
	size_t within, seen, marks, wrong, erased;
	double slope, sd, noise;
};

static struct result weigh(struct trial *t, double reach)
{
	struct mark_point *p = ARENA_ARRAY(&t->a, t->n, struct mark_point);
	size_t *of = ARENA_ARRAY(&t->a, t->n, size_t), n = 0;
	float(*loglik)[2] = arena_alloc(&t->a, t->n, sizeof *loglik);
	float *shift = ARENA_ARRAY(&t->a, t->n, float), *noise = ARENA_ARRAY(&t->a, t->n, float);
	assert(p && of && loglik && shift && noise);
	struct result r = {0};
	for (size_t i = 0; i < t->n; i++) {
		const struct page_word *w = &t->page.laid.word[i];
		bool in = within(t, i);
		r.within += in;
		r.seen += in && t->m[i].good;
		if (!t->m[i].good)
			continue;
		of[n] = i;
		p[n++] = (struct mark_point){(w->x + w->advance / 2.0) / PAGE_PT,
					     (double)w->y / PAGE_PT,
					     t->m[i].dx,
					     t->m[i].var,
					     w->gap_before && w->gap_after ? reach : 0,
					     w->line};
	}
	struct sr_err e = mark_weigh(p, n, loglik, shift, noise);
	CHECK(!sr_bad(e), "%s", e.what);
	double along = 0, across = 0, square = 0;
	for (size_t i = 0; i < n; i++) {
		double truth = (double)t->page.shift[of[i]] / PAGE_PT, s = (double)shift[i];
		double llr = (double)loglik[i][1] - (double)loglik[i][0];
		if (!(fabs(truth) > 0))
			continue;
		r.marks++;
		r.erased += !(fabs(llr) > 0);
		r.wrong += llr * truth < 0;
		if (fabs(llr) > 0) {
			along += truth * truth;
			across += truth * s;
			square += (s - truth) * (s - truth);
			r.noise += (double)noise[i];
		}
	}
	double read = (double)(r.marks - r.erased);
	r.slope = across / along;
	r.sd = sqrt(square / read);
	r.noise /= read;
	return r;
}

static void test_pictures(void)
{
	for (size_t k = 0; k < sizeof SHOTS / sizeof SHOTS[0]; k++) {
		const struct shot *s = &SHOTS[k];
		uint64_t rng = 100 + k;
		struct trial t;
		start(&t, s, 0.15, &rng);
		measure(&t);
		struct result r = weigh(&t, 0.15);
		printf("# %-20s %zu of %zu words, %zu marks, %zu erased, %zu wrong, slope %.3f, sd "
		       "%.4f "
		       "(said %.4f) pt\n",
		       s->name, r.seen, r.within, r.marks, r.erased, r.wrong, r.slope, r.sd,
		       r.noise);
		CHECK(r.within > 20, "%s: %zu words in the picture", s->name, r.within);
		CHECK((double)r.seen >= s->seen * (double)r.within, "%s", s->name);
		CHECK(fabs(r.slope - 1) <= s->slope, "%s: %f", s->name, r.slope);
		CHECK(r.sd <= s->sd, "%s: %f", s->name, r.sd);
		CHECK((double)r.wrong <= s->wrong * (double)r.marks, "%s: %zu", s->name, r.wrong);
		CHECK(r.noise < 2 * r.sd + 0.012 && r.noise > r.sd / 2, "%s: said %f, was %f",
		      s->name, r.noise, r.sd);
		CHECK((double)r.erased <= 0.05 * (double)r.marks, "%s: %zu erased", s->name,
		      r.erased);
		arena_release(&t.a);
	}
}

enum { REACH = 8, SIDE_MAX = 400 * 100 };

/* The memory of one registration. */
struct bench {
	float still[SIDE_MAX], moved[SIDE_MAX], image[SIDE_MAX], rest[3 * SIDE_MAX];
	float t[SIDE_MAX], tx[SIDE_MAX], ty[SIDE_MAX];
};

/* cut writes w * h pixels of a raster from x, y on, edge more at each side, blurred. */
static void cut(const struct page_raster *r, int x, int y, uint32_t w, uint32_t h, uint32_t edge,
		float blur, struct bench *b, float *out)
{
	uint32_t grow = edge + mark_blur_reach(blur), wide = w + 2 * grow, tall = h + 2 * grow;
	assert(wide * tall <= SIDE_MAX && x >= (int)grow && y >= (int)grow);
	for (uint32_t i = 0; i < wide * tall; i++) {
		size_t px = (size_t)x - grow + i % wide, py = (size_t)y - grow + i / wide;
		b->image[i] = px < r->w && py < r->h ? (float)r->ink[py * r->w + px] / 255 : 0;
	}
	mark_blur(b->image, w + 2 * edge, h + 2 * edge, blur, blur, b->rest, out);
}

/* shift_read returns by how much word i of the page, alone, is found to be moved if it is moved by
 * d pixels; mine: the template's blur beyond that of both, theirs: the image's. */
static double shift_read(struct pictures_page *page, size_t i, double scale, double d, float mine,
			 float theirs, struct bench *b)
{
	struct arena a = {0};
	struct page_laid alone = page->laid;
	const struct page_word *w = &page->laid.word[i];
	alone.word += i;
	alone.words_n = 1;
	int32_t shift = pictures_unit(d / scale);
	struct page_raster r[2];
	for (int k = 0; k < 2; k++) {
		struct sr_err e = page_raster_make(&a, &page->sheet, &alone, 0, scale,
						   k ? &shift : NULL, &r[k]);
		assert(!sr_bad(e));
	}
	double unit = scale / PAGE_PT;
	int x = (int)(w->x * unit - 3), y = (int)((w->y - pictures_unit(8.5)) * unit);
	uint32_t wide = (uint32_t)(w->advance * unit + 7), tall = (uint32_t)(12 * scale);
	struct mark_template t = {.t = b->t, .tx = b->tx, .ty = b->ty};
	cut(&r[0], x, y, wide, tall, 1, sqrtf(0.49f + mine * mine), b, b->still);
	bool sound = mark_template_make(b->still, wide, tall, &t);
	cut(&r[1], x, y, wide, tall, REACH, theirs, b, b->moved);
	struct mark_image j = {b->moved, REACH, 0.7f, 0.7f};
	struct mark_fit f = {0};
	sound = sound && mark_register(&t, &j, b->rest, &f);
	CHECK(sound && fabsf(f.dy) < 0.06f, "word %zu at %.2f px/pt: dy %f", i, scale,
	      (double)f.dy);
	arena_release(&a);
	return (double)f.dx;
}

/* A raster moved by a part of a pixel is found there, on average over words (pixels alias, so that
 * a single word is off by some hundredths), whatever blur it and the template have, in common or
 * not: a template that was blurred more once made the steps too long and the shift too small. */
static void test_register_is_unbiased(void)
{
	static const struct {
		float mine, theirs;
		double off;
	} BLURS[] = {{0, 0, 0.01},        {0.7f, 0.6f, 0.01},  {1.3f, 1.3f, 0.01}, {2, 2, 0.01},
		     {1.3f, 0.6f, 0.015}, {0.7f, 1.3f, 0.015}, {1.8f, 0, 0.015}};
	static struct bench b;
	struct arena a = {0};
	uint64_t rng = 3;
	struct pictures_page page;
	pictures_page_make(&a, 2, &rng, &page);
	page.sheet.height = pictures_unit(120);
	for (size_t k = 0; k < sizeof BLURS / sizeof BLURS[0]; k++)
		for (double scale = 1.33; scale < 3; scale *= 1.45) {
			double read[2] = {0}, moved[2] = {-0.3, 0.2};
			for (int side = 0; side < 2; side++)
				for (size_t i = 0; i < page.laid.words_n; i++)
					read[side] +=
						shift_read(&page, i, scale, moved[side],
							   BLURS[k].mine, BLURS[k].theirs, &b) /
						(double)page.laid.words_n;
			double slope = (read[1] - read[0]) / (moved[1] - moved[0]);
			printf("# %.2f px/pt, blurs %.1f and %.1f: %.1f px read %.4f, %.1f px "
			       "%.4f, slope "
			       "%.3f\n",
			       scale, (double)BLURS[k].mine, (double)BLURS[k].theirs, moved[0],
			       read[0], moved[1], read[1], slope);
			for (int side = 0; side < 2; side++)
				CHECK(fabs(read[side] - moved[side]) < BLURS[k].off,
				      "%.4f for %.1f", read[side], moved[side]);
			CHECK(fabs(slope - 1) < 0.03, "slope %f", slope);
		}
	arena_release(&a);
}

static void test_search(void)
{
	enum { W = 21, H = 13, MARGIN = 6 };
	enum { ROW = W + 2 * MARGIN, ALL = ROW * (H + 2 * MARGIN) };
	float image[ALL] = {0}, in[(W + 2) * (H + 2)] = {0}, t_[W * H + 8], x_[W * H + 8],
	      y_[W * H + 8];
	uint64_t rng = 4;
	for (int i = 0; i < ALL; i++)
		image[i] = (float)(test_random(&rng) % 1000) / 1000;
	for (int dy = -5; dy <= 5; dy++)
		for (int dx = -5; dx <= 5; dx++) {
			for (int y = 0; y < H + 2; y++)
				for (int x = 0; x < W + 2; x++)
					in[y * (W + 2) + x] =
						3 * image[(MARGIN + dy + y - 1) * ROW + MARGIN +
							  dx + x - 1];
			struct mark_template t = {.t = t_, .tx = x_, .ty = y_};
			struct mark_fit f;
			CHECK(mark_template_make(in, W, H, &t), "a template");
			mark_search(&t, image, MARGIN, 5, &f);
			CHECK(fabsf(f.dx - (float)dx) < 0.1f && fabsf(f.dy - (float)dy) < 0.1f &&
				      f.ncc > 0.999f,
			      "%d, %d: found at %.0f, %.0f", dx, dy, (double)f.dx, (double)f.dy);
		}
	memset(in, 0, sizeof in);
	struct mark_template t = {.t = t_, .tx = x_, .ty = y_};
	CHECK(!mark_template_make(in, W, H, &t), "white paper is nowhere");
	for (int i = 0; i < (W + 2) * (H + 2); i++)
		in[i] = (float)(i % (W + 2));
	CHECK(!mark_template_make(in, W, H, &t), "a ramp is nowhere");
}

/* Words under a stain or that are other words do not count, and nothing else is disturbed. */
static void test_covered_words(void)
{
	struct shot s = SHOTS[5];
	uint64_t rng = 50;
	struct trial t;
	start(&t, &s, 0.15, &rng);
	uint8_t *gray = (uint8_t *)(uintptr_t)t.picture.gray;
	size_t covered = 0, passed = 0, lost = 0;
	bool *cover = ARENA_ARRAY(&t.a, t.n, bool);
	for (size_t i = 5; i < t.n; i += 9) {
		const struct page_word *w = &t.page.laid.word[i];
		double u = t.take.w / 2.0, v = t.take.h / 2.0;
		pictures_seen(&t.take, (w->x + w->advance / 2.0) / PAGE_PT,
			      (double)w->y / PAGE_PT - 3, &u, &v);
		int wide = (int)(0.6 * w->advance / PAGE_PT * s.scale), tall = (int)(7 * s.scale);
		cover[i] = true;
		/* Half of the word is black, or other letters stand there. */
		for (int y = -tall; y < tall; y++)
			for (int x = -wide; x < (i % 2 ? 0 : wide); x++) {
				int px = (int)u + x, py = (int)v + y;
				if (px < 0 || py < 0 || px >= (int)t.take.w || py >= (int)t.take.h)
					continue;
				int from = py * (int)t.take.w + (px + 70) % (int)t.take.w;
				gray[py * (int)t.take.w + px] = i % 2 ? 30 : gray[from];
			}
	}
	measure(&t);
	for (size_t i = 0; i < t.n; i++) {
		if (!within(&t, i))
			continue;
		covered += cover[i];
		passed += cover[i] && t.m[i].good;
		lost += !cover[i] && !t.m[i].good;
	}
	printf("# %zu words covered, %zu of them passed, %zu others lost\n", covered, passed, lost);
	CHECK(covered > 8 && 5 * passed <= covered, "%zu of %zu covered words passed", passed,
	      covered);
	CHECK(lost <= covered / 2, "%zu others lost", lost);
	arena_release(&t.a);
}

/* A picture of something else, or of nothing. */
static void test_nothing_to_see(void)
{
	struct shot s = SHOTS[1];
	uint64_t rng = 60;
	struct trial t;
	for (int kind = 0; kind < 4; kind++) {
		rng = 60;
		start(&t, &s, 0.15, &rng);
		uint8_t *gray = (uint8_t *)(uintptr_t)t.picture.gray;
		size_t pixels = (size_t)t.picture.w * t.picture.h, good = 0;
		for (size_t i = 0; i < pixels; i++)
			gray[i] = kind == 0 ? 255 : kind == 1 ? 0 : (uint8_t)test_random(&rng);
		if (kind == 3) { /* a picture of one pixel */
			t.picture.w = t.picture.h = 1;
		}
		measure(&t);
		for (size_t i = 0; i < t.n; i++)
			good += t.m[i].good;
		CHECK(50 * good <= t.n, "kind %d: %zu words", kind, good);
		arena_release(&t.a);
	}
	start(&t, &s, 0.15, &rng);
	memset(t.map.h, 0, sizeof t.map.h);
	t.map.nx = t.map.ny = 0;
	measure(&t);
	for (size_t i = 0; i < t.n; i++)
		CHECK(!t.m[i].good, "no map: word %zu", i);
	t.n = 0;
	measure(&t);
	arena_release(&t.a);
}

/* A stored sheet that says of a word that its ink is larger than any page: that word is not looked
 * for, nothing that large is allocated, and the others are found. */
static void test_ink_beyond_the_page(void)
{
	struct shot s = SHOTS[1];
	uint64_t rng = 65;
	struct trial t;
	start(&t, &s, 0.15, &rng);
	struct page_shape *shape = ARENA_ARRAY(&t.a, t.page.sheet.shapes_n + 1, struct page_shape);
	assert(shape);
	memcpy(shape, t.page.sheet.shape, t.page.sheet.shapes_n * sizeof *shape);
	uint32_t *used = &t.page.laid.shapes[t.page.laid.word[7].first];
	shape[t.page.sheet.shapes_n] = shape[*used];
	shape[t.page.sheet.shapes_n].ink = (struct page_box){-PAGE_LENGTH_MAX, -PAGE_LENGTH_MAX,
							     PAGE_LENGTH_MAX, PAGE_LENGTH_MAX};
	t.page.sheet.shape = shape;
	*used = (uint32_t)t.page.sheet.shapes_n++;
	measure(&t);
	size_t good = 0;
	for (size_t i = 0; i < t.n; i++)
		good += t.m[i].good;
	CHECK(!t.m[7].good && 2 * good > t.n, "%zu of %zu words", good, t.n);
	arena_release(&t.a);
}

static void test_no_memory(void)
{
	struct shot s = {.scale = 1, .lines_n = 2, .y = 60, .tall = 50, .noise = 1};
	uint64_t rng = 70;
	struct trial t;
	start(&t, &s, 0.15, &rng);
	struct mark_map map = t.map;
	for (size_t n = 1;; n += test_stride(4)) {
		t.map = map;
		test_alloc_fail_at(n);
		struct sr_err e = mark_measure_words(&t.a, &t.page.sheet, &t.page.laid, &t.picture,
						     &t.map, t.m, t.n);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		if (!failed) {
			CHECK(!sr_bad(e), "%s", e.what);
			break;
		}
		CHECK(e.code == SR_E_NOMEM, "allocation %zu: %s", n, e.what);
	}
	arena_release(&t.a);
}

int main(void)
{
	test_run("a shifted raster is found where it is", test_register_is_unbiased);
	test_run("the search finds whole pixels", test_search);
	test_run("shifts in pictures", test_pictures);
	test_run("covered words", test_covered_words);
	test_run("nothing to see", test_nothing_to_see);
	test_run("ink beyond the page", test_ink_beyond_the_page);
	test_run("no memory", test_no_memory);
	return test_done();
}
