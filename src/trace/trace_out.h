/* SPDX-License-Identifier: Apache-2.0 */
/* What reports share. JSON as subrosa writes it: fields in the order they are set, two blanks of
 * indentation. A NULL stands for a value for which there was no memory; everything here passes it
 * on. */
#ifndef TRACE_OUT_H
#define TRACE_OUT_H

#include "build.h"

#include <jansson.h>
#include <stdbool.h>

/* json_text makes a string of UTF-8 bytes. */
json_t *json_text(struct slice s);

/* json_put appends item, which it takes over; false, and *list freed and NULL, without memory. */
bool json_put(json_t **list, json_t *item);

/* json_write appends value, which it takes over, and a newline. SR_E_NOMEM. */
SR_MUST struct sr_err json_write(json_t *value, struct build *out);

/* json_hex makes a string of the hexadecimal digits of len bytes. */
json_t *json_hex(const void *ptr, size_t len);

/* out_bound writes p with two digits, never smaller than it is. */
void out_bound(struct build *out, double p);

/* out_reader writes "NAME (ID), HOUSE, SIDE", made harmless for a terminal. */
void out_reader(struct build *out, struct slice id, struct slice name, struct slice house,
		struct slice side);

/* out_time writes seconds since 1970 as "2026-11-25 14:03 UTC". */
void out_time(struct build *out, int64_t time);

#endif
