/* SPDX-License-Identifier: Apache-2.0 */
/* MLS objects for the tests of the codec: at least one of every type, with every choice in it. They
 * are well formed and mean nothing: keys and signatures are patterns. */
#ifndef MLS_SAMPLES_H
#define MLS_SAMPLES_H

#include "mls_state.h"
#include "mls_suite.h"
#include "mls_types.h"

#define SAMPLE_LIST(array)                                                                         \
	{                                                                                          \
		(array), sizeof(array) / sizeof *(array)                                           \
	}
#define SAMPLE_TEXT(s)                                                                             \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}
#define SAMPLE_KEY SAMPLE_TEXT("\x80key of a sample; it fits nobody")
#define SAMPLE_SIGNATURE                                                                           \
	SAMPLE_TEXT("\x81signature of nobody, which is too long for a length of one byte")

static uint16_t sample_versions[] = {MLS_VERSION_10}, sample_suites[] = {1, 3, 0x0a0a},
		sample_extension_types[] = {3, 0xdada, 0xf001}, sample_proposal_types[] = {10},
		sample_credential_types[] = {MLS_CREDENTIAL_BASIC, MLS_CREDENTIAL_X509};
#define SAMPLE_CAPABILITIES                                                                        \
	{                                                                                          \
		SAMPLE_LIST(sample_versions), SAMPLE_LIST(sample_suites),                          \
			SAMPLE_LIST(sample_extension_types), SAMPLE_LIST(sample_proposal_types),   \
			SAMPLE_LIST(sample_credential_types)                                       \
	}

static struct slice sample_certificates[] = {SAMPLE_TEXT("0\x82 end"), SAMPLE_TEXT(""),
					     SAMPLE_TEXT("0\x82 root")};
/* application_id, required_capabilities {{2}, {}, {1}}, GREASE */
static struct mls_extension sample_extension[] = {
	{MLS_EXT_APPLICATION_ID, SAMPLE_TEXT("\4mine")},
	{MLS_EXT_REQUIRED_CAPABILITIES, SAMPLE_TEXT("\2\0\2\0\2\0\1")},
	{0x1a1a, SAMPLE_TEXT("")}};

#define SAMPLE_LEAF_START                                                                          \
	.encryption_key = SAMPLE_KEY, .signature_key = SAMPLE_KEY,                                 \
	.capabilities = SAMPLE_CAPABILITIES, .signature = SAMPLE_SIGNATURE
static struct mls_leaf sample_leaf_new = {SAMPLE_LEAF_START,
					  .credential = {.type = MLS_CREDENTIAL_BASIC,
							 .identity = SAMPLE_TEXT("alice")},
					  .source = MLS_SOURCE_KEY_PACKAGE,
					  .not_before = 1700000000,
					  .not_after = UINT64_MAX,
					  .extensions = SAMPLE_LIST(sample_extension)},
		       sample_leaf_update = {SAMPLE_LEAF_START,
					     .credential = {.type = MLS_CREDENTIAL_X509,
							    .certificates = SAMPLE_LIST(
								    sample_certificates)},
					     .source = MLS_SOURCE_UPDATE},
		       sample_leaf_commit = {
			       SAMPLE_LEAF_START, .credential = {.type = MLS_CREDENTIAL_BASIC},
			       .source = MLS_SOURCE_COMMIT, .parent_hash = SAMPLE_KEY};

static uint32_t sample_unmerged[] = {2, 3};
static struct mls_parent sample_parent = {SAMPLE_KEY, SAMPLE_KEY, SAMPLE_LIST(sample_unmerged)};
static struct mls_node sample_node_leaf = {.type = MLS_NODE_LEAF,
					   .leaf = {SAMPLE_LEAF_START,
						    .credential = {.type = MLS_CREDENTIAL_BASIC},
						    .source = MLS_SOURCE_UPDATE}},
		       sample_node_parent = {.type = MLS_NODE_PARENT,
					     .parent = {.encryption_key = SAMPLE_KEY}};
static struct mls_node *sample_nodes[] = {&sample_node_leaf, &sample_node_parent, NULL, NULL,
					  &sample_node_leaf};
static struct mls_nodes sample_tree = SAMPLE_LIST(sample_nodes);

