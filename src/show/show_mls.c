/* SPDX-License-Identifier: Apache-2.0 */
#include "show_mls.h"

#include "hex.h"
#include "show_find.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

/* failed: no memory to decode an extension. */
struct show {
	struct build *out;
	struct arena *a;
	size_t nested;
	bool failed;
};

/* The data of an extension whose type is known. */
static const struct mls_field application_id_fields[] = {
	{.name = "application_id", .kind = MLS_OPAQUE}};
static const struct mls_type type_application_id = {"ApplicationId", sizeof(struct slice),
						    application_id_fields, 1};
static const struct mls_field external_pub_fields[] = {
	{.name = "external_pub", .kind = MLS_OPAQUE}};
static const struct mls_type type_external_pub = {"ExternalPub", sizeof(struct slice),
						  external_pub_fields, 1};
static const struct mls_case extension_cases[] = {
	{MLS_EXT_APPLICATION_ID, "application_id", &type_application_id},
	{MLS_EXT_RATCHET_TREE, "ratchet_tree", &mls_type_tree},
	{MLS_EXT_REQUIRED_CAPABILITIES, "required_capabilities", &mls_type_required},
	{MLS_EXT_EXTERNAL_PUB, "external_pub", &type_external_pub},
	{MLS_EXT_EXTERNAL_SENDERS, "external_senders", &mls_type_external_senders},
	{0, NULL, NULL}};
static const struct mls_field known_extension = {.kind = MLS_SELECT,
						 .tag_off = offsetof(struct mls_extension, type),
						 .tag_kind = MLS_U16,
						 .cases = extension_cases};

static void put_object(struct show *s, const struct mls_type *type, const void *object,
		       const char *name, int depth);

static void put_name(struct show *s, const char *name, int depth)
{
	build_fmt(s->out, "%*s%s:", 2 * depth, "", name);
}

/* GREASE: 13.5. */
static bool is_grease(uint64_t v)
{
	return v >> 8 == (v & 0xff) && (v & 0x0f) == 0x0a && v < 0xf000;
}

static const char *number_name(const struct mls_field *f, uint64_t v)
{
	for (const struct mls_case *c = f->cases; c && c->name; c++)
		if (c->tag == v)
			return c->name;
	return f->cases && f->kind == MLS_U16 && is_grease(v) ? "GREASE" : NULL;
}

static void put_time(struct show *s, uint64_t v)
{
	const time_t last = 253402300799; /* of the year 9999 */
	time_t t = (time_t)v;
	struct tm tm;
	if (v <= (uint64_t)last && gmtime_r(&t, &tm))
		build_fmt(s->out, " (%04d-%02d-%02d %02d:%02d:%02d UTC)", tm.tm_year + 1900,
			  tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void put_number(struct show *s, const struct mls_field *f, uint64_t v)
{
	const char *name = number_name(f, v);
	build_fmt(s->out, " %" PRIu64, v);
	if (name)
		build_fmt(s->out, " (%s)", name);
	if (f->name && (strcmp(f->name, "not_before") == 0 || strcmp(f->name, "not_after") == 0))
		put_time(s, v);
}

/* Nothing that steers a terminal, turns the writing, or has no look of its own. */
static bool is_printable(struct slice text)
{
	while (text.len) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(text.ptr, (utf8proc_ssize_t)text.len, &c);
		if (n <= 0)
			return false;
		utf8proc_category_t kind = utf8proc_category(c);
		if (kind == UTF8PROC_CATEGORY_CN || kind == UTF8PROC_CATEGORY_ZL ||
		    kind == UTF8PROC_CATEGORY_ZP || kind >= UTF8PROC_CATEGORY_CC)
			return false;
		text = slice_sub(text, (size_t)n, text.len - (size_t)n);
	}
	return true;
}

static void put_quoted(struct show *s, struct slice text)
{
	build_str(s->out, " \"");
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			build_u8(s->out, '\\');
		build_u8(s->out, text.ptr[i]);
	}
	build_str(s->out, "\"");
}

static void put_bytes(struct show *s, struct slice bytes)
{
	if (bytes.len && bytes.len <= SHOW_TEXT_MAX && is_printable(bytes))
		put_quoted(s, bytes);
	build_str(s->out, bytes.len ? " " : " empty");
	hex_write(s->out, slice_sub(bytes, 0, bytes.len < SHOW_HEX_MAX ? bytes.len : SHOW_HEX_MAX));
	if (bytes.len > SHOW_HEX_MAX)
		build_fmt(s->out, "\u2026 %zu bytes", bytes.len);
}

