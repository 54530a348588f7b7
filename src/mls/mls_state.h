/* SPDX-License-Identifier: Apache-2.0 */
/* The saved forms of a group and of a key package's secrets (doc/FORMAT.md), as tables for the
 * codec. All opaque fields borrow. */
#ifndef MLS_STATE_H
#define MLS_STATE_H

#include "mls_group.h"

#define MLS_STATE_MAGIC 0x53524d4c53475250U /* "SRMLSGRP" */
#define MLS_KEY_MAGIC 0x53524d4c534b4559U   /* "SRMLSKEY" */
enum { MLS_SAVED_VERSION = 1 };

MLS_LIST_NAMED(mls_u32_list, uint32_t);

/* A private key of a node. */
struct mls_saved_priv {
	uint32_t node;
	struct slice priv;
};

/* An epoch; nodes are numbers in the table of nodes, counting from 1, 0 for a blank one. secrets is
 * struct mls_secrets; messages and exports are secret trees. */
struct mls_saved_epoch {
	struct mls_u32_list nodes;
	uint32_t own;
	struct slice context, interim, confirmation_tag, secrets, seed;
	MLS_LIST_OF(struct mls_saved_priv) keys;
	struct slice messages, exports;
};

/* One that waits; fresh is empty or struct mls_fresh. Of an item, what the codec does not know of
 * is zero. */
struct mls_saved_waiting {
	struct mls_item item;
	struct slice fresh;
};

/* A staged commit; next is NULL if it removes us. */
struct mls_saved_staged {
	struct mls_saved_epoch *next;
	uint8_t sender;
	uint32_t committer;
	uint8_t has_path;
	struct slice authenticated_data, digest;
	struct mls_items items;
};

/* A past epoch; leaves are numbers as above, secrets is struct mls_past_secrets. */
struct mls_saved_past {
	struct mls_u32_list leaves;
	uint32_t own;
	struct slice context, secrets, messages;
};

struct mls_saved_resumption {
	uint64_t epoch;
	struct slice psk;
};

/* A group. nodes is the table of nodes; past has the newest first; reinit is empty or a Proposal.
 */
struct mls_saved {
	uint64_t magic;
	uint16_t version, suite;
	struct sr_mls_settings settings;
	struct mls_slice_list nodes;
	struct mls_saved_epoch now;
	MLS_LIST_OF(struct mls_saved_waiting) waiting;
	struct mls_saved_staged *own, *received;
	MLS_LIST_OF(struct mls_saved_past) past;
	MLS_LIST_OF(struct mls_saved_resumption) resumptions;
	struct slice reinit;
};

extern const struct mls_type mls_type_saved, mls_type_saved_key;

/* mls_saved_decode decodes a saved group: SR_E_INPUT for another version or anything else. */
SR_MUST struct sr_err mls_saved_decode(struct slice in, struct arena *a, struct mls_saved *out);

#endif
