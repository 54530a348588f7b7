/* SPDX-License-Identifier: Apache-2.0 */
/* A paper made ready for pages: its blocks with all their wordings, cut into pieces whose shapes
 * are known, and the breaks of its unmarked layout. Whatever needs fonts or Markdown has happened
 * before (page_plan.h); from here on all is arithmetic on a fixed table. The ledger keeps it, so
 * that a trace years later, on a machine with other fonts, sees the very pages.
 *
 * Lengths are in units of 1/PAGE_PT point (1/72 inch); x grows to the right, y downwards.
 *
 * Slots are numbers of words that are the same in every copy: each piece of fixed text has one, and
 * the j-th pieces of all wordings of a place share one. They count through the paper, without
 * gaps. */
#ifndef PAGE_SHEET_H
#define PAGE_SHEET_H

#include "arena.h"
#include "build.h"
#include "crypto.h"
#include "err.h"
#include "slice.h"

enum { PAGE_PT = 1024, PAGE_SHEET_VERSION = 1 };

/* What a sheet may hold; page_sheet_read refuses more. */
enum {
	PAGE_FONTS_MAX = 64,
	PAGE_SHAPES_MAX = 1000 * 1000, /* and likewise outlines */
	PAGE_SLOTS_MAX = 100 * 1000,
	PAGE_PARTS_MAX = 4 * 1000 * 1000, /* blocks, flows, atoms, segments and pieces together */
	PAGE_PAGES_MAX = 2000,
	PAGE_LENGTH_MAX = 1 << 24, /* a length or position, either sign: 16,384 pt */
	PAGE_SHEET_BYTES = 128 * 1024 * 1024,
};

/* page_too_long is the error of a paper that PAGE_SLOTS_MAX or PAGE_PARTS_MAX refuses,
 * page_too_many of one that PAGE_PAGES_MAX does. */
SR_MUST struct sr_err page_too_long(void);
SR_MUST struct sr_err page_too_many(void);

#define PAGE_NONE UINT32_MAX                   /* no place, no shape */
#define PAGE_CREATED_MAX INT64_C(253402300800) /* the year 10,000 */

struct page_box {
	int32_t x, y, w, h;
};

/* A font as it was used: what Pango is asked for (pango_font_description_to_string, with its size),
 * and the file that was found, by its digest and the number of the face in it. */
struct page_font {
	struct slice description;
	uint8_t file[CRYPTO_HASH_LEN];
	uint32_t face;
};

/* The outline of a glyph: segments of kind 'M' and 'L' with one point, 'C' (cubic) with three, 'Z'
 * with none; each contour begins with 'M' and ends with 'Z'; points are relative to the glyph's
 * origin. Filled by the nonzero rule. */
struct page_outline {
	uint32_t font, glyph;
	const uint8_t *kind;
	size_t kinds_n;
	const int32_t *point; /* x and y in turn */
	size_t points_n;      /* points, two numbers each */
};

/* x, y: of the glyph's origin, from the shape's. */
struct page_glyph {
	uint32_t id;
	int32_t x, y;
};

/* So many bytes of the text are so many glyphs, at least one of each (as cairo_text_cluster_t). */
struct page_cluster {
	uint32_t bytes_n, glyphs_n;
};

/* Text shaped in one font. The origin is at the left end of its baseline; ink is relative to it.
 * Glyphs go from left to right, clusters in the order of the text: backward, these go from right to
 * left. */
struct page_shape {
	uint32_t font;
	struct slice text; /* UTF-8, without white space that a line may end at, and controls */
	const struct page_glyph *glyph;
	size_t glyphs_n;
	const struct page_cluster *cluster;
	size_t clusters_n;
	bool backward;
	int32_t advance;
	struct page_box ink;
};

/* What stands before a piece: nothing, white space, or a spot where a line may end without any. */
enum page_gap { PAGE_GAP_NONE = 0, PAGE_GAP_SPACE, PAGE_GAP_BREAK };

struct page_piece {
	uint32_t shape;
	enum page_gap gap;
};

/* Text in pieces, and whether white space stands behind the last one (or is all there is). */
struct page_segment {
	const struct page_piece *piece;
	size_t pieces_n;
	bool space;
};

