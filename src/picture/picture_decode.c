/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_decode.h"
#include "extract_page.h"
#include "picture_pix.h"

#include <libexif/exif-data.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DECODE_MEMORY = 700 * 1000 * 1000 };

static bool is_tiff(l_int32 format)
{
	switch (format) {
	case IFF_TIFF:
	case IFF_TIFF_PACKBITS:
	case IFF_TIFF_RLE:
	case IFF_TIFF_G3:
	case IFF_TIFF_G4:
	case IFF_TIFF_LZW:
	case IFF_TIFF_ZIP:
	case IFF_TIFF_JPEG:
		return true;
	default:
		return false;
	}
}

static l_int32 format_of(struct slice bytes)
{
	enum { LOOK = 32 };
	l_int32 format = IFF_UNKNOWN;
	if (bytes.len < LOOK || findFileFormatBuffer(bytes.ptr, &format))
		return IFF_UNKNOWN;
	return format;
}

enum extract_outcome decode_pages(struct slice bytes, unsigned *n)
{
	l_int32 count = 0;
	*n = 1;
	if (!is_tiff(format_of(bytes)))
		return EXTRACT_OK;
	FILE *f = fmemopen((void *)(uintptr_t)bytes.ptr, bytes.len, "r");
	bool bad = !f || tiffGetCount(f, &count) || count < 1;
	if (f)
		(void)fclose(f);
	if (bad)
		return EXTRACT_PICTURE_BROKEN;
	*n = (unsigned)count;
	return count <= EXTRACT_PAGES_MAX ? EXTRACT_OK : EXTRACT_MANY_PAGES;
}

/* What a header says. */
struct head {
	l_int32 w, h, samples_n;
	bool colours; /* a table of them */
};

/* read_head looks at the header. Leptonica has none of a GIF but decodes it. */
static bool read_head(struct slice bytes, unsigned i, l_int32 format, struct head *head)
{
	l_int32 f, bps, cmap = 0, res;
	l_ok bad;
	if (format == IFF_GIF) {
		*head = (struct head){bytes.ptr[6] | bytes.ptr[7] << 8,
				      bytes.ptr[8] | bytes.ptr[9] << 8, 1, true};
		return true;
	}
	if (is_tiff(format))
		bad = readHeaderMemTiff(bytes.ptr, bytes.len, (l_int32)i, &head->w, &head->h, &bps,
					&head->samples_n, &res, &cmap, &f);
	else
		bad = pixReadHeaderMem(bytes.ptr, bytes.len, &f, &head->w, &head->h, &bps,
				       &head->samples_n, &cmap);
	head->colours = cmap;
	return !bad;
}

/* memory_of bounds what decoding takes: twice 4 bytes of each pixel in colour, since most of the
 * libraries keep their own picture until ours is made, and something for it in grey. */
static int64_t memory_of(const struct head *head, l_int32 format)
{
	bool grey = head->samples_n == 1 && !head->colours;
	int64_t each = grey ? 3 : format == IFF_JFIF_JPEG ? 5 : 9;
	return each * head->w * head->h;
}

static enum extract_outcome check_size(struct slice bytes, unsigned i, l_int32 format)
{
	struct head head = {0};
	if (!read_head(bytes, i, format, &head) || head.w < 1 || head.h < 1)
		return EXTRACT_PICTURE_BROKEN;
	if (head.w > EXTRACT_PICTURE_SIDE_MAX || head.h > EXTRACT_PICTURE_SIDE_MAX ||
	    (int64_t)head.w * head.h > EXTRACT_PICTURE_PIXELS_MAX)
		return EXTRACT_PICTURE_LARGE;
	return memory_of(&head, format) <= DECODE_MEMORY ? EXTRACT_OK : EXTRACT_MEMORY;
}

/* is_whole_jpeg: an end of image (0xffd9) follows the last start of a scan (0xffda); neither occurs
 * within a scan (ITU T.81, B.1.1.5). */
static bool is_whole_jpeg(struct slice s)
{
	for (size_t i = s.len - 1; i-- > 0;) {
		if (s.ptr[i] == 0xff && s.ptr[i + 1] == 0xd9)
			return true;
		if (s.ptr[i] == 0xff && s.ptr[i + 1] == 0xda)
			return false;
	}
	return false;
}

