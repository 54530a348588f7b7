/* SPDX-License-Identifier: Apache-2.0 */
/* How a table for the codec is written down: a type with its fields, each by the member m of the C
 * struct T that it is in and its title in the RFC. For the .c files that have tables. */
#ifndef MLS_TABLE_H
#define MLS_TABLE_H

#include "mls_codec.h"

#include <stddef.h>

/* clang-format off */
#define F_NUMBER(k, T, m, title) {.name = (title), .kind = (k), .off = offsetof(struct T, m)}
#define F_NAMED(k, T, m, title, c) \
	{.name = (title), .kind = (k), .off = offsetof(struct T, m), .cases = (c)}
#define F_OPAQUE(T, m, title) {.name = (title), .kind = MLS_OPAQUE, .off = offsetof(struct T, m)}
/* Of a length, 0 for any; of a secret, too. */
#define F_FIXED(T, m, title, length) \
	{.name = (title), .kind = MLS_OPAQUE, .off = offsetof(struct T, m), .max = (length)}
#define F_SECRET(T, m, title, length) \
	{.name = (title), .kind = MLS_OPAQUE, .off = offsetof(struct T, m), .max = (length), \
	 .secret = true}
#define F_PART(k, T, m, title, t) \
	{.name = (title), .kind = (k), .off = offsetof(struct T, m), .type = &(t)}
#define F_LIST(T, m, title, t, most) \
	{.name = (title), .kind = MLS_LIST, .off = offsetof(struct T, m), .type = &(t), \
	 .max = (most)}
#define F_FLAG(T, m, title) \
	{.name = (title), .kind = MLS_U8, .off = offsetof(struct T, m), .max = 1}
/* The fields of another type of the same C struct. */
#define F_ALL(t) {.kind = MLS_STRUCT, .type = &(t)}
/* What is there depends on the number m; of a choice, that number stands right before it. Cases
 * have the offsets of the whole struct. */
#define F_SELECT(k, T, m, c) \
	{.kind = MLS_SELECT, .tag_off = offsetof(struct T, m), .tag_kind = (k), .cases = (c)}
#define F_CHOICE(k, T, m, title, c) F_NAMED(k, T, m, title, c), F_SELECT(k, T, m, c)

#define F_FIELDS(...) (const struct mls_field[]){__VA_ARGS__}, \
	sizeof((const struct mls_field[]){__VA_ARGS__}) / sizeof(struct mls_field)
#define F_TYPE(v, T, title, ...) \
	const struct mls_type v = {(title), sizeof(struct T), F_FIELDS(__VA_ARGS__)}
/* A type that is one field of the C type T alone. */
#define F_PLAIN(v, T, title, ...) \
	const struct mls_type v = {(title), sizeof(T), F_FIELDS({__VA_ARGS__})}
/* A number's value that selects these fields of T. */
#define F_CASE(tag, title, T, ...) \
	{(tag), (title), &(const struct mls_type){(title), sizeof(struct T), F_FIELDS(__VA_ARGS__)}}
/* clang-format on */

#endif
