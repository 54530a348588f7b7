/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes being put together. A builder remembers its first failure, so that a message reads as the
 * list of its fields and is checked once, in build_done. */
#ifndef BASE_BUILD_H
#define BASE_BUILD_H

#include "arena.h"
#include "err.h"
#include "slice.h"

#include <stdbool.h>

/* ptr[0..len) are the bytes so far, owned by the builder. */
struct build {
	uint8_t *ptr;
	size_t len, cap;
	size_t len_max; /* 0: no bound */
	bool secret;    /* what it leaves behind is wiped */
	enum sr_code failed;
};

/* build_init makes an empty builder that will refuse to grow beyond len_max bytes (0: no bound). */
void build_init(struct build *b, size_t len_max);

/* build_init_secret does the same for bytes that must not stay in memory: they are wiped where the
 * builder moves and when it is released. Not for build_keep. */
void build_init_secret(struct build *b, size_t len_max);

void build_bytes(struct build *b, const void *ptr, size_t len);
void build_slice(struct build *b, struct slice s);
void build_str(struct build *b, const char *s);
void build_fmt(struct build *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* build_u8 .. _u64 append little-endian integers; build_sized appends a 32-bit length and the
 * bytes (longer ones fail with SR_E_LIMIT). */
void build_u8(struct build *b, uint8_t v);
void build_u16(struct build *b, uint16_t v);
void build_u32(struct build *b, uint32_t v);
void build_u64(struct build *b, uint64_t v);
void build_sized(struct build *b, struct slice s);

/* build_reset forgets bytes and failure and keeps the memory for the next message. */
void build_reset(struct build *b);

/* build_done gives the bytes, borrowed from b until it changes, or its first failure:
 * SR_E_NOMEM or SR_E_LIMIT. */
SR_MUST struct sr_err build_done(const struct build *b, struct slice *out);

/* build_keep copies the bytes into a and releases b, whatever happens. Errors as build_done. */
SR_MUST struct sr_err build_keep(struct build *b, struct arena *a, struct slice *out);

/* build_release frees the bytes; b is empty and usable again, with the same bound. */
void build_release(struct build *b);

#endif
