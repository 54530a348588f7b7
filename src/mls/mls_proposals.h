/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals (RFC 9420, 12.1 and 12.2): those that wait for a commit, which of them go together, and
 * what they do to a group. */
#ifndef MLS_PROPOSALS_H
#define MLS_PROPOSALS_H

#include "mls_epoch.h"

enum {
	MLS_WAITING_MAX = 8192,                  /* proposals that wait */
	MLS_WAITING_BYTES_MAX = 8 * 1024 * 1024, /* and their bytes */
};

/* struct mls_fresh: private keys that an Update of our own brings; guarded memory. */
struct mls_fresh {
	uint8_t priv[MLS_LEN], seed[MLS_LEN];
};

/* One proposal and who made it. bytes is the encoded Proposal, which proposal borrows from. */
struct mls_item {
	struct mls_proposal proposal;
	struct slice bytes;
	struct slice ref; /* by reference: its name */
	uint8_t sender;   /* SenderType */
	uint32_t sender_index;
	bool by_reference;
	bool checked;  /* signatures and all that does not depend on the commit */
	uint32_t leaf; /* once applied: what it is about: added, updated or removed */
	const struct mls_fresh *fresh; /* NULL, or of our own Update */
};
MLS_LIST_NAMED(mls_items, struct mls_item);

/* Those that wait, in the order they came; all lies in arena but what is guarded. */
struct mls_waiting {
	struct arena arena;
	struct mls_waiting_item {
		struct mls_item item;
		struct mls_fresh *fresh;
	} * ptr;
	size_t n, cap, bytes;
};

/* mls_waiting_add keeps a copy of item under its reference (nothing happens if that is there
 * already) and takes fresh over, on success only. SR_E_LIMIT. _find returns NULL if there is none;
 * _forget drops one; _release all. */
SR_MUST struct sr_err mls_waiting_add(struct mls_waiting *w, const uint8_t ref[MLS_LEN],
				      const struct mls_item *item, struct mls_fresh *fresh);
const struct mls_waiting_item *mls_waiting_find(const struct mls_waiting *w, struct slice ref);
bool mls_waiting_forget(struct mls_waiting *w, const uint8_t ref[MLS_LEN]);
void mls_waiting_release(struct mls_waiting *w);

/* mls_item_read decodes a Proposal; bytes must outlive the item, lists go into a. */
SR_MUST struct sr_err mls_item_read(struct slice bytes, struct arena *a, struct mls_item *out);

/* mls_item_make makes one by value, encoded in a, of which sender is said. */
SR_MUST struct sr_err mls_item_make(const struct mls_proposal *p, uint8_t sender,
				    uint32_t sender_index, struct arena *a, struct mls_item *out);

/* mls_item_check checks a proposal by itself, before any commit: may this kind of sender make it,
 * is what it carries whole and signed. SR_E_INPUT, SR_E_AUTH. */
SR_MUST struct sr_err mls_item_check(const struct mls_epoch *e, const struct mls_item *item);

/* struct mls_committer: who commits: a member (sender_index) or somebody who joins by it. */
struct mls_committer {
	uint8_t sender; /* MLS_SENDER_MEMBER or MLS_SENDER_NEW_COMMIT */
	uint32_t leaf;  /* of a member */
};

/* What a list of proposals does. */
struct mls_effect {
	struct mls_nodes_found added; /* leaves, ascending */
	bool path_required, removes_us;
	bool context_changed;
	const struct mls_item *external_init; /* NULL: none */
	struct mls_needs needs;               /* with the extensions of the group from now on */
};

/* mls_items_check checks that proposals go together under a committer (12.2). */
SR_MUST struct sr_err mls_items_check(const struct mls_epoch *e, const struct mls_items *items,
				      struct mls_committer by);

/* mls_items_choose drops from items, which are there to be committed, those that are no good or do
 * not go with later ones. Keeps the order. */
SR_MUST struct sr_err mls_items_choose(const struct mls_epoch *e, struct mls_items *items,
				       struct mls_committer by);

/* mls_items_apply puts checked proposals into a copy of the epoch (12.3): extensions, updates,
 * removes, adds; and checks what depends on the whole. next's tree and keys and census change;
 * lists go into a. Keys being unique and the census are for the caller to check, when the
 * committer's path is in. */
SR_MUST struct sr_err mls_items_apply(const struct mls_epoch *e, struct mls_items *items,
				      struct mls_committer by, struct arena *a,
				      struct mls_epoch *next, struct mls_effect *out);

/* mls_psk_id_same tells whether two ids are the same, their nonces too: with another nonce a key is
 * another one to the schedule, and may be there again (8.4, 12.2). */
bool mls_psk_id_same(const struct mls_psk_id *a, const struct mls_psk_id *b);

/* mls_psk_ids_of lists the ids in PSK proposals, in their order. */
SR_MUST struct sr_err mls_psk_ids_of(const struct mls_items *items, struct arena *a,
				     struct mls_psk_ids *out);

#endif
