/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout_straighten.h"

#include <math.h>
#include <string.h>

/* NODE: the map is asked at every NODE-th pixel, and is cubic between. */
enum { NODE = 8 };

static const double CELL_PT = 1.5;    /* paper shows in a cell between two lines of small print */
static const double CLOSING_PT = 9;   /* what is darker over more than twice this is a shadow */
static const double HALVING = 1.8;    /* steps of so many pixels are taken on a halved picture */
static const double SMOOTHING = 1.25; /* from so many on, pixels between two are not passed over */
static const float DARKEST_PAPER = 8;

/* mean_cell returns the mean brightness of a cell. */
static float mean_cell(const struct extract_page *p, uint32_t cell, uint32_t cx, uint32_t cy)
{
	uint32_t x0 = cx * cell, y0 = cy * cell, sum = 0;
	uint32_t x1 = x0 + cell < p->w ? x0 + cell : p->w, y1 = y0 + cell < p->h ? y0 + cell : p->h;
	for (uint32_t y = y0; y < y1; y++) {
		const uint8_t *row = p->gray + (size_t)y * p->w;
		for (uint32_t x = x0; x < x1; x++)
			sum += row[x];
	}
	return (float)sum / (float)((x1 - x0) * (y1 - y0));
}

/* most_of writes to out, for each of n values step apart, the greatest (sign 1) or least (sign -1)
 * of those up to reach away. */
static void most_of(const float *in, uint32_t n, size_t step, uint32_t reach, float sign,
		    float *out)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t first = i > reach ? i - reach : 0, end = i + reach < n ? i + reach + 1 : n;
		float best = sign * in[first * step];
		for (uint32_t k = first + 1; k < end; k++)
			best = sign * in[k * step] > best ? sign * in[k * step] : best;
		out[i * step] = sign * best;
	}
}

static void mean_of(const float *in, uint32_t n, size_t step, uint32_t reach, float *out)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t first = i > reach ? i - reach : 0, end = i + reach < n ? i + reach + 1 : n;
		float sum = 0;
		for (uint32_t k = first; k < end; k++)
			sum += in[k * step];
		out[i * step] = sum / (float)(end - first);
	}
}

struct sr_err mark_paper_make(struct arena *a, const struct extract_page *p, double scale,
			      struct mark_paper *out)
{
	uint32_t cell = scale * CELL_PT < 1 ? 1 : (uint32_t)(scale * CELL_PT + 0.5);
	uint32_t w = (p->w + cell - 1) / cell, h = (p->h + cell - 1) / cell;
	uint32_t reach = (uint32_t)ceil(CLOSING_PT * scale / cell), soft = (reach + 1) / 2;
	float *white = ARENA_ARRAY(a, (size_t)w * h, float);
	struct arena scratch = {0};
	float *rest = ARENA_ARRAY(&scratch, (size_t)w * h, float);
	if (!white || !rest) {
		arena_release(&scratch);
		return sr_nomem();
	}
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			white[(size_t)y * w + x] = mean_cell(p, cell, x, y);
	for (int round = 0; round < 3; round++) {
		float sign = round == 0 ? 1 : -1;
		for (uint32_t y = 0; y < h; y++)
			if (round < 2)
				most_of(white + (size_t)y * w, w, 1, reach, sign,
					rest + (size_t)y * w);
			else
				mean_of(white + (size_t)y * w, w, 1, soft, rest + (size_t)y * w);
		for (uint32_t x = 0; x < w; x++)
			if (round < 2)
				most_of(rest + x, h, w, reach, sign, white + x);
			else
				mean_of(rest + x, h, w, soft, white + x);
	}
	for (size_t i = 0; i < (size_t)w * h; i++)
		white[i] = white[i] < DARKEST_PAPER ? DARKEST_PAPER : white[i];
	arena_release(&scratch);
	*out = (struct mark_paper){w, h, cell, white};
	return sr_ok();
}

static void halve(const struct mark_grey *in, uint8_t *out, uint32_t w, uint32_t h)
{
	for (uint32_t y = 0; y < h; y++) {
		const uint8_t *p = in->px + (size_t)2 * y * in->w, *q = p + in->w;
		for (uint32_t x = 0; x < w; x++)
			out[(size_t)y * w + x] =
				(uint8_t)((p[2 * x] + p[2 * x + 1] + q[2 * x] + q[2 * x + 1] + 2) >>
					  2);
	}
}

