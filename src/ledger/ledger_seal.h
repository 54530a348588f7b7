/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a sealed ledger: a header that anybody can read and one ciphertext. Integers are
 * little-endian.
 *
 *	8	"srsealed"
 *	u16	version, 1
 *	u8	how the key is made: 1, Argon2id 1.3 with one lane
 *	u8	0
 *	u32	Argon2id: passes
 *	u32	Argon2id: memory in KiB
 *	16	salt
 *	16	check of the passphrase
 *	24	nonce, drawn anew whenever the ledger is written
 *	u64	length of the ciphertext without its tag
 *	16	digest of all before it: finds damage, keeps nobody out
 *	...	ciphertext and its tag, to the end of the file
 *
 * What is encrypted: the SQLite file, zeros, and the length of the SQLite file (u64). The zeros
 * fill it up to a power of two, so that its size tells next to nothing. */
#ifndef LEDGER_SEAL_H
#define LEDGER_SEAL_H

#include "crypto_seal.h"
#include "err.h"
#include "slice.h"

enum {
	SEAL_VERSION = 1,
	SEAL_KDF_ARGON2ID = 1,
	SEAL_CHECK_LEN = 16,
	SEAL_DIGEST_LEN = 16,
	SEAL_HEADER_LEN = 100,
	SEAL_IMAGE_LEN_LEN = 8,             /* of the length behind the zeros */
	SEAL_BODY_MIN = 256 * 1024,         /* the smallest ciphertext without its tag */
	SEAL_BODY_MAX = 1024 * 1024 * 1024, /* the largest one */
	SEAL_PASSES_MAX = 8,                /* what a file may ask of us */
	SEAL_MEMORY_KIB_MAX = 1024 * 1024,  /* the same */
};

/* struct seal_params: what makes a key of a passphrase. Equal ones make equal keys. */
struct seal_params {
	uint32_t passes, memory_kib;
	uint8_t salt[CRYPTO_SALT_LEN];
};

struct seal_header {
	struct seal_params params;
	uint8_t check[SEAL_CHECK_LEN];
	uint8_t nonce[CRYPTO_NONCE_LEN];
	uint64_t body_len;
};

/* seal_is_sealed tells whether the first bytes of a file are those of a sealed ledger. */
bool seal_is_sealed(struct slice bytes);

/* seal_header_read reads and checks the header at the front of bytes: SR_E_INPUT if it is cut short
 * or damaged, SR_E_STATE if it is of a newer version, SR_E_LIMIT if it asks for more work than
 * SEAL_PASSES_MAX and SEAL_MEMORY_KIB_MAX. */
SR_MUST struct sr_err seal_header_read(struct slice bytes, struct seal_header *out);

/* seal_check writes the check of the passphrase that key was made from. */
void seal_check(const struct crypto_key *key, uint8_t out[SEAL_CHECK_LEN]);

/* seal_write makes a sealed ledger of an SQLite file: *out is a new block of *out_len bytes that
 * the caller frees. SR_E_LIMIT if it is larger than SEAL_BODY_MAX, SR_E_NOMEM. */
SR_MUST struct sr_err seal_write(const struct crypto_key *key, const struct seal_params *params,
				 struct slice image, uint8_t **out, size_t *out_len);

/* seal_read writes the SQLite file in all the bytes of a sealed ledger with header h to out, which
 * has room for h->body_len bytes and is to be wiped also after a failure; *image_len is its length.
 * SR_E_INPUT: cut short or too long; SR_E_AUTH: a byte is another one. */
SR_MUST struct sr_err seal_read(const struct crypto_key *key, const struct seal_header *h,
				struct slice bytes, uint8_t *out, size_t *image_len);

#endif
