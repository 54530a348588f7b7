/* SPDX-License-Identifier: Apache-2.0 */
/* Commits (RFC 9420, 12.4): what a member's commit, an external commit, the first commit of a
 * branch and the following of somebody else's have in common, and the Welcome that goes with them.
 */
#ifndef MLS_COMMIT_H
#define MLS_COMMIT_H

#include "mls_group.h"

/* struct mls_draft: a commit in the making. The upper part is set by who makes it, the lower part
 * by mls_draft_make. */
struct mls_draft {
	const struct sr_mls_platform *platform;
	const struct sr_mls_group *g; /* remembers pre-shared keys; NULL: nobody does */
	const struct mls_epoch *e;    /* what it starts from */
	struct mls_committer by;
	struct mls_items items;             /* checked */
	const struct sr_mls_client *client; /* of the committer's new leaf; NULL: as it was */
	const uint8_t *init;                /* init secret for the next epoch */
	bool path, public;
	struct slice authenticated_data;

	uint32_t committer;     /* leaf of the committer afterwards */
	struct mls_epoch *next; /* to be released */
	struct mls_effect effect;
	struct mls_path_made made;
	struct mls_authentic message; /* signed, with its confirmation tag; in the arena */
	struct mls_psk_ids psks;
	uint8_t joiner[MLS_LEN], psk_secret[MLS_LEN];
};

/* mls_draft_start brings next to life (8): when tree, keys, message and made.commit_secret are
 * known. mls_draft_make fills in the rest. mls_draft_release wipes. */
SR_MUST struct sr_err mls_draft_start(struct mls_draft *d, struct arena *a);
SR_MUST struct sr_err mls_draft_make(struct mls_draft *d, struct arena *a);
void mls_draft_release(struct mls_draft *d);

/* mls_draft_stage makes a staged commit of a draft whose next epoch it takes over. */
SR_MUST struct sr_err mls_draft_stage(struct mls_draft *d, struct mls_staged **out);

/* mls_welcome_make puts a Welcome for those whom a draft adds; nothing if it adds nobody. The
 * GroupInfo in it has the tree unless no_tree. */
SR_MUST struct sr_err mls_welcome_make(const struct mls_draft *d, bool no_tree, struct build *b);

/* mls_group_info_make encodes the GroupInfo of an epoch, signed by us, with the ratchet tree and
 * the external key as asked. */
SR_MUST struct sr_err mls_group_info_make(const struct mls_epoch *e, bool tree, bool external,
					  struct arena *a, struct slice *out);

/* mls_group_info_adopt makes an epoch, without secrets, of a GroupInfo and a ratchet tree (empty:
 * it is in the GroupInfo), with all that 12.4.3.1 asks of them but the confirmation tag. own is not
 * set. */
SR_MUST struct sr_err mls_group_info_adopt(const struct mls_group_info *info, struct slice tree,
					   struct mls_epoch **out);

#endif
