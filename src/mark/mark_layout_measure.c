/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout_measure.h"

#include "mark_layout_register.h"
#include "mark_layout_straighten.h"
#include "mark_layout_text.h"
#include "mark_sort.h"
#include "page_raster.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
	SAMPLE = 48,  /* words by which the blur is found */
	LONG_PT = 12, /* as long as these should be */
	FEWEST = 12,  /* words that are needed to make the map better */
	STAGES = 3,
};

/* Words are found at a coarse scale, within reach points; then at finer ones. scale: in pixels to a
 * point; the picture's own between the two. A stage makes the map better, until it stays within
 * BEND_AGAIN points or all rounds are over; bend_floor: of mark_map_bend; 0: it does not. */
static const struct stage {
	double scale_least, scale_most, reach;
	float ncc_least;
	int rounds;
	double bend_floor;
} STAGE[STAGES] = {
	{0.25, 1, 4, 0.5f, 3, 0.3},
	{0.25, 2, 1, 0.5f, 3, 0.2},
	{2, 2.8, 0, 0.55f, 1, 0},
};

static const double BEND_LENGTH = 30, BEND_AGAIN = 0.4; /* points */
static const double EDGE_X_PT = 0.7, EDGE_Y_PT = 1;     /* around a word's ink */

/* Both images are blurred by so much, so that gradients are true between pixels. */
static const float SOFT = 0.7f;

/* Blurs that are tried: of the raster beyond SOFT; below 0: of the picture instead. */
static const float BLUR[] = {-0.6f, 0, 0.35f, 0.6f, 0.9f, 1.3f, 1.8f, 2.5f, 3.5f};
enum { BLURS = sizeof BLUR / sizeof BLUR[0], BLUR_MIDDLE = 4 };

/* By how much residuals understate the variance, because neighbouring pixels share their noise:
 * white noise, blurred by SOFT, against the gradient of an edge that is about as soft. */
static const double SHARED_NOISE = 4.6;
static const double VAR_LEAST = 1e-4; /* points squared */

/* One pass over the words at one scale. blur_x, blur_y: one of BLUR, each way. */
struct pass {
	const struct page_laid *l;
	const struct mark_map *map;
	const struct extract_page *picture;
	struct mark_sight sight;
	struct page_raster raster;
	uint32_t page;
	const struct page_box *box; /* of each word's ink, on the page */
	double scale;
	uint32_t reach;
	float blur_x, blur_y;
	float ncc_least;
	/* Room for the largest window. */
	float *nodes, *seen, *wide, *rest, *image;
	struct mark_template t;
};

/* ink_of returns the box of a word's ink, h 0 if it has none or if not all of it is on the page:
 * nothing could be seen of it, and it could be of any size. */
static struct page_box ink_of(const struct page_sheet *s, const struct page_laid *l, uint32_t word)
{
	struct page_box b = mark_layout_ink(s, l, word);
	bool on_page = b.x >= 0 && b.y >= 0 && b.x + b.w <= s->width && b.y + b.h <= s->height;
	return on_page ? b : (struct page_box){0};
}

/* window_of returns the pixels that the box touches, with so many points around it. */
static struct mark_window window_of(const struct pass *p, const struct page_box *box, double edge_x,
				    double edge_y)
{
	double unit = p->scale / PAGE_PT;
	int32_t x0 = (int32_t)floor(box->x * unit - edge_x * p->scale);
	int32_t y0 = (int32_t)floor(box->y * unit - edge_y * p->scale);
	int32_t x1 = (int32_t)ceil((box->x + box->w) * unit + edge_x * p->scale);
	int32_t y1 = (int32_t)ceil((box->y + box->h) * unit + edge_y * p->scale);
	return (struct mark_window){x0, y0, (uint32_t)(x1 - x0), (uint32_t)(y1 - y0),
				    (float)p->scale};
}

