/* SPDX-License-Identifier: Apache-2.0 */
/* A forge: groups in which a member, or somebody outside, makes objects that break one rule of
 * RFC 9420 and are in order otherwise: hashed, signed, tagged and encrypted by who may.
 *
 * The one idea: an object is made stage by stage, as the library makes it but without its checks,
 * and at one stage a test changes one thing. Whatever comes later is made of what was changed. A
 * rule is a row with a scene that is played twice: as it is, when everything must be accepted, and
 * with the change, when it must be refused, for the reason that the row states, and the group must
 * be byte for byte what it was. */
#ifndef MLS_FORGE_H
#define MLS_FORGE_H

#include "mls_commit.h"
#include "test.h"

#define FORGE_OK(expr) forge_ok((expr), __FILE__, __LINE__, #expr)
bool forge_ok(struct sr_err e, const char *file, int line, const char *text);

/* Stages, and what a change gets there. */
enum forge_at {
	FORGE_NOWHERE,     /* the scene itself looks at f->broken */
	FORGE_LEAF,        /* struct mls_leaf, about to be signed ... */
	FORGE_LEAF_SIGNED, /* ... and after that; its place is f->place */
	FORGE_PACKAGE,     /* struct mls_key_package */
	FORGE_PACKAGE_SIGNED,
	FORGE_LIST,         /* struct forge_commit, its items about to be applied */
	FORGE_TREE,         /* struct mls_nodes: the ratchet tree after the commit */
	FORGE_TREE_LEAF,    /* struct mls_leaf: THIRD's in it, to be signed again; f->place */
	FORGE_SEALED,       /* struct mls_path; the commit is f->commit */
	FORGE_CONTENT,      /* struct mls_authentic */
	FORGE_SIGNED,       /* signed; a commit is not confirmed yet */
	FORGE_TAGGED,       /* with all its tags */
	FORGE_PLAIN,        /* struct build: a PrivateMessageContent, filled up with zeros */
	FORGE_SENDER,       /* struct mls_sender_data; the key is chosen by it */
	FORGE_SENDER_PLAIN, /* struct build: that, encoded */
	FORGE_KEY,          /* struct mls_message_key, its nonce guarded */
	FORGE_CONTENT_AAD,  /* struct mls_private: what the content is sealed with ... */
	FORGE_SENDER_AAD,   /* ... and the sender data */
	FORGE_PRIVATE,      /* struct mls_private, whole */
	FORGE_INFO,         /* struct mls_group_info */
	FORGE_INFO_SIGNED,
	FORGE_INFO_BYTES,    /* struct slice: that, encoded */
	FORGE_SECRETS,       /* struct mls_group_secrets */
	FORGE_SECRETS_BYTES, /* struct slice: that, encoded */
	FORGE_WELCOME,       /* struct mls_welcome */
	FORGE_BYTES,         /* struct slice: a whole MLSMessage */
	FORGE_PLAN,          /* what the scene makes of it */
};

enum { FORGE_TIME = 1700000000 }; /* what all clocks show */

struct forge;

/* struct rule: a case. Rows of one rule stand together and are one test, named after it. */
struct rule {
	const char *id;    /* as in doc/mls-rules.md */
	const char *what;  /* what is broken, or odd */
	enum sr_code code; /* as in doc/mls-rules.md; SR_OK: accepted for all that */
	const char *says;  /* the reason that is given, or words of it */
	struct sr_err (*scene)(struct forge *f);
	enum forge_at at;
	void (*change)(struct forge *f, void *object);
	void (*setup)(struct forge *f); /* NULL, or in both plays before anything else */
	int arg;
};

/* forge_main runs the rows, in both cipher suites, and returns the exit status. sections are those
 * of doc/mls-rules.md, "7.2 7.3 !7.3-4", which the rows must cover: each of their rules that can be
 * tested, but for those with a '!', which another program has. All must have the catalogue's error.
 */
int forge_main(const struct rule *rows, size_t n, const char *sections);

/* Who is there. HOSTILE makes the group and has leaf 0; VICTIM gets what is forged, at leaf 1;
 * OUTSIDE is no member. */
enum forge_who { HOSTILE, VICTIM, THIRD, FOURTH, FIFTH, SIXTH, SEVENTH, JOINER, OUTSIDE, CLIENTS };

