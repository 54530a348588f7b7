/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_pix.h"

bool pix_replace(PIX **pix, PIX *made)
{
	pixDestroy(pix);
	*pix = made;
	return made;
}

l_int32 pix_side(PIX *pix)
{
	l_int32 w = pixGetWidth(pix), h = pixGetHeight(pix);
	return w > h ? w : h;
}

PIX *pix_shrink(PIX *pix, l_int32 side)
{
	float f = (float)side / (float)pix_side(pix);
	return f < 1 ? pixScaleAreaMap(pix, f, f) : pixClone(pix);
}