static struct mark_window grown(const struct mark_window *o, uint32_t x, uint32_t y)
{
	return (struct mark_window){o->x - (int32_t)x, o->y - (int32_t)y, o->w + 2 * x,
				    o->h + 2 * y, o->scale};
}

/* raster_ink writes the ink of the raster in a window, which may reach beyond it. */
static void raster_ink(const struct page_raster *r, const struct mark_window *o, float *ink)
{
	for (uint32_t y = 0; y < o->h; y++) {
		int64_t row = (int64_t)o->y + y;
		float *out = ink + (size_t)y * o->w;
		memset(out, 0, o->w * sizeof *out);
		if (row < 0 || row >= r->h)
			continue;
		int64_t first = o->x < 0 ? -(int64_t)o->x : 0, end = (int64_t)r->w - o->x;
		for (int64_t x = first; x < end && x < o->w; x++)
			out[x] = (float)r->ink[row * r->w + o->x + x] / 255;
	}
}

static float with_soft(float sigma)
{
	float s = sqrtf(SOFT * SOFT + sigma * sigma);
	return s < MARK_BLUR_MAX ? s : MARK_BLUR_MAX;
}

/* make_template sets the template of a window, blurred as the pass says. */
static bool make_template(struct pass *p, const struct mark_window *o)
{
	float x = with_soft(p->blur_x > 0 ? p->blur_x : 0);
	float y = with_soft(p->blur_y > 0 ? p->blur_y : 0);
	struct mark_window need = grown(o, 1 + mark_blur_reach(x), 1 + mark_blur_reach(y));
	raster_ink(&p->raster, &need, p->wide);
	mark_blur(p->wide, o->w + 2, o->h + 2, x, y, p->rest, p->image);
	return mark_template_make(p->image, o->w, o->h, &p->t);
}

/* margin_of returns how many pixels of the picture are looked at around a template. */
static uint32_t margin_of(const struct pass *p)
{
	return p->reach + 3 + mark_blur_reach(with_soft(BLUR[0]));
}

/* look straightens the picture around the word whose ink is in box. False: it is not all in it. */
static bool look(const struct pass *p, const struct page_box *box, float *px)
{
	struct mark_window ink = window_of(p, box, 0, 0);
	struct mark_window o = window_of(p, box, EDGE_X_PT, EDGE_Y_PT);
	o = grown(&o, margin_of(p), margin_of(p));
	return box->h > 0 && mark_window_seen(p->map, &ink, p->picture->w, p->picture->h) &&
	       mark_straighten(&p->sight, p->map, &o, p->nodes, px);
}

/* find finds the word in what look has straightened, from the shift in f on or, if it shall
 * search, from nowhere. */
static bool find(struct pass *p, const struct page_box *box, const float *px, bool search,
		 struct mark_fit *f)
{
	float x = with_soft(p->blur_x < 0 ? p->blur_x : 0);
	float y = with_soft(p->blur_y < 0 ? p->blur_y : 0);
	struct mark_window o = window_of(p, box, EDGE_X_PT, EDGE_Y_PT);
	struct mark_image j = {px, margin_of(p), x, y};
	if (!make_template(p, &o))
		return false;
	if (search) {
		uint32_t rx = mark_blur_reach(x), ry = mark_blur_reach(y);
		struct mark_window blurred = grown(&o, j.margin - rx, j.margin - ry);
		assert(rx == ry);
		mark_blur(px, blurred.w, blurred.h, x, y, p->rest, p->image);
		mark_search(&p->t, p->image, j.margin - rx, p->reach, f);
	}
	return mark_register(&p->t, &j, p->rest, f);
}

static float median(double *v, size_t n)
{
	mark_sort(v, n);
	return (float)((v[n / 2] + v[(n - 1) / 2]) / 2);
}

/* Words by which the blur is found, what the picture has there, and where they were found last. */
struct sample {
	const struct page_box *box[SAMPLE];
	float *px[SAMPLE];
	struct mark_fit at[SAMPLE];
	size_t n;
};

