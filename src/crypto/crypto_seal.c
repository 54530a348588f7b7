/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto_seal.h"

#include <assert.h>
#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

static_assert(CRYPTO_SALT_LEN == crypto_pwhash_argon2id_SALTBYTES, "salt length");
static_assert(CRYPTO_NONCE_LEN == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce length");
static_assert(CRYPTO_TAG_LEN == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag length");
static_assert(CRYPTO_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key length");
static_assert(CRYPTO_ARGON_PASSES == crypto_pwhash_argon2id_OPSLIMIT_MODERATE, "moderate");
static_assert(CRYPTO_ARGON_MEMORY_KIB * 1024 == crypto_pwhash_argon2id_MEMLIMIT_MODERATE,
	      "moderate");

struct sr_err crypto_secret_alloc(struct crypto_secret *s, size_t len)
{
	uint8_t *p = sodium_malloc(len);
	if (!p)
		return sr_fail(SR_E_NOMEM, "no guarded memory for a secret");
	sodium_memzero(p, len);
	/* As for keys: its pages are wiped in a child. */
	uintptr_t page_len = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)p & ~(page_len - 1);
	(void)madvise((void *)from, (uintptr_t)p + len - from, MADV_WIPEONFORK);
	*s = (struct crypto_secret){p, len};
	return sr_ok();
}

void crypto_secret_release(struct crypto_secret *s)
{
	sodium_free(s->bytes);
	*s = (struct crypto_secret){0};
}

void crypto_random(void *ptr, size_t len)
{
	randombytes_buf(ptr, len);
}

struct sr_err crypto_key_from_passphrase(struct crypto_key *key, struct slice passphrase,
					 const uint8_t salt[CRYPTO_SALT_LEN], uint32_t passes,
					 uint32_t memory_kib)
{
	uint8_t bytes[CRYPTO_KEY_LEN];
	assert(passes >= 1 && memory_kib >= CRYPTO_ARGON_MEMORY_KIB_MIN);
	if (crypto_pwhash_argon2id(bytes, sizeof bytes, (const char *)passphrase.ptr,
				   passphrase.len, salt, passes, (size_t)memory_kib * 1024,
				   crypto_pwhash_argon2id_ALG_ARGON2ID13))
		return sr_fail(SR_E_NOMEM, "not enough memory for the work on the passphrase");
	struct sr_err e = crypto_key_copy(key, slice_make(bytes, sizeof bytes));
	crypto_wipe(bytes, sizeof bytes);
	return e;
}

void crypto_seal(const struct crypto_key *key, const uint8_t nonce[CRYPTO_NONCE_LEN],
		 struct slice header, uint8_t *bytes, size_t len)
{
	unsigned long long sealed_len;
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(bytes, &sealed_len, bytes, len, header.ptr,
							 header.len, NULL, nonce, key->bytes);
	assert(sealed_len == len + CRYPTO_TAG_LEN);
}

struct sr_err crypto_unseal(const struct crypto_key *key, const uint8_t nonce[CRYPTO_NONCE_LEN],
			    struct slice header, const uint8_t *sealed, size_t len, uint8_t *out)
{
	unsigned long long out_len;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, &out_len, NULL, sealed,
						       len + CRYPTO_TAG_LEN, header.ptr, header.len,
						       nonce, key->bytes))
		return sr_fail(SR_E_AUTH, "sealed bytes are damaged");
	assert(out_len == len);
	return sr_ok();
}
