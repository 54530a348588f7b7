/* SPDX-License-Identifier: Apache-2.0 */
#include "photo_camera.h"

#include <math.h>

enum { FIELD_STEP_PT = 6, FIELD_LENGTH_PT = 35 };

/* All that the maps need: sizes of picture and sheet, the projection, the sheet's shape. */
struct shot {
	const struct photo_camera *c;
	int w, h;
	double sheet_w, sheet_h, px_mm, px_pt;
	struct photo_homography to_sheet;
	double phase, turn_cos, turn_sin;
	struct photo_image field_x, field_y;
	double finger_x, finger_y, shadow_at;
};

/* cubic interpolates four values (Catmull-Rom). */
static double cubic(const double v[4], double t)
{
	return v[1] + .5 * t *
			      (v[2] - v[0] +
			       t * (2 * v[0] - 5 * v[1] + 4 * v[2] - v[3] +
				    t * (3 * (v[1] - v[2]) + v[3] - v[0])));
}

static double field_at(const struct photo_image *f, double x, double y)
{
	int a = (int)floor(x), b = (int)floor(y);
	double column[4];
	for (int j = 0; j < 4; j++) {
		double row[4];
		for (int i = 0; i < 4; i++) {
			int u = a - 1 + i, v = b - 1 + j;
			u = u < 0 ? 0 : u >= f->w ? f->w - 1 : u;
			v = v < 0 ? 0 : v >= f->h ? f->h - 1 : v;
			row[i] = f->at[v * f->w + u];
		}
		column[j] = cubic(row, x - a);
	}
	return cubic(column, y - b);
}

/* A smooth random field of the given standard deviation over the sheet. */
static struct photo_image field_make(const struct shot *s, double sd, uint64_t *dice)
{
	double step = FIELD_STEP_PT * s->px_pt;
	struct photo_image f =
		photo_image_make((int)(s->sheet_w / step) + 3, (int)(s->sheet_h / step) + 3, 0);
	double smooth = (double)FIELD_LENGTH_PT / FIELD_STEP_PT, sum = 0;
	size_t n = (size_t)f.w * (size_t)f.h;
	photo_noise(&f, 1, dice);
	photo_blur(&f, smooth, smooth);
	for (size_t i = 0; i < n; i++)
		sum += (double)f.at[i] * (double)f.at[i];
	photo_levels(&f, sd / sqrt(sum / (double)n), 0);
	return f;
}

/* The zigzag of a letter that was folded in three, 0 to 1 and back, rounded at the creases. */
static double zigzag(double t)
{
	double a = 3 * t;
	double z = a < 1 ? a : a < 2 ? 2 - a : a - 2;
	double d = fmin(fabs(a - 1), fabs(a - 2)), r = .03;
	return d < r ? z + (a < 1.5 ? -1 : 1) * (r - d) * (r - d) / (2 * r) : z;
}

/* bend takes a point of the flat projection to the point of the sheet that is seen there. */
static void bend(const struct shot *s, double *x, double *y)
{
	const struct photo_camera *c = s->c;
	double X = *x, Y = *y, w = s->sheet_w, h = s->sheet_h;
	if (c->curl > 0) {
		double k = c->curl * s->px_mm, p = s->phase, tau = 2 * M_PI;
		*y = Y + k * sin(tau * X / w * .9 + p) + .25 * k * sin(tau * X / w * 2.3 + 1 + p);
		*x = X + .5 * k * sin(tau * X / w * 1.1 + 2 * p) + .3 * k * sin(tau * Y / h * 1.3);
	}
	if (c->spine > 0) {
		double k = c->spine * s->px_mm, t = exp(-fmax(X, -.1 * w) / (.16 * w));
		*x = X - .9 * k * t;
		*y = Y + k * t * (1 - 1.4 * Y / h);
	}
	if (c->fold > 0) {
		enum { CAMERA_MM = 380 };
		double z = c->fold * zigzag(fmin(fmax(Y / h, 0), 1)), k = 1 - z / CAMERA_MM;
		*x = w / 2 + (X - w / 2) * k;
		*y = h / 2 + (Y - h / 2) * k + .35 * z * s->px_mm;
	}
	if (c->crumple > 0) {
		double step = FIELD_STEP_PT * s->px_pt;
		*x += s->px_pt * field_at(&s->field_x, X / step, Y / step);
		*y += s->px_pt * field_at(&s->field_y, X / step, Y / step);
	}
}

static void look(const void *scene, double u, double v, double *x, double *y)
{
	const struct shot *s = scene;
	double r = hypot(s->w, s->h) / 2, a = (u - s->w / 2.) / r, b = (v - s->h / 2.) / r;
	double r2 = a * a + b * b;
	double k = s->c->barrel > 0 ? s->c->barrel : .018;
	double f = 1 + k * r2 * (1 + .3 * r2);
	double p = a * f * s->turn_cos + b * f * s->turn_sin;
	double q = b * f * s->turn_cos - a * f * s->turn_sin;
	photo_homography_apply(&s->to_sheet, p * r + s->w / 2., q * r + s->h / 2., x, y);
	bend(s, x, y);
}

