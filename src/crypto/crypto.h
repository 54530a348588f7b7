/* SPDX-License-Identifier: Apache-2.0 */
/* Thin names over libsodium. One key, many named streams: every derived use has its own label, and
 * all labels stand in enum crypto_label. Keys live in guarded memory and nowhere else.
 *
 * Sources: BLAKE2b (RFC 7693) keyed as a PRF for derivation and unkeyed as the hash; ChaCha20 with
 * a 96-bit nonce and a 32-bit block counter (RFC 8439) for streams; Ed25519 (RFC 8032) for
 * signatures. */
#ifndef CRYPTO_H
#define CRYPTO_H

#include "err.h"
#include "slice.h"

enum {
	CRYPTO_KEY_LEN = 32,
	CRYPTO_HASH_LEN = 32,
	CRYPTO_PUBLIC_LEN = 32,
	CRYPTO_SIGNATURE_LEN = 64,
};

/* Each label is written in doc/FORMAT.md with what it is for. */
enum crypto_label {
	CRYPTO_LABEL_SYMBOLS_WORDS,     /* a reader's symbols in the words layer */
	CRYPTO_LABEL_BIASES_WORDS,      /* the nodes of the biases of the words layer */
	CRYPTO_LABEL_GROUPS_WORDS,      /* and its groups of wordings */
	CRYPTO_LABEL_SYMBOLS_LAYOUT,    /* a reader's symbols in the layout layer */
	CRYPTO_LABEL_BIASES_LAYOUT,     /* the nodes of the biases of the layout layer */
	CRYPTO_LABEL_LEDGER_ROW,        /* check value of a reader's row */
	CRYPTO_LABEL_LEDGER_SEED,       /* check value of the seed itself */
	CRYPTO_LABEL_SALT_SYMBOLS,      /* salts of a reader's committed symbols */
	CRYPTO_LABEL_SALT_LAYOUT,       /* and of those in the layout layer */
	CRYPTO_LABEL_SALT_READER,       /* salt of a committed reader */
	CRYPTO_LABEL_SALT_LATTICE,      /* salts of the committed lattice */
	CRYPTO_LABEL_SIGN,              /* the key that signs commitments */
	CRYPTO_LABEL_LEDGER_SEAL,       /* key of a sealed ledger, from that of the passphrase */
	CRYPTO_LABEL_LEDGER_SEAL_CHECK, /* tells a wrong passphrase from a damaged ledger */
	CRYPTO_LABELS
};

/* crypto_init must succeed once before anything else here; it may be called again. */
SR_MUST struct sr_err crypto_init(void);

/* struct crypto_key: 32 secret bytes in guarded memory, not dumped, not swapped, and zero in a
 * child after fork(2). */
struct crypto_key {
	uint8_t *bytes;
};

/* crypto_key_random, _copy and _derive fill an empty key; SR_E_NOMEM if there is no guarded
 * memory. bytes of _copy must be CRYPTO_KEY_LEN long (SR_E_INPUT). _derive gives
 * BLAKE2b-256(key, len8(label) || label || info). */
SR_MUST struct sr_err crypto_key_random(struct crypto_key *key);
SR_MUST struct sr_err crypto_key_copy(struct crypto_key *key, struct slice bytes);
SR_MUST struct sr_err crypto_key_derive(struct crypto_key *key, const struct crypto_key *from,
					enum crypto_label label, struct slice info);

/* crypto_key_release wipes and frees; key is empty. {NULL} is empty as well. */
void crypto_key_release(struct crypto_key *key);

/* crypto_derive writes the 32 bytes of crypto_key_derive to out: for check values and for
 * short-lived stream keys, which the caller wipes. */
void crypto_derive(const struct crypto_key *from, enum crypto_label label, struct slice info,
		   uint8_t out[CRYPTO_KEY_LEN]);

/* struct crypto_front: what many derivations have in common, taken in once; guarded as a key is. */
struct crypto_front {
	void *state;
};

/* crypto_front_make fills an empty front; SR_E_NOMEM as for keys. crypto_front_derive then writes
 * what crypto_derive writes for info || rest, several threads at once if need be.
 * crypto_front_release wipes and frees; front is empty. {NULL} is empty as well. */
SR_MUST struct sr_err crypto_front_make(struct crypto_front *front, const struct crypto_key *from,
					enum crypto_label label, struct slice info);
void crypto_front_derive(const struct crypto_front *front, struct slice rest,
			 uint8_t out[CRYPTO_KEY_LEN]);
void crypto_front_release(struct crypto_front *front);

/* crypto_stream_words writes the 32-bit little-endian words first .. first + n - 1 of the ChaCha20
 * stream (zero nonce, counter from 0) of a 32-byte key. first + n must be at most 2^36 (asserted);
 * random access costs at most one block more than the words asked for. */
void crypto_stream_words(const uint8_t key[CRYPTO_KEY_LEN], uint64_t first, size_t n,
			 uint32_t *out);

/* crypto_digest writes BLAKE2b-256 of the n parts, one behind the other. */
void crypto_digest(const struct slice *parts, size_t n, uint8_t out[CRYPTO_HASH_LEN]);

/* crypto_signature_make writes the Ed25519 signature (RFC 8032, 5.1.6) of message under the key
 * whose secret seed is key, and crypto_public_key its public key. Whichever comes first takes twice
 * as long as the next ones. */
void crypto_public_key(const struct crypto_key *key, uint8_t out[CRYPTO_PUBLIC_LEN]);
void crypto_signature_make(const struct crypto_key *key, struct slice message,
			   uint8_t out[CRYPTO_SIGNATURE_LEN]);

/* crypto_signature_check tells whether signature is one of message under public_key. */
bool crypto_signature_check(const uint8_t public_key[CRYPTO_PUBLIC_LEN], struct slice message,
			    const uint8_t signature[CRYPTO_SIGNATURE_LEN]);

/* crypto_guarded_alloc returns len zeroed bytes as those of a key, aligned for an object of that
 * size; NULL if there is no guarded memory. Each block has pages of its own: it is for what lives
 * long. crypto_guarded_free wipes and frees; p may be NULL. A child after fork(2) must not call it.
 */
void *crypto_guarded_alloc(size_t len);
void crypto_guarded_free(void *p);

/* crypto_wipe overwrites len bytes, even where the compiler thinks that nobody looks. */
void crypto_wipe(void *ptr, size_t len);

/* CRYPTO_WIPED declares a zeroed local object that is wiped when its block is left, on whatever
 * path: CRYPTO_WIPED(uint8_t[32], key); */
/* NOLINTBEGIN(bugprone-macro-parentheses): a name is declared */
#define CRYPTO_WIPED(type, name)                                                                   \
	__typeof__(type) name = {0};                                                               \
	__attribute__((unused, cleanup(crypto_wiped_end))) struct crypto_wiped name##_wiped = {    \
		&(name), sizeof(name)}
/* NOLINTEND(bugprone-macro-parentheses) */

struct crypto_wiped {
	void *ptr;
	size_t len;
};
static inline void crypto_wiped_end(struct crypto_wiped *w)
{
	crypto_wipe(w->ptr, w->len);
}

/* crypto_eq compares len secret bytes in constant time. */
bool crypto_eq(const void *a, const void *b, size_t len);

#endif
