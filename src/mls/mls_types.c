/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_types.h"

#include "mls_table.h"

/* clang-format off */

/* Of what is named before its parts are known. */
static const struct mls_case proposals[9], messages[7];

#define NOTHING(tag, title) {(tag), (title), &(const struct mls_type){(title), 0, NULL, 0}}
#define END {0, NULL, NULL}

/* Names of numbers, as the registries of section 17 have them. */

static const struct mls_case versions[] = {{MLS_VERSION_10, "mls10", NULL}, END};
static const struct mls_case suites[] = {
	{1, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", NULL},
	{2, "MLS_128_DHKEMP256_AES128GCM_SHA256_P256", NULL},
	{3, "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519", NULL},
	{4, "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448", NULL},
	{5, "MLS_256_DHKEMP521_AES256GCM_SHA512_P521", NULL},
	{6, "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448", NULL},
	{7, "MLS_256_DHKEMP384_AES256GCM_SHA384_P384", NULL},
	END};
static const struct mls_case extension_types[] = {
	{MLS_EXT_APPLICATION_ID, "application_id", NULL},
	{MLS_EXT_RATCHET_TREE, "ratchet_tree", NULL},
	{MLS_EXT_REQUIRED_CAPABILITIES, "required_capabilities", NULL},
	{MLS_EXT_EXTERNAL_PUB, "external_pub", NULL},
	{MLS_EXT_EXTERNAL_SENDERS, "external_senders", NULL},
	END};
static const struct mls_case usages[] = {
	{MLS_USAGE_APPLICATION, "application", NULL},
	{MLS_USAGE_REINIT, "reinit", NULL},
	{MLS_USAGE_BRANCH, "branch", NULL},
	END};

F_PLAIN(mls_type_opaque, struct slice, "opaque", .kind = MLS_OPAQUE);
F_PLAIN(mls_type_u32, uint32_t, "uint32", .kind = MLS_U32);
static F_PLAIN(type_secret, struct slice, "secret", .kind = MLS_OPAQUE, .secret = true);
static F_PLAIN(type_version, uint16_t, "ProtocolVersion", .kind = MLS_U16, .cases = versions);
static F_PLAIN(type_suite, uint16_t, "CipherSuite", .kind = MLS_U16, .cases = suites);
static F_PLAIN(type_extension_type, uint16_t, "ExtensionType", .kind = MLS_U16,
	.cases = extension_types);

static F_TYPE(type_extension, mls_extension, "Extension",
	F_NAMED(MLS_U16, mls_extension, type, "extension_type", extension_types),
	F_OPAQUE(mls_extension, data, "extension_data"));
F_PLAIN(mls_type_extensions, struct mls_extensions, "Extensions", .name = "extensions",
	.kind = MLS_LIST, .type = &type_extension, .max = MLS_EXTENSIONS_MAX);
#define EXTENSIONS(T) F_LIST(T, extensions, "extensions", type_extension, MLS_EXTENSIONS_MAX)

static const struct mls_case credentials[] = {
	F_CASE(MLS_CREDENTIAL_BASIC, "basic", mls_credential,
		F_OPAQUE(mls_credential, identity, "identity")),
	F_CASE(MLS_CREDENTIAL_X509, "x509", mls_credential,
		F_LIST(mls_credential, certificates, "certificates", mls_type_opaque,
			MLS_CERTIFICATES_MAX)),
	END};
F_TYPE(mls_type_credential, mls_credential, "Credential",
	F_CHOICE(MLS_U16, mls_credential, type, "credential_type", credentials));
static F_PLAIN(type_credential_type, uint16_t, "CredentialType", .kind = MLS_U16,
	.cases = credentials);

/* ---- Leaves and trees ---- */

static F_PLAIN(type_proposal_type, uint16_t, "ProposalType", .kind = MLS_U16, .cases = proposals);
#define TYPES(T, m, title, t) F_LIST(T, m, title, t, MLS_CAPABILITIES_MAX)
static F_TYPE(type_capabilities, mls_capabilities, "Capabilities",
	TYPES(mls_capabilities, versions, "versions", type_version),
	TYPES(mls_capabilities, suites, "cipher_suites", type_suite),
	TYPES(mls_capabilities, extensions, "extensions", type_extension_type),
	TYPES(mls_capabilities, proposals, "proposals", type_proposal_type),
	TYPES(mls_capabilities, credentials, "credentials", type_credential_type));
F_TYPE(mls_type_required, mls_required, "RequiredCapabilities",
	TYPES(mls_required, extensions, "extension_types", type_extension_type),
	TYPES(mls_required, proposals, "proposal_types", type_proposal_type),
	TYPES(mls_required, credentials, "credential_types", type_credential_type));

static const struct mls_case sources[] = {
	F_CASE(MLS_SOURCE_KEY_PACKAGE, "key_package", mls_leaf,
		F_NUMBER(MLS_U64, mls_leaf, not_before, "not_before"),
		F_NUMBER(MLS_U64, mls_leaf, not_after, "not_after")),
	NOTHING(MLS_SOURCE_UPDATE, "update"),
	F_CASE(MLS_SOURCE_COMMIT, "commit", mls_leaf,
		F_OPAQUE(mls_leaf, parent_hash, "parent_hash")),
	END};
F_TYPE(mls_type_leaf_tbs, mls_leaf, "LeafNodeTBS",
	F_OPAQUE(mls_leaf, encryption_key, "encryption_key"),
	F_OPAQUE(mls_leaf, signature_key, "signature_key"),
	F_PART(MLS_STRUCT, mls_leaf, credential, "credential", mls_type_credential),
	F_PART(MLS_STRUCT, mls_leaf, capabilities, "capabilities", type_capabilities),
	F_CHOICE(MLS_U8, mls_leaf, source, "leaf_node_source", sources),
	EXTENSIONS(mls_leaf));
F_TYPE(mls_type_leaf, mls_leaf, "LeafNode",
	F_ALL(mls_type_leaf_tbs),
	F_OPAQUE(mls_leaf, signature, "signature"));

F_TYPE(mls_type_parent, mls_parent, "ParentNode",
	F_OPAQUE(mls_parent, encryption_key, "encryption_key"),
	F_OPAQUE(mls_parent, parent_hash, "parent_hash"),
	F_LIST(mls_parent, unmerged, "unmerged_leaves", mls_type_u32, MLS_MEMBERS_MAX));
static const struct mls_case nodes[] = {
	F_CASE(MLS_NODE_LEAF, "leaf", mls_node,
		F_PART(MLS_STRUCT, mls_node, leaf, "leaf_node", mls_type_leaf)),
	F_CASE(MLS_NODE_PARENT, "parent", mls_node,
		F_PART(MLS_STRUCT, mls_node, parent, "parent_node", mls_type_parent)),
	END};
F_TYPE(mls_type_node, mls_node, "Node",
	F_CHOICE(MLS_U8, mls_node, type, "node_type", nodes));
static F_PLAIN(type_optional_node, struct mls_node *, "optional<Node>", .kind = MLS_OPTIONAL,
	.type = &mls_type_node);
F_PLAIN(mls_type_tree, struct mls_nodes, "ratchet_tree", .name = "ratchet_tree", .kind = MLS_LIST,
	.type = &type_optional_node, .max = (size_t)2 * MLS_MEMBERS_MAX);

F_TYPE(mls_type_key_package_tbs, mls_key_package, "KeyPackageTBS",
	F_NAMED(MLS_U16, mls_key_package, version, "version", versions),
	F_NAMED(MLS_U16, mls_key_package, suite, "cipher_suite", suites),
	F_OPAQUE(mls_key_package, init_key, "init_key"),
	F_PART(MLS_STRUCT, mls_key_package, leaf, "leaf_node", mls_type_leaf),
	EXTENSIONS(mls_key_package));
F_TYPE(mls_type_key_package, mls_key_package, "KeyPackage",
	F_ALL(mls_type_key_package_tbs),
	F_OPAQUE(mls_key_package, signature, "signature"));

/* ---- Proposals and commits ---- */

static const struct mls_case psks[] = {
	F_CASE(MLS_PSK_EXTERNAL, "external", mls_psk_id, F_OPAQUE(mls_psk_id, id, "psk_id")),
	F_CASE(MLS_PSK_RESUMPTION, "resumption", mls_psk_id,
		F_NAMED(MLS_U8, mls_psk_id, usage, "usage", usages),
		F_OPAQUE(mls_psk_id, group_id, "psk_group_id"),
		F_NUMBER(MLS_U64, mls_psk_id, epoch, "psk_epoch")),
	END};
F_TYPE(mls_type_psk_id, mls_psk_id, "PreSharedKeyID",
	F_CHOICE(MLS_U8, mls_psk_id, type, "psktype", psks),
	F_OPAQUE(mls_psk_id, nonce, "psk_nonce"));
static F_TYPE(type_reinit, mls_reinit, "ReInit",
	F_OPAQUE(mls_reinit, group_id, "group_id"),
	F_NAMED(MLS_U16, mls_reinit, version, "version", versions),
	F_NAMED(MLS_U16, mls_reinit, suite, "cipher_suite", suites),
	EXTENSIONS(mls_reinit));

static const struct mls_case proposals[] = {
	F_CASE(MLS_PROPOSAL_ADD, "add", mls_proposal,
		F_PART(MLS_BOXED, mls_proposal, add, "key_package", mls_type_key_package)),
	F_CASE(MLS_PROPOSAL_UPDATE, "update", mls_proposal,
		F_PART(MLS_BOXED, mls_proposal, update, "leaf_node", mls_type_leaf)),
	F_CASE(MLS_PROPOSAL_REMOVE, "remove", mls_proposal,
		F_NUMBER(MLS_U32, mls_proposal, remove, "removed")),
	F_CASE(MLS_PROPOSAL_PSK, "psk", mls_proposal,
		F_PART(MLS_STRUCT, mls_proposal, psk, "psk", mls_type_psk_id)),
	F_CASE(MLS_PROPOSAL_REINIT, "reinit", mls_proposal,
		F_PART(MLS_STRUCT, mls_proposal, reinit, "reinit", type_reinit)),
	F_CASE(MLS_PROPOSAL_EXTERNAL_INIT, "external_init", mls_proposal,
		F_OPAQUE(mls_proposal, kem_output, "kem_output")),
	F_CASE(MLS_PROPOSAL_CONTEXT, "group_context_extensions", mls_proposal,
		EXTENSIONS(mls_proposal)),
	NOTHING(MLS_PROPOSAL_SELF_REMOVE, "self_remove"),
	END};
F_TYPE(mls_type_proposal, mls_proposal, "Proposal",
	F_CHOICE(MLS_U16, mls_proposal, type, "proposal_type", proposals));

static const struct mls_case proposals_or_refs[] = {
	F_CASE(MLS_BY_VALUE, "proposal", mls_proposal_or_ref,
		F_PART(MLS_STRUCT, mls_proposal_or_ref, proposal, "proposal", mls_type_proposal)),
	F_CASE(MLS_BY_REFERENCE, "reference", mls_proposal_or_ref,
		F_OPAQUE(mls_proposal_or_ref, ref, "reference")),
	END};
static F_TYPE(type_proposal_or_ref, mls_proposal_or_ref, "ProposalOrRef",
	F_CHOICE(MLS_U8, mls_proposal_or_ref, type, "type", proposals_or_refs));

F_TYPE(mls_type_ciphertext, mls_ciphertext, "HPKECiphertext",
	F_OPAQUE(mls_ciphertext, kem_output, "kem_output"),
	F_OPAQUE(mls_ciphertext, text, "ciphertext"));
static F_TYPE(type_path_node, mls_path_node, "UpdatePathNode",
	F_OPAQUE(mls_path_node, encryption_key, "encryption_key"),
	F_LIST(mls_path_node, secrets, "encrypted_path_secret", mls_type_ciphertext,
		MLS_MEMBERS_MAX));
F_TYPE(mls_type_path, mls_path, "UpdatePath",
	F_PART(MLS_STRUCT, mls_path, leaf, "leaf_node", mls_type_leaf),
	F_LIST(mls_path, nodes, "nodes", type_path_node, MLS_PATH_NODES_MAX));
F_TYPE(mls_type_commit, mls_commit, "Commit",
	F_LIST(mls_commit, proposals, "proposals", type_proposal_or_ref, MLS_MEMBERS_MAX),
	F_PART(MLS_OPTIONAL, mls_commit, path, "path", mls_type_path));

/* ---- Framing ---- */

static const struct mls_case senders[] = {
	F_CASE(MLS_SENDER_MEMBER, "member", mls_content,
		F_NUMBER(MLS_U32, mls_content, sender_index, "leaf_index")),
	F_CASE(MLS_SENDER_EXTERNAL, "external", mls_content,
		F_NUMBER(MLS_U32, mls_content, sender_index, "sender_index")),
	NOTHING(MLS_SENDER_NEW_PROPOSAL, "new_member_proposal"),
	NOTHING(MLS_SENDER_NEW_COMMIT, "new_member_commit"),
	END};
static const struct mls_case contents[] = {
	F_CASE(MLS_CONTENT_APPLICATION, "application", mls_content,
		F_OPAQUE(mls_content, application_data, "application_data")),
	F_CASE(MLS_CONTENT_PROPOSAL, "proposal", mls_content,
		F_PART(MLS_STRUCT, mls_content, proposal, "proposal", mls_type_proposal)),
	F_CASE(MLS_CONTENT_COMMIT, "commit", mls_content,
		F_PART(MLS_STRUCT, mls_content, commit, "commit", mls_type_commit)),
	END};
F_TYPE(mls_type_content, mls_content, "FramedContent",
	F_OPAQUE(mls_content, group_id, "group_id"),
	F_NUMBER(MLS_U64, mls_content, epoch, "epoch"),
	F_CHOICE(MLS_U8, mls_content, sender, "sender_type", senders),
	F_OPAQUE(mls_content, authenticated_data, "authenticated_data"),
	F_CHOICE(MLS_U8, mls_content, type, "content_type", contents));
static F_TYPE(type_content_body, mls_content, "content",
	F_SELECT(MLS_U8, mls_content, type, contents));

static const struct mls_case confirmations[] = {
	NOTHING(MLS_CONTENT_APPLICATION, "application"),
	NOTHING(MLS_CONTENT_PROPOSAL, "proposal"),
	F_CASE(MLS_CONTENT_COMMIT, "commit", mls_authentic,
		F_OPAQUE(mls_authentic, confirmation_tag, "confirmation_tag")),
	END};
static const struct mls_case memberships[] = {
	F_CASE(MLS_SENDER_MEMBER, "member", mls_authentic,
		F_OPAQUE(mls_authentic, membership_tag, "membership_tag")),
	NOTHING(MLS_SENDER_EXTERNAL, "external"),
	NOTHING(MLS_SENDER_NEW_PROPOSAL, "new_member_proposal"),
	NOTHING(MLS_SENDER_NEW_COMMIT, "new_member_commit"),
	END};
static F_TYPE(type_auth_data, mls_authentic, "FramedContentAuthData",
	F_OPAQUE(mls_authentic, signature, "signature"),
	F_SELECT(MLS_U8, mls_authentic, content.type, confirmations));
F_TYPE(mls_type_public, mls_authentic, "PublicMessage",
	F_PART(MLS_STRUCT, mls_authentic, content, NULL, mls_type_content),
	F_ALL(type_auth_data),
	F_SELECT(MLS_U8, mls_authentic, content.sender, memberships));
F_TYPE(mls_type_private_content, mls_authentic, "PrivateMessageContent",
	F_PART(MLS_STRUCT, mls_authentic, content, NULL, type_content_body),
	F_ALL(type_auth_data));
static F_TYPE(type_wire_and_content, mls_authentic, "wire_format and content",
	F_NAMED(MLS_U16, mls_authentic, wire_format, "wire_format", messages),
	F_PART(MLS_STRUCT, mls_authentic, content, NULL, mls_type_content));
F_TYPE(mls_type_transcript, mls_authentic, "ConfirmedTranscriptHashInput",
	F_ALL(type_wire_and_content),
	F_OPAQUE(mls_authentic, signature, "signature"));
F_TYPE(mls_type_authentic, mls_authentic, "AuthenticatedContent",
	F_ALL(type_wire_and_content),
	F_ALL(type_auth_data));

F_TYPE(mls_type_sender_aad, mls_private, "SenderDataAAD",
	F_OPAQUE(mls_private, group_id, "group_id"),
	F_NUMBER(MLS_U64, mls_private, epoch, "epoch"),
	F_NAMED(MLS_U8, mls_private, type, "content_type", contents));
F_TYPE(mls_type_private_aad, mls_private, "PrivateContentAAD",
	F_ALL(mls_type_sender_aad),
	F_OPAQUE(mls_private, authenticated_data, "authenticated_data"));
F_TYPE(mls_type_private, mls_private, "PrivateMessage",
	F_ALL(mls_type_private_aad),
	F_OPAQUE(mls_private, encrypted_sender_data, "encrypted_sender_data"),
	F_OPAQUE(mls_private, ciphertext, "ciphertext"));
F_TYPE(mls_type_sender_data, mls_sender_data, "SenderData",
	F_NUMBER(MLS_U32, mls_sender_data, leaf, "leaf_index"),
	F_NUMBER(MLS_U32, mls_sender_data, generation, "generation"),
	F_NUMBER(MLS_U8, mls_sender_data, reuse_guard[0], "reuse_guard"),
	F_NUMBER(MLS_U8, mls_sender_data, reuse_guard[1], "reuse_guard"),
	F_NUMBER(MLS_U8, mls_sender_data, reuse_guard[2], "reuse_guard"),
	F_NUMBER(MLS_U8, mls_sender_data, reuse_guard[3], "reuse_guard"));

/* ---- Groups ---- */

F_TYPE(mls_type_context, mls_context, "GroupContext",
	F_NAMED(MLS_U16, mls_context, version, "version", versions),
	F_NAMED(MLS_U16, mls_context, suite, "cipher_suite", suites),
	F_OPAQUE(mls_context, group_id, "group_id"),
	F_NUMBER(MLS_U64, mls_context, epoch, "epoch"),
	F_OPAQUE(mls_context, tree_hash, "tree_hash"),
	F_OPAQUE(mls_context, confirmed_transcript_hash, "confirmed_transcript_hash"),
	EXTENSIONS(mls_context));
F_TYPE(mls_type_group_info_tbs, mls_group_info, "GroupInfoTBS",
	F_PART(MLS_STRUCT, mls_group_info, context, "group_context", mls_type_context),
	EXTENSIONS(mls_group_info),
	F_OPAQUE(mls_group_info, confirmation_tag, "confirmation_tag"),
	F_NUMBER(MLS_U32, mls_group_info, signer, "signer"));
F_TYPE(mls_type_group_info, mls_group_info, "GroupInfo",
	F_ALL(mls_type_group_info_tbs),
	F_OPAQUE(mls_group_info, signature, "signature"));
F_TYPE(mls_type_group_secrets, mls_group_secrets, "GroupSecrets",
	F_SECRET(mls_group_secrets, joiner_secret, "joiner_secret", 0),
	F_PART(MLS_OPTIONAL, mls_group_secrets, path_secret, "path_secret", type_secret),
	F_LIST(mls_group_secrets, psks, "psks", mls_type_psk_id, MLS_EXTENSIONS_MAX));
static F_TYPE(type_welcome_secrets, mls_welcome_secrets, "EncryptedGroupSecrets",
	F_OPAQUE(mls_welcome_secrets, new_member, "new_member"),
	F_PART(MLS_STRUCT, mls_welcome_secrets, secrets, "encrypted_group_secrets",
		mls_type_ciphertext));
F_TYPE(mls_type_welcome, mls_welcome, "Welcome",
	F_NAMED(MLS_U16, mls_welcome, suite, "cipher_suite", suites),
	F_LIST(mls_welcome, secrets, "secrets", type_welcome_secrets, MLS_MEMBERS_MAX),
	F_OPAQUE(mls_welcome, encrypted_group_info, "encrypted_group_info"));

static F_TYPE(type_external_sender, mls_external_sender, "ExternalSender",
	F_OPAQUE(mls_external_sender, signature_key, "signature_key"),
	F_PART(MLS_STRUCT, mls_external_sender, credential, "credential", mls_type_credential));
F_PLAIN(mls_type_external_senders, struct mls_external_senders, "ExternalSenders",
	.name = "external_senders", .kind = MLS_LIST, .type = &type_external_sender,
	.max = MLS_EXTENSIONS_MAX);

/* ---- Targeted messages ---- */

F_TYPE(mls_type_targeted_aad, mls_targeted, "TargetedMessageSenderAuthDataAAD",
	F_OPAQUE(mls_targeted, group_id, "group_id"),
	F_NUMBER(MLS_U64, mls_targeted, epoch, "epoch"),
	F_NUMBER(MLS_U32, mls_targeted, recipient, "recipient_leaf_index"));
F_TYPE(mls_type_targeted_place, mls_targeted, "front of a TargetedMessage",
	F_ALL(mls_type_targeted_aad),
	F_OPAQUE(mls_targeted, authenticated_data, "authenticated_data"));
F_TYPE(mls_type_targeted, mls_targeted, "TargetedMessage",
	F_ALL(mls_type_targeted_place),
	F_OPAQUE(mls_targeted, encrypted_sender_auth_data, "encrypted_sender_auth_data"),
	F_OPAQUE(mls_targeted, ciphertext, "ciphertext"));

F_TYPE(mls_type_targeted_sender, mls_targeted_sender, "TargetedMessageSenderAuthData",
	F_NUMBER(MLS_U32, mls_targeted_sender, leaf, "sender_leaf_index"),
	F_OPAQUE(mls_targeted_sender, signature, "signature"),
	F_OPAQUE(mls_targeted_sender, kem_output, "kem_output"));

/* ---- Whatever is sent ---- */

#define BODY(tag, title, k, m) \
	F_CASE(tag, title, mls_message, F_PART(k, mls_message, m, NULL, mls_type_##m))
static const struct mls_case messages[] = {
	BODY(MLS_WIRE_PUBLIC, "mls_public_message", MLS_BOXED, public),
	BODY(MLS_WIRE_PRIVATE, "mls_private_message", MLS_STRUCT, private),
	BODY(MLS_WIRE_WELCOME, "mls_welcome", MLS_STRUCT, welcome),
	BODY(MLS_WIRE_GROUP_INFO, "mls_group_info", MLS_STRUCT, group_info),
	BODY(MLS_WIRE_KEY_PACKAGE, "mls_key_package", MLS_BOXED, key_package),
	BODY(MLS_WIRE_TARGETED, "mls_targeted_message", MLS_STRUCT, targeted),
	END};
F_TYPE(mls_type_message, mls_message, "MLSMessage",
	F_NAMED(MLS_U16, mls_message, version, "version", versions),
	F_CHOICE(MLS_U16, mls_message, wire_format, "wire_format", messages));
