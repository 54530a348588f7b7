/* SPDX-License-Identifier: Apache-2.0 */
#include "photo_attack.h"

#include "photo_camera.h"
#include "photo_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_LEN = 512 };

/* How the page becomes pixels. */
enum how {
	SCREEN, /* drawn by a renderer */
	SCAN,   /* printed and scanned */
	COPY,   /* printed, copied in black and white, printed, scanned */
	FAX,
	CAMERA,  /* a photograph of the printed page */
	MONITOR, /* a photograph of a screen that shows it */
	FILE_CAIRO,
	FILE_GS,
	FILE_SCAN /* other PDFs of it */
};

/* And what happens to the pixels then. aniso: the scanner's step along the page, as a factor of
 * that across. zoom: of a viewer, of what the renderer drew. chat: how often a messenger sent it on
 * (at most 1,280 pixels long, quality 70). quarters: turned clockwise. exif: the orientation that
 * the file names, which makes good for that; 0: none. quality: JPEG, or 0: PNG. */
struct photo_steps {
	enum how how;
	const char *renderer;
	int dpi;
	double zoom, skew, aniso, noise, threshold, jitter;
	struct photo_camera camera;
	bool two, left, dark, tinted;
	int chat, quarters, quality;
	uint8_t exif;
};

/* A telephone's camera: megapixels, blur, noise; a row of the table. */
#define PHONE(mp_, blur_, ...) .camera = {.mp = mp_, .blur = blur_, .noise = __VA_ARGS__}
#define STEPS(...) (&(const struct photo_steps){.how = __VA_ARGS__})
#define SHOT(by, ...) STEPS(SCREEN, .renderer = by, .dpi = __VA_ARGS__)

/* A name among 1,000 readers at 1e-6 takes 30 bits. */
static const char whole_pixels[] = "glyphs on whole pixels: one mark in eight reads wrong, and "
				   "some 55 marks hold 25 of the 30 "
				   "bits that a name takes";

