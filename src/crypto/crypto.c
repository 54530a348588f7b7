/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto.h"

#include <assert.h>
#include <endian.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

static_assert(CRYPTO_KEY_LEN == crypto_stream_chacha20_ietf_KEYBYTES, "key length");
static_assert(CRYPTO_HASH_LEN == crypto_generichash_BYTES, "hash length");

static_assert(CRYPTO_KEY_LEN == crypto_sign_ed25519_SEEDBYTES, "a key is a seed for signatures");
static_assert(CRYPTO_PUBLIC_LEN == crypto_sign_ed25519_PUBLICKEYBYTES, "public key length");
static_assert(CRYPTO_SIGNATURE_LEN == crypto_sign_ed25519_BYTES, "signature length");

static const char *const label_text[CRYPTO_LABELS] = {
	[CRYPTO_LABEL_SYMBOLS_WORDS] = "subrosa/1 symbols words",
	[CRYPTO_LABEL_BIASES_WORDS] = "subrosa/1 biases words",
	[CRYPTO_LABEL_GROUPS_WORDS] = "subrosa/1 groups words",
	[CRYPTO_LABEL_SYMBOLS_LAYOUT] = "subrosa/1 symbols layout",
	[CRYPTO_LABEL_BIASES_LAYOUT] = "subrosa/1 biases layout",
	[CRYPTO_LABEL_LEDGER_ROW] = "subrosa/1 ledger row",
	[CRYPTO_LABEL_LEDGER_SEED] = "subrosa/1 ledger seed",
	[CRYPTO_LABEL_SALT_SYMBOLS] = "subrosa/1 salt symbols",
	[CRYPTO_LABEL_SALT_LAYOUT] = "subrosa/1 salt layout",
	[CRYPTO_LABEL_SALT_READER] = "subrosa/1 salt reader",
	[CRYPTO_LABEL_SALT_LATTICE] = "subrosa/1 salt lattice",
	[CRYPTO_LABEL_SIGN] = "subrosa/1 sign commitments",
	[CRYPTO_LABEL_LEDGER_SEAL] = "subrosa/1 ledger seal",
	[CRYPTO_LABEL_LEDGER_SEAL_CHECK] = "subrosa/1 ledger seal check",
};

struct sr_err crypto_init(void)
{
	if (sodium_init() < 0)
		return sr_fail(SR_E_IO, "libsodium cannot start: no source of random bytes");
	return sr_ok();
}

void *crypto_guarded_alloc(size_t len)
{
	uint8_t *p = sodium_malloc(len);
	if (!p)
		return NULL;
	memset(p, 0, len);
	/* sodium_malloc puts the bytes at the end of their pages. These alone are wiped in a child;
	 * a kernel that cannot do so still has everything else. */
	uint8_t *page = p - ((uintptr_t)p & 4095);
	(void)madvise(page, (size_t)(p - page) + len, MADV_WIPEONFORK);
	return p;
}

void crypto_guarded_free(void *p)
{
	sodium_free(p);
}

/* struct key_block: where a key lies, with the public key that belongs to it once that was asked
 * for: to compute it takes as long as to sign. The key is last, with nothing between it and the
 * page that cannot be read. */
struct key_block {
	atomic_int state;
	uint8_t public_key[CRYPTO_PUBLIC_LEN];
	uint8_t key[CRYPTO_KEY_LEN];
};
static_assert(sizeof(struct key_block) == offsetof(struct key_block, key) + CRYPTO_KEY_LEN,
	      "nothing lies behind a key");

enum { PUBLIC_UNKNOWN, PUBLIC_WRITTEN, PUBLIC_KNOWN };

static struct key_block *block_of(const struct crypto_key *key)
{
	return (struct key_block *)(void *)(key->bytes - offsetof(struct key_block, key));
}

