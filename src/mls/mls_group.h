/* SPDX-License-Identifier: Apache-2.0 */
/* A group as a member keeps it: the present epoch, what waits, what is staged, what is left of the
 * past. The functions of include/subrosa-mls.h are spread over mls_group.c (facts, exporters),
 * mls_propose.c, mls_commit.c, mls_receive.c, mls_welcome.c, mls_external.c, mls_lineage.c and
 * mls_state.c. */
#ifndef MLS_GROUP_H
#define MLS_GROUP_H

#include "mls_frame.h"
#include "mls_past.h"
#include "mls_proposals.h"

enum {
	MLS_RESUMPTIONS = 64, /* epochs whose resumption_psk is kept */
	MLS_PADDING = 128,    /* unless told otherwise */
};

/* The resumption_psk of past epochs, the oldest first; guarded memory. */
struct mls_resumptions {
	uint32_t n;
	struct mls_resumption {
		uint64_t epoch;
		uint8_t psk[MLS_LEN];
	} at[MLS_RESUMPTIONS];
};

/* A commit that is not merged. What it borrows lies in arena, in the waiting proposals, and in the
 * trees of next and of the present epoch. next is NULL if the commit removes us. */
struct mls_staged {
	struct arena arena;
	struct mls_epoch *next;
	struct mls_items items;
	struct sr_mls_change *changes; /* items.n */
	uint8_t sender;                /* SenderType of the committer */
	uint32_t committer;            /* leaf */
	bool has_path;
	struct slice authenticated_data;
	uint8_t digest[MLS_LEN]; /* hash of the message, if it is our own */
};

struct sr_mls_group {
	const struct sr_mls_platform *platform;
	struct sr_mls_settings settings;
	struct mls_epoch *now;
	struct mls_waiting waiting;
	struct mls_staged *own, *received;
	struct mls_past *past; /* the newest first */
	struct mls_resumptions *resumptions;
	uint8_t *reinit_ptr; /* the ReInit that was merged, encoded as Proposal; NULL: none */
	size_t reinit_len;
};

static inline struct slice mls_in(struct sr_mls_data d)
{
	return slice_make(d.ptr, d.len);
}

static inline struct sr_mls_data mls_data(struct slice s)
{
	return (struct sr_mls_data){s.ptr, s.len};
}

/* mls_give hands a builder's bytes over to the caller; b is empty afterwards. */
SR_MUST struct sr_err mls_give(struct build *b, struct sr_mls_bytes *out);

/* mls_group_scoped closes a group that is not NULL. */
void mls_group_scoped(struct sr_mls_group **g);

/* mls_group_new makes a group around its first epoch, which it takes over on success; settings are
 * checked. mls_group_usable: SR_E_STATE if the group was re-initialised. */
SR_MUST struct sr_err mls_group_new(const struct sr_mls_platform *platform,
				    const struct sr_mls_settings *settings,
				    struct mls_epoch **first, struct sr_mls_group **out);
SR_MUST struct sr_err mls_group_usable(const struct sr_mls_group *g);

/* mls_first_epoch makes the first epoch of a group, with one member. */
enum { MLS_LIFETIME = 90 * 24 * 3600 }; /* seconds that a leaf made here is valid, unless told */
SR_MUST struct sr_err mls_first_epoch(const struct sr_mls_platform *platform,
				      const struct sr_mls_client *client, struct slice group_id,
				      const struct mls_extensions *extensions,
				      struct mls_epoch **out);

/* mls_group_reinitialised notes that a ReInit, an encoded Proposal, was merged. */
SR_MUST struct sr_err mls_group_reinitialised(struct sr_mls_group *g, struct slice proposal);

/* mls_lifetime_from: an hour before now, for clocks that differ; not before 1970. */
static inline uint64_t mls_lifetime_from(int64_t now)
{
	return now > 3600 ? (uint64_t)now - 3600 : 0;
}

/* mls_random draws MLS_LEN bytes. */
SR_MUST struct sr_err mls_random(const struct sr_mls_platform *platform, uint8_t out[MLS_LEN]);