static struct mls_key_package sample_key_package = {
	.version = MLS_VERSION_10,
	.suite = 3,
	.init_key = SAMPLE_KEY,
	.leaf = {SAMPLE_LEAF_START,
		 .credential = {.type = MLS_CREDENTIAL_BASIC, .identity = SAMPLE_TEXT("bob")},
		 .source = MLS_SOURCE_KEY_PACKAGE},
	.signature = SAMPLE_SIGNATURE};

static struct mls_psk_id sample_psks[] = {
	{.type = MLS_PSK_EXTERNAL, .id = SAMPLE_TEXT("psk"), .nonce = SAMPLE_KEY},
	{.type = MLS_PSK_RESUMPTION,
	 .usage = MLS_USAGE_BRANCH,
	 .group_id = SAMPLE_TEXT("group"),
	 .epoch = UINT64_MAX,
	 .nonce = SAMPLE_KEY}};

#define SAMPLE_REINIT                                                                              \
	{                                                                                          \
		SAMPLE_TEXT("next"), MLS_VERSION_10, 1, SAMPLE_LIST(sample_extension)              \
	}
static struct mls_proposal_or_ref sample_proposals[] = {
	{MLS_BY_VALUE, {.type = MLS_PROPOSAL_ADD, .add = &sample_key_package}, {NULL, 0}},
	{MLS_BY_VALUE, {.type = MLS_PROPOSAL_UPDATE, .update = &sample_leaf_update}, {NULL, 0}},
	{MLS_BY_VALUE, {.type = MLS_PROPOSAL_REMOVE, .remove = UINT32_MAX}, {NULL, 0}},
	{MLS_BY_VALUE,
	 {.type = MLS_PROPOSAL_PSK, .psk = {.type = MLS_PSK_EXTERNAL, .id = SAMPLE_TEXT("psk")}},
	 {NULL, 0}},
	{MLS_BY_VALUE, {.type = MLS_PROPOSAL_REINIT, .reinit = SAMPLE_REINIT}, {NULL, 0}},
	{MLS_BY_VALUE, {.type = MLS_PROPOSAL_EXTERNAL_INIT, .kem_output = SAMPLE_KEY}, {NULL, 0}},
	{MLS_BY_VALUE,
	 {.type = MLS_PROPOSAL_CONTEXT, .extensions = SAMPLE_LIST(sample_extension)},
	 {NULL, 0}},
	{MLS_BY_VALUE, {.type = MLS_PROPOSAL_SELF_REMOVE}, {NULL, 0}},
	{MLS_BY_REFERENCE, {0}, SAMPLE_KEY}};

static struct mls_ciphertext sample_ciphertexts[] = {{SAMPLE_KEY, SAMPLE_SIGNATURE},
						     {SAMPLE_TEXT(""), SAMPLE_TEXT("")}};
static struct mls_path_node sample_path_nodes[] = {{SAMPLE_KEY, SAMPLE_LIST(sample_ciphertexts)},
						   {SAMPLE_KEY, {NULL, 0}}};
static struct mls_path sample_path = {{SAMPLE_LEAF_START,
				       .credential = {.type = MLS_CREDENTIAL_BASIC},
				       .source = MLS_SOURCE_COMMIT, .parent_hash = SAMPLE_KEY},
				      SAMPLE_LIST(sample_path_nodes)};
static struct mls_commit sample_commit = {SAMPLE_LIST(sample_proposals), &sample_path};

#define SAMPLE_CONTENT_START                                                                       \
	.group_id = SAMPLE_TEXT("group"), .epoch = 258, .authenticated_data = SAMPLE_TEXT("aad")
