/* SPDX-License-Identifier: Apache-2.0 */
/* page/: the bytes of a sheet: the same back, one form only, and every rule of the header. */
#include "page_sheet.h"
#include "test.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 10, SHAPES = 12, OUTLINES = 12, MAGIC_LEN = 10 };

/* A sheet with one of everything, in one block of memory, so that a row of a table can change any
 * number in it. */
struct world {
	struct page_sheet s;
	char title[8], language[8], description[2][24], text[SHAPES][4], kind[2][8];
	struct page_font font[PAGE_FONTS_MAX + 1];
	struct page_outline outline[OUTLINES];
	int32_t point[12];
	struct page_shape shape[SHAPES];
	struct page_glyph glyph[SHAPES][2];
	struct page_cluster cluster[SHAPES][2];
	struct page_piece piece[5], cell_piece[2];
	struct page_segment segment[4], cell_segment[2];
	struct page_atom atom[3], cell_atom[2];
	struct page_flow flow, cell[2];
	uint32_t starts[2];
	struct page_block block[3];
	struct page_start start[2];
};

static void make_fonts(struct world *w)
{
	(void)snprintf(w->description[0], sizeof w->description[0], "Some Serif 9");
	(void)snprintf(w->description[1], sizeof w->description[1], "Some Serif 11");
	(void)snprintf(w->kind[0], sizeof w->kind[0], "MLCZMLZ");
	static const int32_t point[12] = {0, 0, 900, -3, 1000, 5, 1100, 8, -70000, 9, 1, 1};
	memcpy(w->point, point, sizeof point);
	for (unsigned i = 0; i < 2; i++) {
		w->font[i].description = slice_str(w->description[i]);
		memset(w->font[i].file, (int)i + 7, CRYPTO_HASH_LEN);
		w->font[i].face = i;
	}
	for (unsigned i = 0; i < OUTLINES; i++)
		w->outline[i] = (struct page_outline){.font = i >= DIGITS, .glyph = i + 20};
	w->outline[DIGITS] = (struct page_outline){.font = 1,
						   .glyph = 40,
						   .kind = (const uint8_t *)w->kind[0],
						   .kinds_n = 4,
						   .point = w->point,
						   .points_n = 5};
	w->outline[DIGITS + 1].glyph = 41;
}

static void make_shapes(struct world *w)
{
	for (unsigned i = 0; i < SHAPES; i++) {
		(void)snprintf(w->text[i], sizeof w->text[i], "%s",
			       i < DIGITS ? (const char[2]){(char)('0' + i)} : "a\xc3\xa9");
		w->glyph[i][0] = (struct page_glyph){i < DIGITS ? i + 20 : 40, 0, -5};
		w->glyph[i][1] = (struct page_glyph){41, 900 + (int32_t)i, 0};
		w->cluster[i][0] = (struct page_cluster){1, 1};
		w->cluster[i][1] = (struct page_cluster){2, 1};
		w->shape[i] = (struct page_shape){.font = i >= DIGITS,
						  .text = slice_str(w->text[i]),
						  .glyph = w->glyph[i],
						  .glyphs_n = i < DIGITS ? 1 : 2,
						  .cluster = w->cluster[i],
						  .clusters_n = i < DIGITS ? 1 : 2,
						  .backward = i == 11,
						  .advance = 2000,
						  .ink = {-1, -700, 1800, 900}};
	}
}

static struct page_flow flow_at(int32_t x, struct page_atom *atom, size_t n)
{
	return (struct page_flow){.x = x * PAGE_PT,
				  .width = 100 * PAGE_PT,
				  .leading = 14 * PAGE_PT,
				  .ascent = 10 * PAGE_PT,
				  .space = 3 * PAGE_PT,
				  .marker = PAGE_NONE,
				  .atom = atom,
				  .atoms_n = n};
}