static struct sr_err key_alloc(struct crypto_key *key)
{
	struct key_block *b = crypto_guarded_alloc(sizeof *b);
	if (!b)
		return sr_fail(SR_E_NOMEM, "no guarded memory for a key");
	key->bytes = b->key;
	return sr_ok();
}

struct sr_err crypto_key_random(struct crypto_key *key)
{
	SR_TRY(key_alloc(key));
	randombytes_buf(key->bytes, CRYPTO_KEY_LEN);
	return sr_ok();
}

struct sr_err crypto_key_copy(struct crypto_key *key, struct slice bytes)
{
	if (bytes.len != CRYPTO_KEY_LEN)
		return sr_fail(SR_E_INPUT, "a key has the wrong length");
	SR_TRY(key_alloc(key));
	memcpy(key->bytes, bytes.ptr, CRYPTO_KEY_LEN);
	return sr_ok();
}

struct sr_err crypto_key_derive(struct crypto_key *key, const struct crypto_key *from,
				enum crypto_label label, struct slice info)
{
	SR_TRY(key_alloc(key));
	crypto_derive(from, label, info, key->bytes);
	return sr_ok();
}

void crypto_key_release(struct crypto_key *key)
{
	if (key->bytes)
		crypto_guarded_free(block_of(key));
	key->bytes = NULL;
}

static void derive_begin(crypto_generichash_state *st, const struct crypto_key *from,
			 enum crypto_label label, struct slice info)
{
	const char *text = label_text[label];
	uint8_t text_len = (uint8_t)strlen(text);
	int bad = crypto_generichash_init(st, from->bytes, CRYPTO_KEY_LEN, CRYPTO_KEY_LEN);
	bad |= crypto_generichash_update(st, &text_len, 1);
	bad |= crypto_generichash_update(st, (const uint8_t *)text, text_len);
	bad |= crypto_generichash_update(st, info.ptr, info.len);
	assert(!bad);
}

void crypto_derive(const struct crypto_key *from, enum crypto_label label, struct slice info,
		   uint8_t out[CRYPTO_KEY_LEN])
{
	crypto_generichash_state st;
	derive_begin(&st, from, label, info);
	int bad = crypto_generichash_final(&st, out, CRYPTO_KEY_LEN);
	assert(!bad);
	crypto_wipe(&st, sizeof st);
}

/* A whole number of lines at the end of a page is aligned as the library wants it. */
static_assert(sizeof(crypto_generichash_state) % _Alignof(crypto_generichash_state) == 0,
	      "alignment of a guarded state");

struct sr_err crypto_front_make(struct crypto_front *front, const struct crypto_key *from,
				enum crypto_label label, struct slice info)
{
	crypto_generichash_state *st = crypto_guarded_alloc(sizeof *st);
	if (!st)
		return sr_fail(SR_E_NOMEM, "no guarded memory for a key");
	derive_begin(st, from, label, info);
	front->state = st;
	return sr_ok();
}

void crypto_front_derive(const struct crypto_front *front, struct slice rest,
			 uint8_t out[CRYPTO_KEY_LEN])
{
	crypto_generichash_state st;
	memcpy(&st, front->state, sizeof st);
	int bad = crypto_generichash_update(&st, rest.ptr, rest.len);
	bad |= crypto_generichash_final(&st, out, CRYPTO_KEY_LEN);
	assert(!bad);
	crypto_wipe(&st, sizeof st);
}

void crypto_front_release(struct crypto_front *front)
{
	crypto_guarded_free(front->state);
	front->state = NULL;
}

enum { BLOCK_WORDS = 16, CHUNK_BLOCKS = 16 };

/* draw_blocks returns how many blocks to ask for where n are needed from block number first on:
 * the library computes eight or four at once in the time of two or three single ones. */
static size_t draw_blocks(uint64_t first, size_t n)
{
	size_t rest = n % 8, more = rest > 4 ? 8 - rest : rest == 3;
	return first + n + more <= UINT64_C(1) << 32 ? n + more : n;
}

