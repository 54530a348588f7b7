/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_state.h"

#include "mls_table.h"

static const struct mls_field u32_fields[] = {{.kind = MLS_U32}};
static F_TYPE(type_u32, uint32_t, "uint32", u32_fields);
static const struct mls_field opaque_fields[] = {{.kind = MLS_OPAQUE}};
static F_TYPE(type_opaque, struct slice, "opaque", opaque_fields);

static const struct mls_field key_fields[] = {
	F_NUMBER(MLS_U64, struct mls_saved_key, magic, "magic"),
	F_NUMBER(MLS_U16, struct mls_saved_key, version, "version"),
	F_OPAQUE(struct mls_saved_key, key_package, "key_package"),
	F_SECRET(struct mls_saved_key, init, "init_priv"),
	F_SECRET(struct mls_saved_key, leaf, "encryption_priv"),
	F_SECRET(struct mls_saved_key, seed, "signature_priv")};
F_TYPE(mls_type_saved_key, struct mls_saved_key, "secrets of a key package", key_fields);

static const struct mls_field priv_fields[] = {
	F_NUMBER(MLS_U32, struct mls_saved_priv, node, "node"),
	F_SECRET(struct mls_saved_priv, priv, "encryption_priv")};
static F_TYPE(type_priv, struct mls_saved_priv, "private key", priv_fields);

static const struct mls_field epoch_fields[] = {
	F_LIST(struct mls_saved_epoch, nodes, "nodes", type_u32, 0),
	F_NUMBER(MLS_U32, struct mls_saved_epoch, own, "own_leaf"),
	F_OPAQUE(struct mls_saved_epoch, context, "group_context"),
	F_OPAQUE(struct mls_saved_epoch, interim, "interim_transcript_hash"),
	F_OPAQUE(struct mls_saved_epoch, confirmation_tag, "confirmation_tag"),
	F_SECRET(struct mls_saved_epoch, secrets, "secrets"),
	F_SECRET(struct mls_saved_epoch, seed, "signature_priv"),
	F_LIST(struct mls_saved_epoch, keys, "private_keys", type_priv, 0),
	F_SECRET(struct mls_saved_epoch, messages, "secret_tree"),
	F_SECRET(struct mls_saved_epoch, exports, "exporter_tree")};
static F_TYPE(type_epoch, struct mls_saved_epoch, "epoch", epoch_fields);

static const struct mls_field item_fields[] = {
	F_NUMBER(MLS_U8, struct mls_saved_item, sender, "sender_type"),
	F_NUMBER(MLS_U32, struct mls_saved_item, sender_index, "sender_index"),
	F_NUMBER(MLS_U8, struct mls_saved_item, by_reference, "by_reference"),
	F_NUMBER(MLS_U32, struct mls_saved_item, leaf, "leaf"),
	F_OPAQUE(struct mls_saved_item, bytes, "proposal")};
static F_TYPE(type_item, struct mls_saved_item, "proposal", item_fields);

static const struct mls_field waiting_fields[] = {
	F_OPAQUE(struct mls_saved_waiting, ref, "reference"),
	F_PART(MLS_STRUCT, struct mls_saved_waiting, item, NULL, type_item),
	F_SECRET(struct mls_saved_waiting, fresh, "private_keys")};
static F_TYPE(type_waiting, struct mls_saved_waiting, "waiting proposal", waiting_fields);

static const struct mls_field staged_fields[] = {
	F_PART(MLS_OPTIONAL, struct mls_saved_staged, next, "epoch", type_epoch),
	F_NUMBER(MLS_U8, struct mls_saved_staged, sender, "sender_type"),
	F_NUMBER(MLS_U32, struct mls_saved_staged, committer, "committer"),
	F_NUMBER(MLS_U8, struct mls_saved_staged, has_path, "has_path"),
	F_OPAQUE(struct mls_saved_staged, authenticated_data, "authenticated_data"),
	F_OPAQUE(struct mls_saved_staged, digest, "message_hash"),
	F_LIST(struct mls_saved_staged, items, "proposals", type_item, 0)};
static F_TYPE(type_staged, struct mls_saved_staged, "staged commit", staged_fields);

static const struct mls_field past_fields[] = {
	F_LIST(struct mls_saved_past, leaves, "leaves", type_u32, 0),
	F_NUMBER(MLS_U32, struct mls_saved_past, own, "own_leaf"),
	F_OPAQUE(struct mls_saved_past, context, "group_context"),
	F_SECRET(struct mls_saved_past, secrets, "secrets"),
	F_SECRET(struct mls_saved_past, messages, "secret_tree")};
static F_TYPE(type_past, struct mls_saved_past, "past epoch", past_fields);

static const struct mls_field resumption_fields[] = {
	F_NUMBER(MLS_U64, struct mls_saved_resumption, epoch, "epoch"),
	F_SECRET(struct mls_saved_resumption, psk, "resumption_psk")};
static F_TYPE(type_resumption, struct mls_saved_resumption, "resumption", resumption_fields);

static const struct mls_field saved_fields[] = {
	F_NUMBER(MLS_U64, struct mls_saved, magic, "magic"),
	F_NUMBER(MLS_U16, struct mls_saved, version, "version"),
	F_NUMBER(MLS_U16, struct mls_saved, suite, "cipher_suite"),
	F_NUMBER(MLS_U32, struct mls_saved, padding, "padding"),
	F_NUMBER(MLS_U32, struct mls_saved, past_n, "past_epochs_kept"),
	F_NUMBER(MLS_U8, struct mls_saved, targeted_draft, "targeted_draft"),
	F_NUMBER(MLS_U8, struct mls_saved, public_handshake, "public_handshake"),
	F_NUMBER(MLS_U8, struct mls_saved, private_only, "private_only"),
	F_LIST(struct mls_saved, nodes, "nodes", type_opaque, 0),
	F_PART(MLS_STRUCT, struct mls_saved, now, "epoch", type_epoch),
	F_LIST(struct mls_saved, waiting, "waiting", type_waiting, 0),
	F_PART(MLS_OPTIONAL, struct mls_saved, own, "staged_own", type_staged),
	F_PART(MLS_OPTIONAL, struct mls_saved, received, "staged_received", type_staged),
	F_LIST(struct mls_saved, past, "past", type_past, 0),
	F_LIST(struct mls_saved, resumptions, "resumptions", type_resumption, 0),
	F_OPAQUE(struct mls_saved, reinit, "reinit")};
F_TYPE(mls_type_saved, struct mls_saved, "saved group", saved_fields);
