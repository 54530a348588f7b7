/* SPDX-License-Identifier: Apache-2.0 */
#include "photo_image.h"

#include "instrument.h"

#include <leptonica/allheaders.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 8, TAPS_MAX = 256 };

_Noreturn void photo_die(const char *what, const char *name)
{
	(void)fprintf(stderr, "photo: %s: %s\n", what, name);
	exit(2);
}

static void *get(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);
	if (!p)
		photo_die("no memory", "calloc");
	return p;
}

double photo_uniform(uint64_t *dice, double low, double high)
{
	return low + (high - low) * (double)(instrument_random(dice) >> 11) * 0x1p-53;
}

struct photo_image photo_image_make(int w, int h, float value)
{
	struct photo_image p = {w, h, get((size_t)w * (size_t)h, sizeof(float))};
	for (size_t i = 0, n = (size_t)w * (size_t)h; i < n; i++)
		p.at[i] = value;
	return p;
}

struct photo_image photo_image_copy(const struct photo_image *p)
{
	size_t n = (size_t)p->w * (size_t)p->h;
	struct photo_image c = {p->w, p->h, get(n, sizeof(float))};
	memcpy(c.at, p->at, n * sizeof(float));
	return c;
}

void photo_image_free(struct photo_image *p)
{
	free(p->at);
	*p = (struct photo_image){0};
}

static void replace(struct photo_image *p, struct photo_image by)
{
	photo_image_free(p);
	*p = by;
}

static uint8_t byte(float v)
{
	return (uint8_t)(v <= 0 ? 0 : v >= 255 ? 255 : v + .5F);
}

static struct photo_image from_pix(PIX *pix)
{
	PIX *grey = pixConvertTo8(pix, 0);
	if (!grey)
		photo_die("cannot be made grey", "pixConvertTo8");
	struct photo_image p = photo_image_make(pixGetWidth(grey), pixGetHeight(grey), 0);
	for (int y = 0; y < p.h; y++) {
		const l_uint32 *line = pixGetData(grey) + (size_t)y * (size_t)pixGetWpl(grey);
		float *out = p.at + (size_t)y * (size_t)p.w;
		for (int x = 0; x < p.w; x++)
			out[x] = (float)GET_DATA_BYTE(line, x);
	}
	pixDestroy(&grey);
	return p;
}

static PIX *to_pix(const struct photo_image *p)
{
	PIX *pix = pixCreate(p->w, p->h, 8);
	if (!pix)
		photo_die("no memory", "pixCreate");
	for (int y = 0; y < p->h; y++) {
		l_uint32 *line = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
		const float *in = p->at + (size_t)y * (size_t)p->w;
		for (int x = 0; x < p->w; x++)
			SET_DATA_BYTE(line, x, byte(in[x]));
	}
	return pix;
}

struct photo_image photo_image_read(const char *path)
{
	PIX *pix = pixRead(path);
	if (!pix)
		photo_die("is not a picture", path);
	struct photo_image p = from_pix(pix);
	pixDestroy(&pix);
	return p;
}

static void put(PIX **pix, const char *path, int quality)
{
	if (quality ? pixWriteJpeg(path, *pix, quality, 0) : pixWrite(path, *pix, IFF_PNG))
		photo_die("cannot be written", path);
	pixDestroy(pix);
}

void photo_image_write(const struct photo_image *p, const char *path, int quality, bool bilevel)
{
	PIX *pix = to_pix(p);
	if (bilevel) {
		PIX *one = pixThresholdToBinary(pix, 128);
		pixDestroy(&pix);
		pix = one;
	}
	put(&pix, path, quality);
}

void photo_image_write_tinted(const struct photo_image *p, const char *path, int quality,
			      const float tint[3])
{
	PIX *pix = pixCreate(p->w, p->h, 32);
	if (!pix)
		photo_die("no memory", "pixCreate");
	for (int y = 0; y < p->h; y++) {
		l_uint32 *line = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
		for (int x = 0; x < p->w; x++) {
			float v = p->at[(size_t)y * (size_t)p->w + (size_t)x];
			composeRGBPixel(byte(v * tint[0]), byte(v * tint[1]), byte(v * tint[2]),
					line + x);
		}
	}
	put(&pix, path, quality);
}