/* The slots: 0 and 1 fixed, 2 and 3 of the place, 4 and 5 of the cells. */
static void make_text(struct world *w)
{
	for (unsigned i = 0; i < 5; i++)
		w->piece[i] = (struct page_piece){10 + i % 2, (enum page_gap)(i % 3)};
	w->segment[0] = (struct page_segment){w->piece, 2, true};
	w->segment[1] = (struct page_segment){&w->piece[2], 1, false};
	w->segment[2] = (struct page_segment){&w->piece[3], 2, false};
	w->segment[3] = (struct page_segment){NULL, 0, true};
	w->atom[0] = (struct page_atom){PAGE_NONE, w->segment, 1, 0, false};
	w->atom[1] = (struct page_atom){1, &w->segment[1], 2, 2, true};
	w->atom[2] = (struct page_atom){PAGE_NONE, &w->segment[3], 1, 4, false};
	w->flow = flow_at(72, w->atom, 3);
	w->flow.marked = true;
	w->flow.marker = 10;
	w->flow.marker_x = 60 * PAGE_PT;
	w->starts[0] = 1;
	w->starts[1] = 3;
	w->flow.starts = w->starts;
	w->flow.starts_n = 2;
	for (unsigned i = 0; i < 2; i++) {
		w->cell_piece[i] = (struct page_piece){11, PAGE_GAP_NONE};
		w->cell_segment[i] = (struct page_segment){&w->cell_piece[i], 1, false};
		w->cell_atom[i] =
			(struct page_atom){PAGE_NONE, &w->cell_segment[i], 1, 4 + i, false};
		w->cell[i] = flow_at(72 + 120 * (int32_t)i, &w->cell_atom[i], 1);
		w->cell[i].align = PAGE_RIGHT;
		w->cell[i].rtl = i;
	}
	w->block[0] = (struct page_block){.before = 5, .cut = true, .flow = &w->flow, .flows_n = 1};
	w->block[1] = (struct page_block){.before = 5, .keep = true, .above = {72, 100}};
	w->block[2] = (struct page_block){.below = {72, 100}, .flow = w->cell, .flows_n = 2};
	w->start[0] = (struct page_start){0, 3};
	w->start[1] = (struct page_start){2, PAGE_NONE};
}

static void make(struct world *w)
{
	memset(w, 0, sizeof *w);
	(void)snprintf(w->title, sizeof w->title, "T\xc3\xa4lk");
	(void)snprintf(w->language, sizeof w->language, "en-GB");
	make_fonts(w);
	make_shapes(w);
	make_text(w);
	w->s = (struct page_sheet){.title = slice_str(w->title),
				   .language = slice_str(w->language),
				   .created = 1700000000,
				   .width = 400 * PAGE_PT,
				   .height = 600 * PAGE_PT,
				   .left = 72 * PAGE_PT,
				   .top = 70 * PAGE_PT,
				   .right = 72 * PAGE_PT,
				   .bottom = 80 * PAGE_PT,
				   .foot_y = 560 * PAGE_PT,
				   .named = true,
				   .places_n = 3,
				   .slots_n = 6,
				   .font = w->font,
				   .fonts_n = 2,
				   .outline = w->outline,
				   .outlines_n = OUTLINES,
				   .shape = w->shape,
				   .shapes_n = SHAPES,
				   .block = w->block,
				   .blocks_n = 3,
				   .start = w->start,
				   .starts_n = 2};
}

static struct slice write_out(const struct page_sheet *s, struct build *b)
{
	struct slice bytes = {0};
	build_reset(b);
	page_sheet_write(s, b);
	CHECK(!sr_bad(build_done(b, &bytes)), "writes");
	return bytes;
}

static struct sr_err read_back(struct slice bytes)
{
	struct arena a = {0};
	struct page_sheet out;
	struct sr_err e = page_sheet_read(&a, bytes, &out);
	arena_release(&a);
	return e;
}

