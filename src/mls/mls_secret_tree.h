/* SPDX-License-Identifier: Apache-2.0 */
/* The secret tree (RFC 9420, 9): keys and nonces for messages, each derived once and wiped when it
 * was used. Only what is still needed is kept: the roots of parts that nobody used, and the
 * ratchets of members that spoke. Everything lies in one guarded block. The exporter tree of
 * draft-ietf-mls-extensions is one as well. */
#ifndef MLS_SECRET_TREE_H
#define MLS_SECRET_TREE_H

#include "build.h"
#include "mls_math.h"
#include "mls_schedule.h"

enum mls_ratchet { MLS_HANDSHAKE, MLS_APPLICATION };

/* Limits (9.1: what is to be kept and how far ahead is a choice). */
enum {
	MLS_FORWARD_MAX = 1000, /* generations that a message may be ahead of the one expected */
	MLS_SKIPPED_MAX = 1000, /* keys of a ratchet for messages that did not come yet */
	MLS_SKIPPED_TREE_MAX = 16 * 1024, /* and of all ratchets of a tree */
};

/* {0} is empty. */
struct mls_secret_tree {
	uint32_t leaves_n;
	struct mls_secret_store *store; /* guarded; NULL only if leaves_n is 0 */
};

/* mls_secret_tree_init makes a tree over leaves_n leaves (a power of two, at most MLS_MEMBERS_MAX)
 * from its root secret, in guarded memory of somebody else's for as long as it fits in there; room
 * must outlive the tree. For epochs have two trees, and each guarded block of its own costs as much
 * as a public-key operation. mls_secret_tree_clone makes an equal one, SR_E_NOMEM;
 * mls_secret_tree_release wipes and empties. */
enum { MLS_SECRET_TREE_ROOM = 3344 }; /* bytes, aligned as uint32_t is */
void mls_secret_tree_init(struct mls_secret_tree *t, uint32_t leaves_n, const uint8_t root[MLS_LEN],
			  void *room);
SR_MUST struct sr_err mls_secret_tree_clone(const struct mls_secret_tree *from,
					    struct mls_secret_tree *out);
void mls_secret_tree_release(struct mls_secret_tree *t);

/* mls_secret_tree_ahead gives the next key to send with, and loses nothing: for who may fail before
 * it is used, with mls_secret_tree_use. SR_E_INPUT: no such leaf; SR_E_LIMIT: the generations are
 * used up (the last one, 2^32 - 1, is never used). */
SR_MUST struct sr_err mls_secret_tree_ahead(const struct mls_suite *s, struct mls_secret_tree *t,
					    uint32_t leaf, enum mls_ratchet which,
					    uint32_t *generation, struct mls_message_key *out);

/* mls_secret_tree_peek gives the key of a generation and loses nothing: a forged message must cost
 * nothing but time. mls_secret_tree_use, when the message was good, forgets that key and keeps
 * those of the generations between, of more than MLS_SKIPPED_MAX the oldest not. SR_E_INPUT: no
 * such leaf; SR_E_STATE: the key was used or is too old; SR_E_LIMIT: too far ahead, or more keys
 * would be kept than a tree may have. What was given
 * by _peek, _use refuses for want of memory only, and then nothing changed. */
SR_MUST struct sr_err mls_secret_tree_peek(const struct mls_suite *s, struct mls_secret_tree *t,
					   uint32_t leaf, enum mls_ratchet which,
					   uint32_t generation, struct mls_message_key *out);
SR_MUST struct sr_err mls_secret_tree_use(const struct mls_suite *s, struct mls_secret_tree *t,
					  uint32_t leaf, enum mls_ratchet which,
					  uint32_t generation);

/* mls_secret_tree_export: of an exporter tree (MLS_EXPORTER_LEAVES), the secret of a component,
 * once: SafeExportSecret; SR_E_STATE when it was given already. */
enum { MLS_EXPORTER_LEAVES = 1 << 16 };
SR_MUST struct sr_err mls_secret_tree_export(const struct mls_suite *s, struct mls_secret_tree *t,
					     uint16_t component, uint8_t out[MLS_LEN]);

/* mls_secret_tree_save appends the tree (doc/FORMAT.md) to a builder of secrets;
 * mls_secret_tree_load reads one from the front of in, which must have been saved under the same
 * suite: SR_E_INPUT, SR_E_NOMEM. What it takes saves to the same bytes. */
void mls_secret_tree_save(const struct mls_secret_tree *t, struct build *b);
SR_MUST struct sr_err mls_secret_tree_load(struct slice *in, struct mls_secret_tree *out);

#endif
