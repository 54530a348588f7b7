/* SPDX-License-Identifier: Apache-2.0 */
/* A commitment: one signed entry that binds a lattice with its biases, the pages of a layout layer
 * if there is one, the number of readers and every symbol of theirs, and a time. Each time readers
 * are added there is a further entry, chained to the one before. The chain is what is lodged with
 * somebody else before a copy leaves; it reveals nothing but numbers and times. */
#ifndef COMMIT_ENTRY_H
#define COMMIT_ENTRY_H

#include "build.h"
#include "commit_tree.h"

enum {
	COMMIT_ENTRY_LEN = 8 + 2 + 4 + 8 + 4 + 1 + 1 + 1 + 4 + 4 + 3 * CRYPTO_HASH_LEN +
			   CRYPTO_PUBLIC_LEN + CRYPTO_SIGNATURE_LEN,
	COMMIT_ENTRY_1_LEN = COMMIT_ENTRY_LEN - 1, /* version 1 has no design size */
	/* Version 3 has a layout layer. */
	COMMIT_ENTRY_3_LEN = COMMIT_ENTRY_LEN + 1 + 4 + CRYPTO_HASH_LEN,
	COMMIT_ENTRIES_MAX = 100 * 1000, /* in a chain */
	COMMIT_FILE_BYTES = 64 + (2 * COMMIT_ENTRY_3_LEN + 1) * COMMIT_ENTRIES_MAX,
};

/* struct commit_layout: the layout layer of a paper has slots_n slots, at most LIMIT_PLACES, on
 * pages made of the sheet with this digest. */
struct commit_layout {
	uint32_t slots_n;
	struct commit_hash sheet;
};

/* struct commit_entry: the words layer has places_n places, and every layer biases for coalitions
 * of up to collusion readers, 1 .. CODE_COLLUSION_MAX (2 in version 1, which does not say so); the
 * lattice has units_n units. layout is zero unless has_layout. previous is the digest of the entry
 * before, zero in the first one. */
struct commit_entry {
	uint32_t number; /* from 1 */
	int64_t time;    /* seconds since 1970 UTC, as the issuer says */
	uint32_t readers_n, places_n, units_n;
	uint8_t collusion;
	bool has_layout;
	struct commit_layout layout;
	struct commit_hash lattice_root, readers_root, previous;
	uint8_t public_key[CRYPTO_PUBLIC_LEN];
};

/* commit_entry_write appends the COMMIT_ENTRY_LEN bytes of e, with a layout layer the
 * COMMIT_ENTRY_3_LEN ones, with the public key of key and signed by it (doc/FORMAT.md,
 * "Commitment"). The fields are in range (asserted). */
void commit_entry_write(const struct commit_entry *e, const struct crypto_key *key,
			struct build *out);

/* commit_entry_read is the inverse; it also reads version 1. SR_E_INPUT: not an entry; SR_E_STATE:
 * one of a newer version; SR_E_AUTH: its signature is wrong. */
SR_MUST struct sr_err commit_entry_read(struct slice bytes, struct commit_entry *out);

/* commit_entry_digest writes the digest of an entry's bytes, by which it is known. */
void commit_entry_digest(struct slice bytes, struct commit_hash *out);

/* struct commit_chain: n > 0 entries, the oldest first, and the bytes of each. */
struct commit_chain {
	struct commit_entry *at;
	struct slice *bytes;
	size_t n;
};

/* commit_chain_read reads and checks n entries, whose bytes are borrowed; arrays live in a. Errors
 * as of commit_entry_read; SR_E_INPUT also if there is none; SR_E_AUTH also if they are no chain:
 * each has the next number, the same lattice, layers, design size and key, more readers, no earlier
 * time, and the digest of the one before. SR_E_NOMEM. */
SR_MUST struct sr_err commit_chain_read(struct arena *a, const struct slice *bytes, size_t n,
					struct commit_chain *out);

/* commit_file_write appends the chain's file: a line that names the format, and a line of
 * hexadecimal digits for each entry. */
void commit_file_write(const struct slice *bytes, size_t n, struct build *out);

/* commit_file_read reads such a file into a; lines may end with CR LF. Errors as of
 * commit_chain_read; SR_E_LIMIT. */
SR_MUST struct sr_err commit_file_read(struct arena *a, struct slice file,
				       struct commit_chain *out);

/* commit_chain_extends tells whether chain begins with all the entries of older. */
bool commit_chain_extends(const struct commit_chain *chain, const struct commit_chain *older);

#endif