/* smooth writes in, weighed 1 2 1 both ways. sum has room for a row. */
static void smooth(const struct mark_grey *in, uint16_t *sum, uint8_t *out)
{
	uint32_t w = in->w, h = in->h;
	for (uint32_t y = 0; y < h; y++) {
		const uint8_t *p = in->px + (size_t)y * w;
		const uint8_t *up = y ? p - w : p, *down = y + 1 < h ? p + w : p;
		uint8_t *o = out + (size_t)y * w;
		for (uint32_t x = 0; x < w; x++)
			sum[x] = (uint16_t)(up[x] + 2 * p[x] + down[x]);
		for (uint32_t x = 1; x + 1 < w; x++)
			o[x] = (uint8_t)((sum[x - 1] + 2 * sum[x] + sum[x + 1] + 8) >> 4);
		o[0] = (uint8_t)((sum[0] + 2) >> 2);
		o[w - 1] = (uint8_t)((sum[w - 1] + 2) >> 2);
	}
}

struct sr_err mark_grey_make(struct arena *a, const struct extract_page *p, double step,
			     struct mark_grey *out)
{
	struct mark_grey g = {p->w, p->h, p->gray, 1};
	for (; step >= HALVING && g.w >= 2 && g.h >= 2; step /= 2) {
		uint32_t w = g.w / 2, h = g.h / 2;
		uint8_t *px = ARENA_ARRAY(a, (size_t)w * h, uint8_t);
		if (!px)
			return sr_nomem();
		halve(&g, px, w, h);
		g = (struct mark_grey){w, h, px, g.shrink * 2};
	}
	if (step >= SMOOTHING) {
		uint8_t *px = ARENA_ARRAY(a, (size_t)g.w * g.h, uint8_t);
		uint16_t *sum = ARENA_ARRAY(a, g.w, uint16_t);
		if (!px || !sum)
			return sr_nomem();
		smooth(&g, sum, px);
		g.px = px;
	}
	*out = g;
	return sr_ok();
}

/* The cubic through four values, by Catmull and Rom: weights at t between the middle two. */
static inline void cubic(float t, float k[4])
{
	k[0] = ((-0.5f * t + 1) * t - 0.5f) * t;
	k[1] = (1.5f * t - 2.5f) * t * t + 1;
	k[2] = ((-1.5f * t + 2) * t + 0.5f) * t;
	k[3] = (0.5f * t - 0.5f) * t * t;
}

/* near returns the whole number at or below v, kept within -1 .. n. */
static inline int32_t near(float v, uint32_t n)
{
	float kept = v < -1 ? -1 : v > (float)n ? (float)n : v;
	return (int32_t)(kept + 2) - 2;
}

static inline uint32_t clamp(int32_t i, uint32_t n)
{
	return i < 0 ? 0 : (uint32_t)i >= n ? n - 1 : (uint32_t)i;
}

/* Four pixels side by side, in one register of any processor that has such. */
typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef float floats4 __attribute__((vector_size(16)));

static inline floats4 pixels_at(const uint8_t *p)
{
	bytes4 b;
	memcpy(&b, p, sizeof b);
	return __builtin_convertvector(b, floats4);
}

/* sample returns the brightness at (u, v), in pixels of g from the middle of the first one. */
static inline float sample(const struct mark_grey *g, float u, float v)
{
	int32_t i = near(u, g->w), j = near(v, g->h);
	float a[4], b[4];
	if (i >= 1 && j >= 1 && i + 2 < (int32_t)g->w && j + 2 < (int32_t)g->h) {
		const uint8_t *p = g->px + (size_t)(j - 1) * g->w + (size_t)(i - 1);
		cubic(u - (float)i, a);
		cubic(v - (float)j, b);
		floats4 sum = b[0] * pixels_at(p) + b[1] * pixels_at(p + g->w) +
			      b[2] * pixels_at(p + 2 * (size_t)g->w) +
			      b[3] * pixels_at(p + 3 * (size_t)g->w);
		return (a[0] * sum[0] + a[1] * sum[1]) + (a[2] * sum[2] + a[3] * sum[3]);
	}
	float s = u - (float)i, t = v - (float)j, sum = 0;
	cubic(s < 0 ? 0 : s > 1 ? 1 : s, a);
	cubic(t < 0 ? 0 : t > 1 ? 1 : t, b);
	for (int y = 0; y < 4; y++) {
		const uint8_t *p = g->px + (size_t)clamp(j + y - 1, g->h) * g->w;
		for (int x = 0; x < 4; x++)
			sum += b[y] * a[x] * p[clamp(i + x - 1, g->w)];
	}
	return sum;
}

