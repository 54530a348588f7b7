/* SPDX-License-Identifier: Apache-2.0 */
/* A client of one log at one relay: appends and reads, and believes only what it verified. A call
 * that ends before it is known what became of a cell says so, and is repeated with the same cell:
 * it is never in the log twice.
 *
 * One client is for one log, since its connection shows the relay what belongs together. It belongs
 * to one thread at a time; who polls and appends at once has two, each with a view of its own. */
#ifndef WIRE_CLIENT_H
#define WIRE_CLIENT_H

#include "wire_relay.h"
#include "wire_view.h"

/* struct wire_world: the clocks and the chance that a client has. chance: a number that nobody
 * guesses. */
struct wire_world {
	int64_t (*now)(void *user);      /* seconds since 1970 */
	int64_t (*clock_ms)(void *user); /* nobody sets it */
	void (*sleep_ms)(void *user, uint32_t ms);
	uint64_t (*chance)(void *user);
	void *user;
};

/* struct wire_client_options: 0 stands for the values named. */
struct wire_client_options {
	struct wire_relay relay;
	const char *proxy;   /* NULL, or socks5h://HOST:PORT */
	uint32_t connect_ms; /* 60,000 */
	uint32_t answer_ms;  /* 60,000; beyond the waiting of a poll */
	uint32_t pause_ms;   /* 500; before the second try; doubled each time, up to 30,000 */
	uint32_t retry_ms;   /* 180,000; no try begins after so long */
	struct wire_world world;
};

struct wire_client;

/* wire_client_open connects to nobody yet. SR_E_INPUT: the proxy is none such; SR_E_NOMEM.
 * wire_client_close may be given NULL. */
SR_MUST struct sr_err wire_client_open(const struct wire_client_options *o,
				       struct wire_client **out);
void wire_client_close(struct wire_client *c);

/* struct wire_reader: who reads a log. cell is called for each cell that was verified, in order;
 * after is the view that includes it, its sequence after->seq. An error of it ends the call, and
 * the view stays before that cell. */
struct wire_reader {
	const struct crypto_key *key;
	struct sr_err (*cell)(void *user, const struct wire_view *after,
			      const uint8_t cell[WIRE_CELL_LEN]);
	void *user;
};

/* struct wire_said: what the relay said last, for a caller that wants more than an error. status 0:
 * nothing. first and time are not signed. */
struct wire_said {
	uint8_t status;
	uint64_t first; /* WIRE_EXPIRED: for wire_view_skip */
	uint64_t time;
	struct wire_evidence evidence; /* alarm is set only if an alarm ended the call */
};

/* wire_client_said is valid until the next call. */
const struct wire_said *wire_client_said(const struct wire_client *c);

/* All below work on a view of the client's relay and of one log; another one is refused with
 * SR_E_INPUT. Other errors:
 * SR_E_IO     the network, or a relay that is busy, for longer than retry_ms
 * SR_E_AUTH   an alarm (evidence), or an answer that is not the relay's, or the relay says that
 *             ours is not the log's key (WIRE_FORBIDDEN)
 * SR_E_INPUT  what answers is no relay or breaks the rules, or our clock is wrong (WIRE_CLOCK)
 * SR_E_LIMIT  WIRE_EXPIRED, WIRE_FULL, WIRE_TOKEN, WIRE_CLASS
 * SR_E_NOMEM, and what the reader's function gives. */

/* wire_client_append adds the cell behind the view, which must have been brought up to date, and
 * moves the view behind it. token may be NULL. SR_E_STATE: others were first; their cells went to
 * the reader, the view is behind them, and the caller may send the same cell again.
 *
 * On any other error it is open whether the cell stands in the log, unless the view moved: then
 * another's does. The caller repeats the call with the same cell before it does anything else with
 * the log. */
SR_MUST struct sr_err wire_client_append(struct wire_client *c, struct wire_view *v,
					 const struct crypto_key *write_key,
					 const uint8_t cell[WIRE_CELL_LEN], const uint8_t *token,
					 const struct wire_reader *reader);

/* wire_client_read reads all cells behind the view. If there are none it waits up to wait_s (at
 * most WIRE_WAIT_S_MAX) and may return without any. cells (1, 4, 16 or 64) is how many to ask for
 * first; while there are more, it asks for more at a time. WIRE_EXPIRED (SR_E_LIMIT): the next cell
 * is not kept any more; wire_view_skip goes on behind the gap. */
SR_MUST struct sr_err wire_client_read(struct wire_client *c, struct wire_view *v,
				       const struct wire_reader *reader, uint16_t wait_s,
				       uint8_t cells);

/* wire_client_head asks for the log's last position, which is noted in the view, and no cells.
 * *first is the oldest sequence that is kept, as the relay says. */
SR_MUST struct sr_err wire_client_head(struct wire_client *c, struct wire_view *v,
				       const struct crypto_key *read_key, uint64_t *first);

#endif
