/* SPDX-License-Identifier: Apache-2.0 */
#include "text_lattice.h"

#include "base_limits.h"
#include "text_fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Without groups the bytes are those of version 1. */
enum { LATTICE_ALONE = 1, LATTICE_GROUPS = 2 };

static const char lattice_magic[8] = {'s', 'r', 'l', 'a', 't', 't', 'i', 'c'};

static bool has_groups(const struct text_lattice *l)
{
	return text_lattice_symbols(l) < l->places_n;
}

void text_lattice_write(const struct text_lattice *l, struct build *out)
{
	bool groups = has_groups(l);
	build_bytes(out, lattice_magic, sizeof lattice_magic);
	build_u16(out, groups ? LATTICE_GROUPS : LATTICE_ALONE);
	build_u32(out, (uint32_t)l->places_n);
	build_sized(out, l->fixed[0]);
	for (size_t i = 0; i < l->places_n; i++) {
		const struct text_place *p = &l->places[i];
		build_u8(out, (uint8_t)p->origin);
		if (groups)
			build_u32(out, p->leader);
		build_u16(out, (uint16_t)p->wordings_n);
		for (uint32_t k = 0; k < p->wordings_n; k++)
			build_sized(out, p->wordings[k]);
		build_sized(out, l->fixed[i + 1]);
	}
}

static struct sr_err bad_lattice(void)
{
	return sr_fail(SR_E_INPUT, "the stored lattice is damaged");
}

/* read_place reads place number i; the places before it are there. */
static struct sr_err read_place(struct arena *a, struct slice *in, bool groups,
				struct text_place *places, uint32_t i)
{
	uint8_t origin;
	uint16_t n;
	uint32_t leader = i;
	if (!slice_u8(in, &origin) || origin > TEXT_ORIGIN_AUTOMATIC ||
	    (groups && !slice_u32(in, &leader)) || !slice_u16(in, &n) || n < 2 ||
	    n > LIMIT_WORDINGS)
		return bad_lattice();
	if (leader > i ||
	    (leader < i && (places[leader].leader != leader || places[leader].wordings_n != n)))
		return bad_lattice();
	struct slice *w = ARENA_ARRAY(a, n, struct slice);
	if (!w)
		return sr_nomem();
	for (size_t k = 0; k < n; k++)
		if (!slice_bytes(in, &w[k]) || !w[k].len || w[k].len > LIMIT_WORDING_BYTES)
			return bad_lattice();
	places[i] = (struct text_place){.wordings = w,
					.wordings_n = n,
					.origin = (enum text_origin)origin,
					.leader = leader};
	return sr_ok();
}

struct sr_err text_lattice_read(struct arena *a, struct slice bytes, struct text_lattice *out)
{
	struct slice in = bytes, magic;
	uint16_t version;
	uint32_t n;
	if (!slice_take(&in, sizeof lattice_magic, &magic) ||
	    memcmp(magic.ptr, lattice_magic, sizeof lattice_magic) != 0 ||
	    !slice_u16(&in, &version) || (version != LATTICE_ALONE && version != LATTICE_GROUPS) ||
	    !slice_u32(&in, &n) || n > LIMIT_PLACES)
		return bad_lattice();
	struct slice *fixed = ARENA_ARRAY(a, (size_t)n + 1, struct slice);
	struct text_place *places = ARENA_ARRAY(a, n, struct text_place);
	if (!fixed || !places)
		return sr_nomem();
	if (!slice_bytes(&in, &fixed[0]))
		return bad_lattice();
	for (uint32_t i = 0; i < n; i++) {
		SR_TRY(read_place(a, &in, version == LATTICE_GROUPS, places, i));
		if (!slice_bytes(&in, &fixed[i + 1]))
			return bad_lattice();
	}
	const struct text_lattice l = {fixed, places, n};
	if (in.len || has_groups(&l) != (version == LATTICE_GROUPS))
		return bad_lattice();
	*out = l;
	return sr_ok();
}

/* A tag, and whose it is. */
struct tagged {
	struct slice tag;
	uint32_t place;
};

static int by_tag(const void *a, const void *b)
{
	const struct tagged *x = a, *y = b;
	int order = slice_order(x->tag, y->tag);
	return order ? order : (x->place > y->place) - (x->place < y->place);
}

struct sr_err text_groups_find(const struct slice *tag, size_t n, uint32_t *leader)
{
	struct arena scratch = {0};
	struct tagged *at = ARENA_ARRAY(&scratch, n, struct tagged);
	size_t tagged_n = 0, first = 0;
	for (size_t i = 0; at && i < n; i++) {
		leader[i] = (uint32_t)i;
		if (tag[i].len)
			at[tagged_n++] = (struct tagged){tag[i], (uint32_t)i};
	}
	if (tagged_n)
		qsort(at, tagged_n, sizeof *at, by_tag);
	for (size_t i = 0; i < tagged_n; i++) {
		first = slice_eq(at[i].tag, at[first].tag) ? first : i;
		leader[at[i].place] = at[first].place;
	}
	arena_release(&scratch);
	return at ? sr_ok() : sr_nomem();
}

