/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_codec.h"

#include <assert.h>
#include <endian.h>
#include <stdalign.h>
#include <string.h>

enum {
	LENGTH_MAX = (1 << 30) - 1, /* of a vector (2.1.2) */
	SKIPPED_MAX = 512,          /* the largest struct in a list or behind a pointer */
};

static size_t int_len(enum mls_kind kind)
{
	return (size_t)1 << (kind - MLS_U8);
}

/* A shorter number is at the low end of a longer one, which on some machines comes last. */
static unsigned int_shift(enum mls_kind kind)
{
	return BYTE_ORDER == LITTLE_ENDIAN ? 0 : (unsigned)(64 - 8 * int_len(kind));
}

uint64_t mls_int(const void *at, enum mls_kind kind)
{
	uint64_t v = 0;
	memcpy(&v, at, int_len(kind));
	return v >> int_shift(kind);
}

static void set_int(void *at, enum mls_kind kind, uint64_t v)
{
	v <<= int_shift(kind);
	memcpy(at, &v, int_len(kind));
}

bool mls_next_int(struct slice *in, enum mls_kind kind, uint64_t *out)
{
	struct slice s;
	if (!slice_take(in, int_len(kind), &s))
		return false;
	uint64_t v = 0;
	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.ptr[i];
	*out = v;
	return true;
}

bool mls_next_length(struct slice *in, size_t *out)
{
	if (!in->len || in->ptr[0] >> 6 == 3)
		return false;
	enum mls_kind kind = (enum mls_kind)(MLS_U8 + (in->ptr[0] >> 6));
	struct slice rest = *in;
	uint64_t v;
	if (!mls_next_int(&rest, kind, &v))
		return false;
	v &= ((uint64_t)1 << (8 * int_len(kind) - 2)) - 1;
	if ((kind == MLS_U16 && v < 1 << 6) || (kind == MLS_U32 && v < 1 << 14))
		return false;
	*in = rest;
	*out = (size_t)v;
	return true;
}

bool mls_next_opaque(struct slice *in, struct slice *out)
{
	struct slice rest = *in;
	size_t len;
	if (!mls_next_length(&rest, &len) || !slice_take(&rest, len, out))
		return false;
	*in = rest;
	return true;
}

static struct sr_err short_input(void)
{
	return mls_refuse("an MLS object that ends too early, or a length in a wrong form");
}

const struct mls_type *mls_selected(const struct mls_field *f, const void *object)
{
	uint64_t tag = mls_int((const uint8_t *)object + f->tag_off, f->tag_kind);
	const struct mls_case *c = f->cases;
	while (c->name && c->tag != tag)
		c++;
	return c->type;
}

/* count finds how many objects there are in a list, so that they take one piece of memory and no
 * more than they need: growing would take up to four times that. */
static struct sr_err count(const struct mls_field *f, struct slice *in, size_t *n)
{
	alignas(max_align_t) uint8_t skipped[SKIPPED_MAX];
	assert(f->type->size <= sizeof skipped);
	memset(skipped, 0, f->type->size);
	for (*n = 0; in->len; ++*n) {
		if (f->max && *n == f->max)
			return sr_fail(SR_E_LIMIT, "an MLS object with too many parts");
		SR_TRY(mls_decode_front(f->type, in, NULL, skipped));
	}
	return sr_ok();
}

static struct sr_err decode_items(const struct mls_field *f, struct slice *in, struct arena *a,
				  void *at)
{
	struct mls_list list = {0};
	struct slice left = *in;
	struct sr_err e = count(f, &left, &list.n);
	if (sr_bad(e)) {
		*in = left;
		return e;
	}
	if (list.n && !(list.ptr = arena_alloc(a, list.n, f->type->size)))
		return sr_nomem();
	for (size_t i = 0; i < list.n; i++)
		SR_TRY(mls_decode_front(f->type, in, a, (uint8_t *)list.ptr + i * f->type->size));
	memcpy(at, &list, sizeof list);
	return sr_ok();
}

