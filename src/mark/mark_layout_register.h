/* SPDX-License-Identifier: Apache-2.0 */
/* The registration of one small image in another, to a few hundredths of a pixel: where is the
 * template in the image, if image(x + d) = gain * template(x) + offset? Gauss-Newton on the
 * template's gradients (Lucas and Kanade 1981; Baker and Matthews 2004, whose inverse step needs
 * one normal matrix only), so that noise in the image does not bias the step. Pure arithmetic. */
#ifndef MARK_LAYOUT_REGISTER_H
#define MARK_LAYOUT_REGISTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* MARK_BLUR_MAX: the greatest standard deviation of a blur, in pixels. */
#define MARK_BLUR_MAX 4.0f

/* mark_blur_reach returns how many pixels a blur looks to each side. */
uint32_t mark_blur_reach(float sigma);

/* mark_blur writes w * h pixels of in, blurred by Gaussians of the given standard deviations (0:
 * not at all; MARK_BLUR_MAX at most, asserted); in is larger by mark_blur_reach at each side. rest
 * has room for w * (height of in) values, and must not be in or out. */
void mark_blur(const float *in, uint32_t w, uint32_t h, float sigma_x, float sigma_y, float *rest,
	       float *out);

/* What is looked for: w * h pixels, their gradients, and the inverse of the normal matrix for gain,
 * offset, and gain times step in x and y. Arrays hold mark_template_room(w, h) values each. */
struct mark_template {
	uint32_t w, h;
	float *t, *tx, *ty;
	double inverse[4][4];
	double energy; /* of t less its mean */
};

size_t mark_template_room(uint32_t w, uint32_t h);

/* mark_template_make fills t from in, which has w + 2 by h + 2 pixels, and into arrays that t has.
 * False: nothing in it tells where it is. */
bool mark_template_make(const float *in, uint32_t w, uint32_t h, struct mark_template *t);

/* Where it was found, in pixels; the variance of dx if the residual were white noise; the
 * normalised correlation. */
struct mark_fit {
	float dx, dy, var_x, ncc;
};

/* An image with margin pixels more than the template at each side, and how it is to be blurred. */
struct mark_image {
	const float *px;
	uint32_t margin;
	float blur_x, blur_y;
};

/* mark_search sets dx, dy and ncc of f to the whole-pixel shift, at most reach either way, of the
 * greatest correlation with an image that is blurred already. margin >= reach (asserted). */
void mark_search(const struct mark_template *t, const float *image, uint32_t margin, uint32_t reach,
		 struct mark_fit *f);

/* mark_register starts at dx, dy of f and makes them exact; rest has room for
 * mark_template_room(w, h + 2 * mark_blur_reach(blur_y) + 1) + mark_template_room(w, h) values.
 * False: it went more than a pixel and a half from the start, or farther than the margin without
 * the blur's reach and a pixel, or what is there is no such thing (gain below a thousandth). */
bool mark_register(const struct mark_template *t, const struct mark_image *j, float *rest,
		   struct mark_fit *f);

#endif
