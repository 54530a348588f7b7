/* SPDX-License-Identifier: Apache-2.0 */
/* The structs of RFC 9420 and of what is built on it, and their tables for the codec. A struct is
 * flattened where the RFC nests for the sake of signatures; whatever is opaque borrows. */
#ifndef MLS_TYPES_H
#define MLS_TYPES_H

#include "mls_codec.h"

enum {
	MLS_VERSION_10 = 1,

	MLS_CREDENTIAL_BASIC = 1,
	MLS_CREDENTIAL_X509 = 2,

	MLS_SOURCE_KEY_PACKAGE = 1,
	MLS_SOURCE_UPDATE = 2,
	MLS_SOURCE_COMMIT = 3,

	MLS_NODE_LEAF = 1,
	MLS_NODE_PARENT = 2,

	MLS_EXT_APPLICATION_ID = 1, /* 17.3 */
	MLS_EXT_RATCHET_TREE = 2,
	MLS_EXT_REQUIRED_CAPABILITIES = 3,
	MLS_EXT_EXTERNAL_PUB = 4,
	MLS_EXT_EXTERNAL_SENDERS = 5,

	MLS_PROPOSAL_ADD = 1, /* 17.4 */
	MLS_PROPOSAL_UPDATE = 2,
	MLS_PROPOSAL_REMOVE = 3,
	MLS_PROPOSAL_PSK = 4,
	MLS_PROPOSAL_REINIT = 5,
	MLS_PROPOSAL_EXTERNAL_INIT = 6,
	MLS_PROPOSAL_CONTEXT = 7,      /* GroupContextExtensions */
	MLS_PROPOSAL_SELF_REMOVE = 10, /* draft-ietf-mls-extensions */

	MLS_BY_VALUE = 1, /* ProposalOrRefType */
	MLS_BY_REFERENCE = 2,

	MLS_PSK_EXTERNAL = 1,
	MLS_PSK_RESUMPTION = 2,
	MLS_USAGE_APPLICATION = 1, /* ResumptionPSKUsage */
	MLS_USAGE_REINIT = 2,
	MLS_USAGE_BRANCH = 3,

	MLS_CONTENT_APPLICATION = 1,
	MLS_CONTENT_PROPOSAL = 2,
	MLS_CONTENT_COMMIT = 3,

	MLS_SENDER_MEMBER = 1,
	MLS_SENDER_EXTERNAL = 2,
	MLS_SENDER_NEW_PROPOSAL = 3,
	MLS_SENDER_NEW_COMMIT = 4,

	MLS_WIRE_PUBLIC = 1,
	MLS_WIRE_PRIVATE = 2,
	MLS_WIRE_WELCOME = 3,
	MLS_WIRE_GROUP_INFO = 4,
	MLS_WIRE_KEY_PACKAGE = 5,
	MLS_WIRE_TARGETED = 6, /* draft-ietf-mls-targeted-messages */
};

/* Limits on what one message may hold: larger ones are refused (SR_E_LIMIT). */
enum {
	MLS_MEMBERS_MAX = 1 << 16,   /* leaves of a tree, and proposals in a commit */
	MLS_EXTENSIONS_MAX = 256,    /* extensions, PSKs or external senders in a list */
	MLS_CAPABILITIES_MAX = 1024, /* entries in a list of capabilities, or of required ones */
	MLS_CERTIFICATES_MAX = 64,   /* in a credential */
	MLS_PATH_NODES_MAX = 32,     /* nodes of an update path */
};

MLS_LIST_NAMED(mls_u16_list, uint16_t);
MLS_LIST_NAMED(mls_slice_list, struct slice);

struct mls_credential { /* 5.3 */
	uint16_t type;
	struct slice identity;              /* basic */
	struct mls_slice_list certificates; /* x509: DER, the end entity's first */
};

struct mls_extension { /* 11.1 */
	uint16_t type;
	struct slice data;
};
MLS_LIST_NAMED(mls_extensions, struct mls_extension);

struct mls_capabilities { /* 7.2 */
	struct mls_u16_list versions, suites, extensions, proposals, credentials;
};

struct mls_leaf { /* LeafNode, 7.2 */
	struct slice encryption_key, signature_key;
	struct mls_credential credential;
	struct mls_capabilities capabilities;
	uint8_t source;
	uint64_t not_before, not_after; /* of a key package; seconds since 1970 UTC */
	struct slice parent_hash;       /* of a commit */
	struct mls_extensions extensions;
	struct slice signature;
};

struct mls_parent { /* ParentNode, 7.1 */
	struct slice encryption_key, parent_hash;
	MLS_LIST_OF(uint32_t) unmerged;
};

struct mls_key_package { /* 10 */
	uint16_t version, suite;
	struct slice init_key;
	struct mls_leaf leaf;
	struct mls_extensions extensions;
	struct slice signature;
};

struct mls_psk_id { /* PreSharedKeyID, 8.4 */
	uint8_t type;
	struct slice id;       /* external */
	uint8_t usage;         /* resumption */
	struct slice group_id; /* resumption */
	uint64_t epoch;        /* resumption */
	struct slice nonce;
};
MLS_LIST_NAMED(mls_psk_ids, struct mls_psk_id);

struct mls_reinit { /* 12.1.5 */
	struct slice group_id;
	uint16_t version, suite;
	struct mls_extensions extensions;
};

struct mls_proposal { /* 12.1 */
	uint16_t type;
	union {
		struct mls_key_package *add;
		struct mls_leaf *update;
		uint32_t remove;
		struct mls_psk_id psk;
		struct mls_reinit reinit;
		struct slice kem_output;          /* external_init */
		struct mls_extensions extensions; /* group_context_extensions */
	};
};