const struct photo_attack photo_attacks[] = {
	{.name = "shot72",
	 .about = "screenshot at 72 dpi by poppler",
	 .steps = SHOT("pdftoppm", 72)},
	{.name = "shot96",
	 .about = "screenshot at 96 dpi by poppler",
	 .steps = SHOT("pdftoppm", 96)},
	{.name = "shot110",
	 .about = "screenshot at 110 dpi by poppler",
	 .steps = SHOT("pdftoppm", 110)},
	{.name = "shot150",
	 .about = "screenshot at 150 dpi by poppler",
	 .steps = SHOT("pdftoppm", 150)},
	{.name = "shot96cairo",
	 .about = "96 dpi by pdftocairo: glyphs on whole pixels",
	 .beyond = whole_pixels,
	 .beyond_from = PHOTO_FOUR_LINES,
	 .steps = SHOT("pdftocairo", 96)},
	{.name = "shot150cairo",
	 .about = "150 dpi by pdftocairo",
	 .steps = SHOT("pdftocairo", 150)},
	{.name = "shot96mupdf", .about = "96 dpi by MuPDF", .steps = SHOT("mutool", 96)},
	{.name = "shot110mupdf", .about = "110 dpi by MuPDF", .steps = SHOT("mutool", 110)},
	{.name = "shot110gs",
	 .about = "110 dpi by Ghostscript",
	 .beyond = whole_pixels,
	 .beyond_from = PHOTO_FOUR_LINES,
	 .steps = SHOT("gs", 110)},
	{.name = "shot110dark",
	 .about = "110 dpi in dark mode: light text on dark ground",
	 .steps = SHOT("pdftoppm", 110, .dark = true)},
	{.name = "shot150left",
	 .about = "150 dpi, the left half of the page only",
	 .beyond = "half of four lines holds fewer than the 30 marks that a name takes",
	 .beyond_from = PHOTO_FOUR_LINES,
	 .steps = SHOT("pdftoppm", 150, .left = true)},
	{.name = "shot110jpeg",
	 .about = "110 dpi as a JPEG of quality 30",
	 .steps = SHOT("pdftoppm", 110, .quality = 30)},
	{.name = "shot150zoom",
	 .about = "drawn at 150 dpi, shown at 73% of that",
	 .steps = SHOT("pdftoppm", 150, .zoom = .73)},
	{.name = "shot150chat",
	 .about = "150 dpi, sent on twice by a messenger (1,280 px, quality 70)",
	 .steps = SHOT("pdftoppm", 150, .chat = 2, .quality = 70)},
	{.name = "scan200",
	 .about = "printed and scanned at 200 dpi: skew, 1% anisotropy, feed wobble",
	 .steps = STEPS(SCAN, .dpi = 200, .skew = .7, .aniso = 1.01, .noise = 7, .quality = 60)},
	{.name = "scan300",
	 .about = "the same at 300 dpi",
	 .steps = STEPS(SCAN, .dpi = 300, .skew = .4, .aniso = 1.01, .noise = 7, .quality = 60)},
	{.name = "scan150",
	 .about = "the same at 150 dpi",
	 .steps = STEPS(SCAN, .dpi = 150, .skew = -.9, .aniso = .99, .noise = 7, .quality = 60)},
	{.name = "scan200bw",
	 .about = "scanned at 200 dpi in black and white",
	 .steps =
		 STEPS(SCAN, .dpi = 200, .skew = .5, .aniso = 1.005, .noise = 9, .threshold = 140)},
	{.name = "photocopy2",
	 .about = "copied in black and white at 200 dpi, the copy scanned",
	 .steps = STEPS(COPY)},
	{.name = "fax",
	 .about = "fax, fine: 204 by 196 dpi, black and white",
	 .steps = STEPS(FAX, .dpi = 196)},
	{.name = "faxcoarse",
	 .about = "fax, standard: 204 by 98 dpi, black and white",
	 .steps = STEPS(FAX, .dpi = 98)},
	{.name = "phone12",
	 .about = "photograph, 12 megapixels",
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6), .quality = 70)},
	{.name = "phone12sharp",
	 .about = "12 megapixels, sharpened by the telephone",
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6, .sharpen = 1), .quality = 85)},
	{.name = "phone3",
	 .about = "3 megapixels",
	 .steps = STEPS(CAMERA, PHONE(3, .9, 6), .quality = 70)},
	{.name = "phone2chat",
	 .about = "1.9 megapixels at quality 40",
	 .steps = STEPS(CAMERA, PHONE(1.92, 1.1, 5), .quality = 40)},
	{.name = "phone12chat",
	 .about = "12 megapixels, sent on twice by a messenger (1,280 px, quality 70)",
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6), .chat = 2, .quality = 70)},
	{.name = "phone12curl",
	 .about = "12 megapixels of a sheet curled by 3 mm",
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6, .curl = 3), .quality = 70)},
	{.name = "phone3curl",
	 .about = "3 megapixels of it",
	 .steps = STEPS(CAMERA, PHONE(3, .9, 6, .curl = 3), .quality = 70)},
	{.name = "phone12spine",
	 .about = "12 megapixels of a page in a book that curls into its spine",
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6, .spine = 7), .quality = 70)},
	{.name = "phone12fold",
	 .about = "12 megapixels of a letter folded in three, 12 mm high at the creases",
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6, .fold = 12), .quality = 70)},
	{.name = "phone12crumple",
	 .about = "12 megapixels of a crumpled sheet, displaced by 0.35 pt (sd)",
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6, .crumple = .35), .quality = 70)},
	{.name = "phone12shadow",
	 .about = "12 megapixels with a shadow across the page",
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6, .shadow = .4), .quality = 70)},
	{.name = "phone12desk",
	 .about = "12 megapixels of a page on a dark desk with a finger over a corner",
	 .steps = STEPS(CAMERA,
			PHONE(12, 1.2, 6, .margin = .12, .ground = PHOTO_WOOD, .finger = true),
			.quality = 70)},
	{.name = "phone3motion",
	 .about = "3 megapixels, shaken by 4 px along the lines",
	 .steps = STEPS(CAMERA, PHONE(3, .9, 6, .shake = 4, .shake_angle = 4), .quality = 70)},
	{.name = "phone3slant",
	 .about = "3 megapixels, shaken by 4 px across them",
	 .steps = STEPS(CAMERA, PHONE(3, .9, 6, .shake = 4, .shake_angle = 60), .quality = 70)},
	{.name = "phone3hard",
	 .about = "3 megapixels: out of focus, shaken, curled by 2 mm, noisy, aslant",
	 .steps =
		 STEPS(CAMERA, PHONE(3, 1.4, 12, .curl = 2, .shake = 3, .barrel = .03, .persp = .1),
		       .quality = 70)},
	{.name = "phone3dim",
	 .about = "3 megapixels in little light: noise of sd 25",
	 .steps = STEPS(CAMERA, PHONE(3, 1.3, 25), .quality = 70)},
	{.name = "phone3dark",
	 .about = "3 megapixels, badly underexposed: the paper at a fifth of white",
	 .steps = STEPS(CAMERA, PHONE(3, .9, 5, .light = .25), .quality = 80)},
	{.name = "phone3tint",
	 .about = "3 megapixels under a lamp, in warm colours and with a contrast curve",
	 .steps = STEPS(CAMERA, PHONE(3, .9, 6), .tinted = true, .quality = 70)},
	{.name = "phone12aslant",
	 .about = "12 megapixels from the side: corners moved by up to 16%",
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6, .persp = .16), .quality = 70)},
	{.name = "phone12rot7",
	 .about = "12 megapixels, held 7 degrees askew",
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6, .turn = 7, .margin = .1), .quality = 70)},
	{.name = "phone12rot90",
	 .about = "12 megapixels, turned by 90 degrees",
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6), .quarters = 1, .quality = 70)},
	{.name = "phone3exif",
	 .about = "3 megapixels as the sensor lay, with the orientation in EXIF",
	 .steps = STEPS(CAMERA, PHONE(3, .9, 6), .quarters = 3, .exif = 6, .quality = 70)},
	{.name = "phone3rot180",
	 .about = "3 megapixels, upside down",
	 .steps = STEPS(CAMERA, PHONE(3, .9, 6), .quarters = 2, .quality = 70)},
	{.name = "phone3rot270",
	 .about = "3 megapixels, turned by 270 degrees",
	 .steps = STEPS(CAMERA, PHONE(3, .9, 6), .quarters = 3, .quality = 70)},
	{.name = "phone12two",
	 .about = "12 megapixels of two pages side by side",
	 .pages = 2,
	 .whole = true,
	 .steps = STEPS(CAMERA, PHONE(12, 1.2, 6, .landscape = true), .two = true, .quality = 70)},
	{.name = "screen12",
	 .about = "photograph of a monitor at 110 dpi, 12 megapixels",
	 .steps = STEPS(MONITOR, .renderer = "pdftoppm", .dpi = 110, PHONE(12, 1.2, 6),
			.quality = 70)},
	{.name = "screen12at96",
	 .about = "of one at 96 dpi",
	 .steps = STEPS(MONITOR, .renderer = "pdftoppm", .dpi = 96, PHONE(12, 1.2, 6),
			.quality = 70)},
	{.name = "pdfcairo",
	 .about = "the PDF saved again by pdftocairo",
	 .whole = true,
	 .steps = STEPS(FILE_CAIRO)},
	{.name = "pdfgs",
	 .about = "the PDF saved again by Ghostscript",
	 .whole = true,
	 .steps = STEPS(FILE_GS)},
	{.name = "pdfscan",
	 .about = "a PDF of a 200-dpi scan, by Leptonica",
	 .steps = STEPS(FILE_SCAN, .dpi = 200, .skew = .7, .aniso = 1.01, .noise = 7,
			.quality = 60)},
	{.name = "jitter",
	 .about = "each word moved at random by 0.3 pt (sd), then a screenshot at 150 dpi",
	 .beyond =
		 "noise of twice the marks leaves a sixth of a bit of each, some 30 on half a page",
	 .beyond_from = PHOTO_HALF,
	 .steps = STEPS(SCREEN, .dpi = 150, .jitter = .3)},
};

