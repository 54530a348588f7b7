/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout_register.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* LANES sums at a time: an order of addition that a compiler may keep in vectors. */
enum { LANES = 8, STEPS_MAX = 12 };

#define SETTLED 0.003f /* pixels */
#define FARTHEST 1.5f  /* pixels from the start */
#define LEFT_MOST 0.75f
#define GAIN_MOST 8

static float sum_of(const float *lane)
{
	return ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
	       ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

/* dot returns the sum of a[i] * b[i]; n is a multiple of LANES. */
static double dot(const float *restrict a, const float *restrict b, size_t n)
{
	float lane[LANES] = {0};
	for (size_t i = 0; i < n; i += LANES)
		for (int k = 0; k < LANES; k++)
			lane[k] += a[i + (size_t)k] * b[i + (size_t)k];
	return (double)sum_of(lane);
}

static double total(const float *a, size_t n)
{
	float lane[LANES] = {0};
	for (size_t i = 0; i < n; i += LANES)
		for (int k = 0; k < LANES; k++)
			lane[k] += a[i + (size_t)k];
	return (double)sum_of(lane);
}

uint32_t mark_blur_reach(float sigma)
{
	return (uint32_t)ceilf(3 * sigma);
}

enum { TAPS_MAX = 2 * 3 * 4 + 2 };

/* gaussian writes the taps of a blur that moves by from 0 to 1 pixels as well, reach before the
 * first pixel and reach + 1 behind; a blur is the best interpolation of what is to be blurred
 * anyhow: for its phase, a cubic is off by a fifth of a shift. */
static uint32_t gaussian(float sigma, float by, float *tap)
{
	assert(sigma >= 0 && sigma <= MARK_BLUR_MAX);
	int32_t reach = (int32_t)mark_blur_reach(sigma);
	float all = 0;
	for (int32_t i = -reach; i <= reach + 1; i++) {
		float d = (float)i - by;
		all += tap[i + reach] = reach ? expf(-d * d / (2 * sigma * sigma))
					: i   ? by
					      : 1 - by;
	}
	for (int32_t i = 0; i <= 2 * reach + 1; i++)
		tap[i] /= all;
	return 2 * (uint32_t)reach + 2;
}

/* weigh writes n values, each the sum of taps_n values of in, step apart. */
static void weigh(const float *restrict in, size_t step, const float *tap, uint32_t taps_n,
		  size_t n, float *restrict out)
{
	for (size_t x = 0; x < n; x++)
		out[x] = tap[0] * in[x];
	for (uint32_t k = 1; k < taps_n; k++) {
		const float *p = in + k * step;
		for (size_t x = 0; x < n; x++)
			out[x] += tap[k] * p[x];
	}
}

void mark_blur(const float *in, uint32_t w, uint32_t h, float sigma_x, float sigma_y, float *rest,
	       float *out)
{
	float tap_x[TAPS_MAX], tap_y[TAPS_MAX];
	uint32_t x_n = gaussian(sigma_x, 0, tap_x) - 1, y_n = gaussian(sigma_y, 0, tap_y) - 1;
	for (size_t y = 0; y < h + y_n - 1; y++)
		weigh(in + y * (w + x_n - 1), 1, tap_x, x_n, w, rest + y * w);
	for (size_t y = 0; y < h; y++)
		weigh(rest + y * w, w, tap_y, y_n, w, out + y * w);
}

size_t mark_template_room(uint32_t w, uint32_t h)
{
	return ((size_t)w * h + LANES - 1) / LANES * LANES;
}

/* invert writes the inverse of a symmetric matrix (Gauss-Jordan; it is positive definite, so that
 * any order of pivots will do). False: it is singular. */
static bool invert(double m[4][4], double out[4][4])
{
	double a[4][8] = {{0}};
	for (int i = 0; i < 4; i++) {
		memcpy(a[i], m[i], sizeof m[i]);
		a[i][4 + i] = 1;
	}
	for (int i = 0; i < 4; i++) {
		if (!(a[i][i] > 1e-9 * m[i][i]) || !(m[i][i] > 0))
			return false;
		double scale = 1 / a[i][i];
		for (int c = 0; c < 8; c++)
			a[i][c] *= scale;
		for (int r = 0; r < 4; r++) {
			double f = a[r][i];
			for (int c = 0; c < 8 && r != i; c++)
				a[r][c] -= f * a[i][c];
		}
	}
	for (int i = 0; i < 4; i++)
		memcpy(out[i], a[i] + 4, 4 * sizeof out[i][0]);
	return true;
}

bool mark_template_make(const float *in, uint32_t w, uint32_t h, struct mark_template *t)
{
	size_t n = mark_template_room(w, h), wide = (size_t)w + 2, i = 0;
	for (uint32_t y = 0; y < h; y++) {
		const float *above = in + y * wide + 1, *p = above + wide, *below = p + wide;
		for (size_t x = 0; x < w; x++, i++) {
			t->t[i] = p[x];
			t->tx[i] = (p[x + 1] - above[x + wide - 1]) / 2;
			t->ty[i] = (below[x] - above[x]) / 2;
		}
	}
	for (; i < n; i++)
		t->t[i] = t->tx[i] = t->ty[i] = 0;
	t->w = w;
	t->h = h;
	double one = (double)w * h, sum = total(t->t, n);
	t->energy = dot(t->t, t->t, n) - sum * sum / one;
	double m[4][4] = {
		{dot(t->t, t->t, n), sum, dot(t->t, t->tx, n), dot(t->t, t->ty, n)},
		{0, one, total(t->tx, n), total(t->ty, n)},
		{0, 0, dot(t->tx, t->tx, n), dot(t->tx, t->ty, n)},
		{0, 0, 0, dot(t->ty, t->ty, n)},
	};
	for (int r = 0; r < 4; r++)
		for (int c = 0; c < r; c++)
			m[r][c] = m[c][r];
	return t->energy > 1e-6 * one && invert(m, t->inverse);
}

/* correlation at the whole-pixel shift by which image was moved. */
static double ncc_at(const struct mark_template *t, const float *image, size_t stride)
{
	double tj = 0, j = 0, jj = 0, t_sum = 0;
	for (uint32_t y = 0; y < t->h; y++) {
		const float *p = image + y * stride, *q = t->t + (size_t)y * t->w;
		float a[LANES] = {0}, b[LANES] = {0}, c[LANES] = {0}, d[LANES] = {0};
		uint32_t x = 0;
		for (; x + LANES <= t->w; x += LANES)
			for (uint32_t k = 0; k < LANES; k++) {
				a[k] += p[x + k] * q[x + k];
				b[k] += p[x + k];
				c[k] += p[x + k] * p[x + k];
				d[k] += q[x + k];
			}
		for (uint32_t k = 0; x < t->w; x++, k++) {
			a[k] += p[x] * q[x];
			b[k] += p[x];
			c[k] += p[x] * p[x];
			d[k] += q[x];
		}
		tj += (double)sum_of(a);
		j += (double)sum_of(b);
		jj += (double)sum_of(c);
		t_sum += (double)sum_of(d);
	}
	double n = (double)t->w * t->h, energy = jj - j * j / n;
	return energy > 1e-9 * n ? (tj - t_sum * j / n) / sqrt(t->energy * energy) : 0;
}

void mark_search(const struct mark_template *t, const float *image, uint32_t margin, uint32_t reach,
		 struct mark_fit *f)
{
	assert(reach <= margin);
	size_t stride = t->w + 2 * (size_t)margin;
	f->ncc = -2;
	for (uint32_t y = margin - reach; y <= margin + reach; y++)
		for (uint32_t x = margin - reach; x <= margin + reach; x++) {
			float ncc = (float)ncc_at(t, image + y * stride + x, stride);
			if (ncc > f->ncc) {
				f->ncc = ncc;
				f->dx = (float)x - (float)margin;
				f->dy = (float)y - (float)margin;
			}
		}
}

/* moved writes the image moved by f and blurred, padded as the template is. */
static void moved(const struct mark_template *t, const struct mark_image *j,
		  const struct mark_fit *f, float *rest, float *out)
{
	float whole_x = floorf(f->dx), whole_y = floorf(f->dy), tap_x[TAPS_MAX], tap_y[TAPS_MAX];
	size_t stride = t->w + 2 * (size_t)j->margin, n = (size_t)t->w * t->h;
	uint32_t x_n = gaussian(j->blur_x, f->dx - whole_x, tap_x);
	uint32_t y_n = gaussian(j->blur_y, f->dy - whole_y, tap_y);
	size_t x0 = (size_t)((int32_t)j->margin + (int32_t)whole_x - (int32_t)(x_n / 2 - 1));
	size_t y0 = (size_t)((int32_t)j->margin + (int32_t)whole_y - (int32_t)(y_n / 2 - 1));
	for (size_t y = 0; y < (size_t)t->h + y_n - 1; y++)
		weigh(j->px + (y0 + y) * stride + x0, 1, tap_x, x_n, t->w, rest + y * t->w);
	weigh(rest, t->w, tap_y, y_n, n, out);
	memset(out + n, 0, (mark_template_room(t->w, t->h) - n) * sizeof *out);
}

/* One axis: the step that the gradients ask for, made longer or shorter by what the step before
 * has left of it (the secant method): with a template that is blurred more than the image all
 * steps are too long, so that they would not settle, and with a sharper one too short. */
struct axis {
	float last, gain;
};

static float step_of(struct axis *a, float asked)
{
	if (fabsf(a->last) > 0) {
		float left = asked / a->last;
		a->gain /= 1 - (left > LEFT_MOST ? LEFT_MOST : left < -1 ? -1 : left);
		a->gain = a->gain > GAIN_MOST ? GAIN_MOST : a->gain;
	}
	a->last = asked;
	float step = a->gain * asked;
	return step < -1 ? -1 : step > 1 ? 1 : step;
}

bool mark_register(const struct mark_template *t, const struct mark_image *j, float *rest,
		   struct mark_fit *f)
{
	uint32_t reach_x = mark_blur_reach(j->blur_x), reach_y = mark_blur_reach(j->blur_y);
	float *now = rest + mark_template_room(t->w, t->h + 2 * reach_y + 1);
	size_t n = mark_template_room(t->w, t->h);
	struct axis x = {0, 1}, y = {0, 1};
	float from[2] = {f->dx, f->dy};
	float most = (float)j->margin - (float)(reach_x > reach_y ? reach_x : reach_y) - 1;
	double b[4], s[4] = {0}, pixels = (double)t->w * t->h, jj = 0;
	for (int step = 0; step < STEPS_MAX; step++) {
		if (fabsf(f->dx - from[0]) > FARTHEST || fabsf(f->dy - from[1]) > FARTHEST ||
		    !(fabsf(f->dx) <= most && fabsf(f->dy) <= most))
			return false;
		moved(t, j, f, rest, now);
		b[0] = dot(t->t, now, n);
		b[1] = total(now, n);
		b[2] = dot(t->tx, now, n);
		b[3] = dot(t->ty, now, n);
		for (int r = 0; r < 4; r++)
			s[r] = t->inverse[r][0] * b[0] + t->inverse[r][1] * b[1] +
			       t->inverse[r][2] * b[2] + t->inverse[r][3] * b[3];
		if (!(s[0] > 1e-3))
			return false;
		float dx = step_of(&x, -(float)(s[2] / s[0]));
		float dy = step_of(&y, -(float)(s[3] / s[0]));
		jj = dot(now, now, n);
		if (fabsf(dx) < SETTLED && fabsf(dy) < SETTLED)
			break;
		f->dx += dx;
		f->dy += dy;
	}
	double left = jj - s[0] * b[0] - s[1] * b[1] - s[2] * b[2] - s[3] * b[3];
	double noise = (left > 0 ? left : 0) / (pixels > 5 ? pixels - 4 : 1) / (s[0] * s[0]);
	double energy = jj - b[1] * b[1] / pixels, sum = total(t->t, n);
	f->var_x = (float)(t->inverse[2][2] * noise);
	f->ncc = energy > 0 ? (float)((b[0] - sum * b[1] / pixels) / sqrt(t->energy * energy)) : 0;
	return true;
}
