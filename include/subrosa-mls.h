/* SPDX-License-Identifier: Apache-2.0 */
/* Messaging Layer Security (RFC 9420) as a library of its own: bytes in, bytes out.
 *
 * The idea: a group's state moves on in epochs, and only by commits. A commit, one's own or another
 * member's, is first a *staged* state beside the present one: the caller looks at who is added and
 * removed and by whom, and then merges or discards it. Until then the present state works on as if
 * nothing had happened. Everything, a staged commit included, leaves and enters as one byte string,
 * which the caller writes down after every call that changes it (marked "changes the state").
 *
 * Nothing here reads a clock, draws random bytes or touches a file but through the caller's table.
 * A group belongs to one thread at a time. On failure outputs are untouched and the group is what
 * it was.
 *
 * Errors, told apart by what the caller can do. SR_E_INPUT: malformed, or it breaks a rule of the
 * RFC; drop it, nobody honest sent it. SR_E_AUTH: a signature, tag or key is wrong; drop it.
 * SR_E_STATE: not now, but it may be right later or elsewhere: another epoch, a message seen
 * already, a commit staged already, a group that is left or re-initialised; what says which.
 * SR_E_LIMIT: larger or further ahead than a named limit. SR_E_NOMEM: no memory; the same call may
 * work later.
 *
 * Bytes that come out are the caller's to free (sr_mls_free); what a pointer in a struct borrows
 * is said there. */
#ifndef SUBROSA_MLS_H
#define SUBROSA_MLS_H

#include "subrosa-err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SR_MLS_SUITE_1 = 1, /* MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519 */
	SR_MLS_SUITE_3 = 3, /* MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519 */

	SR_MLS_BASIC = 1, /* credential: an identity of the application's */
	SR_MLS_X509 = 2,  /* credential: a chain of certificates, DER, end entity first */

	SR_MLS_LEN = 32, /* a key, a hash, an epoch's authenticator */

	SR_MLS_PSK_MAX = 1024, /* bytes of a pre-shared key */
};

/* struct sr_mls_data borrows bytes; ptr may be NULL where len is 0. */
struct sr_mls_data {
	const uint8_t *ptr;
	size_t len;
};

/* struct sr_mls_bytes: bytes that the caller frees with sr_mls_free, which wipes them. */
struct sr_mls_bytes {
	uint8_t *ptr;
	size_t len;
};

void sr_mls_free(struct sr_mls_bytes *b);

/* The id of a pre-shared key (RFC 9420, 8.4). */
enum sr_mls_psk_kind {
	SR_MLS_PSK_EXTERNAL = 1,
	SR_MLS_PSK_RESUMPTION = 2, /* of an epoch of a group */
};

struct sr_mls_psk_id {
	enum sr_mls_psk_kind kind;
	struct sr_mls_data id; /* external: its name; resumption: the group's id */
	uint64_t epoch;        /* resumption */
};

/* struct sr_mls_platform: all that the library asks of the world. It outlives whatever was made
 * with it. */
struct sr_mls_platform {
	/* random fills out with len random bytes fit for keys. */
	struct sr_err (*random)(void *user, uint8_t *out, size_t len);
	/* now: seconds since 1970 UTC. Only key packages that one makes, or adds, are judged by it.
	 */
	int64_t (*now)(void *user);
	/* psk writes a pre-shared key, at most SR_MLS_PSK_MAX bytes, and its length. SR_E_STATE:
	 * not known. Asked for external ones and for epochs that the group itself does not
	 * remember. May be NULL: none is known. */
	struct sr_err (*psk)(void *user, const struct sr_mls_psk_id *id, uint8_t *out, size_t *len);
	void *user;
};

/* ---- Clients ---- */

struct sr_mls_credential {
	uint16_t type;                   /* SR_MLS_BASIC or SR_MLS_X509 */
	struct sr_mls_data identity;     /* basic */
	const struct sr_mls_data *chain; /* x509: chain_n certificates */
	size_t chain_n;
};

struct sr_mls_extension {
	uint16_t type;
	struct sr_mls_data data;
};

/* Lists of numbers, as in capabilities. */
struct sr_mls_types {
	const uint16_t *ptr;
	size_t n;
};

/* struct sr_mls_client: who one is when one makes key packages, groups and external commits.
 * Borrowed for the call. What is listed in the capabilities comes beside what the library can do
 * itself. */
struct sr_mls_client {
	uint16_t suite;
	struct sr_mls_credential credential;
	uint8_t signature_seed[SR_MLS_LEN]; /* Ed25519 (RFC 8032): the private key */
	struct sr_mls_types extensions, proposals, credentials; /* capabilities */
	const struct sr_mls_extension *leaf_extensions;
	size_t leaf_extensions_n;
};