/* struct forge_package: a key package with its private keys. */
struct forge_package {
	struct mls_key_package kp;
	struct slice message, secrets, bytes; /* bytes: the KeyPackage alone */
	uint8_t init[MLS_LEN], leaf[MLS_LEN];
};

/* struct forge_client: lists in client and odd are a setup's to change. odd: NULL, or changes all
 * leaves that are forged for it, before they are signed. */
struct forge_client {
	struct sr_mls_client client;
	void (*odd)(struct forge *f, struct mls_leaf *leaf);
	struct forge_package package;
	struct sr_mls_group *group; /* NULL: in none */
};

struct forge {
	struct arena a; /* of everything */
	const struct rule *rule;
	bool broken; /* the second play */
	bool armed;  /* forge_arm was called: the change may happen */
	bool done;   /* it did */
	bool deaf;   /* pre-shared keys whose name begins with '?' are not known now */
	bool others; /* those of epochs of other groups are known */
	const struct mls_suite *s;
	uint64_t seed;
	int64_t now;
	struct sr_mls_platform platform;
	struct sr_mls_settings settings;
	struct slice group_id;
	struct mls_extensions context; /* of the group that forge_group makes */
	struct forge_client at[CLIENTS];

	struct mls_leaf_at place;      /* of the last leaf that was made */
	struct forge_commit *commit;   /* the last one */
	struct mls_sender_data sender; /* of the last PrivateMessage */
	uint32_t generation;           /* that the next ones are of; 0: as it comes */
	struct sr_mls_event event;     /* the last one */
	struct mls_epoch *epochs[32];  /* to be released */
	size_t epochs_n;
};

/* forge_arm, from where on the change may happen. forge_touch lets it happen, once. */
void forge_arm(struct forge *f);
void forge_touch(struct forge *f, enum forge_at at, void *object);

/* forge_bytes gives len fresh bytes; forge_draw random ones; forge_copy a copy that may be changed;
 * forge_flip a copy with one bit changed; forge_longer and forge_shorter one with a byte more or
 * less. */
uint8_t *forge_bytes(struct forge *f, size_t len);
struct slice forge_draw(struct forge *f, size_t len);
uint8_t *forge_copy(struct forge *f, struct slice s);
struct slice forge_flip(struct forge *f, struct slice s, size_t bit);
struct slice forge_longer(struct forge *f, struct slice s);
struct slice forge_shorter(struct forge *f, struct slice s);
/* forge_patch gives a copy in which one byte is another: off bytes behind where needle begins, the
 * last time it is there. */
struct slice forge_patch(struct forge *f, struct slice s, struct slice needle, size_t off,
			 uint8_t value);
struct slice forge_encoded(struct forge *f, const struct mls_type *type, const void *object);

/* forge_encrypt: EncryptWithLabel (5.1.3). */
struct mls_ciphertext forge_encrypt(struct forge *f, const uint8_t pub[MLS_LEN], struct slice label,
				    struct slice context, struct slice text);
struct sr_mls_data forge_data(struct slice s);

/* forge_values makes a list of numbers; forge_lacks gives one without a value. forge_extension adds
 * one to a list. */
struct mls_u16_list forge_values(struct forge *f, size_t n, ...);
struct mls_u16_list forge_lacks(struct forge *f, struct mls_u16_list list, uint16_t value);
void forge_extension(struct forge *f, struct mls_extensions *list, uint16_t type,
		     struct slice data);

/* forge_now: the epoch that a member is in. */
static inline const struct mls_epoch *forge_now(const struct forge *f, enum forge_who who)
{
	return f->at[who].group->now;
}

/* ---- Objects ---- */

/* forge_public_key: a client's signature key. forge_sign signs with it, under a label. */
struct slice forge_public_key(struct forge *f, enum forge_who who);
struct slice forge_sign(struct forge *f, enum forge_who who, struct slice label, struct slice tbs);

/* forge_leaf makes a leaf; forge_sign_leaf signs one (again). */
void forge_leaf(struct forge *f, enum forge_who who, const struct mls_leaf_at *place,
		struct slice key, struct mls_leaf *out);
void forge_sign_leaf(struct forge *f, enum forge_who who, const struct mls_leaf_at *place,
		     struct slice label, struct mls_leaf *leaf);

/* forge_package makes a key package; forge_sign_package signs one (again). */
void forge_package(struct forge *f, enum forge_who who, struct forge_package *out);
void forge_sign_package(struct forge *f, enum forge_who who, struct slice label,
			struct mls_key_package *kp);