const size_t photo_attacks_n = sizeof photo_attacks / sizeof *photo_attacks;

const struct photo_attack *photo_attack_named(const char *name)
{
	for (size_t i = 0; i < photo_attacks_n; i++)
		if (!strcmp(photo_attacks[i].name, name))
			return &photo_attacks[i];
	return NULL;
}

bool photo_attack_beyond(const struct photo_attack *a, enum photo_part part)
{
	return a->beyond && part >= a->beyond_from;
}

bool photo_attack_of_raster(const struct photo_attack *a)
{
	switch (a->steps->how) {
	case SCAN:
	case COPY:
	case FAX:
	case FILE_SCAN:
		return true;
	case CAMERA:
		return !a->steps->two;
	case SCREEN:
	case MONITOR:
	case FILE_CAIRO:
	case FILE_GS:
		break;
	}
	return false;
}

/* One run of an attack: the page, the box of it that the leak shows, and where that came to lie. */
struct leak {
	const struct photo_steps *steps;
	const struct photo_page *page;
	struct photo_box box, seen;
	uint64_t dice;
};

static struct photo_box scaled(const struct photo_box *b, double k)
{
	return (struct photo_box){(int)(b->x * k), (int)(b->y * k), (int)(b->w * k),
				  (int)(b->h * k)};
}

