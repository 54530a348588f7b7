/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as subrosa writes it: fields in the order they are set, two blanks of indentation. A NULL
 * stands for a value for which there was no memory; everything here passes it on. */
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

/* text_for_terminal appends foreign text for a terminal: control characters, and bytes of text that
 * is not UTF-8, become question marks. */
void text_for_terminal(struct slice s, struct build *out);

#endif