static struct mls_authentic
	sample_application = {.wire_format = MLS_WIRE_PRIVATE,
			      .content = {SAMPLE_CONTENT_START, .sender = MLS_SENDER_MEMBER,
					  .sender_index = 7, .type = MLS_CONTENT_APPLICATION,
					  .application_data = SAMPLE_TEXT("hello")},
			      .signature = SAMPLE_SIGNATURE,
			      .membership_tag = SAMPLE_KEY},
	sample_proposal_message = {.wire_format = MLS_WIRE_PUBLIC,
				   .content = {SAMPLE_CONTENT_START, .sender = MLS_SENDER_EXTERNAL,
					       .sender_index = 1, .type = MLS_CONTENT_PROPOSAL,
					       .proposal = {.type = MLS_PROPOSAL_REMOVE,
							    .remove = 5}},
				   .signature = SAMPLE_SIGNATURE},
	sample_join_proposal = {.wire_format = MLS_WIRE_PUBLIC,
				.content = {SAMPLE_CONTENT_START, .sender = MLS_SENDER_NEW_PROPOSAL,
					    .type = MLS_CONTENT_PROPOSAL,
					    .proposal = {.type = MLS_PROPOSAL_ADD,
							 .add = &sample_key_package}},
				.signature = SAMPLE_SIGNATURE},
	sample_commit_message = {
		.wire_format = MLS_WIRE_PUBLIC,
		.content = {SAMPLE_CONTENT_START, .sender = MLS_SENDER_NEW_COMMIT,
			    .type = MLS_CONTENT_COMMIT,
			    .commit = {SAMPLE_LIST(sample_proposals), &sample_path}},
		.signature = SAMPLE_SIGNATURE,
		.confirmation_tag = SAMPLE_KEY};
static struct mls_private sample_private = {SAMPLE_TEXT("group"), UINT64_MAX,
					    MLS_CONTENT_COMMIT,   SAMPLE_TEXT("aad"),
					    SAMPLE_SIGNATURE,     SAMPLE_SIGNATURE};
static struct mls_sender_data sample_sender_data = {1, UINT32_MAX, {1, 2, 3, 4}};

#define SAMPLE_CONTEXT                                                                             \
	{                                                                                          \
		MLS_VERSION_10, 3, SAMPLE_TEXT("group"), 9, SAMPLE_KEY, SAMPLE_KEY,                \
			SAMPLE_LIST(sample_extension)                                              \
	}
static struct mls_context sample_context = SAMPLE_CONTEXT;
/* external_pub */
static struct mls_extension sample_info_extension[] = {
	{MLS_EXT_EXTERNAL_PUB, SAMPLE_TEXT("\3pub")}};
static struct mls_group_info sample_group_info = {
	SAMPLE_CONTEXT, SAMPLE_LIST(sample_info_extension), SAMPLE_KEY, 3, SAMPLE_SIGNATURE};
static struct slice sample_path_secret = SAMPLE_KEY;
static struct mls_group_secrets sample_secrets_first = {SAMPLE_KEY, NULL, {NULL, 0}},
				sample_secrets = {SAMPLE_KEY, &sample_path_secret,
						  SAMPLE_LIST(sample_psks)};
static struct mls_welcome_secrets sample_welcome_secrets[] = {
	{SAMPLE_KEY, {SAMPLE_KEY, SAMPLE_SIGNATURE}}};
static struct mls_welcome sample_welcome = {3, SAMPLE_LIST(sample_welcome_secrets),
					    SAMPLE_SIGNATURE};
static struct mls_targeted sample_targeted = {
	SAMPLE_TEXT("group"), 1, 2, SAMPLE_TEXT(""), SAMPLE_SIGNATURE, SAMPLE_SIGNATURE};
static struct mls_external_sender sample_external_sender[] = {
	{SAMPLE_KEY, {.type = MLS_CREDENTIAL_BASIC, .identity = SAMPLE_TEXT("server")}}};
static struct mls_external_senders sample_external_senders = SAMPLE_LIST(sample_external_sender);
static struct mls_required sample_required = {SAMPLE_LIST(sample_extension_types),
					      SAMPLE_LIST(sample_proposal_types),
					      SAMPLE_LIST(sample_credential_types)};

/* What is secret in them is called so. */
#define SAMPLE_SECRET SAMPLE_TEXT("\x82 SECRET SECRET SECRET SECRET SE")
static const uint8_t sample_secrets_of_epoch[8 * MLS_LEN] = "\x82 SECRET";
#define SAMPLE_SECRETS(n)                                                                          \
	{                                                                                          \
		sample_secrets_of_epoch, (size_t)(n)*MLS_LEN                                       \
	}
