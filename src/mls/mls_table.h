/* SPDX-License-Identifier: Apache-2.0 */
/* How a table for the codec is written down: fields by the member m of the C struct T that they are in, and
 * their title in the RFC. For the .c files that have tables. */
#ifndef MLS_TABLE_H
#define MLS_TABLE_H

#include "mls_codec.h"

#include <stddef.h>

/* clang-format off */
#define F_NUMBER(k, T, m, title) {.name = (title), .kind = (k), .off = offsetof(T, m)}
#define F_NAMED(k, T, m, title, n) \
	{.name = (title), .kind = (k), .off = offsetof(T, m), .names = (n)}
#define F_OPAQUE(T, m, title) {.name = (title), .kind = MLS_OPAQUE, .off = offsetof(T, m)}
#define F_SECRET(T, m, title) \
	{.name = (title), .kind = MLS_OPAQUE, .off = offsetof(T, m), .secret = true}
#define F_PART(k, T, m, title, t) {.name = (title), .kind = (k), .off = offsetof(T, m), .type = &(t)}
#define F_LIST(T, m, title, t, most) \
	{.name = (title), .kind = MLS_LIST, .off = offsetof(T, m), .type = &(t), .max = (most)}
/* The cases of a select have the offsets of the whole struct. */
#define F_SELECT(T, m, k, c) \
	{.kind = MLS_SELECT, .tag_off = offsetof(T, m), .tag_kind = (k), .cases = (c)}
#define F_TYPE(v, T, title, f) \
	const struct mls_type v = {(title), sizeof(T), (f), sizeof(f) / sizeof *(f)}
/* A type without the last n fields of another. */
#define F_TYPE_BUT(v, T, title, f, n) \
	const struct mls_type v = {(title), sizeof(T), (f), sizeof(f) / sizeof *(f) - (n)}
/* clang-format on */

#endif
