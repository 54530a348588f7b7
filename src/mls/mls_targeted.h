/* SPDX-License-Identifier: Apache-2.0 */
/* Targeted messages (draft-ietf-mls-targeted-messages): from one member to one other, in a group's
 * name. The content is sealed to the recipient's leaf under a secret of the epoch, signed by the
 * sender; who sent it is sealed under another secret of the epoch, so any member can tell, and
 * nobody else. Pure functions of what an epoch leaves behind: neither a group nor its tree is
 * needed. */
#ifndef MLS_TARGETED_H
#define MLS_TARGETED_H

#include "mls_label.h"
#include "mls_types.h"

/* The drafts differ in what the content is bound to, and cannot read each other. */
enum mls_targeted_draft { MLS_TARGETED_01 = 1, MLS_TARGETED_02 = 2 };

/* struct mls_targeted_epoch: whose secrets are used; borrows. */
struct mls_targeted_epoch {
	const struct mls_suite *suite;
	enum mls_targeted_draft draft;
	struct slice group_id;
	uint64_t epoch;
	const uint8_t *psk, *sender_secret; /* from mls_targeted_secrets */
};

/* mls_targeted_secrets derives from an epoch's exporter secret all that its targeted messages need.
 */
SR_MUST struct sr_err mls_targeted_secrets(const struct mls_suite *s,
					   const uint8_t exporter[MLS_LEN], uint8_t psk[MLS_LEN],
					   uint8_t sender_secret[MLS_LEN]);

/* struct mls_targeted_plan: a message to be made; borrows. */
struct mls_targeted_plan {
	uint32_t sender, recipient;   /* leaves */
	const uint8_t *seed, *pub;    /* the sender's signature key */
	const uint8_t *recipient_key; /* encryption key of the recipient's leaf */
	struct slice authenticated_data, data;
	size_t padding;     /* the content is filled up to a multiple of it; 0: not at all */
	const uint8_t *ikm; /* MLS_LEN fresh random bytes, for this message alone */
};

/* mls_targeted_make appends an MLSMessage. SR_E_INPUT: a recipient's key of small order;
 * SR_E_LIMIT, SR_E_NOMEM. */
SR_MUST struct sr_err mls_targeted_make(const struct mls_targeted_epoch *e,
					const struct mls_targeted_plan *plan, struct build *b);

/* mls_targeted_from tells who says to be the sender of a message to the leaf own; what out borrows
 * lies in a. SR_E_STATE: for another group, epoch or leaf; SR_E_AUTH, SR_E_INPUT. */
SR_MUST struct sr_err mls_targeted_from(const struct mls_targeted_epoch *e, uint32_t own,
					const struct mls_targeted *m, struct arena *a,
					struct mls_targeted_sender *out);

/* mls_targeted_open checks the signature under the key of the sender's leaf and decrypts with that
 * of the recipient's: priv, and its public key pub. data lies in a. SR_E_AUTH, SR_E_INPUT. */
SR_MUST struct sr_err mls_targeted_open(const struct mls_targeted_epoch *e,
					const struct mls_targeted *m,
					const struct mls_targeted_sender *sender,
					struct slice sender_key, const uint8_t priv[MLS_LEN],
					const uint8_t pub[MLS_LEN], struct arena *a,
					struct slice *data);

#endif
