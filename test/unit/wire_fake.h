/* SPDX-License-Identifier: Apache-2.0 */
/* A relay of one log for tests, as simple as can be, on a port of this machine. It is honest unless
 * told otherwise: each request can be given a trick, and its log can be changed behind its back. */
#ifndef TEST_WIRE_FAKE_H
#define TEST_WIRE_FAKE_H

#include "wire_log.h"
#include "wire_relay.h"

#include <pthread.h>

enum { FAKE_CELLS = 400, FAKE_TRICKS = 600 };

enum fake_reply {
	FAKE_HONEST = 0,
	FAKE_CLOSE,     /* no answer at all */
	FAKE_HALF,      /* half of an answer, then the connection ends */
	FAKE_LATE,      /* an answer when nobody waits any more */
	FAKE_BUSY,      /* 503 */
	FAKE_BARE_503,  /* a gateway's */
	FAKE_LONG_502,  /* a gateway's with a long page */
	FAKE_BARE_404,  /* some other server */
	FAKE_NOT_HTTP,  /* not even that */
	FAKE_REDIRECT,  /* to where the same request would work */
	FAKE_BYTE_LESS, /* than the answer must have */
	FAKE_BYTE_MORE, /* likewise */
	FAKE_ENDLESS_BODY,
	FAKE_ENDLESS_HEADERS,
	FAKE_ENDLESS_INTERIM, /* 100 Continue */
	FAKE_BAD_SIGNATURE,
	FAKE_OTHER_RELAY, /* signed by another relay */
	FAKE_OTHER_LOG,   /* about another log */
	FAKE_OTHER_CHAIN, /* signs something else */
	FAKE_WRONG_HTTP,  /* HTTP says otherwise than the head */
	FAKE_MANY_CELLS,  /* claims more cells than were asked for */
	FAKE_BAD_CELL,    /* one bit of a cell is wrong */
	FAKE_KEEP_BACK,   /* gives no cell although it signs that there are some */
	FAKE_STATUS,      /* plus a wire_status that is not signed */
};

/* struct fake_trick: what happens to one request. An append goes on to be stored unless drop. */
struct fake_trick {
	unsigned reply;
	bool drop;   /* an append is not stored */
	bool before; /* somebody else's cell is added first */
	bool after;  /* ... or afterwards */
};

/* n cells with their chains; the cells below first are forgotten. All but the tricks is guarded by
 * lock. */
struct fake {
	const struct wire_keys *keys;
	pthread_mutex_t lock;
	uint8_t cells[FAKE_CELLS][WIRE_CELL_LEN];
	uint8_t chain[FAKE_CELLS + 1][32];
	uint64_t n, first;
	bool full; /* takes no more */
	struct fake_trick tricks[FAKE_TRICKS];
	size_t tricks_n, requests;
	int64_t now;                   /* its clock; 0: not looked at */
	uint64_t others;               /* how many cells of others it made up */
	uint8_t token[WIRE_TOKEN_LEN]; /* of the last append */
	uint8_t asked[FAKE_TRICKS];    /* how many cells each read asked for; 255: an append */

	/* As a SOCKS5 proxy, behind which it is. */
	bool socks;
	char socks_host[256], socks_user[256];

	int listener;
	struct wire_relay address;
	pthread_t thread;
};

/* fake_open starts it; the fake is large, and static. */
void fake_open(struct fake *f, const struct wire_keys *keys);
void fake_close(struct fake *f);

/* fake_trick_next sets what happens to the requests from the next on. fake_clear: nothing. */
void fake_trick_next(struct fake *f, const struct fake_trick *tricks, size_t n);
void fake_clear(struct fake *f);

/* fake_add adds a cell of somebody else. fake_cut leaves only n cells; fake_fork gives the cells
 * from seq on other bytes; fake_forget those below first. */
void fake_add(struct fake *f);
void fake_cut(struct fake *f, uint64_t n);
void fake_fork(struct fake *f, uint64_t seq);
void fake_forget(struct fake *f, uint64_t first);

/* fake_count tells how often a cell is in the log. */
size_t fake_count(struct fake *f, const uint8_t cell[WIRE_CELL_LEN]);

/* fake_answer decides one request as an honest relay does, and writes its answer; it returns the
 * answer's length. lock is held. */
size_t fake_answer(struct fake *f, bool append, const uint8_t *body, struct fake_trick trick,
		   uint8_t *out, unsigned *http);

#endif