void photo_image_orient(const char *path, uint8_t orientation)
{
	/* APP1 of 34 bytes: a TIFF header and a folder with one entry, tag 0x0112, one SHORT. */
	uint8_t tag[] = {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,    'M', 'M',
			 0,    42,   0, 0,  0,   8,   0,   1,   1, 0x12, 0,   3,
			 0,    0,    0, 1,  0,   0,   0,   0,   0, 0,    0,   0};
	size_t n;
	uint8_t *bytes = l_binaryRead(path, &n);
	FILE *f = bytes && n > 2 ? fopen(path, "w") : NULL;
	tag[29] = orientation;
	if (!f || fwrite(bytes, 1, 2, f) != 2 || fwrite(tag, 1, sizeof tag, f) != sizeof tag ||
	    fwrite(bytes + 2, 1, n - 2, f) != n - 2 || fclose(f) != 0)
		photo_die("cannot be written", path);
	lept_free(bytes);
}

void photo_image_wrap(const char *path, int dpi, const char *pdf)
{
	char file[512];
	(void)snprintf(file, sizeof file, "%s", path);
	if (convertToPdf(file, L_JPEG_ENCODE, 0, pdf, 0, 0, dpi, "", NULL, 0))
		photo_die("cannot be made a PDF", path);
}

void photo_jpeg(struct photo_image *p, int quality)
{
	l_uint8 *bytes = NULL;
	size_t n = 0;
	PIX *pix = to_pix(p);
	if (pixWriteMemJpeg(&bytes, &n, pix, quality, 0))
		photo_die("no JPEG", "pixWriteMemJpeg");
	pixDestroy(&pix);
	pix = pixReadMemJpeg(bytes, n, 0, 1, NULL, 0);
	lept_free(bytes);
	if (!pix)
		photo_die("no JPEG", "pixReadMemJpeg");
	replace(p, from_pix(pix));
	pixDestroy(&pix);
}

/* gauss fills tap[0 .. 2 r] and returns r. */
static int gauss(double sigma, float tap[2 * TAPS_MAX + 1])
{
	int r = (int)ceil(3.2 * sigma);
	double sum = 0;
	r = r > TAPS_MAX ? TAPS_MAX : r;
	for (int i = -r; i <= r; i++)
		sum += exp(-i * i / (2 * sigma * sigma));
	for (int i = -r; i <= r; i++)
		tap[i + r] = (float)(exp(-i * i / (2 * sigma * sigma)) / sum);
	return r;
}

static void blur_rows(struct photo_image *p, double sigma)
{
	float tap[2 * TAPS_MAX + 1];
	int r = gauss(sigma, tap), w = p->w;
	float *wide = get((size_t)(w + 2 * r), sizeof *wide);
	for (int y = 0; y < p->h; y++) {
		float *row = p->at + (size_t)y * (size_t)w;
		for (int i = 0; i < r; i++) {
			wide[i] = row[0];
			wide[w + r + i] = row[w - 1];
		}
		memcpy(wide + r, row, (size_t)w * sizeof *row);
		for (int x = 0; x < w; x++)
			row[x] = tap[0] * wide[x];
		for (int k = 1; k <= 2 * r; k++)
			for (int x = 0; x < w; x++)
				row[x] += tap[k] * wide[x + k];
	}
	free(wide);
}

static const float *row_at(const struct photo_image *p, int y)
{
	y = y < 0 ? 0 : y >= p->h ? p->h - 1 : y;
	return p->at + (size_t)y * (size_t)p->w;
}

static void blur_columns(struct photo_image *p, double sigma)
{
	float tap[2 * TAPS_MAX + 1];
	int r = gauss(sigma, tap), w = p->w;
	struct photo_image out = photo_image_make(w, p->h, 0);
	for (int y = 0; y < p->h; y++) {
		float *row = out.at + (size_t)y * (size_t)w;
		for (int k = 0; k <= 2 * r; k++) {
			const float *in = row_at(p, y + k - r);
			for (int x = 0; x < w; x++)
				row[x] += tap[k] * in[x];
		}
	}
	replace(p, out);
}

void photo_blur(struct photo_image *p, double sx, double sy)
{
	if (sx > .05)
		blur_rows(p, sx);
	if (sy > .05)
		blur_columns(p, sy);
}

static void add_moved(const struct photo_image *p, int dx, int dy, float weight,
		      struct photo_image *out)
{
	int from = dx < 0 ? -dx : 0, to = dx > 0 ? p->w - dx : p->w;
	for (int y = 0; y < p->h; y++) {
		const float *in = row_at(p, y + dy);
		float *row = out->at + (size_t)y * (size_t)p->w;
		for (int x = 0; x < from; x++)
			row[x] += weight * in[0];
		for (int x = from; x < to; x++)
			row[x] += weight * in[x + dx];
		for (int x = to; x < p->w; x++)
			row[x] += weight * in[p->w - 1];
	}
}