/* Fixed text (place is PAGE_NONE, one segment), or a place of the lattice with a segment for each
 * wording. No place stands twice; they ascend but for those in footnotes. slot: of the first piece;
 * a place has as many slots as its longest wording has pieces, and there may be none at all.
 * ends_line: a new line begins behind it. */
struct page_atom {
	uint32_t place;
	const struct page_segment *segment;
	size_t segments_n;
	uint32_t slot;
	bool ends_line;
};

enum page_align { PAGE_JUSTIFIED = 0, PAGE_LEFT, PAGE_CENTRED, PAGE_RIGHT };

/* Lines of text of one width; n of them are n * leading high, and a flow without atoms has one if
 * it has a marker. space: the natural word space. starts: of the unmarked layout, the slot of the
 * piece that begins each line but the first and the empty ones. marker: a shape (bullet, number) at
 * marker_x (from the page's left edge) on the first line, or PAGE_NONE. marked: its words may be
 * moved (code's are not). rtl: the lines go from right to left. */
struct page_flow {
	int32_t x, width; /* from the page's left edge */
	int32_t leading;  /* from baseline to baseline */
	int32_t ascent;   /* from the top of the first line to its baseline */
	int32_t space;
	enum page_align align;
	bool marked, rtl;
	uint32_t marker;
	int32_t marker_x;
	const struct page_atom *atom;
	size_t atoms_n;
	const uint32_t *starts;
	size_t starts_n;
};

/* A thin line from x on, w long, above or below a block. w 0: none. */
struct page_rule {
	int32_t x, w;
};

/* One flow, or the cells of a row of a table side by side, or none (a thematic break). before:
 * space above, but at the top of a page. keep: with the next block. cut: it may be divided between
 * pages. */
struct page_block {
	int32_t before;
	bool keep, cut;
	struct page_rule above, below;
	const struct page_flow *flow;
	size_t flows_n;
};

/* A page after the first begins with this block, or, if slot is not PAGE_NONE, with the line of it
 * that holds the piece with this slot. */
struct page_start {
	uint32_t block, slot;
};

struct page_sheet {
	struct slice title, language; /* language: a tag of BCP 47 */
	int64_t created; /* seconds since 1970 UTC, below PAGE_CREATED_MAX: the date in every copy
			  */
	int32_t width, height;            /* of a page */
	int32_t left, top, right, bottom; /* margins; text does not reach into them */
	int32_t foot_y;                   /* baseline of page numbers and footer */
	uint32_t foot_font;
	bool named; /* the reader's name is to stand there as well */
	uint32_t places_n, slots_n;
	const struct page_font *font;
	size_t fonts_n;
	const struct page_outline *outline; /* by font, then glyph: all that the shapes have */
	size_t outlines_n;
	const struct page_shape *shape;
	size_t shapes_n;
	uint32_t digit; /* shapes digit .. digit + 9 are 0 to 9, for page numbers */
	const struct page_block *block;
	size_t blocks_n;
	const struct page_start *start;
	size_t starts_n;
};

/* page_atom_slots returns how many slots an atom has: as many as its longest segment has pieces. */
size_t page_atom_slots(const struct page_atom *a);

/* page_outline_order compares two outlines by font, then glyph, as qsort wants it;
 * page_outline_find returns that of a glyph among n in this order, or NULL. */
int page_outline_order(const void *a, const void *b);
const struct page_outline *page_outline_find(const struct page_outline *o, size_t n, uint32_t font,
					     uint32_t glyph);

/* page_language_ok tells whether a language has only letters, digits and hyphens, as tags of BCP 47
 * do. */
bool page_language_ok(struct slice language);

/* page_sheet_write appends the bytes of s (doc/FORMAT.md, "Sheet"). */
void page_sheet_write(const struct page_sheet *s, struct build *out);

/* page_sheet_read is the inverse; slices borrow from bytes, arrays live in a. SR_E_INPUT for
 * anything that page_sheet_write could not have written or that breaks a rule above, trailing
 * bytes included: every number is in range, shapes have outlines for all their glyphs, and there
 * are no others, places lie below places_n and stand once, starts name slots of their flow, flows
 * keep within the margins. SR_E_STATE: of a newer version; SR_E_LIMIT, SR_E_NOMEM. */
SR_MUST struct sr_err page_sheet_read(struct arena *a, struct slice bytes, struct page_sheet *out);

#endif
