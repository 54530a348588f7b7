/* SPDX-License-Identifier: Apache-2.0 */
/* What goes between a client and a relay (doc/PROTOCOL.md): fixed sizes both ways, signatures, and
 * the chain that binds the cells of a log. Used by both, depends on neither. */
#ifndef WIRE_H
#define WIRE_H

#include "crypto.h"
#include "err.h"
#include "slice.h"

#include <stdbool.h>

enum {
	WIRE_VERSION = 1,
	WIRE_CELL_LEN = 4096,
	WIRE_TOKEN_LEN = 32,
	WIRE_HEAD_LEN = 256,  /* every answer, before its cells */
	WIRE_CELLS_MAX = 64,  /* cells in an answer: 0, 1, 4, 16 or 64 as the request asks */
	WIRE_WAIT_S_MAX = 50, /* of a long poll */
	WIRE_SKEW_S = 300,    /* by how much clocks of reader and relay may differ */
};

/* WIRE_SEQ_MAX: no sequence is above it, so that one more is still a number, here and in SQLite. */
#define WIRE_SEQ_MAX ((uint64_t)INT64_MAX - 1)

/* How long the cells of a log are kept; part of its address, so that nobody can change it. */
enum wire_class {
	WIRE_DAYS_7 = 1,
	WIRE_DAYS_30 = 2,
	WIRE_DAYS_90 = 3,
	WIRE_DAYS_400 = 4,
};

/* wire_class_days returns the days of a class, wire_class_of the class of so many days; 0 if there
 * is none such. */
unsigned wire_class_days(uint8_t class);
uint8_t wire_class_of(unsigned days);

/* struct wire_log: what a log is: who may write and read it, and how long it keeps. */
struct wire_log {
	uint8_t write_key[CRYPTO_PUBLIC_LEN], read_key[CRYPTO_PUBLIC_LEN];
	uint8_t class;
};

/* wire_address writes the address of a log; wire_chain_start the chain before its first cell, and
 * wire_chain_next that behind the cell with this sequence, given the one before it; out may be
 * before. */
void wire_address(const struct wire_log *log, uint8_t out[CRYPTO_HASH_LEN]);
void wire_chain_start(const uint8_t address[CRYPTO_HASH_LEN], uint8_t out[CRYPTO_HASH_LEN]);
void wire_chain_next(const uint8_t before[CRYPTO_HASH_LEN], uint64_t seq,
		     const uint8_t cell[WIRE_CELL_LEN], uint8_t out[CRYPTO_HASH_LEN]);

/* struct wire_append: the cell that is to have sequence seq (from 1), behind the chain before. */
struct wire_append {
	struct wire_log log;
	uint64_t seq;
	uint8_t before[CRYPTO_HASH_LEN];
	uint8_t token[WIRE_TOKEN_LEN]; /* of admission, for a new log; zeros: none */
	const uint8_t *cell;           /* borrowed */
	uint8_t signature[CRYPTO_SIGNATURE_LEN];
};

/* struct wire_read: cells from sequence from on, at most cells; if there are none, after waiting.
 */
struct wire_read {
	struct wire_log log;
	uint64_t from;
	uint16_t wait_s;
	uint8_t cells;
	uint64_t time; /* the reader's clock, seconds since 1970 */
	uint8_t signature[CRYPTO_SIGNATURE_LEN];
};

enum {
	WIRE_APPEND_LEN = 1 + 2 * CRYPTO_PUBLIC_LEN + 1 + 8 + CRYPTO_HASH_LEN + WIRE_TOKEN_LEN +
			  WIRE_CELL_LEN + CRYPTO_SIGNATURE_LEN,
	WIRE_READ_LEN = 1 + 2 * CRYPTO_PUBLIC_LEN + 1 + 8 + 2 + 1 + 8 + CRYPTO_SIGNATURE_LEN,
};

/* wire_append_sign, wire_read_sign sign a request to the relay with this public key, with the log's
 * write or read key; _put writes its bytes. _take reads them: SR_E_INPUT if they are not a request
 * of exactly that length with a class, sequence (1 .. WIRE_SEQ_MAX), wait and number of cells that
 * there is; cell borrows. _check verifies the signature: SR_E_AUTH. */