void photo_motion(struct photo_image *p, double length, double angle)
{
	enum { R = 16, N = 64 };
	static float kernel[2 * R + 1][2 * R + 1];
	memset(kernel, 0, sizeof kernel);
	for (int i = 0; i < N; i++) {
		double t = length * ((i + .5) / N - .5), x = t * cos(angle), y = t * sin(angle);
		int a = (int)floor(x), b = (int)floor(y);
		if (a < -R || b < -R || a >= R || b >= R)
			continue;
		float fx = (float)(x - a), fy = (float)(y - b);
		kernel[b + R][a + R] += (1 - fx) * (1 - fy) / N;
		kernel[b + R][a + R + 1] += fx * (1 - fy) / N;
		kernel[b + R + 1][a + R] += (1 - fx) * fy / N;
		kernel[b + R + 1][a + R + 1] += fx * fy / N;
	}
	struct photo_image out = photo_image_make(p->w, p->h, 0);
	for (int y = -R; y <= R; y++)
		for (int x = -R; x <= R; x++)
			if (kernel[y + R][x + R] > 0)
				add_moved(p, x, y, kernel[y + R][x + R], &out);
	replace(p, out);
}

void photo_sharpen(struct photo_image *p, double sigma, double amount)
{
	struct photo_image soft = photo_image_copy(p);
	photo_blur(&soft, sigma, sigma);
	for (size_t i = 0, n = (size_t)p->w * (size_t)p->h; i < n; i++)
		p->at[i] += (float)amount * (p->at[i] - soft.at[i]);
	photo_image_free(&soft);
}

/* The normal quantile by bisection of erf: made once, for a table. */
static double quantile(double q)
{
	double a = -6, b = 6;
	for (int i = 0; i < 48; i++) {
		double mid = (a + b) / 2;
		*(.5 * erfc(-mid / sqrt(2)) < q ? &a : &b) = mid;
	}
	return (a + b) / 2;
}

void photo_noise(struct photo_image *p, double sd, uint64_t *dice)
{
	enum { N = 1 << 12 };
	static float table[N];
	if (table[0] == 0)
		for (int i = 0; i < N; i++)
			table[i] = (float)quantile((i + .5) / N);
	uint64_t bits = 0;
	for (size_t i = 0, n = (size_t)p->w * (size_t)p->h; i < n; i++, bits >>= 12) {
		if (i % 5 == 0)
			bits = instrument_random(dice);
		p->at[i] += (float)sd * table[bits & (N - 1)];
	}
}

void photo_curve(struct photo_image *p, const float curve[PHOTO_CURVE])
{
	for (size_t i = 0, n = (size_t)p->w * (size_t)p->h; i < n; i++) {
		float v = p->at[i] * 4;
		p->at[i] = curve[v <= 0 ? 0 : v >= PHOTO_CURVE - 1 ? PHOTO_CURVE - 1 : (int)v];
	}
}

void photo_threshold(struct photo_image *p, double level)
{
	for (size_t i = 0, n = (size_t)p->w * (size_t)p->h; i < n; i++)
		p->at[i] = p->at[i] < (float)level ? 0 : 255;
}

void photo_levels(struct photo_image *p, double a, double b)
{
	for (size_t i = 0, n = (size_t)p->w * (size_t)p->h; i < n; i++)
		p->at[i] = (float)a * p->at[i] + (float)b;
}

/* A function of the plane, known at every STEP-th pixel. */
struct lattice {
	int w;
	float *x, *y;
};

static struct lattice lattice_make(int w, int h)
{
	struct lattice l = {.w = w / STEP + 2};
	size_t n = (size_t)l.w * (size_t)(h / STEP + 2);
	l.x = get(n, sizeof(float));
	l.y = get(n, sizeof(float));
	return l;
}

static void lattice_free(struct lattice *l)
{
	free(l->x);
	free(l->y);
}

/* lattice_row gives the values along row v, for every STEP-th pixel. */
static void lattice_row(const struct lattice *l, const float *of, int v, float *row)
{
	const float *a = of + (size_t)(v / STEP) * (size_t)l->w, *b = a + l->w;
	float t = (float)(v % STEP) / STEP;
	for (int i = 0; i < l->w; i++)
		row[i] = a[i] + t * (b[i] - a[i]);
}

