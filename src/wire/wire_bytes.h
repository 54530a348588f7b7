/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of fixed length that messages, views and evidence are made of. put writes at a place
 * and returns where the next field goes; take cuts from the front, and is false if there is not
 * enough or it is nothing such. */
#ifndef WIRE_BYTES_H
#define WIRE_BYTES_H

#include "wire_evidence.h"

uint8_t *wire_put(uint8_t *at, const void *ptr, size_t len);

/* wire_put_uint writes the len lowest bytes, little-endian. */
uint8_t *wire_put_uint(uint8_t *at, uint64_t v, size_t len);
uint8_t *wire_put_log(uint8_t *at, const struct wire_log *log);
uint8_t *wire_put_signed(uint8_t *at, const struct wire_signed *s);

bool wire_take(struct slice *s, void *out, size_t len);

/* wire_take_word takes just these bytes. */
bool wire_take_word(struct slice *s, const char *word);

/* wire_take_log: with a class that there is. wire_take_seq: from least to WIRE_SEQ_MAX. */
bool wire_take_log(struct slice *s, struct wire_log *log);
bool wire_take_seq(struct slice *s, uint64_t least, uint64_t *seq);
bool wire_take_signed(struct slice *s, struct wire_signed *out);

#endif
