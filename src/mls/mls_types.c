/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_types.h"

#include "mls_table.h"

static const struct mls_type type_nothing = {"nothing", 0, NULL, 0};

/* Names of numbers, as the registries of section 17 have them. */

static const struct mls_name version_names[] = {{MLS_VERSION_10, "mls10"}, {0, NULL}};
static const struct mls_name suite_names[] = {
	{1, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"},
	{2, "MLS_128_DHKEMP256_AES128GCM_SHA256_P256"},
	{3, "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519"},
	{4, "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448"},
	{5, "MLS_256_DHKEMP521_AES256GCM_SHA512_P521"},
	{6, "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448"},
	{7, "MLS_256_DHKEMP384_AES256GCM_SHA384_P384"},
	{0, NULL}};
static const struct mls_name credential_names[] = {
	{MLS_CREDENTIAL_BASIC, "basic"}, {MLS_CREDENTIAL_X509, "x509"}, {0, NULL}};
static const struct mls_name extension_names[] = {
	{MLS_EXT_APPLICATION_ID, "application_id"},
	{MLS_EXT_RATCHET_TREE, "ratchet_tree"},
	{MLS_EXT_REQUIRED_CAPABILITIES, "required_capabilities"},
	{MLS_EXT_EXTERNAL_PUB, "external_pub"},
	{MLS_EXT_EXTERNAL_SENDERS, "external_senders"},
	{0, NULL}};
static const struct mls_name proposal_names[] = {{MLS_PROPOSAL_ADD, "add"},
						 {MLS_PROPOSAL_UPDATE, "update"},
						 {MLS_PROPOSAL_REMOVE, "remove"},
						 {MLS_PROPOSAL_PSK, "psk"},
						 {MLS_PROPOSAL_REINIT, "reinit"},
						 {MLS_PROPOSAL_EXTERNAL_INIT, "external_init"},
						 {MLS_PROPOSAL_CONTEXT, "group_context_extensions"},
						 {MLS_PROPOSAL_SELF_REMOVE, "self_remove"},
						 {0, NULL}};
static const struct mls_name wire_names[] = {{MLS_WIRE_PUBLIC, "mls_public_message"},
					     {MLS_WIRE_PRIVATE, "mls_private_message"},
					     {MLS_WIRE_WELCOME, "mls_welcome"},
					     {MLS_WIRE_GROUP_INFO, "mls_group_info"},
					     {MLS_WIRE_KEY_PACKAGE, "mls_key_package"},
					     {MLS_WIRE_TARGETED, "mls_targeted_message"},
					     {0, NULL}};
static const struct mls_name source_names[] = {{MLS_SOURCE_KEY_PACKAGE, "key_package"},
					       {MLS_SOURCE_UPDATE, "update"},
					       {MLS_SOURCE_COMMIT, "commit"},
					       {0, NULL}};
static const struct mls_name node_names[] = {
	{MLS_NODE_LEAF, "leaf"}, {MLS_NODE_PARENT, "parent"}, {0, NULL}};
static const struct mls_name content_names[] = {{MLS_CONTENT_APPLICATION, "application"},
						{MLS_CONTENT_PROPOSAL, "proposal"},
						{MLS_CONTENT_COMMIT, "commit"},
						{0, NULL}};
static const struct mls_name sender_names[] = {{MLS_SENDER_MEMBER, "member"},
					       {MLS_SENDER_EXTERNAL, "external"},
					       {MLS_SENDER_NEW_PROPOSAL, "new_member_proposal"},
					       {MLS_SENDER_NEW_COMMIT, "new_member_commit"},
					       {0, NULL}};
static const struct mls_name or_ref_names[] = {
	{MLS_BY_VALUE, "proposal"}, {MLS_BY_REFERENCE, "reference"}, {0, NULL}};
static const struct mls_name psk_names[] = {
	{MLS_PSK_EXTERNAL, "external"}, {MLS_PSK_RESUMPTION, "resumption"}, {0, NULL}};
static const struct mls_name usage_names[] = {{MLS_USAGE_APPLICATION, "application"},
					      {MLS_USAGE_REINIT, "reinit"},
					      {MLS_USAGE_BRANCH, "branch"},
					      {0, NULL}};

static const struct mls_field opaque_fields[] = {{.kind = MLS_OPAQUE}};
static F_TYPE(type_opaque, struct slice, "opaque", opaque_fields);
static const struct mls_field secret_fields[] = {{.kind = MLS_OPAQUE, .secret = true}};
static F_TYPE(type_secret, struct slice, "secret", secret_fields);
static const struct mls_field u32_fields[] = {{.kind = MLS_U32}};
static F_TYPE(type_u32, uint32_t, "uint32", u32_fields);
#define U16_TYPE(v, title, n)                                                                      \
	static const struct mls_field v##_fields[] = {{.kind = MLS_U16, .names = (n)}};            \
	static F_TYPE(v, uint16_t, title, v##_fields)
U16_TYPE(type_version, "ProtocolVersion", version_names);
U16_TYPE(type_suite, "CipherSuite", suite_names);
U16_TYPE(type_extension_type, "ExtensionType", extension_names);
U16_TYPE(type_proposal_type, "ProposalType", proposal_names);
U16_TYPE(type_credential_type, "CredentialType", credential_names);

static const struct mls_field basic_fields[] = {
	F_OPAQUE(struct mls_credential, identity, "identity")};
static F_TYPE(type_basic, struct mls_credential, "basic", basic_fields);
static const struct mls_field x509_fields[] = {F_LIST(
	struct mls_credential, certificates, "certificates", type_opaque, MLS_CERTIFICATES_MAX)};
static F_TYPE(type_x509, struct mls_credential, "x509", x509_fields);
static const struct mls_case credential_cases[] = {
	{MLS_CREDENTIAL_BASIC, &type_basic}, {MLS_CREDENTIAL_X509, &type_x509}, {0, NULL}};
static const struct mls_field credential_fields[] = {
	F_NAMED(MLS_U16, struct mls_credential, type, "credential_type", credential_names),
	F_SELECT(struct mls_credential, type, MLS_U16, credential_cases)};
F_TYPE(mls_type_credential, struct mls_credential, "Credential", credential_fields);

static const struct mls_field extension_fields[] = {
	F_NAMED(MLS_U16, struct mls_extension, type, "extension_type", extension_names),
	F_OPAQUE(struct mls_extension, data, "extension_data")};
static F_TYPE(type_extension, struct mls_extension, "Extension", extension_fields);
static const struct mls_field extensions_fields[] = {{.name = "extensions",
						      .kind = MLS_LIST,
						      .type = &type_extension,
						      .max = MLS_EXTENSIONS_MAX}};
F_TYPE(mls_type_extensions, struct mls_extensions, "Extensions", extensions_fields);
#define EXTENSIONS(T, m, title) F_LIST(T, m, title, type_extension, MLS_EXTENSIONS_MAX)

static const struct mls_field capabilities_fields[] = {
	F_LIST(struct mls_capabilities, versions, "versions", type_version, 0),
	F_LIST(struct mls_capabilities, suites, "cipher_suites", type_suite, 0),
	F_LIST(struct mls_capabilities, extensions, "extensions", type_extension_type, 0),
	F_LIST(struct mls_capabilities, proposals, "proposals", type_proposal_type, 0),
	F_LIST(struct mls_capabilities, credentials, "credentials", type_credential_type, 0)};
static F_TYPE(type_capabilities, struct mls_capabilities, "Capabilities", capabilities_fields);

static const struct mls_field lifetime_fields[] = {
	F_NUMBER(MLS_U64, struct mls_leaf, not_before, "not_before"),
	F_NUMBER(MLS_U64, struct mls_leaf, not_after, "not_after")};
static F_TYPE(type_lifetime, struct mls_leaf, "Lifetime", lifetime_fields);
static const struct mls_field parent_hash_fields[] = {
	F_OPAQUE(struct mls_leaf, parent_hash, "parent_hash")};
static F_TYPE(type_parent_hash, struct mls_leaf, "parent_hash", parent_hash_fields);
static const struct mls_case source_cases[] = {{MLS_SOURCE_KEY_PACKAGE, &type_lifetime},
					       {MLS_SOURCE_UPDATE, &type_nothing},
					       {MLS_SOURCE_COMMIT, &type_parent_hash},
					       {0, NULL}};
static const struct mls_field leaf_fields[] = {
	F_OPAQUE(struct mls_leaf, encryption_key, "encryption_key"),
	F_OPAQUE(struct mls_leaf, signature_key, "signature_key"),
	F_PART(MLS_STRUCT, struct mls_leaf, credential, "credential", mls_type_credential),
	F_PART(MLS_STRUCT, struct mls_leaf, capabilities, "capabilities", type_capabilities),
	F_NAMED(MLS_U8, struct mls_leaf, source, "leaf_node_source", source_names),
	F_SELECT(struct mls_leaf, source, MLS_U8, source_cases),
	EXTENSIONS(struct mls_leaf, extensions, "extensions"),
	F_OPAQUE(struct mls_leaf, signature, "signature")};
F_TYPE(mls_type_leaf, struct mls_leaf, "LeafNode", leaf_fields);
F_TYPE_BUT(mls_type_leaf_tbs, struct mls_leaf, "LeafNodeTBS", leaf_fields, 1);

static const struct mls_field parent_fields[] = {
	F_OPAQUE(struct mls_parent, encryption_key, "encryption_key"),
	F_OPAQUE(struct mls_parent, parent_hash, "parent_hash"),
	F_LIST(struct mls_parent, unmerged, "unmerged_leaves", type_u32, MLS_MEMBERS_MAX)};
F_TYPE(mls_type_parent, struct mls_parent, "ParentNode", parent_fields);

static const struct mls_field node_leaf_fields[] = {
	F_PART(MLS_STRUCT, struct mls_node, leaf, "leaf_node", mls_type_leaf)};
static F_TYPE(type_node_leaf, struct mls_node, "leaf", node_leaf_fields);
static const struct mls_field node_parent_fields[] = {
	F_PART(MLS_STRUCT, struct mls_node, parent, "parent_node", mls_type_parent)};
static F_TYPE(type_node_parent, struct mls_node, "parent", node_parent_fields);
static const struct mls_case node_cases[] = {
	{MLS_NODE_LEAF, &type_node_leaf}, {MLS_NODE_PARENT, &type_node_parent}, {0, NULL}};
static const struct mls_field node_fields[] = {
	F_NAMED(MLS_U8, struct mls_node, type, "node_type", node_names),
	F_SELECT(struct mls_node, type, MLS_U8, node_cases)};
F_TYPE(mls_type_node, struct mls_node, "Node", node_fields);
static const struct mls_field optional_node_fields[] = {
	{.kind = MLS_OPTIONAL, .type = &mls_type_node}};
static F_TYPE(type_optional_node, struct mls_node *, "optional<Node>", optional_node_fields);
static const struct mls_field tree_fields[] = {{.name = "ratchet_tree",
						.kind = MLS_LIST,
						.type = &type_optional_node,
						.max = (size_t)2 * MLS_MEMBERS_MAX}};
F_TYPE(mls_type_tree, struct mls_nodes, "ratchet_tree", tree_fields);

static const struct mls_field key_package_fields[] = {
	F_NAMED(MLS_U16, struct mls_key_package, version, "version", version_names),
	F_NAMED(MLS_U16, struct mls_key_package, suite, "cipher_suite", suite_names),
	F_OPAQUE(struct mls_key_package, init_key, "init_key"),
	F_PART(MLS_STRUCT, struct mls_key_package, leaf, "leaf_node", mls_type_leaf),
	EXTENSIONS(struct mls_key_package, extensions, "extensions"),
	F_OPAQUE(struct mls_key_package, signature, "signature")};
F_TYPE(mls_type_key_package, struct mls_key_package, "KeyPackage", key_package_fields);
F_TYPE_BUT(mls_type_key_package_tbs, struct mls_key_package, "KeyPackageTBS", key_package_fields,
	   1);

static const struct mls_field psk_external_fields[] = {F_OPAQUE(struct mls_psk_id, id, "psk_id")};
static F_TYPE(type_psk_external, struct mls_psk_id, "external", psk_external_fields);
static const struct mls_field psk_resumption_fields[] = {
	F_NAMED(MLS_U8, struct mls_psk_id, usage, "usage", usage_names),
	F_OPAQUE(struct mls_psk_id, group_id, "psk_group_id"),
	F_NUMBER(MLS_U64, struct mls_psk_id, epoch, "psk_epoch")};
static F_TYPE(type_psk_resumption, struct mls_psk_id, "resumption", psk_resumption_fields);
static const struct mls_case psk_cases[] = {{MLS_PSK_EXTERNAL, &type_psk_external},
					    {MLS_PSK_RESUMPTION, &type_psk_resumption},
					    {0, NULL}};
static const struct mls_field psk_id_fields[] = {
	F_NAMED(MLS_U8, struct mls_psk_id, type, "psktype", psk_names),
	F_SELECT(struct mls_psk_id, type, MLS_U8, psk_cases),
	F_OPAQUE(struct mls_psk_id, nonce, "psk_nonce")};
F_TYPE(mls_type_psk_id, struct mls_psk_id, "PreSharedKeyID", psk_id_fields);

static const struct mls_field reinit_fields[] = {
	F_OPAQUE(struct mls_reinit, group_id, "group_id"),
	F_NAMED(MLS_U16, struct mls_reinit, version, "version", version_names),
	F_NAMED(MLS_U16, struct mls_reinit, suite, "cipher_suite", suite_names),
	EXTENSIONS(struct mls_reinit, extensions, "extensions")};
static F_TYPE(type_reinit, struct mls_reinit, "ReInit", reinit_fields);

#define PROPOSAL_TYPE(v, ...)                                                                      \
	static const struct mls_field v##_fields[] = {__VA_ARGS__};                                \
	static F_TYPE(v, struct mls_proposal, #v, v##_fields)
PROPOSAL_TYPE(type_add,
	      F_PART(MLS_BOXED, struct mls_proposal, add, "key_package", mls_type_key_package));
PROPOSAL_TYPE(type_update,
	      F_PART(MLS_BOXED, struct mls_proposal, update, "leaf_node", mls_type_leaf));
PROPOSAL_TYPE(type_remove, F_NUMBER(MLS_U32, struct mls_proposal, remove, "removed"));
PROPOSAL_TYPE(type_psk, F_PART(MLS_STRUCT, struct mls_proposal, psk, "psk", mls_type_psk_id));
PROPOSAL_TYPE(type_reinit_proposal,
	      F_PART(MLS_STRUCT, struct mls_proposal, reinit, "reinit", type_reinit));
PROPOSAL_TYPE(type_external_init, F_OPAQUE(struct mls_proposal, kem_output, "kem_output"));
PROPOSAL_TYPE(type_context, EXTENSIONS(struct mls_proposal, extensions, "extensions"));
static const struct mls_case proposal_cases[] = {{MLS_PROPOSAL_ADD, &type_add},
						 {MLS_PROPOSAL_UPDATE, &type_update},
						 {MLS_PROPOSAL_REMOVE, &type_remove},
						 {MLS_PROPOSAL_PSK, &type_psk},
						 {MLS_PROPOSAL_REINIT, &type_reinit_proposal},
						 {MLS_PROPOSAL_EXTERNAL_INIT, &type_external_init},
						 {MLS_PROPOSAL_CONTEXT, &type_context},
						 {MLS_PROPOSAL_SELF_REMOVE, &type_nothing},
						 {0, NULL}};
static const struct mls_field proposal_fields[] = {
	F_NAMED(MLS_U16, struct mls_proposal, type, "proposal_type", proposal_names),
	F_SELECT(struct mls_proposal, type, MLS_U16, proposal_cases)};
F_TYPE(mls_type_proposal, struct mls_proposal, "Proposal", proposal_fields);

static const struct mls_field by_value_fields[] = {
	F_PART(MLS_STRUCT, struct mls_proposal_or_ref, proposal, "proposal", mls_type_proposal)};
static F_TYPE(type_by_value, struct mls_proposal_or_ref, "proposal", by_value_fields);
static const struct mls_field by_reference_fields[] = {
	F_OPAQUE(struct mls_proposal_or_ref, ref, "reference")};
static F_TYPE(type_by_reference, struct mls_proposal_or_ref, "reference", by_reference_fields);
static const struct mls_case or_ref_cases[] = {
	{MLS_BY_VALUE, &type_by_value}, {MLS_BY_REFERENCE, &type_by_reference}, {0, NULL}};
static const struct mls_field or_ref_fields[] = {
	F_NAMED(MLS_U8, struct mls_proposal_or_ref, type, "type", or_ref_names),
	F_SELECT(struct mls_proposal_or_ref, type, MLS_U8, or_ref_cases)};
static F_TYPE(type_or_ref, struct mls_proposal_or_ref, "ProposalOrRef", or_ref_fields);

static const struct mls_field ciphertext_fields[] = {
	F_OPAQUE(struct mls_ciphertext, kem_output, "kem_output"),
	F_OPAQUE(struct mls_ciphertext, text, "ciphertext")};
F_TYPE(mls_type_ciphertext, struct mls_ciphertext, "HPKECiphertext", ciphertext_fields);
static const struct mls_field path_node_fields[] = {
	F_OPAQUE(struct mls_path_node, encryption_key, "encryption_key"),
	F_LIST(struct mls_path_node, secrets, "encrypted_path_secret", mls_type_ciphertext,
	       MLS_MEMBERS_MAX)};
static F_TYPE(type_path_node, struct mls_path_node, "UpdatePathNode", path_node_fields);
static const struct mls_field path_fields[] = {
	F_PART(MLS_STRUCT, struct mls_path, leaf, "leaf_node", mls_type_leaf),
	F_LIST(struct mls_path, nodes, "nodes", type_path_node, MLS_PATH_NODES_MAX)};
F_TYPE(mls_type_path, struct mls_path, "UpdatePath", path_fields);
static const struct mls_field commit_fields[] = {
	F_LIST(struct mls_commit, proposals, "proposals", type_or_ref, MLS_MEMBERS_MAX),
	F_PART(MLS_OPTIONAL, struct mls_commit, path, "path", mls_type_path)};
F_TYPE(mls_type_commit, struct mls_commit, "Commit", commit_fields);

static const struct mls_field sender_leaf_fields[] = {
	F_NUMBER(MLS_U32, struct mls_content, sender_index, "leaf_index")};
static F_TYPE(type_sender_leaf, struct mls_content, "member", sender_leaf_fields);
static const struct mls_field sender_index_fields[] = {
	F_NUMBER(MLS_U32, struct mls_content, sender_index, "sender_index")};
static F_TYPE(type_sender_index, struct mls_content, "external", sender_index_fields);
static const struct mls_case sender_cases[] = {{MLS_SENDER_MEMBER, &type_sender_leaf},
					       {MLS_SENDER_EXTERNAL, &type_sender_index},
					       {MLS_SENDER_NEW_PROPOSAL, &type_nothing},
					       {MLS_SENDER_NEW_COMMIT, &type_nothing},
					       {0, NULL}};
static const struct mls_field application_fields[] = {
	F_OPAQUE(struct mls_content, application_data, "application_data")};
static F_TYPE(type_application, struct mls_content, "application", application_fields);
static const struct mls_field content_proposal_fields[] = {
	F_PART(MLS_STRUCT, struct mls_content, proposal, "proposal", mls_type_proposal)};
static F_TYPE(type_content_proposal, struct mls_content, "proposal", content_proposal_fields);
static const struct mls_field content_commit_fields[] = {
	F_PART(MLS_STRUCT, struct mls_content, commit, "commit", mls_type_commit)};
static F_TYPE(type_content_commit, struct mls_content, "commit", content_commit_fields);
static const struct mls_case content_cases[] = {{MLS_CONTENT_APPLICATION, &type_application},
						{MLS_CONTENT_PROPOSAL, &type_content_proposal},
						{MLS_CONTENT_COMMIT, &type_content_commit},
						{0, NULL}};
static const struct mls_field content_fields[] = {
	F_OPAQUE(struct mls_content, group_id, "group_id"),
	F_NUMBER(MLS_U64, struct mls_content, epoch, "epoch"),
	F_NAMED(MLS_U8, struct mls_content, sender, "sender_type", sender_names),
	F_SELECT(struct mls_content, sender, MLS_U8, sender_cases),
	F_OPAQUE(struct mls_content, authenticated_data, "authenticated_data"),
	F_NAMED(MLS_U8, struct mls_content, type, "content_type", content_names),
	F_SELECT(struct mls_content, type, MLS_U8, content_cases)};
F_TYPE(mls_type_content, struct mls_content, "FramedContent", content_fields);
static const struct mls_field content_body_fields[] = {
	F_SELECT(struct mls_content, type, MLS_U8, content_cases)};
static F_TYPE(type_content_body, struct mls_content, "content", content_body_fields);

static const struct mls_field confirmation_fields[] = {
	F_OPAQUE(struct mls_authentic, confirmation_tag, "confirmation_tag")};
static F_TYPE(type_confirmation, struct mls_authentic, "confirmation", confirmation_fields);
static const struct mls_case confirmation_cases[] = {{MLS_CONTENT_APPLICATION, &type_nothing},
						     {MLS_CONTENT_PROPOSAL, &type_nothing},
						     {MLS_CONTENT_COMMIT, &type_confirmation},
						     {0, NULL}};
static const struct mls_field membership_fields[] = {
	F_OPAQUE(struct mls_authentic, membership_tag, "membership_tag")};
static F_TYPE(type_membership, struct mls_authentic, "membership", membership_fields);
static const struct mls_case membership_cases[] = {{MLS_SENDER_MEMBER, &type_membership},
						   {MLS_SENDER_EXTERNAL, &type_nothing},
						   {MLS_SENDER_NEW_PROPOSAL, &type_nothing},
						   {MLS_SENDER_NEW_COMMIT, &type_nothing},
						   {0, NULL}};
#define CONTENT F_PART(MLS_STRUCT, struct mls_authentic, content, NULL, mls_type_content)
#define SIGNATURE F_OPAQUE(struct mls_authentic, signature, "signature")
#define CONFIRMATION F_SELECT(struct mls_authentic, content.type, MLS_U8, confirmation_cases)
#define WIRE_FORMAT F_NAMED(MLS_U16, struct mls_authentic, wire_format, "wire_format", wire_names)
static const struct mls_field public_fields[] = {
	CONTENT, SIGNATURE, CONFIRMATION,
	F_SELECT(struct mls_authentic, content.sender, MLS_U8, membership_cases)};
F_TYPE(mls_type_public, struct mls_authentic, "PublicMessage", public_fields);
static const struct mls_field authentic_fields[] = {WIRE_FORMAT, CONTENT, SIGNATURE, CONFIRMATION};
F_TYPE(mls_type_authentic, struct mls_authentic, "AuthenticatedContent", authentic_fields);
F_TYPE_BUT(mls_type_transcript, struct mls_authentic, "ConfirmedTranscriptHashInput",
	   authentic_fields, 1);
static const struct mls_field body_fields[] = {
	F_PART(MLS_STRUCT, struct mls_authentic, content, NULL, type_content_body), SIGNATURE,
	CONFIRMATION};
F_TYPE(mls_type_private_content, struct mls_authentic, "PrivateMessageContent", body_fields);

static const struct mls_field private_fields[] = {
	F_OPAQUE(struct mls_private, group_id, "group_id"),
	F_NUMBER(MLS_U64, struct mls_private, epoch, "epoch"),
	F_NAMED(MLS_U8, struct mls_private, type, "content_type", content_names),
	F_OPAQUE(struct mls_private, authenticated_data, "authenticated_data"),
	F_OPAQUE(struct mls_private, encrypted_sender_data, "encrypted_sender_data"),
	F_OPAQUE(struct mls_private, ciphertext, "ciphertext")};
F_TYPE(mls_type_private, struct mls_private, "PrivateMessage", private_fields);

static const struct mls_field sender_data_fields[] = {
	F_NUMBER(MLS_U32, struct mls_sender_data, leaf, "leaf_index"),
	F_NUMBER(MLS_U32, struct mls_sender_data, generation, "generation"),
	F_NUMBER(MLS_U8, struct mls_sender_data, reuse_guard[0], "reuse_guard"),
	F_NUMBER(MLS_U8, struct mls_sender_data, reuse_guard[1], "reuse_guard"),
	F_NUMBER(MLS_U8, struct mls_sender_data, reuse_guard[2], "reuse_guard"),
	F_NUMBER(MLS_U8, struct mls_sender_data, reuse_guard[3], "reuse_guard")};
F_TYPE(mls_type_sender_data, struct mls_sender_data, "SenderData", sender_data_fields);

static const struct mls_field context_fields[] = {
	F_NAMED(MLS_U16, struct mls_context, version, "version", version_names),
	F_NAMED(MLS_U16, struct mls_context, suite, "cipher_suite", suite_names),
	F_OPAQUE(struct mls_context, group_id, "group_id"),
	F_NUMBER(MLS_U64, struct mls_context, epoch, "epoch"),
	F_OPAQUE(struct mls_context, tree_hash, "tree_hash"),
	F_OPAQUE(struct mls_context, confirmed_transcript_hash, "confirmed_transcript_hash"),
	EXTENSIONS(struct mls_context, extensions, "extensions")};
F_TYPE(mls_type_context, struct mls_context, "GroupContext", context_fields);

static const struct mls_field group_info_fields[] = {
	F_PART(MLS_STRUCT, struct mls_group_info, context, "group_context", mls_type_context),
	EXTENSIONS(struct mls_group_info, extensions, "extensions"),
	F_OPAQUE(struct mls_group_info, confirmation_tag, "confirmation_tag"),
	F_NUMBER(MLS_U32, struct mls_group_info, signer, "signer"),
	F_OPAQUE(struct mls_group_info, signature, "signature")};
F_TYPE(mls_type_group_info, struct mls_group_info, "GroupInfo", group_info_fields);
F_TYPE_BUT(mls_type_group_info_tbs, struct mls_group_info, "GroupInfoTBS", group_info_fields, 1);

static const struct mls_field group_secrets_fields[] = {
	F_SECRET(struct mls_group_secrets, joiner_secret, "joiner_secret"),
	F_PART(MLS_OPTIONAL, struct mls_group_secrets, path_secret, "path_secret", type_secret),
	F_LIST(struct mls_group_secrets, psks, "psks", mls_type_psk_id, MLS_EXTENSIONS_MAX)};
F_TYPE(mls_type_group_secrets, struct mls_group_secrets, "GroupSecrets", group_secrets_fields);

static const struct mls_field welcome_secrets_fields[] = {
	F_OPAQUE(struct mls_welcome_secrets, new_member, "new_member"),
	F_PART(MLS_STRUCT, struct mls_welcome_secrets, secrets, "encrypted_group_secrets",
	       mls_type_ciphertext)};
static F_TYPE(type_welcome_secrets, struct mls_welcome_secrets, "EncryptedGroupSecrets",
	      welcome_secrets_fields);
static const struct mls_field welcome_fields[] = {
	F_NAMED(MLS_U16, struct mls_welcome, suite, "cipher_suite", suite_names),
	F_LIST(struct mls_welcome, secrets, "secrets", type_welcome_secrets, MLS_MEMBERS_MAX),
	F_OPAQUE(struct mls_welcome, encrypted_group_info, "encrypted_group_info")};
F_TYPE(mls_type_welcome, struct mls_welcome, "Welcome", welcome_fields);

static const struct mls_field targeted_fields[] = {
	F_OPAQUE(struct mls_targeted, group_id, "group_id"),
	F_NUMBER(MLS_U64, struct mls_targeted, epoch, "epoch"),
	F_NUMBER(MLS_U32, struct mls_targeted, recipient, "recipient_leaf_index"),
	F_OPAQUE(struct mls_targeted, authenticated_data, "authenticated_data"),
	F_OPAQUE(struct mls_targeted, encrypted_sender_auth_data, "encrypted_sender_auth_data"),
	F_OPAQUE(struct mls_targeted, ciphertext, "ciphertext")};
F_TYPE(mls_type_targeted, struct mls_targeted, "TargetedMessage", targeted_fields);

static const struct mls_field external_sender_fields[] = {
	F_OPAQUE(struct mls_external_sender, signature_key, "signature_key"),
	F_PART(MLS_STRUCT, struct mls_external_sender, credential, "credential",
	       mls_type_credential)};
static F_TYPE(type_external_sender, struct mls_external_sender, "ExternalSender",
	      external_sender_fields);
static const struct mls_field senders_fields[] = {{.name = "external_senders",
						   .kind = MLS_LIST,
						   .type = &type_external_sender,
						   .max = MLS_EXTENSIONS_MAX}};
F_TYPE(mls_type_external_senders, struct mls_external_senders, "ExternalSenders", senders_fields);

static const struct mls_field required_fields[] = {
	F_LIST(struct mls_required, extensions, "extension_types", type_extension_type, 0),
	F_LIST(struct mls_required, proposals, "proposal_types", type_proposal_type, 0),
	F_LIST(struct mls_required, credentials, "credential_types", type_credential_type, 0)};
F_TYPE(mls_type_required, struct mls_required, "RequiredCapabilities", required_fields);

#define MESSAGE_TYPE(v, k, m, t)                                                                   \
	static const struct mls_field v##_fields[] = {F_PART(k, struct mls_message, m, NULL, t)};  \
	static F_TYPE(v, struct mls_message, #m, v##_fields)
MESSAGE_TYPE(type_m_public, MLS_BOXED, public, mls_type_public);
MESSAGE_TYPE(type_m_private, MLS_STRUCT, private, mls_type_private);
MESSAGE_TYPE(type_m_welcome, MLS_STRUCT, welcome, mls_type_welcome);
MESSAGE_TYPE(type_m_group_info, MLS_STRUCT, group_info, mls_type_group_info);
MESSAGE_TYPE(type_m_key_package, MLS_BOXED, key_package, mls_type_key_package);
MESSAGE_TYPE(type_m_targeted, MLS_STRUCT, targeted, mls_type_targeted);
static const struct mls_case message_cases[] = {{MLS_WIRE_PUBLIC, &type_m_public},
						{MLS_WIRE_PRIVATE, &type_m_private},
						{MLS_WIRE_WELCOME, &type_m_welcome},
						{MLS_WIRE_GROUP_INFO, &type_m_group_info},
						{MLS_WIRE_KEY_PACKAGE, &type_m_key_package},
						{MLS_WIRE_TARGETED, &type_m_targeted},
						{0, NULL}};
static const struct mls_field message_fields[] = {
	F_NAMED(MLS_U16, struct mls_message, version, "version", version_names),
	F_NAMED(MLS_U16, struct mls_message, wire_format, "wire_format", wire_names),
	F_SELECT(struct mls_message, wire_format, MLS_U16, message_cases)};
F_TYPE(mls_type_message, struct mls_message, "MLSMessage", message_fields);