/* white_at returns the brightness of the paper at (u, v), in pixels of the picture. */
static float white_at(const struct mark_paper *p, float u, float v)
{
	float x = u / (float)p->cell - 0.5f, y = v / (float)p->cell - 0.5f;
	int32_t i = near(x, p->w), j = near(y, p->h);
	float s = x - (float)i, t = y - (float)j;
	s = s < 0 ? 0 : s > 1 ? 1 : s;
	t = t < 0 ? 0 : t > 1 ? 1 : t;
	const float *up = p->white + (size_t)clamp(j, p->h) * p->w;
	const float *down = p->white + (size_t)clamp(j + 1, p->h) * p->w;
	uint32_t l = clamp(i, p->w), r = clamp(i + 1, p->w);
	return (1 - t) * ((1 - s) * up[l] + s * up[r]) + t * ((1 - s) * down[l] + s * down[r]);
}

static uint32_t nodes_along(uint32_t len)
{
	return (len + NODE - 1) / NODE + 3;
}

size_t mark_straighten_nodes(const struct mark_window *o)
{
	return (size_t)3 * nodes_along(o->w) * (nodes_along(o->h) + 1);
}

/* One field of the three that are known at the nodes: where to look in the grey picture, and one
 * over the paper's brightness there. */
enum { U, V, WHITE, FIELDS };

/* place_nodes asks the map at each node; nodes by row, then field, then column. It returns whether
 * all are finite. */
static bool place_nodes(const struct mark_sight *s, const struct mark_map *m,
			const struct mark_window *o, float *nodes)
{
	uint32_t nx = nodes_along(o->w), ny = nodes_along(o->h);
	for (uint32_t j = 0; j < ny; j++)
		for (uint32_t i = 0; i < nx; i++) {
			double x = o->x + (double)NODE * ((double)i - 1) + 0.5;
			double y = o->y + (double)NODE * ((double)j - 1) + 0.5, u, v;
			mark_map_apply(m, x / (double)o->scale, y / (double)o->scale, &u, &v);
			if (!(fabs(u) < 1e6 && fabs(v) < 1e6))
				return false;
			float *n = nodes + (size_t)j * FIELDS * nx + i;
			n[U * nx] = (float)u / s->grey.shrink - 0.5f;
			n[V * nx] = (float)v / s->grey.shrink - 0.5f;
			n[WHITE * nx] = 1 / white_at(&s->paper, (float)u, (float)v);
		}
	return true;
}

/* between returns the cubic through the nodes of a row at pixel x of it. */
static inline float between(const float *row, uint32_t x, const float k[4])
{
	const float *n = row + x / NODE;
	return k[0] * n[0] + k[1] * n[1] + k[2] * n[2] + k[3] * n[3];
}

bool mark_straighten(const struct mark_sight *s, const struct mark_map *m,
		     const struct mark_window *o, float *nodes, float *ink)
{
	if (!place_nodes(s, m, o, nodes))
		return false;
	uint32_t nx = nodes_along(o->w);
	size_t row_len = (size_t)FIELDS * nx;
	float *row = nodes + row_len * nodes_along(o->h), weight[NODE][4];
	for (uint32_t i = 0; i < NODE; i++)
		cubic((float)i / NODE, weight[i]);
	for (uint32_t y = 0; y < o->h; y++) {
		const float *n = nodes + row_len * (y / NODE), *k = weight[y % NODE];
		for (size_t i = 0; i < row_len; i++)
			row[i] = k[0] * n[i] + k[1] * n[i + row_len] + k[2] * n[i + 2 * row_len] +
				 k[3] * n[i + 3 * row_len];
		for (uint32_t x = 0; x < o->w; x++) {
			const float *t = weight[x % NODE];
			float u = between(row + U * nx, x, t), v = between(row + V * nx, x, t);
			ink[(size_t)y * o->w + x] =
				1 - sample(&s->grey, u, v) * between(row + WHITE * nx, x, t);
		}
	}
	return true;
}

bool mark_window_seen(const struct mark_map *m, const struct mark_window *o, uint32_t w, uint32_t h)
{
	for (uint32_t k = 0; k < 9; k++) {
		double x = o->x + o->w * (k % 3) / 2.0, y = o->y + o->h * (k / 3) / 2.0, u, v;
		mark_map_apply(m, x / (double)o->scale, y / (double)o->scale, &u, &v);
		if (!(u >= 0 && v >= 0 && u <= w && v <= h))
			return false;
	}
	return true;
}