static uint32_t sample_numbers[] = {1, 0, 2};
static struct slice sample_bytes[] = {SAMPLE_KEY, SAMPLE_TEXT("")};
static struct mls_saved_priv sample_privs[] = {{3, SAMPLE_SECRET}};
#define SAMPLE_EPOCH                                                                               \
	{                                                                                          \
		SAMPLE_LIST(sample_numbers), 2, SAMPLE_KEY, SAMPLE_KEY, SAMPLE_KEY,                \
			SAMPLE_SECRETS(8), SAMPLE_SECRET, SAMPLE_LIST(sample_privs),               \
			SAMPLE_SECRET, SAMPLE_SECRET                                               \
	}
static struct mls_saved_epoch sample_epoch = SAMPLE_EPOCH;
static struct mls_item sample_items[] = {{.sender = 1,
					  .sender_index = 2,
					  .by_reference = true,
					  .leaf = 2,
					  .bytes = SAMPLE_TEXT("\0\12")}};
static struct mls_saved_waiting sample_waiting[] = {{{.ref = SAMPLE_KEY,
						      .sender = 1,
						      .sender_index = 2,
						      .leaf = 3,
						      .bytes = SAMPLE_TEXT("\0\12")},
						     SAMPLE_SECRET}};
static struct mls_saved_staged sample_staged = {
	&sample_epoch, 1, 2, 1, SAMPLE_KEY, SAMPLE_KEY, SAMPLE_LIST(sample_items)};
static struct mls_saved_past sample_past[] = {
	{SAMPLE_LIST(sample_numbers), 1, SAMPLE_KEY, SAMPLE_SECRETS(4), SAMPLE_SECRET}};
static struct mls_saved_resumption sample_resumption[] = {{7, SAMPLE_SECRET}};
static struct mls_saved sample_saved = {.magic = MLS_STATE_MAGIC,
					.version = MLS_SAVED_VERSION,
					.suite = 3,
					.nodes = SAMPLE_LIST(sample_bytes),
					.now = SAMPLE_EPOCH,
					.waiting = SAMPLE_LIST(sample_waiting),
					.received = &sample_staged,
					.past = SAMPLE_LIST(sample_past),
					.resumptions = SAMPLE_LIST(sample_resumption)};
static struct mls_key_secrets sample_saved_key = {SAMPLE_KEY,    SAMPLE_SECRET, SAMPLE_SECRET,
						  SAMPLE_SECRET, MLS_KEY_MAGIC, MLS_SAVED_VERSION};

#define SAMPLE_MESSAGE(wire, member, value)                                                        \
	{                                                                                          \
		MLS_VERSION_10, (wire),                                                            \
		{                                                                                  \
			.member = value                                                            \
		}                                                                                  \
	}
static struct mls_message
	sample_m_public = SAMPLE_MESSAGE(MLS_WIRE_PUBLIC, public, &sample_commit_message),
	sample_m_private = {MLS_VERSION_10,
			    MLS_WIRE_PRIVATE,
			    {.private = {SAMPLE_TEXT("group"), 1, MLS_CONTENT_APPLICATION,
					 SAMPLE_TEXT(""), SAMPLE_KEY, SAMPLE_SIGNATURE}}},
	sample_m_welcome = {MLS_VERSION_10,
			    MLS_WIRE_WELCOME,
			    {.welcome = {1, SAMPLE_LIST(sample_welcome_secrets),
					 SAMPLE_SIGNATURE}}},
	sample_m_group_info = {MLS_VERSION_10,
			       MLS_WIRE_GROUP_INFO,
			       {.group_info = {SAMPLE_CONTEXT, SAMPLE_LIST(sample_info_extension),
					       SAMPLE_KEY, 3, SAMPLE_SIGNATURE}}},
	sample_m_key_package =
		SAMPLE_MESSAGE(MLS_WIRE_KEY_PACKAGE, key_package, &sample_key_package),
	sample_m_targeted = {MLS_VERSION_10,
			     MLS_WIRE_TARGETED,
			     {.targeted = {SAMPLE_TEXT("group"), 1, 2, SAMPLE_TEXT("aad"),
					   SAMPLE_SIGNATURE, SAMPLE_SIGNATURE}}};

