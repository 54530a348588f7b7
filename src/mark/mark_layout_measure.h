/* SPDX-License-Identifier: Apache-2.0 */
/* How far each word of a page stands from where the unmarked page has it, to a few hundredths of a
 * point: the picture is straightened by a map, and each word of a raster of the unmarked page is
 * registered in it (Lucas and Kanade 1981, with gain and offset), after blurring the raster as the
 * picture is blurred. Then what varies smoothly over the page is taken out, and what is left is
 * weighed (generalised least squares). */
#ifndef MARK_LAYOUT_MEASURE_H
#define MARK_LAYOUT_MEASURE_H

#include "mark_layout.h"
#include "mark_layout_map.h"

/* dx, dy: displacement of word number word of the layout, in points, picture minus unmarked page,
 * as the map's homography sees it (the bend has followed the words' shifts a little); var: of dx,
 * in points squared, from the residual and the word's gradients; ncc: the normalised correlation.
 * good: it was found, and looks like the word (ncc above a bound); if it is not, dx, dy and ncc are
 * 0. All are finite. */
struct mark_measure {
	uint32_t word;
	double dx, dy, var, ncc;
	bool good;
};

/* mark_measure_words measures n words of the layout l: out has n entries, word given, all of one
 * page (asserted). The map m, good to about four points, is made better on the way (its grid lives
 * in a). p has gray. SR_E_LIMIT: the page is too large to be drawn (page_raster.h); SR_E_NOMEM; m
 * and out are undefined then. */
SR_MUST struct sr_err mark_measure_words(struct arena *a, const struct page_sheet *s,
					 const struct page_laid *l, const struct extract_page *p,
					 struct mark_map *m, struct mark_measure *out, size_t n);

/* A measurement where it stands on the page (points), with its variance (points squared), and by
 * how much the word would be shifted (points; 0: it carries nothing and only helps with what is
 * smooth). line: words of one line have one number. All are finite. */
struct mark_point {
	double x, y, value, var, reach;
	uint32_t line;
};

/* mark_weigh takes from n values what varies smoothly over the page - a trend, and a Gaussian
 * process whose length and size are those of the greatest marginal likelihood - with white noise of
 * no less than the shifts themselves, so that the fit cannot follow them; and writes loglik[i][k]
 * (struct mark_layout_word), and what is left of value i to shift[i], with its standard deviation
 * to noise[i]. Outliers have loglik 0. It knows nothing of the code: a mark goes either way with
 * the same probability, so that whatever comes out is independent of the symbols of everybody whose
 * copy this is not. Up to 600 points are weighed together, more in pieces of about 400 that
 * overlap; points that stand together should follow one another. SR_E_NOMEM; what was written is
 * undefined then. */
SR_MUST struct sr_err mark_weigh(const struct mark_point *point, size_t n, float (*loglik)[2],
				 float *shift, float *noise);

#endif
