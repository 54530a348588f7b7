/* SPDX-License-Identifier: Apache-2.0 */
/* Grey pictures as floats, 0 black to 255 white, and what happens to them on the way from a page
 * to a leak. Programs only: what goes wrong here ends the run. */
#ifndef PHOTO_IMAGE_H
#define PHOTO_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* at[y * w + x] is the pixel whose centre lies at (x, y). */
struct photo_image {
	int w, h;
	float *at;
};

struct photo_box {
	int x, y, w, h;
};

/* photo_image_make gives a picture of one value; photo_image_free frees it. */
struct photo_image photo_image_make(int w, int h, float value);
struct photo_image photo_image_copy(const struct photo_image *p);
void photo_image_free(struct photo_image *p);

/* photo_image_read reads a picture file as grey. */
struct photo_image photo_image_read(const char *path);

/* photo_image_write writes a JPEG of the given quality, or a PNG if quality is 0; 1-bit if bilevel.
 * photo_image_write_tinted writes a JPEG in colour: red, green and blue are so many parts of grey.
 */
void photo_image_write(const struct photo_image *p, const char *path, int quality, bool bilevel);
void photo_image_write_tinted(const struct photo_image *p, const char *path, int quality,
			      const float tint[3]);

/* photo_image_orient writes into the JPEG at path how it is to be turned before it is shown: the
 * orientation of EXIF (1 .. 8). */
void photo_image_orient(const char *path, uint8_t orientation);

/* photo_image_wrap makes a PDF with nothing but the JPEG at path, of dpi pixels an inch. */
void photo_image_wrap(const char *path, int dpi, const char *pdf);

/* photo_jpeg has p compressed and read again. */
void photo_jpeg(struct photo_image *p, int quality);

/* photo_blur blurs by a Gaussian of sx and sy pixels; photo_motion along a line, length pixels
 * long, at an angle in radians. The border is repeated. */
void photo_blur(struct photo_image *p, double sx, double sy);
void photo_motion(struct photo_image *p, double length, double angle);

/* photo_sharpen adds the amount-fold of what a blur of sigma pixels takes away. */
void photo_sharpen(struct photo_image *p, double sigma, double amount);

/* photo_noise adds Gaussian noise. */
void photo_noise(struct photo_image *p, double sd, uint64_t *dice);

/* photo_curve replaces each value v by curve[v * 4] (0 .. 255.75). */
enum { PHOTO_CURVE = 1024 };
void photo_curve(struct photo_image *p, const float curve[PHOTO_CURVE]);

/* photo_threshold makes values below level black, others white; photo_levels gives a v + b. */
void photo_threshold(struct photo_image *p, double level);
void photo_levels(struct photo_image *p, double a, double b);

/* A map from a pixel (u, v) of a new picture to (x, y) of the old one. It has to be smooth over
 * some pixels: it is asked at every eighth one. */
typedef void photo_map(const void *scene, double u, double v, double *x, double *y);

/* photo_warp fills those pixels of out that show something of src (bilinear). */
void photo_warp(const struct photo_image *src, photo_map *map, const void *scene,
		struct photo_image *out);

/* photo_shows gives the least box of a picture of w by h that holds all that shows box of the old
 * one; an empty box if there is nothing. */
struct photo_box photo_shows(photo_map *map, const void *scene, int w, int h,
			     const struct photo_box *box);

/* photo_light multiplies by what light gives at (u, v); it is asked at every eighth pixel. */
typedef double photo_light_at(const void *scene, double u, double v);
void photo_light(struct photo_image *p, photo_light_at *light, const void *scene);

/* photo_crop cuts box out, so far as there is something; photo_scale gives another size (the mean
 * of what a pixel covers, or bilinear); photo_turn turns clockwise by quarters. */
void photo_crop(struct photo_image *p, const struct photo_box *box);
void photo_scale(struct photo_image *p, int w, int h);
void photo_turn(struct photo_image *p, int quarters);

/* A homography, row by row. photo_homography finds the one that takes from[i] to to[i];
 * photo_homography_inverse its inverse (up to scale). */
struct photo_homography {
	double at[9];
};
struct photo_homography photo_homography(const double from[4][2], const double to[4][2]);
struct photo_homography photo_homography_inverse(const struct photo_homography *h);
void photo_homography_apply(const struct photo_homography *h, double x, double y, double *u,
			    double *v);

/* photo_uniform draws from [low, high). */
double photo_uniform(uint64_t *dice, double low, double high);

/* photo_die ends the program. */
_Noreturn void photo_die(const char *what, const char *name);

#endif