static double lamp(const void *scene, double u, double v)
{
	const struct shot *s = scene;
	double a = u / s->w, b = v / s->h, x, y;
	double light = .72 + .25 * cos((a - .3) * 1.8) * cos((b - .7) * 1.5) -
		       .12 / (1 + exp(-(a + b - 1.56) * 60));
	if (s->c->shadow > 0) { /* of a hand or a head: broad, with a soft edge */
		double d = a * .8 + b * .6 - s->shadow_at;
		double in = 1 / (1 + exp(-d * 90)) / (1 + exp((d - .38) * 40));
		light *= 1 - (1 - s->c->shadow) * in;
	}
	if (s->c->spine > 0 || s->c->fold > 0) {
		look(s, u, v, &x, &y);
		double t = y / s->sheet_h;
		if (s->c->spine > 0)
			light *= 1 - .55 * exp(-fmax(x, 0) / (.07 * s->sheet_w));
		else
			light *= .93 - .09 * tanh((t - 1 / 3.) * 150) +
				 .07 * tanh((t - 2 / 3.) * 150);
	}
	return light;
}

/* What lies around the page. */
static struct photo_image ground(const struct shot *s, uint64_t *dice)
{
	struct photo_image g = photo_image_make(s->w, s->h, 150);
	if (s->c->ground != PHOTO_WOOD)
		return g;
	struct photo_image grain = photo_image_make(s->w / 8 + 1, s->h / 4 + 1, 0);
	photo_noise(&grain, 120, dice);
	photo_blur(&grain, 30, 1.2);
	photo_levels(&grain, 1.1, 62);
	photo_scale(&grain, s->w, s->h);
	photo_image_free(&g);
	return grain;
}

/* A fingertip: an ellipse that reaches in from the edge of the picture, lit from one side. */
static void finger(const struct shot *s, struct photo_image *p)
{
	double rx = .075 * s->w, ry = .12 * s->h, tilt = .5;
	for (int v = 0; v < p->h; v++)
		for (int u = 0; u < p->w; u++) {
			double dx = u - s->finger_x, dy = v - s->finger_y;
			double a = (dx * cos(tilt) + dy * sin(tilt)) / rx;
			double b = (dy * cos(tilt) - dx * sin(tilt)) / ry;
			double d = a * a + b * b;
			if (d > 1.12)
				continue;
			float *q = &p->at[(size_t)v * (size_t)p->w + (size_t)u];
			float skin = (float)(165 - 45 * a - 25 * d);
			*q = d < 1 ? skin : *q * .72F;
		}
}

static void aim(const struct photo_camera *c, const struct photo_image *sheet, uint64_t *dice,
		struct shot *s)
{
	double m = c->margin > 0 ? c->margin : .04, w = sheet->w, h = sheet->h;
	double wander = 2 * (c->persp > 0 ? c->persp : .06);
	double aspect = c->landscape ? 3. / 4 : 4. / 3;
	s->h = (int)lround(sqrt(c->mp * 1e6 * aspect));
	s->w = (int)lround(s->h / aspect);
	double k = (1 - 2 * m) * fmin(s->w / w, s->h / h), c_x = s->w / 2., c_y = s->h / 2.;
	const double page[4][2] = {{0, 0}, {w, 0}, {w, h}, {0, h}};
	double corner[4][2];
	for (int i = 0; i < 4; i++) {
		double dx = k * (page[i][0] - w / 2), dy = k * (page[i][1] - h / 2);
		corner[i][0] = c_x + dx * (1 - photo_uniform(dice, 0, wander));
		corner[i][1] = c_y + dy * (1 - photo_uniform(dice, 0, wander));
	}
	s->to_sheet = photo_homography((const double(*)[2])corner, page);
	s->turn_cos = cos(c->turn * M_PI / 180);
	s->turn_sin = sin(c->turn * M_PI / 180);
	s->phase = photo_uniform(dice, 0, 2 * M_PI);
	s->shadow_at = photo_uniform(dice, .3, .7);
	s->finger_x = s->w * (photo_uniform(dice, 0, 1) < .5 ? .1 : .9);
	s->finger_y = s->h * photo_uniform(dice, .86, .94);
}

struct photo_image photo_camera_take(const struct photo_camera *c, const struct photo_image *sheet,
				     double dpi, const struct photo_box *box, uint64_t *dice,
				     struct photo_box *seen)
{
	struct shot s = {.c = c, .sheet_w = sheet->w, .sheet_h = sheet->h};
	s.px_mm = dpi / 25.4;
	s.px_pt = dpi / 72;
	aim(c, sheet, dice, &s);
	if (c->crumple > 0) {
		s.field_x = field_make(&s, c->crumple, dice);
		s.field_y = field_make(&s, c->crumple, dice);
	}
	struct photo_image p = ground(&s, dice), soft = photo_image_copy(sheet);
	double smaller = fmax((double)sheet->h / s.h, (double)sheet->w / s.w) * 1.1;
	if (smaller > 1)
		photo_blur(&soft, .35 * smaller, .35 * smaller);
	photo_warp(&soft, look, &s, &p);
	if (c->finger)
		finger(&s, &p);
	if (c->shake > 0)
		photo_motion(&p, c->shake, c->shake_angle * M_PI / 180);
	photo_blur(&p, c->blur, c->blur);
	photo_levels(&p, .8, 25);
	photo_light(&p, lamp, &s);
	photo_levels(&p, c->light > 0 ? c->light : 1, 0);
	photo_noise(&p, c->noise, dice);
	if (c->sharpen > 0)
		photo_sharpen(&p, 1.5, c->sharpen);
	*seen = photo_shows(look, &s, s.w, s.h, box);
	photo_image_free(&soft);
	photo_image_free(&s.field_x);
	photo_image_free(&s.field_y);
	return p;
}
