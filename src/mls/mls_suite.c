/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_suite.h"

#include "crypto.h"

#include <assert.h>
#include <string.h>

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