/* Without an arena the list is passed over: its length is known. */
static struct sr_err decode_list(const struct mls_field *f, struct slice *in, struct arena *a,
				 void *at)
{
	struct slice items;
	if (!mls_next_opaque(in, &items))
		return short_input();
	if (!a)
		return sr_ok();
	struct sr_err e = decode_items(f, &items, a, at);
	if (sr_bad(e))
		*in = items;
	return e;
}

static struct sr_err decode_boxed(const struct mls_field *f, struct slice *in, struct arena *a,
				  void *at)
{
	alignas(max_align_t) uint8_t skipped[SKIPPED_MAX];
	assert(f->type->size <= sizeof skipped);
	if (!a)
		return mls_decode_front(f->type, in, NULL, memset(skipped, 0, f->type->size));
	void *object = arena_alloc(a, 1, f->type->size);
	if (!object)
		return sr_nomem();
	memcpy(at, &object, sizeof object);
	return mls_decode_front(f->type, in, a, object);
}

static struct sr_err decode_optional(const struct mls_field *f, struct slice *in, struct arena *a,
				     void *at)
{
	uint64_t present;
	if (!mls_next_int(in, MLS_U8, &present))
		return short_input();
	if (present > 1)
		return mls_refuse("an optional part that is neither there nor absent");
	return present ? decode_boxed(f, in, a, at) : sr_ok();
}

static struct sr_err decode_field(const struct mls_field *f, struct slice *in, struct arena *a,
				  void *object)
{
	void *at = (uint8_t *)object + f->off;
	const struct mls_type *type = f->type;
	struct slice bytes;
	uint64_t v;
	switch (f->kind) {
	case MLS_U8:
	case MLS_U16:
	case MLS_U32:
	case MLS_U64:
		if (!mls_next_int(in, f->kind, &v))
			return short_input();
		if (f->max && v > f->max)
			return mls_refuse("an MLS object with a number that is too large");
		set_int(at, f->kind, v);
		return sr_ok();
	case MLS_OPAQUE:
		if (!mls_next_opaque(in, &bytes))
			return short_input();
		memcpy(at, &bytes, sizeof bytes);
		if (f->max && bytes.len != f->max)
			return mls_refuse("an MLS object with a part of a wrong length");
		return sr_ok();
	case MLS_LIST:
		return decode_list(f, in, a, at);
	case MLS_BOXED:
		return decode_boxed(f, in, a, at);
	case MLS_OPTIONAL:
		return decode_optional(f, in, a, at);
	case MLS_SELECT:
		type = mls_selected(f, object);
		if (!type)
			return mls_refuse("an MLS object of an unknown kind");
		break;
	case MLS_STRUCT:
		break;
	}
	return mls_decode_front(type, in, a, at);
}

struct sr_err mls_decode_front(const struct mls_type *type, struct slice *in, struct arena *a,
			       void *out)
{
	for (size_t i = 0; i < type->fields_n; i++)
		SR_TRY(decode_field(&type->fields[i], in, a, out));
	return sr_ok();
}

struct sr_err mls_decode(const struct mls_type *type, struct slice in, struct arena *a, void *out)
{
	if (in.len > MLS_MESSAGE_MAX)
		return sr_fail(SR_E_LIMIT, "an MLS object that is too long");
	memset(out, 0, type->size);
	SR_TRY(mls_decode_front(type, &in, a, out));
	return in.len ? mls_refuse("bytes behind the end of an MLS object") : sr_ok();
}

static void put_int(struct build *b, uint64_t v, size_t len)
{
	const uint64_t big_endian = htobe64(v);
	build_bytes(b, (const uint8_t *)&big_endian + sizeof v - len, len);
}

void mls_put_u8(struct build *b, uint8_t v)
{
	put_int(b, v, 1);
}