static struct photo_image jittered(const struct leak *l, uint64_t *dice)
{
	struct photo_page p = *l->page;
	p.grey = photo_image_copy(&l->page->grey);
	photo_page_jitter(&p, l->steps->jitter, dice);
	double k = (double)l->steps->dpi / PHOTO_DPI;
	photo_scale(&p.grey, (int)(p.grey.w * k), (int)(p.grey.h * k));
	return p.grey;
}

static struct photo_image screen(struct leak *l)
{
	const struct photo_steps *s = l->steps;
	struct photo_image p =
		s->jitter > 0 ? jittered(l, &l->dice)
			      : photo_render(s->renderer, l->page->pdf, l->page->number, s->dpi);
	double zoom = s->zoom > 0 ? s->zoom : 1;
	if (zoom != 1)
		photo_scale(&p, (int)(p.w * zoom), (int)(p.h * zoom));
	l->seen = scaled(&l->box, zoom * s->dpi / PHOTO_DPI);
	return p;
}

/* A sheet under a scanner, turned about its middle: pixels of 400 dpi under those of the scan. */
struct glass {
	double cx, cy, to_cx, to_cy, c, s, step_x, step_y, wobble, phase;
};

static void scan_map(const void *scene, double u, double v, double *x, double *y)
{
	const struct glass *g = scene;
	double a = u - g->cx, b = v - g->cy;
	*x = g->to_cx + (a * g->c + b * g->s) * g->step_x;
	*y = g->to_cy + (b * g->c - a * g->s + g->wobble * sin(v / 130 + g->phase)) * g->step_y;
}

static struct photo_image lay_on_glass(const struct photo_image *src, double dpi_x, double dpi_y,
				       double skew, double aniso, double wobble, struct leak *l)
{
	double sx = PHOTO_DPI / dpi_x, sy = PHOTO_DPI / dpi_y, t = skew * M_PI / 180;
	struct photo_image out = photo_image_make((int)(src->w / sx), (int)(src->h / sy), 255);
	struct glass g = {out.w / 2.,  out.h / 2.,
			  src->w / 2., src->h / 2.,
			  cos(t),      sin(t),
			  sx / aniso,  sy,
			  wobble,      photo_uniform(&l->dice, 0, 2 * M_PI)};
	photo_warp(src, scan_map, &g, &out);
	l->seen = photo_shows(scan_map, &g, out.w, out.h, &l->box);
	return out;
}

/* print gives the sheet that a printer makes of the page: dots that spread, and a curve. */
static struct photo_image print(const struct photo_page *page)
{
	float curve[PHOTO_CURVE];
	struct photo_image p = photo_image_copy(&page->grey);
	for (int i = 0; i < PHOTO_CURVE; i++)
		curve[i] = (float)(255 / (1 + exp(-(i / 4. - 140) / 28)));
	photo_blur(&p, 1.2, 1.2);
	photo_curve(&p, curve);
	return p;
}

static struct photo_image scan(struct leak *l)
{
	const struct photo_steps *s = l->steps;
	struct photo_image sheet = print(l->page);
	double soft = .55 * PHOTO_DPI / s->dpi;
	photo_blur(&sheet, soft, soft);
	struct photo_image p = lay_on_glass(&sheet, s->dpi, s->dpi, s->skew, s->aniso, .4, l);
	photo_image_free(&sheet);
	photo_levels(&p, .9, 12);
	photo_noise(&p, s->noise, &l->dice);
	if (s->threshold > 0)
		photo_threshold(&p, s->threshold);
	return p;
}

/* The page as a 600-dpi printer without greys makes it. */
static struct photo_image print_bilevel(struct leak *l)
{
	struct photo_image p = photo_image_copy(&l->page->grey);
	photo_noise(&p, 25, &l->dice);
	photo_blur(&p, .8, .8);
	photo_threshold(&p, 140);
	return p;
}

