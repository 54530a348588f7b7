/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_seal.h"

#include "build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char magic[8] = {'s', 'r', 's', 'e', 'a', 'l', 'e', 'd'};

static_assert(SEAL_HEADER_LEN == sizeof magic + 2 + 1 + 1 + 4 + 4 + CRYPTO_SALT_LEN +
					 SEAL_CHECK_LEN + CRYPTO_NONCE_LEN + 8 + SEAL_DIGEST_LEN,
	      "length of a header");

bool seal_is_sealed(struct slice bytes)
{
	return bytes.len >= sizeof magic && memcmp(bytes.ptr, magic, sizeof magic) == 0;
}

static void header_digest(struct slice header, uint8_t out[SEAL_DIGEST_LEN])
{
	uint8_t digest[CRYPTO_HASH_LEN];
	struct slice front = slice_sub(header, 0, SEAL_HEADER_LEN - SEAL_DIGEST_LEN);
	crypto_digest(&front, 1, digest);
	memcpy(out, digest, SEAL_DIGEST_LEN);
}

static bool take(struct slice *s, uint8_t *out, size_t len)
{
	struct slice bytes;
	if (!slice_take(s, len, &bytes))
		return false;
	memcpy(out, bytes.ptr, len);
	return true;
}

/* 0 if the image is too large. */
static uint64_t body_len(size_t image_len)
{
	if (image_len > SEAL_BODY_MAX - SEAL_IMAGE_LEN_LEN)
		return 0;
	uint64_t len = SEAL_BODY_MIN;
	while (len < image_len + SEAL_IMAGE_LEN_LEN)
		len *= 2;
	return len;
}

/* The header begins with the magic and is whole. */
static struct sr_err check_version(struct slice header)
{
	uint8_t digest[SEAL_DIGEST_LEN];
	header_digest(header, digest);
	if (memcmp(digest, header.ptr + SEAL_HEADER_LEN - SEAL_DIGEST_LEN, sizeof digest) != 0)
		return sr_fail(SR_E_INPUT, "the sealed ledger is damaged");
	struct slice s = slice_sub(header, sizeof magic, 4);
	uint16_t version;
	uint8_t kdf, zero;
	bool whole = slice_u16(&s, &version) && slice_u8(&s, &kdf) && slice_u8(&s, &zero);
	assert(whole);
	if (version > SEAL_VERSION || (version == SEAL_VERSION && kdf > SEAL_KDF_ARGON2ID))
		return sr_fail(SR_E_STATE, "the ledger was sealed by a newer version of subrosa");
	if (version != SEAL_VERSION || kdf != SEAL_KDF_ARGON2ID || zero)
		return sr_fail(SR_E_INPUT, "the sealed ledger is damaged");
	return sr_ok();
}

static struct sr_err check_values(const struct seal_header *h)
{
	const struct seal_params *p = &h->params;
	if (p->passes > SEAL_PASSES_MAX || p->memory_kib > SEAL_MEMORY_KIB_MAX ||
	    h->body_len > SEAL_BODY_MAX)
		return sr_fail(SR_E_LIMIT,
			       "the sealed ledger asks for more memory or time than is allowed");
	if (p->passes < 1 || p->memory_kib < CRYPTO_ARGON_MEMORY_KIB_MIN ||
	    h->body_len < SEAL_BODY_MIN || (h->body_len & (h->body_len - 1)))
		return sr_fail(SR_E_INPUT, "the sealed ledger is damaged");
	return sr_ok();
}

struct sr_err seal_header_read(struct slice bytes, struct seal_header *out)
{
	struct seal_header h;
	struct slice s;
	if (!seal_is_sealed(bytes))
		return sr_fail(SR_E_INPUT, "this is not a sealed ledger");
	if (!slice_take(&bytes, SEAL_HEADER_LEN, &s))
		return sr_fail(SR_E_INPUT, "the sealed ledger is truncated");
	SR_TRY(check_version(s));
	s = slice_sub(s, sizeof magic + 4, s.len - sizeof magic - 4);
	bool whole = slice_u32(&s, &h.params.passes) && slice_u32(&s, &h.params.memory_kib) &&
		     take(&s, h.params.salt, CRYPTO_SALT_LEN) &&
		     take(&s, h.check, SEAL_CHECK_LEN) && take(&s, h.nonce, CRYPTO_NONCE_LEN) &&
		     slice_u64(&s, &h.body_len);
	assert(whole);
	SR_TRY(check_values(&h));
	*out = h;
	return sr_ok();
}