static void warp_row(const struct photo_image *src, const float *xs, const float *ys, int w,
		     float *out)
{
	for (int u = 0; u < w; u++) {
		int i = u / STEP;
		float t = (float)(u % STEP) / STEP;
		float x = xs[i] + t * (xs[i + 1] - xs[i]), y = ys[i] + t * (ys[i + 1] - ys[i]);
		if (!(x >= 0 && y >= 0 && x < (float)(src->w - 1) && y < (float)(src->h - 1)))
			continue;
		int a = (int)x, b = (int)y;
		float fx = x - (float)a, fy = y - (float)b;
		const float *p = src->at + (size_t)b * (size_t)src->w + (size_t)a, *q = p + src->w;
		float top = p[0] + fx * (p[1] - p[0]), low = q[0] + fx * (q[1] - q[0]);
		out[u] = top + fy * (low - top);
	}
}

void photo_warp(const struct photo_image *src, photo_map *map, const void *scene,
		struct photo_image *out)
{
	struct lattice l = lattice_make(out->w, out->h);
	for (int j = 0; j < out->h / STEP + 2; j++)
		for (int i = 0; i < l.w; i++) {
			double x, y;
			map(scene, i * STEP, j * STEP, &x, &y);
			l.x[j * l.w + i] = (float)x;
			l.y[j * l.w + i] = (float)y;
		}
	float *xs = get((size_t)l.w, sizeof *xs), *ys = get((size_t)l.w, sizeof *ys);
	for (int v = 0; v < out->h; v++) {
		lattice_row(&l, l.x, v, xs);
		lattice_row(&l, l.y, v, ys);
		warp_row(src, xs, ys, out->w, out->at + (size_t)v * (size_t)out->w);
	}
	free(xs);
	free(ys);
	lattice_free(&l);
}

struct photo_box photo_shows(photo_map *map, const void *scene, int w, int h,
			     const struct photo_box *box)
{
	int x0 = w, y0 = h, x1 = -1, y1 = -1;
	for (int v = 0; v < h; v += STEP)
		for (int u = 0; u < w; u += STEP) {
			double x, y;
			map(scene, u, v, &x, &y);
			if (x < box->x || y < box->y || x >= box->x + box->w ||
			    y >= box->y + box->h)
				continue;
			x0 = u < x0 ? u : x0;
			x1 = u > x1 ? u : x1;
			y0 = v < y0 ? v : y0;
			y1 = v > y1 ? v : y1;
		}
	if (x1 < 0)
		return (struct photo_box){0};
	return (struct photo_box){x0, y0, x1 - x0 + STEP, y1 - y0 + STEP};
}

void photo_light(struct photo_image *p, photo_light_at *light, const void *scene)
{
	struct lattice l = lattice_make(p->w, p->h);
	for (int j = 0; j < p->h / STEP + 2; j++)
		for (int i = 0; i < l.w; i++)
			l.x[j * l.w + i] = (float)light(scene, i * STEP, j * STEP);
	float *row = get((size_t)l.w, sizeof *row);
	for (int v = 0; v < p->h; v++) {
		lattice_row(&l, l.x, v, row);
		float *out = p->at + (size_t)v * (size_t)p->w;
		for (int u = 0; u < p->w; u++) {
			float t = (float)(u % STEP) / STEP;
			out[u] *= row[u / STEP] + t * (row[u / STEP + 1] - row[u / STEP]);
		}
	}
	free(row);
	lattice_free(&l);
}

void photo_crop(struct photo_image *p, const struct photo_box *box)
{
	int x0 = box->x < 0 ? 0 : box->x, y0 = box->y < 0 ? 0 : box->y;
	int x1 = box->x + box->w > p->w ? p->w : box->x + box->w;
	int y1 = box->y + box->h > p->h ? p->h : box->y + box->h;
	if (x1 <= x0 || y1 <= y0)
		photo_die("nothing is left of the picture", "photo_crop");
	struct photo_image out = photo_image_make(x1 - x0, y1 - y0, 0);
	for (int y = 0; y < out.h; y++)
		memcpy(out.at + (size_t)y * (size_t)out.w,
		       p->at + (size_t)(y + y0) * (size_t)p->w + x0, (size_t)out.w * sizeof(float));
	replace(p, out);
}

/* scale_rows makes the rows w long: each new pixel is the mean of what it covers, at least of one
 * pixel's width. */