static void round_trip(void)
{
	static struct world w;
	struct build b = {0}, again = {0};
	struct arena a = {0};
	struct page_sheet out = {0};
	make(&w);
	struct slice bytes = write_out(&w.s, &b);
	struct sr_err e = page_sheet_read(&a, bytes, &out);
	if (CHECK(!sr_bad(e), "%s", e.what)) {
		CHECK(slice_eq(bytes, write_out(&out, &again)), "the same bytes");
		CHECK(slice_eq(out.title, w.s.title) && slice_eq(out.language, w.s.language) &&
			      out.created == w.s.created && out.named,
		      "the head");
		CHECK(out.slots_n == 6 && out.block[2].flow[1].atom[0].slot == 5 &&
			      out.block[0].flow[0].atom[1].slot == 2,
		      "slots are counted");
		CHECK(out.block[0].flow[0].atom[1].place == 1 &&
			      out.block[0].flow[0].atom[1].ends_line &&
			      out.block[0].flow[0].atom[0].place == PAGE_NONE,
		      "places and line ends");
		CHECK(out.block[0].flow[0].starts[1] == 3 && out.start[0].slot == 3 &&
			      out.start[1].slot == PAGE_NONE,
		      "starts");
		CHECK(out.block[2].flow[1].rtl && out.block[2].flow[1].align == PAGE_RIGHT &&
			      out.block[2].flow[1].marker == PAGE_NONE &&
			      out.block[0].flow[0].marker == 10,
		      "flows");
		CHECK(out.outline[DIGITS].points_n == 5 &&
			      memcmp(out.outline[DIGITS].point, w.point, 10 * sizeof *w.point) == 0,
		      "points");
		CHECK(out.shape[11].backward && out.shape[10].glyph[1].x == 910 &&
			      out.shape[10].glyph[0].y == -5 && out.shape[11].ink.y == -700,
		      "shapes");
	}
	arena_release(&a);
	build_release(&b);
	build_release(&again);
}

/* A row sets one number of the world, len bytes at off, to value. */
struct change {
	const char *why;
	size_t off, len;
	uint64_t value;
	enum sr_code want;
};

#define SET(why, field, value)                                                                     \
	{                                                                                          \
		why, offsetof(struct world, field), sizeof(((struct world *)0)->field),            \
			(uint64_t)(value), SR_E_INPUT                                              \
	}
#define LIMIT(why, field, value)                                                                   \
	{                                                                                          \
		why, offsetof(struct world, field), sizeof(((struct world *)0)->field),            \
			(uint64_t)(value), SR_E_LIMIT                                              \
	}