static struct sr_err header_write(const struct seal_header *h, uint8_t out[SEAL_HEADER_LEN])
{
	struct build b;
	build_init(&b, SEAL_HEADER_LEN);
	build_bytes(&b, magic, sizeof magic);
	build_u16(&b, SEAL_VERSION);
	build_u8(&b, SEAL_KDF_ARGON2ID);
	build_u8(&b, 0);
	build_u32(&b, h->params.passes);
	build_u32(&b, h->params.memory_kib);
	build_bytes(&b, h->params.salt, CRYPTO_SALT_LEN);
	build_bytes(&b, h->check, SEAL_CHECK_LEN);
	build_bytes(&b, h->nonce, CRYPTO_NONCE_LEN);
	build_u64(&b, h->body_len);
	struct slice front;
	struct sr_err e = build_done(&b, &front);
	if (!sr_bad(e)) {
		memcpy(out, front.ptr, front.len);
		header_digest(slice_make(out, SEAL_HEADER_LEN), out + front.len);
	}
	build_release(&b);
	return e;
}

void seal_check(const struct crypto_key *key, uint8_t out[SEAL_CHECK_LEN])
{
	uint8_t all[CRYPTO_KEY_LEN];
	crypto_derive(key, CRYPTO_LABEL_LEDGER_SEAL_CHECK, SLICE_LIT(""), all);
	memcpy(out, all, SEAL_CHECK_LEN);
	crypto_wipe(all, sizeof all);
}

static void put_image(uint8_t *body, size_t len, struct slice image)
{
	memcpy(body, image.ptr, image.len);
	memset(body + image.len, 0, len - image.len);
	for (size_t i = 0; i < SEAL_IMAGE_LEN_LEN; i++)
		body[len - SEAL_IMAGE_LEN_LEN + i] = (uint8_t)((uint64_t)image.len >> 8 * i);
}

struct sr_err seal_write(const struct crypto_key *key, const struct seal_params *params,
			 struct slice image, uint8_t **out, size_t *out_len)
{
	struct seal_header h = {.params = *params, .body_len = body_len(image.len)};
	struct crypto_key inner = {NULL};
	if (!h.body_len)
		return sr_fail(SR_E_LIMIT, "too large for a sealed ledger");
	size_t body = (size_t)h.body_len, all = SEAL_HEADER_LEN + body + CRYPTO_TAG_LEN;
	uint8_t *bytes = malloc(all);
	if (!bytes)
		return sr_nomem();
	seal_check(key, h.check);
	crypto_random(h.nonce, sizeof h.nonce);
	struct sr_err e = header_write(&h, bytes);
	if (!sr_bad(e))
		e = crypto_key_derive(&inner, key, CRYPTO_LABEL_LEDGER_SEAL, SLICE_LIT(""));
	if (sr_bad(e)) {
		free(bytes);
		return e;
	}
	put_image(bytes + SEAL_HEADER_LEN, body, image);
	crypto_seal(&inner, h.nonce, slice_make(bytes, SEAL_HEADER_LEN), bytes + SEAL_HEADER_LEN,
		    body);
	crypto_key_release(&inner);
	*out = bytes;
	*out_len = all;
	return sr_ok();
}

static struct sr_err take_image(const uint8_t *body, size_t len, size_t *image_len)
{
	struct slice s = slice_make(body + len - SEAL_IMAGE_LEN_LEN, SEAL_IMAGE_LEN_LEN);
	uint64_t n = 0;
	bool whole = slice_u64(&s, &n);
	assert(whole);
	if (n > len - SEAL_IMAGE_LEN_LEN || body_len((size_t)n) != len)
		return sr_fail(SR_E_INPUT, "the sealed ledger is damaged");
	*image_len = (size_t)n;
	return sr_ok();
}

struct sr_err seal_read(const struct crypto_key *key, const struct seal_header *h,
			struct slice bytes, uint8_t *out, size_t *image_len)
{
	size_t body = (size_t)h->body_len, all = SEAL_HEADER_LEN + body + CRYPTO_TAG_LEN;
	struct crypto_key inner = {NULL};
	if (bytes.len < all)
		return sr_fail(SR_E_INPUT, "the sealed ledger is truncated");
	if (bytes.len > all)
		return sr_fail(SR_E_INPUT, "the sealed ledger is damaged");
	SR_TRY(crypto_key_derive(&inner, key, CRYPTO_LABEL_LEDGER_SEAL, SLICE_LIT("")));
	struct sr_err e = crypto_unseal(&inner, h->nonce, slice_sub(bytes, 0, SEAL_HEADER_LEN),
					bytes.ptr + SEAL_HEADER_LEN, body, out);
	crypto_key_release(&inner);
	if (sr_bad(e))
		return sr_fail(SR_E_AUTH, "the sealed ledger is damaged");
	return take_image(out, body, image_len);
}