static struct photo_image copy(struct leak *l)
{
	enum { COPY_DPI = 200 };
	struct photo_image sheet = print_bilevel(l);
	photo_blur(&sheet, 1.3, 1.3);
	struct photo_image p = lay_on_glass(&sheet, COPY_DPI, COPY_DPI, .5, 1, 0, l);
	photo_noise(&p, 10, &l->dice);
	photo_threshold(&p, 150);
	photo_scale(&p, sheet.w, sheet.h);
	photo_image_free(&sheet);
	photo_blur(&p, 1.2, 1.2);
	struct photo_image again = lay_on_glass(&p, COPY_DPI, COPY_DPI, -.6, 1.005, 0, l);
	photo_image_free(&p);
	photo_levels(&again, .9, 12);
	photo_noise(&again, 8, &l->dice);
	return again;
}

static struct photo_image fax(struct leak *l)
{
	enum { FAX_DPI = 204 };
	struct photo_image sheet = print(l->page);
	photo_blur(&sheet, 1, .4 * PHOTO_DPI / l->steps->dpi);
	struct photo_image p = lay_on_glass(&sheet, FAX_DPI, l->steps->dpi, .3, 1, .2, l);
	photo_image_free(&sheet);
	photo_noise(&p, 8, &l->dice);
	photo_threshold(&p, 150);
	photo_scale(&p, p.w, p.h * FAX_DPI / l->steps->dpi);
	photo_threshold(&p, 128);
	l->seen.y = l->seen.y * FAX_DPI / l->steps->dpi;
	l->seen.h = l->seen.h * FAX_DPI / l->steps->dpi;
	return p;
}

/* The page and the next one, side by side, at 250 dpi. */
static struct photo_image side_by_side(const struct leak *l, double *dpi)
{
	enum { PAIR_DPI = 250 };
	struct photo_image a = photo_render("pdftoppm", l->page->pdf, l->page->number, PAIR_DPI);
	struct photo_image b =
		photo_render("pdftoppm", l->page->pdf, l->page->number + 1, PAIR_DPI);
	struct photo_image both = photo_image_make(a.w + b.w + PAIR_DPI / 4, a.h + 40, 150);
	for (int y = 0; y < a.h && y < b.h; y++) {
		float *row = both.at + (size_t)y * (size_t)both.w;
		memcpy(row, a.at + (size_t)y * (size_t)a.w, (size_t)a.w * sizeof *row);
		row += 40 * (size_t)both.w + (size_t)(a.w + PAIR_DPI / 4);
		memcpy(row, b.at + (size_t)y * (size_t)b.w, (size_t)b.w * sizeof *row);
	}
	photo_image_free(&a);
	photo_image_free(&b);
	*dpi = PAIR_DPI;
	return both;
}

static struct photo_image camera(struct leak *l)
{
	double dpi = PHOTO_DPI;
	if (!l->steps->two)
		return photo_camera_take(&l->steps->camera, &l->page->grey, dpi, &l->box, &l->dice,
					 &l->seen);
	struct photo_image sheet = side_by_side(l, &dpi);
	struct photo_image p =
		photo_camera_take(&l->steps->camera, &sheet, dpi, &l->box, &l->dice, &l->seen);
	photo_image_free(&sheet);
	l->seen = (struct photo_box){0, 0, p.w, p.h};
	return p;
}

/* The dots of a monitor: four by four pixels for each of the picture's, darker at their edges. */
static struct photo_image dots(const struct photo_image *p)
{
	enum { DOT = 4 };
	struct photo_image big = photo_image_make(p->w * DOT, p->h * DOT, 0);
	for (int y = 0; y < big.h; y++)
		for (int x = 0; x < big.w; x++) {
			float v = p->at[(size_t)(y / DOT) * (size_t)p->w + (size_t)(x / DOT)];
			v *= y % DOT == DOT - 1 ? .55F : 1;
			v *= x % DOT == DOT - 1 ? .75F : 1;
			big.at[(size_t)y * (size_t)big.w + (size_t)x] = v;
		}
	return big;
}

static struct photo_image monitor(struct leak *l)
{
	const struct photo_steps *s = l->steps;
	struct photo_image drawn = photo_render(s->renderer, l->page->pdf, l->page->number, s->dpi);
	struct photo_image lit = dots(&drawn);
	double dpi = (double)s->dpi * lit.w / drawn.w;
	struct photo_box box = scaled(&l->box, dpi / PHOTO_DPI);
	struct photo_image p = photo_camera_take(&s->camera, &lit, dpi, &box, &l->dice, &l->seen);
	photo_image_free(&drawn);
	photo_image_free(&lit);
	return p;
}