static void scale_rows(struct photo_image *p, int w)
{
	struct photo_image out = photo_image_make(w, p->h, 0);
	double ratio = (double)p->w / w, half = (ratio < 1 ? 1 : ratio) / 2;
	int n = (int)ceil(2 * half) + 1;
	float *part = get((size_t)w * (size_t)n, sizeof *part);
	int *first = get((size_t)w, sizeof *first);
	for (int u = 0; u < w; u++) {
		double c = (u + .5) * ratio;
		first[u] = (int)floor(c - half);
		for (int k = 0; k < n; k++) {
			double covered =
				fmin(first[u] + k + 1, c + half) - fmax(first[u] + k, c - half);
			part[u * n + k] = (float)(fmax(covered, 0) / (2 * half));
		}
	}
	for (int y = 0; y < p->h; y++) {
		const float *in = row_at(p, y);
		float *row = out.at + (size_t)y * (size_t)w;
		for (int u = 0; u < w; u++)
			for (int k = 0; k < n; k++) {
				int x = first[u] + k;
				row[u] += part[u * n + k] * in[x < 0       ? 0
							       : x >= p->w ? p->w - 1
									   : x];
			}
	}
	free(part);
	free(first);
	replace(p, out);
}

static void transpose(struct photo_image *p)
{
	enum { TILE = 32 };
	struct photo_image out = photo_image_make(p->h, p->w, 0);
	for (int y0 = 0; y0 < p->h; y0 += TILE)
		for (int x0 = 0; x0 < p->w; x0 += TILE)
			for (int y = y0; y < y0 + TILE && y < p->h; y++)
				for (int x = x0; x < x0 + TILE && x < p->w; x++)
					out.at[(size_t)x * (size_t)p->h + (size_t)y] =
						p->at[(size_t)y * (size_t)p->w + (size_t)x];
	replace(p, out);
}

void photo_scale(struct photo_image *p, int w, int h)
{
	scale_rows(p, w);
	transpose(p);
	scale_rows(p, h);
	transpose(p);
}

static void mirror(struct photo_image *p)
{
	for (int y = 0; y < p->h; y++)
		for (int x = 0; x < p->w / 2; x++) {
			float *a = &p->at[(size_t)y * (size_t)p->w + (size_t)x];
			float *b = &p->at[(size_t)y * (size_t)p->w + (size_t)(p->w - 1 - x)];
			float t = *a;
			*a = *b;
			*b = t;
		}
}

void photo_turn(struct photo_image *p, int quarters)
{
	for (int i = 0; i < (quarters & 3); i++) {
		transpose(p);
		mirror(p);
	}
}

/* solve finds x with m x = b by elimination; m is 8 by 9 with b as its last column. */
static void solve(double m[8][9], double x[8])
{
	for (int c = 0; c < 8; c++) {
		int best = c;
		for (int r = c + 1; r < 8; r++)
			best = fabs(m[r][c]) > fabs(m[best][c]) ? r : best;
		for (int k = 0; k < 9; k++) {
			double t = m[c][k];
			m[c][k] = m[best][k];
			m[best][k] = t;
		}
		if (m[c][c] == 0)
			photo_die("four points, three of them on a line", "photo_homography");
		for (int r = 0; r < 8; r++) {
			double f = r == c ? 0 : m[r][c] / m[c][c];
			for (int k = c; k < 9; k++)
				m[r][k] -= f * m[c][k];
		}
	}
	for (int c = 0; c < 8; c++)
		x[c] = m[c][8] / m[c][c];
}

struct photo_homography photo_homography(const double from[4][2], const double to[4][2])
{
	struct photo_homography h = {{0}};
	double m[8][9];
	for (int i = 0; i < 4; i++) {
		double x = from[i][0], y = from[i][1], u = to[i][0], v = to[i][1];
		double a[9] = {x, y, 1, 0, 0, 0, -u * x, -u * y, u};
		double b[9] = {0, 0, 0, x, y, 1, -v * x, -v * y, v};
		memcpy(m[2 * i], a, sizeof a);
		memcpy(m[2 * i + 1], b, sizeof b);
	}
	solve(m, h.at);
	h.at[8] = 1;
	return h;
}

struct photo_homography photo_homography_inverse(const struct photo_homography *h)
{
	const double *a = h->at;
	return (struct photo_homography){{
		a[4] * a[8] - a[5] * a[7],
		a[2] * a[7] - a[1] * a[8],
		a[1] * a[5] - a[2] * a[4],
		a[5] * a[6] - a[3] * a[8],
		a[0] * a[8] - a[2] * a[6],
		a[2] * a[3] - a[0] * a[5],
		a[3] * a[7] - a[4] * a[6],
		a[1] * a[6] - a[0] * a[7],
		a[0] * a[4] - a[1] * a[3],
	}};
}

void photo_homography_apply(const struct photo_homography *h, double x, double y, double *u,
			    double *v)
{
	const double *a = h->at;
	double w = a[6] * x + a[7] * y + a[8];
	*u = (a[0] * x + a[1] * y + a[2]) / w;
	*v = (a[3] * x + a[4] * y + a[5]) / w;
}