/* correlation_of returns the median correlation of the sample's words with a blur. */
static float correlation_of(struct pass *p, const struct sample *s, float blur_x, float blur_y)
{
	double ncc[SAMPLE];
	p->blur_x = blur_x;
	p->blur_y = blur_y;
	for (size_t i = 0; i < s->n; i++) {
		struct mark_fit f = s->at[i];
		ncc[i] = find(p, s->box[i], s->px[i], false, &f) ? (double)f.ncc : 0;
	}
	return median(ncc, s->n);
}

static struct sr_err take_sample(struct arena *a, struct pass *p, size_t n, struct sample *s)
{
	size_t long_n = 0, seen = 0;
	for (size_t i = 0; i < n; i++)
		long_n += p->box[i].w > LONG_PT * PAGE_PT;
	size_t step = long_n / SAMPLE + 1;
	s->n = 0;
	p->blur_x = p->blur_y = BLUR[BLUR_MIDDLE];
	for (size_t i = 0; i < n && s->n < SAMPLE; i++) {
		const struct page_box *box = &p->box[i];
		if ((long_n && box->w <= LONG_PT * PAGE_PT) || seen++ % step)
			continue;
		struct mark_window o = window_of(p, box, EDGE_X_PT, EDGE_Y_PT);
		o = grown(&o, margin_of(p), margin_of(p));
		float *px = ARENA_ARRAY(a, (size_t)o.w * o.h, float);
		struct mark_fit f = {0};
		if (!px)
			return sr_nomem();
		if (!look(p, box, px) || !find(p, box, px, p->reach > 0, &f) ||
		    f.ncc <= p->ncc_least)
			continue;
		s->box[s->n] = box;
		s->px[s->n] = px;
		s->at[s->n++] = f;
	}
	return sr_ok();
}

/* climb moves the blurs at (of BLUR) that shall change, both or one, up and down as long as the
 * correlation grows. */
static void climb(struct pass *p, const struct sample *s, bool x, bool y, size_t at[2], float *best)
{
	for (int way = -1; way <= 1; way += 2)
		for (;;) {
			size_t next[2] = {at[0] + (x ? (size_t)way : 0),
					  at[1] + (y ? (size_t)way : 0)};
			if (next[0] >= BLURS || next[1] >= BLURS)
				break;
			float ncc = correlation_of(p, s, BLUR[next[0]], BLUR[next[1]]);
			if (ncc <= *best)
				break;
			*best = ncc;
			at[0] = next[0];
			at[1] = next[1];
		}
}

/* find_blur sets the blur of the pass to the one with the best correlation: the same both ways and,
 * if this is to be precise, then each way, because hands shake in one. */
static struct sr_err find_blur(struct pass *p, size_t n)
{
	struct arena scratch = {0};
	struct sample s;
	struct sr_err e = take_sample(&scratch, p, n, &s);
	size_t at[2] = {BLUR_MIDDLE, BLUR_MIDDLE};
	if (!sr_bad(e) && s.n) {
		float best = correlation_of(p, &s, BLUR[at[0]], BLUR[at[0]]);
		climb(p, &s, true, true, at, &best);
		if (!p->reach) {
			climb(p, &s, false, true, at, &best);
			climb(p, &s, true, false, at, &best);
		}
	}
	p->blur_x = BLUR[at[0]];
	p->blur_y = BLUR[at[1]];
	arena_release(&scratch);
	return e;
}