/* Items for commits, by value, of the member who. forge_psk gives the id of an external key. */
struct mls_psk_id forge_psk(struct forge *f, const char *name);
struct mls_item forge_item(struct forge *f, enum forge_who who, const struct mls_proposal *p);
struct mls_item forge_add(struct forge *f, enum forge_who who, struct mls_key_package *kp);
struct mls_item forge_remove(struct forge *f, enum forge_who who, uint32_t leaf);
struct mls_item forge_update(struct forge *f, enum forge_who who);
struct mls_item forge_psk_item(struct forge *f, enum forge_who who, struct mls_psk_id id);
struct mls_item forge_context(struct forge *f, enum forge_who who, struct mls_extensions x);
struct mls_item forge_reinit(struct forge *f, enum forge_who who, struct mls_extensions x);
struct mls_item forge_self_remove(struct forge *f, enum forge_who who);

/* struct forge_commit: a commit in the making. The upper part is for who makes it, the rest for
 * forge_commit; init and e NULL: of the committer's group. */
enum { FORGE_ITEMS = 300 };
struct forge_commit {
	enum forge_who by;
	bool external, no_path, private;
	const struct mls_epoch *e;
	const uint8_t *init;
	uint32_t seat; /* of an external commit: the leaf, if not the leftmost blank one */
	struct mls_item items[FORGE_ITEMS];
	size_t items_n;

	uint32_t leaf; /* of the committer */
	struct mls_epoch *next;
	struct mls_nodes_found added;
	struct slice extensions_raw, tree; /* tree: ratchet_tree, encoded */
	struct mls_path_made made;
	struct mls_path path;
	struct mls_authentic m;
	struct mls_psk_ids psks;
	uint8_t joiner[MLS_LEN], psk_secret[MLS_LEN];
	struct slice message;
};
struct forge_commit *forge_commit_new(struct forge *f, enum forge_who by);
void forge_commit_add(struct forge_commit *c, struct mls_item item);
void forge_commit(struct forge *f, struct forge_commit *c);

/* forge_keep lets an epoch live as long as the world. forge_merge puts who made a commit into the
 * epoch that it leads to, the commit's no more. */
struct mls_epoch *forge_keep(struct forge *f, struct mls_epoch *e);
void forge_merge(struct forge *f, struct forge_commit *c);

/* forge_external makes the ExternalInit, and what an external commit starts from. */
struct forge_commit *forge_external(struct forge *f, enum forge_who by);

/* forge_content begins a message of a member; forge_send signs, tags and frames one.
 * forge_sign_content signs a message (again) under another label, wire format or context;
 * forge_membership writes its membership tag. */
struct mls_authentic forge_content(struct forge *f, enum forge_who who, uint8_t type);
struct slice forge_send(struct forge *f, enum forge_who who, struct mls_authentic *m);
void forge_sign_content(struct forge *f, enum forge_who who, struct slice label,
			uint16_t wire_format, struct slice context, struct mls_authentic *m);
struct slice forge_membership(struct forge *f, enum forge_who who, const struct mls_authentic *m);

/* forge_propose sends an item of its sender as a proposal by itself; ref is set. */
struct slice forge_propose(struct forge *f, enum forge_who who, struct mls_item *item);

/* forge_info makes a signed GroupInfo message of the present epoch of a member, with external_pub
 * and, if asked, the tree; forge_welcome the Welcome of a commit for all that it adds.
 * forge_sign_info signs a GroupInfo (again). */
struct slice forge_info(struct forge *f, enum forge_who who, bool tree);
struct slice forge_welcome(struct forge *f, const struct forge_commit *c, bool no_tree);
void forge_sign_info(struct forge *f, enum forge_who who, struct slice label,
		     struct mls_group_info *info);

/* ---- Groups ---- */

/* forge_group makes a group of the first n clients: those but HOSTILE were added by one commit,
 * after which all parents are blank. */
void forge_group(struct forge *f, size_t n);

/* forge_turn lets the library make a commit, and all others in the group follow, and those whom it
 * adds join: clients, from joiner on, joiners_n of them. */
void forge_turn(struct forge *f, enum forge_who by, struct sr_mls_commit_options options,
		enum forge_who joiner, size_t joiners_n);