/* mls_plan_of: the plan for leaves of a client; what it holds lies in a or borrows from client. pub
 * gets the public key. mls_plan_again: that of a leaf as it is. */
SR_MUST struct sr_err mls_plan_of(const struct mls_suite *s, const struct sr_mls_client *client,
				  struct arena *a, uint8_t pub[MLS_LEN], struct mls_leaf_plan *out);
void mls_plan_again(const struct mls_leaf *leaf, const uint8_t *seed, struct mls_leaf_plan *out);

/* mls_extensions_in copies a caller's list. */
SR_MUST struct sr_err mls_extensions_in(const struct sr_mls_extension *list, size_t n,
					struct arena *a, struct mls_extensions *out);

/* mls_message_in decodes an MLSMessage, whose wire format must be the given one (0: any). */
SR_MUST struct sr_err mls_message_in(struct slice in, uint16_t wire_format, struct arena *a,
				     struct mls_message *out);

/* mls_group_send puts a message of our own, signed for that, into b: a PrivateMessage, which uses
 * up a key of the present epoch, or a PublicMessage with its tag. */
SR_MUST struct sr_err mls_group_send(struct sr_mls_group *g, const struct mls_authentic *m,
				     struct build *b);

/* mls_psk_out tells a caller which key an id names. */
void mls_psk_out(const struct mls_psk_id *id, struct sr_mls_psk_id *out);

/* mls_psks computes psk_secret from the keys with these ids, from the memory of a group (NULL:
 * none) and the platform. SR_E_STATE: one is not known. */
SR_MUST struct sr_err mls_psks(const struct sr_mls_platform *platform, const struct mls_suite *s,
			       const struct sr_mls_group *g, const struct mls_psk_ids *ids,
			       uint8_t out[MLS_LEN]);

/* mls_proposal_in turns what a caller proposes into an item, encoded in a. e NULL: from outside.
 * fresh: of an Update, the new keys. */
SR_MUST struct sr_err mls_proposal_in(const struct sr_mls_platform *platform,
				      const struct mls_suite *s, const struct mls_epoch *e,
				      const struct sr_mls_proposal *in, struct arena *a,
				      struct mls_item *out, struct mls_fresh **fresh);

/* mls_staged_new makes an empty one; mls_staged_keep copies applied items and authenticated data
 * into it; mls_staged_tell fills in changes from these. mls_staged_release: as
 * mls_epoch_release. */
SR_MUST struct sr_err mls_staged_new(struct mls_staged **out);
SR_MUST struct sr_err mls_staged_keep(struct mls_staged *staged, const struct mls_items *items,
				      struct slice authenticated_data);
SR_MUST struct sr_err mls_staged_tell(const struct mls_epoch *now, struct mls_staged *staged);
void mls_staged_release(struct mls_staged **staged);

/* mls_change_of tells what an item does, or would do. */
void mls_change_of(const struct mls_epoch *now, const struct mls_item *item,
		   struct sr_mls_change *out);

/* struct mls_key_secrets: what belongs to a key package, as its owner keeps it (doc/FORMAT.md).
 * Borrows; all but the encoded KeyPackage are MLS_LEN bytes. */
struct mls_key_secrets {
	struct slice key_package, init, leaf, seed;
	uint64_t magic; /* of the saved form, as is ... */
	uint16_t version;
};

/* mls_key_secrets_put appends one, whatever its magic and version; mls_key_secrets_read reads one
 * whole: SR_E_INPUT. */
void mls_key_secrets_put(const struct mls_key_secrets *k, struct build *b);
SR_MUST struct sr_err mls_key_secrets_read(struct slice in, struct mls_key_secrets *out);

/* mls_lineage_check checks what a first epoch owes to the group that it says to continue, by one of
 * these pre-shared keys (11.2, 11.3). SR_E_INPUT, SR_E_STATE. */
SR_MUST struct sr_err mls_lineage_check(const struct sr_mls_group *from,
					const struct mls_psk_ids *psks,
					const struct mls_epoch *first);

#endif
