/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_state.h"

#include "mls_table.h"

#include <assert.h>

static_assert(sizeof(bool) == 1, "a flag is read as a number of one byte, which is 0 or 1");

/* clang-format off */

F_TYPE(mls_type_saved_key, mls_key_secrets, "secrets of a key package",
	F_NUMBER(MLS_U64, mls_key_secrets, magic, "magic"),
	F_NUMBER(MLS_U16, mls_key_secrets, version, "version"),
	F_OPAQUE(mls_key_secrets, key_package, "key_package"),
	F_SECRET(mls_key_secrets, init, "init_priv", MLS_LEN),
	F_SECRET(mls_key_secrets, leaf, "encryption_priv", MLS_LEN),
	F_SECRET(mls_key_secrets, seed, "signature_priv", MLS_LEN));

static F_TYPE(type_priv, mls_saved_priv, "private key",
	F_NUMBER(MLS_U32, mls_saved_priv, node, "node"),
	F_SECRET(mls_saved_priv, priv, "encryption_priv", MLS_LEN));

static F_TYPE(type_epoch, mls_saved_epoch, "epoch",
	F_LIST(mls_saved_epoch, nodes, "nodes", mls_type_u32, 0),
	F_NUMBER(MLS_U32, mls_saved_epoch, own, "own_leaf"),
	F_OPAQUE(mls_saved_epoch, context, "group_context"),
	F_FIXED(mls_saved_epoch, interim, "interim_transcript_hash", MLS_LEN),
	F_FIXED(mls_saved_epoch, confirmation_tag, "confirmation_tag", MLS_LEN),
	F_SECRET(mls_saved_epoch, secrets, "secrets", sizeof(struct mls_secrets)),
	F_SECRET(mls_saved_epoch, seed, "signature_priv", MLS_LEN),
	F_LIST(mls_saved_epoch, keys, "private_keys", type_priv, 0),
	F_SECRET(mls_saved_epoch, messages, "secret_tree", 0),
	F_SECRET(mls_saved_epoch, exports, "exporter_tree", 0));

static F_TYPE(type_item, mls_item, "proposal",
	F_NUMBER(MLS_U8, mls_item, sender, "sender_type"),
	F_NUMBER(MLS_U32, mls_item, sender_index, "sender_index"),
	F_FLAG(mls_item, by_reference, "by_reference"),
	F_NUMBER(MLS_U32, mls_item, leaf, "leaf"),
	F_OPAQUE(mls_item, bytes, "proposal"));

static F_TYPE(type_waiting, mls_saved_waiting, "waiting proposal",
	F_FIXED(mls_saved_waiting, item.ref, "reference", MLS_LEN),
	F_PART(MLS_STRUCT, mls_saved_waiting, item, NULL, type_item),
	F_SECRET(mls_saved_waiting, fresh, "private_keys", 0));

static F_TYPE(type_staged, mls_saved_staged, "staged commit",
	F_PART(MLS_OPTIONAL, mls_saved_staged, next, "epoch", type_epoch),
	F_NUMBER(MLS_U8, mls_saved_staged, sender, "sender_type"),
	F_NUMBER(MLS_U32, mls_saved_staged, committer, "committer"),
	F_FLAG(mls_saved_staged, has_path, "has_path"),
	F_OPAQUE(mls_saved_staged, authenticated_data, "authenticated_data"),
	F_FIXED(mls_saved_staged, digest, "message_hash", MLS_LEN),
	F_LIST(mls_saved_staged, items, "proposals", type_item, 0));

static F_TYPE(type_past, mls_saved_past, "past epoch",
	F_LIST(mls_saved_past, leaves, "leaves", mls_type_u32, 0),
	F_NUMBER(MLS_U32, mls_saved_past, own, "own_leaf"),
	F_OPAQUE(mls_saved_past, context, "group_context"),
	F_SECRET(mls_saved_past, secrets, "secrets", sizeof(struct mls_past_secrets)),
	F_SECRET(mls_saved_past, messages, "secret_tree", 0));

static F_TYPE(type_resumption, mls_saved_resumption, "resumption",
	F_NUMBER(MLS_U64, mls_saved_resumption, epoch, "epoch"),
	F_SECRET(mls_saved_resumption, psk, "resumption_psk", MLS_LEN));

F_TYPE(mls_type_saved, mls_saved, "saved group",
	F_NUMBER(MLS_U64, mls_saved, magic, "magic"),
	F_NUMBER(MLS_U16, mls_saved, version, "version"),
	F_NUMBER(MLS_U16, mls_saved, suite, "cipher_suite"),
	F_NUMBER(MLS_U32, mls_saved, settings.padding, "padding"),
	F_NUMBER(MLS_U32, mls_saved, settings.past_n, "past_epochs_kept"),
	F_NUMBER(MLS_U8, mls_saved, settings.targeted_draft, "targeted_draft"),
	F_FLAG(mls_saved, settings.public_handshake, "public_handshake"),
	F_FLAG(mls_saved, settings.private_only, "private_only"),
	F_LIST(mls_saved, nodes, "nodes", mls_type_opaque, 0),
	F_PART(MLS_STRUCT, mls_saved, now, "epoch", type_epoch),
	F_LIST(mls_saved, waiting, "waiting", type_waiting, 0),
	F_PART(MLS_OPTIONAL, mls_saved, own, "staged_own", type_staged),
	F_PART(MLS_OPTIONAL, mls_saved, received, "staged_received", type_staged),
	F_LIST(mls_saved, past, "past", type_past, 0),
	F_LIST(mls_saved, resumptions, "resumptions", type_resumption, 0),
	F_OPAQUE(mls_saved, reinit, "reinit"));