size_t text_lattice_symbols(const struct text_lattice *l)
{
	size_t n = 0;
	for (size_t i = 0; i < l->places_n; i++)
		n += l->places[i].leader == i;
	return n;
}

void text_lattice_share(const struct text_lattice *l, void *values, size_t size)
{
	uint8_t *at = values;
	for (size_t i = 0; i < l->places_n; i++)
		if (l->places[i].leader != i)
			memcpy(at + i * size, at + l->places[i].leader * size, size);
}

void text_lattice_sizes(const struct text_lattice *l, uint32_t *q)
{
	for (size_t i = 0; i < l->places_n; i++)
		q[i] = l->places[i].wordings_n;
}

double text_lattice_bits(const struct text_lattice *l)
{
	double bits = 0;
	for (size_t i = 0; i < l->places_n; i++)
		if (l->places[i].leader == i)
			bits += log2((double)l->places[i].wordings_n);
	return bits;
}

/* folded returns the wording as the aligner compares it: foldings without spaces. */
static struct sr_err folded(struct arena *a, struct slice wording, struct slice *out)
{
	struct text_tokens t;
	SR_TRY(text_tokens_make(a, wording, &t));
	*out = text_tokens_span(&t, 0, t.n);
	return sr_ok();
}

static struct sr_err check_one(struct slice wording, struct slice fold, const struct sr_sink *sink,
			       uint32_t line, uint32_t col)
{
	if (!wording.len) {
		note(sink, SR_ERROR, line, col,
		     "a wording of this place is empty; write every wording out, with a "
		     "neighbouring word if one of them adds nothing: {said|said that}");
		return sr_fail(SR_E_INPUT, "an empty wording");
	}
	if (wording.len > LIMIT_WORDING_BYTES) {
		note(sink, SR_ERROR, line, col,
		     "a wording of this place has %zu bytes; %d are the most", wording.len,
		     LIMIT_WORDING_BYTES);
		return sr_fail(SR_E_LIMIT, "a wording is too long");
	}
	if (!fold.len) {
		note(sink, SR_ERROR, line, col,
		     "a wording of this place has no letter or digit: nothing of it would survive "
		     "retyping");
		return sr_fail(SR_E_INPUT, "a wording without letters");
	}
	return sr_ok();
}

static bool contains(struct slice whole, struct slice part)
{
	return part.len < whole.len && memmem(whole.ptr, whole.len, part.ptr, part.len) != NULL;
}

static struct sr_err check_pair(const struct slice *w, const struct slice *f, size_t i, size_t j,
				const struct sr_sink *sink, uint32_t line, uint32_t col)
{
	if (slice_eq(w[i], w[j])) {
		note(sink, SR_ERROR, line, col, "wordings %zu and %zu of this place are identical",
		     i + 1, j + 1);
		return sr_fail(SR_E_INPUT, "identical wordings");
	}
	if (slice_eq(f[i], f[j])) {
		note(sink, SR_ERROR, line, col,
		     "wordings %zu and %zu of this place are the same once case, quotes, hyphens, "
		     "spaces and punctuation are folded away: retyping would make them one",
		     i + 1, j + 1);
		return sr_fail(SR_E_INPUT, "wordings that fold to the same");
	}
	if (contains(f[j], f[i]) || contains(f[i], f[j])) {
		bool first = contains(f[j], f[i]);
		note(sink, SR_WARNING, line, col,
		     "wording %zu of this place is contained in wording %zu: a dropped or added "
		     "word "
		     "could turn one into the other",
		     (first ? i : j) + 1, (first ? j : i) + 1);
	}
	return sr_ok();
}

static struct sr_err check_all(const struct slice *w, const struct slice *f, size_t n,
			       const struct sr_sink *sink, uint32_t line, uint32_t col)
{
	struct sr_err worst = sr_ok();
	for (size_t i = 0; i < n; i++) {
		struct sr_err e = check_one(w[i], f[i], sink, line, col);
		worst = sr_bad(e) ? e : worst;
	}
	if (sr_bad(worst))
		return worst;
	for (size_t j = 1; j < n; j++) {
		for (size_t i = 0; i < j; i++) {
			struct sr_err e = check_pair(w, f, i, j, sink, line, col);
			worst = sr_bad(e) ? e : worst;
		}
	}
	return worst;
}

struct sr_err text_wordings_check(const struct slice *wordings, size_t n,
				  const struct sr_sink *sink, uint32_t line, uint32_t col)
{
	struct arena scratch = {0};
	struct slice *f = ARENA_ARRAY(&scratch, n, struct slice);
	struct sr_err e = f ? sr_ok() : sr_nomem();
	for (size_t i = 0; i < n && !sr_bad(e); i++)
		e = folded(&scratch, wordings[i], &f[i]);
	if (!sr_bad(e))
		e = check_all(wordings, f, n, sink, line, col);
	arena_release(&scratch);
	return e;
}