/* sr_mls_client_public writes the public signature key of a seed. */
SR_MUST struct sr_err sr_mls_client_public(const uint8_t seed[SR_MLS_LEN], uint8_t out[SR_MLS_LEN]);

/* struct sr_mls_key_package: a key package and what belongs to it. message is to be published;
 * secrets is kept, sealed, until somebody used the package, and then destroyed. ref names it. */
struct sr_mls_key_package {
	struct sr_mls_bytes message, secrets;
	uint8_t ref[SR_MLS_LEN];
};

/* sr_mls_key_package_make makes one for a client that others may add within lifetime_s seconds from
 * now (and an hour before). */
SR_MUST struct sr_err sr_mls_key_package_make(const struct sr_mls_platform *platform,
					      const struct sr_mls_client *client,
					      uint64_t lifetime_s, struct sr_mls_key_package *out);
void sr_mls_key_package_free(struct sr_mls_key_package *k);

/* sr_mls_key_package_ref writes the reference of a published key package, whose signature it
 * checks. */
SR_MUST struct sr_err sr_mls_key_package_ref(struct sr_mls_data message, uint8_t out[SR_MLS_LEN]);

/* ---- Groups ---- */

struct sr_mls_group;

/* struct sr_mls_settings: of one member, not of the group; kept with the state. */
struct sr_mls_settings {
	uint8_t targeted_draft; /* of draft-ietf-mls-targeted-messages: 1 or 2; 0: 2 */
	uint32_t padding;       /* private messages are filled up to a multiple of it; 0: 128 */
	uint32_t past_n;       /* epochs whose late messages can be read; at most SR_MLS_PAST_MAX */
	bool public_handshake; /* proposals and commits are sent as PublicMessage */
	bool private_only;     /* handshakes of members that are PublicMessages are refused, but for
				* SelfRemove */
};

enum { SR_MLS_PAST_MAX = 64 };

/* sr_mls_create begins a group of one. extensions become those of the group (required_capabilities,
 * external_senders, the application's own). */
SR_MUST struct sr_err sr_mls_create(const struct sr_mls_platform *platform,
				    const struct sr_mls_client *client,
				    const struct sr_mls_settings *settings,
				    struct sr_mls_data group_id,
				    const struct sr_mls_extension *extensions, size_t extensions_n,
				    struct sr_mls_group **out);

/* sr_mls_close wipes and frees; NULL is allowed. */
void sr_mls_close(struct sr_mls_group *g);

/* sr_mls_save gives the whole state, secrets and staged commits and all (doc/FORMAT.md): the caller
 * seals it. sr_mls_load reads one; SR_E_INPUT: not a state, or of a version that is not known. */
SR_MUST struct sr_err sr_mls_save(const struct sr_mls_group *g, struct sr_mls_bytes *out);
SR_MUST struct sr_err sr_mls_load(const struct sr_mls_platform *platform, struct sr_mls_data state,
				  struct sr_mls_group **out);

/* What a group is now. id and extensions borrow from g until its state changes. */
struct sr_mls_facts {
	uint16_t suite;
	struct sr_mls_data group_id;
	uint64_t epoch;
	uint32_t own_leaf;
	uint32_t members_n, leaves_n;
	bool reinitialised; /* a ReInit was committed: nothing more can be done but sr_mls_reinit */
	bool staged_own, staged_received;
	struct sr_mls_data authenticator; /* epoch_authenticator: equal for those who agree (8.7) */
	struct sr_mls_data extensions;    /* encoded, Extension<V> */
};

void sr_mls_facts(const struct sr_mls_group *g, struct sr_mls_facts *out);

/* struct sr_mls_member: a leaf. Borrows from g until its state changes. */
struct sr_mls_member {
	uint32_t leaf;
	uint16_t credential_type;
	struct sr_mls_data credential;    /* basic: the identity; x509: Certificate<V>'s content */
	struct sr_mls_data signature_key; /* SR_MLS_LEN bytes */
	struct sr_mls_data leaf_node;     /* the whole LeafNode, encoded */
};

/* sr_mls_member gives the member at a leaf below leaves_n; false if there is none. */
bool sr_mls_member(const struct sr_mls_group *g, uint32_t leaf, struct sr_mls_member *out);

/* sr_mls_extension gives the data of an extension of the group; false if it has none of that type.
 */
bool sr_mls_extension(const struct sr_mls_group *g, uint16_t type, struct sr_mls_data *out);

