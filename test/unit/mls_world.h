/* SPDX-License-Identifier: Apache-2.0 */
/* A small world for tests of MLS groups: clients with random bytes from a seed, a clock that stands
 * still, a store of pre-shared keys and one group each, whose messages are carried by hand. All of
 * it is the same in every run. */
#ifndef MLS_WORLD_H
#define MLS_WORLD_H

#include "err.h"
#include "subrosa-mls.h"
#include "test.h"

enum {
	WORLD_N = 6,
	WORLD_PSKS = 4,
	WORLD_NOW = 1800000000, /* what all clocks show at first */
	WORLD_LIFETIME = 1000,  /* seconds that key packages are good for */
};

struct world_psk {
	char id[16];
	uint64_t epoch; /* of a group with that id; 0: external */
	uint8_t secret[SR_MLS_LEN];
};

/* struct who: a client. The parts are the tests' to change. */
struct who {
	char name[16];
	struct sr_mls_platform platform;
	struct sr_mls_client client;
	struct sr_mls_settings settings; /* of groups that it makes or joins */
	uint64_t random;                 /* what its random bytes come from */
	int64_t now;
	struct world_psk psks[WORLD_PSKS];
	size_t psks_n;
	struct sr_mls_key_package package; /* the latest */
	struct sr_mls_group *group;        /* NULL: none */
	struct sr_mls_bytes before;        /* its state, see REFUSED */
};

struct world {
	struct who who[WORLD_N];
};

/* OK and FAILS check what a call returned; REFUSED as well that it left the state of a client's
 * group as it was, byte by byte. */
#define OK(expr) world_ok((expr), #expr, __FILE__, __LINE__)
#define FAILS(want, expr) world_fails((want), (expr), #expr, __FILE__, __LINE__)
#define REFUSED(who, want, expr)                                                                   \
	do {                                                                                       \
		world_before(who);                                                                 \
		(void)FAILS(want, expr);                                                           \
		world_same(who, __FILE__, __LINE__);                                               \
	} while (0)

bool world_ok(struct sr_err e, const char *expr, const char *file, int line);
bool world_fails(enum sr_code want, struct sr_err e, const char *expr, const char *file, int line);
void world_before(struct who *m);
void world_same(struct who *m, const char *file, int line);

/* world_open makes clients of a suite, that are called a, b, c ...; world_close frees all. */
void world_open(struct world *w, uint16_t suite, uint64_t seed);
void world_close(struct world *w);

/* world_run runs a test in a new world of suite 1 and in one of suite 3. */
void world_run(const char *name, void (*fn)(struct world *w));

/* world_text and world_in borrow. world_eq compares. */
struct sr_mls_data world_text(const char *s);
struct sr_mls_data world_in(struct sr_mls_bytes b);
bool world_eq(struct sr_mls_data a, struct sr_mls_data b);

/* world_client is a client of its own for a name and a seed, which must outlive it. */
struct sr_mls_client world_client(uint16_t suite, const char *name, uint8_t seed);

/* world_facts of a client's group. */
struct sr_mls_facts world_facts(const struct who *m);

/* world_member is the member at a leaf, {0} if there is none; world_same_member compares all. */
struct sr_mls_member world_member(const struct who *m, uint32_t leaf);
bool world_same_member(const struct sr_mls_member *a, const struct sr_mls_member *b);

/* world_add makes a new key package for a client and proposes to add it. The rest propose what they
 * are called after. */
struct sr_mls_proposal world_add(struct who *m);
struct sr_mls_proposal world_remove(uint32_t leaf);
struct sr_mls_proposal world_psk(const char *id);
struct sr_mls_proposal world_resume(const char *group_id, uint64_t epoch);

/* world_share gives a client a pre-shared key. Its bytes follow from id, epoch and salt. */
void world_share(struct who *m, const char *id, uint64_t epoch, uint8_t salt);

/* world_psk_secret: the bytes of the key that world_share gives for a salt. */
void world_psk_secret(const char *id, uint64_t epoch, uint8_t salt, uint8_t out[SR_MLS_LEN]);

/* world_found lets the first client begin the group "room" and add the others up to the n-th by one
 * commit: client i is at leaf i. */
void world_found(struct world *w, size_t n);

/* world_commit lets a client commit: all others who have a group get it and merge it, those whom it
 * removes close theirs, and those without a group join if the Welcome is for them. All agree
 * afterwards. options NULL: {0}. */
bool world_commit(struct world *w, size_t by, const struct sr_mls_commit_options *options);

/* world_commit_one commits one proposal by value. */
bool world_commit_one(struct world *w, size_t by, struct sr_mls_proposal proposal);

/* world_propose lets a client propose and everybody else hear it; ref may be NULL. */
bool world_propose(struct world *w, size_t by, const struct sr_mls_proposal *proposal,
		   uint8_t ref[SR_MLS_LEN]);

/* world_give delivers a message to a client: it must be of a kind. world_send to all but one. */
bool world_give(struct who *m, struct sr_mls_data message, enum sr_mls_event_kind kind);
bool world_send(struct world *w, size_t from, struct sr_mls_data message,
		enum sr_mls_event_kind kind);

/* world_refuse delivers a message and tells what came of it. */
struct sr_err world_refuse(struct who *m, struct sr_mls_data message);

/* world_join lets a client join by a Welcome. tree may be {0}. */
struct sr_err world_join(struct who *m, struct sr_mls_data welcome, struct sr_mls_data tree,
			 const struct sr_mls_group *from);

/* world_merge merges and frees what the commit was. */
bool world_merge(struct who *m, bool own);

/* world_external lets a client join by an external commit from another one's GroupInfo, and all
 * members merge it. options NULL: {0}. */
bool world_external(struct world *w, size_t joiner, size_t from,
		    const struct sr_mls_external_options *options);

/* world_agree checks that all who have a group see the same one. world_talk lets each say something
 * to all and to each, and checks that all hear it. */
bool world_agree(const struct world *w);
void world_talk(struct world *w);

/* world_save gives the state of a client's group; world_load replaces the group by one read from a
 * state; world_reload does both and checks that the state stays the same. */
struct sr_mls_bytes world_save(const struct who *m);
bool world_load(struct who *m, struct sr_mls_data state);
void world_reload(struct who *m);

/* world_close_group lets a client leave without a word. */
void world_close_group(struct who *m);

/* world_has tells whether bytes are somewhere in a block. */
bool world_has(struct sr_mls_data block, const uint8_t *bytes, size_t len);

#endif