/* make_room gives the pass arrays for its largest window. */
static struct sr_err make_room(struct arena *a, struct pass *p, size_t n)
{
	struct mark_window most = {0, 0, 1, 1, (float)p->scale};
	for (size_t i = 0; i < n; i++) {
		struct mark_window o = window_of(p, &p->box[i], EDGE_X_PT, EDGE_Y_PT);
		most.w = o.w > most.w ? o.w : most.w;
		most.h = o.h > most.h ? o.h : most.h;
	}
	uint32_t around = margin_of(p) + mark_blur_reach(MARK_BLUR_MAX);
	struct mark_window o = grown(&most, around, around);
	size_t pixels = mark_template_room(o.w, o.h), room = mark_template_room(most.w, most.h);
	p->nodes = ARENA_ARRAY(a, mark_straighten_nodes(&o), float);
	p->seen = ARENA_ARRAY(a, pixels, float);
	p->wide = ARENA_ARRAY(a, pixels, float);
	p->rest = ARENA_ARRAY(a, 2 * pixels, float);
	p->image = ARENA_ARRAY(a, pixels, float);
	p->t.t = ARENA_ARRAY(a, room, float);
	p->t.tx = ARENA_ARRAY(a, room, float);
	p->t.ty = ARENA_ARRAY(a, room, float);
	if (!p->nodes || !p->seen || !p->wide || !p->rest || !p->image || !p->t.t || !p->t.tx ||
	    !p->t.ty)
		return sr_nomem();
	return sr_ok();
}

/* start_stage makes picture and page comparable at the scale of a stage. */
static struct sr_err start_stage(struct arena *a, const struct page_sheet *s, struct pass *p,
				 const struct stage *stage, double picture_scale, size_t n)
{
	p->scale = picture_scale > stage->scale_most    ? stage->scale_most
		   : picture_scale < stage->scale_least ? stage->scale_least
							: picture_scale;
	p->reach = (uint32_t)ceil(stage->reach * p->scale);
	p->ncc_least = stage->ncc_least;
	SR_TRY(mark_grey_make(a, p->picture, picture_scale / p->scale, &p->sight.grey));
	SR_TRY(page_raster_make(a, s, p->l, p->page, p->scale, NULL, &p->raster));
	return make_room(a, p, n);
}

/* measure_all measures all words by the map as it is. */
static struct sr_err measure_all(struct pass *p, struct mark_measure *out, size_t n)
{
	SR_TRY(find_blur(p, n));
	for (size_t i = 0; i < n; i++) {
		struct mark_fit f = {0};
		bool good = look(p, &p->box[i], p->seen) &&
			    find(p, &p->box[i], p->seen, p->reach > 0, &f) && f.ncc > p->ncc_least;
		double var = (double)f.var_x * SHARED_NOISE / (p->scale * p->scale);
		out[i].good = good;
		out[i].dx = good ? (double)f.dx / p->scale : 0;
		out[i].dy = good ? (double)f.dy / p->scale : 0;
		out[i].ncc = good ? (double)f.ncc : 0;
		out[i].var = good && var > VAR_LEAST ? var : VAR_LEAST;
	}
	return sr_ok();
}

/* bend makes the map better by what was measured, with noise of at least so many points; *far: by
 * how much, at most, in points. */
static struct sr_err bend(struct arena *a, const struct page_box *box, const struct mark_measure *m,
			  size_t n, double least, struct mark_map *map, double *far)
{
	struct arena scratch = {0};
	struct mark_pair *pair = ARENA_ARRAY(&scratch, n, struct mark_pair);
	struct mark_map old = *map;
	size_t pairs_n = 0;
	if (!pair)
		return sr_nomem();
	for (size_t i = 0; i < n; i++) {
		if (!m[i].good)
			continue;
		struct mark_pair *p = &pair[pairs_n++];
		p->x = (box[i].x + box[i].w / 2.0) / PAGE_PT;
		p->y = (box[i].y + box[i].h / 2.0) / PAGE_PT;
		mark_map_apply(&old, p->x + m[i].dx, p->y + m[i].dy, &p->u, &p->v);
	}
	struct sr_err e = sr_ok();
	*far = 0;
	if (pairs_n >= FEWEST)
		e = mark_map_bend(a, pair, pairs_n, BEND_LENGTH, least, map);
	for (size_t i = 0; i < pairs_n && !sr_bad(e); i++) {
		double u, v, u2, v2;
		mark_map_apply(map, pair[i].x, pair[i].y, &u, &v);
		mark_map_apply(&old, pair[i].x, pair[i].y, &u2, &v2);
		double d = hypot(u - u2, v - v2) / mark_map_scale(map, pair[i].x, pair[i].y);
		*far = d > *far ? d : *far;
	}
	arena_release(&scratch);
	return e;
}