static const struct change changes[] = {
	SET("a title that is not UTF-8", title[1], 0xff),
	SET("a language with a parenthesis", language[1], ')'),
	SET("a date before 1970", s.created, -1),
	SET("a date in the year 10,000", s.created, PAGE_CREATED_MAX),
	SET("a page without width", s.width, 0),
	SET("a page too high", s.height, PAGE_LENGTH_MAX + 1),
	SET("a margin below 0", s.left, -1),
	SET("margins that leave nothing", s.right, 328 * PAGE_PT),
	SET("margins that leave no height", s.top, 520 * PAGE_PT),
	SET("a foot below the page", s.foot_y, 601 * PAGE_PT),
	SET("a foot in no font", s.foot_font, 2),
	SET("digits that are not there", s.digit, 3),
	SET("a digit that is a letter", text[4][0], 'x'),
	SET("digits in another font than the foot", s.foot_font, 1),
	SET("more places than a paper has", s.places_n, 100001),
	SET("no font", s.fonts_n, 0),
	LIMIT("more fonts than a sheet holds", s.fonts_n, PAGE_FONTS_MAX + 1),
	SET("a font without a name", font[1].description.len, 0),
	SET("a font with a line end in its name", description[1][4], '\n'),
	SET("an outline in no font", outline[11].font, 2),
	SET("outlines out of order", outline[3].glyph, 60),
	SET("the same outline twice", outline[11].glyph, 40),
	SET("an outline that no shape has", outline[11].glyph, 77),
	SET("a segment of no kind", kind[0][1], 'Q'),
	SET("a contour without a beginning", kind[0][0], 'L'),
	SET("a contour within another", kind[0][1], 'M'),
	SET("a contour without an end", outline[10].kinds_n, 3),
	SET("a point far away", point[2], PAGE_LENGTH_MAX + 1),
	SET("a shape in no font", shape[10].font, 2),
	SET("a shape without text", shape[10].text.len, 0),
	SET("text that is not UTF-8", text[10][2], 'b'),
	SET("a space in a shape", text[10][0], ' '),
	SET("a control in a shape", text[10][0], 0x7f),
	SET("a shape without glyphs", shape[10].glyphs_n, 0),
	SET("a glyph without an outline", glyph[10][1].id, 43),
	SET("a glyph far away", glyph[10][1].x, -PAGE_LENGTH_MAX - 1),
	SET("a glyph far below", glyph[10][1].y, PAGE_LENGTH_MAX + 1),
	SET("clusters that leave bytes", cluster[11][1].bytes_n, 1),
	SET("clusters with too many bytes", cluster[11][1].bytes_n, 3),
	SET("clusters that leave glyphs", shape[11].clusters_n, 1),
	SET("a cluster without glyphs", cluster[11][0].glyphs_n, 0),
	SET("a cluster without bytes", cluster[11][0].bytes_n, 0),
	SET("a cluster that cuts a character", cluster[11][0].bytes_n, 2),
	SET("an advance below 0", shape[10].advance, -1),
	SET("ink below no height", shape[10].ink.h, -1),
	SET("space above below 0", block[1].before, -1),
	SET("a rule with a width below 0", block[1].above.w, -1),
	SET("a rule off the page", block[1].above.x, 400 * PAGE_PT),
	SET("a flow in the left margin", flow.x, 71 * PAGE_PT),
	SET("a flow in the right margin", flow.width, 257 * PAGE_PT),
	SET("a flow without width", flow.width, 0),
	SET("a flow without leading", flow.leading, 0),
	SET("an ascent below 0", flow.ascent, -1),
	SET("a word space below 0", flow.space, -1),
	SET("a marker that is not there", flow.marker, 12),
	SET("a place that the paper has not", atom[1].place, 3),
	SET("a place with one wording", atom[1].segments_n, 1),
	SET("a piece of no shape", piece[4].shape, 12),
	SET("a gap of no kind", piece[4].gap, 3),
	SET("lines that begin out of order", starts[1], 1),
	SET("a line that begins behind its flow", starts[1], 4),
	SET("a line that begins before its flow", starts[0], -1),
	SET("a page that begins with the paper", start[0].slot, PAGE_NONE),
	SET("a page that begins with no block", start[1].block, 3),
	SET("a page that begins outside its block", start[0].slot, 4),
	SET("pages out of order", start[0].block, 2),
	SET("two pages that begin alike", start[1].block, 0),
};

static void rules(void)
{
	static struct world w;
	struct build b = {0};
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		const struct change *c = &changes[i];
		make(&w);
		memcpy((uint8_t *)&w + c->off, &c->value, c->len);
		struct sr_err e = read_back(write_out(&w.s, &b));
		CHECK(e.code == c->want, "%s: %d %s", c->why, e.code, e.what ? e.what : "");
	}
	make(&w);
	w.cell_atom[0] = w.atom[1];
	CHECK(read_back(write_out(&w.s, &b)).code == SR_E_INPUT, "a place that stands twice");
	make(&w);
	w.starts[0] = 0;
	CHECK(!sr_bad(read_back(write_out(&w.s, &b))), "a first line may be empty");
	build_release(&b);
}

static void put_number(struct build *b, const char *bytes, size_t len, struct slice all)
{
	build_reset(b);
	build_slice(b, slice_sub(all, 0, MAGIC_LEN));
	build_bytes(b, bytes, len);
	build_slice(b, slice_sub(all, MAGIC_LEN + 1, all.len - MAGIC_LEN - 1));
}