/* ---- Proposals and commits ---- */

enum sr_mls_proposal_kind {
	SR_MLS_ADD = 1,
	SR_MLS_UPDATE = 2, /* fresh keys for oneself; only sent, never in one's own commit */
	SR_MLS_REMOVE = 3,
	SR_MLS_PSK = 4,
	SR_MLS_REINIT = 5,
	SR_MLS_EXTERNAL_INIT = 6, /* seen in changes only */
	SR_MLS_CONTEXT = 7, /* GroupContextExtensions: replaces all of the group's extensions */
	SR_MLS_SELF_REMOVE = 10, /* only sent; somebody else commits it */
};

struct sr_mls_proposal {
	enum sr_mls_proposal_kind kind;
	struct sr_mls_data key_package;     /* add: a KeyPackage message */
	const struct sr_mls_client *client; /* update: who one is from now on, or NULL: as before */
	uint32_t leaf;                      /* remove */
	struct sr_mls_psk_id psk;           /* psk: external, or an earlier epoch (application) */
	struct sr_mls_data group_id;        /* reinit: of the group to come */
	uint16_t suite;                     /* reinit: its suite */
	const struct sr_mls_extension *extensions; /* context, reinit */
	size_t extensions_n;
};

/* sr_mls_propose makes a message with a proposal, which waits for a commit here as it does at the
 * others. ref (SR_MLS_LEN bytes, may be NULL) names it. Changes the state. */
SR_MUST struct sr_err sr_mls_propose(struct sr_mls_group *g, struct sr_mls_data authenticated_data,
				     const struct sr_mls_proposal *proposal,
				     struct sr_mls_bytes *message, uint8_t *ref);

/* sr_mls_propose_join asks, from outside, to be added (12.1.8: new_member_proposal): client is who
 * made the key package. sr_mls_propose_external makes a proposal of an external sender (number
 * sender in the group's external_senders extension): Add, Remove, PSK, ReInit or Context. */
SR_MUST struct sr_err sr_mls_propose_join(const struct sr_mls_client *client,
					  struct sr_mls_data group_id, uint64_t epoch,
					  struct sr_mls_data key_package,
					  struct sr_mls_bytes *message);
SR_MUST struct sr_err sr_mls_propose_external(const struct sr_mls_platform *platform,
					      const struct sr_mls_client *client, uint32_t sender,
					      struct sr_mls_data group_id, uint64_t epoch,
					      const struct sr_mls_proposal *proposal,
					      struct sr_mls_bytes *message);

/* struct sr_mls_commit_options: {0} commits what waits, with fresh keys. */
struct sr_mls_commit_options {
	struct sr_mls_data authenticated_data;
	const struct sr_mls_proposal *proposals; /* by value, beside those that wait */
	size_t proposals_n;
	/* NULL: all that wait and can go together, but those of new members, which must be named:
	 * anybody can ask to join. Else: the take_n references (SR_MLS_LEN bytes each) to take. */
	const uint8_t *take;
	size_t take_n;
	bool take_none;                     /* none of those that wait */
	const struct sr_mls_client *client; /* who one is from now on; NULL: as before */
	bool no_path;                       /* no fresh keys where the RFC does without (12.4) */
	bool no_tree;    /* the Welcome has no ratchet tree: sr_mls_tree gives it */
	bool group_info; /* also make a GroupInfo of the new epoch, for external joins */
};

/* struct sr_mls_commit_out: welcome and group_info are empty where there is none. */
struct sr_mls_commit_out {
	struct sr_mls_bytes commit, welcome, group_info;
};

void sr_mls_commit_out_free(struct sr_mls_commit_out *out);

/* sr_mls_commit stages a commit of one's own, in the place of an earlier one: its message is to be
 * sent, and merged when it was accepted; the Welcome is sent then. Changes the state. */
SR_MUST struct sr_err sr_mls_commit(struct sr_mls_group *g,
				    const struct sr_mls_commit_options *options,
				    struct sr_mls_commit_out *out);

/* Who did something. */
enum sr_mls_sender {
	SR_MLS_BY_MEMBER = 1,     /* index: leaf */
	SR_MLS_BY_EXTERNAL = 2,   /* index: in the external_senders extension */
	SR_MLS_BY_NEW_MEMBER = 3, /* somebody who asks to join */
	SR_MLS_BY_JOINER = 4,     /* somebody who joins by an external commit */
};

/* struct sr_mls_change: what one proposal does, and who proposed it. Borrows from what it is part
 * of. */