struct mls_proposal_or_ref { /* 12.4 */
	uint8_t type;
	struct mls_proposal proposal;
	struct slice ref;
};

struct mls_ciphertext { /* HPKECiphertext, 7.6 */
	struct slice kem_output, text;
};

struct mls_path_node { /* UpdatePathNode, 7.6 */
	struct slice encryption_key;
	MLS_LIST_OF(struct mls_ciphertext) secrets;
};

struct mls_path { /* UpdatePath, 7.6 */
	struct mls_leaf leaf;
	MLS_LIST_OF(struct mls_path_node) nodes;
};

struct mls_commit { /* 12.4 */
	MLS_LIST_OF(struct mls_proposal_or_ref) proposals;
	struct mls_path *path;
};

struct mls_content { /* FramedContent, 6 */
	struct slice group_id;
	uint64_t epoch;
	uint8_t sender;        /* SenderType */
	uint32_t sender_index; /* leaf of a member, index of an external sender */
	struct slice authenticated_data;
	uint8_t type;
	struct slice application_data;
	struct mls_proposal proposal;
	struct mls_commit commit;
};

/* struct mls_authentic: AuthenticatedContent (6.1); of a PublicMessage the membership tag, too. */
struct mls_authentic {
	uint16_t wire_format; /* not in a PublicMessage's encoding: the MLSMessage around it has it
			       */
	struct mls_content content;
	struct slice signature;
	struct slice confirmation_tag; /* of a commit */
	struct slice membership_tag;   /* of a member's PublicMessage */
};

struct mls_private { /* PrivateMessage, 6.3 */
	struct slice group_id;
	uint64_t epoch;
	uint8_t type;
	struct slice authenticated_data, encrypted_sender_data, ciphertext;
};

struct mls_sender_data { /* 6.3.2 */
	uint32_t leaf, generation;
	uint8_t reuse_guard[4];
};

struct mls_context { /* GroupContext, 8.1 */
	uint16_t version, suite;
	struct slice group_id;
	uint64_t epoch;
	struct slice tree_hash, confirmed_transcript_hash;
	struct mls_extensions extensions;
};

struct mls_group_info { /* 12.4.3 */
	struct mls_context context;
	struct mls_extensions extensions;
	struct slice confirmation_tag;
	uint32_t signer;
	struct slice signature;
};

struct mls_group_secrets { /* 12.4.3.1 */
	struct slice joiner_secret;
	struct slice *path_secret;
	struct mls_psk_ids psks;
};

struct mls_welcome_secrets { /* EncryptedGroupSecrets */
	struct slice new_member;
	struct mls_ciphertext secrets;
};

struct mls_welcome { /* 12.4.3.1 */
	uint16_t suite;
	MLS_LIST_OF(struct mls_welcome_secrets) secrets;
	struct slice encrypted_group_info;
};

struct mls_targeted { /* TargetedMessage, draft-ietf-mls-targeted-messages-02 */
	struct slice group_id;
	uint64_t epoch;
	uint32_t recipient;
	struct slice authenticated_data, encrypted_sender_auth_data, ciphertext;
};

struct mls_targeted_sender { /* TargetedMessageSenderAuthData */
	uint32_t leaf;
	struct slice signature, kem_output;
};

struct mls_message { /* MLSMessage, 6 */
	uint16_t version, wire_format;
	union {
		struct mls_authentic *public;
		struct mls_private private;
		struct mls_welcome welcome;
		struct mls_group_info group_info;
		struct mls_key_package *key_package;
		struct mls_targeted targeted;
	};
};

/* A node of a ratchet tree in its encoded form, 12.4.3.3. */
struct mls_node {
	uint8_t type;
	struct mls_leaf leaf;
	struct mls_parent parent;
};
MLS_LIST_NAMED(mls_nodes, struct mls_node *);

struct mls_external_sender { /* 12.1.8.1 */
	struct slice signature_key;
	struct mls_credential credential;
};
MLS_LIST_NAMED(mls_external_senders, struct mls_external_sender);

struct mls_required { /* RequiredCapabilities, 11.1 */
	struct mls_u16_list extensions, proposals, credentials;
};

/* The tables. TBS: what a signature covers, as far as it is the object's own part; AAD: what is
 * encrypted with it. */
extern const struct mls_type mls_type_opaque, mls_type_u32, mls_type_extensions,
	mls_type_credential, mls_type_leaf, mls_type_leaf_tbs, mls_type_parent, mls_type_node,
	mls_type_tree /* mls_nodes */, mls_type_key_package, mls_type_key_package_tbs,
	mls_type_psk_id, mls_type_proposal, mls_type_ciphertext, mls_type_path, mls_type_commit,
	mls_type_required, mls_type_external_senders, mls_type_content,
	mls_type_public /* mls_authentic, as PublicMessage */,
	mls_type_transcript /* mls_authentic: ConfirmedTranscriptHashInput, 8.2 */,
	mls_type_authentic /* mls_authentic: AuthenticatedContent */,
	mls_type_private_content /* mls_authentic: PrivateMessageContent without padding, 6.3.1 */,
	mls_type_private, mls_type_private_aad, mls_type_sender_aad, mls_type_sender_data,
	mls_type_context, mls_type_group_info, mls_type_group_info_tbs, mls_type_group_secrets,
	mls_type_welcome, mls_type_targeted, mls_type_targeted_aad,
	mls_type_targeted_place /* all that is not encrypted */, mls_type_targeted_sender,
	mls_type_message;

/* mls_message_out puts the head of an MLSMessage, which most signatures cover as well. */
static inline void mls_message_out(uint16_t wire_format, struct build *b)
{
	mls_put_u16(b, MLS_VERSION_10);
	mls_put_u16(b, wire_format);
}

#endif