/* What page_sheet_write writes for no sheet. */
static void other_bytes(void)
{
	static struct world w;
	struct build b = {0}, c = {0};
	make(&w);
	struct slice all = write_out(&w.s, &b), changed;
	for (size_t n = 0; n < all.len; n++)
		CHECK(read_back(slice_sub(all, 0, n)).code == SR_E_INPUT, "the first %zu bytes", n);
	build_slice(&c, all);
	build_u8(&c, 0);
	CHECK(!sr_bad(build_done(&c, &changed)) && read_back(changed).code == SR_E_INPUT,
	      "a byte too many");
	c.ptr[0] = 'x';
	CHECK(read_back(slice_make(c.ptr, all.len)).code == SR_E_INPUT, "other magic");
	memcpy(c.ptr, all.ptr, all.len);
	c.ptr[8] = 0;
	CHECK(read_back(slice_make(c.ptr, all.len)).code == SR_E_INPUT, "version 0");
	c.ptr[8] = PAGE_SHEET_VERSION + 1;
	CHECK(read_back(slice_make(c.ptr, all.len)).code == SR_E_STATE, "a newer version");
	put_number(&c, "\x05", 1, all);
	CHECK(!sr_bad(build_done(&c, &changed)) && !sr_bad(read_back(changed)), "control");
	put_number(&c, "\x85\0", 2, all);
	CHECK(!sr_bad(build_done(&c, &changed)) && read_back(changed).code == SR_E_INPUT,
	      "a number in more bytes than it needs");
	put_number(&c, "\x85\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10, all);
	CHECK(!sr_bad(build_done(&c, &changed)) && read_back(changed).code == SR_E_INPUT,
	      "a number of more than 63 bits");
	build_release(&b);
	build_release(&c);
}

/* Whatever is read is written as the bytes that it was read from. */
static void flips(void)
{
	static struct world w;
	struct build b = {0}, again = {0}, copy = {0};
	size_t taken = 0;
	make(&w);
	struct slice all = write_out(&w.s, &b);
	build_slice(&copy, all);
	for (size_t i = 0; i < 8 * all.len; i++) {
		struct arena a = {0};
		struct page_sheet out;
		copy.ptr[i / 8] ^= (uint8_t)(1U << i % 8);
		struct slice changed = slice_make(copy.ptr, copy.len);
		if (!sr_bad(page_sheet_read(&a, changed, &out))) {
			taken++;
			CHECK(slice_eq(write_out(&out, &again), changed), "bit %zu", i);
		}
		copy.ptr[i / 8] ^= (uint8_t)(1U << i % 8);
		arena_release(&a);
	}
	printf("# %zu of %zu flipped bits give another sheet\n", taken, 8 * all.len);
	CHECK(taken > 0 && taken < 8 * all.len, "some, not all");
	build_release(&b);
	build_release(&again);
	build_release(&copy);
}

static void no_memory(void)
{
	static struct world w;
	struct build b = {0};
	make(&w);
	struct slice all = write_out(&w.s, &b);
	for (size_t n = 1;; n++) {
		struct arena a = {0};
		struct page_sheet out = {.places_n = 77};
		test_alloc_fail_at(n);
		struct sr_err e = page_sheet_read(&a, all, &out);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		arena_release(&a);
		if (!failed) {
			CHECK(!sr_bad(e), "without a failure");
			break;
		}
		CHECK(e.code == SR_E_NOMEM && out.places_n == 77, "allocation %zu", n);
	}
	build_release(&b);
}

int main(void)
{
	test_run("a sheet comes back from its bytes", round_trip);
	test_run("each rule is kept", rules);
	test_run("bytes of no sheet are refused", other_bytes);
	test_run("flipped bits: refused, or another sheet with just these bytes", flips);
	test_run("no memory", no_memory);
	return test_done();
}