struct sr_mls_change {
	enum sr_mls_proposal_kind kind;
	enum sr_mls_sender by;
	uint32_t by_index;
	bool by_reference;
	bool has_before, has_after;
	struct sr_mls_member before; /* update, remove, self-remove: the member as it was */
	struct sr_mls_member after; /* add, update: the member as it will be; leaf only if staged */
	struct sr_mls_psk_id psk;
	struct sr_mls_data proposal; /* the whole Proposal, encoded */
};

/* struct sr_mls_staged: a commit that is not merged yet. All of it borrows from g until that is
 * merged, discarded or replaced. */
struct sr_mls_staged {
	bool own;
	enum sr_mls_sender by; /* SR_MLS_BY_MEMBER or SR_MLS_BY_JOINER */
	uint32_t committer;    /* leaf; of a joiner, the one it will have */
	/* The committer as it was (not of a joiner) and as it will be, if the commit has fresh
	 * keys. */
	bool has_before, has_after;
	struct sr_mls_member before, after;
	struct sr_mls_data authenticated_data;
	const struct sr_mls_change *changes;
	size_t changes_n;
	bool removes_us; /* after merging, the group can only be closed */
	bool reinit;
	uint64_t epoch;                   /* the new one */
	struct sr_mls_data authenticator; /* its epoch_authenticator */
	struct sr_mls_data extensions;    /* its extensions, encoded */
};

/* sr_mls_staged gives the staged commit, own or received; false if there is none. */
bool sr_mls_staged(const struct sr_mls_group *g, bool own, struct sr_mls_staged *out);

/* sr_mls_staged_member gives a member of the staged state, as sr_mls_member does. */
bool sr_mls_staged_member(const struct sr_mls_group *g, bool own, uint32_t leaf,
			  struct sr_mls_member *out);

/* sr_mls_merge makes the staged commit, own or received, the state: the other one is gone, as are
 * the waiting proposals. SR_E_STATE: there is none. sr_mls_discard drops it. Both change the state.
 */
SR_MUST struct sr_err sr_mls_merge(struct sr_mls_group *g, bool own);
void sr_mls_discard(struct sr_mls_group *g, bool own);

/* sr_mls_waiting gives the i-th waiting proposal; false beyond the last. Borrows from g until its
 * state changes. sr_mls_forget drops one by its reference; false if there is none. */
bool sr_mls_waiting(const struct sr_mls_group *g, size_t i, uint8_t ref[SR_MLS_LEN],
		    struct sr_mls_change *out);
bool sr_mls_forget(struct sr_mls_group *g, const uint8_t ref[SR_MLS_LEN]);

/* ---- Messages ---- */

enum sr_mls_event_kind {
	SR_MLS_GOT_DATA = 1,     /* application data for all */
	SR_MLS_GOT_TARGETED = 2, /* application data for this member alone */
	SR_MLS_GOT_PROPOSAL = 3, /* it waits now: ref names it */
	SR_MLS_GOT_COMMIT = 4,   /* it is staged now, as received */
	SR_MLS_GOT_ECHO = 5,     /* one's own message; of one's own staged commit: merge it */
};

/* struct sr_mls_event: data and authenticated_data lie in bytes, which sr_mls_event_free frees. */
struct sr_mls_event {
	enum sr_mls_event_kind kind;
	enum sr_mls_sender by;
	uint32_t by_index;
	uint64_t epoch; /* of the message: it may be a past one */
	struct sr_mls_data authenticated_data, data;
	/* by a member: it as it was in that epoch, borrowed from g until its state changes */
	struct sr_mls_member sender;
	uint8_t ref[SR_MLS_LEN]; /* of a proposal */
	bool own_commit;         /* echo: it is the staged one, by its hash. If false, an echo
				  * proves nothing: any member can make a message that says it
				  * comes from us, and nothing is done with it */
	struct sr_mls_bytes bytes;
};

void sr_mls_event_free(struct sr_mls_event *e);

/* sr_mls_receive takes a PublicMessage, PrivateMessage or TargetedMessage. Changes the state: what
 * was read once cannot be read again. SR_E_STATE also for a commit while another one is staged as
 * received, and for a commit that refers to a proposal which is not here. */
SR_MUST struct sr_err sr_mls_receive(struct sr_mls_group *g, struct sr_mls_data message,
				     struct sr_mls_event *out);

/* sr_mls_protect makes a message with application data for all; sr_mls_protect_to one for the
 * member at a leaf alone (draft-ietf-mls-targeted-messages), which others cannot read but can see
 * the recipient of. Both change the state. */
SR_MUST struct sr_err sr_mls_protect(struct sr_mls_group *g, struct sr_mls_data authenticated_data,
				     struct sr_mls_data data, struct sr_mls_bytes *message);