/* forge_state: what sr_mls_save gives. */
struct slice forge_state(struct forge *f, const struct sr_mls_group *g);

/* forge_give lets a member receive a message, and checks, if it is refused, that nothing changed;
 * forge_follow a commit, which is merged and must lead to the state that its maker is in. */
struct sr_err forge_give(struct forge *f, enum forge_who to, struct slice message);
struct sr_err forge_follow(struct forge *f, enum forge_who to, const struct forge_commit *c);

/* forge_join lets a client join by a Welcome, forge_join_external by a GroupInfo, and check
 * likewise that nothing was touched if it is refused. */
struct sr_err forge_join(struct forge *f, enum forge_who who, struct slice welcome,
			 struct slice tree, const struct sr_mls_group *from);
struct sr_err forge_join_external(struct forge *f, enum forge_who who, struct slice info,
				  const struct sr_mls_external_options *options,
				  struct slice *commit);

/* forge_outside begins a message of somebody who is no member: OUTSIDE is an external sender. */
struct mls_authentic forge_outside(struct forge *f, uint8_t sender, uint8_t type);

/* forge_try_propose and forge_try_commit call the library, and check the same if it refuses. */
struct sr_err forge_try_propose(struct forge *f, enum forge_who who,
				const struct sr_mls_proposal *proposal);
struct sr_err forge_try_commit(struct forge *f, enum forge_who who,
			       const struct sr_mls_commit_options *options);

/* ---- Scenes that many rules share ---- */

/* HOSTILE proposes to add JOINER. */
struct sr_err scene_add(struct forge *f);

/* HOSTILE adds JOINER, who joins: without a path; with one, at a leaf that becomes blank by it, so
 * that JOINER gets the secrets of nodes 1 and 3; together with new extensions for the group
 * (f->context, as it is). */
struct sr_err scene_welcome(struct forge *f);
struct sr_err scene_welcome_path(struct forge *f);
struct sr_err scene_context_welcome(struct forge *f);

/* JOINER joins, by a Welcome of HOSTILE, a tree of eight leaves, none of which is blank then:
 * parents 1, 3 and 7 are of a path of leaf 0; 11, and 7 again, of one of FIFTH, leaf 4; at both the
 * leaves 5 (OUTSIDE) and 7 (JOINER) are unmerged. Other members have no groups. */
struct sr_err scene_tree(struct forge *f);

/* HOSTILE proposes an Update; THIRD commits it. HOSTILE proposes new extensions (f->context, as it
 * is), and commits them. */
struct sr_err scene_update(struct forge *f);
struct sr_err scene_context(struct forge *f);

/* HOSTILE commits nothing but a path, as PublicMessage or as PrivateMessage. */
struct sr_err scene_commit(struct forge *f);
struct sr_err scene_private_commit(struct forge *f);

/* HOSTILE proposes to remove THIRD, as PublicMessage or as PrivateMessage; HOSTILE sends
 * application data; OUTSIDE, who is an external sender by with_sender, proposes the same Remove.
 * senders_of encodes a list of one external sender. */
struct sr_err scene_proposal(struct forge *f);
struct sr_err scene_private_proposal(struct forge *f);
struct sr_err scene_data(struct forge *f);
struct sr_err scene_sender(struct forge *f);
void with_sender(struct forge *f);
struct slice senders_of(struct forge *f, struct slice key);

/* JOINER joins by an external commit, made by the forge; or by the library, of a GroupInfo that the
 * forge made. */
struct sr_err scene_external(struct forge *f);
struct sr_err scene_info(struct forge *f);

/* What a commit may have that is in order: of THIRD, leaf 2, what is of a leaf. forge_base makes
 * it; what must be sent before was sent to VICTIM: forge_sent. forge_joiner adds JOINER. */
enum forge_base {
	BASE_NOTHING,
	BASE_REMOVE,
	BASE_REMOVE_FOURTH,
	BASE_UPDATE,
	BASE_ADD,
	BASE_PSK,
	BASE_CONTEXT,
	BASE_REINIT,
	BASE_SELF_REMOVE,
};
struct mls_item forge_base(struct forge *f, enum forge_base base);
struct mls_item forge_sent(struct forge *f, enum forge_who who, struct mls_item item);
struct mls_item forge_joiner(struct forge *f);

/* HOSTILE commits a list with that of the row's arg; four members. */
struct sr_err scene_list(struct forge *f);

#endif