void mls_put_u16(struct build *b, uint16_t v)
{
	put_int(b, v, 2);
}

void mls_put_u32(struct build *b, uint32_t v)
{
	put_int(b, v, 4);
}

void mls_put_u64(struct build *b, uint64_t v)
{
	put_int(b, v, 8);
}

static void put_length(struct build *b, size_t len)
{
	if (len < 1 << 6)
		put_int(b, len, 1);
	else if (len < 1 << 14)
		put_int(b, len | 1U << 14, 2);
	else if (len <= LENGTH_MAX)
		put_int(b, len | 2U << 30, 4);
	else if (!b->failed)
		b->failed = SR_E_LIMIT;
}

void mls_put_opaque(struct build *b, struct slice s)
{
	put_length(b, s.len);
	build_slice(b, s);
}

void mls_put_label(struct build *b, struct slice label)
{
	struct slice prefix = SLICE_LIT("MLS 1.0 ");
	put_length(b, prefix.len + label.len);
	build_slice(b, prefix);
	build_slice(b, label);
}

void mls_put_padding(struct build *b, size_t padding)
{
	static const uint8_t zeros[256];
	size_t n = padding ? (padding - b->len % padding) % padding : 0;
	for (; n && !b->failed; n -= n < sizeof zeros ? n : sizeof zeros)
		build_bytes(b, zeros, n < sizeof zeros ? n : sizeof zeros);
}

bool mls_all_zero(struct slice s)
{
	uint8_t any = 0;
	for (size_t i = 0; i < s.len; i++)
		any |= s.ptr[i];
	return !any;
}

void mls_list_close(struct build *b, size_t start)
{
	if (b->failed)
		return;
	size_t len = b->len - start;
	put_length(b, len);
	if (b->failed)
		return;
	uint8_t length[4];
	size_t length_len = b->len - start - len;
	memcpy(length, b->ptr + start + len, length_len);
	memmove(b->ptr + start + length_len, b->ptr + start, len);
	memcpy(b->ptr + start, length, length_len);
}

static void encode_list(const struct mls_field *f, const void *at, struct build *b)
{
	struct mls_list list;
	memcpy(&list, at, sizeof list);
	size_t start = b->len;
	for (size_t i = 0; i < list.n; i++)
		mls_encode(f->type, (const uint8_t *)list.ptr + i * f->type->size, b);
	mls_list_close(b, start);
}

static void encode_field(const struct mls_field *f, const void *object, struct build *b)
{
	const void *at = (const uint8_t *)object + f->off;
	const struct mls_type *type = f->type;
	struct slice bytes;
	switch (f->kind) {
	case MLS_U8:
	case MLS_U16:
	case MLS_U32:
	case MLS_U64:
		put_int(b, mls_int(at, f->kind), int_len(f->kind));
		return;
	case MLS_OPAQUE:
		memcpy(&bytes, at, sizeof bytes);
		mls_put_opaque(b, bytes);
		return;
	case MLS_LIST:
		encode_list(f, at, b);
		return;
	case MLS_OPTIONAL:
	case MLS_BOXED:
		memcpy(&at, at, sizeof at);
		assert(at || f->kind == MLS_OPTIONAL);
		if (f->kind == MLS_OPTIONAL)
			mls_put_u8(b, at != NULL);
		if (at)
			mls_encode(type, at, b);
		return;
	case MLS_SELECT:
		type = mls_selected(f, object);
		assert(type);
		break;
	case MLS_STRUCT:
		break;
	}
	mls_encode(type, at, b);
}

void mls_encode(const struct mls_type *type, const void *object, struct build *b)
{
	for (size_t i = 0; i < type->fields_n; i++)
		encode_field(&type->fields[i], object, b);
}

struct sr_err mls_encoded(const struct mls_type *type, const void *object, struct arena *a,
			  struct slice *out)
{
	struct build b = {0};
	mls_encode(type, object, &b);
	return build_keep(&b, a, out);
}
