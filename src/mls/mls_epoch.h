/* SPDX-License-Identifier: Apache-2.0 */
/* One epoch of a group as one member sees it: the tree, the GroupContext, the secrets. The present
 * epoch and each staged one are such an object; a staged one shares the tree's nodes with that it
 * comes from. */
#ifndef MLS_EPOCH_H
#define MLS_EPOCH_H

#include "mls_leaf.h"
#include "mls_path.h"
#include "mls_schedule.h"
#include "mls_secret_tree.h"

#include <stdalign.h>

/* Guarded memory. */
struct mls_vault {
	struct mls_secrets secrets;
	struct mls_keys keys;
	uint8_t seed[MLS_LEN]; /* of the signature key of our leaf */
	/* Where the epoch's trees of secrets are made. */
	alignas(uint32_t) uint8_t messages[MLS_SECRET_TREE_ROOM], exports[MLS_SECRET_TREE_ROOM];
};

/* context holds the encoded GroupContext; group_id, extensions_raw (Extension<V> with its length)
 * and the hashes borrow from it. */
struct mls_epoch {
	const struct mls_suite *suite;
	struct mls_tree tree;
	uint32_t own; /* our leaf */
	uint64_t number;
	uint8_t *context_ptr;
	struct slice context, group_id, tree_hash, confirmed, extensions_raw;
	uint8_t interim[MLS_LEN], confirmation_tag[MLS_LEN];
	struct mls_census census; /* of the leaves of tree */
	struct mls_vault *vault;
	struct mls_secret_tree messages, exports;
};

/* mls_epoch_new makes an empty one, with a vault; mls_epoch_next one with the tree, the keys and
 * the seed of another one. mls_epoch_release frees *e, which may be NULL, and sets it to NULL. */
SR_MUST struct sr_err mls_epoch_new(const struct mls_suite *s, struct mls_epoch **out);
SR_MUST struct sr_err mls_epoch_next(const struct mls_epoch *from, struct mls_epoch **out);
void mls_epoch_release(struct mls_epoch **e);

/* mls_epoch_set_context gives it a copy of a GroupContext. */
SR_MUST struct sr_err mls_epoch_set_context(struct mls_epoch *e, const struct mls_context *c);

/* mls_epoch_follow gives next the GroupContext that comes after that of e, with its own tree's
 * hash; confirmed NULL: e's confirmed_transcript_hash, as in the provisional one (12.4.1). */
SR_MUST struct sr_err mls_epoch_follow(const struct mls_epoch *e,
				       const struct mls_extensions *extensions,
				       const uint8_t *confirmed, struct mls_epoch *next);

/* mls_epoch_extensions decodes the group's extensions into a. */
SR_MUST struct sr_err mls_epoch_extensions(const struct mls_epoch *e, struct arena *a,
					   struct mls_extensions *out);

/* mls_epoch_start derives the secrets of the epoch from the joiner secret, when tree and context
 * are what they will be, and computes its confirmation tag. */
SR_MUST struct sr_err mls_epoch_start(struct mls_epoch *e, const uint8_t joiner[MLS_LEN],
				      const uint8_t psk_secret[MLS_LEN]);

/* mls_epoch_begin does the same from an epoch secret, for the first epoch of a group. */
SR_MUST struct sr_err mls_epoch_begin(struct mls_epoch *e, const uint8_t epoch_secret[MLS_LEN]);

/* mls_epoch_confirm: SR_E_AUTH unless tag is the confirmation tag of the epoch. */
SR_MUST struct sr_err mls_epoch_confirm(const struct mls_epoch *e, struct slice tag);

/* mls_epoch_member fills in a member; false if the leaf is blank or none. Borrows from the tree. */
bool mls_epoch_member(const struct mls_epoch *e, uint32_t leaf, struct sr_mls_member *out);

/* mls_leaf_member does the same with an encoded leaf node. */
void mls_leaf_member(struct slice leaf_node, uint32_t leaf, struct sr_mls_member *out);

#endif