void wire_append_sign(struct wire_append *r, const uint8_t relay[CRYPTO_PUBLIC_LEN],
		      const struct crypto_key *key);
void wire_append_put(const struct wire_append *r, uint8_t out[WIRE_APPEND_LEN]);
SR_MUST struct sr_err wire_append_take(struct slice in, struct wire_append *out);
SR_MUST struct sr_err wire_append_check(const struct wire_append *r,
					const uint8_t relay[CRYPTO_PUBLIC_LEN]);
void wire_read_sign(struct wire_read *r, const uint8_t relay[CRYPTO_PUBLIC_LEN],
		    const struct crypto_key *key);
void wire_read_put(const struct wire_read *r, uint8_t out[WIRE_READ_LEN]);
SR_MUST struct sr_err wire_read_take(struct slice in, struct wire_read *out);
SR_MUST struct sr_err wire_read_check(const struct wire_read *r,
				      const uint8_t relay[CRYPTO_PUBLIC_LEN]);

/* What a relay says. */
enum wire_status {
	WIRE_OK = 1,        /* 200, 201: stored; cells follow, or there are none yet */
	WIRE_CONFLICT = 2,  /* 409: the head is another one: seq and chain say which */
	WIRE_EXPIRED = 3,   /* 410: that sequence is not kept any more; first says where to go on */
	WIRE_MALFORMED = 4, /* 400 */
	WIRE_FORBIDDEN = 5, /* 403: a signature is wrong */
	WIRE_CLOCK = 6,     /* 401: the reader's clock is wrong: time says what the relay's is */
	WIRE_TOKEN = 7,     /* 402: a new log needs a token of admission that was not used */
	WIRE_FULL = 8,      /* 507: the log has as many cells as it may */
	WIRE_BUSY = 9,      /* 503: later */
	WIRE_CLASS = 10,    /* 422: a retention class that this relay does not keep */
};

/* struct wire_head: the front of every answer. The relay signs (address, seq, chain), and no cell
 * is given out without: seq and chain are where the log stands behind the last cell that follows.
 * Unless wire_status_signed, address to before are zeros. */
struct wire_head {
	uint8_t status;
	uint8_t cells_n; /* that follow; the rest of the answer is filling */
	uint8_t address[CRYPTO_HASH_LEN];
	/* seq: of what was appended, or of the last cell that follows, or, where none follow, of
	 * the log's last cell (0: it has none). chain is the one behind it. */
	uint64_t seq;
	uint8_t chain[CRYPTO_HASH_LEN];
	uint8_t signature[CRYPTO_SIGNATURE_LEN];
	uint64_t first;                  /* the oldest sequence kept; the log's last + 1: none */
	uint8_t before[CRYPTO_HASH_LEN]; /* chain before the first cell that follows; else chain */
	uint64_t time;                   /* the relay's clock */
};

/* wire_status_signed tells whether answers with this status bear the log's signed position: OK,
 * CONFLICT, EXPIRED, FULL. */
bool wire_status_signed(enum wire_status status);

/* wire_head_sign signs; wire_head_check: SR_E_AUTH unless relay signed it. */
void wire_head_sign(struct wire_head *h, const struct crypto_key *relay);
SR_MUST struct sr_err wire_head_check(const struct wire_head *h,
				      const uint8_t relay[CRYPTO_PUBLIC_LEN]);

/* wire_head_put writes the bytes; wire_head_take reads them (SR_E_INPUT): exactly WIRE_HEAD_LEN, a
 * status that there is, at most WIRE_CELLS_MAX cells, no sequence above WIRE_SEQ_MAX. */
void wire_head_put(const struct wire_head *h, uint8_t out[WIRE_HEAD_LEN]);
SR_MUST struct sr_err wire_head_take(struct slice in, struct wire_head *out);

/* wire_http_status returns the HTTP status of an answer (append: whether it is one to an append).
 */
unsigned wire_http_status(enum wire_status status, bool append);

/* wire_answer_len returns how long an answer with room for cells is; 0 if no request may ask for so
 * many. The answer to an append is wire_answer_len(0). */
size_t wire_answer_len(uint8_t cells);

#endif