/* A value of one field without a name is called by what it is in. */
static bool is_plain(const struct mls_type *type)
{
	return type->fields_n == 1 && !type->fields[0].name;
}

static void put_list(struct show *s, const struct mls_field *f, const void *at, const char *name,
		     int depth)
{
	const struct mls_type *type = f->type;
	bool numbers = is_plain(type) && type->fields[0].kind <= MLS_U64;
	struct mls_list list;
	memcpy(&list, at, sizeof list);
	put_name(s, name, depth);
	if (!list.n)
		build_str(s->out, " none");
	else if (!numbers)
		build_fmt(s->out, " %zu item%s", list.n, list.n > 1 ? "s" : "");
	for (size_t i = 0; i < list.n && numbers; i++) {
		put_number(
			s, type->fields,
			mls_int((const uint8_t *)list.ptr + i * type->size, type->fields[0].kind));
		build_str(s->out, i + 1 < list.n ? "," : "");
	}
	build_str(s->out, "\n");
	for (size_t i = 0; i < list.n && !numbers && !s->out->failed && !s->failed; i++) {
		char number[32];
		(void)snprintf(number, sizeof number, "[%zu]", i);
		put_object(s, type, (const uint8_t *)list.ptr + i * type->size, number, depth + 1);
	}
}

static void put_line(struct show *s, const struct mls_field *f, const void *at, const char *name,
		     int depth)
{
	struct slice bytes;
	put_name(s, name, depth);
	if (f->kind == MLS_OPAQUE)
		put_bytes(s, *(const struct slice *)memcpy(&bytes, at, sizeof bytes));
	else
		put_number(s, f, mls_int(at, f->kind));
	build_str(s->out, "\n");
}

static void put_field(struct show *s, const struct mls_field *f, const void *object,
		      const char *name, int depth)
{
	const void *at = (const uint8_t *)object + f->off;
	if (f->secret) {
		put_name(s, name, depth);
		build_str(s->out, " not shown\n");
		return;
	}
	switch (f->kind) {
	case MLS_U8:
	case MLS_U16:
	case MLS_U32:
	case MLS_U64:
	case MLS_OPAQUE:
		put_line(s, f, at, name, depth);
		return;
	case MLS_LIST:
		put_list(s, f, at, name, depth);
		return;
	case MLS_STRUCT:
		put_object(s, f->type, at, name, depth);
		return;
	case MLS_SELECT:
		put_object(s, mls_selected(f, object), at, NULL, depth);
		return;
	case MLS_BOXED:
	case MLS_OPTIONAL:
		memcpy(&at, at, sizeof at);
		if (at) {
			put_object(s, f->type, at, name, depth);
			return;
		}
		put_name(s, name, depth);
		build_str(s->out, " none\n");
		return;
	}
}

/* The bound on what is nested keeps hostile input from using up the stack. */
static void put_extension_data(struct show *s, const struct mls_extension *e, int depth)
{
	const struct mls_type *type = mls_selected(&known_extension, e);
	if (!type || s->nested == SHOW_NESTED_MAX)
		return;
	void *object = arena_alloc(s->a, 1, type->size);
	struct sr_err err = object ? mls_decode(type, e->data, s->a, object) : sr_nomem();
	if (err.code == SR_E_NOMEM) {
		s->failed = true;
	} else if (sr_bad(err)) {
		put_name(s, type->name, depth);
		build_str(s->out, " malformed\n");
	} else {
		s->nested++;
		put_object(s, type, object, NULL, depth);
		s->nested--;
	}
}

static void put_object(struct show *s, const struct mls_type *type, const void *object,
		       const char *name, int depth)
{
	if (is_plain(type)) {
		put_field(s, type->fields, object, name, depth);
		return;
	}
	if (name) {
		put_name(s, name, depth++);
		build_str(s->out, "\n");
	}
	for (size_t i = 0; i < type->fields_n; i++)
		put_field(s, &type->fields[i], object, type->fields[i].name, depth);
	if (type == mls_type_extensions.fields[0].type)
		put_extension_data(s, object, depth);
}

struct sr_err show_mls(struct slice in, struct build *out, struct show_fault *fault)
{
	struct arena a = {0};
	struct show s = {.out = out, .a = &a};
	const struct mls_type *type;
	const void *object;
	struct sr_err e = show_find(in, &a, &type, &object, fault);
	if (!sr_bad(e)) {
		/* a type with one field has that field's name */
		put_object(&s, type, object, type->fields_n > 1 ? type->name : NULL, 0);
		e = s.failed ? sr_nomem() : e;
	}
	arena_release(&a);
	return e;
}
