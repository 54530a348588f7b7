/* SPDX-License-Identifier: Apache-2.0 */
/* A history of groups in which most of what can happen does, one call a step, the same in every
 * run. */
#ifndef MLS_PLAY_H
#define MLS_PLAY_H

#include "mls_world.h"

enum op {
	BEGIN,   /* who begins the group */
	PACKAGE, /* who makes a key package */
	ADD,     /* who proposes to add arg */
	UPDATE,
	LEAVE,
	REMOVE, /* leaf arg */
	NEEDS,  /* a Context */
	SHARED, /* a pre-shared key */
	COMMIT_ALL,
	COMMIT_NO_TREE, /* and give the tree */
	COMMIT_PUBLIC,  /* as somebody else, from now on */
	SAY,
	WHISPER, /* to leaf arg */
	HEAR,    /* the message number arg */
	MERGE,   /* arg: one's own */
	DROP,    /* arg: one's own */
	JOIN,    /* by message arg */
	INFORM,
	ENTER, /* by the GroupInfo arg */
	EXPORT,
	FORGET, /* epoch arg */
	CLOSE,
};

enum { MAILS = 64 };

/* struct play: a world, and all messages that were sent in it, by number. */
struct play {
	struct world w;
	struct sr_mls_bytes mail[MAILS];
	size_t n;
};

struct step {
	enum op op;
	uint8_t who, arg;
};

extern const struct step play_history[];
extern const size_t play_steps;

/* play_open makes a new world, play_step does a step, play_close frees all. */
void play_open(struct play *p, uint16_t suite);
void play_step(struct play *p, const struct step *s);
void play_close(struct play *p);

#endif