SR_MUST struct sr_err sr_mls_protect_to(struct sr_mls_group *g, uint32_t leaf,
					struct sr_mls_data authenticated_data,
					struct sr_mls_data data, struct sr_mls_bytes *message);

/* sr_mls_forget_past destroys the record of one past epoch: its late messages are lost. False if
 * there is none. Changes the state. */
bool sr_mls_forget_past(struct sr_mls_group *g, uint64_t epoch);

/* sr_mls_export derives out_len bytes (at most 65535) from the epoch (8.5); sr_mls_export_safe a
 * secret for a component of the application (draft-ietf-mls-extensions), once in an epoch: then it
 * is gone. The latter changes the state. sr_mls_resumption gives the resumption_psk of the present
 * epoch. */
SR_MUST struct sr_err sr_mls_export(const struct sr_mls_group *g, struct sr_mls_data label,
				    struct sr_mls_data context, uint8_t *out, size_t out_len);
SR_MUST struct sr_err sr_mls_export_safe(struct sr_mls_group *g, uint16_t component,
					 uint8_t out[SR_MLS_LEN]);
void sr_mls_resumption(const struct sr_mls_group *g, uint8_t out[SR_MLS_LEN]);

/* ---- Joining ---- */

/* struct sr_mls_join_options: what a Welcome needs beside itself. */
struct sr_mls_join_options {
	const struct sr_mls_data *secrets; /* of key packages that may have been used */
	size_t secrets_n;
	struct sr_mls_data tree; /* the ratchet tree, if it is not in the Welcome */
	/* NULL, or the group that this one branches from or takes the place of: then it must. */
	const struct sr_mls_group *from;
	struct sr_mls_settings settings;
};

/* sr_mls_join makes a group from a Welcome. used (may be NULL): which of the secrets was for it;
 * those are to be destroyed. SR_E_STATE: none of them is. Look at the members before you stay. */
SR_MUST struct sr_err sr_mls_join(const struct sr_mls_platform *platform,
				  struct sr_mls_data welcome,
				  const struct sr_mls_join_options *options, size_t *used,
				  struct sr_mls_group **out);

/* sr_mls_group_info makes a signed GroupInfo message with the external key and, if asked, the tree:
 * who has it can join by an external commit. sr_mls_tree gives the ratchet tree. */
SR_MUST struct sr_err sr_mls_group_info(const struct sr_mls_group *g, bool with_tree,
					struct sr_mls_bytes *message);
SR_MUST struct sr_err sr_mls_tree(const struct sr_mls_group *g, struct sr_mls_bytes *tree);

struct sr_mls_external_options {
	struct sr_mls_data authenticated_data;
	struct sr_mls_data tree; /* the ratchet tree, if it is not in the GroupInfo */
	const struct sr_mls_psk_id *psks;
	size_t psks_n;
	bool resync;          /* take the place of a leaf of one's own that was lost ... */
	uint32_t resync_leaf; /* ... at this leaf, with the same credential */
	/* SelfRemove proposals (PublicMessages of this epoch) that are waiting. */
	const struct sr_mls_data *self_removes;
	size_t self_removes_n;
	struct sr_mls_settings settings;
};

/* sr_mls_join_external joins by a commit of one's own (12.4.3.2). The group is good once the commit
 * was accepted; before, it can be saved, and if it was refused it is closed. */
SR_MUST struct sr_err sr_mls_join_external(const struct sr_mls_platform *platform,
					   const struct sr_mls_client *client,
					   struct sr_mls_data group_info,
					   const struct sr_mls_external_options *options,
					   struct sr_mls_bytes *commit, struct sr_mls_group **out);

/* sr_mls_branch begins a group with some of the members of g (11.3), at the same suite, one key
 * package each; sr_mls_reinit the group that takes the place of g, whose ReInit was merged (11.2),
 * with one of every member but oneself. The new group is in its first epoch with everybody; welcome
 * goes to them. */
SR_MUST struct sr_err sr_mls_branch(const struct sr_mls_group *g,
				    const struct sr_mls_client *client, struct sr_mls_data group_id,
				    const struct sr_mls_data *key_packages, size_t key_packages_n,
				    struct sr_mls_bytes *welcome, struct sr_mls_group **out);
SR_MUST struct sr_err sr_mls_reinit(const struct sr_mls_group *g,
				    const struct sr_mls_client *client,
				    const struct sr_mls_data *key_packages, size_t key_packages_n,
				    struct sr_mls_bytes *welcome, struct sr_mls_group **out);

#endif
