/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_bytes.h"

#include <string.h>

uint8_t *wire_put(uint8_t *at, const void *ptr, size_t len)
{
	memcpy(at, ptr, len);
	return at + len;
}

uint8_t *wire_put_uint(uint8_t *at, uint64_t v, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(v >> 8 * i);
	return at + len;
}

uint8_t *wire_put_log(uint8_t *at, const struct wire_log *log)
{
	at = wire_put(at, log->write_key, CRYPTO_PUBLIC_LEN);
	at = wire_put(at, log->read_key, CRYPTO_PUBLIC_LEN);
	return wire_put_uint(at, log->class, 1);
}

uint8_t *wire_put_signed(uint8_t *at, const struct wire_signed *s)
{
	at = wire_put_uint(at, s->seq, 8);
	at = wire_put(at, s->chain, CRYPTO_HASH_LEN);
	return wire_put(at, s->signature, CRYPTO_SIGNATURE_LEN);
}

bool wire_take(struct slice *s, void *out, size_t len)
{
	struct slice bytes;
	if (!slice_take(s, len, &bytes))
		return false;
	memcpy(out, bytes.ptr, len);
	return true;
}

bool wire_take_word(struct slice *s, const char *word)
{
	struct slice t = *s, got;
	if (!slice_take(&t, strlen(word), &got) || !slice_eq(got, slice_str(word)))
		return false;
	*s = t;
	return true;
}

bool wire_take_log(struct slice *s, struct wire_log *log)
{
	return wire_take(s, log->write_key, CRYPTO_PUBLIC_LEN) &&
	       wire_take(s, log->read_key, CRYPTO_PUBLIC_LEN) && slice_u8(s, &log->class) &&
	       wire_class_days(log->class) > 0;
}

bool wire_take_seq(struct slice *s, uint64_t least, uint64_t *seq)
{
	return slice_u64(s, seq) && *seq >= least && *seq <= WIRE_SEQ_MAX;
}

bool wire_take_signed(struct slice *s, struct wire_signed *out)
{
	return wire_take_seq(s, 0, &out->seq) && wire_take(s, out->chain, CRYPTO_HASH_LEN) &&
	       wire_take(s, out->signature, CRYPTO_SIGNATURE_LEN);
}