static const struct mls_sample {
	const char *name;
	const struct mls_type *type;
	const void *object;
} samples[] = {
	{"basic credential", &mls_type_credential, &sample_leaf_new.credential},
	{"x509 credential", &mls_type_credential, &sample_leaf_update.credential},
	{"leaf of a key package", &mls_type_leaf, &sample_leaf_new},
	{"leaf of an update", &mls_type_leaf, &sample_leaf_update},
	{"leaf of a commit", &mls_type_leaf, &sample_leaf_commit},
	{"LeafNodeTBS", &mls_type_leaf_tbs, &sample_leaf_commit},
	{"parent", &mls_type_parent, &sample_parent},
	{"leaf as node", &mls_type_node, &sample_node_leaf},
	{"parent as node", &mls_type_node, &sample_node_parent},
	{"tree", &mls_type_tree, &sample_tree},
	{"key package", &mls_type_key_package, &sample_key_package},
	{"KeyPackageTBS", &mls_type_key_package_tbs, &sample_key_package},
	{"extensions", &mls_type_extensions, &sample_leaf_new.extensions},
	{"external PSK", &mls_type_psk_id, &sample_psks[0]},
	{"resumption PSK", &mls_type_psk_id, &sample_psks[1]},
	{"add", &mls_type_proposal, &sample_proposals[0].proposal},
	{"update", &mls_type_proposal, &sample_proposals[1].proposal},
	{"remove", &mls_type_proposal, &sample_proposals[2].proposal},
	{"psk", &mls_type_proposal, &sample_proposals[3].proposal},
	{"reinit", &mls_type_proposal, &sample_proposals[4].proposal},
	{"external_init", &mls_type_proposal, &sample_proposals[5].proposal},
	{"group_context_extensions", &mls_type_proposal, &sample_proposals[6].proposal},
	{"self_remove", &mls_type_proposal, &sample_proposals[7].proposal},
	{"commit", &mls_type_commit, &sample_commit},
	{"path", &mls_type_path, &sample_path},
	{"context", &mls_type_context, &sample_context},
	{"content", &mls_type_content, &sample_application.content},
	{"member's public message", &mls_type_public, &sample_application},
	{"external sender's public message", &mls_type_public, &sample_proposal_message},
	{"new member's proposal", &mls_type_public, &sample_join_proposal},
	{"new member's commit", &mls_type_public, &sample_commit_message},
	{"ConfirmedTranscriptHashInput", &mls_type_transcript, &sample_commit_message},
	{"AuthenticatedContent", &mls_type_authentic, &sample_commit_message},
	{"private message", &mls_type_private, &sample_private},
	{"sender data", &mls_type_sender_data, &sample_sender_data},
	{"GroupInfo", &mls_type_group_info, &sample_group_info},
	{"GroupInfoTBS", &mls_type_group_info_tbs, &sample_group_info},
	{"group secrets, few", &mls_type_group_secrets, &sample_secrets_first},
	{"group secrets, all", &mls_type_group_secrets, &sample_secrets},
	{"welcome", &mls_type_welcome, &sample_welcome},
	{"targeted message", &mls_type_targeted, &sample_targeted},
	{"external senders", &mls_type_external_senders, &sample_external_senders},
	{"required capabilities", &mls_type_required, &sample_required},
	{"ciphertext", &mls_type_ciphertext, &sample_ciphertexts[0]},
	{"saved group", &mls_type_saved, &sample_saved},
	{"saved secrets of a key package", &mls_type_saved_key, &sample_saved_key},
	{"MLSMessage: public", &mls_type_message, &sample_m_public},
	{"MLSMessage: private", &mls_type_message, &sample_m_private},
	{"MLSMessage: welcome", &mls_type_message, &sample_m_welcome},
	{"MLSMessage: GroupInfo", &mls_type_message, &sample_m_group_info},
	{"MLSMessage: key package", &mls_type_message, &sample_m_key_package},
	{"MLSMessage: targeted", &mls_type_message, &sample_m_targeted},
};

enum {
	SAMPLES_N = sizeof samples / sizeof *samples,
	SAMPLE_OBJECT_LEN = 512, /* room for any of them */
};

#endif
