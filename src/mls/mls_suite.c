/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_suite.h"

#include "crypto.h"
#include "mls_codec.h"

#include <assert.h>
#include <string.h>

/* All but the first byte of p - 1, p and p + 1, where p = 2^255 - 19. */
#define HIGH_8 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define HIGH_U HIGH_8, HIGH_8, HIGH_8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f

const struct mls_suite *mls_suite_find(uint16_t id)
{
	static const struct mls_suite *const all[] = {&mls_suite_openssl, &mls_suite_sodium};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i]->id == id)
			return all[i];
	return NULL;
}

struct sr_err mls_hash(const struct mls_suite *s, struct slice text, uint8_t out[MLS_LEN])
{
	return s->hash(&text, 1, out);
}

struct sr_err mls_mac_check(const struct mls_suite *s, const uint8_t key[MLS_LEN],
			    struct slice text, struct slice tag)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], want);
	SR_TRY(s->hmac(mls_slice(key), &text, 1, want));
	if (tag.len != MLS_LEN || !crypto_eq(tag.ptr, want, MLS_LEN))
		return sr_fail(SR_E_AUTH, "a check value (MAC) is wrong");
	return sr_ok();
}

struct sr_err mls_key_check(struct slice key)
{
	/* The u-coordinates 0, 1 and -1 and those of two points of order 8, in every form. The
	 * highest bit of a key does not count (RFC 7748, 5). */
	static const uint8_t small[][MLS_LEN] = {
		{0},
		{1},
		{0xec, HIGH_U},
		{0xed, HIGH_U},
		{0xee, HIGH_U},
		{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
		 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
		 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
		{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
		 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
		 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
	};
	if (key.len != MLS_LEN)
		return mls_refuse("an encryption key of a wrong length");
	for (size_t i = 0; i < sizeof small / sizeof *small; i++)
		if (!memcmp(key.ptr, small[i], MLS_LEN - 1) &&
		    (key.ptr[MLS_LEN - 1] & 0x7f) == small[i][MLS_LEN - 1])
			return mls_refuse("an encryption key of small order");
	return sr_ok();
}

struct sr_err mls_extract(const struct mls_suite *s, struct slice salt, struct slice key,
			  uint8_t out[MLS_LEN])
{
	return s->hmac(salt, &key, 1, out);
}

struct sr_err mls_expand(const struct mls_suite *s, const uint8_t prk[MLS_LEN],
			 const struct slice *info, size_t info_n, uint8_t *out, size_t out_len)
{
	CRYPTO_WIPED(uint8_t[MLS_LEN], block);
	struct slice parts[1 + MLS_INFO_MAX + 1] = {{0}};
	uint8_t count = 1;
	assert(info_n <= MLS_INFO_MAX);
	if (out_len > (size_t)255 * MLS_LEN)
		return sr_fail(SR_E_LIMIT, "more bytes than can be derived from one secret");
	memcpy(parts + 1, info, info_n * sizeof *info);
	parts[1 + info_n] = slice_make(&count, 1);
	for (size_t at = 0; at < out_len; at += MLS_LEN, count++) {
		struct sr_err e = s->hmac(mls_slice(prk), parts, 1 + info_n + 1, block);
		if (sr_bad(e)) {
			crypto_wipe(out, at);
			return e;
		}
		memcpy(out + at, block, out_len - at < MLS_LEN ? out_len - at : MLS_LEN);
		parts[0] = mls_slice(out + at); /* comes before the next one */
	}
	return sr_ok();
}