static PIX *read_jpeg(struct slice bytes)
{
	l_int32 warnings_n = 0;
	PIX *pix = pixReadMemJpeg(bytes.ptr, bytes.len, 0, 1, &warnings_n, 0);
	if (warnings_n && !is_whole_jpeg(bytes))
		pixDestroy(&pix);
	return pix;
}

static PIX *read_pix(struct slice bytes, unsigned i, l_int32 format)
{
	if (format == IFF_JFIF_JPEG)
		return read_jpeg(bytes);
	return is_tiff(format) ? pixReadMemTiff(bytes.ptr, bytes.len, (l_int32)i)
			       : pixReadMem(bytes.ptr, bytes.len);
}

/* orientation_of returns the tag of EXIF, 1 to 8; 1 if there is none. */
static unsigned orientation_of(struct slice bytes)
{
	unsigned v = 1;
	if (bytes.len > UINT32_MAX)
		return v;
	ExifData *d = exif_data_new_from_data(bytes.ptr, (unsigned)bytes.len);
	ExifEntry *e = d ? exif_content_get_entry(d->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION) : NULL;
	if (e && e->format == EXIF_FORMAT_SHORT && e->size >= 2)
		v = exif_get_short(e->data, exif_data_get_byte_order(d));
	if (d)
		exif_data_unref(d);
	return v >= 1 && v <= 8 ? v : 1;
}

/* turn undoes an orientation (EXIF 2.32, 4.6.4): first a rotation, then a mirror. */
static void turn(PIX **pix, unsigned orientation)
{
	static const struct {
		l_int32 quads; /* clockwise */
		bool mirror;
	} undo[9] = {{0, false}, {0, false}, {0, true}, {2, false}, {2, true},
		     {1, true},  {1, false}, {3, true}, {3, false}};
	if (undo[orientation].quads)
		(void)pix_replace(pix, pixRotateOrth(*pix, undo[orientation].quads));
	if (*pix && undo[orientation].mirror)
		(void)pix_replace(pix, pixFlipLR(NULL, *pix));
}

static void shrink(PIX **pix)
{
	double pixels = (double)pixGetWidth(*pix) * pixGetHeight(*pix);
	if (pixels <= EXTRACT_PIXELS_MAX)
		return;
	float f = (float)(sqrt(EXTRACT_PIXELS_MAX / pixels) * 0.999);
	(void)pix_replace(pix, pixScaleAreaMap(*pix, f, f));
}

/* to_grey makes 8 bits of whatever was decoded. */
static void to_grey(PIX **pix)
{
	if (pixGetDepth(*pix) == 32 && pixGetSpp(*pix) == 4)
		(void)pix_replace(pix, pixAlphaBlendUniform(*pix, 0xffffff00));
	if (*pix)
		(void)pix_replace(pix, pixConvertTo8(*pix, 0));
}

/* is_moving looks for the flag of an animation in the first chunk of a WebP. */
static bool is_moving(struct slice bytes, l_int32 format)
{
	enum { CHUNK = 12, FLAGS = 20, ANIMATION = 2 };
	return format == IFF_WEBP && memcmp(bytes.ptr + CHUNK, "VP8X", 4) == 0 &&
	       bytes.ptr[FLAGS] & ANIMATION;
}

enum extract_outcome decode_page(struct slice bytes, unsigned i, PIX **gray)
{
	l_int32 format = format_of(bytes);
	if (format == IFF_UNKNOWN)
		return EXTRACT_PICTURE_BROKEN;
	if (is_moving(bytes, format))
		return EXTRACT_PICTURE_MOVES;
	enum extract_outcome o = check_size(bytes, i, format);
	if (o != EXTRACT_OK)
		return o;
	PIX *pix = read_pix(bytes, i, format);
	if (!pix)
		return EXTRACT_PICTURE_BROKEN;
	to_grey(&pix);
	if (pix)
		shrink(&pix);
	if (pix && format == IFF_JFIF_JPEG)
		turn(&pix, orientation_of(bytes));
	if (!pix)
		return EXTRACT_MEMORY;
	*gray = pix;
	return EXTRACT_OK;
}
