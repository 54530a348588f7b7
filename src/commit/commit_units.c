/* SPDX-License-Identifier: Apache-2.0 */
#include "commit_units.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool continues_character(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* piece_len returns the length of the piece at the front of text, which is not empty. */
static size_t piece_len(struct slice text)
{
	size_t n = 1;
	for (; n < text.len; n++) {
		uint8_t c = text.ptr[n];
		bool ends = is_blank(text.ptr[n - 1]) && !is_blank(c) && n >= COMMIT_PIECE_MIN;
		if (ends || (n >= COMMIT_PIECE_MAX - 3 && !continues_character(c)))
			break;
	}
	return n;
}

struct cutter {
	struct arena *a;
	struct commit_units units;
	size_t cap;
};

static struct sr_err add(struct cutter *c, struct commit_unit unit)
{
	struct commit_unit *at = arena_grow(c->a, c->units.at, c->units.n, &c->cap, sizeof *at);
	if (!at)
		return sr_nomem();
	c->units.at = at;
	c->units.at[c->units.n++] = unit;
	return sr_ok();
}

static struct sr_err add_text(struct cutter *c, struct slice text)
{
	while (text.len) {
		struct slice piece;
		(void)slice_take(&text, piece_len(text), &piece);
		SR_TRY(add(c, (struct commit_unit){.place = COMMIT_NO_PLACE, .text = piece}));
	}
	return sr_ok();
}

struct sr_err commit_units_cut(struct arena *a, const struct text_lattice *l,
			       const struct code_bias *bias, struct commit_units *out)
{
	struct cutter c = {.a = a};
	uint32_t *group_n = ARENA_ARRAY(a, l->places_n, uint32_t);
	if (!group_n)
		return sr_nomem();
	for (size_t i = 0; i < l->places_n; i++)
		group_n[l->places[i].leader]++;
	if (!l->fixed[0].len)
		SR_TRY(add(&c, (struct commit_unit){.place = COMMIT_NO_PLACE}));
	SR_TRY(add_text(&c, l->fixed[0]));
	for (size_t i = 0; i < l->places_n; i++) {
		SR_TRY(add(&c, (struct commit_unit){.place = (uint32_t)i,
						    .wordings = l->places[i].wordings,
						    .bias = bias[i],
						    .leader = l->places[i].leader,
						    .group_n = group_n[l->places[i].leader]}));
		SR_TRY(add_text(&c, l->fixed[i + 1]));
	}
	*out = c.units;
	return sr_ok();
}
