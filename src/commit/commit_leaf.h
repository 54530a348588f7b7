/* SPDX-License-Identifier: Apache-2.0 */
/* What is committed, one leaf each: BLAKE2b-256 of a kind, a secret salt and the thing itself. A
 * leaf whose salt is not known tells nothing, however few things it could be: there are 2^128
 * salts. A leaf whose salt is opened can be only what was hashed.
 *
 *	symbol  0x00 || salt || u32 reader || u8 layer || u8 source || u32 place || u16 symbol
 *	reader  0x02 || salt || u32 number || u64 committed at || sized id || sized name ||
 *	        sized house || sized side || root of his symbols
 *	unit    0x03 || salt || u32 index || u8 0 || text, or
 *	        0x03 || salt || u32 index || u8 1 || u32 place || u16 q || q sized wordings ||
 *	        q - 1 inner thresholds, u32, or, in a group of several,
 *	        0x03 || salt || u32 index || u8 2 || u32 place || u32 leader || u32 places of the
 *	        group || u16 q ...
 *	slot    0x04 || salt || u32 slot || its inner threshold, u32
 *
 * (0x01 is an inner node, commit_tree.h.) A reader's symbols are a tree of their own, in the order
 * of layers and places. The slots of a layout layer stand behind the units. */
#ifndef COMMIT_LEAF_H
#define COMMIT_LEAF_H

#include "commit_tree.h"
#include "commit_units.h"
#include "crypto.h"

enum { COMMIT_SALT_LEN = 16 };

struct commit_salt {
	uint8_t at[COMMIT_SALT_LEN];
};

enum commit_layer { COMMIT_LAYER_WORDS = 0, COMMIT_LAYER_LAYOUT = 1 };

/* Who drew a symbol: the issuer's stream. (A reader's own choice will be another source.) */
enum commit_source { COMMIT_SOURCE_ISSUER = 0 };

/* struct commit_reader: a committed reader as his leaf binds him. Borrowed. */
struct commit_reader {
	uint32_t number; /* from 1 */
	int64_t committed_at;
	struct slice id, name, house, side;
};

struct commit_symbol {
	uint32_t reader; /* his number */
	enum commit_layer layer;
	enum commit_source source;
	uint32_t place; /* or slot */
	uint16_t symbol;
};

void commit_leaf_symbol(const struct commit_salt *salt, const struct commit_symbol *s,
			struct commit_hash *out);

/* commit_leaf_reader and _unit hash through b, which is scratch. SR_E_NOMEM. */
SR_MUST struct sr_err commit_leaf_reader(struct build *b, const struct commit_salt *salt,
					 const struct commit_reader *r,
					 const struct commit_hash *symbols_root,
					 struct commit_hash *out);
SR_MUST struct sr_err commit_leaf_unit(struct build *b, const struct commit_salt *salt,
				       uint32_t index, const struct commit_unit *unit,
				       struct commit_hash *out);

/* commit_leaf_slot hashes the bias of a slot, which has two symbols (asserted). */
void commit_leaf_slot(const struct commit_salt *salt, uint32_t slot, const struct code_bias *bias,
		      struct commit_hash *out);

/* struct commit_secret: what salts are drawn with. Borrowed. */
struct commit_secret {
	const struct crypto_key *seed;
	const uint8_t *lattice_hash; /* CRYPTO_HASH_LEN bytes */
};

/* commit_salts_symbols, _layout, _reader and _lattice draw the salts of a reader's n symbols in the
 * words layer, in the layout layer, of a reader, and of n units and slots: 16 bytes each of the
 * ChaCha20 stream whose key is crypto_derive(seed, a label of their own, le32(32) || lattice hash
 * || id). SR_E_LIMIT for an id longer than LIMIT_ID_BYTES. */
SR_MUST struct sr_err commit_salts_symbols(const struct commit_secret *s, struct slice id, size_t n,
					   struct commit_salt *out);
SR_MUST struct sr_err commit_salts_layout(const struct commit_secret *s, struct slice id, size_t n,
					  struct commit_salt *out);
SR_MUST struct sr_err commit_salt_reader(const struct commit_secret *s, struct slice id,
					 struct commit_salt *out);
SR_MUST struct sr_err commit_salts_lattice(const struct commit_secret *s, size_t n,
					   struct commit_salt *out);

#endif