void crypto_stream_words(const uint8_t key[CRYPTO_KEY_LEN], uint64_t first, size_t n, uint32_t *out)
{
	static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
	assert(first <= (UINT64_C(1) << 36) && n <= (UINT64_C(1) << 36) - first);
	uint8_t buf[4 * BLOCK_WORDS * CHUNK_BLOCKS];
	while (n) {
		size_t skip = (size_t)(first % BLOCK_WORDS);
		size_t take = BLOCK_WORDS * CHUNK_BLOCKS - skip < n
				      ? BLOCK_WORDS * CHUNK_BLOCKS - skip
				      : n;
		size_t blocks = (skip + take + BLOCK_WORDS - 1) / BLOCK_WORDS;
		size_t len = 4 * BLOCK_WORDS * draw_blocks(first / BLOCK_WORDS, blocks);
		memset(buf, 0, len);
		crypto_stream_chacha20_ietf_xor_ic(buf, buf, len, nonce,
						   (uint32_t)(first / BLOCK_WORDS), key);
		memcpy(out, buf + 4 * skip, 4 * take);
		for (size_t i = 0; i < take; i++)
			out[i] = le32toh(out[i]);
		crypto_wipe(buf, len);
		out += take;
		first += take;
		n -= take;
	}
}

void crypto_digest(const struct slice *parts, size_t n, uint8_t out[CRYPTO_HASH_LEN])
{
	crypto_generichash_state st;
	int bad = crypto_generichash_init(&st, NULL, 0, CRYPTO_HASH_LEN);
	for (size_t i = 0; i < n; i++)
		bad |= crypto_generichash_update(&st, parts[i].ptr, parts[i].len);
	bad |= crypto_generichash_final(&st, out, CRYPTO_HASH_LEN);
	assert(!bad);
}

/* secret_key writes what the library signs with: the key and its public key. Of threads that
 * compute that at once, one keeps it. */
static void secret_key(const struct crypto_key *key,
		       uint8_t out[crypto_sign_ed25519_SECRETKEYBYTES])
{
	struct key_block *b = block_of(key);
	if (atomic_load(&b->state) == PUBLIC_KNOWN) {
		memcpy(out, b->key, sizeof b->key);
		memcpy(out + sizeof b->key, b->public_key, sizeof b->public_key);
		return;
	}
	uint8_t public_key[CRYPTO_PUBLIC_LEN];
	int bad = crypto_sign_ed25519_seed_keypair(public_key, out, key->bytes);
	assert(!bad);
	int state = PUBLIC_UNKNOWN;
	if (!atomic_compare_exchange_strong(&b->state, &state, PUBLIC_WRITTEN))
		return;
	memcpy(b->public_key, public_key, sizeof public_key);
	atomic_store(&b->state, PUBLIC_KNOWN);
}

void crypto_public_key(const struct crypto_key *key, uint8_t out[CRYPTO_PUBLIC_LEN])
{
	uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES];
	secret_key(key, secret);
	memcpy(out, secret + CRYPTO_KEY_LEN, CRYPTO_PUBLIC_LEN);
	crypto_wipe(secret, sizeof secret);
}

void crypto_signature_make(const struct crypto_key *key, struct slice message,
			   uint8_t out[CRYPTO_SIGNATURE_LEN])
{
	uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES];
	secret_key(key, secret);
	int bad = crypto_sign_ed25519_detached(out, NULL, message.ptr, message.len, secret);
	assert(!bad);
	crypto_wipe(secret, sizeof secret);
}

bool crypto_signature_check(const uint8_t public_key[CRYPTO_PUBLIC_LEN], struct slice message,
			    const uint8_t signature[CRYPTO_SIGNATURE_LEN])
{
	return crypto_sign_ed25519_verify_detached(signature, message.ptr, message.len,
						   public_key) == 0;
}

void crypto_wipe(void *ptr, size_t len)
{
	sodium_memzero(ptr, len);
}

bool crypto_eq(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}
