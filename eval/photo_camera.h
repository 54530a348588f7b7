/* SPDX-License-Identifier: Apache-2.0 */
/* A telephone held over a page: where each of its pixels looks, and in which light. Lengths in
 * millimetres and points are of the page. */
#ifndef PHOTO_CAMERA_H
#define PHOTO_CAMERA_H

#include "photo_image.h"

enum photo_ground { PHOTO_GREY = 0, PHOTO_WOOD };

/* mp: megapixels. margin: of the picture around the page, as a share (0: .04). persp: how far its
 * corners may wander, as a share (0: .06). barrel: of the lens (0: .018). turn: degrees. curl,
 * spine, fold: how far the sheet is from flat, mm (fold: creases at a third and two thirds).
 * crumple: sd of a smooth random field, pt. blur: px. shake: px, along shake_angle degrees. shadow:
 * what is left of the light in a broad shadow across the page (0: no shadow). sharpen: as
 * telephones do. finger: over a corner. */
struct photo_camera {
	double mp, margin, persp, barrel, turn;
	double curl, spine, fold, crumple;
	double blur, noise, shake, shake_angle, shadow, light, sharpen;
	enum photo_ground ground;
	bool finger, landscape;
};

/* photo_camera_take takes the picture of sheet, which has dpi pixels an inch, and puts into seen
 * where box of the sheet is in it. */
struct photo_image photo_camera_take(const struct photo_camera *c, const struct photo_image *sheet,
				     double dpi, const struct photo_box *box, uint64_t *dice,
				     struct photo_box *seen);

#endif
