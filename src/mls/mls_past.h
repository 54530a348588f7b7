/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a past epoch, so that messages that come late can be read: who was in the group,
 * and the secrets for messages, no others. Each record can be destroyed by itself. */
#ifndef MLS_PAST_H
#define MLS_PAST_H

#include "mls_epoch.h"

/* Guarded memory. */
struct mls_past_secrets {
	uint8_t sender_data[MLS_LEN];
	uint8_t targeted_psk[MLS_LEN], targeted_sender[MLS_LEN]; /* mls_targeted.h */
	uint8_t leaf[MLS_LEN];                                   /* our leaf's private key */
};

struct mls_past {
	struct mls_past *older; /* NULL: none */
	uint64_t number;
	uint32_t own, leaves_n;
	struct mls_tree_node **leaves; /* NULL: blank; shared with the trees they come from */
	uint8_t *context_ptr;
	struct slice context, group_id; /* GroupContext, encoded */
	struct mls_past_secrets *secrets;
	struct mls_secret_tree messages;
};

/* mls_past_new makes one with blank leaves and no secrets. SR_E_INPUT for a context that is none.
 */
SR_MUST struct sr_err mls_past_new(uint32_t leaves_n, struct slice context, struct mls_past **out);

/* mls_past_of makes the record of an epoch that ends. */
SR_MUST struct sr_err mls_past_of(const struct mls_epoch *e, struct mls_past **out);

/* mls_targeted_now gives, of the present epoch, the secrets that targeted messages need and our
 * leaf's key; out is wiped by the caller. */
SR_MUST struct sr_err mls_targeted_now(const struct mls_epoch *e, struct mls_past_secrets *out);

/* mls_past_find returns the record of an epoch, NULL if there is none; mls_past_forget destroys
 * one, mls_past_keep all but the newest n. list may hold NULL. */
struct mls_past *mls_past_find(struct mls_past *list, uint64_t epoch);
bool mls_past_forget(struct mls_past **list, uint64_t epoch);
void mls_past_keep(struct mls_past **list, size_t n);

/* mls_past_member fills in a member of that epoch; false if the leaf was blank. */
bool mls_past_member(const struct mls_past *p, uint32_t leaf, struct sr_mls_member *out);

#endif