static struct photo_image pixels(struct leak *l)
{
	switch (l->steps->how) {
	case SCREEN:
		return screen(l);
	case SCAN:
	case FILE_SCAN:
		return scan(l);
	case COPY:
		return copy(l);
	case FAX:
		return fax(l);
	case CAMERA:
		return camera(l);
	case MONITOR:
		return monitor(l);
	case FILE_CAIRO:
	case FILE_GS:
		break;
	}
	photo_die("has no pixels", "photo_attack");
}

/* chat has a messenger make the picture small enough, and bad enough, to send. */
static void chat(struct photo_image *p)
{
	enum { SIDE = 1280, QUALITY = 70 };
	int side = p->w > p->h ? p->w : p->h;
	if (side > SIDE)
		photo_scale(p, p->w * SIDE / side, p->h * SIDE / side);
	photo_jpeg(p, QUALITY);
}

/* An S-shaped curve: as the tone mapping of telephones has it. */
static void contrast(struct photo_image *p)
{
	float curve[PHOTO_CURVE];
	for (int i = 0; i < PHOTO_CURVE; i++) {
		double t = i / (double)PHOTO_CURVE;
		curve[i] = (float)(255 * (.35 * t + .65 * t * t * (3 - 2 * t)));
	}
	photo_curve(p, curve);
}

static void after(const struct photo_steps *s, struct photo_image *p)
{
	for (int i = 0; i < s->chat; i++)
		chat(p);
	if (s->dark)
		photo_levels(p, -.88, 245);
	if (s->tinted)
		contrast(p);
	photo_turn(p, s->quarters);
}

static void save(const struct photo_steps *s, const struct photo_image *p, const char *base,
		 char *path, size_t len)
{
	static const float warm[3] = {1, .84F, .58F};
	(void)snprintf(path, len, "%s%s", base, s->quality ? ".jpg" : ".png");
	if (s->tinted)
		photo_image_write_tinted(p, path, s->quality, warm);
	else
		photo_image_write(p, path, s->quality, s->threshold > 0 || s->how == FAX);
	if (s->exif)
		photo_image_orient(path, s->exif);
}

/* wrap makes a PDF of the picture. */
static void wrap(const struct photo_steps *s, const char *base, char *path, size_t len)
{
	char picture[NAME_LEN];
	(void)snprintf(picture, sizeof picture, "%s", path);
	(void)snprintf(path, len, "%s.pdf", base);
	photo_image_wrap(picture, s->dpi, path);
	(void)remove(picture);
}

/* save_again has another program write the page's PDF. */
static void save_again(const struct leak *l, const char *path)
{
	char n[16], first[32], last[32], out[NAME_LEN + 16];
	(void)snprintf(n, sizeof n, "%d", l->page->number);
	(void)snprintf(first, sizeof first, "-dFirstPage=%d", l->page->number);
	(void)snprintf(last, sizeof last, "-dLastPage=%d", l->page->number);
	(void)snprintf(out, sizeof out, "-sOutputFile=%s", path);
	const char *cairo[] = {"pdftocairo", "-pdf", "-f", n, "-l", n, l->page->pdf, path, NULL};
	const char *gs[] = {"gs",  "-q", "-dNOPAUSE", "-dBATCH",    "-dSAFER", "-sDEVICE=pdfwrite",
			    first, last, out,         l->page->pdf, NULL};
	if (!photo_run(l->steps->how == FILE_GS ? gs : cairo))
		photo_die("cannot be saved again", l->page->pdf);
}

void photo_attack_run(const struct photo_attack *a, const struct photo_page *page,
		      enum photo_part part, uint64_t seed, const char *base, char *path,
		      size_t path_len)
{
	struct leak l = {.steps = a->steps, .page = page, .dice = seed};
	if (a->steps->how == FILE_CAIRO || a->steps->how == FILE_GS) {
		(void)snprintf(path, path_len, "%s.pdf", base);
		save_again(&l, path);
		return;
	}
	l.box = photo_page_part(page, part, &l.dice);
	if (a->steps->left)
		l.box.w = page->grey.w / 2 - l.box.x;
	struct photo_image p = pixels(&l);
	if (part != PHOTO_WHOLE || a->steps->left)
		photo_crop(&p, &l.seen);
	after(a->steps, &p);
	save(a->steps, &p, base, path, path_len);
	photo_image_free(&p);
	if (a->steps->how == FILE_SCAN)
		wrap(a->steps, base, path, path_len);
}
