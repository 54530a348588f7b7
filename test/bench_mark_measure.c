/* SPDX-License-Identifier: Apache-2.0 */
/* How long it takes to measure and weigh the words of a page in a picture of 12 megapixels, run by
 * hand: ninja -C build test/bench_mark_measure && build/test/bench_mark_measure */
#include "mark_layout_measure.h"
#include "pictures.h"

#include <stdio.h>
#include <time.h>

enum { ROUNDS = 5 };

static double cpu_ms(void)
{
	return 1000.0 * (double)clock() / CLOCKS_PER_SEC;
}

int main(void)
{
	struct arena a = {0};
	uint64_t rng = 1;
	struct pictures_page page;
	struct extract_page picture;
	pictures_page_make(&a, 29, &rng, &page);
	size_t n = page.laid.words_n, points_n = 0;
	for (size_t i = 0; i < n; i++)
		page.shift[i] = test_random(&rng) & 1 ? 154 : -154;
	const double h[9] = {4.9, -0.08, 60, 0.08, 4.9, 70, 0.00002, 0.00004, 1};
	struct pictures_take take = {
		.w = 3024, .h = 4032, .contrast = 0.85, .light = 0.3, .blur = 1.2, .noise = 6};
	pictures_invert(h, take.inverse);
	pictures_take_one(&a, &page, &take, &rng, &picture);
	struct mark_measure *m = ARENA_ARRAY(&a, n, struct mark_measure);
	struct mark_point *p = ARENA_ARRAY(&a, n, struct mark_point);
	float(*loglik)[2] = arena_alloc(&a, n, sizeof *loglik);
	float *shift = ARENA_ARRAY(&a, n, float), *noise = ARENA_ARRAY(&a, n, float);
	assert(m && p && loglik && shift && noise);
	for (int round = 0; round < ROUNDS; round++) {
		struct mark_map map = {0};
		memcpy(map.h, h, sizeof h);
		map.h[2] += 5;
		for (size_t i = 0; i < n; i++)
			m[i].word = (uint32_t)i;
		double from = cpu_ms();
		struct sr_err e =
			mark_measure_words(&a, &page.sheet, &page.laid, &picture, &map, m, n);
		assert(!sr_bad(e));
		double measured = cpu_ms();
		points_n = 0;
		for (size_t i = 0; i < n; i++)
			if (m[i].good)
				p[points_n++] =
					(struct mark_point){(double)page.laid.word[i].x / PAGE_PT,
							    (double)page.laid.word[i].y / PAGE_PT,
							    m[i].dx,
							    m[i].var,
							    0.15,
							    page.laid.word[i].line};
		e = mark_weigh(p, points_n, loglik, shift, noise);
		assert(!sr_bad(e));
		printf("%zu words, %zu seen: measured in %.0f ms, weighed in %.0f ms\n", n,
		       points_n, measured - from, cpu_ms() - measured);
	}
	arena_release(&a);
	return 0;
}
