/* SPDX-License-Identifier: Apache-2.0 */
/* The logs of a relay, whatever they are kept in: append, read, head, expire. A store is a table of
 * functions; test/unit/relay_conformance.c says what each of them must do. A store keeps to three
 * rules: an append that was answered is on disk; of appends that race for one sequence one is
 * stored; what was stored stays as it was until its class expires. */
#ifndef RELAY_LOG_H
#define RELAY_LOG_H

#include "wire.h"

/* struct relay_append: a checked request (its signature is good), and what became of it. address
 * and cell borrow. */
struct relay_append {
	const uint8_t *address;
	uint8_t class;
	uint64_t seq;
	const uint8_t *before; /* chain before the cell */
	const uint8_t *chain;  /* and behind it */
	const uint8_t *cell;
	const uint8_t *token_hash; /* NULL: none was given; asked for only where the log is new */
	/* Results. */
	enum wire_status status; /* OK, CONFLICT, EXPIRED, TOKEN, FULL or CLASS */
	bool stored;             /* WIRE_OK, and not because it was there already */
	uint64_t head;           /* WIRE_OK: seq; else the log's last sequence */
	uint8_t head_chain[CRYPTO_HASH_LEN];
	uint64_t first;
};

/* struct relay_head: a log's head; of one that does not exist seq is 0, first 1, chain the log's
 * start. */
struct relay_head {
	uint64_t seq, first;
	uint8_t chain[CRYPTO_HASH_LEN];
};

/* struct relay_rules: what a store has to refuse. */
struct relay_rules {
	bool admission;     /* a new log needs a token */
	uint64_t log_cells; /* most cells a log keeps */
};

/* struct relay_counts: totals, for metrics and for operators. */
struct relay_counts {
	uint64_t logs, cells, tokens;
	uint64_t bytes; /* that the store takes on disk */
};

struct relay_store;
struct relay_reader;

/* A store. append, expire, tokens and tidy are called by one thread at a time; readers by many at
 * once, each thread with one of its own. SR_E_NOMEM: nothing was changed, and it can be tried
 * again. Any other error is the end of the process: SR_E_IO says what the disk said, and the store
 * refuses everything but closing from then on, with that error. */
struct relay_store_ops {
	/* append decides n requests in this order and returns when all that were stored are on
	 * disk; before, nobody sees any of them. day: days since 1970. On failure no result means
	 * anything. */
	struct sr_err (*append)(struct relay_store *s, struct relay_append *requests, size_t n,
				uint32_t day);
	/* expire forgets cells that were stored more than their class's days before day, from each
	 * log's oldest one on, at most n_max in all; *n is how many, less than n_max when there is
	 * none left. Heads stay. */
	struct sr_err (*expire)(struct relay_store *s, uint32_t day, size_t n_max, size_t *n);
	/* tokens adds n hashes of tokens of admission, CRYPTO_HASH_LEN bytes each, one behind the
	 * other. One that is there already stays one. */
	struct sr_err (*tokens)(struct relay_store *s, const uint8_t *hashes, size_t n);
	/* tidy does what an append would have to wait for, while none does; NULL: there is nothing
	 * of that kind. */
	struct sr_err (*tidy)(struct relay_store *s);

	struct sr_err (*reader_open)(struct relay_store *s, struct relay_reader **out);
	void (*reader_close)(struct relay_reader *r);
	/* read copies at most n_max cells from sequence from on, one behind the other, and says how
	 * many; 0 asks for the head only. head and ends are of the same moment. ends[0] is the
	 * chain before the first of them and ends[1] the one behind the last, as they were stored;
	 * both are the head's if there are none, be it that from is above the head, or below
	 * head->first, or n_max is 0. */
	struct sr_err (*read)(struct relay_reader *r, const uint8_t address[CRYPTO_HASH_LEN],
			      uint64_t from, size_t n_max, uint8_t *cells, size_t *n,
			      struct relay_head *head, uint8_t ends[2][CRYPTO_HASH_LEN]);
	struct sr_err (*counts)(struct relay_reader *r, struct relay_counts *out);
	/* close: readers are closed before. */
	void (*close)(struct relay_store *s);
};

/* Each store and each reader begins with this. */
struct relay_store {
	const struct relay_store_ops *ops;
};

struct relay_reader {
	const struct relay_store_ops *ops;
};

#endif