/* unbend turns displacements against the map into ones against its homography alone: the bend has
 * followed the shifts a little, which is undone by that. */
static void unbend(const struct page_box *box, const struct mark_map *m, struct mark_measure *out,
		   size_t n)
{
	struct mark_map flat = *m;
	flat.nx = flat.ny = 0;
	for (size_t i = 0; i < n; i++) {
		if (!out[i].good)
			continue;
		double x0 = (box[i].x + box[i].w / 2.0) / PAGE_PT;
		double y0 = (box[i].y + box[i].h / 2.0) / PAGE_PT;
		double x = x0, y = y0, u, v;
		mark_map_apply(m, x, y, &u, &v);
		for (int step = 0; step < 4; step++) {
			double u0, v0, ux, vx, uy, vy;
			mark_map_apply(&flat, x, y, &u0, &v0);
			mark_map_apply(&flat, x + 1, y, &ux, &vx);
			mark_map_apply(&flat, x, y + 1, &uy, &vy);
			double a = ux - u0, b = uy - u0, c = vx - v0, d = vy - v0;
			double det = a * d - b * c;
			x += (d * (u - u0) - b * (v - v0)) / det;
			y += (a * (v - v0) - c * (u - u0)) / det;
		}
		out[i].dx += x - x0;
		out[i].dy += y - y0;
	}
}

/* scale_of returns the picture's scale, in the middle of the words. */
static double scale_of(const struct mark_map *m, const struct page_box *box, size_t n)
{
	double x = 0, y = 0;
	for (size_t i = 0; i < n; i++) {
		x += (box[i].x + box[i].w / 2.0) / PAGE_PT / (double)n;
		y += (box[i].y + box[i].h / 2.0) / PAGE_PT / (double)n;
	}
	double scale = mark_map_scale(m, x, y);
	return scale > 0.25 ? scale < 64 ? scale : 64 : 0.25;
}

struct sr_err mark_measure_words(struct arena *a, const struct page_sheet *s,
				 const struct page_laid *l, const struct extract_page *p,
				 struct mark_map *m, struct mark_measure *out, size_t n)
{
	if (!n)
		return sr_ok();
	struct arena scratch = {0}, stage = {0};
	struct page_box *box = ARENA_ARRAY(&scratch, n, struct page_box);
	if (!box)
		return sr_nomem();
	for (size_t i = 0; i < n; i++) {
		assert(l->word[out[i].word].page == l->word[out[0].word].page);
		box[i] = ink_of(s, l, out[i].word);
	}
	double sc = scale_of(m, box, n);
	struct mark_paper paper;
	struct sr_err e = mark_paper_make(&scratch, p, sc, &paper);
	struct pass pass = {.l = l,
			    .map = m,
			    .picture = p,
			    .sight = {.paper = paper},
			    .page = l->word[out[0].word].page,
			    .box = box};
	for (size_t k = 0; k < STAGES && !sr_bad(e); k++) {
		e = start_stage(&stage, s, &pass, &STAGE[k], sc, n);
		double far = BEND_AGAIN;
		for (int i = 0; i < STAGE[k].rounds && far >= BEND_AGAIN && !sr_bad(e); i++) {
			e = measure_all(&pass, out, n);
			if (!sr_bad(e) && STAGE[k].bend_floor > 0)
				e = bend(a, box, out, n, STAGE[k].bend_floor, m, &far);
		}
		arena_release(&stage);
	}
	if (!sr_bad(e))
		unbend(box, m, out, n);
	arena_release(&scratch);
	return e;
}
